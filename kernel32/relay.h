/* The relay: one thread that serves the sockets between the processes of a user. It is started when
 * the first one is there.
 *
 * A source is removed only by the relay's own thread, in its `ready`; whoever else wants it gone
 * shuts its socket down, which is an event. */
#ifndef PORTICO_RELAY_H
#define PORTICO_RELAY_H

#include "list.h"

#include <stdbool.h>
#include <stdint.h>

struct relay_source {
    struct list link; /* under the relay's lock */
    int fd;           /* -1 in the child of a fork */
    /* Called in the relay's thread, without locks. May remove and free the source. */
    void (*ready)(struct relay_source *source, uint32_t events);
};

/* Begins to watch source->fd, which is the relay's from then on, for EPOLL*. False: no thread, no
 * descriptor; nothing changed. */
bool relay_add(struct relay_source *source, uint32_t events);

/* Watches for other events. The source has not been removed. */
void relay_change(struct relay_source *source, uint32_t events);

/* Forgets the source and closes its socket. */
void relay_remove(struct relay_source *source);

#endif

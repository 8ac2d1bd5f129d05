/* Looking at many sockets at once: what select and WSAPoll share. */
#ifndef PORTICO_SOCKET_POLL_H
#define PORTICO_SOCKET_POLL_H

#include "watch.h"

struct poll_entry {
    struct socket *socket; /* a reference; NULL: nothing to look at */
    uint32_t wanted;       /* enum ready; READY_CLOSED always is */
    uint32_t ready;        /* of what is wanted */
    struct watcher watcher;
    struct waiter *waiter;
};

/* Waits until at least one is ready; returns how many are, 0 when the time is up. Alertable. */
uint32_t poll_sockets(struct poll_entry *entries, uint32_t count, const struct deadline *deadline);

#endif

/* The reactor: the engine's own thread, started when first needed. It watches the descriptors of
 * files whose requests must make progress although no thread of the program comes by: sends that
 * did not fit, connects, requests without a port or with an event. */
#ifndef PORTICO_REACTOR_H
#define PORTICO_REACTOR_H

#include "port.h"

/* Watches a descriptor for `events` instead of `before` (either may be 0). */
NTSTATUS reactor_watch(int fd, uint32_t watch, uint32_t before, uint32_t events);

/* In the child of a fork: there is no thread, and the epoll is the parent's. */
void reactor_after_fork(void);

/* Harvests the port whenever something in it becomes ready, or no longer. */
void reactor_observe_port(struct port *port, bool on);

#endif

/* Timeouts of operations that nobody's thread waits for. One thread of the engine's sleeps until
 * the earliest of them; it is started when the first one is. */
#ifndef PORTICO_TIMEOUT_H
#define PORTICO_TIMEOUT_H

#include "deadline.h"
#include "list.h"

struct timeout {
    struct list link;                      /* in the list of those that run, under its lock */
    struct timespec at;                    /* CLOCK_MONOTONIC */
    void (*fire)(struct timeout *timeout); /* called without locks */
};

/* Fires once at the deadline, which is not `never`. False: there is no thread to be had. */
bool timeout_start(struct timeout *timeout, const struct deadline *deadline);

/* True: it does not fire any more; false: it has, or is about to. Any lock may be held. */
bool timeout_stop(struct timeout *timeout);

#endif

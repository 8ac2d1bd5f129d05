/* Waiting at an address: a table of queues keyed by address, for everything whose word is too
 * small, too oddly placed or too often reused to sleep on (condition variables, WaitOnAddress,
 * one-time initialisation).
 *
 * A waiter joins its queue first and looks at the condition afterwards; a waker changes the
 * condition first and looks at the queue afterwards. So one of the two always sees the other. */
#ifndef PORTICO_ADDRESS_WAIT_H
#define PORTICO_ADDRESS_WAIT_H

#include "deadline.h"
#include "list.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Lives on the waiting thread's stack between join and the end of sleep or leave. */
struct address_waiter {
    struct list link;
    const volatile void *address;
    _Atomic uint32_t woken;
};

void address_wait_join(struct address_waiter *waiter, const volatile void *address);

/* Sleeps until woken or until the deadline; false: it was not woken. The waiter has left. */
bool address_wait_sleep(struct address_waiter *waiter, const struct deadline *deadline);

/* Leaves without having slept; a wake-up that came meanwhile goes to the next. */
void address_wait_leave(struct address_waiter *waiter);

/* Wakes up to `count` waiters, oldest first. */
void address_wake(const volatile void *address, unsigned count);

#endif

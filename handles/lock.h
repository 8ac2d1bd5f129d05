/* The internal lock: one word, no system call unless two threads want it at once.
 *
 * Lock order, outermost first (a thread that holds one may take only those below it):
 *   suspending -> alarms -> file -> object -> pool -> port -> thread -> handle table, watch table,
 *                                                                       reactor inbox
 *                           file -> directory watches
 *
 * Holding one defers a stop of the thread (stop.h).
 *
 * (A watch on an object queues a pool's callback while the object is locked.)
 */
#ifndef PORTICO_LOCK_H
#define PORTICO_LOCK_H

#include "stop.h"

#include <stdatomic.h>
#include <stdint.h>

struct lock {
    _Atomic uint32_t word; /* 0 free, 1 held, 2 held and somebody sleeps on it */
};

static inline void lock_init(struct lock *lock)
{
    atomic_init(&lock->word, 0);
}

void lock_acquire_contended(struct lock *lock);
void lock_release_contended(struct lock *lock);

static inline void lock_acquire(struct lock *lock)
{
    uint32_t expected = 0;
    stop_defer();
    if (!atomic_compare_exchange_strong_explicit(&lock->word, &expected, 1, memory_order_acquire,
                                                 memory_order_relaxed))
        lock_acquire_contended(lock);
}

/* Lets the lock go, but not yet stops of the thread: it has promised to wake somebody. The caller
 * calls stop_allow then. */
static inline void lock_release_deferred(struct lock *lock)
{
    if (atomic_exchange_explicit(&lock->word, 0, memory_order_release) == 2)
        lock_release_contended(lock);
}

static inline void lock_release(struct lock *lock)
{
    lock_release_deferred(lock);
    stop_allow();
}

#endif

/* The internal lock: no system call unless two threads want it at once, and one atomic operation to
 * take it and none to let it go.
 *
 * Letting go is two plain steps: free the word, then look whether somebody sleeps. For these to be
 * seen in that order the sleeper pays: it says that it sleeps, has the kernel put a barrier into
 * every running thread of the process (membarrier), and only then tries once more and sleeps.
 * Whoever let the lock go before the barrier has freed the word; whoever does later sees that
 * somebody sleeps, takes that back and wakes one, who says it anew, for all there are. Where the
 * kernel knows no membarrier, letting go contains the barrier.
 *
 * The lock must outlive the second step: who lets it go has a reference to what it is in.
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
    _Atomic uint32_t word;       /* 0 free, 1 held */
    _Atomic uint32_t is_awaited; /* somebody may sleep on this word */
};

extern bool lock_has_barrier; /* of the kernel's */

static inline void lock_init(struct lock *lock)
{
    atomic_init(&lock->word, 0);
    atomic_init(&lock->is_awaited, 0);
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
    if (__builtin_expect(lock_has_barrier, 1)) {
        atomic_store_explicit(&lock->word, 0, memory_order_release);
        atomic_signal_fence(memory_order_seq_cst);
    } else {
        atomic_exchange(&lock->word, 0);
    }
    if (__builtin_expect(atomic_load_explicit(&lock->is_awaited, memory_order_relaxed), 0))
        lock_release_contended(lock);
}

static inline void lock_release(struct lock *lock)
{
    lock_release_deferred(lock);
    stop_allow();
}

#endif

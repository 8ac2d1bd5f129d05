/* The contended half of the internal lock. */
#include "lock.h"

#include "futex.h"

void lock_acquire_contended(struct lock *lock)
{
    while (atomic_exchange_explicit(&lock->word, 2, memory_order_acquire) != 0)
        futex_wait_until(&lock->word, 2, CLOCK_MONOTONIC, NULL);
}

void lock_release_contended(struct lock *lock)
{
    futex_wake(&lock->word, 1);
}

/* The contended half of the internal lock. */
#include "lock.h"

#include "futex.h"

#include <linux/membarrier.h>

enum { LOCK_SPINS = 100 }; /* some microseconds: sections are shorter than a sleep */

bool lock_has_barrier;

static long lock__membarrier(int command)
{
    return syscall(SYS_membarrier, command, 0, 0);
}

__attribute__((constructor(101))) static void lock__find_barrier(void)
{
    lock_has_barrier = lock__membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0;
}

static bool lock__try(struct lock *lock)
{
    uint32_t expected = 0;
    return atomic_load_explicit(&lock->word, memory_order_relaxed) == 0 &&
           atomic_compare_exchange_strong_explicit(&lock->word, &expected, 1, memory_order_acquire,
                                                   memory_order_relaxed);
}

void lock_acquire_contended(struct lock *lock)
{
    for (int i = 0; i < LOCK_SPINS; i++) {
        if (lock__try(lock))
            return;
        __builtin_ia32_pause();
    }
    for (;;) {
        atomic_store(&lock->is_awaited, 1);
        if (lock_has_barrier)
            lock__membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
        if (lock__try(lock))
            return;
        futex_wait_until(&lock->is_awaited, 1, CLOCK_MONOTONIC, NULL);
    }
}

void lock_release_contended(struct lock *lock)
{
    if (atomic_exchange(&lock->is_awaited, 0))
        futex_wake(&lock->is_awaited, 1);
}

/* Private futexes: sleep while a word has a value, wake the sleepers. */
#ifndef PORTICO_FUTEX_H
#define PORTICO_FUTEX_H

#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Sleeps until woken, until the absolute time `until` (NULL: for ever) on `clock`, or until a
 * signal came; returns 0 or -1 with errno. */
static inline int futex_wait_until(_Atomic uint32_t *word, uint32_t value, clockid_t clock,
                                   const struct timespec *until)
{
    int op = FUTEX_WAIT_BITSET_PRIVATE;
    if (clock == CLOCK_REALTIME)
        op |= FUTEX_CLOCK_REALTIME;
    return (int)syscall(SYS_futex, word, op, value, until, NULL, FUTEX_BITSET_MATCH_ANY);
}

static inline void futex_wake(_Atomic uint32_t *word, int count)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

#endif

/* Where a thread may be stopped (SuspendThread), and where that has to wait.
 *
 * A stop comes as a signal. A thread that holds one of the library's locks, or is in a section that
 * others rely on, has deferred it: then the signal only leaves a mark, and the end of the last such
 * section stops. One word of the thread says all: the low bits count sections, the top bit is set
 * as long as no stop is wanted. So the word becomes zero exactly when there is something to do.
 */
#ifndef PORTICO_STOP_H
#define PORTICO_STOP_H

#include <stdbool.h>
#include <stdint.h>

#define STOP_NOT_WANTED 0x80000000u

extern _Thread_local uint32_t stop_word __attribute__((tls_model("initial-exec")));

/* Stops the calling thread, which defers nothing. */
void stop_now(void);

/* One instruction each: the signal cannot come between its parts. */
static inline void stop_defer(void)
{
    __asm__ volatile("incl %0" : "+m"(stop_word) : : "memory", "cc");
}

static inline void stop_allow(void)
{
    bool is_due;
    __asm__ volatile("decl %0" : "+m"(stop_word), "=@ccz"(is_due) : : "memory");
    if (__builtin_expect(is_due, 0))
        stop_now();
}

/* Has a stop been deferred? */
static inline bool stop_is_wanted(void)
{
    return !(*(volatile uint32_t *)&stop_word & STOP_NOT_WANTED);
}

#endif

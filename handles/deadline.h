/* A point in time at which a wait gives up. Relative times follow CLOCK_MONOTONIC, which stops
 * while the machine sleeps, as Windows' wait timeouts do; absolute ones follow the wall clock. */
#ifndef PORTICO_DEADLINE_H
#define PORTICO_DEADLINE_H

#include <minwindef.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct deadline {
    bool never;
    bool now; /* poll: do not wait at all */
    clockid_t clock;
    struct timespec at;
};

struct deadline deadline_after_ms(uint32_t ms);

/* From a Win32 timeout: milliseconds, 0 polls, 0xFFFFFFFF waits for ever. */
static inline struct deadline deadline_from_ms(uint32_t timeout_ms)
{
    if (timeout_ms == 0xFFFFFFFF)
        return (struct deadline){.never = true};
    if (timeout_ms == 0)
        return (struct deadline){.now = true, .clock = CLOCK_MONOTONIC};
    return deadline_after_ms(timeout_ms);
}

/* From an NT timeout in units of 100 ns: NULL waits for ever, negative is relative, zero polls,
 * positive is an absolute UTC file time. */
struct deadline deadline_from_nt(const int64_t *timeout);

bool deadline_has_passed(const struct deadline *deadline);

/* The time left, never negative; only for a deadline that is not `never`. */
struct timespec deadline_remaining(const struct deadline *deadline);

/* For poll and epoll_wait: the milliseconds left, rounded up; -1 waits for ever. A deadline that is
 * farther off than an int tells has to be looked at again. */
int deadline_remaining_ms(const struct deadline *deadline);

static inline const struct timespec *deadline_at(const struct deadline *deadline)
{
    return deadline->never ? NULL : &deadline->at;
}

#endif

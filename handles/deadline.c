/* Timeouts of Win32 and NT turned into points in time. */
#include "deadline.h"

#include "filetime.h"

#include <limits.h>

#define NS_PER_S 1000000000
#define NS_PER_MS 1000000

static struct deadline deadline__after_ns(int64_t seconds, int64_t ns)
{
    struct deadline d = {.clock = CLOCK_MONOTONIC};
    clock_gettime(CLOCK_MONOTONIC, &d.at);
    d.at.tv_sec += seconds;
    d.at.tv_nsec += ns;
    if (d.at.tv_nsec >= NS_PER_S) {
        d.at.tv_sec++;
        d.at.tv_nsec -= NS_PER_S;
    }
    return d;
}

struct deadline deadline_after_ms(uint32_t ms)
{
    return deadline__after_ns(ms / 1000, (int64_t)(ms % 1000) * NS_PER_MS);
}

struct deadline deadline_from_nt(const int64_t *timeout)
{
    if (!timeout)
        return (struct deadline){.never = true};
    if (*timeout == 0)
        return (struct deadline){.now = true, .clock = CLOCK_MONOTONIC};
    if (*timeout < 0) {
        uint64_t ticks = 0 - (uint64_t)*timeout;
        return deadline__after_ns((int64_t)(ticks / FILETIME_PER_SECOND),
                                  (int64_t)(ticks % FILETIME_PER_SECOND) * 100);
    }
    struct deadline d = {.clock = CLOCK_REALTIME, .at = filetime_to_timespec(*timeout)};
    if (d.at.tv_sec < 0)
        d.at = (struct timespec){0};
    return d;
}

bool deadline_has_passed(const struct deadline *deadline)
{
    struct timespec left;
    if (deadline->never)
        return false;
    if (deadline->now)
        return true;
    left = deadline_remaining(deadline);
    return left.tv_sec == 0 && left.tv_nsec == 0;
}

struct timespec deadline_remaining(const struct deadline *deadline)
{
    struct timespec now, left;
    if (deadline->now)
        return (struct timespec){0};
    clock_gettime(deadline->clock, &now);
    left.tv_sec = deadline->at.tv_sec - now.tv_sec;
    left.tv_nsec = deadline->at.tv_nsec - now.tv_nsec;
    if (left.tv_nsec < 0) {
        left.tv_sec--;
        left.tv_nsec += NS_PER_S;
    }
    if (left.tv_sec < 0)
        return (struct timespec){0};
    return left;
}

int deadline_remaining_ms(const struct deadline *deadline)
{
    struct timespec left;
    if (deadline->never)
        return -1;
    left = deadline_remaining(deadline);
    if (left.tv_sec >= INT_MAX / 1000)
        return INT_MAX;
    return (int)(left.tv_sec * 1000 + (left.tv_nsec + NS_PER_MS - 1) / NS_PER_MS);
}

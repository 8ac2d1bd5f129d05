/* Windows' file time: units of 100 ns since 1601-01-01 UTC. */
#ifndef PORTICO_FILETIME_H
#define PORTICO_FILETIME_H

#include <stdint.h>
#include <time.h>

#define FILETIME_PER_SECOND 10000000
#define FILETIME_UNIX_EPOCH 116444736000000000 /* 1970-01-01 */

static inline int64_t filetime_from_timespec(struct timespec ts)
{
    return (int64_t)ts.tv_sec * FILETIME_PER_SECOND + ts.tv_nsec / 100 + FILETIME_UNIX_EPOCH;
}

static inline struct timespec filetime_to_timespec(int64_t filetime)
{
    int64_t ticks = filetime - FILETIME_UNIX_EPOCH;
    int64_t seconds = ticks / FILETIME_PER_SECOND, rest = ticks % FILETIME_PER_SECOND;
    if (rest < 0) {
        seconds--;
        rest += FILETIME_PER_SECOND;
    }
    return (struct timespec){.tv_sec = seconds, .tv_nsec = rest * 100};
}

#endif

/* Entry points of profileapi.h. */
#include <profileapi.h>

#include "last_error.h"

#include <time.h>
#include <winerror.h>

/* The monotonic clock is read without a system call; 100 ns are Windows' usual tick. */
enum { PROFILE_FREQUENCY = 10000000, PROFILE_NS = 100 };

BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *lpPerformanceCount)
{
    struct timespec now;
    if (!lpPerformanceCount)
        return fail_win32(ERROR_NOACCESS);
    clock_gettime(CLOCK_MONOTONIC, &now);
    lpPerformanceCount->QuadPart =
        (LONGLONG)now.tv_sec * PROFILE_FREQUENCY + now.tv_nsec / PROFILE_NS;
    return TRUE;
}

BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *lpFrequency)
{
    if (!lpFrequency)
        return fail_win32(ERROR_NOACCESS);
    lpFrequency->QuadPart = PROFILE_FREQUENCY;
    return TRUE;
}

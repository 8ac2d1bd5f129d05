/* What the Win32 measuring programs share: time, and the line `name value unit` for each figure. */
#ifndef WIN_REPORT_H
#define WIN_REPORT_H

#include <windows.h>
#include <stdio.h>
#include <stdlib.h>

static inline double now_s(void)
{
    LARGE_INTEGER count, frequency;
    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    return (double)count.QuadPart / (double)frequency.QuadPart;
}

static inline void report(const char *name, double value, const char *unit)
{
    printf("%s %.6g %s\n", name, value, unit);
    fflush(stdout);
}

/* A call that must succeed did not. */
static inline void require(BOOL ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "%s: error %lu\n", what, (unsigned long)GetLastError());
        exit(1);
    }
}

#endif

/* Processor times by /proc. */
#include "cpu_times.h"

#include "filetime.h"
#include "last_error.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <winerror.h>

void cpu_times_store(int64_t ticks, FILETIME *to)
{
    to->dwLowDateTime = (DWORD)ticks;
    to->dwHighDateTime = (DWORD)(ticks >> 32);
}

/* Times of a task by its stat file: fields 14, 15 and 22 count clock ticks. False: it is gone. */
bool cpu_times_read(const char *path, int64_t *created, int64_t *kernel, int64_t *user)
{
    unsigned long long utime = 0, stime = 0, start = 0;
    struct timespec now, up;
    char line[1024];
    char *at = NULL;
    int64_t tick = FILETIME_PER_SECOND / sysconf(_SC_CLK_TCK);
    FILE *file = fopen(path, "re");
    if (file && fgets(line, sizeof line, file))
        at = strrchr(line, ')');
    if (file)
        fclose(file);
    if (!at || sscanf(at + 2,
                      "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %*d "
                      "%*d %llu",
                      &utime, &stime, &start) != 3)
        return false;
    clock_gettime(CLOCK_REALTIME, &now);
    clock_gettime(CLOCK_BOOTTIME, &up);
    *created = filetime_from_timespec(now) - (int64_t)up.tv_sec * FILETIME_PER_SECOND -
               up.tv_nsec / 100 + (int64_t)start * tick;
    *kernel = (int64_t)stime * tick;
    *user = (int64_t)utime * tick;
    return true;
}

BOOL cpu_times_give(const char *path, FILETIME *created, FILETIME *ended, FILETIME *kernel,
                    FILETIME *user)
{
    int64_t created_at, kernel_time, user_time;
    if (!created || !ended || !kernel || !user)
        return fail_win32(ERROR_NOACCESS);
    if (!cpu_times_read(path, &created_at, &kernel_time, &user_time))
        return fail_win32(ERROR_INVALID_HANDLE);
    cpu_times_store(created_at, created);
    cpu_times_store(0, ended);
    cpu_times_store(kernel_time, kernel);
    cpu_times_store(user_time, user);
    return TRUE;
}

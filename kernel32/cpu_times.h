/* What a task (a thread or a process) has used of the processors. */
#ifndef PORTICO_CPU_TIMES_H
#define PORTICO_CPU_TIMES_H

#include <minwindef.h>
#include <stdbool.h>
#include <stdint.h>

/* By the task's stat file, as file times. False: it is gone. */
bool cpu_times_read(const char *path, int64_t *created, int64_t *kernel, int64_t *user);

void cpu_times_store(int64_t ticks, FILETIME *to);

/* The tail of GetThreadTimes and GetProcessTimes for a task that runs: all or an error. */
BOOL cpu_times_give(const char *path, FILETIME *created, FILETIME *ended, FILETIME *kernel,
                    FILETIME *user);

#endif

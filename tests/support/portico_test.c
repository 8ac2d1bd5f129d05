/* The helper verbs of the tests, over plain POSIX so that they do not test what they use. */
#include "portico_test.h"

#include <sched.h>
#include <time.h>
#include <unistd.h>

enum { TEMP_PATHS_MAX = 256 };

void test__assert_win32(BOOL result, const char *call, const char *file, int line)
{
    if (result)
        return;
    print_error("%s: last error %u\n", call, (unsigned)GetLastError());
    _assert_true(0, call, file, line);
}

unsigned long long test__now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (unsigned long long)now.tv_sec * 1000 + (unsigned long long)now.tv_nsec / 1000000;
}

void test__yield(void)
{
    struct timespec slice = {.tv_nsec = 100000};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &slice, NULL);
}

int test_thread_is_asleep(DWORD thread_id)
{
    char path[64], line[512];
    char *state;
    FILE *stat;
    size_t length;
    snprintf(path, sizeof path, "/proc/self/task/%u/stat", (unsigned)thread_id);
    stat = fopen(path, "r");
    if (!stat)
        return 0;
    length = fread(line, 1, sizeof line - 1, stat);
    fclose(stat);
    line[length] = '\0';
    state = strrchr(line, ')');
    return state && state[2] == 'S';
}

static char temp_paths[TEMP_PATHS_MAX][64];
static int temp_count;

static void remove_temp_paths(void)
{
    for (int i = 0; i < temp_count; i++) {
        unlink(temp_paths[i]);
        rmdir(temp_paths[i]);
    }
}

const char *test_temp_path(void)
{
    char *path = temp_paths[temp_count];
    assert_true(temp_count < TEMP_PATHS_MAX);
    if (temp_count == 0)
        atexit(remove_temp_paths);
    snprintf(path, sizeof temp_paths[0], "/tmp/portico-test-%d-%d", (int)getpid(), temp_count);
    unlink(path); /* of a test that was killed, under the same number */
    rmdir(path);
    temp_count++;
    return path;
}

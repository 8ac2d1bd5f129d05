/* What every test program includes: cmocka, windows.h and a few helper verbs.
 *
 * A test is `static void promise_in_words(void **state)`, preceded by a comment that names the
 * checklist rows it proves, as in PORT-017. Waiting means waiting for a condition with a deadline
 * (wait_until); nothing sleeps to synchronise. Each program runs once per engine. */
#ifndef PORTICO_TEST_H
#define PORTICO_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define _UINTPTR_T /* cmocka.h takes _WIN32 to mean that stdint.h is missing */
#define _UINTPTR_T_DEFINED
#include <cmocka.h>

#include <windows.h>

/* How long a test waits for what must happen, in milliseconds: far beyond any honest delay. */
#define TEST_DEADLINE_MS 20000

#define LAST_ERROR_SENTINEL 0xdeadbeef

/* BOOL results. */
#define assert_win32(call) test__assert_win32((call), #call, __FILE__, __LINE__)
/* The call fails and leaves this last error. */
#define assert_fails(expected_error, call)                \
    do {                                                  \
        SetLastError(LAST_ERROR_SENTINEL);                \
        assert_false(call);                               \
        assert_int_equal(GetLastError(), expected_error); \
    } while (0)
/* The call keeps the last error. */
#define assert_keeps_last_error(call)                          \
    do {                                                       \
        SetLastError(LAST_ERROR_SENTINEL);                     \
        call;                                                  \
        assert_int_equal(GetLastError(), LAST_ERROR_SENTINEL); \
    } while (0)

/* Waits until `condition` (an expression) is true, or fails the test. */
#define wait_until(condition)                                            \
    do {                                                                 \
        unsigned long long give_up_ = test__now_ms() + TEST_DEADLINE_MS; \
        while (!(condition)) {                                           \
            if (test__now_ms() > give_up_)                               \
                fail_msg("never came true: %s", #condition);             \
            test__yield();                                               \
        }                                                                \
    } while (0)

void test__assert_win32(BOOL result, const char *call, const char *file, int line);
unsigned long long test__now_ms(void);
void test__yield(void);

/* Is the thread asleep in the kernel? For tests in which somebody must be parked first. */
int test_thread_is_asleep(DWORD thread_id);
#define wait_until_asleep(thread_id) wait_until(test_thread_is_asleep(thread_id))

/* A path for a scratch file, different in each call; removed when the program ends. */
const char *test_temp_path(void);

#endif

/* The thread pool's waits and timers against re-arming, cancelling and closing from other threads.
 * The law: what a semaphore was given is what callbacks took and what is left in it. */
#include "portico_test.h"

#include <stdatomic.h>

enum { WAITS = 16, DRIVERS = 4, OPS_DEFAULT = 20000 };

static HANDLE semaphore;
static _Atomic(PTP_WAIT) waits[WAITS];
static _Atomic LONG taken, timed_out, released, rang;
static LONG operations;

static VOID CALLBACK wait_ends(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WAIT wait,
                               TP_WAIT_RESULT result)
{
    (void)instance;
    (void)context;
    if (result == WAIT_OBJECT_0)
        taken++;
    else
        timed_out++;
    SetThreadpoolWait(wait, semaphore, NULL);
}

static VOID CALLBACK timer_rings(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_TIMER timer)
{
    (void)instance;
    (void)context;
    (void)timer;
    rang++;
}

static void replace_wait(int index)
{
    PTP_WAIT fresh = CreateThreadpoolWait(wait_ends, NULL, NULL), old;
    assert_non_null(fresh);
    SetThreadpoolWait(fresh, semaphore, NULL);
    old = atomic_exchange(&waits[index], fresh);
    CloseThreadpoolWait(old);
}

static void work_timer(PTP_TIMER timer, uint32_t random)
{
    LONGLONG ticks = -(LONGLONG)(random % 1000) * 10;
    FILETIME due = {(DWORD)ticks, (DWORD)(ticks >> 32)};
    SetThreadpoolTimer(timer, random % 5 ? &due : NULL, random % 3, 0);
}

static DWORD WINAPI drive(LPVOID seed)
{
    uint32_t random = (uint32_t)(ULONG_PTR)seed * 7919;
    PTP_TIMER timer = CreateThreadpoolTimer(timer_rings, NULL, NULL);
    FILETIME soon = {(DWORD)-100, (DWORD)-1};
    for (LONG i = 0; i < operations; i++) {
        int index;
        random = random * 1664525 + 1013904223;
        index = (int)(random >> 8) % WAITS;
        switch (random >> 28) {
        case 0:
            replace_wait(index);
            break;
        case 1:
            SetThreadpoolWait(waits[index], NULL, NULL);
            break;
        case 2:
            SetThreadpoolWait(waits[index], semaphore, &soon);
            break;
        case 3:
            SetThreadpoolWait(waits[index], semaphore, NULL);
            break;
        case 4:
            work_timer(timer, random);
            break;
        default:
            if (ReleaseSemaphore(semaphore, 1, NULL))
                released++;
        }
    }
    WaitForThreadpoolTimerCallbacks(timer, TRUE);
    CloseThreadpoolTimer(timer);
    return 0;
}

static LONG left_in_semaphore(void)
{
    LONG left = 0;
    while (WaitForSingleObject(semaphore, 0) == WAIT_OBJECT_0)
        left++;
    return left;
}

/* THRD-123 THRD-125 THRD-128 */
static void nothing_is_taken_twice_or_lost(void **state)
{
    const char *wanted = getenv("STRESS_OPS");
    HANDLE drivers[DRIVERS];
    LONG left;
    (void)state;
    operations = (wanted ? (LONG)atol(wanted) / 10 : OPS_DEFAULT) / DRIVERS;
    semaphore = CreateSemaphoreW(NULL, 0, 0x7fffffff, NULL);
    for (int i = 0; i < WAITS; i++) {
        waits[i] = CreateThreadpoolWait(wait_ends, NULL, NULL);
        SetThreadpoolWait(waits[i], semaphore, NULL);
    }
    for (int i = 0; i < DRIVERS; i++)
        drivers[i] = CreateThread(NULL, 0, drive, (LPVOID)(ULONG_PTR)(i + 1), 0, NULL);
    for (int i = 0; i < DRIVERS; i++) {
        assert_int_equal(WaitForSingleObject(drivers[i], INFINITE), WAIT_OBJECT_0);
        CloseHandle(drivers[i]);
    }
    for (int i = 0; i < WAITS; i++)
        CloseThreadpoolWait(waits[i]);
    /* Callbacks of closed waits may still be on their way. */
    left = left_in_semaphore();
    wait_until(taken + left == released);
    CloseHandle(semaphore);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_taken_twice_or_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

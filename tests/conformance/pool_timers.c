/* The thread pool's timers and waits (threads.md §8), registered waits and timer queues (§10). */
#include <stdatomic.h>

#include "portico_test.h"

struct calls {
    _Atomic LONG count, signaled, timed_out, ended;
    HANDLE gate; /* NULL: none */
};

static void note(struct calls *calls, BOOL timed_out)
{
    ++*(timed_out ? &calls->timed_out : &calls->signaled);
    ++calls->count;
    if (calls->gate)
        WaitForSingleObject(calls->gate, INFINITE);
    ++calls->ended;
}

static VOID CALLBACK timer_rings(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_TIMER timer)
{
    (void)instance;
    (void)timer;
    note(context, TRUE);
}

static VOID CALLBACK wait_ends(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WAIT wait,
                               TP_WAIT_RESULT result)
{
    (void)instance;
    (void)wait;
    assert_true(result == WAIT_OBJECT_0 || result == WAIT_TIMEOUT);
    note(context, result == WAIT_TIMEOUT);
}

static VOID CALLBACK legacy(PVOID context, BOOLEAN timed_out)
{
    note(context, timed_out);
}

static FILETIME relative_ms(LONGLONG ms)
{
    LONGLONG ticks = -ms * 10000;
    return (FILETIME){(DWORD)ticks, (DWORD)(ticks >> 32)};
}

static HANDLE new_event(BOOL manual, BOOL set)
{
    HANDLE event = CreateEventW(NULL, manual, set, NULL);
    assert_non_null(event);
    return event;
}

/* ---- timers ---- */

/* THRD-118 */
static void a_timer_rings_relative_absolute_and_at_once(void **state)
{
    struct calls calls = {0};
    PTP_TIMER timer = CreateThreadpoolTimer(timer_rings, &calls, NULL);
    FILETIME due = relative_ms(50);
    ULARGE_INTEGER absolute;
    unsigned long long began = test__now_ms();
    (void)state;
    assert_non_null(timer);
    SetThreadpoolTimer(timer, &due, 0, 0);
    wait_until(calls.count == 1);
    assert_true(test__now_ms() - began >= 49);
    began = test__now_ms();
    GetSystemTimeAsFileTime(&due);
    absolute.LowPart = due.dwLowDateTime;
    absolute.HighPart = due.dwHighDateTime;
    absolute.QuadPart += 50 * 10000;
    due = (FILETIME){absolute.LowPart, absolute.HighPart};
    SetThreadpoolTimer(timer, &due, 0, 0);
    wait_until(calls.count == 2);
    assert_true(test__now_ms() - began >= 45);
    due = (FILETIME){0, 0};
    SetThreadpoolTimer(timer, &due, 0, 0);
    wait_until(calls.count == 3);
    CloseThreadpoolTimer(timer);
}

/* THRD-119 THRD-130 */
static void a_timer_stays_set_until_it_is_stopped(void **state)
{
    struct calls calls = {0};
    PTP_TIMER timer = CreateThreadpoolTimer(timer_rings, &calls, NULL);
    FILETIME due = {0, 0};
    (void)state;
    assert_false(IsThreadpoolTimerSet(timer));
    assert_false(SetThreadpoolTimerEx(timer, &due, 0, 0));
    wait_until(calls.count == 1);
    assert_true(IsThreadpoolTimerSet(timer));
    assert_true(SetThreadpoolTimerEx(timer, &due, 0, 0));
    assert_true(SetThreadpoolTimerEx(timer, NULL, 0, 0));
    assert_false(IsThreadpoolTimerSet(timer));
    assert_false(SetThreadpoolTimerEx(timer, NULL, 0, 0));
    WaitForThreadpoolTimerCallbacks(timer, FALSE);
    CloseThreadpoolTimer(timer);
    assert_false(IsThreadpoolTimerSet(timer));
}

/* THRD-120 */
static void a_period_does_not_wait_for_the_callback(void **state)
{
    struct calls calls = {.gate = new_event(TRUE, FALSE)};
    PTP_TIMER timer = CreateThreadpoolTimer(timer_rings, &calls, NULL);
    FILETIME due = relative_ms(20);
    unsigned long long began = test__now_ms();
    (void)state;
    SetThreadpoolTimer(timer, &due, 20, 0);
    wait_until(calls.count == 3);
    assert_true(test__now_ms() - began >= 59);
    SetThreadpoolTimer(timer, NULL, 0, 0);
    SetEvent(calls.gate);
    WaitForThreadpoolTimerCallbacks(timer, FALSE);
    assert_int_equal(calls.count, calls.ended);
    CloseThreadpoolTimer(timer);
    CloseHandle(calls.gate);
}

/* THRD-121 THRD-122 */
static void waiting_for_a_timer_does_not_wait_for_its_time(void **state)
{
    struct calls calls = {0};
    PTP_TIMER timer = CreateThreadpoolTimer(timer_rings, &calls, NULL);
    FILETIME due = relative_ms(3600000);
    (void)state;
    SetThreadpoolTimer(timer, &due, 0, 0);
    WaitForThreadpoolTimerCallbacks(timer, FALSE);
    WaitForThreadpoolTimerCallbacks(timer, TRUE);
    assert_int_equal(calls.count, 0);
    assert_true(IsThreadpoolTimerSet(timer));
    due = relative_ms(30);
    SetThreadpoolTimer(timer, &due, 0, 1000); /* may come later, never earlier */
    wait_until(calls.count == 1);
    CloseThreadpoolTimer(timer);
}

/* THRD-118 */
static void many_timers_ring_each_once(void **state)
{
    enum { TIMERS = 500 };
    static PTP_TIMER timers[TIMERS];
    struct calls calls = {0};
    (void)state;
    for (int i = 0; i < TIMERS; i++) {
        FILETIME due = relative_ms(1 + i * 7 % 50);
        timers[i] = CreateThreadpoolTimer(timer_rings, &calls, NULL);
        assert_non_null(timers[i]);
        SetThreadpoolTimer(timers[i], &due, 0, 0);
    }
    wait_until(calls.count == TIMERS);
    for (int i = 0; i < TIMERS; i++) {
        WaitForThreadpoolTimerCallbacks(timers[i], FALSE);
        CloseThreadpoolTimer(timers[i]);
    }
    assert_int_equal(calls.count, TIMERS);
}

/* ---- waits ---- */

/* THRD-123 */
static void a_wait_calls_back_once_and_takes_the_object(void **state)
{
    struct calls calls = {0};
    HANDLE event = new_event(FALSE, FALSE);
    PTP_WAIT wait = CreateThreadpoolWait(wait_ends, &calls, NULL);
    (void)state;
    assert_non_null(wait);
    SetThreadpoolWait(wait, event, NULL);
    SetEvent(event);
    wait_until(calls.count == 1);
    assert_int_equal(calls.signaled, 1);
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    SetEvent(event);
    WaitForThreadpoolWaitCallbacks(wait, FALSE);
    assert_int_equal(calls.count, 1);
    SetThreadpoolWait(wait, event, NULL); /* signaled already */
    wait_until(calls.count == 2);
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    CloseThreadpoolWait(wait);
    CloseHandle(event);
}

/* THRD-124 THRD-127 */
static void a_wait_times_out(void **state)
{
    struct calls calls = {0};
    HANDLE event = new_event(FALSE, FALSE);
    PTP_WAIT wait = CreateThreadpoolWait(wait_ends, &calls, NULL);
    FILETIME soon = relative_ms(30), now = {0, 0};
    (void)state;
    SetThreadpoolWait(wait, event, &soon);
    wait_until(calls.timed_out == 1);
    SetThreadpoolWait(wait, event, &now);
    wait_until(calls.timed_out == 2);
    SetThreadpoolWait(wait, INVALID_HANDLE_VALUE, &soon);
    wait_until(calls.timed_out == 3);
    SetEvent(event);
    SetThreadpoolWait(wait, event, &now); /* the object wins */
    wait_until(calls.signaled == 1);
    CloseThreadpoolWait(wait);
    CloseHandle(event);
}

/* THRD-125 THRD-130 */
static void a_wait_that_was_ended_takes_nothing(void **state)
{
    struct calls calls = {0};
    HANDLE event = new_event(FALSE, FALSE);
    PTP_WAIT wait = CreateThreadpoolWait(wait_ends, &calls, NULL);
    (void)state;
    assert_false(SetThreadpoolWaitEx(wait, event, NULL, NULL));
    assert_true(SetThreadpoolWaitEx(wait, event, NULL, NULL));
    assert_true(SetThreadpoolWaitEx(wait, NULL, NULL, NULL));
    assert_false(SetThreadpoolWaitEx(wait, NULL, NULL, NULL));
    SetEvent(event);
    WaitForThreadpoolWaitCallbacks(wait, FALSE);
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    assert_int_equal(calls.count, 0);
    SetThreadpoolWait(wait, event, NULL);
    CloseThreadpoolWait(wait);
    SetEvent(event);
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    CloseHandle(event);
}

/* THRD-126 */
static void waiting_with_cancel_does_not_end_a_wait(void **state)
{
    struct calls calls = {0};
    HANDLE event = new_event(FALSE, FALSE);
    PTP_WAIT wait = CreateThreadpoolWait(wait_ends, &calls, NULL);
    (void)state;
    SetThreadpoolWait(wait, event, NULL);
    WaitForThreadpoolWaitCallbacks(wait, TRUE);
    SetEvent(event);
    wait_until(calls.signaled == 1);
    CloseThreadpoolWait(wait);
    CloseHandle(event);
}

/* THRD-128 */
static void a_semaphore_ends_as_many_waits_as_it_has(void **state)
{
    struct calls calls = {0};
    HANDLE semaphore = CreateSemaphoreW(NULL, 0, 2, NULL);
    PTP_WAIT waits[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        waits[i] = CreateThreadpoolWait(wait_ends, &calls, NULL);
        SetThreadpoolWait(waits[i], semaphore, NULL);
    }
    ReleaseSemaphore(semaphore, 1, NULL);
    wait_until(calls.count == 1);
    for (int i = 0; i < 2; i++)
        WaitForThreadpoolWaitCallbacks(waits[i], FALSE);
    assert_int_equal(calls.count, 1);
    for (int i = 0; i < 2; i++)
        SetThreadpoolWait(waits[i], semaphore, NULL);
    ReleaseSemaphore(semaphore, 2, NULL);
    wait_until(calls.count == 3);
    assert_int_equal(WaitForSingleObject(semaphore, 0), WAIT_TIMEOUT);
    for (int i = 0; i < 2; i++)
        CloseThreadpoolWait(waits[i]);
    CloseHandle(semaphore);
}

/* THRD-129 */
static void many_waits_need_no_threads(void **state)
{
    enum { WAITS = 512 };
    static PTP_WAIT waits[WAITS];
    static HANDLE events[WAITS];
    struct calls calls = {0};
    (void)state;
    for (int round = 1; round <= 2; round++) {
        for (int i = 0; i < WAITS; i++) {
            if (round == 1) {
                events[i] = new_event(FALSE, FALSE);
                waits[i] = CreateThreadpoolWait(wait_ends, &calls, NULL);
                assert_non_null(waits[i]);
            }
            SetThreadpoolWait(waits[i], events[i], NULL);
        }
        for (int i = 0; i < WAITS; i++)
            SetEvent(events[WAITS - 1 - i]);
        wait_until(calls.signaled == round * WAITS);
    }
    for (int i = 0; i < WAITS; i++) {
        CloseThreadpoolWait(waits[i]);
        assert_int_equal(WaitForSingleObject(events[i], 0), WAIT_TIMEOUT);
        CloseHandle(events[i]);
    }
}

static DWORD WINAPI end_at_once(LPVOID argument)
{
    (void)argument;
    return 0;
}

/* THRD-123 */
static void a_wait_for_a_thread_or_a_mutex_ends(void **state)
{
    struct calls calls = {0};
    PTP_WAIT wait = CreateThreadpoolWait(wait_ends, &calls, NULL);
    HANDLE thread = CreateThread(NULL, 0, end_at_once, NULL, CREATE_SUSPENDED, NULL);
    HANDLE mutex = CreateMutexW(NULL, FALSE, NULL);
    (void)state;
    SetThreadpoolWait(wait, thread, NULL);
    WaitForThreadpoolWaitCallbacks(wait, FALSE);
    assert_int_equal(calls.count, 0);
    ResumeThread(thread);
    wait_until(calls.signaled == 1);
    SetThreadpoolWait(wait, mutex, NULL);
    wait_until(calls.signaled == 2);
    assert_int_equal(WaitForSingleObject(mutex, 0), WAIT_TIMEOUT); /* the pool owns it */
    CloseThreadpoolWait(wait);
    CloseHandle(thread);
    CloseHandle(mutex);
}

/* ---- registered waits ---- */

/* PORT-140 THRD-149 */
static void a_registered_wait_fires_once_if_asked_to(void **state)
{
    struct calls calls = {0};
    HANDLE event = new_event(TRUE, TRUE), wait = NULL;
    (void)state;
    assert_win32(
        RegisterWaitForSingleObject(&wait, event, legacy, &calls, INFINITE, WT_EXECUTEONLYONCE));
    assert_non_null(wait);
    wait_until(calls.ended == 1);
    assert_int_equal(calls.signaled, 1);
    wait_until(UnregisterWait(wait) || GetLastError() == ERROR_IO_PENDING);
    assert_int_equal(calls.count, 1);
    assert_fails(ERROR_INVALID_HANDLE, CloseHandle(wait));
    CloseHandle(event);
}

/* PORT-140 THRD-150 */
static void a_registered_wait_times_out(void **state)
{
    struct calls calls = {0};
    HANDLE event = new_event(TRUE, FALSE), wait;
    (void)state;
    assert_win32(RegisterWaitForSingleObject(&wait, event, legacy, &calls, 0, WT_EXECUTEONLYONCE));
    wait_until(calls.ended == 1);
    assert_int_equal(calls.timed_out, 1);
    assert_win32(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
    CloseHandle(event);
}

/* PORT-140 THRD-151 */
static void a_registered_wait_repeats(void **state)
{
    struct calls set = {0}, timed = {0}, automatic = {0};
    HANDLE stays = new_event(TRUE, TRUE), never = new_event(TRUE, FALSE),
           pulse = new_event(FALSE, 0);
    HANDLE waits[3];
    (void)state;
    assert_win32(RegisterWaitForSingleObject(&waits[0], stays, legacy, &set, INFINITE, 0));
    assert_win32(RegisterWaitForSingleObject(&waits[1], never, legacy, &timed, 5, 0));
    assert_win32(RegisterWaitForSingleObject(&waits[2], pulse, legacy, &automatic, INFINITE, 0));
    wait_until(set.signaled >= 10 && timed.timed_out >= 3);
    for (int i = 1; i <= 5; i++) {
        SetEvent(pulse);
        wait_until(automatic.signaled == i);
    }
    for (int i = 0; i < 3; i++)
        assert_win32(UnregisterWaitEx(waits[i], INVALID_HANDLE_VALUE));
    assert_int_equal(set.count, set.ended);
    assert_int_equal(automatic.count, 5);
    CloseHandle(stays);
    CloseHandle(never);
    CloseHandle(pulse);
}

/* PORT-140 THRD-152 THRD-153 */
static void unregistering_during_the_callback_is_pending(void **state)
{
    struct calls calls = {.gate = new_event(TRUE, FALSE)};
    HANDLE event = new_event(FALSE, TRUE), wait;
    (void)state;
    assert_win32(RegisterWaitForSingleObject(&wait, event, legacy, &calls, INFINITE, 0));
    wait_until(calls.count == 1);
    assert_fails(ERROR_IO_PENDING, UnregisterWait(wait));
    assert_fails(ERROR_INVALID_HANDLE, UnregisterWait(wait));
    assert_fails(ERROR_INVALID_HANDLE, UnregisterWait(NULL));
    SetEvent(event);
    SetEvent(calls.gate);
    wait_until(calls.ended == 1);
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    CloseHandle(event);
    CloseHandle(calls.gate);
}

struct unregistering {
    HANDLE wait;
    _Atomic LONG done;
};

static DWORD WINAPI unregister_and_wait(LPVOID argument)
{
    struct unregistering *unregistering = argument;
    UnregisterWaitEx(unregistering->wait, INVALID_HANDLE_VALUE);
    unregistering->done = 1;
    return 0;
}

/* PORT-140 THRD-154 */
static void unregistering_can_wait_for_the_callback(void **state)
{
    struct calls calls = {.gate = new_event(TRUE, FALSE)};
    struct unregistering unregistering = {0};
    HANDLE event = new_event(TRUE, TRUE), thread;
    DWORD id;
    (void)state;
    assert_win32(RegisterWaitForSingleObject(&unregistering.wait, event, legacy, &calls, INFINITE,
                                             WT_EXECUTEONLYONCE));
    wait_until(calls.count == 1);
    thread = CreateThread(NULL, 0, unregister_and_wait, &unregistering, 0, &id);
    wait_until_asleep(id);
    assert_int_equal(unregistering.done, 0);
    SetEvent(calls.gate);
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(calls.ended, 1);
    CloseHandle(thread);
    CloseHandle(event);
    CloseHandle(calls.gate);
}

/* THRD-155 */
static void unregistering_can_set_an_event(void **state)
{
    struct calls calls = {.gate = new_event(TRUE, FALSE)};
    HANDLE event = new_event(TRUE, TRUE), never = new_event(TRUE, FALSE), done = new_event(TRUE, 0);
    HANDLE wait;
    (void)state;
    assert_win32(
        RegisterWaitForSingleObject(&wait, event, legacy, &calls, INFINITE, WT_EXECUTEONLYONCE));
    wait_until(calls.count == 1);
    assert_fails(ERROR_INVALID_HANDLE, UnregisterWaitEx(wait, (HANDLE)0x7ffffff0));
    assert_fails(ERROR_IO_PENDING, UnregisterWaitEx(wait, done));
    assert_int_equal(WaitForSingleObject(done, 0), WAIT_TIMEOUT);
    SetEvent(calls.gate);
    assert_int_equal(WaitForSingleObject(done, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(calls.ended, 1);
    ResetEvent(done);
    assert_win32(RegisterWaitForSingleObject(&wait, never, legacy, &calls, INFINITE, 0));
    assert_win32(UnregisterWaitEx(wait, done));
    assert_int_equal(WaitForSingleObject(done, 0), WAIT_OBJECT_0);
    CloseHandle(event);
    CloseHandle(never);
    CloseHandle(done);
    CloseHandle(calls.gate);
}

static _Atomic(HANDLE) own_wait;
static _Atomic LONG own_result, in_wait_thread, in_wait_thread_at_once;

static VOID CALLBACK unregister_itself(PVOID context, BOOLEAN timed_out)
{
    (void)context;
    (void)timed_out;
    own_result = own_wait && UnregisterWait(own_wait) ? 1 : -1;
}

static VOID CALLBACK one_at_a_time(PVOID context, BOOLEAN timed_out)
{
    (void)context;
    (void)timed_out;
    if (++in_wait_thread > 1)
        in_wait_thread_at_once = 1;
    SwitchToThread();
    --in_wait_thread;
    ++own_result;
}

/* THRD-156 */
static void callbacks_in_the_wait_thread_come_one_by_one(void **state)
{
    HANDLE event = new_event(TRUE, TRUE), waits[8];
    (void)state;
    own_result = 0;
    own_wait = NULL;
    assert_win32(RegisterWaitForSingleObject((PHANDLE)&own_wait, event, unregister_itself, NULL,
                                             INFINITE,
                                             WT_EXECUTEINWAITTHREAD | WT_EXECUTEONLYONCE));
    wait_until(own_result != 0);
    assert_int_equal(own_result, 1);
    own_result = 0;
    for (int i = 0; i < 8; i++)
        assert_win32(RegisterWaitForSingleObject(&waits[i], event, one_at_a_time, NULL, INFINITE,
                                                 WT_EXECUTEINWAITTHREAD));
    wait_until(own_result >= 100);
    for (int i = 0; i < 8; i++)
        assert_win32(UnregisterWaitEx(waits[i], INVALID_HANDLE_VALUE));
    assert_int_equal(in_wait_thread_at_once, 0);
    CloseHandle(event);
}

/* PORT-140 */
static void a_registered_wait_checks_its_arguments(void **state)
{
    struct calls calls = {0};
    HANDLE event = new_event(TRUE, FALSE), wait;
    (void)state;
    assert_fails(ERROR_INVALID_PARAMETER,
                 RegisterWaitForSingleObject(NULL, event, legacy, &calls, INFINITE, 0));
    assert_fails(ERROR_INVALID_PARAMETER,
                 RegisterWaitForSingleObject(&wait, event, NULL, &calls, INFINITE, 0));
    assert_fails(ERROR_INVALID_PARAMETER,
                 RegisterWaitForSingleObject(&wait, event, legacy, &calls, INFINITE, 0x8000));
    assert_fails(ERROR_INVALID_HANDLE,
                 RegisterWaitForSingleObject(&wait, NULL, legacy, &calls, INFINITE, 0));
    CloseHandle(event);
}

/* ---- timer queues ---- */

static HANDLE new_queue_timer(HANDLE queue, struct calls *calls, DWORD due, DWORD period)
{
    HANDLE timer = NULL;
    assert_win32(CreateTimerQueueTimer(&timer, queue, legacy, calls, due, period, 0));
    assert_non_null(timer);
    return timer;
}

/* THRD-157 THRD-159 */
static void deleting_a_timer_whose_callback_runs(void **state)
{
    struct calls calls[3] = {{0}};
    HANDLE queue = CreateTimerQueue(), timers[3], done = new_event(TRUE, FALSE);
    (void)state;
    for (int i = 0; i < 3; i++) {
        calls[i].gate = new_event(TRUE, FALSE);
        timers[i] = new_queue_timer(queue, &calls[i], 0, 3600000);
        wait_until(calls[i].count == 1);
    }
    assert_fails(ERROR_IO_PENDING, DeleteTimerQueueTimer(queue, timers[0], NULL));
    assert_fails(ERROR_IO_PENDING, DeleteTimerQueueTimer(queue, timers[1], done));
    assert_int_equal(WaitForSingleObject(done, 0), WAIT_TIMEOUT);
    for (int i = 0; i < 3; i++)
        SetEvent(calls[i].gate);
    assert_int_equal(WaitForSingleObject(done, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(calls[1].ended, 1);
    assert_win32(DeleteTimerQueueTimer(queue, timers[2], INVALID_HANDLE_VALUE));
    assert_int_equal(calls[2].ended, 1);
    assert_win32(DeleteTimerQueueEx(queue, INVALID_HANDLE_VALUE));
    wait_until(calls[0].ended == 1);
    for (int i = 0; i < 3; i++)
        CloseHandle(calls[i].gate);
    CloseHandle(done);
}

/* THRD-158 THRD-160 */
static void deleting_a_timer_that_is_done_or_idle(void **state)
{
    struct calls calls = {0};
    HANDLE timer = new_queue_timer(NULL, &calls, 0, 0), done = new_event(TRUE, FALSE);
    (void)state;
    wait_until(calls.ended == 1);
    SetLastError(ERROR_SUCCESS);
    assert_true(DeleteTimerQueueTimer(NULL, timer, NULL) || GetLastError() == ERROR_IO_PENDING);
    timer = new_queue_timer(NULL, &calls, 3600000, 0);
    assert_keeps_last_error(assert_true(DeleteTimerQueueTimer(NULL, timer, done)));
    assert_int_equal(WaitForSingleObject(done, 0), WAIT_OBJECT_0);
    assert_fails(ERROR_INVALID_HANDLE, DeleteTimerQueueTimer(NULL, timer, NULL));
    assert_fails(ERROR_INVALID_HANDLE, DeleteTimerQueueTimer(NULL, NULL, NULL));
    assert_int_equal(calls.count, 1);
    CloseHandle(done);
}

/* THRD-161 */
static void a_timer_can_be_changed_until_it_fired(void **state)
{
    struct calls calls = {0}, periodic = {0};
    HANDLE timer = new_queue_timer(NULL, &calls, 3600000, 0);
    (void)state;
    assert_win32(ChangeTimerQueueTimer(NULL, timer, 0, 0));
    wait_until(calls.ended == 1);
    assert_win32(ChangeTimerQueueTimer(NULL, timer, 0, 1));
    assert_win32(DeleteTimerQueueTimer(NULL, timer, INVALID_HANDLE_VALUE));
    assert_int_equal(calls.count, 1);
    timer = new_queue_timer(NULL, &periodic, 0, 3600000);
    wait_until(periodic.ended == 1);
    assert_win32(ChangeTimerQueueTimer(NULL, timer, 1, 1));
    wait_until(periodic.ended >= 3);
    assert_win32(DeleteTimerQueueTimer(NULL, timer, INVALID_HANDLE_VALUE));
}

/* THRD-162 THRD-163 */
static void the_queue_need_not_be_the_timers_own(void **state)
{
    struct calls calls = {0};
    HANDLE one = CreateTimerQueue(), other = CreateTimerQueue();
    HANDLE timer = new_queue_timer(one, &calls, 3600000, 0);
    (void)state;
    assert_win32(ChangeTimerQueueTimer(other, timer, 3600000, 0));
    assert_win32(ChangeTimerQueueTimer(NULL, timer, 3600000, 0));
    assert_win32(DeleteTimerQueueTimer(other, timer, NULL));
    assert_fails(ERROR_INVALID_HANDLE, DeleteTimerQueueEx(NULL, NULL));
    assert_win32(DeleteTimerQueueEx(one, NULL));
    assert_fails(ERROR_INVALID_HANDLE, DeleteTimerQueueEx(one, NULL));
    assert_win32(DeleteTimerQueue(other));
}

/* THRD-164 */
static void deleting_a_queue_waits_and_stops_its_timers(void **state)
{
    struct calls calls = {0}, never = {0};
    HANDLE queue = CreateTimerQueue(), done = new_event(TRUE, FALSE);
    (void)state;
    for (int i = 0; i < 20; i++)
        new_queue_timer(queue, &calls, 0, i % 2 ? 1 : 0);
    new_queue_timer(queue, &never, 3600000, 0);
    wait_until(calls.ended >= 20);
    assert_win32(DeleteTimerQueueEx(queue, INVALID_HANDLE_VALUE));
    assert_int_equal(calls.count, calls.ended);
    assert_int_equal(never.count, 0);
    queue = CreateTimerQueue();
    new_queue_timer(queue, &never, 3600000, 0);
    assert_win32(DeleteTimerQueueEx(queue, done));
    assert_int_equal(WaitForSingleObject(done, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    CloseHandle(done);
}

static HANDLE own_timer;
static _Atomic LONG own_timer_result, own_timer_calls;

static VOID CALLBACK delete_itself(PVOID context, BOOLEAN timed_out)
{
    WaitForSingleObject(context, INFINITE); /* until own_timer is stored */
    ++own_timer_calls;
    if (timed_out && !DeleteTimerQueueTimer(NULL, own_timer, NULL))
        own_timer_result = (LONG)GetLastError();
    else
        own_timer_result = -1;
}

/* THRD-165 */
static void a_timer_may_delete_itself(void **state)
{
    HANDLE stored = new_event(TRUE, FALSE);
    (void)state;
    own_timer_result = own_timer_calls = 0;
    assert_win32(CreateTimerQueueTimer(&own_timer, NULL, delete_itself, stored, 1, 3600000, 0));
    SetEvent(stored);
    wait_until(own_timer_result != 0);
    assert_int_equal(own_timer_result, ERROR_IO_PENDING);
    assert_fails(ERROR_INVALID_HANDLE, ChangeTimerQueueTimer(NULL, own_timer, 0, 0));
    assert_int_equal(own_timer_calls, 1);
    CloseHandle(stored);
}

/* ---- work items ---- */

static DWORD WINAPI item(LPVOID context)
{
    ++*(_Atomic LONG *)context;
    return 0;
}

/* THRD-148 */
static void work_items_all_run(void **state)
{
    static const ULONG flags[] = {WT_EXECUTEDEFAULT, WT_EXECUTELONGFUNCTION,
                                  WT_TRANSFER_IMPERSONATION, WT_EXECUTEINPERSISTENTTHREAD,
                                  WT_EXECUTEINIOTHREAD};
    _Atomic LONG ran = 0;
    (void)state;
    for (int i = 0; i < 100; i++)
        assert_win32(QueueUserWorkItem(item, (PVOID)&ran, flags[i % 5]));
    wait_until(ran == 100);
    assert_fails(ERROR_INVALID_PARAMETER, QueueUserWorkItem(NULL, NULL, 0));
    assert_fails(ERROR_INVALID_PARAMETER, QueueUserWorkItem(item, (PVOID)&ran, 0x4000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timer_rings_relative_absolute_and_at_once),
        cmocka_unit_test(a_timer_stays_set_until_it_is_stopped),
        cmocka_unit_test(a_period_does_not_wait_for_the_callback),
        cmocka_unit_test(waiting_for_a_timer_does_not_wait_for_its_time),
        cmocka_unit_test(many_timers_ring_each_once),
        cmocka_unit_test(a_wait_calls_back_once_and_takes_the_object),
        cmocka_unit_test(a_wait_times_out),
        cmocka_unit_test(a_wait_that_was_ended_takes_nothing),
        cmocka_unit_test(waiting_with_cancel_does_not_end_a_wait),
        cmocka_unit_test(a_semaphore_ends_as_many_waits_as_it_has),
        cmocka_unit_test(many_waits_need_no_threads),
        cmocka_unit_test(a_wait_for_a_thread_or_a_mutex_ends),
        cmocka_unit_test(a_registered_wait_fires_once_if_asked_to),
        cmocka_unit_test(a_registered_wait_times_out),
        cmocka_unit_test(a_registered_wait_repeats),
        cmocka_unit_test(unregistering_during_the_callback_is_pending),
        cmocka_unit_test(unregistering_can_wait_for_the_callback),
        cmocka_unit_test(unregistering_can_set_an_event),
        cmocka_unit_test(callbacks_in_the_wait_thread_come_one_by_one),
        cmocka_unit_test(a_registered_wait_checks_its_arguments),
        cmocka_unit_test(deleting_a_timer_whose_callback_runs),
        cmocka_unit_test(deleting_a_timer_that_is_done_or_idle),
        cmocka_unit_test(a_timer_can_be_changed_until_it_fired),
        cmocka_unit_test(the_queue_need_not_be_the_timers_own),
        cmocka_unit_test(deleting_a_queue_waits_and_stops_its_timers),
        cmocka_unit_test(a_timer_may_delete_itself),
        cmocka_unit_test(work_items_all_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

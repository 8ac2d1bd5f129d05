/* APCs and alertable waits: handles.md section 9. */
#include "portico_test.h"

#include <ntstatus.h>
#include <winternl.h>

static int order[16];
static int ran;

static VOID CALLBACK note(ULONG_PTR value)
{
    order[ran++] = (int)value;
}

static int forget_what_ran(void **state)
{
    (void)state;
    ran = 0;
    return 0;
}

static void queue_here(PAPCFUNC routine, ULONG_PTR value)
{
    assert_win32(QueueUserAPC(routine, GetCurrentThread(), value));
}

static HANDLE new_event(BOOL manual, BOOL set)
{
    HANDLE event = CreateEventW(NULL, manual, set, NULL);
    assert_non_null(event);
    return event;
}

static DWORD finish(HANDLE thread)
{
    DWORD code;
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(GetExitCodeThread(thread, &code));
    assert_win32(CloseHandle(thread));
    return code;
}

static DWORD WINAPI wait_for_it(LPVOID handle)
{
    return WaitForSingleObject(handle, TEST_DEADLINE_MS);
}

static DWORD WINAPI wait_alertably(LPVOID handle)
{
    return WaitForSingleObjectEx(handle, TEST_DEADLINE_MS, TRUE);
}

/* HND-078 THRD-074 */
static void a_thread_that_never_waits_alertably_runs_none(void **state)
{
    HANDLE event = new_event(TRUE, FALSE);
    HANDLE thread = CreateThread(NULL, 0, wait_for_it, event, 0, NULL);
    (void)state;
    /* Its first thing is to run what came before it; so it must be seen running first. */
    wait_until_asleep(GetThreadId(thread));
    assert_win32(QueueUserAPC(note, thread, 1));
    assert_win32(SetEvent(event));
    assert_int_equal(finish(thread), WAIT_OBJECT_0);
    assert_int_equal(ran, 0);
    assert_win32(CloseHandle(event));
}

static VOID CALLBACK queue_another(ULONG_PTR value)
{
    note(value);
    if (value < 6)
        QueueUserAPC(queue_another, GetCurrentThread(), value + 1);
}

/* HND-079 THRD-067 THRD-068 */
static void an_alertable_sleep_runs_all_in_order(void **state)
{
    (void)state;
    queue_here(note, 1);
    queue_here(note, 2);
    queue_here(queue_another, 3);
    assert_int_equal(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(ran, 6);
    for (int i = 0; i < 6; i++)
        assert_int_equal(order[i], i + 1);
    assert_int_equal(SleepEx(0, TRUE), 0);
}

/* HND-080 PORT-043 THRD-064 THRD-067 */
static void other_waits_run_none(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    HANDLE event = new_event(TRUE, FALSE);
    DWORD bytes;
    ULONG_PTR key;
    LPOVERLAPPED overlapped;
    (void)state;
    queue_here(note, 1);
    Sleep(1);
    assert_int_equal(SleepEx(1, FALSE), 0);
    assert_int_equal(WaitForSingleObject(event, 1), WAIT_TIMEOUT);
    assert_int_equal(WaitForMultipleObjects(1, &event, TRUE, 1), WAIT_TIMEOUT);
    assert_fails(WAIT_TIMEOUT, GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, 1));
    assert_int_equal(ran, 0);
    assert_int_equal(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(ran, 1);
    assert_win32(CloseHandle(event));
    assert_win32(CloseHandle(port));
}

static VOID CALLBACK set_event(ULONG_PTR event)
{
    SetEvent((HANDLE)event);
}

static DWORD WINAPI wait_for_two_alertably(LPVOID handles)
{
    return WaitForMultipleObjectsEx(2, handles, FALSE, TEST_DEADLINE_MS, TRUE);
}

/* HND-081 THRD-069 */
static void an_apc_that_signals_the_object_does_not_consume_it(void **state)
{
    HANDLE events[2] = {new_event(FALSE, FALSE), new_event(FALSE, FALSE)};
    DWORD id;
    HANDLE thread = CreateThread(NULL, 0, wait_for_two_alertably, events, 0, &id);
    (void)state;
    wait_until_asleep(id);
    assert_win32(QueueUserAPC(set_event, thread, (ULONG_PTR)events[1]));
    assert_int_equal(finish(thread), WAIT_IO_COMPLETION);
    assert_int_equal(WaitForSingleObject(events[1], 0), WAIT_OBJECT_0);
    assert_win32(CloseHandle(events[0]));
    assert_win32(CloseHandle(events[1]));
}

/* HND-048 THRD-070 */
static void a_signaled_object_goes_before_a_pending_apc(void **state)
{
    HANDLE events[2] = {new_event(TRUE, FALSE), new_event(TRUE, TRUE)};
    (void)state;
    queue_here(note, 1);
    assert_int_equal(WaitForSingleObjectEx(events[1], 0, TRUE), WAIT_OBJECT_0);
    assert_int_equal(WaitForMultipleObjectsEx(2, events, FALSE, TEST_DEADLINE_MS, TRUE),
                     WAIT_OBJECT_0 + 1);
    assert_int_equal(WaitForMultipleObjectsEx(1, &events[1], TRUE, TEST_DEADLINE_MS, TRUE),
                     WAIT_OBJECT_0);
    assert_win32(SetEvent(events[0]));
    assert_int_equal(WaitForMultipleObjectsEx(2, events, TRUE, TEST_DEADLINE_MS, TRUE),
                     WAIT_OBJECT_0);
    assert_int_equal(ran, 0);
    assert_win32(ResetEvent(events[0]));
    assert_int_equal(WaitForSingleObjectEx(events[0], 0, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(ran, 1);
    assert_win32(CloseHandle(events[0]));
    assert_win32(CloseHandle(events[1]));
}

/* HND-082 THRD-071 */
static void an_ended_thread_takes_none(void **state)
{
    HANDLE event = new_event(TRUE, TRUE);
    HANDLE thread = CreateThread(NULL, 0, wait_for_it, event, 0, NULL);
    (void)state;
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_fails(ERROR_GEN_FAILURE, QueueUserAPC(note, thread, 1));
    assert_fails(ERROR_INVALID_HANDLE, QueueUserAPC(note, NULL, 1));
    assert_fails(ERROR_INVALID_HANDLE, QueueUserAPC(note, event, 1));
    assert_win32(CloseHandle(thread));
    assert_win32(CloseHandle(event));
}

static DWORD WINAPI note_start(LPVOID unused)
{
    (void)unused;
    note(9);
    return 0;
}

/* HND-083 THRD-072 */
static void a_suspended_thread_runs_them_before_it_starts(void **state)
{
    HANDLE thread = CreateThread(NULL, 0, note_start, NULL, CREATE_SUSPENDED, NULL);
    (void)state;
    assert_win32(QueueUserAPC(note, thread, 1));
    assert_win32(QueueUserAPC(note, thread, 2));
    assert_int_equal(ResumeThread(thread), 1);
    finish(thread);
    assert_int_equal(ran, 3);
    assert_int_equal(order[0], 1);
    assert_int_equal(order[1], 2);
    assert_int_equal(order[2], 9);
}

/* HND-084 */
static void test_alert_runs_what_is_pending(void **state)
{
    (void)state;
    queue_here(note, 1);
    queue_here(note, 2);
    assert_int_equal(NtTestAlert(), STATUS_SUCCESS);
    assert_int_equal(ran, 2);
    assert_int_equal(NtTestAlert(), STATUS_SUCCESS);
    assert_int_equal(ran, 2);
}

static VOID CALLBACK sleep_alertably(ULONG_PTR value)
{
    note(value);
    SleepEx(0, TRUE);
    note(value + 100);
}

/* HND-087 THRD-081 */
static void an_apc_may_wait_alertably_itself(void **state)
{
    const int expected[] = {1, 2, 3, 102, 101};
    (void)state;
    queue_here(sleep_alertably, 1);
    queue_here(sleep_alertably, 2);
    queue_here(note, 3);
    assert_int_equal(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(ran, 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(order[i], expected[i]);
}

/* HND-081 */
static void an_apc_from_another_thread_ends_an_alertable_wait(void **state)
{
    HANDLE event = new_event(TRUE, FALSE);
    DWORD id;
    HANDLE thread = CreateThread(NULL, 0, wait_alertably, event, 0, &id);
    (void)state;
    wait_until_asleep(id);
    assert_win32(QueueUserAPC(note, thread, 7));
    assert_int_equal(finish(thread), WAIT_IO_COMPLETION);
    assert_int_equal(ran, 1);
    assert_int_equal(order[0], 7);
    assert_win32(CloseHandle(event));
}

static _Atomic int busy_ran;

static VOID CALLBACK count_busily(ULONG_PTR value)
{
    (void)value;
    busy_ran++;
}

static DWORD WINAPI sleep_until_enough_ran(LPVOID enough)
{
    while (busy_ran < (int)(ULONG_PTR)enough)
        if (SleepEx(TEST_DEADLINE_MS, TRUE) != WAIT_IO_COMPLETION)
            return 1;
    return 0;
}

/* HND-079 */
static void no_apc_is_lost_between_two_waits(void **state)
{
    enum { MANY = 5000 };
    HANDLE thread = CreateThread(NULL, 0, sleep_until_enough_ran, (LPVOID)MANY, 0, NULL);
    (void)state;
    for (int i = 0; i < MANY; i++)
        assert_win32(QueueUserAPC(count_busily, thread, 0));
    assert_int_equal(finish(thread), 0);
    assert_int_equal(busy_ran, MANY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_thread_that_never_waits_alertably_runs_none, forget_what_ran),
        cmocka_unit_test_setup(an_alertable_sleep_runs_all_in_order, forget_what_ran),
        cmocka_unit_test_setup(other_waits_run_none, forget_what_ran),
        cmocka_unit_test_setup(an_apc_that_signals_the_object_does_not_consume_it, forget_what_ran),
        cmocka_unit_test_setup(a_signaled_object_goes_before_a_pending_apc, forget_what_ran),
        cmocka_unit_test_setup(an_ended_thread_takes_none, forget_what_ran),
        cmocka_unit_test_setup(a_suspended_thread_runs_them_before_it_starts, forget_what_ran),
        cmocka_unit_test_setup(test_alert_runs_what_is_pending, forget_what_ran),
        cmocka_unit_test_setup(an_apc_may_wait_alertably_itself, forget_what_ran),
        cmocka_unit_test_setup(an_apc_from_another_thread_ends_an_alertable_wait, forget_what_ran),
        cmocka_unit_test_setup(no_apc_is_lost_between_two_waits, forget_what_ran),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

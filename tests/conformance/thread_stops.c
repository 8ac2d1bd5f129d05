/* Suspending, resuming and terminating threads. */
#include "threads.h"

#include <stdatomic.h>

static DWORD WINAPI set_it(LPVOID flag)
{
    atomic_store((_Atomic int *)flag, 1);
    return 0;
}

/* THRD-002 */
static void a_thread_made_suspended_runs_when_resumed_as_often(void **state)
{
    static _Atomic int has_run;
    DWORD id;
    HANDLE thread = CreateThread(NULL, 0, set_it, (LPVOID)&has_run, CREATE_SUSPENDED, &id);
    (void)state;
    assert_keeps_last_error(assert_int_equal(SuspendThread(thread), 1));
    assert_int_equal(ResumeThread(thread), 2);
    wait_until_asleep(id);
    assert_int_equal(has_run, 0);
    assert_int_equal(ResumeThread(thread), 1);
    test_finish(thread);
    assert_int_equal(has_run, 1);
}

struct counter {
    _Atomic unsigned long long value;
    _Atomic int stop;
};

static DWORD WINAPI count_up(LPVOID parameter)
{
    struct counter *counter = parameter;
    while (!counter->stop)
        counter->value++;
    return 0;
}

/* THRD-011 THRD-003 */
static void a_suspended_thread_does_not_run(void **state)
{
    struct counter counter = {0};
    HANDLE thread = CreateThread(NULL, 0, count_up, &counter, 0, NULL);
    DWORD code;
    (void)state;
    for (int round = 0; round < 200; round++) {
        unsigned long long seen = counter.value;
        wait_until(counter.value > seen);
        assert_int_equal(SuspendThread(thread), 0);
        seen = counter.value;
        for (int i = 0; i < 50; i++)
            test__yield();
        assert_true(counter.value == seen);
        assert_int_equal(SuspendThread(thread), 1);
        assert_int_equal(ResumeThread(thread), 2);
        assert_true(counter.value == seen);
        assert_win32(GetExitCodeThread(thread, &code));
        assert_int_equal(code, STILL_ACTIVE);
        assert_int_equal(ResumeThread(thread), 1);
    }
    assert_int_equal(ResumeThread(thread), 0);
    counter.stop = 1;
    test_finish(thread);
}

/* THRD-011 */
static void a_suspended_waiter_is_given_nothing(void **state)
{
    HANDLE event = test_new_event(FALSE, FALSE), thread;
    DWORD id;
    (void)state;
    thread = test_start_waiting(event, &id);
    for (int round = 0; round < 50; round++) {
        wait_until_asleep(id);
        assert_int_equal(SuspendThread(thread), 0);
        assert_win32(SetEvent(event));
        assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
        assert_int_equal(ResumeThread(thread), 1);
    }
    assert_win32(SetEvent(event));
    assert_int_equal(test_finish(thread), WAIT_OBJECT_0);
    assert_win32(CloseHandle(event));
}

static DWORD WINAPI wait_for_both(LPVOID handles)
{
    return WaitForMultipleObjects(2, handles, TRUE, TEST_DEADLINE_MS);
}

static DWORD WINAPI wait_a_little(LPVOID handle)
{
    return WaitForSingleObject(handle, 1);
}

/* THRD-011 */
static void a_suspended_wait_still_ends_by_time_and_by_all(void **state)
{
    HANDLE events[2] = {test_new_event(TRUE, FALSE), test_new_event(FALSE, FALSE)}, thread;
    DWORD id;
    (void)state;
    thread = CreateThread(NULL, 0, wait_for_both, events, 0, &id);
    wait_until_asleep(id);
    assert_int_equal(SuspendThread(thread), 0);
    assert_win32(SetEvent(events[0]));
    assert_win32(SetEvent(events[1]));
    assert_int_equal(WaitForSingleObject(thread, 0), WAIT_TIMEOUT);
    assert_int_equal(WaitForSingleObject(events[1], 0), WAIT_OBJECT_0);
    assert_int_equal(ResumeThread(thread), 1);
    assert_win32(SetEvent(events[1]));
    assert_int_equal(test_finish(thread), WAIT_OBJECT_0);
    assert_win32(ResetEvent(events[0]));
    thread = CreateThread(NULL, 0, wait_a_little, events[0], CREATE_SUSPENDED, NULL);
    assert_int_equal(ResumeThread(thread), 1);
    SuspendThread(thread);
    ResumeThread(thread);
    assert_int_equal(test_finish(thread), WAIT_TIMEOUT);
    assert_win32(CloseHandle(events[0]));
    assert_win32(CloseHandle(events[1]));
}

static DWORD WINAPI suspend_self(LPVOID after)
{
    DWORD before = SuspendThread(GetCurrentThread());
    atomic_store((_Atomic int *)after, 1);
    return before;
}

/* THRD-011 */
static void a_thread_may_suspend_itself(void **state)
{
    _Atomic int after = 0;
    DWORD id;
    HANDLE thread = CreateThread(NULL, 0, suspend_self, (LPVOID)&after, 0, &id);
    (void)state;
    wait_until(SuspendThread(thread) == 1 || ResumeThread(thread) == 0);
    assert_int_equal(after, 0);
    assert_int_equal(ResumeThread(thread), 2);
    assert_int_equal(ResumeThread(thread), 1);
    assert_in_range(test_finish(thread), 0, 1); /* 1: it was suspended when it began to */
    assert_int_equal(after, 1);
}

/* THRD-012 HND-064 MAP-051 */
static void a_thread_is_suspended_127_times_at_most(void **state)
{
    HANDLE event = test_new_event(TRUE, FALSE), thread;
    (void)state;
    thread = test_start_waiting(event, NULL);
    for (DWORD i = 0; i < MAXIMUM_SUSPEND_COUNT; i++)
        assert_int_equal(SuspendThread(thread), i);
    SetLastError(LAST_ERROR_SENTINEL);
    assert_int_equal(SuspendThread(thread), (DWORD)-1);
    assert_int_equal(GetLastError(), ERROR_SIGNAL_REFUSED);
    for (DWORD i = MAXIMUM_SUSPEND_COUNT; i > 0; i--)
        assert_int_equal(ResumeThread(thread), i);
    assert_int_equal(ResumeThread(thread), 0);
    assert_win32(SetEvent(event));
    assert_int_equal(test_finish(thread), WAIT_OBJECT_0);
    assert_win32(CloseHandle(event));
}

/* THRD-013 */
static void a_thread_that_ended_is_not_suspended(void **state)
{
    HANDLE thread = CreateThread(NULL, 0, test_return_it, NULL, 0, NULL);
    (void)state;
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    SetLastError(LAST_ERROR_SENTINEL);
    assert_int_equal(SuspendThread(thread), (DWORD)-1);
    assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
    assert_keeps_last_error(assert_int_equal(ResumeThread(thread), 0));
    test_finish(thread);
}

/* ---- terminating ---- */

static void WINAPI note_call(PVOID value)
{
    atomic_store((_Atomic int *)value, 1);
}

struct doomed {
    DWORD slot;
    HANDLE mutex, ready, pipe;
    _Atomic int called, counter;
};

static DWORD WINAPI count_for_ever(LPVOID parameter)
{
    struct doomed *doomed = parameter;
    FlsSetValue(doomed->slot, (PVOID)&doomed->called);
    WaitForSingleObject(doomed->mutex, INFINITE);
    SetEvent(doomed->ready);
    while (doomed->ready)
        doomed->counter++;
    return 0;
}

/* THRD-008 THRD-030 */
static void a_terminated_thread_runs_nothing_more(void **state)
{
    struct doomed doomed = {.slot = FlsAlloc(note_call),
                            .mutex = CreateMutexW(NULL, FALSE, NULL),
                            .ready = test_new_event(FALSE, FALSE)};
    HANDLE thread = CreateThread(NULL, 0, count_for_ever, &doomed, 0, NULL);
    DWORD code;
    int seen;
    (void)state;
    assert_int_equal(WaitForSingleObject(doomed.ready, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(TerminateThread(thread, 99));
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    seen = doomed.counter;
    assert_win32(GetExitCodeThread(thread, &code));
    assert_int_equal(code, 99);
    assert_int_equal(WaitForSingleObject(doomed.mutex, TEST_DEADLINE_MS), WAIT_ABANDONED_0);
    for (int i = 0; i < 50; i++)
        test__yield();
    assert_int_equal(doomed.counter, seen);
    assert_int_equal(doomed.called, 0);
    assert_win32(TerminateThread(thread, 1)); /* too late to change anything */
    assert_win32(GetExitCodeThread(thread, &code));
    assert_int_equal(code, 99);
    assert_int_equal(ResumeThread(thread), 0);
    CloseHandle(thread);
    FlsFree(doomed.slot);
    CloseHandle(doomed.mutex);
    CloseHandle(doomed.ready);
}

struct resumer {
    HANDLE target;
    _Atomic int stop;
};

static DWORD WINAPI resume_for_ever(LPVOID parameter)
{
    struct resumer *resumer = parameter;
    while (!resumer->stop)
        ResumeThread(resumer->target);
    return 0;
}

static DWORD WINAPI terminate_it(LPVOID thread)
{
    return (DWORD)TerminateThread(thread, 98);
}

/* THRD-008: neither one that resumes it all the time keeps it running, nor one that terminates it
 * too. */
static void a_terminated_thread_is_not_resumed(void **state)
{
    (void)state;
    for (int round = 0; round < 100; round++) {
        struct counter counter = {0};
        struct resumer resumer = {.target = CreateThread(NULL, 0, count_up, &counter, 0, NULL)};
        HANDLE other = CreateThread(NULL, 0, resume_for_ever, &resumer, 0, NULL), rival;
        unsigned long long seen;
        DWORD code;
        wait_until(counter.value > 0);
        rival = CreateThread(NULL, 0, terminate_it, resumer.target, 0, NULL);
        assert_win32(TerminateThread(resumer.target, 99));
        assert_int_equal(WaitForSingleObject(resumer.target, TEST_DEADLINE_MS), WAIT_OBJECT_0);
        seen = counter.value;
        assert_int_equal(test_finish(rival), TRUE);
        assert_win32(GetExitCodeThread(resumer.target, &code));
        assert_in_range(code, 98, 99);
        test__yield();
        assert_true(counter.value == seen);
        assert_int_equal(SuspendThread(resumer.target), (DWORD)-1);
        resumer.stop = 1;
        test_finish(other);
        CloseHandle(resumer.target);
    }
}

static DWORD WINAPI read_for_ever(LPVOID parameter)
{
    struct doomed *doomed = parameter;
    char byte;
    DWORD got;
    SetEvent(doomed->ready);
    ReadFile(doomed->pipe, &byte, 1, &got, NULL);
    doomed->called = 1;
    return 0;
}

/* THRD-008: what it waits for goes to others. */
static void a_thread_terminated_in_a_wait_takes_nothing(void **state)
{
    struct doomed doomed = {.ready = test_new_event(FALSE, FALSE)};
    HANDLE event = test_new_event(FALSE, FALSE), thread, end;
    DWORD id, got;
    char byte = 0;
    (void)state;
    thread = test_start_waiting(event, &id);
    wait_until_asleep(id);
    assert_win32(TerminateThread(thread, 5));
    assert_int_equal(test_finish(thread), 5);
    assert_win32(SetEvent(event));
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    CloseHandle(event);
    assert_win32(CreatePipe(&doomed.pipe, &end, NULL, 0));
    thread = CreateThread(NULL, 0, read_for_ever, &doomed, 0, &id);
    assert_int_equal(WaitForSingleObject(doomed.ready, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    wait_until_asleep(id);
    assert_win32(TerminateThread(thread, 6));
    assert_int_equal(test_finish(thread), 6);
    assert_win32(WriteFile(end, "x", 1, &got, NULL));
    assert_win32(ReadFile(doomed.pipe, &byte, 1, &got, NULL));
    assert_int_equal(byte, 'x');
    assert_int_equal(doomed.called, 0);
    CloseHandle(doomed.pipe);
    CloseHandle(end);
    CloseHandle(doomed.ready);
}

static DWORD WINAPI terminate_self(LPVOID after)
{
    TerminateThread(GetCurrentThread(), 7);
    atomic_store((_Atomic int *)after, 1);
    return 0;
}

/* THRD-009 THRD-010 */
static void a_thread_is_terminated_before_it_starts_and_by_itself(void **state)
{
    _Atomic int ran = 0;
    HANDLE thread = CreateThread(NULL, 0, set_it, (LPVOID)&ran, CREATE_SUSPENDED, NULL);
    (void)state;
    assert_win32(TerminateThread(thread, 3));
    assert_int_equal(test_finish(thread), 3);
    assert_int_equal(ran, 0);
    thread = CreateThread(NULL, 0, terminate_self, (LPVOID)&ran, 0, NULL);
    assert_int_equal(test_finish(thread), 7);
    assert_int_equal(ran, 0);
    assert_fails(ERROR_INVALID_HANDLE, TerminateThread(NULL, 0));
}

enum { TRAFFIC_THREADS = 2, TRAFFIC_ROUNDS = 1500 };

/* Threads that post and take, signal and wait, open and close, on objects the test uses too. */
struct traffic {
    HANDLE port, event, semaphore;
    _Atomic int stop, posted, taken;
};

static void take(struct traffic *traffic, DWORD timeout_ms)
{
    DWORD bytes;
    ULONG_PTR key;
    LPOVERLAPPED overlapped;
    if (GetQueuedCompletionStatus(traffic->port, &bytes, &key, &overlapped, timeout_ms))
        traffic->taken++;
}

static void go_round(struct traffic *traffic)
{
    HANDLE copy;
    LONG before;
    traffic->posted++;
    PostQueuedCompletionStatus(traffic->port, 0, 1, NULL);
    take(traffic, 1);
    SetEvent(traffic->event);
    ReleaseSemaphore(traffic->semaphore, 1, &before);
    WaitForSingleObject(traffic->event, 0);
    WaitForSingleObject(traffic->semaphore, 0);
    DuplicateHandle(GetCurrentProcess(), traffic->event, GetCurrentProcess(), &copy, 0, FALSE,
                    DUPLICATE_SAME_ACCESS);
    CloseHandle(copy);
}

static DWORD WINAPI make_traffic(LPVOID parameter)
{
    struct traffic *traffic = parameter;
    while (!traffic->stop)
        go_round(traffic);
    return 0;
}

/* THRD-011 */
static void a_stopped_thread_holds_nothing_others_need(void **state)
{
    struct traffic traffic = {.event = test_new_event(FALSE, FALSE)};
    SOCKET socket = WSASocketW(AF_INET, SOCK_DGRAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
    HANDLE threads[TRAFFIC_THREADS];
    (void)state;
    traffic.port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    traffic.semaphore = CreateSemaphoreW(NULL, 0, 0x7fffffff, NULL);
    for (int i = 0; i < TRAFFIC_THREADS; i++)
        threads[i] = CreateThread(NULL, 0, make_traffic, &traffic, 0, NULL);
    for (int round = 0; round < TRAFFIC_ROUNDS; round++) {
        if (round == TRAFFIC_ROUNDS / 2) /* from here on the port has a descriptor to watch */
            assert_non_null(CreateIoCompletionPort((HANDLE)socket, traffic.port, 2, 0));
        for (int i = 0; i < TRAFFIC_THREADS; i++)
            assert_int_equal(SuspendThread(threads[i]), 0);
        go_round(&traffic);
        for (int i = 0; i < TRAFFIC_THREADS; i++)
            assert_int_equal(ResumeThread(threads[i]), 1);
    }
    traffic.stop = 1;
    for (int i = 0; i < TRAFFIC_THREADS; i++)
        test_finish(threads[i]);
    while (traffic.taken < traffic.posted) {
        int before = traffic.taken;
        take(&traffic, 0);
        assert_int_equal(traffic.taken, before + 1);
    }
    closesocket(socket);
    CloseHandle(traffic.port);
    CloseHandle(traffic.semaphore);
    CloseHandle(traffic.event);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_made_suspended_runs_when_resumed_as_often),
        cmocka_unit_test(a_suspended_thread_does_not_run),
        cmocka_unit_test(a_suspended_waiter_is_given_nothing),
        cmocka_unit_test(a_suspended_wait_still_ends_by_time_and_by_all),
        cmocka_unit_test(a_thread_may_suspend_itself),
        cmocka_unit_test(a_thread_is_suspended_127_times_at_most),
        cmocka_unit_test(a_thread_that_ended_is_not_suspended),
        cmocka_unit_test(a_stopped_thread_holds_nothing_others_need),
        cmocka_unit_test(a_terminated_thread_runs_nothing_more),
        cmocka_unit_test(a_terminated_thread_is_not_resumed),
        cmocka_unit_test(a_thread_terminated_in_a_wait_takes_nothing),
        cmocka_unit_test(a_thread_is_terminated_before_it_starts_and_by_itself),
    };
    return cmocka_run_group_tests(tests, test_winsock_up, test_winsock_down);
}

/* Threads and their storage (threads.md §1, §2), and what §4 and §5 ask beyond handles.md: handles
 * without the right, special APCs, completion routines. */
#include "threads.h"

#include <pthread.h>
#include <stdatomic.h>
#include <xmmintrin.h>

/* ---- creating and ending ---- */

/* THRD-001 THRD-003 */
static void a_thread_runs_until_it_returns(void **state)
{
    HANDLE event = test_new_event(TRUE, FALSE), thread = NULL;
    DWORD id = 0, code;
    (void)state;
    assert_keeps_last_error(thread = CreateThread(NULL, 1000, test_wait_for_it, event,
                                                  STACK_SIZE_PARAM_IS_A_RESERVATION, &id));
    assert_non_null(thread);
    assert_int_not_equal(id, 0);
    assert_int_equal(GetThreadId(thread), id);
    assert_int_equal(WaitForSingleObject(thread, 0), WAIT_TIMEOUT);
    assert_win32(GetExitCodeThread(thread, &code));
    assert_int_equal(code, STILL_ACTIVE);
    assert_win32(SetEvent(event));
    assert_int_equal(test_finish(thread), WAIT_OBJECT_0);
    thread = CreateThread(NULL, 0, test_wait_for_it, event, CREATE_SUSPENDED, NULL);
    assert_win32(GetExitCodeThread(thread, &code));
    assert_int_equal(code, STILL_ACTIVE);
    assert_int_equal(ResumeThread(thread), 1);
    assert_int_equal(test_finish(thread), WAIT_OBJECT_0);
    assert_win32(CloseHandle(event));
}

static DWORD WINAPI exit_with(LPVOID code)
{
    ExitThread((DWORD)(ULONG_PTR)code);
}

/* THRD-004 */
static void the_exit_code_is_what_was_returned_or_exited_with(void **state)
{
    static const ULONG_PTR codes[] = {0, 0x1234, STILL_ACTIVE, 0xFFFFFFFF};
    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        LPVOID code = (LPVOID)codes[i];
        assert_int_equal(test_finish(CreateThread(NULL, 0, test_return_it, code, 0, NULL)),
                         codes[i]);
        assert_int_equal(test_finish(CreateThread(NULL, 0, exit_with, code, 0, NULL)), codes[i]);
    }
}

static DWORD WINAPI signal_back(LPVOID events)
{
    WaitForSingleObject(((HANDLE *)events)[0], INFINITE);
    SetEvent(((HANDLE *)events)[1]);
    return 0;
}

/* THRD-005 */
static void a_thread_without_handles_goes_on(void **state)
{
    HANDLE events[2] = {test_new_event(TRUE, FALSE), test_new_event(TRUE, FALSE)};
    (void)state;
    assert_win32(CloseHandle(CreateThread(NULL, 0, signal_back, events, 0, NULL)));
    assert_win32(SetEvent(events[0]));
    assert_int_equal(WaitForSingleObject(events[1], TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(CloseHandle(events[0]));
    assert_win32(CloseHandle(events[1]));
}

/* THRD-014 THRD-073 */
static void a_handle_without_the_right_is_refused(void **state)
{
    HANDLE event = test_new_event(TRUE, FALSE), limited, full;
    DWORD id;
    HANDLE thread = test_start_waiting(event, &id);
    (void)state;
    limited = OpenThread(SYNCHRONIZE, FALSE, id);
    assert_non_null(limited);
    assert_int_equal(WaitForSingleObject(limited, 0), WAIT_TIMEOUT);
    SetLastError(LAST_ERROR_SENTINEL);
    assert_int_equal(ResumeThread(limited), (DWORD)-1);
    assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
    SetLastError(LAST_ERROR_SENTINEL);
    assert_int_equal(SuspendThread(limited), (DWORD)-1);
    assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
    assert_fails(ERROR_ACCESS_DENIED, CancelSynchronousIo(limited)); /* asks for THREAD_TERMINATE */
    assert_fails(ERROR_ACCESS_DENIED, SetThreadPriority(limited, 0));
    assert_fails(ERROR_ACCESS_DENIED, QueueUserAPC((PAPCFUNC)(void *)test_return_it, limited, 0));
    assert_fails(ERROR_ACCESS_DENIED, GetThreadId(limited));
    full = OpenThread(THREAD_SET_INFORMATION | THREAD_QUERY_INFORMATION, FALSE, id);
    assert_win32(SetThreadPriority(full, 0));
    assert_int_equal(GetThreadId(full), id);
    assert_int_equal(GetProcessIdOfThread(full), GetCurrentProcessId());
    assert_win32(CloseHandle(full));
    assert_win32(CloseHandle(limited));
    assert_win32(SetEvent(event));
    test_finish(thread);
    assert_win32(CloseHandle(event));
}

/* THRD-015 */
static void a_thread_that_is_not_there_cannot_be_opened(void **state)
{
    DWORD id;
    HANDLE thread = CreateThread(NULL, 0, test_return_it, NULL, 0, &id);
    (void)state;
    test_finish(thread);
    assert_fails(ERROR_INVALID_PARAMETER, OpenThread(THREAD_ALL_ACCESS, FALSE, id));
    assert_fails(ERROR_INVALID_PARAMETER, OpenThread(THREAD_ALL_ACCESS, FALSE, 0));
    assert_fails(ERROR_INVALID_PARAMETER, OpenThread(THREAD_ALL_ACCESS, FALSE, 0x7fffffff));
}

static DWORD WINAPI id_of(LPVOID handle)
{
    return GetThreadId(handle);
}

/* THRD-016 */
static void the_pseudo_handle_means_whoever_uses_it(void **state)
{
    DWORD id;
    HANDLE real, thread = CreateThread(NULL, 0, id_of, GetCurrentThread(), 0, &id);
    (void)state;
    assert_int_equal(test_finish(thread), id);
    assert_win32(DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(),
                                 &real, 0, FALSE, DUPLICATE_SAME_ACCESS));
    thread = CreateThread(NULL, 0, id_of, real, 0, NULL);
    assert_int_equal(test_finish(thread), GetCurrentThreadId());
    assert_win32(CloseHandle(real));
}

/* THRD-022 */
static void a_threads_error_mode_has_three_bits(void **state)
{
    DWORD before = 1;
    (void)state;
    assert_fails(ERROR_INVALID_PARAMETER, SetThreadErrorMode(0xffff, NULL));
    assert_fails(ERROR_INVALID_PARAMETER, SetThreadErrorMode(0x0008, &before));
    assert_int_equal(before, 1);
    assert_win32(SetThreadErrorMode(SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX, &before));
    assert_int_equal(before, 0);
    assert_int_equal(GetThreadErrorMode(), SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX);
    assert_win32(SetThreadErrorMode(0, NULL));
}

static DWORD WINAPI state_at_start(LPVOID words)
{
    unsigned short x87;
    __asm__ volatile("fnstcw %0" : "=m"(x87));
    ((DWORD *)words)[0] = GetLastError();
    ((DWORD *)words)[1] = _mm_getcsr();
    return x87;
}

/* THRD-023 */
static void a_thread_starts_with_the_default_float_state(void **state)
{
    DWORD words[2] = {1, 1}, sse = _mm_getcsr(), x87;
    (void)state;
    SetLastError(LAST_ERROR_SENTINEL);
    _mm_setcsr(sse | 0x8040 | 0x6000); /* flush to zero, denormals are zero, truncate */
    x87 = test_finish(CreateThread(NULL, 0, state_at_start, words, 0, NULL));
    _mm_setcsr(sse);
    assert_int_equal(words[0], 0);
    assert_int_equal(words[1], 0x1F80);
    assert_int_equal(x87 & 0xC3F, 0x03F); /* all masked, round to nearest */
}

/* ---- thread-local storage ---- */

static DWORD WINAPI read_slot(LPVOID index)
{
    SetLastError(LAST_ERROR_SENTINEL);
    return TlsGetValue((DWORD)(ULONG_PTR)index) != NULL || GetLastError() != 0;
}

/* THRD-024 THRD-025 THRD-026 */
static void a_slot_is_each_threads_own_and_starts_empty(void **state)
{
    DWORD index = TlsAlloc(), again;
    (void)state;
    assert_int_not_equal(index, TLS_OUT_OF_INDEXES);
    assert_win32(TlsSetValue(index, &index));
    assert_ptr_equal(TlsGetValue(index), &index);
    assert_int_equal(
        test_finish(CreateThread(NULL, 0, read_slot, (LPVOID)(ULONG_PTR)index, 0, NULL)), 0);
    assert_ptr_equal(TlsGetValue(index), &index);
    assert_keeps_last_error(assert_true(TlsFree(index)));
    assert_fails(ERROR_INVALID_PARAMETER, TlsFree(index));
    again = TlsAlloc();
    assert_int_equal(again, index);
    assert_null(TlsGetValue(again));
    assert_win32(TlsFree(again));
    assert_fails(ERROR_INVALID_PARAMETER, TlsFree(1087));
    assert_fails(ERROR_INVALID_PARAMETER, TlsFree(TLS_OUT_OF_INDEXES));
}

/* THRD-027 */
static void there_are_1088_slots(void **state)
{
    static DWORD slots[1088];
    (void)state;
    for (int i = 0; i < 1088; i++) {
        slots[i] = TlsAlloc();
        assert_true(slots[i] < 1088);
        assert_win32(TlsSetValue(slots[i], &slots[i]));
    }
    assert_int_equal(TlsAlloc(), TLS_OUT_OF_INDEXES);
    for (int i = 0; i < 1088; i++) {
        assert_ptr_equal(TlsGetValue(slots[i]), &slots[i]);
        assert_win32(TlsFree(slots[i]));
    }
    assert_fails(ERROR_INVALID_PARAMETER, TlsSetValue(1088, NULL));
    assert_fails(ERROR_INVALID_PARAMETER, TlsGetValue(1088));
    assert_fails(ERROR_INVALID_PARAMETER, TlsGetValue(TLS_OUT_OF_INDEXES));
}

static pthread_key_t late_key;
static _Atomic int late_calls;

/* Runs among the host's own destructors, perhaps after the thread's block has gone. */
static void call_late(void *event)
{
    DWORD slot = TlsAlloc();
    SetLastError(5);
    if (GetLastError() == 5 && TlsSetValue(slot, event) && TlsGetValue(slot) == event &&
        SetEvent(event) && SleepEx(0, TRUE) == 0)
        late_calls++;
    TlsFree(slot);
}

static DWORD WINAPI set_late(LPVOID event)
{
    TlsAlloc();
    SetLastError(1);
    return (DWORD)pthread_setspecific(late_key, event);
}

/* THRD-031 */
static void the_hosts_destructors_may_still_call(void **state)
{
    HANDLE event = test_new_event(TRUE, FALSE);
    (void)state;
    assert_int_equal(pthread_key_create(&late_key, call_late), 0);
    for (int i = 1; i <= 50; i++) {
        assert_int_equal(test_finish(CreateThread(NULL, 0, set_late, event, 0, NULL)), 0);
        wait_until(late_calls == i);
    }
    pthread_key_delete(late_key);
    assert_win32(CloseHandle(event));
}

/* ---- waits ---- */

/* THRD-053 */
static void a_wait_on_a_bad_handle_fails_and_two_bits_do_not_count(void **state)
{
    HANDLE event = test_new_event(TRUE, TRUE);
    (void)state;
    for (ULONG_PTR bits = 0; bits < 4; bits++)
        assert_int_equal(WaitForSingleObject((HANDLE)((ULONG_PTR)event | bits), 0), WAIT_OBJECT_0);
    assert_win32(CloseHandle(event));
    SetLastError(LAST_ERROR_SENTINEL);
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_FAILED);
    assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
    SetLastError(LAST_ERROR_SENTINEL);
    assert_int_equal(WaitForSingleObject((HANDLE)(ULONG_PTR)0x7ffffff0, 0), WAIT_FAILED);
    assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
}

struct dequeuing {
    HANDLE port;
    _Atomic ULONG_PTR key;
    _Atomic DWORD error;
};

static DWORD WINAPI dequeue_until_it_fails(LPVOID argument)
{
    struct dequeuing *dequeuing = argument;
    LPOVERLAPPED overlapped;
    ULONG_PTR key;
    DWORD bytes;
    while (GetQueuedCompletionStatus(dequeuing->port, &bytes, &key, &overlapped, INFINITE)) {
        dequeuing->key = key;
        if (key == 3)
            return 3;
    }
    dequeuing->error = GetLastError();
    return 0;
}

/* THRD-062 */
static void the_last_waiter_is_first_and_closing_releases_the_rest(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 2), threads[2];
    struct dequeuing each[2] = {{.port = port}, {.port = port}};
    DWORD ids[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        threads[i] = CreateThread(NULL, 0, dequeue_until_it_fails, &each[i], 0, &ids[i]);
        wait_until_asleep(ids[i]);
    }
    assert_win32(PostQueuedCompletionStatus(port, 0, 1, NULL));
    wait_until(each[1].key == 1);
    wait_until_asleep(ids[1]);
    assert_win32(PostQueuedCompletionStatus(port, 0, 2, NULL));
    wait_until(each[1].key == 2);
    assert_int_equal(each[0].key, 0);
    wait_until_asleep(ids[1]);
    assert_win32(PostQueuedCompletionStatus(port, 0, 3, NULL));
    assert_int_equal(test_finish(threads[1]), 3);
    assert_win32(CloseHandle(port));
    assert_int_equal(test_finish(threads[0]), 0);
    assert_int_equal(each[0].error, ERROR_ABANDONED_WAIT_0);
}

/* ---- APCs ---- */

static int apcs;

static VOID CALLBACK count_apc(ULONG_PTR value)
{
    apcs += (int)value;
}

/* THRD-075 THRD-076 */
static void a_special_apc_runs_at_once_or_is_refused(void **state)
{
    HANDLE event = test_new_event(TRUE, FALSE), thread;
    DWORD id;
    (void)state;
    apcs = 0;
    assert_win32(
        QueueUserAPC2(count_apc, GetCurrentThread(), 1, QUEUE_USER_APC_FLAGS_SPECIAL_USER_APC));
    assert_int_equal(apcs, 1);
    assert_win32(QueueUserAPC2(count_apc, GetCurrentThread(), 1, QUEUE_USER_APC_FLAGS_NONE));
    assert_int_equal(apcs, 1);
    assert_int_equal(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(apcs, 2);
    thread = test_start_waiting(event, &id);
    assert_fails(ERROR_NOT_SUPPORTED,
                 QueueUserAPC2(count_apc, thread, 1, QUEUE_USER_APC_FLAGS_SPECIAL_USER_APC));
    assert_fails(ERROR_INVALID_PARAMETER,
                 QueueUserAPC2(count_apc, thread, 1, (QUEUE_USER_APC_FLAGS)2));
    assert_fails(ERROR_INVALID_PARAMETER,
                 QueueUserAPC2(NULL, GetCurrentThread(), 1, QUEUE_USER_APC_FLAGS_SPECIAL_USER_APC));
    assert_win32(SetEvent(event));
    test_finish(thread);
    assert_int_equal(apcs, 2);
    assert_win32(CloseHandle(event));
}

/* THRD-080 */
static void an_alertable_dequeue_runs_apcs_and_returns_nothing(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED_ENTRY entry;
    ULONG removed = 7;
    (void)state;
    apcs = 0;
    assert_win32(QueueUserAPC(count_apc, GetCurrentThread(), 1));
    assert_fails(WAIT_IO_COMPLETION,
                 GetQueuedCompletionStatusEx(port, &entry, 1, &removed, INFINITE, TRUE));
    assert_int_equal(removed, 0);
    assert_int_equal(apcs, 1);
    assert_win32(CloseHandle(port));
}

/* ---- completion routines ---- */

static struct {
    DWORD error, bytes, thread;
    LPOVERLAPPED overlapped;
} routines[8];
static int routines_ran;

static VOID CALLBACK note_routine(DWORD error, DWORD bytes, LPOVERLAPPED overlapped)
{
    routines[routines_ran].error = error;
    routines[routines_ran].bytes = bytes;
    routines[routines_ran].thread = GetCurrentThreadId();
    routines[routines_ran++].overlapped = overlapped;
}

static HANDLE open_file(const char *path, DWORD flags)
{
    HANDLE file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE,
                              FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS, flags, NULL);
    assert_ptr_not_equal(file, INVALID_HANDLE_VALUE);
    return file;
}

static void sleep_until_routines_ran(int count)
{
    unsigned long long give_up = test__now_ms() + TEST_DEADLINE_MS;
    while (routines_ran < count && test__now_ms() < give_up)
        SleepEx(10, TRUE);
    assert_int_equal(routines_ran, count);
}

/* THRD-082 THRD-086 */
static void completion_routines_run_in_the_issuers_alertable_wait(void **state)
{
    HANDLE file = open_file(test_temp_path(), FILE_FLAG_OVERLAPPED);
    OVERLAPPED write = {.hEvent = (HANDLE)0x1234}, reads[2] = {{0}, {.Offset = 2}};
    char buffers[2][2];
    (void)state;
    routines_ran = 0;
    assert_win32(WriteFileEx(file, "abcd", 4, &write, note_routine));
    assert_int_equal(routines_ran, 0);
    sleep_until_routines_ran(1);
    assert_int_equal(routines[0].error, 0);
    assert_int_equal(routines[0].bytes, 4);
    assert_int_equal(routines[0].thread, GetCurrentThreadId());
    assert_ptr_equal(routines[0].overlapped, &write);
    assert_ptr_equal(write.hEvent, (HANDLE)0x1234);
    for (int i = 0; i < 2; i++)
        assert_win32(ReadFileEx(file, buffers[i], 2, &reads[i], note_routine));
    sleep_until_routines_ran(3);
    assert_true(routines[1].overlapped != routines[2].overlapped);
    assert_memory_equal(buffers[0], "ab", 2);
    assert_memory_equal(buffers[1], "cd", 2);
    assert_int_equal(SleepEx(0, TRUE), 0);
    assert_win32(CloseHandle(file));
}

/* THRD-083 */
static void completion_routines_need_a_fitting_file(void **state)
{
    HANDLE plain = open_file(test_temp_path(), 0);
    HANDLE file = open_file(test_temp_path(), FILE_FLAG_OVERLAPPED);
    HANDLE port = CreateIoCompletionPort(file, NULL, 0, 0);
    OVERLAPPED overlapped = {0};
    char byte;
    (void)state;
    routines_ran = 0;
    assert_fails(ERROR_INVALID_HANDLE, ReadFileEx(NULL, &byte, 1, &overlapped, note_routine));
    assert_fails(ERROR_INVALID_PARAMETER, ReadFileEx(file, &byte, 1, &overlapped, note_routine));
    assert_fails(ERROR_INVALID_PARAMETER, ReadFileEx(plain, &byte, 1, &overlapped, note_routine));
    assert_fails(ERROR_INVALID_PARAMETER, WriteFileEx(plain, &byte, 1, &overlapped, note_routine));
    SleepEx(0, TRUE);
    assert_int_equal(routines_ran, 0);
    assert_win32(CloseHandle(file));
    assert_win32(CloseHandle(plain));
    assert_win32(CloseHandle(port));
}

/* THRD-084 THRD-085 */
static void a_routine_at_the_end_of_file_gets_38(void **state)
{
    HANDLE file = open_file(test_temp_path(), FILE_FLAG_OVERLAPPED);
    OVERLAPPED overlapped = {.Offset = 100};
    char byte;
    (void)state;
    routines_ran = 0;
    SetLastError(LAST_ERROR_SENTINEL);
    if (ReadFileEx(file, &byte, 1, &overlapped, note_routine)) {
        sleep_until_routines_ran(1);
        assert_int_equal(routines[0].error, ERROR_HANDLE_EOF);
        assert_int_equal(routines[0].bytes, 0);
    } else {
        assert_int_equal(GetLastError(), ERROR_HANDLE_EOF);
        assert_int_equal(SleepEx(0, TRUE), 0);
    }
    assert_win32(CloseHandle(file));
}

/* A socket pair's end that has nothing to read yet: a read of it pends. */
struct reading {
    HANDLE file;
    OVERLAPPED overlapped;
    char byte;
};

static DWORD WINAPI read_and_leave(LPVOID argument)
{
    struct reading *reading = argument;
    return (DWORD)ReadFileEx(reading->file, &reading->byte, 1, &reading->overlapped, note_routine);
}

/* THRD-087 */
static void a_routine_of_a_thread_that_ended_never_runs(void **state)
{
    struct reading reading = {0};
    SOCKET client, server;
    (void)state;
    routines_ran = 0;
    test_tcp_pair(&client, &server);
    reading.file = (HANDLE)server;
    assert_int_equal(test_finish(CreateThread(NULL, 0, read_and_leave, &reading, 0, NULL)), TRUE);
    wait_until(HasOverlappedIoCompleted(&reading.overlapped));
    assert_int_equal((DWORD)reading.overlapped.Internal, 0xC0000120);
    assert_int_equal(SleepEx(0, TRUE), 0);
    assert_int_equal(routines_ran, 0);
    closesocket(client);
    closesocket(server);
}

/* THRD-088 */
static void a_cancelled_operation_runs_its_routine(void **state)
{
    struct reading reading = {0};
    SOCKET client, server;
    (void)state;
    routines_ran = 0;
    test_tcp_pair(&client, &server);
    reading.file = (HANDLE)server;
    assert_true(read_and_leave(&reading));
    assert_win32(CancelIoEx(reading.file, &reading.overlapped));
    assert_int_equal(routines_ran, 0);
    sleep_until_routines_ran(1);
    assert_int_equal(routines[0].error, ERROR_OPERATION_ABORTED);
    assert_int_equal(routines[0].bytes, 0);
    closesocket(client);
    closesocket(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_runs_until_it_returns),
        cmocka_unit_test(the_exit_code_is_what_was_returned_or_exited_with),
        cmocka_unit_test(a_thread_without_handles_goes_on),
        cmocka_unit_test(a_handle_without_the_right_is_refused),
        cmocka_unit_test(a_thread_that_is_not_there_cannot_be_opened),
        cmocka_unit_test(the_pseudo_handle_means_whoever_uses_it),
        cmocka_unit_test(a_threads_error_mode_has_three_bits),
        cmocka_unit_test(a_thread_starts_with_the_default_float_state),
        cmocka_unit_test(a_slot_is_each_threads_own_and_starts_empty),
        cmocka_unit_test(there_are_1088_slots),
        cmocka_unit_test(the_hosts_destructors_may_still_call),
        cmocka_unit_test(a_wait_on_a_bad_handle_fails_and_two_bits_do_not_count),
        cmocka_unit_test(the_last_waiter_is_first_and_closing_releases_the_rest),
        cmocka_unit_test(a_special_apc_runs_at_once_or_is_refused),
        cmocka_unit_test(an_alertable_dequeue_runs_apcs_and_returns_nothing),
        cmocka_unit_test(completion_routines_run_in_the_issuers_alertable_wait),
        cmocka_unit_test(completion_routines_need_a_fitting_file),
        cmocka_unit_test(a_routine_at_the_end_of_file_gets_38),
        cmocka_unit_test(a_routine_of_a_thread_that_ended_never_runs),
        cmocka_unit_test(a_cancelled_operation_runs_its_routine),
    };
    return cmocka_run_group_tests(tests, test_winsock_up, test_winsock_down);
}

/* Completion ports without files: ports.md sections 1 to 5, 10 and 13. Who is released, and when,
 * is in port_threads.c. */
#include "portico_test.h"

#include <ntstatus.h>
#include <winternl.h>

struct taken {
    BOOL result;
    DWORD bytes;
    ULONG_PTR key;
    LPOVERLAPPED overlapped;
    DWORD error;
};

static HANDLE new_port(DWORD concurrency)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, concurrency);
    assert_non_null(port);
    assert_ptr_not_equal(port, INVALID_HANDLE_VALUE);
    return port;
}

static void post(HANDLE port, ULONG_PTR key)
{
    assert_win32(PostQueuedCompletionStatus(port, 0, key, NULL));
}

/* One GQCS, with sentinels in everything it may store to. */
static struct taken take(HANDLE port, DWORD timeout_ms)
{
    struct taken t = {.bytes = 0xdeadbeef, .key = 0xdeadbeef, .overlapped = (LPOVERLAPPED)0xdead};
    SetLastError(LAST_ERROR_SENTINEL);
    t.result = GetQueuedCompletionStatus(port, &t.bytes, &t.key, &t.overlapped, timeout_ms);
    t.error = GetLastError();
    return t;
}

static LONG depth(HANDLE port)
{
    IO_COMPLETION_BASIC_INFORMATION info = {-1};
    assert_int_equal(
        NtQueryIoCompletion(port, IoCompletionBasicInformation, &info, sizeof info, NULL),
        STATUS_SUCCESS);
    return info.Depth;
}

static void assert_nothing_taken(struct taken t, DWORD error)
{
    assert_false(t.result);
    assert_null(t.overlapped);
    assert_int_equal(t.error, error);
    assert_int_equal(t.bytes, 0xdeadbeef);
    assert_int_equal(t.key, 0xdeadbeef);
}

/* ---- creating ---- */

/* PORT-001 */
static void each_call_makes_a_new_empty_port(void **state)
{
    HANDLE first = new_port(0), second = new_port(0);
    (void)state;
    assert_ptr_not_equal(first, second);
    assert_int_equal(depth(first), 0);
    assert_win32(PostQueuedCompletionStatus(first, 1, 2, NULL));
    assert_nothing_taken(take(second, 0), WAIT_TIMEOUT);
    assert_int_equal(take(first, 0).key, 2);
    assert_win32(CloseHandle(first));
    assert_win32(CloseHandle(second));
}

/* PORT-002 */
static void no_file_for_an_existing_port_is_an_error(void **state)
{
    HANDLE port = new_port(0);
    (void)state;
    assert_fails(ERROR_INVALID_PARAMETER, CreateIoCompletionPort(INVALID_HANDLE_VALUE, port, 1, 0));
    post(port, 3);
    assert_int_equal(take(port, 0).key, 3);
    assert_win32(CloseHandle(port));
}

/* PORT-005 */
static void any_concurrency_is_accepted(void **state)
{
    HANDLE port = new_port(0xFFFFFFFF);
    (void)state;
    post(port, 1);
    assert_int_equal(take(port, 0).key, 1);
    assert_win32(CloseHandle(port));
}

/* PORT-007 */
static void what_is_not_a_file_cannot_be_bound(void **state)
{
    HANDLE port = new_port(0), before, after;
    HANDLE bad[] = {NULL,
                    (HANDLE)(ULONG_PTR)0x7ffffff0,
                    CreateEventW(NULL, FALSE, FALSE, NULL),
                    CreateMutexW(NULL, FALSE, NULL),
                    GetCurrentThread(),
                    port};
    (void)state;
    before = CreateEventW(NULL, FALSE, FALSE, NULL);
    assert_win32(CloseHandle(before));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_fails(ERROR_INVALID_HANDLE, CreateIoCompletionPort(bad[i], port, 1, 0));
        assert_fails(ERROR_INVALID_HANDLE, CreateIoCompletionPort(bad[i], NULL, 1, 0));
    }
    after = CreateEventW(NULL, FALSE, FALSE, NULL);
    assert_ptr_equal(after, before); /* no handle was left behind */
    assert_win32(CloseHandle(after));
    assert_win32(CloseHandle(bad[2]));
    assert_win32(CloseHandle(bad[3]));
    assert_win32(CloseHandle(port));
}

/* ---- lifetime ---- */

static DWORD WINAPI blocked_in_gqcs(LPVOID port)
{
    struct taken t = take(port, TEST_DEADLINE_MS);
    return t.result || t.overlapped ? 0 : t.error;
}

static DWORD WINAPI blocked_in_gqcs_ex(LPVOID port)
{
    OVERLAPPED_ENTRY entries[4];
    ULONG removed = 7;
    BOOL result = GetQueuedCompletionStatusEx(port, entries, 4, &removed, TEST_DEADLINE_MS, FALSE);
    return result || removed > 1 ? 0 : GetLastError();
}

static DWORD WINAPI blocked_in_native(LPVOID port)
{
    PVOID key, value;
    IO_STATUS_BLOCK iosb;
    return (DWORD)NtRemoveIoCompletion(port, &key, &value, &iosb, NULL);
}

static DWORD WINAPI blocked_in_native_ex(LPVOID port)
{
    FILE_IO_COMPLETION_INFORMATION entries[4];
    ULONG removed = 7;
    NTSTATUS status = NtRemoveIoCompletionEx(port, entries, 4, &removed, NULL, FALSE);
    return removed > 1 ? 0xdead : (DWORD)status;
}

static DWORD WINAPI blocked_on_object(LPVOID port)
{
    return WaitForSingleObject(port, TEST_DEADLINE_MS);
}

static DWORD finish(HANDLE thread)
{
    DWORD code;
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(GetExitCodeThread(thread, &code));
    assert_win32(CloseHandle(thread));
    return code;
}

/* PORT-023 PORT-025 PORT-053 PORT-144 */
static void closing_the_port_releases_all_waiters(void **state)
{
    const struct {
        LPTHREAD_START_ROUTINE routine;
        DWORD outcome;
    } kinds[] = {{blocked_in_gqcs, ERROR_ABANDONED_WAIT_0},
                 {blocked_in_gqcs_ex, ERROR_ABANDONED_WAIT_0},
                 {blocked_in_native, (DWORD)STATUS_ABANDONED_WAIT_0},
                 {blocked_in_native_ex, (DWORD)STATUS_ABANDONED_WAIT_0},
                 {blocked_on_object, WAIT_OBJECT_0}};
    HANDLE port = new_port(0), threads[10];
    DWORD ids[10];
    (void)state;
    for (int i = 0; i < 10; i++)
        threads[i] = CreateThread(NULL, 0, kinds[i % 5].routine, port, 0, &ids[i]);
    for (int i = 0; i < 10; i++)
        wait_until_asleep(ids[i]);
    assert_win32(CloseHandle(port));
    for (int i = 0; i < 10; i++)
        assert_int_equal(finish(threads[i]), kinds[i % 5].outcome);
    assert_int_equal(WaitForSingleObject(port, 0), WAIT_FAILED);
    assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
}

/* PORT-024 PORT-030 */
static void a_duplicate_keeps_the_port_open(void **state)
{
    HANDLE port = new_port(0), other, thread;
    DWORD id, flags;
    (void)state;
    assert_win32(DuplicateHandle(GetCurrentProcess(), port, GetCurrentProcess(), &other, 0, FALSE,
                                 DUPLICATE_SAME_ACCESS));
    assert_win32(CompareObjectHandles(port, other));
    assert_win32(GetHandleInformation(other, &flags));
    post(port, 4);
    assert_int_equal(take(other, 0).key, 4);
    thread = CreateThread(NULL, 0, blocked_in_gqcs, port, 0, &id);
    wait_until_asleep(id);
    assert_win32(CloseHandle(port));
    assert_int_equal(WaitForSingleObject(thread, 0), WAIT_TIMEOUT);
    assert_win32(CloseHandle(other));
    assert_int_equal(finish(thread), ERROR_ABANDONED_WAIT_0);
}

/* PORT-026 */
static void packets_go_with_their_port(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        HANDLE port = new_port(0);
        for (int j = 0; j < 100; j++)
            post(port, (ULONG_PTR)j);
        assert_win32(CloseHandle(port));
    }
}

/* PORT-027 */
static void a_closed_or_foreign_handle_is_refused(void **state)
{
    HANDLE port = new_port(0), event = CreateEventW(NULL, FALSE, TRUE, NULL);
    OVERLAPPED_ENTRY entry;
    ULONG removed;
    (void)state;
    assert_win32(CloseHandle(port));
    assert_nothing_taken(take(port, 0), ERROR_INVALID_HANDLE);
    assert_nothing_taken(take(event, 0), ERROR_INVALID_HANDLE);
    assert_nothing_taken(take(NULL, 0), ERROR_INVALID_HANDLE);
    assert_nothing_taken(take(INVALID_HANDLE_VALUE, 0), ERROR_INVALID_HANDLE);
    assert_fails(ERROR_INVALID_HANDLE, PostQueuedCompletionStatus(port, 0, 0, NULL));
    assert_fails(ERROR_INVALID_HANDLE, PostQueuedCompletionStatus(event, 0, 0, NULL));
    assert_fails(ERROR_INVALID_HANDLE,
                 GetQueuedCompletionStatusEx(event, &entry, 1, &removed, 0, FALSE));
    assert_win32(CloseHandle(event));
}

static DWORD WINAPI post_and_take_a_thousand(LPVOID port)
{
    for (int i = 0; i < 1000; i++)
        if (!PostQueuedCompletionStatus(port, 0, 1, NULL) || !take(port, TEST_DEADLINE_MS).result)
            return GetLastError();
    return 0;
}

/* PORT-029 PORT-056 */
static void one_handle_serves_any_number_of_threads(void **state)
{
    HANDLE port = new_port(0), threads[6];
    (void)state;
    for (int i = 0; i < 6; i++)
        threads[i] = CreateThread(NULL, 0, post_and_take_a_thousand, port, 0, NULL);
    for (int i = 0; i < 6; i++)
        assert_int_equal(finish(threads[i]), 0);
    assert_int_equal(depth(port), 0);
    assert_win32(CloseHandle(port));
}

/* ---- GetQueuedCompletionStatus ---- */

/* PORT-031 PORT-055 */
static void a_packet_comes_back_bit_exact(void **state)
{
    HANDLE port = new_port(0);
    const ULONG_PTR keys[] = {0, 1, 0x8000000000000000, 0xFFFFFFFFFFFFFFFF};
    (void)state;
    for (int i = 0; i < 4; i++) {
        LPOVERLAPPED value = (LPOVERLAPPED)(keys[3 - i] | 3);
        struct taken t;
        assert_win32(PostQueuedCompletionStatus(port, 0xFFFFFFFF, keys[i], value));
        t = take(port, 0);
        assert_true(t.result);
        assert_int_equal(t.error, LAST_ERROR_SENTINEL);
        assert_int_equal(t.bytes, 0xFFFFFFFF);
        assert_true(t.key == keys[i]);
        assert_ptr_equal(t.overlapped, value);
    }
    assert_win32(CloseHandle(port));
}

/* PORT-032 */
static void a_posted_null_is_a_packet(void **state)
{
    HANDLE port = new_port(0);
    struct taken t;
    (void)state;
    assert_win32(PostQueuedCompletionStatus(port, 5, 6, NULL));
    t = take(port, 0);
    assert_true(t.result);
    assert_null(t.overlapped);
    assert_int_equal(t.bytes, 5);
    assert_win32(CloseHandle(port));
}

/* PORT-033 PORT-142 */
static void a_failed_packet_gives_its_error_and_overlapped(void **state)
{
    HANDLE port = new_port(0);
    OVERLAPPED overlapped;
    struct taken t;
    (void)state;
    assert_int_equal(
        NtSetIoCompletion(port, (PVOID)7, &overlapped, STATUS_INVALID_DEVICE_REQUEST, 9),
        STATUS_SUCCESS);
    t = take(port, 0);
    assert_false(t.result);
    assert_int_equal(t.error, ERROR_INVALID_FUNCTION);
    assert_ptr_equal(t.overlapped, &overlapped);
    assert_int_equal(t.key, 7);
    assert_int_equal(t.bytes, 9);
    assert_win32(CloseHandle(port));
}

/* PORT-034 PORT-036 */
static void an_empty_port_times_out_and_stores_nothing_else(void **state)
{
    HANDLE port = new_port(0);
    unsigned long long begin = test__now_ms();
    (void)state;
    assert_nothing_taken(take(port, 0), WAIT_TIMEOUT);
    assert_nothing_taken(take(port, 30), WAIT_TIMEOUT);
    assert_true(test__now_ms() - begin >= 29);
    assert_win32(CloseHandle(port));
}

/* PORT-037 PORT-038 */
static void the_sign_of_the_status_decides(void **state)
{
    const struct {
        NTSTATUS status;
        BOOL result;
        DWORD error;
    } cases[] = {{STATUS_NOTIFY_ENUM_DIR, TRUE, LAST_ERROR_SENTINEL},
                 {STATUS_NOTIFY_CLEANUP, TRUE, LAST_ERROR_SENTINEL},
                 {STATUS_BUFFER_OVERFLOW, FALSE, ERROR_MORE_DATA},
                 {STATUS_CANCELLED, FALSE, ERROR_OPERATION_ABORTED},
                 {STATUS_CONNECTION_RESET, FALSE, ERROR_NETNAME_DELETED}};
    HANDLE port = new_port(0);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct taken t;
        NtSetIoCompletion(port, NULL, &port, cases[i].status, 11);
        t = take(port, 0);
        assert_int_equal(t.result, cases[i].result);
        assert_int_equal(t.error, cases[i].error);
        assert_ptr_equal(t.overlapped, &port);
        assert_int_equal(t.bytes, 11);
    }
    assert_win32(CloseHandle(port));
}

/* PORT-041 */
static void bytes_are_the_low_half_of_the_information(void **state)
{
    HANDLE port = new_port(0);
    PVOID key, value;
    IO_STATUS_BLOCK iosb;
    LARGE_INTEGER now = {.QuadPart = 0};
    (void)state;
    NtSetIoCompletion(port, NULL, NULL, 0, 0x1234567800000003);
    NtSetIoCompletion(port, NULL, NULL, 0, 0x1234567800000003);
    assert_int_equal(take(port, 0).bytes, 3);
    assert_int_equal(NtRemoveIoCompletion(port, &key, &value, &iosb, &now), STATUS_SUCCESS);
    assert_true(iosb.Information == 0x1234567800000003);
    assert_win32(CloseHandle(port));
}

/* PORT-042 PORT-055 */
static void a_posted_overlapped_is_never_looked_at(void **state)
{
    HANDLE port = new_port(0);
    OVERLAPPED overlapped, before;
    struct taken t;
    (void)state;
    memset(&overlapped, 0x5a, sizeof overlapped);
    overlapped.Internal = (DWORD)STATUS_CANCELLED;
    before = overlapped;
    assert_win32(PostQueuedCompletionStatus(port, 1, 2, &overlapped));
    assert_win32(PostQueuedCompletionStatus(port, 1, 2, (LPOVERLAPPED)1));
    t = take(port, 0);
    assert_true(t.result);
    assert_int_equal(t.error, LAST_ERROR_SENTINEL);
    assert_memory_equal(&overlapped, &before, sizeof before);
    t = take(port, 0);
    assert_true(t.result);
    assert_ptr_equal(t.overlapped, (LPOVERLAPPED)1);
    assert_win32(CloseHandle(port));
}

static DWORD WINAPI take_for_ever(LPVOID port)
{
    struct taken t = take(port, INFINITE);
    return t.result ? (DWORD)t.key : t.error;
}

static VOID CALLBACK count_apc(ULONG_PTR counter)
{
    ++*(int *)counter;
}

/* PORT-035 PORT-043 */
static void an_apc_does_not_end_a_plain_dequeue(void **state)
{
    HANDLE port = new_port(0), thread;
    DWORD id;
    int ran = 0;
    (void)state;
    thread = CreateThread(NULL, 0, take_for_ever, port, 0, &id);
    wait_until_asleep(id);
    assert_win32(QueueUserAPC(count_apc, thread, (ULONG_PTR)&ran));
    assert_int_equal(WaitForSingleObject(thread, 1), WAIT_TIMEOUT);
    post(port, 12);
    assert_int_equal(finish(thread), 12);
    assert_int_equal(ran, 0);
    assert_win32(CloseHandle(port));
}

/* ---- GetQueuedCompletionStatusEx ---- */

static BOOL take_ex(HANDLE port, OVERLAPPED_ENTRY *entries, ULONG count, ULONG *removed,
                    DWORD timeout_ms, BOOL alertable)
{
    SetLastError(LAST_ERROR_SENTINEL);
    return GetQueuedCompletionStatusEx(port, entries, count, removed, timeout_ms, alertable);
}

/* PORT-044 PORT-046 */
static void several_packets_come_in_order_without_waiting_for_more(void **state)
{
    HANDLE port = new_port(0);
    OVERLAPPED_ENTRY entries[64];
    ULONG removed;
    (void)state;
    for (ULONG_PTR i = 0; i < 5; i++)
        assert_win32(PostQueuedCompletionStatus(port, (DWORD)i, i, (LPOVERLAPPED)(i * 16)));
    assert_win32(take_ex(port, entries, 3, &removed, INFINITE, FALSE));
    assert_int_equal(GetLastError(), LAST_ERROR_SENTINEL);
    assert_int_equal(removed, 3);
    assert_win32(take_ex(port, entries + 3, 61, &removed, INFINITE, FALSE));
    assert_int_equal(removed, 2);
    for (ULONG_PTR i = 0; i < 5; i++) {
        assert_int_equal(entries[i].lpCompletionKey, i);
        assert_ptr_equal(entries[i].lpOverlapped, (LPOVERLAPPED)(i * 16));
        assert_int_equal(entries[i].dwNumberOfBytesTransferred, i);
        assert_int_equal(entries[i].Internal, 0);
    }
    assert_win32(CloseHandle(port));
}

/* PORT-045 */
static void failed_entries_do_not_fail_the_call(void **state)
{
    HANDLE port = new_port(0);
    OVERLAPPED_ENTRY entries[2];
    ULONG removed;
    (void)state;
    NtSetIoCompletion(port, (PVOID)1, &port, STATUS_CANCELLED, 0);
    NtSetIoCompletion(port, (PVOID)2, &port, STATUS_BUFFER_OVERFLOW, 6);
    assert_win32(take_ex(port, entries, 2, &removed, 0, FALSE));
    assert_int_equal(GetLastError(), LAST_ERROR_SENTINEL);
    assert_int_equal(removed, 2);
    assert_true(entries[0].Internal == (DWORD)STATUS_CANCELLED);
    assert_true(entries[1].Internal == (DWORD)STATUS_BUFFER_OVERFLOW);
    assert_int_equal(entries[1].dwNumberOfBytesTransferred, 6);
    assert_win32(CloseHandle(port));
}

/* PORT-047 PORT-048 */
static void nothing_to_take_leaves_the_array_alone(void **state)
{
    HANDLE port = new_port(0);
    OVERLAPPED_ENTRY entry = {.lpCompletionKey = 0x1234}, before = entry;
    ULONG removed = 9;
    (void)state;
    assert_false(take_ex(port, &entry, 1, &removed, 0, FALSE));
    assert_int_equal(GetLastError(), WAIT_TIMEOUT);
    assert_int_equal(removed, 0);
    assert_false(take_ex(port, &entry, 1, &removed, 1, FALSE));
    assert_int_equal(GetLastError(), WAIT_TIMEOUT);
    assert_memory_equal(&entry, &before, sizeof entry);
    post(port, 1);
    assert_false(take_ex(port, &entry, 0, &removed, 0, FALSE));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
    assert_int_equal(depth(port), 1);
    assert_win32(CloseHandle(port));
}

static DWORD WINAPI take_alertably(LPVOID port)
{
    OVERLAPPED_ENTRY entry;
    ULONG removed;
    return take_ex(port, &entry, 1, &removed, TEST_DEADLINE_MS, TRUE) ? 0 : GetLastError();
}

/* PORT-049 */
static void an_apc_ends_an_alertable_dequeue(void **state)
{
    HANDLE port = new_port(0), thread;
    OVERLAPPED_ENTRY entry;
    ULONG removed;
    DWORD id;
    int ran = 0;
    (void)state;
    assert_win32(QueueUserAPC(count_apc, GetCurrentThread(), (ULONG_PTR)&ran));
    assert_false(take_ex(port, &entry, 1, &removed, TEST_DEADLINE_MS, TRUE));
    assert_int_equal(GetLastError(), WAIT_IO_COMPLETION);
    assert_int_equal(ran, 1);
    thread = CreateThread(NULL, 0, take_alertably, port, 0, &id);
    wait_until_asleep(id);
    assert_win32(QueueUserAPC(count_apc, thread, (ULONG_PTR)&ran));
    assert_int_equal(finish(thread), WAIT_IO_COMPLETION);
    assert_int_equal(ran, 2);
    assert_win32(CloseHandle(port));
}

/* PORT-050 */
static void without_alertable_an_apc_stays_pending(void **state)
{
    HANDLE port = new_port(0);
    OVERLAPPED_ENTRY entry;
    ULONG removed;
    int ran = 0;
    (void)state;
    assert_win32(QueueUserAPC(count_apc, GetCurrentThread(), (ULONG_PTR)&ran));
    assert_false(take_ex(port, &entry, 1, &removed, 0, FALSE));
    assert_int_equal(GetLastError(), WAIT_TIMEOUT);
    assert_int_equal(ran, 0);
    assert_int_equal(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(ran, 1);
    assert_win32(CloseHandle(port));
}

/* PORT-051 */
static void for_a_bound_thread_the_packet_goes_first(void **state)
{
    HANDLE port = new_port(0);
    OVERLAPPED_ENTRY entry;
    ULONG removed;
    int ran = 0;
    (void)state;
    assert_nothing_taken(take(port, 0), WAIT_TIMEOUT);
    post(port, 5);
    assert_win32(QueueUserAPC(count_apc, GetCurrentThread(), (ULONG_PTR)&ran));
    assert_win32(take_ex(port, &entry, 1, &removed, TEST_DEADLINE_MS, TRUE));
    assert_int_equal(entry.lpCompletionKey, 5);
    assert_int_equal(ran, 0);
    assert_int_equal(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(ran, 1);
    assert_win32(CloseHandle(port));
}

/* PORT-052 */
static void for_an_unbound_thread_the_apc_goes_first(void **state)
{
    HANDLE port = new_port(0);
    OVERLAPPED_ENTRY entry;
    ULONG removed;
    int ran = 0;
    (void)state;
    post(port, 5);
    for (int round = 1; round <= 3; round++) {
        assert_win32(QueueUserAPC(count_apc, GetCurrentThread(), (ULONG_PTR)&ran));
        assert_false(take_ex(port, &entry, 1, &removed, TEST_DEADLINE_MS, TRUE));
        assert_int_equal(GetLastError(), WAIT_IO_COMPLETION);
        assert_int_equal(ran, round);
        assert_int_equal(depth(port), 1);
    }
    assert_win32(take_ex(port, &entry, 1, &removed, 0, TRUE));
    assert_int_equal(entry.lpCompletionKey, 5);
    assert_win32(CloseHandle(port));
}

/* Missing out-parameters are errors that change nothing. */
static void null_arguments_are_refused(void **state)
{
    HANDLE port = new_port(0);
    OVERLAPPED_ENTRY entry;
    DWORD bytes;
    ULONG removed;
    ULONG_PTR key;
    LPOVERLAPPED overlapped;
    (void)state;
    post(port, 1);
    assert_fails(ERROR_INVALID_PARAMETER,
                 GetQueuedCompletionStatus(port, NULL, &key, &overlapped, 0));
    assert_fails(ERROR_INVALID_PARAMETER,
                 GetQueuedCompletionStatus(port, &bytes, NULL, &overlapped, 0));
    assert_fails(ERROR_INVALID_PARAMETER, GetQueuedCompletionStatus(port, &bytes, &key, NULL, 0));
    assert_fails(ERROR_INVALID_PARAMETER,
                 GetQueuedCompletionStatusEx(port, NULL, 1, &removed, 0, FALSE));
    assert_fails(ERROR_INVALID_PARAMETER,
                 GetQueuedCompletionStatusEx(port, &entry, 1, NULL, 0, FALSE));
    assert_int_equal(depth(port), 1);
    assert_win32(CloseHandle(port));
}

/* ---- posting ---- */

static VOID CALLBACK post_from_apc(ULONG_PTR port)
{
    PostQueuedCompletionStatus((HANDLE)port, 0, 21, NULL);
}

/* PORT-056 */
static void an_apc_may_post(void **state)
{
    HANDLE port = new_port(0);
    (void)state;
    assert_win32(QueueUserAPC(post_from_apc, GetCurrentThread(), (ULONG_PTR)port));
    assert_int_equal(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(take(port, 0).key, 21);
    assert_win32(CloseHandle(port));
}

/* PORT-058 PORT-089 */
static void a_million_posts_come_out_in_order(void **state)
{
    enum { MANY = 1000000 };
    HANDLE port = new_port(0);
    OVERLAPPED_ENTRY entries[64];
    ULONG_PTR next = 0;
    ULONG removed;
    (void)state;
    for (ULONG_PTR i = 0; i < MANY; i++)
        if (!PostQueuedCompletionStatus(port, 0, i, NULL))
            fail_msg("post %d failed: %u", (int)i, (unsigned)GetLastError());
    assert_int_equal(depth(port), MANY);
    while (next < MANY) {
        assert_win32(GetQueuedCompletionStatusEx(port, entries, 64, &removed, 0, FALSE));
        for (ULONG i = 0; i < removed; i++)
            if (entries[i].lpCompletionKey != next++)
                fail_msg("packet %d out of order", (int)next - 1);
    }
    assert_nothing_taken(take(port, 0), WAIT_TIMEOUT);
    assert_win32(CloseHandle(port));
}

/* ---- overlapped results ---- */

/* PORT-112 PORT-113 */
static void a_finished_block_is_read_without_the_handle(void **state)
{
    const struct {
        NTSTATUS status;
        BOOL result;
        DWORD error;
    } cases[] = {{STATUS_SUCCESS, TRUE, LAST_ERROR_SENTINEL},
                 {STATUS_NOTIFY_ENUM_DIR, TRUE, LAST_ERROR_SENTINEL},
                 {STATUS_BUFFER_OVERFLOW, FALSE, ERROR_MORE_DATA},
                 {STATUS_END_OF_FILE, FALSE, ERROR_HANDLE_EOF},
                 {STATUS_CANCELLED, FALSE, ERROR_OPERATION_ABORTED}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        OVERLAPPED overlapped = {.Internal = (DWORD)cases[i].status, .InternalHigh = 0xABCD};
        DWORD bytes = 0;
        SetLastError(LAST_ERROR_SENTINEL);
        assert_int_equal(GetOverlappedResult(NULL, &overlapped, &bytes, FALSE), cases[i].result);
        assert_int_equal(GetLastError(), cases[i].error);
        assert_int_equal(bytes, 0xABCD);
        assert_int_equal(GetOverlappedResult(NULL, &overlapped, &bytes, TRUE), cases[i].result);
    }
}

/* PORT-114 */
static void a_pending_block_is_incomplete(void **state)
{
    OVERLAPPED overlapped = {.Internal = (DWORD)STATUS_PENDING, .InternalHigh = 5};
    DWORD bytes = 0xdeadbeef;
    (void)state;
    assert_fails(ERROR_IO_INCOMPLETE, GetOverlappedResult(NULL, &overlapped, &bytes, FALSE));
    assert_int_equal(bytes, 0xdeadbeef);
}

/* PORT-115 */
static void the_event_s_signal_is_believed(void **state)
{
    HANDLE event = CreateEventW(NULL, TRUE, TRUE, NULL);
    OVERLAPPED overlapped = {
        .Internal = (DWORD)STATUS_PENDING, .InternalHigh = 0xABCD, .hEvent = event};
    DWORD bytes = 0;
    (void)state;
    assert_win32(GetOverlappedResult(NULL, &overlapped, &bytes, TRUE));
    assert_int_equal(bytes, 0xABCD);
    assert_win32(CloseHandle(event));
}

/* PORT-118 */
static void a_bounded_wait_for_a_result_can_time_out_or_be_alerted(void **state)
{
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    OVERLAPPED overlapped = {.Internal = (DWORD)STATUS_PENDING, .hEvent = event};
    DWORD bytes;
    int ran = 0;
    (void)state;
    assert_win32(QueueUserAPC(count_apc, GetCurrentThread(), (ULONG_PTR)&ran));
    assert_fails(ERROR_IO_INCOMPLETE, GetOverlappedResultEx(NULL, &overlapped, &bytes, 0, TRUE));
    assert_fails(WAIT_TIMEOUT, GetOverlappedResultEx(NULL, &overlapped, &bytes, 1, FALSE));
    assert_int_equal(ran, 0);
    assert_fails(WAIT_IO_COMPLETION,
                 GetOverlappedResultEx(NULL, &overlapped, &bytes, TEST_DEADLINE_MS, TRUE));
    assert_int_equal(ran, 1);
    assert_win32(CloseHandle(event));
}

/* ---- natives ---- */

/* PORT-141 */
static void a_native_port_is_the_same_kind_of_object(void **state)
{
    HANDLE port, query_only;
    PVOID key, value;
    IO_STATUS_BLOCK iosb;
    LARGE_INTEGER now = {.QuadPart = 0};
    (void)state;
    assert_int_equal(NtCreateIoCompletion(&port, 0x1F0003, NULL, 0), STATUS_SUCCESS);
    post(port, 8);
    assert_win32(
        DuplicateHandle(GetCurrentProcess(), port, GetCurrentProcess(), &query_only, 1, FALSE, 0));
    assert_int_equal(depth(query_only), 1);
    assert_int_equal(NtSetIoCompletion(query_only, NULL, NULL, 0, 0), STATUS_ACCESS_DENIED);
    assert_int_equal(NtRemoveIoCompletion(query_only, &key, &value, &iosb, &now),
                     STATUS_ACCESS_DENIED);
    assert_int_equal(take(port, 0).key, 8);
    assert_int_equal(NtClose(query_only), STATUS_SUCCESS);
    assert_int_equal(NtClose(port), STATUS_SUCCESS);
    assert_int_equal(NtClose(port), STATUS_INVALID_HANDLE);
    assert_int_equal(NtCreateIoCompletion(NULL, 0x1F0003, NULL, 0), STATUS_ACCESS_VIOLATION);
}

/* PORT-142 PORT-143 */
static void native_calls_carry_status_and_information(void **state)
{
    HANDLE port = new_port(0);
    PVOID key = NULL, value = NULL;
    IO_STATUS_BLOCK iosb = {{0}, 0};
    LARGE_INTEGER timeout = {.QuadPart = 0};
    (void)state;
    assert_int_equal(NtRemoveIoCompletion(port, &key, &value, &iosb, &timeout), STATUS_TIMEOUT);
    timeout.QuadPart = -10000;
    assert_int_equal(NtRemoveIoCompletion(port, &key, &value, &iosb, &timeout), STATUS_TIMEOUT);
    assert_int_equal(NtSetIoCompletion(port, (PVOID)1, (PVOID)2, STATUS_CANCELLED, 3),
                     STATUS_SUCCESS);
    assert_int_equal(NtRemoveIoCompletion(port, &key, &value, &iosb, NULL), STATUS_SUCCESS);
    assert_ptr_equal(key, (PVOID)1);
    assert_ptr_equal(value, (PVOID)2);
    assert_int_equal(iosb.Status, STATUS_CANCELLED);
    assert_int_equal(iosb.Information, 3);
    assert_win32(CloseHandle(port));
}

/* PORT-144 */
static void the_native_array_form_reports_apcs_and_time(void **state)
{
    HANDLE port = new_port(0);
    FILE_IO_COMPLETION_INFORMATION entries[3];
    LARGE_INTEGER now = {.QuadPart = 0};
    ULONG removed;
    int ran = 0;
    (void)state;
    assert_int_equal(NtRemoveIoCompletionEx(port, entries, 3, &removed, &now, FALSE),
                     STATUS_TIMEOUT);
    assert_win32(QueueUserAPC(count_apc, GetCurrentThread(), (ULONG_PTR)&ran));
    assert_int_equal(NtRemoveIoCompletionEx(port, entries, 3, &removed, NULL, TRUE),
                     STATUS_USER_APC);
    assert_int_equal(ran, 1);
    NtSetIoCompletion(port, (PVOID)1, (PVOID)2, STATUS_SUCCESS, 3);
    NtSetIoCompletion(port, (PVOID)4, (PVOID)5, STATUS_END_OF_FILE, 6);
    assert_int_equal(NtRemoveIoCompletionEx(port, entries, 3, &removed, NULL, TRUE),
                     STATUS_SUCCESS);
    assert_int_equal(removed, 2);
    assert_ptr_equal(entries[0].KeyContext, (PVOID)1);
    assert_ptr_equal(entries[1].ApcContext, (PVOID)5);
    assert_int_equal(entries[1].IoStatusBlock.Status, STATUS_END_OF_FILE);
    assert_int_equal(entries[1].IoStatusBlock.Information, 6);
    assert_win32(CloseHandle(port));
}

/* PORT-145 */
static void the_depth_counts_queued_packets(void **state)
{
    HANDLE port = new_port(0);
    IO_COMPLETION_BASIC_INFORMATION info;
    ULONG length = 0;
    (void)state;
    for (int i = 0; i < 3; i++)
        post(port, 1);
    assert_int_equal(
        NtQueryIoCompletion(port, IoCompletionBasicInformation, &info, sizeof info, &length),
        STATUS_SUCCESS);
    assert_int_equal(length, 4);
    assert_int_equal(info.Depth, 3);
    assert_int_equal(NtQueryIoCompletion(port, IoCompletionBasicInformation, &info, 3, &length),
                     STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(
        NtQueryIoCompletion(port, (IO_COMPLETION_INFORMATION_CLASS)77, &info, sizeof info, &length),
        STATUS_INVALID_INFO_CLASS);
    assert_win32(CloseHandle(port));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_makes_a_new_empty_port),
        cmocka_unit_test(no_file_for_an_existing_port_is_an_error),
        cmocka_unit_test(any_concurrency_is_accepted),
        cmocka_unit_test(what_is_not_a_file_cannot_be_bound),
        cmocka_unit_test(closing_the_port_releases_all_waiters),
        cmocka_unit_test(a_duplicate_keeps_the_port_open),
        cmocka_unit_test(packets_go_with_their_port),
        cmocka_unit_test(a_closed_or_foreign_handle_is_refused),
        cmocka_unit_test(one_handle_serves_any_number_of_threads),
        cmocka_unit_test(a_packet_comes_back_bit_exact),
        cmocka_unit_test(a_posted_null_is_a_packet),
        cmocka_unit_test(a_failed_packet_gives_its_error_and_overlapped),
        cmocka_unit_test(an_empty_port_times_out_and_stores_nothing_else),
        cmocka_unit_test(the_sign_of_the_status_decides),
        cmocka_unit_test(bytes_are_the_low_half_of_the_information),
        cmocka_unit_test(a_posted_overlapped_is_never_looked_at),
        cmocka_unit_test(an_apc_does_not_end_a_plain_dequeue),
        cmocka_unit_test(several_packets_come_in_order_without_waiting_for_more),
        cmocka_unit_test(failed_entries_do_not_fail_the_call),
        cmocka_unit_test(nothing_to_take_leaves_the_array_alone),
        cmocka_unit_test(an_apc_ends_an_alertable_dequeue),
        cmocka_unit_test(without_alertable_an_apc_stays_pending),
        cmocka_unit_test(for_a_bound_thread_the_packet_goes_first),
        cmocka_unit_test(for_an_unbound_thread_the_apc_goes_first),
        cmocka_unit_test(null_arguments_are_refused),
        cmocka_unit_test(an_apc_may_post),
        cmocka_unit_test(a_million_posts_come_out_in_order),
        cmocka_unit_test(a_finished_block_is_read_without_the_handle),
        cmocka_unit_test(a_pending_block_is_incomplete),
        cmocka_unit_test(the_event_s_signal_is_believed),
        cmocka_unit_test(a_bounded_wait_for_a_result_can_time_out_or_be_alerted),
        cmocka_unit_test(a_native_port_is_the_same_kind_of_object),
        cmocka_unit_test(native_calls_carry_status_and_information),
        cmocka_unit_test(the_native_array_form_reports_apcs_and_time),
        cmocka_unit_test(the_depth_counts_queued_packets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

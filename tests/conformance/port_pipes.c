/* Pipes behind a port: packets, completion modes, the status block, cancelling and closing
 * (ports.md sections 1, 6 to 8 and 12; pipes.md section 9). */
#include "pipes.h"
#include "sockets.h"

#include <ntstatus.h>
#include <winternl.h>

enum { KEY = 42 };

/* A connected pair whose server's end is bound to a new port. */
static struct pipe_pair pair_on_port(DWORD mode, HANDLE *port)
{
    struct pipe_pair pair = pipe_pair(mode);
    *port = CreateIoCompletionPort(pair.server, NULL, KEY, 0);
    assert_non_null(*port);
    return pair;
}

static void close_all(struct pipe_pair *pair, HANDLE port)
{
    pipe_pair_close(pair);
    CloseHandle(port);
}

static void next_is(HANDLE port, OVERLAPPED *overlapped, DWORD error, DWORD bytes)
{
    struct packet packet = test_next_packet(port);
    assert_ptr_equal(packet.overlapped, overlapped);
    assert_int_equal(packet.ok ? 0 : packet.error, error);
    assert_int_equal(packet.bytes, bytes);
    assert_int_equal(packet.key, KEY);
}

static void read_pends(HANDLE pipe, void *buffer, DWORD size, OVERLAPPED *overlapped)
{
    assert_fails(ERROR_IO_PENDING, ReadFile(pipe, buffer, size, NULL, overlapped));
}

/* PORT-010 PORT-059 PIPE-031 PIPE-048 */
static void connects_reads_writes_and_transactions_make_packets(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE server = pipe_server(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
                                PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE);
    HANDLE port = CreateIoCompletionPort(server, NULL, KEY, 0), client;
    OVERLAPPED connect = {0}, read = {0}, write = {0}, transact = {0};
    char buffer[2000] = {0};
    (void)state;
    assert_fails(ERROR_IO_PENDING, ConnectNamedPipe(server, &connect));
    client = pipe_client(name, FILE_FLAG_OVERLAPPED);
    next_is(port, &connect, 0, 0);
    assert_ptr_equal(CreateIoCompletionPort(client, port, KEY, 0), port);
    read_pends(server, buffer, 10, &read);
    assert_win32(WriteFile(client, "abc", 3, NULL, &write));
    next_is(port, &read, 0, 3);
    next_is(port, &write, 0, 3);
    assert_fails(ERROR_IO_PENDING, WriteFile(client, buffer, 2000, NULL, &write));
    assert_win32(ReadFile(server, buffer, 2000, NULL, &read));
    next_is(port, &write, 0, 2000);
    next_is(port, &read, 0, 2000);
    assert_fails(ERROR_IO_PENDING, TransactNamedPipe(server, "ask", 3, buffer, 9, NULL, &transact));
    assert_win32(WriteFile(client, "tell", 4, NULL, &write));
    next_is(port, &transact, 0, 4);
    next_is(port, &write, 0, 4);
    test_no_packet(port);
    CloseHandle(client);
    CloseHandle(server);
    CloseHandle(port);
}

/* PORT-062 PORT-084 PORT-038 PIPE-053 */
static void a_message_too_long_makes_a_packet_even_when_success_would_not(void **state)
{
    HANDLE port;
    struct pipe_pair pair = pair_on_port(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, &port);
    OVERLAPPED read = {0};
    char buffer[4];
    (void)state;
    pipe_write(pair.client, "message", 7);
    for (int i = 0; i < 2; i++) {
        read_pends(pair.server, buffer, 3, &read);
        next_is(port, &read, ERROR_MORE_DATA, 3);
        assert_int_equal(read.Internal, (ULONG)STATUS_BUFFER_OVERFLOW);
        assert_int_equal(read.InternalHigh, 3);
    }
    assert_win32(ReadFile(pair.server, buffer, 3, NULL, &read));
    next_is(port, &read, 0, 1);
    close_all(&pair, port);
}

/* PORT-060 PORT-064 PORT-065 PIPE-061 PIPE-053 */
static void success_in_the_call_makes_a_packet_unless_skipped(void **state)
{
    HANDLE port;
    struct pipe_pair pair = pair_on_port(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, &port);
    OVERLAPPED read = {0};
    DWORD bytes;
    char buffer[8];
    (void)state;
    pipe_write(pair.client, "abc", 3);
    assert_win32(ReadFile(pair.server, buffer, 8, &bytes, &read));
    assert_int_equal(bytes, 3);
    next_is(port, &read, 0, 3);
    assert_win32(
        SetFileCompletionNotificationModes(pair.server, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    pipe_write(pair.client, "abcd", 4);
    assert_win32(ReadFile(pair.server, buffer, 8, &bytes, &read));
    assert_int_equal(read.Internal, 0);
    assert_int_equal(read.InternalHigh, 4);
    test_no_packet(port);
    pipe_write(pair.client, "too long", 8);
    read_pends(pair.server, buffer, 3, &read);
    next_is(port, &read, ERROR_MORE_DATA, 3);
    assert_win32(ReadFile(pair.server, buffer, 8, &bytes, &read));
    read_pends(pair.server, buffer, 8, &read);
    pipe_write(pair.client, "x", 1);
    next_is(port, &read, 0, 1);
    test_no_packet(port);
    close_all(&pair, port);
}

/* PORT-061 PORT-085 PIPE-032 PIPE-062 */
static void failure_in_the_call_makes_no_packet(void **state)
{
    HANDLE port;
    struct pipe_pair pair = pair_on_port(0, &port);
    struct pipe_op *op = pipe_op_new();
    (void)state;
    assert_fails(ERROR_PIPE_CONNECTED, ConnectNamedPipe(pair.server, &op->overlapped));
    assert_int_equal(op->overlapped.Internal, STATUS_PENDING);
    CloseHandle(pair.client);
    assert_win32(SetEvent(op->overlapped.hEvent));
    op->overlapped.InternalHigh = 99;
    assert_fails(ERROR_BROKEN_PIPE, ReadFile(pair.server, op->buffer, 1, NULL, &op->overlapped));
    assert_int_equal(WaitForSingleObject(op->overlapped.hEvent, 0), WAIT_TIMEOUT);
    assert_int_equal(op->overlapped.InternalHigh, 99);
    assert_fails(ERROR_NO_DATA, WriteFile(pair.server, op->buffer, 1, NULL, &op->overlapped));
    assert_win32(DisconnectNamedPipe(pair.server));
    assert_fails(ERROR_PIPE_NOT_CONNECTED,
                 ReadFile(pair.server, op->buffer, 1, NULL, &op->overlapped));
    test_no_packet(port);
    pipe_op_free(op);
    CloseHandle(pair.server);
    CloseHandle(port);
}

/* PORT-079 PORT-083 PIPE-104 */
static void the_status_block_is_written_when_its_packet_is_removed(void **state)
{
    HANDLE port;
    struct pipe_pair pair = pair_on_port(0, &port);
    OVERLAPPED read = {.InternalHigh = 99};
    char buffer[4];
    (void)state;
    read_pends(pair.server, buffer, 4, &read);
    pipe_write(pair.client, "abc", 3);
    assert_false(HasOverlappedIoCompleted(&read));
    assert_int_equal(read.InternalHigh, 99);
    next_is(port, &read, 0, 3);
    assert_int_equal(read.Internal, 0);
    assert_int_equal(read.InternalHigh, 3);
    read_pends(pair.server, buffer, 4, &read);
    CloseHandle(pair.server);
    assert_false(HasOverlappedIoCompleted(&read));
    next_is(port, &read, ERROR_BROKEN_PIPE, 0);
    assert_int_equal(read.Internal, (ULONG)STATUS_PIPE_BROKEN);
    CloseHandle(pair.client);
    CloseHandle(port);
}

struct published {
    OVERLAPPED overlapped;
    HANDLE event;
    char buffer[64];
    LONG round; /* the read that pends now */
    volatile LONG wrong;
};

static DWORD CALLBACK look_at_block(void *argument)
{
    struct published *block = argument;
    char expected[64];
    for (int round = 1; round <= 2000; round++) {
        while (__atomic_load_n(&block->round, __ATOMIC_ACQUIRE) != round)
            ;
        while (__atomic_load_n((ULONG *)&block->overlapped.Internal, __ATOMIC_ACQUIRE) ==
               STATUS_PENDING)
            ;
        memset(expected, round, sizeof expected);
        if (block->overlapped.InternalHigh != sizeof expected ||
            memcmp(block->buffer, expected, sizeof expected) != 0)
            InterlockedIncrement(&block->wrong);
        SetEvent(block->event);
    }
    return 0;
}

/* PORT-088 */
static void whoever_sees_the_status_sees_the_rest(void **state)
{
    struct pipe_pair pair = pipe_pair(0);
    struct published block = {.event = CreateEventA(NULL, FALSE, FALSE, NULL)};
    HANDLE thread;
    char message[64];
    (void)state;
    thread = CreateThread(NULL, 0, look_at_block, &block, 0, NULL);
    for (int round = 1; round <= 2000; round++) {
        memset(message, round, sizeof message);
        read_pends(pair.server, block.buffer, sizeof block.buffer, &block.overlapped);
        __atomic_store_n(&block.round, round, __ATOMIC_RELEASE);
        pipe_write(pair.client, message, sizeof message);
        assert_int_equal(WaitForSingleObject(block.event, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    }
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(block.wrong, 0);
    CloseHandle(thread);
    CloseHandle(block.event);
    pipe_pair_close(&pair);
}

/* PORT-066 PORT-067 PORT-081 PORT-082 PIPE-146 */
static void events_come_with_or_instead_of_the_packet(void **state)
{
    HANDLE port;
    struct pipe_pair pair = pair_on_port(0, &port);
    struct pipe_op *op = pipe_op_new();
    HANDLE event = op->overlapped.hEvent;
    (void)state;
    pipe_read_pends(pair.server, op, 4);
    pipe_write(pair.client, "abc", 3);
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    assert_int_equal(op->overlapped.InternalHigh, 3);
    next_is(port, &op->overlapped, 0, 3);
    op->overlapped.hEvent = (HANDLE)((ULONG_PTR)event | 1);
    pipe_read_pends(pair.server, op, 4);
    pipe_write(pair.client, "ab", 2);
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    assert_int_equal(op->overlapped.InternalHigh, 2);
    test_no_packet(port);
    op->overlapped.hEvent = event;
    pipe_op_free(op);
    close_all(&pair, port);
}

/* PORT-073 PORT-074 PIPE-064 PORT-119 */
static void a_handle_that_is_not_to_be_signaled_never_is(void **state)
{
    struct pipe_pair pair = pipe_pair(0);
    OVERLAPPED first = {0}, second = {0};
    char buffer[4];
    (void)state;
    read_pends(pair.server, buffer, 4, &first);
    read_pends(pair.server, buffer, 4, &second);
    assert_int_equal(WaitForSingleObject(pair.server, 0), WAIT_TIMEOUT);
    assert_win32(WriteFile(pair.server, "x", 1, NULL, &(OVERLAPPED){0}));
    assert_int_equal(WaitForSingleObject(pair.server, 0), WAIT_OBJECT_0);
    assert_false(HasOverlappedIoCompleted(&first));
    assert_win32(SetFileCompletionNotificationModes(pair.server, FILE_SKIP_SET_EVENT_ON_HANDLE));
    assert_int_equal(WaitForSingleObject(pair.server, 0), WAIT_TIMEOUT);
    pipe_write(pair.client, "x", 1);
    assert_true(HasOverlappedIoCompleted(&first));
    assert_int_equal(WaitForSingleObject(pair.server, 0), WAIT_TIMEOUT);
    pipe_pair_close(&pair);
}

static void CALLBACK routine(DWORD error, DWORD bytes, OVERLAPPED *overlapped)
{
    overlapped->Offset = error;
    overlapped->OffsetHigh = bytes;
}

/* PORT-016 PORT-017 PORT-019 PIPE-144 PIPE-145 */
static void a_read_posted_before_the_binding_follows_it(void **state)
{
    struct pipe_pair pair = pipe_pair(0);
    OVERLAPPED with_routine = {0}, plain = {0};
    char buffer[4];
    HANDLE port;
    (void)state;
    assert_win32(ReadFileEx(pair.server, buffer, 4, &with_routine, routine));
    read_pends(pair.server, buffer, 4, &plain);
    port = CreateIoCompletionPort(pair.server, NULL, KEY, 0);
    assert_non_null(port);
    pipe_write(pair.client, "ab", 2);
    test_no_packet(port);
    assert_int_equal(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(with_routine.OffsetHigh, 2);
    pipe_write(pair.client, "abc", 3);
    next_is(port, &plain, 0, 3);
    assert_fails(ERROR_INVALID_PARAMETER,
                 ReadFileEx(pair.server, buffer, 4, &with_routine, routine));
    close_all(&pair, port);
}

/* PORT-120 PORT-121 PORT-122 PORT-123 PORT-128 PIPE-038 */
static void cancels_make_one_packet_each(void **state)
{
    HANDLE port;
    struct pipe_pair pair = pair_on_port(0, &port);
    OVERLAPPED reads[3] = {0};
    char buffer[4];
    (void)state;
    for (int i = 0; i < 3; i++)
        read_pends(pair.server, buffer, 4, &reads[i]);
    assert_win32(CancelIoEx(pair.server, &reads[1]));
    next_is(port, &reads[1], ERROR_OPERATION_ABORTED, 0);
    assert_fails(ERROR_NOT_FOUND, CancelIoEx(pair.server, &reads[1]));
    assert_win32(CancelIo(pair.server));
    next_is(port, &reads[0], ERROR_OPERATION_ABORTED, 0);
    next_is(port, &reads[2], ERROR_OPERATION_ABORTED, 0);
    assert_win32(CancelIo(pair.server));
    assert_fails(ERROR_NOT_FOUND, CancelIoEx(pair.server, NULL));
    test_no_packet(port);
    close_all(&pair, port);
}

/* PORT-129 PORT-130 PIPE-103 PIPE-105 */
static void the_last_close_ends_what_pends(void **state)
{
    HANDLE port, twin;
    struct pipe_pair pair = pair_on_port(0, &port);
    OVERLAPPED read = {0}, write = {0};
    char buffer[2000] = {0};
    (void)state;
    assert_win32(DuplicateHandle(GetCurrentProcess(), pair.server, GetCurrentProcess(), &twin, 0,
                                 FALSE, DUPLICATE_SAME_ACCESS));
    read_pends(pair.server, buffer, 4, &read);
    assert_fails(ERROR_IO_PENDING, WriteFile(pair.server, buffer, 2000, NULL, &write));
    CloseHandle(twin);
    test_no_packet(port);
    CloseHandle(pair.server);
    next_is(port, &read, ERROR_BROKEN_PIPE, 0);
    next_is(port, &write, ERROR_BROKEN_PIPE, 0);
    test_no_packet(port);
    CloseHandle(pair.client);
    CloseHandle(port);
}

static void CALLBACK no_apc(ULONG_PTR ran)
{
    ++*(int *)ran;
}

/* PIPE-141 PIPE-142 PORT-118 */
static void waiting_for_a_result_has_three_ends(void **state)
{
    struct pipe_pair pair = pipe_pair(0);
    struct pipe_op *op = pipe_op_new();
    int ran = 0;
    DWORD bytes;
    (void)state;
    pipe_read_pends(pair.server, op, 4);
    assert_true(QueueUserAPC(no_apc, GetCurrentThread(), (ULONG_PTR)&ran));
    assert_fails(ERROR_IO_INCOMPLETE,
                 GetOverlappedResultEx(pair.server, &op->overlapped, &bytes, 0, TRUE));
    assert_int_equal(ran, 0);
    assert_fails(WAIT_TIMEOUT,
                 GetOverlappedResultEx(pair.server, &op->overlapped, &bytes, 10, FALSE));
    assert_fails(WAIT_IO_COMPLETION,
                 GetOverlappedResultEx(pair.server, &op->overlapped, &bytes, 10, TRUE));
    assert_int_equal(ran, 1);
    pipe_pair_close(&pair);
    pipe_op_free(op);
}

static DWORD CALLBACK try_to_dequeue(void *port)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *overlapped;
    return GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, 0) ? 0 : GetLastError();
}

/* PORT-006 */
static void binding_a_file_keeps_the_concurrency_value(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    struct pipe_pair pair = pipe_pair(0);
    OVERLAPPED_ENTRY entry;
    ULONG removed;
    HANDLE thread;
    DWORD code;
    (void)state;
    assert_ptr_equal(CreateIoCompletionPort(pair.server, port, KEY, 8), port);
    assert_win32(PostQueuedCompletionStatus(port, 1, 0, NULL));
    assert_win32(PostQueuedCompletionStatus(port, 2, 0, NULL));
    assert_win32(GetQueuedCompletionStatusEx(port, &entry, 1, &removed, 0, FALSE));
    /* This thread runs: another one may not. */
    thread = CreateThread(NULL, 0, try_to_dequeue, port, 0, NULL);
    wait_until(GetExitCodeThread(thread, &code) && code != STILL_ACTIVE);
    assert_int_equal(code, WAIT_TIMEOUT);
    CloseHandle(thread);
    close_all(&pair, port);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connects_reads_writes_and_transactions_make_packets),
        cmocka_unit_test(a_message_too_long_makes_a_packet_even_when_success_would_not),
        cmocka_unit_test(success_in_the_call_makes_a_packet_unless_skipped),
        cmocka_unit_test(failure_in_the_call_makes_no_packet),
        cmocka_unit_test(the_status_block_is_written_when_its_packet_is_removed),
        cmocka_unit_test(whoever_sees_the_status_sees_the_rest),
        cmocka_unit_test(events_come_with_or_instead_of_the_packet),
        cmocka_unit_test(a_handle_that_is_not_to_be_signaled_never_is),
        cmocka_unit_test(a_read_posted_before_the_binding_follows_it),
        cmocka_unit_test(cancels_make_one_packet_each),
        cmocka_unit_test(the_last_close_ends_what_pends),
        cmocka_unit_test(waiting_for_a_result_has_three_ends),
        cmocka_unit_test(binding_a_file_keeps_the_concurrency_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

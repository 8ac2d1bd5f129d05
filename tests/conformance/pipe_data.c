/* Named pipes: moving data, quotas, ends that go, looking ahead, transactions (pipes.md sections 4
 * to 8). */
#include "pipes.h"

#include <ntstatus.h>

static const char data[8192] = "the quick brown fox";

static void read_gets(HANDLE pipe, DWORD size, const char *expected)
{
    char buffer[64];
    assert_int_equal(pipe_read(pipe, buffer, size), strlen(expected));
    assert_memory_equal(buffer, expected, strlen(expected));
}

static void peek(HANDLE pipe, void *buffer, DWORD size, DWORD copied, DWORD available, DWORD left)
{
    DWORD values[3] = {77, 77, 77};
    assert_win32(PeekNamedPipe(pipe, buffer, size, &values[0], &values[1], &values[2]));
    assert_int_equal(values[0], copied);
    assert_int_equal(values[1], available);
    assert_int_equal(values[2], left);
}

static DWORD available(HANDLE pipe)
{
    DWORD bytes;
    assert_win32(PeekNamedPipe(pipe, NULL, 0, NULL, &bytes, NULL));
    return bytes;
}

static void is_over(HANDLE pipe, struct pipe_op *op, DWORD error, DWORD bytes)
{
    DWORD moved = 77;
    assert_true(pipe_op_is_over(pipe, op));
    assert_int_equal(pipe_op_result(pipe, op, &moved), error);
    assert_int_equal(moved, bytes);
}

static void pends(HANDLE pipe, struct pipe_op *op)
{
    assert_false(pipe_op_is_over(pipe, op));
}

/* ---- bytes and messages ---- */

/* PIPE-049 PIPE-054 */
static void bytes_run_together(void **state)
{
    struct pipe_pair pair = pipe_pair(PIPE_TYPE_BYTE), messages = pipe_pair(PIPE_TYPE_MESSAGE);
    (void)state;
    pipe_write(pair.client, "hello", 5);
    pipe_write(pair.client, "you", 3);
    read_gets(pair.server, 20, "helloyou");
    pipe_write(messages.server, "hello", 5);
    pipe_write(messages.server, "you", 3);
    read_gets(messages.client, 6, "helloy");
    read_gets(messages.client, 20, "ou");
    pipe_pair_close(&pair);
    pipe_pair_close(&messages);
}

/* PIPE-050 PIPE-051 PIPE-055 */
static void messages_stay_apart(void **state)
{
    struct pipe_pair pair = pipe_sync_pair(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE);
    DWORD bytes, mode = PIPE_READMODE_BYTE;
    char buffer[20];
    (void)state;
    assert_win32(WriteFile(pair.client, "hello", 5, &bytes, NULL));
    assert_win32(WriteFile(pair.client, "you", 3, &bytes, NULL));
    assert_win32(ReadFile(pair.server, buffer, 20, &bytes, NULL));
    assert_int_equal(bytes, 5);
    assert_fails(ERROR_MORE_DATA, ReadFile(pair.server, buffer, 1, &bytes, NULL));
    assert_int_equal(bytes, 1);
    assert_win32(WriteFile(pair.client, "too", 3, &bytes, NULL));
    assert_win32(ReadFile(pair.server, buffer, 20, &bytes, NULL)); /* the rest of "you" */
    assert_int_equal(bytes, 2);
    assert_fails(ERROR_MORE_DATA, ReadFile(pair.server, buffer, 2, &bytes, NULL));
    assert_win32(WriteFile(pair.client, "k", 1, &bytes, NULL));
    assert_win32(SetNamedPipeHandleState(pair.server, &mode, NULL, NULL));
    assert_win32(ReadFile(pair.server, buffer, 20, &bytes, NULL));
    assert_int_equal(bytes, 2);
    assert_memory_equal(buffer, "ok", 2);
    pipe_pair_close(&pair);
}

/* PIPE-052 PIPE-143 */
static void a_long_message_read_with_overlapped_tells_its_count_there(void **state)
{
    struct pipe_pair pair = pipe_pair(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE);
    struct pipe_op *op = pipe_op_new();
    DWORD bytes = 7;
    (void)state;
    pipe_write(pair.client, "message", 7);
    assert_fails(ERROR_MORE_DATA, ReadFile(pair.server, op->buffer, 3, &bytes, &op->overlapped));
    assert_int_equal(bytes, 0);
    assert_int_equal(op->overlapped.Internal, (ULONG)STATUS_BUFFER_OVERFLOW);
    is_over(pair.server, op, ERROR_MORE_DATA, 3);
    pipe_op_free(op);
    pipe_pair_close(&pair);
}

/* PIPE-056 PIPE-057 PIPE-059 */
static void empty_messages_are_messages(void **state)
{
    struct pipe_pair messages = pipe_pair(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE);
    struct pipe_pair bytes = pipe_pair(PIPE_TYPE_BYTE);
    struct pipe_op *ops[2] = {pipe_op_new(), pipe_op_new()};
    (void)state;
    pipe_write(messages.client, "", 0);
    peek(messages.server, NULL, 0, 0, 0, 0);
    read_gets(messages.server, 10, "");
    pipe_read_pends(messages.server, ops[0], 10);
    pipe_read_pends(messages.server, ops[1], 10);
    pipe_write(messages.client, "", 0);
    is_over(messages.server, ops[0], 0, 0);
    pends(messages.server, ops[1]);
    pipe_write(messages.client, "", 0);
    pipe_write(messages.client, "", 0);
    CloseHandle(messages.client);
    read_gets(messages.server, 10, "");
    assert_fails(ERROR_BROKEN_PIPE,
                 ReadFile(messages.server, ops[0]->buffer, 10, NULL, &ops[0]->overlapped));
    CloseHandle(messages.server);
    pipe_read_pends(bytes.server, ops[0], 10);
    pipe_write(bytes.client, "", 0);
    pends(bytes.server, ops[0]);
    pipe_write(bytes.client, "x", 1);
    is_over(bytes.server, ops[0], 0, 1);
    pipe_op_free(ops[0]);
    pipe_op_free(ops[1]);
    pipe_pair_close(&bytes);
}

/* PIPE-058 PIPE-059 */
static void a_read_of_nothing_waits_for_data(void **state)
{
    struct pipe_pair bytes = pipe_pair(PIPE_TYPE_BYTE);
    struct pipe_pair messages = pipe_pair(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE);
    struct pipe_op *empty = pipe_op_new(), *full = pipe_op_new();
    (void)state;
    pipe_read_pends(bytes.server, empty, 0);
    pipe_read_pends(bytes.server, full, 1000);
    pipe_write(bytes.client, "x", 1);
    is_over(bytes.server, empty, 0, 0);
    is_over(bytes.server, full, 0, 1);
    pipe_write(bytes.client, "y", 1);
    assert_int_equal(pipe_read(bytes.server, full->buffer, 0), 0);
    assert_int_equal(available(bytes.server), 1);
    pipe_read_pends(messages.server, empty, 0);
    pipe_read_pends(messages.server, full, 1000);
    pipe_write(messages.client, "x", 1);
    is_over(messages.server, empty, ERROR_MORE_DATA, 0);
    is_over(messages.server, full, 0, 1);
    pipe_write(messages.client, "y", 1);
    assert_fails(ERROR_MORE_DATA,
                 ReadFile(messages.server, full->buffer, 0, NULL, &empty->overlapped));
    CloseHandle(messages.client);
    read_gets(messages.server, 5, "y");
    assert_fails(ERROR_BROKEN_PIPE,
                 ReadFile(messages.server, full->buffer, 0, NULL, &empty->overlapped));
    CloseHandle(messages.server);
    pipe_op_free(empty);
    pipe_op_free(full);
    pipe_pair_close(&bytes);
}

/* PIPE-060 PIPE-072 */
static void the_oldest_read_gets_the_data(void **state)
{
    struct pipe_pair pair = pipe_pair(PIPE_TYPE_BYTE);
    struct pipe_op *first = pipe_op_new(), *second = pipe_op_new();
    (void)state;
    pipe_read_pends(pair.server, first, 10);
    pipe_read_pends(pair.server, second, 10);
    assert_win32(CancelIoEx(pair.server, &second->overlapped));
    is_over(pair.server, second, ERROR_OPERATION_ABORTED, 0);
    assert_fails(ERROR_NOT_FOUND, CancelIoEx(pair.server, &second->overlapped));
    pends(pair.server, first);
    pipe_read_pends(pair.server, second, 10);
    pipe_write(pair.client, "one", 3);
    is_over(pair.server, first, 0, 3);
    pends(pair.server, second);
    assert_fails(ERROR_NOT_FOUND, CancelIoEx(pair.server, &first->overlapped));
    pipe_write(pair.client, "three", 5);
    is_over(pair.server, second, 0, 5);
    pipe_op_free(first);
    pipe_op_free(second);
    pipe_pair_close(&pair);
}

/* PIPE-063 PIPE-119 */
static void the_handle_is_signaled_by_what_has_no_event(void **state)
{
    struct pipe_pair pair = pipe_pair(PIPE_TYPE_BYTE);
    struct pipe_op *with_event = pipe_op_new();
    OVERLAPPED without = {0};
    DWORD mode = PIPE_NOWAIT;
    char buffer[4];
    (void)state;
    assert_fails(ERROR_IO_PENDING, ReadFile(pair.server, buffer, 4, NULL, &without));
    assert_int_equal(WaitForSingleObject(pair.server, 0), WAIT_TIMEOUT);
    assert_win32(SetNamedPipeHandleState(pair.server, &mode, NULL, NULL));
    assert_fails(ERROR_IO_INCOMPLETE, GetOverlappedResult(pair.server, &without, &mode, FALSE));
    pipe_write(pair.client, "x", 1);
    assert_int_equal(WaitForSingleObject(pair.server, 0), WAIT_OBJECT_0);
    assert_fails(ERROR_NO_DATA, ReadFile(pair.server, buffer, 4, NULL, &without));
    mode = PIPE_WAIT;
    assert_win32(SetNamedPipeHandleState(pair.server, &mode, NULL, NULL));
    pipe_read_pends(pair.server, with_event, 4);
    pipe_write(pair.client, "x", 1);
    assert_int_equal(WaitForSingleObject(with_event->overlapped.hEvent, 0), WAIT_OBJECT_0);
    pipe_op_free(with_event);
    pipe_pair_close(&pair);
}

/* PIPE-070 PIPE-071 */
static void cancels_reach_through_duplicates_and_shared_blocks(void **state)
{
    struct pipe_pair pair = pipe_pair(0);
    struct pipe_op *op = pipe_op_new();
    HANDLE twin;
    (void)state;
    assert_win32(DuplicateHandle(GetCurrentProcess(), pair.server, GetCurrentProcess(), &twin, 0,
                                 FALSE, DUPLICATE_SAME_ACCESS));
    pipe_read_pends(pair.server, op, 4);
    assert_win32(CancelIo(twin));
    is_over(pair.server, op, ERROR_OPERATION_ABORTED, 0);
    pipe_read_pends(pair.server, op, 4);
    pipe_read_pends(pair.server, op, 4);
    assert_win32(CancelIoEx(pair.server, &op->overlapped));
    assert_fails(ERROR_NOT_FOUND, CancelIoEx(pair.server, NULL));
    pipe_op_free(op);
    CloseHandle(twin);
    pipe_pair_close(&pair);
}

/* PIPE-073 */
static void bad_buffers_are_refused(void **state)
{
    struct pipe_pair pair = pipe_pair(0);
    struct pipe_op *op = pipe_op_new();
    (void)state;
    pipe_write(pair.client, "x", 1);
    assert_fails(ERROR_NOACCESS, ReadFile(pair.server, NULL, 1, NULL, &op->overlapped));
    assert_fails(ERROR_NOACCESS, ReadFile(pair.server, (void *)16, 1, NULL, &op->overlapped));
    assert_fails(ERROR_INVALID_USER_BUFFER,
                 WriteFile(pair.server, (void *)16, 1, NULL, &op->overlapped));
    assert_int_equal(available(pair.server), 1);
    pipe_op_free(op);
    pipe_pair_close(&pair);
}

static struct {
    LONG runs;
    DWORD error, bytes;
    OVERLAPPED *overlapped;
} routine_saw;

static void CALLBACK routine(DWORD error, DWORD bytes, OVERLAPPED *overlapped)
{
    routine_saw.runs++;
    routine_saw.error = error;
    routine_saw.bytes = bytes;
    routine_saw.overlapped = overlapped;
}

/* PIPE-073: nor what begins well and runs out of the stack, the heap or the program's variables. */
static void a_buffer_must_be_there_to_its_end(void **state)
{
    enum { TOO_LONG = 512 << 20, BELOW_STACK = 64 << 20 };
    static char variable[16];
    struct pipe_pair pair = pipe_pair(0);
    struct pipe_op *op = pipe_op_new();
    char local[16], *allocated = malloc(16);
    (void)state;
    pipe_write(pair.client, "12345678", 8);
    for (int i = 0; i < 3; i++) {
        char *buffer = i == 0 ? local : i == 1 ? variable : allocated;
        assert_fails(ERROR_NOACCESS,
                     ReadFile(pair.server, buffer, TOO_LONG, NULL, &op->overlapped));
        assert_int_equal(pipe_read(pair.server, buffer, 1), 1);
        assert_int_equal(buffer[0], '1' + i);
    }
    assert_fails(ERROR_NOACCESS, ReadFile(pair.server, (char *)((uintptr_t)local - BELOW_STACK), 1,
                                          NULL, &op->overlapped));
    assert_int_equal(available(pair.server), 5);
    free(allocated);
    pipe_op_free(op);
    pipe_pair_close(&pair);
}

/* PIPE-074 */
static void completion_routines_run_in_alertable_waits(void **state)
{
    struct pipe_pair pair = pipe_pair(0);
    OVERLAPPED read = {0}, write = {0};
    char buffer[8];
    (void)state;
    routine_saw.runs = 0;
    assert_win32(ReadFileEx(pair.server, buffer, 8, &read, routine));
    assert_win32(WriteFileEx(pair.client, "abc", 3, &write, routine));
    assert_int_equal(routine_saw.runs, 0);
    assert_int_equal(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(routine_saw.runs, 2);
    assert_int_equal(routine_saw.bytes, 3);
    assert_int_equal(routine_saw.error, 0);
    assert_int_equal(SleepEx(0, TRUE), 0);
    pipe_pair_close(&pair);
}

/* ---- quotas ---- */

/* PIPE-075 PIPE-076 */
static void writes_pend_beyond_the_quota(void **state)
{
    struct pipe_pair pair = pipe_pair_of(0, 5000, 5000);
    struct pipe_op *op = pipe_op_new();
    char byte;
    (void)state;
    pipe_write(pair.server, data, 4000);
    pipe_write(pair.server, data, 1000);
    pipe_write_pends(pair.server, op, 1);
    assert_int_equal(pipe_read(pair.client, &byte, 1), 1);
    is_over(pair.server, op, 0, 1);
    pipe_op_free(op);
    pipe_pair_close(&pair);
}

/* PIPE-077 PIPE-078 */
static void a_big_write_pends_whole_and_is_visible(void **state)
{
    struct pipe_pair pair = pipe_pair_of(0, 5000, 5000);
    struct pipe_op *op = pipe_op_new();
    char buffer[8192];
    (void)state;
    pipe_write_pends(pair.server, op, 7000);
    assert_int_equal(available(pair.client), 7000);
    assert_int_equal(pipe_read(pair.client, buffer, 1999), 1999);
    pends(pair.server, op);
    assert_int_equal(pipe_read(pair.client, buffer + 1999, 1), 1);
    is_over(pair.server, op, 0, 7000);
    assert_int_equal(pipe_read(pair.client, buffer + 2000, 8000 - 2000), 5000);
    assert_memory_equal(buffer, op->buffer, 7000);
    pipe_op_free(op);
    pipe_pair_close(&pair);
}

/* PIPE-079 */
static void a_waiting_reader_adds_to_the_quota(void **state)
{
    struct pipe_pair bytes = pipe_pair_of(0, 3000, 3000);
    struct pipe_pair messages = pipe_pair_of(PIPE_TYPE_MESSAGE, 3000, 3000);
    struct pipe_op *op = pipe_op_new();
    (void)state;
    pipe_read_messages(messages.client);
    pipe_read_pends(bytes.client, op, 1000);
    pipe_write(bytes.server, data, 4000);
    is_over(bytes.client, op, 0, 1000);
    assert_int_equal(available(bytes.client), 3000);
    pipe_read_pends(messages.client, op, 1000);
    pipe_write(messages.server, data, 4000);
    is_over(messages.client, op, ERROR_MORE_DATA, 1000);
    assert_int_equal(available(messages.client), 3000);
    pipe_op_free(op);
    pipe_pair_close(&bytes);
    pipe_pair_close(&messages);
}

/* PIPE-080 PIPE-084 */
static void later_writes_queue_behind_one_that_pends(void **state)
{
    struct pipe_pair pair = pipe_pair_of(PIPE_TYPE_MESSAGE, 100, 100);
    struct pipe_op *big = pipe_op_new(), *small = pipe_op_new();
    char buffer[500];
    (void)state;
    pipe_read_messages(pair.client);
    pipe_write_pends(pair.server, big, 500);
    pipe_write_pends(pair.server, small, 1);
    pipe_write(pair.server, "", 0);
    assert_int_equal(available(pair.client), 501);
    assert_fails(ERROR_MORE_DATA, ReadFile(pair.client, buffer, 300, NULL, NULL));
    pends(pair.server, big);
    assert_int_equal(pipe_read(pair.client, buffer, 500), 200);
    is_over(pair.server, big, 0, 500);
    is_over(pair.server, small, 0, 1);
    assert_int_equal(pipe_read(pair.client, buffer, 500), 1);
    assert_int_equal(pipe_read(pair.client, buffer, 500), 0);
    pipe_op_free(big);
    pipe_op_free(small);
    pipe_pair_close(&pair);
}

/* PIPE-081 PIPE-089 */
static void a_cancelled_write_takes_its_bytes_back(void **state)
{
    struct pipe_pair pair = pipe_pair_of(0, 100, 100);
    struct pipe_op *big = pipe_op_new(), *small = pipe_op_new();
    char buffer[500];
    DWORD bytes = 77;
    (void)state;
    pipe_write_pends(pair.server, big, 500);
    pipe_write_pends(pair.server, small, 50);
    assert_int_equal(pipe_read(pair.client, buffer, 200), 200);
    assert_int_equal(available(pair.client), 350);
    assert_win32(CancelIoEx(pair.server, &big->overlapped));
    assert_int_equal(pipe_op_result(pair.server, big, &bytes), ERROR_OPERATION_ABORTED);
    assert_int_equal(bytes, 0); /* though some were read */
    assert_int_equal(available(pair.client), 50);
    is_over(pair.server, small, 0, 50);
    pipe_op_free(big);
    pipe_op_free(small);
    pipe_pair_close(&pair);
}

/* PIPE-083 */
static void without_a_quota_every_write_waits_for_its_reader(void **state)
{
    struct pipe_pair pair = pipe_pair_of(0, 0, 0);
    struct pipe_op *op = pipe_op_new();
    char buffer[3];
    (void)state;
    pipe_write_pends(pair.server, op, 3);
    assert_int_equal(pipe_read(pair.client, buffer, 2), 2);
    pends(pair.server, op);
    assert_int_equal(pipe_read(pair.client, buffer, 2), 1);
    is_over(pair.server, op, 0, 3);
    pipe_read_pends(pair.client, op, 3);
    pipe_write(pair.server, "abc", 3);
    is_over(pair.client, op, 0, 3);
    pipe_op_free(op);
    pipe_pair_close(&pair);
}

/* PIPE-085 PIPE-086 PIPE-087 */
static void a_handle_that_does_not_wait_moves_what_it_can(void **state)
{
    DWORD types[2] = {PIPE_TYPE_BYTE, PIPE_TYPE_MESSAGE}, bytes;
    struct pipe_op *op = pipe_op_new();
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct pipe_pair pair = pipe_pair_of(types[i] | PIPE_NOWAIT, 512, 512);
        OVERLAPPED overlapped = {0};
        assert_win32(WriteFile(pair.server, data, 513, &bytes, &overlapped));
        assert_int_equal(bytes, 0);
        assert_fails(ERROR_NO_DATA, ReadFile(pair.server, op->buffer, 1, NULL, &overlapped));
        pipe_read_pends(pair.client, op, 1);
        assert_win32(WriteFile(pair.server, data, 514, &bytes, &overlapped));
        assert_int_equal(bytes, i == 0 ? 1 : 0);
        if (i == 0) {
            is_over(pair.client, op, 0, 1);
            pipe_read_pends(pair.client, op, 1);
        }
        pends(pair.client, op);
        assert_win32(WriteFile(pair.server, data, 513, &bytes, &overlapped));
        assert_int_equal(bytes, 513);
        is_over(pair.client, op, 0, 1);
        pipe_pair_close(&pair);
    }
    pipe_op_free(op);
}

static DWORD CALLBACK flush(void *argument)
{
    struct pipe_call *call = argument;
    call->error = FlushFileBuffers(call->pipe) ? 0 : GetLastError();
    return 0;
}

static HANDLE start_flush(struct pipe_call *call)
{
    DWORD id;
    HANDLE thread = CreateThread(NULL, 0, flush, call, 0, &id);
    assert_non_null(thread);
    wait_until_asleep(id);
    return thread;
}

/* PIPE-088 PIPE-089 */
static void a_flush_waits_for_the_reader(void **state)
{
    struct pipe_pair pair = pipe_pair_of(0, 100, 100);
    struct pipe_call call = {.pipe = pair.server, .error = 99};
    struct pipe_op *op = pipe_op_new();
    HANDLE thread;
    char buffer[10];
    (void)state;
    assert_win32(FlushFileBuffers(pair.server));
    pipe_write(pair.server, "data", 4);
    thread = start_flush(&call);
    assert_int_equal(pipe_read(pair.client, buffer, 3), 3);
    assert_int_equal(call.error, 99);
    assert_int_equal(pipe_read(pair.client, buffer, 3), 1);
    pipe_call_finish(thread);
    assert_int_equal(call.error, 0);
    pipe_write_pends(pair.server, op, 500);
    call.error = 99;
    thread = start_flush(&call);
    assert_win32(CancelIoEx(pair.server, &op->overlapped));
    pipe_call_finish(thread);
    assert_int_equal(call.error, 0);
    pipe_op_free(op);
    pipe_pair_close(&pair);
}

/* PIPE-090 PIPE-045 */
static void a_flush_ends_when_the_reader_goes(void **state)
{
    struct pipe_pair pair = pipe_pair(0);
    struct pipe_call call = {.pipe = pair.server};
    HANDLE thread;
    (void)state;
    pipe_write(pair.server, "data", 4);
    thread = start_flush(&call);
    CloseHandle(pair.client);
    pipe_call_finish(thread);
    assert_int_equal(call.error, ERROR_BROKEN_PIPE);
    CloseHandle(pair.server);
    pair = pipe_pair(0);
    call.pipe = pair.client;
    pipe_write(pair.client, "data", 4);
    thread = start_flush(&call);
    assert_win32(DisconnectNamedPipe(pair.server));
    pipe_call_finish(thread);
    assert_int_equal(call.error, ERROR_PIPE_NOT_CONNECTED);
    pipe_pair_close(&pair);
}

/* ---- the other end goes ---- */

/* PIPE-093 PIPE-094 PIPE-095 PIPE-091 PIPE-100 PIPE-102 PIPE-107 */
static void what_was_written_outlives_its_writer(void **state)
{
    for (int i = 0; i < 2; i++) {
        struct pipe_pair pair = pipe_pair(0);
        HANDLE left = i ? pair.client : pair.server, gone = i ? pair.server : pair.client;
        struct pipe_op *op = pipe_op_new();
        DWORD values[3] = {7, 7, 7};
        (void)state;
        pipe_write(gone, "rest", 4);
        CloseHandle(gone);
        assert_fails(ERROR_NO_DATA, WriteFile(left, "x", 1, NULL, &op->overlapped));
        assert_int_equal(available(left), 4);
        assert_win32(FlushFileBuffers(left));
        read_gets(left, 10, "rest");
        assert_fails(ERROR_BROKEN_PIPE, ReadFile(left, op->buffer, 1, NULL, &op->overlapped));
        assert_fails(ERROR_BROKEN_PIPE, ReadFile(left, op->buffer, 0, NULL, &op->overlapped));
        assert_fails(ERROR_NO_DATA, WriteFile(left, "x", 1, NULL, &op->overlapped));
        assert_fails(ERROR_BROKEN_PIPE,
                     PeekNamedPipe(left, NULL, 0, &values[0], &values[1], &values[2]));
        assert_int_equal(values[0] + values[1] + values[2], 21);
        pipe_op_free(op);
        CloseHandle(left);
    }
}

/* PIPE-096 PIPE-097 PIPE-105 */
static void what_pends_ends_when_an_end_is_closed(void **state)
{
    for (int i = 0; i < 4; i++) {
        struct pipe_pair pair = pipe_pair(0);
        HANDLE left = i & 1 ? pair.client : pair.server, gone = i & 1 ? pair.server : pair.client;
        struct pipe_op *mine = pipe_op_new(), *theirs = pipe_op_new();
        (void)state;
        if (i & 2) {
            pipe_write_pends(left, mine, 2000);
            pipe_write_pends(gone, theirs, 2000);
        } else {
            pipe_read_pends(left, mine, 10);
            pipe_read_pends(gone, theirs, 10);
        }
        CloseHandle(gone);
        assert_int_equal(pipe_op_result(left, mine, NULL), ERROR_BROKEN_PIPE);
        assert_int_equal(WaitForSingleObject(theirs->overlapped.hEvent, 0), WAIT_OBJECT_0);
        assert_int_equal(theirs->overlapped.Internal, (ULONG)STATUS_PIPE_BROKEN);
        /* What a write that failed had left is not there. */
        assert_fails(ERROR_BROKEN_PIPE, ReadFile(left, mine->buffer, 9, NULL, &mine->overlapped));
        pipe_op_free(mine);
        pipe_op_free(theirs);
        CloseHandle(left);
    }
}

/* PIPE-103 */
static void closing_one_of_two_handles_ends_nothing(void **state)
{
    struct pipe_pair pair = pipe_pair(0);
    struct pipe_op *op = pipe_op_new();
    HANDLE twin;
    (void)state;
    assert_win32(DuplicateHandle(GetCurrentProcess(), pair.server, GetCurrentProcess(), &twin, 0,
                                 FALSE, DUPLICATE_SAME_ACCESS));
    pipe_read_pends(pair.server, op, 4);
    CloseHandle(pair.server);
    pends(twin, op);
    pipe_write(pair.client, "x", 1);
    is_over(twin, op, 0, 1);
    pipe_op_free(op);
    CloseHandle(twin);
    CloseHandle(pair.client);
}

/* ---- looking ahead ---- */

/* PIPE-108 PIPE-109 PIPE-110 PIPE-111 PIPE-112 PIPE-113 */
static void peeking_takes_nothing(void **state)
{
    struct pipe_pair bytes = pipe_pair(PIPE_TYPE_BYTE), messages = pipe_pair(PIPE_TYPE_MESSAGE);
    char buffer[32];
    (void)state;
    peek(bytes.server, buffer, 4, 0, 0, 0);
    pipe_write(bytes.client, "0123456789", 10);
    peek(bytes.server, buffer, 4, 4, 10, (DWORD)-4);
    assert_memory_equal(buffer, "0123", 4);
    peek(bytes.server, NULL, 0, 0, 10, 0);
    peek(bytes.server, (void *)16, 0, 0, 10, 0);
    assert_win32(PeekNamedPipe(bytes.server, NULL, 0, NULL, NULL, NULL));
    /* The client reads bytes, yet sees one message at a time. */
    pipe_write(messages.server, "0123456789", 10);
    pipe_write(messages.server, "abcdefghi", 9);
    peek(messages.client, buffer, 4, 4, 19, 6);
    peek(messages.client, buffer, 32, 10, 19, 0);
    assert_int_equal(pipe_read(messages.client, buffer, 32), 19);
    pipe_pair_close(&bytes);
    pipe_pair_close(&messages);
}

/* ---- transactions ---- */

/* PIPE-133 PIPE-134 PIPE-135 PIPE-136 PIPE-139 */
static void a_transaction_writes_then_reads(void **state)
{
    struct pipe_pair bytes = pipe_pair(PIPE_TYPE_BYTE);
    struct pipe_pair pair = pipe_pair_of(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 10, 10);
    struct pipe_op *op = pipe_op_new();
    char buffer[32];
    (void)state;
    assert_fails(ERROR_BAD_PIPE,
                 TransactNamedPipe(bytes.client, "x", 1, buffer, 4, NULL, &op->overlapped));
    assert_fails(ERROR_BAD_PIPE,
                 TransactNamedPipe(pair.client, "x", 1, buffer, 4, NULL, &op->overlapped));
    pipe_read_messages(pair.client);
    pipe_write(pair.server, "early", 5);
    assert_fails(ERROR_PIPE_BUSY,
                 TransactNamedPipe(pair.client, "x", 1, buffer, 4, NULL, &op->overlapped));
    read_gets(pair.client, 10, "early");
    pipe_write(pair.client, "fill it up", 10);
    assert_fails(ERROR_IO_PENDING, TransactNamedPipe(pair.client, "request", 7, op->buffer, 4, NULL,
                                                     &op->overlapped));
    read_gets(pair.server, 20, "fill it up");
    read_gets(pair.server, 20, "request");
    pipe_write(pair.server, "answer", 6);
    is_over(pair.client, op, ERROR_MORE_DATA, 4);
    read_gets(pair.client, 20, "er");
    assert_fails(ERROR_IO_PENDING,
                 TransactNamedPipe(pair.client, "", 0, op->buffer, 4, NULL, &op->overlapped));
    read_gets(pair.server, 20, "");
    pipe_write(pair.server, "", 0);
    is_over(pair.client, op, 0, 0);
    pipe_op_free(op);
    pipe_pair_close(&bytes);
    pipe_pair_close(&pair);
}

/* PIPE-137 PIPE-138 */
static void a_cancelled_transaction_has_sent_its_request(void **state)
{
    struct pipe_pair pair = pipe_pair(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE);
    struct pipe_op *op = pipe_op_new();
    (void)state;
    pipe_read_messages(pair.client);
    assert_fails(ERROR_IO_PENDING, TransactNamedPipe(pair.client, "request", 7, op->buffer, 4, NULL,
                                                     &op->overlapped));
    assert_win32(CancelIo(pair.client));
    is_over(pair.client, op, ERROR_OPERATION_ABORTED, 0);
    read_gets(pair.server, 20, "request");
    CloseHandle(pair.server);
    assert_fails(ERROR_BAD_PIPE,
                 TransactNamedPipe(pair.client, "x", 1, op->buffer, 4, NULL, &op->overlapped));
    pipe_op_free(op);
    CloseHandle(pair.client);
}

static DWORD CALLBACK answer_one_call(void *server)
{
    char buffer[16];
    DWORD bytes;
    if (!ConnectNamedPipe(server, NULL) && GetLastError() != ERROR_PIPE_CONNECTED)
        return 1;
    if (!ReadFile(server, buffer, sizeof buffer, &bytes, NULL))
        return 2;
    WriteFile(server, "a long answer", 13, &bytes, NULL);
    FlushFileBuffers(server);
    DisconnectNamedPipe(server);
    return 0;
}

/* PIPE-140 */
static void a_call_is_open_transact_and_close(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE server, thread, client;
    char buffer[16];
    DWORD bytes;
    (void)state;
    assert_fails(ERROR_FILE_NOT_FOUND, CallNamedPipeA(name, "x", 1, buffer, 4, &bytes, 10));
    server = pipe_server(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE);
    assert_false(CallNamedPipeA(name, "x", 1, buffer, 4, &bytes, 10));
    CloseHandle(server);
    server = pipe_server(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE);
    client = pipe_client(name, 0);
    assert_fails(ERROR_SEM_TIMEOUT, CallNamedPipeA(name, "x", 1, buffer, 4, &bytes, 10));
    CloseHandle(client);
    assert_win32(DisconnectNamedPipe(server));
    for (int i = 0; i < 2; i++) {
        thread = CreateThread(NULL, 0, answer_one_call, server, 0, NULL);
        wait_until(WaitNamedPipeA(name, 1));
        if (i == 0) {
            assert_win32(CallNamedPipeA(name, "x", 1, buffer, 16, &bytes, NMPWAIT_WAIT_FOREVER));
            assert_int_equal(bytes, 13);
        } else {
            assert_fails(ERROR_MORE_DATA,
                         CallNamedPipeA(name, "x", 1, buffer, 4, &bytes, NMPWAIT_WAIT_FOREVER));
            assert_int_equal(bytes, 4);
        }
        pipe_call_finish(thread);
    }
    CloseHandle(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_run_together),
        cmocka_unit_test(messages_stay_apart),
        cmocka_unit_test(a_long_message_read_with_overlapped_tells_its_count_there),
        cmocka_unit_test(empty_messages_are_messages),
        cmocka_unit_test(a_read_of_nothing_waits_for_data),
        cmocka_unit_test(the_oldest_read_gets_the_data),
        cmocka_unit_test(the_handle_is_signaled_by_what_has_no_event),
        cmocka_unit_test(cancels_reach_through_duplicates_and_shared_blocks),
        cmocka_unit_test(bad_buffers_are_refused),
        cmocka_unit_test(a_buffer_must_be_there_to_its_end),
        cmocka_unit_test(completion_routines_run_in_alertable_waits),
        cmocka_unit_test(writes_pend_beyond_the_quota),
        cmocka_unit_test(a_big_write_pends_whole_and_is_visible),
        cmocka_unit_test(a_waiting_reader_adds_to_the_quota),
        cmocka_unit_test(later_writes_queue_behind_one_that_pends),
        cmocka_unit_test(a_cancelled_write_takes_its_bytes_back),
        cmocka_unit_test(without_a_quota_every_write_waits_for_its_reader),
        cmocka_unit_test(a_handle_that_does_not_wait_moves_what_it_can),
        cmocka_unit_test(a_flush_waits_for_the_reader),
        cmocka_unit_test(a_flush_ends_when_the_reader_goes),
        cmocka_unit_test(what_was_written_outlives_its_writer),
        cmocka_unit_test(what_pends_ends_when_an_end_is_closed),
        cmocka_unit_test(closing_one_of_two_handles_ends_nothing),
        cmocka_unit_test(peeking_takes_nothing),
        cmocka_unit_test(a_transaction_writes_then_reads),
        cmocka_unit_test(a_cancelled_transaction_has_sent_its_request),
        cmocka_unit_test(a_call_is_open_transact_and_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

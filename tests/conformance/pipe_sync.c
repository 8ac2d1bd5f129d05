/* Named pipes: calls that wait, and handles that do one thing at a time (pipes.md section 4). */
#include "pipes.h"

/* PIPE-027 PIPE-066 PIPE-067 */
static void a_call_without_a_status_block_waits(void **state)
{
    const char *name = pipe_unique_name();
    DWORD modes[3] = {FILE_FLAG_OVERLAPPED, 0, 0}, bytes, id;
    (void)state;
    for (int i = 0; i < 3; i++) {
        HANDLE server = pipe_server(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0), thread;
        OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
        struct pipe_call call = {.pipe = pipe_client(name, modes[i]),
                                 .overlapped = i == 2 ? &overlapped : NULL};
        thread = pipe_call_read(&call, &id);
        pipe_write(server, "there", 5);
        pipe_call_finish(thread);
        assert_int_equal(call.error, 0);
        assert_int_equal(call.bytes, 5);
        if (i == 2)
            assert_int_equal(overlapped.InternalHigh, 5);
        assert_int_equal(WaitForSingleObject(overlapped.hEvent, 0),
                         i == 2 ? WAIT_OBJECT_0 : WAIT_TIMEOUT);
        assert_true(i == 0 || WriteFile(call.pipe, "x", 1, &bytes, NULL));
        CloseHandle(overlapped.hEvent);
        CloseHandle(call.pipe);
        CloseHandle(server);
    }
}

static void CALLBACK count_apc(ULONG_PTR argument)
{
    InterlockedIncrement(&((struct pipe_call *)argument)->apcs);
}

/* PIPE-068 */
static void a_waiting_read_is_not_alertable(void **state)
{
    struct pipe_pair pair = pipe_sync_pair(0);
    struct pipe_call call = {.pipe = pair.server};
    DWORD bytes, id;
    HANDLE thread = pipe_call_read(&call, &id);
    (void)state;
    assert_true(QueueUserAPC(count_apc, thread, (ULONG_PTR)&call));
    wait_until_asleep(id);
    assert_win32(WriteFile(pair.client, "x", 1, &bytes, NULL));
    pipe_call_finish(thread);
    assert_int_equal(call.bytes, 1);
    assert_int_equal(call.apcs, 0);
    pipe_pair_close(&pair);
}

/* PIPE-069 */
static void synchronous_calls_are_cancelled_by_thread(void **state)
{
    struct pipe_pair pair = pipe_sync_pair(0);
    struct pipe_call call = {.pipe = pair.server};
    DWORD id;
    HANDLE thread = pipe_call_read(&call, &id);
    (void)state;
    assert_keeps_last_error(assert_win32(CancelSynchronousIo(thread)));
    pipe_call_finish(thread);
    assert_int_equal(call.error, ERROR_OPERATION_ABORTED);
    assert_fails(ERROR_NOT_FOUND, CancelSynchronousIo(GetCurrentThread()));
    assert_fails(ERROR_INVALID_HANDLE, CancelSynchronousIo((HANDLE)0xdead0));
    pipe_pair_close(&pair);
}

static DWORD CALLBACK write_sync(void *argument)
{
    struct pipe_call *call = argument;
    call->error = WriteFile(call->pipe, "reply", 5, &call->bytes, NULL) ? 0 : GetLastError();
    return 0;
}

/* A read waits on the handle, and a write behind it. */
static void start_both(struct pipe_call *read, struct pipe_call *write, HANDLE threads[2])
{
    DWORD id;
    threads[0] = pipe_call_read(read, &id);
    threads[1] = CreateThread(NULL, 0, write_sync, write, 0, &id);
    assert_non_null(threads[1]);
    wait_until_asleep(id);
}

/* PIPE-065 */
static void a_synchronous_handle_does_one_thing_at_a_time(void **state)
{
    struct pipe_pair pair = pipe_sync_pair(0);
    struct pipe_call read = {.pipe = pair.server}, write = {.pipe = pair.server};
    HANDLE threads[2];
    DWORD available = 99, bytes;
    char buffer[8];
    (void)state;
    start_both(&read, &write, threads);
    assert_win32(PeekNamedPipe(pair.client, NULL, 0, NULL, &available, NULL));
    assert_int_equal(available, 0);
    assert_win32(WriteFile(pair.client, "request", 7, &bytes, NULL));
    pipe_call_finish(threads[0]);
    pipe_call_finish(threads[1]);
    assert_int_equal(read.bytes, 7);
    assert_int_equal(write.error, 0);
    assert_win32(ReadFile(pair.client, buffer, sizeof buffer, &bytes, NULL));
    assert_int_equal(bytes, 5);
    pipe_pair_close(&pair);
}

/* PIPE-065 PIPE-069 PIPE-093 PIPE-095 */
static void whoever_waits_for_a_synchronous_handle_gets_away(void **state)
{
    struct pipe_pair pair = pipe_sync_pair(0);
    struct pipe_call read = {.pipe = pair.server}, write = {.pipe = pair.server};
    HANDLE threads[2];
    (void)state;
    start_both(&read, &write, threads);
    assert_win32(CancelSynchronousIo(threads[1]));
    pipe_call_finish(threads[1]);
    assert_int_equal(write.error, ERROR_OPERATION_ABORTED);
    assert_win32(CancelSynchronousIo(threads[0]));
    pipe_call_finish(threads[0]);
    start_both(&read, &write, threads);
    assert_win32(TerminateThread(threads[0], 1)); /* its read goes with it */
    pipe_call_finish(threads[0]);
    pipe_call_finish(threads[1]);
    assert_int_equal(write.error, 0);
    start_both(&read, &write, threads);
    assert_win32(CloseHandle(pair.client));
    pipe_call_finish(threads[0]);
    pipe_call_finish(threads[1]);
    assert_int_equal(read.error, ERROR_BROKEN_PIPE);
    assert_int_equal(write.error, ERROR_NO_DATA);
    assert_win32(CloseHandle(pair.server));
    pair = pipe_sync_pair(0);
    read.pipe = write.pipe = pair.server;
    start_both(&read, &write, threads);
    assert_win32(CloseHandle(pair.server));
    pipe_call_finish(threads[0]);
    pipe_call_finish(threads[1]);
    assert_int_not_equal(write.error, 0);
    assert_win32(CloseHandle(pair.client));
}

/* PIPE-009: as a program that waits for its standard input does. */
static void a_synchronous_call_leaves_its_handle_signaled(void **state)
{
    struct pipe_pair pair = pipe_sync_pair(0);
    HANDLE read_end, write_end;
    char byte;
    DWORD moved;
    (void)state;
    assert_win32(WriteFile(pair.client, "x", 1, &moved, NULL));
    assert_int_equal(WaitForSingleObject(pair.client, 0), WAIT_OBJECT_0);
    assert_win32(ReadFile(pair.server, &byte, 1, &moved, NULL));
    assert_int_equal(WaitForSingleObject(pair.server, 0), WAIT_OBJECT_0);
    pipe_pair_close(&pair);
    assert_win32(CreatePipe(&read_end, &write_end, NULL, 0));
    assert_win32(WriteFile(write_end, "x", 1, &moved, NULL));
    assert_int_equal(WaitForSingleObject(write_end, 0), WAIT_OBJECT_0);
    assert_win32(ReadFile(read_end, &byte, 1, &moved, NULL));
    assert_int_equal(WaitForSingleObject(read_end, 0), WAIT_OBJECT_0);
    CloseHandle(read_end);
    CloseHandle(write_end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_without_a_status_block_waits),
        cmocka_unit_test(a_waiting_read_is_not_alertable),
        cmocka_unit_test(synchronous_calls_are_cancelled_by_thread),
        cmocka_unit_test(a_synchronous_handle_does_one_thing_at_a_time),
        cmocka_unit_test(whoever_waits_for_a_synchronous_handle_gets_away),
        cmocka_unit_test(a_synchronous_call_leaves_its_handle_signaled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

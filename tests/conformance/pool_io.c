/* Files whose completions are thread-pool callbacks: I/O objects (threads.md §9) and
 * BindIoCompletionCallback (ports.md section 9). */
#include "sockets.h"

#include <sys/wait.h>
#include <unistd.h>

/* What a callback was given; `count` moves last. */
struct outcome {
    _Atomic LONG count;
    _Atomic(PVOID) overlapped;
    _Atomic ULONG result;
    _Atomic ULONG_PTR bytes;
    _Atomic(PTP_IO) io;
    _Atomic DWORD thread;
    HANDLE gate; /* NULL: none */
};

static VOID CALLBACK io_done(PTP_CALLBACK_INSTANCE instance, PVOID context, PVOID overlapped,
                             ULONG result, ULONG_PTR bytes, PTP_IO io)
{
    struct outcome *outcome = context;
    (void)instance;
    outcome->overlapped = overlapped;
    outcome->result = result;
    outcome->bytes = bytes;
    outcome->io = io;
    outcome->thread = GetCurrentThreadId();
    ++outcome->count;
    if (outcome->gate)
        WaitForSingleObject(outcome->gate, INFINITE);
}

/* A connected pair; the server's end completes in callbacks. */
struct pair {
    SOCKET client, server;
    PTP_IO io;
    struct outcome outcome;
    char buffer[16];
};

static void open_pair_in(struct pair *pair, PTP_CALLBACK_ENVIRON environment)
{
    memset(pair, 0, sizeof *pair);
    test_tcp_pair(&pair->client, &pair->server);
    pair->io = CreateThreadpoolIo((HANDLE)pair->server, io_done, &pair->outcome, environment);
    assert_non_null(pair->io);
}

static void open_pair(struct pair *pair)
{
    open_pair_in(pair, NULL);
}

static void close_pair(struct pair *pair)
{
    closesocket(pair->server);
    WaitForThreadpoolIoCallbacks(pair->io, FALSE);
    CloseThreadpoolIo(pair->io);
    closesocket(pair->client);
}

static void receive(struct pair *pair, OVERLAPPED *overlapped)
{
    StartThreadpoolIo(pair->io);
    test_receive_pends(pair->server, pair->buffer, sizeof pair->buffer, overlapped);
}

static void feed(struct pair *pair, const char *text)
{
    assert_int_equal(send(pair->client, text, (int)strlen(text), 0), (int)strlen(text));
}

static BOOL is_final(const OVERLAPPED *overlapped)
{
    return __atomic_load_n((const DWORD *)&overlapped->Internal, __ATOMIC_ACQUIRE) == 0;
}

static HANDLE open_file(const char *path, DWORD flags)
{
    HANDLE file =
        CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_ALWAYS, flags, NULL);
    assert_ptr_not_equal(file, INVALID_HANDLE_VALUE);
    return file;
}

/* THRD-131 PORT-139 */
static void an_io_object_needs_an_overlapped_file_on_no_port(void **state)
{
    struct outcome outcome = {0};
    HANDLE plain = open_file(test_temp_path(), 0);
    HANDLE file = open_file(test_temp_path(), FILE_FLAG_OVERLAPPED);
    HANDLE port = CreateIoCompletionPort(file, NULL, 0, 0);
    (void)state;
    assert_fails(ERROR_INVALID_PARAMETER, CreateThreadpoolIo(plain, io_done, &outcome, NULL));
    assert_fails(ERROR_INVALID_PARAMETER, CreateThreadpoolIo(file, io_done, &outcome, NULL));
    assert_fails(ERROR_INVALID_PARAMETER, CreateThreadpoolIo(file, NULL, &outcome, NULL));
    assert_fails(ERROR_INVALID_HANDLE, CreateThreadpoolIo(NULL, io_done, &outcome, NULL));
    CloseHandle(plain);
    CloseHandle(file);
    CloseHandle(port);
}

/* THRD-132 THRD-133 THRD-134 PORT-136 */
static void a_completion_calls_back_with_all_there_is_to_know(void **state)
{
    OVERLAPPED overlapped = {0};
    struct pair pair;
    (void)state;
    open_pair(&pair);
    WaitForThreadpoolIoCallbacks(pair.io, FALSE);
    receive(&pair, &overlapped);
    feed(&pair, "hello");
    WaitForThreadpoolIoCallbacks(pair.io, FALSE);
    assert_int_equal(pair.outcome.count, 1);
    assert_ptr_equal(pair.outcome.overlapped, &overlapped);
    assert_int_equal(pair.outcome.result, 0);
    assert_int_equal(pair.outcome.bytes, 5);
    assert_ptr_equal(pair.outcome.io, pair.io);
    assert_int_not_equal(pair.outcome.thread, GetCurrentThreadId());
    assert_int_equal(overlapped.Internal, 0);
    assert_memory_equal(pair.buffer, "hello", 5);
    close_pair(&pair);
}

/* THRD-135 THRD-137 PORT-136 PORT-137 */
static void immediate_success_calls_back_unless_skipped(void **state)
{
    OVERLAPPED overlapped = {0};
    WSABUF text = {2, "hi"};
    struct pair pair;
    (void)state;
    open_pair(&pair);
    StartThreadpoolIo(pair.io);
    assert_wsa(WSASend(pair.server, &text, 1, NULL, 0, &overlapped, NULL));
    WaitForThreadpoolIoCallbacks(pair.io, FALSE);
    assert_int_equal(pair.outcome.count, 1);
    assert_int_equal(pair.outcome.bytes, 2);
    assert_win32(SetFileCompletionNotificationModes((HANDLE)pair.server,
                                                    FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    StartThreadpoolIo(pair.io);
    assert_wsa(WSASend(pair.server, &text, 1, NULL, 0, &overlapped, NULL));
    CancelThreadpoolIo(pair.io);
    WaitForThreadpoolIoCallbacks(pair.io, FALSE);
    assert_int_equal(pair.outcome.count, 1);
    close_pair(&pair);
}

/* THRD-136 PORT-137 */
static void a_call_that_fails_at_once_is_cancelled_by_the_program(void **state)
{
    OVERLAPPED overlapped = {0};
    HANDLE file = open_file(test_temp_path(), FILE_FLAG_OVERLAPPED);
    struct outcome outcome = {0};
    PTP_IO io = CreateThreadpoolIo(file, io_done, &outcome, NULL);
    char byte;
    (void)state;
    assert_non_null(io);
    StartThreadpoolIo(io);
    if (!ReadFile(file, &byte, 1, NULL, &overlapped) && GetLastError() != ERROR_IO_PENDING)
        CancelThreadpoolIo(io);
    WaitForThreadpoolIoCallbacks(io, FALSE);
    assert_true(outcome.count == 0 || outcome.result == ERROR_HANDLE_EOF);
    CloseHandle(file);
    CloseThreadpoolIo(io);
}

/* THRD-134 */
static void file_transfers_call_back(void **state)
{
    enum { WRITES = 64 };
    static OVERLAPPED overlapped[WRITES];
    HANDLE file = open_file(test_temp_path(), FILE_FLAG_OVERLAPPED);
    struct outcome outcome = {0};
    PTP_IO io = CreateThreadpoolIo(file, io_done, &outcome, NULL);
    (void)state;
    for (int i = 0; i < WRITES; i++) {
        overlapped[i] = (OVERLAPPED){.Offset = (DWORD)i * 4};
        StartThreadpoolIo(io);
        assert_true(WriteFile(file, "abcd", 4, NULL, &overlapped[i]) ||
                    GetLastError() == ERROR_IO_PENDING);
    }
    WaitForThreadpoolIoCallbacks(io, FALSE);
    assert_int_equal(outcome.count, WRITES);
    for (int i = 0; i < WRITES; i++)
        assert_int_equal(overlapped[i].InternalHigh, 4);
    CloseHandle(file);
    CloseThreadpoolIo(io);
}

/* THRD-138 PORT-136 */
static void a_cancelled_operation_calls_back(void **state)
{
    OVERLAPPED overlapped = {0};
    struct pair pair;
    (void)state;
    open_pair(&pair);
    receive(&pair, &overlapped);
    assert_win32(CancelIo((HANDLE)pair.server));
    WaitForThreadpoolIoCallbacks(pair.io, FALSE);
    assert_int_equal(pair.outcome.count, 1);
    assert_int_equal(pair.outcome.result, ERROR_OPERATION_ABORTED);
    assert_int_equal(pair.outcome.bytes, 0);
    close_pair(&pair);
}

/* THRD-139 THRD-144 PORT-138 */
static void waiting_with_cancel_forgets_the_start(void **state)
{
    OVERLAPPED overlapped = {0};
    struct pair pair;
    (void)state;
    open_pair(&pair);
    StartThreadpoolIo(pair.io);
    WaitForThreadpoolIoCallbacks(pair.io, TRUE);
    receive(&pair, &overlapped);
    feed(&pair, "one");
    WaitForThreadpoolIoCallbacks(pair.io, FALSE);
    assert_int_equal(pair.outcome.count, 1);
    /* The operation itself goes on. */
    receive(&pair, &overlapped);
    WaitForThreadpoolIoCallbacks(pair.io, TRUE);
    feed(&pair, "three");
    wait_until(is_final(&overlapped));
    assert_int_equal(overlapped.InternalHigh, 5);
    close_pair(&pair);
    assert_int_equal(pair.outcome.count, 1);
}

static VOID CALLBACK count_only(PTP_CALLBACK_INSTANCE instance, PVOID context)
{
    (void)instance;
    ++*(_Atomic LONG *)context;
}

/* The only thread of the pool has done with the completion, whose status block is final. */
static void wait_until_dropped(OVERLAPPED *overlapped, PTP_CALLBACK_ENVIRON environment)
{
    _Atomic LONG behind = 0;
    wait_until(is_final(overlapped));
    assert_win32(TrySubmitThreadpoolCallback(count_only, (PVOID)&behind, environment));
    wait_until(behind == 1);
}

/* THRD-140 THRD-141 PORT-137 */
static void a_completion_nobody_announced_is_dropped(void **state)
{
    OVERLAPPED overlapped = {0};
    TP_CALLBACK_ENVIRON environment;
    PTP_POOL pool = CreateThreadpool(NULL);
    struct pair pair;
    (void)state;
    SetThreadpoolThreadMaximum(pool, 1);
    InitializeThreadpoolEnvironment(&environment);
    SetThreadpoolCallbackPool(&environment, pool);
    open_pair_in(&pair, &environment);
    receive(&pair, &overlapped);
    CancelThreadpoolIo(pair.io);
    feed(&pair, "one");
    wait_until_dropped(&overlapped, &environment);
    test_receive_pends(pair.server, pair.buffer, sizeof pair.buffer, &overlapped);
    feed(&pair, "two");
    wait_until_dropped(&overlapped, &environment);
    receive(&pair, &overlapped); /* and what is announced arrives */
    feed(&pair, "three");
    WaitForThreadpoolIoCallbacks(pair.io, FALSE);
    assert_int_equal(pair.outcome.count, 1);
    assert_int_equal(pair.outcome.bytes, 5);
    CancelThreadpoolIo(pair.io); /* one too many changes nothing */
    WaitForThreadpoolIoCallbacks(pair.io, FALSE);
    close_pair(&pair);
    CloseThreadpool(pool);
}

/* THRD-142 PORT-138 */
static void a_closed_io_object_delivers_what_is_outstanding(void **state)
{
    OVERLAPPED overlapped = {0}, late = {0};
    struct pair pair;
    (void)state;
    open_pair(&pair);
    receive(&pair, &overlapped);
    CloseThreadpoolIo(pair.io);
    feed(&pair, "last");
    wait_until(pair.outcome.count == 1);
    assert_int_equal(pair.outcome.bytes, 4);
    test_receive_pends(pair.server, pair.buffer, sizeof pair.buffer, &late);
    StartThreadpoolIo(pair.io);
    feed(&pair, "x");
    wait_until(is_final(&late));
    assert_int_equal(pair.outcome.count, 1);
    closesocket(pair.server);
    closesocket(pair.client);
}

/* THRD-143 PORT-138 */
static void closing_the_file_ends_its_operations_in_callbacks(void **state)
{
    OVERLAPPED overlapped = {0};
    struct pair pair;
    (void)state;
    open_pair(&pair);
    receive(&pair, &overlapped);
    closesocket(pair.server);
    WaitForThreadpoolIoCallbacks(pair.io, FALSE);
    assert_int_equal(pair.outcome.count, 1);
    assert_true(pair.outcome.result == ERROR_OPERATION_ABORTED ||
                pair.outcome.result == ERROR_CONNECTION_ABORTED ||
                pair.outcome.result == ERROR_NETNAME_DELETED);
    assert_int_equal(pair.outcome.bytes, 0);
    CloseThreadpoolIo(pair.io);
    closesocket(pair.client);
}

/* THRD-134 */
static void a_callback_that_waits_does_not_hold_up_other_completions(void **state)
{
    OVERLAPPED overlapped[8] = {{0}};
    struct pair pairs[8];
    HANDLE gate = CreateEventW(NULL, TRUE, FALSE, NULL);
    (void)state;
    for (int i = 0; i < 8; i++) {
        open_pair(&pairs[i]);
        pairs[i].outcome.gate = gate;
        receive(&pairs[i], &overlapped[i]);
    }
    for (int i = 0; i < 8; i++) {
        feed(&pairs[i], "go");
        wait_until(pairs[i].outcome.count == 1);
    }
    SetEvent(gate);
    for (int i = 0; i < 8; i++)
        close_pair(&pairs[i]);
    CloseHandle(gate);
}

/* ---- BindIoCompletionCallback ---- */

static _Atomic LONG bound_count, bound_error, bound_bytes;
static _Atomic(LPOVERLAPPED) bound_overlapped;

static VOID CALLBACK bound(DWORD error, DWORD bytes, LPOVERLAPPED overlapped)
{
    bound_error = (LONG)error;
    bound_bytes = (LONG)bytes;
    bound_overlapped = overlapped;
    ++bound_count;
}

/* PORT-134 THRD-145 THRD-146 */
static void binding_a_callback_checks_the_file(void **state)
{
    HANDLE plain = open_file(test_temp_path(), 0);
    HANDLE file = open_file(test_temp_path(), FILE_FLAG_OVERLAPPED);
    (void)state;
    assert_fails(ERROR_INVALID_PARAMETER, BindIoCompletionCallback(plain, bound, 0));
    assert_fails(ERROR_INVALID_PARAMETER, BindIoCompletionCallback(file, bound, 12345));
    assert_win32(BindIoCompletionCallback(file, bound, 0));
    assert_fails(ERROR_INVALID_PARAMETER, BindIoCompletionCallback(file, bound, 0));
    assert_fails(ERROR_INVALID_PARAMETER, BindIoCompletionCallback(file, NULL, 0));
    assert_fails(ERROR_INVALID_HANDLE, BindIoCompletionCallback(NULL, bound, 0));
    CloseHandle(plain);
    CloseHandle(file);
}

/* PORT-135 THRD-147 */
static void a_bound_callback_gets_error_bytes_and_overlapped(void **state)
{
    OVERLAPPED overlapped = {0};
    SOCKET client, server;
    char buffer[8];
    (void)state;
    bound_count = 0;
    test_tcp_pair(&client, &server);
    assert_win32(BindIoCompletionCallback((HANDLE)server, bound, 0));
    test_receive_pends(server, buffer, sizeof buffer, &overlapped);
    assert_int_equal(send(client, "abc", 3, 0), 3);
    wait_until(bound_count == 1);
    assert_int_equal(bound_error, 0);
    assert_int_equal(bound_bytes, 3);
    assert_ptr_equal(bound_overlapped, &overlapped);
    test_receive_pends(server, buffer, sizeof buffer, &overlapped);
    assert_win32(CancelIoEx((HANDLE)server, NULL));
    wait_until(bound_count == 2);
    assert_int_equal(bound_error, ERROR_OPERATION_ABORTED);
    assert_int_equal(bound_bytes, 0);
    closesocket(server);
    closesocket(client);
}

/* THRD-098 */
static void the_child_of_a_fork_has_a_pool_of_its_own(void **state)
{
    _Atomic LONG count = 0;
    int status;
    pid_t child;
    (void)state;
#ifdef __SANITIZE_THREAD__
    skip(); /* which lets the child of a threaded process start no thread */
#endif
    assert_win32(TrySubmitThreadpoolCallback(count_only, (PVOID)&count, NULL));
    wait_until(count == 1);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        unsigned long long give_up = test__now_ms() + TEST_DEADLINE_MS;
        if (!TrySubmitThreadpoolCallback(count_only, (PVOID)&count, NULL))
            _exit(1);
        while (count != 2 && test__now_ms() < give_up)
            test__yield();
        _exit(count == 2 ? 0 : 2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_io_object_needs_an_overlapped_file_on_no_port),
        cmocka_unit_test(a_completion_calls_back_with_all_there_is_to_know),
        cmocka_unit_test(immediate_success_calls_back_unless_skipped),
        cmocka_unit_test(a_call_that_fails_at_once_is_cancelled_by_the_program),
        cmocka_unit_test(file_transfers_call_back),
        cmocka_unit_test(a_cancelled_operation_calls_back),
        cmocka_unit_test(waiting_with_cancel_forgets_the_start),
        cmocka_unit_test(a_completion_nobody_announced_is_dropped),
        cmocka_unit_test(a_closed_io_object_delivers_what_is_outstanding),
        cmocka_unit_test(closing_the_file_ends_its_operations_in_callbacks),
        cmocka_unit_test(a_callback_that_waits_does_not_hold_up_other_completions),
        cmocka_unit_test(binding_a_callback_checks_the_file),
        cmocka_unit_test(a_bound_callback_gets_error_bytes_and_overlapped),
        cmocka_unit_test(the_child_of_a_fork_has_a_pool_of_its_own),
    };
    return cmocka_run_group_tests(tests, test_winsock_up, test_winsock_down);
}

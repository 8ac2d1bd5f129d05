#include "pipes.h"

#include <stdatomic.h>
#include <unistd.h>

const char *pipe_unique_name(void)
{
    static _Atomic unsigned next;
    static char names[16][64]; /* the last so many stay valid */
    unsigned number = atomic_fetch_add(&next, 1);
    sprintf(names[number % 16], "\\\\.\\pipe\\portico-test-%d-%u", (int)getpid(), number);
    return names[number % 16];
}

HANDLE pipe_server(const char *name, DWORD open_mode, DWORD mode)
{
    HANDLE server =
        CreateNamedPipeA(name, open_mode, mode, PIPE_UNLIMITED_INSTANCES, 1024, 1024, 100, NULL);
    assert_ptr_not_equal(server, INVALID_HANDLE_VALUE);
    return server;
}

HANDLE pipe_client(const char *name, DWORD flags)
{
    HANDLE client =
        CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, flags, NULL);
    assert_ptr_not_equal(client, INVALID_HANDLE_VALUE);
    return client;
}

struct pipe_pair pipe_pair_of(DWORD mode, DWORD out_bytes, DWORD in_bytes)
{
    const char *name = pipe_unique_name();
    struct pipe_pair pair;
    pair.server = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, mode,
                                   PIPE_UNLIMITED_INSTANCES, out_bytes, in_bytes, 0, NULL);
    assert_ptr_not_equal(pair.server, INVALID_HANDLE_VALUE);
    pair.client = pipe_client(name, FILE_FLAG_OVERLAPPED);
    return pair;
}

struct pipe_pair pipe_pair(DWORD mode)
{
    return pipe_pair_of(mode, 1024, 1024);
}

void pipe_pair_close(struct pipe_pair *pair)
{
    assert_win32(CloseHandle(pair->server));
    assert_win32(CloseHandle(pair->client));
}

void pipe_read_messages(HANDLE pipe)
{
    DWORD mode = PIPE_READMODE_MESSAGE;
    assert_win32(SetNamedPipeHandleState(pipe, &mode, NULL, NULL));
}

struct pipe_op *pipe_op_new(void)
{
    struct pipe_op *op = calloc(1, sizeof *op);
    assert_non_null(op);
    op->overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    assert_non_null(op->overlapped.hEvent);
    for (size_t i = 0; i < sizeof op->buffer; i++)
        op->buffer[i] = (char)(i * 7);
    return op;
}

void pipe_op_free(struct pipe_op *op)
{
    assert_win32(CloseHandle(op->overlapped.hEvent));
    free(op);
}

void pipe_read_pends(HANDLE pipe, struct pipe_op *op, DWORD size)
{
    assert_fails(ERROR_IO_PENDING, ReadFile(pipe, op->buffer, size, NULL, &op->overlapped));
}

void pipe_write_pends(HANDLE pipe, struct pipe_op *op, DWORD size)
{
    assert_fails(ERROR_IO_PENDING, WriteFile(pipe, op->buffer, size, NULL, &op->overlapped));
}

void pipe_connect_pends(HANDLE pipe, struct pipe_op *op)
{
    assert_fails(ERROR_IO_PENDING, ConnectNamedPipe(pipe, &op->overlapped));
}

void pipe_write(HANDLE pipe, const void *data, DWORD size)
{
    struct pipe_op *op = pipe_op_new();
    DWORD bytes = 0;
    assert_win32(WriteFile(pipe, data, size, &bytes, &op->overlapped));
    assert_int_equal(bytes, size);
    pipe_op_free(op);
}

DWORD pipe_read(HANDLE pipe, void *buffer, DWORD size)
{
    struct pipe_op *op = pipe_op_new();
    DWORD bytes = 0;
    assert_win32(ReadFile(pipe, buffer, size, &bytes, &op->overlapped));
    pipe_op_free(op);
    return bytes;
}

int pipe_op_is_over(HANDLE pipe, struct pipe_op *op)
{
    DWORD bytes;
    return GetOverlappedResult(pipe, &op->overlapped, &bytes, FALSE) ||
           GetLastError() != ERROR_IO_INCOMPLETE;
}

DWORD pipe_op_result(HANDLE pipe, struct pipe_op *op, DWORD *bytes)
{
    DWORD ignored;
    wait_until(pipe_op_is_over(pipe, op));
    return GetOverlappedResult(pipe, &op->overlapped, bytes ? bytes : &ignored, FALSE)
               ? 0
               : GetLastError();
}

/* A connected pair of synchronous handles. */
struct pipe_pair pipe_sync_pair(DWORD mode)
{
    const char *name = pipe_unique_name();
    struct pipe_pair pair;
    pair.server = pipe_server(name, PIPE_ACCESS_DUPLEX, mode);
    pair.client = pipe_client(name, 0);
    return pair;
}

static DWORD CALLBACK read_sync(void *argument)
{
    struct pipe_call *call = argument;
    BOOL ok =
        ReadFile(call->pipe, call->buffer, sizeof call->buffer, &call->bytes, call->overlapped);
    call->error = ok ? 0 : GetLastError();
    return 0;
}

HANDLE pipe_call_read(struct pipe_call *call, DWORD *id)
{
    HANDLE thread = CreateThread(NULL, 0, read_sync, call, 0, id);
    assert_non_null(thread);
    wait_until_asleep(*id);
    return thread;
}

void pipe_call_finish(HANDLE thread)
{
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    CloseHandle(thread);
}

/* Entry points of namedpipeapi.h. Named pipes are in pipe.c; the anonymous one is the kernel's. */
#include <namedpipeapi.h>

#include "last_error.h"
#include "path.h"
#include "pipe.h"
#include "stream.h"
#include "transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <winbase.h>

enum { PIPE_USUAL_BYTES = 65536 };

/* ---- the anonymous pipe ---- */

/* Takes over the descriptor. */
static NTSTATUS pipe__open_end(int fd, uint32_t access, uint32_t flags, DWORD size, HANDLE *handle)
{
    struct file *file;
    NTSTATUS status = stream_create(fd, STREAM_PIPE, 0, &file);
    if (status != STATUS_SUCCESS)
        return status;
    if (size)
        stream_pipe_of(file)->bytes = size;
    return handle_open_new(&file->object, access, flags, handle);
}

static NTSTATUS pipe__create(HANDLE *read_end, HANDLE *write_end, uint32_t flags, DWORD size)
{
    int fds[2];
    NTSTATUS status;
    if (pipe2(fds, O_CLOEXEC) < 0)
        return status_from_errno(errno);
    if (size > PIPE_USUAL_BYTES && size <= 0x40000000)
        fcntl(fds[1], F_SETPIPE_SZ, (int)size);
    status =
        pipe__open_end(fds[0], FILE_GENERIC_READ | FILE_WRITE_ATTRIBUTES, flags, size, read_end);
    if (status != STATUS_SUCCESS) {
        close(fds[1]);
        return status;
    }
    status =
        pipe__open_end(fds[1], FILE_GENERIC_WRITE | FILE_READ_ATTRIBUTES, flags, size, write_end);
    if (status != STATUS_SUCCESS)
        handle_close(*read_end);
    return status;
}

BOOL WINAPI CreatePipe(PHANDLE hReadPipe, PHANDLE hWritePipe,
                       LPSECURITY_ATTRIBUTES lpPipeAttributes, DWORD nSize)
{
    uint32_t flags = lpPipeAttributes && lpPipeAttributes->bInheritHandle ? HANDLE_INHERIT : 0;
    HANDLE read_end = NULL, write_end = NULL;
    NTSTATUS status;
    if (!hReadPipe || !hWritePipe)
        return fail_status(STATUS_ACCESS_VIOLATION);
    status = pipe__create(&read_end, &write_end, flags, nSize);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    *hReadPipe = read_end;
    *hWritePipe = write_end;
    return TRUE;
}

/* ---- names ---- */

/* What follows \\.\pipe\ in a new string. `wrong` is the status for a path of another kind. A
 * client may name this computer too. */
static NTSTATUS pipe__name(const char *path, NTSTATUS wrong, bool client, char **name)
{
    return path_device_name(path, "pipe\\", client, wrong, name);
}

/* ---- creating ---- */

static NTSTATUS pipe__check_create(DWORD open_mode, DWORD mode, DWORD max_instances)
{
    const DWORD open_modes = PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE |
                             FILE_FLAG_WRITE_THROUGH | FILE_FLAG_OVERLAPPED | WRITE_DAC |
                             ACCESS_SYSTEM_SECURITY;
    const DWORD modes =
        PIPE_NOWAIT | PIPE_READMODE_MESSAGE | PIPE_TYPE_MESSAGE | PIPE_REJECT_REMOTE_CLIENTS;
    if ((open_mode & ~open_modes) || !(open_mode & PIPE_ACCESS_DUPLEX) || (mode & ~modes))
        return STATUS_INVALID_PARAMETER;
    if ((mode & PIPE_READMODE_MESSAGE) && !(mode & PIPE_TYPE_MESSAGE))
        return STATUS_INVALID_PARAMETER;
    if (max_instances == 0 || max_instances > PIPE_UNLIMITED_INSTANCES)
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

static uint32_t pipe__server_access(DWORD open_mode)
{
    uint32_t access = open_mode & WRITE_DAC;
    if (open_mode & PIPE_ACCESS_INBOUND)
        access |= FILE_GENERIC_READ;
    if (open_mode & PIPE_ACCESS_OUTBOUND)
        access |= FILE_GENERIC_WRITE;
    return access;
}

static NTSTATUS pipe__create_server(const char *path, const struct pipe_create_args *args,
                                    HANDLE *handle)
{
    struct pipe_end *end;
    char *name;
    NTSTATUS status = pipe__name(path, STATUS_OBJECT_NAME_INVALID, false, &name);
    if (status != STATUS_SUCCESS)
        return status;
    status = pipe_end_create_server(args, &end);
    if (status == STATUS_SUCCESS) {
        status = pipe_name_add(name, args->first_only, end->pipe);
        if (status == STATUS_SUCCESS)
            status = handle_open_new(&end->file.object, args->access, args->handle_flags, handle);
        else
            file_unref(&end->file);
    }
    free(name);
    return status;
}

/* The arguments of CreateNamedPipe, as both forms have them. */
static NTSTATUS pipe__create_named(const char *path, DWORD open_mode, DWORD mode,
                                   DWORD max_instances, DWORD out_bytes, DWORD in_bytes,
                                   DWORD timeout_ms, const SECURITY_ATTRIBUTES *security,
                                   HANDLE *handle)
{
    struct pipe_create_args args = {
        .kind = {.has_messages = mode & PIPE_TYPE_MESSAGE,
                 .access = open_mode & PIPE_ACCESS_DUPLEX,
                 .max_instances = max_instances,
                 .timeout_ms = timeout_ms},
        .quota_in = in_bytes,
        .quota_out = out_bytes,
        .reads_messages = mode & PIPE_READMODE_MESSAGE,
        .nowait = mode & PIPE_NOWAIT,
        .overlapped = open_mode & FILE_FLAG_OVERLAPPED,
        .first_only = open_mode & FILE_FLAG_FIRST_PIPE_INSTANCE,
        .access = pipe__server_access(open_mode),
        .handle_flags = security && security->bInheritHandle ? HANDLE_INHERIT : 0,
    };
    NTSTATUS status;
    if (!path)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    status = pipe__check_create(open_mode, mode, max_instances);
    return status == STATUS_SUCCESS ? pipe__create_server(path, &args, handle) : status;
}

HANDLE WINAPI CreateNamedPipeA(LPCSTR lpName, DWORD dwOpenMode, DWORD dwPipeMode,
                               DWORD nMaxInstances, DWORD nOutBufferSize, DWORD nInBufferSize,
                               DWORD nDefaultTimeOut, LPSECURITY_ATTRIBUTES lpSecurityAttributes)
{
    HANDLE handle = NULL;
    NTSTATUS status =
        pipe__create_named(lpName, dwOpenMode, dwPipeMode, nMaxInstances, nOutBufferSize,
                           nInBufferSize, nDefaultTimeOut, lpSecurityAttributes, &handle);
    if (status == STATUS_SUCCESS)
        return handle;
    fail_status(status);
    return INVALID_HANDLE_VALUE;
}

HANDLE WINAPI CreateNamedPipeW(LPCWSTR lpName, DWORD dwOpenMode, DWORD dwPipeMode,
                               DWORD nMaxInstances, DWORD nOutBufferSize, DWORD nInBufferSize,
                               DWORD nDefaultTimeOut, LPSECURITY_ATTRIBUTES lpSecurityAttributes)
{
    char *name = lpName ? path_text_from_wide(lpName) : NULL;
    HANDLE handle;
    if (lpName && !name) {
        fail_status(STATUS_NO_MEMORY);
        return INVALID_HANDLE_VALUE;
    }
    handle = CreateNamedPipeA(name, dwOpenMode, dwPipeMode, nMaxInstances, nOutBufferSize,
                              nInBufferSize, nDefaultTimeOut, lpSecurityAttributes);
    free(name);
    return handle;
}

/* ---- connecting ---- */

BOOL WINAPI ConnectNamedPipe(HANDLE hNamedPipe, LPOVERLAPPED lpOverlapped)
{
    struct request request = {0};
    struct pipe_end *end;
    NTSTATUS status = pipe_end_get(hNamedPipe, 0, &end);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    request.file = &end->file;
    status = request_set_overlapped(&request, lpOverlapped);
    if (status == STATUS_SUCCESS)
        status = pipe_end_connect(end, &request);
    file_unref(&end->file);
    return status == STATUS_SUCCESS ? TRUE : fail_status(status);
}

BOOL WINAPI DisconnectNamedPipe(HANDLE hNamedPipe)
{
    struct pipe_end *end;
    NTSTATUS status = pipe_end_get(hNamedPipe, 0, &end);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    status = pipe_end_disconnect(end);
    file_unref(&end->file);
    return win32_result(status);
}

BOOL WINAPI ImpersonateNamedPipeClient(HANDLE hNamedPipe)
{
    struct pipe_end *end;
    NTSTATUS status = pipe_end_get(hNamedPipe, 0, &end);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    status = pipe_end_impersonate(end);
    file_unref(&end->file);
    return status == STATUS_NOT_IMPLEMENTED ? fail_win32(ERROR_CALL_NOT_IMPLEMENTED)
                                            : fail_status(status);
}

BOOL WINAPI WaitNamedPipeA(LPCSTR lpNamedPipeName, DWORD nTimeOut)
{
    char *name;
    NTSTATUS status = pipe__name(lpNamedPipeName, STATUS_OBJECT_PATH_SYNTAX_BAD, true, &name);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    status = pipe_name_wait(name, nTimeOut);
    free(name);
    return win32_result(status);
}

BOOL WINAPI WaitNamedPipeW(LPCWSTR lpNamedPipeName, DWORD nTimeOut)
{
    char *name = lpNamedPipeName ? path_text_from_wide(lpNamedPipeName) : NULL;
    BOOL there;
    if (lpNamedPipeName && !name)
        return fail_status(STATUS_NO_MEMORY);
    there = WaitNamedPipeA(name, nTimeOut);
    free(name);
    return there;
}

/* ---- data ---- */

BOOL WINAPI PeekNamedPipe(HANDLE hNamedPipe, LPVOID lpBuffer, DWORD nBufferSize,
                          LPDWORD lpBytesRead, LPDWORD lpTotalBytesAvail,
                          LPDWORD lpBytesLeftThisMessage)
{
    struct pipe_peek peek = {.buffer = nBufferSize ? lpBuffer : NULL, .size = nBufferSize};
    struct pipe_end *end;
    NTSTATUS status;
    if (peek.buffer && !memory_is_writable(peek.buffer, peek.size))
        return fail_status(STATUS_ACCESS_VIOLATION);
    status = pipe_end_get(hNamedPipe, FILE_READ_DATA, &end);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    status = pipe_end_peek(end, &peek);
    file_unref(&end->file);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    if (lpBytesRead)
        *lpBytesRead = peek.copied;
    if (lpTotalBytesAvail)
        *lpTotalBytesAvail = peek.available;
    if (lpBytesLeftThisMessage)
        *lpBytesLeftThisMessage = peek.left_in_message;
    return TRUE;
}

static NTSTATUS pipe__check_buffers(const struct iovec *request, const struct iovec *answer)
{
    if (!memory_is_readable(request->iov_base, request->iov_len))
        return STATUS_INVALID_USER_BUFFER;
    return memory_is_writable(answer->iov_base, answer->iov_len) ? STATUS_SUCCESS
                                                                 : STATUS_ACCESS_VIOLATION;
}

BOOL WINAPI TransactNamedPipe(HANDLE hNamedPipe, LPVOID lpInBuffer, DWORD nInBufferSize,
                              LPVOID lpOutBuffer, DWORD nOutBufferSize, LPDWORD lpBytesRead,
                              LPOVERLAPPED lpOverlapped)
{
    struct iovec question = {.iov_base = lpInBuffer, .iov_len = nInBufferSize};
    struct iovec answer = {.iov_base = lpOutBuffer, .iov_len = nOutBufferSize};
    struct request request = {0};
    struct pipe_end *end;
    NTSTATUS status;
    status = pipe__check_buffers(&question, &answer);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    status = pipe_end_get(hNamedPipe, FILE_READ_DATA | FILE_WRITE_DATA, &end);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    request.file = &end->file;
    status = request_set_overlapped(&request, lpOverlapped);
    if (status == STATUS_SUCCESS)
        status = pipe_end_transact(end, &request, &question, &answer);
    file_unref(&end->file);
    if (lpBytesRead && (status == STATUS_SUCCESS || (!lpOverlapped && status != STATUS_PENDING)))
        *lpBytesRead = (DWORD)request.information;
    return status == STATUS_SUCCESS ? TRUE : fail_status(status);
}

/* Opens a client's end, waiting for an instance if that is allowed. */
static NTSTATUS pipe__open_client(const char *name, DWORD timeout_ms, HANDLE *handle)
{
    static const struct open_args args = {.access = GENERIC_READ | GENERIC_WRITE,
                                          .disposition = OPEN_EXISTING};
    NTSTATUS status;
    do {
        status = pipe_name_open(name, &args, handle);
        if (status != STATUS_PIPE_NOT_AVAILABLE || timeout_ms == NMPWAIT_NOWAIT)
            return status;
        status = pipe_name_wait(name, timeout_ms);
    } while (status == STATUS_SUCCESS);
    return status;
}

static NTSTATUS pipe__set_modes(struct pipe_end *end, DWORD mode)
{
    NTSTATUS status = STATUS_SUCCESS;
    file_lock(&end->file);
    if ((mode & PIPE_READMODE_MESSAGE) && !end->pipe->kind.has_messages) {
        status = STATUS_INVALID_PARAMETER;
    } else {
        end->reads_messages = mode & PIPE_READMODE_MESSAGE;
        end->nowait = mode & PIPE_NOWAIT;
    }
    file_unlock(&end->file);
    return status;
}

static NTSTATUS pipe__call(const char *path, const struct iovec *request, struct iovec *answer,
                           DWORD timeout_ms, uint32_t *moved)
{
    struct request call = {0};
    struct pipe_end *end;
    HANDLE handle;
    char *name;
    NTSTATUS status = pipe__name(path, STATUS_OBJECT_PATH_SYNTAX_BAD, true, &name);
    if (status != STATUS_SUCCESS)
        return status;
    status = pipe__open_client(name, timeout_ms, &handle);
    free(name);
    if (status != STATUS_SUCCESS)
        return status;
    status = pipe_end_get(handle, 0, &end);
    if (status == STATUS_SUCCESS) {
        call.file = &end->file;
        status = pipe__set_modes(end, PIPE_READMODE_MESSAGE);
        if (status == STATUS_SUCCESS)
            status = pipe_end_transact(end, &call, request, answer);
        *moved = (uint32_t)call.information;
        file_unref(&end->file);
    }
    handle_close(handle);
    return status;
}

BOOL WINAPI CallNamedPipeA(LPCSTR lpNamedPipeName, LPVOID lpInBuffer, DWORD nInBufferSize,
                           LPVOID lpOutBuffer, DWORD nOutBufferSize, LPDWORD lpBytesRead,
                           DWORD nTimeOut)
{
    struct iovec request = {.iov_base = lpInBuffer, .iov_len = nInBufferSize};
    struct iovec answer = {.iov_base = lpOutBuffer, .iov_len = nOutBufferSize};
    uint32_t moved = 0;
    NTSTATUS status = pipe__check_buffers(&request, &answer);
    if (status == STATUS_SUCCESS)
        status = pipe__call(lpNamedPipeName, &request, &answer, nTimeOut, &moved);
    if (lpBytesRead)
        *lpBytesRead = moved;
    return win32_result(status);
}

BOOL WINAPI CallNamedPipeW(LPCWSTR lpNamedPipeName, LPVOID lpInBuffer, DWORD nInBufferSize,
                           LPVOID lpOutBuffer, DWORD nOutBufferSize, LPDWORD lpBytesRead,
                           DWORD nTimeOut)
{
    char *name = lpNamedPipeName ? path_text_from_wide(lpNamedPipeName) : NULL;
    BOOL done;
    if (lpNamedPipeName && !name)
        return fail_status(STATUS_NO_MEMORY);
    done = CallNamedPipeA(name, lpInBuffer, nInBufferSize, lpOutBuffer, nOutBufferSize, lpBytesRead,
                          nTimeOut);
    free(name);
    return done;
}

/* ---- state and information ---- */

/* An anonymous pipe's end, which is a file of another kind. */
static NTSTATUS pipe__get_anonymous(HANDLE handle, uint32_t access, struct file **file,
                                    struct stream_pipe **pipe)
{
    NTSTATUS status = file_get(handle, access, file);
    if (status != STATUS_SUCCESS)
        return status;
    *pipe = stream_pipe_of(*file);
    if (*pipe)
        return STATUS_SUCCESS;
    file_unref(*file);
    return STATUS_INVALID_DEVICE_REQUEST;
}

static NTSTATUS pipe__set_anonymous_mode(HANDLE handle, const DWORD *mode)
{
    struct stream_pipe *pipe;
    struct file *file;
    NTSTATUS status = pipe__get_anonymous(handle, FILE_WRITE_ATTRIBUTES, &file, &pipe);
    if (status != STATUS_SUCCESS)
        return status;
    if (mode && (*mode & PIPE_READMODE_MESSAGE))
        status = STATUS_INVALID_PARAMETER;
    else if (mode && (*mode & PIPE_NOWAIT) && (file->flags & FILE_OVERLAPPED))
        status = STATUS_NOT_SUPPORTED; /* a FIFO of the host's */
    else if (mode)
        pipe->nowait = *mode & PIPE_NOWAIT;
    file_unref(file);
    return status;
}

BOOL WINAPI SetNamedPipeHandleState(HANDLE hNamedPipe, LPDWORD lpMode, LPDWORD lpMaxCollectionCount,
                                    LPDWORD lpCollectDataTimeout)
{
    struct pipe_end *end;
    NTSTATUS status;
    if (lpMaxCollectionCount || lpCollectDataTimeout ||
        (lpMode && (*lpMode & ~(DWORD)(PIPE_READMODE_MESSAGE | PIPE_NOWAIT))))
        return fail_status(STATUS_INVALID_PARAMETER);
    status = pipe_end_get(hNamedPipe, FILE_WRITE_ATTRIBUTES, &end);
    if (status == STATUS_INVALID_DEVICE_REQUEST)
        return win32_result(pipe__set_anonymous_mode(hNamedPipe, lpMode));
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    if (lpMode)
        status = pipe__set_modes(end, *lpMode);
    file_unref(&end->file);
    return win32_result(status);
}

/* What GetNamedPipeHandleState tells. */
struct pipe_mode {
    DWORD state, instances;
};

static NTSTATUS pipe__anonymous_mode(HANDLE handle, struct pipe_mode *mode)
{
    struct stream_pipe *pipe;
    struct file *file;
    NTSTATUS status = pipe__get_anonymous(handle, 0, &file, &pipe);
    if (status != STATUS_SUCCESS)
        return status;
    *mode = (struct pipe_mode){pipe->nowait ? PIPE_NOWAIT : 0, 1};
    file_unref(file);
    return STATUS_SUCCESS;
}

static NTSTATUS pipe__mode(HANDLE handle, struct pipe_mode *mode)
{
    struct pipe_end *end;
    NTSTATUS status = pipe_end_get(handle, FILE_READ_ATTRIBUTES, &end);
    if (status == STATUS_INVALID_DEVICE_REQUEST)
        return pipe__anonymous_mode(handle, mode);
    if (status != STATUS_SUCCESS)
        return status;
    file_lock(&end->file);
    mode->state =
        (end->reads_messages ? PIPE_READMODE_MESSAGE : 0u) | (end->nowait ? PIPE_NOWAIT : 0u);
    file_unlock(&end->file);
    mode->instances = pipe_name_instances(end->pipe);
    file_unref(&end->file);
    return STATUS_SUCCESS;
}

BOOL WINAPI GetNamedPipeHandleStateW(HANDLE hNamedPipe, LPDWORD lpState, LPDWORD lpCurInstances,
                                     LPDWORD lpMaxCollectionCount, LPDWORD lpCollectDataTimeout,
                                     LPWSTR lpUserName, DWORD nMaxUserNameSize)
{
    struct pipe_mode mode;
    NTSTATUS status;
    (void)nMaxUserNameSize;
    if (lpMaxCollectionCount || lpCollectDataTimeout || lpUserName)
        return fail_status(STATUS_INVALID_PARAMETER);
    status = pipe__mode(hNamedPipe, &mode);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    if (lpState)
        *lpState = mode.state;
    if (lpCurInstances)
        *lpCurInstances = mode.instances;
    return TRUE;
}

BOOL WINAPI GetNamedPipeHandleStateA(HANDLE hNamedPipe, LPDWORD lpState, LPDWORD lpCurInstances,
                                     LPDWORD lpMaxCollectionCount, LPDWORD lpCollectDataTimeout,
                                     LPSTR lpUserName, DWORD nMaxUserNameSize)
{
    return GetNamedPipeHandleStateW(hNamedPipe, lpState, lpCurInstances, lpMaxCollectionCount,
                                    lpCollectDataTimeout, (LPWSTR)lpUserName, nMaxUserNameSize);
}

/* What GetNamedPipeInfo tells. */
struct pipe_info {
    DWORD flags, out_bytes, in_bytes, max_instances;
};

/* An anonymous pipe is one of a single instance whose reader is the server. */
static NTSTATUS pipe__anonymous_info(HANDLE handle, struct pipe_info *info)
{
    struct stream_pipe *pipe;
    struct file *file;
    uint32_t end = PIPE_SERVER_END;
    NTSTATUS status = pipe__get_anonymous(handle, FILE_READ_DATA, &file, &pipe);
    if (status == STATUS_ACCESS_DENIED) {
        end = PIPE_CLIENT_END;
        status = pipe__get_anonymous(handle, 0, &file, &pipe);
    }
    if (status != STATUS_SUCCESS)
        return status;
    *info = (struct pipe_info){end, pipe->bytes, pipe->bytes, 1};
    file_unref(file);
    return STATUS_SUCCESS;
}

static NTSTATUS pipe__info(HANDLE handle, struct pipe_info *info)
{
    struct pipe_end *end;
    NTSTATUS status = pipe_end_get(handle, 0, &end);
    if (status == STATUS_INVALID_DEVICE_REQUEST)
        return pipe__anonymous_info(handle, info);
    if (status != STATUS_SUCCESS)
        return status;
    *info = (struct pipe_info){
        (end->is_server ? PIPE_SERVER_END : PIPE_CLIENT_END) |
            (end->pipe->kind.has_messages ? PIPE_TYPE_MESSAGE : PIPE_TYPE_BYTE),
        end->pipe->quota_out, end->pipe->quota_in, end->pipe->kind.max_instances};
    file_unref(&end->file);
    return STATUS_SUCCESS;
}

BOOL WINAPI GetNamedPipeInfo(HANDLE hNamedPipe, LPDWORD lpFlags, LPDWORD lpOutBufferSize,
                             LPDWORD lpInBufferSize, LPDWORD lpMaxInstances)
{
    struct pipe_info info;
    NTSTATUS status = pipe__info(hNamedPipe, &info);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    if (lpFlags)
        *lpFlags = info.flags;
    if (lpOutBufferSize)
        *lpOutBufferSize = info.out_bytes;
    if (lpInBufferSize)
        *lpInBufferSize = info.in_bytes;
    if (lpMaxInstances)
        *lpMaxInstances = info.max_instances;
    return TRUE;
}

/* ---- who is there ---- */

enum pipe_fact { FACT_CLIENT_PROCESS, FACT_SERVER_PROCESS, FACT_SESSION };

enum { PIPE_SESSION = 1 }; /* there is one user, at one console */

/* Caller holds the pipe's lock. */
static NTSTATUS pipe__fact(const struct pipe_end *end, enum pipe_fact fact, ULONG *value)
{
    if (!end->is_server && end->state == PIPE_DISCONNECTED)
        return STATUS_PIPE_DISCONNECTED;
    *value = fact == FACT_SESSION          ? PIPE_SESSION
             : fact == FACT_SERVER_PROCESS ? end->pipe->server_pid
                                           : end->pipe->client_pid;
    return *value ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

static BOOL pipe__give_fact(HANDLE handle, enum pipe_fact fact, ULONG *value)
{
    struct pipe_end *end;
    ULONG found;
    NTSTATUS status;
    if (!value)
        return fail_win32(ERROR_INSUFFICIENT_BUFFER);
    status = pipe_end_get(handle, 0, &end);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    file_lock(&end->file);
    status = pipe__fact(end, fact, &found);
    file_unlock(&end->file);
    file_unref(&end->file);
    if (status == STATUS_SUCCESS)
        *value = found;
    return win32_result(status);
}

BOOL WINAPI GetNamedPipeClientProcessId(HANDLE Pipe, PULONG ClientProcessId)
{
    return pipe__give_fact(Pipe, FACT_CLIENT_PROCESS, ClientProcessId);
}

BOOL WINAPI GetNamedPipeServerProcessId(HANDLE Pipe, PULONG ServerProcessId)
{
    return pipe__give_fact(Pipe, FACT_SERVER_PROCESS, ServerProcessId);
}

BOOL WINAPI GetNamedPipeClientSessionId(HANDLE Pipe, PULONG ClientSessionId)
{
    return pipe__give_fact(Pipe, FACT_SESSION, ClientSessionId);
}

BOOL WINAPI GetNamedPipeServerSessionId(HANDLE Pipe, PULONG ServerSessionId)
{
    return pipe__give_fact(Pipe, FACT_SESSION, ServerSessionId);
}

BOOL WINAPI GetNamedPipeClientComputerNameW(HANDLE Pipe, LPWSTR ClientComputerName,
                                            ULONG ClientComputerNameLength)
{
    struct pipe_end *end;
    NTSTATUS status = pipe_end_get(Pipe, 0, &end);
    (void)ClientComputerName;
    (void)ClientComputerNameLength;
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    file_unref(&end->file);
    return fail_win32(ERROR_PIPE_LOCAL);
}

BOOL WINAPI GetNamedPipeClientComputerNameA(HANDLE Pipe, LPSTR ClientComputerName,
                                            ULONG ClientComputerNameLength)
{
    return GetNamedPipeClientComputerNameW(Pipe, (LPWSTR)ClientComputerName,
                                           ClientComputerNameLength);
}

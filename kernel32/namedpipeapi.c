/* Entry points of namedpipeapi.h. Named pipes are in pipe.c; the anonymous one is the kernel's.
 * What works on a handle is a control code, as on Windows, so that every kind of end answers for
 * itself. */
#include <namedpipeapi.h>

#include "device.h"
#include "last_error.h"
#include "path.h"
#include "pipe.h"
#include "pipe_codes.h"
#include "stream.h"
#include "transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <ioapiset.h>
#include <ntifs.h>
#include <stddef.h>
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
        stream_set_pipe_bytes(file, size);
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

/* ---- asking ---- */

/* Asks a pipe's end of whatever kind and waits for the answer; *size, if not NULL, tells its
 * bytes. */
static NTSTATUS pipe__control(HANDLE handle, uint32_t access, const struct device_control *control,
                              uint32_t *size)
{
    IO_STATUS_BLOCK iosb = {0};
    struct file *file;
    NTSTATUS status = file_get(handle, access, &file);
    if (status != STATUS_SUCCESS)
        return status;
    status = device_control_and_wait(file, control, &iosb);
    file_unref(file);
    if (size)
        *size = (uint32_t)iosb.Information;
    return status;
}

static NTSTATUS pipe__facts(HANDLE handle, uint32_t access, struct pipe_facts *facts)
{
    struct device_control control = {
        .code = PIPE_CODE_FACTS, .out = facts, .out_size = sizeof *facts};
    return pipe__control(handle, access, &control, NULL);
}

/* ---- connecting ---- */

BOOL WINAPI ConnectNamedPipe(HANDLE hNamedPipe, LPOVERLAPPED lpOverlapped)
{
    return DeviceIoControl(hNamedPipe, FSCTL_PIPE_LISTEN, NULL, 0, NULL, 0, NULL, lpOverlapped);
}

BOOL WINAPI DisconnectNamedPipe(HANDLE hNamedPipe)
{
    return DeviceIoControl(hNamedPipe, FSCTL_PIPE_DISCONNECT, NULL, 0, NULL, 0, NULL, NULL);
}

BOOL WINAPI ImpersonateNamedPipeClient(HANDLE hNamedPipe)
{
    struct device_control control = {.code = FSCTL_PIPE_IMPERSONATE};
    NTSTATUS status = pipe__control(hNamedPipe, 0, &control, NULL);
    return status == STATUS_NOT_IMPLEMENTED ? fail_win32(ERROR_CALL_NOT_IMPLEMENTED)
                                            : win32_result(status);
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
    enum { HEAD = offsetof(FILE_PIPE_PEEK_BUFFER, Data) };
    uint32_t room = !lpBuffer ? 0 : nBufferSize < MAXDWORD - HEAD ? nBufferSize : MAXDWORD - HEAD;
    struct device_control control = {.code = FSCTL_PIPE_PEEK, .out_size = HEAD + room};
    FILE_PIPE_PEEK_BUFFER *answer;
    uint32_t size = 0;
    NTSTATUS status;
    if (!memory_is_writable(lpBuffer, room))
        return fail_status(STATUS_ACCESS_VIOLATION);
    control.out = answer = calloc(1, HEAD + room);
    if (!answer)
        return fail_status(STATUS_NO_MEMORY);
    status = pipe__control(hNamedPipe, FILE_READ_DATA, &control, &size);
    if (!NT_ERROR(status)) {
        uint32_t copied = size - HEAD;
        if (room && copied)
            memcpy(lpBuffer, answer->Data, copied);
        if (lpBytesRead)
            *lpBytesRead = copied;
        if (lpTotalBytesAvail)
            *lpTotalBytesAvail = answer->ReadDataAvailable;
        if (lpBytesLeftThisMessage) /* in a byte pipe this is less than nothing (PIPE-108) */
            *lpBytesLeftThisMessage = answer->MessageLength - copied;
        status = STATUS_SUCCESS; /* more than was asked for is no error here */
    }
    free(answer);
    return win32_result(status);
}

BOOL WINAPI TransactNamedPipe(HANDLE hNamedPipe, LPVOID lpInBuffer, DWORD nInBufferSize,
                              LPVOID lpOutBuffer, DWORD nOutBufferSize, LPDWORD lpBytesRead,
                              LPOVERLAPPED lpOverlapped)
{
    return DeviceIoControl(hNamedPipe, FSCTL_PIPE_TRANSCEIVE, lpInBuffer, nInBufferSize,
                           lpOutBuffer, nOutBufferSize, lpBytesRead, lpOverlapped);
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
        status = pipe_end_set_modes(end, PIPE_READMODE_MESSAGE);
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
    NTSTATUS status = pipe__call(lpNamedPipeName, &request, &answer, nTimeOut, &moved);
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

BOOL WINAPI SetNamedPipeHandleState(HANDLE hNamedPipe, LPDWORD lpMode, LPDWORD lpMaxCollectionCount,
                                    LPDWORD lpCollectDataTimeout)
{
    struct device_control control = {
        .code = PIPE_CODE_SET_MODES, .in = lpMode, .in_size = lpMode ? sizeof *lpMode : 0};
    if (lpMaxCollectionCount || lpCollectDataTimeout ||
        (lpMode && (*lpMode & ~(DWORD)(PIPE_READMODE_MESSAGE | PIPE_NOWAIT))))
        return fail_status(STATUS_INVALID_PARAMETER);
    return win32_result(pipe__control(hNamedPipe, FILE_WRITE_ATTRIBUTES, &control, NULL));
}

BOOL WINAPI GetNamedPipeHandleStateW(HANDLE hNamedPipe, LPDWORD lpState, LPDWORD lpCurInstances,
                                     LPDWORD lpMaxCollectionCount, LPDWORD lpCollectDataTimeout,
                                     LPWSTR lpUserName, DWORD nMaxUserNameSize)
{
    uint32_t instances;
    struct device_control count = {
        .code = PIPE_CODE_INSTANCES, .out = &instances, .out_size = sizeof instances};
    struct pipe_facts facts;
    NTSTATUS status;
    (void)nMaxUserNameSize;
    if (lpMaxCollectionCount || lpCollectDataTimeout || lpUserName)
        return fail_status(STATUS_INVALID_PARAMETER);
    status = pipe__facts(hNamedPipe, FILE_READ_ATTRIBUTES, &facts);
    if (status == STATUS_SUCCESS && lpCurInstances)
        status = pipe__control(hNamedPipe, FILE_READ_ATTRIBUTES, &count, NULL);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    if (lpState)
        *lpState = facts.modes;
    if (lpCurInstances)
        *lpCurInstances = instances;
    return TRUE;
}

BOOL WINAPI GetNamedPipeHandleStateA(HANDLE hNamedPipe, LPDWORD lpState, LPDWORD lpCurInstances,
                                     LPDWORD lpMaxCollectionCount, LPDWORD lpCollectDataTimeout,
                                     LPSTR lpUserName, DWORD nMaxUserNameSize)
{
    return GetNamedPipeHandleStateW(hNamedPipe, lpState, lpCurInstances, lpMaxCollectionCount,
                                    lpCollectDataTimeout, (LPWSTR)lpUserName, nMaxUserNameSize);
}

BOOL WINAPI GetNamedPipeInfo(HANDLE hNamedPipe, LPDWORD lpFlags, LPDWORD lpOutBufferSize,
                             LPDWORD lpInBufferSize, LPDWORD lpMaxInstances)
{
    struct pipe_facts facts;
    NTSTATUS status = pipe__facts(hNamedPipe, 0, &facts);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    if (lpFlags)
        *lpFlags = (facts.is_server ? PIPE_SERVER_END : PIPE_CLIENT_END) |
                   (facts.has_messages ? PIPE_TYPE_MESSAGE : PIPE_TYPE_BYTE);
    if (lpOutBufferSize)
        *lpOutBufferSize = facts.quota_out;
    if (lpInBufferSize)
        *lpInBufferSize = facts.quota_in;
    if (lpMaxInstances)
        *lpMaxInstances = facts.max_instances;
    return TRUE;
}

/* ---- who is there ---- */

enum pipe_fact { FACT_CLIENT_PROCESS, FACT_SERVER_PROCESS, FACT_SESSION };

enum { PIPE_SESSION = 1 }; /* there is one user, at one console */

static BOOL pipe__give_fact(HANDLE handle, enum pipe_fact fact, ULONG *value)
{
    struct pipe_facts facts;
    ULONG found;
    NTSTATUS status;
    if (!value)
        return fail_win32(ERROR_INSUFFICIENT_BUFFER);
    status = pipe__facts(handle, 0, &facts);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    if (!facts.is_server && facts.is_disconnected)
        return fail_status(STATUS_PIPE_DISCONNECTED);
    found = fact == FACT_SESSION          ? PIPE_SESSION
            : fact == FACT_SERVER_PROCESS ? facts.server_pid
                                          : facts.client_pid;
    if (!found)
        return fail_status(STATUS_NOT_FOUND);
    *value = found;
    return TRUE;
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
    struct pipe_facts facts;
    NTSTATUS status = pipe__facts(Pipe, 0, &facts);
    (void)ClientComputerName;
    (void)ClientComputerNameLength;
    return status == STATUS_SUCCESS ? fail_win32(ERROR_PIPE_LOCAL) : fail_status(status);
}

BOOL WINAPI GetNamedPipeClientComputerNameA(HANDLE Pipe, LPSTR ClientComputerName,
                                            ULONG ClientComputerNameLength)
{
    return GetNamedPipeClientComputerNameW(Pipe, (LPWSTR)ClientComputerName,
                                           ClientComputerNameLength);
}

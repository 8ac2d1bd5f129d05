/* Entry points of namedpipeapi.h: the anonymous pipe, which is the kernel's own. */
#include <namedpipeapi.h>

#include "last_error.h"
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <winbase.h>

enum { PIPE_USUAL_BYTES = 65536 };

/* Takes over the descriptor. */
static NTSTATUS pipe__open_end(int fd, uint32_t access, uint32_t flags, HANDLE *handle)
{
    struct file *file;
    NTSTATUS status = stream_create(fd, STREAM_PIPE, 0, &file);
    if (status != STATUS_SUCCESS)
        return status;
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
    status = pipe__open_end(fds[0], FILE_GENERIC_READ | FILE_WRITE_ATTRIBUTES, flags, read_end);
    if (status != STATUS_SUCCESS) {
        close(fds[1]);
        return status;
    }
    status = pipe__open_end(fds[1], FILE_GENERIC_WRITE | FILE_READ_ATTRIBUTES, flags, write_end);
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

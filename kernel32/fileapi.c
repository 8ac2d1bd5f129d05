/* Entry points of fileapi.h that work on open files. */
#include <fileapi.h>

#include "disk.h"
#include "last_error.h"
#include "transfer.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <winbase.h>

/* ---- reading and writing ---- */

/* ReadFile and WriteFile. */
static BOOL file__transfer(struct transfer *transfer, LPDWORD moved_out, LPOVERLAPPED overlapped)
{
    int64_t offset;
    uint32_t moved;
    NTSTATUS status;
    if (moved_out)
        *moved_out = 0;
    if (overlapped) {
        offset = (int64_t)((uint64_t)overlapped->OffsetHigh << 32 | overlapped->Offset);
        transfer->offset = &offset;
        transfer->event = overlapped->hEvent;
        transfer->iosb = (IO_STATUS_BLOCK *)overlapped;
        transfer->context = overlapped;
    }
    status = transfer_start(transfer, &moved);
    if (moved_out && status != STATUS_PENDING)
        *moved_out = moved;
    if (status == STATUS_SUCCESS)
        return TRUE;
    return fail_status(status);
}

BOOL WINAPI ReadFile(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead,
                     LPDWORD lpNumberOfBytesRead, LPOVERLAPPED lpOverlapped)
{
    struct transfer transfer = {
        .handle = hFile, .buffer = lpBuffer, .length = nNumberOfBytesToRead};
    return file__transfer(&transfer, lpNumberOfBytesRead, lpOverlapped);
}

BOOL WINAPI WriteFile(HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite,
                      LPDWORD lpNumberOfBytesWritten, LPOVERLAPPED lpOverlapped)
{
    struct transfer transfer = {.handle = hFile,
                                .write = true,
                                .buffer = (void *)(uintptr_t)lpBuffer,
                                .length = nNumberOfBytesToWrite};
    return file__transfer(&transfer, lpNumberOfBytesWritten, lpOverlapped);
}

/* ReadFileEx and WriteFileEx: hEvent is the program's own, pending counts as success. */
static BOOL file__transfer_ex(struct transfer *transfer, LPOVERLAPPED overlapped,
                              LPOVERLAPPED_COMPLETION_ROUTINE routine)
{
    int64_t offset;
    uint32_t moved;
    NTSTATUS status;
    if (!overlapped || !routine)
        return fail_status(STATUS_INVALID_PARAMETER);
    offset = (int64_t)((uint64_t)overlapped->OffsetHigh << 32 | overlapped->Offset);
    transfer->offset = &offset;
    transfer->iosb = (IO_STATUS_BLOCK *)overlapped;
    transfer->routine = (void *)routine;
    transfer->routine_context = overlapped;
    status = transfer_start(transfer, &moved);
    return NT_ERROR(status) ? fail_status(status) : TRUE;
}

BOOL WINAPI ReadFileEx(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead,
                       LPOVERLAPPED lpOverlapped,
                       LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine)
{
    struct transfer transfer = {
        .handle = hFile, .buffer = lpBuffer, .length = nNumberOfBytesToRead};
    return file__transfer_ex(&transfer, lpOverlapped, lpCompletionRoutine);
}

BOOL WINAPI WriteFileEx(HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite,
                        LPOVERLAPPED lpOverlapped,
                        LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine)
{
    struct transfer transfer = {.handle = hFile,
                                .write = true,
                                .buffer = (void *)(uintptr_t)lpBuffer,
                                .length = nNumberOfBytesToWrite};
    return file__transfer_ex(&transfer, lpOverlapped, lpCompletionRoutine);
}

BOOL WINAPI SetFileCompletionNotificationModes(HANDLE FileHandle, UCHAR Flags)
{
    struct file *file;
    NTSTATUS status;
    if (Flags & ~(FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE))
        return fail_status(STATUS_INVALID_PARAMETER);
    status = file_get(FileHandle, 0, &file);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    status = file_set_modes(file, Flags);
    file_unref(file);
    return win32_result(status);
}

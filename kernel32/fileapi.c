/* Entry points of fileapi.h that work on open files. */
#include <fileapi.h>

#include "disk.h"
#include "facts.h"
#include "last_error.h"
#include "transfer.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <winbase.h>

_Static_assert(sizeof(BY_HANDLE_FILE_INFORMATION) == 52, "Windows' layout");
_Static_assert(sizeof(WIN32_FILE_ATTRIBUTE_DATA) == 36, "Windows' layout");
_Static_assert(sizeof(CREATEFILE2_EXTENDED_PARAMETERS) == 32, "Windows' layout");
_Static_assert(offsetof(CREATEFILE2_EXTENDED_PARAMETERS, lpSecurityAttributes) == 16,
               "Windows' layout");
_Static_assert(sizeof(WIN32_FIND_DATAA) == 320, "Windows' layout");
_Static_assert(sizeof(WIN32_FIND_DATAW) == 592, "Windows' layout");
_Static_assert(offsetof(WIN32_FIND_DATAW, cFileName) == 44, "Windows' layout");

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
    transfer->offset = NULL; /* it was ours */
    /* What a warning has moved stands in the OVERLAPPED if there is one (PIPE-052). */
    if (moved_out && (status == STATUS_SUCCESS || (!overlapped && status != STATUS_PENDING)))
        *moved_out = moved;
    return status == STATUS_SUCCESS ? TRUE : fail_status(status);
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
    transfer->offset = NULL; /* it was ours */
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

/* ---- size and pointer ---- */

BOOL WINAPI GetFileSizeEx(HANDLE hFile, PLARGE_INTEGER lpFileSize)
{
    struct disk *disk;
    struct stat st;
    NTSTATUS status;
    if (!lpFileSize)
        return fail_status(STATUS_INVALID_PARAMETER);
    status = disk_get(hFile, FILE_READ_ATTRIBUTES, &disk);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    if (fstat(disk->file.fd, &st) < 0)
        status = status_from_errno(errno);
    else
        lpFileSize->QuadPart = S_ISREG(st.st_mode) ? st.st_size : 0;
    disk_unref(disk);
    return win32_result(status);
}

DWORD WINAPI GetFileSize(HANDLE hFile, LPDWORD lpFileSizeHigh)
{
    LARGE_INTEGER size = {0};
    if (!GetFileSizeEx(hFile, &size))
        return INVALID_FILE_SIZE;
    if (lpFileSizeHigh)
        *lpFileSizeHigh = (DWORD)size.HighPart;
    if (size.LowPart == INVALID_FILE_SIZE)
        last_error_set(ERROR_SUCCESS);
    return size.LowPart;
}

/* Where a move of the pointer begins. */
static NTSTATUS file__seek_base(struct disk *disk, uint32_t method, int64_t *base)
{
    struct stat st;
    *base = 0;
    if (method == FILE_CURRENT)
        *base = (int64_t)disk_position(disk);
    if (method != FILE_END)
        return method > FILE_END ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
    if (fstat(disk->file.fd, &st) < 0)
        return status_from_errno(errno);
    *base = st.st_size;
    return STATUS_SUCCESS;
}

/* Returns a Win32 error: ERROR_NEGATIVE_SEEK has no status of its own. */
static uint32_t file__seek(HANDLE handle, int64_t distance, uint32_t method, int64_t limit,
                           int64_t *position)
{
    struct disk *disk;
    int64_t base;
    uint32_t error = status_to_win32(disk_get(handle, 0, &disk));
    if (error)
        return error;
    error = status_to_win32(file__seek_base(disk, method, &base));
    if (!error && __builtin_add_overflow(base, distance, position))
        error = ERROR_INVALID_PARAMETER;
    if (!error && *position < 0)
        error = ERROR_NEGATIVE_SEEK;
    if (!error && *position > limit)
        error = ERROR_INVALID_PARAMETER;
    if (!error)
        disk_set_position(disk, (uint64_t)*position);
    disk_unref(disk);
    return error;
}

BOOL WINAPI SetFilePointerEx(HANDLE hFile, LARGE_INTEGER liDistanceToMove,
                             PLARGE_INTEGER lpNewFilePointer, DWORD dwMoveMethod)
{
    int64_t position;
    uint32_t error =
        file__seek(hFile, liDistanceToMove.QuadPart, dwMoveMethod, INT64_MAX, &position);
    if (error)
        return fail_win32(error);
    if (lpNewFilePointer)
        lpNewFilePointer->QuadPart = position;
    return TRUE;
}

DWORD WINAPI SetFilePointer(HANDLE hFile, LONG lDistanceToMove, PLONG lpDistanceToMoveHigh,
                            DWORD dwMoveMethod)
{
    int64_t position, distance = lDistanceToMove;
    uint32_t error;
    if (lpDistanceToMoveHigh)
        distance =
            (int64_t)((uint64_t)(uint32_t)*lpDistanceToMoveHigh << 32 | (uint32_t)lDistanceToMove);
    error = file__seek(hFile, distance, dwMoveMethod, lpDistanceToMoveHigh ? INT64_MAX : 0xFFFFFFFF,
                       &position);
    if (error) {
        fail_win32(error);
        return INVALID_SET_FILE_POINTER;
    }
    if (lpDistanceToMoveHigh)
        *lpDistanceToMoveHigh = (LONG)(position >> 32);
    if ((DWORD)position == INVALID_SET_FILE_POINTER)
        last_error_set(ERROR_SUCCESS);
    return (DWORD)position;
}

BOOL WINAPI SetEndOfFile(HANDLE hFile)
{
    struct disk *disk;
    NTSTATUS status = disk_get(hFile, FILE_WRITE_DATA, &disk);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    if (!disk->has_data)
        status = STATUS_INVALID_PARAMETER;
    else if (ftruncate(disk->file.fd, (off_t)disk_position(disk)) < 0)
        status = status_from_errno(errno);
    disk_unref(disk);
    return win32_result(status);
}

/* ---- the rest of an open file ---- */

BOOL WINAPI FlushFileBuffers(HANDLE hFile)
{
    struct file *file;
    NTSTATUS status = file_get(hFile, FILE_WRITE_DATA, &file);
    if (status == STATUS_ACCESS_DENIED)
        status = file_get(hFile, FILE_APPEND_DATA, &file);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    if (file->ops->flush)
        status = file->ops->flush(file);
    file_unref(file);
    return win32_result(status);
}

DWORD WINAPI GetFileType(HANDLE hFile)
{
    struct file *file;
    NTSTATUS status = file_get(hFile, 0, &file);
    DWORD type;
    if (status != STATUS_SUCCESS) {
        fail_status(status);
        return FILE_TYPE_UNKNOWN;
    }
    type = file->ops->type;
    file_unref(file);
    if (type == FILE_TYPE_UNKNOWN)
        last_error_set(NO_ERROR);
    return type;
}

/* The facts about an open file. */
static NTSTATUS file__facts(HANDLE handle, struct facts *facts)
{
    struct disk *disk;
    NTSTATUS status = disk_get(handle, FILE_READ_ATTRIBUTES, &disk);
    if (status != STATUS_SUCCESS)
        return status;
    status = facts_of_descriptor(disk->file.fd, facts);
    disk_unref(disk);
    return status;
}

BOOL WINAPI GetFileTime(HANDLE hFile, LPFILETIME lpCreationTime, LPFILETIME lpLastAccessTime,
                        LPFILETIME lpLastWriteTime)
{
    struct facts facts;
    NTSTATUS status = file__facts(hFile, &facts);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    if (lpCreationTime)
        *lpCreationTime = facts_filetime(facts.creation);
    if (lpLastAccessTime)
        *lpLastAccessTime = facts_filetime(facts.access);
    if (lpLastWriteTime)
        *lpLastWriteTime = facts_filetime(facts.write);
    return TRUE;
}

BOOL WINAPI SetFileTime(HANDLE hFile, const FILETIME *lpCreationTime,
                        const FILETIME *lpLastAccessTime, const FILETIME *lpLastWriteTime)
{
    struct disk *disk;
    NTSTATUS status = disk_get(hFile, FILE_WRITE_ATTRIBUTES, &disk);
    (void)lpCreationTime;
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    status = facts_set_times(disk->file.fd, lpLastAccessTime ? facts_ticks(lpLastAccessTime) : 0,
                             lpLastWriteTime ? facts_ticks(lpLastWriteTime) : 0);
    disk_unref(disk);
    return win32_result(status);
}

BOOL WINAPI GetFileInformationByHandle(HANDLE hFile, LPBY_HANDLE_FILE_INFORMATION lpFileInformation)
{
    struct facts facts;
    NTSTATUS status = file__facts(hFile, &facts);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    if (!lpFileInformation)
        return fail_status(STATUS_ACCESS_VIOLATION);
    *lpFileInformation = (BY_HANDLE_FILE_INFORMATION){
        .dwFileAttributes = facts.attributes,
        .ftCreationTime = facts_filetime(facts.creation),
        .ftLastAccessTime = facts_filetime(facts.access),
        .ftLastWriteTime = facts_filetime(facts.write),
        .dwVolumeSerialNumber = facts.volume,
        .nFileSizeHigh = (DWORD)(facts.size >> 32),
        .nFileSizeLow = (DWORD)facts.size,
        .nNumberOfLinks = facts.links,
        .nFileIndexHigh = (DWORD)(facts.index >> 32),
        .nFileIndexLow = (DWORD)facts.index,
    };
    return TRUE;
}

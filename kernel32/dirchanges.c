/* Entry points about changes in directories: ReadDirectoryChangesW and ReadDirectoryChangesExW of
 * winbase.h, the change notifications of fileapi.h. A call is a request in its file's FILE_CONTROL
 * queue that ends when its watch has something to give (watch.h). A change notification is a
 * directory handle whose calls have no buffer: the file itself is what becomes signaled. */
#include "last_error.h"
#include "open.h"
#include "transfer.h"
#include "watch.h"

#include <fileapi.h>
#include <stdlib.h>
#include <string.h>
#include <winbase.h>

struct change_request {
    struct request request;
    enum watch_layout layout;
};

/* What a call asks for. */
struct change_args {
    void *buffer;
    uint32_t length;
    bool subtree;
    uint32_t filter;
    enum watch_layout layout;
    OVERLAPPED *overlapped;
    void *routine;
    bool waits; /* a call without a status block waits for its end */
};

/* The oldest call gets what was recorded. What a call finds at once is in its status block when it
 * returns (FILE-097). */
static bool change__attempt(struct request *request)
{
    struct change_request *change = list_entry(request, struct change_request, request);
    struct file *file = request->file;
    struct iovec *buffer = &request->iov_inline[0];
    NTSTATUS status;
    if (!request->queue && !list_is_empty(&file->queue[FILE_CONTROL]))
        return false;
    status = watch_take(disk_of(file)->watch, change->layout, buffer->iov_base,
                        (uint32_t)buffer->iov_len, &request->information);
    if (status == STATUS_PENDING)
        return false;
    request->status = status;
    if (!request->queue && request->iosb && NT_SUCCESS(status)) {
        request->iosb->Information = request->information;
        __atomic_store_n(&request->iosb->Status, status, __ATOMIC_RELEASE);
    }
    return true;
}

/* They report their end as pending even when it came inside the call: TRUE does not tell which, so
 * the packet must come whatever the completion modes say. */
static const struct request_ops change__ops = {
    .name = "directory changes",
    .size = sizeof(struct change_request),
    .attempt = change__attempt,
};

static NTSTATUS change__capture(struct file *file, const struct change_args *args,
                                struct request *request)
{
    OVERLAPPED *overlapped = args->overlapped;
    request->file = file;
    request->flags = REQUEST_CONTROL | REQUEST_ALWAYS_PENDS;
    request->iov_count = 1;
    request->iov_inline[0] = (struct iovec){.iov_base = args->buffer, .iov_len = args->length};
    if (!overlapped)
        return args->routine ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
    if (!args->routine)
        return request_set_overlapped(request, overlapped);
    if (file->port || !(file->flags & FILE_OVERLAPPED))
        return STATUS_INVALID_PARAMETER;
    request->iosb = (IO_STATUS_BLOCK *)overlapped;
    return request_set_apc(request, args->routine, overlapped, 0);
}

static NTSTATUS change__start_watch(struct disk *disk, const struct change_args *args)
{
    NTSTATUS status;
    file_lock(&disk->file);
    status = disk->file.flags & FILE_CLOSED
                 ? STATUS_INVALID_HANDLE
                 : watch_start(disk, args->filter, args->subtree, args->length);
    file_unlock(&disk->file);
    return status;
}

static NTSTATUS change__submit(struct file *file, const struct change_args *args,
                               struct change_request *change, uint32_t *moved)
{
    struct deadline never = {.never = true};
    bool waits = args->waits && (!args->overlapped || !(file->flags & FILE_OVERLAPPED));
    NTSTATUS status;
    request_begin(&change->request);
    if (!waits)
        return file_submit(file, &change->request);
    status = file_submit_and_wait(file, &change->request, false, &never);
    *moved = (uint32_t)change->request.information;
    request_free(&change->request);
    return status;
}

static NTSTATUS change__read(struct disk *disk, const struct change_args *args, uint32_t *moved)
{
    struct change_request change = {.request = {.ops = &change__ops}, .layout = args->layout};
    struct stat st;
    NTSTATUS status;
    if (fstat(disk->file.fd, &st) < 0 || !S_ISDIR(st.st_mode))
        return STATUS_INVALID_PARAMETER;
    if (args->length > 0 && !memory_is_writable(args->buffer, args->length))
        return STATUS_ACCESS_VIOLATION;
    status = change__capture(&disk->file, args, &change.request);
    if (status == STATUS_SUCCESS)
        status = change__start_watch(disk, args);
    if (status != STATUS_SUCCESS) {
        request_free(&change.request);
        return status;
    }
    watch_collect();
    return change__submit(&disk->file, args, &change, moved);
}

/* The directory behind a handle: no other file has changes to tell. */
static NTSTATUS change__get(HANDLE handle, struct disk **disk)
{
    NTSTATUS status = disk_get(handle, FILE_LIST_DIRECTORY, disk);
    return status == STATUS_INVALID_DEVICE_REQUEST ? STATUS_INVALID_PARAMETER : status;
}

static NTSTATUS change__check(const struct change_args *args)
{
    if (args->filter == 0 || (args->filter & ~(uint32_t)WATCH_ALL_FILTERS))
        return STATUS_INVALID_PARAMETER;
    return (uintptr_t)args->buffer % sizeof(DWORD) ? STATUS_DATATYPE_MISALIGNMENT : STATUS_SUCCESS;
}

static BOOL change__entry(HANDLE directory, const struct change_args *args, LPDWORD bytes)
{
    struct disk *disk;
    uint32_t moved = 0;
    NTSTATUS status = change__check(args);
    if (status == STATUS_SUCCESS)
        status = change__get(directory, &disk);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    status = change__read(disk, args, &moved);
    disk_unref(disk);
    if (!NT_SUCCESS(status))
        return fail_status(status);
    if (bytes && status != STATUS_PENDING)
        *bytes = moved;
    return TRUE;
}

BOOL WINAPI
ReadDirectoryChangesExW(HANDLE hDirectory, LPVOID lpBuffer, DWORD nBufferLength, BOOL bWatchSubtree,
                        DWORD dwNotifyFilter, LPDWORD lpBytesReturned, LPOVERLAPPED lpOverlapped,
                        LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine,
                        READ_DIRECTORY_NOTIFY_INFORMATION_CLASS ReadDirectoryNotifyInformationClass)
{
    struct change_args args = {
        .buffer = lpBuffer,
        .length = nBufferLength,
        .subtree = bWatchSubtree,
        .filter = dwNotifyFilter,
        .layout = ReadDirectoryNotifyInformationClass == ReadDirectoryNotifyInformation
                      ? WATCH_PLAIN
                      : WATCH_EXTENDED,
        .overlapped = lpOverlapped,
        .routine = (void *)lpCompletionRoutine,
        .waits = true,
    };
    if (ReadDirectoryNotifyInformationClass != ReadDirectoryNotifyInformation &&
        ReadDirectoryNotifyInformationClass != ReadDirectoryNotifyExtendedInformation)
        return fail_status(STATUS_INVALID_PARAMETER);
    return change__entry(hDirectory, &args, lpBytesReturned);
}

BOOL WINAPI ReadDirectoryChangesW(HANDLE hDirectory, LPVOID lpBuffer, DWORD nBufferLength,
                                  BOOL bWatchSubtree, DWORD dwNotifyFilter, LPDWORD lpBytesReturned,
                                  LPOVERLAPPED lpOverlapped,
                                  LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine)
{
    return ReadDirectoryChangesExW(hDirectory, lpBuffer, nBufferLength, bWatchSubtree,
                                   dwNotifyFilter, lpBytesReturned, lpOverlapped,
                                   lpCompletionRoutine, ReadDirectoryNotifyInformation);
}

/* ---- change notifications ---- */

/* The next call on a notification's handle: the file is signaled when it ends. */
static NTSTATUS notification__next(struct disk *disk, bool subtree, uint32_t filter)
{
    struct change_args args = {.subtree = subtree, .filter = filter, .layout = WATCH_PLAIN};
    uint32_t moved;
    NTSTATUS status = change__read(disk, &args, &moved);
    return NT_SUCCESS(status) ? STATUS_SUCCESS : status;
}

static NTSTATUS notification__start(HANDLE handle, bool subtree, uint32_t filter)
{
    struct disk *disk;
    NTSTATUS status = disk_get(handle, FILE_LIST_DIRECTORY, &disk);
    struct stat st;
    if (status != STATUS_SUCCESS)
        return STATUS_NOT_A_DIRECTORY; /* a device */
    if (fstat(disk->file.fd, &st) < 0 || !S_ISDIR(st.st_mode))
        status = STATUS_NOT_A_DIRECTORY;
    else
        status = notification__next(disk, subtree, filter);
    disk_unref(disk);
    return status;
}

/* Takes over `name`. */
static HANDLE notification__open(const void *given, char *name, bool subtree, uint32_t filter)
{
    const struct open_args args = {
        .access = FILE_LIST_DIRECTORY,
        .share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        .disposition = OPEN_EXISTING,
        .flags = FILE_FLAG_BACKUP_SEMANTICS,
    };
    struct change_args call = {.filter = filter};
    bool existed;
    HANDLE handle = INVALID_HANDLE_VALUE;
    NTSTATUS status = given && !name ? STATUS_NO_MEMORY : change__check(&call);
    if (status == STATUS_SUCCESS)
        status = open_named(name, &args, &handle, &existed);
    free(name);
    if (status == STATUS_SUCCESS) {
        status = notification__start(handle, subtree, filter);
        if (status != STATUS_SUCCESS)
            handle_close(handle);
    }
    if (status == STATUS_SUCCESS)
        return handle;
    fail_status(status);
    return INVALID_HANDLE_VALUE;
}

HANDLE WINAPI FindFirstChangeNotificationA(LPCSTR lpPathName, BOOL bWatchSubtree,
                                           DWORD dwNotifyFilter)
{
    return notification__open(lpPathName, lpPathName ? strdup(lpPathName) : NULL, bWatchSubtree,
                              dwNotifyFilter);
}

HANDLE WINAPI FindFirstChangeNotificationW(LPCWSTR lpPathName, BOOL bWatchSubtree,
                                           DWORD dwNotifyFilter)
{
    return notification__open(lpPathName, lpPathName ? path_text_from_wide(lpPathName) : NULL,
                              bWatchSubtree, dwNotifyFilter);
}

BOOL WINAPI FindNextChangeNotification(HANDLE hChangeHandle)
{
    struct disk *disk;
    NTSTATUS status = change__get(hChangeHandle, &disk);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    status = notification__next(disk, true, FILE_NOTIFY_CHANGE_FILE_NAME);
    disk_unref(disk);
    return win32_result(status);
}

BOOL WINAPI FindCloseChangeNotification(HANDLE hChangeHandle)
{
    struct disk *disk;
    NTSTATUS status = change__get(hChangeHandle, &disk);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    disk_unref(disk);
    return win32_result(handle_close(hChangeHandle));
}

/* Reads and writes. */
#include "transfer.h"

#include <winnt.h>

/* The rights a call needs: any one of these. */
static uint32_t transfer__access(bool write)
{
    return write ? FILE_WRITE_DATA | FILE_APPEND_DATA : FILE_READ_DATA;
}

/* The file, if the handle grants one of the rights. */
static NTSTATUS transfer__get_file(HANDLE handle, bool write, struct file **file)
{
    NTSTATUS status = file_get(handle, transfer__access(write) & ~(uint32_t)FILE_APPEND_DATA, file);
    if (status == STATUS_ACCESS_DENIED && write)
        status = file_get(handle, FILE_APPEND_DATA, file);
    return status;
}

/* The cheap half of the check; a kind that would lose data checks the whole range itself. */
static NTSTATUS transfer__check_buffer(const struct transfer *transfer)
{
    if (transfer->length == 0 || transfer->buffer)
        return STATUS_SUCCESS;
    return transfer->write ? STATUS_INVALID_USER_BUFFER : STATUS_ACCESS_VIOLATION;
}

/* Where NT would have an overlapped transfer go: a write also to the end. */
static bool transfer__has_offset(const struct transfer *transfer)
{
    return transfer->offset && *transfer->offset >= (transfer->write ? OFFSET_APPEND : 0);
}

/* Fills in the request; what it took is released by request_free. */
static NTSTATUS transfer__capture(const struct transfer *transfer, struct file *file,
                                  struct request *request)
{
    NTSTATUS status = STATUS_SUCCESS;
    if ((file->flags & FILE_NEEDS_OFFSET) && (file->flags & FILE_OVERLAPPED) &&
        !transfer__has_offset(transfer))
        return STATUS_INVALID_PARAMETER;
    request->file = file;
    request->iosb = transfer->iosb;
    request->context = transfer->context;
    request->flags = transfer->write ? REQUEST_WRITE : 0;
    request->iov_count = 1;
    request->iov_inline[0].iov_base = transfer->buffer;
    request->iov_inline[0].iov_len = transfer->length;
    request->offset = transfer->offset ? (uint64_t)*transfer->offset : (uint64_t)OFFSET_CURRENT;
    if (!transfer->context)
        request->flags |= REQUEST_EAGER;
    if (transfer->routine) {
        bool native = transfer->routine_kind & REQUEST_NATIVE_APC;
        if (file->port) /* an APC and a packet exclude each other */
            return STATUS_INVALID_PARAMETER;
        if (!native && !(file->flags & FILE_OVERLAPPED)) /* THRD-083 */
            return STATUS_INVALID_PARAMETER;
        return request_set_apc(request, transfer->routine, transfer->routine_context,
                               transfer->routine_kind);
    }
    if (transfer->event || transfer->context)
        status = request_set_event(request, transfer->event);
    return status;
}

NTSTATUS transfer_start(const struct transfer *transfer, uint32_t *moved)
{
    static const struct request_ops no_ops = {.name = "transfer", .size = sizeof(struct request)};
    struct request request = {.ops = &no_ops};
    struct file *file;
    bool overlapped;
    NTSTATUS status = transfer__get_file(transfer->handle, transfer->write, &file);
    *moved = 0;
    if (status != STATUS_SUCCESS)
        return status;
    overlapped = file->flags & FILE_OVERLAPPED;
    if (overlapped && !transfer->iosb && !(file->flags & FILE_WAITS))
        status = STATUS_INVALID_PARAMETER;
    else if (!transfer->write)
        status = transfer__check_buffer(transfer);
    if (status == STATUS_SUCCESS)
        status = transfer__capture(transfer, file, &request);
    if (status == STATUS_SUCCESS) {
        request_begin(&request);
        if (transfer->write)
            status = transfer__check_buffer(transfer); /* after the event was reset (PORT-076) */
    }
    if (status != STATUS_SUCCESS) {
        request_free(&request);
        file_unref(file);
        return status;
    }
    request.status = STATUS_PENDING;
    status = file->ops->transfer(file, &request);
    if (status != STATUS_PENDING)
        *moved = (uint32_t)request.information;
    file_unref(file);
    return status;
}

/* ---- the native forms ---- */

static NTSTATUS transfer__native(HANDLE handle, bool write, HANDLE event, PIO_APC_ROUTINE routine,
                                 PVOID context, PIO_STATUS_BLOCK iosb, PVOID buffer, ULONG length,
                                 PLARGE_INTEGER offset)
{
    struct transfer transfer = {
        .handle = handle,
        .write = write,
        .buffer = buffer,
        .length = length,
        .offset = offset ? (int64_t *)&offset->QuadPart : NULL,
        .event = event,
        .routine = (void *)routine,
        .routine_context = context,
        .routine_kind = REQUEST_NATIVE_APC,
        .context = routine ? NULL : context,
        .iosb = iosb,
    };
    uint32_t moved;
    if (!iosb)
        return STATUS_ACCESS_VIOLATION;
    return transfer_start(&transfer, &moved);
}

NTSTATUS NTAPI NtReadFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                          PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer,
                          ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key)
{
    (void)Key;
    return transfer__native(FileHandle, false, Event, ApcRoutine, ApcContext, IoStatusBlock, Buffer,
                            Length, ByteOffset);
}

NTSTATUS NTAPI NtWriteFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                           PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer,
                           ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key)
{
    (void)Key;
    return transfer__native(FileHandle, true, Event, ApcRoutine, ApcContext, IoStatusBlock, Buffer,
                            Length, ByteOffset);
}

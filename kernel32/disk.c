/* Reading and writing disk files. An overlapped transfer is tried at once with RWF_NOWAIT, which
 * does what the page cache allows; the rest goes to the engine. Either way the call reports it as
 * pending, as Windows does (FILE-056). */
#include "disk.h"

#include "engine.h"
#include "transfer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <winbase.h>

static const struct request_ops disk__request_ops = {
    .name = "disk transfer",
    .size = sizeof(struct engine_request),
};

/* Where a transfer goes: turns the special offsets into a place or RWF_APPEND. */
static NTSTATUS disk__resolve_offset(struct file *file, struct engine_request *request)
{
    struct request *base = &request->request;
    int64_t offset = (int64_t)base->offset;
    bool write = request->op == ENGINE_WRITE;
    if (offset == OFFSET_CURRENT && !(file->flags & FILE_OVERLAPPED))
        base->offset = file->position;
    else if (offset == OFFSET_APPEND && write)
        request->rw_flags |= RWF_APPEND;
    else if (offset < 0)
        return STATUS_INVALID_PARAMETER;
    if (write && (file->flags & FILE_APPEND_ONLY))
        request->rw_flags |= RWF_APPEND;
    if (request->rw_flags & RWF_APPEND)
        base->offset = 0;
    return STATUS_SUCCESS;
}

/* A read that ended short may have met the end of the file or a hole in the buffer. */
static NTSTATUS disk__check_short(struct request *base, NTSTATUS status)
{
    struct iovec *iov = request_iov(base);
    if (base->flags & REQUEST_WRITE)
        return status;
    for (uint32_t i = 0; i < base->iov_count; i++)
        if (!memory_is_writable(iov[i].iov_base, iov[i].iov_len))
            return STATUS_ACCESS_VIOLATION;
    return status;
}

/* Moves all of it now, waiting if need be. */
static NTSTATUS disk__transfer_now(struct engine_request *request)
{
    struct request *base = &request->request;
    NTSTATUS status;
    while (!engine_advance(request, engine_transfer_now(request, 0), &status))
        ;
    if (base->information < request_length(base))
        status = disk__check_short(base, status);
    return status;
}

static void disk__move_position(struct file *file, struct engine_request *request)
{
    if (request->rw_flags & RWF_APPEND)
        file->position = (uint64_t)lseek(file->fd, 0, SEEK_END);
    else
        file->position = request->request.offset + request->request.information;
}

static NTSTATUS disk__transfer_sync(struct file *file, struct engine_request *request)
{
    struct request *base = &request->request;
    bool plain = base->iosb == NULL;
    NTSTATUS status = disk__resolve_offset(file, request);
    if (status == STATUS_SUCCESS && request_length(base) > 0) {
        struct thread *self = thread_self();
        thread_block_begin(self);
        status = disk__transfer_now(request);
        thread_block_end(self);
        if (NT_SUCCESS(status))
            disk__move_position(file, request);
    }
    if (status == STATUS_END_OF_FILE && plain)
        status = STATUS_SUCCESS; /* a plain read at the end reads nothing (FILE-045) */
    base->status = status;
    if (NT_ERROR(status))
        base->information = 0;
    return request_end_in_call(base);
}

/* One try without waiting: true if the request is over. */
static bool disk__try(struct engine_request *request, NTSTATUS *status)
{
    struct request *base = &request->request;
    int64_t moved;
    *status = STATUS_SUCCESS;
    if (request_length(base) == 0)
        return true;
    moved = engine_transfer_now(request, RWF_NOWAIT);
    if (moved == -EAGAIN || moved == -EOPNOTSUPP)
        return false;
    if (!engine_advance(request, moved, status))
        return false;
    if (base->information < request_length(base))
        *status = disk__check_short(base, *status);
    return true;
}

static NTSTATUS disk__transfer_overlapped(struct file *file, struct engine_request *request)
{
    struct request *base = &request->request;
    NTSTATUS status = disk__resolve_offset(file, request);
    if (status != STATUS_SUCCESS) {
        request_free(base);
        return status;
    }
    if (disk__try(request, &status)) {
        if (status == STATUS_ACCESS_VIOLATION || status == STATUS_INVALID_USER_BUFFER) {
            request_free(base);
            return status;
        }
        base->status = status;
        if (NT_ERROR(status))
            base->information = 0;
        status = request_end_pending(base);
        request_free(base);
        return status;
    }
    status = file_start_in_engine(file, request);
    if (status != STATUS_PENDING)
        request_free(base);
    return status;
}

static NTSTATUS disk__transfer(struct file *file, struct request *request)
{
    struct engine_request engine = {
        .request = *request,
        .op = request->flags & REQUEST_WRITE ? ENGINE_WRITE : ENGINE_READ,
        .fd = file->fd,
    };
    NTSTATUS status;
    engine.request.ops = &disk__request_ops;
    if (disk_of(file)->is_directory) {
        request_free(&engine.request);
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    /* A write that breaks off in the middle has changed the file: look at the buffer first. */
    if (engine.op == ENGINE_WRITE &&
        !memory_is_readable(request->iov_inline[0].iov_base, request->iov_inline[0].iov_len)) {
        request_free(&engine.request);
        return STATUS_INVALID_USER_BUFFER;
    }
    if (file->flags & FILE_OVERLAPPED)
        return disk__transfer_overlapped(file, &engine);
    status = disk__transfer_sync(file, &engine);
    request->information = engine.request.information;
    request_free(&engine.request);
    return status;
}

static NTSTATUS disk__flush(struct file *file)
{
    struct thread *self = thread_self();
    int err;
    thread_block_begin(self);
    err = fsync(file->fd) < 0 ? errno : 0;
    thread_block_end(self);
    return err == EINVAL ? STATUS_SUCCESS : status_from_errno(err);
}

static void disk__closing(struct file *file)
{
    struct disk *disk = disk_of(file);
    if (disk->delete_on_close && disk->path) {
        if (disk->is_directory)
            rmdir(disk->path);
        else
            unlink(disk->path);
    }
}

static void disk__destroy(struct file *file)
{
    struct disk *disk = disk_of(file);
    free(disk->path);
    free(disk);
}

const struct file_ops disk_ops = {
    .type = FILE_TYPE_DISK,
    .name = "disk",
    .transfer = disk__transfer,
    .flush = disk__flush,
    .closing = disk__closing,
    .destroy = disk__destroy,
};

NTSTATUS disk_create(int fd, const char *path, uint32_t flags, struct disk **result)
{
    struct disk *disk = calloc(1, sizeof *disk);
    char *copy = path ? strdup(path) : NULL;
    if (!disk || (path && !copy)) {
        free(disk);
        free(copy);
        close(fd);
        return STATUS_NO_MEMORY;
    }
    file_init(&disk->file, &disk_ops, fd, flags | FILE_SEEKABLE);
    disk->path = copy;
    *result = disk;
    return STATUS_SUCCESS;
}

NTSTATUS disk_get(HANDLE handle, uint32_t access, struct disk **disk)
{
    struct file *file;
    NTSTATUS status = file_get(handle, access, &file);
    *disk = NULL;
    if (status != STATUS_SUCCESS)
        return status;
    if (file->ops != &disk_ops) {
        file_unref(file);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    *disk = disk_of(file);
    return STATUS_SUCCESS;
}

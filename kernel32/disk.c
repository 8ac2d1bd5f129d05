/* Reading and writing disk files. An overlapped transfer is tried at once with RWF_NOWAIT, which
 * does what the page cache allows; the rest goes to the engine. Either way the call reports it as
 * pending, as Windows does (FILE-056). */
#include "disk.h"

#include "engine.h"
#include "facts.h"
#include "transfer.h"
#include "watch.h"

#include <errno.h>
#include <limits.h>
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

/* Unbuffered transfers are whole sectors, in memory too (FILE-038). */
static NTSTATUS disk__check_alignment(struct disk *disk, struct request *base)
{
    uintptr_t bits = base->offset | (uintptr_t)base->iov_inline[0].iov_base | request_length(base);
    return disk->sector && bits % disk->sector ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
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

uint64_t disk_position(struct disk *disk)
{
    uint64_t position;
    lock_acquire(&disk->serial);
    if (disk->shares_offset)
        disk->file.position = (uint64_t)lseek(disk->file.fd, 0, SEEK_CUR);
    position = disk->file.position;
    lock_release(&disk->serial);
    return position;
}

void disk_set_position(struct disk *disk, uint64_t position)
{
    lock_acquire(&disk->serial);
    disk->file.position = position;
    if (disk->shares_offset)
        lseek(disk->file.fd, (off_t)position, SEEK_SET);
    lock_release(&disk->serial);
}

/* Caller holds disk->serial. */
static void disk__move_position(struct disk *disk, struct engine_request *request)
{
    struct file *file = &disk->file;
    if (request->rw_flags & RWF_APPEND)
        file->position = (uint64_t)lseek(file->fd, 0, SEEK_END);
    else
        file->position = request->request.offset + request->request.information;
    if (disk->shares_offset)
        lseek(file->fd, (off_t)file->position, SEEK_SET);
}

/* Caller holds disk->serial. */
static NTSTATUS disk__transfer_serially(struct disk *disk, struct engine_request *request)
{
    NTSTATUS status;
    if (disk->shares_offset)
        disk->file.position = (uint64_t)lseek(disk->file.fd, 0, SEEK_CUR);
    status = disk__resolve_offset(&disk->file, request);
    if (status == STATUS_SUCCESS)
        status = disk__check_alignment(disk, &request->request);
    if (status != STATUS_SUCCESS || request_length(&request->request) == 0)
        return status;
    status = disk__transfer_now(request);
    if (NT_SUCCESS(status))
        disk__move_position(disk, request);
    return status;
}

static NTSTATUS disk__transfer_sync(struct file *file, struct engine_request *request)
{
    struct request *base = &request->request;
    struct disk *disk = disk_of(file);
    bool plain = base->iosb == NULL;
    struct thread *self = thread_self();
    NTSTATUS status;
    thread_block_begin(self);
    lock_acquire(&disk->serial);
    status = disk__transfer_serially(disk, request);
    lock_release(&disk->serial);
    thread_block_end(self);
    if (status == STATUS_END_OF_FILE && plain)
        status = STATUS_SUCCESS; /* a plain read at the end reads nothing (FILE-045) */
    base->status = status;
    if (NT_ERROR(status))
        base->information = 0;
    file_lock(file);
    status = request_end_in_call(base);
    file_unlock(file);
    return status;
}

/* One try without waiting: true if the request is over. */
static bool disk__try(struct engine_request *request, NTSTATUS *status)
{
    struct request *base = &request->request;
    int64_t moved;
    *status = STATUS_SUCCESS;
    if (request_length(base) == 0)
        return true;
    /* Unbuffered, RWF_NOWAIT still sleeps for the device: one request at a time, whatever the
     * program keeps in flight. */
    if (disk_of(base->file)->sector)
        return false;
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
    if (status == STATUS_SUCCESS)
        status = disk__check_alignment(disk_of(file), base);
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
    if (!disk_of(file)->has_data) {
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

/* Removes the name under which the file now goes, if it still has one. */
static void disk__remove(const struct disk *disk)
{
    struct fd_path link = fd_path_of(disk->file.fd);
    char name[PATH_MAX];
    struct stat open_one, named;
    ssize_t length = readlink(link.text, name, sizeof name - 1);
    if (length <= 0 || fstat(disk->file.fd, &open_one) < 0)
        return;
    name[length] = '\0';
    if (lstat(name, &named) < 0 || named.st_dev != open_one.st_dev ||
        named.st_ino != open_one.st_ino)
        return;
    if (S_ISDIR(named.st_mode))
        rmdir(name);
    else
        unlink(name);
}

static void disk__closing(struct file *file)
{
    struct disk *disk = disk_of(file);
    watch_stop(disk);
    if (share_leave(&disk->share, disk->delete_on_close))
        disk__remove(disk);
}

/* The process ends with files open: those that were to be deleted still are (FILE-043). */
__attribute__((destructor)) static void disk__close_all(void)
{
    for (uint32_t index = 1; index < handle_table.used; index++) {
        struct object *object = table_get(&handle_table, index, NULL);
        struct file *file = object && object->ops == &file_object_ops
                                ? list_entry(object, struct file, object)
                                : NULL;
        if (file && file->ops == &disk_ops)
            disk__closing(file);
        if (object)
            object_unref(object);
    }
}

/* What pends then waits for changes: transfers end in the engine. */
static NTSTATUS disk__close_status(struct file *file, struct request *request)
{
    (void)file;
    (void)request;
    return STATUS_NOTIFY_CLEANUP;
}

static void disk__destroy(struct file *file)
{
    free(disk_of(file));
}

const struct file_ops disk_ops = {
    .type = FILE_TYPE_DISK,
    .name = "disk",
    .transfer = disk__transfer,
    .flush = disk__flush,
    .closing = disk__closing,
    .close_status = disk__close_status,
    .destroy = disk__destroy,
};

NTSTATUS disk_create(int fd, uint32_t flags, struct disk **result)
{
    struct disk *disk = calloc(1, sizeof *disk);
    if (!disk) {
        close(fd);
        return STATUS_NO_MEMORY;
    }
    file_init(&disk->file, &disk_ops, fd, flags | FILE_SEEKABLE);
    disk->has_data = true;
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
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    *disk = disk_of(file);
    return STATUS_SUCCESS;
}

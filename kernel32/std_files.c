/* The standard handles' files: descriptors 0, 1 and 2 as they were inherited. Each gets a
 * descriptor of its own, so that closing the handle does not free a number that the C library
 * writes to; the offset of a redirected file stays the shared one. */
#include "disk.h"
#include "std_handles.h"
#include "stream.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <winnt.h>

static uint32_t std__access(int flags)
{
    switch (flags & O_ACCMODE) {
    case O_RDONLY:
        return FILE_GENERIC_READ;
    case O_WRONLY:
        return FILE_GENERIC_WRITE | FILE_READ_ATTRIBUTES;
    default:
        return FILE_GENERIC_READ | FILE_GENERIC_WRITE;
    }
}

/* Takes over `own`, a duplicate of a regular file's descriptor. */
static NTSTATUS std__create_disk(int own, const struct stat *st, int flags, struct file **file)
{
    struct disk *disk;
    NTSTATUS status = disk_create(own, flags & O_APPEND ? FILE_APPEND_ONLY : 0, &disk);
    if (status != STATUS_SUCCESS)
        return status;
    disk->shares_offset = true;
    disk_enter_shared(disk, st);
    *file = &disk->file;
    return STATUS_SUCCESS;
}

static HANDLE std__open(int fd)
{
    struct file *file;
    struct stat st;
    HANDLE handle;
    NTSTATUS status;
    int flags = fcntl(fd, F_GETFL);
    int own = flags < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (own < 0 || fstat(own, &st) < 0)
        return NULL;
    if (S_ISREG(st.st_mode))
        status = std__create_disk(own, &st, flags, &file);
    else
        status = stream_create(own, S_ISCHR(st.st_mode) ? STREAM_CHARACTER : STREAM_PIPE, 0, &file);
    if (status == STATUS_SUCCESS)
        status = handle_open_new(&file->object, std__access(flags), HANDLE_INHERIT, &handle);
    return status == STATUS_SUCCESS ? handle : NULL;
}

__attribute__((constructor)) static void std__start(void)
{
    std_handle_open = std__open;
}

/* Disk files that a child process inherits. As both have one file pointer on Windows, the host's
 * own offset counts from then on. */
#include "disk.h"
#include "inherit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <winnt.h>

struct disk_state {
    uint32_t flags, sector;
    bool has_data;
};
_Static_assert(sizeof(struct disk_state) <= INHERIT_STATE_BYTES, "it fits");

void disk_enter_shared(struct disk *disk, const struct stat *st)
{
    share_enter(&disk->share, st, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE);
}

static void disk__leave(struct file *file, void *state)
{
    struct disk *disk = disk_of(file);
    *(struct disk_state *)state = (struct disk_state){
        .flags = file->flags & (FILE_OVERLAPPED | FILE_APPEND_ONLY),
        .sector = disk->sector,
        .has_data = disk->has_data,
    };
    lock_acquire(&disk->serial);
    if (!disk->shares_offset && disk->has_data)
        lseek(file->fd, (off_t)file->position, SEEK_SET);
    disk->shares_offset = disk->has_data;
    lock_release(&disk->serial);
    if (file->flags & FILE_APPEND_ONLY) /* a program that writes the descriptor appends too */
        fcntl(file->fd, F_SETFL, fcntl(file->fd, F_GETFL) | O_APPEND);
}

static NTSTATUS disk__take(int fd, const void *state, struct file **file)
{
    const struct disk_state *left = state;
    struct disk *disk;
    struct stat st;
    NTSTATUS status = disk_create(fd, left->flags, &disk);
    if (status != STATUS_SUCCESS)
        return status;
    disk->sector = left->sector;
    disk->has_data = left->has_data;
    disk->shares_offset = left->has_data;
    if (fstat(fd, &st) == 0)
        disk_enter_shared(disk, &st);
    *file = &disk->file;
    return STATUS_SUCCESS;
}

__attribute__((constructor(INHERIT_FIRST))) static void disk__set_up(void)
{
    static const struct inherit_kind disks = {&disk_ops, disk__leave, disk__take};
    inherit_serve(INHERIT_DISK, &disks);
}

/* The disk file: a file object with offsets, an entry in the sharing table, and perhaps the duty to
 * delete itself. Directories are disk files that cannot be read. */
#ifndef PORTICO_DISK_H
#define PORTICO_DISK_H

#include "file.h"
#include "share.h"

struct watch;

struct disk {
    struct file file;
    struct share share;
    struct lock serial;   /* one synchronous transfer at a time; protects file.position */
    uint32_t sector;      /* unbuffered transfers are multiples of it; 0: buffered */
    bool delete_on_close; /* under file.lock */
    bool has_data;        /* false: a directory, or a link opened as itself */
    bool shares_offset;   /* the descriptor's own offset counts: others use it too */
    struct watch *watch;  /* of a directory whose changes were asked for; under file.lock */
};

extern const struct file_ops disk_ops;

static inline struct disk *disk_of(struct file *file)
{
    return list_entry(file, struct disk, file);
}

/* Takes over the descriptor (closed if this fails). */
NTSTATUS disk_create(int fd, uint32_t flags, struct disk **disk);

/* Enters a file that was opened elsewhere: whoever did that decided about sharing; ours forbids
 * nothing and never fails. */
void disk_enter_shared(struct disk *disk, const struct stat *st);

/* The disk file behind a handle: STATUS_INVALID_DEVICE_REQUEST for any other file. */
NTSTATUS disk_get(HANDLE handle, uint32_t access, struct disk **disk);

static inline void disk_unref(struct disk *disk)
{
    file_unref(&disk->file);
}

/* Reads or moves the file pointer. */
uint64_t disk_position(struct disk *disk);
void disk_set_position(struct disk *disk, uint64_t position);

#endif

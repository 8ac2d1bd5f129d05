/* The disk file: a file object with offsets. */
#ifndef PORTICO_DISK_H
#define PORTICO_DISK_H

#include "file.h"

struct disk {
    struct file file;
    char *path; /* as opened; for deletion at close */
    bool delete_on_close;
    bool is_directory;
};

extern const struct file_ops disk_ops;

static inline struct disk *disk_of(struct file *file)
{
    return list_entry(file, struct disk, file);
}

/* Takes over the descriptor (closed if this fails) and copies the path (may be NULL). */
NTSTATUS disk_create(int fd, const char *path, uint32_t flags, struct disk **disk);

/* The disk file behind a handle: STATUS_OBJECT_TYPE_MISMATCH for any other file. */
NTSTATUS disk_get(HANDLE handle, uint32_t access, struct disk **disk);

#endif

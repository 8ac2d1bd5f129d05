/* Opening and creating: what CreateFile asks for, and who answers. */
#ifndef PORTICO_OPEN_H
#define PORTICO_OPEN_H

#include "path.h"

#include <stdint.h>

struct open_args {
    uint32_t access; /* as asked for: generic rights not yet mapped */
    uint32_t share;
    uint32_t disposition;
    uint32_t attributes; /* FILE_ATTRIBUTE_* for a new file */
    uint32_t flags;      /* FILE_FLAG_* */
    uint32_t handle_flags;
};

/* Opens a file or a device by name; *existed tells whether the file was there.
 * STATUS_OBJECT_NAME_COLLISION if it must not be. */
NTSTATUS open_named(const char *name, const struct open_args *args, HANDLE *handle, bool *existed);

/* The same for a device: `name` follows \\.\ (device.c). */
NTSTATUS device_open(const char *name, const struct open_args *args, HANDLE *handle);

/* Makes a file object for a descriptor of a character device, pipe or socket, and opens a handle.
 * Takes over the descriptor. */
NTSTATUS device_open_descriptor(int fd, mode_t mode, const struct open_args *args, HANDLE *handle);

/* The rights a handle gets, with those that CreateFile always adds. */
uint32_t open_granted_access(const struct open_args *args);

#endif

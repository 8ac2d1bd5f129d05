/* Devices by their NT names, and control codes: what NtCreateFile and NtDeviceIoControlFile reach.
 * The room that implements a device registers it when the library is loaded. */
#ifndef PORTICO_DEVICE_H
#define PORTICO_DEVICE_H

#include "file.h"

/* What a control code comes with. */
struct device_control {
    uint32_t code;
    const void *in;
    uint32_t in_size;
    void *out;
    uint32_t out_size;
};

struct device {
    const char *name; /* a name that begins so, up to a backslash, is the device's */
    NTSTATUS (*open)(uint32_t access, uint32_t file_flags, uint32_t handle_flags, HANDLE *handle);
    struct device *next;
};

/* Ends a control code's request inside its call: its status and information are final. Frees it and
 * returns what the call returns. */
NTSTATUS device_control_end(struct request *request);

/* The same for a request that has not begun, with what the code answered. */
NTSTATUS device_control_now(struct request *request, NTSTATUS status, uint64_t information);

/* Does what a control code asks for and waits for its end, whatever the handle that the file is
 * behind. */
NTSTATUS device_control_and_wait(struct file *file, const struct device_control *control,
                                 IO_STATUS_BLOCK *iosb);

/* Not thread-safe: from a constructor. */
void device_register(struct device *device);

#endif

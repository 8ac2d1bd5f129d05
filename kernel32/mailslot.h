/* Mailslots: a reader's file with messages, and any number of writers' files.
 *
 * Messages are whole and in the order of the writes; there is no quota. A write never waits. A read
 * takes the first message if its buffer is large enough, or waits for one as long as the mailslot's
 * timeout was when it was made. Writers share the reader's lock and hold a reference to it.
 *
 * Names live in this process. A mailslot goes by its name until its last handle is closed.
 */
#ifndef PORTICO_MAILSLOT_H
#define PORTICO_MAILSLOT_H

#include "alarm.h"
#include "file.h"
#include "open.h"

struct mailslot {
    struct file file;     /* the reader's; its lock protects all below but for the names */
    struct list messages; /* struct mailslot_message */
    uint32_t count;
    uint32_t max_size;    /* bytes of a message, 0: any */
    uint32_t timeout_ms;  /* of reads; MAILSLOT_WAIT_FOREVER */
    struct alarm alarm;   /* for the overlapped read that is due first */
    struct list in_names; /* under the lock of the names */
    size_t name_length;
    wchar_t *name; /* folded */
};

/* Makes a mailslot and opens the reader's handle; `name` follows \\.\mailslot\.
 * STATUS_OBJECT_NAME_COLLISION, STATUS_NO_MEMORY. */
NTSTATUS mailslot_create(const char *name, uint32_t max_size, uint32_t timeout_ms,
                         uint32_t handle_flags, HANDLE *handle);

/* Opens a writer's handle: STATUS_OBJECT_NAME_NOT_FOUND, STATUS_NO_MEMORY. */
NTSTATUS mailslot_open(const char *name, const struct open_args *args, HANDLE *handle);

/* The same by a network path: this machine's mailslots have one. STATUS_BAD_NETWORK_PATH. */
NTSTATUS mailslot_open_on_host(const char *path, const struct open_args *args, HANDLE *handle);

struct mailslot_info {
    uint32_t max_size, next_size, count, timeout_ms;
};

/* STATUS_INVALID_HANDLE: not a reader's handle. */
NTSTATUS mailslot_get_info(HANDLE handle, struct mailslot_info *info);
NTSTATUS mailslot_set_timeout(HANDLE handle, uint32_t timeout_ms);

#endif

/* Mailslots: a reader's file with messages, and any number of writers' files.
 *
 * Messages are whole and in the order of the writes. A write never waits: what a mailslot may hold
 * is bounded, and beyond that a write fails. A read takes the first message if its buffer is large
 * enough, or waits for one as long as the mailslot's timeout was when it was made. Writers of the
 * reader's process share its lock and hold a reference to it.
 *
 * A mailslot goes by its name until its last handle is closed, in all processes of the user
 * (rendezvous.h). A writer of another process has a connection of its own: a message goes out, and
 * its status comes back when it lies in the mailslot (mailslot_remote.c).
 */
#ifndef PORTICO_MAILSLOT_H
#define PORTICO_MAILSLOT_H

#include "alarm.h"
#include "file.h"
#include "open.h"
#include "rendezvous.h"

enum { MAILSLOT_HELD_MAX = 64 << 20 }; /* bytes of messages and of what each costs */

struct mailslot_message {
    struct list link;
    uint32_t size;
    unsigned char data[];
};

struct mailslot {
    struct file file;     /* the reader's; its lock protects all below but for the names */
    struct list messages; /* struct mailslot_message */
    uint32_t count;
    uint64_t held;        /* of MAILSLOT_HELD_MAX */
    uint32_t max_size;    /* bytes of a message, 0: any */
    uint32_t timeout_ms;  /* of reads; MAILSLOT_WAIT_FOREVER */
    struct alarm alarm;   /* for the overlapped read that is due first */
    struct list in_names; /* under the lock of the names */
    struct rendezvous_name name;
};

/* Makes a mailslot and opens the reader's handle; `name` follows \\.\mailslot\.
 * STATUS_OBJECT_NAME_COLLISION, STATUS_NO_MEMORY. */
NTSTATUS mailslot_create(const char *name, uint32_t max_size, uint32_t timeout_ms,
                         uint32_t handle_flags, HANDLE *handle);

/* Opens a writer's handle: STATUS_OBJECT_NAME_NOT_FOUND, STATUS_NO_MEMORY. */
NTSTATUS mailslot_open(const char *name, const struct open_args *args, HANDLE *handle);

/* The same by a network path: this machine's mailslots have one, and `*` stands for every machine:
 * such a writer's messages go to whoever has the name then. STATUS_BAD_NETWORK_PATH. */
NTSTATUS mailslot_open_on_host(const char *path, const struct open_args *args, HANDLE *handle);

struct mailslot_info {
    uint32_t max_size, next_size, count, timeout_ms;
};

/* STATUS_INVALID_HANDLE: not a reader's handle. */
NTSTATUS mailslot_get_info(HANDLE handle, struct mailslot_info *info);
NTSTATUS mailslot_set_timeout(HANDLE handle, uint32_t timeout_ms);

/* ---- between the files of mailslots ---- */

/* The mailslot of this process that has the name, with a reference; NULL: none has. */
struct mailslot *mailslot_find(const struct rendezvous_name *name);

/* Queues a message, which it takes over if it succeeds: STATUS_FILE_FORCED_CLOSED,
 * STATUS_INVALID_PARAMETER (too large), STATUS_INSUFFICIENT_RESOURCES (no room). */
NTSTATUS mailslot_put(struct mailslot *slot, struct mailslot_message *message);

/* The transfer of any writer's file; `put` gets the message. */
NTSTATUS mailslot_write(struct file *file, struct request *request,
                        NTSTATUS (*put)(struct file *file, const struct iovec *bytes));

/* Does another process have the name? */
bool mailslot_remote_exists(const struct rendezvous_name *name);

/* mailslot_open for a name that only another process has. */
NTSTATUS mailslot_remote_open(const struct rendezvous_name *name, const struct open_args *args,
                              HANDLE *handle);

#endif

/* Named pipes: instances with two ends, and a queue of data each way.
 *
 * An end is a file. Both ends of an instance share one lock, so that a call on one end can finish
 * requests of the other. Data waits in the inbox of the end that will read it, as chunks in the
 * order of the writes. A chunk either holds its bytes, and they count against the quota; or it
 * belongs to a write that pends because they do not fit, and they are still in the writer's buffer,
 * where reads take them from. A write ends when what is left of it fits, or was read. So what a
 * cancelled write had left is gone from the queue, and no data is lost for want of memory: a write
 * that cannot be copied just goes on pending.
 *
 * Invariant: where reads pend the inbox is empty.
 *
 * Life. Each end holds a reference to its instance. A server's end is listed under its name from
 * its creation to its close; the name is there as long as it has instances (pipe_name.c). A client
 * that opens the name is joined to the instance that has listened longest. When an end is closed or
 * the server disconnects, what pends on either side ends at once.
 *
 * Between processes. Each process has an instance of its own, whose far end is a stand-in with a
 * link to the other process (pipe_link.h). What is written towards a stand-in waits in its inbox by
 * the rules above, and a copy is in the inbox of the real end in the other process. What that end
 * takes from the copy is told, and then taken from the stand-in's inbox too. So a writer's quota,
 * its pending writes and its flushes are accounted for in its own process alone.
 */
#ifndef PORTICO_PIPE_H
#define PORTICO_PIPE_H

#include "file.h"
#include "open.h"
#include "rendezvous.h"

enum pipe_state {
    PIPE_LISTENING, /* a server's end without a client */
    PIPE_CONNECTED,
    PIPE_CLOSING, /* the other end was closed; what it wrote can be read */
    PIPE_DISCONNECTED,
};

struct pipe_name;
struct pipe_link;

/* What all instances of a name have in common: the first one decides. */
struct pipe_kind {
    bool has_messages;
    uint32_t access; /* PIPE_ACCESS_* */
    uint32_t max_instances;
    uint32_t timeout_ms; /* of WaitNamedPipe */
};

/* An instance. */
struct pipe {
    _Atomic uint32_t refs;
    struct lock lock; /* of both ends */
    struct pipe_kind kind;
    uint32_t quota_in, quota_out; /* bytes, as the server sees it */
    uint32_t server_pid, client_pid;
    struct pipe_end *server;  /* NULL once closed */
    struct pipe_name *name;   /* NULL once the server's end is closed */
    struct list in_name;      /* under the lock of the names */
    struct list in_listening; /* the same: by how long it has listened */
};

struct pipe_end {
    struct file file;
    struct pipe *pipe;     /* a reference */
    struct pipe_end *peer; /* NULL unless connected */
    bool is_server;
    bool reads_messages; /* PIPE_READMODE_MESSAGE */
    bool nowait;         /* PIPE_NOWAIT */
    bool has_read;       /* something of this client's */
    enum pipe_state state;
    uint32_t quota;         /* bytes the inbox may hold */
    uint64_t buffered;      /* bytes it holds itself, not those of pending writes */
    struct list inbox;      /* struct pipe_chunk */
    struct pipe_link *link; /* of a stand-in, or a lent end, while the other process is there */
};

struct pipe_create_args {
    struct pipe_kind kind;
    uint32_t quota_in, quota_out;
    bool reads_messages, nowait, overlapped, first_only;
    uint32_t access; /* of the handle */
    uint32_t handle_flags;
};

/* ---- ends (pipe.c) ---- */

/* A server's end with its instance, listening but under no name yet; one reference. */
NTSTATUS pipe_end_create_server(const struct pipe_create_args *args, struct pipe_end **end);

/* Who opens a client's end. */
struct pipe_client {
    bool overlapped;
    uint32_t pid;
    struct pipe_link *link; /* the end will be a stand-in */
};

/* Joins a new client's end to a listening server's: STATUS_PIPE_NOT_AVAILABLE if it no longer
 * listens. */
NTSTATUS pipe_end_create_client(struct pipe *pipe, const struct pipe_client *client,
                                struct pipe_end **end);

/* The pipe's end behind a handle; give it back with file_unref. STATUS_INVALID_DEVICE_REQUEST:
 * another kind of file. */
NTSTATUS pipe_end_get(HANDLE handle, uint32_t access, struct pipe_end **end);

/* The end that a file is; NULL: another kind of file. */
struct pipe_end *pipe_end_of(struct file *file);

/* ConnectNamedPipe and DisconnectNamedPipe. Takes over what the request holds; one without a status
 * block waits. */
NTSTATUS pipe_end_connect(struct pipe_end *end, struct request *request);
NTSTATUS pipe_end_disconnect(struct pipe_end *end);

/* ImpersonateNamedPipeClient, which there is not: STATUS_CANNOT_IMPERSONATE,
 * STATUS_NOT_IMPLEMENTED.
 */
NTSTATUS pipe_end_impersonate(struct pipe_end *end);

struct pipe_peek {
    void *buffer; /* NULL: none */
    uint32_t size, copied, available, left_in_message;
    uint32_t messages; /* 0 in a pipe without */
    enum pipe_state state;
};

/* Looks at the inbox without taking from it. */
NTSTATUS pipe_end_peek(struct pipe_end *end, struct pipe_peek *peek);

/* Writes a message and reads the answer, likewise; request->information: bytes read. */
NTSTATUS pipe_end_transact(struct pipe_end *end, struct request *request,
                           const struct iovec *question, const struct iovec *answer);

/* PIPE_READMODE_MESSAGE and PIPE_NOWAIT (pipe_control.c). STATUS_INVALID_PARAMETER. */
NTSTATUS pipe_end_set_modes(struct pipe_end *end, uint32_t modes);

/* FSCTL_PIPE_* and PIPE_CODE_* (pipe_control.c). */
NTSTATUS pipe_control(struct file *file, struct request *request,
                      const struct device_control *control);

void pipe_unref(struct pipe *pipe);

/* ---- stand-ins (pipe.c) ---- */

/* The other process has written: `pends` says that the write has not ended. False: no memory. */
bool pipe_end_receive(struct pipe_end *stand_in, uint64_t id, const void *data, uint32_t size,
                      bool pends);
/* The write has ended well, or what was left of it is gone. */
void pipe_end_settle_write(struct pipe_end *stand_in, uint64_t id, bool kept);
/* The other process has read so much of what was written to it. False: it cannot have. */
bool pipe_end_taken(struct pipe_end *stand_in, uint64_t id, uint32_t count);
/* The other process closed its end, or is no more: writes that had not ended are gone. */
void pipe_end_abandon(struct pipe_end *stand_in);

/* ---- lent ends (pipe.c); the caller holds the pipe's lock ---- */

/* What lies first in the end's inbox; false: nothing. */
bool pipe_end_peek_chunk(struct pipe_end *end, struct iovec *bytes);
/* So much of it is read. */
void pipe_end_discard(struct pipe_end *end, uint32_t count);

/* ---- names (pipe_name.c) ---- */

/* The other processes of this user that have a name. */
struct pipe_others {
    uint32_t instances; /* 0: none, and no kind */
    struct pipe_kind kind;
};

/* What follows \\.\pipe\ as it is compared. STATUS_OBJECT_NAME_INVALID: empty or too long. */
NTSTATUS pipe_name_fold(const char *text, struct rendezvous_name *folded);

/* Lists a new instance: STATUS_ACCESS_DENIED, STATUS_INSTANCE_NOT_AVAILABLE, STATUS_NO_MEMORY.
 * `name` follows \\.\pipe\. */
NTSTATUS pipe_name_add(const char *name, bool first_only, struct pipe *pipe);

/* The instance's server goes. Caller holds pipe->lock. */
void pipe_name_remove(struct pipe *pipe);

/* The instance listens from now on, or no longer. Caller holds pipe->lock. */
void pipe_name_listen(struct pipe *pipe);
void pipe_name_stop_listening(struct pipe *pipe);

/* How many instances there are now, in all processes; 0 at a client's, if they are all in others.
 * Asks those, so the caller holds no lock. */
uint32_t pipe_name_instances(const struct pipe *pipe);

/* Joins a client to the instance of this process whose turn it is: STATUS_OBJECT_NAME_NOT_FOUND,
 * STATUS_PIPE_NOT_AVAILABLE, STATUS_ACCESS_DENIED. */
NTSTATUS pipe_name_join(const struct rendezvous_name *folded, uint32_t access,
                        const struct pipe_client *client, struct pipe_end **end);

/* Opens a client's end, here or in another process; the same. */
NTSTATUS pipe_name_open(const char *name, const struct open_args *args, HANDLE *handle);

/* Waits until an instance listens: NMPWAIT_* or milliseconds. STATUS_OBJECT_NAME_NOT_FOUND,
 * STATUS_IO_TIMEOUT. */
NTSTATUS pipe_name_wait(const char *name, uint32_t timeout_ms);

/* The milliseconds that NMPWAIT_* stands for. */
uint32_t pipe_name_timeout(const struct pipe_kind *kind, uint32_t timeout_ms);

/* The instances of a name in this process: 0 if it has none. */
uint32_t pipe_name_look(const struct rendezvous_name *folded, struct pipe_kind *kind);

/* Somebody of another process who waits for an instance to listen. */
struct pipe_watcher {
    struct list link;
    /* An instance listens, or the name is gone. Told once. Caller holds the names' lock. */
    void (*told)(struct pipe_watcher *watcher, bool gone);
};

/* STATUS_SUCCESS: one listens. STATUS_OBJECT_NAME_NOT_FOUND. STATUS_PENDING: will be told. */
NTSTATUS pipe_name_watch(const struct rendezvous_name *folded, struct pipe_watcher *watcher);
void pipe_name_unwatch(struct pipe_watcher *watcher);

/* ---- other processes (pipe_remote.c) ---- */

/* Counts the instances that the other processes have of a name. */
void pipe_remote_count(const struct rendezvous_name *folded, struct pipe_others *others);

/* pipe_name_open and pipe_name_wait for a name that only other processes have. */
NTSTATUS pipe_remote_open(const struct rendezvous_name *folded, const struct open_args *args,
                          HANDLE *handle);
NTSTATUS pipe_remote_wait(const struct rendezvous_name *folded, uint32_t timeout_ms);

#endif

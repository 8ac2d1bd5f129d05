/* The file object: everything that ReadFile, WriteFile and a port work on (disk files, sockets,
 * pipes, devices).
 *
 * Order. A kind whose requests must end in posting order (sockets, pipes) keeps them in two
 * queues, one a direction; only the first of a queue is tried. Kinds without order (disk files)
 * keep theirs in the engine and list them in queue[FILE_BUSY] to be found by a cancel.
 *
 * Readiness. A descriptor that can be polled is watched in one of two places: in its port's epoll,
 * where the threads of the port find it ready themselves; or by the reactor, the engine's own
 * thread, when no port thread need come by: it has no port, or a request must go on unattended (a
 * send that did not fit) or shows its end elsewhere (an event, a waiting thread).
 *
 * Life. A file lives as long as a handle, a request or a harvest refers to it. When its last handle
 * goes, what is pending is completed with ops->close_status and the descriptor leaves every epoll
 * (later, if a send goes on in the background); when the last reference goes, the descriptor is
 * closed.
 */
#ifndef PORTICO_FILE_H
#define PORTICO_FILE_H

#include "handle_table.h"
#include "port.h"
#include "request.h"
#include "thread.h"

#include <sys/epoll.h>

struct device_control;
struct engine_request;

enum file_queue {
    FILE_READ,
    FILE_WRITE,
    FILE_CONTROL, /* unordered: waits for something else of the file's (a pipe's client) */
    FILE_BUSY,    /* in the engine */
    FILE_QUEUES
};

enum file_flag {
    FILE_OVERLAPPED = 1,    /* requests may pend, a port may be bound */
    FILE_APPEND_ONLY = 2,   /* every write goes to the end */
    FILE_CLOSED = 4,        /* the last handle is gone */
    FILE_SEEKABLE = 8,      /* has offsets; unordered */
    FILE_WAITS = 16,        /* a transfer without a status block waits, overlapped or not */
    FILE_NEEDS_OFFSET = 32, /* an overlapped transfer must say where, though it does not matter */
};

struct file_ops {
    uint32_t type; /* FILE_TYPE_* */
    const char *name;
    /* Starts a read or a write whose buffers and offset are set (REQUEST_WRITE tells which).
     * Returns what the call returns. */
    NTSTATUS (*transfer)(struct file *file, struct request *request);
    /* Starts what a control code asks for; the request becomes the file's, to begin, end and free.
     * Returns what the call returns. NULL: the file knows no control codes. */
    NTSTATUS(*control)
    (struct file *file, struct request *request, const struct device_control *control);
    /* Waits until what was written is where it should be; NULL: nothing to do. */
    NTSTATUS (*flush)(struct file *file);
    /* The last handle is gone, nothing was cancelled yet. Caller holds file->lock. May be NULL. */
    void (*closing)(struct file *file);
    /* With which status a request ends that is pending then. */
    NTSTATUS (*close_status)(struct file *file, struct request *request);
    /* Requests were taken out of the middle of a queue. Caller holds file->lock. May be NULL. */
    void (*cancelled)(struct file *file);
    /* Something happened to the descriptor of a file that is observed; its queues have had their
     * turn. `events` as epoll has them. Caller holds no lock. NULL: it never is. */
    void (*observed)(struct file *file, uint32_t events);
    /* Cancels requests that this file ends but that wait elsewhere; returns how many. May be
     * NULL. Caller holds no lock. */
    uint32_t (*cancel_away)(struct file *file, const void *iosb, uint32_t thread_id);
    /* Frees the structure; the descriptor is closed by the caller. */
    void (*destroy)(struct file *file);
};

struct file {
    struct object object;
    const struct file_ops *ops;
    struct lock *lock; /* protects all below: own_lock, or one shared with a pipe's other end */
    struct lock own_lock;
    int fd; /* -1: none */
    uint32_t flags;
    struct port *port; /* a reference */
    uintptr_t key;
    uint8_t modes;           /* FILE_SKIP_* */
    bool in_port;            /* watched in port->epoll */
    bool drained;            /* there is nothing to read until an event says so */
    bool surprising;         /* an event told of more than data: no guesses */
    bool observed;           /* the reactor watches it for everything and tells ops->observed */
    uint32_t reactor_events; /* what the reactor watches it for; 0: it does not */
    uint32_t eager;          /* requests and waiters that need the reactor */
    _Atomic uint32_t waits;  /* for the file itself; changes under the lock */
    _Atomic bool signaled;   /* in place of the object's state */
    uint32_t watch;          /* its index in the watch table, 0: none yet */
    uint64_t position;       /* of a synchronous seekable file */
    struct list queue[FILE_QUEUES];
};

extern const struct object_ops file_object_ops;
extern struct table watch_table;

/* One reference. `fd` may be -1. */
void file_init(struct file *file, const struct file_ops *ops, int fd, uint32_t flags);

/* The file behind a handle. Standard-handle constants are understood. */
NTSTATUS file_get(HANDLE handle, uint32_t access, struct file **file);

static inline void file_lock(struct file *file)
{
    lock_acquire(file->lock);
}

static inline void file_unlock(struct file *file)
{
    lock_release_deferred(file->lock);
    if (thread_current && thread_current->deferred.count > 0)
        wakes_run(&thread_current->deferred);
    stop_allow();
}

static inline void file_unref(struct file *file)
{
    object_unref(&file->object);
}

/* Binds the file to a port: STATUS_INVALID_PARAMETER if it is not overlapped or bound already. With
 * `replace` an existing binding is replaced, or removed (port NULL). */
NTSTATUS file_bind(struct file *file, struct port *port, uintptr_t key, bool replace);

/* Sets FILE_SKIP_* bits; STATUS_INVALID_PARAMETER on a file that is not overlapped. */
NTSTATUS file_set_modes(struct file *file, uint32_t modes);

/* Tries an ordered request at its turn, else queues it. Returns what the call returns. A request
 * with a waiter does not return before it ended. */
NTSTATUS file_submit(struct file *file, struct request *request);

/* As above for a synchronous caller: waits for the end, `deadline` or an APC (which then runs and
 * the wait goes on, if alertable). STATUS_IO_TIMEOUT when the deadline passed. */
NTSTATUS file_submit_and_wait(struct file *file, struct request *request, bool alertable,
                              const struct deadline *deadline);

/* Queues an ordered request whose first try is to be made by readiness. Caller holds file->lock. */
NTSTATUS file_enqueue(struct file *file, struct request *request);

/* Hands a positioned transfer to the engine. Returns STATUS_PENDING, or an error with nothing
 * done: then the request is still the caller's. */
NTSTATUS file_start_in_engine(struct file *file, struct engine_request *request);

/* Puts a request that another file's queue has forwarded into this one's. False: nobody could be
 * made to watch it. Caller holds file->lock. */
bool file_requeue(struct file *file, struct request *request);

/* A read found less than it had room for: the next one need not look. Wrong once the other end has
 * closed or sent urgent data, of which events tell; and only what is watched has events. Caller
 * holds file->lock. */
static inline void file_set_drained(struct file *file)
{
    file->drained = !file->surprising && (file->in_port || (file->reactor_events & EPOLLIN));
}

/* Something happened to the descriptor: lets the requests make progress. */
void file_pump(struct file *file, uint32_t events);
/* Tries both queues. Caller holds file->lock. */
void file_pump_locked(struct file *file);
void file_pump_watch(uint32_t watch, uint32_t events);

/* The descriptor was replaced or closed. Caller holds file->lock. */
void file_forget_watches(struct file *file);
/* Brings the watches in line with port, queues and eagerness. Caller holds file->lock. */
void file_update_watches(struct file *file);

/* Cancels requests: those of one status block (NULL: all), of one thread (0: all). Returns how
 * many. */
uint32_t file_cancel(struct file *file, const void *iosb, uint32_t thread_id);

/* The same for requests that wait in this file's queues but complete at `owner`. */
uint32_t file_cancel_for(struct file *file, const struct file *owner, const void *iosb,
                         uint32_t thread_id);

/* Takes a request out of its queue and ends it: with what it has, or with an error and no bytes.
 * Caller holds file->lock. */
void file_finish_request(struct file *file, struct request *request);
void file_end_request(struct file *file, struct request *request, NTSTATUS status);

/* Thread hook: cancels what must not outlive the thread. */
void file_cancel_of_thread(struct thread *thread);

/* The engine's request has ended: unlinks, delivers and frees it. */
void file_engine_done(struct request *request, NTSTATUS status, uint64_t information);

/* Signals or resets the file object itself. `is_locked`: the caller holds file->lock, and so sees
 * everybody who waits. */
void file_signal(struct file *file, bool is_locked);
static inline void file_reset(struct file *file)
{
    atomic_store_explicit(&file->signaled, false, memory_order_relaxed);
}

#endif

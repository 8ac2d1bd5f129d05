/* The request: one operation under way (NT's IRP), and the one function that ends it.
 *
 * Life. A request is built on the caller's stack by an entry point, with everything captured that
 * the program may change or free after the call. Its file tries it at once. If that ends it, it is
 * delivered from the stack. Otherwise request_detach moves it to the heap, it is linked into its
 * file's queue (under file->lock) or handed to the engine, and the call reports STATUS_PENDING. It
 * then ends exactly once: whoever unlinks it from its queue (the pump that finished it, a cancel, a
 * close, the end of its thread) or gets its completion from the engine delivers and frees it. A
 * synchronous request is the same thing with a waiter: it stays on the waiting thread's stack.
 *
 * Delivery decides once, in this order: a waiting caller; an APC; a packet (file bound to a port,
 * not tagged); otherwise just the status block with the event or the file signaled. The status
 * block is written at delivery unless a packet alone tells the program about it: then it is written
 * when that packet is removed (PORT-079).
 */
#ifndef PORTICO_REQUEST_H
#define PORTICO_REQUEST_H

#include "event.h"
#include "object.h"
#include "status.h"
#include "thread.h"

#include <stddef.h>
#include <sys/uio.h>
#include <winternl.h>

struct file;
struct request;

struct request_ops {
    const char *name;
    size_t size;           /* of the structure that begins with struct request */
    bool outlives_handles; /* goes on when the last handle of its file is gone */
    /* One try, without waiting. True: it is over, status and information are set; false: it must
     * wait for readiness. Caller holds the lock of the file in whose queue it is. */
    bool (*attempt)(struct request *request);
    /* The request was put into its queue, or leaves it for whatever reason. Caller holds the lock
     * of that file. May be NULL. */
    void (*linked)(struct request *request);
    void (*unlinked)(struct request *request);
    /* An attempt that ended with STATUS_MORE_PROCESSING_REQUIRED: the request, which is in no queue
     * now, goes on in another file's. Caller holds the lock of the queue it was in. */
    void (*forward)(struct request *request);
    /* Frees what the kind holds; the request itself is freed by the caller. May be NULL. */
    void (*release)(struct request *request);
};

enum request_flag {
    REQUEST_NO_PACKET = 1, /* the event was tagged, or a native call gave no context */
    REQUEST_WRITE = 2,     /* which of the file's queues */
    REQUEST_ON_HEAP = 4,
    REQUEST_ALWAYS_PENDS = 8, /* reports pending even if it ends inside the call */
    REQUEST_OWNS_IOV = 16,
    REQUEST_CANCELLED = 32,     /* a cancel reached it in the engine */
    REQUEST_WINSOCK = 64,       /* its APC gets Winsock errors and flags */
    REQUEST_BACKGROUND = 256,   /* nobody's any more: survives cancel, close and its thread */
    REQUEST_EAGER = 128,        /* somebody may see it end without removing a packet */
    REQUEST_CONTROL = 512,      /* goes to FILE_CONTROL */
    REQUEST_KEEPS_BYTES = 1024, /* a cancelled transfer tells what it has moved */
};

enum { REQUEST_INLINE_IOV = 2 };

/* What happens to a completion routine; allocated with the request, so that ending cannot fail. */
struct request_apc {
    struct apc apc;
    struct thread *thread; /* a reference */
    void *routine;
    void *context;
    IO_STATUS_BLOCK *iosb;
    uint32_t kind; /* enum request_flag: REQUEST_WINSOCK or 0; REQUEST_NATIVE below */
    uint32_t winsock_flags;
    NTSTATUS status;
    uint64_t information;
};
enum { REQUEST_NATIVE_APC = 1 << 16 };

struct request {
    struct list link;        /* in a queue of `queue`, under its lock */
    struct list thread_link; /* in issuer->requests, under issuer->lock */
    const struct request_ops *ops;
    struct file *file;  /* where it completes; a reference once on the heap */
    struct file *queue; /* whose queue it is in, or was: `file`, but for AcceptEx' data */
    IO_STATUS_BLOCK *iosb;
    void *context; /* the packet's value: the OVERLAPPED */
    struct event *event;
    struct request_apc *apc;
    struct waiter *waiter; /* of a synchronous caller */
    struct thread *issuer; /* a reference while in its list */
    uint32_t issuer_id;
    uint32_t flags;
    NTSTATUS status;
    uint64_t information; /* bytes moved so far */
    uint64_t offset;
    struct iovec *iov; /* NULL: iov_inline */
    uint32_t iov_count;
    struct iovec iov_inline[REQUEST_INLINE_IOV];
};

static inline struct iovec *request_iov(struct request *request)
{
    return request->iov ? request->iov : request->iov_inline;
}

/* The bytes all buffers hold together. */
uint64_t request_length(struct request *request);

/* Fills `out` with what is left of the buffers after request->information bytes; returns how many
 * entries, at most `max`. */
uint32_t request_remaining_iov(struct request *request, struct iovec *out, uint32_t max);

/* Room for `count` buffers; false: no memory. */
bool request_set_iov_count(struct request *request, uint32_t count);

/* Marks the OVERLAPPED pending and resets event and file, before anything is tried. */
void request_begin(struct request *request);

/* The memory of requests that ended is kept for others, a little for each thread. */
void *request_memory(size_t size); /* NULL: none */
void request_memory_free(void *memory, size_t size);
void request_memory_thread_exits(struct thread *thread);

/* A copy on the heap that holds references; NULL: no memory, and nothing changed. */
struct request *request_detach(struct request *request);

/* Takes back a detach: the original owns everything again, the copy is freed. */
void request_undetach(struct request *request, struct request *copy);

/* Frees a request that was never delivered, or what a delivered one still held. */
void request_free(struct request *request);

/* Ends a request inside its call: status and information are final, it was never queued. Caller
 * holds file->lock. Returns what the call returns. */
NTSTATUS request_end_in_call(struct request *request);

/* The same for a call that reports every end, an error included, as pending. The first form takes
 * file->lock itself. */
NTSTATUS request_end_pending(struct request *request);
NTSTATUS request_end_pending_locked(struct request *request);

/* Ends a request whose call has reported pending, and frees it if it is on the heap. Caller holds
 * the lock of request->queue and has unlinked it. */
void request_complete(struct request *request);

/* How the end is told: by the event of the program's OVERLAPPED, if it has one (takes a reference),
 * and by a packet unless the event's low bit is set. STATUS_INVALID_HANDLE if it names no event,
 * STATUS_INSUFFICIENT_RESOURCES if there might be no memory for the packet. */
NTSTATUS request_set_event(struct request *request, HANDLE event);

/* The same for all that an OVERLAPPED says; NULL says nothing. */
NTSTATUS request_set_overlapped(struct request *request, OVERLAPPED *overlapped);

/* An APC for the calling thread; STATUS_NO_MEMORY. */
NTSTATUS request_set_apc(struct request *request, void *routine, void *context, uint32_t kind);

#endif

/* The thread object and the per-thread block, which are one: last error, APC queue, what the
 * thread waits for, the port it is bound to.
 *
 * Life. A thread made by CreateThread gets its block from its creator; any other thread gets one at
 * its first call into Portico. The running thread holds a reference until it ends; then the exit
 * hook cancels what must not outlive it, its mutexes are abandoned, its APCs dropped, and the
 * object becomes signaled for ever.
 */
#ifndef PORTICO_THREAD_H
#define PORTICO_THREAD_H

#include "object.h"
#include "wait.h"

#include <sys/types.h>

/* A procedure that waits for its thread's next alertable wait. */
struct apc {
    struct list link;
    void (*run)(struct apc *apc);     /* frees the APC; called without locks */
    void (*discard)(struct apc *apc); /* the thread ended first */
};

struct thread {
    struct object object;
    _Atomic uint32_t id; /* the kernel's; 0 until it runs */
    uint32_t last_error;
    _Atomic uint32_t exit_code;        /* STILL_ACTIVE until the end */
    _Atomic uint32_t exit_code_wanted; /* what it becomes then */
    _Atomic uint32_t suspend_count;    /* a thread waits for zero before it starts */
    bool is_running;                   /* false before the start and after the end; under `lock` */

    struct list all;      /* in the list of threads that run, under its lock */
    _Atomic int priority; /* THREAD_PRIORITY_* */
    uint32_t error_mode;  /* SEM_*; without effect */
    wchar_t *description; /* NULL: none; under `lock` */

    struct lock lock;         /* protects apcs, waiter, is_running, requests, description */
    struct list apcs;         /* struct apc, oldest first */
    struct waiter *waiter;    /* the alertable wait it is in, if any */
    struct waiter *io_waiter; /* the synchronous request it is blocked in, if any */
    struct list requests;     /* requests that its end cancels (ioapi) */
    struct list mutexes;      /* mutexes it owns; only the thread itself and their locks */

    /* ioapi's: the port the thread is bound to, and whether it counts as active there. Written by
     * the thread itself or, while it is parked there, under port->lock. */
    void *port;
    bool port_active;
    uint64_t port_sleeps;  /* which sleep the monitor saw it in, 0 if it was awake */
    struct list port_link; /* in the port's list of its threads */
    void *harvesting;      /* the port whose events this thread is turning into packets */
    void *packet_room;     /* for a completion in a call when there is no memory */
    int blocking;          /* nesting of thread_block_begin */
    struct wakes deferred; /* run by file_unlock */
};

/* What the rooms above want to know about threads; set once at start. */
struct thread_hooks {
    void (*block_begins)(struct thread *thread); /* it is about to sleep */
    void (*block_ends)(struct thread *thread);
    void (*exits)(struct thread *thread);
};
extern struct thread_hooks thread_hooks;

extern const struct object_ops thread_ops;
extern _Thread_local struct thread *thread_current __attribute__((tls_model("initial-exec")));

struct thread *thread_adopt(void);

static inline struct thread *thread_self(void)
{
    struct thread *self = thread_current;
    return __builtin_expect(self != NULL, 1) ? self : thread_adopt();
}

/* A thread object that no thread runs yet; one reference for the caller. NULL: no memory. */
struct thread *thread_create(void);

/* Makes the calling thread run as `thread`; takes over the caller's reference. */
void thread_enter(struct thread *thread);

/* Ends the calling thread's life as far as Portico is concerned. */
void thread_leave(void);

/* The running thread with this id, with a reference; NULL: there is none. */
struct thread *thread_find(uint32_t id);

/* A new thread inherits its maker's floating-point control words on Linux, and starts with the
 * default ones on Windows. */
void thread_reset_float(void);

/* The thread's id, once it has one: it is about to start. */
uint32_t thread_wait_for_id(struct thread *thread);

/* A thread made suspended starts when its count comes to zero. thread_resume returns the count
 * before. */
void thread_wait_until_resumed(struct thread *self);
uint32_t thread_resume(struct thread *thread);

/* Bracket every sleep: the thread's port may let another thread run meanwhile. */
void thread_block_begin(struct thread *thread);
void thread_block_end(struct thread *thread);

/* Queues an APC; false if the thread has ended. Wakes an alertable wait. */
bool thread_queue_apc(struct thread *thread, struct apc *apc);

/* Runs the pending APCs of the calling thread, those they queue included; false if there were
 * none. */
bool thread_run_apcs(struct thread *self);

bool thread_has_apcs(struct thread *self);

/* Announces an alertable wait: false if APCs are pending already. */
bool thread_begin_alertable(struct thread *self, struct waiter *waiter);
void thread_end_alertable(struct thread *self);

/* Announces that the thread blocks in synchronous I/O, or (NULL) that it no longer does. */
void thread_set_io_waiter(struct thread *self, struct waiter *waiter);

/* Cancels the synchronous I/O a thread is blocked in; false if there is none. */
bool thread_cancel_io(struct thread *thread);

/* The signal that gets a parked thread out of a system call. Blocked everywhere else. */
int thread_wake_signal(void);
void thread_interrupt(pid_t tid);

#endif

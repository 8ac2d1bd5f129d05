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

struct process;
struct request_spare;

/* A handle that the thread has looked up, and references it has in store to its object. */
struct stored_handle {
    struct object *object; /* NULL: none */
    uint32_t index;        /* of the handle */
    uint32_t credit;       /* references */
    uint32_t last;         /* the one looked up last in this place: twice, and it is stored */
};
enum { THREAD_STORE = 8 };

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
    _Atomic uint32_t suspended;        /* SUSPEND_*; its count changes under `suspending` */
    bool is_running;                   /* false before the start and after the end; under `lock` */

    struct lock suspending;         /* protects what suspends and resumes; outermost */
    bool slot_given;                /* its port's slot was taken by whoever suspended it */
    bool is_service;                /* the library's own: never stopped */
    struct process *process;        /* another one's first thread; a reference. NULL: ours */
    struct waiter *volatile asleep; /* the sleep that a stop must end first, if any */

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
    uint64_t port_sleeps;         /* which sleep the monitor saw it in, 0 if it was awake */
    struct list port_link;        /* in the port's list of its threads */
    void *harvesting;             /* the port whose events this thread is turning into packets */
    struct list harvested;        /* struct packet_room: those packets, until all are there */
    void *packet_room;            /* for a completion in a call when there is no memory */
    struct request_spare *spares; /* memory of requests that ended (ioapi) */
    uint32_t spare_count;
    struct stored_handle store[THREAD_STORE]; /* by index; see handle_put */
    int blocking;                             /* nesting of thread_block_begin */
    struct wakes deferred;                    /* run by file_unlock */
};

/* How far a suspension is: how often suspended, and what the thread itself has to say. */
enum suspend_word {
    SUSPEND_COUNT = 0xFF,
    SUSPEND_STOPPED = 0x100, /* runs no code until the count is zero */
    SUSPEND_ENDED = 0x200,   /* it is on its way out, and will not stop any more */
    SUSPEND_KILLED = 0x400,  /* it was terminated: runs no code of the program any more */
};

/* What the rooms above want to know about threads; set once at start. */
struct thread_hooks {
    void (*block_begins)(struct thread *thread); /* it is about to sleep */
    void (*block_ends)(struct thread *thread);
    void (*exits)(struct thread *thread);
    bool (*stopped)(struct thread *thread); /* another thread has; true: block_ends undoes it */
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

/* The same for another one, which is stopped and runs no more. Its block stays. */
void thread_bury(struct thread *thread);

/* The running thread with this id, with a reference; NULL: there is none. */
struct thread *thread_find(uint32_t id);

/* A new thread inherits its maker's floating-point control words on Linux, and starts with the
 * default ones on Windows. */
void thread_reset_float(void);

/* The thread's id, once it has one: it is about to start. */
uint32_t thread_wait_for_id(struct thread *thread);

/* A thread made suspended starts when its count comes to zero. */
void thread_wait_until_resumed(struct thread *self);

/* Returns when the thread runs no code of the program any more; for the calling thread, when it was
 * resumed. STATUS_ACCESS_DENIED: it has ended, or is the library's own;
 * STATUS_SUSPEND_COUNT_EXCEEDED. */
NTSTATUS thread_suspend(struct thread *thread, uint32_t *before);

/* Returns the count before. */
uint32_t thread_resume(struct thread *thread);

/* Announces a sleep (or, with NULL, its end) in which stops are deferred, because others give the
 * waiter what a stopped thread should not take: a wanted stop claims it as WAITER_KICKED, the
 * thread leaves its queues, lets itself be stopped and sleeps again. */
void thread_sleeps(struct thread *self, struct waiter *waiter);

/* From here on the thread is not stopped any more. */
void thread_ends_unstopped(struct thread *self);

/* Ends another thread where it is, or as soon as its synchronous request is taken back: nothing of
 * the program's runs in it any more, its stack is never freed. STATUS_ACCESS_DENIED: it is the
 * library's own. One that has ended stays as it is. */
NTSTATUS thread_terminate(struct thread *thread, uint32_t exit_code);

/* Ends the calling thread at once if it was terminated during a synchronous request. */
void thread_die_if_killed(struct thread *self);

/* For thread.c: the signal, its handler, the word. */
void stop_set_up(void);
void stop_after_fork(struct thread *self);
void stop_may_reach_me(void);

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
void thread_signal(pid_t tid, int sig);

#endif

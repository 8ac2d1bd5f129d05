/* The task: what a pool calls back. Work, timers, waits, files, and the older kinds are tasks: each
 * is a structure that begins with one.
 *
 * Life. The program's pointer (or, for what runs once, being queued) keeps a task; so does being in
 * the pool's list, each callback that runs, and I/O that is under way. So one that is closed with
 * callbacks outstanding goes away after them. A member of a cleanup group stays in it until then.
 */
#ifndef PORTICO_TASK_H
#define PORTICO_TASK_H

#include "pool.h"

#include <threadpoolapiset.h>
#include <winnt.h>

struct group;
struct task;
struct event;

struct task_kind {
    /* Calls the program. The instance is the callback's; see struct _TP_CALLBACK_INSTANCE. */
    void (*call)(struct task *task, PTP_CALLBACK_INSTANCE instance);
    /* No callback is to be queued from now on. Caller holds no lock. May be NULL. */
    void (*stop)(struct task *task);
    /* Frees what the kind holds, not the structure. May be NULL. */
    void (*release)(struct task *task);
};

struct task {
    struct object object;
    const struct task_kind *kind;
    _Atomic uint32_t id; /* in pool_table; 0: the program has no pointer (yet) */
    struct pool *pool;
    void *callback;
    void *context;

    /* From the environment. */
    struct group *group;    /* a reference; NULL: none, or left; under its lock */
    struct list group_link; /* in group->members */
    PTP_CLEANUP_GROUP_CANCEL_CALLBACK cancelled;
    PTP_SIMPLE_CALLBACK finalization;
    HMODULE library; /* a reference: stays loaded */
    uint8_t priority;
    bool runs_long;

    /* Under pool->lock. */
    struct list link;     /* in pool->pending */
    uint32_t queued;      /* callbacks to come */
    uint32_t marked;      /* how many of them carry the mark (a wait's: it was signaled) */
    uint32_t outstanding; /* I/O that will be a callback */
    uint32_t running;     /* callbacks under way */
    uint32_t associated;  /* those of them that a wait waits for */
    bool closed;
    bool own_is_over; /* one that retires it in its own callback need not wait for that */

    _Atomic uint32_t changes; /* futex: a callback has ended, or is no longer expected */
    _Atomic uint32_t waiters;
    struct event *done; /* a reference: set when the task goes away */
};

/* A callback under way; each thread has one. */
struct _TP_CALLBACK_INSTANCE {
    struct task *task;
    const struct packet *packet; /* what completed, if that is what it is about */
    bool marked;
    bool associated;
    /* To be done when it has returned. */
    PCRITICAL_SECTION critical_section;
    HANDLE mutex, semaphore, event;
    DWORD semaphore_count;
    HMODULE library;
};

/* Makes the common part of a task of `size` bytes, for the environment (NULL: the default). One
 * reference. NULL and a status: STATUS_INVALID_PARAMETER, STATUS_NO_MEMORY. */
struct task *task_create(size_t size, const struct object_ops *ops, const struct task_kind *kind,
                         const TP_CALLBACK_ENVIRON *environment, NTSTATUS *status);
/* The same for a pool, without an environment. */
struct task *task_create_in(size_t size, const struct object_ops *ops, const struct task_kind *kind,
                            struct pool *pool, NTSTATUS *status);

/* Gives the program a pointer to it; on failure (NULL) the caller's reference is given up, on
 * success it is the pointer's. */
void *task_publish(struct task *task);

/* Both of these for a program, with its callback. NULL and the last error is set. */
void *task_new(size_t size, const struct object_ops *ops, const struct task_kind *kind,
               void *callback, void *context, const TP_CALLBACK_ENVIRON *environment);

/* The task behind a pointer, with a reference; NULL: it is none of that kind, or was closed. */
struct task *task_get(const void *pointer, const struct object_ops *ops);

/* The program gives its pointer up: no new callbacks. Those queued still run. */
void task_close(struct task *task);
void task_close_pointer(const void *pointer, const struct object_ops *ops);

/* Queues a callback. May be called with any lock but a pool's, a port's or a thread's. */
void task_submit(struct task *task, bool marked);

/* Drops the callbacks that have not begun, and forgets I/O under way. */
void task_cancel(struct task *task);

/* Waits until none is queued, none is expected and none runs; the calling thread's own does not
 * count. With `all` also those that no longer count as associated. */
void task_wait(struct task *task, bool all);

/* The common wait functions of the program's. */
void task_wait_for_callbacks(const void *pointer, const struct object_ops *ops, BOOL cancel);

/* The callback no longer counts for task_wait, unless that waits for all. */
void task_disassociate(PTP_CALLBACK_INSTANCE instance);

/* Ends a task of the older kinds: `event` NULL does not wait, INVALID_HANDLE_VALUE waits, another
 * is set when all is over. STATUS_PENDING: callbacks are outstanding. STATUS_INVALID_HANDLE: it is
 * no event, and nothing has changed. */
NTSTATUS task_retire(struct task *task, HANDLE event);

/* Runs the callback of a completion that was expected; false: none is. */
bool task_run_completion(struct task *task, const struct packet *packet);
/* Counts I/O that will complete, or (delta -1) will not. */
void task_expect(struct task *task, int delta);

/* Runs the next task of the pool, if there is one, and those for which there was no packet. */
void task_run_next(struct pool *pool);

/* The task whose callback the calling thread runs; NULL: none. */
struct task *task_current(void);
PTP_CALLBACK_INSTANCE task_current_instance(void);

/* The calling thread ends inside a callback, perhaps. */
void task_thread_ends(void);
void task_after_fork(void);

/* The operations every kind shares. */
void task_destroy(struct object *object);

/* ---- cleanup groups (pool_group.c) ---- */

struct group *group_get(const void *pointer);
void group_add(struct group *group, struct task *task);
void group_remove(struct task *task);
void group_unref(struct group *group);

#endif

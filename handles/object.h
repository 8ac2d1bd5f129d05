/* The object header: what every thing behind a HANDLE begins with.
 *
 * Life of an object. It is made with one reference, owned by its creator. Each open handle counts
 * in `handles`, each pointer somebody keeps counts in `refs`. When the last handle goes, ops->close
 * runs once: the object stops doing things (a file cancels its requests, a port releases its
 * waiters). When the last reference goes, ops->destroy frees it. A lookup hands out references
 * without touching `refs` (see handle_table.h), so an open handle weighs HANDLE_WEIGHT there and
 * `refs` cannot reach zero while one is open.
 *
 * Dispatcher objects (those one can wait for) have an `acquire` operation. `state` holds what they
 * are about (signaled or not, a count); its top bit OBJECT_HAS_WAITERS says that waiters are
 * linked, and then `state` changes only under `lock`. Without that bit a kind may change `state`
 * with one atomic operation: that is the fast path of events and semaphores.
 */
#ifndef PORTICO_OBJECT_H
#define PORTICO_OBJECT_H

#include "list.h"
#include "lock.h"

#include <minwindef.h>
#include <ntstatus.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct object;
struct thread;

struct object_ops {
    const char *name;      /* Windows' name of the type */
    uint32_t all_access;   /* every right the type knows */
    uint32_t generic_read; /* what GENERIC_READ means for it, and so on */
    uint32_t generic_write;
    uint32_t generic_execute;
    uint32_t signal_access; /* the right SignalObjectAndWait needs, 0 if it cannot signal it */
    bool may_linger;        /* all that its destruction does is to free memory */

    /* Would a wait by `thread` be satisfied? Caller holds object->lock. */
    bool (*is_signaled)(struct object *object, struct thread *thread);
    /* Takes what a satisfied wait takes: STATUS_WAIT_0 or STATUS_ABANDONED_WAIT_0. Caller holds
     * object->lock, is_signaled was true. */
    NTSTATUS (*acquire)(struct object *object, struct thread *thread);
    /* The same in one atomic step without the lock; false says: take the lock. May be NULL. */
    bool (*try_acquire)(struct object *object);
    /* What SignalObjectAndWait does to it; NULL if it cannot be signaled. */
    NTSTATUS (*signal)(struct object *object);
    /* A wait on it begins or ends. Caller holds no lock. May be NULL. */
    void (*wait_begins)(struct object *object);
    void (*wait_ends)(struct object *object);
    /* The last handle is gone. Caller holds no lock. May be NULL. */
    void (*close)(struct object *object);
    /* The last reference is gone. */
    void (*destroy)(struct object *object);
};

#define OBJECT_HAS_WAITERS 0x80000000u
#define HANDLE_WEIGHT ((int64_t)1 << 36) /* times 2^24 handles still fits */

struct object {
    const struct object_ops *ops;
    _Atomic int64_t refs;
    _Atomic uint32_t handles;
    _Atomic uint32_t state;
    struct lock lock; /* protects waiters, and state while there are any */
    bool named;       /* in the table of names; under its lock */
    struct list waiters;
};

/* One reference, no handle. */
void object_init(struct object *object, const struct object_ops *ops, uint32_t state);

void object_destroy(struct object *object);

static inline void object_ref(struct object *object)
{
    atomic_fetch_add_explicit(&object->refs, 1, memory_order_relaxed);
}

/* A reference to an object that may be losing its last one right now; false if it has. For lists
 * that hold none. */
static inline bool object_try_ref(struct object *object)
{
    int64_t refs = atomic_load(&object->refs);
    while (refs > 0)
        if (atomic_compare_exchange_weak(&object->refs, &refs, refs + 1))
            return true;
    return false;
}

/* Adds to the reference count; destroys the object when that leaves none. */
static inline void object_adjust(struct object *object, int64_t delta)
{
    if (atomic_fetch_add_explicit(&object->refs, delta, memory_order_acq_rel) + delta == 0)
        object_destroy(object);
}

static inline void object_unref(struct object *object)
{
    object_adjust(object, -1);
}

static inline bool object_is_waitable(const struct object *object)
{
    return object->ops->acquire != NULL;
}

/* Turns GENERIC_* and MAXIMUM_ALLOWED into the type's own rights. */
uint32_t object_map_access(const struct object_ops *ops, uint32_t access);

#endif

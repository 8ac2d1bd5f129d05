/* Waiting for dispatcher objects.
 *
 * A waiter is one thread's sleep. Whoever ends it (a signaler that gave it an object, an APC, the
 * port that handed it a packet, its own timeout) first moves `word` away from WAITER_PARKED with
 * one compare-and-swap; only the winner decides, so a wait ends for one reason only.
 */
#ifndef PORTICO_WAIT_H
#define PORTICO_WAIT_H

#include "deadline.h"
#include "object.h"

#include <sys/types.h>

enum waiter_word {
    WAITER_PARKED,  /* sleeps on `word` itself, or in a system call if by_signal */
    WAITER_POLLING, /* a port's: sleeps in the port's epoll */
    WAITER_KICKED,  /* something changed: look again (waits for all) */
    WAITER_ALERTED, /* an APC is pending */
    WAITER_TIMED_OUT,
    WAITER_RELEASED,      /* released by its port, or its request has ended */
    WAITER_CANCELLED,     /* its synchronous request was cancelled */
    WAITER_TAKEN = 0x100, /* + index of the object, + WAITER_ABANDONED */
    WAITER_ABANDONED = 0x80,
};

struct waiter {
    _Atomic uint32_t word;
    bool wait_all;
    bool by_signal; /* sleeps in a system call, not on `word` */
    pid_t tid;
    struct thread *thread;
    /* Not a sleep but a watch: called in place of waking. Caller holds the object's lock. */
    void (*woken)(struct waiter *waiter);
};

/* Links a waiter to one of its objects. */
struct wait_block {
    struct list link; /* in object->waiters */
    struct waiter *waiter;
    uint32_t index;
};

/* A wait without a thread: when the object becomes signaled it is taken for `waiter.thread`, and
 * `waiter.woken` called, once. Whoever claims the waiter first (a time-out) prevents that. The
 * owner ends the watch in either case before it begins it again. */
struct wait_watch {
    struct waiter waiter;
    struct wait_block block;
    struct object *object; /* a reference; NULL: not begun */
};

static inline bool waiter_is_parked(const struct waiter *waiter)
{
    return atomic_load(&waiter->word) <= WAITER_POLLING;
}

/* Moves the waiter from parked to `outcome`; false if something else was first. */
static inline bool waiter_claim(struct waiter *waiter, uint32_t outcome)
{
    uint32_t parked = WAITER_PARKED;
    while (!atomic_compare_exchange_weak(&waiter->word, &parked, outcome))
        if (parked > WAITER_POLLING)
            return false;
    return true;
}

/* Gets a claimed waiter going. */
void waiter_wake(struct waiter *waiter);

/* Claimed waiters that are to be woken when the caller has let its lock go: else they would wake
 * only to wait for it. Nothing of the waiter's memory is touched then. */
struct wakes {
    uint32_t count;
    struct {
        pid_t tid;              /* woken by signal */
        _Atomic uint32_t *word; /* or, if there is one, here */
    } list[16];
};

/* False: the list is full. */
bool wakes_add(struct wakes *wakes, const struct waiter *waiter);
void wakes_run(struct wakes *wakes);

/* Sleeps until somebody claims the waiter, or the deadline does. Not for one that sleeps in a
 * system call. */
void waiter_sleep(struct waiter *waiter, const struct deadline *deadline);

#define WAIT_OBJECTS_MAX 64

/* Waits for one of, or all of, `count` objects; the references are the caller's.
 * STATUS_WAIT_0 + index, STATUS_ABANDONED_WAIT_0 + index, STATUS_USER_APC (APCs have run) or
 * STATUS_TIMEOUT. With `all`, the same object twice is STATUS_INVALID_PARAMETER_MIX. */
NTSTATUS wait_objects(struct object **objects, uint32_t count, bool all, bool alertable,
                      const struct deadline *deadline);

static inline NTSTATUS wait_object(struct object *object, bool alertable,
                                   const struct deadline *deadline)
{
    return wait_objects(&object, 1, false, alertable, deadline);
}

/* `watch->waiter` has thread and woken set; it may be woken before this returns. */
void wait_watch_begin(struct wait_watch *watch, struct object *object);

/* Harmless if it has not begun. After it the watch is not woken any more. Caller holds no lock that
 * `woken` takes. */
void wait_watch_end(struct wait_watch *watch);

/* Sleeps: STATUS_USER_APC or STATUS_TIMEOUT. */
NTSTATUS wait_delay(bool alertable, const struct deadline *deadline);

/* Hands the object to waiters as long as it is signaled. Caller holds object->lock. */
void object_release_waiters(struct object *object);

/* Sets the state of an object whose state is a plain flag, and releases waiters. */
void object_set_signaled(struct object *object);
void object_reset_signaled(struct object *object);

/* The operations of kinds whose state is such a flag and whose waits take nothing. */
bool object_flag_is_signaled(struct object *object, struct thread *thread);
NTSTATUS object_flag_acquire(struct object *object, struct thread *thread);
bool object_flag_try_acquire(struct object *object);

#define OBJECT_SIGNALED 1u

#endif

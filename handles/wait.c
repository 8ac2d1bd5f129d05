/* Waiting for dispatcher objects: park, be given an object, go on. */
#include "wait.h"

#include "futex.h"
#include "thread.h"

#include <errno.h>

void waiter_wake(struct waiter *waiter)
{
    if (waiter->woken)
        waiter->woken(waiter);
    else if (waiter->by_signal)
        thread_interrupt(waiter->tid);
    else
        futex_wake(&waiter->word, 1);
}

bool wakes_add(struct wakes *wakes, const struct waiter *waiter)
{
    if (wakes->count == sizeof wakes->list / sizeof wakes->list[0])
        return false;
    wakes->list[wakes->count].tid = waiter->tid;
    wakes->list[wakes->count].word =
        waiter->by_signal ? NULL : (_Atomic uint32_t *)(uintptr_t)&waiter->word;
    wakes->count++;
    return true;
}

void wakes_run(struct wakes *wakes)
{
    for (uint32_t i = 0; i < wakes->count; i++) {
        if (wakes->list[i].word)
            futex_wake(wakes->list[i].word, 1);
        else
            thread_interrupt(wakes->list[i].tid);
    }
    wakes->count = 0;
}

void object_release_waiters(struct object *object)
{
    struct list *node, *after;
    list_for_each_safe (node, after, &object->waiters) {
        struct wait_block *block = list_entry(node, struct wait_block, link);
        struct waiter *waiter = block->waiter;
        struct thread *thread = waiter->thread;
        uint32_t index = block->index;
        uint32_t outcome = waiter->wait_all ? WAITER_KICKED : WAITER_TAKEN + index;
        if (!object->ops->is_signaled(object, thread))
            return;
        if (!waiter_claim(waiter, outcome))
            continue;
        /* The waiter may read `word` and go at any moment, but it takes object->lock on its way
         * out: until then its memory stays. */
        if (!waiter->wait_all && object->ops->acquire(object, thread) == STATUS_ABANDONED_WAIT_0)
            atomic_store(&waiter->word, outcome + WAITER_ABANDONED);
        waiter_wake(waiter);
    }
}

void object_set_signaled(struct object *object)
{
    uint32_t state = atomic_load_explicit(&object->state, memory_order_relaxed);
    while (!(state & OBJECT_HAS_WAITERS)) {
        if (atomic_compare_exchange_weak(&object->state, &state, state | OBJECT_SIGNALED))
            return;
    }
    lock_acquire(&object->lock);
    atomic_fetch_or(&object->state, OBJECT_SIGNALED);
    object_release_waiters(object);
    lock_release(&object->lock);
}

void object_reset_signaled(struct object *object)
{
    atomic_fetch_and(&object->state, ~OBJECT_SIGNALED);
}

bool object_flag_is_signaled(struct object *object, struct thread *thread)
{
    (void)thread;
    return atomic_load(&object->state) & OBJECT_SIGNALED;
}

NTSTATUS object_flag_acquire(struct object *object, struct thread *thread)
{
    (void)object;
    (void)thread;
    return STATUS_WAIT_0;
}

bool object_flag_try_acquire(struct object *object)
{
    return atomic_load(&object->state) & OBJECT_SIGNALED;
}

/* Takes the object if that is possible now. Caller holds object->lock. */
static bool wait__take(struct object *object, struct thread *self, uint32_t index, NTSTATUS *status)
{
    if (!object->ops->is_signaled(object, self))
        return false;
    *status = object->ops->acquire(object, self) + (NTSTATUS)index;
    return true;
}

static bool wait__poll_any(struct object **objects, uint32_t count, struct thread *self,
                           NTSTATUS *status)
{
    for (uint32_t i = 0; i < count; i++) {
        struct object *object = objects[i];
        bool taken;
        if (object->ops->try_acquire && object->ops->try_acquire(object)) {
            *status = STATUS_WAIT_0 + (NTSTATUS)i;
            return true;
        }
        lock_acquire(&object->lock);
        taken = wait__take(object, self, i, status);
        lock_release(&object->lock);
        if (taken)
            return true;
    }
    return false;
}

/* Takes all objects or none. `sorted` is in address order, which is the order of their locks; each
 * carries OBJECT_HAS_WAITERS, so that no fast path goes around the locks. */
static bool wait__poll_all(struct object **sorted, uint32_t count, struct thread *self,
                           NTSTATUS *status)
{
    bool ready = true;
    for (uint32_t i = 0; i < count; i++)
        lock_acquire(&sorted[i]->lock);
    for (uint32_t i = 0; i < count && ready; i++)
        ready = sorted[i]->ops->is_signaled(sorted[i], self);
    *status = STATUS_WAIT_0;
    for (uint32_t i = 0; i < count && ready; i++)
        if (sorted[i]->ops->acquire(sorted[i], self) == STATUS_ABANDONED_WAIT_0)
            *status = STATUS_ABANDONED_WAIT_0;
    for (uint32_t i = count; i-- > 0;)
        lock_release(&sorted[i]->lock);
    return ready;
}

/* Links one block, and claims the wait for this object if it is signaled already. */
static void wait__link(struct object *object, struct wait_block *block)
{
    struct waiter *waiter = block->waiter;
    uint32_t outcome = WAITER_TAKEN + block->index;
    if (object->ops->wait_begins)
        object->ops->wait_begins(object);
    lock_acquire(&object->lock);
    atomic_fetch_or(&object->state, OBJECT_HAS_WAITERS);
    list_append(&object->waiters, &block->link);
    if (!waiter->wait_all && object->ops->is_signaled(object, waiter->thread) &&
        waiter_claim(waiter, outcome) &&
        object->ops->acquire(object, waiter->thread) == STATUS_ABANDONED_WAIT_0)
        atomic_store(&waiter->word, outcome + WAITER_ABANDONED);
    lock_release(&object->lock);
}

static void wait__unlink_one(struct object *object, struct wait_block *block)
{
    lock_acquire(&object->lock);
    list_remove(&block->link);
    if (list_is_empty(&object->waiters))
        atomic_fetch_and(&object->state, ~OBJECT_HAS_WAITERS);
    lock_release(&object->lock);
    if (object->ops->wait_ends)
        object->ops->wait_ends(object);
}

static void wait__unlink(struct object **objects, struct wait_block *blocks, uint32_t linked)
{
    for (uint32_t i = 0; i < linked; i++)
        wait__unlink_one(objects[i], &blocks[i]);
}

void waiter_sleep(struct waiter *waiter, const struct deadline *deadline)
{
    while (atomic_load(&waiter->word) == WAITER_PARKED) {
        if (futex_wait_until(&waiter->word, WAITER_PARKED, deadline->clock, deadline_at(deadline)) <
                0 &&
            errno == ETIMEDOUT)
            waiter_claim(waiter, WAITER_TIMED_OUT);
    }
}

static void wait__sort(struct object **sorted, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        struct object *object = sorted[i];
        uint32_t at = i;
        for (; at > 0 && sorted[at - 1] > object; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = object;
    }
}

static NTSTATUS wait__outcome(uint32_t word)
{
    if (word >= WAITER_TAKEN)
        return (NTSTATUS)(word - WAITER_TAKEN);
    return word == WAITER_ALERTED ? STATUS_USER_APC : STATUS_TIMEOUT;
}

/* The loop of a linked waiter. Returns true if all objects were taken (`all` only). */
static bool wait__loop(struct waiter *waiter, struct object **sorted, uint32_t count,
                       const struct deadline *deadline, NTSTATUS *status)
{
    for (;;) {
        if (waiter->wait_all && wait__poll_all(sorted, count, waiter->thread, status))
            return true;
        if (deadline->now)
            waiter_claim(waiter, WAITER_TIMED_OUT);
        waiter_sleep(waiter, deadline);
        if (atomic_load(&waiter->word) != WAITER_KICKED || stop_is_wanted())
            return false;
        atomic_store(&waiter->word, WAITER_PARKED);
        thread_sleeps(waiter->thread, waiter); /* a stop may have found it kicked already */
    }
}

/* Sleeps until the wait is over, or a stop is wanted: false. Caller defers stops. */
static bool wait__sleep_once(struct object **objects, uint32_t count, bool all, bool alertable,
                             const struct deadline *deadline, NTSTATUS *status)
{
    struct thread *self = thread_self();
    struct waiter waiter = {.thread = self, .wait_all = all};
    struct wait_block blocks[WAIT_OBJECTS_MAX];
    struct object *sorted[WAIT_OBJECTS_MAX];
    bool took_all;

    for (uint32_t i = 0; i < count; i++) {
        sorted[i] = objects[i];
        blocks[i] = (struct wait_block){.waiter = &waiter, .index = i};
        wait__link(objects[i], &blocks[i]);
    }
    if (all)
        wait__sort(sorted, count);
    if (alertable && !thread_begin_alertable(self, &waiter))
        waiter_claim(&waiter, WAITER_ALERTED);
    if (!deadline->now)
        thread_block_begin(self);
    thread_sleeps(self, &waiter);
    took_all = wait__loop(&waiter, sorted, count, deadline, status);
    thread_sleeps(self, NULL);
    if (!deadline->now)
        thread_block_end(self);
    if (alertable)
        thread_end_alertable(self);
    wait__unlink(objects, blocks, count);
    /* Only now is the outcome final: a signaler may have added to it under the object's lock. */
    if (!took_all)
        *status = wait__outcome(atomic_load(&waiter.word));
    return took_all || atomic_load(&waiter.word) != WAITER_KICKED;
}

/* The sleeping half of wait_objects: nothing could be taken at once. A suspended thread is not
 * given anything: it leaves the queues before it stops. */
static NTSTATUS wait__sleep(struct object **objects, uint32_t count, bool all, bool alertable,
                            const struct deadline *deadline)
{
    NTSTATUS status;
    bool is_over;
    do {
        stop_defer();
        is_over = wait__sleep_once(objects, count, all, alertable, deadline, &status);
        stop_allow();
    } while (!is_over);
    return status;
}

NTSTATUS wait_objects(struct object **objects, uint32_t count, bool all, bool alertable,
                      const struct deadline *deadline)
{
    struct thread *self = thread_self();
    NTSTATUS status;

    if (count == 1)
        all = false;
    if (all) {
        for (uint32_t i = 0; i < count; i++)
            for (uint32_t j = i + 1; j < count; j++)
                if (objects[i] == objects[j])
                    return STATUS_INVALID_PARAMETER_MIX;
    } else if (wait__poll_any(objects, count, self, &status)) {
        return status;
    }
    if (deadline->now && !all)
        return alertable && thread_run_apcs(self) ? STATUS_USER_APC : STATUS_TIMEOUT;
    status = wait__sleep(objects, count, all, alertable, deadline);
    if (status == STATUS_USER_APC)
        thread_run_apcs(self);
    return status;
}

NTSTATUS wait_delay(bool alertable, const struct deadline *deadline)
{
    struct thread *self = thread_self();
    NTSTATUS status;
    if (deadline->now)
        return alertable && thread_run_apcs(self) ? STATUS_USER_APC : STATUS_TIMEOUT;
    status = wait__sleep(NULL, 0, false, alertable, deadline);
    if (status == STATUS_USER_APC)
        thread_run_apcs(self);
    return status;
}

void wait_watch_begin(struct wait_watch *watch, struct object *object)
{
    object_ref(object);
    watch->object = object;
    watch->block = (struct wait_block){.waiter = &watch->waiter};
    atomic_store(&watch->waiter.word, WAITER_PARKED);
    if (object->ops->wait_begins)
        object->ops->wait_begins(object);
    lock_acquire(&object->lock);
    atomic_fetch_or(&object->state, OBJECT_HAS_WAITERS);
    list_append(&object->waiters, &watch->block.link);
    object_release_waiters(object);
    lock_release(&object->lock);
}

void wait_watch_end(struct wait_watch *watch)
{
    struct object *object = watch->object;
    if (!object)
        return;
    waiter_claim(&watch->waiter, WAITER_TIMED_OUT);
    wait__unlink_one(object, &watch->block);
    watch->object = NULL;
    object_unref(object);
}

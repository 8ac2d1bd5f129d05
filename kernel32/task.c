/* Tasks: made for an environment, queued, called, waited for. Their life stands in task.h. */
#include "task.h"

#include "event.h"
#include "futex.h"
#include "last_error.h"

#include <handleapi.h>
#include <libloaderapi.h>
#include <limits.h>
#include <stdlib.h>
#include <synchapi.h>

/* The callback the thread runs; no task: none. Not on the stack: a callback may leave by
 * ExitThread, and is ended then when its stack is gone. */
static _Thread_local struct _TP_CALLBACK_INSTANCE task__instance;

static struct task *task__of(struct object *object)
{
    return list_entry(object, struct task, object);
}

struct task *task_current(void)
{
    return task__instance.task;
}

PTP_CALLBACK_INSTANCE task_current_instance(void)
{
    return task__instance.task ? &task__instance : NULL;
}

/* ---- making ---- */

static bool environment__is_valid(const TP_CALLBACK_ENVIRON *environment)
{
    if (environment->Version == 3)
        return environment->CallbackPriority >= TP_CALLBACK_PRIORITY_HIGH &&
               environment->CallbackPriority < TP_CALLBACK_PRIORITY_COUNT;
    return environment->Version == 1; /* which ends before the priority */
}

/* The pool of an environment, with one user more. */
static struct pool *environment__enter_pool(const TP_CALLBACK_ENVIRON *environment,
                                            NTSTATUS *status)
{
    struct object *object = NULL;
    struct pool *pool;
    if (environment && environment->Pool) {
        object = pool_get(environment->Pool, &pool_ops);
        pool = object ? list_entry(object, struct pool, object) : NULL;
        *status = STATUS_INVALID_PARAMETER;
    } else {
        pool = pool_default();
        *status = STATUS_NO_MEMORY;
    }
    if (pool) {
        pool_enter(pool);
        *status = STATUS_SUCCESS;
    }
    if (object)
        object_unref(object);
    return pool;
}

/* Keeps the library loaded that an address is in. */
static HMODULE environment__library(const void *address)
{
    HMODULE library = NULL;
    if (address)
        GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, address, &library);
    return library;
}

struct task *task_create_in(size_t size, const struct object_ops *ops, const struct task_kind *kind,
                            struct pool *pool, NTSTATUS *status)
{
    struct task *task = pool ? calloc(1, size) : NULL;
    *status = task ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    if (!task)
        return NULL;
    object_init(&task->object, ops, 0);
    task->kind = kind;
    task->pool = pool;
    task->priority = TP_CALLBACK_PRIORITY_NORMAL;
    list_init(&task->link);
    list_init(&task->group_link);
    pool_enter(pool);
    return task;
}

struct task *task_create(size_t size, const struct object_ops *ops, const struct task_kind *kind,
                         const TP_CALLBACK_ENVIRON *environment, NTSTATUS *status)
{
    struct group *group = NULL;
    struct pool *pool;
    struct task *task;
    *status = STATUS_INVALID_PARAMETER;
    if (environment && !environment__is_valid(environment))
        return NULL;
    if (environment && environment->CleanupGroup) {
        group = group_get(environment->CleanupGroup);
        if (!group)
            return NULL;
    }
    pool = environment__enter_pool(environment, status);
    task = pool ? task_create_in(size, ops, kind, pool, status) : NULL;
    if (task && environment) {
        task->finalization = environment->FinalizationCallback;
        task->cancelled = environment->CleanupGroupCancelCallback;
        task->library = environment__library(environment->RaceDll);
        task->runs_long = environment->u.s.LongFunction;
        if (environment->Version == 3)
            task->priority = (uint8_t)environment->CallbackPriority;
        if (group)
            group_add(group, task);
    }
    if (pool)
        pool_leave(pool); /* the task is its user now */
    if (group)
        group_unref(group);
    return task;
}

void task_destroy(struct object *object)
{
    struct task *task = task__of(object);
    struct pool *pool = task->pool;
    group_remove(task);
    if (task->kind->release)
        task->kind->release(task);
    if (task->library)
        FreeLibrary(task->library);
    if (task->done) {
        event_set(task->done);
        object_unref(&task->done->object);
    }
    free(task);
    pool_leave(pool);
}

void *task_publish(struct task *task)
{
    task->id = table_insert(&pool_table, &task->object, 0, 0);
    if (!task->id) {
        object_unref(&task->object);
        return NULL;
    }
    object_unref(&task->object);
    return pool_pointer(task->id);
}

void *task_new(size_t size, const struct object_ops *ops, const struct task_kind *kind,
               void *callback, void *context, const TP_CALLBACK_ENVIRON *environment)
{
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    struct task *task = callback ? task_create(size, ops, kind, environment, &status) : NULL;
    void *pointer = NULL;
    if (task) {
        task->callback = callback;
        task->context = context;
        pointer = task_publish(task);
        status = STATUS_NO_MEMORY;
    }
    if (!pointer)
        fail_status(status);
    return pointer;
}

struct task *task_get(const void *pointer, const struct object_ops *ops)
{
    struct object *object = pool_get(pointer, ops);
    return object ? task__of(object) : NULL;
}

/* The program's pointer means nothing any more. */
static void task__unpublish(struct task *task)
{
    struct object *object = task->id ? table_remove(&pool_table, task->id) : NULL;
    if (object)
        object_unref(object);
}

void task_close(struct task *task)
{
    bool was_closed, awaited;
    lock_acquire(&task->pool->lock);
    was_closed = task->closed;
    task->closed = true;
    awaited = task->outstanding > 0; /* completions must find it: the last one unpublishes it */
    lock_release(&task->pool->lock);
    if (was_closed)
        return;
    if (task->kind->stop)
        task->kind->stop(task);
    if (!awaited)
        task__unpublish(task);
}

void task_close_pointer(const void *pointer, const struct object_ops *ops)
{
    struct task *task = task_get(pointer, ops);
    if (!task)
        return;
    task_close(task);
    object_unref(&task->object);
}

/* ---- queueing ---- */

/* Tells those who wait that a count has changed. */
static void task__changed(struct task *task)
{
    atomic_fetch_add(&task->changes, 1);
    if (atomic_load(&task->waiters) > 0)
        futex_wake(&task->changes, INT_MAX);
}

void task_submit(struct task *task, bool marked)
{
    struct pool *pool = task->pool;
    struct packet call = {0};
    lock_acquire(&pool->lock);
    if (task->queued++ == 0) {
        object_ref(&task->object);
        list_append(&pool->pending[task->priority], &task->link);
    }
    task->marked += marked;
    lock_release(&pool->lock);
    if (port_queue_call(pool->port, &call))
        return;
    lock_acquire(&pool->lock);
    pool->uncalled++;
    lock_release(&pool->lock);
}

/* The last I/O is no longer outstanding, which had a reference. */
static void task__settled(struct task *task, bool closed)
{
    if (closed)
        task__unpublish(task);
    task__changed(task);
    object_unref(&task->object);
}

void task_cancel(struct task *task)
{
    bool queued, outstanding, closed;
    lock_acquire(&task->pool->lock);
    queued = task->queued > 0;
    outstanding = task->outstanding > 0;
    closed = task->closed;
    list_remove(&task->link);
    task->queued = task->marked = task->outstanding = 0;
    lock_release(&task->pool->lock);
    task__changed(task);
    if (queued)
        object_unref(&task->object);
    if (outstanding)
        task__settled(task, closed);
}

void task_expect(struct task *task, int delta)
{
    bool settled = false, closed;
    lock_acquire(&task->pool->lock);
    closed = task->closed;
    if (delta > 0 && !closed && task->outstanding++ == 0)
        object_ref(&task->object);
    else if (delta < 0 && task->outstanding > 0)
        settled = --task->outstanding == 0;
    lock_release(&task->pool->lock);
    if (settled)
        task__settled(task, closed);
}

/* ---- waiting ---- */

/* Caller holds the pool's lock. */
static bool task__is_quiet(struct task *task, bool all)
{
    PTP_CALLBACK_INSTANCE own = task__instance.task == task ? &task__instance : NULL;
    if (task->queued > 0 || task->outstanding > 0)
        return false;
    if (all)
        return task->running == (own ? 1 : 0);
    return task->associated == (own && own->associated ? 1 : 0);
}

void task_wait(struct task *task, bool all)
{
    struct thread *self = thread_self();
    bool quiet;
    atomic_fetch_add(&task->waiters, 1);
    for (;;) {
        uint32_t changes = atomic_load(&task->changes);
        lock_acquire(&task->pool->lock);
        quiet = task__is_quiet(task, all);
        lock_release(&task->pool->lock);
        if (quiet)
            break;
        thread_block_begin(self);
        futex_wait_until(&task->changes, changes, CLOCK_MONOTONIC, NULL);
        thread_block_end(self);
    }
    atomic_fetch_sub(&task->waiters, 1);
}

void task_wait_for_callbacks(const void *pointer, const struct object_ops *ops, BOOL cancel)
{
    struct task *task = task_get(pointer, ops);
    if (!task)
        return;
    if (cancel)
        task_cancel(task);
    task_wait(task, false);
    object_unref(&task->object);
}

void task_disassociate(PTP_CALLBACK_INSTANCE instance)
{
    struct task *task = instance->task;
    lock_acquire(&task->pool->lock);
    task->associated -= instance->associated;
    instance->associated = false;
    lock_release(&task->pool->lock);
    task__changed(task);
}

/* Are callbacks queued or running? */
static bool task__is_busy(struct task *task)
{
    bool busy;
    uint32_t own = task->own_is_over && task_current() == task ? 1 : 0;
    lock_acquire(&task->pool->lock);
    busy = task->queued > 0 || task->running > own;
    lock_release(&task->pool->lock);
    return busy;
}

NTSTATUS task_retire(struct task *task, HANDLE event)
{
    struct object *object = NULL;
    bool busy;
    if (event && event != INVALID_HANDLE_VALUE) {
        NTSTATUS status = handle_get(event, &event_ops, EVENT_MODIFY_STATE, &object);
        if (status != STATUS_SUCCESS)
            return status;
    }
    task_close(task);
    if (event == INVALID_HANDLE_VALUE)
        task_wait(task, true);
    busy = event != INVALID_HANDLE_VALUE && task__is_busy(task);
    if (object && busy) {
        task->done = event_of(object);
    } else if (object) {
        event_set(event_of(object));
        object_unref(object);
    }
    return busy ? STATUS_PENDING : STATUS_SUCCESS;
}

/* ---- calling ---- */

/* What the program asked for while its callback ran. */
static void instance__finish(PTP_CALLBACK_INSTANCE instance)
{
    struct task *task = instance->task;
    if (task->finalization)
        task->finalization(instance, task->context);
    if (instance->critical_section)
        LeaveCriticalSection(instance->critical_section);
    if (instance->mutex)
        ReleaseMutex(instance->mutex);
    if (instance->semaphore)
        ReleaseSemaphore(instance->semaphore, (LONG)instance->semaphore_count, NULL);
    if (instance->event)
        SetEvent(instance->event);
    if (instance->library)
        FreeLibrary(instance->library);
}

/* The thread's callback is over; gives up its reference to the task. */
static void instance__end(void)
{
    struct task *task = task__instance.task;
    if (!task) /* it forked, and this is the child */
        return;
    instance__finish(&task__instance);
    task__instance.task = NULL;
    lock_acquire(&task->pool->lock);
    task->running--;
    task->associated -= task__instance.associated;
    lock_release(&task->pool->lock);
    task__changed(task);
    object_unref(&task->object);
}

/* Runs a callback that is counted already. Takes over the caller's reference. */
static void task__run(struct task *task, const struct packet *packet, bool marked)
{
    task__instance = (struct _TP_CALLBACK_INSTANCE){
        .task = task, .packet = packet, .marked = marked, .associated = true};
    if (task->runs_long)
        pool_let_others_run(task->pool);
    task->kind->call(task, &task__instance);
    instance__end();
}

/* Takes the oldest task of the highest priority; its turn comes again behind the others. Caller
 * holds pool->lock. */
static struct task *pool__take(struct pool *pool, bool *marked)
{
    for (int priority = 0; priority < POOL_PRIORITIES; priority++) {
        struct list *head = &pool->pending[priority];
        struct task *task;
        if (list_is_empty(head))
            continue;
        task = list_entry(head->next, struct task, link);
        list_remove(&task->link);
        if (--task->queued > 0) {
            object_ref(&task->object);
            list_append(head, &task->link);
        }
        *marked = task->marked > 0;
        task->marked -= *marked;
        task->running++;
        task->associated++;
        return task;
    }
    return NULL;
}

void task_run_next(struct pool *pool)
{
    bool more = true;
    while (more) {
        struct task *task;
        bool marked = false;
        lock_acquire(&pool->lock);
        task = pool__take(pool, &marked);
        more = pool->uncalled > 0;
        pool->uncalled -= more;
        lock_release(&pool->lock);
        if (task)
            task__run(task, NULL, marked);
    }
}

bool task_run_completion(struct task *task, const struct packet *packet)
{
    bool expected, last, closed;
    lock_acquire(&task->pool->lock);
    expected = task->outstanding > 0;
    last = expected && --task->outstanding == 0;
    closed = task->closed;
    if (expected) {
        task->running++;
        task->associated++;
        object_ref(&task->object);
    }
    lock_release(&task->pool->lock);
    if (last)
        task__settled(task, closed);
    if (expected)
        task__run(task, packet, false);
    return expected;
}

void task_thread_ends(void)
{
    instance__end();
}

void task_after_fork(void)
{
    task__instance.task = NULL;
}

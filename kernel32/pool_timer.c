/* The pool's timers: those of threadpoolapiset.h, and those of the older timer queues. Both are a
 * task with an alarm, which queues the callback when it rings. */
#include "alarm.h"
#include "event.h"
#include "filetime.h"
#include "last_error.h"
#include "task.h"

#include <handleapi.h>
#include <stdlib.h>
#include <threadpoollegacyapiset.h>
#include <winbase.h>
#include <winerror.h>

#define TICKS_PER_MS (FILETIME_PER_SECOND / 1000)

struct timer_queue {
    struct object object;
    struct lock lock;   /* protects timers */
    struct list timers; /* struct pool_timer, by its queue_link */
    struct event *done; /* a reference: set when the last timer is gone */
};

struct pool_timer {
    struct task task;
    /* Under the alarms' lock. */
    struct alarm alarm;
    int64_t period; /* 100 ns; 0: once */
    bool set;
    bool stopped; /* for ever */
    bool fired;   /* at least once since it was made */

    struct timer_queue *queue; /* a reference; NULL: none */
    struct list queue_link;
};

static struct pool_timer *timer__of(struct task *task)
{
    return list_entry(task, struct pool_timer, task);
}

/* A period does not wait for the callback to finish. Caller holds the alarms' lock. */
static void timer__ring(struct alarm *alarm, int64_t now)
{
    struct pool_timer *timer = list_entry(alarm, struct pool_timer, alarm);
    timer->fired = true;
    task_submit(&timer->task, false);
    if (timer->period > 0)
        alarm_set(alarm, alarm_next_due(alarm->due, timer->period, now));
}

static void timer__stop(struct task *task)
{
    struct pool_timer *timer = timer__of(task);
    alarms_lock();
    alarm_cancel(&timer->alarm);
    timer->stopped = true;
    alarms_unlock();
}

/* Sets it for a time by the monotonic clock; false: it was stopped, or there is no memory. Caller
 * holds the alarms' lock. */
static bool timer__set(struct pool_timer *timer, int64_t due, DWORD period_ms)
{
    if (timer->stopped)
        return false;
    timer->period = period_ms * (int64_t)TICKS_PER_MS;
    timer->set = alarm_set(&timer->alarm, due);
    if (timer->set)
        alarms_ring_due();
    return timer->set;
}

/* ---- TP_TIMER ---- */

static void timer__call(struct task *task, PTP_CALLBACK_INSTANCE instance)
{
    ((PTP_TIMER_CALLBACK)task->callback)(instance, task->context, pool_pointer(task->id));
}

static const struct task_kind timer__kind = {.call = timer__call, .stop = timer__stop};
static const struct object_ops timer__ops = {.name = "TpTimer", .destroy = task_destroy};

PTP_TIMER WINAPI CreateThreadpoolTimer(PTP_TIMER_CALLBACK pfnti, PVOID pv,
                                       PTP_CALLBACK_ENVIRON pcbe)
{
    return task_new(sizeof(struct pool_timer), &timer__ops, &timer__kind, (void *)pfnti, pv, pcbe);
}

BOOL WINAPI SetThreadpoolTimerEx(PTP_TIMER pti, PFILETIME pftDueTime, DWORD msPeriod,
                                 DWORD msWindowLength)
{
    struct task *task = task_get(pti, &timer__ops);
    struct pool_timer *timer;
    bool was_set;
    (void)msWindowLength;
    if (!task)
        return FALSE;
    timer = timer__of(task);
    alarms_lock();
    was_set = timer->set;
    timer->set = false;
    timer->alarm.ring = timer__ring;
    alarm_cancel(&timer->alarm);
    if (pftDueTime) {
        int64_t due =
            (int64_t)((uint64_t)pftDueTime->dwHighDateTime << 32 | pftDueTime->dwLowDateTime);
        timer__set(timer, alarm_due_from_nt(due, NULL), msPeriod);
    }
    alarms_unlock();
    object_unref(&task->object);
    return was_set;
}

VOID WINAPI SetThreadpoolTimer(PTP_TIMER pti, PFILETIME pftDueTime, DWORD msPeriod,
                               DWORD msWindowLength)
{
    SetThreadpoolTimerEx(pti, pftDueTime, msPeriod, msWindowLength);
}

BOOL WINAPI IsThreadpoolTimerSet(PTP_TIMER pti)
{
    struct task *task = task_get(pti, &timer__ops);
    bool set;
    if (!task)
        return FALSE;
    alarms_lock();
    set = timer__of(task)->set;
    alarms_unlock();
    object_unref(&task->object);
    return set;
}

VOID WINAPI WaitForThreadpoolTimerCallbacks(PTP_TIMER pti, BOOL fCancelPendingCallbacks)
{
    task_wait_for_callbacks(pti, &timer__ops, fCancelPendingCallbacks);
}

VOID WINAPI CloseThreadpoolTimer(PTP_TIMER pti)
{
    task_close_pointer(pti, &timer__ops);
}

/* ---- timer queues ---- */

enum {
    QUEUE_TIMER_FLAGS = WT_EXECUTEINIOTHREAD | WT_EXECUTEINUITHREAD | WT_EXECUTEINWAITTHREAD |
                        WT_EXECUTEONLYONCE | WT_EXECUTELONGFUNCTION | WT_EXECUTEINTIMERTHREAD |
                        WT_EXECUTEINPERSISTENTIOTHREAD | WT_EXECUTEINPERSISTENTTHREAD |
                        WT_TRANSFER_IMPERSONATION,
};

static void queue_timer__call(struct task *task, PTP_CALLBACK_INSTANCE instance)
{
    (void)instance;
    ((WAITORTIMERCALLBACK)task->callback)(task->context, TRUE);
}

/* The last timer of a queue takes the queue with it. */
static void queue_timer__release(struct task *task)
{
    struct pool_timer *timer = timer__of(task);
    if (!timer->queue)
        return;
    lock_acquire(&timer->queue->lock);
    list_remove(&timer->queue_link);
    lock_release(&timer->queue->lock);
    object_unref(&timer->queue->object);
}

static const struct task_kind queue_timer__kind = {
    .call = queue_timer__call, .stop = timer__stop, .release = queue_timer__release};
static const struct object_ops queue_timer__ops = {.name = "QueueTimer", .destroy = task_destroy};

static void timer_queue__destroy(struct object *object)
{
    struct timer_queue *queue = list_entry(object, struct timer_queue, object);
    if (queue->done) {
        event_set(queue->done);
        object_unref(&queue->done->object);
    }
    free(queue);
}

static const struct object_ops timer_queue__ops = {
    .name = "TimerQueue",
    .destroy = timer_queue__destroy,
};

static struct timer_queue *timer_queue__get(HANDLE handle)
{
    struct object *object = pool_get(handle, &timer_queue__ops);
    return object ? list_entry(object, struct timer_queue, object) : NULL;
}

HANDLE WINAPI CreateTimerQueue(VOID)
{
    struct timer_queue *queue = pool_default() ? calloc(1, sizeof *queue) : NULL;
    uint32_t id = 0;
    if (queue) {
        object_init(&queue->object, &timer_queue__ops, 0);
        list_init(&queue->timers);
        id = table_insert(&pool_table, &queue->object, 0, 0);
        object_unref(&queue->object);
    }
    if (id)
        return pool_pointer(id);
    fail_win32(ERROR_NOT_ENOUGH_MEMORY);
    return NULL;
}

static void timer_queue__add(struct timer_queue *queue, struct pool_timer *timer)
{
    object_ref(&queue->object);
    timer->queue = queue;
    lock_acquire(&queue->lock);
    list_append(&queue->timers, &timer->queue_link);
    lock_release(&queue->lock);
}

static int64_t due__from_ms(DWORD ms)
{
    return alarm_now(CLOCK_MONOTONIC) + ms * (int64_t)TICKS_PER_MS;
}

/* Makes a timer, stores its handle and only then sets it. */
static NTSTATUS queue_timer__create(struct timer_queue *queue, HANDLE *handle,
                                    WAITORTIMERCALLBACK callback, void *parameter, DWORD due_ms,
                                    DWORD period_ms, ULONG flags)
{
    NTSTATUS status;
    bool serial = flags & (WT_EXECUTEINTIMERTHREAD | WT_EXECUTEINPERSISTENTTHREAD);
    struct task *task =
        task_create_in(sizeof(struct pool_timer), &queue_timer__ops, &queue_timer__kind,
                       serial ? pool_serial() : pool_default(), &status);
    if (!task)
        return status;
    task->callback = (void *)callback;
    task->context = parameter;
    task->runs_long = flags & WT_EXECUTELONGFUNCTION;
    timer__of(task)->alarm.ring = timer__ring;
    list_init(&timer__of(task)->queue_link);
    if (queue)
        timer_queue__add(queue, timer__of(task));
    object_ref(&task->object);
    *handle = task_publish(task);
    status = STATUS_NO_MEMORY;
    if (*handle) {
        alarms_lock();
        if (timer__set(timer__of(task), due__from_ms(due_ms),
                       flags & WT_EXECUTEONLYONCE ? 0 : period_ms))
            status = STATUS_SUCCESS;
        alarms_unlock();
        if (status != STATUS_SUCCESS)
            task_close(task);
    }
    object_unref(&task->object);
    return status;
}

BOOL WINAPI CreateTimerQueueTimer(PHANDLE phNewTimer, HANDLE TimerQueue,
                                  WAITORTIMERCALLBACK Callback, PVOID Parameter, DWORD DueTime,
                                  DWORD Period, ULONG Flags)
{
    struct timer_queue *queue = NULL;
    NTSTATUS status;
    if (!phNewTimer || !Callback || (Flags & ~(ULONG)QUEUE_TIMER_FLAGS))
        return fail_win32(ERROR_INVALID_PARAMETER);
    *phNewTimer = NULL;
    if (TimerQueue && !(queue = timer_queue__get(TimerQueue)))
        return fail_win32(ERROR_INVALID_HANDLE);
    status = queue_timer__create(queue, phNewTimer, Callback, Parameter, DueTime, Period, Flags);
    if (queue)
        object_unref(&queue->object);
    return win32_result(status);
}

/* The timer behind a handle, with a reference. The queue is looked at only as far as it must be
 * one. */
static struct task *queue_timer__get(HANDLE queue_handle, HANDLE handle)
{
    struct timer_queue *queue = queue_handle ? timer_queue__get(queue_handle) : NULL;
    if (queue_handle && !queue)
        return NULL;
    if (queue)
        object_unref(&queue->object);
    return task_get(handle, &queue_timer__ops);
}

BOOL WINAPI ChangeTimerQueueTimer(HANDLE TimerQueue, HANDLE Timer, ULONG DueTime, ULONG Period)
{
    struct task *task = queue_timer__get(TimerQueue, Timer);
    struct pool_timer *timer;
    if (!task)
        return fail_win32(ERROR_INVALID_HANDLE);
    timer = timer__of(task);
    alarms_lock();
    if (!timer->fired || alarm_is_set(&timer->alarm))
        timer__set(timer, due__from_ms(DueTime), Period);
    alarms_unlock();
    object_unref(&task->object);
    return TRUE;
}

BOOL WINAPI DeleteTimerQueueTimer(HANDLE TimerQueue, HANDLE Timer, HANDLE CompletionEvent)
{
    struct task *task = queue_timer__get(TimerQueue, Timer);
    NTSTATUS status;
    if (!task)
        return fail_win32(ERROR_INVALID_HANDLE);
    status = task_retire(task, CompletionEvent);
    object_unref(&task->object);
    return status == STATUS_PENDING ? fail_win32(ERROR_IO_PENDING) : win32_result(status);
}

/* A timer of the queue that was not stopped yet, stopped, with a reference; NULL: none is left. */
static struct pool_timer *timer_queue__next(struct timer_queue *queue)
{
    struct pool_timer *found = NULL;
    lock_acquire(&queue->lock);
    while (!found && !list_is_empty(&queue->timers)) {
        struct list *first = queue->timers.next;
        list_remove(first);
        found = list_entry(first, struct pool_timer, queue_link);
        if (!object_try_ref(&found->task.object))
            found = NULL; /* it is going, and waits for this lock */
    }
    lock_release(&queue->lock);
    return found;
}

/* Retires all timers; with `wait` until their callbacks are over. Are there callbacks still? */
static bool timer_queue__retire(struct timer_queue *queue, bool wait)
{
    struct pool_timer *timer;
    struct list retired;
    bool busy = false;
    list_init(&retired);
    while ((timer = timer_queue__next(queue))) {
        if (task_retire(&timer->task, NULL) == STATUS_PENDING)
            busy = true;
        list_append(&retired, &timer->queue_link); /* out of the queue's list, so nobody else's */
    }
    while (!list_is_empty(&retired)) {
        timer = list_entry(retired.next, struct pool_timer, queue_link);
        list_remove(&timer->queue_link);
        if (wait)
            task_wait(&timer->task, true);
        object_unref(&timer->task.object);
    }
    return busy && !wait;
}

BOOL WINAPI DeleteTimerQueueEx(HANDLE TimerQueue, HANDLE CompletionEvent)
{
    struct timer_queue *queue = timer_queue__get(TimerQueue);
    struct object *event = NULL, *object;
    bool busy;
    if (!queue)
        return fail_win32(ERROR_INVALID_HANDLE);
    if (CompletionEvent && CompletionEvent != INVALID_HANDLE_VALUE) {
        NTSTATUS status = handle_get(CompletionEvent, &event_ops, EVENT_MODIFY_STATE, &event);
        if (status != STATUS_SUCCESS) {
            object_unref(&queue->object);
            return fail_status(status);
        }
    }
    object = table_remove(&pool_table, pool_index(TimerQueue));
    busy = timer_queue__retire(queue, CompletionEvent == INVALID_HANDLE_VALUE);
    if (event && object)
        queue->done = event_of(event);
    else if (event)
        object_unref(event);
    if (object)
        object_unref(object);
    object_unref(&queue->object);
    return busy ? fail_win32(ERROR_IO_PENDING) : TRUE;
}

BOOL WINAPI DeleteTimerQueue(HANDLE TimerQueue)
{
    return DeleteTimerQueueEx(TimerQueue, NULL);
}

/* The pool's waits: those of threadpoolapiset.h, and registered waits. Both are a task with a watch
 * on the object and an alarm for the time-out; the first of the two claims the watch's waiter and
 * queues the callback. No thread waits. */
#include "alarm.h"
#include "filetime.h"
#include "last_error.h"
#include "std_handles.h"
#include "task.h"
#include "wait.h"

#include <handleapi.h>
#include <pthread.h>
#include <threadpoollegacyapiset.h>
#include <winbase.h>
#include <winerror.h>

struct pool_wait {
    struct task task;
    struct lock setting; /* protects what is below; before the alarms' lock and every other */
    struct wait_watch watch;
    struct alarm alarm;
    bool armed;   /* set, and perhaps fired since */
    bool stopped; /* for ever */

    /* A registered wait's. */
    struct object *object; /* a reference */
    DWORD timeout_ms;
    bool once;
};

/* What a wait takes, a mutex above all, it takes for this thread, which never runs: as on Windows,
 * where it is the pool's waiting thread. */
static struct thread *wait__taker;

static void wait__make_taker(void)
{
    wait__taker = thread_create();
}

static struct pool_wait *wait__of(struct task *task)
{
    return list_entry(task, struct pool_wait, task);
}

/* Caller holds the object's lock. */
static void wait__signaled(struct waiter *waiter)
{
    task_submit(&list_entry(waiter, struct pool_wait, watch.waiter)->task, true);
}

/* Caller holds the alarms' lock. */
static void wait__timed_out(struct alarm *alarm, int64_t now)
{
    struct pool_wait *wait = list_entry(alarm, struct pool_wait, alarm);
    (void)now;
    if (waiter_claim(&wait->watch.waiter, WAITER_TIMED_OUT))
        task_submit(&wait->task, false);
}

/* Ends what is set; was it, and had not fired? Caller holds wait->setting. */
static bool wait__disarm(struct pool_wait *wait)
{
    bool pending;
    if (!wait->armed)
        return false;
    wait->armed = false;
    pending = waiter_claim(&wait->watch.waiter, WAITER_CANCELLED);
    alarms_lock();
    alarm_cancel(&wait->alarm);
    alarms_unlock();
    wait_watch_end(&wait->watch);
    return pending;
}

/* Waits for an object (NULL: only for the time) until a time by the monotonic clock (NULL: for
 * ever). Caller holds wait->setting. */
static void wait__arm(struct pool_wait *wait, struct object *object, const int64_t *due)
{
    if (wait->stopped)
        return;
    wait->armed = true;
    wait->watch.waiter.thread = wait__taker;
    wait->watch.waiter.woken = wait__signaled;
    wait->alarm.ring = wait__timed_out;
    atomic_store(&wait->watch.waiter.word, WAITER_PARKED);
    if (object)
        wait_watch_begin(&wait->watch, object);
    if (due && atomic_load(&wait->watch.waiter.word) == WAITER_PARKED) {
        alarms_lock();
        if (alarm_set(&wait->alarm, *due))
            alarms_ring_due();
        alarms_unlock();
    }
}

/* The callback begins: what has fired leaves the object and the heap. */
static void wait__settle(struct pool_wait *wait)
{
    lock_acquire(&wait->setting);
    if (wait->armed && atomic_load(&wait->watch.waiter.word) != WAITER_PARKED)
        wait__disarm(wait);
    lock_release(&wait->setting);
}

static void wait__stop(struct task *task)
{
    struct pool_wait *wait = wait__of(task);
    lock_acquire(&wait->setting);
    wait__disarm(wait);
    wait->stopped = true;
    lock_release(&wait->setting);
}

/* The object to wait for, with a reference. */
static NTSTATUS wait__get_object(HANDLE handle, struct object **object)
{
    uint32_t access;
    NTSTATUS status = handle_get_any(std_handle_resolve(handle), object, &access);
    if (status != STATUS_SUCCESS)
        return status;
    if (!object_is_waitable(*object))
        status = STATUS_OBJECT_TYPE_MISMATCH;
    else if (!(access & SYNCHRONIZE))
        status = STATUS_ACCESS_DENIED;
    if (status != STATUS_SUCCESS)
        object_unref(*object);
    return status;
}

/* ---- TP_WAIT ---- */

static void wait__call(struct task *task, PTP_CALLBACK_INSTANCE instance)
{
    wait__settle(wait__of(task));
    ((PTP_WAIT_CALLBACK)task->callback)(instance, task->context, pool_pointer(task->id),
                                        instance->marked ? WAIT_OBJECT_0 : WAIT_TIMEOUT);
}

static const struct task_kind wait__kind = {.call = wait__call, .stop = wait__stop};
static const struct object_ops wait__ops = {.name = "TpWait", .destroy = task_destroy};

static bool wait__have_taker(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, wait__make_taker);
    return wait__taker != NULL;
}

PTP_WAIT WINAPI CreateThreadpoolWait(PTP_WAIT_CALLBACK pfnwa, PVOID pv, PTP_CALLBACK_ENVIRON pcbe)
{
    if (!wait__have_taker()) {
        fail_win32(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    return task_new(sizeof(struct pool_wait), &wait__ops, &wait__kind, (void *)pfnwa, pv, pcbe);
}

BOOL WINAPI SetThreadpoolWaitEx(PTP_WAIT pwa, HANDLE h, PFILETIME pftTimeout, PVOID Reserved)
{
    struct task *task = Reserved ? NULL : task_get(pwa, &wait__ops);
    struct object *object = NULL;
    NTSTATUS status = STATUS_SUCCESS;
    int64_t due = 0;
    bool was_set;
    if (!task)
        return FALSE;
    if (h && h != INVALID_HANDLE_VALUE)
        status = wait__get_object(h, &object);
    if (pftTimeout)
        due = alarm_due_from_nt(
            (int64_t)((uint64_t)pftTimeout->dwHighDateTime << 32 | pftTimeout->dwLowDateTime),
            NULL);
    lock_acquire(&wait__of(task)->setting);
    was_set = wait__disarm(wait__of(task));
    if (h && status == STATUS_SUCCESS)
        wait__arm(wait__of(task), object, pftTimeout ? &due : NULL);
    lock_release(&wait__of(task)->setting);
    if (object && status == STATUS_SUCCESS)
        object_unref(object);
    object_unref(&task->object);
    if (status != STATUS_SUCCESS)
        last_error_set(status_to_win32(status));
    return was_set;
}

VOID WINAPI SetThreadpoolWait(PTP_WAIT pwa, HANDLE h, PFILETIME pftTimeout)
{
    SetThreadpoolWaitEx(pwa, h, pftTimeout, NULL);
}

VOID WINAPI WaitForThreadpoolWaitCallbacks(PTP_WAIT pwa, BOOL fCancelPendingCallbacks)
{
    task_wait_for_callbacks(pwa, &wait__ops, fCancelPendingCallbacks);
}

VOID WINAPI CloseThreadpoolWait(PTP_WAIT pwa)
{
    task_close_pointer(pwa, &wait__ops);
}

/* ---- registered waits ---- */

enum {
    REGISTERED_FLAGS = WT_EXECUTEINIOTHREAD | WT_EXECUTEINUITHREAD | WT_EXECUTEINWAITTHREAD |
                       WT_EXECUTEONLYONCE | WT_EXECUTELONGFUNCTION | WT_EXECUTEINTIMERTHREAD |
                       WT_EXECUTEINPERSISTENTIOTHREAD | WT_EXECUTEINPERSISTENTTHREAD |
                       WT_TRANSFER_IMPERSONATION,
};

/* Caller holds wait->setting. */
static void registered__arm(struct pool_wait *wait)
{
    int64_t due =
        alarm_now(CLOCK_MONOTONIC) + (int64_t)wait->timeout_ms * (FILETIME_PER_SECOND / 1000);
    wait__arm(wait, wait->object, wait->timeout_ms == INFINITE ? NULL : &due);
}

/* It waits again after its callback, so one wait's callbacks come one after the other, and an
 * object that stays signaled does not flood the pool. */
static void registered__call(struct task *task, PTP_CALLBACK_INSTANCE instance)
{
    struct pool_wait *wait = wait__of(task);
    wait__settle(wait);
    ((WAITORTIMERCALLBACK)task->callback)(task->context, !instance->marked);
    if (wait->once)
        return;
    lock_acquire(&wait->setting);
    registered__arm(wait);
    lock_release(&wait->setting);
}

static void registered__release(struct task *task)
{
    object_unref(wait__of(task)->object);
}

static const struct task_kind registered__kind = {
    .call = registered__call, .stop = wait__stop, .release = registered__release};
static const struct object_ops registered__ops = {.name = "RegisteredWait",
                                                  .destroy = task_destroy};

static NTSTATUS registered__create(HANDLE *handle, struct object *object,
                                   WAITORTIMERCALLBACK callback, void *context, DWORD timeout_ms,
                                   ULONG flags)
{
    NTSTATUS status;
    bool serial = flags & (WT_EXECUTEINWAITTHREAD | WT_EXECUTEINPERSISTENTTHREAD);
    struct task *task =
        task_create_in(sizeof(struct pool_wait), &registered__ops, &registered__kind,
                       serial ? pool_serial() : pool_default(), &status);
    if (!task)
        return status;
    object_ref(object);
    wait__of(task)->object = object;
    wait__of(task)->timeout_ms = timeout_ms;
    wait__of(task)->once = flags & WT_EXECUTEONLYONCE;
    task->callback = (void *)callback;
    task->context = context;
    task->runs_long = flags & WT_EXECUTELONGFUNCTION;
    task->own_is_over = flags & WT_EXECUTEINWAITTHREAD;
    object_ref(&task->object);
    *handle = task_publish(task);
    if (*handle) {
        lock_acquire(&wait__of(task)->setting);
        registered__arm(wait__of(task));
        lock_release(&wait__of(task)->setting);
    }
    object_unref(&task->object);
    return *handle ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

BOOL WINAPI RegisterWaitForSingleObject(PHANDLE phNewWaitObject, HANDLE hObject,
                                        WAITORTIMERCALLBACK Callback, PVOID Context,
                                        ULONG dwMilliseconds, ULONG dwFlags)
{
    struct object *object;
    NTSTATUS status;
    if (!phNewWaitObject || !Callback || (dwFlags & ~(ULONG)REGISTERED_FLAGS))
        return fail_win32(ERROR_INVALID_PARAMETER);
    if (!wait__have_taker())
        return fail_win32(ERROR_NOT_ENOUGH_MEMORY);
    status = wait__get_object(hObject, &object);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    status =
        registered__create(phNewWaitObject, object, Callback, Context, dwMilliseconds, dwFlags);
    object_unref(object);
    return win32_result(status);
}

BOOL WINAPI UnregisterWaitEx(HANDLE WaitHandle, HANDLE CompletionEvent)
{
    struct task *task = task_get(WaitHandle, &registered__ops);
    NTSTATUS status;
    if (!task)
        return fail_win32(ERROR_INVALID_HANDLE);
    status = task_retire(task, CompletionEvent);
    object_unref(&task->object);
    return status == STATUS_PENDING ? fail_win32(ERROR_IO_PENDING) : win32_result(status);
}

BOOL WINAPI UnregisterWait(HANDLE WaitHandle)
{
    return UnregisterWaitEx(WaitHandle, NULL);
}

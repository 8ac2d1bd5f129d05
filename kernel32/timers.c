/* Waitable timers (synchapi.h). A set timer is an alarm with an open handle: closing cancels it.
 * The alarms' lock protects what is here, before any object's lock. */
#include "alarm.h"
#include "filetime.h"
#include "handle_table.h"
#include "last_error.h"
#include "named.h"
#include "thread.h"
#include "wait.h"

#include <stdlib.h>
#include <synchapi.h>
#include <winerror.h>

struct timer {
    struct object object;
    bool manual_reset;
    struct alarm alarm;
    int64_t due_utc;       /* when it rings, as a file time */
    int64_t period;        /* 100 ns; 0: once */
    struct timer_apc *apc; /* NULL: no routine */
};

/* A completion routine. Its timer frees it, or, once it is taken to be run, the thread that runs
 * it. */
struct timer_apc {
    struct apc apc;
    struct timer *timer;   /* NULL: set anew, cancelled or closed since */
    struct thread *thread; /* a reference */
    PTIMERAPCROUTINE routine;
    void *argument;
    int64_t due_utc;
    bool queued;
};

static struct timer *timer__of(struct object *object)
{
    return list_entry(object, struct timer, object);
}

/* ---- completion routines ---- */

static void timer_apc__free(struct timer_apc *apc)
{
    object_unref(&apc->thread->object);
    free(apc);
}

static void timer_apc__run(struct apc *base)
{
    struct timer_apc *apc = list_entry(base, struct timer_apc, apc);
    struct timer_apc now;
    alarms_lock();
    now = *apc;
    apc->queued = false;
    alarms_unlock();
    if (now.timer)
        now.routine(now.argument, (DWORD)now.due_utc, (DWORD)(now.due_utc >> 32));
    else
        timer_apc__free(apc);
}

/* The thread that set the timer has ended, and with it the timer (HND-062). */
static void timer_apc__discard(struct apc *base)
{
    struct timer_apc *apc = list_entry(base, struct timer_apc, apc);
    bool orphan;
    alarms_lock();
    apc->queued = false;
    orphan = !apc->timer;
    if (!orphan)
        alarm_cancel(&apc->timer->alarm);
    alarms_unlock();
    if (orphan)
        timer_apc__free(apc);
}

/* Takes the routine from the timer, and out of its thread's queue if it is there still. Caller
 * holds the alarms' lock. */
static void timer__drop_apc(struct timer *timer)
{
    struct timer_apc *apc = timer->apc;
    if (!apc)
        return;
    timer->apc = NULL;
    apc->timer = NULL;
    lock_acquire(&apc->thread->lock);
    if (apc->queued && !list_is_empty(&apc->apc.link)) {
        list_remove(&apc->apc.link);
        apc->queued = false;
    }
    lock_release(&apc->thread->lock);
    if (!apc->queued)
        timer_apc__free(apc);
}

/* False if the thread has ended. Caller holds the alarms' lock. */
static bool timer__queue_apc(struct timer *timer)
{
    struct timer_apc *apc = timer->apc;
    if (!apc || apc->queued)
        return true;
    apc->due_utc = timer->due_utc;
    apc->queued = true;
    if (thread_queue_apc(apc->thread, &apc->apc))
        return true;
    apc->queued = false;
    return false;
}

/* Periods that passed unnoticed are not made up for. Caller holds the alarms' lock. */
static void timer__ring(struct alarm *alarm, int64_t now)
{
    struct timer *timer = list_entry(alarm, struct timer, alarm);
    if (!timer__queue_apc(timer))
        return;
    object_set_signaled(&timer->object);
    if (timer->period > 0) {
        int64_t due = alarm_next_due(alarm->due, timer->period, now);
        timer->due_utc += due - alarm->due;
        alarm_set(alarm, due);
    }
}

/* ---- the object ---- */

static NTSTATUS timer__acquire(struct object *object, struct thread *thread)
{
    (void)thread;
    if (!timer__of(object)->manual_reset)
        atomic_fetch_and(&object->state, ~OBJECT_SIGNALED);
    return STATUS_WAIT_0;
}

static void timer__disarm(struct timer *timer)
{
    alarms_lock();
    alarm_cancel(&timer->alarm);
    timer__drop_apc(timer);
    alarms_unlock();
}

static void timer__close(struct object *object)
{
    name_forget(object);
    timer__disarm(timer__of(object));
}

static void timer__destroy(struct object *object)
{
    timer__disarm(timer__of(object)); /* it may have been set while it was closed */
    free(timer__of(object));
}

static const struct object_ops timer__ops = {
    .name = "Timer",
    .all_access = TIMER_ALL_ACCESS,
    .generic_read = STANDARD_RIGHTS_READ | TIMER_QUERY_STATE,
    .generic_write = STANDARD_RIGHTS_WRITE | TIMER_MODIFY_STATE,
    .generic_execute = STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE,
    .is_signaled = object_flag_is_signaled,
    .acquire = timer__acquire,
    .close = timer__close,
    .destroy = timer__destroy,
};

static struct object *timer__create(bool manual_reset)
{
    struct timer *timer = calloc(1, sizeof *timer);
    if (!timer)
        return NULL;
    object_init(&timer->object, &timer__ops, 0);
    timer->manual_reset = manual_reset;
    timer->alarm.ring = timer__ring;
    return &timer->object;
}

static NTSTATUS timer__set(struct timer *timer, int64_t due_time, LONG period_ms,
                           struct timer_apc *apc)
{
    NTSTATUS status = STATUS_NO_MEMORY;
    int64_t due_utc, due = alarm_due_from_nt(due_time, &due_utc);
    alarms_lock();
    if (alarm_set(&timer->alarm, due)) {
        timer__drop_apc(timer);
        object_reset_signaled(&timer->object);
        timer->apc = apc;
        timer->period = (int64_t)period_ms * (FILETIME_PER_SECOND / 1000);
        timer->due_utc = due_utc;
        alarms_ring_due();
        status = STATUS_SUCCESS;
    }
    alarms_unlock();
    return status;
}

static struct timer_apc *timer_apc__create(struct timer *timer, PTIMERAPCROUTINE routine,
                                           void *argument)
{
    struct timer_apc *apc = calloc(1, sizeof *apc);
    if (!apc)
        return NULL;
    apc->apc.run = timer_apc__run;
    apc->apc.discard = timer_apc__discard;
    list_init(&apc->apc.link);
    apc->timer = timer;
    apc->thread = thread_self();
    object_ref(&apc->thread->object);
    apc->routine = routine;
    apc->argument = argument;
    return apc;
}

/* ---- entry points ---- */

static HANDLE timer__create_named(NTSTATUS status, struct name *name, DWORD flags, DWORD access,
                                  const SECURITY_ATTRIBUTES *attributes)
{
    struct object *timer = NULL;
    if (flags &
        ~(DWORD)(CREATE_WAITABLE_TIMER_MANUAL_RESET | CREATE_WAITABLE_TIMER_HIGH_RESOLUTION))
        status = STATUS_INVALID_PARAMETER;
    if (status == STATUS_SUCCESS)
        timer = timer__create(flags & CREATE_WAITABLE_TIMER_MANUAL_RESET);
    return named_create(status, name, timer, access, attributes);
}

HANDLE WINAPI CreateWaitableTimerExA(LPSECURITY_ATTRIBUTES lpTimerAttributes, LPCSTR lpTimerName,
                                     DWORD dwFlags, DWORD dwDesiredAccess)
{
    struct name name;
    NTSTATUS status = name_from_ansi(lpTimerName, &name);
    return timer__create_named(status, &name, dwFlags, dwDesiredAccess, lpTimerAttributes);
}

HANDLE WINAPI CreateWaitableTimerExW(LPSECURITY_ATTRIBUTES lpTimerAttributes, LPCWSTR lpTimerName,
                                     DWORD dwFlags, DWORD dwDesiredAccess)
{
    struct name name;
    NTSTATUS status = name_from_wide(lpTimerName, &name);
    return timer__create_named(status, &name, dwFlags, dwDesiredAccess, lpTimerAttributes);
}

HANDLE WINAPI CreateWaitableTimerA(LPSECURITY_ATTRIBUTES lpTimerAttributes, BOOL bManualReset,
                                   LPCSTR lpTimerName)
{
    return CreateWaitableTimerExA(lpTimerAttributes, lpTimerName,
                                  bManualReset ? CREATE_WAITABLE_TIMER_MANUAL_RESET : 0,
                                  TIMER_ALL_ACCESS);
}

HANDLE WINAPI CreateWaitableTimerW(LPSECURITY_ATTRIBUTES lpTimerAttributes, BOOL bManualReset,
                                   LPCWSTR lpTimerName)
{
    return CreateWaitableTimerExW(lpTimerAttributes, lpTimerName,
                                  bManualReset ? CREATE_WAITABLE_TIMER_MANUAL_RESET : 0,
                                  TIMER_ALL_ACCESS);
}

HANDLE WINAPI OpenWaitableTimerA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpTimerName)
{
    struct name name;
    NTSTATUS status = name_from_ansi(lpTimerName, &name);
    return named_open(status, &name, &timer__ops, dwDesiredAccess, bInheritHandle);
}

HANDLE WINAPI OpenWaitableTimerW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpTimerName)
{
    struct name name;
    NTSTATUS status = name_from_wide(lpTimerName, &name);
    return named_open(status, &name, &timer__ops, dwDesiredAccess, bInheritHandle);
}

BOOL WINAPI SetWaitableTimer(HANDLE hTimer, const LARGE_INTEGER *lpDueTime, LONG lPeriod,
                             PTIMERAPCROUTINE pfnCompletionRoutine, LPVOID lpArgToCompletionRoutine,
                             BOOL fResume)
{
    struct timer_apc *apc = NULL;
    struct object *object;
    NTSTATUS status;
    if (lPeriod < 0)
        return fail_win32(ERROR_INVALID_PARAMETER);
    if (!lpDueTime)
        return fail_win32(ERROR_NOACCESS);
    status = handle_get(hTimer, &timer__ops, TIMER_MODIFY_STATE, &object);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    if (pfnCompletionRoutine)
        apc = timer_apc__create(timer__of(object), pfnCompletionRoutine, lpArgToCompletionRoutine);
    if (pfnCompletionRoutine && !apc)
        status = STATUS_NO_MEMORY;
    else
        status = timer__set(timer__of(object), lpDueTime->QuadPart, lPeriod, apc);
    if (status != STATUS_SUCCESS && apc)
        timer_apc__free(apc);
    object_unref(object);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    if (fResume)
        last_error_set(ERROR_NOT_SUPPORTED);
    return TRUE;
}

BOOL WINAPI SetWaitableTimerEx(HANDLE hTimer, const LARGE_INTEGER *lpDueTime, LONG lPeriod,
                               PTIMERAPCROUTINE pfnCompletionRoutine,
                               LPVOID lpArgToCompletionRoutine, PREASON_CONTEXT WakeContext,
                               ULONG TolerableDelay)
{
    (void)TolerableDelay; /* this timer is as exact as the host allows */
    return SetWaitableTimer(hTimer, lpDueTime, lPeriod, pfnCompletionRoutine,
                            lpArgToCompletionRoutine, WakeContext != NULL);
}

BOOL WINAPI CancelWaitableTimer(HANDLE hTimer)
{
    struct object *object;
    NTSTATUS status = handle_get(hTimer, &timer__ops, TIMER_MODIFY_STATE, &object);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    timer__disarm(timer__of(object));
    object_unref(object);
    return TRUE;
}

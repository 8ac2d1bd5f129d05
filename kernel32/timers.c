/* Waitable timers (synchapi.h). The set timers stand in one list by due time; one thread, started
 * when the first is set, sleeps until the first is due. A timer in the list has an open handle:
 * closing takes it out. */
#include "filetime.h"
#include "handle_table.h"
#include "last_error.h"
#include "named.h"
#include "service.h"
#include "thread.h"
#include "wait.h"

#include <pthread.h>
#include <stdlib.h>
#include <synchapi.h>
#include <time.h>
#include <winerror.h>

struct timer {
    struct object object;
    bool manual_reset;
    struct list link;      /* in timers__set; empty: not set */
    int64_t due;           /* 100 ns of the monotonic clock */
    int64_t due_utc;       /* the same as a file time */
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

/* Protects all of the above, before any object's lock. */
static pthread_mutex_t timers__lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t timers__changed;
static struct list timers__set = {&timers__set, &timers__set};
static bool timers__running;

static struct timer *timer__of(struct object *object)
{
    return list_entry(object, struct timer, object);
}

static int64_t timers__now(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return clock == CLOCK_REALTIME ? filetime_from_timespec(now)
                                   : now.tv_sec * FILETIME_PER_SECOND + now.tv_nsec / 100;
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
    pthread_mutex_lock(&timers__lock);
    now = *apc;
    apc->queued = false;
    pthread_mutex_unlock(&timers__lock);
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
    pthread_mutex_lock(&timers__lock);
    apc->queued = false;
    orphan = !apc->timer;
    if (!orphan)
        list_remove(&apc->timer->link);
    pthread_mutex_unlock(&timers__lock);
    if (orphan)
        timer_apc__free(apc);
}

/* Takes the routine from the timer, and out of its thread's queue if it is there still. Caller
 * holds timers__lock. */
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

/* False if the thread has ended. Caller holds timers__lock. */
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

/* ---- the list and its thread ---- */

/* Caller holds timers__lock. */
static void timers__insert(struct timer *timer)
{
    struct list *node = timers__set.prev;
    while (node != &timers__set && list_entry(node, struct timer, link)->due > timer->due)
        node = node->prev;
    list_prepend(node, &timer->link);
    if (timers__set.next == &timer->link)
        pthread_cond_signal(&timers__changed);
}

/* Periods that passed unnoticed are not made up for. Caller holds timers__lock. */
static void timer__fire(struct timer *timer, int64_t now)
{
    list_remove(&timer->link);
    if (!timer__queue_apc(timer))
        return;
    object_set_signaled(&timer->object);
    if (timer->period > 0) {
        int64_t step = ((now - timer->due) / timer->period + 1) * timer->period;
        timer->due += step;
        timer->due_utc += step;
        timers__insert(timer);
    }
}

/* Caller holds timers__lock. */
static void timers__fire_due(void)
{
    int64_t now = timers__now(CLOCK_MONOTONIC);
    while (!list_is_empty(&timers__set)) {
        struct timer *first = list_entry(timers__set.next, struct timer, link);
        if (first->due > now)
            break;
        timer__fire(first, now);
    }
}

static void *timers__run(void *arg)
{
    pthread_mutex_lock(&timers__lock);
    for (;;) {
        timers__fire_due();
        if (list_is_empty(&timers__set)) {
            pthread_cond_wait(&timers__changed, &timers__lock);
        } else {
            int64_t due = list_entry(timers__set.next, struct timer, link)->due;
            struct timespec at = {due / FILETIME_PER_SECOND, due % FILETIME_PER_SECOND * 100};
            pthread_cond_timedwait(&timers__changed, &timers__lock, &at);
        }
    }
    return arg;
}

static void timers__before_fork(void)
{
    pthread_mutex_lock(&timers__lock);
}

static void timers__after_fork_in_parent(void)
{
    pthread_mutex_unlock(&timers__lock);
}

/* The child has neither the thread nor the handles. */
static void timers__after_fork_in_child(void)
{
    list_init(&timers__set);
    timers__running = false;
    pthread_mutex_unlock(&timers__lock);
}

static void timers__prepare(void)
{
    pthread_atfork(timers__before_fork, timers__after_fork_in_parent, timers__after_fork_in_child);
}

/* Caller holds timers__lock. */
static bool timers__start(void)
{
    pthread_condattr_t attributes;
    if (timers__running)
        return true;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&timers__changed, &attributes);
    pthread_condattr_destroy(&attributes);
    timers__running = service_start("portico-timers", timers__run, NULL);
    return timers__running;
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
    pthread_mutex_lock(&timers__lock);
    list_remove(&timer->link);
    timer__drop_apc(timer);
    pthread_mutex_unlock(&timers__lock);
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
    list_init(&timer->link);
    return &timer->object;
}

/* When it is due by both clocks. Caller holds timers__lock. */
static void timer__set_due(struct timer *timer, int64_t due_time)
{
    int64_t now = timers__now(CLOCK_MONOTONIC), utc = timers__now(CLOCK_REALTIME);
    int64_t wait = due_time > 0 ? due_time - utc : 0;
    if (due_time < 0)
        wait = due_time < -INT64_MAX / 2 ? INT64_MAX / 2 : -due_time;
    if (wait < 0)
        wait = 0;
    timer->due = wait > INT64_MAX - now ? INT64_MAX : now + wait;
    timer->due_utc = wait > INT64_MAX - utc ? INT64_MAX : utc + wait;
}

static NTSTATUS timer__set(struct timer *timer, int64_t due_time, LONG period_ms,
                           struct timer_apc *apc)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    NTSTATUS status = STATUS_NO_MEMORY;
    pthread_once(&once, timers__prepare);
    pthread_mutex_lock(&timers__lock);
    if (timers__start()) {
        list_remove(&timer->link);
        timer__drop_apc(timer);
        object_reset_signaled(&timer->object);
        timer->apc = apc;
        timer->period = (int64_t)period_ms * (FILETIME_PER_SECOND / 1000);
        timer__set_due(timer, due_time);
        timers__insert(timer);
        timers__fire_due();
        status = STATUS_SUCCESS;
    }
    pthread_mutex_unlock(&timers__lock);
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

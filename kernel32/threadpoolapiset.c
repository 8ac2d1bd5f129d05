/* Entry points of threadpoolapiset.h: pools, work, and what a callback may ask for. Timers, waits,
 * I/O and cleanup groups have files of their own (pool_*.c). */
#include <threadpoolapiset.h>

#include "last_error.h"
#include "task.h"

#include <winerror.h>

/* ---- pools ---- */

static struct pool *pool__get(PTP_POOL pointer)
{
    struct object *object = pool_get(pointer, &pool_ops);
    return object ? list_entry(object, struct pool, object) : NULL;
}

PTP_POOL WINAPI CreateThreadpool(PVOID reserved)
{
    struct pool *pool;
    if (reserved) {
        fail_win32(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    pool = pool_default() ? pool_create(POOL_MAXIMUM_DEFAULT) : NULL; /* which sets the table up */
    if (pool) {
        pool->id = table_insert(&pool_table, &pool->object, 0, 0);
        if (pool->id) {
            object_unref(&pool->object);
            return pool_pointer(pool->id);
        }
        pool_leave(pool);
        object_unref(&pool->object);
    }
    fail_win32(ERROR_NOT_ENOUGH_MEMORY);
    return NULL;
}

VOID WINAPI CloseThreadpool(PTP_POOL ptpp)
{
    struct pool *pool = pool__get(ptpp);
    struct object *object;
    if (!pool)
        return;
    object = table_remove(&pool_table, pool_index(ptpp));
    if (object) {
        pool_leave(pool);
        object_unref(object);
    }
    object_unref(&pool->object);
}

VOID WINAPI SetThreadpoolThreadMaximum(PTP_POOL ptpp, DWORD cthrdMost)
{
    struct pool *pool = ptpp ? pool__get(ptpp) : NULL;
    if (!pool)
        return;
    pool_set_maximum(pool, cthrdMost);
    object_unref(&pool->object);
}

BOOL WINAPI SetThreadpoolThreadMinimum(PTP_POOL ptpp, DWORD cthrdMic)
{
    struct pool *pool = pool__get(ptpp);
    bool done;
    if (!pool)
        return fail_win32(ERROR_INVALID_PARAMETER);
    done = pool_set_minimum(pool, cthrdMic);
    object_unref(&pool->object);
    return done ? TRUE : fail_win32(ERROR_NOT_ENOUGH_MEMORY);
}

BOOL WINAPI SetThreadpoolStackInformation(PTP_POOL ptpp, PTP_POOL_STACK_INFORMATION ptpsi)
{
    struct pool *pool = ptpsi ? pool__get(ptpp) : NULL;
    if (!pool)
        return fail_win32(ERROR_INVALID_PARAMETER);
    lock_acquire(&pool->lock);
    pool->stack_reserve = ptpsi->StackReserve;
    pool->stack_commit = ptpsi->StackCommit;
    lock_release(&pool->lock);
    object_unref(&pool->object);
    return TRUE;
}

BOOL WINAPI QueryThreadpoolStackInformation(PTP_POOL ptpp, PTP_POOL_STACK_INFORMATION ptpsi)
{
    struct pool *pool = ptpsi ? pool__get(ptpp) : NULL;
    if (!pool)
        return fail_win32(ERROR_INVALID_PARAMETER);
    lock_acquire(&pool->lock);
    ptpsi->StackReserve = pool->stack_reserve;
    ptpsi->StackCommit = pool->stack_commit;
    lock_release(&pool->lock);
    object_unref(&pool->object);
    return TRUE;
}

/* ---- simple callbacks and work ---- */

static void simple__call(struct task *task, PTP_CALLBACK_INSTANCE instance)
{
    lock_acquire(&task->pool->lock);
    task->closed = true; /* it runs once: its group has nothing left to cancel */
    lock_release(&task->pool->lock);
    ((PTP_SIMPLE_CALLBACK)task->callback)(instance, task->context);
}

static const struct task_kind simple__kind = {.call = simple__call};
static const struct object_ops simple__ops = {.name = "TpSimple", .destroy = task_destroy};

BOOL WINAPI TrySubmitThreadpoolCallback(PTP_SIMPLE_CALLBACK pfns, PVOID pv,
                                        PTP_CALLBACK_ENVIRON pcbe)
{
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    struct task *task = NULL;
    if (pfns)
        task = task_create(sizeof *task, &simple__ops, &simple__kind, pcbe, &status);
    if (!task)
        return fail_status(status);
    task->callback = (void *)pfns;
    task->context = pv;
    task_submit(task, false);
    object_unref(&task->object);
    return TRUE;
}

static void work__call(struct task *task, PTP_CALLBACK_INSTANCE instance)
{
    ((PTP_WORK_CALLBACK)task->callback)(instance, task->context, pool_pointer(task->id));
}

static const struct task_kind work__kind = {.call = work__call};
static const struct object_ops work__ops = {.name = "TpWork", .destroy = task_destroy};

PTP_WORK WINAPI CreateThreadpoolWork(PTP_WORK_CALLBACK pfnwk, PVOID pv, PTP_CALLBACK_ENVIRON pcbe)
{
    return task_new(sizeof(struct task), &work__ops, &work__kind, (void *)pfnwk, pv, pcbe);
}

VOID WINAPI SubmitThreadpoolWork(PTP_WORK pwk)
{
    struct task *task = task_get(pwk, &work__ops);
    if (!task)
        return;
    task_submit(task, false);
    object_unref(&task->object);
}

VOID WINAPI WaitForThreadpoolWorkCallbacks(PTP_WORK pwk, BOOL fCancelPendingCallbacks)
{
    task_wait_for_callbacks(pwk, &work__ops, fCancelPendingCallbacks);
}

VOID WINAPI CloseThreadpoolWork(PTP_WORK pwk)
{
    task_close_pointer(pwk, &work__ops);
}

/* ---- inside a callback ---- */

static bool instance__is_own(PTP_CALLBACK_INSTANCE instance)
{
    return instance && instance == task_current_instance();
}

VOID WINAPI SetEventWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HANDLE evt)
{
    if (instance__is_own(pci) && !pci->event)
        pci->event = evt;
}

VOID WINAPI ReleaseSemaphoreWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HANDLE sem, DWORD crel)
{
    if (!instance__is_own(pci) || pci->semaphore)
        return;
    pci->semaphore = sem;
    pci->semaphore_count = crel;
}

VOID WINAPI ReleaseMutexWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HANDLE mut)
{
    if (instance__is_own(pci) && !pci->mutex)
        pci->mutex = mut;
}

VOID WINAPI LeaveCriticalSectionWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci,
                                                    PCRITICAL_SECTION pcs)
{
    if (instance__is_own(pci) && !pci->critical_section)
        pci->critical_section = pcs;
}

VOID WINAPI FreeLibraryWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HMODULE mod)
{
    if (instance__is_own(pci) && !pci->library)
        pci->library = mod;
}

BOOL WINAPI CallbackMayRunLong(PTP_CALLBACK_INSTANCE pci)
{
    if (!instance__is_own(pci))
        return fail_win32(ERROR_INVALID_PARAMETER);
    return pool_let_others_run(pci->task->pool) ? TRUE : fail_win32(ERROR_TOO_MANY_THREADS);
}

VOID WINAPI DisassociateCurrentThreadFromCallback(PTP_CALLBACK_INSTANCE pci)
{
    if (instance__is_own(pci))
        task_disassociate(pci);
}

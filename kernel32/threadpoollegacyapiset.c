/* Entry points of threadpoollegacyapiset.h: work items. Timer queues are in pool_timer.c,
 * registered waits in pool_wait.c. */
#include <threadpoollegacyapiset.h>

#include "last_error.h"
#include "task.h"

#include <winbase.h>
#include <winerror.h>

enum {
    WORK_ITEM_FLAGS = WT_EXECUTEINIOTHREAD | WT_EXECUTEINUITHREAD | WT_EXECUTEINWAITTHREAD |
                      WT_EXECUTEONLYONCE | WT_EXECUTELONGFUNCTION | WT_EXECUTEINTIMERTHREAD |
                      WT_EXECUTEINPERSISTENTIOTHREAD | WT_EXECUTEINPERSISTENTTHREAD |
                      WT_TRANSFER_IMPERSONATION,
    WORK_ITEM_LIMIT_SHIFT = 16, /* WT_SET_MAX_THREADPOOL_THREADS */
};

static void item__call(struct task *task, PTP_CALLBACK_INSTANCE instance)
{
    (void)instance;
    ((LPTHREAD_START_ROUTINE)task->callback)(task->context);
}

static const struct task_kind item__kind = {.call = item__call};
static const struct object_ops item__ops = {.name = "WorkItem", .destroy = task_destroy};

BOOL WINAPI QueueUserWorkItem(LPTHREAD_START_ROUTINE Function, PVOID Context, ULONG Flags)
{
    ULONG limit = Flags >> WORK_ITEM_LIMIT_SHIFT, flags = Flags & 0xFFFF;
    struct pool *pool;
    struct task *task;
    NTSTATUS status;
    if (!Function || (flags & ~(ULONG)WORK_ITEM_FLAGS))
        return fail_win32(ERROR_INVALID_PARAMETER);
    pool = flags & WT_EXECUTEINPERSISTENTTHREAD ? pool_serial() : pool_default();
    task = task_create_in(sizeof *task, &item__ops, &item__kind, pool, &status);
    if (!task)
        return fail_status(status);
    if (limit && pool == pool_default())
        pool_set_maximum(pool, limit);
    task->callback = (void *)Function;
    task->context = Context;
    task->runs_long = flags & WT_EXECUTELONGFUNCTION;
    task_submit(task, false);
    object_unref(&task->object);
    return TRUE;
}

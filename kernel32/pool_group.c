/* Cleanup groups: tasks that are closed together. A group's list holds no references; a task takes
 * itself out when it goes. */
#include "task.h"

#include <stdlib.h>

struct group {
    struct object object;
    struct lock lock;    /* protects members and the tasks' group; before a pool's lock */
    struct list members; /* struct task, by its group_link */
};

static void group__destroy(struct object *object)
{
    free(list_entry(object, struct group, object));
}

static const struct object_ops group__ops = {
    .name = "TpCleanupGroup",
    .destroy = group__destroy,
};

struct group *group_get(const void *pointer)
{
    struct object *object = pool_get(pointer, &group__ops);
    return object ? list_entry(object, struct group, object) : NULL;
}

void group_unref(struct group *group)
{
    object_unref(&group->object);
}

void group_add(struct group *group, struct task *task)
{
    object_ref(&group->object);
    lock_acquire(&group->lock);
    task->group = group;
    list_append(&group->members, &task->group_link);
    lock_release(&group->lock);
}

void group_remove(struct task *task)
{
    struct group *group = task->group;
    if (!group)
        return;
    lock_acquire(&group->lock);
    list_remove(&task->group_link);
    lock_release(&group->lock);
    object_unref(&group->object);
}

/* A member with a reference, moved to `released`; NULL: none is left. */
static struct task *group__release_one(struct group *group, struct list *released)
{
    struct task *task = NULL;
    lock_acquire(&group->lock);
    while (!task && !list_is_empty(&group->members)) {
        struct list *first = group->members.next;
        list_remove(first);
        task = list_entry(first, struct task, group_link);
        if (object_try_ref(&task->object))
            list_append(released, first);
        else
            task = NULL; /* it is going, and waits for this lock */
    }
    lock_release(&group->lock);
    return task;
}

static bool task__is_closed(struct task *task)
{
    bool closed;
    lock_acquire(&task->pool->lock);
    closed = task->closed;
    lock_release(&task->pool->lock);
    return closed;
}

/* Waits for a released member, lets the program know, closes it and gives it up. */
static void group__finish(struct task *task, bool cancel, void *cleanup_context)
{
    task_wait(task, true);
    if (cancel && task->cancelled && !task__is_closed(task))
        task->cancelled(task->context, cleanup_context);
    task_close(task);
    list_remove(&task->group_link);
    object_unref(&task->object);
}

PTP_CLEANUP_GROUP WINAPI CreateThreadpoolCleanupGroup(VOID)
{
    struct group *group = pool_default() ? calloc(1, sizeof *group) : NULL;
    uint32_t id;
    if (!group)
        return NULL;
    object_init(&group->object, &group__ops, 0);
    list_init(&group->members);
    id = table_insert(&pool_table, &group->object, 0, 0);
    object_unref(&group->object);
    return id ? pool_pointer(id) : NULL;
}

VOID WINAPI CloseThreadpoolCleanupGroupMembers(PTP_CLEANUP_GROUP ptpcg,
                                               BOOL fCancelPendingCallbacks, PVOID pvCleanupContext)
{
    struct group *group = group_get(ptpcg);
    struct list released;
    struct task *task;
    if (!group)
        return;
    list_init(&released);
    while ((task = group__release_one(group, &released))) {
        if (task->kind->stop)
            task->kind->stop(task);
        if (fCancelPendingCallbacks)
            task_cancel(task);
    }
    while (!list_is_empty(&released))
        group__finish(list_entry(released.next, struct task, group_link), fCancelPendingCallbacks,
                      pvCleanupContext);
    group_unref(group);
}

VOID WINAPI CloseThreadpoolCleanupGroup(PTP_CLEANUP_GROUP ptpcg)
{
    struct group *group = group_get(ptpcg);
    struct object *object;
    if (!group)
        return;
    object = table_remove(&pool_table, pool_index(ptpcg));
    if (object)
        object_unref(object);
    group_unref(group);
}

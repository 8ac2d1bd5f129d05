/* Mutexes. The list of what a thread owns is protected by the thread's lock. */
#include "mutex.h"

#include "names.h"
#include "thread.h"
#include "wait.h"

#include <stdlib.h>
#include <winnt.h>

static struct mutex *mutex__of(struct object *object)
{
    return list_entry(object, struct mutex, object);
}

static bool mutex__is_signaled(struct object *object, struct thread *thread)
{
    struct mutex *mutex = mutex__of(object);
    return !mutex->owner || mutex->owner == thread;
}

/* Caller holds object.lock. */
static void mutex__own(struct mutex *mutex, struct thread *thread)
{
    object_ref(&thread->object); /* its lock is needed until it disowns */
    mutex->owner = thread;
    mutex->recursion = 1;
    lock_acquire(&thread->lock);
    list_append(&thread->mutexes, &mutex->owned);
    lock_release(&thread->lock);
}

/* Caller holds object.lock. */
static void mutex__disown(struct mutex *mutex)
{
    struct thread *owner = mutex->owner;
    lock_acquire(&owner->lock);
    list_remove(&mutex->owned);
    lock_release(&owner->lock);
    mutex->owner = NULL;
    mutex->recursion = 0;
    object_unref(&owner->object);
}

static NTSTATUS mutex__acquire(struct object *object, struct thread *thread)
{
    struct mutex *mutex = mutex__of(object);
    bool abandoned = mutex->abandoned;
    if (mutex->owner == thread) {
        mutex->recursion++;
        return STATUS_WAIT_0;
    }
    mutex->abandoned = false;
    mutex__own(mutex, thread);
    return abandoned ? STATUS_ABANDONED_WAIT_0 : STATUS_WAIT_0;
}

static NTSTATUS mutex__signal(struct object *object)
{
    return mutex_release(mutex__of(object));
}

static void mutex__destroy(struct object *object)
{
    struct mutex *mutex = mutex__of(object);
    if (mutex->owner)
        mutex__disown(mutex);
    free(mutex);
}

const struct object_ops mutex_ops = {
    .name = "Mutant",
    .all_access = MUTEX_ALL_ACCESS,
    .generic_read = STANDARD_RIGHTS_READ | MUTANT_QUERY_STATE,
    .generic_write = STANDARD_RIGHTS_WRITE,
    .generic_execute = STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE,
    .signal_access = 0,
    .may_linger = true,
    .is_signaled = mutex__is_signaled,
    .acquire = mutex__acquire,
    .signal = mutex__signal,
    .close = name_forget,
    .destroy = mutex__destroy,
};

struct mutex *mutex_create(struct thread *owner)
{
    struct mutex *mutex = calloc(1, sizeof *mutex);
    if (!mutex)
        return NULL;
    object_init(&mutex->object, &mutex_ops, 0);
    list_init(&mutex->owned);
    if (owner)
        mutex__own(mutex, owner);
    return mutex;
}

NTSTATUS mutex_release(struct mutex *mutex)
{
    NTSTATUS status = STATUS_SUCCESS;
    lock_acquire(&mutex->object.lock);
    if (mutex->owner != thread_self()) {
        status = STATUS_MUTANT_NOT_OWNED;
    } else if (--mutex->recursion == 0) {
        mutex__disown(mutex);
        object_release_waiters(&mutex->object);
    }
    lock_release(&mutex->object.lock);
    return status;
}

/* The first mutex the thread owns, with a reference, or NULL. A mutex on the list may be losing
 * its last reference right now; then its destroyer takes it off the list. */
static struct mutex *mutex__first_owned(struct thread *thread)
{
    struct mutex *mutex = NULL;
    struct list *node;
    lock_acquire(&thread->lock);
    list_for_each (node, &thread->mutexes) {
        struct mutex *candidate = list_entry(node, struct mutex, owned);
        if (object_try_ref(&candidate->object)) {
            mutex = candidate;
            break;
        }
    }
    lock_release(&thread->lock);
    return mutex;
}

void mutex_abandon_all(struct thread *thread)
{
    struct mutex *mutex;
    while ((mutex = mutex__first_owned(thread)) != NULL) {
        lock_acquire(&mutex->object.lock);
        if (mutex->owner == thread) {
            mutex__disown(mutex);
            mutex->abandoned = true;
            object_release_waiters(&mutex->object);
        }
        lock_release(&mutex->object.lock);
        object_unref(&mutex->object);
    }
}

/* Semaphores: the count lives in the object's state, below OBJECT_HAS_WAITERS. */
#include "semaphore.h"

#include "names.h"
#include "wait.h"

#include <stdlib.h>
#include <winnt.h>

static struct semaphore *semaphore__of(struct object *object)
{
    return list_entry(object, struct semaphore, object);
}

static bool semaphore__is_signaled(struct object *object, struct thread *thread)
{
    (void)thread;
    return (atomic_load(&object->state) & ~OBJECT_HAS_WAITERS) > 0;
}

static NTSTATUS semaphore__acquire(struct object *object, struct thread *thread)
{
    (void)thread;
    atomic_fetch_sub(&object->state, 1);
    return STATUS_WAIT_0;
}

static bool semaphore__try_acquire(struct object *object)
{
    uint32_t state = atomic_load(&object->state);
    while (state > 0 && !(state & OBJECT_HAS_WAITERS))
        if (atomic_compare_exchange_weak(&object->state, &state, state - 1))
            return true;
    return false;
}

static NTSTATUS semaphore__signal(struct object *object)
{
    return semaphore_release(semaphore__of(object), 1, NULL);
}

static void semaphore__destroy(struct object *object)
{
    free(semaphore__of(object));
}

const struct object_ops semaphore_ops = {
    .name = "Semaphore",
    .all_access = SEMAPHORE_ALL_ACCESS,
    .generic_read = STANDARD_RIGHTS_READ | SEMAPHORE_QUERY_STATE,
    .generic_write = STANDARD_RIGHTS_WRITE | SEMAPHORE_MODIFY_STATE,
    .generic_execute = STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE,
    .signal_access = SEMAPHORE_MODIFY_STATE,
    .may_linger = true,
    .is_signaled = semaphore__is_signaled,
    .acquire = semaphore__acquire,
    .try_acquire = semaphore__try_acquire,
    .signal = semaphore__signal,
    .close = name_forget,
    .destroy = semaphore__destroy,
};

struct semaphore *semaphore_create(uint32_t count, uint32_t maximum)
{
    struct semaphore *semaphore = malloc(sizeof *semaphore);
    if (!semaphore)
        return NULL;
    object_init(&semaphore->object, &semaphore_ops, count);
    semaphore->maximum = maximum;
    return semaphore;
}

NTSTATUS semaphore_release(struct semaphore *semaphore, uint32_t count, uint32_t *previous)
{
    struct object *object = &semaphore->object;
    uint32_t state = atomic_load(&object->state), now;
    bool locked = false;
    NTSTATUS status = STATUS_SUCCESS;
    for (;;) {
        if ((state & OBJECT_HAS_WAITERS) && !locked) {
            lock_acquire(&object->lock);
            locked = true;
            state = atomic_load(&object->state);
        }
        now = state & ~OBJECT_HAS_WAITERS;
        if (count > semaphore->maximum - now) {
            status = STATUS_SEMAPHORE_LIMIT_EXCEEDED;
            break;
        }
        if (atomic_compare_exchange_weak(&object->state, &state, state + count))
            break;
    }
    if (previous)
        *previous = now;
    if (locked) {
        object_release_waiters(object);
        lock_release(&object->lock);
    }
    return status;
}

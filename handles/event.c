/* Events: a flag, set by SetEvent; a wait on an auto-reset event takes it down again. */
#include "event.h"

#include "names.h"
#include "wait.h"

#include <stdlib.h>
#include <winnt.h>

static NTSTATUS event__acquire(struct object *object, struct thread *thread)
{
    (void)thread;
    if (!event_of(object)->manual_reset)
        atomic_fetch_and(&object->state, ~OBJECT_SIGNALED);
    return STATUS_WAIT_0;
}

static bool event__try_acquire(struct object *object)
{
    uint32_t state = OBJECT_SIGNALED;
    if (event_of(object)->manual_reset)
        return atomic_load(&object->state) & OBJECT_SIGNALED;
    return atomic_compare_exchange_strong(&object->state, &state, 0);
}

static NTSTATUS event__signal(struct object *object)
{
    object_set_signaled(object);
    return STATUS_SUCCESS;
}

static void event__destroy(struct object *object)
{
    free(event_of(object));
}

const struct object_ops event_ops = {
    .name = "Event",
    .all_access = EVENT_ALL_ACCESS,
    .generic_read = STANDARD_RIGHTS_READ | EVENT_QUERY_STATE,
    .generic_write = STANDARD_RIGHTS_WRITE | EVENT_MODIFY_STATE,
    .generic_execute = STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE,
    .signal_access = EVENT_MODIFY_STATE,
    .may_linger = true,
    .is_signaled = object_flag_is_signaled,
    .acquire = event__acquire,
    .try_acquire = event__try_acquire,
    .signal = event__signal,
    .close = name_forget,
    .destroy = event__destroy,
};

struct event *event_create(bool manual_reset, bool signaled)
{
    struct event *event = malloc(sizeof *event);
    if (!event)
        return NULL;
    object_init(&event->object, &event_ops, signaled ? OBJECT_SIGNALED : 0);
    event->manual_reset = manual_reset;
    return event;
}

void event_set(struct event *event)
{
    object_set_signaled(&event->object);
}

void event_reset(struct event *event)
{
    object_reset_signaled(&event->object);
}

void event_pulse(struct event *event)
{
    struct object *object = &event->object;
    lock_acquire(&object->lock);
    atomic_fetch_or(&object->state, OBJECT_SIGNALED);
    object_release_waiters(object);
    atomic_fetch_and(&object->state, ~OBJECT_SIGNALED);
    lock_release(&object->lock);
}

/* The object header. */
#include "object.h"

#include <winnt.h>

void object_init(struct object *object, const struct object_ops *ops, uint32_t state)
{
    object->ops = ops;
    atomic_init(&object->refs, 1);
    atomic_init(&object->handles, 0);
    atomic_init(&object->state, state);
    lock_init(&object->lock);
    object->named = false;
    list_init(&object->waiters);
}

void object_destroy(struct object *object)
{
    object->ops->destroy(object);
}

uint32_t object_map_access(const struct object_ops *ops, uint32_t access)
{
    if (access & GENERIC_READ)
        access |= ops->generic_read;
    if (access & GENERIC_WRITE)
        access |= ops->generic_write;
    if (access & GENERIC_EXECUTE)
        access |= ops->generic_execute;
    if (access & (GENERIC_ALL | MAXIMUM_ALLOWED))
        access |= ops->all_access;
    return access &
           ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL | MAXIMUM_ALLOWED);
}

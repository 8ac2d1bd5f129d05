/* Semaphores. */
#ifndef PORTICO_SEMAPHORE_H
#define PORTICO_SEMAPHORE_H

#include "object.h"

struct semaphore {
    struct object object; /* state: the count */
    uint32_t maximum;
};

extern const struct object_ops semaphore_ops;

struct semaphore *semaphore_create(uint32_t count, uint32_t maximum);

/* Adds to the count; STATUS_SEMAPHORE_LIMIT_EXCEEDED, and nothing changed, if it would pass the
 * maximum. `previous` is stored in either case. */
NTSTATUS semaphore_release(struct semaphore *semaphore, uint32_t count, uint32_t *previous);

#endif

/* Mutexes (NT's mutants): owned by a thread, recursive, abandoned when their owner ends. */
#ifndef PORTICO_MUTEX_H
#define PORTICO_MUTEX_H

#include "object.h"

struct mutex {
    struct object object;
    struct thread *owner; /* under object.lock, like the rest */
    uint32_t recursion;
    bool abandoned;
    struct list owned; /* in owner->mutexes */
};

extern const struct object_ops mutex_ops;

struct mutex *mutex_create(struct thread *owner);

/* STATUS_MUTANT_NOT_OWNED unless the calling thread owns it. */
NTSTATUS mutex_release(struct mutex *mutex);

/* The thread ends: whoever waits for its mutexes gets them as abandoned. */
void mutex_abandon_all(struct thread *thread);

#endif

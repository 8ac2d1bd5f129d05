/* Errands: things that block in the host (a name to look up, a file to read in) and must not block
 * a thread of the program's or the reactor. A pool runs them on a few threads that end when there
 * is nothing left to do. */
#ifndef PORTICO_ERRAND_H
#define PORTICO_ERRAND_H

#include "list.h"
#include "lock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct errand {
    struct list link;
    void (*run)(struct errand *errand);     /* called without locks */
    void (*destroy)(struct errand *errand); /* the last reference is gone */
    _Atomic uint32_t refs;
};

struct errand_pool {
    const char *name;
    uint32_t max;
    struct lock lock; /* protects the rest; innermost */
    uint32_t threads;
    struct list waiting;
};

#define ERRAND_POOL(pool, thread_name, threads_max)               \
    {                                                             \
        .name = (thread_name), .max = (threads_max), .waiting = { \
            &(pool).waiting,                                      \
            &(pool).waiting                                       \
        }                                                         \
    }

static inline void errand_ref(struct errand *errand)
{
    atomic_fetch_add(&errand->refs, 1);
}

void errand_unref(struct errand *errand);

/* Takes over a reference. False: no thread runs and none can be had; it is still the caller's. */
bool errand_start(struct errand_pool *pool, struct errand *errand);

/* In the child of a fork: nobody runs. */
void errand_after_fork(struct errand_pool *pool);

#endif

/* A thread pool: threads that take tasks and completions from one completion port.
 *
 * The port does the scheduling: the newest idle thread goes first, as many run as there are
 * processors, one that blocks lets the next one go. A task that is to run stands in the pool's list
 * of its priority, and a packet in the port calls a thread for it; files whose completions are
 * callbacks are bound to the port itself.
 *
 * Threads. One is started whenever something may come and none is parked, so there is always one
 * to spare: it harvests completions while the others work, and its waiting is what lets the monitor
 * find threads that block unseen or do not come back. Their number stays between the minimum and
 * the maximum; one that idled for pool_idle_ms leaves.
 *
 * Life. Tasks use their pool. When it is closed and the last task is gone, the port is closed and
 * the threads leave. The structure lives as long as its port, whose last users may be files. */
#ifndef PORTICO_POOL_H
#define PORTICO_POOL_H

#include "handle_table.h"
#include "port.h"

#include <signal.h>

enum {
    POOL_MAXIMUM_DEFAULT = 512,
    POOL_PRIORITIES = 3,
};

struct pool {
    struct object object;
    struct port *port;
    struct lock lock; /* protects all below and the counts of its tasks; before the port's */
    struct list pending[POOL_PRIORITIES]; /* struct task, by its link */
    uint32_t uncalled; /* callbacks for which there was no memory for a packet: the queue is long,
                        * and who comes by for another takes one of these too */
    uint32_t users;    /* tasks, and one until it is closed */
    uint32_t threads, starting;
    uint32_t minimum, maximum;
    size_t stack_reserve, stack_commit; /* 0: the default */
    uint32_t id;                        /* in pool_table; 0: not a program's */
    sigset_t signals;                   /* what its maker blocked: so do the threads */
};

extern const struct object_ops pool_ops;

/* How long a thread idles before it leaves. */
extern _Atomic uint32_t pool_idle_ms;

/* What the program has pointers to, which are numbers of this table in disguise: so that a closed
 * or wild one is refused. They are no handles: CloseHandle refuses them. */
extern struct table pool_table;

/* The pointer of an index, and back (0: it cannot be one). */
void *pool_pointer(uint32_t index);
uint32_t pool_index(const void *pointer);

/* What a pointer names, with a reference, if it is of the kind; else NULL. */
struct object *pool_get(const void *pointer, const struct object_ops *ops);

/* One reference, one user. NULL: no memory or descriptors. */
struct pool *pool_create(uint32_t maximum);

/* The process's pool, and the one with a single thread for callbacks that must run one by one.
 * NULL: no memory. */
struct pool *pool_default(void);
struct pool *pool_serial(void);

void pool_enter(struct pool *pool);
/* The last user closes the port, and the threads leave. */
void pool_leave(struct pool *pool);

/* Sees to it that a thread is there, or soon is, for what may come. */
void pool_feed(struct pool *pool);

/* False if the threads cannot be had. */
bool pool_set_minimum(struct pool *pool, uint32_t minimum);
void pool_set_maximum(struct pool *pool, uint32_t maximum);

/* Can another callback run while the caller's takes long? Then its slot is given up. */
bool pool_let_others_run(struct pool *pool);

/* Packets whose key has one of these bits are completions of files; see pool_io.c. */
#define POOL_KEY_FUNCTION ((uintptr_t)1 << 63)
#define POOL_KEY_IO ((uintptr_t)1 << 62)

#endif

/* The thread pool: its threads, its table, its limits. How it works stands at the top of pool.h. */
#include "pool.h"

#include "fls.h"
#include "pool_io.h"
#include "task.h"
#include "thread.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define POOL_POINTER_BASE ((uintptr_t)1 << 40) /* far above every handle */

_Atomic uint32_t pool_idle_ms = 20000;
struct table pool_table = {.used = 1};

static struct lock pools__lock; /* protects the two below; outermost */
static struct pool *pools__default;
static struct pool *pools__serial;

static struct pool *pool__of(struct object *object)
{
    return list_entry(object, struct pool, object);
}

/* ---- pointers ---- */

void *pool_pointer(uint32_t index)
{
    return (void *)(POOL_POINTER_BASE | (uintptr_t)index << 4);
}

uint32_t pool_index(const void *pointer)
{
    uintptr_t value = (uintptr_t)pointer;
    uintptr_t index = (value & ~POOL_POINTER_BASE) >> 4;
    if (!(value & POOL_POINTER_BASE) || (value & 15) || index > UINT32_MAX)
        return 0;
    return (uint32_t)index;
}

struct object *pool_get(const void *pointer, const struct object_ops *ops)
{
    uint32_t index = pool_index(pointer);
    struct object *object = index ? table_get(&pool_table, index, NULL) : NULL;
    if (object && object->ops != ops) {
        object_unref(object);
        return NULL;
    }
    return object;
}

/* ---- threads ---- */

/* Caller holds pool->lock. */
static bool pool__has_too_many(const struct pool *pool)
{
    return pool->threads > pool->maximum;
}

/* May an idle thread go? Then it no longer counts. */
static bool pool__dismiss(struct pool *pool)
{
    uint32_t keep;
    bool dismissed;
    lock_acquire(&pool->lock);
    keep = pool->minimum;
    if (keep == 0 && atomic_load(&pool->port->watches) > 0)
        keep = 1; /* somebody must notice that a descriptor is ready */
    dismissed = pool->threads > keep;
    if (dismissed)
        pool->threads--;
    lock_release(&pool->lock);
    return dismissed;
}

static bool pool__dismiss_surplus(struct pool *pool)
{
    bool dismissed;
    lock_acquire(&pool->lock);
    dismissed = pool__has_too_many(pool);
    if (dismissed)
        pool->threads--;
    lock_release(&pool->lock);
    return dismissed;
}

static void pool__dispatch(struct pool *pool, const struct packet *packet)
{
    if (packet->key)
        pool_io_deliver(packet);
    else
        task_run_next(pool);
}

/* What a thread leaves behind, however it ends. Gives up its references. */
static void pool__thread_gone(void *arg)
{
    struct pool *pool = arg;
    struct port *port = pool->port;
    task_thread_ends();
    fls_thread_ends();
    port_thread_exits(thread_self());
    object_unref(&port->object); /* and with the last one the pool */
}

/* A callback has ended its thread. */
static void pool__thread_died(void *arg)
{
    struct pool *pool = arg;
    lock_acquire(&pool->lock);
    pool->threads--;
    lock_release(&pool->lock);
    pool__thread_gone(pool);
}

static void pool__work(struct pool *pool)
{
    for (;;) {
        struct deadline deadline = deadline_from_ms(atomic_load(&pool_idle_ms));
        struct packet packet;
        uint32_t removed;
        NTSTATUS status = port_remove(pool->port, &packet, 1, &removed, &deadline, false);
        if (status == STATUS_SUCCESS)
            pool__dispatch(pool, &packet);
        if (status == STATUS_ABANDONED_WAIT_0) {
            lock_acquire(&pool->lock);
            pool->threads--;
            lock_release(&pool->lock);
            return;
        }
        if (status == STATUS_TIMEOUT ? pool__dismiss(pool) : pool__dismiss_surplus(pool))
            return;
    }
}

static void *pool__run(void *arg)
{
    struct pool *pool = arg;
    pthread_sigmask(SIG_SETMASK, &pool->signals, NULL); /* the engine's threads block them all */
    thread_self();
    thread_reset_float();
    lock_acquire(&pool->lock);
    pool->starting--;
    lock_release(&pool->lock);
    pthread_cleanup_push(pool__thread_died, pool);
    pool__work(pool);
    pthread_cleanup_pop(0);
    pool__thread_gone(pool);
    return NULL;
}

/* Starts a thread that is counted already; takes it back if there is none to be had. */
static bool pool__start(struct pool *pool)
{
    pthread_attr_t attributes;
    pthread_t thread;
    size_t stack =
        pool->stack_reserve > pool->stack_commit ? pool->stack_reserve : pool->stack_commit;
    int err;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (stack > (size_t)PTHREAD_STACK_MIN)
        pthread_attr_setstacksize(&attributes, (stack + 0xFFFF) & ~(size_t)0xFFFF);
    object_ref(&pool->port->object);
    err = pthread_create(&thread, &attributes, pool__run, pool);
    pthread_attr_destroy(&attributes);
    if (!err)
        return true;
    lock_acquire(&pool->lock);
    pool->starting--;
    pool->threads--;
    lock_release(&pool->lock);
    object_unref(&pool->port->object);
    return false;
}

void pool_feed(struct pool *pool)
{
    bool start;
    lock_acquire(&pool->lock);
    start = pool->threads < pool->maximum && pool->starting == 0 && pool->users > 0;
    if (start) {
        pool->threads++;
        pool->starting++;
    }
    lock_release(&pool->lock);
    if (start)
        pool__start(pool);
}

static void pool__port_is_hungry(struct object *owner)
{
    pool_feed(pool__of(owner));
}

bool pool_set_minimum(struct pool *pool, uint32_t minimum)
{
    bool more = true;
    lock_acquire(&pool->lock);
    if (minimum > pool->maximum)
        pool->maximum = minimum;
    while (more && pool->threads < minimum) {
        pool->threads++;
        pool->starting++;
        lock_release(&pool->lock);
        more = pool__start(pool);
        lock_acquire(&pool->lock);
    }
    if (more)
        pool->minimum = minimum;
    lock_release(&pool->lock);
    return more;
}

void pool_set_maximum(struct pool *pool, uint32_t maximum)
{
    lock_acquire(&pool->lock);
    pool->maximum = maximum ? maximum : 1;
    if (pool->minimum > pool->maximum)
        pool->minimum = pool->maximum;
    lock_release(&pool->lock);
    port_nudge(pool->port); /* what waited for a thread may have one now */
}

bool pool_let_others_run(struct pool *pool)
{
    bool can;
    lock_acquire(&pool->lock);
    can = pool->threads < pool->maximum;
    lock_release(&pool->lock);
    if (!can)
        can = port_has_waiters(pool->port);
    if (can)
        port_block_begins(thread_self());
    return can;
}

/* ---- life ---- */

static void pool__destroy(struct object *object)
{
    free(pool__of(object));
}

const struct object_ops pool_ops = {
    .name = "TpPool",
    .destroy = pool__destroy,
};

struct pool *pool_create(uint32_t maximum)
{
    struct pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return NULL;
    if (port_create(0, &pool->port) != STATUS_SUCCESS) {
        free(pool);
        return NULL;
    }
    object_init(&pool->object, &pool_ops, 0);
    lock_init(&pool->lock);
    for (int priority = 0; priority < POOL_PRIORITIES; priority++)
        list_init(&pool->pending[priority]);
    pool->users = 1;
    pool->maximum = maximum;
    pthread_sigmask(SIG_BLOCK, NULL, &pool->signals);
    port_set_owner(pool->port, &pool->object, pool__port_is_hungry);
    return pool;
}

void pool_enter(struct pool *pool)
{
    lock_acquire(&pool->lock);
    pool->users++;
    lock_release(&pool->lock);
}

void pool_leave(struct pool *pool)
{
    struct port *port = pool->port;
    bool last;
    lock_acquire(&pool->lock);
    last = --pool->users == 0;
    lock_release(&pool->lock);
    if (!last)
        return;
    port_ops.close(&port->object);
    object_unref(&port->object);
}

static void pools__after_fork(void)
{
    lock_init(&pools__lock);
    pools__default = pools__serial = NULL;
    table_after_fork(&pool_table);
    task_after_fork();
}

static void pools__set_up(void)
{
    pthread_atfork(NULL, NULL, pools__after_fork);
}

static struct pool *pools__get(struct pool **which, uint32_t maximum)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct pool *pool;
    pthread_once(&once, pools__set_up);
    lock_acquire(&pools__lock);
    if (!*which)
        *which = pool_create(maximum);
    pool = *which;
    lock_release(&pools__lock);
    return pool;
}

struct pool *pool_default(void)
{
    return pools__get(&pools__default, POOL_MAXIMUM_DEFAULT);
}

struct pool *pool_serial(void)
{
    return pools__get(&pools__serial, 1);
}

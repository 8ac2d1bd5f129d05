/* Errands. */
#include "errand.h"

#include "service.h"

void errand_unref(struct errand *errand)
{
    if (atomic_fetch_sub(&errand->refs, 1) == 1)
        errand->destroy(errand);
}

static struct errand *errand__take(struct errand_pool *pool)
{
    struct errand *errand = NULL;
    lock_acquire(&pool->lock);
    if (list_is_empty(&pool->waiting)) {
        pool->threads--;
    } else {
        errand = list_entry(pool->waiting.next, struct errand, link);
        list_remove(&errand->link);
    }
    lock_release(&pool->lock);
    return errand;
}

static void *errand__run(void *arg)
{
    struct errand_pool *pool = arg;
    struct errand *errand;
    while ((errand = errand__take(pool))) {
        errand->run(errand);
        errand_unref(errand);
    }
    return NULL;
}

bool errand_start(struct errand_pool *pool, struct errand *errand)
{
    bool started = true;
    lock_acquire(&pool->lock);
    if (pool->threads < pool->max) {
        if (service_start(pool->name, errand__run, pool))
            pool->threads++;
        else
            started = pool->threads > 0;
    }
    if (started)
        list_append(&pool->waiting, &errand->link);
    lock_release(&pool->lock);
    return started;
}

void errand_after_fork(struct errand_pool *pool)
{
    lock_init(&pool->lock);
    list_init(&pool->waiting);
    pool->threads = 0;
}

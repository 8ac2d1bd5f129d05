/* Timeouts. */
#include "timeout.h"

#include "futex.h"
#include "lock.h"
#include "service.h"

#include <pthread.h>

static struct lock timeout__lock; /* protects the list; innermost */
static struct list timeout__list = {&timeout__list, &timeout__list}; /* earliest first */
static _Atomic uint32_t timeout__changes;                            /* the thread sleeps on it */
static bool timeout__has_thread;

static bool timespec__is_before(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

/* Takes the first timeout whose time has come; else tells when that will be. */
static struct timeout *timeout__take(struct timespec *next, bool *any)
{
    struct timeout *first = NULL;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    lock_acquire(&timeout__lock);
    *any = !list_is_empty(&timeout__list);
    if (*any) {
        first = list_entry(timeout__list.next, struct timeout, link);
        *next = first->at;
        if (timespec__is_before(&now, &first->at))
            first = NULL;
        else
            list_remove(&first->link);
    }
    lock_release(&timeout__lock);
    return first;
}

static void *timeout__run(void *arg)
{
    (void)arg;
    for (;;) {
        uint32_t changes = atomic_load(&timeout__changes);
        struct timespec next;
        bool any;
        struct timeout *timeout = timeout__take(&next, &any);
        if (timeout)
            timeout->fire(timeout);
        else
            futex_wait_until(&timeout__changes, changes, CLOCK_MONOTONIC, any ? &next : NULL);
    }
    return NULL;
}

bool timeout_start(struct timeout *timeout, const struct deadline *deadline)
{
    struct timespec left = deadline_remaining(deadline);
    struct list *node;
    bool started;
    clock_gettime(CLOCK_MONOTONIC, &timeout->at);
    timeout->at.tv_sec += left.tv_sec;
    timeout->at.tv_nsec += left.tv_nsec;
    if (timeout->at.tv_nsec >= 1000000000) {
        timeout->at.tv_nsec -= 1000000000;
        timeout->at.tv_sec++;
    }
    lock_acquire(&timeout__lock);
    if (!timeout__has_thread)
        timeout__has_thread = service_start("portico-timeout", timeout__run, NULL);
    started = timeout__has_thread;
    if (started) {
        for (node = timeout__list.prev; node != &timeout__list; node = node->prev)
            if (!timespec__is_before(&timeout->at, &list_entry(node, struct timeout, link)->at))
                break;
        list_prepend(node, &timeout->link);
        atomic_fetch_add(&timeout__changes, 1);
    }
    lock_release(&timeout__lock);
    if (started)
        futex_wake(&timeout__changes, 1);
    return started;
}

bool timeout_stop(struct timeout *timeout)
{
    bool stopped;
    lock_acquire(&timeout__lock);
    stopped = !list_is_empty(&timeout->link);
    list_remove(&timeout->link);
    lock_release(&timeout__lock);
    return stopped;
}

/* In the child of a fork none runs. */
static void timeout__after_fork(void)
{
    lock_init(&timeout__lock);
    list_init(&timeout__list);
    timeout__has_thread = false;
}

__attribute__((constructor)) static void timeout__set_up(void)
{
    pthread_atfork(NULL, NULL, timeout__after_fork);
}

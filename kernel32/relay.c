/* The thread that serves the sockets between processes. */
#include "relay.h"

#include "futex.h"
#include "lock.h"
#include "service.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

static struct lock relay__busy; /* held while a source is served; outside all other locks */
static struct lock relay__lock; /* protects what follows; innermost */
static struct list relay__sources = {&relay__sources, &relay__sources};
static int relay__epoll = -1;
static _Atomic uint32_t relay__runs; /* 1: the thread has begun */

static void *relay__run(void *arg)
{
    int epoll = (int)(intptr_t)arg;
    struct epoll_event event;
    atomic_store(&relay__runs, 1);
    futex_wake(&relay__runs, 1);
    for (;;) {
        /* One at a time: a source may remove another. */
        if (epoll_wait(epoll, &event, 1, -1) == 1) {
            struct relay_source *source = event.data.ptr;
            lock_acquire(&relay__busy);
            source->ready(source, event.events);
            lock_release(&relay__busy);
        }
    }
    return NULL;
}

/* Waits until the thread runs, so that no fork meets it half made. Caller holds relay__lock. */
static bool relay__start(void)
{
    if (relay__epoll >= 0)
        return true;
    relay__epoll = epoll_create1(EPOLL_CLOEXEC);
    if (relay__epoll >= 0 &&
        service_start("portico-relay", relay__run, (void *)(intptr_t)relay__epoll)) {
        while (!atomic_load(&relay__runs))
            futex_wait_until(&relay__runs, 0, CLOCK_MONOTONIC, NULL);
        return true;
    }
    if (relay__epoll >= 0)
        close(relay__epoll);
    relay__epoll = -1;
    return false;
}

bool relay_add(struct relay_source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};
    bool added;
    lock_acquire(&relay__lock);
    list_append(&relay__sources, &source->link);
    added = relay__start() && epoll_ctl(relay__epoll, EPOLL_CTL_ADD, source->fd, &event) == 0;
    if (!added)
        list_remove(&source->link);
    lock_release(&relay__lock);
    return added;
}

void relay_change(struct relay_source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};
    epoll_ctl(relay__epoll, EPOLL_CTL_MOD, source->fd, &event);
}

void relay_remove(struct relay_source *source)
{
    lock_acquire(&relay__lock);
    list_remove(&source->link);
    lock_release(&relay__lock);
    epoll_ctl(relay__epoll, EPOLL_CTL_DEL, source->fd, NULL);
    close(source->fd);
    source->fd = -1;
}

/* ---- forks ---- */

/* The relay does nothing meanwhile: the child has none who would finish it. What it serves may want
 * the locks of the other fork handlers, so this one runs before them (service.h). */
static void relay__before_fork(void)
{
    lock_acquire(&relay__busy);
    lock_acquire(&relay__lock);
}

static void relay__after_fork(void)
{
    lock_release(&relay__lock);
    lock_release(&relay__busy);
}

/* The child has no relay, and must not keep the parent's connections alive. */
static void relay__after_fork_in_child(void)
{
    struct list *node, *after;
    list_for_each_safe (node, after, &relay__sources) {
        struct relay_source *source = list_entry(node, struct relay_source, link);
        list_remove(node);
        close(source->fd);
        source->fd = -1;
    }
    if (relay__epoll >= 0)
        close(relay__epoll);
    relay__epoll = -1;
    relay__runs = 0;
    relay__after_fork();
}

__attribute__((constructor)) static void relay__set_up(void)
{
    pthread_atfork(relay__before_fork, relay__after_fork, relay__after_fork_in_child);
}

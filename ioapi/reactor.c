/* The reactor. Its epoll names files by watch index and ports by watch index with a bit on top. */
#include "reactor.h"

#include "file.h"
#include "service.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { REACTOR_BATCH = 64 };
#define REACTOR_PORT 0x80000000u

static struct lock reactor__lock; /* protects starting */
static _Atomic int reactor__epoll = -1;

static void reactor__harvest_watched_port(uint32_t watch)
{
    struct object *object = table_get(&watch_table, watch, NULL);
    if (!object)
        return;
    if (object->ops == &port_ops)
        port_harvest(list_entry(object, struct port, object));
    object_unref(object);
}

static void *reactor__run(void *arg)
{
    struct epoll_event events[REACTOR_BATCH];
    int epoll = (int)(intptr_t)arg;
    for (;;) {
        int count = epoll_wait(epoll, events, REACTOR_BATCH, -1);
        for (int i = 0; i < count; i++) {
            uint32_t watch = events[i].data.u32;
            if (watch & REACTOR_PORT)
                reactor__harvest_watched_port(watch & ~REACTOR_PORT);
            else
                file_pump_watch(watch, events[i].events);
        }
    }
    return NULL;
}

/* Caller holds reactor__lock. */
static int reactor__start(void)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll >= 0 && !service_start("portico-reactor", reactor__run, (void *)(intptr_t)epoll)) {
        close(epoll);
        epoll = -1;
    }
    return epoll;
}

void reactor_after_fork(void)
{
    if (reactor__epoll >= 0)
        close(reactor__epoll);
    reactor__epoll = -1;
    lock_init(&reactor__lock);
}

/* What could not be started for want of a descriptor is tried again by the next call. */
static int reactor__get(void)
{
    int epoll = atomic_load(&reactor__epoll);
    if (epoll >= 0)
        return epoll;
    lock_acquire(&reactor__lock);
    epoll = atomic_load(&reactor__epoll);
    if (epoll < 0) {
        epoll = reactor__start();
        atomic_store(&reactor__epoll, epoll);
    }
    lock_release(&reactor__lock);
    return epoll;
}

NTSTATUS reactor_watch(int fd, uint32_t watch, uint32_t before, uint32_t events)
{
    struct epoll_event event = {.events = events | EPOLLET, .data.u32 = watch};
    int op = !before ? EPOLL_CTL_ADD : events ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;
    int epoll = reactor__get();
    if (epoll < 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (epoll_ctl(epoll, op, fd, &event) < 0)
        return status_from_errno(errno);
    return STATUS_SUCCESS;
}

void reactor_observe_port(struct port *port, bool on)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    int epoll = reactor__get();
    if (epoll < 0)
        return;
    if (on) {
        uint32_t watch = table_insert(&watch_table, &port->object, 0, 0);
        port->observed_as = watch;
        event.data.u32 = watch | REACTOR_PORT;
        epoll_ctl(epoll, EPOLL_CTL_ADD, port->epoll, &event);
    } else {
        struct object *object = table_remove(&watch_table, port->observed_as);
        epoll_ctl(epoll, EPOLL_CTL_DEL, port->epoll, NULL);
        if (object)
            object_unref(object);
    }
}

/* The reactor. Its epoll names files by watch index and ports by watch index with a bit on top. */
#include "reactor.h"

#include "file.h"
#include "service.h"

#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { REACTOR_BATCH = 64 };
#define REACTOR_PORT 0x80000000u

static pthread_once_t reactor__once = PTHREAD_ONCE_INIT;
static int reactor__epoll = -1;

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
    (void)arg;
    for (;;) {
        int count = epoll_wait(reactor__epoll, events, REACTOR_BATCH, -1);
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

static void reactor__start(void)
{
    reactor__epoll = epoll_create1(EPOLL_CLOEXEC);
    if (reactor__epoll >= 0 && !service_start("portico-reactor", reactor__run, NULL)) {
        close(reactor__epoll);
        reactor__epoll = -1;
    }
}

void reactor_after_fork(void)
{
    if (reactor__epoll >= 0)
        close(reactor__epoll);
    reactor__epoll = -1;
    reactor__once = (pthread_once_t)PTHREAD_ONCE_INIT;
}

static int reactor__get(void)
{
    pthread_once(&reactor__once, reactor__start);
    return reactor__epoll;
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
        epoll_ctl(epoll, EPOLL_CTL_ADD, port->inner, &event);
    } else {
        struct object *object = table_remove(&watch_table, port->observed_as);
        epoll_ctl(epoll, EPOLL_CTL_DEL, port->inner, NULL);
        if (object)
            object_unref(object);
    }
}

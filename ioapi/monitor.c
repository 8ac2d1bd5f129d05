/* The monitor's thread, its list of ports, and what it looks for. */
#include "monitor.h"

#include "futex.h"
#include "service.h"
#include "thread.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    MONITOR_TICK_MS = 2,
    MONITOR_SUSPECTS_MAX = 64, /* active threads one look judges */
    MONITOR_STUCK_LOOKS = 50,  /* after which a pool's thread that runs on loses its slot */
    MONITOR_LONG_LOOKS = 10,   /* after which a thread that runs on computes for long */
    MONITOR_IDLE_LOOKS = 8,    /* after which a port with nothing to look for is forgotten */
    MONITOR_FULL_HARVESTS = 4, /* between two looks: there is more than one thread can take */
    MONITOR_BUSY_LOOKS = 5,    /* that find this and an idle processor, which may only seem idle */
    MONITOR_EAGER_PARKS = 64,  /* how long a raised lazy_limit is kept */
};

static struct lock monitor__lock; /* protects the list; innermost */
static struct list monitor__ports = {&monitor__ports, &monitor__ports};
static _Atomic uint32_t monitor__awake; /* 0: its thread sleeps until a port comes */
static bool monitor__started;

/* A thread as the monitor finds it. */
struct suspect {
    struct thread *thread; /* a reference */
    uint64_t sleeps;       /* how often it went to sleep so far, if it is asleep; else 0 */
};

/* Reads how often the thread went to sleep (plus one), 0 if it is not asleep now. */
static uint64_t monitor__count_sleeps(uint32_t tid)
{
    char path[48], text[4096];
    const char *state, *switches;
    ssize_t length;
    int fd;
    snprintf(path, sizeof path, "/proc/self/task/%u/status", tid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    length = read(fd, text, sizeof text - 1);
    close(fd);
    text[length > 0 ? length : 0] = '\0';
    state = strstr(text, "\nState:\t");
    switches = strstr(text, "\nvoluntary_ctxt_switches:\t");
    if (!state || !switches || (state[8] != 'S' && state[8] != 'D'))
        return 0;
    return strtoull(switches + sizeof "\nvoluntary_ctxt_switches:\t" - 1, NULL, 10) + 1;
}

/* Do packets wait? Readiness that nobody harvested counts. */
static bool monitor__has_work(struct port *port)
{
    struct pollfd ready = {.fd = port->epoll, .events = POLLIN};
    return port->packets.count > 0 || (atomic_load(&port->watches) > 0 && poll(&ready, 1, 0) > 0);
}

/* The threads that count as active, with references, if the port is stuck. Caller holds
 * port->lock. */
static uint32_t monitor__suspects(struct port *port, struct suspect *suspects)
{
    bool stuck = port->dequeues == port->dequeues_seen && monitor__has_work(port);
    struct list *node;
    uint32_t count = 0;
    port->dequeues_seen = port->dequeues;
    port->stuck = stuck ? port->stuck + 1 : 0;
    list_for_each (node, &port->bound) {
        struct thread *thread = list_entry(node, struct thread, port_link);
        if (!stuck)
            thread->port_sleeps = 0;
        else if (thread->port_active && count < MONITOR_SUSPECTS_MAX) {
            object_ref(&thread->object);
            suspects[count++].thread = thread;
        }
    }
    return count;
}

/* Takes the slot from a thread that sleeps the same sleep as at the last look. Caller holds
 * port->lock. */
static void monitor__judge(struct port *port, struct suspect *suspect)
{
    struct thread *thread = suspect->thread;
    bool same_sleep = suspect->sleeps && thread->port_sleeps == suspect->sleeps;
    bool overdue = port->owner && port->stuck >= MONITOR_STUCK_LOOKS;
    if (thread->port != port || port->dequeues != port->dequeues_seen)
        return;
    thread->port_sleeps = suspect->sleeps;
    if (same_sleep || overdue)
        port_deactivate(port, thread);
    if (overdue)
        port->stuck = 0;
}

/* Is there a processor for this process that nobody computes on? */
static bool monitor__has_idle_processor(void)
{
    static int load = -1; /* kept: nobody's count of descriptors is disturbed again */
    char text[128];
    const char *running = text;
    cpu_set_t mine;
    ssize_t length;
    if (load < 0)
        load = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
    if (load < 0)
        return true;
    length = pread(load, text, sizeof text - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    CPU_ZERO(&mine);
    sched_getaffinity(0, sizeof mine, &mine);
    /* "0.11 0.22 0.33 running/all last"; this thread runs too. */
    for (int i = 0; i < 3 && running; i++) {
        running = strchr(running, ' ');
        running = running ? running + 1 : NULL;
    }
    return !running || strtol(running, NULL, 10) - 1 < CPU_COUNT(&mine);
}

/* Raises the lazy limit if more threads would help: the running ones do not come back for what
 * waits, or cannot take it all while a processor is idle. Caller holds port->lock. */
static void monitor__reconsider(struct port *port)
{
    bool busy = port->full_harvests >= MONITOR_FULL_HARVESTS, idle;
    port->full_harvests = 0;
    if (port->active >= port->maximum || !(busy || port->stuck > 0)) {
        port->busy_looks = 0;
        return;
    }
    idle = monitor__has_idle_processor();
    port->busy_looks = busy && idle ? port->busy_looks + 1 : 0;
    /* Without a processor for it another thread helps only if this one computes for long. */
    if (port->stuck >= MONITOR_LONG_LOOKS || (port->stuck > 0 && idle))
        port->lazy_limit = port->maximum;
    else if (port->busy_looks >= MONITOR_BUSY_LOOKS)
        port->lazy_limit = port->active + 1;
    else
        return;
    port->busy_looks = 0;
    port->eager_parks = MONITOR_EAGER_PARKS;
}

/* Looks at one port; false if there is nothing to look for any more. */
static bool monitor__look(struct port *port)
{
    struct suspect suspects[MONITOR_SUSPECTS_MAX];
    uint32_t count;
    lock_acquire(&port->lock);
    if (port->closed || port->active < port->lazy_limit || list_is_empty(&port->waiters)) {
        bool stays = !port->closed && ++port->idle_looks < MONITOR_IDLE_LOOKS;
        port->full_harvests = 0; /* what runs keeps up */
        port->busy_looks = 0;
        if (!stays)
            monitor_forget(port);
        lock_release(&port->lock);
        return stays;
    }
    port->idle_looks = 0;
    count = monitor__suspects(port, suspects);
    monitor__reconsider(port);
    lock_release(&port->lock);
    /* Without the lock: else a thread that waits for it would look blocked. */
    for (uint32_t i = 0; i < count; i++)
        suspects[i].sleeps = monitor__count_sleeps(suspects[i].thread->id);
    lock_acquire(&port->lock);
    for (uint32_t i = 0; i < count; i++)
        monitor__judge(port, &suspects[i]);
    port_release_and_unlock(port, port->lazy_limit);
    for (uint32_t i = 0; i < count; i++)
        object_unref(&suspects[i].thread->object);
    return true;
}

/* The port after `index` others, with a reference; NULL at the end. */
static struct port *monitor__port(uint32_t index)
{
    struct list *node;
    struct port *found = NULL;
    lock_acquire(&monitor__lock);
    list_for_each (node, &monitor__ports) {
        struct port *port = list_entry(node, struct port, monitored);
        if (index-- == 0) {
            found = object_try_ref(&port->object) ? port : NULL; /* else it is leaving the list */
            break;
        }
    }
    lock_release(&monitor__lock);
    return found;
}

/* One look at every port; false if none is left. */
static bool monitor__tick(void)
{
    struct port *port;
    uint32_t index = 0;
    while ((port = monitor__port(index)) != NULL) {
        index += monitor__look(port);
        object_unref(&port->object);
    }
    return index > 0;
}

static void *monitor__run(void *arg)
{
    const struct timespec tick = {.tv_nsec = MONITOR_TICK_MS * 1000000L};
    (void)arg;
    for (;;) {
        futex_wait_until(&monitor__awake, 0, CLOCK_MONOTONIC, NULL);
        clock_nanosleep(CLOCK_MONOTONIC, 0, &tick, NULL);
        if (monitor__tick())
            continue;
        atomic_store(&monitor__awake, 0);
        /* A port may have come between the look and the store. */
        if (monitor__tick())
            atomic_store(&monitor__awake, 1);
    }
    return NULL;
}

void monitor_watch(struct port *port)
{
    if (port->is_monitored)
        return;
    lock_acquire(&monitor__lock);
    if (list_is_empty(&port->monitored))
        list_append(&monitor__ports, &port->monitored);
    /* What could not be started for want of memory is tried again the next time. */
    if (!monitor__started)
        monitor__started = service_start("portico-monitor", monitor__run, NULL);
    port->is_monitored = monitor__started;
    lock_release(&monitor__lock);
    if (atomic_exchange(&monitor__awake, 1) == 0)
        futex_wake(&monitor__awake, 1);
}

void monitor_forget(struct port *port)
{
    port->is_monitored = false;
    lock_acquire(&monitor__lock);
    list_remove(&port->monitored);
    lock_release(&monitor__lock);
}

void monitor_after_fork(void)
{
    lock_init(&monitor__lock);
    list_init(&monitor__ports);
    atomic_store(&monitor__awake, 0);
    monitor__started = false;
}

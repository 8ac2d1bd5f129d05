/* The monitor's thread and its list of ports. */
#include "monitor.h"

#include "futex.h"
#include "service.h"
#include "thread.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MONITOR_TICK_MS = 2 };

static struct lock monitor__lock; /* protects the list; innermost */
static struct list monitor__ports = {&monitor__ports, &monitor__ports};
static _Atomic uint32_t monitor__awake; /* 0: its thread sleeps until a port comes */
static bool monitor__started;

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
        index += port_look_for_blocked(port);
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

bool monitor_has_idle_processor(void)
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

void monitor_after_fork(void)
{
    lock_init(&monitor__lock);
    list_init(&monitor__ports);
    atomic_store(&monitor__awake, 0);
    monitor__started = false;
}

/* WSAEventSelect's side of a socket. */
#include "network_events.h"

#include "event.h"
#include "wsastatus.h"

#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <winerror.h>

struct network_events { /* under socket->watch_lock */
    struct watcher watcher;
    struct socket *socket;
    struct event *event; /* a reference, or NULL */
    uint32_t mask;
    uint32_t recorded; /* happened, not fetched */
    uint32_t told;     /* recorded, and not enabled again since */
    uint32_t amount;   /* what there was to read or to accept when it was told last */
    int errors[NETWORK_EVENTS_MAX];
};

enum { CONNECT_BIT = 4, CLOSE_BIT = 5 };

/* How much there is to be taken: bytes, or connections. */
static uint32_t events__amount(const struct socket *socket)
{
    uint32_t memory[SK_MEMINFO_VARS] = {0};
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    int bytes = 0;
    if (socket->listening) {
        getsockopt(socket->file.fd, IPPROTO_TCP, TCP_INFO, &info, &size);
        return info.tcpi_unacked; /* of a listener: the connections that wait */
    }
    if (socket->type == SOCK_STREAM) {
        ioctl(socket->file.fd, SIOCINQ, &bytes);
        return (uint32_t)bytes;
    }
    size = sizeof memory;
    getsockopt(socket->file.fd, SOL_SOCKET, SO_MEMINFO, memory, &size);
    return memory[SK_MEMINFO_RMEM_ALLOC];
}

static uint32_t events__from_ready(const struct socket *socket, uint32_t ready)
{
    uint32_t events = 0;
    if (socket->type == SOCK_DGRAM && !socket->bound)
        return 0; /* SOCK-328 */
    events |= ready & READY_READ ? NETWORK_READ : 0;
    events |= ready & READY_OOB ? NETWORK_OOB : 0;
    events |= ready & READY_WRITE ? NETWORK_WRITE : 0;
    events |= ready & READY_ACCEPT ? NETWORK_ACCEPT : 0;
    events |= ready & (READY_HUP | READY_RESET) ? NETWORK_CLOSE : 0;
    if ((ready & READY_CONNECT_FAILED) || ((ready & READY_CONNECT) && socket->active))
        events |= NETWORK_CONNECT;
    return events;
}

/* Which of those that hold are news. Caller holds watch_lock. */
static uint32_t events__fresh(struct network_events *events, uint32_t holding)
{
    const uint32_t counted = NETWORK_READ | NETWORK_ACCEPT;
    uint32_t fresh = holding & ~events->told;
    uint32_t amount;
    if (!(holding & counted))
        return fresh;
    amount = events__amount(events->socket);
    if (amount > events->amount)
        fresh |= holding & counted;
    events->amount = amount;
    return fresh;
}

static void events__changed(struct watcher *watcher, uint32_t ready, uint32_t epoll_events,
                            struct list *later)
{
    struct network_events *events = list_entry(watcher, struct network_events, watcher);
    uint32_t fresh = events__fresh(events, events__from_ready(events->socket, ready));
    (void)epoll_events;
    (void)later;
    events->recorded |= fresh;
    events->told |= fresh;
    if (fresh & NETWORK_CONNECT)
        events->errors[CONNECT_BIT] = ready & READY_CONNECT_FAILED ? events->socket->error : 0;
    if (fresh & NETWORK_CLOSE)
        events->errors[CLOSE_BIT] = ready & READY_RESET ? WSAECONNABORTED : 0;
    if ((fresh & events->mask) && events->event)
        event_set(events->event);
}

/* The socket's record, made now if it has none. NULL: no memory. */
static struct network_events *events__get(struct socket *socket)
{
    struct network_events *events = __atomic_load_n(&socket->events, __ATOMIC_ACQUIRE);
    struct network_events *none = NULL;
    if (events)
        return events;
    events = calloc(1, sizeof *events);
    if (!events)
        return NULL;
    events->socket = socket;
    events->watcher.changed = events__changed;
    list_init(&events->watcher.link);
    if (!__atomic_compare_exchange_n(&socket->events, &none, events, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        free(events);
        return none;
    }
    return events;
}

NTSTATUS network_events_select(struct socket *socket, struct event *event, uint32_t mask)
{
    struct network_events *events = events__get(socket);
    struct event *before;
    bool watched;
    if (!events)
        return STATUS_INSUFFICIENT_RESOURCES;
    lock_acquire(&socket->watch_lock);
    watched = !list_is_empty(&events->watcher.link);
    lock_release(&socket->watch_lock);
    if (mask && !watched && !watch_begin(socket, &events->watcher, true))
        return STATUS_INSUFFICIENT_RESOURCES;
    if (mask)
        socket->nonblocking = true;
    if (mask && event)
        object_ref(&event->object);
    lock_acquire(&socket->watch_lock);
    before = events->event;
    events->event = mask ? event : NULL;
    events->mask = mask;
    if ((events->recorded & mask) && event)
        event_set(event);
    lock_release(&socket->watch_lock);
    if (before)
        object_unref(&before->object);
    watch_look(socket, 0);
    return STATUS_SUCCESS;
}

uint32_t network_events_take(struct socket *socket, struct event *reset, int *errors)
{
    struct network_events *events = __atomic_load_n(&socket->events, __ATOMIC_ACQUIRE);
    uint32_t taken;
    if (!events)
        return 0;
    lock_acquire(&socket->watch_lock);
    taken = events->recorded & events->mask;
    events->recorded &= ~events->mask;
    for (int bit = 0; bit < NETWORK_EVENTS_MAX; bit++)
        if (taken & 1u << bit)
            errors[bit] = events->errors[bit];
    if (reset)
        event_reset(reset);
    lock_release(&socket->watch_lock);
    return taken;
}

bool network_events_active(struct socket *socket)
{
    struct network_events *events = __atomic_load_n(&socket->events, __ATOMIC_ACQUIRE);
    return events && events->mask;
}

void network_events_inherit(struct socket *listener, struct socket *accepted)
{
    struct network_events *events = __atomic_load_n(&listener->events, __ATOMIC_ACQUIRE);
    struct event *event = NULL;
    uint32_t mask = 0;
    if (!events)
        return;
    lock_acquire(&listener->watch_lock);
    mask = events->mask;
    event = events->event;
    if (event)
        object_ref(&event->object);
    lock_release(&listener->watch_lock);
    if (mask)
        network_events_select(accepted, event, mask);
    if (event)
        object_unref(&event->object);
}

void network_events_enable_selected(struct socket *socket, uint32_t which)
{
    struct network_events *events = __atomic_load_n(&socket->events, __ATOMIC_ACQUIRE);
    lock_acquire(&socket->watch_lock);
    events->told &= ~which;
    /* What was taken is not told afterwards; what is left will be (SOCK-323). */
    events->recorded &= ~(which & (NETWORK_READ | NETWORK_OOB | NETWORK_ACCEPT));
    lock_release(&socket->watch_lock);
}

void network_events_look_again(struct socket *socket, uint32_t which)
{
    network_events_enable_selected(socket, which);
    watch_look(socket, 0);
}

void network_events_free(struct socket *socket)
{
    struct network_events *events = socket->events;
    if (!events)
        return;
    if (events->event)
        object_unref(&events->event->object);
    free(events);
}

/* The completion port. How the wait point, the hand-over and the count work stands at the
 * top of port.h. */
#include "port.h"

#include "file.h"
#include "futex.h"
#include "host_call.h"
#include "monitor.h"
#include "reactor.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    PORT_HARVEST_MAX = 32, /* events one harvest takes; the rest is left to the next thread */
    PORT_YIELDS_MAX = 1000,
    PORT_NAPS_MAX = 500,
    PORT_NAP_NS = 100000,
};

/* A parked thread; lives on its stack. */
struct port_waiter {
    struct list link;
    struct waiter waiter;
    struct packet packet; /* handed over; valid when the waiter was released */
    bool has_packet;
    struct list sleeping;                        /* in port->sleepers, if it polls */
    struct epoll_event events[PORT_HARVEST_MAX]; /* the first is no event until some were taken */
};

static struct port *port__of(struct object *object)
{
    return list_entry(object, struct port, object);
}

NTSTATUS port_get_unbound(HANDLE handle, struct port_loan *loan)
{
    struct object *object;
    NTSTATUS status = handle_get(handle, &port_ops, IO_COMPLETION_MODIFY_STATE, &object);
    loan->port = object ? port__of(object) : NULL;
    return status;
}

/* Takes the oldest packet. Caller holds port->lock; there is one. */
static void port__pop(struct port *port, struct packet *packet)
{
    packets_pop(&port->packets, packet);
    port->dequeues++;
}

/* ---- the count, and who polls ---- */

/* Caller holds port->lock. */
static bool port__may_run(const struct port *port)
{
    return port->active < port->maximum;
}

/* It may sleep in the epoll from now on. Caller holds port->lock. */
static void port__set_poller(struct port *port, struct port_waiter *parked)
{
    port->poller = parked;
    if (list_is_empty(&parked->sleeping))
        list_append(&port->sleepers, &parked->sleeping);
}

/* Sees to it that somebody notices when a descriptor becomes ready, if a thread may run then; if
 * none may, the monitor looks whether that stays so for too long. Caller holds port->lock. */
static void port__appoint(struct port *port)
{
    struct port_waiter *newest;
    if (list_is_empty(&port->waiters))
        return;
    if (port->active >= port->lazy_limit) {
        monitor_watch(port);
        return;
    }
    if (port->poller || atomic_load(&port->watches) == 0)
        return;
    newest = list_entry(port->waiters.next, struct port_waiter, link);
    port__set_poller(port, newest);
    newest->waiter.by_signal = true;
    waiter_claim(&newest->waiter, WAITER_POLLING);
    futex_wake(&newest->waiter.word, 1); /* whoever claimed it meanwhile may have looked before */
}

/* The poller sleeps on its futex from now on: a newer thread takes its place. Caller holds
 * port->lock. */
static void port__demote(struct port *port)
{
    struct waiter *waiter;
    uint32_t polling = WAITER_POLLING;
    if (!port->poller)
        return;
    waiter = &port->poller->waiter;
    port->poller = NULL;
    waiter->by_signal = false;
    atomic_compare_exchange_strong(&waiter->word, &polling, WAITER_PARKED);
    thread_interrupt(waiter->tid);
}

/* The bound thread starts to run a packet. Caller holds port->lock. */
static void port__activate(struct port *port, struct thread *self)
{
    port->active++;
    self->port_active = true;
    self->port_sleeps = 0;
}

/* The thread no longer waits. Caller holds port->lock. */
static void port__unlink(struct port *port, struct port_waiter *parked)
{
    list_remove(&parked->link);
    if (port->poller == parked)
        port->poller = NULL;
}

/* Gives packets to parked threads until `limit` threads run. Returns false if there was no room to
 * note all threads to wake. Caller holds port->lock. */
static bool port__release(struct port *port, uint32_t limit, struct wakes *wakes)
{
    while (port->packets.count > 0 && port->active < limit && !list_is_empty(&port->waiters)) {
        struct port_waiter *newest = list_entry(port->waiters.next, struct port_waiter, link);
        struct thread *thread = newest->waiter.thread;
        if (!wakes_add(wakes, &newest->waiter))
            return false;
        port__unlink(port, newest);
        if (!waiter_claim(&newest->waiter, WAITER_RELEASED)) {
            wakes->count--;
            continue; /* on its way out for another reason */
        }
        port__pop(port, &newest->packet);
        newest->has_packet = true;
        port__activate(port, thread);
    }
    port__appoint(port);
    return true;
}

/* Should the port's owner send a thread? Caller holds port->lock. */
static bool port__is_hungry(const struct port *port)
{
    return port->owner && !port->closed && list_is_empty(&port->waiters) &&
           (port->packets.count > 0 || atomic_load(&port->watches) > 0);
}

/* Is nobody there to whom a packet could be given? Caller holds port->lock. */
static bool port__has_no_takers(const struct port *port)
{
    return list_is_empty(&port->waiters) && !port->owner;
}

/* Releases what may be released and lets the lock go; the threads are still to be woken, and
 * stops to be allowed. Caller holds port->lock. */
static void port__release_and_unlock_to(struct port *port, uint32_t limit, struct wakes *wakes)
{
    bool hungry;
    while (!port__release(port, limit, wakes)) {
        lock_release_deferred(&port->lock);
        wakes_run(wakes);
        lock_acquire(&port->lock);
        stop_allow();
    }
    hungry = port__is_hungry(port);
    lock_release_deferred(&port->lock);
    if (hungry)
        port->hungry(port->owner);
}

void port_release_and_unlock(struct port *port, uint32_t limit)
{
    struct wakes wakes;
    if (port__has_no_takers(port)) {
        lock_release(&port->lock);
        return;
    }
    wakes.count = 0;
    port__release_and_unlock_to(port, limit, &wakes);
    wakes_run(&wakes);
    stop_allow();
}

void port_nudge(struct port *port)
{
    lock_acquire(&port->lock);
    port_release_and_unlock(port, port->maximum);
}

bool port_has_waiters(struct port *port)
{
    bool any;
    lock_acquire(&port->lock);
    any = !list_is_empty(&port->waiters);
    lock_release(&port->lock);
    return any;
}

void port_set_owner(struct port *port, struct object *owner, void (*hungry)(struct object *owner))
{
    port->owner = owner;
    port->hungry = hungry;
    object_ref(owner);
}

/* Tells waits on the port object that the queue is not empty. */
static void port__signal_object(struct port *port)
{
    struct object *object = &port->object;
    if (!(atomic_load(&object->state) & OBJECT_HAS_WAITERS))
        return;
    lock_acquire(&object->lock);
    object_release_waiters(object);
    lock_release(&object->lock);
}

/* The thread becomes one of the port's. Caller holds port->lock. */
static void port__bind(struct port *port, struct thread *self)
{
    if (self->port != port) {
        object_ref(&port->object);
        self->port = port;
        list_append(&port->bound, &self->port_link);
    }
}

void port_deactivate(struct port *port, struct thread *self)
{
    if (self->port_active) {
        port->active--;
        self->port_active = false;
    }
}

/* Ends the thread's binding; a thread of the port that waits may get its slot. */
static void port__unbind(struct thread *self)
{
    struct port *port = self->port;
    if (!port)
        return;
    lock_acquire(&port->lock);
    port_deactivate(port, self);
    list_remove(&self->port_link);
    self->port = NULL;
    port_release_and_unlock(port, port->lazy_limit);
    object_unref(&port->object);
}

bool port_thread_stopped(struct thread *thread)
{
    struct port *port = thread->port;
    bool was_active;
    if (!port)
        return false;
    lock_acquire(&port->lock);
    was_active = thread->port_active;
    port_deactivate(port, thread);
    port_release_and_unlock(port, port->lazy_limit);
    return was_active;
}

void port_block_begins(struct thread *thread)
{
    if (thread->port_active)
        port_thread_stopped(thread);
}

void port_block_ends(struct thread *thread)
{
    struct port *port = thread->port;
    lock_acquire(&port->lock);
    if (!thread->port_active)
        port__activate(port, thread);
    port__appoint(port);
    lock_release(&port->lock);
}

void port_thread_exits(struct thread *thread)
{
    port__unbind(thread);
    free(thread->packet_room);
    thread->packet_room = NULL;
}

/* ---- harvesting ---- */

void port_queue_harvested(struct thread *self, const struct packet *packet,
                          struct packet_room *room, size_t size)
{
    room->packet = *packet;
    room->size = size;
    list_append(&self->harvested, &room->link);
}

/* Nobody is released: the harvester takes the packets, or releases others afterwards. */
static void port__queue_all_harvested(struct port *port, struct thread *self)
{
    struct list *node, *after;
    lock_acquire(&port->lock);
    list_for_each_safe (node, after, &self->harvested) {
        struct packet_room *room = list_entry(node, struct packet_room, link);
        list_remove(node);
        if (port->closed || packets_push(&port->packets, &room->packet, NULL))
            request_memory_free(room, room->size);
        else
            packets_push(&port->packets, &room->packet, room);
    }
    lock_release(&port->lock);
}

/* Lets ready files make progress; queues the packets that come of it at once. */
static void port__pump(struct port *port, struct thread *self, const struct epoll_event *events,
                       int count)
{
    self->harvesting = port;
    for (int i = 0; i < count; i++)
        file_pump_watch(events[i].data.u32, events[i].events);
    self->harvesting = NULL;
    if (!list_is_empty(&self->harvested))
        port__queue_all_harvested(port, self);
}

/* Asks which files are ready and lets them make progress. Returns how many there were. */
static int port__harvest(struct port *port, struct thread *self)
{
    struct epoll_event events[PORT_HARVEST_MAX];
    int count;
    atomic_fetch_add(&port->harvests, 1);
    do
        count = host_epoll_pwait(port->epoll, events, PORT_HARVEST_MAX, 0, NULL);
    while (count < 0 && errno == EINTR);
    if (count > 0)
        port__pump(port, self, events, count);
    atomic_fetch_sub(&port->harvests, 1);
    return count;
}

/* Has a poller taken events, and not come back with their packets yet? The kernel writes them
 * before another look into the epoll can find nothing. Caller holds port->lock. */
#ifdef __SANITIZE_THREAD__
__attribute__((no_sanitize("thread")))
#endif
static bool
port__has_taken_events(const struct port *port)
{
    const struct list *node;
    list_for_each (node, &port->sleepers) {
        const struct port_waiter *sleeper = list_entry(node, struct port_waiter, sleeping);
        if (((const volatile struct epoll_event *)sleeper->events)->events != 0)
            return true;
    }
    return false;
}

/* Is somebody between taking events and queueing their packets? */
static bool port__is_harvested(struct port *port)
{
    bool is_harvested;
    if (atomic_load(&port->harvests) > 0)
        return true;
    lock_acquire(&port->lock);
    is_harvested = port__has_taken_events(port);
    lock_release(&port->lock);
    return is_harvested;
}

void port_harvest(struct port *port)
{
    struct thread *self = thread_self();
    if (atomic_load(&port->watches) == 0)
        return;
    stop_defer(); /* what is harvested is queued and released before this thread may stop */
    while (port__harvest(port, self) == PORT_HARVEST_MAX)
        ;
    lock_acquire(&port->lock);
    port_release_and_unlock(port, port->maximum);
    port__signal_object(port);
    stop_allow();
}

/* ---- queueing ---- */

/* False: no memory. Takes over `room`, if there is any. The caller runs the wakes and allows stops.
 */
static bool port__queue(struct port *port, const struct packet *packet, struct packet_room *room,
                        bool lazily, struct wakes *wakes)
{
    struct thread *self = thread_self();
    bool queued;
    lock_acquire(&port->lock);
    if (port->closed) {
        lock_release_deferred(&port->lock);
        free(room);
        return true;
    }
    queued = packets_push(&port->packets, packet, room);
    if (self->harvesting == port) {
        /* The harvester takes it, or releases others afterwards. */
        lock_release_deferred(&port->lock);
        return queued;
    }
    if (port__has_no_takers(port)) {
        lock_release_deferred(&port->lock);
    } else {
        lazily = lazily && self->port == port && self->port_active;
        port__release_and_unlock_to(port, lazily ? port->lazy_limit : port->maximum, wakes);
    }
    port__signal_object(port);
    return queued;
}

bool port_queue(struct port *port, const struct packet *packet)
{
    bool queued = port__queue(port, packet, NULL, true, &thread_self()->deferred);
    stop_allow();
    return queued;
}

void port_queue_in_room(struct port *port, const struct packet *packet, struct packet_room *room)
{
    port__queue(port, packet, room, true, &thread_self()->deferred);
    stop_allow();
}

bool port_queue_call(struct port *port, const struct packet *packet)
{
    struct wakes wakes;
    bool queued;
    wakes.count = 0;
    queued = port__queue(port, packet, NULL, false, &wakes);
    if (wakes.count > 0)
        wakes_run(&wakes);
    stop_allow();
    return queued;
}

bool port_keep_room(struct thread *self)
{
    if (!self->packet_room)
        self->packet_room = malloc(sizeof(struct packet_room));
    return self->packet_room != NULL;
}

/* A harvest under way elsewhere took its events before a post that is being made: lets it queue
 * them, unless that takes far too long. */
static void port__await_harvests(struct port *port)
{
    const struct timespec nap = {.tv_nsec = PORT_NAP_NS};
    for (int i = 0; i < PORT_YIELDS_MAX + PORT_NAPS_MAX && port__is_harvested(port); i++) {
        if (i < PORT_YIELDS_MAX)
            sched_yield();
        else
            nanosleep(&nap, NULL); /* its processor is busy with something else */
    }
}

NTSTATUS port_post(struct port *port, const struct packet *packet)
{
    if (atomic_load_explicit(&port->watches, memory_order_relaxed) > 0 &&
        thread_self()->harvesting != port) {
        port_harvest(port);
        port__await_harvests(port);
    }
    return port_queue_call(port, packet) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

uint32_t port_depth(struct port *port)
{
    port_harvest(port);
    return atomic_load(&port->packets.count);
}

/* ---- dequeuing ---- */

/* Gives the program a packet: its status block becomes final now, if it was not yet. */
static void port__publish(const struct packet *packet)
{
    if (packet->iosb) {
        packet->iosb->Information = packet->information;
        __atomic_store_n(&packet->iosb->Status, packet->status, __ATOMIC_RELEASE);
    }
}

/* The poller's sleep. Returns how many ready files it harvested; 0: claimed, demoted or out of
 * time.
 */
static int port__poll(struct port *port, struct port_waiter *parked,
                      const struct deadline *deadline)
{
    struct waiter *waiter = &parked->waiter;
    sigset_t mask;
    int count = 0;
    if (atomic_load(&waiter->word) != WAITER_POLLING)
        return 0;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    sigdelset(&mask, thread_wake_signal());
    while (count <= 0 && atomic_load(&waiter->word) == WAITER_POLLING) {
        count = host_epoll_pwait(port->epoll, parked->events, PORT_HARVEST_MAX,
                                 deadline_remaining_ms(deadline), &mask);
        if (count == 0 && deadline_has_passed(deadline))
            waiter_claim(waiter, WAITER_TIMED_OUT);
    }
    if (count <= 0)
        return 0;
    port__pump(port, waiter->thread, parked->events, count);
    return count;
}

/* The former poller sleeps elsewhere now, unless it was appointed again. */
static void port__leave_epoll(struct port *port, struct port_waiter *parked)
{
    lock_acquire(&port->lock);
    if (port->poller != parked)
        list_remove(&parked->sleeping);
    lock_release_deferred(&port->lock);
    stop_allow();
}

/* Parks the calling thread as the newest waiter. Caller holds port->lock, which is released
 * meanwhile. */
static void port__park(struct port *port, struct thread *self, struct port_waiter *parked,
                       const struct deadline *deadline, bool alertable)
{
    bool polls = atomic_load(&port->watches) > 0;
    int harvested;
    parked->waiter = (struct waiter){.word = polls ? WAITER_POLLING : WAITER_PARKED,
                                     .by_signal = polls,
                                     .tid = (pid_t)self->id,
                                     .thread = self};
    parked->has_packet = false;
    parked->events[0].events = 0;
    list_init(&parked->sleeping);
    port__bind(port, self);
    if (port->active == 0 && port->lazy_limit > 1 && port->eager_parks-- == 0)
        port->lazy_limit = 1;
    if (polls) {
        port__demote(port);
        port__set_poller(port, parked);
    }
    list_prepend(&port->waiters, &parked->link);
    port__appoint(port);
    lock_release_deferred(&port->lock); /* no stop as long as it may be handed a packet */

    if (alertable && !thread_begin_alertable(self, &parked->waiter))
        waiter_claim(&parked->waiter, WAITER_ALERTED);
    thread_sleeps(self, &parked->waiter);
    for (;;) {
        waiter_sleep(&parked->waiter, deadline);
        harvested = port__poll(port, parked, deadline);
        if (harvested > 0 || !waiter_is_parked(&parked->waiter))
            break;
        port__leave_epoll(port, parked);
    }
    waiter_claim(&parked->waiter, WAITER_KICKED);
    thread_sleeps(self, NULL);
    if (alertable)
        thread_end_alertable(self);

    lock_acquire(&port->lock);
    stop_allow();
    port__unlink(port, parked);
    list_remove(&parked->sleeping);
    port->full_harvests += harvested == PORT_HARVEST_MAX;
}

/* Takes queued packets for the calling thread. Caller holds port->lock. */
static uint32_t port__take(struct port *port, struct packet *packets, uint32_t max)
{
    uint32_t taken = 0;
    while (taken < max && port->packets.count > 0)
        port__pop(port, &packets[taken++]);
    return taken;
}

/* The same if the thread may run, which it does then; else takes none. Caller holds port->lock. */
static uint32_t port__take_and_run(struct port *port, struct thread *self, struct packet *packets,
                                   uint32_t max)
{
    uint32_t taken = port__may_run(port) ? port__take(port, packets, max) : 0;
    if (taken > 0) {
        port__bind(port, self);
        port__activate(port, self);
    }
    return taken;
}

/* Harvests without the lock. Caller holds port->lock, and again on return. */
static void port__harvest_unlocked(struct port *port, struct thread *self)
{
    bool full;
    if (atomic_load(&port->watches) == 0)
        return;
    lock_release_deferred(&port->lock); /* readiness that one thread has seen is gone for others */
    full = port__harvest(port, self) == PORT_HARVEST_MAX;
    lock_acquire(&port->lock);
    stop_allow();
    port->full_harvests += full;
}

/* The thread, which has left the waiters, stops, and looks again when it is resumed. Caller holds
 * port->lock, and again on return. */
static void port__stop(struct port *port)
{
    port_release_and_unlock(port, port->lazy_limit);
    lock_acquire(&port->lock);
}

/* The loop of port_remove, when nothing could be taken at once. Caller holds port->lock. */
static NTSTATUS port__remove(struct port *port, struct thread *self, struct packet *packets,
                             uint32_t max, uint32_t *removed, const struct deadline *deadline,
                             bool alertable)
{
    struct port_waiter parked;
    bool harvested = false, expired = deadline->now;
    uint32_t word;
    for (;;) {
        if (port->closed)
            return STATUS_ABANDONED_WAIT_0;
        *removed = port__take_and_run(port, self, packets, max);
        if (*removed > 0)
            return STATUS_SUCCESS;
        if (port__may_run(port) && !harvested) {
            port__harvest_unlocked(port, self);
            harvested = true;
            continue;
        }
        if (expired)
            break;
        port__park(port, self, &parked, deadline, alertable);
        word = atomic_load(&parked.waiter.word);
        if (parked.has_packet) {
            packets[0] = parked.packet;
            *removed = 1 + port__take(port, packets + 1, max - 1);
            return STATUS_SUCCESS;
        }
        if (word == WAITER_ALERTED) {
            port__activate(port, self);
            return STATUS_USER_APC;
        }
        expired = word == WAITER_TIMED_OUT;
        if (!expired && stop_is_wanted())
            port__stop(port);
        harvested = true;
    }
    port__bind(port, self);
    port__activate(port, self);
    return alertable && thread_has_apcs(self) ? STATUS_USER_APC : STATUS_TIMEOUT;
}

NTSTATUS port_remove(struct port *port, struct packet *packets, uint32_t max, uint32_t *removed,
                     const struct deadline *deadline, bool alertable)
{
    struct thread *self = thread_self();
    bool bound = self->port == port;
    NTSTATUS status = STATUS_SUCCESS;
    if (!bound) {
        /* An APC goes first as long as the thread is not bound here (PORT-052). */
        *removed = 0;
        if (alertable && thread_run_apcs(self))
            return STATUS_USER_APC;
        port__unbind(self);
    }
    lock_acquire(&port->lock);
    if (bound)
        port_deactivate(port, self);
    *removed = port__take_and_run(port, self, packets, max);
    if (*removed == 0)
        status = port__remove(port, self, packets, max, removed, deadline, alertable);
    port_release_and_unlock(port, port->lazy_limit);
    for (uint32_t i = 0; i < *removed; i++)
        port__publish(&packets[i]);
    if (status == STATUS_USER_APC)
        thread_run_apcs(self);
    return status;
}

/* ---- watching descriptors ---- */

NTSTATUS port_watch(struct port *port, int fd, uint32_t watch)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLPRI | EPOLLET,
                                .data.u32 = watch};
    if (epoll_ctl(port->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        return status_from_errno(errno);
    if (atomic_fetch_add(&port->watches, 1) == 0) {
        lock_acquire(&port->lock);
        port__appoint(port);
        lock_release(&port->lock);
    }
    return STATUS_SUCCESS;
}

void port_unwatch(struct port *port, int fd)
{
    epoll_ctl(port->epoll, EPOLL_CTL_DEL, fd, NULL);
    atomic_fetch_sub(&port->watches, 1);
}

/* ---- the object ---- */

static bool port__is_signaled(struct object *object, struct thread *thread)
{
    (void)thread;
    return atomic_load(&port__of(object)->packets.count) > 0 || atomic_load(&object->handles) == 0;
}

static NTSTATUS port__acquire(struct object *object, struct thread *thread)
{
    (void)object;
    (void)thread;
    return STATUS_WAIT_0;
}

static void port__wait_begins(struct object *object)
{
    struct port *port = port__of(object);
    if (atomic_fetch_add(&port->observers, 1) == 0)
        reactor_observe_port(port, true);
    port_harvest(port);
}

static void port__wait_ends(struct object *object)
{
    struct port *port = port__of(object);
    if (atomic_fetch_sub(&port->observers, 1) == 1)
        reactor_observe_port(port, false);
}

/* Caller holds port->lock. */
static void port__release_closed(struct port *port, struct wakes *wakes)
{
    struct list *node, *after;
    list_for_each_safe (node, after, &port->waiters) {
        struct port_waiter *parked = list_entry(node, struct port_waiter, link);
        if (!wakes_add(wakes, &parked->waiter))
            return;
        port__unlink(port, parked);
        if (!waiter_claim(&parked->waiter, WAITER_RELEASED))
            wakes->count--;
    }
}

static void port__close(struct object *object)
{
    struct port *port = port__of(object);
    struct wakes wakes;
    bool more = true;
    wakes.count = 0;
    stop_defer();
    while (more) {
        lock_acquire(&port->lock);
        port->closed = true;
        packets_clear(&port->packets); /* they go unseen (PORT-026) */
        port__release_closed(port, &wakes);
        more = !list_is_empty(&port->waiters);
        lock_release(&port->lock);
        wakes_run(&wakes);
    }
    port__signal_object(port);
    stop_allow();
}

static void port__destroy(struct object *object)
{
    struct port *port = port__of(object);
    monitor_forget(port);
    if (port->epoll >= 0)
        close(port->epoll);
    if (port->owner)
        object_unref(port->owner);
    packets_free(&port->packets);
    free(port);
}

const struct object_ops port_ops = {
    .name = "IoCompletion",
    .all_access = IO_COMPLETION_ALL_ACCESS,
    .generic_read = STANDARD_RIGHTS_READ | IO_COMPLETION_QUERY_STATE,
    .generic_write = STANDARD_RIGHTS_WRITE | IO_COMPLETION_MODIFY_STATE,
    .generic_execute = STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE,
    .is_signaled = port__is_signaled,
    .acquire = port__acquire,
    .wait_begins = port__wait_begins,
    .wait_ends = port__wait_ends,
    .close = port__close,
    .destroy = port__destroy,
};

NTSTATUS port_create(uint32_t concurrency, struct port **result)
{
    struct port *port = calloc(1, sizeof *port);
    bool has_room;
    NTSTATUS status;
    if (!port)
        return STATUS_NO_MEMORY;
    object_init(&port->object, &port_ops, 0);
    list_init(&port->waiters);
    list_init(&port->sleepers);
    list_init(&port->bound);
    list_init(&port->monitored);
    port->maximum = concurrency ? concurrency : (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
    port->lazy_limit = 1;
    has_room = packets_init(&port->packets);
    port->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!has_room || port->epoll < 0) {
        status = has_room ? status_from_errno(errno) : STATUS_NO_MEMORY;
        object_unref(&port->object);
        return status;
    }
    *result = port;
    return STATUS_SUCCESS;
}

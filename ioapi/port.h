/* The completion port: a FIFO of packets, a LIFO of parked threads, a concurrency value.
 *
 * The wait point. Idle threads sleep on a futex each, but for the newest: if the port has
 * descriptors, that one, the poller, sleeps in the port's epoll, which holds the
 * descriptors of the files that are bound, edge-triggered. When one becomes ready the poller
 * harvests: lets the files that are ready make progress, which queues packets, and takes the first.
 * So data that arrives costs one wake, and nothing at all while no thread is idle. A poller that
 * goes leaves its place empty as long as enough threads run; otherwise the newest of the others is
 * appointed.
 *
 * Hand-over. A packet that another thread queues is given to the newest parked thread in person
 * (`port_waiter`), and a futex or, out of the epoll, a signal that is blocked everywhere else gets
 * it going: the oldest packet goes to the most recent thread even if several are given at once.
 *
 * Laziness. What a running thread of the port completes itself (by harvesting, or in a call) it
 * will most likely take itself soon, cheaper than the wake of another: it gets no parked thread
 * going as long as `lazy_limit` threads run, usually one. What comes from outside (posts, other
 * threads, the engine) gets threads going up to the maximum at once, and so does a running thread
 * that blocks. The monitor raises lazy_limit if the thread does not come back for what waits, or if
 * there is always more than one thread can take and a processor stays idle.
 *
 * The count. `active` counts threads bound to the port that run. A thread is bound by its first
 * dequeue; it gives its slot up when it dequeues again, when it blocks in Portico
 * (thread_block_begin), when it dequeues from another port and when it ends. Coming back from a
 * block counts again whatever the limit.
 */
#ifndef PORTICO_PORT_H
#define PORTICO_PORT_H

#include "deadline.h"
#include "handle_table.h"
#include "packets.h"
#include "thread.h"

struct port {
    struct object object;
    struct lock lock; /* protects all below */
    uint32_t maximum;
    uint32_t active;
    uint32_t lazy_limit;    /* threads that the port's own completions get going: 1 up to maximum */
    uint32_t eager_parks;   /* how often an idle port still keeps a raised lazy_limit */
    uint32_t full_harvests; /* since the monitor's last look */
    uint32_t busy_looks;    /* of the monitor in a row at which another thread would have helped */
    bool closed;
    struct list waiters;        /* struct port_waiter, newest first */
    struct port_waiter *poller; /* the newest, if it sleeps in the epoll; others on a futex */
    struct list sleepers;       /* struct port_waiter: may be in the epoll, or on their way out */
    struct list bound;          /* threads of the port, by their port_link */
    uint32_t dequeues;          /* counts packets handed out; the monitor looks whether it moves */
    uint32_t dequeues_seen;
    bool is_monitored;
    struct list monitored; /* in the monitor's list, under its lock */
    uint32_t idle_looks;   /* of the monitor in a row at which there was nothing to look for */
    struct packets packets;
    int epoll;                  /* the descriptors of its files */
    _Atomic uint32_t watches;   /* files in the epoll */
    _Atomic uint32_t harvests;  /* threads between asking the epoll and queueing */
    _Atomic uint32_t observers; /* waits on the port object: the reactor harvests for them */
    uint32_t observed_as;       /* its index in the watch table meanwhile */
    struct object *owner;       /* a reference; NULL: the port is a program's */
    void (*hungry)(struct object *owner);
    uint32_t stuck; /* looks of the monitor in a row at which packets waited and none moved */
};

extern const struct object_ops port_ops;

/* One reference; NULL and a status if descriptors or memory ran out. */
NTSTATUS port_create(uint32_t concurrency, struct port **port);

/* The port behind a handle, to be given back with port_put. A thread that is bound to it borrows
 * the reference it has as such: the two calls then cost no atomic operation. */
struct port_loan {
    struct port *port;
    bool is_borrowed;
};
NTSTATUS port_get_unbound(HANDLE handle, struct port_loan *loan);

static inline NTSTATUS port_get(HANDLE handle, struct port_loan *loan)
{
    loan->port = thread_self()->port;
    loan->is_borrowed =
        loan->port && handle_names(handle, &loan->port->object, IO_COMPLETION_MODIFY_STATE);
    return loan->is_borrowed ? STATUS_SUCCESS : port_get_unbound(handle, loan);
}

static inline void port_put(const struct port_loan *loan)
{
    if (!loan->is_borrowed)
        object_unref(&loan->port->object);
}

/* Queues a packet the program posts, after every completion that happened before. */
NTSTATUS port_post(struct port *port, const struct packet *packet);

/* Queues a completion. False: there is no memory for it; then port_queue_in_room cannot fail.
 * Threads that it releases are woken by file_unlock: caller holds a file's lock. */
bool port_queue(struct port *port, const struct packet *packet);
void port_queue_in_room(struct port *port, const struct packet *packet, struct packet_room *room);

/* Is this thread at a harvest of the port? */
static inline bool port_is_harvested_by(const struct port *port, const struct thread *self)
{
    return self->harvesting == port;
}
/* It is: keeps a completion for the end of the harvest. Takes over `room`, a request's memory of
 * that size. */
void port_queue_harvested(struct thread *self, const struct packet *packet,
                          struct packet_room *room, size_t size);

/* Queues a packet of the library's own. Caller holds no file's lock. False: no memory. */
bool port_queue_call(struct port *port, const struct packet *packet);

/* Sees to it that the calling thread keeps room for one packet; false: no memory. */
bool port_keep_room(struct thread *self);

/* Takes up to `max` packets and publishes their status blocks. STATUS_SUCCESS, STATUS_TIMEOUT,
 * STATUS_USER_APC, STATUS_ABANDONED_WAIT_0. */
NTSTATUS port_remove(struct port *port, struct packet *packets, uint32_t max, uint32_t *removed,
                     const struct deadline *deadline, bool alertable);

/* Packets queued, completions that nobody harvested yet included. */
uint32_t port_depth(struct port *port);

/* A descriptor joins or leaves the epoll. */
NTSTATUS port_watch(struct port *port, int fd, uint32_t watch);
void port_unwatch(struct port *port, int fd);

/* Turns ready descriptors into packets, on behalf of somebody who looks from outside. */
void port_harvest(struct port *port);

/* Makes the port the queue of a pool. `hungry` is called, without the port's lock, whenever packets
 * may come and no thread is parked. Threads of such a port that run on and on while packets wait
 * lose their slots too. Before the port is used. */
void port_set_owner(struct port *port, struct object *owner, void (*hungry)(struct object *owner));
/* Releases what may be released, and calls `hungry` if that is so. */
void port_nudge(struct port *port);
bool port_has_waiters(struct port *port);

/* For the monitor, too: a bound thread gives up its slot, if it has one. Caller holds port->lock.
 */
void port_deactivate(struct port *port, struct thread *thread);
/* Gives packets to parked threads until `limit` threads run. Caller holds port->lock, which is
 * released before they are woken. */
void port_release_and_unlock(struct port *port, uint32_t limit);

/* Thread hooks. */
void port_block_begins(struct thread *thread);
void port_block_ends(struct thread *thread);
bool port_thread_stopped(struct thread *thread);
void port_thread_exits(struct thread *thread);

#endif

/* Watching sockets: who wants to be told when a socket may have become ready. A watcher is a node
 * in its socket's list; the reactor keeps looking at a socket as long as somebody watches it, and
 * finds out by itself when nobody does any more. */
#ifndef PORTICO_WATCH_H
#define PORTICO_WATCH_H

#include "ready.h"

struct watcher {
    struct list link; /* in socket->watchers, under socket->watch_lock */
    /* The socket is ready for this now; `events` as epoll reported them, 0 if it did not. Caller
     * holds socket->watch_lock. What must be done without locks is put into `later`. */
    void (*changed)(struct watcher *watcher, uint32_t ready, uint32_t events, struct list *later);
};

/* Something to do once no lock is held. */
struct watch_work {
    struct list link;
    void (*run)(struct watch_work *work); /* frees it */
};

/* Begins to tell `watcher`. With `observe` the reactor looks at the socket; without, only what
 * somebody notices anyway is told, the socket's closing above all. False: no reactor. */
bool watch_begin(struct socket *socket, struct watcher *watcher, bool observe);

/* The watcher is told nothing more once this returns. May be called with any lock held. */
void watch_end(struct socket *socket, struct watcher *watcher);

/* Looks at the socket and tells. Caller holds no lock. */
void watch_look(struct socket *socket, uint32_t events);

/* The socket is closed: tells. Caller holds no lock. */
void watch_closed(struct socket *socket);

/* file_ops' observed. */
void watch_observed(struct file *file, uint32_t events);

#endif

/* Watching sockets. */
#include "watch.h"

bool watch_begin(struct socket *socket, struct watcher *watcher, bool observe)
{
    bool watched = true;
    lock_acquire(&socket->watch_lock);
    list_append(&socket->watchers, &watcher->link);
    lock_release(&socket->watch_lock);
    if (!observe)
        return true;
    file_lock(&socket->file);
    if (!socket->file.observed) {
        socket->file.observed = true;
        file_update_watches(&socket->file);
        watched = socket->file.reactor_events || (socket->file.flags & FILE_CLOSED);
        socket->file.observed = watched;
    }
    file_unlock(&socket->file);
    if (!watched)
        watch_end(socket, watcher);
    return watched;
}

void watch_end(struct socket *socket, struct watcher *watcher)
{
    lock_acquire(&socket->watch_lock);
    list_remove(&watcher->link);
    lock_release(&socket->watch_lock);
}

/* Tells every watcher, and then does what they left to be done. */
static void watch__tell(struct socket *socket, uint32_t ready, uint32_t events)
{
    struct list later, *node, *after;
    list_init(&later);
    lock_acquire(&socket->watch_lock);
    list_for_each_safe (node, after, &socket->watchers) {
        struct watcher *watcher = list_entry(node, struct watcher, link);
        watcher->changed(watcher, ready, events, &later);
    }
    lock_release(&socket->watch_lock);
    while (!list_is_empty(&later)) {
        struct watch_work *work = list_entry(later.next, struct watch_work, link);
        list_remove(&work->link);
        work->run(work);
    }
}

void watch_look(struct socket *socket, uint32_t events)
{
    watch__tell(socket, ready_look(socket), events);
}

void watch_closed(struct socket *socket)
{
    watch__tell(socket, READY_CLOSED, 0);
}

/* Nobody is left to be told: the reactor need not look any more. */
static bool watch__retire(struct socket *socket)
{
    bool unwatched;
    file_lock(&socket->file);
    lock_acquire(&socket->watch_lock);
    unwatched = list_is_empty(&socket->watchers);
    lock_release(&socket->watch_lock);
    if (unwatched) {
        socket->file.observed = false;
        file_update_watches(&socket->file);
    }
    file_unlock(&socket->file);
    return unwatched;
}

void watch_observed(struct file *file, uint32_t events)
{
    struct socket *socket = socket_of(file);
    if (!watch__retire(socket))
        watch_look(socket, events);
}

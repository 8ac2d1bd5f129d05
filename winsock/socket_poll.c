/* Polling sockets: poll(2) waits, and watchers tell when a socket is closed meanwhile. */
#include "socket_poll.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum { STACK_POLLS = 64, POLL_NAP_NS = 1000000 };

static uint32_t poll__ready(struct poll_entry *entry, struct pollfd *look)
{
    struct file *file = &entry->socket->file;
    uint32_t ready;
    file_lock(file);
    ready = ready_confirm(entry->socket, look);
    file_unlock(file);
    return ready & (entry->wanted | READY_CLOSED);
}

static uint32_t poll__collect(struct poll_entry *entries, uint32_t count, struct pollfd *polls)
{
    uint32_t ready = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!entries[i].socket)
            continue;
        entries[i].ready = poll__ready(&entries[i], &polls[i]);
        ready += entries[i].ready != 0;
        /* A state that stays and is not wanted would wake us for ever. */
        if (!entries[i].ready && (polls[i].revents & (POLLERR | POLLHUP)))
            polls[i].fd = -1;
    }
    return ready;
}

/* The host finds something that does not count, an urgent byte that was read and lies there still,
 * and would find it again at once. */
static void poll__nap(void)
{
    const struct timespec nap = {.tv_nsec = POLL_NAP_NS};
    nanosleep(&nap, NULL);
}

/* One sleep: false when the time is up. Alertable: APCs run, the wait goes on (SOCK-070). */
static bool poll__sleep(struct pollfd *polls, uint32_t count, struct waiter *waiter,
                        const struct deadline *deadline, bool *found)
{
    struct thread *self = waiter->thread;
    struct timespec left = {0};
    sigset_t mask;
    int got;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    sigdelset(&mask, thread_wake_signal());
    if (!thread_begin_alertable(self, waiter))
        waiter_claim(waiter, WAITER_ALERTED);
    if (!deadline->never && atomic_load(&waiter->word) == WAITER_PARKED)
        left = deadline_remaining(deadline);
    thread_block_begin(self);
    got =
        ppoll(polls, count,
              deadline->never && atomic_load(&waiter->word) == WAITER_PARKED ? NULL : &left, &mask);
    thread_block_end(self);
    waiter_claim(waiter, WAITER_KICKED);
    thread_end_alertable(self);
    thread_run_apcs(self);
    *found = got > 0;
    return !deadline_has_passed(deadline);
}

static void poll__closed(struct watcher *watcher, uint32_t ready, uint32_t events,
                         struct list *later)
{
    struct poll_entry *entry = list_entry(watcher, struct poll_entry, watcher);
    (void)events;
    (void)later;
    if ((ready & READY_CLOSED) && waiter_claim(entry->waiter, WAITER_KICKED))
        waiter_wake(entry->waiter);
}

static uint32_t poll__wait(struct poll_entry *entries, uint32_t count, struct pollfd *polls,
                           const struct deadline *deadline)
{
    struct thread *self = thread_self();
    struct waiter waiter = {.by_signal = true, .tid = (pid_t)self->id, .thread = self};
    uint32_t ready = 0;
    bool more = true, found;
    for (uint32_t i = 0; i < count; i++) {
        entries[i].waiter = &waiter;
        entries[i].watcher.changed = poll__closed;
        if (entries[i].socket)
            watch_begin(entries[i].socket, &entries[i].watcher, false);
    }
    ready = poll__collect(entries, count, polls); /* one may have been closed before */
    while (ready == 0 && more) {
        more = poll__sleep(polls, count, &waiter, deadline, &found);
        atomic_store(&waiter.word, WAITER_PARKED);
        ready = poll__collect(entries, count, polls);
        if (found && ready == 0)
            poll__nap();
    }
    for (uint32_t i = 0; i < count; i++)
        if (entries[i].socket)
            watch_end(entries[i].socket, &entries[i].watcher);
    return ready;
}

uint32_t poll_sockets(struct poll_entry *entries, uint32_t count, const struct deadline *deadline)
{
    struct pollfd on_stack[STACK_POLLS];
    struct pollfd *polls = count <= STACK_POLLS ? on_stack : calloc(count, sizeof *polls);
    uint32_t ready = 0;
    if (!polls)
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        struct socket *socket = entries[i].socket;
        short events = socket ? ready_poll_events(socket, entries[i].wanted) : 0;
        polls[i] = (struct pollfd){.fd = events ? socket->file.fd : -1, .events = events};
    }
    poll(polls, count, 0);
    ready = poll__collect(entries, count, polls);
    if (ready == 0 && !deadline->now)
        ready = poll__wait(entries, count, polls, deadline);
    if (polls != on_stack)
        free(polls);
    return ready;
}

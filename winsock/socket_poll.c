/* Polling sockets. */
#include "socket_poll.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { STACK_POLLS = 64 };

static short poll__events(const struct poll_entry *entry)
{
    struct socket *socket = entry->socket;
    /* A stream socket that is neither connected nor listening is in no set (SOCK-299). */
    if (socket->type == SOCK_STREAM && !socket->connected && !socket->listening &&
        !socket->connecting)
        return 0;
    return (short)((entry->wanted & POLL_READ ? POLLIN : 0) |
                   (entry->wanted & POLL_WRITE ? POLLOUT : 0) |
                   (entry->wanted & POLL_EXCEPT ? POLLPRI : 0));
}

/* Notes how a non-blocking connect ended, if it has. */
static void poll__settle_connect(struct socket *socket, short events)
{
    int value = 0, length = sizeof value;
    if (!(events & (POLLOUT | POLLERR | POLLHUP)))
        return;
    socket_get_option(socket, W_SOL_SOCKET, W_SO_ERROR, &value, &length);
    file_lock(&socket->file);
    if (socket->connecting && value == 0)
        socket_set_connected(socket);
    socket->connect_failed = value != 0;
    socket->connecting = false;
    file_unlock(&socket->file);
}

static uint8_t poll__ready(struct poll_entry *entry, short events)
{
    struct socket *socket = entry->socket;
    uint8_t ready = 0;
    if (socket->connecting)
        poll__settle_connect(socket, events);
    /* A connect that ended badly is exceptional, and nothing else (SOCK-303). */
    if (!socket->connected && !socket->listening && socket->type == SOCK_STREAM)
        return socket->connect_failed ? entry->wanted & POLL_EXCEPT : 0;
    if (events & (POLLIN | POLLHUP | POLLERR))
        ready |= POLL_READ;
    if (events & (POLLOUT | POLLHUP | POLLERR))
        ready |= POLL_WRITE;
    if (events & POLLPRI)
        ready |= POLL_EXCEPT;
    return ready & entry->wanted;
}

static uint32_t poll__collect(struct poll_entry *entries, uint32_t count,
                              const struct pollfd *polls)
{
    uint32_t ready = 0;
    for (uint32_t i = 0; i < count; i++) {
        entries[i].ready = poll__ready(&entries[i], polls[i].revents);
        ready += entries[i].ready != 0;
    }
    return ready;
}

/* One sleep: false when the time is up. Alertable: APCs run, the wait goes on (SOCK-070). */
static bool poll__sleep(struct pollfd *polls, uint32_t count, const struct deadline *deadline)
{
    struct thread *self = thread_self();
    struct waiter waiter = {.by_signal = true, .tid = (pid_t)self->id, .thread = self};
    struct timespec left;
    sigset_t mask;
    int got;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    sigdelset(&mask, thread_wake_signal());
    if (!thread_begin_alertable(self, &waiter))
        waiter_claim(&waiter, WAITER_ALERTED);
    if (!deadline->never || atomic_load(&waiter.word) != WAITER_PARKED)
        left = deadline->never || atomic_load(&waiter.word) != WAITER_PARKED
                   ? (struct timespec){0}
                   : deadline_remaining(deadline);
    thread_block_begin(self);
    got =
        ppoll(polls, count,
              deadline->never && atomic_load(&waiter.word) == WAITER_PARKED ? NULL : &left, &mask);
    thread_block_end(self);
    waiter_claim(&waiter, WAITER_KICKED);
    thread_end_alertable(self);
    thread_run_apcs(self);
    return got != 0 || !deadline_has_passed(deadline);
}

uint32_t poll_sockets(struct poll_entry *entries, uint32_t count, const struct deadline *deadline)
{
    struct pollfd on_stack[STACK_POLLS];
    struct pollfd *polls = count <= STACK_POLLS ? on_stack : calloc(count, sizeof *polls);
    uint32_t ready = 0;
    if (!polls)
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        short events = poll__events(&entries[i]);
        polls[i] =
            (struct pollfd){.fd = events ? entries[i].socket->file.fd : -1, .events = events};
    }
    poll(polls, count, 0);
    ready = poll__collect(entries, count, polls);
    while (ready == 0 && !deadline->now) {
        bool more = poll__sleep(polls, count, deadline);
        ready = poll__collect(entries, count, polls);
        if (!more)
            break;
    }
    if (polls != on_stack)
        free(polls);
    return ready;
}

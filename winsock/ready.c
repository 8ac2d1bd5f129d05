/* Readiness. */
#include "ready.h"

#include "wsastatus.h"

#include <errno.h>
#include <poll.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

short ready_poll_events(const struct socket *socket, uint32_t wanted)
{
    const uint32_t about_input = READY_READ | READY_HUP | READY_RESET | READY_ACCEPT;
    short events = 0;
    /* A stream socket that is neither connected nor listening is ready for nothing (SOCK-299). */
    if (socket->type == SOCK_STREAM && !socket->connected && !socket->listening)
        return socket->connecting ? POLLOUT : 0;
    if (wanted & about_input)
        events |= POLLIN | POLLRDHUP;
    if (wanted & (READY_WRITE | READY_CONNECT))
        events |= POLLOUT;
    if ((wanted & READY_OOB) && !socket->oob_inline)
        events |= POLLPRI;
    return events;
}

void ready_take_error(struct socket *socket)
{
    socklen_t size = sizeof(int);
    int err = 0;
    getsockopt(socket->file.fd, SOL_SOCKET, SO_ERROR, &err, &size);
    if (err && socket->connected)
        socket->broken = err == EPIPE ? STATUS_CONNECTION_ABORTED : status_from_socket_errno(err);
    else if (err) {
        socket->error = (int)wsa_from_errno(err);
        socket->connect_status = status_from_socket_errno(err);
    }
}

/* Notes how a non-blocking connect ended, if it has. Caller holds file.lock. */
static void ready__settle_connect(struct socket *socket, short events)
{
    if (!(events & (POLLOUT | POLLERR | POLLHUP)) ||
        !list_is_empty(&socket->file.queue[FILE_WRITE]))
        return;
    socket->error = 0;
    ready_take_error(socket);
    socket->connecting = false;
    socket->connect_failed = socket->error != 0;
    if (!socket->connect_failed) {
        socket_set_connected(socket);
        socket->active = true;
    }
}

/* Caller holds file.lock. */
static uint32_t ready__of_connection(struct socket *socket, short events)
{
    uint32_t ready = READY_CONNECT;
    int unread = 0;
    if (events & POLLERR)
        ready_take_error(socket);
    if (socket->broken)
        return ready | READY_RESET | READY_WRITE;
    if (events & (POLLRDHUP | POLLHUP)) {
        ready |= READY_HUP;
        ioctl(socket->file.fd, SIOCINQ, &unread);
        ready |= unread > 0 ? READY_READ : 0;
    } else if (events & POLLIN) {
        ready |= READY_READ;
    }
    if ((events & POLLPRI) && !socket->oob_inline)
        ready |= READY_OOB;
    if ((events & POLLOUT) && list_is_empty(&socket->file.queue[FILE_WRITE]))
        ready |= READY_WRITE;
    return ready;
}

static uint32_t ready__from_poll(struct socket *socket, short events)
{
    uint32_t ready = 0;
    if (socket->file.flags & FILE_CLOSED)
        return READY_CLOSED;
    if (socket->connecting)
        ready__settle_connect(socket, events);
    if (socket->listening)
        return (events & POLLIN) || socket->deferred ? READY_ACCEPT : 0;
    if (socket->type != SOCK_STREAM) {
        ready |= events & (POLLIN | POLLERR) ? READY_READ : 0;
        ready |= events & POLLOUT ? READY_WRITE : 0;
        return ready | (socket->connected ? READY_CONNECT : 0);
    }
    if (socket->connected)
        return ready__of_connection(socket, events);
    return socket->connect_failed ? READY_CONNECT_FAILED : 0;
}

uint32_t ready_confirm(struct socket *socket, struct pollfd *look)
{
    const struct list *queue = socket->file.queue;
    if (((look->revents & POLLIN) && !list_is_empty(&queue[FILE_READ])) ||
        ((look->revents & POLLOUT) && !list_is_empty(&queue[FILE_WRITE]))) {
        file_pump_locked(&socket->file);
        poll(look, 1, 0);
    }
    return ready__from_poll(socket, look->revents);
}

uint32_t ready_look(struct socket *socket)
{
    struct pollfd look = {.events = POLLIN | POLLOUT | POLLPRI | POLLRDHUP};
    uint32_t ready;
    file_lock(&socket->file);
    file_pump_locked(&socket->file);
    look.fd = ready_poll_events(socket, ~0u) ? socket->file.fd : -1;
    poll(&look, 1, 0);
    ready = ready_confirm(socket, &look);
    file_unlock(&socket->file);
    return ready;
}

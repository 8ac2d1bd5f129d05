/* Accepting connections. AcceptEx waits in the listener's queue for a connection, which then
 * becomes the acceptor's; if it wants data too, it goes on in the acceptor's queue, and the
 * listener's next AcceptEx has its turn meanwhile (SOCK-244). */
#include "socket.h"

#include "address.h"
#include "network_events.h"
#include "spare.h"
#include "timeout.h"
#include "wsastatus.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <winerror.h>

enum {
    ACCEPT_ADDRESS_EXTRA = 16, /* what a buffer holds beyond the address itself */
    ACCEPT_RETRY_MS = 20,
};

/* Protects accepting_for of every socket; innermost. */
static struct lock accept__claims;

/* A connection that was taken from the host and goes to the next accept. */
struct deferred {
    struct deferred *next;
    int fd;
    struct sockaddr_storage peer;
    socklen_t peer_length;
};

static int accept__deferred(struct socket *listener, struct sockaddr_storage *peer,
                            socklen_t *length)
{
    struct deferred *deferred = listener->deferred;
    int fd = deferred->fd;
    listener->deferred = deferred->next;
    *peer = deferred->peer;
    *length = deferred->peer_length;
    free(deferred);
    return fd;
}

void socket_drop_deferred(struct socket *listener)
{
    struct sockaddr_storage peer;
    socklen_t length;
    while (listener->deferred)
        close(accept__deferred(listener, &peer, &length));
}

/* The next connection; a peer that gave up before is not one. Caller holds the listener's lock. */
static int accept__next(struct socket *listener, struct sockaddr_storage *peer, socklen_t *length)
{
    int fd = listener->file.fd;
    int accepted;
    if (listener->deferred)
        return accept__deferred(listener, peer, length);
    do {
        *length = sizeof *peer;
        accepted = accept4(fd, (struct sockaddr *)peer, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    } while (accepted < 0 &&
             (errno == EINTR || errno == ECONNABORTED || (errno == EMFILE && spare_close_one())));
    if (accepted < 0 && errno == EAGAIN)
        file_set_drained(&listener->file);
    return accepted;
}

/* ---- accept ---- */

struct accept_request {
    struct request request;
    int accepted;
    struct sockaddr_storage peer;
    socklen_t peer_length;
};

static bool accept__attempt(struct request *request)
{
    struct accept_request *accept = list_entry(request, struct accept_request, request);
    accept->accepted = accept__next(socket_of(request->file), &accept->peer, &accept->peer_length);
    network_events_enable(socket_of(request->file), NETWORK_ACCEPT);
    if (accept->accepted < 0 && errno == EAGAIN)
        return false;
    request->status = accept->accepted < 0 ? status_from_call(errno) : STATUS_SUCCESS;
    return true;
}

static const struct request_ops accept__ops = {
    .name = "accept",
    .size = sizeof(struct accept_request),
    .attempt = accept__attempt,
};

/* The connection goes back, in front of all others. */
static NTSTATUS accept__defer(struct socket *listener, const struct accept_request *accept)
{
    struct deferred *deferred = malloc(sizeof *deferred);
    if (!deferred) {
        close(accept->accepted);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *deferred = (struct deferred){NULL, accept->accepted, accept->peer, accept->peer_length};
    file_lock(&listener->file);
    deferred->next = listener->deferred;
    listener->deferred = deferred;
    file_pump_locked(&listener->file); /* an AcceptEx may wait for it */
    file_unlock(&listener->file);
    return STATUS_WSA(WSATRY_AGAIN);
}

static void accept__refuse(int fd)
{
    struct linger abort = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
    close(fd);
}

/* STATUS_SUCCESS: the connection is the caller's. */
static NTSTATUS accept__ask(struct socket *listener, const struct accept_request *accept,
                            struct accept_judge *judge)
{
    struct sockaddr_storage local = {0};
    socklen_t size = sizeof local;
    char peer_name[sizeof(struct sockaddr_storage)], local_name[sizeof peer_name];
    int peer_length = sizeof peer_name, local_length = sizeof local_name;
    getsockname(accept->accepted, (struct sockaddr *)&local, &size);
    address_from_host(&accept->peer, accept->peer_length, peer_name, &peer_length);
    address_from_host(&local, size, local_name, &local_length);
    switch (judge->judge(judge, peer_name, peer_length, local_name, local_length)) {
    case ACCEPT_TAKE:
        return STATUS_SUCCESS;
    case ACCEPT_REJECT:
        accept__refuse(accept->accepted);
        return STATUS_WSA(WSAECONNREFUSED);
    case ACCEPT_DEFER:
        return accept__defer(listener, accept);
    default:
        accept__defer(listener, accept);
        return STATUS_WSA(WSAEINVAL);
    }
}

NTSTATUS socket_accept(struct socket *listener, void *name, int *length, uintptr_t *s)
{
    return socket_accept_judged(listener, NULL, name, length, s);
}

NTSTATUS socket_accept_judged(struct socket *listener, struct accept_judge *judge, void *name,
                              int *length, uintptr_t *s)
{
    struct accept_request accept = {.request = {.ops = &accept__ops, .file = &listener->file},
                                    .accepted = -1};
    struct deadline deadline = deadline_from_ms(listener->nonblocking ? 0 : 0xFFFFFFFF);
    NTSTATUS status;
    if (!listener->listening)
        return STATUS_WSA(WSAEINVAL);
    if (name && length && *length < address_size(listener->family))
        return STATUS_ACCESS_VIOLATION;
    status = file_submit_and_wait(&listener->file, &accept.request, true, &deadline);
    if (status == STATUS_SUCCESS && judge)
        status = accept__ask(listener, &accept, judge);
    if (status != STATUS_SUCCESS)
        return status;
    status = socket_adopt(listener, accept.accepted, s);
    network_events_enable_and_look(listener, NETWORK_ACCEPT);
    if (status == STATUS_SUCCESS && name && length)
        address_from_host(&accept.peer, accept.peer_length, name, length);
    return status;
}

/* ---- AcceptEx ---- */

struct accept_ex {
    struct request request;
    struct socket *acceptor; /* a reference */
    struct list away_link;   /* in listener->away while it waits for data */
    bool claimed;            /* it made acceptor->accepting_for */
    char *buffer;
    uint32_t receive_length, local_length, remote_length;
};

static struct accept_ex *accept_ex__of(struct request *request)
{
    return list_entry(request, struct accept_ex, request);
}

static void accept_ex__store_address(char *block, uint32_t size,
                                     const struct sockaddr_storage *address, socklen_t length)
{
    struct accept_address *stored = (struct accept_address *)block;
    int fits = (int)size - (int)sizeof *stored;
    if (!size)
        return;
    if (address_from_host(address, length, stored->address, &fits) == STATUS_SUCCESS)
        memcpy(&stored->length, &fits, sizeof fits);
}

static void accept_ex__store_addresses(struct accept_ex *accept, int fd,
                                       const struct sockaddr_storage *peer, socklen_t peer_length)
{
    char *blocks = accept->buffer + accept->receive_length;
    struct sockaddr_storage local;
    socklen_t length = sizeof local;
    if (accept->local_length && getsockname(fd, (struct sockaddr *)&local, &length) == 0)
        accept_ex__store_address(blocks, accept->local_length, &local, length);
    accept_ex__store_address(blocks + accept->local_length, accept->remote_length, peer,
                             peer_length);
}

/* Makes the connection the acceptor's; false if the acceptor is closed. Caller holds the listener's
 * lock. */
static bool accept_ex__install(struct socket *acceptor, int fd)
{
    bool open;
    file_lock(&acceptor->file);
    open = !(acceptor->file.flags & FILE_CLOSED);
    if (open) {
        socket_replace_descriptor(acceptor, fd);
        socket_set_connected(acceptor);
    }
    file_unlock(&acceptor->file);
    return open;
}

static bool accept_ex__end(struct request *request, NTSTATUS status)
{
    request->status = status;
    return true;
}

/* Receives the first data, if it is there. */
static bool accept_ex__receive(struct request *request)
{
    struct accept_ex *accept = accept_ex__of(request);
    ssize_t got;
    do
        got = recv(accept->acceptor->file.fd, accept->buffer, accept->receive_length, MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (got < 0 && errno == EAGAIN)
        return false;
    if (got >= 0)
        request->information = (uint64_t)got;
    return accept_ex__end(request, got < 0 ? status_from_socket_errno(errno) : STATUS_SUCCESS);
}

static bool accept_ex__too_small(const struct accept_ex *accept)
{
    uint32_t needed = (uint32_t)address_size(accept->acceptor->family) + ACCEPT_ADDRESS_EXTRA;
    return accept->remote_length < needed ||
           (accept->local_length && accept->local_length < needed);
}

static bool accept_ex__somebody_waits(const struct request *request)
{
    struct pollfd ready = {.fd = request->file->fd, .events = POLLIN};
    return poll(&ready, 1, 0) > 0;
}

/* The process has no descriptor left: the acceptor's own, which is replaced anyway, makes room for
 * the connection's. Caller holds the listener's lock. */
static int accept_ex__trade(struct accept_ex *accept, struct sockaddr_storage *peer,
                            socklen_t *length)
{
    struct socket *acceptor = accept->acceptor;
    file_lock(&acceptor->file);
    if (acceptor->file.fd >= 0 && !(acceptor->file.flags & FILE_CLOSED))
        socket_replace_descriptor(acceptor, -1);
    file_unlock(&acceptor->file);
    return accept__next(socket_of(accept->request.file), peer, length);
}

/* A listener that waits for descriptors to become free. */
struct accept_retry {
    struct timeout timeout;
    struct socket *listener; /* a reference */
};

static void accept_retry__fire(struct timeout *timeout)
{
    struct accept_retry *retry = list_entry(timeout, struct accept_retry, timeout);
    struct socket *listener = retry->listener;
    file_lock(&listener->file);
    listener->accept_waits = false;
    file_pump_locked(&listener->file);
    file_unlock(&listener->file);
    socket_unref(listener);
    free(retry);
}

/* No descriptor was to be had. The program could only try again at once, over and over; we do it
 * for it, after a while. False: we cannot, or it is another error. Caller holds the listener's
 * lock. */
static bool accept_ex__try_later(struct socket *listener, int err)
{
    struct deadline deadline = deadline_from_ms(ACCEPT_RETRY_MS);
    struct accept_retry *retry;
    if (err != EMFILE && err != ENFILE)
        return false;
    if (listener->accept_waits)
        return true;
    retry = malloc(sizeof *retry);
    if (!retry)
        return false;
    *retry = (struct accept_retry){.timeout.fire = accept_retry__fire, .listener = listener};
    object_ref(&listener->file.object);
    if (timeout_start(&retry->timeout, &deadline))
        return listener->accept_waits = true;
    object_unref(&listener->file.object);
    free(retry);
    return false;
}

static bool accept_ex__attempt(struct request *request)
{
    struct accept_ex *accept = accept_ex__of(request);
    struct sockaddr_storage peer;
    socklen_t length;
    int fd;
    if (accept_ex__too_small(accept)) /* the connection stays in the backlog (SOCK-222) */
        return accept_ex__somebody_waits(request) &&
               accept_ex__end(request, STATUS_BUFFER_TOO_SMALL);
    fd = accept__next(socket_of(request->file), &peer, &length);
    if (fd < 0 && errno == EMFILE) { /* the host says so before it looks for a connection */
        if (!accept_ex__somebody_waits(request))
            return false;
        fd = accept_ex__trade(accept, &peer, &length);
    }
    if (fd < 0 && (errno == EAGAIN || accept_ex__try_later(socket_of(request->file), errno)))
        return false;
    if (fd < 0)
        return accept_ex__end(request, status_from_socket_errno(errno));
    network_events_enable(socket_of(request->file), NETWORK_ACCEPT);
    accept_ex__store_addresses(accept, fd, &peer, length);
    if (!accept_ex__install(accept->acceptor, fd)) {
        close(fd);
        return accept_ex__end(request, STATUS_CANCELLED);
    }
    if (accept->receive_length == 0)
        return accept_ex__end(request, STATUS_SUCCESS);
    if (!accept_ex__receive(request))
        request->status = STATUS_MORE_PROCESSING_REQUIRED;
    return true;
}

static void accept_ex__release(struct request *request)
{
    struct accept_ex *accept = accept_ex__of(request);
    struct socket *acceptor = accept->acceptor, *listener = socket_of(request->file);
    if (accept->away_link.next) {
        lock_acquire(&listener->away_lock);
        list_remove(&accept->away_link);
        lock_release(&listener->away_lock);
    }
    if (accept->claimed) {
        lock_acquire(&accept__claims);
        acceptor->accepting_for = NULL;
        lock_release(&accept__claims);
        socket_unref(listener); /* the claim's reference; the request holds another */
    }
    socket_unref(acceptor);
}

static const struct request_ops accept_ex__data_ops = {
    .name = "AcceptEx data",
    .size = sizeof(struct accept_ex),
    .attempt = accept_ex__receive,
    .release = accept_ex__release,
};

static void accept_ex__forward(struct request *request)
{
    struct accept_ex *accept = accept_ex__of(request);
    struct socket *listener = socket_of(request->file);
    struct file *acceptor = &accept->acceptor->file;
    bool queued;
    request->ops = &accept_ex__data_ops;
    request->flags |= REQUEST_EAGER; /* the acceptor's port, if any, is not the one that waits */
    lock_acquire(&listener->away_lock);
    list_append(&listener->away, &accept->away_link);
    lock_release(&listener->away_lock);
    object_ref(&acceptor->object);
    file_lock(acceptor);
    queued = !(acceptor->flags & FILE_CLOSED) && file_requeue(acceptor, request);
    if (!queued) {
        request->status =
            acceptor->flags & FILE_CLOSED ? STATUS_CANCELLED : STATUS_INSUFFICIENT_RESOURCES;
        request_complete(request);
    }
    file_unlock(acceptor);
    file_unref(acceptor);
}

static const struct request_ops accept_ex__ops = {
    .name = "AcceptEx",
    .size = sizeof(struct accept_ex),
    .attempt = accept_ex__attempt,
    .forward = accept_ex__forward,
    .release = accept_ex__release,
};

/* Reserves the acceptor. Caller holds the listener's lock. */
static NTSTATUS accept_ex__claim(struct socket *listener, struct socket *acceptor)
{
    NTSTATUS status = STATUS_SUCCESS;
    if (acceptor == listener)
        return STATUS_WSA(WSAEINVAL);
    lock_acquire(&accept__claims);
    if (acceptor->type != SOCK_STREAM || acceptor->bound || acceptor->connected ||
        acceptor->connecting || acceptor->accepting_for) {
        status = STATUS_WSA(WSAEINVAL);
    } else {
        acceptor->accepting_for = listener;
        object_ref(&listener->file.object);
    }
    lock_release(&accept__claims);
    return status;
}

static NTSTATUS accept_ex__check(const struct accept_args *args)
{
    if (!args->overlapped)
        return STATUS_WSA(ERROR_INVALID_PARAMETER);
    if (!args->buffer || args->remote_length == 0)
        return STATUS_ACCESS_VIOLATION;
    return STATUS_SUCCESS;
}

/* Queued before its first try, since it may go on in the acceptor's queue. A try that finds nobody
 * is dear, and in vain if others wait already. Caller holds the listener's lock. */
static NTSTATUS accept_ex__submit(struct socket *listener, struct accept_ex *accept)
{
    bool others_wait = !list_is_empty(&listener->file.queue[FILE_READ]);
    NTSTATUS status;
    if (listener->file.flags & FILE_CLOSED)
        return STATUS_INVALID_HANDLE;
    status = file_enqueue(&listener->file, &accept->request);
    if (status == STATUS_PENDING && !others_wait && !listener->file.drained)
        file_pump_locked(&listener->file);
    return status;
}

NTSTATUS socket_accept_ex(struct socket *listener, const struct accept_args *args)
{
    struct accept_ex accept = {
        .request = {.ops = &accept_ex__ops, .flags = REQUEST_ALWAYS_PENDS},
        .acceptor = args->acceptor,
        .buffer = args->buffer,
        .receive_length = args->receive_length,
        .local_length = args->local_length,
        .remote_length = args->remote_length,
    };
    NTSTATUS status = accept_ex__check(args);
    if (status != STATUS_SUCCESS)
        return status;
    object_ref(&args->acceptor->file.object); /* the request's */
    status = socket_request_init(listener, &accept.request, args->overlapped, NULL);
    if (status == STATUS_SUCCESS) {
        request_begin(&accept.request);
        file_lock(&listener->file);
        status = listener->listening ? accept_ex__claim(listener, args->acceptor)
                                     : STATUS_WSA(WSAEINVAL);
        accept.claimed = status == STATUS_SUCCESS;
        if (accept.claimed)
            status = accept_ex__submit(listener, &accept);
        file_unlock(&listener->file);
    }
    if (status != STATUS_PENDING)
        request_free(&accept.request);
    return status;
}

/* ---- cancelling from elsewhere ---- */

/* Every acceptor in whose queue an AcceptEx of the listener waits for data, with references, ended
 * by NULL; NULL if there is none, or no memory. */
static struct socket **accept_ex__acceptors(struct socket *listener)
{
    struct socket **acceptors = NULL;
    struct list *node;
    size_t count = 0;
    lock_acquire(&listener->away_lock);
    list_for_each (node, &listener->away)
        count++;
    if (count)
        acceptors = calloc(count + 1, sizeof(struct socket *));
    count = 0;
    if (acceptors)
        list_for_each (node, &listener->away) {
            acceptors[count] = list_entry(node, struct accept_ex, away_link)->acceptor;
            object_ref(&acceptors[count++]->file.object);
        }
    lock_release(&listener->away_lock);
    return acceptors;
}

/* The acceptor was closed: its AcceptEx still waits at the listener. */
static void accept_ex__cancel_at_listener(struct socket *acceptor)
{
    struct socket *listener;
    struct list *node, *after;
    lock_acquire(&accept__claims);
    listener = acceptor->accepting_for;
    if (listener)
        object_ref(&listener->file.object);
    lock_release(&accept__claims);
    if (!listener)
        return;
    file_lock(&listener->file);
    list_for_each_safe (node, after, &listener->file.queue[FILE_READ]) {
        struct request *request = list_entry(node, struct request, link);
        if (request->ops == &accept_ex__ops && accept_ex__of(request)->acceptor == acceptor)
            file_end_request(&listener->file, request, STATUS_CANCELLED);
    }
    file_unlock(&listener->file);
    socket_unref(listener);
}

uint32_t socket_cancel_away(struct file *file, const void *iosb, uint32_t thread_id)
{
    struct socket *socket = socket_of(file);
    struct socket **acceptors = accept_ex__acceptors(socket);
    uint32_t cancelled = 0;
    for (size_t i = 0; acceptors && acceptors[i]; i++) {
        cancelled += file_cancel_for(&acceptors[i]->file, file, iosb, thread_id);
        socket_unref(acceptors[i]);
    }
    free(acceptors);
    if (file->flags & FILE_CLOSED)
        accept_ex__cancel_at_listener(socket);
    return cancelled;
}

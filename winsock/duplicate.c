/* Sockets that go from one process to another: duplicated, or inherited by a child. */
#include "duplicate.h"

#include "inherit.h"
#include "service.h"
#include "spare.h"
#include "wsastatus.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <winerror.h>

enum { DUPLICATE_PATIENCE_S = 5 }; /* how long a process waits for the other */

struct offer {
    struct list link;
    uint64_t token;
    uint32_t process;
    struct socket *socket; /* a reference */
};

static struct lock duplicate__lock; /* protects the offers and starting; innermost */
static struct list duplicate__offers = {&duplicate__offers, &duplicate__offers};
static int duplicate__listener = -1;

/* What a process must know of a socket besides its descriptor. */
struct duplicate_state {
    int32_t family, type, protocol;
    uint8_t overlapped, bound, listening, connected, active, v6only, reuse, exclusive;
};

static socklen_t duplicate__address(uint32_t process, struct sockaddr_un *address)
{
    int length;
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    /* In the abstract name space: it goes with the process. */
    length = snprintf(address->sun_path + 1, sizeof address->sun_path - 1, "portico-sockets-%u",
                      process);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
}

/* Takes an offer out of the list; NULL: there is none of that token for that process. */
static struct offer *duplicate__find(uint64_t token, uint32_t process)
{
    struct offer *found = NULL;
    struct list *node;
    lock_acquire(&duplicate__lock);
    list_for_each (node, &duplicate__offers) {
        struct offer *offer = list_entry(node, struct offer, link);
        if (offer->token == token && offer->process == process) {
            list_remove(&offer->link);
            found = offer;
            break;
        }
    }
    lock_release(&duplicate__lock);
    return found;
}

/* ---- the offering process ---- */

static struct duplicate_state duplicate__describe(const struct socket *socket)
{
    return (struct duplicate_state){
        .family = socket->family,
        .type = socket->type,
        .protocol = socket->protocol,
        .overlapped = (socket->file.flags & FILE_OVERLAPPED) != 0,
        .bound = socket->bound,
        .listening = socket->listening,
        .connected = socket->connected,
        .active = socket->active,
        .v6only = socket->v6only,
        .reuse = socket->reuse,
        .exclusive = socket->exclusive,
    };
}

static void duplicate__send(int fd, struct socket *socket)
{
    struct duplicate_state state = duplicate__describe(socket);
    struct iovec iov = {&state, sizeof state};
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &socket->file.fd, sizeof(int));
    spare_mark_used(socket);
    sendmsg(fd, &message, MSG_NOSIGNAL);
}

/* One process that asks: it must be the one the offer is for, of the same user. */
static void duplicate__serve(int fd)
{
    struct timeval patience = {.tv_sec = DUPLICATE_PATIENCE_S};
    struct ucred peer;
    socklen_t size = sizeof peer;
    struct offer *offer;
    uint64_t token;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid != getuid() ||
        recv(fd, &token, sizeof token, MSG_WAITALL) != sizeof token)
        return;
    offer = duplicate__find(token, (uint32_t)peer.pid);
    if (!offer)
        return;
    duplicate__send(fd, offer->socket);
    socket_unref(offer->socket);
    free(offer);
}

static void *duplicate__run(void *arg)
{
    int listener = (int)(intptr_t)arg;
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        duplicate__serve(fd);
        close(fd);
    }
    return NULL;
}

/* Caller holds duplicate__lock. */
static bool duplicate__listen(void)
{
    struct sockaddr_un address;
    socklen_t length = duplicate__address((uint32_t)getpid(), &address);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    if (bind(fd, (struct sockaddr *)&address, length) < 0 || listen(fd, 16) < 0 ||
        !service_start("portico-sockets", duplicate__run, (void *)(intptr_t)fd)) {
        close(fd);
        return false;
    }
    duplicate__listener = fd;
    return true;
}

NTSTATUS duplicate_offer(struct socket *socket, uint32_t process, struct duplicate_name *name)
{
    struct offer *offer;
    bool listening = true;
    if (process == 0 || process > INT32_MAX || (kill((pid_t)process, 0) < 0 && errno == ESRCH))
        return STATUS_WSA(WSAEINVAL);
    offer = calloc(1, sizeof *offer);
    if (!offer)
        return STATUS_INSUFFICIENT_RESOURCES;
    offer->process = process;
    offer->socket = socket;
    if (getrandom(&offer->token, sizeof offer->token, 0) < 0)
        offer->token = (uintptr_t)offer;
    object_ref(&socket->file.object);
    lock_acquire(&duplicate__lock);
    if (process != (uint32_t)getpid() && duplicate__listener < 0)
        listening = duplicate__listen();
    if (listening)
        list_append(&duplicate__offers, &offer->link);
    lock_release(&duplicate__lock);
    *name = (struct duplicate_name){DUPLICATE_MARKER, (uint32_t)getpid(), offer->token};
    if (listening)
        return STATUS_SUCCESS;
    object_unref(&socket->file.object);
    free(offer);
    return STATUS_INSUFFICIENT_RESOURCES;
}

/* ---- the taking process ---- */

static int duplicate__receive(int fd, struct duplicate_state *state)
{
    struct iovec iov = {state, sizeof *state};
    char control[CMSG_SPACE(sizeof(int))];
    struct msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header;
    int received = -1;
    if (recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL) != sizeof *state)
        return -1;
    header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
        memcpy(&received, CMSG_DATA(header), sizeof received);
    return received;
}

static int duplicate__ask(const struct duplicate_name *name, struct duplicate_state *state)
{
    struct timeval patience = {.tv_sec = DUPLICATE_PATIENCE_S};
    struct sockaddr_un address;
    socklen_t length = duplicate__address(name->process, &address);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), received = -1;
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&address, length) == 0 &&
        send(fd, &name->token, sizeof name->token, MSG_NOSIGNAL) == sizeof name->token)
        received = duplicate__receive(fd, state);
    close(fd);
    return received;
}

/* The socket again; takes over the descriptor. NULL: no memory. */
static struct socket *duplicate__make(int fd, const struct duplicate_state *state)
{
    struct socket *socket = socket_new(fd, state->family, state->type, state->protocol,
                                       state->overlapped ? FILE_OVERLAPPED : 0);
    if (!socket)
        return NULL;
    if (state->connected)
        socket_set_connected(socket);
    socket->bound = state->bound;
    socket->listening = state->listening;
    socket->active = state->active;
    socket->v6only = state->v6only;
    socket->reuse = state->reuse;
    socket->exclusive = state->exclusive;
    return socket;
}

static NTSTATUS duplicate__take_from_other(const struct duplicate_name *name, uint32_t flags,
                                           uintptr_t *s)
{
    struct duplicate_state state;
    struct socket *socket;
    int fd = duplicate__ask(name, &state);
    if (fd < 0)
        return STATUS_WSA(WSAEINVAL);
    socket = duplicate__make(fd, &state);
    if (!socket)
        return STATUS_NO_MEMORY;
    return socket_open_handle(socket, flags & SOCKET_NO_INHERIT ? 0 : HANDLE_INHERIT, s);
}

NTSTATUS duplicate_take(const struct duplicate_name *name, uint32_t flags, uintptr_t *s)
{
    struct offer *offer;
    NTSTATUS status;
    if (name->process != (uint32_t)getpid())
        return duplicate__take_from_other(name, flags, s);
    offer = duplicate__find(name->token, name->process);
    if (!offer)
        return STATUS_WSA(WSAEINVAL);
    status = socket_open_handle(offer->socket, flags & SOCKET_NO_INHERIT ? 0 : HANDLE_INHERIT, s);
    free(offer);
    return status;
}

/* ---- inheritance ---- */

_Static_assert(sizeof(struct duplicate_state) <= INHERIT_STATE_BYTES, "it fits");

static void duplicate__leave(struct file *file, void *state)
{
    struct socket *socket = socket_of(file);
    struct duplicate_state described = duplicate__describe(socket);
    memcpy(state, &described, sizeof described);
    spare_mark_used(socket);
}

static NTSTATUS duplicate__take(int fd, const void *state, struct file **file)
{
    struct duplicate_state described;
    struct socket *socket;
    memcpy(&described, state, sizeof described);
    socket = duplicate__make(fd, &described);
    if (!socket)
        return STATUS_NO_MEMORY;
    *file = &socket->file;
    return STATUS_SUCCESS;
}

__attribute__((constructor(INHERIT_FIRST))) static void duplicate__serve_children(void)
{
    static const struct inherit_kind sockets = {&socket_ops, duplicate__leave, duplicate__take};
    inherit_serve(INHERIT_SOCKET, &sockets);
}

/* In the child of a fork nothing is on offer. */
static void duplicate__after_fork(void)
{
    lock_init(&duplicate__lock);
    list_init(&duplicate__offers);
    if (duplicate__listener >= 0)
        close(duplicate__listener);
    duplicate__listener = -1;
}

__attribute__((constructor)) static void duplicate__set_up(void)
{
    pthread_atfork(NULL, NULL, duplicate__after_fork);
}

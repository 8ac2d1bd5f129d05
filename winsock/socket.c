/* The socket object: made, named, listened on, closed. */
#include "socket.h"

#include "address.h"
#include "binding.h"
#include "network_events.h"
#include "spare.h"
#include "transfer.h"
#include "wsastatus.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <winerror.h>

_Atomic uint32_t winsock_starts;

enum { LINGER_FIRST_PAUSE_NS = 100000, LINGER_LAST_PAUSE_NS = 10000000 };

NTSTATUS socket_get(uintptr_t s, struct socket **socket)
{
    struct file *file;
    NTSTATUS status;
    *socket = NULL;
    if (atomic_load_explicit(&winsock_starts, memory_order_relaxed) == 0)
        return STATUS_WSA(WSANOTINITIALISED);
    status = file_get((HANDLE)s, 0, &file);
    if (status != STATUS_SUCCESS)
        return status;
    if (file->ops != &socket_ops) {
        file_unref(file);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    *socket = socket_of(file);
    return STATUS_SUCCESS;
}

/* ---- making ---- */

/* Judges family, type and protocol as Windows does: type first (SOCK-016 to SOCK-023), unless
 * neither family nor protocol says what the type could be one of. */
static NTSTATUS socket__resolve_kind(int *family, int *type, int *protocol)
{
    if (*family == W_AF_UNSPEC && *protocol == 0)
        return STATUS_WSA(WSAEINVAL);
    if (*type < 0 || *type > SOCK_SEQPACKET)
        return STATUS_WSA(WSAESOCKTNOSUPPORT);
    if (*family == W_AF_UNSPEC) {
        if (*protocol != W_IPPROTO_TCP && *protocol != W_IPPROTO_UDP)
            return STATUS_WSA(WSAEPROTONOSUPPORT);
        *family = W_AF_INET;
    }
    if (family_to_host(*family) < 0)
        return STATUS_WSA(WSAEAFNOSUPPORT);
    if (*type == 0)
        *type = *protocol == W_IPPROTO_UDP ? SOCK_DGRAM : SOCK_STREAM;
    if (*family != W_AF_UNIX && *type != SOCK_RAW) {
        int natural = *type == SOCK_STREAM ? W_IPPROTO_TCP : W_IPPROTO_UDP;
        if (*type != SOCK_STREAM && *type != SOCK_DGRAM)
            return STATUS_WSA(WSAESOCKTNOSUPPORT);
        if (*protocol && *protocol != natural)
            return STATUS_WSA(WSAEPROTONOSUPPORT);
        *protocol = natural;
    }
    return STATUS_SUCCESS;
}

NTSTATUS socket_open_descriptor(int family, int type, int protocol, int *fd)
{
    int one = 1;
    *fd = spare_take(family, type);
    if (*fd >= 0)
        return STATUS_SUCCESS;
    *fd = socket(family_to_host(family), type | SOCK_CLOEXEC | SOCK_NONBLOCK,
                 family == W_AF_UNIX ? 0 : protocol);
    if (*fd < 0)
        return errno == EPROTOTYPE ? STATUS_WSA(WSAEPROTONOSUPPORT) : status_from_call(errno);
    /* A restarted server binds while old connections linger, as on Windows (SOCK-191). */
    if (family != W_AF_UNIX && type == SOCK_STREAM)
        setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    /* What the network answers to datagrams reaches a socket without a peer only so (SOCK-118). */
    if (type == SOCK_DGRAM && family == W_AF_INET)
        setsockopt(*fd, IPPROTO_IP, IP_RECVERR, &one, sizeof one);
    if (type == SOCK_DGRAM && family == W_AF_INET6)
        setsockopt(*fd, IPPROTO_IPV6, IPV6_RECVERR, &one, sizeof one);
    /* Windows' IPv6 sockets take IPv6 only, unless told otherwise. */
    if (family == W_AF_INET6)
        setsockopt(*fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    return STATUS_SUCCESS;
}

struct socket *socket_new(int fd, int family, int type, int protocol, uint32_t file_flags)
{
    struct socket *socket = calloc(1, sizeof *socket);
    if (!socket) {
        close(fd);
        return NULL;
    }
    file_init(&socket->file, &socket_ops, fd, file_flags);
    socket->family = family;
    socket->type = type;
    socket->protocol = protocol;
    socket->v6only = true;
    socket->send_buffer = socket->receive_buffer = -1;
    list_init(&socket->bound_link);
    list_init(&socket->away);
    list_init(&socket->watchers);
    return socket;
}

/* Caller holds no lock. */
static uint32_t socket__cancel_away(struct file *file, const void *iosb, uint32_t thread_id)
{
    uint32_t cancelled = socket_cancel_away(file, iosb, thread_id);
    if (file->flags & FILE_CLOSED)
        watch_closed(socket_of(file));
    return cancelled;
}

NTSTATUS socket_open_handle(struct socket *socket, uint32_t flags, uintptr_t *s)
{
    HANDLE handle = NULL;
    NTSTATUS status = handle_open_new(&socket->file.object, FILE_ALL_ACCESS, flags, &handle);
    *s = (uintptr_t)handle;
    return status;
}

NTSTATUS socket_create(int family, int type, int protocol, uint32_t flags, uintptr_t *s)
{
    struct socket *socket;
    int fd;
    NTSTATUS status;
    if (atomic_load(&winsock_starts) == 0)
        return STATUS_WSA(WSANOTINITIALISED);
    if ((flags & SOCKET_BY_INFO) && (family == W_AF_UNSPEC || family_to_host(family) < 0))
        return STATUS_WSA(WSAEAFNOSUPPORT); /* a WSAPROTOCOL_INFO is found by its family */
    status = socket__resolve_kind(&family, &type, &protocol);
    if (status == STATUS_SUCCESS)
        status = socket_open_descriptor(family, type, protocol, &fd);
    if (status != STATUS_SUCCESS)
        return status;
    socket =
        socket_new(fd, family, type, protocol, flags & SOCKET_OVERLAPPED ? FILE_OVERLAPPED : 0);
    if (!socket)
        return STATUS_NO_MEMORY;
    spare_mark_fresh(socket);
    return socket_open_handle(socket, flags & SOCKET_NO_INHERIT ? 0 : HANDLE_INHERIT, s);
}

NTSTATUS socket_adopt(struct socket *listener, int fd, uintptr_t *s)
{
    struct socket *socket = socket_new(fd, listener->family, listener->type, listener->protocol,
                                       listener->file.flags & FILE_OVERLAPPED);
    if (!socket)
        return STATUS_NO_MEMORY;
    socket->nonblocking = listener->nonblocking;
    socket->v6only = listener->v6only;
    option_inherit(listener, socket);
    socket_set_connected(socket);
    network_events_inherit(listener, socket);
    return socket_open_handle(socket, HANDLE_INHERIT, s);
}

void socket_replace_descriptor(struct socket *socket, int fd)
{
    binding_release(socket);
    file_forget_watches(&socket->file);
    if (socket->file.fd >= 0)
        spare_give_up(socket);
    socket->file.fd = fd;
    file_update_watches(&socket->file);
    free(socket->peer);
    socket->peer = NULL;
}

void socket_set_connected(struct socket *socket)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    socket->connected_at_s = now.tv_sec;
    socket->connected = true;
    socket->connecting = false;
    socket->bound = true;
    socket->connect_failed = false;
    socket->error = 0;
    socket->broken = 0;
}

/* ---- naming ---- */

/* Caller holds file.lock. */
static NTSTATUS socket__bind(struct socket *socket, const struct sockaddr_storage *address,
                             socklen_t length)
{
    NTSTATUS status;
    if (socket->bound || socket->accepting_for)
        return STATUS_WSA(WSAEINVAL);
    status = binding_bind(socket, address, length);
    socket->bound = status == STATUS_SUCCESS;
    return status;
}

NTSTATUS socket_bind(struct socket *socket, const void *name, int length)
{
    struct sockaddr_storage address;
    socklen_t address_length;
    NTSTATUS status = length > 0 && !memory_is_readable(name, (size_t)length)
                          ? STATUS_ACCESS_VIOLATION
                          : address_to_host(name, length, &address, &address_length);
    if (status != STATUS_SUCCESS)
        return status;
    if (address.ss_family != family_to_host(socket->family))
        return STATUS_WSA(WSAEAFNOSUPPORT);
    file_lock(&socket->file);
    status = socket__bind(socket, &address, address_length);
    file_unlock(&socket->file);
    return status;
}

/* Caller holds file.lock. */
static NTSTATUS socket__listen(struct socket *socket, int backlog)
{
    NTSTATUS status;
    if (socket->type != SOCK_STREAM)
        return STATUS_WSA(WSAEOPNOTSUPP);
    if (socket->connected)
        return STATUS_WSA(WSAEISCONN);
    if (!socket->bound)
        return STATUS_WSA(WSAEINVAL);
    status = binding_listen(socket, backlog);
    socket->listening |= status == STATUS_SUCCESS;
    return status;
}

NTSTATUS socket_listen(struct socket *socket, int backlog)
{
    NTSTATUS status;
    if (backlog < 0) /* SOMAXCONN_HINT(n) is -n */
        backlog = backlog < -65535 ? 65535 : -backlog;
    file_lock(&socket->file);
    status = socket__listen(socket, backlog);
    file_unlock(&socket->file);
    return status;
}

void socket_keep_peer(struct socket *socket, const struct sockaddr_storage *peer)
{
    socklen_t size = sizeof *socket->peer;
    if (socket->peer && !peer)
        return;
    if (!socket->peer)
        socket->peer = calloc(1, sizeof *socket->peer);
    if (!socket->peer)
        return;
    if (peer) {
        *socket->peer = *peer;
    } else if (socket->family == W_AF_UNIX ||
               getpeername(socket->file.fd, (struct sockaddr *)socket->peer, &size) < 0) {
        free(socket->peer);
        socket->peer = NULL;
    }
}

NTSTATUS socket_shutdown(struct socket *socket, int how)
{
    NTSTATUS status = STATUS_SUCCESS;
    if (how < SHUT_RD || how > SHUT_RDWR) /* SD_* have the same values */
        return STATUS_WSA(WSAEINVAL);
    file_lock(&socket->file);
    if (!socket->connected && socket->type == SOCK_STREAM) {
        status = STATUS_WSA(WSAENOTCONN);
    } else if (how != SHUT_RD) {
        /* The receiving side is only shut towards the program: a receive that is pending already
         * still gets what comes (SOCK-340), and Linux would end it. */
        socket_keep_peer(socket, NULL);
        if (shutdown(socket->file.fd, SHUT_WR) < 0 && errno != ENOTCONN)
            status = status_from_call(errno);
    }
    if (status == STATUS_SUCCESS) {
        socket->shut_send |= how != SHUT_RD;
        socket->shut_receive |= how != SHUT_WR;
    }
    file_unlock(&socket->file);
    return status;
}

NTSTATUS socket_name(struct socket *socket, bool peer, void *name, int *length)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    int err;
    if (peer && !socket->connected && !socket->connecting)
        return STATUS_WSA(WSAENOTCONN);
    if (peer && socket->peer)
        return address_from_host(socket->peer, host_address_size(socket->peer), name, length);
    if (!peer && !socket->bound)
        return STATUS_WSA(WSAEINVAL);
    err = peer ? getpeername(socket->file.fd, (struct sockaddr *)&address, &size)
               : getsockname(socket->file.fd, (struct sockaddr *)&address, &size);
    if (err < 0)
        return status_from_call(errno);
    return address_from_host(&address, size, name, length);
}

/* ---- ending ---- */

static bool socket__has_unsent(struct socket *socket)
{
    bool queued;
    int unsent = 0;
    file_lock(&socket->file);
    queued = !list_is_empty(&socket->file.queue[FILE_WRITE]);
    file_unlock(&socket->file);
    ioctl(socket->file.fd, SIOCOUTQ, &unsent);
    return queued || unsent > 0;
}

/* Waits until everything was sent and acknowledged, which no poll tells; false: time is up. */
static bool socket__wait_until_sent(struct socket *socket, int seconds)
{
    struct deadline deadline = deadline_from_ms((uint32_t)seconds * 1000);
    struct timespec pause = {.tv_nsec = LINGER_FIRST_PAUSE_NS};
    struct thread *self = thread_self();
    thread_block_begin(self);
    while (socket__has_unsent(socket) && !deadline_has_passed(&deadline)) {
        nanosleep(&pause, NULL);
        if (pause.tv_nsec < LINGER_LAST_PAUSE_NS)
            pause.tv_nsec *= 2;
    }
    thread_block_end(self);
    return !socket__has_unsent(socket);
}

/* What SO_LINGER asks of closesocket (SOCK-354). STATUS_SUCCESS: go on and close. */
static NTSTATUS socket__linger(struct socket *socket)
{
    struct linger linger = {0};
    socklen_t size = sizeof linger;
    if (!socket->lingers || !socket->connected)
        return STATUS_SUCCESS;
    getsockopt(socket->file.fd, SOL_SOCKET, SO_LINGER, &linger, &size);
    if (!linger.l_onoff || !linger.l_linger || !socket__has_unsent(socket))
        return STATUS_SUCCESS;
    if (socket->nonblocking)
        return STATUS_WSA(WSAEWOULDBLOCK);
    if (!socket__wait_until_sent(socket, linger.l_linger)) {
        linger.l_linger = 0;
        setsockopt(socket->file.fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    }
    return STATUS_SUCCESS;
}

NTSTATUS socket_close(uintptr_t s)
{
    struct socket *socket;
    NTSTATUS status = socket_get(s, &socket);
    if (status != STATUS_SUCCESS)
        return status;
    status = socket__linger(socket);
    if (status == STATUS_SUCCESS)
        status = handle_close((HANDLE)s);
    socket_unref(socket);
    return status;
}

void socket_close_all(void)
{
    uint32_t used = __atomic_load_n(&handle_table.used, __ATOMIC_RELAXED);
    for (uint32_t index = 1; index < used; index++) {
        struct object *object = table_get(&handle_table, index, NULL);
        if (!object)
            continue;
        if (object->ops == &file_object_ops &&
            list_entry(object, struct file, object)->ops == &socket_ops)
            handle_close((HANDLE)((uintptr_t)index << 2));
        object_unref(object);
    }
    while (spare_close_one())
        ;
}

/* A receive on a connection is aborted; everything else counts as cancelled (PORT-129). */
static NTSTATUS socket__close_status(struct file *file, struct request *request)
{
    struct socket *socket = socket_of(file);
    if (socket->connected && socket->type == SOCK_STREAM && !(request->flags & REQUEST_WRITE) &&
        request->file == file)
        return STATUS_CONNECTION_ABORTED;
    return STATUS_CANCELLED;
}

/* The wait was closesocket's; close(2) must not wait again, whoever comes to call it. An abort
 * drops what was still to be sent. Caller holds file.lock. */
static void socket__settle_linger(struct socket *socket)
{
    struct linger linger = {0};
    struct list *node;
    socklen_t size = sizeof linger;
    getsockopt(socket->file.fd, SOL_SOCKET, SO_LINGER, &linger, &size);
    if (linger.l_onoff && linger.l_linger) {
        linger.l_onoff = 0;
        setsockopt(socket->file.fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    } else if (linger.l_onoff) {
        list_for_each (node, &socket->file.queue[FILE_WRITE])
            list_entry(node, struct request, link)->flags &= ~(uint32_t)REQUEST_BACKGROUND;
    }
}

/* An urgent byte that was read still lies where it is in the stream, and the host resets a
 * connection that is closed with something unread. Steps over it if nothing follows. Caller holds
 * file.lock. */
static void socket__skip_urgent(struct socket *socket)
{
    int fd = socket->file.fd, at_mark = 0;
    char byte;
    if (ioctl(fd, SIOCATMARK, &at_mark) == 0 && at_mark &&
        recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0)
        (void)recv(fd, &byte, 1, MSG_DONTWAIT);
}

/* Wakes whoever polls the descriptor, and lets the peer know at once even if a request that is
 * still going on keeps the descriptor open. Caller holds file->lock. */
static void socket__closing(struct file *file)
{
    struct socket *socket = socket_of(file);
    binding_release(socket);
    if (socket->oob_read)
        socket__skip_urgent(socket);
    if (socket->lingers)
        socket__settle_linger(socket);
    if (socket->listening || (!socket->lingers && !list_is_empty(&file->queue[FILE_CONTROL])))
        shutdown(file->fd, SHUT_RDWR);
}

static void socket__destroy(struct file *file)
{
    struct socket *socket = socket_of(file);
    network_events_free(socket);
    socket_drop_deferred(socket);
    free(socket->peer);
    free(socket);
}

const struct file_ops socket_ops = {
    .type = FILE_TYPE_PIPE,
    .name = "socket",
    .transfer = socket_transfer,
    .control = afd_control,
    .closing = socket__closing,
    .close_status = socket__close_status,
    .observed = watch_observed,
    .cancel_away = socket__cancel_away,
    .destroy = socket__destroy,
};

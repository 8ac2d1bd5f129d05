/* Connecting and disconnecting. */
#include "socket.h"

#include "address.h"
#include "network_events.h"
#include "spare.h"
#include "transfer.h"
#include "wsastatus.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <winerror.h>

/* Windows gives up after some twenty seconds; so many tries take the host thirty, not its usual two
 * minutes. */
enum { CONNECT_SYN_RETRIES = 4 };

struct connect_request {
    struct request request;
    bool established;
    NTSTATUS refused; /* it failed at once; the program learns it from the completion */
    char *data;       /* what to send once connected; owned */
    uint32_t data_length;
};

/* Has the connection attempt ended? STATUS_PENDING if not. */
static NTSTATUS connect__outcome(struct socket *socket)
{
    struct pollfd poll_fd = {.fd = socket->file.fd, .events = POLLOUT};
    socklen_t size = sizeof(int);
    int err = 0;
    if (poll(&poll_fd, 1, 0) == 0)
        return STATUS_PENDING;
    getsockopt(socket->file.fd, SOL_SOCKET, SO_ERROR, &err, &size);
    return status_from_socket_errno(err);
}

/* Notes how it ended. Caller holds file.lock. */
static void connect__ended(struct socket *socket, NTSTATUS status)
{
    socket->connecting = false;
    socket->connect_failed = status != STATUS_SUCCESS;
    socket->connect_status = status;
    if (status == STATUS_SUCCESS)
        socket_set_connected(socket);
}

static bool connect__attempt(struct request *request)
{
    struct connect_request *connect = list_entry(request, struct connect_request, request);
    struct socket *socket = socket_of(request->file);
    if (!connect->established) {
        NTSTATUS status = connect->refused ? connect->refused : connect__outcome(socket);
        if (status == STATUS_PENDING)
            return false;
        connect__ended(socket, status);
        request->status = status;
        if (status != STATUS_SUCCESS)
            return true;
        connect->established = true;
    }
    while (request->information < connect->data_length) {
        ssize_t sent =
            send(request->file->fd, connect->data + request->information,
                 connect->data_length - request->information, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN)
            return false;
        if (sent < 0 && errno != EINTR) {
            request->status = status_from_socket_errno(errno);
            return true;
        }
        if (sent > 0)
            request->information += (uint64_t)sent;
    }
    request->status = STATUS_SUCCESS;
    return true;
}

static void connect__release(struct request *request)
{
    free(list_entry(request, struct connect_request, request)->data);
}

static const struct request_ops connect__ops = {
    .name = "connect",
    .size = sizeof(struct connect_request),
    .attempt = connect__attempt,
    .release = connect__release,
};

/* Linux connects the unspecified address to loopback; Windows refuses it (SOCK-200). */
static bool connect__is_unspecified(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)address;
        return in->sin_addr.s_addr == 0 || in->sin_port == 0;
    }
    if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
        return IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr) || in6->sin6_port == 0;
    }
    return false;
}

static NTSTATUS connect__address(struct socket *socket, const void *name, int length,
                                 struct sockaddr_storage *address, socklen_t *address_length)
{
    NTSTATUS status = length > 0 && !memory_is_readable(name, (size_t)length)
                          ? STATUS_ACCESS_VIOLATION
                          : address_to_host(name, length, address, address_length);
    if (status != STATUS_SUCCESS)
        return status;
    if (address->ss_family == AF_UNSPEC && socket->type == SOCK_DGRAM)
        return STATUS_SUCCESS;
    if (address->ss_family != family_to_host(socket->family))
        return STATUS_WSA(WSAEAFNOSUPPORT);
    if (socket->type == SOCK_STREAM && connect__is_unspecified(address))
        return STATUS_WSA(WSAEADDRNOTAVAIL);
    return STATUS_SUCCESS;
}

/* connect(2)'s errno. Taking a peer away makes Linux give up a port that it chose itself. */
static int connect__call(struct socket *socket, const struct sockaddr_storage *address,
                         socklen_t length)
{
    struct sockaddr_in6 own = {0}, after = {0};
    socklen_t own_length = sizeof own, after_length = sizeof after;
    if (address->ss_family == AF_UNSPEC)
        getsockname(socket->file.fd, (struct sockaddr *)&own, &own_length);
    if (connect(socket->file.fd, (const struct sockaddr *)address, length) < 0)
        return errno;
    if (address->ss_family == AF_UNSPEC &&
        getsockname(socket->file.fd, (struct sockaddr *)&after, &after_length) == 0 &&
        after.sin6_port == 0) /* at one place in both families */
        (void)bind(socket->file.fd, (struct sockaddr *)&own, own_length);
    return 0;
}

/* Starts the attempt. STATUS_PENDING: under way. Caller holds file.lock. */
static NTSTATUS connect__start(struct socket *socket, const struct sockaddr_storage *address,
                               socklen_t length)
{
    const int tries = CONNECT_SYN_RETRIES;
    int on = 1, err;
    spare_mark_used(socket);
    err = connect__call(socket, address, length);
    if (err == EACCES && socket->type == SOCK_DGRAM) { /* it may be a broadcast (SOCK-116) */
        setsockopt(socket->file.fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
        err = connect__call(socket, address, length);
    }
    if (err == ECONNABORTED) /* the first connect after a failed one only clears that away */
        err = connect__call(socket, address, length);
    network_events_enable(socket, NETWORK_CONNECT);
    socket->active = socket->bound = true;
    socket->error = 0;
    socket->connect_failed = err && err != EINPROGRESS && err != EAGAIN;
    free(socket->peer);
    socket->peer = NULL;
    if (err == 0) {
        socket_set_connected(socket);
        if (address->ss_family == AF_UNSPEC)
            socket->connected = socket->active = false;
        return STATUS_SUCCESS;
    }
    if (err == EINPROGRESS || err == EAGAIN) {
        socket->connecting = true;
        if (socket->family != W_AF_UNIX && socket->type == SOCK_STREAM)
            setsockopt(socket->file.fd, IPPROTO_TCP, TCP_SYNCNT, &tries, sizeof tries);
        if (socket->family != W_AF_UNIX)
            socket_keep_peer(socket, address); /* the host tells it only once connected */
        return STATUS_PENDING;
    }
    socket->connect_status = status_from_socket_errno(err);
    return socket->connect_status;
}

/* ---- connect ---- */

/* May a plain connect begin? Caller holds file.lock. */
static NTSTATUS connect__may_begin(struct socket *socket)
{
    if (socket->connecting && list_is_empty(&socket->file.queue[FILE_WRITE])) {
        NTSTATUS status = connect__outcome(socket);
        if (status == STATUS_PENDING)
            return STATUS_WSA(WSAEALREADY);
        connect__ended(socket, status);
    }
    if (socket->connected && socket->type == SOCK_STREAM && !socket->by_extension)
        return STATUS_WSA(WSAEISCONN);
    if ((socket->connected && socket->by_extension) || socket->listening || socket->connecting ||
        socket->accepting_for)
        return STATUS_WSA(WSAEINVAL);
    socket->by_extension = false;
    return STATUS_SUCCESS;
}

NTSTATUS socket_connect(struct socket *socket, const void *name, int length)
{
    struct connect_request connect = {
        .request = {.ops = &connect__ops, .file = &socket->file, .flags = REQUEST_WRITE}};
    struct deadline never = deadline_from_ms(0xFFFFFFFF);
    struct sockaddr_storage address;
    socklen_t address_length;
    NTSTATUS status = connect__address(socket, name, length, &address, &address_length);
    if (status != STATUS_SUCCESS)
        return status;
    file_lock(&socket->file);
    status = connect__may_begin(socket);
    if (status == STATUS_SUCCESS)
        status = connect__start(socket, &address, address_length);
    file_unlock(&socket->file);
    if (status != STATUS_PENDING)
        return status;
    if (socket->nonblocking)
        return STATUS_WSA(WSAEWOULDBLOCK);
    return file_submit_and_wait(&socket->file, &connect.request, true, &never);
}

/* ---- ConnectEx ---- */

/* As socket_submit_pending. Caller holds file.lock. */
static NTSTATUS connect_ex__begin(struct socket *socket, struct connect_request *connect,
                                  const struct sockaddr_storage *address, socklen_t length,
                                  bool *queued)
{
    NTSTATUS status;
    if (socket->connected)
        return STATUS_WSA(WSAEISCONN);
    if (!(socket->bound || socket->reused) || socket->listening || socket->connecting ||
        socket->accepting_for)
        return STATUS_WSA(WSAEINVAL);
    status = connect__start(socket, address, length);
    if (status == STATUS_SUCCESS)
        connect->established = true;
    else if (status == STATUS_CONNECTION_REFUSED)
        connect->refused = status;
    else if (status != STATUS_PENDING)
        return status;
    socket->by_extension = true;
    return socket_submit_pending(socket, &connect->request, queued);
}

NTSTATUS socket_connect_ex(struct socket *socket, const void *name, int length, const void *data,
                           uint32_t data_length, OVERLAPPED *overlapped)
{
    struct connect_request connect = {.request = {.ops = &connect__ops, .flags = REQUEST_WRITE}};
    struct sockaddr_storage address;
    socklen_t address_length;
    bool queued = false;
    NTSTATUS status;
    if (!overlapped)
        return STATUS_WSA(ERROR_INVALID_PARAMETER);
    status = connect__address(socket, name, length, &address, &address_length);
    if (status != STATUS_SUCCESS)
        return status;
    status = socket_request_init(socket, &connect.request, overlapped, NULL);
    if (status == STATUS_SUCCESS && data && data_length) {
        connect.data = malloc(data_length);
        connect.data_length = data_length;
        if (!connect.data)
            status = STATUS_INSUFFICIENT_RESOURCES;
        else
            memcpy(connect.data, data, data_length);
    }
    if (status == STATUS_SUCCESS) {
        request_begin(&connect.request);
        file_lock(&socket->file);
        status = connect_ex__begin(socket, &connect, &address, address_length, &queued);
        file_unlock(&socket->file);
    }
    if (!queued)
        request_free(&connect.request);
    return status;
}

/* ---- DisconnectEx ---- */

/* Puts a fresh descriptor behind the same SOCKET; the port, its key and the options stay. Caller
 * holds file.lock. */
static NTSTATUS disconnect__renew(struct socket *socket)
{
    const struct linger none = {0};
    int fd;
    NTSTATUS status = socket_open_descriptor(socket->family, socket->type, socket->protocol, &fd);
    if (status != STATUS_SUCCESS)
        return status;
    option_carry(socket, fd);
    if (socket->lingers) /* the connection ends by itself: nobody waits for it, nor cuts it short */
        setsockopt(socket->file.fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    socket_replace_descriptor(socket, fd);
    socket->bound = socket->connected = socket->connecting = socket->by_extension = false;
    socket->shut_send = socket->shut_receive = socket->oob_read = false;
    socket->reused = true;
    return STATUS_SUCCESS;
}

NTSTATUS socket_disconnect_locked(struct socket *socket, bool reuse)
{
    if (!socket->connected)
        return STATUS_WSA(WSAENOTCONN);
    socket_keep_peer(socket, NULL);
    shutdown(socket->file.fd, SHUT_WR);
    socket->shut_send = true;
    return reuse ? disconnect__renew(socket) : STATUS_SUCCESS;
}

static const struct request_ops disconnect__ops = {
    .name = "disconnect",
    .size = sizeof(struct request),
};

NTSTATUS socket_disconnect_ex(struct socket *socket, OVERLAPPED *overlapped, uint32_t flags)
{
    struct request request = {.ops = &disconnect__ops, .flags = REQUEST_WRITE};
    NTSTATUS status;
    if (flags & ~(uint32_t)W_TF_REUSE_SOCKET)
        return STATUS_WSA(WSAEINVAL);
    status = socket_request_init(socket, &request, overlapped, NULL);
    if (status == STATUS_SUCCESS) {
        request_begin(&request);
        file_lock(&socket->file);
        status = socket_disconnect_locked(socket, flags & W_TF_REUSE_SOCKET);
        file_unlock(&socket->file);
    }
    if (status == STATUS_SUCCESS && overlapped) {
        request.status = STATUS_SUCCESS;
        status = request_end_pending(&request);
    }
    request_free(&request);
    return status;
}

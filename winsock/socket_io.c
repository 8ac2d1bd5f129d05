/* Receiving and sending. Both are requests in the socket's queues: tried at once if nothing is in
 * front of them, else in their turn. */
#include "socket.h"

#include "address.h"
#include "host_call.h"
#include "message.h"
#include "network_events.h"
#include "transfer.h"
#include "wsastatus.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <winerror.h>

enum {
    STACK_IOV = 64,
    IO_BUFFERS_USUAL = 64, /* as many are taken on trust */
    DATAGRAM_SEND_TRIES = 8,
    PAGE_BYTES = 4096,
    KNOWN_PAGES = 64,
};

struct socket_request {
    struct request request;
    int host_flags;
    bool whole; /* MSG_WAITALL */
    void *name; /* receive: where the sender's address goes */
    int *name_length_out;
    struct wsamsg *message; /* receive: what to fill in besides */
    char *control;          /* send: the host's control data; owned */
    size_t control_length;
    struct sockaddr_storage address; /* send: where to */
    socklen_t address_length;
};

static struct socket_request *io__of(struct request *request)
{
    return list_entry(request, struct socket_request, request);
}

/* ---- the tries ---- */

static bool io__end(struct request *request, NTSTATUS status)
{
    request->status = status;
    return true;
}

/* The connection failed. The host tells why once and EPIPE or the end of the stream after that;
 * Windows goes on telling why. A reset after the peer's end of stream comes as EPIPE (SOCK-059). */
static bool io__broken(struct request *request, struct socket *socket, int err)
{
    if (err == ECONNRESET || err == ETIMEDOUT)
        socket->broken = status_from_socket_errno(err);
    else if (err == EPIPE && !socket->broken)
        socket->broken = STATUS_CONNECTION_ABORTED;
    return io__end(request, err == EPIPE ? socket->broken : status_from_socket_errno(err));
}

/* The network's answers to datagrams sent earlier wait in a queue of their own; takes one out and
 * tells whether it said that a datagram's time to live had run out. */
static bool io__take_network_error(int fd)
{
    char control[MESSAGE_CONTROL_MAX];
    struct msghdr message = {.msg_control = control, .msg_controllen = sizeof control};
    struct sock_extended_err error;
    if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return false;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_type != IP_RECVERR && header->cmsg_type != IPV6_RECVERR)
            continue;
        memcpy(&error, CMSG_DATA(header), sizeof error);
        if (error.ee_origin == SO_EE_ORIGIN_ICMP)
            return error.ee_type == ICMP_TIME_EXCEEDED;
        if (error.ee_origin == SO_EE_ORIGIN_ICMP6)
            return error.ee_type == ICMP6_TIME_EXCEEDED;
    }
    return false;
}

/* Is this errno of a datagram socket the network's answer to something sent earlier? */
static bool io__is_network_answer(int err)
{
    return err == ECONNREFUSED || err == EHOSTUNREACH || err == ENETUNREACH || err == EHOSTDOWN ||
           err == ENOPROTOOPT || err == EPROTO || err == EACCES || err == EMSGSIZE;
}

/* A datagram receive failed with such an answer: what it means to the program (SOCK-118 to
 * SOCK-120). STATUS_SUCCESS: nothing, the receive goes on. */
static NTSTATUS io__judge_network_answer(struct socket *socket, int err)
{
    bool expired = io__take_network_error(socket->file.fd);
    if (err == ECONNREFUSED)
        return socket->no_connreset ? STATUS_SUCCESS : STATUS_PORT_UNREACHABLE;
    return expired && !socket->no_netreset ? STATUS_WSA(WSAENETRESET) : STATUS_SUCCESS;
}

/* A failed recv or send: false if it only has to wait. */
static bool io__failed(struct request *request, int err)
{
    struct socket *socket = socket_of(request->queue ? request->queue : request->file);
    if (err == EAGAIN)
        return false;
    if (err == EPIPE && socket->shut_send)
        return io__end(request, STATUS_PIPE_DISCONNECTED);
    if ((err == EPIPE || err == EINVAL) && !socket->connected && socket->type == SOCK_STREAM)
        return io__end(request, STATUS_INVALID_CONNECTION);
    if (socket->connected && socket->type == SOCK_STREAM)
        return io__broken(request, socket, err);
    return io__end(request, status_from_socket_errno(err));
}

/* A receive without room says when there is something, and leaves it there. */
static bool io__receive_nothing(struct request *request, struct socket *socket)
{
    char byte;
    ssize_t got = host_recv(socket->file.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got == 0 && socket->broken)
        return io__end(request, socket->broken);
    return got < 0 ? io__failed(request, errno) : io__end(request, STATUS_SUCCESS);
}

static void io__store_sender(struct socket_request *io, const struct msghdr *message)
{
    if (!io->name || !message->msg_namelen)
        return;
    address_from_host(&io->address, message->msg_namelen, io->name, io->name_length_out);
}

/* Tells what a WSAMSG tells besides the data. Returns false if control data were cut. */
static bool io__store_message(struct socket_request *io, struct msghdr *message)
{
    struct wsamsg *to = io->message;
    bool cut = false;
    to->control.len = (ULONG)message_control_from_host(message, to->control.buf,
                                                       to->control.buf ? to->control.len : 0, &cut);
    cut &= to->control.buf != NULL;
    to->flags = (message->msg_flags & MSG_TRUNC ? W_MSG_TRUNC : 0) | (cut ? W_MSG_CTRUNC : 0);
    return !cut;
}

/* One datagram into *message; one buffer and no control data, the usual case, without a header. */
static ssize_t io__receive_datagram(int fd, struct msghdr *message, int flags)
{
    struct iovec *iov = message->msg_iov;
    ssize_t got;
    if (message->msg_iovlen != 1 || message->msg_control)
        return recvmsg(fd, message, flags);
    got = host_recvfrom(fd, iov->iov_base, iov->iov_len, flags | MSG_TRUNC, message->msg_name,
                        message->msg_name ? &message->msg_namelen : NULL);
    message->msg_flags = got > (ssize_t)iov->iov_len ? MSG_TRUNC : 0;
    return message->msg_flags ? (ssize_t)iov->iov_len : got;
}

static ssize_t io__send_datagram(int fd, const struct msghdr *message, int flags)
{
    struct iovec *iov = message->msg_iov;
    if (message->msg_iovlen != 1 || message->msg_control)
        return sendmsg(fd, message, flags);
    return host_sendto(fd, iov->iov_base, iov->iov_len, flags, message->msg_name,
                       message->msg_namelen);
}

/* A datagram, whole, with what comes with it. */
static bool io__attempt_receive_datagram(struct request *request)
{
    struct socket_request *io = io__of(request);
    struct socket *socket = socket_of(request->file);
    char control[MESSAGE_CONTROL_MAX];
    struct msghdr message = {.msg_iov = request_iov(request), .msg_iovlen = request->iov_count};
    NTSTATUS status = STATUS_SUCCESS;
    ssize_t got;
    do {
        message.msg_name = io->name ? &io->address : NULL;
        message.msg_namelen = io->name ? sizeof io->address : 0;
        message.msg_control = io->message ? control : NULL;
        message.msg_controllen = io->message ? sizeof control : 0;
        got = io__receive_datagram(socket->file.fd, &message, io->host_flags | MSG_DONTWAIT);
        if (got < 0 && io__is_network_answer(errno))
            status = io__judge_network_answer(socket, errno);
        else if (got < 0 && errno != EINTR)
            return io__failed(request, errno);
        if (status != STATUS_SUCCESS)
            return io__end(request, status);
    } while (got < 0);
    request->information = (uint64_t)got;
    network_events_enable(socket, NETWORK_READ);
    io__store_sender(io, &message);
    if (message.msg_flags & MSG_TRUNC)
        status = STATUS_BUFFER_OVERFLOW;
    if (io->message && !io__store_message(io, &message))
        status = STATUS_BUFFER_OVERFLOW;
    return io__end(request, status);
}

/* The rest of a stream's buffers: one part, the usual case, without a header. */
static ssize_t io__receive_rest(struct request *request, int fd, int flags)
{
    struct iovec iov[STACK_IOV];
    struct msghdr message = {.msg_iov = iov};
    message.msg_iovlen = request_remaining_iov(request, iov, STACK_IOV);
    if (message.msg_iovlen == 1)
        return host_recv(fd, iov[0].iov_base, iov[0].iov_len, flags);
    return recvmsg(fd, &message, flags);
}

static ssize_t io__send_rest(struct request *request, int fd, int flags)
{
    struct iovec iov[STACK_IOV];
    struct msghdr message = {.msg_iov = iov};
    message.msg_iovlen = request_remaining_iov(request, iov, STACK_IOV);
    if (message.msg_iovlen == 1)
        return host_send(fd, iov[0].iov_base, iov[0].iov_len, flags);
    return sendmsg(fd, &message, flags);
}

static bool io__attempt_receive(struct request *request)
{
    struct socket_request *io = io__of(request);
    struct socket *socket = socket_of(request->queue ? request->queue : request->file);
    uint64_t length = request_length(request);
    ssize_t got;

    if (length == 0)
        return io__receive_nothing(request, socket);
    for (;;) {
        got = io__receive_rest(request, socket->file.fd, io->host_flags | MSG_DONTWAIT);
        if (got < 0) {
            if (errno == EINTR)
                continue;
            return io__failed(request, errno);
        }
        if (got == 0 && socket->broken)
            return io__end(request, socket->broken);
        request->information += (uint64_t)got;
        network_events_enable(socket, NETWORK_READ);
        if (io->host_flags & MSG_OOB)
            socket->oob_read = true;
        if (got > 0 && request->information < length && io->host_flags == 0)
            file_set_drained(&socket->file);
        if (!io->whole || got == 0 || request->information == length)
            return io__end(request, STATUS_SUCCESS);
    }
}

/* A datagram to port 0 is sent to nobody; the host would refuse it (SOCK-115). */
static bool io__goes_nowhere(const struct socket_request *send)
{
    const struct sockaddr_in *in = (const struct sockaddr_in *)&send->address;
    bool internet = in->sin_family == AF_INET || in->sin_family == AF_INET6;
    return socket_of(send->request.file)->type == SOCK_DGRAM && send->address_length && internet &&
           in->sin_port == 0; /* at one place in both */
}

/* A datagram leaves whole. What the network had to say about earlier ones is not told to a sender
 * (SOCK-117). */
static bool io__attempt_send_datagram(struct request *request)
{
    struct socket_request *io = io__of(request);
    struct socket *socket = socket_of(request->file);
    struct msghdr message = {
        .msg_iov = request_iov(request),
        .msg_iovlen = request->iov_count,
        .msg_name = io->address_length ? &io->address : NULL,
        .msg_namelen = io->address_length,
        .msg_control = io->control,
        .msg_controllen = io->control_length,
    };
    ssize_t sent;
    if (io__goes_nowhere(io)) {
        request->information = request_length(request);
        return io__end(request, STATUS_SUCCESS);
    }
    for (int tries = 0; tries < DATAGRAM_SEND_TRIES; tries++) {
        sent = io__send_datagram(socket->file.fd, &message,
                                 io->host_flags | MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0) {
            request->information = (uint64_t)sent;
            return io__end(request, STATUS_SUCCESS);
        }
        if (errno == ECONNREFUSED || errno == EHOSTUNREACH)
            io__take_network_error(socket->file.fd);
        else if (errno != EINTR)
            break;
    }
    return io__failed(request, errno);
}

static bool io__attempt_send(struct request *request)
{
    struct socket_request *io = io__of(request);
    int fd = request->file->fd;
    uint64_t length = request_length(request);
    ssize_t sent;
    do {
        sent = io__send_rest(request, fd, io->host_flags | MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0)
            request->information += (uint64_t)sent;
        else if (errno != EINTR)
            return io__failed(request, errno);
    } while (request->information < length);
    return io__end(request, STATUS_SUCCESS);
}

static void io__release(struct request *request)
{
    free(io__of(request)->control);
}

/* What a stream's request does not use is not carried along while it waits. */
enum { STREAM_REQUEST_SIZE = offsetof(struct socket_request, name) };

static const struct request_ops io__receive_ops[2] = {
    {.name = "receive", .size = STREAM_REQUEST_SIZE, .attempt = io__attempt_receive},
    {
        .name = "receive datagram",
        .size = sizeof(struct socket_request),
        .attempt = io__attempt_receive_datagram,
    },
};

static const struct request_ops io__send_ops[2] = {
    {.name = "send", .size = STREAM_REQUEST_SIZE, .attempt = io__attempt_send},
    {
        .name = "send datagram",
        .size = sizeof(struct socket_request),
        .attempt = io__attempt_send_datagram,
        .release = io__release,
    },
};

static const struct request_ops *io__ops(const struct socket *socket, bool write)
{
    return &(write ? io__send_ops : io__receive_ops)[socket->type != SOCK_STREAM];
}

/* ---- starting ---- */

NTSTATUS socket_request_init(struct socket *socket, struct request *request, OVERLAPPED *overlapped,
                             void *routine)
{
    request->file = &socket->file;
    request->iosb = (IO_STATUS_BLOCK *)overlapped;
    request->context = overlapped;
    if (!overlapped)
        return STATUS_SUCCESS;
    if (routine) {
        if (socket->file.port)
            return STATUS_WSA(WSAEINVAL);
        return request_set_apc(request, routine, overlapped, REQUEST_WINSOCK);
    }
    return request_set_event(request, overlapped->hEvent);
}

NTSTATUS socket_submit_pending(struct socket *socket, struct request *request, bool *queued)
{
    NTSTATUS status;
    request->flags |= REQUEST_ALWAYS_PENDS;
    if (socket->file.flags & FILE_CLOSED)
        return STATUS_INVALID_HANDLE;
    if (list_is_empty(&socket->file.queue[FILE_WRITE]) && request->ops->attempt(request))
        return request->flags & REQUEST_ALWAYS_PENDS ? request_end_pending_locked(request)
                                                     : request->status;
    status = file_enqueue(&socket->file, request);
    *queued = status == STATUS_PENDING;
    return status;
}

static NTSTATUS io__capture_buffers(struct request *request, const struct socket_io *io)
{
    struct iovec *iov;
    if (!request_set_iov_count(request, io->count))
        return STATUS_INSUFFICIENT_RESOURCES;
    iov = request_iov(request);
    for (uint32_t i = 0; i < io->count; i++) {
        iov[i].iov_base = io->buffers[i].buf;
        iov[i].iov_len = io->buffers[i].len;
    }
    return STATUS_SUCCESS;
}

/* ---- sends that go on by themselves ---- */

static void background__release(struct request *request)
{
    free(request->context);
}

static const struct request_ops background__ops = {
    .name = "send in the background",
    .size = sizeof(struct socket_request),
    .attempt = io__attempt_send,
    .release = background__release,
};

/* A non-blocking send takes all or nothing: what the kernel did not take is copied and sent by the
 * reactor (SOCK-092). Returns false, with nothing queued, if there is no memory. */
static bool io__send_rest_in_background(struct socket *socket, struct request *request)
{
    struct socket_request rest = {
        .request = {.ops = &background__ops,
                    .file = &socket->file,
                    .iov_count = 1,
                    .flags = REQUEST_WRITE | REQUEST_NO_PACKET | REQUEST_BACKGROUND}};
    struct iovec iov[STACK_IOV];
    uint64_t left = request_length(request) - request->information;
    char *copy = malloc(left);
    NTSTATUS status;
    if (!copy)
        return false;
    rest.request.context = copy;
    rest.request.iov_inline[0] = (struct iovec){copy, left};
    while (request->information < request_length(request)) {
        uint32_t count = request_remaining_iov(request, iov, STACK_IOV);
        for (uint32_t i = 0; i < count; i++) {
            memcpy(copy, iov[i].iov_base, iov[i].iov_len);
            copy += iov[i].iov_len;
            request->information += iov[i].iov_len;
        }
    }
    file_lock(&socket->file);
    status = file_enqueue(&socket->file, &rest.request);
    file_unlock(&socket->file);
    if (status != STATUS_PENDING)
        request_free(&rest.request);
    return status == STATUS_PENDING;
}

/* Runs a request without OVERLAPPED, or on a socket that is not overlapped: it ends in the call. */
static NTSTATUS io__wait(struct socket *socket, struct request *request, uint32_t timeout_ms)
{
    struct deadline deadline = deadline_from_ms(timeout_ms ? timeout_ms : 0xFFFFFFFF);
    NTSTATUS status;
    if (socket->nonblocking && !request->iosb)
        deadline = deadline_from_ms(0);
    status = file_submit_and_wait(&socket->file, request, true, &deadline);
    if (status == STATUS_DEVICE_NOT_READY && request->information > 0) {
        uint64_t sent = request->information;
        status = STATUS_SUCCESS;
        if (!io__send_rest_in_background(socket, request))
            request->information = sent; /* a short count is the honest answer then */
    }
    return status;
}

static NTSTATUS io__submit(struct socket *socket, struct socket_request *io, uint32_t timeout_ms,
                           uint32_t *moved)
{
    struct request *request = &io->request;
    NTSTATUS status;
    request_begin(request);
    if (request->iosb && (socket->file.flags & FILE_OVERLAPPED)) {
        status = file_submit(&socket->file, request);
        *moved = (uint32_t)request->information;
        return status;
    }
    status = io__wait(socket, request, timeout_ms);
    *moved = (uint32_t)request->information;
    request_free(request);
    return status;
}

/* What all receives and sends check first. */
static NTSTATUS io__check(const struct socket_io *io)
{
    if (io->count == 0)
        return STATUS_WSA(WSAEINVAL);
    if (socket_is_nowhere(io->buffers))
        return STATUS_ACCESS_VIOLATION;
    if (io->count > IO_BUFFERS_USUAL &&
        !memory_is_readable(io->buffers, io->count * sizeof io->buffers[0]))
        return STATUS_ACCESS_VIOLATION;
    for (uint32_t i = 0; i < io->count; i++)
        if (io->buffers[i].len && socket_is_nowhere(io->buffers[i].buf))
            return STATUS_ACCESS_VIOLATION;
    return STATUS_SUCCESS;
}

static bool io__page_is_writable(uintptr_t address)
{
    static _Thread_local uintptr_t known[KNOWN_PAGES];
    uintptr_t page = address / PAGE_BYTES;
    if (known[page % KNOWN_PAGES] == page)
        return true;
    if (!memory_is_writable((void *)address, 1))
        return false;
    known[page % KNOWN_PAGES] = page;
    return true;
}

/* Will the host be able to store what a receive brings (SOCK-087)? Looks at both ends of each
 * buffer, and not again at a buffer or page that was there before: should it be gone by now, the
 * host tells, if only when data come. */
static bool io__has_room(struct socket *socket, const struct iovec *iov, uint32_t count)
{
    if (count == 1 && iov->iov_base == __atomic_load_n(&socket->known_buffer, __ATOMIC_RELAXED) &&
        iov->iov_len <= __atomic_load_n(&socket->known_length, __ATOMIC_RELAXED))
        return true;
    for (uint32_t i = 0; i < count; i++) {
        uintptr_t start = (uintptr_t)iov[i].iov_base;
        if (iov[i].iov_len &&
            (!io__page_is_writable(start) || !io__page_is_writable(start + iov[i].iov_len - 1)))
            return false;
    }
    if (count == 1) {
        __atomic_store_n(&socket->known_buffer, iov->iov_base, __ATOMIC_RELAXED);
        __atomic_store_n(&socket->known_length, (uint32_t)iov->iov_len, __ATOMIC_RELAXED);
    }
    return true;
}

static NTSTATUS io__check_receive(struct socket *socket, const struct socket_io *io)
{
    const uint32_t known = W_MSG_OOB | W_MSG_PEEK | W_MSG_WAITALL | W_MSG_PARTIAL;
    const uint32_t excludes_waitall = W_MSG_PEEK | W_MSG_OOB | W_MSG_PARTIAL;
    if (io->flags & ~known)
        return STATUS_WSA(WSAEOPNOTSUPP);
    if ((io->flags & W_MSG_WAITALL) &&
        (socket->type != SOCK_STREAM || (io->flags & excludes_waitall) ||
         (socket->nonblocking && !io->overlapped)))
        return STATUS_WSA(WSAEOPNOTSUPP);
    if (socket->type == SOCK_DGRAM && !socket->bound)
        return STATUS_WSA(WSAEINVAL);
    if (socket->type == SOCK_STREAM && !socket->connected)
        return STATUS_WSA(WSAENOTCONN);
    if (socket->shut_receive)
        return STATUS_WSA(WSAESHUTDOWN);
    if (io->name && (!io->name_length_out || (socket->type != SOCK_STREAM &&
                                              *io->name_length_out < address_size(socket->family))))
        return STATUS_ACCESS_VIOLATION;
    return io__check(io);
}

NTSTATUS socket_receive(struct socket *socket, const struct socket_io *io, uint32_t *moved)
{
    struct socket_request receive = {.request.ops = io__ops(socket, false)};
    NTSTATUS status = io__check_receive(socket, io);
    *moved = 0;
    if (status != STATUS_SUCCESS)
        return status;
    receive.host_flags =
        (io->flags & W_MSG_OOB ? MSG_OOB : 0) | (io->flags & W_MSG_PEEK ? MSG_PEEK : 0);
    receive.whole = io->flags & W_MSG_WAITALL;
    receive.message = io->message;
    if (socket->type != SOCK_STREAM) {
        receive.name = io->name;
        receive.name_length_out = io->name_length_out;
    }
    status = socket_request_init(socket, &receive.request, io->overlapped, io->routine);
    if (status == STATUS_SUCCESS)
        status = io__capture_buffers(&receive.request, io);
    if (status == STATUS_SUCCESS &&
        !io__has_room(socket, request_iov(&receive.request), receive.request.iov_count))
        status = STATUS_ACCESS_VIOLATION;
    if (status != STATUS_SUCCESS) {
        request_free(&receive.request);
        return status;
    }
    status = io__submit(socket, &receive, socket->receive_timeout_ms, moved);
    if (status == STATUS_SUCCESS && io->flags_out)
        *io->flags_out = 0;
    if (status == STATUS_SUCCESS)
        network_events_enable_and_look(socket, io->flags & W_MSG_OOB ? NETWORK_OOB : NETWORK_READ);
    return status;
}

static NTSTATUS io__check_send(struct socket *socket, const struct socket_io *io)
{
    const uint32_t known = W_MSG_OOB | W_MSG_DONTROUTE | W_MSG_PARTIAL;
    if (io->flags & ~known)
        return STATUS_WSA(WSAEOPNOTSUPP);
    if (socket->shut_send)
        return STATUS_PIPE_DISCONNECTED;
    if (!socket->connected && (socket->type == SOCK_STREAM || !io->name))
        return STATUS_WSA(WSAENOTCONN);
    return io__check(io);
}

/* The control data of a WSASendMsg; false: the host cannot do what it asks for. */
static bool io__capture_control(struct socket_request *send, const struct wsamsg *message)
{
    if (!message->control.buf || message->control.len > MESSAGE_CONTROL_MAX)
        return false;
    send->control = malloc(MESSAGE_CONTROL_MAX);
    if (!send->control)
        return false;
    send->control_length = message_control_to_host(message->control.buf, message->control.len,
                                                   send->control, MESSAGE_CONTROL_MAX);
    if (send->control_length != (size_t)-1)
        return true;
    free(send->control);
    return false;
}

NTSTATUS socket_send(struct socket *socket, const struct socket_io *io, uint32_t *moved)
{
    struct socket_request send = {
        .request = {.ops = io__ops(socket, true), .flags = REQUEST_WRITE}};
    NTSTATUS status = io__check_send(socket, io);
    *moved = 0;
    if (status == STATUS_SUCCESS && io->name && socket->type != SOCK_STREAM)
        status = address_to_host(io->name, io->name_length, &send.address, &send.address_length);
    if (status != STATUS_SUCCESS)
        return status;
    if (io->message && io->message->control.len && !io__capture_control(&send, io->message))
        return STATUS_WSA(WSAEINVAL);
    send.host_flags =
        (io->flags & W_MSG_OOB ? MSG_OOB : 0) | (io->flags & W_MSG_DONTROUTE ? MSG_DONTROUTE : 0);
    status = socket_request_init(socket, &send.request, io->overlapped, io->routine);
    if (status == STATUS_SUCCESS)
        status = io__capture_buffers(&send.request, io);
    if (status != STATUS_SUCCESS) {
        request_free(&send.request);
        return status;
    }
    status = io__submit(socket, &send, socket->send_timeout_ms, moved);
    if (socket->type == SOCK_DGRAM && !socket->bound && !io__goes_nowhere(&send))
        socket->bound = true; /* the send gave it an address (SOCK-112) */
    if (status == STATUS_DEVICE_NOT_READY)
        network_events_enable_and_look(socket, NETWORK_WRITE);
    return status;
}

/* ReadFile and WriteFile on a socket: the same data path, in the same order. */
NTSTATUS socket_transfer(struct file *file, struct request *request)
{
    struct socket *socket = socket_of(file);
    bool write = request->flags & REQUEST_WRITE;
    struct socket_request io = {.request = *request};
    struct deadline never = deadline_from_ms(0xFFFFFFFF);
    NTSTATUS status;
    io.request.ops = io__ops(socket, write);
    if (write && socket->shut_send)
        status = STATUS_PIPE_DISCONNECTED;
    else if (!socket->connected && socket->type == SOCK_STREAM)
        status = STATUS_INVALID_CONNECTION;
    else if (!write && !io__has_room(socket, request_iov(&io.request), io.request.iov_count))
        status = STATUS_ACCESS_VIOLATION;
    else if (file->flags & FILE_OVERLAPPED) {
        status = file_submit(file, &io.request);
        request->information = io.request.information;
        return status;
    } else {
        status = file_submit_and_wait(file, &io.request, false, &never);
    }
    request->information = io.request.information;
    request_free(&io.request);
    return status;
}

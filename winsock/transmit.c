/* TransmitFile: a head, a piece of a file and a tail as one send. The file's bytes go from the page
 * cache to the socket inside the kernel. */
#include "socket.h"

#include "transfer.h"
#include "wsastatus.h"

#include <errno.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <winerror.h>

#define TRANSMIT_MAX_BYTES 2147483646u

struct transmit_request {
    struct request request; /* iov_inline: head and tail; offset: where in the file */
    struct file *source;    /* a reference, or NULL */
    uint64_t length;        /* of the file's piece */
    uint64_t head_length;
    uint32_t flags;
};

static struct transmit_request *transmit__of(struct request *request)
{
    return list_entry(request, struct transmit_request, request);
}

/* One call's worth of the file. `sent` counts within the piece. */
static ssize_t transmit__file(struct transmit_request *transmit, uint64_t sent)
{
    off_t at = (off_t)(transmit->request.offset + sent);
    uint64_t left = transmit->length - sent;
    return sendfile(transmit->request.file->fd, transmit->source->fd, &at,
                    left < 0x40000000 ? left : 0x40000000);
}

/* One call's worth of whatever comes next. MSG_MORE joins the parts in as few segments as a single
 * send would make. */
static ssize_t transmit__step(struct transmit_request *transmit)
{
    struct request *request = &transmit->request;
    uint64_t done = request->information, head = transmit->head_length;
    struct iovec *part = &request->iov_inline[0];
    uint64_t skip = done;
    int more = transmit->length || request->iov_inline[1].iov_len ? MSG_MORE : 0;
    if (done >= head && done < head + transmit->length)
        return transmit__file(transmit, done - head);
    if (done >= head) {
        part = &request->iov_inline[1];
        skip = done - head - transmit->length;
        more = 0;
    }
    return send(request->file->fd, (char *)part->iov_base + skip, part->iov_len - skip,
                MSG_DONTWAIT | MSG_NOSIGNAL | more);
}

static bool transmit__end(struct request *request, NTSTATUS status)
{
    struct transmit_request *transmit = transmit__of(request);
    struct socket *socket = socket_of(request->file);
    request->status = status;
    if (status == STATUS_SUCCESS && (transmit->flags & W_TF_DISCONNECT))
        socket_disconnect_locked(socket, transmit->flags & W_TF_REUSE_SOCKET);
    return true;
}

static bool transmit__attempt(struct request *request)
{
    struct transmit_request *transmit = transmit__of(request);
    uint64_t total = transmit->head_length + transmit->length + request->iov_inline[1].iov_len;
    while (request->information < total) {
        ssize_t sent = transmit__step(transmit);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN)
            return false;
        if (sent < 0)
            return transmit__end(request, errno == EPIPE && socket_of(request->file)->shut_send
                                              ? STATUS_PIPE_DISCONNECTED
                                              : status_from_socket_errno(errno));
        if (sent == 0) { /* the file became shorter meanwhile: what is left of it is not there */
            total -= transmit->head_length + transmit->length - request->information;
            transmit->length = request->information - transmit->head_length;
        }
        request->information += (uint64_t)sent;
    }
    return transmit__end(request, STATUS_SUCCESS);
}

static void transmit__release(struct request *request)
{
    struct transmit_request *transmit = transmit__of(request);
    if (transmit->source)
        file_unref(transmit->source);
}

static const struct request_ops transmit__ops = {
    .name = "TransmitFile",
    .size = sizeof(struct transmit_request),
    .attempt = transmit__attempt,
    .release = transmit__release,
};

/* How much of the file there is to send. */
static NTSTATUS transmit__measure(const struct transmit_args *args, uint64_t *length)
{
    struct stat stat;
    *length = 0;
    if (!args->file)
        return STATUS_SUCCESS;
    if (fstat(args->file->fd, &stat) < 0 || !S_ISREG(stat.st_mode))
        return STATUS_WSA(WSAEINVAL);
    if (args->offset > (uint64_t)stat.st_size)
        return STATUS_WSA(WSAEINVAL);
    *length = (uint64_t)stat.st_size - args->offset;
    if (args->length && args->length < *length)
        *length = args->length;
    return STATUS_SUCCESS;
}

static NTSTATUS transmit__check(struct socket *socket, const struct transmit_args *args)
{
    if ((args->flags & ~(uint32_t)W_TF_KNOWN) ||
        ((args->flags & W_TF_REUSE_SOCKET) && !(args->flags & W_TF_DISCONNECT)))
        return STATUS_WSA(WSAEINVAL);
    if (socket->type != SOCK_STREAM || !socket->connected)
        return STATUS_WSA(WSAENOTCONN);
    if (socket->shut_send)
        return STATUS_PIPE_DISCONNECTED;
    if (!memory_is_readable(args->head, args->head_length) ||
        !memory_is_readable(args->tail, args->tail_length))
        return STATUS_ACCESS_VIOLATION;
    return STATUS_SUCCESS;
}

NTSTATUS socket_transmit(struct socket *socket, const struct transmit_args *args)
{
    struct transmit_request transmit = {
        .request = {.ops = &transmit__ops, .flags = REQUEST_WRITE, .offset = args->offset},
        .head_length = args->head_length,
        .flags = args->flags,
    };
    struct request *request = &transmit.request;
    struct deadline never = deadline_from_ms(0xFFFFFFFF);
    NTSTATUS status = transmit__check(socket, args);
    if (status == STATUS_SUCCESS)
        status = transmit__measure(args, &transmit.length);
    if (status == STATUS_SUCCESS &&
        transmit.length + args->head_length + args->tail_length > TRANSMIT_MAX_BYTES)
        status = STATUS_WSA(WSAEINVAL);
    if (status != STATUS_SUCCESS)
        return status;
    request->iov_count = 2;
    request->iov_inline[0] = (struct iovec){(void *)(uintptr_t)args->head, args->head_length};
    request->iov_inline[1] = (struct iovec){(void *)(uintptr_t)args->tail, args->tail_length};
    if (args->file) {
        transmit.source = args->file;
        object_ref(&args->file->object);
    }
    status = socket_request_init(socket, request, args->overlapped, NULL);
    if (status == STATUS_SUCCESS && args->overlapped) {
        request_begin(request);
        file_lock(&socket->file);
        status = socket_submit_pending(socket, request);
        file_unlock(&socket->file);
    } else if (status == STATUS_SUCCESS) {
        status = file_submit_and_wait(&socket->file, request, true, &never);
    }
    if (status != STATUS_PENDING)
        request_free(request);
    return status;
}

/* TransmitFile and TransmitPackets: pieces of memory and of files as one send. A file's bytes go
 * from the page cache to the socket inside the kernel. What of a big file is not in the cache is
 * read in by an errand first: sendfile would wait for the disk, on the reactor's thread and under
 * the socket's lock. */
#include "socket.h"

#include "errand.h"
#include "host_call.h"
#include "transfer.h"
#include "wsastatus.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <winerror.h>

#define TRANSMIT_MAX_BYTES 2147483646u

enum {
    INLINE_PARTS = 3,            /* head, file, tail */
    WARM_THREADS_MAX = 4,        /* read files in at once */
    WARM_CHUNK_BYTES = 1 << 20,  /* as much as is looked at, read in and sent in one go */
    WARM_WORTH_BYTES = 64 << 10, /* less is read where it stands */
    DATAGRAM_MAX_BYTES = 65536,
    HEAD_USUAL_BYTES = 4096, /* as much is taken on trust */
};

struct transmit_part {
    struct file *source; /* a reference; NULL: memory */
    char *memory;
    uint64_t offset; /* in the file */
    uint64_t length;
    bool ends_packet; /* of a datagram socket */
};

struct transmit_request {
    struct request request;
    struct transmit_part *parts; /* owned; NULL: those inside */
    struct transmit_part inside[INLINE_PARTS];
    uint32_t count, at; /* parts, and the one that is being sent */
    uint64_t done;      /* of that one */
    uint32_t flags;
    bool may_wait; /* for the disk: the caller does anyway */
};

static struct transmit_request *transmit__of(struct request *request)
{
    return list_entry(request, struct transmit_request, request);
}

static struct transmit_part *transmit__parts(struct transmit_request *transmit)
{
    return transmit->parts ? transmit->parts : transmit->inside;
}

/* ---- reading in ---- */

struct warm_errand {
    struct errand errand;
    struct socket *socket; /* references */
    struct file *source;
    uint64_t offset, length;
};

static struct errand_pool warm__pool = ERRAND_POOL(warm__pool, "portico-read-in", WARM_THREADS_MAX);

/* Faults the pages in through a mapping, which copies nothing. */
static void warm__read_in(int fd, uint64_t offset, uint64_t length)
{
    uint64_t start = offset & ~(uint64_t)4095;
    size_t size = (size_t)(offset + length - start);
    void *pages = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, (off_t)start);
    if (pages == MAP_FAILED) {
        readahead(fd, (off_t)start, size);
        return;
    }
    madvise(pages, size, MADV_POPULATE_READ);
    munmap(pages, size);
}

static void warm__run(struct errand *errand)
{
    struct warm_errand *warm = list_entry(errand, struct warm_errand, errand);
    struct file *file = &warm->socket->file;
    warm__read_in(warm->source->fd, warm->offset, warm->length);
    file_lock(file);
    warm->socket->reading_in = false;
    file_pump_locked(file);
    file_unlock(file);
}

static void warm__destroy(struct errand *errand)
{
    struct warm_errand *warm = list_entry(errand, struct warm_errand, errand);
    file_unref(warm->source);
    socket_unref(warm->socket);
    free(warm);
}

/* Is the last byte of the chunk in the page cache, and the first? */
static bool warm__is_in_cache(int fd, uint64_t offset, uint64_t length)
{
    char byte;
    struct iovec iov = {&byte, 1};
    return host_preadv2(fd, &iov, 1, (off_t)(offset + length - 1), RWF_NOWAIT) >= 0 &&
           host_preadv2(fd, &iov, 1, (off_t)offset, RWF_NOWAIT) >= 0;
}

/* Has the chunk read in by somebody else. False: nobody can, or it need not be. Caller holds
 * file->lock of the socket. */
static bool warm__start(struct socket *socket, struct file *source, uint64_t offset,
                        uint64_t length)
{
    struct warm_errand *warm;
    if (length < WARM_WORTH_BYTES || warm__is_in_cache(source->fd, offset, length) ||
        errno != EAGAIN)
        return false;
    warm = malloc(sizeof *warm);
    if (!warm)
        return false;
    *warm = (struct warm_errand){.errand = {.run = warm__run, .destroy = warm__destroy, .refs = 1},
                                 .socket = socket,
                                 .source = source,
                                 .offset = offset,
                                 .length = length};
    object_ref(&socket->file.object);
    object_ref(&source->object);
    if (errand_start(&warm__pool, &warm->errand))
        return socket->reading_in = true;
    errand_unref(&warm->errand);
    return false;
}

static void warm__after_fork(void)
{
    errand_after_fork(&warm__pool);
}

__attribute__((constructor)) static void warm__set_up(void)
{
    pthread_atfork(NULL, NULL, warm__after_fork);
}

/* ---- sending ---- */

/* One call's worth of a file; -1 with EAGAIN also while it is read in. */
static ssize_t transmit__file(struct transmit_request *transmit, struct transmit_part *part)
{
    struct socket *socket = socket_of(transmit->request.file);
    off_t at = (off_t)(part->offset + transmit->done);
    uint64_t left = part->length - transmit->done;
    uint64_t chunk = left < WARM_CHUNK_BYTES ? left : WARM_CHUNK_BYTES;
    if (!transmit->may_wait &&
        (socket->reading_in || warm__start(socket, part->source, (uint64_t)at, chunk))) {
        errno = EAGAIN;
        return -1;
    }
    return sendfile(socket->file.fd, part->source->fd, &at, chunk);
}

/* One call's worth of whatever comes next. MSG_MORE joins the parts in as few segments as a single
 * send would make. */
static ssize_t transmit__step(struct transmit_request *transmit)
{
    struct transmit_part *part = &transmit__parts(transmit)[transmit->at];
    int more = transmit->at + 1 < transmit->count ? MSG_MORE : 0;
    if (part->source)
        return transmit__file(transmit, part);
    return send(transmit->request.file->fd, part->memory + transmit->done,
                part->length - transmit->done, MSG_DONTWAIT | MSG_NOSIGNAL | more);
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

static bool transmit__failed(struct request *request, int err)
{
    if (err == EAGAIN)
        return false;
    if (err == EFAULT && request->information == 0 && !(request->flags & REQUEST_ON_HEAP))
        request->flags &= ~(uint32_t)REQUEST_ALWAYS_PENDS; /* a bad head fails in the call */
    return transmit__end(request, err == EPIPE && socket_of(request->file)->shut_send
                                      ? STATUS_PIPE_DISCONNECTED
                                      : status_from_socket_errno(err));
}

static bool transmit__attempt(struct request *request)
{
    struct transmit_request *transmit = transmit__of(request);
    while (transmit->at < transmit->count) {
        struct transmit_part *part = &transmit__parts(transmit)[transmit->at];
        ssize_t sent = transmit->done < part->length ? transmit__step(transmit) : 0;
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return transmit__failed(request, errno);
        transmit->done += (uint64_t)sent;
        request->information += (uint64_t)sent;
        if (sent == 0 ||
            transmit->done == part->length) { /* 0: the file became shorter meanwhile */
            transmit->at++;
            transmit->done = 0;
        }
    }
    return transmit__end(request, STATUS_SUCCESS);
}

/* A datagram of all parts up to the one that ends it. -1 with errno. */
static ssize_t transmit__datagram(struct transmit_request *transmit, uint32_t *next)
{
    struct transmit_part *parts = transmit__parts(transmit);
    char *data = malloc(DATAGRAM_MAX_BYTES);
    size_t size = 0;
    uint32_t at = transmit->at;
    ssize_t sent = -1;
    bool ended = false;
    errno = ENOMEM;
    for (; data && at < transmit->count && !ended; at++) {
        struct transmit_part *part = &parts[at];
        ssize_t got = (ssize_t)part->length;
        if (part->length > DATAGRAM_MAX_BYTES - size)
            got = -1;
        else if (part->source)
            got = pread(part->source->fd, data + size, part->length, (off_t)part->offset);
        else
            memcpy(data + size, part->memory, part->length);
        if (got < 0) {
            free(data);
            errno = EMSGSIZE;
            return -1;
        }
        size += (size_t)got;
        ended = part->ends_packet;
    }
    if (data)
        sent = send(transmit->request.file->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    free(data);
    *next = at;
    return sent;
}

static bool transmit__attempt_datagrams(struct request *request)
{
    struct transmit_request *transmit = transmit__of(request);
    while (transmit->at < transmit->count) {
        uint32_t next;
        ssize_t sent = transmit__datagram(transmit, &next);
        if (sent < 0)
            return transmit__failed(request, errno);
        request->information += (uint64_t)sent;
        transmit->at = next;
    }
    return transmit__end(request, STATUS_SUCCESS);
}

static void transmit__release(struct request *request)
{
    struct transmit_request *transmit = transmit__of(request);
    struct transmit_part *parts = transmit__parts(transmit);
    for (uint32_t i = 0; i < transmit->count; i++)
        if (parts[i].source)
            file_unref(parts[i].source);
    free(transmit->parts);
}

static const struct request_ops transmit__ops[2] = {
    {
        .name = "TransmitFile",
        .size = sizeof(struct transmit_request),
        .attempt = transmit__attempt,
        .release = transmit__release,
    },
    {
        .name = "TransmitPackets",
        .size = sizeof(struct transmit_request),
        .attempt = transmit__attempt_datagrams,
        .release = transmit__release,
    },
};

/* ---- starting ---- */

/* A piece of a file, with a reference: `length` 0 is all the rest. */
static NTSTATUS transmit__file_part(struct file *file, uint64_t offset, uint64_t length,
                                    struct transmit_part *part)
{
    struct stat stat;
    uint64_t rest;
    if (fstat(file->fd, &stat) < 0 || !S_ISREG(stat.st_mode) || offset > (uint64_t)stat.st_size)
        return STATUS_WSA(WSAEINVAL);
    rest = (uint64_t)stat.st_size - offset;
    object_ref(&file->object);
    part->source = file;
    part->offset = offset;
    part->length = length && length < rest ? length : rest;
    return STATUS_SUCCESS;
}

static NTSTATUS transmit__check_flags(uint32_t flags)
{
    if ((flags & ~(uint32_t)W_TF_KNOWN) ||
        ((flags & W_TF_REUSE_SOCKET) && !(flags & W_TF_DISCONNECT)))
        return STATUS_WSA(WSAEINVAL);
    return STATUS_SUCCESS;
}

/* Starts what was put together, or frees it. */
static NTSTATUS transmit__start(struct socket *socket, struct transmit_request *transmit,
                                OVERLAPPED *overlapped, NTSTATUS status)
{
    struct request *request = &transmit->request;
    struct deadline never = deadline_from_ms(0xFFFFFFFF);
    uint64_t total = 0;
    bool queued = false;
    for (uint32_t i = 0; i < transmit->count; i++)
        total += transmit__parts(transmit)[i].length;
    if (status == STATUS_SUCCESS && total > TRANSMIT_MAX_BYTES)
        status = STATUS_WSA(WSAEINVAL);
    transmit->may_wait = !overlapped;
    if (status != STATUS_SUCCESS) {
        request_free(request);
        return status;
    }
    status = socket_request_init(socket, request, overlapped, NULL);
    if (status == STATUS_SUCCESS && overlapped) {
        request_begin(request);
        file_lock(&socket->file);
        status = socket_submit_pending(socket, request, &queued);
        file_unlock(&socket->file);
    } else if (status == STATUS_SUCCESS) {
        status = file_submit_and_wait(&socket->file, request, true, &never);
    }
    if (!queued)
        request_free(request);
    return status;
}

static void transmit__memory_part(struct transmit_request *transmit, const void *memory,
                                  uint32_t length)
{
    if (length)
        transmit->inside[transmit->count++] =
            (struct transmit_part){.memory = (char *)(uintptr_t)memory, .length = length};
}

/* A head of usual size is sent before anything is queued, and the host tells whether it is there.
 */
static bool transmit__is_readable(const struct transmit_args *args)
{
    bool head = args->head_length > HEAD_USUAL_BYTES
                    ? memory_is_readable(args->head, args->head_length)
                    : !args->head_length || !socket_is_nowhere(args->head);
    return head && memory_is_readable(args->tail, args->tail_length);
}

NTSTATUS socket_transmit(struct socket *socket, const struct transmit_args *args)
{
    struct transmit_request transmit = {
        .request = {.ops = &transmit__ops[0], .flags = REQUEST_WRITE}, .flags = args->flags};
    NTSTATUS status = transmit__check_flags(args->flags);
    if (status != STATUS_SUCCESS)
        return status;
    if (socket->type != SOCK_STREAM || !socket->connected)
        return STATUS_WSA(WSAENOTCONN);
    if (socket->shut_send)
        return STATUS_PIPE_DISCONNECTED;
    if (!transmit__is_readable(args))
        return STATUS_ACCESS_VIOLATION;
    transmit__memory_part(&transmit, args->head, args->head_length);
    if (args->file) {
        status = transmit__file_part(args->file, args->offset, args->length,
                                     &transmit.inside[transmit.count]);
        transmit.count += status == STATUS_SUCCESS;
    }
    transmit__memory_part(&transmit, args->tail, args->tail_length);
    return transmit__start(socket, &transmit, args->overlapped, status);
}

static NTSTATUS transmit__element(const struct packet_element *element, struct transmit_part *part)
{
    struct file *file;
    uint64_t offset;
    NTSTATUS status;
    part->ends_packet = element->flags & W_TP_ELEMENT_EOP;
    switch (element->flags & ~(uint32_t)W_TP_ELEMENT_EOP) {
    case W_TP_ELEMENT_MEMORY:
        part->memory = element->buffer;
        part->length = element->length;
        return memory_is_readable(element->buffer, element->length) ? STATUS_SUCCESS
                                                                    : STATUS_ACCESS_VIOLATION;
    case W_TP_ELEMENT_FILE:
        status = file_get(element->file, FILE_READ_DATA, &file);
        if (status != STATUS_SUCCESS)
            return status;
        offset = element->offset == -1 ? file->position : (uint64_t)element->offset;
        status = element->offset < -1 ? STATUS_WSA(WSAEINVAL)
                                      : transmit__file_part(file, offset, element->length, part);
        file_unref(file);
        return status;
    default:
        return STATUS_WSA(WSAEINVAL);
    }
}

NTSTATUS socket_transmit_packets(struct socket *socket, const struct packet_element *elements,
                                 uint32_t count, OVERLAPPED *overlapped, uint32_t flags)
{
    bool stream = socket->type == SOCK_STREAM;
    struct transmit_request transmit = {
        .request = {.ops = &transmit__ops[!stream], .flags = REQUEST_WRITE}, .flags = flags};
    NTSTATUS status = transmit__check_flags(flags);
    if (status != STATUS_SUCCESS)
        return status;
    if (!socket->connected)
        return STATUS_WSA(WSAENOTCONN);
    if (!stream && (flags & W_TF_DISCONNECT))
        return STATUS_WSA(WSAEINVAL);
    if (socket->shut_send)
        return STATUS_PIPE_DISCONNECTED;
    if (!elements || !memory_is_readable(elements, count * sizeof *elements))
        return STATUS_ACCESS_VIOLATION;
    transmit.parts = calloc(count ? count : 1, sizeof *transmit.parts);
    if (!transmit.parts)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (uint32_t i = 0; i < count && status == STATUS_SUCCESS; i++) {
        status = transmit__element(&elements[i], &transmit.parts[i]);
        transmit.count++;
    }
    return transmit__start(socket, &transmit, overlapped, status);
}

/* Reading and writing byte streams. */
#include "stream.h"

#include "device.h"
#include "host_call.h"
#include "inherit.h"
#include "pipe_codes.h"
#include "transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <ntifs.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <winbase.h>

struct stream {
    struct file file;
    uint32_t pipe_bytes; /* what an anonymous pipe's buffer was said to hold */
    bool nowait;         /* PIPE_NOWAIT; not if it is overlapped, as no anonymous pipe is */
};

static struct stream *stream__of(struct file *file)
{
    return list_entry(file, struct stream, file);
}

static bool stream__is_ready(int fd, short events)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};
    return poll(&poll_fd, 1, 0) > 0;
}

/* One try that does not wait: bytes, or -errno. */
static int64_t stream__move(int fd, bool write_it, const struct iovec *part)
{
    ssize_t moved = write_it ? host_pwritev2(fd, part, 1, -1, RWF_NOWAIT)
                             : host_preadv2(fd, part, 1, -1, RWF_NOWAIT);
    if (moved < 0 && (errno == EOPNOTSUPP || errno == ESPIPE)) {
        size_t length = part->iov_len;
        if (!stream__is_ready(fd, write_it ? POLLOUT : POLLIN))
            return -EAGAIN;
        if (write_it && length > PIPE_BUF)
            length = PIPE_BUF;
        moved = write_it ? write(fd, part->iov_base, length) : read(fd, part->iov_base, length);
    }
    return moved < 0 ? -errno : moved;
}

/* As above; a reader that is gone is an error, never a signal. */
static int64_t stream__move_quietly(int fd, bool write_it, const struct iovec *part)
{
    sigset_t pipe_signal, before;
    struct timespec now = {0};
    int64_t moved;
    if (!write_it)
        return stream__move(fd, false, part);
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    moved = stream__move(fd, true, part);
    if (!sigismember(&before, SIGPIPE)) {
        if (moved == -EPIPE)
            sigtimedwait(&pipe_signal, NULL, &now);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    return moved;
}

static NTSTATUS stream__error(int err, bool write_it)
{
    if (err == EPIPE)
        return STATUS_PIPE_CLOSING;
    if (err == EFAULT && write_it)
        return STATUS_INVALID_USER_BUFFER;
    return status_from_errno(err);
}

/* What reading nothing means: a pipe without writers, or the end of what a device has. */
static NTSTATUS stream__end(const struct request *request)
{
    const struct file *file = request->file;
    if (file->ops->type == FILE_TYPE_PIPE)
        return STATUS_PIPE_BROKEN;
    return file->flags & FILE_OVERLAPPED ? STATUS_END_OF_FILE : STATUS_SUCCESS;
}

static bool stream__attempt_read(struct request *request)
{
    struct iovec part;
    int64_t moved;
    if (request_remaining_iov(request, &part, 1) == 0) {
        /* A read of nothing ends when there is something to read. */
        request->status = STATUS_SUCCESS;
        return stream__is_ready(request->file->fd, POLLIN);
    }
    do
        moved = stream__move(request->file->fd, false, &part);
    while (moved == -EINTR);
    if (moved == -EAGAIN)
        return false;
    request->status = moved < 0    ? stream__error((int)-moved, false)
                      : moved == 0 ? stream__end(request)
                                   : STATUS_SUCCESS;
    request->information = moved > 0 ? (uint64_t)moved : 0;
    return true;
}

static bool stream__attempt_write(struct request *request)
{
    struct iovec part;
    while (request_remaining_iov(request, &part, 1) > 0) {
        int64_t moved = stream__move_quietly(request->file->fd, true, &part);
        if (moved == -EAGAIN)
            return false;
        if (moved == -EINTR)
            continue;
        if (moved < 0) {
            request->status = stream__error((int)-moved, true);
            return true;
        }
        request->information += (uint64_t)moved;
    }
    request->status = STATUS_SUCCESS;
    return true;
}

static bool stream__attempt(struct request *request)
{
    return request->flags & REQUEST_WRITE ? stream__attempt_write(request)
                                          : stream__attempt_read(request);
}

static const struct request_ops stream__request_ops = {
    .name = "stream transfer",
    .size = sizeof(struct request),
    .attempt = stream__attempt,
};

static NTSTATUS stream__transfer(struct file *file, struct request *request)
{
    bool nowait = stream__of(file)->nowait;
    struct deadline deadline = {.never = !nowait, .now = nowait};
    NTSTATUS status;
    request->ops = &stream__request_ops;
    if (file->flags & FILE_OVERLAPPED)
        return file_submit(file, request);
    status = file_submit_and_wait(file, request, false, &deadline);
    if (status == STATUS_DEVICE_NOT_READY) /* a write tells how much there was room for */
        status = request->flags & REQUEST_WRITE ? STATUS_SUCCESS : STATUS_PIPE_EMPTY;
    request_free(request);
    return status;
}

/* Waits until the other end has read all. Nothing tells when that happens, so this looks again and
 * again, ever less often. */
static NTSTATUS stream__flush(struct file *file)
{
    struct thread *self = thread_self();
    struct timespec pause = {.tv_nsec = 50000};
    NTSTATUS status = STATUS_SUCCESS;
    int unread;
    thread_block_begin(self);
    while (ioctl(file->fd, FIONREAD, &unread) == 0 && unread > 0) {
        struct pollfd poll_fd = {.fd = file->fd};
        if (poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & POLLERR)) {
            status = STATUS_PIPE_BROKEN;
            break;
        }
        clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
        if (pause.tv_nsec < 5000000)
            pause.tv_nsec *= 2;
    }
    thread_block_end(self);
    return status;
}

/* ---- what a pipe is asked ---- */

/* A pipe of the host's can be copied to another one only. */
static int64_t peek__copy_pipe(int fd, void *to, size_t size)
{
    int copy[2], room = fcntl(fd, F_GETPIPE_SZ);
    int64_t copied;
    if (pipe2(copy, O_CLOEXEC | O_NONBLOCK) < 0)
        return -errno;
    if (room > 0)
        fcntl(copy[1], F_SETPIPE_SZ, room);
    copied = tee(fd, copy[1], size, SPLICE_F_NONBLOCK);
    if (copied > 0)
        copied = read(copy[0], to, (size_t)copied);
    if (copied < 0)
        copied = -errno;
    close(copy[0]);
    close(copy[1]);
    return copied;
}

/* Copies what can be read without taking it: bytes, or -errno. */
static int64_t peek__copy(int fd, void *to, size_t size)
{
    int64_t copied = recv(fd, to, size, MSG_PEEK | MSG_DONTWAIT);
    if (copied < 0)
        copied = errno == ENOTSOCK ? peek__copy_pipe(fd, to, size) : -errno;
    return copied == -EAGAIN ? 0 : copied; /* somebody else has read it */
}

static NTSTATUS stream__peek(struct file *file, const struct device_control *control,
                             uint64_t *size)
{
    enum { HEAD = offsetof(FILE_PIPE_PEEK_BUFFER, Data) };
    struct pollfd poll_fd = {.fd = file->fd, .events = POLLIN | POLLRDHUP};
    FILE_PIPE_PEEK_BUFFER *answer = control->out;
    int64_t copied = 0;
    int available;
    bool over;
    if (control->out_size < HEAD)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (!memory_is_writable(answer, control->out_size))
        return STATUS_ACCESS_VIOLATION;
    over = poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & (POLLHUP | POLLRDHUP));
    if (ioctl(file->fd, FIONREAD, &available) < 0)
        return status_from_errno(errno);
    if (over && available == 0)
        return STATUS_PIPE_BROKEN;
    if (control->out_size > HEAD && available > 0)
        copied = peek__copy(file->fd, answer->Data, control->out_size - HEAD);
    if (copied < 0)
        return status_from_errno((int)-copied);
    if (available < copied) /* more has come meanwhile */
        available = (int)copied;
    answer->NamedPipeState = over ? FILE_PIPE_CLOSING_STATE : FILE_PIPE_CONNECTED_STATE;
    answer->ReadDataAvailable = (ULONG)available;
    answer->NumberOfMessages = answer->MessageLength = 0;
    *size = HEAD + (uint64_t)copied;
    return available > copied ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS stream__set_modes(struct file *file, const struct device_control *control)
{
    const uint32_t *modes = control->in;
    if (control->in_size < sizeof *modes)
        return STATUS_SUCCESS;
    if (!memory_is_readable(modes, sizeof *modes))
        return STATUS_ACCESS_VIOLATION;
    if (*modes & PIPE_READMODE_MESSAGE)
        return STATUS_INVALID_PARAMETER;
    if ((*modes & PIPE_NOWAIT) && (file->flags & FILE_OVERLAPPED))
        return STATUS_NOT_SUPPORTED; /* a FIFO of the host's */
    stream__of(file)->nowait = *modes & PIPE_NOWAIT;
    return STATUS_SUCCESS;
}

/* It is a pipe of a single instance whose reader is the server. */
static NTSTATUS stream__facts(struct file *file, const struct device_control *control,
                              uint64_t *size)
{
    const struct stream *stream = stream__of(file);
    struct pipe_facts *facts = control->out;
    if (control->out_size < sizeof *facts)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (!memory_is_writable(facts, sizeof *facts))
        return STATUS_ACCESS_VIOLATION;
    *facts = (struct pipe_facts){
        .modes = stream->nowait ? PIPE_NOWAIT : 0,
        .max_instances = 1,
        .quota_in = stream->pipe_bytes,
        .quota_out = stream->pipe_bytes,
        .is_server = (fcntl(file->fd, F_GETFL) & O_ACCMODE) != O_WRONLY,
    };
    *size = sizeof *facts;
    return STATUS_SUCCESS;
}

static NTSTATUS stream__instances(const struct device_control *control, uint64_t *size)
{
    if (control->out_size < sizeof(uint32_t))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (!memory_is_writable(control->out, sizeof(uint32_t)))
        return STATUS_ACCESS_VIOLATION;
    *(uint32_t *)control->out = 1;
    *size = sizeof(uint32_t);
    return STATUS_SUCCESS;
}

static NTSTATUS stream__answer(struct file *file, const struct device_control *control,
                               uint64_t *size)
{
    switch (control->code) {
    case FSCTL_PIPE_PEEK:
        return stream__peek(file, control, size);
    case PIPE_CODE_FACTS:
        return stream__facts(file, control, size);
    case PIPE_CODE_INSTANCES:
        return stream__instances(control, size);
    case PIPE_CODE_SET_MODES:
        return stream__set_modes(file, control);
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}

static NTSTATUS stream__control(struct file *file, struct request *request,
                                const struct device_control *control)
{
    uint64_t size = 0;
    NTSTATUS status = stream__answer(file, control, &size);
    return device_control_now(request, status, size);
}

static void stream__destroy(struct file *file)
{
    free(stream__of(file));
}

static const struct file_ops stream__pipe_ops = {
    .type = FILE_TYPE_PIPE,
    .name = "pipe",
    .transfer = stream__transfer,
    .control = stream__control,
    .flush = stream__flush,
    .destroy = stream__destroy,
};

static const struct file_ops stream__character_ops = {
    .type = FILE_TYPE_CHAR,
    .name = "character device",
    .transfer = stream__transfer,
    .destroy = stream__destroy,
};

void stream_set_pipe_bytes(struct file *file, uint32_t bytes)
{
    stream__of(file)->pipe_bytes = bytes;
}

NTSTATUS stream_create(int fd, enum stream_kind kind, uint32_t flags, struct file **result)
{
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream) {
        close(fd);
        return STATUS_NO_MEMORY;
    }
    file_init(&stream->file, kind == STREAM_PIPE ? &stream__pipe_ops : &stream__character_ops, fd,
              flags);
    stream->pipe_bytes = STREAM_PIPE_BYTES;
    *result = &stream->file;
    return STATUS_SUCCESS;
}

/* ---- inheritance ---- */

static void stream__leave(struct file *file, void *state)
{
    *(uint32_t *)state = file->flags & ~(uint32_t)FILE_CLOSED;
}

static NTSTATUS stream__take_pipe(int fd, const void *state, struct file **file)
{
    return stream_create(fd, STREAM_PIPE, *(const uint32_t *)state, file);
}

static NTSTATUS stream__take_character(int fd, const void *state, struct file **file)
{
    return stream_create(fd, STREAM_CHARACTER, *(const uint32_t *)state, file);
}

__attribute__((constructor(INHERIT_FIRST))) static void stream__set_up(void)
{
    static const struct inherit_kind pipes = {&stream__pipe_ops, stream__leave, stream__take_pipe};
    static const struct inherit_kind characters = {&stream__character_ops, stream__leave,
                                                   stream__take_character};
    inherit_serve(INHERIT_PIPE, &pipes);
    inherit_serve(INHERIT_CHARACTER, &characters);
}

/* The serial line as a file, and its thread. The rules stand at the top of comm.h. */
#include "comm.h"

#include "comm_io.h"
#include "service.h"
#include "transfer.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    INPUT_BYTES = 4096,
    /* Modem lines do not tell that they change, nor a device that it has sent everything. */
    LINES_PAUSE = 10 * COMM_MS,
    SENT_PAUSE_MIN = COMM_MS,
    SENT_PAUSE_MAX = 20 * COMM_MS,
    CLOSE_DRAIN = 100 * COMM_MS,
    LINE_EVENTS = EV_CTS | EV_DSR | EV_RLSD | EV_RING | EV_BREAK | EV_ERR,
};

static struct comm *comm__of(struct file *file)
{
    return list_entry(file, struct comm, file);
}

void comm_wake(struct comm *comm)
{
    uint64_t one = 1;
    ssize_t written = write(comm->wake, &one, sizeof one);
    (void)written; /* a full counter wakes as well */
}

/* ---- the thread: the caller of each of these holds file->lock ---- */

/* When to look again although nothing tells so. */
static int64_t comm__pause(struct comm *comm, bool blocked)
{
    int64_t pause = COMM_NEVER;
    uint64_t unsent = comm_in_device(comm);
    if (unsent > 0 || blocked || (comm->immediate >= 0 && !comm->gone)) {
        /* As long as the bytes take, ten bits each. */
        pause = (int64_t)(unsent * 10 * FILETIME_PER_SECOND / comm->dcb.BaudRate);
        pause = pause < SENT_PAUSE_MIN ? SENT_PAUSE_MIN : pause;
        pause = pause > SENT_PAUSE_MAX ? SENT_PAUSE_MAX : pause;
    }
    if (comm->waits > 0 && (comm->mask & LINE_EVENTS) && comm->driver->has_lines &&
        pause > LINES_PAUSE)
        pause = LINES_PAUSE;
    return pause;
}

/* How long the thread may sleep; false: for ever. */
static bool comm__sleep_time(struct comm *comm, bool blocked, struct timespec *time)
{
    int64_t due = comm_due(comm), left, pause = comm__pause(comm, blocked);
    if (due == COMM_NEVER && pause == COMM_NEVER)
        return false;
    left = due == COMM_NEVER ? COMM_NEVER : due - comm_now();
    left = left < 0 ? 0 : left < pause ? left : pause;
    *time = (struct timespec){left / FILETIME_PER_SECOND, left % FILETIME_PER_SECOND * 100};
    return true;
}

/* Sleeps until there is something to do. *blocked: a write found no room, although the device is
 * said to have some. */
static void comm__sleep(struct comm *comm, bool *blocked)
{
    bool has_bytes = comm_has_bytes_to_write(comm);
    struct pollfd fds[2] = {{.fd = comm->wake, .events = POLLIN},
                            {.fd = comm->gone ? -1 : comm->driver->fd}};
    struct timespec time;
    uint64_t woken;
    bool timed;
    *blocked &= has_bytes;
    if (comm->input_count < comm->input_size)
        fds[1].events |= POLLIN;
    if (has_bytes && !*blocked)
        fds[1].events |= POLLOUT;
    timed = comm__sleep_time(comm, *blocked, &time);
    file_unlock(&comm->file);
    ppoll(fds, 2, timed ? &time : NULL, NULL);
    if (fds[0].revents && read(comm->wake, &woken, sizeof woken) < 0)
        fds[0].revents = 0;
    file_lock(&comm->file);
    *blocked = fds[1].revents & POLLOUT;
    if (fds[1].revents & (POLLHUP | POLLERR | POLLNVAL)) {
        comm_receive(comm);
        comm->gone = true;
    }
}

static void *comm__run(void *arg)
{
    struct comm *comm = arg;
    bool blocked = false;
    file_lock(&comm->file);
    while (!(comm->file.flags & FILE_CLOSED)) {
        comm_progress(comm);
        comm__sleep(comm, &blocked);
    }
    file_unlock(&comm->file);
    file_unref(&comm->file);
    return NULL;
}

/* ---- submitting ---- */

/* Starts the request, or makes it and waits. Releases it unless it goes on. On a synchronous handle
 * all share a queue. */
static NTSTATUS comm__submit(struct comm *comm, struct comm_request *request)
{
    struct deadline never = {.never = true};
    NTSTATUS status;
    request->due = COMM_NEVER;
    if (comm->file.flags & FILE_OVERLAPPED)
        return file_submit(&comm->file, &request->request);
    request->request.flags &= ~(uint32_t)(REQUEST_WRITE | REQUEST_CONTROL);
    status = file_submit_and_wait(&comm->file, &request->request, false, &never);
    request_free(&request->request);
    return status;
}

static NTSTATUS comm__transfer(struct file *file, struct request *request)
{
    struct comm_request transfer = {.request = *request, .wanted = request_length(request)};
    struct iovec *buffer = &request->iov_inline[0];
    struct comm *comm = comm__of(file);
    bool writes = request->flags & REQUEST_WRITE;
    NTSTATUS status;
    if (writes ? !memory_is_readable(buffer->iov_base, buffer->iov_len)
               : !memory_is_writable(buffer->iov_base, buffer->iov_len)) {
        request_free(request);
        return writes ? STATUS_INVALID_USER_BUFFER : STATUS_ACCESS_VIOLATION;
    }
    transfer.request.ops = writes ? &comm_write_ops : &comm_read_ops;
    transfer.request.flags |= REQUEST_KEEPS_BYTES;
    if (transfer.wanted == 0)
        transfer.request.flags |= REQUEST_CONTROL; /* waits for nobody */
    file_lock(file);
    comm_request_set_times(&transfer, &comm->timeouts);
    file_unlock(file);
    status = comm__submit(comm, &transfer);
    request->information = transfer.request.information;
    return status == STATUS_TIMEOUT ? STATUS_SUCCESS : status;
}

NTSTATUS comm_wait(struct comm *comm, struct request *request, DWORD *events)
{
    struct comm_request wait = {.request = *request};
    wait.request.ops = &comm_wait_ops;
    if ((comm->file.flags & FILE_OVERLAPPED) && !request->iosb) {
        request_free(&wait.request);
        return STATUS_INVALID_PARAMETER; /* nobody would learn of the end */
    }
    wait.request.flags |= REQUEST_CONTROL;
    wait.request.iov_count = 1;
    wait.request.iov_inline[0] = (struct iovec){.iov_base = events, .iov_len = sizeof *events};
    request_begin(&wait.request);
    return comm__submit(comm, &wait);
}

/* The caller waits, whatever the handle. */
static NTSTATUS comm__flush(struct file *file)
{
    struct comm_request flush = {.request = {.ops = &comm_flush_ops, .file = file},
                                 .due = COMM_NEVER};
    struct deadline never = {.never = true};
    NTSTATUS status;
    if (file->flags & FILE_OVERLAPPED)
        flush.request.flags = REQUEST_CONTROL;
    status = file_submit_and_wait(file, &flush.request, false, &never);
    request_free(&flush.request);
    return status;
}

/* ---- what a port keeps from one opening to the next ---- */

struct kept {
    struct kept *next;
    uint64_t identity;
    DCB dcb;
    COMMTIMEOUTS timeouts;
};

static struct lock kept__lock; /* protects the list */
static struct kept *kept__first;

/* Caller holds kept__lock. */
static struct kept *kept__find(uint64_t identity)
{
    struct kept *kept = kept__first;
    while (kept && kept->identity != identity)
        kept = kept->next;
    return kept;
}

static void kept__restore(struct comm *comm)
{
    struct kept *kept;
    lock_acquire(&kept__lock);
    kept = kept__find(comm->driver->identity);
    if (kept) {
        comm->dcb = kept->dcb;
        comm->timeouts = kept->timeouts;
    }
    lock_release(&kept__lock);
}

static void kept__store(const struct comm *comm)
{
    struct kept *kept;
    lock_acquire(&kept__lock);
    kept = kept__find(comm->driver->identity);
    if (!kept && (kept = calloc(1, sizeof *kept)) != NULL) {
        kept->identity = comm->driver->identity;
        kept->next = kept__first;
        kept__first = kept;
    }
    if (kept) {
        kept->dcb = comm->dcb;
        kept->timeouts = comm->timeouts;
    }
    lock_release(&kept__lock);
}

/* ---- the object ---- */

/* Lets what the device holds go out, but not for long: nobody may ever take it. */
static void comm__drain(struct comm *comm)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    int64_t end = comm_now() + CLOSE_DRAIN;
    while (comm_in_device(comm) > 0 && comm_now() < end)
        clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
    comm_discard(comm, false, true);
}

static void comm__closing(struct file *file)
{
    struct comm *comm = comm__of(file);
    kept__store(comm);
    if (comm->in_break)
        comm->driver->ops->set_break(comm->driver, false);
    if (comm->held)
        comm->driver->ops->hold(comm->driver, false);
    comm__drain(comm);
    comm->driver->ops->release(comm->driver);
    comm_wake(comm);
}

/* Others may have moved up. */
static void comm__cancelled(struct file *file)
{
    comm_wake(comm__of(file));
}

static void comm__destroy(struct file *file)
{
    struct comm *comm = comm__of(file);
    if (comm->wake >= 0)
        close(comm->wake);
    comm->driver->ops->destroy(comm->driver);
    free(comm->input);
    free(comm);
}

static const struct file_ops comm__ops = {
    .type = FILE_TYPE_CHAR,
    .name = "serial line",
    .transfer = comm__transfer,
    .control = comm_control,
    .flush = comm__flush,
    .closing = comm__closing,
    .cancelled = comm__cancelled,
    .destroy = comm__destroy,
};

/* The settings of the last opening, if the device still can do them. */
static NTSTATUS comm__configure_first(struct comm *comm)
{
    NTSTATUS status;
    comm->driver->ops->current(comm->driver, &comm->dcb);
    kept__restore(comm);
    status = comm->driver->ops->configure(comm->driver, &comm->dcb);
    if (status != STATUS_SUCCESS) {
        comm->driver->ops->current(comm->driver, &comm->dcb);
        status = comm->driver->ops->configure(comm->driver, &comm->dcb);
    }
    comm->driver->ops->look(comm->driver, &comm->seen);
    return status;
}

NTSTATUS comm_create(struct comm_driver *driver, uint32_t flags, struct comm **result)
{
    struct comm *comm = calloc(1, sizeof *comm);
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
    if (!comm) {
        driver->ops->destroy(driver);
        return STATUS_NO_MEMORY;
    }
    file_init(&comm->file, &comm__ops, -1, flags | FILE_NEEDS_OFFSET);
    comm->driver = driver;
    comm->immediate = -1;
    comm->input_size = INPUT_BYTES;
    comm->input = malloc(INPUT_BYTES);
    comm->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (comm->input && comm->wake >= 0)
        status = comm__configure_first(comm);
    if (status == STATUS_SUCCESS) {
        object_ref(&comm->file.object); /* the thread's */
        if (service_start("portico-comm", comm__run, comm)) {
            *result = comm;
            return STATUS_SUCCESS;
        }
        file_unref(&comm->file);
        status = STATUS_INSUFFICIENT_RESOURCES;
    }
    file_unref(&comm->file);
    return status;
}

/* A handle on a new line. Takes over the driver. */
static NTSTATUS comm__open(struct comm_driver *driver, const struct open_args *args, HANDLE *handle)
{
    struct comm *comm;
    NTSTATUS status =
        comm_create(driver, args->flags & FILE_FLAG_OVERLAPPED ? FILE_OVERLAPPED : 0, &comm);
    if (status != STATUS_SUCCESS)
        return status;
    return handle_open_new(&comm->file.object, open_granted_access(args), args->handle_flags,
                           handle);
}

NTSTATUS comm_open(const char *path, const struct open_args *args, HANDLE *handle)
{
    struct comm_driver *driver;
    NTSTATUS status = comm_tty_open(path, &driver);
    return status == STATUS_SUCCESS ? comm__open(driver, args, handle) : status;
}

NTSTATUS comm_open_descriptor(int fd, const struct open_args *args, HANDLE *handle)
{
    struct comm_driver *driver;
    NTSTATUS status = comm_tty_adopt(fd, &driver);
    return status == STATUS_SUCCESS ? comm__open(driver, args, handle) : status;
}

NTSTATUS comm_get(HANDLE handle, struct comm **comm)
{
    struct file *file;
    NTSTATUS status = file_get(handle, 0, &file);
    if (status != STATUS_SUCCESS)
        return status;
    if (file->ops != &comm__ops) {
        file_unref(file);
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    *comm = comm__of(file);
    return STATUS_SUCCESS;
}

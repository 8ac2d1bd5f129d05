/* The serial line: receiving, reading, writing, events, and its thread. The rules stand at the top
 * of comm.h. Every static function here that takes a line or a request is called with the file's
 * lock held, but those under "submitting" and "the object". */
#include "comm.h"

#include "alarm.h"
#include "filetime.h"
#include "service.h"
#include "transfer.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    INPUT_BYTES = 4096,
    MS = FILETIME_PER_SECOND / 1000,
    LINES_PAUSE = 10 * MS, /* modem lines do not tell that they change: their counters are read */
    SENT_PAUSE_MIN = MS,   /* nor does a device tell that it has sent everything */
    SENT_PAUSE_MAX = 20 * MS,
    CLOSE_DRAIN = 100 * MS,
    LINE_EVENTS = EV_CTS | EV_DSR | EV_RLSD | EV_RING | EV_BREAK | EV_ERR,
};

#define NEVER INT64_MAX

/* Any request on a line. Times are those of alarm_now. */
struct comm_request {
    struct request request;
    int64_t begun;   /* when its turn came, 0: not yet */
    int64_t touched; /* when its last byte came */
    int64_t due;     /* when it times out as things are */
    int64_t total, interval;
    uint64_t wanted; /* bytes */
    bool at_once;    /* a read that takes what is there, be it nothing */
    bool any;        /* one that does so unless it is nothing */
    bool first_byte; /* the same, and then waits for one byte only */
    uint32_t mask_version;
};

static struct comm *comm__of(struct file *file)
{
    return list_entry(file, struct comm, file);
}

static struct comm *comm__of_request(const struct request *request)
{
    return comm__of(request->file);
}

static struct comm_request *request__own(struct request *request)
{
    return list_entry(request, struct comm_request, request);
}

static bool request__end(struct request *request, NTSTATUS status)
{
    request->status = status;
    return true;
}

static int64_t comm__now(void)
{
    return alarm_now(CLOCK_MONOTONIC);
}

void comm_wake(struct comm *comm)
{
    uint64_t one = 1;
    ssize_t written = write(comm->wake, &one, sizeof one);
    (void)written; /* a full counter wakes as well */
}

/* ---- what has happened ---- */

static void comm__event(struct comm *comm, uint32_t events)
{
    comm->events |= events & comm->mask;
}

static void comm__error(struct comm *comm, uint32_t errors)
{
    if (!errors)
        return;
    comm->errors |= errors;
    comm__event(comm, errors & CE_BREAK ? EV_BREAK : 0);
    comm__event(comm, errors & (CE_RXOVER | CE_OVERRUN | CE_RXPARITY | CE_FRAME) ? EV_ERR : 0);
    if (comm->dcb.fAbortOnError) {
        comm->aborted = true;
        comm_wake(comm);
    }
}

static void comm__lose(struct comm *comm)
{
    comm->gone = true;
    comm_wake(comm);
}

/* What the modem lines and the error counters tell. */
static void comm__look(struct comm *comm)
{
    struct comm_signals before = comm->seen, *now = &comm->seen;
    comm->driver->ops->look(comm->driver, now);
    comm__event(comm, (now->cts != before.cts ? EV_CTS : 0) |
                          (now->dsr != before.dsr ? EV_DSR : 0) |
                          (now->rlsd != before.rlsd ? EV_RLSD : 0) |
                          (now->ring != before.ring ? EV_RING : 0));
    comm__error(comm, (now->frame != before.frame ? CE_FRAME : 0) |
                          (now->overrun != before.overrun ? CE_OVERRUN : 0) |
                          (now->parity != before.parity ? CE_RXPARITY : 0) |
                          (now->breaks != before.breaks ? CE_BREAK : 0) |
                          (now->lost != before.lost ? CE_RXOVER : 0));
    comm->stats.FrameErrorCount += now->frame - before.frame;
    comm->stats.SerialOverrunErrorCount += now->overrun - before.overrun;
    comm->stats.ParityErrorCount += now->parity - before.parity;
    comm->stats.BufferOverrunErrorCount += now->lost - before.lost;
}

/* ---- receiving ---- */

static void input__put(struct comm *comm, uint8_t byte)
{
    if (byte == 0 && comm->dcb.fNull)
        return;
    comm->input[(comm->input_first + comm->input_count++) % comm->input_size] = byte;
    comm__event(comm, byte == (uint8_t)comm->dcb.EvtChar ? EV_RXCHAR | EV_RXFLAG : EV_RXCHAR);
    comm__event(comm, comm->input_count == comm->input_size / 5 * 4 ? EV_RX80FULL : 0);
}

/* A byte that came with an error, or as 0 a break, which is no byte at all. */
static void input__put_bad(struct comm *comm, uint8_t byte)
{
    bool checks = comm->dcb.fParity && comm->dcb.Parity != NOPARITY;
    if (!comm->driver->counts_errors)
        comm__error(comm, byte == 0 ? CE_BREAK : checks ? CE_RXPARITY : CE_FRAME);
    if (byte != 0)
        input__put(comm, checks && comm->dcb.fErrorChar ? (uint8_t)comm->dcb.ErrorChar : byte);
}

/* One byte as the driver gives them. */
static void input__decode(struct comm *comm, uint8_t byte)
{
    if (comm->marked == 0 && byte == 0xFF) {
        comm->marked = 1;
    } else if (comm->marked == 1 && byte == 0) {
        comm->marked = 2;
    } else {
        if (comm->marked == 2)
            input__put_bad(comm, byte);
        else
            input__put(comm, byte);
        comm->marked = 0;
    }
}

/* Takes what has come, as far as there is room for it: the rest is the device's to keep. */
static void comm__receive(struct comm *comm)
{
    uint8_t bytes[512];
    while (!comm->gone && comm->input_count < comm->input_size) {
        uint32_t room = comm->input_size - comm->input_count;
        size_t size = room < sizeof bytes ? room : sizeof bytes;
        ssize_t count = comm->driver->ops->read(comm->driver, bytes, size);
        if (count == -EAGAIN || count == -EINTR)
            return;
        if (count <= 0)
            comm__lose(comm);
        for (ssize_t i = 0; i < count; i++)
            input__decode(comm, bytes[i]);
        comm->stats.ReceivedCount += count > 0 ? (ULONG)count : 0;
    }
}

/* ---- reading ---- */

/* Why a transfer must not go on, or begin. */
static NTSTATUS transfer__refusal(const struct comm *comm, const struct request *request)
{
    if (comm->gone)
        return request->queue ? STATUS_CANCELLED : STATUS_UNSUCCESSFUL;
    return comm->aborted ? STATUS_CANCELLED : STATUS_SUCCESS;
}

/* multiplier * length + constant milliseconds; 0: no limit. */
static int64_t transfer__total(uint64_t multiplier, uint64_t constant, uint64_t length)
{
    const uint64_t longest = INT64_MAX / 4 / MS;
    uint64_t ms;
    if (__builtin_mul_overflow(multiplier, length, &ms) || ms > longest)
        ms = longest;
    return (int64_t)(ms + constant) * MS;
}

static void read__set_times(struct comm_request *read, const COMMTIMEOUTS *timeouts)
{
    uint64_t multiplier = timeouts->ReadTotalTimeoutMultiplier;
    uint64_t constant = timeouts->ReadTotalTimeoutConstant;
    if (timeouts->ReadIntervalTimeout != MAXDWORD) {
        read->interval = (int64_t)timeouts->ReadIntervalTimeout * MS;
    } else if (multiplier == 0 && constant == 0) {
        read->at_once = true;
    } else {
        read->any = true;
        read->first_byte = multiplier == MAXDWORD;
    }
    read->total = transfer__total(read->first_byte ? 0 : multiplier, constant, read->wanted);
}

/* Moves bytes from the input queue, which may fill again meanwhile. */
static void read__take(struct comm *comm, struct comm_request *read, int64_t now)
{
    unsigned char *buffer = read->request.iov_inline[0].iov_base;
    uint64_t count;
    comm__receive(comm);
    while ((count = read->wanted - read->request.information) > 0 && comm->input_count > 0) {
        uint32_t piece = comm->input_size - comm->input_first; /* up to the ring's seam */
        if (count > comm->input_count)
            count = comm->input_count;
        if (count > piece)
            count = piece;
        if (comm->input_count == comm->input_size)
            comm_wake(comm);
        memcpy(buffer + read->request.information, comm->input + comm->input_first, count);
        read->request.information += count;
        comm->input_first = (comm->input_first + (uint32_t)count) % comm->input_size;
        comm->input_count -= (uint32_t)count;
        read->touched = now;
        if (comm->input_count == 0)
            comm__receive(comm);
    }
}

static void read__set_due(struct comm_request *read)
{
    read->due = read->total ? read->begun + read->total : NEVER;
    if (read->interval && read->request.information > 0 &&
        read->touched + read->interval < read->due)
        read->due = read->touched + read->interval;
}

static bool read__attempt(struct request *request)
{
    struct comm_request *read = request__own(request);
    struct comm *comm = comm__of_request(request);
    int64_t now = comm__now();
    bool first = read->begun == 0;
    NTSTATUS refusal = transfer__refusal(comm, request);
    if (refusal != STATUS_SUCCESS)
        return request__end(request, refusal);
    read__take(comm, read, now);
    if (request->information == read->wanted ||
        (first && (read->at_once || (read->any && request->information > 0))))
        return request__end(request, STATUS_SUCCESS);
    if (first) {
        read->begun = now;
        read->wanted = read->first_byte ? 1 : read->wanted;
    }
    read__set_due(read);
    return now >= read->due && request__end(request, STATUS_TIMEOUT);
}

/* ---- writing ---- */

static bool comm__may_send(const struct comm *comm)
{
    return !comm->in_break && !comm->held;
}

static uint32_t comm__unsent(struct comm *comm)
{
    return comm->gone ? 0 : comm->driver->ops->unsent(comm->driver);
}

static void comm__send_immediate(struct comm *comm)
{
    if (comm->immediate < 0 || comm->in_break || comm->gone ||
        !comm->driver->ops->send_ahead(comm->driver, (uint8_t)comm->immediate))
        return;
    comm->immediate = -1;
    comm->sending = true;
}

static void write__hand_over(struct comm *comm, struct comm_request *write)
{
    const unsigned char *buffer = write->request.iov_inline[0].iov_base;
    while (write->request.information < write->wanted && comm__may_send(comm)) {
        uint64_t moved = write->request.information;
        ssize_t count =
            comm->driver->ops->write(comm->driver, buffer + moved, write->wanted - moved);
        if (count == -EAGAIN || count == -EINTR)
            return;
        if (count <= 0) {
            comm__lose(comm);
            return;
        }
        write->request.information += (uint64_t)count;
        comm->stats.TransmittedCount += (ULONG)count;
        if (!comm->sending)
            comm_wake(comm);
        comm->sending = true;
    }
}

static bool write__attempt(struct request *request)
{
    struct comm_request *write = request__own(request);
    struct comm *comm = comm__of_request(request);
    int64_t now = comm__now();
    NTSTATUS refusal = transfer__refusal(comm, request);
    if (refusal != STATUS_SUCCESS || write->wanted == 0)
        return request__end(request, refusal);
    if (!write->begun) {
        write->begun = now;
        write->due = write->total ? now + write->total : NEVER;
    }
    comm__send_immediate(comm);
    write__hand_over(comm, write);
    if (request->information == write->wanted && comm__unsent(comm) == 0)
        return request__end(request, STATUS_SUCCESS);
    return now >= write->due && request__end(request, STATUS_TIMEOUT);
}

static void write__linked(struct request *request)
{
    struct comm *comm = comm__of_request(request);
    comm->writes++;
    comm_wake(comm);
}

/* What has not left when a write ends is taken back and not counted. */
static void write__unlinked(struct request *request)
{
    struct comm *comm = comm__of_request(request);
    uint64_t unsent = comm__unsent(comm);
    comm->writes--;
    if (request->status == STATUS_SUCCESS || request->information == 0 || unsent == 0)
        return;
    comm->driver->ops->discard(comm->driver, false, true);
    request->information -= unsent < request->information ? unsent : request->information;
}

/* ---- events and flushes ---- */

/* Everything has left for the line. */
static bool comm__is_sent(struct comm *comm)
{
    return comm->writes == 0 && comm->immediate < 0 && comm__unsent(comm) == 0;
}

static void comm__note_sent(struct comm *comm)
{
    if (!comm->sending || !comm__is_sent(comm))
        return;
    comm->sending = false;
    comm__event(comm, EV_TXEMPTY);
}

static bool wait__give(struct request *request, DWORD events)
{
    memcpy(request->iov_inline[0].iov_base, &events, sizeof events);
    request->information = sizeof events;
    return request__end(request, STATUS_SUCCESS);
}

static bool wait__attempt(struct request *request)
{
    struct comm_request *wait = request__own(request);
    struct comm *comm = comm__of_request(request);
    uint32_t events;
    if (comm->gone)
        return request__end(request, request->queue ? STATUS_CANCELLED : STATUS_UNSUCCESSFUL);
    if (!wait->begun) {
        if (comm->mask == 0 || (comm->waits > 0 && !request->queue))
            return request__end(request, STATUS_INVALID_PARAMETER);
        wait->begun = comm__now();
        wait->mask_version = comm->mask_version;
        comm__receive(comm);
        comm__look(comm);
        comm__note_sent(comm);
    }
    if (wait->mask_version != comm->mask_version)
        return wait__give(request, 0);
    events = comm->events;
    comm->events = 0;
    return events && wait__give(request, events);
}

static void wait__linked(struct request *request)
{
    comm__of_request(request)->waits++;
    comm_wake(comm__of_request(request));
}

static void wait__unlinked(struct request *request)
{
    comm__of_request(request)->waits--;
}

static bool flush__attempt(struct request *request)
{
    struct comm *comm = comm__of_request(request);
    if (comm->gone)
        return request__end(request, request->queue ? STATUS_CANCELLED : STATUS_UNSUCCESSFUL);
    comm__note_sent(comm);
    return comm__is_sent(comm) && request__end(request, STATUS_SUCCESS);
}

static void any__linked(struct request *request)
{
    comm_wake(comm__of_request(request));
}

static const struct request_ops read__ops = {
    .name = "serial read",
    .size = sizeof(struct comm_request),
    .attempt = read__attempt,
    .linked = any__linked,
};

static const struct request_ops write__ops = {
    .name = "serial write",
    .size = sizeof(struct comm_request),
    .attempt = write__attempt,
    .linked = write__linked,
    .unlinked = write__unlinked,
};

static const struct request_ops wait__ops = {
    .name = "WaitCommEvent",
    .size = sizeof(struct comm_request),
    .attempt = wait__attempt,
    .linked = wait__linked,
    .unlinked = wait__unlinked,
};

static const struct request_ops flush__ops = {
    .name = "serial flush",
    .size = sizeof(struct comm_request),
    .attempt = flush__attempt,
    .linked = any__linked,
};

/* ---- progress ---- */

void comm_progress(struct comm *comm)
{
    struct list *node, *after;
    comm__receive(comm);
    comm__look(comm);
    comm__send_immediate(comm);
    comm__note_sent(comm);
    file_pump_locked(&comm->file);
    comm__note_sent(comm);
    list_for_each_safe (node, after, &comm->file.queue[FILE_CONTROL]) {
        struct request *request = list_entry(node, struct request, link);
        if (request->ops->attempt(request))
            file_finish_request(&comm->file, request);
    }
}

/* Ends the requests of one kind. */
static void comm__abort_queue(struct comm *comm, enum file_queue queue,
                              const struct request_ops *ops)
{
    struct list *node, *after;
    list_for_each_safe (node, after, &comm->file.queue[queue]) {
        struct request *request = list_entry(node, struct request, link);
        if (request->ops != ops)
            continue;
        request->status = STATUS_CANCELLED;
        file_finish_request(&comm->file, request);
    }
}

void comm_abort(struct comm *comm, bool reads, bool writes)
{
    if (reads)
        comm__abort_queue(comm, FILE_READ, &read__ops);
    if (writes) {
        comm__abort_queue(comm, FILE_WRITE, &write__ops);
        comm__abort_queue(comm, FILE_READ, &write__ops); /* of a synchronous handle */
        comm->immediate = -1;
    }
}

void comm_discard(struct comm *comm, bool input, bool output)
{
    if (comm->gone)
        return;
    comm->driver->ops->discard(comm->driver, input, output);
    if (input) {
        comm->input_count = 0;
        comm->marked = 0;
    }
    comm_wake(comm);
}

/* The request whose turn it is; NULL: none. */
static struct comm_request *comm__head(const struct comm *comm, enum file_queue queue)
{
    const struct list *head = &comm->file.queue[queue];
    return head->next == head ? NULL : request__own(list_entry(head->next, struct request, link));
}

/* The write whose turn it is; NULL: none. */
static struct comm_request *comm__writing(const struct comm *comm)
{
    bool overlapped = comm->file.flags & FILE_OVERLAPPED;
    struct comm_request *head = comm__head(comm, overlapped ? FILE_WRITE : FILE_READ);
    return head && head->request.ops == &write__ops ? head : NULL;
}

uint32_t comm_unsent(struct comm *comm)
{
    const struct list *queue =
        &comm->file.queue[comm->file.flags & FILE_OVERLAPPED ? FILE_WRITE : FILE_READ];
    uint64_t unsent = comm__unsent(comm);
    const struct list *node;
    list_for_each (node, queue) {
        struct comm_request *own = request__own(list_entry(node, struct request, link));
        if (own->request.ops == &write__ops)
            unsent += own->wanted - own->request.information;
    }
    return unsent < UINT32_MAX ? (uint32_t)unsent : UINT32_MAX;
}

void comm_set_mask(struct comm *comm, uint32_t mask)
{
    comm_progress(comm); /* what has come by now is not news */
    comm->mask = mask;
    comm->mask_version++;
    comm->events &= mask;
    comm_progress(comm);
}

NTSTATUS comm_grow_input(struct comm *comm, uint32_t size)
{
    uint8_t *input;
    if (size <= comm->input_size)
        return STATUS_SUCCESS;
    input = malloc(size);
    if (!input)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < comm->input_count; i++)
        input[i] = comm->input[(comm->input_first + i) % comm->input_size];
    free(comm->input);
    comm->input = input;
    comm->input_size = size;
    comm->input_first = 0;
    comm_wake(comm);
    return STATUS_SUCCESS;
}

/* ---- the thread ---- */

/* When to look again although nothing tells so. */
static int64_t comm__pause(struct comm *comm, bool blocked)
{
    int64_t pause = NEVER;
    uint64_t unsent = comm__unsent(comm);
    if (unsent > 0 || blocked || comm->immediate >= 0) {
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
    int64_t due = NEVER, left, pause = comm__pause(comm, blocked);
    for (int queue = FILE_READ; queue <= FILE_WRITE; queue++) {
        struct comm_request *head = comm__head(comm, (enum file_queue)queue);
        if (head && head->due < due)
            due = head->due;
    }
    if (due == NEVER && pause == NEVER)
        return false;
    left = due == NEVER ? NEVER : due - comm__now();
    left = left < 0 ? 0 : left < pause ? left : pause;
    *time = (struct timespec){left / FILETIME_PER_SECOND, left % FILETIME_PER_SECOND * 100};
    return true;
}

/* Sleeps until there is something to do. *blocked: a write found no room, although the device is
 * said to have some. */
static void comm__sleep(struct comm *comm, bool *blocked)
{
    struct comm_request *write = comm__writing(comm);
    bool has_bytes = write && write->request.information < write->wanted && comm__may_send(comm);
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
        comm__receive(comm);
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
    request->due = NEVER;
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
    transfer.request.ops = writes ? &write__ops : &read__ops;
    transfer.request.flags |= REQUEST_KEEPS_BYTES;
    if (transfer.wanted == 0)
        transfer.request.flags |= REQUEST_CONTROL; /* waits for nobody */
    file_lock(file);
    if (writes)
        transfer.total = transfer__total(comm->timeouts.WriteTotalTimeoutMultiplier,
                                         comm->timeouts.WriteTotalTimeoutConstant, transfer.wanted);
    else
        read__set_times(&transfer, &comm->timeouts);
    file_unlock(file);
    status = comm__submit(comm, &transfer);
    request->information = transfer.request.information;
    return status == STATUS_TIMEOUT ? STATUS_SUCCESS : status;
}

NTSTATUS comm_wait(struct comm *comm, struct request *request, DWORD *events)
{
    struct comm_request wait = {.request = *request};
    wait.request.ops = &wait__ops;
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
    struct comm_request flush = {.request = {.ops = &flush__ops, .file = file}, .due = NEVER};
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
    int64_t end = comm__now() + CLOSE_DRAIN;
    while (comm__unsent(comm) > 0 && comm__now() < end)
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

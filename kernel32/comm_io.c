/* The requests of a serial line: receiving, reading, writing, events. The rules stand at the top of
 * comm.h. Everything here is called with the file's lock held. */
#include "comm_io.h"

#include "alarm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct comm *comm__of_request(const struct request *request)
{
    return list_entry(request->file, struct comm, file);
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

void comm_receive(struct comm *comm)
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
    const uint64_t longest = INT64_MAX / 4 / COMM_MS;
    uint64_t ms;
    if (__builtin_mul_overflow(multiplier, length, &ms) || ms > longest)
        ms = longest;
    return (int64_t)(ms + constant) * COMM_MS;
}

static void read__set_times(struct comm_request *read, const COMMTIMEOUTS *timeouts)
{
    uint64_t multiplier = timeouts->ReadTotalTimeoutMultiplier;
    uint64_t constant = timeouts->ReadTotalTimeoutConstant;
    if (timeouts->ReadIntervalTimeout != MAXDWORD) {
        read->interval = (int64_t)timeouts->ReadIntervalTimeout * COMM_MS;
    } else if (multiplier == 0 && constant == 0) {
        read->at_once = true;
    } else {
        read->any = true;
        read->first_byte = multiplier == MAXDWORD;
    }
    read->total = transfer__total(read->first_byte ? 0 : multiplier, constant, read->wanted);
}

void comm_request_set_times(struct comm_request *own, const COMMTIMEOUTS *timeouts)
{
    if (own->request.ops == &comm_read_ops)
        read__set_times(own, timeouts);
    else
        own->total = transfer__total(timeouts->WriteTotalTimeoutMultiplier,
                                     timeouts->WriteTotalTimeoutConstant, own->wanted);
}

/* Moves bytes from the input queue, which may fill again meanwhile. */
static void read__take(struct comm *comm, struct comm_request *read, int64_t now)
{
    unsigned char *buffer = read->request.iov_inline[0].iov_base;
    uint64_t count;
    comm_receive(comm);
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
            comm_receive(comm);
    }
}

static void read__set_due(struct comm_request *read)
{
    read->due = read->total ? read->begun + read->total : COMM_NEVER;
    if (read->interval && read->request.information > 0 &&
        read->touched + read->interval < read->due)
        read->due = read->touched + read->interval;
}

static bool read__attempt(struct request *request)
{
    struct comm_request *read = request__own(request);
    struct comm *comm = comm__of_request(request);
    int64_t now = comm_now();
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

uint32_t comm_in_device(struct comm *comm)
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
    int64_t now = comm_now();
    NTSTATUS refusal = transfer__refusal(comm, request);
    if (refusal != STATUS_SUCCESS || write->wanted == 0)
        return request__end(request, refusal);
    if (!write->begun) {
        write->begun = now;
        write->due = write->total ? now + write->total : COMM_NEVER;
    }
    comm__send_immediate(comm);
    write__hand_over(comm, write);
    if (request->information == write->wanted && comm_in_device(comm) == 0)
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
    uint64_t unsent = comm_in_device(comm);
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
    return comm->writes == 0 && comm->immediate < 0 && comm_in_device(comm) == 0;
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
        wait->begun = comm_now();
        wait->mask_version = comm->mask_version;
        comm_receive(comm);
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

const struct request_ops comm_read_ops = {
    .name = "serial read",
    .size = sizeof(struct comm_request),
    .attempt = read__attempt,
    .linked = any__linked,
};

const struct request_ops comm_write_ops = {
    .name = "serial write",
    .size = sizeof(struct comm_request),
    .attempt = write__attempt,
    .linked = write__linked,
    .unlinked = write__unlinked,
};

const struct request_ops comm_wait_ops = {
    .name = "WaitCommEvent",
    .size = sizeof(struct comm_request),
    .attempt = wait__attempt,
    .linked = wait__linked,
    .unlinked = wait__unlinked,
};

const struct request_ops comm_flush_ops = {
    .name = "serial flush",
    .size = sizeof(struct comm_request),
    .attempt = flush__attempt,
    .linked = any__linked,
};

/* ---- progress ---- */

void comm_progress(struct comm *comm)
{
    struct list *node, *after;
    comm_receive(comm);
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
        comm__abort_queue(comm, FILE_READ, &comm_read_ops);
    if (writes) {
        comm__abort_queue(comm, FILE_WRITE, &comm_write_ops);
        comm__abort_queue(comm, FILE_READ, &comm_write_ops); /* of a synchronous handle */
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

bool comm_has_bytes_to_write(const struct comm *comm)
{
    bool overlapped = comm->file.flags & FILE_OVERLAPPED;
    struct comm_request *head = comm__head(comm, overlapped ? FILE_WRITE : FILE_READ);
    return head && head->request.ops == &comm_write_ops &&
           head->request.information < head->wanted && comm__may_send(comm);
}

int64_t comm_due(const struct comm *comm)
{
    int64_t due = COMM_NEVER;
    for (int queue = FILE_READ; queue <= FILE_WRITE; queue++) {
        struct comm_request *head = comm__head(comm, (enum file_queue)queue);
        if (head && head->due < due)
            due = head->due;
    }
    return due;
}

uint32_t comm_unsent(struct comm *comm)
{
    const struct list *queue =
        &comm->file.queue[comm->file.flags & FILE_OVERLAPPED ? FILE_WRITE : FILE_READ];
    uint64_t unsent = comm_in_device(comm);
    const struct list *node;
    list_for_each (node, queue) {
        struct comm_request *own = request__own(list_entry(node, struct request, link));
        if (own->request.ops == &comm_write_ops)
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

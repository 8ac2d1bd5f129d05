/* What goes over a link, and how it ends. */
#include "pipe_link.h"

#include "relay.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LINK_READ_BYTES = 16384, /* small enough to come from the heap and not from the kernel */
    EXIT_PATIENCE_MS = 5000, /* with another process that does not take what was written */
};

/* What stands before every word. Data follows PIPE_LINK_DATA and PIPE_LINK_PENDING only. */
struct frame {
    uint32_t word;  /* enum pipe_link_word */
    uint32_t count; /* bytes: that follow, or that were taken */
    uint64_t id;
};

struct bytes {
    unsigned char *data;
    size_t begin, end, room;
};

/* A connection to another process. */
struct wire {
    struct pipe_link link;
    struct relay_source source;
    struct pipe_end *stand_in; /* a reference */
    struct bytes in;           /* the relay's alone */
    struct bytes out;          /* what the socket did not take; this and the rest: pipe's lock */
    uint64_t next_id;
    bool open;     /* may send */
    bool broken;   /* no memory to go on with, or the socket does not take any more */
    bool finished; /* the last word is in `out`, or sent */
    bool unsent;   /* one of links__unsent */
};

static _Atomic uint32_t links__unsent; /* links whose `out` is not empty */

static struct wire *wire__of(struct pipe_link *link)
{
    return list_entry(link, struct wire, link);
}

/* Makes room for so many bytes after the end. */
static bool bytes__reserve(struct bytes *bytes, size_t size)
{
    size_t used = bytes->end - bytes->begin, room = bytes->room ? bytes->room : 256;
    unsigned char *data;
    if (bytes->room - bytes->end >= size)
        return true;
    if (used)
        memmove(bytes->data, bytes->data + bytes->begin, used);
    bytes->begin = 0;
    bytes->end = used;
    while (room - used < size)
        room *= 2;
    if (room == bytes->room)
        return true;
    data = realloc(bytes->data, room);
    if (!data)
        return false;
    bytes->data = data;
    bytes->room = room;
    return true;
}

static void bytes__free(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bytes){0};
}

static void bytes__consume(struct bytes *bytes, size_t count)
{
    bytes->begin += count;
    if (bytes->begin == bytes->end)
        bytes__free(bytes); /* an idle link costs no buffer */
}

/* ---- sending; with the pipe's lock held ---- */

/* `out` has changed. */
static void wire__count(struct wire *wire)
{
    bool unsent = wire->out.begin < wire->out.end;
    if (unsent && !wire->unsent)
        atomic_fetch_add(&links__unsent, 1);
    if (!unsent && wire->unsent)
        atomic_fetch_sub(&links__unsent, 1);
    wire->unsent = unsent;
}

static void wire__drop_unsent(struct wire *wire)
{
    bytes__free(&wire->out);
    wire__count(wire);
}

/* The relay finds out, and ends the link. */
static void wire__break(struct wire *wire)
{
    wire->broken = true;
    wire__drop_unsent(wire);
    shutdown(wire->source.fd, SHUT_RDWR);
}

static void wire__watch(struct wire *wire)
{
    relay_change(&wire->source, EPOLLIN | (wire->out.begin < wire->out.end ? EPOLLOUT : 0u));
}

/* After the last word nothing is sent any more, and the other side hangs up. */
static void wire__flush(struct wire *wire)
{
    while (wire->out.begin < wire->out.end) {
        ssize_t count = send(wire->source.fd, wire->out.data + wire->out.begin,
                             wire->out.end - wire->out.begin, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count > 0)
            bytes__consume(&wire->out, (size_t)count);
        else if (errno == EAGAIN)
            break;
        else if (errno != EINTR)
            wire->broken = true, wire__drop_unsent(wire);
    }
    wire__count(wire);
    wire__watch(wire);
    if (wire->finished && wire->out.begin == wire->out.end)
        shutdown(wire->source.fd, SHUT_WR);
}

static void wire__queue(struct wire *wire, const struct iovec *parts, int count, size_t skip)
{
    for (int i = 0; i < count; i++) {
        size_t part = parts[i].iov_len, gone = skip < part ? skip : part;
        skip -= gone;
        if (part == gone)
            continue;
        if (!bytes__reserve(&wire->out, part - gone)) {
            wire__break(wire);
            return;
        }
        memcpy(wire->out.data + wire->out.end, (char *)parts[i].iov_base + gone, part - gone);
        wire->out.end += part - gone;
    }
    wire__count(wire);
}

static void wire__send(struct wire *wire, const struct frame *frame, const void *data,
                       uint32_t size)
{
    struct iovec parts[2] = {{(void *)frame, sizeof *frame}, {(void *)data, size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t sent = 0;
    if (wire->broken || wire->finished)
        return;
    if (wire->open && wire->out.begin == wire->out.end)
        sent = sendmsg(wire->source.fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0)
        sent = 0; /* a connection that ended is an event */
    if ((size_t)sent == sizeof *frame + size)
        return;
    wire__queue(wire, parts, 2, (size_t)sent);
    if (wire->open && !wire->broken)
        wire__watch(wire);
}

static uint64_t wire__send_data(struct pipe_link *link, const void *data, uint32_t size, bool pends)
{
    struct wire *wire = wire__of(link);
    struct frame frame = {
        .word = pends ? PIPE_LINK_PENDING : PIPE_LINK_DATA, .count = size, .id = ++wire->next_id};
    wire__send(wire, &frame, data, size);
    return frame.id;
}

static void wire__send_word(struct pipe_link *link, enum pipe_link_word word, uint64_t id,
                            uint32_t count)
{
    struct frame frame = {.word = word, .count = count, .id = id};
    wire__send(wire__of(link), &frame, NULL, 0);
}

static void wire__finish(struct pipe_link *link, enum pipe_link_word word)
{
    struct wire *wire = wire__of(link);
    wire__send_word(link, word, 0, 0);
    wire->finished = true;
    if (wire->open)
        wire__flush(wire);
}

static const struct pipe_link_ops wire__ops = {wire__send_data, wire__send_word, wire__finish};

/* ---- receiving; in the relay's thread ---- */

static bool frame__has_data(const struct frame *frame)
{
    return frame->word == PIPE_LINK_DATA || frame->word == PIPE_LINK_PENDING;
}

/* Does what a word says. False: the link is over, as it says or for nonsense. */
static bool wire__obey(struct wire *wire, const struct frame *frame, const void *data)
{
    struct pipe_end *stand_in = wire->stand_in;
    switch (frame->word) {
    case PIPE_LINK_DATA:
    case PIPE_LINK_PENDING:
        return frame->id && pipe_end_receive(stand_in, frame->id, data, frame->count,
                                             frame->word == PIPE_LINK_PENDING);
    case PIPE_LINK_KEEP:
    case PIPE_LINK_DROP:
        pipe_end_settle_write(stand_in, frame->id, frame->word == PIPE_LINK_KEEP);
        return true;
    case PIPE_LINK_TAKEN:
        return pipe_end_taken(stand_in, frame->id, frame->count);
    case PIPE_LINK_DISCONNECT:
        pipe_end_disconnect(stand_in); /* refuses if it is not the server */
        break;
    default:
        break;
    }
    return false;
}

static bool wire__obey_all(struct wire *wire)
{
    struct bytes *in = &wire->in;
    struct frame frame;
    while (in->end - in->begin >= sizeof frame) {
        size_t size;
        memcpy(&frame, in->data + in->begin, sizeof frame);
        size = sizeof frame + (frame__has_data(&frame) ? frame.count : 0);
        if (in->end - in->begin < size)
            break;
        if (!wire__obey(wire, &frame, in->data + in->begin + sizeof frame))
            return false;
        bytes__consume(in, size);
    }
    return true;
}

/* Room grows with what has come, not with what was announced. */
static bool wire__receive(struct wire *wire)
{
    ssize_t count;
    if (!bytes__reserve(&wire->in, LINK_READ_BYTES))
        return false;
    count = recv(wire->source.fd, wire->in.data + wire->in.end, LINK_READ_BYTES, MSG_DONTWAIT);
    if (count > 0)
        wire->in.end += (size_t)count;
    else if (count == 0 || (errno != EAGAIN && errno != EINTR))
        return false;
    return wire__obey_all(wire);
}

static void wire__end(struct wire *wire)
{
    pipe_end_abandon(wire->stand_in);
    relay_remove(&wire->source);
    file_unref(&wire->stand_in->file);
    bytes__free(&wire->in);
    wire__drop_unsent(wire);
    free(wire);
}

static void wire__ready(struct relay_source *source, uint32_t events)
{
    struct wire *wire = list_entry(source, struct wire, source);
    if (events & EPOLLOUT) {
        file_lock(&wire->stand_in->file);
        wire__flush(wire);
        file_unlock(&wire->stand_in->file);
    }
    if ((events & ~(uint32_t)EPOLLOUT) && !wire__receive(wire))
        wire__end(wire);
}

/* ---- its life ---- */

struct pipe_link *pipe_link_create(int fd)
{
    struct wire *wire = calloc(1, sizeof *wire);
    if (!wire)
        return NULL;
    wire->link.ops = &wire__ops;
    wire->source.fd = fd;
    wire->source.ready = wire__ready;
    return &wire->link;
}

void pipe_link_free(struct pipe_link *link)
{
    struct wire *wire = wire__of(link);
    close(wire->source.fd);
    wire__drop_unsent(wire);
    free(wire);
}

void pipe_link_open(struct pipe_link *link, struct pipe_end *stand_in, const void *answer,
                    size_t size)
{
    struct wire *wire = wire__of(link);
    bool added;
    wire->stand_in = stand_in;
    if (size && send(wire->source.fd, answer, size, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)size)
        shutdown(wire->source.fd, SHUT_RDWR);
    /* From here the relay may see the connection's end: it cannot free the link before the lock is
     * free, as it abandons the stand-in first. */
    file_lock(&stand_in->file);
    added = relay_add(&wire->source, EPOLLIN);
    wire->open = added;
    if (added)
        wire__flush(wire);
    file_unlock(&stand_in->file);
    if (added)
        return;
    pipe_end_abandon(stand_in);
    file_unref(&stand_in->file);
    pipe_link_free(link);
}

/* ---- the end of the process ---- */

/* The child of a fork has no relay, and sends nothing. */
static void links__after_fork(void)
{
    atomic_store(&links__unsent, 0);
}

__attribute__((constructor)) static void links__set_up(void)
{
    pthread_atfork(NULL, NULL, links__after_fork);
}

/* A write that has ended is in the pipe, whatever becomes of the writer: the relay is given time to
 * send what the sockets have not taken yet. */
__attribute__((destructor)) static void links__tear_down(void)
{
    for (int ms = 0; ms < EXIT_PATIENCE_MS && atomic_load(&links__unsent); ms++)
        poll(NULL, 0, 1);
}

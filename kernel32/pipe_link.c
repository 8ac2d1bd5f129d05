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

struct pipe_link {
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

static struct pipe_link *link__of(struct relay_source *source)
{
    return list_entry(source, struct pipe_link, source);
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
static void link__count(struct pipe_link *link)
{
    bool unsent = link->out.begin < link->out.end;
    if (unsent && !link->unsent)
        atomic_fetch_add(&links__unsent, 1);
    if (!unsent && link->unsent)
        atomic_fetch_sub(&links__unsent, 1);
    link->unsent = unsent;
}

static void link__drop_unsent(struct pipe_link *link)
{
    bytes__free(&link->out);
    link__count(link);
}

/* The relay finds out, and ends the link. */
static void link__break(struct pipe_link *link)
{
    link->broken = true;
    link__drop_unsent(link);
    shutdown(link->source.fd, SHUT_RDWR);
}

static void link__watch(struct pipe_link *link)
{
    relay_change(&link->source, EPOLLIN | (link->out.begin < link->out.end ? EPOLLOUT : 0u));
}

/* After the last word nothing is sent any more, and the other side hangs up. */
static void link__flush(struct pipe_link *link)
{
    while (link->out.begin < link->out.end) {
        ssize_t count = send(link->source.fd, link->out.data + link->out.begin,
                             link->out.end - link->out.begin, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count > 0)
            bytes__consume(&link->out, (size_t)count);
        else if (errno == EAGAIN)
            break;
        else if (errno != EINTR)
            link->broken = true, link__drop_unsent(link);
    }
    link__count(link);
    link__watch(link);
    if (link->finished && link->out.begin == link->out.end)
        shutdown(link->source.fd, SHUT_WR);
}

static void link__queue(struct pipe_link *link, const struct iovec *parts, int count, size_t skip)
{
    for (int i = 0; i < count; i++) {
        size_t part = parts[i].iov_len, gone = skip < part ? skip : part;
        skip -= gone;
        if (part == gone)
            continue;
        if (!bytes__reserve(&link->out, part - gone)) {
            link__break(link);
            return;
        }
        memcpy(link->out.data + link->out.end, (char *)parts[i].iov_base + gone, part - gone);
        link->out.end += part - gone;
    }
    link__count(link);
}

static void link__send(struct pipe_link *link, const struct frame *frame, const void *data,
                       uint32_t size)
{
    struct iovec parts[2] = {{(void *)frame, sizeof *frame}, {(void *)data, size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t sent = 0;
    if (link->broken || link->finished)
        return;
    if (link->open && link->out.begin == link->out.end)
        sent = sendmsg(link->source.fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0)
        sent = 0; /* a connection that ended is an event */
    if ((size_t)sent == sizeof *frame + size)
        return;
    link__queue(link, parts, 2, (size_t)sent);
    if (link->open && !link->broken)
        link__watch(link);
}

uint64_t pipe_link_send_data(struct pipe_link *link, const void *data, uint32_t size, bool pends)
{
    struct frame frame = {
        .word = pends ? PIPE_LINK_PENDING : PIPE_LINK_DATA, .count = size, .id = ++link->next_id};
    link__send(link, &frame, data, size);
    return frame.id;
}

void pipe_link_send(struct pipe_link *link, enum pipe_link_word word, uint64_t id, uint32_t count)
{
    struct frame frame = {.word = word, .count = count, .id = id};
    link__send(link, &frame, NULL, 0);
}

void pipe_link_finish(struct pipe_link *link, enum pipe_link_word word)
{
    pipe_link_send(link, word, 0, 0);
    link->finished = true;
    if (link->open)
        link__flush(link);
}

/* ---- receiving; in the relay's thread ---- */

static bool frame__has_data(const struct frame *frame)
{
    return frame->word == PIPE_LINK_DATA || frame->word == PIPE_LINK_PENDING;
}

/* Does what a word says. False: the link is over, as it says or for nonsense. */
static bool link__obey(struct pipe_link *link, const struct frame *frame, const void *data)
{
    struct pipe_end *stand_in = link->stand_in;
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

static bool link__obey_all(struct pipe_link *link)
{
    struct bytes *in = &link->in;
    struct frame frame;
    while (in->end - in->begin >= sizeof frame) {
        size_t size;
        memcpy(&frame, in->data + in->begin, sizeof frame);
        size = sizeof frame + (frame__has_data(&frame) ? frame.count : 0);
        if (in->end - in->begin < size)
            break;
        if (!link__obey(link, &frame, in->data + in->begin + sizeof frame))
            return false;
        bytes__consume(in, size);
    }
    return true;
}

/* Room grows with what has come, not with what was announced. */
static bool link__receive(struct pipe_link *link)
{
    ssize_t count;
    if (!bytes__reserve(&link->in, LINK_READ_BYTES))
        return false;
    count = recv(link->source.fd, link->in.data + link->in.end, LINK_READ_BYTES, MSG_DONTWAIT);
    if (count > 0)
        link->in.end += (size_t)count;
    else if (count == 0 || (errno != EAGAIN && errno != EINTR))
        return false;
    return link__obey_all(link);
}

static void link__end(struct pipe_link *link)
{
    pipe_end_abandon(link->stand_in);
    relay_remove(&link->source);
    file_unref(&link->stand_in->file);
    bytes__free(&link->in);
    link__drop_unsent(link);
    free(link);
}

static void link__ready(struct relay_source *source, uint32_t events)
{
    struct pipe_link *link = link__of(source);
    if (events & EPOLLOUT) {
        file_lock(&link->stand_in->file);
        link__flush(link);
        file_unlock(&link->stand_in->file);
    }
    if ((events & ~(uint32_t)EPOLLOUT) && !link__receive(link))
        link__end(link);
}

/* ---- its life ---- */

struct pipe_link *pipe_link_create(int fd)
{
    struct pipe_link *link = calloc(1, sizeof *link);
    if (!link)
        return NULL;
    link->source.fd = fd;
    link->source.ready = link__ready;
    return link;
}

void pipe_link_free(struct pipe_link *link)
{
    close(link->source.fd);
    link__drop_unsent(link);
    free(link);
}

void pipe_link_open(struct pipe_link *link, struct pipe_end *stand_in, const void *answer,
                    size_t size)
{
    bool added;
    link->stand_in = stand_in;
    if (size && send(link->source.fd, answer, size, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)size)
        shutdown(link->source.fd, SHUT_RDWR);
    /* From here the relay may see the connection's end: it cannot free the link before the lock is
     * free, as it abandons the stand-in first. */
    file_lock(&stand_in->file);
    added = relay_add(&link->source, EPOLLIN);
    link->open = added;
    if (added)
        link__flush(link);
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

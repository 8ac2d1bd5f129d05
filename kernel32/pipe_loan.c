/* Ends of named pipes lent to other programs. */
#include "pipe_loan.h"

#include "handle_table.h"
#include "relay.h"
#include "status.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LOAN_READ_BYTES = 16384,
    LOAN_AHEAD_BYTES = 65536, /* what the child wrote and nobody has read; then it must wait */
};

struct pipe_loan {
    struct pipe_link link;
    struct relay_source source;
    struct pipe_end *end; /* a reference */
    HANDLE handle;        /* on the end, as the child would have */
    uint64_t next_id;     /* the relay's alone */
    uint64_t unread;      /* bytes; this and the next: pipe's lock */
    bool over;            /* the other end is gone: what it wrote is still to be passed on */
};

static struct pipe_loan *loan__of(struct pipe_link *link)
{
    return list_entry(link, struct pipe_loan, link);
}

/* ---- with the pipe's lock held ---- */

static void loan__watch(struct pipe_loan *loan)
{
    bool has_bytes = !list_is_empty(&loan->end->inbox);
    relay_change(&loan->source, (loan->unread < LOAN_AHEAD_BYTES ? EPOLLIN : 0u) |
                                    (has_bytes || loan->over ? EPOLLOUT : 0u));
}

/* The relay passes it on. */
static uint64_t loan__data(struct pipe_link *link, const void *data, uint32_t size, bool pends)
{
    (void)data;
    (void)size;
    (void)pends;
    loan__watch(loan__of(link));
    return 0;
}

static void loan__word(struct pipe_link *link, enum pipe_link_word word, uint64_t id,
                       uint32_t count)
{
    if (word != PIPE_LINK_TAKEN || id == 0) /* or it was our own process that wrote there */
        return;
    loan__of(link)->unread -= count;
    loan__watch(loan__of(link));
}

static void loan__finish(struct pipe_link *link, enum pipe_link_word word)
{
    (void)word;
    loan__of(link)->over = true;
    loan__watch(loan__of(link));
}

static const struct pipe_link_ops loan__ops = {loan__data, loan__word, loan__finish};

/* A child that does not read any more is an event of its own. */
static void loan__pass_on(struct pipe_loan *loan)
{
    struct iovec bytes;
    while (pipe_end_peek_chunk(loan->end, &bytes)) {
        ssize_t count = 0;
        if (bytes.iov_len)
            count =
                send(loan->source.fd, bytes.iov_base, bytes.iov_len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            break;
        pipe_end_discard(loan->end, (uint32_t)count);
    }
    if (loan->over && list_is_empty(&loan->end->inbox))
        shutdown(loan->source.fd, SHUT_RDWR);
    loan__watch(loan);
}

static bool loan__is_possible(const struct pipe_end *end)
{
    return end->state == PIPE_CONNECTED && !end->link && !end->peer->link;
}

/* ---- in the relay's thread ---- */

/* Counts first: the reader may have it at once. False: the child has closed its end. */
static bool loan__receive(struct pipe_loan *loan)
{
    char bytes[LOAN_READ_BYTES];
    ssize_t count = recv(loan->source.fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count <= 0)
        return count < 0 && (errno == EAGAIN || errno == EINTR);
    file_lock(&loan->end->file);
    loan->unread += (uint64_t)count;
    loan__watch(loan);
    file_unlock(&loan->end->file);
    return pipe_end_receive(loan->end, ++loan->next_id, bytes, (uint32_t)count, false);
}

static void loan__end(struct pipe_loan *loan)
{
    file_lock(&loan->end->file);
    loan->end->link = NULL;
    file_unlock(&loan->end->file);
    relay_remove(&loan->source);
    loan->source.fd = -1;
    pipe_loan_drop(loan);
}

static void loan__ready(struct relay_source *source, uint32_t events)
{
    struct pipe_loan *loan = list_entry(source, struct pipe_loan, source);
    if (events & EPOLLOUT) {
        file_lock(&loan->end->file);
        loan__pass_on(loan);
        file_unlock(&loan->end->file);
    }
    if ((events & ~(uint32_t)EPOLLOUT) && !loan__receive(loan))
        loan__end(loan);
}

/* ---- its life ---- */

void pipe_loan_drop(struct pipe_loan *loan)
{
    if (loan->source.fd >= 0)
        close(loan->source.fd);
    handle_close(loan->handle);
    file_unref(&loan->end->file);
    free(loan);
}

NTSTATUS pipe_loan_create(struct file *file, struct pipe_loan **created, int *fd)
{
    struct pipe_end *end = pipe_end_of(file);
    struct pipe_loan *loan;
    bool possible = false;
    int pair[2];
    NTSTATUS status;
    if (end) {
        file_lock(file);
        possible = loan__is_possible(end);
        file_unlock(file);
    }
    if (!possible)
        return STATUS_NOT_SUPPORTED;
    loan = calloc(1, sizeof *loan);
    status = loan ? handle_open(&file->object, 0, 0, &loan->handle) : STATUS_NO_MEMORY;
    if (status != STATUS_SUCCESS) {
        free(loan);
        return status;
    }
    loan->link.ops = &loan__ops;
    loan->end = end;
    loan->source = (struct relay_source){.fd = -1, .ready = loan__ready};
    object_ref(&file->object);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        status = status_from_errno(errno);
        pipe_loan_drop(loan);
        return status;
    }
    loan->source.fd = pair[0];
    *fd = pair[1];
    *created = loan;
    return STATUS_SUCCESS;
}

bool pipe_loan_is_of(const struct pipe_loan *loan, const struct file *file)
{
    return &loan->end->file == file;
}

void pipe_loan_begin(struct pipe_loan *loan)
{
    struct pipe_end *end = loan->end;
    bool begun;
    file_lock(&end->file);
    begun = loan__is_possible(end) && relay_add(&loan->source, EPOLLIN | EPOLLOUT);
    if (begun)
        end->link = &loan->link;
    file_unlock(&end->file);
    if (!begun)
        pipe_loan_drop(loan);
}

/* A link: a named pipe's connection between two processes, at one of them.
 *
 * Either side sends its real end's writes as they are made, with a number each, and what its real
 * end has read of the other's. Both stand-ins (pipe.h) follow from that. The one who closes says
 * so, and the other one hangs up; a connection that ends without a word is a process that died.
 *
 * What the socket does not take is sent by the relay; a process that exits waits for that, but not
 * for ever. (One that is killed does not.)
 *
 * Life. The link belongs to the relay and has a reference to its stand-in. When the connection ends
 * the stand-in is abandoned and the link freed. The pipe's lock protects what goes out. */
#ifndef PORTICO_PIPE_LINK_H
#define PORTICO_PIPE_LINK_H

#include "pipe.h"

enum pipe_link_word {
    PIPE_LINK_DATA = 1,   /* a write that has ended; its bytes follow */
    PIPE_LINK_PENDING,    /* a write that pends; its bytes follow */
    PIPE_LINK_KEEP,       /* the pending write has ended well */
    PIPE_LINK_DROP,       /* what is left of it is gone */
    PIPE_LINK_TAKEN,      /* so much was read of a write */
    PIPE_LINK_DISCONNECT, /* the server has disconnected */
    PIPE_LINK_CLOSE,      /* the end was closed */
};

/* What the rules of pipe.h know of a link; the caller of each holds the pipe's lock. A connection
 * to another process that keeps those rules is one, a loan to a program that does not know them
 * (pipe_loan.h) is another. */
struct pipe_link {
    const struct pipe_link_ops *ops;
};

struct pipe_link_ops {
    /* A write is in the stand-in's inbox; returns its number. */
    uint64_t (*send_data)(struct pipe_link *link, const void *data, uint32_t size, bool pends);
    void (*send)(struct pipe_link *link, enum pipe_link_word word, uint64_t id, uint32_t count);
    /* The last word. */
    void (*finish)(struct pipe_link *link, enum pipe_link_word word);
};

/* A link over a connection, which it takes over; it says nothing before pipe_link_open. */
struct pipe_link *pipe_link_create(int fd);
void pipe_link_free(struct pipe_link *link); /* one that was not opened */

/* Begins. `answer` goes out first. Takes over a reference to the stand-in, whose link it is. */
void pipe_link_open(struct pipe_link *link, struct pipe_end *stand_in, const void *answer,
                    size_t size);

static inline uint64_t pipe_link_send_data(struct pipe_link *link, const void *data, uint32_t size,
                                           bool pends)
{
    return link->ops->send_data(link, data, size, pends);
}

static inline void pipe_link_send(struct pipe_link *link, enum pipe_link_word word, uint64_t id,
                                  uint32_t count)
{
    link->ops->send(link, word, id, count);
}

static inline void pipe_link_finish(struct pipe_link *link, enum pipe_link_word word)
{
    link->ops->finish(link, word);
}

#endif

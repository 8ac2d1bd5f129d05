/* The inbox of a pipe's end: chunks in the order of the writes (pipe.h has the rules). The caller
 * of each function here holds the instance's lock. */
#ifndef PORTICO_PIPE_INBOX_H
#define PORTICO_PIPE_INBOX_H

#include "pipe.h"

struct pipe_request;

/* A write, or what is left of it, in the inbox of the end that will read it. */
struct pipe_chunk {
    struct list link;
    struct pipe_request *writer; /* it pends and has the bytes; NULL: they are in `data` */
    uint32_t size, taken;
    uint64_t id;  /* between processes: the writer's number of it; 0: it has none */
    bool pending; /* in the other process its write has not ended */
    unsigned char *data;
};

/* Any request on an end. */
struct pipe_request {
    struct request request;
    struct pipe_chunk chunk;    /* of a write that pends */
    struct pipe_chunk *message; /* of a transaction that has not sent it yet */
};

static inline uint32_t pipe_chunk_rest(const struct pipe_chunk *chunk)
{
    return chunk->size - chunk->taken;
}

/* The one buffer of a pipe's request. */
static inline struct iovec *pipe_request_buffer(struct request *request)
{
    return &request_iov(request)[0];
}

/* The bytes of a chunk, those that were taken included. */
static inline const unsigned char *pipe_chunk_bytes(const struct pipe_chunk *chunk)
{
    return chunk->writer ? pipe_request_buffer(&chunk->writer->request)->iov_base : chunk->data;
}

static inline struct request *pipe_end_first(struct pipe_end *end, enum file_queue queue)
{
    struct list *head = &end->file.queue[queue];
    return list_is_empty(head) ? NULL : list_entry(head->next, struct request, link);
}

/* A chunk with a copy of the data; NULL: no memory. */
struct pipe_chunk *pipe_chunk_create(const void *data, uint32_t size);

/* Tells the other process of a new chunk, if there is one. */
void inbox_copy_out(struct pipe_end *end, struct pipe_chunk *chunk, const void *data);

void inbox_append(struct pipe_end *end, struct pipe_chunk *chunk);
void inbox_drop(struct pipe_end *end, struct pipe_chunk *chunk);
struct pipe_chunk *inbox_find(struct pipe_end *end, uint64_t id);

/* Drops all, or what belongs to writes that have not ended in the other process. */
void inbox_purge(struct pipe_end *end, bool only_pending);

/* Copies what is left of a write into the inbox, at the write's place if it pends there. False: no
 * room or no memory. */
bool inbox_buffer(struct pipe_end *end, struct pipe_request *write);

/* Ends the writes that fit now, and the flushes if all was read. `reader` may have lost its peer
 * meanwhile. */
void inbox_settle(struct pipe_end *reader);

void inbox_peek(struct pipe_end *end, struct pipe_peek *peek);

#endif

/* The inbox: what lies between a write and a read. The caller of each function here holds the
 * instance's lock. */
#include "pipe_inbox.h"

#include "pipe_link.h"

#include <stdlib.h>
#include <string.h>

struct pipe_chunk *pipe_chunk_create(const void *data, uint32_t size)
{
    struct pipe_chunk *chunk = malloc(sizeof *chunk + size);
    if (!chunk)
        return NULL;
    chunk->writer = NULL;
    chunk->size = size;
    chunk->taken = 0;
    chunk->id = 0;
    chunk->pending = false;
    chunk->data = (unsigned char *)(chunk + 1);
    if (size)
        memcpy(chunk->data, data, size);
    return chunk;
}

void inbox_copy_out(struct pipe_end *end, struct pipe_chunk *chunk, const void *data)
{
    if (end->link)
        chunk->id = pipe_link_send_data(end->link, data, chunk->size, chunk->writer != NULL);
}

void inbox_append(struct pipe_end *end, struct pipe_chunk *chunk)
{
    list_append(&end->inbox, &chunk->link);
    end->buffered += pipe_chunk_rest(chunk);
}

bool inbox_buffer(struct pipe_end *end, struct pipe_request *write)
{
    struct iovec *buffer = pipe_request_buffer(&write->request);
    uint64_t rest = buffer->iov_len - write->request.information;
    struct pipe_chunk *chunk;
    if (end->buffered + rest > end->quota)
        return false;
    chunk =
        pipe_chunk_create((char *)buffer->iov_base + write->request.information, (uint32_t)rest);
    if (!chunk)
        return false;
    if (write->request.queue) {
        list_append(&write->chunk.link, &chunk->link); /* just before it */
        chunk->id = write->chunk.id;
        write->chunk.id = 0;
        if (end->link)
            pipe_link_send(end->link, PIPE_LINK_KEEP, chunk->id, 0);
    } else {
        list_append(&end->inbox, &chunk->link);
        inbox_copy_out(end, chunk, chunk->data);
    }
    end->buffered += rest;
    return true;
}

void inbox_drop(struct pipe_end *end, struct pipe_chunk *chunk)
{
    list_remove(&chunk->link);
    if (!chunk->writer) {
        end->buffered -= pipe_chunk_rest(chunk);
        free(chunk);
    }
}

struct pipe_chunk *inbox_find(struct pipe_end *end, uint64_t id)
{
    struct list *node;
    list_for_each (node, &end->inbox) {
        struct pipe_chunk *chunk = list_entry(node, struct pipe_chunk, link);
        if (chunk->id == id)
            return chunk;
    }
    return NULL;
}

void inbox_purge(struct pipe_end *end, bool only_pending)
{
    struct list *node, *after;
    list_for_each_safe (node, after, &end->inbox) {
        struct pipe_chunk *chunk = list_entry(node, struct pipe_chunk, link);
        if (chunk->pending || !only_pending)
            inbox_drop(end, chunk);
    }
}

void inbox_settle(struct pipe_end *reader)
{
    struct pipe_end *writer = reader->peer;
    struct request *request;
    if (!writer)
        return;
    while ((request = pipe_end_first(writer, FILE_WRITE)) != NULL) {
        struct pipe_request *write = list_entry(request, struct pipe_request, request);
        bool all_read = pipe_chunk_rest(&write->chunk) == 0;
        if (!all_read && !inbox_buffer(reader, write))
            return;
        request->information = write->chunk.size;
        request->status = STATUS_SUCCESS;
        file_finish_request(&writer->file, request);
    }
    if (!list_is_empty(&reader->inbox) || writer->state != PIPE_CONNECTED)
        return;
    while ((request = pipe_end_first(writer, FILE_CONTROL)) != NULL) {
        request->status = STATUS_SUCCESS;
        file_finish_request(&writer->file, request);
    }
}

void inbox_peek(struct pipe_end *end, struct pipe_peek *peek)
{
    bool has_messages = end->pipe->kind.has_messages;
    uint32_t room = peek->buffer ? peek->size : 0;
    struct list *node;
    list_for_each (node, &end->inbox) {
        struct pipe_chunk *chunk = list_entry(node, struct pipe_chunk, link);
        uint32_t rest = pipe_chunk_rest(chunk), count = rest < room ? rest : room;
        if (count)
            memcpy((char *)peek->buffer + peek->copied, pipe_chunk_bytes(chunk) + chunk->taken,
                   count);
        peek->copied += count;
        peek->available += rest;
        peek->messages += has_messages;
        room = has_messages ? 0 : room - count;
        if (has_messages && node == end->inbox.next)
            peek->left_in_message = rest - count;
    }
    if (!has_messages)
        peek->left_in_message = 0 - peek->copied; /* as Windows has it (PIPE-108) */
}

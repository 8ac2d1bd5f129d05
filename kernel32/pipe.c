/* The two ends of a named pipe: connecting, moving data, ending. The rules stand at the top of
 * pipe.h. Every static function here that takes an end is called with the instance's lock held. */
#include "pipe.h"

#include "pipe_inbox.h"
#include "pipe_link.h"
#include "status.h"
#include "transfer.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <winbase.h>

static struct pipe_end *end__of(struct file *file)
{
    return list_entry(file, struct pipe_end, file);
}

static struct pipe_end *end__of_request(struct request *request)
{
    return end__of(request->file);
}

static bool request__end(struct request *request, NTSTATUS status)
{
    request->status = status;
    return true;
}

/* ---- turns: on a synchronous handle a write waits for a read, and a read for a write ---- */

/* Reads wait for reads in their queue, writes for writes. */
static bool turn__has_come(struct pipe_end *end, const struct request *request)
{
    enum file_queue other = request->flags & REQUEST_WRITE ? FILE_READ : FILE_WRITE;
    return (end->file.flags & FILE_OVERLAPPED) || list_is_empty(&end->file.queue[other]);
}

static bool turn__attempt(struct request *request)
{
    return turn__has_come(end__of_request(request), request) &&
           request__end(request, STATUS_SUCCESS);
}

static const struct request_ops turn__ops = {
    .name = "pipe turn",
    .size = sizeof(struct request),
    .attempt = turn__attempt,
};

/* Something is over: whoever waits for his turn looks again. */
static void turn__pass(struct request *over)
{
    struct pipe_end *end = end__of_request(over);
    struct list *node, *after;
    list_for_each_safe (node, after, &end->file.queue[FILE_CONTROL]) {
        struct request *request = list_entry(node, struct request, link);
        if (request->ops == &turn__ops && turn__attempt(request))
            file_finish_request(&end->file, request);
    }
}

/* ---- reading ---- */

/* Why there is nothing to read: STATUS_PENDING if it may still come. */
static NTSTATUS read__nothing(const struct pipe_end *end)
{
    switch (end->state) {
    case PIPE_LISTENING:
        return STATUS_PIPE_LISTENING;
    case PIPE_CONNECTED:
        return STATUS_PENDING;
    case PIPE_CLOSING:
        return STATUS_PIPE_BROKEN;
    case PIPE_DISCONNECTED:
        break;
    }
    return STATUS_PIPE_DISCONNECTED;
}

static void chunk__take(struct pipe_end *end, struct pipe_chunk *chunk, struct request *read,
                        uint32_t count)
{
    if (count)
        memmove((char *)pipe_request_buffer(read)->iov_base + read->information,
                pipe_chunk_bytes(chunk) + chunk->taken,
                count); /* a program may read into what it writes from */
    read->information += count;
    chunk->taken += count;
    if (chunk->writer)
        chunk->writer->request.information += count;
    else
        end->buffered -= count;
}

/* Moves what is there into the buffer. The inbox is not empty. */
static NTSTATUS read__take(struct pipe_end *end, struct request *read)
{
    struct list *node, *after;
    bool more = false;
    end->has_read = true;
    list_for_each_safe (node, after, &end->inbox) {
        struct pipe_chunk *chunk = list_entry(node, struct pipe_chunk, link);
        uint64_t room = pipe_request_buffer(read)->iov_len - read->information;
        uint32_t rest = pipe_chunk_rest(chunk);
        uint32_t count = rest < room ? rest : (uint32_t)room;
        chunk__take(end, chunk, read, count);
        more = count < rest;
        if (end->peer && end->peer->link && (count || !more))
            pipe_link_send(end->peer->link, PIPE_LINK_TAKEN, chunk->id, count);
        if (more)
            break;
        inbox_drop(end, chunk);
        if (end->reads_messages || count == room)
            break;
    }
    return more && end->reads_messages ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static bool read__attempt(struct request *request)
{
    struct pipe_end *end = end__of_request(request);
    if (!request->queue && !turn__has_come(end, request))
        return request__end(request, STATUS_RETRY);
    if (list_is_empty(&end->inbox)) {
        NTSTATUS status = read__nothing(end);
        if (status == STATUS_PENDING && end->nowait && !request->queue)
            status = STATUS_PIPE_EMPTY;
        return status != STATUS_PENDING && request__end(request, status);
    }
    request->status = read__take(end, request);
    inbox_settle(end);
    return true;
}

/* ---- writing ---- */

static NTSTATUS write__refusal(const struct pipe_end *end)
{
    switch (end->state) {
    case PIPE_LISTENING:
        return STATUS_PIPE_LISTENING;
    case PIPE_CONNECTED:
        return STATUS_SUCCESS;
    case PIPE_CLOSING:
        return STATUS_PIPE_CLOSING;
    case PIPE_DISCONNECTED:
        break;
    }
    return STATUS_PIPE_DISCONNECTED;
}

/* Gives a write's bytes to the reads that pend. */
static void write__feed(struct pipe_end *reader, struct request *write)
{
    struct iovec *from = pipe_request_buffer(write);
    struct request *read;
    while (write->information < from->iov_len && (read = pipe_end_first(reader, FILE_READ))) {
        struct iovec *to = pipe_request_buffer(read);
        uint64_t rest = from->iov_len - write->information;
        uint64_t count = rest < to->iov_len ? rest : to->iov_len;
        if (count)
            memmove(to->iov_base, (char *)from->iov_base + write->information, count);
        write->information += count;
        read->information = count;
        reader->has_read = true;
        read->status =
            count < rest && reader->reads_messages ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
        file_finish_request(&reader->file, read);
    }
}

/* May a write that must not wait begin? */
static bool write__fits(struct pipe_end *reader, uint64_t length)
{
    uint64_t room = reader->quota > reader->buffered ? reader->quota - reader->buffered : 0;
    struct list *node;
    list_for_each (node, &reader->file.queue[FILE_READ])
        room += pipe_request_buffer(list_entry(node, struct request, link))->iov_len;
    return length <= room;
}

/* An empty message ends one read, or waits for one; in a byte pipe it is nothing at all. */
static NTSTATUS write__nothing(struct pipe_end *reader)
{
    struct request *read = pipe_end_first(reader, FILE_READ);
    struct pipe_chunk *chunk;
    if (!reader->pipe->kind.has_messages)
        return STATUS_SUCCESS;
    if (read) {
        read->status = STATUS_SUCCESS;
        file_finish_request(&reader->file, read);
        return STATUS_SUCCESS;
    }
    chunk = pipe_chunk_create(NULL, 0);
    if (!chunk)
        return STATUS_INSUFFICIENT_RESOURCES;
    inbox_append(reader, chunk);
    inbox_copy_out(reader, chunk, NULL);
    return STATUS_SUCCESS;
}

static bool write__attempt(struct request *request)
{
    struct pipe_end *end = end__of_request(request), *reader = end->peer;
    struct pipe_request *write = list_entry(request, struct pipe_request, request);
    uint64_t length = pipe_request_buffer(request)->iov_len;
    NTSTATUS status = write__refusal(end);
    if (request->queue)
        return false; /* its data is in the inbox: the reader ends it */
    if (!turn__has_come(end, request))
        status = STATUS_RETRY;
    if (status != STATUS_SUCCESS)
        return request__end(request, status);
    if (end->nowait && !write__fits(reader, length)) {
        if (!end->pipe->kind.has_messages)
            write__feed(reader, request);
        return request__end(request, STATUS_SUCCESS);
    }
    if (length == 0)
        return request__end(request, write__nothing(reader));
    write__feed(reader, request);
    if (request->information < length && !inbox_buffer(reader, write))
        return false;
    request->information = length;
    return request__end(request, STATUS_SUCCESS);
}

/* What is left of a write that pends is visible to the reader at once. */
static void write__linked(struct request *request)
{
    struct pipe_request *write = list_entry(request, struct pipe_request, request);
    struct pipe_end *reader = end__of_request(request)->peer;
    write->chunk = (struct pipe_chunk){
        .writer = write,
        .size = (uint32_t)pipe_request_buffer(request)->iov_len,
        .taken = (uint32_t)request->information,
    };
    list_append(&reader->inbox, &write->chunk.link);
    inbox_copy_out(reader, &write->chunk, pipe_request_buffer(request)->iov_base);
}

static void write__unlinked(struct request *request)
{
    struct pipe_chunk *chunk = &list_entry(request, struct pipe_request, request)->chunk;
    struct pipe_end *reader = end__of_request(request)->peer;
    list_remove(&chunk->link);
    turn__pass(request);
    if (chunk->id && pipe_chunk_rest(chunk) && reader && reader->link)
        pipe_link_send(reader->link, PIPE_LINK_DROP, chunk->id, 0);
}

/* ---- transactions ---- */

/* The message goes out whatever the quota says, then the transaction is a read. */
static NTSTATUS transact__send(struct pipe_end *end, struct pipe_request *transaction)
{
    struct pipe_chunk *message = transaction->message;
    struct iovec bytes = {.iov_base = message->data, .iov_len = message->size};
    struct pipe_request write = {.request = {.iov_inline = {bytes}, .iov_count = 1}};
    transaction->message = NULL;
    if (message->size == 0) {
        NTSTATUS status = write__nothing(end->peer);
        free(message);
        return status;
    }
    write__feed(end->peer, &write.request);
    message->taken = (uint32_t)write.request.information;
    if (pipe_chunk_rest(message) == 0) {
        free(message);
        return STATUS_SUCCESS;
    }
    inbox_append(end->peer, message);
    inbox_copy_out(end->peer, message, message->data);
    return STATUS_SUCCESS;
}

static NTSTATUS transact__refusal(const struct pipe_end *end)
{
    if (end->state == PIPE_DISCONNECTED && !end->is_server)
        return STATUS_PIPE_DISCONNECTED;
    if (end->state != PIPE_CONNECTED)
        return STATUS_INVALID_PIPE_STATE;
    if (!end->reads_messages)
        return STATUS_INVALID_READ_MODE;
    return list_is_empty(&end->inbox) ? STATUS_SUCCESS : STATUS_PIPE_BUSY;
}

static bool transact__attempt(struct request *request)
{
    struct pipe_request *transaction = list_entry(request, struct pipe_request, request);
    struct pipe_end *end = end__of_request(request);
    if (transaction->message) {
        NTSTATUS status = transact__refusal(end);
        if (status == STATUS_SUCCESS)
            status = transact__send(end, transaction);
        if (status != STATUS_SUCCESS)
            return request__end(request, status);
    }
    return read__attempt(request);
}

/* Reads pend before it: the message goes out all the same. Reads pend only while connected. */
static void transact__linked(struct request *request)
{
    struct pipe_request *transaction = list_entry(request, struct pipe_request, request);
    if (transaction->message)
        transact__send(end__of_request(request), transaction);
}

static void transact__release(struct request *request)
{
    free(list_entry(request, struct pipe_request, request)->message);
}

/* ---- connecting and flushing ---- */

static bool connect__attempt(struct request *request)
{
    struct pipe_end *end = end__of_request(request);
    switch (end->state) {
    case PIPE_CONNECTED:
        return request__end(request, STATUS_PIPE_CONNECTED);
    case PIPE_CLOSING:
        return request__end(request, STATUS_PIPE_CLOSING);
    case PIPE_DISCONNECTED:
        end->state = PIPE_LISTENING;
        pipe_name_listen(end->pipe);
        break;
    case PIPE_LISTENING:
        break;
    }
    return end->nowait && !request->queue && request__end(request, STATUS_PIPE_LISTENING);
}

static bool flush__attempt(struct request *request)
{
    struct pipe_end *end = end__of_request(request);
    if (end->state == PIPE_DISCONNECTED && !end->is_server)
        return request__end(request, STATUS_PIPE_DISCONNECTED);
    if (end->state == PIPE_CONNECTED && !list_is_empty(&end->peer->inbox))
        return false;
    return request__end(request, STATUS_SUCCESS);
}

static const struct request_ops read__ops = {
    .name = "pipe read",
    .size = sizeof(struct pipe_request),
    .attempt = read__attempt,
    .unlinked = turn__pass,
};

static const struct request_ops write__ops = {
    .name = "pipe write",
    .size = sizeof(struct pipe_request),
    .attempt = write__attempt,
    .linked = write__linked,
    .unlinked = write__unlinked,
};

static const struct request_ops transact__ops = {
    .name = "TransactNamedPipe",
    .size = sizeof(struct pipe_request),
    .attempt = transact__attempt,
    .linked = transact__linked,
    .unlinked = turn__pass,
    .release = transact__release,
};

static const struct request_ops connect__ops = {
    .name = "ConnectNamedPipe",
    .size = sizeof(struct pipe_request),
    .attempt = connect__attempt,
};

static const struct request_ops flush__ops = {
    .name = "pipe flush",
    .size = sizeof(struct pipe_request),
    .attempt = flush__attempt,
};

/* ---- submitting ---- */

/* Waits until a request on a synchronous handle may be tried again. */
static NTSTATUS turn__await(struct pipe_end *end, const struct request *request)
{
    struct request turn = {.ops = &turn__ops,
                           .file = &end->file,
                           .flags = REQUEST_CONTROL | (request->flags & REQUEST_WRITE)};
    struct deadline never = {.never = true};
    NTSTATUS status = file_submit_and_wait(&end->file, &turn, false, &never);
    request_free(&turn);
    return status;
}

/* Starts the request, or makes it and waits. Releases it unless it goes on. */
static NTSTATUS pipe__submit(struct pipe_end *end, struct pipe_request *request, bool wait)
{
    struct deadline never = {.never = true};
    NTSTATUS status;
    list_init(&request->chunk.link);
    if (!wait)
        return file_submit(&end->file, &request->request);
    do
        status = file_submit_and_wait(&end->file, &request->request, false, &never);
    while (status == STATUS_RETRY &&
           (status = turn__await(end, &request->request)) != STATUS_CANCELLED);
    request_free(&request->request);
    return status;
}

static bool pipe__waits(const struct file *file, const void *iosb)
{
    return !(file->flags & FILE_OVERLAPPED) || !iosb;
}

static NTSTATUS pipe__transfer(struct file *file, struct request *request)
{
    struct pipe_request copy = {.request = *request};
    struct iovec *buffer = pipe_request_buffer(request);
    bool writes = request->flags & REQUEST_WRITE;
    NTSTATUS status;
    /* No system call will look at the buffer for us. */
    if (writes ? !memory_is_readable(buffer->iov_base, buffer->iov_len)
               : !memory_is_writable(buffer->iov_base, buffer->iov_len)) {
        request_free(request);
        return writes ? STATUS_INVALID_USER_BUFFER : STATUS_ACCESS_VIOLATION;
    }
    copy.request.ops = writes ? &write__ops : &read__ops;
    if (writes && buffer->iov_len == 0)
        copy.request.flags |= REQUEST_CONTROL; /* passes the writes that pend (PIPE-080) */
    status = pipe__submit(end__of(file), &copy, pipe__waits(file, request->iosb));
    request->information = copy.request.information;
    return status;
}

static NTSTATUS pipe__flush(struct file *file)
{
    struct pipe_request request = {
        .request = {.ops = &flush__ops, .file = file, .flags = REQUEST_CONTROL}};
    return pipe__submit(end__of(file), &request, true);
}

NTSTATUS pipe_end_connect(struct pipe_end *end, struct request *request)
{
    struct pipe_request connect = {.request = *request};
    connect.request.ops = &connect__ops;
    if (!end->is_server) {
        request_free(&connect.request);
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    connect.request.flags |= REQUEST_CONTROL;
    request_begin(&connect.request);
    return pipe__submit(end, &connect, pipe__waits(&end->file, request->iosb));
}

NTSTATUS pipe_end_transact(struct pipe_end *end, struct request *request,
                           const struct iovec *question, const struct iovec *answer)
{
    struct pipe_request transaction = {.request = *request};
    NTSTATUS status = STATUS_SUCCESS;
    transaction.request.ops = &transact__ops;
    if (!memory_is_readable(question->iov_base, question->iov_len))
        status = STATUS_INVALID_USER_BUFFER;
    else if (!memory_is_writable(answer->iov_base, answer->iov_len))
        status = STATUS_ACCESS_VIOLATION;
    if (status == STATUS_SUCCESS) {
        file_lock(&end->file);
        status = transact__refusal(end);
        file_unlock(&end->file);
    }
    if (status == STATUS_SUCCESS) {
        transaction.message = pipe_chunk_create(question->iov_base, (uint32_t)question->iov_len);
        status = transaction.message ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    }
    if (status != STATUS_SUCCESS) {
        request_free(&transaction.request);
        return status;
    }
    transaction.request.flags &= ~(uint32_t)REQUEST_CONTROL;
    transaction.request.iov_inline[0] = *answer;
    transaction.request.iov_count = 1;
    request_begin(&transaction.request);
    status = pipe__submit(end, &transaction, pipe__waits(&end->file, request->iosb));
    request->information = transaction.request.information;
    return status;
}

/* ---- ending ---- */

static void end__finish_queue(struct pipe_end *end, enum file_queue queue, NTSTATUS status)
{
    struct request *request;
    while ((request = pipe_end_first(end, queue)) != NULL)
        file_end_request(&end->file, request, status);
}

static void end__finish_all(struct pipe_end *end, NTSTATUS status)
{
    end__finish_queue(end, FILE_READ, status);
    end__finish_queue(end, FILE_WRITE, status);
    end__finish_queue(end, FILE_CONTROL, status);
}

/* The other end goes; what it wrote stays. */
static void end__lose_peer(struct pipe_end *end)
{
    end->peer = NULL;
    end->state = PIPE_CLOSING;
    end__finish_all(end, STATUS_PIPE_BROKEN);
    if (end->link)
        pipe_link_finish(end->link, PIPE_LINK_CLOSE);
}

static void pipe__closing(struct file *file)
{
    struct pipe_end *end = end__of(file), *peer = end->peer;
    if (end->state == PIPE_CONNECTED)
        end__finish_all(end, STATUS_PIPE_BROKEN);
    inbox_purge(end, false);
    if (peer)
        end__lose_peer(peer);
    end->peer = NULL;
    if (end->is_server) {
        pipe_name_remove(end->pipe);
        end->pipe->server = NULL;
    }
}

NTSTATUS pipe_end_disconnect(struct pipe_end *end)
{
    struct pipe_end *client;
    NTSTATUS status = STATUS_SUCCESS;
    if (!end->is_server)
        return STATUS_ILLEGAL_FUNCTION;
    file_lock(&end->file);
    client = end->peer;
    if (end->state == PIPE_DISCONNECTED) {
        status = STATUS_PIPE_DISCONNECTED;
    } else {
        pipe_name_stop_listening(end->pipe);
        end->state = PIPE_DISCONNECTED;
        end->peer = NULL;
        end->pipe->client_pid = 0;
        end->has_read = false;
        end__finish_all(end, STATUS_PIPE_DISCONNECTED);
        inbox_purge(end, false);
    }
    if (status == STATUS_SUCCESS && client) {
        client->state = PIPE_DISCONNECTED;
        client->peer = NULL;
        end__finish_all(client, STATUS_PIPE_DISCONNECTED);
        inbox_purge(client, false);
        if (client->link)
            pipe_link_finish(client->link, PIPE_LINK_DISCONNECT);
    }
    file_unlock(&end->file);
    return status;
}

NTSTATUS pipe_end_impersonate(struct pipe_end *end)
{
    bool knows_client;
    if (!end->is_server)
        return STATUS_ILLEGAL_FUNCTION;
    file_lock(&end->file);
    knows_client = end->has_read;
    file_unlock(&end->file);
    return knows_client ? STATUS_NOT_IMPLEMENTED : STATUS_CANNOT_IMPERSONATE;
}

/* What a cancelled write had left is gone: others may move up. */
static void pipe__cancelled(struct file *file)
{
    if (end__of(file)->peer)
        inbox_settle(end__of(file)->peer);
}

static void pipe__destroy(struct file *file)
{
    struct pipe_end *end = end__of(file);
    pipe_unref(end->pipe);
    free(end);
}

static const struct file_ops pipe__ops = {
    .type = FILE_TYPE_PIPE,
    .name = "named pipe",
    .transfer = pipe__transfer,
    .control = pipe_control,
    .flush = pipe__flush,
    .closing = pipe__closing,
    .cancelled = pipe__cancelled,
    .destroy = pipe__destroy,
};

/* ---- creating ---- */

/* Takes over a reference to the instance, if it succeeds. */
static struct pipe_end *end__create(struct pipe *pipe, bool overlapped)
{
    struct pipe_end *end = calloc(1, sizeof *end);
    if (!end)
        return NULL;
    file_init(&end->file, &pipe__ops, -1, (overlapped ? FILE_OVERLAPPED : 0) | FILE_WAITS);
    end->file.lock = &pipe->lock;
    end->pipe = pipe;
    list_init(&end->inbox);
    return end;
}

void pipe_unref(struct pipe *pipe)
{
    if (atomic_fetch_sub(&pipe->refs, 1) == 1)
        free(pipe);
}

NTSTATUS pipe_end_create_server(const struct pipe_create_args *args, struct pipe_end **result)
{
    struct pipe *pipe = calloc(1, sizeof *pipe);
    struct pipe_end *end = pipe ? end__create(pipe, args->overlapped) : NULL;
    if (!end) {
        free(pipe);
        return STATUS_NO_MEMORY;
    }
    atomic_init(&pipe->refs, 1);
    lock_init(&pipe->lock);
    list_init(&pipe->in_name);
    list_init(&pipe->in_listening);
    pipe->kind = args->kind;
    pipe->quota_in = args->quota_in;
    pipe->quota_out = args->quota_out;
    pipe->server_pid = (uint32_t)getpid();
    pipe->server = end;
    end->is_server = true;
    end->reads_messages = args->reads_messages;
    end->nowait = args->nowait;
    end->state = PIPE_LISTENING;
    end->quota = args->quota_in;
    *result = end;
    return STATUS_SUCCESS;
}

NTSTATUS pipe_end_create_client(struct pipe *pipe, const struct pipe_client *client,
                                struct pipe_end **result)
{
    struct pipe_end *end = end__create(pipe, client->overlapped);
    struct pipe_end *server;
    bool joined = false;
    if (!end)
        return STATUS_NO_MEMORY;
    atomic_fetch_add(&pipe->refs, 1);
    end->link = client->link;
    file_lock(&end->file);
    server = pipe->server;
    if (server && server->state == PIPE_LISTENING) {
        pipe_name_stop_listening(pipe);
        pipe->client_pid = client->pid;
        end->state = server->state = PIPE_CONNECTED;
        end->quota = pipe->quota_out;
        end->peer = server;
        server->peer = end;
        end__finish_queue(server, FILE_CONTROL, STATUS_SUCCESS);
        joined = true;
    }
    file_unlock(&end->file);
    if (!joined) {
        file_unref(&end->file);
        return STATUS_PIPE_NOT_AVAILABLE;
    }
    *result = end;
    return STATUS_SUCCESS;
}

struct pipe_end *pipe_end_of(struct file *file)
{
    return file->ops == &pipe__ops ? end__of(file) : NULL;
}

NTSTATUS pipe_end_get(HANDLE handle, uint32_t access, struct pipe_end **end)
{
    struct file *file;
    NTSTATUS status = file_get(handle, access, &file);
    if (status != STATUS_SUCCESS)
        return status;
    *end = pipe_end_of(file);
    if (*end)
        return STATUS_SUCCESS;
    file_unref(file);
    return STATUS_INVALID_DEVICE_REQUEST;
}

/* ---- looking ---- */

static NTSTATUS peek__refusal(const struct pipe_end *end)
{
    if (end->state == PIPE_CLOSING && list_is_empty(&end->inbox))
        return STATUS_PIPE_BROKEN;
    if (end->state == PIPE_CONNECTED || end->state == PIPE_CLOSING)
        return STATUS_SUCCESS;
    return end->is_server ? STATUS_INVALID_PIPE_STATE : STATUS_PIPE_DISCONNECTED;
}

NTSTATUS pipe_end_peek(struct pipe_end *end, struct pipe_peek *peek)
{
    NTSTATUS status;
    file_lock(&end->file);
    peek->state = end->state;
    status = peek__refusal(end);
    if (status == STATUS_SUCCESS)
        inbox_peek(end, peek);
    file_unlock(&end->file);
    return status;
}

/* ---- stand-ins ---- */

/* Gives what has come to the reads that pend. */
static void inbox__serve(struct pipe_end *end)
{
    struct request *read;
    while (!list_is_empty(&end->inbox) && (read = pipe_end_first(end, FILE_READ)) != NULL) {
        read->status = read__take(end, read);
        file_finish_request(&end->file, read);
    }
}

bool pipe_end_receive(struct pipe_end *stand_in, uint64_t id, const void *data, uint32_t size,
                      bool pends)
{
    struct pipe_chunk *chunk = pipe_chunk_create(data, size);
    struct pipe_end *reader;
    if (!chunk)
        return false;
    chunk->id = id;
    chunk->pending = pends;
    file_lock(&stand_in->file);
    reader = stand_in->peer;
    if (reader) {
        inbox_append(reader, chunk);
        inbox__serve(reader);
    } else {
        free(chunk);
    }
    file_unlock(&stand_in->file);
    return true;
}

void pipe_end_settle_write(struct pipe_end *stand_in, uint64_t id, bool kept)
{
    struct pipe_chunk *chunk;
    file_lock(&stand_in->file);
    chunk = stand_in->peer ? inbox_find(stand_in->peer, id) : NULL;
    if (chunk && kept)
        chunk->pending = false;
    else if (chunk && chunk->pending)
        inbox_drop(stand_in->peer, chunk);
    file_unlock(&stand_in->file);
}

/* Takes from a chunk without a reader in this process. */
static void inbox__discard(struct pipe_end *end, struct pipe_chunk *chunk, uint32_t count)
{
    chunk->taken += count;
    if (chunk->writer)
        chunk->writer->request.information += count;
    else
        end->buffered -= count;
    if (pipe_chunk_rest(chunk) == 0)
        inbox_drop(end, chunk);
    inbox_settle(end);
}

bool pipe_end_peek_chunk(struct pipe_end *end, struct iovec *bytes)
{
    struct pipe_chunk *chunk;
    if (list_is_empty(&end->inbox))
        return false;
    chunk = list_entry(end->inbox.next, struct pipe_chunk, link);
    *bytes =
        (struct iovec){(void *)(pipe_chunk_bytes(chunk) + chunk->taken), pipe_chunk_rest(chunk)};
    return true;
}

void pipe_end_discard(struct pipe_end *end, uint32_t count)
{
    inbox__discard(end, list_entry(end->inbox.next, struct pipe_chunk, link), count);
}

bool pipe_end_taken(struct pipe_end *stand_in, uint64_t id, uint32_t count)
{
    struct pipe_chunk *chunk;
    bool possible;
    file_lock(&stand_in->file);
    chunk = inbox_find(stand_in, id);
    possible = !chunk || count <= pipe_chunk_rest(chunk); /* none: it was cancelled meanwhile */
    if (chunk && possible)
        inbox__discard(stand_in, chunk, count);
    file_unlock(&stand_in->file);
    return possible;
}

void pipe_end_abandon(struct pipe_end *stand_in)
{
    file_lock(&stand_in->file);
    stand_in->link = NULL;
    if (stand_in->peer)
        inbox_purge(stand_in->peer, true);
    pipe__closing(&stand_in->file);
    file_unlock(&stand_in->file);
}

/* Choosing an engine, and what both have in common. */
#include "engine.h"

#include "file.h"
#include "host_call.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_once_t engine__once = PTHREAD_ONCE_INIT;
static const struct engine *_Atomic engine__chosen;
static char engine__reason[160];

/* PORTICO_ENGINE decides; otherwise uring if the probe does not refuse it. */
static void engine__choose(void)
{
    const char *wanted = getenv("PORTICO_ENGINE");
    char ignored[160];
    engine__chosen = &engine_uring; /* first: its thread may give it up at once */
    if (wanted && strcmp(wanted, "epoll") == 0) {
        engine__chosen = &engine_epoll;
        snprintf(engine__reason, sizeof engine__reason, "PORTICO_ENGINE=epoll");
    } else if (engine_uring.start_up(engine__reason, sizeof engine__reason)) {
        return;
    } else {
        if (wanted && strcmp(wanted, "uring") == 0)
            fprintf(stderr, "portico: PORTICO_ENGINE=uring, but %s; using epoll\n", engine__reason);
        engine__chosen = &engine_epoll;
    }
    engine_epoll.start_up(ignored, sizeof ignored);
}

static const struct engine *engine__get(void)
{
    pthread_once(&engine__once, engine__choose);
    return engine__chosen;
}

void engine_give_up(const char *why, struct list *requests)
{
    char ignored[160];
    struct list *node, *after;
    fprintf(stderr, "portico: io_uring stopped working (%s); using epoll\n", why);
    engine_epoll.start_up(ignored, sizeof ignored);
    engine__chosen = &engine_epoll;
    list_for_each_safe (node, after, requests) {
        list_remove(node);
        engine_epoll.start(&list_entry(node, struct engine_request, engine_link)->request);
    }
}

void engine_after_fork(void)
{
    const struct engine *chosen = engine__chosen;
    if (chosen)
        chosen->after_fork();
    engine__chosen = NULL;
    engine__once = (pthread_once_t)PTHREAD_ONCE_INIT;
}

void engine_start(struct engine_request *request)
{
    engine__get()->start(&request->request);
}

void engine_cancel(struct request *request)
{
    engine__get()->cancel(request);
}

const char *engine_name(void)
{
    return engine__get()->name;
}

const char *engine_reason(void)
{
    engine__get();
    return engine__reason;
}

int64_t engine_transfer_now(struct engine_request *request, int extra_flags)
{
    struct request *base = &request->request;
    uint64_t at = base->offset + base->information;
    uint32_t count = request_remaining_iov(base, request->rest, 8);
    ssize_t moved;
    do {
        if (request->op == ENGINE_READ)
            moved = host_preadv2(request->fd, request->rest, (int)count, (off_t)at,
                                 request->rw_flags | extra_flags);
        else if (request->op == ENGINE_WRITE)
            moved = host_pwritev2(request->fd, request->rest, (int)count, (off_t)at,
                                  request->rw_flags | extra_flags);
        else
            moved = fsync(request->fd);
    } while (moved < 0 && errno == EINTR);
    return moved < 0 ? -errno : moved;
}

bool engine_advance(struct engine_request *request, int64_t result, NTSTATUS *status)
{
    struct request *base = &request->request;
    if (result == -EINVAL && request->op == ENGINE_READ && base->information > 0) {
        /* A direct read ended in the middle of a sector: that was the end of the file. */
        *status = STATUS_SUCCESS;
        return true;
    }
    if (result < 0) {
        *status = status_from_errno((int)-result);
        if (result == -EFAULT && request->op == ENGINE_WRITE)
            *status = STATUS_INVALID_USER_BUFFER;
        return true;
    }
    base->information += (uint64_t)result;
    *status = STATUS_SUCCESS;
    if (request->op == ENGINE_FLUSH || base->information == request_length(base))
        return true;
    if (request->op == ENGINE_READ && result == 0) {
        if (base->information == 0)
            *status = STATUS_END_OF_FILE;
        return true;
    }
    if (result == 0) {
        *status = STATUS_DISK_FULL;
        return true;
    }
    return false;
}

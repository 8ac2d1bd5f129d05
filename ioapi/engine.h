/* The engine: positioned file I/O that goes on by itself.
 *
 * Readiness (sockets, pipes) is the same in both engines: the ports' epolls and the reactor. What
 * differs is work that has no readiness: reads, writes and flushes of files.
 *   uring  an io_uring owned by one thread of the engine's, which alone submits and reaps
 *   epoll  a bounded pool of worker threads that make the plain system calls
 *
 * The contract. engine_start takes over a detached request. It calls file_engine_done exactly once
 * for it, from a thread of the engine's, whether the work succeeded, failed or was cancelled. A
 * cancel is a hint: the request still ends through file_engine_done, with STATUS_CANCELLED or with
 * its result if that came first.
 */
#ifndef PORTICO_ENGINE_H
#define PORTICO_ENGINE_H

#include "request.h"

enum engine_op { ENGINE_READ, ENGINE_WRITE, ENGINE_FLUSH };

struct engine {
    const char *name;
    /* Makes the engine ready; on failure writes why into `reason`. */
    bool (*start_up)(char *reason, size_t size);
    void (*start)(struct request *request);
    void (*cancel)(struct request *request);
    void (*after_fork)(void);
};

extern const struct engine engine_uring;
extern const struct engine engine_epoll;

/* A request for the engine: a positioned transfer of one descriptor. */
struct engine_request {
    struct request request;
    enum engine_op op;
    int fd;
    int rw_flags; /* RWF_* of preadv2 and pwritev2 */
    struct list engine_link;
    struct iovec rest[8]; /* what a partial transfer left to do */
};

void engine_start(struct engine_request *request);
void engine_cancel(struct request *request);

/* The running engine cannot go on: the other one takes its requests, which it starts again. Said
 * once on standard error. Caller is the engine. */
void engine_give_up(const char *why, struct list *requests);

/* In the child of a fork: an engine is chosen anew when one is needed. */
void engine_after_fork(void);

/* Which engine runs, and why not the other ("" if nothing stood in the way). */
const char *engine_name(void);
const char *engine_reason(void);

/* One blocking try: 0 or more bytes, or -errno. For the pool and for synchronous calls. */
int64_t engine_transfer_now(struct engine_request *request, int extra_flags);

/* Adds what one try moved. True: the request is over, and *status says how. */
bool engine_advance(struct engine_request *request, int64_t result, NTSTATUS *status);

#endif

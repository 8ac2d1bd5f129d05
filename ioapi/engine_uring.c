/* The uring engine's file half. One thread of the engine's owns the ring: it alone submits and
 * reaps (single issuer, deferred task work), so no request belongs to a thread of the program's,
 * whose exit would cancel it and whose system calls it would interrupt. Others leave requests in an
 * inbox and ring an eventfd that the ring itself reads. */
#include "engine.h"

#include "file.h"
#include "service.h"

#include <errno.h>
#include <liburing.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

/* With the bell there are never more entries in use than the ring has: one is always free for who
 * asks. */
enum { URING_ENTRIES = 256, URING_IN_FLIGHT_MAX = URING_ENTRIES - 1 };

static struct io_uring uring__ring;
static int uring__bell = -1;
static struct lock uring__lock; /* protects the inbox */
static struct list uring__inbox = {&uring__inbox, &uring__inbox};
static bool uring__sleeps; /* under the lock: its thread has to be woken for what comes */
static bool uring__broken; /* under the lock: requests go to the other engine */
static struct list uring__in_flight = {&uring__in_flight, &uring__in_flight};
static uint32_t uring__in_flight_count; /* both: only the ring's thread */
static uint64_t uring__bell_count;

/* What the bell's own completions carry in place of a request. */
#define URING_BELL ((void *)1)

static void uring__arm_bell(void)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&uring__ring);
    io_uring_prep_read(sqe, uring__bell, &uring__bell_count, sizeof uring__bell_count, 0);
    io_uring_sqe_set_data(sqe, URING_BELL);
}

static void uring__prepare(struct engine_request *request)
{
    struct request *base = &request->request;
    struct io_uring_sqe *sqe = io_uring_get_sqe(&uring__ring);
    uint64_t at = base->offset + base->information;
    uint32_t count = request_remaining_iov(base, request->rest, 8);
    if (request->op == ENGINE_READ)
        io_uring_prep_readv2(sqe, request->fd, request->rest, count, at, request->rw_flags);
    else if (request->op == ENGINE_WRITE)
        io_uring_prep_writev2(sqe, request->fd, request->rest, count, at, request->rw_flags);
    else
        io_uring_prep_fsync(sqe, request->fd, 0);
    io_uring_sqe_set_data(sqe, request);
    list_append(&uring__in_flight, &request->engine_link);
    uring__in_flight_count++;
}

/* What others left next, if the ring has room for it. An empty inbox is left for a sleep, from
 * which the bell wakes. */
static struct engine_request *uring__next(void)
{
    struct list *node = NULL;
    lock_acquire(&uring__lock);
    uring__sleeps = list_is_empty(&uring__inbox);
    if (!uring__sleeps && uring__in_flight_count < URING_IN_FLIGHT_MAX) {
        node = uring__inbox.next;
        list_remove(node);
    }
    lock_release(&uring__lock);
    return node ? list_entry(node, struct engine_request, engine_link) : NULL;
}

/* Each is submitted at once: the device works on it while the next one comes. */
static int uring__read_inbox(void)
{
    struct engine_request *request;
    int result = 0;
    while (result >= 0 && (request = uring__next()) != NULL) {
        uring__prepare(request);
        result = io_uring_submit(&uring__ring);
    }
    return result;
}

static void uring__finish(struct engine_request *request, int result)
{
    NTSTATUS status;
    list_remove(&request->engine_link);
    uring__in_flight_count--;
    if (result == -EAGAIN || result == -EINTR) {
        uring__prepare(request);
        return;
    }
    if (!engine_advance(request, result, &status)) {
        uring__prepare(request);
        return;
    }
    file_engine_done(&request->request, status,
                     NT_SUCCESS(status) ? request->request.information : 0);
}

static void uring__reap(void)
{
    struct io_uring_cqe *cqe;
    while (io_uring_peek_cqe(&uring__ring, &cqe) == 0) {
        void *data = io_uring_cqe_get_data(cqe);
        int result = cqe->res;
        io_uring_cqe_seen(&uring__ring, cqe);
        if (data == URING_BELL)
            uring__arm_bell();
        else
            uring__finish(data, result);
    }
}

static bool uring__is_passing(int err)
{
    return err == -EINTR || err == -EAGAIN || err == -EBUSY || err == -ENOMEM || err == -ETIME;
}

/* The ring can no longer be entered (the program may have forbidden it to itself since): what it
 * has not finished is done again elsewhere. */
static void uring__break(int err)
{
    struct list *node, *after;
    io_uring_queue_exit(&uring__ring);
    lock_acquire(&uring__lock);
    uring__broken = true;
    list_for_each_safe (node, after, &uring__inbox) {
        list_remove(node);
        list_append(&uring__in_flight, node);
    }
    lock_release(&uring__lock);
    engine_give_up(strerror(-err), &uring__in_flight);
}

static void *uring__run(void *arg)
{
    int result;
    (void)arg;
    /* io_uring_enable_rings() itself is missing from what liburing 2.3 exports. The thread that
     * enables a ring is its single issuer. */
    syscall(SYS_io_uring_register, uring__ring.ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
    uring__arm_bell();
    do {
        result = uring__read_inbox();
        if (result >= 0)
            result = io_uring_submit_and_wait(&uring__ring, 1);
        uring__reap();
    } while (result >= 0 || uring__is_passing(result));
    uring__break(result);
    return NULL;
}

/* Newer kernels first: each set of flags is tried until one is taken. */
static int uring__create(void)
{
    static const unsigned flags[] = {
        IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
        IORING_SETUP_R_DISABLED | IORING_SETUP_COOP_TASKRUN,
        IORING_SETUP_R_DISABLED,
    };
    int err = -ENOSYS;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0] && err < 0; i++)
        err = io_uring_queue_init(URING_ENTRIES, &uring__ring, flags[i]);
    return err;
}

static const char *uring__explain(int err)
{
    switch (-err) {
    case ENOSYS:
        return "this kernel has no io_uring";
    case EPERM:
        return "io_uring is forbidden here (sysctl kernel.io_uring_disabled, or seccomp)";
    case EACCES:
        return "io_uring is forbidden here (seccomp or a security module)";
    case ENOMEM:
        return "io_uring got no memory (RLIMIT_MEMLOCK)";
    case EMFILE:
    case ENFILE:
        return "io_uring got no descriptor";
    default:
        return "io_uring could not be set up";
    }
}

static bool uring__start_up(char *reason, size_t size)
{
    int err = uring__create();
    if (err < 0) {
        snprintf(reason, size, "%s: %s", uring__explain(err), strerror(-err));
        return false;
    }
    uring__broken = false; /* its thread may find out otherwise at once */
    uring__bell = eventfd(0, EFD_CLOEXEC);
    if (uring__bell < 0 || !service_start("portico-uring", uring__run, NULL)) {
        snprintf(reason, size, "no descriptor or thread for io_uring: %s", strerror(errno));
        io_uring_queue_exit(&uring__ring);
        if (uring__bell >= 0)
            close(uring__bell);
        return false;
    }
    reason[0] = '\0';
    return true;
}

static void uring__ring_bell(void)
{
    uint64_t one = 1;
    while (write(uring__bell, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

static void uring__start(struct request *base)
{
    struct engine_request *request = list_entry(base, struct engine_request, request);
    bool broken, sleeps;
    lock_acquire(&uring__lock);
    broken = uring__broken;
    sleeps = uring__sleeps;
    uring__sleeps = false;
    if (!broken)
        list_append(&uring__inbox, &request->engine_link);
    lock_release(&uring__lock);
    if (broken)
        engine_epoll.start(base);
    else if (sleeps) /* else its thread looks anyway */
        uring__ring_bell();
}

static void uring__cancel(struct request *base)
{
    __atomic_fetch_or(&base->flags, REQUEST_CANCELLED, __ATOMIC_RELAXED);
}

/* The ring stays the parent's: its memory is unmapped here, its descriptor closed. */
static void uring__after_fork(void)
{
    if (!uring__broken)
        io_uring_queue_exit(&uring__ring);
    close(uring__bell);
    lock_init(&uring__lock);
    list_init(&uring__inbox);
    list_init(&uring__in_flight);
    uring__in_flight_count = 0;
    uring__sleeps = false;
}

const struct engine engine_uring = {
    .name = "uring",
    .start_up = uring__start_up,
    .start = uring__start,
    .cancel = uring__cancel,
    .after_fork = uring__after_fork,
};

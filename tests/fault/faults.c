/* The wrappers. */
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

static _Atomic unsigned fault__countdown; /* calls until one fails; 0: none will */
static _Atomic bool fault__memory_is_gone;
static enum fault_mode fault__mode;
static const char *_Atomic fault__name;
static _Atomic long fault__blocks;

void fault_arm(unsigned number, enum fault_mode mode)
{
    fault__mode = mode;
    fault__name = NULL;
    fault__countdown = number;
}

void fault_disarm(void)
{
    fault__countdown = 0;
    fault__memory_is_gone = false;
}

const char *fault_hit(void)
{
    return fault__name;
}

long fault_live_blocks(void)
{
    return fault__blocks;
}

static bool fault__is_due(const char *name, bool is_memory)
{
    unsigned left = fault__countdown;
    if (is_memory && fault__memory_is_gone)
        return true;
    while (left > 0 && !atomic_compare_exchange_weak(&fault__countdown, &left, left - 1))
        ;
    if (left != 1)
        return false;
    fault__name = name;
    fault__memory_is_gone = fault__mode == FAULT_MEMORY;
    return true;
}

/* A wrapper that fails with -1 and errno, or with a result of its own. */
#define FAULTY(type, name, parameters, arguments, error, failure) \
    type __real_##name parameters;                                \
    type __wrap_##name parameters;                                \
    type __wrap_##name parameters                                 \
    {                                                             \
        if (fault__is_due(#name, false)) {                        \
            errno = (error);                                      \
            return (failure);                                     \
        }                                                         \
        return __real_##name arguments;                           \
    }

/* clang-format off */
FAULTY(int, epoll_create1, (int flags), (flags), EMFILE, -1)
FAULTY(int, epoll_ctl, (int epoll, int op, int fd, struct epoll_event *event), (epoll, op, fd, event), ENOMEM, -1)
FAULTY(int, epoll_wait, (int epoll, struct epoll_event *events, int max, int timeout), (epoll, events, max, timeout), EINTR, -1)
FAULTY(int, host_epoll_pwait, (int epoll, struct epoll_event *events, int max, int timeout, const sigset_t *mask), (epoll, events, max, timeout, mask), EINTR, -1)
FAULTY(int, eventfd, (unsigned count, int flags), (count, flags), EMFILE, -1)
FAULTY(int, ppoll, (struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask), (fds, count, timeout, mask), EINTR, -1)
FAULTY(int, socket, (int family, int type, int protocol), (family, type, protocol), EMFILE, -1)
FAULTY(int, accept4, (int fd, struct sockaddr *address, socklen_t *length, int flags), (fd, address, length, flags), EMFILE, -1)
FAULTY(int, connect, (int fd, const struct sockaddr *address, socklen_t length), (fd, address, length), ENOBUFS, -1)
FAULTY(int, bind, (int fd, const struct sockaddr *address, socklen_t length), (fd, address, length), ENOBUFS, -1)
FAULTY(int, listen, (int fd, int backlog), (fd, backlog), ENOBUFS, -1)
FAULTY(ssize_t, host_recvfrom, (int fd, void *buffer, size_t length, int flags, struct sockaddr *from, socklen_t *size), (fd, buffer, length, flags, from, size), ENOMEM, -1)
FAULTY(ssize_t, recvmsg, (int fd, struct msghdr *message, int flags), (fd, message, flags), ENOMEM, -1)
FAULTY(ssize_t, host_sendto, (int fd, const void *buffer, size_t length, int flags, const struct sockaddr *to, socklen_t size), (fd, buffer, length, flags, to, size), ENOBUFS, -1)
FAULTY(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags), ENOBUFS, -1)
FAULTY(ssize_t, sendfile, (int out, int in, off_t *offset, size_t count), (out, in, offset, count), EIO, -1)
FAULTY(ssize_t, host_preadv2, (int fd, const struct iovec *iov, int count, off_t at, int flags), (fd, iov, count, at, flags), EIO, -1)
FAULTY(ssize_t, host_pwritev2, (int fd, const struct iovec *iov, int count, off_t at, int flags), (fd, iov, count, at, flags), EIO, -1)
FAULTY(ssize_t, write, (int fd, const void *buffer, size_t length), (fd, buffer, length), EINTR, -1)
FAULTY(int, pthread_create, (pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument), (thread, attributes, run, argument), EAGAIN, EAGAIN)
FAULTY(int, io_uring_queue_init, (unsigned entries, struct io_uring *ring, unsigned flags), (entries, ring, flags), ENOMEM, -ENOMEM)
FAULTY(int, io_uring_submit_and_wait, (struct io_uring *ring, unsigned count), (ring, count), EPERM, -EPERM)
/* clang-format on */

/* ---- memory ---- */

#define COUNTED(allocation)                      \
    do {                                         \
        void *block_ = (allocation);             \
        if (block_)                              \
            atomic_fetch_add(&fault__blocks, 1); \
        return block_;                           \
    } while (0)

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    if (fault__is_due("malloc", true))
        return NULL;
    COUNTED(__real_malloc(size));
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    if (fault__is_due("calloc", true))
        return NULL;
    COUNTED(__real_calloc(count, size));
}

char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = __wrap_malloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}

void __real_free(void *block);
void __wrap_free(void *block);
void __wrap_free(void *block)
{
    if (block)
        atomic_fetch_sub(&fault__blocks, 1);
    __real_free(block);
}

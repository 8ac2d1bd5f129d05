/* The host's calls of the hot paths. */
#include "host_call.h"

#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
/* Sanitizers watch the C library's functions. */
#define HOST_CALL(through_library, number, ...) through_library
#else
#define HOST_CALL(through_library, number, ...) syscall(number, __VA_ARGS__)
#endif

enum { KERNEL_SIGSET_BYTES = 8 };

ssize_t host_recvfrom(int fd, void *buffer, size_t size, int flags, struct sockaddr *from,
                      socklen_t *from_length)
{
    return HOST_CALL(recvfrom(fd, buffer, size, flags, from, from_length), SYS_recvfrom, fd, buffer,
                     size, flags, from, from_length);
}

ssize_t host_sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to,
                    socklen_t to_length)
{
    return HOST_CALL(sendto(fd, data, size, flags, to, to_length), SYS_sendto, fd, data, size,
                     flags, to, to_length);
}

/* The kernel takes the offset in two halves, the upper one for machines of 32 bits. */
ssize_t host_preadv2(int fd, const struct iovec *iov, int count, off_t offset, int flags)
{
    return HOST_CALL(preadv2(fd, iov, count, offset, flags), SYS_preadv2, fd, iov, count, offset,
                     0L, flags);
}

ssize_t host_pwritev2(int fd, const struct iovec *iov, int count, off_t offset, int flags)
{
    return HOST_CALL(pwritev2(fd, iov, count, offset, flags), SYS_pwritev2, fd, iov, count, offset,
                     0L, flags);
}

int host_epoll_pwait(int epoll, struct epoll_event *events, int max, int timeout_ms,
                     const sigset_t *mask)
{
    return (int)HOST_CALL(epoll_pwait(epoll, events, max, timeout_ms, mask), SYS_epoll_pwait, epoll,
                          events, max, timeout_ms, mask, (size_t)KERNEL_SIGSET_BYTES);
}

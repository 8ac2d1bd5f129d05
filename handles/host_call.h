/* The host's calls of the hot paths, without what the C library does around them: there each is a
 * point where the thread could be cancelled, which costs two atomic operations a call. Nothing here
 * cancels threads. Otherwise as their namesakes; those that take flags do not wait, or are meant to
 * be interrupted by signals. */
#ifndef PORTICO_HOST_CALL_H
#define PORTICO_HOST_CALL_H

#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

ssize_t host_recvfrom(int fd, void *buffer, size_t size, int flags, struct sockaddr *from,
                      socklen_t *from_length);
ssize_t host_sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to,
                    socklen_t to_length);
ssize_t host_preadv2(int fd, const struct iovec *iov, int count, off_t offset, int flags);
ssize_t host_pwritev2(int fd, const struct iovec *iov, int count, off_t offset, int flags);
/* `mask` may be NULL. */
int host_epoll_pwait(int epoll, struct epoll_event *events, int max, int timeout_ms,
                     const sigset_t *mask);

static inline ssize_t host_recv(int fd, void *buffer, size_t size, int flags)
{
    return host_recvfrom(fd, buffer, size, flags, NULL, NULL);
}

static inline ssize_t host_send(int fd, const void *data, size_t size, int flags)
{
    return host_sendto(fd, data, size, flags, NULL, 0);
}

#endif

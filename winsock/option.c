/* Socket options and the simple control codes. */
#include "socket.h"

#include "network_events.h"
#include "transfer.h"
#include "wsastatus.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/sockios.h>
#include <time.h>
#include <sys/socket.h>
#include <winerror.h>

/* An option that both systems keep as an int, under other numbers. */
struct option_row {
    int level, name;           /* Windows' */
    int host_level, host_name; /* Linux' */
};

static const struct option_row option__rows[] = {
    {W_SOL_SOCKET, W_SO_KEEPALIVE, SOL_SOCKET, SO_KEEPALIVE},
    {W_SOL_SOCKET, W_SO_BROADCAST, SOL_SOCKET, SO_BROADCAST},
    {W_SOL_SOCKET, W_SO_DONTROUTE, SOL_SOCKET, SO_DONTROUTE},
    {W_SOL_SOCKET, W_SO_OOBINLINE, SOL_SOCKET, SO_OOBINLINE},
    {W_IPPROTO_TCP, W_TCP_NODELAY, IPPROTO_TCP, TCP_NODELAY},
    {W_IPPROTO_TCP, W_TCP_KEEPALIVE, IPPROTO_TCP, TCP_KEEPIDLE},
    {W_IPPROTO_TCP, W_TCP_KEEPCNT, IPPROTO_TCP, TCP_KEEPCNT},
    {W_IPPROTO_TCP, W_TCP_KEEPINTVL, IPPROTO_TCP, TCP_KEEPINTVL},
    {W_IPPROTO_IPV6, W_IPV6_V6ONLY, IPPROTO_IPV6, IPV6_V6ONLY},
};

static const struct option_row *option__find(int level, int name)
{
    for (size_t i = 0; i < sizeof option__rows / sizeof option__rows[0]; i++)
        if (option__rows[i].level == level && option__rows[i].name == name)
            return &option__rows[i];
    return NULL;
}

/* ---- setting ---- */

/* A number in one to four bytes: boolean options are taken in any size. */
static NTSTATUS option__number(const void *value, int length, int *number)
{
    *number = 0;
    if (!value || length < 1)
        return STATUS_ACCESS_VIOLATION;
    memcpy(number, value, length < (int)sizeof *number ? (size_t)length : sizeof *number);
    return STATUS_SUCCESS;
}

static NTSTATUS option__set_host(struct socket *socket, int level, int name, const void *value,
                                 socklen_t length)
{
    if (setsockopt(socket->file.fd, level, name, value, length) < 0)
        return status_from_call(errno);
    return STATUS_SUCCESS;
}

static NTSTATUS option__set_linger(struct socket *socket, const void *value, int length)
{
    struct linger linger;
    uint16_t windows[2];
    if (!value || length < (int)sizeof windows)
        return STATUS_ACCESS_VIOLATION;
    memcpy(windows, value, sizeof windows);
    linger.l_onoff = windows[0];
    linger.l_linger = windows[1];
    return option__set_host(socket, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

/* Linux doubles what it is told and reports the double; Windows reports what it was told. */
static NTSTATUS option__set_buffer(struct socket *socket, int name, int bytes)
{
    return option__set_host(socket, SOL_SOCKET, name, &bytes, sizeof bytes);
}

static NTSTATUS option__set_reuse(struct socket *socket, int name, bool on)
{
    int one = on;
    if (name == W_SO_REUSEADDR) {
        if (on && socket->exclusive)
            return STATUS_WSA(WSAEINVAL);
        socket->reuse = on;
        return option__set_host(socket, SOL_SOCKET,
                                socket->type == SOCK_DGRAM ? SO_REUSEADDR : SO_REUSEPORT, &one,
                                sizeof one);
    }
    if (on && socket->reuse)
        return STATUS_WSA(WSAEINVAL);
    socket->exclusive = on;
    return STATUS_SUCCESS;
}

/* After AcceptEx, the listener's properties; the descriptor has them from the kernel already. */
static NTSTATUS option__update_accept(struct socket *socket, const void *value, int length)
{
    struct socket *listener;
    uintptr_t s;
    NTSTATUS status;
    if (!value || length < (int)sizeof s)
        return STATUS_ACCESS_VIOLATION;
    memcpy(&s, value, sizeof s);
    status = socket_get(s, &listener);
    if (status != STATUS_SUCCESS)
        return status;
    socket->receive_timeout_ms = listener->receive_timeout_ms;
    socket->send_timeout_ms = listener->send_timeout_ms;
    socket_unref(listener);
    return STATUS_SUCCESS;
}

static NTSTATUS option__set_own(struct socket *socket, int name, const void *value, int length)
{
    int number;
    NTSTATUS status;
    switch (name) {
    case W_SO_UPDATE_CONNECT_CONTEXT:
        return socket->connected ? STATUS_SUCCESS : STATUS_WSA(WSAENOTCONN);
    case W_SO_UPDATE_ACCEPT_CONTEXT:
        return option__update_accept(socket, value, length);
    case W_SO_LINGER:
        return option__set_linger(socket, value, length);
    }
    status = option__number(value, length, &number);
    if (status != STATUS_SUCCESS)
        return status;
    switch (name) {
    case W_SO_REUSEADDR:
    case W_SO_EXCLUSIVEADDRUSE:
        return option__set_reuse(socket, name, number);
    case W_SO_SNDBUF:
        return option__set_buffer(socket, SO_SNDBUF, number);
    case W_SO_RCVBUF:
        return option__set_buffer(socket, SO_RCVBUF, number);
    case W_SO_RCVTIMEO:
        socket->receive_timeout_ms = (uint32_t)number;
        return STATUS_SUCCESS;
    case W_SO_SNDTIMEO:
        socket->send_timeout_ms = (uint32_t)number;
        return STATUS_SUCCESS;
    case W_SO_DONTLINGER: {
        struct linger linger = {.l_onoff = !number};
        return option__set_host(socket, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    }
    case W_SO_DEBUG:
        return STATUS_SUCCESS;
    default:
        return STATUS_WSA(WSAENOPROTOOPT);
    }
}

NTSTATUS socket_set_option(struct socket *socket, int level, int name, const void *value,
                           int length)
{
    const struct option_row *row = option__find(level, name);
    int number;
    NTSTATUS status;
    if (value && length > 0 && !memory_is_readable(value, (size_t)length))
        return STATUS_ACCESS_VIOLATION;
    if (!row && level == W_SOL_SOCKET)
        return option__set_own(socket, name, value, length);
    if (!row)
        return STATUS_WSA(WSAENOPROTOOPT);
    status = option__number(value, length, &number);
    if (status != STATUS_SUCCESS)
        return status;
    return option__set_host(socket, row->host_level, row->host_name, &number, sizeof number);
}

/* ---- getting ---- */

static NTSTATUS option__give(const void *from, int size, void *value, int *length)
{
    if (!value || !length || *length < size)
        return STATUS_ACCESS_VIOLATION;
    memcpy(value, from, (size_t)size);
    *length = size;
    return STATUS_SUCCESS;
}

static NTSTATUS option__give_int(int number, void *value, int *length)
{
    return option__give(&number, sizeof number, value, length);
}

static int option__host_int(struct socket *socket, int level, int name)
{
    int number = 0;
    socklen_t size = sizeof number;
    getsockopt(socket->file.fd, level, name, &number, &size);
    return number;
}

static NTSTATUS option__get_linger(struct socket *socket, bool negated, void *value, int *length)
{
    struct linger linger = {0};
    socklen_t size = sizeof linger;
    uint16_t windows[2];
    getsockopt(socket->file.fd, SOL_SOCKET, SO_LINGER, &linger, &size);
    if (negated)
        return option__give_int(!linger.l_onoff, value, length);
    windows[0] = (uint16_t)linger.l_onoff;
    windows[1] = (uint16_t)linger.l_linger;
    return option__give(windows, sizeof windows, value, length);
}

/* Seconds since the connection was made, all ones if there is none (SOCK-212). */
static int option__connect_time(struct socket *socket)
{
    struct timespec now;
    if (!socket->connected || socket->type != SOCK_STREAM)
        return -1;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int)(now.tv_sec - socket->connected_at_s);
}

static int option__error(struct socket *socket)
{
    if (socket->connecting) {
        ready_look(socket);
    } else {
        file_lock(&socket->file);
        ready_take_error(socket);
        file_unlock(&socket->file);
    }
    return socket->error;
}

static NTSTATUS option__get_own(struct socket *socket, int name, void *value, int *length)
{
    switch (name) {
    case W_SO_LINGER:
    case W_SO_DONTLINGER:
        return option__get_linger(socket, name == W_SO_DONTLINGER, value, length);
    case W_SO_REUSEADDR:
        return option__give_int(socket->reuse, value, length);
    case W_SO_EXCLUSIVEADDRUSE:
        return option__give_int(socket->exclusive, value, length);
    case W_SO_SNDBUF:
        return option__give_int(option__host_int(socket, SOL_SOCKET, SO_SNDBUF) / 2, value, length);
    case W_SO_RCVBUF:
        return option__give_int(option__host_int(socket, SOL_SOCKET, SO_RCVBUF) / 2, value, length);
    case W_SO_RCVTIMEO:
        return option__give_int((int)socket->receive_timeout_ms, value, length);
    case W_SO_SNDTIMEO:
        return option__give_int((int)socket->send_timeout_ms, value, length);
    case W_SO_TYPE:
        return option__give_int(socket->type, value, length);
    case W_SO_ERROR:
        return option__give_int(option__error(socket), value, length);
    case W_SO_ACCEPTCONN:
        return option__give_int(socket->listening, value, length);
    case W_SO_CONNECT_TIME:
        return option__give_int(option__connect_time(socket), value, length);
    case W_SO_DEBUG:
        return option__give_int(0, value, length);
    default:
        return STATUS_WSA(WSAENOPROTOOPT);
    }
}

NTSTATUS socket_get_option(struct socket *socket, int level, int name, void *value, int *length)
{
    const struct option_row *row = option__find(level, name);
    unsigned char flag;
    int number;
    if (!row && level == W_SOL_SOCKET)
        return option__get_own(socket, name, value, length);
    if (!row)
        return STATUS_WSA(WSAENOPROTOOPT);
    number = option__host_int(socket, row->host_level, row->host_name);
    if (length && *length >= 1 && *length < (int)sizeof number) { /* a flag in one byte */
        flag = (unsigned char)number;
        return option__give(&flag, 1, value, length);
    }
    return option__give_int(number, value, length);
}

/* ---- control codes ---- */

NTSTATUS socket_set_nonblocking(struct socket *socket, bool on)
{
    if (!on && network_events_active(socket))
        return STATUS_WSA(WSAEINVAL);
    socket->nonblocking = on;
    return STATUS_SUCCESS;
}

NTSTATUS socket_readable_bytes(struct socket *socket, uint32_t *count)
{
    int bytes = 0;
    if (!socket->listening && ioctl(socket->file.fd, SIOCINQ, &bytes) < 0 && errno != EINVAL)
        return status_from_call(errno);
    *count = (uint32_t)bytes;
    return STATUS_SUCCESS;
}

NTSTATUS socket_at_mark(struct socket *socket, uint32_t *at_mark)
{
    /* TRUE means that no urgent data is to come (SOCK-270); Linux' answer is about the mark. */
    int urgent = 0;
    if (ioctl(socket->file.fd, SIOCATMARK, &urgent) < 0)
        return status_from_call(errno);
    *at_mark = !urgent;
    return STATUS_SUCCESS;
}

NTSTATUS socket_set_keepalive(struct socket *socket, uint32_t on, uint32_t time_ms,
                              uint32_t interval_ms)
{
    int enabled = on != 0;
    int idle_s = (int)((time_ms + 999) / 1000), interval_s = (int)((interval_ms + 999) / 1000);
    NTSTATUS status = option__set_host(socket, SOL_SOCKET, SO_KEEPALIVE, &enabled, sizeof enabled);
    if (status == STATUS_SUCCESS && enabled && idle_s)
        status = option__set_host(socket, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    if (status == STATUS_SUCCESS && enabled && interval_s)
        status =
            option__set_host(socket, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
    return status;
}

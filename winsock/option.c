/* Socket options and the simple control codes. */
#include "option.h"

#include "address.h"
#include "network_events.h"
#include "protocol.h"
#include "spare.h"
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

/* Options of SOL_SOCKET that are only remembered, by the bit they are remembered under. */
enum remembered {
    REMEMBER_DEBUG = 1,
    REMEMBER_USELOOPBACK = 2,
    REMEMBER_RANDOMIZE_PORT = 4,
    REMEMBER_PORT_SCALABILITY = 8,
    REMEMBER_REUSE_UNICASTPORT = 16,
    REMEMBER_CONDITIONAL_ACCEPT = 32,
};

static uint32_t option__remembered(int name)
{
    switch (name) {
    case W_SO_DEBUG:
        return REMEMBER_DEBUG;
    case W_SO_USELOOPBACK:
        return REMEMBER_USELOOPBACK;
    case W_SO_RANDOMIZE_PORT:
        return REMEMBER_RANDOMIZE_PORT;
    case W_SO_PORT_SCALABILITY:
        return REMEMBER_PORT_SCALABILITY;
    case W_SO_REUSE_UNICASTPORT:
        return REMEMBER_REUSE_UNICASTPORT;
    case W_SO_CONDITIONAL_ACCEPT:
        return REMEMBER_CONDITIONAL_ACCEPT;
    default:
        return 0;
    }
}

enum { BUFFER_DEFAULT_BYTES = 65536, MAX_DATAGRAM_4 = 65507, MAX_DATAGRAM_6 = 65527 };

/* SO_OPENTYPE: what kind of socket this thread's calls of socket() make. */
static _Thread_local int option__open_type;

/* ---- setting ---- */

/* A boolean in one to four bytes. */
static int option__flag(const void *value, int length)
{
    int number = 0;
    memcpy(&number, value, length < (int)sizeof number ? (size_t)length : sizeof number);
    return number != 0;
}

static NTSTATUS option__set_linger(struct socket *socket, const void *value, int length)
{
    struct linger linger;
    uint16_t windows[2];
    if (socket->type != SOCK_STREAM)
        return STATUS_WSA(WSAENOPROTOOPT);
    if (length < (int)sizeof windows)
        return STATUS_ACCESS_VIOLATION;
    memcpy(windows, value, sizeof windows);
    linger.l_onoff = windows[0];
    linger.l_linger = windows[1];
    socket->lingers = linger.l_onoff != 0;
    return option_set_host(socket, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

static NTSTATUS option__set_dont_linger(struct socket *socket, bool dont)
{
    struct linger linger = {.l_onoff = !dont};
    if (socket->type != SOCK_STREAM)
        return STATUS_WSA(WSAENOPROTOOPT);
    socket->lingers = !dont;
    return option_set_host(socket, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

/* Linux doubles what it is told and reports the double; Windows reports what it was told. */
static NTSTATUS option__set_buffer(struct socket *socket, int name, int bytes)
{
    if (bytes < 0)
        return STATUS_WSA(WSAEINVAL);
    if (name == W_SO_SNDBUF) {
        socket->send_buffer = bytes;
        return option_set_host(socket, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    }
    socket->receive_buffer = bytes;
    return option_set_host(socket, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

static NTSTATUS option__set_reuse(struct socket *socket, int name, bool on)
{
    if (name == W_SO_REUSEADDR) {
        if (on && socket->exclusive)
            return STATUS_WSA(WSAEINVAL);
        socket->reuse = on;
        return STATUS_SUCCESS;
    }
    if (on && socket->reuse)
        return STATUS_WSA(WSAEINVAL);
    socket->exclusive = on;
    return STATUS_SUCCESS;
}

void option_inherit(struct socket *listener, struct socket *accepted)
{
    accepted->receive_timeout_ms = listener->receive_timeout_ms;
    accepted->send_timeout_ms = listener->send_timeout_ms;
    accepted->send_buffer = listener->send_buffer;
    accepted->receive_buffer = listener->receive_buffer;
    accepted->reuse = listener->reuse;
    accepted->exclusive = listener->exclusive;
    accepted->lingers = listener->lingers;
    accepted->oob_inline = listener->oob_inline;
    accepted->remembered = listener->remembered;
    accepted->options_set |= listener->options_set;
}

void option_carry(struct socket *socket, int fd)
{
    static const struct {
        int level, name;
    } options[] = {
        {SOL_SOCKET, SO_KEEPALIVE},
        {SOL_SOCKET, SO_DONTROUTE},
        {SOL_SOCKET, SO_OOBINLINE},
        {IPPROTO_TCP, TCP_NODELAY},
        {IPPROTO_TCP, TCP_KEEPIDLE},
        {IPPROTO_TCP, TCP_KEEPCNT},
        {IPPROTO_TCP, TCP_KEEPINTVL},
        {IPPROTO_TCP, TCP_USER_TIMEOUT},
        {IPPROTO_IP, IP_TTL},
        {IPPROTO_IP, IP_MTU_DISCOVER},
        {IPPROTO_IPV6, IPV6_UNICAST_HOPS},
        {IPPROTO_IPV6, IPV6_V6ONLY},
        {IPPROTO_IPV6, IPV6_MTU_DISCOVER},
    };
    struct linger linger;
    socklen_t size;
    int number;
    if (!socket->options_set)
        return;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        size = sizeof number;
        if (getsockopt(socket->file.fd, options[i].level, options[i].name, &number, &size) == 0)
            setsockopt(fd, options[i].level, options[i].name, &number, size);
    }
    size = sizeof linger;
    if (getsockopt(socket->file.fd, SOL_SOCKET, SO_LINGER, &linger, &size) == 0)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, size);
    if (socket->send_buffer >= 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &socket->send_buffer, sizeof number);
    if (socket->receive_buffer >= 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &socket->receive_buffer, sizeof number);
}

/* After AcceptEx, the listener's properties; the descriptor has the kernel's from the start. */
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
    option_inherit(listener, socket);
    socket_unref(listener);
    return STATUS_SUCCESS;
}

static NTSTATUS option__set_number(struct socket *socket, int name, int number)
{
    switch (name) {
    case W_SO_SNDBUF:
    case W_SO_RCVBUF:
        return option__set_buffer(socket, name, number);
    case W_SO_RCVTIMEO:
        socket->receive_timeout_ms = (uint32_t)number;
        return STATUS_SUCCESS;
    case W_SO_SNDTIMEO:
        socket->send_timeout_ms = (uint32_t)number;
        return STATUS_SUCCESS;
    case W_SO_ERROR:
        socket->error = number;
        return STATUS_SUCCESS;
    case W_SO_TYPE:
        return socket->type == SOCK_DGRAM ? STATUS_WSA(WSAEINVAL) : STATUS_WSA(WSAENOPROTOOPT);
    default:
        return STATUS_WSA(WSAENOPROTOOPT);
    }
}

static NTSTATUS option__set_flag(struct socket *socket, int name, int on, bool *known)
{
    static const struct {
        int name, host_name;
    } host_flags[] = {
        {W_SO_KEEPALIVE, SO_KEEPALIVE},
        {W_SO_BROADCAST, SO_BROADCAST},
        {W_SO_DONTROUTE, SO_DONTROUTE},
        {W_SO_OOBINLINE, SO_OOBINLINE},
    };
    uint32_t bit = option__remembered(name);
    *known = true;
    if (name == W_SO_OOBINLINE)
        socket->oob_inline = on;
    for (size_t i = 0; i < sizeof host_flags / sizeof host_flags[0]; i++)
        if (host_flags[i].name == name)
            return option_set_host(socket, SOL_SOCKET, host_flags[i].host_name, &on, sizeof on);
    if (bit) {
        socket->remembered = on ? socket->remembered | bit : socket->remembered & ~bit;
        if (bit == REMEMBER_REUSE_UNICASTPORT)
            setsockopt(socket->file.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        return STATUS_SUCCESS;
    }
    if (name == W_SO_REUSEADDR || name == W_SO_EXCLUSIVEADDRUSE)
        return option__set_reuse(socket, name, on);
    if (name == W_SO_DONTLINGER)
        return option__set_dont_linger(socket, on);
    *known = false;
    return STATUS_SUCCESS;
}

/* Some flags may be set without a value, which is false. */
static bool option__takes_nothing(int name)
{
    return name == W_SO_BROADCAST || name == W_SO_DONTLINGER || name == W_SO_OOBINLINE ||
           name == W_SO_REUSEADDR || name == W_SO_EXCLUSIVEADDRUSE;
}

/* Some are a byte, whatever they come as (SOCK-369). */
static bool option__is_byte(int name)
{
    return name == W_SO_KEEPALIVE || name == W_SO_DONTROUTE;
}

static NTSTATUS option__set_own(struct socket *socket, int name, const void *value, int length)
{
    NTSTATUS status;
    bool known;
    int number;
    if (option__is_byte(name) && length == -1)
        return STATUS_WSA(WSAENOBUFS);
    if (option__is_byte(name) && length > 1)
        length = 1;
    if (name == W_SO_UPDATE_CONNECT_CONTEXT) {
        socket->by_extension = false;
        return socket->connected ? STATUS_SUCCESS : STATUS_WSA(WSAENOTCONN);
    }
    if (name == W_SO_UPDATE_ACCEPT_CONTEXT)
        return option__update_accept(socket, value, length);
    if (length == -1) /* as much as it takes (SOCK-368) */
        length = sizeof number;
    if (!value || length < 0 || (length > 0 && !memory_is_readable(value, (size_t)length)))
        return STATUS_ACCESS_VIOLATION;
    if (length == 0 && !option__takes_nothing(name))
        return STATUS_ACCESS_VIOLATION;
    if (name == W_SO_LINGER)
        return option__set_linger(socket, value, length);
    status = option__set_flag(socket, name, option__flag(value, length), &known);
    if (known)
        return status;
    if (length < (int)sizeof number)
        return option__set_number(socket, name, 0) == STATUS_WSA(WSAENOPROTOOPT)
                   ? STATUS_WSA(WSAENOPROTOOPT)
                   : STATUS_ACCESS_VIOLATION;
    memcpy(&number, value, sizeof number);
    return option__set_number(socket, name, number);
}

NTSTATUS socket_set_option(struct socket *socket, int level, int name, const void *value,
                           int length)
{
    spare_mark_used(socket);
    if (level == W_SOL_SOCKET)
        return option__set_own(socket, name, value, length);
    if (length == -1)
        return STATUS_WSA(WSAENOBUFS);
    if (!value || length < 1 || !memory_is_readable(value, (size_t)length))
        return STATUS_ACCESS_VIOLATION;
    return option_set_protocol(socket, level, name, value, length);
}

/* ---- getting ---- */

NTSTATUS option_give(const void *from, int size, void *value, int *length)
{
    if (!value || !length || *length < size)
        return STATUS_ACCESS_VIOLATION;
    memcpy(value, from, (size_t)size);
    *length = size;
    return STATUS_SUCCESS;
}

NTSTATUS option_give_int(int number, void *value, int *length)
{
    return option_give(&number, sizeof number, value, length);
}

NTSTATUS option_give_byte(int number, void *value, int *length)
{
    if (!value || !length || *length < 1)
        return STATUS_ACCESS_VIOLATION;
    memset(value, 0, *length < 4 ? (size_t)*length : 4);
    *(unsigned char *)value = (unsigned char)number;
    *length = 1;
    return STATUS_SUCCESS;
}

NTSTATUS option_give_flag(bool on, void *value, int *length)
{
    int number = on;
    if (*length >= (int)sizeof number)
        return option_give_int(number, value, length);
    memset(value, 0, (size_t)*length);
    *(char *)value = (char)number;
    *length = 1;
    return STATUS_SUCCESS;
}

static NTSTATUS option__get_linger(struct socket *socket, bool negated, void *value, int *length)
{
    struct linger linger = {0};
    socklen_t size = sizeof linger;
    uint16_t windows[2];
    if (socket->type != SOCK_STREAM)
        return STATUS_WSA(WSAENOPROTOOPT);
    getsockopt(socket->file.fd, SOL_SOCKET, SO_LINGER, &linger, &size);
    if (negated)
        return option_give_flag(!linger.l_onoff, value, length);
    windows[0] = (uint16_t)linger.l_onoff;
    windows[1] = (uint16_t)linger.l_linger;
    return option_give(windows, sizeof windows, value, length);
}

/* Seconds since the connection was made, all ones if there is none (SOCK-212). */
static int option__connect_time(struct socket *socket)
{
    struct timespec now;
    int64_t since = -1;
    file_lock(&socket->file);
    if (socket->connected && socket->type == SOCK_STREAM)
        since = socket->connected_at_s;
    file_unlock(&socket->file);
    if (since < 0)
        return -1;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int)(now.tv_sec - since);
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

static NTSTATUS option__max_message(struct socket *socket, void *value, int *length)
{
    if (socket->type != SOCK_DGRAM)
        return STATUS_WSA(WSAENOPROTOOPT);
    return option_give_int(socket->family == W_AF_INET6 ? MAX_DATAGRAM_6 : MAX_DATAGRAM_4, value,
                           length);
}

/* CSADDR_INFO, in Windows' layout. */
struct socket_state {
    struct {
        void *address;
        int length;
    } local, remote;
    int type, protocol;
};

/* SO_BSP_STATE: both addresses behind a structure that points to them (SOCK-386). */
static NTSTATUS option__get_state(struct socket *socket, void *value, int *length)
{
    int size = address_size(socket->family);
    int needed = (int)sizeof(struct socket_state) + 2 * size;
    struct socket_state state = {.type = socket->type, .protocol = socket->protocol};
    char *addresses = (char *)value + sizeof state;
    if (*length < needed)
        return STATUS_ACCESS_VIOLATION;
    memset(value, 0, (size_t)needed);
    if (socket->bound) {
        state.local.address = addresses;
        state.local.length = size;
        socket_name(socket, false, addresses, &state.local.length);
    }
    if (socket->connected) {
        state.remote.address = addresses + size;
        state.remote.length = size;
        socket_name(socket, true, state.remote.address, &state.remote.length);
    }
    memcpy(value, &state, sizeof state); /* *length stays, as on Windows */
    return STATUS_SUCCESS;
}

static NTSTATUS option__get_flag(struct socket *socket, int name, void *value, int *length,
                                 bool *known)
{
    uint32_t bit = option__remembered(name);
    *known = true;
    if (bit)
        return option_give_flag(socket->remembered & bit, value, length);
    switch (name) {
    case W_SO_KEEPALIVE: /* these two give a byte (SOCK-369) */
        return option_give_byte(option_host_int(socket, SOL_SOCKET, SO_KEEPALIVE), value, length);
    case W_SO_DONTROUTE:
        return option_give_byte(option_host_int(socket, SOL_SOCKET, SO_DONTROUTE), value, length);
    case W_SO_BROADCAST:
        return option_give_flag(option_host_int(socket, SOL_SOCKET, SO_BROADCAST), value, length);
    case W_SO_OOBINLINE:
        return option_give_flag(option_host_int(socket, SOL_SOCKET, SO_OOBINLINE), value, length);
    case W_SO_REUSEADDR:
        return option_give_flag(socket->reuse, value, length);
    case W_SO_EXCLUSIVEADDRUSE:
        return option_give_flag(socket->exclusive, value, length);
    case W_SO_ACCEPTCONN:
        return option_give_flag(socket->listening, value, length);
    case W_SO_LINGER:
    case W_SO_DONTLINGER:
        return option__get_linger(socket, name == W_SO_DONTLINGER, value, length);
    default:
        *known = false;
        return STATUS_SUCCESS;
    }
}

static NTSTATUS option__get_own(struct socket *socket, int name, void *value, int *length)
{
    bool known;
    NTSTATUS status = option__get_flag(socket, name, value, length, &known);
    if (known)
        return status;
    switch (name) {
    case W_SO_SNDBUF:
        return option_give_int(socket->send_buffer < 0 ? BUFFER_DEFAULT_BYTES : socket->send_buffer,
                               value, length);
    case W_SO_RCVBUF:
        return option_give_int(socket->receive_buffer < 0 ? BUFFER_DEFAULT_BYTES
                                                          : socket->receive_buffer,
                               value, length);
    case W_SO_RCVTIMEO:
        return option_give_int((int)socket->receive_timeout_ms, value, length);
    case W_SO_SNDTIMEO:
        return option_give_int((int)socket->send_timeout_ms, value, length);
    case W_SO_TYPE:
        return option_give_int(socket->type, value, length);
    case W_SO_ERROR:
        return option_give_int(option__error(socket), value, length);
    case W_SO_CONNECT_TIME:
        return option_give_int(option__connect_time(socket), value, length);
    case W_SO_MAX_MSG_SIZE:
        return option__max_message(socket, value, length);
    case W_SO_GROUP_ID:
    case W_SO_GROUP_PRIORITY:
        return option_give_int(0, value, length);
    case W_SO_PROTOCOL_INFOA:
    case W_SO_PROTOCOL_INFOW:
        return protocol_of_socket(socket, name == W_SO_PROTOCOL_INFOW, value, length);
    case W_SO_BSP_STATE:
        return option__get_state(socket, value, length);
    default:
        return STATUS_WSA(WSAENOPROTOOPT);
    }
}

NTSTATUS socket_get_option(struct socket *socket, int level, int name, void *value, int *length)
{
    if (!value || !length || *length < 1)
        return STATUS_ACCESS_VIOLATION;
    if (level == W_SOL_SOCKET)
        return option__get_own(socket, name, value, length);
    return option_get_protocol(socket, level, name, value, length);
}

NTSTATUS option_set_open_type(const void *value, int length)
{
    if (length == -1) /* as much as it takes (SOCK-368) */
        length = sizeof option__open_type;
    if (!value || length < (int)sizeof option__open_type ||
        !memory_is_readable(value, sizeof option__open_type))
        return STATUS_ACCESS_VIOLATION;
    memcpy(&option__open_type, value, sizeof option__open_type);
    return STATUS_SUCCESS;
}

NTSTATUS option_get_open_type(void *value, int *length)
{
    if (value && length && *length == -1)
        *length = sizeof option__open_type;
    return option_give_int(option__open_type, value, length);
}

bool option_opens_overlapped(void)
{
    return option__open_type == 0;
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

/* A hint: which processor's packets the socket would like. */
NTSTATUS socket_prefer_processor(struct socket *socket, uint32_t processor)
{
    int number = (int)processor;
    return option_set_host(socket, SOL_SOCKET, SO_INCOMING_CPU, &number, sizeof number);
}

NTSTATUS socket_peer_process(struct socket *socket, uint32_t *id)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (socket->family != W_AF_UNIX)
        return STATUS_WSA(WSAEOPNOTSUPP);
    if (!socket->connected)
        return STATUS_WSA(WSAENOTCONN);
    if (getsockopt(socket->file.fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return status_from_call(errno);
    *id = (uint32_t)peer.pid;
    return STATUS_SUCCESS;
}

NTSTATUS socket_set_keepalive(struct socket *socket, uint32_t on, uint32_t time_ms,
                              uint32_t interval_ms)
{
    int enabled = on != 0;
    int idle_s = (int)((time_ms + 999) / 1000), interval_s = (int)((interval_ms + 999) / 1000);
    NTSTATUS status = option_set_host(socket, SOL_SOCKET, SO_KEEPALIVE, &enabled, sizeof enabled);
    if (status == STATUS_SUCCESS && enabled && idle_s)
        status = option_set_host(socket, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    if (status == STATUS_SUCCESS && enabled && interval_s)
        status =
            option_set_host(socket, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
    return status;
}

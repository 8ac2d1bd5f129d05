/* Socket options of IP, IPv6 and TCP: Windows' numbers and the host's. */
#include "option.h"

#include "address.h"
#include "spare.h"
#include "wsastatus.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <winerror.h>

enum option_kind {
    KIND_NUMBER,  /* one to four bytes, the value is taken as it is */
    KIND_FLAG,    /* the same, not zero is true */
    KIND_BYTE,    /* only the lowest byte counts; a byte is what one gets (SOCK-367, SOCK-369) */
    KIND_TOS,     /* a byte that is only kept (SOCK-380) */
    KIND_LONG,    /* a number in no less than four bytes */
    KIND_REPORT,  /* the same for a flag: what is told beside a datagram */
    KIND_REQUEST, /* a structure both systems lay out alike; cannot be got */
};

struct option_row {
    int level, name;           /* Windows' */
    int host_level, host_name; /* Linux' */
    enum option_kind kind;
    int size; /* of a structure */
};

static const struct option_row option__rows[] = {
    {W_IPPROTO_TCP, W_TCP_NODELAY, IPPROTO_TCP, TCP_NODELAY, KIND_BYTE, 0},
    {W_IPPROTO_TCP, W_TCP_KEEPALIVE, IPPROTO_TCP, TCP_KEEPIDLE, KIND_LONG, 0},
    {W_IPPROTO_TCP, W_TCP_KEEPCNT, IPPROTO_TCP, TCP_KEEPCNT, KIND_LONG, 0},
    {W_IPPROTO_TCP, W_TCP_KEEPINTVL, IPPROTO_TCP, TCP_KEEPINTVL, KIND_LONG, 0},
    {W_IPPROTO_IP, W_IP_TTL, IPPROTO_IP, IP_TTL, KIND_NUMBER, 0},
    {W_IPPROTO_IP, W_IP_TOS, IPPROTO_IP, IP_TOS, KIND_TOS, 0},
    {W_IPPROTO_IP, W_IP_MULTICAST_TTL, IPPROTO_IP, IP_MULTICAST_TTL, KIND_NUMBER, 0},
    {W_IPPROTO_IP, W_IP_MULTICAST_LOOP, IPPROTO_IP, IP_MULTICAST_LOOP, KIND_FLAG, 0},
    {W_IPPROTO_IP, W_IP_ADD_MEMBERSHIP, IPPROTO_IP, IP_ADD_MEMBERSHIP, KIND_REQUEST, 8},
    {W_IPPROTO_IP, W_IP_DROP_MEMBERSHIP, IPPROTO_IP, IP_DROP_MEMBERSHIP, KIND_REQUEST, 8},
    {W_IPPROTO_IP, W_IP_PKTINFO, IPPROTO_IP, IP_PKTINFO, KIND_REPORT, 0},
    {W_IPPROTO_IP, W_IP_RECVTTL, IPPROTO_IP, IP_RECVTTL, KIND_REPORT, 0},
    {W_IPPROTO_IP, W_IP_RECVTOS, IPPROTO_IP, IP_RECVTOS, KIND_REPORT, 0},
    {W_IPPROTO_IPV6, W_IPV6_UNICAST_HOPS, IPPROTO_IPV6, IPV6_UNICAST_HOPS, KIND_NUMBER, 0},
    {W_IPPROTO_IPV6, W_IPV6_MULTICAST_IF, IPPROTO_IPV6, IPV6_MULTICAST_IF, KIND_NUMBER, 0},
    {W_IPPROTO_IPV6, W_IPV6_MULTICAST_HOPS, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, KIND_NUMBER, 0},
    {W_IPPROTO_IPV6, W_IPV6_MULTICAST_LOOP, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, KIND_FLAG, 0},
    {W_IPPROTO_IPV6, W_IPV6_ADD_MEMBERSHIP, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, KIND_REQUEST, 20},
    {W_IPPROTO_IPV6, W_IPV6_DROP_MEMBERSHIP, IPPROTO_IPV6, IPV6_DROP_MEMBERSHIP, KIND_REQUEST, 20},
    {W_IPPROTO_IPV6, W_IPV6_PKTINFO, IPPROTO_IPV6, IPV6_RECVPKTINFO, KIND_REPORT, 0},
    {W_IPPROTO_IPV6, W_IPV6_HOPLIMIT, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, KIND_REPORT, 0},
    {W_IPPROTO_IPV6, W_IPV6_RECVTCLASS, IPPROTO_IPV6, IPV6_RECVTCLASS, KIND_REPORT, 0},
};

static const struct option_row *option__find(int level, int name)
{
    for (size_t i = 0; i < sizeof option__rows / sizeof option__rows[0]; i++)
        if (option__rows[i].level == level && option__rows[i].name == name)
            return &option__rows[i];
    return NULL;
}

/* Options about datagrams mean nothing on a stream. */
static bool option__is_misplaced(const struct socket *socket, int level, int name,
                                 const struct option_row *row)
{
    bool multicast =
        name == W_IP_MULTICAST_IF || name == W_IP_MULTICAST_TTL || name == W_IP_MULTICAST_LOOP;
    return socket->type == SOCK_STREAM && (level == W_IPPROTO_IP || level == W_IPPROTO_IPV6) &&
           (multicast || (row && row->kind == KIND_REPORT));
}

static NTSTATUS option__unknown(int level)
{
    switch (level) {
    case W_IPPROTO_IP:
    case W_IPPROTO_TCP:
    case W_IPPROTO_UDP:
    case W_IPPROTO_IPV6:
        return STATUS_WSA(WSAENOPROTOOPT);
    default:
        return STATUS_WSA(WSAEINVAL);
    }
}

NTSTATUS option_set_host(struct socket *socket, int level, int name, const void *value,
                         unsigned length)
{
    spare_mark_used(socket);
    socket->options_set = true;
    if (setsockopt(socket->file.fd, level, name, value, length) < 0)
        return status_from_call(errno);
    return STATUS_SUCCESS;
}

int option_host_int(struct socket *socket, int level, int name)
{
    int number = 0;
    socklen_t size = sizeof number;
    getsockopt(socket->file.fd, level, name, &number, &size);
    return number;
}

static int option__number(const void *value, int length)
{
    int number = 0;
    memcpy(&number, value, length < (int)sizeof number ? (size_t)length : sizeof number);
    return number;
}

/* ---- those that are not alike ---- */

/* IPV6_V6ONLY may be set on any socket, where it means nothing (SOCK-379). */
static NTSTATUS option__set_v6only(struct socket *socket, int on)
{
    if (socket->bound)
        return STATUS_WSA(WSAEINVAL);
    socket->v6only = on != 0;
    if (socket->family != W_AF_INET6)
        return STATUS_SUCCESS;
    on = on != 0;
    return option_set_host(socket, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
}

static NTSTATUS option__set_dont_fragment(struct socket *socket, int level, int on)
{
    bool six = level == W_IPPROTO_IPV6;
    int mode = on ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT;
    return option_set_host(socket, six ? IPPROTO_IPV6 : IPPROTO_IP,
                           six ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, &mode, sizeof mode);
}

/* A stream never fragments, a datagram may, unless told otherwise (SOCK-378). */
static bool option__dont_fragment(struct socket *socket, int level)
{
    int mode = level == W_IPPROTO_IPV6 ? option_host_int(socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER)
                                       : option_host_int(socket, IPPROTO_IP, IP_MTU_DISCOVER);
    return socket->type == SOCK_STREAM ? mode != IP_PMTUDISC_DONT : mode == IP_PMTUDISC_DO;
}

/* An address, or 0.0.0.n for the interface of that index. */
static NTSTATUS option__set_multicast_interface(struct socket *socket, const void *value,
                                                int length)
{
    struct ip_mreqn request = {0};
    uint32_t address;
    if (length < (int)sizeof address)
        return STATUS_ACCESS_VIOLATION;
    memcpy(&address, value, sizeof address);
    if (address && ntohl(address) < 0x01000000)
        request.imr_ifindex = (int)ntohl(address);
    else
        request.imr_address.s_addr = address;
    return option_set_host(socket, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request);
}

/* Group, source, interface on Windows; the host has the last two the other way round. */
static NTSTATUS option__set_source(struct socket *socket, int name, const void *value, int length)
{
    struct ip_mreq_source request;
    uint32_t parts[3];
    int host_name = IP_ADD_SOURCE_MEMBERSHIP;
    if (length < (int)sizeof parts)
        return STATUS_ACCESS_VIOLATION;
    memcpy(parts, value, sizeof parts);
    request.imr_multiaddr.s_addr = parts[0];
    request.imr_sourceaddr.s_addr = parts[1];
    request.imr_interface.s_addr = parts[2];
    if (name == W_IP_DROP_SOURCE_MEMBERSHIP)
        host_name = IP_DROP_SOURCE_MEMBERSHIP;
    else if (name == W_IP_BLOCK_SOURCE)
        host_name = IP_BLOCK_SOURCE;
    else if (name == W_IP_UNBLOCK_SOURCE)
        host_name = IP_UNBLOCK_SOURCE;
    return option_set_host(socket, IPPROTO_IP, host_name, &request, sizeof request);
}

/* MCAST_JOIN_GROUP and MCAST_LEAVE_GROUP: an interface's index and a group's address. */
static NTSTATUS option__set_group(struct socket *socket, int level, int name, const void *value,
                                  int length)
{
    struct group_req request;
    uint16_t family;
    if (length < (int)sizeof request)
        return STATUS_ACCESS_VIOLATION;
    memcpy(&request, value, sizeof request);
    memcpy(&family, &request.gr_group, sizeof family);
    request.gr_group.ss_family = (sa_family_t)family_to_host(family);
    return option_set_host(socket, level == W_IPPROTO_IPV6 ? IPPROTO_IPV6 : IPPROTO_IP,
                           name == W_MCAST_JOIN_GROUP ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP,
                           &request, sizeof request);
}

/* Seconds that a connection may stay unanswered; the host counts milliseconds. */
static NTSTATUS option__set_maxrt(struct socket *socket, int seconds)
{
    int timeout_ms = seconds == -1 ? 0 : seconds * 1000;
    if (seconds < -1 || seconds > 2000000)
        return STATUS_WSA(WSAEINVAL);
    return option_set_host(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof timeout_ms);
}

static NTSTATUS option__set_special(struct socket *socket, int level, int name, const void *value,
                                    int length)
{
    int number = option__number(value, length);
    if (level == W_IPPROTO_IPV6 && name == W_IPV6_V6ONLY)
        return option__set_v6only(socket, number & 0xFF);
    if (level == W_IPPROTO_TCP && name == W_TCP_MAXRT)
        return option__set_maxrt(socket, number);
    if (level != W_IPPROTO_IP && level != W_IPPROTO_IPV6)
        return option__unknown(level);
    switch (name) {
    case W_IP_DONTFRAGMENT:
        return option__set_dont_fragment(socket, level, number);
    case W_MCAST_JOIN_GROUP:
    case W_MCAST_LEAVE_GROUP:
        return option__set_group(socket, level, name, value, length);
    case W_IP_HDRINCL:
        if (socket->type != SOCK_RAW)
            return STATUS_WSA(WSAEINVAL);
        return option_set_host(socket, IPPROTO_IP, IP_HDRINCL, &number, sizeof number);
    }
    if (level == W_IPPROTO_IPV6)
        return option__unknown(level);
    switch (name) {
    case W_IP_MULTICAST_IF:
        return option__set_multicast_interface(socket, value, length);
    case W_IP_ADD_SOURCE_MEMBERSHIP:
    case W_IP_DROP_SOURCE_MEMBERSHIP:
    case W_IP_BLOCK_SOURCE:
    case W_IP_UNBLOCK_SOURCE:
        return option__set_source(socket, name, value, length);
    default:
        return option__unknown(level);
    }
}

NTSTATUS option_set_protocol(struct socket *socket, int level, int name, const void *value,
                             int length)
{
    const struct option_row *row = option__find(level, name);
    int number;
    if (option__is_misplaced(socket, level, name, row))
        return STATUS_WSA(WSAEINVAL);
    if (!row)
        return option__set_special(socket, level, name, value, length);
    if (level == W_IPPROTO_TCP && socket->type != SOCK_STREAM)
        return STATUS_WSA(WSAENOPROTOOPT);
    number = option__number(value, length);
    switch (row->kind) {
    case KIND_BYTE:
        number &= 0xFF;
        break;
    case KIND_LONG:
    case KIND_REPORT:
        if (length < (int)sizeof number)
            return STATUS_ACCESS_VIOLATION;
        if (row->kind == KIND_REPORT)
            number = number != 0;
        break;
    case KIND_FLAG:
        number = number != 0;
        break;
    case KIND_TOS:
        if (number < 0 || number > 0xFF)
            return STATUS_WSA(WSAEINVAL);
        socket->tos = (uint8_t)number;
        return STATUS_SUCCESS;
    case KIND_REQUEST:
        if (length < row->size)
            return STATUS_ACCESS_VIOLATION;
        return option_set_host(socket, row->host_level, row->host_name, value, (unsigned)row->size);
    case KIND_NUMBER:
        break;
    }
    return option_set_host(socket, row->host_level, row->host_name, &number, sizeof number);
}

static NTSTATUS option__get_special(struct socket *socket, int level, int name, void *value,
                                    int *length)
{
    struct in_addr address = {0};
    socklen_t size = sizeof address;
    if (level == W_IPPROTO_IPV6 && name == W_IPV6_V6ONLY)
        return option_give_byte(socket->v6only, value, length);
    if (level == W_IPPROTO_TCP && name == W_TCP_MAXRT)
        return option_give_int(option_host_int(socket, IPPROTO_TCP, TCP_USER_TIMEOUT) / 1000, value,
                               length);
    if ((level == W_IPPROTO_IP || level == W_IPPROTO_IPV6) && name == W_IP_DONTFRAGMENT)
        return option_give_flag(option__dont_fragment(socket, level), value, length);
    if (level == W_IPPROTO_IP && name == W_IP_MULTICAST_IF) {
        getsockopt(socket->file.fd, IPPROTO_IP, IP_MULTICAST_IF, &address, &size);
        return option_give(&address, sizeof address, value, length);
    }
    if (level == W_IPPROTO_IP && name == W_IP_HDRINCL && socket->type == SOCK_RAW)
        return option_give_int(option_host_int(socket, IPPROTO_IP, IP_HDRINCL), value, length);
    if ((level == W_IPPROTO_IP || level == W_IPPROTO_IPV6) && name == W_IP_HDRINCL)
        return STATUS_WSA(WSAEINVAL);
    return option__unknown(level);
}

NTSTATUS option_get_protocol(struct socket *socket, int level, int name, void *value, int *length)
{
    const struct option_row *row = option__find(level, name);
    int number;
    if (option__is_misplaced(socket, level, name, row))
        return STATUS_WSA(WSAEINVAL);
    if (!row)
        return option__get_special(socket, level, name, value, length);
    if ((row->kind == KIND_LONG || row->kind == KIND_REPORT) && *length < (int)sizeof number) {
        *length = 0;
        return STATUS_ACCESS_VIOLATION;
    }
    if (row->kind == KIND_REQUEST || (level == W_IPPROTO_TCP && socket->type != SOCK_STREAM))
        return STATUS_WSA(WSAENOPROTOOPT);
    number = row->kind == KIND_TOS ? socket->tos
                                   : option_host_int(socket, row->host_level, row->host_name);
    if (row->kind == KIND_BYTE)
        return option_give_byte(number, value, length);
    if (*length < (int)sizeof number) {
        *(char *)value = (char)number;
        *length = 1;
        return STATUS_SUCCESS;
    }
    return option_give_int(number, value, length);
}

/* Winsock's numbers under names of their own, for the files that include the host's socket headers,
 * where the same names have the host's values. winsock2.c checks that both agree. */
#ifndef PORTICO_WSABI_H
#define PORTICO_WSABI_H

#include <minwindef.h>
#include <stdint.h>

enum {
    W_AF_UNSPEC = 0,
    W_AF_UNIX = 1,
    W_AF_INET = 2,
    W_AF_INET6 = 23,
    W_FROM_PROTOCOL_INFO = -1,

    W_MSG_OOB = 0x1,
    W_MSG_PEEK = 0x2,
    W_MSG_DONTROUTE = 0x4,
    W_MSG_WAITALL = 0x8,
    W_MSG_TRUNC = 0x100,
    W_MSG_CTRUNC = 0x200,
    W_MSG_PARTIAL = 0x8000,

    W_SOL_SOCKET = 0xffff,
    W_SO_DEBUG = 0x0001,
    W_SO_ACCEPTCONN = 0x0002,
    W_SO_REUSEADDR = 0x0004,
    W_SO_KEEPALIVE = 0x0008,
    W_SO_DONTROUTE = 0x0010,
    W_SO_BROADCAST = 0x0020,
    W_SO_USELOOPBACK = 0x0040,
    W_SO_LINGER = 0x0080,
    W_SO_DONTLINGER = ~0x0080,
    W_SO_OOBINLINE = 0x0100,
    W_SO_EXCLUSIVEADDRUSE = ~0x0004,
    W_SO_SNDBUF = 0x1001,
    W_SO_RCVBUF = 0x1002,
    W_SO_SNDTIMEO = 0x1005,
    W_SO_RCVTIMEO = 0x1006,
    W_SO_ERROR = 0x1007,
    W_SO_TYPE = 0x1008,
    W_SO_BSP_STATE = 0x1009,
    W_SO_GROUP_ID = 0x2001,
    W_SO_GROUP_PRIORITY = 0x2002,
    W_SO_MAX_MSG_SIZE = 0x2003,
    W_SO_PROTOCOL_INFOA = 0x2004,
    W_SO_PROTOCOL_INFOW = 0x2005,
    W_SO_CONDITIONAL_ACCEPT = 0x3002,
    W_SO_RANDOMIZE_PORT = 0x3005,
    W_SO_PORT_SCALABILITY = 0x3006,
    W_SO_REUSE_UNICASTPORT = 0x3007,
    W_SO_OPENTYPE = 0x7008,
    W_SO_UPDATE_ACCEPT_CONTEXT = 0x700B,
    W_SO_CONNECT_TIME = 0x700C,
    W_SO_UPDATE_CONNECT_CONTEXT = 0x7010,
    W_TCP_NODELAY = 1,
    W_TCP_KEEPALIVE = 3,
    W_TCP_MAXRT = 5,
    W_TCP_KEEPCNT = 16,
    W_TCP_KEEPINTVL = 17,
    W_IP_HDRINCL = 2,
    W_IP_TOS = 3,
    W_IP_TTL = 4,
    W_IP_MULTICAST_IF = 9,
    W_IP_MULTICAST_TTL = 10,
    W_IP_MULTICAST_LOOP = 11,
    W_IP_ADD_MEMBERSHIP = 12,
    W_IP_DROP_MEMBERSHIP = 13,
    W_IP_DONTFRAGMENT = 14,
    W_IP_ADD_SOURCE_MEMBERSHIP = 15,
    W_IP_DROP_SOURCE_MEMBERSHIP = 16,
    W_IP_BLOCK_SOURCE = 17,
    W_IP_UNBLOCK_SOURCE = 18,
    W_IP_PKTINFO = 19,
    W_IP_RECVTTL = 21,
    W_IP_RECVTOS = 40,
    W_MCAST_JOIN_GROUP = 41,
    W_MCAST_LEAVE_GROUP = 42,
    W_IPV6_UNICAST_HOPS = 4,
    W_IPV6_MULTICAST_IF = 9,
    W_IPV6_MULTICAST_HOPS = 10,
    W_IPV6_MULTICAST_LOOP = 11,
    W_IPV6_ADD_MEMBERSHIP = 12,
    W_IPV6_DROP_MEMBERSHIP = 13,
    W_IPV6_PKTINFO = 19,
    W_IPV6_HOPLIMIT = 21,
    W_IPV6_TCLASS = 39,
    W_IPV6_RECVTCLASS = 40,
    W_IPV6_V6ONLY = 27,
    W_IPPROTO_IP = 0,
    W_IPPROTO_TCP = 6,
    W_IPPROTO_UDP = 17,
    W_IPPROTO_IPV6 = 41,

    W_TP_ELEMENT_MEMORY = 1,
    W_TP_ELEMENT_FILE = 2,
    W_TP_ELEMENT_EOP = 4,

    W_IFF_UP = 0x1,
    W_IFF_BROADCAST = 0x2,
    W_IFF_LOOPBACK = 0x4,
    W_IFF_POINTTOPOINT = 0x8,
    W_IFF_MULTICAST = 0x10,

    W_TF_DISCONNECT = 1,
    W_TF_REUSE_SOCKET = 2,
    W_TF_KNOWN = 0x37,
};

/* Control codes, which do not fit an int. */
#define W_FIONREAD 0x4004667Fu
#define W_FIONBIO 0x8004667Eu
#define W_SIOCATMARK 0x40047307u
#define W_SIO_GET_EXTENSION_FUNCTION_POINTER 0xC8000006u
#define W_SIO_BSP_HANDLE 0x4800001Bu
#define W_SIO_BSP_HANDLE_SELECT 0x4800001Cu
#define W_SIO_BSP_HANDLE_POLL 0x4800001Du
#define W_SIO_BASE_HANDLE 0x48000022u
#define W_SIO_KEEPALIVE_VALS 0x98000004u
#define W_SIO_LOOPBACK_FAST_PATH 0x98000010u
#define W_SIO_UDP_CONNRESET 0x9800000Cu
#define W_SIO_UDP_NETRESET 0x9800000Fu

/* WSABUF. */
struct wsabuf {
    ULONG len;
    char *buf;
};

/* TRANSMIT_PACKETS_ELEMENT. */
struct packet_element {
    ULONG flags;
    ULONG length;
    union {
        struct {
            int64_t offset;
            void *file;
        };
        void *buffer;
    };
};

/* WSAMSG. */
struct wsamsg {
    void *name;
    int name_length;
    struct wsabuf *buffers;
    ULONG count;
    struct wsabuf control;
    ULONG flags;
};

#endif

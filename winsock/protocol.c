/* The catalogue of protocols. */
#include "protocol.h"

#include "wsastatus.h"

#include <afunix.h>
#include <stdio.h>
#include <winsock2.h>
#include <ws2tcpip.h>

#define MSAFD_IPV4                                         \
    {                                                      \
        0xe70f1aa0, 0xab8b, 0x11cf,                        \
        {                                                  \
            0x8c, 0xa3, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92 \
        }                                                  \
    }
#define MSAFD_IPV6                                         \
    {                                                      \
        0xf9eab0c0, 0x26d4, 0x11d0,                        \
        {                                                  \
            0xbb, 0xbf, 0x00, 0xaa, 0x00, 0x6c, 0x34, 0xe4 \
        }                                                  \
    }
#define MSAFD_UNIX                                         \
    {                                                      \
        0xa00943d9, 0x9c2e, 0x4633,                        \
        {                                                  \
            0x9b, 0x59, 0x00, 0x57, 0xa3, 0x16, 0x09, 0x94 \
        }                                                  \
    }

enum {
    STREAM_SERVICE = XP1_GUARANTEED_DELIVERY | XP1_GUARANTEED_ORDER | XP1_GRACEFUL_CLOSE |
                     XP1_EXPEDITED_DATA | XP1_IFS_HANDLES,
    DATAGRAM_SERVICE = XP1_CONNECTIONLESS | XP1_MESSAGE_ORIENTED | XP1_SUPPORT_BROADCAST |
                       XP1_SUPPORT_MULTIPOINT | XP1_IFS_HANDLES,
};

static const struct protocol_row {
    int family, type, protocol, address_size;
    DWORD service, message_size, entry_id;
    GUID provider;
    const char *name;
} protocol__rows[] = {
    {AF_INET, SOCK_STREAM, IPPROTO_TCP, sizeof(SOCKADDR_IN), STREAM_SERVICE, 0, 1001, MSAFD_IPV4,
     "MSAFD Tcpip [TCP/IP]"},
    {AF_INET, SOCK_DGRAM, IPPROTO_UDP, sizeof(SOCKADDR_IN), DATAGRAM_SERVICE, 65507, 1002,
     MSAFD_IPV4, "MSAFD Tcpip [UDP/IP]"},
    {AF_INET6, SOCK_STREAM, IPPROTO_TCP, sizeof(SOCKADDR_IN6), STREAM_SERVICE, 0, 1003, MSAFD_IPV6,
     "MSAFD Tcpip [TCP/IPv6]"},
    {AF_INET6, SOCK_DGRAM, IPPROTO_UDP, sizeof(SOCKADDR_IN6), DATAGRAM_SERVICE, 65527, 1004,
     MSAFD_IPV6, "MSAFD Tcpip [UDP/IPv6]"},
    {AF_UNIX, SOCK_STREAM, 0, sizeof(SOCKADDR_UN),
     XP1_GUARANTEED_DELIVERY | XP1_GUARANTEED_ORDER | XP1_GRACEFUL_CLOSE | XP1_IFS_HANDLES, 0, 1005,
     MSAFD_UNIX, "AF_UNIX"},
};
enum { PROTOCOL_ROWS = sizeof protocol__rows / sizeof protocol__rows[0] };

/* The wide form; the narrow one differs in the name only. */
static void protocol__fill(const struct protocol_row *row, WSAPROTOCOL_INFOW *info)
{
    memset(info, 0, sizeof *info);
    info->dwServiceFlags1 = row->service;
    info->dwProviderFlags = PFL_MATCHES_PROTOCOL_ZERO;
    info->ProviderId = row->provider;
    info->dwCatalogEntryId = row->entry_id;
    info->ProtocolChain.ChainLen = 1;
    info->iVersion = 2;
    info->iAddressFamily = row->family;
    info->iMaxSockAddr = row->address_size;
    info->iMinSockAddr = row->address_size;
    info->iSocketType = row->type;
    info->iProtocol = row->protocol;
    info->iNetworkByteOrder = BIGENDIAN;
    info->dwMessageSize = row->message_size;
    for (size_t i = 0; row->name[i]; i++)
        info->szProtocol[i] = (WCHAR)row->name[i];
}

static void protocol__narrow(const WSAPROTOCOL_INFOW *wide, WSAPROTOCOL_INFOA *info)
{
    memcpy(info, wide, offsetof(WSAPROTOCOL_INFOA, szProtocol));
    for (size_t i = 0; i <= WSAPROTOCOL_LEN; i++)
        info->szProtocol[i] = (CHAR)wide->szProtocol[i];
}
_Static_assert(offsetof(WSAPROTOCOL_INFOA, szProtocol) == offsetof(WSAPROTOCOL_INFOW, szProtocol),
               "WSAPROTOCOL_INFO");

NTSTATUS protocol_of_socket(struct socket *socket, bool wide, void *value, int *length)
{
    int needed = wide ? (int)sizeof(WSAPROTOCOL_INFOW) : (int)sizeof(WSAPROTOCOL_INFOA);
    const struct protocol_row *row = &protocol__rows[0];
    WSAPROTOCOL_INFOW info;
    WSAPROTOCOL_INFOA narrow;
    if (*length < needed) {
        *length = needed;
        return STATUS_ACCESS_VIOLATION;
    }
    for (int i = 0; i < PROTOCOL_ROWS; i++)
        if (protocol__rows[i].family == socket->family && protocol__rows[i].type == socket->type)
            row = &protocol__rows[i];
    protocol__fill(row, &info);
    info.iAddressFamily = socket->family;
    info.iSocketType = socket->type;
    info.iProtocol = socket->protocol;
    protocol__narrow(&info, &narrow);
    memcpy(value, wide ? (void *)&info : (void *)&narrow, (size_t)needed);
    return STATUS_SUCCESS;
}

static bool protocol__is_wanted(const struct protocol_row *row, const INT *wanted)
{
    if (!wanted || !*wanted)
        return true;
    for (; *wanted; wanted++)
        if (*wanted == row->protocol)
            return true;
    return false;
}

/* The entries, `size` bytes each, in the wide or the narrow form. */
static int protocol__enumerate(const INT *wanted, void *buffer, DWORD *length, bool wide)
{
    DWORD size = wide ? sizeof(WSAPROTOCOL_INFOW) : sizeof(WSAPROTOCOL_INFOA);
    DWORD needed = 0, filled = 0;
    if (atomic_load(&winsock_starts) == 0)
        return fail_wsa(STATUS_WSA(WSANOTINITIALISED));
    if (!length)
        return fail_wsa(STATUS_ACCESS_VIOLATION);
    for (int i = 0; i < PROTOCOL_ROWS; i++)
        needed += protocol__is_wanted(&protocol__rows[i], wanted) ? size : 0;
    if (!buffer || *length < needed) {
        *length = needed;
        return fail_wsa(STATUS_WSA(WSAENOBUFS));
    }
    for (int i = 0; i < PROTOCOL_ROWS; i++) {
        WSAPROTOCOL_INFOW info;
        if (!protocol__is_wanted(&protocol__rows[i], wanted))
            continue;
        protocol__fill(&protocol__rows[i], &info);
        if (wide)
            memcpy((WSAPROTOCOL_INFOW *)buffer + filled, &info, sizeof info);
        else
            protocol__narrow(&info, (WSAPROTOCOL_INFOA *)buffer + filled);
        filled++;
    }
    last_error_set(0);
    return (int)filled;
}

int WSAAPI WSAEnumProtocolsA(LPINT lpiProtocols, LPWSAPROTOCOL_INFOA lpProtocolBuffer,
                             LPDWORD lpdwBufferLength)
{
    return protocol__enumerate(lpiProtocols, lpProtocolBuffer, lpdwBufferLength, false);
}

int WSAAPI WSAEnumProtocolsW(LPINT lpiProtocols, LPWSAPROTOCOL_INFOW lpProtocolBuffer,
                             LPDWORD lpdwBufferLength)
{
    return protocol__enumerate(lpiProtocols, lpProtocolBuffer, lpdwBufferLength, true);
}

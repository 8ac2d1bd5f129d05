/* Entry points of winsock2.h and ws2tcpip.h that wrap others: byte order by socket, texts of
 * getaddrinfo's errors, joining a group. */
#include <winsock2.h>

#include "socket.h"
#include "wsastatus.h"

#include <ws2tcpip.h>

/* ---- byte order ---- */

/* Every protocol here is big-endian, so that only the socket needs checking. */
static int order__check(SOCKET s, const void *result)
{
    struct socket *socket;
    NTSTATUS status = socket_get(s, &socket);
    if (status == STATUS_SUCCESS) {
        socket_unref(socket);
        status = result ? STATUS_SUCCESS : STATUS_ACCESS_VIOLATION;
    }
    return wsa_result(status);
}

int WSAAPI WSAHtonl(SOCKET s, u_long hostlong, u_long *lpnetlong)
{
    int result = order__check(s, lpnetlong);
    if (result == 0)
        *lpnetlong = htonl(hostlong);
    return result;
}

int WSAAPI WSAHtons(SOCKET s, u_short hostshort, u_short *lpnetshort)
{
    int result = order__check(s, lpnetshort);
    if (result == 0)
        *lpnetshort = htons(hostshort);
    return result;
}

int WSAAPI WSANtohl(SOCKET s, u_long netlong, u_long *lphostlong)
{
    return WSAHtonl(s, netlong, lphostlong);
}

int WSAAPI WSANtohs(SOCKET s, u_short netshort, u_short *lphostshort)
{
    return WSAHtons(s, netshort, lphostshort);
}

/* ---- texts ---- */

static const char *gai__text(int code)
{
    switch (code) {
    case EAI_AGAIN:
        return "The name server could not answer now.";
    case EAI_BADFLAGS:
        return "A flag is not valid.";
    case EAI_FAIL:
        return "The name server failed for good.";
    case EAI_FAMILY:
        return "The address family is not supported.";
    case EAI_MEMORY:
        return "There is not enough memory.";
    case EAI_NONAME:
        return "There is no such host.";
    case EAI_SERVICE:
        return "There is no such service.";
    case EAI_SOCKTYPE:
        return "The socket type is not supported.";
    default:
        return "The error is not known.";
    }
}

char *WSAAPI gai_strerrorA(int ecode)
{
    static _Thread_local char text[64];
    strncpy(text, gai__text(ecode), sizeof text - 1);
    return text;
}

WCHAR *WSAAPI gai_strerrorW(int ecode)
{
    static _Thread_local WCHAR text[64];
    const char *narrow = gai__text(ecode);
    size_t length = strlen(narrow);
    for (size_t i = 0; i <= length; i++)
        text[i] = (WCHAR)narrow[i];
    return text;
}

/* ---- groups ---- */

SOCKET WSAAPI WSAJoinLeaf(SOCKET s, const struct sockaddr *name, int namelen, LPWSABUF lpCallerData,
                          LPWSABUF lpCalleeData, LPQOS lpSQOS, LPQOS lpGQOS, DWORD dwFlags)
{
    struct group_req group = {0};
    int result = SOCKET_ERROR;
    (void)lpCallerData, (void)lpCalleeData, (void)lpSQOS, (void)lpGQOS;
    if (dwFlags == 0 || (dwFlags & ~(DWORD)JL_BOTH)) {
        last_error_set(WSAEINVAL);
    } else if (!name || namelen < (int)sizeof(SOCKADDR_IN) ||
               namelen > (int)sizeof group.gr_group) {
        last_error_set(WSAEFAULT);
    } else {
        memcpy(&group.gr_group, name, (size_t)namelen);
        result = setsockopt(s, name->sa_family == AF_INET6 ? (int)IPPROTO_IPV6 : IPPROTO_IP,
                            MCAST_JOIN_GROUP, (const char *)&group, sizeof group);
    }
    return result == 0 ? s : INVALID_SOCKET;
}

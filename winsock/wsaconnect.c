/* Entry points of winsock2.h: the long forms of accept, connect and shutdown. */
#include <winsock2.h>

#include "socket.h"
#include "text.h"
#include "wsastatus.h"

#include <stdlib.h>
#include <ws2tcpip.h>

/* ---- WSAAccept ---- */

struct condition {
    struct accept_judge judge;
    LPCONDITIONPROC procedure;
    DWORD_PTR data;
};

static enum accept_verdict condition__judge(struct accept_judge *judge, const void *peer,
                                            int peer_length, const void *local, int local_length)
{
    struct condition *condition = (struct condition *)judge;
    WSABUF caller = {(ULONG)peer_length, (char *)(uintptr_t)peer};
    WSABUF callee = {(ULONG)local_length, (char *)(uintptr_t)local};
    WSABUF none = {0, NULL};
    GROUP group = 0;
    switch (
        condition->procedure(&caller, &none, NULL, NULL, &callee, &none, &group, condition->data)) {
    case CF_ACCEPT:
        return ACCEPT_TAKE;
    case CF_REJECT:
        return ACCEPT_REJECT;
    case CF_DEFER:
        return ACCEPT_DEFER;
    default:
        return ACCEPT_INVALID;
    }
}

SOCKET WSAAPI WSAAccept(SOCKET s, struct sockaddr *addr, LPINT addrlen,
                        LPCONDITIONPROC lpfnCondition, DWORD_PTR dwCallbackData)
{
    struct condition condition = {{condition__judge}, lpfnCondition, dwCallbackData};
    uintptr_t accepted = INVALID_SOCKET;
    struct socket *socket;
    NTSTATUS status = socket_get(s, &socket);
    if (status == STATUS_SUCCESS) {
        status = socket_accept_judged(socket, lpfnCondition ? &condition.judge : NULL, addr,
                                      addrlen, &accepted);
        socket_unref(socket);
    }
    if (status != STATUS_SUCCESS) {
        fail_wsa(status);
        return INVALID_SOCKET;
    }
    last_error_set(0);
    return accepted;
}

/* ---- WSAConnect ---- */

int WSAAPI WSAConnect(SOCKET s, const struct sockaddr *name, int namelen, LPWSABUF lpCallerData,
                      LPWSABUF lpCalleeData, LPQOS lpSQOS, LPQOS lpGQOS)
{
    (void)lpSQOS, (void)lpGQOS; /* reserved */
    /* No protocol here carries data with its handshake. */
    if ((lpCallerData && lpCallerData->len) || (lpCalleeData && lpCalleeData->len))
        return fail_wsa(STATUS_WSA(WSAEINVAL));
    return connect(s, name, namelen);
}

/* Stores an address that the program asked for, and its true size. */
static void address__store(SOCKET s, int (*get)(SOCKET, struct sockaddr *, int *), DWORD *length,
                           SOCKADDR *address)
{
    struct sockaddr_storage found;
    int size = sizeof found;
    if (!length || !address || get(s, (struct sockaddr *)&found, &size) != 0)
        return;
    if ((DWORD)size < *length)
        *length = (DWORD)size;
    memcpy(address, &found, *length);
}

/* Tries one address within the time that is left; 0 or a Winsock error. */
static DWORD connect__try(SOCKET s, const struct sockaddr *address, int length,
                          const struct deadline *deadline)
{
    u_long on = 1, off = 0;
    WSAPOLLFD poll = {.fd = s, .events = POLLOUT};
    struct timespec left = {0};
    int wait_ms = -1, error = 0, size = sizeof error;
    if (deadline->never)
        return connect(s, address, length) == 0 ? 0 : (DWORD)WSAGetLastError();
    ioctlsocket(s, FIONBIO, &on);
    if (connect(s, address, length) != 0 && WSAGetLastError() == WSAEWOULDBLOCK) {
        left = deadline_remaining(deadline);
        wait_ms = (int)(left.tv_sec * 1000 + left.tv_nsec / 1000000);
        if (WSAPoll(&poll, 1, wait_ms) == 0)
            error = WSAETIMEDOUT;
        else
            getsockopt(s, SOL_SOCKET, SO_ERROR, (char *)&error, &size);
    }
    ioctlsocket(s, FIONBIO, &off);
    return (DWORD)error;
}

static struct deadline connect__deadline(const struct timeval *timeout)
{
    return deadline_from_ms(timeout ? (uint32_t)(timeout->tv_sec * 1000 + timeout->tv_usec / 1000)
                                    : INFINITE);
}

/* What both forms of WSAConnectByName check first. */
static DWORD connect__check_lengths(const DWORD *local, const SOCKADDR *local_address,
                                    const DWORD *remote, const SOCKADDR *remote_address)
{
    if ((local && local_address && *local < sizeof(SOCKADDR_IN)) ||
        (remote && remote_address && *remote < sizeof(SOCKADDR_IN)))
        return WSAEFAULT;
    return 0;
}

static DWORD connect__family(SOCKET s, int *family, int *type)
{
    WSAPROTOCOL_INFOA info;
    int size = sizeof info;
    if (getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOA, (char *)&info, &size) != 0)
        return (DWORD)WSAGetLastError();
    *family = info.iAddressFamily;
    *type = info.iSocketType;
    return 0;
}

BOOL WSAAPI WSAConnectByNameA(SOCKET s, LPCSTR nodename, LPCSTR servicename,
                              LPDWORD LocalAddressLength, LPSOCKADDR LocalAddress,
                              LPDWORD RemoteAddressLength, LPSOCKADDR RemoteAddress,
                              const struct timeval *timeout, LPWSAOVERLAPPED Reserved)
{
    struct deadline deadline = connect__deadline(timeout);
    ADDRINFOA hints = {0}, *found = NULL;
    DWORD err = WSAEINVAL;
    if (nodename && servicename && !Reserved)
        err = connect__family(s, &hints.ai_family, &hints.ai_socktype);
    if (!err)
        err = connect__check_lengths(LocalAddressLength, LocalAddress, RemoteAddressLength,
                                     RemoteAddress);
    if (!err)
        err = (DWORD)getaddrinfo(nodename, servicename, &hints, &found);
    if (!err)
        err = WSAHOST_NOT_FOUND;
    for (const ADDRINFOA *info = found; info; info = info->ai_next) {
        err = connect__try(s, info->ai_addr, (int)info->ai_addrlen, &deadline);
        if (!err)
            break;
    }
    freeaddrinfo(found);
    if (!err) {
        address__store(s, getsockname, LocalAddressLength, LocalAddress);
        address__store(s, getpeername, RemoteAddressLength, RemoteAddress);
    }
    last_error_set(err);
    return err == 0;
}

BOOL WSAAPI WSAConnectByNameW(SOCKET s, LPWSTR nodename, LPWSTR servicename,
                              LPDWORD LocalAddressLength, LPSOCKADDR LocalAddress,
                              LPDWORD RemoteAddressLength, LPSOCKADDR RemoteAddress,
                              const struct timeval *timeout, LPWSAOVERLAPPED Reserved)
{
    char *node = nodename ? text_from_wide(nodename) : NULL;
    char *service = servicename ? text_from_wide(servicename) : NULL;
    BOOL connected = WSAConnectByNameA(s, node, service, LocalAddressLength, LocalAddress,
                                       RemoteAddressLength, RemoteAddress, timeout, Reserved);
    free(node);
    free(service);
    return connected;
}

BOOL WSAAPI WSAConnectByList(SOCKET s, PSOCKET_ADDRESS_LIST SocketAddress,
                             LPDWORD LocalAddressLength, LPSOCKADDR LocalAddress,
                             LPDWORD RemoteAddressLength, LPSOCKADDR RemoteAddress,
                             const struct timeval *timeout, LPWSAOVERLAPPED Reserved)
{
    struct deadline deadline = connect__deadline(timeout);
    int family, type;
    DWORD err = WSAEINVAL;
    if (SocketAddress && SocketAddress->iAddressCount > 0 && !Reserved)
        err = connect__family(s, &family, &type);
    if (!err)
        err = connect__check_lengths(LocalAddressLength, LocalAddress, RemoteAddressLength,
                                     RemoteAddress);
    for (int i = 0; SocketAddress && i < SocketAddress->iAddressCount && (i == 0 ? !err : true);
         i++) {
        err = connect__try(s, SocketAddress->Address[i].lpSockaddr,
                           SocketAddress->Address[i].iSockaddrLength, &deadline);
        if (!err)
            break;
    }
    if (!err) {
        address__store(s, getsockname, LocalAddressLength, LocalAddress);
        address__store(s, getpeername, RemoteAddressLength, RemoteAddress);
    }
    last_error_set(err);
    return err == 0;
}

/* ---- disconnecting ---- */

int WSAAPI WSASendDisconnect(SOCKET s, LPWSABUF lpOutboundDisconnectData)
{
    if (lpOutboundDisconnectData && lpOutboundDisconnectData->len)
        return fail_wsa(STATUS_WSA(WSAEOPNOTSUPP)); /* no protocol here carries such data */
    return shutdown(s, SD_SEND);
}

int WSAAPI WSARecvDisconnect(SOCKET s, LPWSABUF lpInboundDisconnectData)
{
    if (lpInboundDisconnectData && lpInboundDisconnectData->len)
        return fail_wsa(STATUS_WSA(WSAEOPNOTSUPP));
    return shutdown(s, SD_RECEIVE);
}

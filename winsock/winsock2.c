/* Entry points of winsock2.h: starting and ending, sockets, names, data. */
#include <winsock2.h>

#include "duplicate.h"
#include "protocol.h"
#include "socket.h"
#include "wsastatus.h"

/* wsabi.h against the public header. */
#define SAME(name) _Static_assert((unsigned)W_##name == (unsigned)name, #name)
SAME(AF_INET6);
SAME(MSG_WAITALL);
SAME(MSG_PARTIAL);
SAME(SOL_SOCKET);
SAME(SO_EXCLUSIVEADDRUSE);
SAME(SO_DONTLINGER);
SAME(SO_RCVTIMEO);
SAME(FIONBIO);
SAME(FIONREAD);
SAME(SIOCATMARK);
SAME(SIO_GET_EXTENSION_FUNCTION_POINTER);
SAME(SIO_BASE_HANDLE);
SAME(SIO_BSP_HANDLE_POLL);
_Static_assert(sizeof(struct wsabuf) == sizeof(WSABUF), "WSABUF");
_Static_assert(offsetof(struct wsabuf, buf) == offsetof(WSABUF, buf), "WSABUF");
_Static_assert(sizeof(OVERLAPPED) == 32, "OVERLAPPED");
_Static_assert(sizeof(WSADATA) == 408, "WSADATA");

/* ---- starting and ending ---- */

/* The version a request of major.minor gets (SOCK-001 to SOCK-004). */
static WORD winsock__version(WORD requested)
{
    BYTE major = LOBYTE(requested), minor = HIBYTE(requested);
    if (major == 1)
        return minor == 0 ? MAKEWORD(1, 0) : MAKEWORD(1, 1);
    if (major == 2 && minor < 2)
        return MAKEWORD(2, minor);
    return MAKEWORD(2, 2);
}

int WSAAPI WSAStartup(WORD wVersionRequested, LPWSADATA lpWSAData)
{
    BYTE major = LOBYTE(wVersionRequested);
    if (!lpWSAData)
        return major ? WSAEFAULT : WSAVERNOTSUPPORTED;
    lpWSAData->wVersion = winsock__version(wVersionRequested);
    lpWSAData->wHighVersion = MAKEWORD(2, 2);
    lpWSAData->iMaxSockets = major == 1 ? 32767 : 0;
    lpWSAData->iMaxUdpDg = major == 1 ? 65467 : 0;
    strcpy(lpWSAData->szDescription, "WinSock 2.0");
    strcpy(lpWSAData->szSystemStatus, "Running");
    if (!major)
        return WSAVERNOTSUPPORTED;
    atomic_fetch_add(&winsock_starts, 1);
    return 0;
}

int WSAAPI WSACleanup(void)
{
    uint32_t starts = atomic_load(&winsock_starts);
    do {
        if (starts == 0)
            return fail_wsa(STATUS_WSA(WSANOTINITIALISED));
        if (starts == 1)
            socket_close_all();
    } while (!atomic_compare_exchange_weak(&winsock_starts, &starts, starts - 1));
    last_error_set(0);
    return 0;
}

int WSAAPI WSAGetLastError(void)
{
    return (int)thread_self()->last_error;
}

void WSAAPI WSASetLastError(int iError)
{
    last_error_set((uint32_t)iError);
}

/* ---- sockets ---- */

static SOCKET socket__made(NTSTATUS status, uintptr_t s)
{
    if (status != STATUS_SUCCESS) {
        fail_wsa(status);
        return INVALID_SOCKET;
    }
    last_error_set(0);
    return s;
}

SOCKET WSAAPI socket(int af, int type, int protocol)
{
    uintptr_t s = INVALID_SOCKET;
    NTSTATUS status =
        socket_create(af, type, protocol, option_opens_overlapped() ? SOCKET_OVERLAPPED : 0, &s);
    return socket__made(status, s);
}

/* The name of an offered socket lies in the reserved fields of a WSAPROTOCOL_INFO. */
static NTSTATUS duplicate__take_info(const WSAPROTOCOL_INFOW *info, uint32_t flags, uintptr_t *s)
{
    struct duplicate_name name = {info->dwProviderReserved, info->dwServiceFlags2,
                                  (uint64_t)info->dwServiceFlags4 << 32 | info->dwServiceFlags3};
    return duplicate_take(&name, flags, s);
}

int WSAAPI WSADuplicateSocketW(SOCKET s, DWORD dwProcessId, LPWSAPROTOCOL_INFOW lpProtocolInfo)
{
    struct duplicate_name name = {0};
    int size = sizeof *lpProtocolInfo;
    struct socket *socket;
    NTSTATUS status = socket_get(s, &socket);
    if (status != STATUS_SUCCESS)
        return fail_wsa(status);
    if (dwProcessId == 0)
        status = STATUS_WSA(WSAEINVAL);
    else if (!lpProtocolInfo)
        status = STATUS_ACCESS_VIOLATION;
    else
        status = duplicate_offer(socket, dwProcessId, &name);
    if (status == STATUS_SUCCESS) {
        status = protocol_of_socket(socket, true, lpProtocolInfo, &size);
        lpProtocolInfo->dwProviderReserved = name.marker;
        lpProtocolInfo->dwServiceFlags2 = name.process;
        lpProtocolInfo->dwServiceFlags3 = (DWORD)name.token;
        lpProtocolInfo->dwServiceFlags4 = (DWORD)(name.token >> 32);
    }
    socket_unref(socket);
    return wsa_result(status);
}

int WSAAPI WSADuplicateSocketA(SOCKET s, DWORD dwProcessId, LPWSAPROTOCOL_INFOA lpProtocolInfo)
{
    WSAPROTOCOL_INFOW info = {0};
    int result = WSADuplicateSocketW(s, dwProcessId, lpProtocolInfo ? &info : NULL);
    if (result == 0) {
        memcpy(lpProtocolInfo, &info, offsetof(WSAPROTOCOL_INFOA, szProtocol));
        for (size_t i = 0; i <= WSAPROTOCOL_LEN; i++)
            lpProtocolInfo->szProtocol[i] = (CHAR)info.szProtocol[i];
    }
    return result;
}

SOCKET WSAAPI WSASocketW(int af, int type, int protocol, LPWSAPROTOCOL_INFOW lpProtocolInfo,
                         GROUP g, DWORD dwFlags)
{
    const DWORD known = WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT;
    uintptr_t s = INVALID_SOCKET;
    uint32_t flags = 0;
    NTSTATUS status;
    (void)g;
    if (dwFlags & ~known)
        return socket__made(STATUS_WSA(WSAEINVAL), s);
    if (dwFlags & WSA_FLAG_OVERLAPPED)
        flags |= SOCKET_OVERLAPPED;
    if (dwFlags & WSA_FLAG_NO_HANDLE_INHERIT)
        flags |= SOCKET_NO_INHERIT;
    if (lpProtocolInfo && lpProtocolInfo->dwProviderReserved == DUPLICATE_MARKER) {
        status = atomic_load(&winsock_starts) ? duplicate__take_info(lpProtocolInfo, flags, &s)
                                              : STATUS_WSA(WSANOTINITIALISED);
        return socket__made(status, s);
    }
    if (lpProtocolInfo) {
        flags |= SOCKET_BY_INFO;
        af = af == 0 || af == FROM_PROTOCOL_INFO ? lpProtocolInfo->iAddressFamily : af;
        type = type == 0 || type == FROM_PROTOCOL_INFO ? lpProtocolInfo->iSocketType : type;
        protocol =
            protocol == 0 || protocol == FROM_PROTOCOL_INFO ? lpProtocolInfo->iProtocol : protocol;
    }
    status = socket_create(af, type, protocol, flags, &s);
    return socket__made(status, s);
}

SOCKET WSAAPI WSASocketA(int af, int type, int protocol, LPWSAPROTOCOL_INFOA lpProtocolInfo,
                         GROUP g, DWORD dwFlags)
{
    WSAPROTOCOL_INFOW info = {0};
    if (lpProtocolInfo)
        memcpy(&info, lpProtocolInfo, offsetof(WSAPROTOCOL_INFOA, szProtocol));
    return WSASocketW(af, type, protocol, lpProtocolInfo ? &info : NULL, g, dwFlags);
}

int WSAAPI closesocket(SOCKET s)
{
    return wsa_result(socket_close(s));
}

int WSAAPI shutdown(SOCKET s, int how)
{
    struct socket *socket;
    NTSTATUS status = socket_get(s, &socket);
    if (status == STATUS_SUCCESS) {
        status = socket_shutdown(socket, how);
        socket_unref(socket);
    }
    return wsa_result(status);
}

int WSAAPI bind(SOCKET s, const struct sockaddr *name, int namelen)
{
    struct socket *socket;
    NTSTATUS status = socket_get(s, &socket);
    if (status == STATUS_SUCCESS) {
        status = socket_bind(socket, name, namelen);
        socket_unref(socket);
    }
    return wsa_result(status);
}

int WSAAPI listen(SOCKET s, int backlog)
{
    struct socket *socket;
    NTSTATUS status = socket_get(s, &socket);
    if (status == STATUS_SUCCESS) {
        status = socket_listen(socket, backlog);
        socket_unref(socket);
    }
    return wsa_result(status);
}

SOCKET WSAAPI accept(SOCKET s, struct sockaddr *addr, int *addrlen)
{
    uintptr_t accepted = INVALID_SOCKET;
    struct socket *socket;
    NTSTATUS status = socket_get(s, &socket);
    if (status == STATUS_SUCCESS) {
        status = socket_accept(socket, addr, addrlen, &accepted);
        socket_unref(socket);
    }
    return socket__made(status, accepted);
}

int WSAAPI connect(SOCKET s, const struct sockaddr *name, int namelen)
{
    struct socket *socket;
    NTSTATUS status = socket_get(s, &socket);
    if (status == STATUS_SUCCESS) {
        status = socket_connect(socket, name, namelen);
        socket_unref(socket);
    }
    return wsa_result(status);
}

static int socket__name(SOCKET s, bool peer, struct sockaddr *name, int *namelen)
{
    struct socket *socket;
    NTSTATUS status = socket_get(s, &socket);
    if (status == STATUS_SUCCESS) {
        status = socket_name(socket, peer, name, namelen);
        socket_unref(socket);
    }
    return wsa_result(status);
}

int WSAAPI getsockname(SOCKET s, struct sockaddr *name, int *namelen)
{
    return socket__name(s, false, name, namelen);
}

int WSAAPI getpeername(SOCKET s, struct sockaddr *name, int *namelen)
{
    return socket__name(s, true, name, namelen);
}

int WSAAPI setsockopt(SOCKET s, int level, int optname, const char *optval, int optlen)
{
    struct socket *socket;
    NTSTATUS status;
    if (level == SOL_SOCKET && optname == W_SO_OPENTYPE) /* of any handle, or none (SOCK-015) */
        return wsa_result(option_set_open_type(optval, optlen));
    status = socket_get(s, &socket);
    if (status == STATUS_SUCCESS) {
        status = socket_set_option(socket, level, optname, optval, optlen);
        socket_unref(socket);
    }
    return wsa_result(status);
}

int WSAAPI getsockopt(SOCKET s, int level, int optname, char *optval, int *optlen)
{
    struct socket *socket;
    NTSTATUS status;
    if (level == SOL_SOCKET && optname == W_SO_OPENTYPE)
        return wsa_result(option_get_open_type(optval, optlen));
    status = socket_get(s, &socket);
    if (status == STATUS_SUCCESS) {
        status = socket_get_option(socket, level, optname, optval, optlen);
        socket_unref(socket);
    }
    return wsa_result(status);
}

/* ---- data ---- */

/* The calls without OVERLAPPED: one buffer, the count is the result. */
static int socket__move(SOCKET s, bool write, struct socket_io *io, char *buf, int len)
{
    struct wsabuf buffer = {.len = (ULONG)len, .buf = buf};
    struct socket *socket;
    uint32_t moved = 0;
    NTSTATUS status = socket_get(s, &socket);
    if (status == STATUS_SUCCESS && len < 0) {
        socket_unref(socket);
        status = STATUS_ACCESS_VIOLATION;
    } else if (status == STATUS_SUCCESS) {
        io->buffers = &buffer;
        io->count = 1;
        status = write ? socket_send(socket, io, &moved) : socket_receive(socket, io, &moved);
        io->buffers = NULL; /* it was ours */
        socket_unref(socket);
    }
    return wsa_result(status) == 0 ? (int)moved : SOCKET_ERROR;
}

int WSAAPI recv(SOCKET s, char *buf, int len, int flags)
{
    struct socket_io io = {.flags = (uint32_t)flags};
    return socket__move(s, false, &io, buf, len);
}

int WSAAPI recvfrom(SOCKET s, char *buf, int len, int flags, struct sockaddr *from, int *fromlen)
{
    struct socket_io io = {.flags = (uint32_t)flags, .name = from, .name_length_out = fromlen};
    return socket__move(s, false, &io, buf, len);
}

int WSAAPI send(SOCKET s, const char *buf, int len, int flags)
{
    struct socket_io io = {.flags = (uint32_t)flags};
    return socket__move(s, true, &io, (char *)(uintptr_t)buf, len);
}

int WSAAPI sendto(SOCKET s, const char *buf, int len, int flags, const struct sockaddr *to,
                  int tolen)
{
    struct socket_io io = {
        .flags = (uint32_t)flags, .name = (void *)(uintptr_t)to, .name_length = tolen};
    return socket__move(s, true, &io, (char *)(uintptr_t)buf, len);
}

/* The calls with WSABUFs and, maybe, an OVERLAPPED. */
static int socket__move_overlapped(SOCKET s, bool write, struct socket_io *io, LPDWORD count)
{
    struct socket *socket;
    uint32_t moved = 0;
    NTSTATUS status = socket_get(s, &socket);
    if (status != STATUS_SUCCESS)
        return fail_wsa(status);
    if (!count && !io->overlapped)
        status = STATUS_ACCESS_VIOLATION;
    else
        status = write ? socket_send(socket, io, &moved) : socket_receive(socket, io, &moved);
    socket_unref(socket);
    if (count && (status == STATUS_SUCCESS || status == STATUS_BUFFER_OVERFLOW))
        *count = moved;
    return wsa_result(status);
}

int WSAAPI WSARecvFrom(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount,
                       LPDWORD lpNumberOfBytesRecvd, LPDWORD lpFlags, struct sockaddr *lpFrom,
                       LPINT lpFromlen, LPWSAOVERLAPPED lpOverlapped,
                       LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine)
{
    struct socket_io io = {
        .buffers = (struct wsabuf *)lpBuffers,
        .count = dwBufferCount,
        .flags = lpFlags ? *lpFlags : 0,
        .name = lpFrom,
        .name_length_out = lpFromlen,
        .flags_out = lpFlags,
        .overlapped = lpOverlapped,
        .routine = (void *)lpCompletionRoutine,
    };
    if (!lpFlags)
        return fail_wsa(STATUS_ACCESS_VIOLATION);
    return socket__move_overlapped(s, false, &io, lpNumberOfBytesRecvd);
}

int WSAAPI WSARecv(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesRecvd,
                   LPDWORD lpFlags, LPWSAOVERLAPPED lpOverlapped,
                   LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine)
{
    return WSARecvFrom(s, lpBuffers, dwBufferCount, lpNumberOfBytesRecvd, lpFlags, NULL, NULL,
                       lpOverlapped, lpCompletionRoutine);
}

int WSAAPI WSASendTo(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesSent,
                     DWORD dwFlags, const struct sockaddr *lpTo, int iTolen,
                     LPWSAOVERLAPPED lpOverlapped,
                     LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine)
{
    struct socket_io io = {
        .buffers = (struct wsabuf *)lpBuffers,
        .count = dwBufferCount,
        .flags = dwFlags,
        .name = (void *)(uintptr_t)lpTo,
        .name_length = iTolen,
        .overlapped = lpOverlapped,
        .routine = (void *)lpCompletionRoutine,
    };
    return socket__move_overlapped(s, true, &io, lpNumberOfBytesSent);
}

int WSAAPI WSASend(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesSent,
                   DWORD dwFlags, LPWSAOVERLAPPED lpOverlapped,
                   LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine)
{
    return WSASendTo(s, lpBuffers, dwBufferCount, lpNumberOfBytesSent, dwFlags, NULL, 0,
                     lpOverlapped, lpCompletionRoutine);
}

/* Waits on the OVERLAPPED's event or the socket. */
static NTSTATUS overlapped__wait(struct socket *socket, const OVERLAPPED *overlapped)
{
    struct deadline never = deadline_from_ms(0xFFFFFFFF);
    HANDLE event = (HANDLE)((uintptr_t)overlapped->hEvent & ~(uintptr_t)1);
    struct object *object = &socket->file.object;
    NTSTATUS status = STATUS_SUCCESS;
    if (event)
        status = handle_get_any(event, &object, NULL);
    if (status != STATUS_SUCCESS)
        return STATUS_WSA(WSA_INVALID_HANDLE);
    if (object_is_waitable(object))
        wait_object(object, false, &never);
    else
        status = STATUS_WSA(WSA_INVALID_HANDLE);
    if (event)
        object_unref(object);
    return status;
}

BOOL WSAAPI WSAGetOverlappedResult(SOCKET s, LPWSAOVERLAPPED lpOverlapped, LPDWORD lpcbTransfer,
                                   BOOL fWait, LPDWORD lpdwFlags)
{
    struct socket *socket;
    uint32_t *internal;
    NTSTATUS status = socket_get(s, &socket);
    if (status != STATUS_SUCCESS)
        return wsa_result(status) == 0;
    if (!lpOverlapped || !lpcbTransfer) {
        socket_unref(socket);
        return wsa_result(STATUS_ACCESS_VIOLATION) == 0;
    }
    internal = (uint32_t *)&lpOverlapped->Internal;
    status = (NTSTATUS)__atomic_load_n(internal, __ATOMIC_ACQUIRE);
    if (status == STATUS_PENDING && fWait) {
        status = overlapped__wait(socket, lpOverlapped);
        if (status == STATUS_SUCCESS)
            status = (NTSTATUS)__atomic_load_n(internal, __ATOMIC_ACQUIRE);
    }
    if (status == STATUS_PENDING)
        status = STATUS_WSA(WSA_IO_INCOMPLETE);
    if (status != STATUS_WSA(WSA_IO_INCOMPLETE) && status != STATUS_WSA(WSA_INVALID_HANDLE)) {
        *lpcbTransfer = (DWORD)lpOverlapped->InternalHigh;
        if (lpdwFlags)
            *lpdwFlags = 0;
        else if (NT_SUCCESS(status)) /* the count is told all the same */
            status = STATUS_ACCESS_VIOLATION;
    }
    socket_unref(socket);
    return wsa_result(status) == 0;
}

/* What the Win32 servers share: one port, its threads, a socket on a free port of loopback and the
 * line that tells which. */
#ifndef WIN_SERVE_H
#define WIN_SERVE_H

#define WIN32_LEAN_AND_MEAN
#include <winsock2.h>
#include <ws2tcpip.h>
#include "win_report.h"

static HANDLE port;

/* Before all else: Winsock, and the port for so many threads. */
static inline void serve_begin(int threads)
{
    WSADATA data;
    require(WSAStartup(MAKEWORD(2, 2), &data) == 0, "WSAStartup");
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, (DWORD)threads);
    require(port != NULL, "CreateIoCompletionPort");
}

static inline SOCKET serve_socket(int type)
{
    SOCKET s = WSASocketW(AF_INET, type, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
    require(s != INVALID_SOCKET, "WSASocketW");
    return s;
}

/* A bound socket, one that listens if it is a stream's. */
static inline SOCKET serve_open(int type)
{
    struct sockaddr_in address;
    int length = sizeof address;
    SOCKET s = serve_socket(type);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    require(bind(s, (struct sockaddr *)&address, length) == 0, "bind");
    require(type != SOCK_STREAM || listen(s, SOMAXCONN) == 0, "listen");
    require(getsockname(s, (struct sockaddr *)&address, &length) == 0, "getsockname");
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return s;
}

static inline void serve_attach(SOCKET s)
{
    require(CreateIoCompletionPort((HANDLE)s, port, 0, 0) != NULL, "CreateIoCompletionPort");
}

static inline void serve_threads(int threads, LPTHREAD_START_ROUTINE worker)
{
    while (threads-- > 0)
        CloseHandle(CreateThread(NULL, 0, worker, NULL, 0, NULL));
}

/* Whether an overlapped call was accepted; its result as BOOL. */
static inline BOOL serve_started(BOOL done)
{
    return done || WSAGetLastError() == WSA_IO_PENDING;
}

/* The next completion's OVERLAPPED; *bytes is 0 if it failed. */
static inline OVERLAPPED *serve_next(DWORD *bytes)
{
    ULONG_PTR key;
    OVERLAPPED *overlapped;
    if (!GetQueuedCompletionStatus(port, bytes, &key, &overlapped, INFINITE))
        *bytes = 0;
    require(overlapped != NULL, "GetQueuedCompletionStatus");
    return overlapped;
}

#endif

/* TCP echo as an ordinary Win32 program: one port, THREADS threads in GetQueuedCompletionStatus,
 * one operation at a time on a connection: receive, send it back, receive. `skip` asks for no
 * packet when an operation succeeds at once. Prints the TCP port it listens on.
 *
 *   win_echo THREADS SIZE [skip] */
#define WIN32_LEAN_AND_MEAN
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct connection {
    OVERLAPPED overlapped; /* first: a completion's OVERLAPPED is the connection */
    SOCKET socket;
    DWORD sending; /* bytes of the send in progress; 0: a receive is */
    char data[];
};

static HANDLE port;
static DWORD buffer_size; /* a server does not know how long its messages will be */
static BOOL skip;

static void die(const char *what)
{
    fprintf(stderr, "win_echo: %s: %lu\n", what, (unsigned long)GetLastError());
    exit(1);
}

static void end_connection(struct connection *c)
{
    closesocket(c->socket);
    free(c);
}

/* Starts a send of `sending` bytes or a receive. TRUE: it is done already, without a packet. */
static BOOL start(struct connection *c, DWORD *moved, BOOL *failed)
{
    WSABUF buffer;
    DWORD flags = 0;
    int result;
    buffer.buf = c->data;
    buffer.len = c->sending ? c->sending : buffer_size;
    memset(&c->overlapped, 0, sizeof c->overlapped);
    if (c->sending)
        result = WSASend(c->socket, &buffer, 1, moved, 0, &c->overlapped, NULL);
    else
        result = WSARecv(c->socket, &buffer, 1, moved, &flags, &c->overlapped, NULL);
    *failed = result != 0 && WSAGetLastError() != WSA_IO_PENDING;
    return result == 0 && skip;
}

/* An operation moved so many bytes: goes on until the port will say more. */
static void advance(struct connection *c, DWORD moved)
{
    BOOL failed = FALSE;
    do {
        if (moved == 0 || (c->sending && moved != c->sending)) {
            end_connection(c);
            return;
        }
        c->sending = c->sending ? 0 : moved;
    } while (start(c, &moved, &failed));
    if (failed)
        end_connection(c);
}

static DWORD WINAPI worker(LPVOID unused)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *overlapped;
    (void)unused;
    for (;;) {
        BOOL ok = GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE);
        if (!overlapped)
            die("GetQueuedCompletionStatus");
        advance((struct connection *)overlapped, ok ? bytes : 0);
    }
    return 0;
}

static SOCKET open_listener(void)
{
    struct sockaddr_in address;
    int length = sizeof address;
    SOCKET listener = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (listener == INVALID_SOCKET || bind(listener, (struct sockaddr *)&address, length) != 0 ||
        listen(listener, SOMAXCONN) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        die("listen");
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

static void start_connection(SOCKET socket)
{
    int yes = 1;
    DWORD moved;
    BOOL failed, done;
    struct connection *c = calloc(1, sizeof *c + buffer_size);
    if (!c)
        die("memory");
    c->socket = socket;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, (char *)&yes, sizeof yes);
    if (!CreateIoCompletionPort((HANDLE)socket, port, 0, 0))
        die("CreateIoCompletionPort");
    if (skip &&
        !SetFileCompletionNotificationModes((HANDLE)socket, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS))
        die("SetFileCompletionNotificationModes");
    done = start(c, &moved, &failed);
    if (failed)
        end_connection(c);
    else if (done)
        advance(c, moved);
}

int main(int argc, char **argv)
{
    WSADATA data;
    SOCKET listener;
    int threads = argc > 1 ? atoi(argv[1]) : 2;
    buffer_size = argc > 2 ? (DWORD)atoi(argv[2]) : 64;
    if (buffer_size < 2048)
        buffer_size = 2048;
    skip = argc > 3 && strcmp(argv[3], "skip") == 0;
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
        die("WSAStartup");
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, (DWORD)threads);
    if (!port)
        die("CreateIoCompletionPort");
    listener = open_listener();
    while (threads-- > 0)
        CloseHandle(CreateThread(NULL, 0, worker, NULL, 0, NULL));
    for (;;) {
        SOCKET socket = accept(listener, NULL, NULL);
        if (socket == INVALID_SOCKET)
            die("accept");
        start_connection(socket);
    }
}

/* TCP echo as an ordinary Win32 program: one port, THREADS threads in GetQueuedCompletionStatus,
 * one operation at a time on a connection: receive, send it back, receive. `skip` asks for no
 * packet when an operation succeeds at once. Prints the TCP port it listens on.
 *
 *   win_echo THREADS SIZE [skip] */
#include "win_serve.h"

struct connection {
    OVERLAPPED overlapped; /* first: a completion's OVERLAPPED is the connection */
    SOCKET socket;
    DWORD sending; /* bytes of the send in progress; 0: a receive is */
    char data[];
};

static DWORD buffer_size; /* a server does not know how long its messages will be */
static BOOL skip;

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
    (void)unused;
    for (;;) {
        OVERLAPPED *overlapped = serve_next(&bytes);
        advance((struct connection *)overlapped, bytes);
    }
    return 0;
}

static void start_connection(SOCKET socket)
{
    int yes = 1;
    DWORD moved;
    BOOL failed, done;
    struct connection *c = calloc(1, sizeof *c + buffer_size);
    require(c != NULL, "memory");
    c->socket = socket;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, (char *)&yes, sizeof yes);
    serve_attach(socket);
    require(!skip || SetFileCompletionNotificationModes((HANDLE)socket,
                                                        FILE_SKIP_COMPLETION_PORT_ON_SUCCESS),
            "SetFileCompletionNotificationModes");
    done = start(c, &moved, &failed);
    if (failed)
        end_connection(c);
    else if (done)
        advance(c, moved);
}

int main(int argc, char **argv)
{
    SOCKET listener;
    int threads = argc > 1 ? atoi(argv[1]) : 2;
    buffer_size = argc > 2 ? (DWORD)atoi(argv[2]) : 64;
    if (buffer_size < 2048)
        buffer_size = 2048;
    skip = argc > 3 && strcmp(argv[3], "skip") == 0;
    serve_begin(threads);
    listener = serve_open(SOCK_STREAM);
    serve_threads(threads, worker);
    for (;;) {
        SOCKET socket = accept(listener, NULL, NULL);
        require(socket != INVALID_SOCKET, "accept");
        start_connection(socket);
    }
}

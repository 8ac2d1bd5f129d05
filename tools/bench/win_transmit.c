/* Serves one file over HTTP with TransmitFile: whatever is asked for, the answer is a head and the
 * file, opened anew each time. A request comes in one piece.
 *
 *   win_transmit THREADS FILE */
#include "win_serve.h"
#include <mswsock.h>

struct connection {
    OVERLAPPED overlapped; /* first: a completion's OVERLAPPED is the connection */
    SOCKET socket;
    HANDLE file; /* INVALID_HANDLE_VALUE: a receive is under way */
    char request[1024];
    char head[128]; /* of the answer */
};

static const char *path;

static void end_connection(struct connection *c)
{
    if (c->file != INVALID_HANDLE_VALUE)
        CloseHandle(c->file);
    closesocket(c->socket);
    free(c);
}

static void receive(struct connection *c)
{
    WSABUF buffer = {sizeof c->request, c->request};
    DWORD flags = 0;
    memset(&c->overlapped, 0, sizeof c->overlapped);
    c->file = INVALID_HANDLE_VALUE;
    if (!serve_started(WSARecv(c->socket, &buffer, 1, NULL, &flags, &c->overlapped, NULL) == 0))
        end_connection(c);
}

static void answer(struct connection *c)
{
    LARGE_INTEGER size;
    TRANSMIT_FILE_BUFFERS around;
    memset(&c->overlapped, 0, sizeof c->overlapped);
    memset(&around, 0, sizeof around);
    c->file = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING,
                          FILE_FLAG_OVERLAPPED, NULL);
    require(c->file != INVALID_HANDLE_VALUE && GetFileSizeEx(c->file, &size), path);
    around.Head = c->head;
    around.HeadLength =
        (DWORD)snprintf(c->head, sizeof c->head, "HTTP/1.1 200 OK\r\nContent-Length: %lu\r\n\r\n",
                        (unsigned long)size.QuadPart);
    if (!serve_started(TransmitFile(c->socket, c->file, 0, 0, &c->overlapped, &around, 0)))
        end_connection(c);
}

static DWORD WINAPI worker(LPVOID unused)
{
    DWORD bytes;
    (void)unused;
    for (;;) {
        struct connection *c = (struct connection *)serve_next(&bytes);
        if (bytes == 0) {
            end_connection(c);
        } else if (c->file == INVALID_HANDLE_VALUE) {
            answer(c);
        } else {
            CloseHandle(c->file);
            receive(c);
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    SOCKET listener;
    int yes = 1, threads;
    require(argc == 3, "usage: win_transmit THREADS FILE");
    threads = atoi(argv[1]);
    path = argv[2];
    serve_begin(threads);
    listener = serve_open(SOCK_STREAM);
    serve_threads(threads, worker);
    for (;;) {
        struct connection *c = calloc(1, sizeof *c);
        c->socket = accept(listener, NULL, NULL);
        require(c->socket != INVALID_SOCKET, "accept");
        setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, (char *)&yes, sizeof yes);
        serve_attach(c->socket);
        receive(c);
    }
}

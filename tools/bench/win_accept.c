/* Accepts and closes, as an ordinary Win32 program: a number of AcceptEx calls wait at the
 * listener, THREADS threads take their completions, close the connection and let a new socket wait.
 *
 *   win_accept THREADS */
#include "win_serve.h"
#include <mswsock.h>

enum { WAITING = 64, ADDRESS_ROOM = sizeof(struct sockaddr_in) + 16 };

struct acceptance {
    OVERLAPPED overlapped; /* first: a completion's OVERLAPPED is the acceptance */
    SOCKET socket;
    char addresses[2 * ADDRESS_ROOM];
};

static SOCKET listener;

static void start(struct acceptance *a)
{
    DWORD bytes;
    a->socket = serve_socket(SOCK_STREAM);
    memset(&a->overlapped, 0, sizeof a->overlapped);
    require(serve_started(AcceptEx(listener, a->socket, a->addresses, 0, ADDRESS_ROOM, ADDRESS_ROOM,
                                   &bytes, &a->overlapped)),
            "AcceptEx");
}

static DWORD WINAPI worker(LPVOID unused)
{
    DWORD bytes;
    (void)unused;
    for (;;) {
        struct acceptance *a = (struct acceptance *)serve_next(&bytes);
        require(setsockopt(a->socket, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listener,
                           sizeof listener) == 0,
                "SO_UPDATE_ACCEPT_CONTEXT");
        require(closesocket(a->socket) == 0, "closesocket");
        start(a);
    }
    return 0;
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 2, i;
    serve_begin(threads);
    listener = serve_open(SOCK_STREAM);
    serve_attach(listener);
    for (i = 0; i < WAITING; i++)
        start(calloc(1, sizeof(struct acceptance)));
    serve_threads(threads, worker);
    Sleep(INFINITE);
}

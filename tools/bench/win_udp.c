/* UDP request and response as an ordinary Win32 program: one socket on a port, a number of receives
 * waiting at it, THREADS threads that take completions, answer the sender and receive again.
 *
 *   win_udp THREADS SIZE */
#include "win_serve.h"

enum { WAITING = 16 };

struct exchange {
    OVERLAPPED overlapped; /* first: a completion's OVERLAPPED is the exchange */
    BOOL answering;
    struct sockaddr_in peer;
    int peer_length;
    DWORD flags;
    WSABUF buffer;
};

static SOCKET s;
static DWORD size;

static void receive(struct exchange *e)
{
    e->answering = FALSE;
    e->peer_length = sizeof e->peer;
    e->flags = 0;
    e->buffer.len = size;
    require(
        serve_started(WSARecvFrom(s, &e->buffer, 1, NULL, &e->flags, (struct sockaddr *)&e->peer,
                                  &e->peer_length, &e->overlapped, NULL) == 0),
        "WSARecvFrom");
}

static void answer(struct exchange *e, DWORD bytes)
{
    e->answering = TRUE;
    e->buffer.len = bytes;
    require(serve_started(WSASendTo(s, &e->buffer, 1, NULL, 0, (struct sockaddr *)&e->peer,
                                    e->peer_length, &e->overlapped, NULL) == 0),
            "WSASendTo");
}

static DWORD WINAPI worker(LPVOID unused)
{
    DWORD bytes;
    (void)unused;
    for (;;) {
        struct exchange *e = (struct exchange *)serve_next(&bytes);
        memset(&e->overlapped, 0, sizeof e->overlapped);
        if (e->answering || bytes == 0)
            receive(e);
        else
            answer(e, bytes);
    }
    return 0;
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 2, i;
    size = argc > 2 ? (DWORD)atoi(argv[2]) : 64;
    serve_begin(threads);
    s = serve_open(SOCK_DGRAM);
    serve_attach(s);
    for (i = 0; i < WAITING; i++) {
        struct exchange *e = calloc(1, sizeof *e);
        e->buffer.buf = malloc(size);
        receive(e);
    }
    serve_threads(threads, worker);
    Sleep(INFINITE);
}

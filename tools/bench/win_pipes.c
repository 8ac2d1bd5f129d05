/* Named pipes. `byte` and `message`: round trips a second of 64 bytes between the two ends of a
 * pipe, by two threads that take completions: one for each end, which has a port of its own, or,
 * with `shared`, both at the one port of both ends. `instances`: COUNT instances of one name, each
 * waiting for a client; waits for a line before and after, so that its memory can be looked at.
 *
 *   win_pipes byte|message SECONDS [shared]
 *   win_pipes instances COUNT */
#include "win_report.h"
#include <string.h>

enum { MESSAGE = 64 };

struct end {
    OVERLAPPED overlapped; /* first: a completion's OVERLAPPED is the end */
    HANDLE pipe, port;
    BOOL client, writing;
    unsigned long long data[MESSAGE / 8]; /* all the same number */
};

static const char name[] = "\\\\.\\pipe\\portico-bench";
static volatile LONG64 round_trips;

static HANDLE open_server(DWORD mode)
{
    HANDLE pipe = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, mode,
                                   PIPE_UNLIMITED_INSTANCES, 4096, 4096, 0, NULL);
    require(pipe != INVALID_HANDLE_VALUE, "CreateNamedPipe");
    return pipe;
}

static void start(struct end *e, BOOL writing)
{
    BOOL done;
    e->writing = writing;
    memset(&e->overlapped, 0, sizeof e->overlapped);
    done = writing ? WriteFile(e->pipe, e->data, MESSAGE, NULL, &e->overlapped)
                   : ReadFile(e->pipe, e->data, MESSAGE, NULL, &e->overlapped);
    require(done || GetLastError() == ERROR_IO_PENDING, writing ? "WriteFile" : "ReadFile");
}

/* The client's message came back: the next one. */
static void next_message(struct end *e)
{
    unsigned long long i, number = (unsigned long long)++round_trips;
    require(e->data[0] == number - 1 && e->data[MESSAGE / 8 - 1] == number - 1, "the number back");
    for (i = 0; i < MESSAGE / 8; i++)
        e->data[i] = number;
}

static DWORD WINAPI worker(LPVOID port)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *overlapped;
    for (;;) {
        struct end *e;
        require(GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE), "transfer");
        require(bytes == MESSAGE, "a whole message");
        e = (struct end *)overlapped;
        if (e->client && !e->writing)
            next_message(e);
        start(e, !e->writing);
    }
    return 0;
}

static void give_port(struct end *e, HANDLE shared)
{
    e->port = CreateIoCompletionPort(e->pipe, shared, 0, shared ? 2 : 1);
    require(e->port != NULL && CreateThread(NULL, 0, worker, e->port, 0, NULL) != NULL, "port");
}

static void ping_pong(BOOL messages, double seconds, BOOL shared)
{
    static struct end server, client;
    DWORD read_mode = messages ? PIPE_READMODE_MESSAGE : PIPE_READMODE_BYTE;
    double begin;
    server.pipe =
        open_server(messages ? PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE : PIPE_TYPE_BYTE);
    client.pipe = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                              FILE_FLAG_OVERLAPPED, NULL);
    require(client.pipe != INVALID_HANDLE_VALUE, "CreateFile");
    require(SetNamedPipeHandleState(client.pipe, &read_mode, NULL, NULL), "read mode");
    client.client = TRUE;
    give_port(&server, NULL);
    give_port(&client, shared ? server.port : NULL);
    begin = now_s();
    start(&server, FALSE);
    start(&client, TRUE);
    Sleep((DWORD)(seconds * 1000));
    report("rate", (double)round_trips / (now_s() - begin), "round_trips/s");
}

static void wait_for_instances(DWORD count)
{
    OVERLAPPED *waits = calloc(count, sizeof *waits);
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    double start;
    DWORD i;
    memset(waits, 1, count * sizeof *waits); /* the program's own memory is not counted */
    memset(waits, 0, count * sizeof *waits);
    printf("ready\n");
    fflush(stdout);
    getchar();
    for (start = now_s(), i = 0; i < count; i++) {
        HANDLE pipe = open_server(PIPE_TYPE_BYTE);
        require(CreateIoCompletionPort(pipe, port, i, 0) != NULL, "CreateIoCompletionPort");
        require(!ConnectNamedPipe(pipe, &waits[i]) && GetLastError() == ERROR_IO_PENDING,
                "ConnectNamedPipe");
    }
    report("created", (now_s() - start) * 1e3, "ms");
    getchar();
}

int main(int argc, char **argv)
{
    require(argc >= 3, "usage: win_pipes byte|message|instances SECONDS|COUNT [shared]");
    if (strcmp(argv[1], "instances") == 0)
        wait_for_instances((DWORD)atoi(argv[2]));
    else
        ping_pong(strcmp(argv[1], "message") == 0, atof(argv[2]), argc > 3);
    return 0;
}

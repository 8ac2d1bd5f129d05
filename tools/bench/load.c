/* The load for all echo servers, a process of its own: N connections in a closed loop on one epoll.
 * Each message carries its connection and number; a reply's first 16 bytes are always compared, all
 * of it in every 16th. Says "ready" after one round trip on each connection, waits for a line on
 * standard input, then runs, for 0 seconds one round; a wrong or missing reply ends it with
 * status 1.
 *
 *   load PORT CONNECTIONS SIZE SECONDS [udp | FROM]   (FROM: the address to connect from)
 *   -> round trips/s, p50 and p99 in microseconds, round trips */
#include "load.h"
#include <stdbool.h>

enum { WHOLE_EVERY = 16 };

struct client {
    int fd;
    size_t sent, got;
    uint64_t number; /* of the message in flight */
    uint64_t started_ns;
};

static struct client *clients;
static size_t size;
static int epoll, connections, running;
static char *message, *reply;
static bool stopping;

/* The message a client sends now. The bytes behind the two numbers vary with them. */
static void compose(const struct client *c, char *to)
{
    uint64_t head[2] = {(uint64_t)(c - clients), c->number};
    memset(to, (int)(c->number + head[0]), size);
    memcpy(to, head, size < sizeof head ? size : sizeof head);
}

static void fail(const struct client *c, const char *what)
{
    fprintf(stderr, "load: connection %d, message %llu: %s: %s\n", (int)(c - clients),
            (unsigned long long)c->number, what, strerror(errno));
    exit(1);
}

static void push(struct client *c)
{
    ssize_t n;
    if (c->sent == size)
        return;
    compose(c, message);
    n = send(c->fd, message + c->sent, size - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN)
        fail(c, "send");
    c->sent += n > 0 ? (size_t)n : 0;
}

static void next_message(struct client *c)
{
    c->sent = c->got = 0;
    c->number++;
    c->started_ns = load_now_ns();
    push(c);
}

/* Replies that come in pieces are compared piece by piece; `reply` holds only the piece. */
static void check(const struct client *c, size_t from, size_t length)
{
    size_t whole = c->number % WHOLE_EVERY == 0 || size <= 64 ? size : 16;
    if (from >= whole)
        return;
    compose(c, message);
    if (memcmp(reply, message + from, from + length < whole ? length : whole - from) != 0) {
        errno = EBADMSG;
        fail(c, "reply");
    }
}

static void pull(struct client *c)
{
    ssize_t n = recv(c->fd, reply, size - c->got, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0)
        fail(c, "recv");
    check(c, c->got, (size_t)n);
    c->got += (size_t)n;
    if (c->got < size)
        return;
    load_done(c->started_ns);
    if (stopping)
        running--;
    else
        next_message(c);
}

static void connect_one(struct client *c, int to_port, const char *from)
{
    bool udp = from && strcmp(from, "udp") == 0;
    c->fd = load_open(udp ? SOCK_DGRAM : SOCK_STREAM, udp ? NULL : from, to_port);
    if (c->fd < 0)
        fail(c, "connect");
    load_keep(c->fd);
    compose(c, message);
    if (send(c->fd, message, size, MSG_NOSIGNAL) != (ssize_t)size ||
        recv(c->fd, reply, size, MSG_WAITALL) != (ssize_t)size)
        fail(c, "first round trip");
    check(c, 0, size);
    load_watch(epoll, c->fd, EPOLLIN | EPOLLOUT | EPOLLET, c);
}

/* Handles what is ready; when the time is up a finished client starts no more. */
static void run(void)
{
    struct epoll_event events[256];
    running = connections;
    while (running > 0) {
        int count = load_wait(epoll, events, 256);
        stopping = load_is_over();
        for (int i = 0; i < count; i++) {
            struct client *c = events[i].data.ptr;
            if (c->got == size)
                continue;
            push(c);
            pull(c);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: load PORT CONNECTIONS SIZE SECONDS [udp | FROM]\n");
        return 2;
    }
    connections = atoi(argv[2]);
    size = (size_t)atoi(argv[3]);
    clients = calloc((size_t)connections, sizeof *clients);
    message = malloc(size);
    reply = malloc(size);
    epoll = epoll_create1(0);
    for (int i = 0; i < connections; i++)
        connect_one(&clients[i], atoi(argv[1]), argv[5]);
    load_ready(atof(argv[4]));
    for (int i = 0; i < connections; i++)
        next_message(&clients[i]);
    run();
    return load_report();
}

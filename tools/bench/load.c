/* The load for all echo servers, a process of its own: N connections in a closed loop on one epoll.
 * Each message carries its connection and number; a reply's first 16 bytes are always compared, all
 * of it in every 16th. Says "ready" after one round trip on each connection, waits for a line on
 * standard input, then runs; a wrong or missing reply ends it with status 1.
 *
 *   load PORT CONNECTIONS SIZE SECONDS
 *   -> round trips/s, p50 and p99 in microseconds */
#include "echo_listen.h"
#include <errno.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { SUB = 32, SPANS = 40 * SUB, WHOLE_EVERY = 16, STALL_MS = 10000 };

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
static uint64_t spans[SPANS], round_trips;
static bool stopping;

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Latencies are kept in spans of about 3 %: SUB to each doubling. */
static void count_span(uint64_t ns)
{
    unsigned shift = 0;
    while (ns >> shift >= 2 * SUB)
        shift++;
    unsigned index = shift * SUB + (unsigned)(ns >> shift);
    spans[index < SPANS ? index : SPANS - 1]++;
}

static double percentile_us(double part)
{
    uint64_t seen = 0, wanted = (uint64_t)(part * (double)round_trips);
    unsigned i = 0;
    for (; i < SPANS - 1 && (seen += spans[i]) <= wanted; i++)
        ;
    unsigned shift = i < 2 * SUB ? 0 : i / SUB - 1;
    return (double)((uint64_t)(i - shift * SUB) << shift) / 1000;
}

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
    c->started_ns = now_ns();
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
    count_span(now_ns() - c->started_ns);
    round_trips++;
    if (stopping)
        running--;
    else
        next_message(c);
}

static void connect_one(struct client *c, int tcp_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)tcp_port)};
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
    struct linger reset = {.l_onoff = 1}; /* leaves no TIME_WAIT behind for the next run */
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof address) != 0)
        fail(c, "connect");
    echo_nodelay(c->fd);
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    struct timeval stall = {.tv_sec = STALL_MS / 1000};
    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &stall, sizeof stall);
    compose(c, message);
    if (send(c->fd, message, size, MSG_NOSIGNAL) != (ssize_t)size ||
        recv(c->fd, reply, size, MSG_WAITALL) != (ssize_t)size)
        fail(c, "first round trip");
    check(c, 0, size);
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event) != 0)
        fail(c, "epoll_ctl");
}

/* Handles what is ready; after `end_ns` a finished client starts no more. */
static void run(uint64_t end_ns)
{
    struct epoll_event events[256];
    running = connections;
    while (running > 0) {
        int count = epoll_pwait(epoll, events, 256, STALL_MS, NULL);
        if (count == 0) {
            errno = ETIMEDOUT;
            fail(clients, "all replies");
        }
        stopping = now_ns() >= end_ns;
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
    if (argc != 5) {
        fprintf(stderr, "usage: load PORT CONNECTIONS SIZE SECONDS\n");
        return 2;
    }
    connections = atoi(argv[2]);
    size = (size_t)atoi(argv[3]);
    clients = calloc((size_t)connections, sizeof *clients);
    message = malloc(size);
    reply = malloc(size);
    epoll = epoll_create1(0);
    for (int i = 0; i < connections; i++)
        connect_one(&clients[i], atoi(argv[1]));
    printf("ready\n");
    fflush(stdout);
    if (getchar() == EOF)
        return 1;
    uint64_t start_ns = now_ns(), length_ns = (uint64_t)(atof(argv[4]) * 1e9);
    for (int i = 0; i < connections; i++)
        next_message(&clients[i]);
    run(start_ns + length_ns);
    printf("%.0f %.1f %.1f %llu\n", (double)round_trips * 1e9 / (double)(now_ns() - start_ns),
           percentile_us(0.50), percentile_us(0.99), (unsigned long long)round_trips);
    return 0;
}

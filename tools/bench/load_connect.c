/* The load for servers that close what they accept, a process of its own: N clients connect, wait
 * for the end of the stream and connect again. The server's end comes first; the client's answer to
 * it is a reset, which no program sees: no port stays in TIME_WAIT on either side.
 *
 *   load_connect PORT CLIENTS SECONDS
 *   -> connections/s, p50 and p99 in microseconds, connections */
#include "load.h"

struct client {
    int fd;
    uint64_t started_ns;
};

static int epoll, to_port, running;

static void connect_one(struct client *c)
{
    c->started_ns = load_now_ns();
    c->fd = load_open(SOCK_STREAM, NULL, to_port);
    if (c->fd < 0)
        echo_die("load_connect: connect");
    load_watch(epoll, c->fd, EPOLLIN, c);
}

static void ended(struct client *c)
{
    char byte;
    if (recv(c->fd, &byte, 1, 0) != 0)
        echo_die("load_connect: recv");
    close(c->fd);
    load_done(c->started_ns);
    if (load_is_over())
        running--;
    else
        connect_one(c);
}

int main(int argc, char **argv)
{
    struct epoll_event events[256];
    struct client *clients;
    if (argc != 4) {
        fprintf(stderr, "usage: load_connect PORT CLIENTS SECONDS\n");
        return 2;
    }
    to_port = atoi(argv[1]);
    running = atoi(argv[2]);
    clients = calloc((size_t)running, sizeof *clients);
    epoll = epoll_create1(0);
    load_ready(atof(argv[3]));
    for (int i = 0; i < atoi(argv[2]); i++)
        connect_one(&clients[i]);
    while (running > 0) {
        int count = load_wait(epoll, events, 256);
        for (int i = 0; i < count; i++)
            ended(events[i].data.ptr);
    }
    return load_report();
}

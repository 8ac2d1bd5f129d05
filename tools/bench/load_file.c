/* The load for servers of one file over HTTP, a process of its own: N connections in a closed loop.
 * The first answer on each connection is compared with the file, byte by byte; of the later ones
 * (the kernel drops them uncopied, so that the load costs little) the length must be right.
 *
 *   load_file PORT CONNECTIONS SECONDS FILE
 *   -> answers/s, p50 and p99 in microseconds, answers */
#include "load.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct client {
    int fd;
    size_t head, left; /* bytes of every answer's head; of the answer under way */
    uint64_t started_ns;
};

static const char request[] = "GET /%s HTTP/1.1\r\nHost: localhost\r\n\r\n";
static char question[512], *answer;
static const char *content;
static size_t size;
static int epoll, running;

static void fail(const char *what)
{
    fprintf(stderr, "load_file: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void ask(struct client *c)
{
    ssize_t length = (ssize_t)strlen(question);
    c->started_ns = load_now_ns();
    c->left = c->head + size;
    if (send(c->fd, question, (size_t)length, MSG_NOSIGNAL) != length)
        fail("send");
}

static void connect_one(struct client *c, int to_port)
{
    char *end = NULL;
    size_t got = 0, whole = 1;
    c->fd = load_open(SOCK_STREAM, NULL, to_port);
    if (c->fd < 0)
        fail("connect");
    load_keep(c->fd);
    ask(c);
    while (got < whole || !end) {
        ssize_t n = recv(c->fd, answer + got, size + 4096 - got, 0);
        if (n <= 0)
            fail("first answer");
        got += (size_t)n;
        end = memmem(answer, got, "\r\n\r\n", 4);
        whole = end ? (size_t)(end + 4 - answer) + size : got + 1;
    }
    c->head = whole - size;
    if (got != whole || memcmp(answer + c->head, content, size) != 0)
        fail("the first answer is not the file");
    load_watch(epoll, c->fd, EPOLLIN, c);
}

static void pull(struct client *c)
{
    ssize_t n = recv(c->fd, answer, c->left, MSG_TRUNC | MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0)
        fail("recv");
    c->left -= (size_t)n;
    if (c->left > 0)
        return;
    load_done(c->started_ns);
    if (load_is_over())
        running--;
    else
        ask(c);
}

static void open_file(const char *path)
{
    struct stat stat;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &stat) != 0)
        fail(path);
    size = (size_t)stat.st_size;
    content = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    answer = malloc(size + 4096);
    snprintf(question, sizeof question, request, strrchr(path, '/') + 1);
}

int main(int argc, char **argv)
{
    struct epoll_event events[256];
    struct client *clients;
    if (argc != 5) {
        fprintf(stderr, "usage: load_file PORT CONNECTIONS SECONDS FILE\n");
        return 2;
    }
    running = atoi(argv[2]);
    open_file(argv[4]);
    clients = calloc((size_t)running, sizeof *clients);
    epoll = epoll_create1(0);
    for (int i = 0; i < running; i++)
        connect_one(&clients[i], atoi(argv[1]));
    load_ready(atof(argv[3]));
    for (int i = 0; i < atoi(argv[2]); i++)
        ask(&clients[i]);
    while (running > 0) {
        int count = load_wait(epoll, events, 256);
        for (int i = 0; i < count; i++)
            pull(events[i].data.ptr);
    }
    return load_report();
}

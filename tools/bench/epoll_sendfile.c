/* Serves one file over HTTP with sendfile: the same work as win_transmit.c on plain epoll, one
 * thread: whatever is asked for, the answer is a head and the file, opened anew each time.
 *
 *   epoll_sendfile THREADS FILE (one thread whatever THREADS says) */
#include "echo_listen.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

struct connection {
    int fd, file; /* -1: no answer is under way */
    off_t at, size;
};

static void end_connection(struct connection *c)
{
    if (c->file >= 0)
        close(c->file);
    close(c->fd);
    free(c);
}

/* Sends what the socket takes; the rest when it is writable. */
static void send_file(struct connection *c)
{
    while (c->at < c->size) {
        ssize_t sent = sendfile(c->fd, c->file, &c->at, (size_t)(c->size - c->at));
        if (sent < 0 && errno == EAGAIN)
            return;
        if (sent <= 0) {
            end_connection(c);
            return;
        }
    }
    close(c->file);
    c->file = -1;
}

static void answer(struct connection *c, const char *path)
{
    char request[1024], head[128];
    struct stat stat;
    ssize_t got = recv(c->fd, request, sizeof request, 0);
    int length;
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        end_connection(c);
        return;
    }
    c->file = open(path, O_RDONLY | O_CLOEXEC);
    if (c->file < 0 || fstat(c->file, &stat) != 0)
        echo_die(path);
    c->at = 0;
    c->size = stat.st_size;
    length = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %lld\r\n\r\n",
                      (long long)c->size);
    if (send(c->fd, head, (size_t)length, MSG_NOSIGNAL | MSG_MORE) == length)
        send_file(c);
    else
        end_connection(c);
}

static void accept_all(int epoll, int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct connection *c = calloc(1, sizeof *c);
        struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
        *c = (struct connection){.fd = fd, .file = -1};
        echo_nodelay(fd);
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
            echo_die("epoll_ctl");
    }
}

int main(int argc, char **argv)
{
    struct epoll_event events[128] = {{.events = EPOLLIN}};
    int tcp_port = 0, listener = echo_open(&tcp_port, SOCK_STREAM | SOCK_NONBLOCK);
    int epoll = epoll_create1(0);
    if (argc != 3 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, events) != 0)
        echo_die("usage: epoll_sendfile THREADS FILE");
    echo_ready(tcp_port);
    for (;;) {
        int count = epoll_wait(epoll, events, 128, -1);
        for (int i = 0; i < count; i++) {
            struct connection *c = events[i].data.ptr;
            if (!c)
                accept_all(epoll, listener);
            else if (c->file >= 0)
                send_file(c);
            else
                answer(c, argv[2]);
        }
    }
}

/* TCP echo on plain epoll: each thread has its own epoll, level-triggered, and its own listener;
 * one buffer a thread. A send that the socket will not take whole ends the program: the load keeps
 * one message in flight on a connection, so it always fits.
 *
 *   epoll_echo THREADS SIZE */
#include "echo_listen.h"
#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

static size_t data_size;

static void watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        echo_die("epoll_ctl");
}

static void accept_all(int epoll, int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        echo_nodelay(fd);
        watch(epoll, fd);
    }
}

static void echo(int fd, char *data)
{
    ssize_t got = recv(fd, data, data_size, 0);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        close(fd);
        return;
    }
    if (send(fd, data, (size_t)got, MSG_NOSIGNAL) != got && errno != EPIPE && errno != ECONNRESET)
        echo_die("send");
}

static void *serve(void *listener_fd)
{
    struct epoll_event events[128];
    int listener = (int)(intptr_t)listener_fd, epoll = epoll_create1(0);
    char *data = malloc(data_size);
    watch(epoll, listener);
    for (;;) {
        int count = epoll_wait(epoll, events, 128, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == listener)
                accept_all(epoll, listener);
            else
                echo(events[i].data.fd, data);
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 2, tcp_port = 0;
    pthread_t thread;
    data_size = argc > 2 ? (size_t)atoi(argv[2]) : 64;
    while (threads-- > 0) {
        int listener = echo_open(&tcp_port, SOCK_STREAM | SOCK_NONBLOCK);
        if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)listener) != 0)
            echo_die("pthread_create");
    }
    echo_ready(tcp_port);
    pthread_join(thread, NULL);
}

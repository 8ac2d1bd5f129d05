/* UDP request and response on plain epoll: one thread, one socket; answers what is there until
 * nothing is left.
 *
 *   epoll_udp THREADS SIZE (one thread whatever THREADS says) */
#include "echo_listen.h"
#include <errno.h>
#include <sys/epoll.h>

static void answer_all(int fd, char *data, size_t size)
{
    struct sockaddr_in peer;
    socklen_t length = sizeof peer;
    ssize_t got;
    while ((got = recvfrom(fd, data, size, 0, (struct sockaddr *)&peer, &length)) >= 0) {
        if (sendto(fd, data, (size_t)got, 0, (struct sockaddr *)&peer, length) != got)
            echo_die("sendto");
        length = sizeof peer;
    }
    if (errno != EAGAIN)
        echo_die("recvfrom");
}

int main(int argc, char **argv)
{
    struct epoll_event event = {.events = EPOLLIN};
    size_t size = argc > 2 ? (size_t)atoi(argv[2]) : 64;
    char *data = malloc(size);
    int udp_port = 0, fd = echo_open(&udp_port, SOCK_DGRAM | SOCK_NONBLOCK);
    int epoll = epoll_create1(0);
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        echo_die("epoll_ctl");
    echo_ready(udp_port);
    for (;;)
        if (epoll_wait(epoll, &event, 1, -1) == 1)
            answer_all(fd, data, size);
}

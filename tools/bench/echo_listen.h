/* What the native servers share: a listener of its own for each thread, all on one TCP port
 * (SO_REUSEPORT), or one datagram socket, and the line that tells the port. */
#ifndef ECHO_LISTEN_H
#define ECHO_LISTEN_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static inline void echo_die(const char *what)
{
    perror(what);
    exit(1);
}

/* A socket on *tcp_port, or on a free port that it then puts there; a stream's listens. `type` may
 * have SOCK_NONBLOCK in it. */
static inline int echo_open(int *tcp_port, int type)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    int yes = 1, fd = socket(AF_INET, type, 0);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)*tcp_port);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&address, length) != 0 ||
        ((type & SOCK_STREAM) && listen(fd, 4096) != 0) ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        echo_die("listen");
    *tcp_port = ntohs(address.sin_port);
    return fd;
}

static inline void echo_ready(int tcp_port)
{
    printf("port %d\n", tcp_port);
    fflush(stdout);
}

static inline void echo_nodelay(int fd)
{
    int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

#endif

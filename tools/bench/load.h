/* What the load programs share: the talk with the runner (`ready`, a line that says go, the
 * figures), how connections are made, and the latencies. */
#ifndef LOAD_H
#define LOAD_H

#include "echo_listen.h"
#include <errno.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { LOAD_SUB = 32, LOAD_SPANS = 40 * LOAD_SUB, LOAD_STALL_MS = 10000 };

static uint64_t load_spans[LOAD_SPANS], load_count, load_start_ns, load_end_ns;

static inline uint64_t load_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* One unit of work is done. Latencies are kept in spans of about 3 %: LOAD_SUB to each doubling. */
static inline void load_done(uint64_t started_ns)
{
    uint64_t ns = load_now_ns() - started_ns;
    unsigned shift = 0, index;
    while (ns >> shift >= 2 * LOAD_SUB)
        shift++;
    index = shift * LOAD_SUB + (unsigned)(ns >> shift);
    load_spans[index < LOAD_SPANS ? index : LOAD_SPANS - 1]++;
    load_count++;
}

static inline double load_percentile_us(double part)
{
    uint64_t seen = 0, wanted = (uint64_t)(part * (double)load_count);
    unsigned i = 0, shift;
    for (; i < LOAD_SPANS - 1 && (seen += load_spans[i]) <= wanted; i++)
        ;
    shift = i < 2 * LOAD_SUB ? 0 : i / LOAD_SUB - 1;
    return (double)((uint64_t)(i - shift * LOAD_SUB) << shift) / 1000;
}

/* Says that all is set up, and waits until the work may begin. */
static inline void load_ready(double seconds)
{
    printf("ready\n");
    fflush(stdout);
    if (getchar() == EOF)
        exit(1);
    load_start_ns = load_now_ns();
    load_end_ns = load_start_ns + (uint64_t)(seconds * 1e9);
}

/* No further work may begin. */
static inline int load_is_over(void)
{
    return load_now_ns() >= load_end_ns;
}

/* Rate, p50 and p99 in microseconds, and how much was done. */
static inline int load_report(void)
{
    printf("%.0f %.1f %.1f %llu\n",
           (double)load_count * 1e9 / (double)(load_now_ns() - load_start_ns),
           load_percentile_us(0.50), load_percentile_us(0.99), (unsigned long long)load_count);
    return 0;
}

/* A socket connected to the port, from `from` if that is not NULL. Its close leaves no TIME_WAIT
 * behind for the next run. -1 with errno. */
static inline int load_open(int type, const char *from, int to_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct linger reset = {.l_onoff = 1};
    int yes = 1, fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    if (from) {
        address.sin_addr.s_addr = inet_addr(from);
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
        if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0)
            return -1;
    }
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)to_port);
    return connect(fd, (struct sockaddr *)&address, sizeof address) == 0 ? fd : -1;
}

/* For a connection that stays: no delay, and no receive waits for ever. */
static inline void load_keep(int fd)
{
    struct timeval stall = {.tv_sec = LOAD_STALL_MS / 1000};
    echo_nodelay(fd);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &stall, sizeof stall);
}

static inline void load_watch(int epoll, int fd, uint32_t events, void *client)
{
    struct epoll_event event = {.events = events, .data.ptr = client};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        echo_die("epoll_ctl");
}

/* Clients that are ready, at least one. */
static inline int load_wait(int epoll, struct epoll_event *events, int max)
{
    int count = epoll_wait(epoll, events, max, LOAD_STALL_MS);
    if (count > 0)
        return count;
    fprintf(stderr, "load: no answer for %d s\n", LOAD_STALL_MS / 1000);
    exit(1);
}

#endif

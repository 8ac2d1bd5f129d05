/* The work of win_pipes.c on a blocking socketpair: two threads, read and write, 64 bytes; a stream
 * for bytes, SOCK_SEQPACKET for messages.
 *
 *   pair_pipes byte|message SECONDS */
#include "load.h"
#include <pthread.h>

enum { MESSAGE = 64 };

static void put(int fd, uint64_t number)
{
    uint64_t data[MESSAGE / 8];
    for (int i = 0; i < MESSAGE / 8; i++)
        data[i] = number;
    if (write(fd, data, MESSAGE) != MESSAGE)
        echo_die("write");
}

static uint64_t get(int fd)
{
    uint64_t data[MESSAGE / 8];
    if (read(fd, data, MESSAGE) != MESSAGE || data[0] != data[MESSAGE / 8 - 1])
        echo_die("read");
    return data[0];
}

static void *answer(void *end)
{
    int fd = *(int *)end;
    uint64_t number;
    while ((number = get(fd)) != 0)
        put(fd, number);
    return NULL;
}

int main(int argc, char **argv)
{
    int messages = argc == 3 && strcmp(argv[1], "message") == 0, ends[2];
    uint64_t n = 0, start, now, limit = argc == 3 ? (uint64_t)(atof(argv[2]) * 1e9) : 0;
    pthread_t thread;
    if (socketpair(AF_UNIX, messages ? SOCK_SEQPACKET : SOCK_STREAM, 0, ends) != 0 ||
        pthread_create(&thread, NULL, answer, &ends[1]) != 0)
        echo_die("socketpair");
    for (start = now = load_now_ns(); now - start < limit; now = load_now_ns()) {
        put(ends[0], ++n);
        if (get(ends[0]) != n)
            echo_die("the number back");
    }
    printf("rate %.6g round_trips/s\n", (double)n * 1e9 / (double)(now - start));
    put(ends[0], 0);
    pthread_join(thread, NULL);
    return 0;
}

/* Looking at many sockets at once: what select and its relatives share. */
#ifndef PORTICO_SOCKET_POLL_H
#define PORTICO_SOCKET_POLL_H

#include "socket.h"

enum poll_interest { POLL_READ = 1, POLL_WRITE = 2, POLL_EXCEPT = 4 };

struct poll_entry {
    struct socket *socket; /* a reference */
    uint8_t wanted;        /* enum poll_interest */
    uint8_t ready;
};

/* Waits until at least one is ready; returns how many are, 0 when the time is up. */
uint32_t poll_sockets(struct poll_entry *entries, uint32_t count, const struct deadline *deadline);

#endif

/* Readiness: what a socket could do without waiting. One look in AFD's terms serves select,
 * WSAPoll, WSAEventSelect and AFD's own poll, each of which picks what it needs. A pending receive,
 * accept or send goes before whoever looks. */
#ifndef PORTICO_READY_H
#define PORTICO_READY_H

#include "socket.h"

struct pollfd;

/* AFD_POLL_*. */
enum ready {
    READY_READ = 0x1,
    READY_OOB = 0x2,
    READY_WRITE = 0x4,
    READY_HUP = 0x8,      /* the peer has ended its stream */
    READY_RESET = 0x10,   /* the connection broke */
    READY_CLOSED = 0x20,  /* the socket was closed here */
    READY_CONNECT = 0x40, /* is connected */
    READY_ACCEPT = 0x80,
    READY_CONNECT_FAILED = 0x100,
};

/* What to ask poll(2) about the descriptor to learn of `wanted`; 0: nothing can come. */
short ready_poll_events(const struct socket *socket, uint32_t wanted);

/* What poll(2)'s answer means; asked again if a request goes first. Caller holds file.lock. */
uint32_t ready_confirm(struct socket *socket, struct pollfd *look);

/* Looks now. */
uint32_t ready_look(struct socket *socket);

/* Is there something unusual about the connection? Notes it: SO_ERROR is read, which resets it.
 * Caller holds file.lock. */
void ready_take_error(struct socket *socket);

#endif

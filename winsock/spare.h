/* Spare descriptors. An AcceptEx puts a connection's descriptor in the place of its acceptor's,
 * which was made for nothing: the next socket can have it. Only one that is as it was made will do:
 * nothing was set, bound or connected on it, and no fork gave it to a child. */
#ifndef PORTICO_SPARE_H
#define PORTICO_SPARE_H

#include "socket.h"

/* A descriptor for such a socket; -1: there is none. */
int spare_take(int family, int type);

/* The socket's descriptor was made for it just now. */
void spare_mark_fresh(struct socket *socket);

/* Something is done with it that would show. */
static inline void spare_mark_used(struct socket *socket)
{
    atomic_store_explicit(&socket->fresh, 0, memory_order_relaxed);
}

/* The socket gives its descriptor up: it becomes a spare one, or is closed. Caller holds
 * file.lock. */
void spare_give_up(struct socket *socket);

/* Closes a spare descriptor, for something else to have its number; false: there was none. */
bool spare_close_one(void);

#endif

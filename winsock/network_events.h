/* What WSAEventSelect keeps of a socket: the FD_* events that happened and were not fetched yet,
 * and the event object that tells of them.
 *
 * An FD_* event is recorded when its condition begins, and again only after the program did what
 * re-enables it (a receive for FD_READ, an accept for FD_ACCEPT, a send without room for FD_WRITE)
 * or when there is more than there was. */
#ifndef PORTICO_NETWORK_EVENTS_H
#define PORTICO_NETWORK_EVENTS_H

#include "watch.h"

enum { NETWORK_EVENTS_MAX = 10 }; /* FD_MAX_EVENTS */

enum network_event {
    NETWORK_READ = 1,
    NETWORK_WRITE = 2,
    NETWORK_OOB = 4,
    NETWORK_ACCEPT = 8,
    NETWORK_CONNECT = 16,
    NETWORK_CLOSE = 32,
};

/* Ties events of the mask to an event object (a reference is taken); mask 0 ends that. */
NTSTATUS network_events_select(struct socket *socket, struct event *event, uint32_t mask);

/* Takes the recorded events of the mask; `errors` gets an entry for each of them. Resets `reset`,
 * if any, in the same step. */
uint32_t network_events_take(struct socket *socket, struct event *reset, int *errors);

/* Is the socket under WSAEventSelect? Then it stays non-blocking. */
bool network_events_active(struct socket *socket);

/* An accepted socket is selected as its listener. */
void network_events_inherit(struct socket *listener, struct socket *accepted);

/* The program did what re-enables these events. Of no cost where events were never selected. Caller
 * holds no lock, but for network_events_enable, which does not look. */
void network_events_enable_selected(struct socket *socket, uint32_t events);
void network_events_look_again(struct socket *socket, uint32_t events);

static inline void network_events_enable(struct socket *socket, uint32_t events)
{
    if (__builtin_expect(__atomic_load_n(&socket->events, __ATOMIC_RELAXED) != NULL, 0))
        network_events_enable_selected(socket, events);
}

static inline void network_events_enable_and_look(struct socket *socket, uint32_t events)
{
    if (__builtin_expect(__atomic_load_n(&socket->events, __ATOMIC_RELAXED) != NULL, 0))
        network_events_look_again(socket, events);
}

void network_events_free(struct socket *socket);

#endif

/* Sockets that go from one process to another, or from one handle to another: WSADuplicateSocket
 * offers one, WSASocket takes it up. An offer holds the socket until it is taken. Another process
 * of the same user gets the descriptor through a local socket that the offering process listens on.
 */
#ifndef PORTICO_DUPLICATE_H
#define PORTICO_DUPLICATE_H

#include "socket.h"

/* What names an offer; travels inside a WSAPROTOCOL_INFO. */
struct duplicate_name {
    uint32_t marker; /* DUPLICATE_MARKER */
    uint32_t process;
    uint64_t token;
};
#define DUPLICATE_MARKER 0x50525443u

/* Offers the socket to a process. STATUS_WSA(WSAEINVAL): there is no such process. */
NTSTATUS duplicate_offer(struct socket *socket, uint32_t process, struct duplicate_name *name);

/* Takes an offer up; once. STATUS_WSA(WSAEINVAL): there is none for this process. */
NTSTATUS duplicate_take(const struct duplicate_name *name, uint32_t flags, uintptr_t *s);

#endif

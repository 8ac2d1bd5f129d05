/* Who is bound where in this process. Windows lets a socket share a port with another by rules that
 * the host does not have: by how each was made (plain, SO_REUSEADDR, SO_EXCLUSIVEADDRUSE) and by
 * which of the two addresses is the wider. What the rules allow and the host refuses is got by
 * making both sockets SO_REUSEPORT for the moment of the bind. */
#ifndef PORTICO_BINDING_H
#define PORTICO_BINDING_H

#include "socket.h"

#include <sys/socket.h>

/* bind(2) by Windows' rules. Caller holds file.lock. */
NTSTATUS binding_bind(struct socket *socket, const struct sockaddr_storage *address,
                      socklen_t length);

/* listen(2) likewise. Caller holds file.lock. */
NTSTATUS binding_listen(struct socket *socket, int backlog);

/* The socket gives its place up. */
void binding_release(struct socket *socket);

#endif

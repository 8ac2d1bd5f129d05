/* The host's network interfaces and their addresses. */
#ifndef PORTICO_INTERFACE_H
#define PORTICO_INTERFACE_H

#include "socket.h"

struct interface_address {
    char name[16];
    uint32_t index;
    uint32_t flags; /* W_IFF_* */
    uint32_t prefix;
    int family; /* Windows' */
    int size;
    uint64_t address[4]; /* in Windows' form */
};

/* All of them, those of one interface together; the caller frees. NULL: none, or no memory. */
struct interface_address *interface_list(uint32_t *count);

/* Link-layer facts of one interface. */
struct interface_link {
    uint8_t address[8];
    uint32_t address_length;
    uint32_t mtu;
    bool loopback, up;
};
void interface_describe(const struct interface_address *address, struct interface_link *link);

/* The address the host would send from to reach another, both in Windows' form. Winsock's errors as
 * SIO_ROUTING_INTERFACE_QUERY has them; *from_length becomes what is needed. */
NTSTATUS interface_route(const void *to, int length, void *from, int *from_length);

/* SIO_ADDRESS_LIST_CHANGE: the request ends when an address comes or goes. Queues it; the file's
 * lock is not held. STATUS_PENDING or an error. */
NTSTATUS interface_wait_for_change(struct socket *socket, struct request *request);

#endif

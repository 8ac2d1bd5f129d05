/* Socket addresses between Windows' and the host's numbering of families; the layouts agree. */
#ifndef PORTICO_ADDRESS_H
#define PORTICO_ADDRESS_H

#include "status.h"

#include <stdbool.h>
#include <sys/socket.h>

/* The host's family of a Windows one, -1 if it has none. */
int family_to_host(int family);
int family_from_host(int family);

/* From an entry point's argument. STATUS_ACCESS_VIOLATION: NULL or too short for its family;
 * STATUS_WSA(WSAEAFNOSUPPORT). */
NTSTATUS address_to_host(const void *name, int length, struct sockaddr_storage *address,
                         socklen_t *address_length);

/* Into a program's buffer of *length bytes; STATUS_ACCESS_VIOLATION, and nothing changed, if it is
 * too small. */
NTSTATUS address_from_host(const struct sockaddr_storage *address, socklen_t address_length,
                           void *name, int *length);

struct sockaddr_storage;

/* The size of an IPv4 or IPv6 address as the host has it. */
socklen_t host_address_size(const struct sockaddr_storage *address);

/* The size of an address of a Windows family. */
int address_size(int family);

#endif

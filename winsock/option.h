/* What the files of the socket options share. */
#ifndef PORTICO_OPTION_H
#define PORTICO_OPTION_H

#include "socket.h"

/* setsockopt on the host's descriptor. */
NTSTATUS option_set_host(struct socket *socket, int level, int name, const void *value,
                         unsigned length);
int option_host_int(struct socket *socket, int level, int name);

/* Into a program's buffer; STATUS_ACCESS_VIOLATION if it is too small. A byte goes with zeros
 * behind it, for those who read an int. */
NTSTATUS option_give(const void *from, int size, void *value, int *length);
NTSTATUS option_give_int(int number, void *value, int *length);
NTSTATUS option_give_byte(int number, void *value, int *length);

/* A boolean as an int, or as a byte where there is no room for one. *length is not 0. */
NTSTATUS option_give_flag(bool on, void *value, int *length);

/* Options of IP, IPv6, TCP and UDP (option_protocol.c). STATUS_WSA(WSAEINVAL): no such level;
 * STATUS_WSA(WSAENOPROTOOPT): no such option. */
NTSTATUS option_set_protocol(struct socket *socket, int level, int name, const void *value,
                             int length);
NTSTATUS option_get_protocol(struct socket *socket, int level, int name, void *value, int *length);

#endif

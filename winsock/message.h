/* Control data beside a datagram, between Windows' layout (WSACMSGHDR) and the host's. The headers
 * are laid out alike; types and some contents differ. */
#ifndef PORTICO_MESSAGE_H
#define PORTICO_MESSAGE_H

#include "wsabi.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

enum { MESSAGE_CONTROL_MAX = 512 }; /* the host's control data, in or out */

/* Writes what the host gave; returns the bytes used. What does not fit is left out: *cut. */
size_t message_control_from_host(struct msghdr *message, char *out, size_t room, bool *cut);

/* Translates the program's; returns the bytes used, (size_t)-1 for what the host cannot do. */
size_t message_control_to_host(const char *in, size_t length, char *out, size_t room);

#endif

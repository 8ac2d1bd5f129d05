/* The catalogue of protocols: what WSAEnumProtocols lists and SO_PROTOCOL_INFO tells of a socket.
 */
#ifndef PORTICO_PROTOCOL_H
#define PORTICO_PROTOCOL_H

#include "socket.h"

/* SO_PROTOCOL_INFOA and SO_PROTOCOL_INFOW; STATUS_ACCESS_VIOLATION with the size that is needed. */
NTSTATUS protocol_of_socket(struct socket *socket, bool wide, void *value, int *length);

#endif

/* Completions that are callbacks: what a pool's thread does with a packet of a file. */
#ifndef PORTICO_POOL_IO_H
#define PORTICO_POOL_IO_H

#include "port.h"

/* Calls the function or the I/O object that the packet's key names. */
void pool_io_deliver(const struct packet *packet);

#endif

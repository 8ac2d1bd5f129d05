/* Serial lines for tests: a port on a pty pair, whose other end is the wire. */
#ifndef PORTICO_TEST_SERIAL_H
#define PORTICO_TEST_SERIAL_H

#include "portico_test.h"

struct serial {
    char name[24]; /* \\.\COMn */
    char path[64]; /* of its tty */
    HANDLE port;
    int wire; /* never blocks */
};

/* A new pair under a name of its own; the port is not open yet. */
struct serial serial_make(void);

/* The same, open: 115200 8N1 without flow control, no timeouts, no events. */
struct serial serial_open(DWORD flags);
HANDLE serial_open_port(const struct serial *serial, DWORD flags);
void serial_close(struct serial *serial);

DCB serial_usual_dcb(void);

/* Sends into the port; takes what it sends, waiting until it is all there. */
void serial_send(const struct serial *serial, const void *bytes, size_t size);
void serial_expect(const struct serial *serial, const void *bytes, size_t size);

void serial_set_timeouts(HANDLE port, DWORD interval, DWORD multiplier, DWORD constant);

/* Bytes that wait to be read. */
DWORD serial_in_queue(HANDLE port);

#endif

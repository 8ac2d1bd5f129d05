/* What carries a serial line: the narrow interface between the line (comm.c), which makes Windows'
 * timeouts, events and queues, and the device below it. A tty is one (comm_tty.c).
 *
 * Received bytes come as a tty with PARMRK gives them: FF FF is the byte FF, FF 00 c a byte c that
 * came with an error, FF 00 00 a break. Every call is made with the line's lock held, none waits.
 */
#ifndef PORTICO_COMM_DRIVER_H
#define PORTICO_COMM_DRIVER_H

#include <ntstatus.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <winbase.h>

/* The lines that come in, and how often what has happened; the counters never go back. */
struct comm_signals {
    uint32_t lines; /* MS_*: those that are on */
    uint32_t cts, dsr, ring, rlsd;
    uint32_t frame, overrun, parity, breaks, lost;
};

enum comm_line { COMM_DTR = 1, COMM_RTS = 2 };

struct comm_driver;

struct comm_driver_ops {
    /* Applies settings that are valid in themselves. STATUS_INVALID_PARAMETER,
     * STATUS_NOT_SUPPORTED: the device cannot; then nothing has changed. */
    NTSTATUS (*configure)(struct comm_driver *driver, const DCB *dcb);
    /* The settings it was found with, as far as the device knows them. */
    void (*current)(struct comm_driver *driver, DCB *dcb);
    /* Bytes moved, or -errno; a read of 0: the device is gone. */
    ssize_t (*read)(struct comm_driver *driver, void *buffer, size_t size);
    ssize_t (*write)(struct comm_driver *driver, const void *buffer, size_t size);
    /* Sends a byte ahead of what was written. False: not now. */
    bool (*send_ahead)(struct comm_driver *driver, uint8_t byte);
    /* Bytes that were written and are not on the line yet. */
    uint32_t (*unsent)(struct comm_driver *driver);
    void (*look)(struct comm_driver *driver, struct comm_signals *signals);
    /* enum comm_line: which to raise and which to lower, and which are up. */
    NTSTATUS (*set_lines)(struct comm_driver *driver, uint32_t raise, uint32_t lower);
    uint32_t (*raised)(struct comm_driver *driver);
    NTSTATUS (*set_break)(struct comm_driver *driver, bool on);
    /* Stops sending what was written, or goes on. */
    NTSTATUS (*hold)(struct comm_driver *driver, bool on);
    void (*discard)(struct comm_driver *driver, bool input, bool output);
    /* Others may have the device from now on. */
    void (*release)(struct comm_driver *driver);
    void (*destroy)(struct comm_driver *driver);
};

struct comm_driver {
    const struct comm_driver_ops *ops;
    int fd;             /* can be polled for both directions */
    bool has_lines;     /* it has modem lines */
    bool counts_errors; /* `look` counts them; else the marks among the bytes are all there is */
    uint64_t identity;  /* of the device, from one opening to the next */
};

struct open_args;

/* Opens a tty that nobody else has. STATUS_OBJECT_NAME_NOT_FOUND, STATUS_ACCESS_DENIED (also: it is
 * in use). */
NTSTATUS comm_tty_open(const char *path, struct comm_driver **driver);

/* The same for an open descriptor, which it takes over (closed if this fails). */
NTSTATUS comm_tty_adopt(int fd, struct comm_driver **driver);

/* Is this a tty other than the process's own terminal and the screen's? */
bool comm_tty_is_line(int fd);

#endif

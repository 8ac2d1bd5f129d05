/* Serial lines: files with an input queue, timeouts and events.
 *
 * Each line has a thread of the library's. It sleeps until bytes come, there is room for more, or a
 * time is up, and lets the requests in the file's queues make progress; a call tries first itself.
 * The thread watches the clock too, so that bytes and timeouts have one order.
 *
 * A read takes from the input queue, one read after the other, until it is full or its timeouts say
 * so; each has the timeouts that were set when it was made, and its clock starts when its turn
 * comes. A write ends when its bytes have left for the line, not when the device took them. What is
 * taken back at its end (a timeout, a cancel) is not counted. On a synchronous handle everything
 * goes through one queue: one call at a time.
 *
 * Events are collected from SetCommMask on and given to the next WaitCommEvent, a request in
 * FILE_CONTROL; so is a flush.
 */
#ifndef PORTICO_COMM_H
#define PORTICO_COMM_H

#include "comm_driver.h"
#include "device.h"
#include "file.h"
#include "open.h"

#include <ntddser.h>

struct comm {
    struct file file; /* its lock protects all below */
    struct comm_driver *driver;
    int wake; /* eventfd: the thread is to look again */
    DCB dcb;
    COMMTIMEOUTS timeouts;
    uint8_t *input; /* a ring */
    uint32_t input_size, input_first, input_count;
    uint32_t output_size;  /* as SetupComm had it; nothing depends on it */
    uint32_t marked;       /* bytes of a PARMRK sequence that have come */
    int immediate;         /* TransmitCommChar's byte, -1: none waits */
    bool gone;             /* the device was unplugged */
    bool aborted;          /* an error, with fAbortOnError: nothing goes until ClearCommError */
    bool in_break, held;   /* nothing is sent: SetCommBreak, SETXOFF */
    bool sending;          /* EV_TXEMPTY is to come */
    uint32_t writes;       /* in a queue */
    uint32_t waits;        /* WaitCommEvent, the same */
    uint32_t mask, events; /* EV_* */
    uint32_t mask_version; /* of which SetCommMask */
    uint32_t errors;       /* CE_*, until ClearCommError */
    struct comm_signals seen;
    SERIALPERF_STATS stats;
};

/* ---- lines (comm.c) ---- */

/* Takes over the driver (destroyed if this fails). `flags`: FILE_OVERLAPPED or 0. */
NTSTATUS comm_create(struct comm_driver *driver, uint32_t flags, struct comm **comm);

/* Opens a line's device by its path, or through a descriptor, which it takes over. */
NTSTATUS comm_open(const char *path, const struct open_args *args, HANDLE *handle);
NTSTATUS comm_open_descriptor(int fd, const struct open_args *args, HANDLE *handle);

/* The line behind a handle; give it back with file_unref. STATUS_INVALID_DEVICE_REQUEST: another
 * kind of file. */
NTSTATUS comm_get(HANDLE handle, struct comm **comm);

/* WaitCommEvent, with a request whose way to tell its end is set. Returns what the call returns. */
NTSTATUS comm_wait(struct comm *comm, struct request *request, DWORD *events);

/* The line's thread is to look again. */
void comm_wake(struct comm *comm);

/* ---- requests (comm_io.c); called with file->lock held ---- */

/* Brings everything up to date. */
void comm_progress(struct comm *comm);
/* Ends the pending reads or writes. */
void comm_abort(struct comm *comm, bool reads, bool writes);
void comm_discard(struct comm *comm, bool input, bool output);
/* Bytes that pending writes have not sent, those of the device included. */
uint32_t comm_unsent(struct comm *comm);
void comm_set_mask(struct comm *comm, uint32_t mask);
/* The input queue grows; STATUS_NO_MEMORY. */
NTSTATUS comm_grow_input(struct comm *comm, uint32_t size);

/* ---- what can be set and asked (comm_control.c); called without the lock ---- */

NTSTATUS comm_get_state(struct comm *comm, DCB *dcb);
NTSTATUS comm_set_state(struct comm *comm, const DCB *dcb);
NTSTATUS comm_set_timeouts(struct comm *comm, const COMMTIMEOUTS *timeouts);
NTSTATUS comm_get_timeouts(struct comm *comm, COMMTIMEOUTS *timeouts);
NTSTATUS comm_get_properties(struct comm *comm, COMMPROP *properties);
NTSTATUS comm_get_mask(struct comm *comm, DWORD *mask);
NTSTATUS comm_change_mask(struct comm *comm, DWORD mask);
NTSTATUS comm_get_modem_status(struct comm *comm, DWORD *status);
NTSTATUS comm_clear_error(struct comm *comm, DWORD *errors, COMSTAT *stat);
NTSTATUS comm_purge(struct comm *comm, DWORD flags);
NTSTATUS comm_escape(struct comm *comm, DWORD function);
NTSTATUS comm_set_queues(struct comm *comm, DWORD in_bytes, DWORD out_bytes);
NTSTATUS comm_send_ahead(struct comm *comm, uint8_t byte);

/* IOCTL_SERIAL_* (comm_ioctl.c), as file_ops.control. */
NTSTATUS comm_control(struct file *file, struct request *request,
                      const struct device_control *control);

/* ---- names (comm_names.c) ---- */

enum { COMM_NUMBER_MAX = 256 };

/* The n of COMn, in any case; 0: another name. */
uint32_t comm_number(const char *name);

/* The path of COMn's device in a new string; STATUS_OBJECT_NAME_NOT_FOUND, STATUS_NO_MEMORY. */
NTSTATUS comm_path(uint32_t number, char **path);

/* Which numbers have a device, in order; returns how many. */
uint32_t comm_numbers(uint32_t numbers[COMM_NUMBER_MAX]);

#endif

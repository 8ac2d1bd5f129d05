/* The requests of a serial line, for its thread and its file (comm.c). Everything here is called
 * with the file's lock held. */
#ifndef PORTICO_COMM_IO_H
#define PORTICO_COMM_IO_H

#include "alarm.h"
#include "comm.h"
#include "filetime.h"

#define COMM_NEVER INT64_MAX
enum { COMM_MS = FILETIME_PER_SECOND / 1000 };

/* Any request on a line. Times are those of alarm_now. */
struct comm_request {
    struct request request;
    int64_t begun;   /* when its turn came, 0: not yet */
    int64_t touched; /* when its last byte came */
    int64_t due;     /* when it times out as things are */
    int64_t total, interval;
    uint64_t wanted; /* bytes */
    bool at_once;    /* a read that takes what is there, be it nothing */
    bool any;        /* one that does so unless it is nothing */
    bool first_byte; /* the same, and then waits for one byte only */
    uint32_t mask_version;
};

extern const struct request_ops comm_read_ops, comm_write_ops, comm_wait_ops, comm_flush_ops;

static inline int64_t comm_now(void)
{
    return alarm_now(CLOCK_MONOTONIC);
}

/* Gives a new read or write the timeouts that are set now. */
void comm_request_set_times(struct comm_request *own, const COMMTIMEOUTS *timeouts);

/* Takes what has come, as far as there is room for it: the rest is the device's to keep. */
void comm_receive(struct comm *comm);

/* Bytes that the device took and has not sent. */
uint32_t comm_in_device(struct comm *comm);

/* Does a write wait for room in the device? */
bool comm_has_bytes_to_write(const struct comm *comm);

/* When the next request times out; COMM_NEVER. */
int64_t comm_due(const struct comm *comm);

#endif

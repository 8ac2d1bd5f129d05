/* Helper verbs for tests with named pipes. */
#ifndef PORTICO_TEST_PIPES_H
#define PORTICO_TEST_PIPES_H

#include "portico_test.h"

/* A name that no other test uses. */
const char *pipe_unique_name(void);

/* Both ends of a new pipe, connected. `mode` is for the server: PIPE_TYPE_* and so on; quotas are
 * 1024 bytes each way unless pipe_pair_of says otherwise. Both ends are overlapped. */
struct pipe_pair {
    HANDLE server, client;
};
struct pipe_pair pipe_pair(DWORD mode);
struct pipe_pair pipe_pair_of(DWORD mode, DWORD out_bytes, DWORD in_bytes);
void pipe_pair_close(struct pipe_pair *pair);

HANDLE pipe_server(const char *name, DWORD open_mode, DWORD mode);
HANDLE pipe_client(const char *name, DWORD flags);

/* The client's handle reads messages. */
void pipe_read_messages(HANDLE pipe);

/* An operation with an event of its own. */
struct pipe_op {
    OVERLAPPED overlapped;
    char buffer[8192];
};
struct pipe_op *pipe_op_new(void);
void pipe_op_free(struct pipe_op *op);

/* Starts an operation that must pend. */
void pipe_read_pends(HANDLE pipe, struct pipe_op *op, DWORD size);
void pipe_write_pends(HANDLE pipe, struct pipe_op *op, DWORD size);
void pipe_connect_pends(HANDLE pipe, struct pipe_op *op);

/* Writes `size` bytes, which must be taken at once. */
void pipe_write(HANDLE pipe, const void *data, DWORD size);

/* Reads what is there: the bytes, or fails the test. */
DWORD pipe_read(HANDLE pipe, void *buffer, DWORD size);

/* Is the operation over? */
int pipe_op_is_over(HANDLE pipe, struct pipe_op *op);
/* Waits for its end: the error (0 if none) and the bytes. */
DWORD pipe_op_result(HANDLE pipe, struct pipe_op *op, DWORD *bytes);

/* Both ends of a new pipe, connected; neither is overlapped. */
struct pipe_pair pipe_sync_pair(DWORD mode);

/* A call in a thread of its own, to wait. */
struct pipe_call {
    HANDLE pipe;
    char buffer[64];
    OVERLAPPED *overlapped;
    DWORD bytes, error;
    volatile LONG apcs;
};

/* Starts a read that waits. */
HANDLE pipe_call_read(struct pipe_call *call, DWORD *id);
/* Waits for the end of a call's thread. */
void pipe_call_finish(HANDLE thread);

#endif

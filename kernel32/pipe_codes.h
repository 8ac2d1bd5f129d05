/* What the entry points of namedpipeapi.h ask a pipe's end for, whatever kind of file it is: the
 * codes of ntifs.h, and these for what NT has information classes. */
#ifndef PORTICO_PIPE_CODES_H
#define PORTICO_PIPE_CODES_H

#include <stdbool.h>
#include <stdint.h>
#include <winioctl.h>

/* Answers with a struct pipe_facts. */
#define PIPE_CODE_FACTS CTL_CODE(FILE_DEVICE_NAMED_PIPE, 0xF00, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* Answers with how many instances of the name there are, a uint32_t. */
#define PIPE_CODE_INSTANCES \
    CTL_CODE(FILE_DEVICE_NAMED_PIPE, 0xF02, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* Takes PIPE_READMODE_* and PIPE_NOWAIT, a uint32_t. */
#define PIPE_CODE_SET_MODES \
    CTL_CODE(FILE_DEVICE_NAMED_PIPE, 0xF01, METHOD_BUFFERED, FILE_ANY_ACCESS)

struct pipe_facts {
    uint32_t modes; /* PIPE_READMODE_MESSAGE, PIPE_NOWAIT */
    uint32_t max_instances;
    uint32_t quota_in, quota_out;    /* bytes, as the server sees it */
    uint32_t server_pid, client_pid; /* 0: nobody's */
    bool is_server, has_messages, is_disconnected;
};

#endif

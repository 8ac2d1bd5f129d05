/* Reads and writes, from the arguments of ReadFile, NtReadFile and their kin to the file's own
 * operation. */
#ifndef PORTICO_TRANSFER_H
#define PORTICO_TRANSFER_H

#include "file.h"

/* What a call asks for. */
struct transfer {
    HANDLE handle;
    bool write;
    void *buffer;
    uint32_t length;
    const int64_t *offset; /* NULL: the file position */
    HANDLE event;          /* low bit: no packet */
    void *routine;         /* completion routine, or NULL */
    void *routine_context;
    uint32_t routine_kind; /* for request_set_apc */
    void *context;         /* the packet's value; NULL: no packet */
    IO_STATUS_BLOCK *iosb; /* NULL: a plain synchronous call */
};

enum { OFFSET_APPEND = -1, OFFSET_CURRENT = -2 };

/* Starts it. STATUS_SUCCESS with *moved, STATUS_PENDING, or an error. */
NTSTATUS transfer_start(const struct transfer *transfer, uint32_t *moved);

/* Can the whole range be read (or written to)? Nothing in it is changed. */
bool memory_is_readable(const void *start, size_t length);
bool memory_is_writable(void *start, size_t length);

/* Once, at the start: finds out where the heap and the program's variables are. */
void memory_init(void);

#endif

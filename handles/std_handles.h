/* The three standard handles: slots that hold a handle value, opened at first use. */
#ifndef PORTICO_STD_HANDLES_H
#define PORTICO_STD_HANDLES_H

#include <minwindef.h>
#include <ntstatus.h>
#include <stdbool.h>
#include <stdint.h>

enum { STD_HANDLE_COUNT = 3 };

/* Set by the room that knows files: a handle on descriptor 0, 1 or 2, or NULL. */
extern HANDLE (*std_handle_open)(int fd);

/* Is the value one of the constants STD_INPUT_HANDLE (-10) to STD_ERROR_HANDLE (-12)? */
static inline bool std_handle_is_id(HANDLE h)
{
    return (intptr_t)h <= -10 && (intptr_t)h >= -12;
}

/* The handle an id stands for (NULL if it has none); any other value is returned as it is. */
HANDLE std_handle_resolve(HANDLE h);

/* Puts a handle into the slot of an id; nothing is closed or duplicated. */
void std_handle_set(HANDLE id, HANDLE h);

/* In the child of a fork: the slots are filled anew. */
void std_handles_after_fork(void);

/* Closes what is in the slot of an id, and empties the slot. */
NTSTATUS std_handle_close(HANDLE id);

#endif

/* What a process leaves to one it makes: a page that both can see. The child, if it runs on
 * Portico, finds there how it was started and which handles are its own, and leaves its whole exit
 * code, of which the host keeps eight bits.
 *
 * The page is named by a variable of the environment, which the child takes out again. Its own
 * number stands in it, so that what the child starts by other means does not take it for its own.
 */
#ifndef PORTICO_HERITAGE_H
#define PORTICO_HERITAGE_H

#include "inherit.h"

#define HERITAGE_VARIABLE "PORTICO_PARENT"
enum { HERITAGE_MAGIC = 0x50525443 };

/* How the program was started: STARTUPINFO's numbers. */
struct heritage_start {
    uint32_t x, y, width, height, columns, rows, fill, flags, show;
};

/* One handle. */
struct heirloom {
    uint32_t value;
    uint32_t kind; /* the number of its inherit_kind */
    uint32_t access;
    int32_t fd;
    uint8_t state[INHERIT_STATE_BYTES]; /* its kind's own */
};

struct heritage {
    uint32_t magic;
    _Atomic uint32_t pid; /* whose it is; written by the child before its program begins */
    _Atomic uint32_t exit_code;
    _Atomic uint32_t exit_is_known;
    struct heritage_start start;
    int32_t fd;     /* where it was inherited, -1: nowhere */
    uint32_t count; /* there is room for */
    uint32_t used;
    struct heirloom heirlooms[];
};

/* In the parent: a new page with room for so many handles, and its descriptor. NULL: no memory. */
struct heritage *heritage_create(uint32_t count, int *fd);
void heritage_free(struct heritage *heritage);

/* In the child, once, at the start: finds its own. */
void heritage_take(void);

/* In the child: its own, NULL if it has none. */
struct heritage *heritage_own(void);

/* In the child: what the parent will take for the exit code. */
void heritage_tell_exit_code(uint32_t exit_code);

#endif

/* What a new process gets of this one's handles: three of them as its standard descriptors, and
 * those it inherits under their values (HND-028). Descriptors are duplicates, so that nothing the
 * program closes meanwhile matters; a handle that is also a standard one has none of its own, since
 * what a child closes must be closed. */
#ifndef PORTICO_INHERITANCE_H
#define PORTICO_INHERITANCE_H

#include "heritage.h"
#include "pipe_loan.h"
#include "spawn.h"

#include <minwindef.h>
#include <ntstatus.h>

struct inheritance {
    /* In: */
    bool inherits;
    const HANDLE *listed; /* only these, if not NULL */
    size_t listed_count;
    bool uses_standard; /* `standard` was given by the program; else our own are handed on */
    bool no_standard;   /* neither: NUL */
    HANDLE standard[SPAWN_STANDARD];

    /* Out: */
    int standard_fd[SPAWN_STANDARD];
    struct pipe_loan *lent[SPAWN_STANDARD]; /* ends of named pipes among them; or NULL */
    int *kept;
    uint32_t kept_count;
    struct heritage *heritage;
    int heritage_fd;
};

/* STATUS_INVALID_PARAMETER: a listed handle cannot be inherited; STATUS_NOT_SUPPORTED: a standard
 * one is the end of a named pipe that is not connected within this process. Nothing is left behind
 * then. */
NTSTATUS inheritance_gather(struct inheritance *inheritance);

/* The child is there: what was lent to it begins to work. */
void inheritance_begin(struct inheritance *inheritance);

/* Closes the duplicates; the heritage is the caller's. */
void inheritance_drop(struct inheritance *inheritance);

#endif

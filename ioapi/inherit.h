/* How the kinds of file are left to a child process. Each kind that can be says so at start, before
 * any handle is taken up (a constructor with INHERIT_FIRST). */
#ifndef PORTICO_INHERIT_H
#define PORTICO_INHERIT_H

#include "file.h"

#define INHERIT_FIRST 200 /* the priority of the constructors that call inherit_serve */

enum inherit_number {
    INHERIT_DISK,
    INHERIT_PIPE,
    INHERIT_CHARACTER,
    INHERIT_SOCKET,
    INHERIT_KINDS
};
enum { INHERIT_STATE_BYTES = 64 };

struct inherit_kind {
    const struct file_ops *ops;
    /* In the parent: what the child must know besides the descriptor. */
    void (*leave)(struct file *file, void *state);
    /* In the child: the file again. Takes over the descriptor. */
    NTSTATUS (*take)(int fd, const void *state, struct file **file);
};

void inherit_serve(enum inherit_number number, const struct inherit_kind *kind);

/* The kind of that number, or of a file; NULL: none (then *number is INHERIT_KINDS). */
const struct inherit_kind *inherit_kind(uint32_t number);
const struct inherit_kind *inherit_kind_of(const struct file *file, uint32_t *number);

#endif

/* The common tails of the Create* and Open* functions for objects that may have a name. */
#ifndef PORTICO_NAMED_H
#define PORTICO_NAMED_H

#include "names.h"

#include <minwinbase.h>

/* The tail of every Create*: the object goes under its name, the result to the program. `status`
 * tells what went wrong so far; gives up the name and the reference to `fresh`, which may be
 * NULL. */
HANDLE named_create(NTSTATUS status, struct name *name, struct object *fresh, uint32_t access,
                    const SECURITY_ATTRIBUTES *attributes);

/* The tail of every Open*. A missing name argument is an error of its own (HND-067). */
HANDLE named_open(NTSTATUS status, struct name *name, const struct object_ops *ops, DWORD access,
                  BOOL inherit);

#endif

/* Named objects. Names live in this process (HND-072): a table from name to object, which holds no
 * reference; an object leaves it when its last handle is closed. */
#ifndef PORTICO_NAMES_H
#define PORTICO_NAMES_H

#include "object.h"

/* A name as the table keeps it: UTF-8 without the Local\ or Global\ prefix; NULL for none. */
struct name {
    char *text;
};

/* From an entry point's argument. STATUS_OBJECT_PATH_NOT_FOUND (a backslash in it),
 * STATUS_NAME_TOO_LONG, STATUS_NO_MEMORY. */
NTSTATUS name_from_ansi(const char *argument, struct name *name);
NTSTATUS name_from_wide(const wchar_t *argument, struct name *name);
void name_free(struct name *name);

/* Opens a handle on the object of that name, or on `fresh` if there is none, under which name it
 * then goes. Gives up the caller's reference to `fresh` in either case. STATUS_OBJECT_NAME_EXISTS
 * tells that it was there. */
NTSTATUS name_create(const struct name *name, struct object *fresh, uint32_t access, uint32_t flags,
                     HANDLE *handle);

/* Opens a handle on the object of that name. */
NTSTATUS name_open(const struct name *name, const struct object_ops *ops, uint32_t access,
                   uint32_t flags, HANDLE *handle);

/* In the child of a fork: there are no names. */
void names_after_fork(void);

/* An object's ops->close calls this: the name is free again. */
void name_forget(struct object *object);

#endif

/* The attributes of a process to be made, in memory of the program's. */
#ifndef PORTICO_ATTRIBUTE_LIST_H
#define PORTICO_ATTRIBUTE_LIST_H

#include <minwindef.h>
#include <ntstatus.h>
#include <stddef.h>

/* The handles to inherit: *handles is NULL if the list does not name any. The array stays the
 * program's. STATUS_INVALID_PARAMETER: not a list; STATUS_ACCESS_VIOLATION. */
NTSTATUS attribute_list_handles(const void *list, const HANDLE **handles, size_t *count);

#endif

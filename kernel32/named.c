/* The common tails of the Create* and Open* functions for objects that may have a name. */
#include "named.h"

#include "handle_table.h"
#include "last_error.h"

#include <winerror.h>

static uint32_t named__flags(const SECURITY_ATTRIBUTES *attributes)
{
    return attributes && attributes->bInheritHandle ? HANDLE_INHERIT : 0;
}

HANDLE named_create(NTSTATUS status, struct name *name, struct object *fresh, uint32_t access,
                    const SECURITY_ATTRIBUTES *attributes)
{
    HANDLE handle = NULL;
    if (status == STATUS_SUCCESS && !fresh)
        status = STATUS_NO_MEMORY;
    if (status == STATUS_SUCCESS)
        status = name_create(name, fresh, access, named__flags(attributes), &handle);
    else if (fresh)
        object_unref(fresh);
    name_free(name);
    if (NT_ERROR(status)) {
        fail_status(status);
        return NULL;
    }
    last_error_set(status == STATUS_OBJECT_NAME_EXISTS ? ERROR_ALREADY_EXISTS : 0);
    return handle;
}

HANDLE named_open(NTSTATUS status, struct name *name, const struct object_ops *ops, DWORD access,
                  BOOL inherit)
{
    HANDLE handle = NULL;
    if (status == STATUS_SUCCESS)
        status = name_open(name, ops, access, inherit ? HANDLE_INHERIT : 0, &handle);
    name_free(name);
    if (status != STATUS_SUCCESS)
        fail_status(status);
    return handle;
}

/* Entry points of handleapi.h. */
#include <handleapi.h>

#include "handle_table.h"
#include "last_error.h"
#include "process.h"
#include "std_handles.h"

#include <winerror.h>

BOOL WINAPI CloseHandle(HANDLE hObject)
{
    if (std_handle_is_id(hObject))
        return win32_result(std_handle_close(hObject));
    return win32_result(handle_close(hObject));
}

/* STATUS_SUCCESS if the handle names the running process. */
static NTSTATUS handle__must_be_this_process(HANDLE process)
{
    struct object *object;
    NTSTATUS status = handle_get(process, &process_ops, PROCESS_DUP_HANDLE, &object);
    if (status != STATUS_SUCCESS)
        return status;
    if (object != process_self())
        status = STATUS_NOT_SUPPORTED;
    object_unref(object);
    return status;
}

BOOL WINAPI DuplicateHandle(HANDLE hSourceProcessHandle, HANDLE hSourceHandle,
                            HANDLE hTargetProcessHandle, LPHANDLE lpTargetHandle,
                            DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwOptions)
{
    NTSTATUS status = handle__must_be_this_process(hSourceProcessHandle);
    if (status == STATUS_SUCCESS && lpTargetHandle)
        status = handle__must_be_this_process(hTargetProcessHandle);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    return win32_result(handle_duplicate(hSourceHandle, dwDesiredAccess,
                                         bInheritHandle ? HANDLE_INHERIT : 0, dwOptions,
                                         lpTargetHandle));
}

/* The slot of an open handle, NULL if there is none. */
static struct slot *handle__open_slot(HANDLE handle)
{
    uint32_t index = handle_index(handle);
    struct slot *slot = index ? table_slot(&handle_table, index) : NULL;
    return slot && atomic_load(&slot->word) ? slot : NULL;
}

BOOL WINAPI GetHandleInformation(HANDLE hObject, LPDWORD lpdwFlags)
{
    struct slot *slot = handle__open_slot(hObject);
    if (!slot)
        return fail_status(STATUS_INVALID_HANDLE);
    if (!lpdwFlags)
        return fail_win32(ERROR_NOACCESS);
    *lpdwFlags = atomic_load(&slot->flags);
    return TRUE;
}

BOOL WINAPI SetHandleInformation(HANDLE hObject, DWORD dwMask, DWORD dwFlags)
{
    struct slot *slot = handle__open_slot(hObject);
    uint32_t flags;
    if (!slot)
        return fail_status(STATUS_INVALID_HANDLE);
    if (dwMask & ~(DWORD)(HANDLE_INHERIT | HANDLE_PROTECT_FROM_CLOSE))
        return fail_status(STATUS_INVALID_PARAMETER);
    flags = atomic_load(&slot->flags);
    while (
        !atomic_compare_exchange_weak(&slot->flags, &flags, (flags & ~dwMask) | (dwFlags & dwMask)))
        ;
    return TRUE;
}

BOOL WINAPI CompareObjectHandles(HANDLE hFirstObjectHandle, HANDLE hSecondObjectHandle)
{
    struct object *first, *second;
    NTSTATUS status = handle_get_any(hFirstObjectHandle, &first, NULL);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    status = handle_get_any(hSecondObjectHandle, &second, NULL);
    if (status == STATUS_SUCCESS) {
        if (first != second)
            status = STATUS_NOT_SAME_OBJECT;
        handle_put(hSecondObjectHandle, second);
    }
    handle_put(hFirstObjectHandle, first);
    return win32_result(status);
}

/* Entry points of processthreadsapi.h: attribute lists. */
#include "attribute_list.h"

#include "last_error.h"
#include "transfer.h"

#include <processthreadsapi.h>
#include <winerror.h>

enum { ATTRIBUTE_MAGIC = 0x7A116, ATTRIBUTES_MAX = 64 };

struct _PROC_THREAD_ATTRIBUTE_LIST {
    DWORD magic;
    DWORD room;
    DWORD count;
    DWORD reserved;
    struct {
        DWORD_PTR attribute;
        SIZE_T size;
        PVOID value;
    } entries[];
};

static SIZE_T list__size(DWORD count)
{
    const struct _PROC_THREAD_ATTRIBUTE_LIST *list = NULL;
    return sizeof *list + count * sizeof list->entries[0];
}

static NTSTATUS list__check(const struct _PROC_THREAD_ATTRIBUTE_LIST *list)
{
    if (!memory_is_readable(list, sizeof *list))
        return STATUS_ACCESS_VIOLATION;
    if (list->magic != ATTRIBUTE_MAGIC || list->room > ATTRIBUTES_MAX || list->count > list->room)
        return STATUS_INVALID_PARAMETER;
    return memory_is_readable(list, list__size(list->room)) ? STATUS_SUCCESS
                                                            : STATUS_ACCESS_VIOLATION;
}

BOOL WINAPI InitializeProcThreadAttributeList(LPPROC_THREAD_ATTRIBUTE_LIST lpAttributeList,
                                              DWORD dwAttributeCount, DWORD dwFlags, PSIZE_T lpSize)
{
    SIZE_T size = list__size(dwAttributeCount), given;
    if (dwFlags || dwAttributeCount > ATTRIBUTES_MAX)
        return fail_status(STATUS_INVALID_PARAMETER);
    if (!memory_is_writable(lpSize, sizeof *lpSize))
        return fail_status(STATUS_ACCESS_VIOLATION);
    given = *lpSize;
    *lpSize = size;
    if (!lpAttributeList || given < size)
        return fail_win32(ERROR_INSUFFICIENT_BUFFER);
    if (!memory_is_writable(lpAttributeList, size))
        return fail_status(STATUS_ACCESS_VIOLATION);
    *lpAttributeList =
        (struct _PROC_THREAD_ATTRIBUTE_LIST){.magic = ATTRIBUTE_MAGIC, .room = dwAttributeCount};
    return TRUE;
}

static NTSTATUS list__add(struct _PROC_THREAD_ATTRIBUTE_LIST *list, DWORD_PTR attribute,
                          PVOID value, SIZE_T size)
{
    if (attribute != PROC_THREAD_ATTRIBUTE_HANDLE_LIST)
        return STATUS_NOT_SUPPORTED;
    if (size == 0 || size % sizeof(HANDLE))
        return STATUS_INFO_LENGTH_MISMATCH;
    for (DWORD i = 0; i < list->count; i++) {
        if (list->entries[i].attribute == attribute)
            return STATUS_OBJECT_NAME_EXISTS;
    }
    if (list->count == list->room)
        return STATUS_UNSUCCESSFUL;
    list->entries[list->count].attribute = attribute;
    list->entries[list->count].size = size;
    list->entries[list->count].value = value;
    list->count++;
    return STATUS_SUCCESS;
}

BOOL WINAPI UpdateProcThreadAttribute(LPPROC_THREAD_ATTRIBUTE_LIST lpAttributeList, DWORD dwFlags,
                                      DWORD_PTR Attribute, PVOID lpValue, SIZE_T cbSize,
                                      PVOID lpPreviousValue, PSIZE_T lpReturnSize)
{
    NTSTATUS status = list__check(lpAttributeList);
    if (status == STATUS_SUCCESS && (dwFlags || lpPreviousValue || lpReturnSize))
        status = STATUS_INVALID_PARAMETER;
    if (status == STATUS_SUCCESS)
        status = list__add(lpAttributeList, Attribute, lpValue, cbSize);
    return status == STATUS_SUCCESS ? TRUE : fail_status(status);
}

VOID WINAPI DeleteProcThreadAttributeList(LPPROC_THREAD_ATTRIBUTE_LIST lpAttributeList)
{
    if (memory_is_writable(lpAttributeList, sizeof *lpAttributeList))
        lpAttributeList->magic = 0;
}

NTSTATUS attribute_list_handles(const void *list, const HANDLE **handles, size_t *count)
{
    const struct _PROC_THREAD_ATTRIBUTE_LIST *attributes = list;
    NTSTATUS status = list__check(attributes);
    *handles = NULL;
    *count = 0;
    if (status != STATUS_SUCCESS || attributes->count == 0)
        return status;
    *handles = attributes->entries[0].value;
    *count = attributes->entries[0].size / sizeof **handles;
    return memory_is_readable(*handles, *count * sizeof **handles) ? STATUS_SUCCESS
                                                                   : STATUS_ACCESS_VIOLATION;
}

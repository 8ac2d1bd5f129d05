/* Entry points of winbase.h about mailslots. */
#include "last_error.h"
#include "mailslot.h"
#include "path.h"

#include <stdlib.h>
#include <string.h>
#include <winbase.h>

/* Takes over `path`, the copy of what was `given`. */
static HANDLE mailslot__create(const void *given, char *path, DWORD max_size, DWORD timeout_ms,
                               const SECURITY_ATTRIBUTES *security)
{
    uint32_t flags = security && security->bInheritHandle ? HANDLE_INHERIT : 0;
    HANDLE handle = INVALID_HANDLE_VALUE;
    char *name;
    NTSTATUS status = given && !path ? STATUS_NO_MEMORY
                                     : path_device_name(path, "mailslot\\", false,
                                                        STATUS_OBJECT_NAME_INVALID, &name);
    if (status == STATUS_SUCCESS) {
        status = mailslot_create(name, max_size, timeout_ms, flags, &handle);
        free(name);
    }
    free(path);
    if (status == STATUS_SUCCESS)
        return handle;
    fail_status(status);
    return INVALID_HANDLE_VALUE;
}

HANDLE WINAPI CreateMailslotA(LPCSTR lpName, DWORD nMaxMessageSize, DWORD lReadTimeout,
                              LPSECURITY_ATTRIBUTES lpSecurityAttributes)
{
    return mailslot__create(lpName, lpName ? strdup(lpName) : NULL, nMaxMessageSize, lReadTimeout,
                            lpSecurityAttributes);
}

HANDLE WINAPI CreateMailslotW(LPCWSTR lpName, DWORD nMaxMessageSize, DWORD lReadTimeout,
                              LPSECURITY_ATTRIBUTES lpSecurityAttributes)
{
    return mailslot__create(lpName, lpName ? path_text_from_wide(lpName) : NULL, nMaxMessageSize,
                            lReadTimeout, lpSecurityAttributes);
}

BOOL WINAPI GetMailslotInfo(HANDLE hMailslot, LPDWORD lpMaxMessageSize, LPDWORD lpNextSize,
                            LPDWORD lpMessageCount, LPDWORD lpReadTimeout)
{
    struct mailslot_info info;
    NTSTATUS status = mailslot_get_info(hMailslot, &info);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    if (lpMaxMessageSize)
        *lpMaxMessageSize = info.max_size;
    if (lpNextSize)
        *lpNextSize = info.next_size;
    if (lpMessageCount)
        *lpMessageCount = info.count;
    if (lpReadTimeout)
        *lpReadTimeout = info.timeout_ms;
    return TRUE;
}

BOOL WINAPI SetMailslotInfo(HANDLE hMailslot, DWORD lReadTimeout)
{
    return win32_result(mailslot_set_timeout(hMailslot, lReadTimeout));
}

/* Entry points of errhandlingapi.h. */
#include <errhandlingapi.h>

#include "last_error.h"

#include <winerror.h>

DWORD WINAPI GetLastError(void)
{
    return thread_self()->last_error;
}

void WINAPI SetLastError(DWORD dwErrCode)
{
    thread_self()->last_error = dwErrCode;
}

static _Atomic UINT error_mode;

UINT WINAPI SetErrorMode(UINT uMode)
{
    return atomic_exchange(&error_mode, uMode);
}

UINT WINAPI GetErrorMode(void)
{
    return atomic_load(&error_mode);
}

BOOL WINAPI SetThreadErrorMode(DWORD dwNewMode, LPDWORD lpOldMode)
{
    struct thread *self = thread_self();
    if (dwNewMode &
        ~(DWORD)(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX))
        return fail_win32(ERROR_INVALID_PARAMETER);
    if (lpOldMode)
        *lpOldMode = self->error_mode;
    self->error_mode = dwNewMode;
    return TRUE;
}

DWORD WINAPI GetThreadErrorMode(void)
{
    return thread_self()->error_mode;
}

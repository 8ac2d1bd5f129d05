/* Entry points of errhandlingapi.h. */
#include <errhandlingapi.h>

#include "thread.h"

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

/* The edge: where a status becomes a return value and a last error. Entry points only. */
#ifndef PORTICO_LAST_ERROR_H
#define PORTICO_LAST_ERROR_H

#include "status.h"
#include "thread.h"

static inline void last_error_set(uint32_t code)
{
    thread_self()->last_error = code;
}

/* FALSE with the status's Win32 error. */
static inline BOOL fail_status(NTSTATUS status)
{
    last_error_set(status_to_win32(status));
    return FALSE;
}

/* FALSE with a Win32 error. */
static inline BOOL fail_win32(uint32_t code)
{
    last_error_set(code);
    return FALSE;
}

/* TRUE and the last error kept, or FALSE with the status's error. */
static inline BOOL win32_result(NTSTATUS status)
{
    return NT_SUCCESS(status) ? TRUE : fail_status(status);
}

#endif

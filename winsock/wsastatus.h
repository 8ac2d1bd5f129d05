/* Winsock errors in the inner currency. An error that has a status of its own is that status; one
 * that only exists as a Winsock code travels wrapped, and the status table unwraps it. */
#ifndef PORTICO_WSASTATUS_H
#define PORTICO_WSASTATUS_H

#include "last_error.h"
#include "status.h"

#define STATUS_WSA(code) ((NTSTATUS)(0xC0070000u | (code)))

/* The status of a socket call that failed with an errno and reports it directly. */
static inline NTSTATUS status_from_call(int err)
{
    return STATUS_WSA(wsa_from_errno(err));
}

/* SOCKET_ERROR with the status's Winsock error. */
static inline int fail_wsa(NTSTATUS status)
{
    last_error_set(status_to_wsa(status));
    return -1;
}

/* 0 and no error, or SOCKET_ERROR with one. */
static inline int wsa_result(NTSTATUS status)
{
    if (NT_ERROR(status) || status == STATUS_PENDING || !NT_SUCCESS(status))
        return fail_wsa(status);
    last_error_set(0);
    return 0;
}

#endif

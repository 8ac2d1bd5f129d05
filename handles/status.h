/* NTSTATUS is the currency inside; here are its exchange rates, one table for all. */
#ifndef PORTICO_STATUS_H
#define PORTICO_STATUS_H

#include <minwindef.h>
#include <ntstatus.h>
#include <stdint.h>

#define NT_SUCCESS(status) (((NTSTATUS)(status)) >= 0)
#define NT_ERROR(status) ((((ULONG)(status)) >> 30) == 3)

/* The Win32 error of a status (RtlNtStatusToDosError). */
uint32_t status_to_win32(NTSTATUS status);

/* What a completion routine is told: every kind of success (STATUS_TIMEOUT) is 0. */
static inline uint32_t status_to_routine(NTSTATUS status)
{
    return NT_SUCCESS(status) ? 0 : status_to_win32(status);
}

/* The Winsock error of a status. */
uint32_t status_to_wsa(NTSTATUS status);

/* The status of an errno that a system call on a file or on an internal object gave. */
NTSTATUS status_from_errno(int err);

/* The status of an errno that a call on a socket gave. */
NTSTATUS status_from_socket_errno(int err);

/* The Winsock error of an errno, for calls that report it directly. */
uint32_t wsa_from_errno(int err);

#endif

/* Entry points of commapi.h, and of winbase.h about serial lines. */
#include <commapi.h>

#include "comm.h"
#include "comm_text.h"
#include "last_error.h"
#include "path.h"
#include "transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- settings ---- */

/* The functions that have a structure read or filled. */
#define COMM_STRUCTURE(handle, pointer, call)                  \
    do {                                                       \
        struct comm *comm;                                     \
        NTSTATUS status = comm_get((handle), &comm);           \
        if (status != STATUS_SUCCESS)                          \
            return fail_status(status);                        \
        status = (pointer) ? (call) : STATUS_ACCESS_VIOLATION; \
        file_unref(&comm->file);                               \
        return win32_result(status);                           \
    } while (0)

BOOL WINAPI GetCommState(HANDLE hFile, LPDCB lpDCB)
{
    COMM_STRUCTURE(hFile, lpDCB, comm_get_state(comm, lpDCB));
}

BOOL WINAPI SetCommState(HANDLE hFile, LPDCB lpDCB)
{
    COMM_STRUCTURE(hFile, lpDCB, comm_set_state(comm, lpDCB));
}

BOOL WINAPI GetCommProperties(HANDLE hFile, LPCOMMPROP lpCommProp)
{
    COMM_STRUCTURE(hFile, lpCommProp, comm_get_properties(comm, lpCommProp));
}

BOOL WINAPI GetCommTimeouts(HANDLE hFile, LPCOMMTIMEOUTS lpCommTimeouts)
{
    COMM_STRUCTURE(hFile, lpCommTimeouts, comm_get_timeouts(comm, lpCommTimeouts));
}

BOOL WINAPI SetCommTimeouts(HANDLE hFile, LPCOMMTIMEOUTS lpCommTimeouts)
{
    COMM_STRUCTURE(hFile, lpCommTimeouts, comm_set_timeouts(comm, lpCommTimeouts));
}

BOOL WINAPI SetupComm(HANDLE hFile, DWORD dwInQueue, DWORD dwOutQueue)
{
    COMM_STRUCTURE(hFile, true, comm_set_queues(comm, dwInQueue, dwOutQueue));
}

/* ---- configurations: a DCB in a larger structure ---- */

/* Makes one of a DCB, if there is room. */
static NTSTATUS config__give(const DCB *dcb, COMMCONFIG *config, DWORD *size)
{
    DWORD given = *size;
    *size = sizeof *config;
    if (given < sizeof *config || !config)
        return STATUS_BUFFER_TOO_SMALL;
    *config = (COMMCONFIG){
        .dwSize = sizeof *config, .wVersion = 1, .dcb = *dcb, .dwProviderSubType = PST_RS232};
    return STATUS_SUCCESS;
}

static NTSTATUS config__get(struct comm *comm, COMMCONFIG *config, DWORD *size)
{
    DCB dcb;
    NTSTATUS status = comm_get_state(comm, &dcb);
    return status == STATUS_SUCCESS ? config__give(&dcb, config, size) : status;
}

BOOL WINAPI GetCommConfig(HANDLE hCommDev, LPCOMMCONFIG lpCC, LPDWORD lpdwSize)
{
    COMM_STRUCTURE(hCommDev, lpdwSize, config__get(comm, lpCC, lpdwSize));
}

BOOL WINAPI SetCommConfig(HANDLE hCommDev, LPCOMMCONFIG lpCC, DWORD dwSize)
{
    COMM_STRUCTURE(hCommDev, lpCC,
                   dwSize < sizeof *lpCC ? STATUS_INVALID_PARAMETER
                                         : comm_set_state(comm, &lpCC->dcb));
}

BOOL WINAPI GetDefaultCommConfigA(LPCSTR lpszName, LPCOMMCONFIG lpCC, LPDWORD lpdwSize)
{
    const DCB usual = {.DCBlength = sizeof usual,
                       .BaudRate = CBR_9600,
                       .fBinary = 1,
                       .fDtrControl = DTR_CONTROL_ENABLE,
                       .fRtsControl = RTS_CONTROL_ENABLE,
                       .ByteSize = 8,
                       .XonChar = 0x11,
                       .XoffChar = 0x13};
    char *path;
    NTSTATUS status;
    if (!lpszName || !lpdwSize)
        return fail_status(STATUS_INVALID_PARAMETER);
    status = comm_path(comm_number(lpszName), &path);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    free(path);
    return win32_result(config__give(&usual, lpCC, lpdwSize));
}

BOOL WINAPI GetDefaultCommConfigW(LPCWSTR lpszName, LPCOMMCONFIG lpCC, LPDWORD lpdwSize)
{
    char *name = lpszName ? path_text_from_wide(lpszName) : NULL;
    BOOL done = lpszName && !name ? fail_status(STATUS_NO_MEMORY)
                                  : GetDefaultCommConfigA(name, lpCC, lpdwSize);
    free(name);
    return done;
}

BOOL WINAPI CommConfigDialogA(LPCSTR lpszName, HWND hWnd, LPCOMMCONFIG lpCC)
{
    (void)lpszName, (void)hWnd, (void)lpCC;
    return fail_win32(ERROR_CALL_NOT_IMPLEMENTED);
}

BOOL WINAPI CommConfigDialogW(LPCWSTR lpszName, HWND hWnd, LPCOMMCONFIG lpCC)
{
    (void)lpszName, (void)hWnd, (void)lpCC;
    return fail_win32(ERROR_CALL_NOT_IMPLEMENTED);
}

/* ---- settings from text ---- */

/* Takes over `text`, the copy of what was `given`. */
static BOOL build__win32(const void *given, char *text, DCB *dcb, COMMTIMEOUTS *timeouts)
{
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    if (given && !text)
        status = STATUS_NO_MEMORY;
    else if (text && dcb)
        status = comm_text_parse(text, dcb, timeouts);
    free(text);
    return win32_result(status);
}

BOOL WINAPI BuildCommDCBA(LPCSTR lpDef, LPDCB lpDCB)
{
    return build__win32(lpDef, lpDef ? strdup(lpDef) : NULL, lpDCB, NULL);
}

BOOL WINAPI BuildCommDCBW(LPCWSTR lpDef, LPDCB lpDCB)
{
    return build__win32(lpDef, lpDef ? path_text_from_wide(lpDef) : NULL, lpDCB, NULL);
}

BOOL WINAPI BuildCommDCBAndTimeoutsA(LPCSTR lpDef, LPDCB lpDCB, LPCOMMTIMEOUTS lpCommTimeouts)
{
    return build__win32(lpDef, lpDef ? strdup(lpDef) : NULL, lpDCB, lpCommTimeouts);
}

BOOL WINAPI BuildCommDCBAndTimeoutsW(LPCWSTR lpDef, LPDCB lpDCB, LPCOMMTIMEOUTS lpCommTimeouts)
{
    return build__win32(lpDef, lpDef ? path_text_from_wide(lpDef) : NULL, lpDCB, lpCommTimeouts);
}

/* ---- events ---- */

BOOL WINAPI GetCommMask(HANDLE hFile, LPDWORD lpEvtMask)
{
    COMM_STRUCTURE(hFile, lpEvtMask, comm_get_mask(comm, lpEvtMask));
}

BOOL WINAPI SetCommMask(HANDLE hFile, DWORD dwEvtMask)
{
    COMM_STRUCTURE(hFile, true, comm_change_mask(comm, dwEvtMask));
}

static NTSTATUS comm__wait(struct comm *comm, DWORD *events, OVERLAPPED *overlapped)
{
    struct request request = {.file = &comm->file};
    NTSTATUS status;
    if (!memory_is_writable(events, sizeof *events))
        return STATUS_ACCESS_VIOLATION;
    status = request_set_overlapped(&request, overlapped);
    return status == STATUS_SUCCESS ? comm_wait(comm, &request, events) : status;
}

BOOL WINAPI WaitCommEvent(HANDLE hFile, LPDWORD lpEvtMask, LPOVERLAPPED lpOverlapped)
{
    struct comm *comm;
    NTSTATUS status = comm_get(hFile, &comm);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    status = comm__wait(comm, lpEvtMask, lpOverlapped);
    file_unref(&comm->file);
    return status == STATUS_SUCCESS ? TRUE : fail_status(status);
}

/* ---- state and lines ---- */

BOOL WINAPI ClearCommError(HANDLE hFile, LPDWORD lpErrors, LPCOMSTAT lpStat)
{
    COMM_STRUCTURE(hFile, true, comm_clear_error(comm, lpErrors, lpStat));
}

BOOL WINAPI PurgeComm(HANDLE hFile, DWORD dwFlags)
{
    COMM_STRUCTURE(hFile, true, comm_purge(comm, dwFlags));
}

BOOL WINAPI EscapeCommFunction(HANDLE hFile, DWORD dwFunc)
{
    COMM_STRUCTURE(hFile, true, comm_escape(comm, dwFunc));
}

BOOL WINAPI SetCommBreak(HANDLE hFile)
{
    return EscapeCommFunction(hFile, SETBREAK);
}

BOOL WINAPI ClearCommBreak(HANDLE hFile)
{
    return EscapeCommFunction(hFile, CLRBREAK);
}

BOOL WINAPI GetCommModemStatus(HANDLE hFile, LPDWORD lpModemStat)
{
    COMM_STRUCTURE(hFile, lpModemStat, comm_get_modem_status(comm, lpModemStat));
}

BOOL WINAPI TransmitCommChar(HANDLE hFile, char cChar)
{
    COMM_STRUCTURE(hFile, true, comm_send_ahead(comm, (uint8_t)cChar));
}

/* ---- ports ---- */

HANDLE WINAPI OpenCommPort(ULONG uPortNumber, DWORD dwDesiredAccess, DWORD dwFlagsAndAttributes)
{
    char name[32];
    snprintf(name, sizeof name, "\\\\.\\COM%u", (unsigned)uPortNumber);
    return CreateFileA(name, dwDesiredAccess, 0, NULL, OPEN_EXISTING, dwFlagsAndAttributes, NULL);
}

ULONG WINAPI GetCommPorts(PULONG lpPortNumbers, ULONG uPortNumbersCount, PULONG puPortNumbersFound)
{
    uint32_t numbers[COMM_NUMBER_MAX];
    ULONG found;
    if (!puPortNumbersFound || (!lpPortNumbers && uPortNumbersCount > 0))
        return ERROR_INVALID_PARAMETER;
    found = comm_numbers(numbers);
    *puPortNumbersFound = found;
    if (found == 0)
        return ERROR_FILE_NOT_FOUND;
    if (found > uPortNumbersCount)
        return ERROR_MORE_DATA;
    for (ULONG i = 0; i < found; i++)
        lpPortNumbers[i] = numbers[i];
    return ERROR_SUCCESS;
}

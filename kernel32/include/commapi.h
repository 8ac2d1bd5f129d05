/* Serial lines. Source: Microsoft, "commapi.h".
 *
 * CreateFile opens COM1 to COM9, \\.\COM10 and up, or a tty by its Linux path; nobody else has it
 * then. The environment variable PORTICO_COMn names the tty that is COMn; without it COM1 is
 * /dev/ttyS0 and so on, and the numbers that are left are /dev/ttyUSB* and /dev/ttyACM*.
 *
 * A handle that is no serial line: ERROR_INVALID_FUNCTION; a device that was unplugged:
 * ERROR_GEN_FAILURE. A pty has no modem lines: it shows none, and those that go out end nowhere. */
#ifndef _COMM_H_
#define _COMM_H_

#include <winbase.h>

PORTICO_BEGIN_DECLS

/* Settings. SetCommState takes effect at once and flushes nothing. FALSE: ERROR_INVALID_PARAMETER
 * (nonsense, or the device cannot), ERROR_NOT_SUPPORTED (see DCB). ("SetCommState function",
 * "GetCommState function") */
WINBASEAPI BOOL WINAPI GetCommState(HANDLE hFile, LPDCB lpDCB);
WINBASEAPI BOOL WINAPI SetCommState(HANDLE hFile, LPDCB lpDCB);

/* The same in a COMMCONFIG; sizes in bytes. FALSE: ERROR_INSUFFICIENT_BUFFER with the size needed,
 * ERROR_INVALID_PARAMETER. ("GetCommConfig function", "SetCommConfig function") */
WINBASEAPI BOOL WINAPI GetCommConfig(HANDLE hCommDev, LPCOMMCONFIG lpCC, LPDWORD lpdwSize);
WINBASEAPI BOOL WINAPI SetCommConfig(HANDLE hCommDev, LPCOMMCONFIG lpCC, DWORD dwSize);

/* What the device can do. ("GetCommProperties function") */
WINBASEAPI BOOL WINAPI GetCommProperties(HANDLE hFile, LPCOMMPROP lpCommProp);

/* Timeouts of the calls that follow. FALSE: ERROR_INVALID_PARAMETER (interval and constant both
 * MAXDWORD). ("SetCommTimeouts function", "GetCommTimeouts function") */
WINBASEAPI BOOL WINAPI GetCommTimeouts(HANDLE hFile, LPCOMMTIMEOUTS lpCommTimeouts);
WINBASEAPI BOOL WINAPI SetCommTimeouts(HANDLE hFile, LPCOMMTIMEOUTS lpCommTimeouts);

/* Suggests sizes of the queues in bytes; that for input grows and never shrinks. FALSE:
 * ERROR_NOT_ENOUGH_MEMORY. ("SetupComm function") */
WINBASEAPI BOOL WINAPI SetupComm(HANDLE hFile, DWORD dwInQueue, DWORD dwOutQueue);

/* Which events (EV_*) are collected from now on; ends a WaitCommEvent that pends, with none.
 * FALSE: ERROR_INVALID_PARAMETER. ("SetCommMask function", "GetCommMask function") */
WINBASEAPI BOOL WINAPI GetCommMask(HANDLE hFile, LPDWORD lpEvtMask);
WINBASEAPI BOOL WINAPI SetCommMask(HANDLE hFile, DWORD dwEvtMask);

/* Gives the events since the last call, waiting for one. Both pointers stay valid until the end.
 * FALSE: ERROR_IO_PENDING, ERROR_INVALID_PARAMETER (no mask is set, another call pends, no
 * OVERLAPPED for an overlapped handle). ("WaitCommEvent function") */
WINBASEAPI BOOL WINAPI WaitCommEvent(HANDLE hFile, LPDWORD lpEvtMask, LPOVERLAPPED lpOverlapped);

/* Gives and clears the errors (CE_*) so far; lets a line with fAbortOnError go on. Either pointer
 * may be NULL. ("ClearCommError function") */
WINBASEAPI BOOL WINAPI ClearCommError(HANDLE hFile, LPDWORD lpErrors, LPCOMSTAT lpStat);

/* Ends calls that pend (PURGE_*ABORT, ERROR_OPERATION_ABORTED), empties queues (PURGE_*CLEAR).
 * FALSE: ERROR_INVALID_PARAMETER. ("PurgeComm function") */
WINBASEAPI BOOL WINAPI PurgeComm(HANDLE hFile, DWORD dwFlags);

/* Sets a line, a break, or acts as if XOFF or XON had come. FALSE: ERROR_INVALID_PARAMETER
 * (unknown, or the line follows a handshake). ("EscapeCommFunction function", "SetCommBreak
 * function", "ClearCommBreak function") */
WINBASEAPI BOOL WINAPI EscapeCommFunction(HANDLE hFile, DWORD dwFunc);
WINBASEAPI BOOL WINAPI SetCommBreak(HANDLE hFile);
WINBASEAPI BOOL WINAPI ClearCommBreak(HANDLE hFile);

/* The lines that come in (MS_*). ("GetCommModemStatus function") */
WINBASEAPI BOOL WINAPI GetCommModemStatus(HANDLE hFile, LPDWORD lpModemStat);

/* Sends a character ahead of the output queue. FALSE: ERROR_INVALID_PARAMETER (the last one has not
 * left yet). ("TransmitCommChar function") */
WINBASEAPI BOOL WINAPI TransmitCommChar(HANDLE hFile, char cChar);

/* Opens COM`uPortNumber`. INVALID_HANDLE_VALUE: as CreateFile. ("OpenCommPort function") */
WINBASEAPI HANDLE WINAPI OpenCommPort(ULONG uPortNumber, DWORD dwDesiredAccess,
                                      DWORD dwFlagsAndAttributes);

/* The numbers of all ports. Returns a Win32 error: ERROR_MORE_DATA with the count needed,
 * ERROR_FILE_NOT_FOUND (there are none), ERROR_INVALID_PARAMETER. ("GetCommPorts function") */
WINBASEAPI ULONG WINAPI GetCommPorts(PULONG lpPortNumbers, ULONG uPortNumbersCount,
                                     PULONG puPortNumbersFound);

PORTICO_END_DECLS

#endif

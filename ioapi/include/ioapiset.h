/* Completion ports, overlapped results, cancellation. Source: Microsoft, "ioapiset.h". */
#ifndef _IO_APISET_H_
#define _IO_APISET_H_

#include <minwinbase.h>
#include <minwindef.h>

PORTICO_BEGIN_DECLS

/* Makes a port, binds an overlapped file to a port, or both at once. FileHandle:
 * INVALID_HANDLE_VALUE makes a port alone. NumberOfConcurrentThreads: 0 means the number of
 * processors; ignored when a port is given. Returns the port's handle. NULL:
 * ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER (file not overlapped, or bound already).
 * ("CreateIoCompletionPort function") */
WINBASEAPI HANDLE WINAPI CreateIoCompletionPort(HANDLE FileHandle, HANDLE ExistingCompletionPort,
                                                ULONG_PTR CompletionKey,
                                                DWORD NumberOfConcurrentThreads);

/* Takes one packet, waiting up to dwMilliseconds. TRUE: a packet of a success. FALSE and
 * *lpOverlapped not NULL: a packet of a failed operation, whose error is the last error. FALSE and
 * *lpOverlapped NULL: WAIT_TIMEOUT, ERROR_ABANDONED_WAIT_0 (port closed), ERROR_INVALID_HANDLE.
 * ("GetQueuedCompletionStatus function") */
WINBASEAPI BOOL WINAPI GetQueuedCompletionStatus(HANDLE CompletionPort,
                                                 LPDWORD lpNumberOfBytesTransferred,
                                                 PULONG_PTR lpCompletionKey,
                                                 LPOVERLAPPED *lpOverlapped, DWORD dwMilliseconds);

/* Takes up to ulCount packets at once; never waits for more than the first. FALSE: WAIT_TIMEOUT,
 * WAIT_IO_COMPLETION (alertable, an APC ran), ERROR_ABANDONED_WAIT_0, ERROR_INVALID_HANDLE,
 * ERROR_INVALID_PARAMETER (ulCount 0). ("GetQueuedCompletionStatusEx function") */
WINBASEAPI BOOL WINAPI GetQueuedCompletionStatusEx(HANDLE CompletionPort,
                                                   LPOVERLAPPED_ENTRY lpCompletionPortEntries,
                                                   ULONG ulCount, PULONG ulNumEntriesRemoved,
                                                   DWORD dwMilliseconds, BOOL fAlertable);

/* Queues a packet; the three values come out as they went in. FALSE: ERROR_INVALID_HANDLE,
 * ERROR_NO_SYSTEM_RESOURCES. ("PostQueuedCompletionStatus function") */
WINBASEAPI BOOL WINAPI PostQueuedCompletionStatus(HANDLE CompletionPort,
                                                  DWORD dwNumberOfBytesTransferred,
                                                  ULONG_PTR dwCompletionKey,
                                                  LPOVERLAPPED lpOverlapped);

/* The result of an overlapped operation; with bWait, waits for it on hEvent or else on the file.
 * FALSE: ERROR_IO_INCOMPLETE while it runs, or the operation's own error.
 * ("GetOverlappedResult function") */
WINBASEAPI BOOL WINAPI GetOverlappedResult(HANDLE hFile, LPOVERLAPPED lpOverlapped,
                                           LPDWORD lpNumberOfBytesTransferred, BOOL bWait);

/* As above with a timeout in milliseconds, alertable if asked. FALSE also: WAIT_TIMEOUT,
 * WAIT_IO_COMPLETION. ("GetOverlappedResultEx function") */
WINBASEAPI BOOL WINAPI GetOverlappedResultEx(HANDLE hFile, LPOVERLAPPED lpOverlapped,
                                             LPDWORD lpNumberOfBytesTransferred,
                                             DWORD dwMilliseconds, BOOL bAlertable);

/* Cancels what the calling thread has pending on the file. FALSE: ERROR_INVALID_HANDLE.
 * ("CancelIo function") */
WINBASEAPI BOOL WINAPI CancelIo(HANDLE hFile);

/* Cancels what anybody in the process has pending on the file: the operations of one OVERLAPPED,
 * or all. FALSE: ERROR_NOT_FOUND, ERROR_INVALID_HANDLE. ("CancelIoEx function") */
WINBASEAPI BOOL WINAPI CancelIoEx(HANDLE hFile, LPOVERLAPPED lpOverlapped);

/* Ends the synchronous I/O another thread is blocked in. FALSE: ERROR_NOT_FOUND,
 * ERROR_INVALID_HANDLE. ("CancelSynchronousIo function") */
WINBASEAPI BOOL WINAPI CancelSynchronousIo(HANDLE hThread);

/* Has a device do what a control code says: today serial lines (ntddser.h). `lpBytesReturned` gets
 * the bytes of output. FALSE: ERROR_IO_PENDING, ERROR_INVALID_FUNCTION (the file has no such
 * codes), ERROR_INVALID_PARAMETER, ERROR_INSUFFICIENT_BUFFER, ERROR_NOACCESS. ("DeviceIoControl
 * function") */
WINBASEAPI BOOL WINAPI DeviceIoControl(HANDLE hDevice, DWORD dwIoControlCode, LPVOID lpInBuffer,
                                       DWORD nInBufferSize, LPVOID lpOutBuffer,
                                       DWORD nOutBufferSize, LPDWORD lpBytesReturned,
                                       LPOVERLAPPED lpOverlapped);

PORTICO_END_DECLS

#endif

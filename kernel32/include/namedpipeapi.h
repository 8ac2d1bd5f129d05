/* Pipes. Source: Microsoft, "namedpipeapi.h". */
#ifndef _NAMEDPIPE_H_
#define _NAMEDPIPE_H_

#include <minwinbase.h>
#include <minwindef.h>

PORTICO_BEGIN_DECLS

#define PIPE_ACCESS_INBOUND 0x00000001
#define PIPE_ACCESS_OUTBOUND 0x00000002
#define PIPE_ACCESS_DUPLEX 0x00000003
#define PIPE_CLIENT_END 0x00000000
#define PIPE_SERVER_END 0x00000001
#define PIPE_WAIT 0x00000000
#define PIPE_NOWAIT 0x00000001
#define PIPE_READMODE_BYTE 0x00000000
#define PIPE_READMODE_MESSAGE 0x00000002
#define PIPE_TYPE_BYTE 0x00000000
#define PIPE_TYPE_MESSAGE 0x00000004
#define PIPE_ACCEPT_REMOTE_CLIENTS 0x00000000
#define PIPE_REJECT_REMOTE_CLIENTS 0x00000008
#define PIPE_UNLIMITED_INSTANCES 255
#define NMPWAIT_WAIT_FOREVER 0xFFFFFFFF
#define NMPWAIT_NOWAIT 0x00000001
#define NMPWAIT_USE_DEFAULT_WAIT 0x00000000

/* Makes an anonymous pipe; both handles are synchronous. `nSize` suggests the buffer's size in
 * bytes, 0 leaves it to the system. FALSE: ERROR_NOACCESS (NULL pointers),
 * ERROR_TOO_MANY_OPEN_FILES. ("CreatePipe function") */
WINBASEAPI BOOL WINAPI CreatePipe(PHANDLE hReadPipe, PHANDLE hWritePipe,
                                  LPSECURITY_ATTRIBUTES lpPipeAttributes, DWORD nSize);

/* Makes an instance of the pipe `lpName` (\\.\pipe\name, in any case), at once ready for a client.
 * `dwOpenMode`: PIPE_ACCESS_* and FILE_FLAG_OVERLAPPED, FILE_FLAG_FIRST_PIPE_INSTANCE;
 * `dwPipeMode`: PIPE_*; buffer sizes in bytes are quotas; `nDefaultTimeOut` in milliseconds is
 * WaitNamedPipe's. Further instances take type, limit and timeout from the first.
 * INVALID_HANDLE_VALUE: ERROR_PATH_NOT_FOUND (no name), ERROR_INVALID_NAME,
 * ERROR_INVALID_PARAMETER, ERROR_PIPE_BUSY (the limit), ERROR_ACCESS_DENIED (not the first
 * instance, another direction).
 * ("CreateNamedPipeW function") */
WINBASEAPI HANDLE WINAPI CreateNamedPipeA(LPCSTR lpName, DWORD dwOpenMode, DWORD dwPipeMode,
                                          DWORD nMaxInstances, DWORD nOutBufferSize,
                                          DWORD nInBufferSize, DWORD nDefaultTimeOut,
                                          LPSECURITY_ATTRIBUTES lpSecurityAttributes);
WINBASEAPI HANDLE WINAPI CreateNamedPipeW(LPCWSTR lpName, DWORD dwOpenMode, DWORD dwPipeMode,
                                          DWORD nMaxInstances, DWORD nOutBufferSize,
                                          DWORD nInBufferSize, DWORD nDefaultTimeOut,
                                          LPSECURITY_ATTRIBUTES lpSecurityAttributes);

/* Waits for a client. FALSE: ERROR_IO_PENDING (with an OVERLAPPED), ERROR_PIPE_CONNECTED (one is
 * there: as good as TRUE, but nothing completes), ERROR_NO_DATA (it came and went),
 * ERROR_PIPE_LISTENING (PIPE_NOWAIT), ERROR_INVALID_FUNCTION (not a server's end).
 * ("ConnectNamedPipe function") */
WINBASEAPI BOOL WINAPI ConnectNamedPipe(HANDLE hNamedPipe, LPOVERLAPPED lpOverlapped);

/* Throws the client out; unread data is lost, pending calls end with ERROR_PIPE_NOT_CONNECTED.
 * FALSE: ERROR_PIPE_NOT_CONNECTED, ERROR_INVALID_FUNCTION (not a server's end).
 * ("DisconnectNamedPipe function") */
WINBASEAPI BOOL WINAPI DisconnectNamedPipe(HANDLE hNamedPipe);

/* Looks at what can be read; any pointer may be NULL. Message pipes: at the first message only.
 * FALSE: ERROR_BROKEN_PIPE (the other end is gone and nothing is left), ERROR_BAD_PIPE,
 * ERROR_PIPE_NOT_CONNECTED, ERROR_INVALID_FUNCTION (no pipe). ("PeekNamedPipe function") */
WINBASEAPI BOOL WINAPI PeekNamedPipe(HANDLE hNamedPipe, LPVOID lpBuffer, DWORD nBufferSize,
                                     LPDWORD lpBytesRead, LPDWORD lpTotalBytesAvail,
                                     LPDWORD lpBytesLeftThisMessage);

/* Writes a message and reads the answer. FALSE: ERROR_IO_PENDING, ERROR_MORE_DATA (the answer is
 * longer), ERROR_BAD_PIPE (not in message mode, not connected), ERROR_PIPE_BUSY (unread data is
 * there). ("TransactNamedPipe function") */
WINBASEAPI BOOL WINAPI TransactNamedPipe(HANDLE hNamedPipe, LPVOID lpInBuffer, DWORD nInBufferSize,
                                         LPVOID lpOutBuffer, DWORD nOutBufferSize,
                                         LPDWORD lpBytesRead, LPOVERLAPPED lpOverlapped);

/* Opens the pipe, waiting for up to `nTimeOut` (milliseconds or NMPWAIT_*), makes one transaction
 * and closes it. FALSE: those of CreateFile, WaitNamedPipe and TransactNamedPipe.
 * ("CallNamedPipeA function", "CallNamedPipeW function") */
WINBASEAPI BOOL WINAPI CallNamedPipeA(LPCSTR lpNamedPipeName, LPVOID lpInBuffer,
                                      DWORD nInBufferSize, LPVOID lpOutBuffer, DWORD nOutBufferSize,
                                      LPDWORD lpBytesRead, DWORD nTimeOut);
WINBASEAPI BOOL WINAPI CallNamedPipeW(LPCWSTR lpNamedPipeName, LPVOID lpInBuffer,
                                      DWORD nInBufferSize, LPVOID lpOutBuffer, DWORD nOutBufferSize,
                                      LPDWORD lpBytesRead, DWORD nTimeOut);

/* Waits until an instance is ready for a client, for `nTimeOut` milliseconds or NMPWAIT_*. FALSE:
 * ERROR_FILE_NOT_FOUND (no such pipe), ERROR_SEM_TIMEOUT, ERROR_BAD_PATHNAME.
 * ("WaitNamedPipeW function") */
WINBASEAPI BOOL WINAPI WaitNamedPipeA(LPCSTR lpNamedPipeName, DWORD nTimeOut);
WINBASEAPI BOOL WINAPI WaitNamedPipeW(LPCWSTR lpNamedPipeName, DWORD nTimeOut);

/* Sets a handle's PIPE_READMODE_* and PIPE_NOWAIT; what is about collecting data over a network
 * must be NULL. FALSE: ERROR_INVALID_PARAMETER (also message mode on a byte pipe),
 * ERROR_ACCESS_DENIED (no FILE_WRITE_ATTRIBUTES). ("SetNamedPipeHandleState function") */
WINBASEAPI BOOL WINAPI SetNamedPipeHandleState(HANDLE hNamedPipe, LPDWORD lpMode,
                                               LPDWORD lpMaxCollectionCount,
                                               LPDWORD lpCollectDataTimeout);

/* The handle's modes and the number of instances; any pointer may be NULL, those about collecting
 * data and the user's name must be. FALSE: ERROR_INVALID_PARAMETER.
 * ("GetNamedPipeHandleStateW function") */
WINBASEAPI BOOL WINAPI GetNamedPipeHandleStateA(HANDLE hNamedPipe, LPDWORD lpState,
                                                LPDWORD lpCurInstances,
                                                LPDWORD lpMaxCollectionCount,
                                                LPDWORD lpCollectDataTimeout, LPSTR lpUserName,
                                                DWORD nMaxUserNameSize);
WINBASEAPI BOOL WINAPI GetNamedPipeHandleStateW(HANDLE hNamedPipe, LPDWORD lpState,
                                                LPDWORD lpCurInstances,
                                                LPDWORD lpMaxCollectionCount,
                                                LPDWORD lpCollectDataTimeout, LPWSTR lpUserName,
                                                DWORD nMaxUserNameSize);

/* The pipe's type and end (PIPE_SERVER_END, PIPE_TYPE_MESSAGE), quotas in bytes and largest number
 * of instances; any pointer may be NULL. ("GetNamedPipeInfo function") */
WINBASEAPI BOOL WINAPI GetNamedPipeInfo(HANDLE hNamedPipe, LPDWORD lpFlags, LPDWORD lpOutBufferSize,
                                        LPDWORD lpInBufferSize, LPDWORD lpMaxInstances);

/* Who is at the ends. FALSE: ERROR_INSUFFICIENT_BUFFER (NULL pointer), ERROR_NOT_FOUND (no client
 * yet, or none any more), ERROR_PIPE_NOT_CONNECTED (a client that was thrown out). The session is
 * always 1. ("GetNamedPipeClientProcessId function", "GetNamedPipeServerProcessId function") */
WINBASEAPI BOOL WINAPI GetNamedPipeClientProcessId(HANDLE Pipe, PULONG ClientProcessId);
WINBASEAPI BOOL WINAPI GetNamedPipeServerProcessId(HANDLE Pipe, PULONG ServerProcessId);
WINBASEAPI BOOL WINAPI GetNamedPipeClientSessionId(HANDLE Pipe, PULONG ClientSessionId);
WINBASEAPI BOOL WINAPI GetNamedPipeServerSessionId(HANDLE Pipe, PULONG ServerSessionId);

/* FALSE with ERROR_PIPE_LOCAL: all clients are on this machine.
 * ("GetNamedPipeClientComputerNameW function") */
WINBASEAPI BOOL WINAPI GetNamedPipeClientComputerNameA(HANDLE Pipe, LPSTR ClientComputerName,
                                                       ULONG ClientComputerNameLength);
WINBASEAPI BOOL WINAPI GetNamedPipeClientComputerNameW(HANDLE Pipe, LPWSTR ClientComputerName,
                                                       ULONG ClientComputerNameLength);

/* There are no tokens: always FALSE. ERROR_CANNOT_IMPERSONATE if nothing was read of the client,
 * else ERROR_CALL_NOT_IMPLEMENTED; ERROR_INVALID_FUNCTION on a client's end.
 * ("ImpersonateNamedPipeClient function") */
WINBASEAPI BOOL WINAPI ImpersonateNamedPipeClient(HANDLE hNamedPipe);

#ifdef UNICODE
#define CreateNamedPipe CreateNamedPipeW
#define CallNamedPipe CallNamedPipeW
#define WaitNamedPipe WaitNamedPipeW
#define GetNamedPipeHandleState GetNamedPipeHandleStateW
#define GetNamedPipeClientComputerName GetNamedPipeClientComputerNameW
#else
#define CreateNamedPipe CreateNamedPipeA
#define CallNamedPipe CallNamedPipeA
#define WaitNamedPipe WaitNamedPipeA
#define GetNamedPipeHandleState GetNamedPipeHandleStateA
#define GetNamedPipeClientComputerName GetNamedPipeClientComputerNameA
#endif

PORTICO_END_DECLS

#endif

/* Files and directories. Source: Microsoft, "fileapi.h". */
#ifndef _APISETFILE_
#define _APISETFILE_

#include <minwinbase.h>
#include <minwindef.h>

PORTICO_BEGIN_DECLS

#define CREATE_NEW 1
#define CREATE_ALWAYS 2
#define OPEN_EXISTING 3
#define OPEN_ALWAYS 4
#define TRUNCATE_EXISTING 5
#define INVALID_FILE_SIZE ((DWORD)0xFFFFFFFF)
#define INVALID_SET_FILE_POINTER ((DWORD)-1)
#define INVALID_FILE_ATTRIBUTES ((DWORD)-1)

/* Opens or creates a file, a directory (with FILE_FLAG_BACKUP_SEMANTICS) or a device.
 * INVALID_HANDLE_VALUE: ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND, ERROR_ACCESS_DENIED,
 * ERROR_FILE_EXISTS, ERROR_INVALID_PARAMETER, ERROR_INVALID_NAME, ERROR_SHARING_VIOLATION and
 * others. On success the last error is 0, or ERROR_ALREADY_EXISTS for CREATE_ALWAYS and
 * OPEN_ALWAYS of a file that was there. ("CreateFileW function") */
WINBASEAPI HANDLE WINAPI CreateFileA(LPCSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
                                     LPSECURITY_ATTRIBUTES lpSecurityAttributes,
                                     DWORD dwCreationDisposition, DWORD dwFlagsAndAttributes,
                                     HANDLE hTemplateFile);
WINBASEAPI HANDLE WINAPI CreateFileW(LPCWSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
                                     LPSECURITY_ATTRIBUTES lpSecurityAttributes,
                                     DWORD dwCreationDisposition, DWORD dwFlagsAndAttributes,
                                     HANDLE hTemplateFile);

/* Reads from, or writes to, a file at its position or at the OVERLAPPED's offset. FALSE with
 * ERROR_IO_PENDING: it goes on. ("ReadFile function", "WriteFile function") */
WINBASEAPI BOOL WINAPI ReadFile(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead,
                                LPDWORD lpNumberOfBytesRead, LPOVERLAPPED lpOverlapped);
WINBASEAPI BOOL WINAPI WriteFile(HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite,
                                 LPDWORD lpNumberOfBytesWritten, LPOVERLAPPED lpOverlapped);

/* The same with a completion routine, which runs in the calling thread's alertable waits. FALSE:
 * ERROR_INVALID_PARAMETER (file bound to a port), or the operation's error. ("ReadFileEx
 * function", "WriteFileEx function") */
WINBASEAPI BOOL WINAPI ReadFileEx(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead,
                                  LPOVERLAPPED lpOverlapped,
                                  LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
WINBASEAPI BOOL WINAPI WriteFileEx(HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite,
                                   LPOVERLAPPED lpOverlapped,
                                   LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);

/* The size in bytes. FALSE: ERROR_INVALID_HANDLE. ("GetFileSizeEx function") */
WINBASEAPI BOOL WINAPI GetFileSizeEx(HANDLE hFile, PLARGE_INTEGER lpFileSize);
WINBASEAPI DWORD WINAPI GetFileSize(HANDLE hFile, LPDWORD lpFileSizeHigh);

/* Moves the file pointer of a synchronous file. FALSE: ERROR_NEGATIVE_SEEK,
 * ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE. ("SetFilePointerEx function") */
WINBASEAPI BOOL WINAPI SetFilePointerEx(HANDLE hFile, LARGE_INTEGER liDistanceToMove,
                                        PLARGE_INTEGER lpNewFilePointer, DWORD dwMoveMethod);
WINBASEAPI DWORD WINAPI SetFilePointer(HANDLE hFile, LONG lDistanceToMove,
                                       PLONG lpDistanceToMoveHigh, DWORD dwMoveMethod);

/* Truncates or extends the file at the file pointer. FALSE: ERROR_ACCESS_DENIED,
 * ERROR_INVALID_HANDLE, ERROR_DISK_FULL. ("SetEndOfFile function") */
WINBASEAPI BOOL WINAPI SetEndOfFile(HANDLE hFile);

/* Brings what was written to stable storage (or, on a pipe, to its reader). FALSE:
 * ERROR_ACCESS_DENIED, ERROR_INVALID_HANDLE. ("FlushFileBuffers function") */
WINBASEAPI BOOL WINAPI FlushFileBuffers(HANDLE hFile);

/* FILE_TYPE_DISK, _CHAR or _PIPE; FILE_TYPE_UNKNOWN with ERROR_INVALID_HANDLE if it is no file.
 * ("GetFileType function") */
WINBASEAPI DWORD WINAPI GetFileType(HANDLE hFile);

#ifdef UNICODE
#define CreateFile CreateFileW
#else
#define CreateFile CreateFileA
#endif

PORTICO_END_DECLS

#endif

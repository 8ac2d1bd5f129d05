/* The process's surroundings: standard handles and current directory. Source: Microsoft,
 * "processenv.h". */
#ifndef _PROCESSENV_
#define _PROCESSENV_

#include <minwindef.h>

PORTICO_BEGIN_DECLS

/* The handle in one of the three slots STD_INPUT_HANDLE, STD_OUTPUT_HANDLE and STD_ERROR_HANDLE;
 * NULL if the slot is empty. INVALID_HANDLE_VALUE with ERROR_INVALID_HANDLE for any other id.
 * ("GetStdHandle function") */
WINBASEAPI HANDLE WINAPI GetStdHandle(DWORD nStdHandle);

/* Puts a handle into a slot; the one that was there stays open. FALSE: ERROR_INVALID_HANDLE for a
 * wrong id. ("SetStdHandle function") */
WINBASEAPI BOOL WINAPI SetStdHandle(DWORD nStdHandle, HANDLE hHandle);

/* The current directory, of `nBufferLength` characters at most. Returns its length, or the size
 * that would do (NUL included) if the buffer is too small; 0 on failure. ("GetCurrentDirectory
 * function") */
WINBASEAPI DWORD WINAPI GetCurrentDirectoryA(DWORD nBufferLength, LPSTR lpBuffer);
WINBASEAPI DWORD WINAPI GetCurrentDirectoryW(DWORD nBufferLength, LPWSTR lpBuffer);

/* Changes it, for the whole process. FALSE: ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND,
 * ERROR_DIRECTORY (it is a file), ERROR_ACCESS_DENIED. ("SetCurrentDirectory function") */
WINBASEAPI BOOL WINAPI SetCurrentDirectoryA(LPCSTR lpPathName);
WINBASEAPI BOOL WINAPI SetCurrentDirectoryW(LPCWSTR lpPathName);

#ifdef UNICODE
#define GetCurrentDirectory GetCurrentDirectoryW
#define SetCurrentDirectory SetCurrentDirectoryW
#else
#define GetCurrentDirectory GetCurrentDirectoryA
#define SetCurrentDirectory SetCurrentDirectoryA
#endif

PORTICO_END_DECLS

#endif

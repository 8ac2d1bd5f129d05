/* The process's surroundings: environment, command line, standard handles, current directory.
 * Source: Microsoft, "processenv.h". */
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

/* ---- the environment ---- */

/* The value of a variable, whose name is found whatever its case. The length, or the room needed
 * (terminator included) if nSize is less. 0: ERROR_ENVVAR_NOT_FOUND; an empty value is 0 with last
 * error 0. ("GetEnvironmentVariableW function") */
WINBASEAPI DWORD WINAPI GetEnvironmentVariableA(LPCSTR lpName, LPSTR lpBuffer, DWORD nSize);
WINBASEAPI DWORD WINAPI GetEnvironmentVariableW(LPCWSTR lpName, LPWSTR lpBuffer, DWORD nSize);

/* Sets a variable, or with NULL removes it. FALSE: ERROR_INVALID_PARAMETER (name),
 * ERROR_ENVVAR_NOT_FOUND (nothing to remove). ("SetEnvironmentVariableW function") */
WINBASEAPI BOOL WINAPI SetEnvironmentVariableA(LPCSTR lpName, LPCSTR lpValue);
WINBASEAPI BOOL WINAPI SetEnvironmentVariableW(LPCWSTR lpName, LPCWSTR lpValue);

/* A copy of all of it, NAME=value after NAME=value, ended by an empty one.
 * ("GetEnvironmentStringsW function") */
WINBASEAPI LPCH WINAPI GetEnvironmentStringsA(VOID);
WINBASEAPI LPWCH WINAPI GetEnvironmentStringsW(VOID);
WINBASEAPI BOOL WINAPI FreeEnvironmentStringsA(LPCH penv);
WINBASEAPI BOOL WINAPI FreeEnvironmentStringsW(LPWCH penv);

/* Replaces each %NAME% that is set; others stay. The room needed, terminator included; the result
 * is there only if that is not more than nSize. 0: ERROR_NOT_ENOUGH_MEMORY.
 * ("ExpandEnvironmentStringsW function") */
WINBASEAPI DWORD WINAPI ExpandEnvironmentStringsA(LPCSTR lpSrc, LPSTR lpDst, DWORD nSize);
WINBASEAPI DWORD WINAPI ExpandEnvironmentStringsW(LPCWSTR lpSrc, LPWSTR lpDst, DWORD nSize);

/* The arguments as one line, quoted as Windows quotes them. ("GetCommandLineW function") */
WINBASEAPI LPSTR WINAPI GetCommandLineA(VOID);
WINBASEAPI LPWSTR WINAPI GetCommandLineW(VOID);

#ifdef UNICODE
#define GetEnvironmentVariable GetEnvironmentVariableW
#define SetEnvironmentVariable SetEnvironmentVariableW
#define GetEnvironmentStrings GetEnvironmentStringsW
#define FreeEnvironmentStrings FreeEnvironmentStringsW
#define ExpandEnvironmentStrings ExpandEnvironmentStringsW
#define GetCommandLine GetCommandLineW
#else
#define GetEnvironmentVariable GetEnvironmentVariableA
#define SetEnvironmentVariable SetEnvironmentVariableA
#define GetEnvironmentStrings GetEnvironmentStringsA
#define FreeEnvironmentStrings FreeEnvironmentStringsA
#define ExpandEnvironmentStrings ExpandEnvironmentStringsA
#define GetCommandLine GetCommandLineA
#endif

#ifdef UNICODE
#define GetCurrentDirectory GetCurrentDirectoryW
#define SetCurrentDirectory SetCurrentDirectoryW
#else
#define GetCurrentDirectory GetCurrentDirectoryA
#define SetCurrentDirectory SetCurrentDirectoryA
#endif

PORTICO_END_DECLS

#endif

/* Handles, whatever is behind them. Source: Microsoft, "handleapi.h". */
#ifndef _APISETHANDLE_
#define _APISETHANDLE_

#include <minwindef.h>
#include <winnt.h>

PORTICO_BEGIN_DECLS

#define INVALID_HANDLE_VALUE ((HANDLE)(LONG_PTR)-1)
#define HANDLE_FLAG_INHERIT 0x00000001
#define HANDLE_FLAG_PROTECT_FROM_CLOSE 0x00000002

/* Closes a handle. FALSE: ERROR_INVALID_HANDLE (also for a handle protected from closing). The
 * pseudo-handles of process and thread are left alone, with TRUE. ("CloseHandle function") */
WINBASEAPI BOOL WINAPI CloseHandle(HANDLE hObject);

/* A second handle to the same object, in this process. FALSE: ERROR_INVALID_HANDLE,
 * ERROR_ACCESS_DENIED (more rights than the source has), ERROR_NOT_SUPPORTED (another process),
 * ERROR_TOO_MANY_OPEN_FILES. ("DuplicateHandle function") */
WINBASEAPI BOOL WINAPI DuplicateHandle(HANDLE hSourceProcessHandle, HANDLE hSourceHandle,
                                       HANDLE hTargetProcessHandle, LPHANDLE lpTargetHandle,
                                       DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwOptions);

/* The handle's HANDLE_FLAG_* bits. FALSE: ERROR_INVALID_HANDLE. ("GetHandleInformation
 * function") */
WINBASEAPI BOOL WINAPI GetHandleInformation(HANDLE hObject, LPDWORD lpdwFlags);

/* Sets those HANDLE_FLAG_* bits that dwMask names. FALSE: ERROR_INVALID_HANDLE,
 * ERROR_INVALID_PARAMETER (unknown bits). ("SetHandleInformation function") */
WINBASEAPI BOOL WINAPI SetHandleInformation(HANDLE hObject, DWORD dwMask, DWORD dwFlags);

/* TRUE if both handles name one object. FALSE: ERROR_NOT_SAME_OBJECT, ERROR_INVALID_HANDLE.
 * ("CompareObjectHandles function") */
WINBASEAPI BOOL WINAPI CompareObjectHandles(HANDLE hFirstObjectHandle, HANDLE hSecondObjectHandle);

PORTICO_END_DECLS

#endif

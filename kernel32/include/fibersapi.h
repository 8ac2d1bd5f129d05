/* Fiber-local storage; without fibers it is thread-local storage with a callback. Source:
 * Microsoft, "fibersapi.h". */
#ifndef _FIBERS_H_
#define _FIBERS_H_

#include <minwindef.h>
#include <winnt.h>

PORTICO_BEGIN_DECLS

#define FLS_OUT_OF_INDEXES ((DWORD)0xFFFFFFFF)
#define FLS_MAXIMUM_AVAILABLE 128

typedef VOID(WINAPI *PFLS_CALLBACK_FUNCTION)(PVOID lpFlsData);

/* An index. The callback gets each value that is not NULL, when its thread ends or the index is
 * freed. FLS_OUT_OF_INDEXES: ERROR_NO_MORE_ITEMS. ("FlsAlloc function") */
WINBASEAPI DWORD WINAPI FlsAlloc(PFLS_CALLBACK_FUNCTION lpCallback);

/* FALSE or NULL: ERROR_INVALID_PARAMETER (not an allocated index), ERROR_NOT_ENOUGH_MEMORY.
 * ("FlsFree function") */
WINBASEAPI PVOID WINAPI FlsGetValue(DWORD dwFlsIndex);
WINBASEAPI BOOL WINAPI FlsSetValue(DWORD dwFlsIndex, PVOID lpFlsData);
WINBASEAPI BOOL WINAPI FlsFree(DWORD dwFlsIndex);

PORTICO_END_DECLS

#endif

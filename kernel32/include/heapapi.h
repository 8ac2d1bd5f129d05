/* Heaps. Source: Microsoft, "heapapi.h". */
#ifndef _HEAPAPI_H_
#define _HEAPAPI_H_

#include <minwindef.h>
#include <winnt.h>

PORTICO_BEGIN_DECLS

/* The heap that is always there; never destroyed. ("GetProcessHeap function") */
WINBASEAPI HANDLE WINAPI GetProcessHeap(VOID);

/* A heap of one's own, which frees its blocks when it is destroyed. dwMaximumSize 0: no limit;
 * otherwise the bytes its blocks may have together. NULL: ERROR_INVALID_PARAMETER (unknown flags),
 * ERROR_NOT_ENOUGH_MEMORY. Destroy's FALSE: ERROR_INVALID_HANDLE. ("HeapCreate function") */
WINBASEAPI HANDLE WINAPI HeapCreate(DWORD flOptions, SIZE_T dwInitialSize, SIZE_T dwMaximumSize);
WINBASEAPI BOOL WINAPI HeapDestroy(HANDLE hHeap);

/* HEAP_ZERO_MEMORY, HEAP_NO_SERIALIZE, HEAP_REALLOC_IN_PLACE_ONLY. NULL: no memory, or not a heap;
 * as on Windows the last error need not say why. ("HeapAlloc function") */
WINBASEAPI LPVOID WINAPI HeapAlloc(HANDLE hHeap, DWORD dwFlags, SIZE_T dwBytes);
WINBASEAPI LPVOID WINAPI HeapReAlloc(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem, SIZE_T dwBytes);

/* NULL is freed with success. FALSE: ERROR_INVALID_PARAMETER (not a block of this heap).
 * ("HeapFree function") */
WINBASEAPI BOOL WINAPI HeapFree(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem);

/* The size asked for; (SIZE_T)-1: not a block of this heap. ("HeapSize function") */
WINBASEAPI SIZE_T WINAPI HeapSize(HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem);

/* Is the heap, or the block, sound? ("HeapValidate function") */
WINBASEAPI BOOL WINAPI HeapValidate(HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem);

PORTICO_END_DECLS

#endif

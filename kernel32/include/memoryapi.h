/* Virtual memory. Source: Microsoft, "memoryapi.h". */
#ifndef _MEMORYAPI_H_
#define _MEMORYAPI_H_

#include <minwinbase.h>
#include <minwindef.h>
#include <winnt.h>

PORTICO_BEGIN_DECLS

/* ("MEMORY_BASIC_INFORMATION structure") */
typedef struct _MEMORY_BASIC_INFORMATION {
    PVOID BaseAddress;
    PVOID AllocationBase;
    DWORD AllocationProtect;
    WORD PartitionId;
    SIZE_T RegionSize;
    DWORD State;
    DWORD Protect;
    DWORD Type;
} MEMORY_BASIC_INFORMATION, *PMEMORY_BASIC_INFORMATION;

/* Reserves address space (in units of 64 KiB), commits pages of it, or both. NULL:
 * ERROR_INVALID_PARAMETER, ERROR_INVALID_ADDRESS, ERROR_NOT_ENOUGH_MEMORY,
 * ERROR_PRIVILEGE_NOT_HELD (MEM_LARGE_PAGES). ("VirtualAlloc function") */
WINBASEAPI LPVOID WINAPI VirtualAlloc(LPVOID lpAddress, SIZE_T dwSize, DWORD flAllocationType,
                                      DWORD flProtect);

/* MEM_DECOMMIT gives back the pages, MEM_RELEASE (with size 0) the whole reservation. FALSE:
 * ERROR_INVALID_PARAMETER, ERROR_INVALID_ADDRESS. ("VirtualFree function") */
WINBASEAPI BOOL WINAPI VirtualFree(LPVOID lpAddress, SIZE_T dwSize, DWORD dwFreeType);

/* Changes the protection of committed pages. FALSE: ERROR_INVALID_PARAMETER, ERROR_INVALID_ADDRESS,
 * ERROR_NOACCESS (no place for the old protection). ("VirtualProtect function") */
WINBASEAPI BOOL WINAPI VirtualProtect(LPVOID lpAddress, SIZE_T dwSize, DWORD flNewProtect,
                                      PDWORD lpflOldProtect);

/* What is at an address: the size of the answer. 0: ERROR_BAD_LENGTH, ERROR_INVALID_PARAMETER.
 * ("VirtualQuery function") */
WINBASEAPI SIZE_T WINAPI VirtualQuery(LPCVOID lpAddress, PMEMORY_BASIC_INFORMATION lpBuffer,
                                      SIZE_T dwLength);

/* Keep pages in memory. FALSE: ERROR_INVALID_ADDRESS, ERROR_WORKING_SET_QUOTA, ERROR_NOT_LOCKED.
 * ("VirtualLock function") */
WINBASEAPI BOOL WINAPI VirtualLock(LPVOID lpAddress, SIZE_T dwSize);
WINBASEAPI BOOL WINAPI VirtualUnlock(LPVOID lpAddress, SIZE_T dwSize);

PORTICO_END_DECLS

#endif

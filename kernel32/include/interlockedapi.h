/* Lock-free stacks. Source: Microsoft, "interlockedapi.h". The Interlocked* functions come inline
 * with winnt.h. */
#ifndef _INTERLOCKAPI_H_
#define _INTERLOCKAPI_H_

#include <minwindef.h>
#include <winnt.h>

PORTICO_BEGIN_DECLS

/* Head and entries are aligned to 16 bytes (MEMORY_ALLOCATION_ALIGNMENT). Push returns the entry
 * that was first; Pop the one it took, or NULL; Flush the whole chain.
 * ("Interlocked Singly Linked Lists") */
WINBASEAPI VOID WINAPI InitializeSListHead(PSLIST_HEADER ListHead);
WINBASEAPI PSLIST_ENTRY WINAPI InterlockedPushEntrySList(PSLIST_HEADER ListHead,
                                                         PSLIST_ENTRY ListEntry);
WINBASEAPI PSLIST_ENTRY WINAPI InterlockedPopEntrySList(PSLIST_HEADER ListHead);
WINBASEAPI PSLIST_ENTRY WINAPI InterlockedFlushSList(PSLIST_HEADER ListHead);
WINBASEAPI USHORT WINAPI QueryDepthSList(PSLIST_HEADER ListHead);

PORTICO_END_DECLS

#endif

/* The counter for measuring time. Source: Microsoft, "profileapi.h". */
#ifndef _PROFILEAPI_H_
#define _PROFILEAPI_H_

#include <minwindef.h>
#include <winnt.h>

PORTICO_BEGIN_DECLS

/* Ticks since the system started, and how many make a second (always 10,000,000). FALSE:
 * ERROR_NOACCESS (NULL). ("QueryPerformanceCounter function") */
WINBASEAPI BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *lpPerformanceCount);
WINBASEAPI BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *lpFrequency);

PORTICO_END_DECLS

#endif

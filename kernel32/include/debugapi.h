/* Debugging. Source: Microsoft, "debugapi.h". */
#ifndef _APISETDEBUG_
#define _APISETDEBUG_

#include <minwindef.h>

PORTICO_BEGIN_DECLS

/* Is somebody tracing the process? ("IsDebuggerPresent function") */
WINBASEAPI BOOL WINAPI IsDebuggerPresent(VOID);

/* Text for a debugger; with PORTICO_DEBUG_OUTPUT set it goes to standard error without one too.
 * ("OutputDebugStringW function") */
WINBASEAPI VOID WINAPI OutputDebugStringA(LPCSTR lpOutputString);
WINBASEAPI VOID WINAPI OutputDebugStringW(LPCWSTR lpOutputString);
#ifdef UNICODE
#define OutputDebugString OutputDebugStringW
#else
#define OutputDebugString OutputDebugStringA
#endif

/* A breakpoint here. ("DebugBreak function") */
#if defined(__x86_64__)
#define __debugbreak() __asm__ __volatile__("int3")
#else
#define __debugbreak() __builtin_trap()
#endif
#define DebugBreak() __debugbreak()

PORTICO_END_DECLS

#endif

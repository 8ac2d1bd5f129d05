/* Threads, the process, thread-local storage. Source: Microsoft, "processthreadsapi.h". */
#ifndef _PROCESSTHREADSAPI_H_
#define _PROCESSTHREADSAPI_H_

#include <minwinbase.h>
#include <minwindef.h>

PORTICO_BEGIN_DECLS

#define CREATE_SUSPENDED 0x00000004
#define STACK_SIZE_PARAM_IS_A_RESERVATION 0x00010000
#define TLS_OUT_OF_INDEXES ((DWORD)0xFFFFFFFF)
#define TLS_MINIMUM_AVAILABLE 64

typedef VOID(NTAPI *PAPCFUNC)(ULONG_PTR Parameter);

/* A thread. The handle has every right. NULL: ERROR_NOT_ENOUGH_MEMORY, ERROR_INVALID_PARAMETER
 * (unknown flags). ("CreateThread function") */
WINBASEAPI HANDLE WINAPI CreateThread(LPSECURITY_ATTRIBUTES lpThreadAttributes, SIZE_T dwStackSize,
                                      LPTHREAD_START_ROUTINE lpStartAddress, LPVOID lpParameter,
                                      DWORD dwCreationFlags, LPDWORD lpThreadId);

/* Ends the calling thread. ("ExitThread function") */
DECLSPEC_NORETURN WINBASEAPI VOID WINAPI ExitThread(DWORD dwExitCode);

/* The exit code, STILL_ACTIVE while it runs. FALSE: ERROR_INVALID_HANDLE.
 * ("GetExitCodeThread function") */
WINBASEAPI BOOL WINAPI GetExitCodeThread(HANDLE hThread, LPDWORD lpExitCode);

/* Starts a thread made with CREATE_SUSPENDED; the previous suspend count. (DWORD)-1:
 * ERROR_INVALID_HANDLE. ("ResumeThread function") */
WINBASEAPI DWORD WINAPI ResumeThread(HANDLE hThread);

WINBASEAPI HANDLE WINAPI GetCurrentThread(VOID);
WINBASEAPI DWORD WINAPI GetCurrentThreadId(VOID);
WINBASEAPI DWORD WINAPI GetThreadId(HANDLE Thread);
WINBASEAPI HANDLE WINAPI GetCurrentProcess(VOID);
WINBASEAPI DWORD WINAPI GetCurrentProcessId(VOID);
WINBASEAPI BOOL WINAPI SwitchToThread(VOID);

/* Queues an APC. 0: ERROR_INVALID_HANDLE, ERROR_GEN_FAILURE (the thread has ended).
 * ("QueueUserAPC function") */
WINBASEAPI DWORD WINAPI QueueUserAPC(PAPCFUNC pfnAPC, HANDLE hThread, ULONG_PTR dwData);

/* Ends the process, running what atexit registered. ("ExitProcess function") */
DECLSPEC_NORETURN WINBASEAPI VOID WINAPI ExitProcess(UINT uExitCode);

/* FALSE: ERROR_NOT_SUPPORTED for another process. ("TerminateProcess function") */
WINBASEAPI BOOL WINAPI TerminateProcess(HANDLE hProcess, UINT uExitCode);

/* ---- thread-local storage ---- ("Thread Local Storage") */
WINBASEAPI DWORD WINAPI TlsAlloc(VOID);
WINBASEAPI LPVOID WINAPI TlsGetValue(DWORD dwTlsIndex);
WINBASEAPI BOOL WINAPI TlsSetValue(DWORD dwTlsIndex, LPVOID lpTlsValue);
WINBASEAPI BOOL WINAPI TlsFree(DWORD dwTlsIndex);

PORTICO_END_DECLS

#endif

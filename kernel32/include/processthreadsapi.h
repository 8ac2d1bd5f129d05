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

/* Stops a thread until it is resumed as often; the previous suspend count. When the call returns
 * the thread runs no code of its own any more, and its port may run another instead; the calling
 * thread stops in the call. (DWORD)-1: ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED (the handle lacks
 * THREAD_SUSPEND_RESUME; the thread has ended), ERROR_SIGNAL_REFUSED (127 times already).
 * ("SuspendThread function") */
WINBASEAPI DWORD WINAPI SuspendThread(HANDLE hThread);

/* Ends a thread where it is, without callbacks and without unwinding: what it has locked stays
 * locked, its stack is not freed. One that calls it for itself ends at once. FALSE:
 * ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED. ("TerminateThread function") */
WINBASEAPI BOOL WINAPI TerminateThread(HANDLE hThread, DWORD dwExitCode);

/* Takes one suspension back; the previous suspend count, 0 for a thread that was not suspended.
 * (DWORD)-1: ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED. ("ResumeThread function") */
WINBASEAPI DWORD WINAPI ResumeThread(HANDLE hThread);

/* A handle on a running thread of this process. NULL: ERROR_INVALID_PARAMETER (no such thread).
 * ("OpenThread function") */
WINBASEAPI HANDLE WINAPI OpenThread(DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwThreadId);

WINBASEAPI HANDLE WINAPI GetCurrentThread(VOID);
WINBASEAPI DWORD WINAPI GetCurrentThreadId(VOID);
WINBASEAPI DWORD WINAPI GetThreadId(HANDLE Thread);
WINBASEAPI DWORD WINAPI GetProcessIdOfThread(HANDLE Thread);
WINBASEAPI HANDLE WINAPI GetCurrentProcess(VOID);
WINBASEAPI DWORD WINAPI GetCurrentProcessId(VOID);
WINBASEAPI BOOL WINAPI SwitchToThread(VOID);

/* Queues an APC. 0: ERROR_INVALID_HANDLE, ERROR_GEN_FAILURE (the thread has ended).
 * ("QueueUserAPC function") */
WINBASEAPI DWORD WINAPI QueueUserAPC(PAPCFUNC pfnAPC, HANDLE hThread, ULONG_PTR dwData);

typedef enum _QUEUE_USER_APC_FLAGS {
    QUEUE_USER_APC_FLAGS_NONE = 0x00000000,
    QUEUE_USER_APC_FLAGS_SPECIAL_USER_APC = 0x00000001,
    QUEUE_USER_APC_CALLBACK_DATA_CONTEXT = 0x00010000,
} QUEUE_USER_APC_FLAGS;

/* As above; a special APC for the calling thread runs before the call returns. FALSE also:
 * ERROR_NOT_SUPPORTED (a special APC for another thread, or one with data),
 * ERROR_INVALID_PARAMETER (unknown flags). ("QueueUserAPC2 function") */
WINBASEAPI BOOL WINAPI QueueUserAPC2(PAPCFUNC ApcRoutine, HANDLE Thread, ULONG_PTR Data,
                                     QUEUE_USER_APC_FLAGS Flags);

/* Ends the process, running what atexit registered. ("ExitProcess function") */
DECLSPEC_NORETURN WINBASEAPI VOID WINAPI ExitProcess(UINT uExitCode);

/* FALSE: ERROR_NOT_SUPPORTED for another process. ("TerminateProcess function") */
WINBASEAPI BOOL WINAPI TerminateProcess(HANDLE hProcess, UINT uExitCode);

/* ---- priorities, processors, times ---- */

#define THREAD_PRIORITY_LOWEST (-2)
#define THREAD_PRIORITY_BELOW_NORMAL (-1)
#define THREAD_PRIORITY_NORMAL 0
#define THREAD_PRIORITY_ABOVE_NORMAL 1
#define THREAD_PRIORITY_HIGHEST 2
#define THREAD_PRIORITY_IDLE (-15)
#define THREAD_PRIORITY_TIME_CRITICAL 15
#define THREAD_PRIORITY_ERROR_RETURN 0x7fffffff
#define NORMAL_PRIORITY_CLASS 0x00000020
#define IDLE_PRIORITY_CLASS 0x00000040
#define HIGH_PRIORITY_CLASS 0x00000080
#define REALTIME_PRIORITY_CLASS 0x00000100
#define BELOW_NORMAL_PRIORITY_CLASS 0x00004000
#define ABOVE_NORMAL_PRIORITY_CLASS 0x00008000

/* -2 to 2 and +-15; as far as the host lets it, the thread's nice value follows. FALSE:
 * ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER. ("SetThreadPriority function") */
WINBASEAPI BOOL WINAPI SetThreadPriority(HANDLE hThread, int nPriority);
WINBASEAPI int WINAPI GetThreadPriority(HANDLE hThread);

/* The process's class is kept and has no further effect. FALSE or 0: ERROR_INVALID_HANDLE,
 * ERROR_INVALID_PARAMETER. ("SetPriorityClass function") */
WINBASEAPI BOOL WINAPI SetPriorityClass(HANDLE hProcess, DWORD dwPriorityClass);
WINBASEAPI DWORD WINAPI GetPriorityClass(HANDLE hProcess);

/* Which of the first 64 processors may be used. The thread form returns the mask before; 0 or
 * FALSE: ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE. ("SetThreadAffinityMask function") */
WINBASEAPI DWORD_PTR WINAPI SetThreadAffinityMask(HANDLE hThread, DWORD_PTR dwThreadAffinityMask);
WINBASEAPI BOOL WINAPI GetProcessAffinityMask(HANDLE hProcess, PDWORD_PTR lpProcessAffinityMask,
                                              PDWORD_PTR lpSystemAffinityMask);
WINBASEAPI DWORD WINAPI GetCurrentProcessorNumber(VOID);

/* Processor time of a running thread of this process, or of the process. FALSE:
 * ERROR_INVALID_HANDLE, ERROR_NOACCESS (a place is missing). ("GetThreadTimes function") */
WINBASEAPI BOOL WINAPI GetThreadTimes(HANDLE hThread, LPFILETIME lpCreationTime,
                                      LPFILETIME lpExitTime, LPFILETIME lpKernelTime,
                                      LPFILETIME lpUserTime);
WINBASEAPI BOOL WINAPI GetProcessTimes(HANDLE hProcess, LPFILETIME lpCreationTime,
                                       LPFILETIME lpExitTime, LPFILETIME lpKernelTime,
                                       LPFILETIME lpUserTime);

/* A name for people; NULL removes it. Debuggers see its first 15 bytes. The copy that Get gives is
 * freed by LocalFree. An HRESULT. ("SetThreadDescription function") */
WINBASEAPI HRESULT WINAPI SetThreadDescription(HANDLE hThread, PCWSTR lpThreadDescription);
WINBASEAPI HRESULT WINAPI GetThreadDescription(HANDLE hThread, PWSTR *ppszThreadDescription);

/* ---- thread-local storage ---- ("Thread Local Storage") */
WINBASEAPI DWORD WINAPI TlsAlloc(VOID);
WINBASEAPI LPVOID WINAPI TlsGetValue(DWORD dwTlsIndex);
WINBASEAPI BOOL WINAPI TlsSetValue(DWORD dwTlsIndex, LPVOID lpTlsValue);
WINBASEAPI BOOL WINAPI TlsFree(DWORD dwTlsIndex);

PORTICO_END_DECLS

#endif

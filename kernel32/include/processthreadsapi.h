/* Threads, the process, thread-local storage. Source: Microsoft, "processthreadsapi.h". */
#ifndef _PROCESSTHREADSAPI_H_
#define _PROCESSTHREADSAPI_H_

#include <minwinbase.h>
#include <minwindef.h>

PORTICO_BEGIN_DECLS

#define DEBUG_PROCESS 0x00000001
#define DEBUG_ONLY_THIS_PROCESS 0x00000002
#define CREATE_SUSPENDED 0x00000004
#define DETACHED_PROCESS 0x00000008
#define CREATE_NEW_CONSOLE 0x00000010
#define CREATE_NEW_PROCESS_GROUP 0x00000200
#define CREATE_UNICODE_ENVIRONMENT 0x00000400
#define CREATE_SEPARATE_WOW_VDM 0x00000800
#define CREATE_SHARED_WOW_VDM 0x00001000
#define INHERIT_PARENT_AFFINITY 0x00010000
#define EXTENDED_STARTUPINFO_PRESENT 0x00080000
#define CREATE_BREAKAWAY_FROM_JOB 0x01000000
#define CREATE_DEFAULT_ERROR_MODE 0x04000000
#define CREATE_NO_WINDOW 0x08000000
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

/* ---- processes ---- */

#define STARTF_USESHOWWINDOW 0x00000001
#define STARTF_USESIZE 0x00000002
#define STARTF_USEPOSITION 0x00000004
#define STARTF_USECOUNTCHARS 0x00000008
#define STARTF_USEFILLATTRIBUTE 0x00000010
#define STARTF_RUNFULLSCREEN 0x00000020
#define STARTF_FORCEONFEEDBACK 0x00000040
#define STARTF_FORCEOFFFEEDBACK 0x00000080
#define STARTF_USESTDHANDLES 0x00000100
#define STARTF_USEHOTKEY 0x00000200

typedef struct _STARTUPINFOA {
    DWORD cb;
    LPSTR lpReserved;
    LPSTR lpDesktop;
    LPSTR lpTitle;
    DWORD dwX, dwY, dwXSize, dwYSize;
    DWORD dwXCountChars, dwYCountChars;
    DWORD dwFillAttribute;
    DWORD dwFlags; /* STARTF_* */
    WORD wShowWindow;
    WORD cbReserved2;
    LPBYTE lpReserved2;
    HANDLE hStdInput, hStdOutput, hStdError;
} STARTUPINFOA, *LPSTARTUPINFOA;

typedef struct _STARTUPINFOW {
    DWORD cb;
    LPWSTR lpReserved;
    LPWSTR lpDesktop;
    LPWSTR lpTitle;
    DWORD dwX, dwY, dwXSize, dwYSize;
    DWORD dwXCountChars, dwYCountChars;
    DWORD dwFillAttribute;
    DWORD dwFlags;
    WORD wShowWindow;
    WORD cbReserved2;
    LPBYTE lpReserved2;
    HANDLE hStdInput, hStdOutput, hStdError;
} STARTUPINFOW, *LPSTARTUPINFOW;

typedef struct _PROCESS_INFORMATION {
    HANDLE hProcess;
    HANDLE hThread;
    DWORD dwProcessId;
    DWORD dwThreadId;
} PROCESS_INFORMATION, *PPROCESS_INFORMATION, *LPPROCESS_INFORMATION;

typedef struct _PROC_THREAD_ATTRIBUTE_LIST *PPROC_THREAD_ATTRIBUTE_LIST;
typedef struct _PROC_THREAD_ATTRIBUTE_LIST *LPPROC_THREAD_ATTRIBUTE_LIST;

typedef struct _STARTUPINFOEXA {
    STARTUPINFOA StartupInfo;
    LPPROC_THREAD_ATTRIBUTE_LIST lpAttributeList;
} STARTUPINFOEXA, *LPSTARTUPINFOEXA;

typedef struct _STARTUPINFOEXW {
    STARTUPINFOW StartupInfo;
    LPPROC_THREAD_ATTRIBUTE_LIST lpAttributeList;
} STARTUPINFOEXW, *LPSTARTUPINFOEXW;

#define PROC_THREAD_ATTRIBUTE_PARENT_PROCESS 0x00020000
#define PROC_THREAD_ATTRIBUTE_HANDLE_LIST 0x00020002

/* Starts a program of the host. Without a name it is the command line's first word: in quotes, or
 * up to the first blank where that, or with ".exe" more or less, is a file. A name without a
 * directory is looked for where this program is, in the current directory and in PATH. The standard
 * handles become descriptors 0 to 2; one that is missing or not inherited is /dev/null, and the end
 * of a named pipe a socket whose bytes are passed on, both ways. Every other
 * inheritable handle keeps its value, if the program runs on Portico and the handle is a file, an
 * anonymous pipe or a socket; of other kinds there are none in another process.
 * CREATE_NEW_PROCESS_GROUP makes a process group, in which Ctrl+C is off; DETACHED_PROCESS,
 * CREATE_NEW_CONSOLE and CREATE_NO_WINDOW make a session without a terminal.
 * FALSE: ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND, ERROR_ACCESS_DENIED, ERROR_BAD_EXE_FORMAT (no
 * program), ERROR_DIRECTORY (not a directory to start in), ERROR_FILENAME_EXCED_RANGE (32767
 * characters and more), ERROR_NOACCESS (a bad pointer), ERROR_INVALID_PARAMETER (unknown flags; a
 * handle in the list that is none or not inheritable), ERROR_NOT_SUPPORTED (debugging; as a
 * standard handle, the end of a named pipe that is not connected within this process).
 * ("CreateProcessW function") */
WINBASEAPI BOOL WINAPI CreateProcessA(LPCSTR lpApplicationName, LPSTR lpCommandLine,
                                      LPSECURITY_ATTRIBUTES lpProcessAttributes,
                                      LPSECURITY_ATTRIBUTES lpThreadAttributes,
                                      BOOL bInheritHandles, DWORD dwCreationFlags,
                                      LPVOID lpEnvironment, LPCSTR lpCurrentDirectory,
                                      LPSTARTUPINFOA lpStartupInfo,
                                      LPPROCESS_INFORMATION lpProcessInformation);
WINBASEAPI BOOL WINAPI CreateProcessW(LPCWSTR lpApplicationName, LPWSTR lpCommandLine,
                                      LPSECURITY_ATTRIBUTES lpProcessAttributes,
                                      LPSECURITY_ATTRIBUTES lpThreadAttributes,
                                      BOOL bInheritHandles, DWORD dwCreationFlags,
                                      LPVOID lpEnvironment, LPCWSTR lpCurrentDirectory,
                                      LPSTARTUPINFOW lpStartupInfo,
                                      LPPROCESS_INFORMATION lpProcessInformation);

/* A list of attributes in memory of the caller's; its size in bytes if that does not do
 * (ERROR_INSUFFICIENT_BUFFER). ("InitializeProcThreadAttributeList function") */
WINBASEAPI BOOL WINAPI
InitializeProcThreadAttributeList(LPPROC_THREAD_ATTRIBUTE_LIST lpAttributeList,
                                  DWORD dwAttributeCount, DWORD dwFlags, PSIZE_T lpSize);

/* The value stays the caller's until the list is deleted. Only HANDLE_LIST is known. FALSE:
 * ERROR_NOT_SUPPORTED (another attribute), ERROR_BAD_LENGTH (not whole handles),
 * ERROR_OBJECT_NAME_EXISTS, ERROR_GEN_FAILURE (the list is full), ERROR_INVALID_PARAMETER.
 * ("UpdateProcThreadAttribute function") */
WINBASEAPI BOOL WINAPI UpdateProcThreadAttribute(LPPROC_THREAD_ATTRIBUTE_LIST lpAttributeList,
                                                 DWORD dwFlags, DWORD_PTR Attribute, PVOID lpValue,
                                                 SIZE_T cbSize, PVOID lpPreviousValue,
                                                 PSIZE_T lpReturnSize);
WINBASEAPI VOID WINAPI DeleteProcThreadAttributeList(LPPROC_THREAD_ATTRIBUTE_LIST lpAttributeList);

/* What the one who started this process has said, as far as that ran on Portico.
 * ("GetStartupInfoW function") */
WINBASEAPI VOID WINAPI GetStartupInfoA(LPSTARTUPINFOA lpStartupInfo);
WINBASEAPI VOID WINAPI GetStartupInfoW(LPSTARTUPINFOW lpStartupInfo);

/* A handle on a process of this user. NULL: ERROR_INVALID_PARAMETER (there is none of that number),
 * ERROR_ACCESS_DENIED (another user's). ("OpenProcess function") */
WINBASEAPI HANDLE WINAPI OpenProcess(DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwProcessId);

/* 0: ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED. ("GetProcessId function") */
WINBASEAPI DWORD WINAPI GetProcessId(HANDLE Process);

/* STILL_ACTIVE while it runs. A signal that ended it is told as the exception that it stands for on
 * Windows; of a program that does not run on Portico there are eight bits. FALSE:
 * ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_NOACCESS. ("GetExitCodeProcess function") */
WINBASEAPI BOOL WINAPI GetExitCodeProcess(HANDLE hProcess, LPDWORD lpExitCode);

/* The Windows path of the program's file. lpdwSize: characters, with the NUL before the call and
 * without it after. FALSE: ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_INVALID_PARAMETER (a
 * place is missing, flags), ERROR_INSUFFICIENT_BUFFER, ERROR_GEN_FAILURE (it has ended).
 * ("QueryFullProcessImageNameW function") */
WINBASEAPI BOOL WINAPI QueryFullProcessImageNameA(HANDLE hProcess, DWORD dwFlags, LPSTR lpExeName,
                                                  PDWORD lpdwSize);
WINBASEAPI BOOL WINAPI QueryFullProcessImageNameW(HANDLE hProcess, DWORD dwFlags, LPWSTR lpExeName,
                                                  PDWORD lpdwSize);

/* Ends the process, running what atexit registered. ("ExitProcess function") */
DECLSPEC_NORETURN WINBASEAPI VOID WINAPI ExitProcess(UINT uExitCode);

/* Ends a process at once; it may still be there when the call returns. FALSE:
 * ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED (also: it has ended). ("TerminateProcess function") */
WINBASEAPI BOOL WINAPI TerminateProcess(HANDLE hProcess, UINT uExitCode);

#ifdef UNICODE
#define STARTUPINFO STARTUPINFOW
#define LPSTARTUPINFO LPSTARTUPINFOW
#define STARTUPINFOEX STARTUPINFOEXW
#define LPSTARTUPINFOEX LPSTARTUPINFOEXW
#define CreateProcess CreateProcessW
#define GetStartupInfo GetStartupInfoW
#define QueryFullProcessImageName QueryFullProcessImageNameW
#else
#define STARTUPINFO STARTUPINFOA
#define LPSTARTUPINFO LPSTARTUPINFOA
#define STARTUPINFOEX STARTUPINFOEXA
#define LPSTARTUPINFOEX LPSTARTUPINFOEXA
#define CreateProcess CreateProcessA
#define GetStartupInfo GetStartupInfoA
#define QueryFullProcessImageName QueryFullProcessImageNameA
#endif

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

/* This process's class is kept and has no further effect; another one's nice value follows as far
 * as the host lets it. FALSE or 0: ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER.
 * ("SetPriorityClass function") */
WINBASEAPI BOOL WINAPI SetPriorityClass(HANDLE hProcess, DWORD dwPriorityClass);
WINBASEAPI DWORD WINAPI GetPriorityClass(HANDLE hProcess);

/* Which of the first 64 processors may be used. The thread form returns the mask before; 0 or
 * FALSE: ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE. ("SetThreadAffinityMask function") */
WINBASEAPI DWORD_PTR WINAPI SetThreadAffinityMask(HANDLE hThread, DWORD_PTR dwThreadAffinityMask);
WINBASEAPI BOOL WINAPI GetProcessAffinityMask(HANDLE hProcess, PDWORD_PTR lpProcessAffinityMask,
                                              PDWORD_PTR lpSystemAffinityMask);
WINBASEAPI DWORD WINAPI GetCurrentProcessorNumber(VOID);

/* Processor time of a running thread of this process, or of a process. FALSE:
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

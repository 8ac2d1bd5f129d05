/* The thread pool: work, timers, waits, I/O. The pointers are not for anything but these functions;
 * one that was closed, or never made, is refused. Source: Microsoft, "threadpoolapiset.h". */
#ifndef _THREADPOOLAPISET_H_
#define _THREADPOOLAPISET_H_

#include <minwinbase.h>
#include <minwindef.h>
#include <winnt.h>

PORTICO_BEGIN_DECLS

typedef VOID(WINAPI *PTP_WIN32_IO_CALLBACK)(PTP_CALLBACK_INSTANCE Instance, PVOID Context,
                                            PVOID Overlapped, ULONG IoResult,
                                            ULONG_PTR NumberOfBytesTransferred, PTP_IO Io);

/* ---- pools ---- */

/* A pool of its own, to be named in an environment; `reserved` is NULL. NULL:
 * ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY. ("CreateThreadpool function") */
WINBASEAPI PTP_POOL WINAPI CreateThreadpool(PVOID reserved);

/* Between how many threads (0 and 512 at first). The minimum is started at once; one above the
 * maximum raises that, and the other way round. FALSE: ERROR_NOT_ENOUGH_MEMORY,
 * ERROR_INVALID_PARAMETER. ("SetThreadpoolThreadMinimum function") */
WINBASEAPI VOID WINAPI SetThreadpoolThreadMaximum(PTP_POOL ptpp, DWORD cthrdMost);
WINBASEAPI BOOL WINAPI SetThreadpoolThreadMinimum(PTP_POOL ptpp, DWORD cthrdMic);

/* Stack sizes in bytes of threads started from now on; 0: the default. FALSE:
 * ERROR_INVALID_PARAMETER. ("SetThreadpoolStackInformation function") */
WINBASEAPI BOOL WINAPI SetThreadpoolStackInformation(PTP_POOL ptpp,
                                                     PTP_POOL_STACK_INFORMATION ptpsi);
WINBASEAPI BOOL WINAPI QueryThreadpoolStackInformation(PTP_POOL ptpp,
                                                       PTP_POOL_STACK_INFORMATION ptpsi);

/* The pool ends when its last object is gone. ("CloseThreadpool function") */
WINBASEAPI VOID WINAPI CloseThreadpool(PTP_POOL ptpp);

/* ---- cleanup groups ---- */

/* NULL: ERROR_NOT_ENOUGH_MEMORY. ("CreateThreadpoolCleanupGroup function") */
WINBASEAPI PTP_CLEANUP_GROUP WINAPI CreateThreadpoolCleanupGroup(VOID);

/* Closes all objects of the group. Waits for their callbacks; with fCancelPendingCallbacks those
 * not begun are dropped, and the group's cancel callback is called once for each object.
 * ("CloseThreadpoolCleanupGroupMembers function") */
WINBASEAPI VOID WINAPI CloseThreadpoolCleanupGroupMembers(PTP_CLEANUP_GROUP ptpcg,
                                                          BOOL fCancelPendingCallbacks,
                                                          PVOID pvCleanupContext);
WINBASEAPI VOID WINAPI CloseThreadpoolCleanupGroup(PTP_CLEANUP_GROUP ptpcg);

/* ---- inside a callback ---- Only with the instance the running callback was given. */

/* What happens when the callback has returned, before those who wait for it go on. One of each
 * kind. ("SetEventWhenCallbackReturns function") */
WINBASEAPI VOID WINAPI SetEventWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HANDLE evt);
WINBASEAPI VOID WINAPI ReleaseSemaphoreWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HANDLE sem,
                                                           DWORD crel);
WINBASEAPI VOID WINAPI ReleaseMutexWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HANDLE mut);
WINBASEAPI VOID WINAPI LeaveCriticalSectionWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci,
                                                               PCRITICAL_SECTION pcs);
WINBASEAPI VOID WINAPI FreeLibraryWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HMODULE mod);

/* Other callbacks need not wait for this one's thread. FALSE: ERROR_TOO_MANY_THREADS (there is no
 * other, the pool is at its maximum), ERROR_INVALID_PARAMETER. ("CallbackMayRunLong function") */
WINBASEAPI BOOL WINAPI CallbackMayRunLong(PTP_CALLBACK_INSTANCE pci);

/* Waits for the object no longer wait for this callback; its cleanup group does.
 * ("DisassociateCurrentThreadFromCallback function") */
WINBASEAPI VOID WINAPI DisassociateCurrentThreadFromCallback(PTP_CALLBACK_INSTANCE pci);

/* ---- work ---- pcbe NULL: the process's pool. NULL or FALSE: ERROR_INVALID_PARAMETER (no
 * callback, or an environment that does not hold together), ERROR_NOT_ENOUGH_MEMORY. */

/* One callback. ("TrySubmitThreadpoolCallback function") */
WINBASEAPI BOOL WINAPI TrySubmitThreadpoolCallback(PTP_SIMPLE_CALLBACK pfns, PVOID pv,
                                                   PTP_CALLBACK_ENVIRON pcbe);

/* As many callbacks as it is submitted. ("CreateThreadpoolWork function") */
WINBASEAPI PTP_WORK WINAPI CreateThreadpoolWork(PTP_WORK_CALLBACK pfnwk, PVOID pv,
                                                PTP_CALLBACK_ENVIRON pcbe);
WINBASEAPI VOID WINAPI SubmitThreadpoolWork(PTP_WORK pwk);

/* Waits until no callback is outstanding; with fCancelPendingCallbacks those not begun are dropped.
 * Inside its own callback that one does not count. ("WaitForThreadpoolWorkCallbacks function") */
WINBASEAPI VOID WINAPI WaitForThreadpoolWorkCallbacks(PTP_WORK pwk, BOOL fCancelPendingCallbacks);

/* Returns at once; outstanding callbacks still run. ("CloseThreadpoolWork function") */
WINBASEAPI VOID WINAPI CloseThreadpoolWork(PTP_WORK pwk);

/* ---- timers ---- */

WINBASEAPI PTP_TIMER WINAPI CreateThreadpoolTimer(PTP_TIMER_CALLBACK pfnti, PVOID pv,
                                                  PTP_CALLBACK_ENVIRON pcbe);

/* Calls back at the due time (a file time; negative: relative; 0: now) and then every msPeriod
 * milliseconds, if that is not 0. NULL stops it. This timer is exact whatever msWindowLength
 * allows. The Ex form returns whether it was set. ("SetThreadpoolTimerEx function") */
WINBASEAPI VOID WINAPI SetThreadpoolTimer(PTP_TIMER pti, PFILETIME pftDueTime, DWORD msPeriod,
                                          DWORD msWindowLength);
WINBASEAPI BOOL WINAPI SetThreadpoolTimerEx(PTP_TIMER pti, PFILETIME pftDueTime, DWORD msPeriod,
                                            DWORD msWindowLength);

/* TRUE from setting to stopping, fired or not. ("IsThreadpoolTimerSet function") */
WINBASEAPI BOOL WINAPI IsThreadpoolTimerSet(PTP_TIMER pti);
WINBASEAPI VOID WINAPI WaitForThreadpoolTimerCallbacks(PTP_TIMER pti, BOOL fCancelPendingCallbacks);
WINBASEAPI VOID WINAPI CloseThreadpoolTimer(PTP_TIMER pti);

/* ---- waits ---- */

WINBASEAPI PTP_WAIT WINAPI CreateThreadpoolWait(PTP_WAIT_CALLBACK pfnwa, PVOID pv,
                                                PTP_CALLBACK_ENVIRON pcbe);

/* Calls back once, with WAIT_OBJECT_0 when the object is signaled or WAIT_TIMEOUT at pftTimeout (a
 * file time; negative: relative; NULL: never). h NULL ends it; INVALID_HANDLE_VALUE waits for the
 * time only. No thread waits meanwhile. The Ex form (Reserved is NULL) returns whether a wait was
 * set. ("SetThreadpoolWaitEx function") */
WINBASEAPI VOID WINAPI SetThreadpoolWait(PTP_WAIT pwa, HANDLE h, PFILETIME pftTimeout);
WINBASEAPI BOOL WINAPI SetThreadpoolWaitEx(PTP_WAIT pwa, HANDLE h, PFILETIME pftTimeout,
                                           PVOID Reserved);
WINBASEAPI VOID WINAPI WaitForThreadpoolWaitCallbacks(PTP_WAIT pwa, BOOL fCancelPendingCallbacks);
WINBASEAPI VOID WINAPI CloseThreadpoolWait(PTP_WAIT pwa);

/* ---- I/O ---- */

/* Completions of the overlapped file become callbacks, with 0 or a Win32 error. NULL also:
 * ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER (not overlapped, bound already).
 * ("CreateThreadpoolIo function") */
WINBASEAPI PTP_IO WINAPI CreateThreadpoolIo(HANDLE fl, PTP_WIN32_IO_CALLBACK pfnio, PVOID pv,
                                            PTP_CALLBACK_ENVIRON pcbe);

/* Before each operation Start; if it fails at once (or succeeds and the file skips packets) Cancel.
 * A completion that was not announced is dropped. ("StartThreadpoolIo function") */
WINBASEAPI VOID WINAPI StartThreadpoolIo(PTP_IO pio);
WINBASEAPI VOID WINAPI CancelThreadpoolIo(PTP_IO pio);

/* Waits for the callbacks of all that was started; with fCancelPendingCallbacks that is forgotten,
 * though the operations go on. ("WaitForThreadpoolIoCallbacks function") */
WINBASEAPI VOID WINAPI WaitForThreadpoolIoCallbacks(PTP_IO pio, BOOL fCancelPendingCallbacks);
WINBASEAPI VOID WINAPI CloseThreadpoolIo(PTP_IO pio);

PORTICO_END_DECLS

#endif

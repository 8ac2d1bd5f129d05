/* The older thread pool functions: work items, registered waits, timer queues. Source: Microsoft,
 * "threadpoollegacyapiset.h". */
#ifndef _THREADPOOLLEGACYAPISET_H_
#define _THREADPOOLLEGACYAPISET_H_

#include <minwinbase.h>
#include <minwindef.h>
#include <winnt.h>

PORTICO_BEGIN_DECLS

/* Calls Function once on a thread of the process's pool; WT_*. FALSE: ERROR_INVALID_PARAMETER,
 * ERROR_NOT_ENOUGH_MEMORY. ("QueueUserWorkItem function") */
WINBASEAPI BOOL WINAPI QueueUserWorkItem(LPTHREAD_START_ROUTINE Function, PVOID Context,
                                         ULONG Flags);

/* Ends a registered wait. CompletionEvent NULL: does not wait; INVALID_HANDLE_VALUE: waits for its
 * callbacks (its own caller's does not count); an event is set when they are over. FALSE:
 * ERROR_IO_PENDING (it is ended, and callbacks are outstanding), ERROR_INVALID_HANDLE.
 * ("UnregisterWaitEx function") */
WINBASEAPI BOOL WINAPI UnregisterWaitEx(HANDLE WaitHandle, HANDLE CompletionEvent);

/* A queue of timers, which are deleted with it. NULL: ERROR_NOT_ENOUGH_MEMORY.
 * ("CreateTimerQueue function") */
WINBASEAPI HANDLE WINAPI CreateTimerQueue(VOID);

/* Calls back with TRUE after DueTime milliseconds, and then every Period milliseconds if that is
 * not 0. TimerQueue NULL: the process's. *phNewTimer is stored before the first callback. FALSE:
 * ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE, ERROR_NOT_ENOUGH_MEMORY.
 * ("CreateTimerQueueTimer function") */
WINBASEAPI BOOL WINAPI CreateTimerQueueTimer(PHANDLE phNewTimer, HANDLE TimerQueue,
                                             WAITORTIMERCALLBACK Callback, PVOID Parameter,
                                             DWORD DueTime, DWORD Period, ULONG Flags);

/* New times; without effect on one that fired for good. FALSE: ERROR_INVALID_HANDLE.
 * ("ChangeTimerQueueTimer function") */
WINBASEAPI BOOL WINAPI ChangeTimerQueueTimer(HANDLE TimerQueue, HANDLE Timer, ULONG DueTime,
                                             ULONG Period);

/* As UnregisterWaitEx, for a timer and for a queue with all its timers.
 * ("DeleteTimerQueueTimer function", "DeleteTimerQueueEx function") */
WINBASEAPI BOOL WINAPI DeleteTimerQueueTimer(HANDLE TimerQueue, HANDLE Timer,
                                             HANDLE CompletionEvent);
WINBASEAPI BOOL WINAPI DeleteTimerQueueEx(HANDLE TimerQueue, HANDLE CompletionEvent);

PORTICO_END_DECLS

#endif

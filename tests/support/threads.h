/* Helper verbs for tests about threads. */
#ifndef THREADS_H
#define THREADS_H

#include "sockets.h"

HANDLE test_new_event(BOOL manual, BOOL set);

/* Waits for the thread's end; its exit code. */
DWORD test_finish(HANDLE thread);

/* Its routine: waits for the parameter. */
DWORD WINAPI test_wait_for_it(LPVOID handle);

/* A thread that waits for an event; its exit code is what the wait gave. */
HANDLE test_start_waiting(HANDLE event, DWORD *id);

/* A thread's routine: ends with the parameter as its code. */
DWORD WINAPI test_return_it(LPVOID code);

#endif

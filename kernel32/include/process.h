/* Threads of the C runtime. Source: Microsoft, "process.h". */
#ifndef _INC_PROCESS
#define _INC_PROCESS

#include <minwindef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

PORTICO_BEGIN_DECLS

typedef void(__cdecl *_beginthread_proc_type)(void *);
typedef unsigned(__stdcall *_beginthreadex_proc_type)(void *);

/* CreateThread under another name: the caller closes the handle. 0: failed, errno says why.
 * ("_beginthread, _beginthreadex") */
PORTICO_API uintptr_t _beginthreadex(void *security, unsigned stack_size,
                                     _beginthreadex_proc_type start_address, void *arglist,
                                     unsigned initflag, unsigned *thrdaddr);

/* A thread that closes its own handle when it ends. (uintptr_t)-1: failed, errno says why. */
PORTICO_API uintptr_t _beginthread(_beginthread_proc_type start_address, unsigned stack_size,
                                   void *arglist);

/* End the calling thread. ("_endthread, _endthreadex") */
DECLSPEC_NORETURN PORTICO_API void _endthreadex(unsigned retval);
DECLSPEC_NORETURN PORTICO_API void _endthread(void);

PORTICO_END_DECLS

#define _getpid getpid

#endif

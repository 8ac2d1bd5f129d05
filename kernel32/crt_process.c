/* The C runtime's threads (process.h): CreateThread, with the handle closed for _beginthread. */
#include "include/process.h" /* not the process object's */
#include <errhandlingapi.h>
#include <handleapi.h>
#include <processthreadsapi.h>

#include <errno.h>
#include <stdlib.h>
#include <winerror.h>

struct begun {
    _beginthread_proc_type routine;
    void *argument;
    HANDLE handle; /* the thread's own, closed when it ends */
};
static _Thread_local struct begun *begun__self;

static int crt__errno(void)
{
    switch (GetLastError()) {
    case ERROR_INVALID_PARAMETER:
        return EINVAL;
    case ERROR_ACCESS_DENIED:
        return EACCES;
    default:
        return EAGAIN;
    }
}

uintptr_t _beginthreadex(void *security, unsigned stack_size,
                         _beginthreadex_proc_type start_address, void *arglist, unsigned initflag,
                         unsigned *thrdaddr)
{
    HANDLE handle = CreateThread(security, stack_size, start_address, arglist, initflag, thrdaddr);
    if (!handle)
        errno = crt__errno();
    return (uintptr_t)handle;
}

void _endthreadex(unsigned retval)
{
    ExitThread(retval);
}

/* Frees the record of a thread that _beginthread made. */
static void begun__end(void)
{
    struct begun *begun = begun__self;
    if (!begun)
        return;
    begun__self = NULL;
    CloseHandle(begun->handle);
    free(begun);
}

static DWORD WINAPI begun__run(void *arg)
{
    struct begun *begun = arg;
    begun__self = begun;
    begun->routine(begun->argument);
    begun__end();
    return 0;
}

uintptr_t _beginthread(_beginthread_proc_type start_address, unsigned stack_size, void *arglist)
{
    struct begun *begun = start_address ? malloc(sizeof *begun) : NULL;
    HANDLE handle;
    if (!begun) {
        errno = start_address ? ENOMEM : EINVAL;
        return (uintptr_t)-1;
    }
    *begun = (struct begun){start_address, arglist, NULL};
    handle = CreateThread(NULL, stack_size, begun__run, begun, CREATE_SUSPENDED, NULL);
    if (!handle) {
        free(begun);
        errno = crt__errno();
        return (uintptr_t)-1;
    }
    begun->handle = handle;
    ResumeThread(handle);
    return (uintptr_t)handle;
}

void _endthread(void)
{
    begun__end();
    ExitThread(0);
}

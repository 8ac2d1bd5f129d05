/* Entry points of processthreadsapi.h. */
#include <processthreadsapi.h>

#include "fls.h"
#include "handle_table.h"
#include "last_error.h"
#include "process.h"
#include "thread.h"

#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <winerror.h>

/* ---- threads ---- */

struct start {
    struct thread *thread;
    LPTHREAD_START_ROUTINE routine;
    void *parameter;
};

static void *thread__run(void *arg)
{
    struct start start = *(struct start *)arg;
    free(arg);
    thread_enter(start.thread);
    thread_reset_float();
    thread_wait_until_resumed(start.thread);
    thread_run_apcs(start.thread); /* those queued before it ran come first (HND-083) */
    atomic_store(&start.thread->exit_code_wanted, start.routine(start.parameter));
    fls_thread_ends();
    return NULL;
}

/* Starts a thread for the object; takes over the references in `start`. */
static NTSTATUS thread__spawn(struct start *start, SIZE_T stack_size)
{
    pthread_attr_t attributes;
    pthread_t thread;
    int err;
    if (stack_size > PTRDIFF_MAX)
        return STATUS_NO_MEMORY;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (stack_size > (SIZE_T)PTHREAD_STACK_MIN)
        pthread_attr_setstacksize(&attributes, (stack_size + 0xFFFF) & ~(SIZE_T)0xFFFF);
    err = pthread_create(&thread, &attributes, thread__run, start);
    pthread_attr_destroy(&attributes);
    return err ? STATUS_NO_MEMORY : STATUS_SUCCESS;
}

HANDLE WINAPI CreateThread(LPSECURITY_ATTRIBUTES lpThreadAttributes, SIZE_T dwStackSize,
                           LPTHREAD_START_ROUTINE lpStartAddress, LPVOID lpParameter,
                           DWORD dwCreationFlags, LPDWORD lpThreadId)
{
    struct thread *thread = thread_create();
    struct start *start = malloc(sizeof *start);
    HANDLE handle = NULL;
    NTSTATUS status = STATUS_NO_MEMORY;
    if (!lpStartAddress ||
        (dwCreationFlags & ~(DWORD)(CREATE_SUSPENDED | STACK_SIZE_PARAM_IS_A_RESERVATION)))
        status = STATUS_INVALID_PARAMETER;
    else if (thread && start)
        status = handle_open(
            &thread->object, THREAD_ALL_ACCESS,
            lpThreadAttributes && lpThreadAttributes->bInheritHandle ? HANDLE_INHERIT : 0, &handle);
    if (status == STATUS_SUCCESS) {
        *start = (struct start){thread, lpStartAddress, lpParameter};
        thread->suspended = dwCreationFlags & CREATE_SUSPENDED ? 1 : 0;
        object_ref(&thread->object);
        status = thread__spawn(start, dwStackSize);
        if (status == STATUS_SUCCESS) {
            uint32_t id = thread_wait_for_id(thread);
            if (lpThreadId)
                *lpThreadId = id;
            object_unref(&thread->object);
            return handle;
        }
        object_unref(&thread->object);
        handle_close(handle);
    }
    free(start);
    if (thread)
        object_unref(&thread->object);
    fail_status(status);
    return NULL;
}

VOID WINAPI ExitThread(DWORD dwExitCode)
{
    atomic_store(&thread_self()->exit_code_wanted, dwExitCode);
    fls_thread_ends();
    pthread_exit(NULL);
}

/* The thread behind a handle that grants `access`, with a reference. */
static NTSTATUS thread__get(HANDLE handle, uint32_t access, struct thread **thread)
{
    struct object *object;
    NTSTATUS status = handle_get(handle, &thread_ops, access, &object);
    *thread = status == STATUS_SUCCESS ? list_entry(object, struct thread, object) : NULL;
    return status;
}

BOOL WINAPI GetExitCodeThread(HANDLE hThread, LPDWORD lpExitCode)
{
    struct thread *thread;
    NTSTATUS status = thread__get(hThread, THREAD_QUERY_LIMITED_INFORMATION, &thread);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    if (lpExitCode)
        *lpExitCode = atomic_load(&thread->exit_code);
    object_unref(&thread->object);
    return lpExitCode ? TRUE : fail_win32(ERROR_NOACCESS);
}

DWORD WINAPI SuspendThread(HANDLE hThread)
{
    struct thread *thread;
    uint32_t before = 0;
    NTSTATUS status = thread__get(hThread, THREAD_SUSPEND_RESUME, &thread);
    if (status == STATUS_SUCCESS) {
        status = thread->process ? STATUS_NOT_SUPPORTED : thread_suspend(thread, &before);
        object_unref(&thread->object);
    }
    if (status == STATUS_SUCCESS)
        return before;
    fail_status(status);
    return (DWORD)-1;
}

/* A thread that ends itself so runs no callbacks and unwinds nothing. */
static void thread__end_at_once(DWORD exit_code)
{
    atomic_store(&thread_self()->exit_code_wanted, exit_code);
    thread_leave();
    syscall(SYS_exit, 0);
}

BOOL WINAPI TerminateThread(HANDLE hThread, DWORD dwExitCode)
{
    struct thread *thread;
    NTSTATUS status = thread__get(hThread, THREAD_TERMINATE, &thread);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    if (thread == thread_self()) {
        object_unref(&thread->object);
        thread__end_at_once(dwExitCode);
    }
    status = thread->process ? process_terminate(thread->process, dwExitCode)
                             : thread_terminate(thread, dwExitCode);
    object_unref(&thread->object);
    return win32_result(status);
}

DWORD WINAPI ResumeThread(HANDLE hThread)
{
    struct thread *thread;
    DWORD before;
    NTSTATUS status = thread__get(hThread, THREAD_SUSPEND_RESUME, &thread);
    if (status != STATUS_SUCCESS) {
        fail_status(status);
        return (DWORD)-1;
    }
    before = thread_resume(thread);
    if (before == 1 && thread->process)
        process_release(thread->process);
    object_unref(&thread->object);
    return before;
}

HANDLE WINAPI GetCurrentThread(VOID)
{
    return (HANDLE)(LONG_PTR)-2;
}

DWORD WINAPI GetCurrentThreadId(VOID)
{
    return thread_self()->id;
}

DWORD WINAPI GetThreadId(HANDLE Thread)
{
    struct thread *thread;
    DWORD id;
    NTSTATUS status = thread__get(Thread, THREAD_QUERY_LIMITED_INFORMATION, &thread);
    if (status != STATUS_SUCCESS) {
        fail_status(status);
        return 0;
    }
    id = thread_wait_for_id(thread);
    object_unref(&thread->object);
    return id;
}

DWORD WINAPI GetProcessIdOfThread(HANDLE Thread)
{
    struct thread *thread;
    DWORD pid;
    NTSTATUS status = thread__get(Thread, THREAD_QUERY_LIMITED_INFORMATION, &thread);
    if (status != STATUS_SUCCESS)
        return (DWORD)fail_status(status);
    pid = thread->process ? thread->process->pid : (DWORD)getpid();
    object_unref(&thread->object);
    return pid;
}

/* A right includes its limited form. */
static uint32_t thread__implied_access(uint32_t access)
{
    access = object_map_access(&thread_ops, access);
    if (access & THREAD_SET_INFORMATION)
        access |= THREAD_SET_LIMITED_INFORMATION;
    if (access & THREAD_QUERY_INFORMATION)
        access |= THREAD_QUERY_LIMITED_INFORMATION;
    return access;
}

HANDLE WINAPI OpenThread(DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwThreadId)
{
    struct thread *thread = dwThreadId ? thread_find(dwThreadId) : NULL;
    HANDLE handle = NULL;
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    if (thread) {
        status = handle_open(&thread->object, thread__implied_access(dwDesiredAccess),
                             bInheritHandle ? HANDLE_INHERIT : 0, &handle);
        object_unref(&thread->object);
    }
    if (status != STATUS_SUCCESS)
        fail_status(status);
    return handle;
}

BOOL WINAPI SwitchToThread(VOID)
{
    sched_yield();
    return TRUE;
}

/* ---- APCs ---- */

struct user_apc {
    struct apc apc;
    PAPCFUNC routine;
    ULONG_PTR data;
};

static void user_apc__run(struct apc *base)
{
    struct user_apc apc = *list_entry(base, struct user_apc, apc);
    free(list_entry(base, struct user_apc, apc));
    apc.routine(apc.data);
}

static void user_apc__discard(struct apc *base)
{
    free(list_entry(base, struct user_apc, apc));
}

DWORD WINAPI QueueUserAPC(PAPCFUNC pfnAPC, HANDLE hThread, ULONG_PTR dwData)
{
    struct user_apc *apc;
    struct thread *thread;
    NTSTATUS status = thread__get(hThread, THREAD_SET_CONTEXT, &thread);
    if (status != STATUS_SUCCESS)
        return (DWORD)fail_status(status);
    apc = pfnAPC ? malloc(sizeof *apc) : NULL;
    if (!apc) {
        status = pfnAPC ? STATUS_NO_MEMORY : STATUS_INVALID_PARAMETER;
    } else {
        *apc =
            (struct user_apc){{.run = user_apc__run, .discard = user_apc__discard}, pfnAPC, dwData};
        if (!thread_queue_apc(thread, &apc->apc)) {
            free(apc);
            status = STATUS_UNSUCCESSFUL;
        }
    }
    object_unref(&thread->object);
    return (DWORD)win32_result(status);
}

BOOL WINAPI QueueUserAPC2(PAPCFUNC ApcRoutine, HANDLE Thread, ULONG_PTR Data,
                          QUEUE_USER_APC_FLAGS Flags)
{
    struct thread *thread;
    bool is_self;
    NTSTATUS status;
    if (Flags & ~(QUEUE_USER_APC_FLAGS_SPECIAL_USER_APC | QUEUE_USER_APC_CALLBACK_DATA_CONTEXT))
        return fail_win32(ERROR_INVALID_PARAMETER);
    if (Flags == QUEUE_USER_APC_FLAGS_NONE)
        return QueueUserAPC(ApcRoutine, Thread, Data) != 0;
    status = thread__get(Thread, THREAD_SET_CONTEXT, &thread);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    is_self = thread == thread_self();
    object_unref(&thread->object);
    if (!ApcRoutine)
        return fail_win32(ERROR_INVALID_PARAMETER);
    if (!is_self || Flags != QUEUE_USER_APC_FLAGS_SPECIAL_USER_APC)
        return fail_win32(ERROR_NOT_SUPPORTED);
    ApcRoutine(Data);
    return TRUE;
}

/* ---- the process ---- */

HANDLE WINAPI GetCurrentProcess(VOID)
{
    return (HANDLE)(LONG_PTR)-1;
}

DWORD WINAPI GetCurrentProcessId(VOID)
{
    return (DWORD)getpid();
}

VOID WINAPI ExitProcess(UINT uExitCode)
{
    exit((int)uExitCode);
}

/* ---- thread-local storage ---- */

enum { TLS_SLOTS = 1088 };

static struct lock tls__lock; /* protects the two below */
static bool tls__used[TLS_SLOTS];
static uint32_t tls__generation[TLS_SLOTS]; /* counts allocations: old values do not come back */

struct tls_value {
    uint32_t generation;
    void *value;
};
static _Thread_local struct tls_value *tls__values;
static pthread_key_t tls__key; /* frees tls__values */
static pthread_once_t tls__once = PTHREAD_ONCE_INIT;

static void tls__free(void *values)
{
    tls__values = NULL;
    free(values);
}

static void tls__set_up(void)
{
    pthread_key_create(&tls__key, tls__free);
}

DWORD WINAPI TlsAlloc(VOID)
{
    DWORD index = 0;
    lock_acquire(&tls__lock);
    while (index < TLS_SLOTS && tls__used[index])
        index++;
    if (index < TLS_SLOTS) {
        tls__used[index] = true;
        tls__generation[index]++;
    }
    lock_release(&tls__lock);
    if (index == TLS_SLOTS) {
        fail_win32(ERROR_NO_MORE_ITEMS);
        return TLS_OUT_OF_INDEXES;
    }
    return index;
}

LPVOID WINAPI TlsGetValue(DWORD dwTlsIndex)
{
    struct tls_value *slot;
    if (dwTlsIndex >= TLS_SLOTS) {
        fail_win32(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    last_error_set(0);
    if (!tls__values)
        return NULL;
    slot = &tls__values[dwTlsIndex];
    return slot->generation == __atomic_load_n(&tls__generation[dwTlsIndex], __ATOMIC_RELAXED)
               ? slot->value
               : NULL;
}

BOOL WINAPI TlsSetValue(DWORD dwTlsIndex, LPVOID lpTlsValue)
{
    if (dwTlsIndex >= TLS_SLOTS)
        return fail_win32(ERROR_INVALID_PARAMETER);
    if (!tls__values) {
        pthread_once(&tls__once, tls__set_up);
        tls__values = calloc(TLS_SLOTS, sizeof *tls__values);
        if (!tls__values)
            return fail_win32(ERROR_NOT_ENOUGH_MEMORY);
        pthread_setspecific(tls__key, tls__values);
    }
    tls__values[dwTlsIndex].generation =
        __atomic_load_n(&tls__generation[dwTlsIndex], __ATOMIC_RELAXED);
    tls__values[dwTlsIndex].value = lpTlsValue;
    return TRUE;
}

BOOL WINAPI TlsFree(DWORD dwTlsIndex)
{
    bool was_used = false;
    lock_acquire(&tls__lock);
    if (dwTlsIndex < TLS_SLOTS) {
        was_used = tls__used[dwTlsIndex];
        tls__used[dwTlsIndex] = false;
    }
    lock_release(&tls__lock);
    return was_used ? TRUE : fail_win32(ERROR_INVALID_PARAMETER);
}

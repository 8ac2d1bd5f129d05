/* Entry points of processthreadsapi.h about threads and processors: priority, affinity, times,
 * descriptions. */
#include <processthreadsapi.h>
#include <winbase.h>

#include "cpu_times.h"
#include "handle_table.h"
#include "last_error.h"
#include "process.h"
#include "text.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <winerror.h>

/* The thread behind a handle that grants `access`, with a reference. */
static NTSTATUS thread__get(HANDLE handle, uint32_t access, struct thread **thread)
{
    struct object *object;
    NTSTATUS status = handle_get(handle, &thread_ops, access, &object);
    *thread = status == STATUS_SUCCESS ? list_entry(object, struct thread, object) : NULL;
    return status;
}

/* Is it a handle on this process that grants `access`? */
static NTSTATUS process__check(HANDLE handle, uint32_t access)
{
    struct object *object;
    NTSTATUS status = handle_get(handle, &process_ops, access, &object);
    if (status == STATUS_SUCCESS)
        object_unref(object);
    return status;
}

/* ---- priority ---- */

/* Raising a priority takes a right that few processes have: then only the number is kept. */
static void priority__apply(struct thread *thread, int priority)
{
    uint32_t id = atomic_load(&thread->id);
    int nice_value = priority == THREAD_PRIORITY_IDLE            ? 19
                     : priority == THREAD_PRIORITY_TIME_CRITICAL ? -15
                                                                 : -3 * priority;
    if (id)
        setpriority(PRIO_PROCESS, id, nice_value);
}

BOOL WINAPI SetThreadPriority(HANDLE hThread, int nPriority)
{
    struct thread *thread;
    NTSTATUS status = thread__get(hThread, THREAD_SET_LIMITED_INFORMATION, &thread);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    if ((nPriority < THREAD_PRIORITY_LOWEST || nPriority > THREAD_PRIORITY_HIGHEST) &&
        nPriority != THREAD_PRIORITY_IDLE && nPriority != THREAD_PRIORITY_TIME_CRITICAL)
        status = STATUS_INVALID_PARAMETER;
    else if (atomic_exchange(&thread->priority, nPriority) != nPriority)
        priority__apply(thread, nPriority);
    object_unref(&thread->object);
    return win32_result(status);
}

int WINAPI GetThreadPriority(HANDLE hThread)
{
    struct thread *thread;
    int priority;
    NTSTATUS status = thread__get(hThread, THREAD_QUERY_LIMITED_INFORMATION, &thread);
    if (status != STATUS_SUCCESS) {
        fail_status(status);
        return THREAD_PRIORITY_ERROR_RETURN;
    }
    priority = atomic_load(&thread->priority);
    object_unref(&thread->object);
    return priority;
}

/* ---- processors ---- */

static DWORD_PTR mask__from_set(const cpu_set_t *set)
{
    DWORD_PTR mask = 0;
    for (int cpu = 0; cpu < 64; cpu++) {
        if (CPU_ISSET(cpu, set))
            mask |= (DWORD_PTR)1 << cpu;
    }
    return mask;
}

static DWORD_PTR mask__of_task(pid_t id)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    return sched_getaffinity(id, sizeof set, &set) == 0 ? mask__from_set(&set) : 0;
}

/* What the process was allowed when it started; threads may be narrowed, this is not. */
static DWORD_PTR process__mask;

__attribute__((constructor)) static void process__learn_mask(void)
{
    process__mask = mask__of_task(0);
}

DWORD_PTR WINAPI SetThreadAffinityMask(HANDLE hThread, DWORD_PTR dwThreadAffinityMask)
{
    struct thread *thread;
    DWORD_PTR before;
    cpu_set_t set;
    pid_t id;
    NTSTATUS status = thread__get(hThread, THREAD_SET_INFORMATION, &thread);
    if (status != STATUS_SUCCESS)
        return (DWORD_PTR)fail_status(status);
    id = (pid_t)thread_wait_for_id(thread);
    before = mask__of_task(id);
    CPU_ZERO(&set);
    for (int cpu = 0; cpu < 64; cpu++) {
        if (dwThreadAffinityMask >> cpu & 1)
            CPU_SET(cpu, &set);
    }
    if (dwThreadAffinityMask == 0 || (dwThreadAffinityMask & ~process__mask) ||
        sched_setaffinity(id, sizeof set, &set) < 0) {
        before = 0;
        fail_win32(ERROR_INVALID_PARAMETER);
    }
    object_unref(&thread->object);
    return before;
}

BOOL WINAPI GetProcessAffinityMask(HANDLE hProcess, PDWORD_PTR lpProcessAffinityMask,
                                   PDWORD_PTR lpSystemAffinityMask)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    NTSTATUS status = process__check(hProcess, PROCESS_QUERY_LIMITED_INFORMATION);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    if (!lpProcessAffinityMask || !lpSystemAffinityMask)
        return fail_win32(ERROR_NOACCESS);
    *lpProcessAffinityMask = process__mask;
    *lpSystemAffinityMask =
        process__mask | (online >= 64 ? ~(DWORD_PTR)0 : ((DWORD_PTR)1 << online) - 1);
    return TRUE;
}

DWORD WINAPI GetCurrentProcessorNumber(VOID)
{
    return (DWORD)sched_getcpu();
}

DWORD WINAPI GetActiveProcessorCount(WORD GroupNumber)
{
    if (GroupNumber != 0 && GroupNumber != ALL_PROCESSOR_GROUPS)
        return (DWORD)fail_win32(ERROR_INVALID_PARAMETER);
    return (DWORD)sysconf(_SC_NPROCESSORS_ONLN);
}

WORD WINAPI GetActiveProcessorGroupCount(VOID)
{
    return 1;
}

/* ---- times ---- */

BOOL WINAPI GetThreadTimes(HANDLE hThread, LPFILETIME lpCreationTime, LPFILETIME lpExitTime,
                           LPFILETIME lpKernelTime, LPFILETIME lpUserTime)
{
    char path[64];
    struct thread *thread;
    NTSTATUS status = thread__get(hThread, THREAD_QUERY_LIMITED_INFORMATION, &thread);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    snprintf(path, sizeof path, "/proc/self/task/%u/stat", (unsigned)thread_wait_for_id(thread));
    object_unref(&thread->object);
    return cpu_times_give(path, lpCreationTime, lpExitTime, lpKernelTime, lpUserTime);
}

/* ---- descriptions ---- */

static HRESULT status__to_hresult(NTSTATUS status)
{
    return status == STATUS_SUCCESS ? 0
                                    : (HRESULT)(0x80070000 | (status_to_win32(status) & 0xFFFF));
}

/* The host keeps 15 bytes; it can name the calling thread and, through /proc, any other. */
static void description__show(struct thread *thread, const wchar_t *text)
{
    char path[64];
    char *name = text_from_wide(text);
    FILE *file;
    snprintf(path, sizeof path, "/proc/self/task/%u/comm", (unsigned)atomic_load(&thread->id));
    file = name ? fopen(path, "we") : NULL;
    if (file) {
        fprintf(file, "%.15s", name);
        fclose(file);
    }
    free(name);
}

HRESULT WINAPI SetThreadDescription(HANDLE hThread, PCWSTR lpThreadDescription)
{
    const wchar_t *text = lpThreadDescription ? lpThreadDescription : L"";
    size_t size = (text_wide_length(text) + 1) * sizeof *text;
    wchar_t *copy, *old;
    struct thread *thread;
    NTSTATUS status = thread__get(hThread, THREAD_SET_LIMITED_INFORMATION, &thread);
    if (status != STATUS_SUCCESS)
        return status__to_hresult(status);
    copy = malloc(size);
    if (copy) {
        memcpy(copy, text, size);
        lock_acquire(&thread->lock);
        old = thread->description;
        thread->description = copy;
        lock_release(&thread->lock);
        free(old);
        description__show(thread, text);
    }
    object_unref(&thread->object);
    return status__to_hresult(copy ? STATUS_SUCCESS : STATUS_NO_MEMORY);
}

HRESULT WINAPI GetThreadDescription(HANDLE hThread, PWSTR *ppszThreadDescription)
{
    const wchar_t *text;
    size_t size;
    struct thread *thread;
    NTSTATUS status = thread__get(hThread, THREAD_QUERY_LIMITED_INFORMATION, &thread);
    if (status != STATUS_SUCCESS)
        return status__to_hresult(status);
    if (ppszThreadDescription) {
        lock_acquire(&thread->lock);
        text = thread->description ? thread->description : L"";
        size = (text_wide_length(text) + 1) * sizeof *text;
        *ppszThreadDescription = LocalAlloc(LMEM_FIXED, size);
        if (*ppszThreadDescription)
            memcpy(*ppszThreadDescription, text, size);
        else
            status = STATUS_NO_MEMORY;
        lock_release(&thread->lock);
    } else {
        status = STATUS_INVALID_PARAMETER;
    }
    object_unref(&thread->object);
    return status__to_hresult(status);
}

/* Entry points of processthreadsapi.h about processes, this one and others. */
#include <processthreadsapi.h>

#include "cpu_times.h"
#include "handle_table.h"
#include "last_error.h"
#include "path.h"
#include "priority_class.h"
#include "process_watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <winerror.h>

/* The process behind a handle that grants `access`, with a reference. */
static NTSTATUS process__get(HANDLE handle, uint32_t access, struct process **process)
{
    struct object *object;
    NTSTATUS status = handle_get(handle, &process_ops, access, &object);
    *process = status == STATUS_SUCCESS ? process_of(object) : NULL;
    return status;
}

static void process__unref(struct process *process)
{
    object_unref(&process->object);
}

static bool process__is_self(const struct process *process)
{
    return &process->object == process_self();
}

static uint32_t process__id(const struct process *process)
{
    return process__is_self(process) ? (uint32_t)getpid() : process->pid;
}

/* ---- opening ---- */

/* One that was not made here. */
static NTSTATUS process__open_other(uint32_t pid, struct process **process)
{
    int pidfd = pid > INT_MAX ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0)
        return pid <= INT_MAX && errno == EMFILE ? STATUS_TOO_MANY_OPENED_FILES
                                                 : STATUS_INVALID_CID;
    if (syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) < 0) {
        NTSTATUS status = errno == EPERM ? STATUS_ACCESS_DENIED : STATUS_INVALID_CID;
        close(pidfd);
        return status;
    }
    *process = process_create((pid_t)pid, pidfd);
    if (!*process) {
        close(pidfd);
        return STATUS_NO_MEMORY;
    }
    if (process_watch(*process, NULL, -1))
        return STATUS_SUCCESS;
    process__unref(*process);
    return STATUS_NO_MEMORY;
}

static NTSTATUS process__open(uint32_t pid, struct process **process)
{
    if (pid == (uint32_t)getpid()) {
        *process = process_of(process_self());
        object_ref(&(*process)->object);
        return STATUS_SUCCESS;
    }
    *process = process_find(pid);
    if (*process)
        return STATUS_SUCCESS;
    return pid == 0 ? STATUS_INVALID_CID : process__open_other(pid, process);
}

HANDLE WINAPI OpenProcess(DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwProcessId)
{
    uint32_t access = object_map_access(&process_ops, dwDesiredAccess);
    struct process *process;
    HANDLE handle = NULL;
    NTSTATUS status = process__open(dwProcessId, &process);
    if (access & PROCESS_QUERY_INFORMATION) /* a right includes its limited form */
        access |= PROCESS_QUERY_LIMITED_INFORMATION;
    if (status == STATUS_SUCCESS) {
        status =
            handle_open(&process->object, access, bInheritHandle ? HANDLE_INHERIT : 0, &handle);
        process__unref(process);
    }
    if (status != STATUS_SUCCESS)
        fail_status(status);
    return handle;
}

/* ---- what it is, how it ended ---- */

BOOL WINAPI GetExitCodeProcess(HANDLE hProcess, LPDWORD lpExitCode)
{
    struct process *process;
    NTSTATUS status = process__get(hProcess, PROCESS_QUERY_LIMITED_INFORMATION, &process);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    if (lpExitCode)
        *lpExitCode = atomic_load(&process->exit_code);
    process__unref(process);
    return lpExitCode ? TRUE : fail_win32(ERROR_NOACCESS);
}

DWORD WINAPI GetProcessId(HANDLE Process)
{
    struct process *process;
    DWORD id;
    NTSTATUS status = process__get(Process, PROCESS_QUERY_LIMITED_INFORMATION, &process);
    if (status != STATUS_SUCCESS)
        return (DWORD)fail_status(status);
    id = process__id(process);
    process__unref(process);
    return id;
}

BOOL WINAPI TerminateProcess(HANDLE hProcess, UINT uExitCode)
{
    struct process *process;
    NTSTATUS status = process__get(hProcess, PROCESS_TERMINATE, &process);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    if (process__is_self(process)) {
        heritage_tell_exit_code(uExitCode);
        _exit((int)uExitCode);
    }
    status = process_terminate(process, uExitCode);
    process__unref(process);
    return win32_result(status);
}

static BOOL times__of_ended(struct process *process, FILETIME *created, FILETIME *ended,
                            FILETIME *kernel, FILETIME *user)
{
    if (!created || !ended || !kernel || !user)
        return fail_win32(ERROR_NOACCESS);
    cpu_times_store(process->created, created);
    cpu_times_store(process->end.ended, ended);
    cpu_times_store(process->end.kernel, kernel);
    cpu_times_store(process->end.user, user);
    return TRUE;
}

BOOL WINAPI GetProcessTimes(HANDLE hProcess, LPFILETIME lpCreationTime, LPFILETIME lpExitTime,
                            LPFILETIME lpKernelTime, LPFILETIME lpUserTime)
{
    char path[64];
    struct process *process;
    BOOL given = FALSE;
    NTSTATUS status = process__get(hProcess, PROCESS_QUERY_LIMITED_INFORMATION, &process);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    snprintf(path, sizeof path, "/proc/%u/stat", process__id(process));
    if (atomic_load(&process->exit_code) == (uint32_t)STATUS_PENDING)
        given = cpu_times_give(path, lpCreationTime, lpExitTime, lpKernelTime, lpUserTime);
    else
        given = times__of_ended(process, lpCreationTime, lpExitTime, lpKernelTime, lpUserTime);
    process__unref(process);
    return given;
}

/* ---- priority ---- */

static const struct {
    DWORD class;
    int nice_value;
} priority__classes[] = {
    {NORMAL_PRIORITY_CLASS, 0},        {IDLE_PRIORITY_CLASS, 19},
    {BELOW_NORMAL_PRIORITY_CLASS, 10}, {ABOVE_NORMAL_PRIORITY_CLASS, -5},
    {HIGH_PRIORITY_CLASS, -10},        {REALTIME_PRIORITY_CLASS, -20},
};
enum { PRIORITY_CLASSES = sizeof priority__classes / sizeof priority__classes[0] };

bool priority_class_nice(DWORD class, int *nice_value)
{
    for (unsigned i = 0; i < PRIORITY_CLASSES; i++) {
        if (priority__classes[i].class == class) {
            *nice_value = priority__classes[i].nice_value;
            return true;
        }
    }
    return false;
}

BOOL WINAPI SetPriorityClass(HANDLE hProcess, DWORD dwPriorityClass)
{
    struct process *process;
    int nice_value;
    NTSTATUS status = process__get(hProcess, PROCESS_SET_INFORMATION, &process);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    if (!priority_class_nice(dwPriorityClass, &nice_value)) {
        status = STATUS_INVALID_PARAMETER;
    } else {
        atomic_store(&process->priority, dwPriorityClass);
        lock_acquire(&process->lock);
        if (process->pidfd >= 0) /* its number is still its own */
            setpriority(PRIO_PROCESS, process->pid, nice_value);
        lock_release(&process->lock);
    }
    process__unref(process);
    return win32_result(status);
}

DWORD WINAPI GetPriorityClass(HANDLE hProcess)
{
    struct process *process;
    DWORD class;
    NTSTATUS status = process__get(hProcess, PROCESS_QUERY_LIMITED_INFORMATION, &process);
    if (status != STATUS_SUCCESS)
        return (DWORD)fail_status(status);
    class = atomic_load(&process->priority);
    process__unref(process);
    return class ? class : NORMAL_PRIORITY_CLASS;
}

/* ---- the image ---- */

/* The Windows path of what it runs, in a new string. */
static NTSTATUS image__name(HANDLE handle, char **name)
{
    char link[64], target[PATH_MAX];
    struct process *process;
    ssize_t length;
    NTSTATUS status = process__get(handle, PROCESS_QUERY_LIMITED_INFORMATION, &process);
    if (status != STATUS_SUCCESS)
        return status;
    snprintf(link, sizeof link, "/proc/%u/exe", process__id(process));
    length = readlink(link, target, sizeof target - 1);
    process__unref(process);
    if (length < 0)
        return errno == EACCES ? STATUS_ACCESS_DENIED : STATUS_UNSUCCESSFUL;
    target[length] = '\0';
    *name = path_to_windows(target);
    return *name ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

BOOL WINAPI QueryFullProcessImageNameA(HANDLE hProcess, DWORD dwFlags, LPSTR lpExeName,
                                       PDWORD lpdwSize)
{
    char *name;
    DWORD length;
    NTSTATUS status = dwFlags ? STATUS_INVALID_PARAMETER : image__name(hProcess, &name);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    if (!lpExeName || !lpdwSize) {
        status = STATUS_INVALID_PARAMETER;
    } else {
        length = path_copy_ansi(name, *lpdwSize, lpExeName);
        if (length >= *lpdwSize)
            status = STATUS_BUFFER_TOO_SMALL;
        else
            *lpdwSize = length;
    }
    free(name);
    return win32_result(status);
}

BOOL WINAPI QueryFullProcessImageNameW(HANDLE hProcess, DWORD dwFlags, LPWSTR lpExeName,
                                       PDWORD lpdwSize)
{
    char *name;
    DWORD length;
    NTSTATUS status = dwFlags ? STATUS_INVALID_PARAMETER : image__name(hProcess, &name);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    if (!lpExeName || !lpdwSize) {
        status = STATUS_INVALID_PARAMETER;
    } else {
        length = path_copy_wide(name, *lpdwSize, lpExeName);
        if (length >= *lpdwSize)
            status = STATUS_BUFFER_TOO_SMALL;
        else
            *lpdwSize = length;
    }
    free(name);
    return win32_result(status);
}

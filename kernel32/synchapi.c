/* Entry points of synchapi.h: waits and kernel objects. */
#include <synchapi.h>

#include "event.h"
#include "handle_table.h"
#include "last_error.h"
#include "mutex.h"
#include "named.h"
#include "semaphore.h"
#include "std_handles.h"
#include "wait.h"

#include <sched.h>
#include <stdlib.h>
#include <winerror.h>

/* ---- waits ---- */

static DWORD wait__result(NTSTATUS status)
{
    if (NT_ERROR(status)) {
        last_error_set(status_to_win32(status));
        return WAIT_FAILED;
    }
    return (DWORD)status; /* WAIT_* are the statuses themselves */
}

/* The object to wait for, with a reference. */
static NTSTATUS wait__get(HANDLE handle, struct object **object)
{
    uint32_t access;
    NTSTATUS status = handle_get_any(std_handle_resolve(handle), object, &access);
    if (status != STATUS_SUCCESS)
        return status;
    if (!object_is_waitable(*object))
        status = STATUS_OBJECT_TYPE_MISMATCH;
    else if (!(access & SYNCHRONIZE))
        status = STATUS_ACCESS_DENIED;
    if (status != STATUS_SUCCESS)
        handle_put(handle, *object);
    return status;
}

DWORD WINAPI WaitForSingleObjectEx(HANDLE hHandle, DWORD dwMilliseconds, BOOL bAlertable)
{
    struct deadline deadline = deadline_from_ms(dwMilliseconds);
    struct object *object;
    NTSTATUS status = wait__get(hHandle, &object);
    if (status == STATUS_SUCCESS) {
        status = wait_object(object, bAlertable, &deadline);
        handle_put(hHandle, object);
    }
    return wait__result(status);
}

DWORD WINAPI WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds)
{
    return WaitForSingleObjectEx(hHandle, dwMilliseconds, FALSE);
}

/* All objects with references, or none. Pseudo-handles are not allowed here (HND-006). */
static NTSTATUS wait__get_all(const HANDLE *handles, DWORD count, struct object **objects)
{
    NTSTATUS status = STATUS_SUCCESS;
    DWORD got = 0;
    while (got < count && status == STATUS_SUCCESS) {
        if (handle_is_current_process(handles[got]) || handle_is_current_thread(handles[got]))
            status = STATUS_INVALID_HANDLE;
        else
            status = wait__get(handles[got], &objects[got]);
        if (status == STATUS_SUCCESS)
            got++;
    }
    while (status != STATUS_SUCCESS && got-- > 0)
        handle_put(handles[got], objects[got]);
    return status;
}

DWORD WINAPI WaitForMultipleObjectsEx(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
                                      DWORD dwMilliseconds, BOOL bAlertable)
{
    struct deadline deadline = deadline_from_ms(dwMilliseconds);
    struct object *objects[WAIT_OBJECTS_MAX];
    NTSTATUS status;
    if (nCount == 0 || nCount > WAIT_OBJECTS_MAX || !lpHandles)
        return wait__result(STATUS_INVALID_PARAMETER);
    status = wait__get_all(lpHandles, nCount, objects);
    if (status != STATUS_SUCCESS)
        return wait__result(status);
    status = wait_objects(objects, nCount, bWaitAll, bAlertable, &deadline);
    for (DWORD i = 0; i < nCount; i++)
        handle_put(lpHandles[i], objects[i]);
    return wait__result(status);
}

DWORD WINAPI WaitForMultipleObjects(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
                                    DWORD dwMilliseconds)
{
    return WaitForMultipleObjectsEx(nCount, lpHandles, bWaitAll, dwMilliseconds, FALSE);
}

/* Signals the first of SignalObjectAndWait's objects. */
static NTSTATUS wait__signal(HANDLE handle)
{
    struct object *object;
    uint32_t access;
    NTSTATUS status = handle_get_any(handle, &object, &access);
    if (status != STATUS_SUCCESS)
        return status;
    if (!object->ops->signal)
        status = STATUS_OBJECT_TYPE_MISMATCH;
    else if ((access & object->ops->signal_access) != object->ops->signal_access)
        status = STATUS_ACCESS_DENIED;
    else
        status = object->ops->signal(object);
    handle_put(handle, object);
    return status;
}

DWORD WINAPI SignalObjectAndWait(HANDLE hObjectToSignal, HANDLE hObjectToWaitOn,
                                 DWORD dwMilliseconds, BOOL bAlertable)
{
    struct deadline deadline = deadline_from_ms(dwMilliseconds);
    struct object *object;
    NTSTATUS status = wait__get(hObjectToWaitOn, &object);
    if (status != STATUS_SUCCESS)
        return wait__result(status);
    status = wait__signal(hObjectToSignal);
    if (status == STATUS_SUCCESS)
        status = wait_object(object, bAlertable, &deadline);
    handle_put(hObjectToWaitOn, object);
    return wait__result(status);
}

DWORD WINAPI SleepEx(DWORD dwMilliseconds, BOOL bAlertable)
{
    struct deadline deadline = deadline_from_ms(dwMilliseconds);
    if (wait_delay(bAlertable, &deadline) == STATUS_USER_APC)
        return WAIT_IO_COMPLETION;
    if (dwMilliseconds == 0)
        sched_yield();
    return 0;
}

VOID WINAPI Sleep(DWORD dwMilliseconds)
{
    SleepEx(dwMilliseconds, FALSE);
}

/* ---- events ---- */

static HANDLE event__create(NTSTATUS status, struct name *name, DWORD flags, DWORD access,
                            const SECURITY_ATTRIBUTES *attributes)
{
    struct event *event = NULL;
    if (flags & ~(DWORD)(CREATE_EVENT_MANUAL_RESET | CREATE_EVENT_INITIAL_SET))
        status = STATUS_INVALID_PARAMETER;
    if (status == STATUS_SUCCESS)
        event = event_create(flags & CREATE_EVENT_MANUAL_RESET, flags & CREATE_EVENT_INITIAL_SET);
    return named_create(status, name, event ? &event->object : NULL, access, attributes);
}

static DWORD event__flags(BOOL manual_reset, BOOL initial_state)
{
    return (manual_reset ? CREATE_EVENT_MANUAL_RESET : 0) |
           (initial_state ? CREATE_EVENT_INITIAL_SET : 0);
}

HANDLE WINAPI CreateEventExA(LPSECURITY_ATTRIBUTES lpEventAttributes, LPCSTR lpName, DWORD dwFlags,
                             DWORD dwDesiredAccess)
{
    struct name name;
    NTSTATUS status = name_from_ansi(lpName, &name);
    return event__create(status, &name, dwFlags, dwDesiredAccess, lpEventAttributes);
}

HANDLE WINAPI CreateEventExW(LPSECURITY_ATTRIBUTES lpEventAttributes, LPCWSTR lpName, DWORD dwFlags,
                             DWORD dwDesiredAccess)
{
    struct name name;
    NTSTATUS status = name_from_wide(lpName, &name);
    return event__create(status, &name, dwFlags, dwDesiredAccess, lpEventAttributes);
}

HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset,
                           BOOL bInitialState, LPCSTR lpName)
{
    return CreateEventExA(lpEventAttributes, lpName, event__flags(bManualReset, bInitialState),
                          EVENT_ALL_ACCESS);
}

HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset,
                           BOOL bInitialState, LPCWSTR lpName)
{
    return CreateEventExW(lpEventAttributes, lpName, event__flags(bManualReset, bInitialState),
                          EVENT_ALL_ACCESS);
}

HANDLE WINAPI OpenEventA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName)
{
    struct name name;
    NTSTATUS status = name_from_ansi(lpName, &name);
    return named_open(status, &name, &event_ops, dwDesiredAccess, bInheritHandle);
}

HANDLE WINAPI OpenEventW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName)
{
    struct name name;
    NTSTATUS status = name_from_wide(lpName, &name);
    return named_open(status, &name, &event_ops, dwDesiredAccess, bInheritHandle);
}

static BOOL event__do(HANDLE handle, void (*what)(struct event *))
{
    struct object *object;
    NTSTATUS status = handle_get(handle, &event_ops, EVENT_MODIFY_STATE, &object);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    what(event_of(object));
    handle_put(handle, object);
    return TRUE;
}

BOOL WINAPI SetEvent(HANDLE hEvent)
{
    return event__do(hEvent, event_set);
}

BOOL WINAPI ResetEvent(HANDLE hEvent)
{
    return event__do(hEvent, event_reset);
}

BOOL WINAPI PulseEvent(HANDLE hEvent)
{
    return event__do(hEvent, event_pulse);
}

/* ---- mutexes ---- */

static HANDLE mutex__create(NTSTATUS status, struct name *name, DWORD flags, DWORD access,
                            const SECURITY_ATTRIBUTES *attributes)
{
    struct mutex *mutex = NULL;
    if (flags & ~(DWORD)CREATE_MUTEX_INITIAL_OWNER)
        status = STATUS_INVALID_PARAMETER;
    if (status == STATUS_SUCCESS)
        mutex = mutex_create(flags & CREATE_MUTEX_INITIAL_OWNER ? thread_self() : NULL);
    return named_create(status, name, mutex ? &mutex->object : NULL, access, attributes);
}

HANDLE WINAPI CreateMutexExA(LPSECURITY_ATTRIBUTES lpMutexAttributes, LPCSTR lpName, DWORD dwFlags,
                             DWORD dwDesiredAccess)
{
    struct name name;
    NTSTATUS status = name_from_ansi(lpName, &name);
    return mutex__create(status, &name, dwFlags, dwDesiredAccess, lpMutexAttributes);
}

HANDLE WINAPI CreateMutexExW(LPSECURITY_ATTRIBUTES lpMutexAttributes, LPCWSTR lpName, DWORD dwFlags,
                             DWORD dwDesiredAccess)
{
    struct name name;
    NTSTATUS status = name_from_wide(lpName, &name);
    return mutex__create(status, &name, dwFlags, dwDesiredAccess, lpMutexAttributes);
}

HANDLE WINAPI CreateMutexA(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner,
                           LPCSTR lpName)
{
    return CreateMutexExA(lpMutexAttributes, lpName, bInitialOwner ? CREATE_MUTEX_INITIAL_OWNER : 0,
                          MUTEX_ALL_ACCESS);
}

HANDLE WINAPI CreateMutexW(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner,
                           LPCWSTR lpName)
{
    return CreateMutexExW(lpMutexAttributes, lpName, bInitialOwner ? CREATE_MUTEX_INITIAL_OWNER : 0,
                          MUTEX_ALL_ACCESS);
}

HANDLE WINAPI OpenMutexA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName)
{
    struct name name;
    NTSTATUS status = name_from_ansi(lpName, &name);
    return named_open(status, &name, &mutex_ops, dwDesiredAccess, bInheritHandle);
}

HANDLE WINAPI OpenMutexW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName)
{
    struct name name;
    NTSTATUS status = name_from_wide(lpName, &name);
    return named_open(status, &name, &mutex_ops, dwDesiredAccess, bInheritHandle);
}

BOOL WINAPI ReleaseMutex(HANDLE hMutex)
{
    struct object *object;
    NTSTATUS status = handle_get(hMutex, &mutex_ops, 0, &object);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    status = mutex_release(list_entry(object, struct mutex, object));
    handle_put(hMutex, object);
    return win32_result(status);
}

/* ---- semaphores ---- */

static HANDLE semaphore__create(NTSTATUS status, struct name *name, LONG count, LONG maximum,
                                DWORD flags, DWORD access, const SECURITY_ATTRIBUTES *attributes)
{
    struct semaphore *semaphore = NULL;
    if (flags || maximum <= 0 || count < 0 || count > maximum)
        status = STATUS_INVALID_PARAMETER;
    if (status == STATUS_SUCCESS)
        semaphore = semaphore_create((uint32_t)count, (uint32_t)maximum);
    return named_create(status, name, semaphore ? &semaphore->object : NULL, access, attributes);
}

HANDLE WINAPI CreateSemaphoreExA(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount,
                                 LONG lMaximumCount, LPCSTR lpName, DWORD dwFlags,
                                 DWORD dwDesiredAccess)
{
    struct name name;
    NTSTATUS status = name_from_ansi(lpName, &name);
    return semaphore__create(status, &name, lInitialCount, lMaximumCount, dwFlags, dwDesiredAccess,
                             lpSemaphoreAttributes);
}

HANDLE WINAPI CreateSemaphoreExW(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount,
                                 LONG lMaximumCount, LPCWSTR lpName, DWORD dwFlags,
                                 DWORD dwDesiredAccess)
{
    struct name name;
    NTSTATUS status = name_from_wide(lpName, &name);
    return semaphore__create(status, &name, lInitialCount, lMaximumCount, dwFlags, dwDesiredAccess,
                             lpSemaphoreAttributes);
}

HANDLE WINAPI CreateSemaphoreA(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount,
                               LONG lMaximumCount, LPCSTR lpName)
{
    return CreateSemaphoreExA(lpSemaphoreAttributes, lInitialCount, lMaximumCount, lpName, 0,
                              SEMAPHORE_ALL_ACCESS);
}

HANDLE WINAPI CreateSemaphoreW(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount,
                               LONG lMaximumCount, LPCWSTR lpName)
{
    return CreateSemaphoreExW(lpSemaphoreAttributes, lInitialCount, lMaximumCount, lpName, 0,
                              SEMAPHORE_ALL_ACCESS);
}

HANDLE WINAPI OpenSemaphoreA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName)
{
    struct name name;
    NTSTATUS status = name_from_ansi(lpName, &name);
    return named_open(status, &name, &semaphore_ops, dwDesiredAccess, bInheritHandle);
}

HANDLE WINAPI OpenSemaphoreW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName)
{
    struct name name;
    NTSTATUS status = name_from_wide(lpName, &name);
    return named_open(status, &name, &semaphore_ops, dwDesiredAccess, bInheritHandle);
}

BOOL WINAPI ReleaseSemaphore(HANDLE hSemaphore, LONG lReleaseCount, LPLONG lpPreviousCount)
{
    struct object *object;
    uint32_t previous;
    NTSTATUS status = handle_get(hSemaphore, &semaphore_ops, SEMAPHORE_MODIFY_STATE, &object);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    if (lReleaseCount <= 0) {
        status = STATUS_INVALID_PARAMETER;
    } else {
        status = semaphore_release(list_entry(object, struct semaphore, object),
                                   (uint32_t)lReleaseCount, &previous);
        if (status == STATUS_SUCCESS && lpPreviousCount)
            *lpPreviousCount = (LONG)previous;
    }
    handle_put(hSemaphore, object);
    return win32_result(status);
}

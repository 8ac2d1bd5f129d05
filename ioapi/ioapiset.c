/* Entry points of ioapiset.h. */
#include <ioapiset.h>

#include "file.h"
#include "last_error.h"
#include "port.h"

#include <handleapi.h>
#include <stdlib.h>
#include <winerror.h>

enum { STACK_PACKETS = 64 };

/* Binds the file to the port, made or given. */
static NTSTATUS port__bind_file(HANDLE file_handle, struct port *port, ULONG_PTR key)
{
    struct file *file;
    NTSTATUS status = file_get(file_handle, 0, &file);
    if (status != STATUS_SUCCESS)
        return status;
    status = file_bind(file, port, key, false);
    file_unref(file);
    return status;
}

static HANDLE port__bind_to_existing(HANDLE file, HANDLE existing, ULONG_PTR key)
{
    struct object *object;
    NTSTATUS status = handle_get(existing, &port_ops, IO_COMPLETION_MODIFY_STATE, &object);
    if (status != STATUS_SUCCESS) {
        fail_status(status);
        return NULL;
    }
    if (file == INVALID_HANDLE_VALUE)
        status = STATUS_INVALID_PARAMETER;
    else
        status = port__bind_file(file, list_entry(object, struct port, object), key);
    object_unref(object);
    if (status != STATUS_SUCCESS) {
        fail_status(status);
        return NULL;
    }
    return existing;
}

HANDLE WINAPI CreateIoCompletionPort(HANDLE FileHandle, HANDLE ExistingCompletionPort,
                                     ULONG_PTR CompletionKey, DWORD NumberOfConcurrentThreads)
{
    struct port *port;
    HANDLE handle = NULL;
    NTSTATUS status;
    if (ExistingCompletionPort)
        return port__bind_to_existing(FileHandle, ExistingCompletionPort, CompletionKey);
    status = port_create(NumberOfConcurrentThreads, &port);
    if (status == STATUS_SUCCESS) {
        if (FileHandle != INVALID_HANDLE_VALUE)
            status = port__bind_file(FileHandle, port, CompletionKey);
        if (status == STATUS_SUCCESS)
            status = handle_open_new(&port->object, IO_COMPLETION_ALL_ACCESS, 0, &handle);
        else
            object_unref(&port->object);
    }
    if (status != STATUS_SUCCESS) {
        fail_status(status);
        return NULL;
    }
    return handle;
}

/* The last error of a dequeue that took nothing. */
static BOOL port__fail_remove(NTSTATUS status)
{
    switch (status) {
    case STATUS_TIMEOUT:
        return fail_win32(WAIT_TIMEOUT);
    case STATUS_USER_APC:
        return fail_win32(WAIT_IO_COMPLETION);
    case STATUS_ABANDONED_WAIT_0:
        return fail_win32(ERROR_ABANDONED_WAIT_0);
    default:
        return fail_status(status);
    }
}

BOOL WINAPI GetQueuedCompletionStatus(HANDLE CompletionPort, LPDWORD lpNumberOfBytesTransferred,
                                      PULONG_PTR lpCompletionKey, LPOVERLAPPED *lpOverlapped,
                                      DWORD dwMilliseconds)
{
    struct deadline deadline = deadline_from_ms(dwMilliseconds);
    struct port_loan loan;
    struct packet packet;
    uint32_t removed;
    NTSTATUS status;
    if (!lpNumberOfBytesTransferred || !lpCompletionKey || !lpOverlapped)
        return fail_win32(ERROR_INVALID_PARAMETER);
    *lpOverlapped = NULL;
    status = port_get(CompletionPort, &loan);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    status = port_remove(loan.port, &packet, 1, &removed, &deadline, false);
    port_put(&loan);
    if (status != STATUS_SUCCESS)
        return port__fail_remove(status);
    *lpNumberOfBytesTransferred = (DWORD)packet.information;
    *lpCompletionKey = packet.key;
    *lpOverlapped = packet.context;
    return win32_result(packet.status);
}

BOOL WINAPI GetQueuedCompletionStatusEx(HANDLE CompletionPort,
                                        LPOVERLAPPED_ENTRY lpCompletionPortEntries, ULONG ulCount,
                                        PULONG ulNumEntriesRemoved, DWORD dwMilliseconds,
                                        BOOL fAlertable)
{
    struct deadline deadline = deadline_from_ms(dwMilliseconds);
    struct packet packets[STACK_PACKETS];
    struct port_loan loan;
    uint32_t removed;
    NTSTATUS status;
    if (!lpCompletionPortEntries || !ulNumEntriesRemoved || ulCount == 0)
        return fail_win32(ERROR_INVALID_PARAMETER);
    *ulNumEntriesRemoved = 0;
    status = port_get(CompletionPort, &loan);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    /* Never waits to fill the array, so a bounded batch is a legal answer to any count. */
    status = port_remove(loan.port, packets, ulCount < STACK_PACKETS ? ulCount : STACK_PACKETS,
                         &removed, &deadline, fAlertable);
    port_put(&loan);
    if (status != STATUS_SUCCESS)
        return port__fail_remove(status);
    for (uint32_t i = 0; i < removed; i++)
        lpCompletionPortEntries[i] = (OVERLAPPED_ENTRY){
            .lpCompletionKey = packets[i].key,
            .lpOverlapped = packets[i].context,
            .Internal = (uint32_t)packets[i].status,
            .dwNumberOfBytesTransferred = (DWORD)packets[i].information,
        };
    *ulNumEntriesRemoved = removed;
    return TRUE;
}

BOOL WINAPI PostQueuedCompletionStatus(HANDLE CompletionPort, DWORD dwNumberOfBytesTransferred,
                                       ULONG_PTR dwCompletionKey, LPOVERLAPPED lpOverlapped)
{
    struct packet packet = {
        .key = dwCompletionKey, .context = lpOverlapped, .information = dwNumberOfBytesTransferred};
    struct port_loan loan;
    NTSTATUS status = port_get(CompletionPort, &loan);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    status = port_post(loan.port, &packet);
    port_put(&loan);
    return win32_result(status);
}

/* ---- overlapped results ---- */

static NTSTATUS overlapped__status(const OVERLAPPED *overlapped)
{
    return (NTSTATUS)__atomic_load_n((const uint32_t *)&overlapped->Internal, __ATOMIC_ACQUIRE);
}

/* Waits on the OVERLAPPED's event or the file. */
static NTSTATUS overlapped__wait(HANDLE file, const OVERLAPPED *overlapped, BOOL alertable,
                                 const struct deadline *deadline)
{
    HANDLE wait_on = (HANDLE)((uintptr_t)overlapped->hEvent & ~(uintptr_t)1);
    struct object *object;
    NTSTATUS status;
    status = handle_get_any(wait_on ? wait_on : file, &object, NULL);
    if (status != STATUS_SUCCESS)
        return status;
    if (object_is_waitable(object))
        status = wait_object(object, alertable, deadline);
    else
        status = STATUS_INVALID_HANDLE;
    object_unref(object);
    return status;
}

BOOL WINAPI GetOverlappedResultEx(HANDLE hFile, LPOVERLAPPED lpOverlapped,
                                  LPDWORD lpNumberOfBytesTransferred, DWORD dwMilliseconds,
                                  BOOL bAlertable)
{
    struct deadline deadline = deadline_from_ms(dwMilliseconds);
    NTSTATUS status;
    if (!lpOverlapped || !lpNumberOfBytesTransferred)
        return fail_win32(ERROR_INVALID_PARAMETER);
    status = overlapped__status(lpOverlapped);
    if (status == STATUS_PENDING) {
        if (deadline.now)
            return fail_win32(ERROR_IO_INCOMPLETE);
        status = overlapped__wait(hFile, lpOverlapped, bAlertable, &deadline);
        if (status == STATUS_TIMEOUT)
            return fail_win32(WAIT_TIMEOUT);
        if (status == STATUS_USER_APC)
            return fail_win32(WAIT_IO_COMPLETION);
        if (NT_ERROR(status))
            return fail_status(status);
        status = overlapped__status(lpOverlapped); /* not looked at again (PORT-115) */
    }
    *lpNumberOfBytesTransferred = (DWORD)lpOverlapped->InternalHigh;
    return win32_result(status);
}

BOOL WINAPI GetOverlappedResult(HANDLE hFile, LPOVERLAPPED lpOverlapped,
                                LPDWORD lpNumberOfBytesTransferred, BOOL bWait)
{
    return GetOverlappedResultEx(hFile, lpOverlapped, lpNumberOfBytesTransferred,
                                 bWait ? 0xFFFFFFFF : 0, FALSE);
}

/* ---- cancellation ---- */

BOOL WINAPI CancelIo(HANDLE hFile)
{
    struct file *file;
    NTSTATUS status = file_get(hFile, 0, &file);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    file_cancel(file, NULL, thread_self()->id);
    file_unref(file);
    return TRUE;
}

BOOL WINAPI CancelIoEx(HANDLE hFile, LPOVERLAPPED lpOverlapped)
{
    struct file *file;
    NTSTATUS status = file_get(hFile, 0, &file);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    if (file_cancel(file, lpOverlapped, 0) == 0)
        status = STATUS_NOT_FOUND;
    file_unref(file);
    return win32_result(status);
}

BOOL WINAPI CancelSynchronousIo(HANDLE hThread)
{
    struct object *object;
    NTSTATUS status = handle_get(hThread, &thread_ops, THREAD_TERMINATE, &object);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    if (!thread_cancel_io(list_entry(object, struct thread, object)))
        status = STATUS_NOT_FOUND;
    object_unref(object);
    return win32_result(status);
}

/* The native entry points over ports and files: the Win32 ones without the translation. */
#include <winternl.h>

#include "file.h"
#include "port.h"
#include "status.h"
#include "std_handles.h"
#include "thread.h"

ULONG NTAPI RtlNtStatusToDosError(NTSTATUS Status)
{
    return status_to_win32(Status);
}

NTSTATUS NTAPI NtClose(HANDLE Handle)
{
    return handle_close(Handle);
}

NTSTATUS NTAPI NtTestAlert(void)
{
    thread_run_apcs(thread_self());
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    struct deadline deadline = deadline_from_nt(Timeout ? (int64_t *)&Timeout->QuadPart : NULL);
    struct object *object;
    uint32_t access;
    NTSTATUS status = handle_get_any(Handle, &object, &access);
    if (status != STATUS_SUCCESS)
        return status;
    if (!object_is_waitable(object))
        status = STATUS_OBJECT_TYPE_MISMATCH;
    else if (!(access & SYNCHRONIZE))
        status = STATUS_ACCESS_DENIED;
    else
        status = wait_object(object, Alertable, &deadline);
    object_unref(object);
    return status;
}

/* ---- ports ---- */

NTSTATUS NTAPI NtCreateIoCompletion(PHANDLE IoCompletionHandle, ACCESS_MASK DesiredAccess,
                                    POBJECT_ATTRIBUTES ObjectAttributes,
                                    ULONG NumberOfConcurrentThreads)
{
    struct port *port;
    NTSTATUS status;
    uint32_t flags = 0;
    if (!IoCompletionHandle)
        return STATUS_ACCESS_VIOLATION;
    if (ObjectAttributes) {
        if (ObjectAttributes->Length != sizeof *ObjectAttributes)
            return STATUS_INVALID_PARAMETER;
        if (ObjectAttributes->ObjectName && ObjectAttributes->ObjectName->Length)
            return STATUS_NOT_SUPPORTED; /* named ports are not provided */
        flags = ObjectAttributes->Attributes & OBJ_INHERIT ? HANDLE_INHERIT : 0;
    }
    status = port_create(NumberOfConcurrentThreads, &port);
    if (status != STATUS_SUCCESS)
        return status;
    return handle_open_new(&port->object, object_map_access(&port_ops, DesiredAccess), flags,
                           IoCompletionHandle);
}

static NTSTATUS port__get(HANDLE handle, uint32_t access, struct port **port)
{
    struct object *object;
    NTSTATUS status = handle_get(handle, &port_ops, access, &object);
    *port = status == STATUS_SUCCESS ? list_entry(object, struct port, object) : NULL;
    return status;
}

NTSTATUS NTAPI NtSetIoCompletion(HANDLE IoCompletionHandle, PVOID KeyContext, PVOID ApcContext,
                                 NTSTATUS IoStatus, ULONG_PTR IoStatusInformation)
{
    struct packet packet = {.key = (uintptr_t)KeyContext,
                            .context = ApcContext,
                            .status = IoStatus,
                            .information = IoStatusInformation};
    struct port *port;
    NTSTATUS status = port__get(IoCompletionHandle, IO_COMPLETION_MODIFY_STATE, &port);
    if (status != STATUS_SUCCESS)
        return status;
    status = port_post(port, &packet);
    object_unref(&port->object);
    return status;
}

NTSTATUS NTAPI NtRemoveIoCompletion(HANDLE IoCompletionHandle, PVOID *KeyContext, PVOID *ApcContext,
                                    PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER Timeout)
{
    FILE_IO_COMPLETION_INFORMATION entry = {0};
    ULONG removed;
    NTSTATUS status;
    if (!KeyContext || !ApcContext || !IoStatusBlock)
        return STATUS_ACCESS_VIOLATION;
    status = NtRemoveIoCompletionEx(IoCompletionHandle, &entry, 1, &removed, Timeout, FALSE);
    if (status == STATUS_SUCCESS) {
        *KeyContext = entry.KeyContext;
        *ApcContext = entry.ApcContext;
        *IoStatusBlock = entry.IoStatusBlock;
    }
    return status;
}

enum { STACK_PACKETS = 64 };

NTSTATUS NTAPI NtRemoveIoCompletionEx(HANDLE IoCompletionHandle,
                                      PFILE_IO_COMPLETION_INFORMATION Information, ULONG Count,
                                      PULONG NumEntriesRemoved, PLARGE_INTEGER Timeout,
                                      BOOLEAN Alertable)
{
    struct deadline deadline = deadline_from_nt(Timeout ? (int64_t *)&Timeout->QuadPart : NULL);
    struct packet packets[STACK_PACKETS];
    struct port *port;
    uint32_t removed = 0;
    NTSTATUS status;
    if (!Information || !NumEntriesRemoved)
        return STATUS_ACCESS_VIOLATION;
    if (Count == 0)
        return STATUS_INVALID_PARAMETER;
    status = port__get(IoCompletionHandle, IO_COMPLETION_MODIFY_STATE, &port);
    if (status != STATUS_SUCCESS)
        return status;
    status = port_remove(port, packets, Count < STACK_PACKETS ? Count : STACK_PACKETS, &removed,
                         &deadline, Alertable);
    object_unref(&port->object);
    for (uint32_t i = 0; i < removed; i++) {
        Information[i].KeyContext = (PVOID)packets[i].key;
        Information[i].ApcContext = packets[i].context;
        Information[i].IoStatusBlock.Pointer = NULL;
        Information[i].IoStatusBlock.Status = packets[i].status;
        Information[i].IoStatusBlock.Information = packets[i].information;
    }
    *NumEntriesRemoved = removed;
    return status;
}

NTSTATUS NTAPI NtQueryIoCompletion(HANDLE IoCompletionHandle, IO_COMPLETION_INFORMATION_CLASS Class,
                                   PVOID Buffer, ULONG Length, PULONG ReturnLength)
{
    struct port *port;
    NTSTATUS status;
    if (Class != IoCompletionBasicInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (Length != sizeof(IO_COMPLETION_BASIC_INFORMATION))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (!Buffer)
        return STATUS_ACCESS_VIOLATION;
    status = port__get(IoCompletionHandle, IO_COMPLETION_QUERY_STATE, &port);
    if (status != STATUS_SUCCESS)
        return status;
    ((PIO_COMPLETION_BASIC_INFORMATION)Buffer)->Depth = (LONG)port_depth(port);
    object_unref(&port->object);
    if (ReturnLength)
        *ReturnLength = sizeof(IO_COMPLETION_BASIC_INFORMATION);
    return STATUS_SUCCESS;
}

/* ---- files ---- */

static NTSTATUS file__set_completion(struct file *file, const FILE_COMPLETION_INFORMATION *info,
                                     bool replace)
{
    struct port *port = NULL;
    NTSTATUS status;
    if (info->Port || !replace) {
        status = port__get(info->Port, IO_COMPLETION_MODIFY_STATE, &port);
        if (status != STATUS_SUCCESS)
            return status;
    }
    status = file_bind(file, port, (uintptr_t)info->Key, replace);
    if (port)
        object_unref(&port->object);
    return status;
}

NTSTATUS NTAPI NtSetInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock,
                                    PVOID FileInformation, ULONG Length,
                                    FILE_INFORMATION_CLASS FileInformationClass)
{
    bool modes = FileInformationClass == FileIoCompletionNotificationInformation;
    bool replace = FileInformationClass == FileReplaceCompletionInformation;
    struct file *file;
    NTSTATUS status;
    if (!modes && !replace && FileInformationClass != FileCompletionInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (Length < (modes ? sizeof(FILE_IO_COMPLETION_NOTIFICATION_INFORMATION)
                        : sizeof(FILE_COMPLETION_INFORMATION)))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (!FileInformation || !IoStatusBlock)
        return STATUS_ACCESS_VIOLATION;
    status = file_get(FileHandle, 0, &file);
    if (status != STATUS_SUCCESS)
        return status;
    if (modes)
        status = file_set_modes(
            file, ((FILE_IO_COMPLETION_NOTIFICATION_INFORMATION *)FileInformation)->Flags);
    else
        status = file__set_completion(file, FileInformation, replace);
    file_unref(file);
    if (NT_SUCCESS(status)) {
        IoStatusBlock->Status = status;
        IoStatusBlock->Information = 0;
    }
    return status;
}

/* The size of what a class tells; 0: an unknown one. */
static ULONG file__information_size(FILE_INFORMATION_CLASS class)
{
    switch (class) {
    case FileAccessInformation:
        return sizeof(FILE_ACCESS_INFORMATION);
    case FileIoCompletionNotificationInformation:
        return sizeof(FILE_IO_COMPLETION_NOTIFICATION_INFORMATION);
    default:
        return 0;
    }
}

NTSTATUS NTAPI NtQueryInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock,
                                      PVOID FileInformation, ULONG Length,
                                      FILE_INFORMATION_CLASS FileInformationClass)
{
    ULONG size = file__information_size(FileInformationClass);
    struct object *object;
    uint32_t access;
    NTSTATUS status;
    if (!size)
        return STATUS_INVALID_INFO_CLASS;
    if (Length < size)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (!FileInformation || !IoStatusBlock)
        return STATUS_ACCESS_VIOLATION;
    status = handle_get_any(std_handle_resolve(FileHandle), &object, &access);
    if (status != STATUS_SUCCESS)
        return status;
    if (object->ops != &file_object_ops)
        status = STATUS_OBJECT_TYPE_MISMATCH;
    else if (FileInformationClass == FileAccessInformation)
        ((FILE_ACCESS_INFORMATION *)FileInformation)->AccessFlags = access;
    else
        ((FILE_IO_COMPLETION_NOTIFICATION_INFORMATION *)FileInformation)->Flags =
            list_entry(object, struct file, object)->modes;
    object_unref(object);
    if (status == STATUS_SUCCESS)
        *IoStatusBlock = (IO_STATUS_BLOCK){.Status = STATUS_SUCCESS, .Information = size};
    return status;
}

NTSTATUS NTAPI NtCancelIoFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock)
{
    struct file *file;
    NTSTATUS status;
    if (!IoStatusBlock)
        return STATUS_ACCESS_VIOLATION;
    status = file_get(FileHandle, 0, &file);
    if (status != STATUS_SUCCESS)
        return status;
    file_cancel(file, NULL, thread_self()->id);
    file_unref(file);
    IoStatusBlock->Status = STATUS_SUCCESS;
    IoStatusBlock->Information = 0;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtCancelIoFileEx(HANDLE FileHandle, PIO_STATUS_BLOCK IoRequestToCancel,
                                PIO_STATUS_BLOCK IoStatusBlock)
{
    struct file *file;
    NTSTATUS status;
    if (!IoStatusBlock)
        return STATUS_ACCESS_VIOLATION;
    status = file_get(FileHandle, 0, &file);
    if (status != STATUS_SUCCESS)
        return status;
    if (file_cancel(file, IoRequestToCancel, 0) == 0)
        status = STATUS_NOT_FOUND;
    file_unref(file);
    IoStatusBlock->Status = status;
    IoStatusBlock->Information = 0;
    return status;
}

/* The calls over devices: the native ones, and DeviceIoControl. */
#include "device.h"

#include "last_error.h"
#include "text.h"
#include "transfer.h"
#include "wait.h"

#include <ioapiset.h>
#include <string.h>
#include <strings.h>
#include <winternl.h>

enum { DEVICE_NAME_MAX = 256 };

static struct device *device__first;

void device_register(struct device *device)
{
    device->next = device__first;
    device__first = device;
}

static const struct device *device__find(const char *name)
{
    for (const struct device *device = device__first; device; device = device->next) {
        size_t length = strlen(device->name);
        if (strncasecmp(name, device->name, length) == 0 && (!name[length] || name[length] == '\\'))
            return device;
    }
    return NULL;
}

static NTSTATUS device__name(const OBJECT_ATTRIBUTES *attributes, char *name)
{
    const UNICODE_STRING *wide = attributes->ObjectName;
    size_t length;
    if (attributes->Length != sizeof *attributes)
        return STATUS_INVALID_PARAMETER;
    if (!wide || !wide->Buffer || wide->Length / 2 >= DEVICE_NAME_MAX / 3 ||
        !memory_is_readable(wide->Buffer, wide->Length))
        return STATUS_OBJECT_NAME_INVALID;
    length = text_utf8_from_wide(wide->Buffer, wide->Length / 2, name, DEVICE_NAME_MAX - 1);
    name[length] = '\0';
    return name[0] == '\\' ? STATUS_SUCCESS : STATUS_OBJECT_PATH_SYNTAX_BAD;
}

NTSTATUS NTAPI NtCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
                            POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                            PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
                            ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer,
                            ULONG EaLength)
{
    const ULONG synchronous = FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT;
    const struct device *device;
    char name[DEVICE_NAME_MAX];
    NTSTATUS status;
    (void)AllocationSize, (void)FileAttributes, (void)ShareAccess, (void)EaBuffer, (void)EaLength;
    if (!FileHandle || !ObjectAttributes || !IoStatusBlock)
        return STATUS_ACCESS_VIOLATION;
    if (CreateDisposition > FILE_OVERWRITE_IF)
        return STATUS_INVALID_PARAMETER;
    status = device__name(ObjectAttributes, name);
    if (status != STATUS_SUCCESS)
        return status;
    device = device__find(name);
    if (!device)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    status =
        device->open(object_map_access(&file_object_ops, DesiredAccess),
                     CreateOptions & synchronous ? 0 : FILE_OVERLAPPED,
                     ObjectAttributes->Attributes & OBJ_INHERIT ? HANDLE_INHERIT : 0, FileHandle);
    if (status == STATUS_SUCCESS) {
        IoStatusBlock->Status = status;
        IoStatusBlock->Information = 1; /* FILE_OPENED */
    }
    return status;
}

static NTSTATUS control__capture(struct file *file, HANDLE event, PIO_APC_ROUTINE routine,
                                 PVOID context, struct request *request)
{
    if (!context)
        request->flags |= REQUEST_EAGER;
    if (routine && file->port)
        return STATUS_INVALID_PARAMETER; /* an APC and a packet exclude each other */
    if (routine)
        return request_set_apc(request, (void *)routine, context, REQUEST_NATIVE_APC);
    request->context = context;
    return event ? request_set_event(request, event) : STATUS_SUCCESS;
}

NTSTATUS device_control_end(struct request *request)
{
    struct file *file = request->file;
    NTSTATUS status;
    file_lock(file);
    status = request_end_in_call(request);
    file_unlock(file);
    request_free(request);
    return status;
}

NTSTATUS device_control_now(struct request *request, NTSTATUS status, uint64_t information)
{
    if (NT_ERROR(status)) {
        request_free(request);
        return status;
    }
    if (request->iosb)
        request->iosb->Pointer = NULL; /* as request_begin, but what the file shows stays */
    request->status = status;
    request->information = information;
    return device_control_end(request);
}

enum { DEVICE_NAMED_PIPE = 0x11 };

/* The rights a code asks of the handle: its read and write bits are those of a file. Of what there
 * is here only a pipe's codes name any. */
static uint32_t control__access(uint32_t code)
{
    return code >> 16 == DEVICE_NAMED_PIPE ? (code >> 14) & (FILE_READ_DATA | FILE_WRITE_DATA) : 0;
}

static const struct request_ops control__ops = {.name = "control", .size = sizeof(struct request)};

NTSTATUS NTAPI NtDeviceIoControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                                     PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                     ULONG IoControlCode, PVOID InputBuffer,
                                     ULONG InputBufferLength, PVOID OutputBuffer,
                                     ULONG OutputBufferLength)
{
    struct device_control control = {IoControlCode, InputBuffer, InputBufferLength, OutputBuffer,
                                     OutputBufferLength};
    struct request request = {.ops = &control__ops,
                              .iosb = IoStatusBlock,
                              .flags = REQUEST_CONTROL,
                              .status = STATUS_PENDING};
    struct file *file;
    NTSTATUS status;
    if (!IoStatusBlock)
        return STATUS_ACCESS_VIOLATION;
    status = file_get(FileHandle, control__access(IoControlCode), &file);
    if (status != STATUS_SUCCESS)
        return status;
    request.file = file;
    status = file->ops->control ? control__capture(file, Event, ApcRoutine, ApcContext, &request)
                                : STATUS_INVALID_DEVICE_REQUEST;
    if (status == STATUS_SUCCESS)
        status = file->ops->control(file, &request, &control);
    else
        request_free(&request);
    file_unref(file);
    return status;
}

NTSTATUS NTAPI NtFsControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                               PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                               ULONG FsControlCode, PVOID InputBuffer, ULONG InputBufferLength,
                               PVOID OutputBuffer, ULONG OutputBufferLength)
{
    return NtDeviceIoControlFile(FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock,
                                 FsControlCode, InputBuffer, InputBufferLength, OutputBuffer,
                                 OutputBufferLength);
}

/* Starts what a control code asks for, with an OVERLAPPED or an event. */
static NTSTATUS control__start(struct file *file, const struct device_control *control,
                               OVERLAPPED *overlapped, struct request *request)
{
    NTSTATUS status = STATUS_SUCCESS;
    request->file = file;
    if (!file->ops->control)
        status = STATUS_INVALID_DEVICE_REQUEST;
    else if (overlapped)
        status = control__capture(file, overlapped->hEvent, NULL, overlapped, request);
    if (status == STATUS_SUCCESS)
        return file->ops->control(file, request, control);
    request_free(request);
    return status;
}

NTSTATUS device_control_and_wait(struct file *file, const struct device_control *control,
                                 IO_STATUS_BLOCK *iosb)
{
    struct deadline never = {.never = true};
    struct request request = {.ops = &control__ops,
                              .iosb = iosb,
                              .flags = REQUEST_CONTROL | REQUEST_NO_PACKET | REQUEST_EAGER,
                              .status = STATUS_PENDING};
    struct event *event = event_create(true, false);
    NTSTATUS status;
    if (!event)
        return STATUS_NO_MEMORY;
    object_ref(&event->object);
    request.event = event;
    status = control__start(file, control, NULL, &request);
    if (status == STATUS_PENDING) {
        wait_object(&event->object, false, &never);
        status = iosb->Status;
    }
    object_unref(&event->object);
    return status;
}

static NTSTATUS control__start_overlapped(struct file *file, const struct device_control *control,
                                          OVERLAPPED *overlapped)
{
    struct request request = {.ops = &control__ops,
                              .iosb = (IO_STATUS_BLOCK *)overlapped,
                              .flags = REQUEST_CONTROL,
                              .status = STATUS_PENDING};
    return control__start(file, control, overlapped, &request);
}

BOOL WINAPI DeviceIoControl(HANDLE hDevice, DWORD dwIoControlCode, LPVOID lpInBuffer,
                            DWORD nInBufferSize, LPVOID lpOutBuffer, DWORD nOutBufferSize,
                            LPDWORD lpBytesReturned, LPOVERLAPPED lpOverlapped)
{
    struct device_control control = {dwIoControlCode, lpInBuffer, nInBufferSize, lpOutBuffer,
                                     nOutBufferSize};
    IO_STATUS_BLOCK own = {0};
    struct file *file;
    NTSTATUS status = file_get(hDevice, control__access(dwIoControlCode), &file);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    status = lpOverlapped ? control__start_overlapped(file, &control, lpOverlapped)
                          : device_control_and_wait(file, &control, &own);
    file_unref(file);
    if (lpBytesReturned && status != STATUS_PENDING && !NT_ERROR(status))
        *lpBytesReturned = (DWORD)(lpOverlapped ? lpOverlapped->InternalHigh : own.Information);
    return status == STATUS_SUCCESS ? TRUE : fail_status(status);
}

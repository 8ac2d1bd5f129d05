/* The native calls that programs use beside the Win32 ones. They return the NTSTATUS itself and do
 * not touch the last error. Source: Microsoft, "winternl.h" and the driver documentation. */
#ifndef _WINTERNL_
#define _WINTERNL_

#include <minwinbase.h>
#include <minwindef.h>
#include <winnt.h>

PORTICO_BEGIN_DECLS

#ifndef NT_SUCCESS
#define NT_SUCCESS(status) (((NTSTATUS)(status)) >= 0)
#define NT_ERROR(status) ((((ULONG)(status)) >> 30) == 3)
#endif
#ifndef NT_INFORMATION
#define NT_INFORMATION(status) ((((ULONG)(status)) >> 30) == 1)
#define NT_WARNING(status) ((((ULONG)(status)) >> 30) == 2)
#endif

typedef struct _UNICODE_STRING {
    USHORT Length;
    USHORT MaximumLength;
    PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;

typedef struct _OBJECT_ATTRIBUTES {
    ULONG Length;
    HANDLE RootDirectory;
    PUNICODE_STRING ObjectName;
    ULONG Attributes;
    PVOID SecurityDescriptor;
    PVOID SecurityQualityOfService;
} OBJECT_ATTRIBUTES, *POBJECT_ATTRIBUTES;

#define FILE_SUPERSEDE 0
#define FILE_OPEN 1
#define FILE_CREATE 2
#define FILE_OPEN_IF 3
#define FILE_OVERWRITE 4
#define FILE_OVERWRITE_IF 5
#define FILE_SYNCHRONOUS_IO_ALERT 0x10
#define FILE_SYNCHRONOUS_IO_NONALERT 0x20

#define OBJ_INHERIT 0x00000002
#define OBJ_CASE_INSENSITIVE 0x00000040
#define InitializeObjectAttributes(p, n, a, r, s) \
    do {                                          \
        (p)->Length = sizeof(OBJECT_ATTRIBUTES);  \
        (p)->RootDirectory = r;                   \
        (p)->Attributes = a;                      \
        (p)->ObjectName = n;                      \
        (p)->SecurityDescriptor = s;              \
        (p)->SecurityQualityOfService = NULL;     \
    } while (0)

/* The status block; the first half of an OVERLAPPED is one. */
typedef struct _IO_STATUS_BLOCK {
    union {
        NTSTATUS Status;
        PVOID Pointer;
    };
    ULONG_PTR Information;
} IO_STATUS_BLOCK, *PIO_STATUS_BLOCK;

typedef VOID(NTAPI *PIO_APC_ROUTINE)(PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                     ULONG Reserved);

typedef struct _FILE_COMPLETION_INFORMATION {
    HANDLE Port;
    PVOID Key;
} FILE_COMPLETION_INFORMATION, *PFILE_COMPLETION_INFORMATION;

typedef struct _FILE_IO_COMPLETION_NOTIFICATION_INFORMATION {
    ULONG Flags;
} FILE_IO_COMPLETION_NOTIFICATION_INFORMATION, *PFILE_IO_COMPLETION_NOTIFICATION_INFORMATION;

typedef struct _FILE_IO_COMPLETION_INFORMATION {
    PVOID KeyContext;
    PVOID ApcContext;
    IO_STATUS_BLOCK IoStatusBlock;
} FILE_IO_COMPLETION_INFORMATION, *PFILE_IO_COMPLETION_INFORMATION;

typedef struct _IO_COMPLETION_BASIC_INFORMATION {
    LONG Depth;
} IO_COMPLETION_BASIC_INFORMATION, *PIO_COMPLETION_BASIC_INFORMATION;

typedef enum _IO_COMPLETION_INFORMATION_CLASS {
    IoCompletionBasicInformation
} IO_COMPLETION_INFORMATION_CLASS;

typedef struct _FILE_ACCESS_INFORMATION {
    ACCESS_MASK AccessFlags;
} FILE_ACCESS_INFORMATION, *PFILE_ACCESS_INFORMATION;

typedef enum _FILE_INFORMATION_CLASS {
    FileAccessInformation = 8,
    FileCompletionInformation = 30,
    FileIoCompletionNotificationInformation = 41,
    FileReplaceCompletionInformation = 61
} FILE_INFORMATION_CLASS,
    *PFILE_INFORMATION_CLASS;

/* The Win32 error of a status; the last error is not touched. ("RtlNtStatusToDosError
 * function") */
NTSYSAPI ULONG NTAPI RtlNtStatusToDosError(NTSTATUS Status);

/* CloseHandle's native form. */
NTSYSAPI NTSTATUS NTAPI NtClose(HANDLE Handle);

/* A port. NumberOfConcurrentThreads: as in CreateIoCompletionPort. */
NTSYSAPI NTSTATUS NTAPI NtCreateIoCompletion(PHANDLE IoCompletionHandle, ACCESS_MASK DesiredAccess,
                                             POBJECT_ATTRIBUTES ObjectAttributes,
                                             ULONG NumberOfConcurrentThreads);

/* Queues a packet with any status and any 64-bit information. */
NTSYSAPI NTSTATUS NTAPI NtSetIoCompletion(HANDLE IoCompletionHandle, PVOID KeyContext,
                                          PVOID ApcContext, NTSTATUS IoStatus,
                                          ULONG_PTR IoStatusInformation);

/* Takes a packet. Timeout: NULL for ever, negative relative in units of 100 ns, positive absolute.
 * STATUS_SUCCESS, STATUS_TIMEOUT, STATUS_ABANDONED_WAIT_0, STATUS_INVALID_HANDLE. */
NTSYSAPI NTSTATUS NTAPI NtRemoveIoCompletion(HANDLE IoCompletionHandle, PVOID *KeyContext,
                                             PVOID *ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                             PLARGE_INTEGER Timeout);

/* Takes up to Count packets. Also STATUS_USER_APC if Alertable. */
NTSYSAPI NTSTATUS NTAPI NtRemoveIoCompletionEx(HANDLE IoCompletionHandle,
                                               PFILE_IO_COMPLETION_INFORMATION Information,
                                               ULONG Count, PULONG NumEntriesRemoved,
                                               PLARGE_INTEGER Timeout, BOOLEAN Alertable);

/* IoCompletionBasicInformation: the number of packets queued. */
NTSYSAPI NTSTATUS NTAPI NtQueryIoCompletion(HANDLE IoCompletionHandle,
                                            IO_COMPLETION_INFORMATION_CLASS Class, PVOID Buffer,
                                            ULONG Length, PULONG ReturnLength);

/* Classes to set: FileCompletionInformation, FileReplaceCompletionInformation and
 * FileIoCompletionNotificationInformation; to query: the last of these and FileAccessInformation,
 * the rights of the handle. Any other: STATUS_INVALID_INFO_CLASS. */
NTSYSAPI NTSTATUS NTAPI NtSetInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock,
                                             PVOID FileInformation, ULONG Length,
                                             FILE_INFORMATION_CLASS FileInformationClass);
NTSYSAPI NTSTATUS NTAPI NtQueryInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock,
                                               PVOID FileInformation, ULONG Length,
                                               FILE_INFORMATION_CLASS FileInformationClass);

/* Opens a device by its NT name: \\Device\\Afd, whatever follows. CreateDisposition and the share
 * bits say nothing about a device. STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_PATH_SYNTAX_BAD,
 * STATUS_INVALID_PARAMETER. ("NtCreateFile function") */
NTSYSAPI NTSTATUS NTAPI NtCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
                                     POBJECT_ATTRIBUTES ObjectAttributes,
                                     PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize,
                                     ULONG FileAttributes, ULONG ShareAccess,
                                     ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer,
                                     ULONG EaLength);
/* Asks a file by control code; an event, an APC routine or a packet whose value is ApcContext tells
 * the end. STATUS_INVALID_DEVICE_REQUEST: it does not know the code. ("NtDeviceIoControlFile
 * function") */
NTSYSAPI NTSTATUS NTAPI NtDeviceIoControlFile(HANDLE FileHandle, HANDLE Event,
                                              PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                                              PIO_STATUS_BLOCK IoStatusBlock, ULONG IoControlCode,
                                              PVOID InputBuffer, ULONG InputBufferLength,
                                              PVOID OutputBuffer, ULONG OutputBufferLength);

/* The same for what is asked of a file system; pipes know FSCTL_PIPE_* of ntifs.h.
 * ("NtFsControlFile function") */
NTSYSAPI NTSTATUS NTAPI NtFsControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                                        PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                        ULONG FsControlCode, PVOID InputBuffer,
                                        ULONG InputBufferLength, PVOID OutputBuffer,
                                        ULONG OutputBufferLength);

/* Reads and writes with an event, an APC routine, or a packet whose value is ApcContext. */
NTSYSAPI NTSTATUS NTAPI NtReadFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                                   PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer,
                                   ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key);
NTSYSAPI NTSTATUS NTAPI NtWriteFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                                    PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer,
                                    ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key);

/* Cancels the calling thread's, or one status block's, or all pending operations on a file. */
NTSYSAPI NTSTATUS NTAPI NtCancelIoFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock);
NTSYSAPI NTSTATUS NTAPI NtCancelIoFileEx(HANDLE FileHandle, PIO_STATUS_BLOCK IoRequestToCancel,
                                         PIO_STATUS_BLOCK IoStatusBlock);

/* Runs the calling thread's pending APCs. */
NTSYSAPI NTSTATUS NTAPI NtTestAlert(void);

NTSYSAPI NTSTATUS NTAPI NtWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable,
                                              PLARGE_INTEGER Timeout);

PORTICO_END_DECLS

#endif

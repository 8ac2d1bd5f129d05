/* What file systems are asked by control code, as far as pipes go. Source: Microsoft, "ntifs.h". */
#ifndef _NTIFS_
#define _NTIFS_

#include <winioctl.h>
#include <winnt.h>

PORTICO_BEGIN_DECLS

#define FILE_PIPE_DISCONNECTED_STATE 0x00000001
#define FILE_PIPE_LISTENING_STATE 0x00000002
#define FILE_PIPE_CONNECTED_STATE 0x00000003
#define FILE_PIPE_CLOSING_STATE 0x00000004

/* Of a pipe's end, for NtFsControlFile and DeviceIoControl: what DisconnectNamedPipe,
 * ConnectNamedPipe, PeekNamedPipe, TransactNamedPipe and ImpersonateNamedPipeClient do, with their
 * statuses. A code that is not here is STATUS_INVALID_DEVICE_REQUEST. */
#define FSCTL_PIPE_DISCONNECT CTL_CODE(FILE_DEVICE_NAMED_PIPE, 1, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_LISTEN CTL_CODE(FILE_DEVICE_NAMED_PIPE, 2, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_PEEK CTL_CODE(FILE_DEVICE_NAMED_PIPE, 3, METHOD_BUFFERED, FILE_READ_ACCESS)
#define FSCTL_PIPE_TRANSCEIVE \
    CTL_CODE(FILE_DEVICE_NAMED_PIPE, 5, METHOD_NEITHER, FILE_READ_ACCESS | FILE_WRITE_ACCESS)
#define FSCTL_PIPE_IMPERSONATE CTL_CODE(FILE_DEVICE_NAMED_PIPE, 7, METHOD_BUFFERED, FILE_ANY_ACCESS)

/* The answer to FSCTL_PIPE_PEEK: STATUS_BUFFER_OVERFLOW if there is more than Data took. */
typedef struct _FILE_PIPE_PEEK_BUFFER {
    ULONG NamedPipeState;
    ULONG ReadDataAvailable;
    ULONG NumberOfMessages; /* 0 in a byte pipe, as the next */
    ULONG MessageLength;
    CHAR Data[1];
} FILE_PIPE_PEEK_BUFFER, *PFILE_PIPE_PEEK_BUFFER;

PORTICO_END_DECLS

#endif

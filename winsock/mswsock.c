/* Entry points of mswsock.h: the extension functions. */
#include <mswsock.h>

#include "extension.h"
#include "socket.h"
#include "transfer.h"
#include "wsastatus.h"

_Static_assert(sizeof(struct packet_element) == sizeof(TRANSMIT_PACKETS_ELEMENT), "element");
_Static_assert(sizeof(struct wsamsg) == sizeof(WSAMSG), "WSAMSG");
_Static_assert(offsetof(struct wsamsg, control) == offsetof(WSAMSG, Control), "WSAMSG");

/* FALSE with the Winsock error, TRUE with none. */
static BOOL extension__result(NTSTATUS status)
{
    return wsa_result(status) == 0;
}

/* An operation that did not come to be shows as begun all the same (SOCK-218). */
static BOOL accept_ex__result(NTSTATUS status, OVERLAPPED *overlapped)
{
    if (status != STATUS_PENDING && overlapped &&
        memory_is_writable(overlapped, sizeof *overlapped))
        overlapped->Internal = STATUS_PENDING;
    return extension__result(status);
}

BOOL AcceptEx(SOCKET sListenSocket, SOCKET sAcceptSocket, PVOID lpOutputBuffer,
              DWORD dwReceiveDataLength, DWORD dwLocalAddressLength, DWORD dwRemoteAddressLength,
              LPDWORD lpdwBytesReceived, LPOVERLAPPED lpOverlapped)
{
    struct accept_args args = {
        .buffer = lpOutputBuffer,
        .receive_length = dwReceiveDataLength,
        .local_length = dwLocalAddressLength,
        .remote_length = dwRemoteAddressLength,
        .overlapped = lpOverlapped,
    };
    struct socket *listener;
    NTSTATUS status = socket_get(sListenSocket, &listener);
    (void)lpdwBytesReceived; /* only set by a success in the call, and there is none */
    if (status != STATUS_SUCCESS)
        return accept_ex__result(status, lpOverlapped);
    status = socket_get(sAcceptSocket, &args.acceptor);
    if (status == STATUS_SUCCESS) {
        status = socket_accept_ex(listener, &args);
        socket_unref(args.acceptor);
    }
    socket_unref(listener);
    return accept_ex__result(status, lpOverlapped);
}

/* One of the two addresses; nothing is stored for a block of no length (SOCK-221). */
static void accept_ex__find(char *block, DWORD block_length, struct sockaddr **address,
                            LPINT length)
{
    struct accept_address *stored = (struct accept_address *)block;
    if (block_length <= sizeof *stored)
        return;
    if (address)
        *address = (struct sockaddr *)stored->address;
    if (length)
        memcpy(length, &stored->length, sizeof *length);
}

VOID GetAcceptExSockaddrs(PVOID lpOutputBuffer, DWORD dwReceiveDataLength,
                          DWORD dwLocalAddressLength, DWORD dwRemoteAddressLength,
                          struct sockaddr **LocalSockaddr, LPINT LocalSockaddrLength,
                          struct sockaddr **RemoteSockaddr, LPINT RemoteSockaddrLength)
{
    char *blocks = (char *)lpOutputBuffer + dwReceiveDataLength;
    if (!lpOutputBuffer)
        return;
    accept_ex__find(blocks, dwLocalAddressLength, LocalSockaddr, LocalSockaddrLength);
    accept_ex__find(blocks + dwLocalAddressLength, dwRemoteAddressLength, RemoteSockaddr,
                    RemoteSockaddrLength);
}

static BOOL extension__connect_ex(SOCKET s, const struct sockaddr *name, int namelen,
                                  PVOID lpSendBuffer, DWORD dwSendDataLength, LPDWORD lpdwBytesSent,
                                  LPOVERLAPPED lpOverlapped)
{
    struct socket *socket;
    NTSTATUS status = socket_get(s, &socket);
    (void)lpdwBytesSent;
    if (status == STATUS_SUCCESS) {
        status =
            socket_connect_ex(socket, name, namelen, lpSendBuffer, dwSendDataLength, lpOverlapped);
        socket_unref(socket);
    }
    return extension__result(status);
}

static BOOL extension__disconnect_ex(SOCKET s, LPOVERLAPPED lpOverlapped, DWORD dwFlags,
                                     DWORD dwReserved)
{
    struct socket *socket;
    NTSTATUS status = socket_get(s, &socket);
    if (status == STATUS_SUCCESS) {
        status = dwReserved ? STATUS_WSA(WSAEINVAL)
                            : socket_disconnect_ex(socket, lpOverlapped, dwFlags);
        socket_unref(socket);
    }
    return extension__result(status);
}

INT WSAAPI WSASendMsg(SOCKET Handle, LPWSAMSG lpMsg, DWORD dwFlags, LPDWORD lpNumberOfBytesSent,
                      LPWSAOVERLAPPED lpOverlapped,
                      LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine)
{
    struct socket_io io = {
        .flags = dwFlags, .overlapped = lpOverlapped, .routine = (void *)lpCompletionRoutine};
    struct socket *socket;
    uint32_t moved = 0;
    NTSTATUS status = socket_get(Handle, &socket);
    if (status != STATUS_SUCCESS)
        return fail_wsa(status);
    if (!lpMsg || (!lpNumberOfBytesSent && !lpOverlapped)) {
        status = STATUS_ACCESS_VIOLATION;
    } else if (socket->type == SOCK_STREAM) {
        status = STATUS_WSA(WSAEINVAL);
    } else {
        io.message = (struct wsamsg *)lpMsg;
        io.buffers = io.message->buffers;
        io.count = io.message->count;
        io.name = io.message->name;
        io.name_length = io.message->name_length;
        status = socket_send(socket, &io, &moved);
    }
    if (lpNumberOfBytesSent && status == STATUS_SUCCESS)
        *lpNumberOfBytesSent = moved;
    socket_unref(socket);
    return wsa_result(status);
}

static INT extension__recv_msg(SOCKET s, LPWSAMSG lpMsg, LPDWORD lpdwNumberOfBytesRecvd,
                               LPWSAOVERLAPPED lpOverlapped,
                               LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine)
{
    struct socket_io io = {.overlapped = lpOverlapped, .routine = (void *)lpCompletionRoutine};
    struct socket *socket;
    uint32_t moved = 0;
    NTSTATUS status = socket_get(s, &socket);
    if (status != STATUS_SUCCESS)
        return fail_wsa(status);
    if (!lpMsg || (!lpdwNumberOfBytesRecvd && !lpOverlapped)) {
        status = STATUS_ACCESS_VIOLATION;
    } else if (socket->type == SOCK_STREAM) {
        status = STATUS_WSA(WSAEOPNOTSUPP);
    } else {
        io.message = (struct wsamsg *)lpMsg;
        io.flags = io.message->flags & ~(uint32_t)(MSG_TRUNC | MSG_CTRUNC);
        io.buffers = io.message->buffers;
        io.count = io.message->count;
        io.name = io.message->name;
        io.name_length_out = &io.message->name_length;
        status = socket_receive(socket, &io, &moved);
    }
    if (lpdwNumberOfBytesRecvd && (status == STATUS_SUCCESS || status == STATUS_BUFFER_OVERFLOW))
        *lpdwNumberOfBytesRecvd = moved;
    socket_unref(socket);
    return wsa_result(status);
}

/* Where in the file a transfer begins: the OVERLAPPED's offset, else the file's position. */
static uint64_t transmit__offset(const OVERLAPPED *overlapped, const struct file *file)
{
    if (overlapped)
        return (uint64_t)overlapped->OffsetHigh << 32 | overlapped->Offset;
    return file ? file->position : 0;
}

BOOL TransmitFile(SOCKET hSocket, HANDLE hFile, DWORD nNumberOfBytesToWrite,
                  DWORD nNumberOfBytesPerSend, LPOVERLAPPED lpOverlapped,
                  LPTRANSMIT_FILE_BUFFERS lpTransmitBuffers, DWORD dwReserved)
{
    struct transmit_args args = {
        .length = nNumberOfBytesToWrite, .flags = dwReserved, .overlapped = lpOverlapped};
    struct socket *socket;
    NTSTATUS status = socket_get(hSocket, &socket);
    (void)nNumberOfBytesPerSend; /* a hint */
    if (status != STATUS_SUCCESS)
        return extension__result(status);
    if (lpTransmitBuffers) {
        args.head = lpTransmitBuffers->Head;
        args.head_length = lpTransmitBuffers->HeadLength;
        args.tail = lpTransmitBuffers->Tail;
        args.tail_length = lpTransmitBuffers->TailLength;
    }
    if (hFile)
        status = file_get(hFile, FILE_READ_DATA, &args.file);
    if (status == STATUS_SUCCESS) {
        args.offset = transmit__offset(lpOverlapped, args.file);
        status = socket_transmit(socket, &args);
    }
    if (args.file)
        file_unref(args.file);
    socket_unref(socket);
    return extension__result(status);
}

static BOOL extension__transmit_packets(SOCKET hSocket, LPTRANSMIT_PACKETS_ELEMENT lpPacketArray,
                                        DWORD nElementCount, DWORD nSendSize,
                                        LPOVERLAPPED lpOverlapped, DWORD dwFlags)
{
    struct socket *socket;
    NTSTATUS status = socket_get(hSocket, &socket);
    (void)nSendSize; /* a hint */
    if (status == STATUS_SUCCESS) {
        status = socket_transmit_packets(socket, (struct packet_element *)lpPacketArray,
                                         nElementCount, lpOverlapped, dwFlags);
        socket_unref(socket);
    }
    return extension__result(status);
}

void *extension_find(const GUID *id)
{
    static const struct {
        GUID id;
        void *function;
    } extensions[] = {
        {WSAID_ACCEPTEX, (void *)AcceptEx},
        {WSAID_GETACCEPTEXSOCKADDRS, (void *)GetAcceptExSockaddrs},
        {WSAID_TRANSMITFILE, (void *)TransmitFile},
        {WSAID_CONNECTEX, (void *)extension__connect_ex},
        {WSAID_DISCONNECTEX, (void *)extension__disconnect_ex},
        {WSAID_TRANSMITPACKETS, (void *)extension__transmit_packets},
        {WSAID_WSARECVMSG, (void *)extension__recv_msg},
        {WSAID_WSASENDMSG, (void *)WSASendMsg},
        {WSAID_WSAPOLL, (void *)WSAPoll},
    };
    for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++)
        if (memcmp(id, &extensions[i].id, sizeof *id) == 0)
            return extensions[i].function;
    return NULL;
}

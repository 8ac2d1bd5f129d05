/* Entry points of winsock2.h: control codes and extension functions. */
#include <winsock2.h>

#include "extension.h"
#include "socket.h"
#include "wsastatus.h"

#include <mstcpip.h>
#include <mswsock.h>

int WSAAPI ioctlsocket(SOCKET s, LONG cmd, u_long *argp)
{
    struct socket *socket;
    NTSTATUS status = socket_get(s, &socket);
    if (status != STATUS_SUCCESS)
        return fail_wsa(status);
    if (!argp)
        status = STATUS_ACCESS_VIOLATION;
    else if ((DWORD)cmd == FIONBIO)
        status = socket_set_nonblocking(socket, *argp != 0);
    else if ((DWORD)cmd == FIONREAD)
        status = socket_readable_bytes(socket, argp);
    else if ((DWORD)cmd == SIOCATMARK)
        status = socket_at_mark(socket, argp);
    else
        status = STATUS_WSA(WSAEINVAL);
    socket_unref(socket);
    return wsa_result(status);
}

/* The buffers of a WSAIoctl. */
struct control {
    const void *in;
    DWORD in_size;
    void *out;
    DWORD out_size;
    DWORD returned;
};

static NTSTATUS control__give(struct control *control, const void *from, DWORD size)
{
    if (!control->out || control->out_size < size)
        return STATUS_ACCESS_VIOLATION;
    memcpy(control->out, from, size);
    control->returned = size;
    return STATUS_SUCCESS;
}

static NTSTATUS control__extension(struct control *control)
{
    void *function;
    GUID id;
    if (!control->in || control->in_size < sizeof id)
        return STATUS_ACCESS_VIOLATION;
    memcpy(&id, control->in, sizeof id);
    function = extension_find(&id);
    if (!function)
        return STATUS_WSA(WSAEINVAL);
    return control__give(control, &function, sizeof function);
}

static NTSTATUS control__keepalive(struct socket *socket, struct control *control)
{
    struct tcp_keepalive values;
    if (!control->in || control->in_size < sizeof values)
        return STATUS_ACCESS_VIOLATION;
    memcpy(&values, control->in, sizeof values);
    return socket_set_keepalive(socket, values.onoff, values.keepalivetime,
                                values.keepaliveinterval);
}

/* A BOOL for datagram sockets, kept negated. */
static NTSTATUS control__flag(struct socket *socket, struct control *control, bool *negated)
{
    BOOL on;
    if (socket->type != SOCK_DGRAM)
        return STATUS_WSA(WSAEOPNOTSUPP);
    if (!control->in || control->in_size < 1)
        return STATUS_ACCESS_VIOLATION;
    on = 0;
    memcpy(&on, control->in, control->in_size < sizeof on ? control->in_size : sizeof on);
    *negated = !on;
    return STATUS_SUCCESS;
}

static NTSTATUS control__set_nonblocking(struct socket *socket, struct control *control)
{
    u_long on;
    if (!control->in || control->in_size < sizeof on)
        return STATUS_ACCESS_VIOLATION;
    memcpy(&on, control->in, sizeof on);
    return socket_set_nonblocking(socket, on != 0);
}

static NTSTATUS control__number(struct socket *socket, struct control *control,
                                NTSTATUS (*get)(struct socket *, uint32_t *))
{
    uint32_t number;
    NTSTATUS status;
    if (!control->out || control->out_size < sizeof number)
        return STATUS_ACCESS_VIOLATION;
    status = get(socket, &number);
    return status == STATUS_SUCCESS ? control__give(control, &number, sizeof number) : status;
}

static NTSTATUS control__run(SOCKET s, struct socket *socket, DWORD code, struct control *control)
{
    switch (code) {
    case SIO_GET_EXTENSION_FUNCTION_POINTER:
        return control__extension(control);
    case FIONBIO:
        return control__set_nonblocking(socket, control);
    case FIONREAD:
        return control__number(socket, control, socket_readable_bytes);
    case SIOCATMARK:
        return control__number(socket, control, socket_at_mark);
    case SIO_BASE_HANDLE:
    case SIO_BSP_HANDLE:
    case SIO_BSP_HANDLE_SELECT:
    case SIO_BSP_HANDLE_POLL:
        return control__give(control, &s, sizeof s); /* there are no layers */
    case SIO_KEEPALIVE_VALS:
        return control__keepalive(socket, control);
    case SIO_UDP_CONNRESET:
        return control__flag(socket, control, &socket->no_connreset);
    case SIO_UDP_NETRESET:
        return control__flag(socket, control, &socket->no_netreset);
    case SIO_ENABLE_CIRCULAR_QUEUEING: /* a full queue drops datagrams either way */
        return socket->type == SOCK_DGRAM ? STATUS_SUCCESS : STATUS_WSA(WSAEOPNOTSUPP);
    case SIO_LOOPBACK_FAST_PATH:
        return STATUS_SUCCESS; /* loopback is as fast as it gets (SOCK-283) */
    default:
        return STATUS_WSA(WSAEOPNOTSUPP);
    }
}

static const struct request_ops control__ops = {
    .name = "control",
    .size = sizeof(struct request),
};

/* A control code with an OVERLAPPED: a completion follows a success (SOCK-266), and an unknown code
 * pends and then fails (SOCK-277). */
static NTSTATUS control__run_overlapped(SOCKET s, struct socket *socket, DWORD code,
                                        struct control *control, OVERLAPPED *overlapped,
                                        void *routine)
{
    struct request request = {.ops = &control__ops};
    NTSTATUS status = control__run(s, socket, code, control);
    NTSTATUS result = socket_request_init(socket, &request, overlapped, routine);
    if (result == STATUS_SUCCESS && status == STATUS_WSA(WSAEOPNOTSUPP)) {
        request_begin(&request);
        request.status = STATUS_NOT_SUPPORTED;
        result = request_end_pending(&request);
    } else if (result == STATUS_SUCCESS && NT_ERROR(status)) {
        result = status;
    } else if (result == STATUS_SUCCESS) {
        request_begin(&request);
        request.status = STATUS_SUCCESS;
        file_lock(&socket->file);
        result = request_end_in_call(&request);
        file_unlock(&socket->file);
    }
    request_free(&request);
    return result;
}

int WSAAPI WSAIoctl(SOCKET s, DWORD dwIoControlCode, LPVOID lpvInBuffer, DWORD cbInBuffer,
                    LPVOID lpvOutBuffer, DWORD cbOutBuffer, LPDWORD lpcbBytesReturned,
                    LPWSAOVERLAPPED lpOverlapped,
                    LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine)
{
    struct control control = {lpvInBuffer, cbInBuffer, lpvOutBuffer, cbOutBuffer, 0};
    struct socket *socket;
    NTSTATUS status = socket_get(s, &socket);
    if (status != STATUS_SUCCESS)
        return fail_wsa(status);
    if (!lpcbBytesReturned)
        status = STATUS_ACCESS_VIOLATION;
    else if (lpOverlapped)
        status = control__run_overlapped(s, socket, dwIoControlCode, &control, lpOverlapped,
                                         (void *)lpCompletionRoutine);
    else
        status = control__run(s, socket, dwIoControlCode, &control);
    if (lpcbBytesReturned && status != STATUS_PENDING)
        *lpcbBytesReturned = control.returned;
    socket_unref(socket);
    return wsa_result(status);
}

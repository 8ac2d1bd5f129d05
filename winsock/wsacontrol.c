/* Entry points of winsock2.h: control codes and extension functions. */
#include <winsock2.h>

#include "event.h"
#include "extension.h"
#include "interface.h"
#include "tcp_info.h"
#include "socket.h"
#include "transfer.h"
#include "wsastatus.h"

#include <afunix.h>
#include <mstcpip.h>
#include <mswsock.h>
#include <stdlib.h>
#include <ws2tcpip.h>

int WSAAPI ioctlsocket(SOCKET s, LONG cmd, u_long *argp)
{
    struct socket *socket;
    NTSTATUS status = socket_get(s, &socket);
    if (status != STATUS_SUCCESS)
        return fail_wsa(status);
    if (!argp || !memory_is_writable(argp, sizeof *argp))
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

_Static_assert(sizeof(INTERFACE_INFO) == 76, "INTERFACE_INFO");

static const struct request_ops control__ops = {
    .name = "control",
    .size = sizeof(struct request),
};

/* The buffers of a WSAIoctl. */
struct control {
    const void *in;
    DWORD in_size;
    void *out;
    DWORD out_size;
    DWORD returned;
    bool says_no_size; /* the caller's count stays as it is */
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
    control->says_no_size = !control->out || control->out_size < sizeof number; /* SOCK-268 */
    if (control->says_no_size)
        return STATUS_ACCESS_VIOLATION;
    status = get(socket, &number);
    return status == STATUS_SUCCESS ? control__give(control, &number, sizeof number) : status;
}

/* SOCKET_ADDRESS_LIST with the addresses behind it, to which it points. */
static NTSTATUS control__address_list(struct socket *socket, struct control *control)
{
    int family = socket->family, filled = 0;
    uint32_t count, matching = 0;
    struct interface_address *all = interface_list(&count);
    DWORD header = offsetof(SOCKET_ADDRESS_LIST, Address), each, needed;
    SOCKET_ADDRESS_LIST *list = control->out;
    char *next;
    for (uint32_t i = 0; i < count; i++)
        matching += all[i].family == family;
    each = (DWORD)(sizeof(SOCKET_ADDRESS) +
                   (family == AF_INET6 ? sizeof(SOCKADDR_IN6) : sizeof(SOCKADDR_IN)));
    needed = header + matching * each;
    if (control->out_size > 0 && control->out_size < sizeof(INT)) {
        free(all);
        return STATUS_WSA(WSAEINVAL);
    }
    control->returned = needed;
    if (!list || control->out_size < needed) {
        free(all);
        return STATUS_ACCESS_VIOLATION;
    }
    next = (char *)&list->Address[matching];
    for (uint32_t i = 0; i < count; i++) {
        if (all[i].family != family)
            continue;
        memcpy(next, all[i].address, (size_t)all[i].size);
        list->Address[filled++] = (SOCKET_ADDRESS){(LPSOCKADDR)next, all[i].size};
        next += all[i].size;
    }
    list->iAddressCount = filled;
    free(all);
    return STATUS_SUCCESS;
}

static void control__describe(const struct interface_address *from, INTERFACE_INFO *to)
{
    ULONG mask = from->prefix ? ~0u << (32 - from->prefix) : 0;
    memset(to, 0, sizeof *to);
    to->iiFlags = from->flags;
    memcpy(&to->iiAddress, from->address, sizeof to->iiAddress.AddressIn);
    if (from->flags & IFF_BROADCAST) {
        to->iiBroadcastAddress.AddressIn.sin_family = AF_INET;
        to->iiBroadcastAddress.AddressIn.sin_addr.s_addr = INADDR_BROADCAST;
    }
    to->iiNetmask.AddressIn.sin_family = AF_INET;
    to->iiNetmask.AddressIn.sin_addr.s_addr = htonl(mask);
}

/* The IPv4 addresses of the host, an INTERFACE_INFO each, whatever the socket's family. */
static NTSTATUS control__interfaces(struct control *control)
{
    uint32_t count, filled = 0,
                    room = control->out ? control->out_size / sizeof(INTERFACE_INFO) : 0;
    struct interface_address *all = interface_list(&count);
    INTERFACE_INFO *list = control->out;
    for (uint32_t i = 0; i < count; i++) {
        if (all[i].family != AF_INET)
            continue;
        if (filled < room)
            control__describe(&all[i], &list[filled]);
        filled++;
    }
    free(all);
    if (filled > room)
        return STATUS_ACCESS_VIOLATION;
    control->returned = filled * (DWORD)sizeof(INTERFACE_INFO);
    return STATUS_SUCCESS;
}

static NTSTATUS control__route(struct control *control)
{
    int size = (int)control->out_size;
    NTSTATUS status = STATUS_WSA(WSAEINVAL);
    if (control->in && control->in_size >= sizeof(SOCKADDR_IN))
        status = interface_route(control->in, (int)control->in_size, control->out, &size);
    if (control->out && (status == STATUS_SUCCESS || status == STATUS_ACCESS_VIOLATION))
        control->returned = (DWORD)size;
    else
        control->says_no_size = true;
    return status;
}

enum { IDEAL_BACKLOG_BYTES = 0x10000 };

static NTSTATUS control__send_backlog(struct socket *socket, struct control *control)
{
    uint32_t backlog = IDEAL_BACKLOG_BYTES;
    if (socket->type != SOCK_STREAM)
        return STATUS_WSA(WSAEOPNOTSUPP);
    if (!socket->connected)
        return STATUS_WSA(WSAENOTCONN);
    return control__give(control, &backlog, sizeof backlog);
}

static NTSTATUS control__cpu_affinity(struct socket *socket, struct control *control)
{
    USHORT processor;
    if (!control->in || control->in_size < sizeof processor)
        return STATUS_ACCESS_VIOLATION;
    if (socket->bound)
        return STATUS_WSA(WSAEINVAL);
    memcpy(&processor, control->in, sizeof processor);
    return socket_prefer_processor(socket, processor);
}

static NTSTATUS control__tcp_info(struct socket *socket, struct control *control)
{
    struct windows_tcp_info info;
    DWORD version;
    NTSTATUS status;
    if (!control->in || control->in_size < sizeof version)
        return STATUS_ACCESS_VIOLATION;
    memcpy(&version, control->in, sizeof version);
    if (version != 0)
        return STATUS_WSA(WSAEOPNOTSUPP);
    status = tcp_info_get(socket, &info);
    return status == STATUS_SUCCESS ? control__give(control, &info, sizeof info) : status;
}

/* SIO_ADDRESS_LIST_CHANGE in blocking mode. */
static NTSTATUS control__wait_for_change(struct socket *socket)
{
    struct deadline never = deadline_from_ms(INFINITE);
    struct event *event = event_create(true, false);
    IO_STATUS_BLOCK iosb = {0};
    struct request request = {.ops = &control__ops, .file = &socket->file, .iosb = &iosb};
    NTSTATUS status;
    if (!event)
        return STATUS_NO_MEMORY;
    object_ref(&event->object);
    request.event = event;
    request.flags = REQUEST_EAGER | REQUEST_NO_PACKET;
    status = interface_wait_for_change(socket, &request);
    if (status == STATUS_PENDING) {
        wait_object(&event->object, true, &never);
        while (__atomic_load_n(&iosb.Status, __ATOMIC_ACQUIRE) == STATUS_PENDING)
            wait_object(&event->object, true, &never);
        status = iosb.Status;
    }
    object_unref(&event->object);
    return status;
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
    case SIO_ADDRESS_LIST_QUERY:
        return control__address_list(socket, control);
    case SIO_GET_INTERFACE_LIST:
        return control__interfaces(control);
    case SIO_ROUTING_INTERFACE_QUERY:
        return control__route(control);
    case SIO_IDEAL_SEND_BACKLOG_QUERY:
        return control__send_backlog(socket, control);
    case SIO_CPU_AFFINITY:
        return control__cpu_affinity(socket, control);
    case SIO_TCP_INFO:
        return control__tcp_info(socket, control);
    case SIO_AF_UNIX_GETPEERPID:
        return control__number(socket, control, socket_peer_process);
    case SIO_ADDRESS_LIST_CHANGE: /* without an OVERLAPPED it would have to wait */
        return socket->nonblocking ? STATUS_WSA(WSAEWOULDBLOCK) : control__wait_for_change(socket);
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

/* The one code whose answer, good or bad, comes by the completion alone. */
static NTSTATUS control__list_interfaces_later(struct control *control, struct request *request)
{
    NTSTATUS status = control__interfaces(control);
    request_begin(request);
    request->status = status == STATUS_ACCESS_VIOLATION ? STATUS_BUFFER_TOO_SMALL : status;
    request->information = control->returned;
    status = request_end_pending(request);
    request_free(request);
    return status;
}

/* A control code with an OVERLAPPED: a completion follows a success (SOCK-266), and an unknown code
 * pends and then fails (SOCK-277). */
static NTSTATUS control__run_overlapped(SOCKET s, struct socket *socket, DWORD code,
                                        struct control *control, OVERLAPPED *overlapped,
                                        void *routine)
{
    struct request request = {.ops = &control__ops};
    NTSTATUS result = socket_request_init(socket, &request, overlapped, routine);
    NTSTATUS status = STATUS_WSA(WSAEOPNOTSUPP);
    if (result == STATUS_SUCCESS && code == SIO_ADDRESS_LIST_CHANGE)
        return interface_wait_for_change(socket, &request);
    if (result == STATUS_SUCCESS && code == SIO_GET_INTERFACE_LIST)
        return control__list_interfaces_later(control, &request);
    if (code != SIO_BASE_HANDLE) /* which only answers at once (SOCK-275) */
        status = control__run(s, socket, code, control);
    if (code == SIO_KEEPALIVE_VALS && status == STATUS_ACCESS_VIOLATION)
        request_begin(&request); /* SOCK-273 */
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

/* A failed overlapped call tells a size only if that is the one needed. */
static bool control__tells_size(const struct control *control, NTSTATUS status, bool overlapped)
{
    if (status == STATUS_PENDING || control->says_no_size)
        return false;
    return !overlapped || status == STATUS_SUCCESS || control->returned;
}

int WSAAPI WSAIoctl(SOCKET s, DWORD dwIoControlCode, LPVOID lpvInBuffer, DWORD cbInBuffer,
                    LPVOID lpvOutBuffer, DWORD cbOutBuffer, LPDWORD lpcbBytesReturned,
                    LPWSAOVERLAPPED lpOverlapped,
                    LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine)
{
    struct control control = {
        .in = lpvInBuffer, .in_size = cbInBuffer, .out = lpvOutBuffer, .out_size = cbOutBuffer};
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
    if (lpcbBytesReturned && control__tells_size(&control, status, lpOverlapped != NULL))
        *lpcbBytesReturned = control.returned;
    socket_unref(socket);
    return wsa_result(status);
}

/* WSAIoctl: the control codes. */
#include "sockets.h"

#include <afunix.h>
#include <iphlpapi.h>
#include <mstcpip.h>

#define control(s, code, in, in_size, out, out_size, bytes, overlapped) \
    WSAIoctl(s, code, in, in_size, out, out_size, bytes, overlapped, NULL)

static void CALLBACK note_routine(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    (void)flags;
    overlapped->Offset = error + 1;
    overlapped->OffsetHigh = bytes + 1;
}

/* SOCK-267 SOCK-277 */
static void a_routine_tells_of_a_control(void **state)
{
    struct sockaddr_in address;
    SOCKET s = test_udp(&address);
    OVERLAPPED overlapped = {0};
    DWORD bytes, count;
    (void)state;
    assert_wsa(
        WSAIoctl(s, FIONREAD, NULL, 0, &count, sizeof count, &bytes, &overlapped, note_routine));
    assert_int_equal(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(overlapped.Offset, 1);
    assert_int_equal(overlapped.OffsetHigh, 1);
    assert_wsa_fails(WSA_IO_PENDING,
                     WSAIoctl(s, 0x98001234, NULL, 0, NULL, 0, &bytes, &overlapped, note_routine));
    assert_int_equal(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(overlapped.Offset, WSAEOPNOTSUPP + 1);
    closesocket(s);
}

/* SOCK-270 SOCK-273 SOCK-275 SOCK-278 SOCK-283 SOCK-284 SOCK-287 */
static void simple_codes_answer(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    static const DWORD unsupported[] = {SIO_FLUSH,
                                        SIO_ACQUIRE_PORT_RESERVATION,
                                        SIO_RELEASE_PORT_RESERVATION,
                                        SIO_ASSOCIATE_PORT_RESERVATION,
                                        SIO_RCVALL,
                                        SIO_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER};
    struct tcp_keepalive values = {1, 1000, 1000};
    OVERLAPPED overlapped = {0};
    SOCKET client, server, s = socket(AF_INET, SOCK_STREAM, 0), base;
    struct packet packet;
    DWORD bytes = 0x55, on = 1;
    u_long mark = 0;
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 1);
    assert_wsa(ioctlsocket(server, SIOCATMARK, &mark));
    assert_int_equal(mark, 1);
    for (size_t i = 0; i < sizeof unsupported / sizeof unsupported[0]; i++)
        assert_wsa_fails(WSAEOPNOTSUPP,
                         control(server, unsupported[i], &on, 4, &on, 4, &bytes, NULL));
    assert_wsa(control(s, SIO_LOOPBACK_FAST_PATH, &on, sizeof on, NULL, 0, &bytes, NULL));
    overlapped.Internal = 0x77;
    assert_wsa_fails(WSAEFAULT,
                     control(server, SIO_KEEPALIVE_VALS, &values, 5, NULL, 0, &bytes, &overlapped));
    assert_int_equal(overlapped.Internal, STATUS_PENDING);
    test_no_packet(port);
    assert_wsa_fails(WSA_IO_PENDING, control(server, SIO_BASE_HANDLE, NULL, 0, &base, sizeof base,
                                             &bytes, &overlapped));
    packet = test_next_packet(port);
    assert_int_equal(packet.error, ERROR_NOT_SUPPORTED);
    closesocket(client);
    closesocket(server);
    closesocket(s);
    CloseHandle(port);
}

/* SOCK-279 */
static void the_addresses_of_the_host_can_be_listed(void **state)
{
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    union {
        SOCKET_ADDRESS_LIST list;
        char room[4096];
    } out;
    SOCKET_ADDRESS *list; /* longer than its declaration says */
    DWORD bytes = 0x55, needed;
    int loopback = 0;
    (void)state;
    assert_wsa_fails(WSAEFAULT,
                     control(s, SIO_ADDRESS_LIST_QUERY, NULL, 0, NULL, 0, &needed, NULL));
    assert_true(needed > sizeof(INT));
    assert_wsa_fails(WSAEINVAL, control(s, SIO_ADDRESS_LIST_QUERY, NULL, 0, &out, 1, &bytes, NULL));
    assert_int_equal(bytes, 0);
    assert_wsa_fails(WSAEFAULT, control(s, SIO_ADDRESS_LIST_QUERY, NULL, 0, &out, 8, &bytes, NULL));
    assert_int_equal(bytes, needed);
    assert_wsa(control(s, SIO_ADDRESS_LIST_QUERY, NULL, 0, &out, sizeof out, &bytes, NULL));
    assert_int_equal(bytes, needed);
    assert_true(out.list.iAddressCount > 0);
    list = out.list.Address;
    for (int i = 0; i < out.list.iAddressCount; i++) {
        struct sockaddr_in *address = (struct sockaddr_in *)list[i].lpSockaddr;
        assert_true((char *)address > (char *)&out && (char *)address < (char *)(&out + 1));
        assert_int_equal(address->sin_family, AF_INET);
        loopback += address->sin_addr.s_addr == htonl(INADDR_LOOPBACK);
    }
    assert_int_equal(loopback, 1);
    closesocket(s);
}

/* With an OVERLAPPED the answer comes by packet alone, a bad one too. */
static void the_interfaces_can_be_listed_through_a_port(void **state)
{
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);
    HANDLE port = CreateIoCompletionPort((HANDLE)s, NULL, 5, 0);
    INTERFACE_INFO list[64];
    OVERLAPPED overlapped = {0}, *got;
    ULONG_PTR key;
    DWORD bytes = 99, expected;
    (void)state;
    assert_wsa(control(s, SIO_GET_INTERFACE_LIST, NULL, 0, list, sizeof list, &expected, NULL));
    assert_wsa_fails(WSA_IO_PENDING, control(s, SIO_GET_INTERFACE_LIST, NULL, 0, list, sizeof list,
                                             &bytes, &overlapped));
    assert_int_equal(bytes, 99);
    assert_win32(GetQueuedCompletionStatus(port, &bytes, &key, &got, TEST_DEADLINE_MS));
    assert_int_equal(bytes, expected);
    assert_ptr_equal(got, &overlapped);
    assert_wsa_fails(WSA_IO_PENDING, control(s, SIO_GET_INTERFACE_LIST, NULL, 0, list,
                                             sizeof list[0] - 1, &bytes, &overlapped));
    assert_fails(ERROR_INSUFFICIENT_BUFFER,
                 GetQueuedCompletionStatus(port, &bytes, &key, &got, TEST_DEADLINE_MS));
    assert_int_equal(bytes, 0);
    assert_ptr_equal(got, &overlapped);
    closesocket(s);
    CloseHandle(port);
}

static void the_interfaces_of_the_host_can_be_listed(void **state)
{
    SOCKET s = socket(AF_INET6, SOCK_DGRAM, 0);
    INTERFACE_INFO list[64];
    DWORD bytes = 0x55;
    int loopbacks = 0;
    (void)state;
    assert_wsa_fails(WSAEFAULT, control(s, SIO_GET_INTERFACE_LIST, NULL, 0, list,
                                        sizeof list[0] - 1, &bytes, NULL));
    assert_int_equal(bytes, 0);
    assert_wsa_fails(WSAEFAULT, control(s, SIO_GET_INTERFACE_LIST, NULL, 0, NULL, 0, &bytes, NULL));
    assert_wsa(control(s, SIO_GET_INTERFACE_LIST, NULL, 0, list, sizeof list, &bytes, NULL));
    assert_int_equal(bytes % sizeof list[0], 0);
    for (DWORD i = 0; i < bytes / sizeof list[0]; i++) {
        assert_int_equal(list[i].iiAddress.Address.sa_family, AF_INET);
        if (list[i].iiAddress.AddressIn.sin_addr.s_addr != htonl(INADDR_LOOPBACK))
            continue;
        loopbacks++;
        assert_int_equal(list[i].iiFlags & (IFF_UP | IFF_LOOPBACK | IFF_POINTTOPOINT),
                         IFF_UP | IFF_LOOPBACK);
        assert_int_equal(list[i].iiNetmask.AddressIn.sin_addr.s_addr, htonl(0xFF000000));
    }
    assert_int_equal(loopbacks, 1);
    closesocket(s);
}

/* SOCK-280 */
static void a_change_of_addresses_can_be_waited_for(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    struct sockaddr_in address;
    SOCKET s = test_udp(&address), other = test_udp(&address);
    OVERLAPPED overlapped = {0};
    DWORD bytes;
    u_long on = 1;
    (void)state;
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)s, port, 1, 0), port);
    assert_wsa_fails(WSA_IO_PENDING,
                     control(s, SIO_ADDRESS_LIST_CHANGE, NULL, 0, NULL, 0, &bytes, &overlapped));
    test_no_packet(port);
    assert_win32(CancelIoEx((HANDLE)s, &overlapped));
    assert_int_equal(test_next_packet(port).error, ERROR_OPERATION_ABORTED);
    assert_wsa_fails(WSA_IO_PENDING,
                     control(s, SIO_ADDRESS_LIST_CHANGE, NULL, 0, NULL, 0, &bytes, &overlapped));
    closesocket(s);
    assert_int_equal(test_next_packet(port).error, ERROR_OPERATION_ABORTED);
    assert_wsa(ioctlsocket(other, FIONBIO, &on));
    assert_wsa_fails(WSAEWOULDBLOCK,
                     control(other, SIO_ADDRESS_LIST_CHANGE, NULL, 0, NULL, 0, &bytes, NULL));
    closesocket(other);
    CloseHandle(port);
}

/* SOCK-281 */
static void the_way_to_an_address_can_be_asked_for(void **state)
{
    struct sockaddr_in to = {.sin_family = AF_INET}, from;
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    DWORD bytes;
    (void)state;
#define route(in, in_size, out, out_size) \
    control(s, SIO_ROUTING_INTERFACE_QUERY, in, in_size, out, out_size, &bytes, NULL)
    assert_wsa_fails(WSAEINVAL, route(&to, sizeof to - 1, &from, sizeof from));
    assert_wsa_fails(WSAEINVAL, route(NULL, sizeof to, &from, sizeof from));
    assert_wsa_fails(WSAEINVAL, route(&to, sizeof to, &from, sizeof from));
    to.sin_family = 0;
    assert_wsa_fails(WSAEAFNOSUPPORT, route(&to, sizeof to, &from, sizeof from));
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_wsa_fails(WSAEFAULT, route(&to, sizeof to, &from, sizeof from - 1));
    assert_int_equal(bytes, sizeof from);
    assert_wsa(route(&to, sizeof to, &from, sizeof from));
    assert_int_equal(from.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    closesocket(s);
}

/* SOCK-282 SOCK-285 SOCK-286 */
static void connections_tell_of_themselves(void **state)
{
    struct sockaddr_in address;
    SOCKET client, server, s = socket(AF_INET, SOCK_STREAM, 0), udp = test_udp(&address);
    USHORT processor = 0;
    DWORD bytes, version = 0, backlog;
    u_long count = 5;
    TCP_INFO_v0 info;
    (void)state;
    test_tcp_pair(&client, &server);
    assert_wsa_fails(WSAENOTCONN,
                     control(s, SIO_IDEAL_SEND_BACKLOG_QUERY, NULL, 0, &backlog, 4, &bytes, NULL));
    assert_wsa_fails(WSAEOPNOTSUPP, control(udp, SIO_IDEAL_SEND_BACKLOG_QUERY, NULL, 0, &backlog, 4,
                                            &bytes, NULL));
    assert_wsa(control(client, SIO_IDEAL_SEND_BACKLOG_QUERY, NULL, 0, &backlog, 4, &bytes, NULL));
    assert_int_equal(backlog, 0x10000);
    assert_wsa(control(s, SIO_CPU_AFFINITY, &processor, sizeof processor, NULL, 0, &bytes, NULL));
    assert_wsa_fails(WSAEINVAL, control(udp, SIO_CPU_AFFINITY, &processor, sizeof processor, NULL,
                                        0, &bytes, NULL));
    assert_wsa(ioctlsocket(s, FIONREAD, &count));
    assert_int_equal(count, 0);
    assert_int_equal(send(client, "abc", 3, 0), 3);
    do
        assert_wsa(ioctlsocket(server, FIONREAD, &count));
    while (count != 3);
    assert_wsa(
        control(server, SIO_TCP_INFO, &version, sizeof version, &info, sizeof info, &bytes, NULL));
    assert_int_equal(info.State, TCPSTATE_ESTABLISHED);
    assert_true(info.Mss > 0);
    assert_int_equal(info.BytesIn, 3);
    version = 9;
    assert_wsa_fails(WSAEOPNOTSUPP, control(server, SIO_TCP_INFO, &version, sizeof version, &info,
                                            sizeof info, &bytes, NULL));
    closesocket(client);
    closesocket(server);
    closesocket(s);
    closesocket(udp);
}

static void adapters_can_be_listed(void **state)
{
    ULONG size = 0, needed;
    PIP_ADAPTER_ADDRESSES adapters, adapter;
    int loopback = 0;
    (void)state;
    assert_int_equal(GetAdaptersAddresses(99, 0, NULL, NULL, &size), ERROR_INVALID_PARAMETER);
    assert_int_equal(GetAdaptersAddresses(AF_INET, 0, NULL, NULL, NULL), ERROR_INVALID_PARAMETER);
    assert_int_equal(GetAdaptersAddresses(AF_UNSPEC, 0, NULL, NULL, &size), ERROR_BUFFER_OVERFLOW);
    needed = size;
    adapters = malloc(needed);
    size = needed - 1;
    assert_int_equal(GetAdaptersAddresses(AF_UNSPEC, 0, NULL, adapters, &size),
                     ERROR_BUFFER_OVERFLOW);
    assert_int_equal(size, needed);
    assert_int_equal(GetAdaptersAddresses(AF_UNSPEC, 0, NULL, adapters, &size), NO_ERROR);
    for (adapter = adapters; adapter; adapter = adapter->Next) {
        PIP_ADAPTER_UNICAST_ADDRESS address = adapter->FirstUnicastAddress;
        assert_int_equal(adapter->Length, sizeof *adapter);
        assert_int_not_equal(adapter->IfIndex, 0);
        assert_int_equal(adapter->FriendlyName[0], adapter->AdapterName[0]);
        assert_non_null(address);
        if (adapter->IfType != IF_TYPE_SOFTWARE_LOOPBACK)
            continue;
        for (; address; address = address->Next)
            if (address->Address.lpSockaddr->sa_family == AF_INET) {
                struct sockaddr_in *in = (struct sockaddr_in *)address->Address.lpSockaddr;
                loopback += in->sin_addr.s_addr == htonl(INADDR_LOOPBACK);
                assert_int_equal(address->OnLinkPrefixLength, 8);
            }
    }
    assert_int_equal(loopback, 1);
    free(adapters);
}

/* Local sockets: streams by a path, with the same calls. */
static void local_sockets_work_alike(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    SOCKADDR_UN address = {.sun_family = AF_UNIX};
    SOCKET listener = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0),
           server;
    OVERLAPPED overlapped = {0};
    WSANETWORKEVENTS events;
    HANDLE event = WSACreateEvent();
    DWORD bytes, peer = 0;
    char byte = 0;
    (void)state;
    snprintf(address.sun_path, sizeof address.sun_path, "%s", test_temp_path());
    assert_wsa(bind(listener, (struct sockaddr *)&address, sizeof address));
    assert_wsa(listen(listener, 5));
    assert_wsa(connect(client, (struct sockaddr *)&address, sizeof address));
    server = accept(listener, NULL, NULL);
    assert_true(server != INVALID_SOCKET);
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)server, port, 2, 0), port);
    test_receive_pends(server, &byte, 1, &overlapped);
    assert_int_equal(send(client, "u", 1, 0), 1);
    assert_int_equal(test_next_packet(port).bytes, 1);
    assert_int_equal(byte, 'u');
    assert_wsa(control(client, SIO_AF_UNIX_GETPEERPID, NULL, 0, &peer, sizeof peer, &bytes, NULL));
    assert_int_equal(peer, GetCurrentProcessId());
    assert_wsa(WSAEventSelect(server, event, FD_READ | FD_CLOSE));
    closesocket(client);
    assert_int_equal(WaitForSingleObject(event, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_wsa(WSAEnumNetworkEvents(server, event, &events));
    assert_true(events.lNetworkEvents & FD_CLOSE);
    closesocket(server);
    closesocket(listener);
    CloseHandle(event);
    CloseHandle(port);
}

/* SOCK-025 */
static void raw_sockets_need_a_right(void **state)
{
    SOCKET s = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    (void)state;
    if (s == INVALID_SOCKET)
        assert_int_equal(WSAGetLastError(), WSAEACCES);
    else /* this user has it */
        closesocket(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_routine_tells_of_a_control),
        cmocka_unit_test(simple_codes_answer),
        cmocka_unit_test(the_addresses_of_the_host_can_be_listed),
        cmocka_unit_test(the_interfaces_of_the_host_can_be_listed),
        cmocka_unit_test(the_interfaces_can_be_listed_through_a_port),
        cmocka_unit_test(a_change_of_addresses_can_be_waited_for),
        cmocka_unit_test(the_way_to_an_address_can_be_asked_for),
        cmocka_unit_test(connections_tell_of_themselves),
        cmocka_unit_test(adapters_can_be_listed),
        cmocka_unit_test(local_sockets_work_alike),
        cmocka_unit_test(raw_sockets_need_a_right),
    };
    return cmocka_run_group_tests(tests, test_winsock_up, test_winsock_down);
}

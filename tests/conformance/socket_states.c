/* Sockets in their states: connecting, shutting down, closing. */
#include "sockets.h"

#include <ntstatus.h>

static void abort_connection(SOCKET s)
{
    LINGER linger = {1, 0};
    assert_wsa(setsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger));
    assert_wsa(closesocket(s));
}

static void set_nonblocking(SOCKET s)
{
    u_long on = 1;
    assert_wsa(ioctlsocket(s, FIONBIO, &on));
}

static int get_int(SOCKET s, int level, int name)
{
    int value = 0, length = sizeof value;
    assert_wsa(getsockopt(s, level, name, (char *)&value, &length));
    return value;
}

static int is_ready(SOCKET s, int which) /* 0 read, 1 write, 2 except */
{
    struct timeval now = {0, 0};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(s, &set);
    return select(0, which == 0 ? &set : NULL, which == 1 ? &set : NULL, which == 2 ? &set : NULL,
                  &now);
}

static SOCKET connect_to(const struct sockaddr_in *address)
{
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    assert_wsa(connect(s, (const struct sockaddr *)address, sizeof *address));
    return s;
}

/* Fills the way to a peer that does not read; returns how much went. */
static size_t fill(SOCKET s)
{
    static char block[1 << 20];
    size_t total = 0;
    set_nonblocking(s);
    while (send(s, block, sizeof block, 0) == sizeof block)
        total += sizeof block;
    return total;
}

/* ---- connecting ---- */

/* A listener whose backlog is full: the next connect stays pending. */
static SOCKET full_listener(struct sockaddr_in *address, SOCKET fillers[8])
{
    SOCKET listener = socket(AF_INET, SOCK_STREAM, 0);
    int length = sizeof *address;
    memset(address, 0, sizeof *address);
    address->sin_family = AF_INET;
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_wsa(bind(listener, (struct sockaddr *)address, sizeof *address));
    assert_wsa(getsockname(listener, (struct sockaddr *)address, &length));
    assert_wsa(listen(listener, 0));
    for (int i = 0; i < 8; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM, 0);
        set_nonblocking(fillers[i]);
        connect(fillers[i], (struct sockaddr *)address, sizeof *address);
    }
    return listener;
}

/* SOCK-195 SOCK-194 SOCK-210 SOCK-211 */
static void a_pending_connect_blocks_other_uses(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    struct sockaddr_in address, any = {.sin_family = AF_INET}, name;
    SOCKET fillers[8], listener = full_listener(&address, fillers);
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0), by_ex = socket(AF_INET, SOCK_STREAM, 0);
    LPFN_CONNECTEX connect_ex = test_extension(s, (GUID)WSAID_CONNECTEX);
    OVERLAPPED overlapped = {0}, second = {0};
    int length = sizeof name;
    char byte;
    (void)state;
    set_nonblocking(s);
    assert_wsa_fails(WSAEWOULDBLOCK, connect(s, (struct sockaddr *)&address, sizeof address));
    assert_wsa_fails(WSAEALREADY, connect(s, (struct sockaddr *)&address, sizeof address));
    assert_wsa_fails(WSAENOTCONN, recv(s, &byte, 1, 0));
    assert_wsa_fails(WSAENOTCONN, send(s, "x", 1, 0));
    assert_wsa(getsockname(s, (struct sockaddr *)&name, &length));
    assert_int_not_equal(name.sin_port, 0);
    assert_wsa(getpeername(s, (struct sockaddr *)&name, &length));
    assert_int_equal(name.sin_port, address.sin_port);
    assert_false(
        connect_ex(s, (struct sockaddr *)&address, sizeof address, NULL, 0, NULL, &overlapped));
    assert_int_equal(WSAGetLastError(), WSAEINVAL);
    assert_wsa(bind(by_ex, (struct sockaddr *)&any, sizeof any));
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)by_ex, port, 1, 0), port);
    assert_false(
        connect_ex(by_ex, (struct sockaddr *)&address, sizeof address, NULL, 0, NULL, &overlapped));
    assert_int_equal(WSAGetLastError(), WSA_IO_PENDING);
    assert_wsa_fails(WSAEINVAL, connect(by_ex, (struct sockaddr *)&address, sizeof address));
    assert_false(
        connect_ex(by_ex, (struct sockaddr *)&address, sizeof address, NULL, 0, NULL, &second));
    assert_int_equal(WSAGetLastError(), WSAEINVAL);
    closesocket(by_ex);
    assert_int_equal(test_next_packet(port).error, ERROR_OPERATION_ABORTED);
    test_no_packet(port);
    closesocket(s);
    for (int i = 0; i < 8; i++)
        closesocket(fillers[i]);
    closesocket(listener);
    CloseHandle(port);
}

/* SOCK-201 ERR-34 */
static void a_connect_that_nobody_answers_times_out(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    struct sockaddr_in address, any = {.sin_family = AF_INET};
    SOCKET fillers[8], listener = full_listener(&address, fillers);
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0), by_ex = socket(AF_INET, SOCK_STREAM, 0);
    LPFN_CONNECTEX connect_ex = test_extension(s, (GUID)WSAID_CONNECTEX);
    OVERLAPPED overlapped = {0};
    int seconds = 1;
    (void)state;
    assert_wsa(setsockopt(s, IPPROTO_TCP, TCP_MAXRT, (char *)&seconds, sizeof seconds));
    assert_wsa(setsockopt(by_ex, IPPROTO_TCP, TCP_MAXRT, (char *)&seconds, sizeof seconds));
    assert_wsa(bind(by_ex, (struct sockaddr *)&any, sizeof any));
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)by_ex, port, 1, 0), port);
    assert_false(
        connect_ex(by_ex, (struct sockaddr *)&address, sizeof address, NULL, 0, NULL, &overlapped));
    assert_int_equal(WSAGetLastError(), WSA_IO_PENDING);
    assert_wsa_fails(WSAETIMEDOUT, connect(s, (struct sockaddr *)&address, sizeof address));
    assert_int_equal(test_next_packet(port).error, ERROR_SEM_TIMEOUT);
    closesocket(s);
    closesocket(by_ex);
    for (int i = 0; i < 8; i++)
        closesocket(fillers[i]);
    closesocket(listener);
    CloseHandle(port);
}

/* SOCK-197 SOCK-198 SOCK-161 */
static void a_failed_connect_leaves_a_usable_socket(void **state)
{
    struct sockaddr_in nobody = test_closed_port(), address;
    SOCKET listener = test_listener(&address), s = socket(AF_INET, SOCK_STREAM, 0);
    (void)state;
    assert_wsa_fails(WSAECONNREFUSED, connect(s, (struct sockaddr *)&nobody, sizeof nobody));
    assert_int_equal(get_int(s, SOL_SOCKET, SO_ERROR), 0);
    assert_int_equal(is_ready(s, 2), 1);
    assert_wsa(listen(s, 5));
    closesocket(s);
    s = socket(AF_INET, SOCK_STREAM, 0);
    set_nonblocking(s);
    assert_wsa_fails(WSAEWOULDBLOCK, connect(s, (struct sockaddr *)&nobody, sizeof nobody));
    wait_until(is_ready(s, 2));
    assert_int_equal(get_int(s, SOL_SOCKET, SO_ERROR), WSAECONNREFUSED);
    assert_int_equal(get_int(s, SOL_SOCKET, SO_ERROR), WSAECONNREFUSED);
    if (connect(s, (struct sockaddr *)&address, sizeof address) != 0)
        assert_int_equal(WSAGetLastError(), WSAEWOULDBLOCK);
    wait_until(is_ready(s, 1));
    assert_int_equal(get_int(s, SOL_SOCKET, SO_ERROR), 0);
    closesocket(s);
    closesocket(listener);
}

/* SOCK-199 */
static void a_plain_connect_sends_no_packet(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    struct sockaddr_in address, nobody = test_closed_port();
    SOCKET listener = test_listener(&address), s;
    (void)state;
    for (int i = 0; i < 4; i++) {
        s = socket(AF_INET, SOCK_STREAM, 0);
        assert_ptr_equal(CreateIoCompletionPort((HANDLE)s, port, 1, 0), port);
        if (i & 1)
            set_nonblocking(s);
        connect(s, (struct sockaddr *)(i & 2 ? &nobody : &address), sizeof address);
        wait_until(is_ready(s, i & 2 ? 2 : 1));
        test_no_packet(port);
        closesocket(s);
        test_no_packet(port);
    }
    closesocket(listener);
    CloseHandle(port);
}

static int CALLBACK decide(LPWSABUF caller, LPWSABUF caller_data, LPQOS sqos, LPQOS gqos,
                           LPWSABUF callee, LPWSABUF callee_data, GROUP *group, DWORD_PTR data)
{
    (void)caller_data, (void)sqos, (void)gqos, (void)callee_data, (void)group;
    assert_int_equal(caller->len, sizeof(struct sockaddr_in));
    assert_int_equal(((struct sockaddr_in *)callee->buf)->sin_family, AF_INET);
    return (int)data;
}

/* SOCK-170 SOCK-171 SOCK-238 */
static void a_condition_function_decides_on_a_connection(void **state)
{
    struct sockaddr_in address;
    SOCKET listener = test_listener(&address), client = connect_to(&address), accepted;
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    char buffer[64], byte;
    DWORD bytes;
    int on = 1;
    (void)state;
    assert_wsa(setsockopt(listener, SOL_SOCKET, SO_CONDITIONAL_ACCEPT, (char *)&on, sizeof on));
    assert_wsa_fails(WSATRY_AGAIN, (int)WSAAccept(listener, NULL, NULL, decide, CF_DEFER));
    assert_int_equal(is_ready(listener, 0), 1);
    assert_wsa_fails(WSAEINVAL, (int)WSAAccept(listener, NULL, NULL, decide, 77));
    accepted = accept(listener, NULL, NULL);
    assert_true(accepted != INVALID_SOCKET);
    assert_int_equal(send(client, "x", 1, 0), 1);
    assert_int_equal(recv(accepted, &byte, 1, 0), 1);
    closesocket(accepted);
    closesocket(client);
    client = connect_to(&address);
    assert_wsa_fails(WSATRY_AGAIN, (int)WSAAccept(listener, NULL, NULL, decide, CF_DEFER));
    accepted = socket(AF_INET, SOCK_STREAM, 0);
    assert_false(AcceptEx(listener, accepted, buffer, 0, 32, 32, &bytes, &overlapped));
    assert_int_equal(WaitForSingleObject(overlapped.hEvent, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(overlapped.Internal, 0);
    closesocket(accepted);
    closesocket(client);
    client = connect_to(&address);
    assert_wsa_fails(WSAECONNREFUSED, (int)WSAAccept(listener, NULL, NULL, decide, CF_REJECT));
    wait_until(is_ready(client, 0));
    assert_wsa_fails(WSAECONNRESET, recv(client, &byte, 1, 0));
    closesocket(client);
    client = connect_to(&address);
    accepted = WSAAccept(listener, NULL, NULL, decide, CF_ACCEPT);
    assert_true(accepted != INVALID_SOCKET);
    closesocket(accepted);
    closesocket(client);
    CloseHandle(overlapped.hEvent);
    closesocket(listener);
}

/* SOCK-172 */
static void a_peer_that_gave_up_is_seen_after_the_accept(void **state)
{
    struct sockaddr_in address;
    SOCKET listener = test_listener(&address), client = connect_to(&address), accepted;
    char byte;
    (void)state;
    abort_connection(client);
    client = connect_to(&address);
    accepted = accept(listener, NULL, NULL);
    assert_true(accepted != INVALID_SOCKET);
    wait_until(is_ready(accepted, 0));
    assert_wsa_fails(WSAECONNRESET, recv(accepted, &byte, 1, 0));
    closesocket(accepted);
    accepted = accept(listener, NULL, NULL);
    assert_true(accepted != INVALID_SOCKET);
    closesocket(accepted);
    closesocket(client);
    closesocket(listener);
}

/* SOCK-173 */
static void a_name_can_be_connected_to(void **state)
{
    struct sockaddr_in address;
    struct sockaddr_storage local, remote;
    SOCKET listener = test_listener(&address), s = socket(AF_INET, SOCK_STREAM, 0);
    DWORD local_length = sizeof local, remote_length = sizeof remote, small = 3;
    SOCKET_ADDRESS_LIST list = {1, {{(struct sockaddr *)&address, sizeof address}}};
    OVERLAPPED reserved;
    char service[16];
    (void)state;
    snprintf(service, sizeof service, "%d", ntohs(address.sin_port));
    assert_fails(WSAEINVAL,
                 WSAConnectByNameA(s, NULL, service, NULL, NULL, NULL, NULL, NULL, NULL));
    assert_fails(WSAEINVAL,
                 WSAConnectByNameA(s, "localhost", NULL, NULL, NULL, NULL, NULL, NULL, NULL));
    assert_fails(WSAEINVAL, WSAConnectByNameA(s, "localhost", service, NULL, NULL, NULL, NULL, NULL,
                                              &reserved));
    assert_fails(WSATYPE_NOT_FOUND, WSAConnectByNameA(s, "localhost", "no-such-service", NULL, NULL,
                                                      NULL, NULL, NULL, NULL));
    assert_fails(WSAEFAULT, WSAConnectByNameA(s, "localhost", service, &small,
                                              (struct sockaddr *)&local, NULL, NULL, NULL, NULL));
    assert_win32(WSAConnectByNameA(s, "127.0.0.1", service, &local_length,
                                   (struct sockaddr *)&local, &remote_length,
                                   (struct sockaddr *)&remote, NULL, NULL));
    assert_int_equal(local_length, sizeof address);
    assert_int_equal(remote_length, sizeof address);
    assert_int_equal(((struct sockaddr_in *)&remote)->sin_port, address.sin_port);
    closesocket(s);
    s = socket(AF_INET, SOCK_STREAM, 0);
    assert_win32(
        WSAConnectByList(s, &list, NULL, NULL, NULL, NULL, &(struct timeval){10, 0}, NULL));
    closesocket(s);
    s = socket(AF_INET, SOCK_STREAM, 0);
    assert_wsa(WSAConnect(s, (struct sockaddr *)&address, sizeof address, NULL, NULL, NULL, NULL));
    closesocket(s);
    closesocket(listener);
}

/* SOCK-227 SOCK-230 SOCK-242 */
static void an_idle_client_can_be_timed_out(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    struct sockaddr_in address;
    SOCKET listener = test_listener(&address), acceptor = socket(AF_INET, SOCK_STREAM, 0), client;
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)}, receiving = {0};
    char buffer[128];
    struct packet packet;
    DWORD bytes, flags;
    (void)state;
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)acceptor, port, 9, 0), port);
    assert_int_equal(get_int(acceptor, SOL_SOCKET, SO_CONNECT_TIME), -1);
    assert_false(AcceptEx(listener, acceptor, buffer, 64, 32, 32, &bytes, &overlapped));
    client = connect_to(&address);
    wait_until(get_int(acceptor, SOL_SOCKET, SO_CONNECT_TIME) != -1);
    closesocket(acceptor);
    assert_int_equal(WaitForSingleObject(overlapped.hEvent, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_false(WSAGetOverlappedResult(listener, &overlapped, &bytes, FALSE, &flags));
    assert_true(WSAGetLastError() == WSA_OPERATION_ABORTED || WSAGetLastError() == WSAECONNABORTED);
    test_no_packet(port);
    closesocket(client);
    acceptor = socket(AF_INET, SOCK_STREAM, 0);
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)acceptor, port, 9, 0), port);
    assert_false(AcceptEx(listener, acceptor, buffer, 0, 32, 32, &bytes, &overlapped));
    client = connect_to(&address);
    assert_int_equal(WaitForSingleObject(overlapped.hEvent, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    test_no_packet(port);
    test_receive_pends(acceptor, buffer, 1, &receiving);
    assert_int_equal(send(client, "x", 1, 0), 1);
    packet = test_next_packet(port);
    assert_ptr_equal(packet.overlapped, &receiving);
    assert_int_equal(packet.key, 9);
    closesocket(client);
    closesocket(acceptor);
    closesocket(listener);
    CloseHandle(overlapped.hEvent);
    CloseHandle(port);
}

/* ---- shutting down ---- */

/* SOCK-337 SOCK-338 SOCK-342 SOCK-343 SOCK-217 SOCK-156 */
static void shutdown_is_judged_by_state(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    struct sockaddr_in address, name, udp_address;
    SOCKET listener = test_listener(&address), s = socket(AF_INET, SOCK_STREAM, 0), accepted,
           udp = test_udp(&udp_address);
    LPFN_DISCONNECTEX disconnect = test_extension(s, (GUID)WSAID_DISCONNECTEX);
    int length = sizeof name;
    char byte;
    (void)state;
    assert_wsa_fails(WSAENOTCONN, shutdown(s, SD_SEND));
    assert_wsa_fails(WSAENOTCONN, shutdown(listener, SD_BOTH));
    assert_wsa(connect(s, (struct sockaddr *)&address, sizeof address));
    accepted = accept(listener, NULL, NULL);
    assert_wsa_fails(WSAEINVAL, shutdown(s, 3));
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)s, port, 1, 0), port);
    assert_wsa(WSASendDisconnect(s, NULL));
    assert_wsa(shutdown(s, SD_SEND));
    assert_int_equal(recv(accepted, &byte, 1, 0), 0);
    assert_wsa_fails(WSAESHUTDOWN, send(s, "x", 1, 0));
    assert_wsa_fails(WSAEISCONN, connect(s, (struct sockaddr *)&address, sizeof address));
    assert_int_equal(send(accepted, "x", 1, 0), 1);
    assert_int_equal(recv(s, &byte, 1, 0), 1);
    assert_wsa(WSARecvDisconnect(s, NULL));
    assert_wsa_fails(WSAESHUTDOWN, recv(s, &byte, 1, 0));
    assert_wsa(shutdown(s, SD_BOTH));
    closesocket(accepted);
    assert_wsa(getpeername(s, (struct sockaddr *)&name, &length));
    assert_int_equal(name.sin_port, address.sin_port);
    test_no_packet(port);
    closesocket(s);
    s = connect_to(&address);
    assert_true(disconnect(s, NULL, 0, 0));
    assert_wsa(getpeername(s, (struct sockaddr *)&name, &length));
    assert_wsa(shutdown(udp, SD_BOTH));
    assert_wsa_fails(WSAESHUTDOWN,
                     sendto(udp, "x", 1, 0, (struct sockaddr *)&udp_address, sizeof udp_address));
    assert_wsa_fails(WSAESHUTDOWN, recv(udp, &byte, 1, 0));
    closesocket(s);
    closesocket(udp);
    closesocket(listener);
    CloseHandle(port);
}

/* SOCK-339 SOCK-340 SOCK-341 */
static void a_receive_from_before_the_shutdown_still_completes(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped = {0};
    WSABUF buffer;
    DWORD flags = 0;
    SOCKET client, server;
    char byte = 0;
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 1);
    test_receive_pends(server, &byte, 1, &overlapped);
    assert_wsa(shutdown(server, SD_RECEIVE));
    test_no_packet(port);
    assert_int_equal(send(client, "xy", 2, 0), 2);
    assert_int_equal(test_next_packet(port).bytes, 1);
    assert_int_equal(byte, 'x');
    assert_wsa_fails(WSAESHUTDOWN, recv(server, &byte, 1, 0));
    buffer = (WSABUF){1, &byte};
    assert_wsa_fails(WSAESHUTDOWN, WSARecv(server, &buffer, 1, NULL, &flags, &overlapped, NULL));
    assert_int_equal(send(client, "z", 1, 0), 1);
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
}

/* ---- closing ---- */

struct receive {
    SOCKET socket;
    OVERLAPPED overlapped;
    char byte;
};

static DWORD WINAPI start_receive(LPVOID arg)
{
    struct receive *receive = arg;
    test_receive_pends(receive->socket, &receive->byte, 1, &receive->overlapped);
    return 0;
}

/* SOCK-344 */
static void closing_aborts_a_receive_whose_thread_has_ended(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0), thread;
    struct receive receive = {0};
    struct packet packet;
    SOCKET client;
    (void)state;
    test_tcp_pair_on_port(&client, &receive.socket, port, 4);
    thread = CreateThread(NULL, 0, start_receive, &receive, 0, NULL);
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    test_no_packet(port);
    assert_wsa(closesocket(receive.socket));
    packet = test_next_packet(port);
    assert_int_equal(packet.error, ERROR_CONNECTION_ABORTED);
    assert_int_equal(packet.key, 4);
    assert_ptr_equal(packet.overlapped, &receive.overlapped);
    test_no_packet(port);
    CloseHandle(thread);
    closesocket(client);
    CloseHandle(port);
}

/* SOCK-344 SOCK-346 SOCK-347 SOCK-349 SOCK-350 */
static void closing_ends_what_is_pending_by_its_kind(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    struct sockaddr_in address;
    OVERLAPPED overlapped = {0};
    SOCKET client, server, udp, listener, acceptor;
    struct packet packet;
    char buffer[64];
    DWORD bytes;
    (void)state;
    for (int by_handle = 0; by_handle < 2; by_handle++) {
        test_tcp_pair_on_port(&client, &server, port, 4);
        test_receive_pends(server, buffer, 1, &overlapped);
        if (by_handle)
            assert_win32(CloseHandle((HANDLE)server));
        else
            assert_wsa(closesocket(server));
        packet = test_next_packet(port);
        assert_int_equal(packet.error, ERROR_CONNECTION_ABORTED);
        assert_int_equal(packet.bytes, 0);
        assert_int_equal(packet.key, 4);
        assert_int_equal((NTSTATUS)overlapped.Internal, STATUS_CONNECTION_ABORTED);
        closesocket(client);
        test_no_packet(port);
    }
    udp = test_udp(&address);
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)udp, port, 5, 0), port);
    test_receive_pends(udp, buffer, 1, &overlapped);
    closesocket(udp);
    assert_int_equal(test_next_packet(port).error, ERROR_OPERATION_ABORTED);
    assert_int_equal((NTSTATUS)overlapped.Internal, STATUS_CANCELLED);
    listener = test_listener(&address);
    acceptor = socket(AF_INET, SOCK_STREAM, 0);
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)listener, port, 6, 0), port);
    assert_false(AcceptEx(listener, acceptor, buffer, 0, 32, 32, &bytes, &overlapped));
    closesocket(listener);
    packet = test_next_packet(port);
    assert_int_equal(packet.error, ERROR_OPERATION_ABORTED);
    assert_int_equal(packet.key, 6);
    closesocket(acceptor);
    test_tcp_pair_on_port(&client, &server, port, 7);
    closesocket(server);
    closesocket(client);
    test_no_packet(port);
    CloseHandle(port);
}

/* SOCK-084 SOCK-357 */
static void urgent_data_that_was_read_resets_nothing(void **state)
{
    SOCKET client, server;
    char byte;
    (void)state;
    for (int rest = 0; rest < 2; rest++) {
        test_tcp_pair(&client, &server);
        assert_int_equal(send(client, "ab", 2, 0), 2);
        assert_int_equal(send(client, "u", 1, MSG_OOB), 1);
        if (rest)
            assert_int_equal(send(client, "c", 1, 0), 1);
        assert_int_equal(recv(server, &byte, 1, MSG_WAITALL), 1);
        assert_int_equal(recv(server, &byte, 1, MSG_WAITALL), 1);
        wait_until(recv(server, &byte, 1, MSG_OOB) == 1);
        assert_int_equal(byte, 'u');
        if (rest)
            wait_until(recv(server, &byte, 1, MSG_PEEK) == 1);
        closesocket(server);
        if (rest) /* 'c' was not */
            assert_wsa_fails(WSAECONNRESET, recv(client, &byte, 1, 0));
        else
            assert_int_equal(recv(client, &byte, 1, 0), 0);
        closesocket(client);
    }
}

/* SOCK-352 SOCK-353 SOCK-357 SOCK-358 */
static void unsent_data_follow_the_close_unless_it_aborts(void **state)
{
    static char piece[1 << 16];
    SOCKET client, server;
    size_t sent, received = 0;
    int got;
    char byte;
    (void)state;
    test_tcp_pair(&client, &server);
    sent = fill(server);
    assert_wsa(closesocket(server));
    while ((got = recv(client, piece, sizeof piece, 0)) > 0)
        received += (size_t)got;
    assert_int_equal(got, 0);
    assert_int_equal(received, sent);
    closesocket(client);
    test_tcp_pair(&client, &server);
    fill(server);
    abort_connection(server);
    while ((got = recv(client, piece, sizeof piece, 0)) > 0)
        ;
    assert_int_equal(got, SOCKET_ERROR);
    assert_int_equal(WSAGetLastError(), WSAECONNRESET);
    closesocket(client);
    test_tcp_pair(&client, &server);
    assert_int_equal(send(client, "x", 1, 0), 1);
    wait_until(is_ready(server, 0));
    closesocket(server);
    assert_wsa_fails(WSAECONNRESET, recv(client, &byte, 1, 0));
    closesocket(client);
}

static DWORD WINAPI close_it(LPVOID arg)
{
    SOCKET *s = arg;
    int result = closesocket(*s);
    return result == 0 ? 0 : (DWORD)WSAGetLastError();
}

/* SOCK-354 */
static void a_lingering_close_waits_or_refuses(void **state)
{
    static char piece[1 << 20];
    LINGER linger = {1, 20};
    SOCKET client, server;
    u_long off = 0;
    HANDLE thread;
    DWORD id, result;
    (void)state;
    test_tcp_pair(&client, &server);
    assert_wsa(setsockopt(server, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger));
    fill(server);
    assert_wsa_fails(WSAEWOULDBLOCK, closesocket(server));
    assert_int_equal(get_int(server, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
    assert_wsa(ioctlsocket(server, FIONBIO, &off));
    thread = CreateThread(NULL, 0, close_it, &server, 0, &id);
    wait_until_asleep(id);
    assert_int_equal(WaitForSingleObject(thread, 0), WAIT_TIMEOUT);
    while (recv(client, piece, sizeof piece, 0) > 0)
        ;
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(GetExitCodeThread(thread, &result));
    assert_int_equal(result, 0);
    CloseHandle(thread);
    closesocket(client);
    linger.l_linger = 1;
    test_tcp_pair(&client, &server);
    assert_wsa(setsockopt(server, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger));
    fill(server);
    assert_wsa(ioctlsocket(server, FIONBIO, &off));
    assert_wsa(closesocket(server)); /* nobody reads: after its time it aborts */
    while (recv(client, piece, sizeof piece, 0) > 0)
        ;
    assert_int_equal(WSAGetLastError(), WSAECONNRESET);
    closesocket(client);
}

struct blocked {
    SOCKET socket;
    int how; /* accept, recv, select */
    int failed;
};

static DWORD WINAPI block(LPVOID arg)
{
    struct blocked *blocked = arg;
    fd_set set;
    char byte;
    FD_ZERO(&set);
    FD_SET(blocked->socket, &set);
    switch (blocked->how) {
    case 0:
        blocked->failed = accept(blocked->socket, NULL, NULL) == INVALID_SOCKET;
        break;
    case 1:
        blocked->failed = recv(blocked->socket, &byte, 1, 0) == SOCKET_ERROR;
        break;
    default:
        select(0, &set, NULL, NULL, NULL);
        blocked->failed = 1;
    }
    return 0;
}

/* SOCK-012 SOCK-009 */
static void cleaning_up_ends_blocked_calls(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0), threads[3];
    struct sockaddr_in address;
    struct blocked blocked[3] = {{.how = 0}, {.how = 1}, {.how = 2}};
    OVERLAPPED overlapped = {0};
    SOCKET others[2], pending;
    WSADATA data;
    DWORD id;
    char byte;
    (void)state;
    blocked[0].socket = test_listener(&address);
    test_tcp_pair(&others[0], &blocked[1].socket);
    test_tcp_pair(&others[1], &blocked[2].socket);
    pending = test_udp(&address);
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)pending, port, 1, 0), port);
    test_receive_pends(pending, &byte, 1, &overlapped);
    for (int i = 0; i < 3; i++) {
        threads[i] = CreateThread(NULL, 0, block, &blocked[i], 0, &id);
        wait_until_asleep(id);
    }
    assert_wsa(WSACleanup());
    assert_int_equal(WaitForMultipleObjects(3, threads, TRUE, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(test_next_packet(port).error, ERROR_OPERATION_ABORTED);
    assert_int_equal(WSAStartup(MAKEWORD(2, 2), &data), 0);
    for (int i = 0; i < 3; i++) {
        assert_true(blocked[i].failed);
        CloseHandle(threads[i]);
    }
    CloseHandle(port);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pending_connect_blocks_other_uses),
        cmocka_unit_test(a_connect_that_nobody_answers_times_out),
        cmocka_unit_test(a_failed_connect_leaves_a_usable_socket),
        cmocka_unit_test(a_plain_connect_sends_no_packet),
        cmocka_unit_test(a_condition_function_decides_on_a_connection),
        cmocka_unit_test(a_peer_that_gave_up_is_seen_after_the_accept),
        cmocka_unit_test(a_name_can_be_connected_to),
        cmocka_unit_test(an_idle_client_can_be_timed_out),
        cmocka_unit_test(shutdown_is_judged_by_state),
        cmocka_unit_test(a_receive_from_before_the_shutdown_still_completes),
        cmocka_unit_test(closing_aborts_a_receive_whose_thread_has_ended),
        cmocka_unit_test(closing_ends_what_is_pending_by_its_kind),
        cmocka_unit_test(urgent_data_that_was_read_resets_nothing),
        cmocka_unit_test(unsent_data_follow_the_close_unless_it_aborts),
        cmocka_unit_test(a_lingering_close_waits_or_refuses),
        cmocka_unit_test(cleaning_up_ends_blocked_calls),
    };
    return cmocka_run_group_tests(tests, test_winsock_up, test_winsock_down);
}

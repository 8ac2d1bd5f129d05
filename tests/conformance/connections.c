/* Winsock's connections: winsock.md sections 7, 9 to 13 and the options. */
#include "sockets.h"

#include <mstcpip.h>

/* ---- bind, listen, accept, names ---- */

/* SOCK-150 SOCK-151 SOCK-152 SOCK-153 SOCK-154 */
static void binding_and_naming_report_their_errors(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET}, name, foreign = {.sin_family = AF_INET};
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0), other = socket(AF_INET, SOCK_STREAM, 0);
    int length = sizeof name;
    (void)state;
    memset(&name, 0x5A, sizeof name);
    assert_wsa_fails(WSAEINVAL, getsockname(s, (struct sockaddr *)&name, &length));
    assert_int_equal(length, sizeof name);
    assert_int_equal(name.sin_port, 0x5A5A);
    assert_wsa_fails(WSAEFAULT, bind(s, NULL, sizeof address));
    assert_wsa_fails(WSAEFAULT, bind(s, (struct sockaddr *)&address, 3));
    address.sin_family = AF_INET6;
    assert_wsa_fails(WSAEFAULT, bind(s, (struct sockaddr *)&address, sizeof address));
    address.sin_family = AF_INET;
    foreign.sin_addr.s_addr = htonl(0x01020304);
    assert_wsa_fails(WSAEADDRNOTAVAIL, bind(s, (struct sockaddr *)&foreign, sizeof foreign));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_wsa(bind(s, (struct sockaddr *)&address, sizeof address));
    assert_wsa_fails(WSAEINVAL, bind(s, (struct sockaddr *)&address, sizeof address));
    length = 5;
    assert_wsa_fails(WSAEFAULT, getsockname(s, (struct sockaddr *)&name, &length));
    assert_int_equal(length, 5);
    length = sizeof name;
    assert_wsa(getsockname(s, (struct sockaddr *)&name, &length));
    assert_int_equal(length, 16);
    assert_int_equal(name.sin_family, AF_INET);
    assert_memory_equal(name.sin_zero, "\0\0\0\0\0\0\0\0", 8);
    assert_wsa(listen(s, 1));
    assert_wsa_fails(WSAEADDRINUSE, bind(other, (struct sockaddr *)&name, sizeof name));
    closesocket(s);
    closesocket(other);
}

/* SOCK-155 SOCK-157 SOCK-158 SOCK-159 SOCK-160 SOCK-162 */
static void listening_needs_a_bound_stream_socket(void **state)
{
    struct sockaddr_in address;
    SOCKET fresh = socket(AF_INET, SOCK_STREAM, 0), udp = test_udp(&address), listener, client,
           server;
    int value = -1, length = sizeof value;
    (void)state;
    assert_wsa_fails(WSAEINVAL, listen(fresh, 5));
    assert_wsa_fails(WSAEOPNOTSUPP, listen(udp, 5));
    assert_wsa_fails(WSAENOTSOCK, listen(0, 5));
    assert_wsa_fails(WSAENOTSOCK, getpeername(INVALID_SOCKET, NULL, NULL));
    assert_wsa_fails(WSAENOTCONN, getpeername(fresh, NULL, NULL));
    listener = test_listener(&address);
    assert_wsa(listen(listener, 0));
    assert_wsa(listen(listener, -100));
    assert_wsa(getsockopt(listener, SOL_SOCKET, SO_ACCEPTCONN, (char *)&value, &length));
    assert_int_equal(value, 1);
    assert_wsa_fails(WSAENOPROTOOPT,
                     setsockopt(listener, SOL_SOCKET, SO_ACCEPTCONN, (char *)&value, sizeof value));
    test_tcp_pair(&client, &server);
    assert_wsa_fails(WSAEFAULT, getpeername(client, NULL, NULL));
    assert_wsa_fails(WSAEISCONN, listen(client, 1));
    closesocket(fresh);
    closesocket(udp);
    closesocket(listener);
    closesocket(client);
    closesocket(server);
}

/* SOCK-163 SOCK-164 SOCK-165 SOCK-168 */
static void accept_gives_the_next_connection(void **state)
{
    struct sockaddr_in address, peer;
    SOCKET listener = test_listener(&address), client = socket(AF_INET, SOCK_STREAM, 0), server;
    int length = 3;
    u_long on = 1;
    char byte;
    (void)state;
    assert_wsa_fails(WSAEINVAL, accept(client, NULL, NULL));
    assert_wsa(ioctlsocket(listener, FIONBIO, &on));
    assert_wsa_fails(WSAEWOULDBLOCK, accept(listener, NULL, NULL));
    assert_wsa(connect(client, (struct sockaddr *)&address, sizeof address));
    assert_wsa_fails(WSAEFAULT, accept(listener, (struct sockaddr *)&peer, &length));
    assert_int_equal(length, 3);
    length = sizeof peer;
    server = accept(listener, (struct sockaddr *)&peer, &length);
    assert_true(server != INVALID_SOCKET);
    assert_int_equal(length, sizeof peer);
    assert_int_equal(peer.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    assert_wsa_fails(WSAEWOULDBLOCK, recv(server, &byte, 1, 0)); /* inherited */
    closesocket(listener);
    closesocket(client);
    closesocket(server);
}

static DWORD WINAPI accept_one(LPVOID arg)
{
    return accept((SOCKET)arg, NULL, NULL) == INVALID_SOCKET ? 1 : 0;
}

/* SOCK-166 */
static void closing_a_listener_ends_a_blocked_accept(void **state)
{
    struct sockaddr_in address;
    SOCKET listener = test_listener(&address);
    DWORD id, code;
    HANDLE thread = CreateThread(NULL, 0, accept_one, (LPVOID)listener, 0, &id);
    (void)state;
    wait_until_asleep(id);
    assert_wsa(closesocket(listener));
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(GetExitCodeThread(thread, &code));
    assert_int_equal(code, 1);
    CloseHandle(thread);
}

/* ---- connect ---- */

/* A loopback port at which nobody listens. */
static struct sockaddr_in nobody(void)
{
    struct sockaddr_in address;
    SOCKET s = test_listener(&address);
    closesocket(s);
    return address;
}

/* SOCK-193 SOCK-200 */
static void connect_reports_refusal_and_misuse(void **state)
{
    struct sockaddr_in address = nobody(), zero = {.sin_family = AF_INET};
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0), client, server, listener;
    (void)state;
    assert_wsa_fails(WSAECONNREFUSED, connect(s, (struct sockaddr *)&address, sizeof address));
    assert_wsa_fails(WSAEADDRNOTAVAIL, connect(s, (struct sockaddr *)&zero, sizeof zero));
    assert_wsa_fails(WSAEFAULT, connect(s, NULL, 0));
    test_tcp_pair(&client, &server);
    listener = test_listener(&address);
    assert_wsa_fails(WSAEISCONN, connect(client, (struct sockaddr *)&address, sizeof address));
    assert_wsa_fails(WSAEINVAL, connect(listener, (struct sockaddr *)&address, sizeof address));
    closesocket(s);
    closesocket(client);
    closesocket(server);
    closesocket(listener);
}

/* SOCK-194 SOCK-303 SOCK-196 */
static void a_non_blocking_connect_is_seen_by_select(void **state)
{
    struct sockaddr_in address, refused = nobody();
    SOCKET listener = test_listener(&address), s = socket(AF_INET, SOCK_STREAM, 0);
    fd_set writable, failed;
    int error = 0, length = sizeof error;
    u_long on = 1;
    (void)state;
    assert_wsa(ioctlsocket(s, FIONBIO, &on));
    assert_wsa_fails(WSAEWOULDBLOCK, connect(s, (struct sockaddr *)&address, sizeof address));
    FD_ZERO(&writable);
    FD_SET(s, &writable);
    assert_int_equal(select(0, NULL, &writable, NULL, NULL), 1);
    assert_wsa_fails(WSAEISCONN, connect(s, (struct sockaddr *)&address, sizeof address));
    closesocket(s);
    s = socket(AF_INET, SOCK_STREAM, 0);
    assert_wsa(ioctlsocket(s, FIONBIO, &on));
    if (connect(s, (struct sockaddr *)&refused, sizeof refused) &&
        WSAGetLastError() == WSAEWOULDBLOCK) {
        FD_ZERO(&writable);
        FD_SET(s, &writable);
        failed = writable;
        assert_int_equal(select(0, NULL, &writable, &failed, NULL), 1);
        assert_true(FD_ISSET(s, &failed));
        assert_false(FD_ISSET(s, &writable));
        assert_wsa(getsockopt(s, SOL_SOCKET, SO_ERROR, (char *)&error, &length));
        assert_int_equal(error, WSAECONNREFUSED);
    } else {
        assert_int_equal(WSAGetLastError(), WSAECONNREFUSED); /* loopback may refuse at once */
    }
    closesocket(s);
    closesocket(listener);
}

static LPFN_CONNECTEX connect_ex(SOCKET s)
{
    GUID id = WSAID_CONNECTEX;
    return (LPFN_CONNECTEX)test_extension(s, id);
}

/* SOCK-202 SOCK-203 */
static void connect_ex_refuses_what_it_must(void **state)
{
    struct sockaddr_in address;
    OVERLAPPED overlapped = {0};
    SOCKET listener = test_listener(&address), s = socket(AF_INET, SOCK_STREAM, 0), client, server;
    LPFN_CONNECTEX call = connect_ex(s);
    HANDLE port = CreateIoCompletionPort((HANDLE)s, NULL, 1, 0);
    (void)state;
    assert_fails(WSAEINVAL,
                 call(s, (struct sockaddr *)&address, sizeof address, NULL, 0, NULL, &overlapped));
    assert_fails(WSAENOTSOCK, call(INVALID_SOCKET, (struct sockaddr *)&address, sizeof address,
                                   NULL, 0, NULL, &overlapped));
    assert_fails(ERROR_INVALID_PARAMETER,
                 call(s, (struct sockaddr *)&address, sizeof address, NULL, 0, NULL, NULL));
    assert_fails(WSAEINVAL, call(listener, (struct sockaddr *)&address, sizeof address, NULL, 0,
                                 NULL, &overlapped));
    test_tcp_pair(&client, &server);
    assert_fails(WSAEISCONN, call(client, (struct sockaddr *)&address, sizeof address, NULL, 0,
                                  NULL, &overlapped));
    test_no_packet(port);
    closesocket(s);
    closesocket(listener);
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
}

/* SOCK-204 SOCK-205 SOCK-207 SOCK-208 SOCK-209 SOCK-212 */
static void connect_ex_always_pends_and_sends_its_data(void **state)
{
    struct sockaddr_in address;
    OVERLAPPED overlapped = {0};
    SOCKET listener = test_listener(&address), s = test_bound(), server;
    LPFN_CONNECTEX call = connect_ex(s);
    HANDLE port = CreateIoCompletionPort((HANDLE)s, NULL, 4, 0);
    char data[] = "first", got[8];
    int seconds = 0, length = sizeof seconds;
    struct packet packet;
    (void)state;
    assert_win32(
        SetFileCompletionNotificationModes((HANDLE)s, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    assert_wsa_fails(WSAENOTCONN, setsockopt(s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0));
    assert_wsa(getsockopt(s, SOL_SOCKET, SO_CONNECT_TIME, (char *)&seconds, &length));
    assert_int_equal(seconds, -1);
    assert_fails(WSA_IO_PENDING,
                 call(s, (struct sockaddr *)&address, sizeof address, data, 5, NULL, &overlapped));
    memset(data, 0, sizeof data);
    packet = test_next_packet(port);
    assert_true(packet.ok);
    assert_int_equal(packet.bytes, 5);
    assert_fails(WSAEISCONN,
                 call(s, (struct sockaddr *)&address, sizeof address, NULL, 0, NULL, &overlapped));
    assert_wsa_fails(WSAEINVAL, connect(s, (struct sockaddr *)&address, sizeof address));
    assert_wsa(setsockopt(s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0));
    assert_wsa_fails(WSAEISCONN, connect(s, (struct sockaddr *)&address, sizeof address));
    assert_wsa(getsockopt(s, SOL_SOCKET, SO_CONNECT_TIME, (char *)&seconds, &length));
    assert_in_range(seconds, 0, 60);
    server = accept(listener, NULL, NULL);
    assert_int_equal(recv(server, got, sizeof got, 0), 5);
    assert_memory_equal(got, "first", 5);
    closesocket(s);
    closesocket(server);
    closesocket(listener);
    CloseHandle(port);
}

/* SOCK-206 */
static void a_refused_connect_ex_may_be_tried_again(void **state)
{
    struct sockaddr_in refused = nobody(), address;
    OVERLAPPED overlapped = {0};
    DWORD bytes, flags;
    SOCKET s = test_bound(), listener;
    LPFN_CONNECTEX call = connect_ex(s);
    HANDLE port = CreateIoCompletionPort((HANDLE)s, NULL, 4, 0);
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct packet packet;
        memset(&overlapped, 0, sizeof overlapped);
        assert_fails(WSA_IO_PENDING, call(s, (struct sockaddr *)&refused, sizeof refused, NULL, 0,
                                          NULL, &overlapped));
        packet = test_next_packet(port);
        assert_false(packet.ok);
        assert_int_equal(packet.error, ERROR_CONNECTION_REFUSED);
        assert_int_equal(packet.bytes, 0);
        assert_fails(WSAECONNREFUSED,
                     WSAGetOverlappedResult(s, &overlapped, &bytes, FALSE, &flags));
    }
    listener = test_listener(&address);
    assert_fails(WSA_IO_PENDING,
                 call(s, (struct sockaddr *)&address, sizeof address, NULL, 0, NULL, &overlapped));
    assert_true(test_next_packet(port).ok);
    closesocket(s);
    closesocket(listener);
    CloseHandle(port);
}

/* SOCK-213 SOCK-214 SOCK-215 SOCK-216 SOCK-207 */
static void disconnect_ex_ends_and_renews_a_connection(void **state)
{
    GUID id = WSAID_DISCONNECTEX;
    OVERLAPPED overlapped = {0};
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    SOCKET client, server, fresh = socket(AF_INET, SOCK_STREAM, 0);
    LPFN_DISCONNECTEX call = (LPFN_DISCONNECTEX)test_extension(fresh, id);
    struct sockaddr_in address;
    SOCKET listener;
    int length = sizeof address;
    char byte;
    (void)state;
    assert_fails(WSAENOTSOCK, call(INVALID_SOCKET, NULL, 0, 0));
    assert_fails(WSAENOTCONN, call(fresh, NULL, 0, 0));
    test_tcp_pair_on_port(&client, &server, port, 3);
    assert_win32(
        SetFileCompletionNotificationModes((HANDLE)server, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    assert_fails(WSAEINVAL, call(server, &overlapped, 0, 1));
    assert_fails(WSAEINVAL, call(server, &overlapped, 0x80, 0));
    assert_fails(WSA_IO_PENDING, call(server, &overlapped, 0, 0));
    assert_ptr_equal(test_next_packet(port).overlapped, &overlapped);
    assert_int_equal(recv(client, &byte, 1, 0), 0);
    assert_wsa_fails(WSAESHUTDOWN, send(server, "x", 1, 0));
    assert_int_equal(send(client, "y", 1, 0), 1);
    assert_int_equal(recv(server, &byte, 1, 0), 1);
    assert_wsa(getpeername(server, (struct sockaddr *)&address, &length));
    assert_wsa_fails(WSAEISCONN, connect(server, (struct sockaddr *)&address, sizeof address));
    assert_win32(call(server, NULL, 0, 0));
    assert_fails(WSA_IO_PENDING, call(server, &overlapped, TF_REUSE_SOCKET, 0));
    assert_ptr_equal(test_next_packet(port).overlapped, &overlapped);
    listener =
        test_listener(&address); /* the same SOCKET, a new connection, the old port and key */
    assert_wsa(connect(server, (struct sockaddr *)&address, sizeof address));
    test_receive_pends(server, &byte, 1, &overlapped);
    closesocket(listener);
    closesocket(client);
    closesocket(server);
    assert_int_equal(test_next_packet(port).key, 3);
    closesocket(fresh);
    CloseHandle(port);
}

/* SOCK-216 SOCK-253 */
static void a_disconnected_socket_connects_again_with_its_options(void **state)
{
    struct sockaddr_in address;
    OVERLAPPED overlapped = {0};
    SOCKET listener = test_listener(&address), s = test_bound(), server;
    LPFN_CONNECTEX call = connect_ex(s);
    LPFN_DISCONNECTEX disconnect = test_extension(s, (GUID)WSAID_DISCONNECTEX);
    HANDLE port = CreateIoCompletionPort((HANDLE)s, NULL, 4, 0);
    LINGER linger = {1, 7}, got;
    int on = 1, flag, length = sizeof got;
    char byte;
    (void)state;
    assert_wsa(setsockopt(s, IPPROTO_TCP, TCP_NODELAY, (char *)&on, sizeof on));
    assert_wsa(setsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger));
    for (int i = 0; i < 3; i++) {
        assert_fails(WSA_IO_PENDING, call(s, (struct sockaddr *)&address, sizeof address, "abc", 3,
                                          NULL, &overlapped));
        assert_int_equal(test_next_packet(port).bytes, 3);
        assert_wsa(setsockopt(s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0));
        server = accept(listener, NULL, NULL);
        assert_int_equal(recv(server, &byte, 1, 0), 1);
        closesocket(server);
        assert_fails(WSA_IO_PENDING, disconnect(s, &overlapped, TF_REUSE_SOCKET, 0));
        assert_int_equal(test_next_packet(port).key, 4);
        flag = 0;
        length = sizeof flag;
        assert_wsa(getsockopt(s, IPPROTO_TCP, TCP_NODELAY, (char *)&flag, &length));
        assert_int_equal(flag, 1);
        length = sizeof got;
        assert_wsa(getsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&got, &length));
        assert_int_equal(got.l_linger, 7);
    }
    closesocket(s);
    closesocket(listener);
    CloseHandle(port);
}

/* ---- control codes, options, select ---- */

/* SOCK-262 SOCK-263 SOCK-264 SOCK-274 SOCK-276 SOCK-277 SOCK-266 */
static void control_codes_answer_by_the_book(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    GUID unknown = {1, 2, 3, {4}}, known = WSAID_ACCEPTEX;
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0), base;
    OVERLAPPED overlapped = {0};
    void *function;
    DWORD bytes = 0;
    struct packet packet;
    (void)state;
    assert_ptr_equal(test_extension(s, known), (void *)AcceptEx);
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)s, port, 6, 0), port);
    assert_wsa_fails(WSAEINVAL,
                     WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &unknown, sizeof unknown,
                              &function, sizeof function, &bytes, &overlapped, NULL));
    assert_int_equal(overlapped.Internal, 0);
    assert_wsa_fails(WSAEFAULT,
                     WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &known, sizeof known,
                              &function, sizeof function, NULL, NULL, NULL));
    assert_wsa(WSAIoctl(s, SIO_BASE_HANDLE, NULL, 0, &base, sizeof base, &bytes, NULL, NULL));
    assert_true(base == s);
    assert_wsa(WSAIoctl(s, SIO_BSP_HANDLE_POLL, NULL, 0, &base, sizeof base, &bytes, NULL, NULL));
    assert_wsa_fails(WSAEFAULT,
                     WSAIoctl(s, SIO_BASE_HANDLE, NULL, 0, &base, 3, &bytes, NULL, NULL));
    assert_wsa_fails(WSAEOPNOTSUPP, WSAIoctl(s, 0x12345678, NULL, 0, NULL, 0, &bytes, NULL, NULL));
    test_no_packet(port);
    assert_wsa_fails(WSA_IO_PENDING,
                     WSAIoctl(s, 0x12345678, NULL, 0, NULL, 0, &bytes, &overlapped, NULL));
    packet = test_next_packet(port);
    assert_int_equal(packet.error, ERROR_NOT_SUPPORTED);
    assert_wsa(WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &known, sizeof known, &function,
                        sizeof function, &bytes, &overlapped, NULL));
    assert_int_equal(bytes, sizeof function);
    packet = test_next_packet(port);
    assert_true(packet.ok);
    assert_int_equal(packet.bytes, 0);
    closesocket(s);
    CloseHandle(port);
}

/* SOCK-269 SOCK-271 SOCK-272 SOCK-288 SOCK-268 */
static void simple_controls_work(void **state)
{
    struct tcp_keepalive keepalive = {1, 5000, 1000};
    u_long count = 77, on = 1;
    DWORD bytes = 99;
    char byte;
    SOCKET client, server;
    (void)state;
    test_tcp_pair(&client, &server);
    assert_wsa(ioctlsocket(server, FIONREAD, &count));
    assert_int_equal(count, 0);
    assert_int_equal(send(client, "abc", 3, 0), 3);
    assert_int_equal(recv(server, &byte, 1, MSG_PEEK), 1);
    assert_wsa(ioctlsocket(server, FIONREAD, &count));
    assert_int_equal(count, 3);
    assert_wsa_fails(WSAEFAULT, WSAIoctl(server, FIONREAD, NULL, 0, &count, 3, &bytes, NULL, NULL));
    assert_wsa_fails(WSAEFAULT,
                     WSAIoctl(server, SIOCATMARK, NULL, 0, &count, 3, &bytes, NULL, NULL));
    assert_int_equal(bytes, 99);
    assert_wsa_fails(WSAEFAULT, ioctlsocket(server, FIONBIO, NULL));
    assert_wsa_fails(WSAEFAULT, WSAIoctl(server, FIONBIO, &on, 3, NULL, 0, &bytes, NULL, NULL));
    assert_wsa(WSAIoctl(server, FIONBIO, &on, sizeof on, NULL, 0, &bytes, NULL, NULL));
    assert_wsa(WSAIoctl(server, SIO_KEEPALIVE_VALS, &keepalive, sizeof keepalive, NULL, 0, &bytes,
                        NULL, NULL));
    assert_wsa_fails(WSAEFAULT,
                     WSAIoctl(server, SIO_KEEPALIVE_VALS, NULL, 0, NULL, 0, &bytes, NULL, NULL));
    closesocket(client);
    closesocket(server);
}

/* SOCK-040 SOCK-180 */
static void options_keep_windows_values(void **state)
{
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    int value = 16384, length = sizeof value;
    struct linger linger = {1, 7}, got;
    (void)state;
    assert_wsa(setsockopt(s, SOL_SOCKET, SO_SNDBUF, (char *)&value, sizeof value));
    value = 0;
    assert_wsa(getsockopt(s, SOL_SOCKET, SO_SNDBUF, (char *)&value, &length));
    assert_int_equal(value, 16384);
    assert_wsa(getsockopt(s, SOL_SOCKET, SO_TYPE, (char *)&value, &length));
    assert_int_equal(value, SOCK_STREAM);
    assert_wsa(setsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger));
    length = sizeof got;
    assert_wsa(getsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&got, &length));
    assert_int_equal(length, 4);
    assert_int_equal(got.l_linger, 7);
    value = 1;
    assert_wsa(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, (char *)&value, sizeof value));
    assert_wsa_fails(WSAEINVAL,
                     setsockopt(s, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (char *)&value, sizeof value));
    assert_wsa_fails(WSAENOPROTOOPT,
                     setsockopt(s, SOL_SOCKET, 0x5555, (char *)&value, sizeof value));
    assert_wsa_fails(WSAEFAULT, setsockopt(s, SOL_SOCKET, SO_RCVBUF, NULL, 4));
    length = 2;
    assert_wsa_fails(WSAEFAULT, getsockopt(s, SOL_SOCKET, SO_TYPE, (char *)&value, &length));
    closesocket(s);
}

/* SOCK-289 SOCK-290 SOCK-291 SOCK-292 SOCK-293 SOCK-296 SOCK-297 SOCK-298 SOCK-299 SOCK-300
 * SOCK-301 */
static void select_looks_at_sets_of_sockets(void **state)
{
    struct sockaddr_in address;
    struct timeval timeout = {0, 1000};
    SOCKET client, server, fresh = socket(AF_INET, SOCK_STREAM, 0),
                           udp = socket(AF_INET, SOCK_DGRAM, 0);
    fd_set readable, writable, excepted;
    (void)state;
    (void)address;
    test_tcp_pair(&client, &server);
    assert_wsa_fails(WSAEINVAL, select(0, NULL, NULL, NULL, &timeout));
    FD_ZERO(&readable);
    assert_wsa_fails(WSAEINVAL, select(0, &readable, NULL, NULL, &timeout));
    FD_SET(server, &readable);
    FD_SET(server, &readable);
    assert_int_equal(readable.fd_count, 1);
    assert_int_equal(select(-5, &readable, NULL, NULL, &timeout), 0);
    assert_int_equal(readable.fd_count, 0);
    assert_int_equal(timeout.tv_usec, 1000);
    assert_int_equal(send(client, "x", 1, 0), 1);
    FD_SET(server, &readable);
    FD_ZERO(&writable);
    FD_SET(server, &writable);
    assert_int_equal(select(0, &readable, &writable, NULL, NULL), 2);
    assert_true(FD_ISSET(server, &readable));
    FD_ZERO(&readable);
    FD_SET(fresh, &readable);
    writable = excepted = readable;
    assert_int_equal(select(0, &readable, &writable, &excepted, &timeout), 0);
    FD_ZERO(&writable);
    FD_SET(udp, &writable);
    assert_int_equal(select(0, NULL, &writable, NULL, &timeout), 1);
    FD_ZERO(&readable);
    FD_SET(server, &readable);
    FD_SET((SOCKET)0x7770, &readable);
    assert_wsa_fails(WSAENOTSOCK, select(0, &readable, NULL, NULL, &timeout));
    assert_int_equal(readable.fd_count, 2);
    closesocket(client);
    closesocket(server);
    closesocket(fresh);
    closesocket(udp);
}

/* ---- names ---- */

/* SOCK-007 */
static void names_and_addresses_resolve(void **state)
{
    ADDRINFOA hints = {
        .ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
    PADDRINFOA result;
    struct in_addr v4;
    struct in6_addr v6;
    char text[INET6_ADDRSTRLEN], name[256];
    (void)state;
    assert_int_equal(getaddrinfo("127.0.0.1", "80", &hints, &result), 0);
    assert_int_equal(result->ai_family, AF_INET);
    assert_int_equal(result->ai_addrlen, sizeof(struct sockaddr_in));
    assert_int_equal(((struct sockaddr_in *)result->ai_addr)->sin_port, htons(80));
    assert_null(result->ai_next);
    freeaddrinfo(result);
    hints.ai_family = AF_INET6;
    assert_int_equal(getaddrinfo("::1", NULL, &hints, &result), 0);
    assert_int_equal(((struct sockaddr_in6 *)result->ai_addr)->sin6_family, AF_INET6);
    freeaddrinfo(result);
    assert_int_equal(getaddrinfo("not a name", NULL, &hints, &result), WSAHOST_NOT_FOUND);
    assert_int_equal(getaddrinfo(NULL, NULL, NULL, &result), WSAHOST_NOT_FOUND);
    assert_int_equal(inet_pton(AF_INET, "1.2.3.4", &v4), 1);
    assert_string_equal(inet_ntop(AF_INET, &v4, text, sizeof text), "1.2.3.4");
    assert_int_equal(inet_pton(AF_INET6, "::1", &v6), 1);
    assert_int_equal(inet_pton(AF_INET, "1.2.3", &v4), 0);
    assert_wsa_fails(WSAEAFNOSUPPORT, inet_pton(AF_UNIX, "x", &v4));
    assert_null(inet_ntop(AF_INET6, &v6, text, 1));
    assert_int_equal(inet_addr("1.2.3.4"), htonl(0x01020304));
    assert_int_equal(inet_addr("0x7f.1"), htonl(0x7f000001));
    assert_int_equal(inet_addr("1.2.3.256"), INADDR_NONE);
    assert_int_equal(inet_addr("x"), INADDR_NONE);
    v4.s_addr = htonl(0x7f000001);
    assert_string_equal(inet_ntoa(v4), "127.0.0.1");
    assert_wsa(gethostname(name, sizeof name));
    assert_wsa_fails(WSAEFAULT, gethostname(name, 0));
}

/* SOCK-013 SOCK-040 */
static void ipv6_addresses_carry_windows_family(void **state)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6}, name;
    SOCKET listener = socket(AF_INET6, SOCK_STREAM, 0), client, server;
    int length = sizeof name;
    (void)state;
    if (listener == INVALID_SOCKET)
        skip(); /* a host without IPv6 */
    address.sin6_addr.u.Byte[15] = 1;
    if (bind(listener, (struct sockaddr *)&address, sizeof address))
        skip();
    assert_wsa(listen(listener, 1));
    assert_wsa(getsockname(listener, (struct sockaddr *)&address, &length));
    assert_int_equal(address.sin6_family, 23);
    assert_int_equal(length, 28);
    client = socket(AF_INET6, SOCK_STREAM, 0);
    assert_wsa(connect(client, (struct sockaddr *)&address, sizeof address));
    server = accept(listener, (struct sockaddr *)&name, &length);
    assert_true(server != INVALID_SOCKET);
    assert_int_equal(name.sin6_family, 23);
    closesocket(listener);
    closesocket(client);
    closesocket(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(binding_and_naming_report_their_errors),
        cmocka_unit_test(listening_needs_a_bound_stream_socket),
        cmocka_unit_test(accept_gives_the_next_connection),
        cmocka_unit_test(closing_a_listener_ends_a_blocked_accept),
        cmocka_unit_test(connect_reports_refusal_and_misuse),
        cmocka_unit_test(a_non_blocking_connect_is_seen_by_select),
        cmocka_unit_test(connect_ex_refuses_what_it_must),
        cmocka_unit_test(connect_ex_always_pends_and_sends_its_data),
        cmocka_unit_test(a_refused_connect_ex_may_be_tried_again),
        cmocka_unit_test(disconnect_ex_ends_and_renews_a_connection),
        cmocka_unit_test(a_disconnected_socket_connects_again_with_its_options),
        cmocka_unit_test(control_codes_answer_by_the_book),
        cmocka_unit_test(simple_controls_work),
        cmocka_unit_test(options_keep_windows_values),
        cmocka_unit_test(select_looks_at_sets_of_sockets),
        cmocka_unit_test(names_and_addresses_resolve),
        cmocka_unit_test(ipv6_addresses_carry_windows_family),
    };
    return cmocka_run_group_tests(tests, test_winsock_up, test_winsock_down);
}

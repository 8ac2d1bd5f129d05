/* Winsock's data path and lifetime: winsock.md sections 1 to 5, and the socket rows of
 * ports.md. */
#include "sockets.h"

/* ---- starting ---- */

/* SOCK-001 SOCK-002 SOCK-003 */
static void startup_grants_the_highest_common_version(void **state)
{
    static const struct {
        WORD asked, granted;
        unsigned short max_sockets;
    } cases[] = {
        {MAKEWORD(2, 2), MAKEWORD(2, 2), 0},       {MAKEWORD(1, 0), MAKEWORD(1, 0), 32767},
        {MAKEWORD(1, 1), MAKEWORD(1, 1), 32767},   {MAKEWORD(1, 2), MAKEWORD(1, 1), 32767},
        {MAKEWORD(1, 255), MAKEWORD(1, 1), 32767}, {MAKEWORD(2, 0), MAKEWORD(2, 0), 0},
        {MAKEWORD(2, 1), MAKEWORD(2, 1), 0},       {MAKEWORD(2, 3), MAKEWORD(2, 2), 0},
        {MAKEWORD(3, 0), MAKEWORD(2, 2), 0},       {MAKEWORD(255, 0), MAKEWORD(2, 2), 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAYSIZE(cases); i++) {
        WSADATA data;
        memset(&data, 0xAA, sizeof data);
        assert_int_equal(WSAStartup(cases[i].asked, &data), 0);
        assert_int_equal(data.wVersion, cases[i].granted);
        assert_int_equal(data.wHighVersion, MAKEWORD(2, 2));
        assert_int_equal(data.iMaxSockets, cases[i].max_sockets);
        assert_string_equal(data.szDescription, "WinSock 2.0");
        assert_string_equal(data.szSystemStatus, "Running");
        assert_ptr_equal(data.lpVendorInfo, (void *)0xAAAAAAAAAAAAAAAA);
        assert_wsa(WSACleanup());
    }
}

/* SOCK-004 SOCK-005 */
static void startup_refuses_version_zero_and_null(void **state)
{
    WSADATA data;
    (void)state;
    assert_int_equal(WSAStartup(MAKEWORD(0, 1), &data), WSAVERNOTSUPPORTED);
    assert_int_equal(data.wVersion, MAKEWORD(2, 2));
    assert_int_equal(WSAStartup(MAKEWORD(2, 2), NULL), WSAEFAULT);
    assert_int_equal(WSAStartup(MAKEWORD(0, 0), NULL), WSAVERNOTSUPPORTED);
}

/* SOCK-006 SOCK-007 SOCK-008 */
static void last_cleanup_closes_every_socket(void **state)
{
    WSADATA data;
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    (void)state;
    assert_int_equal(WSAStartup(MAKEWORD(2, 2), &data), 0);
    assert_wsa(WSACleanup());
    assert_wsa(WSACleanup()); /* the group's */
    assert_wsa_fails(WSANOTINITIALISED, WSACleanup());
    assert_wsa_fails(WSANOTINITIALISED, socket(AF_INET, SOCK_STREAM, 0));
    assert_wsa_fails(WSANOTINITIALISED, send(s, "x", 1, 0));
    assert_int_equal(WSAStartup(MAKEWORD(2, 2), &data), 0);
    assert_wsa_fails(WSAENOTSOCK, send(s, "x", 1, 0));
}

/* SOCK-010 SOCK-011 HND-088 */
static void winsock_and_win32_share_one_last_error(void **state)
{
    SOCKET s;
    (void)state;
    WSASetLastError(4711);
    assert_int_equal(GetLastError(), 4711);
    SetLastError(42);
    assert_int_equal(WSAGetLastError(), 42);
    s = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(WSAGetLastError(), 0);
    closesocket(s);
}

/* ---- creating ---- */

/* SOCK-016 SOCK-017 SOCK-018 SOCK-019 SOCK-020 SOCK-021 SOCK-022 SOCK-023 */
static void socket_judges_type_then_family_then_protocol(void **state)
{
    static const struct {
        int family, type, protocol, error;
    } cases[] = {
        {0xdead, SOCK_STREAM, IPPROTO_TCP, WSAEAFNOSUPPORT},
        {AF_INET, 0xdead, 0xdead, WSAESOCKTNOSUPPORT},
        {0xdead, 0xdead, IPPROTO_TCP, WSAESOCKTNOSUPPORT},
        {0xdead, SOCK_STREAM, 0xdead, WSAEAFNOSUPPORT},
        {AF_INET, SOCK_STREAM, IPPROTO_UDP, WSAEPROTONOSUPPORT},
        {AF_INET, SOCK_DGRAM, IPPROTO_TCP, WSAEPROTONOSUPPORT},
        {AF_INET, SOCK_STREAM, 0xdead, WSAEPROTONOSUPPORT},
        {AF_INET, 0, IPPROTO_TCP, 0},
        {AF_INET, 0, IPPROTO_UDP, 0},
        {AF_INET, 0, 0, 0},
        {AF_UNSPEC, SOCK_STREAM, 0, WSAEINVAL},
        {AF_UNSPEC, SOCK_DGRAM, 0, WSAEINVAL},
        {AF_UNSPEC, 0, 0, WSAEINVAL},
        {AF_UNSPEC, SOCK_STREAM, IPPROTO_TCP, 0},
        {AF_UNSPEC, SOCK_STREAM, 0xdead, WSAEPROTONOSUPPORT},
        {AF_UNSPEC, 0xdead, IPPROTO_UDP, WSAESOCKTNOSUPPORT},
        {AF_UNSPEC, 0xdead, 0xdead, WSAESOCKTNOSUPPORT},
        {AF_UNSPEC, 0xdead, 0, WSAEINVAL},
        {AF_UNSPEC, 0, 0xdead, WSAEPROTONOSUPPORT},
        {AF_UNSPEC, 0, IPPROTO_UDP, 0},
        {-1, SOCK_STREAM, IPPROTO_TCP, WSAEAFNOSUPPORT},
        {AF_INET, -1, IPPROTO_TCP, WSAESOCKTNOSUPPORT},
        {AF_INET, 0, -1, WSAEPROTONOSUPPORT},
    };
    (void)state;
    for (size_t i = 0; i < ARRAYSIZE(cases); i++) {
        SOCKET s = WSASocketW(cases[i].family, cases[i].type, cases[i].protocol, NULL, 0,
                              WSA_FLAG_OVERLAPPED);
        if (s != INVALID_SOCKET ? cases[i].error != 0 : WSAGetLastError() != cases[i].error)
            fail_msg("case %zu: error %d", i, WSAGetLastError());
        if (s != INVALID_SOCKET)
            closesocket(s);
    }
}

/* SOCK-013 SOCK-014 SOCK-036 SOCK-037 PORT-009 HND-001 HND-008 */
static void a_socket_is_a_handle_and_overlapped_unless_told_otherwise(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    SOCKET overlapped = socket(AF_INET, SOCK_STREAM, 0);
    SOCKET plain = WSASocketW(AF_INET, SOCK_STREAM, 0, NULL, 0, 0);
    (void)state;
    assert_int_equal(overlapped % 4, 0);
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)overlapped, port, 1, 0), port);
    assert_fails(ERROR_INVALID_PARAMETER, CreateIoCompletionPort((HANDLE)overlapped, port, 2, 0));
    assert_fails(ERROR_INVALID_PARAMETER, CreateIoCompletionPort((HANDLE)plain, port, 1, 0));
    closesocket(overlapped);
    closesocket(plain);
    CloseHandle(port);
}

/* SOCK-027 SOCK-028 */
static void a_closed_socket_and_another_handle_are_no_sockets(void **state)
{
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    (void)state;
    assert_wsa(closesocket(s));
    assert_wsa_fails(WSAENOTSOCK, closesocket(s));
    assert_wsa_fails(WSAENOTSOCK, closesocket((SOCKET)event));
    assert_win32(SetEvent(event));
    s = socket(AF_INET, SOCK_STREAM, 0);
    assert_win32(CloseHandle((HANDLE)s));
    assert_wsa_fails(WSAENOTSOCK, shutdown(s, SD_BOTH));
    CloseHandle(event);
}

/* ---- receiving ---- */

/* SOCK-042 SOCK-141 PORT-076 PORT-077 PORT-079 PORT-078 SOCK-142 */
static void a_pending_receive_shows_its_result_only_with_its_packet(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped = {.Internal = 0, .InternalHigh = 0xdead, .Offset = 5, .OffsetHigh = 6};
    char buffer[16];
    WSABUF wsabuf = {sizeof buffer, buffer};
    DWORD bytes = 0xdeadbeef, flags = MSG_PARTIAL, got;
    struct packet packet;
    SOCKET client, server;
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 77);
    assert_wsa_fails(WSA_IO_PENDING,
                     WSARecv(server, &wsabuf, 1, &bytes, &flags, &overlapped, NULL));
    assert_int_equal(bytes, 0xdeadbeef);
    assert_int_equal(flags, MSG_PARTIAL);
    assert_int_equal(overlapped.Internal, STATUS_PENDING);
    assert_int_equal(overlapped.InternalHigh, 0xdead);
    assert_false(HasOverlappedIoCompleted(&overlapped));
    assert_int_equal(send(client, "abc", 3, 0), 3);
    assert_fails(ERROR_IO_INCOMPLETE,
                 GetOverlappedResult((HANDLE)server, &overlapped, &got, FALSE));
    packet = test_next_packet(port);
    assert_true(packet.ok);
    assert_int_equal(packet.bytes, 3);
    assert_int_equal(packet.key, 77);
    assert_ptr_equal(packet.overlapped, &overlapped);
    assert_int_equal(overlapped.Internal, 0);
    assert_int_equal(overlapped.InternalHigh, 3);
    assert_int_equal(overlapped.Offset, 5);
    assert_int_equal(overlapped.OffsetHigh, 6);
    assert_memory_equal(buffer, "abc", 3);
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
}

/* SOCK-043 PORT-060 PORT-083 */
static void an_immediate_receive_still_queues_its_packet(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped = {0};
    char buffer[16];
    WSABUF wsabuf = {sizeof buffer, buffer};
    DWORD bytes = 0, flags = MSG_PARTIAL;
    fd_set readable;
    SOCKET client, server;
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 1);
    assert_int_equal(send(client, "abcd", 4, 0), 4);
    FD_ZERO(&readable);
    FD_SET(server, &readable);
    assert_int_equal(select(0, &readable, NULL, NULL, NULL), 1);
    assert_wsa(WSARecv(server, &wsabuf, 1, &bytes, &flags, &overlapped, NULL));
    assert_int_equal(bytes, 4);
    assert_int_equal(flags, 0);
    assert_int_equal(overlapped.Internal, 0);
    assert_int_equal(test_next_packet(port).bytes, 4);
    test_no_packet(port);
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
}

/* SOCK-138 PORT-064 PORT-065 PORT-071 SOCK-145 */
static void skip_on_success_suppresses_only_immediate_successes(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped = {0}, pending = {0};
    char buffer[16];
    WSABUF out = {2, "xy"};
    DWORD bytes = 0;
    SOCKET client, server;
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 1);
    assert_win32(
        SetFileCompletionNotificationModes((HANDLE)server, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    assert_win32(SetFileCompletionNotificationModes((HANDLE)server, 0));
    assert_wsa(WSASend(server, &out, 1, &bytes, 0, &overlapped, NULL));
    assert_int_equal(bytes, 2);
    assert_int_equal(overlapped.InternalHigh, 2);
    test_no_packet(port);
    test_receive_pends(server, buffer, sizeof buffer, &pending);
    assert_int_equal(send(client, "z", 1, 0), 1);
    assert_ptr_equal(test_next_packet(port).overlapped, &pending);
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
}

/* SOCK-053 SOCK-052 */
static void receives_fill_in_posting_order(void **state)
{
    enum { COUNT = 32 };
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped[COUNT];
    char buffers[COUNT][2], data[COUNT];
    SOCKET client, server;
    (void)state;
    memset(overlapped, 0, sizeof overlapped);
    test_tcp_pair_on_port(&client, &server, port, 1);
    for (int i = 0; i < COUNT; i++) {
        data[i] = (char)i;
        test_receive_pends(server, buffers[i], 1, &overlapped[i]);
    }
    assert_int_equal(send(client, data, COUNT, 0), COUNT);
    for (int i = 0; i < COUNT; i++) {
        assert_ptr_equal(test_next_packet(port).overlapped, &overlapped[i]);
        assert_int_equal(buffers[i][0], i);
    }
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
}

/* SOCK-047 SOCK-048 PORT-069 */
static void a_receive_of_nothing_tells_of_data_and_leaves_it(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped = {0}, second = {0};
    WSABUF nothing = {0, NULL};
    DWORD bytes, flags = 0;
    char byte;
    SOCKET client, server;
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 1);
    test_receive_pends(server, NULL, 0, &overlapped);
    assert_int_equal(send(client, "q", 1, 0), 1);
    assert_int_equal(test_next_packet(port).bytes, 0);
    assert_wsa(WSARecv(server, &nothing, 1, &bytes, &flags, &second, NULL));
    assert_int_equal(bytes, 0);
    assert_ptr_equal(test_next_packet(port).overlapped, &second);
    assert_int_equal(recv(server, &byte, 1, 0), 1);
    assert_int_equal(byte, 'q');
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
}

/* SOCK-046 SOCK-082 SOCK-083 SOCK-097 SOCK-098 SOCK-073 SOCK-105 */
static void bad_arguments_queue_nothing(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped = {0};
    char buffer[4];
    WSABUF wsabuf = {sizeof buffer, buffer}, null_buffer = {4, NULL};
    DWORD bytes, flags = 0;
    SOCKET client, server;
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 1);
    assert_wsa_fails(WSAEINVAL, WSARecv(server, NULL, 0, &bytes, &flags, &overlapped, NULL));
    assert_wsa_fails(WSAEINVAL, WSARecv(server, &wsabuf, 0, &bytes, &flags, &overlapped, NULL));
    assert_wsa_fails(WSAEFAULT, WSARecv(server, &wsabuf, 1, &bytes, NULL, &overlapped, NULL));
    assert_wsa_fails(WSAEFAULT, WSARecv(server, &wsabuf, 1, NULL, &flags, NULL, NULL));
    assert_wsa_fails(WSAEFAULT,
                     WSARecv(server, &null_buffer, 1, &bytes, &flags, &overlapped, NULL));
    assert_wsa_fails(WSAEINVAL, WSASend(server, &wsabuf, 0, &bytes, 0, &overlapped, NULL));
    assert_wsa_fails(WSAEFAULT, WSASend(server, &wsabuf, 1, NULL, 0, NULL, NULL));
    assert_wsa_fails(WSAEOPNOTSUPP,
                     WSASend(server, &wsabuf, 1, &bytes, 0x40000000, &overlapped, NULL));
    assert_wsa_fails(WSAEFAULT, recv(server, buffer, -1, 0));
    assert_wsa_fails(WSAENOTSOCK, WSARecv(INVALID_SOCKET, &wsabuf, 1, &bytes, &flags, NULL, NULL));
    test_no_packet(port);
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
}

/* SOCK-055 PORT-040 SOCK-033 */
static void graceful_end_is_a_success_of_nothing(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped = {0};
    char byte;
    struct packet packet;
    SOCKET client, server;
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 1);
    test_receive_pends(server, &byte, 1, &overlapped);
    closesocket(client);
    packet = test_next_packet(port);
    assert_true(packet.ok);
    assert_int_equal(packet.bytes, 0);
    assert_int_equal(recv(server, &byte, 1, 0), 0);
    assert_int_equal(recv(server, &byte, 1, 0), 0);
    closesocket(server);
    CloseHandle(port);
}

static void close_abortively(SOCKET s)
{
    struct linger hard = {1, 0};
    assert_wsa(setsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&hard, sizeof hard));
    assert_wsa(closesocket(s));
}

/* SOCK-056 SOCK-136 PORT-033 PORT-040 */
static void a_reset_has_two_faces(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped = {0};
    DWORD bytes, flags;
    char byte;
    struct packet packet;
    SOCKET client, server;
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 125);
    test_receive_pends(server, &byte, 1, &overlapped);
    close_abortively(client);
    packet = test_next_packet(port);
    assert_false(packet.ok);
    assert_int_equal(packet.error, ERROR_NETNAME_DELETED);
    assert_int_equal(packet.bytes, 0);
    assert_int_equal(packet.key, 125);
    assert_int_equal(overlapped.Internal, 0xC000020D);
    assert_fails(ERROR_NETNAME_DELETED,
                 GetOverlappedResult((HANDLE)server, &overlapped, &bytes, FALSE));
    bytes = flags = 0x77;
    assert_fails(WSAECONNRESET, WSAGetOverlappedResult(server, &overlapped, &bytes, FALSE, &flags));
    assert_int_equal(bytes, 0);
    assert_int_equal(flags, 0);
    assert_fails(WSAECONNRESET, WSAGetOverlappedResult(server, &overlapped, &bytes, FALSE, NULL));
    closesocket(server);
    CloseHandle(port);
}

static struct {
    DWORD error, bytes, calls;
    OVERLAPPED *overlapped;
} routine_seen;

static void CALLBACK note_routine(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    (void)flags;
    routine_seen.error = error;
    routine_seen.bytes = bytes;
    routine_seen.overlapped = overlapped;
    routine_seen.calls++;
}

/* SOCK-060 SOCK-061 SOCK-062 SOCK-064 PORT-019 THRD-063 */
static void completion_routines_run_in_alertable_waits_only(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped = {.hEvent = (HANDLE)0xdead}; /* the program's own */
    char buffer[8];
    WSABUF wsabuf = {sizeof buffer, buffer};
    DWORD bytes, flags = 0;
    SOCKET client, server;
    (void)state;
    memset(&routine_seen, 0, sizeof routine_seen);
    test_tcp_pair(&client, &server);
    assert_wsa_fails(WSA_IO_PENDING,
                     WSARecv(server, &wsabuf, 1, &bytes, &flags, &overlapped, note_routine));
    assert_int_equal(send(client, "abc", 3, 0), 3);
    wait_until(HasOverlappedIoCompleted(&overlapped));
    assert_int_equal(routine_seen.calls, 0);
    assert_int_equal(SleepEx(TEST_DEADLINE_MS, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(routine_seen.calls, 1);
    assert_int_equal(routine_seen.error, 0);
    assert_int_equal(routine_seen.bytes, 3);
    assert_ptr_equal(routine_seen.overlapped, &overlapped);
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)server, port, 1, 0), port);
    assert_wsa_fails(WSAEINVAL,
                     WSARecv(server, &wsabuf, 1, &bytes, &flags, &overlapped, note_routine));
    assert_int_equal(SleepEx(0, TRUE), 0);
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
}

/* SOCK-065 SOCK-140 HND-039 */
static void without_port_and_event_the_socket_itself_is_signaled(void **state)
{
    OVERLAPPED overlapped = {0};
    char buffer[8];
    DWORD bytes;
    SOCKET client, server;
    (void)state;
    test_tcp_pair(&client, &server);
    test_receive_pends(server, buffer, sizeof buffer, &overlapped);
    assert_int_equal(WaitForSingleObject((HANDLE)server, 0), WAIT_TIMEOUT);
    assert_int_equal(send(client, "hi", 2, 0), 2);
    assert_win32(GetOverlappedResult((HANDLE)server, &overlapped, &bytes, TRUE));
    assert_int_equal(bytes, 2);
    assert_int_equal(WaitForSingleObject((HANDLE)server, 0), WAIT_OBJECT_0);
    closesocket(client);
    closesocket(server);
}

/* SOCK-066 PORT-066 PORT-082 */
static void a_tagged_event_replaces_the_packet(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL);
    OVERLAPPED overlapped = {.hEvent = (HANDLE)((ULONG_PTR)event | 1)};
    char buffer[8];
    DWORD bytes;
    SOCKET client, server;
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 1);
    test_receive_pends(server, buffer, sizeof buffer, &overlapped);
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    assert_int_equal(send(client, "hi", 2, 0), 2);
    assert_int_equal(WaitForSingleObject(event, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(GetOverlappedResult((HANDLE)server, &overlapped, &bytes, FALSE));
    assert_int_equal(bytes, 2);
    test_no_packet(port);
    closesocket(client);
    closesocket(server);
    CloseHandle(event);
    CloseHandle(port);
}

/* PORT-067 PORT-081 */
static void an_event_and_a_packet_come_both(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    OVERLAPPED overlapped = {.hEvent = event};
    char buffer[8];
    DWORD bytes;
    struct packet packet;
    SOCKET client, server;
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 1);
    test_receive_pends(server, buffer, sizeof buffer, &overlapped);
    assert_int_equal(send(client, "hi", 2, 0), 2);
    assert_int_equal(WaitForSingleObject(event, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(GetOverlappedResult((HANDLE)server, &overlapped, &bytes, TRUE));
    assert_int_equal(bytes, 2);
    packet = test_next_packet(port);
    assert_ptr_equal(packet.overlapped, &overlapped);
    assert_int_equal(packet.bytes, 2);
    closesocket(client);
    closesocket(server);
    CloseHandle(event);
    CloseHandle(port);
}

/* SOCK-067 SOCK-068 */
static void non_blocking_mode_is_about_calls_without_overlapped(void **state)
{
    OVERLAPPED overlapped = {0};
    char buffer[8];
    WSABUF wsabuf = {sizeof buffer, buffer};
    DWORD bytes, flags = 0;
    u_long on = 1;
    SOCKET client, server;
    (void)state;
    test_tcp_pair(&client, &server);
    assert_wsa(ioctlsocket(server, FIONBIO, &on));
    assert_wsa_fails(WSAEWOULDBLOCK, recv(server, buffer, sizeof buffer, 0));
    assert_wsa_fails(WSAEWOULDBLOCK, WSARecv(server, &wsabuf, 1, &bytes, &flags, NULL, NULL));
    test_receive_pends(server, buffer, sizeof buffer, &overlapped);
    assert_int_equal(send(client, "a", 1, 0), 1);
    assert_win32(GetOverlappedResult((HANDLE)server, &overlapped, &bytes, TRUE));
    closesocket(client);
    closesocket(server);
}

/* SOCK-071 SOCK-072 */
static void a_receive_timeout_ends_blocking_calls_only(void **state)
{
    OVERLAPPED overlapped = {0};
    DWORD timeout = 20, bytes;
    unsigned long long start;
    char byte;
    SOCKET client, server;
    (void)state;
    test_tcp_pair(&client, &server);
    assert_wsa(setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof timeout));
    start = test__now_ms();
    assert_wsa_fails(WSAETIMEDOUT, recv(server, &byte, 1, 0));
    assert_true(test__now_ms() - start >= 19);
    test_receive_pends(server, &byte, 1, &overlapped);
    assert_int_equal(WaitForSingleObject((HANDLE)server, 50), WAIT_TIMEOUT);
    assert_win32(CancelIoEx((HANDLE)server, &overlapped));
    assert_fails(ERROR_OPERATION_ABORTED,
                 GetOverlappedResult((HANDLE)server, &overlapped, &bytes, TRUE));
    closesocket(client);
    closesocket(server);
}

static void CALLBACK count_apc(ULONG_PTR data)
{
    InterlockedIncrement((LONG *)data);
}

struct receiver {
    SOCKET socket;
    LONG apcs;
    int result;
};

static DWORD WINAPI receive_one(LPVOID arg)
{
    struct receiver *receiver = arg;
    char byte;
    receiver->result = recv(receiver->socket, &byte, 1, 0);
    return 0;
}

/* SOCK-070 THRD-078 */
static void a_blocking_receive_runs_apcs_and_goes_on(void **state)
{
    struct receiver receiver = {0};
    SOCKET client;
    DWORD id;
    HANDLE thread;
    (void)state;
    test_tcp_pair(&client, &receiver.socket);
    thread = CreateThread(NULL, 0, receive_one, &receiver, 0, &id);
    wait_until_asleep(id);
    assert_true(QueueUserAPC(count_apc, thread, (ULONG_PTR)&receiver.apcs));
    wait_until(InterlockedCompareExchange(&receiver.apcs, 0, 0) == 1);
    assert_int_equal(WaitForSingleObject(thread, 0), WAIT_TIMEOUT);
    assert_int_equal(send(client, "x", 1, 0), 1);
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(receiver.result, 1);
    CloseHandle(thread);
    closesocket(client);
    closesocket(receiver.socket);
}

/* SOCK-074 SOCK-099 SOCK-100 SOCK-075 */
static void unconnected_and_shut_sockets_say_so(void **state)
{
    struct sockaddr_in address;
    SOCKET fresh = socket(AF_INET, SOCK_STREAM, 0), listener = test_listener(&address);
    SOCKET udp = socket(AF_INET, SOCK_DGRAM, 0), client, server;
    char byte = 0;
    (void)state;
    assert_wsa_fails(WSAENOTCONN, recv(fresh, &byte, 1, 0));
    assert_wsa_fails(WSAENOTCONN, send(fresh, &byte, 1, 0));
    assert_wsa_fails(WSAENOTCONN, recv(listener, &byte, 1, 0));
    assert_wsa_fails(WSAEINVAL, recv(udp, &byte, 1, 0));
    test_tcp_pair(&client, &server);
    assert_wsa(shutdown(client, SD_SEND));
    assert_wsa_fails(WSAESHUTDOWN, send(client, &byte, 1, 0));
    assert_int_equal(recv(server, &byte, 1, 0), 0);
    assert_wsa_fails(WSAEINVAL, shutdown(client, 7));
    closesocket(fresh);
    closesocket(listener);
    closesocket(udp);
    closesocket(client);
    closesocket(server);
}

/* SOCK-076 SOCK-077 */
static void peek_leaves_the_data_and_waitall_waits_for_all(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped = {0};
    char buffer[6];
    WSABUF wsabuf = {sizeof buffer, buffer};
    DWORD flags = MSG_WAITALL;
    SOCKET client, server;
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 1);
    assert_int_equal(send(client, "abc", 3, 0), 3);
    assert_int_equal(recv(server, buffer, 1, MSG_PEEK), 1);
    assert_int_equal(buffer[0], 'a');
    assert_wsa_fails(WSA_IO_PENDING, WSARecv(server, &wsabuf, 1, NULL, &flags, &overlapped, NULL));
    test_no_packet(port);
    assert_int_equal(send(client, "def", 3, 0), 3);
    assert_int_equal(test_next_packet(port).bytes, 6);
    assert_memory_equal(buffer, "abcdef", 6);
    flags = MSG_WAITALL; /* the end of the stream is all there will be */
    assert_wsa_fails(WSA_IO_PENDING, WSARecv(server, &wsabuf, 1, NULL, &flags, &overlapped, NULL));
    assert_int_equal(send(client, "gh", 2, 0), 2);
    test_no_packet(port);
    assert_wsa(shutdown(client, SD_SEND));
    assert_int_equal(test_next_packet(port).bytes, 2);
    assert_memory_equal(buffer, "gh", 2);
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
}

/* ---- sending ---- */

struct drain {
    SOCKET socket;
    size_t total;
};

static DWORD WINAPI drain_all(LPVOID arg)
{
    struct drain *drain = arg;
    static char sink[65536];
    int got;
    while ((got = recv(drain->socket, sink, sizeof sink, 0)) > 0)
        __atomic_fetch_add(&drain->total, (size_t)got, __ATOMIC_RELAXED);
    return 0;
}

/* SOCK-088 */
static void an_overlapped_send_is_whole_though_nobody_dequeues(void **state)
{
    enum { SIZE = 8 << 20 };
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped = {0};
    char *data = calloc(1, SIZE);
    WSABUF wsabuf = {SIZE, data};
    struct drain drain = {0};
    struct packet packet;
    HANDLE thread;
    SOCKET server;
    (void)state;
    test_tcp_pair_on_port(&drain.socket, &server, port, 1);
    assert_wsa_fails(WSA_IO_PENDING, WSASend(server, &wsabuf, 1, NULL, 0, &overlapped, NULL));
    thread = CreateThread(NULL, 0, drain_all, &drain, 0, NULL);
    wait_until(__atomic_load_n(&drain.total, __ATOMIC_RELAXED) == SIZE);
    packet = test_next_packet(port);
    assert_true(packet.ok);
    assert_int_equal(packet.bytes, SIZE);
    closesocket(server);
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    CloseHandle(thread);
    closesocket(drain.socket);
    CloseHandle(port);
    free(data);
}

/* SOCK-089 */
static void sends_go_out_in_posting_order(void **state)
{
    enum { COUNT = 16, SIZE = 256 * 1024 };
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped[COUNT];
    char *data = malloc(COUNT * SIZE), *got = malloc(COUNT * SIZE);
    size_t total = 0;
    SOCKET client, server;
    (void)state;
    memset(overlapped, 0, sizeof overlapped);
    test_tcp_pair_on_port(&client, &server, port, 1);
    for (int i = 0; i < COUNT; i++) {
        WSABUF wsabuf = {SIZE, data + i * SIZE};
        memset(wsabuf.buf, i, SIZE);
        if (WSASend(server, &wsabuf, 1, NULL, 0, &overlapped[i], NULL))
            assert_int_equal(WSAGetLastError(), WSA_IO_PENDING);
    }
    while (total < COUNT * SIZE) {
        int received = recv(client, got + total, (int)(COUNT * SIZE - total), 0);
        assert_true(received > 0);
        total += (size_t)received;
    }
    assert_memory_equal(data, got, COUNT * SIZE);
    for (int i = 0; i < COUNT; i++)
        assert_ptr_equal(test_next_packet(port).overlapped, &overlapped[i]);
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
    free(data);
    free(got);
}

/* SOCK-092 SOCK-093 SOCK-094 THRD-096 */
static void a_non_blocking_send_takes_all_and_delivers_after_close(void **state)
{
    enum { SIZE = 4 << 20 };
    char *data = calloc(1, SIZE);
    struct drain drain = {0};
    u_long on = 1;
    HANDLE thread;
    SOCKET server;
    (void)state;
    test_tcp_pair(&drain.socket, &server);
    assert_wsa(ioctlsocket(server, FIONBIO, &on));
    assert_int_equal(send(server, data, SIZE, 0), SIZE);
    assert_wsa_fails(WSAEWOULDBLOCK, send(server, data, 1, 0));
    assert_fails(ERROR_NOT_FOUND, CancelIoEx((HANDLE)server, NULL));
    assert_wsa(closesocket(server));
    thread = CreateThread(NULL, 0, drain_all, &drain, 0, NULL);
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(drain.total, SIZE);
    CloseHandle(thread);
    closesocket(drain.socket);
    free(data);
}

/* SOCK-041 SOCK-058 PIPE-107 */
static void writing_to_a_peer_that_is_gone_raises_no_signal(void **state)
{
    SOCKET client, server;
    int result;
    (void)state;
    test_tcp_pair(&client, &server);
    close_abortively(client);
    do
        result = send(server, "x", 1, 0);
    while (result == 1);
    assert_int_equal(WSAGetLastError(), WSAECONNRESET);
    closesocket(server);
}

/* SOCK-030 SOCK-031 */
static void files_calls_work_on_sockets(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED reading = {0}, writing = {0};
    char buffer[8] = {0};
    DWORD bytes;
    SOCKET client, server;
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 9);
    assert_fails(ERROR_IO_PENDING, ReadFile((HANDLE)server, buffer, sizeof buffer, NULL, &reading));
    assert_int_equal(send(client, "read", 4, 0), 4);
    assert_int_equal(test_next_packet(port).bytes, 4);
    assert_win32(WriteFile((HANDLE)server, "write", 5, &bytes, &writing));
    assert_int_equal(test_next_packet(port).bytes, 5);
    assert_int_equal(recv(client, buffer, sizeof buffer, 0), 5);
    assert_fails(ERROR_INVALID_PARAMETER, ReadFile((HANDLE)server, buffer, 1, &bytes, NULL));
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
}

/* ---- datagrams ---- */

/* SOCK-108 SOCK-109 SOCK-112 PORT-038 PORT-070 SOCK-110 */
static void a_datagram_that_is_too_long_is_cut_and_reported(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    struct sockaddr_in address, from;
    SOCKET receiver = test_udp(&address), sender = socket(AF_INET, SOCK_DGRAM, 0);
    OVERLAPPED overlapped = {0};
    char buffer[4];
    WSABUF wsabuf = {sizeof buffer, buffer};
    DWORD flags = 0, bytes;
    int from_length = sizeof from, length = sizeof address;
    struct packet packet;
    (void)state;
    assert_int_equal(sendto(sender, "longer", 6, 0, (struct sockaddr *)&address, sizeof address),
                     6);
    assert_wsa_fails(WSAEMSGSIZE, recv(receiver, buffer, sizeof buffer, 0));
    assert_memory_equal(buffer, "long", 4);
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)receiver, port, 3, 0), port);
    assert_win32(
        SetFileCompletionNotificationModes((HANDLE)receiver, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    assert_wsa_fails(WSA_IO_PENDING,
                     WSARecvFrom(receiver, &wsabuf, 1, NULL, &flags, (struct sockaddr *)&from,
                                 &from_length, &overlapped, NULL));
    assert_int_equal(sendto(sender, "LONGER", 6, 0, (struct sockaddr *)&address, sizeof address),
                     6);
    packet = test_next_packet(port);
    assert_false(packet.ok);
    assert_int_equal(packet.error, ERROR_MORE_DATA);
    assert_int_equal(packet.bytes, 4);
    assert_int_equal(overlapped.Internal, 0x80000005);
    assert_fails(WSAEMSGSIZE, WSAGetOverlappedResult(receiver, &overlapped, &bytes, FALSE, &flags));
    assert_wsa(getsockname(sender, (struct sockaddr *)&address, &length));
    assert_int_equal(from.sin_port, address.sin_port);
    closesocket(receiver);
    closesocket(sender);
    CloseHandle(port);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(startup_grants_the_highest_common_version),
        cmocka_unit_test(startup_refuses_version_zero_and_null),
        cmocka_unit_test(last_cleanup_closes_every_socket),
        cmocka_unit_test(winsock_and_win32_share_one_last_error),
        cmocka_unit_test(socket_judges_type_then_family_then_protocol),
        cmocka_unit_test(a_socket_is_a_handle_and_overlapped_unless_told_otherwise),
        cmocka_unit_test(a_closed_socket_and_another_handle_are_no_sockets),
        cmocka_unit_test(a_pending_receive_shows_its_result_only_with_its_packet),
        cmocka_unit_test(an_immediate_receive_still_queues_its_packet),
        cmocka_unit_test(skip_on_success_suppresses_only_immediate_successes),
        cmocka_unit_test(receives_fill_in_posting_order),
        cmocka_unit_test(a_receive_of_nothing_tells_of_data_and_leaves_it),
        cmocka_unit_test(bad_arguments_queue_nothing),
        cmocka_unit_test(graceful_end_is_a_success_of_nothing),
        cmocka_unit_test(a_reset_has_two_faces),
        cmocka_unit_test(completion_routines_run_in_alertable_waits_only),
        cmocka_unit_test(without_port_and_event_the_socket_itself_is_signaled),
        cmocka_unit_test(a_tagged_event_replaces_the_packet),
        cmocka_unit_test(an_event_and_a_packet_come_both),
        cmocka_unit_test(non_blocking_mode_is_about_calls_without_overlapped),
        cmocka_unit_test(a_receive_timeout_ends_blocking_calls_only),
        cmocka_unit_test(a_blocking_receive_runs_apcs_and_goes_on),
        cmocka_unit_test(unconnected_and_shut_sockets_say_so),
        cmocka_unit_test(peek_leaves_the_data_and_waitall_waits_for_all),
        cmocka_unit_test(an_overlapped_send_is_whole_though_nobody_dequeues),
        cmocka_unit_test(sends_go_out_in_posting_order),
        cmocka_unit_test(a_non_blocking_send_takes_all_and_delivers_after_close),
        cmocka_unit_test(writing_to_a_peer_that_is_gone_raises_no_signal),
        cmocka_unit_test(files_calls_work_on_sockets),
        cmocka_unit_test(a_datagram_that_is_too_long_is_cut_and_reported),
    };
    return cmocka_run_group_tests(tests, test_winsock_up, test_winsock_down);
}

/* Receiving, sending and asking for results, at the edges. */
#include "sockets.h"

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

static int is_ready(SOCKET s, int which) /* 0 read, 1 write, 2 except */
{
    struct timeval now = {0, 0};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(s, &set);
    return select(0, which == 0 ? &set : NULL, which == 1 ? &set : NULL, which == 2 ? &set : NULL,
                  &now);
}

/* ---- receiving ---- */

/* SOCK-029 SOCK-032 SOCK-069 */
static void a_socket_that_is_not_overlapped_waits(void **state)
{
    struct sockaddr_in address;
    SOCKET listener = test_listener(&address),
           client = WSASocketW(AF_INET, SOCK_STREAM, 0, NULL, 0, 0), server;
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    WSABUF buffer;
    DWORD bytes, flags = 0;
    char data[4];
    (void)state;
    assert_wsa(connect(client, (struct sockaddr *)&address, sizeof address));
    server = accept(listener, NULL, NULL);
    assert_int_equal(GetFileType((HANDLE)client), FILE_TYPE_PIPE);
    for (int nonblocking = 0; nonblocking < 2; nonblocking++) {
        if (nonblocking)
            set_nonblocking(client);
        assert_int_equal(send(server, "abc", 3, 0), 3);
        wait_until(is_ready(client, 0));
        buffer = (WSABUF){sizeof data, data};
        assert_wsa(WSARecv(client, &buffer, 1, &bytes, &flags, &overlapped, NULL));
        assert_int_equal(bytes, 3);
        assert_int_equal(overlapped.Internal, 0);
        assert_int_equal(overlapped.InternalHigh, 3);
        assert_int_equal(WaitForSingleObject(overlapped.hEvent, 0), WAIT_OBJECT_0);
    }
    assert_int_equal(send(server, "d", 1, 0), 1);
    assert_win32(ReadFile((HANDLE)client, data, 1, &bytes, NULL));
    assert_int_equal(bytes, 1);
    CloseHandle(overlapped.hEvent);
    closesocket(client);
    closesocket(server);
    closesocket(listener);
}

/* SOCK-034 SOCK-033 ERR-27 */
static void files_calls_have_win32_errors(void **state)
{
    SOCKET client, server;
    OVERLAPPED overlapped = {0};
    char byte;
    (void)state;
    test_tcp_pair(&client, &server);
    assert_wsa(shutdown(client, SD_SEND));
    assert_fails(ERROR_PIPE_NOT_CONNECTED, WriteFile((HANDLE)client, "x", 1, NULL, &overlapped));
    closesocket(client);
    closesocket(server);
    test_tcp_pair(&client, &server);
    abort_connection(client);
    wait_until(is_ready(server, 0));
    assert_wsa_fails(WSAECONNRESET, recv(server, &byte, 1, 0));
    SetLastError(0);
    assert_false(WriteFile((HANDLE)server, "x", 1, NULL, &overlapped));
    assert_int_equal(GetLastError(), ERROR_NETNAME_DELETED);
    closesocket(server);
}

/* SOCK-030 */
static void file_calls_share_order_and_queue_with_winsocks(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped[4] = {{0}};
    struct sockaddr_in address;
    SOCKET client, server, udp = test_udp(&address);
    char bytes[4], cut[2];
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 1);
    for (int i = 0; i < 4; i++) {
        if (i % 2)
            test_receive_pends(server, &bytes[i], 1, &overlapped[i]);
        else
            assert_fails(ERROR_IO_PENDING,
                         ReadFile((HANDLE)server, &bytes[i], 1, NULL, &overlapped[i]));
    }
    assert_int_equal(send(client, "abcd", 4, 0), 4);
    for (int i = 0; i < 4; i++)
        assert_ptr_equal(test_next_packet(port).overlapped, &overlapped[i]);
    assert_memory_equal(bytes, "abcd", 4);
    assert_fails(ERROR_IO_PENDING, ReadFile((HANDLE)server, bytes, 1, NULL, &overlapped[0]));
    abort_connection(client);
    assert_int_equal(test_next_packet(port).error, ERROR_NETNAME_DELETED);
    assert_fails(ERROR_NETNAME_DELETED, ReadFile((HANDLE)server, bytes, 1, NULL, &overlapped[0]));
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)udp, port, 2, 0), port);
    assert_fails(ERROR_IO_PENDING, ReadFile((HANDLE)udp, cut, 2, NULL, &overlapped[1]));
    assert_int_equal(sendto(udp, "xyz", 3, 0, (struct sockaddr *)&address, sizeof address), 3);
    assert_int_equal(test_next_packet(port).error, ERROR_MORE_DATA);
    closesocket(udp);
    closesocket(server);
    CloseHandle(port);
}

/* SOCK-035 SOCK-351 */
static void a_duplicate_reaches_the_same_socket(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0), duplicate;
    OVERLAPPED overlapped = {0};
    SOCKET client, server;
    struct packet packet;
    char byte;
    (void)state;
    test_tcp_pair(&client, &server);
    assert_win32(DuplicateHandle(GetCurrentProcess(), (HANDLE)server, GetCurrentProcess(),
                                 &duplicate, 0, FALSE, DUPLICATE_SAME_ACCESS));
    assert_ptr_equal(CreateIoCompletionPort(duplicate, port, 3, 0), port);
    assert_fails(ERROR_IO_PENDING, ReadFile(duplicate, &byte, 1, NULL, &overlapped));
    assert_wsa(closesocket(server));
    test_no_packet(port);
    assert_int_equal(send(client, "x", 1, 0), 1);
    packet = test_next_packet(port);
    assert_ptr_equal(packet.overlapped, &overlapped);
    assert_int_equal(packet.key, 3);
    assert_fails(ERROR_IO_PENDING, ReadFile(duplicate, &byte, 1, NULL, &overlapped));
    assert_win32(CloseHandle(duplicate));
    assert_int_equal(test_next_packet(port).error, ERROR_CONNECTION_ABORTED);
    closesocket(client);
    CloseHandle(port);
}

/* SOCK-044 SOCK-139 */
static void a_receive_that_fails_at_once_sends_no_packet(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped = {0};
    SOCKET client, server;
    WSABUF buffer;
    DWORD flags = 0;
    char byte;
    (void)state;
    for (int skip = 0; skip < 2; skip++) {
        test_tcp_pair_on_port(&client, &server, port, 1);
        if (skip)
            assert_win32(SetFileCompletionNotificationModes((HANDLE)server,
                                                            FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
        abort_connection(client);
        wait_until(is_ready(server, 0));
        buffer = (WSABUF){1, &byte};
        assert_wsa_fails(WSAECONNRESET,
                         WSARecv(server, &buffer, 1, NULL, &flags, &overlapped, NULL));
        test_no_packet(port);
        closesocket(server);
        test_no_packet(port);
    }
    CloseHandle(port);
}

/* Receives into memory that cannot take it, and then into some that can: nothing was lost. */
static void assert_fails_in_its_call(SOCKET s, HANDLE port, void *nowhere)
{
    OVERLAPPED overlapped = {0};
    WSABUF buffer = {2, nowhere};
    DWORD flags = 0, bytes;
    char byte = 0;
    assert_wsa_fails(WSAEFAULT, WSARecv(s, &buffer, 1, NULL, &flags, &overlapped, NULL));
    assert_wsa_fails(WSAEFAULT,
                     WSARecvFrom(s, &buffer, 1, NULL, &flags, NULL, NULL, &overlapped, NULL));
    assert_wsa_fails(WSAEFAULT, recv(s, nowhere, 2, 0));
    assert_fails(ERROR_NOACCESS, ReadFile((HANDLE)s, nowhere, 2, &bytes, &overlapped));
    test_no_packet(port);
    test_receive_pends(s, &byte, 1, &overlapped);
    assert_win32(CancelIoEx((HANDLE)s, &overlapped));
    assert_ptr_equal(test_next_packet(port).overlapped, &overlapped);
}

/* SOCK-087 */
static void a_receive_into_no_memory_fails_in_its_call(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    char *read_only = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
    char *reserved = VirtualAlloc(NULL, 8192, MEM_RESERVE, PAGE_READWRITE);
    SOCKET client, server, udp = test_udp(&(struct sockaddr_in){0});
    char byte = 0;
    (void)state;
    assert_non_null(VirtualAlloc(reserved, 4096, MEM_COMMIT, PAGE_READWRITE));
    test_tcp_pair_on_port(&client, &server, port, 1);
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)udp, port, 1, 0), port);
    for (int i = 0; i < 2; i++) {
        SOCKET s = i ? udp : server;
        assert_fails_in_its_call(s, port, read_only);
        assert_fails_in_its_call(s, port, reserved + 4096);
        assert_fails_in_its_call(s, port, reserved + 4095); /* only its end */
    }
    assert_int_equal(send(client, "x", 1, 0), 1);
    assert_int_equal(recv(server, &byte, 1, 0), 1);
    assert_int_equal(byte, 'x');
    assert_win32(VirtualFree(read_only, 0, MEM_RELEASE));
    assert_win32(VirtualFree(reserved, 0, MEM_RELEASE));
    closesocket(udp);
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
}

/* SOCK-045 SOCK-051 SOCK-080 SOCK-081 SOCK-079 */
static void a_receive_takes_what_there_is_in_buffer_order(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped = {0};
    SOCKET client, server;
    char first[2], second[8], peeked[8];
    WSABUF buffers[2] = {{2, first}, {8, second}}, peek = {8, peeked};
    DWORD bytes, flags = MSG_PARTIAL;
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 1);
    assert_wsa_fails(WSA_IO_PENDING, WSARecv(server, buffers, 2, NULL, &flags, &overlapped, NULL));
    assert_int_equal(send(client, "abcde", 5, 0), 5);
    assert_int_equal(test_next_packet(port).bytes, 5);
    assert_memory_equal(first, "ab", 2);
    assert_memory_equal(second, "cde", 3);
    flags = 0x55;
    assert_win32(WSAGetOverlappedResult(server, &overlapped, &bytes, FALSE, &flags));
    assert_int_equal(bytes, 5);
    assert_int_equal(flags, 0);
    assert_int_equal(send(client, "fgh", 3, 0), 3);
    wait_until(is_ready(server, 0));
    flags = MSG_PEEK;
    assert_wsa(WSARecv(server, &peek, 1, &bytes, &flags, NULL, NULL));
    assert_int_equal(flags, 0);
    flags = 0;
    assert_wsa(WSARecv(server, buffers, 2, &bytes, &flags, NULL, NULL));
    assert_memory_equal(first, "fg", 2);
    assert_int_equal(second[0], 'h');
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
}

/* SOCK-049 */
static void an_empty_receive_tells_of_the_end(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped = {0};
    SOCKET client, server;
    struct packet packet;
    char byte;
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 1);
    test_receive_pends(server, &byte, 0, &overlapped);
    closesocket(client);
    packet = test_next_packet(port);
    assert_true(packet.ok);
    assert_int_equal(packet.bytes, 0);
    closesocket(server);
    test_tcp_pair_on_port(&client, &server, port, 1);
    test_receive_pends(server, &byte, 0, &overlapped);
    abort_connection(client);
    assert_int_equal(test_next_packet(port).error, ERROR_NETNAME_DELETED);
    closesocket(server);
    CloseHandle(port);
}

/* SOCK-054 */
static void one_overlapped_for_two_receives_harms_nobody(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped = {0};
    SOCKET client, server;
    char bytes[2];
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 1);
    test_receive_pends(server, bytes, 1, &overlapped);
    test_receive_pends(server, bytes + 1, 1, &overlapped);
    assert_int_equal(send(client, "ab", 2, 0), 2);
    assert_ptr_equal(test_next_packet(port).overlapped, &overlapped);
    assert_ptr_equal(test_next_packet(port).overlapped, &overlapped);
    assert_memory_equal(bytes, "ab", 2);
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
}

static struct {
    int count;
    OVERLAPPED *order[4];
    DWORD errors[4];
} ran;

static void CALLBACK note_routine(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    (void)bytes, (void)flags;
    ran.errors[ran.count] = error;
    ran.order[ran.count++] = overlapped;
}

/* SOCK-063 SOCK-345 */
static void routines_run_in_completion_order(void **state)
{
    OVERLAPPED overlapped[3] = {{0}};
    SOCKET client, server;
    char bytes[3];
    DWORD flags = 0;
    (void)state;
    memset(&ran, 0, sizeof ran);
    test_tcp_pair(&client, &server);
    for (int i = 0; i < 3; i++) {
        WSABUF buffer = {1, &bytes[i]};
        flags = 0;
        assert_wsa_fails(WSA_IO_PENDING,
                         WSARecv(server, &buffer, 1, NULL, &flags, &overlapped[i], note_routine));
    }
    assert_int_equal(send(client, "ab", 2, 0), 2);
    wait_until(HasOverlappedIoCompleted(&overlapped[1]));
    assert_int_equal(ran.count, 0);
    assert_int_equal(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(ran.count, 2);
    assert_ptr_equal(ran.order[0], &overlapped[0]);
    assert_ptr_equal(ran.order[1], &overlapped[1]);
    closesocket(server);
    assert_int_equal(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(ran.count, 3);
    assert_true(ran.errors[2] == WSAECONNABORTED || ran.errors[2] == WSA_OPERATION_ABORTED);
    closesocket(client);
}

static void CALLBACK count_apc(ULONG_PTR data)
{
    ++*(int *)data;
}

/* SOCK-070 */
static void a_receive_that_need_not_wait_runs_no_apc(void **state)
{
    SOCKET client, server;
    int apcs = 0;
    char byte;
    (void)state;
    test_tcp_pair(&client, &server);
    assert_int_equal(send(client, "x", 1, 0), 1);
    wait_until(is_ready(server, 0));
    assert_true(QueueUserAPC(count_apc, GetCurrentThread(), (ULONG_PTR)&apcs));
    assert_int_equal(recv(server, &byte, 1, 0), 1);
    assert_int_equal(apcs, 0);
    assert_int_equal(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(apcs, 1);
    closesocket(client);
    closesocket(server);
}

/* SOCK-078 */
static void waitall_is_for_streams_and_alone(void **state)
{
    struct sockaddr_in address;
    SOCKET client, server, udp = test_udp(&address);
    char byte;
    (void)state;
    test_tcp_pair(&client, &server);
    assert_wsa_fails(WSAEOPNOTSUPP, recv(udp, &byte, 1, MSG_WAITALL));
    assert_wsa_fails(WSAEOPNOTSUPP, recv(server, &byte, 1, MSG_WAITALL | MSG_PEEK));
    assert_wsa_fails(WSAEOPNOTSUPP, recv(server, &byte, 1, MSG_WAITALL | MSG_OOB));
    assert_wsa_fails(WSAEOPNOTSUPP, recv(server, &byte, 1, MSG_WAITALL | MSG_PARTIAL));
    set_nonblocking(server);
    assert_wsa_fails(WSAEOPNOTSUPP, recv(server, &byte, 1, MSG_WAITALL));
    closesocket(client);
    closesocket(server);
    closesocket(udp);
}

/* ---- sending ---- */

struct sending {
    SOCKET socket;
    char *data;
    int size, result;
};

static DWORD WINAPI send_all(LPVOID arg)
{
    struct sending *sending = arg;
    sending->result = send(sending->socket, sending->data, sending->size, 0);
    return 0;
}

/* SOCK-090 SOCK-095 SOCK-096 SOCK-102 */
static void a_blocking_send_takes_everything(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    struct sending sending = {.size = 16 << 20};
    struct sockaddr_in elsewhere = test_closed_port(), from;
    OVERLAPPED overlapped = {0};
    WSABUF buffer = {3, "abc"};
    DWORD bytes;
    SOCKET client;
    HANDLE thread;
    char piece[65536];
    int received = 0, got, length = 77;
    (void)state;
    test_tcp_pair_on_port(&client, &sending.socket, port, 5);
    assert_wsa(WSASend(sending.socket, &buffer, 1, &bytes, 0, &overlapped, NULL));
    assert_int_equal(bytes, 3);
    assert_int_equal(test_next_packet(port).bytes, 3);
    assert_int_equal(send(sending.socket, "", 0, 0), 0);
    assert_int_equal(
        sendto(sending.socket, "d", 1, 0, (struct sockaddr *)&elsewhere, sizeof elsewhere), 1);
    memset(&from, 0x5a, sizeof from);
    while (received < 4) {
        got = recvfrom(client, piece, sizeof piece, 0, (struct sockaddr *)&from, &length);
        assert_true(got > 0);
        received += got;
    }
    assert_int_equal(length, 77);
    assert_int_equal(from.sin_family, 0x5a5a);
    sending.data = calloc(1, (size_t)sending.size);
    thread = CreateThread(NULL, 0, send_all, &sending, 0, NULL);
    for (received = 0; received < sending.size; received += got) {
        got = recv(client, piece, sizeof piece, 0);
        assert_true(got > 0);
    }
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(sending.result, sending.size);
    free(sending.data);
    CloseHandle(thread);
    closesocket(client);
    closesocket(sending.socket);
    CloseHandle(port);
}

/* SOCK-091 */
static void without_a_send_buffer_a_send_waits_for_the_peer(void **state)
{
    static char block[1 << 20], piece[65536];
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped = {0};
    WSABUF buffer = {sizeof block, block};
    SOCKET client, server;
    int none = 0, small = 4096;
    struct packet packet;
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 1);
    assert_wsa(setsockopt(client, SOL_SOCKET, SO_RCVBUF, (char *)&small, sizeof small));
    assert_wsa(setsockopt(server, SOL_SOCKET, SO_SNDBUF, (char *)&none, sizeof none));
    assert_wsa_fails(WSA_IO_PENDING, WSASend(server, &buffer, 1, NULL, 0, &overlapped, NULL));
    test_no_packet(port);
    for (size_t left = sizeof block; left > 0;) {
        int got = recv(client, piece, sizeof piece, 0);
        assert_true(got > 0);
        left -= (size_t)got;
    }
    packet = test_next_packet(port);
    assert_true(packet.ok);
    assert_int_equal(packet.bytes, sizeof block);
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
}

/* SOCK-092 SOCK-093 */
static void what_a_send_took_is_sent_though_its_thread_has_ended(void **state)
{
    struct sending sending = {.size = 4 << 20};
    char piece[65536];
    HANDLE thread;
    SOCKET client;
    int received = 0, got;
    (void)state;
    test_tcp_pair(&client, &sending.socket);
    set_nonblocking(sending.socket);
    sending.data = calloc(1, (size_t)sending.size);
    thread = CreateThread(NULL, 0, send_all, &sending, 0, NULL);
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(sending.result, sending.size);
    free(sending.data); /* it was copied */
    assert_wsa(closesocket(sending.socket));
    while ((got = recv(client, piece, sizeof piece, 0)) > 0)
        received += got;
    assert_int_equal(received, sending.size);
    CloseHandle(thread);
    closesocket(client);
}

/* SOCK-099 */
static void a_send_after_the_shutdown_fails_in_its_call(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped = {0};
    WSABUF buffer = {1, "x"};
    SOCKET client, server;
    DWORD bytes;
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 1);
    assert_wsa(shutdown(server, SD_SEND));
    assert_wsa_fails(WSAESHUTDOWN, WSASend(server, &buffer, 1, NULL, 0, &overlapped, NULL));
    assert_fails(ERROR_PIPE_NOT_CONNECTED, WriteFile((HANDLE)server, "x", 1, &bytes, &overlapped));
    test_no_packet(port);
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
}

/* SOCK-103 SOCK-348 SOCK-107 */
static void a_pending_send_ends_once_when_cancelled_or_closed(void **state)
{
    static char block[32 << 20];
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped = {0};
    WSABUF buffer = {sizeof block, block};
    SOCKET client, server;
    struct packet packet;
    (void)state;
    for (int closing = 0; closing < 2; closing++) {
        test_tcp_pair_on_port(&client, &server, port, 5);
        assert_wsa_fails(WSA_IO_PENDING, WSASend(server, &buffer, 1, NULL, 0, &overlapped, NULL));
        if (closing)
            closesocket(server);
        else
            assert_win32(CancelIoEx((HANDLE)server, &overlapped));
        packet = test_next_packet(port);
        assert_false(packet.ok);
        assert_true(packet.error == ERROR_OPERATION_ABORTED ||
                    (closing && packet.error == ERROR_CONNECTION_ABORTED));
        assert_true(packet.bytes < sizeof block);
        test_no_packet(port);
        if (!closing) {
            assert_int_equal(is_ready(server, 2), 0);
            closesocket(server);
        }
        closesocket(client);
    }
    CloseHandle(port);
}

/* ---- results ---- */

/* SOCK-134 SOCK-135 SOCK-137 SOCK-143 SOCK-144 */
static void results_are_asked_for_by_the_book(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)}, *got = (void *)5;
    SOCKET client, server;
    DWORD bytes = 0x55, flags = 0x55;
    ULONG_PTR key = 0x77;
    char byte;
    (void)state;
    test_tcp_pair(&client, &server);
    test_receive_pends(server, &byte, 1, &overlapped);
    assert_fails(WSA_IO_INCOMPLETE,
                 WSAGetOverlappedResult(server, &overlapped, &bytes, FALSE, &flags));
    assert_int_equal(bytes, 0x55);
    assert_int_equal(send(client, "x", 1, 0), 1);
    assert_win32(WSAGetOverlappedResult(server, &overlapped, &bytes, TRUE, &flags));
    assert_int_equal(bytes, 1);
    bytes = 0x55;
    assert_fails(WSAEFAULT, WSAGetOverlappedResult(server, &overlapped, &bytes, FALSE, NULL));
    assert_int_equal(bytes, 1);
    assert_fails(WSAEFAULT, WSAGetOverlappedResult(server, &overlapped, NULL, FALSE, &flags));
    assert_fails(WSAENOTSOCK,
                 WSAGetOverlappedResult(INVALID_SOCKET, &overlapped, &bytes, FALSE, &flags));
    assert_fails(WAIT_TIMEOUT, GetQueuedCompletionStatus(port, &bytes, &key, &got, 0));
    assert_null(got);
    assert_int_equal(key, 0x77);
    assert_win32(PostQueuedCompletionStatus(port, 123, 456, (OVERLAPPED *)789));
    assert_win32(GetQueuedCompletionStatus(port, &bytes, &key, &got, 0));
    assert_int_equal(bytes, 123);
    assert_int_equal(key, 456);
    assert_ptr_equal(got, 789);
    closesocket(client);
    closesocket(server);
    CloseHandle(overlapped.hEvent);
    CloseHandle(port);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_calls_share_order_and_queue_with_winsocks),
        cmocka_unit_test(a_receive_into_no_memory_fails_in_its_call),
        cmocka_unit_test(a_socket_that_is_not_overlapped_waits),
        cmocka_unit_test(files_calls_have_win32_errors),
        cmocka_unit_test(a_duplicate_reaches_the_same_socket),
        cmocka_unit_test(a_receive_that_fails_at_once_sends_no_packet),
        cmocka_unit_test(a_receive_takes_what_there_is_in_buffer_order),
        cmocka_unit_test(an_empty_receive_tells_of_the_end),
        cmocka_unit_test(one_overlapped_for_two_receives_harms_nobody),
        cmocka_unit_test(routines_run_in_completion_order),
        cmocka_unit_test(waitall_is_for_streams_and_alone),
        cmocka_unit_test(a_receive_that_need_not_wait_runs_no_apc),
        cmocka_unit_test(a_blocking_send_takes_everything),
        cmocka_unit_test(without_a_send_buffer_a_send_waits_for_the_peer),
        cmocka_unit_test(what_a_send_took_is_sent_though_its_thread_has_ended),
        cmocka_unit_test(a_send_after_the_shutdown_fails_in_its_call),
        cmocka_unit_test(a_pending_send_ends_once_when_cancelled_or_closed),
        cmocka_unit_test(results_are_asked_for_by_the_book),
    };
    return cmocka_run_group_tests(tests, test_winsock_up, test_winsock_down);
}

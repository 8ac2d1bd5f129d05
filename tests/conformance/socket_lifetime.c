/* Cancelling, closing, and threads that end: the lifetime rows of ports.md, threads.md and
 * winsock.md on sockets. */
#include "sockets.h"

/* SOCK-085 PORT-121 PORT-122 PORT-123 PORT-124 PORT-075 */
static void a_cancelled_receive_completes_as_aborted(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED first = {0}, second = {0};
    char buffer[2];
    struct packet packet;
    SOCKET client, server;
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 1);
    test_receive_pends(server, buffer, 1, &first);
    test_receive_pends(server, buffer + 1, 1, &second);
    assert_win32(CancelIoEx((HANDLE)server, &first));
    assert_int_equal(first.Internal, STATUS_PENDING);
    packet = test_next_packet(port);
    assert_false(packet.ok);
    assert_int_equal(packet.error, ERROR_OPERATION_ABORTED);
    assert_ptr_equal(packet.overlapped, &first);
    assert_int_equal(packet.bytes, 0);
    assert_int_equal(first.Internal, 0xC0000120);
    assert_fails(ERROR_NOT_FOUND, CancelIoEx((HANDLE)server, &first));
    assert_int_equal(send(client, "b", 1, 0), 1);
    assert_ptr_equal(test_next_packet(port).overlapped, &second);
    assert_int_equal(buffer[1], 'b');
    assert_fails(ERROR_NOT_FOUND, CancelIoEx((HANDLE)server, NULL));
    assert_fails(ERROR_INVALID_HANDLE, CancelIoEx((HANDLE)0x7770, NULL));
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
}

/* PORT-122 */
static void what_has_happened_already_is_not_cancelled(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped = {0};
    char byte;
    SOCKET client, server;
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 1);
    test_receive_pends(server, &byte, 1, &overlapped);
    assert_int_equal(send(client, "b", 1, 0), 1);
    assert_fails(ERROR_NOT_FOUND, CancelIoEx((HANDLE)server, &overlapped));
    assert_ptr_equal(test_next_packet(port).overlapped, &overlapped);
    test_no_packet(port);
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
}

struct issuer {
    SOCKET socket;
    OVERLAPPED overlapped;
    char byte;
    HANDLE go;
};

static DWORD WINAPI issue_receive(LPVOID arg)
{
    struct issuer *issuer = arg;
    test_receive_pends(issuer->socket, &issuer->byte, 1, &issuer->overlapped);
    if (issuer->go)
        WaitForSingleObject(issuer->go, INFINITE);
    return 0;
}

/* PORT-120 SOCK-086 THRD-094 */
static void cancel_io_is_about_the_calling_thread(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    struct issuer issuer = {.go = CreateEventA(NULL, TRUE, FALSE, NULL)};
    OVERLAPPED own = {0};
    char byte;
    SOCKET client;
    HANDLE thread;
    DWORD id;
    (void)state;
    test_tcp_pair_on_port(&client, &issuer.socket, port, 1);
    thread = CreateThread(NULL, 0, issue_receive, &issuer, 0, &id);
    wait_until_asleep(id);
    test_receive_pends(issuer.socket, &byte, 1, &own);
    assert_win32(CancelIo((HANDLE)issuer.socket));
    assert_ptr_equal(test_next_packet(port).overlapped, &own);
    test_no_packet(port);
    assert_win32(CancelIo((HANDLE)issuer.socket));
    assert_fails(ERROR_INVALID_HANDLE, CancelIo((HANDLE)0x7770));
    SetEvent(issuer.go);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    CloseHandle(issuer.go);
    closesocket(client);
    closesocket(issuer.socket);
    CloseHandle(port);
}

/* PORT-132 THRD-090 THRD-093 */
static void a_port_bound_receive_outlives_its_thread(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    struct issuer issuer = {0};
    SOCKET client;
    HANDLE thread;
    (void)state;
    test_tcp_pair_on_port(&client, &issuer.socket, port, 1);
    thread = CreateThread(NULL, 0, issue_receive, &issuer, 0, NULL);
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    test_no_packet(port);
    assert_int_equal(send(client, "x", 1, 0), 1);
    assert_ptr_equal(test_next_packet(port).overlapped, &issuer.overlapped);
    CloseHandle(thread);
    closesocket(client);
    closesocket(issuer.socket);
    CloseHandle(port);
}

/* PORT-132 THRD-089 */
static void a_receive_without_port_is_cancelled_with_its_thread(void **state)
{
    struct issuer issuer = {0};
    DWORD bytes;
    SOCKET client;
    HANDLE thread;
    (void)state;
    test_tcp_pair(&client, &issuer.socket);
    thread = CreateThread(NULL, 0, issue_receive, &issuer, 0, NULL);
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_fails(ERROR_OPERATION_ABORTED,
                 GetOverlappedResult((HANDLE)issuer.socket, &issuer.overlapped, &bytes, TRUE));
    CloseHandle(thread);
    closesocket(client);
    closesocket(issuer.socket);
}

/* PORT-132 THRD-091 THRD-092 */
static void a_receive_with_port_and_event_is_cancelled_with_its_thread(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    struct issuer issuer = {.overlapped.hEvent = event};
    struct packet packet;
    SOCKET client;
    HANDLE thread;
    (void)state;
    test_tcp_pair_on_port(&client, &issuer.socket, port, 1);
    thread = CreateThread(NULL, 0, issue_receive, &issuer, 0, NULL);
    assert_int_equal(WaitForSingleObject(event, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    packet = test_next_packet(port);
    assert_int_equal(packet.error, ERROR_OPERATION_ABORTED);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    ResetEvent(event);
    issuer.overlapped.hEvent = (HANDLE)((ULONG_PTR)event | 1);
    thread = CreateThread(NULL, 0, issue_receive, &issuer, 0, NULL);
    assert_int_equal(WaitForSingleObject(event, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    WaitForSingleObject(thread, INFINITE);
    test_no_packet(port);
    CloseHandle(thread);
    closesocket(client);
    closesocket(issuer.socket);
    CloseHandle(event);
    CloseHandle(port);
}

/* PORT-129 PORT-130 SOCK-009 PORT-012 */
static void closing_the_last_handle_aborts_what_is_pending(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0), duplicate;
    OVERLAPPED overlapped = {0};
    char byte;
    struct packet packet;
    SOCKET client, server;
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 5);
    test_receive_pends(server, &byte, 1, &overlapped);
    assert_win32(DuplicateHandle(GetCurrentProcess(), (HANDLE)server, GetCurrentProcess(),
                                 &duplicate, 0, FALSE, DUPLICATE_SAME_ACCESS));
    assert_wsa(closesocket(server));
    test_no_packet(port);
    assert_win32(CloseHandle(duplicate));
    packet = test_next_packet(port);
    assert_int_equal(packet.error, ERROR_CONNECTION_ABORTED);
    assert_int_equal(packet.bytes, 0);
    assert_int_equal(packet.key, 5);
    closesocket(client);
    CloseHandle(port);
}

/* PORT-016 SOCK-038 PORT-018 */
static void a_read_pending_before_the_binding_completes_at_the_port(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped = {0};
    char byte;
    struct packet packet;
    SOCKET client, server;
    (void)state;
    test_tcp_pair(&client, &server);
    test_receive_pends(server, &byte, 1, &overlapped);
    assert_int_equal(WaitForSingleObject((HANDLE)server, 0), WAIT_TIMEOUT);
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)server, port, 8, 0), port);
    assert_int_equal(WaitForSingleObject((HANDLE)server, 0), WAIT_OBJECT_0);
    assert_int_equal(send(client, "x", 1, 0), 1);
    packet = test_next_packet(port);
    assert_int_equal(packet.key, 8);
    assert_ptr_equal(packet.overlapped, &overlapped);
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
}

/* PORT-057 */
static void a_post_does_not_overtake_a_completion_that_nobody_harvested(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped = {0};
    char byte;
    SOCKET client, server;
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 1);
    for (int i = 0; i < 100; i++) {
        test_receive_pends(server, &byte, 1, &overlapped);
        assert_int_equal(send(client, "x", 1, 0), 1);
        assert_win32(PostQueuedCompletionStatus(port, 0, 2, NULL));
        assert_int_equal(test_next_packet(port).key, 1);
        assert_int_equal(test_next_packet(port).key, 2);
    }
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
}

/* PORT-022 */
static void a_file_may_outlive_its_port_and_a_port_its_files(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
        SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
        assert_ptr_equal(CreateIoCompletionPort((HANDLE)s, port, 1, 0), port);
        if (i & 1) {
            assert_win32(CloseHandle(port));
            assert_wsa(closesocket(s));
        } else {
            assert_wsa(closesocket(s));
            assert_win32(PostQueuedCompletionStatus(port, 0, 0, NULL));
            assert_true(test_next_packet(port).ok);
            assert_win32(CloseHandle(port));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cancelled_receive_completes_as_aborted),
        cmocka_unit_test(what_has_happened_already_is_not_cancelled),
        cmocka_unit_test(cancel_io_is_about_the_calling_thread),
        cmocka_unit_test(a_port_bound_receive_outlives_its_thread),
        cmocka_unit_test(a_receive_without_port_is_cancelled_with_its_thread),
        cmocka_unit_test(a_receive_with_port_and_event_is_cancelled_with_its_thread),
        cmocka_unit_test(closing_the_last_handle_aborts_what_is_pending),
        cmocka_unit_test(a_read_pending_before_the_binding_completes_at_the_port),
        cmocka_unit_test(a_post_does_not_overtake_a_completion_that_nobody_harvested),
        cmocka_unit_test(a_file_may_outlive_its_port_and_a_port_its_files),
    };
    return cmocka_run_group_tests(tests, test_winsock_up, test_winsock_down);
}

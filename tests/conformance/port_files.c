/* Ports with files behind them: binding, keys, completion modes, the status block (ports.md
 * sections 1, 6, 7, 8 and 11). */
#include "sockets.h"

#include <sys/wait.h>
#include <unistd.h>
#include <winternl.h>

static HANDLE new_port(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    assert_non_null(port);
    return port;
}

static HANDLE open_path(const char *path, DWORD disposition, DWORD flags)
{
    HANDLE file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE,
                              FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, disposition, flags, NULL);
    assert_ptr_not_equal(file, INVALID_HANDLE_VALUE);
    return file;
}

/* An overlapped file that holds "0123456789". */
static HANDLE ten_bytes(const char *path)
{
    HANDLE plain = open_path(path, CREATE_ALWAYS, 0);
    DWORD bytes;
    assert_win32(WriteFile(plain, "0123456789", 10, &bytes, NULL));
    assert_win32(CloseHandle(plain));
    return open_path(path, OPEN_EXISTING, FILE_FLAG_OVERLAPPED);
}

static void read_pends(HANDLE file, void *buffer, DWORD size, OVERLAPPED *overlapped)
{
    assert_fails(ERROR_IO_PENDING, ReadFile(file, buffer, size, NULL, overlapped));
}

/* ---- binding ---- */

/* PORT-003 PORT-004 PORT-063 PORT-059 */
static void binding_returns_the_port_itself_or_a_new_one(void **state)
{
    HANDLE file = ten_bytes(test_temp_path()), port = new_port(), made;
    OVERLAPPED overlapped = {0};
    char buffer[4];
    struct packet packet;
    (void)state;
    assert_ptr_equal(CreateIoCompletionPort(file, port, 5, 0), port);
    read_pends(file, buffer, 4, &overlapped);
    packet = test_next_packet(port);
    assert_int_equal(packet.key, 5);
    assert_int_equal(packet.bytes, 4);
    assert_win32(CloseHandle(port));
    assert_fails(ERROR_INVALID_HANDLE, CloseHandle(port));
    CloseHandle(file);
    file = ten_bytes(test_temp_path());
    made = CreateIoCompletionPort(file, NULL, 6, 1);
    assert_non_null(made);
    read_pends(file, buffer, 4, &overlapped);
    assert_int_equal(test_next_packet(made).key, 6);
    CloseHandle(file);
    CloseHandle(made);
}

/* PORT-008 PORT-007 PORT-002 */
static void a_port_that_is_none_leaves_the_file_free(void **state)
{
    HANDLE file = ten_bytes(test_temp_path()), port = new_port(), closed = new_port();
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    (void)state;
    CloseHandle(closed);
    assert_fails(ERROR_INVALID_HANDLE, CreateIoCompletionPort(file, closed, 1, 0));
    assert_fails(ERROR_INVALID_HANDLE, CreateIoCompletionPort(file, INVALID_HANDLE_VALUE, 1, 0));
    assert_fails(ERROR_INVALID_HANDLE, CreateIoCompletionPort(file, event, 1, 0));
    assert_fails(ERROR_INVALID_HANDLE, CreateIoCompletionPort(event, port, 1, 0));
    assert_fails(ERROR_INVALID_HANDLE, CreateIoCompletionPort(port, NULL, 1, 0));
    assert_fails(ERROR_INVALID_PARAMETER, CreateIoCompletionPort(INVALID_HANDLE_VALUE, port, 1, 0));
    assert_ptr_equal(CreateIoCompletionPort(file, port, 1, 0), port);
    CloseHandle(file);
    CloseHandle(event);
    CloseHandle(port);
}

/* PORT-010 PORT-021 */
static void every_overlapped_endpoint_can_be_bound(void **state)
{
    HANDLE port = new_port(), file = ten_bytes(test_temp_path());
    HANDLE folder =
        CreateFileA("/tmp", FILE_LIST_DIRECTORY, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                    OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED, NULL);
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);
    (void)state;
    assert_ptr_equal(CreateIoCompletionPort(file, port, 1, 0), port);
    assert_ptr_equal(CreateIoCompletionPort(folder, port, 2, 0), port);
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)s, port, 3, 0), port);
    CloseHandle(file);
    CloseHandle(folder);
    closesocket(s);
    CloseHandle(port);
}

/* PORT-011 PORT-012 */
static void a_bound_file_stays_where_it_is(void **state)
{
    HANDLE file = ten_bytes(test_temp_path()), first = new_port(), second = new_port(), duplicate;
    OVERLAPPED overlapped = {0};
    char byte;
    (void)state;
    assert_ptr_equal(CreateIoCompletionPort(file, first, 1, 0), first);
    assert_fails(ERROR_INVALID_PARAMETER, CreateIoCompletionPort(file, first, 1, 0));
    assert_fails(ERROR_INVALID_PARAMETER, CreateIoCompletionPort(file, first, 2, 0));
    assert_fails(ERROR_INVALID_PARAMETER, CreateIoCompletionPort(file, second, 1, 0));
    assert_win32(DuplicateHandle(GetCurrentProcess(), file, GetCurrentProcess(), &duplicate, 0,
                                 FALSE, DUPLICATE_SAME_ACCESS));
    assert_fails(ERROR_INVALID_PARAMETER, CreateIoCompletionPort(duplicate, second, 1, 0));
    CloseHandle(file);
    read_pends(duplicate, &byte, 1, &overlapped);
    assert_int_equal(test_next_packet(first).key, 1);
    CloseHandle(duplicate);
    CloseHandle(first);
    CloseHandle(second);
}

/* PORT-013 PORT-014 PORT-015 */
static void each_open_has_its_own_key_of_any_value(void **state)
{
    const ULONG_PTR keys[] = {0, 1, 0x8000000000000000, 0xFFFFFFFFFFFFFFFF, 1};
    const char *path = test_temp_path();
    HANDLE port = new_port(), files[ARRAYSIZE(keys)];
    (void)state;
    files[0] = ten_bytes(path);
    for (size_t i = 0; i < ARRAYSIZE(keys); i++) {
        if (i > 0)
            files[i] = open_path(path, OPEN_EXISTING, FILE_FLAG_OVERLAPPED);
        assert_ptr_equal(CreateIoCompletionPort(files[i], port, keys[i], 0), port);
    }
    for (size_t i = ARRAYSIZE(keys); i-- > 0;) {
        OVERLAPPED overlapped = {0};
        struct packet packet;
        char byte;
        read_pends(files[i], &byte, 1, &overlapped);
        packet = test_next_packet(port);
        assert_true(packet.key == keys[i]);
        assert_ptr_equal(packet.overlapped, &overlapped);
        CloseHandle(files[i]);
    }
    CloseHandle(port);
}

static DWORD routine_calls;

static void CALLBACK count_routine(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped,
                                   DWORD flags)
{
    (void)error;
    (void)bytes;
    (void)overlapped;
    (void)flags;
    routine_calls++;
}

/* PORT-017 */
static void a_read_with_a_routine_keeps_it_when_its_file_is_bound(void **state)
{
    OVERLAPPED overlapped = {0};
    WSABUF wsabuf;
    DWORD flags = 0;
    char byte;
    HANDLE port = new_port();
    SOCKET client, server;
    (void)state;
    routine_calls = 0;
    test_tcp_pair(&client, &server);
    wsabuf.len = 1;
    wsabuf.buf = &byte;
    assert_wsa_fails(WSA_IO_PENDING,
                     WSARecv(server, &wsabuf, 1, NULL, &flags, &overlapped, count_routine));
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)server, port, 1, 0), port);
    assert_int_equal(send(client, "x", 1, 0), 1);
    assert_int_equal(SleepEx(TEST_DEADLINE_MS, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(routine_calls, 1);
    test_no_packet(port);
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
}

/* PORT-020 */
static void a_binding_can_be_replaced_and_removed_natively(void **state)
{
    HANDLE first = new_port(), second = new_port();
    FILE_COMPLETION_INFORMATION info = {second, (PVOID)9};
    IO_STATUS_BLOCK iosb;
    OVERLAPPED overlapped = {0};
    char byte;
    SOCKET client, server;
    (void)state;
    test_tcp_pair_on_port(&client, &server, first, 1);
    assert_int_equal(
        NtSetInformationFile((HANDLE)server, &iosb, &info, sizeof info, FileCompletionInformation),
        (NTSTATUS)0xC000000D);
    assert_int_equal(NtSetInformationFile((HANDLE)server, &iosb, &info, sizeof info,
                                          FileReplaceCompletionInformation),
                     0);
    test_receive_pends(server, &byte, 1, &overlapped);
    assert_int_equal(send(client, "x", 1, 0), 1);
    assert_int_equal(test_next_packet(second).key, 9);
    test_no_packet(first);
    info.Port = NULL;
    assert_int_equal(NtSetInformationFile((HANDLE)server, &iosb, &info, sizeof info,
                                          FileReplaceCompletionInformation),
                     0);
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)server, first, 4, 0), first);
    closesocket(client);
    closesocket(server);
    CloseHandle(first);
    CloseHandle(second);
}

/* PORT-028 */
static void a_port_belongs_to_the_process_that_made_it(void **state)
{
    HANDLE port = new_port();
    int status = -1;
    pid_t child;
    (void)state;
    child = fork();
    if (child == 0)
        _exit(!PostQueuedCompletionStatus(port, 0, 1, NULL) &&
                      GetLastError() == ERROR_INVALID_HANDLE
                  ? 0
                  : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    test_no_packet(port);
    assert_win32(PostQueuedCompletionStatus(port, 0, 1, NULL));
    CloseHandle(port);
}

/* ---- what queues a packet ---- */

/* PORT-039 */
static void reading_at_the_end_is_a_packet_of_failure(void **state)
{
    HANDLE file = ten_bytes(test_temp_path()), port = CreateIoCompletionPort(file, NULL, 1, 0);
    OVERLAPPED overlapped = {.Offset = 10};
    char byte;
    struct packet packet;
    (void)state;
    read_pends(file, &byte, 1, &overlapped);
    packet = test_next_packet(port);
    assert_false(packet.ok);
    assert_int_equal(packet.error, ERROR_HANDLE_EOF);
    assert_int_equal(packet.bytes, 0);
    CloseHandle(file);
    CloseHandle(port);
}

/* PORT-061 PORT-068 PORT-085 */
static void a_call_that_fails_queues_nothing_and_frees_its_overlapped(void **state)
{
    const char *path = test_temp_path();
    HANDLE file = ten_bytes(path), port, read_only;
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    OVERLAPPED overlapped = {.hEvent = event};
    char byte;
    (void)state;
    port = CreateIoCompletionPort(file, NULL, 1, 0);
    assert_fails(ERROR_INVALID_PARAMETER, ReadFile(file, &byte, 1, NULL, NULL));
    assert_fails(ERROR_INVALID_PARAMETER, WriteFile(file, "x", 1, NULL, NULL));
    assert_fails(ERROR_NOACCESS, ReadFile(file, NULL, 1, NULL, &overlapped));
    assert_fails(ERROR_INVALID_USER_BUFFER, WriteFile(file, NULL, 1, NULL, &overlapped));
    read_only = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                            OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    assert_ptr_equal(CreateIoCompletionPort(read_only, port, 2, 0), port);
    assert_fails(ERROR_ACCESS_DENIED, WriteFile(read_only, "x", 1, NULL, &overlapped));
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    test_no_packet(port);
    overlapped.hEvent = NULL;
    read_pends(file, &byte, 1, &overlapped);
    assert_ptr_equal(test_next_packet(port).overlapped, &overlapped);
    CloseHandle(read_only);
    CloseHandle(file);
    CloseHandle(event);
    CloseHandle(port);
}

/* ---- completion modes ---- */

/* PORT-072 PORT-073 PORT-074 */
static void skip_set_event_silences_the_handle_and_nothing_else(void **state)
{
    HANDLE port = new_port(), event = CreateEventA(NULL, TRUE, FALSE, NULL), plain;
    OVERLAPPED overlapped = {0}, with_event = {.hEvent = event};
    char byte;
    SOCKET client, server;
    (void)state;
    plain = open_path(test_temp_path(), CREATE_ALWAYS, 0);
    assert_fails(ERROR_INVALID_PARAMETER, SetFileCompletionNotificationModes(plain, 1));
    CloseHandle(plain);
    test_tcp_pair_on_port(&client, &server, port, 1);
    test_receive_pends(server, &byte, 1, &overlapped);
    assert_win32(SetFileCompletionNotificationModes((HANDLE)server, FILE_SKIP_SET_EVENT_ON_HANDLE));
    assert_int_equal(WaitForSingleObject((HANDLE)server, 0), WAIT_TIMEOUT);
    assert_int_equal(send(client, "x", 1, 0), 1);
    assert_ptr_equal(test_next_packet(port).overlapped, &overlapped);
    assert_int_equal(WaitForSingleObject((HANDLE)server, 0), WAIT_TIMEOUT);
    test_receive_pends(server, &byte, 1, &with_event);
    assert_int_equal(send(client, "x", 1, 0), 1);
    assert_int_equal(WaitForSingleObject(event, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_ptr_equal(test_next_packet(port).overlapped, &with_event);
    closesocket(client);
    closesocket(server);
    CloseHandle(event);
    CloseHandle(port);
}

/* ---- the status block ---- */

/* PORT-087 PORT-128 */
static void two_operations_on_one_overlapped_give_two_packets(void **state)
{
    HANDLE port = new_port();
    OVERLAPPED overlapped = {0};
    char bytes[2];
    SOCKET client, server;
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 1);
    for (int cancelled = 0; cancelled < 2; cancelled++) {
        test_receive_pends(server, &bytes[0], 1, &overlapped);
        test_receive_pends(server, &bytes[1], 1, &overlapped);
        if (cancelled)
            assert_win32(CancelIoEx((HANDLE)server, &overlapped));
        else
            assert_int_equal(send(client, "xy", 2, 0), 2);
        for (int i = 0; i < 2; i++) {
            struct packet packet = test_next_packet(port);
            assert_ptr_equal(packet.overlapped, &overlapped);
            assert_int_equal(packet.error, cancelled ? ERROR_OPERATION_ABORTED : 0);
        }
        test_no_packet(port);
    }
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
}

/* PORT-117 PORT-119 */
static void waiting_consumes_an_auto_reset_event_and_the_block_stays(void **state)
{
    HANDLE file = ten_bytes(test_temp_path());
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, FALSE, FALSE, NULL)};
    char buffer[3];
    DWORD bytes;
    (void)state;
    read_pends(file, buffer, 3, &overlapped);
    assert_int_equal(WaitForSingleObject(overlapped.hEvent, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(overlapped.hEvent, 0), WAIT_TIMEOUT);
    for (int i = 0; i < 2; i++) {
        assert_win32(GetOverlappedResult(file, &overlapped, &bytes, TRUE));
        assert_int_equal(bytes, 3);
    }
    CloseHandle(overlapped.hEvent);
    CloseHandle(file);
}

/* PORT-116 PORT-086 */
static void without_event_the_block_waits_for_its_packet(void **state)
{
    HANDLE port = new_port();
    OVERLAPPED overlapped = {0};
    DWORD bytes;
    char byte;
    SOCKET client, server;
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 1);
    test_receive_pends(server, &byte, 1, &overlapped);
    assert_int_equal(send(client, "x", 1, 0), 1);
    for (int i = 0; i < 3; i++)
        assert_fails(ERROR_IO_INCOMPLETE,
                     GetOverlappedResult((HANDLE)server, &overlapped, &bytes, FALSE));
    assert_ptr_equal(test_next_packet(port).overlapped, &overlapped);
    assert_win32(GetOverlappedResult((HANDLE)server, &overlapped, &bytes, FALSE));
    assert_int_equal(bytes, 1);
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
}

/* PORT-125 */
static void a_cancel_loses_no_bytes(void **state)
{
    HANDLE port = new_port();
    SOCKET client, server;
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 1);
    for (int i = 0; i < 200; i++) {
        OVERLAPPED overlapped = {0};
        struct packet packet;
        char byte = 0, sent = (char)i;
        test_receive_pends(server, &byte, 1, &overlapped);
        assert_int_equal(send(client, &sent, 1, 0), 1);
        CancelIoEx((HANDLE)server, &overlapped);
        packet = test_next_packet(port);
        if (!packet.ok)
            assert_int_equal(recv(server, &byte, 1, 0), 1);
        assert_int_equal(byte, sent);
    }
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
}

/* What the child of the test below runs. */
static int end_with_an_operation_pending(void)
{
    static OVERLAPPED overlapped;
    static char byte;
    SOCKET client, server;
    test_winsock_up(NULL);
    test_tcp_pair(&client, &server);
    test_receive_pends(server, &byte, 1, &overlapped);
    return 0;
}

static const char *own_path;

/* PORT-133 */
static void a_process_ends_with_operations_pending(void **state)
{
    int status = -1;
    pid_t child = fork();
    (void)state;
    if (child == 0) {
        execl(own_path, own_path, "pending", NULL);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(binding_returns_the_port_itself_or_a_new_one),
        cmocka_unit_test(a_port_that_is_none_leaves_the_file_free),
        cmocka_unit_test(every_overlapped_endpoint_can_be_bound),
        cmocka_unit_test(a_bound_file_stays_where_it_is),
        cmocka_unit_test(each_open_has_its_own_key_of_any_value),
        cmocka_unit_test(a_read_with_a_routine_keeps_it_when_its_file_is_bound),
        cmocka_unit_test(a_binding_can_be_replaced_and_removed_natively),
        cmocka_unit_test(a_port_belongs_to_the_process_that_made_it),
        cmocka_unit_test(reading_at_the_end_is_a_packet_of_failure),
        cmocka_unit_test(a_call_that_fails_queues_nothing_and_frees_its_overlapped),
        cmocka_unit_test(skip_set_event_silences_the_handle_and_nothing_else),
        cmocka_unit_test(two_operations_on_one_overlapped_give_two_packets),
        cmocka_unit_test(waiting_consumes_an_auto_reset_event_and_the_block_stays),
        cmocka_unit_test(without_event_the_block_waits_for_its_packet),
        cmocka_unit_test(a_cancel_loses_no_bytes),
        cmocka_unit_test(a_process_ends_with_operations_pending),
    };
    own_path = argv[0];
    if (argc > 1)
        return end_with_an_operation_pending();
    return cmocka_run_group_tests(tests, test_winsock_up, test_winsock_down);
}

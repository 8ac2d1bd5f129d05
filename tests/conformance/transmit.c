/* TransmitFile and TransmitPackets. */
#include "sockets.h"

#include <fcntl.h>

enum { FILE_SIZE = 300000 };
static char content[FILE_SIZE];

static HANDLE open_content(DWORD flags)
{
    static const char *path;
    HANDLE file;
    DWORD written;
    if (!path) {
        path = test_temp_path();
        for (int i = 0; i < FILE_SIZE; i++)
            content[i] = (char)(i * 7 + i / 251);
        file = CreateFileA(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
        assert_win32(WriteFile(file, content, FILE_SIZE, &written, NULL));
        CloseHandle(file);
    }
    file = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, flags, NULL);
    assert_true(file != INVALID_HANDLE_VALUE);
    return file;
}

/* The next `size` bytes are these. */
static void assert_received(SOCKET s, const char *expected, int size)
{
    static char got[FILE_SIZE + 1000];
    int received = 0;
    while (received < size) {
        int more = recv(s, got + received, size - received, 0);
        assert_true(more > 0);
        received += more;
    }
    assert_memory_equal(got, expected, size);
}

static LPFN_TRANSMITPACKETS transmit_packets(SOCKET s)
{
    GUID id = WSAID_TRANSMITPACKETS;
    LPFN_TRANSMITPACKETS function = NULL;
    DWORD bytes;
    assert_wsa(WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &function,
                        sizeof function, &bytes, NULL, NULL));
    return function;
}

/* SOCK-245 SOCK-246 SOCK-247 SOCK-251 SOCK-255 SOCK-261 */
static void a_transmission_is_judged(void **state)
{
    HANDLE file = open_content(FILE_FLAG_OVERLAPPED);
    TRANSMIT_FILE_BUFFERS buffers = {"head", 4, "tail!", 5};
    OVERLAPPED beyond = {.Offset = FILE_SIZE + 1}, overlapped = {0};
    struct sockaddr_in address;
    SOCKET client, server, unconnected = socket(AF_INET, SOCK_STREAM, 0), udp = test_udp(&address);
    (void)state;
    assert_fails(WSAENOTSOCK, TransmitFile(INVALID_SOCKET, file, 0, 0, NULL, NULL, 0));
    assert_fails(WSAENOTCONN, TransmitFile(unconnected, file, 0, 0, NULL, NULL, 0));
    assert_fails(WSAENOTCONN, TransmitFile(udp, file, 0, 0, NULL, NULL, 0));
    test_tcp_pair(&client, &server);
    assert_win32(TransmitFile(server, NULL, 0, 0, NULL, NULL, 0));
    assert_win32(TransmitFile(server, NULL, 0, 0, NULL, &buffers, 0));
    assert_received(client, "headtail!", 9);
    assert_fails(WSAEINVAL, TransmitFile(server, file, 0, 0, &beyond, NULL, 0));
    assert_fails(WSAEINVAL, TransmitFile(server, file, 0, 0, &overlapped, NULL, TF_REUSE_SOCKET));
    buffers.HeadLength = 2147483647;
    SetLastError(0);
    assert_false(TransmitFile(server, file, 0, 0, &overlapped, &buffers, 0));
    assert_true(GetLastError() == WSAEINVAL || GetLastError() == WSAEFAULT);
    assert_wsa(shutdown(server, SD_SEND));
    assert_fails(WSAESHUTDOWN, TransmitFile(server, file, 0, 0, &overlapped, NULL, 0));
    closesocket(client);
    closesocket(server);
    closesocket(unconnected);
    closesocket(udp);
    CloseHandle(file);
}

/* SOCK-248 SOCK-250 SOCK-254 */
static void without_an_overlapped_it_starts_at_the_pointer_and_waits(void **state)
{
    HANDLE file = open_content(0);
    SOCKET client, server;
    (void)state;
    test_tcp_pair(&client, &server);
    assert_int_equal(SetFilePointer(file, 100, NULL, FILE_BEGIN), 100);
    assert_win32(TransmitFile(server, file, 50, 0, NULL, NULL, TF_WRITE_BEHIND));
    assert_received(client, content + 100, 50);
    assert_int_equal(SetFilePointer(file, FILE_SIZE - 10, NULL, FILE_BEGIN), FILE_SIZE - 10);
    assert_win32(TransmitFile(server, file, 5000, 0, NULL, NULL, 0));
    assert_received(client, content + FILE_SIZE - 10, 10);
    closesocket(client);
    closesocket(server);
    CloseHandle(file);
}

/* SOCK-249 SOCK-250 SOCK-256 */
static void with_one_it_pends_and_sends_one_packet(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    HANDLE files_port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    TRANSMIT_FILE_BUFFERS buffers = {"head", 4, "tail!", 5};
    struct packet packet;
    SOCKET client, server;
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        HANDLE file = open_content(kind ? FILE_FLAG_OVERLAPPED : 0);
        OVERLAPPED overlapped = {.Offset = 1000};
        if (kind == 2)
            assert_ptr_equal(CreateIoCompletionPort(file, files_port, 1, 0), files_port);
        test_tcp_pair_on_port(&client, &server, port, 8);
        SetLastError(0);
        assert_false(TransmitFile(server, file, 0, 0, &overlapped, &buffers, 0));
        assert_int_equal(GetLastError(), WSA_IO_PENDING);
        assert_received(client, "head", 4);
        assert_received(client, content + 1000, FILE_SIZE - 1000);
        assert_received(client, "tail!", 5);
        packet = test_next_packet(port);
        assert_true(packet.ok);
        assert_int_equal(packet.bytes, FILE_SIZE - 1000 + 9);
        assert_int_equal(packet.key, 8);
        test_no_packet(port);
        test_no_packet(files_port);
        closesocket(client);
        closesocket(server);
        CloseHandle(file);
    }
    CloseHandle(port);
    CloseHandle(files_port);
}

/* SOCK-252 SOCK-253 SOCK-243 SOCK-216 */
static void it_may_disconnect_and_free_the_socket(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    HANDLE file = open_content(0);
    struct sockaddr_in address;
    SOCKET listener = test_listener(&address), client, server;
    OVERLAPPED overlapped = {0}, accepting = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    char buffer[64], byte;
    DWORD bytes;
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 8);
    assert_false(TransmitFile(server, file, 100, 0, &overlapped, NULL, TF_DISCONNECT));
    assert_received(client, content, 100);
    assert_int_equal(recv(client, &byte, 1, 0), 0);
    assert_int_equal(test_next_packet(port).bytes, 100);
    assert_wsa_fails(WSAESHUTDOWN, send(server, "x", 1, 0));
    closesocket(client);
    closesocket(server);
    test_tcp_pair_on_port(&client, &server, port, 8);
    assert_false(
        TransmitFile(server, file, 100, 0, &overlapped, NULL, TF_DISCONNECT | TF_REUSE_SOCKET));
    assert_received(client, content, 100);
    assert_int_equal(recv(client, &byte, 1, 0), 0);
    assert_int_equal(test_next_packet(port).bytes, 100);
    closesocket(client);
    assert_false(AcceptEx(listener, server, buffer, 0, 32, 32, &bytes, &accepting));
    assert_int_equal(WSAGetLastError(), WSA_IO_PENDING);
    client = socket(AF_INET, SOCK_STREAM, 0);
    assert_wsa(connect(client, (struct sockaddr *)&address, sizeof address));
    assert_int_equal(WaitForSingleObject(accepting.hEvent, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    test_receive_pends(server, &byte, 1, &overlapped);
    assert_int_equal(send(client, "x", 1, 0), 1);
    assert_int_equal(test_next_packet(port).key, 8);
    closesocket(client);
    closesocket(server);
    closesocket(listener);
    CloseHandle(accepting.hEvent);
    CloseHandle(file);
    CloseHandle(port);
}

/* A file that is not in the page cache is read in on the way. */
static void a_cold_file_is_sent_whole(void **state)
{
    enum { BIG = 8 << 20 };
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0), file;
    const char *path = test_temp_path();
    char *big = malloc(BIG), *got = malloc(BIG);
    OVERLAPPED overlapped = {0};
    SOCKET client, server;
    DWORD written;
    int received = 0, fd;
    (void)state;
    for (int i = 0; i < BIG; i++)
        big[i] = (char)(i * 13 + i / 4099);
    file = CreateFileA(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    assert_win32(WriteFile(file, big, BIG, &written, NULL));
    assert_win32(FlushFileBuffers(file));
    CloseHandle(file);
    fd = open(path, O_RDONLY);
    assert_int_equal(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
    file = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    test_tcp_pair_on_port(&client, &server, port, 8);
    assert_false(TransmitFile(server, file, 0, 0, &overlapped, NULL, 0));
    while (received < BIG) {
        int more = recv(client, got + received, BIG - received, 0);
        assert_true(more > 0);
        received += more;
    }
    assert_memory_equal(got, big, BIG);
    assert_int_equal(test_next_packet(port).bytes, BIG);
    closesocket(client);
    closesocket(server);
    CloseHandle(file);
    CloseHandle(port);
    free(big);
    free(got);
}

/* SOCK-257 SOCK-258 SOCK-260 */
static void packets_are_pieces_in_order(void **state)
{
    HANDLE file = open_content(0);
    SOCKET client, server;
    struct sockaddr_in address;
    SOCKET udp = test_udp(&address);
    LPFN_TRANSMITPACKETS transmit = transmit_packets(udp);
    TRANSMIT_PACKETS_ELEMENT elements[4] = {
        {.dwElFlags = TP_ELEMENT_MEMORY, .cLength = 3, .pBuffer = "abc"},
        {.dwElFlags = TP_ELEMENT_FILE, .cLength = 20},
        {.dwElFlags = TP_ELEMENT_FILE, .cLength = 0},
        {.dwElFlags = TP_ELEMENT_MEMORY, .cLength = 2, .pBuffer = "de"},
    };
    (void)state;
    elements[1].hFile = elements[2].hFile = file;
    elements[1].nFileOffset.QuadPart = 10;
    elements[2].nFileOffset.QuadPart = -1;
    assert_int_equal(SetFilePointer(file, FILE_SIZE - 30, NULL, FILE_BEGIN), FILE_SIZE - 30);
    test_tcp_pair(&client, &server);
    assert_win32(transmit(server, elements, 4, 0, NULL, 0));
    assert_received(client, "abc", 3);
    assert_received(client, content + 10, 20);
    assert_received(client, content + FILE_SIZE - 30, 30);
    assert_received(client, "de", 2);
    assert_fails(WSAEINVAL, transmit(server, elements, 4, 0, NULL, TF_REUSE_SOCKET));
    assert_fails(WSAEFAULT, transmit(server, NULL, 4, 0, NULL, 0));
    assert_fails(WSAENOTCONN, transmit(udp, elements, 4, 0, NULL, 0));
    assert_wsa(connect(udp, (struct sockaddr *)&address, sizeof address));
    assert_fails(WSAEINVAL, transmit(udp, elements, 4, 0, NULL, TF_DISCONNECT));
    closesocket(client);
    closesocket(server);
    closesocket(udp);
    CloseHandle(file);
}

/* SOCK-259 */
static void packets_end_datagrams(void **state)
{
    struct sockaddr_in to, from;
    SOCKET receiver = test_udp(&to), sender = test_udp(&from);
    LPFN_TRANSMITPACKETS transmit = transmit_packets(sender);
    TRANSMIT_PACKETS_ELEMENT elements[3] = {
        {.dwElFlags = TP_ELEMENT_MEMORY, .cLength = 3, .pBuffer = "abc"},
        {.dwElFlags = TP_ELEMENT_MEMORY | TP_ELEMENT_EOP, .cLength = 2, .pBuffer = "de"},
        {.dwElFlags = TP_ELEMENT_MEMORY | TP_ELEMENT_EOP, .cLength = 1, .pBuffer = "f"},
    };
    char got[8];
    (void)state;
    assert_wsa(connect(sender, (struct sockaddr *)&to, sizeof to));
    assert_win32(transmit(sender, elements, 3, 0xFFFFFFFF, NULL, 0));
    assert_int_equal(recv(receiver, got, sizeof got, 0), 5);
    assert_memory_equal(got, "abcde", 5);
    assert_int_equal(recv(receiver, got, sizeof got, 0), 1);
    closesocket(receiver);
    closesocket(sender);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transmission_is_judged),
        cmocka_unit_test(without_an_overlapped_it_starts_at_the_pointer_and_waits),
        cmocka_unit_test(with_one_it_pends_and_sends_one_packet),
        cmocka_unit_test(it_may_disconnect_and_free_the_socket),
        cmocka_unit_test(a_cold_file_is_sent_whole),
        cmocka_unit_test(packets_are_pieces_in_order),
        cmocka_unit_test(packets_end_datagrams),
    };
    return cmocka_run_group_tests(tests, test_winsock_up, test_winsock_down);
}

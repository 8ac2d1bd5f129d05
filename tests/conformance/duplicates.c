/* WSADuplicateSocket: one socket behind two handles, in one process or two. */
#include "sockets.h"

#include <sys/wait.h>
#include <unistd.h>

/* SOCK-359 */
static void an_offer_is_judged(void **state)
{
    WSAPROTOCOL_INFOA info;
    SOCKET client, server;
    (void)state;
    test_tcp_pair(&client, &server);
    assert_wsa_fails(WSAENOTSOCK, WSADuplicateSocketA(0, 0, NULL));
    assert_wsa_fails(WSAEINVAL, WSADuplicateSocketA(server, 0, NULL));
    assert_wsa_fails(WSAEINVAL, WSADuplicateSocketA(server, 0x7FFFFFF0, &info));
    assert_wsa_fails(WSAENOTSOCK, WSADuplicateSocketA(0, GetCurrentProcessId(), &info));
    assert_wsa_fails(WSAEFAULT, WSADuplicateSocketA(server, GetCurrentProcessId(), NULL));
    closesocket(client);
    closesocket(server);
}

/* SOCK-360 SOCK-362 */
static void a_duplicate_in_the_process_is_the_same_socket(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    WSAPROTOCOL_INFOW info;
    OVERLAPPED overlapped = {0};
    SOCKET client, server, duplicate;
    u_long on = 1;
    char byte;
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 11);
    assert_wsa(WSADuplicateSocketW(server, GetCurrentProcessId(), &info));
    duplicate = WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0,
                           WSA_FLAG_OVERLAPPED);
    assert_true(duplicate != INVALID_SOCKET && duplicate != server);
    assert_wsa(ioctlsocket(server, FIONBIO, &on));
    assert_wsa_fails(WSAEWOULDBLOCK, recv(duplicate, &byte, 1, 0));
    test_receive_pends(duplicate, &byte, 1, &overlapped);
    assert_wsa(closesocket(server));
    test_no_packet(port);
    assert_int_equal(send(client, "x", 1, 0), 1);
    assert_int_equal(test_next_packet(port).key, 11);
    /* The structure serves once. */
    assert_int_equal(
        WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0, 0),
        INVALID_SOCKET);
    closesocket(duplicate);
    closesocket(client);
    CloseHandle(port);
}

/* SOCK-361 */
static void a_duplicate_knows_of_a_later_bind(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    SOCKET udp = socket(AF_INET, SOCK_DGRAM, 0), duplicate;
    WSAPROTOCOL_INFOA info;
    int length = sizeof address;
    char byte;
    (void)state;
    assert_wsa(WSADuplicateSocketA(udp, GetCurrentProcessId(), &info));
    duplicate = WSASocketA(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0, 0);
    assert_wsa_fails(WSAEINVAL, recv(duplicate, &byte, 1, 0));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_wsa(bind(udp, (struct sockaddr *)&address, sizeof address));
    assert_wsa(getsockname(duplicate, (struct sockaddr *)&address, &length));
    assert_int_equal(sendto(udp, "x", 1, 0, (struct sockaddr *)&address, sizeof address), 1);
    assert_int_equal(recv(duplicate, &byte, 1, 0), 1);
    closesocket(udp);
    closesocket(duplicate);
}

/* In the other process: takes the socket up and answers through it. */
static void be_the_other_process(int from)
{
    WSAPROTOCOL_INFOW info;
    SOCKET s;
    char byte = 0;
    if (read(from, &info, sizeof info) != sizeof info)
        _exit(1);
    s = WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0,
                   WSA_FLAG_OVERLAPPED);
    if (s == INVALID_SOCKET)
        _exit(2);
    if (recv(s, &byte, 1, 0) != 1 || byte != 'q')
        _exit(3);
    _exit(send(s, "a", 1, 0) == 1 ? 0 : 4);
}

/* SOCK-360 */
static void a_duplicate_in_another_process_shares_the_connection(void **state)
{
    WSAPROTOCOL_INFOW info;
    SOCKET client, server;
    int ends[2], status = -1;
    char byte = 0;
    pid_t child;
    (void)state;
    test_tcp_pair(&client, &server);
    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0)
        be_the_other_process(ends[0]);
    assert_wsa(WSADuplicateSocketW(server, (DWORD)child, &info));
    assert_int_equal(write(ends[1], &info, sizeof info), sizeof info);
    assert_int_equal(send(client, "q", 1, 0), 1);
    assert_int_equal(recv(client, &byte, 1, 0), 1);
    assert_int_equal(byte, 'a');
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_wsa_fails(WSAEINVAL, (int)WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO,
                                                FROM_PROTOCOL_INFO, &info, 0, 0));
    close(ends[0]);
    close(ends[1]);
    closesocket(client);
    closesocket(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_offer_is_judged),
        cmocka_unit_test(a_duplicate_in_the_process_is_the_same_socket),
        cmocka_unit_test(a_duplicate_knows_of_a_later_bind),
        cmocka_unit_test(a_duplicate_in_another_process_shares_the_connection),
    };
    return cmocka_run_group_tests(tests, test_winsock_up, test_winsock_down);
}

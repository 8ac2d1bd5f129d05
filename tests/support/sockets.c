/* What the socket tests share. */
#include "sockets.h"

static void loopback(struct sockaddr_in *address)
{
    memset(address, 0, sizeof *address);
    address->sin_family = AF_INET;
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}

static SOCKET bound(int type, struct sockaddr_in *address)
{
    int length = sizeof *address;
    SOCKET s = socket(AF_INET, type, 0);
    assert_true(s != INVALID_SOCKET);
    loopback(address);
    assert_wsa(bind(s, (struct sockaddr *)address, sizeof *address));
    assert_wsa(getsockname(s, (struct sockaddr *)address, &length));
    return s;
}

SOCKET test_listener(struct sockaddr_in *address)
{
    SOCKET s = bound(SOCK_STREAM, address);
    assert_wsa(listen(s, SOMAXCONN));
    return s;
}

struct sockaddr_in test_closed_port(void)
{
    static struct sockaddr_in address;
    static BOOL is_held;
    if (!is_held)
        bound(SOCK_STREAM, &address);
    is_held = TRUE;
    return address;
}

SOCKET test_udp(struct sockaddr_in *address)
{
    return bound(SOCK_DGRAM, address);
}

SOCKET test_bound(void)
{
    return bound(SOCK_STREAM, &(struct sockaddr_in){0});
}

void *test_extension(SOCKET s, GUID id)
{
    void *function = NULL;
    DWORD bytes;
    assert_wsa(WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &function,
                        sizeof function, &bytes, NULL, NULL));
    assert_int_equal(bytes, sizeof function);
    assert_non_null(function);
    return function;
}

void test_tcp_pair(SOCKET *client, SOCKET *server)
{
    struct sockaddr_in address;
    SOCKET listener = test_listener(&address);
    *client = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(*client != INVALID_SOCKET);
    assert_wsa(connect(*client, (struct sockaddr *)&address, sizeof address));
    *server = accept(listener, NULL, NULL);
    assert_true(*server != INVALID_SOCKET);
    assert_wsa(closesocket(listener));
}

void test_tcp_pair_on_port(SOCKET *client, SOCKET *server, HANDLE port, ULONG_PTR key)
{
    test_tcp_pair(client, server);
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)*server, port, key, 0), port);
}

struct packet test_next_packet(HANDLE port)
{
    struct packet packet = {0};
    packet.ok = GetQueuedCompletionStatus(port, &packet.bytes, &packet.key, &packet.overlapped,
                                          TEST_DEADLINE_MS);
    packet.error = packet.ok ? 0 : GetLastError();
    if (!packet.ok && !packet.overlapped)
        fail_msg("no packet came: error %u", (unsigned)packet.error);
    return packet;
}

void test_no_packet(HANDLE port)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *overlapped;
    assert_fails(WAIT_TIMEOUT, GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, 0));
    assert_null(overlapped);
}

void test_receive_pends(SOCKET s, void *buffer, ULONG size, OVERLAPPED *overlapped)
{
    WSABUF wsabuf = {size, buffer};
    DWORD flags = 0;
    assert_wsa_fails(WSA_IO_PENDING, WSARecv(s, &wsabuf, 1, NULL, &flags, overlapped, NULL));
}

int test_winsock_up(void **state)
{
    WSADATA data;
    (void)state;
    return WSAStartup(MAKEWORD(2, 2), &data);
}

int test_winsock_down(void **state)
{
    (void)state;
    return WSACleanup();
}

/* AcceptEx: what it takes, what it gives, and how it ends. */
#include "sockets.h"

enum { ROOM = sizeof(struct sockaddr_in) + 16 };

struct accepting {
    HANDLE port;
    struct sockaddr_in address;
    SOCKET listener, acceptor, client;
    OVERLAPPED overlapped;
    char buffer[64 + 2 * ROOM];
};

static void start_accepting(struct accepting *a, DWORD receive)
{
    DWORD bytes;
    memset(a, 0, sizeof *a);
    a->listener = test_listener(&a->address);
    a->port = CreateIoCompletionPort((HANDLE)a->listener, NULL, 11, 0);
    a->acceptor = socket(AF_INET, SOCK_STREAM, 0);
    a->client = socket(AF_INET, SOCK_STREAM, 0);
    assert_fails(WSA_IO_PENDING, AcceptEx(a->listener, a->acceptor, a->buffer, receive, ROOM, ROOM,
                                          &bytes, &a->overlapped));
}

static void connect_client(struct accepting *a)
{
    assert_wsa(connect(a->client, (struct sockaddr *)&a->address, sizeof a->address));
}

static void stop_accepting(struct accepting *a)
{
    closesocket(a->listener);
    closesocket(a->acceptor);
    closesocket(a->client);
    CloseHandle(a->port);
}

/* SOCK-218 SOCK-219 SOCK-220 */
static void accept_ex_refuses_what_it_must(void **state)
{
    struct accepting a;
    struct sockaddr_in udp_address;
    OVERLAPPED overlapped = {0};
    SOCKET fresh = socket(AF_INET, SOCK_STREAM, 0), bound = test_bound(),
           udp = test_udp(&udp_address), client, server;
    char buffer[128];
    DWORD bytes;
    (void)state;
    start_accepting(&a, 0);
    test_tcp_pair(&client, &server);
#define REFUSES(error, ...) assert_fails(error, AcceptEx(__VA_ARGS__, &bytes, &overlapped))
#define BEGINS_AND_REFUSES(error, ...)                         \
    do {                                                       \
        overlapped.Internal = 0x55;                            \
        REFUSES(error, __VA_ARGS__);                           \
        assert_int_equal(overlapped.Internal, STATUS_PENDING); \
    } while (0)
    BEGINS_AND_REFUSES(WSAENOTSOCK, INVALID_SOCKET, fresh, buffer, 0, ROOM, ROOM);
    BEGINS_AND_REFUSES(WSAEINVAL, bound, fresh, buffer, 0, ROOM, ROOM);
    BEGINS_AND_REFUSES(WSAENOTSOCK, a.listener, INVALID_SOCKET, buffer, 0, ROOM, ROOM);
    REFUSES(WSAEFAULT, a.listener, fresh, NULL, 0, ROOM, ROOM);
    REFUSES(WSAEFAULT, a.listener, fresh, buffer, 0, ROOM, 0);
    REFUSES(WSAEINVAL, a.listener, udp, buffer, 0, ROOM, ROOM);
    REFUSES(WSAEINVAL, a.listener, bound, buffer, 0, ROOM, ROOM);
    REFUSES(WSAEINVAL, a.listener, a.acceptor, buffer, 0, ROOM, ROOM);
    REFUSES(WSAEINVAL, a.listener, a.listener, buffer, 0, ROOM, ROOM);
    REFUSES(WSAEINVAL, a.listener, client, buffer, 0, ROOM, ROOM);
#undef BEGINS_AND_REFUSES
#undef REFUSES
    assert_fails(ERROR_INVALID_PARAMETER,
                 AcceptEx(a.listener, fresh, buffer, 0, ROOM, ROOM, &bytes, NULL));
    test_no_packet(a.port);
    closesocket(client);
    closesocket(server);
    closesocket(fresh);
    closesocket(bound);
    closesocket(udp);
    stop_accepting(&a);
}

/* SOCK-223 SOCK-224 SOCK-228 SOCK-229 SOCK-239 SOCK-240 */
static void accept_ex_gives_connection_and_addresses(void **state)
{
    struct accepting a;
    struct sockaddr *local = NULL, *remote = NULL;
    int local_length = 0, remote_length = 0, length = sizeof(struct sockaddr_in);
    HANDLE other = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    struct sockaddr_in name;
    struct packet packet;
    (void)state;
    start_accepting(&a, 0);
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)a.acceptor, other, 12, 0), other);
    connect_client(&a);
    packet = test_next_packet(a.port);
    assert_true(packet.ok);
    assert_int_equal(packet.bytes, 0);
    assert_int_equal(packet.key, 11);
    assert_ptr_equal(packet.overlapped, &a.overlapped);
    GetAcceptExSockaddrs(a.buffer, 0, ROOM, ROOM, &local, &local_length, &remote, &remote_length);
    assert_int_equal(local_length, sizeof name);
    assert_int_equal(remote_length, sizeof name);
    assert_memory_equal(local, &a.address, 8);
    assert_wsa(getsockname(a.client, (struct sockaddr *)&name, &length));
    assert_memory_equal(remote, &name, 8);
    assert_wsa_fails(WSAEFAULT,
                     setsockopt(a.acceptor, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, NULL, 0));
    assert_wsa(setsockopt(a.acceptor, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&a.listener,
                          sizeof a.listener));
    assert_int_equal(send(a.acceptor, "hi", 2, 0), 2);
    test_no_packet(other);
    stop_accepting(&a);
    CloseHandle(other);
}

/* SOCK-223 SOCK-228 SOCK-221 */
static void accept_ex_pends_though_somebody_waits_already(void **state)
{
    struct accepting a = {0};
    struct sockaddr *local = (struct sockaddr *)1, *remote = NULL;
    int local_length = 7, remote_length = 0, length = sizeof(struct sockaddr_in);
    struct sockaddr_in name;
    DWORD bytes;
    char rest[8];
    (void)state;
    a.listener = test_listener(&a.address);
    a.port = CreateIoCompletionPort((HANDLE)a.listener, NULL, 11, 0);
    a.acceptor = socket(AF_INET, SOCK_STREAM, 0);
    a.client = socket(AF_INET, SOCK_STREAM, 0);
    connect_client(&a);
    assert_int_equal(send(a.client, "abcdefg", 7, 0), 7);
    memset(a.buffer, 0x5a, sizeof a.buffer);
    assert_fails(WSA_IO_PENDING,
                 AcceptEx(a.listener, a.acceptor, a.buffer, 4, 0, ROOM, &bytes, &a.overlapped));
    assert_int_equal(test_next_packet(a.port).bytes, 4);
    assert_memory_equal(a.buffer, "abcd", 4);
    GetAcceptExSockaddrs(a.buffer, 4, 0, ROOM, &local, &local_length, &remote, &remote_length);
    assert_ptr_equal(local, (struct sockaddr *)1);
    assert_int_equal(local_length, 7);
    assert_wsa(getsockname(a.client, (struct sockaddr *)&name, &length));
    assert_memory_equal(remote, &name, 8);
    assert_int_equal((unsigned char)a.buffer[4 + ROOM], 0x5a);
    assert_int_equal(recv(a.acceptor, rest, sizeof rest, 0), 3);
    assert_memory_equal(rest, "efg", 3);
    stop_accepting(&a);
}

/* SOCK-225 SOCK-226 */
static void accept_ex_with_data_waits_for_it(void **state)
{
    struct accepting a;
    struct packet packet;
    (void)state;
    start_accepting(&a, 16);
    connect_client(&a);
    test_no_packet(a.port);
    assert_int_equal(send(a.client, "d", 1, 0), 1);
    packet = test_next_packet(a.port);
    assert_int_equal(packet.bytes, 1);
    assert_int_equal(a.buffer[0], 'd');
    stop_accepting(&a);
    start_accepting(&a, 16);
    connect_client(&a);
    closesocket(a.client);
    packet = test_next_packet(a.port);
    assert_true(packet.ok);
    assert_int_equal(packet.bytes, 0);
    stop_accepting(&a);
}

/* SOCK-222 */
static void accept_ex_with_too_little_room_leaves_the_connection(void **state)
{
    static const DWORD rooms[][2] = {
        {ROOM, 3}, {ROOM, ROOM - 12}, {ROOM, ROOM - 1}, {3, ROOM}, {ROOM - 1, ROOM}};
    (void)state;
    for (size_t i = 0; i < ARRAYSIZE(rooms); i++) {
        struct accepting a = {0};
        OVERLAPPED overlapped = {0};
        DWORD bytes;
        SOCKET second = socket(AF_INET, SOCK_STREAM, 0);
        a.listener = test_listener(&a.address);
        a.port = CreateIoCompletionPort((HANDLE)a.listener, NULL, 11, 0);
        a.acceptor = socket(AF_INET, SOCK_STREAM, 0);
        a.client = socket(AF_INET, SOCK_STREAM, 0);
        assert_fails(WSA_IO_PENDING, AcceptEx(a.listener, a.acceptor, a.buffer, 0, rooms[i][0],
                                              rooms[i][1], &bytes, &a.overlapped));
        connect_client(&a);
        assert_int_equal(test_next_packet(a.port).error, ERROR_INSUFFICIENT_BUFFER);
        assert_int_equal(a.overlapped.Internal, 0xC0000023);
        assert_fails(WSA_IO_PENDING,
                     AcceptEx(a.listener, second, a.buffer, 0, ROOM, ROOM, &bytes, &overlapped));
        assert_ptr_equal(test_next_packet(a.port).overlapped, &overlapped);
        closesocket(second);
        stop_accepting(&a);
    }
}

/* SOCK-231 SOCK-085 */
static void an_accept_ex_belongs_to_the_listener(void **state)
{
    struct accepting a;
    struct packet packet;
    (void)state;
    for (int with_data = 0; with_data < 2; with_data++) {
        start_accepting(&a, with_data ? 16 : 0);
        if (with_data)
            connect_client(&a);
        test_no_packet(a.port);
        assert_fails(ERROR_NOT_FOUND, CancelIoEx((HANDLE)a.acceptor, &a.overlapped));
        assert_win32(CancelIo((HANDLE)a.acceptor));
        test_no_packet(a.port);
        assert_win32(CancelIoEx((HANDLE)a.listener, &a.overlapped));
        packet = test_next_packet(a.port);
        assert_int_equal(packet.error, ERROR_OPERATION_ABORTED);
        assert_fails(ERROR_NOT_FOUND, CancelIoEx((HANDLE)a.listener, NULL));
        stop_accepting(&a);
    }
}

/* SOCK-232 SOCK-233 PORT-129 */
static void closing_the_listener_cancels_its_accepts(void **state)
{
    struct accepting a;
    HANDLE duplicate;
    struct packet packet;
    (void)state;
    for (int with_data = 0; with_data < 2; with_data++) {
        start_accepting(&a, with_data ? 16 : 0);
        if (with_data)
            connect_client(&a);
        test_no_packet(a.port);
        assert_win32(DuplicateHandle(GetCurrentProcess(), (HANDLE)a.listener, GetCurrentProcess(),
                                     &duplicate, 0, FALSE, DUPLICATE_SAME_ACCESS));
        assert_wsa(closesocket(a.listener));
        test_no_packet(a.port);
        assert_win32(CloseHandle(duplicate));
        packet = test_next_packet(a.port);
        assert_int_equal(packet.error, ERROR_OPERATION_ABORTED);
        assert_int_equal(packet.key, 11);
        assert_int_equal(a.overlapped.Internal, 0xC0000120);
        if (!with_data) { /* the acceptor may go elsewhere */
            SOCKET listener = test_listener(&a.address);
            assert_wsa(connect(a.acceptor, (struct sockaddr *)&a.address, sizeof a.address));
            closesocket(listener);
        }
        stop_accepting(&a);
    }
}

/* SOCK-234 */
static void closing_the_acceptor_ends_its_accept(void **state)
{
    struct accepting a;
    struct packet packet;
    (void)state;
    for (int with_data = 0; with_data < 2; with_data++) {
        start_accepting(&a, with_data ? 16 : 0);
        if (with_data)
            connect_client(&a);
        test_no_packet(a.port);
        assert_wsa(closesocket(a.acceptor));
        packet = test_next_packet(a.port);
        assert_false(packet.ok);
        assert_int_equal(packet.error, ERROR_OPERATION_ABORTED);
        stop_accepting(&a);
    }
}

/* SOCK-235 */
static void an_acceptor_in_use_is_taken(void **state)
{
    struct accepting a;
    struct sockaddr_in any = {.sin_family = AF_INET};
    OVERLAPPED overlapped = {0};
    LPFN_CONNECTEX connect_ex;
    (void)state;
    start_accepting(&a, 0);
    connect_ex = (LPFN_CONNECTEX)test_extension(a.acceptor, (GUID)WSAID_CONNECTEX);
    assert_fails(WSAEINVAL, connect_ex(a.acceptor, (struct sockaddr *)&a.address, sizeof a.address,
                                       NULL, 0, NULL, &overlapped));
    assert_wsa_fails(WSAEINVAL,
                     connect(a.acceptor, (struct sockaddr *)&a.address, sizeof a.address));
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_wsa_fails(WSAEINVAL, bind(a.acceptor, (struct sockaddr *)&any, sizeof any));
    stop_accepting(&a);
}

/* SOCK-236 SOCK-244 */
static void accepts_are_served_in_posting_order(void **state)
{
    enum { COUNT = 8 };
    struct accepting a;
    SOCKET acceptors[COUNT], clients[COUNT];
    OVERLAPPED overlapped[COUNT];
    static char buffers[COUNT][16 + 2 * ROOM];
    DWORD bytes;
    (void)state;
    start_accepting(&a, 16); /* idle: it must not hold up those behind it */
    connect_client(&a);
    memset(overlapped, 0, sizeof overlapped);
    for (int i = 0; i < COUNT; i++) {
        acceptors[i] = socket(AF_INET, SOCK_STREAM, 0);
        assert_fails(WSA_IO_PENDING, AcceptEx(a.listener, acceptors[i], buffers[i], 0, ROOM, ROOM,
                                              &bytes, &overlapped[i]));
    }
    for (int i = 0; i < COUNT; i++) {
        clients[i] = socket(AF_INET, SOCK_STREAM, 0);
        assert_wsa(connect(clients[i], (struct sockaddr *)&a.address, sizeof a.address));
        assert_ptr_equal(test_next_packet(a.port).overlapped, &overlapped[i]);
    }
    for (int i = 0; i < COUNT; i++) {
        closesocket(acceptors[i]);
        closesocket(clients[i]);
    }
    stop_accepting(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accept_ex_refuses_what_it_must),
        cmocka_unit_test(accept_ex_gives_connection_and_addresses),
        cmocka_unit_test(accept_ex_pends_though_somebody_waits_already),
        cmocka_unit_test(accept_ex_with_data_waits_for_it),
        cmocka_unit_test(accept_ex_with_too_little_room_leaves_the_connection),
        cmocka_unit_test(an_accept_ex_belongs_to_the_listener),
        cmocka_unit_test(closing_the_listener_cancels_its_accepts),
        cmocka_unit_test(closing_the_acceptor_ends_its_accept),
        cmocka_unit_test(an_acceptor_in_use_is_taken),
        cmocka_unit_test(accepts_are_served_in_posting_order),
    };
    return cmocka_run_group_tests(tests, test_winsock_up, test_winsock_down);
}

/* Socket options, and who may be bound beside whom. */
#include "sockets.h"

#define assert_set(s, level, name, value) \
    assert_wsa(setsockopt(s, level, name, (const char *)&(value), sizeof(value)))

static int get_int(SOCKET s, int level, int name)
{
    int value = 0, length = sizeof value;
    assert_wsa(getsockopt(s, level, name, (char *)&value, &length));
    return value;
}

static void set_int(SOCKET s, int level, int name, int value)
{
    assert_set(s, level, name, value);
    assert_int_equal(get_int(s, level, name), value);
}

/* SOCK-363 SOCK-364 SOCK-366 SOCK-368 SOCK-375 */
static void options_are_judged_by_level_name_and_size(void **state)
{
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    int value = 1, length = sizeof value;
    (void)state;
    assert_wsa_fails(WSAEFAULT, setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, NULL, 4));
    assert_wsa_fails(WSAEFAULT, setsockopt(s, SOL_SOCKET, SO_RCVBUF, (char *)&value, 0));
    assert_wsa_fails(WSAEFAULT, getsockopt(s, SOL_SOCKET, SO_RCVBUF, NULL, &length));
    assert_wsa_fails(WSAEFAULT, getsockopt(s, SOL_SOCKET, SO_RCVBUF, (char *)&value, NULL));
    for (length = -1; length <= 0; length++) {
        int size = length;
        assert_wsa_fails(WSAEFAULT, getsockopt(s, SOL_SOCKET, SO_RCVBUF, (char *)&value, &size));
    }
    assert_wsa_fails(WSAEINVAL, setsockopt(s, 0x8000, SO_KEEPALIVE, (char *)&value, 4));
    assert_wsa_fails(WSAEINVAL, setsockopt(s, -1, SO_KEEPALIVE, (char *)&value, 4));
    length = sizeof value;
    assert_wsa_fails(WSAEINVAL, getsockopt(s, 0x8000, SO_KEEPALIVE, (char *)&value, &length));
    assert_wsa_fails(WSAENOPROTOOPT, setsockopt(s, IPPROTO_TCP, 0x7777, (char *)&value, 4));
    assert_wsa_fails(WSAENOPROTOOPT, setsockopt(s, SOL_SOCKET, 0x7777, (char *)&value, 4));
    assert_wsa_fails(WSAENOPROTOOPT, getsockopt(s, SOL_SOCKET, 0x7777, (char *)&value, &length));
    assert_wsa_fails(WSAEFAULT, setsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&value, 2));
    assert_wsa_fails(WSAEFAULT, setsockopt(s, SOL_SOCKET, SO_RCVBUF, (char *)&value, 3));
    assert_wsa_fails(WSAEFAULT, setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, (char *)&value, 3));
    assert_wsa(setsockopt(s, SOL_SOCKET, SO_OOBINLINE, (char *)&value, -1));
    assert_wsa_fails(WSAENOBUFS, setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, (char *)&value, -1));
    assert_wsa_fails(WSAENOBUFS, setsockopt(s, IPPROTO_TCP, TCP_NODELAY, (char *)&value, -1));
    closesocket(s);
    assert_wsa_fails(WSAENOTSOCK, setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, (char *)&value, 4));
    assert_wsa_fails(WSAENOTSOCK, getsockopt(s, SOL_SOCKET, SO_KEEPALIVE, (char *)&value, &length));
}

/* SOCK-365 SOCK-367 SOCK-369 SOCK-389 SOCK-387 SOCK-388 */
static void booleans_come_in_any_size(void **state)
{
    static const int flags[] = {SO_KEEPALIVE,   SO_DONTROUTE,        SO_DEBUG,
                                SO_USELOOPBACK, SO_RANDOMIZE_PORT,   SO_PORT_SCALABILITY,
                                SO_OOBINLINE,   SO_REUSE_UNICASTPORT};
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    int value, length;
    (void)state;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        for (int size = 1; size <= 4; size *= 2) {
            value = 0x7F;
            assert_wsa(setsockopt(s, SOL_SOCKET, flags[i], (char *)&value, size));
            assert_int_equal(get_int(s, SOL_SOCKET, flags[i]), 1);
            value = 0;
            assert_wsa(setsockopt(s, SOL_SOCKET, flags[i], (char *)&value, size));
            assert_int_equal(get_int(s, SOL_SOCKET, flags[i]), 0);
        }
    value = 0x100;
    assert_wsa(setsockopt(s, IPPROTO_TCP, TCP_NODELAY, (char *)&value, 4));
    assert_int_equal(get_int(s, IPPROTO_TCP, TCP_NODELAY), 0);
    value = 1;
    assert_wsa(setsockopt(s, IPPROTO_TCP, TCP_NODELAY, (char *)&value, 1));
    value = -1;
    length = sizeof value;
    assert_wsa(getsockopt(s, IPPROTO_TCP, TCP_NODELAY, (char *)&value, &length));
    assert_int_equal(length, 1);
    assert_int_equal(value, 1);
    length = sizeof value;
    assert_wsa(getsockopt(s, SOL_SOCKET, SO_KEEPALIVE, (char *)&value, &length));
    assert_int_equal(length, 1);
    assert_int_equal(get_int(s, SOL_SOCKET, SO_GROUP_ID), 0);
    assert_int_equal(get_int(s, SOL_SOCKET, SO_GROUP_PRIORITY), 0);
    closesocket(s);
}

/* What one option makes of 0x100 and of sizes. */
struct option_size {
    int family, type, level, name;
    int takes_short, size; /* one byte or two are enough; as many are told with room for eight */
    int hundred;           /* what 0x100 reads back as; -1: it is refused */
};

static void check_option_size(const struct option_size *option)
{
    SOCKET s = socket(option->family, option->type, 0);
    int error = option->level == SOL_SOCKET && option->size == 4 ? 0 : WSAENOBUFS, result, length;
    uint64_t one = 0xFFFFFFFF00000001, got;
    int hundred = 0x100, value = 1;
    for (int size = 1; size <= 8; size *= 2) {
        int is_taken = option->takes_short || size >= 4;
        result = setsockopt(s, option->level, option->name, (char *)&one, size);
        assert_int_equal(result == 0 ? 0 : WSAGetLastError(), is_taken ? 0 : WSAEFAULT);
        got = 0;
        length = size;
        result = getsockopt(s, option->level, option->name, (char *)&got, &length);
        assert_int_equal(result == 0 ? 0 : WSAGetLastError(), is_taken ? 0 : WSAEFAULT);
        if (is_taken)
            assert_int_equal(got, 1);
        if (size >= 4)
            assert_int_equal(length, option->size);
    }
    result = setsockopt(s, option->level, option->name, (char *)&hundred, sizeof hundred);
    assert_int_equal(result == 0 ? 0 : WSAGetLastError(), option->hundred < 0 ? WSAEINVAL : 0);
    if (option->hundred >= 0)
        assert_int_equal(get_int(s, option->level, option->name), option->hundred);
    result = setsockopt(s, option->level, option->name, (char *)&value, -1);
    assert_int_equal(result == 0 ? 0 : WSAGetLastError(), error);
    length = 0;
    assert_wsa_fails(WSAEFAULT,
                     getsockopt(s, option->level, option->name, (char *)&value, &length));
    closesocket(s);
}

/* SOCK-365 SOCK-366 SOCK-367 SOCK-368 SOCK-369 SOCK-380 SOCK-384 */
static void each_option_has_its_size(void **state)
{
    enum { FOUR = AF_INET, SIX = AF_INET6, TCP = SOCK_STREAM, UDP = SOCK_DGRAM };
    static const struct option_size options[] = {
        {FOUR, UDP, SOL_SOCKET, SO_BROADCAST, 1, 4, 1},
        {FOUR, TCP, SOL_SOCKET, SO_DONTLINGER, 1, 4, 1},
        {FOUR, TCP, SOL_SOCKET, SO_OOBINLINE, 1, 4, 1},
        {FOUR, TCP, SOL_SOCKET, SO_REUSEADDR, 1, 4, 1},
        {FOUR, TCP, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1, 4, 1},
        {FOUR, TCP, SOL_SOCKET, SO_KEEPALIVE, 1, 1, 0},
        {FOUR, TCP, SOL_SOCKET, SO_DONTROUTE, 1, 1, 0},
        {FOUR, TCP, SOL_SOCKET, SO_RCVBUF, 0, 4, 0x100},
        {FOUR, TCP, SOL_SOCKET, SO_SNDBUF, 0, 4, 0x100},
        {FOUR, TCP, SOL_SOCKET, SO_RCVTIMEO, 0, 4, 0x100},
        {FOUR, TCP, SOL_SOCKET, SO_SNDTIMEO, 0, 4, 0x100},
        {FOUR, TCP, IPPROTO_TCP, TCP_NODELAY, 1, 1, 0},
        {FOUR, TCP, IPPROTO_TCP, TCP_KEEPALIVE, 0, 4, 0x100},
        {FOUR, TCP, IPPROTO_TCP, TCP_KEEPCNT, 0, 4, -1},
        {FOUR, TCP, IPPROTO_TCP, TCP_KEEPINTVL, 0, 4, 0x100},
        {FOUR, UDP, IPPROTO_IP, IP_MULTICAST_LOOP, 1, 4, 1},
        {FOUR, UDP, IPPROTO_IP, IP_MULTICAST_TTL, 1, 4, -1},
        {FOUR, UDP, IPPROTO_IP, IP_PKTINFO, 0, 4, 1},
        {FOUR, UDP, IPPROTO_IP, IP_RECVTOS, 0, 4, 1},
        {FOUR, UDP, IPPROTO_IP, IP_RECVTTL, 0, 4, 1},
        {FOUR, UDP, IPPROTO_IP, IP_TOS, 1, 4, -1},
        {FOUR, UDP, IPPROTO_IP, IP_TTL, 1, 4, -1},
        {SIX, TCP, IPPROTO_IPV6, IPV6_DONTFRAG, 1, 4, 1},
        {SIX, UDP, IPPROTO_IPV6, IPV6_HOPLIMIT, 0, 4, 1},
        {SIX, UDP, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 1, 4, -1},
        {SIX, UDP, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 1, 4, 1},
        {SIX, UDP, IPPROTO_IPV6, IPV6_PKTINFO, 0, 4, 1},
        {SIX, UDP, IPPROTO_IPV6, IPV6_RECVTCLASS, 0, 4, 1},
        {SIX, UDP, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 1, 4, -1},
        {SIX, UDP, IPPROTO_IPV6, IPV6_V6ONLY, 1, 1, 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAYSIZE(options); i++) {
        print_message("level %d option %#x\n", options[i].level, (unsigned)options[i].name);
        check_option_size(&options[i]);
    }
}

/* SOCK-370 SOCK-371 SOCK-372 SOCK-373 SOCK-374 SOCK-162 */
static void numbers_read_back_as_they_were_set(void **state)
{
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0), udp = socket(AF_INET, SOCK_DGRAM, 0);
    SOCKET client, server;
    int value = 1, length = 1;
    char got;
    (void)state;
    for (int bytes = 0; bytes <= 100000; bytes = bytes * 10 + 7) {
        set_int(s, SOL_SOCKET, SO_SNDBUF, bytes);
        set_int(s, SOL_SOCKET, SO_RCVBUF, bytes);
        set_int(s, SOL_SOCKET, SO_RCVTIMEO, bytes);
        set_int(s, SOL_SOCKET, SO_SNDTIMEO, bytes);
    }
    assert_wsa_fails(WSAEFAULT, getsockopt(s, SOL_SOCKET, SO_ERROR, (char *)&value, &length));
    set_int(s, SOL_SOCKET, SO_ERROR, 0xdead);
    assert_int_equal(get_int(s, SOL_SOCKET, SO_ERROR), 0xdead);
    assert_wsa_fails(WSAENOPROTOOPT, setsockopt(s, SOL_SOCKET, SO_TYPE, (char *)&value, 4));
    assert_wsa_fails(WSAEINVAL, setsockopt(udp, SOL_SOCKET, SO_TYPE, (char *)&value, 4));
    assert_wsa_fails(WSAENOPROTOOPT, setsockopt(s, SOL_SOCKET, SO_ACCEPTCONN, (char *)&value, 4));
    test_tcp_pair(&client, &server);
    set_int(server, SOL_SOCKET, SO_RCVBUF, 1);
    assert_int_equal(send(client, "x", 1, 0), 1);
    assert_int_equal(recv(server, &got, 1, 0), 1);
    closesocket(client);
    closesocket(server);
    closesocket(s);
    closesocket(udp);
}

/* SOCK-355 SOCK-356 */
static void linger_is_for_streams(void **state)
{
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0), udp = socket(AF_INET, SOCK_DGRAM, 0);
    LINGER linger = {1, 5};
    int length = sizeof linger, on = 1;
    (void)state;
    assert_int_equal(get_int(s, SOL_SOCKET, SO_DONTLINGER), 1);
    assert_set(s, SOL_SOCKET, SO_LINGER, linger);
    assert_int_equal(get_int(s, SOL_SOCKET, SO_DONTLINGER), 0);
    assert_set(s, SOL_SOCKET, SO_DONTLINGER, on);
    assert_wsa(getsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&linger, &length));
    assert_int_equal(linger.l_onoff, 0);
    assert_wsa_fails(WSAENOPROTOOPT,
                     setsockopt(udp, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger));
    assert_wsa_fails(WSAENOPROTOOPT,
                     getsockopt(udp, SOL_SOCKET, SO_LINGER, (char *)&linger, &length));
    closesocket(s);
    closesocket(udp);
}

/* SOCK-378 SOCK-380 SOCK-381 SOCK-384 SOCK-385 */
static void options_of_ip_and_tcp_work(void **state)
{
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0), udp = socket(AF_INET, SOCK_DGRAM, 0);
    int value = 0x1234;
    (void)state;
    assert_int_equal(get_int(udp, IPPROTO_IP, IP_DONTFRAGMENT), 0);
    assert_int_equal(get_int(s, IPPROTO_IP, IP_DONTFRAGMENT), 1);
    set_int(udp, IPPROTO_IP, IP_DONTFRAGMENT, 1);
    set_int(udp, IPPROTO_IP, IP_DONTFRAGMENT, 0);
    set_int(s, IPPROTO_IP, IP_TTL, 77);
    assert_wsa_fails(WSAEINVAL, setsockopt(s, IPPROTO_IP, IP_TTL, (char *)&value, 4));
    assert_wsa_fails(WSAEINVAL, setsockopt(s, IPPROTO_IP, IP_TOS, (char *)&value, 4));
    value = 0x10;
    assert_set(s, IPPROTO_IP, IP_TOS, value);
    assert_int_equal(get_int(s, IPPROTO_IP, IP_TOS), 0x10);
    assert_wsa_fails(WSAEINVAL, setsockopt(s, IPPROTO_IP, IP_HDRINCL, (char *)&value, 4));
    set_int(s, IPPROTO_TCP, TCP_KEEPALIVE, 100);
    set_int(s, IPPROTO_TCP, TCP_KEEPCNT, 5);
    set_int(s, IPPROTO_TCP, TCP_KEEPINTVL, 3);
    set_int(s, IPPROTO_TCP, TCP_MAXRT, 20);
    assert_wsa_fails(WSAENOPROTOOPT,
                     setsockopt(s, IPPROTO_TCP, TCP_EXPEDITED_1122, (char *)&value, 4));
    closesocket(s);
    closesocket(udp);
}

/* SOCK-379 */
static void v6only_is_on_at_first_and_fixed_by_bind(void **state)
{
    SOCKET six = socket(AF_INET6, SOCK_STREAM, 0), four = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int value = 1;
    (void)state;
    assert_int_equal(get_int(six, IPPROTO_IPV6, IPV6_V6ONLY), 1);
    set_int(six, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    assert_int_equal(get_int(four, IPPROTO_IPV6, IPV6_V6ONLY), 1);
    set_int(four, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    assert_wsa(bind(six, (struct sockaddr *)&address, sizeof address));
    assert_wsa_fails(WSAEINVAL, setsockopt(six, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&value, 4));
    closesocket(six);
    closesocket(four);
}

/* SOCK-376 SOCK-377 SOCK-024 */
static void a_socket_tells_its_protocol(void **state)
{
    static const GUID ipv4 = {
        0xe70f1aa0, 0xab8b, 0x11cf, {0x8c, 0xa3, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92}};
    SOCKET tcp = socket(AF_INET, SOCK_STREAM, 0), udp6 = socket(AF_INET6, SOCK_DGRAM, 0), made;
    WSAPROTOCOL_INFOW info, list[8];
    WSAPROTOCOL_INFOA narrow;
    int length = 10, wanted[] = {IPPROTO_UDP, 0};
    DWORD size = 0;
    (void)state;
    assert_wsa_fails(WSAEFAULT,
                     getsockopt(tcp, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &length));
    assert_int_equal(length, sizeof info);
    assert_wsa(getsockopt(tcp, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &length));
    assert_memory_equal(&info.ProviderId, &ipv4, sizeof ipv4);
    assert_int_equal(info.iAddressFamily, AF_INET);
    assert_int_equal(info.iSocketType, SOCK_STREAM);
    assert_int_equal(info.iProtocol, IPPROTO_TCP);
    made = WSASocketW(0, 0, 0, &info, 0, 0);
    assert_int_equal(get_int(made, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
    closesocket(made);
    made = WSASocketW(AF_INET, SOCK_DGRAM, IPPROTO_UDP, &info, 0, 0);
    assert_int_equal(get_int(made, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
    closesocket(made);
    info.iAddressFamily = info.iSocketType = info.iProtocol = -1; /* the family is judged first */
    assert_wsa_fails(WSAEAFNOSUPPORT, (int)WSASocketW(0, 0, IPPROTO_UDP, &info, 0, 0));
    info.iAddressFamily = info.iSocketType = info.iProtocol = 0;
    assert_wsa_fails(WSAEAFNOSUPPORT, (int)WSASocketW(0, 0, IPPROTO_UDP, &info, 0, 0));
    length = sizeof narrow;
    assert_wsa(getsockopt(udp6, SOL_SOCKET, SO_PROTOCOL_INFOA, (char *)&narrow, &length));
    assert_int_equal(narrow.iAddressFamily, AF_INET6);
    assert_int_equal(narrow.dwMessageSize, 65527);
    assert_int_equal(get_int(udp6, SOL_SOCKET, SO_MAX_MSG_SIZE), 65527);
    assert_wsa_fails(WSAENOBUFS, WSAEnumProtocolsW(wanted, NULL, &size));
    assert_int_equal(size, 2 * sizeof info);
    size = sizeof list;
    assert_int_equal(WSAEnumProtocolsW(wanted, list, &size), 2);
    assert_int_equal(list[0].iProtocol, IPPROTO_UDP);
    assert_true(WSAEnumProtocolsW(NULL, list, &size) >= 4);
    closesocket(tcp);
    closesocket(udp6);
}

/* SOCK-386 */
static void a_socket_tells_its_addresses_at_once(void **state)
{
    union {
        CSADDR_INFO info;
        char room[256];
    } state_of;
    SOCKET client, server;
    int length = sizeof(CSADDR_INFO);
    (void)state;
    test_tcp_pair(&client, &server);
    assert_wsa_fails(WSAEFAULT,
                     getsockopt(client, SOL_SOCKET, SO_BSP_STATE, (char *)&state_of, &length));
    length = sizeof state_of;
    assert_wsa(getsockopt(client, SOL_SOCKET, SO_BSP_STATE, (char *)&state_of, &length));
    assert_int_equal(state_of.info.iSocketType, SOCK_STREAM);
    assert_int_equal(state_of.info.iProtocol, IPPROTO_TCP);
    assert_int_equal(state_of.info.LocalAddr.lpSockaddr->sa_family, AF_INET);
    assert_int_equal(((struct sockaddr_in *)state_of.info.RemoteAddr.lpSockaddr)->sin_addr.s_addr,
                     htonl(INADDR_LOOPBACK));
    closesocket(client);
    closesocket(server);
}

/* SOCK-382 SOCK-383 SOCK-040 */
static void multicast_has_windows_numbers(void **state)
{
    SOCKET receiver = socket(AF_INET, SOCK_DGRAM, 0), sender = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET}, group;
    struct in_addr loopback = {.S_un.S_addr = htonl(INADDR_LOOPBACK)};
    IP_MREQ request = {.imr_interface = loopback};
    int length = sizeof address, on = 1;
    char byte = 0;
    (void)state;
    request.imr_multiaddr.s_addr = inet_addr("239.1.2.3");
    assert_wsa(bind(receiver, (struct sockaddr *)&address, sizeof address));
    assert_wsa(getsockname(receiver, (struct sockaddr *)&address, &length));
    assert_set(receiver, IPPROTO_IP, IP_ADD_MEMBERSHIP, request);
    assert_set(receiver, IPPROTO_IP, IP_PKTINFO, on);
    assert_int_equal(get_int(receiver, IPPROTO_IP, IP_PKTINFO), 1);
    assert_set(sender, IPPROTO_IP, IP_MULTICAST_IF, loopback);
    set_int(sender, IPPROTO_IP, IP_MULTICAST_TTL, 3);
    set_int(sender, IPPROTO_IP, IP_MULTICAST_LOOP, 1);
    group = address;
    group.sin_addr = request.imr_multiaddr;
    assert_int_equal(sendto(sender, "m", 1, 0, (struct sockaddr *)&group, sizeof group), 1);
    assert_int_equal(recv(receiver, &byte, 1, 0), 1);
    assert_int_equal(byte, 'm');
    assert_set(receiver, IPPROTO_IP, IP_DROP_MEMBERSHIP, request);
    assert_wsa_fails(WSAEINVAL, (int)WSAJoinLeaf(receiver, (struct sockaddr *)&group, sizeof group,
                                                 NULL, NULL, NULL, NULL, 0));
    assert_wsa_fails(
        WSAEFAULT, (int)WSAJoinLeaf(receiver, NULL, sizeof group, NULL, NULL, NULL, NULL, JL_BOTH));
    closesocket(receiver);
    closesocket(sender);
}

/* SOCK-015 SOCK-368 */
static void the_open_type_is_the_threads(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    int type = SO_SYNCHRONOUS_NONALERT;
    int got = 0, length = -1;
    SOCKET s;
    (void)state;
    assert_int_equal(get_int(INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE), 0);
    assert_wsa(setsockopt(INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE, (char *)&type, -1));
    assert_wsa(getsockopt(INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE, (char *)&got, &length));
    assert_int_equal(got, type);
    assert_int_equal(length, sizeof got);
    length = 2;
    assert_wsa_fails(WSAEFAULT,
                     getsockopt(INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE, (char *)&got, &length));
    assert_wsa_fails(WSAEFAULT,
                     setsockopt(INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE, (char *)&type, 2));
    assert_set(INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE, type);
    assert_int_equal(get_int(INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE), type);
    s = socket(AF_INET, SOCK_STREAM, 0);
    assert_fails(ERROR_INVALID_PARAMETER, CreateIoCompletionPort((HANDLE)s, port, 1, 0));
    closesocket(s);
    type = 0;
    assert_set(INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE, type);
    s = socket(AF_INET, SOCK_STREAM, 0);
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)s, port, 1, 0), port);
    closesocket(s);
    CloseHandle(port);
}

/* SOCK-167 SOCK-169 */
static void accept_inherits_the_listeners_options(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    struct sockaddr_in address;
    SOCKET listener = test_listener(&address), client = socket(AF_INET, SOCK_STREAM, 0), accepted;
    LINGER linger = {1, 9}, got;
    OVERLAPPED overlapped = {0};
    int length = sizeof got, on = 1;
    char byte;
    (void)state;
    set_int(listener, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_int(listener, SOL_SOCKET, SO_OOBINLINE, 1);
    set_int(listener, SOL_SOCKET, SO_SNDBUF, 12345);
    set_int(listener, SOL_SOCKET, SO_RCVBUF, 23456);
    set_int(listener, SOL_SOCKET, SO_SNDTIMEO, 345);
    set_int(listener, SOL_SOCKET, SO_RCVTIMEO, 456);
    set_int(listener, IPPROTO_TCP, TCP_NODELAY, 1);
    assert_set(listener, SOL_SOCKET, SO_REUSEADDR, on);
    assert_set(listener, SOL_SOCKET, SO_LINGER, linger);
    assert_wsa(connect(client, (struct sockaddr *)&address, sizeof address));
    accepted = accept(listener, NULL, NULL);
    assert_int_equal(get_int(accepted, SOL_SOCKET, SO_KEEPALIVE), 1);
    assert_int_equal(get_int(accepted, SOL_SOCKET, SO_OOBINLINE), 1);
    assert_int_equal(get_int(accepted, SOL_SOCKET, SO_SNDBUF), 12345);
    assert_int_equal(get_int(accepted, SOL_SOCKET, SO_RCVBUF), 23456);
    assert_int_equal(get_int(accepted, SOL_SOCKET, SO_SNDTIMEO), 345);
    assert_int_equal(get_int(accepted, SOL_SOCKET, SO_RCVTIMEO), 456);
    assert_int_equal(get_int(accepted, IPPROTO_TCP, TCP_NODELAY), 1);
    assert_int_equal(get_int(accepted, SOL_SOCKET, SO_REUSEADDR), 1);
    assert_wsa(getsockopt(accepted, SOL_SOCKET, SO_LINGER, (char *)&got, &length));
    assert_int_equal(got.l_linger, 9);
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)accepted, port, 1, 0), port);
    test_receive_pends(accepted, &byte, 1, &overlapped);
    closesocket(client);
    assert_ptr_equal(test_next_packet(port).overlapped, &overlapped);
    closesocket(accepted);
    closesocket(listener);
    CloseHandle(port);
}

/* SOCK-241 */
static void accept_ex_inherits_when_told(void **state)
{
    struct sockaddr_in address;
    SOCKET listener = test_listener(&address), acceptor = socket(AF_INET, SOCK_STREAM, 0),
           client = socket(AF_INET, SOCK_STREAM, 0);
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    char buffer[64];
    DWORD bytes;
    (void)state;
    set_int(listener, SOL_SOCKET, SO_SNDBUF, 12345);
    assert_false(AcceptEx(listener, acceptor, buffer, 0, 32, 32, &bytes, &overlapped));
    assert_wsa(connect(client, (struct sockaddr *)&address, sizeof address));
    assert_int_equal(WaitForSingleObject(overlapped.hEvent, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_not_equal(get_int(acceptor, SOL_SOCKET, SO_SNDBUF), 12345);
    assert_set(acceptor, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, listener);
    assert_int_equal(get_int(acceptor, SOL_SOCKET, SO_SNDBUF), 12345);
    CloseHandle(overlapped.hEvent);
    closesocket(client);
    closesocket(acceptor);
    closesocket(listener);
}

/* ---- the bind matrix ---- */

enum sharing { PLAIN = 'p', REUSE = 'r', EXCLUSIVE = 'e' };

/* An address as the table writes it: any, one, and so on; six: with V6ONLY off. */
static void address_of(const char *text, u_short port, struct sockaddr_storage *address,
                       int *length)
{
    struct sockaddr_in *in = (struct sockaddr_in *)address;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)address;
    memset(address, 0, sizeof *address);
    if (strchr(text, ':')) {
        in6->sin6_family = AF_INET6;
        in6->sin6_port = port;
        assert_int_equal(inet_pton(AF_INET6, text, &in6->sin6_addr), 1);
        *length = sizeof *in6;
    } else {
        in->sin_family = AF_INET;
        in->sin_port = port;
        assert_int_equal(inet_pton(AF_INET, text, &in->sin_addr), 1);
        *length = sizeof *in;
    }
}

static SOCKET make_sharing(const char *text, int type, enum sharing sharing)
{
    SOCKET s = socket(strchr(text, ':') ? AF_INET6 : AF_INET, type, 0);
    int on = 1, off = 0;
    assert_true(s != INVALID_SOCKET);
    if (strchr(text, ':'))
        assert_set(s, IPPROTO_IPV6, IPV6_V6ONLY, off);
    if (sharing == REUSE)
        assert_set(s, SOL_SOCKET, SO_REUSEADDR, on);
    if (sharing == EXCLUSIVE)
        assert_set(s, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, on);
    return s;
}

enum kind { DATAGRAM, STREAM, LISTENING, KINDS };

/* Binds the first anywhere, the second to the same port; what the second bind gave. */
static int bind_beside(enum kind kind, const char *first_text, enum sharing first_sharing,
                       const char *second_text, enum sharing second_sharing)
{
    int type = kind == DATAGRAM ? SOCK_DGRAM : SOCK_STREAM;
    SOCKET first = make_sharing(first_text, type, first_sharing);
    SOCKET second = make_sharing(second_text, type, second_sharing);
    struct sockaddr_storage address;
    int length, result;
    address_of(first_text, 0, &address, &length);
    assert_wsa(bind(first, (struct sockaddr *)&address, length));
    assert_wsa(getsockname(first, (struct sockaddr *)&address, &length));
    if (kind == LISTENING)
        assert_wsa(listen(first, 5));
    address_of(second_text, ((struct sockaddr_in *)&address)->sin_port, &address, &length);
    WSASetLastError(0);
    result = bind(second, (struct sockaddr *)&address, length) ? WSAGetLastError() : 0;
    if (result == 0 && kind == LISTENING)
        assert_wsa(listen(second, 5));
    closesocket(first);
    closesocket(second);
    return result;
}

/* SOCK-174..SOCK-190 */
static void sharing_a_port_follows_the_matrix(void **state)
{
    static const struct {
        const char *row, *first;
        enum sharing first_sharing;
        const char *second;
        enum sharing second_sharing;
        int result;
    } rows[] = {
        {"174", "0.0.0.0", PLAIN, "0.0.0.0", PLAIN, WSAEADDRINUSE},
        {"174", "127.0.0.1", PLAIN, "127.0.0.1", PLAIN, WSAEADDRINUSE},
        {"175", "0.0.0.0", PLAIN, "127.0.0.1", PLAIN, 0},
        {"176", "127.0.0.1", PLAIN, "0.0.0.0", PLAIN, 0},
        {"177", "127.0.0.1", PLAIN, "127.0.0.1", REUSE, WSAEACCES},
        {"178", "127.0.0.1", REUSE, "127.0.0.1", PLAIN, WSAEADDRINUSE},
        {"179", "127.0.0.1", REUSE, "127.0.0.1", REUSE, 0},
        {"181", "0.0.0.0", EXCLUSIVE, "127.0.0.1", PLAIN, WSAEACCES},
        {"181", "0.0.0.0", EXCLUSIVE, "127.0.0.1", EXCLUSIVE, WSAEACCES},
        {"182", "127.0.0.1", EXCLUSIVE, "0.0.0.0", PLAIN, 0},
        {"183", "0.0.0.0", PLAIN, "127.0.0.1", EXCLUSIVE, 0},
        {"184", "127.0.0.1", PLAIN, "0.0.0.0", EXCLUSIVE, WSAEADDRINUSE},
        {"184", "127.0.0.1", PLAIN, "::", EXCLUSIVE, WSAEADDRINUSE},
        {"185", "127.0.0.1", PLAIN, "127.0.0.1", EXCLUSIVE, WSAEADDRINUSE},
        {"185", "127.0.0.1", EXCLUSIVE, "127.0.0.1", PLAIN, WSAEADDRINUSE},
        {"186", "127.0.0.1", EXCLUSIVE, "127.0.0.1", REUSE, WSAEACCES},
        {"187", "::", EXCLUSIVE, "127.0.0.1", PLAIN, WSAEACCES},
        {"187", "::", EXCLUSIVE, "0.0.0.0", PLAIN, WSAEACCES},
        {"188", "::", PLAIN, "0.0.0.0", PLAIN, 0},
        {"188", "::", PLAIN, "0.0.0.0", EXCLUSIVE, 0},
        {"189", "::1", EXCLUSIVE, "0.0.0.0", EXCLUSIVE, 0},
        {"189", "127.0.0.1", EXCLUSIVE, "::1", EXCLUSIVE, 0},
        {"190", "::ffff:127.0.0.1", PLAIN, "127.0.0.1", PLAIN, WSAEADDRINUSE},
        {"190", "::ffff:0.0.0.0", PLAIN, "0.0.0.0", PLAIN, WSAEADDRINUSE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (enum kind kind = 0; kind < KINDS; kind++) {
            int result = bind_beside(kind, rows[i].first, rows[i].first_sharing, rows[i].second,
                                     rows[i].second_sharing);
            if (result != rows[i].result)
                fail_msg("SOCK-%s, %s %c then %s %c, kind %d: %d", rows[i].row, rows[i].first,
                         rows[i].first_sharing, rows[i].second, rows[i].second_sharing, kind,
                         result);
        }
}

/* SOCK-174..SOCK-178 SOCK-181..SOCK-186 */
static void the_matrix_holds_for_every_pair(void **state)
{
    static const char *const addresses[] = {"0.0.0.0", "127.0.0.1"};
    static const enum sharing sharings[] = {PLAIN, REUSE, EXCLUSIVE};
    enum { GOOD = 0, USED = WSAEADDRINUSE, DENIED = WSAEACCES };
    /* By the first's sharing and address, then by the second's. */
    static const int results[3][2][3][2] = {
        {{{USED, GOOD}, {DENIED, GOOD}, {USED, GOOD}},
         {{GOOD, USED}, {GOOD, DENIED}, {USED, USED}}},
        {{{USED, GOOD}, {GOOD, GOOD}, {USED, GOOD}}, {{GOOD, USED}, {GOOD, GOOD}, {USED, USED}}},
        {{{USED, DENIED}, {DENIED, DENIED}, {USED, DENIED}},
         {{GOOD, USED}, {GOOD, DENIED}, {USED, USED}}},
    };
    (void)state;
    for (int i = 0; i < KINDS * 3 * 2 * 3 * 2; i++) {
        enum kind kind = i / 36;
        int how = i / 12 % 3, where = i / 6 % 2, how2 = i / 2 % 3, where2 = i % 2;
        int result =
            bind_beside(kind, addresses[where], sharings[how], addresses[where2], sharings[how2]);
        if (result != results[how][where][how2][where2])
            fail_msg("%s %c then %s %c, kind %d: %d", addresses[where], sharings[how],
                     addresses[where2], sharings[how2], kind, result);
    }
}

static int is_acceptable(SOCKET listener)
{
    struct timeval now = {0, 0};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(listener, &set);
    return select(0, &set, NULL, NULL, &now);
}

static SOCKET connect_to(const struct sockaddr_in *address)
{
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    assert_wsa(connect(s, (const struct sockaddr *)address, sizeof *address));
    return s;
}

/* SOCK-175 SOCK-176 */
static void the_narrower_listener_gets_the_connection(void **state)
{
    struct sockaddr_in wide = {.sin_family = AF_INET}, narrow;
    SOCKET first = make_sharing("0.0.0.0", SOCK_STREAM, PLAIN),
           second = make_sharing("127.0.0.1", SOCK_STREAM, PLAIN), client;
    int length = sizeof wide;
    (void)state;
    assert_wsa(bind(first, (struct sockaddr *)&wide, sizeof wide));
    assert_wsa(listen(first, 5));
    assert_wsa(getsockname(first, (struct sockaddr *)&wide, &length));
    narrow = wide;
    narrow.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_wsa(bind(second, (struct sockaddr *)&narrow, sizeof narrow));
    assert_wsa(listen(second, 5));
    client = connect_to(&narrow);
    wait_until(is_acceptable(second) == 1);
    assert_int_equal(is_acceptable(first), 0);
    closesocket(client);
    closesocket(first);
    closesocket(second);
}

/* SOCK-179 */
static void the_first_of_equal_listeners_gets_every_connection(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    SOCKET first = make_sharing("127.0.0.1", SOCK_STREAM, REUSE),
           second = make_sharing("127.0.0.1", SOCK_STREAM, REUSE);
    SOCKET clients[9];
    int length = sizeof address;
    (void)state;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_wsa(bind(first, (struct sockaddr *)&address, sizeof address));
    assert_wsa(getsockname(first, (struct sockaddr *)&address, &length));
    assert_wsa(listen(first, 20));
    assert_wsa(bind(second, (struct sockaddr *)&address, sizeof address));
    assert_wsa(listen(second, 20));
    for (int i = 0; i < 8; i++)
        clients[i] = connect_to(&address);
    assert_int_equal(is_acceptable(first), 1);
    assert_int_equal(is_acceptable(second), 0);
    closesocket(first);
    clients[8] = connect_to(&address);
    wait_until(is_acceptable(second) == 1);
    for (int i = 0; i < 9; i++)
        closesocket(clients[i]);
    closesocket(second);
}

/* SOCK-191 */
static void a_restarted_server_binds_while_old_connections_linger(void **state)
{
    struct sockaddr_in address;
    SOCKET listener = test_listener(&address), client = connect_to(&address), accepted, again;
    char byte;
    (void)state;
    accepted = accept(listener, NULL, NULL);
    closesocket(accepted); /* this end is the first to close: it stays in TIME_WAIT */
    assert_int_equal(recv(client, &byte, 1, 0), 0);
    closesocket(client);
    closesocket(listener);
    again = socket(AF_INET, SOCK_STREAM, 0);
    assert_wsa(bind(again, (struct sockaddr *)&address, sizeof address));
    assert_wsa(listen(again, 5));
    closesocket(again);
}

/* SOCK-192 */
static void datagram_sockets_may_share_a_port(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    SOCKET first = socket(AF_INET, SOCK_DGRAM, 0), second = socket(AF_INET, SOCK_DGRAM, 0),
           third = socket(AF_INET, SOCK_DGRAM, 0);
    int length = sizeof address, on = 1;
    (void)state;
    assert_set(first, SOL_SOCKET, SO_REUSEADDR, on);
    assert_set(second, SOL_SOCKET, SO_REUSEADDR, on);
    assert_wsa(bind(first, (struct sockaddr *)&address, sizeof address));
    assert_wsa(getsockname(first, (struct sockaddr *)&address, &length));
    assert_wsa(bind(second, (struct sockaddr *)&address, sizeof address));
    assert_wsa_fails(WSAEADDRINUSE, bind(third, (struct sockaddr *)&address, sizeof address));
    closesocket(first);
    closesocket(second);
    closesocket(third);
}

/* It is there, and yet cannot be read. */
static void an_option_in_memory_without_access_is_refused(void **state)
{
    char *no_access = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS);
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    (void)state;
    assert_wsa_fails(WSAEFAULT, setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, no_access, sizeof(int)));
    assert_wsa_fails(WSAEFAULT, setsockopt(s, IPPROTO_TCP, TCP_NODELAY, no_access, sizeof(int)));
    assert_wsa_fails(WSAEFAULT, bind(s, (struct sockaddr *)no_access, sizeof(struct sockaddr_in)));
    assert_win32(VirtualFree(no_access, 0, MEM_RELEASE));
    closesocket(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_option_in_memory_without_access_is_refused),
        cmocka_unit_test(options_are_judged_by_level_name_and_size),
        cmocka_unit_test(booleans_come_in_any_size),
        cmocka_unit_test(each_option_has_its_size),
        cmocka_unit_test(numbers_read_back_as_they_were_set),
        cmocka_unit_test(linger_is_for_streams),
        cmocka_unit_test(options_of_ip_and_tcp_work),
        cmocka_unit_test(v6only_is_on_at_first_and_fixed_by_bind),
        cmocka_unit_test(a_socket_tells_its_protocol),
        cmocka_unit_test(a_socket_tells_its_addresses_at_once),
        cmocka_unit_test(multicast_has_windows_numbers),
        cmocka_unit_test(the_open_type_is_the_threads),
        cmocka_unit_test(accept_inherits_the_listeners_options),
        cmocka_unit_test(accept_ex_inherits_when_told),
        cmocka_unit_test(sharing_a_port_follows_the_matrix),
        cmocka_unit_test(the_matrix_holds_for_every_pair),
        cmocka_unit_test(the_narrower_listener_gets_the_connection),
        cmocka_unit_test(the_first_of_equal_listeners_gets_every_connection),
        cmocka_unit_test(a_restarted_server_binds_while_old_connections_linger),
        cmocka_unit_test(datagram_sockets_may_share_a_port),
    };
    return cmocka_run_group_tests(tests, test_winsock_up, test_winsock_down);
}

/* Datagrams: WSASendTo, WSARecvFrom, WSASendMsg, WSARecvMsg, and the network's answers. */
#include "sockets.h"

#include <mstcpip.h>

/* Two UDP sockets on loopback. */
struct pair {
    SOCKET first, second;
    struct sockaddr_in first_address, second_address;
};

static struct pair udp_pair(void)
{
    struct pair pair;
    pair.first = test_udp(&pair.first_address);
    pair.second = test_udp(&pair.second_address);
    return pair;
}

static void close_pair(struct pair *pair)
{
    closesocket(pair->first);
    closesocket(pair->second);
}

static int send_to(SOCKET s, const void *data, int size, const struct sockaddr_in *to)
{
    return sendto(s, data, size, 0, (const struct sockaddr *)to, sizeof *to);
}

static struct sockaddr_in closed_udp_port(void)
{
    struct sockaddr_in address;
    closesocket(test_udp(&address));
    return address;
}

static void set_nonblocking(SOCKET s)
{
    u_long on = 1;
    assert_wsa(ioctlsocket(s, FIONBIO, &on));
}

/* SOCK-050 SOCK-123 SOCK-124 SOCK-110 */
static void datagrams_complete_in_posting_order(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    struct pair pair = udp_pair();
    OVERLAPPED overlapped[2] = {{0}}, nothing = {0}, sending = {0};
    struct sockaddr_in from[2];
    int from_length[2] = {sizeof from[0], sizeof from[1]};
    char bytes[2][8];
    WSABUF empty = {0, bytes[0]}, out = {3, "abc"};
    struct packet packet;
    DWORD flags = 0, sent = 0;
    (void)state;
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)pair.second, port, 1, 0), port);
    for (int i = 0; i < 2; i++) {
        WSABUF buffer = {8, bytes[i]};
        flags = 0;
        assert_wsa_fails(WSA_IO_PENDING, WSARecvFrom(pair.second, &buffer, 1, NULL, &flags,
                                                     (struct sockaddr *)&from[i], &from_length[i],
                                                     &overlapped[i], NULL));
    }
    assert_wsa(WSASendTo(pair.first, &out, 1, &sent, 0, (struct sockaddr *)&pair.second_address,
                         sizeof pair.second_address, &sending, NULL));
    assert_int_equal(sent, 3);
    assert_int_equal(send_to(pair.first, "de", 2, &pair.second_address), 2);
    for (int i = 0; i < 2; i++) {
        packet = test_next_packet(port);
        assert_ptr_equal(packet.overlapped, &overlapped[i]);
        assert_int_equal(packet.bytes, 3 - i);
        assert_int_equal(from[i].sin_port, pair.first_address.sin_port);
    }
    /* A receive without room takes the datagram and says that it did not fit. */
    flags = 0;
    assert_wsa_fails(WSA_IO_PENDING, WSARecv(pair.second, &empty, 1, NULL, &flags, &nothing, NULL));
    assert_int_equal(send_to(pair.first, "x", 1, &pair.second_address), 1);
    packet = test_next_packet(port);
    assert_int_equal(packet.error, ERROR_MORE_DATA);
    assert_int_equal(packet.bytes, 0);
    set_nonblocking(pair.second);
    assert_wsa_fails(WSAEWOULDBLOCK, recv(pair.second, bytes[0], 8, 0));
    close_pair(&pair);
    CloseHandle(port);
}

/* SOCK-111 SOCK-108 */
static void too_little_room_for_the_sender_leaves_the_datagram(void **state)
{
    struct pair pair = udp_pair();
    struct sockaddr_in from;
    int length = sizeof from - 1;
    char byte = 0;
    (void)state;
    assert_int_equal(send_to(pair.first, "xy", 2, &pair.second_address), 2);
    assert_wsa_fails(WSAEFAULT,
                     recvfrom(pair.second, &byte, 1, 0, (struct sockaddr *)&from, &length));
    assert_int_equal(byte, 0);
    length = sizeof from;
    assert_wsa_fails(WSAEMSGSIZE,
                     recvfrom(pair.second, &byte, 1, 0, (struct sockaddr *)&from, &length));
    assert_int_equal(byte, 'x');
    close_pair(&pair);
}

/* SOCK-101 SOCK-113 SOCK-114 SOCK-115 SOCK-096 */
static void sends_of_datagrams_are_judged(void **state)
{
    static char big[70000];
    struct pair pair = udp_pair();
    struct sockaddr_in nowhere = pair.second_address;
    WSABUF buffer = {1, "x"};
    char byte;
    (void)state;
    assert_wsa_fails(WSAENOTCONN, send(pair.first, "x", 1, 0));
    assert_wsa_fails(WSAEFAULT, WSASendTo(pair.first, &buffer, 1, NULL, 0,
                                          (struct sockaddr *)&nowhere, sizeof nowhere, NULL, NULL));
    assert_wsa_fails(WSAENOTSOCK,
                     WSASendTo(INVALID_SOCKET, &buffer, 1, NULL, 0, (struct sockaddr *)&nowhere,
                               sizeof nowhere, NULL, NULL));
    assert_wsa_fails(WSAEMSGSIZE, send_to(pair.first, big, 65508, &pair.second_address));
    nowhere.sin_port = 0;
    assert_int_equal(send_to(pair.first, "x", 1, &nowhere), 1);
    assert_int_equal(send_to(pair.first, "", 0, &pair.second_address), 0);
    assert_int_equal(recv(pair.second, &byte, 1, 0), 0);
    close_pair(&pair);
}

/* SOCK-115 SOCK-050 */
static void an_overlapped_datagram_to_nobody_completes(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    struct pair pair = udp_pair();
    struct sockaddr_in nowhere = pair.second_address;
    OVERLAPPED overlapped = {0};
    WSABUF buffers[] = {{2, "ab"}, {3, "cde"}};
    struct packet packet;
    (void)state;
    nowhere.sin_port = 0;
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)pair.first, port, 1, 0), port);
    assert_wsa(WSASendTo(pair.first, buffers, 2, NULL, 0, (struct sockaddr *)&nowhere,
                         sizeof nowhere, &overlapped, NULL));
    packet = test_next_packet(port);
    assert_true(packet.ok);
    assert_ptr_equal(packet.overlapped, &overlapped);
    assert_int_equal(packet.bytes, 5);
    test_no_packet(port);
    close_pair(&pair);
    CloseHandle(port);
}

/* SOCK-106 */
static void many_buffers_are_one_datagram_or_one_stream(void **state)
{
    static char out[200], in[200];
    WSABUF buffers[200];
    struct pair pair = udp_pair();
    SOCKET client, server;
    DWORD moved, flags = 0;
    int got = 0;
    (void)state;
    for (int i = 0; i < 200; i++) {
        out[i] = (char)i;
        buffers[i] = (WSABUF){1, &out[i]};
    }
    assert_wsa(WSASendTo(pair.first, buffers, 200, &moved, 0,
                         (struct sockaddr *)&pair.second_address, sizeof pair.second_address, NULL,
                         NULL));
    assert_int_equal(moved, 200);
    assert_int_equal(recv(pair.second, in, sizeof in, 0), 200);
    assert_memory_equal(in, out, 200);
    test_tcp_pair(&client, &server);
    assert_wsa(WSASend(client, buffers, 200, &moved, 0, NULL, NULL));
    assert_int_equal(moved, 200);
    memset(in, 0, sizeof in);
    for (int i = 0; i < 200; i++)
        buffers[i].buf = &in[i];
    while (got < 200) {
        assert_wsa(WSARecv(server, buffers + got, 200 - (DWORD)got, &moved, &flags, NULL, NULL));
        got += (int)moved;
    }
    assert_memory_equal(in, out, 200);
    closesocket(client);
    closesocket(server);
    close_pair(&pair);
}

/* SOCK-117 SOCK-118 ERR-36 */
static void an_unreachable_port_is_told_to_the_receiver_only(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    struct pair pair = udp_pair();
    struct sockaddr_in nobody = closed_udp_port();
    OVERLAPPED overlapped = {0};
    struct packet packet;
    DWORD bytes, flags;
    char byte;
    (void)state;
    for (int i = 0; i < 20; i++)
        assert_int_equal(send_to(pair.first, "x", 1, &nobody), 1);
    assert_wsa_fails(WSAECONNRESET, recv(pair.first, &byte, 1, 0));
    assert_int_equal(send_to(pair.first, "x", 1, &pair.second_address), 1);
    assert_int_equal(recv(pair.second, &byte, 1, 0), 1);
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)pair.second, port, 1, 0), port);
    test_receive_pends(pair.second, &byte, 1, &overlapped);
    assert_int_equal(send_to(pair.second, "x", 1, &nobody), 1);
    packet = test_next_packet(port);
    assert_int_equal(packet.error, ERROR_PORT_UNREACHABLE);
    assert_ptr_equal(packet.overlapped, &overlapped);
    assert_int_equal(overlapped.Internal, 0xC000023F);
    assert_wsa_fails(WSAECONNRESET,
                     WSAGetOverlappedResult(pair.second, &overlapped, &bytes, FALSE, &flags) - 1);
    close_pair(&pair);
    CloseHandle(port);
}

/* SOCK-119 */
static void answers_of_the_network_can_be_turned_off(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    struct pair pair = udp_pair();
    struct sockaddr_in nobody = closed_udp_port();
    OVERLAPPED overlapped = {0};
    struct packet packet;
    BOOL off = FALSE;
    DWORD bytes;
    char byte = 0;
    (void)state;
    assert_wsa(
        WSAIoctl(pair.first, SIO_UDP_CONNRESET, &off, sizeof off, NULL, 0, &bytes, NULL, NULL));
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)pair.first, port, 1, 0), port);
    test_receive_pends(pair.first, &byte, 1, &overlapped);
    for (int i = 0; i < 20; i++)
        assert_int_equal(send_to(pair.first, "x", 1, &nobody), 1);
    assert_int_equal(send_to(pair.second, "y", 1, &pair.first_address), 1);
    packet = test_next_packet(port);
    assert_true(packet.ok);
    assert_int_equal(byte, 'y');
    close_pair(&pair);
    CloseHandle(port);
}

/* SOCK-116 */
static void a_broadcast_needs_leave(void **state)
{
    struct sockaddr_in everybody = {.sin_family = AF_INET, .sin_port = htons(9)};
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);
    (void)state;
    everybody.sin_addr.s_addr = inet_addr("127.255.255.255");
    assert_wsa_fails(WSAEACCES, send_to(s, "x", 1, &everybody));
    assert_wsa(connect(s, (struct sockaddr *)&everybody, sizeof everybody));
    assert_int_equal(send(s, "x", 1, 0), 1);
    closesocket(s);
}

/* SOCK-121 SOCK-122 */
static void a_datagram_socket_may_change_its_peer(void **state)
{
    struct pair pair = udp_pair();
    struct sockaddr_in third_address, nobody = {0};
    SOCKET third = test_udp(&third_address);
    char byte = 0;
    (void)state;
    assert_wsa(connect(pair.first, (struct sockaddr *)&third_address, sizeof third_address));
    assert_wsa(
        connect(pair.first, (struct sockaddr *)&pair.second_address, sizeof pair.second_address));
    assert_int_equal(send_to(third, "t", 1, &pair.first_address), 1);
    assert_int_equal(send_to(pair.second, "s", 1, &pair.first_address), 1);
    assert_int_equal(recv(pair.first, &byte, 1, 0), 1);
    assert_int_equal(byte, 's');
    assert_int_equal(send(pair.first, "x", 1, 0), 1);
    assert_wsa(connect(pair.first, (struct sockaddr *)&nobody, sizeof nobody));
    assert_wsa_fails(WSAENOTCONN, send(pair.first, "x", 1, 0));
    assert_int_equal(send_to(third, "t", 1, &pair.first_address), 1);
    assert_int_equal(recv(pair.first, &byte, 1, 0), 1);
    assert_int_equal(byte, 't');
    close_pair(&pair);
    closesocket(third);
}

/* SOCK-125 SOCK-126 SOCK-127 */
static void send_msg_sends_one_datagram(void **state)
{
    struct pair pair = udp_pair();
    WSABUF buffers[2] = {{2, "ab"}, {3, "cde"}};
    WSAMSG message = {.name = (struct sockaddr *)&pair.second_address,
                      .namelen = sizeof pair.second_address,
                      .lpBuffers = buffers,
                      .dwBufferCount = 2};
    SOCKET client, server;
    char got[8] = "";
    DWORD sent;
    (void)state;
    assert_wsa_fails(WSAEFAULT, WSASendMsg(pair.first, NULL, 0, &sent, NULL, NULL));
    assert_wsa_fails(WSAEFAULT, WSASendMsg(pair.first, &message, 0, NULL, NULL, NULL));
    assert_wsa_fails(WSAENOTSOCK, WSASendMsg(INVALID_SOCKET, &message, 0, &sent, NULL, NULL));
    assert_wsa(WSASendMsg(pair.first, &message, 0, &sent, NULL, NULL));
    assert_int_equal(sent, 5);
    assert_int_equal(recv(pair.second, got, sizeof got, 0), 5);
    assert_string_equal(got, "abcde");
    test_tcp_pair(&client, &server);
    assert_wsa_fails(WSAEINVAL, WSASendMsg(client, &message, 0, &sent, NULL, NULL));
    assert_ptr_equal(test_extension(pair.first, (GUID)WSAID_WSASENDMSG), WSASendMsg);
    closesocket(client);
    closesocket(server);
    close_pair(&pair);
}

/* SOCK-128 SOCK-129 SOCK-130 SOCK-131 */
static void recv_msg_brings_control_data(void **state)
{
    struct pair pair = udp_pair();
    LPFN_WSARECVMSG receive = (LPFN_WSARECVMSG)test_extension(pair.first, (GUID)WSAID_WSARECVMSG);
    struct sockaddr_in from;
    char data[8], control[128];
    WSABUF buffer = {sizeof data, data};
    WSAMSG message = {.name = (struct sockaddr *)&from,
                      .namelen = sizeof from,
                      .lpBuffers = &buffer,
                      .dwBufferCount = 1,
                      .Control = {sizeof control, control}};
    WSACMSGHDR *header;
    IN_PKTINFO *info;
    SOCKET client, server, unbound = socket(AF_INET, SOCK_DGRAM, 0);
    DWORD got;
    int on = 1;
    (void)state;
    assert_wsa_fails(WSAEFAULT, receive(pair.second, NULL, &got, NULL, NULL));
    assert_wsa_fails(WSAEINVAL, receive(unbound, &message, &got, NULL, NULL));
    test_tcp_pair(&client, &server);
    assert_wsa_fails(WSAEOPNOTSUPP, receive(server, &message, &got, NULL, NULL));
    assert_wsa(setsockopt(pair.second, IPPROTO_IP, IP_PKTINFO, (char *)&on, sizeof on));
    assert_int_equal(send_to(pair.first, "abc", 3, &pair.second_address), 3);
    assert_wsa(receive(pair.second, &message, &got, NULL, NULL));
    assert_int_equal(got, 3);
    assert_int_equal(from.sin_port, pair.first_address.sin_port);
    assert_int_equal(message.dwFlags, 0);
    header = WSA_CMSG_FIRSTHDR(&message);
    assert_non_null(header);
    assert_int_equal(header->cmsg_level, IPPROTO_IP);
    assert_int_equal(header->cmsg_type, IP_PKTINFO);
    assert_int_equal(header->cmsg_len, WSA_CMSG_LEN(sizeof *info));
    info = (IN_PKTINFO *)WSA_CMSG_DATA(header);
    assert_int_equal(info->ipi_addr.s_addr, htonl(INADDR_LOOPBACK));
    assert_int_not_equal(info->ipi_ifindex, 0);
    message.Control.len = 8;
    assert_int_equal(send_to(pair.first, "abc", 3, &pair.second_address), 3);
    assert_wsa_fails(WSAEMSGSIZE, receive(pair.second, &message, &got, NULL, NULL));
    assert_int_equal(message.dwFlags, MSG_CTRUNC);
    assert_memory_equal(data, "abc", 3);
    message.Control.len = sizeof control;
    buffer.len = 2;
    assert_int_equal(send_to(pair.first, "xyz", 3, &pair.second_address), 3);
    assert_wsa_fails(WSAEMSGSIZE, receive(pair.second, &message, &got, NULL, NULL));
    assert_int_equal(message.dwFlags, MSG_TRUNC);
    assert_int_equal(got, 2);
    closesocket(client);
    closesocket(server);
    closesocket(unbound);
    close_pair(&pair);
}

/* SOCK-132 */
static void an_overlapped_recv_msg_fills_the_message_at_its_end(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    struct pair pair = udp_pair();
    LPFN_WSARECVMSG receive = (LPFN_WSARECVMSG)test_extension(pair.first, (GUID)WSAID_WSARECVMSG);
    struct sockaddr_storage from;
    OVERLAPPED overlapped = {0};
    char data[2];
    WSABUF buffer = {sizeof data, data};
    WSAMSG message = {.name = (struct sockaddr *)&from,
                      .namelen = sizeof from,
                      .lpBuffers = &buffer,
                      .dwBufferCount = 1,
                      .dwFlags = 0};
    struct packet packet;
    (void)state;
    assert_ptr_equal(CreateIoCompletionPort((HANDLE)pair.second, port, 1, 0), port);
    assert_wsa_fails(WSA_IO_PENDING, receive(pair.second, &message, NULL, &overlapped, NULL));
    assert_int_equal(send_to(pair.first, "abc", 3, &pair.second_address), 3);
    packet = test_next_packet(port);
    assert_int_equal(packet.error, ERROR_MORE_DATA);
    assert_int_equal(packet.bytes, 2);
    assert_int_equal(message.namelen, sizeof(struct sockaddr_in));
    assert_int_equal(message.dwFlags, MSG_TRUNC);
    close_pair(&pair);
    CloseHandle(port);
}

/* SOCK-133 */
static void controls_of_datagram_sockets_are_theirs(void **state)
{
    struct pair pair = udp_pair();
    SOCKET tcp = socket(AF_INET, SOCK_STREAM, 0);
    BOOL on = TRUE;
    DWORD bytes;
    (void)state;
    assert_wsa(
        WSAIoctl(pair.first, SIO_ENABLE_CIRCULAR_QUEUEING, NULL, 0, NULL, 0, &bytes, NULL, NULL));
    assert_wsa(WSAIoctl(pair.first, SIO_UDP_NETRESET, &on, sizeof on, NULL, 0, &bytes, NULL, NULL));
    assert_wsa_fails(WSAEFAULT,
                     WSAIoctl(pair.first, SIO_UDP_CONNRESET, NULL, 0, NULL, 0, &bytes, NULL, NULL));
    assert_wsa_fails(WSAEOPNOTSUPP,
                     WSAIoctl(tcp, SIO_UDP_CONNRESET, &on, sizeof on, NULL, 0, &bytes, NULL, NULL));
    closesocket(tcp);
    close_pair(&pair);
}

static u_short internet_checksum(const unsigned char *data, size_t size)
{
    unsigned long sum = 0;
    for (size_t i = 0; i < size; i += 2)
        sum += (unsigned long)data[i] << 8 | data[i + 1];
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return htons((u_short)~sum);
}

/* Plays the router that dropped a datagram between two sockets because its time to live ran out:
 * the answer quotes the head of that datagram. */
static void answer_time_exceeded(SOCKET raw, const struct sockaddr_in *from,
                                 const struct sockaddr_in *to)
{
    enum { ICMP_HEAD = 8, IP_HEAD = 20, UDP_HEAD = 8, TIME_EXCEEDED = 11, UDP = 17 };
    unsigned char answer[ICMP_HEAD + IP_HEAD + UDP_HEAD] = {TIME_EXCEEDED};
    unsigned char *ip = answer + ICMP_HEAD, *udp = ip + IP_HEAD;
    struct sockaddr_in back = *from;
    u_short checksum;
    ip[0] = 0x45; /* version 4, five words */
    ip[3] = IP_HEAD + UDP_HEAD;
    ip[9] = UDP;
    memcpy(ip + 12, &from->sin_addr, 4);
    memcpy(ip + 16, &to->sin_addr, 4);
    memcpy(udp, &from->sin_port, 2);
    memcpy(udp + 2, &to->sin_port, 2);
    udp[5] = UDP_HEAD;
    checksum = internet_checksum(answer, sizeof answer);
    memcpy(answer + 2, &checksum, sizeof checksum);
    back.sin_port = 0;
    assert_int_equal(
        sendto(raw, (char *)answer, sizeof answer, 0, (struct sockaddr *)&back, sizeof back),
        sizeof answer);
}

/* SOCK-120 */
static void a_datagram_that_lived_too_long_fails_a_receive(void **state)
{
    SOCKET raw = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    struct pair pair = udp_pair();
    OVERLAPPED overlapped = {.hEvent = WSACreateEvent()};
    BOOL off = FALSE;
    DWORD bytes, flags;
    char byte;
    (void)state;
    if (raw == INVALID_SOCKET) /* only a privileged program may send the network's answers */
        skip();
    answer_time_exceeded(raw, &pair.first_address, &pair.second_address);
    assert_wsa_fails(WSAENETRESET, recv(pair.first, &byte, 1, 0));
    test_receive_pends(pair.first, &byte, 1, &overlapped);
    answer_time_exceeded(raw, &pair.first_address, &pair.second_address);
    assert_int_equal(WaitForSingleObject(overlapped.hEvent, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_false(WSAGetOverlappedResult(pair.first, &overlapped, &bytes, FALSE, &flags));
    assert_int_equal(WSAGetLastError(), WSAENETRESET);
    assert_wsa(
        WSAIoctl(pair.first, SIO_UDP_NETRESET, &off, sizeof off, NULL, 0, &bytes, NULL, NULL));
    answer_time_exceeded(raw, &pair.first_address, &pair.second_address);
    assert_int_equal(send_to(pair.second, "x", 1, &pair.first_address), 1);
    assert_int_equal(recv(pair.first, &byte, 1, 0), 1);
    assert_int_equal(byte, 'x');
    WSACloseEvent(overlapped.hEvent);
    closesocket(raw);
    close_pair(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(datagrams_complete_in_posting_order),
        cmocka_unit_test(too_little_room_for_the_sender_leaves_the_datagram),
        cmocka_unit_test(sends_of_datagrams_are_judged),
        cmocka_unit_test(an_overlapped_datagram_to_nobody_completes),
        cmocka_unit_test(many_buffers_are_one_datagram_or_one_stream),
        cmocka_unit_test(an_unreachable_port_is_told_to_the_receiver_only),
        cmocka_unit_test(answers_of_the_network_can_be_turned_off),
        cmocka_unit_test(a_broadcast_needs_leave),
        cmocka_unit_test(a_datagram_socket_may_change_its_peer),
        cmocka_unit_test(send_msg_sends_one_datagram),
        cmocka_unit_test(recv_msg_brings_control_data),
        cmocka_unit_test(an_overlapped_recv_msg_fills_the_message_at_its_end),
        cmocka_unit_test(controls_of_datagram_sockets_are_theirs),
        cmocka_unit_test(a_datagram_that_lived_too_long_fails_a_receive),
    };
    return cmocka_run_group_tests(tests, test_winsock_up, test_winsock_down);
}

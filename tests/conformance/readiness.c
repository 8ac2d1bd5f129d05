/* Readiness: select, WSAPoll, WSAEventSelect. */
#include "sockets.h"

static void abort_connection(SOCKET s)
{
    LINGER linger = {1, 0};
    assert_wsa(setsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger));
    assert_wsa(closesocket(s));
}

static void set_nonblocking(SOCKET s, u_long on)
{
    assert_wsa(ioctlsocket(s, FIONBIO, &on));
}

/* A non-blocking connect that is refused, and known to be. */
static SOCKET refused_socket(void)
{
    struct sockaddr_in address = test_closed_port();
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval timeout = {20, 0};
    fd_set except;
    set_nonblocking(s, 1);
    assert_wsa_fails(WSAEWOULDBLOCK, connect(s, (struct sockaddr *)&address, sizeof address));
    FD_ZERO(&except);
    FD_SET(s, &except);
    assert_int_equal(select(0, NULL, NULL, &except, &timeout), 1);
    return s;
}

/* Which of r, w, e the socket is in right now: bits 1, 2, 4. */
static int in_sets(SOCKET s)
{
    struct timeval now = {0, 0};
    fd_set sets[3];
    int result = 0;
    for (int i = 0; i < 3; i++) {
        FD_ZERO(&sets[i]);
        FD_SET(s, &sets[i]);
    }
    assert_true(select(0, &sets[0], &sets[1], &sets[2], &now) >= 0);
    for (int i = 0; i < 3; i++)
        result |= FD_ISSET(s, &sets[i]) ? 1 << i : 0;
    return result;
}

static SHORT polled(SOCKET s, SHORT events)
{
    WSAPOLLFD poll = {s, events, 0x7777};
    int ready = WSAPoll(&poll, 1, 0);
    assert_int_equal(ready, poll.revents ? 1 : 0);
    return poll.revents;
}

/* ---- select ---- */

/* SOCK-294 SOCK-295 SOCK-297 */
static void sets_may_overlap(void **state)
{
    struct timeval now = {0, 0};
    SOCKET client, server;
    fd_set set;
    (void)state;
    test_tcp_pair(&client, &server);
    set.fd_count = 2;
    set.fd_array[0] = set.fd_array[1] = client;
    assert_int_equal(select(0, NULL, &set, NULL, &now), 1);
    assert_int_equal(set.fd_count, 1);
    assert_int_equal(send(server, "x", 1, 0), 1);
    wait_until(in_sets(client) == 3);
    FD_ZERO(&set);
    FD_SET(server, &set);
    FD_SET(client, &set);
    assert_int_equal(select(0, &set, &set, NULL, &now), 2);
    assert_int_equal(set.fd_count, 2);
    closesocket(client);
    closesocket(server);
}

/* SOCK-302 SOCK-314 SOCK-057 SOCK-058 */
static void a_reset_is_readable_and_writable(void **state)
{
    SOCKET client, server;
    int error = 1, size = sizeof error;
    char byte;
    (void)state;
    test_tcp_pair(&client, &server);
    abort_connection(client);
    wait_until(in_sets(server) == 3);
    assert_int_equal(polled(server, POLLIN | POLLOUT), POLLERR | POLLHUP | POLLWRNORM);
    assert_wsa(getsockopt(server, SOL_SOCKET, SO_ERROR, (char *)&error, &size));
    assert_int_equal(error, 0);
    assert_wsa_fails(WSAECONNRESET, recv(server, &byte, 1, 0));
    assert_wsa_fails(WSAECONNRESET, recv(server, &byte, 1, 0));
    assert_wsa_fails(WSAECONNRESET, send(server, "x", 1, 0));
    assert_int_equal(in_sets(server), 3);
    closesocket(server);
}

/* SOCK-059 ERR-28 */
static void a_reset_after_the_end_of_the_stream_is_an_abort(void **state)
{
    SOCKET client, server;
    char byte;
    (void)state;
    test_tcp_pair(&client, &server);
    closesocket(client);
    assert_int_equal(recv(server, &byte, 1, 0), 0);
    assert_int_equal(send(server, "x", 1, 0), 1);
    wait_until(polled(server, POLLIN) & POLLERR);
    assert_wsa_fails(WSAECONNABORTED, recv(server, &byte, 1, 0));
    assert_wsa_fails(WSAECONNABORTED, send(server, "x", 1, 0));
    closesocket(server);
}

/* SOCK-104 SOCK-304 SOCK-317 SOCK-084 */
static void urgent_data_is_exceptional(void **state)
{
    SOCKET client, server;
    char byte = 0;
    BOOL on = TRUE;
    (void)state;
    test_tcp_pair(&client, &server);
    assert_int_equal(send(client, "u", 1, MSG_OOB), 1);
    wait_until(in_sets(server) == (2 | 4));
    assert_int_equal(polled(server, POLLIN), POLLRDBAND);
    assert_int_equal(recv(server, &byte, 1, MSG_OOB), 1);
    assert_int_equal(byte, 'u');
    closesocket(client);
    closesocket(server);
    test_tcp_pair(&client, &server);
    assert_wsa(setsockopt(server, SOL_SOCKET, SO_OOBINLINE, (char *)&on, sizeof on));
    assert_int_equal(send(client, "v", 1, MSG_OOB), 1);
    wait_until(in_sets(server) & 1);
    assert_int_equal(in_sets(server), 1 | 2);
    assert_wsa_fails(WSAEINVAL, recv(server, &byte, 1, MSG_OOB));
    assert_int_equal(recv(server, &byte, 1, 0), 1);
    assert_int_equal(byte, 'v');
    closesocket(client);
    closesocket(server);
}

/* SOCK-307 SOCK-476 */
static void a_pending_receive_takes_the_data_first(void **state)
{
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    OVERLAPPED overlapped = {.hEvent = event};
    struct timeval timeout = {20, 0};
    SOCKET client, server, others[2];
    char bytes[4];
    fd_set set;
    (void)state;
    test_tcp_pair(&client, &server);
    test_receive_pends(server, bytes, 2, &overlapped);
    assert_int_equal(send(client, "ab", 2, 0), 2);
    assert_int_equal(WaitForSingleObject(event, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(in_sets(server), 2);
    test_receive_pends(server, bytes, 2, &overlapped);
    assert_int_equal(send(client, "abc", 3, 0), 3);
    FD_ZERO(&set);
    FD_SET(server, &set);
    assert_int_equal(select(0, &set, NULL, NULL, &timeout), 1);
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    assert_int_equal(recv(server, bytes, sizeof bytes, 0), 1);
    test_tcp_pair(&others[0], &others[1]);
    closesocket(others[0]);
    closesocket(others[1]);
    closesocket(client);
    closesocket(server);
    CloseHandle(event);
}

struct selecting {
    SOCKET socket;
    int set; /* 0 read, 2 except, 3: WSAPoll */
    int result, error;
    SHORT revents;
    u_int count;
};

static DWORD WINAPI select_for_ever(LPVOID arg)
{
    struct selecting *s = arg;
    WSAPOLLFD poll = {s->socket, POLLIN, 0};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(s->socket, &set);
    if (s->set == 3)
        s->result = WSAPoll(&poll, 1, -1);
    else
        s->result = select(0, s->set == 0 ? &set : NULL, NULL, s->set == 2 ? &set : NULL, NULL);
    s->error = WSAGetLastError();
    s->count = set.fd_count;
    s->revents = poll.revents;
    return 0;
}

static void select_and_close(struct selecting *s)
{
    SOCKET client;
    HANDLE thread;
    DWORD id;
    test_tcp_pair(&client, &s->socket);
    thread = CreateThread(NULL, 0, select_for_ever, s, 0, &id);
    wait_until_asleep(id);
    closesocket(s->socket);
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    CloseHandle(thread);
    closesocket(client);
}

/* SOCK-305 SOCK-316 */
static void closing_ends_a_select(void **state)
{
    struct selecting reading = {.set = 0}, except = {.set = 2}, polling = {.set = 3};
    (void)state;
    select_and_close(&reading);
    assert_int_equal(reading.result, 1);
    assert_int_equal(reading.count, 1);
    select_and_close(&except);
    assert_int_equal(except.result, SOCKET_ERROR);
    assert_int_equal(except.error, WSAENOTSOCK);
    select_and_close(&polling);
    assert_int_equal(polling.result, 1);
    assert_int_equal(polling.revents, POLLNVAL);
}

static void CALLBACK count_apc(ULONG_PTR arg)
{
    InterlockedIncrement((volatile LONG *)arg);
}

/* SOCK-306 */
static void an_apc_runs_during_a_select(void **state)
{
    struct selecting s = {.set = 0};
    volatile LONG ran = 0;
    SOCKET client;
    HANDLE thread;
    DWORD id;
    (void)state;
    test_tcp_pair(&client, &s.socket);
    thread = CreateThread(NULL, 0, select_for_ever, &s, 0, &id);
    wait_until_asleep(id);
    assert_true(QueueUserAPC(count_apc, thread, (ULONG_PTR)&ran));
    wait_until(InterlockedOr(&ran, 0) == 1);
    assert_int_equal(WaitForSingleObject(thread, 0), WAIT_TIMEOUT);
    assert_int_equal(send(client, "x", 1, 0), 1);
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(s.result, 1);
    CloseHandle(thread);
    closesocket(client);
    closesocket(s.socket);
}

/* ---- WSAPoll ---- */

/* SOCK-308 SOCK-309 SOCK-310 SOCK-311 SOCK-011 */
static void poll_judges_its_arguments(void **state)
{
    static const SHORT unknown[] = {POLLERR, POLLHUP, POLLNVAL, POLLPRI, POLLWRBAND, 0x4000};
    WSAPOLLFD polls[2] = {{0}};
    SOCKET client, server;
    (void)state;
    test_tcp_pair(&client, &server);
    assert_wsa_fails(WSAEINVAL, WSAPoll(NULL, 0, 0));
    assert_wsa_fails(WSAEFAULT, WSAPoll(NULL, 1, 0));
    polls[0].fd = polls[1].fd = client;
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        polls[0].events = POLLOUT;
        polls[0].revents = 0x7777;
        polls[1].events = unknown[i];
        assert_wsa_fails(WSAEINVAL, WSAPoll(polls, 2, 0));
        assert_int_equal(polls[0].revents, 0);
    }
    polls[0] = (WSAPOLLFD){INVALID_SOCKET, POLLERR, 0};
    polls[1] = (WSAPOLLFD){client, POLLIN, 0};
    assert_int_equal(WSAPoll(polls, 2, 0), 0);
    assert_int_equal(WSAGetLastError(), 0);
    assert_int_equal(polls[0].revents, POLLNVAL);
    assert_int_equal(polls[1].revents, 0);
    polls[1].events = POLLOUT;
    assert_int_equal(WSAPoll(polls, 2, -1), 1);
    polls[1].fd = INVALID_SOCKET;
    assert_wsa_fails(WSAENOTSOCK, WSAPoll(polls, 2, 0));
    assert_int_equal(polls[1].revents, POLLNVAL);
    closesocket(client);
    closesocket(server);
}

/* SOCK-312 SOCK-313 SOCK-315 SOCK-196 */
static void poll_tells_the_states_of_a_connection(void **state)
{
    SOCKET client, server, refused;
    char byte;
    (void)state;
    test_tcp_pair(&client, &server);
    assert_int_equal(polled(server, POLLIN), 0);
    assert_int_equal(polled(server, POLLIN | POLLOUT), POLLWRNORM);
    assert_int_equal(send(client, "x", 1, 0), 1);
    wait_until(polled(server, POLLIN) == POLLRDNORM);
    assert_wsa(shutdown(client, SD_SEND));
    wait_until(polled(server, POLLIN) == (POLLRDNORM | POLLHUP));
    assert_int_equal(recv(server, &byte, 1, 0), 1);
    assert_int_equal(polled(server, POLLIN | POLLOUT), POLLHUP | POLLWRNORM);
    closesocket(client);
    closesocket(server);
    refused = refused_socket();
    assert_int_equal(polled(refused, POLLIN | POLLOUT), POLLWRNORM | POLLHUP | POLLERR);
    assert_int_equal(in_sets(refused), 4);
    closesocket(refused);
}

/* An urgent byte that was read does not hold up a poll for the next one, nor is it told again. */
static void a_poll_for_urgent_data_times_out_when_that_was_read(void **state)
{
    SOCKET client, server;
    WSAPOLLFD poll = {.events = POLLRDBAND};
    char byte;
    (void)state;
    test_tcp_pair(&client, &server);
    poll.fd = server;
    assert_int_equal(send(client, "ab", 2, 0), 2);
    assert_int_equal(send(client, "u", 1, MSG_OOB), 1);
    assert_int_equal(WSAPoll(&poll, 1, TEST_DEADLINE_MS), 1);
    assert_int_equal(poll.revents, POLLRDBAND);
    assert_int_equal(recv(server, &byte, 1, MSG_OOB), 1);
    assert_int_equal(WSAPoll(&poll, 1, 50), 0);
    assert_int_equal(poll.revents, 0);
    closesocket(client);
    closesocket(server);
}

/* ---- WSAEventSelect ---- */

/* The events recorded so far, with the event's state: all of `expected`, nothing else. */
static LONG take_events(SOCKET s, HANDLE event, int *errors)
{
    WSANETWORKEVENTS events;
    LONG taken;
    memset(&events, 0x55, sizeof events);
    assert_wsa(WSAEnumNetworkEvents(s, event, &events));
    taken = events.lNetworkEvents;
    for (int bit = 0; bit < FD_MAX_EVENTS; bit++) {
        if (!(taken & 1 << bit))
            assert_int_equal(events.iErrorCode[bit], 0x55555555);
        else if (errors)
            errors[bit] = events.iErrorCode[bit];
        else
            assert_int_equal(events.iErrorCode[bit], 0);
    }
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    return taken;
}

static LONG next_events(SOCKET s, HANDLE event, int *errors)
{
    assert_int_equal(WaitForSingleObject(event, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    return take_events(s, event, errors);
}

/* Nothing is signalled; given time for what would be. */
static void assert_no_events(SOCKET s, HANDLE event)
{
    (void)s;
    assert_int_equal(WaitForSingleObject(event, 50), WAIT_TIMEOUT);
}

/* SOCK-318 SOCK-319 SOCK-271 */
static void event_select_makes_the_socket_non_blocking(void **state)
{
    HANDLE event = WSACreateEvent();
    u_long off = 0;
    char byte;
    SOCKET client, server;
    (void)state;
    test_tcp_pair(&client, &server);
    assert_wsa_fails(WSAEINVAL, WSAEventSelect(server, NULL, FD_READ));
    assert_wsa_fails(WSAENOTSOCK, WSAEventSelect(INVALID_SOCKET, event, FD_READ));
    assert_wsa(WSAEventSelect(server, event, FD_READ));
    assert_wsa_fails(WSAEWOULDBLOCK, recv(server, &byte, 1, 0));
    assert_wsa_fails(WSAEINVAL, ioctlsocket(server, FIONBIO, &off));
    assert_wsa(WSAEventSelect(server, NULL, 0));
    assert_wsa_fails(WSAEWOULDBLOCK, recv(server, &byte, 1, 0));
    assert_wsa(ioctlsocket(server, FIONBIO, &off));
    closesocket(client);
    closesocket(server);
    WSACloseEvent(event);
}

/* SOCK-320 SOCK-321 SOCK-325 SOCK-094 */
static void room_to_write_is_told_once_and_again_after_a_refusal(void **state)
{
    static char block[1 << 20];
    HANDLE event = WSACreateEvent();
    SOCKET client, server;
    int got;
    (void)state;
    test_tcp_pair(&client, &server);
    assert_wsa(WSAEventSelect(server, event, FD_WRITE | FD_READ));
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    assert_int_equal(send(server, "x", 1, 0), 1);
    assert_int_equal(next_events(server, event, NULL), FD_WRITE);
    assert_wsa(WSAEventSelect(server, event, FD_WRITE | FD_READ));
    assert_no_events(server, event);
    while (send(server, block, sizeof block, 0) == sizeof block)
        ;
    assert_int_equal(WSAGetLastError(), WSAEWOULDBLOCK);
    assert_no_events(server, event);
    set_nonblocking(client, 1);
    while (WaitForSingleObject(event, 0) != WAIT_OBJECT_0) {
        got = recv(client, block, sizeof block, 0);
        assert_true(got > 0 || WSAGetLastError() == WSAEWOULDBLOCK);
    }
    assert_int_equal(take_events(server, event, NULL), FD_WRITE);
    closesocket(client);
    closesocket(server);
    WSACloseEvent(event);
}

/* SOCK-322 SOCK-323 SOCK-333 SOCK-334 SOCK-335 */
static void data_is_told_again_after_a_receive_or_when_more_comes(void **state)
{
    HANDLE event = WSACreateEvent();
    SOCKET client, server;
    char bytes[4];
    (void)state;
    test_tcp_pair(&client, &server);
    assert_wsa(WSAEventSelect(server, event, FD_READ | FD_OOB));
    assert_no_events(server, event);
    assert_int_equal(send(client, "ab", 2, 0), 2);
    assert_int_equal(next_events(server, event, NULL), FD_READ);
    assert_no_events(server, event);
    assert_int_equal(send(client, "c", 1, 0), 1);
    assert_int_equal(WaitForSingleObject(event, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(in_sets(server), 3);
    assert_true(polled(server, POLLIN) & POLLRDNORM);
    assert_int_equal(next_events(server, event, NULL), FD_READ);
    assert_no_events(server, event);
    assert_int_equal(recv(server, bytes, 1, 0), 1);
    assert_int_equal(next_events(server, event, NULL), FD_READ);
    assert_int_equal(recv(server, bytes, 4, 0), 2);
    assert_wsa_fails(WSAEWOULDBLOCK, recv(server, bytes, 4, 0));
    assert_no_events(server, event);
    assert_int_equal(take_events(server, event, NULL), 0);
    /* What was received before it was told is not told any more. */
    assert_int_equal(send(client, "e", 1, 0), 1);
    assert_int_equal(WaitForSingleObject(event, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(recv(server, bytes, 4, 0), 1);
    assert_int_equal(take_events(server, event, NULL), 0);
    /* What happens to a bit that is not selected is told later. */
    assert_wsa(WSAEventSelect(server, event, FD_OOB));
    assert_int_equal(send(client, "d", 1, 0), 1);
    wait_until(in_sets(server) & 1);
    assert_no_events(server, event);
    assert_int_equal(take_events(server, event, NULL), 0);
    assert_wsa(WSAEventSelect(server, event, FD_OOB | FD_READ));
    assert_int_equal(next_events(server, event, NULL), FD_READ);
    closesocket(client);
    closesocket(server);
    WSACloseEvent(event);
}

/* SOCK-324 */
static void a_pending_receive_leaves_no_read_event(void **state)
{
    HANDLE event = WSACreateEvent(),
           port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped = {0};
    SOCKET client, server;
    char bytes[4];
    (void)state;
    test_tcp_pair_on_port(&client, &server, port, 1);
    assert_wsa(WSAEventSelect(server, event, FD_READ));
    test_receive_pends(server, bytes, 1, &overlapped);
    assert_int_equal(send(client, "a", 1, 0), 1);
    assert_ptr_equal(test_next_packet(port).overlapped, &overlapped);
    assert_no_events(server, event);
    assert_int_equal(send(client, "b", 1, 0), 1);
    assert_int_equal(next_events(server, event, NULL), FD_READ);
    closesocket(client);
    closesocket(server);
    WSACloseEvent(event);
    CloseHandle(port);
}

/* SOCK-326 SOCK-327 SOCK-168 */
static void a_connect_is_told_with_its_outcome(void **state)
{
    HANDLE event = WSACreateEvent(), accepting = WSACreateEvent();
    struct sockaddr_in address, nobody = test_closed_port();
    SOCKET listener = test_listener(&address), s = socket(AF_INET, SOCK_STREAM, 0), late, accepted;
    int errors[FD_MAX_EVENTS];
    char byte;
    (void)state;
    assert_wsa(WSAEventSelect(listener, accepting, FD_ACCEPT | FD_READ));
    assert_wsa(WSAEventSelect(s, event, FD_CONNECT | FD_WRITE));
    assert_no_events(s, event);
    assert_wsa_fails(WSAEWOULDBLOCK, connect(s, (struct sockaddr *)&address, sizeof address));
    assert_int_equal(next_events(s, event, NULL), FD_CONNECT | FD_WRITE);
    assert_int_equal(next_events(listener, accepting, NULL), FD_ACCEPT);
    accepted = accept(listener, NULL, NULL);
    assert_true(accepted != INVALID_SOCKET);
    assert_wsa_fails(WSAEWOULDBLOCK, recv(accepted, &byte, 1, 0));
    assert_int_equal(send(s, "x", 1, 0), 1);
    assert_int_equal(next_events(accepted, accepting, NULL), FD_READ);
    closesocket(accepted);
    closesocket(s);
    s = socket(AF_INET, SOCK_STREAM, 0);
    assert_wsa(WSAEventSelect(s, event, FD_CONNECT | FD_WRITE));
    assert_wsa_fails(WSAEWOULDBLOCK, connect(s, (struct sockaddr *)&nobody, sizeof nobody));
    assert_int_equal(next_events(s, event, errors), FD_CONNECT);
    assert_int_equal(errors[FD_CONNECT_BIT], WSAECONNREFUSED);
    closesocket(s);
    test_tcp_pair(&late, &accepted);
    assert_wsa(WSAEventSelect(late, event, FD_CONNECT | FD_WRITE));
    assert_int_equal(next_events(late, event, NULL), FD_CONNECT | FD_WRITE);
    closesocket(late);
    closesocket(accepted);
    closesocket(listener);
    WSACloseEvent(event);
    WSACloseEvent(accepting);
}

/* SOCK-328 */
static void datagram_sockets_tell_by_their_state(void **state)
{
    HANDLE event = WSACreateEvent();
    struct sockaddr_in address, other;
    SOCKET unbound = socket(AF_INET, SOCK_DGRAM, 0), bound = test_udp(&address),
           connected = test_udp(&other);
    (void)state;
    assert_wsa(WSAEventSelect(unbound, event, FD_ALL_EVENTS));
    assert_no_events(unbound, event);
    assert_wsa(WSAEventSelect(unbound, NULL, 0));
    assert_wsa(WSAEventSelect(bound, event, FD_ALL_EVENTS));
    assert_int_equal(next_events(bound, event, NULL), FD_WRITE);
    assert_wsa(WSAEventSelect(bound, NULL, 0));
    assert_wsa(connect(connected, (struct sockaddr *)&address, sizeof address));
    assert_wsa(WSAEventSelect(connected, event, FD_ALL_EVENTS));
    assert_int_equal(next_events(connected, event, NULL), FD_CONNECT | FD_WRITE);
    assert_int_equal(sendto(bound, "x", 1, 0, (struct sockaddr *)&other, sizeof other), 1);
    assert_int_equal(next_events(connected, event, NULL), FD_READ);
    closesocket(unbound);
    closesocket(bound);
    closesocket(connected);
    WSACloseEvent(event);
}

/* SOCK-329 SOCK-330 SOCK-331 */
static void the_end_of_a_connection_is_told_once(void **state)
{
    HANDLE event = WSACreateEvent();
    SOCKET client, server;
    int errors[FD_MAX_EVENTS];
    LONG seen = 0;
    char byte;
    (void)state;
    test_tcp_pair(&client, &server);
    assert_wsa(WSAEventSelect(server, event, FD_READ | FD_CLOSE));
    assert_int_equal(send(client, "x", 1, 0), 1);
    assert_wsa(shutdown(client, SD_SEND));
    while (!(seen & FD_CLOSE))
        seen |= next_events(server, event, NULL);
    assert_int_equal(seen, FD_READ | FD_CLOSE);
    assert_int_equal(recv(server, &byte, 1, 0), 1);
    assert_int_equal(recv(server, &byte, 1, 0), 0);
    assert_no_events(server, event);
    closesocket(server);
    assert_no_events(server, event);
    closesocket(client);
    test_tcp_pair(&client, &server);
    assert_wsa(WSAEventSelect(server, event, FD_READ | FD_CLOSE));
    abort_connection(client);
    assert_int_equal(next_events(server, event, errors), FD_CLOSE);
    assert_int_equal(errors[FD_CLOSE_BIT], WSAECONNABORTED);
    closesocket(server);
    WSACloseEvent(event);
}

static SOCKET connect_to(const struct sockaddr_in *address)
{
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    assert_wsa(connect(s, (const struct sockaddr *)address, sizeof *address));
    return s;
}

/* SOCK-332 SOCK-237 */
static void a_connection_is_told_once_and_again_after_an_accept(void **state)
{
    HANDLE event = WSACreateEvent();
    struct sockaddr_in address;
    SOCKET listener = test_listener(&address), clients[3], accepted, acceptor;
    OVERLAPPED overlapped = {0};
    char buffer[64];
    DWORD bytes, flags;
    (void)state;
    assert_wsa(WSAEventSelect(listener, event, FD_ACCEPT));
    clients[0] = connect_to(&address);
    assert_int_equal(next_events(listener, event, NULL), FD_ACCEPT);
    assert_no_events(listener, event);
    clients[1] = connect_to(&address);
    assert_int_equal(next_events(listener, event, NULL), FD_ACCEPT);
    accepted = accept(listener, NULL, NULL);
    assert_int_equal(next_events(listener, event, NULL), FD_ACCEPT);
    closesocket(accepted);
    accepted = accept(listener, NULL, NULL);
    assert_no_events(listener, event);
    closesocket(accepted);
    acceptor = socket(AF_INET, SOCK_STREAM, 0);
    assert_false(AcceptEx(listener, acceptor, buffer, 0, 32, 32, &bytes, &overlapped));
    assert_int_equal(WSAGetLastError(), WSA_IO_PENDING);
    clients[2] = connect_to(&address);
    wait_until(WSAGetOverlappedResult(listener, &overlapped, &bytes, FALSE, &flags));
    assert_no_events(listener, event);
    assert_int_equal(in_sets(listener), 0);
    for (int i = 0; i < 3; i++)
        closesocket(clients[i]);
    closesocket(acceptor);
    closesocket(listener);
    WSACloseEvent(event);
}

/* SOCK-336 */
static void there_are_no_windows_to_tell(void **state)
{
    SOCKET client, server;
    (void)state;
    test_tcp_pair(&client, &server);
    assert_wsa_fails(WSAEOPNOTSUPP, WSAAsyncSelect(client, NULL, 1, FD_READ));
    assert_wsa_fails(WSAENOTSOCK, WSAAsyncSelect(INVALID_SOCKET, NULL, 1, FD_READ));
    closesocket(client);
    closesocket(server);
}

/* SOCK-146 SOCK-147 SOCK-148 SOCK-149 */
static void winsocks_events_are_events(void **state)
{
    HANDLE events[2] = {WSACreateEvent(), WSACreateEvent()}, many[65];
    volatile LONG ran = 0;
    (void)state;
    assert_int_equal(WaitForSingleObject(events[0], 0), WAIT_TIMEOUT);
    SetEvent(events[1]);
    assert_int_equal(WSAWaitForMultipleEvents(2, events, FALSE, 0, FALSE), WSA_WAIT_EVENT_0 + 1);
    assert_win32(WSASetEvent(events[0]));
    assert_int_equal(WSAWaitForMultipleEvents(2, events, FALSE, 0, FALSE), WSA_WAIT_EVENT_0);
    assert_int_equal(WaitForSingleObject(events[0], 0), WAIT_OBJECT_0);
    assert_win32(WSAResetEvent(events[0]));
    assert_int_equal(WSAWaitForMultipleEvents(1, events, FALSE, 0, FALSE), WSA_WAIT_TIMEOUT);
    assert_true(QueueUserAPC(count_apc, GetCurrentThread(), (ULONG_PTR)&ran));
    assert_int_equal(WSAWaitForMultipleEvents(1, events, FALSE, INFINITE, TRUE),
                     WSA_WAIT_IO_COMPLETION);
    for (int i = 0; i < 65; i++)
        many[i] = events[0];
    SetLastError(0);
    assert_int_equal(WSAWaitForMultipleEvents(0, events, FALSE, 0, FALSE), WSA_WAIT_FAILED);
    assert_int_equal(GetLastError(), WSA_INVALID_PARAMETER);
    SetLastError(0);
    assert_int_equal(WSAWaitForMultipleEvents(65, many, FALSE, 0, FALSE), WSA_WAIT_FAILED);
    assert_int_equal(GetLastError(), WSA_INVALID_PARAMETER);
    assert_win32(WSACloseEvent(events[0]));
    assert_win32(CloseHandle(events[1]));
    assert_fails(WSA_INVALID_HANDLE, WSAResetEvent(events[0]));
    assert_fails(WSA_INVALID_HANDLE, WSASetEvent(events[0]));
    assert_fails(WSA_INVALID_HANDLE, WSACloseEvent(events[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_may_overlap),
        cmocka_unit_test(a_reset_is_readable_and_writable),
        cmocka_unit_test(a_reset_after_the_end_of_the_stream_is_an_abort),
        cmocka_unit_test(urgent_data_is_exceptional),
        cmocka_unit_test(a_pending_receive_takes_the_data_first),
        cmocka_unit_test(closing_ends_a_select),
        cmocka_unit_test(an_apc_runs_during_a_select),
        cmocka_unit_test(poll_judges_its_arguments),
        cmocka_unit_test(poll_tells_the_states_of_a_connection),
        cmocka_unit_test(a_poll_for_urgent_data_times_out_when_that_was_read),
        cmocka_unit_test(event_select_makes_the_socket_non_blocking),
        cmocka_unit_test(room_to_write_is_told_once_and_again_after_a_refusal),
        cmocka_unit_test(data_is_told_again_after_a_receive_or_when_more_comes),
        cmocka_unit_test(a_pending_receive_leaves_no_read_event),
        cmocka_unit_test(a_connect_is_told_with_its_outcome),
        cmocka_unit_test(datagram_sockets_tell_by_their_state),
        cmocka_unit_test(the_end_of_a_connection_is_told_once),
        cmocka_unit_test(a_connection_is_told_once_and_again_after_an_accept),
        cmocka_unit_test(there_are_no_windows_to_tell),
        cmocka_unit_test(winsocks_events_are_events),
    };
    return cmocka_run_group_tests(tests, test_winsock_up, test_winsock_down);
}

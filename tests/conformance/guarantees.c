/* What the engine guarantees whatever its design: operations go on by themselves, in order, whole,
 * in any number (ports.md sections 1, 6 and 9). */
#include "pipes.h"
#include "sockets.h"
#include "threads.h"

enum { KEY = 5 };

static HANDLE new_port(DWORD concurrency)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, concurrency);
    assert_non_null(port);
    return port;
}

/* Reads exactly `size` bytes with plain calls, a few at a time. */
static void read_slowly(SOCKET s, char *buffer, int size, int step)
{
    int got = 0;
    while (got < size) {
        int part = recv(s, buffer + got, size - got < step ? size - got : step, 0);
        assert_true(part > 0);
        got += part;
    }
}

static void fill(char *buffer, size_t size)
{
    for (size_t i = 0; i < size; i++)
        buffer[i] = (char)(i * 31 + (i >> 12));
}

/* PORT-132 */
static void a_big_send_reaches_its_reader_though_nobody_dequeues(void **state)
{
    enum { SIZE = 8 << 20 };
    static char sent[SIZE], received[SIZE];
    OVERLAPPED overlapped = {0};
    WSABUF data = {SIZE, sent};
    SOCKET client, server;
    HANDLE port = new_port(0);
    struct packet packet;
    (void)state;
    fill(sent, SIZE);
    test_tcp_pair_on_port(&client, &server, port, KEY);
    assert_int_equal(WSASend(server, &data, 1, NULL, 0, &overlapped, NULL), SOCKET_ERROR);
    assert_int_equal(WSAGetLastError(), WSA_IO_PENDING);
    read_slowly(client, received, SIZE, 1 << 20);
    assert_memory_equal(sent, received, SIZE);
    packet = test_next_packet(port);
    assert_int_equal(packet.bytes, SIZE);
    assert_ptr_equal(packet.overlapped, &overlapped);
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
}

/* PORT-021 */
static void a_send_to_a_slow_reader_with_a_tiny_buffer_is_whole(void **state)
{
    enum { SIZE = 60000 };
    static char sent[SIZE], received[SIZE];
    OVERLAPPED overlapped[3] = {0};
    WSABUF data[2] = {{SIZE / 3, sent}, {SIZE - SIZE / 3, sent + SIZE / 3}};
    int tiny = 1, small = 16384;
    SOCKET client, server;
    HANDLE port = new_port(0);
    (void)state;
    fill(sent, SIZE);
    test_tcp_pair_on_port(&client, &server, port, KEY);
    setsockopt(server, SOL_SOCKET, SO_SNDBUF, (char *)&tiny, sizeof tiny);
    setsockopt(client, SOL_SOCKET, SO_RCVBUF, (char *)&small, sizeof small);
    for (int i = 0; i < 3; i++)
        if (WSASend(server, data, 2, NULL, 0, &overlapped[i], NULL))
            assert_int_equal(WSAGetLastError(), WSA_IO_PENDING);
    for (int i = 0; i < 3; i++) {
        read_slowly(client, received, SIZE, 4096);
        assert_memory_equal(sent, received, SIZE);
    }
    for (int i = 0; i < 3; i++) {
        struct packet packet = test_next_packet(port);
        assert_ptr_equal(packet.overlapped, &overlapped[i]);
        assert_int_equal(packet.bytes, SIZE);
    }
    closesocket(client);
    closesocket(server);
    CloseHandle(port);
}

/* PORT-089 */
static void many_receives_fill_in_posting_order(void **state)
{
    enum { COUNT = 32 };
    OVERLAPPED overlapped[COUNT] = {0};
    char buffers[COUNT][4], sent[COUNT * 4];
    SOCKET client, server;
    HANDLE port = new_port(0);
    (void)state;
    fill(sent, sizeof sent);
    test_tcp_pair_on_port(&client, &server, port, KEY);
    for (int i = 0; i < COUNT; i++)
        test_receive_pends(server, buffers[i], 4, &overlapped[i]);
    for (int i = 0; i < COUNT * 4; i++)
        assert_int_equal(send(client, sent + i, 1, 0), 1);
    closesocket(client); /* receives that found less than four bytes leave some that find the end */
    for (int i = 0, at = 0; i < COUNT; i++) {
        struct packet packet = test_next_packet(port);
        assert_ptr_equal(packet.overlapped, &overlapped[i]);
        assert_in_range(packet.bytes, at < COUNT * 4, 4);
        assert_memory_equal(buffers[i], sent + at, packet.bytes);
        at += (int)packet.bytes;
    }
    closesocket(server);
    CloseHandle(port);
}

/* ---- every thread is parked already ---- */

struct parked {
    HANDLE port;
    struct packet packet;
};

static DWORD CALLBACK take_one(void *argument)
{
    struct parked *parked = argument;
    parked->packet = test_next_packet(parked->port);
    return 0;
}

/* PORT-106 */
static void io_that_starts_when_every_thread_is_parked_wakes_one(void **state)
{
    enum { THREADS = 3 };
    struct parked parked[THREADS];
    OVERLAPPED reads[THREADS] = {0};
    char buffers[THREADS][4];
    HANDLE threads[THREADS], port = new_port(THREADS);
    struct pipe_pair pair = pipe_pair(0);
    SOCKET client, server;
    const char *path = test_temp_path();
    HANDLE file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                              FILE_FLAG_OVERLAPPED, NULL);
    DWORD id;
    (void)state;
    for (int i = 0; i < THREADS; i++) {
        parked[i].port = port;
        threads[i] = CreateThread(NULL, 0, take_one, &parked[i], 0, &id);
        wait_until_asleep(id);
    }
    /* Only now are the files bound and the operations started. */
    test_tcp_pair_on_port(&client, &server, port, KEY);
    assert_ptr_equal(CreateIoCompletionPort(pair.server, port, KEY, 0), port);
    assert_ptr_equal(CreateIoCompletionPort(file, port, KEY, 0), port);
    test_receive_pends(server, buffers[0], 4, &reads[0]);
    assert_fails(ERROR_IO_PENDING, ReadFile(pair.server, buffers[1], 4, NULL, &reads[1]));
    assert_int_equal(send(client, "data", 4, 0), 4);
    pipe_write(pair.client, "data", 4);
    assert_fails(ERROR_IO_PENDING, WriteFile(file, "data", 4, NULL, &reads[2]));
    assert_int_equal(WaitForMultipleObjects(THREADS, threads, TRUE, TEST_DEADLINE_MS),
                     WAIT_OBJECT_0);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(parked[i].packet.bytes, 4);
        CloseHandle(threads[i]);
    }
    closesocket(client);
    closesocket(server);
    CloseHandle(file);
    CloseHandle(port);
    pipe_pair_close(&pair);
}

/* ---- numbers ---- */

/* PORT-001 PORT-014 */
static void a_thousand_ports_stay_apart(void **state)
{
    enum { PORTS = 1000 };
    static HANDLE ports[PORTS];
    static struct pipe_pair pairs[PORTS];
    static OVERLAPPED reads[PORTS];
    static char buffers[PORTS][4];
    (void)state;
    for (int i = 0; i < PORTS; i++) {
        pairs[i] = pipe_pair(0);
        ports[i] = CreateIoCompletionPort(pairs[i].server, NULL, (ULONG_PTR)i, 0);
        assert_non_null(ports[i]);
        assert_fails(ERROR_IO_PENDING, ReadFile(pairs[i].server, buffers[i], 4, NULL, &reads[i]));
    }
    for (int i = PORTS - 1; i >= 0; i--)
        pipe_write(pairs[i].client, &i, 4);
    for (int i = 0; i < PORTS; i++) {
        struct packet packet = test_next_packet(ports[i]);
        assert_int_equal(packet.key, i);
        assert_ptr_equal(packet.overlapped, &reads[i]);
        assert_memory_equal(buffers[i], &i, 4);
        test_no_packet(ports[i]);
    }
    for (int i = 0; i < PORTS; i++) {
        pipe_pair_close(&pairs[i]);
        CloseHandle(ports[i]);
    }
}

/* PORT-129 PORT-089 */
static void a_hundred_thousand_requests_pend_at_once(void **state)
{
    enum { FILES = 100, EACH = 1000 };
    OVERLAPPED *overlapped = calloc((size_t)FILES * EACH, sizeof *overlapped);
    SOCKET clients[FILES / 2], servers[FILES / 2];
    struct pipe_pair pipes[FILES / 2];
    int done[FILES] = {0};
    HANDLE port = new_port(0);
    char buffer[4];
    (void)state;
    for (int i = 0; i < FILES; i++) {
        HANDLE end;
        if (i % 2) {
            pipes[i / 2] = pipe_pair(0);
            end = pipes[i / 2].server;
        } else {
            test_tcp_pair(&clients[i / 2], &servers[i / 2]);
            end = (HANDLE)servers[i / 2];
        }
        assert_ptr_equal(CreateIoCompletionPort(end, port, (ULONG_PTR)i, 0), port);
        for (int n = 0; n < EACH; n++)
            assert_fails(ERROR_IO_PENDING,
                         ReadFile(end, buffer, 1, NULL, &overlapped[i * EACH + n]));
    }
    for (int i = 0; i < FILES; i++) { /* some by data, the rest by their close */
        if (i % 2) {
            pipe_write(pipes[i / 2].client, "0123456789", 10);
            pipe_pair_close(&pipes[i / 2]);
        } else {
            assert_int_equal(send(clients[i / 2], "0123456789", 10, 0), 10);
            closesocket(servers[i / 2]);
            closesocket(clients[i / 2]);
        }
    }
    for (int left = FILES * EACH; left > 0; left--) {
        struct packet packet = test_next_packet(port);
        int i = (int)packet.key, n = done[i]++;
        assert_ptr_equal(packet.overlapped, &overlapped[i * EACH + n]);
        assert_int_equal(packet.ok, n < 10);
    }
    test_no_packet(port);
    CloseHandle(port);
    free(overlapped);
}

/* ---- data and posts ---- */

struct reader {
    HANDLE port;
    SOCKET socket;
    OVERLAPPED overlapped;
    char byte;
    _Atomic int rounds, disordered;
};

enum { ORDER_ROUNDS = 5000 };

static void read_one(struct reader *reader)
{
    WSABUF buffer = {1, &reader->byte};
    DWORD flags = 0;
    WSARecv(reader->socket, &buffer, 1, NULL, &flags, &reader->overlapped, NULL);
}

/* Takes what a round brings: a byte, then a post. */
static DWORD WINAPI take_rounds(LPVOID parameter)
{
    struct reader *reader = parameter;
    while (reader->rounds < ORDER_ROUNDS) {
        struct packet first = test_next_packet(reader->port);
        struct packet second = test_next_packet(reader->port);
        if (first.overlapped != &reader->overlapped || second.overlapped)
            reader->disordered++;
        read_one(reader);
        reader->rounds++;
    }
    return 0;
}

/* PORT-057: also if the thread that sleeps at the port is just being woken for the first. */
static void what_arrived_before_a_post_is_dequeued_before_it(void **state)
{
    struct reader reader = {.port = new_port(1)};
    HANDLE thread;
    SOCKET client;
    (void)state;
    test_tcp_pair_on_port(&client, &reader.socket, reader.port, KEY);
    read_one(&reader);
    thread = CreateThread(NULL, 0, take_rounds, &reader, 0, NULL);
    for (int round = 0; round < ORDER_ROUNDS; round++) {
        wait_until(reader.rounds == round);
        assert_int_equal(send(client, "x", 1, 0), 1);
        assert_win32(PostQueuedCompletionStatus(reader.port, 0, 0, NULL));
    }
    test_finish(thread);
    assert_int_equal(reader.disordered, 0);
    closesocket(client);
    closesocket(reader.socket);
    CloseHandle(reader.port);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_big_send_reaches_its_reader_though_nobody_dequeues),
        cmocka_unit_test(a_send_to_a_slow_reader_with_a_tiny_buffer_is_whole),
        cmocka_unit_test(what_arrived_before_a_post_is_dequeued_before_it),
        cmocka_unit_test(many_receives_fill_in_posting_order),
        cmocka_unit_test(io_that_starts_when_every_thread_is_parked_wakes_one),
        cmocka_unit_test(a_thousand_ports_stay_apart),
        cmocka_unit_test(a_hundred_thousand_requests_pend_at_once),
    };
    return cmocka_run_group_tests(tests, test_winsock_up, test_winsock_down);
}

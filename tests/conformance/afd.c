/* \Device\Afd: polling sockets with IOCTL_AFD_POLL, as wepoll, libuv and mio do. */
#include "sockets.h"

#include <ntstatus.h>
#include <winternl.h>

#define IOCTL_AFD_POLL 0x00012024

enum {
    AFD_READ = 1,
    AFD_OOB = 2,
    AFD_WRITE = 4,
    AFD_HUP = 8,
    AFD_RESET = 0x10,
    AFD_CLOSE = 0x20,
    AFD_CONNECT = 0x40,
    AFD_ACCEPT = 0x80,
    AFD_CONNECT_ERR = 0x100,
    AFD_ALL = 0x1ff,
};

struct afd_poll_info {
    LARGE_INTEGER timeout;
    ULONG count;
    ULONG exclusive;
    struct {
        HANDLE handle;
        ULONG events;
        NTSTATUS status;
    } entries[3];
};
enum { HEADER_SIZE = 16, ENTRY_SIZE = 16 };

static HANDLE open_afd(const wchar_t *path)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    HANDLE handle = NULL;
    size_t length = 0;
    while (path[length])
        length++;
    name.Length = name.MaximumLength = (USHORT)(length * sizeof path[0]);
    name.Buffer = (PWSTR)(uintptr_t)path;
    InitializeObjectAttributes(&attributes, &name, 0, NULL, NULL);
    if (NtCreateFile(&handle, SYNCHRONIZE, &attributes, &iosb, NULL, 0,
                     FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN, 0, NULL, 0))
        return NULL;
    return handle;
}

/* One poll and all it needs until it is over. */
struct poll {
    HANDLE afd, event;
    IO_STATUS_BLOCK iosb;
    struct afd_poll_info info;
};

static void poll_init(struct poll *poll, HANDLE afd, int64_t timeout)
{
    memset(poll, 0, sizeof *poll);
    poll->afd = afd;
    poll->event = CreateEventA(NULL, TRUE, FALSE, NULL);
    poll->info.timeout.QuadPart = timeout;
}

static void poll_add(struct poll *poll, SOCKET s, ULONG events)
{
    poll->info.entries[poll->info.count].handle = (HANDLE)s;
    poll->info.entries[poll->info.count++].events = events;
}

static ULONG poll_size(const struct poll *poll)
{
    return HEADER_SIZE + poll->info.count * ENTRY_SIZE;
}

static NTSTATUS poll_start(struct poll *poll)
{
    return NtDeviceIoControlFile(poll->afd, poll->event, NULL, NULL, &poll->iosb, IOCTL_AFD_POLL,
                                 &poll->info, poll_size(poll), &poll->info, poll_size(poll));
}

static void poll_wait(struct poll *poll)
{
    assert_int_equal(WaitForSingleObject(poll->event, TEST_DEADLINE_MS), WAIT_OBJECT_0);
}

/* What the socket is ready for now, of everything. */
static ULONG ready_now(HANDLE afd, SOCKET s)
{
    struct poll poll;
    poll_init(&poll, afd, 0);
    poll_add(&poll, s, AFD_ALL);
    assert_int_equal(poll_start(&poll), STATUS_SUCCESS);
    CloseHandle(poll.event);
    return poll.info.count ? poll.info.entries[0].events : 0;
}

static void abort_connection(SOCKET s)
{
    LINGER linger = {1, 0};
    assert_wsa(setsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger));
    assert_wsa(closesocket(s));
}

/* SOCK-460 */
static void the_device_opens_under_any_suffix(void **state)
{
    static const wchar_t *const names[] = {L"\\Device\\Afd", L"\\Device\\Afd\\",
                                           L"\\Device\\Afd\\Wepoll", L"\\device\\afd\\Mio"};
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    char byte;
    (void)state;
    for (int i = 0; i < 4; i++) {
        HANDLE afd = open_afd(names[i]);
        assert_non_null(afd);
        assert_ptr_equal(CreateIoCompletionPort(afd, port, 0, 0), port);
        assert_win32(SetFileCompletionNotificationModes(afd, FILE_SKIP_SET_EVENT_ON_HANDLE));
        assert_wsa_fails(WSAENOTSOCK, recv((SOCKET)afd, &byte, 1, 0));
        assert_win32(CloseHandle(afd));
    }
    assert_null(open_afd(L"\\Device\\Afdx"));
    assert_null(open_afd(L"Device"));
    CloseHandle(port);
}

/* SOCK-463 SOCK-464 */
static void a_poll_judges_its_arguments(void **state)
{
    HANDLE afd = open_afd(L"\\Device\\Afd");
    struct poll poll;
    SOCKET client, server;
    (void)state;
    test_tcp_pair(&client, &server);
    poll_init(&poll, afd, 0);
    poll_add(&poll, server, AFD_ALL);
#define poll_with(in, in_size, out, out_size)                                                  \
    NtDeviceIoControlFile(afd, NULL, NULL, NULL, &poll.iosb, IOCTL_AFD_POLL, in, in_size, out, \
                          out_size)
    assert_int_equal(poll_with(NULL, 32, &poll.info, 32), STATUS_INVALID_PARAMETER);
    assert_int_equal(poll_with(&poll.info, 32, NULL, 32), STATUS_INVALID_PARAMETER);
    assert_int_equal(poll_with(&poll.info, 32, &poll.info, 31), STATUS_INVALID_PARAMETER);
    assert_int_equal(poll_with(&poll.info, 31, &poll.info, 31), STATUS_INVALID_PARAMETER);
    assert_int_equal(poll_with(&poll.info, 8, &poll.info, 8), STATUS_INVALID_PARAMETER);
    poll.info.count = 0;
    assert_int_equal(poll_with(&poll.info, 32, &poll.info, 32), STATUS_INVALID_PARAMETER);
    poll.info.count = 1;
    assert_int_equal(
        NtDeviceIoControlFile(afd, NULL, NULL, NULL, &poll.iosb, 0x12345678, NULL, 0, NULL, 0),
        STATUS_INVALID_DEVICE_REQUEST);
    poll.iosb.Status = 0x55;
    poll_add(&poll, (SOCKET)afd, AFD_ALL);
    assert_int_equal(poll_start(&poll), STATUS_INVALID_HANDLE);
    assert_int_equal(poll.iosb.Status, 0x55);
    closesocket(client);
    closesocket(server);
    CloseHandle(poll.event);
    CloseHandle(afd);
}

/* SOCK-462 SOCK-465 SOCK-467 SOCK-468 SOCK-469 SOCK-484 */
static void a_poll_without_waiting_tells_the_ready_ones(void **state)
{
    HANDLE afd = open_afd(L"\\Device\\Afd");
    struct poll poll;
    SOCKET client, server, base;
    DWORD bytes;
    (void)state;
    test_tcp_pair(&client, &server);
    assert_wsa(WSAIoctl(server, SIO_BASE_HANDLE, NULL, 0, &base, sizeof base, &bytes, NULL, NULL));
    assert_int_equal(base, server);
    poll_init(&poll, afd, 0);
    poll_add(&poll, server, AFD_READ);
    assert_int_equal(poll_start(&poll), STATUS_SUCCESS);
    assert_int_equal(poll.info.count, 0);
    assert_int_equal(poll.iosb.Information, HEADER_SIZE);
    assert_int_equal(ready_now(afd, server), AFD_WRITE | AFD_CONNECT);
    poll_init(&poll, afd, 0);
    poll_add(&poll, server, AFD_READ);
    poll_add(&poll, client, AFD_WRITE);
    poll_add(&poll, server, AFD_CONNECT | AFD_WRITE);
    assert_int_equal(poll_start(&poll), STATUS_SUCCESS);
    assert_int_equal(poll.info.count, 2);
    assert_int_equal(poll.iosb.Information, HEADER_SIZE + 2 * ENTRY_SIZE);
    assert_ptr_equal(poll.info.entries[0].handle, client);
    assert_int_equal(poll.info.entries[0].events, AFD_WRITE);
    assert_ptr_equal(poll.info.entries[1].handle, server);
    assert_int_equal(poll.info.entries[1].events, AFD_WRITE | AFD_CONNECT);
    closesocket(client);
    closesocket(server);
    CloseHandle(poll.event);
    CloseHandle(afd);
}

/* SOCK-470 SOCK-471 SOCK-472 SOCK-474 */
static void the_states_of_a_socket_have_their_bits(void **state)
{
    static char block[1 << 20];
    HANDLE afd = open_afd(L"\\Device\\Afd");
    struct sockaddr_in address;
    SOCKET client, server, listener = test_listener(&address), udp = socket(AF_INET, SOCK_DGRAM, 0);
    u_long on = 1;
    char byte;
    (void)state;
    assert_int_equal(ready_now(afd, udp), AFD_WRITE);
    assert_int_equal(ready_now(afd, listener), 0);
    client = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(ready_now(afd, client), 0);
    assert_wsa(connect(client, (struct sockaddr *)&address, sizeof address));
    wait_until(ready_now(afd, listener) == AFD_ACCEPT);
    server = accept(listener, NULL, NULL);
    assert_int_equal(ready_now(afd, listener), 0);
    assert_int_equal(send(client, "x", 1, 0), 1);
    wait_until(ready_now(afd, server) == (AFD_READ | AFD_WRITE | AFD_CONNECT));
    assert_wsa(shutdown(client, SD_SEND));
    wait_until(ready_now(afd, server) == (AFD_READ | AFD_HUP | AFD_WRITE | AFD_CONNECT));
    assert_int_equal(recv(server, &byte, 1, 0), 1);
    assert_int_equal(ready_now(afd, server), AFD_HUP | AFD_WRITE | AFD_CONNECT);
    assert_wsa(ioctlsocket(server, FIONBIO, &on));
    while (send(server, block, sizeof block, 0) == sizeof block)
        ;
    assert_int_equal(ready_now(afd, server), AFD_HUP | AFD_CONNECT);
    abort_connection(client);
    wait_until(ready_now(afd, server) == (AFD_RESET | AFD_WRITE | AFD_CONNECT));
    closesocket(server);
    closesocket(listener);
    closesocket(udp);
    CloseHandle(afd);
}

/* SOCK-466 */
static void a_poll_times_out(void **state)
{
    HANDLE afd = open_afd(L"\\Device\\Afd");
    struct poll poll;
    SOCKET client, server;
    (void)state;
    test_tcp_pair(&client, &server);
    poll_init(&poll, afd, -10 * 10000);
    poll_add(&poll, server, AFD_READ);
    assert_int_equal(poll_start(&poll), STATUS_PENDING);
    poll_wait(&poll);
    assert_int_equal(poll.iosb.Status, STATUS_TIMEOUT);
    assert_int_equal(poll.iosb.Information, HEADER_SIZE);
    assert_int_equal(poll.info.count, 0);
    assert_int_equal(poll.info.timeout.QuadPart, -10 * 10000);
    closesocket(client);
    closesocket(server);
    CloseHandle(poll.event);
    CloseHandle(afd);
}

/* SOCK-461 SOCK-467 SOCK-482 */
static void a_poll_waits_for_the_sockets_it_lists(void **state)
{
    HANDLE afd = open_afd(L"\\Device\\Afd");
    struct poll polls[2];
    SOCKET client, server, other_client, other_server;
    (void)state;
    test_tcp_pair(&client, &server);
    test_tcp_pair(&other_client, &other_server);
    for (int i = 0; i < 2; i++) { /* asked of the device, and of a socket that is not polled */
        poll_init(&polls[i], i ? (HANDLE)other_client : afd, INT64_MAX);
        poll_add(&polls[i], other_server, AFD_READ);
        poll_add(&polls[i], server, AFD_READ);
        assert_int_equal(poll_start(&polls[i]), STATUS_PENDING);
    }
    assert_int_equal(send(client, "x", 1, 0), 1);
    for (int i = 0; i < 2; i++) {
        poll_wait(&polls[i]);
        assert_int_equal(polls[i].iosb.Status, STATUS_SUCCESS);
        assert_int_equal(polls[i].info.count, 1);
        assert_ptr_equal(polls[i].info.entries[0].handle, server);
        assert_int_equal(polls[i].info.entries[0].events, AFD_READ);
        CloseHandle(polls[i].event);
    }
    closesocket(client);
    closesocket(server);
    closesocket(other_client);
    closesocket(other_server);
    CloseHandle(afd);
}

/* SOCK-473 */
static void a_failed_connect_is_told_each_time(void **state)
{
    HANDLE afd = open_afd(L"\\Device\\Afd");
    struct sockaddr_in address = test_closed_port();
    struct poll poll;
    u_long on = 1;
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    (void)state;
    assert_wsa(ioctlsocket(s, FIONBIO, &on));
    assert_wsa_fails(WSAEWOULDBLOCK, connect(s, (struct sockaddr *)&address, sizeof address));
    for (int i = 0; i < 2; i++) {
        poll_init(&poll, afd, INT64_MAX);
        poll_add(&poll, s, AFD_ALL);
        if (poll_start(&poll) == STATUS_PENDING)
            poll_wait(&poll);
        assert_int_equal(poll.info.count, 1);
        assert_int_equal(poll.info.entries[0].events, AFD_CONNECT_ERR);
        assert_int_equal(poll.info.entries[0].status, STATUS_CONNECTION_REFUSED);
        CloseHandle(poll.event);
    }
    closesocket(s);
    CloseHandle(afd);
}

/* SOCK-466 SOCK-467 */
static void the_answer_may_go_elsewhere_and_names_the_first_that_became_ready(void **state)
{
    HANDLE afd = open_afd(L"\\Device\\Afd");
    struct afd_poll_info answer = {.count = 9};
    struct poll poll;
    SOCKET client, server;
    (void)state;
    test_tcp_pair(&client, &server);
    poll_init(&poll, afd, -10000000LL * TEST_DEADLINE_MS / 1000);
    poll_add(&poll, server, AFD_READ);
    poll_add(&poll, server, AFD_READ);
    assert_int_equal(NtDeviceIoControlFile(afd, poll.event, NULL, NULL, &poll.iosb, IOCTL_AFD_POLL,
                                           &poll.info, poll_size(&poll), &answer, poll_size(&poll)),
                     STATUS_PENDING);
    assert_int_equal(send(client, "x", 1, 0), 1);
    poll_wait(&poll);
    assert_int_equal(poll.iosb.Information, HEADER_SIZE + ENTRY_SIZE);
    assert_int_equal(answer.count, 1);
    assert_int_equal(answer.timeout.QuadPart, poll.info.timeout.QuadPart);
    assert_ptr_equal(answer.entries[0].handle, (HANDLE)server);
    assert_int_equal(answer.entries[0].events, AFD_READ);
    assert_int_equal(poll.info.count, 2);
    closesocket(client);
    closesocket(server);
    CloseHandle(poll.event);
    CloseHandle(afd);
}

/* SOCK-475: also one that was asked of the socket itself. SOCK-477 */
static void a_poll_goes_on_when_the_handle_it_was_asked_of_is_closed(void **state)
{
    struct poll own, other, late;
    SOCKET client, server, helper = socket(AF_INET, SOCK_STREAM, 0);
    (void)state;
    test_tcp_pair(&client, &server);
    poll_init(&own, (HANDLE)client, INT64_MAX);
    poll_add(&own, client, 0);
    assert_int_equal(poll_start(&own), STATUS_PENDING);
    poll_init(&other, (HANDLE)helper, INT64_MAX);
    poll_add(&other, server, AFD_READ);
    assert_int_equal(poll_start(&other), STATUS_PENDING);
    poll_init(&late, (HANDLE)helper, -1000000); /* 100 ms */
    poll_add(&late, server, AFD_OOB);
    assert_int_equal(poll_start(&late), STATUS_PENDING);
    assert_wsa(closesocket(helper));
    poll_wait(&late);
    assert_int_equal(late.iosb.Status, STATUS_TIMEOUT);
    assert_int_equal(late.iosb.Information, HEADER_SIZE);
    assert_int_equal(late.info.count, 0);
    assert_int_equal(WaitForSingleObject(other.event, 0), WAIT_TIMEOUT);
    assert_int_equal(send(client, "x", 1, 0), 1);
    poll_wait(&other);
    assert_int_equal(other.iosb.Status, STATUS_SUCCESS);
    assert_int_equal(other.info.entries[0].events, AFD_READ);
    assert_wsa(closesocket(client));
    poll_wait(&own);
    assert_int_equal(own.iosb.Status, STATUS_SUCCESS);
    assert_int_equal(own.info.count, 1);
    assert_int_equal(own.info.entries[0].events, AFD_CLOSE);
    closesocket(server);
    CloseHandle(own.event);
    CloseHandle(other.event);
    CloseHandle(late.event);
}

/* SOCK-475: a poll of its own does not turn a socket's abort into an orderly end. */
static void an_abort_stays_one_beside_a_poll(void **state)
{
    struct poll poll;
    SOCKET client, server;
    char byte;
    (void)state;
    test_tcp_pair(&client, &server);
    poll_init(&poll, (HANDLE)client, INT64_MAX);
    poll_add(&poll, client, AFD_READ);
    assert_int_equal(poll_start(&poll), STATUS_PENDING);
    abort_connection(client);
    poll_wait(&poll);
    assert_int_equal(poll.info.entries[0].events & AFD_CLOSE, AFD_CLOSE);
    assert_wsa_fails(WSAECONNRESET, recv(server, &byte, 1, 0));
    closesocket(server);
    CloseHandle(poll.event);
}

/* SOCK-475 */
static void closing_a_polled_socket_ends_the_poll(void **state)
{
    HANDLE afd = open_afd(L"\\Device\\Afd");
    struct poll poll;
    SOCKET client, server;
    (void)state;
    test_tcp_pair(&client, &server);
    poll_init(&poll, afd, INT64_MAX);
    poll_add(&poll, server, 0);
    assert_int_equal(poll_start(&poll), STATUS_PENDING);
    closesocket(server);
    poll_wait(&poll);
    assert_int_equal(poll.iosb.Status, STATUS_SUCCESS);
    assert_int_equal(poll.info.count, 1);
    assert_int_equal(poll.info.entries[0].events, AFD_CLOSE);
    closesocket(client);
    CloseHandle(poll.event);
    CloseHandle(afd);
}

/* SOCK-476 SOCK-483 */
static void a_pending_receive_goes_before_a_poll(void **state)
{
    HANDLE afd = open_afd(L"\\Device\\Afd"), event = CreateEventA(NULL, TRUE, FALSE, NULL);
    OVERLAPPED overlapped = {.hEvent = event};
    struct poll poll;
    SOCKET client, server;
    char byte;
    (void)state;
    test_tcp_pair(&client, &server);
    test_receive_pends(server, &byte, 1, &overlapped);
    poll_init(&poll, afd, INT64_MAX);
    poll_add(&poll, server, AFD_READ);
    assert_int_equal(poll_start(&poll), STATUS_PENDING);
    assert_int_equal(send(client, "a", 1, 0), 1);
    assert_int_equal(WaitForSingleObject(event, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(poll.event, 50), WAIT_TIMEOUT);
    assert_int_equal(send(client, "b", 1, 0), 1);
    poll_wait(&poll);
    assert_int_equal(poll.info.entries[0].events, AFD_READ);
    closesocket(client);
    closesocket(server);
    CloseHandle(poll.event);
    CloseHandle(event);
    CloseHandle(afd);
}

static void CALLBACK never_called(PVOID context, PIO_STATUS_BLOCK iosb, ULONG reserved)
{
    (void)context, (void)iosb, (void)reserved;
    abort();
}

static NTSTATUS poll_start_on_port(struct poll *poll, void *context)
{
    return NtDeviceIoControlFile(poll->afd, NULL, NULL, context, &poll->iosb, IOCTL_AFD_POLL,
                                 &poll->info, poll_size(poll), &poll->info, poll_size(poll));
}

/* SOCK-478 SOCK-479 SOCK-480 */
static void a_poll_sends_a_packet_if_it_has_a_value_for_it(void **state)
{
    HANDLE afd = open_afd(L"\\Device\\Afd\\Wepoll");
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    struct poll poll;
    struct packet packet;
    IO_STATUS_BLOCK cancel;
    SOCKET client, server;
    (void)state;
    test_tcp_pair(&client, &server);
    assert_ptr_equal(CreateIoCompletionPort(afd, port, 7, 0), port);
    poll_init(&poll, afd, INT64_MAX);
    poll_add(&poll, server, AFD_WRITE);
    assert_int_equal(poll_start_on_port(&poll, NULL), STATUS_SUCCESS);
    test_no_packet(port);
    assert_int_equal(poll_start_on_port(&poll, &poll), STATUS_SUCCESS);
    packet = test_next_packet(port);
    assert_true(packet.ok);
    assert_ptr_equal(packet.overlapped, &poll);
    assert_int_equal(packet.key, 7);
    assert_int_equal(packet.bytes, HEADER_SIZE + ENTRY_SIZE);
    poll.info.entries[0].events = AFD_READ;
    assert_int_equal(NtDeviceIoControlFile(afd, NULL, never_called, &poll, &poll.iosb,
                                           IOCTL_AFD_POLL, &poll.info, poll_size(&poll), &poll.info,
                                           poll_size(&poll)),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(poll_start_on_port(&poll, &poll), STATUS_PENDING);
    assert_int_equal(NtCancelIoFileEx(afd, &poll.iosb, &cancel), STATUS_SUCCESS);
    packet = test_next_packet(port);
    assert_false(packet.ok);
    assert_int_equal(packet.error, ERROR_OPERATION_ABORTED);
    assert_ptr_equal(packet.overlapped, &poll);
    assert_int_equal(poll.iosb.Status, STATUS_CANCELLED);
    assert_int_equal(NtCancelIoFileEx(afd, &poll.iosb, &cancel), STATUS_NOT_FOUND);
    poll.info.entries[0].events = AFD_READ;
    poll.info.count = 1;
    assert_int_equal(poll_start_on_port(&poll, &poll), STATUS_PENDING);
    assert_int_equal(send(client, "x", 1, 0), 1);
    packet = test_next_packet(port);
    assert_true(packet.ok);
    assert_int_equal(poll.info.entries[0].events, AFD_READ);
    test_no_packet(port);
    closesocket(client);
    closesocket(server);
    CloseHandle(poll.event);
    CloseHandle(afd);
    CloseHandle(port);
}

/* SOCK-481 */
static void an_exclusive_poll_replaces_an_exclusive_one(void **state)
{
    HANDLE afd = open_afd(L"\\Device\\Afd");
    struct poll first, second, shared, elsewhere;
    SOCKET client, server;
    (void)state;
    test_tcp_pair(&client, &server);
    poll_init(&elsewhere, afd, INT64_MAX);
    poll_add(&elsewhere, client, AFD_READ);
    elsewhere.info.exclusive = 1;
    assert_int_equal(poll_start(&elsewhere), STATUS_PENDING);
    poll_init(&first, afd, INT64_MAX);
    poll_add(&first, server, AFD_READ);
    first.info.exclusive = 1;
    assert_int_equal(poll_start(&first), STATUS_PENDING);
    poll_init(&shared, afd, INT64_MAX);
    poll_add(&shared, server, AFD_READ);
    assert_int_equal(poll_start(&shared), STATUS_PENDING);
    poll_init(&second, afd, INT64_MAX);
    poll_add(&second, server, AFD_READ);
    second.info.exclusive = 1;
    assert_int_equal(poll_start(&second), STATUS_PENDING);
    poll_wait(&first);
    assert_int_equal(first.iosb.Status, STATUS_SUCCESS);
    assert_int_equal(first.info.count, 0);
    assert_int_equal(WaitForSingleObject(shared.event, 0), WAIT_TIMEOUT);
    assert_int_equal(WaitForSingleObject(elsewhere.event, 0), WAIT_TIMEOUT);
    assert_int_equal(send(client, "x", 1, 0), 1);
    poll_wait(&second);
    poll_wait(&shared);
    assert_int_equal(second.info.count, 1);
    closesocket(client);
    poll_wait(&elsewhere);
    closesocket(server);
    CloseHandle(first.event);
    CloseHandle(second.event);
    CloseHandle(shared.event);
    CloseHandle(elsewhere.event);
    CloseHandle(afd);
}

static void poll_begins(struct poll *poll, HANDLE afd, SOCKET s, BOOL exclusive)
{
    poll_init(poll, afd, INT64_MAX);
    poll_add(poll, s, AFD_READ);
    poll->info.exclusive = (ULONG)exclusive;
    assert_int_equal(poll_start(poll), STATUS_PENDING);
}

/* SOCK-481: what is ended is a socket's main poll: the first one there was. */
static void an_exclusive_poll_beside_a_main_one_that_is_not_stays(void **state)
{
    HANDLE afd = open_afd(L"\\Device\\Afd");
    struct poll polls[5];
    SOCKET client, server;
    (void)state;
    test_tcp_pair(&client, &server);
    poll_begins(&polls[0], (HANDLE)server, server, FALSE); /* the main one */
    poll_begins(&polls[1], afd, server, TRUE);
    poll_begins(&polls[2], afd, server, TRUE);
    assert_win32(CancelIoEx((HANDLE)server, NULL));
    poll_wait(&polls[0]);
    assert_int_equal(polls[0].iosb.Status, STATUS_CANCELLED);
    poll_begins(&polls[3], afd, server, TRUE); /* the main one now */
    poll_begins(&polls[4], afd, server, TRUE); /* takes its place */
    poll_wait(&polls[3]);
    assert_int_equal(polls[3].info.count, 0);
    for (int i = 1; i < 5; i++)
        assert_int_equal(WaitForSingleObject(polls[i].event, 0),
                         i == 3 ? WAIT_OBJECT_0 : WAIT_TIMEOUT);
    assert_int_equal(send(client, "x", 1, 0), 1);
    for (int i = 1; i < 5; i++)
        poll_wait(&polls[i]);
    for (int i = 0; i < 5; i++)
        CloseHandle(polls[i].event);
    closesocket(client);
    closesocket(server);
    CloseHandle(afd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_device_opens_under_any_suffix),
        cmocka_unit_test(a_poll_judges_its_arguments),
        cmocka_unit_test(a_poll_without_waiting_tells_the_ready_ones),
        cmocka_unit_test(the_states_of_a_socket_have_their_bits),
        cmocka_unit_test(a_poll_times_out),
        cmocka_unit_test(a_poll_waits_for_the_sockets_it_lists),
        cmocka_unit_test(a_failed_connect_is_told_each_time),
        cmocka_unit_test(closing_a_polled_socket_ends_the_poll),
        cmocka_unit_test(a_pending_receive_goes_before_a_poll),
        cmocka_unit_test(a_poll_sends_a_packet_if_it_has_a_value_for_it),
        cmocka_unit_test(an_exclusive_poll_replaces_an_exclusive_one),
        cmocka_unit_test(an_exclusive_poll_beside_a_main_one_that_is_not_stays),
        cmocka_unit_test(the_answer_may_go_elsewhere_and_names_the_first_that_became_ready),
        cmocka_unit_test(a_poll_goes_on_when_the_handle_it_was_asked_of_is_closed),
        cmocka_unit_test(an_abort_stays_one_beside_a_poll),
    };
    return cmocka_run_group_tests(tests, test_winsock_up, test_winsock_down);
}

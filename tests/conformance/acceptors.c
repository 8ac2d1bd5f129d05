/* The sockets that AcceptEx accepts into: a connection takes the place of what was there, of which
 * nothing may show in sockets made later. */
#include "sockets.h"

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROOM = sizeof(struct sockaddr_in) + 16, ROUNDS = 4 };

struct acceptance {
    HANDLE port;
    struct sockaddr_in address;
    SOCKET listener, acceptor, client;
    OVERLAPPED overlapped;
    char buffer[2 * ROOM];
};

static void start_acceptance(struct acceptance *a)
{
    DWORD bytes;
    memset(&a->overlapped, 0, sizeof a->overlapped);
    a->client = socket(AF_INET, SOCK_STREAM, 0); /* first: it gets what the last acceptor had */
    a->acceptor = socket(AF_INET, SOCK_STREAM, 0);
    assert_fails(WSA_IO_PENDING, AcceptEx(a->listener, a->acceptor, a->buffer, 0, ROOM, ROOM,
                                          &bytes, &a->overlapped));
}

static void open_acceptance(struct acceptance *a)
{
    a->listener = test_listener(&a->address);
    a->port = CreateIoCompletionPort((HANDLE)a->listener, NULL, 0, 0);
    start_acceptance(a);
}

static void finish_acceptance(struct acceptance *a)
{
    assert_wsa(connect(a->client, (struct sockaddr *)&a->address, sizeof a->address));
    assert_true(test_next_packet(a->port).ok);
    assert_wsa(setsockopt(a->acceptor, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&a->listener,
                          sizeof a->listener));
}

static void close_connection(struct acceptance *a)
{
    closesocket(a->acceptor);
    closesocket(a->client);
}

static void close_acceptance(struct acceptance *a)
{
    closesocket(a->listener);
    CloseHandle(a->port);
}

static int flag_of(SOCKET s, int level, int name)
{
    int value = -1, length = sizeof value;
    assert_wsa(getsockopt(s, level, name, (char *)&value, &length));
    return value;
}

/* SOCK-241 */
static void a_new_socket_has_no_options_of_an_acceptor_before_it(void **state)
{
    struct acceptance a;
    int yes = 1;
    (void)state;
    open_acceptance(&a);
    for (int i = 0; i < ROUNDS; i++) {
        SOCKET fresh[ROUNDS];
        assert_wsa(setsockopt(a.acceptor, SOL_SOCKET, SO_KEEPALIVE, (char *)&yes, sizeof yes));
        assert_wsa(setsockopt(a.acceptor, IPPROTO_TCP, TCP_NODELAY, (char *)&yes, sizeof yes));
        finish_acceptance(&a);
        for (int j = 0; j < ROUNDS; j++) {
            fresh[j] = socket(AF_INET, SOCK_STREAM, 0);
            assert_int_equal(flag_of(fresh[j], SOL_SOCKET, SO_KEEPALIVE), 0);
            assert_int_equal(flag_of(fresh[j], IPPROTO_TCP, TCP_NODELAY), 0);
        }
        for (int j = 0; j < ROUNDS; j++)
            closesocket(fresh[j]);
        close_connection(&a);
        start_acceptance(&a);
    }
    close_connection(&a);
    close_acceptance(&a);
}

/* SOCK-220 SOCK-241 */
static void a_socket_after_an_acceptor_is_whole(void **state)
{
    struct acceptance a;
    (void)state;
    open_acceptance(&a);
    for (int i = 0; i < ROUNDS; i++) {
        char byte = 'a';
        finish_acceptance(&a);
        close_connection(&a);
        start_acceptance(&a);
        finish_acceptance(&a);
        assert_int_equal(send(a.client, &byte, 1, 0), 1);
        assert_int_equal(recv(a.acceptor, &byte, 1, 0), 1);
        closesocket(a.client);
        assert_int_equal(recv(a.acceptor, &byte, 1, 0), 0);
        closesocket(a.acceptor);
        start_acceptance(&a);
    }
    close_connection(&a);
    close_acceptance(&a);
}

/* A child of fork that lives on keeps open what was open when it began, and nothing else. */
static void a_connection_made_after_a_fork_ends_when_it_is_closed(void **state)
{
    struct acceptance a;
    DWORD patience_ms = TEST_DEADLINE_MS;
    int ends[2];
    char byte;
    pid_t child;
    (void)state;
    open_acceptance(&a);
    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        close(ends[1]);
        _exit(read(ends[0], &byte, 1) != 0); /* until its parent closes the pipe */
    }
    for (int i = 0; i < ROUNDS; i++) {
        finish_acceptance(&a);
        if (i > 0) { /* the first acceptor is the child's too */
            assert_wsa(setsockopt(a.acceptor, SOL_SOCKET, SO_RCVTIMEO, (char *)&patience_ms,
                                  sizeof patience_ms));
            closesocket(a.client);
            assert_int_equal(recv(a.acceptor, &byte, 1, 0), 0);
            a.client = INVALID_SOCKET;
        }
        close_connection(&a);
        start_acceptance(&a);
    }
    close(ends[1]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(ends[0]);
    close_connection(&a);
    close_acceptance(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_socket_has_no_options_of_an_acceptor_before_it),
        cmocka_unit_test(a_socket_after_an_acceptor_is_whole),
        cmocka_unit_test(a_connection_made_after_a_fork_ends_when_it_is_closed),
    };
    return cmocka_run_group_tests(tests, test_winsock_up, test_winsock_down);
}

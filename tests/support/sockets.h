/* What the socket tests share: pairs of connected sockets, and packets by their parts. */
#ifndef PORTICO_TEST_SOCKETS_H
#define PORTICO_TEST_SOCKETS_H

#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>

#include "portico_test.h"

/* The call fails with SOCKET_ERROR (or the like) and leaves this Winsock error. */
#define assert_wsa_fails(expected_error, call)               \
    do {                                                     \
        WSASetLastError((int)LAST_ERROR_SENTINEL);           \
        assert_int_equal((int)(call), SOCKET_ERROR);         \
        assert_int_equal(WSAGetLastError(), expected_error); \
    } while (0)
#define assert_wsa(call) assert_int_equal((int)(call), 0)

/* An overlapped TCP socket listening on loopback; `address` becomes where. */
SOCKET test_listener(struct sockaddr_in *address);

/* Where nobody listens: a socket that does not has the port, for good, lest another program take
 * it. */
struct sockaddr_in test_closed_port(void);

/* Two connected TCP sockets on loopback. */
void test_tcp_pair(SOCKET *client, SOCKET *server);

/* The same, the server's end bound to the port. */
void test_tcp_pair_on_port(SOCKET *client, SOCKET *server, HANDLE port, ULONG_PTR key);

/* A UDP socket bound to loopback. */
SOCKET test_udp(struct sockaddr_in *address);

/* A TCP socket bound to loopback. */
SOCKET test_bound(void);

/* An extension function, as programs find it. */
void *test_extension(SOCKET s, GUID id);

/* The next packet, taken with a deadline: what GetQueuedCompletionStatus gave. */
struct packet {
    BOOL ok;
    DWORD error; /* of a packet of failure */
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *overlapped;
};
struct packet test_next_packet(HANDLE port);
/* The queue must be empty. */
void test_no_packet(HANDLE port);

/* Starts a receive that must pend. */
void test_receive_pends(SOCKET s, void *buffer, ULONG size, OVERLAPPED *overlapped);

/* Group set-up and tear-down: WSAStartup, WSACleanup. */
int test_winsock_up(void **state);
int test_winsock_down(void **state);

#endif

/* Names and addresses: getaddrinfo and its relatives, the older look-ups, text and addresses. */
#include "sockets.h"

#include <mswsock.h>

static int resolve(const char *node, const char *service, const ADDRINFOA *hints,
                   ADDRINFOA **result)
{
    int err;
    *result = (ADDRINFOA *)0xdeadbeef;
    WSASetLastError((int)LAST_ERROR_SENTINEL);
    err = getaddrinfo(node, service, hints, result);
    assert_int_equal(WSAGetLastError(), err);
    if (err)
        assert_null(*result);
    return err;
}

/* SOCK-390 SOCK-391 SOCK-392 SOCK-393 SOCK-401 */
static void names_may_be_missing_or_empty(void **state)
{
    ADDRINFOA *found, *own;
    ADDRINFOW *wide = (ADDRINFOW *)0xdeadbeef;
    char name[256];
    (void)state;
    assert_int_equal(resolve(NULL, NULL, NULL, &found), WSAHOST_NOT_FOUND);
    assert_int_equal(GetAddrInfoW(NULL, NULL, NULL, &wide), WSAHOST_NOT_FOUND);
    assert_int_equal(WSAGetLastError(), WSAHOST_NOT_FOUND);
    assert_null(wide);
    assert_int_equal(resolve("", NULL, NULL, &found), 0);
    assert_int_equal(found->ai_flags, 0);
    assert_wsa(gethostname(name, sizeof name));
    if (resolve(name, NULL, NULL, &own) == 0) {
        assert_int_equal(own->ai_addrlen, found->ai_addrlen);
        assert_memory_equal(own->ai_addr, found->ai_addr, own->ai_addrlen);
        freeaddrinfo(own);
    }
    freeaddrinfo(found);
    assert_int_equal(resolve("127.0.0.1", "", NULL, &found), 0);
    assert_int_equal(((SOCKADDR_IN *)found->ai_addr)->sin_port, 0);
    freeaddrinfo(found);
    assert_int_equal(GetAddrInfoW(L"127.0.0.1", L"80", NULL, &wide), 0);
    assert_int_equal(WSAGetLastError(), 0);
    assert_int_equal(((SOCKADDR_IN *)wide->ai_addr)->sin_port, htons(80));
    assert_null(wide->ai_next);
    FreeAddrInfoW(wide);
}

/* SOCK-394 SOCK-395 SOCK-396 */
static void type_and_protocol_are_echoed(void **state)
{
    static const struct {
        int type, protocol, result;
    } cases[] = {
        {0, 0, 0},
        {SOCK_STREAM, IPPROTO_UDP, 0},
        {SOCK_DGRAM, IPPROTO_TCP, 0},
        {SOCK_STREAM, IPPROTO_IPV6, 0},
        {SOCK_STREAM, 999, 0},
        {0, IPPROTO_UDP, 0},
        {999, 0, WSAESOCKTNOSUPPORT},
    };
    ADDRINFOA *found;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ADDRINFOA hints = {.ai_socktype = cases[i].type, .ai_protocol = cases[i].protocol};
        assert_int_equal(resolve("127.0.0.1", "80", &hints, &found), cases[i].result);
        if (cases[i].result)
            continue;
        assert_int_equal(found->ai_socktype, cases[i].type);
        assert_int_equal(found->ai_protocol, cases[i].protocol);
        assert_null(found->ai_next);
        freeaddrinfo(found);
    }
}

/* SOCK-397 SOCK-398 SOCK-399 SOCK-403 */
static void what_is_no_name_is_not_found(void **state)
{
    ADDRINFOA numeric = {.ai_flags = AI_NUMERICHOST}, four = {.ai_family = AF_INET}, *found;
    struct in6_addr expected;
    (void)state;
    assert_int_equal(resolve("localhost", NULL, &numeric, &found), WSAHOST_NOT_FOUND);
    assert_int_equal(resolve("127.0.0.1:80", NULL, &numeric, &found), WSAHOST_NOT_FOUND);
    assert_int_equal(inet_pton(AF_INET6, "beef::cafe", &expected), 1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(resolve(i ? "[beef::cafe]:10239" : "[beef::cafe]", NULL, NULL, &found), 0);
        assert_int_equal(found->ai_family, AF_INET6);
        assert_memory_equal(&((SOCKADDR_IN6 *)found->ai_addr)->sin6_addr, &expected, 16);
        assert_int_equal(((SOCKADDR_IN6 *)found->ai_addr)->sin6_port, 0);
        freeaddrinfo(found);
    }
    assert_int_equal(resolve("[beef::cafe", NULL, NULL, &found), WSAHOST_NOT_FOUND);
    assert_int_equal(resolve("[beef::cafe]", NULL, &four, &found), WSAHOST_NOT_FOUND);
    assert_int_equal(resolve("127.0.0.1", "no-such-service", NULL, &found), WSATYPE_NOT_FOUND);
    assert_int_equal(EAI_AGAIN, 11002);
    assert_int_equal(EAI_BADFLAGS, 10022);
    assert_int_equal(EAI_FAIL, 11003);
    assert_int_equal(EAI_FAMILY, 10047);
    assert_int_equal(EAI_MEMORY, 8);
    assert_int_equal(EAI_NONAME, 11001);
    assert_int_equal(EAI_SERVICE, 10109);
    assert_int_equal(EAI_SOCKTYPE, 10044);
}

static void CALLBACK never_called(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped)
{
    (void)error, (void)bytes, (void)overlapped;
    abort();
}

/* SOCK-404 SOCK-405 SOCK-407 */
static void a_lookup_may_end_with_an_event(void **state)
{
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL), .Internal = 0x55};
    ADDRINFOEXW *found = (ADDRINFOEXW *)0xdeadbeef;
    HANDLE handle = NULL;
    (void)state;
    assert_int_equal(
        GetAddrInfoExW(NULL, NULL, NS_DNS, NULL, NULL, &found, NULL, &overlapped, NULL, NULL),
        WSAHOST_NOT_FOUND);
    assert_int_equal(WaitForSingleObject(overlapped.hEvent, 0), WAIT_TIMEOUT);
    assert_int_equal(GetAddrInfoExW(L"127.0.0.1", NULL, NS_DNS, NULL, NULL, &found, NULL,
                                    &overlapped, never_called, NULL),
                     WSAEINVAL);
    assert_int_equal(GetAddrInfoExW(L"localhost", L"80", NS_DNS, NULL, NULL, &found, NULL,
                                    &overlapped, NULL, &handle),
                     ERROR_IO_PENDING);
    assert_int_equal(WSAGetLastError(), ERROR_IO_PENDING);
    assert_int_equal(WaitForSingleObject(overlapped.hEvent, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(overlapped.Internal, 0);
    assert_ptr_equal(overlapped.Pointer, &found);
    assert_int_equal(GetAddrInfoExOverlappedResult(&overlapped), 0);
    assert_non_null(found);
    FreeAddrInfoExW(found);
    assert_int_equal(GetAddrInfoExW(L"[nonsense", NULL, NS_DNS, NULL, NULL, &found, NULL,
                                    &overlapped, NULL, &handle),
                     ERROR_IO_PENDING);
    assert_int_equal(WaitForSingleObject(overlapped.hEvent, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(GetAddrInfoExOverlappedResult(&overlapped), WSAHOST_NOT_FOUND);
    assert_null(found);
    assert_int_equal(
        GetAddrInfoExW(L"127.0.0.1", NULL, NS_ALL, NULL, NULL, &found, NULL, NULL, NULL, NULL), 0);
    FreeAddrInfoExW(found);
    CloseHandle(overlapped.hEvent);
}

static struct {
    volatile LONG calls;
    DWORD error, bytes, thread_id;
    OVERLAPPED *overlapped;
} routine_saw;

static void CALLBACK note_lookup(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped)
{
    routine_saw.error = error;
    routine_saw.bytes = bytes;
    routine_saw.overlapped = overlapped;
    routine_saw.thread_id = GetCurrentThreadId();
    InterlockedIncrement(&routine_saw.calls);
}

/* SOCK-406 SOCK-408 */
static void a_lookup_may_end_with_a_routine_or_a_cancel(void **state)
{
    OVERLAPPED overlapped = {0};
    ADDRINFOEXW *found;
    HANDLE handle = NULL;
    int err;
    (void)state;
    assert_int_equal(GetAddrInfoExW(L"127.0.0.1", NULL, NS_DNS, NULL, NULL, &found, NULL,
                                    &overlapped, note_lookup, NULL),
                     ERROR_IO_PENDING);
    wait_until(InterlockedOr(&routine_saw.calls, 0) == 1);
    assert_int_equal(routine_saw.error, 0);
    assert_int_equal(routine_saw.bytes, 0);
    assert_ptr_equal(routine_saw.overlapped, &overlapped);
    assert_int_not_equal(routine_saw.thread_id, GetCurrentThreadId());
    FreeAddrInfoExW(found);
    assert_int_equal(GetAddrInfoExOverlappedResult(NULL), WSAEINVAL);
    assert_int_equal(GetAddrInfoExCancel(NULL), WSA_INVALID_HANDLE);
    assert_int_equal(GetAddrInfoExW(L"127.0.0.1", NULL, NS_DNS, NULL, NULL, &found, NULL,
                                    &overlapped, note_lookup, &handle),
                     ERROR_IO_PENDING);
    err = GetAddrInfoExCancel(&handle);
    wait_until(InterlockedOr(&routine_saw.calls, 0) == 2);
    if (err == 0) {
        assert_int_equal(routine_saw.error, WSA_E_CANCELLED);
        assert_null(found);
    } else { /* it was over before */
        assert_int_equal(err, WSA_INVALID_HANDLE);
        FreeAddrInfoExW(found);
    }
    assert_int_equal(GetAddrInfoExCancel(&handle), WSA_INVALID_HANDLE);
}

/* However early: before the call has returned, too. */
static void a_lookup_whose_time_is_up_at_once_ends_once(void **state)
{
    enum { ROUNDS = 200 };
    struct timeval at_once = {0, 0};
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, FALSE, FALSE, NULL)};
        ADDRINFOEXW *result = NULL;
        INT err = GetAddrInfoExW(L"127.0.0.1", NULL, NS_ALL, NULL, NULL, &result, &at_once,
                                 &overlapped, NULL, NULL);
        assert_int_equal(err, WSA_IO_PENDING);
        assert_int_equal(WaitForSingleObject(overlapped.hEvent, TEST_DEADLINE_MS), WAIT_OBJECT_0);
        err = GetAddrInfoExOverlappedResult(&overlapped);
        assert_true(err == WSAETIMEDOUT ? result == NULL : err == 0 && result != NULL);
        FreeAddrInfoExW(result);
        assert_int_equal(WaitForSingleObject(overlapped.hEvent, 0), WAIT_TIMEOUT);
        CloseHandle(overlapped.hEvent);
    }
}

/* SOCK-409 SOCK-410 */
static void a_host_knows_its_name(void **state)
{
    char name[256], exact[256];
    WCHAR wide[256];
    struct hostent *host, *named;
    unsigned char loopback[4] = {127, 0, 0, 1};
    int length;
    (void)state;
    assert_wsa_fails(WSAEFAULT, gethostname(NULL, 256));
    assert_wsa(gethostname(name, sizeof name));
    length = (int)strlen(name);
    memset(exact, 'x', sizeof exact);
    assert_wsa_fails(WSAEFAULT, gethostname(exact, length));
    assert_int_equal(exact[0], 'x');
    assert_wsa(gethostname(exact, length + 1));
    assert_string_equal(exact, name);
    assert_wsa(GetHostNameW(wide, 256));
    assert_int_equal(wide[0], name[0]);
    assert_wsa_fails(WSAEFAULT, GetHostNameW(wide, length));
    host = gethostbyname("");
    assert_non_null(host);
    assert_string_equal(host->h_name, name);
    assert_int_equal(host->h_addrtype, AF_INET);
    assert_int_equal(host->h_length, 4);
    assert_non_null(host->h_addr_list[0]);
    assert_true((char *)host->h_aliases > (char *)host);
    assert_true((char *)host->h_addr_list > (char *)host->h_aliases);
    assert_true(host->h_addr_list[0] > (char *)host->h_addr_list);
    named = gethostbyname("127.0.0.1");
    assert_memory_equal(named->h_addr, loopback, 4);
    assert_null(named->h_addr_list[1]);
    named = gethostbyaddr((char *)loopback, 4, AF_INET);
    if (named)
        assert_memory_equal(named->h_addr, loopback, 4);
    assert_null(gethostbyaddr((char *)loopback, 3, AF_INET));
    assert_int_equal(WSAGetLastError(), WSAEFAULT);
    assert_null(gethostbyname("no such host"));
    assert_int_equal(WSAGetLastError(), WSAHOST_NOT_FOUND);
}

/* SOCK-411 */
static void a_host_is_not_only_loopback(void **state)
{
    union {
        SOCKET_ADDRESS_LIST list;
        char room[4096];
    } out;
    SOCKET_ADDRESS *list; /* longer than its declaration says */
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    struct hostent *host;
    char name[256];
    DWORD bytes;
    int real = 0;
    (void)state;
    assert_wsa(WSAIoctl(s, SIO_ADDRESS_LIST_QUERY, NULL, 0, &out, sizeof out, &bytes, NULL, NULL));
    list = out.list.Address;
    for (int i = 0; i < out.list.iAddressCount; i++)
        real += ((struct sockaddr_in *)list[i].lpSockaddr)->sin_addr.S_un.S_un_b.s_b1 != 127;
    assert_wsa(gethostname(name, sizeof name));
    host = gethostbyname(name);
    assert_non_null(host);
    assert_int_equal((unsigned char)host->h_addr[0] == 127, real == 0);
    closesocket(s);
}

static void services_and_protocols_have_numbers(void **state)
{
    struct servent *service;
    struct protoent *protocol;
    (void)state;
    service = getservbyname("http", "tcp");
    if (service) { /* the host's tables need not be installed */
        assert_int_equal(service->s_port, (short)htons(80));
        assert_string_equal(getservbyport(htons(80), "tcp")->s_name, "http");
    }
    assert_null(getservbyname("no-such-service", NULL));
    assert_int_equal(WSAGetLastError(), WSANO_DATA);
    protocol = getprotobyname("udp");
    if (protocol) {
        assert_int_equal(protocol->p_proto, IPPROTO_UDP);
        assert_string_equal(getprotobynumber(IPPROTO_TCP)->p_name, "tcp");
    }
    assert_null(getprotobynumber(254));
    assert_null(getservbyname(NULL, NULL));
    assert_int_equal(WSAGetLastError(), WSAEFAULT);
}

/* SOCK-412 SOCK-413 SOCK-414 SOCK-416 */
static void text_becomes_an_address_by_strict_rules(void **state)
{
    static const char *const bad[] = {"1.2",       "010.2.3.4", "0x1.2.3.4", "1.2.3.256",
                                      "1.2.3.4.5", "",          " 1.2.3.4",  "1.2.3.4 "};
    unsigned char address[16];
    char text[INET6_ADDRSTRLEN];
    WCHAR wide[INET6_ADDRSTRLEN];
    (void)state;
    assert_wsa_fails(WSAEAFNOSUPPORT, inet_pton(999, "1.2.3.4", address));
    assert_wsa_fails(WSAEFAULT, inet_pton(AF_INET, NULL, address));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        WSASetLastError(0x1234);
        if (inet_pton(AF_INET, bad[i], address) != 0)
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(WSAGetLastError(), 0x1234);
    }
    WSASetLastError(0x1234);
    assert_int_equal(InetPtonW(AF_INET, L"1.2", address), 0);
    assert_int_equal(WSAGetLastError(), WSAEINVAL);
    assert_wsa_fails(WSAEAFNOSUPPORT, InetPtonW(999, L"1.2.3.4", address));
    assert_int_equal(InetPtonW(AF_INET, L"1.2.3.4", address), 1);
    assert_memory_equal(address, "\1\2\3\4", 4);
    assert_string_equal(inet_ntop(AF_INET, address, text, sizeof text), "1.2.3.4");
    assert_null(inet_ntop(AF_INET, address, text, 7));
    assert_true(WSAGetLastError() == WSAEINVAL || WSAGetLastError() == (int)0xC000000D ||
                WSAGetLastError() == ERROR_INVALID_PARAMETER);
    assert_null(inet_ntop(999, address, text, sizeof text));
    assert_int_equal(WSAGetLastError(), WSAEAFNOSUPPORT);
    assert_ptr_equal(InetNtopW(AF_INET, address, wide, 8), wide);
    assert_int_equal(wide[6], '4');
    assert_null(InetNtopW(AF_INET, address, wide, 7));
    assert_int_equal(WSAGetLastError(), WSAEINVAL);
}

static DWORD WINAPI format_another(LPVOID arg)
{
    struct in_addr address = {.S_un.S_addr = 0x04030201};
    (void)arg;
    inet_ntoa(address);
    return 0;
}

/* SOCK-415 SOCK-417 SOCK-420 */
static void the_old_text_functions_are_lenient(void **state)
{
    struct in_addr address = {.S_un.S_addr = 0x08070605};
    struct in6_addr loopback = IN6ADDR_LOOPBACK_INIT;
    u_long number;
    SOCKET s;
    char *text;
    HANDLE thread;
    (void)state;
    assert_int_equal(inet_addr("3.4.5.6 7"), 0x06050403);
    assert_int_equal(inet_addr("1.2.3 .4"), 0x03000201);
    assert_int_equal(inet_addr(" 1.2.3.4"), INADDR_NONE);
    assert_int_equal(inet_addr("0x1.02.3.4"), 0x04030201);
    text = inet_ntoa(address);
    thread = CreateThread(NULL, 0, format_another, NULL, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    assert_string_equal(text, "5.6.7.8");
    assert_int_equal(htons(0x1234), 0x3412);
    assert_int_equal(ntohl(0x12345678), 0x78563412);
    assert_wsa_fails(WSAENOTSOCK, WSAHtonl(INVALID_SOCKET, 1, &number));
    s = socket(AF_INET, SOCK_STREAM, 0);
    assert_wsa(WSAHtonl(s, 0x12345678, &number));
    assert_int_equal(number, 0x78563412);
    assert_wsa_fails(WSAEFAULT, WSANtohs(s, 1, NULL));
    closesocket(s);
    assert_true(IN6_IS_ADDR_LOOPBACK(&loopback) && !IN6_IS_ADDR_UNSPECIFIED(&loopback));
    assert_string_equal(gai_strerrorA(EAI_NONAME), "There is no such host.");
    assert_int_equal(gai_strerrorW(EAI_NONAME)[0], gai_strerrorA(EAI_NONAME)[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_may_be_missing_or_empty),
        cmocka_unit_test(type_and_protocol_are_echoed),
        cmocka_unit_test(what_is_no_name_is_not_found),
        cmocka_unit_test(a_lookup_may_end_with_an_event),
        cmocka_unit_test(a_lookup_may_end_with_a_routine_or_a_cancel),
        cmocka_unit_test(a_lookup_whose_time_is_up_at_once_ends_once),
        cmocka_unit_test(a_host_knows_its_name),
        cmocka_unit_test(a_host_is_not_only_loopback),
        cmocka_unit_test(services_and_protocols_have_numbers),
        cmocka_unit_test(text_becomes_an_address_by_strict_rules),
        cmocka_unit_test(the_old_text_functions_are_lenient),
    };
    return cmocka_run_group_tests(tests, test_winsock_up, test_winsock_down);
}

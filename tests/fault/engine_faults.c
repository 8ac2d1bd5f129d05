/* Each allocation and each system call of the engine fails in turn, and the laws hold: a call that
 * accepted an operation completes it exactly once, any other has said why not; nothing hangs,
 * nothing leaks, and afterwards everything works again.
 *
 * A scenario runs in a child of its own for each call that is to fail, so that what is started once
 * in a process (the engine, the reactor) is started anew. */
#include "faults.h"

#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>

#include "portico_test.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEADLINE_MS = 20000, CALLS_MAX = 3000 };

/* What a child tells its parent. */
static struct report {
    char violation[128];
    char hit[32];
    long blocks, descriptors;
} * report;

/* A law is broken: the child ends here. */
static void violation(const char *text)
{
    const char *name = fault_hit();
    snprintf(report->hit, sizeof report->hit, "%s", name ? name : "nothing");
    snprintf(report->violation, sizeof report->violation, "%s", text);
    _exit(1);
}

static void violation_of(const char *what, long expected, long found)
{
    char text[sizeof report->violation];
    snprintf(text, sizeof text, "leaked %s: %ld instead of %ld", what, found, expected);
    violation(text);
}

/* ---- what scenarios are made of ---- */

/* Takes exactly `accepted` packets. */
static void drain(HANDLE port, int accepted)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *overlapped;
    while (accepted-- > 0) {
        overlapped = NULL;
        if (!GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, DEADLINE_MS) && !overlapped)
            violation("a packet was lost");
    }
    overlapped = NULL;
    if (GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, 0) || overlapped)
        violation("a packet too many");
}

static HANDLE new_port(void)
{
    return CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
}

/* Has the call accepted its operation? */
static int accepted(BOOL done)
{
    return done || GetLastError() == ERROR_IO_PENDING;
}

static int accepted_wsa(int result)
{
    return result == 0 || WSAGetLastError() == WSA_IO_PENDING;
}

/* Two connected sockets; false: one could not be had. */
static bool tcp_pair(SOCKET *server, SOCKET *client)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int length = sizeof address;
    SOCKET listener = socket(AF_INET, SOCK_STREAM, 0);
    *client = socket(AF_INET, SOCK_STREAM, 0);
    *server = INVALID_SOCKET;
    if (bind(listener, (struct sockaddr *)&address, sizeof address) == 0 &&
        listen(listener, 5) == 0 &&
        getsockname(listener, (struct sockaddr *)&address, &length) == 0 &&
        connect(*client, (struct sockaddr *)&address, sizeof address) == 0)
        *server = accept(listener, NULL, NULL);
    closesocket(listener);
    return *server != INVALID_SOCKET;
}

static void close_pair(SOCKET server, SOCKET client)
{
    if (server != INVALID_SOCKET)
        closesocket(server);
    if (client != INVALID_SOCKET)
        closesocket(client);
}

static int receive(SOCKET s, char *buffer, OVERLAPPED *overlapped)
{
    WSABUF data = {4, buffer};
    DWORD flags = 0;
    return accepted_wsa(WSARecv(s, &data, 1, NULL, &flags, overlapped, NULL));
}

static int send_overlapped(SOCKET s, char *buffer, ULONG size, OVERLAPPED *overlapped)
{
    WSABUF data = {size, buffer};
    return accepted_wsa(WSASend(s, &data, 1, NULL, 0, overlapped, NULL));
}

/* ---- scenarios: true if everything in them worked ---- */

static bool posts(void)
{
    HANDLE port = new_port();
    int count = 0;
    if (!port)
        return false;
    for (int i = 0; i < 100; i++)
        count += PostQueuedCompletionStatus(port, (DWORD)i, 7, NULL);
    drain(port, count);
    CloseHandle(port);
    return count == 100;
}

static bool sockets_on_a_port(void)
{
    static char big[300000], sink[300000];
    OVERLAPPED receives[20] = {0}, sends[2] = {0};
    char buffers[20][4];
    SOCKET server, client;
    HANDLE port = new_port();
    bool paired = tcp_pair(&server, &client);
    bool bound = paired && port && CreateIoCompletionPort((HANDLE)server, port, 7, 0) == port;
    int count = 0, wanted = 22, got = 0;
    if (bound) {
        for (int i = 0; i < 20; i++)
            count += receive(server, buffers[i], &receives[i]);
        send(client, "0123456789", 10, 0);
        count += send_overlapped(server, big, sizeof big, &sends[0]);
        count += send_overlapped(server, big, 4, &sends[1]);
        /* Only the plain system call can wait here for what the engine sends by itself. */
        while (got < (int)sizeof big && count == wanted) {
            int part = recv(client, sink, sizeof sink, 0);
            if (part <= 0)
                break;
            got += part;
        }
    }
    close_pair(server, client);
    if (port) {
        drain(port, count);
        CloseHandle(port);
    }
    return bound && count == wanted;
}

static bool cancels(void)
{
    OVERLAPPED receives[3] = {0};
    char buffers[3][4];
    SOCKET server, client;
    HANDLE port = new_port();
    bool paired = tcp_pair(&server, &client);
    bool bound = paired && port && CreateIoCompletionPort((HANDLE)server, port, 7, 0) == port;
    int count = 0;
    for (int i = 0; bound && i < 3; i++)
        count += receive(server, buffers[i], &receives[i]);
    if (bound) {
        CancelIoEx((HANDLE)server, &receives[1]);
        CancelIo((HANDLE)server);
        drain(port, count);
    }
    close_pair(server, client);
    CloseHandle(port);
    return bound && count == 3;
}

static bool accepts_and_connects(void)
{
    GUID accept_id = WSAID_ACCEPTEX, connect_id = WSAID_CONNECTEX;
    LPFN_ACCEPTEX accept_ex = NULL;
    LPFN_CONNECTEX connect_ex = NULL;
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in address = any;
    SOCKET listener = socket(AF_INET, SOCK_STREAM, 0), acceptor = socket(AF_INET, SOCK_STREAM, 0);
    SOCKET client = socket(AF_INET, SOCK_STREAM, 0);
    HANDLE port = new_port();
    OVERLAPPED overlapped[2] = {0};
    char addresses[128];
    DWORD bytes;
    int length = sizeof address, count = 0;
    bool ready =
        port && bind(listener, (struct sockaddr *)&any, sizeof any) == 0 &&
        listen(listener, 5) == 0 && bind(client, (struct sockaddr *)&any, sizeof any) == 0 &&
        getsockname(listener, (struct sockaddr *)&address, &length) == 0 &&
        CreateIoCompletionPort((HANDLE)listener, port, 7, 0) == port &&
        CreateIoCompletionPort((HANDLE)client, port, 7, 0) == port &&
        WSAIoctl(listener, SIO_GET_EXTENSION_FUNCTION_POINTER, &accept_id, sizeof accept_id,
                 &accept_ex, sizeof accept_ex, &bytes, NULL, NULL) == 0 &&
        WSAIoctl(listener, SIO_GET_EXTENSION_FUNCTION_POINTER, &connect_id, sizeof connect_id,
                 &connect_ex, sizeof connect_ex, &bytes, NULL, NULL) == 0;
    if (ready) {
        count +=
            accepted(accept_ex(listener, acceptor, addresses, 0, 64, 64, &bytes, &overlapped[0]));
        count += accepted(connect_ex(client, (struct sockaddr *)&address, sizeof address, NULL, 0,
                                     NULL, &overlapped[1]));
    }
    if (count == 2) {
        drain(port, 2);
        count = 0;
    } else {
        ready = false;
    }
    close_pair(listener, acceptor);
    close_pair(client, INVALID_SOCKET);
    if (port) {
        drain(port, count);
        CloseHandle(port);
    }
    return ready;
}

static char temp_path[64];

static bool files(void)
{
    static char blocks[8][4096] __attribute__((aligned(4096)));
    OVERLAPPED overlapped[8] = {0};
    HANDLE port = new_port(), file[2];
    int count = 0;
    bool bound = port != NULL;
    for (int i = 0; i < 2; i++) {
        file[i] = CreateFileA(temp_path, GENERIC_READ | GENERIC_WRITE,
                              FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS,
                              FILE_FLAG_OVERLAPPED | (i ? FILE_FLAG_NO_BUFFERING : 0), NULL);
        bound = bound && file[i] != INVALID_HANDLE_VALUE &&
                CreateIoCompletionPort(file[i], port, 7, 0) == port;
    }
    for (int i = 0; bound && i < 8; i++) {
        HANDLE one = file[i & 1];
        overlapped[i].Offset = (DWORD)(i & 3) * 4096;
        count += i < 4 ? accepted(WriteFile(one, blocks[i], 4096, NULL, &overlapped[i]))
                       : accepted(ReadFile(one, blocks[i], 4096, NULL, &overlapped[i]));
        if (i == 3) {
            drain(port, count);
            bound = count == 4;
            count = 0;
        }
    }
    for (int i = 0; i < 2; i++)
        if (file[i] != INVALID_HANDLE_VALUE)
            CloseHandle(file[i]);
    if (port) {
        drain(port, count);
        CloseHandle(port);
    }
    return bound && count == 4;
}

static bool pipes(void)
{
    static const char name[] = "\\\\.\\pipe\\portico-faults";
    static char big[4000];
    OVERLAPPED overlapped[6] = {0};
    HANDLE port = new_port(), client = INVALID_HANDLE_VALUE;
    HANDLE server = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
                                     PIPE_TYPE_MESSAGE, 1, 100, 100, 0, NULL);
    int count = 0;
    bool bound = port && server != INVALID_HANDLE_VALUE &&
                 CreateIoCompletionPort(server, port, 7, 0) == port;
    if (bound) {
        count += accepted(ConnectNamedPipe(server, &overlapped[0]));
        client = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                             FILE_FLAG_OVERLAPPED, NULL);
    }
    if (client != INVALID_HANDLE_VALUE && CreateIoCompletionPort(client, port, 7, 0) == port) {
        count += accepted(ReadFile(server, big, 10, NULL, &overlapped[1]));
        count += accepted(WriteFile(client, "abc", 3, NULL, &overlapped[2]));
        count += accepted(WriteFile(client, big, 4000, NULL, &overlapped[3]));
        count += accepted(ReadFile(server, big, 4000, NULL, &overlapped[4]));
        count += accepted(WriteFile(server, big, 4000, NULL, &overlapped[5]));
    }
    if (server != INVALID_HANDLE_VALUE)
        CloseHandle(server);
    if (client != INVALID_HANDLE_VALUE)
        CloseHandle(client);
    if (port) {
        drain(port, count);
        CloseHandle(port);
    }
    return count == 6;
}

/* An operation on a socket without a port is told by its event; nobody of the program's looks. */
static bool events(void)
{
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    char buffer[4];
    SOCKET server, client;
    bool paired = tcp_pair(&server, &client), done = false;
    if (paired && overlapped.hEvent && receive(server, buffer, &overlapped)) {
        done = send(client, "data", 4, 0) == 4;
        if (!done)
            closesocket(server);
        if (WaitForSingleObject(overlapped.hEvent, DEADLINE_MS) != WAIT_OBJECT_0)
            violation("an event was never set");
        if (!done)
            server = INVALID_SOCKET;
    }
    close_pair(server, client);
    if (overlapped.hEvent)
        CloseHandle(overlapped.hEvent);
    return done;
}

/* A list of one address, or an error and no list. */
static bool is_answer(int err, const SOCKADDR *address, const void *name)
{
    const SOCKADDR_IN *in = (const SOCKADDR_IN *)address;
    if (err != 0 && address)
        violation("an error and an answer");
    if (err == 0 &&
        (in->sin_addr.s_addr != htonl(0x7F000009) || in->sin_port != htons(80) || !name))
        violation("an answer to something else");
    return err == 0;
}

static bool lookups(void)
{
    ADDRINFOA narrow_hints = {.ai_flags = AI_CANONNAME, .ai_family = AF_INET}, *narrow = NULL;
    ADDRINFOW wide_hints = {.ai_flags = AI_CANONNAME, .ai_family = AF_INET}, *wide = NULL;
    ADDRINFOEXW ex_hints = {.ai_flags = AI_CANONNAME, .ai_family = AF_INET}, *ex = NULL;
    WSADATA data;
    bool worked;
    int err;
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
        return false;
    err = getaddrinfo("127.0.0.9", "80", &narrow_hints, &narrow);
    worked = is_answer(err, narrow ? narrow->ai_addr : NULL, narrow ? narrow->ai_canonname : NULL);
    err = GetAddrInfoW(L"127.0.0.9", L"80", &wide_hints, &wide);
    worked &= is_answer(err, wide ? wide->ai_addr : NULL, wide ? wide->ai_canonname : NULL);
    err = GetAddrInfoExW(L"127.0.0.9", L"80", NS_ALL, NULL, &ex_hints, &ex, NULL, NULL, NULL, NULL);
    worked &= is_answer(err, ex ? ex->ai_addr : NULL, ex ? ex->ai_canonname : NULL);
    freeaddrinfo(narrow);
    FreeAddrInfoW(wide);
    FreeAddrInfoExW(ex);
    WSACleanup();
    return worked;
}

static int routines_run;

static void CALLBACK routine(DWORD error, DWORD bytes, WSAOVERLAPPED *overlapped, DWORD flags)
{
    (void)error;
    (void)bytes;
    (void)overlapped;
    (void)flags;
    routines_run++;
}

static bool routines(void)
{
    OVERLAPPED overlapped = {0};
    char buffer[4];
    WSABUF data = {4, buffer};
    DWORD flags = 0;
    SOCKET server, client;
    bool paired = tcp_pair(&server, &client), done = false;
    routines_run = 0;
    if (paired && accepted_wsa(WSARecv(server, &data, 1, NULL, &flags, &overlapped, routine))) {
        done = send(client, "data", 4, 0) == 4;
        if (!done) {
            closesocket(server);
            server = INVALID_SOCKET;
        }
        SleepEx(DEADLINE_MS, TRUE);
        if (routines_run != 1)
            violation("a routine did not run once");
    }
    close_pair(server, client);
    return done;
}

/* A thread parks in the port before anything is started there. */
static DWORD CALLBACK serve_one(void *port)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *overlapped = NULL;
    return GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, DEADLINE_MS) || overlapped;
}

static bool a_parked_thread(void)
{
    OVERLAPPED overlapped = {0};
    char buffer[4];
    SOCKET server, client;
    HANDLE port = new_port(), thread = NULL;
    bool paired = tcp_pair(&server, &client);
    bool bound = paired && port && CreateIoCompletionPort((HANDLE)server, port, 7, 0) == port;
    DWORD id, served = 0;
    if (bound && (thread = CreateThread(NULL, 0, serve_one, port, 0, &id)) != NULL) {
        wait_until_asleep(id);
        if (!receive(server, buffer, &overlapped))
            while (!PostQueuedCompletionStatus(port, 0, 0, NULL))
                fault_disarm();
        else if (send(client, "data", 4, 0) != 4)
            CancelIoEx((HANDLE)server, NULL);
        WaitForSingleObject(thread, INFINITE);
        GetExitCodeThread(thread, &served);
        if (!served)
            violation("a parked thread was not woken");
        CloseHandle(thread);
    }
    close_pair(server, client);
    CloseHandle(port);
    return served && overlapped.InternalHigh == 4;
}

/* ---- running them ---- */

static int count_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int count = 0;
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

/* The engine's threads; those that io_uring makes for itself are listed beside them. */
static int count_threads(void)
{
    DIR *dir = opendir("/proc/self/task");
    struct dirent *entry;
    int count = 0;
    while ((entry = readdir(dir)) != NULL) {
        char path[300], name[32] = "";
        int fd;
        snprintf(path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
        fd = open(path, O_RDONLY);
        if (fd >= 0 && read(fd, name, sizeof name - 1) > 0)
            count += strncmp(name, "portico-", 8) == 0;
        close(fd);
    }
    closedir(dir);
    return count;
}

static void take_least(long *least, long value)
{
    if (value < *least)
        *least = value;
}

/* Runs in the child. `expected` is what a run without faults left; NULL: this is that run. */
static void run_child(bool (*scenario)(void), unsigned number, enum fault_mode mode,
                      const struct report *expected)
{
    WSADATA data;
    unsigned long long give_up;
    alarm(60);
    if (!getenv("FAULT_STDERR")) /* set it to see what a child has to say */
        dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
    WSAStartup(MAKEWORD(2, 2), &data);
    SetLastError(0); /* this thread is known now */
    fault_arm(number, mode);
    scenario();
    snprintf(report->hit, sizeof report->hit, "%s", fault_hit() ? fault_hit() : "");
    fault_disarm();
    for (int i = 0; i < 2; i++)
        if (!scenario())
            violation("it does not work again afterwards");
    /* Until the engine's threads have let go of what they worked on: the least that is seen. */
    give_up = test__now_ms() + (expected ? DEADLINE_MS : 100);
    report->blocks = report->descriptors = INT_MAX;
    do {
        take_least(&report->blocks, fault_live_blocks() - count_threads());
        take_least(&report->descriptors, count_descriptors());
    } while (test__now_ms() < give_up && (!expected || report->blocks > expected->blocks ||
                                          report->descriptors > expected->descriptors));
    if (expected && report->blocks > expected->blocks)
        violation_of("blocks of memory", expected->blocks, report->blocks);
    if (expected && report->descriptors > expected->descriptors)
        violation_of("descriptors", expected->descriptors, report->descriptors);
    _exit(0);
}

/* Makes one call fail; true if there was such a call. */
static bool run_once(bool (*scenario)(void), unsigned number, enum fault_mode mode,
                     const struct report *expected)
{
    int status;
    pid_t child;
    memset(report, 0, sizeof *report);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        run_child(scenario, number, mode, expected);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (status != 0)
        fail_msg("call %u (%s)%s: %s", number, report->hit,
                 mode == FAULT_MEMORY ? " and all memory" : "",
                 WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : report->violation);
    return report->hit[0] != '\0';
}

static void survives(bool (*scenario)(void))
{
    struct report expected;
    unsigned number = 1;
    run_once(scenario, 0, FAULT_ONCE, NULL);
    expected = *report;
    for (int mode = FAULT_ONCE; mode <= FAULT_MEMORY; mode++)
        for (number = 1; number < CALLS_MAX; number++)
            if (!run_once(scenario, number, (enum fault_mode)mode, &expected))
                break;
    assert_in_range(number, 2, CALLS_MAX - 1);
    print_message("%u calls failed in turn\n", number - 1);
}

#define SURVIVES(scenario)                       \
    static void scenario##_survive(void **state) \
    {                                            \
        (void)state;                             \
        survives(scenario);                      \
    }
SURVIVES(posts)
SURVIVES(sockets_on_a_port)
SURVIVES(cancels)
SURVIVES(accepts_and_connects)
SURVIVES(files)
SURVIVES(pipes)
SURVIVES(events)
SURVIVES(lookups)
SURVIVES(routines)
SURVIVES(a_parked_thread)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posts_survive),    cmocka_unit_test(sockets_on_a_port_survive),
        cmocka_unit_test(cancels_survive),  cmocka_unit_test(accepts_and_connects_survive),
        cmocka_unit_test(files_survive),    cmocka_unit_test(pipes_survive),
        cmocka_unit_test(events_survive),   cmocka_unit_test(lookups_survive),
        cmocka_unit_test(routines_survive), cmocka_unit_test(a_parked_thread_survive),
    };
    int failed;
    report = mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    snprintf(temp_path, sizeof temp_path, "/tmp/portico-faults-%d", (int)getpid());
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(temp_path);
    return failed;
}

/* Named pipes between processes: connecting, data, quotas, ends that close, are killed or talk
 * nonsense. */
#include "pipes.h"
#include "processes.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the other process ---- */

/* Opens a client's end as soon as somebody serves the name. */
static HANDLE open_from_afar(const char *name)
{
    for (;;) {
        HANDLE client =
            CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
        if (client != INVALID_HANDLE_VALUE)
            return client;
        if (GetLastError() == ERROR_PIPE_BUSY)
            WaitNamedPipeA(name, 5000);
        else if (GetLastError() != ERROR_FILE_NOT_FOUND)
            _exit(100);
    }
}

static int sends_and_stays(const char *name)
{
    HANDLE client = open_from_afar(name);
    DWORD bytes;
    WriteFile(client, "here", 4, &bytes, NULL);
    for (;;)
        pause();
    return 0;
}

static int echoes(const char *name)
{
    HANDLE client = open_from_afar(name);
    DWORD bytes, mode = PIPE_READMODE_MESSAGE;
    char buffer[8192];
    SetNamedPipeHandleState(client, &mode, NULL, NULL);
    while (ReadFile(client, buffer, sizeof buffer, &bytes, NULL))
        if (!WriteFile(client, buffer, bytes, &bytes, NULL))
            return 1;
    return GetLastError() == ERROR_BROKEN_PIPE ? 0 : 2;
}

/* Answers each byte that comes by reading so many thousand of what is there. */
static int reads_when_told(const char *name)
{
    HANDLE client = open_from_afar(name);
    char buffer[9000];
    DWORD bytes;
    int told = open(getenv("TEST_TOLD"), O_RDONLY);
    char thousands;
    while (read(told, &thousands, 1) == 1) {
        DWORD wanted = (DWORD)thousands * 1000, got = 0;
        while (got < wanted) {
            if (!ReadFile(client, buffer, wanted - got, &bytes, NULL))
                return 1;
            got += bytes;
        }
    }
    return 0;
}

static HANDLE message_server(const char *name)
{
    return pipe_server(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
                       PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE);
}

static HANDLE byte_server(const char *name)
{
    return pipe_server(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE);
}

static void connect_other(HANDLE server)
{
    struct pipe_op *op = pipe_op_new();
    DWORD error = 0;
    if (!ConnectNamedPipe(server, &op->overlapped)) {
        error = GetLastError();
        if (error == ERROR_IO_PENDING)
            error = pipe_op_result(server, op, NULL);
    }
    assert_true(error == 0 || error == ERROR_PIPE_CONNECTED);
    pipe_op_free(op);
}

/* Reads what comes next, waiting for it. */
static DWORD read_next(HANDLE pipe, void *buffer, DWORD size, DWORD *bytes)
{
    *bytes = 0;
    return ReadFile(pipe, buffer, size, bytes, NULL) ? 0 : GetLastError();
}

static void expect_text(HANDLE pipe, const char *text)
{
    char buffer[8192];
    DWORD bytes;
    assert_int_equal(read_next(pipe, buffer, sizeof buffer, &bytes), 0);
    assert_int_equal(bytes, strlen(text));
    assert_memory_equal(buffer, text, bytes);
}

/* ---- talking ---- */

/* PIPE-050 PIPE-056 PIPE-122 */
static void messages_go_to_another_process_and_back(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE server = message_server(name);
    pid_t child = other_process(echoes, name);
    ULONG pid = 0;
    (void)state;
    connect_other(server);
    assert_win32(GetNamedPipeClientProcessId(server, &pid));
    assert_int_equal(pid, child);
    assert_win32(GetNamedPipeServerProcessId(server, &pid));
    assert_int_equal(pid, GetCurrentProcessId());
    pipe_write(server, "five5", 5);
    pipe_write(server, "six", 3);
    expect_text(server, "five5");
    expect_text(server, "six");
    pipe_write(server, "", 0);
    expect_text(server, "");
    assert_win32(CloseHandle(server));
    assert_exits_well(child);
}

static int asks_by_call(const char *name)
{
    char answer[16];
    DWORD bytes;
    if (!WaitNamedPipeA(name, 5000))
        return 1;
    if (!CallNamedPipeA(name, "question", 8, answer, sizeof answer, &bytes, 5000))
        return 2;
    return bytes == 6 && memcmp(answer, "answer", 6) == 0 ? 0 : 3;
}

/* PIPE-140 */
static void a_call_from_another_process_is_answered(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE server = message_server(name);
    pid_t child = other_process(asks_by_call, name);
    (void)state;
    connect_other(server);
    expect_text(server, "question");
    pipe_write(server, "answer", 6);
    assert_exits_well(child);
    assert_win32(CloseHandle(server));
}

/* PIPE-081 PIPE-088 */
static void a_write_over_quota_waits_for_the_other_process(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE server = byte_server(name); /* 1024 bytes */
    struct pipe_op *first = pipe_op_new(), *second = pipe_op_new();
    const char *fifo = test_temp_path();
    DWORD bytes = 0;
    pid_t child;
    int tell;
    (void)state;
    assert_int_equal(mkfifo(fifo, 0600), 0);
    setenv("TEST_TOLD", fifo, 1);
    child = other_process(reads_when_told, name);
    tell = open(fifo, O_WRONLY);
    connect_other(server);
    pipe_write_pends(server, first, 3000);
    pipe_write_pends(server, second, 2000);
    assert_int_equal(write(tell, "\1", 1), 1); /* 2000 of the first are left */
    assert_int_equal(write(tell, "\1", 1), 1); /* 1000: they fit */
    assert_int_equal(pipe_op_result(server, first, &bytes), 0);
    assert_int_equal(bytes, 3000);
    assert_false(pipe_op_is_over(server, second));
    assert_win32(CancelIoEx(server, &second->overlapped));
    assert_int_equal(pipe_op_result(server, second, &bytes), ERROR_OPERATION_ABORTED);
    assert_int_equal(write(tell, "\1", 1), 1);
    assert_win32(FlushFileBuffers(server)); /* all was read, and of the second nothing is there */
    close(tell);
    assert_exits_well(child);
    assert_win32(CloseHandle(server));
    unlink(fifo);
    pipe_op_free(first);
    pipe_op_free(second);
}

/* PIPE-044 */
static void a_server_disconnects_another_process_and_serves_the_next(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE server = byte_server(name);
    pid_t child;
    (void)state;
    for (int i = 0; i < 3; i++) {
        child = other_process(sends_and_stays, name);
        connect_other(server);
        expect_text(server, "here");
        assert_win32(DisconnectNamedPipe(server));
        assert_fails(ERROR_PIPE_NOT_CONNECTED, DisconnectNamedPipe(server));
        kill_process(child);
    }
    assert_win32(CloseHandle(server));
}

static int expects_disconnection(const char *name)
{
    HANDLE client = open_from_afar(name);
    DWORD bytes;
    char byte;
    if (ReadFile(client, &byte, 1, &bytes, NULL) || GetLastError() != ERROR_PIPE_NOT_CONNECTED)
        return 1;
    return !WriteFile(client, "x", 1, &bytes, NULL) && GetLastError() == ERROR_PIPE_NOT_CONNECTED
               ? 0
               : 2;
}

/* PIPE-098 */
static void a_client_elsewhere_is_told_of_the_disconnection(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE server = byte_server(name);
    pid_t child = other_process(expects_disconnection, name);
    (void)state;
    connect_other(server);
    assert_win32(DisconnectNamedPipe(server));
    assert_exits_well(child);
    assert_win32(CloseHandle(server));
}

/* ---- killing ---- */

static int writes_too_much(const char *name)
{
    HANDLE client = open_from_afar(name);
    static char much[5000];
    DWORD bytes;
    WriteFile(client, "kept", 4, &bytes, NULL);
    WriteFile(client, much, sizeof much, &bytes, NULL);
    return 1;
}

/* PIPE-082 */
static void of_a_killed_writer_only_finished_writes_are_left(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE server = byte_server(name);
    pid_t child = other_process(writes_too_much, name);
    DWORD available = 0, bytes;
    char byte;
    (void)state;
    connect_other(server);
    wait_until(PeekNamedPipe(server, NULL, 0, NULL, &available, NULL) && available == 5004);
    kill_process(child);
    wait_until(PeekNamedPipe(server, NULL, 0, NULL, &available, NULL) && available == 4);
    expect_text(server, "kept");
    assert_int_equal(read_next(server, &byte, 1, &bytes), ERROR_BROKEN_PIPE);
    assert_fails(ERROR_NO_DATA, WriteFile(server, "x", 1, &bytes, NULL));
    assert_win32(CloseHandle(server));
}

/* PIPE-096 PIPE-097 */
static void a_killed_client_ends_what_pends(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE server = byte_server(name);
    struct pipe_op *read = pipe_op_new(), *write = pipe_op_new();
    pid_t child = other_process(sends_and_stays, name);
    (void)state;
    connect_other(server);
    expect_text(server, "here");
    pipe_read_pends(server, read, 1);
    pipe_write_pends(server, write, 5000);
    kill_process(child);
    assert_int_equal(pipe_op_result(server, read, NULL), ERROR_BROKEN_PIPE);
    assert_int_equal(pipe_op_result(server, write, NULL), ERROR_BROKEN_PIPE);
    assert_win32(CloseHandle(server));
    pipe_op_free(read);
    pipe_op_free(write);
}

static int serves_one_and_stays(const char *name)
{
    HANDLE server =
        CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 1024, 1024, 0, NULL);
    DWORD bytes;
    if (server == INVALID_HANDLE_VALUE)
        return 1;
    ConnectNamedPipe(server, NULL);
    WriteFile(server, "served", 6, &bytes, NULL);
    for (;;)
        pause();
    return 0;
}

/* PIPE-014 PIPE-127 */
static void a_killed_servers_name_is_free_at_once(void **state)
{
    const char *name = pipe_unique_name();
    (void)state;
    for (int i = 0; i < 3; i++) {
        pid_t child = other_process(serves_one_and_stays, name);
        HANDLE client = open_from_afar(name);
        DWORD bytes, error;
        char text[8];
        ULONG pid = 0;
        assert_win32(GetNamedPipeServerProcessId(client, &pid));
        assert_int_equal(pid, child);
        if (i == 0)
            expect_text(client, "served");
        kill_process(child);
        error = read_next(client, text, sizeof text, &bytes);
        if (i > 0 && error == ERROR_SUCCESS) { /* it had come so far */
            assert_int_equal(bytes, 6);
            assert_memory_equal(text, "served", 6);
            error = read_next(client, text, sizeof text, &bytes);
        }
        assert_int_equal(error, ERROR_BROKEN_PIPE);
        assert_fails(ERROR_FILE_NOT_FOUND, WaitNamedPipeA(name, 1000));
        assert_win32(CloseHandle(client));
    }
}

/* PIPE-014 */
static void when_both_are_killed_the_name_is_free(void **state)
{
    const char *name = pipe_unique_name();
    pid_t server = other_process(serves_one_and_stays, name), client;
    HANDLE own;
    (void)state;
    client = other_process(sends_and_stays, name);
    wait_until(!WaitNamedPipeA(name, 1) && GetLastError() == ERROR_SEM_TIMEOUT); /* it is taken */
    kill_process(client);
    kill_process(server);
    own = CreateNamedPipeA(name, PIPE_ACCESS_INBOUND | FILE_FLAG_FIRST_PIPE_INSTANCE,
                           PIPE_TYPE_MESSAGE, 1, 0, 0, 0, NULL);
    assert_ptr_not_equal(own, INVALID_HANDLE_VALUE);
    assert_win32(CloseHandle(own));
}

/* ---- names ---- */

/* PIPE-010 PIPE-011 PIPE-013 PIPE-022 PIPE-129 */
static void the_rules_of_a_name_hold_between_processes(void **state)
{
    const char *name = pipe_unique_name();
    pid_t child = other_process(serves_one_and_stays, name);
    HANDLE client = open_from_afar(name);
    (void)state;
    assert_fails(ERROR_PIPE_BUSY, CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 0,
                                                   0, 0, NULL) != INVALID_HANDLE_VALUE);
    assert_fails(ERROR_ACCESS_DENIED, CreateNamedPipeA(name, PIPE_ACCESS_INBOUND, PIPE_TYPE_BYTE, 1,
                                                       0, 0, 0, NULL) != INVALID_HANDLE_VALUE);
    assert_fails(ERROR_ACCESS_DENIED,
                 CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE,
                                  PIPE_TYPE_BYTE, 1, 0, 0, 0, NULL) != INVALID_HANDLE_VALUE);
    assert_fails(ERROR_PIPE_BUSY, CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0,
                                              NULL) != INVALID_HANDLE_VALUE);
    assert_fails(ERROR_SEM_TIMEOUT, WaitNamedPipeA(name, 50));
    kill_process(child);
    assert_win32(CloseHandle(client));
}

static int waits_and_opens(const char *name)
{
    DWORD bytes;
    HANDLE client;
    if (!WaitNamedPipeA(name, NMPWAIT_WAIT_FOREVER))
        return 1;
    client = CreateFileA(name, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (client == INVALID_HANDLE_VALUE)
        return 2;
    return WriteFile(client, "came", 4, &bytes, NULL) ? 0 : 3;
}

/* PIPE-130 */
static void a_wait_ends_when_an_instance_of_another_process_listens(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE first = byte_server(name), client = pipe_client(name, 0), second;
    pid_t child = other_process(waits_and_opens, name);
    (void)state;
    second = byte_server(name);
    connect_other(second);
    expect_text(second, "came");
    assert_exits_well(child);
    assert_win32(CloseHandle(first));
    assert_win32(CloseHandle(second));
    assert_win32(CloseHandle(client));
}

/* PIPE-004 */
static void any_name_is_found_from_another_process(void **state)
{
    static const char *const stems[] = {"AbC \"*?<>|", "a\\b\\..\\c%41", ".hidden", "caf\xC3\xA9",
                                        "~0123456789012345678901234567890123456789012345678901234"
                                        "567890123456789012345678901234567890123456789012345678901"
                                        "234567890123456789012345678901234567890123456789%%%%%%%"};
    (void)state;
    for (size_t i = 0; i < sizeof stems / sizeof stems[0]; i++) {
        char name[400];
        HANDLE server;
        pid_t child;
        sprintf(name, "%s-%s", pipe_unique_name(), stems[i]);
        server = message_server(name);
        child = other_process(asks_by_call, name);
        connect_other(server);
        expect_text(server, "question");
        pipe_write(server, "answer", 6);
        assert_exits_well(child);
        assert_win32(CloseHandle(server));
    }
}

/* PIPE-030 */
static void this_computer_is_meant_by_several_names(void **state)
{
    const char *stem = pipe_unique_name() + strlen("\\\\.\\pipe\\");
    char name[400], host[256] = "";
    const char *hosts[] = {"localhost", "127.0.0.1", host};
    HANDLE server;
    (void)state;
    gethostname(host, sizeof host - 1);
    for (int i = 0; i < 3; i++) {
        HANDLE client;
        sprintf(name, "\\\\.\\pipe\\%s", stem);
        server = byte_server(name);
        sprintf(name, "\\\\%s\\pipe\\%s", hosts[i], stem);
        assert_win32(WaitNamedPipeA(name, 100));
        client = pipe_client(name, 0);
        assert_win32(CloseHandle(client));
        assert_win32(CloseHandle(server));
    }
    sprintf(name, "\\\\elsewhere.invalid\\pipe\\%s", stem);
    assert_fails(ERROR_BAD_NETPATH, CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0,
                                                NULL) != INVALID_HANDLE_VALUE);
    assert_fails(ERROR_BAD_NETPATH, WaitNamedPipeA(name, 100));
}

/* ---- many ---- */

enum { CROWD_PROCESSES = 8, CROWD_CLIENTS = 8, CROWD_ROUNDS = 20 };

static DWORD WINAPI crowd_client(void *name)
{
    HANDLE client = open_from_afar(name);
    DWORD bytes, mode = PIPE_READMODE_MESSAGE;
    SetNamedPipeHandleState(client, &mode, NULL, NULL);
    for (DWORD i = 0; i < CROWD_ROUNDS; i++) {
        DWORD question = GetCurrentThreadId() + i, answer = 0;
        if (!TransactNamedPipe(client, &question, sizeof question, &answer, sizeof answer, &bytes,
                               NULL) ||
            answer != question + 1)
            return 1;
    }
    CloseHandle(client);
    return 0;
}

/* Closed when all are there: who forks while the relay allocates leaves AddressSanitizer's lock
 * held in the child. */
static int crowd_gate[2];

static int is_a_crowd(const char *name)
{
    HANDLE threads[CROWD_CLIENTS];
    int failed = 0;
    char byte;
    close(crowd_gate[1]);
    if (read(crowd_gate[0], &byte, 1) != 0)
        return 1;
    for (int i = 0; i < CROWD_CLIENTS; i++)
        threads[i] = CreateThread(NULL, 0, crowd_client, (void *)name, 0, NULL);
    for (int i = 0; i < CROWD_CLIENTS; i++) {
        DWORD code = 1;
        WaitForSingleObject(threads[i], INFINITE);
        GetExitCodeThread(threads[i], &code);
        failed |= code != 0;
    }
    return failed;
}

struct crowd_seat {
    HANDLE pipe;
    OVERLAPPED overlapped;
    DWORD word;
    enum { SEAT_CONNECTS, SEAT_READS, SEAT_WRITES } doing;
};

static void seat_connect(struct crowd_seat *seat)
{
    seat->doing = SEAT_CONNECTS;
    if (!ConnectNamedPipe(seat->pipe, &seat->overlapped) &&
        GetLastError() == ERROR_PIPE_CONNECTED) {
        seat->doing = SEAT_READS;
        ReadFile(seat->pipe, &seat->word, sizeof seat->word, NULL, &seat->overlapped);
    }
}

/* One of the crowd's clients has gone: the seat is for the next. Returns whether it was so. */
static int seat_goes_on(struct crowd_seat *seat, BOOL well)
{
    if (!well) {
        DisconnectNamedPipe(seat->pipe);
        seat_connect(seat);
        return 1;
    }
    if (seat->doing == SEAT_READS) {
        seat->doing = SEAT_WRITES;
        seat->word++;
        WriteFile(seat->pipe, &seat->word, sizeof seat->word, NULL, &seat->overlapped);
        return 0;
    }
    seat->doing = SEAT_READS;
    if (ReadFile(seat->pipe, &seat->word, sizeof seat->word, NULL, &seat->overlapped) ||
        GetLastError() == ERROR_IO_PENDING)
        return 0;
    DisconnectNamedPipe(seat->pipe);
    seat_connect(seat);
    return 1;
}

/* 64 clients on one name. */
static void sixty_four_clients_of_eight_processes_share_a_name(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    static struct crowd_seat seats[16];
    pid_t children[CROWD_PROCESSES];
    int served = 0;
    (void)state;
    for (int i = 0; i < 16; i++) {
        seats[i].pipe = message_server(name);
        assert_ptr_equal(CreateIoCompletionPort(seats[i].pipe, port, (ULONG_PTR)i, 0), port);
        seat_connect(&seats[i]);
    }
    assert_int_equal(pipe(crowd_gate), 0);
    for (int i = 0; i < CROWD_PROCESSES; i++)
        children[i] = other_process(is_a_crowd, name);
    close(crowd_gate[0]);
    close(crowd_gate[1]);
    while (served < CROWD_PROCESSES * CROWD_CLIENTS) {
        OVERLAPPED *overlapped = NULL;
        ULONG_PTR key;
        DWORD bytes;
        BOOL well = GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, TEST_DEADLINE_MS);
        assert_non_null(overlapped);
        served += seat_goes_on(&seats[key], well);
    }
    for (int i = 0; i < CROWD_PROCESSES; i++)
        assert_exits_well(children[i]);
    for (int i = 0; i < 16; i++)
        assert_win32(CloseHandle(seats[i].pipe));
    CloseHandle(port);
}

/* PIPE-007 */
static void ten_thousand_instances_of_a_name(void **state)
{
    enum { MANY = 10000 };
    static HANDLE servers[MANY];
    const char *name = pipe_unique_name();
    pid_t child;
    (void)state;
    for (int i = 0; i < MANY; i++)
        servers[i] = message_server(name);
    child = other_process(asks_by_call, name);
    connect_other(servers[0]);
    expect_text(servers[0], "question");
    pipe_write(servers[0], "answer", 6);
    assert_exits_well(child);
    for (int i = 0; i < MANY; i++)
        assert_win32(CloseHandle(servers[i]));
}

/* ---- races ---- */

/* PIPE-081 */
static void a_write_races_with_its_reader_and_ends_once(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0), server;
    pid_t child;
    static char data[3000];
    (void)state;
    server = byte_server(name);
    child = other_process(echoes, name);
    connect_other(server);
    assert_ptr_equal(CreateIoCompletionPort(server, port, 1, 0), port);
    for (int i = 0; i < 200; i++) {
        OVERLAPPED write = {0}, read = {0}, *ended;
        ULONG_PTR key;
        DWORD bytes;
        char echo[3000];
        int expected = 1;
        if (!WriteFile(server, data, sizeof data, NULL, &write))
            assert_int_equal(GetLastError(), ERROR_IO_PENDING);
        if (!ReadFile(server, echo, sizeof echo, NULL, &read))
            assert_int_equal(GetLastError(), ERROR_IO_PENDING);
        expected++;
        CancelIoEx(server, NULL);
        while (expected-- > 0) {
            ended = NULL;
            GetQueuedCompletionStatus(port, &bytes, &key, &ended, TEST_DEADLINE_MS);
            assert_true(ended == &write || ended == &read);
        }
        assert_fails(WAIT_TIMEOUT, GetQueuedCompletionStatus(port, &bytes, &key, &ended, 0));
    }
    assert_win32(CloseHandle(server));
    kill_process(child);
    CloseHandle(port);
}

enum { MEGABYTE = 1 << 20 };

static int writes_a_megabyte_and_exits(const char *name)
{
    static char data[MEGABYTE];
    HANDLE client = open_from_afar(name);
    DWORD bytes;
    memset(data, 'm', sizeof data);
    if (!WriteFile(client, data, sizeof data, &bytes, NULL) || !CloseHandle(client))
        return 1;
    ExitProcess(0);
}

/* PIPE-093 */
static void what_was_written_outlives_its_process(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE server = CreateNamedPipeA(name, PIPE_ACCESS_INBOUND | PIPE_ACCESS_OUTBOUND, 0, 1, 0,
                                     MEGABYTE, 0, NULL);
    static char data[MEGABYTE];
    DWORD bytes = 0, sum = 0;
    (void)state;
    fflush(stdout);
    assert_exits_well(other_process(writes_a_megabyte_and_exits, name));
    while (read_next(server, data, sizeof data, &bytes) == 0)
        sum += bytes;
    assert_int_equal(GetLastError(), ERROR_BROKEN_PIPE);
    assert_int_equal(sum, MEGABYTE);
    assert_win32(CloseHandle(server));
}

/* ---- nonsense ---- */

static int talks_nonsense(const char *name)
{
    unsigned seed = 1;
    (void)name;
    for (int i = 0; i < 50; i++) {
        unsigned char bytes[2000];
        SOCKET fd = connect_to_parent();
        for (size_t j = 0; j < sizeof bytes; j++)
            bytes[j] = (unsigned char)(rand_r(&seed) >> 8);
        send(fd, (char *)bytes, i * 40, 0);
        shutdown(fd, SD_SEND);
        recv(fd, (char *)bytes, sizeof bytes, 0);
        closesocket(fd);
    }
    return 0;
}

/* A hello as it should be, then words that make no sense. */
static int becomes_a_bad_client(const char *name)
{
    struct test_hello hello = test_hello_of(TEST_HELLO_PIPE, 1, name + strlen("\\\\.\\pipe\\"));
    unsigned seed = 2;
    char answer[32];
    for (unsigned word = 0; word < 10; word++) {
        unsigned frame[4] = {word, word < 3 ? 0xFFFFFFF0u : 77777u, 1, word};
        SOCKET fd = connect_to_parent();
        send(fd, (char *)&hello, sizeof hello, 0);
        if (recv(fd, answer, sizeof answer, MSG_WAITALL) != sizeof answer || answer[0])
            return 1;
        for (int i = 0; i < 100; i++) {
            frame[3] ^= (unsigned)rand_r(&seed);
            send(fd, (char *)frame, sizeof frame, 0);
        }
        closesocket(fd);
    }
    return 0;
}

/* A good client is served after and beside them. */
static void a_good_client_is_served(const char *name)
{
    HANDLE server = message_server(name);
    pid_t child = other_process(asks_by_call, name);
    connect_other(server);
    expect_text(server, "question");
    pipe_write(server, "answer", 6);
    assert_exits_well(child);
    assert_win32(CloseHandle(server));
}

/* No row: who is not Portico gets nothing. */
static void nonsense_from_other_processes_harms_nobody(void **state)
{
    const char *name = pipe_unique_name(), *other = pipe_unique_name();
    HANDLE server = byte_server(name), servers[10];
    (void)state;
    assert_exits_well(other_process(talks_nonsense, name));
    assert_win32(CloseHandle(server));
    for (int i = 0; i < 10; i++)
        servers[i] = byte_server(name);
    assert_exits_well(other_process(becomes_a_bad_client, name));
    for (int i = 0; i < 10; i++) {
        DWORD bytes;
        char byte;
        wait_until(!PeekNamedPipe(servers[i], NULL, 0, NULL, &bytes, NULL) &&
                   GetLastError() == ERROR_BROKEN_PIPE);
        assert_int_equal(read_next(servers[i], &byte, 1, &bytes), ERROR_BROKEN_PIPE);
        assert_win32(CloseHandle(servers[i]));
    }
    a_good_client_is_served(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_go_to_another_process_and_back),
        cmocka_unit_test(a_call_from_another_process_is_answered),
        cmocka_unit_test(a_write_over_quota_waits_for_the_other_process),
        cmocka_unit_test(a_server_disconnects_another_process_and_serves_the_next),
        cmocka_unit_test(a_client_elsewhere_is_told_of_the_disconnection),
        cmocka_unit_test(of_a_killed_writer_only_finished_writes_are_left),
        cmocka_unit_test(a_killed_client_ends_what_pends),
        cmocka_unit_test(a_killed_servers_name_is_free_at_once),
        cmocka_unit_test(when_both_are_killed_the_name_is_free),
        cmocka_unit_test(the_rules_of_a_name_hold_between_processes),
        cmocka_unit_test(a_wait_ends_when_an_instance_of_another_process_listens),
        cmocka_unit_test(any_name_is_found_from_another_process),
        cmocka_unit_test(this_computer_is_meant_by_several_names),
        cmocka_unit_test(sixty_four_clients_of_eight_processes_share_a_name),
        cmocka_unit_test(ten_thousand_instances_of_a_name),
        cmocka_unit_test(a_write_races_with_its_reader_and_ends_once),
        cmocka_unit_test(what_was_written_outlives_its_process),
        cmocka_unit_test(nonsense_from_other_processes_harms_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

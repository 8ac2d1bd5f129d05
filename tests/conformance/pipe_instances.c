/* Named pipes: names, instances, connecting, disconnecting, waiting (pipes.md sections 1 to 3 and
 * 7, 8). */
#include "pipes.h"

#include <unistd.h>
#include <ntstatus.h>

static HANDLE create(const char *name, DWORD open_mode, DWORD mode, DWORD max_instances)
{
    return CreateNamedPipeA(name, open_mode, mode, max_instances, 1024, 1024, 0, NULL);
}

static void refuses_to_create(DWORD error, const char *name, DWORD open_mode, DWORD mode,
                              DWORD max_instances)
{
    SetLastError(LAST_ERROR_SENTINEL);
    assert_ptr_equal(create(name, open_mode, mode, max_instances), INVALID_HANDLE_VALUE);
    assert_int_equal(GetLastError(), error);
}

static void refuses_to_open(DWORD error, const char *name, DWORD access)
{
    SetLastError(LAST_ERROR_SENTINEL);
    assert_ptr_equal(CreateFileA(name, access, 0, NULL, OPEN_EXISTING, 0, NULL),
                     INVALID_HANDLE_VALUE);
    assert_int_equal(GetLastError(), error);
}

static void busy(const char *name)
{
    refuses_to_open(ERROR_PIPE_BUSY, name, GENERIC_READ | GENERIC_WRITE);
}

/* ---- creating ---- */

/* PIPE-001 PIPE-002 PIPE-005 PIPE-006 PIPE-007 PIPE-008 */
static void bad_arguments_create_nothing(void **state)
{
    char longest[300];
    (void)state;
    refuses_to_create(ERROR_INVALID_NAME, "not a pipe", PIPE_ACCESS_DUPLEX, 0, 1);
    refuses_to_create(ERROR_PATH_NOT_FOUND, NULL, PIPE_ACCESS_DUPLEX, 0, 1);
    memset(longest, 'x', sizeof longest);
    memcpy(longest, "\\\\.\\pipe\\", 9);
    longest[257] = '\0';
    refuses_to_create(ERROR_INVALID_NAME, longest, PIPE_ACCESS_DUPLEX, 0, 1);
    longest[256] = '\0';
    assert_win32(CloseHandle(create(longest, PIPE_ACCESS_DUPLEX, 0, 1)));
    refuses_to_create(ERROR_INVALID_PARAMETER, pipe_unique_name(), PIPE_ACCESS_DUPLEX,
                      PIPE_TYPE_BYTE | PIPE_READMODE_MESSAGE, 1);
    refuses_to_create(ERROR_INVALID_PARAMETER, pipe_unique_name(), PIPE_ACCESS_DUPLEX, 0, 0);
    refuses_to_create(ERROR_INVALID_PARAMETER, pipe_unique_name(), PIPE_ACCESS_DUPLEX, 0, 256);
    refuses_to_create(ERROR_INVALID_PARAMETER, pipe_unique_name(), FILE_FLAG_OVERLAPPED, 0, 1);
    refuses_to_create(ERROR_INVALID_PARAMETER, pipe_unique_name(), PIPE_ACCESS_DUPLEX | 0x10, 0, 1);
    refuses_to_create(ERROR_INVALID_PARAMETER, pipe_unique_name(), PIPE_ACCESS_DUPLEX, 0x40, 1);
}

/* PIPE-003 */
static void names_have_no_case(void **state)
{
    HANDLE server = pipe_server("\\\\.\\pipe\\Portico-AbC", PIPE_ACCESS_DUPLEX, 0);
    (void)state;
    assert_win32(CloseHandle(pipe_client("\\\\.\\PIPE\\pORTICO-aBc", 0)));
    CloseHandle(server);
}

/* PIPE-004 */
static void names_hold_almost_any_character(void **state)
{
    HANDLE server = pipe_server("\\\\.\\pipe\\portico <odd>*?|\"\\x/y", PIPE_ACCESS_DUPLEX, 0);
    (void)state;
    assert_win32(CloseHandle(pipe_client("\\\\.\\pipe\\portico <odd>*?|\"\\x\\.\\z\\..\\y", 0)));
    CloseHandle(server);
}

/* PIPE-009 PIPE-029 PIPE-017 PIPE-019 PIPE-115 */
static void a_fresh_server_is_signaled_and_described(void **state)
{
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    HANDLE server = pipe_server(pipe_unique_name(), PIPE_ACCESS_DUPLEX | FILE_FLAG_WRITE_THROUGH,
                                PIPE_REJECT_REMOTE_CLIENTS);
    HANDLE inherited =
        CreateNamedPipeA(pipe_unique_name(), PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 0, &inherit);
    DWORD flags, pipe_state = 9, instances = 9;
    (void)state;
    assert_int_equal(WaitForSingleObject(server, 0), WAIT_OBJECT_0);
    assert_int_equal(GetFileType(server), FILE_TYPE_PIPE);
    assert_win32(GetHandleInformation(server, &flags));
    assert_int_equal(flags, 0);
    assert_win32(GetHandleInformation(inherited, &flags));
    assert_int_equal(flags, HANDLE_FLAG_INHERIT);
    assert_win32(GetNamedPipeHandleStateA(server, &pipe_state, &instances, NULL, NULL, NULL, 0));
    assert_int_equal(pipe_state, 0);
    assert_int_equal(instances, 1);
    CloseHandle(server);
    CloseHandle(inherited);
}

/* PIPE-010 PIPE-011 PIPE-012 PIPE-013 */
static void further_instances_follow_the_first(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE first = create(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE, 2), second;
    DWORD flags, max;
    (void)state;
    refuses_to_create(ERROR_ACCESS_DENIED, name, PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE,
                      0, 2);
    refuses_to_create(ERROR_ACCESS_DENIED, name, PIPE_ACCESS_INBOUND, PIPE_TYPE_MESSAGE, 2);
    second = create(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 7);
    assert_ptr_not_equal(second, INVALID_HANDLE_VALUE);
    assert_win32(GetNamedPipeInfo(second, &flags, NULL, NULL, &max));
    assert_int_equal(flags, PIPE_SERVER_END | PIPE_TYPE_MESSAGE);
    assert_int_equal(max, 2);
    refuses_to_create(ERROR_PIPE_BUSY, name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE, 2);
    CloseHandle(first);
    CloseHandle(second);
}

/* PIPE-014 */
static void a_name_is_free_when_its_instances_are_gone(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE server = create(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE, 1);
    HANDLE client = pipe_client(name, 0);
    (void)state;
    CloseHandle(server);
    refuses_to_open(ERROR_FILE_NOT_FOUND, name, GENERIC_READ);
    server = create(name, PIPE_ACCESS_INBOUND | FILE_FLAG_FIRST_PIPE_INSTANCE, 0, 3);
    assert_ptr_not_equal(server, INVALID_HANDLE_VALUE);
    CloseHandle(server);
    CloseHandle(client);
}

/* PIPE-016 PIPE-120 PIPE-099 */
static void sizes_and_types_are_read_back(void **state)
{
    struct pipe_pair pair = pipe_pair_of(PIPE_TYPE_MESSAGE, 0xf000, 0);
    DWORD flags, out_bytes, in_bytes, max;
    (void)state;
    assert_win32(GetNamedPipeInfo(pair.server, &flags, &out_bytes, &in_bytes, &max));
    assert_int_equal(flags, PIPE_SERVER_END | PIPE_TYPE_MESSAGE);
    assert_int_equal(out_bytes, 0xf000);
    assert_int_equal(in_bytes, 0);
    assert_int_equal(max, PIPE_UNLIMITED_INSTANCES);
    CloseHandle(pair.server);
    assert_win32(GetNamedPipeInfo(pair.client, &flags, &out_bytes, NULL, NULL));
    assert_int_equal(flags, PIPE_CLIENT_END | PIPE_TYPE_MESSAGE);
    assert_int_equal(out_bytes, 0xf000);
    pipe_read_messages(pair.client);
    assert_win32(GetNamedPipeHandleStateA(pair.client, &flags, NULL, NULL, NULL, NULL, 0));
    assert_int_equal(flags, PIPE_READMODE_MESSAGE);
    CloseHandle(pair.client);
}

/* PIPE-018 PIPE-025 PIPE-092 */
static void directions_hold(void **state)
{
    const char *in_name = pipe_unique_name();
    const char *out_name = pipe_unique_name();
    HANDLE in = pipe_server(in_name, PIPE_ACCESS_INBOUND, 0), out, reader;
    DWORD bytes;
    char byte = 0;
    (void)state;
    out = pipe_server(out_name, PIPE_ACCESS_OUTBOUND, 0);
    assert_fails(ERROR_ACCESS_DENIED, WriteFile(in, &byte, 1, &bytes, NULL));
    assert_fails(ERROR_ACCESS_DENIED, ReadFile(out, &byte, 1, &bytes, NULL));
    assert_fails(ERROR_ACCESS_DENIED, FlushFileBuffers(in));
    refuses_to_open(ERROR_ACCESS_DENIED, out_name, GENERIC_WRITE);
    reader = CreateFileA(out_name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_ptr_not_equal(reader, INVALID_HANDLE_VALUE);
    CloseHandle(reader);
    CloseHandle(in);
    CloseHandle(out);
}

/* PIPE-025 */
static void a_client_may_ask_for_attributes_only(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE server = pipe_server(name, PIPE_ACCESS_INBOUND, 0), client;
    (void)state;
    refuses_to_open(ERROR_ACCESS_DENIED, name, GENERIC_READ);
    client = CreateFileA(name, FILE_READ_ATTRIBUTES, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_ptr_not_equal(client, INVALID_HANDLE_VALUE);
    CloseHandle(client);
    CloseHandle(server);
}

/* ---- clients and instances ---- */

/* PIPE-020 PIPE-021 PIPE-022 PIPE-026 PIPE-028 */
static void a_fresh_instance_takes_one_client(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE server, client;
    DWORD pipe_state = 9;
    (void)state;
    refuses_to_open(ERROR_FILE_NOT_FOUND, name, GENERIC_READ);
    server = pipe_server(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE);
    assert_ptr_equal(CreateFileA(name, GENERIC_READ, 0, NULL, CREATE_NEW, 0, NULL),
                     INVALID_HANDLE_VALUE);
    client = pipe_client(name, 0);
    assert_win32(GetNamedPipeHandleStateA(client, &pipe_state, NULL, NULL, NULL, NULL, 0));
    assert_int_equal(pipe_state, 0);
    busy(name);
    CloseHandle(client);
    busy(name); /* gone, but the server has not disconnected */
    assert_win32(DisconnectNamedPipe(server));
    busy(name);
    CloseHandle(server);
}

/* A byte written by the client says which instance it got. */
static int instance_of(HANDLE client, HANDLE *servers, int count)
{
    DWORD bytes, available;
    char byte;
    assert_win32(WriteFile(client, "x", 1, &bytes, NULL));
    for (int i = 0; i < count; i++)
        if (PeekNamedPipe(servers[i], NULL, 0, NULL, &available, NULL) && available) {
            assert_int_equal(pipe_read(servers[i], &byte, 1), 1);
            return i;
        }
    return -1;
}

/* PIPE-023 PIPE-024 PIPE-037 */
static void clients_get_the_instance_that_has_listened_longest(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE servers[4], clients[3];
    struct pipe_op *ops[3] = {pipe_op_new(), pipe_op_new(), pipe_op_new()};
    (void)state;
    for (int i = 0; i < 4; i++)
        servers[i] = pipe_server(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0);
    pipe_connect_pends(servers[2], ops[0]);
    for (int i = 0; i < 3; i++) {
        clients[i] = pipe_client(name, 0);
        assert_int_equal(instance_of(clients[i], servers, 4), i);
    }
    assert_int_equal(pipe_op_result(servers[2], ops[0], NULL), 0);
    assert_win32(DisconnectNamedPipe(servers[0]));
    assert_win32(DisconnectNamedPipe(servers[2]));
    CloseHandle(clients[0]);
    CloseHandle(clients[1]);
    CloseHandle(clients[2]);
    assert_win32(DisconnectNamedPipe(servers[1]));
    pipe_connect_pends(servers[2], ops[0]);
    pipe_connect_pends(servers[2], ops[1]); /* both end with the client */
    pipe_connect_pends(servers[0], ops[2]);
    clients[0] = pipe_client(name, 0);
    clients[1] = pipe_client(name, 0);
    clients[2] = pipe_client(name, 0);
    assert_int_equal(instance_of(clients[0], servers, 4), 3);
    assert_int_equal(instance_of(clients[1], servers, 3), 2);
    assert_int_equal(instance_of(clients[2], servers, 2), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pipe_op_result(servers[i], ops[i], NULL), 0);
        pipe_op_free(ops[i]);
        CloseHandle(clients[i]);
    }
    for (int i = 0; i < 4; i++)
        CloseHandle(servers[i]);
}

/* ---- connecting ---- */

/* PIPE-031 */
static void a_connect_pends_until_a_client_comes(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE server = pipe_server(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0), client;
    struct pipe_op *op = pipe_op_new();
    DWORD bytes = 9;
    (void)state;
    pipe_connect_pends(server, op);
    assert_int_equal(WaitForSingleObject(op->overlapped.hEvent, 0), WAIT_TIMEOUT);
    assert_int_equal(WaitForSingleObject(server, 0), WAIT_TIMEOUT);
    client = pipe_client(name, 0);
    assert_int_equal(WaitForSingleObject(op->overlapped.hEvent, 0), WAIT_OBJECT_0);
    assert_int_equal(pipe_op_result(server, op, &bytes), 0);
    assert_int_equal(bytes, 0);
    pipe_op_free(op);
    CloseHandle(client);
    CloseHandle(server);
}

/* PIPE-032 PIPE-033 PIPE-036 */
static void a_connect_after_the_client_says_so_and_completes_nothing(void **state)
{
    struct pipe_pair pair = pipe_pair(0);
    const char *name = pipe_unique_name();
    HANDLE sync = pipe_server(name, PIPE_ACCESS_DUPLEX, 0), client = pipe_client(name, 0);
    struct pipe_op *op = pipe_op_new();
    (void)state;
    assert_win32(SetEvent(op->overlapped.hEvent));
    assert_fails(ERROR_PIPE_CONNECTED, ConnectNamedPipe(pair.server, &op->overlapped));
    assert_int_equal(op->overlapped.Internal, STATUS_PENDING);
    assert_int_equal(WaitForSingleObject(op->overlapped.hEvent, 0), WAIT_TIMEOUT);
    assert_fails(ERROR_PIPE_CONNECTED, ConnectNamedPipe(sync, NULL));
    assert_fails(ERROR_INVALID_FUNCTION, ConnectNamedPipe(client, NULL));
    assert_fails(ERROR_INVALID_FUNCTION, DisconnectNamedPipe(client));
    pipe_op_free(op);
    pipe_pair_close(&pair);
    CloseHandle(sync);
    CloseHandle(client);
}

static DWORD CALLBACK connect_without_overlapped(void *server)
{
    return ConnectNamedPipe(server, NULL) ? 0 : GetLastError();
}

static HANDLE start(LPTHREAD_START_ROUTINE routine, void *argument)
{
    DWORD id;
    HANDLE thread = CreateThread(NULL, 0, routine, argument, 0, &id);
    assert_non_null(thread);
    wait_until_asleep(id);
    return thread;
}

static DWORD result_of(HANDLE thread)
{
    DWORD code;
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(GetExitCodeThread(thread, &code));
    CloseHandle(thread);
    return code;
}

/* PIPE-034 */
static void a_connect_without_overlapped_waits(void **state)
{
    const char *name = pipe_unique_name();
    DWORD modes[2] = {0, FILE_FLAG_OVERLAPPED};
    (void)state;
    for (int i = 0; i < 2; i++) {
        HANDLE server = pipe_server(name, PIPE_ACCESS_DUPLEX | modes[i], 0), client;
        HANDLE thread = start(connect_without_overlapped, server);
        client = pipe_client(name, 0);
        assert_int_equal(result_of(thread), 0);
        CloseHandle(client);
        CloseHandle(server);
    }
}

/* PIPE-035 PIPE-040 */
static void a_client_that_came_and_went_leaves_its_data(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE server = pipe_server(name, PIPE_ACCESS_DUPLEX, 0), client = pipe_client(name, 0);
    char buffer[8];
    DWORD bytes;
    (void)state;
    assert_win32(WriteFile(client, "left", 4, &bytes, NULL));
    CloseHandle(client);
    assert_fails(ERROR_NO_DATA, ConnectNamedPipe(server, NULL));
    assert_win32(ReadFile(server, buffer, 8, &bytes, NULL));
    assert_int_equal(bytes, 4);
    assert_fails(ERROR_BROKEN_PIPE, ReadFile(server, buffer, 8, &bytes, NULL));
    assert_fails(ERROR_NO_DATA, ConnectNamedPipe(server, NULL));
    CloseHandle(server);
}

/* PIPE-038 PIPE-039 */
static void a_connect_ends_with_a_cancel_or_a_close(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE server = pipe_server(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0);
    struct pipe_op *op = pipe_op_new();
    (void)state;
    pipe_connect_pends(server, op);
    assert_win32(CancelIo(server));
    assert_int_equal(pipe_op_result(server, op, NULL), ERROR_OPERATION_ABORTED);
    assert_win32(CloseHandle(pipe_client(name, 0))); /* it still listens */
    assert_win32(DisconnectNamedPipe(server));
    pipe_connect_pends(server, op);
    CloseHandle(server);
    assert_int_equal(WaitForSingleObject(op->overlapped.hEvent, 0), WAIT_OBJECT_0);
    assert_int_equal(op->overlapped.Internal, (ULONG_PTR)(ULONG)STATUS_CANCELLED);
    pipe_op_free(op);
}

/* PIPE-041 */
static void a_server_that_does_not_wait_tells_its_state(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE server = pipe_server(name, PIPE_ACCESS_DUPLEX, PIPE_NOWAIT), client;
    (void)state;
    assert_fails(ERROR_PIPE_LISTENING, ConnectNamedPipe(server, NULL));
    client = pipe_client(name, 0);
    assert_fails(ERROR_PIPE_CONNECTED, ConnectNamedPipe(server, NULL));
    CloseHandle(client);
    assert_fails(ERROR_NO_DATA, ConnectNamedPipe(server, NULL));
    assert_win32(DisconnectNamedPipe(server));
    assert_fails(ERROR_PIPE_LISTENING, ConnectNamedPipe(server, NULL));
    CloseHandle(server);
}

/* PIPE-042 PIPE-091 PIPE-101 PIPE-138 */
static void a_server_without_a_client_moves_nothing(void **state)
{
    HANDLE server = pipe_server(pipe_unique_name(), PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
                                PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE);
    struct pipe_op *op = pipe_op_new();
    char buffer[4] = {0};
    (void)state;
    assert_fails(ERROR_PIPE_LISTENING, ReadFile(server, buffer, 4, NULL, &op->overlapped));
    assert_fails(ERROR_PIPE_LISTENING, WriteFile(server, buffer, 4, NULL, &op->overlapped));
    assert_fails(ERROR_PIPE_LISTENING, ReadFile(server, buffer, 0, NULL, &op->overlapped));
    assert_win32(FlushFileBuffers(server));
    assert_fails(ERROR_BAD_PIPE, PeekNamedPipe(server, NULL, 0, NULL, NULL, NULL));
    assert_fails(ERROR_BAD_PIPE,
                 TransactNamedPipe(server, buffer, 1, buffer, 4, NULL, &op->overlapped));
    pipe_op_free(op);
    CloseHandle(server);
}

/* PIPE-043 PIPE-044 PIPE-046 PIPE-098 PIPE-091 PIPE-101 PIPE-138 */
static void disconnecting_throws_the_data_away(void **state)
{
    struct pipe_pair pair = pipe_pair(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE);
    HANDLE ends[2] = {pair.server, pair.client};
    struct pipe_op *op = pipe_op_new();
    char buffer[4] = {0};
    DWORD bytes;
    (void)state;
    pipe_read_messages(pair.client);
    pipe_write(pair.server, "data", 4);
    pipe_write(pair.client, "data", 4);
    assert_win32(DisconnectNamedPipe(pair.server));
    assert_fails(ERROR_PIPE_NOT_CONNECTED, DisconnectNamedPipe(pair.server));
    for (int i = 0; i < 2; i++) {
        bytes = 7;
        op->overlapped.InternalHigh = 99;
        assert_fails(ERROR_PIPE_NOT_CONNECTED,
                     ReadFile(ends[i], buffer, 4, &bytes, &op->overlapped));
        assert_int_equal(bytes, 0);
        assert_int_equal(op->overlapped.Internal, STATUS_PENDING);
        assert_int_equal(op->overlapped.InternalHigh, 99);
        assert_fails(ERROR_PIPE_NOT_CONNECTED,
                     WriteFile(ends[i], buffer, 4, NULL, &op->overlapped));
    }
    assert_win32(FlushFileBuffers(pair.server));
    assert_fails(ERROR_PIPE_NOT_CONNECTED, FlushFileBuffers(pair.client));
    assert_fails(ERROR_BAD_PIPE, PeekNamedPipe(pair.server, NULL, 0, NULL, NULL, NULL));
    assert_fails(ERROR_PIPE_NOT_CONNECTED, PeekNamedPipe(pair.client, NULL, 0, NULL, NULL, NULL));
    assert_fails(ERROR_BAD_PIPE,
                 TransactNamedPipe(pair.server, buffer, 1, buffer, 4, NULL, &op->overlapped));
    assert_fails(ERROR_PIPE_NOT_CONNECTED,
                 TransactNamedPipe(pair.client, buffer, 1, buffer, 4, NULL, &op->overlapped));
    pipe_op_free(op);
    pipe_pair_close(&pair);
}

/* PIPE-045 PIPE-090 */
static void disconnecting_ends_what_pends(void **state)
{
    struct pipe_pair pair = pipe_pair(0);
    struct pipe_op *reads[2] = {pipe_op_new(), pipe_op_new()};
    struct pipe_op *write = pipe_op_new();
    (void)state;
    pipe_read_pends(pair.server, reads[0], 10);
    pipe_read_pends(pair.client, reads[1], 10);
    assert_win32(DisconnectNamedPipe(pair.server));
    assert_int_equal(pipe_op_result(pair.server, reads[0], NULL), ERROR_PIPE_NOT_CONNECTED);
    assert_int_equal(pipe_op_result(pair.client, reads[1], NULL), ERROR_PIPE_NOT_CONNECTED);
    pipe_pair_close(&pair);
    pair = pipe_pair(0);
    pipe_write_pends(pair.client, write, 2000);
    assert_win32(DisconnectNamedPipe(pair.server));
    assert_int_equal(pipe_op_result(pair.client, write, NULL), ERROR_PIPE_NOT_CONNECTED);
    pipe_op_free(reads[0]);
    pipe_op_free(reads[1]);
    pipe_op_free(write);
    pipe_pair_close(&pair);
}

/* PIPE-047 */
static void an_old_client_stays_dead(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE server = pipe_server(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0);
    HANDLE old = pipe_client(name, 0), fresh;
    struct pipe_op *op = pipe_op_new();
    DWORD bytes;
    char buffer[4];
    (void)state;
    assert_win32(DisconnectNamedPipe(server));
    pipe_connect_pends(server, op);
    fresh = pipe_client(name, 0);
    assert_int_equal(pipe_op_result(server, op, NULL), 0);
    assert_fails(ERROR_PIPE_NOT_CONNECTED, WriteFile(old, "old", 3, &bytes, NULL));
    assert_win32(WriteFile(fresh, "new", 3, &bytes, NULL));
    assert_int_equal(pipe_read(server, buffer, 4), 3);
    assert_memory_equal(buffer, "new", 3);
    CloseHandle(old); /* the old client's end changes nothing for the new one */
    pipe_write(server, "back", 4);
    assert_win32(ReadFile(fresh, buffer, 4, &bytes, NULL));
    pipe_op_free(op);
    CloseHandle(fresh);
    CloseHandle(server);
}

/* PIPE-048 */
static void a_connect_stays_a_success_when_the_client_goes(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE server = pipe_server(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0);
    struct pipe_op *op = pipe_op_new();
    char buffer[4];
    (void)state;
    pipe_connect_pends(server, op);
    CloseHandle(pipe_client(name, 0));
    assert_int_equal(pipe_op_result(server, op, NULL), 0);
    assert_fails(ERROR_BROKEN_PIPE, ReadFile(server, buffer, 4, NULL, &op->overlapped));
    pipe_op_free(op);
    CloseHandle(server);
}

/* ---- state ---- */

/* PIPE-114 PIPE-116 PIPE-117 PIPE-118 */
static void handle_state_is_checked(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE server = pipe_server(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE), reader;
    struct pipe_pair messages = pipe_pair(PIPE_TYPE_MESSAGE);
    DWORD mode = PIPE_READMODE_MESSAGE, count;
    char user[8];
    (void)state;
    assert_win32(GetNamedPipeHandleStateA(server, NULL, NULL, NULL, NULL, NULL, 0));
    assert_fails(ERROR_INVALID_PARAMETER,
                 GetNamedPipeHandleStateA(server, NULL, NULL, &count, NULL, NULL, 0));
    assert_fails(ERROR_INVALID_PARAMETER,
                 GetNamedPipeHandleStateA(server, NULL, NULL, NULL, NULL, user, 8));
    assert_fails(ERROR_INVALID_PARAMETER, SetNamedPipeHandleState(server, &mode, NULL, NULL));
    reader = CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    mode = PIPE_NOWAIT;
    assert_fails(ERROR_ACCESS_DENIED, SetNamedPipeHandleState(reader, &mode, NULL, NULL));
    mode = 0x10;
    assert_fails(ERROR_INVALID_PARAMETER, SetNamedPipeHandleState(server, &mode, NULL, NULL));
    for (mode = 0; mode < 4; mode++) {
        assert_win32(SetNamedPipeHandleState(messages.server, &mode, NULL, NULL));
        assert_win32(SetNamedPipeHandleState(messages.client, &mode, NULL, NULL));
    }
    CloseHandle(reader);
    CloseHandle(server);
    pipe_pair_close(&messages);
}

/* PIPE-121 PIPE-122 PIPE-123 PIPE-124 PIPE-125 */
static void the_ends_know_each_other(void **state)
{
    struct pipe_pair pair = pipe_pair(0);
    HANDLE ends[2] = {pair.server, pair.client};
    char name[32];
    ULONG id;
    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_fails(ERROR_INSUFFICIENT_BUFFER, GetNamedPipeClientProcessId(ends[i], NULL));
        assert_fails(ERROR_INSUFFICIENT_BUFFER, GetNamedPipeServerProcessId(ends[i], NULL));
        assert_win32(GetNamedPipeClientProcessId(ends[i], &id));
        assert_int_equal(id, getpid());
        assert_win32(GetNamedPipeServerProcessId(ends[i], &id));
        assert_int_equal(id, getpid());
        assert_win32(GetNamedPipeClientSessionId(ends[i], &id));
        assert_fails(ERROR_PIPE_LOCAL, GetNamedPipeClientComputerNameA(ends[i], name, 32));
    }
    assert_win32(DisconnectNamedPipe(pair.server));
    assert_fails(ERROR_NOT_FOUND, GetNamedPipeClientProcessId(pair.server, &id));
    assert_fails(ERROR_PIPE_NOT_CONNECTED, GetNamedPipeClientProcessId(pair.client, &id));
    assert_win32(GetNamedPipeServerProcessId(pair.server, &id));
    pipe_pair_close(&pair);
    pair = pipe_pair(0);
    CloseHandle(pair.client);
    assert_win32(GetNamedPipeClientProcessId(pair.server, &id));
    assert_int_equal(id, getpid());
    CloseHandle(pair.server);
}

/* PIPE-009: asking does not change what a wait for the handle sees. */
static void a_pipe_that_was_asked_is_still_signaled(void **state)
{
    struct pipe_pair pair = pipe_pair(0);
    DWORD mode = PIPE_WAIT, available, flags;
    ULONG id;
    (void)state;
    assert_int_equal(WaitForSingleObject(pair.client, 0), WAIT_OBJECT_0);
    assert_win32(PeekNamedPipe(pair.client, NULL, 0, NULL, &available, NULL));
    assert_win32(GetNamedPipeInfo(pair.client, &flags, NULL, NULL, NULL));
    assert_win32(SetNamedPipeHandleState(pair.client, &mode, NULL, NULL));
    assert_win32(GetNamedPipeHandleStateA(pair.client, &mode, NULL, NULL, NULL, NULL, 0));
    assert_win32(GetNamedPipeServerProcessId(pair.client, &id));
    assert_int_equal(WaitForSingleObject(pair.client, 0), WAIT_OBJECT_0);
    pipe_pair_close(&pair);
}

/* PIPE-126 */
static void nobody_is_impersonated(void **state)
{
    struct pipe_pair pair = pipe_pair(0);
    char buffer[8];
    (void)state;
    assert_fails(ERROR_CANNOT_IMPERSONATE, ImpersonateNamedPipeClient(pair.server));
    pipe_write(pair.client, "who", 3);
    assert_fails(ERROR_CANNOT_IMPERSONATE, ImpersonateNamedPipeClient(pair.server));
    assert_int_equal(pipe_read(pair.server, buffer, sizeof buffer), 3);
    assert_fails(ERROR_CALL_NOT_IMPLEMENTED, ImpersonateNamedPipeClient(pair.server));
    assert_win32(RevertToSelf());
    assert_fails(ERROR_INVALID_FUNCTION, ImpersonateNamedPipeClient(pair.client));
    assert_fails(ERROR_INVALID_HANDLE, ImpersonateNamedPipeClient(NULL));
    assert_win32(DisconnectNamedPipe(pair.server));
    assert_fails(ERROR_CANNOT_IMPERSONATE, ImpersonateNamedPipeClient(pair.server));
    pipe_pair_close(&pair);
}

/* ---- waiting for an instance ---- */

/* PIPE-127 PIPE-128 PIPE-132 */
static void waiting_ends_at_once_if_one_listens_or_none_exists(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE server;
    (void)state;
    assert_fails(ERROR_FILE_NOT_FOUND, WaitNamedPipeA(name, NMPWAIT_WAIT_FOREVER));
    server = pipe_server(name, PIPE_ACCESS_DUPLEX, 0);
    assert_win32(WaitNamedPipeA(name, NMPWAIT_WAIT_FOREVER));
    assert_win32(WaitNamedPipeW(L"\\\\.\\pipe\\portico-none", 0) == FALSE);
    CloseHandle(server);
}

/* PIPE-129 PIPE-015 PIPE-131 */
static void waiting_for_a_busy_pipe_times_out(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE first = create(name, PIPE_ACCESS_DUPLEX, 0, 1), client = pipe_client(name, 0);
    ULONGLONG before = GetTickCount64();
    (void)state;
    assert_fails(ERROR_SEM_TIMEOUT, WaitNamedPipeA(name, 100));
    assert_true(GetTickCount64() - before >= 99);
    before = GetTickCount64();
    assert_fails(ERROR_SEM_TIMEOUT, WaitNamedPipeA(name, NMPWAIT_USE_DEFAULT_WAIT));
    assert_true(GetTickCount64() - before >= 49);
    assert_fails(ERROR_SEM_TIMEOUT, WaitNamedPipeA(name, NMPWAIT_NOWAIT));
    CloseHandle(client);
    CloseHandle(first);
}

static DWORD CALLBACK wait_for_pipe(void *name)
{
    return WaitNamedPipeA(name, NMPWAIT_WAIT_FOREVER) ? 0 : GetLastError();
}

/* PIPE-130 */
static void waiting_ends_when_an_instance_listens(void **state)
{
    char name[64];
    HANDLE first, second, client, thread;
    struct pipe_op *op = pipe_op_new();
    (void)state;
    strcpy(name, pipe_unique_name());
    first = pipe_server(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0);
    client = pipe_client(name, 0);
    thread = start(wait_for_pipe, name);
    second = pipe_server(name, PIPE_ACCESS_DUPLEX, 0);
    assert_int_equal(result_of(thread), 0);
    CloseHandle(second);
    thread = start(wait_for_pipe, name);
    assert_win32(DisconnectNamedPipe(first));
    pipe_connect_pends(first, op);
    assert_int_equal(result_of(thread), 0);
    CloseHandle(client);
    client = pipe_client(name, 0);
    thread = start(wait_for_pipe, name);
    CloseHandle(first); /* and the name with it */
    assert_int_equal(result_of(thread), ERROR_FILE_NOT_FOUND);
    pipe_op_free(op);
    CloseHandle(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_arguments_create_nothing),
        cmocka_unit_test(names_have_no_case),
        cmocka_unit_test(names_hold_almost_any_character),
        cmocka_unit_test(a_fresh_server_is_signaled_and_described),
        cmocka_unit_test(further_instances_follow_the_first),
        cmocka_unit_test(a_name_is_free_when_its_instances_are_gone),
        cmocka_unit_test(sizes_and_types_are_read_back),
        cmocka_unit_test(directions_hold),
        cmocka_unit_test(a_client_may_ask_for_attributes_only),
        cmocka_unit_test(a_fresh_instance_takes_one_client),
        cmocka_unit_test(clients_get_the_instance_that_has_listened_longest),
        cmocka_unit_test(a_connect_pends_until_a_client_comes),
        cmocka_unit_test(a_connect_after_the_client_says_so_and_completes_nothing),
        cmocka_unit_test(a_connect_without_overlapped_waits),
        cmocka_unit_test(a_client_that_came_and_went_leaves_its_data),
        cmocka_unit_test(a_connect_ends_with_a_cancel_or_a_close),
        cmocka_unit_test(a_server_that_does_not_wait_tells_its_state),
        cmocka_unit_test(a_server_without_a_client_moves_nothing),
        cmocka_unit_test(disconnecting_throws_the_data_away),
        cmocka_unit_test(disconnecting_ends_what_pends),
        cmocka_unit_test(an_old_client_stays_dead),
        cmocka_unit_test(a_connect_stays_a_success_when_the_client_goes),
        cmocka_unit_test(handle_state_is_checked),
        cmocka_unit_test(the_ends_know_each_other),
        cmocka_unit_test(a_pipe_that_was_asked_is_still_signaled),
        cmocka_unit_test(nobody_is_impersonated),
        cmocka_unit_test(waiting_ends_at_once_if_one_listens_or_none_exists),
        cmocka_unit_test(waiting_for_a_busy_pipe_times_out),
        cmocka_unit_test(waiting_ends_when_an_instance_listens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Pipes by control code: FSCTL_PIPE_* through DeviceIoControl and NtFsControlFile. */
#include "pipes.h"

#include <ntifs.h>
#include <ntstatus.h>
#include <winternl.h>

enum { MESSAGES = PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, HEAD = 16 };

union answer {
    FILE_PIPE_PEEK_BUFFER peek;
    char bytes[64];
};

static BOOL control(HANDLE pipe, DWORD code, void *out, DWORD size, DWORD *moved)
{
    return DeviceIoControl(pipe, code, NULL, 0, out, size, moved, NULL);
}

/* PIPE-108 PIPE-109 PIPE-101 */
static void a_peek_by_code_sees_what_a_peek_sees(void **state)
{
    struct pipe_pair pair = pipe_pair(MESSAGES);
    union answer answer;
    DWORD moved = 99;
    (void)state;
    assert_win32(control(pair.server, FSCTL_PIPE_PEEK, &answer, sizeof answer, &moved));
    assert_int_equal(moved, HEAD);
    assert_int_equal(answer.peek.NamedPipeState, FILE_PIPE_CONNECTED_STATE);
    assert_int_equal(answer.peek.ReadDataAvailable, 0);
    pipe_write(pair.client, "0123456789", 10);
    pipe_write(pair.client, "second", 6);
    assert_fails(ERROR_MORE_DATA, control(pair.server, FSCTL_PIPE_PEEK, &answer, HEAD + 4, &moved));
    assert_int_equal(moved, HEAD + 4);
    assert_int_equal(answer.peek.ReadDataAvailable, 16);
    assert_int_equal(answer.peek.NumberOfMessages, 2);
    assert_int_equal(answer.peek.MessageLength, 10);
    assert_memory_equal(answer.peek.Data, "0123", 4);
    assert_win32(control(pair.server, FSCTL_PIPE_PEEK, &answer, HEAD + 10, &moved));
    assert_fails(ERROR_BAD_LENGTH, control(pair.server, FSCTL_PIPE_PEEK, &answer, 8, &moved));
    assert_fails(ERROR_NOACCESS, control(pair.server, FSCTL_PIPE_PEEK, (void *)8, 64, &moved));
    assert_win32(control(pair.server, FSCTL_PIPE_DISCONNECT, NULL, 0, &moved));
    assert_fails(ERROR_BAD_PIPE, control(pair.server, FSCTL_PIPE_PEEK, &answer, 64, &moved));
    assert_fails(ERROR_PIPE_NOT_CONNECTED,
                 control(pair.server, FSCTL_PIPE_DISCONNECT, NULL, 0, &moved));
    pipe_pair_close(&pair);
}

/* PIPE-031 PIPE-032 PIPE-036 */
static void a_listen_by_code_waits_for_a_client(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE server = pipe_server(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0), client;
    struct pipe_op *listen = pipe_op_new();
    IO_STATUS_BLOCK iosb;
    HANDLE port = CreateIoCompletionPort(server, NULL, 5, 0);
    OVERLAPPED *ended = NULL;
    ULONG_PTR key;
    DWORD moved;
    (void)state;
    assert_fails(ERROR_IO_PENDING, DeviceIoControl(server, FSCTL_PIPE_LISTEN, NULL, 0, NULL, 0,
                                                   NULL, &listen->overlapped));
    client = pipe_client(name, 0);
    assert_int_equal(pipe_op_result(server, listen, &moved), 0);
    assert_win32(GetQueuedCompletionStatus(port, &moved, &key, &ended, TEST_DEADLINE_MS));
    assert_ptr_equal(ended, &listen->overlapped);
    assert_int_equal(
        NtFsControlFile(server, NULL, NULL, NULL, &iosb, FSCTL_PIPE_LISTEN, NULL, 0, NULL, 0),
        STATUS_PIPE_CONNECTED);
    assert_int_equal(
        NtFsControlFile(client, NULL, NULL, NULL, &iosb, FSCTL_PIPE_LISTEN, NULL, 0, NULL, 0),
        STATUS_INVALID_DEVICE_REQUEST);
    CloseHandle(client);
    CloseHandle(server);
    CloseHandle(port);
    pipe_op_free(listen);
}

/* PIPE-133 PIPE-135 PIPE-126 */
static void a_transaction_by_code_writes_then_reads(void **state)
{
    struct pipe_pair pair = pipe_pair(MESSAGES);
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    IO_STATUS_BLOCK iosb;
    char question[16], answer[4];
    DWORD moved = 0;
    (void)state;
    assert_int_equal(NtFsControlFile(pair.server, event, NULL, NULL, &iosb, FSCTL_PIPE_TRANSCEIVE,
                                     "question", 8, answer, sizeof answer),
                     STATUS_PENDING);
    assert_int_equal(pipe_read(pair.client, question, sizeof question), 8);
    assert_memory_equal(question, "question", 8);
    pipe_write(pair.client, "longer", 6);
    assert_int_equal(WaitForSingleObject(event, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(iosb.Status, STATUS_BUFFER_OVERFLOW);
    assert_int_equal(iosb.Information, 4);
    assert_memory_equal(answer, "long", 4);
    assert_fails(ERROR_PIPE_BUSY, DeviceIoControl(pair.server, FSCTL_PIPE_TRANSCEIVE, "x", 1,
                                                  answer, 4, &moved, NULL));
    assert_fails(ERROR_BAD_PIPE, DeviceIoControl(pair.client, FSCTL_PIPE_TRANSCEIVE, "x", 1, answer,
                                                 4, &moved, NULL));
    assert_fails(ERROR_CALL_NOT_IMPLEMENTED, ImpersonateNamedPipeClient(pair.server));
    assert_fails(ERROR_INVALID_FUNCTION, control(pair.server, 0x11FFFC, NULL, 0, &moved));
    CloseHandle(event);
    pipe_pair_close(&pair);
}

/* PIPE-018 */
static void a_code_needs_the_rights_it_names(void **state)
{
    const char *name = pipe_unique_name();
    HANDLE server = pipe_server(name, PIPE_ACCESS_OUTBOUND | FILE_FLAG_OVERLAPPED, 0);
    union answer answer;
    DWORD moved;
    (void)state;
    assert_fails(ERROR_ACCESS_DENIED,
                 control(server, FSCTL_PIPE_PEEK, &answer, sizeof answer, &moved));
    CloseHandle(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_peek_by_code_sees_what_a_peek_sees),
        cmocka_unit_test(a_listen_by_code_waits_for_a_client),
        cmocka_unit_test(a_transaction_by_code_writes_then_reads),
        cmocka_unit_test(a_code_needs_the_rights_it_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

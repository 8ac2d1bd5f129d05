/* Ends of named pipes as the standard handles of children that know nothing of them. */
#include "pipes.h"

enum { MUCH = 1 << 20 };

static BOOL start_with(HANDLE end, char *line, PROCESS_INFORMATION *made)
{
    STARTUPINFOA start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES};
    assert_win32(SetHandleInformation(end, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
    start.hStdInput = start.hStdOutput = end;
    start.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    return CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, made);
}

static void finish(PROCESS_INFORMATION *made)
{
    assert_int_equal(WaitForSingleObject(made->hProcess, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(CloseHandle(made->hThread));
    assert_win32(CloseHandle(made->hProcess));
}

/* Reads once, and waits for it: the error. */
static DWORD read_some(HANDLE pipe, char *buffer, DWORD size, DWORD *got)
{
    struct pipe_op *op = pipe_op_new();
    DWORD error = ERROR_SUCCESS;
    if (!ReadFile(pipe, buffer, size, NULL, &op->overlapped))
        error = GetLastError();
    if (error == ERROR_SUCCESS || error == ERROR_IO_PENDING)
        error = pipe_op_result(pipe, op, got);
    pipe_op_free(op);
    return error;
}

/* What comes until there is so much. */
static void read_whole(HANDLE pipe, char *buffer, DWORD size)
{
    DWORD got = 0;
    for (DWORD done = 0; done < size; done += got)
        assert_int_equal(read_some(pipe, buffer + done, size - done, &got), ERROR_SUCCESS);
}

static void assert_broken(HANDLE pipe)
{
    DWORD got;
    char byte;
    assert_int_equal(read_some(pipe, &byte, 1, &got), ERROR_BROKEN_PIPE);
}

/* PIPE-153 */
static void a_child_reads_and_writes_a_named_pipes_end(void **state)
{
    struct pipe_pair pair = pipe_pair(0);
    PROCESS_INFORMATION made;
    char line[] = "/bin/cat", text[16] = "";
    (void)state;
    pipe_write(pair.server, "there ", 6); /* before the child is there, and after */
    assert_win32(start_with(pair.client, line, &made));
    assert_win32(CloseHandle(pair.client));
    pipe_write(pair.server, "and back", 8);
    read_whole(pair.server, text, 14);
    assert_string_equal(text, "there and back");
    assert_int_equal(WaitForSingleObject(made.hProcess, 0), WAIT_TIMEOUT);
    assert_win32(CloseHandle(pair.server)); /* which the child sees */
    finish(&made);
}

/* No row: what neither side has room for waits, both ways. */
static void much_goes_through_a_small_pipe(void **state)
{
    struct pipe_pair pair = pipe_pair(0);
    struct pipe_op *op = pipe_op_new();
    char *sent = malloc(MUCH), *back = malloc(MUCH), line[] = "/bin/cat";
    PROCESS_INFORMATION made;
    DWORD moved;
    (void)state;
    for (int i = 0; i < MUCH; i++)
        sent[i] = (char)(i * 7 + i / 251);
    assert_win32(start_with(pair.client, line, &made));
    assert_win32(CloseHandle(pair.client));
    assert_fails(ERROR_IO_PENDING, WriteFile(pair.server, sent, MUCH, NULL, &op->overlapped));
    read_whole(pair.server, back, MUCH);
    assert_memory_equal(sent, back, MUCH);
    assert_int_equal(pipe_op_result(pair.server, op, &moved), ERROR_SUCCESS);
    assert_int_equal(moved, MUCH);
    assert_win32(CloseHandle(pair.server));
    finish(&made);
    pipe_op_free(op);
    free(sent);
    free(back);
}

/* PIPE-153: what it wrote is there, and then the end. */
static void a_child_that_ends_breaks_the_pipe(void **state)
{
    struct pipe_pair pair = pipe_pair(0);
    PROCESS_INFORMATION made;
    char line[] = "/bin/echo last words", text[16] = "";
    (void)state;
    assert_win32(start_with(pair.client, line, &made));
    assert_win32(CloseHandle(pair.client));
    finish(&made);
    read_whole(pair.server, text, 11);
    assert_string_equal(text, "last words\n");
    assert_broken(pair.server);
    assert_win32(CloseHandle(pair.server));
}

/* PIPE-153: the parent must close its copy. */
static void a_pipe_lives_as_long_as_the_parents_handle(void **state)
{
    struct pipe_pair pair = pipe_pair(0);
    PROCESS_INFORMATION made;
    char line[] = "/bin/true", byte;
    (void)state;
    assert_win32(start_with(pair.client, line, &made));
    finish(&made);
    for (int i = 0; i < 50; i++) {
        pipe_write(pair.client, "x", 1);
        assert_int_equal(pipe_read(pair.server, &byte, 1), 1);
    }
    assert_win32(CloseHandle(pair.client));
    assert_broken(pair.server);
    assert_win32(CloseHandle(pair.server));
}

/* No row: standard output and standard error are often one end by two handles. */
static void two_handles_on_one_end_are_lent_together(void **state)
{
    struct pipe_pair pair = pipe_pair(0);
    STARTUPINFOA start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION made;
    char line[] = "/bin/sh -c \"echo out; echo err >&2\"", text[16] = "";
    HANDLE self = GetCurrentProcess();
    (void)state;
    assert_win32(SetHandleInformation(pair.client, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
    start.hStdInput = start.hStdOutput = pair.client;
    assert_win32(
        DuplicateHandle(self, pair.client, self, &start.hStdError, 0, TRUE, DUPLICATE_SAME_ACCESS));
    assert_win32(CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &made));
    assert_win32(CloseHandle(start.hStdError));
    assert_win32(CloseHandle(pair.client));
    read_whole(pair.server, text, 8);
    assert_string_equal(text, "out\nerr\n");
    finish(&made);
    assert_broken(pair.server);
    assert_win32(CloseHandle(pair.server));
}

/* No row: nothing has happened to the pipe then. */
static void a_child_that_does_not_start_takes_nothing(void **state)
{
    struct pipe_pair pair = pipe_pair(0);
    PROCESS_INFORMATION made;
    const char *path = test_temp_path();
    char line[MAX_PATH], byte;
    HANDLE file = CreateFileA(path, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
    (void)state;
    assert_win32(CloseHandle(file));
    snprintf(line, sizeof line, "\"%s\"", path);
    pipe_write(pair.server, "x", 1);
    assert_fails(ERROR_BAD_EXE_FORMAT, start_with(pair.client, line, &made));
    assert_int_equal(pipe_read(pair.client, &byte, 1), 1);
    assert_int_equal(byte, 'x');
    assert_win32(DeleteFileA(path));
    pipe_pair_close(&pair);
}

/* No row: it has nobody to pass things on from. */
static void an_end_that_is_not_connected_is_refused(void **state)
{
    HANDLE server = pipe_server(pipe_unique_name(), PIPE_ACCESS_DUPLEX, 0);
    PROCESS_INFORMATION made;
    char line[] = "/bin/true";
    (void)state;
    assert_fails(ERROR_NOT_SUPPORTED, start_with(server, line, &made));
    assert_win32(CloseHandle(server));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_reads_and_writes_a_named_pipes_end),
        cmocka_unit_test(much_goes_through_a_small_pipe),
        cmocka_unit_test(a_child_that_ends_breaks_the_pipe),
        cmocka_unit_test(a_pipe_lives_as_long_as_the_parents_handle),
        cmocka_unit_test(two_handles_on_one_end_are_lent_together),
        cmocka_unit_test(a_child_that_does_not_start_takes_nothing),
        cmocka_unit_test(an_end_that_is_not_connected_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

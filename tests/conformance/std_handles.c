/* Standard handles and anonymous pipes (handles.md HND-030 to HND-035, pipes.md PIPE-147 to 155).
 */
#define _GNU_SOURCE
#define WIN32_LEAN_AND_MEAN /* the host's sockets are used here, not Winsock's */
#include "portico_test.h"

#include <ntstatus.h>
#include <winternl.h>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs `body` in a child whose descriptor `fd` is `replacement` (-1: closed); its result. */
static int in_child(int fd, int replacement, int (*body)(void))
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (replacement < 0)
            close(fd);
        else
            dup2(replacement, fd);
        _exit(body());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int output_type(void)
{
    HANDLE output = GetStdHandle(STD_OUTPUT_HANDLE);
    if (output != GetStdHandle(STD_OUTPUT_HANDLE))
        return 100;
    if (GetFileType((HANDLE)(intptr_t)(LONG)STD_OUTPUT_HANDLE) != GetFileType(output))
        return 101;
    if (CreateIoCompletionPort(output, NULL, 0, 0) || GetLastError() != ERROR_INVALID_PARAMETER)
        return 102;
    return (int)GetFileType(output);
}

/* HND-030 HND-032 HND-033 */
static void standard_handles_have_the_type_of_their_descriptor(void **state)
{
    int file = open(test_temp_path(), O_RDWR | O_CREAT, 0600), null = open("/dev/null", O_RDWR);
    int terminal = posix_openpt(O_RDWR | O_NOCTTY), pipe_ends[2], sockets[2];
    (void)state;
    assert_int_equal(pipe(pipe_ends), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
    assert_int_equal(in_child(1, file, output_type), FILE_TYPE_DISK);
    assert_int_equal(in_child(1, null, output_type), FILE_TYPE_CHAR);
    assert_int_equal(in_child(1, terminal, output_type), FILE_TYPE_CHAR);
    assert_int_equal(in_child(1, pipe_ends[1], output_type), FILE_TYPE_PIPE);
    assert_int_equal(in_child(1, sockets[0], output_type), FILE_TYPE_PIPE);
    close(file);
    close(null);
    close(terminal);
    for (int i = 0; i < 2; i++) {
        close(pipe_ends[i]);
        close(sockets[i]);
    }
}

/* The modes of standard output and of standard input, or 100 and the last error. */
static int output_mode(void)
{
    DWORD mode = 0;
    if (GetConsoleMode(GetStdHandle(STD_OUTPUT_HANDLE), &mode))
        return (int)mode;
    return 100 + (int)GetLastError();
}

static int input_mode(void)
{
    DWORD mode = 0;
    if (GetConsoleMode(GetStdHandle(STD_INPUT_HANDLE), &mode))
        return (int)mode;
    return 100 + (int)GetLastError();
}

/* No row: a redirected program asks this first. */
static void only_a_terminal_has_console_modes(void **state)
{
    int terminal = posix_openpt(O_RDWR | O_NOCTTY), null = open("/dev/null", O_RDWR), ends[2];
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    DWORD mode;
    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(in_child(1, ends[1], output_mode), 100 + ERROR_INVALID_HANDLE);
    assert_int_equal(in_child(0, ends[0], input_mode), 100 + ERROR_INVALID_HANDLE);
    assert_int_equal(in_child(1, null, output_mode), 100 + ERROR_INVALID_HANDLE);
    assert_int_equal(in_child(1, terminal, output_mode), ENABLE_PROCESSED_OUTPUT |
                                                             ENABLE_WRAP_AT_EOL_OUTPUT |
                                                             ENABLE_VIRTUAL_TERMINAL_PROCESSING);
    assert_int_equal(in_child(0, terminal, input_mode),
                     ENABLE_PROCESSED_INPUT | ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT);
    assert_fails(ERROR_INVALID_HANDLE, GetConsoleMode(event, &mode));
    assert_fails(ERROR_INVALID_HANDLE, GetConsoleMode(NULL, NULL));
    CloseHandle(event);
    close(terminal);
    close(null);
    close(ends[0]);
    close(ends[1]);
}

static int input_is_null(void)
{
    return GetStdHandle(STD_INPUT_HANDLE) == NULL;
}

/* HND-033 */
static void closed_descriptors_have_no_standard_handle(void **state)
{
    (void)state;
    assert_int_equal(in_child(0, -1, input_is_null), 1);
    assert_fails(ERROR_INVALID_HANDLE, GetStdHandle(5) != INVALID_HANDLE_VALUE);
    assert_fails(ERROR_INVALID_HANDLE, SetStdHandle(5, NULL));
}

static int mixed_output(void)
{
    DWORD moved;
    if (write(1, "one ", 4) != 4)
        return 1;
    if (!WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), "two ", 4, &moved, NULL) || moved != 4)
        return 2;
    if (write(1, "three", 5) != 5)
        return 3;
    if (!CloseHandle(GetStdHandle(STD_OUTPUT_HANDLE)) || write(1, "!", 1) != 1)
        return 4;
    return 0;
}

/* HND-033 */
static void redirected_output_is_shared_with_the_c_library(void **state)
{
    char text[32] = "";
    int file = open(test_temp_path(), O_RDWR | O_CREAT, 0600);
    (void)state;
    assert_int_equal(in_child(1, file, mixed_output), 0);
    assert_int_equal(pread(file, text, sizeof text - 1, 0), 14);
    assert_string_equal(text, "one two three!");
    close(file);
}

static int echo_input(void)
{
    char buffer[16];
    DWORD moved;
    HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    if (!ReadFile(input, buffer, sizeof buffer, &moved, NULL) || moved != 5)
        return 1;
    if (ReadFile(input, buffer, sizeof buffer, &moved, NULL) || GetLastError() != ERROR_BROKEN_PIPE)
        return 2;
    return WriteFile(input, "x", 1, &moved, NULL) || GetLastError() != ERROR_ACCESS_DENIED;
}

/* HND-033 PIPE-150 */
static void standard_input_reads_a_pipe(void **state)
{
    int ends[2];
    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(write(ends[1], "hello", 5), 5);
    close(ends[1]);
    assert_int_equal(in_child(0, ends[0], echo_input), 0);
    close(ends[0]);
}

/* HND-034 */
static void setting_a_standard_handle_only_fills_the_slot(void **state)
{
    HANDLE before = GetStdHandle(STD_ERROR_HANDLE), event = CreateEventA(NULL, TRUE, FALSE, NULL);
    DWORD flags;
    (void)state;
    assert_win32(SetStdHandle(STD_ERROR_HANDLE, event));
    assert_ptr_equal(GetStdHandle(STD_ERROR_HANDLE), event);
    assert_win32(GetHandleInformation(before, &flags));
    assert_win32(SetStdHandle(STD_ERROR_HANDLE, before));
    assert_win32(SetEvent(event));
    assert_win32(CloseHandle(event));
}

/* Opens the console by `name`; its last error. */
static DWORD console_error(const char *name)
{
    HANDLE console = CreateFileA(name, GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    return console == INVALID_HANDLE_VALUE ? GetLastError() : ERROR_SUCCESS;
}

static int console_is_missing(void)
{
    setsid();
    return console_error("CON") != ERROR_INVALID_HANDLE ||
           console_error("conin$") != ERROR_INVALID_HANDLE ||
           console_error("\\\\.\\CONOUT$") != ERROR_INVALID_HANDLE;
}

/* FILE-012 */
static void console_names_fail_without_a_terminal(void **state)
{
    (void)state;
    assert_int_equal(in_child(0, -1, console_is_missing), 0);
}

static int console_is_there(void)
{
    DWORD moved;
    HANDLE console;
    int terminal = posix_openpt(O_RDWR | O_NOCTTY), other;
    char text[8];
    setsid();
    if (terminal < 0 || grantpt(terminal) < 0 || unlockpt(terminal) < 0)
        return 1;
    other = open(ptsname(terminal), O_RDWR);
    if (other < 0 || ioctl(other, TIOCSCTTY, 0) < 0)
        return 2;
    console = CreateFileA("CON", GENERIC_WRITE, 7, NULL, OPEN_EXISTING, 0, NULL);
    if (GetFileType(console) != FILE_TYPE_CHAR || !WriteFile(console, "hey", 3, &moved, NULL))
        return 3;
    return read(terminal, text, sizeof text) != 3 || memcmp(text, "hey", 3) != 0 ? 4 : 0;
}

/* FILE-012 */
static void console_names_reach_the_controlling_terminal(void **state)
{
    (void)state;
    assert_int_equal(in_child(0, -1, console_is_there), 0);
}

/* ---- pipes with a name on Linux ---- */

static HANDLE open_fifo(const char *path, DWORD access)
{
    return CreateFileA(path, access, 7, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
}

/* FILE-028 FILE-037 */
static void fifos_can_be_read_overlapped(void **state)
{
    const char *path = test_temp_path();
    OVERLAPPED overlapped = {0};
    char buffer[16];
    DWORD moved;
    HANDLE fifo;
    (void)state;
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_fails(ERROR_FILE_NOT_FOUND, open_fifo(path, GENERIC_WRITE) != INVALID_HANDLE_VALUE);
    fifo = open_fifo(path, GENERIC_READ | GENERIC_WRITE);
    assert_ptr_not_equal(fifo, INVALID_HANDLE_VALUE);
    assert_int_equal(GetFileType(fifo), FILE_TYPE_PIPE);
    overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    assert_fails(ERROR_IO_PENDING, ReadFile(fifo, buffer, sizeof buffer, NULL, &overlapped));
    assert_win32(CancelIoEx(fifo, &overlapped));
    assert_fails(ERROR_OPERATION_ABORTED, GetOverlappedResult(fifo, &overlapped, &moved, TRUE));
    assert_fails(ERROR_IO_PENDING, ReadFile(fifo, buffer, sizeof buffer, NULL, &overlapped));
    {
        OVERLAPPED write = {0};
        assert_win32(WriteFile(fifo, "hello", 5, &moved, &write));
        assert_int_equal(moved, 5);
    }
    assert_win32(GetOverlappedResult(fifo, &overlapped, &moved, TRUE));
    assert_int_equal(moved, 5);
    assert_memory_equal(buffer, "hello", 5);
    assert_win32(CloseHandle(overlapped.hEvent));
    assert_win32(CloseHandle(fifo));
}

/* ---- anonymous pipes ---- */

static void new_pipe(HANDLE *read_end, HANDLE *write_end)
{
    assert_win32(CreatePipe(read_end, write_end, NULL, 0));
}

static ACCESS_MASK granted(HANDLE handle)
{
    FILE_ACCESS_INFORMATION information = {0};
    IO_STATUS_BLOCK iosb;
    assert_int_equal(NtQueryInformationFile(handle, &iosb, &information, sizeof information,
                                            FileAccessInformation),
                     STATUS_SUCCESS);
    return information.AccessFlags;
}

static void assert_pipe_info(HANDLE end, DWORD flags, DWORD size)
{
    DWORD got_flags, out, in, max;
    assert_win32(GetNamedPipeInfo(end, &got_flags, &out, &in, &max));
    assert_int_equal(got_flags, flags);
    assert_int_equal(out, size);
    assert_int_equal(in, size);
    assert_int_equal(max, 1);
}

/* PIPE-147 PIPE-148 */
static void an_anonymous_pipe_tells_what_it_is(void **state)
{
    HANDLE read_end, write_end, file;
    DWORD mode = 77, instances;
    (void)state;
    new_pipe(&read_end, &write_end);
    assert_pipe_info(read_end, PIPE_SERVER_END, 4096);
    assert_pipe_info(write_end, PIPE_CLIENT_END, 4096);
    assert_int_equal(granted(read_end), FILE_GENERIC_READ | FILE_WRITE_ATTRIBUTES);
    assert_int_equal(granted(write_end), FILE_GENERIC_WRITE | FILE_READ_ATTRIBUTES);
    assert_win32(GetNamedPipeHandleStateA(read_end, &mode, &instances, NULL, NULL, NULL, 0));
    assert_int_equal(mode, 0);
    assert_int_equal(instances, 1);
    assert_win32(CloseHandle(read_end));
    assert_win32(CloseHandle(write_end));
    assert_win32(CreatePipe(&read_end, &write_end, NULL, 1));
    assert_pipe_info(read_end, PIPE_SERVER_END, 1);
    assert_win32(CloseHandle(read_end));
    assert_win32(CloseHandle(write_end));
    file = CreateFileA("/dev/null", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_fails(ERROR_INVALID_FUNCTION, GetNamedPipeInfo(file, NULL, NULL, NULL, NULL));
    assert_win32(CloseHandle(file));
}

/* PIPE-155 */
static void an_anonymous_pipe_may_be_made_not_to_wait(void **state)
{
    static char much[1 << 20];
    HANDLE read_end, write_end;
    DWORD mode = PIPE_NOWAIT, moved = 77, got;
    char byte;
    (void)state;
    new_pipe(&read_end, &write_end);
    assert_win32(SetNamedPipeHandleState(read_end, &mode, NULL, NULL));
    assert_win32(SetNamedPipeHandleState(write_end, &mode, NULL, NULL));
    mode = 0;
    assert_win32(GetNamedPipeHandleStateA(read_end, &mode, NULL, NULL, NULL, NULL, 0));
    assert_int_equal(mode, PIPE_NOWAIT);
    assert_fails(ERROR_NO_DATA, ReadFile(read_end, &byte, 1, &moved, NULL));
    assert_win32(WriteFile(write_end, much, sizeof much, &moved, NULL));
    assert_in_range(moved, 1, sizeof much - 1); /* what there was room for */
    assert_win32(ReadFile(read_end, much, sizeof much, &got, NULL));
    assert_int_equal(got, moved);
    mode = PIPE_READMODE_MESSAGE;
    assert_fails(ERROR_INVALID_PARAMETER, SetNamedPipeHandleState(read_end, &mode, NULL, NULL));
    assert_win32(CloseHandle(write_end));
    assert_fails(ERROR_BROKEN_PIPE, ReadFile(read_end, &byte, 1, &moved, NULL));
    assert_win32(CloseHandle(read_end));
}

/* PIPE-147 PIPE-148 PIPE-154 PIPE-155 */
static void pipes_are_synchronous_and_private(void **state)
{
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    HANDLE read_end, write_end;
    DWORD flags = 77, moved;
    char byte;
    (void)state;
    new_pipe(&read_end, &write_end);
    assert_win32(GetHandleInformation(read_end, &flags));
    assert_int_equal(flags, 0);
    assert_int_equal(GetFileType(read_end), FILE_TYPE_PIPE);
    assert_int_equal(GetFileType(write_end), FILE_TYPE_PIPE);
    assert_fails(ERROR_INVALID_PARAMETER, CreateIoCompletionPort(read_end, NULL, 0, 0) != NULL);
    assert_fails(ERROR_ACCESS_DENIED, ReadFile(write_end, &byte, 1, &moved, NULL));
    assert_fails(ERROR_ACCESS_DENIED, WriteFile(read_end, &byte, 1, &moved, NULL));
    assert_win32(CloseHandle(read_end));
    assert_win32(CloseHandle(write_end));
    assert_win32(CreatePipe(&read_end, &write_end, &inherit, 1));
    assert_win32(GetHandleInformation(write_end, &flags));
    assert_int_equal(flags, HANDLE_FLAG_INHERIT);
    assert_win32(CloseHandle(read_end));
    assert_win32(CloseHandle(write_end));
    assert_fails(ERROR_NOACCESS, CreatePipe(NULL, &write_end, NULL, 0));
    assert_fails(ERROR_NOACCESS, CreatePipe(&read_end, NULL, NULL, 0));
}

enum { MUCH = 1 << 20 };

static DWORD WINAPI drain(LPVOID read_end)
{
    static char buffer[5000];
    DWORD moved, total = 0;
    while (ReadFile(read_end, buffer, sizeof buffer, &moved, NULL))
        for (DWORD i = 0; i < moved; i++)
            if (buffer[i] != (char)(total++ % 251))
                return 0;
    return GetLastError() == ERROR_BROKEN_PIPE ? total : 0;
}

/* PIPE-108 PIPE-111 PIPE-113 PIPE-150: a program that must not wait looks first. */
static void an_anonymous_pipe_can_be_peeked_into(void **state)
{
    HANDLE read_end, write_end;
    char buffer[16] = "";
    DWORD got = 9, available = 9, left = 9;
    (void)state;
    new_pipe(&read_end, &write_end);
    assert_win32(PeekNamedPipe(read_end, buffer, sizeof buffer, &got, &available, &left));
    assert_int_equal(got | available | left, 0);
    assert_win32(WriteFile(write_end, "first", 5, &got, NULL));
    assert_win32(WriteFile(write_end, "second", 6, &got, NULL));
    assert_win32(PeekNamedPipe(read_end, buffer, 4, &got, &available, &left));
    assert_int_equal(got, 4);
    assert_int_equal(available, 11);
    assert_int_equal(left, (DWORD)-4);
    assert_win32(PeekNamedPipe(read_end, buffer, sizeof buffer, &got, NULL, NULL));
    assert_int_equal(got, 11);
    assert_memory_equal(buffer, "firstsecond", 11);
    assert_win32(PeekNamedPipe(read_end, (void *)8, 0, NULL, &available, NULL));
    assert_int_equal(available, 11);
    assert_fails(ERROR_NOACCESS, PeekNamedPipe(read_end, (void *)8, 4, NULL, NULL, NULL));
    assert_fails(ERROR_ACCESS_DENIED, PeekNamedPipe(write_end, NULL, 0, NULL, NULL, NULL));
    assert_win32(CloseHandle(write_end));
    assert_win32(ReadFile(read_end, buffer, sizeof buffer, &got, NULL)); /* it is still there */
    assert_int_equal(got, 11);
    assert_fails(ERROR_BROKEN_PIPE, PeekNamedPipe(read_end, NULL, 0, NULL, NULL, NULL));
    assert_win32(CloseHandle(read_end));
}

/* No row: more than a pipe of the host's holds at first, in the smallest pieces. */
static void a_peek_sees_all_of_a_large_pipe(void **state)
{
    enum { MUCH = 200000 };
    HANDLE read_end, write_end;
    char *sent = malloc(MUCH), *seen = malloc(MUCH);
    DWORD got;
    (void)state;
    for (int i = 0; i < MUCH; i++)
        sent[i] = (char)(i * 3 + i / 253);
    assert_win32(CreatePipe(&read_end, &write_end, NULL, 1 << 20));
    assert_win32(WriteFile(write_end, sent, MUCH, &got, NULL));
    for (int i = 0; i < 2; i++) {
        memset(seen, 0, MUCH);
        assert_win32(PeekNamedPipe(read_end, seen, MUCH, &got, NULL, NULL));
        assert_int_equal(got, MUCH);
        assert_memory_equal(seen, sent, MUCH);
    }
    assert_win32(CloseHandle(write_end));
    assert_win32(CloseHandle(read_end));
    free(sent);
    free(seen);
}

/* PIPE-149 PIPE-150 */
static void a_large_write_waits_for_its_reader(void **state)
{
    char *bytes = malloc(MUCH);
    HANDLE read_end, write_end, reader;
    DWORD moved, total;
    (void)state;
    for (int i = 0; i < MUCH; i++)
        bytes[i] = (char)(i % 251);
    new_pipe(&read_end, &write_end);
    reader = CreateThread(NULL, 0, drain, read_end, 0, NULL);
    assert_win32(WriteFile(write_end, bytes, MUCH, &moved, NULL));
    assert_int_equal(moved, MUCH);
    assert_win32(FlushFileBuffers(write_end));
    assert_win32(CloseHandle(write_end));
    assert_int_equal(WaitForSingleObject(reader, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(GetExitCodeThread(reader, &total));
    assert_int_equal(total, MUCH);
    assert_win32(CloseHandle(reader));
    assert_win32(CloseHandle(read_end));
    free(bytes);
}

/* PIPE-151 */
static void writing_without_a_reader_fails_and_kills_nobody(void **state)
{
    HANDLE read_end, write_end;
    DWORD moved = 77;
    (void)state;
    new_pipe(&read_end, &write_end);
    assert_win32(CloseHandle(read_end));
    assert_fails(ERROR_NO_DATA, WriteFile(write_end, "x", 1, &moved, NULL));
    assert_int_equal(moved, 0);
    assert_win32(CloseHandle(write_end));
}

struct pending_read {
    HANDLE pipe;
    DWORD moved;
    char buffer[100];
};

static DWORD WINAPI read_once(LPVOID argument)
{
    struct pending_read *read = argument;
    return (DWORD)ReadFile(read->pipe, read->buffer, sizeof read->buffer, &read->moved, NULL);
}

/* PIPE-152 */
static void a_read_returns_with_what_there_is(void **state)
{
    struct pending_read read = {0};
    HANDLE write_end, thread;
    DWORD id, moved;
    (void)state;
    new_pipe(&read.pipe, &write_end);
    thread = CreateThread(NULL, 0, read_once, &read, 0, &id);
    wait_until_asleep(id);
    assert_win32(WriteFile(write_end, "", 0, &moved, NULL));
    wait_until_asleep(id);
    assert_int_equal(WaitForSingleObject(thread, 0), WAIT_TIMEOUT);
    assert_win32(WriteFile(write_end, "abc", 3, &moved, NULL));
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(read.moved, 3);
    assert_memory_equal(read.buffer, "abc", 3);
    assert_win32(CloseHandle(thread));
    assert_win32(CloseHandle(read.pipe));
    assert_win32(CloseHandle(write_end));
}

/* PIPE-149 */
static void bad_buffers_are_refused(void **state)
{
    HANDLE read_end, write_end;
    DWORD moved = 77;
    (void)state;
    new_pipe(&read_end, &write_end);
    assert_fails(ERROR_INVALID_USER_BUFFER, WriteFile(write_end, NULL, 4, &moved, NULL));
    assert_fails(ERROR_INVALID_USER_BUFFER, WriteFile(write_end, (void *)16, 4, &moved, NULL));
    assert_win32(WriteFile(write_end, "abcd", 4, &moved, NULL));
    assert_fails(ERROR_NOACCESS, ReadFile(read_end, NULL, 4, &moved, NULL));
    assert_fails(ERROR_NOACCESS, ReadFile(read_end, (void *)16, 4, &moved, NULL));
    assert_fails(ERROR_INVALID_FUNCTION, GetFileSize(read_end, NULL) != INVALID_FILE_SIZE);
    assert_fails(ERROR_INVALID_FUNCTION, SetEndOfFile(write_end));
    assert_win32(CloseHandle(read_end));
    assert_win32(CloseHandle(write_end));
}

struct reader {
    HANDLE pipe;
    BOOL ok;
    DWORD error;
};

static DWORD WINAPI read_one(LPVOID arg)
{
    struct reader *reader = arg;
    char byte;
    DWORD bytes;
    reader->ok = ReadFile(reader->pipe, &byte, 1, &bytes, NULL);
    reader->error = GetLastError();
    return 0;
}

/* PORT-126 THRD-095 THRD-079 */
static void a_blocked_synchronous_read_can_be_cancelled(void **state)
{
    struct reader reader = {0};
    HANDLE write_end, thread;
    DWORD id;
    (void)state;
    assert_win32(CreatePipe(&reader.pipe, &write_end, NULL, 0));
    assert_fails(ERROR_NOT_FOUND, CancelSynchronousIo(GetCurrentThread()));
    assert_fails(ERROR_INVALID_HANDLE, CancelSynchronousIo((HANDLE)0x7770));
    thread = CreateThread(NULL, 0, read_one, &reader, 0, &id);
    wait_until_asleep(id);
    assert_keeps_last_error(assert_win32(CancelSynchronousIo(thread)));
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_false(reader.ok);
    assert_int_equal(reader.error, ERROR_OPERATION_ABORTED);
    CloseHandle(thread);
    CloseHandle(reader.pipe);
    CloseHandle(write_end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(standard_handles_have_the_type_of_their_descriptor),
        cmocka_unit_test(only_a_terminal_has_console_modes),
        cmocka_unit_test(closed_descriptors_have_no_standard_handle),
        cmocka_unit_test(redirected_output_is_shared_with_the_c_library),
        cmocka_unit_test(standard_input_reads_a_pipe),
        cmocka_unit_test(setting_a_standard_handle_only_fills_the_slot),
        cmocka_unit_test(console_names_fail_without_a_terminal),
        cmocka_unit_test(console_names_reach_the_controlling_terminal),
        cmocka_unit_test(fifos_can_be_read_overlapped),
        cmocka_unit_test(pipes_are_synchronous_and_private),
        cmocka_unit_test(an_anonymous_pipe_tells_what_it_is),
        cmocka_unit_test(an_anonymous_pipe_may_be_made_not_to_wait),
        cmocka_unit_test(an_anonymous_pipe_can_be_peeked_into),
        cmocka_unit_test(a_peek_sees_all_of_a_large_pipe),
        cmocka_unit_test(a_large_write_waits_for_its_reader),
        cmocka_unit_test(writing_without_a_reader_fails_and_kills_nobody),
        cmocka_unit_test(a_read_returns_with_what_there_is),
        cmocka_unit_test(bad_buffers_are_refused),
        cmocka_unit_test(a_blocked_synchronous_read_can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

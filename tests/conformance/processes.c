/* CreateProcess: programs found and refused, arguments, environment, standard handles, exit codes,
 * waiting, killing, inheritance. This program is its own child: with arguments it plays a role. */
#include "processes.h"
#include "sockets.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char own_path[PATH_MAX];

/* AddressSanitizer asks it: the children may die of signals. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "handle_segv=0:handle_sigill=0:handle_sigfpe=0:handle_abort=0";
}

/* ---- helper verbs ---- */

static STARTUPINFOA start_plain(void)
{
    return (STARTUPINFOA){.cb = sizeof(STARTUPINFOA)};
}

/* `rest` follows this program's name. */
static BOOL create_role_of(const char *rest, BOOL inherit, DWORD flags, STARTUPINFOA *start,
                           PROCESS_INFORMATION *made)
{
    char line[PATH_MAX + 4096];
    snprintf(line, sizeof line, "\"%s\" %s", own_path, rest);
    return CreateProcessA(NULL, line, NULL, NULL, inherit, flags, NULL, NULL, start, made);
}

static PROCESS_INFORMATION start_role(const char *rest)
{
    STARTUPINFOA start = start_plain();
    PROCESS_INFORMATION made = {0};
    assert_win32(create_role_of(rest, FALSE, 0, &start, &made));
    return made;
}

static void close_both(PROCESS_INFORMATION *made)
{
    assert_win32(CloseHandle(made->hThread));
    assert_win32(CloseHandle(made->hProcess));
}

/* Waits for the end; the exit code. */
static DWORD finish(PROCESS_INFORMATION *made)
{
    DWORD code = 0;
    assert_int_equal(WaitForSingleObject(made->hProcess, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(GetExitCodeProcess(made->hProcess, &code));
    close_both(made);
    return code;
}

static DWORD code_of_role(const char *rest)
{
    PROCESS_INFORMATION made = start_role(rest);
    return finish(&made);
}

static void make_pipe(HANDLE *reader, HANDLE *writer)
{
    assert_win32(CreatePipe(reader, writer, NULL, 0));
}

static void let_inherit(HANDLE handle)
{
    assert_win32(SetHandleInformation(handle, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
}

/* All that comes out of a pipe until its writers are gone. */
static size_t read_all(HANDLE reader, char *text, size_t size)
{
    size_t length = 0;
    DWORD got;
    while (length < size - 1 &&
           ReadFile(reader, text + length, (DWORD)(size - 1 - length), &got, NULL))
        length += got;
    assert_int_equal(GetLastError(), ERROR_BROKEN_PIPE);
    text[length] = '\0';
    return length;
}

/* Runs a command line with its output in a pipe; the exit code. */
static DWORD output_of(char *line, void *environment, DWORD flags, const char *directory,
                       char *text, size_t size)
{
    STARTUPINFOA start = start_plain();
    PROCESS_INFORMATION made;
    HANDLE reader, writer;
    make_pipe(&reader, &writer);
    let_inherit(writer);
    start.dwFlags = STARTF_USESTDHANDLES;
    start.hStdOutput = writer;
    assert_win32(
        CreateProcessA(NULL, line, NULL, NULL, TRUE, flags, environment, directory, &start, &made));
    CloseHandle(writer);
    read_all(reader, text, size);
    CloseHandle(reader);
    return finish(&made);
}

/* ---- ends ---- */

/* HND-063 */
static void a_child_runs_and_its_code_is_kept(void **state)
{
    PROCESS_INFORMATION made = start_role("exit 7");
    DWORD code = 0;
    (void)state;
    assert_int_equal(GetProcessId(made.hProcess), made.dwProcessId);
    assert_int_equal(GetProcessIdOfThread(made.hThread), made.dwProcessId);
    assert_int_equal(GetThreadId(made.hThread), made.dwThreadId);
    assert_int_equal(WaitForSingleObject(made.hThread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(made.hProcess, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(GetExitCodeThread(made.hThread, &code));
    assert_int_equal(code, 7);
    assert_int_equal(WaitForSingleObject(made.hProcess, 0), WAIT_OBJECT_0);
    assert_int_equal(finish(&made), 7);
}

/* "GetExitCodeProcess function" */
static void all_32_bits_of_an_exit_code_arrive(void **state)
{
    (void)state;
    assert_int_equal(code_of_role("exit 305419896"), 0x12345678);
    assert_int_equal(code_of_role("exit 4294967295"), 0xFFFFFFFF);
    assert_int_equal(code_of_role("return 256"), 256);
    assert_int_equal(code_of_role("terminate 3221225477"), 0xC0000005);
    assert_int_equal(code_of_role("raw 9"), 9);
}

/* HND-063 */
static void a_running_child_is_still_active(void **state)
{
    PROCESS_INFORMATION made = start_role("stay");
    FILETIME created, ended, kernel, user;
    DWORD code;
    (void)state;
    assert_win32(GetExitCodeProcess(made.hProcess, &code));
    assert_int_equal(code, STILL_ACTIVE);
    assert_int_equal(WaitForSingleObject(made.hProcess, 0), WAIT_TIMEOUT);
    assert_win32(GetProcessTimes(made.hProcess, &created, &ended, &kernel, &user));
    assert_true(created.dwHighDateTime != 0);
    assert_int_equal(ended.dwHighDateTime, 0);
    assert_fails(ERROR_NOACCESS, GetExitCodeProcess(made.hProcess, NULL));
    assert_win32(TerminateProcess(made.hProcess, 0xABCD1234));
    assert_int_equal(WaitForSingleObject(made.hProcess, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(GetProcessTimes(made.hProcess, &created, &ended, &kernel, &user));
    assert_true(ended.dwHighDateTime >= created.dwHighDateTime);
    assert_fails(ERROR_ACCESS_DENIED, TerminateProcess(made.hProcess, 1));
    assert_int_equal(finish(&made), 0xABCD1234);
}

/* "GetExitCodeProcess function" */
static void a_signal_ends_as_an_exception_would(void **state)
{
    static const struct {
        int sig;
        DWORD code;
    } cases[] = {{SIGSEGV, 0xC0000005}, {SIGILL, 0xC000001D}, {SIGFPE, 0xC0000094},
                 {SIGINT, 0xC000013A},  {SIGABRT, 3},         {SIGKILL, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        PROCESS_INFORMATION made = start_role("stay");
        assert_int_equal(kill((pid_t)made.dwProcessId, cases[i].sig), 0);
        assert_int_equal(finish(&made), cases[i].code);
    }
}

/* HND-015 */
static void a_closed_handle_leaves_the_child_alone_and_no_zombie(void **state)
{
    PROCESS_INFORMATION made = start_role("stay");
    (void)state;
    close_both(&made);
    assert_int_equal(kill((pid_t)made.dwProcessId, 0), 0);
    assert_int_equal(kill((pid_t)made.dwProcessId, SIGKILL), 0);
    wait_until(kill((pid_t)made.dwProcessId, 0) < 0);
}

/* HND-063 */
static void the_programs_own_children_are_not_reaped(void **state)
{
    PROCESS_INFORMATION made;
    pid_t own = fork();
    int status;
    (void)state;
    if (own == 0)
        _exit(21);
    made = start_role("exit 22");
    assert_int_equal(finish(&made), 22);
    assert_int_equal(waitpid(own, &status, 0), own);
    assert_int_equal(WEXITSTATUS(status), 21);
}

/* HND-040 HND-063 */
static void a_hundred_children_run_at_once(void **state)
{
    enum { CHILDREN = 100 };
    PROCESS_INFORMATION made[CHILDREN];
    (void)state;
    for (int i = 0; i < CHILDREN; i++) {
        char role[32];
        snprintf(role, sizeof role, "exit %d", 1000 + i);
        made[i] = start_role(role);
    }
    for (int i = 0; i < CHILDREN; i++)
        assert_int_equal(finish(&made[i]), 1000 + i);
}

/* HND-040 */
static void one_of_several_children_ends_a_wait(void **state)
{
    PROCESS_INFORMATION stays = start_role("stay"), goes = start_role("exit 3");
    HANDLE both[] = {stays.hProcess, goes.hProcess};
    (void)state;
    assert_int_equal(WaitForMultipleObjects(2, both, FALSE, TEST_DEADLINE_MS), WAIT_OBJECT_0 + 1);
    assert_win32(TerminateProcess(stays.hProcess, 4));
    assert_int_equal(WaitForMultipleObjects(2, both, TRUE, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(finish(&goes), 3);
    assert_int_equal(finish(&stays), 4);
}

static VOID CALLBACK count_it(PVOID count, BOOLEAN timed_out)
{
    if (!timed_out)
        __atomic_add_fetch((int *)count, 1, __ATOMIC_SEQ_CST);
}

/* HND-063 */
static void a_registered_wait_sees_the_end(void **state)
{
    PROCESS_INFORMATION made = start_role("stay");
    HANDLE wait, copy;
    int count = 0;
    (void)state;
    assert_win32(DuplicateHandle(GetCurrentProcess(), made.hProcess, GetCurrentProcess(), &copy, 0,
                                 FALSE, DUPLICATE_SAME_ACCESS));
    assert_win32(
        RegisterWaitForSingleObject(&wait, copy, count_it, &count, INFINITE, WT_EXECUTEONLYONCE));
    assert_win32(TerminateProcess(copy, 5));
    wait_until(__atomic_load_n(&count, __ATOMIC_SEQ_CST) == 1);
    assert_win32(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
    assert_win32(CloseHandle(copy));
    assert_int_equal(finish(&made), 5);
}

/* ---- what is started ---- */

/* "CreateProcessW function" */
static void what_is_no_program_is_refused(void **state)
{
    STARTUPINFOA start = start_plain();
    PROCESS_INFORMATION made = {0};
    const char *text = test_temp_path();
    char line[64] = "no-such-program-anywhere x";
    int fd = open(text, O_CREAT | O_WRONLY, 0644);
    (void)state;
    assert_int_equal(write(fd, "text\n", 5), 5);
    close(fd);
    assert_fails(ERROR_FILE_NOT_FOUND,
                 CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made));
    assert_fails(ERROR_PATH_NOT_FOUND, CreateProcessA("/no/such/place/x", NULL, NULL, NULL, FALSE,
                                                      0, NULL, NULL, &start, &made));
    assert_fails(ERROR_BAD_EXE_FORMAT,
                 CreateProcessA(text, NULL, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made));
    chmod(text, 0755);
    assert_fails(ERROR_BAD_EXE_FORMAT,
                 CreateProcessA(text, NULL, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made));
    assert_fails(ERROR_ACCESS_DENIED,
                 CreateProcessA("/tmp", NULL, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made));
    assert_fails(ERROR_DIRECTORY, CreateProcessA(own_path, NULL, NULL, NULL, FALSE, 0, NULL,
                                                 "/no/such/place", &start, &made));
    assert_fails(ERROR_PATH_NOT_FOUND,
                 CreateProcessA("", NULL, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made));
    assert_null(made.hProcess);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nothing was left behind */
}

/* "CreateProcessW function" */
static void bad_arguments_are_refused(void **state)
{
    void *wild = (void *)0x10;
    STARTUPINFOA start = start_plain();
    STARTUPINFOEXA extended = {.StartupInfo.cb = sizeof(STARTUPINFOA)};
    PROCESS_INFORMATION made = {0};
    char *long_line = malloc(40001);
    (void)state;
    for (int i = 0; i < 32000; i++)
        long_line[i] = i % 2 ? ' ' : 'x';
    long_line[32000] = '\0'; /* so many names it might begin with */
    assert_fails(ERROR_FILE_NOT_FOUND,
                 CreateProcessA(NULL, long_line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made));
    memset(long_line, 'x', 40000);
    long_line[40000] = '\0';
    assert_fails(ERROR_INVALID_PARAMETER,
                 CreateProcessA(NULL, NULL, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made));
    assert_fails(ERROR_INVALID_PARAMETER,
                 CreateProcessA(own_path, NULL, NULL, NULL, FALSE, 0, NULL, NULL, NULL, &made));
    assert_fails(ERROR_INVALID_PARAMETER,
                 CreateProcessA(own_path, NULL, NULL, NULL, FALSE, 0, NULL, NULL, &start, NULL));
    assert_fails(ERROR_FILENAME_EXCED_RANGE, CreateProcessA(own_path, long_line, NULL, NULL, FALSE,
                                                            0, NULL, NULL, &start, &made));
    assert_fails(ERROR_INVALID_PARAMETER, CreateProcessA(own_path, NULL, NULL, NULL, FALSE,
                                                         0x40000000, NULL, NULL, &start, &made));
    assert_fails(ERROR_INVALID_PARAMETER,
                 CreateProcessA(own_path, NULL, NULL, NULL, FALSE,
                                DETACHED_PROCESS | CREATE_NEW_CONSOLE, NULL, NULL, &start, &made));
    assert_fails(ERROR_NOT_SUPPORTED, CreateProcessA(own_path, NULL, NULL, NULL, FALSE,
                                                     DEBUG_PROCESS, NULL, NULL, &start, &made));
    assert_fails(ERROR_INVALID_PARAMETER,
                 CreateProcessA(own_path, NULL, NULL, NULL, FALSE, EXTENDED_STARTUPINFO_PRESENT,
                                NULL, NULL, &extended.StartupInfo, &made));
    assert_fails(ERROR_NOACCESS,
                 CreateProcessA(wild, NULL, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made));
    assert_fails(ERROR_NOACCESS,
                 CreateProcessA(own_path, wild, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made));
    assert_fails(ERROR_NOACCESS,
                 CreateProcessA(own_path, NULL, NULL, NULL, FALSE, 0, wild, NULL, &start, &made));
    assert_fails(ERROR_NOACCESS,
                 CreateProcessA(own_path, NULL, NULL, NULL, FALSE, 0, NULL, wild, &start, &made));
    assert_fails(ERROR_NOACCESS,
                 CreateProcessA(own_path, NULL, NULL, NULL, FALSE, 0, NULL, NULL, wild, &made));
    assert_fails(ERROR_NOACCESS,
                 CreateProcessA(own_path, NULL, NULL, NULL, FALSE, 0, NULL, NULL, &start, wild));
    assert_fails(ERROR_INVALID_HANDLE, GetProcessId(NULL));
    assert_fails(ERROR_INVALID_HANDLE, GetExitCodeProcess(wild, &made.dwProcessId));
    free(long_line);
}

/* A copy of this program, or rather its other name. */
static void name_this(char *out, size_t size, const char *directory, const char *name)
{
    snprintf(out, size, "%s/%s", directory, name);
    assert_int_equal(symlink(own_path, out), 0);
}

static DWORD code_of_line(const char *line)
{
    STARTUPINFOA start = start_plain();
    PROCESS_INFORMATION made;
    char copy[4096];
    snprintf(copy, sizeof copy, "%s", line);
    if (!CreateProcessA(NULL, copy, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made))
        return GetLastError();
    return finish(&made);
}

/* "CreateProcessW function" */
static void programs_are_found_as_on_windows(void **state)
{
    const char *directory = test_temp_path();
    char plain[4096], spaced[4096], line[8300], path[8300];
    const char *before = getenv("PATH");
    char *kept = strdup(before);
    (void)state;
    mkdir(directory, 0755);
    name_this(plain, sizeof plain, directory, "proc-plain");
    name_this(spaced, sizeof spaced, directory, "proc spaced");
    snprintf(line, sizeof line, "%s.exe exit 301", plain);
    assert_int_equal(code_of_line(line), 301);
    snprintf(line, sizeof line, "%s 302", spaced); /* no quotes: each space is tried */
    assert_int_equal(code_of_line(line), 302);
    snprintf(line, sizeof line, "\"%s\" exit 303", spaced);
    assert_int_equal(code_of_line(line), 303);
    snprintf(line, sizeof line, "C:%s exit 304", plain);
    for (char *at = line; *at; at++)
        *at = *at == '/' ? '\\' : *at;
    assert_int_equal(code_of_line(line), 304);
    snprintf(path, sizeof path, "%s:%s", directory, before);
    setenv("PATH", path, 1);
    assert_int_equal(code_of_line("proc-plain exit 305"), 305);
    assert_int_equal(code_of_line("PROC-PLAIN.EXE exit 306"), 306);
    setenv("PATH", kept, 1);
    assert_int_equal(code_of_line("proc-plain exit 307"), ERROR_FILE_NOT_FOUND);
    unlink(plain);
    unlink(spaced);
    rmdir(directory);
    free(kept);
}

/* "Parsing C Command-Line Arguments" */
static void arguments_are_split_as_the_c_runtime_does(void **state)
{
    static const struct {
        const char *line, *arguments;
    } cases[] = {
        {"\"a b c\" d e", "[a b c][d][e]"},
        {"\"ab\\\"c\" \"\\\\\" d", "[ab\"c][\\][d]"},
        {"a\\\\\\b d\"e f\"g h", "[a\\\\\\b][de fg][h]"},
        {"a\\\\\\\"b c d", "[a\\\"b][c][d]"},
        {"a\\\\\\\\\"b c\" d e", "[a\\\\b c][d][e]"},
        {"a\"b\"\" c d", "[ab\" c d]"},
        {"\"\" x", "[][x]"},
    };
    char line[PATH_MAX + 256], text[512];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(line, sizeof line, "\"%s\" show %s", own_path, cases[i].line);
        assert_int_equal(output_of(line, NULL, 0, NULL, text, sizeof text), 0);
        assert_string_equal(text, cases[i].arguments);
    }
}

/* "CreateProcessW function" */
static void environment_and_directory_are_the_childs(void **state)
{
    char line[PATH_MAX + 64], text[512];
    (void)state;
    snprintf(line, sizeof line, "\"%s\" tell", own_path);
    assert_int_equal(output_of(line, (void *)"PROBE=one\0OTHER=2\0", 0, "/", text, sizeof text), 0);
    assert_string_equal(text, "one C:\\ 2");
    assert_int_equal(output_of(line, (void *)L"PROBE=zw\u00f6lf\0", CREATE_UNICODE_ENVIRONMENT,
                               "C:\\tmp", text, sizeof text),
                     0);
    assert_string_equal(text, "zw\xc3\xb6lf C:\\tmp 1"); /* nothing of ours is left in it */
}

/* "CreateProcessW function" */
static void the_wide_form_starts_programs_too(void **state)
{
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    WCHAR name[PATH_MAX], line[] = L"me exit 77";
    (void)state;
    MultiByteToWideChar(CP_UTF8, 0, own_path, -1, name, PATH_MAX);
    assert_win32(CreateProcessW(name, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made));
    assert_int_equal(finish(&made), 77);
}

/* "CreateProcessW function": CREATE_SUSPENDED */
static void a_suspended_child_begins_when_resumed(void **state)
{
    STARTUPINFOA start = start_plain();
    PROCESS_INFORMATION made;
    (void)state;
    assert_win32(create_role_of("exit 500", FALSE, CREATE_SUSPENDED, &start, &made));
    assert_int_equal(WaitForSingleObject(made.hProcess, 0), WAIT_TIMEOUT);
    assert_int_equal(ResumeThread(made.hThread), 1);
    assert_int_equal(ResumeThread(made.hThread), 0);
    assert_int_equal(finish(&made), 500);
    assert_win32(create_role_of("exit 500", FALSE, CREATE_SUSPENDED, &start, &made));
    assert_win32(TerminateProcess(made.hProcess, 501));
    assert_int_equal(finish(&made), 501);
}

/* ---- standard handles ---- */

/* PIPE-153 */
static void standard_handles_go_to_the_child(void **state)
{
    STARTUPINFOA start = start_plain();
    PROCESS_INFORMATION made;
    HANDLE in_reader, in_writer, out_reader, out_writer;
    char text[64];
    DWORD moved;
    (void)state;
    make_pipe(&in_reader, &in_writer);
    make_pipe(&out_reader, &out_writer);
    let_inherit(in_reader);
    let_inherit(out_writer);
    start.dwFlags = STARTF_USESTDHANDLES;
    start.hStdInput = in_reader;
    start.hStdOutput = start.hStdError = out_writer;
    assert_win32(create_role_of("cat", TRUE, 0, &start, &made));
    CloseHandle(in_reader);
    CloseHandle(out_writer);
    assert_win32(WriteFile(in_writer, "there and back", 14, &moved, NULL));
    CloseHandle(in_writer); /* the child sees the end: there is no other writer */
    assert_int_equal(read_all(out_reader, text, sizeof text), 14);
    assert_string_equal(text, "there and back");
    CloseHandle(out_reader);
    assert_int_equal(finish(&made), ERROR_BROKEN_PIPE);
}

/* "CreateProcessW function" */
static void a_file_as_output_has_one_pointer(void **state)
{
    STARTUPINFOA start = start_plain();
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    PROCESS_INFORMATION made;
    HANDLE file = CreateFileA(test_temp_path(), GENERIC_READ | GENERIC_WRITE, 0, &inherit,
                              CREATE_NEW, 0, NULL);
    char line[] = "/bin/sh -c \"echo child\"", text[32] = "";
    DWORD moved;
    (void)state;
    assert_win32(WriteFile(file, "parent\n", 7, &moved, NULL));
    start.dwFlags = STARTF_USESTDHANDLES;
    start.hStdOutput = file;
    assert_win32(CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &made));
    assert_int_equal(finish(&made), 0);
    assert_win32(WriteFile(file, "parent\n", 7, &moved, NULL));
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    assert_win32(ReadFile(file, text, sizeof text, &moved, NULL));
    assert_string_equal(text, "parent\nchild\nparent\n");
    CloseHandle(file);
}

/* Descriptors that this program was given or opened by other means. */
static int descriptors_of_the_hosts(void)
{
    int count = 0;
    for (int fd = 3; fd < 1024; fd++) {
        int flags = fcntl(fd, F_GETFD);
        count += flags >= 0 && !(flags & FD_CLOEXEC);
    }
    return count;
}

/* HND-028 */
static void a_program_of_the_host_gets_no_other_descriptor(void **state)
{
    char line[] = "/bin/sh -c \"ls /proc/self/fd | wc -l\"", text[64];
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    SOCKET client, server;
    (void)state;
    test_tcp_pair(&client, &server);
    assert_win32(SetHandleInformation((HANDLE)client, HANDLE_FLAG_INHERIT, 0));
    assert_win32(SetHandleInformation((HANDLE)server, HANDLE_FLAG_INHERIT, 0));
    assert_int_equal(output_of(line, NULL, 0, NULL, text, sizeof text), 0);
    /* 0 to 2, and the directory that is listed. */
    assert_int_equal(atoi(text), 4 + descriptors_of_the_hosts());
    closesocket(client);
    closesocket(server);
    CloseHandle(event);
}

/* ---- inheritance ---- */

/* Has the child use a handle under its value, with or without a list; its exit code. */
static DWORD child_uses(const char *role, HANDLE handle, HANDLE *list, size_t count, BOOL inherit)
{
    STARTUPINFOEXA start = {.StartupInfo.cb = sizeof start};
    PROCESS_INFORMATION made;
    char rest[64], memory[256];
    SIZE_T size = sizeof memory;
    start.lpAttributeList = (LPPROC_THREAD_ATTRIBUTE_LIST)memory;
    assert_win32(InitializeProcThreadAttributeList(start.lpAttributeList, 1, 0, &size));
    if (count > 0)
        assert_win32(UpdateProcThreadAttribute(start.lpAttributeList, 0,
                                               PROC_THREAD_ATTRIBUTE_HANDLE_LIST, list,
                                               count * sizeof *list, NULL, NULL));
    snprintf(rest, sizeof rest, "%s %u", role, (unsigned)(uintptr_t)handle);
    assert_win32(
        create_role_of(rest, inherit, EXTENDED_STARTUPINFO_PRESENT, &start.StartupInfo, &made));
    DeleteProcThreadAttributeList(start.lpAttributeList);
    return finish(&made);
}

/* HND-028 */
static void inherited_handles_keep_their_values(void **state)
{
    HANDLE reader, writer, other_reader, other_writer;
    char text[16];
    DWORD got;
    (void)state;
    make_pipe(&reader, &writer);
    make_pipe(&other_reader, &other_writer);
    assert_int_equal(child_uses("write", writer, NULL, 0, TRUE), ERROR_INVALID_HANDLE);
    let_inherit(writer);
    let_inherit(other_writer);
    assert_int_equal(child_uses("write", writer, NULL, 0, FALSE), ERROR_INVALID_HANDLE);
    assert_int_equal(child_uses("write", writer, NULL, 0, TRUE), 0);
    assert_int_equal(child_uses("write", writer, &writer, 1, TRUE), 0);
    assert_int_equal(child_uses("write", other_writer, &writer, 1, TRUE), ERROR_INVALID_HANDLE);
    assert_win32(ReadFile(reader, text, sizeof text, &got, NULL));
    assert_int_equal(got, 4); /* "hi" twice */
    CloseHandle(writer);
    CloseHandle(other_writer);
    assert_fails(ERROR_BROKEN_PIPE, ReadFile(reader, text, sizeof text, &got, NULL));
    CloseHandle(reader);
    CloseHandle(other_reader);
}

/* HND-028 */
static void an_inherited_file_shares_its_pointer(void **state)
{
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    HANDLE file = CreateFileA(test_temp_path(), GENERIC_READ | GENERIC_WRITE, 0, &inherit,
                              CREATE_NEW, 0, NULL);
    DWORD moved;
    (void)state;
    assert_win32(WriteFile(file, "abc", 3, &moved, NULL));
    assert_int_equal(child_uses("write", file, NULL, 0, TRUE), 0);
    assert_int_equal(SetFilePointer(file, 0, NULL, FILE_CURRENT), 5);
    CloseHandle(file);
}

/* SOCK-039 */
static void sockets_are_inherited_unless_told_not_to(void **state)
{
    SOCKET client, server;
    char byte = 0;
    DWORD flags;
    (void)state;
    test_tcp_pair(&client, &server);
    assert_win32(GetHandleInformation((HANDLE)server, &flags));
    assert_int_equal(flags, HANDLE_FLAG_INHERIT);
    assert_int_equal(child_uses("send", (HANDLE)server, NULL, 0, TRUE), 0);
    assert_int_equal(recv(client, &byte, 1, 0), 1);
    assert_int_equal(byte, 's');
    assert_win32(SetHandleInformation((HANDLE)server, HANDLE_FLAG_INHERIT, 0));
    assert_int_equal(child_uses("send", (HANDLE)server, NULL, 0, TRUE), WSAENOTSOCK);
    closesocket(client);
    closesocket(server);
    server = WSASocketW(AF_INET, SOCK_STREAM, 0, NULL, 0, WSA_FLAG_NO_HANDLE_INHERIT);
    assert_win32(GetHandleInformation((HANDLE)server, &flags));
    assert_int_equal(flags, 0);
    closesocket(server);
}

/* "UpdateProcThreadAttribute function" */
static void attribute_lists_are_checked(void **state)
{
    char memory[256];
    LPPROC_THREAD_ATTRIBUTE_LIST list = (LPPROC_THREAD_ATTRIBUTE_LIST)memory;
    STARTUPINFOEXA start = {.StartupInfo.cb = sizeof start, .lpAttributeList = list};
    PROCESS_INFORMATION made;
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), parent = GetCurrentProcess();
    SIZE_T size = 0;
    (void)state;
    assert_fails(ERROR_INSUFFICIENT_BUFFER, InitializeProcThreadAttributeList(NULL, 1, 0, &size));
    assert_true(size > 0 && size <= sizeof memory);
    assert_fails(ERROR_INVALID_PARAMETER, InitializeProcThreadAttributeList(list, 1, 1, &size));
    assert_win32(InitializeProcThreadAttributeList(list, 1, 0, &size));
    assert_fails(ERROR_NOT_SUPPORTED,
                 UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &parent,
                                           sizeof parent, NULL, NULL));
    assert_fails(ERROR_BAD_LENGTH,
                 UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &event, 3,
                                           NULL, NULL));
    assert_win32(UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &event,
                                           sizeof event, NULL, NULL));
    assert_fails(ERROR_OBJECT_NAME_EXISTS,
                 UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &event,
                                           sizeof event, NULL, NULL));
    /* The event may not be inherited; then it may, but bInheritHandles is FALSE. */
    assert_fails(
        ERROR_INVALID_PARAMETER,
        create_role_of("exit 0", TRUE, EXTENDED_STARTUPINFO_PRESENT, &start.StartupInfo, &made));
    let_inherit(event);
    assert_fails(
        ERROR_INVALID_PARAMETER,
        create_role_of("exit 0", FALSE, EXTENDED_STARTUPINFO_PRESENT, &start.StartupInfo, &made));
    DeleteProcThreadAttributeList(list);
    assert_fails(ERROR_INVALID_PARAMETER,
                 UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &event,
                                           sizeof event, NULL, NULL));
    CloseHandle(event);
}

/* ---- opening ---- */

/* HND-063 */
static void a_process_can_be_opened_by_its_id(void **state)
{
    PROCESS_INFORMATION made = start_role("stay");
    HANDLE opened =
        OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, FALSE, made.dwProcessId);
    HANDLE self = OpenProcess(PROCESS_ALL_ACCESS, FALSE, GetCurrentProcessId());
    char image[PATH_MAX];
    DWORD size = sizeof image;
    (void)state;
    assert_win32(CompareObjectHandles(opened, made.hProcess));
    assert_win32(CompareObjectHandles(self, GetCurrentProcess()));
    assert_fails(ERROR_ACCESS_DENIED, TerminateProcess(opened, 1));
    assert_win32(QueryFullProcessImageNameA(self, 0, image, &size));
    assert_int_equal(size, strlen(image));
    size = 3;
    assert_fails(ERROR_INSUFFICIENT_BUFFER, QueryFullProcessImageNameA(self, 0, image, &size));
    assert_win32(TerminateProcess(made.hProcess, 8));
    assert_int_equal(WaitForSingleObject(opened, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    CloseHandle(opened);
    CloseHandle(self);
    assert_int_equal(finish(&made), 8);
    assert_fails(ERROR_INVALID_PARAMETER, OpenProcess(SYNCHRONIZE, FALSE, 0) != NULL);
    assert_fails(ERROR_INVALID_PARAMETER, OpenProcess(SYNCHRONIZE, FALSE, 0x7FFFFFF0) != NULL);
    assert_fails(ERROR_INVALID_PARAMETER, OpenProcess(SYNCHRONIZE, FALSE, 0xFFFFFFF0) != NULL);
}

/* HND-063 */
static void a_foreign_process_can_be_waited_for_and_killed(void **state)
{
    pid_t own = fork();
    HANDLE opened;
    int status;
    (void)state;
    if (own == 0) {
        for (;;)
            pause();
    }
    opened =
        OpenProcess(PROCESS_TERMINATE | PROCESS_QUERY_INFORMATION | SYNCHRONIZE, FALSE, (DWORD)own);
    assert_non_null(opened);
    assert_int_equal(WaitForSingleObject(opened, 0), WAIT_TIMEOUT);
    assert_win32(TerminateProcess(opened, 9));
    assert_int_equal(WaitForSingleObject(opened, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(waitpid(own, &status, 0), own); /* it stays ours to reap */
    assert_true(WIFSIGNALED(status));
    CloseHandle(opened);
}

/* "SetPriorityClass function" */
static void a_childs_priority_class_is_what_was_asked_for(void **state)
{
    STARTUPINFOA start = start_plain();
    PROCESS_INFORMATION made;
    (void)state;
    assert_win32(create_role_of("stay", FALSE, IDLE_PRIORITY_CLASS, &start, &made));
    assert_int_equal(GetPriorityClass(made.hProcess), IDLE_PRIORITY_CLASS);
    assert_fails(ERROR_INVALID_PARAMETER, SetPriorityClass(made.hProcess, 3));
    assert_win32(SetPriorityClass(made.hProcess, BELOW_NORMAL_PRIORITY_CLASS));
    assert_int_equal(GetPriorityClass(made.hProcess), BELOW_NORMAL_PRIORITY_CLASS);
    assert_win32(TerminateProcess(made.hProcess, 0));
    assert_int_equal(finish(&made), 0);
}

/* "GenerateConsoleCtrlEvent function" */
static void a_group_of_its_own_gets_its_own_break(void **state)
{
    STARTUPINFOA start = start_plain();
    PROCESS_INFORMATION made;
    (void)state;
    assert_win32(create_role_of("stay", FALSE, CREATE_NEW_PROCESS_GROUP, &start, &made));
    assert_win32(GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, made.dwProcessId));
    wait_until(WaitForSingleObject(made.hProcess, 0) == WAIT_OBJECT_0);
    assert_int_equal(finish(&made), 0xC000013A);
}

/* "GetStartupInfoW function" */
static void a_child_knows_how_it_was_started(void **state)
{
    STARTUPINFOA start = start_plain();
    PROCESS_INFORMATION made;
    (void)state;
    start.dwFlags = STARTF_USESHOWWINDOW | STARTF_USEPOSITION;
    start.wShowWindow = 7;
    start.dwX = 33;
    assert_win32(create_role_of("started", FALSE, 0, &start, &made));
    assert_int_equal(finish(&made), 0);
}

/* ---- the roles ---- */

static int role_cat(void)
{
    HANDLE in = GetStdHandle(STD_INPUT_HANDLE), out = GetStdHandle(STD_OUTPUT_HANDLE);
    char part[256];
    DWORD moved;
    while (ReadFile(in, part, sizeof part, &moved, NULL) && moved > 0)
        WriteFile(out, part, moved, &moved, NULL);
    return (int)GetLastError();
}

static int role_tell(void)
{
    char probe[64] = "", directory[256] = "";
    int entries = 0;
    char *block = GetEnvironmentStringsA();
    for (char *entry = block; *entry; entry += strlen(entry) + 1)
        entries++;
    FreeEnvironmentStringsA(block);
    GetEnvironmentVariableA("PROBE", probe, sizeof probe);
    GetCurrentDirectoryA(sizeof directory, directory);
    printf("%s %s %d", probe, directory, entries);
    return 0;
}

static int role_send(uintptr_t s)
{
    WSADATA data;
    WSAStartup(0x202, &data);
    return send((SOCKET)s, "s", 1, 0) == 1 ? 0 : WSAGetLastError();
}

static int role_write(uintptr_t handle)
{
    DWORD moved, flags;
    if (!GetHandleInformation((HANDLE)handle, &flags))
        return (int)GetLastError();
    if (flags != HANDLE_FLAG_INHERIT)
        return 1000;
    return WriteFile((HANDLE)handle, "hi", 2, &moved, NULL) ? 0 : (int)GetLastError();
}

static int role_started(void)
{
    STARTUPINFOA start;
    GetStartupInfoA(&start);
    return start.cb == sizeof start && start.wShowWindow == 7 && start.dwX == 33 ? 0 : 1;
}

static int play(int argc, char **argv)
{
    uintptr_t number = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    if (strcmp(argv[1], "exit") == 0)
        ExitProcess((UINT)number);
    if (strcmp(argv[1], "return") == 0 || strcmp(argv[1], "spaced") == 0)
        return (int)number;
    if (strcmp(argv[1], "raw") == 0)
        _exit((int)number);
    if (strcmp(argv[1], "terminate") == 0)
        TerminateProcess(GetCurrentProcess(), (UINT)number);
    if (strcmp(argv[1], "cat") == 0)
        return role_cat();
    if (strcmp(argv[1], "tell") == 0)
        return role_tell();
    if (strcmp(argv[1], "send") == 0)
        return role_send(number);
    if (strcmp(argv[1], "write") == 0)
        return role_write(number);
    if (strcmp(argv[1], "started") == 0)
        return role_started();
    for (int i = 2; strcmp(argv[1], "show") == 0 && i < argc; i++)
        printf("[%s]", argv[i]);
    while (strcmp(argv[1], "stay") == 0)
        pause();
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_runs_and_its_code_is_kept),
        cmocka_unit_test(all_32_bits_of_an_exit_code_arrive),
        cmocka_unit_test(a_running_child_is_still_active),
        cmocka_unit_test(a_signal_ends_as_an_exception_would),
        cmocka_unit_test(a_closed_handle_leaves_the_child_alone_and_no_zombie),
        cmocka_unit_test(the_programs_own_children_are_not_reaped),
        cmocka_unit_test(a_hundred_children_run_at_once),
        cmocka_unit_test(one_of_several_children_ends_a_wait),
        cmocka_unit_test(a_registered_wait_sees_the_end),
        cmocka_unit_test(what_is_no_program_is_refused),
        cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test(programs_are_found_as_on_windows),
        cmocka_unit_test(arguments_are_split_as_the_c_runtime_does),
        cmocka_unit_test(environment_and_directory_are_the_childs),
        cmocka_unit_test(the_wide_form_starts_programs_too),
        cmocka_unit_test(a_suspended_child_begins_when_resumed),
        cmocka_unit_test(standard_handles_go_to_the_child),
        cmocka_unit_test(a_file_as_output_has_one_pointer),
        cmocka_unit_test(a_program_of_the_host_gets_no_other_descriptor),
        cmocka_unit_test(inherited_handles_keep_their_values),
        cmocka_unit_test(an_inherited_file_shares_its_pointer),
        cmocka_unit_test(sockets_are_inherited_unless_told_not_to),
        cmocka_unit_test(attribute_lists_are_checked),
        cmocka_unit_test(a_process_can_be_opened_by_its_id),
        cmocka_unit_test(a_foreign_process_can_be_waited_for_and_killed),
        cmocka_unit_test(a_childs_priority_class_is_what_was_asked_for),
        cmocka_unit_test(a_group_of_its_own_gets_its_own_break),
        cmocka_unit_test(a_child_knows_how_it_was_started),
    };
    if (readlink("/proc/self/exe", own_path, sizeof own_path - 1) < 0)
        return 1;
    test_is_child = argc > 1;
    if (test_is_child)
        return play(argc, argv);
    return cmocka_run_group_tests(tests, test_winsock_up, test_winsock_down);
}

/* What a process of another user can do with this user's pipes and mailslots: nothing. */
#include "processes.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <unistd.h>

enum { NOBODY = 65534 };

static int to_stranger[2], from_stranger[2];

static const char pipe_name[] = "\\\\.\\pipe\\portico-test-other-user";
static const char slot_name[] = "\\\\.\\mailslot\\portico-test-other-user";

/* The strange process' steps, one when told; 0 or what went wrong. */
static void next_step(void)
{
    char byte;
    if (read(to_stranger[0], &byte, 1) != 1)
        _exit(99);
}

static void step_done(void)
{
    if (write(from_stranger[1], "", 1) != 1)
        _exit(98);
}

static HANDLE open_name(const char *name)
{
    return CreateFileA(name, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
}

static int is_not_there(const char *name)
{
    return open_name(name) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_NOT_FOUND;
}

static int cannot_enter(const char *above, const char *name)
{
    char path[200];
    DIR *directory;
    snprintf(path, sizeof path, "%s/%s", above, name);
    directory = opendir(path);
    return !directory && (errno == EACCES || errno == ENOENT);
}

static HANDLE make_pipe(void)
{
    return CreateNamedPipeA(pipe_name, PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE, 0, 1,
                            1024, 1024, 0, NULL);
}

static int is_a_stranger(const char *name)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    HANDLE pipe, slot;
    (void)name;
    if (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
        return 1;
    next_step();
    if (!is_not_there(pipe_name) || !is_not_there(slot_name))
        return 2;
    if (WaitNamedPipeA(pipe_name, 1) || GetLastError() != ERROR_FILE_NOT_FOUND)
        return 3;
    if (!cannot_enter("/dev/shm", "portico-0") || !cannot_enter("/tmp", "portico-0") ||
        (runtime && !cannot_enter(runtime, "portico")))
        return 4;
    pipe = make_pipe(); /* there is nothing to take away */
    slot = CreateMailslotA(slot_name, 0, 0, NULL);
    if (pipe == INVALID_HANDLE_VALUE || slot == INVALID_HANDLE_VALUE)
        return 5;
    step_done();
    next_step();
    return 0;
}

static void let_stranger_step(void)
{
    assert_int_equal(write(to_stranger[1], "", 1), 1);
}

static void await_stranger(void)
{
    char byte;
    assert_int_equal(read(from_stranger[0], &byte, 1), 1);
}

/* No row: names live in a directory that only their user can enter. */
static void another_user_neither_finds_nor_takes_a_name(void **state)
{
    HANDLE server, slot, client;
    DWORD count = 9;
    pid_t stranger;
    (void)state;
    if (geteuid() != 0) {
        print_message("only root can become another user\n");
        skip();
    }
    assert_int_equal(pipe(to_stranger), 0);
    assert_int_equal(pipe(from_stranger), 0);
    stranger = other_process(is_a_stranger, ""); /* before it could share our directory */
    close(from_stranger[1]);
    server = make_pipe();
    slot = CreateMailslotA(slot_name, 0, 0, NULL);
    assert_ptr_not_equal(server, INVALID_HANDLE_VALUE);
    assert_ptr_not_equal(slot, INVALID_HANDLE_VALUE);
    let_stranger_step();
    await_stranger();
    assert_win32(GetMailslotInfo(slot, NULL, NULL, &count, NULL));
    assert_int_equal(count, 0);
    client = open_name(pipe_name); /* nobody took the one instance, and it is ours */
    assert_ptr_not_equal(client, INVALID_HANDLE_VALUE);
    assert_win32(CloseHandle(client));
    assert_win32(CloseHandle(server));
    assert_win32(CloseHandle(slot));
    assert_true(is_not_there(pipe_name)); /* the stranger's do not lure us */
    assert_true(is_not_there(slot_name));
    let_stranger_step();
    assert_exits_well(stranger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_user_neither_finds_nor_takes_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

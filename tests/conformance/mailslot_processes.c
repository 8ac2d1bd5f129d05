/* Mailslots between processes: names, messages, readers and writers that go or talk nonsense. */
#include "processes.h"

#include <unistd.h>

enum { WRITERS = 3, EACH = 200, LARGE = 1 << 20 };

static const char *unique_name(void)
{
    static unsigned next;
    static char names[8][64]; /* the last so many stay valid */
    unsigned number = next++;
    sprintf(names[number % 8], "\\\\.\\mailslot\\portico-%d-%u", (int)getpid(), number);
    return names[number % 8];
}

static HANDLE make_slot(const char *name, DWORD max_size, DWORD timeout_ms)
{
    HANDLE slot = CreateMailslotA(name, max_size, timeout_ms, NULL);
    assert_ptr_not_equal(slot, INVALID_HANDLE_VALUE);
    return slot;
}

static HANDLE open_writer(const char *name)
{
    return CreateFileA(name, GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
}

/* The last error of a write; 0: it went out whole. */
static DWORD put(HANDLE writer, const void *data, DWORD size)
{
    DWORD moved = 0;
    if (!WriteFile(writer, data, size, &moved, NULL))
        return GetLastError();
    return moved == size ? 0 : 1;
}

static void assert_next(HANDLE slot, DWORD size, DWORD count)
{
    DWORD next = 99, messages = 99;
    assert_win32(GetMailslotInfo(slot, NULL, &next, &messages, NULL));
    assert_int_equal(next, size);
    assert_int_equal(messages, count);
}

/* ---- messages ---- */

static int writes_two(const char *name)
{
    HANDLE writer = open_writer(name);
    return put(writer, "first", 5) || put(writer, "", 0) || !CloseHandle(writer);
}

/* PIPE-164 */
static void messages_of_another_process_are_there_when_its_writes_are_done(void **state)
{
    const char *name = unique_name();
    HANDLE slot = make_slot(name, 0, 0);
    char buffer[8];
    DWORD moved;
    (void)state;
    assert_exits_well(other_process(writes_two, name));
    assert_next(slot, 5, 2);
    assert_fails(ERROR_INSUFFICIENT_BUFFER, ReadFile(slot, buffer, 4, &moved, NULL));
    assert_win32(ReadFile(slot, buffer, 8, &moved, NULL));
    assert_int_equal(moved, 5);
    assert_memory_equal(buffer, "first", 5);
    assert_next(slot, 0, 1);
    assert_win32(ReadFile(slot, buffer, 8, &moved, NULL));
    assert_int_equal(moved, 0);
    assert_next(slot, MAILSLOT_NO_MESSAGE, 0);
    assert_win32(CloseHandle(slot));
}

static int writes_many(const char *name)
{
    HANDLE writer = open_writer(name);
    DWORD message[2] = {GetCurrentProcessId(), 0};
    for (; message[1] < EACH; message[1]++)
        if (put(writer, message, sizeof message) != 0)
            return 1;
    return 0;
}

/* PIPE-163 */
static void each_of_several_processes_keeps_its_order(void **state)
{
    const char *name = unique_name();
    HANDLE slot = make_slot(name, 0, TEST_DEADLINE_MS);
    pid_t writers[WRITERS];
    DWORD message[2], moved, next[WRITERS] = {0};
    (void)state;
    for (int i = 0; i < WRITERS; i++)
        writers[i] = other_process(writes_many, name);
    for (int i = 0; i < WRITERS * EACH; i++) {
        int from = 0;
        assert_win32(ReadFile(slot, message, sizeof message, &moved, NULL));
        while ((DWORD)writers[from] != message[0])
            assert_true(++from < WRITERS);
        assert_int_equal(message[1], next[from]++);
    }
    for (int i = 0; i < WRITERS; i++)
        assert_exits_well(writers[i]);
    assert_next(slot, MAILSLOT_NO_MESSAGE, 0);
    assert_win32(CloseHandle(slot));
}

/* PIPE-167 */
static void an_overlapped_read_takes_another_processes_message_through_a_port(void **state)
{
    const char *name = unique_name();
    HANDLE slot = make_slot(name, 0, MAILSLOT_WAIT_FOREVER);
    HANDLE port = CreateIoCompletionPort(slot, NULL, 9, 0);
    OVERLAPPED read = {0}, *ended = NULL;
    ULONG_PTR key = 0;
    char buffer[8];
    DWORD moved = 0;
    pid_t child;
    (void)state;
    assert_fails(ERROR_IO_PENDING, ReadFile(slot, buffer, 8, NULL, &read));
    child = other_process(writes_two, name);
    assert_win32(GetQueuedCompletionStatus(port, &moved, &key, &ended, TEST_DEADLINE_MS));
    assert_ptr_equal(ended, &read);
    assert_int_equal(key, 9);
    assert_int_equal(moved, 5);
    assert_exits_well(child);
    assert_win32(CloseHandle(slot));
    CloseHandle(port);
}

static char large[LARGE];

static int writes_what_is_too_large(const char *name)
{
    HANDLE writer = open_writer(name);
    DWORD moved = 99;
    char byte;
    memset(large, 'x', sizeof large);
    if (put(writer, large, LARGE) != ERROR_INVALID_PARAMETER || put(writer, large, LARGE - 1) != 0)
        return 1;
    if (put(writer, (void *)8, 5) != ERROR_INVALID_USER_BUFFER)
        return 2;
    return ReadFile(writer, &byte, 1, &moved, NULL) || GetLastError() != ERROR_ACCESS_DENIED;
}

/* PIPE-162 PIPE-165 PIPE-166 */
static void sizes_are_kept_to_in_another_process(void **state)
{
    const char *name = unique_name();
    HANDLE slot = make_slot(name, LARGE - 1, 0);
    DWORD moved;
    (void)state;
    assert_exits_well(other_process(writes_what_is_too_large, name));
    assert_next(slot, LARGE - 1, 1);
    assert_win32(ReadFile(slot, large, LARGE, &moved, NULL));
    assert_int_equal(moved, LARGE - 1);
    for (DWORD i = 0; i < moved; i++)
        assert_int_equal(large[i], 'x');
    assert_win32(CloseHandle(slot));
}

static int writes_until_it_is_full(const char *name)
{
    HANDLE writer = open_writer(name);
    DWORD error = 0;
    for (int i = 0; i < 1000 && error == 0; i++)
        error = put(writer, large, LARGE);
    return error != ERROR_NO_SYSTEM_RESOURCES;
}

/* No row: a mailslot that nobody reads does not grow for ever. */
static void a_full_mailslot_takes_no_more_until_it_is_read(void **state)
{
    const char *name = unique_name();
    HANDLE slot = make_slot(name, 0, 0), writer = open_writer(name);
    DWORD moved, count = 0;
    (void)state;
    assert_exits_well(other_process(writes_until_it_is_full, name));
    assert_win32(GetMailslotInfo(slot, NULL, NULL, &count, NULL));
    assert_int_equal(count, 63); /* MiB */
    assert_int_equal(put(writer, large, LARGE), ERROR_NO_SYSTEM_RESOURCES);
    assert_win32(ReadFile(slot, large, LARGE, &moved, NULL));
    assert_int_equal(put(writer, large, LARGE), 0);
    assert_win32(CloseHandle(writer));
    assert_win32(CloseHandle(slot));
}

/* ---- names ---- */

static int finds_the_name_taken(const char *name)
{
    char other[80];
    if (CreateMailslotA(name, 0, 0, NULL) != INVALID_HANDLE_VALUE ||
        GetLastError() != ERROR_ALREADY_EXISTS)
        return 1;
    sprintf(other, "%s-not-there", name);
    return open_writer(other) != INVALID_HANDLE_VALUE || GetLastError() != ERROR_FILE_NOT_FOUND;
}

static int has_it_now(const char *name)
{
    return CreateMailslotA(name, 0, 0, NULL) == INVALID_HANDLE_VALUE;
}

/* PIPE-157 PIPE-158 */
static void a_name_is_there_once_for_all_processes(void **state)
{
    const char *name = unique_name();
    HANDLE slot = make_slot(name, 0, 0);
    (void)state;
    assert_exits_well(other_process(finds_the_name_taken, name));
    assert_win32(CloseHandle(slot));
    assert_exits_well(other_process(has_it_now, name));
}

static int reads_for_ever(const char *name)
{
    HANDLE slot = CreateMailslotA(name, 0, MAILSLOT_WAIT_FOREVER, NULL);
    DWORD moved;
    char byte;
    while (ReadFile(slot, &byte, 1, &moved, NULL))
        continue;
    return 1;
}

/* PIPE-157 PIPE-158 */
static void a_killed_readers_name_is_free_at_once(void **state)
{
    const char *name = unique_name();
    HANDLE writer = INVALID_HANDLE_VALUE, slot;
    pid_t reader = other_process(reads_for_ever, name);
    (void)state;
    wait_until((writer = open_writer(name)) != INVALID_HANDLE_VALUE);
    assert_int_equal(put(writer, "x", 1), 0);
    kill_process(reader);
    assert_int_equal(put(writer, "x", 1), ERROR_HANDLE_EOF);
    assert_int_equal(put(writer, "x", 1), ERROR_HANDLE_EOF);
    assert_ptr_equal(open_writer(name), INVALID_HANDLE_VALUE);
    assert_int_equal(GetLastError(), ERROR_FILE_NOT_FOUND);
    slot = make_slot(name, 0, 0);
    assert_int_equal(put(writer, "x", 1), ERROR_HANDLE_EOF);
    assert_next(slot, MAILSLOT_NO_MESSAGE, 0);
    assert_win32(CloseHandle(slot));
    assert_win32(CloseHandle(writer));
}

/* Tells of the last writes by its exit status. */
static int writes_until_the_reader_goes(const char *name)
{
    HANDLE writer = open_writer(name);
    DWORD error = 0;
    while (error == 0)
        error = put(writer, "x", 1);
    return error != ERROR_HANDLE_EOF;
}

/* No row: as for a writer of the reader's process. */
static void a_closed_mailslot_takes_nothing_from_another_process(void **state)
{
    const char *name = unique_name();
    HANDLE slot = make_slot(name, 0, TEST_DEADLINE_MS);
    pid_t writer = other_process(writes_until_the_reader_goes, name);
    DWORD moved;
    char byte;
    (void)state;
    assert_win32(ReadFile(slot, &byte, 1, &moved, NULL));
    assert_win32(CloseHandle(slot));
    assert_exits_well(writer);
}

/* ---- nonsense ---- */

static int becomes_a_bad_writer(const char *name)
{
    static const unsigned sizes[] = {0xFFFFFFFF, (64 << 20) + 1, 64 << 20, 1000, 0};
    struct test_hello hello =
        test_hello_of(TEST_HELLO_MAILSLOT, 0, name + strlen("\\\\.\\mailslot\\"));
    int answer;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        SOCKET fd = connect_to_parent();
        send(fd, (char *)&hello, sizeof hello, 0);
        if (recv(fd, (char *)&answer, sizeof answer, MSG_WAITALL) != sizeof answer || answer)
            return 1;
        send(fd, (char *)&sizes[i], sizes[i] ? sizeof sizes[i] : 3, 0);
        send(fd, "less than that", 14, 0);
        if (i < 2 && recv(fd, (char *)&answer, sizeof answer, 0) > 0)
            return 2; /* thrown out */
        closesocket(fd);
    }
    return 0;
}

/* No row: who is not Portico puts nothing in. */
static void nonsense_from_other_processes_harms_no_mailslot(void **state)
{
    const char *name = unique_name();
    HANDLE slot = make_slot(name, 0, 0);
    (void)state;
    assert_exits_well(other_process(becomes_a_bad_writer, name));
    assert_exits_well(other_process(writes_two, name));
    assert_next(slot, 5, 2);
    assert_win32(CloseHandle(slot));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_of_another_process_are_there_when_its_writes_are_done),
        cmocka_unit_test(each_of_several_processes_keeps_its_order),
        cmocka_unit_test(an_overlapped_read_takes_another_processes_message_through_a_port),
        cmocka_unit_test(sizes_are_kept_to_in_another_process),
        cmocka_unit_test(a_full_mailslot_takes_no_more_until_it_is_read),
        cmocka_unit_test(a_name_is_there_once_for_all_processes),
        cmocka_unit_test(a_killed_readers_name_is_free_at_once),
        cmocka_unit_test(a_closed_mailslot_takes_nothing_from_another_process),
        cmocka_unit_test(nonsense_from_other_processes_harms_no_mailslot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

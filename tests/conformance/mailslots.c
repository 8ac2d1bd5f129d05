/* Mailslots (PIPE-156 to PIPE-171). */
#include "portico_test.h"

#include <unistd.h>

static const char *unique_name(void)
{
    static unsigned next;
    static char names[8][64]; /* the last so many stay valid */
    unsigned number = next++;
    sprintf(names[number % 8], "\\\\.\\mailslot\\portico-test\\%d-%u", (int)getpid(), number);
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
    HANDLE writer = CreateFileA(name, GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    assert_ptr_not_equal(writer, INVALID_HANDLE_VALUE);
    return writer;
}

static void put(HANDLE writer, const char *text)
{
    DWORD moved = 99;
    assert_win32(WriteFile(writer, text, (DWORD)strlen(text), &moved, NULL));
    assert_int_equal(moved, strlen(text));
}

static void assert_next(HANDLE slot, DWORD size, DWORD count)
{
    DWORD next = 99, messages = 99;
    assert_win32(GetMailslotInfo(slot, NULL, &next, &messages, NULL));
    assert_int_equal(next, size);
    assert_int_equal(messages, count);
}

static void assert_not_made(DWORD error, const char *name)
{
    SetLastError(LAST_ERROR_SENTINEL);
    assert_ptr_equal(CreateMailslotA(name, 0, 0, NULL), INVALID_HANDLE_VALUE);
    assert_int_equal(GetLastError(), error);
}

static void assert_not_opened(DWORD error, const char *name)
{
    SetLastError(LAST_ERROR_SENTINEL);
    assert_ptr_equal(
        CreateFileA(name, GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL),
        INVALID_HANDLE_VALUE);
    assert_int_equal(GetLastError(), error);
}

/* ---- names ---- */

/* PIPE-156 */
static void only_names_of_mailslots_make_one(void **state)
{
    char path[300] = "\\\\.\\mailslot\\";
    (void)state;
    assert_not_made(ERROR_PATH_NOT_FOUND, NULL);
    assert_not_made(ERROR_PATH_NOT_FOUND, "");
    assert_not_made(ERROR_INVALID_NAME, "slot");
    assert_not_made(ERROR_INVALID_NAME, "\\\\.\\mailslot\\");
    assert_not_made(ERROR_INVALID_NAME, "\\\\.\\pipe\\slot");
    assert_not_made(ERROR_INVALID_NAME, "\\\\host\\mailslot\\slot");
    memset(path + strlen(path), 'x', sizeof path - strlen(path) - 1);
    assert_not_made(ERROR_INVALID_NAME, path);
}

/* PIPE-157 PIPE-158 */
static void a_name_is_there_once_and_as_long_as_its_reader(void **state)
{
    const char *name = unique_name();
    char upper[64];
    HANDLE slot, writer;
    (void)state;
    assert_not_opened(ERROR_FILE_NOT_FOUND, name);
    slot = make_slot(name, 0, 0);
    for (size_t i = 0; i <= strlen(name); i++)
        upper[i] = (char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 32 : name[i]);
    assert_not_made(ERROR_ALREADY_EXISTS, name);
    assert_not_made(ERROR_ALREADY_EXISTS, upper);
    writer = open_writer(upper);
    assert_win32(CloseHandle(slot));
    assert_not_opened(ERROR_FILE_NOT_FOUND, name);
    slot = CreateMailslotW(L"\\\\.\\mailslot\\wide name", 0, 0, NULL);
    assert_ptr_not_equal(slot, INVALID_HANDLE_VALUE);
    CloseHandle(open_writer("\\\\.\\mailslot\\wide name"));
    assert_win32(CloseHandle(slot));
    assert_win32(CloseHandle(writer));
}

/* PIPE-170 */
static void this_machines_name_works_and_others_do_not(void **state)
{
    const char *name = unique_name();
    HANDLE slot = make_slot(name, 0, 0), writer;
    char host[128], path[300];
    (void)state;
    assert_int_equal(gethostname(host, sizeof host), 0);
    sprintf(path, "\\\\%s\\mailslot\\%s", host, name + strlen("\\\\.\\mailslot\\"));
    writer = open_writer(path);
    put(writer, "hello");
    assert_next(slot, 5, 1);
    sprintf(path, "\\\\*\\mailslot\\%s", name + strlen("\\\\.\\mailslot\\"));
    assert_not_opened(ERROR_BAD_NETPATH, path);
    sprintf(path, "\\\\no-such-domain\\mailslot\\%s", name + strlen("\\\\.\\mailslot\\"));
    assert_not_opened(ERROR_BAD_NETPATH, path);
    sprintf(path, "\\\\%s\\share\\file", host);
    assert_not_opened(ERROR_BAD_NETPATH, path);
    assert_win32(CloseHandle(writer));
    assert_win32(CloseHandle(slot));
}

/* ---- messages ---- */

/* PIPE-159 PIPE-171 */
static void an_empty_mailslot_tells_its_limits(void **state)
{
    const char *name = unique_name();
    HANDLE slot = make_slot(name, (DWORD)-1, (DWORD)-1), writer = open_writer(name);
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    DWORD max = 0, next = 0, count = 9, timeout = 0;
    (void)state;
    assert_win32(GetMailslotInfo(slot, &max, &next, &count, &timeout));
    assert_int_equal(max, 0xffffffff);
    assert_int_equal(next, MAILSLOT_NO_MESSAGE);
    assert_int_equal(count, 0);
    assert_int_equal(timeout, MAILSLOT_WAIT_FOREVER);
    assert_win32(GetMailslotInfo(slot, NULL, NULL, NULL, NULL));
    assert_fails(ERROR_INVALID_HANDLE, GetMailslotInfo(NULL, &max, NULL, NULL, NULL));
    assert_fails(ERROR_INVALID_HANDLE, GetMailslotInfo(event, &max, NULL, NULL, NULL));
    assert_fails(ERROR_INVALID_HANDLE, GetMailslotInfo(writer, &max, NULL, NULL, NULL));
    CloseHandle(event);
    assert_win32(CloseHandle(writer));
    assert_win32(CloseHandle(slot));
}

/* PIPE-160 */
static void an_empty_mailslot_without_a_timeout_says_so_at_once(void **state)
{
    HANDLE slot = make_slot(unique_name(), 0, 0);
    char buffer[4];
    (void)state;
    for (DWORD size = 0; size <= 4; size += 4) {
        DWORD moved = 99;
        assert_fails(ERROR_SEM_TIMEOUT, ReadFile(slot, buffer, size, &moved, NULL));
        assert_int_equal(moved, 0);
    }
    assert_win32(CloseHandle(slot));
}

/* PIPE-161 PIPE-169 */
static void a_read_waits_as_long_as_the_timeout_says(void **state)
{
    const char *name = unique_name();
    HANDLE slot = make_slot(name, 0, 100), writer = open_writer(name);
    unsigned long long begun = test__now_ms();
    DWORD moved, timeout;
    char buffer[4];
    (void)state;
    assert_fails(ERROR_SEM_TIMEOUT, ReadFile(slot, buffer, 4, &moved, NULL));
    assert_true(test__now_ms() - begun >= 99);
    assert_win32(SetMailslotInfo(slot, 200));
    assert_win32(GetMailslotInfo(slot, NULL, NULL, NULL, &timeout));
    assert_int_equal(timeout, 200);
    begun = test__now_ms();
    assert_fails(ERROR_SEM_TIMEOUT, ReadFile(slot, buffer, 4, &moved, NULL));
    assert_true(test__now_ms() - begun >= 199);
    assert_fails(ERROR_INVALID_HANDLE, SetMailslotInfo(writer, 1));
    assert_fails(ERROR_INVALID_HANDLE, SetMailslotInfo(NULL, 1));
    assert_win32(CloseHandle(writer));
    assert_win32(CloseHandle(slot));
}

/* PIPE-162 */
static void readers_do_not_write_and_writers_do_not_read(void **state)
{
    const char *name = unique_name();
    HANDLE slot = make_slot(name, 0, 0), writer = open_writer(name), both;
    DWORD moved;
    char buffer[4];
    (void)state;
    assert_fails(ERROR_ACCESS_DENIED, WriteFile(slot, "x", 1, &moved, NULL));
    assert_fails(ERROR_ACCESS_DENIED, ReadFile(writer, buffer, 4, &moved, NULL));
    both = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0,
                       NULL);
    assert_ptr_not_equal(both, INVALID_HANDLE_VALUE);
    assert_fails(ERROR_INVALID_PARAMETER, ReadFile(both, buffer, 4, &moved, NULL));
    assert_win32(CloseHandle(both));
    assert_win32(CloseHandle(writer));
    assert_win32(CloseHandle(slot));
}

/* PIPE-163 */
static void there_may_be_several_writers_whatever_they_share(void **state)
{
    const char *name = unique_name();
    HANDLE slot = make_slot(name, 0, 0), writers[3];
    char buffer[4];
    DWORD moved;
    (void)state;
    for (DWORD share = 0; share < 3; share++) {
        writers[share] = CreateFileA(name, GENERIC_WRITE, share, NULL, OPEN_EXISTING, 0, NULL);
        assert_ptr_not_equal(writers[share], INVALID_HANDLE_VALUE);
    }
    for (int i = 2; i >= 0; i--)
        put(writers[i], i == 0 ? "a" : i == 1 ? "b" : "c");
    for (int i = 2; i >= 0; i--) {
        assert_win32(ReadFile(slot, buffer, 4, &moved, NULL));
        assert_int_equal(buffer[0], 'a' + i);
        assert_win32(CloseHandle(writers[i]));
    }
    assert_win32(CloseHandle(slot));
}

/* PIPE-164 */
static void messages_stay_whole_and_in_order(void **state)
{
    const char *name = unique_name();
    HANDLE slot = make_slot(name, 0, 0), writer = open_writer(name);
    char buffer[8];
    DWORD moved;
    (void)state;
    put(writer, "1");
    assert_next(slot, 1, 1);
    put(writer, "22");
    assert_next(slot, 1, 2);
    put(writer, "");
    assert_next(slot, 1, 3);
    assert_win32(ReadFile(slot, buffer, 8, &moved, NULL));
    assert_int_equal(moved, 1);
    assert_next(slot, 2, 2);
    assert_win32(ReadFile(slot, buffer, 8, &moved, NULL));
    assert_int_equal(moved, 2);
    assert_memory_equal(buffer, "22", 2);
    assert_next(slot, 0, 1);
    assert_win32(ReadFile(slot, buffer, 8, &moved, NULL));
    assert_int_equal(moved, 0);
    assert_next(slot, MAILSLOT_NO_MESSAGE, 0);
    assert_win32(CloseHandle(writer));
    assert_win32(CloseHandle(slot));
}

/* PIPE-165 PIPE-166 */
static void sizes_are_kept_to(void **state)
{
    const char *name = unique_name();
    HANDLE slot = make_slot(name, 5, 0), writer = open_writer(name);
    char buffer[8] = "untouch";
    DWORD moved = 99;
    (void)state;
    assert_fails(ERROR_INVALID_PARAMETER, WriteFile(writer, "longer", 6, &moved, NULL));
    assert_int_equal(moved, 0);
    put(writer, "five!");
    assert_fails(ERROR_INSUFFICIENT_BUFFER, ReadFile(slot, buffer, 4, &moved, NULL));
    assert_int_equal(moved, 0);
    assert_string_equal(buffer, "untouch");
    assert_next(slot, 5, 1);
    assert_fails(ERROR_INSUFFICIENT_BUFFER, ReadFile(slot, buffer, 0, &moved, NULL));
    assert_fails(ERROR_NOACCESS, ReadFile(slot, (void *)8, 5, &moved, NULL));
    assert_fails(ERROR_INVALID_USER_BUFFER, WriteFile(writer, (void *)8, 5, &moved, NULL));
    assert_win32(ReadFile(slot, buffer, 5, &moved, NULL));
    assert_int_equal(moved, 5);
    assert_win32(CloseHandle(writer));
    assert_win32(CloseHandle(slot));
}

/* ---- overlapped reads ---- */

static DWORD take_packet(HANDLE port, const OVERLAPPED *expected, DWORD *moved)
{
    OVERLAPPED *found = NULL;
    ULONG_PTR key = 0;
    DWORD error =
        GetQueuedCompletionStatus(port, moved, &key, &found, TEST_DEADLINE_MS) ? 0 : GetLastError();
    assert_ptr_equal(found, expected);
    assert_int_equal(key, 9);
    return error;
}

/* PIPE-167 */
static void reads_pend_and_complete_through_a_port_in_order(void **state)
{
    const char *name = unique_name();
    HANDLE slot = make_slot(name, 0, MAILSLOT_WAIT_FOREVER), writer = open_writer(name);
    HANDLE port = CreateIoCompletionPort(slot, NULL, 9, 0);
    OVERLAPPED overlapped[3] = {0};
    char buffers[3][8];
    DWORD moved;
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_fails(ERROR_IO_PENDING,
                     ReadFile(slot, buffers[i], i == 1 ? 1 : 8, NULL, &overlapped[i]));
    put(writer, "one");
    put(writer, "two"); /* too large for the second */
    assert_int_equal(take_packet(port, &overlapped[0], &moved), 0);
    assert_int_equal(moved, 3);
    assert_memory_equal(buffers[0], "one", 3);
    assert_int_equal(take_packet(port, &overlapped[1], &moved), ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(take_packet(port, &overlapped[2], &moved), 0);
    assert_memory_equal(buffers[2], "two", 3);
    assert_next(slot, MAILSLOT_NO_MESSAGE, 0);
    CloseHandle(port);
    assert_win32(CloseHandle(writer));
    assert_win32(CloseHandle(slot));
}

/* PIPE-168 */
static void overlapped_reads_time_out_each_by_its_own_clock(void **state)
{
    const char *name = unique_name();
    HANDLE slot = make_slot(name, 0, 100), port = CreateIoCompletionPort(slot, NULL, 9, 0);
    OVERLAPPED late = {0}, early = {0}, never = {0};
    unsigned long long begun = test__now_ms();
    char buffer[8];
    DWORD moved;
    (void)state;
    assert_fails(ERROR_IO_PENDING, ReadFile(slot, buffer, 8, NULL, &late));
    assert_win32(SetMailslotInfo(slot, MAILSLOT_WAIT_FOREVER));
    assert_fails(ERROR_IO_PENDING, ReadFile(slot, buffer, 8, NULL, &never));
    assert_win32(SetMailslotInfo(slot, 20));
    assert_fails(ERROR_IO_PENDING, ReadFile(slot, buffer, 8, NULL, &early));
    assert_int_equal(take_packet(port, &early, &moved), ERROR_SEM_TIMEOUT);
    assert_int_equal(moved, 0);
    assert_true(test__now_ms() - begun >= 19);
    assert_int_equal(take_packet(port, &late, &moved), ERROR_SEM_TIMEOUT);
    assert_true(test__now_ms() - begun >= 99);
    assert_win32(CancelIoEx(slot, &never));
    assert_int_equal(take_packet(port, &never, &moved), ERROR_OPERATION_ABORTED);
    CloseHandle(port);
    assert_win32(CloseHandle(slot));
}

/* Closing ends what pends, and writers learn of it. */
static void a_closed_mailslot_takes_nothing(void **state)
{
    const char *name = unique_name();
    HANDLE slot = make_slot(name, 0, 50), writer = open_writer(name);
    HANDLE port = CreateIoCompletionPort(slot, NULL, 9, 0);
    OVERLAPPED read = {0};
    char buffer[8];
    DWORD moved;
    (void)state;
    assert_fails(ERROR_IO_PENDING, ReadFile(slot, buffer, 8, NULL, &read));
    assert_win32(CloseHandle(slot));
    assert_int_equal(take_packet(port, &read, &moved), ERROR_OPERATION_ABORTED);
    assert_fails(ERROR_HANDLE_EOF, WriteFile(writer, "x", 1, &moved, NULL));
    CloseHandle(port);
    assert_win32(CloseHandle(writer));
}

enum { WRITERS = 4, EACH = 500 };

static DWORD CALLBACK write_many(void *name)
{
    HANDLE writer = CreateFileA(name, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    DWORD moved, failed = 0;
    for (DWORD i = 0; i < EACH; i++)
        failed += !WriteFile(writer, &i, sizeof i, &moved, NULL);
    CloseHandle(writer);
    return failed;
}

/* PIPE-163 */
static void no_message_of_many_writers_is_lost(void **state)
{
    char name[64];
    HANDLE slot, threads[WRITERS];
    DWORD number, moved, failed;
    unsigned long long sum = 0;
    (void)state;
    strcpy(name, unique_name());
    slot = make_slot(name, 0, TEST_DEADLINE_MS);
    for (int i = 0; i < WRITERS; i++)
        threads[i] = CreateThread(NULL, 0, write_many, name, 0, NULL);
    for (int i = 0; i < WRITERS * EACH; i++) {
        assert_win32(ReadFile(slot, &number, sizeof number, &moved, NULL));
        assert_int_equal(moved, sizeof number);
        sum += number;
    }
    assert_int_equal(sum, (unsigned long long)WRITERS * EACH * (EACH - 1) / 2);
    for (int i = 0; i < WRITERS; i++) {
        WaitForSingleObject(threads[i], TEST_DEADLINE_MS);
        assert_win32(GetExitCodeThread(threads[i], &failed));
        assert_int_equal(failed, 0);
        CloseHandle(threads[i]);
    }
    assert_win32(CloseHandle(slot));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_names_of_mailslots_make_one),
        cmocka_unit_test(a_name_is_there_once_and_as_long_as_its_reader),
        cmocka_unit_test(this_machines_name_works_and_others_do_not),
        cmocka_unit_test(an_empty_mailslot_tells_its_limits),
        cmocka_unit_test(an_empty_mailslot_without_a_timeout_says_so_at_once),
        cmocka_unit_test(a_read_waits_as_long_as_the_timeout_says),
        cmocka_unit_test(readers_do_not_write_and_writers_do_not_read),
        cmocka_unit_test(there_may_be_several_writers_whatever_they_share),
        cmocka_unit_test(messages_stay_whole_and_in_order),
        cmocka_unit_test(sizes_are_kept_to),
        cmocka_unit_test(reads_pend_and_complete_through_a_port_in_order),
        cmocka_unit_test(overlapped_reads_time_out_each_by_its_own_clock),
        cmocka_unit_test(a_closed_mailslot_takes_nothing),
        cmocka_unit_test(no_message_of_many_writers_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

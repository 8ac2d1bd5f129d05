/* Changes in directories (files.md section 9, and what ports.md says about them). */
#include "sockets.h"

#include <fcntl.h>
#include <ntstatus.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAMES = FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME, BUFFER_BYTES = 4096 };

/* A scratch directory, a handle on it and one call's worth of things. */
struct watched {
    const char *path;
    HANDLE handle;
    OVERLAPPED overlapped;
    _Alignas(DWORD) unsigned char buffer[BUFFER_BYTES];
};

static HANDLE open_directory(const char *path, DWORD flags)
{
    HANDLE handle = CreateFileA(path, FILE_LIST_DIRECTORY,
                                FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                                OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | flags, NULL);
    assert_ptr_not_equal(handle, INVALID_HANDLE_VALUE);
    return handle;
}

static const char *new_directory(void)
{
    const char *path = test_temp_path();
    assert_int_equal(mkdir(path, 0777), 0);
    return path;
}

static struct watched watch_new_directory(void)
{
    struct watched w = {.path = new_directory()};
    w.handle = open_directory(w.path, FILE_FLAG_OVERLAPPED);
    w.overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    return w;
}

static void end_watch(struct watched *w)
{
    char command[128];
    assert_win32(CloseHandle(w->handle));
    if (w->overlapped.hEvent)
        assert_win32(CloseHandle(w->overlapped.hEvent));
    snprintf(command, sizeof command, "rm -rf %s", w->path);
    assert_int_equal(system(command), 0);
}

static BOOL start_size(struct watched *w, DWORD size, BOOL subtree, DWORD filter)
{
    return ReadDirectoryChangesW(w->handle, size ? w->buffer : NULL, size, subtree, filter, NULL,
                                 &w->overlapped, NULL);
}

static void start(struct watched *w, BOOL subtree, DWORD filter)
{
    memset(w->buffer, 0xCC, sizeof w->buffer);
    assert_win32(start_size(w, sizeof w->buffer, subtree, filter));
}

/* A look that a completion may come in the middle of. */
static NTSTATUS status_of(const struct watched *w)
{
    return (NTSTATUS)__atomic_load_n(&w->overlapped.Internal, __ATOMIC_ACQUIRE);
}

/* Waits for the end of the call; returns the bytes. */
static DWORD finish(struct watched *w)
{
    DWORD bytes = 0xCCCC;
    assert_int_equal(WaitForSingleObject(w->overlapped.hEvent, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(GetOverlappedResult(w->handle, &w->overlapped, &bytes, FALSE));
    return bytes;
}

static const char *below(const struct watched *w, const char *name)
{
    static char paths[4][512];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(paths[turn], sizeof paths[0], "%s/%s", w->path, name);
    return paths[turn];
}

static void make_dir(const struct watched *w, const char *name)
{
    assert_int_equal(mkdir(below(w, name), 0777), 0);
}

static void make_file(const struct watched *w, const char *name)
{
    int fd = open(below(w, name), O_RDWR | O_CREAT | O_EXCL, 0666);
    assert_true(fd >= 0);
    close(fd);
}

static void write_file(const struct watched *w, const char *name)
{
    int fd = open(below(w, name), O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "data", 4), 4);
    close(fd);
}

static void move(const struct watched *w, const char *from, const char *to)
{
    assert_int_equal(rename(below(w, from), below(w, to)), 0);
}

/* Checks the record at *at and steps to the next one. */
static void expect_record(const struct watched *w, size_t *at, DWORD action, const char *name)
{
    const FILE_NOTIFY_INFORMATION *info = (const void *)(w->buffer + *at);
    assert_int_equal(info->Action, action);
    assert_int_equal(info->FileNameLength, strlen(name) * 2);
    for (size_t i = 0; name[i]; i++)
        assert_int_equal(info->FileName[i], name[i]);
    assert_int_equal(info->NextEntryOffset % 4, 0);
    *at = info->NextEntryOffset ? *at + info->NextEntryOffset : SIZE_MAX;
}

/* The one record of a call. */
static void expect_only(const struct watched *w, DWORD action, const char *name)
{
    size_t at = 0;
    expect_record(w, &at, action, name);
    assert_int_equal(at, SIZE_MAX);
}

/* Reads until a record with the action and name has come. Directories above it may be modified. */
static void expect_sometime(struct watched *w, DWORD action, const char *name)
{
    for (;;) {
        size_t at = 0;
        DWORD bytes;
        start(w, TRUE, NAMES);
        bytes = finish(w);
        assert_int_not_equal(bytes, 0);
        while (at != SIZE_MAX) {
            const FILE_NOTIFY_INFORMATION *info = (const void *)(w->buffer + at);
            char text[256] = "";
            for (DWORD i = 0; i < info->FileNameLength / 2; i++)
                text[i] = (char)info->FileName[i];
            if (info->Action == action && strcmp(text, name) == 0)
                return;
            at = info->NextEntryOffset ? at + info->NextEntryOffset : SIZE_MAX;
        }
    }
}

/* ---- refusals ---- */

/* FILE-085 */
static void only_a_listable_directory_is_watched(void **state)
{
    _Alignas(DWORD) char buffer[64];
    OVERLAPPED overlapped = {0};
    HANDLE file = CreateFileA(test_temp_path(), GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_NEW,
                              FILE_FLAG_OVERLAPPED, NULL);
    HANDLE blind = CreateFileA(new_directory(), FILE_READ_ATTRIBUTES, FILE_SHARE_READ, NULL,
                               OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    (void)state;
    assert_fails(ERROR_INVALID_PARAMETER, ReadDirectoryChangesW(file, buffer, sizeof buffer, FALSE,
                                                                NAMES, NULL, &overlapped, NULL));
    assert_fails(ERROR_ACCESS_DENIED, ReadDirectoryChangesW(blind, buffer, sizeof buffer, FALSE,
                                                            NAMES, NULL, &overlapped, NULL));
    CloseHandle(file);
    CloseHandle(blind);
    assert_fails(ERROR_INVALID_HANDLE, ReadDirectoryChangesW(file, buffer, sizeof buffer, FALSE,
                                                             NAMES, NULL, &overlapped, NULL));
}

/* FILE-086 MAP-014 */
static void bad_arguments_arm_nothing(void **state)
{
    struct watched w = watch_new_directory();
    (void)state;
    assert_fails(ERROR_INVALID_PARAMETER, start_size(&w, 64, FALSE, 0));
    assert_fails(ERROR_INVALID_PARAMETER, start_size(&w, 64, FALSE, 0xFFFFFFFF));
    assert_fails(ERROR_INVALID_PARAMETER,
                 ReadDirectoryChangesW(NULL, NULL, 0, FALSE, 0, NULL, NULL, NULL));
    assert_fails(ERROR_NOACCESS, ReadDirectoryChangesW(w.handle, w.buffer + 1, 64, FALSE, NAMES,
                                                       NULL, &w.overlapped, NULL));
    assert_fails(ERROR_NOACCESS, ReadDirectoryChangesW(w.handle, (void *)16, 64, FALSE, NAMES, NULL,
                                                       &w.overlapped, NULL));
    make_file(&w, "before");
    start(&w, FALSE, NAMES);
    assert_int_equal(WaitForSingleObject(w.overlapped.hEvent, 0), WAIT_TIMEOUT);
    make_file(&w, "after");
    finish(&w);
    expect_only(&w, FILE_ACTION_ADDED, "after");
    end_watch(&w);
}

/* ---- records ---- */

/* FILE-087 FILE-088 */
static void a_new_directory_is_one_record(void **state)
{
    struct watched w = watch_new_directory();
    (void)state;
    SetEvent(w.overlapped.hEvent);
    w.overlapped.Internal = 99;
    start(&w, FALSE, NAMES);
    assert_int_equal(status_of(&w), STATUS_PENDING);
    assert_int_equal(WaitForSingleObject(w.overlapped.hEvent, 0), WAIT_TIMEOUT);
    make_dir(&w, "hoo");
    assert_int_equal(finish(&w), 0x12);
    expect_only(&w, FILE_ACTION_ADDED, "hoo");
    assert_int_equal(w.buffer[0x12], 0xCC);
    end_watch(&w);
}

/* FILE-089 FILE-096 */
static void changes_between_calls_are_kept_in_order(void **state)
{
    struct watched w = watch_new_directory();
    size_t at = 0;
    (void)state;
    make_file(&w, "old");
    start(&w, FALSE, NAMES | FILE_NOTIFY_CHANGE_LAST_WRITE | FILE_NOTIFY_CHANGE_SIZE);
    write_file(&w, "old");
    finish(&w);
    expect_only(&w, FILE_ACTION_MODIFIED, "old");
    make_dir(&w, "d");
    move(&w, "old", "newer");
    assert_int_equal(unlink(below(&w, "newer")), 0);
    do { /* the end of the writing may come late, as a modification of its own */
        at = 0;
        start(&w, FALSE, NAMES);
        finish(&w);
        if (((FILE_NOTIFY_INFORMATION *)w.buffer)->Action == FILE_ACTION_MODIFIED)
            expect_record(&w, &at, FILE_ACTION_MODIFIED, "old");
    } while (at == SIZE_MAX);
    expect_record(&w, &at, FILE_ACTION_ADDED, "d");
    expect_record(&w, &at, FILE_ACTION_RENAMED_OLD_NAME, "old");
    expect_record(&w, &at, FILE_ACTION_RENAMED_NEW_NAME, "newer");
    expect_record(&w, &at, FILE_ACTION_REMOVED, "newer");
    assert_int_equal(at, SIZE_MAX);
    end_watch(&w);
}

/* FILE-090 */
static void moves_across_the_border_come_and_go(void **state)
{
    struct watched w = watch_new_directory(), other = watch_new_directory();
    size_t at = 0;
    (void)state;
    make_file(&w, "leaves");
    start(&w, FALSE, NAMES);
    assert_int_equal(rename(below(&w, "leaves"), below(&other, "leaves")), 0);
    finish(&w);
    expect_only(&w, FILE_ACTION_REMOVED, "leaves");
    start(&w, FALSE, NAMES);
    assert_int_equal(rename(below(&other, "leaves"), below(&w, "comes")), 0);
    finish(&w);
    expect_only(&w, FILE_ACTION_ADDED, "comes");
    CloseHandle(other.handle);
    other.handle = open_directory(other.path, FILE_FLAG_OVERLAPPED);
    make_dir(&other, "a");
    make_dir(&other, "b");
    make_file(&other, "a/x");
    start(&other, TRUE, NAMES);
    assert_win32(CancelIoEx(other.handle, NULL));
    WaitForSingleObject(other.overlapped.hEvent, TEST_DEADLINE_MS);
    move(&other, "a/x", "b/x");
    start(&other, TRUE, NAMES);
    finish(&other);
    expect_record(&other, &at, FILE_ACTION_REMOVED, "a\\x");
    expect_record(&other, &at, FILE_ACTION_ADDED, "b\\x");
    assert_int_equal(at, SIZE_MAX);
    end_watch(&w);
    end_watch(&other);
}

/* FILE-091 FILE-103 */
static void a_subtree_is_told_by_relative_paths(void **state)
{
    struct watched w = watch_new_directory();
    (void)state;
    make_dir(&w, "old");
    make_dir(&w, "old/deep");
    assert_int_equal(symlink("/tmp", below(&w, "link")), 0);
    start(&w, TRUE, NAMES);
    make_file(&w, "old/deep/f");
    finish(&w);
    expect_only(&w, FILE_ACTION_ADDED, "old\\deep\\f");
    make_dir(&w, "fresh");
    make_dir(&w, "fresh/inner");
    make_file(&w, "fresh/inner/g");
    expect_sometime(&w, FILE_ACTION_ADDED, "fresh\\inner\\g");
    move(&w, "fresh", "renamed");
    expect_sometime(&w, FILE_ACTION_RENAMED_NEW_NAME, "renamed");
    make_file(&w, "renamed/inner/h");
    expect_sometime(&w, FILE_ACTION_ADDED, "renamed\\inner\\h");
    move(&w, "renamed/inner", "old/inner");
    expect_sometime(&w, FILE_ACTION_ADDED, "old\\inner");
    make_file(&w, "old/inner/i");
    expect_sometime(&w, FILE_ACTION_ADDED, "old\\inner\\i");
    end_watch(&w);
}

/* Every name that comes into a new directory is told, and told once. FILE-103 FILE-096 */
static void nothing_in_a_new_directory_is_missed_or_told_twice(void **state)
{
    enum { DIRECTORIES = 40 };
    struct watched w = watch_new_directory();
    int added[DIRECTORIES] = {0}, files[DIRECTORIES] = {0}, seen = 0;
    (void)state;
    start(&w, TRUE, NAMES);
    for (int i = 0; i < DIRECTORIES; i++) {
        char name[32];
        snprintf(name, sizeof name, "%02d", i);
        make_dir(&w, name);
        snprintf(name, sizeof name, "%02d/f", i);
        make_file(&w, name);
    }
    while (seen < 2 * DIRECTORIES) {
        size_t at = 0;
        assert_int_not_equal(finish(&w), 0);
        while (at != SIZE_MAX) {
            const FILE_NOTIFY_INFORMATION *info = (const void *)(w.buffer + at);
            int i = (info->FileName[0] - '0') * 10 + info->FileName[1] - '0';
            assert_int_equal(info->Action, FILE_ACTION_ADDED);
            assert_int_equal(++(info->FileNameLength == 4 ? added : files)[i], 1);
            seen++;
            at = info->NextEntryOffset ? at + info->NextEntryOffset : SIZE_MAX;
        }
        start(&w, TRUE, NAMES);
    }
    make_file(&w, "last");
    finish(&w);
    expect_only(&w, FILE_ACTION_ADDED, "last");
    end_watch(&w);
}

/* FILE-092 */
static void the_first_call_decides_on_filter_and_subtree(void **state)
{
    struct watched w = watch_new_directory();
    (void)state;
    make_dir(&w, "d");
    start(&w, TRUE, NAMES);
    make_file(&w, "1");
    finish(&w);
    expect_only(&w, FILE_ACTION_ADDED, "1");
    start(&w, FALSE, FILE_NOTIFY_CHANGE_SIZE);
    make_file(&w, "d/2");
    finish(&w);
    expect_only(&w, FILE_ACTION_ADDED, "d\\2");
    end_watch(&w);
}

/* FILE-101 */
static void filters_tell_files_from_directories_and_names_from_facts(void **state)
{
    struct watched files = watch_new_directory(), directories = watch_new_directory(),
                   facts = watch_new_directory();
    (void)state;
    start(&files, FALSE, FILE_NOTIFY_CHANGE_FILE_NAME);
    make_dir(&files, "d");
    make_file(&files, "f");
    finish(&files);
    expect_only(&files, FILE_ACTION_ADDED, "f");
    start(&directories, FALSE, FILE_NOTIFY_CHANGE_DIR_NAME);
    make_file(&directories, "f");
    make_dir(&directories, "d");
    finish(&directories);
    expect_only(&directories, FILE_ACTION_ADDED, "d");
    make_file(&facts, "f");
    start(&facts, FALSE, FILE_NOTIFY_CHANGE_ATTRIBUTES | FILE_NOTIFY_CHANGE_SECURITY);
    write_file(&facts, "f");
    make_file(&facts, "g");
    assert_int_equal(chmod(below(&facts, "f"), 0400), 0);
    finish(&facts);
    expect_only(&facts, FILE_ACTION_MODIFIED, "f");
    end_watch(&files);
    end_watch(&directories);
    end_watch(&facts);
}

/* FILE-102 */
static void extended_records_describe_the_file(void **state)
{
    struct watched w = watch_new_directory();
    FILE_NOTIFY_EXTENDED_INFORMATION *info = (void *)w.buffer;
    struct stat st;
    (void)state;
    assert_fails(ERROR_INVALID_PARAMETER,
                 ReadDirectoryChangesExW(w.handle, w.buffer, BUFFER_BYTES, FALSE, NAMES, NULL,
                                         &w.overlapped, NULL, 3));
    assert_win32(ReadDirectoryChangesExW(w.handle, w.buffer, BUFFER_BYTES, FALSE, NAMES, NULL,
                                         &w.overlapped, NULL,
                                         ReadDirectoryNotifyExtendedInformation));
    make_dir(&w, "sub");
    assert_int_equal(finish(&w), 84 + 6);
    assert_int_equal(stat(below(&w, "sub"), &st), 0);
    assert_int_equal(info->NextEntryOffset, 0);
    assert_int_equal(info->Action, FILE_ACTION_ADDED);
    assert_true(info->FileAttributes & FILE_ATTRIBUTE_DIRECTORY);
    assert_int_equal(info->FileId.QuadPart, st.st_ino);
    assert_int_not_equal(info->LastModificationTime.QuadPart, 0);
    assert_int_equal(info->FileNameLength, 6);
    assert_memory_equal(info->FileName, L"sub", 6);
    assert_int_equal(stat(w.path, &st), 0);
    assert_int_equal(info->ParentFileId.QuadPart, st.st_ino);
    assert_int_equal(rmdir(below(&w, "sub")), 0);
    assert_win32(ReadDirectoryChangesExW(w.handle, w.buffer, BUFFER_BYTES, FALSE, NAMES, NULL,
                                         &w.overlapped, NULL,
                                         ReadDirectoryNotifyExtendedInformation));
    finish(&w);
    assert_int_equal(info->Action, FILE_ACTION_REMOVED);
    assert_int_equal(info->FileId.QuadPart, 0);
    assert_int_equal(info->FileAttributes, 0);
    end_watch(&w);
}

/* ---- what does not fit ---- */

/* FILE-093 */
static void a_first_call_without_a_buffer_never_gets_records(void **state)
{
    struct watched w = watch_new_directory();
    (void)state;
    assert_win32(start_size(&w, 0, FALSE, NAMES));
    make_file(&w, "1");
    assert_int_equal(finish(&w), 0);
    assert_int_equal(status_of(&w), STATUS_NOTIFY_ENUM_DIR);
    start(&w, FALSE, NAMES);
    make_file(&w, "2");
    assert_int_equal(finish(&w), 0);
    assert_int_equal(status_of(&w), STATUS_NOTIFY_ENUM_DIR);
    end_watch(&w);
}

/* FILE-094 FILE-095 MAP-007 */
static void too_small_a_buffer_gives_success_without_bytes(void **state)
{
    struct watched w = watch_new_directory();
    (void)state;
    start(&w, FALSE, NAMES);
    make_file(&w, "first");
    finish(&w);
    assert_win32(start_size(&w, 12, FALSE, NAMES));
    make_file(&w, "second");
    assert_int_equal(finish(&w), 0);
    assert_int_equal(status_of(&w), STATUS_NOTIFY_ENUM_DIR);
    assert_win32(start_size(&w, 0, FALSE, NAMES));
    make_file(&w, "third");
    assert_int_equal(finish(&w), 0);
    start(&w, FALSE, NAMES);
    make_file(&w, "fourth");
    finish(&w);
    expect_only(&w, FILE_ACTION_ADDED, "fourth");
    end_watch(&w);
}

/* A call on a handle that is not overlapped. */
static DWORD WINAPI read_and_wait(void *arg)
{
    struct watched *w = arg;
    DWORD bytes = 0xCCCC;
    assert_win32(ReadDirectoryChangesW(w->handle, w->buffer, 64, FALSE, NAMES, &bytes, NULL, NULL));
    return bytes;
}

/* FILE-095 FILE-096 */
static void more_changes_than_are_kept_are_lost_once(void **state)
{
    struct watched w = {.path = new_directory()};
    DWORD bytes = 77, id;
    HANDLE thread;
    (void)state;
    w.handle = open_directory(w.path, 0);
    thread = CreateThread(NULL, 0, read_and_wait, &w, 0, &id);
    wait_until_asleep(id);
    make_file(&w, "first");
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(GetExitCodeThread(thread, &bytes));
    assert_int_equal(bytes, 12 + 10);
    expect_only(&w, FILE_ACTION_ADDED, "first");
    CloseHandle(thread);
    for (int i = 0; i < 20; i++) {
        char name[32];
        snprintf(name, sizeof name, "many%d", i);
        make_file(&w, name);
    }
    assert_win32(
        ReadDirectoryChangesW(w.handle, w.buffer, BUFFER_BYTES, FALSE, NAMES, &bytes, NULL, NULL));
    assert_int_equal(bytes, 0);
    make_file(&w, "again");
    assert_win32(
        ReadDirectoryChangesW(w.handle, w.buffer, BUFFER_BYTES, FALSE, NAMES, &bytes, NULL, NULL));
    assert_int_equal(bytes, 12 + 10);
    expect_only(&w, FILE_ACTION_ADDED, "again");
    end_watch(&w);
}

/* FILE-096 */
static void the_oldest_call_gets_the_change(void **state)
{
    struct watched w = watch_new_directory();
    OVERLAPPED second = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    _Alignas(DWORD) char other[256];
    (void)state;
    start(&w, FALSE, NAMES);
    assert_win32(
        ReadDirectoryChangesW(w.handle, other, sizeof other, FALSE, NAMES, NULL, &second, NULL));
    make_file(&w, "1");
    finish(&w);
    expect_only(&w, FILE_ACTION_ADDED, "1");
    assert_int_equal(WaitForSingleObject(second.hEvent, 0), WAIT_TIMEOUT);
    make_file(&w, "2");
    assert_int_equal(WaitForSingleObject(second.hEvent, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_memory_equal(((FILE_NOTIFY_INFORMATION *)other)->FileName, L"2", 2);
    CloseHandle(second.hEvent);
    end_watch(&w);
}

/* ---- ports, routines, ends ---- */

static HANDLE bind_to_port(struct watched *w)
{
    HANDLE port;
    CloseHandle(w->overlapped.hEvent);
    w->overlapped.hEvent = NULL;
    port = CreateIoCompletionPort(w->handle, NULL, 7, 0);
    assert_non_null(port);
    return port;
}

/* FILE-097 PORT-080 */
static void recorded_changes_are_in_the_buffer_when_the_call_returns(void **state)
{
    struct watched w = watch_new_directory();
    HANDLE port = bind_to_port(&w);
    unsigned char untouched[BUFFER_BYTES];
    struct packet packet;
    (void)state;
    assert_win32(
        SetFileCompletionNotificationModes(w.handle, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    start(&w, FALSE, NAMES);
    make_file(&w, "a");
    packet = test_next_packet(port);
    assert_true(packet.ok);
    assert_int_equal(packet.bytes, 14);
    assert_int_equal(packet.key, 7);
    assert_ptr_equal(packet.overlapped, &w.overlapped);
    expect_only(&w, FILE_ACTION_ADDED, "a");
    make_file(&w, "bc");
    start(&w, FALSE, NAMES);
    assert_int_equal(status_of(&w), STATUS_SUCCESS);
    assert_int_equal(w.overlapped.InternalHigh, 16);
    expect_only(&w, FILE_ACTION_ADDED, "bc");
    packet = test_next_packet(port);
    assert_int_equal(packet.bytes, 16);
    memset(w.buffer, 0xAB, sizeof w.buffer);
    memcpy(untouched, w.buffer, sizeof untouched);
    make_file(&w, "d"); /* nobody asked: the buffer is the program's again */
    assert_false(
        GetQueuedCompletionStatus(port, &packet.bytes, &packet.key, &packet.overlapped, 0));
    assert_memory_equal(w.buffer, untouched, sizeof untouched);
    CloseHandle(port);
    end_watch(&w);
}

/* PORT-037 MAP-006 MAP-007 FILE-098 */
static void overflow_and_close_are_packets_of_success(void **state)
{
    struct watched w = watch_new_directory();
    HANDLE port = bind_to_port(&w);
    struct packet packet;
    (void)state;
    assert_win32(start_size(&w, 12, FALSE, NAMES));
    make_file(&w, "a");
    packet = test_next_packet(port);
    assert_true(packet.ok);
    assert_int_equal(packet.bytes, 0);
    assert_int_equal(status_of(&w), STATUS_NOTIFY_ENUM_DIR);
    assert_win32(start_size(&w, 12, FALSE, NAMES));
    assert_win32(CloseHandle(w.handle));
    packet = test_next_packet(port);
    assert_true(packet.ok);
    assert_int_equal(packet.bytes, 0);
    assert_ptr_equal(packet.overlapped, &w.overlapped);
    assert_int_equal(status_of(&w), STATUS_NOTIFY_CLEANUP);
    assert_false(
        GetQueuedCompletionStatus(port, &packet.bytes, &packet.key, &packet.overlapped, 0));
    CloseHandle(port);
    w.handle = open_directory(w.path, 0);
    end_watch(&w);
}

/* PORT-127 FILE-098 */
static void a_cancel_keeps_what_was_recorded(void **state)
{
    struct watched w = watch_new_directory();
    DWORD bytes = 1;
    (void)state;
    start(&w, FALSE, NAMES);
    assert_win32(CancelIo(w.handle));
    assert_int_equal(WaitForSingleObject(w.overlapped.hEvent, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_fails(ERROR_OPERATION_ABORTED,
                 GetOverlappedResult(w.handle, &w.overlapped, &bytes, FALSE));
    assert_int_equal(status_of(&w), STATUS_CANCELLED);
    assert_int_equal(w.overlapped.InternalHigh, 0);
    assert_fails(ERROR_NOT_FOUND, CancelIoEx(w.handle, &w.overlapped));
    make_file(&w, "meanwhile");
    start(&w, FALSE, NAMES);
    finish(&w);
    expect_only(&w, FILE_ACTION_ADDED, "meanwhile");
    end_watch(&w);
}

/* FILE-099 */
static void a_deleted_directory_denies_access(void **state)
{
    struct watched w = watch_new_directory();
    DWORD bytes = 1;
    (void)state;
    start(&w, FALSE, NAMES);
    assert_int_equal(rmdir(w.path), 0);
    assert_int_equal(WaitForSingleObject(w.overlapped.hEvent, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_fails(ERROR_ACCESS_DENIED, GetOverlappedResult(w.handle, &w.overlapped, &bytes, FALSE));
    assert_int_equal(w.overlapped.InternalHigh, 0);
    assert_fails(ERROR_ACCESS_DENIED, start_size(&w, 64, FALSE, NAMES));
    end_watch(&w);
}

/* FILE-099 */
static void a_renamed_directory_is_watched_on(void **state)
{
    struct watched w = watch_new_directory();
    const char *elsewhere = test_temp_path();
    (void)state;
    start(&w, FALSE, NAMES);
    assert_int_equal(rename(w.path, elsewhere), 0);
    w.path = elsewhere;
    make_file(&w, "f");
    finish(&w);
    expect_only(&w, FILE_ACTION_ADDED, "f");
    assert_int_equal(unlink(below(&w, "f")), 0);
    start(&w, FALSE, NAMES);
    finish(&w);
    start(&w, FALSE, NAMES);
    assert_int_equal(rmdir(elsewhere), 0);
    assert_int_equal(WaitForSingleObject(w.overlapped.hEvent, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(status_of(&w), STATUS_DELETE_PENDING);
    end_watch(&w);
}

static DWORD routine_error, routine_bytes;
static int routine_runs;

static void CALLBACK note_routine(DWORD error, DWORD bytes, LPOVERLAPPED overlapped)
{
    routine_error = error;
    routine_bytes = bytes;
    routine_runs++;
    assert_ptr_equal(overlapped->hEvent, (HANDLE)(uintptr_t)0xABCD);
}

/* FILE-100 PORT-019 */
static void a_routine_runs_in_an_alertable_wait(void **state)
{
    struct watched w = watch_new_directory();
    HANDLE event = w.overlapped.hEvent, port;
    (void)state;
    w.overlapped.hEvent = (HANDLE)(uintptr_t)0xABCD;
    routine_runs = 0;
    assert_win32(ReadDirectoryChangesW(w.handle, w.buffer, BUFFER_BYTES, FALSE, NAMES, NULL,
                                       &w.overlapped, note_routine));
    make_file(&w, "f");
    assert_int_equal(SleepEx(TEST_DEADLINE_MS, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(routine_runs, 1);
    assert_int_equal(routine_error, 0);
    assert_int_equal(routine_bytes, 14);
    expect_only(&w, FILE_ACTION_ADDED, "f");
    port = CreateIoCompletionPort(w.handle, NULL, 0, 0);
    assert_non_null(port);
    w.overlapped.Internal = 5;
    assert_fails(ERROR_INVALID_PARAMETER,
                 ReadDirectoryChangesW(w.handle, w.buffer, BUFFER_BYTES, FALSE, NAMES, NULL,
                                       &w.overlapped, note_routine));
    make_file(&w, "g");
    assert_int_equal(SleepEx(0, TRUE), 0);
    assert_int_equal(w.overlapped.Internal, 5);
    assert_int_equal(routine_runs, 1);
    CloseHandle(port);
    w.overlapped.hEvent = event;
    end_watch(&w);
}

/* ---- change notifications ---- */

static DWORD poll_handle(HANDLE handle)
{
    return WaitForSingleObject(handle, 0);
}

/* FILE-104 */
static void notifications_need_a_directory(void **state)
{
    const char *path = test_temp_path();
    (void)state;
    close(open(path, O_CREAT | O_WRONLY, 0666));
#define assert_refused(error, call)                   \
    do {                                              \
        SetLastError(LAST_ERROR_SENTINEL);            \
        assert_ptr_equal(call, INVALID_HANDLE_VALUE); \
        assert_int_equal(GetLastError(), error);      \
    } while (0)
    assert_refused(ERROR_DIRECTORY, FindFirstChangeNotificationA(path, FALSE, NAMES));
    assert_refused(ERROR_FILE_NOT_FOUND,
                   FindFirstChangeNotificationA("/tmp/portico-no-such", FALSE, NAMES));
    assert_refused(ERROR_PATH_NOT_FOUND, FindFirstChangeNotificationA(NULL, FALSE, NAMES));
    assert_refused(ERROR_PATH_NOT_FOUND, FindFirstChangeNotificationW(NULL, FALSE, NAMES));
    assert_refused(ERROR_INVALID_PARAMETER, FindFirstChangeNotificationW(L"/tmp", FALSE, 0));
    assert_fails(ERROR_INVALID_HANDLE, FindNextChangeNotification(NULL));
    assert_fails(ERROR_INVALID_HANDLE, FindCloseChangeNotification(NULL));
}

/* FILE-105 */
static void a_notification_stays_signaled_until_asked_again(void **state)
{
    struct watched w = {.path = new_directory()};
    (void)state;
    w.handle = FindFirstChangeNotificationA(w.path, FALSE, FILE_NOTIFY_CHANGE_FILE_NAME);
    assert_ptr_not_equal(w.handle, INVALID_HANDLE_VALUE);
    assert_int_equal(poll_handle(w.handle), WAIT_TIMEOUT);
    make_file(&w, "1");
    assert_int_equal(WaitForSingleObject(w.handle, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(poll_handle(w.handle), WAIT_OBJECT_0);
    assert_win32(FindNextChangeNotification(w.handle));
    assert_int_equal(poll_handle(w.handle), WAIT_TIMEOUT);
    make_file(&w, "2");
    assert_int_equal(WaitForSingleObject(w.handle, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    make_file(&w, "3");
    assert_win32(FindNextChangeNotification(w.handle));
    assert_int_equal(poll_handle(w.handle), WAIT_OBJECT_0);
    assert_win32(FindNextChangeNotification(w.handle));
    assert_int_equal(poll_handle(w.handle), WAIT_TIMEOUT);
    assert_win32(FindCloseChangeNotification(w.handle));
    assert_fails(ERROR_INVALID_HANDLE, FindCloseChangeNotification(w.handle));
    w.handle = open_directory(w.path, 0);
    end_watch(&w);
}

static DWORD WINAPI wait_for_handle(void *handle)
{
    return WaitForSingleObject(handle, TEST_DEADLINE_MS);
}

/* FILE-106 */
static void parent_and_child_are_watched_apart(void **state)
{
    struct watched w = {.path = new_directory()};
    HANDLE parent, child, thread;
    DWORD id, code;
    (void)state;
    make_dir(&w, "d");
    parent = FindFirstChangeNotificationA(w.path, TRUE, NAMES);
    child = FindFirstChangeNotificationA(below(&w, "d"), FALSE, NAMES);
    make_file(&w, "d/f");
    assert_int_equal(WaitForSingleObject(parent, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(child, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(FindNextChangeNotification(parent));
    assert_win32(FindNextChangeNotification(child));
    move(&w, "d", "e"); /* the child is not told of its own new name */
    assert_int_equal(WaitForSingleObject(parent, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(poll_handle(child), WAIT_TIMEOUT);
    assert_win32(FindCloseChangeNotification(parent));
    thread = CreateThread(NULL, 0, wait_for_handle, child, 0, &id);
    wait_until_asleep(id);
    make_file(&w, "e/g");
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(GetExitCodeThread(thread, &code));
    assert_int_equal(code, WAIT_OBJECT_0);
    CloseHandle(thread);
    assert_win32(FindNextChangeNotification(child));
    thread = CreateThread(NULL, 0, wait_for_handle, child, 0, &id);
    wait_until_asleep(id);
    assert_win32(FindCloseChangeNotification(child));
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    CloseHandle(thread);
    w.handle = open_directory(w.path, 0);
    end_watch(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_listable_directory_is_watched),
        cmocka_unit_test(bad_arguments_arm_nothing),
        cmocka_unit_test(a_new_directory_is_one_record),
        cmocka_unit_test(changes_between_calls_are_kept_in_order),
        cmocka_unit_test(moves_across_the_border_come_and_go),
        cmocka_unit_test(a_subtree_is_told_by_relative_paths),
        cmocka_unit_test(nothing_in_a_new_directory_is_missed_or_told_twice),
        cmocka_unit_test(the_first_call_decides_on_filter_and_subtree),
        cmocka_unit_test(filters_tell_files_from_directories_and_names_from_facts),
        cmocka_unit_test(extended_records_describe_the_file),
        cmocka_unit_test(a_first_call_without_a_buffer_never_gets_records),
        cmocka_unit_test(too_small_a_buffer_gives_success_without_bytes),
        cmocka_unit_test(more_changes_than_are_kept_are_lost_once),
        cmocka_unit_test(the_oldest_call_gets_the_change),
        cmocka_unit_test(recorded_changes_are_in_the_buffer_when_the_call_returns),
        cmocka_unit_test(overflow_and_close_are_packets_of_success),
        cmocka_unit_test(a_cancel_keeps_what_was_recorded),
        cmocka_unit_test(a_deleted_directory_denies_access),
        cmocka_unit_test(a_renamed_directory_is_watched_on),
        cmocka_unit_test(a_routine_runs_in_an_alertable_wait),
        cmocka_unit_test(notifications_need_a_directory),
        cmocka_unit_test(a_notification_stays_signaled_until_asked_again),
        cmocka_unit_test(parent_and_child_are_watched_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

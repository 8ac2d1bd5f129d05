/* Reading and writing open files (files.md, sections 5, 6 and 8). */
#include "portico_test.h"

#include <ntstatus.h>
#include <sys/mman.h>
#include <unistd.h>

static HANDLE new_file(DWORD flags)
{
    HANDLE file = CreateFileA(test_temp_path(), GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_NEW,
                              flags, NULL);
    assert_ptr_not_equal(file, INVALID_HANDLE_VALUE);
    return file;
}

static void put(HANDLE file, const char *text)
{
    DWORD written;
    assert_win32(WriteFile(file, text, (DWORD)strlen(text), &written, NULL));
    assert_int_equal(written, strlen(text));
}

static void seek(HANDLE file, LONGLONG position)
{
    LARGE_INTEGER where = {.QuadPart = position};
    assert_win32(SetFilePointerEx(file, where, NULL, FILE_BEGIN));
}

static LONGLONG position_of(HANDLE file)
{
    LARGE_INTEGER zero = {0}, position;
    assert_win32(SetFilePointerEx(file, zero, &position, FILE_CURRENT));
    return position.QuadPart;
}

static OVERLAPPED at(DWORD low, DWORD high)
{
    OVERLAPPED overlapped = {0};
    overlapped.Offset = low;
    overlapped.OffsetHigh = high;
    return overlapped;
}

/* FILE-044 */
static void byte_counts_are_cleared_first(void **state)
{
    char byte = 0;
    DWORD moved = 77;
    HANDLE file = new_file(0);
    (void)state;
    assert_fails(ERROR_INVALID_HANDLE,
                 ReadFile((HANDLE)(intptr_t)0x123454, &byte, 1, &moved, NULL));
    assert_int_equal(moved, 0);
    moved = 77;
    assert_fails(ERROR_INVALID_HANDLE, WriteFile(NULL, &byte, 1, &moved, NULL));
    assert_int_equal(moved, 0);
    assert_win32(WriteFile(file, "x", 1, NULL, NULL));
    assert_int_equal(GetFileSize(file, NULL), 1);
    assert_win32(CloseHandle(file));
}

/* FILE-045 FILE-048 FILE-053 */
static void reading_at_the_end_gives_nothing(void **state)
{
    char buffer[16];
    DWORD moved = 77;
    HANDLE file = new_file(0);
    (void)state;
    put(file, "abcdef");
    assert_keeps_last_error(assert_win32(ReadFile(file, buffer, 8, &moved, NULL)));
    assert_int_equal(moved, 0);
    seek(file, 4);
    assert_win32(ReadFile(file, buffer, 8, &moved, NULL));
    assert_int_equal(moved, 2);
    assert_keeps_last_error(assert_win32(ReadFile(file, NULL, 0, &moved, NULL)));
    assert_keeps_last_error(assert_win32(WriteFile(file, NULL, 0, &moved, NULL)));
    assert_int_equal(moved, 0);
    seek(file, 100);
    assert_win32(WriteFile(file, NULL, 0, &moved, NULL));
    assert_int_equal(GetFileSize(file, NULL), 6);
    put(file, "x");
    seek(file, 6);
    assert_win32(ReadFile(file, buffer, 4, &moved, NULL));
    assert_memory_equal(buffer, "\0\0\0\0", 4);
    assert_int_equal(GetFileSize(file, NULL), 101);
    assert_win32(CloseHandle(file));
}

/* FILE-046 FILE-047 */
static void synchronous_files_honour_an_overlapped(void **state)
{
    OVERLAPPED overlapped = at(4, 0);
    char buffer[8];
    DWORD moved = 77;
    HANDLE file = new_file(0);
    (void)state;
    put(file, "abcdefgh");
    assert_win32(ReadFile(file, buffer, 2, &moved, &overlapped));
    assert_memory_equal(buffer, "ef", 2);
    assert_int_equal(position_of(file), 6);
    assert_int_equal(overlapped.Offset, 4);
    assert_int_equal(overlapped.InternalHigh, 2);
    overlapped = at(8, 0);
    assert_fails(ERROR_HANDLE_EOF, ReadFile(file, buffer, 2, &moved, &overlapped));
    assert_int_equal(moved, 0);
    assert_int_equal((NTSTATUS)overlapped.Internal, STATUS_END_OF_FILE);
    assert_int_equal(overlapped.InternalHigh, 0);
    assert_win32(ReadFile(file, buffer, 0, &moved, &overlapped));
    assert_int_equal(overlapped.Internal, 0);
    assert_win32(CloseHandle(file));
}

/* FILE-049 */
static void bad_buffers_fail_and_change_nothing(void **state)
{
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    DWORD moved = 77;
    HANDLE file = new_file(0);
    (void)state;
    assert_ptr_not_equal(pages, MAP_FAILED);
    assert_int_equal(munmap(pages + 4096, 4096), 0);
    put(file, "abcdef");
    seek(file, 0);
    assert_fails(ERROR_NOACCESS, ReadFile(file, NULL, 4, &moved, NULL));
    assert_int_equal(moved, 0);
    assert_fails(ERROR_NOACCESS, ReadFile(file, pages + 4090, 100, &moved, NULL));
    assert_fails(ERROR_NOACCESS, ReadFile(file, pages + 4096, 1, &moved, NULL));
    assert_fails(ERROR_INVALID_USER_BUFFER, WriteFile(file, NULL, 4, &moved, NULL));
    assert_fails(ERROR_INVALID_USER_BUFFER, WriteFile(file, pages + 4000, 200, &moved, NULL));
    assert_int_equal(moved, 0);
    assert_int_equal(position_of(file), 0);
    assert_int_equal(GetFileSize(file, NULL), 6);
    assert_fails(ERROR_INVALID_HANDLE, ReadFile(INVALID_HANDLE_VALUE, NULL, 4, &moved, NULL));
    munmap(pages, 4096);
    assert_win32(CloseHandle(file));
}

/* FILE-050 FILE-051 */
static void special_offsets_append_or_are_refused(void **state)
{
    OVERLAPPED overlapped;
    char buffer[8];
    DWORD moved;
    HANDLE file = new_file(0);
    (void)state;
    put(file, "abcd");
    for (int offset = -20; offset <= -3; offset++) {
        overlapped = at((DWORD)offset, 0xFFFFFFFF);
        assert_fails(ERROR_INVALID_PARAMETER, WriteFile(file, "x", 1, &moved, &overlapped));
        assert_fails(ERROR_INVALID_PARAMETER, ReadFile(file, buffer, 1, &moved, &overlapped));
    }
    seek(file, 1);
    overlapped = at((DWORD)-2, 0xFFFFFFFF);
    assert_win32(ReadFile(file, buffer, 2, &moved, &overlapped));
    assert_memory_equal(buffer, "bc", 2);
    overlapped = at((DWORD)-1, 0xFFFFFFFF);
    assert_fails(ERROR_INVALID_PARAMETER, ReadFile(file, buffer, 1, &moved, &overlapped));
    overlapped = at((DWORD)-1, 0xFFFFFFFF);
    assert_win32(WriteFile(file, "ef", 2, &moved, &overlapped));
    assert_int_equal(GetFileSize(file, NULL), 6);
    assert_int_equal(position_of(file), 6);
    assert_win32(CloseHandle(file));
}

/* FILE-052 */
static void append_only_handles_write_at_the_end(void **state)
{
    const char *path = test_temp_path();
    OVERLAPPED overlapped = at(0, 0);
    DWORD moved;
    HANDLE file =
        CreateFileA(path, FILE_APPEND_DATA | FILE_READ_DATA, 0, NULL, CREATE_NEW, 0, NULL);
    (void)state;
    put(file, "abc");
    seek(file, 0);
    put(file, "def");
    assert_int_equal(position_of(file), 6);
    assert_win32(WriteFile(file, "ghi", 3, &moved, &overlapped));
    assert_int_equal(GetFileSize(file, NULL), 9);
    assert_win32(CloseHandle(file));
}

/* FILE-054 */
static void full_disks_are_reported(void **state)
{
    HANDLE file = CreateFileA("/dev/full", GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    DWORD moved = 77;
    (void)state;
    assert_ptr_not_equal(file, INVALID_HANDLE_VALUE);
    assert_fails(ERROR_DISK_FULL, WriteFile(file, "x", 1, &moved, NULL));
    assert_int_equal(moved, 0);
    assert_win32(CloseHandle(file));
}

/* FILE-056 FILE-058 FILE-059 */
static void overlapped_transfers_end_through_their_event(void **state)
{
    OVERLAPPED overlapped = at(2, 0);
    char buffer[8];
    DWORD moved = 77;
    HANDLE file = new_file(FILE_FLAG_OVERLAPPED);
    (void)state;
    overlapped.hEvent = CreateEventA(NULL, TRUE, TRUE, NULL);
    assert_fails(ERROR_IO_PENDING, WriteFile(file, "abcdef", 6, &moved, &overlapped));
    assert_int_equal(moved, 0);
    assert_int_equal(WaitForSingleObject(overlapped.hEvent, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(GetOverlappedResult(file, &overlapped, &moved, FALSE));
    assert_int_equal(moved, 6);
    assert_int_equal(overlapped.Offset, 2);
    overlapped.Offset = 4;
    assert_fails(ERROR_IO_PENDING, ReadFile(file, buffer, 8, &moved, &overlapped));
    assert_win32(GetOverlappedResult(file, &overlapped, &moved, TRUE));
    assert_int_equal(moved, 4);
    assert_memory_equal(buffer, "cdef", 4);
    overlapped.Offset = 100;
    assert_fails(ERROR_IO_PENDING, ReadFile(file, NULL, 0, &moved, &overlapped));
    assert_win32(GetOverlappedResult(file, &overlapped, &moved, TRUE));
    assert_int_equal(moved, 0);
    assert_int_equal(position_of(file), 0);
    assert_win32(CloseHandle(overlapped.hEvent));
    assert_win32(CloseHandle(file));
}

/* FILE-057 */
static void overlapped_read_at_the_end_fails_through_the_port(void **state)
{
    OVERLAPPED overlapped = at(6, 0), *ended;
    char buffer[8];
    DWORD moved = 77;
    ULONG_PTR key;
    HANDLE file = new_file(FILE_FLAG_OVERLAPPED);
    HANDLE port = CreateIoCompletionPort(file, NULL, 5, 0);
    (void)state;
    assert_non_null(port);
    assert_fails(ERROR_IO_PENDING, ReadFile(file, buffer, 4, &moved, &overlapped));
    assert_fails(ERROR_HANDLE_EOF,
                 GetQueuedCompletionStatus(port, &moved, &key, &ended, TEST_DEADLINE_MS));
    assert_ptr_equal(ended, &overlapped);
    assert_int_equal(key, 5);
    assert_int_equal(moved, 0);
    assert_int_equal((NTSTATUS)overlapped.Internal, STATUS_END_OF_FILE);
    assert_win32(CloseHandle(file));
    assert_win32(CloseHandle(port));
}

/* FILE-060 */
static void overlapped_appends_never_overlap(void **state)
{
    enum { WRITES = 64 };
    static OVERLAPPED overlapped[WRITES];
    DWORD moved;
    HANDLE file = new_file(FILE_FLAG_OVERLAPPED);
    OVERLAPPED current = at((DWORD)-2, 0xFFFFFFFF);
    (void)state;
    for (int i = 0; i < WRITES; i++) {
        overlapped[i] = at((DWORD)-1, 0xFFFFFFFF);
        overlapped[i].hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
        assert_fails(ERROR_IO_PENDING, WriteFile(file, "1234", 4, NULL, &overlapped[i]));
    }
    for (int i = 0; i < WRITES; i++) {
        assert_win32(GetOverlappedResult(file, &overlapped[i], &moved, TRUE));
        assert_int_equal(moved, 4);
        assert_win32(CloseHandle(overlapped[i].hEvent));
    }
    assert_int_equal(GetFileSize(file, NULL), 4 * WRITES);
    assert_fails(ERROR_INVALID_PARAMETER, WriteFile(file, "x", 1, NULL, &current));
    assert_win32(CloseHandle(file));
}

/* FILE-067 */
static void the_pointer_may_pass_the_end_but_not_the_beginning(void **state)
{
    LARGE_INTEGER distance, position;
    LONG high = 1;
    HANDLE file = new_file(0);
    (void)state;
    put(file, "abcdef");
    distance.QuadPart = -1;
    assert_fails(ERROR_NEGATIVE_SEEK, SetFilePointerEx(file, distance, NULL, FILE_BEGIN));
    assert_int_equal(position_of(file), 6);
    assert_win32(SetFilePointerEx(file, distance, &position, FILE_END));
    assert_int_equal(position.QuadPart, 5);
    assert_fails(ERROR_INVALID_PARAMETER, SetFilePointerEx(file, distance, NULL, 3));
    assert_int_equal(SetFilePointer(file, -1, NULL, FILE_CURRENT), 4);
    SetLastError(LAST_ERROR_SENTINEL);
    assert_int_equal(SetFilePointer(file, -1, NULL, FILE_BEGIN), INVALID_SET_FILE_POINTER);
    assert_int_equal(GetLastError(), ERROR_NEGATIVE_SEEK);
    assert_int_equal(SetFilePointer(file, -1, &high, FILE_BEGIN), 0xFFFFFFFF);
    assert_int_equal(GetLastError(), 0);
    assert_int_equal(position_of(file), 0x1FFFFFFFFLL);
    assert_int_equal(GetFileSize(file, NULL), 6);
    SetLastError(LAST_ERROR_SENTINEL);
    assert_int_equal(SetFilePointer(file, 0, NULL, FILE_CURRENT), INVALID_SET_FILE_POINTER);
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
    assert_int_equal(position_of(file), 0x1FFFFFFFFLL);
    assert_win32(CloseHandle(file));
}

/* FILE-067 FILE-068 */
static void end_of_file_is_set_at_the_pointer(void **state)
{
    const char *path = test_temp_path();
    HANDLE file =
        CreateFileA(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, NULL, CREATE_NEW, 0, NULL);
    LARGE_INTEGER size;
    DWORD high, moved;
    char buffer[4] = "xxxx";
    (void)state;
    put(file, "abcdef");
    seek(file, 2);
    assert_win32(SetEndOfFile(file));
    assert_int_equal(GetFileSize(file, NULL), 2);
    seek(file, 6);
    assert_win32(SetEndOfFile(file));
    assert_int_equal(position_of(file), 6);
    seek(file, 2);
    assert_win32(ReadFile(file, buffer, 4, &moved, NULL));
    assert_memory_equal(buffer, "\0\0\0\0", 4);
    seek(file, 0x1FFFFFFFFLL);
    assert_win32(SetEndOfFile(file));
    assert_win32(GetFileSizeEx(file, &size));
    assert_int_equal(size.QuadPart, 0x1FFFFFFFFLL);
    SetLastError(LAST_ERROR_SENTINEL);
    assert_int_equal(GetFileSize(file, &high), 0xFFFFFFFF);
    assert_int_equal(GetLastError(), 0);
    assert_int_equal(high, 1);
    seek(file, 0);
    assert_win32(SetEndOfFile(file));
    assert_win32(CloseHandle(file));
    file = CreateFileA(path, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_fails(ERROR_ACCESS_DENIED, SetEndOfFile(file));
    assert_win32(CloseHandle(file));
}

/* FILE-071 */
static void flushing_needs_a_right_to_write(void **state)
{
    const char *path = test_temp_path();
    static const DWORD accesses[] = {GENERIC_WRITE, FILE_APPEND_DATA, GENERIC_READ, 0};
    (void)state;
    for (int i = 0; i < 4; i++) {
        HANDLE file = CreateFileA(path, accesses[i], 0, NULL, OPEN_ALWAYS, 0, NULL);
        assert_ptr_not_equal(file, INVALID_HANDLE_VALUE);
        if (i < 2)
            assert_win32(FlushFileBuffers(file));
        else
            assert_fails(ERROR_ACCESS_DENIED, FlushFileBuffers(file));
        assert_win32(CloseHandle(file));
    }
    assert_fails(ERROR_INVALID_HANDLE, FlushFileBuffers(INVALID_HANDLE_VALUE));
}

/* FILE-117 FILE-123 */
static void times_are_kept_to_the_tick(void **state)
{
    const FILETIME wanted = {0x89ABCDE1, 0x01D12345}, leave = {0xFFFFFFFF, 0xFFFFFFFF};
    FILETIME creation, access_time, write;
    HANDLE file = new_file(0);
    (void)state;
    assert_win32(SetFileTime(file, NULL, NULL, &wanted));
    assert_win32(GetFileTime(file, &creation, &access_time, &write));
    assert_memory_equal(&write, &wanted, sizeof write);
    assert_memory_not_equal(&access_time, &wanted, sizeof write);
    assert_win32(SetFileTime(file, &leave, &wanted, &leave));
    assert_win32(GetFileTime(file, NULL, &access_time, &write));
    assert_memory_equal(&write, &wanted, sizeof write);
    assert_memory_equal(&access_time, &wanted, sizeof write);
    assert_win32(GetFileTime(file, NULL, NULL, NULL));
    assert_win32(CloseHandle(file));
}

/* FILE-117 */
static void identity_is_the_same_through_every_link(void **state)
{
    const char *path = test_temp_path(), *other = test_temp_path();
    BY_HANDLE_FILE_INFORMATION one, two;
    HANDLE file = CreateFileA(path, GENERIC_WRITE, 7, NULL, CREATE_NEW, 0, NULL), again;
    (void)state;
    put(file, "abc");
    assert_int_equal(link(path, other), 0);
    again = CreateFileA(other, 0, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_win32(GetFileInformationByHandle(file, &one));
    assert_win32(GetFileInformationByHandle(again, &two));
    assert_int_equal(one.nNumberOfLinks, 2);
    assert_int_equal(one.nFileSizeLow, 3);
    assert_int_equal(one.dwVolumeSerialNumber, two.dwVolumeSerialNumber);
    assert_int_equal(one.nFileIndexLow, two.nFileIndexLow);
    assert_int_equal(one.nFileIndexHigh, two.nFileIndexHigh);
    assert_fails(ERROR_NOACCESS, GetFileInformationByHandle(file, NULL));
    assert_win32(CloseHandle(again));
    assert_win32(CloseHandle(file));
}

/* HND-035 */
static void other_kinds_of_handle_are_refused(void **state)
{
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    LARGE_INTEGER number = {0};
    FILETIME time = {0};
    BY_HANDLE_FILE_INFORMATION info;
    char byte;
    HANDLE bad[3] = {NULL, INVALID_HANDLE_VALUE, event};
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_fails(ERROR_INVALID_HANDLE, ReadFile(bad[i], &byte, 1, NULL, NULL));
        assert_fails(ERROR_INVALID_HANDLE, GetFileSizeEx(bad[i], &number));
        assert_fails(ERROR_INVALID_HANDLE, GetFileSize(bad[i], NULL) != INVALID_FILE_SIZE);
        assert_fails(ERROR_INVALID_HANDLE, SetFilePointerEx(bad[i], number, NULL, FILE_BEGIN));
        assert_fails(ERROR_INVALID_HANDLE, SetEndOfFile(bad[i]));
        assert_fails(ERROR_INVALID_HANDLE, GetFileTime(bad[i], &time, NULL, NULL));
        assert_fails(ERROR_INVALID_HANDLE, SetFileTime(bad[i], &time, NULL, NULL));
        assert_fails(ERROR_INVALID_HANDLE, GetFileInformationByHandle(bad[i], &info));
        assert_fails(ERROR_INVALID_HANDLE, FlushFileBuffers(bad[i]));
        assert_fails(ERROR_INVALID_HANDLE, GetFileType(bad[i]));
        assert_fails(ERROR_INVALID_HANDLE, GetFinalPathNameByHandleA(bad[i], NULL, 0, 0));
    }
    assert_fails(ERROR_INVALID_PARAMETER, GetFileSizeEx(event, NULL));
    assert_win32(CloseHandle(event));
}

enum { SERIAL_READS = 2000 };

static DWORD WINAPI read_bytes(LPVOID file)
{
    DWORD sum = 0, moved;
    for (int i = 0; i < SERIAL_READS; i++) {
        unsigned char byte;
        if (!ReadFile(file, &byte, 1, &moved, NULL) || moved != 1)
            return 0;
        sum += byte;
    }
    return sum;
}

/* FILE-047 */
static void two_threads_on_one_handle_share_its_pointer(void **state)
{
    static unsigned char bytes[2 * SERIAL_READS];
    HANDLE file = new_file(0), threads[2];
    DWORD expected = 0, sum = 0, moved;
    (void)state;
    for (int i = 0; i < 2 * SERIAL_READS; i++)
        expected += bytes[i] = (unsigned char)(i * 7 + i / 256);
    assert_win32(WriteFile(file, bytes, sizeof bytes, &moved, NULL));
    seek(file, 0);
    for (int i = 0; i < 2; i++)
        threads[i] = CreateThread(NULL, 0, read_bytes, file, 0, NULL);
    for (int i = 0; i < 2; i++) {
        DWORD code;
        assert_int_equal(WaitForSingleObject(threads[i], TEST_DEADLINE_MS), WAIT_OBJECT_0);
        assert_win32(GetExitCodeThread(threads[i], &code));
        sum += code;
        assert_win32(CloseHandle(threads[i]));
    }
    assert_int_equal(sum, expected);
    assert_win32(CloseHandle(file));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(byte_counts_are_cleared_first),
        cmocka_unit_test(reading_at_the_end_gives_nothing),
        cmocka_unit_test(synchronous_files_honour_an_overlapped),
        cmocka_unit_test(bad_buffers_fail_and_change_nothing),
        cmocka_unit_test(special_offsets_append_or_are_refused),
        cmocka_unit_test(append_only_handles_write_at_the_end),
        cmocka_unit_test(full_disks_are_reported),
        cmocka_unit_test(overlapped_transfers_end_through_their_event),
        cmocka_unit_test(overlapped_read_at_the_end_fails_through_the_port),
        cmocka_unit_test(overlapped_appends_never_overlap),
        cmocka_unit_test(the_pointer_may_pass_the_end_but_not_the_beginning),
        cmocka_unit_test(end_of_file_is_set_at_the_pointer),
        cmocka_unit_test(flushing_needs_a_right_to_write),
        cmocka_unit_test(times_are_kept_to_the_tick),
        cmocka_unit_test(identity_is_the_same_through_every_link),
        cmocka_unit_test(other_kinds_of_handle_are_refused),
        cmocka_unit_test(two_threads_on_one_handle_share_its_pointer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

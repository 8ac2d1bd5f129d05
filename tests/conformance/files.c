/* Opening files: names, dispositions, rights, sharing and flags (files.md, sections 1 to 4). */
#include "portico_test.h"

#include <sys/stat.h>
#include <unistd.h>

enum { SHARE_ALL = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE };

static HANDLE open_file(const char *name, DWORD access, DWORD share, DWORD disposition, DWORD flags)
{
    SetLastError(LAST_ERROR_SENTINEL);
    return CreateFileA(name, access, share, NULL, disposition, flags, NULL);
}

/* Opens, which must succeed and leave this last error. */
static HANDLE must_open(DWORD expected, const char *name, DWORD access, DWORD share,
                        DWORD disposition, DWORD flags)
{
    HANDLE file = open_file(name, access, share, disposition, flags);
    if (file == INVALID_HANDLE_VALUE || GetLastError() != expected)
        print_error("%s: last error %u\n", name, (unsigned)GetLastError());
    assert_ptr_not_equal(file, INVALID_HANDLE_VALUE);
    assert_int_equal(GetLastError(), expected);
    return file;
}

static void must_fail(DWORD expected, const char *name, DWORD access, DWORD share,
                      DWORD disposition, DWORD flags)
{
    HANDLE file = open_file(name, access, share, disposition, flags);
    if (file != INVALID_HANDLE_VALUE || GetLastError() != expected)
        print_error("%s: expected %u\n", name, (unsigned)expected);
    assert_ptr_equal(file, INVALID_HANDLE_VALUE);
    assert_int_equal(GetLastError(), expected);
}

/* Does it open (for nothing but its attributes)? */
static int exists(const char *name)
{
    return GetFileAttributesA(name) != INVALID_FILE_ATTRIBUTES;
}

static void make_file(const char *name, const char *contents)
{
    DWORD written;
    HANDLE file = must_open(0, name, GENERIC_WRITE, 0, CREATE_NEW, 0);
    assert_win32(WriteFile(file, contents, (DWORD)strlen(contents), &written, NULL));
    assert_win32(CloseHandle(file));
}

static DWORD size_of(const char *name)
{
    HANDLE file = must_open(0, name, 0, 0, OPEN_EXISTING, 0);
    DWORD size = GetFileSize(file, NULL);
    assert_win32(CloseHandle(file));
    return size;
}

/* A scratch directory, and a name in it. */
static const char *scratch_directory(void)
{
    const char *path = test_temp_path();
    assert_win32(CreateDirectoryA(path, NULL));
    return path;
}

static char *name_in(const char *directory, const char *name)
{
    static char names[8][512];
    static int next;
    char *out = names[next++ % 8];
    snprintf(out, sizeof names[0], "%s\\%s", directory, name);
    return out;
}

/* ---- dispositions ---- */

/* FILE-016 FILE-017 FILE-018 FILE-019 */
static void disposition_decides_and_sets_last_error(void **state)
{
    const char *path = test_temp_path();
    (void)state;
    must_fail(ERROR_FILE_NOT_FOUND, path, GENERIC_READ, 0, OPEN_EXISTING, 0);
    CloseHandle(must_open(0, path, GENERIC_WRITE, 0, CREATE_NEW, 0));
    must_fail(ERROR_FILE_EXISTS, path, GENERIC_WRITE, 0, CREATE_NEW, 0);
    assert_int_equal(GetFileAttributesA(path), FILE_ATTRIBUTE_ARCHIVE);
    assert_win32(DeleteFileA(path));
    make_file(path, "text");
    CloseHandle(must_open(0, path, GENERIC_READ, 0, OPEN_EXISTING, 0));
    CloseHandle(must_open(ERROR_ALREADY_EXISTS, path, GENERIC_READ, 0, OPEN_ALWAYS, 0));
    assert_int_equal(size_of(path), 4);
    CloseHandle(must_open(ERROR_ALREADY_EXISTS, path, GENERIC_WRITE, 0, CREATE_ALWAYS, 0));
    assert_int_equal(size_of(path), 0);
    assert_win32(DeleteFileA(path));
    CloseHandle(must_open(0, path, GENERIC_WRITE, 0, CREATE_ALWAYS, 0));
    assert_win32(DeleteFileA(path));
    CloseHandle(must_open(0, path, GENERIC_WRITE, 0, OPEN_ALWAYS, 0));
    assert_win32(DeleteFileA(path));
}

/* FILE-019 FILE-028 */
static void missing_directory_is_told_from_missing_file(void **state)
{
    const char *directory = scratch_directory();
    char *file = name_in(directory, "file");
    (void)state;
    make_file(file, "");
    must_fail(ERROR_FILE_NOT_FOUND, name_in(directory, "none"), 0, 0, OPEN_EXISTING, 0);
    must_fail(ERROR_PATH_NOT_FOUND, name_in(directory, "none\\x"), 0, 0, OPEN_EXISTING, 0);
    must_fail(ERROR_PATH_NOT_FOUND, name_in(directory, "none\\x"), GENERIC_WRITE, 0, CREATE_NEW, 0);
    must_fail(ERROR_PATH_NOT_FOUND, name_in(directory, "file\\x"), 0, 0, OPEN_EXISTING, 0);
    assert_win32(DeleteFileA(file));
}

/* FILE-020 FILE-021 */
static void truncating_needs_generic_write(void **state)
{
    const char *path = test_temp_path();
    (void)state;
    must_fail(ERROR_FILE_NOT_FOUND, path, GENERIC_WRITE, 0, TRUNCATE_EXISTING, 0);
    make_file(path, "text");
    must_fail(ERROR_INVALID_PARAMETER, path, 0, 0, TRUNCATE_EXISTING, 0);
    must_fail(ERROR_INVALID_PARAMETER, path, GENERIC_READ, 0, TRUNCATE_EXISTING, 0);
    must_fail(ERROR_INVALID_PARAMETER, path, FILE_WRITE_DATA, 0, TRUNCATE_EXISTING, 0);
    assert_int_equal(size_of(path), 4);
    CloseHandle(must_open(0, path, GENERIC_WRITE, 0, TRUNCATE_EXISTING, 0));
    assert_int_equal(size_of(path), 0);
    must_fail(ERROR_INVALID_PARAMETER, path, GENERIC_READ, 0, 0, 0);
    must_fail(ERROR_INVALID_PARAMETER, path, GENERIC_READ, 0, 6, 0);
    must_fail(ERROR_INVALID_PARAMETER, NULL, GENERIC_READ, 0, 77, 0);
}

/* FILE-022 FILE-023 */
static void directories_open_with_backup_semantics_only(void **state)
{
    const char *path = scratch_directory();
    BY_HANDLE_FILE_INFORMATION info;
    char byte;
    DWORD moved;
    HANDLE directory;
    (void)state;
    for (DWORD disposition = CREATE_NEW; disposition <= OPEN_ALWAYS; disposition++)
        must_fail(ERROR_ACCESS_DENIED, path, GENERIC_READ, SHARE_ALL, disposition, 0);
    must_fail(ERROR_INVALID_PARAMETER, path, GENERIC_READ, SHARE_ALL, TRUNCATE_EXISTING, 0);
    directory =
        must_open(0, path, GENERIC_READ, SHARE_ALL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS);
    assert_win32(GetFileInformationByHandle(directory, &info));
    assert_int_equal(info.dwFileAttributes, FILE_ATTRIBUTE_DIRECTORY);
    assert_int_equal(GetFileType(directory), FILE_TYPE_DISK);
    assert_fails(ERROR_INVALID_FUNCTION, ReadFile(directory, &byte, 1, &moved, NULL));
    assert_win32(CloseHandle(directory));
    directory = open_file(path, GENERIC_READ, SHARE_ALL, OPEN_ALWAYS, FILE_FLAG_BACKUP_SEMANTICS);
    assert_ptr_not_equal(directory, INVALID_HANDLE_VALUE);
    assert_win32(CloseHandle(directory));
}

/* FILE-024 FILE-114 */
static void readonly_files_refuse_writers(void **state)
{
    const char *path = test_temp_path();
    DWORD written;
    HANDLE file = must_open(0, path, GENERIC_WRITE, 0, CREATE_NEW, FILE_ATTRIBUTE_READONLY);
    (void)state;
    assert_win32(WriteFile(file, "x", 1, &written, NULL));
    assert_win32(CloseHandle(file));
    assert_true(GetFileAttributesA(path) & FILE_ATTRIBUTE_READONLY);
    must_fail(ERROR_ACCESS_DENIED, path, GENERIC_WRITE, 0, OPEN_EXISTING, 0);
    must_fail(ERROR_ACCESS_DENIED, path, GENERIC_READ, 0, CREATE_ALWAYS, 0);
    must_fail(ERROR_ACCESS_DENIED, path, GENERIC_READ, 0, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE);
    CloseHandle(must_open(0, path, GENERIC_READ, 0, OPEN_EXISTING, 0));
    CloseHandle(must_open(0, path, DELETE, 0, OPEN_EXISTING, 0));
    assert_fails(ERROR_ACCESS_DENIED, DeleteFileA(path));
    assert_win32(SetFileAttributesA(path, FILE_ATTRIBUTE_NORMAL));
    assert_int_equal(GetFileAttributesA(path) & FILE_ATTRIBUTE_READONLY, 0);
    CloseHandle(must_open(0, path, GENERIC_WRITE, 0, OPEN_EXISTING, 0));
    assert_win32(DeleteFileA(path));
}

/* FILE-026 */
static void createfile2_takes_flags_from_their_own_field(void **state)
{
    WCHAR name[64];
    const char *path = test_temp_path();
    CREATEFILE2_EXTENDED_PARAMETERS extended = {.dwSize = sizeof extended,
                                                .dwFileAttributes = FILE_FLAG_OVERLAPPED};
    HANDLE file, port;
    (void)state;
    for (int i = 0; i == 0 || path[i - 1]; i++)
        name[i] = (WCHAR)path[i];
    file = CreateFile2(name, GENERIC_READ | GENERIC_WRITE, 0, CREATE_ALWAYS, &extended);
    assert_ptr_not_equal(file, INVALID_HANDLE_VALUE);
    assert_fails(ERROR_INVALID_PARAMETER, CreateIoCompletionPort(file, NULL, 0, 0) != NULL);
    assert_win32(CloseHandle(file));
    extended.dwFileFlags = FILE_FLAG_OVERLAPPED;
    file = CreateFile2(name, GENERIC_READ, 0, OPEN_EXISTING, &extended);
    assert_ptr_not_equal(file, INVALID_HANDLE_VALUE);
    port = CreateIoCompletionPort(file, NULL, 0, 0);
    assert_non_null(port);
    assert_win32(CloseHandle(port));
    assert_win32(CloseHandle(file));
    file = CreateFile2(name, GENERIC_READ, 0, OPEN_EXISTING, NULL);
    assert_ptr_not_equal(file, INVALID_HANDLE_VALUE);
    assert_win32(CloseHandle(file));
    extended.dwSize = 4;
    assert_fails(ERROR_INVALID_PARAMETER,
                 CreateFile2(name, 0, 0, OPEN_EXISTING, &extended) != INVALID_HANDLE_VALUE);
}

/* FILE-027 */
static void symbolic_links_lead_to_their_target(void **state)
{
    const char *path = test_temp_path(), *link = test_temp_path(), *dangling = test_temp_path();
    const char *loop = test_temp_path();
    HANDLE file;
    BY_HANDLE_FILE_INFORMATION info;
    (void)state;
    make_file(path, "abc");
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(symlink("/tmp/portico-nowhere", dangling), 0);
    assert_int_equal(symlink(loop, loop), 0);
    assert_int_equal(size_of(link), 3);
    must_fail(ERROR_FILE_NOT_FOUND, dangling, GENERIC_READ, 0, OPEN_EXISTING, 0);
    must_fail(ERROR_CANT_RESOLVE_FILENAME, loop, GENERIC_READ, 0, OPEN_EXISTING, 0);
    must_fail(ERROR_INVALID_PARAMETER, link, GENERIC_WRITE, 0, CREATE_ALWAYS,
              FILE_FLAG_OPEN_REPARSE_POINT);
    file = must_open(0, dangling, 0, 0, OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT);
    assert_win32(GetFileInformationByHandle(file, &info));
    assert_true(info.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT);
    assert_win32(CloseHandle(file));
    assert_win32(DeleteFileA(link));
    assert_int_equal(size_of(path), 3);
}

/* ---- names ---- */

/* FILE-001 FILE-002 FILE-005 */
static void both_separators_and_dots_reach_the_file(void **state)
{
    const char *directory = scratch_directory();
    char *file = name_in(directory, "file");
    char name[512];
    static const char *const forms[] = {"/file",   "\\file",           "\\\\file",
                                        "/./file", "\\none\\..\\file", "//file"};
    (void)state;
    make_file(file, "x");
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        snprintf(name, sizeof name, "%s%s", directory, forms[i]);
        assert_int_equal(size_of(name), 1);
        snprintf(name, sizeof name, "c:%s%s", directory, forms[i]);
        assert_int_equal(size_of(name), 1);
    }
    snprintf(name, sizeof name, "C:\\..\\..%s\\file", directory);
    assert_int_equal(size_of(name), 1);
    must_fail(ERROR_PATH_NOT_FOUND, "q:\\tmp\\x", 0, 0, OPEN_EXISTING, 0);
    must_fail(ERROR_BAD_NETPATH, "\\\\server\\share\\x", 0, 0, OPEN_EXISTING, 0);
    assert_win32(DeleteFileA(file));
}

/* FILE-003 */
static void another_case_finds_a_unique_file(void **state)
{
    const char *directory = scratch_directory();
    char *mixed = name_in(directory, "MixedCase.txt"), *lower = name_in(directory, "mixedcase.TXT");
    (void)state;
    make_file(mixed, "abc");
    assert_int_equal(size_of(lower), 3);
    must_fail(ERROR_FILE_EXISTS, lower, GENERIC_WRITE, 0, CREATE_NEW, 0);
    must_fail(ERROR_FILE_NOT_FOUND, lower, 0, 0, OPEN_EXISTING, FILE_FLAG_POSIX_SEMANTICS);
    assert_win32(DeleteFileA(lower));
    assert_false(exists(mixed));
    assert_win32(CreateDirectoryA(name_in(directory, "SUB"), NULL));
    make_file(name_in(directory, "sub\\\xC3\x84"), "y");
    assert_int_equal(size_of(name_in(directory, "Sub\\\xC3\xA4")), 1);
    assert_win32(DeleteFileA(name_in(directory, "Sub\\\xC3\xA4")));
    assert_win32(RemoveDirectoryA(name_in(directory, "sub")));
}

/* FILE-004 */
static void trailing_dots_and_spaces_are_dropped(void **state)
{
    const char *directory = scratch_directory();
    char *plain = name_in(directory, "x");
    char literal[512];
    (void)state;
    make_file(name_in(directory, "x. ."), "ab");
    assert_int_equal(size_of(plain), 2);
    assert_int_equal(size_of(name_in(directory, "x ")), 2);
    assert_int_equal(size_of(name_in(directory, "x..")), 2);
    assert_win32(DeleteFileA(plain));
    assert_win32(CreateDirectoryA(plain, NULL));
    make_file(name_in(directory, "x./y"), "");
    must_fail(ERROR_PATH_NOT_FOUND, name_in(directory, "x../y"), 0, 0, OPEN_EXISTING, 0);
    assert_win32(DeleteFileA(name_in(directory, "x\\y")));
    assert_win32(RemoveDirectoryA(plain));
    snprintf(literal, sizeof literal, "\\\\?\\C:\\tmp\\%s\\dot.", strrchr(directory, '/') + 1);
    make_file(literal, "abc");
    assert_false(exists(name_in(directory, "dot")));
    assert_int_equal(size_of(literal), 3);
    assert_win32(DeleteFileA(literal));
}

/* FILE-007 */
static void empty_names_are_no_paths(void **state)
{
    const char *directory = scratch_directory();
    char *file = name_in(directory, "file");
    (void)state;
    must_fail(ERROR_PATH_NOT_FOUND, "", GENERIC_READ, 0, OPEN_EXISTING, 0);
    must_fail(ERROR_PATH_NOT_FOUND, NULL, GENERIC_READ, 0, OPEN_EXISTING, 0);
    assert_ptr_equal(CreateFileW(NULL, 0, 0, NULL, OPEN_EXISTING, 0, NULL), INVALID_HANDLE_VALUE);
    assert_fails(ERROR_PATH_NOT_FOUND, DeleteFileA(""));
    assert_fails(ERROR_PATH_NOT_FOUND, DeleteFileW(NULL));
    assert_fails(ERROR_PATH_NOT_FOUND, CreateDirectoryA("", NULL));
    make_file(file, "");
    must_fail(ERROR_PATH_NOT_FOUND, name_in(directory, "file\\"), 0, 0, OPEN_EXISTING, 0);
    must_fail(ERROR_PATH_NOT_FOUND, name_in(directory, ""), 0, 0, OPEN_EXISTING, 0);
    must_fail(ERROR_PATH_NOT_FOUND, name_in(directory, "none\\"), GENERIC_WRITE, 0, CREATE_NEW, 0);
    assert_win32(DeleteFileA(file));
}

/* FILE-006 FILE-008 FILE-009 FILE-011 */
static void reserved_characters_make_a_name_invalid(void **state)
{
    static const char *const bad[] = {"c:\\*.*",
                                      "/tmp/a?b",
                                      "/tmp/a<b",
                                      "/tmp/a>b",
                                      "/tmp/a\"b",
                                      "/tmp/a|b",
                                      "/tmp/a\x01\x62",
                                      "c:c:\\x",
                                      "/tmp/a:b",
                                      "\\\\?\\",
                                      "\\\\?\\C:\\a/b",
                                      "\\??\\",
                                      "\\\\?\\C:\\tmp\\..\\x",
                                      "\\\\?\\C:\\.\\x"};
    const char *path = test_temp_path();
    char name[128];
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        must_fail(ERROR_INVALID_NAME, bad[i], GENERIC_WRITE, 0, CREATE_NEW, 0);
        assert_fails(ERROR_INVALID_NAME, CreateDirectoryA(bad[i], NULL));
    }
    make_file(path, "abc");
    snprintf(name, sizeof name, "%s::$DATA", path);
    assert_int_equal(size_of(name), 3);
}

/* FILE-010 */
static void overlong_components_are_refused(void **state)
{
    char name[400] = "/tmp/";
    (void)state;
    memset(name + 5, 'x', 300);
    must_fail(ERROR_FILENAME_EXCED_RANGE, name, GENERIC_WRITE, 0, CREATE_NEW, 0);
    assert_fails(ERROR_FILENAME_EXCED_RANGE, CreateDirectoryA(name, NULL));
}

/* FILE-012 FILE-013 FILE-014 */
static void device_names_reach_devices(void **state)
{
    static const char *const names[] = {"NUL", "nul", "\\\\.\\NUL", "C:\\tmp\\nul"};
    char buffer[8];
    DWORD moved;
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (DWORD disposition = CREATE_NEW; disposition <= OPEN_ALWAYS; disposition++) {
            HANDLE file = must_open(0, names[i], GENERIC_READ | GENERIC_WRITE, 0, disposition, 0);
            assert_int_equal(GetFileType(file), FILE_TYPE_CHAR);
            assert_win32(WriteFile(file, "1234", 4, &moved, NULL));
            assert_int_equal(moved, 4);
            assert_win32(ReadFile(file, buffer, 8, &moved, NULL));
            assert_int_equal(moved, 0);
            assert_fails(ERROR_INVALID_FUNCTION, GetFileSize(file, NULL) != INVALID_FILE_SIZE);
            assert_win32(CloseHandle(file));
        }
    }
    must_fail(ERROR_FILE_NOT_FOUND, "\\\\.\\BOGUS", 0, 0, OPEN_EXISTING, 0);
    must_fail(ERROR_FILE_NOT_FOUND, "\\\\.\\Null", 0, 0, OPEN_EXISTING, 0);
    must_fail(ERROR_PATH_NOT_FOUND, "\\\\.\\Device\\Null", 0, 0, OPEN_EXISTING, 0);
    must_fail(ERROR_PATH_NOT_FOUND, "C:\\portico-none\\nul", 0, 0, OPEN_EXISTING, 0);
    must_fail(ERROR_FILE_NOT_FOUND, "\\\\.\\pipe\\portico-none", 0, 0, OPEN_EXISTING, 0);
    must_fail(ERROR_FILE_NOT_FOUND, "/tmp/LPT1.txt", GENERIC_WRITE, 0, CREATE_ALWAYS, 0);
    assert_int_equal(access("/tmp/LPT1.txt", F_OK), -1);
}

/* FILE-013 */
static void overlapped_nul_answers_at_once(void **state)
{
    OVERLAPPED overlapped = {0};
    char buffer[8];
    DWORD moved = 77;
    HANDLE file =
        must_open(0, "NUL", GENERIC_READ | GENERIC_WRITE, 0, OPEN_EXISTING, FILE_FLAG_OVERLAPPED);
    (void)state;
    assert_win32(WriteFile(file, "12345", 5, &moved, &overlapped));
    assert_int_equal(moved, 5);
    assert_fails(ERROR_HANDLE_EOF, ReadFile(file, buffer, 8, &moved, &overlapped));
    assert_fails(ERROR_INVALID_PARAMETER, ReadFile(file, buffer, 8, &moved, NULL));
    assert_win32(CloseHandle(file));
}

/* FILE-015 */
static void wide_names_are_utf8_on_disk_and_keep_stray_units(void **state)
{
    const char *directory = scratch_directory();
    WCHAR wide[128];
    char expected[128];
    HANDLE file;
    struct stat st;
    int length = 0;
    (void)state;
    for (; directory[length]; length++)
        wide[length] = (WCHAR)directory[length];
    wide[length] = '\\';
    wide[length + 1] = 0xE4;   /* a umlaut */
    wide[length + 2] = 0xDC80; /* a stray byte */
    wide[length + 3] = 0;
    file = CreateFileW(wide, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
    assert_ptr_not_equal(file, INVALID_HANDLE_VALUE);
    assert_win32(CloseHandle(file));
    snprintf(expected, sizeof expected, "%s/\xC3\xA4\x80", directory);
    assert_int_equal(stat(expected, &st), 0);
    assert_win32(DeleteFileW(wide));
}

/* ---- rights and sharing ---- */

/* FILE-029 FILE-030 FILE-062 */
static void rights_decide_what_a_handle_may_do(void **state)
{
    static const struct {
        DWORD access;
        int writes, reads;
    } rows[] = {
        {GENERIC_READ | GENERIC_WRITE, 1, 1},
        {GENERIC_WRITE, 1, 0},
        {FILE_WRITE_DATA, 1, 0},
        {FILE_APPEND_DATA, 1, 0},
        {FILE_WRITE_DATA | FILE_APPEND_DATA, 1, 0},
        {GENERIC_READ, 0, 1},
        {FILE_READ_DATA, 0, 1},
        {FILE_READ_DATA | FILE_APPEND_DATA, 1, 1},
        {0, 0, 0},
    };
    const char *path = test_temp_path();
    (void)state;
    make_file(path, "abcd");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        HANDLE file = must_open(0, path, rows[i].access, SHARE_ALL, OPEN_EXISTING, 0);
        LARGE_INTEGER zero = {0};
        char buffer[2];
        DWORD moved = 77;
        BOOL done = WriteFile(file, "xy", 2, &moved, NULL);
        print_message("row %u\n", (unsigned)i);
        assert_int_equal(done, rows[i].writes);
        assert_int_equal(moved, rows[i].writes ? 2 : 0);
        assert_win32(SetFilePointerEx(file, zero, NULL, FILE_BEGIN));
        moved = 77;
        SetLastError(0);
        done = ReadFile(file, buffer, 2, &moved, NULL);
        assert_int_equal(done, rows[i].reads);
        assert_int_equal(moved, rows[i].reads ? 2 : 0);
        assert_int_equal(GetLastError(), rows[i].reads ? 0 : ERROR_ACCESS_DENIED);
        assert_true(GetFileSize(file, NULL) >= 4);
        assert_int_equal(WaitForSingleObject(file, 0), WAIT_OBJECT_0);
        assert_win32(CloseHandle(file));
    }
}

/* FILE-031 */
static void setting_times_needs_the_right(void **state)
{
    const char *path = test_temp_path();
    FILETIME time = {0, 0x01D00000};
    HANDLE file;
    (void)state;
    make_file(path, "");
    file = must_open(0, path, GENERIC_READ, 0, OPEN_EXISTING, 0);
    assert_fails(ERROR_ACCESS_DENIED, SetFileTime(file, NULL, NULL, &time));
    assert_win32(CloseHandle(file));
}

static int is_compatible(DWORD access1, DWORD share1, DWORD access2, DWORD share2)
{
    DWORD uses1 = (access1 & (FILE_READ_DATA | FILE_EXECUTE) ? FILE_SHARE_READ : 0) |
                  (access1 & (FILE_WRITE_DATA | FILE_APPEND_DATA) ? FILE_SHARE_WRITE : 0) |
                  (access1 & DELETE ? FILE_SHARE_DELETE : 0);
    DWORD uses2 = (access2 & (FILE_READ_DATA | FILE_EXECUTE) ? FILE_SHARE_READ : 0) |
                  (access2 & (FILE_WRITE_DATA | FILE_APPEND_DATA) ? FILE_SHARE_WRITE : 0) |
                  (access2 & DELETE ? FILE_SHARE_DELETE : 0);
    return !uses1 || !uses2 || (!(uses2 & ~share1) && !(uses1 & ~share2));
}

/* FILE-032 FILE-033 */
static void sharing_is_the_whole_matrix(void **state)
{
    static const DWORD accesses[] = {
        0,
        READ_CONTROL,
        SYNCHRONIZE,
        FILE_READ_ATTRIBUTES,
        FILE_WRITE_ATTRIBUTES,
        FILE_WRITE_EA,
        FILE_READ_DATA,
        FILE_EXECUTE,
        FILE_WRITE_DATA,
        FILE_APPEND_DATA,
        DELETE,
        FILE_READ_DATA | FILE_WRITE_DATA,
        FILE_READ_DATA | DELETE,
        FILE_WRITE_DATA | DELETE,
        FILE_READ_DATA | FILE_WRITE_DATA | DELETE,
    };
    enum { COUNT = sizeof accesses / sizeof accesses[0] };
    const char *path = test_temp_path();
    (void)state;
    make_file(path, "");
    for (unsigned first = 0; first < COUNT * 8; first++) {
        HANDLE one = must_open(0, path, accesses[first / 8], first % 8, OPEN_EXISTING, 0);
        for (unsigned second = 0; second < COUNT * 8; second++) {
            HANDLE other = open_file(path, accesses[second / 8], second % 8, OPEN_EXISTING, 0);
            if (is_compatible(accesses[first / 8], first % 8, accesses[second / 8], second % 8)) {
                assert_ptr_not_equal(other, INVALID_HANDLE_VALUE);
                assert_int_equal(GetLastError(), 0);
                CloseHandle(other);
            } else {
                assert_ptr_equal(other, INVALID_HANDLE_VALUE);
                assert_int_equal(GetLastError(), ERROR_SHARING_VIOLATION);
            }
        }
        assert_win32(CloseHandle(one));
    }
}

/* FILE-034 */
static void sharing_lasts_until_the_last_duplicate_closes(void **state)
{
    const char *path = test_temp_path(), *other_name = test_temp_path();
    HANDLE file, copy;
    (void)state;
    file = must_open(0, path, GENERIC_READ | GENERIC_WRITE, 0, CREATE_NEW, 0);
    assert_int_equal(link(path, other_name), 0);
    assert_win32(DuplicateHandle(GetCurrentProcess(), file, GetCurrentProcess(), &copy, 0, FALSE,
                                 DUPLICATE_SAME_ACCESS));
    assert_win32(CloseHandle(file));
    must_fail(ERROR_SHARING_VIOLATION, path, GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0);
    must_fail(ERROR_SHARING_VIOLATION, other_name, GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0);
    assert_win32(CloseHandle(copy));
    CloseHandle(must_open(0, other_name, GENERIC_READ, 0, OPEN_EXISTING, 0));
}

/* FILE-034 FILE-138 */
static void open_directories_resist_removal(void **state)
{
    const char *path = scratch_directory(), *other = test_temp_path();
    HANDLE directory = must_open(0, path, GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING,
                                 FILE_FLAG_BACKUP_SEMANTICS);
    (void)state;
    assert_fails(ERROR_SHARING_VIOLATION, RemoveDirectoryA(path));
    assert_fails(ERROR_SHARING_VIOLATION, MoveFileA(path, other));
    assert_win32(CloseHandle(directory));
    assert_win32(RemoveDirectoryA(path));
}

/* ---- flags ---- */

/* FILE-037 FILE-055 */
static void overlapped_files_need_an_overlapped(void **state)
{
    const char *path = test_temp_path();
    char byte;
    DWORD moved = 77;
    HANDLE file =
        must_open(0, path, GENERIC_READ | GENERIC_WRITE, 0, CREATE_NEW, FILE_FLAG_OVERLAPPED);
    (void)state;
    assert_fails(ERROR_INVALID_PARAMETER, WriteFile(file, "x", 1, &moved, NULL));
    assert_int_equal(moved, 0);
    assert_fails(ERROR_INVALID_PARAMETER, ReadFile(file, &byte, 1, &moved, NULL));
    assert_win32(CloseHandle(file));
}

/* FILE-038 */
static void unbuffered_transfers_are_whole_sectors(void **state)
{
    static char area[16384] __attribute__((aligned(4096)));
    const char *path = test_temp_path();
    DWORD moved;
    HANDLE file;
    (void)state;
    make_file(path, "0123456789");
    file =
        must_open(0, path, GENERIC_READ | GENERIC_WRITE, 0, OPEN_EXISTING, FILE_FLAG_NO_BUFFERING);
    assert_fails(ERROR_INVALID_PARAMETER, ReadFile(file, area, 100, &moved, NULL));
    assert_fails(ERROR_INVALID_PARAMETER, ReadFile(file, area + 1, 4096, &moved, NULL));
    assert_win32(ReadFile(file, area, 4096, &moved, NULL));
    assert_int_equal(moved, 10);
    assert_memory_equal(area, "0123456789", 10);
    assert_fails(ERROR_INVALID_PARAMETER, ReadFile(file, area, 4096, &moved, NULL));
    assert_int_equal(SetFilePointer(file, 4096, NULL, FILE_BEGIN), 4096);
    assert_win32(WriteFile(file, area, 8192, &moved, NULL));
    assert_int_equal(moved, 8192);
    assert_int_equal(GetFileSize(file, NULL), 12288);
    assert_win32(CloseHandle(file));
}

/* FILE-025 FILE-039 FILE-040 */
static void hints_and_attributes_are_never_an_error(void **state)
{
    static const DWORD flags[] = {FILE_FLAG_WRITE_THROUGH,
                                  FILE_FLAG_WRITE_THROUGH | FILE_FLAG_NO_BUFFERING,
                                  FILE_FLAG_SEQUENTIAL_SCAN,
                                  FILE_FLAG_RANDOM_ACCESS,
                                  FILE_FLAG_SEQUENTIAL_SCAN | FILE_FLAG_RANDOM_ACCESS,
                                  FILE_FLAG_BACKUP_SEMANTICS,
                                  FILE_FLAG_POSIX_SEMANTICS,
                                  FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM,
                                  0x00440000 | FILE_ATTRIBUTE_NORMAL};
    (void)state;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        const char *path = test_temp_path();
        CloseHandle(must_open(0, path, GENERIC_WRITE, 0, CREATE_NEW, flags[i]));
        CloseHandle(must_open(0, path, GENERIC_READ, 0, OPEN_EXISTING, flags[i]));
        assert_win32(DeleteFileA(path));
    }
}

/* FILE-041 FILE-042 */
static void delete_on_close_waits_for_every_handle(void **state)
{
    const char *path = test_temp_path();
    HANDLE file =
        must_open(0, path, GENERIC_WRITE, SHARE_ALL, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE);
    HANDLE other;
    (void)state;
    must_fail(ERROR_SHARING_VIOLATION, path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE,
              OPEN_EXISTING, 0);
    other = must_open(0, path, GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0);
    assert_true(exists(path));
    assert_win32(CloseHandle(file));
    must_fail(ERROR_ACCESS_DENIED, path, GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0);
    assert_win32(CloseHandle(other));
    assert_int_equal(access(path, F_OK), -1);
    must_fail(ERROR_FILE_NOT_FOUND, path, GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0);
}

/* FILE-041 */
static void delete_on_close_follows_a_renamed_file(void **state)
{
    const char *path = test_temp_path(), *renamed = test_temp_path();
    HANDLE file =
        must_open(0, path, GENERIC_WRITE, SHARE_ALL, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE);
    (void)state;
    assert_win32(MoveFileA(path, renamed));
    make_file(path, "another");
    assert_win32(CloseHandle(file));
    assert_false(exists(renamed));
    assert_int_equal(size_of(path), 7);
}

/* FILE-021 FILE-032 */
static void unknown_share_and_access_bits_are_refused(void **state)
{
    const char *path = test_temp_path();
    (void)state;
    make_file(path, "");
    must_fail(ERROR_INVALID_PARAMETER, path, GENERIC_READ, 8, OPEN_EXISTING, 0);
    must_fail(ERROR_ACCESS_DENIED, path, 0x00000400, 0, OPEN_EXISTING, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(disposition_decides_and_sets_last_error),
        cmocka_unit_test(missing_directory_is_told_from_missing_file),
        cmocka_unit_test(truncating_needs_generic_write),
        cmocka_unit_test(directories_open_with_backup_semantics_only),
        cmocka_unit_test(readonly_files_refuse_writers),
        cmocka_unit_test(createfile2_takes_flags_from_their_own_field),
        cmocka_unit_test(symbolic_links_lead_to_their_target),
        cmocka_unit_test(both_separators_and_dots_reach_the_file),
        cmocka_unit_test(another_case_finds_a_unique_file),
        cmocka_unit_test(trailing_dots_and_spaces_are_dropped),
        cmocka_unit_test(empty_names_are_no_paths),
        cmocka_unit_test(reserved_characters_make_a_name_invalid),
        cmocka_unit_test(overlong_components_are_refused),
        cmocka_unit_test(device_names_reach_devices),
        cmocka_unit_test(overlapped_nul_answers_at_once),
        cmocka_unit_test(wide_names_are_utf8_on_disk_and_keep_stray_units),
        cmocka_unit_test(rights_decide_what_a_handle_may_do),
        cmocka_unit_test(setting_times_needs_the_right),
        cmocka_unit_test(sharing_is_the_whole_matrix),
        cmocka_unit_test(sharing_lasts_until_the_last_duplicate_closes),
        cmocka_unit_test(open_directories_resist_removal),
        cmocka_unit_test(overlapped_files_need_an_overlapped),
        cmocka_unit_test(unbuffered_transfers_are_whole_sectors),
        cmocka_unit_test(hints_and_attributes_are_never_an_error),
        cmocka_unit_test(delete_on_close_waits_for_every_handle),
        cmocka_unit_test(delete_on_close_follows_a_renamed_file),
        cmocka_unit_test(unknown_share_and_access_bits_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

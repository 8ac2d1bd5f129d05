/* Directory entries: enumerating, attributes, deleting, moving, copying, paths (files.md, sections
 * 10 to 12). */
#include "portico_test.h"

#include <sys/stat.h>
#include <unistd.h>

enum { SHARE_ALL = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE };

static const char *scratch_directory(void)
{
    const char *path = test_temp_path();
    assert_win32(CreateDirectoryA(path, NULL));
    return path;
}

static char *name_in(const char *directory, const char *name)
{
    static char names[16][512];
    static int next;
    char *out = names[next++ % 16];
    snprintf(out, sizeof names[0], "%s\\%s", directory, name);
    return out;
}

static HANDLE open_file(const char *name, DWORD access, DWORD share, DWORD disposition)
{
    return CreateFileA(name, access, share, NULL, disposition, FILE_FLAG_BACKUP_SEMANTICS, NULL);
}

static void make_file(const char *name, const char *contents)
{
    DWORD written;
    HANDLE file = open_file(name, GENERIC_WRITE, 0, CREATE_NEW);
    assert_ptr_not_equal(file, INVALID_HANDLE_VALUE);
    assert_win32(WriteFile(file, contents, (DWORD)strlen(contents), &written, NULL));
    assert_win32(CloseHandle(file));
}

static DWORD size_of(const char *name)
{
    WIN32_FILE_ATTRIBUTE_DATA data;
    assert_win32(GetFileAttributesExA(name, GetFileExInfoStandard, &data));
    return data.nFileSizeLow;
}

static int exists(const char *name)
{
    return GetFileAttributesA(name) != INVALID_FILE_ATTRIBUTES;
}

static void widen(const char *text, WCHAR *out)
{
    do
        *out++ = (WCHAR)(unsigned char)*text;
    while (*text++);
}

/* ---- enumerating ---- */

/* The names a pattern finds, with '/' between them. */
static void found(const char *pattern, char *out)
{
    WIN32_FIND_DATAA data;
    HANDLE find = FindFirstFileA(pattern, &data);
    *out = '\0';
    assert_ptr_not_equal(find, INVALID_HANDLE_VALUE);
    do {
        strcat(out, data.cFileName);
        strcat(out, "/");
    } while (FindNextFileA(find, &data));
    assert_int_equal(GetLastError(), ERROR_NO_MORE_FILES);
    assert_win32(FindClose(find));
}

static void assert_found(const char *directory, const char *pattern, const char *expected)
{
    char names[1024];
    found(name_in(directory, pattern), names);
    assert_string_equal(names, expected);
}

/* FILE-107 FILE-110 */
static void patterns_match_as_on_windows(void **state)
{
    static const char *const names[] = {"b.txt", "A", "a.c", "noext", "ab.tar.gz"};
    const char *directory = scratch_directory();
    (void)state;
    for (int i = 0; i < 5; i++)
        make_file(name_in(directory, names[i]), "");
    assert_found(directory, "*", "./../A/a.c/ab.tar.gz/b.txt/noext/");
    assert_found(directory, "*.*", "./../A/a.c/ab.tar.gz/b.txt/noext/");
    assert_found(directory, "*.", "./../A/noext/");
    assert_found(directory, "?.TXT", "b.txt/");
    assert_found(directory, "a??", "A/");
    assert_found(directory, "A*.*", "A/a.c/ab.tar.gz/");
    assert_found(directory, "*.gz", "ab.tar.gz/");
    assert_found(directory, "ab*.*z", "ab.tar.gz/");
    assert_found(directory, "NoExt", "noext/");
    assert_found(directory, "??.???.gz", "ab.tar.gz/");
    for (int i = 0; i < 5; i++)
        assert_win32(DeleteFileA(name_in(directory, names[i])));
}

/* FILE-108 */
static void finding_nothing_tells_why(void **state)
{
    const char *directory = scratch_directory();
    WIN32_FIND_DATAA data;
    WIN32_FIND_DATAW wide;
    (void)state;
    struct {
        const char *pattern;
        DWORD error;
    } rows[] = {
        {"C:\\", ERROR_FILE_NOT_FOUND},
        {name_in(directory, "none"), ERROR_FILE_NOT_FOUND},
        {name_in(directory, "*.none"), ERROR_FILE_NOT_FOUND},
        {name_in(directory, "none\\*"), ERROR_PATH_NOT_FOUND},
        {name_in(directory, "file\\*"), ERROR_DIRECTORY},
        {name_in(directory, "none\\"), ERROR_PATH_NOT_FOUND},
        {name_in(directory, ""), ERROR_FILE_NOT_FOUND},
        {"C:\\nul\\*", ERROR_PATH_NOT_FOUND},
        {"C:\\nul*", ERROR_FILE_NOT_FOUND},
        {"", ERROR_PATH_NOT_FOUND},
        {NULL, ERROR_PATH_NOT_FOUND},
        {"/tmp/a|b", ERROR_INVALID_NAME},
    };
    make_file(name_in(directory, "file"), "");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_fails(rows[i].error, FindFirstFileA(rows[i].pattern, &data) != INVALID_HANDLE_VALUE);
    assert_fails(ERROR_PATH_NOT_FOUND, FindFirstFileW(NULL, &wide) != INVALID_HANDLE_VALUE);
    assert_fails(ERROR_INVALID_PARAMETER, FindFirstFileA("*", NULL) != INVALID_HANDLE_VALUE);
    assert_win32(DeleteFileA(name_in(directory, "file")));
}

/* FILE-108 FILE-111 */
static void find_handles_are_closed_by_findclose_only(void **state)
{
    const char *directory = scratch_directory();
    WIN32_FIND_DATAA data;
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE find = FindFirstFileExA(name_in(directory, "*"), FindExInfoBasic, &data,
                                   FindExSearchNameMatch, NULL, FIND_FIRST_EX_LARGE_FETCH);
    (void)state;
    assert_ptr_not_equal(find, INVALID_HANDLE_VALUE);
    assert_string_equal(data.cFileName, ".");
    assert_string_equal(data.cAlternateFileName, "");
    assert_int_equal(data.dwFileAttributes, FILE_ATTRIBUTE_DIRECTORY);
    assert_fails(ERROR_INVALID_HANDLE, CloseHandle(find));
    assert_fails(ERROR_INVALID_PARAMETER, FindNextFileA(find, NULL));
    assert_win32(FindNextFileA(find, &data));
    assert_string_equal(data.cFileName, "..");
    assert_fails(ERROR_NO_MORE_FILES, FindNextFileA(find, &data));
    assert_string_equal(data.cFileName, "..");
    assert_win32(FindClose(find));
    assert_fails(ERROR_INVALID_HANDLE, FindClose(find));
    assert_fails(ERROR_INVALID_HANDLE, FindNextFileA(find, &data));
    assert_fails(ERROR_INVALID_HANDLE, FindClose(INVALID_HANDLE_VALUE));
    assert_fails(ERROR_INVALID_HANDLE, FindClose(event));
    assert_win32(CloseHandle(event));
    assert_fails(ERROR_INVALID_PARAMETER,
                 FindFirstFileExA("*", FindExInfoMaxInfoLevel, &data, FindExSearchNameMatch, NULL,
                                  0) != INVALID_HANDLE_VALUE);
}

/* FILE-109 */
static void nul_is_found_as_itself(void **state)
{
    WIN32_FIND_DATAA data;
    HANDLE find = FindFirstFileA("nul", &data);
    (void)state;
    assert_ptr_not_equal(find, INVALID_HANDLE_VALUE);
    assert_string_equal(data.cFileName, "nul");
    assert_int_equal(data.dwFileAttributes, FILE_ATTRIBUTE_ARCHIVE);
    assert_int_equal(data.nFileSizeLow, 0);
    assert_fails(ERROR_NO_MORE_FILES, FindNextFileA(find, &data));
    assert_win32(FindClose(find));
}

/* FILE-112 FILE-015 */
static void names_that_are_no_text_can_be_opened_again(void **state)
{
    const char *directory = scratch_directory();
    char name[128];
    WCHAR wide[128];
    WIN32_FIND_DATAW data;
    HANDLE find;
    int length = (int)strlen(directory);
    (void)state;
    snprintf(name, sizeof name, "%s/\xFF\xED\xB2\x80q", directory);
    fclose(fopen(name, "w"));
    widen(directory, wide);
    wide[length] = '\\';
    wide[length + 1] = '*';
    wide[length + 2] = 'q';
    wide[length + 3] = 0;
    find = FindFirstFileW(wide, &data);
    assert_ptr_not_equal(find, INVALID_HANDLE_VALUE);
    assert_int_equal(data.cFileName[0], 0xDCFF);
    memcpy(wide + length + 1, data.cFileName, 32 * sizeof(WCHAR));
    assert_win32(DeleteFileW(wide));
    assert_int_equal(access(name, F_OK), -1);
    assert_win32(FindClose(find));
}

/* FILE-112 */
static void entries_that_vanish_during_a_walk_are_skipped(void **state)
{
    const char *directory = scratch_directory();
    WIN32_FIND_DATAA data;
    HANDLE find;
    (void)state;
    make_file(name_in(directory, "a1"), "");
    make_file(name_in(directory, "a2"), "");
    make_file(name_in(directory, "a3"), "");
    find = FindFirstFileA(name_in(directory, "a*"), &data);
    assert_string_equal(data.cFileName, "a1");
    assert_win32(DeleteFileA(name_in(directory, "a2")));
    assert_win32(FindNextFileA(find, &data));
    assert_string_equal(data.cFileName, "a3");
    assert_win32(FindClose(find));
    assert_win32(DeleteFileA(name_in(directory, "a1")));
    assert_win32(DeleteFileA(name_in(directory, "a3")));
}

/* ---- attributes ---- */

/* FILE-113 */
static void attributes_tell_what_a_name_is(void **state)
{
    const char *directory = scratch_directory();
    WIN32_FILE_ATTRIBUTE_DATA data;
    WCHAR wide[64];
    (void)state;
    make_file(name_in(directory, ".dot"), "12345");
    assert_int_equal(GetFileAttributesA(directory), FILE_ATTRIBUTE_DIRECTORY);
    assert_int_equal(GetFileAttributesA(name_in(directory, "")), FILE_ATTRIBUTE_DIRECTORY);
    assert_int_equal(GetFileAttributesA(name_in(directory, ".dot")), FILE_ATTRIBUTE_ARCHIVE);
    widen(directory, wide);
    assert_int_equal(GetFileAttributesW(wide), FILE_ATTRIBUTE_DIRECTORY);
    assert_win32(GetFileAttributesExA(name_in(directory, ".dot"), GetFileExInfoStandard, &data));
    assert_int_equal(data.nFileSizeLow, 5);
    assert_fails(ERROR_FILE_NOT_FOUND,
                 GetFileAttributesA(name_in(directory, "none")) != INVALID_FILE_ATTRIBUTES);
    assert_fails(ERROR_PATH_NOT_FOUND,
                 GetFileAttributesA(name_in(directory, "none\\x")) != INVALID_FILE_ATTRIBUTES);
    assert_fails(ERROR_PATH_NOT_FOUND, GetFileAttributesW(NULL) != INVALID_FILE_ATTRIBUTES);
    assert_fails(ERROR_INVALID_NAME, GetFileAttributesExA("\\\\?\\", GetFileExInfoStandard, &data));
    assert_fails(ERROR_INVALID_NAME, GetFileAttributesExA("\\??\\", GetFileExInfoStandard, &data));
    assert_fails(ERROR_FILE_NOT_FOUND,
                 GetFileAttributesExA("\\DosDevices\\", GetFileExInfoStandard, &data));
    assert_fails(ERROR_INVALID_PARAMETER,
                 GetFileAttributesExA(directory, GetFileExMaxInfoLevel, &data));
    assert_fails(ERROR_INVALID_PARAMETER,
                 GetFileAttributesExA(directory, GetFileExInfoStandard, NULL));
    assert_win32(DeleteFileA(name_in(directory, ".dot")));
}

/* FILE-114 */
static void attributes_can_be_set_and_cleared(void **state)
{
    const char *path = test_temp_path(), *directory = scratch_directory();
    (void)state;
    make_file(path, "");
    assert_win32(SetFileAttributesA(path, FILE_ATTRIBUTE_READONLY));
    assert_true(GetFileAttributesA(path) & FILE_ATTRIBUTE_READONLY);
    assert_win32(SetFileAttributesA(path, FILE_ATTRIBUTE_NORMAL));
    assert_false(GetFileAttributesA(path) & FILE_ATTRIBUTE_READONLY);
    assert_fails(ERROR_INVALID_PARAMETER, SetFileAttributesA(path, FILE_ATTRIBUTE_DIRECTORY));
    assert_win32(SetFileAttributesA(directory, FILE_ATTRIBUTE_READONLY));
    make_file(name_in(directory, "inside"), "");
    assert_win32(DeleteFileA(name_in(directory, "inside")));
    assert_win32(SetFileAttributesA(directory, FILE_ATTRIBUTE_NORMAL));
    assert_fails(ERROR_FILE_NOT_FOUND, SetFileAttributesA(name_in(directory, "none"), 0));
    assert_fails(ERROR_PATH_NOT_FOUND, SetFileAttributesW(NULL, 0));
    assert_win32(DeleteFileA(path));
}

/* ---- deleting ---- */

/* FILE-126 FILE-127 */
static void deleting_respects_sharing(void **state)
{
    const char *path = test_temp_path(), *directory = scratch_directory();
    HANDLE file;
    DWORD moved;
    char byte;
    (void)state;
    assert_fails(ERROR_FILE_NOT_FOUND, DeleteFileA(path));
    assert_fails(ERROR_PATH_NOT_FOUND, DeleteFileA(name_in(directory, "none\\x")));
    assert_fails(ERROR_ACCESS_DENIED, DeleteFileA(directory));
    assert_fails(ERROR_INVALID_NAME, DeleteFileA("/tmp/*.*"));
    make_file(path, "x");
    file = open_file(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_EXISTING);
    assert_fails(ERROR_SHARING_VIOLATION, DeleteFileA(path));
    assert_win32(CloseHandle(file));
    file = open_file(path, GENERIC_READ, SHARE_ALL, OPEN_EXISTING);
    assert_win32(DeleteFileA(path));
    assert_false(exists(path));
    assert_win32(ReadFile(file, &byte, 1, &moved, NULL));
    assert_int_equal(byte, 'x');
    make_file(path, "new");
    assert_win32(CloseHandle(file));
    assert_int_equal(size_of(path), 3);
}

/* FILE-137 FILE-138 */
static void directories_are_made_and_removed(void **state)
{
    const char *directory = scratch_directory();
    char before[512];
    (void)state;
    assert_win32(CreateDirectoryA(name_in(directory, "a"), NULL));
    assert_fails(ERROR_ALREADY_EXISTS, CreateDirectoryA(name_in(directory, "a"), NULL));
    assert_fails(ERROR_ALREADY_EXISTS, CreateDirectoryA(name_in(directory, "A"), NULL));
    assert_fails(ERROR_PATH_NOT_FOUND, CreateDirectoryA(name_in(directory, "none\\b"), NULL));
    assert_fails(ERROR_INVALID_NAME, CreateDirectoryA(name_in(directory, "*"), NULL));
    assert_fails(ERROR_PATH_NOT_FOUND, CreateDirectoryW(NULL, NULL));
    assert_win32(CreateDirectoryA(name_in(directory, "a\\b\\"), NULL));
    assert_fails(ERROR_DIR_NOT_EMPTY, RemoveDirectoryA(name_in(directory, "a")));
    assert_win32(RemoveDirectoryA(name_in(directory, "a/b/")));
    make_file(name_in(directory, "a\\file"), "");
    assert_fails(ERROR_ALREADY_EXISTS, CreateDirectoryA(name_in(directory, "a\\file"), NULL));
    assert_fails(ERROR_DIRECTORY, RemoveDirectoryA(name_in(directory, "a\\file")));
    assert_fails(ERROR_FILE_NOT_FOUND, RemoveDirectoryA(name_in(directory, "none")));
    assert_fails(ERROR_PATH_NOT_FOUND, RemoveDirectoryA(name_in(directory, "none\\x")));
    assert_fails(ERROR_INVALID_NAME, RemoveDirectoryA(name_in(directory, "a*")));
    assert_fails(ERROR_PATH_NOT_FOUND, RemoveDirectoryW(NULL));
    assert_win32(DeleteFileA(name_in(directory, "a\\file")));
    assert_true(GetCurrentDirectoryA(sizeof before, before) > 0);
    assert_win32(SetCurrentDirectoryA(name_in(directory, "a")));
    assert_fails(ERROR_SHARING_VIOLATION, RemoveDirectoryA(name_in(directory, "a")));
    assert_win32(SetCurrentDirectoryA(before));
    assert_win32(RemoveDirectoryA(name_in(directory, "a")));
}

/* ---- moving ---- */

/* FILE-128 FILE-131 */
static void moving_never_replaces_unasked(void **state)
{
    const char *directory = scratch_directory();
    char *a = name_in(directory, "a"), *b = name_in(directory, "b"),
         *upper = name_in(directory, "A");
    WIN32_FIND_DATAA data;
    HANDLE find;
    (void)state;
    make_file(a, "aa");
    make_file(b, "b");
    assert_win32(MoveFileA(a, a));
    assert_fails(ERROR_ALREADY_EXISTS, MoveFileA(a, b));
    assert_fails(ERROR_FILE_NOT_FOUND, MoveFileA(name_in(directory, "none"), b));
    assert_fails(ERROR_PATH_NOT_FOUND, MoveFileA(a, name_in(directory, "none\\x")));
    assert_fails(ERROR_INVALID_NAME, MoveFileA(a, name_in(directory, "x*")));
    assert_fails(ERROR_PATH_NOT_FOUND, MoveFileA(a, NULL));
    assert_fails(ERROR_PATH_NOT_FOUND, MoveFileW(NULL, NULL));
    assert_fails(ERROR_INVALID_PARAMETER, MoveFileExA(a, b, 0x100));
    assert_fails(ERROR_NOT_SUPPORTED, MoveFileExA(a, b, MOVEFILE_DELAY_UNTIL_REBOOT));
    assert_win32(MoveFileA(a, upper));
    find = FindFirstFileA(name_in(directory, "a"), &data);
    assert_ptr_not_equal(find, INVALID_HANDLE_VALUE);
    assert_string_equal(data.cFileName, "A");
    assert_win32(FindClose(find));
    assert_win32(MoveFileExA(upper, b, MOVEFILE_REPLACE_EXISTING));
    assert_int_equal(size_of(b), 2);
    assert_false(exists(a));
    assert_win32(DeleteFileA(b));
}

/* FILE-129 FILE-130 */
static void moving_respects_open_files_and_directories(void **state)
{
    const char *directory = scratch_directory();
    char *a = name_in(directory, "a"), *b = name_in(directory, "b");
    char *d = name_in(directory, "d"), *e = name_in(directory, "e");
    HANDLE file;
    (void)state;
    make_file(a, "aa");
    make_file(b, "b");
    assert_win32(CreateDirectoryA(d, NULL));
    assert_win32(CreateDirectoryA(e, NULL));
    file = open_file(a, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_EXISTING);
    assert_fails(ERROR_SHARING_VIOLATION, MoveFileA(a, name_in(directory, "c")));
    assert_win32(CloseHandle(file));
    file = open_file(b, GENERIC_READ, SHARE_ALL, OPEN_EXISTING);
    assert_fails(ERROR_ACCESS_DENIED, MoveFileExA(a, b, MOVEFILE_REPLACE_EXISTING));
    assert_win32(CloseHandle(file));
    assert_fails(ERROR_ACCESS_DENIED, MoveFileExA(a, d, MOVEFILE_REPLACE_EXISTING));
    assert_fails(ERROR_ACCESS_DENIED, MoveFileExA(d, e, MOVEFILE_REPLACE_EXISTING));
    assert_win32(MoveFileExA(d, b, MOVEFILE_REPLACE_EXISTING));
    assert_int_equal(GetFileAttributesA(b), FILE_ATTRIBUTE_DIRECTORY);
    file = open_file(a, 0, 0, OPEN_EXISTING);
    assert_win32(MoveFileA(a, name_in(directory, "c")));
    assert_win32(CloseHandle(file));
    assert_win32(DeleteFileA(name_in(directory, "c")));
    assert_win32(RemoveDirectoryA(b));
    assert_win32(RemoveDirectoryA(e));
}

/* FILE-131 */
static void moving_to_another_file_system_needs_permission_to_copy(void **state)
{
    const char *path = test_temp_path();
    char there[64];
    struct stat here, other;
    (void)state;
    if (stat("/tmp", &here) < 0 || stat("/dev/shm", &other) < 0 || here.st_dev == other.st_dev)
        skip();
    snprintf(there, sizeof there, "/dev/shm/portico-test-%d", (int)getpid());
    make_file(path, "abc");
    assert_fails(ERROR_NOT_SAME_DEVICE, MoveFileExA(path, there, 0));
    assert_win32(MoveFileExA(path, there, MOVEFILE_COPY_ALLOWED));
    assert_false(exists(path));
    assert_int_equal(size_of(there), 3);
    assert_win32(DeleteFileA(there));
}

/* ---- copying ---- */

/* FILE-132 */
static void copying_takes_contents_time_and_attributes(void **state)
{
    const char *from = test_temp_path(), *to = test_temp_path();
    const FILETIME wanted = {0x89ABCDE1, 0x01D12345};
    WIN32_FILE_ATTRIBUTE_DATA data;
    HANDLE file;
    (void)state;
    assert_fails(ERROR_FILE_NOT_FOUND, CopyFileA(from, to, FALSE));
    assert_fails(ERROR_PATH_NOT_FOUND, CopyFileA(NULL, to, FALSE));
    assert_fails(ERROR_PATH_NOT_FOUND, CopyFileW(NULL, NULL, FALSE));
    make_file(from, "hello");
    assert_fails(ERROR_PATH_NOT_FOUND, CopyFileA(from, NULL, FALSE));
    file = open_file(from, GENERIC_WRITE, 0, OPEN_EXISTING);
    assert_win32(SetFileTime(file, NULL, NULL, &wanted));
    assert_win32(CloseHandle(file));
    assert_win32(SetFileAttributesA(from, FILE_ATTRIBUTE_READONLY));
    assert_win32(CopyFileA(from, to, TRUE));
    assert_win32(GetFileAttributesExA(to, GetFileExInfoStandard, &data));
    assert_int_equal(data.nFileSizeLow, 5);
    assert_true(data.dwFileAttributes & FILE_ATTRIBUTE_READONLY);
    assert_memory_equal(&data.ftLastWriteTime, &wanted, sizeof wanted);
    assert_fails(ERROR_FILE_EXISTS, CopyFileA(from, to, TRUE));
    assert_fails(ERROR_ACCESS_DENIED, CopyFileA(from, to, FALSE));
    assert_win32(SetFileAttributesA(from, FILE_ATTRIBUTE_NORMAL));
    assert_win32(SetFileAttributesA(to, FILE_ATTRIBUTE_NORMAL));
    assert_fails(ERROR_SHARING_VIOLATION, CopyFileA(from, from, FALSE));
    assert_int_equal(size_of(from), 5);
    assert_win32(CopyFileA(from, to, FALSE));
}

/* FILE-133 */
static void copying_respects_open_handles(void **state)
{
    static const struct {
        int of_target;
        DWORD access, share, error;
    } rows[] = {
        {0, GENERIC_READ, FILE_SHARE_WRITE, ERROR_SHARING_VIOLATION},
        {0, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, 0},
        {0, DELETE, FILE_SHARE_READ, 0},
        {1, GENERIC_WRITE, FILE_SHARE_READ, ERROR_SHARING_VIOLATION},
        {1, GENERIC_READ, FILE_SHARE_READ, ERROR_SHARING_VIOLATION},
        {1, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_WRITE, 0},
        {1, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, 0},
        {1, DELETE, SHARE_ALL, ERROR_SHARING_VIOLATION},
    };
    const char *from = test_temp_path(), *to = test_temp_path();
    (void)state;
    make_file(from, "hello");
    make_file(to, "");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        HANDLE file =
            open_file(rows[i].of_target ? to : from, rows[i].access, rows[i].share, OPEN_EXISTING);
        assert_ptr_not_equal(file, INVALID_HANDLE_VALUE);
        if (rows[i].error)
            assert_fails(rows[i].error, CopyFileA(from, to, FALSE));
        else
            assert_win32(CopyFileA(from, to, FALSE));
        assert_win32(CloseHandle(file));
    }
}

/* ---- paths ---- */

/* FILE-141 */
static void full_paths_are_made_without_looking(void **state)
{
    static const struct {
        const char *name, *full, *part;
    } rows[] = {
        {"/a/b", "C:\\a\\b", "b"},
        {"c:\\a\\..\\b", "c:\\b", "b"},
        {"\\none\\.\\x\\", "C:\\none\\x\\", NULL},
        {"C:/x//y. .", "C:\\x\\y", "y"},
        {"C:\\..\\..\\z", "C:\\z", "z"},
        {"sub", "C:\\tmp\\sub", "sub"},
        {"..", "C:\\", NULL},
        {".", "C:\\tmp", "tmp"},
        {"C:", "C:\\tmp", "tmp"},
        {"C:sub\\x", "C:\\tmp\\sub\\x", "x"},
        {"a*?", "C:\\tmp\\a*?", "a*?"},
        {"nul", "\\\\.\\nul", NULL},
        {"\\\\server\\share\\x", "\\\\server\\share\\x", "x"},
    };
    char before[512], buffer[128], *part;
    WCHAR wide[128], *wide_part;
    (void)state;
    assert_true(GetCurrentDirectoryA(sizeof before, before) > 0);
    assert_win32(SetCurrentDirectoryA("/tmp"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        DWORD length = (DWORD)strlen(rows[i].full);
        assert_int_equal(GetFullPathNameA(rows[i].name, sizeof buffer, buffer, &part), length);
        assert_string_equal(buffer, rows[i].full);
        if (rows[i].part)
            assert_string_equal(part, rows[i].part);
        else
            assert_null(part);
        assert_int_equal(GetFullPathNameA(rows[i].name, length, buffer, NULL), length + 1);
        assert_int_equal(GetFullPathNameA(rows[i].name, 0, NULL, &part), length + 1);
    }
    widen("sub", wide);
    assert_int_equal(GetFullPathNameW(wide, 128, wide, &wide_part), 10);
    assert_int_equal(wide_part - wide, 7);
    assert_fails(ERROR_INVALID_NAME, GetFullPathNameA("", sizeof buffer, buffer, NULL));
    assert_fails(ERROR_INVALID_NAME, GetFullPathNameW(NULL, 0, NULL, NULL));
    assert_win32(SetCurrentDirectoryA(before));
}

/* FILE-142 */
static void the_current_directory_is_a_directory(void **state)
{
    const char *path = test_temp_path();
    char before[512], now[512];
    WCHAR wide[512];
    DWORD length;
    (void)state;
    assert_true(GetCurrentDirectoryA(sizeof before, before) > 0);
    make_file(path, "");
    assert_fails(ERROR_DIRECTORY, SetCurrentDirectoryA(path));
    assert_fails(ERROR_FILE_NOT_FOUND, SetCurrentDirectoryA("/tmp/portico-none"));
    assert_fails(ERROR_PATH_NOT_FOUND, SetCurrentDirectoryW(NULL));
    assert_win32(SetCurrentDirectoryA("\\TMP\\"));
    length = GetCurrentDirectoryA(sizeof now, now);
    assert_string_equal(now, "C:\\tmp");
    assert_int_equal(length, 6);
    assert_int_equal(GetCurrentDirectoryA(6, now), 7);
    assert_int_equal(GetCurrentDirectoryW(512, wide), 6);
    assert_win32(SetCurrentDirectoryA("/"));
    assert_int_equal(GetCurrentDirectoryA(sizeof now, now), 3);
    assert_string_equal(now, "C:\\");
    assert_win32(SetCurrentDirectoryA(before));
}

/* FILE-140 */
static void temporary_names_are_formed_and_created(void **state)
{
    const char *directory = scratch_directory();
    char name[MAX_PATH], expected[MAX_PATH], path[MAX_PATH], longer[300];
    WCHAR wide[MAX_PATH], wide_name[MAX_PATH], prefix[4];
    UINT number;
    (void)state;
    assert_int_equal(GetTempFileNameA(directory, "abcdef", 2, name), 2);
    snprintf(expected, sizeof expected, "%s\\abc2.tmp", directory);
    assert_string_equal(name, expected);
    assert_false(exists(name));
    number = GetTempFileNameA(directory, "abcdef", 0, name);
    assert_int_not_equal(number, 0);
    snprintf(expected, sizeof expected, "%s\\abc%X.tmp", directory, number);
    assert_string_equal(name, expected);
    assert_int_equal(size_of(name), 0);
    assert_win32(DeleteFileA(name));
    assert_int_equal(GetTempFileNameA("C:", "x", 1, name), 1);
    assert_string_equal(name, "C:\\x1.tmp");
    assert_fails(ERROR_DIRECTORY, GetTempFileNameA("/tmp/portico-none", "x", 0, name));
    memset(longer, 'x', sizeof longer);
    longer[250] = '\0';
    assert_fails(ERROR_BUFFER_OVERFLOW, GetTempFileNameA(longer, "x", 1, name));
    assert_fails(ERROR_INVALID_PARAMETER, GetTempFileNameA(NULL, "x", 1, name));
    assert_fails(ERROR_INVALID_PARAMETER, GetTempFileNameW(NULL, NULL, 1, NULL));
    widen(directory, wide);
    widen("abc", prefix);
    assert_int_equal(GetTempFileNameW(wide, prefix, 5, wide_name), 5);
    assert_true(GetTempPathA(sizeof path, path) > 0);
    assert_int_equal(path[strlen(path) - 1], '\\');
    assert_true(GetFileAttributesA(path) & FILE_ATTRIBUTE_DIRECTORY);
    assert_int_equal(GetTempPathA(1, path), strlen(path) + 1);
    assert_int_equal(GetTempPathW(0, NULL), strlen(path) + 1);
}

/* FILE-124 */
static void final_paths_follow_the_file(void **state)
{
    const char *path = test_temp_path();
    char name[256], expected[256];
    WCHAR wide[256];
    HANDLE file;
    DWORD length;
    (void)state;
    file = open_file(path, GENERIC_WRITE, SHARE_ALL, CREATE_NEW);
    snprintf(expected, sizeof expected, "\\\\?\\C:\\tmp%c%s", '\\', strrchr(path, '/') + 1);
    length = GetFinalPathNameByHandleA(file, name, sizeof name, 0);
    assert_string_equal(name, expected);
    assert_int_equal(length, strlen(expected));
    assert_int_equal(GetFinalPathNameByHandleA(file, name, length, 0), length + 1);
    assert_int_equal(GetFinalPathNameByHandleW(file, wide, 256, VOLUME_NAME_DOS), length);
    assert_int_equal(GetFinalPathNameByHandleA(file, name, sizeof name, VOLUME_NAME_NONE),
                     length - 6);
    assert_string_equal(name, expected + 6);
    assert_fails(ERROR_INVALID_PARAMETER, GetFinalPathNameByHandleA(file, name, sizeof name, 0x50));
    assert_win32(DeleteFileA(path));
    assert_fails(ERROR_PATH_NOT_FOUND, GetFinalPathNameByHandleA(file, name, sizeof name, 0));
    assert_win32(CloseHandle(file));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_match_as_on_windows),
        cmocka_unit_test(finding_nothing_tells_why),
        cmocka_unit_test(find_handles_are_closed_by_findclose_only),
        cmocka_unit_test(nul_is_found_as_itself),
        cmocka_unit_test(names_that_are_no_text_can_be_opened_again),
        cmocka_unit_test(entries_that_vanish_during_a_walk_are_skipped),
        cmocka_unit_test(attributes_tell_what_a_name_is),
        cmocka_unit_test(attributes_can_be_set_and_cleared),
        cmocka_unit_test(deleting_respects_sharing),
        cmocka_unit_test(directories_are_made_and_removed),
        cmocka_unit_test(moving_never_replaces_unasked),
        cmocka_unit_test(moving_respects_open_files_and_directories),
        cmocka_unit_test(moving_to_another_file_system_needs_permission_to_copy),
        cmocka_unit_test(copying_takes_contents_time_and_attributes),
        cmocka_unit_test(copying_respects_open_handles),
        cmocka_unit_test(full_paths_are_made_without_looking),
        cmocka_unit_test(the_current_directory_is_a_directory),
        cmocka_unit_test(temporary_names_are_formed_and_created),
        cmocka_unit_test(final_paths_follow_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Conversions, messages, environment, fixed and virtual memory: what the Microsoft pages named
 * above each test promise. */
#include "portico_test.h"

#include <stdbool.h>

/* ---- conversions ---- */

/* "MultiByteToWideChar function" */
static void utf8_becomes_utf16_and_back(void **state)
{
    static const char utf8[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";
    static const WCHAR wide[] = L"a\u00E9\u20AC\xD83D\xDE00";
    WCHAR out[16];
    char back[16];
    (void)state;
    assert_int_equal(MultiByteToWideChar(CP_UTF8, 0, utf8, -1, NULL, 0), 6);
    assert_int_equal(MultiByteToWideChar(CP_UTF8, 0, utf8, -1, out, 16), 6);
    assert_memory_equal(out, wide, sizeof wide);
    assert_int_equal(MultiByteToWideChar(CP_ACP, MB_PRECOMPOSED, utf8, 1, out, 16), 1);
    assert_int_equal(WideCharToMultiByte(CP_UTF8, 0, wide, -1, back, 16, NULL, NULL), 11);
    assert_string_equal(back, utf8);
    assert_int_equal(WideCharToMultiByte(CP_UTF8, 0, wide, 2, NULL, 0, NULL, NULL), 3);
}

/* "MultiByteToWideChar function" */
static void what_is_no_character_is_replaced_or_refused(void **state)
{
    static const char *rows[] = {"\x80", "\xC0\xAF", "\xE2\x82", "\xED\xA0\x80",
                                 "\xF4\x90\x80\x80"};
    WCHAR out[16], lone[] = {0xD800, 'x', 0};
    char back[16];
    (void)state;
    for (size_t i = 0; i < ARRAYSIZE(rows); i++) {
        assert_true(MultiByteToWideChar(CP_UTF8, 0, rows[i], -1, out, 16) > 1);
        assert_int_equal((unsigned short)out[0], 0xFFFD);
        assert_fails(ERROR_NO_UNICODE_TRANSLATION,
                     MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, rows[i], -1, out, 16));
    }
    assert_int_equal(WideCharToMultiByte(CP_UTF8, 0, lone, -1, back, 16, NULL, NULL), 5);
    assert_string_equal(back, "\xEF\xBF\xBDx");
    assert_fails(ERROR_NO_UNICODE_TRANSLATION, WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS,
                                                                   lone, -1, back, 16, NULL, NULL));
}

/* "MultiByteToWideChar function", "WideCharToMultiByte function" */
static void conversions_check_their_arguments(void **state)
{
    WCHAR wide[4];
    char narrow[4];
    BOOL used = 7;
    (void)state;
    assert_fails(ERROR_INSUFFICIENT_BUFFER, MultiByteToWideChar(CP_UTF8, 0, "abcd", -1, wide, 4));
    assert_fails(ERROR_INVALID_PARAMETER, MultiByteToWideChar(CP_UTF8, 0, NULL, -1, wide, 4));
    assert_fails(ERROR_INVALID_PARAMETER, MultiByteToWideChar(CP_UTF8, 0, "a", 0, wide, 4));
    assert_fails(ERROR_INVALID_PARAMETER, MultiByteToWideChar(CP_UTF8, 0, "a", 1, NULL, 4));
    assert_fails(ERROR_INVALID_PARAMETER, MultiByteToWideChar(12345, 0, "a", 1, wide, 4));
    assert_fails(ERROR_INVALID_FLAGS,
                 MultiByteToWideChar(CP_UTF8, MB_PRECOMPOSED, "a", 1, wide, 4));
    assert_fails(ERROR_INVALID_PARAMETER,
                 WideCharToMultiByte(CP_UTF8, 0, L"a", 1, narrow, 4, NULL, &used));
    assert_int_equal(WideCharToMultiByte(CP_ACP, 0, L"a", 1, narrow, 4, NULL, &used), 1);
    assert_int_equal(used, FALSE);
    assert_int_equal(GetACP(), CP_UTF8);
}

/* "CompareStringOrdinal function", "lstrcmpiW function" */
static void comparing_with_and_without_case(void **state)
{
    (void)state;
    assert_int_equal(CompareStringOrdinal(L"abc", -1, L"ABC", -1, TRUE), CSTR_EQUAL);
    assert_int_equal(CompareStringOrdinal(L"abc", -1, L"ABC", -1, FALSE), CSTR_GREATER_THAN);
    assert_int_equal(CompareStringOrdinal(L"ab", 2, L"abc", 3, FALSE), CSTR_LESS_THAN);
    assert_int_equal(CompareStringOrdinal(L"\u00E4", 1, L"\u00C4", 1, TRUE), CSTR_EQUAL);
    assert_fails(ERROR_INVALID_PARAMETER, CompareStringOrdinal(NULL, 0, L"a", 1, FALSE));
    assert_int_equal(lstrcmpiA("Port", "pORT"), 0);
    assert_true(lstrcmpA("a", "B") < 0);
    assert_true(lstrcmpA("a", "A") < 0);
    assert_int_equal(lstrlenW(NULL), 0);
    assert_null(lstrcpyA(NULL, "a"));
}

/* "lstrlenW function": a string that cannot be read has no length. */
static void a_length_is_found_where_there_is_memory(void **state)
{
    char *pages = VirtualAlloc(NULL, 8192, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    DWORD before;
    (void)state;
    assert_non_null(pages);
    memset(pages, 'a', 8191);
    assert_int_equal(lstrlenA(pages), 8191);
    assert_int_equal(lstrlenA((LPCSTR)1), 0);
    assert_int_equal(lstrlenW((LPCWSTR)2), 0);
    assert_int_equal(lstrlenW(L"length"), 6);
    assert_win32(VirtualProtect(pages + 4096, 4096, PAGE_NOACCESS, &before));
    assert_int_equal(lstrlenA(pages), 0);
    assert_int_equal(lstrlenW((LPCWSTR)(pages + 1)), 0);
    assert_win32(VirtualFree(pages, 0, MEM_RELEASE));
}

/* "wsprintfW function" */
static void wsprintf_reads_windows_conversions(void **state)
{
    char text[1024];
    WCHAR wide[1024];
    (void)state;
    assert_int_equal(wsprintfA(text, "%I64d|%ws|%S|%s|%05d|%-3x|%c|%lu", 1LL << 40, L"w", L"S", "s",
                               42, 10, 'c', (DWORD)-1),
                     42);
    assert_string_equal(text, "1099511627776|w|S|s|00042|a  |c|4294967295");
    assert_int_equal(wsprintfW(wide, L"%s|%hs|%S|%3d", L"w", "n", "n", 7), 9);
    assert_int_equal(CompareStringOrdinal(wide, -1, L"w|n|n|  7", -1, FALSE), CSTR_EQUAL);
    assert_int_equal(wsprintfA(text, "%600d%600d", 1, 1), 1023);
    assert_int_equal(strlen(text), 1023);
}

/* ---- messages ---- */

/* "FormatMessageW function" */
static void system_messages_have_a_text_and_a_line_end(void **state)
{
    char text[256];
    LPWSTR wide = NULL;
    DWORD length = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
                                  ERROR_FILE_NOT_FOUND, 0, text, sizeof text, NULL);
    (void)state;
    assert_int_equal(length, strlen(text));
    assert_string_equal(text + length - 3, ".\r\n");
    assert_int_equal(FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_ALLOCATE_BUFFER,
                                    NULL, ERROR_FILE_NOT_FOUND,
                                    MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT), (LPWSTR)&wide, 0,
                                    NULL),
                     length);
    assert_non_null(wide);
    assert_null(LocalFree(wide));
    assert_true(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, WSAECONNRESET, 0, text,
                               sizeof text, NULL) > 0);
    assert_fails(ERROR_MR_MID_NOT_FOUND, FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 0x7654321,
                                                        0, text, sizeof text, NULL));
    assert_fails(ERROR_INSUFFICIENT_BUFFER,
                 FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 2, 0, text, length, NULL));
    assert_fails(ERROR_INVALID_PARAMETER, FormatMessageA(0, NULL, 2, 0, text, 9, NULL));
    assert_fails(ERROR_INVALID_PARAMETER,
                 FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 2, 0, NULL, 9, NULL));
}

static DWORD format_string(char *out, DWORD size, DWORD flags, const char *format, ...)
{
    DWORD length;
    va_list list;
    va_start(list, format);
    length = FormatMessageA(FORMAT_MESSAGE_FROM_STRING | flags, format, 0, 0, out, size, &list);
    va_end(list);
    return length;
}

/* "FormatMessageW function" */
static void inserts_are_filled_in_by_number(void **state)
{
    DWORD_PTR array[] = {(DWORD_PTR) "one", 2};
    char text[256];
    (void)state;
    assert_int_equal(format_string(text, sizeof text, 0, "%2!d!-%1%n%%", "one", 2), 8);
    assert_string_equal(text, "2-one\r\n%");
    format_string(text, sizeof text, FORMAT_MESSAGE_IGNORE_INSERTS, "%1!s! and %2");
    assert_string_equal(text, "%1!s! and %2");
    assert_int_equal(FormatMessageA(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY,
                                    "%1 %2!04u!%0 more", 0, 0, text, sizeof text, (va_list *)array),
                     8);
    assert_string_equal(text, "one 0002");
    format_string(text, sizeof text, FORMAT_MESSAGE_MAX_WIDTH_MASK, "a\r\nb%nc");
    assert_string_equal(text, "a b\r\nc");
    assert_fails(ERROR_INVALID_PARAMETER,
                 FormatMessageA(FORMAT_MESSAGE_FROM_STRING, "%1", 0, 0, text, sizeof text, NULL));
}

/* ---- the environment ---- */

/* "GetEnvironmentVariableW function", "SetEnvironmentVariableW function" */
static void variables_are_found_whatever_their_case(void **state)
{
    char value[16];
    WCHAR wide[16];
    (void)state;
    assert_win32(SetEnvironmentVariableA("Portico_Test", "value"));
    assert_int_equal(GetEnvironmentVariableA("PORTICO_TEST", value, sizeof value), 5);
    assert_string_equal(value, "value");
    assert_int_equal(GetEnvironmentVariableA("PORTICO_TEST", value, 5), 6);
    assert_int_equal(GetEnvironmentVariableW(L"portico_test", wide, 16), 5);
    assert_win32(SetEnvironmentVariableW(L"PORTICO_TEST", L""));
    SetLastError(LAST_ERROR_SENTINEL);
    assert_int_equal(GetEnvironmentVariableA("Portico_Test", value, sizeof value), 0);
    assert_int_equal(GetLastError(), 0);
    assert_win32(SetEnvironmentVariableA("PORTICO_TEST", NULL));
    assert_fails(ERROR_ENVVAR_NOT_FOUND, GetEnvironmentVariableA("Portico_Test", value, 16));
    assert_fails(ERROR_ENVVAR_NOT_FOUND, GetEnvironmentVariableA(NULL, value, 16));
    assert_fails(ERROR_INVALID_PARAMETER, SetEnvironmentVariableA("", "x"));
    assert_fails(ERROR_INVALID_PARAMETER, SetEnvironmentVariableA("a=b", "x"));
    assert_fails(ERROR_INVALID_PARAMETER, SetEnvironmentVariableA(NULL, "x"));
}

/* "ExpandEnvironmentStringsW function", "GetEnvironmentStringsW function" */
static void the_environment_expands_and_can_be_listed(void **state)
{
    char out[64];
    WCHAR *block, *at;
    bool found = false;
    (void)state;
    assert_win32(SetEnvironmentVariableA("PORTICO_TEST", "v"));
    assert_int_equal(ExpandEnvironmentStringsA("<%PORTICO_TEST%|%NOT_SET_AT_ALL%>", out, 64), 21);
    assert_string_equal(out, "<v|%NOT_SET_AT_ALL%>");
    block = GetEnvironmentStringsW();
    assert_non_null(block);
    for (at = block; *at; at += lstrlenW(at) + 1)
        found = found || lstrcmpW(at, L"PORTICO_TEST=v") == 0;
    assert_true(found);
    assert_win32(FreeEnvironmentStringsW(block));
}

/* "GetCommandLineW function" */
static void the_command_line_begins_with_the_program(void **state)
{
    (void)state;
    assert_non_null(strstr(GetCommandLineA(), "text"));
    assert_int_equal(lstrlenW(GetCommandLineW()), strlen(GetCommandLineA()));
}

/* ---- memory ---- */

/* "GlobalAlloc function" */
static void movable_memory_keeps_its_handle(void **state)
{
    HGLOBAL handle = GlobalAlloc(GHND, 10);
    char *block = GlobalLock(handle);
    void *fixed = LocalAlloc(LPTR, 20);
    (void)state;
    assert_ptr_not_equal(handle, block);
    assert_int_equal(block[9], 0);
    assert_int_equal(GlobalSize(handle), 10);
    block[0] = 5;
    SetLastError(LAST_ERROR_SENTINEL);
    assert_false(GlobalUnlock(handle));
    assert_int_equal(GetLastError(), 0);
    assert_fails(ERROR_NOT_LOCKED, GlobalUnlock(handle));
    assert_ptr_equal(GlobalReAlloc(handle, 100000, 0), handle);
    assert_int_equal(*(char *)GlobalLock(handle), 5);
    assert_null(GlobalFree(handle));
    assert_ptr_equal(LocalLock(fixed), fixed);
    assert_int_equal(LocalSize(fixed), 20);
    assert_null(LocalFree(fixed));
    assert_null(LocalFree(NULL));
}

/* "VirtualAlloc function", "VirtualQuery function" */
static void pages_are_reserved_committed_and_released(void **state)
{
    MEMORY_BASIC_INFORMATION info;
    DWORD old;
    char *base = VirtualAlloc(NULL, 0x20000, MEM_RESERVE, PAGE_READWRITE);
    (void)state;
    assert_non_null(base);
    assert_int_equal((ULONG_PTR)base % 0x10000, 0);
    assert_int_equal(VirtualQuery(base + 0x1234, &info, sizeof info), 48);
    assert_int_equal(info.State, MEM_RESERVE);
    assert_int_equal(info.RegionSize, 0x1F000);
    assert_ptr_equal(VirtualAlloc(base + 0x1010, 1, MEM_COMMIT, PAGE_READWRITE), base + 0x1000);
    base[0x1FFF] = 1;
    VirtualQuery(base + 0x1000, &info, sizeof info);
    assert_int_equal(info.State, MEM_COMMIT);
    assert_int_equal(info.RegionSize, 0x1000);
    assert_ptr_equal(info.AllocationBase, base);
    assert_win32(VirtualProtect(base + 0x1000, 1, PAGE_READONLY, &old));
    assert_int_equal(old, PAGE_READWRITE);
    assert_fails(ERROR_INVALID_ADDRESS, VirtualProtect(base, 1, PAGE_READONLY, &old));
    assert_win32(VirtualFree(base + 0x1000, 1, MEM_DECOMMIT));
    assert_fails(ERROR_INVALID_PARAMETER, VirtualFree(base, 1, MEM_RELEASE));
    assert_win32(VirtualFree(base, 0, MEM_RELEASE));
    assert_fails(ERROR_INVALID_ADDRESS, VirtualFree(base, 0, MEM_RELEASE));
    VirtualQuery((LPCVOID)pages_are_reserved_committed_and_released, &info, sizeof info);
    assert_int_equal(info.Protect, PAGE_EXECUTE_READ);
}

/* "VirtualAlloc function" */
static void virtual_alloc_checks_its_arguments(void **state)
{
    (void)state;
    assert_fails(ERROR_INVALID_PARAMETER, VirtualAlloc(NULL, 0, MEM_COMMIT, PAGE_READWRITE));
    assert_fails(ERROR_INVALID_PARAMETER, VirtualAlloc(NULL, 1, MEM_COMMIT, 0));
    assert_fails(ERROR_INVALID_PARAMETER, VirtualAlloc(NULL, 1, 0x4, PAGE_READWRITE));
    assert_fails(ERROR_INVALID_PARAMETER, VirtualAlloc(NULL, 1, 0, PAGE_READWRITE));
    assert_fails(ERROR_PRIVILEGE_NOT_HELD,
                 VirtualAlloc(NULL, 1, MEM_COMMIT | MEM_LARGE_PAGES, PAGE_READWRITE));
    assert_fails(ERROR_NOT_ENOUGH_MEMORY,
                 VirtualAlloc(NULL, (SIZE_T)1 << 62, MEM_RESERVE, PAGE_READWRITE));
    assert_fails(ERROR_INVALID_PARAMETER, VirtualFree(NULL, 0, 0));
    assert_fails(ERROR_INVALID_ADDRESS, VirtualFree(NULL, 0, MEM_RELEASE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_becomes_utf16_and_back),
        cmocka_unit_test(what_is_no_character_is_replaced_or_refused),
        cmocka_unit_test(conversions_check_their_arguments),
        cmocka_unit_test(comparing_with_and_without_case),
        cmocka_unit_test(a_length_is_found_where_there_is_memory),
        cmocka_unit_test(wsprintf_reads_windows_conversions),
        cmocka_unit_test(system_messages_have_a_text_and_a_line_end),
        cmocka_unit_test(inserts_are_filled_in_by_number),
        cmocka_unit_test(variables_are_found_whatever_their_case),
        cmocka_unit_test(the_environment_expands_and_can_be_listed),
        cmocka_unit_test(the_command_line_begins_with_the_program),
        cmocka_unit_test(movable_memory_keeps_its_handle),
        cmocka_unit_test(pages_are_reserved_committed_and_released),
        cmocka_unit_test(virtual_alloc_checks_its_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

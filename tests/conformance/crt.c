/* The C runtime's functions that the host lacks, 16-bit wide text, generic-text names and strsafe.
 * The promises are those of the Microsoft pages named above each test. */
#include "portico_test.h"

#include <errno.h>
#include <intrin.h>
#include <strsafe.h>
#include <tchar.h>
#include <wchar.h>

/* "strcpy_s, wcscpy_s", "strncpy_s", "strcat_s" */
static void bounded_copies_report_and_leave_the_target_empty(void **state)
{
    char to[4] = "xyz";
    (void)state;
    assert_int_equal(strcpy_s(to, sizeof to, "abc"), 0);
    assert_string_equal(to, "abc");
    assert_int_equal(strcpy_s(to, sizeof to, "abcd"), ERANGE);
    assert_string_equal(to, "");
    assert_int_equal(strcpy_s(NULL, 4, "a"), EINVAL);
    assert_int_equal(strcpy_s(to, sizeof to, NULL), EINVAL);
    assert_int_equal(strncpy_s(to, sizeof to, "abcdef", 2), 0);
    assert_string_equal(to, "ab");
    assert_int_equal(strncpy_s(to, sizeof to, "abcdef", _TRUNCATE), STRUNCATE);
    assert_string_equal(to, "abc");
    assert_int_equal(strcpy_s(to, sizeof to, "a"), 0);
    assert_int_equal(strcat_s(to, sizeof to, "bc"), 0);
    assert_string_equal(to, "abc");
    assert_int_equal(strcat_s(to, sizeof to, "d"), ERANGE);
    assert_string_equal(to, "");
    assert_int_equal(memcpy_s(to, sizeof to, "abcdefgh", 8), ERANGE);
}

/* "sprintf_s", "_snprintf", "_snprintf_s" */
static void bounded_printing_follows_each_functions_own_rule(void **state)
{
    char to[8];
    (void)state;
    assert_int_equal(sprintf_s(to, sizeof to, "%I64d", 1LL), 1);
    assert_int_equal(sprintf_s(to, sizeof to, "%s", "12345678"), -1);
    assert_string_equal(to, "");
    memset(to, 'x', sizeof to);
    assert_int_equal(_snprintf(to, 4, "%d", 1234), 4);
    assert_memory_equal(to, "1234x", 5);
    assert_int_equal(_snprintf(to, 4, "%d", 12345), -1);
    assert_memory_equal(to, "1234x", 5);
    assert_int_equal(_snprintf_s(to, sizeof to, _TRUNCATE, "%s", "123456789"), -1);
    assert_string_equal(to, "1234567");
    assert_int_equal(_snprintf_s(to, sizeof to, 3, "%s", "123456789"), -1);
    assert_string_equal(to, "123");
    assert_int_equal(_scprintf("%ws", L"abc"), 3);
}

/* "_stricmp, _wcsicmp", "_strnicmp" */
static void comparing_without_case(void **state)
{
    (void)state;
    assert_int_equal(_stricmp("AbC", "aBc"), 0);
    assert_int_equal(_strnicmp("abX", "ABy", 2), 0);
    assert_int_equal(_wcsicmp(L"AbC", L"aBc"), 0);
    assert_true(_wcsicmp(L"a", L"B") < 0);
    assert_int_equal(_wcsnicmp(L"abX", L"ABy", 2), 0);
    assert_int_equal(_memicmp("AB", "ab", 2), 0);
}

/* "wcslen", "wcscpy", "wcsstr", "swprintf" */
static void wide_text_has_sixteen_bits(void **state)
{
    wchar_t to[32];
    (void)state;
    assert_int_equal(sizeof(wchar_t), 2);
    assert_int_equal(wcslen(L"hello"), 5);
    wcscat(wcscpy(to, L"he"), L"llo");
    assert_int_equal(wcscmp(to, L"hello"), 0);
    assert_true(wcscmp(L"a", L"b") < 0);
    assert_int_equal(wcsncmp(L"abc", L"abd", 2), 0);
    assert_ptr_equal(wcschr(to, L'l'), to + 2);
    assert_ptr_equal(wcsrchr(to, L'l'), to + 3);
    assert_ptr_equal(wcsstr(to, L"lo"), to + 3);
    assert_null(wcsstr(to, L"x"));
    assert_int_equal(swprintf(to, 32, L"%s-%hs-%d", L"w", "n", 7), 5);
    assert_int_equal(wcscmp(to, L"w-n-7"), 0);
    assert_int_equal(swprintf(to, 3, L"%d", 1234), -1);
    assert_int_equal(_wtoi(L" -12x"), -12);
}

/* "StringCchCopyW", "StringCchPrintfW" */
static void strsafe_cuts_terminates_and_tells(void **state)
{
    char to[4];
    WCHAR wide[4];
    size_t length = 9;
    (void)state;
    assert_int_equal(StringCchCopyA(to, 4, "abc"), S_OK);
    assert_int_equal(StringCchCopyA(to, 4, "wxyz"), STRSAFE_E_INSUFFICIENT_BUFFER);
    assert_string_equal(to, "wxy");
    assert_int_equal(StringCchCopyA(to, 0, "a"), STRSAFE_E_INVALID_PARAMETER);
    assert_int_equal(StringCchPrintfA(to, 4, "%d", 12345), STRSAFE_E_INSUFFICIENT_BUFFER);
    assert_string_equal(to, "123");
    assert_int_equal(StringCbPrintfW(wide, sizeof wide, L"%s", L"ab"), S_OK);
    assert_int_equal(StringCchCatW(wide, 4, L"cd"), STRSAFE_E_INSUFFICIENT_BUFFER);
    assert_int_equal(wcscmp(wide, L"abc"), 0);
    assert_int_equal(StringCbLengthW(wide, sizeof wide, &length), S_OK);
    assert_int_equal(length, 6);
    assert_int_equal(StringCchLengthA("abcd", 4, &length), STRSAFE_E_INVALID_PARAMETER);
}

/* "Generic-text mappings" */
static void generic_names_are_narrow_without_unicode(void **state)
{
    TCHAR text[16];
    (void)state;
    _tcscpy(text, _T("abc"));
    assert_int_equal(_tcslen(text), 3);
    assert_int_equal(_tcsicmp(text, TEXT("ABC")), 0);
    assert_int_equal(_stprintf_s(text, _countof(text), _T("%d"), 5), 1);
}

static __declspec(thread) __int64 thread_value;

/* "_BitScanForward", "__declspec(thread)" */
static void intrinsics_and_keywords_of_the_compiler_exist(void **state)
{
    unsigned long index = 99;
    DWORD other = 99;
    (void)state;
    assert_int_equal(_BitScanForward(&index, 0x50), 1);
    assert_int_equal(index, 4);
    assert_int_equal(_BitScanReverse(&other, 0x50), 1);
    assert_int_equal(other, 6);
    assert_int_equal(_BitScanForward(&index, 0), 0);
    assert_int_equal(index, 4);
    assert_int_equal(_BitScanReverse64(&other, 1ULL << 40), 1);
    assert_int_equal(other, 40);
    thread_value = (__int64)1 << 40;
    assert_int_equal(thread_value >> 40, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounded_copies_report_and_leave_the_target_empty),
        cmocka_unit_test(bounded_printing_follows_each_functions_own_rule),
        cmocka_unit_test(comparing_without_case),
        cmocka_unit_test(wide_text_has_sixteen_bits),
        cmocka_unit_test(strsafe_cuts_terminates_and_tells),
        cmocka_unit_test(generic_names_are_narrow_without_unicode),
        cmocka_unit_test(intrinsics_and_keywords_of_the_compiler_exist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

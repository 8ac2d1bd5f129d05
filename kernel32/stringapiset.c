/* Entry points of stringapiset.h and winnls.h. The one code page is UTF-8, read and written
 * strictly: surrogates alone and overlong forms are no characters here. */
#include <stringapiset.h>

#include "case.h"
#include "last_error.h"
#include "text.h"

#include <string.h>
#include <winerror.h>

enum { REPLACEMENT = 0xFFFD };

static bool codepage__is_utf8(UINT codepage)
{
    return codepage <= CP_THREAD_ACP || codepage == CP_UTF8;
}

/* One character; *at moves past it, or past the longest beginning of one, which is not a character
 * and gives U+FFFD with *valid false. */
static uint32_t utf8__decode(const unsigned char *text, size_t count, size_t *at, bool *valid)
{
    unsigned char first = text[(*at)++];
    unsigned char low = 0x80, high = 0xBF;
    int more;
    uint32_t c;
    if (first < 0x80)
        return first;
    if (first >= 0xC2 && first <= 0xDF) {
        more = 1;
        c = first & 0x1F;
    } else if (first >= 0xE0 && first <= 0xEF) {
        more = 2;
        c = first & 0x0F;
        low = first == 0xE0 ? 0xA0 : low;
        high = first == 0xED ? 0x9F : high;
    } else if (first >= 0xF0 && first <= 0xF4) {
        more = 3;
        c = first & 0x07;
        low = first == 0xF0 ? 0x90 : low;
        high = first == 0xF4 ? 0x8F : high;
    } else {
        *valid = false;
        return REPLACEMENT;
    }
    for (; more > 0; more--) {
        if (*at >= count || text[*at] < low || text[*at] > high) {
            *valid = false;
            return REPLACEMENT;
        }
        c = c << 6 | (text[(*at)++] & 0x3F);
        low = 0x80;
        high = 0xBF;
    }
    return c;
}

/* The units the text has in UTF-16, stored as far as there is room. */
static size_t utf8__to_wide(const char *text, size_t count, WCHAR *out, size_t room, bool *valid)
{
    size_t at = 0, length = 0;
    while (at < count) {
        uint32_t c = utf8__decode((const unsigned char *)text, count, &at, valid);
        WCHAR units[2] = {(WCHAR)c, 0};
        size_t n = 1;
        if (c > 0xFFFF) {
            units[0] = (WCHAR)(0xD800 + ((c - 0x10000) >> 10));
            units[1] = (WCHAR)(0xDC00 + ((c - 0x10000) & 0x3FF));
            n = 2;
        }
        if (out && length + n <= room)
            memcpy(out + length, units, n * sizeof *out);
        length += n;
    }
    return length;
}

int WINAPI MultiByteToWideChar(UINT CodePage, DWORD dwFlags, LPCCH lpMultiByteStr, int cbMultiByte,
                               LPWSTR lpWideCharStr, int cchWideChar)
{
    const DWORD known = CodePage == CP_UTF8 ? MB_ERR_INVALID_CHARS
                                            : MB_ERR_INVALID_CHARS | MB_PRECOMPOSED | MB_COMPOSITE |
                                                  MB_USEGLYPHCHARS;
    bool valid = true;
    size_t length;
    if (!codepage__is_utf8(CodePage) || !lpMultiByteStr || cbMultiByte == 0 || cbMultiByte < -1 ||
        cchWideChar < 0 || (cchWideChar && !lpWideCharStr) ||
        (const void *)lpMultiByteStr == (const void *)lpWideCharStr)
        return fail_win32(ERROR_INVALID_PARAMETER);
    if (dwFlags & ~known)
        return fail_win32(ERROR_INVALID_FLAGS);
    length = cbMultiByte < 0 ? strlen(lpMultiByteStr) + 1 : (size_t)cbMultiByte;
    length = utf8__to_wide(lpMultiByteStr, length, lpWideCharStr, (size_t)cchWideChar, &valid);
    if (!valid && (dwFlags & MB_ERR_INVALID_CHARS))
        return fail_win32(ERROR_NO_UNICODE_TRANSLATION);
    if (cchWideChar && length > (size_t)cchWideChar)
        return fail_win32(ERROR_INSUFFICIENT_BUFFER);
    return (int)length;
}

/* The same the other way: a surrogate without its other half becomes U+FFFD. */
static size_t wide__to_utf8(const WCHAR *text, size_t count, char *out, size_t room, bool *valid)
{
    size_t length = 0;
    for (size_t at = 0; at < count; at++) {
        uint16_t unit = (uint16_t)text[at];
        WCHAR one[2] = {text[at], 0};
        size_t units = 1, n;
        if (unit >= 0xD800 && unit < 0xE000) {
            uint16_t low = unit < 0xDC00 && at + 1 < count ? (uint16_t)text[at + 1] : 0;
            if (low >= 0xDC00 && low < 0xE000) {
                one[1] = text[++at];
                units = 2;
            } else {
                one[0] = (WCHAR)REPLACEMENT;
                *valid = false;
            }
        }
        n = text_utf8_from_wide(one, units, NULL, 0);
        if (out && length + n <= room)
            text_utf8_from_wide(one, units, out + length, n);
        length += n;
    }
    return length;
}

/* UTF-8 proper takes no default character; where it stands for CP_ACP none is ever used. */
int WINAPI WideCharToMultiByte(UINT CodePage, DWORD dwFlags, LPCWCH lpWideCharStr, int cchWideChar,
                               LPSTR lpMultiByteStr, int cbMultiByte, LPCCH lpDefaultChar,
                               BOOL *lpUsedDefaultChar)
{
    const DWORD known = CodePage == CP_UTF8
                            ? WC_ERR_INVALID_CHARS
                            : WC_ERR_INVALID_CHARS | WC_COMPOSITECHECK | WC_DISCARDNS |
                                  WC_SEPCHARS | WC_DEFAULTCHAR | WC_NO_BEST_FIT_CHARS;
    bool valid = true;
    size_t length;
    if (!codepage__is_utf8(CodePage) || !lpWideCharStr || cchWideChar == 0 || cchWideChar < -1 ||
        cbMultiByte < 0 || (cbMultiByte && !lpMultiByteStr) ||
        (const void *)lpMultiByteStr == (const void *)lpWideCharStr ||
        (CodePage == CP_UTF8 && (lpDefaultChar || lpUsedDefaultChar)))
        return fail_win32(ERROR_INVALID_PARAMETER);
    if (dwFlags & ~known)
        return fail_win32(ERROR_INVALID_FLAGS);
    length = cchWideChar < 0 ? text_wide_length(lpWideCharStr) + 1 : (size_t)cchWideChar;
    length = wide__to_utf8(lpWideCharStr, length, lpMultiByteStr, (size_t)cbMultiByte, &valid);
    if (!valid && (dwFlags & WC_ERR_INVALID_CHARS))
        return fail_win32(ERROR_NO_UNICODE_TRANSLATION);
    if (cbMultiByte && length > (size_t)cbMultiByte)
        return fail_win32(ERROR_INSUFFICIENT_BUFFER);
    if (lpUsedDefaultChar)
        *lpUsedDefaultChar = !valid;
    return (int)length;
}

int WINAPI CompareStringOrdinal(LPCWCH lpString1, int cchCount1, LPCWCH lpString2, int cchCount2,
                                BOOL bIgnoreCase)
{
    size_t first, second, common;
    if (!lpString1 || !lpString2 || cchCount1 < -1 || cchCount2 < -1)
        return fail_win32(ERROR_INVALID_PARAMETER);
    first = cchCount1 < 0 ? text_wide_length(lpString1) : (size_t)cchCount1;
    second = cchCount2 < 0 ? text_wide_length(lpString2) : (size_t)cchCount2;
    common = first < second ? first : second;
    for (size_t i = 0; i < common; i++) {
        uint16_t a = (uint16_t)lpString1[i], b = (uint16_t)lpString2[i];
        if (bIgnoreCase) {
            a = case_upper(a);
            b = case_upper(b);
        }
        if (a != b)
            return a < b ? CSTR_LESS_THAN : CSTR_GREATER_THAN;
    }
    if (first == second)
        return CSTR_EQUAL;
    return first < second ? CSTR_LESS_THAN : CSTR_GREATER_THAN;
}

/* ---- locales ---- */

UINT WINAPI GetACP(VOID)
{
    return CP_UTF8;
}

UINT WINAPI GetOEMCP(VOID)
{
    return CP_UTF8;
}

BOOL WINAPI IsValidCodePage(UINT CodePage)
{
    return CodePage == CP_UTF8;
}

LANGID WINAPI GetUserDefaultLangID(VOID)
{
    return MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US);
}

LANGID WINAPI GetSystemDefaultLangID(VOID)
{
    return GetUserDefaultLangID();
}

LCID WINAPI GetUserDefaultLCID(VOID)
{
    return MAKELCID(GetUserDefaultLangID(), SORT_DEFAULT);
}

LCID WINAPI GetSystemDefaultLCID(VOID)
{
    return GetUserDefaultLCID();
}

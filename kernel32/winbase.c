/* Entry points of winbase.h: the lstr functions and debug output. */
#include <winbase.h>
#include <debugapi.h>

#include "case.h"
#include "last_error.h"
#include "text.h"
#include "transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_BYTES = 4096 };

/* ---- strings ---- NULL counts as empty, or fails, and never crashes. */

/* The units before the end of a string; 0 if it runs into memory that is not there. Page by page:
 * the next one may not be. */
static int text__guarded_length(const void *text, size_t unit)
{
    static const char zero[sizeof(WCHAR)];
    uintptr_t at = (uintptr_t)text, known = UINTPTR_MAX;
    for (;; at += unit) {
        uintptr_t page = (at + unit - 1) / PAGE_BYTES;
        if (page != known && !memory_is_readable((void *)at, unit))
            return 0;
        known = page;
        if (memcmp((void *)at, zero, unit) == 0)
            return (int)((at - (uintptr_t)text) / unit);
    }
}

int WINAPI lstrlenA(LPCSTR lpString)
{
    return text__guarded_length(lpString, sizeof *lpString);
}

int WINAPI lstrlenW(LPCWSTR lpString)
{
    return text__guarded_length(lpString, sizeof *lpString);
}

LPSTR WINAPI lstrcpynA(LPSTR lpString1, LPCSTR lpString2, int iMaxLength)
{
    size_t length;
    if (!lpString1 || !lpString2 || iMaxLength <= 0)
        return NULL;
    length = strnlen(lpString2, (size_t)iMaxLength - 1);
    memmove(lpString1, lpString2, length);
    lpString1[length] = '\0';
    return lpString1;
}

LPWSTR WINAPI lstrcpynW(LPWSTR lpString1, LPCWSTR lpString2, int iMaxLength)
{
    size_t length = 0;
    if (!lpString1 || !lpString2 || iMaxLength <= 0)
        return NULL;
    while (length < (size_t)iMaxLength - 1 && lpString2[length])
        length++;
    memmove(lpString1, lpString2, length * sizeof *lpString1);
    lpString1[length] = 0;
    return lpString1;
}

LPSTR WINAPI lstrcpyA(LPSTR lpString1, LPCSTR lpString2)
{
    if (!lpString1 || !lpString2)
        return NULL;
    return memmove(lpString1, lpString2, strlen(lpString2) + 1);
}

LPWSTR WINAPI lstrcpyW(LPWSTR lpString1, LPCWSTR lpString2)
{
    if (!lpString1 || !lpString2)
        return NULL;
    return memmove(lpString1, lpString2, (text_wide_length(lpString2) + 1) * sizeof *lpString1);
}

LPSTR WINAPI lstrcatA(LPSTR lpString1, LPCSTR lpString2)
{
    return lpString1 && lstrcpyA(lpString1 + strlen(lpString1), lpString2) ? lpString1 : NULL;
}

LPWSTR WINAPI lstrcatW(LPWSTR lpString1, LPCWSTR lpString2)
{
    return lpString1 && lstrcpyW(lpString1 + text_wide_length(lpString1), lpString2) ? lpString1
                                                                                     : NULL;
}

int WINAPI lstrcmpiW(LPCWSTR lpString1, LPCWSTR lpString2)
{
    return case_compare(lpString1 ? lpString1 : L"", lpString2 ? lpString2 : L"", SIZE_MAX);
}

/* As in a dictionary: case decides only between words that are otherwise the same, and then small
 * letters come first. */
int WINAPI lstrcmpW(LPCWSTR lpString1, LPCWSTR lpString2)
{
    int order = lstrcmpiW(lpString1, lpString2);
    if (order != 0 || !lpString1 || !lpString2)
        return order;
    for (; *lpString1; lpString1++, lpString2++) {
        if (*lpString1 != *lpString2)
            return *lpString1 > *lpString2 ? -1 : 1;
    }
    return 0;
}

static int compare__ansi(LPCSTR first, LPCSTR second, int (*compare)(LPCWSTR, LPCWSTR))
{
    wchar_t *a = text_to_wide(first ? first : ""), *b = text_to_wide(second ? second : "");
    int order = a && b ? compare(a, b) : 0;
    free(a);
    free(b);
    return order;
}

int WINAPI lstrcmpA(LPCSTR lpString1, LPCSTR lpString2)
{
    return compare__ansi(lpString1, lpString2, lstrcmpW);
}

int WINAPI lstrcmpiA(LPCSTR lpString1, LPCSTR lpString2)
{
    return compare__ansi(lpString1, lpString2, lstrcmpiW);
}

int WINAPI MulDiv(int nNumber, int nNumerator, int nDenominator)
{
    int64_t product = (int64_t)nNumber * nNumerator, half, result;
    if (nDenominator == 0)
        return -1;
    half = (nDenominator < 0 ? -(int64_t)nDenominator : nDenominator) / 2;
    result = (product < 0 ? product - half : product + half) / nDenominator;
    return result > INT32_MAX || result < INT32_MIN ? -1 : (int)result;
}

/* ---- debugging ---- */

/* The process that traces this one, 0 if there is none. */
static long debugger__pid(void)
{
    char line[128];
    long pid = 0;
    FILE *file = fopen("/proc/self/status", "re");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "TracerPid:", 10) == 0)
            pid = strtol(line + 10, NULL, 10);
    }
    if (file)
        fclose(file);
    return pid;
}

BOOL WINAPI IsDebuggerPresent(VOID)
{
    return debugger__pid() != 0;
}

/* Standard error is where a debugger's user would see it; without a debugger nobody does, as on
 * Windows, unless PORTICO_DEBUG_OUTPUT asks for it. */
VOID WINAPI OutputDebugStringA(LPCSTR lpOutputString)
{
    if (lpOutputString && (getenv("PORTICO_DEBUG_OUTPUT") || IsDebuggerPresent()))
        fputs(lpOutputString, stderr);
}

VOID WINAPI OutputDebugStringW(LPCWSTR lpOutputString)
{
    char *text = lpOutputString ? text_from_wide(lpOutputString) : NULL;
    OutputDebugStringA(text);
    free(text);
}

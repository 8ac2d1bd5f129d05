/* Entry points of winuser.h. */
#include <winuser.h>

#include "case.h"
#include "format.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum { WSPRINTF_MAX = 1024 };

static bool char__is_trail(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

LPSTR WINAPI CharNextA(LPCSTR lpsz)
{
    if (*lpsz)
        lpsz++;
    while (char__is_trail(*lpsz))
        lpsz++;
    return (LPSTR)lpsz;
}

LPWSTR WINAPI CharNextW(LPCWSTR lpsz)
{
    return (LPWSTR)(*lpsz ? lpsz + 1 : lpsz);
}

LPSTR WINAPI CharPrevA(LPCSTR lpszStart, LPCSTR lpszCurrent)
{
    if (lpszCurrent > lpszStart)
        lpszCurrent--;
    while (lpszCurrent > lpszStart && char__is_trail(*lpszCurrent))
        lpszCurrent--;
    return (LPSTR)lpszCurrent;
}

LPWSTR WINAPI CharPrevW(LPCWSTR lpszStart, LPCWSTR lpszCurrent)
{
    return (LPWSTR)(lpszCurrent > lpszStart ? lpszCurrent - 1 : lpszCurrent);
}

/* Is the argument a character in a pointer's clothes? */
static bool char__is_single(const void *argument)
{
    return (uintptr_t)argument <= 0xFFFF;
}

static void text__change_case(char *text, uint16_t (*change)(uint16_t))
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x80)
            *text = (char)change((uint16_t)*text);
    }
}

static LPSTR char__change_ansi(LPSTR text, uint16_t (*change)(uint16_t))
{
    unsigned c = (unsigned)(uintptr_t)text & 0xFF;
    if (char__is_single(text))
        return (LPSTR)(uintptr_t)(c < 0x80 ? change((uint16_t)c) : c);
    text__change_case(text, change);
    return text;
}

static LPWSTR char__change_wide(LPWSTR text, uint16_t (*change)(uint16_t))
{
    if (char__is_single(text))
        return (LPWSTR)(uintptr_t)change((uint16_t)(uintptr_t)text);
    for (WCHAR *at = text; *at; at++)
        *at = (WCHAR)change((uint16_t)*at);
    return text;
}

LPSTR WINAPI CharUpperA(LPSTR lpsz)
{
    return char__change_ansi(lpsz, case_upper);
}

LPWSTR WINAPI CharUpperW(LPWSTR lpsz)
{
    return char__change_wide(lpsz, case_upper);
}

LPSTR WINAPI CharLowerA(LPSTR lpsz)
{
    return char__change_ansi(lpsz, case_lower);
}

LPWSTR WINAPI CharLowerW(LPWSTR lpsz)
{
    return char__change_wide(lpsz, case_lower);
}

/* ---- wsprintf ---- */

int WINAPI wvsprintfA(LPSTR unnamedParam1, LPCSTR unnamedParam2, va_list arglist)
{
    struct text_buffer out = {0};
    va_list copy;
    size_t length = 0;
    va_copy(copy, arglist);
    format_all(&out, unnamedParam2, false, &(struct format_args){.list = &copy});
    va_end(copy);
    if (!out.failed) {
        length = out.length < WSPRINTF_MAX ? out.length : WSPRINTF_MAX - 1;
        memcpy(unnamedParam1, out.text, length);
    }
    unnamedParam1[length] = '\0';
    text_buffer_free(&out);
    return (int)length;
}

int WINAPI wvsprintfW(LPWSTR unnamedParam1, LPCWSTR unnamedParam2, va_list arglist)
{
    struct text_buffer out = {0};
    char *format = text_from_wide(unnamedParam2);
    va_list copy;
    size_t length = 0;
    va_copy(copy, arglist);
    if (format)
        format_all(&out, format, true, &(struct format_args){.list = &copy});
    va_end(copy);
    if (format && !out.failed) {
        length = text_wide_from_utf8(out.text, out.length, unnamedParam1, WSPRINTF_MAX - 1);
        length = length < WSPRINTF_MAX ? length : WSPRINTF_MAX - 1;
    }
    unnamedParam1[length] = 0;
    free(format);
    text_buffer_free(&out);
    return (int)length;
}

int WINAPIV wsprintfA(LPSTR unnamedParam1, LPCSTR unnamedParam2, ...)
{
    va_list list;
    int length;
    va_start(list, unnamedParam2);
    length = wvsprintfA(unnamedParam1, unnamedParam2, list);
    va_end(list);
    return length;
}

int WINAPIV wsprintfW(LPWSTR unnamedParam1, LPCWSTR unnamedParam2, ...)
{
    va_list list;
    int length;
    va_start(list, unnamedParam2);
    length = wvsprintfW(unnamedParam1, unnamedParam2, list);
    va_end(list);
    return length;
}

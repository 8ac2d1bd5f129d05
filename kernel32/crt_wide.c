/* The C runtime's functions for 16-bit wide text and for Windows' printf conversions. The host's
 * own work on 32-bit wide characters, so the shadow headers send programs here. */
#include "crt.h"

#include "case.h"
#include "format.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

/* ---- strings ---- */

EXPORT size_t portico_wcslen(const wchar_t *s)
{
    return text_wide_length(s);
}

EXPORT size_t portico_wcsnlen(const wchar_t *s, size_t count)
{
    size_t length = 0;
    while (length < count && s[length])
        length++;
    return length;
}

EXPORT wchar_t *portico_wmemcpy(wchar_t *to, const wchar_t *from, size_t count)
{
    return memcpy(to, from, count * sizeof *to);
}

EXPORT wchar_t *portico_wmemmove(wchar_t *to, const wchar_t *from, size_t count)
{
    return memmove(to, from, count * sizeof *to);
}

EXPORT wchar_t *portico_wmemset(wchar_t *to, wchar_t c, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = c;
    return to;
}

EXPORT int portico_wmemcmp(const wchar_t *a, const wchar_t *b, size_t count)
{
    for (; count > 0; count--, a++, b++) {
        if (*a != *b)
            return (uint16_t)*a < (uint16_t)*b ? -1 : 1;
    }
    return 0;
}

EXPORT wchar_t *portico_wmemchr(const wchar_t *s, wchar_t c, size_t count)
{
    for (; count > 0; count--, s++) {
        if (*s == c)
            return (wchar_t *)s;
    }
    return NULL;
}

EXPORT wchar_t *portico_wcscpy(wchar_t *to, const wchar_t *from)
{
    return portico_wmemcpy(to, from, text_wide_length(from) + 1);
}

EXPORT wchar_t *portico_wcsncpy(wchar_t *to, const wchar_t *from, size_t count)
{
    size_t length = portico_wcsnlen(from, count);
    portico_wmemcpy(to, from, length);
    portico_wmemset(to + length, 0, count - length);
    return to;
}

EXPORT wchar_t *portico_wcscat(wchar_t *to, const wchar_t *from)
{
    portico_wcscpy(to + text_wide_length(to), from);
    return to;
}

EXPORT wchar_t *portico_wcsncat(wchar_t *to, const wchar_t *from, size_t count)
{
    wchar_t *end = to + text_wide_length(to);
    size_t length = portico_wcsnlen(from, count);
    portico_wmemcpy(end, from, length);
    end[length] = 0;
    return to;
}

EXPORT int portico_wcsncmp(const wchar_t *a, const wchar_t *b, size_t count)
{
    for (; count > 0; count--, a++, b++) {
        if (*a != *b)
            return (uint16_t)*a < (uint16_t)*b ? -1 : 1;
        if (*a == 0)
            break;
    }
    return 0;
}

EXPORT int portico_wcscmp(const wchar_t *a, const wchar_t *b)
{
    return portico_wcsncmp(a, b, SIZE_MAX);
}

EXPORT wchar_t *portico_wcschr(const wchar_t *s, wchar_t c)
{
    return portico_wmemchr(s, c, text_wide_length(s) + 1);
}

EXPORT wchar_t *portico_wcsrchr(const wchar_t *s, wchar_t c)
{
    for (size_t at = text_wide_length(s) + 1; at > 0; at--) {
        if (s[at - 1] == c)
            return (wchar_t *)s + at - 1;
    }
    return NULL;
}

EXPORT wchar_t *portico_wcsstr(const wchar_t *s, const wchar_t *part)
{
    size_t length = text_wide_length(part);
    for (; portico_wcsncmp(s, part, length) != 0; s++) {
        if (!*s)
            return NULL;
    }
    return (wchar_t *)s;
}

EXPORT size_t portico_wcscspn(const wchar_t *s, const wchar_t *stop)
{
    size_t length = 0;
    while (s[length] && !portico_wcschr(stop, s[length]))
        length++;
    return length;
}

EXPORT size_t portico_wcsspn(const wchar_t *s, const wchar_t *accepted)
{
    size_t length = 0;
    while (s[length] && portico_wcschr(accepted, s[length]))
        length++;
    return length;
}

EXPORT wchar_t *portico_wcspbrk(const wchar_t *s, const wchar_t *wanted)
{
    s += portico_wcscspn(s, wanted);
    return *s ? (wchar_t *)s : NULL;
}

EXPORT wchar_t *portico_wcsdup(const wchar_t *s)
{
    size_t count = text_wide_length(s) + 1;
    wchar_t *copy = malloc(count * sizeof *copy);
    return copy ? portico_wmemcpy(copy, s, count) : NULL;
}

EXPORT int portico_wcsicmp(const wchar_t *a, const wchar_t *b)
{
    return case_compare(a, b, SIZE_MAX);
}

EXPORT int portico_wcsnicmp(const wchar_t *a, const wchar_t *b, size_t count)
{
    return case_compare(a, b, count);
}

/* ---- printf ---- */

/* The tail of the functions that print into an array: what vsnprintf promises. */
EXPORT int portico_vsnprintf(char *to, size_t size, const char *format, va_list list)
{
    struct text_buffer out = {0};
    size_t kept;
    va_list copy;
    int length;
    va_copy(copy, list);
    format_all(&out, format, false, &(struct format_args){.list = &copy});
    va_end(copy);
    length = out.failed ? -1 : (int)out.length;
    if (size > 0) {
        kept = out.failed ? 0 : out.length < size ? out.length : size - 1;
        memcpy(to, out.text, kept);
        to[kept] = '\0';
    }
    text_buffer_free(&out);
    return length;
}

/* The formatted text as UTF-8; false if there is no memory. */
static bool format__wide_to_utf8(struct text_buffer *out, const wchar_t *format, va_list list)
{
    char *utf8 = text_from_wide(format);
    va_list copy;
    if (!utf8)
        return false;
    va_copy(copy, list);
    format_all(out, utf8, true, &(struct format_args){.list = &copy});
    va_end(copy);
    free(utf8);
    return !out->failed;
}

/* As vsnprintf, in 16-bit units: the length it would take. */
EXPORT int portico_vsnwprintf(wchar_t *to, size_t size, const wchar_t *format, va_list list)
{
    struct text_buffer out = {0};
    bool done = format__wide_to_utf8(&out, format, list);
    size_t length = done ? text_wide_from_utf8(out.text, out.length, NULL, 0) : 0;
    if (size > 0) {
        size_t kept = length < size ? length : size - 1;
        if (done)
            text_wide_from_utf8(out.text, out.length, to, kept);
        to[kept] = 0;
    }
    text_buffer_free(&out);
    return done ? (int)length : -1;
}

/* C's vswprintf: -1 if it does not fit. */
EXPORT int portico_vswprintf(wchar_t *to, size_t size, const wchar_t *format, va_list list)
{
    int length = portico_vsnwprintf(to, size, format, list);
    return length >= 0 && (size_t)length < size ? length : -1;
}

EXPORT int portico_vfwprintf(FILE *file, const wchar_t *format, va_list list)
{
    struct text_buffer out = {0};
    bool done = format__wide_to_utf8(&out, format, list);
    int length = -1;
    if (done && fwrite(out.text, 1, out.length, file) == out.length)
        length = (int)text_wide_from_utf8(out.text, out.length, NULL, 0);
    text_buffer_free(&out);
    return length;
}

EXPORT int portico_vwprintf(const wchar_t *format, va_list list)
{
    return portico_vfwprintf(stdout, format, list);
}

EXPORT int portico_swprintf(wchar_t *to, size_t size, const wchar_t *format, ...)
{
    va_list list;
    int length;
    va_start(list, format);
    length = portico_vswprintf(to, size, format, list);
    va_end(list);
    return length;
}

EXPORT int portico_fwprintf(FILE *file, const wchar_t *format, ...)
{
    va_list list;
    int length;
    va_start(list, format);
    length = portico_vfwprintf(file, format, list);
    va_end(list);
    return length;
}

EXPORT int portico_wprintf(const wchar_t *format, ...)
{
    va_list list;
    int length;
    va_start(list, format);
    length = portico_vfwprintf(stdout, format, list);
    va_end(list);
    return length;
}

EXPORT int portico_fputws(const wchar_t *s, FILE *file)
{
    char *utf8 = text_from_wide(s);
    int result = utf8 ? fputs(utf8, file) : EOF;
    free(utf8);
    return result;
}

/* What Microsoft's C runtime has in string.h, stdio.h and stdlib.h beyond the host's: inline, over
 * the host and a few functions for 16-bit text. The *_s functions report a problem by their result;
 * there is no invalid parameter handler to call. ("Security Features in the CRT") */
#ifndef PORTICO_CRT_EXTRA_H
#define PORTICO_CRT_EXTRA_H

#include <minwindef.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>

typedef int errno_t;
typedef size_t rsize_t;
#ifndef _TRUNCATE
#define _TRUNCATE ((size_t)-1)
#endif
#ifndef STRUNCATE
#define STRUNCATE 80
#endif
#ifndef _countof
#define _countof(a) (sizeof(a) / sizeof((a)[0]))
#endif
#define _MAX_PATH 260
#define _MAX_DRIVE 3
#define _MAX_DIR 256
#define _MAX_FNAME 256
#define _MAX_EXT 256
#define PORTICO_INLINE static __inline __attribute__((unused))

PORTICO_BEGIN_DECLS

/* printf with Windows' conversions, into narrow and 16-bit text: the length it would take. */
PORTICO_API int portico_vsnprintf(char *to, size_t size, const char *format, va_list list);
PORTICO_API int portico_vsnwprintf(wchar_t *to, size_t size, const wchar_t *format, va_list list);

/* Comparison without regard to case, 16-bit. ("_stricmp, _wcsicmp") */
PORTICO_API int portico_wcsicmp(const wchar_t *a, const wchar_t *b);
PORTICO_API int portico_wcsnicmp(const wchar_t *a, const wchar_t *b, size_t count);

PORTICO_END_DECLS

#define _stricmp strcasecmp
#define _strcmpi strcasecmp
#define _strnicmp strncasecmp
#define stricmp strcasecmp
#define strnicmp strncasecmp
#define _strdup strdup
#define strtok_s strtok_r
#define _wcsicmp portico_wcsicmp
#define _wcsnicmp portico_wcsnicmp
#define wcsicmp portico_wcsicmp
#define wcsnicmp portico_wcsnicmp
#define _wcsdup wcsdup

PORTICO_INLINE int _memicmp(const void *a, const void *b, size_t count)
{
    const unsigned char *left = (const unsigned char *)a, *right = (const unsigned char *)b;
    for (; count > 0; count--, left++, right++) {
        int l = *left >= 'A' && *left <= 'Z' ? *left + 32 : *left;
        int r = *right >= 'A' && *right <= 'Z' ? *right + 32 : *right;
        if (l != r)
            return l - r;
    }
    return 0;
}

PORTICO_INLINE char *_strlwr(char *s)
{
    for (char *c = s; *c; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
    return s;
}

PORTICO_INLINE char *_strupr(char *s)
{
    for (char *c = s; *c; c++)
        *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);
    return s;
}

/* strnlen in a form that gcc does not take for an overflow when it is inlined. */
PORTICO_INLINE size_t portico_strnlen(const char *s, size_t max)
{
    size_t length = 0;
    while (length < max && s[length])
        length++;
    return length;
}

/* ---- copying with bounds: 0, EINVAL or ERANGE; on failure the target is empty ---- */

#define PORTICO_BOUNDED(type, prefix, length, bounded_length)                                      \
    PORTICO_INLINE errno_t prefix##ncpy_s(type *to, rsize_t size, const type *from, rsize_t count) \
    {                                                                                              \
        size_t n;                                                                                  \
        if (!to || size == 0)                                                                      \
            return EINVAL;                                                                         \
        to[0] = 0;                                                                                 \
        if (!from)                                                                                 \
            return count == 0 ? 0 : EINVAL;                                                        \
        n = count == _TRUNCATE ? bounded_length(from, size) : bounded_length(from, count);         \
        if (n >= size && count != _TRUNCATE)                                                       \
            return ERANGE;                                                                         \
        if (n >= size) {                                                                           \
            memmove(to, from, (size - 1) * sizeof *to);                                            \
            to[size - 1] = 0;                                                                      \
            return STRUNCATE;                                                                      \
        }                                                                                          \
        memmove(to, from, n * sizeof *to);                                                         \
        to[n] = 0;                                                                                 \
        return 0;                                                                                  \
    }                                                                                              \
    PORTICO_INLINE errno_t prefix##cpy_s(type *to, rsize_t size, const type *from)                 \
    {                                                                                              \
        if (to && size && !from) {                                                                 \
            to[0] = 0;                                                                             \
            return EINVAL;                                                                         \
        }                                                                                          \
        return prefix##ncpy_s(to, size, from, from ? length(from) : 0);                            \
    }                                                                                              \
    PORTICO_INLINE errno_t prefix##ncat_s(type *to, rsize_t size, const type *from, rsize_t count) \
    {                                                                                              \
        size_t used;                                                                               \
        errno_t err;                                                                               \
        if (!to || size == 0)                                                                      \
            return EINVAL;                                                                         \
        used = bounded_length(to, size);                                                           \
        err = used < size ? prefix##ncpy_s(to + used, size - used, from, count) : EINVAL;          \
        if (err && err != STRUNCATE)                                                               \
            to[0] = 0;                                                                             \
        return err;                                                                                \
    }                                                                                              \
    PORTICO_INLINE errno_t prefix##cat_s(type *to, rsize_t size, const type *from)                 \
    {                                                                                              \
        if (to && size && !from) {                                                                 \
            to[0] = 0;                                                                             \
            return EINVAL;                                                                         \
        }                                                                                          \
        return prefix##ncat_s(to, size, from, from ? length(from) : 0);                            \
    }
PORTICO_BOUNDED(char, str, strlen, portico_strnlen)
PORTICO_BOUNDED(wchar_t, wcs, wcslen, wcsnlen)
#undef PORTICO_BOUNDED

PORTICO_INLINE errno_t memcpy_s(void *to, rsize_t size, const void *from, rsize_t count)
{
    if (count == 0)
        return 0;
    if (!to)
        return EINVAL;
    if (!from || count > size) {
        memset(to, 0, size);
        return from ? ERANGE : EINVAL;
    }
    memcpy(to, from, count);
    return 0;
}

PORTICO_INLINE errno_t memmove_s(void *to, rsize_t size, const void *from, rsize_t count)
{
    if (count == 0)
        return 0;
    if (!to || !from)
        return EINVAL;
    if (count > size)
        return ERANGE;
    memmove(to, from, count);
    return 0;
}

PORTICO_INLINE errno_t strerror_s(char *to, rsize_t size, int err)
{
    if (!to || size == 0)
        return EINVAL;
    strncpy_s(to, size, strerror(err), _TRUNCATE);
    return 0;
}

/* ---- printf into arrays ---- */

/* _snprintf terminates only if there is room, and gives -1 if the text does not fit. */
#define PORTICO_PRINTERS(type, v_snprintf, _v_snprintf, _s_nprintf, v_sprintf_s, s_printf_s,      \
                         _v_snprintf_s, _s_nprintf_s, _v_scprintf, _s_cprintf)                    \
    PORTICO_INLINE int _v_scprintf(const type *format, va_list list)                              \
    {                                                                                             \
        return v_snprintf(NULL, 0, format, list);                                                 \
    }                                                                                             \
    PORTICO_INLINE int _s_cprintf(const type *format, ...)                                        \
    {                                                                                             \
        va_list list;                                                                             \
        int length;                                                                               \
        va_start(list, format);                                                                   \
        length = v_snprintf(NULL, 0, format, list);                                               \
        va_end(list);                                                                             \
        return length;                                                                            \
    }                                                                                             \
    PORTICO_INLINE int _v_snprintf(type *to, size_t size, const type *format, va_list list)       \
    {                                                                                             \
        int length = v_snprintf(NULL, 0, format, list);                                           \
        type *all = length < 0 ? NULL : (type *)malloc(((size_t)length + 1) * sizeof *all);       \
        if (!all)                                                                                 \
            return -1;                                                                            \
        v_snprintf(all, (size_t)length + 1, format, list);                                        \
        if (size)                                                                                 \
            memcpy(to, all, ((size_t)length < size ? (size_t)length + 1 : size) * sizeof *to);    \
        free(all);                                                                                \
        return (size_t)length <= size ? length : -1;                                              \
    }                                                                                             \
    PORTICO_INLINE int _s_nprintf(type *to, size_t size, const type *format, ...)                 \
    {                                                                                             \
        va_list list;                                                                             \
        int length;                                                                               \
        va_start(list, format);                                                                   \
        length = _v_snprintf(to, size, format, list);                                             \
        va_end(list);                                                                             \
        return length;                                                                            \
    }                                                                                             \
    PORTICO_INLINE int v_sprintf_s(type *to, size_t size, const type *format, va_list list)       \
    {                                                                                             \
        int length = to && size && format ? v_snprintf(to, size, format, list) : -1;              \
        if (length < 0 || (size_t)length >= size) {                                               \
            if (to && size)                                                                       \
                to[0] = 0;                                                                        \
            errno = length < 0 ? EINVAL : ERANGE;                                                 \
            return -1;                                                                            \
        }                                                                                         \
        return length;                                                                            \
    }                                                                                             \
    PORTICO_INLINE int s_printf_s(type *to, size_t size, const type *format, ...)                 \
    {                                                                                             \
        va_list list;                                                                             \
        int length;                                                                               \
        va_start(list, format);                                                                   \
        length = v_sprintf_s(to, size, format, list);                                             \
        va_end(list);                                                                             \
        return length;                                                                            \
    }                                                                                             \
    PORTICO_INLINE int _v_snprintf_s(type *to, size_t size, size_t count, const type *format,     \
                                     va_list list)                                                \
    {                                                                                             \
        int length;                                                                               \
        if (!to || !size || !format) {                                                            \
            errno = EINVAL;                                                                       \
            return -1;                                                                            \
        }                                                                                         \
        if (count != _TRUNCATE && count + 1 > size)                                               \
            count = size; /* what does not fit is an error */                                     \
        length = v_snprintf(to, count < size ? count + 1 : size, format, list);                   \
        if (length >= 0 && (size_t)length < size && (size_t)length <= count)                      \
            return length;                                                                        \
        if (count == size)                                                                        \
            to[0] = 0;                                                                            \
        return -1;                                                                                \
    }                                                                                             \
    PORTICO_INLINE int _s_nprintf_s(type *to, size_t size, size_t count, const type *format, ...) \
    {                                                                                             \
        va_list list;                                                                             \
        int length;                                                                               \
        va_start(list, format);                                                                   \
        length = _v_snprintf_s(to, size, count, format, list);                                    \
        va_end(list);                                                                             \
        return length;                                                                            \
    }
PORTICO_PRINTERS(char, portico_vsnprintf, _vsnprintf, _snprintf, vsprintf_s, sprintf_s,
                 _vsnprintf_s, _snprintf_s, _vscprintf, _scprintf)
PORTICO_PRINTERS(wchar_t, portico_vsnwprintf, _vsnwprintf, _snwprintf, vswprintf_s, swprintf_s,
                 _vsnwprintf_s, _snwprintf_s, _vscwprintf, _scwprintf)
#undef PORTICO_PRINTERS
#define vsnprintf_s _vsnprintf_s
#define printf_s printf
#define fprintf_s fprintf
#define wprintf_s wprintf
#define fwprintf_s fwprintf

/* ---- files and numbers ---- */

PORTICO_INLINE errno_t fopen_s(FILE **file, const char *name, const char *mode)
{
    if (!file)
        return EINVAL;
    *file = name && mode ? fopen(name, mode) : NULL;
    return *file ? 0 : name && mode ? errno : EINVAL;
}

#define _fileno fileno
#define _fdopen fdopen
#define _popen popen
#define _pclose pclose
#define _flushall() fflush(NULL)
#define _atoi64 atoll
#define _strtoi64 strtoll
#define _strtoui64 strtoull
#define _putenv putenv
#define _byteswap_ushort __builtin_bswap16
#define _byteswap_ulong __builtin_bswap32
#define _byteswap_uint64 __builtin_bswap64

PORTICO_INLINE int _wtoi(const wchar_t *s)
{
    int value = 0, sign = 1;
    while (*s == L' ' || (*s >= L'\t' && *s <= L'\r'))
        s++;
    if (*s == L'-' || *s == L'+')
        sign = *s++ == L'-' ? -1 : 1;
    for (; *s >= L'0' && *s <= L'9'; s++)
        value = (int)((unsigned)value * 10u + (unsigned)(*s - L'0'));
    return sign * value;
}

#ifdef __cplusplus
extern "C++" {
/* The size of an array target is known without being said. */
template <size_t N> inline errno_t strcpy_s(char (&to)[N], const char *from)
{
    return strcpy_s(to, N, from);
}
template <size_t N> inline errno_t strcat_s(char (&to)[N], const char *from)
{
    return strcat_s(to, N, from);
}
template <size_t N> inline errno_t strncpy_s(char (&to)[N], const char *from, size_t count)
{
    return strncpy_s(to, N, from, count);
}
template <size_t N> inline errno_t wcscpy_s(wchar_t (&to)[N], const wchar_t *from)
{
    return wcscpy_s(to, N, from);
}
template <size_t N> inline errno_t wcscat_s(wchar_t (&to)[N], const wchar_t *from)
{
    return wcscat_s(to, N, from);
}
template <size_t N, typename... A> inline int sprintf_s(char (&to)[N], const char *format, A... a)
{
    return (sprintf_s)((char *)to, N, format, a...);
}
template <size_t N, typename... A>
inline int swprintf_s(wchar_t (&to)[N], const wchar_t *format, A... a)
{
    return (swprintf_s)((wchar_t *)to, N, format, a...);
}
}
#endif

#endif

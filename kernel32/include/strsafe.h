/* Bounded string functions, inline. Source: Microsoft, "strsafe.h". Sizes are in characters (Cch)
 * or bytes (Cb), the terminator included; what does not fit is cut, terminated and reported. */
#ifndef _STRSAFE_H_INCLUDED_
#define _STRSAFE_H_INCLUDED_

#include <minwindef.h>
#include <portico_crt.h>

#ifndef STRSAFE_MAX_CCH
#define STRSAFE_MAX_CCH 2147483647
#endif
#define STRSAFE_E_INSUFFICIENT_BUFFER ((HRESULT)0x8007007A)
#define STRSAFE_E_INVALID_PARAMETER ((HRESULT)0x80070057)
#ifndef S_OK
#define S_OK ((HRESULT)0)
#endif
typedef char *STRSAFE_LPSTR;
typedef const char *STRSAFE_LPCSTR;
typedef wchar_t *STRSAFE_LPWSTR;
typedef const wchar_t *STRSAFE_LPCWSTR;

#define PORTICO_STRSAFE(X, type, bounded_length, v_snprintf)                                      \
    PORTICO_INLINE HRESULT StringCchLength##X(const type *s, size_t max, size_t *length)          \
    {                                                                                             \
        size_t n = s && max <= STRSAFE_MAX_CCH ? bounded_length(s, max) : max;                    \
        if (length)                                                                               \
            *length = n < max ? n : 0;                                                            \
        return n < max ? S_OK : STRSAFE_E_INVALID_PARAMETER;                                      \
    }                                                                                             \
    PORTICO_INLINE HRESULT StringCchCopyN##X(type *to, size_t size, const type *from, size_t max) \
    {                                                                                             \
        size_t n;                                                                                 \
        if (!to || size == 0 || size > STRSAFE_MAX_CCH)                                           \
            return STRSAFE_E_INVALID_PARAMETER;                                                   \
        n = bounded_length(from, max < size ? max : size);                                        \
        memmove(to, from, (n < size ? n : size - 1) * sizeof *to);                                \
        to[n < size ? n : size - 1] = 0;                                                          \
        return n < size ? S_OK : STRSAFE_E_INSUFFICIENT_BUFFER;                                   \
    }                                                                                             \
    PORTICO_INLINE HRESULT StringCchCopy##X(type *to, size_t size, const type *from)              \
    {                                                                                             \
        return StringCchCopyN##X(to, size, from, STRSAFE_MAX_CCH);                                \
    }                                                                                             \
    PORTICO_INLINE HRESULT StringCchCatN##X(type *to, size_t size, const type *from, size_t max)  \
    {                                                                                             \
        size_t used = to && size && size <= STRSAFE_MAX_CCH ? bounded_length(to, size) : size;    \
        return used < size ? StringCchCopyN##X(to + used, size - used, from, max)                 \
                           : STRSAFE_E_INVALID_PARAMETER;                                         \
    }                                                                                             \
    PORTICO_INLINE HRESULT StringCchCat##X(type *to, size_t size, const type *from)               \
    {                                                                                             \
        return StringCchCatN##X(to, size, from, STRSAFE_MAX_CCH);                                 \
    }                                                                                             \
    PORTICO_INLINE HRESULT StringCchVPrintf##X(type *to, size_t size, const type *format,         \
                                               va_list list)                                      \
    {                                                                                             \
        int length;                                                                               \
        if (!to || size == 0 || size > STRSAFE_MAX_CCH)                                           \
            return STRSAFE_E_INVALID_PARAMETER;                                                   \
        length = v_snprintf(to, size, format, list);                                              \
        return length >= 0 && (size_t)length < size ? S_OK : STRSAFE_E_INSUFFICIENT_BUFFER;       \
    }                                                                                             \
    PORTICO_INLINE HRESULT StringCchPrintf##X(type *to, size_t size, const type *format, ...)     \
    {                                                                                             \
        HRESULT result;                                                                           \
        va_list list;                                                                             \
        va_start(list, format);                                                                   \
        result = StringCchVPrintf##X(to, size, format, list);                                     \
        va_end(list);                                                                             \
        return result;                                                                            \
    }                                                                                             \
    PORTICO_INLINE HRESULT StringCbLength##X(const type *s, size_t max, size_t *length)           \
    {                                                                                             \
        HRESULT result = StringCchLength##X(s, max / sizeof *s, length);                          \
        if (length)                                                                               \
            *length *= sizeof *s;                                                                 \
        return result;                                                                            \
    }                                                                                             \
    PORTICO_INLINE HRESULT StringCbCopy##X(type *to, size_t size, const type *from)               \
    {                                                                                             \
        return StringCchCopy##X(to, size / sizeof *to, from);                                     \
    }                                                                                             \
    PORTICO_INLINE HRESULT StringCbCopyN##X(type *to, size_t size, const type *from, size_t max)  \
    {                                                                                             \
        return StringCchCopyN##X(to, size / sizeof *to, from, max / sizeof *to);                  \
    }                                                                                             \
    PORTICO_INLINE HRESULT StringCbCat##X(type *to, size_t size, const type *from)                \
    {                                                                                             \
        return StringCchCat##X(to, size / sizeof *to, from);                                      \
    }                                                                                             \
    PORTICO_INLINE HRESULT StringCbVPrintf##X(type *to, size_t size, const type *format,          \
                                              va_list list)                                       \
    {                                                                                             \
        return StringCchVPrintf##X(to, size / sizeof *to, format, list);                          \
    }                                                                                             \
    PORTICO_INLINE HRESULT StringCbPrintf##X(type *to, size_t size, const type *format, ...)      \
    {                                                                                             \
        HRESULT result;                                                                           \
        va_list list;                                                                             \
        va_start(list, format);                                                                   \
        result = StringCchVPrintf##X(to, size / sizeof *to, format, list);                        \
        va_end(list);                                                                             \
        return result;                                                                            \
    }
PORTICO_STRSAFE(A, char, portico_strnlen, portico_vsnprintf)
PORTICO_STRSAFE(W, wchar_t, wcsnlen, portico_vsnwprintf)
#undef PORTICO_STRSAFE

#ifdef UNICODE
#define StringCchLength StringCchLengthW
#define StringCchCopy StringCchCopyW
#define StringCchCopyN StringCchCopyNW
#define StringCchCat StringCchCatW
#define StringCchCatN StringCchCatNW
#define StringCchVPrintf StringCchVPrintfW
#define StringCchPrintf StringCchPrintfW
#define StringCbLength StringCbLengthW
#define StringCbCopy StringCbCopyW
#define StringCbCopyN StringCbCopyNW
#define StringCbCat StringCbCatW
#define StringCbVPrintf StringCbVPrintfW
#define StringCbPrintf StringCbPrintfW
#else
#define StringCchLength StringCchLengthA
#define StringCchCopy StringCchCopyA
#define StringCchCopyN StringCchCopyNA
#define StringCchCat StringCchCatA
#define StringCchCatN StringCchCatNA
#define StringCchVPrintf StringCchVPrintfA
#define StringCchPrintf StringCchPrintfA
#define StringCbLength StringCbLengthA
#define StringCbCopy StringCbCopyA
#define StringCbCopyN StringCbCopyNA
#define StringCbCat StringCbCatA
#define StringCbVPrintf StringCbVPrintfA
#define StringCbPrintf StringCbPrintfA
#endif

#endif

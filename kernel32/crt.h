/* What the shadow headers (wchar.h and its kin) send programs to. */
#ifndef PORTICO_CRT_H
#define PORTICO_CRT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

size_t portico_wcslen(const wchar_t *s);
size_t portico_wcsnlen(const wchar_t *s, size_t count);
wchar_t *portico_wmemcpy(wchar_t *to, const wchar_t *from, size_t count);
wchar_t *portico_wmemset(wchar_t *to, wchar_t c, size_t count);
wchar_t *portico_wmemchr(const wchar_t *s, wchar_t c, size_t count);
wchar_t *portico_wcscpy(wchar_t *to, const wchar_t *from);
wchar_t *portico_wcschr(const wchar_t *s, wchar_t c);
int portico_wcsncmp(const wchar_t *a, const wchar_t *b, size_t count);
size_t portico_wcscspn(const wchar_t *s, const wchar_t *stop);
int portico_vsnprintf(char *to, size_t size, const char *format, va_list list);
int portico_vsnwprintf(wchar_t *to, size_t size, const wchar_t *format, va_list list);
int portico_vswprintf(wchar_t *to, size_t size, const wchar_t *format, va_list list);
int portico_vfwprintf(FILE *file, const wchar_t *format, va_list list);

#endif

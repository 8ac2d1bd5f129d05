/* The host's wchar.h, its functions replaced by ones for 16-bit wide characters. In C++ the host
 * declares five of them as overloads that carry assembler names already: those get ours as the
 * header is read. */

#ifndef PORTICO_WCHAR_H
#define PORTICO_WCHAR_H
#pragma redefine_extname wcslen portico_wcslen
#pragma redefine_extname wcsnlen portico_wcsnlen
#pragma redefine_extname wmemcpy portico_wmemcpy
#pragma redefine_extname wmemmove portico_wmemmove
#pragma redefine_extname wmemset portico_wmemset
#pragma redefine_extname wmemcmp portico_wmemcmp
#pragma redefine_extname wcscpy portico_wcscpy
#pragma redefine_extname wcsncpy portico_wcsncpy
#pragma redefine_extname wcscat portico_wcscat
#pragma redefine_extname wcsncat portico_wcsncat
#pragma redefine_extname wcscmp portico_wcscmp
#pragma redefine_extname wcsncmp portico_wcsncmp
#pragma redefine_extname wcscspn portico_wcscspn
#pragma redefine_extname wcsspn portico_wcsspn
#pragma redefine_extname wcsdup portico_wcsdup
#pragma redefine_extname vswprintf portico_vswprintf
#pragma redefine_extname vfwprintf portico_vfwprintf
#pragma redefine_extname vwprintf portico_vwprintf
#pragma redefine_extname swprintf portico_swprintf
#pragma redefine_extname fwprintf portico_fwprintf
#pragma redefine_extname wprintf portico_wprintf
#pragma redefine_extname fputws portico_fputws
#if !defined(__cplusplus) || defined(__clang__)
#pragma redefine_extname wmemchr portico_wmemchr
#pragma redefine_extname wcschr portico_wcschr
#pragma redefine_extname wcsrchr portico_wcsrchr
#pragma redefine_extname wcsstr portico_wcsstr
#pragma redefine_extname wcspbrk portico_wcspbrk
#endif
#endif

#define __asm(name) __asm__("portico_" name)
#include_next <wchar.h>
#undef __asm

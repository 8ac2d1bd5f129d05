/* What programs without windows use of winuser.h: characters and wsprintf. Source: Microsoft,
 * "winuser.h". */
#ifndef _WINUSER_
#define _WINUSER_

#include <minwindef.h>
#include <stdarg.h>

PORTICO_BEGIN_DECLS

/* The character after and before (never beyond the ends); UTF-8 characters are whole.
 * ("CharNextW function") */
WINUSERAPI LPSTR WINAPI CharNextA(LPCSTR lpsz);
WINUSERAPI LPWSTR WINAPI CharNextW(LPCWSTR lpsz);
WINUSERAPI LPSTR WINAPI CharPrevA(LPCSTR lpszStart, LPCSTR lpszCurrent);
WINUSERAPI LPWSTR WINAPI CharPrevW(LPCWSTR lpszStart, LPCWSTR lpszCurrent);

/* Another case, in place; an argument below 0x10000 is one character. The A forms change ASCII
 * only.
 * ("CharUpperW function") */
WINUSERAPI LPSTR WINAPI CharUpperA(LPSTR lpsz);
WINUSERAPI LPWSTR WINAPI CharUpperW(LPWSTR lpsz);
WINUSERAPI LPSTR WINAPI CharLowerA(LPSTR lpsz);
WINUSERAPI LPWSTR WINAPI CharLowerW(LPWSTR lpsz);

/* printf into a buffer of 1024 characters; what does not fit is cut. The length.
 * ("wsprintfW function") */
WINUSERAPI int WINAPIV wsprintfA(LPSTR unnamedParam1, LPCSTR unnamedParam2, ...);
WINUSERAPI int WINAPIV wsprintfW(LPWSTR unnamedParam1, LPCWSTR unnamedParam2, ...);
WINUSERAPI int WINAPI wvsprintfA(LPSTR unnamedParam1, LPCSTR unnamedParam2, va_list arglist);
WINUSERAPI int WINAPI wvsprintfW(LPWSTR unnamedParam1, LPCWSTR unnamedParam2, va_list arglist);

#ifdef UNICODE
#define CharNext CharNextW
#define CharPrev CharPrevW
#define CharUpper CharUpperW
#define CharLower CharLowerW
#define wsprintf wsprintfW
#define wvsprintf wvsprintfW
#else
#define CharNext CharNextA
#define CharPrev CharPrevA
#define CharUpper CharUpperA
#define CharLower CharLowerA
#define wsprintf wsprintfA
#define wvsprintf wvsprintfA
#endif

PORTICO_END_DECLS

#endif

/* Conversion and comparison of strings. Source: Microsoft, "stringapiset.h". */
#ifndef _APISETSTRING_
#define _APISETSTRING_

#include <minwindef.h>
#include <winnls.h>

PORTICO_BEGIN_DECLS

/* To and from UTF-16. A length of -1 means up to and with the terminator; a size of 0 asks how many
 * characters it takes. The code pages are UTF-8 and those that mean it here. 0:
 * ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER, ERROR_INVALID_FLAGS,
 * ERROR_NO_UNICODE_TRANSLATION (only with the flag that asks for it; otherwise U+FFFD stands for
 * what is no character). ("MultiByteToWideChar function", "WideCharToMultiByte function") */
WINBASEAPI int WINAPI MultiByteToWideChar(UINT CodePage, DWORD dwFlags, LPCCH lpMultiByteStr,
                                          int cbMultiByte, LPWSTR lpWideCharStr, int cchWideChar);
WINBASEAPI int WINAPI WideCharToMultiByte(UINT CodePage, DWORD dwFlags, LPCWCH lpWideCharStr,
                                          int cchWideChar, LPSTR lpMultiByteStr, int cbMultiByte,
                                          LPCCH lpDefaultChar, BOOL *lpUsedDefaultChar);

/* By 16-bit units, or their upper-case forms. CSTR_*; 0: ERROR_INVALID_PARAMETER.
 * ("CompareStringOrdinal function") */
WINBASEAPI int WINAPI CompareStringOrdinal(LPCWCH lpString1, int cchCount1, LPCWCH lpString2,
                                           int cchCount2, BOOL bIgnoreCase);

PORTICO_END_DECLS

#endif

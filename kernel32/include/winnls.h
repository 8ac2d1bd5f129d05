/* Code pages and comparing. Source: Microsoft, "winnls.h". */
#ifndef _WINNLS_
#define _WINNLS_

#include <minwindef.h>
#include <winnt.h>

PORTICO_BEGIN_DECLS

#define CP_ACP                0
#define CP_OEMCP              1
#define CP_MACCP              2
#define CP_THREAD_ACP         3
#define CP_UTF7               65000
#define CP_UTF8               65001

#define MB_PRECOMPOSED        0x00000001
#define MB_COMPOSITE          0x00000002
#define MB_USEGLYPHCHARS      0x00000004
#define MB_ERR_INVALID_CHARS  0x00000008
#define WC_COMPOSITECHECK     0x00000200
#define WC_DISCARDNS          0x00000010
#define WC_SEPCHARS           0x00000020
#define WC_DEFAULTCHAR        0x00000040
#define WC_ERR_INVALID_CHARS  0x00000080
#define WC_NO_BEST_FIT_CHARS  0x00000400

#define CSTR_LESS_THAN        1
#define CSTR_EQUAL            2
#define CSTR_GREATER_THAN     3

#define LOCALE_USER_DEFAULT   ((LCID)0x0400)
#define LOCALE_SYSTEM_DEFAULT ((LCID)0x0800)
#define LOCALE_INVARIANT      ((LCID)0x007F)

/* The code page of CP_ACP and CP_OEMCP: always UTF-8, 65001. ("GetACP function") */
WINBASEAPI UINT WINAPI GetACP(VOID);
WINBASEAPI UINT WINAPI GetOEMCP(VOID);
WINBASEAPI BOOL WINAPI IsValidCodePage(UINT CodePage);

/* The locale of messages: US English. ("GetUserDefaultLCID function") */
WINBASEAPI LCID WINAPI GetUserDefaultLCID(VOID);
WINBASEAPI LCID WINAPI GetSystemDefaultLCID(VOID);
WINBASEAPI LANGID WINAPI GetUserDefaultLangID(VOID);
WINBASEAPI LANGID WINAPI GetSystemDefaultLangID(VOID);

PORTICO_END_DECLS

#endif

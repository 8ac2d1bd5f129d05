/* The one header most Win32 programs include. */
#ifndef _WINDOWS_
#define _WINDOWS_

#include <sdkddkver.h>
#include <excpt.h>
#include <stdarg.h>
#include <minwindef.h>
#include <portico_crt.h>
#include <winnt.h>
#include <winbase.h>
#include <winnls.h>
#include <winuser.h>

/* The rest only for programs that did not say they want less, and as far as it is there. */
#ifndef WIN32_LEAN_AND_MEAN
#if __has_include(<winioctl.h>)
#include <winioctl.h>
#endif
#if __has_include(<winsock.h>) && !defined(_WINSOCK2API_)
#include <winsock.h>
#endif
#endif

#endif

/* The one header most Win32 programs include. */
#ifndef _WINDOWS_
#define _WINDOWS_

#include <minwindef.h>
#include <winnt.h>
#include <winbase.h>

#endif

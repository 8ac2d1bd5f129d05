/* How control codes are made. Source: Microsoft, "winioctl.h". */
#ifndef _WINIOCTL_
#define _WINIOCTL_

#include <minwindef.h>

#define CTL_CODE(DeviceType, Function, Method, Access) \
    (((DeviceType) << 16) | ((Access) << 14) | ((Function) << 2) | (Method))
#define METHOD_BUFFERED 0
#define METHOD_IN_DIRECT 1
#define METHOD_OUT_DIRECT 2
#define METHOD_NEITHER 3
#define FILE_ANY_ACCESS 0
#define FILE_SPECIAL_ACCESS (FILE_ANY_ACCESS)
#define FILE_READ_ACCESS (0x0001)
#define FILE_WRITE_ACCESS (0x0002)
#define FILE_DEVICE_NAMED_PIPE 0x00000011
#define FILE_DEVICE_SERIAL_PORT 0x0000001b

#endif

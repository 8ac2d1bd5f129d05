/* Pipes. Source: Microsoft, "namedpipeapi.h". */
#ifndef _NAMEDPIPE_H_
#define _NAMEDPIPE_H_

#include <minwinbase.h>
#include <minwindef.h>

PORTICO_BEGIN_DECLS

/* Makes an anonymous pipe; both handles are synchronous. `nSize` suggests the buffer's size in
 * bytes, 0 leaves it to the system. FALSE: ERROR_NOACCESS (NULL pointers),
 * ERROR_TOO_MANY_OPEN_FILES. ("CreatePipe function") */
WINBASEAPI BOOL WINAPI CreatePipe(PHANDLE hReadPipe, PHANDLE hWritePipe,
                                  LPSECURITY_ATTRIBUTES lpPipeAttributes, DWORD nSize);

PORTICO_END_DECLS

#endif

/* Last error. Source: Microsoft, "errhandlingapi.h". */
#ifndef _ERRHANDLING_H_
#define _ERRHANDLING_H_

#include <minwindef.h>
#include <winnt.h>

PORTICO_BEGIN_DECLS

/* The calling thread's last error. ("GetLastError function") */
WINBASEAPI DWORD WINAPI GetLastError(void);

/* Sets the calling thread's last error. ("SetLastError function") */
WINBASEAPI void WINAPI SetLastError(DWORD dwErrCode);

/* Which errors Windows would show a box for: kept and returned, and without effect here. Both
 * return the previous mode. ("SetErrorMode function") */
WINBASEAPI UINT WINAPI SetErrorMode(UINT uMode);
WINBASEAPI UINT WINAPI GetErrorMode(void);

/* The same for the calling thread; *lpOldMode, if wanted, is the mode before. FALSE:
 * ERROR_INVALID_PARAMETER (a bit that threads do not have). ("SetThreadErrorMode function") */
WINBASEAPI BOOL WINAPI SetThreadErrorMode(DWORD dwNewMode, LPDWORD lpOldMode);
WINBASEAPI DWORD WINAPI GetThreadErrorMode(void);

#define SEM_FAILCRITICALERRORS 0x0001
#define SEM_NOGPFAULTERRORBOX 0x0002
#define SEM_NOALIGNMENTFAULTEXCEPT 0x0004
#define SEM_NOOPENFILEERRORBOX 0x8000

PORTICO_END_DECLS

#endif

/* Security. Source: Microsoft, "securitybaseapi.h". */
#ifndef _APISECUREBASE_
#define _APISECUREBASE_

#include <minwindef.h>
#include <winnt.h>

PORTICO_BEGIN_DECLS

/* TRUE: no thread ever acts for somebody else. ("RevertToSelf function") */
WINBASEAPI BOOL WINAPI RevertToSelf(VOID);

PORTICO_END_DECLS

#endif

/* Entry points of securitybaseapi.h. */
#include <securitybaseapi.h>

/* Every thread is itself all the time. */
BOOL WINAPI RevertToSelf(VOID)
{
    return TRUE;
}

/* What exception filters return, and the keywords of structured exceptions. The compilers here do
 * not know those: a guarded block runs, a handler never does, since no structured exception is
 * ever raised. A fault is the host's signal. __finally and __leave are not there: leaving them out
 * would change what a program does. Source: Microsoft, "Structured Exception Handling (C/C++)". */
#ifndef _INC_EXCPT
#define _INC_EXCPT

#define EXCEPTION_EXECUTE_HANDLER 1
#define EXCEPTION_CONTINUE_SEARCH 0
#define EXCEPTION_CONTINUE_EXECUTION (-1)

#ifdef __cplusplus
/* libstdc++ has a __try of its own. */
#if __has_include(<bits/exception_defines.h>)
#include <bits/exception_defines.h>
#endif
#ifndef __try
#define __try try
#endif
/* Nothing throws this type, and nothing can. */
class portico_structured_exception
{
    portico_structured_exception();
};
/* clang-format off */
#define __except(filter) catch (portico_structured_exception &)
/* clang-format on */
#else
#define __try if (1)
/* clang-format off */
#define __except(filter) else
/* clang-format on */
#endif

#endif

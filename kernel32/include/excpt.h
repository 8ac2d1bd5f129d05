/* What exception filters return. Structured exceptions themselves need a compiler that knows them.
 * Source: Microsoft, "Structured Exception Handling (C/C++)". */
#ifndef _INC_EXCPT
#define _INC_EXCPT

#define EXCEPTION_EXECUTE_HANDLER 1
#define EXCEPTION_CONTINUE_SEARCH 0
#define EXCEPTION_CONTINUE_EXECUTION (-1)

#endif

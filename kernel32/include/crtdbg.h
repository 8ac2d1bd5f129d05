/* The debug heap's names, without a debug heap. Source: Microsoft, "CRT Debugging Techniques". */
#ifndef _INC_CRTDBG
#define _INC_CRTDBG

#include <assert.h>

#define _ASSERT(e) assert(e)
#define _ASSERTE(e) assert(e)
#define _CRTDBG_ALLOC_MEM_DF 0x01
#define _CRTDBG_LEAK_CHECK_DF 0x20
#define _CRTDBG_REPORT_FLAG (-1)
#define _CRT_WARN 0
#define _CRT_ERROR 1
#define _CRT_ASSERT 2
#define _CRTDBG_MODE_FILE 0x1
#define _CRTDBG_MODE_DEBUG 0x2
#define _CrtSetDbgFlag(flag) (0)
#define _CrtSetReportMode(type, mode) (0)
#define _CrtSetBreakAlloc(number) (0)
#define _CrtDumpMemoryLeaks() (0)
#define _CrtCheckMemory() (1)

#endif

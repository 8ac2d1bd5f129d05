/* The console. Source: Microsoft, "consoleapi.h". */
#ifndef _APISETCONSOLE_
#define _APISETCONSOLE_

#include <minwinbase.h>
#include <minwindef.h>

PORTICO_BEGIN_DECLS

#define CTRL_C_EVENT 0
#define CTRL_BREAK_EVENT 1
#define CTRL_CLOSE_EVENT 2
#define CTRL_LOGOFF_EVENT 5
#define CTRL_SHUTDOWN_EVENT 6

#define ENABLE_PROCESSED_INPUT 0x0001
#define ENABLE_LINE_INPUT 0x0002
#define ENABLE_ECHO_INPUT 0x0004
#define ENABLE_PROCESSED_OUTPUT 0x0001
#define ENABLE_WRAP_AT_EOL_OUTPUT 0x0002
#define ENABLE_VIRTUAL_TERMINAL_PROCESSING 0x0004

/* How a terminal is set up: of ENABLE_*, the input's for standard input or a handle that only
 * reads, else the output's. FALSE: ERROR_INVALID_HANDLE (no terminal: a file, a pipe, NUL),
 * ERROR_NOACCESS. ("GetConsoleMode function") */
WINBASEAPI BOOL WINAPI GetConsoleMode(HANDLE hConsoleHandle, LPDWORD lpMode);

typedef BOOL(WINAPI *PHANDLER_ROUTINE)(DWORD CtrlType);

/* Adds a handler, to be asked before those that are there, or removes one. Handlers run on a thread
 * of their own: SIGINT is CTRL_C_EVENT, SIGQUIT CTRL_BREAK_EVENT, SIGHUP and SIGTERM
 * CTRL_CLOSE_EVENT. If none returns TRUE, and always after a close event, the process ends by the
 * signal. NULL with TRUE ignores Ctrl+C. FALSE: ERROR_INVALID_PARAMETER (no such handler).
 * ("SetConsoleCtrlHandler function") */
WINBASEAPI BOOL WINAPI SetConsoleCtrlHandler(PHANDLER_ROUTINE HandlerRoutine, BOOL Add);

/* Sends CTRL_C_EVENT or CTRL_BREAK_EVENT to a process group, 0 the caller's own. FALSE:
 * ERROR_INVALID_PARAMETER. ("GenerateConsoleCtrlEvent function") */
WINBASEAPI BOOL WINAPI GenerateConsoleCtrlEvent(DWORD dwCtrlEvent, DWORD dwProcessGroupId);

PORTICO_END_DECLS

#endif

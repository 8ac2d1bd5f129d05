/* Entry points of consoleapi.h about a console itself, which is a terminal. Its control handlers
 * are in console_ctrl.c. */
#include <consoleapi.h>

#include "file.h"
#include "last_error.h"
#include "std_handles.h"
#include "transfer.h"

#include <processenv.h>
#include <termios.h>
#include <winbase.h>

static HANDLE console__standard_input(void)
{
    return std_handle_resolve((HANDLE)(intptr_t)(LONG)STD_INPUT_HANDLE);
}

/* A terminal can mostly do both; what stands on the screen is asked for through other handles. */
static bool console__is_input(HANDLE handle)
{
    struct file *file;
    NTSTATUS status = file_get(handle, FILE_WRITE_DATA, &file);
    if (status == STATUS_SUCCESS)
        file_unref(file);
    return status != STATUS_SUCCESS || std_handle_resolve(handle) == console__standard_input();
}

static DWORD console__mode(const struct termios *terminal, bool input)
{
    if (!input)
        return (terminal->c_oflag & OPOST ? ENABLE_PROCESSED_OUTPUT : 0u) |
               ENABLE_WRAP_AT_EOL_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING;
    return (terminal->c_lflag & ISIG ? ENABLE_PROCESSED_INPUT : 0u) |
           (terminal->c_lflag & ICANON ? ENABLE_LINE_INPUT : 0u) |
           (terminal->c_lflag & ECHO ? ENABLE_ECHO_INPUT : 0u);
}

BOOL WINAPI GetConsoleMode(HANDLE hConsoleHandle, LPDWORD lpMode)
{
    struct termios terminal;
    struct file *file;
    bool is_console;
    if (file_get(hConsoleHandle, 0, &file) != STATUS_SUCCESS)
        return fail_win32(ERROR_INVALID_HANDLE);
    is_console = file->fd >= 0 && tcgetattr(file->fd, &terminal) == 0;
    file_unref(file);
    if (!is_console)
        return fail_win32(ERROR_INVALID_HANDLE);
    if (!memory_is_writable(lpMode, sizeof *lpMode))
        return fail_win32(ERROR_NOACCESS);
    *lpMode = console__mode(&terminal, console__is_input(hConsoleHandle));
    return TRUE;
}

/* Entry points of processenv.h: standard handles and current directory. */
#include <processenv.h>

#include "last_error.h"
#include "path.h"
#include "std_handles.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <winbase.h>

static HANDLE std__id(DWORD id)
{
    return (HANDLE)(intptr_t)(LONG)id;
}

HANDLE WINAPI GetStdHandle(DWORD nStdHandle)
{
    if (std_handle_is_id(std__id(nStdHandle)))
        return std_handle_resolve(std__id(nStdHandle));
    fail_win32(ERROR_INVALID_HANDLE);
    return INVALID_HANDLE_VALUE;
}

BOOL WINAPI SetStdHandle(DWORD nStdHandle, HANDLE hHandle)
{
    if (!std_handle_is_id(std__id(nStdHandle)))
        return fail_win32(ERROR_INVALID_HANDLE);
    std_handle_set(std__id(nStdHandle), hHandle);
    return TRUE;
}

/* ---- current directory ---- */

/* Its Windows form, NULL with a last error. */
static char *current__directory(void)
{
    char *directory = getcwd(NULL, 0);
    char *windows = directory ? path_to_windows(directory) : NULL;
    if (!directory)
        fail_status(status_from_errno(errno));
    else if (!windows)
        fail_status(STATUS_NO_MEMORY);
    free(directory);
    return windows;
}

DWORD WINAPI GetCurrentDirectoryA(DWORD nBufferLength, LPSTR lpBuffer)
{
    char *directory = current__directory();
    DWORD length = directory ? path_copy_ansi(directory, nBufferLength, lpBuffer) : 0;
    free(directory);
    return length;
}

DWORD WINAPI GetCurrentDirectoryW(DWORD nBufferLength, LPWSTR lpBuffer)
{
    char *directory = current__directory();
    DWORD length = directory ? path_copy_wide(directory, nBufferLength, lpBuffer) : 0;
    free(directory);
    return length;
}

static NTSTATUS current__set(const char *name)
{
    struct path path;
    struct stat st;
    NTSTATUS status = path_init_file(&path, name);
    if (status != STATUS_SUCCESS)
        return status;
    status = path_resolve(&path, true, &st);
    if (status == STATUS_SUCCESS && !S_ISDIR(st.st_mode))
        status = STATUS_NOT_A_DIRECTORY;
    if (status == STATUS_SUCCESS && chdir(path.text) < 0)
        status = status_from_errno(errno);
    path_free(&path);
    return status;
}

BOOL WINAPI SetCurrentDirectoryA(LPCSTR lpPathName)
{
    return win32_result(current__set(lpPathName));
}

BOOL WINAPI SetCurrentDirectoryW(LPCWSTR lpPathName)
{
    char *name = lpPathName ? path_text_from_wide(lpPathName) : NULL;
    BOOL done = SetCurrentDirectoryA(name);
    free(name);
    return done;
}

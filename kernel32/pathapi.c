/* Entry points of fileapi.h that give paths: absolute forms, temporary files, the path of an open
 * file. */
#include "disk.h"
#include "facts.h"
#include "last_error.h"
#include "path.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <fileapi.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <winbase.h>

enum {
    TEMP_PATH_MAX = MAX_PATH - 14, /* what leaves room for a name (FILE-140) */
    TEMP_NUMBERS = 0x10000,
};

/* ---- GetFullPathName ---- */

/* The absolute form, NULL with a last error. */
static char *fullpath__of(const char *name)
{
    char *full;
    NTSTATUS status = path_full(name, &full);
    if (status == STATUS_SUCCESS)
        return full;
    fail_win32(status == STATUS_NO_MEMORY ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_NAME);
    return NULL;
}

DWORD WINAPI GetFullPathNameA(LPCSTR lpFileName, DWORD nBufferLength, LPSTR lpBuffer,
                              LPSTR *lpFilePart)
{
    char *full = fullpath__of(lpFileName);
    DWORD length;
    if (lpFilePart)
        *lpFilePart = NULL;
    if (!full)
        return 0;
    length = path_copy_ansi(full, nBufferLength, lpBuffer);
    free(full);
    if (lpBuffer && length < nBufferLength && lpFilePart && strncmp(lpBuffer, "\\\\.\\", 4) != 0) {
        char *part = strrchr(lpBuffer, '\\');
        *lpFilePart = part && part[1] ? part + 1 : NULL;
    }
    return length;
}

DWORD WINAPI GetFullPathNameW(LPCWSTR lpFileName, DWORD nBufferLength, LPWSTR lpBuffer,
                              LPWSTR *lpFilePart)
{
    char *name = lpFileName ? path_text_from_wide(lpFileName) : NULL;
    char *full = fullpath__of(name);
    bool device = full && strncmp(full, "\\\\.\\", 4) == 0;
    DWORD length;
    free(name);
    if (lpFilePart)
        *lpFilePart = NULL;
    if (!full)
        return 0;
    length = path_copy_wide(full, nBufferLength, lpBuffer);
    free(full);
    if (lpBuffer && length < nBufferLength && lpFilePart && !device) {
        DWORD part = length;
        while (part > 0 && lpBuffer[part - 1] != '\\')
            part--;
        *lpFilePart = lpBuffer[part] ? lpBuffer + part : NULL;
    }
    return length;
}

/* ---- temporary files ---- */

/* The directory for temporary files in its absolute form, with a separator at the end. */
static char *temp__directory(void)
{
    static const char *const variables[] = {"TMP", "TEMP", "TMPDIR"};
    const char *name = "/tmp";
    char *full, *ended;
    for (size_t i = sizeof variables / sizeof variables[0]; i-- > 0;) {
        const char *value = getenv(variables[i]);
        if (value && *value)
            name = value;
    }
    if (path_full(name, &full) != STATUS_SUCCESS)
        return NULL;
    ended = malloc(strlen(full) + 2);
    if (ended)
        sprintf(ended, "%s%s", full, full[strlen(full) - 1] == '\\' ? "" : "\\");
    free(full);
    return ended;
}

DWORD WINAPI GetTempPathA(DWORD nBufferLength, LPSTR lpBuffer)
{
    char *directory = temp__directory();
    DWORD length;
    if (!directory) {
        fail_status(STATUS_NO_MEMORY);
        return 0;
    }
    length = path_copy_ansi(directory, nBufferLength, lpBuffer);
    free(directory);
    return length;
}

DWORD WINAPI GetTempPathW(DWORD nBufferLength, LPWSTR lpBuffer)
{
    char *directory = temp__directory();
    DWORD length;
    if (!directory) {
        fail_status(STATUS_NO_MEMORY);
        return 0;
    }
    length = path_copy_wide(directory, nBufferLength, lpBuffer);
    free(directory);
    return length;
}

/* The bytes of the first three characters. */
static int temp__prefix_length(const char *prefix)
{
    int length = 0;
    for (int characters = 0; prefix[length]; length++)
        if ((prefix[length] & 0xC0) != 0x80 && ++characters > 3)
            break;
    return length;
}

static void temp__format(char *out, size_t size, const char *directory, const char *prefix,
                         unsigned number)
{
    size_t length = strlen(directory);
    bool ended = path_is_separator(directory[length - 1]);
    snprintf(out, size, "%s%s%.*s%X.tmp", directory, ended ? "" : "\\", temp__prefix_length(prefix),
             prefix, number);
}

/* Makes the first file whose name is free. Returns a Win32 error. */
static uint32_t temp__create(char *out, size_t size, const char *directory, const char *prefix,
                             unsigned *number)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    *number = (unsigned)(now.tv_nsec >> 8 ^ getpid()) & 0xFFFF;
    for (int tries = 0; tries < TEMP_NUMBERS; tries++) {
        HANDLE handle;
        *number = (*number + 1) & 0xFFFF;
        if (*number == 0)
            continue;
        temp__format(out, size, directory, prefix, *number);
        handle = CreateFileA(out, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
        if (handle != INVALID_HANDLE_VALUE) {
            handle_close(handle);
            return ERROR_SUCCESS;
        }
        if (thread_self()->last_error != ERROR_FILE_EXISTS)
            return thread_self()->last_error;
    }
    return ERROR_FILE_EXISTS;
}

static uint32_t temp__check_directory(const char *directory)
{
    struct path path;
    struct stat st;
    uint32_t error = ERROR_DIRECTORY;
    if (strlen(directory) > TEMP_PATH_MAX)
        return ERROR_BUFFER_OVERFLOW;
    if (!*directory || path_init_file(&path, directory) != STATUS_SUCCESS)
        return ERROR_DIRECTORY;
    if (path_resolve(&path, true, &st) == STATUS_SUCCESS && S_ISDIR(st.st_mode))
        error = ERROR_SUCCESS;
    path_free(&path);
    return error;
}

/* Forms the name in `out`. Returns the number, or 0 with a last error, which else is kept. */
static unsigned temp__name(const char *directory, const char *prefix, unsigned unique, char *out,
                           size_t size)
{
    uint32_t before = thread_self()->last_error, error;
    unsigned number = unique & 0xFFFF;
    if (!directory)
        return (unsigned)fail_status(STATUS_INVALID_PARAMETER);
    error = temp__check_directory(directory);
    if (!prefix)
        prefix = "";
    if (!error && number)
        temp__format(out, size, directory, prefix, number);
    else if (!error)
        error = temp__create(out, size, directory, prefix, &number);
    last_error_set(error ? error : before);
    return error ? 0 : number;
}

UINT WINAPI GetTempFileNameA(LPCSTR lpPathName, LPCSTR lpPrefixString, UINT uUnique,
                             LPSTR lpTempFileName)
{
    if (!lpTempFileName)
        return (UINT)fail_status(STATUS_INVALID_PARAMETER);
    return temp__name(lpPathName, lpPrefixString, uUnique, lpTempFileName, MAX_PATH);
}

UINT WINAPI GetTempFileNameW(LPCWSTR lpPathName, LPCWSTR lpPrefixString, UINT uUnique,
                             LPWSTR lpTempFileName)
{
    char *directory = lpPathName ? path_text_from_wide(lpPathName) : NULL;
    char *prefix = lpPrefixString ? path_text_from_wide(lpPrefixString) : NULL;
    char name[3 * MAX_PATH];
    UINT number = 0;
    if (!lpTempFileName)
        fail_status(STATUS_INVALID_PARAMETER);
    else
        number = temp__name(directory, prefix, uUnique, name, sizeof name);
    if (number)
        path_copy_wide(name, MAX_PATH, lpTempFileName);
    free(directory);
    free(prefix);
    return number;
}

/* ---- GetFinalPathNameByHandle ---- */

/* The path under which a descriptor's file goes, if it still has one. */
static NTSTATUS finalpath__linux(int fd, char out[PATH_MAX])
{
    struct fd_path link = fd_path_of(fd);
    struct stat opened, named;
    ssize_t length = readlink(link.text, out, PATH_MAX - 1);
    if (length < 0)
        return status_from_errno(errno);
    out[length] = '\0';
    if (fstat(fd, &opened) < 0 || lstat(out, &named) < 0 || opened.st_ino != named.st_ino ||
        opened.st_dev != named.st_dev)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    return STATUS_SUCCESS;
}

static NTSTATUS finalpath__of(HANDLE handle, uint32_t flags, char **result)
{
    uint32_t volume = flags & ~(uint32_t)FILE_NAME_OPENED;
    char path[PATH_MAX], *windows;
    struct disk *disk;
    NTSTATUS status;
    if (volume != VOLUME_NAME_DOS && volume != VOLUME_NAME_NONE && volume != VOLUME_NAME_GUID &&
        volume != VOLUME_NAME_NT)
        return STATUS_INVALID_PARAMETER;
    status = disk_get(handle, 0, &disk);
    if (status != STATUS_SUCCESS)
        return status;
    status = finalpath__linux(disk->file.fd, path);
    disk_unref(disk);
    if (status == STATUS_SUCCESS && (volume == VOLUME_NAME_GUID || volume == VOLUME_NAME_NT))
        status = STATUS_OBJECT_PATH_NOT_FOUND;
    if (status != STATUS_SUCCESS)
        return status;
    windows = path_to_windows(path);
    *result = windows ? malloc(strlen(windows) + 5) : NULL;
    if (*result)
        sprintf(*result, "%s%s", volume == VOLUME_NAME_NONE ? "" : "\\\\?\\",
                windows + (volume == VOLUME_NAME_NONE ? 2 : 0));
    free(windows);
    return *result ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

DWORD WINAPI GetFinalPathNameByHandleA(HANDLE hFile, LPSTR lpszFilePath, DWORD cchFilePath,
                                       DWORD dwFlags)
{
    char *path;
    DWORD length;
    NTSTATUS status = finalpath__of(hFile, dwFlags, &path);
    if (status != STATUS_SUCCESS)
        return (DWORD)fail_status(status);
    length = path_copy_ansi(path, cchFilePath, lpszFilePath);
    free(path);
    return length;
}

DWORD WINAPI GetFinalPathNameByHandleW(HANDLE hFile, LPWSTR lpszFilePath, DWORD cchFilePath,
                                       DWORD dwFlags)
{
    char *path;
    DWORD length;
    NTSTATUS status = finalpath__of(hFile, dwFlags, &path);
    if (status != STATUS_SUCCESS)
        return (DWORD)fail_status(status);
    length = path_copy_wide(path, cchFilePath, lpszFilePath);
    free(path);
    return length;
}

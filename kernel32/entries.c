/* Entry points of fileapi.h that work on names: deleting, directories, attributes. Each takes a
 * UTF-8 name; the A and W forms only convert. */
#include "entries.h"

#include "facts.h"
#include "last_error.h"

#include <errno.h>
#include <fileapi.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <winbase.h>

/* The UTF-8 form of a W function's argument; NULL stays NULL. */
static char *entry__name(LPCWSTR name)
{
    return name ? path_text_from_wide(name) : NULL;
}

NTSTATUS entry_claim(struct share *share, const struct stat *st)
{
    share->inode = NULL;
    if (S_ISLNK(st->st_mode))
        return STATUS_SUCCESS;
    return share_enter(share, st, DELETE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE);
}

/* ---- deleting ---- */

static NTSTATUS entry__delete_found(const struct path *path, const struct stat *st)
{
    struct share share;
    NTSTATUS status;
    if (S_ISDIR(st->st_mode) || (S_ISREG(st->st_mode) && facts_are_readonly(path->text, st)))
        return STATUS_ACCESS_DENIED;
    if (path->ends_in_separator)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    status = entry_claim(&share, st);
    if (status != STATUS_SUCCESS)
        return status;
    if (unlink(path->text) < 0)
        status = status_from_errno(errno);
    share_leave(&share, false);
    return status;
}

static NTSTATUS entry__delete(const char *name)
{
    struct path path;
    struct stat st;
    NTSTATUS status = path_init_file(&path, name);
    if (status != STATUS_SUCCESS)
        return status;
    status = path_resolve(&path, false, &st);
    if (status == STATUS_SUCCESS)
        status = entry__delete_found(&path, &st);
    path_free(&path);
    return status;
}

BOOL WINAPI DeleteFileA(LPCSTR lpFileName)
{
    return win32_result(entry__delete(lpFileName));
}

BOOL WINAPI DeleteFileW(LPCWSTR lpFileName)
{
    char *name = entry__name(lpFileName);
    BOOL done = DeleteFileA(name);
    free(name);
    return done;
}

/* ---- directories ---- */

static NTSTATUS entry__make_directory(const char *name)
{
    struct path path;
    struct stat st;
    NTSTATUS status = path_init(&path, name);
    if (status != STATUS_SUCCESS)
        return status;
    if (path.kind != PATH_FILE) {
        path_free(&path);
        return STATUS_NOT_A_DIRECTORY;
    }
    status = path_resolve(&path, false, &st);
    if (status == STATUS_SUCCESS)
        status = STATUS_OBJECT_NAME_COLLISION;
    else if (status == STATUS_OBJECT_NAME_NOT_FOUND)
        status = mkdir(path.text, 0777) < 0 ? status_from_errno(errno) : STATUS_SUCCESS;
    path_free(&path);
    return status;
}

BOOL WINAPI CreateDirectoryA(LPCSTR lpPathName, LPSECURITY_ATTRIBUTES lpSecurityAttributes)
{
    (void)lpSecurityAttributes;
    return win32_result(entry__make_directory(lpPathName));
}

BOOL WINAPI CreateDirectoryW(LPCWSTR lpPathName, LPSECURITY_ATTRIBUTES lpSecurityAttributes)
{
    char *name = entry__name(lpPathName);
    BOOL done = CreateDirectoryA(name, lpSecurityAttributes);
    free(name);
    return done;
}

/* Linux would let go of the current directory; Windows holds it (FILE-138). */
static bool entry__is_current_directory(const struct stat *st)
{
    struct stat current;
    return stat(".", &current) == 0 && current.st_dev == st->st_dev && current.st_ino == st->st_ino;
}

static NTSTATUS entry__remove_directory_found(const struct path *path, const struct stat *st)
{
    struct share share;
    struct stat target;
    NTSTATUS status;
    if (S_ISLNK(st->st_mode)) {
        if (stat(path->text, &target) < 0 || !S_ISDIR(target.st_mode))
            return STATUS_NOT_A_DIRECTORY;
        return unlink(path->text) < 0 ? status_from_errno(errno) : STATUS_SUCCESS;
    }
    if (!S_ISDIR(st->st_mode))
        return STATUS_NOT_A_DIRECTORY;
    if (entry__is_current_directory(st))
        return STATUS_SHARING_VIOLATION;
    if (facts_are_readonly(path->text, st))
        return STATUS_ACCESS_DENIED;
    status = entry_claim(&share, st);
    if (status != STATUS_SUCCESS)
        return status;
    if (rmdir(path->text) < 0)
        status = errno == EEXIST ? STATUS_DIRECTORY_NOT_EMPTY : status_from_errno(errno);
    share_leave(&share, false);
    return status;
}

static NTSTATUS entry__remove_directory(const char *name)
{
    struct path path;
    struct stat st;
    NTSTATUS status = path_init_file(&path, name);
    if (status != STATUS_SUCCESS)
        return status;
    status = path_resolve(&path, false, &st);
    if (status == STATUS_SUCCESS)
        status = entry__remove_directory_found(&path, &st);
    path_free(&path);
    return status;
}

BOOL WINAPI RemoveDirectoryA(LPCSTR lpPathName)
{
    return win32_result(entry__remove_directory(lpPathName));
}

BOOL WINAPI RemoveDirectoryW(LPCWSTR lpPathName)
{
    char *name = entry__name(lpPathName);
    BOOL done = RemoveDirectoryA(name);
    free(name);
    return done;
}

/* ---- attributes ---- */

static NTSTATUS entry__facts(const char *name, struct facts *facts)
{
    struct path path;
    struct stat st;
    NTSTATUS status = path_init(&path, name);
    if (status != STATUS_SUCCESS)
        return status;
    if (path.kind == PATH_DEVICE) {
        *facts = (struct facts){.attributes = FILE_ATTRIBUTE_ARCHIVE};
        if (strcasecmp(path.text, "NUL") != 0)
            status = STATUS_OBJECT_NAME_NOT_FOUND;
    } else {
        status = path_resolve(&path, false, &st);
        if (status == STATUS_SUCCESS && path.ends_in_separator && S_ISREG(st.st_mode))
            status = STATUS_OBJECT_NAME_INVALID;
        if (status == STATUS_SUCCESS)
            status = facts_of_path(path.text, false, facts);
    }
    path_free(&path);
    return status;
}

DWORD WINAPI GetFileAttributesA(LPCSTR lpFileName)
{
    struct facts facts;
    NTSTATUS status = entry__facts(lpFileName, &facts);
    if (status == STATUS_SUCCESS)
        return facts.attributes;
    fail_status(status);
    return INVALID_FILE_ATTRIBUTES;
}

DWORD WINAPI GetFileAttributesW(LPCWSTR lpFileName)
{
    char *name = entry__name(lpFileName);
    DWORD attributes = GetFileAttributesA(name);
    free(name);
    return attributes;
}

BOOL WINAPI GetFileAttributesExA(LPCSTR lpFileName, GET_FILEEX_INFO_LEVELS fInfoLevelId,
                                 LPVOID lpFileInformation)
{
    WIN32_FILE_ATTRIBUTE_DATA *data = lpFileInformation;
    struct facts facts;
    NTSTATUS status;
    if (fInfoLevelId != GetFileExInfoStandard || !data)
        return fail_status(STATUS_INVALID_PARAMETER);
    status = entry__facts(lpFileName, &facts);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    *data = (WIN32_FILE_ATTRIBUTE_DATA){
        .dwFileAttributes = facts.attributes,
        .ftCreationTime = facts_filetime(facts.creation),
        .ftLastAccessTime = facts_filetime(facts.access),
        .ftLastWriteTime = facts_filetime(facts.write),
        .nFileSizeHigh = (DWORD)(facts.size >> 32),
        .nFileSizeLow = (DWORD)facts.size,
    };
    return TRUE;
}

BOOL WINAPI GetFileAttributesExW(LPCWSTR lpFileName, GET_FILEEX_INFO_LEVELS fInfoLevelId,
                                 LPVOID lpFileInformation)
{
    char *name = entry__name(lpFileName);
    BOOL done = GetFileAttributesExA(name, fInfoLevelId, lpFileInformation);
    free(name);
    return done;
}

static NTSTATUS entry__set_attributes(const char *name, uint32_t attributes)
{
    struct path path;
    struct stat st;
    NTSTATUS status = path_init_file(&path, name);
    if (status != STATUS_SUCCESS)
        return status;
    status = path_resolve(&path, true, &st);
    if (status == STATUS_SUCCESS)
        status = facts_set_attributes(path.text, attributes);
    path_free(&path);
    return status;
}

BOOL WINAPI SetFileAttributesA(LPCSTR lpFileName, DWORD dwFileAttributes)
{
    return win32_result(entry__set_attributes(lpFileName, dwFileAttributes));
}

BOOL WINAPI SetFileAttributesW(LPCWSTR lpFileName, DWORD dwFileAttributes)
{
    char *name = entry__name(lpFileName);
    BOOL done = SetFileAttributesA(name, dwFileAttributes);
    free(name);
    return done;
}

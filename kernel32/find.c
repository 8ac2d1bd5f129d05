/* Walking directories: FindFirstFile and its kin. The names are read, matched and sorted when the
 * walk begins (FILE-107); what is known about each is looked up when it is given. */
#include "facts.h"
#include "handle_table.h"
#include "last_error.h"
#include "path.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fileapi.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <winbase.h>

enum { FIND_UNITS_MAX = 256 };

struct find_name {
    char *text;
    wchar_t *folded; /* NUL-terminated */
};

struct find {
    struct object object;
    struct lock lock; /* protects `next` */
    char *directory;
    struct find_name *names;
    size_t count, capacity, next;
    bool directories_only;
};

static void find__free(struct find *find)
{
    for (size_t i = 0; i < find->count; i++) {
        free(find->names[i].text);
        free(find->names[i].folded);
    }
    free(find->names);
    free(find->directory);
    free(find);
}

static void find__destroy(struct object *object)
{
    find__free(list_entry(object, struct find, object));
}

static const struct object_ops find__object_ops = {
    .name = "FindFile",
    .destroy = find__destroy,
};

/* ---- patterns ---- */

/* Matches folded text as Windows does (FILE-110): `?` never matches a dot, but nothing before one
 * and at the end, and dots before wildcards match nothing at the end. */
static bool find__matches(const wchar_t *pattern, const wchar_t *name)
{
    for (; *pattern; pattern++) {
        if (*pattern == '*') {
            do {
                if (find__matches(pattern + 1, name))
                    return true;
            } while (*name++);
            return false;
        }
        if (*pattern == '?') {
            if (*name && *name != '.')
                name++;
        } else if (*pattern == *name) {
            name++;
        } else if (*name || *pattern != '.' || (pattern[1] != '*' && pattern[1] != '?')) {
            return false;
        }
    }
    return !*name;
}

/* A pattern made ready: what it must match, and whether the name may have a dot. */
struct find_pattern {
    wchar_t folded[FIND_UNITS_MAX + 1];
    bool no_dot;
};

static bool find__prepare(struct find_pattern *pattern, const char *text)
{
    char plain[4 * FIND_UNITS_MAX];
    size_t length = strlen(text), units;
    bool wild = strpbrk(text, "*?") != NULL;
    if (length >= sizeof plain)
        return false;
    strcpy(plain, text);
    pattern->no_dot = wild && length >= 2 && strcmp(text + length - 2, "*.") == 0;
    while (length > 0 && (plain[length - 1] == ' ' || plain[length - 1] == '.'))
        plain[--length] = '\0';
    units =
        path_fold_name(strcmp(plain, "*.*") == 0 ? "*" : plain, pattern->folded, FIND_UNITS_MAX);
    pattern->folded[units < FIND_UNITS_MAX ? units : FIND_UNITS_MAX] = 0;
    return units <= FIND_UNITS_MAX;
}

/* ---- gathering ---- */

/* Takes a copy of the name; false: no memory. */
static bool find__add(struct find *find, const char *name, const wchar_t *folded, size_t units)
{
    struct find_name entry = {.text = strdup(name), .folded = malloc((units + 1) * sizeof *folded)};
    struct find_name *grown = find->names;
    if (find->count == find->capacity) {
        size_t capacity = find->capacity ? 2 * find->capacity : 32;
        grown = realloc(find->names, capacity * sizeof *grown);
        if (grown) {
            find->names = grown;
            find->capacity = capacity;
        }
    }
    if (!entry.text || !entry.folded || !grown) {
        free(entry.text);
        free(entry.folded);
        return false;
    }
    memcpy(entry.folded, folded, units * sizeof *folded);
    entry.folded[units] = 0;
    find->names[find->count++] = entry;
    return true;
}

static bool find__is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bool find__wants(const struct find *find, const struct find_pattern *pattern,
                        const char *name, const wchar_t *folded)
{
    if (find__is_dots(name))
        return strcmp(find->directory, "/") != 0 && find__matches(pattern->folded, folded);
    if (pattern->no_dot && strchr(name, '.'))
        return false;
    return find__matches(pattern->folded, folded);
}

static NTSTATUS find__gather(struct find *find, const struct find_pattern *pattern)
{
    DIR *stream = opendir(find->directory);
    struct dirent *entry;
    NTSTATUS status = STATUS_SUCCESS;
    if (!stream)
        return status_from_errno(errno);
    while (status == STATUS_SUCCESS && (entry = readdir(stream)) != NULL) {
        wchar_t folded[FIND_UNITS_MAX + 1];
        size_t units = path_fold_name(entry->d_name, folded, FIND_UNITS_MAX);
        if (units > FIND_UNITS_MAX)
            continue;
        folded[units] = 0;
        if (find__wants(find, pattern, entry->d_name, folded) &&
            !find__add(find, entry->d_name, folded, units))
            status = STATUS_NO_MEMORY;
    }
    closedir(stream);
    return status;
}

static int find__compare(const void *first, const void *second)
{
    const struct find_name *one = first, *other = second;
    const wchar_t *a = one->folded, *b = other->folded;
    bool one_dots = find__is_dots(one->text), other_dots = find__is_dots(other->text);
    if (one_dots != other_dots)
        return other_dots - one_dots;
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a != *b ? (int)*a - (int)*b : strcmp(one->text, other->text);
}

/* ---- giving ---- */

/* The next name that still is there and its facts. */
static NTSTATUS find__next(struct find *find, const char **name, struct facts *facts)
{
    NTSTATUS status = STATUS_NO_MORE_FILES;
    lock_acquire(&find->lock);
    while (status == STATUS_NO_MORE_FILES && find->next < find->count) {
        char *text;
        *name = find->names[find->next].text;
        text = malloc(strlen(find->directory) + strlen(*name) + 2);
        if (!text) {
            status = STATUS_NO_MEMORY;
            break;
        }
        find->next++;
        stpcpy(stpcpy(stpcpy(text, find->directory), "/"), *name);
        if (facts_of_path(text, false, facts) == STATUS_SUCCESS &&
            (!find->directories_only || (facts->attributes & FILE_ATTRIBUTE_DIRECTORY)))
            status = STATUS_SUCCESS;
        free(text);
    }
    lock_release(&find->lock);
    return status;
}

static void find__fill_wide(WIN32_FIND_DATAW *data, const char *name, const struct facts *facts)
{
    *data = (WIN32_FIND_DATAW){
        .dwFileAttributes = facts->attributes,
        .ftCreationTime = facts_filetime(facts->creation),
        .ftLastAccessTime = facts_filetime(facts->access),
        .ftLastWriteTime = facts_filetime(facts->write),
        .nFileSizeHigh = (DWORD)(facts->size >> 32),
        .nFileSizeLow = (DWORD)facts->size,
        .dwReserved0 = facts->reparse_tag,
    };
    path_copy_wide(name, MAX_PATH, data->cFileName);
}

static void find__fill_ansi(WIN32_FIND_DATAA *data, const char *name, const struct facts *facts)
{
    WIN32_FIND_DATAW wide;
    find__fill_wide(&wide, "", facts);
    *data = (WIN32_FIND_DATAA){0};
    memcpy(data, &wide, offsetof(WIN32_FIND_DATAA, cFileName));
    path_copy_ansi(name, MAX_PATH, data->cFileName);
}

static void find__fill(void *data, bool wide, const char *name, const struct facts *facts)
{
    if (wide)
        find__fill_wide(data, name, facts);
    else
        find__fill_ansi(data, name, facts);
}

/* ---- beginning ---- */

static NTSTATUS find__resolve_directory(struct find *find, struct path *path)
{
    struct stat st;
    NTSTATUS status;
    if (path->kind != PATH_FILE)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    status = path_resolve(path, true, &st);
    if (status == STATUS_OBJECT_NAME_NOT_FOUND)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    if (status != STATUS_SUCCESS)
        return status;
    if (!S_ISDIR(st.st_mode))
        return STATUS_NOT_A_DIRECTORY;
    find->directory = strdup(path->text);
    return find->directory ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static NTSTATUS find__open_directory(struct find *find, const char *name, size_t length)
{
    char *text = length ? strndup(name, length) : strdup(".");
    struct path path;
    NTSTATUS status = text ? path_init(&path, text) : STATUS_NO_MEMORY;
    free(text);
    if (status != STATUS_SUCCESS)
        return status;
    status = find__resolve_directory(find, &path);
    path_free(&path);
    return status;
}

static NTSTATUS find__begin(struct find *find, const char *name)
{
    struct find_pattern pattern;
    size_t length;
    NTSTATUS status;
    if (!name || !*name)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    length = path_directory_length(name);
    status = find__open_directory(find, name, length);
    if (status != STATUS_SUCCESS)
        return status;
    if (strpbrk(name + length, "<>\"|:"))
        return STATUS_OBJECT_NAME_INVALID;
    if (!name[length])
        return STATUS_NO_SUCH_FILE;
    if (!find__prepare(&pattern, name + length))
        return STATUS_NAME_TOO_LONG;
    status = find__gather(find, &pattern);
    if (find->count > 1)
        qsort(find->names, find->count, sizeof *find->names, find__compare);
    return status;
}

/* NUL is found as itself, wherever it is looked for without wildcards (FILE-109). */
static bool find__is_nul(const char *name)
{
    struct path path;
    bool is_nul;
    if (!name || strpbrk(name, "*?") || path_init(&path, name) != STATUS_SUCCESS)
        return false;
    is_nul = path.kind == PATH_DEVICE && strcasecmp(path.text, "NUL") == 0;
    path_free(&path);
    return is_nul;
}

static NTSTATUS find__first(struct find *find, const char *name, void *data, bool wide)
{
    struct facts facts;
    const char *found;
    NTSTATUS status;
    if (find__is_nul(name)) {
        facts = (struct facts){.attributes = FILE_ATTRIBUTE_ARCHIVE};
        find__fill(data, wide, "nul", &facts);
        return STATUS_SUCCESS;
    }
    status = find__begin(find, name);
    if (status != STATUS_SUCCESS)
        return status;
    status = find__next(find, &found, &facts);
    if (status == STATUS_SUCCESS)
        find__fill(data, wide, found, &facts);
    return status == STATUS_NO_MORE_FILES ? STATUS_NO_SUCH_FILE : status;
}

/* Find handles are protected from CloseHandle. */
static HANDLE find__open(const char *name, void *data, bool wide, FINDEX_SEARCH_OPS op)
{
    struct find *find = calloc(1, sizeof *find);
    HANDLE handle;
    NTSTATUS status = STATUS_NO_MEMORY;
    if (find) {
        object_init(&find->object, &find__object_ops, 0);
        find->directories_only = op == FindExSearchLimitToDirectories;
        status = find__first(find, name, data, wide);
        if (status == STATUS_SUCCESS)
            status = handle_open_new(&find->object, 0, HANDLE_PROTECT_FROM_CLOSE, &handle);
        else
            object_unref(&find->object);
    }
    if (status == STATUS_SUCCESS)
        return handle;
    fail_status(status);
    return INVALID_HANDLE_VALUE;
}

static bool find__check_args(FINDEX_INFO_LEVELS level, void *data, FINDEX_SEARCH_OPS op,
                             void *filter, DWORD flags)
{
    const DWORD known = FIND_FIRST_EX_CASE_SENSITIVE | FIND_FIRST_EX_LARGE_FETCH;
    if (level < FindExInfoMaxInfoLevel && data && op < FindExSearchLimitToDevices && !filter &&
        !(flags & ~known))
        return true;
    fail_status(op == FindExSearchLimitToDevices ? STATUS_NOT_SUPPORTED : STATUS_INVALID_PARAMETER);
    return false;
}

/* ---- entry points ---- */

HANDLE WINAPI FindFirstFileExA(LPCSTR lpFileName, FINDEX_INFO_LEVELS fInfoLevelId,
                               LPVOID lpFindFileData, FINDEX_SEARCH_OPS fSearchOp,
                               LPVOID lpSearchFilter, DWORD dwAdditionalFlags)
{
    if (!find__check_args(fInfoLevelId, lpFindFileData, fSearchOp, lpSearchFilter,
                          dwAdditionalFlags))
        return INVALID_HANDLE_VALUE;
    return find__open(lpFileName, lpFindFileData, false, fSearchOp);
}

HANDLE WINAPI FindFirstFileExW(LPCWSTR lpFileName, FINDEX_INFO_LEVELS fInfoLevelId,
                               LPVOID lpFindFileData, FINDEX_SEARCH_OPS fSearchOp,
                               LPVOID lpSearchFilter, DWORD dwAdditionalFlags)
{
    char *name;
    HANDLE handle;
    if (!find__check_args(fInfoLevelId, lpFindFileData, fSearchOp, lpSearchFilter,
                          dwAdditionalFlags))
        return INVALID_HANDLE_VALUE;
    name = lpFileName ? path_text_from_wide(lpFileName) : NULL;
    handle = find__open(name, lpFindFileData, true, fSearchOp);
    free(name);
    return handle;
}

HANDLE WINAPI FindFirstFileA(LPCSTR lpFileName, LPWIN32_FIND_DATAA lpFindFileData)
{
    return FindFirstFileExA(lpFileName, FindExInfoStandard, lpFindFileData, FindExSearchNameMatch,
                            NULL, 0);
}

HANDLE WINAPI FindFirstFileW(LPCWSTR lpFileName, LPWIN32_FIND_DATAW lpFindFileData)
{
    return FindFirstFileExW(lpFileName, FindExInfoStandard, lpFindFileData, FindExSearchNameMatch,
                            NULL, 0);
}

static BOOL find__give_next(HANDLE handle, void *data, bool wide)
{
    struct object *object;
    struct facts facts;
    const char *name;
    NTSTATUS status = handle_get(handle, &find__object_ops, 0, &object);
    if (status == STATUS_SUCCESS && !data) {
        object_unref(object);
        status = STATUS_INVALID_PARAMETER;
    }
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    status = find__next(list_entry(object, struct find, object), &name, &facts);
    if (status == STATUS_SUCCESS)
        find__fill(data, wide, name, &facts);
    object_unref(object);
    return status == STATUS_SUCCESS ? TRUE : fail_status(status);
}

BOOL WINAPI FindNextFileA(HANDLE hFindFile, LPWIN32_FIND_DATAA lpFindFileData)
{
    return find__give_next(hFindFile, lpFindFileData, false);
}

BOOL WINAPI FindNextFileW(HANDLE hFindFile, LPWIN32_FIND_DATAW lpFindFileData)
{
    return find__give_next(hFindFile, lpFindFileData, true);
}

BOOL WINAPI FindClose(HANDLE hFindFile)
{
    struct object *object;
    struct slot *slot = table_slot(&handle_table, handle_index(hFindFile));
    NTSTATUS status = handle_get(hFindFile, &find__object_ops, 0, &object);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    atomic_fetch_and(&slot->flags, ~(uint32_t)HANDLE_PROTECT_FROM_CLOSE);
    status = handle_close(hFindFile);
    object_unref(object);
    return win32_result(status);
}

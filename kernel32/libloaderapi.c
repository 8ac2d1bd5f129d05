/* Entry points of libloaderapi.h. A module is a row in a table: Windows' own DLLs, which are the
 * export table under their names; the program; and shared objects that were loaded by name. */
#include <libloaderapi.h>

#include "exports.h"
#include "last_error.h"
#include "list.h"
#include "lock.h"
#include "text.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <winerror.h>

struct module {
    struct list link;
    const char *dll; /* the name of one of Windows' own; NULL for others */
    void *object;    /* dlopen's, for others */
    unsigned loads;  /* how many frees unload it */
    bool pinned;
    char path[PATH_MAX];
};

static struct module module__own[] = {
    {.dll = "kernel32"}, {.dll = "kernelbase"}, {.dll = "ntdll"},  {.dll = "ws2_32"},
    {.dll = "mswsock"},  {.dll = "bcrypt"},     {.dll = "user32"}, {.dll = "msvcrt"},
};
enum { MODULE_OWN_COUNT = sizeof module__own / sizeof module__own[0] };

static struct module module__program;
static struct lock modules__lock; /* protects modules__loaded and what is in it */
static struct list modules__loaded = {&modules__loaded, &modules__loaded};

static bool module__is_own(const struct module *module)
{
    return module >= module__own && module < module__own + MODULE_OWN_COUNT;
}

/* The row behind a handle, or NULL. Caller holds modules__lock. */
static struct module *module__get(HMODULE handle)
{
    struct list *node;
    struct module *module = (struct module *)handle;
    if (!handle)
        return &module__program;
    if (module == &module__program)
        return module;
    for (int i = 0; i < MODULE_OWN_COUNT; i++) {
        if (module == &module__own[i])
            return module;
    }
    list_for_each (node, &modules__loaded) {
        if (node == &module->link)
            return module;
    }
    return NULL;
}

/* ---- names ---- */

static const char *name__base(const char *path)
{
    const char *base = path;
    for (; *path; path++) {
        if (*path == '/' || *path == '\\' || *path == ':')
            base = path + 1;
    }
    return base;
}

/* Is `name` (a path, with or without .dll) the module called `stem`? A final dot says that there
 * is no extension. */
static bool name__is(const char *name, const char *stem)
{
    const char *base = name__base(name);
    size_t length = strlen(stem);
    return strncasecmp(base, stem, length) == 0 &&
           (base[length] == '\0' || strcasecmp(base + length, ".dll") == 0);
}

static struct module *module__find_own(const char *name)
{
    for (int i = 0; i < MODULE_OWN_COUNT; i++) {
        if (name__is(name, module__own[i].dll))
            return &module__own[i];
    }
    return NULL;
}

/* A module that is there already, or NULL. Caller holds modules__lock. */
static struct module *module__find(const char *name)
{
    struct module *module = module__find_own(name);
    struct list *node;
    if (module)
        return module;
    list_for_each (node, &modules__loaded) {
        module = list_entry(node, struct module, link);
        if (strcasecmp(name__base(module->path), name__base(name)) == 0 ||
            name__is(name__base(name), name__base(module->path)))
            return module;
    }
    return NULL;
}

/* ---- loading ---- */

/* A Windows path as the host writes it: forward slashes, no drive. */
static void path__to_host(const char *from, char *to, size_t size)
{
    size_t length = 0;
    if (((from[0] | 0x20) >= 'a' && (from[0] | 0x20) <= 'z') && from[1] == ':')
        from += 2;
    for (; *from && length + 1 < size; from++)
        to[length++] = *from == '\\' ? '/' : *from;
    to[length] = '\0';
}

/* Tries NAME, then for NAME.dll or NAME the shared objects NAME.so and libNAME.so. */
static void *object__open(const char *name, char *path)
{
    char stem[PATH_MAX - sizeof "lib.so"];
    char *base, *extension;
    void *object;
    path__to_host(name, path, PATH_MAX);
    object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (object || strlen(path) >= sizeof stem)
        return object;
    strcpy(stem, path);
    base = (char *)name__base(stem);
    extension = strrchr(base, '.');
    if (extension && strcasecmp(extension, ".dll") == 0)
        *extension = '\0';
    snprintf(path, PATH_MAX, "%s.so", stem);
    object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (object)
        return object;
    snprintf(path, PATH_MAX, "%.*slib%s.so", (int)(base - stem), stem, base);
    return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

/* A row for what dlopen gave; an object that has a row already gets one load more. Caller holds
 * modules__lock. */
static struct module *module__add(void *object, const char *path)
{
    struct module *module;
    struct list *node;
    list_for_each (node, &modules__loaded) {
        module = list_entry(node, struct module, link);
        if (module->object == object) {
            dlclose(object);
            module->loads++;
            return module;
        }
    }
    module = calloc(1, sizeof *module);
    if (!module) {
        dlclose(object);
        return NULL;
    }
    module->object = object;
    module->loads = 1;
    snprintf(module->path, sizeof module->path, "%s", path);
    list_append(&modules__loaded, &module->link);
    return module;
}

static HMODULE module__load(const char *name)
{
    char path[PATH_MAX];
    struct module *module;
    void *object;
    if (!name) {
        fail_win32(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    module = module__find_own(name);
    if (module)
        return (HMODULE)module;
    object = *name ? object__open(name, path) : NULL;
    if (!object) {
        fail_win32(ERROR_MOD_NOT_FOUND);
        return NULL;
    }
    lock_acquire(&modules__lock);
    module = module__add(object, path);
    lock_release(&modules__lock);
    if (!module)
        fail_win32(ERROR_NOT_ENOUGH_MEMORY);
    return (HMODULE)module;
}

HMODULE WINAPI LoadLibraryExA(LPCSTR lpLibFileName, HANDLE hFile, DWORD dwFlags)
{
    const DWORD known = LOAD_WITH_ALTERED_SEARCH_PATH | LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR |
                        LOAD_LIBRARY_SEARCH_APPLICATION_DIR | LOAD_LIBRARY_SEARCH_USER_DIRS |
                        LOAD_LIBRARY_SEARCH_SYSTEM32 | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS;
    if (hFile || (dwFlags & ~known)) {
        fail_win32(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return module__load(lpLibFileName);
}

HMODULE WINAPI LoadLibraryExW(LPCWSTR lpLibFileName, HANDLE hFile, DWORD dwFlags)
{
    char *name = lpLibFileName ? text_from_wide(lpLibFileName) : NULL;
    HMODULE module = LoadLibraryExA(name, hFile, dwFlags);
    free(name);
    return module;
}

HMODULE WINAPI LoadLibraryA(LPCSTR lpLibFileName)
{
    return LoadLibraryExA(lpLibFileName, NULL, 0);
}

HMODULE WINAPI LoadLibraryW(LPCWSTR lpLibFileName)
{
    return LoadLibraryExW(lpLibFileName, NULL, 0);
}

BOOL WINAPI FreeLibrary(HMODULE hLibModule)
{
    struct module *module;
    void *object = NULL;
    lock_acquire(&modules__lock);
    module = hLibModule ? module__get(hLibModule) : NULL;
    if (module && module->object && !module->pinned && --module->loads == 0) {
        object = module->object;
        list_remove(&module->link);
    }
    lock_release(&modules__lock);
    if (!module)
        return fail_win32(ERROR_MOD_NOT_FOUND);
    if (object) {
        dlclose(object);
        free(module);
    }
    return TRUE;
}

/* ---- finding ---- */

BOOL WINAPI GetModuleHandleExA(DWORD dwFlags, LPCSTR lpModuleName, HMODULE *phModule)
{
    const DWORD known = GET_MODULE_HANDLE_EX_FLAG_PIN |
                        GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT |
                        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS;
    const DWORD both = GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    struct module *module;
    Dl_info info;
    if (!phModule || (dwFlags & ~known) || (dwFlags & both) == both)
        return fail_win32(ERROR_INVALID_PARAMETER);
    *phModule = NULL;
    lock_acquire(&modules__lock);
    if (!lpModuleName)
        module = &module__program;
    else if (!(dwFlags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS))
        module = module__find(lpModuleName);
    else if (!dladdr(lpModuleName, &info) || !info.dli_fname)
        module = NULL;
    else if (strstr(name__base(info.dli_fname), "portico"))
        module = &module__own[0];
    else
        module = module__find(info.dli_fname) ? module__find(info.dli_fname) : &module__program;
    if (module && !(dwFlags & GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT))
        module->loads++;
    if (module && (dwFlags & GET_MODULE_HANDLE_EX_FLAG_PIN))
        module->pinned = true;
    lock_release(&modules__lock);
    *phModule = (HMODULE)module;
    return module ? TRUE : fail_win32(ERROR_MOD_NOT_FOUND);
}

BOOL WINAPI GetModuleHandleExW(DWORD dwFlags, LPCWSTR lpModuleName, HMODULE *phModule)
{
    char *name;
    BOOL found;
    if (!lpModuleName || (dwFlags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS))
        return GetModuleHandleExA(dwFlags, (LPCSTR)lpModuleName, phModule);
    name = text_from_wide(lpModuleName);
    if (!name)
        return fail_win32(ERROR_NOT_ENOUGH_MEMORY);
    found = GetModuleHandleExA(dwFlags, name, phModule);
    free(name);
    return found;
}

HMODULE WINAPI GetModuleHandleA(LPCSTR lpModuleName)
{
    HMODULE module;
    GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, lpModuleName, &module);
    return module;
}

HMODULE WINAPI GetModuleHandleW(LPCWSTR lpModuleName)
{
    HMODULE module = NULL;
    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, lpModuleName, &module);
    return module;
}

/* kernel32 forwards to kernelbase on Windows: each has what the other has. */
static const char *dll__canonical(const char *dll)
{
    return strcmp(dll, "kernelbase") == 0 ? "kernel32" : dll;
}

static void (*export__find(const char *dll, const char *name))(void)
{
    for (unsigned i = 0; i < export_count; i++) {
        if (strcmp(export_rows[i].name, name) == 0 &&
            strcmp(dll__canonical(export_rows[i].dll), dll__canonical(dll)) == 0)
            return export_rows[i].address;
    }
    return NULL;
}

FARPROC WINAPI GetProcAddress(HMODULE hModule, LPCSTR lpProcName)
{
    struct module *module;
    void *object = NULL;
    void (*address)(void) = NULL;
    lock_acquire(&modules__lock);
    module = module__get(hModule);
    if (module)
        object = module->object;
    lock_release(&modules__lock);
    if (!module) {
        fail_win32(ERROR_MOD_NOT_FOUND);
        return NULL;
    }
    if ((uintptr_t)lpProcName > 0xFFFF) {
        if (module__is_own(module))
            address = export__find(module->dll, lpProcName);
        else
            *(void **)&address = dlsym(object ? object : RTLD_DEFAULT, lpProcName);
    }
    if (!address)
        fail_win32(ERROR_PROC_NOT_FOUND);
    return (FARPROC)address;
}

/* ---- where a module lies ---- */

/* The Windows form of the module's path; false if there is no such module. */
static bool module__path(HMODULE handle, char *path, size_t size)
{
    char host[PATH_MAX] = "";
    struct module *module;
    ssize_t length;
    lock_acquire(&modules__lock);
    module = module__get(handle);
    if (module && module->object)
        snprintf(host, sizeof host, "%s", module->path);
    lock_release(&modules__lock);
    if (!module)
        return false;
    if (module__is_own(module)) {
        snprintf(path, size, "C:\\Windows\\System32\\%s.dll", module->dll);
        return true;
    }
    if (!module->object) {
        length = readlink("/proc/self/exe", host, sizeof host - 1);
        host[length > 0 ? length : 0] = '\0';
    }
    snprintf(path, size, "%s%s", host[0] == '/' ? "C:" : "", host);
    for (; *path; path++) {
        if (*path == '/')
            *path = '\\';
    }
    return true;
}

DWORD WINAPI GetModuleFileNameA(HMODULE hModule, LPSTR lpFilename, DWORD nSize)
{
    char path[PATH_MAX + 4];
    size_t length;
    if (!module__path(hModule, path, sizeof path))
        return (DWORD)fail_win32(ERROR_MOD_NOT_FOUND);
    if (!lpFilename || nSize == 0)
        return (DWORD)fail_win32(ERROR_INSUFFICIENT_BUFFER);
    length = strlen(path);
    if (length >= nSize) {
        memcpy(lpFilename, path, nSize - 1);
        lpFilename[nSize - 1] = '\0';
        fail_win32(ERROR_INSUFFICIENT_BUFFER);
        return nSize;
    }
    memcpy(lpFilename, path, length + 1);
    last_error_set(0);
    return (DWORD)length;
}

DWORD WINAPI GetModuleFileNameW(HMODULE hModule, LPWSTR lpFilename, DWORD nSize)
{
    char path[PATH_MAX + 4];
    WCHAR wide[PATH_MAX + 4];
    size_t length;
    if (!module__path(hModule, path, sizeof path))
        return (DWORD)fail_win32(ERROR_MOD_NOT_FOUND);
    if (!lpFilename || nSize == 0)
        return (DWORD)fail_win32(ERROR_INSUFFICIENT_BUFFER);
    length = text_wide_from_utf8(path, strlen(path), wide, PATH_MAX + 3);
    wide[length] = 0;
    if (length >= nSize) {
        memcpy(lpFilename, wide, (nSize - 1) * sizeof *wide);
        lpFilename[nSize - 1] = 0;
        fail_win32(ERROR_INSUFFICIENT_BUFFER);
        return nSize;
    }
    memcpy(lpFilename, wide, (length + 1) * sizeof *wide);
    last_error_set(0);
    return (DWORD)length;
}

BOOL WINAPI DisableThreadLibraryCalls(HMODULE hLibModule)
{
    struct module *module;
    lock_acquire(&modules__lock);
    module = hLibModule ? module__get(hLibModule) : NULL;
    lock_release(&modules__lock);
    return module ? TRUE : fail_win32(ERROR_MOD_NOT_FOUND);
}

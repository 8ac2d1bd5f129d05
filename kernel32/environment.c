/* Entry points of processenv.h: environment and command line. The environment is the host's, so
 * that getenv and children see it; names are found whatever their case. */
#include <processenv.h>

#include "format.h"
#include "last_error.h"
#include "lock.h"
#include "text.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <winerror.h>

/* Protects environ against ourselves; the host's own functions do not lock either. */
static struct lock environment__lock;

/* The entry NAME=value, exact case first. Caller holds environment__lock. */
static char *environment__find(const char *name, size_t length)
{
    char *found = NULL;
    for (char **entry = environ; entry && *entry; entry++) {
        if (strcspn(*entry, "=") != length || (*entry)[length] != '=')
            continue;
        if (strncmp(*entry, name, length) == 0)
            return *entry;
        if (!found && strncasecmp(*entry, name, length) == 0)
            found = *entry;
    }
    return found;
}

/* A copy of a value, or NULL. */
static char *environment__value(const char *name, size_t length)
{
    char *entry, *value = NULL;
    lock_acquire(&environment__lock);
    entry = length ? environment__find(name, length) : NULL;
    if (entry)
        value = strdup(entry + length + 1);
    lock_release(&environment__lock);
    return value;
}

/* The tail of every function that gives text: the length, or the room it would take. */
static DWORD give__ansi(const char *text, LPSTR out, DWORD size)
{
    size_t length = strlen(text);
    if (!out || length >= size)
        return (DWORD)length + 1;
    memcpy(out, text, length + 1);
    return (DWORD)length;
}

static DWORD give__wide(const char *text, LPWSTR out, DWORD size)
{
    size_t count = strlen(text);
    size_t length = text_wide_from_utf8(text, count, NULL, 0);
    if (!out || length >= size)
        return (DWORD)length + 1;
    text_wide_from_utf8(text, count, out, length);
    out[length] = 0;
    return (DWORD)length;
}

DWORD WINAPI GetEnvironmentVariableA(LPCSTR lpName, LPSTR lpBuffer, DWORD nSize)
{
    char *value = lpName ? environment__value(lpName, strlen(lpName)) : NULL;
    DWORD length;
    if (!value)
        return (DWORD)fail_win32(ERROR_ENVVAR_NOT_FOUND);
    length = give__ansi(value, lpBuffer, nSize);
    if (length == 0)
        last_error_set(0);
    free(value);
    return length;
}

DWORD WINAPI GetEnvironmentVariableW(LPCWSTR lpName, LPWSTR lpBuffer, DWORD nSize)
{
    char *name = lpName ? text_from_wide(lpName) : NULL;
    char *value = name ? environment__value(name, strlen(name)) : NULL;
    DWORD length;
    free(name);
    if (!value)
        return (DWORD)fail_win32(ERROR_ENVVAR_NOT_FOUND);
    length = give__wide(value, lpBuffer, nSize);
    if (length == 0)
        last_error_set(0);
    free(value);
    return length;
}

static NTSTATUS environment__set(const char *name, const char *value)
{
    NTSTATUS status = STATUS_SUCCESS;
    char *entry, *old = NULL;
    size_t length = strlen(name);
    if (length == 0 || strchr(name, '='))
        return STATUS_INVALID_PARAMETER;
    lock_acquire(&environment__lock);
    entry = environment__find(name, length);
    if (entry)
        old = strndup(entry, length); /* its own spelling */
    if (!value && !entry)
        status = STATUS_VARIABLE_NOT_FOUND;
    else if ((entry && !old) || (value && setenv(old ? old : name, value, 1) < 0))
        status = STATUS_NO_MEMORY;
    else if (!value)
        unsetenv(old);
    lock_release(&environment__lock);
    free(old);
    return status;
}

BOOL WINAPI SetEnvironmentVariableA(LPCSTR lpName, LPCSTR lpValue)
{
    NTSTATUS status = lpName ? environment__set(lpName, lpValue) : STATUS_INVALID_PARAMETER;
    if (status == STATUS_VARIABLE_NOT_FOUND)
        return fail_win32(ERROR_ENVVAR_NOT_FOUND);
    return win32_result(status);
}

BOOL WINAPI SetEnvironmentVariableW(LPCWSTR lpName, LPCWSTR lpValue)
{
    char *name = lpName ? text_from_wide(lpName) : NULL;
    char *value = lpValue ? text_from_wide(lpValue) : NULL;
    BOOL set;
    if ((lpName && !name) || (lpValue && !value))
        set = fail_win32(ERROR_NOT_ENOUGH_MEMORY);
    else
        set = SetEnvironmentVariableA(name, value);
    free(name);
    free(value);
    return set;
}

/* ---- all of it ---- */

LPCH WINAPI GetEnvironmentStringsA(VOID)
{
    struct text_buffer block = {0};
    lock_acquire(&environment__lock);
    for (char **entry = environ; entry && *entry; entry++)
        text_buffer_add(&block, *entry, strlen(*entry) + 1);
    lock_release(&environment__lock);
    text_buffer_add(&block, "", 1);
    if (block.failed) {
        text_buffer_free(&block);
        fail_win32(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    return block.text;
}

LPWCH WINAPI GetEnvironmentStringsW(VOID)
{
    char *block = GetEnvironmentStringsA();
    size_t count = 0, length;
    WCHAR *wide;
    if (!block)
        return NULL;
    while (block[count])
        count += strlen(block + count) + 1;
    count++;
    length = text_wide_from_utf8(block, count, NULL, 0);
    wide = malloc(length * sizeof *wide);
    if (wide)
        text_wide_from_utf8(block, count, wide, length);
    else
        fail_win32(ERROR_NOT_ENOUGH_MEMORY);
    free(block);
    return wide;
}

BOOL WINAPI FreeEnvironmentStringsA(LPCH penv)
{
    free(penv);
    return TRUE;
}

BOOL WINAPI FreeEnvironmentStringsW(LPWCH penv)
{
    free(penv);
    return TRUE;
}

/* ---- expanding ---- */

static void expand(struct text_buffer *out, const char *at)
{
    text_buffer_add(out, "", 0);
    while (*at) {
        const char *end = *at == '%' ? strchr(at + 1, '%') : NULL;
        char *value = end ? environment__value(at + 1, (size_t)(end - at - 1)) : NULL;
        if (value) {
            text_buffer_add(out, value, strlen(value));
            at = end + 1;
        } else {
            text_buffer_add_char(out, *at++);
        }
        free(value);
    }
}

DWORD WINAPI ExpandEnvironmentStringsA(LPCSTR lpSrc, LPSTR lpDst, DWORD nSize)
{
    struct text_buffer out = {0};
    DWORD needed = 0;
    if (!lpSrc)
        return (DWORD)fail_win32(ERROR_INVALID_PARAMETER);
    expand(&out, lpSrc);
    if (out.failed) {
        fail_win32(ERROR_NOT_ENOUGH_MEMORY);
    } else {
        give__ansi(out.text, lpDst, nSize);
        needed = (DWORD)out.length + 1;
    }
    text_buffer_free(&out);
    return needed;
}

DWORD WINAPI ExpandEnvironmentStringsW(LPCWSTR lpSrc, LPWSTR lpDst, DWORD nSize)
{
    struct text_buffer out = {0};
    char *source;
    DWORD needed = 0;
    if (!lpSrc)
        return (DWORD)fail_win32(ERROR_INVALID_PARAMETER);
    source = text_from_wide(lpSrc);
    if (source)
        expand(&out, source);
    if (!source || out.failed) {
        fail_win32(ERROR_NOT_ENOUGH_MEMORY);
    } else {
        give__wide(out.text, lpDst, nSize);
        needed = (DWORD)text_wide_from_utf8(out.text, out.length, NULL, 0) + 1;
    }
    free(source);
    text_buffer_free(&out);
    return needed;
}

/* ---- the command line ---- */

static char *command__ansi;
static WCHAR *command__wide;
static pthread_once_t command__once = PTHREAD_ONCE_INIT;

/* One argument so that Windows' rules read it back: quotes around white space, a backslash before a
 * quote, backslashes doubled where a quote follows. */
static void command__quote(struct text_buffer *out, const char *argument)
{
    bool quoted = *argument == '\0' || strpbrk(argument, " \t\"") != NULL;
    size_t backslashes = 0;
    if (quoted)
        text_buffer_add_char(out, '"');
    for (; *argument; argument++) {
        if (*argument == '"') {
            while (backslashes-- > 0)
                text_buffer_add_char(out, '\\');
            text_buffer_add_char(out, '\\');
        }
        backslashes = *argument == '\\' ? backslashes + 1 : 0;
        text_buffer_add_char(out, *argument);
    }
    while (quoted && backslashes-- > 0)
        text_buffer_add_char(out, '\\');
    if (quoted)
        text_buffer_add_char(out, '"');
}

static void command__read(struct text_buffer *arguments)
{
    char part[4096];
    size_t got;
    FILE *file = fopen("/proc/self/cmdline", "re");
    while (file && (got = fread(part, 1, sizeof part, file)) > 0)
        text_buffer_add(arguments, part, got);
    if (file)
        fclose(file);
}

static void command__set_up(void)
{
    struct text_buffer arguments = {0}, line = {0};
    command__read(&arguments);
    text_buffer_add(&line, "", 0);
    for (size_t at = 0; at < arguments.length; at += strlen(arguments.text + at) + 1) {
        if (at > 0)
            text_buffer_add_char(&line, ' ');
        command__quote(&line, arguments.text + at);
    }
    text_buffer_free(&arguments);
    command__ansi = line.text;
    command__wide = line.text ? text_to_wide(line.text) : NULL;
}

LPSTR WINAPI GetCommandLineA(VOID)
{
    pthread_once(&command__once, command__set_up);
    return command__ansi;
}

LPWSTR WINAPI GetCommandLineW(VOID)
{
    pthread_once(&command__once, command__set_up);
    return command__wide;
}

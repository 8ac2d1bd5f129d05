/* Programs and their arguments. */
#include "program.h"

#include "format.h"
#include "path.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* ---- one name ---- */

static NTSTATUS program__look(const char *name, char **path)
{
    struct path found;
    struct stat st;
    NTSTATUS status = path_init_file(&found, name);
    if (status != STATUS_SUCCESS)
        return status;
    status = path_resolve(&found, true, &st);
    if (status == STATUS_SUCCESS && S_ISDIR(st.st_mode))
        status = STATUS_ACCESS_DENIED;
    if (status == STATUS_SUCCESS && !(*path = strdup(found.text)))
        status = STATUS_NO_MEMORY;
    path_free(&found);
    return status;
}

/* As it is, then in its other form. */
static NTSTATUS program__try(const char *name, char **path)
{
    struct text_buffer other = {0};
    size_t length = strlen(name);
    NTSTATUS status = program__look(name, path), second;
    if (status == STATUS_SUCCESS)
        return status;
    if (length > 4 && strcasecmp(name + length - 4, ".exe") == 0) {
        text_buffer_add(&other, name, length - 4);
    } else {
        text_buffer_add(&other, name, length);
        text_buffer_add(&other, ".exe", 4);
    }
    text_buffer_add_char(&other, '\0');
    second = other.failed ? STATUS_NO_MEMORY : program__look(other.text, path);
    text_buffer_free(&other);
    return second == STATUS_SUCCESS ? second : status;
}

/* ---- the search ---- */

static bool program__try_in(const char *directory, size_t length, const char *name, char **path)
{
    struct text_buffer full = {0};
    bool found;
    text_buffer_add(&full, directory, length);
    text_buffer_add_char(&full, '/');
    text_buffer_add(&full, name, strlen(name) + 1);
    found = length > 0 && !full.failed && program__try(full.text, path) == STATUS_SUCCESS;
    text_buffer_free(&full);
    return found;
}

static bool program__try_beside_us(const char *name, char **path)
{
    char own[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", own, sizeof own);
    while (length > 0 && own[length - 1] != '/')
        length--;
    return length > 0 && program__try_in(own, (size_t)length, name, path);
}

/* PATH is the host's; a program may have set it in Windows' way. */
static bool program__try_along_path(const char *name, char **path)
{
    const char *at = getenv("PATH");
    const char *separator = at && strchr(at, ';') ? ";" : ":";
    while (at && *at) {
        size_t length = strcspn(at, separator);
        if (program__try_in(at, length, name, path))
            return true;
        at += length + (at[length] != '\0');
    }
    return false;
}

static NTSTATUS program__search(const char *name, char **path)
{
    NTSTATUS status;
    if (strpbrk(name, "\\/:") || *name == '\0')
        return program__try(name, path);
    if (program__try_beside_us(name, path))
        return STATUS_SUCCESS;
    status = program__try(name, path);
    if (status == STATUS_SUCCESS || program__try_along_path(name, path))
        return STATUS_SUCCESS;
    return status;
}

/* ---- the command line's first word ---- */

static NTSTATUS program__search_part(const char *name, size_t length, char **path)
{
    char *copy = strndup(name, length);
    NTSTATUS status = copy ? program__search(copy, path) : STATUS_NO_MEMORY;
    free(copy);
    return status;
}

/* An unquoted name may have spaces: each beginning is tried that a path of Windows may be as long
 * as, the shortest first. The first one's error counts. */
static NTSTATUS program__search_line(const char *line, char **path)
{
    NTSTATUS first = STATUS_SUCCESS;
    size_t end = 0;
    line += strspn(line, " \t");
    if (*line == '"')
        return program__search_part(line + 1, strcspn(line + 1, "\""), path);
    do {
        NTSTATUS status;
        end += strcspn(line + end, " \t");
        status = program__search_part(line, end, path);
        if (status == STATUS_SUCCESS)
            return status;
        if (first == STATUS_SUCCESS)
            first = status;
        end += strspn(line + end, " \t");
    } while (line[end] && end < MAX_PATH);
    return first;
}

NTSTATUS program_find(const char *application, const char *line, char **path)
{
    return application ? program__try(application, path) : program__search_line(line, path);
}

/* ---- arguments ---- */

/* The program's name: quotes group, backslashes mean nothing. */
static const char *arguments__name(const char *at, char **out)
{
    bool quoted = false;
    for (; *at && (quoted || (*at != ' ' && *at != '\t')); at++) {
        if (*at == '"')
            quoted = !quoted;
        else
            *(*out)++ = *at;
    }
    return at;
}

/* Backslashes before a quote: each two are one, an odd one makes the quote a letter. */
static const char *arguments__backslashes(const char *at, char **out)
{
    size_t count = strspn(at, "\\");
    bool before_quote = at[count] == '"';
    size_t kept = before_quote ? count / 2 : count;
    memset(*out, '\\', kept);
    *out += kept;
    at += count;
    if (before_quote && count % 2)
        *(*out)++ = *at++;
    return at;
}

static const char *arguments__next(const char *at, char **out)
{
    bool quoted = false;
    while (*at && (quoted || (*at != ' ' && *at != '\t'))) {
        if (*at == '\\') {
            at = arguments__backslashes(at, out);
        } else if (*at != '"') {
            *(*out)++ = *at++;
        } else if (quoted && at[1] == '"') {
            *(*out)++ = '"'; /* two of them inside quotes are one letter */
            at += 2;
        } else {
            quoted = !quoted;
            at++;
        }
    }
    return at;
}

char **program_arguments(const char *line)
{
    size_t length = strlen(line), most = length / 2 + 3, count = 0;
    char **arguments = malloc(most * sizeof *arguments + length + most);
    const char *at;
    char *out;
    if (!arguments)
        return NULL;
    out = (char *)(arguments + most);
    arguments[count++] = out;
    at = arguments__name(line, &out);
    *out++ = '\0';
    for (at += strspn(at, " \t"); *at; at += strspn(at, " \t")) {
        arguments[count++] = out;
        at = arguments__next(at, &out);
        *out++ = '\0';
    }
    arguments[count] = NULL;
    return arguments;
}

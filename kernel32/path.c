/* Windows paths: the textual half, and the translation to Linux. Looking names up in any case is in
 * path_lookup.c. */
#include "path.h"

#include "status.h"
#include "text.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* ---- text ---- */

/* How many bytes the UTF-8 sequence at `s` has, 0 if there is none. The surrogates that stand for
 * stray bytes do not count, so that a name made of them survives too. */
static size_t path__sequence_length(const unsigned char *s)
{
    static const unsigned smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = s[0] < 0x80 ? 1 : s[0] >= 0xF8 ? 0 : s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
    unsigned c = s[0] & (0x7Fu >> length);
    if (length == 1)
        return 1;
    if (length == 0 || s[0] < 0xC0)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3F);
    }
    return c < smallest[length] || c > 0x10FFFF || (c >= 0xDC80 && c <= 0xDCFF) ? 0 : length;
}

wchar_t *path_text_to_wide(const char *text)
{
    const unsigned char *in = (const unsigned char *)text;
    char *escaped = malloc(3 * strlen(text) + 1), *out = escaped;
    wchar_t *wide;
    if (!escaped)
        return NULL;
    while (*in) {
        size_t length = path__sequence_length(in);
        if (length == 0) {
            unsigned c = 0xDC00u + *in++;
            *out++ = (char)(0xE0 | c >> 12);
            *out++ = (char)(0x80 | (c >> 6 & 0x3F));
            *out++ = (char)(0x80 | (c & 0x3F));
        }
        for (; length > 0; length--)
            *out++ = (char)*in++;
    }
    *out = '\0';
    wide = text_to_wide(escaped);
    free(escaped);
    return wide;
}

char *path_text_from_wide(const wchar_t *wide)
{
    char *text = text_from_wide(wide);
    unsigned char *in = (unsigned char *)text, *out = in;
    while (text && *in) {
        if (in[0] == 0xED && (in[1] == 0xB2 || in[1] == 0xB3)) {
            *out++ = (unsigned char)((in[1] & 1) << 6 | (in[2] & 0x3F) | 0x80);
            in += 3;
        } else {
            *out++ = *in++;
        }
    }
    if (text)
        *out = '\0';
    return text;
}

DWORD path_copy_ansi(const char *text, DWORD size, char *out)
{
    size_t length = strlen(text);
    if (!out || length >= size)
        return (DWORD)length + 1;
    memcpy(out, text, length + 1);
    return (DWORD)length;
}

DWORD path_copy_wide(const char *text, DWORD size, wchar_t *out)
{
    wchar_t *wide = path_text_to_wide(text);
    size_t length = wide ? text_wide_length(wide) : 0;
    bool fits = wide && out && length < size;
    if (fits)
        memcpy(out, wide, (length + 1) * sizeof *wide);
    free(wide);
    return (DWORD)length + !fits;
}

/* ---- names of devices ---- */

static bool path__is_word(const char *name, size_t length, const char *word)
{
    return strlen(word) == length && strncasecmp(name, word, length) == 0;
}

/* COM1 to COM9 and LPT1 to LPT9, the digits 1 to 3 also raised. */
static bool path__is_numbered_device(const char *name, size_t length)
{
    if (length < 4 || (strncasecmp(name, "COM", 3) != 0 && strncasecmp(name, "LPT", 3) != 0))
        return false;
    if (length == 4)
        return name[3] >= '1' && name[3] <= '9';
    return length == 5 && name[3] == '\xC2' &&
           (name[4] == '\xB9' || name[4] == '\xB2' || name[4] == '\xB3');
}

/* Is the last component a device whatever its directory? Returns the length of the device's name,
 * 0 if not (FILE-013, FILE-014). */
static size_t path__device_length(const char *leaf)
{
    static const char *const words[] = {"NUL", "CON", "PRN", "AUX"};
    size_t length = strcspn(leaf, ".:");
    if (strcasecmp(leaf, "CONIN$") == 0 || strcasecmp(leaf, "CONOUT$") == 0)
        return strlen(leaf);
    while (length > 0 && leaf[length - 1] == ' ')
        length--;
    if (path__is_numbered_device(leaf, length))
        return length;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (path__is_word(leaf, length, words[i]))
            return length;
    return 0;
}

/* ---- the absolute form ---- */

static bool path__has_drive(const char *name)
{
    return isalpha((unsigned char)name[0]) && name[1] == ':';
}

static bool path__is_literal(const char *name)
{
    return strncmp(name, "\\\\?\\", 4) == 0;
}

static bool path__is_unc(const char *name)
{
    return path_is_separator(name[0]) && path_is_separator(name[1]);
}

static bool path__is_device(const char *name)
{
    return path__is_unc(name) && name[2] == '.' && (path_is_separator(name[3]) || !name[3]);
}

size_t path_directory_length(const char *name)
{
    size_t length = strlen(name);
    while (length > 0 && !path_is_separator(name[length - 1]) &&
           !(length == 2 && path__has_drive(name)))
        length--;
    return length;
}

/* Appends one component to `out`, which must not become shorter than `floor`. */
static void path__append_component(char *out, size_t floor, const char *name, size_t length,
                                   bool last)
{
    if (length == 0 || (length == 1 && name[0] == '.'))
        return;
    if (length == 2 && name[0] == '.' && name[1] == '.') {
        char *cut = strrchr(out + floor, '\\');
        if (cut)
            *cut = '\0';
        return;
    }
    if (last) {
        while (length > 0 && (name[length - 1] == '.' || name[length - 1] == ' '))
            length--;
    } else if (name[length - 1] == '.' && name[length - 2] != '.') {
        length--;
    }
    if (length > 0) {
        size_t end = strlen(out);
        out[end] = '\\';
        memcpy(out + end + 1, name, length);
        out[end + 1 + length] = '\0';
    }
}

/* Appends the components of `rest`, and a separator if it ends in one or there is none at all. */
static void path__append(char *out, size_t floor, const char *rest)
{
    size_t end;
    bool ends_in_separator = *rest && path_is_separator(rest[strlen(rest) - 1]);
    while (*rest) {
        size_t length = strcspn(rest, "\\/");
        path__append_component(out, floor, rest, length, rest[length] == '\0');
        rest += length + (rest[length] != '\0');
    }
    end = strlen(out);
    if (end == floor || (ends_in_separator && out[end - 1] != '\\'))
        strcpy(out + end, "\\");
}

char *path_to_windows(const char *linux_path)
{
    char *text = malloc(strlen(linux_path) + 4);
    if (!text)
        return NULL;
    sprintf(text, "C:%s", linux_path);
    for (char *c = text; *c; c++)
        if (*c == '/')
            *c = '\\';
    return text;
}

/* Where a relative path begins: "C:" and the current directory, or another drive's root. */
static char *path__base(const char *name)
{
    char *directory, *base;
    if (path__has_drive(name) && toupper((unsigned char)name[0]) != 'C') {
        base = malloc(3);
        if (base)
            sprintf(base, "%c:", name[0]);
        return base;
    }
    directory = getcwd(NULL, 0);
    base = path_to_windows(directory ? directory : "/");
    free(directory);
    if (base && strcmp(base, "C:\\") == 0)
        base[2] = '\0';
    return base;
}

static char *path__full_dos(const char *name)
{
    const char *rest = path__has_drive(name) ? name + 2 : name;
    char *base = path_is_separator(rest[0]) ? strdup("C:") : path__base(name);
    char *full = base ? malloc(strlen(base) + strlen(name) + 4) : NULL;
    if (full) {
        strcpy(full, base);
        if (path__has_drive(name))
            full[0] = name[0];
        path__append(full, 2, rest);
    }
    free(base);
    return full;
}

/* \\server\share\... and \\.\device. */
static char *path__full_unc(const char *name)
{
    bool device = path__is_device(name);
    const char *rest = name + (device && name[3] ? 4 : device ? 3 : 2);
    char *full = malloc(strlen(name) + 8);
    if (!full)
        return NULL;
    strcpy(full, device ? "\\\\." : "\\");
    path__append(full, strlen(full), rest);
    return full;
}

NTSTATUS path_full(const char *name, char **full)
{
    const char *leaf;
    size_t device;
    *full = NULL;
    if (!name || !*name)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    leaf = name + path_directory_length(name);
    device = path__is_unc(name) ? 0 : path__device_length(leaf);
    if (path__is_literal(name)) {
        *full = strdup(name);
    } else if (device) {
        *full = malloc(device + 5);
        if (*full)
            sprintf(*full, "\\\\.\\%.*s", (int)device, leaf);
    } else {
        *full = path__is_unc(name) ? path__full_unc(name) : path__full_dos(name);
    }
    return *full ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/* ---- translation ---- */

/* Checks one component of a full path. */
static NTSTATUS path__check_component(const char *name, size_t length, bool literal)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)name[i] < 32 || strchr("<>\"|?*:/", name[i]))
            return STATUS_OBJECT_NAME_INVALID;
    if (literal &&
        (length == 0 || path__is_word(name, length, ".") || path__is_word(name, length, "..")))
        return STATUS_OBJECT_NAME_INVALID;
    return STATUS_SUCCESS;
}

/* Where a drive begins, NULL if there is no such drive. */
static const char *path__drive_root(char letter)
{
    char variable[] = "PORTICO_DRIVE_?";
    letter = (char)toupper((unsigned char)letter);
    if (letter == 'C')
        return "";
    variable[sizeof variable - 2] = letter;
    return getenv(variable);
}

/* From `\dir\file`, as it follows a drive. */
static NTSTATUS path__translate(struct path *path, const char *root, char *rest, bool literal)
{
    size_t length = strlen(rest);
    char *out;
    if (length > 7 && strcasecmp(rest + length - 7, "::$DATA") == 0)
        rest[length -= 7] = '\0';
    path->ends_in_separator = length > 0 && rest[length - 1] == '\\';
    if (path->ends_in_separator)
        rest[--length] = '\0';
    path->text = malloc(strlen(root) + length + 2);
    if (!path->text)
        return STATUS_NO_MEMORY;
    out = stpcpy(path->text, root);
    while (*rest) {
        size_t part = strcspn(rest + 1, "\\");
        NTSTATUS status = path__check_component(rest + 1, part, literal);
        if (status != STATUS_SUCCESS)
            return status;
        *out++ = '/';
        memcpy(out, rest + 1, part);
        out += part;
        rest += part + 1;
    }
    *out = '\0';
    if (out == path->text)
        strcpy(path->text, "/");
    path->leaf = strdup(strrchr(path->text, '/') + 1);
    return path->leaf ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/* A device by name must be in a directory that is there. */
static NTSTATUS path__check_device_directory(const char *name)
{
    size_t length = path_directory_length(name);
    struct path directory;
    struct stat st;
    char *text;
    NTSTATUS status;
    if (length == 0 || path__is_unc(name) || (length == 2 && name[1] == ':'))
        return STATUS_SUCCESS;
    text = strndup(name, length);
    if (!text)
        return STATUS_NO_MEMORY;
    status = path_init(&directory, text);
    free(text);
    if (status != STATUS_SUCCESS)
        return status;
    if (directory.kind != PATH_FILE || path_resolve(&directory, true, &st) != STATUS_SUCCESS)
        status = STATUS_OBJECT_PATH_NOT_FOUND;
    path_free(&directory);
    return status;
}

static bool path__is_this_host(const char *host, size_t length)
{
    char own[HOST_NAME_MAX + 1] = "";
    gethostname(own, sizeof own - 1);
    return path__is_word(host, length, "localhost") || path__is_word(host, length, "127.0.0.1") ||
           path__is_word(host, length, own);
}

const char *path_local_pipe(const char *full)
{
    size_t length;
    if (strncasecmp(full, "\\\\?\\UNC\\", 8) == 0)
        full += 8;
    else if (path__is_unc(full) && !path__is_device(full) && !path__is_literal(full))
        full += 2;
    else
        return NULL;
    length = strcspn(full, "\\");
    if (strncasecmp(full + length, "\\pipe\\", 6) != 0 || !path__is_this_host(full, length))
        return NULL;
    return full + length + 1;
}

static NTSTATUS path__init_device(struct path *path, const char *name)
{
    path->kind = PATH_DEVICE;
    path->text = strdup(name);
    path->leaf = strdup("");
    return path->text && path->leaf ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static NTSTATUS path__init_full(struct path *path, const char *name, char *full)
{
    bool literal = path__is_literal(full), device = path__is_device(full);
    char *rest = full + (literal || device ? 4 : 0);
    const char *root, *pipe = path_local_pipe(full);
    NTSTATUS status;
    if (pipe)
        return path__init_device(path, pipe);
    if (literal && strncasecmp(rest, "UNC\\", 4) == 0)
        return STATUS_BAD_NETWORK_PATH;
    if (literal && !*rest)
        return STATUS_OBJECT_NAME_INVALID;
    if (!literal && !device && path__is_unc(full))
        return STATUS_BAD_NETWORK_PATH;
    if (path__has_drive(rest) && rest[2] == '\\') {
        root = path__drive_root(rest[0]);
        return root ? path__translate(path, root, rest + 2, literal) : STATUS_OBJECT_PATH_NOT_FOUND;
    }
    status = path__init_device(path, rest);
    return status == STATUS_SUCCESS ? path__check_device_directory(name) : status;
}

NTSTATUS path_init(struct path *path, const char *name)
{
    char *full;
    NTSTATUS status;
    memset(path, 0, sizeof *path);
    status = path_full(name, &full);
    if (status == STATUS_SUCCESS)
        status = path__init_full(path, name, full);
    free(full);
    if (status != STATUS_SUCCESS)
        path_free(path);
    return status;
}

NTSTATUS path_init_file(struct path *path, const char *name)
{
    NTSTATUS status = path_init(path, name);
    if (status == STATUS_SUCCESS && path->kind != PATH_FILE) {
        path_free(path);
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    }
    return status;
}

NTSTATUS path_device_name(const char *path, const char *prefix, bool by_host, NTSTATUS wrong,
                          char **name)
{
    size_t length = strlen(prefix);
    const char *rest;
    char *full;
    NTSTATUS status = path_full(path, &full);
    if (status != STATUS_SUCCESS)
        return status;
    rest = path__is_device(full) || path__is_literal(full) ? full + 4 : NULL;
    if (by_host && path_local_pipe(full))
        rest = path_local_pipe(full);
    else if (by_host && !rest && path__is_unc(full))
        wrong = STATUS_BAD_NETWORK_PATH;
    if (!rest || strncasecmp(rest, prefix, length) != 0 || !rest[length]) {
        free(full);
        return wrong;
    }
    memmove(full, rest + length, strlen(rest + length) + 1);
    *name = full;
    return STATUS_SUCCESS;
}

void path_free(struct path *path)
{
    free(path->text);
    free(path->leaf);
    path->text = path->leaf = NULL;
}

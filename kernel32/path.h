/* Windows paths and the Linux paths behind them.
 *
 * Two steps, as on Windows. path_full is textual: separators, drives, the current directory, `.`
 * and
 * `..`, trailing dots and spaces, device names. path_init checks the names of its result and
 * translates it. Drive C: is `/`; any other drive D: exists if the environment variable
 * PORTICO_DRIVE_D names a directory. Text is UTF-8 throughout; bytes of a Linux name that are not
 * UTF-8 are lone surrogates U+DC80 to U+DCFF in wide text, and come back as they were. */
#ifndef PORTICO_PATH_H
#define PORTICO_PATH_H

#include <minwindef.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

enum path_kind {
    PATH_FILE,   /* text: an absolute Linux path */
    PATH_DEVICE, /* text: what follows \\.\ */
};

struct path {
    enum path_kind kind;
    char *text;
    char *leaf; /* the last component as it was asked for; "" for a root */
    bool ends_in_separator;
    bool exact; /* no other spelling will do */
};

/* Between wide text and the bytes of a path; NULL if there is no memory. */
char *path_text_from_wide(const wchar_t *wide);
wchar_t *path_text_to_wide(const char *text);

/* The absolute Windows form, in a new string; nothing is looked up.
 * STATUS_OBJECT_PATH_NOT_FOUND: NULL or empty. */
NTSTATUS path_full(const char *name, char **full);

/* STATUS_OBJECT_NAME_INVALID, STATUS_OBJECT_PATH_NOT_FOUND (also an unknown drive),
 * STATUS_BAD_NETWORK_PATH, STATUS_NO_MEMORY. */
NTSTATUS path_init(struct path *path, const char *name);
void path_free(struct path *path);

/* A pipe of this computer by its name in the network, \\localhost\pipe\x: what \\.\ would be
 * followed by, a part of `full`. NULL: it is none. */
const char *path_local_pipe(const char *full);

/* As path_init, for calls that no device can satisfy: STATUS_OBJECT_NAME_NOT_FOUND for one. */
NTSTATUS path_init_file(struct path *path, const char *name);

/* What follows \\.\ and `prefix` (in any case) in a new string. `wrong` is the status for a path of
 * another kind; STATUS_OBJECT_PATH_NOT_FOUND: NULL or empty. by_host: this computer's name in place
 * of the dot is understood, another's is STATUS_BAD_NETWORK_PATH. */
NTSTATUS path_device_name(const char *path, const char *prefix, bool by_host, NTSTATUS wrong,
                          char **name);

/* Looks the file up; if it is there in another case only, the path takes that spelling. Symbolic
 * links at the end are followed on request. STATUS_OBJECT_NAME_NOT_FOUND: the last component is
 * missing; STATUS_OBJECT_PATH_NOT_FOUND: one before it is missing or no directory. */
NTSTATUS path_resolve(struct path *path, bool follow, struct stat *st);

/* The Windows form of an absolute Linux path, in a new string. */
char *path_to_windows(const char *linux_path);

/* A name as comparisons see it: UTF-16 in upper case. Returns its length, stored as far as `size`
 * allows. */
size_t path_fold_name(const char *name, wchar_t *out, size_t size);

/* The bytes before the last component: up to its separator, or the drive's colon. */
size_t path_directory_length(const char *name);

/* Gives a text to a caller's buffer of `size` characters. Returns its length, or the size it needs
 * with its NUL if that does not fit (or out is NULL). */
DWORD path_copy_ansi(const char *text, DWORD size, char *out);
DWORD path_copy_wide(const char *text, DWORD size, wchar_t *out);

static inline bool path_is_separator(char c)
{
    return c == '\\' || c == '/';
}

#endif

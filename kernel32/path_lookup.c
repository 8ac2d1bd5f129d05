/* Finding a file whose name is spelled in another case (FILE-003): the exact name first; only if
 * that is missing are the directories on the way searched for one name that differs in case alone.
 * The environment variable PORTICO_CASE=exact turns the search off. */
#include "path.h"

#include "status.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wctype.h>

enum { NAME_UNITS_MAX = 256 };

static pthread_once_t path__fold_once = PTHREAD_ONCE_INIT;
static locale_t path__locale;
static bool path__fold_off;

static void path__fold_init(void)
{
    const char *wanted = getenv("PORTICO_CASE");
    path__locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    path__fold_off = wanted && strcmp(wanted, "exact") == 0;
}

size_t path_fold_name(const char *name, wchar_t *out, size_t size)
{
    size_t length = text_wide_from_utf8(name, strlen(name), out, size);
    pthread_once(&path__fold_once, path__fold_init);
    for (size_t i = 0; i < length && i < size; i++) {
        wint_t upper = path__locale ? towupper_l(out[i], path__locale) : towupper(out[i]);
        if (upper <= 0xFFFF)
            out[i] = (wchar_t)upper;
    }
    return length;
}

/* The one name in a directory that equals `name` but for case; false if there is none, or more. */
static bool path__search_directory(int directory, const char *name, char found[NAME_MAX + 1])
{
    wchar_t wanted[NAME_UNITS_MAX], other[NAME_UNITS_MAX];
    size_t length = path_fold_name(name, wanted, NAME_UNITS_MAX);
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;
    int matches = 0;
    if (!stream) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    while (length <= NAME_UNITS_MAX && (entry = readdir(stream)) != NULL) {
        if (path_fold_name(entry->d_name, other, NAME_UNITS_MAX) != length ||
            memcmp(wanted, other, length * sizeof wanted[0]) != 0)
            continue;
        strcpy(found, entry->d_name);
        matches++;
    }
    closedir(stream);
    return matches == 1;
}

/* Finds the spelling of one component; leaves `name` as it is if there is no other. */
static void path__respell(int directory, char name[NAME_MAX + 1])
{
    char found[NAME_MAX + 1];
    struct stat st;
    if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT)
        return;
    if (path__search_directory(directory, name, found))
        strcpy(name, found);
}

/* Respells every component that is there in another case only; false: nothing to gain. */
static bool path__respell_all(struct path *path)
{
    const char *rest = path->text;
    int directory = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    char *text = calloc(strlen(rest) / 2 + 2, NAME_MAX + 1), *out = text;
    while (text && *rest) {
        size_t length = strcspn(++rest, "/");
        char name[NAME_MAX + 1];
        int next;
        if (length > NAME_MAX)
            break;
        memcpy(name, rest, length);
        name[length] = '\0';
        if (directory >= 0)
            path__respell(directory, name);
        rest += length;
        next = directory >= 0 && *rest ? openat(directory, name, O_PATH | O_DIRECTORY | O_CLOEXEC)
                                       : -1;
        if (directory >= 0)
            close(directory);
        directory = next;
        *out++ = '/';
        out = stpcpy(out, name);
    }
    if (directory >= 0)
        close(directory);
    if (!text || *rest || strcmp(text, path->text) == 0) {
        free(text);
        return false;
    }
    free(path->text);
    path->text = text;
    return true;
}

/* Why a lookup failed: is it the last component that is missing, or one before? */
static NTSTATUS path__why_missing(const struct path *path, int err)
{
    char *slash = strrchr(path->text, '/');
    struct stat st;
    NTSTATUS status = STATUS_OBJECT_NAME_NOT_FOUND;
    if (err != ENOENT)
        return status_from_errno(err);
    if (slash == path->text)
        return status;
    *slash = '\0';
    if (stat(path->text, &st) < 0 || !S_ISDIR(st.st_mode))
        status = STATUS_OBJECT_PATH_NOT_FOUND;
    *slash = '/';
    return status;
}

NTSTATUS path_resolve(struct path *path, bool follow, struct stat *st)
{
    int flags = follow ? 0 : AT_SYMLINK_NOFOLLOW;
    pthread_once(&path__fold_once, path__fold_init);
    if (fstatat(AT_FDCWD, path->text, st, flags) == 0)
        return STATUS_SUCCESS;
    if (errno == ENOENT && !path->exact && !path__fold_off && path__respell_all(path) &&
        fstatat(AT_FDCWD, path->text, st, flags) == 0)
        return STATUS_SUCCESS;
    return path__why_missing(path, errno);
}

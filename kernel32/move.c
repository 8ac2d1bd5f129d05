/* Moving and copying files: MoveFileEx, CopyFile. */
#include "disk.h"
#include "entries.h"
#include "facts.h"
#include "last_error.h"
#include "open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <winbase.h>

enum { COPY_CHUNK_BYTES = 1 << 20, COPY_BUFFER_BYTES = 65536 };

static const uint32_t move__flags = MOVEFILE_REPLACE_EXISTING | MOVEFILE_COPY_ALLOWED |
                                    MOVEFILE_DELAY_UNTIL_REBOOT | MOVEFILE_WRITE_THROUGH;

/* ---- copying ---- */

/* Moves the bytes by hand, where the kernel cannot. */
static int copy__bytes_by_hand(int from, int to)
{
    char *buffer = malloc(COPY_BUFFER_BYTES);
    ssize_t got = buffer ? 0 : -1;
    while (buffer && (got = read(from, buffer, COPY_BUFFER_BYTES)) > 0) {
        ssize_t put = 0, written;
        for (; put < got; put += written) {
            written = write(to, buffer + put, (size_t)(got - put));
            if (written < 0) {
                free(buffer);
                return -1;
            }
        }
    }
    free(buffer);
    return got < 0 ? -1 : 0;
}

static NTSTATUS copy__bytes(int from, int to)
{
    ssize_t moved;
    while ((moved = copy_file_range(from, NULL, to, NULL, COPY_CHUNK_BYTES, 0)) > 0)
        ;
    /* Nothing moved at all: perhaps a file whose size does not tell, as in /proc. */
    if ((moved == 0 || errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP))
        moved = copy__bytes_by_hand(from, to);
    return moved < 0 ? status_from_errno(errno) : STATUS_SUCCESS;
}

/* Contents, last-write time and attributes (FILE-132). */
static NTSTATUS copy__disk(struct disk *from, struct disk *to)
{
    struct fd_path target = fd_path_of(to->file.fd);
    struct thread *self = thread_self();
    struct facts facts;
    NTSTATUS status;
    thread_block_begin(self);
    status = copy__bytes(from->file.fd, to->file.fd);
    thread_block_end(self);
    if (status == STATUS_SUCCESS)
        status = facts_of_descriptor(from->file.fd, &facts);
    if (status == STATUS_SUCCESS)
        status = facts_set_times(to->file.fd, 0, facts.write);
    if (status == STATUS_SUCCESS)
        status = facts_set_attributes(target.text, facts.attributes);
    return status;
}

static bool copy__same_file(struct disk *disk, const char *name)
{
    struct path path;
    struct stat one, other;
    bool same = false;
    if (path_init_file(&path, name) != STATUS_SUCCESS)
        return false;
    if (path_resolve(&path, true, &other) == STATUS_SUCCESS && fstat(disk->file.fd, &one) == 0)
        same = one.st_dev == other.st_dev && one.st_ino == other.st_ino;
    path_free(&path);
    return same;
}

static NTSTATUS copy__to(struct disk *from, const char *new_name, bool fail_if_exists)
{
    const struct open_args args = {
        .access = FILE_GENERIC_WRITE,
        .share = FILE_SHARE_READ | FILE_SHARE_WRITE,
        .disposition = fail_if_exists ? CREATE_NEW : CREATE_ALWAYS,
    };
    struct disk *to;
    HANDLE target;
    bool existed;
    NTSTATUS status;
    if (!fail_if_exists && copy__same_file(from, new_name))
        return STATUS_SHARING_VIOLATION;
    status = open_named(new_name, &args, &target, &existed);
    if (status != STATUS_SUCCESS)
        return status;
    status = disk_get(target, FILE_WRITE_DATA, &to);
    if (status == STATUS_SUCCESS) {
        status = copy__disk(from, to);
        disk_unref(to);
    }
    handle_close(target);
    return status;
}

static NTSTATUS copy__file(const char *name, const char *new_name, bool fail_if_exists)
{
    const struct open_args args = {
        .access = FILE_GENERIC_READ,
        .share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        .disposition = OPEN_EXISTING,
    };
    struct disk *from;
    HANDLE source;
    bool existed;
    NTSTATUS status;
    if (!name || !new_name)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    status = open_named(name, &args, &source, &existed);
    if (status != STATUS_SUCCESS)
        return status;
    status = disk_get(source, FILE_READ_DATA, &from);
    if (status == STATUS_SUCCESS) {
        status = copy__to(from, new_name, fail_if_exists);
        disk_unref(from);
    }
    handle_close(source);
    return status;
}

BOOL WINAPI CopyFileA(LPCSTR lpExistingFileName, LPCSTR lpNewFileName, BOOL bFailIfExists)
{
    NTSTATUS status = copy__file(lpExistingFileName, lpNewFileName, bFailIfExists);
    if (status == STATUS_OBJECT_NAME_COLLISION)
        return fail_win32(ERROR_FILE_EXISTS);
    return win32_result(status);
}

BOOL WINAPI CopyFileW(LPCWSTR lpExistingFileName, LPCWSTR lpNewFileName, BOOL bFailIfExists)
{
    char *name = lpExistingFileName ? path_text_from_wide(lpExistingFileName) : NULL;
    char *new_name = lpNewFileName ? path_text_from_wide(lpNewFileName) : NULL;
    BOOL done = CopyFileA(name, new_name, bFailIfExists);
    free(name);
    free(new_name);
    return done;
}

/* ---- moving ---- */

/* Both ends of a move. */
struct move {
    struct path from, to;
    struct stat from_st, to_st;
    bool target_exists;
    uint32_t flags;
};

/* The spelling that was asked for, in the directory that was found. */
static char *move__target(const struct move *move)
{
    size_t directory = (size_t)(strrchr(move->to.text, '/') - move->to.text) + 1;
    char *target = malloc(directory + strlen(move->to.leaf) + 1);
    if (target) {
        memcpy(target, move->to.text, directory);
        strcpy(target + directory, move->to.leaf);
    }
    return target;
}

/* A directory may replace a file, but nothing replaces a directory or an open file (FILE-130). */
static NTSTATUS move__check_replace(const struct move *move)
{
    if (!(move->flags & MOVEFILE_REPLACE_EXISTING))
        return STATUS_OBJECT_NAME_COLLISION;
    if (S_ISDIR(move->to_st.st_mode) || share_is_open(&move->to_st) ||
        facts_are_readonly(move->to.text, &move->to_st))
        return STATUS_ACCESS_DENIED;
    if (S_ISDIR(move->from_st.st_mode) && unlink(move->to.text) < 0)
        return status_from_errno(errno);
    return STATUS_SUCCESS;
}

static NTSTATUS move__by_copy(const struct move *move, const char *target)
{
    bool replace = move->flags & MOVEFILE_REPLACE_EXISTING;
    NTSTATUS status;
    if (!(move->flags & MOVEFILE_COPY_ALLOWED) || !S_ISREG(move->from_st.st_mode))
        return STATUS_NOT_SAME_DEVICE;
    status = copy__file(move->from.text, target, !replace);
    if (status == STATUS_SUCCESS)
        unlink(move->from.text);
    return status;
}

static NTSTATUS move__rename(const struct move *move, const char *target, bool replace)
{
    unsigned flags = replace ? 0 : RENAME_NOREPLACE;
    int result = renameat2(AT_FDCWD, move->from.text, AT_FDCWD, target, flags);
    /* A file system that cannot promise not to replace: the lookup has told that nothing is there.
     */
    if (result < 0 && errno == EINVAL && flags)
        result = rename(move->from.text, target);
    if (result < 0 && errno == EXDEV)
        return move__by_copy(move, target);
    return result < 0 ? status_from_errno(errno) : STATUS_SUCCESS;
}

static NTSTATUS move__claimed(const struct move *move)
{
    bool itself = move->target_exists && strcmp(move->from.text, move->to.text) == 0;
    bool replace = move->target_exists && !itself;
    char *target = move__target(move);
    NTSTATUS status = target ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    if (status == STATUS_SUCCESS && replace)
        status = move__check_replace(move);
    if (status == STATUS_SUCCESS && !(itself && strcmp(move->from.text, target) == 0))
        status = move__rename(move, target, replace);
    free(target);
    return status;
}

static NTSTATUS move__resolved(struct move *move)
{
    struct share share;
    NTSTATUS status = path_resolve(&move->from, false, &move->from_st);
    if (status != STATUS_SUCCESS)
        return status;
    status = path_resolve(&move->to, false, &move->to_st);
    move->target_exists = status == STATUS_SUCCESS;
    if (status != STATUS_SUCCESS && status != STATUS_OBJECT_NAME_NOT_FOUND)
        return status;
    status = entry_claim(&share, &move->from_st);
    if (status != STATUS_SUCCESS)
        return status;
    status = move__claimed(move);
    share_leave(&share, false);
    return status;
}

static NTSTATUS move__file(const char *name, const char *new_name, uint32_t flags)
{
    struct move move = {.flags = flags};
    NTSTATUS status;
    if (flags & ~move__flags)
        return STATUS_INVALID_PARAMETER;
    if (flags & MOVEFILE_DELAY_UNTIL_REBOOT)
        return STATUS_NOT_SUPPORTED;
    status = path_init_file(&move.from, name);
    if (status != STATUS_SUCCESS)
        return status;
    status = path_init_file(&move.to, new_name);
    if (status == STATUS_SUCCESS) {
        status = move__resolved(&move);
        path_free(&move.to);
    }
    path_free(&move.from);
    return status;
}

BOOL WINAPI MoveFileExA(LPCSTR lpExistingFileName, LPCSTR lpNewFileName, DWORD dwFlags)
{
    return win32_result(move__file(lpExistingFileName, lpNewFileName, dwFlags));
}

BOOL WINAPI MoveFileExW(LPCWSTR lpExistingFileName, LPCWSTR lpNewFileName, DWORD dwFlags)
{
    char *name = lpExistingFileName ? path_text_from_wide(lpExistingFileName) : NULL;
    char *new_name = lpNewFileName ? path_text_from_wide(lpNewFileName) : NULL;
    BOOL done = MoveFileExA(name, new_name, dwFlags);
    free(name);
    free(new_name);
    return done;
}

BOOL WINAPI MoveFileA(LPCSTR lpExistingFileName, LPCSTR lpNewFileName)
{
    return MoveFileExA(lpExistingFileName, lpNewFileName, MOVEFILE_COPY_ALLOWED);
}

BOOL WINAPI MoveFileW(LPCWSTR lpExistingFileName, LPCWSTR lpNewFileName)
{
    return MoveFileExW(lpExistingFileName, lpNewFileName, MOVEFILE_COPY_ALLOWED);
}

/* Facts about files, from statx and one extended attribute. */
#include "facts.h"

#include "filetime.h"
#include "status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <winnt.h>

#define FACTS_XATTR "user.DOSATTRIB"
#define FACTS_REPARSE_TAG_SYMLINK 0xA000000C

enum {
    WRITE_BITS = S_IWUSR | S_IWGRP | S_IWOTH,
    KEPT_ATTRIBUTES = FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE |
                      FILE_ATTRIBUTE_TEMPORARY | FILE_ATTRIBUTE_OFFLINE |
                      FILE_ATTRIBUTE_NOT_CONTENT_INDEXED,
};

struct fd_path fd_path_of(int fd)
{
    struct fd_path path;
    snprintf(path.text, sizeof path.text, "/proc/self/fd/%d", fd);
    return path;
}

/* What the extended attribute says, or what goes without saying. */
static uint32_t facts__kept(const char *path, mode_t mode)
{
    uint32_t usual = S_ISREG(mode) ? FILE_ATTRIBUTE_ARCHIVE : 0;
    char text[16];
    ssize_t length = S_ISLNK(mode) ? -1 : getxattr(path, FACTS_XATTR, text, sizeof text - 1);
    if (length <= 0)
        return usual;
    text[length] = '\0';
    return (uint32_t)strtoul(text, NULL, 16) & (KEPT_ATTRIBUTES | FILE_ATTRIBUTE_READONLY);
}

static uint32_t facts__attributes(const char *path, mode_t mode)
{
    uint32_t attributes = facts__kept(path, mode);
    if (S_ISDIR(mode)) {
        attributes |= FILE_ATTRIBUTE_DIRECTORY;
    } else {
        attributes &= ~(uint32_t)FILE_ATTRIBUTE_READONLY;
        if (!(mode & WRITE_BITS))
            attributes |= FILE_ATTRIBUTE_READONLY;
    }
    if (S_ISLNK(mode)) {
        struct stat target;
        attributes |= FILE_ATTRIBUTE_REPARSE_POINT;
        if (stat(path, &target) == 0 && S_ISDIR(target.st_mode))
            attributes |= FILE_ATTRIBUTE_DIRECTORY;
    }
    return attributes ? attributes : FILE_ATTRIBUTE_NORMAL;
}

bool facts_are_readonly(const char *path, const struct stat *st)
{
    return facts__attributes(path, st->st_mode) & FILE_ATTRIBUTE_READONLY;
}

static int64_t facts__time(struct statx_timestamp time)
{
    return filetime_from_timespec(
        (struct timespec){.tv_sec = time.tv_sec, .tv_nsec = time.tv_nsec});
}

static void facts__fill(struct facts *facts, const char *path, const struct statx *stx)
{
    bool has_birth = stx->stx_mask & STATX_BTIME;
    *facts = (struct facts){
        .attributes = facts__attributes(path, stx->stx_mode),
        .reparse_tag = S_ISLNK(stx->stx_mode) ? FACTS_REPARSE_TAG_SYMLINK : 0,
        .creation = facts__time(has_birth ? stx->stx_btime : stx->stx_mtime),
        .access = facts__time(stx->stx_atime),
        .write = facts__time(stx->stx_mtime),
        .size = S_ISREG(stx->stx_mode) ? stx->stx_size : 0,
        .index = stx->stx_ino,
        .volume = stx->stx_dev_major << 20 ^ stx->stx_dev_minor,
        .links = stx->stx_nlink,
    };
}

NTSTATUS facts_of_path(const char *path, bool follow, struct facts *facts)
{
    struct statx stx;
    if (statx(AT_FDCWD, path, follow ? 0 : AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME,
              &stx) < 0)
        return status_from_errno(errno);
    facts__fill(facts, path, &stx);
    return STATUS_SUCCESS;
}

NTSTATUS facts_of_descriptor(int fd, struct facts *facts)
{
    struct fd_path path = fd_path_of(fd);
    struct statx stx;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &stx) < 0)
        return status_from_errno(errno);
    facts__fill(facts, path.text, &stx);
    return STATUS_SUCCESS;
}

static void facts__keep(const char *path, mode_t mode, uint32_t attributes)
{
    uint32_t usual = S_ISREG(mode) ? FILE_ATTRIBUTE_ARCHIVE : 0;
    char text[16];
    attributes &= KEPT_ATTRIBUTES | (S_ISDIR(mode) ? FILE_ATTRIBUTE_READONLY : 0);
    snprintf(text, sizeof text, "0x%x", attributes);
    if (attributes == usual)
        removexattr(path, FACTS_XATTR);
    else
        setxattr(path, FACTS_XATTR, text, strlen(text), 0);
}

NTSTATUS facts_set_attributes(const char *path, uint32_t attributes)
{
    struct stat st;
    mode_t mode;
    if (stat(path, &st) < 0)
        return status_from_errno(errno);
    mode = st.st_mode & 07777;
    if (S_ISDIR(st.st_mode) || !(attributes & FILE_ATTRIBUTE_READONLY))
        mode |= mode & WRITE_BITS ? 0 : S_IWUSR;
    else
        mode &= ~(mode_t)WRITE_BITS;
    if (S_ISREG(st.st_mode) && (attributes & FILE_ATTRIBUTE_DIRECTORY))
        return STATUS_INVALID_PARAMETER;
    /* The attribute can be changed only while there is write permission. */
    if (mode & WRITE_BITS && mode != (st.st_mode & 07777) && chmod(path, mode) < 0)
        return status_from_errno(errno);
    facts__keep(path, st.st_mode, attributes);
    if (!(mode & WRITE_BITS) && chmod(path, mode) < 0)
        return status_from_errno(errno);
    return STATUS_SUCCESS;
}

static struct timespec facts__timespec(int64_t ticks)
{
    if (ticks == 0 || ticks == -1)
        return (struct timespec){.tv_nsec = UTIME_OMIT};
    return filetime_to_timespec(ticks);
}

NTSTATUS facts_set_times(int fd, int64_t access, int64_t write)
{
    struct timespec times[2] = {facts__timespec(access), facts__timespec(write)};
    struct fd_path path = fd_path_of(fd);
    return utimensat(AT_FDCWD, path.text, times, 0) < 0 ? status_from_errno(errno) : STATUS_SUCCESS;
}

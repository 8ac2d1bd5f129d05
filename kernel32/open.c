/* CreateFile: dispositions, rights, sharing and flags (FILE-016 to FILE-042). The file is looked up
 * first and opened by what was found; if it appears or vanishes in between, all begins again. Where
 * only reading what exists is asked for, opening it is the look. */
#include "open.h"

#include "disk.h"
#include "facts.h"
#include "last_error.h"
#include "mailslot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <winbase.h>

enum {
    OPEN_TRIES = 16,
    SECTOR_BYTES = 512,
    ADVICE_WORTH_BYTES = 128 << 10, /* less is read ahead whole, or soon is */
    READ_RIGHTS = FILE_READ_DATA | FILE_EXECUTE,
    WRITE_RIGHTS = FILE_WRITE_DATA | FILE_APPEND_DATA,
};

/* One attempt to open: the arguments and what is known so far. */
struct open {
    const struct open_args *args;
    struct path path;
    struct stat st;
    uint32_t access;
    bool existed;
    int fd;
};

uint32_t open_granted_access(const struct open_args *args)
{
    uint32_t access = object_map_access(&file_object_ops, args->access);
    if (args->flags & FILE_FLAG_DELETE_ON_CLOSE)
        access |= DELETE;
    return access | SYNCHRONIZE | FILE_READ_ATTRIBUTES;
}

static bool open__creates(const struct open_args *args)
{
    return args->disposition == CREATE_NEW || args->disposition == CREATE_ALWAYS ||
           args->disposition == OPEN_ALWAYS;
}

static bool open__truncates(const struct open_args *args)
{
    return args->disposition == CREATE_ALWAYS || args->disposition == TRUNCATE_EXISTING;
}

static NTSTATUS open__check_args(const struct open_args *args)
{
    const uint32_t known_access = GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL |
                                  MAXIMUM_ALLOWED | FILE_ALL_ACCESS;
    if (args->disposition < CREATE_NEW || args->disposition > TRUNCATE_EXISTING)
        return STATUS_INVALID_PARAMETER;
    if (args->share & ~(uint32_t)(FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE))
        return STATUS_INVALID_PARAMETER;
    if (args->disposition == TRUNCATE_EXISTING && !(args->access & GENERIC_WRITE))
        return STATUS_INVALID_PARAMETER;
    if (args->disposition == CREATE_ALWAYS && (args->flags & FILE_FLAG_OPEN_REPARSE_POINT))
        return STATUS_INVALID_PARAMETER;
    if ((args->flags & FILE_FLAG_NO_BUFFERING) && (args->access & FILE_APPEND_DATA))
        return STATUS_INVALID_PARAMETER;
    return args->access & ~known_access ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

/* ---- checks on what was found ---- */

static NTSTATUS open__check_directory(const struct open *open)
{
    if (!(open->args->flags & FILE_FLAG_BACKUP_SEMANTICS))
        return open->path.ends_in_separator ? STATUS_OBJECT_PATH_NOT_FOUND : STATUS_ACCESS_DENIED;
    if (open->args->disposition == CREATE_NEW)
        return STATUS_OBJECT_NAME_COLLISION;
    return open__truncates(open->args) ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

static NTSTATUS open__check_found(const struct open *open)
{
    bool changes = (open->access & WRITE_RIGHTS) || open__truncates(open->args) ||
                   (open->args->flags & FILE_FLAG_DELETE_ON_CLOSE);
    if (S_ISDIR(open->st.st_mode))
        return open__check_directory(open);
    if (open->path.ends_in_separator)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    if (open->args->disposition == CREATE_NEW)
        return STATUS_OBJECT_NAME_COLLISION;
    if (S_ISREG(open->st.st_mode) && changes && facts_are_readonly(open->path.text, &open->st))
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

static NTSTATUS open__check_missing(const struct open *open, NTSTATUS status)
{
    uint32_t undeletable = FILE_FLAG_DELETE_ON_CLOSE | FILE_ATTRIBUTE_READONLY;
    if (status != STATUS_OBJECT_NAME_NOT_FOUND || !open__creates(open->args))
        return status;
    if (open->path.ends_in_separator)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    if (((open->args->flags | open->args->attributes) & undeletable) == undeletable)
        return STATUS_CANNOT_DELETE;
    return STATUS_SUCCESS;
}

/* ---- the descriptor ---- */

static int open__mode_flags(const struct open *open)
{
    bool reads = open->access & READ_RIGHTS, writes = open->access & WRITE_RIGHTS;
    int flags = O_CLOEXEC | O_NOCTTY;
    if (open->existed && S_ISLNK(open->st.st_mode))
        return flags | O_PATH | O_NOFOLLOW;
    if (open->existed && S_ISDIR(open->st.st_mode))
        return flags | O_DIRECTORY | (reads ? O_RDONLY : O_PATH);
    if (open->existed && !reads && !writes)
        return flags | O_PATH;
    flags |= writes ? (reads ? O_RDWR : O_WRONLY) : O_RDONLY;
    if (open->args->flags & FILE_FLAG_WRITE_THROUGH)
        flags |= O_DSYNC;
    /* A pipe must not wait for its other end (ENXIO then). */
    return open->existed && !S_ISREG(open->st.st_mode) ? flags | O_NONBLOCK : flags;
}

/* Opens the path; on a file system without O_DIRECT the cache is used all the same. */
static int open__descriptor(const struct open *open)
{
    mode_t mode = open->args->attributes & FILE_ATTRIBUTE_READONLY ? 0444 : 0666;
    int flags = open__mode_flags(open) | (open->existed ? 0 : O_CREAT | O_EXCL);
    if ((open->args->flags & FILE_FLAG_NO_BUFFERING) && !(flags & (O_PATH | O_DIRECTORY))) {
        int fd = openat(AT_FDCWD, open->path.text, flags | O_DIRECT, mode);
        if (fd >= 0 || errno != EINVAL)
            return fd;
        flags &= ~O_EXCL; /* the attempt may have made the file before it failed */
    }
    return openat(AT_FDCWD, open->path.text, flags, mode);
}

static void open__advise(const struct open *open)
{
    if (S_ISREG(open->st.st_mode) && open->st.st_size <= ADVICE_WORTH_BYTES)
        return;
    if (open->args->flags & FILE_FLAG_SEQUENTIAL_SCAN)
        posix_fadvise(open->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    else if (open->args->flags & FILE_FLAG_RANDOM_ACCESS)
        posix_fadvise(open->fd, 0, 0, POSIX_FADV_RANDOM);
}

static uint32_t open__sector(int fd)
{
    struct statx stx = {0};
    if (statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &stx) < 0 ||
        stx.stx_dio_offset_align < SECTOR_BYTES)
        return SECTOR_BYTES;
    return stx.stx_dio_offset_align;
}

/* ---- the object ---- */

static uint32_t open__file_flags(const struct open *open)
{
    uint32_t flags = open->args->flags & FILE_FLAG_OVERLAPPED ? FILE_OVERLAPPED : 0;
    if ((open->access & WRITE_RIGHTS) == FILE_APPEND_DATA)
        flags |= FILE_APPEND_ONLY;
    return flags;
}

/* Truncates after sharing was granted, and gives a new or emptied file its attributes. */
static NTSTATUS open__prepare(const struct open *open)
{
    const uint32_t listed = FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM |
                            FILE_ATTRIBUTE_TEMPORARY | FILE_ATTRIBUTE_READONLY;
    struct fd_path path = fd_path_of(open->fd);
    if (open->existed && !open__truncates(open->args))
        return STATUS_SUCCESS;
    if (open->existed && truncate(path.text, 0) < 0)
        return status_from_errno(errno);
    if (open->args->disposition != TRUNCATE_EXISTING &&
        (open->existed || (open->args->attributes & listed)))
        facts_set_attributes(path.text, (open->args->attributes & listed) | FILE_ATTRIBUTE_ARCHIVE);
    return STATUS_SUCCESS;
}

/* Takes over open->fd. */
static NTSTATUS open__finish_disk(struct open *open, HANDLE *handle)
{
    struct disk *disk;
    NTSTATUS status = disk_create(open->fd, open__file_flags(open), &disk);
    if (status != STATUS_SUCCESS)
        return status;
    disk->has_data = S_ISREG(open->st.st_mode) || S_ISBLK(open->st.st_mode);
    if (disk->has_data && (open->args->flags & FILE_FLAG_NO_BUFFERING))
        disk->sector = open__sector(open->fd);
    status = share_enter(&disk->share, &open->st, open->access, open->args->share);
    if (status == STATUS_SUCCESS) {
        status = open__prepare(open);
        if (status == STATUS_SUCCESS)
            disk->delete_on_close = open->args->flags & FILE_FLAG_DELETE_ON_CLOSE;
        else
            share_leave(&disk->share, false);
    }
    if (status != STATUS_SUCCESS) {
        disk_unref(disk);
        return status;
    }
    open__advise(open);
    return handle_open_new(&disk->file.object, open->access, open->args->handle_flags, handle);
}

static NTSTATUS open__finish(struct open *open, HANDLE *handle)
{
    if (S_ISCHR(open->st.st_mode) || S_ISFIFO(open->st.st_mode))
        return device_open_descriptor(open->fd, open->st.st_mode, open->args, handle);
    return open__finish_disk(open, handle);
}

/* May the file be opened before it was looked at? Then nothing is changed by that. */
static bool open__may_go_first(const struct open *open)
{
    const uint32_t matters =
        FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_NO_BUFFERING | FILE_FLAG_DELETE_ON_CLOSE;
    return open->args->disposition == OPEN_EXISTING && (open->access & READ_RIGHTS) &&
           !(open->access & WRITE_RIGHTS) && !(open->args->flags & matters);
}

/* Opens what may be a pipe, which must not wait, and more likely is a file, where that would keep
 * the engine from waiting. STATUS_RETRY: a look is needed to tell what is wrong. */
static NTSTATUS open__first(struct open *open, HANDLE *handle)
{
    NTSTATUS status = STATUS_RETRY;
    open->fd = openat(AT_FDCWD, open->path.text, open__mode_flags(open) | O_NONBLOCK);
    if (open->fd < 0)
        return status;
    open->existed = true;
    if (fstat(open->fd, &open->st) == 0)
        status = open__check_found(open);
    if (status == STATUS_SUCCESS && S_ISREG(open->st.st_mode) && fcntl(open->fd, F_SETFL, 0) < 0)
        status = status_from_errno(errno);
    if (status == STATUS_SUCCESS)
        return open__finish(open, handle);
    close(open->fd);
    return status;
}

/* One attempt; STATUS_RETRY: the file came or went meanwhile. */
static NTSTATUS open__try(struct open *open, HANDLE *handle)
{
    bool follow = !(open->args->flags & FILE_FLAG_OPEN_REPARSE_POINT);
    NTSTATUS status = path_resolve(&open->path, follow, &open->st);
    open->existed = status == STATUS_SUCCESS;
    status = open->existed ? open__check_found(open) : open__check_missing(open, status);
    if (status != STATUS_SUCCESS)
        return status;
    open->fd = open__descriptor(open);
    if (open->fd >= 0) {
        if (fstat(open->fd, &open->st) == 0)
            return open__finish(open, handle);
        status = status_from_errno(errno);
        close(open->fd);
        return status;
    }
    if ((open->existed && errno == ENOENT) || (!open->existed && errno == EEXIST))
        return STATUS_RETRY;
    return status_from_errno(errno);
}

NTSTATUS open_named(const char *name, const struct open_args *args, HANDLE *handle, bool *existed)
{
    struct open open = {.args = args, .access = open_granted_access(args)};
    NTSTATUS status = open__check_args(args);
    *existed = false;
    if (status == STATUS_SUCCESS)
        status = path_init(&open.path, name);
    if (status == STATUS_BAD_NETWORK_PATH)
        return mailslot_open_on_host(name, args, handle);
    if (status != STATUS_SUCCESS)
        return status;
    open.path.exact = args->flags & FILE_FLAG_POSIX_SEMANTICS;
    if (open.path.kind == PATH_DEVICE) {
        status = device_open(open.path.text, args, handle);
    } else {
        int tries = 0;
        status = open__may_go_first(&open) ? open__first(&open, handle) : STATUS_RETRY;
        while (status == STATUS_RETRY && tries++ < OPEN_TRIES)
            status = open__try(&open, handle);
        /* A link that leads nowhere is neither there nor missing. */
        if (status == STATUS_RETRY)
            status = STATUS_OBJECT_NAME_NOT_FOUND;
    }
    *existed = open.existed;
    path_free(&open.path);
    return status;
}

/* ---- entry points ---- */

/* Takes over `name`, the copy of what was `given`. */
static HANDLE open__win32(const void *given, char *name, const struct open_args *args)
{
    bool existed = false;
    HANDLE handle = NULL;
    NTSTATUS status = given && !name ? STATUS_NO_MEMORY : open_named(name, args, &handle, &existed);
    free(name);
    if (status != STATUS_SUCCESS) {
        if (status == STATUS_OBJECT_NAME_COLLISION)
            fail_win32(ERROR_FILE_EXISTS);
        else
            fail_status(status);
        return INVALID_HANDLE_VALUE;
    }
    existed &= args->disposition == CREATE_ALWAYS || args->disposition == OPEN_ALWAYS;
    last_error_set(existed ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
    return handle;
}

static uint32_t open__handle_flags(const SECURITY_ATTRIBUTES *attributes)
{
    return attributes && attributes->bInheritHandle ? HANDLE_INHERIT : 0;
}

static struct open_args open__args(DWORD access, DWORD share, const SECURITY_ATTRIBUTES *security,
                                   DWORD disposition, DWORD flags_and_attributes)
{
    return (struct open_args){
        .access = access,
        .share = share,
        .disposition = disposition,
        .attributes = flags_and_attributes & 0xFFFF,
        .flags = flags_and_attributes & 0xFFFF0000,
        .handle_flags = open__handle_flags(security),
    };
}

HANDLE WINAPI CreateFileA(LPCSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
                          LPSECURITY_ATTRIBUTES lpSecurityAttributes, DWORD dwCreationDisposition,
                          DWORD dwFlagsAndAttributes, HANDLE hTemplateFile)
{
    struct open_args args = open__args(dwDesiredAccess, dwShareMode, lpSecurityAttributes,
                                       dwCreationDisposition, dwFlagsAndAttributes);
    (void)hTemplateFile;
    return open__win32(lpFileName, lpFileName ? strdup(lpFileName) : NULL, &args);
}

HANDLE WINAPI CreateFileW(LPCWSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
                          LPSECURITY_ATTRIBUTES lpSecurityAttributes, DWORD dwCreationDisposition,
                          DWORD dwFlagsAndAttributes, HANDLE hTemplateFile)
{
    struct open_args args = open__args(dwDesiredAccess, dwShareMode, lpSecurityAttributes,
                                       dwCreationDisposition, dwFlagsAndAttributes);
    (void)hTemplateFile;
    return open__win32(lpFileName, lpFileName ? path_text_from_wide(lpFileName) : NULL, &args);
}

HANDLE WINAPI CreateFile2(LPCWSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
                          DWORD dwCreationDisposition,
                          LPCREATEFILE2_EXTENDED_PARAMETERS pCreateExParams)
{
    struct open_args args =
        open__args(dwDesiredAccess, dwShareMode, NULL, dwCreationDisposition, 0);
    if (pCreateExParams) {
        if (pCreateExParams->dwSize < sizeof *pCreateExParams) {
            fail_status(STATUS_INVALID_PARAMETER);
            return INVALID_HANDLE_VALUE;
        }
        /* A flag among the attributes is none (FILE-026). */
        args.attributes = pCreateExParams->dwFileAttributes & 0xFFFF;
        args.flags = pCreateExParams->dwFileFlags & 0xFFFF0000;
        args.handle_flags = open__handle_flags(pCreateExParams->lpSecurityAttributes);
    }
    return open__win32(lpFileName, lpFileName ? path_text_from_wide(lpFileName) : NULL, &args);
}

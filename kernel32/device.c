/* Devices by name: what \\.\NAME, NUL and CON open. */
#include "comm.h"
#include "file.h"
#include "mailslot.h"
#include "open.h"
#include "pipe.h"
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <winbase.h>

/* ---- NUL: takes everything, has nothing ---- */

static NTSTATUS null__transfer(struct file *file, struct request *request)
{
    bool empty_read = !(request->flags & REQUEST_WRITE) && request_length(request) > 0;
    NTSTATUS status;
    request->status = empty_read && request->iosb ? STATUS_END_OF_FILE : STATUS_SUCCESS;
    if (!empty_read)
        request->information = request_length(request);
    file_lock(file);
    status = request_end_in_call(request);
    file_unlock(file);
    request_free(request);
    return status;
}

static void null__destroy(struct file *file)
{
    free(file);
}

static const struct file_ops null__ops = {
    .type = FILE_TYPE_CHAR,
    .name = "NUL",
    .transfer = null__transfer,
    .destroy = null__destroy,
};

static NTSTATUS null__open(const struct open_args *args, HANDLE *handle)
{
    struct file *file = calloc(1, sizeof *file);
    if (!file)
        return STATUS_NO_MEMORY;
    file_init(file, &null__ops, -1, args->flags & FILE_FLAG_OVERLAPPED ? FILE_OVERLAPPED : 0);
    return handle_open_new(&file->object, open_granted_access(args), args->handle_flags, handle);
}

/* ---- the console: the controlling terminal ---- */

static NTSTATUS console__open(const struct open_args *args, HANDLE *handle)
{
    uint32_t access = open_granted_access(args);
    bool reads = access & FILE_READ_DATA, writes = access & FILE_WRITE_DATA;
    int fd = open("/dev/tty", (writes ? (reads ? O_RDWR : O_WRONLY) : O_RDONLY) | O_CLOEXEC);
    if (fd < 0)
        return errno == EMFILE || errno == ENFILE ? STATUS_TOO_MANY_OPENED_FILES
                                                  : STATUS_INVALID_HANDLE;
    return device_open_descriptor(fd, S_IFCHR, args, handle);
}

/* ---- serial lines ---- */

static NTSTATUS serial__open(uint32_t number, const struct open_args *args, HANDLE *handle)
{
    char *path;
    NTSTATUS status = comm_path(number, &path);
    if (status != STATUS_SUCCESS)
        return status;
    status = comm_open(path, args, handle);
    free(path);
    return status;
}

/* ---- dispatch ---- */

static bool device__is_volume(const char *name)
{
    return name[0] && name[1] == ':' && !name[2];
}

NTSTATUS device_open(const char *name, const struct open_args *args, HANDLE *handle)
{
    if (strcasecmp(name, "NUL") == 0)
        return null__open(args, handle);
    if (strcasecmp(name, "CON") == 0 || strcasecmp(name, "CONIN$") == 0 ||
        strcasecmp(name, "CONOUT$") == 0)
        return console__open(args, handle);
    if (strncasecmp(name, "pipe\\", 5) == 0)
        return pipe_name_open(name + 5, args, handle);
    if (strncasecmp(name, "mailslot\\", 9) == 0)
        return mailslot_open(name + 9, args, handle);
    if (comm_number(name))
        return serial__open(comm_number(name), args, handle);
    if (device__is_volume(name))
        return STATUS_ACCESS_DENIED;
    return strchr(name, '\\') ? STATUS_OBJECT_PATH_NOT_FOUND : STATUS_OBJECT_NAME_NOT_FOUND;
}

NTSTATUS device_open_descriptor(int fd, mode_t mode, const struct open_args *args, HANDLE *handle)
{
    struct file *file;
    NTSTATUS status;
    int flags = fcntl(fd, F_GETFL);
    if (S_ISCHR(mode) && comm_tty_is_line(fd))
        return comm_open_descriptor(fd, args, handle);
    if (flags & O_NONBLOCK) /* was for the opening only */
        fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
    status = stream_create(fd, S_ISCHR(mode) ? STREAM_CHARACTER : STREAM_PIPE,
                           args->flags & FILE_FLAG_OVERLAPPED ? FILE_OVERLAPPED : 0, &file);
    if (status != STATUS_SUCCESS)
        return status;
    return handle_open_new(&file->object, open_granted_access(args), args->handle_flags, handle);
}

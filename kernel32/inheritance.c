/* Handles that a child inherits: gathered in the parent, taken up in the child. */
#include "inheritance.h"

#include "inherit.h"
#include "status.h"
#include "std_handles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the parent ---- */

/* The file behind an inheritable handle, with a reference; NULL: it is none, or stays here. */
static struct file *inheritance__file(const struct inheritance *in, HANDLE handle, uint32_t *access)
{
    uint32_t index = handle_index(handle);
    struct slot *slot = index ? table_slot(&handle_table, index) : NULL;
    struct object *object;
    bool listed = in->listed == NULL;
    for (size_t i = 0; i < in->listed_count && !listed; i++)
        listed = handle_index(in->listed[i]) == index;
    if (!in->inherits || !listed || !slot || !(atomic_load(&slot->flags) & HANDLE_INHERIT) ||
        handle_get_any(handle, &object, access) != STATUS_SUCCESS)
        return NULL;
    if (object->ops == &file_object_ops)
        return list_entry(object, struct file, object);
    object_unref(object);
    return NULL;
}

static int inheritance__duplicate(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, SPAWN_STANDARD);
}

static NTSTATUS inheritance__again(int fd, int *copy)
{
    *copy = inheritance__duplicate(fd);
    return *copy < 0 ? status_from_errno(errno) : STATUS_SUCCESS;
}

/* The file of one of our own standard handles, inheritable or not; with a reference. */
static struct file *inheritance__own_standard(HANDLE handle)
{
    struct file *file;
    return file_get(handle, 0, &file) == STATUS_SUCCESS ? file : NULL;
}

/* A descriptor for the file, made as its kind leaves it to others. A named pipe's end has none: it
 * is lent. */
static NTSTATUS inheritance__descriptor(struct file *file, struct pipe_loan **lent, int *fd)
{
    uint8_t state[INHERIT_STATE_BYTES];
    uint32_t number;
    const struct inherit_kind *kind = inherit_kind_of(file, &number);
    if (!kind && file->fd < 0)
        return pipe_loan_create(file, lent, fd);
    if (kind)
        kind->leave(file, state);
    return inheritance__again(file->fd, fd);
}

/* The number before `i` at which the file is lent already, as an end can be but once; or `i`. */
static int inheritance__find_lent(const struct inheritance *in, int i, const struct file *file)
{
    int j = 0;
    while (j < i && !(in->lent[j] && pipe_loan_is_of(in->lent[j], file)))
        j++;
    return j;
}

/* A descriptor for the child's number `i`. */
static NTSTATUS inheritance__standard(struct inheritance *in, int i)
{
    struct file *file = NULL;
    uint32_t access;
    NTSTATUS status;
    if (in->uses_standard)
        file = inheritance__file(in, std_handle_resolve(in->standard[i]), &access);
    else if (!in->no_standard)
        file = inheritance__own_standard(std_handle_resolve((HANDLE)(intptr_t)(-10 - i)));
    if (file) {
        int lent = inheritance__find_lent(in, i, file);
        status = lent < i ? inheritance__again(in->standard_fd[lent], &in->standard_fd[i])
                          : inheritance__descriptor(file, &in->lent[i], &in->standard_fd[i]);
        file_unref(file);
        return status;
    }
    in->standard_fd[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
    return in->standard_fd[i] < 0 ? status_from_errno(errno) : STATUS_SUCCESS;
}

/* The standard descriptor that the child has for a handle anyway, -1: none. */
static int inheritance__as_standard(const struct inheritance *in, HANDLE handle)
{
    for (int i = 0; i < SPAWN_STANDARD; i++) {
        HANDLE standard = in->uses_standard ? in->standard[i] : (HANDLE)(intptr_t)(-10 - i);
        if (!in->no_standard && handle_index(std_handle_resolve(standard)) == handle_index(handle))
            return i;
    }
    return -1;
}

/* Our own standard handles go as such or not at all, unless they are listed: a program of the host
 * would keep what it was not given open without knowing. */
static bool inheritance__stays(const struct inheritance *in, HANDLE handle)
{
    bool is_standard = false;
    for (int i = 0; i < SPAWN_STANDARD && !in->listed; i++)
        is_standard |= std_handle_resolve((HANDLE)(intptr_t)(-10 - i)) == handle;
    return is_standard && inheritance__as_standard(in, handle) < 0;
}

static NTSTATUS inheritance__leave(struct inheritance *in, HANDLE handle, struct heirloom *heirloom)
{
    uint32_t access, number;
    struct file *file =
        inheritance__stays(in, handle) ? NULL : inheritance__file(in, handle, &access);
    const struct inherit_kind *kind = file ? inherit_kind_of(file, &number) : NULL;
    NTSTATUS status = STATUS_NOT_FOUND;
    if (kind) {
        *heirloom = (struct heirloom){.value = (uint32_t)(uintptr_t)handle,
                                      .kind = number,
                                      .access = access,
                                      .fd = inheritance__as_standard(in, handle)};
        kind->leave(file, heirloom->state);
        status = STATUS_SUCCESS;
        if (heirloom->fd < 0) {
            heirloom->fd = inheritance__duplicate(file->fd);
            if (heirloom->fd < 0)
                status = status_from_errno(errno);
            else
                in->kept[in->kept_count++] = heirloom->fd;
        }
    }
    if (file)
        file_unref(file);
    return status;
}

static uint32_t inheritance__count(void)
{
    uint32_t count = 0;
    for (HANDLE handle = (HANDLE)4; handle_next_inherited(&handle); count++)
        handle = (HANDLE)((uintptr_t)handle + 4);
    return count;
}

/* Fills the page with what is inherited; other threads may open and close handles meanwhile. */
static NTSTATUS inheritance__fill(struct inheritance *in, uint32_t room)
{
    uint32_t count = 0;
    HANDLE handle = (HANDLE)4;
    for (; count < room && handle_next_inherited(&handle);
         handle = (HANDLE)((uintptr_t)handle + 4)) {
        NTSTATUS status = inheritance__leave(in, handle, &in->heritage->heirlooms[count]);
        if (status == STATUS_SUCCESS)
            count++;
        else if (status != STATUS_NOT_FOUND)
            return status;
    }
    in->heritage->used = count;
    return STATUS_SUCCESS;
}

static NTSTATUS inheritance__check_list(const struct inheritance *in)
{
    for (size_t i = 0; i < in->listed_count; i++) {
        uint32_t index = handle_index(in->listed[i]);
        struct slot *slot = index ? table_slot(&handle_table, index) : NULL;
        if (!slot || !atomic_load(&slot->word) || !(atomic_load(&slot->flags) & HANDLE_INHERIT))
            return STATUS_INVALID_PARAMETER;
    }
    return in->listed && !in->inherits ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

static NTSTATUS inheritance__gather_handles(struct inheritance *in)
{
    uint32_t room = in->inherits ? inheritance__count() : 0;
    NTSTATUS status = STATUS_SUCCESS;
    in->heritage = heritage_create(room, &in->heritage_fd);
    in->kept = calloc(room + 1, sizeof *in->kept);
    if (!in->heritage || !in->kept)
        return STATUS_NO_MEMORY;
    if (room > 0)
        status = inheritance__fill(in, room);
    /* The page goes along with descriptors; else it is found through us, and the child has no more
     * descriptors than the host gives it. */
    if (status == STATUS_SUCCESS && in->kept_count > 0) {
        in->kept[in->kept_count++] = in->heritage->fd = inheritance__duplicate(in->heritage_fd);
        if (in->heritage->fd < 0)
            status = STATUS_TOO_MANY_OPENED_FILES;
    }
    return status;
}

NTSTATUS inheritance_gather(struct inheritance *in)
{
    NTSTATUS status = inheritance__check_list(in);
    in->heritage = NULL;
    in->heritage_fd = -1;
    in->kept = NULL;
    in->kept_count = 0;
    for (int i = 0; i < SPAWN_STANDARD; i++) {
        in->standard_fd[i] = -1;
        in->lent[i] = NULL;
    }
    for (int i = 0; i < SPAWN_STANDARD && status == STATUS_SUCCESS; i++)
        status = inheritance__standard(in, i);
    if (status == STATUS_SUCCESS)
        status = inheritance__gather_handles(in);
    if (status == STATUS_SUCCESS)
        return status;
    if (in->heritage) {
        heritage_free(in->heritage);
        close(in->heritage_fd);
    }
    inheritance_drop(in);
    return status;
}

void inheritance_begin(struct inheritance *in)
{
    for (int i = 0; i < SPAWN_STANDARD; i++) {
        if (in->lent[i])
            pipe_loan_begin(in->lent[i]);
        in->lent[i] = NULL;
    }
}

void inheritance_drop(struct inheritance *in)
{
    for (int i = 0; i < SPAWN_STANDARD; i++) {
        if (in->lent[i])
            pipe_loan_drop(in->lent[i]);
        if (in->standard_fd[i] >= 0)
            close(in->standard_fd[i]);
    }
    for (uint32_t i = 0; i < in->kept_count; i++) {
        if (in->kept[i] >= 0)
            close(in->kept[i]);
    }
    free(in->kept);
}

/* ---- the child ---- */

static void inheritance__take_one(const struct heirloom *heirloom)
{
    const struct inherit_kind *kind = inherit_kind(heirloom->kind);
    struct file *file;
    int fd = inheritance__duplicate(heirloom->fd);
    if (heirloom->fd >= SPAWN_STANDARD)
        close(heirloom->fd);
    if (!kind) {
        if (fd >= 0)
            close(fd);
        return;
    }
    if (fd >= 0 && kind->take(fd, heirloom->state, &file) == STATUS_SUCCESS)
        handle_open_at((HANDLE)(uintptr_t)heirloom->value, &file->object, heirloom->access,
                       HANDLE_INHERIT);
}

__attribute__((constructor)) static void inheritance__take(void)
{
    const struct heritage *heritage;
    heritage_take();
    heritage = heritage_own();
    for (uint32_t i = 0; heritage && i < heritage->used && i < heritage->count; i++)
        inheritance__take_one(&heritage->heirlooms[i]);
}

/* The device \Device\Afd as portable event libraries use it: IOCTL_AFD_POLL waits until one of a
 * list of sockets is ready for something.
 *
 * A poll is a request of the file it was asked of, which need not be one of the sockets. It watches
 * its sockets and is finished by whoever sees one ready, by its timeout or by a newer exclusive
 * poll. The request points to the poll and the poll to the request; the lock of the file tells
 * which of them is still there. */
#include "device.h"
#include "timeout.h"
#include "transfer.h"
#include "watch.h"
#include "wsastatus.h"

#include <stdlib.h>
#include <string.h>

#define IOCTL_AFD_POLL 0x00012024u
#define AFD_WAIT_FOR_EVER INT64_MAX

/* AFD_POLL_INFO, as libraries lay it out. */
struct afd_info_entry {
    HANDLE handle;
    uint32_t events;
    NTSTATUS status;
};
struct afd_info {
    int64_t timeout; /* as in NtWaitForSingleObject */
    uint32_t count;
    uint32_t exclusive; /* a BOOLEAN */
    struct afd_info_entry entries[];
};
_Static_assert(sizeof(struct afd_info) == 16, "AFD_POLL_INFO");
_Static_assert(sizeof(struct afd_info_entry) == 16, "AFD_POLL_HANDLE_INFO");

struct afd_poll;

struct afd_entry {
    struct watcher watcher;
    struct afd_poll *poll;
    struct socket *socket; /* a reference */
    HANDLE handle;
    uint32_t wanted;
    _Atomic uint32_t found;
    bool is_main; /* the poll is the socket's main one; under its watch_lock */
};

struct afd_poll {
    struct watch_work work;
    struct timeout timeout;
    _Atomic uint32_t refs;   /* the request's, the timeout's, and that of scheduled work */
    struct file *file;       /* where it was asked; the request's reference */
    struct request *request; /* NULL: not queued, or over; under file->lock */
    struct afd_info *out;
    _Atomic bool scheduled;
    _Atomic bool replaced; /* by a newer exclusive poll */
    bool exclusive;
    int64_t told_timeout; /* given back as it came */
    uint32_t count;
    struct afd_entry entries[];
};

struct afd_request {
    struct request request;
    struct afd_poll *poll;
};

static struct afd_poll *afd__poll_of(struct request *request)
{
    return list_entry(request, struct afd_request, request)->poll;
}

static void afd__unref(struct afd_poll *poll)
{
    if (atomic_fetch_sub(&poll->refs, 1) > 1)
        return;
    for (uint32_t i = 0; i < poll->count; i++)
        if (poll->entries[i].socket)
            socket_unref(poll->entries[i].socket);
    file_unref(poll->file);
    free(poll);
}

/* ---- ending ---- */

static bool afd__has_found(struct afd_poll *poll)
{
    for (uint32_t i = 0; i < poll->count; i++)
        if (atomic_load(&poll->entries[i].found))
            return true;
    return atomic_load(&poll->replaced);
}

/* Writes the ready entries, closed up, and the request's result. Caller holds file->lock. */
static void afd__report(struct afd_poll *poll, struct request *request, NTSTATUS status)
{
    uint32_t filled = 0;
    for (uint32_t i = 0; i < poll->count && !atomic_load(&poll->replaced); i++) {
        struct afd_entry *entry = &poll->entries[i];
        uint32_t found = atomic_load(&entry->found);
        if (!found)
            continue;
        poll->out->entries[filled++] = (struct afd_info_entry){
            .handle = entry->handle,
            .events = found,
            .status = found & READY_CONNECT_FAILED ? entry->socket->connect_status : 0,
        };
    }
    poll->out->timeout = poll->told_timeout;
    poll->out->count = filled;
    request->status = filled ? STATUS_SUCCESS : status;
    request->information =
        sizeof(struct afd_info) + filled * (uint64_t)sizeof(struct afd_info_entry);
}

static void afd__finish(struct afd_poll *poll, NTSTATUS status)
{
    file_lock(poll->file);
    if (poll->request) {
        afd__report(poll, poll->request, status);
        file_finish_request(poll->file, poll->request);
    }
    file_unlock(poll->file);
}

static void afd__run(struct watch_work *work)
{
    struct afd_poll *poll = list_entry(work, struct afd_poll, work);
    afd__finish(poll, STATUS_SUCCESS);
    afd__unref(poll);
}

/* Has the poll finished once no lock is held; false: somebody else has already. */
static bool afd__schedule(struct afd_poll *poll, struct list *later)
{
    if (atomic_exchange(&poll->scheduled, true))
        return false;
    atomic_fetch_add(&poll->refs, 1);
    list_append(later, &poll->work.link);
    return true;
}

static void afd__changed(struct watcher *watcher, uint32_t ready, uint32_t events,
                         struct list *later)
{
    struct afd_entry *entry = list_entry(watcher, struct afd_entry, watcher);
    uint32_t found = ready & (entry->wanted | READY_CLOSED);
    (void)events;
    if (!found)
        return;
    if (afd__schedule(entry->poll, later)) /* the first entry that became ready ends the wait */
        atomic_fetch_or(&entry->found, found);
}

static void afd__timed_out(struct timeout *timeout)
{
    struct afd_poll *poll = list_entry(timeout, struct afd_poll, timeout);
    afd__finish(poll, STATUS_TIMEOUT);
    afd__unref(poll);
}

/* The request goes, however it ended. Caller holds file->lock, or it was never queued. */
static void afd__release(struct request *request)
{
    struct afd_poll *poll = afd__poll_of(request);
    poll->request = NULL;
    for (uint32_t i = 0; i < poll->count; i++)
        if (poll->entries[i].watcher.link.next)
            watch_end(poll->entries[i].socket, &poll->entries[i].watcher);
    if (poll->timeout.link.next && timeout_stop(&poll->timeout))
        afd__unref(poll);
    afd__unref(poll);
}

static const struct request_ops afd__poll_ops = {
    .name = "AFD poll",
    .size = sizeof(struct afd_request),
    .outlives_handles = true, /* SOCK-477; what it waits for may be that its own socket is closed */
    .release = afd__release,
};

/* ---- starting ---- */

/* The entry through which a socket's main poll watches it; NULL: it has none. Caller holds
 * socket->watch_lock. */
static struct afd_entry *afd__main_of(struct socket *socket)
{
    struct list *node;
    list_for_each (node, &socket->watchers) {
        struct watcher *watcher = list_entry(node, struct watcher, link);
        struct afd_entry *entry = list_entry(watcher, struct afd_entry, watcher);
        if (watcher->changed == afd__changed && entry->is_main)
            return entry;
    }
    return NULL;
}

/* A poll that finds no main one at a socket becomes that; so does an exclusive one that finds an
 * exclusive one there, which it ends (SOCK-481). Those beside the main one are left alone. */
static void afd__replace(struct afd_entry *entry)
{
    struct socket *socket = entry->socket;
    struct afd_entry *main;
    struct list later;
    list_init(&later);
    lock_acquire(&socket->watch_lock);
    main = afd__main_of(socket);
    if (main && entry->poll->exclusive && main->poll->exclusive && main->poll != entry->poll) {
        main->is_main = false;
        atomic_store(&main->poll->replaced, true);
        afd__schedule(main->poll, &later);
        main = NULL;
    }
    entry->is_main = !main;
    lock_release(&socket->watch_lock);
    while (!list_is_empty(&later)) {
        struct watch_work *work = list_entry(later.next, struct watch_work, link);
        list_remove(&work->link);
        work->run(work);
    }
}

/* Finds the sockets. STATUS_INVALID_HANDLE: one of them is none. */
static NTSTATUS afd__get_sockets(struct afd_poll *poll, const struct afd_info *info)
{
    for (uint32_t i = 0; i < poll->count; i++) {
        struct afd_entry *entry = &poll->entries[i];
        if (socket_get((uintptr_t)info->entries[i].handle, &entry->socket) != STATUS_SUCCESS)
            return STATUS_INVALID_HANDLE;
        entry->poll = poll;
        entry->handle = info->entries[i].handle;
        entry->wanted = info->entries[i].events;
        entry->watcher.changed = afd__changed;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS afd__make(struct file *file, const struct device_control *control,
                          struct afd_poll **made)
{
    const struct afd_info *info = control->in;
    struct afd_poll *poll;
    NTSTATUS status;
    if (!info || !control->out || control->in_size < sizeof *info ||
        control->out_size < control->in_size || !memory_is_readable(info, control->in_size) ||
        info->count == 0 ||
        info->count > (control->in_size - sizeof *info) / sizeof(struct afd_info_entry))
        return STATUS_INVALID_PARAMETER;
    poll = calloc(1, sizeof *poll + info->count * sizeof poll->entries[0]);
    if (!poll)
        return STATUS_INSUFFICIENT_RESOURCES;
    object_ref(&file->object);
    poll->file = file;
    poll->refs = 1;
    poll->work.run = afd__run;
    poll->timeout.fire = afd__timed_out;
    poll->out = control->out;
    poll->exclusive = info->exclusive & 0xFF;
    poll->told_timeout = info->timeout;
    poll->count = info->count;
    status = afd__get_sockets(poll, info);
    if (status == STATUS_SUCCESS)
        *made = poll;
    else
        afd__unref(poll);
    return status;
}

/* Watches every socket, and looks at each for a start. */
static NTSTATUS afd__watch(struct afd_poll *poll)
{
    for (uint32_t i = 0; i < poll->count; i++) {
        struct afd_entry *entry = &poll->entries[i];
        afd__replace(entry);
        if (!watch_begin(entry->socket, &entry->watcher, true))
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    for (uint32_t i = 0; i < poll->count; i++) {
        struct afd_entry *entry = &poll->entries[i];
        uint32_t ready = ready_look(entry->socket);
        atomic_fetch_or(&entry->found, ready & (entry->wanted | READY_CLOSED));
    }
    return STATUS_SUCCESS;
}

static bool afd__start_timeout(struct afd_poll *poll, const struct deadline *deadline)
{
    if (deadline->never)
        return true;
    atomic_fetch_add(&poll->refs, 1);
    if (timeout_start(&poll->timeout, deadline))
        return true;
    atomic_fetch_sub(&poll->refs, 1);
    return false;
}

/* Puts the poll into its file's queue; whoever found something meanwhile did not find the request.
 * Caller holds file->lock. */
static NTSTATUS afd__enqueue(struct afd_poll *poll, struct request *request,
                             const struct deadline *deadline)
{
    struct file *file = poll->file;
    NTSTATUS status = file_enqueue(file, request);
    if (status != STATUS_PENDING)
        return status;
    poll->request = list_entry(file->queue[FILE_CONTROL].prev, struct request, link);
    if (afd__has_found(poll)) {
        afd__report(poll, poll->request, STATUS_SUCCESS);
        file_finish_request(file, poll->request);
    } else if (!afd__start_timeout(poll, deadline)) {
        file_end_request(file, poll->request, STATUS_INSUFFICIENT_RESOURCES);
    }
    return status;
}

/* The caller holds a reference to the file. */
static NTSTATUS afd__start(struct file *file, struct afd_poll *poll, struct request *request,
                           int64_t timeout)
{
    struct deadline deadline = deadline_from_nt(timeout == AFD_WAIT_FOR_EVER ? NULL : &timeout);
    NTSTATUS status;
    file_lock(file);
    if (deadline.now || afd__has_found(poll)) {
        afd__report(poll, request, STATUS_SUCCESS);
        status = request_end_in_call(request);
    } else {
        status = afd__enqueue(poll, request, &deadline);
    }
    file_unlock(file);
    return status;
}

static NTSTATUS afd__poll(struct file *file, struct request *request,
                          const struct device_control *control)
{
    struct afd_request afd = {0};
    int64_t timeout;
    NTSTATUS status = afd__make(file, control, &afd.poll);
    if (status != STATUS_SUCCESS) {
        request_free(request);
        return status;
    }
    afd.request = *request;
    afd.request.ops = &afd__poll_ops;
    memcpy(&timeout, control->in, sizeof timeout);
    request_begin(&afd.request);
    status = afd__watch(afd.poll);
    if (status == STATUS_SUCCESS)
        status = afd__start(file, afd.poll, &afd.request, timeout);
    if (status != STATUS_PENDING) {
        file_lock(file); /* a watcher may be about to finish the poll too */
        request_free(&afd.request);
        file_unlock(file);
    }
    return status;
}

NTSTATUS afd_control(struct file *file, struct request *request,
                     const struct device_control *control)
{
    if (control->code == IOCTL_AFD_POLL)
        return afd__poll(file, request, control);
    request_free(request);
    return STATUS_INVALID_DEVICE_REQUEST;
}

/* ---- the device ---- */

static NTSTATUS afd__transfer(struct file *file, struct request *request)
{
    (void)file;
    request_free(request);
    return STATUS_INVALID_DEVICE_REQUEST;
}

static void afd__destroy(struct file *file)
{
    free(file);
}

static const struct file_ops afd__file_ops = {
    .type = FILE_TYPE_UNKNOWN,
    .name = "Afd",
    .transfer = afd__transfer,
    .control = afd_control,
    .destroy = afd__destroy,
};

static NTSTATUS afd__open(uint32_t access, uint32_t file_flags, uint32_t handle_flags,
                          HANDLE *handle)
{
    struct file *file = calloc(1, sizeof *file);
    if (!file)
        return STATUS_NO_MEMORY;
    file_init(file, &afd__file_ops, -1, file_flags);
    return handle_open_new(&file->object, access, handle_flags, handle);
}

__attribute__((constructor)) static void afd__set_up(void)
{
    static struct device device = {.name = "\\Device\\Afd", .open = afd__open};
    device_register(&device);
}

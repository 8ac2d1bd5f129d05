/* The two kinds of end of a mailslot, and the names. */
#include "mailslot.h"

#include "filetime.h"
#include "path.h"
#include "transfer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <winbase.h>

enum {
    HOST_BYTES = 256,
};

struct mailslot_read {
    struct request request;
    int64_t due; /* INT64_MAX: the alarm is not for it */
};

struct mailslot_writer {
    struct file file;
    struct mailslot *slot; /* a reference */
};

static struct lock names__lock; /* protects the list; innermost */
static struct list names__all;
static pthread_once_t names__once = PTHREAD_ONCE_INIT;

static struct mailslot *mailslot__of(struct file *file)
{
    return list_entry(file, struct mailslot, file);
}

/* ---- names ---- */

static void names__empty(void)
{
    lock_init(&names__lock);
    list_init(&names__all);
}

/* In the child of a fork there are no mailslots. */
static void names__set_up(void)
{
    names__empty();
    pthread_atfork(NULL, NULL, names__empty);
}

static NTSTATUS name__fold(const char *text, struct rendezvous_name *name)
{
    pthread_once(&names__once, names__set_up);
    return rendezvous_fold(RENDEZVOUS_MAILSLOT, text, RENDEZVOUS_NAME_UNITS, name)
               ? STATUS_SUCCESS
               : STATUS_OBJECT_NAME_INVALID;
}

/* Caller holds names__lock. */
static struct mailslot *name__find(const struct rendezvous_name *name)
{
    struct list *node;
    list_for_each (node, &names__all) {
        struct mailslot *slot = list_entry(node, struct mailslot, in_names);
        if (rendezvous_is_same(&slot->name, name))
            return slot;
    }
    return NULL;
}

struct mailslot *mailslot_find(const struct rendezvous_name *name)
{
    struct mailslot *slot;
    pthread_once(&names__once, names__set_up);
    lock_acquire(&names__lock);
    slot = name__find(name);
    if (slot)
        object_ref(&slot->file.object);
    lock_release(&names__lock);
    return slot;
}

/* No other process can take the name meanwhile. */
static NTSTATUS name__add(struct mailslot *slot)
{
    NTSTATUS status = STATUS_OBJECT_NAME_COLLISION;
    int entered = rendezvous_enter(&slot->name);
    bool taken = mailslot_remote_exists(&slot->name);
    lock_acquire(&names__lock);
    if (!taken && !name__find(&slot->name)) {
        list_append(&names__all, &slot->in_names);
        rendezvous_publish(&slot->name); /* if it cannot be, the mailslot is this process' own */
        status = STATUS_SUCCESS;
    }
    lock_release(&names__lock);
    rendezvous_leave(entered);
    return status;
}

/* ---- messages: the caller of each of these holds the mailslot's lock ---- */

static uint64_t message__cost(uint32_t size)
{
    return sizeof(struct mailslot_message) + size;
}

static struct mailslot_message *mailslot__first(const struct mailslot *slot)
{
    return slot->count ? list_entry(slot->messages.next, struct mailslot_message, link) : NULL;
}

static void mailslot__drop(struct mailslot *slot, struct mailslot_message *message)
{
    list_remove(&message->link);
    slot->count--;
    slot->held -= message__cost(message->size);
    free(message);
}

/* A message that is too large for the buffer stays (PIPE-165). */
static bool read__attempt(struct request *request)
{
    struct mailslot *slot = mailslot__of(request->file);
    struct mailslot_message *message = mailslot__first(slot);
    struct iovec *buffer = &request->iov_inline[0];
    request->status = STATUS_IO_TIMEOUT;
    if (!message)
        return slot->timeout_ms == 0 && !request->queue;
    request->status = STATUS_BUFFER_TOO_SMALL;
    if (message->size > buffer->iov_len)
        return true;
    if (message->size)
        memcpy(buffer->iov_base, message->data, message->size);
    request->information = message->size;
    request->status = STATUS_SUCCESS;
    mailslot__drop(slot, message);
    return true;
}

static const struct request_ops read__ops = {
    .name = "mailslot read",
    .size = sizeof(struct mailslot_read),
    .attempt = read__attempt,
};

static NTSTATUS mailslot__refusal(const struct mailslot *slot, uint64_t size)
{
    if (slot->file.flags & FILE_CLOSED)
        return STATUS_FILE_FORCED_CLOSED;
    if (slot->max_size && size > slot->max_size)
        return STATUS_INVALID_PARAMETER;
    if (size > MAILSLOT_HELD_MAX || slot->held + message__cost((uint32_t)size) > MAILSLOT_HELD_MAX)
        return STATUS_INSUFFICIENT_RESOURCES;
    return STATUS_SUCCESS;
}

static void mailslot__append(struct mailslot *slot, struct mailslot_message *message)
{
    list_append(&slot->messages, &message->link);
    slot->count++;
    slot->held += message__cost(message->size);
    file_pump_locked(&slot->file);
}

/* ---- putting, without the lock ---- */

NTSTATUS mailslot_put(struct mailslot *slot, struct mailslot_message *message)
{
    NTSTATUS status;
    file_lock(&slot->file);
    status = mailslot__refusal(slot, message->size);
    if (status == STATUS_SUCCESS)
        mailslot__append(slot, message);
    file_unlock(&slot->file);
    return status;
}

static NTSTATUS mailslot__put_copy(struct mailslot *slot, const struct iovec *bytes)
{
    struct mailslot_message *message;
    NTSTATUS status;
    file_lock(&slot->file);
    status = mailslot__refusal(slot, bytes->iov_len);
    if (status == STATUS_SUCCESS && !(message = malloc(sizeof *message + bytes->iov_len)))
        status = STATUS_INSUFFICIENT_RESOURCES;
    if (status == STATUS_SUCCESS) {
        message->size = (uint32_t)bytes->iov_len;
        if (message->size)
            memcpy(message->data, bytes->iov_base, message->size);
        mailslot__append(slot, message);
    }
    file_unlock(&slot->file);
    return status;
}

/* ---- timeouts of overlapped reads ---- */

/* When the next read is due. Caller holds the mailslot's lock. */
static int64_t mailslot__next_due(const struct mailslot *slot)
{
    int64_t due = INT64_MAX;
    struct list *node;
    list_for_each (node, &slot->file.queue[FILE_READ]) {
        struct request *request = list_entry(node, struct request, link);
        struct mailslot_read *read = list_entry(request, struct mailslot_read, request);
        due = read->due < due ? read->due : due;
    }
    return due;
}

/* Caller holds the alarms' lock. */
static void mailslot__ring(struct alarm *alarm, int64_t now)
{
    struct mailslot *slot = list_entry(alarm, struct mailslot, alarm);
    struct list *node, *after;
    int64_t due;
    file_lock(&slot->file);
    list_for_each_safe (node, after, &slot->file.queue[FILE_READ]) {
        struct request *request = list_entry(node, struct request, link);
        if (list_entry(request, struct mailslot_read, request)->due <= now)
            file_end_request(&slot->file, request, STATUS_IO_TIMEOUT);
    }
    due = mailslot__next_due(slot);
    file_unlock(&slot->file);
    if (due < INT64_MAX)
        alarm_set(alarm, due);
}

/* A read with a timeout is queued. False: nobody could be made to look at the clock. */
static bool mailslot__expect(struct mailslot *slot)
{
    bool expects = true;
    int64_t due;
    alarms_lock();
    file_lock(&slot->file);
    due = mailslot__next_due(slot);
    file_unlock(&slot->file);
    if (due < INT64_MAX && (!alarm_is_set(&slot->alarm) || due < slot->alarm.due))
        expects = alarm_set(&slot->alarm, due);
    alarms_unlock();
    return expects;
}

/* ---- the reader's file ---- */

/* The read goes to the heap and ends there: who cannot be timed is cancelled like any other. */
static NTSTATUS mailslot__read_overlapped(struct mailslot *slot, struct mailslot_read *read,
                                          uint32_t timeout_ms)
{
    const void *iosb = read->request.iosb;
    bool timed = timeout_ms != MAILSLOT_WAIT_FOREVER;
    NTSTATUS status;
    if (timed)
        read->due = alarm_now(CLOCK_MONOTONIC) + (int64_t)timeout_ms * (FILETIME_PER_SECOND / 1000);
    status = file_submit(&slot->file, &read->request);
    if (status == STATUS_PENDING && timed && !mailslot__expect(slot))
        file_cancel(&slot->file, iosb, 0);
    return status;
}

static NTSTATUS mailslot__read_and_wait(struct mailslot *slot, struct mailslot_read *read,
                                        uint32_t timeout_ms)
{
    struct deadline deadline = deadline_from_ms(timeout_ms);
    NTSTATUS status = file_submit_and_wait(&slot->file, &read->request, false, &deadline);
    if (status == STATUS_DEVICE_NOT_READY)
        status = STATUS_IO_TIMEOUT;
    request_free(&read->request);
    return status;
}

static NTSTATUS mailslot__transfer(struct file *file, struct request *request)
{
    struct mailslot *slot = mailslot__of(file);
    struct mailslot_read read = {.request = *request, .due = INT64_MAX};
    struct iovec *buffer = &request->iov_inline[0];
    uint32_t timeout_ms;
    NTSTATUS status;
    if (!memory_is_writable(buffer->iov_base, buffer->iov_len)) {
        request_free(request);
        return STATUS_ACCESS_VIOLATION;
    }
    read.request.ops = &read__ops;
    file_lock(file);
    timeout_ms = slot->timeout_ms;
    file_unlock(file);
    status = request->iosb ? mailslot__read_overlapped(slot, &read, timeout_ms)
                           : mailslot__read_and_wait(slot, &read, timeout_ms);
    request->information = read.request.information;
    return status;
}

static void mailslot__closing(struct file *file)
{
    struct mailslot *slot = mailslot__of(file);
    struct list *node, *after;
    lock_acquire(&names__lock);
    list_remove(&slot->in_names);
    rendezvous_withdraw(&slot->name);
    lock_release(&names__lock);
    list_for_each_safe (node, after, &slot->messages)
        mailslot__drop(slot, list_entry(node, struct mailslot_message, link));
}

static void mailslot__destroy(struct file *file)
{
    struct mailslot *slot = mailslot__of(file);
    alarms_lock();
    alarm_cancel(&slot->alarm);
    alarms_unlock();
    free(slot);
}

static const struct file_ops mailslot__ops = {
    .type = FILE_TYPE_UNKNOWN,
    .name = "mailslot",
    .transfer = mailslot__transfer,
    .closing = mailslot__closing,
    .destroy = mailslot__destroy,
};

NTSTATUS mailslot_create(const char *name, uint32_t max_size, uint32_t timeout_ms,
                         uint32_t handle_flags, HANDLE *handle)
{
    struct mailslot *slot = calloc(1, sizeof *slot);
    NTSTATUS status = slot ? name__fold(name, &slot->name) : STATUS_NO_MEMORY;
    if (status != STATUS_SUCCESS) {
        free(slot);
        return status;
    }
    file_init(&slot->file, &mailslot__ops, -1, FILE_OVERLAPPED | FILE_WAITS);
    list_init(&slot->messages);
    list_init(&slot->in_names);
    slot->alarm.ring = mailslot__ring;
    slot->max_size = max_size;
    slot->timeout_ms = timeout_ms;
    status = name__add(slot);
    if (status != STATUS_SUCCESS) {
        file_unref(&slot->file);
        return status;
    }
    return handle_open_new(&slot->file.object, FILE_GENERIC_READ | WRITE_DAC, handle_flags, handle);
}

/* ---- a writer's file ---- */

NTSTATUS mailslot_write(struct file *file, struct request *request,
                        NTSTATUS (*put)(struct file *file, const struct iovec *bytes))
{
    struct iovec *bytes = &request->iov_inline[0];
    NTSTATUS status = STATUS_INVALID_PARAMETER; /* it does not read (PIPE-162) */
    if (request->flags & REQUEST_WRITE)
        status = memory_is_readable(bytes->iov_base, bytes->iov_len) ? put(file, bytes)
                                                                     : STATUS_INVALID_USER_BUFFER;
    if (status == STATUS_SUCCESS) {
        file_lock(file);
        request->status = status;
        request->information = bytes->iov_len;
        status = request_end_in_call(request);
        file_unlock(file);
    }
    request_free(request);
    return status;
}

static NTSTATUS writer__put(struct file *file, const struct iovec *bytes)
{
    return mailslot__put_copy(list_entry(file, struct mailslot_writer, file)->slot, bytes);
}

static NTSTATUS writer__transfer(struct file *file, struct request *request)
{
    return mailslot_write(file, request, writer__put);
}

static void writer__destroy(struct file *file)
{
    struct mailslot_writer *writer = list_entry(file, struct mailslot_writer, file);
    file_unref(&writer->slot->file);
    free(writer);
}

static const struct file_ops writer__ops = {
    .type = FILE_TYPE_UNKNOWN,
    .name = "mailslot writer",
    .transfer = writer__transfer,
    .destroy = writer__destroy,
};

/* Takes over a reference to the mailslot. */
static NTSTATUS writer__open(struct mailslot *slot, const struct open_args *args, HANDLE *handle)
{
    struct mailslot_writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        file_unref(&slot->file);
        return STATUS_NO_MEMORY;
    }
    file_init(&writer->file, &writer__ops, -1,
              FILE_WAITS | (args->flags & FILE_FLAG_OVERLAPPED ? FILE_OVERLAPPED : 0));
    writer->file.lock = slot->file.lock;
    writer->slot = slot;
    return handle_open_new(&writer->file.object, open_granted_access(args), args->handle_flags,
                           handle);
}

NTSTATUS mailslot_open(const char *text, const struct open_args *args, HANDLE *handle)
{
    struct rendezvous_name name;
    struct mailslot *slot;
    NTSTATUS status = name__fold(text, &name);
    if (status != STATUS_SUCCESS)
        return status;
    slot = mailslot_find(&name);
    return slot ? writer__open(slot, args, handle) : mailslot_remote_open(&name, args, handle);
}

/* What follows a word and a separator; NULL: the path begins otherwise. */
static const char *path__skip(const char *path, const char *word)
{
    size_t length = strlen(word);
    if (length == 0 || strncasecmp(path, word, length) != 0 || !path_is_separator(path[length]))
        return NULL;
    return path + length + 1;
}

NTSTATUS mailslot_open_on_host(const char *path, const struct open_args *args, HANDLE *handle)
{
    char host[HOST_BYTES] = "";
    const char *rest, *name;
    gethostname(host, sizeof host - 1);
    if (!path_is_separator(path[0]) || !path_is_separator(path[1]))
        return STATUS_BAD_NETWORK_PATH;
    rest = path__skip(path + 2, host);
    name = rest ? path__skip(rest, "mailslot") : NULL;
    if (!name || !*name)
        return STATUS_BAD_NETWORK_PATH;
    return mailslot_open(name, args, handle);
}

/* ---- asking ---- */

static NTSTATUS mailslot__get(HANDLE handle, struct mailslot **slot)
{
    struct file *file;
    NTSTATUS status = file_get(handle, 0, &file);
    if (status != STATUS_SUCCESS)
        return status;
    if (file->ops != &mailslot__ops) {
        file_unref(file);
        return STATUS_INVALID_HANDLE;
    }
    *slot = mailslot__of(file);
    return STATUS_SUCCESS;
}

NTSTATUS mailslot_get_info(HANDLE handle, struct mailslot_info *info)
{
    struct mailslot *slot;
    struct mailslot_message *next;
    NTSTATUS status = mailslot__get(handle, &slot);
    if (status != STATUS_SUCCESS)
        return status;
    file_lock(&slot->file);
    next = mailslot__first(slot);
    *info = (struct mailslot_info){
        .max_size = slot->max_size,
        .next_size = next ? next->size : MAILSLOT_NO_MESSAGE,
        .count = slot->count,
        .timeout_ms = slot->timeout_ms,
    };
    file_unlock(&slot->file);
    file_unref(&slot->file);
    return STATUS_SUCCESS;
}

NTSTATUS mailslot_set_timeout(HANDLE handle, uint32_t timeout_ms)
{
    struct mailslot *slot;
    NTSTATUS status = mailslot__get(handle, &slot);
    if (status != STATUS_SUCCESS)
        return status;
    file_lock(&slot->file);
    slot->timeout_ms = timeout_ms;
    file_unlock(&slot->file);
    file_unref(&slot->file);
    return STATUS_SUCCESS;
}

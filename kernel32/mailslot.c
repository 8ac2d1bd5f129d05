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
    NAME_UNITS_MAX = 256,
    HOST_BYTES = 256,
};

struct mailslot_message {
    struct list link;
    uint32_t size;
    unsigned char data[];
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

/* A name as it is compared. */
struct folded {
    size_t length;
    wchar_t text[NAME_UNITS_MAX];
};

static NTSTATUS name__fold(const char *name, struct folded *folded)
{
    folded->length = path_fold_name(name, folded->text, NAME_UNITS_MAX);
    if (folded->length == 0 || folded->length > NAME_UNITS_MAX)
        return STATUS_OBJECT_NAME_INVALID;
    pthread_once(&names__once, names__set_up);
    return STATUS_SUCCESS;
}

/* Caller holds names__lock. */
static struct mailslot *name__find(const struct folded *folded)
{
    struct list *node;
    list_for_each (node, &names__all) {
        struct mailslot *slot = list_entry(node, struct mailslot, in_names);
        if (slot->name_length == folded->length &&
            memcmp(slot->name, folded->text, folded->length * sizeof *slot->name) == 0)
            return slot;
    }
    return NULL;
}

static NTSTATUS name__add(const struct folded *folded, struct mailslot *slot)
{
    size_t bytes = folded->length * sizeof *slot->name;
    NTSTATUS status = STATUS_OBJECT_NAME_COLLISION;
    slot->name = malloc(bytes);
    if (!slot->name)
        return STATUS_NO_MEMORY;
    memcpy(slot->name, folded->text, bytes);
    slot->name_length = folded->length;
    lock_acquire(&names__lock);
    if (!name__find(folded)) {
        list_append(&names__all, &slot->in_names);
        status = STATUS_SUCCESS;
    }
    lock_release(&names__lock);
    return status;
}

/* ---- messages: the caller of each of these holds the mailslot's lock ---- */

static struct mailslot_message *mailslot__first(const struct mailslot *slot)
{
    return slot->count ? list_entry(slot->messages.next, struct mailslot_message, link) : NULL;
}

static void mailslot__drop(struct mailslot *slot, struct mailslot_message *message)
{
    list_remove(&message->link);
    slot->count--;
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

static NTSTATUS mailslot__put(struct mailslot *slot, const struct iovec *bytes)
{
    struct mailslot_message *message;
    if (slot->file.flags & FILE_CLOSED)
        return STATUS_FILE_FORCED_CLOSED;
    if (slot->max_size && bytes->iov_len > slot->max_size)
        return STATUS_INVALID_PARAMETER;
    message = malloc(sizeof *message + bytes->iov_len);
    if (!message)
        return STATUS_INSUFFICIENT_RESOURCES;
    message->size = (uint32_t)bytes->iov_len;
    if (message->size)
        memcpy(message->data, bytes->iov_base, message->size);
    list_append(&slot->messages, &message->link);
    slot->count++;
    file_pump_locked(&slot->file);
    return STATUS_SUCCESS;
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
    free(slot->name);
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
    struct folded folded;
    struct mailslot *slot;
    NTSTATUS status = name__fold(name, &folded);
    if (status != STATUS_SUCCESS)
        return status;
    slot = calloc(1, sizeof *slot);
    if (!slot)
        return STATUS_NO_MEMORY;
    file_init(&slot->file, &mailslot__ops, -1, FILE_OVERLAPPED | FILE_WAITS);
    list_init(&slot->messages);
    list_init(&slot->in_names);
    slot->alarm.ring = mailslot__ring;
    slot->max_size = max_size;
    slot->timeout_ms = timeout_ms;
    status = name__add(&folded, slot);
    if (status != STATUS_SUCCESS) {
        file_unref(&slot->file);
        return status;
    }
    return handle_open_new(&slot->file.object, FILE_GENERIC_READ | WRITE_DAC, handle_flags, handle);
}

/* ---- a writer's file ---- */

static NTSTATUS writer__put(struct file *file, struct request *request)
{
    struct mailslot_writer *writer = list_entry(file, struct mailslot_writer, file);
    struct iovec *bytes = &request->iov_inline[0];
    NTSTATUS status;
    if (!memory_is_readable(bytes->iov_base, bytes->iov_len))
        return STATUS_INVALID_USER_BUFFER;
    file_lock(file); /* which is the mailslot's */
    request->status = mailslot__put(writer->slot, bytes);
    if (request->status == STATUS_SUCCESS)
        request->information = bytes->iov_len;
    status = request_end_in_call(request);
    file_unlock(file);
    return status;
}

static NTSTATUS writer__transfer(struct file *file, struct request *request)
{
    NTSTATUS status = STATUS_INVALID_PARAMETER; /* it does not read (PIPE-162) */
    if (request->flags & REQUEST_WRITE)
        status = writer__put(file, request);
    request_free(request);
    return status;
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

NTSTATUS mailslot_open(const char *name, const struct open_args *args, HANDLE *handle)
{
    struct folded folded;
    struct mailslot *slot;
    NTSTATUS status = name__fold(name, &folded);
    if (status != STATUS_SUCCESS)
        return status;
    lock_acquire(&names__lock);
    slot = name__find(&folded);
    if (slot)
        object_ref(&slot->file.object);
    lock_release(&names__lock);
    return slot ? writer__open(slot, args, handle) : STATUS_OBJECT_NAME_NOT_FOUND;
}

NTSTATUS mailslot_open_on_host(const char *path, const struct open_args *args, HANDLE *handle)
{
    static const char infix[] = "mailslot\\";
    char host[HOST_BYTES] = "";
    size_t length;
    gethostname(host, sizeof host - 1);
    length = strlen(host);
    if (!path_is_separator(path[0]) || !path_is_separator(path[1]) || length == 0 ||
        strncasecmp(path + 2, host, length) != 0 || !path_is_separator(path[2 + length]))
        return STATUS_BAD_NETWORK_PATH;
    path += 2 + length + 1;
    if (strncasecmp(path, infix, sizeof infix - 1) != 0 || !path[sizeof infix - 1])
        return STATUS_BAD_NETWORK_PATH;
    return mailslot_open(path + sizeof infix - 1, args, handle);
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

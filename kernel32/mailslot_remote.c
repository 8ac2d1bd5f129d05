/* Mailslots between processes: the writers that come, and those that go to another process. */
#include "mailslot.h"
#include "relay.h"
#include "thread.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <winbase.h>

enum { ROOM_FIRST = 4096 }; /* bytes for a message that has begun; grows with what comes */

/* ---- the process that has the mailslot ---- */

/* A writer of another process, at the reader's: the relay's alone. A message is its size and so
 * many bytes; it is answered with its status. */
struct caller {
    struct relay_source source;
    struct mailslot *slot; /* a reference */
    uint32_t size;
    size_t got;                       /* of the size, then of the bytes */
    struct mailslot_message *message; /* NULL: none has begun */
    size_t room;                      /* bytes it has room for */
};

static bool answer__send(int fd, NTSTATUS status)
{
    return send(fd, &status, sizeof status, MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof status;
}

/* Memory grows with what has come, not with what was announced. */
static bool caller__make_room(struct caller *caller)
{
    size_t room = caller->room ? caller->room * 2 : ROOM_FIRST;
    struct mailslot_message *message;
    if (caller->message && caller->got - sizeof caller->size < caller->room)
        return true;
    if (room > caller->size)
        room = caller->size;
    message = realloc(caller->message, sizeof *message + room);
    if (!message)
        return false;
    caller->message = message;
    caller->room = room;
    return true;
}

static bool caller__deliver(struct caller *caller)
{
    struct mailslot_message *message = caller->message;
    NTSTATUS status;
    message->size = caller->size;
    status = mailslot_put(caller->slot, message);
    if (status != STATUS_SUCCESS)
        free(message);
    caller->message = NULL;
    caller->room = 0;
    caller->got = 0;
    return answer__send(caller->source.fd, status);
}

/* False: he is gone, or makes no sense. */
static bool caller__receive(struct caller *caller)
{
    bool in_size = caller->got < sizeof caller->size;
    size_t done = in_size ? caller->got : caller->got - sizeof caller->size;
    char *to = in_size ? (char *)&caller->size : (char *)caller->message->data;
    size_t end = in_size ? sizeof caller->size : caller->room;
    ssize_t count = recv(caller->source.fd, to + done, end - done, MSG_DONTWAIT);
    if (count <= 0)
        return count < 0 && (errno == EAGAIN || errno == EINTR);
    caller->got += (size_t)count;
    if (caller->got < sizeof caller->size)
        return true;
    if (caller->size > MAILSLOT_HELD_MAX || !caller__make_room(caller))
        return false;
    return caller->got - sizeof caller->size < caller->size || caller__deliver(caller);
}

static void caller__free(struct caller *caller)
{
    file_unref(&caller->slot->file);
    free(caller->message);
    free(caller);
}

static void caller__ready(struct relay_source *source, uint32_t events)
{
    struct caller *caller = list_entry(source, struct caller, source);
    (void)events;
    if (caller__receive(caller))
        return;
    relay_remove(source);
    caller__free(caller);
}

static void mailslot__receive(int fd, uint32_t pid, const struct rendezvous_hello *hello)
{
    struct mailslot *slot = mailslot_find(&hello->name);
    struct caller *caller = slot ? calloc(1, sizeof *caller) : NULL;
    (void)pid;
    if (!slot)
        answer__send(fd, STATUS_OBJECT_NAME_NOT_FOUND);
    if (caller) {
        *caller = (struct caller){.source = {.fd = fd, .ready = caller__ready}, .slot = slot};
        if (answer__send(fd, STATUS_SUCCESS) && relay_add(&caller->source, EPOLLIN))
            return;
        caller__free(caller);
    } else if (slot) {
        file_unref(&slot->file);
    }
    close(fd);
}

__attribute__((constructor)) static void remote__set_up(void)
{
    rendezvous_serve(RENDEZVOUS_MAILSLOT, mailslot__receive);
}

/* ---- the connection, at the writer's ---- */

static bool connection__send(int fd, const void *data, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t count = send(fd, (const char *)data + done, size - done, MSG_NOSIGNAL);
        if (count > 0)
            done += (size_t)count;
        else if (errno != EINTR)
            return false;
    }
    return true;
}

static bool connection__answer(int fd, NTSTATUS *status)
{
    for (size_t done = 0; done < sizeof *status;) {
        ssize_t count = recv(fd, (char *)status + done, sizeof *status - done, 0);
        if (count > 0)
            done += (size_t)count;
        else if (count == 0 || errno != EINTR)
            return false;
    }
    return true;
}

/* STATUS_FILE_FORCED_CLOSED: the reader's process is no more, or as good as that. */
static NTSTATUS connection__put(int fd, const struct iovec *bytes)
{
    uint32_t size = (uint32_t)bytes->iov_len;
    NTSTATUS status;
    if (bytes->iov_len > MAILSLOT_HELD_MAX)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (fd < 0 || !connection__send(fd, &size, sizeof size) ||
        !connection__send(fd, bytes->iov_base, size) || !connection__answer(fd, &status))
        return STATUS_FILE_FORCED_CLOSED;
    return status;
}

static bool connection__visit(int fd, uint32_t pid, void *arg)
{
    int *connection = arg;
    NTSTATUS status;
    (void)pid;
    if (connection__answer(fd, &status) && status == STATUS_SUCCESS) {
        *connection = fd;
        return false;
    }
    close(fd);
    return true;
}

/* To the other process that has the name; -1: none has. */
static int connection__open(const struct rendezvous_name *name)
{
    struct rendezvous_hello hello = {.name = *name};
    int connection = -1;
    rendezvous_visit(&hello, connection__visit, &connection);
    return connection;
}

bool mailslot_remote_exists(const struct rendezvous_name *name)
{
    int connection = connection__open(name);
    if (connection >= 0)
        close(connection);
    return connection >= 0;
}

/* ---- a writer's file ---- */

struct remote_writer {
    struct file file;
    struct lock turn; /* one message at a time; protects the connection. Outside all other locks */
    int connection;   /* -1: the reader is gone */
    pid_t owner;      /* the child of a fork has no part in the conversation */
};

static struct remote_writer *writer__of(struct file *file)
{
    return list_entry(file, struct remote_writer, file);
}

static NTSTATUS writer__put(struct file *file, const struct iovec *bytes)
{
    struct remote_writer *writer = writer__of(file);
    struct thread *self = thread_self();
    NTSTATUS status = STATUS_FILE_FORCED_CLOSED;
    if (writer->owner != getpid())
        return status;
    thread_block_begin(self);
    lock_acquire(&writer->turn);
    status = connection__put(writer->connection, bytes);
    if (status == STATUS_FILE_FORCED_CLOSED && writer->connection >= 0) {
        close(writer->connection); /* nobody knows how much of the message went out */
        writer->connection = -1;
    }
    lock_release(&writer->turn);
    thread_block_end(self);
    return status;
}

static NTSTATUS writer__transfer(struct file *file, struct request *request)
{
    return mailslot_write(file, request, writer__put);
}

static void writer__destroy(struct file *file)
{
    if (writer__of(file)->connection >= 0)
        close(writer__of(file)->connection);
    free(writer__of(file));
}

static const struct file_ops writer__ops = {
    .type = FILE_TYPE_UNKNOWN,
    .name = "mailslot writer",
    .transfer = writer__transfer,
    .destroy = writer__destroy,
};

NTSTATUS mailslot_remote_open(const struct rendezvous_name *name, const struct open_args *args,
                              HANDLE *handle)
{
    int connection = connection__open(name);
    struct remote_writer *writer;
    if (connection < 0)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    writer = calloc(1, sizeof *writer);
    if (!writer) {
        close(connection);
        return STATUS_NO_MEMORY;
    }
    file_init(&writer->file, &writer__ops, -1,
              FILE_WAITS | (args->flags & FILE_FLAG_OVERLAPPED ? FILE_OVERLAPPED : 0));
    lock_init(&writer->turn);
    writer->connection = connection;
    writer->owner = getpid();
    return handle_open_new(&writer->file.object, open_granted_access(args), args->handle_flags,
                           handle);
}

/* Named pipes between processes: what a client asks another process, and what that answers. */
#include "deadline.h"
#include "pipe.h"
#include "pipe_link.h"
#include "relay.h"
#include "status.h"
#include "thread.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <winbase.h>

enum {
    WORD_QUESTION, /* of a hello: enum question */
    WORD_ACCESS,   /* the rights a client wants */
};

enum question {
    QUESTION_OPEN = 1, /* then the connection is a link */
    QUESTION_WAIT,     /* answered at once, and if that says pending once more */
    QUESTION_COUNT,
};

enum { WAIT_SERVERS_MAX = 16 };

struct answer {
    int32_t status;
    uint32_t has_messages, access, max_instances, timeout_ms;
    uint32_t quota_in, quota_out;
    uint32_t instances;
};

static struct answer answer__of(NTSTATUS status, const struct pipe_kind *kind)
{
    return (struct answer){.status = (int32_t)status,
                           .has_messages = kind->has_messages,
                           .access = kind->access,
                           .max_instances = kind->max_instances,
                           .timeout_ms = kind->timeout_ms};
}

static struct pipe_kind answer__kind(const struct answer *answer)
{
    return (struct pipe_kind){.has_messages = answer->has_messages,
                              .access = answer->access,
                              .max_instances = answer->max_instances,
                              .timeout_ms = answer->timeout_ms};
}

/* ---- the process that has the name ---- */

static void answer__send(int fd, const struct answer *answer)
{
    if (send(fd, answer, sizeof *answer, MSG_DONTWAIT | MSG_NOSIGNAL) != sizeof *answer)
        shutdown(fd, SHUT_RDWR);
}

static void answer__open(int fd, uint32_t pid, const struct rendezvous_hello *hello)
{
    struct pipe_link *link = pipe_link_create(fd);
    struct pipe_client client = {.overlapped = true, .pid = pid, .link = link};
    struct pipe_end *stand_in;
    struct answer answer;
    NTSTATUS status;
    if (!link) {
        close(fd);
        return;
    }
    status = pipe_name_join(&hello->name, hello->words[WORD_ACCESS], &client, &stand_in);
    if (status != STATUS_SUCCESS) {
        answer = answer__of(status, &(struct pipe_kind){0});
        answer__send(fd, &answer);
        pipe_link_free(link);
        return;
    }
    answer = answer__of(STATUS_SUCCESS, &stand_in->pipe->kind);
    answer.quota_in = stand_in->pipe->quota_in;
    answer.quota_out = stand_in->pipe->quota_out;
    pipe_link_open(link, stand_in, &answer, sizeof answer);
}

static void answer__count(int fd, const struct rendezvous_hello *hello)
{
    struct pipe_kind kind = {0};
    uint32_t count = pipe_name_look(&hello->name, &kind);
    struct answer answer = answer__of(count ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND, &kind);
    answer.instances = count;
    answer__send(fd, &answer);
    close(fd);
}

/* Somebody in WaitNamedPipe. He goes when he has been told, or hangs up. */
struct remote_waiter {
    struct relay_source source;
    struct pipe_watcher watcher;
};

static void waiter__told(struct pipe_watcher *watcher, bool gone)
{
    struct remote_waiter *waiting = list_entry(watcher, struct remote_waiter, watcher);
    struct answer answer =
        answer__of(gone ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS, &(struct pipe_kind){0});
    answer__send(waiting->source.fd, &answer);
    shutdown(waiting->source.fd, SHUT_RDWR);
}

static void waiter__ready(struct relay_source *source, uint32_t events)
{
    struct remote_waiter *waiting = list_entry(source, struct remote_waiter, source);
    (void)events; /* he has nothing more to say */
    pipe_name_unwatch(&waiting->watcher);
    relay_remove(source);
    free(waiting);
}

static void answer__wait(int fd, const struct rendezvous_hello *hello)
{
    struct remote_waiter *waiting = calloc(1, sizeof *waiting);
    struct pipe_kind kind = {0};
    struct answer answer;
    if (!waiting) {
        close(fd);
        return;
    }
    waiting->source.fd = fd;
    waiting->source.ready = waiter__ready;
    waiting->watcher.told = waiter__told;
    list_init(&waiting->watcher.link);
    pipe_name_look(&hello->name, &kind);
    answer = answer__of(STATUS_PENDING, &kind);
    answer__send(fd, &answer);
    answer.status = (int32_t)pipe_name_watch(&hello->name, &waiting->watcher);
    if (answer.status != STATUS_PENDING)
        waiter__told(&waiting->watcher, answer.status != STATUS_SUCCESS);
    if (relay_add(&waiting->source, EPOLLIN))
        return;
    pipe_name_unwatch(&waiting->watcher);
    close(fd);
    free(waiting);
}

static void remote__receive(int fd, uint32_t pid, const struct rendezvous_hello *hello)
{
    switch (hello->words[WORD_QUESTION]) {
    case QUESTION_OPEN:
        answer__open(fd, pid, hello);
        break;
    case QUESTION_WAIT:
        answer__wait(fd, hello);
        break;
    case QUESTION_COUNT:
        answer__count(fd, hello);
        break;
    default:
        close(fd);
    }
}

__attribute__((constructor)) static void remote__set_up(void)
{
    rendezvous_serve(RENDEZVOUS_PIPE, remote__receive);
}

/* ---- the process that asks ---- */

static struct rendezvous_hello hello__of(const struct rendezvous_name *folded, enum question what,
                                         uint32_t access)
{
    return (struct rendezvous_hello){.words = {[WORD_QUESTION] = what, [WORD_ACCESS] = access},
                                     .name = *folded};
}

/* False: whoever it was is gone, or makes no sense. */
static bool answer__receive(int fd, struct answer *answer)
{
    return recv(fd, answer, sizeof *answer, MSG_WAITALL) == sizeof *answer;
}

static bool count__visit(int fd, uint32_t pid, void *arg)
{
    struct pipe_others *others = arg;
    struct answer answer;
    (void)pid;
    if (answer__receive(fd, &answer) && answer.status == STATUS_SUCCESS) {
        others->instances += answer.instances;
        others->kind = answer__kind(&answer);
    }
    close(fd);
    return true;
}

void pipe_remote_count(const struct rendezvous_name *folded, struct pipe_others *others)
{
    struct rendezvous_hello hello = hello__of(folded, QUESTION_COUNT, 0);
    others->instances = 0;
    rendezvous_visit(&hello, count__visit, others);
}

struct remote_open {
    const struct open_args *args;
    struct pipe_end *end;
    NTSTATUS status;
};

/* Makes this process' instance over the connection, and its two ends. */
static NTSTATUS open__connected(int fd, uint32_t pid, const struct answer *answer,
                                const struct open_args *args, struct pipe_end **end)
{
    struct pipe_create_args create = {.kind = answer__kind(answer),
                                      .quota_in = answer->quota_in,
                                      .quota_out = answer->quota_out,
                                      .overlapped = true};
    struct pipe_client client = {.overlapped = args->flags & FILE_FLAG_OVERLAPPED,
                                 .pid = (uint32_t)getpid()};
    struct pipe_link *link = pipe_link_create(fd);
    struct pipe_end *stand_in;
    NTSTATUS status;
    if (!link) {
        close(fd);
        return STATUS_NO_MEMORY;
    }
    status = pipe_end_create_server(&create, &stand_in);
    if (status != STATUS_SUCCESS) {
        pipe_link_free(link);
        return status;
    }
    stand_in->link = link;
    stand_in->pipe->server_pid = pid;
    status = pipe_end_create_client(stand_in->pipe, &client, end);
    if (status == STATUS_SUCCESS) {
        pipe_link_open(link, stand_in, NULL, 0);
    } else {
        file_unref(&stand_in->file);
        pipe_link_free(link);
    }
    return status;
}

static bool open__visit(int fd, uint32_t pid, void *arg)
{
    struct remote_open *open = arg;
    struct answer answer;
    if (!answer__receive(fd, &answer) || answer.status == STATUS_OBJECT_NAME_NOT_FOUND) {
        close(fd);
        return true;
    }
    open->status = answer.status;
    if (open->status == STATUS_SUCCESS)
        open->status = open__connected(fd, pid, &answer, open->args, &open->end);
    else
        close(fd);
    return open->status != STATUS_SUCCESS;
}

NTSTATUS pipe_remote_open(const struct rendezvous_name *folded, const struct open_args *args,
                          HANDLE *handle)
{
    uint32_t access = open_granted_access(args);
    struct rendezvous_hello hello = hello__of(folded, QUESTION_OPEN, access);
    struct remote_open open = {.args = args, .status = STATUS_OBJECT_NAME_NOT_FOUND};
    rendezvous_visit(&hello, open__visit, &open);
    if (open.status != STATUS_SUCCESS)
        return open.status;
    return handle_open_new(&open.end->file.object, access, args->handle_flags, handle);
}

/* ---- waiting ---- */

struct remote_wait {
    struct pollfd servers[WAIT_SERVERS_MAX];
    nfds_t count;
    struct pipe_kind kind;
};

static bool wait__visit(int fd, uint32_t pid, void *arg)
{
    struct remote_wait *wait = arg;
    struct answer answer;
    (void)pid;
    if (answer__receive(fd, &answer) && answer.status == STATUS_PENDING) {
        wait->kind = answer__kind(&answer);
        wait->servers[wait->count++] = (struct pollfd){.fd = fd, .events = POLLIN};
    } else {
        close(fd);
    }
    return wait->count < WAIT_SERVERS_MAX;
}

/* Reads the second answers that have come: STATUS_PENDING if none settles it. */
static NTSTATUS wait__look(struct remote_wait *wait)
{
    struct answer answer;
    for (nfds_t i = 0; i < wait->count;) {
        if (!wait->servers[i].revents) {
            i++;
            continue;
        }
        if (answer__receive(wait->servers[i].fd, &answer) && answer.status == STATUS_SUCCESS)
            return STATUS_SUCCESS;
        close(wait->servers[i].fd);
        wait->servers[i] = wait->servers[--wait->count];
    }
    return wait->count ? STATUS_PENDING : STATUS_OBJECT_NAME_NOT_FOUND;
}

static NTSTATUS wait__sleep(struct remote_wait *wait, uint32_t timeout_ms)
{
    struct deadline deadline = deadline_from_ms(timeout_ms);
    NTSTATUS status = wait->count ? STATUS_PENDING : STATUS_OBJECT_NAME_NOT_FOUND;
    while (status == STATUS_PENDING) {
        struct timespec left = {0};
        int ready;
        if (!deadline.never)
            left = deadline_remaining(&deadline);
        ready = ppoll(wait->servers, wait->count, deadline.never ? NULL : &left, NULL);
        if (ready > 0)
            status = wait__look(wait);
        else if (ready == 0)
            status = STATUS_IO_TIMEOUT;
        else if (errno != EINTR)
            status = STATUS_INSUFFICIENT_RESOURCES;
    }
    return status;
}

NTSTATUS pipe_remote_wait(const struct rendezvous_name *folded, uint32_t timeout_ms)
{
    struct rendezvous_hello hello = hello__of(folded, QUESTION_WAIT, 0);
    struct remote_wait wait = {.count = 0};
    struct thread *self = thread_self();
    NTSTATUS status;
    thread_block_begin(self);
    rendezvous_visit(&hello, wait__visit, &wait);
    status = wait__sleep(&wait, pipe_name_timeout(&wait.kind, timeout_ms));
    thread_block_end(self);
    for (nfds_t i = 0; i < wait.count; i++)
        close(wait.servers[i].fd);
    return status;
}

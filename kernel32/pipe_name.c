/* The names of pipes in this process, and who waits for one. A name is there as long as a server's
 * end has it, and as long the other processes of the user find it. Names are compared in upper
 * case. */
#include "pipe.h"

#include "object.h"
#include "status.h"
#include "thread.h"
#include "wait.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#include <winbase.h>

enum {
    NAME_BUCKETS = 1024,
    NAME_UNITS_MAX = 256 - 9, /* Windows counts \\.\pipe\ too */
    DEFAULT_TIMEOUT_MS = 50,
};

struct pipe_name {
    struct list link;      /* in its bucket */
    struct list instances; /* struct pipe */
    struct list listening; /* struct pipe, the one that has listened longest first */
    struct list waiters;   /* struct name_waiter */
    struct list watchers;  /* struct pipe_watcher */
    struct pipe_kind kind; /* as the first instance has it */
    uint32_t instance_count;
    struct rendezvous_name folded;
};

/* A thread in WaitNamedPipe; lives on its stack. */
struct name_waiter {
    struct list link;
    struct waiter waiter;
    bool gone; /* the name went */
};

static struct lock names__lock; /* protects all here; innermost */
static struct list names__buckets[NAME_BUCKETS];
static pthread_once_t names__once = PTHREAD_ONCE_INIT;

static void names__empty(void)
{
    lock_init(&names__lock);
    for (int i = 0; i < NAME_BUCKETS; i++)
        list_init(&names__buckets[i]);
}

/* In the child of a fork there are no pipes. */
static void names__set_up(void)
{
    names__empty();
    pthread_atfork(NULL, NULL, names__empty);
}

/* ---- looking up ---- */

NTSTATUS pipe_name_fold(const char *text, struct rendezvous_name *folded)
{
    return rendezvous_fold(RENDEZVOUS_PIPE, text, NAME_UNITS_MAX, folded)
               ? STATUS_SUCCESS
               : STATUS_OBJECT_NAME_INVALID;
}

static struct list *name__bucket(const struct rendezvous_name *folded)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < folded->length; i++)
        hash = (hash ^ folded->text[i]) * 16777619u;
    pthread_once(&names__once, names__set_up);
    return &names__buckets[hash % NAME_BUCKETS];
}

/* Caller holds names__lock. */
static struct pipe_name *name__find(const struct rendezvous_name *folded)
{
    struct list *node, *bucket = name__bucket(folded);
    list_for_each (node, bucket) {
        struct pipe_name *name = list_entry(node, struct pipe_name, link);
        if (rendezvous_is_same(&name->folded, folded))
            return name;
    }
    return NULL;
}

/* ---- instances ---- */

/* Caller holds names__lock. */
static struct pipe_name *name__create(const struct rendezvous_name *folded,
                                      const struct pipe_kind *kind)
{
    struct pipe_name *name = malloc(sizeof *name);
    if (!name)
        return NULL;
    list_init(&name->instances);
    list_init(&name->listening);
    list_init(&name->waiters);
    list_init(&name->watchers);
    name->kind = *kind;
    name->instance_count = 0;
    name->folded = *folded;
    list_append(name__bucket(folded), &name->link);
    rendezvous_publish(folded); /* if it cannot be, the pipe is this process' own */
    return name;
}

/* May an instance be added to those there are, `count` of them? */
static NTSTATUS name__check_instance(const struct pipe_kind *kind, uint32_t count,
                                     const struct pipe *pipe, bool first_only)
{
    if (count == 0)
        return STATUS_SUCCESS;
    if (first_only || kind->access != pipe->kind.access)
        return STATUS_ACCESS_DENIED;
    if (kind->max_instances != PIPE_UNLIMITED_INSTANCES && count >= kind->max_instances)
        return STATUS_INSTANCE_NOT_AVAILABLE;
    return STATUS_SUCCESS;
}

/* Lets everybody who waits for an instance look again. Caller holds names__lock. */
static void name__wake(struct pipe_name *name, bool gone)
{
    struct list *node, *after;
    list_for_each_safe (node, after, &name->waiters) {
        struct name_waiter *waiting = list_entry(node, struct name_waiter, link);
        list_remove(&waiting->link);
        waiting->gone = gone;
        if (waiter_claim(&waiting->waiter, WAITER_RELEASED))
            waiter_wake(&waiting->waiter);
    }
    list_for_each_safe (node, after, &name->watchers) {
        list_remove(node);
        list_entry(node, struct pipe_watcher, link)
            ->told(list_entry(node, struct pipe_watcher, link), gone);
    }
}

/* Caller holds names__lock. */
static void name__listen(struct pipe_name *name, struct pipe *pipe)
{
    list_append(&name->listening, &pipe->in_listening);
    name__wake(name, false);
}

/* Lists the instance beside those of this process and of others. Caller holds names__lock. */
static NTSTATUS name__add(const struct rendezvous_name *folded, const struct pipe_others *others,
                          bool first_only, struct pipe *pipe)
{
    struct pipe_name *name = name__find(folded);
    const struct pipe_kind *kind = name ? &name->kind : &others->kind;
    uint32_t count = others->instances + (name ? name->instance_count : 0);
    NTSTATUS status = name__check_instance(kind, count, pipe, first_only);
    if (status != STATUS_SUCCESS)
        return status;
    if (!name && !(name = name__create(folded, count ? kind : &pipe->kind)))
        return STATUS_NO_MEMORY;
    pipe->kind = name->kind;
    pipe->name = name;
    list_append(&name->instances, &pipe->in_name);
    name->instance_count++;
    name__listen(name, pipe);
    return STATUS_SUCCESS;
}

/* More of what is here, as many as one likes: no other process need be asked. Caller holds
 * names__lock. */
static bool name__is_open_ended(const struct rendezvous_name *folded)
{
    const struct pipe_name *name = name__find(folded);
    return name && name->kind.max_instances == PIPE_UNLIMITED_INSTANCES;
}

NTSTATUS pipe_name_add(const char *text, bool first_only, struct pipe *pipe)
{
    struct rendezvous_name folded;
    struct pipe_others others = {0};
    bool alone;
    int entered;
    NTSTATUS status = pipe_name_fold(text, &folded);
    if (status != STATUS_SUCCESS)
        return status;
    lock_acquire(&names__lock);
    alone = name__is_open_ended(&folded);
    if (alone)
        status = name__add(&folded, &others, first_only, pipe);
    lock_release(&names__lock);
    if (alone)
        return status;
    entered = rendezvous_enter(&folded);
    pipe_remote_count(&folded, &others);
    lock_acquire(&names__lock);
    status = name__add(&folded, &others, first_only, pipe);
    lock_release(&names__lock);
    rendezvous_leave(entered);
    return status;
}

void pipe_name_remove(struct pipe *pipe)
{
    struct pipe_name *name = pipe->name;
    if (!name)
        return;
    lock_acquire(&names__lock);
    list_remove(&pipe->in_listening);
    list_remove(&pipe->in_name);
    pipe->name = NULL;
    if (--name->instance_count == 0) {
        list_remove(&name->link);
        rendezvous_withdraw(&name->folded);
        name__wake(name, true);
        free(name);
    }
    lock_release(&names__lock);
}

void pipe_name_listen(struct pipe *pipe)
{
    lock_acquire(&names__lock);
    name__listen(pipe->name, pipe);
    lock_release(&names__lock);
}

void pipe_name_stop_listening(struct pipe *pipe)
{
    lock_acquire(&names__lock);
    list_remove(&pipe->in_listening);
    lock_release(&names__lock);
}

uint32_t pipe_name_instances(const struct pipe *pipe)
{
    struct pipe_others others = {0};
    struct rendezvous_name folded;
    uint32_t count = 0;
    lock_acquire(&names__lock);
    if (pipe->name) {
        count = pipe->name->instance_count;
        folded = pipe->name->folded;
    }
    lock_release(&names__lock);
    if (count)
        pipe_remote_count(&folded, &others);
    return count + others.instances;
}

/* ---- opening ---- */

/* The rights a client may have, from the server's direction. */
static bool name__grants(const struct pipe_kind *kind, uint32_t access)
{
    bool reads = access & FILE_READ_DATA, writes = access & FILE_WRITE_DATA;
    return (!reads || (kind->access & PIPE_ACCESS_OUTBOUND)) &&
           (!writes || (kind->access & PIPE_ACCESS_INBOUND));
}

/* The instance whose turn it is, with a reference. Caller holds names__lock. */
static NTSTATUS name__pick(const struct rendezvous_name *folded, uint32_t access,
                           struct pipe **pipe)
{
    struct pipe_name *name = name__find(folded);
    if (!name)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (!name__grants(&name->kind, access))
        return STATUS_ACCESS_DENIED;
    if (list_is_empty(&name->listening))
        return STATUS_PIPE_NOT_AVAILABLE;
    *pipe = list_entry(name->listening.next, struct pipe, in_listening);
    atomic_fetch_add(&(*pipe)->refs, 1);
    return STATUS_SUCCESS;
}

NTSTATUS pipe_name_join(const struct rendezvous_name *folded, uint32_t access,
                        const struct pipe_client *client, struct pipe_end **end)
{
    NTSTATUS status;
    do {
        struct pipe *pipe;
        lock_acquire(&names__lock);
        status = name__pick(folded, access, &pipe);
        lock_release(&names__lock);
        if (status != STATUS_SUCCESS)
            return status;
        status = pipe_end_create_client(pipe, client, end);
        pipe_unref(pipe);
    } while (status == STATUS_PIPE_NOT_AVAILABLE); /* another client was faster: look again */
    return status;
}

NTSTATUS pipe_name_open(const char *text, const struct open_args *args, HANDLE *handle)
{
    struct pipe_client client = {.overlapped = args->flags & FILE_FLAG_OVERLAPPED,
                                 .pid = (uint32_t)getpid()};
    uint32_t access = open_granted_access(args);
    struct rendezvous_name folded;
    struct pipe_end *end;
    NTSTATUS status = pipe_name_fold(text, &folded);
    if (status != STATUS_SUCCESS)
        return status;
    if (args->disposition != OPEN_EXISTING && args->disposition != OPEN_ALWAYS)
        return STATUS_ACCESS_DENIED;
    status = pipe_name_join(&folded, access, &client, &end);
    if (status == STATUS_SUCCESS)
        return handle_open_new(&end->file.object, access, args->handle_flags, handle);
    if (status == STATUS_OBJECT_NAME_NOT_FOUND)
        status = pipe_remote_open(&folded, args, handle);
    return status;
}

/* ---- waiting ---- */

uint32_t pipe_name_timeout(const struct pipe_kind *kind, uint32_t timeout_ms)
{
    if (timeout_ms == NMPWAIT_USE_DEFAULT_WAIT)
        timeout_ms = kind->timeout_ms ? kind->timeout_ms : DEFAULT_TIMEOUT_MS;
    return timeout_ms;
}

/* Caller holds names__lock, which is released meanwhile. */
static NTSTATUS name__sleep(struct pipe_name *name, const struct deadline *deadline)
{
    struct thread *self = thread_self();
    struct name_waiter waiting = {.waiter = {.tid = (pid_t)self->id, .thread = self}};
    NTSTATUS status = STATUS_SUCCESS;
    list_append(&name->waiters, &waiting.link);
    lock_release(&names__lock);
    thread_block_begin(self);
    waiter_sleep(&waiting.waiter, deadline);
    thread_block_end(self);
    lock_acquire(&names__lock);
    list_remove(&waiting.link);
    if (waiting.gone)
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    else if (atomic_load(&waiting.waiter.word) == WAITER_TIMED_OUT)
        status = STATUS_IO_TIMEOUT;
    return status;
}

NTSTATUS pipe_name_wait(const char *text, uint32_t timeout_ms)
{
    struct rendezvous_name folded;
    struct deadline deadline;
    bool begun = false;
    NTSTATUS status = pipe_name_fold(text, &folded);
    if (status != STATUS_SUCCESS)
        return status;
    lock_acquire(&names__lock);
    for (;;) {
        struct pipe_name *name = name__find(&folded);
        if (!name)
            status = STATUS_OBJECT_NAME_NOT_FOUND;
        if (!name || status != STATUS_SUCCESS || !list_is_empty(&name->listening))
            break;
        if (!begun)
            deadline = deadline_from_ms(pipe_name_timeout(&name->kind, timeout_ms));
        begun = true;
        status = name__sleep(name, &deadline);
    }
    lock_release(&names__lock);
    if (status == STATUS_OBJECT_NAME_NOT_FOUND && !begun)
        status = pipe_remote_wait(&folded, timeout_ms);
    return status;
}

/* ---- for other processes ---- */

uint32_t pipe_name_look(const struct rendezvous_name *folded, struct pipe_kind *kind)
{
    const struct pipe_name *name;
    uint32_t count;
    lock_acquire(&names__lock);
    name = name__find(folded);
    count = name ? name->instance_count : 0;
    if (name)
        *kind = name->kind;
    lock_release(&names__lock);
    return count;
}

NTSTATUS pipe_name_watch(const struct rendezvous_name *folded, struct pipe_watcher *watcher)
{
    NTSTATUS status = STATUS_SUCCESS;
    struct pipe_name *name;
    lock_acquire(&names__lock);
    name = name__find(folded);
    if (!name) {
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    } else if (list_is_empty(&name->listening)) {
        list_append(&name->watchers, &watcher->link);
        status = STATUS_PENDING;
    }
    lock_release(&names__lock);
    return status;
}

void pipe_name_unwatch(struct pipe_watcher *watcher)
{
    lock_acquire(&names__lock);
    list_remove(&watcher->link);
    lock_release(&names__lock);
}

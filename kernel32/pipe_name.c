/* The names of pipes in this process, and who waits for one. A name is there as long as a server's
 * end has it. Names are compared in upper case. */
#include "pipe.h"

#include "object.h"
#include "path.h"
#include "status.h"
#include "thread.h"
#include "wait.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
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
    struct pipe_kind kind; /* as the first instance has it */
    uint32_t instance_count;
    size_t length;
    wchar_t text[]; /* folded */
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

/* A name as it is compared. STATUS_OBJECT_NAME_INVALID: empty or too long. */
struct folded {
    struct list *bucket;
    size_t length;
    wchar_t text[NAME_UNITS_MAX];
};

static NTSTATUS name__fold(const char *name, struct folded *folded)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    folded->length = path_fold_name(name, folded->text, NAME_UNITS_MAX);
    if (folded->length == 0 || folded->length > NAME_UNITS_MAX)
        return STATUS_OBJECT_NAME_INVALID;
    for (size_t i = 0; i < folded->length; i++)
        hash = (hash ^ folded->text[i]) * 16777619u;
    pthread_once(&names__once, names__set_up);
    folded->bucket = &names__buckets[hash % NAME_BUCKETS];
    return STATUS_SUCCESS;
}

/* Caller holds names__lock. */
static struct pipe_name *name__find(const struct folded *folded)
{
    struct list *node;
    list_for_each (node, folded->bucket) {
        struct pipe_name *name = list_entry(node, struct pipe_name, link);
        if (name->length == folded->length &&
            memcmp(name->text, folded->text, folded->length * sizeof *name->text) == 0)
            return name;
    }
    return NULL;
}

/* ---- instances ---- */

/* Caller holds names__lock. */
static struct pipe_name *name__create(const struct folded *folded, const struct pipe_kind *kind)
{
    struct pipe_name *name = malloc(sizeof *name + folded->length * sizeof *name->text);
    if (!name)
        return NULL;
    list_init(&name->instances);
    list_init(&name->listening);
    list_init(&name->waiters);
    name->kind = *kind;
    name->instance_count = 0;
    name->length = folded->length;
    memcpy(name->text, folded->text, folded->length * sizeof *name->text);
    list_append(folded->bucket, &name->link);
    return name;
}

/* Caller holds names__lock. */
static NTSTATUS name__check_instance(const struct pipe_name *name, const struct pipe *pipe,
                                     bool first_only)
{
    if (first_only || name->kind.access != pipe->kind.access)
        return STATUS_ACCESS_DENIED;
    if (name->kind.max_instances != PIPE_UNLIMITED_INSTANCES &&
        name->instance_count >= name->kind.max_instances)
        return STATUS_INSTANCE_NOT_AVAILABLE;
    return STATUS_SUCCESS;
}

/* Lets every thread in WaitNamedPipe look again. Caller holds names__lock. */
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
}

/* Caller holds names__lock. */
static void name__listen(struct pipe_name *name, struct pipe *pipe)
{
    list_append(&name->listening, &pipe->in_listening);
    name__wake(name, false);
}

NTSTATUS pipe_name_add(const char *text, bool first_only, struct pipe *pipe)
{
    struct folded folded;
    struct pipe_name *name;
    NTSTATUS status = name__fold(text, &folded);
    if (status != STATUS_SUCCESS)
        return status;
    lock_acquire(&names__lock);
    name = name__find(&folded);
    if (name)
        status = name__check_instance(name, pipe, first_only);
    else if (!(name = name__create(&folded, &pipe->kind)))
        status = STATUS_NO_MEMORY;
    if (status == STATUS_SUCCESS) {
        pipe->kind = name->kind;
        pipe->name = name;
        list_append(&name->instances, &pipe->in_name);
        name->instance_count++;
        name__listen(name, pipe);
    }
    lock_release(&names__lock);
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
    uint32_t count;
    lock_acquire(&names__lock);
    count = pipe->name ? pipe->name->instance_count : 0;
    lock_release(&names__lock);
    return count;
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
static NTSTATUS name__pick(const struct folded *folded, uint32_t access, struct pipe **pipe)
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

NTSTATUS pipe_name_open(const char *text, const struct open_args *args, HANDLE *handle)
{
    uint32_t access = open_granted_access(args);
    struct folded folded;
    struct pipe_end *end;
    NTSTATUS status = name__fold(text, &folded);
    if (status != STATUS_SUCCESS)
        return status;
    if (args->disposition != OPEN_EXISTING && args->disposition != OPEN_ALWAYS)
        return STATUS_ACCESS_DENIED;
    do {
        struct pipe *pipe;
        lock_acquire(&names__lock);
        status = name__pick(&folded, access, &pipe);
        lock_release(&names__lock);
        if (status != STATUS_SUCCESS)
            return status;
        status = pipe_end_create_client(pipe, args, &end);
        pipe_unref(pipe);
    } while (status == STATUS_PIPE_NOT_AVAILABLE); /* another client was faster: look again */
    if (status != STATUS_SUCCESS)
        return status;
    return handle_open_new(&end->file.object, access, args->handle_flags, handle);
}

/* ---- waiting ---- */

static uint32_t name__timeout(const struct pipe_name *name, uint32_t timeout_ms)
{
    if (timeout_ms == NMPWAIT_USE_DEFAULT_WAIT)
        timeout_ms = name->kind.timeout_ms ? name->kind.timeout_ms : DEFAULT_TIMEOUT_MS;
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
    struct folded folded;
    struct deadline deadline;
    bool begun = false;
    NTSTATUS status = name__fold(text, &folded);
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
            deadline = deadline_from_ms(name__timeout(name, timeout_ms));
        begun = true;
        status = name__sleep(name, &deadline);
    }
    lock_release(&names__lock);
    return status;
}

/* The file object: queues, readiness, binding, cancel and close. */
#include "file.h"

#include "engine.h"
#include "reactor.h"
#include "std_handles.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

struct table watch_table = {.used = 1};

static struct file *file__of(struct object *object)
{
    return list_entry(object, struct file, object);
}

void file_init(struct file *file, const struct file_ops *ops, int fd, uint32_t flags)
{
    object_init(&file->object, &file_object_ops, 0);
    atomic_init(&file->signaled, true);
    file->ops = ops;
    file->lock = &file->own_lock;
    file->fd = fd;
    file->flags = flags;
    for (int i = 0; i < FILE_QUEUES; i++)
        list_init(&file->queue[i]);
}

NTSTATUS file_get(HANDLE handle, uint32_t access, struct file **file)
{
    struct object *object;
    NTSTATUS status = handle_get(std_handle_resolve(handle), &file_object_ops, access, &object);
    *file = status == STATUS_SUCCESS ? file__of(object) : NULL;
    return status;
}

void file_signal(struct file *file, bool is_locked)
{
    if (file->modes & FILE_SKIP_SET_EVENT_ON_HANDLE)
        return;
    if (is_locked)
        atomic_store_explicit(&file->signaled, true, memory_order_release);
    else
        atomic_exchange(&file->signaled, true); /* before the look: a wait begins, then looks */
    if (atomic_load_explicit(&file->waits, memory_order_relaxed) == 0)
        return;
    lock_acquire(&file->object.lock);
    object_release_waiters(&file->object);
    lock_release(&file->object.lock);
}

static bool file__try_acquire(struct object *object)
{
    return atomic_load_explicit(&file__of(object)->signaled, memory_order_acquire);
}

static bool file__is_signaled(struct object *object, struct thread *thread)
{
    (void)thread;
    return file__try_acquire(object);
}

/* ---- watches ---- */

/* Gives the file a number for epoll. Caller holds file->lock. */
static bool file__number(struct file *file)
{
    if (!file->watch)
        file->watch = table_insert(&watch_table, &file->object, 0, 0);
    return file->watch != 0;
}

/* Is there a request that nobody of the program's waits for? Caller holds file->lock. */
static bool file__unattended(struct list *queue)
{
    return !list_is_empty(queue) && !list_entry(queue->prev, struct request, link)->waiter;
}

void file_update_watches(struct file *file)
{
    uint32_t events = 0;
    if (file->fd < 0 || (file->flags & (FILE_SEEKABLE | FILE_CLOSED)))
        return;
    if (file->port && !file->in_port && file__number(file))
        file->in_port = port_watch(file->port, file->fd, file->watch) == STATUS_SUCCESS;
    if (file__unattended(&file->queue[FILE_WRITE]))
        events |= EPOLLOUT;
    if (!file->in_port)
        events |= file->reactor_events & EPOLLIN; /* once watched it stays: cheaper for the next */
    if (file__unattended(&file->queue[FILE_READ]) && (!file->in_port || file->eager))
        events |= EPOLLIN | EPOLLRDHUP | EPOLLPRI;
    if (file->observed)
        events |= EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP;
    if (events != file->reactor_events && file__number(file) &&
        reactor_watch(file->fd, file->watch, file->reactor_events, events) == STATUS_SUCCESS)
        file->reactor_events = events;
}

void file_forget_watches(struct file *file)
{
    file->drained = false;
    file->surprising = false; /* what still holds, the next watch tells anew */
    if (file->in_port) {
        port_unwatch(file->port, file->fd);
        file->in_port = false;
    }
    if (file->reactor_events) {
        reactor_watch(file->fd, file->watch, file->reactor_events, 0);
        file->reactor_events = 0;
    }
}

/* ---- queues ---- */

/* Must the request end when its thread does? Caller holds file->lock. */
static bool file__dies_with_thread(struct file *file, struct request *request)
{
    if (request->flags & REQUEST_BACKGROUND)
        return false;
    return !file->port || request->event || request->apc || (request->flags & REQUEST_NO_PACKET);
}

/* Caller holds file->lock. */
static void file__link(struct file *file, struct request *request, enum file_queue queue)
{
    request->queue = file;
    list_append(&file->queue[queue], &request->link);
    if (request->flags & REQUEST_EAGER)
        file->eager++;
    if (!request->waiter && file__dies_with_thread(request->file, request)) {
        struct thread *self = thread_self();
        object_ref(&self->object);
        request->issuer = self;
        lock_acquire(&self->lock);
        list_append(&self->requests, &request->thread_link);
        lock_release(&self->lock);
    }
    if (request->ops->linked)
        request->ops->linked(request);
}

/* Caller holds file->lock. */
static void file__unlink(struct file *file, struct request *request)
{
    list_remove(&request->link);
    if (request->flags & REQUEST_EAGER)
        file->eager--;
    if (request->ops->unlinked)
        request->ops->unlinked(request);
}

static enum file_queue file__queue_of(const struct request *request)
{
    if (request->flags & REQUEST_CONTROL)
        return FILE_CONTROL;
    return request->flags & REQUEST_WRITE ? FILE_WRITE : FILE_READ;
}

/* Is it a request's turn to be tried? Caller holds file->lock. */
static bool file__is_first(struct file *file, struct request *request)
{
    enum file_queue queue = file__queue_of(request);
    return queue == FILE_CONTROL || list_is_empty(&file->queue[queue]);
}

/* Lets the requests of one queue end, in order, as far as they can. Caller holds file->lock. */
static void file__pump_queue(struct file *file, enum file_queue queue)
{
    struct list *head = &file->queue[queue];
    while (!list_is_empty(head)) {
        struct request *request = list_entry(head->next, struct request, link);
        if (!request->ops->attempt(request))
            return;
        file__unlink(file, request);
        if (request->status == STATUS_MORE_PROCESSING_REQUIRED)
            request->ops->forward(request);
        else
            request_complete(request);
    }
}

/* A closed file whose queues are empty leaves every epoll. Returns the watch table's reference, to
 * be given up without the lock. Caller holds file->lock. */
static struct object *file__retire(struct file *file)
{
    uint32_t watch = file->watch;
    if (!(file->flags & FILE_CLOSED) || !watch || !list_is_empty(&file->queue[FILE_WRITE]))
        return NULL;
    file_forget_watches(file);
    file->watch = 0;
    return table_remove(&watch_table, watch);
}

void file_pump(struct file *file, uint32_t events)
{
    struct object *watched;
    bool observed;
    file_lock(file);
    file->surprising |= (events & ~(uint32_t)(EPOLLIN | EPOLLOUT)) != 0;
    if (events & ~(uint32_t)EPOLLOUT) {
        file->drained = false;
        file__pump_queue(file, FILE_READ);
    }
    if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
        file__pump_queue(file, FILE_WRITE);
    if (file->reactor_events)
        file_update_watches(file);
    watched = file__retire(file);
    observed = file->observed;
    file_unlock(file);
    if (observed)
        file->ops->observed(file, events);
    if (watched)
        object_unref(watched);
}

void file_pump_locked(struct file *file)
{
    file__pump_queue(file, FILE_READ);
    file__pump_queue(file, FILE_WRITE);
    if (file->reactor_events)
        file_update_watches(file);
}

void file_pump_watch(uint32_t watch, uint32_t events)
{
    struct object *object = table_get(&watch_table, watch, NULL);
    if (!object)
        return;
    if (object->ops == &file_object_ops)
        file_pump(file__of(object), events);
    object_unref(object);
}

/* Will somebody notice when the queue can go on? Caller holds file->lock. */
static bool file__is_watched(const struct file *file, enum file_queue queue)
{
    if (queue == FILE_CONTROL)
        return true; /* not the descriptor's business */
    if (queue == FILE_WRITE)
        return file->reactor_events & EPOLLOUT;
    return file->eager || !file->in_port ? file->reactor_events & EPOLLIN : true;
}

NTSTATUS file_enqueue(struct file *file, struct request *request)
{
    enum file_queue queue = file__queue_of(request);
    struct request *queued = request_detach(request);
    if (!queued)
        return STATUS_INSUFFICIENT_RESOURCES;
    queued->issuer_id = thread_self()->id;
    file__link(file, queued, queue);
    file_update_watches(file);
    if (file->fd < 0 || file__is_watched(file, queue))
        return STATUS_PENDING;
    file__unlink(file, queued);
    request_undetach(request, queued);
    return STATUS_INSUFFICIENT_RESOURCES;
}

bool file_requeue(struct file *file, struct request *request)
{
    enum file_queue queue = file__queue_of(request);
    request->queue = file;
    list_append(&file->queue[queue], &request->link);
    if (request->flags & REQUEST_EAGER)
        file->eager++;
    file_update_watches(file);
    if (file__is_watched(file, queue))
        return true;
    file__unlink(file, request);
    return false;
}

NTSTATUS file_start_in_engine(struct file *file, struct engine_request *request)
{
    struct request *queued = request_detach(&request->request);
    if (!queued)
        return STATUS_INSUFFICIENT_RESOURCES;
    queued->issuer_id = thread_self()->id;
    file_lock(file);
    file__link(file, queued, FILE_BUSY);
    file_unlock(file);
    engine_start(list_entry(queued, struct engine_request, request));
    return STATUS_PENDING;
}

NTSTATUS file_submit(struct file *file, struct request *request)
{
    NTSTATUS status;
    bool queued = false;
    file_lock(file);
    if (file->flags & FILE_CLOSED) {
        status = STATUS_INVALID_HANDLE;
    } else if (!(file->drained && file__queue_of(request) == FILE_READ) &&
               file__is_first(file, request) && request->ops->attempt(request)) {
        status = request_end_in_call(request);
    } else {
        status = file_enqueue(file, request);
        queued = status == STATUS_PENDING;
    }
    file_unlock(file);
    if (!queued)
        request_free(request);
    return status;
}

/* ---- synchronous callers ---- */

/* The descriptor whose readiness ends a wait; -1: the waiter is woken by who ends the request. */
static int file__polled_fd(const struct file *file, enum file_queue queue)
{
    return queue == FILE_CONTROL ? -1 : file->fd;
}

/* Sleeps until the descriptor may be ready, the waiter was claimed or the deadline passed. */
static void file__poll(int fd, short events, struct waiter *waiter, const struct deadline *deadline)
{
    struct pollfd poll = {.fd = fd, .events = events};
    struct timespec left;
    sigset_t mask;
    if (fd < 0) {
        waiter_sleep(waiter, deadline);
        return;
    }
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    sigdelset(&mask, thread_wake_signal());
    if (!deadline->never)
        left = deadline_remaining(deadline);
    if (ppoll(&poll, 1, deadline->never ? NULL : &left, &mask) == 0)
        waiter_claim(waiter, WAITER_TIMED_OUT);
}

/* Waits in the queue until the request has ended. Returns the word that ended the wait. */
static uint32_t file__wait_in_queue(struct file *file, struct request *request, bool alertable,
                                    const struct deadline *deadline)
{
    struct waiter *waiter = request->waiter;
    enum file_queue queue = file__queue_of(request);
    short events = queue == FILE_READ ? POLLIN | POLLRDHUP : POLLOUT;
    uint32_t word = WAITER_PARKED;
    while (word == WAITER_PARKED) {
        if (alertable && !thread_begin_alertable(waiter->thread, waiter))
            waiter_claim(waiter, WAITER_ALERTED);
        if (atomic_load(&waiter->word) == WAITER_PARKED)
            file__poll(file__polled_fd(file, queue), events, waiter, deadline);
        if (alertable)
            thread_end_alertable(waiter->thread);
        file_lock(file);
        if (atomic_load(&waiter->word) == WAITER_PARKED)
            file__pump_queue(file, queue);
        word = atomic_load(&waiter->word);
        if (word == WAITER_TIMED_OUT || word == WAITER_CANCELLED) {
            file__unlink(file, request);
            if (file->ops->cancelled)
                file->ops->cancelled(file);
        }
        file_unlock(file);
        if (word == WAITER_ALERTED) {
            thread_run_apcs(waiter->thread);
            /* Somebody may have ended the request meanwhile without being able to claim us. */
            file_lock(file);
            word = list_is_empty(&request->link) ? WAITER_RELEASED : WAITER_PARKED;
            atomic_store(&waiter->word, word);
            file_unlock(file);
        }
    }
    return word;
}

/* The end of a synchronous call signals the file, but for one that failed at once. A blocking call
 * on an overlapped socket waits elsewhere. */
static void file__signal_end(struct file *file, bool signals)
{
    if (signals && (!(file->flags & FILE_OVERLAPPED) || (file->flags & FILE_WAITS)))
        file_signal(file, false);
}

NTSTATUS file_submit_and_wait(struct file *file, struct request *request, bool alertable,
                              const struct deadline *deadline)
{
    struct thread *self = thread_self();
    struct waiter waiter = {.by_signal = file__polled_fd(file, file__queue_of(request)) >= 0,
                            .tid = (pid_t)self->id,
                            .thread = self};
    NTSTATUS status;
    bool done;
    list_init(&request->link);
    file_lock(file);
    if (file->flags & FILE_CLOSED) {
        file_unlock(file);
        return STATUS_INVALID_HANDLE;
    }
    done = file__is_first(file, request) && request->ops->attempt(request);
    if (!done && deadline->now) {
        file_unlock(file);
        return STATUS_DEVICE_NOT_READY;
    }
    if (!done) {
        request->waiter = &waiter;
        request->issuer_id = self->id;
        file__link(file, request, file__queue_of(request));
    }
    file_unlock(file);
    if (!done) {
        uint32_t word;
        thread_block_begin(self);
        thread_set_io_waiter(self, &waiter);
        word = file__wait_in_queue(file, request, alertable, deadline);
        thread_set_io_waiter(self, NULL);
        thread_block_end(self);
        thread_die_if_killed(self);
        if (word == WAITER_TIMED_OUT)
            request->status = STATUS_IO_TIMEOUT;
        else if (word == WAITER_CANCELLED)
            request->status = STATUS_CANCELLED;
    }
    status = request->status;
    if (request->iosb && !NT_ERROR(status)) { /* an error is told by the call alone (PORT-085) */
        request->iosb->Information = request->information;
        __atomic_store_n(&request->iosb->Status, status, __ATOMIC_RELEASE);
        if (request->event)
            event_set(request->event);
    }
    file__signal_end(file, !done || !NT_ERROR(status));
    return status;
}

/* ---- binding to a port ---- */

/* Caller holds file->lock. */
static NTSTATUS file__bind(struct file *file, struct port *port, uintptr_t key, bool replace)
{
    if (!(file->flags & FILE_OVERLAPPED) || (file->port && !replace))
        return STATUS_INVALID_PARAMETER;
    if (file->port) {
        file_forget_watches(file);
        object_unref(&file->port->object);
    }
    file->port = port;
    file->key = key;
    if (port)
        object_ref(&port->object);
    file_update_watches(file);
    file_signal(file, true);
    return STATUS_SUCCESS;
}

NTSTATUS file_bind(struct file *file, struct port *port, uintptr_t key, bool replace)
{
    NTSTATUS status;
    file_lock(file);
    status = file__bind(file, port, key, replace);
    file_unlock(file);
    return status;
}

NTSTATUS file_set_modes(struct file *file, uint32_t modes)
{
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    file_lock(file);
    if (file->flags & FILE_OVERLAPPED) {
        file->modes |= (uint8_t)modes;
        if (file->modes & FILE_SKIP_SET_EVENT_ON_HANDLE)
            file_reset(file);
        status = STATUS_SUCCESS;
    }
    file_unlock(file);
    return status;
}

/* ---- cancel and close ---- */

/* Ends the matching requests of one queue, those that complete at `owner`. Caller holds
 * file->lock. */
static uint32_t file__cancel_queue(struct file *file, const struct file *owner,
                                   enum file_queue queue, const void *iosb, uint32_t thread_id)
{
    struct list *node, *after;
    uint32_t cancelled = 0;
    list_for_each_safe (node, after, &file->queue[queue]) {
        struct request *request = list_entry(node, struct request, link);
        if ((iosb && request->iosb != iosb) || (thread_id && request->issuer_id != thread_id) ||
            request->file != owner || (request->flags & REQUEST_BACKGROUND))
            continue;
        cancelled++;
        if (queue == FILE_BUSY) {
            engine_cancel(request);
            continue;
        }
        file__unlink(file, request);
        request->status = STATUS_CANCELLED;
        if (!(request->flags & REQUEST_KEEPS_BYTES))
            request->information = 0;
        request_complete(request);
    }
    return cancelled;
}

void file_finish_request(struct file *file, struct request *request)
{
    file__unlink(file, request);
    request_complete(request);
}

void file_end_request(struct file *file, struct request *request, NTSTATUS status)
{
    request->status = status;
    request->information = 0;
    file_finish_request(file, request);
}

uint32_t file_cancel_for(struct file *file, const struct file *owner, const void *iosb,
                         uint32_t thread_id)
{
    uint32_t cancelled = 0;
    file_lock(file);
    /* What has happened already is a result, not a cancel (PORT-122). */
    file__pump_queue(file, FILE_READ);
    file__pump_queue(file, FILE_WRITE);
    for (int queue = 0; queue < FILE_QUEUES; queue++)
        cancelled += file__cancel_queue(file, owner, (enum file_queue)queue, iosb, thread_id);
    if (cancelled && file->ops->cancelled)
        file->ops->cancelled(file);
    file_update_watches(file);
    file_unlock(file);
    return cancelled;
}

uint32_t file_cancel(struct file *file, const void *iosb, uint32_t thread_id)
{
    uint32_t cancelled = file_cancel_for(file, file, iosb, thread_id);
    if (file->ops->cancel_away)
        cancelled += file->ops->cancel_away(file, iosb, thread_id);
    return cancelled;
}

/* Ends what is pending when the last handle goes. What goes on in the background stays. Caller
 * holds file->lock. */
static void file__end_queue(struct file *file, enum file_queue queue)
{
    struct list *node, *after;
    list_for_each_safe (node, after, &file->queue[queue]) {
        struct request *request = list_entry(node, struct request, link);
        if ((request->flags & REQUEST_BACKGROUND) || request->ops->outlives_handles)
            continue;
        file_end_request(file, request,
                         file->ops->close_status ? file->ops->close_status(file, request)
                                                 : STATUS_CANCELLED);
    }
}

static void file__close(struct object *object)
{
    struct file *file = file__of(object);
    struct object *watched;
    file_lock(file);
    file__pump_queue(file, FILE_READ);
    file__pump_queue(file, FILE_WRITE);
    file->flags |= FILE_CLOSED;
    if (file->ops->closing)
        file->ops->closing(file);
    file__end_queue(file, FILE_READ);
    file__end_queue(file, FILE_WRITE);
    file__end_queue(file, FILE_CONTROL);
    file__cancel_queue(file, file, FILE_BUSY, NULL, 0);
    watched = file__retire(file);
    file_unlock(file);
    if (file->ops->cancel_away)
        file->ops->cancel_away(file, NULL, 0);
    if (watched)
        object_unref(watched);
}

static void file__destroy(struct object *object)
{
    struct file *file = file__of(object);
    if (file->port)
        object_unref(&file->port->object);
    if (file->fd >= 0)
        close(file->fd);
    file->ops->destroy(file);
}

/* Somebody waits for the file itself: its requests must end without a packet being removed. */
static void file__wait_begins(struct object *object)
{
    struct file *file = file__of(object);
    file_lock(file);
    file->eager++;
    atomic_fetch_add(&file->waits, 1);
    file_update_watches(file);
    file_unlock(file);
}

static void file__wait_ends(struct object *object)
{
    struct file *file = file__of(object);
    file_lock(file);
    file->eager--;
    atomic_fetch_sub(&file->waits, 1);
    file_update_watches(file);
    file_unlock(file);
}

/* Cancels a request of an ending thread, unless its file was bound to a port meanwhile and it
 * outlives its thread now (THRD-090). */
static void file__cancel_dying(struct file *file, const void *iosb, uint32_t thread_id)
{
    struct list *node;
    bool dies = false;
    file_lock(file);
    for (int queue = 0; queue < FILE_QUEUES; queue++)
        list_for_each (node, &file->queue[queue]) {
            struct request *request = list_entry(node, struct request, link);
            if (request->iosb == iosb && request->issuer_id == thread_id)
                dies |= file__dies_with_thread(file, request);
        }
    file_unlock(file);
    if (dies)
        file_cancel(file, iosb, thread_id);
    else if (file->ops->cancel_away && !file->port)
        file->ops->cancel_away(file, iosb, thread_id);
}

void file_cancel_of_thread(struct thread *thread)
{
    for (;;) {
        struct request *request;
        struct file *file = NULL;
        const void *iosb = NULL;
        lock_acquire(&thread->lock);
        if (!list_is_empty(&thread->requests)) {
            request = list_entry(thread->requests.next, struct request, thread_link);
            list_remove(&request->thread_link);
            /* While it is in the list its end waits for thread->lock, so the file is alive. */
            file = request->file;
            iosb = request->iosb;
            object_ref(&file->object);
        }
        lock_release(&thread->lock);
        if (!file)
            return;
        file__cancel_dying(file, iosb, thread->id);
        file_unref(file);
    }
}

const struct object_ops file_object_ops = {
    .name = "File",
    .all_access = FILE_ALL_ACCESS,
    .generic_read = FILE_GENERIC_READ,
    .generic_write = FILE_GENERIC_WRITE,
    .generic_execute = FILE_GENERIC_EXECUTE,
    .is_signaled = file__is_signaled,
    .acquire = object_flag_acquire,
    .try_acquire = file__try_acquire,
    .wait_begins = file__wait_begins,
    .wait_ends = file__wait_ends,
    .close = file__close,
    .destroy = file__destroy,
};

void file_engine_done(struct request *request, NTSTATUS status, uint64_t information)
{
    struct file *file = request->file;
    object_ref(&file->object);
    file_lock(file);
    file__unlink(file, request);
    request->status = status;
    request->information = information;
    request_complete(request);
    file_unlock(file);
    file_unref(file);
}

/* The request: captured, detached, delivered once. */
#include "request.h"

#include "file.h"

#include <stdlib.h>
#include <string.h>

uint64_t request_length(struct request *request)
{
    struct iovec *iov = request_iov(request);
    uint64_t length = 0;
    for (uint32_t i = 0; i < request->iov_count; i++)
        length += iov[i].iov_len;
    return length;
}

uint32_t request_remaining_iov(struct request *request, struct iovec *out, uint32_t max)
{
    struct iovec *iov = request_iov(request);
    uint64_t skip = request->information;
    uint32_t filled = 0;
    for (uint32_t i = 0; i < request->iov_count && filled < max; i++) {
        if (skip >= iov[i].iov_len) {
            skip -= iov[i].iov_len;
            continue;
        }
        out[filled].iov_base = (char *)iov[i].iov_base + skip;
        out[filled].iov_len = iov[i].iov_len - skip;
        skip = 0;
        filled++;
    }
    return filled;
}

bool request_set_iov_count(struct request *request, uint32_t count)
{
    request->iov_count = count;
    if (count <= REQUEST_INLINE_IOV)
        return true;
    request->iov = malloc(count * sizeof *request->iov);
    if (!request->iov)
        return false;
    request->flags |= REQUEST_OWNS_IOV;
    return true;
}

NTSTATUS request_set_event(struct request *request, HANDLE event)
{
    struct object *object;
    NTSTATUS status;
    if (!port_keep_room(thread_self()))
        return STATUS_INSUFFICIENT_RESOURCES;
    if ((uintptr_t)event & 1) {
        request->flags |= REQUEST_NO_PACKET | REQUEST_EAGER;
        event = (HANDLE)((uintptr_t)event & ~(uintptr_t)1);
    }
    if (!event)
        return STATUS_SUCCESS;
    status = handle_get(event, &event_ops, EVENT_MODIFY_STATE, &object);
    if (status != STATUS_SUCCESS)
        return status;
    request->event = event_of(object);
    request->flags |= REQUEST_EAGER;
    return STATUS_SUCCESS;
}

NTSTATUS request_set_overlapped(struct request *request, OVERLAPPED *overlapped)
{
    if (!overlapped)
        return STATUS_SUCCESS;
    request->iosb = (IO_STATUS_BLOCK *)overlapped;
    request->context = overlapped;
    return request_set_event(request, overlapped->hEvent);
}

static void request__run_apc(struct apc *base)
{
    struct request_apc *apc = list_entry(base, struct request_apc, apc);
    struct request_apc copy = *apc;
    object_unref(&apc->thread->object);
    free(apc);
    if (copy.kind & REQUEST_NATIVE_APC) {
        ((PIO_APC_ROUTINE)copy.routine)(copy.context, copy.iosb, 0);
    } else if (copy.kind & REQUEST_WINSOCK) {
        void (*routine)(DWORD, DWORD, void *, DWORD) = copy.routine;
        routine(status_to_wsa(copy.status), (DWORD)copy.information, copy.context,
                copy.winsock_flags);
    } else {
        ((LPOVERLAPPED_COMPLETION_ROUTINE)copy.routine)(status_to_routine(copy.status),
                                                        (DWORD)copy.information, copy.context);
    }
}

static void request__discard_apc(struct apc *base)
{
    struct request_apc *apc = list_entry(base, struct request_apc, apc);
    object_unref(&apc->thread->object);
    free(apc);
}

NTSTATUS request_set_apc(struct request *request, void *routine, void *context, uint32_t kind)
{
    struct request_apc *apc = calloc(1, sizeof *apc);
    if (!apc)
        return STATUS_NO_MEMORY;
    apc->apc.run = request__run_apc;
    apc->apc.discard = request__discard_apc;
    apc->thread = thread_self();
    object_ref(&apc->thread->object);
    apc->routine = routine;
    apc->context = context;
    apc->iosb = request->iosb;
    apc->kind = kind;
    request->apc = apc;
    request->flags |= REQUEST_EAGER;
    return STATUS_SUCCESS;
}

void request_begin(struct request *request)
{
    if (request->iosb) {
        request->iosb->Pointer = NULL; /* the upper half stays zero ever after (PORT-075) */
        __atomic_store_n(&request->iosb->Status, STATUS_PENDING, __ATOMIC_RELAXED);
    }
    if (request->event)
        event_reset(request->event);
    if (request->file)
        file_reset(request->file);
}

struct request_spare {
    struct request_spare *next;
    size_t size;
};

#ifdef __SANITIZE_ADDRESS__
enum { REQUEST_SPARES_MAX = 0 }; /* so that uses after the end are seen */
#else
enum { REQUEST_SPARES_MAX = 64 }; /* what two harvests end */
#endif
enum { REQUEST_SPARE_BYTES_MAX = 512 };

static void request__drop_spare(struct thread *thread)
{
    struct request_spare *spare = thread->spares;
    thread->spares = spare->next;
    thread->spare_count--;
    free(spare);
}

void *request_memory(size_t size)
{
    struct thread *self = thread_self();
    struct request_spare *spare = self->spares;
    if (spare && spare->size == size) {
        self->spares = spare->next;
        self->spare_count--;
        return spare;
    }
    if (spare)
        request__drop_spare(self); /* in time the spares are what is wanted now */
    return malloc(size);
}

void request_memory_free(void *memory, size_t size)
{
    struct thread *self = thread_self();
    struct request_spare *spare = memory;
    if (self->spare_count == REQUEST_SPARES_MAX || size > REQUEST_SPARE_BYTES_MAX) {
        free(memory);
        return;
    }
    *spare = (struct request_spare){.next = self->spares, .size = size};
    self->spares = spare;
    self->spare_count++;
}

void request_memory_thread_exits(struct thread *thread)
{
    while (thread->spares)
        request__drop_spare(thread);
}

struct request *request_detach(struct request *request)
{
    struct request *copy = request_memory(request->ops->size);
    if (!copy)
        return NULL;
    memcpy(copy, request, request->ops->size);
    copy->flags |= REQUEST_ON_HEAP;
    object_ref(&copy->file->object);
    list_init(&copy->link);
    list_init(&copy->thread_link);
    return copy;
}

/* Caller of the ending side: the request leaves its issuer's list. */
static void request__leave_issuer(struct request *request)
{
    if (!request->issuer)
        return;
    lock_acquire(&request->issuer->lock);
    list_remove(&request->thread_link);
    lock_release(&request->issuer->lock);
    object_unref(&request->issuer->object);
    request->issuer = NULL;
}

void request_undetach(struct request *request, struct request *copy)
{
    request__leave_issuer(copy);
    file_unref(copy->file);
    memcpy(request, copy, copy->ops->size);
    request->flags &= ~(uint32_t)REQUEST_ON_HEAP;
    request_memory_free(copy, request->ops->size);
}

/* Gives up all that the request holds, but not its memory. */
static void request__release(struct request *request)
{
    if (request->ops->release)
        request->ops->release(request);
    if (request->event)
        object_unref(&request->event->object);
    if (request->apc)
        request__discard_apc(&request->apc->apc);
    if (request->flags & REQUEST_OWNS_IOV)
        free(request->iov);
    request__leave_issuer(request);
    if (request->flags & REQUEST_ON_HEAP)
        file_unref(request->file);
}

void request_free(struct request *request)
{
    size_t size = request->flags & REQUEST_ON_HEAP ? request->ops->size : 0;
    request__release(request);
    if (size)
        request_memory_free(request, size);
}

/* Information first, then the status that makes it visible (PORT-088). */
static void request__publish(struct request *request)
{
    IO_STATUS_BLOCK *iosb = request->iosb;
    if (!iosb)
        return;
    iosb->Information = request->information;
    __atomic_store_n(&iosb->Status, request->status, __ATOMIC_RELEASE);
}

/* The lock that is held is that of its queue. */
static void request__signal_file(struct request *request)
{
    file_signal(request->file, !request->queue || request->queue->lock == request->file->lock);
}

static void request__signal(struct request *request)
{
    if (request->event)
        event_set(request->event);
    if (!request->event || request->file->port)
        request__signal_file(request);
}

static bool request__makes_packet(struct request *request)
{
    return request->file->port && !(request->flags & REQUEST_NO_PACKET) && request->context;
}

static struct packet request__packet(const struct request *request, bool published)
{
    return (struct packet){
        .key = request->file->key,
        .context = request->context,
        .iosb = published ? NULL : request->iosb,
        .status = request->status,
        .information = request->information,
    };
}

/* A completion of a request whose memory stays the caller's: at worst the thread's room takes it,
 * which request_set_event has seen to. */
static void request__queue_packet(struct request *request, bool published)
{
    struct packet packet = request__packet(request, published);
    struct thread *self = thread_self();
    if (port_queue(request->file->port, &packet))
        return;
    port_queue_in_room(request->file->port, &packet, self->packet_room);
    self->packet_room = NULL;
}

_Static_assert(sizeof(struct packet_room) <= sizeof(struct request), "one becomes the other");

/* Frees a request on the heap and queues its packet, in its own memory if there is no other. */
static void request__end_as_packet(struct request *request, bool published)
{
    struct packet packet = request__packet(request, published);
    struct port *port = request->file->port;
    struct thread *self = thread_self();
    if (port_is_harvested_by(port, self)) {
        size_t size = request->ops->size;
        request__release(request);
        port_queue_harvested(self, &packet, (struct packet_room *)request, size);
        return;
    }
    if (port_queue(port, &packet)) {
        request_free(request);
        return;
    }
    object_ref(&port->object);
    request__release(request);
    port_queue_in_room(port, &packet, (struct packet_room *)request);
    object_unref(&port->object);
}

static void request__queue_apc(struct request *request)
{
    struct request_apc *apc = request->apc;
    request->apc = NULL;
    apc->status = request->status;
    apc->information = request->information;
    if (!thread_queue_apc(apc->thread, &apc->apc))
        request__discard_apc(&apc->apc);
}

/* Everything after the end of a request that its call reported as pending, but the packet. True:
 * there must be one, and *published tells whether the status block is final. */
static bool request__deliver(struct request *request, bool *published)
{
    bool packet = !request->apc && request__makes_packet(request);
    *published = !packet || request->event;
    if (*published)
        request__publish(request);
    if (request->apc) {
        request__signal_file(request);
        request__queue_apc(request);
    } else {
        request__signal(request);
    }
    return packet;
}

static void request__deliver_in_call(struct request *request)
{
    bool published;
    if (request__deliver(request, &published))
        request__queue_packet(request, published);
}

NTSTATUS request_end_in_call(struct request *request)
{
    NTSTATUS status = request->status;
    if (NT_ERROR(status)) {
        if (!(request->file->flags & FILE_OVERLAPPED))
            request__publish(request);
    } else if ((request->flags & REQUEST_ALWAYS_PENDS) ||
               (!NT_SUCCESS(status) && (request->apc || request__makes_packet(request)))) {
        /* A warning that a packet will tell is not told twice (PORT-062). */
        request__deliver_in_call(request);
        status = STATUS_PENDING;
    } else {
        request__publish(request);
        if (request->apc)
            request__queue_apc(request);
        request__signal(request);
        if (request__makes_packet(request) &&
            !(request->file->modes & FILE_SKIP_COMPLETION_PORT_ON_SUCCESS))
            request__queue_packet(request, true);
    }
    return status;
}

NTSTATUS request_end_pending_locked(struct request *request)
{
    request__deliver_in_call(request);
    return STATUS_PENDING;
}

NTSTATUS request_end_pending(struct request *request)
{
    struct file *file = request->file;
    file_lock(file);
    request_end_pending_locked(request);
    file_unlock(file);
    return STATUS_PENDING;
}

void request_complete(struct request *request)
{
    struct waiter *waiter = request->waiter;
    bool published;
    if (waiter) {
        /* The waiting thread frees what the request holds; it cannot leave before the lock of its
         * queue is free again. */
        waiter_claim(waiter, WAITER_RELEASED);
        if (!wakes_add(&thread_self()->deferred, waiter))
            waiter_wake(waiter);
        return;
    }
    if (request__deliver(request, &published))
        request__end_as_packet(request, published);
    else
        request_free(request);
}

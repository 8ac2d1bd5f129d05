/* The table of queues behind waiting at an address. */
#include "address_wait.h"

#include "futex.h"
#include "lock.h"
#include "thread.h"

#include <errno.h>

enum { BUCKET_BITS = 8, BUCKET_COUNT = 1 << BUCKET_BITS };

/* One per cache line: unrelated addresses should not meet. */
struct bucket {
    struct lock lock;       /* protects waiters; innermost, nothing is called under it */
    _Atomic uint32_t count; /* how many wait: a waker without waiters takes no lock */
    struct list waiters;    /* oldest first; .next is NULL before the first waiter */
} __attribute__((aligned(64)));

static struct bucket buckets[BUCKET_COUNT];

static struct bucket *bucket__of(const volatile void *address)
{
    uint64_t hash = (uint64_t)(uintptr_t)address * 0x9E3779B97F4A7C15u;
    return &buckets[hash >> (64 - BUCKET_BITS)];
}

void address_wait_join(struct address_waiter *waiter, const volatile void *address)
{
    struct bucket *bucket = bucket__of(address);
    waiter->address = address;
    atomic_init(&waiter->woken, 0);
    lock_acquire(&bucket->lock);
    if (!bucket->waiters.next)
        list_init(&bucket->waiters);
    list_append(&bucket->waiters, &waiter->link);
    atomic_fetch_add(&bucket->count, 1);
    lock_release(&bucket->lock);
    atomic_thread_fence(memory_order_seq_cst);
}

/* Takes the waiter out of its queue; false if a waker has done so. */
static bool waiter__remove(struct address_waiter *waiter)
{
    struct bucket *bucket = bucket__of(waiter->address);
    bool queued;
    lock_acquire(&bucket->lock);
    queued = atomic_load(&waiter->woken) == 0;
    if (queued) {
        list_remove(&waiter->link);
        atomic_fetch_sub(&bucket->count, 1);
    }
    lock_release(&bucket->lock);
    return queued;
}

bool address_wait_sleep(struct address_waiter *waiter, const struct deadline *deadline)
{
    struct thread *self = thread_self();
    bool woken = atomic_load(&waiter->woken) != 0;
    if (!woken && !deadline->now) {
        thread_block_begin(self);
        while (!(woken = atomic_load(&waiter->woken) != 0)) {
            if (futex_wait_until(&waiter->woken, 0, deadline->clock, deadline_at(deadline)) < 0 &&
                errno == ETIMEDOUT)
                break;
        }
        thread_block_end(self);
    }
    return woken || !waiter__remove(waiter);
}

/* The oldest waiter at the address, or NULL. Caller holds bucket->lock. */
static struct address_waiter *bucket__find(struct bucket *bucket, const volatile void *address)
{
    struct list *node;
    list_for_each (node, &bucket->waiters) {
        struct address_waiter *waiter = list_entry(node, struct address_waiter, link);
        if (waiter->address == address)
            return waiter;
    }
    return NULL;
}

void address_wake(const volatile void *address, unsigned count)
{
    struct bucket *bucket = bucket__of(address);
    struct address_waiter *waiter;
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load(&bucket->count) == 0)
        return;
    lock_acquire(&bucket->lock);
    while (bucket->waiters.next && count-- > 0 && (waiter = bucket__find(bucket, address))) {
        list_remove(&waiter->link);
        atomic_fetch_sub(&bucket->count, 1);
        /* From here the waiter may be gone; a wake at its old place is only a spurious one. */
        atomic_store(&waiter->woken, 1);
        futex_wake(&waiter->woken, 1);
    }
    lock_release(&bucket->lock);
}

void address_wait_leave(struct address_waiter *waiter)
{
    if (!waiter__remove(waiter))
        address_wake(waiter->address, 1); /* it was for somebody who sleeps */
}

/* The handle table: lookups without a lock, handles opened and closed under one. */
#include "handle_table.h"

#include "process.h"
#include "thread.h"

#include <stdlib.h>
#include <winnt.h>

#define SLOT_ONE_TAKEN ((uint64_t)1 << SLOT_ADDRESS_BITS)
#define SLOT_FOLD_AT ((uint64_t)0x8000 << SLOT_ADDRESS_BITS)

struct table handle_table = {.used = 1};

/* An unused index, or 0. Caller holds table->lock. */
static uint32_t table__take_free(struct table *table)
{
    uint32_t index = table->free_first;
    uint32_t chunk;
    struct slot *slot = index ? table_slot(table, index) : NULL;
    if (slot) {
        table->free_first = atomic_load(&slot->access);
        return index;
    }
    index = table->used;
    chunk = index / TABLE_CHUNK_SLOTS;
    if (chunk >= TABLE_CHUNKS)
        return 0;
    if (!atomic_load(&table->chunks[chunk])) {
        struct slot *slots = calloc(TABLE_CHUNK_SLOTS, sizeof *slots);
        if (!slots)
            return 0;
        atomic_store_explicit(&table->chunks[chunk], slots, memory_order_release);
    }
    table->used++;
    return index;
}

/* Caller holds table->lock. */
static void table__fill(struct table *table, uint32_t index, struct object *object, uint32_t access,
                        uint32_t flags)
{
    struct slot *slot = table_slot(table, index);
    atomic_fetch_add_explicit(&object->refs, HANDLE_WEIGHT, memory_order_relaxed);
    atomic_store_explicit(&slot->access, access, memory_order_relaxed);
    atomic_store_explicit(&slot->flags, flags, memory_order_relaxed);
    atomic_store_explicit(&slot->word, (uint64_t)(uintptr_t)object, memory_order_release);
    table->open++;
}

uint32_t table_insert(struct table *table, struct object *object, uint32_t access, uint32_t flags)
{
    uint32_t index;
    lock_acquire(&table->lock);
    index = table__take_free(table);
    if (index)
        table__fill(table, index, object, access, flags);
    lock_release(&table->lock);
    return index;
}

/* Moves the references taken through a slot into the object's own count, long before the slot's
 * 16 bits run over. The caller holds a reference. */
static void slot__fold(struct slot *slot, struct object *object)
{
    uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    int64_t taken = (int64_t)(word >> SLOT_ADDRESS_BITS);
    if (slot_object(word) != object || word < SLOT_FOLD_AT)
        return;
    atomic_fetch_add_explicit(&object->refs, taken, memory_order_relaxed);
    if (!atomic_compare_exchange_strong(&slot->word, &word, word & SLOT_ADDRESS_MASK))
        atomic_fetch_sub_explicit(&object->refs, taken, memory_order_relaxed);
}

/* With so many references. */
static struct object *slot__get(struct slot *slot, uint32_t count, uint32_t *access)
{
    uint64_t word;
    if (!slot)
        return NULL;
    word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    do {
        if (!word)
            return NULL;
    } while (!atomic_compare_exchange_weak_explicit(&slot->word, &word,
                                                    word + count * SLOT_ONE_TAKEN,
                                                    memory_order_acquire, memory_order_relaxed));
    if (access)
        *access = atomic_load_explicit(&slot->access, memory_order_relaxed);
    if (word >= SLOT_FOLD_AT)
        slot__fold(slot, slot_object(word));
    return slot_object(word);
}

struct object *table_get(struct table *table, uint32_t index, uint32_t *access)
{
    return slot__get(table_slot(table, index), 1, access);
}

/* Caller holds table->lock. */
static struct object *table__empty_slot(struct table *table, uint32_t index)
{
    struct slot *slot = table_slot(table, index);
    uint64_t word = slot ? atomic_exchange(&slot->word, 0) : 0;
    struct object *object = slot_object(word);
    int64_t taken = (int64_t)(word >> SLOT_ADDRESS_BITS);
    if (!object)
        return NULL;
    table->open--;
    /* One reference stays, for the caller. */
    atomic_fetch_add_explicit(&object->refs, taken + 1 - HANDLE_WEIGHT, memory_order_acq_rel);
    return object;
}

/* Caller holds table->lock. */
static void table__give_free(struct table *table, uint32_t index)
{
    struct slot *slot = table_slot(table, index);
    if (!slot)
        return;
    atomic_store(&slot->access, table->free_first);
    table->free_first = index;
}

struct object *table_remove(struct table *table, uint32_t index)
{
    struct object *object;
    lock_acquire(&table->lock);
    object = table__empty_slot(table, index);
    if (object)
        table__give_free(table, index);
    lock_release(&table->lock);
    return object;
}

/* ---- the process's handles ---- */

void table_after_fork(struct table *table)
{
    uint32_t used = table->used / TABLE_CHUNK_SLOTS * TABLE_CHUNK_SLOTS + TABLE_CHUNK_SLOTS;
    for (uint32_t chunk = 0; chunk < used / TABLE_CHUNK_SLOTS && chunk < TABLE_CHUNKS; chunk++)
        atomic_store_explicit(&table->chunks[chunk], NULL, memory_order_relaxed);
    lock_init(&table->lock);
    table->free_first = 0;
    table->used = used;
    table->open = 0;
}

NTSTATUS handle_open(struct object *object, uint32_t access, uint32_t flags, HANDLE *handle)
{
    uint32_t index = table_insert(&handle_table, object, access, flags);
    if (!index)
        return STATUS_TOO_MANY_OPENED_FILES;
    atomic_fetch_add(&object->handles, 1);
    *handle = (HANDLE)((uintptr_t)index << 2);
    return STATUS_SUCCESS;
}

NTSTATUS handle_open_new(struct object *object, uint32_t access, uint32_t flags, HANDLE *handle)
{
    NTSTATUS status = handle_open(object, access, flags, handle);
    if (status != STATUS_SUCCESS && object->ops->close)
        object->ops->close(object);
    object_unref(object);
    return status;
}

/* The skipped ones become free, the lowest first. Caller holds table->lock. */
static bool table__use_up_to(struct table *table, uint32_t index)
{
    uint32_t first = table->used;
    for (uint32_t chunk = first / TABLE_CHUNK_SLOTS; chunk <= index / TABLE_CHUNK_SLOTS; chunk++) {
        struct slot *slots;
        if (atomic_load(&table->chunks[chunk]))
            continue;
        slots = calloc(TABLE_CHUNK_SLOTS, sizeof *slots);
        if (!slots)
            return false;
        atomic_store_explicit(&table->chunks[chunk], slots, memory_order_release);
    }
    for (uint32_t skipped = index; skipped-- > first;)
        table__give_free(table, skipped);
    table->used = index + 1;
    return true;
}

NTSTATUS handle_open_at(HANDLE handle, struct object *object, uint32_t access, uint32_t flags)
{
    uint32_t index = handle_index(handle);
    bool opened = false;
    lock_acquire(&handle_table.lock);
    if (index >= handle_table.used && index / TABLE_CHUNK_SLOTS < TABLE_CHUNKS &&
        table__use_up_to(&handle_table, index)) {
        table__fill(&handle_table, index, object, access, flags);
        atomic_fetch_add(&object->handles, 1);
        opened = true;
    }
    lock_release(&handle_table.lock);
    if (!opened && object->ops->close)
        object->ops->close(object);
    object_unref(object);
    return opened ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

bool handle_next_inherited(HANDLE *handle)
{
    for (uint32_t index = handle_index(*handle); index < handle_table.used; index++) {
        struct slot *slot = table_slot(&handle_table, index);
        if (slot && atomic_load(&slot->word) && (atomic_load(&slot->flags) & HANDLE_INHERIT)) {
            *handle = (HANDLE)((uintptr_t)index << 2);
            return true;
        }
    }
    return false;
}

/* ---- what a thread keeps in store ---- */

enum { STORE_CREDIT = 64 };

static struct stored_handle *stored__of(struct thread *self, uint32_t index)
{
    return &self->store[index % THREAD_STORE];
}

static void stored__settle(struct stored_handle *stored)
{
    struct object *object = stored->object;
    int64_t credit = stored->credit;
    stored->object = NULL;
    stored->credit = 0;
    if (object)
        object_adjust(object, -credit);
}

/* Stores references to what the slot holds, if it may linger; `object` is what it held a moment
 * ago. */
static void stored__store(struct stored_handle *stored, struct slot *slot, uint32_t index,
                          const struct object *object)
{
    struct object *found;
    bool again = stored->last == index;
    stored->last = index;
    if (!again || !object->ops->may_linger)
        return;
    stored__settle(stored);
    found = slot__get(slot, STORE_CREDIT, NULL);
    if (!found)
        return;
    stored->object = found;
    stored->index = index;
    stored->credit = STORE_CREDIT;
    if (!found->ops->may_linger)
        stored__settle(stored);
}

static struct object *stored__get(uint32_t index, uint32_t *access)
{
    struct stored_handle *stored = stored__of(thread_self(), index);
    struct slot *slot = table_slot(&handle_table, index);
    struct object *object;
    if (slot && stored->index == index && stored->credit > 0 &&
        slot_object(atomic_load_explicit(&slot->word, memory_order_acquire)) == stored->object) {
        stored->credit--;
        if (access)
            *access = atomic_load_explicit(&slot->access, memory_order_relaxed);
        return stored->object;
    }
    object = slot__get(slot, 1, access);
    if (object)
        stored__store(stored, slot, index, object);
    return object;
}

void handle_put(HANDLE handle, struct object *object)
{
    struct stored_handle *stored = stored__of(thread_self(), handle_index(handle));
    if (stored->object == object)
        stored->credit++;
    else
        object_unref(object);
}

void handle_put_store(struct thread *thread)
{
    for (uint32_t i = 0; i < THREAD_STORE; i++)
        stored__settle(&thread->store[i]);
}

NTSTATUS handle_get_any(HANDLE handle, struct object **object, uint32_t *access)
{
    uint32_t index = handle_index(handle);
    struct object *found = NULL;
    if (index) {
        found = stored__get(index, access);
    } else if (handle_is_current_process(handle) || handle_is_current_thread(handle)) {
        found = handle_is_current_process(handle) ? process_self() : &thread_self()->object;
        object_ref(found);
        if (access)
            *access = found->ops->all_access;
    }
    *object = found;
    return found ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

NTSTATUS handle_get(HANDLE handle, const struct object_ops *ops, uint32_t access,
                    struct object **object)
{
    uint32_t granted;
    struct object *found;
    NTSTATUS status = handle_get_any(handle, &found, &granted);
    *object = NULL;
    if (status != STATUS_SUCCESS)
        return status;
    if (found->ops != ops)
        status = STATUS_OBJECT_TYPE_MISMATCH;
    else if ((granted & access) != access)
        status = STATUS_ACCESS_DENIED;
    if (status != STATUS_SUCCESS) {
        handle_put(handle, found);
        return status;
    }
    *object = found;
    return STATUS_SUCCESS;
}

/* A handle to `object` is gone; the caller's reference with it. */
static void handle__dropped(struct object *object)
{
    if (atomic_fetch_sub(&object->handles, 1) == 1 && object->ops->close)
        object->ops->close(object);
    object_unref(object);
}

NTSTATUS handle_close(HANDLE handle)
{
    uint32_t index = handle_index(handle);
    struct object *object = NULL;
    NTSTATUS status = STATUS_INVALID_HANDLE;
    struct slot *slot;
    if (handle_is_current_process(handle) || handle_is_current_thread(handle))
        return STATUS_SUCCESS;
    lock_acquire(&handle_table.lock);
    slot = index ? table_slot(&handle_table, index) : NULL;
    if (slot && atomic_load(&slot->word)) {
        if (atomic_load(&slot->flags) & HANDLE_PROTECT_FROM_CLOSE) {
            status = STATUS_HANDLE_NOT_CLOSABLE;
        } else {
            object = table__empty_slot(&handle_table, index);
            table__give_free(&handle_table, index);
        }
    }
    lock_release(&handle_table.lock);
    if (!object)
        return status;
    handle__dropped(object);
    return STATUS_SUCCESS;
}

/* The rights a duplicate gets, or an error. */
static NTSTATUS handle__duplicate_access(const struct object_ops *ops, uint32_t granted,
                                         uint32_t options, uint32_t *access)
{
    if (options & DUPLICATE_SAME_ACCESS) {
        *access = granted;
        return STATUS_SUCCESS;
    }
    *access = object_map_access(ops, *access);
    return *access & ~granted ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

/* Reopens the same slot for the same object with new rights and flags (HND-020). */
static bool handle__reopen(HANDLE handle, struct object *object, uint32_t access, uint32_t flags)
{
    struct slot *slot = table_slot(&handle_table, handle_index(handle));
    bool done = false;
    lock_acquire(&handle_table.lock);
    if (slot && slot_object(atomic_load(&slot->word)) == object &&
        !(atomic_load(&slot->flags) & HANDLE_PROTECT_FROM_CLOSE)) {
        atomic_store(&slot->access, access);
        atomic_store(&slot->flags, flags);
        done = true;
    }
    lock_release(&handle_table.lock);
    return done;
}

NTSTATUS handle_duplicate(HANDLE source, uint32_t access, uint32_t flags, uint32_t options,
                          HANDLE *target)
{
    uint32_t granted = 0, index = handle_index(source);
    struct object *object;
    NTSTATUS status = handle_get_any(source, &object, &granted);
    if (target)
        *target = NULL;
    if (status != STATUS_SUCCESS)
        return status;
    if (options & DUPLICATE_SAME_ATTRIBUTES)
        flags = index ? atomic_load(&table_slot(&handle_table, index)->flags) : 0;
    status = handle__duplicate_access(object->ops, granted, options, &access);
    if (status == STATUS_SUCCESS && target) {
        if ((options & DUPLICATE_CLOSE_SOURCE) && index &&
            handle__reopen(source, object, access, flags)) {
            *target = (HANDLE)((uintptr_t)index << 2);
            options &= ~DUPLICATE_CLOSE_SOURCE;
        } else {
            status = handle_open(object, access, flags, target);
        }
    }
    object_unref(object);
    if (options & DUPLICATE_CLOSE_SOURCE)
        handle_close(source);
    return status;
}

#ifdef __SANITIZE_ADDRESS__
/* A leak checker does not know an address under a count: at exit, the slots hold plain ones. */
__attribute__((destructor)) static void table__settle(void)
{
    for (uint32_t index = 1; index < handle_table.used; index++) {
        struct slot *slot = table_slot(&handle_table, index);
        uint64_t word = slot ? atomic_load(&slot->word) : 0;
        if (!word)
            continue;
        atomic_fetch_add(&slot_object(word)->refs, (int64_t)(word >> SLOT_ADDRESS_BITS));
        atomic_store(&slot->word, word & SLOT_ADDRESS_MASK);
    }
}
#endif

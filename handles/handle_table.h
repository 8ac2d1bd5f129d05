/* Tables that turn small numbers into objects without a lock.
 *
 * A slot's word holds the object's address (48 bits) and, above it, how many references lookups
 * have taken since the handle was opened. A lookup is one compare-and-swap on that word; its
 * reference is given back to the object's own count. Closing swaps the word for zero and settles
 * the difference: refs += taken - HANDLE_WEIGHT. So a lookup either gets a live object or sees
 * zero, and nothing that a wild, closed or foreign value names is ever dereferenced.
 *
 * There are two: the handle table proper, and the watch table whose numbers the engine gives to
 * epoll in place of pointers (an event that comes late finds an empty slot, or wakes another file
 * for nothing).
 */
#ifndef PORTICO_HANDLE_TABLE_H
#define PORTICO_HANDLE_TABLE_H

#include "object.h"

#define TABLE_CHUNK_SLOTS 1024
#define TABLE_CHUNKS 16384 /* 16,777,216 slots: Windows' own limit for a process */

struct slot {
    _Atomic uint64_t word;
    _Atomic uint32_t access; /* granted rights; in a free slot, the next free index */
    _Atomic uint32_t flags;  /* HANDLE_FLAG_* */
};

struct table {
    _Atomic(struct slot *) chunks[TABLE_CHUNKS];
    struct lock lock;    /* protects the free list and growth; innermost */
    uint32_t free_first; /* most recently freed slot, 0 if none (slot 0 is never used) */
    uint32_t used;       /* slots ever handed out, including slot 0 */
    uint32_t open;
};

/* Puts an object in a slot and returns its index, or 0 if there is no memory or no slot left. The
 * caller's reference stays the caller's. */
uint32_t table_insert(struct table *table, struct object *object, uint32_t access, uint32_t flags);

/* The object in a slot with a new reference, or NULL. */
struct object *table_get(struct table *table, uint32_t index, uint32_t *access);

/* Empties a slot; returns the object with one reference for the caller, or NULL. */
struct object *table_remove(struct table *table, uint32_t index);

#define SLOT_ADDRESS_BITS 48
#define SLOT_ADDRESS_MASK (((uint64_t)1 << SLOT_ADDRESS_BITS) - 1)

static inline struct object *slot_object(uint64_t word)
{
    return (struct object *)(uintptr_t)(word & SLOT_ADDRESS_MASK);
}

/* NULL: there never was one of that index. */
static inline struct slot *table_slot(struct table *table, uint32_t index)
{
    uint32_t chunk = index / TABLE_CHUNK_SLOTS;
    struct slot *slots;
    if (chunk >= TABLE_CHUNKS)
        return NULL;
    slots = atomic_load_explicit(&table->chunks[chunk], memory_order_acquire);
    return slots ? &slots[index % TABLE_CHUNK_SLOTS] : NULL;
}

/* ---- the process's handles ---- */

#define HANDLE_INHERIT 1
#define HANDLE_PROTECT_FROM_CLOSE 2

extern struct table handle_table;

/* In the child of a fork: nothing that was in the table is reachable, and its numbers are not given
 * out again (PORT-028). Another thread of the parent may have held the lock. */
void table_after_fork(struct table *table);

static inline bool handle_is_current_process(HANDLE h)
{
    return h == (HANDLE)(intptr_t)-1;
}

static inline bool handle_is_current_thread(HANDLE h)
{
    return h == (HANDLE)(intptr_t)-2;
}

/* The table index a handle value names, 0 if it cannot name any. */
static inline uint32_t handle_index(HANDLE h)
{
    uintptr_t value = (uintptr_t)h;
    return value > 0x7FFFFFFF ? 0 : (uint32_t)(value >> 2);
}

/* Opens a handle on an object. On success the object has one handle more; the caller keeps its
 * own reference. STATUS_TOO_MANY_OPENED_FILES when the table is full. */
NTSTATUS handle_open(struct object *object, uint32_t access, uint32_t flags, HANDLE *handle);

/* As above, and then gives up the caller's reference, whatever came of it. An object that got no
 * handle is closed and destroyed. */
NTSTATUS handle_open_new(struct object *object, uint32_t access, uint32_t flags, HANDLE *handle);

/* As handle_open_new, under a value of the caller's choice that is greater than all there are: what
 * the process inherited. */
NTSTATUS handle_open_at(HANDLE handle, struct object *object, uint32_t access, uint32_t flags);

/* The first handle from `*handle` on that is open and can be inherited; false: there is none.
 * Another thread may close it. */
bool handle_next_inherited(HANDLE *handle);

/* The object behind a handle, any kind, with a new reference; pseudo-handles included. */
NTSTATUS handle_get_any(HANDLE handle, struct object **object, uint32_t *access);

/* The object behind a handle if it is of the given kind and the handle grants all of `access`. */
NTSTATUS handle_get(HANDLE handle, const struct object_ops *ops, uint32_t access,
                    struct object **object);

/* Gives back what a lookup of the handle gave. An object that may linger is looked up by the dozen:
 * the thread keeps references to the few it uses in store, and taking and giving back one of those
 * costs no atomic operation. So such an object may be freed some time after its last handle. */
void handle_put(HANDLE handle, struct object *object);

/* The thread ends: gives back its store. */
void handle_put_store(struct thread *thread);

/* Does the handle name this object now, with all of `access`? Spares the caller, who has a
 * reference of its own, the lookup's. */
static inline bool handle_names(HANDLE handle, const struct object *object, uint32_t access)
{
    uint32_t index = handle_index(handle);
    struct slot *slot = index ? table_slot(&handle_table, index) : NULL;
    return slot && slot_object(atomic_load_explicit(&slot->word, memory_order_acquire)) == object &&
           (atomic_load_explicit(&slot->access, memory_order_relaxed) & access) == access;
}

NTSTATUS handle_close(HANDLE handle);

NTSTATUS handle_duplicate(HANDLE source, uint32_t access, uint32_t flags, uint32_t options,
                          HANDLE *target);

#endif

/* A port's packets: first in, first out, in a ring that grows; what comes when there is no memory
 * for that follows in rooms that were set aside. The port's lock protects all but the count, which
 * others may look at. */
#ifndef PORTICO_PACKETS_H
#define PORTICO_PACKETS_H

#include "list.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <winternl.h>

struct packet {
    uintptr_t key;
    void *context;         /* the OVERLAPPED, or what was posted */
    IO_STATUS_BLOCK *iosb; /* to be written when the packet is removed; NULL if it was already */
    NTSTATUS status;
    uint64_t information;
};

/* Room for one packet outside the ring, from malloc: for completions that must not be lost when
 * there is no memory for the ring to grow. */
struct packet_room {
    struct list link;
    struct packet packet;
    size_t size; /* of the memory, if it was a request's */
};

struct packets {
    struct packet *ring; /* up to `capacity` packets, a power of two, from `head` on */
    uint32_t capacity, head;
    struct list overflow; /* struct packet_room: empty unless the ring is full */
    _Atomic uint32_t count;
};

/* False: no memory. */
bool packets_init(struct packets *packets);

/* Drops all there are. */
void packets_clear(struct packets *packets);
void packets_free(struct packets *packets);

/* The ring is full: false if there is no memory for a larger one. */
bool packets_grow(struct packets *packets);

/* Moves a packet from the overflow into the ring, which has room. */
void packets_refill(struct packets *packets);

/* The ring has room. The unlock that follows orders the count before what the caller looks at
 * then. */
static inline void packets_append(struct packets *packets, const struct packet *packet)
{
    uint32_t count = atomic_load_explicit(&packets->count, memory_order_relaxed);
    packets->ring[(packets->head + count) & (packets->capacity - 1)] = *packet;
    atomic_store_explicit(&packets->count, count + 1, memory_order_release);
}

/* Takes over `room`, which may be NULL. False: no memory. */
static inline bool packets_push(struct packets *packets, const struct packet *packet,
                                struct packet_room *room)
{
    if (packets->count < packets->capacity ||
        (list_is_empty(&packets->overflow) && packets_grow(packets))) {
        packets_append(packets, packet);
        free(room);
        return true;
    }
    if (room) {
        room->packet = *packet;
        list_append(&packets->overflow, &room->link);
    }
    return room != NULL;
}

/* There is one. */
static inline void packets_pop(struct packets *packets, struct packet *packet)
{
    *packet = packets->ring[packets->head];
    packets->head = (packets->head + 1) & (packets->capacity - 1);
    atomic_store_explicit(&packets->count, packets->count - 1, memory_order_relaxed);
    if (__builtin_expect(!list_is_empty(&packets->overflow), 0))
        packets_refill(packets);
}

#endif

/* The slow half of a port's packets. */
#include "packets.h"

enum { PACKETS_FIRST_CAPACITY = 16 };

bool packets_init(struct packets *packets)
{
    list_init(&packets->overflow);
    packets->capacity = PACKETS_FIRST_CAPACITY;
    packets->ring = malloc(PACKETS_FIRST_CAPACITY * sizeof *packets->ring);
    return packets->ring != NULL;
}

void packets_clear(struct packets *packets)
{
    struct list *node, *after;
    atomic_store(&packets->count, 0);
    list_for_each_safe (node, after, &packets->overflow) {
        list_remove(node);
        free(list_entry(node, struct packet_room, link));
    }
}

void packets_free(struct packets *packets)
{
    free(packets->ring);
}

bool packets_grow(struct packets *packets)
{
    uint32_t capacity = packets->capacity * 2;
    struct packet *ring = malloc((size_t)capacity * sizeof *ring);
    if (!ring)
        return false;
    for (uint32_t i = 0; i < packets->count; i++)
        ring[i] = packets->ring[(packets->head + i) & (packets->capacity - 1)];
    free(packets->ring);
    packets->ring = ring;
    packets->capacity = capacity;
    packets->head = 0;
    return true;
}

void packets_refill(struct packets *packets)
{
    struct packet_room *room = list_entry(packets->overflow.next, struct packet_room, link);
    list_remove(&room->link);
    packets_append(packets, &room->packet);
    free(room);
}

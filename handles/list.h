/* An intrusive doubly linked list: the head is a node whose neighbours are the ends. */
#ifndef PORTICO_LIST_H
#define PORTICO_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next, *prev;
};

#define list_entry(node, type, member) ((type *)((char *)(node)-offsetof(type, member)))

#define list_for_each(node, head) \
    for ((node) = (head)->next; (node) != (head); (node) = (node)->next)

/* As above; the body may unlink or free `node`. */
#define list_for_each_safe(node, after, head)                             \
    for ((node) = (head)->next, (after) = (node)->next; (node) != (head); \
         (node) = (after), (after) = (node)->next)

static inline void list_init(struct list *head)
{
    head->next = head->prev = head;
}

static inline bool list_is_empty(const struct list *head)
{
    return head->next == head;
}

static inline void list_append(struct list *head, struct list *node)
{
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}

static inline void list_prepend(struct list *head, struct list *node)
{
    list_append(head->next, node);
}

/* Leaves `node` a valid empty list, so that removing twice is harmless. */
static inline void list_remove(struct list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

#endif

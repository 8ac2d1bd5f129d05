/* Heaps: blocks of the C library's, each behind a header that knows its heap and its size. */
#ifndef PORTICO_HEAP_H
#define PORTICO_HEAP_H

#include <stdbool.h>
#include <stddef.h>

struct heap;

/* The heap that is always there. */
struct heap *heap_of_process(void);

void *heap_alloc(struct heap *heap, size_t size, bool zero);
void *heap_realloc(struct heap *heap, void *block, size_t size, bool zero);
void heap_free(struct heap *heap, void *block);

/* Is it a block of this heap? The memory before it must be readable. */
bool heap_owns(struct heap *heap, const void *block);
/* The same for a pointer that may lead anywhere. */
bool heap_may_own(struct heap *heap, const void *memory);
size_t heap_block_size(const void *block);

#endif

/* Heaps, and the entry points of heapapi.h. */
#include <heapapi.h>

#include "heap.h"
#include "last_error.h"
#include "list.h"
#include "lock.h"
#include "transfer.h"

#include <stdlib.h>
#include <string.h>
#include <winerror.h>

struct heap {
    struct list link;   /* in heaps__all */
    struct lock lock;   /* protects blocks and used */
    struct list blocks; /* of a heap that can be destroyed */
    size_t used;
    size_t limit; /* 0: none */
};

/* Stands before each block; 16-byte alignment follows from its size. */
struct block {
    struct list link;
    struct heap *heap; /* NULL once freed */
    size_t size;
};
_Static_assert(sizeof(struct block) % 16 == 0, "blocks are aligned");

static struct heap heap__process;
static struct lock heaps__lock; /* protects heaps__all */
static struct list heaps__all = {&heaps__all, &heaps__all};

struct heap *heap_of_process(void)
{
    return &heap__process;
}

static bool heap__is_process(const struct heap *heap)
{
    return heap == &heap__process;
}

static struct block *block__of(const void *memory)
{
    return (struct block *)memory - 1;
}

/* Counts the new size and links the block. False: over the limit. The process heap keeps no list:
 * it is never destroyed, so its blocks need no lock. */
static bool heap__admit(struct heap *heap, size_t size)
{
    bool fits;
    if (heap__is_process(heap))
        return true;
    lock_acquire(&heap->lock);
    fits = heap->limit == 0 || (size <= heap->limit && heap->used <= heap->limit - size);
    if (fits)
        heap->used += size;
    lock_release(&heap->lock);
    return fits;
}

static void heap__link(struct heap *heap, struct block *block)
{
    if (heap__is_process(heap))
        return;
    lock_acquire(&heap->lock);
    list_append(&heap->blocks, &block->link);
    lock_release(&heap->lock);
}

static void heap__unlink(struct heap *heap, struct block *block)
{
    if (heap__is_process(heap))
        return;
    lock_acquire(&heap->lock);
    heap->used -= block->size;
    list_remove(&block->link);
    lock_release(&heap->lock);
}

void *heap_alloc(struct heap *heap, size_t size, bool zero)
{
    struct block *block;
    if (size > PTRDIFF_MAX - sizeof *block || !heap__admit(heap, size))
        return NULL;
    block = zero ? calloc(1, sizeof *block + size) : malloc(sizeof *block + size);
    if (!block) {
        if (!heap__is_process(heap)) {
            lock_acquire(&heap->lock);
            heap->used -= size;
            lock_release(&heap->lock);
        }
        return NULL;
    }
    block->heap = heap;
    block->size = size;
    heap__link(heap, block);
    return block + 1;
}

void heap_free(struct heap *heap, void *memory)
{
    struct block *block = block__of(memory);
    heap__unlink(heap, block);
    block->heap = NULL;
    free(block);
}

/* The C library can often grow a block where it is. */
static void *heap__realloc_in_process(void *memory, size_t size, bool zero)
{
    size_t before = block__of(memory)->size;
    struct block *block = size <= PTRDIFF_MAX - sizeof *block
                              ? realloc(block__of(memory), sizeof *block + size)
                              : NULL;
    if (!block)
        return NULL;
    block->size = size;
    if (zero && size > before)
        memset((char *)(block + 1) + before, 0, size - before);
    return block + 1;
}

void *heap_realloc(struct heap *heap, void *memory, size_t size, bool zero)
{
    size_t before = block__of(memory)->size;
    void *fresh;
    if (heap__is_process(heap))
        return heap__realloc_in_process(memory, size, zero);
    fresh = heap_alloc(heap, size, zero);
    if (!fresh)
        return NULL;
    memcpy(fresh, memory, before < size ? before : size);
    heap_free(heap, memory);
    return fresh;
}

bool heap_owns(struct heap *heap, const void *memory)
{
    return memory && ((uintptr_t)memory & 15) == 0 && block__of(memory)->heap == heap;
}

bool heap_may_own(struct heap *heap, const void *memory)
{
    return memory && ((uintptr_t)memory & 15) == 0 &&
           memory_is_readable(block__of(memory), sizeof(struct block)) && heap_owns(heap, memory);
}

size_t heap_block_size(const void *memory)
{
    return block__of(memory)->size;
}

/* The heap of a handle, or NULL with ERROR_INVALID_HANDLE. */
static struct heap *heap__get(HANDLE handle)
{
    struct list *node;
    if (handle == &heap__process)
        return &heap__process;
    lock_acquire(&heaps__lock);
    list_for_each (node, &heaps__all) {
        if (node == handle) {
            lock_release(&heaps__lock);
            return list_entry(node, struct heap, link);
        }
    }
    lock_release(&heaps__lock);
    fail_win32(ERROR_INVALID_HANDLE);
    return NULL;
}

HANDLE WINAPI GetProcessHeap(VOID)
{
    return &heap__process;
}

HANDLE WINAPI HeapCreate(DWORD flOptions, SIZE_T dwInitialSize, SIZE_T dwMaximumSize)
{
    const DWORD known = HEAP_NO_SERIALIZE | HEAP_GROWABLE | HEAP_GENERATE_EXCEPTIONS |
                        HEAP_ZERO_MEMORY | HEAP_CREATE_ENABLE_EXECUTE;
    struct heap *heap;
    if ((flOptions & ~known) || (dwMaximumSize && dwInitialSize > dwMaximumSize)) {
        fail_win32(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    heap = calloc(1, sizeof *heap);
    if (!heap) {
        fail_win32(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    heap->limit = dwMaximumSize;
    list_init(&heap->blocks);
    lock_acquire(&heaps__lock);
    list_append(&heaps__all, &heap->link);
    lock_release(&heaps__lock);
    return heap;
}

BOOL WINAPI HeapDestroy(HANDLE hHeap)
{
    struct heap *heap = heap__get(hHeap);
    struct list *node, *after;
    if (!heap)
        return FALSE;
    if (heap__is_process(heap))
        return fail_win32(ERROR_INVALID_HANDLE);
    lock_acquire(&heaps__lock);
    list_remove(&heap->link);
    lock_release(&heaps__lock);
    list_for_each_safe (node, after, &heap->blocks)
        free(list_entry(node, struct block, link));
    free(heap);
    return TRUE;
}

LPVOID WINAPI HeapAlloc(HANDLE hHeap, DWORD dwFlags, SIZE_T dwBytes)
{
    struct heap *heap = heap__get(hHeap);
    void *memory = heap ? heap_alloc(heap, dwBytes, dwFlags & HEAP_ZERO_MEMORY) : NULL;
    if (heap && !memory)
        fail_win32(ERROR_NOT_ENOUGH_MEMORY);
    return memory;
}

LPVOID WINAPI HeapReAlloc(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem, SIZE_T dwBytes)
{
    struct heap *heap = heap__get(hHeap);
    void *memory;
    if (!heap)
        return NULL;
    if (!heap_owns(heap, lpMem)) {
        fail_win32(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (dwFlags & HEAP_REALLOC_IN_PLACE_ONLY) {
        if (dwBytes == heap_block_size(lpMem))
            return lpMem;
        fail_win32(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    memory = heap_realloc(heap, lpMem, dwBytes, dwFlags & HEAP_ZERO_MEMORY);
    if (!memory)
        fail_win32(ERROR_NOT_ENOUGH_MEMORY);
    return memory;
}

BOOL WINAPI HeapFree(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem)
{
    struct heap *heap = heap__get(hHeap);
    (void)dwFlags;
    if (!heap)
        return FALSE;
    if (!lpMem)
        return TRUE;
    if (!heap_owns(heap, lpMem))
        return fail_win32(ERROR_INVALID_PARAMETER);
    heap_free(heap, lpMem);
    return TRUE;
}

SIZE_T WINAPI HeapSize(HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem)
{
    struct heap *heap = heap__get(hHeap);
    (void)dwFlags;
    if (heap && heap_owns(heap, lpMem))
        return heap_block_size(lpMem);
    if (heap)
        fail_win32(ERROR_INVALID_PARAMETER);
    return (SIZE_T)-1;
}

BOOL WINAPI HeapValidate(HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem)
{
    struct heap *heap = heap__get(hHeap);
    (void)dwFlags;
    return heap && (!lpMem || heap_may_own(heap, lpMem));
}

/* GlobalAlloc and LocalAlloc (winbase.h). A fixed block is its own handle. A movable one has a
 * record, and its handle is the record's address plus MOVABLE_TAG, which no block can have. */
#include <winbase.h>

#include "heap.h"
#include "last_error.h"
#include "lock.h"
#include "transfer.h"

#include <stdint.h>
#include <stdlib.h>

enum { MOVABLE_TAG = 8, MOVABLE_MAGIC = 0x4D564C42 };

struct movable {
    uint32_t magic;
    uint32_t locks;
    void *block;
} __attribute__((aligned(16)));

static struct lock movable__lock; /* protects the records' counts */

/* The record behind a handle, or NULL. */
static struct movable *movable__get(HANDLE handle)
{
    struct movable *movable = (struct movable *)((uintptr_t)handle - MOVABLE_TAG);
    if (((uintptr_t)handle & 15) != MOVABLE_TAG || (uintptr_t)handle < 0x10000)
        return NULL;
    if (!memory_is_readable(movable, sizeof *movable))
        return NULL;
    return movable->magic == MOVABLE_MAGIC ? movable : NULL;
}

static bool block__is_ours(const void *block)
{
    return (uintptr_t)block >= 0x10000 && heap_may_own(heap_of_process(), block);
}

static HANDLE movable__create(void *block)
{
    struct movable *movable = aligned_alloc(16, sizeof *movable);
    if (!movable)
        return NULL;
    *movable = (struct movable){.magic = MOVABLE_MAGIC, .block = block};
    return (char *)movable + MOVABLE_TAG;
}

HGLOBAL WINAPI GlobalAlloc(UINT uFlags, SIZE_T dwBytes)
{
    void *block = heap_alloc(heap_of_process(), dwBytes, uFlags & GMEM_ZEROINIT);
    HANDLE handle = block;
    if (block && (uFlags & GMEM_MOVEABLE))
        handle = movable__create(block);
    if (block && !handle)
        heap_free(heap_of_process(), block);
    if (!handle)
        fail_win32(ERROR_NOT_ENOUGH_MEMORY);
    return handle;
}

/* NULL on success, the handle on failure: Windows' convention for both families. */
HGLOBAL WINAPI GlobalFree(HGLOBAL hMem)
{
    struct movable *movable = movable__get(hMem);
    if (!hMem)
        return NULL;
    if (movable) {
        heap_free(heap_of_process(), movable->block);
        movable->magic = 0;
        free(movable);
    } else if (block__is_ours(hMem)) {
        heap_free(heap_of_process(), hMem);
    } else {
        fail_win32(ERROR_INVALID_HANDLE);
        return hMem;
    }
    return NULL;
}

HGLOBAL WINAPI GlobalReAlloc(HGLOBAL hMem, SIZE_T dwBytes, UINT uFlags)
{
    struct movable *movable = movable__get(hMem);
    void *block;
    if (!movable && !block__is_ours(hMem)) {
        fail_win32(ERROR_INVALID_HANDLE);
        return NULL;
    }
    if (uFlags & GMEM_MODIFY)
        return hMem;
    if (!movable && !(uFlags & GMEM_MOVEABLE) && dwBytes > heap_block_size(hMem)) {
        fail_win32(ERROR_NOT_ENOUGH_MEMORY); /* it may not move */
        return NULL;
    }
    block = heap_realloc(heap_of_process(), movable ? movable->block : hMem, dwBytes,
                         uFlags & GMEM_ZEROINIT);
    if (!block) {
        fail_win32(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    if (movable)
        movable->block = block;
    return movable ? hMem : block;
}

SIZE_T WINAPI GlobalSize(HGLOBAL hMem)
{
    struct movable *movable = movable__get(hMem);
    if (movable)
        return heap_block_size(movable->block);
    if (block__is_ours(hMem))
        return heap_block_size(hMem);
    fail_win32(ERROR_INVALID_HANDLE);
    return 0;
}

LPVOID WINAPI GlobalLock(HGLOBAL hMem)
{
    struct movable *movable = movable__get(hMem);
    if (movable) {
        lock_acquire(&movable__lock);
        movable->locks++;
        lock_release(&movable__lock);
        return movable->block;
    }
    if (block__is_ours(hMem))
        return hMem;
    fail_win32(ERROR_INVALID_HANDLE);
    return NULL;
}

/* TRUE while locks remain; at the last one FALSE with last error 0. */
BOOL WINAPI GlobalUnlock(HGLOBAL hMem)
{
    struct movable *movable = movable__get(hMem);
    DWORD error = 0;
    BOOL remains = FALSE;
    if (!movable)
        return block__is_ours(hMem) ? TRUE : fail_win32(ERROR_INVALID_HANDLE);
    lock_acquire(&movable__lock);
    if (movable->locks == 0)
        error = ERROR_NOT_LOCKED;
    else
        remains = --movable->locks > 0;
    lock_release(&movable__lock);
    if (!remains)
        last_error_set(error);
    return remains;
}

HLOCAL WINAPI LocalAlloc(UINT uFlags, SIZE_T uBytes)
{
    return GlobalAlloc(uFlags, uBytes);
}

HLOCAL WINAPI LocalFree(HLOCAL hMem)
{
    return GlobalFree(hMem);
}

HLOCAL WINAPI LocalReAlloc(HLOCAL hMem, SIZE_T uBytes, UINT uFlags)
{
    return GlobalReAlloc(hMem, uBytes, uFlags);
}

SIZE_T WINAPI LocalSize(HLOCAL hMem)
{
    return GlobalSize(hMem);
}

LPVOID WINAPI LocalLock(HLOCAL hMem)
{
    return GlobalLock(hMem);
}

BOOL WINAPI LocalUnlock(HLOCAL hMem)
{
    return GlobalUnlock(hMem);
}

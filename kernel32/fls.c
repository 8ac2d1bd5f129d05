/* Entry points of fibersapi.h. Each thread that has values has a block of them; all blocks are
 * linked, because freeing an index runs its callback for every thread's value. */
#include <fibersapi.h>

#include "fls.h"
#include "last_error.h"
#include "list.h"
#include "lock.h"

#include <pthread.h>
#include <stdlib.h>
#include <winerror.h>

struct fls_block {
    struct list link;
    void *values[FLS_MAXIMUM_AVAILABLE];
};

static struct lock fls__lock; /* protects all but fls__self */
static struct list fls__blocks = {&fls__blocks, &fls__blocks};
static bool fls__used[FLS_MAXIMUM_AVAILABLE];
static PFLS_CALLBACK_FUNCTION fls__callbacks[FLS_MAXIMUM_AVAILABLE];

static _Thread_local struct fls_block *fls__self;
static pthread_key_t fls__key; /* for threads that do not end through us */
static pthread_once_t fls__once = PTHREAD_ONCE_INIT;

static void fls__at_exit(void *arg)
{
    (void)arg;
    fls_thread_ends();
}

static void fls__set_up(void)
{
    pthread_key_create(&fls__key, fls__at_exit);
}

/* Takes a value out of a block, with the callback it is for. */
static void *fls__take(struct fls_block *block, DWORD index, PFLS_CALLBACK_FUNCTION *callback)
{
    void *value;
    lock_acquire(&fls__lock);
    value = block->values[index];
    block->values[index] = NULL;
    *callback = fls__callbacks[index];
    lock_release(&fls__lock);
    return value;
}

void fls_thread_ends(void)
{
    struct fls_block *block = fls__self;
    if (!block)
        return;
    for (DWORD index = 0; index < FLS_MAXIMUM_AVAILABLE; index++) {
        PFLS_CALLBACK_FUNCTION callback;
        void *value = fls__take(block, index, &callback);
        if (value && callback)
            callback(value);
    }
    pthread_setspecific(fls__key, NULL);
    fls__self = NULL;
    lock_acquire(&fls__lock);
    list_remove(&block->link);
    lock_release(&fls__lock);
    free(block);
}

/* Is it an allocated index? Caller holds fls__lock. */
static bool fls__is_used(DWORD index)
{
    return index < FLS_MAXIMUM_AVAILABLE && fls__used[index];
}

/* Index 0 is never given out, as on Windows: programs take 0 for "none". */
DWORD WINAPI FlsAlloc(PFLS_CALLBACK_FUNCTION lpCallback)
{
    DWORD index = 1;
    lock_acquire(&fls__lock);
    while (index < FLS_MAXIMUM_AVAILABLE && fls__used[index])
        index++;
    if (index < FLS_MAXIMUM_AVAILABLE) {
        fls__used[index] = true;
        fls__callbacks[index] = lpCallback;
    }
    lock_release(&fls__lock);
    if (index < FLS_MAXIMUM_AVAILABLE)
        return index;
    fail_win32(ERROR_NO_MORE_ITEMS);
    return FLS_OUT_OF_INDEXES;
}

PVOID WINAPI FlsGetValue(DWORD dwFlsIndex)
{
    void *value = NULL;
    bool used;
    lock_acquire(&fls__lock);
    used = fls__is_used(dwFlsIndex);
    if (used && fls__self)
        value = fls__self->values[dwFlsIndex];
    lock_release(&fls__lock);
    last_error_set(used ? 0 : ERROR_INVALID_PARAMETER);
    return value;
}

/* The calling thread's block, made at first use; NULL: no memory. */
static struct fls_block *fls__block(void)
{
    struct fls_block *block = fls__self;
    if (block)
        return block;
    pthread_once(&fls__once, fls__set_up);
    block = calloc(1, sizeof *block);
    if (!block)
        return NULL;
    lock_acquire(&fls__lock);
    list_append(&fls__blocks, &block->link);
    lock_release(&fls__lock);
    pthread_setspecific(fls__key, block);
    fls__self = block;
    return block;
}

BOOL WINAPI FlsSetValue(DWORD dwFlsIndex, PVOID lpFlsData)
{
    struct fls_block *block = fls__block();
    bool used;
    if (!block)
        return fail_win32(ERROR_NOT_ENOUGH_MEMORY);
    lock_acquire(&fls__lock);
    used = fls__is_used(dwFlsIndex);
    if (used)
        block->values[dwFlsIndex] = lpFlsData;
    lock_release(&fls__lock);
    return used ? TRUE : fail_win32(ERROR_INVALID_PARAMETER);
}

/* The next value that any thread has at the index, taken out; NULL when there is none left. Caller
 * holds fls__lock. */
static void *fls__take_any(DWORD index)
{
    struct list *node;
    list_for_each (node, &fls__blocks) {
        struct fls_block *block = list_entry(node, struct fls_block, link);
        void *value = block->values[index];
        block->values[index] = NULL;
        if (value)
            return value;
    }
    return NULL;
}

BOOL WINAPI FlsFree(DWORD dwFlsIndex)
{
    PFLS_CALLBACK_FUNCTION callback;
    void *value;
    lock_acquire(&fls__lock);
    if (!fls__is_used(dwFlsIndex)) {
        lock_release(&fls__lock);
        return fail_win32(ERROR_INVALID_PARAMETER);
    }
    callback = fls__callbacks[dwFlsIndex];
    while ((value = fls__take_any(dwFlsIndex))) {
        lock_release(&fls__lock);
        if (callback)
            callback(value);
        lock_acquire(&fls__lock);
    }
    fls__used[dwFlsIndex] = false;
    fls__callbacks[dwFlsIndex] = NULL;
    lock_release(&fls__lock);
    return TRUE;
}

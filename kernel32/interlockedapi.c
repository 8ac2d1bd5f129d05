/* Entry points of interlockedapi.h. The head has Windows' layout: depth and sequence in the first
 * word, the first entry in the second; both change together, with one 16-byte compare-and-swap.
 * The sequence keeps a popped and re-pushed entry from looking unchanged. */
#include <interlockedapi.h>

#include <stdbool.h>
#include <stdint.h>

enum { SLIST_SEQUENCE = 0x10000 };
#define SLIST_DEPTH_MASK 0xFFFFu

static SLIST_HEADER slist__read(SLIST_HEADER *head)
{
    SLIST_HEADER seen;
    seen.Alignment = __atomic_load_n(&head->Alignment, __ATOMIC_ACQUIRE);
    seen.Region = __atomic_load_n(&head->Region, __ATOMIC_ACQUIRE);
    return seen;
}

static SLIST_ENTRY *slist__first(const SLIST_HEADER *head)
{
    return (SLIST_ENTRY *)(uintptr_t)(head->Region & ~(uint64_t)15);
}

/* Changes the head from *seen to the new content; false puts what is there into *seen. */
static bool slist__swap(SLIST_HEADER *head, SLIST_HEADER *seen, uint64_t word, SLIST_ENTRY *first)
{
    uint64_t region = (uint64_t)(uintptr_t)first;
    bool done;
    __asm__ __volatile__("lock cmpxchg16b %1"
                         : "=@ccz"(done), "+m"(*head), "+a"(seen->Alignment), "+d"(seen->Region)
                         : "b"(word), "c"(region)
                         : "memory");
    return done;
}

VOID WINAPI InitializeSListHead(PSLIST_HEADER ListHead)
{
    ListHead->Alignment = 0;
    ListHead->Region = 0;
}

PSLIST_ENTRY WINAPI InterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry)
{
    SLIST_HEADER seen = slist__read(ListHead);
    uint64_t word;
    do {
        __atomic_store_n(&ListEntry->Next, slist__first(&seen), __ATOMIC_RELAXED);
        word = (seen.Alignment & ~(uint64_t)SLIST_DEPTH_MASK) + SLIST_SEQUENCE;
        word |= (seen.Alignment + 1) & SLIST_DEPTH_MASK;
    } while (!slist__swap(ListHead, &seen, word, ListEntry));
    return slist__first(&seen);
}

/* Reads the link of an entry that another thread may have popped: entries must stay readable, as on
 * Windows; a stale link is thrown away by the sequence. */
PSLIST_ENTRY WINAPI InterlockedPopEntrySList(PSLIST_HEADER ListHead)
{
    SLIST_HEADER seen = slist__read(ListHead);
    uint64_t word;
    SLIST_ENTRY *first, *next;
    do {
        first = slist__first(&seen);
        if (!first)
            return NULL;
        next = __atomic_load_n(&first->Next, __ATOMIC_RELAXED);
        word = (seen.Alignment & ~(uint64_t)SLIST_DEPTH_MASK) + SLIST_SEQUENCE;
        word |= (seen.Alignment - 1) & SLIST_DEPTH_MASK;
    } while (!slist__swap(ListHead, &seen, word, next));
    return first;
}

PSLIST_ENTRY WINAPI InterlockedFlushSList(PSLIST_HEADER ListHead)
{
    SLIST_HEADER seen = slist__read(ListHead);
    uint64_t word;
    do {
        if (!slist__first(&seen))
            return NULL;
        word = (seen.Alignment & ~(uint64_t)SLIST_DEPTH_MASK) + SLIST_SEQUENCE;
    } while (!slist__swap(ListHead, &seen, word, NULL));
    return slist__first(&seen);
}

USHORT WINAPI QueryDepthSList(PSLIST_HEADER ListHead)
{
    return (USHORT)(__atomic_load_n(&ListHead->Alignment, __ATOMIC_RELAXED) & SLIST_DEPTH_MASK);
}

/* Is a range of the program's memory there? madvise(MADV_POPULATE_*) faults the pages in as an
 * access would, and reports what would have been a crash. */
#include "transfer.h"

#include <errno.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

enum { PAGE_BYTES = 4096 };

/* Does the kernel know this advice? It answers EINVAL either way: for advice it does not know, and
 * for pages that do not allow the access. */
static bool memory__can_ask(int advice)
{
    char here;
    uintptr_t page = (uintptr_t)&here & ~(uintptr_t)(PAGE_BYTES - 1);
    return madvise((void *)page, PAGE_BYTES, advice) == 0 || errno != EINVAL;
}

static bool memory__populate(uintptr_t start, size_t length, int advice)
{
    uintptr_t first = start & ~(uintptr_t)(PAGE_BYTES - 1);
    if (length == 0)
        return true;
    if (!start || start + length < start)
        return false;
    while (madvise((void *)first, start + length - first, advice) < 0) {
        if (errno == EAGAIN || errno == EINTR)
            continue;
        return errno == EINVAL && !memory__can_ask(advice); /* then the call itself must tell */
    }
    return true;
}

bool memory_is_readable(const void *start, size_t length)
{
    return memory__populate((uintptr_t)start, length, MADV_POPULATE_READ);
}

bool memory_is_writable(void *start, size_t length)
{
    return memory__populate((uintptr_t)start, length, MADV_POPULATE_WRITE);
}

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
        return errno == EINVAL; /* a kernel without it: the call itself must tell */
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

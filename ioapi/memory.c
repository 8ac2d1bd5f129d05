/* Is a range of the program's memory there? madvise(MADV_POPULATE_*) faults the pages in as an
 * access would, and reports what would have been a crash. It is a system call; most buffers lie on
 * the caller's stack, in malloc's heap or among the program's variables, and those are there. */
#include "transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

/* Where the heap that grows by brk begins, from /proc/self/stat; UINTPTR_MAX if that does not tell.
 */
static uintptr_t memory__find_heap(void)
{
    enum { FIELDS_BEFORE = 45 }; /* from the end of the program's name on */
    char text[1024];
    const char *at;
    ssize_t length = -1;
    uintptr_t start;
    int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        length = read(fd, text, sizeof text - 1);
        close(fd);
    }
    text[length > 0 ? length : 0] = '\0';
    at = strrchr(text, ')');
    for (int i = 0; at && i < FIELDS_BEFORE; i++)
        at = strchr(at + 1, ' ');
    start = at ? strtoull(at, NULL, 10) : 0;
    return start ? start : UINTPTR_MAX;
}

struct extent {
    uintptr_t low, high;
};

/* The program's own variables. What the dynamic linker protected after it had filled it lies before
 * them. */
static int memory__find_variables(struct dl_phdr_info *program, size_t size, void *variables)
{
    struct extent *found = variables;
    (void)size;
    for (int i = 0; i < program->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &program->dlpi_phdr[i];
        uintptr_t low = program->dlpi_addr + part->p_vaddr, high = low + part->p_memsz;
        if (part->p_type == PT_LOAD && (part->p_flags & PF_W))
            *found = (struct extent){low > found->low ? low : found->low, high};
        else if (part->p_type == PT_GNU_RELRO)
            found->low = (high + PAGE_BYTES - 1) & ~(uintptr_t)(PAGE_BYTES - 1);
    }
    return 1; /* the first is the program */
}

static uintptr_t memory__heap = UINTPTR_MAX;
static struct extent memory__variables;

void memory_init(void)
{
    memory__heap = memory__find_heap();
    dl_iterate_phdr(memory__find_variables, &memory__variables);
}

static bool memory__is_in(const struct extent *extent, uintptr_t start, uintptr_t end)
{
    return start >= extent->low && end <= extent->high;
}

static bool memory__is_heap(uintptr_t start, uintptr_t end)
{
    return start >= memory__heap && end <= (uintptr_t)sbrk(0);
}

static struct extent memory__find_stack(void)
{
    struct extent stack = {UINTPTR_MAX, UINTPTR_MAX};
    pthread_attr_t attributes;
    void *low;
    size_t size;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return stack;
    if (pthread_attr_getstack(&attributes, &low, &size) == 0)
        stack = (struct extent){(uintptr_t)low, (uintptr_t)low + size};
    pthread_attr_destroy(&attributes);
    return stack;
}

/* Only what is in use: below that the pages may not be there. On a stack of the program's own
 * making (a fiber's) nothing is known. */
static bool memory__is_stack(uintptr_t start, uintptr_t end)
{
    static _Thread_local struct extent stack __attribute__((tls_model("initial-exec")));
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    if (!stack.high)
        stack = memory__find_stack();
    return here >= stack.low && start >= here && end <= stack.high;
}

static bool memory__is_there(uintptr_t start, uintptr_t end)
{
    return memory__is_stack(start, end) || memory__is_heap(start, end) ||
           memory__is_in(&memory__variables, start, end);
}

static bool memory__populate(uintptr_t start, size_t length, int advice)
{
    uintptr_t first = start & ~(uintptr_t)(PAGE_BYTES - 1);
    if (length == 0)
        return true;
    if (!start || start + length < start)
        return false;
    if (memory__is_there(start, start + length))
        return true;
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

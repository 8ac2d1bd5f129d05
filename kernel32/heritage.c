/* The page between a process and the one that made it. */
#include "heritage.h"

#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct heritage *heritage__mine;

static size_t heritage__size(uint32_t count)
{
    return sizeof(struct heritage) + count * sizeof(struct heirloom);
}

static struct heritage *heritage__map(int fd, size_t size)
{
    void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return page == MAP_FAILED ? NULL : page;
}

/* ---- the parent ---- */

struct heritage *heritage_create(uint32_t count, int *fd)
{
    size_t size = heritage__size(count);
    int memory = memfd_create("portico-heritage", MFD_CLOEXEC);
    struct heritage *heritage = NULL;
    if (memory >= 0 && ftruncate(memory, (off_t)size) == 0)
        heritage = heritage__map(memory, size);
    if (!heritage) {
        if (memory >= 0)
            close(memory);
        return NULL;
    }
    heritage->magic = HERITAGE_MAGIC;
    heritage->fd = -1;
    heritage->count = count;
    *fd = memory;
    return heritage;
}

void heritage_free(struct heritage *heritage)
{
    munmap(heritage, heritage__size(heritage->count));
}

/* ---- the child ---- */

struct heritage *heritage_own(void)
{
    return heritage__mine;
}

void heritage_tell_exit_code(uint32_t exit_code)
{
    if (!heritage__mine)
        return;
    heritage__mine->exit_code = exit_code;
    heritage__mine->exit_is_known = 1;
}

static void heritage__at_exit(int status, void *arg)
{
    (void)arg;
    heritage_tell_exit_code((uint32_t)status);
}

/* Maps what the descriptor holds if it is for this process. */
static struct heritage *heritage__open(int fd)
{
    struct heritage *heritage;
    struct stat st;
    if (fstat(fd, &st) < 0 || st.st_size < (off_t)sizeof *heritage)
        return NULL;
    heritage = heritage__map(fd, (size_t)st.st_size);
    if (!heritage)
        return NULL;
    if (heritage->magic == HERITAGE_MAGIC && heritage->pid == (uint32_t)getpid() &&
        heritage->count <= (size_t)st.st_size / sizeof(struct heirloom) &&
        heritage__size(heritage->count) == (size_t)st.st_size)
        return heritage;
    munmap(heritage, (size_t)st.st_size);
    return NULL;
}

/* A fork's child has a parent of its own. */
static void heritage__after_fork(void)
{
    heritage__mine = NULL;
}

void heritage_take(void)
{
    const char *name = getenv(HERITAGE_VARIABLE);
    int fd = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
    unsetenv(HERITAGE_VARIABLE);
    if (fd < 0)
        return;
    heritage__mine = heritage__open(fd);
    close(fd);
    if (!heritage__mine)
        return;
    if (heritage__mine->fd > STDERR_FILENO)
        close(heritage__mine->fd);
    on_exit(heritage__at_exit, NULL);
    pthread_atfork(NULL, NULL, heritage__after_fork);
}

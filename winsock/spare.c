/* Spare descriptors. */
#include "spare.h"

#include "service.h"

#include <pthread.h>
#include <unistd.h>
#include <sys/socket.h>

enum { SPARES_MAX = 64 }; /* as many accepts as a busy listener may end in one go */

/* Protects all below; innermost. */
static struct lock spare__lock;
static struct {
    int fd, family;
} spare__kept[SPARES_MAX];
static _Atomic uint32_t spare__count; /* read without the lock to see that there is none */

/* Changes with each fork: what was made before is a child's too. */
static _Atomic uint32_t spare__age = 1;

int spare_take(int family, int type)
{
    int fd = -1;
    if (type != SOCK_STREAM || atomic_load_explicit(&spare__count, memory_order_relaxed) == 0)
        return -1;
    lock_acquire(&spare__lock);
    for (uint32_t i = spare__count; i-- > 0 && fd < 0;) {
        if (spare__kept[i].family != family)
            continue;
        fd = spare__kept[i].fd;
        spare__kept[i] = spare__kept[--spare__count];
    }
    lock_release(&spare__lock);
    return fd;
}

void spare_mark_fresh(struct socket *socket)
{
    uint32_t age = socket->type == SOCK_STREAM ? atomic_load(&spare__age) : 0;
    atomic_store_explicit(&socket->fresh, age, memory_order_relaxed);
}

void spare_give_up(struct socket *socket)
{
    int fd = socket->file.fd;
    lock_acquire(&spare__lock);
    if (atomic_load_explicit(&socket->fresh, memory_order_relaxed) == atomic_load(&spare__age) &&
        spare__count < SPARES_MAX) {
        spare__kept[spare__count].fd = fd;
        spare__kept[spare__count++].family = socket->family;
        fd = -1;
    }
    lock_release(&spare__lock);
    spare_mark_used(socket);
    if (fd >= 0)
        close(fd);
}

bool spare_close_one(void)
{
    int fd = -1;
    lock_acquire(&spare__lock);
    if (spare__count > 0)
        fd = spare__kept[--spare__count].fd;
    lock_release(&spare__lock);
    return fd >= 0 && close(fd) == 0;
}

static void spare__before_fork(void)
{
    while (spare_close_one())
        ;
    lock_acquire(&spare__lock);
    atomic_fetch_add(&spare__age, 1);
}

static void spare__after_fork(void)
{
    lock_release(&spare__lock);
}

__attribute__((constructor(FORK_HANDLERS_FIRST))) static void spare__set_up(void)
{
    pthread_atfork(spare__before_fork, spare__after_fork, spare__after_fork);
}

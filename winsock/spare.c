/* Spare descriptors. */
#include "spare.h"

#include <pthread.h>
#include <unistd.h>
#include <sys/socket.h>

enum { SPARES_MAX = 64 }; /* as many accepts as a busy listener may end in one go */

/* Protects all below; innermost. */
static struct lock spare__lock;
static struct {
    int fd, family;
} spare__kept[SPARES_MAX];
static uint32_t spare__count;

/* Changes with each fork: what was made before is a child's too. */
static _Atomic uint32_t spare__age = 1;

int spare_take(int family, int type)
{
    int fd = -1;
    if (type != SOCK_STREAM || __atomic_load_n(&spare__count, __ATOMIC_RELAXED) == 0)
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
    socket->fresh = socket->type == SOCK_STREAM ? atomic_load(&spare__age) : 0;
}

void spare_give_up(struct socket *socket)
{
    int fd = socket->file.fd;
    lock_acquire(&spare__lock);
    if (socket->fresh == atomic_load(&spare__age) && spare__count < SPARES_MAX) {
        spare__kept[spare__count].fd = fd;
        spare__kept[spare__count++].family = socket->family;
        fd = -1;
    }
    lock_release(&spare__lock);
    socket->fresh = 0;
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

__attribute__((constructor)) static void spare__set_up(void)
{
    pthread_atfork(spare__before_fork, spare__after_fork, spare__after_fork);
}

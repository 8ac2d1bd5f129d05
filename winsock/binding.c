/* Who is bound where. */
#include "binding.h"

#include "spare.h"
#include "wsastatus.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <winerror.h>

enum { BINDING_BUCKETS = 256 };

static struct lock
    binding__lock; /* protects the buckets and bound_at of those in them; innermost */
static struct list binding__buckets[BINDING_BUCKETS];

enum relation { RELATION_NONE, RELATION_SAME, RELATION_FIRST_WIDER, RELATION_SECOND_WIDER };

static struct list *binding__bucket(uint16_t port)
{
    struct list *bucket = &binding__buckets[port % BINDING_BUCKETS];
    if (!bucket->next)
        list_init(bucket);
    return bucket;
}

/* An IPv4 address in IPv6's clothes is an IPv4 address (SOCK-190). */
static struct bound_at binding__place(const struct socket *socket,
                                      const struct sockaddr_storage *address)
{
    struct bound_at at = {0};
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)address;
        at.port = ntohs(in->sin_port);
        at.four = true;
        at.any = in->sin_addr.s_addr == 0;
        memcpy(at.address + 12, &in->sin_addr, 4);
        memset(at.address + 10, 0xFF, 2);
    } else if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
        at.port = ntohs(in6->sin6_port);
        memcpy(at.address, &in6->sin6_addr, sizeof at.address);
        at.any = IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr);
        at.six = !IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr);
        at.four = !at.six || (at.any && !socket->v6only);
        at.any |= !at.six && at.address[12] == 0;
    }
    return at;
}

static enum relation binding__relation(const struct bound_at *first, const struct bound_at *second)
{
    if (first->port != second->port ||
        !((first->four && second->four) || (first->six && second->six)))
        return RELATION_NONE;
    if (first->any && second->any && first->four == second->four && first->six == second->six)
        return RELATION_SAME;
    if (first->any && (!second->any || (first->four && first->six)))
        return RELATION_FIRST_WIDER;
    if (second->any)
        return RELATION_SECOND_WIDER;
    return memcmp(first->address, second->address, sizeof first->address) == 0 ? RELATION_SAME
                                                                               : RELATION_NONE;
}

/* May the second join the first? 0 or the Winsock error (SOCK-174 to SOCK-190). */
static uint32_t binding__verdict(const struct socket *first, const struct socket *second,
                                 enum relation relation)
{
    switch (relation) {
    case RELATION_SAME:
        if (second->reuse)
            return first->reuse ? 0 : WSAEACCES;
        return WSAEADDRINUSE;
    case RELATION_FIRST_WIDER:
        return first->exclusive ? WSAEACCES : 0;
    case RELATION_SECOND_WIDER:
        return second->exclusive ? WSAEADDRINUSE : 0;
    default:
        return 0;
    }
}

/* Lets the host share the socket's port, or ends that where the program did not ask for it. */
static void binding__share(struct socket *socket, bool on)
{
    int flag = on || socket->reuse;
    setsockopt(socket->file.fd, SOL_SOCKET,
               socket->type == SOCK_STREAM ? SO_REUSEPORT : SO_REUSEADDR, &flag, sizeof flag);
}

/* The sockets whose place meets `at`: judges each (NULL: no judgement), or has the host share it.
 * Returns the first refusal; *meets says whether there are any. Caller holds binding__lock. */
static uint32_t binding__neighbours(const struct socket *socket, const struct bound_at *at,
                                    const bool *share, bool *meets)
{
    struct list *bucket = binding__bucket(at->port), *node;
    *meets = false;
    list_for_each (node, bucket) {
        struct socket *other = list_entry(node, struct socket, bound_link);
        enum relation relation = binding__relation(&other->bound_at, at);
        uint32_t refusal;
        if (other == socket || other->type != socket->type || relation == RELATION_NONE)
            continue;
        *meets = true;
        refusal = share ? 0 : binding__verdict(other, socket, relation);
        if (refusal)
            return refusal;
        if (share)
            binding__share(other, *share);
    }
    return 0;
}

/* Does `call` (a bind or a listen) while every neighbour shares the port. Caller holds
 * binding__lock. */
static int binding__call_shared(struct socket *socket, const struct bound_at *at,
                                int (*call)(struct socket *, const void *), const void *arg)
{
    bool on = true, off = false, meets;
    int err;
    binding__neighbours(socket, at, &on, &meets);
    binding__share(socket, true);
    err = call(socket, arg) < 0 ? errno : 0;
    binding__share(socket, false);
    binding__neighbours(socket, at, &off, &meets);
    return err;
}

struct bind_args {
    const struct sockaddr_storage *address;
    socklen_t length;
};

static int binding__do_bind(struct socket *socket, const void *arg)
{
    const struct bind_args *args = arg;
    return bind(socket->file.fd, (const struct sockaddr *)args->address, args->length);
}

static int binding__do_listen(struct socket *socket, const void *arg)
{
    return listen(socket->file.fd, *(const int *)arg);
}

/* Enters the socket under the port it got. Caller holds binding__lock. */
static void binding__enter(struct socket *socket)
{
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof address;
    if (getsockname(socket->file.fd, (struct sockaddr *)&address, &length) < 0)
        return;
    socket->bound_at = binding__place(socket, &address);
    if (socket->bound_at.port)
        list_append(binding__bucket(socket->bound_at.port), &socket->bound_link);
}

/* Caller holds binding__lock. */
static NTSTATUS binding__bind_to(struct socket *socket, const struct bind_args *args,
                                 const struct bound_at *at)
{
    uint32_t refusal;
    bool meets;
    int err;
    refusal = binding__neighbours(socket, at, NULL, &meets);
    if (refusal)
        return STATUS_WSA(refusal);
    if (socket->reuse)
        binding__share(socket, true);
    if (meets && at->port)
        err = binding__call_shared(socket, at, binding__do_bind, args);
    else
        err = binding__do_bind(socket, args) < 0 ? errno : 0;
    if (err == EADDRINUSE && socket->reuse)
        return STATUS_WSA(WSAEACCES); /* another process has it, and does not share */
    return err ? status_from_call(err) : STATUS_SUCCESS;
}

NTSTATUS binding_bind(struct socket *socket, const struct sockaddr_storage *address,
                      socklen_t length)
{
    struct bind_args args = {address, length};
    struct bound_at at = binding__place(socket, address);
    NTSTATUS status;
    spare_mark_used(socket);
    if (socket->family == W_AF_UNIX)
        return binding__do_bind(socket, &args) < 0 ? status_from_call(errno) : STATUS_SUCCESS;
    lock_acquire(&binding__lock);
    status = binding__bind_to(socket, &args, &at);
    if (status == STATUS_SUCCESS)
        binding__enter(socket);
    lock_release(&binding__lock);
    return status;
}

/* Of listeners that share an address the first gets every connection, and the next one when it is
 * closed (SOCK-179); the host would spread them. */
static void binding__prefer_first(struct socket *socket)
{
    struct sock_filter code[] = {{BPF_RET | BPF_K, 0, 0, 0}};
    struct sock_fprog program = {.len = 1, .filter = code};
    setsockopt(socket->file.fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program);
}

NTSTATUS binding_listen(struct socket *socket, int backlog)
{
    bool meets;
    int err;
    if (socket->family == W_AF_UNIX)
        return listen(socket->file.fd, backlog) < 0 ? status_from_call(errno) : STATUS_SUCCESS;
    if (socket
            ->connect_failed) { /* the host keeps a failed attempt until it is told to forget it */
        const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
        (void)connect(socket->file.fd, &nobody, sizeof nobody);
    }
    lock_acquire(&binding__lock);
    err = binding__do_listen(socket, &backlog) < 0 ? errno : 0;
    if (err == EADDRINUSE)
        err = binding__call_shared(socket, &socket->bound_at, binding__do_listen, &backlog);
    if (!err && socket->reuse) {
        binding__neighbours(socket, &socket->bound_at, &(bool){false}, &meets);
        if (meets)
            binding__prefer_first(socket);
    }
    lock_release(&binding__lock);
    return err ? status_from_call(err) : STATUS_SUCCESS;
}

void binding_release(struct socket *socket)
{
    if (!socket->bound_at.port)
        return;
    lock_acquire(&binding__lock);
    list_remove(&socket->bound_link);
    socket->bound_at.port = 0;
    lock_release(&binding__lock);
}

/* In the child of a fork nobody is bound. */
static void binding__after_fork(void)
{
    lock_init(&binding__lock);
    memset(binding__buckets, 0, sizeof binding__buckets);
}

__attribute__((constructor)) static void binding__set_up(void)
{
    pthread_atfork(NULL, NULL, binding__after_fork);
}

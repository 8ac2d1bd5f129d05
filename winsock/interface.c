/* The host's network interfaces. */
#include "interface.h"

#include "address.h"
#include "service.h"
#include "wsastatus.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <winerror.h>

static uint32_t interface__prefix(const struct sockaddr *mask)
{
    const uint8_t *bytes;
    uint32_t length = 0, size;
    if (!mask)
        return 0;
    bytes = mask->sa_family == AF_INET6
                ? (const uint8_t *)&((const struct sockaddr_in6 *)mask)->sin6_addr
                : (const uint8_t *)&((const struct sockaddr_in *)mask)->sin_addr;
    size = mask->sa_family == AF_INET6 ? 16 : 4;
    for (uint32_t i = 0; i < size; i++)
        length += (uint32_t)__builtin_popcount(bytes[i]);
    return length;
}

static uint32_t interface__flags(uint32_t host)
{
    static const struct {
        uint32_t host, windows;
    } pairs[] = {
        {IFF_UP, W_IFF_UP},
        {IFF_BROADCAST, W_IFF_BROADCAST},
        {IFF_LOOPBACK, W_IFF_LOOPBACK},
        {IFF_POINTOPOINT, W_IFF_POINTTOPOINT},
        {IFF_MULTICAST, W_IFF_MULTICAST},
    };
    uint32_t flags = 0;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        flags |= host & pairs[i].host ? pairs[i].windows : 0;
    return flags;
}

static int interface__compare(const void *a, const void *b)
{
    const struct interface_address *first = a, *second = b;
    return first->index < second->index ? -1 : first->index > second->index;
}

static bool interface__is_listed(const struct ifaddrs *entry)
{
    return entry->ifa_addr &&
           (entry->ifa_addr->sa_family == AF_INET || entry->ifa_addr->sa_family == AF_INET6);
}

struct interface_address *interface_list(uint32_t *count)
{
    struct interface_address *list = NULL;
    struct ifaddrs *all, *entry;
    size_t entries = 0;
    *count = 0;
    if (getifaddrs(&all) < 0)
        return NULL;
    for (entry = all; entry; entry = entry->ifa_next)
        entries += interface__is_listed(entry);
    if (entries)
        list = calloc(entries, sizeof *list);
    for (entry = all; list && entry; entry = entry->ifa_next) {
        struct interface_address *address = &list[*count];
        if (!interface__is_listed(entry))
            continue;
        strncpy(address->name, entry->ifa_name, sizeof address->name - 1);
        address->index = if_nametoindex(entry->ifa_name);
        address->flags = interface__flags(entry->ifa_flags);
        address->family = family_from_host(entry->ifa_addr->sa_family);
        address->prefix = interface__prefix(entry->ifa_netmask);
        address->size = sizeof address->address;
        address_from_host((const struct sockaddr_storage *)entry->ifa_addr,
                          (socklen_t)address_size(address->family), address->address,
                          &address->size);
        ++*count;
    }
    freeifaddrs(all);
    if (list)
        qsort(list, *count, sizeof *list, interface__compare);
    return list;
}

void interface_describe(const struct interface_address *address, struct interface_link *link)
{
    struct ifreq request = {0};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    memset(link, 0, sizeof *link);
    link->loopback = address->flags & W_IFF_LOOPBACK;
    link->up = address->flags & W_IFF_UP;
    if (fd < 0)
        return;
    memcpy(request.ifr_name, address->name, sizeof request.ifr_name);
    if (ioctl(fd, SIOCGIFMTU, &request) == 0)
        link->mtu = (uint32_t)request.ifr_mtu;
    if (!link->loopback && ioctl(fd, SIOCGIFHWADDR, &request) == 0) {
        link->address_length = 6;
        memcpy(link->address, request.ifr_hwaddr.sa_data, link->address_length);
    }
    close(fd);
}

NTSTATUS interface_route(const void *to, int length, void *from, int *from_length)
{
    struct sockaddr_storage target, own = {0};
    socklen_t target_length, own_length = sizeof own;
    int fd, err, room = *from_length;
    if (address_to_host(to, length, &target, &target_length) != STATUS_SUCCESS ||
        target.ss_family == AF_UNSPEC)
        return STATUS_WSA(WSAEAFNOSUPPORT);
    if (target.ss_family == AF_INET && ((struct sockaddr_in *)&target)->sin_addr.s_addr == 0)
        return STATUS_WSA(WSAEINVAL);
    fd = socket(target.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return status_from_call(errno);
    ((struct sockaddr_in *)&target)->sin_port = htons(9); /* any but 0; nothing is sent */
    err = connect(fd, (struct sockaddr *)&target, target_length) < 0 ? errno : 0;
    if (!err)
        err = getsockname(fd, (struct sockaddr *)&own, &own_length) < 0 ? errno : 0;
    close(fd);
    if (err)
        return status_from_call(err);
    ((struct sockaddr_in *)&own)->sin_port = 0;
    *from_length = (int)own_length;
    return address_from_host(&own, own_length, from, &room);
}

/* ---- changes ---- */

/* A thread listens to the kernel from the first request on; every change ends all requests. */
struct change_request {
    struct request request;
    struct change *change; /* owned */
};

/* What the listener knows of a request; it is gone from the list before the request is freed. */
struct change {
    struct list link; /* under change__lock */
    struct socket *socket;
};

static struct lock change__lock; /* protects the list and starting; innermost */
static struct list change__list = {&change__list, &change__list};
static bool change__has_thread;

static void change__release(struct request *request)
{
    struct change *change = list_entry(request, struct change_request, request)->change;
    lock_acquire(&change__lock);
    list_remove(&change->link);
    lock_release(&change__lock);
    free(change);
}

static const struct request_ops change__ops = {
    .name = "address list change",
    .size = sizeof(struct change_request),
    .release = change__release,
};

/* Ends the requests of one socket. */
static void change__end_all(struct socket *socket)
{
    struct list *node, *after;
    file_lock(&socket->file);
    list_for_each_safe (node, after, &socket->file.queue[FILE_CONTROL]) {
        struct request *request = list_entry(node, struct request, link);
        if (request->ops == &change__ops)
            file_end_request(&socket->file, request, STATUS_SUCCESS);
    }
    file_unlock(&socket->file);
}

static void change__happened(void)
{
    for (;;) {
        struct socket *socket = NULL;
        lock_acquire(&change__lock);
        if (!list_is_empty(&change__list)) {
            socket = list_entry(change__list.next, struct change, link)->socket;
            if (!object_try_ref(&socket->file.object))
                socket = NULL;
        }
        lock_release(&change__lock);
        if (!socket)
            return;
        change__end_all(socket);
        socket_unref(socket);
    }
}

static void *change__run(void *arg)
{
    char message[4096];
    int fd = (int)(intptr_t)arg;
    for (;;)
        if (recv(fd, message, sizeof message, 0) >= 0 || errno == ENOBUFS)
            change__happened();
    return NULL;
}

/* Caller holds change__lock. */
static bool change__listen(void)
{
    struct sockaddr_nl groups = {.nl_family = AF_NETLINK,
                                 .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0)
        return false;
    if (bind(fd, (struct sockaddr *)&groups, sizeof groups) < 0 ||
        !service_start("portico-addresses", change__run, (void *)(intptr_t)fd)) {
        close(fd);
        return false;
    }
    return true;
}

NTSTATUS interface_wait_for_change(struct socket *socket, struct request *request)
{
    struct change_request pending = {.request = *request};
    struct change *change = malloc(sizeof *change);
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
    bool listening;
    if (!change) {
        request_free(request);
        return status;
    }
    list_init(&change->link);
    change->socket = socket;
    pending.change = change;
    pending.request.ops = &change__ops;
    pending.request.flags |= REQUEST_CONTROL;
    lock_acquire(&change__lock);
    if (!change__has_thread)
        change__has_thread = change__listen();
    listening = change__has_thread;
    lock_release(&change__lock);
    if (listening) {
        request_begin(&pending.request);
        file_lock(&socket->file);
        status = file_enqueue(&socket->file, &pending.request);
        if (status == STATUS_PENDING) {
            lock_acquire(&change__lock);
            list_append(&change__list, &change->link);
            lock_release(&change__lock);
        }
        file_unlock(&socket->file);
    }
    if (status != STATUS_PENDING)
        request_free(&pending.request);
    return status;
}

static void change__after_fork(void)
{
    lock_init(&change__lock);
    list_init(&change__list);
    change__has_thread = false;
}

__attribute__((constructor)) static void change__set_up(void)
{
    pthread_atfork(NULL, NULL, change__after_fork);
}

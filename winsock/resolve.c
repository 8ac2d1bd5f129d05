/* Name resolution: the host's resolver does the work. */
#include "resolve.h"

#include "address.h"
#include "wsabi.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/utsname.h>
#include <winerror.h>

enum {
    W_AI_PASSIVE = 0x1,
    W_AI_CANONNAME = 0x2,
    W_AI_NUMERICHOST = 0x4,
    W_AI_NUMERICSERV = 0x8,
    W_AI_ALL = 0x100,
    W_AI_ADDRCONFIG = 0x400,
    W_AI_V4MAPPED = 0x800,
    W_NI_NOFQDN = 0x1,
    W_NI_NUMERICHOST = 0x2,
    W_NI_NAMEREQD = 0x4,
    W_NI_NUMERICSERV = 0x8,
    W_NI_DGRAM = 0x10,
};

struct flag_pair {
    int windows, host;
};

static const struct flag_pair resolve__ai_flags[] = {
    {W_AI_PASSIVE, AI_PASSIVE},
    {W_AI_CANONNAME, AI_CANONNAME},
    {W_AI_NUMERICHOST, AI_NUMERICHOST},
    {W_AI_NUMERICSERV, AI_NUMERICSERV},
    {W_AI_ALL, AI_ALL},
    {W_AI_ADDRCONFIG, AI_ADDRCONFIG},
    {W_AI_V4MAPPED, AI_V4MAPPED},
    {0, 0},
};

static const struct flag_pair resolve__ni_flags[] = {
    {W_NI_NOFQDN, NI_NOFQDN},     {W_NI_NUMERICHOST, NI_NUMERICHOST},
    {W_NI_NAMEREQD, NI_NAMEREQD}, {W_NI_NUMERICSERV, NI_NUMERICSERV},
    {W_NI_DGRAM, NI_DGRAM},       {0, 0},
};

static int resolve__flags(const struct flag_pair *pairs, int windows)
{
    int host = 0;
    for (; pairs->windows; pairs++)
        if (windows & pairs->windows)
            host |= pairs->host;
    return host;
}

static uint32_t resolve__error(int err)
{
    switch (err) {
    case 0:
        return 0;
    case EAI_AGAIN:
        return WSATRY_AGAIN;
    case EAI_BADFLAGS:
        return WSAEINVAL;
    case EAI_FAMILY:
        return WSAEAFNOSUPPORT;
    case EAI_MEMORY:
        return ERROR_NOT_ENOUGH_MEMORY;
    case EAI_NONAME:
    case EAI_NODATA:
        return WSAHOST_NOT_FOUND;
    case EAI_SERVICE:
        return WSATYPE_NOT_FOUND;
    case EAI_SOCKTYPE:
        return WSAESOCKTNOSUPPORT;
    case EAI_OVERFLOW:
        return ERROR_INSUFFICIENT_BUFFER;
    default:
        return WSANO_RECOVERY;
    }
}

static void resolve__convert(const struct addrinfo *info, int flags, struct resolved *resolved)
{
    uint16_t family = (uint16_t)family_from_host(info->ai_family);
    *resolved = (struct resolved){
        .flags = flags,
        .family = family,
        .type = info->ai_socktype,
        .protocol = info->ai_protocol,
        .address_length = info->ai_addrlen,
        .canonical_name = info->ai_canonname,
    };
    memcpy(resolved->address, info->ai_addr, info->ai_addrlen);
    memcpy(resolved->address, &family, sizeof family);
}

uint32_t resolve_name(const char *node, const char *service, const struct resolve_hints *hints,
                      int (*each)(void *context, const struct resolved *resolved), void *context)
{
    struct addrinfo host_hints = {0}, *found, *info;
    int err;
    if (!node && !service)
        return WSAHOST_NOT_FOUND;
    if (hints) {
        host_hints.ai_flags = resolve__flags(resolve__ai_flags, hints->flags);
        host_hints.ai_family = family_to_host(hints->family);
        host_hints.ai_socktype = hints->type;
        host_hints.ai_protocol = hints->protocol;
        if (host_hints.ai_family < 0 || hints->family == W_AF_UNIX)
            return WSAEAFNOSUPPORT;
        if (hints->type < 0 || hints->type > SOCK_SEQPACKET)
            return WSAESOCKTNOSUPPORT;
        if ((hints->flags & W_AI_CANONNAME) && !node)
            return WSAEINVAL;
    }
    if (node && !*node) /* the empty name is this host's */
        node = "localhost";
    err = getaddrinfo(node, service, hints ? &host_hints : NULL, &found);
    if (err)
        return resolve__error(err);
    for (info = found; info; info = info->ai_next) {
        struct resolved resolved;
        if (family_from_host(info->ai_family) == info->ai_family && info->ai_family != AF_INET)
            continue;
        resolve__convert(info, hints ? hints->flags : 0, &resolved);
        if (!hints || !hints->type) { /* Windows gives one entry an address when no type is asked */
            if (info->ai_socktype != SOCK_STREAM)
                continue;
            resolved.type = hints ? hints->type : 0;
            resolved.protocol = hints ? hints->protocol : 0;
        }
        if (!each(context, &resolved)) {
            freeaddrinfo(found);
            return ERROR_NOT_ENOUGH_MEMORY;
        }
    }
    freeaddrinfo(found);
    return 0;
}

uint32_t resolve_address(const void *address, int length, char *node, uint32_t node_size,
                         char *service, uint32_t service_size, int flags)
{
    struct sockaddr_storage host;
    socklen_t host_length;
    if (address_to_host(address, length, &host, &host_length) != STATUS_SUCCESS)
        return address && length >= 2 ? WSAEAFNOSUPPORT : WSAEFAULT;
    return resolve__error(getnameinfo((struct sockaddr *)&host, host_length, node, node_size,
                                      service, service_size,
                                      resolve__flags(resolve__ni_flags, flags)));
}

uint32_t resolve_own_name(char *name, int size)
{
    struct utsname host;
    if (!name || size < 1 || uname(&host) < 0 || strlen(host.nodename) >= (size_t)size)
        return WSAEFAULT;
    strcpy(name, host.nodename);
    return 0;
}

int resolve_text_to_address(int family, const char *text, void *address)
{
    if (family != W_AF_INET && family != W_AF_INET6)
        return -1;
    return inet_pton(family_to_host(family), text, address);
}

const char *resolve_address_to_text(int family, const void *address, char *text, size_t size)
{
    if (family != W_AF_INET && family != W_AF_INET6)
        return NULL;
    return inet_ntop(family_to_host(family), address, text,
                     size < 0x7FFFFFFF ? (socklen_t)size : 0x7FFFFFFF);
}

/* Name resolution: the host's resolver does the work. */
#include "resolve.h"

#include "address.h"
#include "idn.h"
#include "interface.h"
#include "wsabi.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
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
    W_AI_DISABLE_IDN = 0x80000,
    W_NI_NOFQDN = 0x1,
    W_NI_NUMERICHOST = 0x2,
    W_NI_NAMEREQD = 0x4,
    W_NI_NUMERICSERV = 0x8,
    W_NI_DGRAM = 0x10,
};

enum { NAME_MAX_BYTES = 256 };

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

/* "[::1]" and "[::1]:80" name ::1; what they hold goes to `text`. Returns the name to look up, NULL
 * if the brackets do not match. */
static const char *resolve__without_brackets(const char *node, char *text, size_t size)
{
    const char *end;
    end = strchr(node, ']');
    if (!end || (end[1] && end[1] != ':') || (size_t)(end - node) > size)
        return NULL;
    memcpy(text, node + 1, (size_t)(end - node - 1));
    text[end - node - 1] = '\0';
    return text;
}

/* The name as the host is to be asked for it: `text` holds it if it has to be another. NULL: there
 * cannot be such a name. */
static const char *resolve__host_name(const char *node, int flags, char *text, size_t size)
{
    if (node[0] == '[')
        return resolve__without_brackets(node, text, size);
    if ((flags & W_AI_DISABLE_IDN) || idn_is_ascii(node))
        return node;
    return idn_encode(node, text, size) ? text : NULL;
}

/* The host is asked for one kind of socket, so that each address comes once; whatever kind the
 * program named is echoed, whether or not type and protocol go together (SOCK-395, SOCK-396). */
static uint32_t resolve__hints(const struct resolve_hints *hints, const char *node,
                               struct addrinfo *host)
{
    int flags = hints ? hints->flags : 0;
    *host = (struct addrinfo){.ai_socktype = SOCK_STREAM};
    if (!hints)
        return 0;
    host->ai_flags |= resolve__flags(resolve__ai_flags, flags);
    host->ai_family = family_to_host(hints->family);
    if (hints->type == SOCK_DGRAM)
        host->ai_socktype = SOCK_DGRAM;
    if (host->ai_family < 0 || hints->family == W_AF_UNIX)
        return WSAEAFNOSUPPORT;
    if (hints->type < 0 || hints->type > SOCK_SEQPACKET)
        return WSAESOCKTNOSUPPORT;
    return (flags & W_AI_CANONNAME) && !node ? WSAEINVAL : 0;
}

static int resolve__ask(const char *node, const char *service, struct addrinfo *hints,
                        bool any_type, struct addrinfo **found)
{
    char own_name[256];
    int err;
    if (node && !*node) { /* the empty name is this host's */
        if (resolve_own_name(own_name, sizeof own_name) == 0 &&
            getaddrinfo(own_name, service, hints, found) == 0)
            return 0;
        node = "localhost";
    }
    err = getaddrinfo(node, service, hints, found);
    if (err == EAI_SERVICE && any_type) {
        hints->ai_socktype = SOCK_DGRAM;
        err = getaddrinfo(node, service, hints, found);
    }
    return err;
}

/* ---- IPv6 that leads nowhere ---- */

static bool resolve__is_global(const struct sockaddr_in6 *address)
{
    const struct in6_addr *in6 = &address->sin6_addr;
    return !IN6_IS_ADDR_LOOPBACK(in6) && !IN6_IS_ADDR_LINKLOCAL(in6) && !IN6_IS_ADDR_V4MAPPED(in6);
}

static bool resolve__host_is_global(void)
{
    uint32_t count;
    struct interface_address *list = interface_list(&count);
    bool global = false;
    for (uint32_t i = 0; i < count && !global; i++)
        global = list[i].family == W_AF_INET6 &&
                 resolve__is_global((const struct sockaddr_in6 *)list[i].address);
    free(list);
    return global;
}

/* Takes addresses that a host without global IPv6 could not reach out of what was found by name;
 * false: nothing is left. */
static bool resolve__drop_unreachable(struct addrinfo **found)
{
    struct addrinfo **link = found, *dropped = NULL;
    bool asked = false, global = false;
    while (*link) {
        struct addrinfo *info = *link;
        bool distant = info->ai_family == AF_INET6 &&
                       resolve__is_global((const struct sockaddr_in6 *)info->ai_addr);
        if (distant && !asked) {
            global = resolve__host_is_global();
            asked = true;
        }
        if (distant && !global) {
            *link = info->ai_next;
            info->ai_next = dropped;
            dropped = info;
        } else {
            link = &info->ai_next;
        }
    }
    if (dropped)
        freeaddrinfo(dropped);
    return *found != NULL;
}

/* ---- looking up ---- */

/* Gives out what was found. Returns the Winsock error. */
static uint32_t resolve__give(const struct addrinfo *found, const struct resolve_hints *hints,
                              int (*each)(void *context, const struct resolved *resolved),
                              void *context)
{
    for (; found; found = found->ai_next) {
        struct resolved resolved;
        if (found->ai_family != AF_INET && found->ai_family != AF_INET6)
            continue;
        resolve__convert(found, 0, &resolved);
        resolved.type = hints ? hints->type : 0;
        resolved.protocol = hints ? hints->protocol : 0;
        if (!each(context, &resolved))
            return ERROR_NOT_ENOUGH_MEMORY;
    }
    return 0;
}

uint32_t resolve_name(const char *node, const char *service, const struct resolve_hints *hints,
                      int (*each)(void *context, const struct resolved *resolved), void *context)
{
    struct addrinfo host_hints, *found;
    char text[NAME_MAX_BYTES];
    uint32_t error = resolve__hints(hints, node, &host_hints);
    int err;
    if (!node && !service)
        return WSAHOST_NOT_FOUND;
    if (error)
        return error;
    if (service && !*service)
        service = "0";
    if (node) {
        if (node[0] == '[')
            host_hints.ai_flags |= AI_NUMERICHOST;
        node = resolve__host_name(node, hints ? hints->flags : 0, text, sizeof text);
        if (!node)
            return WSAHOST_NOT_FOUND;
    }
    err = resolve__ask(node, service, &host_hints, !hints || !hints->type, &found);
    if (err == EAI_ADDRFAMILY)
        err = EAI_NONAME;
    if (err)
        return resolve__error(err);
    /* An address in a name's place has a colon; no name has. */
    if (node && !strchr(node, ':') && !resolve__drop_unreachable(&found))
        return WSANO_DATA;
    error = resolve__give(found, hints, each, context);
    freeaddrinfo(found);
    return error;
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

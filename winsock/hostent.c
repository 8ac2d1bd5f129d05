/* Entry points of winsock2.h: gethostbyname and its relatives. What they return is the thread's,
 * until its next call of the same function. */
#include <winsock2.h>

#include "interface.h"
#include "name_table.h"
#include "resolve.h"
#include "socket.h"
#include "wsastatus.h"

#include <stdlib.h>

enum { HOST_ADDRESSES_MAX = 64, HOST_NAME_ROOM = 256, TABLE_ROOM = 1024 };

/* A host's entry with all it points to, in the order Windows has it. */
struct host {
    HOSTENT entry;
    char *aliases[1];
    char *addresses[HOST_ADDRESSES_MAX + 1];
    unsigned char data[HOST_ADDRESSES_MAX][16];
    char name[HOST_NAME_ROOM];
    int count;
};

static _Thread_local struct host host__current;

static bool host__is_loopback(const unsigned char *address, int length)
{
    return length == 4 && address[0] == 127;
}

static int host__add(void *context, const struct resolved *resolved)
{
    struct host *host = context;
    const SOCKADDR_IN *address = (const SOCKADDR_IN *)resolved->address;
    if (resolved->canonical_name && !host->name[0])
        strncpy(host->name, resolved->canonical_name, sizeof host->name - 1);
    if (host->count < HOST_ADDRESSES_MAX)
        memcpy(host->data[host->count++], &address->sin_addr, sizeof address->sin_addr);
    return 1;
}

/* A host that knows itself only as loopback has the addresses of its interfaces, the one it would
 * use for the rest of the world first (SOCK-411). */
static void host__add_own(struct host *host)
{
    SOCKADDR_IN world = {.sin_family = AF_INET}, from;
    uint32_t count;
    struct interface_address *all = interface_list(&count);
    int size = sizeof from, first = host->count;
    bool routed;
    world.sin_addr.s_addr = htonl(0xC0000201); /* 192.0.2.1, which nobody has */
    routed = interface_route(&world, sizeof world, &from, &size) == STATUS_SUCCESS &&
             !host__is_loopback((unsigned char *)&from.sin_addr, 4);
    if (routed)
        memcpy(host->data[host->count++], &from.sin_addr, 4);
    for (uint32_t i = 0; i < count && host->count < HOST_ADDRESSES_MAX; i++) {
        const SOCKADDR_IN *address = (const SOCKADDR_IN *)all[i].address;
        if (all[i].family == AF_INET &&
            (!routed || memcmp(host->data[first], &address->sin_addr, 4) != 0))
            memcpy(host->data[host->count++], &address->sin_addr, 4);
    }
    free(all);
}

static bool host__has_real_address(const struct host *host)
{
    for (int i = 0; i < host->count; i++)
        if (!host__is_loopback(host->data[i], 4))
            return true;
    return false;
}

/* Points the entry to its parts; with real addresses, a loopback one is left out (SOCK-411). */
static HOSTENT *host__finish(struct host *host, short family, short length)
{
    int filled = 0, real = 0;
    for (int i = 0; i < host->count; i++)
        real += !host__is_loopback(host->data[i], length);
    for (int i = 0; i < host->count; i++)
        if (!real || !host__is_loopback(host->data[i], length))
            host->addresses[filled++] = (char *)host->data[i];
    host->addresses[filled] = NULL;
    host->aliases[0] = NULL;
    host->entry = (HOSTENT){host->name, host->aliases, family, length, host->addresses};
    return &host->entry;
}

static bool host__is_own(const char *name)
{
    char own[HOST_NAME_ROOM];
    return resolve_own_name(own, sizeof own) == 0 && strcmp(name, own) == 0;
}

struct hostent *WSAAPI gethostbyname(const char *name)
{
    struct resolve_hints hints = {AI_CANONNAME, AF_INET, SOCK_STREAM, 0};
    struct host *host = &host__current;
    uint32_t err = WSANOTINITIALISED;
    bool own = !name || !*name;
    if (atomic_load(&winsock_starts)) {
        memset(host, 0, sizeof *host);
        err = resolve_name(own ? "" : name, NULL, &hints, host__add, host);
    }
    last_error_set(err);
    if (err)
        return NULL;
    if (own)
        resolve_own_name(host->name, sizeof host->name);
    if ((own || host__is_own(name)) && !host__has_real_address(host))
        host__add_own(host);
    return host__finish(host, AF_INET, 4);
}

struct hostent *WSAAPI gethostbyaddr(const char *addr, int len, int type)
{
    SOCKADDR_STORAGE address = {0};
    struct host *host = &host__current;
    bool six = type == AF_INET6;
    int size = six ? 16 : 4;
    uint32_t err = 0;
    if (atomic_load(&winsock_starts) == 0)
        err = WSANOTINITIALISED;
    else if (!addr || len < size)
        err = WSAEFAULT;
    else if (type != AF_INET && !six)
        err = WSAEAFNOSUPPORT;
    if (!err) {
        address.ss_family = (ADDRESS_FAMILY)type;
        memcpy((char *)&address + (six ? 8 : 4), addr, (size_t)size);
        memset(host, 0, sizeof *host);
        err = resolve_address(&address, six ? 28 : 16, host->name, sizeof host->name, NULL, 0,
                              NI_NAMEREQD);
    }
    last_error_set(err);
    if (err)
        return NULL;
    memcpy(host->data[host->count++], addr, (size_t)size);
    host->addresses[0] = (char *)host->data[0];
    host->entry = (HOSTENT){host->name, host->aliases, (short)type, (short)size, host->addresses};
    return &host->entry;
}

static _Thread_local struct {
    SERVENT service;
    char service_room[TABLE_ROOM];
    PROTOENT protocol;
    char protocol_room[TABLE_ROOM];
} table__current;

static struct servent *table__service(const char *name, int port, const char *proto)
{
    struct name_entry entry;
    if (atomic_load(&winsock_starts) == 0) {
        last_error_set(WSANOTINITIALISED);
        return NULL;
    }
    if (!name_table_service(name, port, proto, &entry, table__current.service_room, TABLE_ROOM)) {
        last_error_set(WSANO_DATA);
        return NULL;
    }
    table__current.service =
        (SERVENT){entry.name, entry.aliases, entry.protocol, (short)entry.number};
    last_error_set(0);
    return &table__current.service;
}

struct servent *WSAAPI getservbyname(const char *name, const char *proto)
{
    if (name)
        return table__service(name, 0, proto);
    last_error_set(WSAEFAULT);
    return NULL;
}

struct servent *WSAAPI getservbyport(int port, const char *proto)
{
    return table__service(NULL, port, proto);
}

static struct protoent *table__protocol(const char *name, int number)
{
    struct name_entry entry;
    if (atomic_load(&winsock_starts) == 0) {
        last_error_set(WSANOTINITIALISED);
        return NULL;
    }
    if (!name_table_protocol(name, number, &entry, table__current.protocol_room, TABLE_ROOM)) {
        last_error_set(WSANO_DATA);
        return NULL;
    }
    table__current.protocol = (PROTOENT){entry.name, entry.aliases, (short)entry.number};
    last_error_set(0);
    return &table__current.protocol;
}

struct protoent *WSAAPI getprotobyname(const char *name)
{
    if (name)
        return table__protocol(name, 0);
    last_error_set(WSAEFAULT);
    return NULL;
}

struct protoent *WSAAPI getprotobynumber(int number)
{
    return table__protocol(NULL, number);
}

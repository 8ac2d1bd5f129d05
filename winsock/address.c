/* Socket addresses. */
#include "address.h"

#include "wsabi.h"
#include "wsastatus.h"

#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>
#include <winerror.h>

int family_to_host(int family)
{
    switch (family) {
    case W_AF_UNSPEC:
        return AF_UNSPEC;
    case W_AF_UNIX:
        return AF_UNIX;
    case W_AF_INET:
        return AF_INET;
    case W_AF_INET6:
        return AF_INET6;
    default:
        return -1;
    }
}

int family_from_host(int family)
{
    return family == AF_INET6 ? W_AF_INET6 : family;
}

socklen_t host_address_size(const struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

int address_size(int family)
{
    switch (family) {
    case W_AF_INET:
        return sizeof(struct sockaddr_in);
    case W_AF_INET6:
        return sizeof(struct sockaddr_in6);
    default:
        return sizeof(struct sockaddr_un);
    }
}

NTSTATUS address_to_host(const void *name, int length, struct sockaddr_storage *address,
                         socklen_t *address_length)
{
    uint16_t family;
    int host, needed;
    if (!name || length < (int)sizeof family)
        return STATUS_ACCESS_VIOLATION;
    memcpy(&family, name, sizeof family);
    host = family_to_host(family);
    if (host < 0)
        return STATUS_WSA(WSAEAFNOSUPPORT);
    needed = host == AF_UNIX ? (int)offsetof(struct sockaddr_un, sun_path) : address_size(family);
    if (host == AF_UNSPEC)
        needed = (int)sizeof family;
    if (length < needed || length > (int)sizeof *address)
        return STATUS_ACCESS_VIOLATION;
    memset(address, 0, sizeof *address);
    memcpy(address, name, (size_t)length);
    address->ss_family = (sa_family_t)host;
    *address_length = host == AF_UNIX ? (socklen_t)length : (socklen_t)needed;
    return STATUS_SUCCESS;
}

NTSTATUS address_from_host(const struct sockaddr_storage *address, socklen_t address_length,
                           void *name, int *length)
{
    uint16_t family = (uint16_t)family_from_host(address->ss_family);
    if (!name || !length || *length < (int)address_length)
        return STATUS_ACCESS_VIOLATION;
    memcpy(name, address, address_length);
    if (address_length >= sizeof family)
        memcpy(name, &family, sizeof family);
    *length = (int)address_length;
    return STATUS_SUCCESS;
}

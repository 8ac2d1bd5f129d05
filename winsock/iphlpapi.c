/* Entry points of iphlpapi.h. */
#include <iphlpapi.h>

#include "interface.h"
#include "text.h"
#include "wsastatus.h"

#include <stdlib.h>

enum { LENGTH_UNBOUND = 0xFFFFFFFF };

/* The program's buffer, filled from the front; without room only the size is counted. */
struct adapter_room {
    char *start;
    size_t size, used;
};

/* Zeroed room, aligned for anything; NULL if there is none left. */
static void *room__take(struct adapter_room *room, size_t size)
{
    size_t at = room->used;
    room->used += (size + 7) & ~(size_t)7;
    if (!room->start || room->used > room->size)
        return NULL;
    return memset(room->start + at, 0, size);
}

static PWCHAR room__wide(struct adapter_room *room, const char *text)
{
    size_t length = strlen(text);
    PWCHAR wide = room__take(room, (length + 1) * sizeof(WCHAR));
    if (wide)
        text_wide_from_utf8(text, length, wide, length);
    return wide;
}

static void adapter__address(struct adapter_room *room, const struct interface_address *from,
                             SOCKET_ADDRESS *address)
{
    void *copy = room__take(room, (size_t)from->size);
    if (copy)
        memcpy(copy, from->address, (size_t)from->size);
    address->lpSockaddr = copy;
    address->iSockaddrLength = from->size;
}

static PIP_ADAPTER_UNICAST_ADDRESS adapter__unicast(struct adapter_room *room,
                                                    const struct interface_address *from)
{
    SOCKET_ADDRESS address;
    PIP_ADAPTER_UNICAST_ADDRESS unicast = room__take(room, sizeof *unicast);
    adapter__address(room, from, &address);
    if (!unicast)
        return NULL;
    unicast->Length = sizeof *unicast;
    unicast->Address = address;
    unicast->PrefixOrigin = IpPrefixOriginManual;
    unicast->SuffixOrigin = IpSuffixOriginManual;
    unicast->DadState = IpDadStatePreferred;
    unicast->ValidLifetime = unicast->PreferredLifetime = LENGTH_UNBOUND;
    unicast->LeaseLifetime = LENGTH_UNBOUND;
    unicast->OnLinkPrefixLength = (UINT8)from->prefix;
    return unicast;
}

/* The adapter that an address belongs to, without its addresses. */
static PIP_ADAPTER_ADDRESSES adapter__make(struct adapter_room *room,
                                           const struct interface_address *from)
{
    PIP_ADAPTER_ADDRESSES adapter = room__take(room, sizeof *adapter);
    char *name = room__take(room, sizeof from->name);
    PWCHAR wide = room__wide(room, from->name), empty = room__wide(room, "");
    struct interface_link link;
    if (!adapter || !name || !wide || !empty)
        return NULL;
    interface_describe(from, &link);
    memcpy(name, from->name, sizeof from->name);
    adapter->Length = sizeof *adapter;
    adapter->IfIndex = from->index;
    adapter->AdapterName = name;
    adapter->FriendlyName = adapter->Description = wide;
    adapter->DnsSuffix = empty;
    memcpy(adapter->PhysicalAddress, link.address, sizeof adapter->PhysicalAddress);
    adapter->PhysicalAddressLength = link.address_length;
    adapter->Mtu = link.mtu;
    adapter->IfType = link.loopback ? IF_TYPE_SOFTWARE_LOOPBACK : IF_TYPE_ETHERNET_CSMACD;
    adapter->OperStatus = link.up ? IfOperStatusUp : IfOperStatusDown;
    adapter->Luid.Info.NetLuidIndex = from->index;
    adapter->Luid.Info.IfType = adapter->IfType & 0xFFFF;
    adapter->CompartmentId = 1;
    adapter->ConnectionType = NET_IF_CONNECTION_DEDICATED;
    return adapter;
}

/* Notes a family that the adapter speaks. */
static void adapter__speaks(PIP_ADAPTER_ADDRESSES adapter, const struct interface_address *address)
{
    if (address->family == AF_INET6) {
        adapter->Ipv6IfIndex = address->index;
        adapter->Flags |= IP_ADAPTER_IPV6_ENABLED;
    } else {
        adapter->Flags |= IP_ADAPTER_IPV4_ENABLED;
    }
}

/* Returns how many adapters there are. */
static uint32_t adapter__fill(struct adapter_room *room, const struct interface_address *all,
                              uint32_t count, ULONG family, bool unicast)
{
    PIP_ADAPTER_ADDRESSES adapter = NULL, before;
    PIP_ADAPTER_UNICAST_ADDRESS *end = NULL, made;
    uint32_t adapters = 0, index = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (family != AF_UNSPEC && (ULONG)all[i].family != family)
            continue;
        if (adapters == 0 || all[i].index != index) {
            before = adapter;
            adapter = adapter__make(room, &all[i]);
            index = all[i].index;
            adapters++;
            if (before)
                before->Next = adapter;
            end = adapter ? &adapter->FirstUnicastAddress : NULL;
        }
        if (adapter)
            adapter__speaks(adapter, &all[i]);
        made = unicast ? adapter__unicast(room, &all[i]) : NULL;
        if (made && end) {
            *end = made;
            end = &made->Next;
        }
    }
    return adapters;
}

ULONG WINAPI GetAdaptersAddresses(ULONG Family, ULONG Flags, PVOID Reserved,
                                  PIP_ADAPTER_ADDRESSES AdapterAddresses, PULONG SizePointer)
{
    const ULONG known = 0x07FF;
    struct interface_address *all;
    struct adapter_room room;
    uint32_t count, adapters;
    if (!SizePointer || Reserved || (Flags & ~known) ||
        (Family != AF_UNSPEC && Family != AF_INET && Family != AF_INET6))
        return ERROR_INVALID_PARAMETER;
    all = interface_list(&count);
    room = (struct adapter_room){(char *)AdapterAddresses, *SizePointer, 0};
    adapters = adapter__fill(&room, all, count, Family, !(Flags & GAA_FLAG_SKIP_UNICAST));
    free(all);
    if (adapters == 0)
        return ERROR_NO_DATA;
    *SizePointer = (ULONG)room.used;
    return !room.start || room.used > room.size ? ERROR_BUFFER_OVERFLOW : NO_ERROR;
}

/* Entry points of ws2tcpip.h and the older name functions of winsock2.h. */
#include <ws2tcpip.h>

#include "resolve.h"
#include "socket.h"
#include "wsastatus.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- getaddrinfo ---- */

struct address_list {
    PADDRINFOA first, *end;
};

static int address_list__append(void *context, const struct resolved *resolved)
{
    struct address_list *list = context;
    PADDRINFOA info = calloc(1, sizeof *info);
    if (!info)
        return 0;
    *list->end = info;
    list->end = &info->ai_next;
    info->ai_flags = resolved->flags;
    info->ai_family = resolved->family;
    info->ai_socktype = resolved->type;
    info->ai_protocol = resolved->protocol;
    info->ai_addrlen = resolved->address_length;
    info->ai_addr = malloc(resolved->address_length);
    if (info->ai_addr)
        memcpy(info->ai_addr, resolved->address, resolved->address_length);
    if (resolved->canonical_name)
        info->ai_canonname = strdup(resolved->canonical_name);
    return info->ai_addr != NULL;
}

INT WSAAPI getaddrinfo(PCSTR pNodeName, PCSTR pServiceName, const ADDRINFOA *pHints,
                       PADDRINFOA *ppResult)
{
    struct address_list list = {.end = &list.first};
    struct resolve_hints hints;
    uint32_t err;
    if (!ppResult)
        return WSAEFAULT;
    *ppResult = NULL;
    if (atomic_load(&winsock_starts) == 0) {
        last_error_set(WSANOTINITIALISED);
        return WSANOTINITIALISED;
    }
    if (pHints)
        hints = (struct resolve_hints){pHints->ai_flags, pHints->ai_family, pHints->ai_socktype,
                                       pHints->ai_protocol};
    err =
        resolve_name(pNodeName, pServiceName, pHints ? &hints : NULL, address_list__append, &list);
    if (err) {
        freeaddrinfo(list.first);
        list.first = NULL;
    }
    *ppResult = list.first;
    last_error_set(err);
    return (INT)err;
}

VOID WSAAPI freeaddrinfo(PADDRINFOA pAddrInfo)
{
    while (pAddrInfo) {
        PADDRINFOA next = pAddrInfo->ai_next;
        free(pAddrInfo->ai_addr);
        free(pAddrInfo->ai_canonname);
        free(pAddrInfo);
        pAddrInfo = next;
    }
}

INT WSAAPI getnameinfo(const SOCKADDR *pSockaddr, int SockaddrLength, PCHAR pNodeBuffer,
                       DWORD NodeBufferSize, PCHAR pServiceBuffer, DWORD ServiceBufferSize,
                       INT Flags)
{
    uint32_t err = resolve_address(pSockaddr, SockaddrLength, pNodeBuffer, NodeBufferSize,
                                   pServiceBuffer, ServiceBufferSize, Flags);
    last_error_set(err);
    return (INT)err;
}

/* ---- names and text ---- */

int WSAAPI gethostname(char *name, int namelen)
{
    uint32_t err = resolve_own_name(name, namelen);
    return wsa_result(err ? STATUS_WSA(err) : STATUS_SUCCESS);
}

INT WSAAPI inet_pton(INT Family, PCSTR pszAddrString, PVOID pAddrBuf)
{
    int result;
    if (!pszAddrString || !pAddrBuf)
        return fail_wsa(STATUS_ACCESS_VIOLATION);
    result = resolve_text_to_address(Family, pszAddrString, pAddrBuf);
    return result < 0 ? fail_wsa(STATUS_WSA(WSAEAFNOSUPPORT)) : result;
}

PCSTR WSAAPI inet_ntop(INT Family, const VOID *pAddr, PSTR pStringBuf, size_t StringBufSize)
{
    PCSTR text = NULL;
    if (Family != AF_INET && Family != AF_INET6) {
        fail_wsa(STATUS_WSA(WSAEAFNOSUPPORT));
        return NULL;
    }
    if (pAddr && pStringBuf)
        text = resolve_address_to_text(Family, pAddr, pStringBuf, StringBufSize);
    if (!text)
        fail_wsa(STATUS_WSA(ERROR_INVALID_PARAMETER));
    return text;
}

/* One part of a dotted address: decimal, octal or hexadecimal. False: no number, or too large. */
static bool inet__part(const char **text, unsigned long *part)
{
    char *end;
    if (**text < '0' || **text > '9')
        return false;
    *part = strtoul(*text, &end, 0);
    *text = end;
    return *part <= 0xFFFFFFFF;
}

u_long WSAAPI inet_addr(const char *cp)
{
    unsigned long part, address = 0;
    int parts = 0;
    if (!cp)
        return INADDR_NONE;
    for (;;) {
        if (parts == 4 || !inet__part(&cp, &part))
            return INADDR_NONE;
        parts++;
        if (*cp != '.')
            break;
        if (part > 255)
            return INADDR_NONE;
        address = address << 8 | part;
        cp++;
    }
    if (*cp && *cp != ' ')
        return INADDR_NONE;
    /* The last part fills what the others left: a.b is a and 24 bits. */
    if ((uint64_t)part >= (uint64_t)1 << (8 * (5 - parts)))
        return INADDR_NONE;
    return htonl((u_long)(parts == 1 ? part : address << (8 * (5 - parts)) | part));
}

char *WSAAPI inet_ntoa(struct in_addr in)
{
    static _Thread_local char text[16];
    snprintf(text, sizeof text, "%u.%u.%u.%u", in.S_un.S_un_b.s_b1, in.S_un.S_un_b.s_b2,
             in.S_un.S_un_b.s_b3, in.S_un.S_un_b.s_b4);
    return text;
}

u_long WSAAPI htonl(u_long hostlong)
{
    return __builtin_bswap32(hostlong);
}

u_short WSAAPI htons(u_short hostshort)
{
    return __builtin_bswap16(hostshort);
}

u_long WSAAPI ntohl(u_long netlong)
{
    return __builtin_bswap32(netlong);
}

u_short WSAAPI ntohs(u_short netshort)
{
    return __builtin_bswap16(netshort);
}

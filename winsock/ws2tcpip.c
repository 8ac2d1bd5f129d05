/* Entry points of ws2tcpip.h and the older name functions of winsock2.h. */
#include <ws2tcpip.h>

#include "addrinfo.h"
#include "resolve.h"
#include "socket.h"
#include "wsastatus.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- getaddrinfo ---- */

static const struct addrinfo_form address_list = {sizeof(ADDRINFOA), offsetof(ADDRINFOA, ai_next),
                                                  false};

INT WSAAPI getaddrinfo(PCSTR pNodeName, PCSTR pServiceName, const ADDRINFOA *pHints,
                       PADDRINFOA *ppResult)
{
    struct resolve_hints hints;
    uint32_t err = WSANOTINITIALISED;
    if (!ppResult)
        return WSAEFAULT;
    *ppResult = NULL;
    if (pHints)
        hints = (struct resolve_hints){pHints->ai_flags, pHints->ai_family, pHints->ai_socktype,
                                       pHints->ai_protocol};
    if (atomic_load(&winsock_starts))
        err = addrinfo_look_up(&address_list, pNodeName, pServiceName, pHints ? &hints : NULL,
                               (void **)ppResult);
    last_error_set(err);
    return (INT)err;
}

VOID WSAAPI freeaddrinfo(PADDRINFOA pAddrInfo)
{
    addrinfo_free(&address_list, pAddrInfo);
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

/* "1.2.3.4:80" or "[fe80::1%2]:80"; the port only if there is one. Returns 0 or a Winsock error. */
static uint32_t address__to_text(const SOCKADDR *address, DWORD length, char *text, size_t size)
{
    char host[INET6_ADDRSTRLEN], scope[16] = "", port_text[16] = "";
    bool six = address && length >= sizeof(SOCKADDR_IN) && address->sa_family == AF_INET6;
    const SOCKADDR_IN6 *in6 = (const SOCKADDR_IN6 *)address;
    unsigned port;
    if (!address || length < (six ? sizeof *in6 : sizeof(SOCKADDR_IN)))
        return WSAEFAULT;
    if (!six && address->sa_family != AF_INET)
        return WSAEINVAL;
    port = ntohs(in6->sin6_port); /* at the same place in both */
    resolve_address_to_text(address->sa_family,
                            six ? (const void *)&in6->sin6_addr
                                : (const void *)&((const SOCKADDR_IN *)address)->sin_addr,
                            host, sizeof host);
    if (six && in6->sin6_scope_id)
        snprintf(scope, sizeof scope, "%%%u", (unsigned)in6->sin6_scope_id);
    if (port)
        snprintf(port_text, sizeof port_text, ":%u", port);
    snprintf(text, size, "%s%s%s%s%s", six && port ? "[" : "", host, scope, six && port ? "]" : "",
             port_text);
    return 0;
}

/* The text and its length with the NUL; stores nothing but the length if it does not fit. */
static uint32_t address__text_fits(const SOCKADDR *address, DWORD length, char *text, size_t size,
                                   const void *to, DWORD *room)
{
    uint32_t err;
    DWORD had;
    if (!to || !room)
        return WSAEFAULT;
    err = address__to_text(address, length, text, size);
    if (err)
        return err;
    had = *room;
    *room = (DWORD)strlen(text) + 1;
    return had < *room ? WSAEFAULT : 0;
}

INT WSAAPI WSAAddressToStringA(LPSOCKADDR lpsaAddress, DWORD dwAddressLength,
                               LPWSAPROTOCOL_INFOA lpProtocolInfo, LPSTR lpszAddressString,
                               LPDWORD lpdwAddressStringLength)
{
    char text[96];
    uint32_t err = address__text_fits(lpsaAddress, dwAddressLength, text, sizeof text,
                                      lpszAddressString, lpdwAddressStringLength);
    (void)lpProtocolInfo; /* there is one provider for each family */
    if (err)
        return fail_wsa(STATUS_WSA(err));
    memcpy(lpszAddressString, text, *lpdwAddressStringLength);
    return 0;
}

INT WSAAPI WSAAddressToStringW(LPSOCKADDR lpsaAddress, DWORD dwAddressLength,
                               LPWSAPROTOCOL_INFOW lpProtocolInfo, LPWSTR lpszAddressString,
                               LPDWORD lpdwAddressStringLength)
{
    char text[96];
    uint32_t err = address__text_fits(lpsaAddress, dwAddressLength, text, sizeof text,
                                      lpszAddressString, lpdwAddressStringLength);
    (void)lpProtocolInfo;
    if (err)
        return fail_wsa(STATUS_WSA(err));
    for (DWORD i = 0; i < *lpdwAddressStringLength; i++)
        lpszAddressString[i] = (WCHAR)text[i];
    return 0;
}

/* A port from 1 to 65535, decimal, octal or hexadecimal, to the end of the text; 0: not one. */
static unsigned address__port(const char *text)
{
    char *end;
    unsigned long port;
    if (*text < '0' || *text > '9')
        return 0;
    port = strtoul(text, &end, 0);
    return *end || port > 65535 ? 0 : (unsigned)port;
}

/* Splits the port off; the host part goes to `host`. */
static bool address__split(const char *text, int family, char *host, size_t size, unsigned *port)
{
    const char *end = NULL, *colon;
    bool bracket = family == AF_INET6 && *text == '[';
    *port = 0;
    if (bracket) {
        end = strchr(++text, ']');
        if (!end)
            return false;
        colon = end[1] == ':' ? end + 1 : NULL;
        if (end[1] && !colon)
            return false;
    } else {
        colon = family == AF_INET ? strchr(text, ':') : NULL;
        end = colon ? colon : text + strlen(text);
    }
    if ((size_t)(end - text) >= size)
        return false;
    memcpy(host, text, (size_t)(end - text));
    host[end - text] = '\0';
    return !colon || (*port = address__port(colon + 1)) != 0;
}

static uint32_t address__from_text6(char *host, unsigned port, SOCKADDR *address, INT *length)
{
    SOCKADDR_IN6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons((u_short)port)};
    char *scope = strchr(host, '%'), *end = NULL;
    if (scope) {
        *scope = '\0';
        in6.sin6_scope_id = (ULONG)strtoul(scope + 1, &end, 10);
    }
    if ((end && *end) || resolve_text_to_address(AF_INET6, host, &in6.sin6_addr) != 1)
        return WSAEINVAL;
    if (*length < (INT)sizeof in6) {
        *length = sizeof in6;
        return WSAEFAULT;
    }
    *length = sizeof in6;
    memcpy(address, &in6, sizeof in6);
    return 0;
}

static uint32_t address__from_text(const char *text, INT family, SOCKADDR *address, INT *length)
{
    SOCKADDR_IN in4 = {.sin_family = AF_INET};
    char host[96];
    unsigned port;
    if (family != AF_INET && family != AF_INET6)
        return WSAEINVAL;
    if (!address__split(text, family, host, sizeof host, &port))
        return WSAEINVAL;
    if (family == AF_INET6)
        return address__from_text6(host, port, address, length);
    in4.sin_port = htons((u_short)port);
    in4.sin_addr.s_addr = inet_addr(host);
    if (in4.sin_addr.s_addr == INADDR_NONE && strcmp(host, "255.255.255.255") != 0)
        return WSAEINVAL;
    if (*length < (INT)sizeof in4) {
        *length = sizeof in4;
        return WSAEFAULT;
    }
    *length = sizeof in4;
    memcpy(address, &in4, sizeof in4);
    return 0;
}

INT WSAAPI WSAStringToAddressA(LPSTR AddressString, INT AddressFamily,
                               LPWSAPROTOCOL_INFOA lpProtocolInfo, LPSOCKADDR lpAddress,
                               LPINT lpAddressLength)
{
    uint32_t err = WSAEFAULT;
    (void)lpProtocolInfo;
    if (lpAddress && lpAddressLength)
        err = AddressString
                  ? address__from_text(AddressString, AddressFamily, lpAddress, lpAddressLength)
                  : WSAEINVAL;
    return err ? fail_wsa(STATUS_WSA(err)) : 0;
}

INT WSAAPI WSAStringToAddressW(LPWSTR AddressString, INT AddressFamily,
                               LPWSAPROTOCOL_INFOW lpProtocolInfo, LPSOCKADDR lpAddress,
                               LPINT lpAddressLength)
{
    char text[96];
    size_t length = 0;
    (void)lpProtocolInfo;
    for (; AddressString && AddressString[length]; length++) {
        if (length + 1 >= sizeof text || AddressString[length] > 0x7F)
            return fail_wsa(STATUS_WSA(WSAEINVAL));
        text[length] = (char)AddressString[length];
    }
    text[length] = '\0';
    return WSAStringToAddressA(AddressString ? text : NULL, AddressFamily, NULL, lpAddress,
                               lpAddressLength);
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

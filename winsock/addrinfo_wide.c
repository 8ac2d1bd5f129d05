/* Entry points of ws2tcpip.h for UTF-16. */
#include <ws2tcpip.h>

#include "addrinfo.h"
#include "resolve.h"
#include "socket.h"
#include "text.h"
#include "wsastatus.h"

#include <stdlib.h>

/* ---- GetAddrInfoW ---- */

static const struct addrinfo_form wide_list = {sizeof(ADDRINFOW), offsetof(ADDRINFOW, ai_next),
                                               true};

INT WSAAPI GetAddrInfoW(PCWSTR pNodeName, PCWSTR pServiceName, const ADDRINFOW *pHints,
                        PADDRINFOW *ppResult)
{
    struct resolve_hints hints;
    char *node = NULL, *service = NULL;
    uint32_t err = WSANOTINITIALISED;
    if (!ppResult)
        return WSAEFAULT;
    *ppResult = NULL;
    if (pHints)
        hints = (struct resolve_hints){pHints->ai_flags, pHints->ai_family, pHints->ai_socktype,
                                       pHints->ai_protocol};
    if (atomic_load(&winsock_starts))
        err = addrinfo_narrow(pNodeName, pServiceName, &node, &service)
                  ? addrinfo_look_up(&wide_list, node, service, pHints ? &hints : NULL,
                                     (void **)ppResult)
                  : WSA_NOT_ENOUGH_MEMORY;
    free(node);
    free(service);
    last_error_set(err);
    return (INT)err;
}

VOID WSAAPI FreeAddrInfoW(PADDRINFOW pAddrInfo)
{
    addrinfo_free(&wide_list, pAddrInfo);
}

/* ---- GetNameInfoW ---- */

/* Into a program's buffer of `size` characters; false: too small. */
static bool wide__store(const char *text, PWCHAR buffer, DWORD size)
{
    size_t length = text_wide_from_utf8(text, strlen(text), buffer, size ? size - 1 : 0);
    if (!size || length >= size)
        return false;
    buffer[length] = 0;
    return true;
}

INT WSAAPI GetNameInfoW(const SOCKADDR *pSockaddr, socklen_t SockaddrLength, PWCHAR pNodeBuffer,
                        DWORD NodeBufferSize, PWCHAR pServiceBuffer, DWORD ServiceBufferSize,
                        INT Flags)
{
    char node[NI_MAXHOST], service[NI_MAXSERV];
    uint32_t err = WSANOTINITIALISED;
    if (atomic_load(&winsock_starts))
        err = resolve_address(pSockaddr, SockaddrLength, pNodeBuffer ? node : NULL,
                              pNodeBuffer ? sizeof node : 0, pServiceBuffer ? service : NULL,
                              pServiceBuffer ? sizeof service : 0, Flags);
    if (!err && ((pNodeBuffer && !wide__store(node, pNodeBuffer, NodeBufferSize)) ||
                 (pServiceBuffer && !wide__store(service, pServiceBuffer, ServiceBufferSize))))
        err = ERROR_INSUFFICIENT_BUFFER;
    last_error_set(err);
    return (INT)err;
}

/* ---- addresses and text ---- */

INT WSAAPI InetPtonW(INT Family, PCWSTR pszAddrString, PVOID pAddrBuf)
{
    char text[INET6_ADDRSTRLEN];
    size_t length = 0;
    int result = 0;
    if (Family != AF_INET && Family != AF_INET6)
        return fail_wsa(STATUS_WSA(WSAEAFNOSUPPORT));
    if (!pszAddrString || !pAddrBuf)
        return fail_wsa(STATUS_ACCESS_VIOLATION);
    while (length < sizeof text && pszAddrString[length] && pszAddrString[length] < 0x80) {
        text[length] = (char)pszAddrString[length];
        length++;
    }
    if (length < sizeof text && !pszAddrString[length]) {
        text[length] = '\0';
        result = resolve_text_to_address(Family, text, pAddrBuf);
    }
    if (result == 0)
        last_error_set(WSAEINVAL); /* unlike the narrow form (SOCK-413) */
    return result;
}

PCWSTR WSAAPI InetNtopW(INT Family, const VOID *pAddr, PWSTR pStringBuf, size_t StringBufSize)
{
    char text[INET6_ADDRSTRLEN];
    if (Family != AF_INET && Family != AF_INET6) {
        fail_wsa(STATUS_WSA(WSAEAFNOSUPPORT));
        return NULL;
    }
    if (!pAddr || !pStringBuf || !resolve_address_to_text(Family, pAddr, text, sizeof text) ||
        !wide__store(text, pStringBuf, StringBufSize < 0x10000 ? (DWORD)StringBufSize : 0x10000)) {
        fail_wsa(STATUS_WSA(WSAEINVAL));
        return NULL;
    }
    return pStringBuf;
}

int WSAAPI GetHostNameW(PWSTR name, int namelen)
{
    char narrow[256];
    uint32_t err = name ? resolve_own_name(narrow, sizeof narrow) : WSAEFAULT;
    if (!err && (namelen < 1 || strlen(narrow) >= (size_t)namelen ||
                 !wide__store(narrow, name, (DWORD)namelen)))
        err = WSAEFAULT;
    return wsa_result(err ? STATUS_WSA(err) : STATUS_SUCCESS);
}

/* Name resolution and address text. Source: Microsoft, "ws2tcpip.h". */
#ifndef _WS2TCPIP_H_
#define _WS2TCPIP_H_

#include <winsock2.h>
#include <ws2ipdef.h>

PORTICO_BEGIN_DECLS

/* Signed on Windows. The host declares its own, unsigned, unless it was told that there is one. */
#ifdef __socklen_t_defined
#define socklen_t int
#else
#define __socklen_t_defined
typedef int socklen_t;
#endif

#define SIO_GET_INTERFACE_LIST _IOR('t', 127, ULONG)

#define EAI_AGAIN WSATRY_AGAIN
#define EAI_BADFLAGS WSAEINVAL
#define EAI_FAIL WSANO_RECOVERY
#define EAI_FAMILY WSAEAFNOSUPPORT
#define EAI_MEMORY WSA_NOT_ENOUGH_MEMORY
#define EAI_NONAME WSAHOST_NOT_FOUND
#define EAI_NODATA EAI_NONAME
#define EAI_SERVICE WSATYPE_NOT_FOUND
#define EAI_SOCKTYPE WSAESOCKTNOSUPPORT

/* The addresses of a name; returns the error, 0 for none: WSAHOST_NOT_FOUND, WSATRY_AGAIN,
 * WSAEINVAL, WSAEAFNOSUPPORT, WSAESOCKTNOSUPPORT, WSATYPE_NOT_FOUND, WSANOTINITIALISED.
 * ("getaddrinfo function") */
WINSOCK_API_LINKAGE INT WSAAPI getaddrinfo(PCSTR pNodeName, PCSTR pServiceName,
                                           const ADDRINFOA *pHints, PADDRINFOA *ppResult)
    PORTICO_WS_NAME(getaddrinfo);
WINSOCK_API_LINKAGE VOID WSAAPI freeaddrinfo(PADDRINFOA pAddrInfo) PORTICO_WS_NAME(freeaddrinfo);
/* ("getnameinfo function") */
WINSOCK_API_LINKAGE INT WSAAPI getnameinfo(const SOCKADDR *pSockaddr, int SockaddrLength,
                                           PCHAR pNodeBuffer, DWORD NodeBufferSize,
                                           PCHAR pServiceBuffer, DWORD ServiceBufferSize, INT Flags)
    PORTICO_WS_NAME(getnameinfo);
/* The same in UTF-16. ("GetAddrInfoW function", "GetNameInfoW function") */
WINSOCK_API_LINKAGE INT WSAAPI GetAddrInfoW(PCWSTR pNodeName, PCWSTR pServiceName,
                                            const ADDRINFOW *pHints, PADDRINFOW *ppResult);
WINSOCK_API_LINKAGE VOID WSAAPI FreeAddrInfoW(PADDRINFOW pAddrInfo);
WINSOCK_API_LINKAGE INT WSAAPI GetNameInfoW(const SOCKADDR *pSockaddr, socklen_t SockaddrLength,
                                            PWCHAR pNodeBuffer, DWORD NodeBufferSize,
                                            PWCHAR pServiceBuffer, DWORD ServiceBufferSize,
                                            INT Flags);
#define GetAddrInfoA getaddrinfo
#define FreeAddrInfoA freeaddrinfo
#define GetNameInfoA getnameinfo

/* A sentence about an error of getaddrinfo, the thread's until its next call. */
WINSOCK_API_LINKAGE char *WSAAPI gai_strerrorA(int ecode);
WINSOCK_API_LINKAGE WCHAR *WSAAPI gai_strerrorW(int ecode);
#ifdef UNICODE
#define gai_strerror gai_strerrorW
#else
#define gai_strerror gai_strerrorA
#endif

typedef void(CALLBACK *LPLOOKUPSERVICE_COMPLETION_ROUTINE)(DWORD dwError, DWORD dwBytes,
                                                           LPWSAOVERLAPPED lpOverlapped);
/* With an OVERLAPPED it goes on by itself (WSA_IO_PENDING) and ends with its event or, on a thread
 * of its own, its routine; not both (WSAEINVAL). OVERLAPPED.Internal then holds the error itself,
 * WSAEINPROGRESS meanwhile. lpHandle is for GetAddrInfoExCancel: the look-up ends with
 * WSA_E_CANCELLED. Other errors as getaddrinfo. ("GetAddrInfoExW function", "GetAddrInfoExCancel
 * function", "GetAddrInfoExOverlappedResult function") */
WINSOCK_API_LINKAGE INT WSAAPI GetAddrInfoExW(
    PCWSTR pName, PCWSTR pServiceName, DWORD dwNameSpace, LPGUID lpNspId, const ADDRINFOEXW *hints,
    PADDRINFOEXW *ppResult, struct timeval *timeout, LPOVERLAPPED lpOverlapped,
    LPLOOKUPSERVICE_COMPLETION_ROUTINE lpCompletionRoutine, LPHANDLE lpHandle);
WINSOCK_API_LINKAGE INT WSAAPI GetAddrInfoExCancel(LPHANDLE lpHandle);
WINSOCK_API_LINKAGE INT WSAAPI GetAddrInfoExOverlappedResult(LPOVERLAPPED lpOverlapped);
WINSOCK_API_LINKAGE VOID WSAAPI FreeAddrInfoExW(PADDRINFOEXW pAddrInfoEx);

/* inet_pton and inet_ntop in UTF-16; text that is no address leaves WSAEINVAL. ("InetPtonW
 * function", "InetNtopW function") */
WINSOCK_API_LINKAGE INT WSAAPI InetPtonW(INT Family, PCWSTR pszAddrString, PVOID pAddrBuf);
WINSOCK_API_LINKAGE PCWSTR WSAAPI InetNtopW(INT Family, const VOID *pAddr, PWSTR pStringBuf,
                                            size_t StringBufSize);
#define InetPtonA inet_pton
#define InetNtopA inet_ntop
#ifdef UNICODE
typedef ADDRINFOW ADDRINFOT, *PADDRINFOT;
#define GetAddrInfo GetAddrInfoW
#define FreeAddrInfo FreeAddrInfoW
#define GetNameInfo GetNameInfoW
#define InetPton InetPtonW
#define InetNtop InetNtopW
#else
typedef ADDRINFOA ADDRINFOT, *PADDRINFOT;
#define GetAddrInfo GetAddrInfoA
#define FreeAddrInfo FreeAddrInfoA
#define GetNameInfo GetNameInfoA
#define InetPton InetPtonA
#define InetNtop InetNtopA
#endif

/* Text to address: 1, 0 (not an address), -1 with WSAEAFNOSUPPORT or WSAEFAULT. ("inet_pton
 * function") */
WINSOCK_API_LINKAGE INT WSAAPI inet_pton(INT Family, PCSTR pszAddrString, PVOID pAddrBuf)
    PORTICO_WS_NAME(inet_pton);
/* Address to text; NULL: WSAEAFNOSUPPORT, ERROR_INVALID_PARAMETER (too small). ("inet_ntop
 * function") */
WINSOCK_API_LINKAGE PCSTR WSAAPI inet_ntop(INT Family, const VOID *pAddr, PSTR pStringBuf,
                                           size_t StringBufSize) PORTICO_WS_NAME(inet_ntop);

PORTICO_END_DECLS

#endif

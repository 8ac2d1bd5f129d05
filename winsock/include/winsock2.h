/* Windows Sockets 2. Names that the host's C library has too reach Portico under ELF names with the
 * prefix WS_. Source: Microsoft, "winsock2.h". Every call that fails leaves its error for
 * WSAGetLastError; calls made before WSAStartup fail with WSANOTINITIALISED. */
#ifndef _WINSOCK2API_
#define _WINSOCK2API_
#define _WINSOCKAPI_

#include <sys/types.h>
#include <sys/select.h>

#include <minwinbase.h>
#include <minwindef.h>
#include <winerror.h>
#include <winnt.h>
#include <ws2def.h>

/* Programs count on this header for all of windows.h. */
#if __has_include(<windows.h>) && !defined(_WINDOWS_)
#include <windows.h>
#endif

PORTICO_BEGIN_DECLS

#define WINSOCK_API_LINKAGE PORTICO_API
#define WSAAPI
#define WINSOCK_VERSION MAKEWORD(2, 2)
/* The ELF name of a function whose own name belongs to the C library. */
#define PORTICO_WS_NAME(name) __asm__("WS_" #name)

typedef UINT_PTR SOCKET;
#define INVALID_SOCKET ((SOCKET)(~0))
#define SOCKET_ERROR (-1)
#define FROM_PROTOCOL_INFO (-1)
typedef unsigned char u_char;
typedef unsigned short u_short;
typedef unsigned int u_int;
/* u_long is 32 bits on Windows; the host's 64-bit one may be declared already. */
#define u_long ULONG
typedef unsigned int GROUP;

#ifndef FD_SETSIZE
#define FD_SETSIZE 64
#endif
typedef struct fd_set {
    u_int fd_count;
    SOCKET fd_array[FD_SETSIZE];
} fd_set, FD_SET, *PFD_SET, *LPFD_SET;

/* Two 32-bit fields, unlike the host's, which its own headers go on using. */
struct portico_ws_timeval {
    LONG tv_sec;
    LONG tv_usec;
};
#define timeval portico_ws_timeval
typedef struct timeval TIMEVAL, *PTIMEVAL, *LPTIMEVAL;
typedef const struct timeval *PCTIMEVAL;

#define FD_ZERO(set) (((fd_set *)(set))->fd_count = 0)
#define FD_ISSET(fd, set) __WSAFDIsSet((SOCKET)(fd), (fd_set *)(set))
static __forceinline void portico_fd_set(SOCKET fd, fd_set *set)
{
    u_int i;
    for (i = 0; i < set->fd_count; i++)
        if (set->fd_array[i] == fd)
            return;
    if (set->fd_count < FD_SETSIZE)
        set->fd_array[set->fd_count++] = fd;
}
static __forceinline void portico_fd_clr(SOCKET fd, fd_set *set)
{
    u_int i, kept = 0;
    for (i = 0; i < set->fd_count; i++)
        if (set->fd_array[i] != fd)
            set->fd_array[kept++] = set->fd_array[i];
    set->fd_count = kept;
}
#define FD_SET(fd, set) portico_fd_set((SOCKET)(fd), (fd_set *)(set))
#define FD_CLR(fd, set) portico_fd_clr((SOCKET)(fd), (fd_set *)(set))

#define WSADESCRIPTION_LEN 256
#define WSASYS_STATUS_LEN 128
typedef struct WSAData {
    WORD wVersion;
    WORD wHighVersion;
    unsigned short iMaxSockets;
    unsigned short iMaxUdpDg;
    char *lpVendorInfo;
    char szDescription[WSADESCRIPTION_LEN + 1];
    char szSystemStatus[WSASYS_STATUS_LEN + 1];
} WSADATA, *LPWSADATA;

struct hostent {
    char *h_name;
    char **h_aliases;
    short h_addrtype;
    short h_length;
    char **h_addr_list;
};
#define h_addr h_addr_list[0]
struct servent {
    char *s_name;
    char **s_aliases;
    char *s_proto;
    short s_port;
};
struct protoent {
    char *p_name;
    char **p_aliases;
    short p_proto;
};
typedef struct hostent HOSTENT, *PHOSTENT, *LPHOSTENT;
typedef struct servent SERVENT, *PSERVENT, *LPSERVENT;
typedef struct protoent PROTOENT, *PPROTOENT, *LPPROTOENT;

struct linger {
    u_short l_onoff;
    u_short l_linger;
};
typedef struct linger LINGER, *PLINGER, *LPLINGER;

typedef OVERLAPPED WSAOVERLAPPED, *LPWSAOVERLAPPED;
typedef HANDLE WSAEVENT, *LPWSAEVENT;
#define WSA_INVALID_EVENT ((WSAEVENT)NULL)
#define WSA_IO_PENDING ERROR_IO_PENDING
#define WSA_IO_INCOMPLETE ERROR_IO_INCOMPLETE
#define WSA_INVALID_HANDLE ERROR_INVALID_HANDLE
#define WSA_INVALID_PARAMETER ERROR_INVALID_PARAMETER
#define WSA_NOT_ENOUGH_MEMORY ERROR_NOT_ENOUGH_MEMORY
#define WSA_OPERATION_ABORTED ERROR_OPERATION_ABORTED
#define WSA_MAXIMUM_WAIT_EVENTS MAXIMUM_WAIT_OBJECTS
#define WSA_WAIT_FAILED WAIT_FAILED
#define WSA_WAIT_EVENT_0 WAIT_OBJECT_0
#define WSA_WAIT_IO_COMPLETION WAIT_IO_COMPLETION
#define WSA_WAIT_TIMEOUT WAIT_TIMEOUT
#define WSA_INFINITE INFINITE
#define h_errno WSAGetLastError()
#define HOST_NOT_FOUND WSAHOST_NOT_FOUND
#define TRY_AGAIN WSATRY_AGAIN
#define NO_RECOVERY WSANO_RECOVERY
#define NO_DATA WSANO_DATA
#define NO_ADDRESS WSANO_DATA
#define WSANO_ADDRESS WSANO_DATA

#define SOMAXCONN 0x7fffffff
#define SOMAXCONN_HINT(b) (-(b))
#define MSG_OOB 0x1
#define MSG_PEEK 0x2
#define MSG_DONTROUTE 0x4
#define MSG_WAITALL 0x8
#define MSG_PUSH_IMMEDIATE 0x20
#define MSG_INTERRUPT 0x10
#define MSG_PARTIAL 0x8000
#define MSG_MAXIOVLEN 16
#define SD_RECEIVE 0x00
#define SD_SEND 0x01
#define SD_BOTH 0x02

#define IOC_UNIX 0x00000000
#define IOCPARM_MASK 0x7f
#define _IO(x, y) (IOC_VOID | ((x) << 8) | (y))
#define _IOR(x, y, t) (IOC_OUT | (((LONG)sizeof(t) & IOCPARM_MASK) << 16) | ((x) << 8) | (y))
#define _IOW(x, y, t) (IOC_IN | (((LONG)sizeof(t) & IOCPARM_MASK) << 16) | ((x) << 8) | (y))
#define FIONREAD _IOR('f', 127, u_long)
#define FIONBIO _IOW('f', 126, u_long)
#define FIOASYNC _IOW('f', 125, u_long)
#define SIOCATMARK _IOR('s', 7, u_long)
#define SIO_IDEAL_SEND_BACKLOG_QUERY _IOR('t', 123, ULONG)
#define SIO_IDEAL_SEND_BACKLOG_CHANGE _IO('t', 122)

#define WSA_FLAG_OVERLAPPED 0x01
#define WSA_FLAG_MULTIPOINT_C_ROOT 0x02
#define WSA_FLAG_MULTIPOINT_C_LEAF 0x04
#define WSA_FLAG_MULTIPOINT_D_ROOT 0x08
#define WSA_FLAG_MULTIPOINT_D_LEAF 0x10
#define WSA_FLAG_ACCESS_SYSTEM_SECURITY 0x40
#define WSA_FLAG_NO_HANDLE_INHERIT 0x80
#define WSA_FLAG_REGISTERED_IO 0x100

#define FD_READ_BIT 0
#define FD_READ (1 << 0)
#define FD_WRITE_BIT 1
#define FD_WRITE (1 << 1)
#define FD_OOB_BIT 2
#define FD_OOB (1 << 2)
#define FD_ACCEPT_BIT 3
#define FD_ACCEPT (1 << 3)
#define FD_CONNECT_BIT 4
#define FD_CONNECT (1 << 4)
#define FD_CLOSE_BIT 5
#define FD_CLOSE (1 << 5)
#define FD_QOS_BIT 6
#define FD_QOS (1 << 6)
#define FD_GROUP_QOS_BIT 7
#define FD_GROUP_QOS (1 << 7)
#define FD_ROUTING_INTERFACE_CHANGE_BIT 8
#define FD_ROUTING_INTERFACE_CHANGE (1 << 8)
#define FD_ADDRESS_LIST_CHANGE_BIT 9
#define FD_ADDRESS_LIST_CHANGE (1 << 9)
#define FD_MAX_EVENTS 10
#define FD_ALL_EVENTS ((1 << FD_MAX_EVENTS) - 1)

typedef struct _WSANETWORKEVENTS {
    LONG lNetworkEvents;
    int iErrorCode[FD_MAX_EVENTS];
} WSANETWORKEVENTS, *LPWSANETWORKEVENTS;

#define POLLRDNORM 0x0100
#define POLLRDBAND 0x0200
#define POLLIN (POLLRDNORM | POLLRDBAND)
#define POLLPRI 0x0400
#define POLLWRNORM 0x0010
#define POLLOUT (POLLWRNORM)
#define POLLWRBAND 0x0020
#define POLLERR 0x0001
#define POLLHUP 0x0002
#define POLLNVAL 0x0004
typedef struct pollfd {
    SOCKET fd;
    SHORT events;
    SHORT revents;
} WSAPOLLFD, *PWSAPOLLFD, *LPWSAPOLLFD;

#define MAX_PROTOCOL_CHAIN 7
#define WSAPROTOCOL_LEN 255
typedef struct _WSAPROTOCOLCHAIN {
    int ChainLen;
    DWORD ChainEntries[MAX_PROTOCOL_CHAIN];
} WSAPROTOCOLCHAIN, *LPWSAPROTOCOLCHAIN;
typedef struct _WSAPROTOCOL_INFOA {
    DWORD dwServiceFlags1;
    DWORD dwServiceFlags2;
    DWORD dwServiceFlags3;
    DWORD dwServiceFlags4;
    DWORD dwProviderFlags;
    GUID ProviderId;
    DWORD dwCatalogEntryId;
    WSAPROTOCOLCHAIN ProtocolChain;
    int iVersion;
    int iAddressFamily;
    int iMaxSockAddr;
    int iMinSockAddr;
    int iSocketType;
    int iProtocol;
    int iProtocolMaxOffset;
    int iNetworkByteOrder;
    int iSecurityScheme;
    DWORD dwMessageSize;
    DWORD dwProviderReserved;
    CHAR szProtocol[WSAPROTOCOL_LEN + 1];
} WSAPROTOCOL_INFOA, *LPWSAPROTOCOL_INFOA;
typedef struct _WSAPROTOCOL_INFOW {
    DWORD dwServiceFlags1;
    DWORD dwServiceFlags2;
    DWORD dwServiceFlags3;
    DWORD dwServiceFlags4;
    DWORD dwProviderFlags;
    GUID ProviderId;
    DWORD dwCatalogEntryId;
    WSAPROTOCOLCHAIN ProtocolChain;
    int iVersion;
    int iAddressFamily;
    int iMaxSockAddr;
    int iMinSockAddr;
    int iSocketType;
    int iProtocol;
    int iProtocolMaxOffset;
    int iNetworkByteOrder;
    int iSecurityScheme;
    DWORD dwMessageSize;
    DWORD dwProviderReserved;
    WCHAR szProtocol[WSAPROTOCOL_LEN + 1];
} WSAPROTOCOL_INFOW, *LPWSAPROTOCOL_INFOW;
#define PFL_MULTIPLE_PROTO_ENTRIES 0x00000001
#define PFL_RECOMMENDED_PROTO_ENTRY 0x00000002
#define PFL_HIDDEN 0x00000004
#define PFL_MATCHES_PROTOCOL_ZERO 0x00000008
#define XP1_CONNECTIONLESS 0x00000001
#define XP1_GUARANTEED_DELIVERY 0x00000002
#define XP1_GUARANTEED_ORDER 0x00000004
#define XP1_MESSAGE_ORIENTED 0x00000008
#define XP1_PSEUDO_STREAM 0x00000010
#define XP1_GRACEFUL_CLOSE 0x00000020
#define XP1_EXPEDITED_DATA 0x00000040
#define XP1_CONNECT_DATA 0x00000080
#define XP1_DISCONNECT_DATA 0x00000100
#define XP1_SUPPORT_BROADCAST 0x00000200
#define XP1_SUPPORT_MULTIPOINT 0x00000400
#define XP1_MULTIPOINT_CONTROL_PLANE 0x00000800
#define XP1_MULTIPOINT_DATA_PLANE 0x00001000
#define XP1_QOS_SUPPORTED 0x00002000
#define XP1_INTERRUPT 0x00004000
#define XP1_UNI_SEND 0x00008000
#define XP1_UNI_RECV 0x00010000
#define XP1_IFS_HANDLES 0x00020000
#define XP1_PARTIAL_MESSAGE 0x00040000
#define BIGENDIAN 0x0000
#define LITTLEENDIAN 0x0001
#define SECURITY_PROTOCOL_NONE 0x0000
#define SO_PROTOCOL_INFOA 0x2004
#define SO_PROTOCOL_INFOW 0x2005
#ifdef UNICODE
#define SO_PROTOCOL_INFO SO_PROTOCOL_INFOW
#define WSAEnumProtocols WSAEnumProtocolsW
#else
#define SO_PROTOCOL_INFO SO_PROTOCOL_INFOA
#define WSAEnumProtocols WSAEnumProtocolsA
#endif

#ifdef UNICODE
typedef WSAPROTOCOL_INFOW WSAPROTOCOL_INFO, *LPWSAPROTOCOL_INFO;
#define WSASocket WSASocketW
#define WSADuplicateSocket WSADuplicateSocketW
#else
typedef WSAPROTOCOL_INFOA WSAPROTOCOL_INFO, *LPWSAPROTOCOL_INFO;
#define WSASocket WSASocketA
#define WSADuplicateSocket WSADuplicateSocketA
#endif

#ifdef UNICODE
#define WSAConnectByName WSAConnectByNameW
#else
#define WSAConnectByName WSAConnectByNameA
#endif

typedef ULONG SERVICETYPE;
typedef struct _flowspec {
    ULONG TokenRate;
    ULONG TokenBucketSize;
    ULONG PeakBandwidth;
    ULONG Latency;
    ULONG DelayVariation;
    SERVICETYPE ServiceType;
    ULONG MaxSduSize;
    ULONG MinimumPolicedSize;
} FLOWSPEC, *PFLOWSPEC, *LPFLOWSPEC;
typedef struct _QualityOfService {
    FLOWSPEC SendingFlowspec;
    FLOWSPEC ReceivingFlowspec;
    WSABUF ProviderSpecific;
} QOS, *LPQOS;

#define CF_ACCEPT 0x0000
#define CF_REJECT 0x0001
#define CF_DEFER 0x0002
typedef int(CALLBACK *LPCONDITIONPROC)(LPWSABUF lpCallerId, LPWSABUF lpCallerData, LPQOS lpSQOS,
                                       LPQOS lpGQOS, LPWSABUF lpCalleeId, LPWSABUF lpCalleeData,
                                       GROUP *g, DWORD_PTR dwCallbackData);

typedef void(CALLBACK *LPWSAOVERLAPPED_COMPLETION_ROUTINE)(DWORD dwError, DWORD cbTransferred,
                                                           LPWSAOVERLAPPED lpOverlapped,
                                                           DWORD dwFlags);

/* ---- starting and ending ---- */

/* Starts the use of Winsock; every start wants a WSACleanup. Returns the error, 0 for none:
 * WSAVERNOTSUPPORTED, WSAEFAULT. ("WSAStartup function") */
WINSOCK_API_LINKAGE int WSAAPI WSAStartup(WORD wVersionRequested, LPWSADATA lpWSAData);
/* Ends one use; the last one closes all sockets. SOCKET_ERROR: WSANOTINITIALISED. ("WSACleanup
 * function") */
WINSOCK_API_LINKAGE int WSAAPI WSACleanup(void);
/* The same slot as Get/SetLastError. ("WSAGetLastError function") */
WINSOCK_API_LINKAGE int WSAAPI WSAGetLastError(void);
WINSOCK_API_LINKAGE void WSAAPI WSASetLastError(int iError);

/* ---- sockets ---- */

/* A socket; overlapped unless WSASocket was told otherwise. INVALID_SOCKET: WSAEAFNOSUPPORT,
 * WSAESOCKTNOSUPPORT, WSAEPROTONOSUPPORT, WSAEINVAL, WSAEMFILE. ("socket function",
 * "WSASocketW function") */
WINSOCK_API_LINKAGE SOCKET WSAAPI socket(int af, int type, int protocol) PORTICO_WS_NAME(socket);
WINSOCK_API_LINKAGE SOCKET WSAAPI WSASocketA(int af, int type, int protocol,
                                             LPWSAPROTOCOL_INFOA lpProtocolInfo, GROUP g,
                                             DWORD dwFlags);
WINSOCK_API_LINKAGE SOCKET WSAAPI WSASocketW(int af, int type, int protocol,
                                             LPWSAPROTOCOL_INFOW lpProtocolInfo, GROUP g,
                                             DWORD dwFlags);
/* Offers a socket to a process of the same user (or to this one), which takes it up once by
 * WSASocket with the structure. SOCKET_ERROR: WSAENOTSOCK, WSAEINVAL (no such process), WSAEFAULT.
 * ("WSADuplicateSocketW function") */
WINSOCK_API_LINKAGE int WSAAPI WSADuplicateSocketA(SOCKET s, DWORD dwProcessId,
                                                   LPWSAPROTOCOL_INFOA lpProtocolInfo);
WINSOCK_API_LINKAGE int WSAAPI WSADuplicateSocketW(SOCKET s, DWORD dwProcessId,
                                                   LPWSAPROTOCOL_INFOW lpProtocolInfo);
/* Closes a socket; what is pending on it ends. SOCKET_ERROR: WSAENOTSOCK. ("closesocket
 * function") */
WINSOCK_API_LINKAGE int WSAAPI closesocket(SOCKET s);
/* SD_RECEIVE, SD_SEND or SD_BOTH. SOCKET_ERROR: WSAENOTCONN, WSAEINVAL. ("shutdown function") */
WINSOCK_API_LINKAGE int WSAAPI shutdown(SOCKET s, int how) PORTICO_WS_NAME(shutdown);

/* SOCKET_ERROR: WSAEADDRINUSE, WSAEADDRNOTAVAIL, WSAEFAULT, WSAEINVAL (bound already).
 * ("bind function") */
WINSOCK_API_LINKAGE int WSAAPI bind(SOCKET s, const struct sockaddr *name, int namelen)
    PORTICO_WS_NAME(bind);
/* SOCKET_ERROR: WSAEINVAL (not bound), WSAEISCONN, WSAEOPNOTSUPP. ("listen function") */
WINSOCK_API_LINKAGE int WSAAPI listen(SOCKET s, int backlog) PORTICO_WS_NAME(listen);
/* The next connection. INVALID_SOCKET: WSAEINVAL (not listening), WSAEWOULDBLOCK, WSAEFAULT.
 * ("accept function") */
WINSOCK_API_LINKAGE SOCKET WSAAPI accept(SOCKET s, struct sockaddr *addr, int *addrlen)
    PORTICO_WS_NAME(accept);
/* SOCKET_ERROR: WSAECONNREFUSED, WSAETIMEDOUT, WSAEWOULDBLOCK (goes on), WSAEALREADY, WSAEISCONN
 * and others. ("connect function") */
WINSOCK_API_LINKAGE int WSAAPI connect(SOCKET s, const struct sockaddr *name, int namelen)
    PORTICO_WS_NAME(connect);
/* accept with a function that judges the connection: CF_ACCEPT, CF_REJECT (WSAECONNREFUSED) or
 * CF_DEFER (WSATRY_AGAIN; the next accept gets it). ("WSAAccept function") */
WINSOCK_API_LINKAGE SOCKET WSAAPI WSAAccept(SOCKET s, struct sockaddr *addr, LPINT addrlen,
                                            LPCONDITIONPROC lpfnCondition,
                                            DWORD_PTR dwCallbackData);
/* connect; data with the handshake (WSAEINVAL) are for protocols that are not here. ("WSAConnect
 * function") */
WINSOCK_API_LINKAGE int WSAAPI WSAConnect(SOCKET s, const struct sockaddr *name, int namelen,
                                          LPWSABUF lpCallerData, LPWSABUF lpCalleeData,
                                          LPQOS lpSQOS, LPQOS lpGQOS);
/* Connects to the first address of a name, or of a list, that answers; the lengths become those of
 * the addresses stored. FALSE: WSAEINVAL, WSAEFAULT, WSAHOST_NOT_FOUND, WSATYPE_NOT_FOUND,
 * WSAETIMEDOUT and connect's. ("WSAConnectByNameW function", "WSAConnectByList function") */
WINSOCK_API_LINKAGE BOOL WSAAPI WSAConnectByNameA(
    SOCKET s, LPCSTR nodename, LPCSTR servicename, LPDWORD LocalAddressLength,
    struct sockaddr *LocalAddress, LPDWORD RemoteAddressLength, struct sockaddr *RemoteAddress,
    const struct timeval *timeout, LPWSAOVERLAPPED Reserved);
WINSOCK_API_LINKAGE BOOL WSAAPI WSAConnectByNameW(
    SOCKET s, LPWSTR nodename, LPWSTR servicename, LPDWORD LocalAddressLength,
    struct sockaddr *LocalAddress, LPDWORD RemoteAddressLength, struct sockaddr *RemoteAddress,
    const struct timeval *timeout, LPWSAOVERLAPPED Reserved);
WINSOCK_API_LINKAGE BOOL WSAAPI WSAConnectByList(
    SOCKET s, PSOCKET_ADDRESS_LIST SocketAddress, LPDWORD LocalAddressLength,
    struct sockaddr *LocalAddress, LPDWORD RemoteAddressLength, struct sockaddr *RemoteAddress,
    const struct timeval *timeout, LPWSAOVERLAPPED Reserved);
/* shutdown of one side. ("WSASendDisconnect function", "WSARecvDisconnect function") */
WINSOCK_API_LINKAGE int WSAAPI WSASendDisconnect(SOCKET s, LPWSABUF lpOutboundDisconnectData);
WINSOCK_API_LINKAGE int WSAAPI WSARecvDisconnect(SOCKET s, LPWSABUF lpInboundDisconnectData);
/* SOCKET_ERROR: WSAEINVAL (not bound), WSAEFAULT (buffer too small). ("getsockname function") */
WINSOCK_API_LINKAGE int WSAAPI getsockname(SOCKET s, struct sockaddr *name, int *namelen)
    PORTICO_WS_NAME(getsockname);
/* SOCKET_ERROR: WSAENOTCONN, WSAEFAULT. ("getpeername function") */
WINSOCK_API_LINKAGE int WSAAPI getpeername(SOCKET s, struct sockaddr *name, int *namelen)
    PORTICO_WS_NAME(getpeername);
/* SOCKET_ERROR: WSAENOPROTOOPT, WSAEFAULT, WSAEINVAL. ("setsockopt function", "getsockopt
 * function") */
WINSOCK_API_LINKAGE int WSAAPI setsockopt(SOCKET s, int level, int optname, const char *optval,
                                          int optlen) PORTICO_WS_NAME(setsockopt);
WINSOCK_API_LINKAGE int WSAAPI getsockopt(SOCKET s, int level, int optname, char *optval,
                                          int *optlen) PORTICO_WS_NAME(getsockopt);
/* The protocols there are: TCP and UDP over IPv4 and IPv6, and AF_UNIX; lpiProtocols, if any, is a
 * list of IPPROTO_* ended by 0. Their number. SOCKET_ERROR: WSAENOBUFS (*lpdwBufferLength tells
 * what is needed), WSAEFAULT. ("WSAEnumProtocolsW function") */
WINSOCK_API_LINKAGE int WSAAPI WSAEnumProtocolsA(LPINT lpiProtocols,
                                                 LPWSAPROTOCOL_INFOA lpProtocolBuffer,
                                                 LPDWORD lpdwBufferLength);
WINSOCK_API_LINKAGE int WSAAPI WSAEnumProtocolsW(LPINT lpiProtocols,
                                                 LPWSAPROTOCOL_INFOW lpProtocolBuffer,
                                                 LPDWORD lpdwBufferLength);
/* FIONBIO, FIONREAD, SIOCATMARK. SOCKET_ERROR: WSAEINVAL, WSAEFAULT. ("ioctlsocket function") */
WINSOCK_API_LINKAGE int WSAAPI ioctlsocket(SOCKET s, LONG cmd, u_long *argp);
/* Control codes, SIO_GET_EXTENSION_FUNCTION_POINTER above all. SOCKET_ERROR: WSAEOPNOTSUPP,
 * WSAEFAULT, WSAEINVAL. ("WSAIoctl function") */
WINSOCK_API_LINKAGE int WSAAPI WSAIoctl(SOCKET s, DWORD dwIoControlCode, LPVOID lpvInBuffer,
                                        DWORD cbInBuffer, LPVOID lpvOutBuffer, DWORD cbOutBuffer,
                                        LPDWORD lpcbBytesReturned, LPWSAOVERLAPPED lpOverlapped,
                                        LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);

/* ---- data ---- */

/* Bytes received, 0 at the end of the stream. SOCKET_ERROR: WSAEWOULDBLOCK, WSAECONNRESET,
 * WSAENOTCONN, WSAETIMEDOUT, WSAEMSGSIZE and others. ("recv function") */
WINSOCK_API_LINKAGE int WSAAPI recv(SOCKET s, char *buf, int len, int flags) PORTICO_WS_NAME(recv);
WINSOCK_API_LINKAGE int WSAAPI recvfrom(SOCKET s, char *buf, int len, int flags,
                                        struct sockaddr *from, int *fromlen)
    PORTICO_WS_NAME(recvfrom);
/* All of it, in blocking mode. SOCKET_ERROR: WSAEWOULDBLOCK, WSAECONNRESET, WSAESHUTDOWN,
 * WSAENOTCONN and others. ("send function") */
WINSOCK_API_LINKAGE int WSAAPI send(SOCKET s, const char *buf, int len, int flags)
    PORTICO_WS_NAME(send);
WINSOCK_API_LINKAGE int WSAAPI sendto(SOCKET s, const char *buf, int len, int flags,
                                      const struct sockaddr *to, int tolen) PORTICO_WS_NAME(sendto);

/* The overlapped forms. 0: done, a completion follows all the same; SOCKET_ERROR with
 * WSA_IO_PENDING: goes on; any other error: no completion. ("WSARecv function", "WSASend
 * function", "WSARecvFrom function", "WSASendTo function") */
WINSOCK_API_LINKAGE int WSAAPI WSARecv(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount,
                                       LPDWORD lpNumberOfBytesRecvd, LPDWORD lpFlags,
                                       LPWSAOVERLAPPED lpOverlapped,
                                       LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
WINSOCK_API_LINKAGE int WSAAPI WSASend(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount,
                                       LPDWORD lpNumberOfBytesSent, DWORD dwFlags,
                                       LPWSAOVERLAPPED lpOverlapped,
                                       LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
WINSOCK_API_LINKAGE int WSAAPI WSARecvFrom(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount,
                                           LPDWORD lpNumberOfBytesRecvd, LPDWORD lpFlags,
                                           struct sockaddr *lpFrom, LPINT lpFromlen,
                                           LPWSAOVERLAPPED lpOverlapped,
                                           LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
WINSOCK_API_LINKAGE int WSAAPI WSASendTo(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount,
                                         LPDWORD lpNumberOfBytesSent, DWORD dwFlags,
                                         const struct sockaddr *lpTo, int iTolen,
                                         LPWSAOVERLAPPED lpOverlapped,
                                         LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
/* A datagram with control data. Errors as WSASendTo; WSAEINVAL on a stream. ("WSASendMsg
 * function") */
WINSOCK_API_LINKAGE INT WSAAPI WSASendMsg(SOCKET Handle, LPWSAMSG lpMsg, DWORD dwFlags,
                                          LPDWORD lpNumberOfBytesSent, LPWSAOVERLAPPED lpOverlapped,
                                          LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
/* FALSE: WSA_IO_INCOMPLETE, WSAENOTSOCK, or the operation's Winsock error.
 * ("WSAGetOverlappedResult function") */
WINSOCK_API_LINKAGE BOOL WSAAPI WSAGetOverlappedResult(SOCKET s, LPWSAOVERLAPPED lpOverlapped,
                                                       LPDWORD lpcbTransfer, BOOL fWait,
                                                       LPDWORD lpdwFlags);

/* ---- waiting for readiness ---- */

/* Which sockets are readable, writable, in error. Number of them, 0 on timeout. SOCKET_ERROR:
 * WSAEINVAL (no sets), WSAENOTSOCK. ("select function") */
WINSOCK_API_LINKAGE int WSAAPI select(int nfds, fd_set *readfds, fd_set *writefds,
                                      fd_set *exceptfds, const struct timeval *timeout)
    PORTICO_WS_NAME(select);
WINSOCK_API_LINKAGE int WSAAPI __WSAFDIsSet(SOCKET fd, fd_set *set);

/* What each socket is ready for; POLLERR, POLLHUP and POLLNVAL need not be asked for. Number of
 * those that are ready for something, 0 on timeout (milliseconds, negative: for ever).
 * SOCKET_ERROR: WSAEINVAL, WSAEFAULT, WSAENOTSOCK (no valid socket at all). ("WSAPoll function") */
WINSOCK_API_LINKAGE int WSAAPI WSAPoll(LPWSAPOLLFD fdArray, ULONG fds, INT timeout);
/* Sets the event when one of the FD_* events happens; makes the socket non-blocking. A mask of 0
 * ends that. SOCKET_ERROR: WSAEINVAL, WSAENOTSOCK. ("WSAEventSelect function") */
WINSOCK_API_LINKAGE int WSAAPI WSAEventSelect(SOCKET s, WSAEVENT hEventObject, LONG lNetworkEvents);
/* Takes the FD_* events that happened, with an error for each, and resets the event. SOCKET_ERROR:
 * WSAEINVAL, WSAEFAULT, WSAENOTSOCK. ("WSAEnumNetworkEvents function") */
WINSOCK_API_LINKAGE int WSAAPI WSAEnumNetworkEvents(SOCKET s, WSAEVENT hEventObject,
                                                    LPWSANETWORKEVENTS lpNetworkEvents);
/* Wants a window; there are none: SOCKET_ERROR with WSAEOPNOTSUPP. ("WSAAsyncSelect function") */
WINSOCK_API_LINKAGE int WSAAPI WSAAsyncSelect(SOCKET s, HWND hWnd, u_int wMsg, LONG lEvent);

/* Events for Winsock are the events of CreateEvent. ("WSACreateEvent function") */
WINSOCK_API_LINKAGE WSAEVENT WSAAPI WSACreateEvent(void);
WINSOCK_API_LINKAGE BOOL WSAAPI WSACloseEvent(WSAEVENT hEvent);
WINSOCK_API_LINKAGE BOOL WSAAPI WSASetEvent(WSAEVENT hEvent);
WINSOCK_API_LINKAGE BOOL WSAAPI WSAResetEvent(WSAEVENT hEvent);
/* ("WSAWaitForMultipleEvents function") */
WINSOCK_API_LINKAGE DWORD WSAAPI WSAWaitForMultipleEvents(DWORD cEvents, const WSAEVENT *lphEvents,
                                                          BOOL fWaitAll, DWORD dwTimeout,
                                                          BOOL fAlertable);

/* ---- names and byte order ---- */

WINSOCK_API_LINKAGE int WSAAPI gethostname(char *name, int namelen) PORTICO_WS_NAME(gethostname);
WINSOCK_API_LINKAGE int WSAAPI GetHostNameW(PWSTR name, int namelen);
/* The older look-ups; the result is the thread's until its next call. NULL: WSAHOST_NOT_FOUND,
 * WSANO_DATA, WSAEFAULT, WSAEAFNOSUPPORT. ("gethostbyname function", "gethostbyaddr function",
 * "getservbyname function", "getservbyport function", "getprotobyname function",
 * "getprotobynumber function") */
WINSOCK_API_LINKAGE struct hostent *WSAAPI gethostbyname(const char *name)
    PORTICO_WS_NAME(gethostbyname);
WINSOCK_API_LINKAGE struct hostent *WSAAPI gethostbyaddr(const char *addr, int len, int type)
    PORTICO_WS_NAME(gethostbyaddr);
WINSOCK_API_LINKAGE struct servent *WSAAPI getservbyname(const char *name, const char *proto)
    PORTICO_WS_NAME(getservbyname);
WINSOCK_API_LINKAGE struct servent *WSAAPI getservbyport(int port, const char *proto)
    PORTICO_WS_NAME(getservbyport);
WINSOCK_API_LINKAGE struct protoent *WSAAPI getprotobyname(const char *name)
    PORTICO_WS_NAME(getprotobyname);
WINSOCK_API_LINKAGE struct protoent *WSAAPI getprotobynumber(int number)
    PORTICO_WS_NAME(getprotobynumber);
/* "1.2.3.4:80", "[::1%2]:80"; without the port where it is 0. Lengths in characters with the NUL,
 * in bytes for addresses; on WSAEFAULT (too small) the one that is needed. Also WSAEINVAL.
 * ("WSAAddressToStringW function", "WSAStringToAddressW function") */
WINSOCK_API_LINKAGE INT WSAAPI WSAAddressToStringA(struct sockaddr *lpsaAddress,
                                                   DWORD dwAddressLength,
                                                   LPWSAPROTOCOL_INFOA lpProtocolInfo,
                                                   LPSTR lpszAddressString,
                                                   LPDWORD lpdwAddressStringLength);
WINSOCK_API_LINKAGE INT WSAAPI WSAAddressToStringW(struct sockaddr *lpsaAddress,
                                                   DWORD dwAddressLength,
                                                   LPWSAPROTOCOL_INFOW lpProtocolInfo,
                                                   LPWSTR lpszAddressString,
                                                   LPDWORD lpdwAddressStringLength);
WINSOCK_API_LINKAGE INT WSAAPI WSAStringToAddressA(LPSTR AddressString, INT AddressFamily,
                                                   LPWSAPROTOCOL_INFOA lpProtocolInfo,
                                                   struct sockaddr *lpAddress,
                                                   LPINT lpAddressLength);
WINSOCK_API_LINKAGE INT WSAAPI WSAStringToAddressW(LPWSTR AddressString, INT AddressFamily,
                                                   LPWSAPROTOCOL_INFOW lpProtocolInfo,
                                                   struct sockaddr *lpAddress,
                                                   LPINT lpAddressLength);
#ifdef UNICODE
#define WSAAddressToString WSAAddressToStringW
#define WSAStringToAddress WSAStringToAddressW
#else
#define WSAAddressToString WSAAddressToStringA
#define WSAStringToAddress WSAStringToAddressA
#endif
/* Byte order for a socket; the result goes through the pointer. SOCKET_ERROR: WSAENOTSOCK,
 * WSAEFAULT.
 * ("WSAHtonl function") */
WINSOCK_API_LINKAGE int WSAAPI WSAHtonl(SOCKET s, u_long hostlong, u_long *lpnetlong);
WINSOCK_API_LINKAGE int WSAAPI WSAHtons(SOCKET s, u_short hostshort, u_short *lpnetshort);
WINSOCK_API_LINKAGE int WSAAPI WSANtohl(SOCKET s, u_long netlong, u_long *lphostlong);
WINSOCK_API_LINKAGE int WSAAPI WSANtohs(SOCKET s, u_short netshort, u_short *lphostshort);
/* Joins a multicast group; returns the socket itself. INVALID_SOCKET: WSAEINVAL, WSAEFAULT and
 * setsockopt's. ("WSAJoinLeaf function") */
#define JL_SENDER_ONLY 0x01
#define JL_RECEIVER_ONLY 0x02
#define JL_BOTH 0x04
WINSOCK_API_LINKAGE SOCKET WSAAPI WSAJoinLeaf(SOCKET s, const struct sockaddr *name, int namelen,
                                              LPWSABUF lpCallerData, LPWSABUF lpCalleeData,
                                              LPQOS lpSQOS, LPQOS lpGQOS, DWORD dwFlags);
WINSOCK_API_LINKAGE u_long WSAAPI inet_addr(const char *cp) PORTICO_WS_NAME(inet_addr);
WINSOCK_API_LINKAGE char *WSAAPI inet_ntoa(struct in_addr in) PORTICO_WS_NAME(inet_ntoa);
WINSOCK_API_LINKAGE u_long WSAAPI htonl(u_long hostlong) PORTICO_WS_NAME(htonl);
WINSOCK_API_LINKAGE u_short WSAAPI htons(u_short hostshort) PORTICO_WS_NAME(htons);
WINSOCK_API_LINKAGE u_long WSAAPI ntohl(u_long netlong) PORTICO_WS_NAME(ntohl);
WINSOCK_API_LINKAGE u_short WSAAPI ntohs(u_short netshort) PORTICO_WS_NAME(ntohs);

PORTICO_END_DECLS

#ifdef __cplusplus
extern "C++" {
/* For programs that spell u_long as unsigned long, which has 64 bits here. */
inline int ioctlsocket(SOCKET s, LONG cmd, unsigned long *argp)
{
    u_long value = argp ? (u_long)*argp : 0;
    int result = ioctlsocket(s, cmd, argp ? &value : (u_long *)0);
    if (argp)
        *argp = value;
    return result;
}
}
#endif

#endif

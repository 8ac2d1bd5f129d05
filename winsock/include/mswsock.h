/* Microsoft's extensions to Winsock. Source: Microsoft, "mswsock.h". */
#ifndef _MSWSOCK_
#define _MSWSOCK_

#include <winsock2.h>

PORTICO_BEGIN_DECLS

#define SO_CONNDATA 0x7000
#define SO_OPENTYPE 0x7008
#define SO_SYNCHRONOUS_ALERT 0x10
#define SO_SYNCHRONOUS_NONALERT 0x20
#define SO_MAXDG 0x7009
#define SO_MAXPATHDG 0x700A
#define SO_UPDATE_ACCEPT_CONTEXT 0x700B
#define SO_CONNECT_TIME 0x700C
#define SO_UPDATE_CONNECT_CONTEXT 0x7010
#define SIO_UDP_CONNRESET _WSAIOW(IOC_VENDOR, 12)
#define SIO_UDP_NETRESET _WSAIOW(IOC_VENDOR, 15)

#define TF_DISCONNECT 0x01
#define TF_REUSE_SOCKET 0x02
#define TF_WRITE_BEHIND 0x04
#define TF_USE_DEFAULT_WORKER 0x00
#define TF_USE_SYSTEM_THREAD 0x10
#define TF_USE_KERNEL_APC 0x20

typedef struct _TRANSMIT_FILE_BUFFERS {
    LPVOID Head;
    DWORD HeadLength;
    LPVOID Tail;
    DWORD TailLength;
} TRANSMIT_FILE_BUFFERS, *PTRANSMIT_FILE_BUFFERS, *LPTRANSMIT_FILE_BUFFERS;

/* Accepts into a socket made before, with the first data and both addresses. FALSE: WSA_IO_PENDING,
 * or an error and no completion: WSAENOTSOCK, WSAEINVAL, WSAEFAULT, ERROR_INVALID_PARAMETER.
 * ("AcceptEx function") */
PORTICO_API BOOL AcceptEx(SOCKET sListenSocket, SOCKET sAcceptSocket, PVOID lpOutputBuffer,
                          DWORD dwReceiveDataLength, DWORD dwLocalAddressLength,
                          DWORD dwRemoteAddressLength, LPDWORD lpdwBytesReceived,
                          LPOVERLAPPED lpOverlapped);
/* Finds the addresses in AcceptEx' buffer. ("GetAcceptExSockaddrs function") */
PORTICO_API VOID GetAcceptExSockaddrs(PVOID lpOutputBuffer, DWORD dwReceiveDataLength,
                                      DWORD dwLocalAddressLength, DWORD dwRemoteAddressLength,
                                      struct sockaddr **LocalSockaddr, LPINT LocalSockaddrLength,
                                      struct sockaddr **RemoteSockaddr, LPINT RemoteSockaddrLength);
/* Sends a file between two buffers. FALSE: WSA_IO_PENDING, or an error: WSAENOTCONN, WSAENOTSOCK,
 * WSAEINVAL, WSAESHUTDOWN. ("TransmitFile function") */
PORTICO_API BOOL TransmitFile(SOCKET hSocket, HANDLE hFile, DWORD nNumberOfBytesToWrite,
                              DWORD nNumberOfBytesPerSend, LPOVERLAPPED lpOverlapped,
                              LPTRANSMIT_FILE_BUFFERS lpTransmitBuffers, DWORD dwReserved);

typedef BOOL(PASCAL *LPFN_ACCEPTEX)(SOCKET, SOCKET, PVOID, DWORD, DWORD, DWORD, LPDWORD,
                                    LPOVERLAPPED);
typedef VOID(PASCAL *LPFN_GETACCEPTEXSOCKADDRS)(PVOID, DWORD, DWORD, DWORD, struct sockaddr **,
                                                LPINT, struct sockaddr **, LPINT);
typedef BOOL(PASCAL *LPFN_TRANSMITFILE)(SOCKET, HANDLE, DWORD, DWORD, LPOVERLAPPED,
                                        LPTRANSMIT_FILE_BUFFERS, DWORD);
/* Connects, and sends the first data. FALSE: WSA_IO_PENDING, or an error: WSAEINVAL (not bound),
 * WSAEISCONN, WSAENOTSOCK, ERROR_INVALID_PARAMETER. ("LPFN_CONNECTEX callback function") */
typedef BOOL(PASCAL *LPFN_CONNECTEX)(SOCKET s, const struct sockaddr *name, int namelen,
                                     PVOID lpSendBuffer, DWORD dwSendDataLength,
                                     LPDWORD lpdwBytesSent, LPOVERLAPPED lpOverlapped);
/* Disconnects; with TF_REUSE_SOCKET the socket can be used again. FALSE: WSA_IO_PENDING, or an
 * error: WSAENOTCONN, WSAEINVAL, WSAENOTSOCK. ("LPFN_DISCONNECTEX callback function") */
typedef BOOL(PASCAL *LPFN_DISCONNECTEX)(SOCKET s, LPOVERLAPPED lpOverlapped, DWORD dwFlags,
                                        DWORD dwReserved);

typedef struct _TRANSMIT_PACKETS_ELEMENT {
    ULONG dwElFlags;
    ULONG cLength;
    union {
        struct {
            LARGE_INTEGER nFileOffset;
            HANDLE hFile;
        };
        PVOID pBuffer;
    };
} TRANSMIT_PACKETS_ELEMENT, *PTRANSMIT_PACKETS_ELEMENT, *LPTRANSMIT_PACKETS_ELEMENT;
#define TP_ELEMENT_MEMORY 1
#define TP_ELEMENT_FILE 2
#define TP_ELEMENT_EOP 4
#define TP_DISCONNECT TF_DISCONNECT
#define TP_REUSE_SOCKET TF_REUSE_SOCKET
#define TP_USE_DEFAULT_WORKER TF_USE_DEFAULT_WORKER
#define TP_USE_SYSTEM_THREAD TF_USE_SYSTEM_THREAD
#define TP_USE_KERNEL_APC TF_USE_KERNEL_APC

/* Sends pieces of memory and files in one go; on a datagram socket each group up to a
 * TP_ELEMENT_EOP is a datagram. FALSE: WSA_IO_PENDING, or an error: WSAENOTCONN, WSAENOTSOCK,
 * WSAEINVAL, WSAEFAULT, WSAESHUTDOWN. ("LPFN_TRANSMITPACKETS callback function") */
typedef BOOL(PASCAL *LPFN_TRANSMITPACKETS)(SOCKET hSocket, LPTRANSMIT_PACKETS_ELEMENT lpPacketArray,
                                           DWORD nElementCount, DWORD nSendSize,
                                           LPOVERLAPPED lpOverlapped, DWORD dwFlags);

/* A datagram with its sender, flags and control data, all stored in the WSAMSG, which must stay
 * until the end. SOCKET_ERROR: WSA_IO_PENDING, WSAEMSGSIZE (data or control data were cut),
 * WSAEFAULT, WSAEINVAL, WSAEOPNOTSUPP. ("LPFN_WSARECVMSG callback function") */
typedef INT(PASCAL *LPFN_WSARECVMSG)(SOCKET s, LPWSAMSG lpMsg, LPDWORD lpdwNumberOfBytesRecvd,
                                     LPWSAOVERLAPPED lpOverlapped,
                                     LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
typedef INT(PASCAL *LPFN_WSASENDMSG)(SOCKET Handle, LPWSAMSG lpMsg, DWORD dwFlags,
                                     LPDWORD lpNumberOfBytesSent, LPWSAOVERLAPPED lpOverlapped,
                                     LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
typedef INT(WSAAPI *LPFN_WSAPOLL)(LPWSAPOLLFD fdarray, ULONG nfds, INT timeout);

#define WSAID_ACCEPTEX                                     \
    {                                                      \
        0xb5367df1, 0xcbac, 0x11cf,                        \
        {                                                  \
            0x95, 0xca, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92 \
        }                                                  \
    }
#define WSAID_GETACCEPTEXSOCKADDRS                         \
    {                                                      \
        0xb5367df2, 0xcbac, 0x11cf,                        \
        {                                                  \
            0x95, 0xca, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92 \
        }                                                  \
    }
#define WSAID_TRANSMITFILE                                 \
    {                                                      \
        0xb5367df0, 0xcbac, 0x11cf,                        \
        {                                                  \
            0x95, 0xca, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92 \
        }                                                  \
    }
#define WSAID_CONNECTEX                                    \
    {                                                      \
        0x25a207b9, 0xddf3, 0x4660,                        \
        {                                                  \
            0x8e, 0xe9, 0x76, 0xe5, 0x8c, 0x74, 0x06, 0x3e \
        }                                                  \
    }
#define WSAID_DISCONNECTEX                                 \
    {                                                      \
        0x7fda2e11, 0x8630, 0x436f,                        \
        {                                                  \
            0xa0, 0x31, 0xf5, 0x36, 0xa6, 0xee, 0xc1, 0x57 \
        }                                                  \
    }

#define WSAID_WSARECVMSG                                   \
    {                                                      \
        0xf689d7c8, 0x6f1f, 0x436b,                        \
        {                                                  \
            0x8a, 0x53, 0xe5, 0x4f, 0xe3, 0x51, 0xc3, 0x22 \
        }                                                  \
    }
#define WSAID_WSASENDMSG                                   \
    {                                                      \
        0xa441e712, 0x754f, 0x43ca,                        \
        {                                                  \
            0x84, 0xa7, 0x0d, 0xee, 0x44, 0xcf, 0x60, 0x6d \
        }                                                  \
    }
#define WSAID_WSAPOLL                                      \
    {                                                      \
        0x18c76f85, 0xdc66, 0x4964,                        \
        {                                                  \
            0x97, 0x2e, 0x23, 0xc2, 0x72, 0x38, 0x31, 0x2b \
        }                                                  \
    }
#define WSAID_TRANSMITPACKETS                              \
    {                                                      \
        0xd9689da0, 0x1f90, 0x11d3,                        \
        {                                                  \
            0x99, 0x71, 0x00, 0xc0, 0x4f, 0x68, 0xc8, 0x76 \
        }                                                  \
    }

PORTICO_END_DECLS

#endif

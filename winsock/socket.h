/* The socket: a file object with Winsock's state. Its descriptor is always non-blocking and
 * close-on-exec; blocking and non-blocking mode, overlapped or not, are attributes of the object.
 *
 * Lock order: a listener's lock before that of a socket it accepts into. */
#ifndef PORTICO_SOCKET_H
#define PORTICO_SOCKET_H

#include "file.h"
#include "wsabi.h"

struct network_events;
struct deferred;
struct sockaddr_storage;

/* A place a socket is bound to (binding.h). */
struct bound_at {
    uint16_t port;       /* 0: none */
    bool four, six, any; /* which families it covers, and whether with every address */
    uint8_t address[16]; /* an IPv4 one mapped */
};

struct socket {
    struct file file;
    int family; /* Windows' numbers */
    int type;
    int protocol;
    /* Under file.lock: */
    bool nonblocking;
    bool bound;
    bool listening;
    bool connecting;     /* a non-blocking connect or a ConnectEx is under way */
    bool connect_failed; /* the last connect ended badly: exceptional for select */
    bool connected;
    bool active;       /* the connection was made from here */
    bool by_extension; /* by ConnectEx, and SO_UPDATE_CONNECT_CONTEXT has not told yet */
    NTSTATUS broken;   /* why the connection is no more, once the host has told; 0: it has not */
    bool shut_send;
    bool shut_receive;
    _Atomic uint32_t fresh;       /* its descriptor is as it was made (spare.h); 0: it is not */
    struct socket *accepting_for; /* the listener whose AcceptEx wants it; a reference */
    bool exclusive;               /* SO_EXCLUSIVEADDRUSE */
    bool reuse;                   /* SO_REUSEADDR, Windows' meaning */
    bool no_connreset;            /* SIO_UDP_CONNRESET and _NETRESET turned off */
    bool no_netreset;
    bool reading_in;     /* an errand reads a file in for the TransmitFile in front */
    bool accept_waits;   /* for descriptors, to be tried again (accept.c) */
    bool lingers;        /* SO_LINGER is on */
    bool reused;         /* DisconnectEx made it anew: ConnectEx needs no bind (SOCK-216) */
    bool options_set;    /* on the descriptor, by the program */
    bool oob_inline;     /* SO_OOBINLINE is: urgent data is data */
    bool oob_read;       /* urgent data was read: the host keeps it in its place in the stream */
    bool v6only;         /* IPV6_V6ONLY, on a socket of any family */
    uint8_t tos;         /* IP_TOS, which changes nothing on Windows (SOCK-380) */
    uint32_t remembered; /* options that are only kept (option.c) */
    int send_buffer;     /* SO_SNDBUF and SO_RCVBUF as they were set; -1: never */
    int receive_buffer;
    void *known_buffer; /* a receive's that was found to be there (socket_io.c); atomic */
    uint32_t known_length;
    uint32_t receive_timeout_ms; /* 0: none */
    uint32_t send_timeout_ms;
    int error;                 /* SO_ERROR: a Winsock code, 0 for none */
    NTSTATUS connect_status;   /* how the last connect failed */
    int64_t connected_at_s;    /* CLOCK_MONOTONIC */
    struct deferred *deferred; /* connections a WSAAccept left for the next accept (accept.c) */
    struct list away;          /* AcceptEx requests that wait for data in another socket's queue */
    struct lock away_lock;     /* protects it; innermost */
    struct sockaddr_storage *peer; /* kept where the host would forget it; NULL: ask the host */
    struct list bound_link;        /* in the list of its port (binding.c) */
    struct bound_at bound_at;
    struct list watchers;   /* struct watcher */
    struct lock watch_lock; /* protects them and what `events` points to; file.lock goes before */
    struct network_events *events; /* WSAEventSelect's; NULL until its first use */
};

extern const struct file_ops socket_ops;

static inline struct socket *socket_of(struct file *file)
{
    return list_entry(file, struct socket, file);
}

/* How often WSAStartup was called and not yet cleaned up after. */
extern _Atomic uint32_t winsock_starts;

/* The socket behind a SOCKET, with a reference: STATUS_WSA(WSANOTINITIALISED),
 * STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH. */
NTSTATUS socket_get(uintptr_t s, struct socket **socket);

static inline void socket_unref(struct socket *socket)
{
    file_unref(&socket->file);
}

enum socket_create_flag { SOCKET_OVERLAPPED = 1, SOCKET_NO_INHERIT = 2, SOCKET_BY_INFO = 4 };

/* An object around a descriptor, one reference; NULL closes it: no memory. */
struct socket *socket_new(int fd, int family, int type, int protocol, uint32_t file_flags);

/* A handle for it; gives up the caller's reference. */
NTSTATUS socket_open_handle(struct socket *socket, uint32_t flags, uintptr_t *s);

/* A new socket, with a handle. */
NTSTATUS socket_create(int family, int type, int protocol, uint32_t flags, uintptr_t *s);

/* A new socket around a connected descriptor, with the properties of a listener. Takes over the
 * descriptor. */
NTSTATUS socket_adopt(struct socket *listener, int fd, uintptr_t *s);

/* A host descriptor for an object of this kind. */
NTSTATUS socket_open_descriptor(int family, int type, int protocol, int *fd);

/* The socket's descriptor is replaced; the old one is closed. Caller holds file.lock. */
void socket_replace_descriptor(struct socket *socket, int fd);

/* The socket is connected now. Caller holds file.lock. */
void socket_set_connected(struct socket *socket);

/* Keeps the peer's address beyond what the host does. Caller holds file.lock. */
void socket_keep_peer(struct socket *socket, const struct sockaddr_storage *peer);

NTSTATUS socket_bind(struct socket *socket, const void *name, int length);
NTSTATUS socket_listen(struct socket *socket, int backlog);
NTSTATUS socket_shutdown(struct socket *socket, int how);
NTSTATUS socket_name(struct socket *socket, bool peer, void *name, int *length);
NTSTATUS socket_close(uintptr_t s);

/* The last WSACleanup: every socket of the process is closed. */
void socket_close_all(void);

/* ---- data (socket_io.c) ---- */

struct socket_io {
    struct wsabuf *buffers;
    uint32_t count;
    uint32_t flags; /* Winsock's MSG_* */
    void *name;     /* address to send to, or buffer for the sender's */
    int name_length;
    int *name_length_out;   /* receive: in and out */
    uint32_t *flags_out;    /* receive */
    struct wsamsg *message; /* WSARecvMsg and WSASendMsg */
    OVERLAPPED *overlapped;
    void *routine;
};

/* STATUS_SUCCESS with *moved, STATUS_PENDING, a warning (STATUS_BUFFER_OVERFLOW) or an error. */
NTSTATUS socket_receive(struct socket *socket, const struct socket_io *io, uint32_t *moved);
NTSTATUS socket_send(struct socket *socket, const struct socket_io *io, uint32_t *moved);
NTSTATUS socket_transfer(struct file *file, struct request *request);

/* Can no program have memory there? Pages below and above are nobody's; of those between, the
 * kernel tells when it moves the data. */
static inline bool socket_is_nowhere(const void *start)
{
    return (uintptr_t)start < 0x10000 || (uintptr_t)start >= 0x7FFFFFFFF000;
}

/* The requests of overlapped extension functions begin alike: takes the OVERLAPPED and its event.
 */
NTSTATUS socket_request_init(struct socket *socket, struct request *request, OVERLAPPED *overlapped,
                             void *routine);

/* Starts a REQUEST_WRITE whose call reports pending however it ends, unless its first try takes
 * REQUEST_ALWAYS_PENDS back. Caller holds file.lock, and frees the request unless *queued was set.
 */
NTSTATUS socket_submit_pending(struct socket *socket, struct request *request, bool *queued);

/* ---- connections (accept.c, connect.c, transmit.c) ---- */

NTSTATUS socket_accept(struct socket *listener, void *name, int *length, uintptr_t *s);

/* Judges a connection: takes it, refuses it, or leaves it for the next accept. */
enum accept_verdict { ACCEPT_TAKE, ACCEPT_REJECT, ACCEPT_DEFER, ACCEPT_INVALID };
struct accept_judge {
    enum accept_verdict (*judge)(struct accept_judge *judge, const void *peer, int peer_length,
                                 const void *local, int local_length);
};
NTSTATUS socket_accept_judged(struct socket *listener, struct accept_judge *judge, void *name,
                              int *length, uintptr_t *s);
void socket_drop_deferred(struct socket *listener);

struct accept_args {
    struct socket *acceptor;
    char *buffer;
    uint32_t receive_length, local_length, remote_length;
    OVERLAPPED *overlapped;
};
NTSTATUS socket_accept_ex(struct socket *listener, const struct accept_args *args);
uint32_t socket_cancel_away(struct file *file, const void *iosb, uint32_t thread_id);

/* Where GetAcceptExSockaddrs finds an address: a length, then the address. */
struct accept_address {
    uint32_t length;
    char address[];
};

NTSTATUS socket_connect(struct socket *socket, const void *name, int length);
NTSTATUS socket_connect_ex(struct socket *socket, const void *name, int length, const void *data,
                           uint32_t data_length, OVERLAPPED *overlapped);
/* Shuts the sending side; with `reuse`, a fresh descriptor follows. Caller holds file.lock. */
NTSTATUS socket_disconnect_locked(struct socket *socket, bool reuse);
NTSTATUS socket_disconnect_ex(struct socket *socket, OVERLAPPED *overlapped, uint32_t flags);

struct transmit_args {
    struct file *file; /* NULL: buffers only */
    uint64_t offset;
    uint64_t length; /* 0: to the end */
    const void *head, *tail;
    uint32_t head_length, tail_length;
    uint32_t flags;
    OVERLAPPED *overlapped;
};
NTSTATUS socket_transmit(struct socket *socket, const struct transmit_args *args);
NTSTATUS socket_transmit_packets(struct socket *socket, const struct packet_element *elements,
                                 uint32_t count, OVERLAPPED *overlapped, uint32_t flags);

/* ---- control codes of AFD (afd.c) ---- */

NTSTATUS afd_control(struct file *file, struct request *request,
                     const struct device_control *control);

/* ---- options (option.c) ---- */

NTSTATUS socket_set_option(struct socket *socket, int level, int name, const void *value,
                           int length);
NTSTATUS socket_get_option(struct socket *socket, int level, int name, void *value, int *length);
/* The options that an accepted socket has from its listener. */
void option_inherit(struct socket *listener, struct socket *accepted);
/* Those of the socket's descriptor, for the one that is to take its place. */
void option_carry(struct socket *socket, int fd);
/* SO_OPENTYPE, which is the thread's. */
NTSTATUS option_set_open_type(const void *value, int length);
NTSTATUS option_get_open_type(void *value, int *length);
bool option_opens_overlapped(void);
NTSTATUS socket_set_nonblocking(struct socket *socket, bool on);
NTSTATUS socket_prefer_processor(struct socket *socket, uint32_t processor);
NTSTATUS socket_peer_process(struct socket *socket, uint32_t *id);
NTSTATUS socket_readable_bytes(struct socket *socket, uint32_t *count);
NTSTATUS socket_at_mark(struct socket *socket, uint32_t *at_mark);
NTSTATUS socket_set_keepalive(struct socket *socket, uint32_t on, uint32_t time_ms,
                              uint32_t interval_ms);

#endif

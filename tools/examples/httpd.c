/* A small HTTP/1.1 file server in ordinary Win32: AcceptEx, overlapped WSARecv and WSASend,
 * overlapped ReadFile for small files, TransmitFile for large ones, and a pool of threads that take
 * completions from one port. Ctrl-C stops it.
 *
 *   httpd PORT FOLDER [THREADS]
 *
 * Linux:    portico-cc -O2 httpd.c -o httpd
 * Windows:  x86_64-w64-mingw32-gcc -O2 httpd.c -o httpd.exe -lws2_32 -lmswsock
 *
 * One structure a connection, one operation at a time on it: whichever thread takes its completion
 * owns the connection until it starts the next operation. */
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST_MAX 8192           /* a longer request head is refused */
#define SMALL_FILE_MAX (64 * 1024) /* up to here: read and send; beyond: TransmitFile */
#define ACCEPTS 64                 /* AcceptEx calls kept waiting */
#define ADDRESS_ROOM (sizeof(struct sockaddr_storage) + 16)
#define STOP_KEY 1

enum step { ACCEPTING, RECEIVING, READING, SENDING };

struct connection {
    OVERLAPPED overlapped; /* first: a completion's OVERLAPPED is the connection */
    enum step step;
    SOCKET socket;
    HANDLE file;
    char request[REQUEST_MAX + 1];
    DWORD received;  /* bytes in `request` */
    DWORD head_size; /* of the request being answered */
    char head[512];  /* of the response */
    DWORD head_length;
    char *body; /* of a small file */
    DWORD body_length;
    DWORD sending; /* bytes the send in progress must move */
    BOOL keep_alive;
    char addresses[2 * ADDRESS_ROOM];
};

static HANDLE port;
static SOCKET listener;
static const char *root;
static LONG stopping;
static DWORD thread_count;

/* ---- connections ---- */

static void start_accept(struct connection *c);
static void start_receive(struct connection *c);

static void close_file(struct connection *c)
{
    if (c->file != INVALID_HANDLE_VALUE)
        CloseHandle(c->file);
    c->file = INVALID_HANDLE_VALUE;
    free(c->body);
    c->body = NULL;
}

/* Ends a connection; its structure goes on to wait for the next one. */
static void recycle(struct connection *c)
{
    close_file(c);
    closesocket(c->socket);
    start_accept(c);
}

static void reset_overlapped(struct connection *c, enum step step)
{
    memset(&c->overlapped, 0, sizeof c->overlapped);
    c->step = step;
}

static void start_accept(struct connection *c)
{
    DWORD bytes;
    c->received = 0;
    c->file = INVALID_HANDLE_VALUE;
    c->body = NULL;
    if (InterlockedCompareExchange(&stopping, 0, 0)) {
        free(c);
        return;
    }
    c->socket = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    if (c->socket == INVALID_SOCKET) {
        fprintf(stderr, "httpd: no socket: %d\n", WSAGetLastError());
        free(c);
        return;
    }
    reset_overlapped(c, ACCEPTING);
    if (!AcceptEx(listener, c->socket, c->addresses, 0, ADDRESS_ROOM, ADDRESS_ROOM, &bytes,
                  &c->overlapped) &&
        WSAGetLastError() != WSA_IO_PENDING) {
        closesocket(c->socket);
        free(c);
    }
}

static void start_receive(struct connection *c)
{
    WSABUF buffer;
    DWORD flags = 0;
    buffer.buf = c->request + c->received;
    buffer.len = REQUEST_MAX - c->received;
    reset_overlapped(c, RECEIVING);
    if (WSARecv(c->socket, &buffer, 1, NULL, &flags, &c->overlapped, NULL) == SOCKET_ERROR &&
        WSAGetLastError() != WSA_IO_PENDING)
        recycle(c);
}

/* Sends the response's head, and the body of a small file behind it. */
static void start_send(struct connection *c)
{
    WSABUF buffers[2];
    buffers[0].buf = c->head;
    buffers[0].len = c->head_length;
    buffers[1].buf = c->body;
    buffers[1].len = c->body_length;
    c->sending = c->head_length + c->body_length;
    reset_overlapped(c, SENDING);
    if (WSASend(c->socket, buffers, c->body_length ? 2 : 1, NULL, 0, &c->overlapped, NULL) ==
            SOCKET_ERROR &&
        WSAGetLastError() != WSA_IO_PENDING)
        recycle(c);
}

static void start_transmit(struct connection *c, DWORD size)
{
    TRANSMIT_FILE_BUFFERS buffers;
    memset(&buffers, 0, sizeof buffers);
    buffers.Head = c->head;
    buffers.HeadLength = c->head_length;
    c->sending = c->head_length + size;
    reset_overlapped(c, SENDING);
    if (!TransmitFile(c->socket, c->file, size, 0, &c->overlapped, &buffers, 0) &&
        WSAGetLastError() != WSA_IO_PENDING)
        recycle(c);
}

static void start_read(struct connection *c, DWORD size)
{
    c->body = malloc(size);
    c->body_length = size;
    reset_overlapped(c, READING);
    if (!c->body || !CreateIoCompletionPort(c->file, port, 0, 0) ||
        (!ReadFile(c->file, c->body, size, NULL, &c->overlapped) &&
         GetLastError() != ERROR_IO_PENDING))
        recycle(c);
}

/* ---- HTTP ---- */

static void make_head(struct connection *c, const char *status, unsigned long long length)
{
    c->head_length = (DWORD)snprintf(c->head, sizeof c->head,
                                     "HTTP/1.1 %s\r\nServer: portico-httpd\r\n"
                                     "Content-Length: %llu\r\nConnection: %s\r\n\r\n",
                                     status, length, c->keep_alive ? "keep-alive" : "close");
    c->body_length = 0;
}

/* An answer without a file, after which the connection ends. */
static void refuse(struct connection *c, const char *status)
{
    c->keep_alive = FALSE;
    make_head(c, status, 0);
    start_send(c);
}

static int hex_digit(char d)
{
    if (d >= '0' && d <= '9')
        return d - '0';
    d |= 0x20;
    return d >= 'a' && d <= 'f' ? d - 'a' + 10 : -1;
}

/* The target's path below the root; FALSE for one that is malformed or leads out of it. */
static BOOL make_path(const char *target, char *path, size_t size)
{
    size_t used = (size_t)snprintf(path, size, "%s", root);
    const char *from = target;
    if (used + 1 >= size || *target != '/')
        return FALSE;
    for (; *from && *from != '?'; from++) {
        char c = *from;
        if (c == '%') {
            int high = hex_digit(from[1]), low = high < 0 ? -1 : hex_digit(from[2]);
            if (low < 0)
                return FALSE;
            c = (char)(high << 4 | low);
            from += 2;
        }
        if (!c || c == '\\' || c == ':' || used + 1 >= size)
            return FALSE;
        path[used++] = c;
    }
    path[used] = '\0';
    return strstr(path + strlen(root), "/..") == NULL;
}

static void serve_file(struct connection *c, const char *path)
{
    LARGE_INTEGER size;
    c->file =
        CreateFileA(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                    NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED | FILE_FLAG_SEQUENTIAL_SCAN, NULL);
    if (c->file == INVALID_HANDLE_VALUE || !GetFileSizeEx(c->file, &size)) {
        c->keep_alive = FALSE;
        refuse(c, GetLastError() == ERROR_ACCESS_DENIED ? "403 Forbidden" : "404 Not Found");
    } else if (size.QuadPart >= 0x7fff0000) {
        refuse(c, "507 Insufficient Storage"); /* more than one TransmitFile moves */
    } else {
        make_head(c, "200 OK", (unsigned long long)size.QuadPart);
        if (size.QuadPart == 0)
            start_send(c);
        else if (size.QuadPart <= SMALL_FILE_MAX)
            start_read(c, (DWORD)size.QuadPart);
        else
            start_transmit(c, (DWORD)size.QuadPart);
    }
}

/* A request head is complete: answers it. */
static void serve(struct connection *c, char *head_end)
{
    char path[MAX_PATH], *target, *end, *header;
    c->head_size = (DWORD)(head_end + 4 - c->request);
    *head_end = '\0';
    target = strchr(c->request, ' ');
    end = target ? strchr(target + 1, ' ') : NULL;
    if (!end || strncmp(end, " HTTP/1.", 8) != 0) {
        refuse(c, "400 Bad Request");
        return;
    }
    c->keep_alive = end[8] == '1';
    for (header = strstr(end, "\r\n"); header; header = strstr(header + 2, "\r\n"))
        if (strncmp(header + 2, "Connection: close", 17) == 0)
            c->keep_alive = FALSE;
    *end = '\0';
    if (strncmp(c->request, "GET ", 4) != 0)
        refuse(c, "405 Method Not Allowed");
    else if (!make_path(target + 1, path, sizeof path))
        refuse(c, "400 Bad Request");
    else
        serve_file(c, path);
}

/* Answers the request that is in the buffer, or waits for the rest of it. */
static void next_request(struct connection *c)
{
    char *head_end;
    c->request[c->received] = '\0';
    head_end = strstr(c->request, "\r\n\r\n");
    if (head_end)
        serve(c, head_end);
    else if (c->received == REQUEST_MAX)
        refuse(c, "431 Request Header Fields Too Large");
    else
        start_receive(c);
}

/* ---- completions ---- */

static void accepted(struct connection *c)
{
    int yes = 1;
    setsockopt(c->socket, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listener, sizeof listener);
    setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, (char *)&yes, sizeof yes);
    if (!CreateIoCompletionPort((HANDLE)c->socket, port, 0, 0))
        recycle(c);
    else
        start_receive(c);
}

static void sent(struct connection *c, DWORD bytes)
{
    close_file(c);
    if (bytes < c->sending || !c->keep_alive) { /* a file that shrank leaves the peer waiting */
        shutdown(c->socket, SD_SEND);
        recycle(c);
        return;
    }
    c->received -= c->head_size;
    memmove(c->request, c->request + c->head_size, c->received);
    next_request(c);
}

static void completed(struct connection *c, DWORD bytes)
{
    switch (c->step) {
    case ACCEPTING:
        accepted(c);
        break;
    case RECEIVING:
        c->received += bytes;
        if (bytes == 0)
            recycle(c);
        else
            next_request(c);
        break;
    case READING:
        if (bytes < c->body_length)
            recycle(c);
        else
            start_send(c);
        break;
    case SENDING:
        sent(c, bytes);
        break;
    }
}

static DWORD WINAPI worker(LPVOID unused)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *overlapped;
    (void)unused;
    for (;;) {
        BOOL ok = GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE);
        if (key == STOP_KEY && !overlapped)
            return 0;
        if (!overlapped)
            return 1;
        if (ok)
            completed((struct connection *)overlapped, bytes);
        else
            recycle((struct connection *)overlapped);
    }
}

/* ---- starting and stopping ---- */

static void stop(void)
{
    DWORD i;
    if (InterlockedExchange(&stopping, 1))
        return;
    for (i = 0; i < thread_count; i++)
        PostQueuedCompletionStatus(port, 0, STOP_KEY, NULL);
}

static BOOL WINAPI on_control(DWORD type)
{
    (void)type;
    stop();
    return TRUE;
}

static BOOL open_listener(const char *port_text)
{
    struct sockaddr_in address;
    listener = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((u_short)atoi(port_text));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return listener != INVALID_SOCKET &&
           bind(listener, (struct sockaddr *)&address, sizeof address) == 0 &&
           listen(listener, SOMAXCONN) == 0 &&
           CreateIoCompletionPort((HANDLE)listener, port, 0, 0) != NULL;
}

int main(int argc, char **argv)
{
    HANDLE threads[MAXIMUM_WAIT_OBJECTS];
    SYSTEM_INFO system;
    WSADATA data;
    DWORD i;
    if (argc < 3) {
        fprintf(stderr, "usage: httpd PORT FOLDER [THREADS]\n");
        return 2;
    }
    root = argv[2];
    GetSystemInfo(&system);
    thread_count = argc > 3 ? (DWORD)atoi(argv[3]) : system.dwNumberOfProcessors;
    if (thread_count < 1 || thread_count > MAXIMUM_WAIT_OBJECTS)
        thread_count = 1;
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    if (!port || WSAStartup(MAKEWORD(2, 2), &data) != 0 || !open_listener(argv[1])) {
        fprintf(stderr, "httpd: cannot listen on port %s: %d\n", argv[1], WSAGetLastError());
        return 1;
    }
    SetConsoleCtrlHandler(on_control, TRUE);
    for (i = 0; i < ACCEPTS; i++) {
        struct connection *c = calloc(1, sizeof *c);
        if (c)
            start_accept(c);
    }
    for (i = 0; i < thread_count; i++)
        threads[i] = CreateThread(NULL, 0, worker, NULL, 0, NULL);
    printf("serving %s on 127.0.0.1:%s\n", root, argv[1]);
    fflush(stdout);
    WaitForMultipleObjects(thread_count, threads, TRUE, INFINITE);
    closesocket(listener);
    for (i = 0; i < thread_count; i++)
        CloseHandle(threads[i]);
    CloseHandle(port);
    WSACleanup();
    printf("stopped\n");
    return 0;
}

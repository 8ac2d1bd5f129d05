/* Bad input: every call that takes a handle, with NULL, wild, closed and wrong-type ones; then NULL
 * pointers, impossible sizes and unknown flags. The documented error, nothing changed, no crash. */
#include "sockets.h"

#include <winternl.h>

#define NT_INVALID_HANDLE ((NTSTATUS)0xC0000008)
#define NT_TYPE_MISMATCH ((NTSTATUS)0xC0000024)

/* ---- one object of each kind ---- */

enum kind {
    EVENT = 1,
    MUTEX = 2,
    SEMAPHORE = 4,
    THREAD = 8,
    PORT = 16,
    DISK = 32, /* overlapped */
    TCP = 64,  /* a connected socket */
    PROCESS = 128,
    FILES = DISK | TCP,
    DUPLICABLE = 255,
};

static HANDLE event, mutex, semaphore, thread, port, disk, thread_may_end, closed;
static SOCKET tcp, tcp_peer;
static char buffer[512];
static OVERLAPPED overlapped;
static const char text[] = "left as it is";

static DWORD WINAPI wait_for_parameter(LPVOID parameter)
{
    return WaitForSingleObject(parameter, INFINITE) == WAIT_OBJECT_0 ? 7 : 8;
}

static HANDLE new_file(void)
{
    DWORD written;
    const char *path = test_temp_path();
    HANDLE plain = CreateFileA(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    assert_true(plain != INVALID_HANDLE_VALUE);
    assert_win32(WriteFile(plain, text, sizeof text, &written, NULL));
    assert_win32(CloseHandle(plain));
    return CreateFileA(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_EXISTING,
                       FILE_FLAG_OVERLAPPED, NULL);
}

static int open_objects(void **state)
{
    test_winsock_up(state);
    event = CreateEventA(NULL, TRUE, FALSE, NULL);
    mutex = CreateMutexA(NULL, TRUE, NULL);
    semaphore = CreateSemaphoreA(NULL, 1, 2, NULL);
    thread_may_end = CreateEventA(NULL, TRUE, FALSE, NULL);
    thread = CreateThread(NULL, 0, wait_for_parameter, thread_may_end, 0, NULL);
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    disk = new_file();
    test_tcp_pair(&tcp, &tcp_peer);
    closed = CreateEventA(NULL, TRUE, FALSE, NULL);
    return !CloseHandle(closed);
}

static void assert_disk_unchanged(void)
{
    LARGE_INTEGER size;
    DWORD bytes = 0;
    assert_win32(GetFileSizeEx(disk, &size));
    assert_int_equal(size.QuadPart, sizeof text);
    memset(&overlapped, 0, sizeof overlapped);
    if (!ReadFile(disk, buffer, sizeof buffer, NULL, &overlapped))
        assert_int_equal(GetLastError(), ERROR_IO_PENDING);
    assert_win32(GetOverlappedResult(disk, &overlapped, &bytes, TRUE));
    assert_int_equal(bytes, sizeof text);
    assert_string_equal(buffer, text);
}

/* Everything is as open_objects left it, and works. */
static void assert_nothing_changed(void)
{
    DWORD code, flags;
    char byte = 'x';
    LONG count;
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    assert_win32(ReleaseMutex(mutex));
    assert_fails(ERROR_NOT_OWNER, ReleaseMutex(mutex));
    assert_int_equal(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0);
    assert_win32(ReleaseSemaphore(semaphore, 1, &count));
    assert_int_equal(count, 1);
    assert_int_equal(WaitForSingleObject(semaphore, 0), WAIT_OBJECT_0);
    assert_win32(GetExitCodeThread(thread, &code));
    assert_int_equal(code, STILL_ACTIVE);
    test_no_packet(port);
    assert_disk_unchanged();
    assert_int_equal(send(tcp_peer, &byte, 1, 0), 1);
    assert_int_equal(recv(tcp, buffer, sizeof buffer, 0), 1);
    assert_fails(ERROR_INVALID_HANDLE, GetHandleInformation(closed, &flags));
}

static int close_objects(void **state)
{
    SetEvent(thread_may_end);
    WaitForSingleObject(thread, INFINITE);
    closesocket(tcp);
    closesocket(tcp_peer);
    HANDLE all[] = {event, mutex, semaphore, thread, port, disk, thread_may_end};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        assert_win32(CloseHandle(all[i]));
    return test_winsock_down(state);
}

/* ---- handles ---- */

struct handle_call {
    const char *name;
    int (*fails)(HANDLE h);
    unsigned takes; /* kinds it is right for, or says something else about */
    DWORD error;
};

static DWORD bytes;
static ULONG_PTR key;
static OVERLAPPED *taken;
static LARGE_INTEGER large;
static FILETIME when;
static BY_HANDLE_FILE_INFORMATION information;
static OVERLAPPED_ENTRY entry;

static void WINAPI never_runs(DWORD error, DWORD moved, LPOVERLAPPED done)
{
    (void)error;
    (void)moved;
    (void)done;
    abort();
}

static void CALLBACK never_runs_apc(ULONG_PTR parameter)
{
    (void)parameter;
    abort();
}

static OVERLAPPED *zeroed(void)
{
    memset(&overlapped, 0, sizeof overlapped);
    return &overlapped;
}

static OVERLAPPED *pending(HANDLE wait_on)
{
    zeroed()->Internal = 0x103;
    overlapped.hEvent = wait_on;
    return &overlapped;
}

static HANDLE *pair(HANDLE first, HANDLE second)
{
    static HANDLE handles[2];
    handles[0] = first;
    handles[1] = second;
    return handles;
}

/* name, kinds it takes, what it gives when it fails */
#define HANDLE_CALLS(X)                                                                         \
    X(close, DUPLICABLE, !CloseHandle(h))                                                       \
    X(compare_first, DUPLICABLE, !CompareObjectHandles(h, event))                               \
    X(compare_second, DUPLICABLE, !CompareObjectHandles(event, h))                              \
    X(duplicate_from, PROCESS,                                                                  \
      !DuplicateHandle(h, event, GetCurrentProcess(), &made, 0, FALSE, DUPLICATE_SAME_ACCESS))  \
    X(duplicate_what, DUPLICABLE,                                                               \
      !DuplicateHandle(GetCurrentProcess(), h, GetCurrentProcess(), &made, 0, FALSE,            \
                       DUPLICATE_SAME_ACCESS))                                                  \
    X(duplicate_to, PROCESS,                                                                    \
      !DuplicateHandle(GetCurrentProcess(), event, h, &made, 0, FALSE, DUPLICATE_SAME_ACCESS))  \
    X(get_information, DUPLICABLE, !GetHandleInformation(h, &bytes))                            \
    X(set_information, DUPLICABLE, !SetHandleInformation(h, HANDLE_FLAG_INHERIT, 0))            \
    X(bind_what, FILES | PROCESS, !CreateIoCompletionPort(h, port, 1, 0))                       \
    X(bind_what_to_a_new_port, FILES | PROCESS, !CreateIoCompletionPort(h, NULL, 1, 0))         \
    X(dequeue, PORT, !GetQueuedCompletionStatus(h, &bytes, &key, &taken, 0))                    \
    X(dequeue_ex, PORT, !GetQueuedCompletionStatusEx(h, &entry, 1, &bytes, 0, FALSE))           \
    X(post, PORT, !PostQueuedCompletionStatus(h, 1, 2, &overlapped))                            \
    X(result_of_file, DUPLICABLE, !GetOverlappedResult(h, pending(NULL), &bytes, TRUE))         \
    X(result_of_event, DUPLICABLE, !h || !GetOverlappedResult(disk, pending(h), &bytes, TRUE))  \
    X(result_ex, DUPLICABLE, !GetOverlappedResultEx(h, pending(NULL), &bytes, 10, FALSE))       \
    X(cancel, FILES, !CancelIo(h))                                                              \
    X(cancel_ex, FILES, !CancelIoEx(h, NULL))                                                   \
    X(read, FILES, !ReadFile(h, buffer, 1, &bytes, zeroed()))                                   \
    X(read_event, EVENT | PROCESS,                                                              \
      (zeroed()->hEvent = h) == NULL || !ReadFile(disk, buffer, 1, &bytes, &overlapped))        \
    X(read_ex, FILES, !ReadFileEx(h, buffer, 1, zeroed(), never_runs))                          \
    X(write, FILES, !WriteFile(h, buffer, 1, &bytes, zeroed()))                                 \
    X(write_ex, FILES, !WriteFileEx(h, buffer, 1, zeroed(), never_runs))                        \
    X(set_modes, FILES, !SetFileCompletionNotificationModes(h, 0))                              \
    X(size, FILES, GetFileSize(h, NULL) == INVALID_FILE_SIZE)                                   \
    X(size_ex, FILES, !GetFileSizeEx(h, &large))                                                \
    X(pointer, FILES, SetFilePointer(h, 1, NULL, FILE_BEGIN) == INVALID_SET_FILE_POINTER)       \
    X(pointer_ex, FILES, !SetFilePointerEx(h, large, NULL, FILE_BEGIN))                         \
    X(set_end, FILES, !SetEndOfFile(h))                                                         \
    X(flush, FILES, !FlushFileBuffers(h))                                                       \
    X(type, FILES, GetFileType(h) == FILE_TYPE_UNKNOWN)                                         \
    X(get_time, FILES, !GetFileTime(h, &when, NULL, NULL))                                      \
    X(set_time, FILES, !SetFileTime(h, NULL, NULL, &when))                                      \
    X(information, FILES, !GetFileInformationByHandle(h, &information))                         \
    X(final_path_a, FILES, !GetFinalPathNameByHandleA(h, buffer, sizeof buffer, 0))             \
    X(final_path_w, FILES, !GetFinalPathNameByHandleW(h, (WCHAR *)buffer, 64, 0))               \
    X(find_next_a, 0, !FindNextFileA(h, (WIN32_FIND_DATAA *)buffer))                            \
    X(find_close, 0, !FindClose(h))                                                             \
    X(set_event, EVENT, !SetEvent(h))                                                           \
    X(reset_event, EVENT, !ResetEvent(h))                                                       \
    X(pulse_event, EVENT, !PulseEvent(h))                                                       \
    X(release_mutex, MUTEX, !ReleaseMutex(h))                                                   \
    X(release_semaphore, SEMAPHORE, !ReleaseSemaphore(h, 1, NULL))                              \
    X(signal_and_wait_signal, EVENT | MUTEX | SEMAPHORE,                                        \
      SignalObjectAndWait(h, event, 0, FALSE) == WAIT_FAILED)                                   \
    X(signal_and_wait_wait, DUPLICABLE, SignalObjectAndWait(event, h, 0, FALSE) == WAIT_FAILED) \
    X(wait, DUPLICABLE, WaitForSingleObject(h, 0) == WAIT_FAILED)                               \
    X(wait_ex, DUPLICABLE, WaitForSingleObjectEx(h, 0, FALSE) == WAIT_FAILED)                   \
    X(wait_many, DUPLICABLE & ~PROCESS,                                                         \
      WaitForMultipleObjects(2, pair(event, h), FALSE, 0) == WAIT_FAILED)                       \
    X(wait_all, DUPLICABLE & ~PROCESS,                                                          \
      WaitForMultipleObjectsEx(2, pair(h, event), TRUE, 0, FALSE) == WAIT_FAILED)               \
    X(exit_code, THREAD, !GetExitCodeThread(h, &bytes))                                         \
    X(thread_id, THREAD, !GetThreadId(h))                                                       \
    X(queue_apc, THREAD, !QueueUserAPC(never_runs_apc, h, 0))                                   \
    X(resume, THREAD, ResumeThread(h) == (DWORD)-1)                                             \
    X(terminate_process, PROCESS, !TerminateProcess(h, 3))                                      \
    X(wsa_set_event, EVENT, !WSASetEvent(h))                                                    \
    X(wsa_reset_event, EVENT, !WSAResetEvent(h))                                                \
    X(wsa_close_event, DUPLICABLE, !WSACloseEvent(h))                                           \
    X(wsa_wait, DUPLICABLE,                                                                     \
      WSAWaitForMultipleEvents(1, pair(h, NULL), FALSE, 0, FALSE) == WSA_WAIT_FAILED)

static HANDLE made;
static WSABUF wsabuf = {1, buffer};
static DWORD flags;
static struct sockaddr_in address;
static int length;
static u_long number;
static LPFN_CONNECTEX connect_ex;
static LPFN_DISCONNECTEX disconnect_ex;

static fd_set *set_of(SOCKET s)
{
    static fd_set set;
    FD_ZERO(&set);
    FD_SET(s, &set);
    return &set;
}

static const struct timeval at_once = {0, 0};

#define SOCKET_CALLS(X)                                                                           \
    X(accept, TCP, accept(s, NULL, NULL) == INVALID_SOCKET)                                       \
    X(bind, TCP, bind(s, (struct sockaddr *)&address, sizeof address))                            \
    X(connect, TCP, connect(s, (struct sockaddr *)&address, sizeof address))                      \
    X(getpeername, TCP, getpeername(s, (struct sockaddr *)&address, &length))                     \
    X(getsockname, TCP, getsockname(s, (struct sockaddr *)&address, &length))                     \
    X(getsockopt, TCP, getsockopt(s, SOL_SOCKET, SO_TYPE, (char *)&number, &length))              \
    X(setsockopt, TCP, setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, (char *)&number, sizeof number))   \
    X(listen, TCP, listen(s, 5))                                                                  \
    X(recv, TCP, recv(s, buffer, 1, 0))                                                           \
    X(recvfrom, TCP, recvfrom(s, buffer, 1, 0, NULL, NULL))                                       \
    X(send, TCP, send(s, buffer, 1, 0))                                                           \
    X(sendto, TCP, sendto(s, buffer, 1, 0, (struct sockaddr *)&address, sizeof address))          \
    X(shutdown, TCP, shutdown(s, SD_BOTH))                                                        \
    X(closesocket, TCP, closesocket(s))                                                           \
    X(ioctlsocket, TCP, ioctlsocket(s, FIONREAD, &number))                                        \
    X(select, TCP, select(0, set_of(s), NULL, NULL, &at_once))                                    \
    X(wsa_recv, TCP, WSARecv(s, &wsabuf, 1, &bytes, &flags, zeroed(), NULL))                      \
    X(wsa_recv_from, TCP, WSARecvFrom(s, &wsabuf, 1, &bytes, &flags, NULL, NULL, zeroed(), NULL)) \
    X(wsa_send, TCP, WSASend(s, &wsabuf, 1, &bytes, 0, zeroed(), NULL))                           \
    X(wsa_send_to, TCP, WSASendTo(s, &wsabuf, 1, &bytes, 0, NULL, 0, zeroed(), NULL))             \
    X(wsa_ioctl, TCP, WSAIoctl(s, FIONREAD, NULL, 0, &number, 4, &bytes, NULL, NULL))             \
    X(wsa_result, TCP, !WSAGetOverlappedResult(s, pending(NULL), &bytes, FALSE, &flags))          \
    X(accept_ex_listener, TCP, !AcceptEx(s, tcp, buffer, 0, 32, 32, &bytes, zeroed()))            \
    X(accept_ex_acceptor, TCP, !AcceptEx(tcp, s, buffer, 0, 32, 32, &bytes, zeroed()))            \
    X(connect_ex, TCP,                                                                            \
      !connect_ex(s, (struct sockaddr *)&address, sizeof address, NULL, 0, &bytes, zeroed()))     \
    X(disconnect_ex, TCP, !disconnect_ex(s, NULL, 0, 0))                                          \
    X(transmit_file, TCP, !TransmitFile(s, disk, 0, 0, zeroed(), NULL, 0))

#define DEFINE(name, takes, failed)     \
    static int handle__##name(HANDLE h) \
    {                                   \
        return failed;                  \
    }
HANDLE_CALLS(DEFINE)
#undef DEFINE
#define DEFINE(name, takes, failed)     \
    static int socket__##name(HANDLE h) \
    {                                   \
        SOCKET s = (SOCKET)h;           \
        return failed;                  \
    }
SOCKET_CALLS(DEFINE)
#undef DEFINE

#define ROW(name, takes, failed) {#name, handle__##name, takes, ERROR_INVALID_HANDLE},
#define SOCKET_ROW(name, takes, failed) {#name, socket__##name, takes, WSAENOTSOCK},
static const struct handle_call handle_calls[] = {HANDLE_CALLS(ROW) SOCKET_CALLS(SOCKET_ROW)};
enum { HANDLE_CALL_COUNT = sizeof handle_calls / sizeof handle_calls[0] };

static void expect_refusal(const struct handle_call *call, const char *what, HANDLE h)
{
    int failed;
    SetLastError(LAST_ERROR_SENTINEL);
    failed = call->fails(h);
    if (!failed || GetLastError() != call->error)
        fail_msg("%s with %s handle: %s, last error %u, not %u", call->name, what,
                 failed ? "failed" : "did not fail", (unsigned)GetLastError(),
                 (unsigned)call->error);
}

static void find_extensions(void)
{
    GUID id = WSAID_CONNECTEX, other = WSAID_DISCONNECTEX;
    assert_wsa(WSAIoctl(tcp, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &connect_ex,
                        sizeof connect_ex, &bytes, NULL, NULL));
    assert_wsa(WSAIoctl(tcp, SIO_GET_EXTENSION_FUNCTION_POINTER, &other, sizeof other,
                        &disconnect_ex, sizeof disconnect_ex, &bytes, NULL, NULL));
}

static void no_call_takes_a_handle_that_is_none(void **state)
{
    (void)state;
    find_extensions();
    for (int i = 0; i < HANDLE_CALL_COUNT; i++) {
        const struct handle_call *call = &handle_calls[i];
        if (!strstr(call->name, "_what_to_a_new") && strcmp(call->name, "result_of_event") &&
            strcmp(call->name, "read_event"))
            expect_refusal(call, "a NULL", NULL);
        expect_refusal(call, "a wild", (HANDLE)0x7770);
        expect_refusal(call, "a far too large", (HANDLE)0xdeadbeef00000000);
        expect_refusal(call, "the largest", (HANDLE)0x7ffffffc);
        expect_refusal(call, "a negative", (HANDLE)(LONG_PTR)-400);
        expect_refusal(call, "a pointer as", buffer);
        expect_refusal(call, "a closed", closed);
    }
    assert_nothing_changed();
}

static void no_call_takes_a_handle_of_another_kind(void **state)
{
    const struct {
        enum kind kind;
        const char *what;
        HANDLE h;
    } wrong[] = {
        {EVENT, "an event's", event},
        {MUTEX, "a mutex's", mutex},
        {SEMAPHORE, "a semaphore's", semaphore},
        {THREAD, "a thread's", thread},
        {PORT, "a port's", port},
        {DISK, "a file's", disk},
        {TCP, "a socket's", (HANDLE)tcp},
        {PROCESS, "the process's", GetCurrentProcess()},
        {THREAD, "the running thread's", GetCurrentThread()},
    };
    (void)state;
    find_extensions();
    for (int i = 0; i < HANDLE_CALL_COUNT; i++)
        for (size_t j = 0; j < sizeof wrong / sizeof wrong[0]; j++)
            if (!(handle_calls[i].takes & wrong[j].kind))
                expect_refusal(&handle_calls[i], wrong[j].what, wrong[j].h);
    assert_nothing_changed();
}

/* ---- natives ---- */

static IO_STATUS_BLOCK iosb;
static FILE_COMPLETION_INFORMATION completion;
static void *context;

#define NATIVE_CALLS(X)                                                                        \
    X(close, DUPLICABLE, NtClose(h))                                                           \
    X(cancel, FILES, NtCancelIoFile(h, &iosb))                                                 \
    X(cancel_ex, FILES, NtCancelIoFileEx(h, NULL, &iosb))                                      \
    X(set_port, FILES, NtSetInformationFile(h, &iosb, &completion, sizeof completion, 30))     \
    X(query_file, FILES, NtQueryInformationFile(h, &iosb, buffer, 4, 41))                      \
    X(query_port, PORT, NtQueryIoCompletion(h, IoCompletionBasicInformation, buffer, 4, NULL)) \
    X(set_completion, PORT, NtSetIoCompletion(h, NULL, NULL, 0, 0))                            \
    X(remove, PORT, NtRemoveIoCompletion(h, &context, &context, &iosb, &large))                \
    X(remove_ex, PORT, NtRemoveIoCompletionEx(h, (void *)buffer, 1, &bytes, &large, FALSE))    \
    X(wait, DUPLICABLE, NtWaitForSingleObject(h, FALSE, &large))                               \
    X(read, FILES, NtReadFile(h, NULL, NULL, NULL, &iosb, buffer, 1, &large, NULL))            \
    X(write, FILES, NtWriteFile(h, NULL, NULL, NULL, &iosb, buffer, 1, &large, NULL))

#define DEFINE(name, takes, call)            \
    static NTSTATUS native__##name(HANDLE h) \
    {                                        \
        return call;                         \
    }
NATIVE_CALLS(DEFINE)
#undef DEFINE
#define ROW_NATIVE(name, takes, call) {#name, native__##name, takes},
static const struct native_call {
    const char *name;
    NTSTATUS (*run)(HANDLE h);
    unsigned takes;
} native_calls[] = {NATIVE_CALLS(ROW_NATIVE)};

static void expect_status(const struct native_call *call, HANDLE h, NTSTATUS expected)
{
    NTSTATUS status = call->run(h);
    if (status != expected)
        fail_msg("native %s of %p gives %x, not %x", call->name, h, (unsigned)status,
                 (unsigned)expected);
}

static void natives_tell_no_handle_from_a_wrong_one(void **state)
{
    HANDLE none[] = {NULL, (HANDLE)0x7770, (HANDLE)0xdeadbeef00000000, buffer, closed};
    HANDLE wrong[] = {event, thread, port, disk, (HANDLE)tcp};
    unsigned kinds[] = {EVENT, THREAD, PORT, DISK, TCP};
    (void)state;
    for (size_t i = 0; i < sizeof native_calls / sizeof native_calls[0]; i++) {
        for (int j = 0; j < 5; j++)
            expect_status(&native_calls[i], none[j], NT_INVALID_HANDLE);
        for (int j = 0; j < 5; j++)
            if (!(native_calls[i].takes & kinds[j]))
                expect_status(&native_calls[i], wrong[j], NT_TYPE_MISMATCH);
    }
    assert_nothing_changed();
}

/* ---- pointers, sizes and flags ---- */

/* An address that no program has mapped. */
#define WILD ((void *)0x7770)

static HANDLE find_in_here(void)
{
    return FindFirstFileA("*", (WIN32_FIND_DATAA *)buffer);
}

static int find_next_without_room(void)
{
    HANDLE find = find_in_here();
    int failed = !FindNextFileA(find, NULL);
    DWORD error = GetLastError();
    FindClose(find);
    SetLastError(error);
    return failed;
}

/* An address where nothing is any more. */
static void *once_mapped(void)
{
    void *page = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    assert_non_null(page);
    assert_win32(VirtualFree(page, 0, MEM_RELEASE));
    return (char *)page + 0x890;
}

static TRANSMIT_FILE_BUFFERS wild_head = {WILD, 8, NULL, 0};
static WSABUF wild_wsabuf = {8, WILD};
static HANDLE many[MAXIMUM_WAIT_OBJECTS + 1];
static DWORD old_protection;
static SYSTEMTIME no_time = {.wMonth = 13};

/* name, error, what it gives when it fails */
#define BAD_CALLS(X)                                                                               \
    X(information_to_nowhere, ERROR_NOACCESS, !GetHandleInformation(event, NULL))                  \
    X(unknown_information, ERROR_INVALID_PARAMETER, !SetHandleInformation(event, 0x80, 0x80))      \
    X(bind_nothing, ERROR_INVALID_PARAMETER,                                                       \
      !CreateIoCompletionPort(INVALID_HANDLE_VALUE, port, 0, 0))                                   \
    X(dequeue_no_bytes, ERROR_INVALID_PARAMETER,                                                   \
      !GetQueuedCompletionStatus(port, NULL, &key, &taken, 0))                                     \
    X(dequeue_no_key, ERROR_INVALID_PARAMETER,                                                     \
      !GetQueuedCompletionStatus(port, &bytes, NULL, &taken, 0))                                   \
    X(dequeue_no_overlapped, ERROR_INVALID_PARAMETER,                                              \
      !GetQueuedCompletionStatus(port, &bytes, &key, NULL, 0))                                     \
    X(dequeue_ex_no_entries, ERROR_INVALID_PARAMETER,                                              \
      !GetQueuedCompletionStatusEx(port, NULL, 1, &bytes, 0, FALSE))                               \
    X(dequeue_ex_none, ERROR_INVALID_PARAMETER,                                                    \
      !GetQueuedCompletionStatusEx(port, &entry, 0, &bytes, 0, FALSE))                             \
    X(dequeue_ex_no_count, ERROR_INVALID_PARAMETER,                                                \
      !GetQueuedCompletionStatusEx(port, &entry, 1, NULL, 0, FALSE))                               \
    X(result_of_nothing, ERROR_INVALID_PARAMETER, !GetOverlappedResult(disk, NULL, &bytes, FALSE)) \
    X(result_to_nowhere, ERROR_INVALID_PARAMETER,                                                  \
      !GetOverlappedResult(disk, &overlapped, NULL, FALSE))                                        \
    X(read_to_null, ERROR_NOACCESS, !ReadFile(disk, NULL, 8, &bytes, zeroed()))                    \
    X(read_to_wild, ERROR_NOACCESS, !ReadFile(disk, WILD, 8, &bytes, zeroed()))                    \
    X(read_only_memory, ERROR_NOACCESS, !ReadFile(disk, (void *)text, 8, &bytes, zeroed()))        \
    X(read_without_overlapped, ERROR_INVALID_PARAMETER, !ReadFile(disk, buffer, 8, &bytes, NULL))  \
    X(read_before_the_file, ERROR_INVALID_PARAMETER,                                               \
      (zeroed()->OffsetHigh = 0x80000000) && !ReadFile(disk, buffer, 8, &bytes, &overlapped))      \
    X(write_from_null, ERROR_INVALID_USER_BUFFER, !WriteFile(disk, NULL, 8, &bytes, zeroed()))     \
    X(write_from_wild, ERROR_INVALID_USER_BUFFER, !WriteFile(disk, WILD, 8, &bytes, zeroed()))     \
    X(read_ex_no_overlapped, ERROR_INVALID_PARAMETER,                                              \
      !ReadFileEx(disk, buffer, 1, NULL, never_runs))                                              \
    X(unknown_modes, ERROR_INVALID_PARAMETER, !SetFileCompletionNotificationModes(disk, 0x80))     \
    X(open_null_a, ERROR_PATH_NOT_FOUND,                                                           \
      CreateFileA(NULL, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) == INVALID_HANDLE_VALUE)    \
    X(open_null_w, ERROR_PATH_NOT_FOUND,                                                           \
      CreateFileW(NULL, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) == INVALID_HANDLE_VALUE)    \
    X(open_empty, ERROR_PATH_NOT_FOUND,                                                            \
      CreateFileA("", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) == INVALID_HANDLE_VALUE)      \
    X(open_no_such_disposition, ERROR_INVALID_PARAMETER,                                           \
      CreateFileA(".", GENERIC_READ, 0, NULL, 77, 0, NULL) == INVALID_HANDLE_VALUE)                \
    X(open_no_such_sharing, ERROR_INVALID_PARAMETER,                                               \
      CreateFileA(".", GENERIC_READ, 0x100, NULL, OPEN_EXISTING, 0, NULL) == INVALID_HANDLE_VALUE) \
    X(size_to_nowhere, ERROR_INVALID_PARAMETER, !GetFileSizeEx(disk, NULL))                        \
    X(seek_from_nowhere, ERROR_INVALID_PARAMETER,                                                  \
      SetFilePointer(disk, 0, NULL, 9) == INVALID_SET_FILE_POINTER)                                \
    X(seek_before_the_file, ERROR_NEGATIVE_SEEK,                                                   \
      SetFilePointer(disk, -1, NULL, FILE_BEGIN) == INVALID_SET_FILE_POINTER)                      \
    X(information_of_file_nowhere, ERROR_NOACCESS, !GetFileInformationByHandle(disk, NULL))        \
    X(delete_null, ERROR_PATH_NOT_FOUND, !DeleteFileA(NULL))                                       \
    X(make_null, ERROR_PATH_NOT_FOUND, !CreateDirectoryA(NULL, NULL))                              \
    X(remove_null, ERROR_PATH_NOT_FOUND, !RemoveDirectoryW(NULL))                                  \
    X(move_null, ERROR_PATH_NOT_FOUND, !MoveFileA(NULL, "x"))                                      \
    X(copy_null, ERROR_PATH_NOT_FOUND, !CopyFileA(NULL, "x", TRUE))                                \
    X(attributes_null, ERROR_PATH_NOT_FOUND, GetFileAttributesA(NULL) == INVALID_FILE_ATTRIBUTES)  \
    X(attributes_ex_unknown, ERROR_INVALID_PARAMETER, !GetFileAttributesExA(".", 9, buffer))       \
    X(attributes_ex_nowhere, ERROR_INVALID_PARAMETER,                                              \
      !GetFileAttributesExA(".", GetFileExInfoStandard, NULL))                                     \
    X(set_attributes_null, ERROR_PATH_NOT_FOUND, !SetFileAttributesA(NULL, 0))                     \
    X(full_path_null, ERROR_INVALID_NAME, !GetFullPathNameA(NULL, 1, buffer, NULL))                \
    X(temp_name_null, ERROR_INVALID_PARAMETER, !GetTempFileNameA(NULL, "x", 1, buffer))            \
    X(find_null, ERROR_PATH_NOT_FOUND,                                                             \
      FindFirstFileA(NULL, (WIN32_FIND_DATAA *)buffer) == INVALID_HANDLE_VALUE)                    \
    X(find_to_nowhere, ERROR_INVALID_PARAMETER, FindFirstFileA(".", NULL) == INVALID_HANDLE_VALUE) \
    X(find_next_to_nowhere, ERROR_INVALID_PARAMETER, find_next_without_room())                     \
    X(go_nowhere, ERROR_PATH_NOT_FOUND, !SetCurrentDirectoryA(NULL))                               \
    X(pipe_to_nowhere, ERROR_NOACCESS, !CreatePipe(NULL, NULL, NULL, 0))                           \
    X(event_flags, ERROR_INVALID_PARAMETER, !CreateEventExA(NULL, NULL, 0x80, EVENT_ALL_ACCESS))   \
    X(mutex_flags, ERROR_INVALID_PARAMETER, !CreateMutexExA(NULL, NULL, 0x80, MUTEX_ALL_ACCESS))   \
    X(semaphore_flags, ERROR_INVALID_PARAMETER,                                                    \
      !CreateSemaphoreExA(NULL, 0, 1, NULL, 0x80, SEMAPHORE_ALL_ACCESS))                           \
    X(semaphore_without_room, ERROR_INVALID_PARAMETER, !CreateSemaphoreA(NULL, 0, 0, NULL))        \
    X(semaphore_above_its_room, ERROR_INVALID_PARAMETER, !CreateSemaphoreA(NULL, 2, 1, NULL))      \
    X(semaphore_negative, ERROR_INVALID_PARAMETER, !CreateSemaphoreA(NULL, -1, 1, NULL))           \
    X(release_none, ERROR_INVALID_PARAMETER, !ReleaseSemaphore(semaphore, 0, NULL))                \
    X(release_too_many, ERROR_TOO_MANY_POSTS, !ReleaseSemaphore(semaphore, 0x7fffffff, NULL))      \
    X(open_event_null, ERROR_INVALID_PARAMETER, !OpenEventA(SYNCHRONIZE, FALSE, NULL))             \
    X(wait_for_none, ERROR_INVALID_PARAMETER,                                                      \
      WaitForMultipleObjects(0, many, FALSE, 0) == WAIT_FAILED)                                    \
    X(wait_for_too_many, ERROR_INVALID_PARAMETER,                                                  \
      WaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS + 1, many, FALSE, 0) == WAIT_FAILED)             \
    X(thread_without_routine, ERROR_INVALID_PARAMETER,                                             \
      !CreateThread(NULL, 0, NULL, NULL, 0, NULL))                                                 \
    X(thread_flags, ERROR_INVALID_PARAMETER,                                                       \
      !CreateThread(NULL, 0, wait_for_parameter, NULL, 0x80, NULL))                                \
    X(thread_stack_of_everything, ERROR_NOT_ENOUGH_MEMORY,                                         \
      !CreateThread(NULL, (SIZE_T)-1, wait_for_parameter, event, 0, NULL))                         \
    X(thread_stack_of_half, ERROR_NOT_ENOUGH_MEMORY,                                               \
      !CreateThread(NULL, (SIZE_T)1 << 62, wait_for_parameter, event, 0, NULL))                    \
    X(exit_code_to_nowhere, ERROR_NOACCESS, !GetExitCodeThread(thread, NULL))                      \
    X(apc_without_routine, ERROR_INVALID_PARAMETER, !QueueUserAPC(NULL, thread, 0))                \
    X(tls_beyond, ERROR_INVALID_PARAMETER, !TlsSetValue(0x7fffffff, NULL))                         \
    X(tls_free_beyond, ERROR_INVALID_PARAMETER, !TlsFree(TLS_OUT_OF_INDEXES))                      \
    X(heap_wild, ERROR_INVALID_HANDLE, !HeapCreate(0x80000000, 0, 0) && !HeapDestroy(WILD))        \
    X(reserve_nothing, ERROR_INVALID_PARAMETER,                                                    \
      !VirtualAlloc(NULL, 0, MEM_COMMIT, PAGE_READWRITE))                                          \
    X(reserve_everything, ERROR_NOT_ENOUGH_MEMORY,                                                 \
      !VirtualAlloc(NULL, (SIZE_T)1 << 60, MEM_RESERVE, PAGE_READWRITE))                           \
    X(reserve_flags, ERROR_INVALID_PARAMETER, !VirtualAlloc(NULL, 1, 1, PAGE_READWRITE))           \
    X(reserve_protection, ERROR_INVALID_PARAMETER, !VirtualAlloc(NULL, 1, MEM_RESERVE, 0x7777))    \
    X(release_wild, ERROR_INVALID_ADDRESS, !VirtualFree(WILD, 0, MEM_RELEASE))                     \
    X(protect_wild, ERROR_INVALID_ADDRESS,                                                         \
      !VirtualProtect(WILD, 1, PAGE_READONLY, &old_protection))                                    \
    X(query_to_nowhere, ERROR_BAD_LENGTH, !VirtualQuery(buffer, NULL, 0))                          \
    X(global_free_wild, ERROR_INVALID_HANDLE, GlobalFree(WILD) != NULL)                            \
    X(global_free_movable_wild, ERROR_INVALID_HANDLE,                                              \
      GlobalFree((HGLOBAL)0xdeadbeef00000008) != NULL)                                             \
    X(local_free_wild, ERROR_INVALID_HANDLE, LocalFree((HLOCAL)0xdeadbeef00000000) != NULL)        \
    X(global_size_unmapped, ERROR_INVALID_HANDLE, !GlobalSize(once_mapped()))                      \
    X(global_lock_wild, ERROR_INVALID_HANDLE, !GlobalLock((HGLOBAL)0xdeadbeef00000008))            \
    X(library_null, ERROR_INVALID_PARAMETER, !LoadLibraryA(NULL))                                  \
    X(module_wild, ERROR_MOD_NOT_FOUND, !FreeLibrary((HMODULE)0xdeadbeef00000000))                 \
    X(procedure_of_wild, ERROR_MOD_NOT_FOUND, !GetProcAddress((HMODULE)0xdeadbeef00000000, "x"))   \
    X(procedure_null, ERROR_PROC_NOT_FOUND, !GetProcAddress(GetModuleHandleA("kernel32"), NULL))   \
    X(file_name_of_wild, ERROR_MOD_NOT_FOUND,                                                      \
      !GetModuleFileNameA((HMODULE)0xdeadbeef00000000, buffer, 8))                                 \
    X(variable_null, ERROR_ENVVAR_NOT_FOUND, !GetEnvironmentVariableA(NULL, buffer, 8))            \
    X(set_variable_null, ERROR_INVALID_PARAMETER, !SetEnvironmentVariableA(NULL, "x"))             \
    X(no_such_month, ERROR_INVALID_PARAMETER, !SystemTimeToFileTime(&no_time, &when))              \
    X(wide_null, ERROR_INVALID_PARAMETER, !MultiByteToWideChar(CP_UTF8, 0, NULL, 4, NULL, 0))      \
    X(narrow_no_code_page, ERROR_INVALID_PARAMETER,                                                \
      !WideCharToMultiByte(7777, 0, u"x", 1, buffer, 8, NULL, NULL))                               \
    X(message_without_source, ERROR_INVALID_PARAMETER,                                             \
      !FormatMessageA(FORMAT_MESSAGE_FROM_STRING, NULL, 0, 0, buffer, 8, NULL))                    \
    X(accept_not_listening, WSAEINVAL, accept(tcp, NULL, NULL) == INVALID_SOCKET)                  \
    X(bind_null, WSAEFAULT, bind(tcp, NULL, 16))                                                   \
    X(bind_wild, WSAEFAULT, bind(tcp, WILD, 16))                                                   \
    X(connect_null, WSAEFAULT, connect(tcp, NULL, 16))                                             \
    X(connect_wild, WSAEFAULT, connect(tcp, WILD, 16))                                             \
    X(name_to_null, WSAEFAULT, getsockname(tcp, NULL, NULL))                                       \
    X(peer_to_null, WSAEFAULT, getpeername(tcp, NULL, NULL))                                       \
    X(option_null, WSAEFAULT, setsockopt(tcp, SOL_SOCKET, SO_RCVBUF, NULL, 4))                     \
    X(option_wild, WSAEFAULT, setsockopt(tcp, SOL_SOCKET, SO_RCVBUF, WILD, 4))                     \
    X(option_to_null, WSAEFAULT, getsockopt(tcp, SOL_SOCKET, SO_RCVBUF, NULL, NULL))               \
    X(option_unknown, WSAENOPROTOOPT, setsockopt(tcp, SOL_SOCKET, 0x7777, buffer, 4))              \
    X(level_unknown, WSAEINVAL, setsockopt(tcp, 0x7777, 1, buffer, 4))                             \
    X(recv_negative, WSAEFAULT, recv(tcp, buffer, -1, 0) == SOCKET_ERROR)                          \
    X(recv_to_wild, WSAEFAULT, recv(tcp, WILD, 8, 0) == SOCKET_ERROR)                              \
    X(recv_flags, WSAEOPNOTSUPP, recv(tcp, buffer, 8, 0x7000) == SOCKET_ERROR)                     \
    X(send_from_wild, WSAEFAULT, send(tcp, WILD, 8, 0) == SOCKET_ERROR)                            \
    X(send_from_null, WSAEFAULT, send(tcp, NULL, 8, 0) == SOCKET_ERROR)                            \
    X(send_flags, WSAEOPNOTSUPP, send(tcp, buffer, 8, 0x7000) == SOCKET_ERROR)                     \
    X(shutdown_no_such_way, WSAEINVAL, shutdown(tcp, 9))                                           \
    X(control_unknown, WSAEINVAL, ioctlsocket(tcp, (long)0x77777777, &number))                     \
    X(control_null, WSAEFAULT, ioctlsocket(tcp, FIONBIO, NULL))                                    \
    X(select_nothing, WSAEINVAL, select(0, NULL, NULL, NULL, &at_once))                            \
    X(wsa_recv_no_flags, WSAEFAULT, WSARecv(tcp, &wsabuf, 1, &bytes, NULL, zeroed(), NULL))        \
    X(wsa_recv_no_buffers, WSAEFAULT, WSARecv(tcp, NULL, 1, &bytes, &flags, zeroed(), NULL))       \
    X(wsa_recv_count, WSAEINVAL, WSARecv(tcp, &wsabuf, 0, &bytes, &flags, zeroed(), NULL))         \
    X(wsa_recv_count_of_everything, WSAEFAULT,                                                     \
      WSARecv(tcp, &wsabuf, 0xffffffff, &bytes, &flags, zeroed(), NULL))                           \
    X(wsa_send_count_of_everything, WSAEFAULT,                                                     \
      WSASend(tcp, &wsabuf, 0xffffffff, &bytes, 0, zeroed(), NULL))                                \
    X(wsa_recv_wild, WSAEFAULT, WSARecv(tcp, &wild_wsabuf, 1, &bytes, &flags, zeroed(), NULL))     \
    X(wsa_recv_no_count, WSAEFAULT, WSARecv(tcp, &wsabuf, 1, NULL, &flags, NULL, NULL))            \
    X(wsa_send_no_buffers, WSAEFAULT, WSASend(tcp, NULL, 1, &bytes, 0, zeroed(), NULL))            \
    X(wsa_send_wild, WSAEFAULT, WSASend(tcp, &wild_wsabuf, 1, &bytes, 0, zeroed(), NULL))          \
    X(wsa_ioctl_no_count, WSAEFAULT,                                                               \
      WSAIoctl(tcp, FIONREAD, NULL, 0, &number, 4, NULL, NULL, NULL))                              \
    X(wsa_ioctl_unknown, WSAEOPNOTSUPP,                                                            \
      WSAIoctl(tcp, 0x77777777, NULL, 0, &number, 4, &bytes, NULL, NULL))                          \
    X(wsa_result_null, WSAEFAULT, !WSAGetOverlappedResult(tcp, NULL, &bytes, FALSE, &flags))       \
    X(wsa_result_wild_event, WSA_INVALID_HANDLE,                                                   \
      !WSAGetOverlappedResult(tcp, pending((HANDLE)0x7770), &bytes, TRUE, &flags))                 \
    X(wsa_wait_none, ERROR_INVALID_PARAMETER,                                                      \
      WSAWaitForMultipleEvents(0, many, FALSE, 0, FALSE) == WSA_WAIT_FAILED)                       \
    X(socket_family, WSAEAFNOSUPPORT, socket(77, SOCK_STREAM, 0) == INVALID_SOCKET)                \
    X(socket_type, WSAESOCKTNOSUPPORT, socket(AF_INET, 77, 0) == INVALID_SOCKET)                   \
    X(socket_protocol, WSAEPROTONOSUPPORT, socket(AF_INET, SOCK_STREAM, 77) == INVALID_SOCKET)     \
    X(wsa_socket_flags, WSAEINVAL,                                                                 \
      WSASocketW(AF_INET, SOCK_STREAM, 0, NULL, 0, 0x40000000) == INVALID_SOCKET)                  \
    X(accept_ex_to_null, WSAEFAULT, !AcceptEx(tcp, tcp_peer, NULL, 0, 32, 32, &bytes, zeroed()))   \
    X(connect_ex_null, WSAEFAULT, !connect_ex(tcp, NULL, 16, NULL, 0, &bytes, zeroed()))           \
    X(transmit_flags, WSAEINVAL, !TransmitFile(tcp, disk, 0, 0, zeroed(), NULL, 0x7000))           \
    X(transmit_wild, WSAEFAULT, !TransmitFile(tcp, NULL, 0, 0, zeroed(), &wild_head, 0))           \
    X(host_name_null, WSAEFAULT, gethostname(NULL, 8))                                             \
    X(pton_null, WSAEFAULT, inet_pton(AF_INET, NULL, buffer) == -1)

#define DEFINE(name, error, failed) \
    static int bad__##name(void)    \
    {                               \
        return failed;              \
    }
BAD_CALLS(DEFINE)
#undef DEFINE
#define ROW_BAD(name, error, failed) {#name, bad__##name, error},
static const struct bad_call {
    const char *name;
    int (*fails)(void);
    DWORD error;
} bad_calls[] = {BAD_CALLS(ROW_BAD)};

static void bad_arguments_get_the_documented_error(void **state)
{
    (void)state;
    find_extensions();
    for (size_t i = 0; i < sizeof many / sizeof many[0]; i++)
        many[i] = event;
    for (size_t i = 0; i < sizeof bad_calls / sizeof bad_calls[0]; i++) {
        int failed;
        SetLastError(LAST_ERROR_SENTINEL);
        failed = bad_calls[i].fails();
        if (!failed || GetLastError() != bad_calls[i].error)
            fail_msg("%s: %s, last error %u, not %u", bad_calls[i].name,
                     failed ? "failed" : "did not fail", (unsigned)GetLastError(),
                     (unsigned)bad_calls[i].error);
    }
    assert_nothing_changed();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_call_takes_a_handle_that_is_none),
        cmocka_unit_test(no_call_takes_a_handle_of_another_kind),
        cmocka_unit_test(natives_tell_no_handle_from_a_wrong_one),
        cmocka_unit_test(bad_arguments_get_the_documented_error),
    };
    return cmocka_run_group_tests(tests, open_objects, close_objects);
}

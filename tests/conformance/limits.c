/* Limits: no descriptor left, or no memory, in any call. The documented error, nothing lost, and
 * everything works again afterwards. */
#include "sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>

int close(int fd); /* unistd.h and winsock2.h do not go together */

/* ---- memory that runs out ---- */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MEMORY_IS_THE_SANITIZERS 1
#else
#define MEMORY_IS_THE_SANITIZERS 0
#endif

/* The running thread's allocation after so many fails, once; negative: none does. */
static _Thread_local long fails_after = -1;
static _Thread_local long failures;

#if !MEMORY_IS_THE_SANITIZERS
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static int fails_now(void)
{
    if (fails_after < 0 || fails_after-- > 0)
        return 0;
    failures++;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size)
{
    return fails_now() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return fails_now() ? NULL : __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return fails_now() ? NULL : __libc_memalign(alignment, size);
}
#endif

/* ---- descriptors that run out ---- */

static struct rlimit usual_limit;

static void no_descriptor_left(void)
{
    struct rlimit limit;
    int next = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(next >= 0);
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual_limit), 0);
    limit = usual_limit;
    limit.rlim_cur = (rlim_t)next;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void descriptors_again(void)
{
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual_limit), 0);
}

/* ---- what both halves use ---- */

static char buffer[64];
static WSABUF wsabuf = {sizeof buffer, buffer};
static OVERLAPPED overlapped;
static DWORD bytes, flags;

static OVERLAPPED *zeroed(void)
{
    memset(&overlapped, 0, sizeof overlapped);
    return &overlapped;
}

static HANDLE open_file(const char *path, DWORD disposition, DWORD file_flags)
{
    return CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 7, NULL, disposition, file_flags, NULL);
}

/* A connection still carries data, and a new one can be made. */
static void assert_sockets_work(void)
{
    SOCKET client, server;
    test_tcp_pair(&client, &server);
    assert_int_equal(send(client, "x", 1, 0), 1);
    assert_int_equal(recv(server, buffer, 1, 0), 1);
    assert_wsa(closesocket(client));
    assert_wsa(closesocket(server));
}

/* ---- descriptors ---- */

/* The first receive that has to be watched wants a descriptor of its own. */
static void the_first_watched_receive_may_come_too_early(void **state)
{
    SOCKET client, server;
    int result;
    (void)state;
    test_tcp_pair(&client, &server);
    no_descriptor_left();
    flags = 0;
    result = WSARecv(server, &wsabuf, 1, NULL, &flags, zeroed(), NULL);
    descriptors_again();
    assert_int_equal(result, SOCKET_ERROR);
    if (WSAGetLastError() != WSA_IO_PENDING) {
        assert_int_equal(WSAGetLastError(), WSAENOBUFS);
        test_receive_pends(server, buffer, sizeof buffer, zeroed());
    }
    assert_int_equal(send(client, "abc", 3, 0), 3);
    assert_win32(GetOverlappedResultEx((HANDLE)server, &overlapped, &bytes, TEST_DEADLINE_MS, 0));
    assert_int_equal(bytes, 3);
    assert_wsa(closesocket(client));
    assert_wsa(closesocket(server));
}

static void opening_a_file_without_descriptors_fails(void **state)
{
    const char *path = test_temp_path();
    HANDLE file = open_file(path, CREATE_ALWAYS, 0), read_end, write_end;
    (void)state;
    assert_true(file != INVALID_HANDLE_VALUE);
    assert_win32(CloseHandle(file));
    no_descriptor_left();
    assert_fails(ERROR_TOO_MANY_OPEN_FILES,
                 open_file(path, OPEN_EXISTING, 0) != INVALID_HANDLE_VALUE);
    assert_fails(ERROR_TOO_MANY_OPEN_FILES,
                 open_file(path, OPEN_EXISTING, FILE_FLAG_OVERLAPPED) != INVALID_HANDLE_VALUE);
    assert_fails(ERROR_TOO_MANY_OPEN_FILES, CreatePipe(&read_end, &write_end, NULL, 0));
    descriptors_again();
    file = open_file(path, OPEN_EXISTING, FILE_FLAG_OVERLAPPED);
    assert_true(file != INVALID_HANDLE_VALUE);
    assert_win32(CloseHandle(file));
    assert_win32(CreatePipe(&read_end, &write_end, NULL, 0));
    assert_win32(CloseHandle(read_end));
    assert_win32(CloseHandle(write_end));
}

static void a_port_without_descriptors_fails(void **state)
{
    HANDLE port;
    (void)state;
    no_descriptor_left();
    assert_fails(ERROR_TOO_MANY_OPEN_FILES,
                 CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0) != NULL);
    descriptors_again();
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    assert_non_null(port);
    assert_win32(PostQueuedCompletionStatus(port, 1, 2, &overlapped));
    assert_ptr_equal(test_next_packet(port).overlapped, &overlapped);
    assert_win32(CloseHandle(port));
}

/* Objects of the library's own need no descriptor. */
static void objects_need_no_descriptors(void **state)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0), event;
    (void)state;
    no_descriptor_left();
    event = CreateEventA(NULL, FALSE, TRUE, NULL);
    assert_non_null(event);
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    assert_win32(PostQueuedCompletionStatus(port, 1, 2, &overlapped));
    assert_ptr_equal(test_next_packet(port).overlapped, &overlapped);
    assert_win32(CloseHandle(event));
    descriptors_again();
    assert_win32(CloseHandle(port));
}

/* SOCK-026 */
static void sockets_without_descriptors_are_too_many(void **state)
{
    struct sockaddr_in address;
    SOCKET listener = test_listener(&address), client = socket(AF_INET, SOCK_STREAM, 0), s;
    (void)state;
    assert_wsa(connect(client, (struct sockaddr *)&address, sizeof address));
    no_descriptor_left();
    assert_wsa_fails(WSAEMFILE, socket(AF_INET, SOCK_STREAM, 0));
    assert_wsa_fails(WSAEMFILE, WSASocketW(AF_INET, SOCK_DGRAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED));
    assert_wsa_fails(WSAEMFILE, accept(listener, NULL, NULL));
    descriptors_again();
    s = accept(listener, NULL, NULL); /* the connection is still there */
    assert_true(s != INVALID_SOCKET);
    assert_int_equal(send(client, "x", 1, 0), 1);
    assert_int_equal(recv(s, buffer, 1, 0), 1);
    assert_wsa(closesocket(s));
    assert_wsa(closesocket(client));
    assert_wsa(closesocket(listener));
    assert_sockets_work();
}

static void start_accept(SOCKET listener, SOCKET acceptor)
{
    SetLastError(0);
    assert_false(AcceptEx(listener, acceptor, buffer, 0, 32, 32, &bytes, zeroed()));
    assert_int_equal(WSAGetLastError(), WSA_IO_PENDING);
}

/* It waits until there is a descriptor. */
static void an_accept_ex_waits_for_a_descriptor(void **state)
{
    struct sockaddr_in address;
    int low = open("/dev/null", O_RDONLY | O_CLOEXEC); /* below those of all that follows */
    SOCKET listener = test_listener(&address), client = socket(AF_INET, SOCK_STREAM, 0);
    SOCKET acceptor = socket(AF_INET, SOCK_STREAM, 0);
    HANDLE port = CreateIoCompletionPort((HANDLE)listener, NULL, 1, 0);
    struct packet packet;
    OVERLAPPED *completed;
    ULONG_PTR key;
    (void)state;
    start_accept(listener, acceptor);
    close(low); /* the limit is set here: what the acceptor's gives up is beyond it */
    no_descriptor_left();
    assert_wsa(connect(client, (struct sockaddr *)&address, sizeof address));
    assert_fails(WAIT_TIMEOUT, GetQueuedCompletionStatus(port, &bytes, &key, &completed, 100));
    descriptors_again();
    packet = test_next_packet(port);
    assert_true(packet.ok);
    assert_ptr_equal(packet.overlapped, &overlapped);
    assert_int_equal(send(client, "x", 1, 0), 1);
    assert_int_equal(recv(acceptor, buffer, 1, 0), 1);
    test_no_packet(port);
    assert_wsa(closesocket(acceptor));
    assert_wsa(closesocket(client));
    assert_wsa(closesocket(listener));
    assert_win32(CloseHandle(port));
}

/* What the acceptor has is given up for a connection only, not for the look whether there is one.
 */
static void an_accept_ex_that_finds_nobody_leaves_its_acceptor_alone(void **state)
{
    struct sockaddr_in address;
    SOCKET listener = test_listener(&address), acceptor = socket(AF_INET, SOCK_STREAM, 0);
    HANDLE port = CreateIoCompletionPort((HANDLE)listener, NULL, 1, 0);
    int keep = 1, size = sizeof keep;
    (void)state;
    assert_wsa(setsockopt(acceptor, SOL_SOCKET, SO_KEEPALIVE, (char *)&keep, sizeof keep));
    no_descriptor_left();
    start_accept(listener, acceptor);
    descriptors_again();
    assert_win32(CancelIoEx((HANDLE)listener, &overlapped));
    assert_int_equal(test_next_packet(port).error, ERROR_OPERATION_ABORTED);
    keep = 0;
    assert_wsa(getsockopt(acceptor, SOL_SOCKET, SO_KEEPALIVE, (char *)&keep, &size));
    assert_int_equal(keep, 1);
    assert_wsa(connect(acceptor, (struct sockaddr *)&address, sizeof address));
    assert_wsa(closesocket(acceptor));
    assert_wsa(closesocket(listener));
    assert_win32(CloseHandle(port));
}

/* Finding files opens folders. */
static void finding_files_without_descriptors_fails(void **state)
{
    WIN32_FIND_DATAA data;
    HANDLE find;
    (void)state;
    no_descriptor_left();
    find = FindFirstFileA("/usr/*", &data);
    descriptors_again();
    assert_true(find == INVALID_HANDLE_VALUE);
    assert_int_equal(GetLastError(), ERROR_TOO_MANY_OPEN_FILES);
    find = FindFirstFileA("/usr/*", &data);
    assert_true(find != INVALID_HANDLE_VALUE);
    assert_win32(FindClose(find));
}

/* ---- memory ---- */

static const char *file_path;
static SOCKET listener, peer, tcp;
static HANDLE port, disk, event;
static struct sockaddr_in listening_at;
static volatile LONG apcs;

static int closed(HANDLE handle)
{
    return handle && handle != INVALID_HANDLE_VALUE && CloseHandle(handle);
}

static int closed_socket(SOCKET s)
{
    return s != INVALID_SOCKET && closesocket(s) == 0;
}

static DWORD WINAPI return_at_once(LPVOID parameter)
{
    return parameter != NULL;
}

static int makes_thread(void)
{
    HANDLE thread = CreateThread(NULL, 0, return_at_once, NULL, 0, NULL);
    return thread && WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0 && CloseHandle(thread);
}

static int makes_pipe(void)
{
    HANDLE read_end, write_end;
    return CreatePipe(&read_end, &write_end, NULL, 0) && CloseHandle(read_end) &&
           CloseHandle(write_end);
}

/* More packets than a port holds at first. What was posted comes out, whatever failed. */
static int posts(void)
{
    int posted = 0, removed = 0, ok = 1;
    ULONG_PTR key;
    OVERLAPPED *taken;
    DWORD error;
    while (ok && posted < 200) {
        ok = PostQueuedCompletionStatus(port, 0, (ULONG_PTR)posted, NULL);
        posted += ok;
    }
    error = GetLastError();
    while (GetQueuedCompletionStatus(port, &bytes, &key, &taken, 0))
        assert_int_equal(key, removed++);
    assert_int_equal(posted, removed);
    SetLastError(error);
    return ok;
}

static void cancel_receive(void)
{
    DWORD error = GetLastError();
    CancelIoEx((HANDLE)tcp, &overlapped);
    GetOverlappedResult((HANDLE)tcp, &overlapped, &bytes, TRUE);
    SetLastError(error);
}

static int receives(void)
{
    flags = 0;
    zeroed()->hEvent = (HANDLE)((ULONG_PTR)event | 1);
    if (WSARecv(tcp, &wsabuf, 1, NULL, &flags, &overlapped, NULL) == 0 ||
        WSAGetLastError() != WSA_IO_PENDING)
        return 0;
    cancel_receive();
    return 1;
}

static int receives_in_many_buffers(void)
{
    WSABUF many[100];
    for (int i = 0; i < 100; i++)
        many[i] = (WSABUF){1, buffer};
    flags = 0;
    zeroed()->hEvent = (HANDLE)((ULONG_PTR)event | 1);
    if (WSARecv(tcp, many, 100, NULL, &flags, &overlapped, NULL) == 0 ||
        WSAGetLastError() != WSA_IO_PENDING)
        return 0;
    cancel_receive();
    return 1;
}

static int sends(void)
{
    WSABUF one = {1, buffer};
    if (WSASend(tcp, &one, 1, &bytes, 0, NULL, NULL) != 0)
        return 0;
    return recv(peer, buffer, 1, 0) == 1;
}

static int accepts_ex(void)
{
    SOCKET acceptor = socket(AF_INET, SOCK_STREAM, 0);
    DWORD error;
    int pends;
    if (acceptor == INVALID_SOCKET)
        return 0;
    zeroed()->hEvent = event;
    pends = !AcceptEx(listener, acceptor, buffer, 0, 32, 32, &bytes, &overlapped) &&
            WSAGetLastError() == WSA_IO_PENDING;
    error = GetLastError();
    if (pends) {
        CancelIoEx((HANDLE)listener, &overlapped);
        GetOverlappedResult((HANDLE)listener, &overlapped, &bytes, TRUE);
    }
    closesocket(acceptor);
    SetLastError(error);
    return pends;
}

static int accepts(void)
{
    SOCKET client = socket(AF_INET, SOCK_STREAM, 0), s;
    DWORD error;
    int ok;
    if (client == INVALID_SOCKET)
        return 0;
    ok = connect(client, (struct sockaddr *)&listening_at, sizeof listening_at) == 0;
    s = ok ? accept(listener, NULL, NULL) : INVALID_SOCKET;
    error = GetLastError();
    closesocket(client);
    SetLastError(error);
    return closed_socket(s);
}

static int transmits(void)
{
    DWORD error;
    int pends;
    zeroed()->hEvent = event;
    pends =
        !TransmitFile(tcp, disk, 0, 0, &overlapped, NULL, 0) && WSAGetLastError() == WSA_IO_PENDING;
    error = GetLastError();
    if (pends && GetOverlappedResult((HANDLE)tcp, &overlapped, &bytes, TRUE))
        recv(peer, buffer, sizeof buffer, 0);
    SetLastError(error);
    return pends && bytes == 4;
}

static int reads(void)
{
    zeroed()->hEvent = event;
    if (!ReadFile(disk, buffer, 4, NULL, &overlapped) && GetLastError() != ERROR_IO_PENDING)
        return 0;
    return GetOverlappedResult(disk, &overlapped, &bytes, TRUE);
}

static void CALLBACK count_apc(ULONG_PTR parameter)
{
    (void)parameter;
    apcs++;
}

static int queues_apc(void)
{
    LONG before = apcs;
    if (!QueueUserAPC(count_apc, GetCurrentThread(), 0))
        return 0;
    SleepEx(0, TRUE);
    return apcs == before + 1;
}

static void WINAPI count_read(DWORD error, DWORD moved, LPOVERLAPPED done)
{
    (void)moved;
    (void)done;
    apcs += error == 0;
}

static int reads_ex(void)
{
    LONG before = apcs;
    if (!ReadFileEx(disk, buffer, 4, zeroed(), count_read))
        return 0;
    while (apcs == before)
        SleepEx(TEST_DEADLINE_MS, TRUE);
    return 1;
}

static int finds(void)
{
    WIN32_FIND_DATAA data;
    HANDLE find = FindFirstFileA("/usr/*", &data);
    return find != INVALID_HANDLE_VALUE && FindClose(find);
}

static int makes_heap(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    int ok = heap && HeapAlloc(heap, 0, 100);
    DWORD error = GetLastError();
    if (heap)
        HeapDestroy(heap);
    SetLastError(ok ? error : ERROR_NOT_ENOUGH_MEMORY);
    return ok;
}

static int makes_movable(void)
{
    HGLOBAL memory = GlobalAlloc(GMEM_MOVEABLE, 100);
    return memory && !GlobalFree(memory);
}

static int reserves(void)
{
    void *memory = VirtualAlloc(NULL, 100, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    return memory && VirtualFree(memory, 0, MEM_RELEASE);
}

static int selects(void)
{
    struct timeval at_once = {0, 0};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(tcp, &set);
    return select(0, NULL, &set, NULL, &at_once) == 1;
}

static int duplicates(void)
{
    HANDLE copy = NULL;
    return DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &copy, 0, FALSE,
                           DUPLICATE_SAME_ACCESS) &&
           CloseHandle(copy);
}

static int resolves(void)
{
    struct addrinfo *found = NULL;
    int error = getaddrinfo("127.0.0.1", "80", NULL, &found);
    if (error)
        SetLastError(error == WSA_NOT_ENOUGH_MEMORY ? ERROR_NOT_ENOUGH_MEMORY : (DWORD)error);
    else
        freeaddrinfo(found);
    return error == 0;
}

static int formats(void)
{
    char *message = NULL;
    return FormatMessageA(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM, NULL, 5, 0,
                          (LPSTR)&message, 0, NULL) &&
           !LocalFree(message);
}

struct memory_user {
    const char *name;
    int (*works)(void);
};

static const struct memory_user memory_users[] = {
    {"threads", makes_thread},
    {"pipes", makes_pipe},
    {"posts", posts},
    {"WSARecv", receives},
    {"WSARecv into many buffers", receives_in_many_buffers},
    {"WSASend", sends},
    {"AcceptEx", accepts_ex},
    {"accept", accepts},
    {"TransmitFile", transmits},
    {"ReadFile", reads},
    {"QueueUserAPC", queues_apc},
    {"ReadFileEx", reads_ex},
    {"FindFirstFile", finds},
    {"heaps", makes_heap},
    {"GlobalAlloc", makes_movable},
    {"VirtualAlloc", reserves},
    {"select", selects},
    {"DuplicateHandle", duplicates},
    {"getaddrinfo", resolves},
    {"FormatMessage", formats},
};

static int makes_event(void)
{
    return closed(CreateEventA(NULL, FALSE, FALSE, NULL));
}

static int makes_named_event(void)
{
    return closed(CreateEventW(NULL, FALSE, FALSE, u"limits"));
}

static int makes_mutex(void)
{
    return closed(CreateMutexA(NULL, TRUE, "limits, a mutex"));
}

static int makes_semaphore(void)
{
    return closed(CreateSemaphoreA(NULL, 1, 1, NULL));
}

static int makes_port(void)
{
    return closed(CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0));
}

static int opens_file(void)
{
    return closed(open_file(file_path, OPEN_EXISTING, FILE_FLAG_OVERLAPPED));
}

static int makes_socket(void)
{
    return closed_socket(socket(AF_INET, SOCK_DGRAM, 0));
}

static int copies(void)
{
    char copy[MAX_PATH];
    snprintf(copy, sizeof copy, "%s.copy", file_path);
    return CopyFileA(file_path, copy, FALSE) && DeleteFileA(copy);
}

static const struct memory_user memory_makers[] = {
    {"events", makes_event},   {"named events", makes_named_event},
    {"mutexes", makes_mutex},  {"semaphores", makes_semaphore},
    {"ports", makes_port},     {"files", opens_file},
    {"sockets", makes_socket}, {"CopyFile", copies},

};

static int is_want_of_memory(DWORD error)
{
    return error == ERROR_NOT_ENOUGH_MEMORY || error == ERROR_OUTOFMEMORY ||
           error == ERROR_NO_SYSTEM_RESOURCES || error == WSAENOBUFS;
}

/* Each allocation of the call fails in its turn, until the call makes no more. */
static void fail_each_allocation(const char *name, int (*works)(void))
{
    for (long nth = 0;; nth++) {
        int ok;
        DWORD error;
        SetLastError(LAST_ERROR_SENTINEL);
        failures = 0;
        fails_after = nth;
        ok = works();
        error = GetLastError();
        fails_after = -1;
        if (!ok && failures && !is_want_of_memory(error))
            fail_msg("%s without its allocation %ld: last error %u", name, nth, (unsigned)error);
        if (!works())
            fail_msg("%s do not work after allocation %ld failed: last error %u", name, nth,
                     (unsigned)GetLastError());
        if (!failures) {
            if (!ok)
                fail_msg("%s do not work: last error %u", name, (unsigned)error);
            return;
        }
    }
}

static void open_memory_users(void)
{
    HANDLE file;
    file_path = test_temp_path();
    file = open_file(file_path, CREATE_ALWAYS, 0);
    assert_win32(WriteFile(file, "four", 4, &bytes, NULL));
    assert_win32(CloseHandle(file));
    disk = open_file(file_path, OPEN_EXISTING, FILE_FLAG_OVERLAPPED);
    event = CreateEventA(NULL, TRUE, FALSE, NULL);
    listener = test_listener(&listening_at);
    test_tcp_pair(&tcp, &peer);
}

static void no_call_trips_over_a_failed_allocation(void **state)
{
    (void)state;
    if (MEMORY_IS_THE_SANITIZERS)
        skip();
    open_memory_users();
    for (size_t i = 0; i < sizeof memory_makers / sizeof memory_makers[0]; i++)
        fail_each_allocation(memory_makers[i].name, memory_makers[i].works);
    for (size_t i = 0; i < sizeof memory_users / sizeof memory_users[0]; i++) {
        port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
        fail_each_allocation(memory_users[i].name, memory_users[i].works);
        assert_win32(CloseHandle(port));
    }
    assert_wsa(closesocket(tcp));
    assert_wsa(closesocket(peer));
    assert_wsa(closesocket(listener));
    assert_win32(CloseHandle(disk));
    assert_win32(CloseHandle(event));
    assert_sockets_work();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_watched_receive_may_come_too_early),
        cmocka_unit_test(opening_a_file_without_descriptors_fails),
        cmocka_unit_test(a_port_without_descriptors_fails),
        cmocka_unit_test(objects_need_no_descriptors),
        cmocka_unit_test(sockets_without_descriptors_are_too_many),
        cmocka_unit_test(an_accept_ex_waits_for_a_descriptor),
        cmocka_unit_test(an_accept_ex_that_finds_nobody_leaves_its_acceptor_alone),
        cmocka_unit_test(finding_files_without_descriptors_fails),
        cmocka_unit_test(no_call_trips_over_a_failed_allocation),
    };
    return cmocka_run_group_tests(tests, test_winsock_up, test_winsock_down);
}

/* Races as laws. Several threads start reads, writes, posts, cancels, shutdowns, closes and
 * duplicates at random on sockets, pipes and files of one port, some from threads that end at once;
 * others dequeue. The law: each accepted operation completes exactly once, nothing else ever comes
 * out of the port, and neither OVERLAPPED nor buffer is touched after its packet was handed out.
 *
 * STRESS_OPS sets how many actions are taken, STRESS_SEED the random numbers. */
#include "pipes.h"
#include "sockets.h"

enum {
    ACTORS = 3,
    DEQUEUERS = 3,
    SOCKET_PAIRS = 150,
    PIPE_PAIRS = 40,
    FILE_PAIRS = 10,
    PAIRS = SOCKET_PAIRS + PIPE_PAIRS + FILE_PAIRS,
    BUFFER = 64,
    QUARANTINE = 512, /* completed operations whose memory is watched a while longer */
    DEFAULT_OPS = 60000,
};

enum { KEY_OPERATION = 7, KEY_POST = 8, KEY_STOP = 9 };
enum { FRESH = 0x11, PENDING = 0x22, COMPLETED = 0x33 };

struct operation {
    OVERLAPPED overlapped; /* first */
    volatile LONG state;
    BOOL is_send;
    char buffer[BUFFER];
};

enum kind { SOCKETS, PIPES, FILES };

struct pair {
    CRITICAL_SECTION lock; /* actors take turns on a pair; completions do not take it */
    enum kind kind;
    HANDLE ends[2];
    const char *path; /* of a file */
};

static HANDLE port;
static struct pair pairs[PAIRS];
static volatile LONG accepted, completed, posted, received_posts, actions_left;
static volatile LONG broken_laws;

static void law(int holds, const char *what)
{
    if (holds)
        return;
    InterlockedIncrement(&broken_laws);
    print_error("broken: %s\n", what);
}

/* ---- operations ---- */

static struct operation *new_operation(BOOL is_send)
{
    struct operation *operation = calloc(1, sizeof *operation);
    operation->is_send = is_send;
    operation->state = FRESH;
    return operation;
}

/* The call of the kind: TRUE if it accepted the operation. */
static BOOL call(enum kind kind, HANDLE end, struct operation *operation)
{
    WSABUF buffer = {BUFFER, operation->buffer};
    DWORD flags = 0;
    BOOL ok;
    if (kind != SOCKETS)
        ok = operation->is_send
                 ? WriteFile(end, operation->buffer, BUFFER, NULL, &operation->overlapped)
                 : ReadFile(end, operation->buffer, BUFFER, NULL, &operation->overlapped);
    else if (operation->is_send)
        ok = WSASend((SOCKET)end, &buffer, 1, NULL, 0, &operation->overlapped, NULL) == 0;
    else
        ok = WSARecv((SOCKET)end, &buffer, 1, NULL, &flags, &operation->overlapped, NULL) == 0;
    return ok || GetLastError() == ERROR_IO_PENDING;
}

static void start(enum kind kind, HANDLE end, BOOL is_send)
{
    struct operation *operation = new_operation(is_send);
    if (kind == FILES)
        operation->overlapped.Offset = (DWORD)((ULONG_PTR)operation >> 4) % 65536;
    InterlockedExchange(&operation->state, PENDING);
    InterlockedIncrement(&accepted);
    if (!call(kind, end, operation)) {
        InterlockedDecrement(&accepted);
        free(operation);
    }
}

struct short_life {
    enum kind kind;
    HANDLE end;
    BOOL is_send;
};

static DWORD WINAPI start_and_end(LPVOID arg)
{
    struct short_life *life = arg;
    start(life->kind, life->end, life->is_send);
    return 0;
}

static void start_from_a_thread_that_ends(enum kind kind, HANDLE end, BOOL is_send)
{
    struct short_life life = {kind, end, is_send};
    HANDLE thread = CreateThread(NULL, 0, start_and_end, &life, 0, NULL);
    if (!thread)
        return;
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}

/* ---- actors ---- */

static void open_ends(struct pair *pair)
{
    SOCKET sockets[2];
    struct pipe_pair pipes;
    switch (pair->kind) {
    case SOCKETS:
        test_tcp_pair(&sockets[0], &sockets[1]);
        pair->ends[0] = (HANDLE)sockets[0];
        pair->ends[1] = (HANDLE)sockets[1];
        break;
    case PIPES:
        pipes = pipe_pair_of(PIPE_TYPE_MESSAGE, 3 * BUFFER, 3 * BUFFER);
        pair->ends[0] = pipes.server;
        pair->ends[1] = pipes.client;
        break;
    case FILES:
        for (int i = 0; i < 2; i++)
            pair->ends[i] = CreateFileA(pair->path, GENERIC_READ | GENERIC_WRITE,
                                        FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS,
                                        FILE_FLAG_OVERLAPPED, NULL);
        break;
    }
}

static void open_pair(struct pair *pair)
{
    open_ends(pair);
    for (int i = 0; i < 2; i++)
        assert_ptr_equal(CreateIoCompletionPort(pair->ends[i], port, KEY_OPERATION, 0), port);
}

static void close_pair(struct pair *pair, unsigned random)
{
    struct linger hard = {1, 0};
    if (pair->kind == SOCKETS && (random & 1))
        setsockopt((SOCKET)pair->ends[0], SOL_SOCKET, SO_LINGER, (char *)&hard, sizeof hard);
    CloseHandle(pair->ends[0]);
    CloseHandle(pair->ends[1]);
}

/* The end goes half or whole while its handle stays. */
static void shut(struct pair *pair, HANDLE end, unsigned random)
{
    if (pair->kind == SOCKETS)
        shutdown((SOCKET)end, (int)(random & 1));
    else if (pair->kind == PIPES)
        DisconnectNamedPipe(pair->ends[0]);
}

static void close_by_duplicate(struct pair *pair)
{
    HANDLE duplicate;
    if (!DuplicateHandle(GetCurrentProcess(), pair->ends[0], GetCurrentProcess(), &duplicate, 0,
                         FALSE, DUPLICATE_SAME_ACCESS))
        return;
    CloseHandle(pair->ends[0]);
    pair->ends[0] = duplicate;
}

static void act(struct pair *pair, unsigned random)
{
    HANDLE end = pair->ends[random >> 8 & 1];
    switch (random % 100) {
    default:
        start(pair->kind, end, FALSE);
        break;
    case 40 ... 69:
        start(pair->kind, end, TRUE);
        break;
    case 70 ... 79:
        InterlockedIncrement(&posted);
        PostQueuedCompletionStatus(port, 0, KEY_POST, NULL);
        break;
    case 80 ... 84:
        CancelIoEx(end, NULL);
        break;
    case 85 ... 88:
        CancelIo(end);
        break;
    case 89 ... 92:
        start_from_a_thread_that_ends(pair->kind, end, random >> 9 & 1);
        break;
    case 93 ... 94:
        shut(pair, end, random >> 10);
        break;
    case 95 ... 96:
        close_by_duplicate(pair);
        break;
    case 97 ... 99:
        close_pair(pair, random >> 11);
        open_pair(pair);
        break;
    }
}

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 4;
}

static DWORD WINAPI actor(LPVOID arg)
{
    unsigned seed = (unsigned)(ULONG_PTR)arg;
    while (InterlockedDecrement(&actions_left) >= 0) {
        struct pair *pair = &pairs[next_random(&seed) % PAIRS];
        EnterCriticalSection(&pair->lock);
        act(pair, next_random(&seed));
        LeaveCriticalSection(&pair->lock);
    }
    return 0;
}

/* ---- dequeuers ---- */

/* A completed operation's memory as it was when its packet came. */
struct quarantined {
    struct operation *operation;
    struct operation snapshot;
};

static void release(struct quarantined *old)
{
    if (!old->operation)
        return;
    law(memcmp(old->operation, &old->snapshot, sizeof old->snapshot) == 0,
        "memory touched after its packet was handed out");
    free(old->operation);
    old->operation = NULL;
}

static void complete(struct operation *operation, struct quarantined *place)
{
    law(InterlockedCompareExchange(&operation->state, COMPLETED, PENDING) == PENDING,
        "an operation completed that was not pending");
    law(HasOverlappedIoCompleted(&operation->overlapped), "a packet with an unwritten status");
    InterlockedIncrement(&completed);
    release(place);
    place->operation = operation;
    place->snapshot = *operation;
}

static DWORD WINAPI dequeuer(LPVOID unused)
{
    struct quarantined *quarantine = calloc(QUARANTINE, sizeof *quarantine);
    size_t at = 0;
    (void)unused;
    for (;;) {
        DWORD bytes;
        ULONG_PTR key = 0;
        OVERLAPPED *overlapped;
        BOOL ok = GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE);
        if (key == KEY_STOP)
            break;
        if (key == KEY_POST) {
            law(ok && !overlapped, "a post came out altered");
            InterlockedIncrement(&received_posts);
        } else {
            law(key == KEY_OPERATION && overlapped, "a foreign packet");
            if (overlapped)
                complete((struct operation *)overlapped, &quarantine[at++ % QUARANTINE]);
        }
    }
    for (size_t i = 0; i < QUARANTINE; i++)
        release(&quarantine[i]);
    free(quarantine);
    return 0;
}

static unsigned setting(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);
    return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

/* PORT-123 PORT-124 PORT-129 PORT-132 SOCK-009 */
static void each_accepted_operation_completes_exactly_once(void **state)
{
    HANDLE threads[ACTORS + DEQUEUERS];
    unsigned seed = setting("STRESS_SEED", 1);
    (void)state;
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 2);
    actions_left = (LONG)setting("STRESS_OPS", DEFAULT_OPS);
    for (int i = 0; i < PAIRS; i++) {
        InitializeCriticalSection(&pairs[i].lock);
        pairs[i].kind = i < SOCKET_PAIRS ? SOCKETS : i < SOCKET_PAIRS + PIPE_PAIRS ? PIPES : FILES;
        if (pairs[i].kind == FILES)
            pairs[i].path = test_temp_path();
        open_pair(&pairs[i]);
    }
    for (int i = 0; i < DEQUEUERS; i++)
        threads[ACTORS + i] = CreateThread(NULL, 0, dequeuer, NULL, 0, NULL);
    for (int i = 0; i < ACTORS; i++)
        threads[i] =
            CreateThread(NULL, 0, actor, (LPVOID)(ULONG_PTR)(seed * 31 + (unsigned)i), 0, NULL);
    assert_int_equal(WaitForMultipleObjects(ACTORS, threads, TRUE, INFINITE), WAIT_OBJECT_0);
    for (int i = 0; i < PAIRS; i++)
        close_pair(&pairs[i], 1);
    wait_until(InterlockedCompareExchange(&completed, 0, 0) == accepted);
    wait_until(InterlockedCompareExchange(&received_posts, 0, 0) == posted);
    for (int i = 0; i < DEQUEUERS; i++)
        assert_win32(PostQueuedCompletionStatus(port, 0, KEY_STOP, NULL));
    for (int i = 0; i < DEQUEUERS; i++)
        assert_int_equal(WaitForSingleObject(threads[ACTORS + i], TEST_DEADLINE_MS), WAIT_OBJECT_0);
    test_no_packet(port);
    assert_int_equal(broken_laws, 0);
    print_message("%ld operations, %ld posts\n", (long)accepted, (long)posted);
    for (int i = 0; i < ACTORS + DEQUEUERS; i++)
        CloseHandle(threads[i]);
    CloseHandle(port);
}

/* ---- ports that go ---- */

enum { WAITERS = 4 };

struct doomed {
    HANDLE port;
    volatile LONG dequeued, abandoned, other_error;
};

static DWORD WINAPI wait_until_abandoned(LPVOID arg)
{
    struct doomed *doomed = arg;
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *overlapped;
    for (;;) {
        BOOL ok = GetQueuedCompletionStatus(doomed->port, &bytes, &key, &overlapped, INFINITE);
        if (!ok && !overlapped)
            break;
        InterlockedIncrement(&doomed->dequeued);
    }
    if (GetLastError() == ERROR_ABANDONED_WAIT_0 || GetLastError() == ERROR_INVALID_HANDLE)
        InterlockedIncrement(&doomed->abandoned);
    else
        doomed->other_error = (LONG)GetLastError();
    return 0;
}

/* PORT-023 PORT-022 PORT-026 */
static void a_port_closed_under_its_waiters_lets_all_go(void **state)
{
    unsigned rounds = setting("STRESS_OPS", DEFAULT_OPS) / 500;
    (void)state;
    for (unsigned round = 0; round < rounds; round++) {
        struct doomed doomed = {
            .port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1 + round % 3)};
        struct pipe_pair pair = pipe_pair(0);
        OVERLAPPED reads[4] = {0};
        char buffers[4][8];
        HANDLE threads[WAITERS];
        assert_ptr_equal(CreateIoCompletionPort(pair.server, doomed.port, 1, 0), doomed.port);
        for (int i = 0; i < WAITERS; i++)
            threads[i] = CreateThread(NULL, 0, wait_until_abandoned, &doomed, 0, NULL);
        for (int i = 0; i < 4; i++) {
            ReadFile(pair.server, buffers[i], 8, NULL, &reads[i]);
            PostQueuedCompletionStatus(doomed.port, 0, 2, &reads[i]);
            if (round & 1)
                pipe_write(pair.client, "data", 4);
        }
        assert_win32(CloseHandle(doomed.port));
        assert_int_equal(WaitForMultipleObjects(WAITERS, threads, TRUE, TEST_DEADLINE_MS),
                         WAIT_OBJECT_0);
        assert_int_equal(doomed.other_error, 0);
        assert_int_equal(doomed.abandoned, WAITERS);
        assert_in_range(doomed.dequeued, 0, 8);
        for (int i = 0; i < WAITERS; i++)
            CloseHandle(threads[i]);
        pipe_pair_close(&pair);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_accepted_operation_completes_exactly_once),
        cmocka_unit_test(a_port_closed_under_its_waiters_lets_all_go),
    };
    return cmocka_run_group_tests(tests, test_winsock_up, test_winsock_down);
}

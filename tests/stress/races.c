/* Races as laws. Several threads start receives, sends, posts, cancels, shutdowns, closes and
 * duplicates at random on sockets of one port, some from threads that end at once; others dequeue.
 * The law: each accepted operation completes exactly once, nothing else ever comes out of the port,
 * and neither OVERLAPPED nor buffer is touched after its packet was handed out.
 *
 * STRESS_OPS sets how many actions are taken, STRESS_SEED the random numbers. */
#include "sockets.h"

enum {
    ACTORS = 3,
    DEQUEUERS = 3,
    PAIRS = 64,
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

struct pair {
    CRITICAL_SECTION lock; /* actors take turns on a pair; completions do not take it */
    SOCKET ends[2];
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

static void start(SOCKET s, BOOL is_send)
{
    struct operation *operation = new_operation(is_send);
    WSABUF buffer = {BUFFER, operation->buffer};
    DWORD flags = 0;
    int result;
    InterlockedExchange(&operation->state, PENDING);
    InterlockedIncrement(&accepted);
    result = is_send ? WSASend(s, &buffer, 1, NULL, 0, &operation->overlapped, NULL)
                     : WSARecv(s, &buffer, 1, NULL, &flags, &operation->overlapped, NULL);
    if (result && WSAGetLastError() != WSA_IO_PENDING) {
        InterlockedDecrement(&accepted);
        free(operation);
    }
}

struct short_life {
    SOCKET socket;
    BOOL is_send;
};

static DWORD WINAPI start_and_end(LPVOID arg)
{
    struct short_life *life = arg;
    start(life->socket, life->is_send);
    return 0;
}

static void start_from_a_thread_that_ends(SOCKET s, BOOL is_send)
{
    struct short_life life = {s, is_send};
    HANDLE thread = CreateThread(NULL, 0, start_and_end, &life, 0, NULL);
    if (!thread)
        return;
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}

/* ---- actors ---- */

static void open_pair(struct pair *pair)
{
    test_tcp_pair(&pair->ends[0], &pair->ends[1]);
    for (int i = 0; i < 2; i++)
        assert_ptr_equal(CreateIoCompletionPort((HANDLE)pair->ends[i], port, KEY_OPERATION, 0),
                         port);
}

static void close_pair(struct pair *pair, unsigned random)
{
    struct linger hard = {1, 0};
    if (random & 1)
        setsockopt(pair->ends[0], SOL_SOCKET, SO_LINGER, (char *)&hard, sizeof hard);
    closesocket(pair->ends[0]);
    closesocket(pair->ends[1]);
}

static void close_by_duplicate(struct pair *pair)
{
    HANDLE duplicate;
    if (!DuplicateHandle(GetCurrentProcess(), (HANDLE)pair->ends[0], GetCurrentProcess(),
                         &duplicate, 0, FALSE, DUPLICATE_SAME_ACCESS))
        return;
    closesocket(pair->ends[0]);
    pair->ends[0] = (SOCKET)duplicate;
}

static void act(struct pair *pair, unsigned random)
{
    SOCKET s = pair->ends[random >> 8 & 1];
    switch (random % 100) {
    default:
        start(s, FALSE);
        break;
    case 40 ... 69:
        start(s, TRUE);
        break;
    case 70 ... 79:
        InterlockedIncrement(&posted);
        PostQueuedCompletionStatus(port, 0, KEY_POST, NULL);
        break;
    case 80 ... 84:
        CancelIoEx((HANDLE)s, NULL);
        break;
    case 85 ... 88:
        CancelIo((HANDLE)s);
        break;
    case 89 ... 92:
        start_from_a_thread_that_ends(s, random >> 9 & 1);
        break;
    case 93 ... 94:
        shutdown(s, (int)(random >> 10 & 1));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_accepted_operation_completes_exactly_once),
    };
    return cmocka_run_group_tests(tests, test_winsock_up, test_winsock_down);
}

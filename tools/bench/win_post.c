/* PostQueuedCompletionStatus and GetQueuedCompletionStatus, nanoseconds a packet: one thread that
 * posts and gets in turn; N posting and N getting threads; one thread in batches of 64 through
 * GetQueuedCompletionStatusEx. What comes out is counted and summed against what went in.
 *
 *   win_post SECONDS */
#include "win_report.h"

enum { BATCH = 64, CHECK_EVERY = 256, SLOTS = 16, IN_FLIGHT = 1024 };
#define STOP_KEY 0

static HANDLE port;
static double seconds;
static volatile LONG stopping;
static OVERLAPPED dummy;

struct side {
    HANDLE thread;
    unsigned long long count, sum;
    char padding[64]; /* two threads' counters do not share a cache line */
};

/* Getters give a credit back for each packet: the queue stays short, as in a program at work. */
static HANDLE credits;

static void post(ULONG_PTR key)
{
    require(PostQueuedCompletionStatus(port, (DWORD)key, key, &dummy), "post");
}

static ULONG_PTR get(void)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *overlapped;
    require(GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE), "get");
    require(bytes == (DWORD)key && overlapped == &dummy, "the packet as it was posted");
    return key;
}

static void one_thread(void)
{
    double start = now_s(), end = start;
    ULONG_PTR n = 0;
    while (end - start < seconds) {
        int i;
        for (i = 0; i < CHECK_EVERY; i++) {
            post(++n);
            require(get() == n, "order");
        }
        end = now_s();
    }
    report("one_thread", (end - start) * 1e9 / (double)n, "ns");
}

static void batches(void)
{
    OVERLAPPED_ENTRY entries[BATCH];
    double start = now_s(), end = start;
    ULONG_PTR n = 0;
    while (end - start < seconds) {
        ULONG removed, i, taken = 0;
        for (i = 0; i < BATCH; i++)
            post(n + 1 + i);
        while (taken < BATCH) {
            require(GetQueuedCompletionStatusEx(port, entries, BATCH, &removed, INFINITE, FALSE),
                    "GetQueuedCompletionStatusEx");
            for (i = 0; i < removed; i++)
                require(entries[i].lpCompletionKey == ++n, "order");
            taken += removed;
        }
        end = now_s();
    }
    report("batches_of_64", (end - start) * 1e9 / (double)n, "ns");
}

static DWORD WINAPI poster(LPVOID side)
{
    struct side *s = side;
    while (!InterlockedCompareExchange(&stopping, 0, 0)) {
        int i;
        require(WaitForSingleObject(credits, INFINITE) == WAIT_OBJECT_0, "credit");
        for (i = 0; i < IN_FLIGHT / 4; i++) {
            post(++s->count);
            s->sum += s->count;
        }
    }
    return 0;
}

static DWORD WINAPI getter(LPVOID side)
{
    struct side *s = side;
    ULONG_PTR key;
    while ((key = get()) != STOP_KEY) {
        s->sum += key;
        if (++s->count % (IN_FLIGHT / 4) == 0)
            ReleaseSemaphore(credits, 1, NULL);
    }
    return 0;
}

static void start_sides(struct side *sides, int count, LPTHREAD_START_ROUTINE routine)
{
    int i;
    for (i = 0; i < count; i++) {
        sides[i].count = sides[i].sum = 0;
        sides[i].thread = CreateThread(NULL, 0, routine, &sides[i], 0, NULL);
        require(sides[i].thread != NULL, "CreateThread");
    }
}

static unsigned long long join_sides(struct side *sides, int count, unsigned long long *sum)
{
    unsigned long long total = 0;
    int i;
    for (i = 0; i < count; i++) {
        WaitForSingleObject(sides[i].thread, INFINITE);
        CloseHandle(sides[i].thread);
        total += sides[i].count;
        *sum += sides[i].sum;
    }
    return total;
}

static void pairs(int count, const char *name)
{
    struct side posters[SLOTS], getters[SLOTS];
    unsigned long long posted, got, sum_in = 0, sum_out = 0;
    double start;
    int i;
    InterlockedExchange(&stopping, 0);
    credits = CreateSemaphoreW(NULL, 4 * count, 1000000, NULL);
    start = now_s();
    start_sides(getters, count, getter);
    start_sides(posters, count, poster);
    Sleep((DWORD)(seconds * 1000));
    InterlockedExchange(&stopping, 1);
    ReleaseSemaphore(credits, 4 * count, NULL);
    posted = join_sides(posters, count, &sum_in);
    for (i = 0; i < count; i++)
        post(STOP_KEY);
    got = join_sides(getters, count, &sum_out);
    require(posted == got && sum_in == sum_out, "every packet once");
    report(name, (now_s() - start) * 1e9 / (double)got, "ns");
    CloseHandle(credits);
}

int main(int argc, char **argv)
{
    seconds = argc > 1 ? atof(argv[1]) : 1;
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    require(port != NULL, "CreateIoCompletionPort");
    one_thread();
    pairs(1, "pairs_1_1");
    pairs(2, "pairs_2_2");
    batches();
    return 0;
}

/* Handles and events, nanoseconds each: SetEvent+WaitForSingleObject on one thread, the same
 * between two threads, create+close, duplicate+close, and looking a handle up: CompareObjectHandles
 * takes a reference on two handles, so its time is halved; on one thread, and on two at once.
 *
 *   win_handles SECONDS */
#include "win_report.h"

enum { CHECK_EVERY = 256 };

typedef void (*work)(void);
typedef BOOL(WINAPI *compare_handles)(HANDLE, HANDLE);

static double seconds;
static HANDLE event, twin, ping, pong;
static compare_handles compare;
static volatile LONG stopping;

/* Nanoseconds of one call of `once`. */
static double measure(work once)
{
    double start = now_s(), end = start;
    unsigned long long n = 0;
    while (end - start < seconds) {
        int i;
        for (i = 0; i < CHECK_EVERY; i++)
            once();
        n += CHECK_EVERY;
        end = now_s();
    }
    return (end - start) * 1e9 / (double)n;
}

static void set_wait(void)
{
    require(SetEvent(event) && WaitForSingleObject(event, INFINITE) == WAIT_OBJECT_0, "set, wait");
}

static void create_close(void)
{
    require(CloseHandle(CreateEventW(NULL, FALSE, FALSE, NULL)), "create, close");
}

static void duplicate_close(void)
{
    HANDLE process = GetCurrentProcess(), copy;
    require(DuplicateHandle(process, event, process, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS) &&
                CloseHandle(copy),
            "duplicate, close");
}

static void look_up_two(void)
{
    require(compare(event, twin), "CompareObjectHandles");
}

static void ping_pong(void)
{
    require(SignalObjectAndWait(ping, pong, INFINITE, FALSE) == WAIT_OBJECT_0, "ping");
}

static DWORD WINAPI answer(LPVOID unused)
{
    (void)unused;
    for (;;) {
        WaitForSingleObject(ping, INFINITE);
        if (InterlockedCompareExchange(&stopping, 0, 0))
            return 0;
        SetEvent(pong);
    }
}

static DWORD WINAPI look_up_meanwhile(LPVOID unused)
{
    (void)unused;
    while (!InterlockedCompareExchange(&stopping, 0, 0))
        look_up_two();
    return 0;
}

/* Measures with `routine` on a second thread. */
static double measure_beside(work once, LPTHREAD_START_ROUTINE routine)
{
    HANDLE thread;
    double ns;
    InterlockedExchange(&stopping, 0);
    thread = CreateThread(NULL, 0, routine, NULL, 0, NULL);
    require(thread != NULL, "CreateThread");
    ns = measure(once);
    InterlockedExchange(&stopping, 1);
    SetEvent(ping);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    return ns;
}

int main(int argc, char **argv)
{
    HANDLE process = GetCurrentProcess();
    seconds = argc > 1 ? atof(argv[1]) : 1;
    event = CreateEventW(NULL, FALSE, FALSE, NULL);
    ping = CreateEventW(NULL, FALSE, FALSE, NULL);
    pong = CreateEventW(NULL, FALSE, FALSE, NULL);
    require(event && ping && pong, "CreateEvent");
    require(DuplicateHandle(process, event, process, &twin, 0, FALSE, DUPLICATE_SAME_ACCESS),
            "DuplicateHandle");
    compare = (compare_handles)(void (*)(void))GetProcAddress(GetModuleHandleW(L"kernelbase.dll"),
                                                              "CompareObjectHandles");
    report("set_wait", measure(set_wait), "ns");
    report("ping_pong", measure_beside(ping_pong, answer), "ns");
    report("create_close", measure(create_close), "ns");
    report("duplicate_close", measure(duplicate_close), "ns");
    if (compare) {
        report("lookup", measure(look_up_two) / 2, "ns");
        report("lookup_two_threads", measure_beside(look_up_two, look_up_meanwhile) / 2, "ns");
    }
    return 0;
}

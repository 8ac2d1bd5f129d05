/* Which thread a port releases, and when: ports.md section 9.
 *
 * A worker dequeues in a loop. After each packet it computes (spins, unseen by Portico) until the
 * test tells it what to do next, so every thread's state is known when a packet is posted. Whether
 * a packet was held back shows in the depth of the queue: hand-over happens inside the post. */
#include "portico_test.h"

#include <ntstatus.h>
#include <sched.h>
#include <unistd.h>
#include <winternl.h>

struct worker;
typedef void (*order)(struct worker *worker);

struct worker {
    HANDLE port, thread, object;
    DWORD id;
    order next;
    _Atomic int taken, obeyed;
    ULONG_PTR keys[64];
    DWORD error;
};

static HANDLE new_port(DWORD concurrency)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, concurrency);
    assert_non_null(port);
    return port;
}

static void post(HANDLE port, ULONG_PTR key)
{
    assert_win32(PostQueuedCompletionStatus(port, 0, key, NULL));
}

static LONG depth(HANDLE port)
{
    IO_COMPLETION_BASIC_INFORMATION info = {-1};
    NtQueryIoCompletion(port, IoCompletionBasicInformation, &info, sizeof info, NULL);
    return info.Depth;
}

/* ---- orders ---- */

static void dequeue(struct worker *worker)
{
    (void)worker;
}

static void leave(struct worker *worker)
{
    (void)worker;
    ExitThread(0);
}

static void block_on_object(struct worker *worker)
{
    WaitForSingleObject(worker->object, TEST_DEADLINE_MS);
}

static void block_on_two(struct worker *worker)
{
    HANDLE both[2] = {worker->object, worker->thread};
    WaitForMultipleObjects(2, both, FALSE, TEST_DEADLINE_MS);
}

static void block_in_native(struct worker *worker)
{
    NtWaitForSingleObject(worker->object, FALSE, NULL);
}

static void block_in_result(struct worker *worker)
{
    OVERLAPPED overlapped = {.Internal = (DWORD)STATUS_PENDING, .hEvent = worker->object};
    DWORD bytes;
    GetOverlappedResult(NULL, &overlapped, &bytes, TRUE);
}

static void sleep_a_moment(struct worker *worker)
{
    (void)worker;
    Sleep(1);
}

static void poll_object(struct worker *worker)
{
    WaitForSingleObject(worker->object, 0);
}

/* The next order; the worker computes until it comes. */
static order await_order(struct worker *worker)
{
    order next;
    while (!(next = __atomic_exchange_n(&worker->next, NULL, __ATOMIC_ACQ_REL)))
        sched_yield();
    return next;
}

static void obey_until_dequeue(struct worker *worker)
{
    order next;
    while ((next = await_order(worker)) != dequeue) {
        next(worker);
        worker->obeyed++;
    }
}

static DWORD WINAPI work(LPVOID parameter)
{
    struct worker *worker = parameter;
    for (;;) {
        DWORD bytes;
        ULONG_PTR key;
        LPOVERLAPPED overlapped;
        if (!GetQueuedCompletionStatus(worker->port, &bytes, &key, &overlapped, INFINITE)) {
            worker->error = GetLastError();
            return 0;
        }
        worker->keys[worker->taken & 63] = key;
        worker->taken++;
        obey_until_dequeue(worker);
    }
}

/* ---- what the tests do with workers ---- */

static void tell(struct worker *worker, order next)
{
    __atomic_store_n(&worker->next, next, __ATOMIC_RELEASE);
}

/* Tells it and waits until it has done so. */
static void have(struct worker *worker, order next)
{
    int before = worker->obeyed;
    tell(worker, next);
    wait_until(worker->obeyed > before);
}

static void start(struct worker *worker, HANDLE port)
{
    *worker = (struct worker){.port = port};
    worker->object = CreateEventW(NULL, TRUE, FALSE, NULL);
    worker->thread = CreateThread(NULL, 0, work, worker, 0, &worker->id);
    assert_non_null(worker->thread);
    wait_until_asleep(worker->id);
}

static void park(struct worker *worker)
{
    tell(worker, dequeue);
    wait_until(!__atomic_load_n(&worker->next, __ATOMIC_ACQUIRE));
    wait_until_asleep(worker->id);
}

static void wait_until_taken(struct worker *worker, int count)
{
    wait_until(worker->taken >= count);
    assert_int_equal(worker->taken, count);
}

static ULONG_PTR last_key(struct worker *worker)
{
    return worker->keys[(worker->taken - 1) & 63];
}

/* Closes the port and sees the workers out. Each of them computes or is parked. */
static void end(HANDLE port, struct worker *workers, int count)
{
    assert_win32(CloseHandle(port));
    for (int i = 0; i < count; i++) {
        tell(&workers[i], leave);
        SetEvent(workers[i].object);
        assert_int_equal(WaitForSingleObject(workers[i].thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
        assert_win32(CloseHandle(workers[i].thread));
        assert_win32(CloseHandle(workers[i].object));
    }
}

/* ---- order of release ---- */

/* PORT-091 */
static void one_packet_goes_to_the_newest_waiter(void **state)
{
    HANDLE port = new_port(3);
    struct worker w[3];
    (void)state;
    for (int i = 0; i < 3; i++)
        start(&w[i], port);
    post(port, 1);
    wait_until_taken(&w[2], 1);
    assert_int_equal(w[0].taken + w[1].taken, 0);
    end(port, w, 3);
}

/* PORT-091 PORT-090 */
static void three_packets_go_to_the_newest_first_oldest_packet_first(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        HANDLE port = new_port(3);
        struct worker w[3];
        for (int i = 0; i < 3; i++)
            start(&w[i], port);
        for (ULONG_PTR key = 1; key <= 3; key++)
            post(port, key);
        for (int i = 0; i < 3; i++) {
            wait_until_taken(&w[i], 1);
            assert_int_equal(last_key(&w[i]), 3 - i);
        }
        end(port, w, 3);
    }
}

/* PORT-092 */
static void who_waits_again_is_the_newest(void **state)
{
    HANDLE port = new_port(3);
    struct worker w[2];
    (void)state;
    start(&w[0], port);
    start(&w[1], port);
    post(port, 1);
    wait_until_taken(&w[1], 1);
    post(port, 2);
    wait_until_taken(&w[0], 1);
    park(&w[1]);
    park(&w[0]);
    post(port, 3);
    wait_until_taken(&w[0], 2);
    assert_int_equal(w[1].taken, 1);
    end(port, w, 2);
}

/* ---- the concurrency value ---- */

/* PORT-098 */
static void at_the_limit_a_packet_waits_for_the_running_thread(void **state)
{
    HANDLE port = new_port(1);
    struct worker w[2];
    (void)state;
    start(&w[0], port);
    start(&w[1], port);
    post(port, 1);
    post(port, 2);
    wait_until_taken(&w[1], 1);
    assert_int_equal(depth(port), 1);
    tell(&w[1], dequeue);
    wait_until_taken(&w[1], 2);
    assert_int_equal(last_key(&w[1]), 2);
    assert_int_equal(w[0].taken, 0);
    end(port, w, 2);
}

/* PORT-005 */
static void zero_means_as_many_as_processors(void **state)
{
    int processors = (int)sysconf(_SC_NPROCESSORS_ONLN);
    HANDLE port = new_port(0);
    struct worker *w = calloc((size_t)processors + 1, sizeof *w);
    int taken = 0;
    (void)state;
    for (int i = 0; i <= processors; i++)
        start(&w[i], port);
    for (int i = 0; i <= processors; i++)
        post(port, 1);
    assert_int_equal(depth(port), 1);
    for (int i = 1; i <= processors; i++)
        wait_until_taken(&w[i], 1);
    for (int i = 0; i <= processors; i++)
        taken += w[i].taken;
    assert_int_equal(taken, processors);
    end(port, w, processors + 1);
    free(w);
}

/* PORT-094 */
static void a_running_thread_s_end_frees_its_slot(void **state)
{
    HANDLE port = new_port(1);
    struct worker w[2];
    (void)state;
    start(&w[0], port);
    start(&w[1], port);
    post(port, 1);
    post(port, 2);
    wait_until_taken(&w[1], 1);
    assert_int_equal(depth(port), 1);
    tell(&w[1], leave);
    wait_until_taken(&w[0], 1);
    assert_int_equal(last_key(&w[0]), 2);
    end(port, w, 2);
}

/* PORT-095 */
static void dequeuing_elsewhere_frees_the_slot(void **state)
{
    HANDLE port = new_port(1), other = new_port(1);
    struct worker w[2];
    (void)state;
    start(&w[0], port);
    start(&w[1], port);
    post(port, 1);
    post(port, 2);
    wait_until_taken(&w[1], 1);
    w[1].port = other;
    park(&w[1]);
    wait_until_taken(&w[0], 1);
    post(port, 3);
    assert_int_equal(depth(port), 1);
    post(other, 4);
    wait_until_taken(&w[1], 2);
    assert_int_equal(last_key(&w[1]), 4);
    w[1].port = port;
    assert_win32(CloseHandle(other));
    end(port, w, 2);
}

/* PORT-096 */
static void a_running_thread_outlives_its_port(void **state)
{
    HANDLE port = new_port(1);
    struct worker w[1];
    (void)state;
    start(&w[0], port);
    post(port, 1);
    wait_until_taken(&w[0], 1);
    assert_win32(CloseHandle(port));
    have(&w[0], poll_object);
    have(&w[0], sleep_a_moment);
    tell(&w[0], dequeue);
    assert_int_equal(WaitForSingleObject(w[0].thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(w[0].error, ERROR_INVALID_HANDLE);
    assert_win32(CloseHandle(w[0].thread));
    assert_win32(CloseHandle(w[0].object));
}

static DWORD WINAPI touch_without_dequeuing(LPVOID port)
{
    post(port, 1);
    if (WaitForSingleObject(port, 0) == WAIT_FAILED)
        return 1;
    post(port, 2);
    return 0;
}

/* PORT-097 PORT-056 */
static void posting_and_waiting_do_not_bind(void **state)
{
    HANDLE port = new_port(1);
    struct worker w[1];
    (void)state;
    start(&w[0], port);
    assert_int_equal(touch_without_dequeuing(port), 0);
    wait_until_taken(&w[0], 1);
    tell(&w[0], dequeue);
    wait_until_taken(&w[0], 2);
    park(&w[0]);
    post(port, 3);
    wait_until_taken(&w[0], 3);
    end(port, w, 1);
}

/* PORT-099 PORT-100 */
static void the_running_thread_takes_packet_after_packet(void **state)
{
    enum { MANY = 100000 };
    HANDLE port = new_port(1);
    struct worker w[1];
    DWORD bytes;
    ULONG_PTR key;
    LPOVERLAPPED overlapped;
    (void)state;
    assert_fails(WAIT_TIMEOUT, GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, 0));
    start(&w[0], port);
    for (ULONG_PTR i = 0; i < MANY; i++)
        post(port, i);
    for (ULONG_PTR i = 0; i < MANY; i++) {
        if (!GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE) || key != i)
            fail_msg("packet %d: key %d", (int)i, (int)key);
    }
    assert_int_equal(w[0].taken, 0);
    end(port, w, 1);
}

/* ---- blocking ---- */

/* PORT-101 */
static void blocking_in_any_wait_releases_the_next(void **state)
{
    const order blocks[] = {block_on_object, block_on_two, block_in_native, block_in_result};
    (void)state;
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        HANDLE port = new_port(1);
        struct worker w[2];
        start(&w[0], port);
        start(&w[1], port);
        post(port, 1);
        post(port, 2);
        wait_until_taken(&w[1], 1);
        assert_int_equal(depth(port), 1);
        tell(&w[1], blocks[i]);
        wait_until_taken(&w[0], 1);
        assert_win32(SetEvent(w[1].object));
        wait_until(w[1].obeyed == 1);
        end(port, w, 2);
    }
}

/* PORT-101 */
static void sleeping_releases_the_next(void **state)
{
    HANDLE port = new_port(1);
    struct worker w[2];
    (void)state;
    start(&w[0], port);
    start(&w[1], port);
    post(port, 1);
    post(port, 2);
    wait_until_taken(&w[1], 1);
    tell(&w[1], sleep_a_moment);
    wait_until_taken(&w[0], 1);
    wait_until(w[1].obeyed == 1);
    end(port, w, 2);
}

/* PORT-102 */
static void a_wait_that_does_not_block_releases_nobody(void **state)
{
    HANDLE port = new_port(1);
    struct worker w[2];
    (void)state;
    start(&w[0], port);
    start(&w[1], port);
    post(port, 1);
    post(port, 2);
    wait_until_taken(&w[1], 1);
    have(&w[1], poll_object);
    assert_win32(SetEvent(w[1].object));
    have(&w[1], block_on_object);
    assert_int_equal(depth(port), 1);
    assert_int_equal(w[0].taken, 0);
    end(port, w, 2);
}

/* PORT-103 PORT-104 */
static void coming_back_may_exceed_the_limit_until_it_is_made_up_for(void **state)
{
    HANDLE port = new_port(1);
    struct worker w[3];
    (void)state;
    for (int i = 0; i < 3; i++)
        start(&w[i], port);
    post(port, 1);
    wait_until_taken(&w[2], 1);
    tell(&w[2], block_on_object);
    wait_until_asleep(w[2].id);
    post(port, 2);
    wait_until_taken(&w[1], 1);
    assert_win32(SetEvent(w[2].object));
    wait_until(w[2].obeyed == 1); /* both run now */
    post(port, 3);
    post(port, 4);
    assert_int_equal(depth(port), 2);
    park(&w[2]); /* one runs: the limit is still reached */
    assert_int_equal(depth(port), 2);
    assert_int_equal(w[2].taken, 1);
    tell(&w[1], dequeue);
    wait_until_taken(&w[1], 2);
    assert_int_equal(last_key(&w[1]), 3);
    assert_int_equal(depth(port), 1);
    assert_int_equal(w[0].taken, 0);
    tell(&w[1], leave);
    wait_until_taken(&w[2], 2);
    assert_int_equal(last_key(&w[2]), 4);
    end(port, w, 3);
}

/* PORT-105 */
static void at_the_limit_an_unbound_thread_s_poll_gets_nothing(void **state)
{
    HANDLE port = new_port(1);
    struct worker w[1];
    DWORD bytes;
    ULONG_PTR key;
    LPOVERLAPPED overlapped;
    (void)state;
    start(&w[0], port);
    post(port, 1);
    wait_until_taken(&w[0], 1);
    post(port, 2);
    assert_fails(WAIT_TIMEOUT, GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, 0));
    assert_int_equal(depth(port), 1);
    end(port, w, 1);
}

/* PORT-106 */
static void at_the_limit_an_unbound_thread_waits_and_is_released_first(void **state)
{
    HANDLE port = new_port(1);
    struct worker w[3];
    (void)state;
    start(&w[0], port);
    start(&w[1], port);
    post(port, 1);
    wait_until_taken(&w[1], 1);
    post(port, 2);
    start(&w[2], port);
    assert_int_equal(depth(port), 1);
    tell(&w[1], leave);
    wait_until_taken(&w[2], 1);
    assert_int_equal(last_key(&w[2]), 2);
    assert_int_equal(w[0].taken, 0);
    end(port, w, 3);
}

/* PORT-093 PORT-107 */
static void a_thread_whose_dequeue_timed_out_counts_as_running(void **state)
{
    HANDLE port = new_port(1);
    struct worker w[1];
    DWORD bytes;
    ULONG_PTR key;
    LPOVERLAPPED overlapped;
    (void)state;
    start(&w[0], port);
    assert_fails(WAIT_TIMEOUT, GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, 0));
    post(port, 1);
    assert_int_equal(depth(port), 1);
    assert_int_equal(w[0].taken, 0);
    WaitForSingleObject(w[0].object, 1);
    wait_until_taken(&w[0], 1);
    end(port, w, 1);
}

/* PORT-054 */
static void a_batch_counts_as_one_running_thread(void **state)
{
    HANDLE port = new_port(2);
    struct worker w[2];
    OVERLAPPED_ENTRY entries[4];
    ULONG removed;
    (void)state;
    for (ULONG_PTR i = 1; i <= 4; i++)
        post(port, i);
    assert_win32(GetQueuedCompletionStatusEx(port, entries, 4, &removed, 0, FALSE));
    assert_int_equal(removed, 4);
    start(&w[0], port);
    start(&w[1], port);
    post(port, 5);
    wait_until_taken(&w[1], 1);
    post(port, 6);
    assert_int_equal(depth(port), 1);
    assert_int_equal(w[0].taken, 0);
    end(port, w, 2);
}

/* ---- suspended threads ---- */

/* PORT-109 PORT-101 */
static void a_suspended_thread_frees_its_slot_and_may_exceed_the_limit_later(void **state)
{
    HANDLE port = new_port(1);
    struct worker w[2];
    (void)state;
    start(&w[0], port);
    start(&w[1], port);
    post(port, 1);
    post(port, 2);
    wait_until_taken(&w[1], 1);
    assert_int_equal(depth(port), 1);
    assert_int_equal(SuspendThread(w[1].thread), 0);
    wait_until_taken(&w[0], 1);
    assert_int_equal(last_key(&w[0]), 2);
    assert_int_equal(ResumeThread(w[1].thread), 1);
    have(&w[1], poll_object); /* both run now */
    post(port, 3);
    park(&w[1]); /* one runs: the limit is still reached */
    assert_int_equal(depth(port), 1);
    assert_int_equal(w[1].taken, 1);
    tell(&w[0], dequeue);
    wait_until_taken(&w[0], 2);
    assert_int_equal(last_key(&w[0]), 3);
    end(port, w, 2);
}

/* PORT-109 */
static void a_suspended_waiter_is_passed_over(void **state)
{
    HANDLE port = new_port(2);
    struct worker w[2];
    (void)state;
    start(&w[0], port);
    start(&w[1], port);
    assert_int_equal(SuspendThread(w[1].thread), 0);
    post(port, 1);
    wait_until_taken(&w[0], 1);
    post(port, 2);
    assert_int_equal(depth(port), 1);
    assert_int_equal(w[1].taken, 0);
    assert_int_equal(ResumeThread(w[1].thread), 1);
    wait_until_taken(&w[1], 1);
    assert_int_equal(last_key(&w[1]), 2);
    end(port, w, 2);
}

/* ---- waiting on the port object ---- */

static DWORD WINAPI wait_on_port(LPVOID port)
{
    return WaitForSingleObject(port, TEST_DEADLINE_MS);
}

/* PORT-108 THRD-061 */
static void the_port_is_signaled_while_it_holds_packets(void **state)
{
    HANDLE port = new_port(1), threads[3];
    DWORD ids[3], code;
    (void)state;
    assert_int_equal(WaitForSingleObject(port, 0), WAIT_TIMEOUT);
    for (int i = 0; i < 3; i++)
        threads[i] = CreateThread(NULL, 0, wait_on_port, port, 0, &ids[i]);
    for (int i = 0; i < 3; i++)
        wait_until_asleep(ids[i]);
    post(port, 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(WaitForSingleObject(threads[i], TEST_DEADLINE_MS), WAIT_OBJECT_0);
        assert_win32(GetExitCodeThread(threads[i], &code));
        assert_int_equal(code, WAIT_OBJECT_0);
        assert_win32(CloseHandle(threads[i]));
    }
    assert_int_equal(depth(port), 1);
    assert_int_equal(WaitForSingleObject(port, 0), WAIT_OBJECT_0);
    assert_win32(CloseHandle(port));
}

/* PORT-108 */
static void a_packet_handed_over_directly_does_not_signal_the_port(void **state)
{
    HANDLE port = new_port(1), waiter;
    struct worker w[1];
    DWORD id;
    (void)state;
    start(&w[0], port);
    waiter = CreateThread(NULL, 0, wait_on_port, port, 0, &id);
    wait_until_asleep(id);
    post(port, 1);
    wait_until_taken(&w[0], 1);
    assert_int_equal(WaitForSingleObject(waiter, 1), WAIT_TIMEOUT);
    post(port, 2);
    assert_int_equal(WaitForSingleObject(waiter, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(CloseHandle(waiter));
    end(port, w, 1);
}

/* ---- many at once ---- */

enum { CROWD = 8, CROWD_PACKETS = 20000 };
static _Atomic int crowd_running, crowd_most, crowd_taken;
static _Atomic char crowd_seen[CROWD_PACKETS];

static DWORD WINAPI work_in_a_crowd(LPVOID port)
{
    DWORD bytes;
    ULONG_PTR key;
    LPOVERLAPPED overlapped;
    while (GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE)) {
        int running = ++crowd_running;
        if (running > crowd_most)
            crowd_most = running;
        crowd_seen[key]++;
        crowd_running--;
        crowd_taken++;
    }
    return GetLastError();
}

/* PORT-110 PORT-098 */
static void a_crowd_takes_each_packet_once_and_stays_within_the_limit(void **state)
{
    HANDLE port = new_port(2), threads[CROWD];
    DWORD code;
    (void)state;
    for (int i = 0; i < CROWD; i++)
        threads[i] = CreateThread(NULL, 0, work_in_a_crowd, port, 0, NULL);
    for (ULONG_PTR i = 0; i < CROWD_PACKETS; i++)
        post(port, i);
    wait_until(crowd_taken == CROWD_PACKETS);
    assert_win32(CloseHandle(port));
    for (int i = 0; i < CROWD; i++) {
        assert_int_equal(WaitForSingleObject(threads[i], TEST_DEADLINE_MS), WAIT_OBJECT_0);
        assert_win32(GetExitCodeThread(threads[i], &code));
        /* A thread that was between two calls finds the handle closed. */
        assert_true(code == ERROR_ABANDONED_WAIT_0 || code == ERROR_INVALID_HANDLE);
        assert_win32(CloseHandle(threads[i]));
    }
    for (int i = 0; i < CROWD_PACKETS; i++)
        if (crowd_seen[i] != 1)
            fail_msg("packet %d was taken %d times", i, crowd_seen[i]);
    assert_in_range(crowd_most, 1, 2);
}

struct raw_blocker {
    HANDLE port;
    int pipe[2];
    DWORD taken;
};

/* Takes a packet and blocks in a call that Portico does not see. */
static DWORD WINAPI take_and_block_unseen(LPVOID arg)
{
    struct raw_blocker *blocker = arg;
    DWORD bytes;
    ULONG_PTR key;
    LPOVERLAPPED overlapped;
    char byte;
    if (!GetQueuedCompletionStatus(blocker->port, &bytes, &key, &overlapped, INFINITE))
        return 1;
    InterlockedIncrement((LONG *)&blocker->taken);
    return read(blocker->pipe[0], &byte, 1) == 1 ? 0 : 2;
}

/* PORT-111 */
static void a_thread_blocked_out_of_sight_loses_its_slot(void **state)
{
    struct raw_blocker blocker = {0};
    HANDLE threads[2];
    DWORD id;
    (void)state;
    assert_int_equal(pipe(blocker.pipe), 0);
    blocker.port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    for (int i = 0; i < 2; i++) {
        threads[i] = CreateThread(NULL, 0, take_and_block_unseen, &blocker, 0, &id);
        wait_until_asleep(id);
    }
    assert_win32(PostQueuedCompletionStatus(blocker.port, 0, 1, NULL));
    assert_win32(PostQueuedCompletionStatus(blocker.port, 0, 2, NULL));
    wait_until(InterlockedCompareExchange((LONG *)&blocker.taken, 0, 0) == 2);
    assert_int_equal(write(blocker.pipe[1], "xx", 2), 2);
    assert_int_equal(WaitForMultipleObjects(2, threads, TRUE, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    for (int i = 0; i < 2; i++) {
        CloseHandle(threads[i]);
        close(blocker.pipe[i]);
    }
    CloseHandle(blocker.port);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_packet_goes_to_the_newest_waiter),
        cmocka_unit_test(three_packets_go_to_the_newest_first_oldest_packet_first),
        cmocka_unit_test(who_waits_again_is_the_newest),
        cmocka_unit_test(at_the_limit_a_packet_waits_for_the_running_thread),
        cmocka_unit_test(zero_means_as_many_as_processors),
        cmocka_unit_test(a_running_thread_s_end_frees_its_slot),
        cmocka_unit_test(dequeuing_elsewhere_frees_the_slot),
        cmocka_unit_test(a_running_thread_outlives_its_port),
        cmocka_unit_test(posting_and_waiting_do_not_bind),
        cmocka_unit_test(the_running_thread_takes_packet_after_packet),
        cmocka_unit_test(blocking_in_any_wait_releases_the_next),
        cmocka_unit_test(sleeping_releases_the_next),
        cmocka_unit_test(a_wait_that_does_not_block_releases_nobody),
        cmocka_unit_test(coming_back_may_exceed_the_limit_until_it_is_made_up_for),
        cmocka_unit_test(at_the_limit_an_unbound_thread_s_poll_gets_nothing),
        cmocka_unit_test(at_the_limit_an_unbound_thread_waits_and_is_released_first),
        cmocka_unit_test(a_thread_whose_dequeue_timed_out_counts_as_running),
        cmocka_unit_test(a_batch_counts_as_one_running_thread),
        cmocka_unit_test(a_suspended_thread_frees_its_slot_and_may_exceed_the_limit_later),
        cmocka_unit_test(a_suspended_waiter_is_passed_over),
        cmocka_unit_test(the_port_is_signaled_while_it_holds_packets),
        cmocka_unit_test(a_packet_handed_over_directly_does_not_signal_the_port),
        cmocka_unit_test(a_crowd_takes_each_packet_once_and_stays_within_the_limit),
        cmocka_unit_test(a_thread_blocked_out_of_sight_loses_its_slot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

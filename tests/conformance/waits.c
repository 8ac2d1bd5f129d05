/* Waiting, and the objects one waits for: handles.md sections 5, 6 and 8. */
#include "portico_test.h"

#include <ntstatus.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <winternl.h>

enum { THREADS = 4 };

static HANDLE new_event(BOOL manual, BOOL set)
{
    HANDLE event = CreateEventW(NULL, manual, set, NULL);
    assert_non_null(event);
    return event;
}

static HANDLE new_mutex(BOOL owned)
{
    HANDLE mutex = CreateMutexW(NULL, owned, NULL);
    assert_non_null(mutex);
    return mutex;
}

static HANDLE new_semaphore(LONG count, LONG maximum)
{
    HANDLE semaphore = CreateSemaphoreW(NULL, count, maximum, NULL);
    assert_non_null(semaphore);
    return semaphore;
}

static void assert_wait_fails(DWORD error, DWORD result)
{
    assert_int_equal(result, WAIT_FAILED);
    assert_int_equal(GetLastError(), error);
}

static HANDLE start(LPTHREAD_START_ROUTINE routine, LPVOID parameter, DWORD *id)
{
    HANDLE thread = CreateThread(NULL, 0, routine, parameter, 0, id);
    assert_non_null(thread);
    return thread;
}

/* Waits for the thread's end; returns its exit code. */
static DWORD finish(HANDLE thread)
{
    DWORD code;
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(GetExitCodeThread(thread, &code));
    assert_win32(CloseHandle(thread));
    return code;
}

static void close_all(HANDLE *handles, int count)
{
    for (int i = 0; i < count; i++)
        assert_win32(CloseHandle(handles[i]));
}

static DWORD WINAPI wait_for_it(LPVOID handle)
{
    return WaitForSingleObject(handle, TEST_DEADLINE_MS);
}

/* ---- single waits ---- */

/* HND-006 THRD-058 */
static void pseudo_handles_are_for_single_waits_only(void **state)
{
    HANDLE handles[2] = {new_event(TRUE, TRUE), GetCurrentThread()};
    (void)state;
    assert_int_equal(WaitForSingleObject(GetCurrentProcess(), 1), WAIT_TIMEOUT);
    assert_int_equal(WaitForSingleObject(GetCurrentThread(), 1), WAIT_TIMEOUT);
    assert_wait_fails(ERROR_INVALID_HANDLE, WaitForMultipleObjects(2, handles, FALSE, 0));
    handles[1] = GetCurrentProcess();
    assert_wait_fails(ERROR_INVALID_HANDLE, WaitForMultipleObjects(2, handles, FALSE, 0));
    assert_win32(CloseHandle(handles[0]));
}

/* HND-013 */
static void a_wait_outlives_the_last_handle(void **state)
{
    HANDLE semaphore = new_semaphore(0, 1);
    HANDLE second = NULL;
    HANDLE both[2] = {semaphore, new_event(TRUE, FALSE)};
    DWORD id;
    HANDLE thread = start(wait_for_it, both[1], &id);
    (void)state;
    assert_win32(DuplicateHandle(GetCurrentProcess(), both[1], GetCurrentProcess(), &second, 0,
                                 FALSE, DUPLICATE_SAME_ACCESS));
    wait_until_asleep(id);
    assert_win32(CloseHandle(both[1]));
    assert_win32(SetEvent(second));
    assert_win32(CloseHandle(second));
    assert_int_equal(finish(thread), WAIT_OBJECT_0);
    assert_win32(CloseHandle(semaphore));
}

/* HND-037 THRD-054 */
static void a_wait_ends_by_signal_or_time(void **state)
{
    HANDLE event = new_event(TRUE, FALSE);
    unsigned long long begin = test__now_ms();
    DWORD id;
    HANDLE thread;
    (void)state;
    assert_keeps_last_error(assert_int_equal(WaitForSingleObject(event, 0), WAIT_TIMEOUT));
    assert_keeps_last_error(assert_int_equal(WaitForSingleObject(event, 30), WAIT_TIMEOUT));
    assert_true(test__now_ms() - begin >= 29);
    thread = start(wait_for_it, event, &id);
    wait_until_asleep(id);
    assert_win32(SetEvent(event));
    assert_int_equal(finish(thread), WAIT_OBJECT_0);
    assert_keeps_last_error(assert_int_equal(WaitForSingleObject(event, INFINITE), WAIT_OBJECT_0));
    assert_win32(CloseHandle(event));
}

/* HND-038 */
static void waiting_on_nothing_fails(void **state)
{
    HANDLE event = new_event(TRUE, TRUE);
    (void)state;
    assert_win32(CloseHandle(event));
    assert_wait_fails(ERROR_INVALID_HANDLE, WaitForSingleObject(event, 0));
    assert_wait_fails(ERROR_INVALID_HANDLE, WaitForSingleObject(NULL, 0));
    assert_wait_fails(ERROR_INVALID_HANDLE, WaitForSingleObject((HANDLE)&event, 0));
}

static void ignore(int sig)
{
    (void)sig;
}

/* HND-050 */
static void a_host_signal_does_not_end_a_wait(void **state)
{
    struct sigaction action = {.sa_handler = ignore};
    HANDLE event = new_event(TRUE, FALSE);
    DWORD id;
    HANDLE thread;
    (void)state;
    sigaction(SIGUSR1, &action, NULL);
    thread = start(wait_for_it, event, &id);
    for (int i = 0; i < 20; i++) {
        wait_until_asleep(id);
        assert_int_equal(syscall(SYS_tgkill, getpid(), id, SIGUSR1), 0);
    }
    assert_int_equal(WaitForSingleObject(thread, 0), WAIT_TIMEOUT);
    assert_win32(SetEvent(event));
    assert_int_equal(finish(thread), WAIT_OBJECT_0);
    assert_win32(CloseHandle(event));
}

/* HND-047 */
static void native_timeouts_are_relative_or_absolute(void **state)
{
    HANDLE event = new_event(TRUE, FALSE);
    LARGE_INTEGER timeout;
    unsigned long long begin = test__now_ms();
    (void)state;
    timeout.QuadPart = -300000;
    assert_int_equal(NtWaitForSingleObject(event, FALSE, &timeout), STATUS_TIMEOUT);
    assert_true(test__now_ms() - begin >= 29);
    timeout.QuadPart = 1; /* the year 1601 */
    assert_int_equal(NtWaitForSingleObject(event, FALSE, &timeout), STATUS_TIMEOUT);
    timeout.QuadPart = 0;
    assert_int_equal(NtWaitForSingleObject(event, FALSE, &timeout), STATUS_TIMEOUT);
    assert_win32(SetEvent(event));
    assert_int_equal(NtWaitForSingleObject(event, FALSE, NULL), STATUS_SUCCESS);
    assert_win32(CloseHandle(event));
    assert_int_equal(NtWaitForSingleObject(event, FALSE, NULL), STATUS_INVALID_HANDLE);
}

/* ---- multiple waits ---- */

/* HND-041 THRD-056 */
static void wait_any_takes_the_lowest_index_only(void **state)
{
    HANDLE events[3] = {new_event(FALSE, FALSE), new_event(FALSE, TRUE), new_event(FALSE, TRUE)};
    (void)state;
    assert_int_equal(WaitForMultipleObjects(3, events, FALSE, 0), WAIT_OBJECT_0 + 1);
    assert_int_equal(WaitForSingleObject(events[1], 0), WAIT_TIMEOUT);
    assert_int_equal(WaitForMultipleObjects(3, events, FALSE, 0), WAIT_OBJECT_0 + 2);
    assert_int_equal(WaitForMultipleObjects(3, events, FALSE, 1), WAIT_TIMEOUT);
    close_all(events, 3);
}

/* HND-042 THRD-057 */
static void wait_all_takes_all_or_nothing(void **state)
{
    HANDLE handles[3] = {new_event(FALSE, TRUE), new_mutex(FALSE), new_semaphore(0, 2)};
    (void)state;
    assert_int_equal(WaitForMultipleObjects(3, handles, TRUE, 10), WAIT_TIMEOUT);
    assert_fails(ERROR_NOT_OWNER, ReleaseMutex(handles[1]));
    assert_win32(ReleaseSemaphore(handles[2], 1, NULL));
    assert_int_equal(WaitForMultipleObjects(3, handles, TRUE, 10), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(handles[0], 0), WAIT_TIMEOUT);
    assert_int_equal(WaitForSingleObject(handles[2], 0), WAIT_TIMEOUT);
    assert_win32(ReleaseMutex(handles[1]));
    assert_fails(ERROR_NOT_OWNER, ReleaseMutex(handles[1]));
    close_all(handles, 3);
}

static DWORD WINAPI wait_for_both(LPVOID handles)
{
    return WaitForMultipleObjects(2, handles, TRUE, TEST_DEADLINE_MS);
}

/* HND-042 */
static void a_sleeping_wait_all_takes_nothing_before_it_can_take_all(void **state)
{
    HANDLE events[2] = {new_event(FALSE, FALSE), new_event(FALSE, FALSE)};
    DWORD id;
    HANDLE thread = start(wait_for_both, events, &id);
    (void)state;
    wait_until_asleep(id);
    assert_win32(SetEvent(events[0]));
    assert_int_equal(WaitForSingleObject(events[0], TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(SetEvent(events[1]));
    assert_int_equal(WaitForSingleObject(thread, 0), WAIT_TIMEOUT);
    assert_win32(SetEvent(events[0]));
    assert_int_equal(finish(thread), WAIT_OBJECT_0);
    assert_int_equal(WaitForMultipleObjects(2, events, FALSE, 0), WAIT_TIMEOUT);
    close_all(events, 2);
}

/* HND-043 THRD-055 */
static void a_wait_takes_one_to_64_handles(void **state)
{
    HANDLE events[65];
    (void)state;
    for (int i = 0; i < 65; i++)
        events[i] = new_event(TRUE, i == 63);
    assert_int_equal(WaitForMultipleObjects(64, events, FALSE, 0), WAIT_OBJECT_0 + 63);
    assert_wait_fails(ERROR_INVALID_PARAMETER, WaitForMultipleObjects(65, events, FALSE, 0));
    assert_wait_fails(ERROR_INVALID_PARAMETER, WaitForMultipleObjects(0, events, FALSE, 0));
    assert_wait_fails(ERROR_INVALID_PARAMETER, WaitForMultipleObjects(1, NULL, FALSE, 0));
    for (int i = 0; i < 64; i++)
        assert_win32(SetEvent(events[i]));
    assert_int_equal(WaitForMultipleObjects(64, events, TRUE, 0), WAIT_OBJECT_0);
    close_all(events, 65);
}

/* HND-044 THRD-059 */
static void the_same_handle_twice_is_for_wait_any(void **state)
{
    HANDLE event = new_event(TRUE, TRUE);
    HANDLE twice[2] = {event, event};
    (void)state;
    assert_int_equal(WaitForMultipleObjects(2, twice, FALSE, 0), WAIT_OBJECT_0);
    assert_wait_fails(ERROR_INVALID_PARAMETER, WaitForMultipleObjects(2, twice, TRUE, 0));
    assert_win32(CloseHandle(event));
}

/* HND-045 */
static void one_bad_handle_consumes_nothing(void **state)
{
    HANDLE handles[2] = {new_event(FALSE, TRUE), (HANDLE)(ULONG_PTR)0x7ffffff0};
    (void)state;
    assert_wait_fails(ERROR_INVALID_HANDLE, WaitForMultipleObjects(2, handles, FALSE, 0));
    assert_int_equal(WaitForSingleObject(handles[0], 0), WAIT_OBJECT_0);
    assert_win32(CloseHandle(handles[0]));
}

/* ---- events ---- */

/* HND-051 */
static void a_manual_event_stays_set(void **state)
{
    HANDLE event = new_event(TRUE, FALSE);
    (void)state;
    assert_win32(SetEvent(event));
    assert_win32(SetEvent(event));
    for (int i = 0; i < 10; i++)
        assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    assert_win32(ResetEvent(event));
    assert_win32(ResetEvent(event));
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    assert_win32(CloseHandle(event));
}

/* HND-051 */
static void a_manual_event_releases_all_waiters(void **state)
{
    HANDLE event = new_event(TRUE, FALSE), threads[THREADS];
    DWORD ids[THREADS];
    (void)state;
    for (int i = 0; i < THREADS; i++)
        threads[i] = start(wait_for_it, event, &ids[i]);
    for (int i = 0; i < THREADS; i++)
        wait_until_asleep(ids[i]);
    assert_win32(SetEvent(event));
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(finish(threads[i]), WAIT_OBJECT_0);
    assert_win32(CloseHandle(event));
}

/* HND-052 */
static void an_auto_event_does_not_count(void **state)
{
    HANDLE event = new_event(FALSE, FALSE);
    (void)state;
    assert_win32(SetEvent(event));
    assert_win32(SetEvent(event));
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    assert_win32(CloseHandle(event));
}

static int count_ended(HANDLE *threads)
{
    int ended = 0;
    for (int i = 0; i < THREADS; i++)
        ended += WaitForSingleObject(threads[i], 0) == WAIT_OBJECT_0;
    return ended;
}

/* HND-049 HND-052 */
static void an_auto_event_releases_one_waiter_per_set(void **state)
{
    HANDLE event = new_event(FALSE, FALSE), threads[THREADS];
    DWORD ids[THREADS];
    (void)state;
    for (int i = 0; i < THREADS; i++)
        threads[i] = start(wait_for_it, event, &ids[i]);
    for (int i = 0; i < THREADS; i++)
        wait_until_asleep(ids[i]);
    for (int released = 1; released <= THREADS; released++) {
        assert_win32(SetEvent(event));
        assert_int_equal(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
        wait_until(count_ended(threads) >= released);
        assert_int_equal(count_ended(threads), released);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(finish(threads[i]), WAIT_OBJECT_0);
    assert_win32(CloseHandle(event));
}

/* HND-053 THRD-066 */
static void a_pulse_releases_those_who_wait_now(void **state)
{
    HANDLE event = new_event(TRUE, FALSE), threads[THREADS];
    DWORD ids[THREADS];
    (void)state;
    assert_win32(PulseEvent(event));
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    for (int i = 0; i < THREADS; i++)
        threads[i] = start(wait_for_it, event, &ids[i]);
    for (int i = 0; i < THREADS; i++)
        wait_until_asleep(ids[i]);
    assert_win32(PulseEvent(event));
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(finish(threads[i]), WAIT_OBJECT_0);
    assert_win32(CloseHandle(event));
}

/* ---- mutexes ---- */

/* HND-054 */
static void a_mutex_counts_its_owner_s_waits(void **state)
{
    HANDLE mutex = new_mutex(FALSE);
    (void)state;
    for (int i = 0; i < 100; i++)
        assert_int_equal(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0);
    for (int i = 0; i < 100; i++)
        assert_win32(ReleaseMutex(mutex));
    assert_fails(ERROR_NOT_OWNER, ReleaseMutex(mutex));
    assert_win32(CloseHandle(mutex));
}

static DWORD WINAPI try_to_release(LPVOID mutex)
{
    if (WaitForSingleObject(mutex, 0) != WAIT_TIMEOUT)
        return 0xdead;
    return ReleaseMutex(mutex) ? 0 : GetLastError();
}

/* HND-055 */
static void only_the_owner_releases_a_mutex(void **state)
{
    HANDLE mutex = new_mutex(TRUE);
    (void)state;
    assert_int_equal(finish(start(try_to_release, mutex, NULL)), ERROR_NOT_OWNER);
    assert_win32(ReleaseMutex(mutex));
    assert_fails(ERROR_NOT_OWNER, ReleaseMutex(mutex));
    assert_win32(CloseHandle(mutex));
}

static DWORD WINAPI take_and_return(LPVOID mutex)
{
    return WaitForSingleObject(mutex, 0);
}

static DWORD WINAPI take_and_exit(LPVOID mutex)
{
    ExitThread(WaitForSingleObject(mutex, 0));
}

static void *take_and_leave_by_pthread(void *mutex)
{
    WaitForSingleObject(mutex, 0);
    pthread_exit(NULL);
}

static void assert_abandoned_once(HANDLE mutex)
{
    assert_int_equal(WaitForSingleObject(mutex, TEST_DEADLINE_MS), WAIT_ABANDONED);
    assert_win32(ReleaseMutex(mutex));
    assert_fails(ERROR_NOT_OWNER, ReleaseMutex(mutex));
    assert_int_equal(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0);
    assert_win32(ReleaseMutex(mutex));
}

/* HND-056 */
static void a_dead_owner_s_mutex_is_abandoned_to_the_next(void **state)
{
    HANDLE mutex = new_mutex(FALSE);
    pthread_t plain;
    (void)state;
    assert_int_equal(finish(start(take_and_return, mutex, NULL)), WAIT_OBJECT_0);
    assert_abandoned_once(mutex);
    assert_int_equal(finish(start(take_and_exit, mutex, NULL)), WAIT_OBJECT_0);
    assert_abandoned_once(mutex);
    assert_int_equal(pthread_create(&plain, NULL, take_and_leave_by_pthread, mutex), 0);
    pthread_join(plain, NULL);
    assert_abandoned_once(mutex);
    assert_win32(CloseHandle(mutex));
}

struct owner {
    HANDLE mutex, owned, leave;
};

static DWORD WINAPI own_until_told(LPVOID parameter)
{
    struct owner *owner = parameter;
    WaitForSingleObject(owner->mutex, 0);
    SetEvent(owner->owned);
    return WaitForSingleObject(owner->leave, TEST_DEADLINE_MS);
}

/* HND-056 */
static void the_owner_s_end_wakes_who_already_waits(void **state)
{
    struct owner owner = {new_mutex(FALSE), new_event(TRUE, FALSE), new_event(TRUE, FALSE)};
    HANDLE holder = start(own_until_told, &owner, NULL), waiter;
    DWORD id;
    (void)state;
    assert_int_equal(WaitForSingleObject(owner.owned, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    waiter = start(wait_for_it, owner.mutex, &id);
    wait_until_asleep(id);
    assert_win32(SetEvent(owner.leave));
    assert_int_equal(finish(waiter), WAIT_ABANDONED);
    finish(holder);
    assert_int_equal(WaitForSingleObject(owner.mutex, 0), WAIT_ABANDONED);
    close_all(&owner.mutex, 3);
}

/* HND-046 THRD-060 */
static void an_abandoned_mutex_shows_in_a_multiple_wait(void **state)
{
    HANDLE handles[2] = {new_event(TRUE, FALSE), new_mutex(FALSE)};
    DWORD result;
    (void)state;
    finish(start(take_and_return, handles[1], NULL));
    assert_int_equal(WaitForMultipleObjects(2, handles, FALSE, 0), WAIT_ABANDONED_0 + 1);
    assert_win32(ReleaseMutex(handles[1]));
    finish(start(take_and_return, handles[1], NULL));
    assert_win32(SetEvent(handles[0]));
    result = WaitForMultipleObjects(2, handles, TRUE, 0);
    assert_in_range(result, WAIT_ABANDONED_0, WAIT_ABANDONED_0 + 1);
    assert_win32(ReleaseMutex(handles[1]));
    close_all(handles, 2);
}

/* ---- semaphores ---- */

/* HND-057 */
static void a_semaphore_counts_up_to_its_maximum(void **state)
{
    HANDLE semaphore = new_semaphore(0, 5);
    LONG previous = -1;
    (void)state;
    assert_win32(ReleaseSemaphore(semaphore, 1, &previous));
    assert_int_equal(previous, 0);
    assert_win32(ReleaseSemaphore(semaphore, 1, &previous));
    assert_int_equal(previous, 1);
    previous = -7;
    assert_fails(ERROR_TOO_MANY_POSTS, ReleaseSemaphore(semaphore, 5, &previous));
    assert_int_equal(previous, -7);
    assert_win32(ReleaseSemaphore(semaphore, 2, &previous));
    assert_int_equal(previous, 2);
    assert_win32(ReleaseSemaphore(semaphore, 1, &previous));
    assert_int_equal(previous, 4);
    for (int i = 0; i < 5; i++)
        assert_int_equal(WaitForSingleObject(semaphore, 0), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(semaphore, 0), WAIT_TIMEOUT);
    assert_win32(CloseHandle(semaphore));
}

/* HND-058 */
static void impossible_semaphore_counts_are_refused(void **state)
{
    HANDLE semaphore = new_semaphore(0, 2);
    (void)state;
    assert_fails(ERROR_INVALID_PARAMETER, ReleaseSemaphore(semaphore, 0, NULL));
    assert_fails(ERROR_INVALID_PARAMETER, ReleaseSemaphore(semaphore, -1, NULL));
    assert_fails(ERROR_INVALID_PARAMETER, CreateSemaphoreW(NULL, 0, 0, NULL));
    assert_fails(ERROR_INVALID_PARAMETER, CreateSemaphoreW(NULL, 0, -1, NULL));
    assert_fails(ERROR_INVALID_PARAMETER, CreateSemaphoreW(NULL, -1, 1, NULL));
    assert_fails(ERROR_INVALID_PARAMETER, CreateSemaphoreW(NULL, 2, 1, NULL));
    assert_fails(ERROR_TOO_MANY_POSTS, ReleaseSemaphore(semaphore, 0x7fffffff, NULL));
    assert_win32(CloseHandle(semaphore));
    semaphore = new_semaphore(0x7fffffff, 0x7fffffff);
    assert_fails(ERROR_TOO_MANY_POSTS, ReleaseSemaphore(semaphore, 1, NULL));
    assert_int_equal(WaitForSingleObject(semaphore, 0), WAIT_OBJECT_0);
    assert_win32(CloseHandle(semaphore));
}

/* HND-049 */
static void a_release_of_two_lets_two_waiters_go(void **state)
{
    HANDLE semaphore = new_semaphore(0, THREADS), threads[2];
    DWORD ids[2];
    (void)state;
    for (int i = 0; i < 2; i++)
        threads[i] = start(wait_for_it, semaphore, &ids[i]);
    for (int i = 0; i < 2; i++)
        wait_until_asleep(ids[i]);
    assert_win32(ReleaseSemaphore(semaphore, 2, NULL));
    for (int i = 0; i < 2; i++)
        assert_int_equal(finish(threads[i]), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(semaphore, 0), WAIT_TIMEOUT);
    assert_win32(CloseHandle(semaphore));
}

/* ---- SignalObjectAndWait ---- */

static VOID CALLBACK count_apc(ULONG_PTR counter)
{
    ++*(int *)counter;
}

/* HND-073 THRD-065 */
static void signal_and_wait_signals_before_it_waits(void **state)
{
    HANDLE signal = new_event(TRUE, FALSE), wait = new_event(TRUE, FALSE);
    int ran = 0;
    (void)state;
    assert_wait_fails(ERROR_INVALID_HANDLE, SignalObjectAndWait(signal, NULL, 0, FALSE));
    assert_int_equal(WaitForSingleObject(signal, 0), WAIT_TIMEOUT);
    assert_wait_fails(ERROR_INVALID_HANDLE, SignalObjectAndWait(NULL, wait, 0, FALSE));
    assert_wait_fails(ERROR_INVALID_HANDLE, SignalObjectAndWait((HANDLE)&wait, wait, 0, FALSE));
    assert_int_equal(SignalObjectAndWait(signal, wait, 0, FALSE), WAIT_TIMEOUT);
    assert_int_equal(WaitForSingleObject(signal, 0), WAIT_OBJECT_0);
    assert_win32(ResetEvent(signal));
    assert_win32(QueueUserAPC(count_apc, GetCurrentThread(), (ULONG_PTR)&ran));
    assert_int_equal(SignalObjectAndWait(signal, wait, TEST_DEADLINE_MS, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(ran, 1);
    assert_int_equal(WaitForSingleObject(signal, 0), WAIT_OBJECT_0);
    assert_win32(CloseHandle(signal));
    assert_win32(CloseHandle(wait));
}

/* HND-074 */
static void signal_and_wait_on_the_same_event_returns(void **state)
{
    HANDLE event = new_event(FALSE, FALSE);
    (void)state;
    for (int i = 0; i < 10000; i++)
        assert_int_equal(SignalObjectAndWait(event, event, TEST_DEADLINE_MS, FALSE), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    assert_win32(CloseHandle(event));
}

/* HND-075 */
static void a_signal_that_fails_is_not_waited_for(void **state)
{
    HANDLE semaphore = new_semaphore(1, 1), mutex = new_mutex(FALSE),
           event = new_event(FALSE, TRUE);
    (void)state;
    assert_wait_fails(ERROR_TOO_MANY_POSTS, SignalObjectAndWait(semaphore, event, 0, FALSE));
    assert_wait_fails(ERROR_NOT_OWNER, SignalObjectAndWait(mutex, event, 0, FALSE));
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    assert_win32(CloseHandle(semaphore));
    assert_win32(CloseHandle(mutex));
    assert_win32(CloseHandle(event));
}

/* HND-076 */
static void a_thread_cannot_be_signaled(void **state)
{
    HANDLE event = new_event(TRUE, TRUE);
    (void)state;
    assert_wait_fails(ERROR_INVALID_HANDLE,
                      SignalObjectAndWait(GetCurrentThread(), event, 0, FALSE));
    assert_win32(CloseHandle(event));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pseudo_handles_are_for_single_waits_only),
        cmocka_unit_test(a_wait_outlives_the_last_handle),
        cmocka_unit_test(a_wait_ends_by_signal_or_time),
        cmocka_unit_test(waiting_on_nothing_fails),
        cmocka_unit_test(a_host_signal_does_not_end_a_wait),
        cmocka_unit_test(native_timeouts_are_relative_or_absolute),
        cmocka_unit_test(wait_any_takes_the_lowest_index_only),
        cmocka_unit_test(wait_all_takes_all_or_nothing),
        cmocka_unit_test(a_sleeping_wait_all_takes_nothing_before_it_can_take_all),
        cmocka_unit_test(a_wait_takes_one_to_64_handles),
        cmocka_unit_test(the_same_handle_twice_is_for_wait_any),
        cmocka_unit_test(one_bad_handle_consumes_nothing),
        cmocka_unit_test(a_manual_event_stays_set),
        cmocka_unit_test(a_manual_event_releases_all_waiters),
        cmocka_unit_test(an_auto_event_does_not_count),
        cmocka_unit_test(an_auto_event_releases_one_waiter_per_set),
        cmocka_unit_test(a_pulse_releases_those_who_wait_now),
        cmocka_unit_test(a_mutex_counts_its_owner_s_waits),
        cmocka_unit_test(only_the_owner_releases_a_mutex),
        cmocka_unit_test(a_dead_owner_s_mutex_is_abandoned_to_the_next),
        cmocka_unit_test(the_owner_s_end_wakes_who_already_waits),
        cmocka_unit_test(an_abandoned_mutex_shows_in_a_multiple_wait),
        cmocka_unit_test(a_semaphore_counts_up_to_its_maximum),
        cmocka_unit_test(impossible_semaphore_counts_are_refused),
        cmocka_unit_test(a_release_of_two_lets_two_waiters_go),
        cmocka_unit_test(signal_and_wait_signals_before_it_waits),
        cmocka_unit_test(signal_and_wait_on_the_same_event_returns),
        cmocka_unit_test(a_signal_that_fails_is_not_waited_for),
        cmocka_unit_test(a_thread_cannot_be_signaled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

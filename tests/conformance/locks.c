/* Locks without kernel objects: threads.md sections on critical sections, SRW locks, condition
 * variables, one-time initialisation and waiting on an address. */
#include "portico_test.h"

#include <process.h>

/* A thread running `routine`, and its end. */
static HANDLE start(LPTHREAD_START_ROUTINE routine, void *arg, DWORD *id)
{
    HANDLE thread = CreateThread(NULL, 0, routine, arg, 0, id);
    assert_non_null(thread);
    return thread;
}

static DWORD join(HANDLE thread)
{
    DWORD code;
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(GetExitCodeThread(thread, &code));
    assert_win32(CloseHandle(thread));
    return code;
}

/* ---- critical sections ---- */

static DWORD WINAPI try_enter(void *arg)
{
    BOOL entered = TryEnterCriticalSection(arg);
    if (entered)
        LeaveCriticalSection(arg);
    return (DWORD)entered;
}

static DWORD try_enter_elsewhere(CRITICAL_SECTION *cs)
{
    return join(start(try_enter, cs, NULL));
}

/* THRD-032 */
static void critical_section_is_recursive_and_needs_as_many_leaves(void **state)
{
    CRITICAL_SECTION cs;
    (void)state;
    InitializeCriticalSection(&cs);
    EnterCriticalSection(&cs);
    assert_int_equal(TryEnterCriticalSection(&cs), TRUE);
    assert_int_equal(try_enter_elsewhere(&cs), FALSE);
    LeaveCriticalSection(&cs);
    assert_int_equal(try_enter_elsewhere(&cs), FALSE);
    LeaveCriticalSection(&cs);
    assert_int_equal(try_enter_elsewhere(&cs), TRUE);
    DeleteCriticalSection(&cs);
}

/* THRD-033 */
static void critical_section_fields_are_as_programs_read_them(void **state)
{
    CRITICAL_SECTION cs;
    (void)state;
    InitializeCriticalSection(&cs);
    assert_ptr_equal(cs.DebugInfo, (void *)(LONG_PTR)-1);
    assert_int_equal(cs.LockCount, -1);
    EnterCriticalSection(&cs);
    EnterCriticalSection(&cs);
    assert_int_equal(cs.RecursionCount, 2);
    assert_int_equal((DWORD)(ULONG_PTR)cs.OwningThread, GetCurrentThreadId());
    assert_int_equal(cs.LockCount, -2);
    LeaveCriticalSection(&cs);
    LeaveCriticalSection(&cs);
    assert_int_equal(cs.LockCount, -1);
    assert_null(cs.OwningThread);
    DeleteCriticalSection(&cs);
    assert_null(cs.DebugInfo);
}

/* THRD-034 */
static void critical_section_works_from_a_static_initialiser(void **state)
{
    static CRITICAL_SECTION cs = {(void *)(LONG_PTR)-1, -1, 0, 0, 0, 0};
    (void)state;
    EnterCriticalSection(&cs);
    assert_int_equal(try_enter_elsewhere(&cs), FALSE);
    LeaveCriticalSection(&cs);
    assert_int_equal(try_enter_elsewhere(&cs), TRUE);
}

/* THRD-035 */
static void set_spin_count_returns_the_previous_one(void **state)
{
    CRITICAL_SECTION cs;
    (void)state;
    assert_win32(InitializeCriticalSectionAndSpinCount(&cs, 400));
    assert_int_equal(SetCriticalSectionSpinCount(&cs, 1000), 400);
    assert_int_equal(SetCriticalSectionSpinCount(&cs, 0), 1000);
    DeleteCriticalSection(&cs);
    assert_fails(ERROR_INVALID_PARAMETER, InitializeCriticalSectionEx(&cs, 0, 0x1));
}

/* THRD-032 */
static void leaving_a_section_nobody_entered_changes_nothing(void **state)
{
    CRITICAL_SECTION cs;
    (void)state;
    InitializeCriticalSection(&cs);
    LeaveCriticalSection(&cs);
    assert_int_equal(cs.LockCount, -1);
    assert_int_equal(cs.RecursionCount, 0);
    assert_int_equal(try_enter_elsewhere(&cs), TRUE);
    DeleteCriticalSection(&cs);
}

enum { CONTENDERS = 4, ROUNDS = 20000 };
static struct {
    CRITICAL_SECTION cs;
    SRWLOCK srw;
    LONG inside;
    LONG overlaps;
    LONG total;
} contest;

static void enter_and_count(void)
{
    if (InterlockedIncrement(&contest.inside) != 1)
        InterlockedIncrement(&contest.overlaps);
    contest.total++;
    InterlockedDecrement(&contest.inside);
}

static DWORD WINAPI contend_for_section(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        EnterCriticalSection(&contest.cs);
        enter_and_count();
        LeaveCriticalSection(&contest.cs);
    }
    return 0;
}

static DWORD WINAPI contend_for_srw(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        AcquireSRWLockExclusive(&contest.srw);
        enter_and_count();
        ReleaseSRWLockExclusive(&contest.srw);
        AcquireSRWLockShared(&contest.srw);
        if (contest.inside != 0)
            InterlockedIncrement(&contest.overlaps);
        ReleaseSRWLockShared(&contest.srw);
    }
    return 0;
}

static void run_contest(LPTHREAD_START_ROUTINE routine)
{
    HANDLE threads[CONTENDERS];
    contest.total = contest.overlaps = 0;
    for (int i = 0; i < CONTENDERS; i++)
        threads[i] = start(routine, NULL, NULL);
    for (int i = 0; i < CONTENDERS; i++)
        join(threads[i]);
    assert_int_equal(contest.overlaps, 0);
    assert_int_equal(contest.total, CONTENDERS * ROUNDS);
}

/* THRD-032 */
static void only_one_thread_is_inside_a_section(void **state)
{
    (void)state;
    InitializeCriticalSection(&contest.cs);
    run_contest(contend_for_section);
    assert_int_equal(contest.cs.LockCount, -1);
    DeleteCriticalSection(&contest.cs);
}

/* THRD-036 */
static void a_writer_is_alone_in_an_srw_lock(void **state)
{
    (void)state;
    InitializeSRWLock(&contest.srw);
    run_contest(contend_for_srw);
    assert_null(contest.srw.Ptr);
}

/* ---- SRW locks ---- */

/* THRD-036 */
static void srw_exclusive_is_not_recursive(void **state)
{
    SRWLOCK lock = SRWLOCK_INIT;
    (void)state;
    AcquireSRWLockExclusive(&lock);
    assert_false(TryAcquireSRWLockExclusive(&lock));
    assert_false(TryAcquireSRWLockShared(&lock));
    ReleaseSRWLockExclusive(&lock);
    assert_true(TryAcquireSRWLockShared(&lock));
    assert_true(TryAcquireSRWLockShared(&lock));
    assert_false(TryAcquireSRWLockExclusive(&lock));
    ReleaseSRWLockShared(&lock);
    ReleaseSRWLockShared(&lock);
    assert_null(lock.Ptr);
}

static DWORD WINAPI write_once(void *arg)
{
    AcquireSRWLockExclusive(arg);
    ReleaseSRWLockExclusive(arg);
    return 0;
}

/* THRD-037 */
static void a_new_reader_waits_behind_a_waiting_writer(void **state)
{
    SRWLOCK lock = SRWLOCK_INIT;
    DWORD id;
    HANDLE writer;
    (void)state;
    AcquireSRWLockShared(&lock);
    writer = start(write_once, &lock, &id);
    wait_until_asleep(id);
    wait_until(!TryAcquireSRWLockShared(&lock) || (ReleaseSRWLockShared(&lock), FALSE));
    assert_false(TryAcquireSRWLockShared(&lock));
    ReleaseSRWLockShared(&lock);
    join(writer);
    assert_true(TryAcquireSRWLockShared(&lock));
    ReleaseSRWLockShared(&lock);
}

/* THRD-038 */
static void an_srw_word_of_one_is_held_exclusively(void **state)
{
    SRWLOCK lock;
    (void)state;
    lock.Ptr = (PVOID)1;
    assert_false(TryAcquireSRWLockExclusive(&lock));
    ReleaseSRWLockExclusive(&lock);
    assert_null(lock.Ptr);
}

static DWORD WINAPI take_srw(void *arg)
{
    AcquireSRWLockExclusive(arg);
    return 0;
}

/* THRD-039 */
static void another_thread_may_release_an_srw_lock(void **state)
{
    SRWLOCK lock = SRWLOCK_INIT;
    (void)state;
    join(start(take_srw, &lock, NULL));
    ReleaseSRWLockExclusive(&lock);
    assert_true(TryAcquireSRWLockExclusive(&lock));
    ReleaseSRWLockExclusive(&lock);
}

/* ---- condition variables ---- */

/* THRD-040 THRD-041 */
static void a_wake_without_waiter_is_lost_and_the_sleep_times_out(void **state)
{
    CRITICAL_SECTION cs;
    CONDITION_VARIABLE variable = CONDITION_VARIABLE_INIT;
    (void)state;
    InitializeCriticalSection(&cs);
    WakeConditionVariable(&variable);
    WakeAllConditionVariable(&variable);
    EnterCriticalSection(&cs);
    assert_fails(ERROR_TIMEOUT, SleepConditionVariableCS(&variable, &cs, 1));
    assert_int_equal(cs.RecursionCount, 1);
    assert_int_equal(try_enter_elsewhere(&cs), FALSE);
    LeaveCriticalSection(&cs);
    DeleteCriticalSection(&cs);
}

/* THRD-041 */
static void an_srw_lock_comes_back_in_the_mode_asked_for(void **state)
{
    SRWLOCK lock = SRWLOCK_INIT;
    CONDITION_VARIABLE variable = CONDITION_VARIABLE_INIT;
    (void)state;
    AcquireSRWLockShared(&lock);
    assert_fails(ERROR_TIMEOUT, SleepConditionVariableSRW(&variable, &lock, 0,
                                                          CONDITION_VARIABLE_LOCKMODE_SHARED));
    assert_true(TryAcquireSRWLockShared(&lock));
    ReleaseSRWLockShared(&lock);
    ReleaseSRWLockShared(&lock);
    AcquireSRWLockExclusive(&lock);
    assert_fails(ERROR_TIMEOUT, SleepConditionVariableSRW(&variable, &lock, 0, 0));
    assert_false(TryAcquireSRWLockShared(&lock));
    assert_fails(ERROR_INVALID_PARAMETER, SleepConditionVariableSRW(&variable, &lock, 0, 0x10));
    ReleaseSRWLockExclusive(&lock);
}

struct sleepers {
    SRWLOCK lock;
    CONDITION_VARIABLE *variable;
    int ready;
    int gone;
    int go;
};

static DWORD WINAPI sleep_until_go(void *arg)
{
    struct sleepers *s = arg;
    AcquireSRWLockExclusive(&s->lock);
    s->ready++;
    while (s->go == 0)
        SleepConditionVariableSRW(s->variable, &s->lock, INFINITE, 0);
    s->go--;
    s->gone++;
    ReleaseSRWLockExclusive(&s->lock);
    return 0;
}

static int sleepers_read(struct sleepers *s, const int *what)
{
    int value;
    AcquireSRWLockShared(&s->lock);
    value = *what;
    ReleaseSRWLockShared(&s->lock);
    return value;
}

/* THRD-040 THRD-042 */
static void wake_releases_one_and_wake_all_the_rest_at_any_alignment(void **state)
{
    char room[sizeof(CONDITION_VARIABLE) + 8];
    struct sleepers s = {.variable = (CONDITION_VARIABLE *)(void *)(room + 1)};
    HANDLE threads[3];
    (void)state;
    InitializeConditionVariable(s.variable);
    for (int i = 0; i < 3; i++)
        threads[i] = start(sleep_until_go, &s, NULL);
    wait_until(sleepers_read(&s, &s.ready) == 3);
    AcquireSRWLockExclusive(&s.lock);
    s.go = 1;
    ReleaseSRWLockExclusive(&s.lock);
    WakeConditionVariable(s.variable);
    wait_until(sleepers_read(&s, &s.gone) == 1);
    AcquireSRWLockExclusive(&s.lock);
    s.go = 2;
    ReleaseSRWLockExclusive(&s.lock);
    WakeAllConditionVariable(s.variable);
    for (int i = 0; i < 3; i++)
        join(threads[i]);
    assert_int_equal(s.gone, 3);
}

/* ---- a port's thread that waits for a lock ---- */

struct gate {
    HANDLE port;
    CRITICAL_SECTION cs;
    LONG took;
};

static DWORD WINAPI take_packet_and_lock(void *arg)
{
    struct gate *gate = arg;
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *overlapped;
    if (!GetQueuedCompletionStatus(gate->port, &bytes, &key, &overlapped, INFINITE))
        return 1;
    InterlockedIncrement(&gate->took);
    EnterCriticalSection(&gate->cs);
    LeaveCriticalSection(&gate->cs);
    return 0;
}

/* PORT-101 */
static void a_thread_that_waits_for_a_section_lets_the_port_release_the_next(void **state)
{
    struct gate gate = {.port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1)};
    HANDLE threads[2];
    (void)state;
    assert_non_null(gate.port);
    InitializeCriticalSection(&gate.cs);
    EnterCriticalSection(&gate.cs);
    for (int i = 0; i < 2; i++)
        threads[i] = start(take_packet_and_lock, &gate, NULL);
    assert_win32(PostQueuedCompletionStatus(gate.port, 0, 0, NULL));
    assert_win32(PostQueuedCompletionStatus(gate.port, 0, 0, NULL));
    wait_until(InterlockedAdd(&gate.took, 0) == 2);
    LeaveCriticalSection(&gate.cs);
    assert_int_equal(join(threads[0]), 0);
    assert_int_equal(join(threads[1]), 0);
    DeleteCriticalSection(&gate.cs);
    assert_win32(CloseHandle(gate.port));
}

/* ---- one-time initialisation ---- */

static LONG once_runs;

static BOOL CALLBACK once_fails(PINIT_ONCE once, PVOID parameter, PVOID *context)
{
    (void)once;
    (void)parameter;
    (void)context;
    InterlockedIncrement(&once_runs);
    return FALSE;
}

static BOOL CALLBACK once_succeeds(PINIT_ONCE once, PVOID parameter, PVOID *context)
{
    assert_int_equal((ULONG_PTR)once->Ptr, 1);
    InterlockedIncrement(&once_runs);
    *context = parameter;
    return TRUE;
}

/* THRD-043 THRD-044 */
static void a_failed_initialisation_is_tried_again(void **state)
{
    INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    static LONGLONG value;
    PVOID context = NULL;
    (void)state;
    once_runs = 0;
    assert_fails(LAST_ERROR_SENTINEL, InitOnceExecuteOnce(&once, once_fails, NULL, NULL));
    assert_null(once.Ptr);
    assert_win32(InitOnceExecuteOnce(&once, once_succeeds, &value, &context));
    assert_int_equal((ULONG_PTR)once.Ptr, (ULONG_PTR)&value | 2);
    assert_ptr_equal(context, &value);
    context = NULL;
    assert_win32(InitOnceExecuteOnce(&once, once_fails, NULL, &context));
    assert_ptr_equal(context, &value);
    assert_int_equal(once_runs, 2);
}

/* THRD-045 THRD-046 THRD-047 */
static void init_once_refuses_misuse(void **state)
{
    INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    BOOL pending = 0x55;
    (void)state;
    assert_fails(ERROR_GEN_FAILURE,
                 InitOnceBeginInitialize(&once, INIT_ONCE_CHECK_ONLY, &pending, NULL));
    assert_int_equal(pending, 0x55);
    assert_fails(
        ERROR_INVALID_PARAMETER,
        InitOnceBeginInitialize(&once, INIT_ONCE_CHECK_ONLY | INIT_ONCE_ASYNC, &pending, NULL));
    assert_fails(ERROR_GEN_FAILURE, InitOnceComplete(&once, 0, NULL));
    assert_win32(InitOnceBeginInitialize(&once, 0, &pending, NULL));
    assert_int_equal(pending, TRUE);
    assert_fails(ERROR_INVALID_PARAMETER,
                 InitOnceBeginInitialize(&once, INIT_ONCE_ASYNC, &pending, NULL));
    assert_fails(ERROR_INVALID_PARAMETER, InitOnceComplete(&once, INIT_ONCE_ASYNC, NULL));
    assert_fails(ERROR_INVALID_PARAMETER, InitOnceComplete(&once, 0, (PVOID)6));
    assert_fails(ERROR_INVALID_PARAMETER, InitOnceComplete(&once, INIT_ONCE_INIT_FAILED, (PVOID)8));
    assert_win32(InitOnceComplete(&once, INIT_ONCE_INIT_FAILED, NULL));
    assert_null(once.Ptr);
}

/* THRD-048 */
static void the_first_of_two_async_initialisers_wins(void **state)
{
    INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    BOOL pending;
    PVOID context;
    (void)state;
    assert_win32(InitOnceBeginInitialize(&once, INIT_ONCE_ASYNC, &pending, &context));
    assert_int_equal((ULONG_PTR)once.Ptr, 3);
    assert_win32(InitOnceBeginInitialize(&once, INIT_ONCE_ASYNC, &pending, &context));
    assert_int_equal(pending, TRUE);
    assert_win32(InitOnceComplete(&once, INIT_ONCE_ASYNC, (PVOID)0x100));
    assert_fails(ERROR_GEN_FAILURE, InitOnceComplete(&once, INIT_ONCE_ASYNC, (PVOID)0x200));
    assert_win32(InitOnceBeginInitialize(&once, INIT_ONCE_CHECK_ONLY, &pending, &context));
    assert_int_equal(pending, FALSE);
    assert_ptr_equal(context, (PVOID)0x100);
}

static DWORD WINAPI wait_for_once(void *arg)
{
    PVOID context = NULL;
    BOOL pending;
    if (!InitOnceBeginInitialize(arg, 0, &pending, &context) || pending)
        return 1;
    return context == (PVOID)0x40 ? 0 : 2;
}

/* THRD-044 */
static void others_wait_while_one_thread_initialises(void **state)
{
    INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    BOOL pending;
    DWORD id;
    HANDLE waiter;
    (void)state;
    assert_win32(InitOnceBeginInitialize(&once, 0, &pending, NULL));
    waiter = start(wait_for_once, &once, &id);
    wait_until_asleep(id);
    assert_win32(InitOnceComplete(&once, 0, (PVOID)0x40));
    assert_int_equal(join(waiter), 0);
}

/* ---- waiting on an address ---- */

/* THRD-049 THRD-050 THRD-051 */
static void wait_on_address_compares_that_many_bytes(void **state)
{
    static const SIZE_T sizes[] = {1, 2, 4, 8};
    LONGLONG value = 0, same = 0, other;
    (void)state;
    for (int i = 0; i < 4; i++) {
        other = (LONGLONG)(1ULL << (8 * sizes[i] - 1));
        assert_keeps_last_error(assert_int_equal(WaitOnAddress(&value, &other, sizes[i], 0), TRUE));
        assert_fails(ERROR_TIMEOUT, WaitOnAddress(&value, &same, sizes[i], 1));
        if (sizes[i] < 8) {
            other <<= 1;
            assert_fails(ERROR_TIMEOUT, WaitOnAddress(&value, &other, sizes[i], 0));
        }
    }
    assert_fails(ERROR_INVALID_PARAMETER, WaitOnAddress(&value, &same, 0, 0));
    assert_fails(ERROR_INVALID_PARAMETER, WaitOnAddress(&value, &same, 3, 0));
    assert_fails(ERROR_INVALID_PARAMETER, WaitOnAddress(&value, &same, 16, 0));
    assert_fails(ERROR_INVALID_PARAMETER, WaitOnAddress(NULL, &same, 4, 0));
}

static DWORD WINAPI wait_for_change(void *arg)
{
    BYTE zero = 0;
    while (__atomic_load_n((BYTE *)arg, __ATOMIC_ACQUIRE) == 0)
        WaitOnAddress(arg, &zero, 1, INFINITE);
    return 0;
}

/* THRD-052 */
static void wake_by_address_reaches_the_waiters_of_that_byte(void **state)
{
    volatile BYTE bytes[2] = {0, 0};
    HANDLE threads[2];
    DWORD ids[2];
    (void)state;
    assert_keeps_last_error(WakeByAddressSingle(NULL));
    assert_keeps_last_error(WakeByAddressAll(NULL));
    assert_keeps_last_error(WakeByAddressAll((PVOID)bytes));
    for (int i = 0; i < 2; i++) {
        threads[i] = start(wait_for_change, (void *)&bytes[i], &ids[i]);
        wait_until_asleep(ids[i]);
    }
    __atomic_store_n(&bytes[1], 1, __ATOMIC_RELEASE);
    WakeByAddressSingle((PVOID)&bytes[1]);
    join(threads[1]);
    assert_int_equal(WaitForSingleObject(threads[0], 0), WAIT_TIMEOUT);
    __atomic_store_n(&bytes[0], 1, __ATOMIC_RELEASE);
    WakeByAddressAll((PVOID)&bytes[0]);
    join(threads[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(critical_section_is_recursive_and_needs_as_many_leaves),
        cmocka_unit_test(critical_section_fields_are_as_programs_read_them),
        cmocka_unit_test(critical_section_works_from_a_static_initialiser),
        cmocka_unit_test(set_spin_count_returns_the_previous_one),
        cmocka_unit_test(leaving_a_section_nobody_entered_changes_nothing),
        cmocka_unit_test(only_one_thread_is_inside_a_section),
        cmocka_unit_test(a_writer_is_alone_in_an_srw_lock),
        cmocka_unit_test(srw_exclusive_is_not_recursive),
        cmocka_unit_test(a_new_reader_waits_behind_a_waiting_writer),
        cmocka_unit_test(an_srw_word_of_one_is_held_exclusively),
        cmocka_unit_test(another_thread_may_release_an_srw_lock),
        cmocka_unit_test(a_wake_without_waiter_is_lost_and_the_sleep_times_out),
        cmocka_unit_test(an_srw_lock_comes_back_in_the_mode_asked_for),
        cmocka_unit_test(wake_releases_one_and_wake_all_the_rest_at_any_alignment),
        cmocka_unit_test(a_thread_that_waits_for_a_section_lets_the_port_release_the_next),
        cmocka_unit_test(a_failed_initialisation_is_tried_again),
        cmocka_unit_test(init_once_refuses_misuse),
        cmocka_unit_test(the_first_of_two_async_initialisers_wins),
        cmocka_unit_test(others_wait_while_one_thread_initialises),
        cmocka_unit_test(wait_on_address_compares_that_many_bytes),
        cmocka_unit_test(wake_by_address_reaches_the_waiters_of_that_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

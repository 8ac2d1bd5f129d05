/* The thread pool: work, simple callbacks, pools, environments, cleanup groups (threads.md §7). */
#include <stdatomic.h>

#include "portico_test.h"

/* What the callbacks of a test share: they count, and wait at a gate if there is one. */
struct counter {
    _Atomic LONG begun, ended, at_once, most_at_once;
    HANDLE gate; /* a manual-reset event; NULL: none */
    _Atomic DWORD thread;
};

static void begin(struct counter *counter)
{
    LONG now = ++counter->at_once, most = counter->most_at_once;
    while (now > most && !atomic_compare_exchange_weak(&counter->most_at_once, &most, now))
        ;
    counter->thread = GetCurrentThreadId();
    ++counter->begun;
    if (counter->gate)
        WaitForSingleObject(counter->gate, INFINITE);
    --counter->at_once;
    ++counter->ended;
}

static VOID CALLBACK simple(PTP_CALLBACK_INSTANCE instance, PVOID context)
{
    (void)instance;
    begin(context);
}

static VOID CALLBACK work(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK object)
{
    (void)instance;
    (void)object;
    begin(context);
}

static struct counter new_counter(BOOL gated)
{
    struct counter counter = {0};
    counter.gate = gated ? CreateEventW(NULL, TRUE, FALSE, NULL) : NULL;
    return counter;
}

static PTP_WORK new_work(struct counter *counter, PTP_CALLBACK_ENVIRON environment)
{
    PTP_WORK object = CreateThreadpoolWork(work, counter, environment);
    assert_non_null(object);
    return object;
}

/* An environment with a pool of so many threads. */
static PTP_POOL new_pool(PTP_CALLBACK_ENVIRON environment, DWORD maximum)
{
    PTP_POOL pool = CreateThreadpool(NULL);
    assert_non_null(pool);
    SetThreadpoolThreadMaximum(pool, maximum);
    InitializeThreadpoolEnvironment(environment);
    SetThreadpoolCallbackPool(environment, pool);
    return pool;
}

static PTP_CLEANUP_GROUP new_group(PTP_CALLBACK_ENVIRON environment,
                                   PTP_CLEANUP_GROUP_CANCEL_CALLBACK cancelled)
{
    PTP_CLEANUP_GROUP group = CreateThreadpoolCleanupGroup();
    assert_non_null(group);
    SetThreadpoolCallbackCleanupGroup(environment, group, cancelled);
    return group;
}

/* THRD-098 */
static void a_simple_callback_runs_once_on_a_pool_thread(void **state)
{
    struct counter counter = new_counter(FALSE);
    (void)state;
    assert_win32(TrySubmitThreadpoolCallback(simple, &counter, NULL));
    wait_until(counter.ended == 1);
    assert_int_not_equal(counter.thread, GetCurrentThreadId());
    assert_fails(ERROR_INVALID_PARAMETER, TrySubmitThreadpoolCallback(NULL, &counter, NULL));
}

/* THRD-099 THRD-100 */
static void an_environment_must_hold_together(void **state)
{
    static const struct {
        DWORD version;
        int priority;
        BOOL ok;
    } cases[] = {{3, 0, TRUE},  {3, 1, TRUE},  {3, 2, TRUE},     {3, 10, FALSE}, {3, -1, FALSE},
                 {1, 10, TRUE}, {0, 1, FALSE}, {9999, 1, FALSE}, {2, 1, FALSE}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct counter counter = new_counter(FALSE);
        TP_CALLBACK_ENVIRON environment;
        InitializeThreadpoolEnvironment(&environment);
        environment.Version = cases[i].version;
        environment.CallbackPriority = (TP_CALLBACK_PRIORITY)cases[i].priority;
        if (cases[i].ok) {
            assert_win32(TrySubmitThreadpoolCallback(simple, &counter, &environment));
            wait_until(counter.ended == 1);
        } else {
            assert_fails(ERROR_INVALID_PARAMETER,
                         TrySubmitThreadpoolCallback(simple, &counter, &environment));
        }
        DestroyThreadpoolEnvironment(&environment);
    }
}

static _Atomic LONG order_count;
static _Atomic LONG order_of[8];

static VOID CALLBACK note_order(PTP_CALLBACK_INSTANCE instance, PVOID context)
{
    (void)instance;
    order_of[++order_count - 1] = (LONG)(LONG_PTR)context;
}

/* THRD-100 */
static void the_higher_priority_goes_first(void **state)
{
    struct counter blocker = new_counter(TRUE);
    TP_CALLBACK_ENVIRON environment;
    PTP_POOL pool = new_pool(&environment, 1);
    (void)state;
    order_count = 0;
    assert_win32(TrySubmitThreadpoolCallback(simple, &blocker, &environment));
    wait_until(blocker.begun == 1);
    for (int priority = 2; priority >= 0; priority--) {
        SetThreadpoolCallbackPriority(&environment, (TP_CALLBACK_PRIORITY)priority);
        assert_win32(
            TrySubmitThreadpoolCallback(note_order, (PVOID)(LONG_PTR)priority, &environment));
    }
    SetEvent(blocker.gate);
    wait_until(order_count == 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(order_of[i], i);
    CloseThreadpool(pool);
    CloseHandle(blocker.gate);
}

/* THRD-101 */
static void work_runs_as_often_as_it_is_submitted_and_at_once(void **state)
{
    struct counter counter = new_counter(TRUE);
    PTP_WORK object = new_work(&counter, NULL);
    (void)state;
    for (int i = 0; i < 10; i++)
        SubmitThreadpoolWork(object);
    wait_until(counter.begun == 10); /* each waits at the gate, and lets the next one run */
    assert_int_equal(counter.most_at_once, 10);
    SetEvent(counter.gate);
    WaitForThreadpoolWorkCallbacks(object, FALSE);
    assert_int_equal(counter.ended, 10);
    CloseThreadpoolWork(object);
    CloseHandle(counter.gate);
}

static _Atomic LONG spinning, stop_spinning;

static VOID CALLBACK spin(PTP_CALLBACK_INSTANCE instance, PVOID context)
{
    (void)instance;
    (void)context;
    ++spinning;
    while (!stop_spinning)
        SwitchToThread();
    --spinning;
}

/* THRD-101 */
static void callbacks_that_never_block_do_not_starve_the_others(void **state)
{
    struct counter counter = new_counter(FALSE);
    SYSTEM_INFO info;
    (void)state;
    GetSystemInfo(&info);
    stop_spinning = 0;
    for (DWORD i = 0; i < info.dwNumberOfProcessors; i++)
        assert_win32(TrySubmitThreadpoolCallback(spin, NULL, NULL));
    wait_until(spinning == (LONG)info.dwNumberOfProcessors);
    assert_win32(TrySubmitThreadpoolCallback(simple, &counter, NULL));
    wait_until(counter.ended == 1);
    stop_spinning = 1;
    wait_until(spinning == 0);
}

struct cancelling {
    PTP_WORK object;
    _Atomic LONG done;
};

static DWORD WINAPI wait_with_cancel(LPVOID argument)
{
    struct cancelling *cancelling = argument;
    WaitForThreadpoolWorkCallbacks(cancelling->object, TRUE);
    cancelling->done = 1;
    return 0;
}

/* THRD-102 */
static void waiting_with_cancel_waits_for_what_runs_and_drops_the_rest(void **state)
{
    struct counter counter = new_counter(TRUE);
    TP_CALLBACK_ENVIRON environment;
    PTP_POOL pool = new_pool(&environment, 1);
    struct cancelling cancelling = {new_work(&counter, &environment), 0};
    DWORD id;
    HANDLE thread;
    (void)state;
    for (int i = 0; i < 5; i++)
        SubmitThreadpoolWork(cancelling.object);
    wait_until(counter.begun == 1);
    thread = CreateThread(NULL, 0, wait_with_cancel, &cancelling, 0, &id);
    wait_until_asleep(id);
    assert_int_equal(cancelling.done, 0);
    SetEvent(counter.gate);
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(counter.ended, 1);
    CloseHandle(thread);
    SubmitThreadpoolWork(cancelling.object); /* what was dropped leaves the counts right */
    WaitForThreadpoolWorkCallbacks(cancelling.object, FALSE);
    assert_int_equal(counter.ended, 2);
    CloseThreadpoolWork(cancelling.object);
    CloseThreadpool(pool);
    CloseHandle(counter.gate);
}

/* THRD-103 */
static void closing_work_lets_its_callbacks_run(void **state)
{
    struct counter counter = new_counter(TRUE);
    TP_CALLBACK_ENVIRON environment;
    PTP_POOL pool = new_pool(&environment, 1);
    PTP_WORK object = new_work(&counter, &environment);
    (void)state;
    SubmitThreadpoolWork(object);
    SubmitThreadpoolWork(object);
    wait_until(counter.begun == 1);
    CloseThreadpoolWork(object);
    CloseThreadpool(pool);
    SetEvent(counter.gate);
    wait_until(counter.ended == 2);
    CloseHandle(counter.gate);
}

static _Atomic LONG self_closed;

static VOID CALLBACK close_itself(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK object)
{
    (void)instance;
    (void)context;
    CloseThreadpoolWork(object);
    ++self_closed;
}

/* THRD-103 THRD-115 */
static void work_may_close_itself_and_a_closed_one_is_refused(void **state)
{
    PTP_WORK object = CreateThreadpoolWork(close_itself, NULL, NULL);
    (void)state;
    self_closed = 0;
    SubmitThreadpoolWork(object);
    wait_until(self_closed == 1);
    SubmitThreadpoolWork(object);
    WaitForThreadpoolWorkCallbacks(object, FALSE);
    CloseThreadpoolWork(object);
    SubmitThreadpoolWork(NULL);
    SubmitThreadpoolWork((PTP_WORK)(LONG_PTR)0x12345670);
    SetThreadpoolTimer((PTP_TIMER)object, NULL, 0, 0);
    CloseThreadpool((PTP_POOL)(LONG_PTR)-1);
    CloseThreadpoolCleanupGroupMembers((PTP_CLEANUP_GROUP)object, TRUE, NULL);
    assert_int_equal(self_closed, 1);
    assert_false(CloseHandle((HANDLE)object));
}

/* THRD-104 */
static void works_of_one_thread_take_turns(void **state)
{
    struct counter blocker = new_counter(TRUE);
    TP_CALLBACK_ENVIRON environment;
    PTP_POOL pool = new_pool(&environment, 1);
    struct counter counters[2] = {{0}};
    PTP_WORK objects[2];
    LONG behind;
    (void)state;
    assert_win32(TrySubmitThreadpoolCallback(simple, &blocker, &environment));
    wait_until(blocker.begun == 1);
    for (int i = 0; i < 2; i++) {
        objects[i] = new_work(&counters[i], &environment);
        for (int j = 0; j < 100; j++)
            SubmitThreadpoolWork(objects[i]);
    }
    counters[1].gate = CreateEventW(NULL, TRUE, FALSE, NULL);
    SetEvent(blocker.gate);
    wait_until(counters[1].begun == 1);
    behind = counters[0].ended;
    assert_true(behind < 100);
    SetEvent(counters[1].gate);
    for (int i = 0; i < 2; i++) {
        WaitForThreadpoolWorkCallbacks(objects[i], FALSE);
        assert_int_equal(counters[i].ended, 100);
        CloseThreadpoolWork(objects[i]);
    }
    CloseThreadpool(pool);
    CloseHandle(counters[1].gate);
    CloseHandle(blocker.gate);
}

static _Atomic LONG long_result, long_error;

static VOID CALLBACK may_run_long(PTP_CALLBACK_INSTANCE instance, PVOID context)
{
    (void)context;
    SetLastError(LAST_ERROR_SENTINEL);
    long_result = CallbackMayRunLong(instance);
    long_error = (LONG)GetLastError();
}

/* THRD-105 */
static void a_callback_may_run_long_if_there_is_another_thread(void **state)
{
    TP_CALLBACK_ENVIRON environment;
    PTP_POOL pool = new_pool(&environment, 1);
    (void)state;
    long_error = 0;
    assert_win32(TrySubmitThreadpoolCallback(may_run_long, NULL, &environment));
    wait_until(long_error != 0);
    assert_false(long_result);
    assert_int_equal(long_error, ERROR_TOO_MANY_THREADS);
    SetThreadpoolThreadMaximum(pool, 4);
    long_error = 0;
    assert_win32(TrySubmitThreadpoolCallback(may_run_long, NULL, &environment));
    wait_until(long_error != 0);
    assert_true(long_result);
    CloseThreadpool(pool);
}

/* THRD-106 */
static void no_more_callbacks_run_at_once_than_the_maximum(void **state)
{
    struct counter counter = new_counter(FALSE);
    TP_CALLBACK_ENVIRON environment;
    PTP_POOL pool = new_pool(&environment, 1);
    PTP_WORK object = new_work(&counter, &environment);
    (void)state;
    for (int i = 0; i < 200; i++)
        SubmitThreadpoolWork(object);
    WaitForThreadpoolWorkCallbacks(object, FALSE);
    assert_int_equal(counter.ended, 200);
    assert_int_equal(counter.most_at_once, 1);
    CloseThreadpoolWork(object);
    CloseThreadpool(pool);
}

/* THRD-106 */
static void the_minimum_is_started_and_raises_the_maximum(void **state)
{
    struct counter counter = new_counter(TRUE);
    TP_CALLBACK_ENVIRON environment;
    PTP_POOL pool = new_pool(&environment, 1);
    PTP_WORK object = new_work(&counter, &environment);
    (void)state;
    assert_win32(SetThreadpoolThreadMinimum(pool, 4));
    for (int i = 0; i < 4; i++)
        SubmitThreadpoolWork(object);
    wait_until(counter.begun == 4);
    SetEvent(counter.gate);
    WaitForThreadpoolWorkCallbacks(object, FALSE);
    assert_fails(ERROR_INVALID_PARAMETER, SetThreadpoolThreadMinimum(NULL, 1));
    CloseThreadpoolWork(object);
    CloseThreadpool(pool);
    CloseHandle(counter.gate);
}

/* THRD-106 */
static void a_pools_stack_sizes_are_kept(void **state)
{
    TP_CALLBACK_ENVIRON environment;
    PTP_POOL pool = new_pool(&environment, 1);
    TP_POOL_STACK_INFORMATION sizes = {.StackReserve = 1 << 20, .StackCommit = 1 << 16}, read;
    struct counter counter = new_counter(FALSE);
    (void)state;
    assert_win32(SetThreadpoolStackInformation(pool, &sizes));
    assert_win32(QueryThreadpoolStackInformation(pool, &read));
    assert_int_equal(read.StackReserve, sizes.StackReserve);
    assert_int_equal(read.StackCommit, sizes.StackCommit);
    assert_win32(TrySubmitThreadpoolCallback(simple, &counter, &environment));
    wait_until(counter.ended == 1);
    assert_fails(ERROR_INVALID_PARAMETER, SetThreadpoolStackInformation(pool, NULL));
    CloseThreadpool(pool);
}

static HANDLE after_event, after_semaphore, after_mutex;
static CRITICAL_SECTION after_section;
static _Atomic LONG finalized, returned;

static VOID CALLBACK finalize(PTP_CALLBACK_INSTANCE instance, PVOID context)
{
    (void)instance;
    (void)context;
    finalized = returned;
}

static VOID CALLBACK ask_for_everything(PTP_CALLBACK_INSTANCE instance, PVOID context,
                                        PTP_WORK object)
{
    (void)context;
    (void)object;
    WaitForSingleObject(after_mutex, INFINITE);
    EnterCriticalSection(&after_section);
    SetEventWhenCallbackReturns(instance, after_event);
    ReleaseSemaphoreWhenCallbackReturns(instance, after_semaphore, 3);
    ReleaseMutexWhenCallbackReturns(instance, after_mutex);
    LeaveCriticalSectionWhenCallbackReturns(instance, &after_section);
    returned = WaitForSingleObject(after_event, 0) == WAIT_TIMEOUT;
}

/* THRD-107 */
static void what_was_asked_for_is_done_before_waiters_go_on(void **state)
{
    TP_CALLBACK_ENVIRON environment;
    PTP_WORK object;
    (void)state;
    after_event = CreateEventW(NULL, TRUE, FALSE, NULL);
    after_semaphore = CreateSemaphoreW(NULL, 0, 10, NULL);
    after_mutex = CreateMutexW(NULL, FALSE, NULL);
    InitializeCriticalSection(&after_section);
    InitializeThreadpoolEnvironment(&environment);
    TpSetCallbackFinalizationCallback(&environment, finalize);
    object = CreateThreadpoolWork(ask_for_everything, NULL, &environment);
    SubmitThreadpoolWork(object);
    WaitForThreadpoolWorkCallbacks(object, FALSE);
    assert_int_equal(finalized, 1);
    assert_int_equal(WaitForSingleObject(after_event, 0), WAIT_OBJECT_0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(WaitForSingleObject(after_semaphore, 0), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(after_semaphore, 0), WAIT_TIMEOUT);
    assert_int_equal(WaitForSingleObject(after_mutex, 0), WAIT_OBJECT_0);
    assert_true(TryEnterCriticalSection(&after_section));
    LeaveCriticalSection(&after_section);
    DeleteCriticalSection(&after_section);
    CloseThreadpoolWork(object);
    CloseHandle(after_event);
    CloseHandle(after_semaphore);
    CloseHandle(after_mutex);
}

static VOID CALLBACK disassociate(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK object)
{
    (void)object;
    DisassociateCurrentThreadFromCallback(instance);
    begin(context);
}

static DWORD WINAPI close_members(LPVOID argument)
{
    CloseThreadpoolCleanupGroupMembers(argument, FALSE, NULL);
    return 0;
}

/* THRD-108 THRD-109 */
static void a_disassociated_callback_holds_up_its_group_only(void **state)
{
    struct counter counter = new_counter(TRUE);
    TP_CALLBACK_ENVIRON environment;
    PTP_CLEANUP_GROUP group;
    PTP_WORK object;
    HANDLE thread;
    DWORD id;
    (void)state;
    InitializeThreadpoolEnvironment(&environment);
    group = new_group(&environment, NULL);
    object = CreateThreadpoolWork(disassociate, &counter, &environment);
    SubmitThreadpoolWork(object);
    wait_until(counter.begun == 1);
    WaitForThreadpoolWorkCallbacks(object, FALSE);
    assert_int_equal(counter.ended, 0);
    thread = CreateThread(NULL, 0, close_members, group, 0, &id);
    wait_until_asleep(id);
    assert_int_equal(WaitForSingleObject(thread, 0), WAIT_TIMEOUT);
    SetEvent(counter.gate);
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(counter.ended, 1);
    CloseThreadpoolCleanupGroup(group);
    CloseHandle(thread);
    CloseHandle(counter.gate);
}

/* THRD-110 */
static void closing_a_group_waits_for_its_callbacks(void **state)
{
    struct counter counter = new_counter(FALSE);
    TP_CALLBACK_ENVIRON environment;
    PTP_CLEANUP_GROUP group;
    PTP_WORK object;
    (void)state;
    InitializeThreadpoolEnvironment(&environment);
    group = new_group(&environment, NULL);
    object = new_work(&counter, &environment);
    for (int i = 0; i < 50; i++) {
        SubmitThreadpoolWork(object);
        assert_win32(TrySubmitThreadpoolCallback(simple, &counter, &environment));
    }
    CloseThreadpoolCleanupGroupMembers(group, FALSE, NULL);
    assert_int_equal(counter.ended, 100);
    SubmitThreadpoolWork(object); /* it was closed */
    object = new_work(&counter, &environment);
    SubmitThreadpoolWork(object); /* the group takes new members */
    CloseThreadpoolCleanupGroupMembers(group, FALSE, NULL);
    assert_int_equal(counter.ended, 101);
    CloseThreadpoolCleanupGroup(group);
}

struct member {
    struct counter counter;
    _Atomic LONG cancelled;
    DWORD cancelled_on;
    void *cleanup_context;
    LONG ended_before;
};

static VOID CALLBACK note_cancel(PVOID object_context, PVOID cleanup_context)
{
    struct member *member = object_context;
    member->cancelled++;
    member->cancelled_on = GetCurrentThreadId();
    member->cleanup_context = cleanup_context;
    member->ended_before = member->counter.ended;
}

static DWORD WINAPI open_gate_when_closing(LPVOID argument)
{
    struct member *member = argument;
    wait_until_asleep(member->cancelled_on);
    SetEvent(member->counter.gate);
    return 0;
}

/* THRD-111 THRD-112 THRD-113 */
static void closing_a_group_with_cancel_tells_each_remaining_member_once(void **state)
{
    struct member running = {.counter = new_counter(TRUE)}, queued = {0}, idle = {0}, pending = {0};
    TP_CALLBACK_ENVIRON environment;
    PTP_POOL pool = new_pool(&environment, 1);
    PTP_CLEANUP_GROUP group = new_group(&environment, note_cancel);
    PTP_WORK objects[3];
    HANDLE opener;
    int mark;
    (void)state;
    objects[0] = new_work(&running.counter, &environment);
    objects[1] = new_work(&queued.counter, &environment);
    objects[2] = new_work(&idle.counter, &environment);
    SubmitThreadpoolWork(objects[0]);
    wait_until(running.counter.begun == 1);
    SubmitThreadpoolWork(objects[0]);
    for (int i = 0; i < 10; i++)
        SubmitThreadpoolWork(objects[1]);
    assert_win32(TrySubmitThreadpoolCallback(simple, &pending.counter, &environment));
    running.cancelled_on = GetCurrentThreadId(); /* the opener waits until this thread sleeps */
    opener = CreateThread(NULL, 0, open_gate_when_closing, &running, 0, NULL);
    CloseThreadpoolCleanupGroupMembers(group, TRUE, &mark);
    assert_int_equal(running.counter.ended, 1);
    assert_int_equal(running.ended_before, 1);
    assert_int_equal(running.cancelled, 1);
    assert_int_equal(queued.cancelled, 1);
    assert_int_equal(queued.counter.begun, 0);
    assert_int_equal(idle.cancelled, 1);
    assert_int_equal(pending.cancelled, 1);
    assert_int_equal(pending.counter.begun, 0);
    assert_int_equal(queued.cancelled_on, GetCurrentThreadId());
    assert_ptr_equal(queued.cleanup_context, &mark);
    assert_int_equal(WaitForSingleObject(opener, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    CloseHandle(opener);
    CloseThreadpoolCleanupGroup(group);
    CloseThreadpool(pool);
    CloseHandle(running.counter.gate);
}

static VOID CALLBACK close_then_wait(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK object)
{
    (void)instance;
    CloseThreadpoolWork(object);
    begin(context);
}

/* THRD-114 */
static void what_closed_itself_or_runs_once_is_not_told_of_the_cancel(void **state)
{
    struct member closing = {.counter = new_counter(TRUE)}, once = {.counter = new_counter(TRUE)};
    TP_CALLBACK_ENVIRON environment;
    PTP_CLEANUP_GROUP group;
    HANDLE openers[2];
    (void)state;
    InitializeThreadpoolEnvironment(&environment);
    group = new_group(&environment, note_cancel);
    SubmitThreadpoolWork(CreateThreadpoolWork(close_then_wait, &closing.counter, &environment));
    assert_win32(TrySubmitThreadpoolCallback(simple, &once.counter, &environment));
    wait_until(closing.counter.begun == 1 && once.counter.begun == 1);
    closing.cancelled_on = once.cancelled_on = GetCurrentThreadId();
    openers[0] = CreateThread(NULL, 0, open_gate_when_closing, &closing, 0, NULL);
    openers[1] = CreateThread(NULL, 0, open_gate_when_closing, &once, 0, NULL);
    CloseThreadpoolCleanupGroupMembers(group, TRUE, NULL);
    assert_int_equal(closing.counter.ended, 1);
    assert_int_equal(once.counter.ended, 1);
    assert_int_equal(closing.cancelled, 0);
    assert_int_equal(once.cancelled, 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(WaitForSingleObject(openers[i], TEST_DEADLINE_MS), WAIT_OBJECT_0);
        CloseHandle(openers[i]);
    }
    CloseThreadpoolCleanupGroup(group);
    CloseHandle(closing.counter.gate);
    CloseHandle(once.counter.gate);
}

static _Atomic LONG fls_ran;
static DWORD fls_index;

static VOID CALLBACK fls_ends(PVOID value)
{
    if (value)
        ++fls_ran;
}

static VOID CALLBACK set_fls(PTP_CALLBACK_INSTANCE instance, PVOID context)
{
    (void)instance;
    FlsSetValue(fls_index, context);
}

/* THRD-117 */
static void a_closed_pools_threads_leave_properly(void **state)
{
    TP_CALLBACK_ENVIRON environment;
    PTP_POOL pool = new_pool(&environment, 1);
    (void)state;
    fls_ran = 0;
    fls_index = FlsAlloc(fls_ends);
    assert_win32(TrySubmitThreadpoolCallback(set_fls, pool, &environment));
    CloseThreadpool(pool);
    wait_until(fls_ran == 1);
    FlsFree(fls_index);
}

static VOID CALLBACK exit_thread(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK object)
{
    (void)instance;
    (void)object;
    ++*(_Atomic LONG *)context;
    ExitThread(7);
}

/* THRD-116 THRD-117 */
static void a_callback_that_ends_its_thread_is_over(void **state)
{
    TP_CALLBACK_ENVIRON environment;
    PTP_POOL pool = new_pool(&environment, 1);
    _Atomic LONG ran = 0;
    PTP_WORK object = CreateThreadpoolWork(exit_thread, (PVOID)&ran, &environment);
    (void)state;
    for (int i = 0; i < 3; i++)
        SubmitThreadpoolWork(object);
    WaitForThreadpoolWorkCallbacks(object, FALSE);
    assert_int_equal(ran, 3);
    CloseThreadpoolWork(object);
    CloseThreadpool(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_simple_callback_runs_once_on_a_pool_thread),
        cmocka_unit_test(an_environment_must_hold_together),
        cmocka_unit_test(the_higher_priority_goes_first),
        cmocka_unit_test(work_runs_as_often_as_it_is_submitted_and_at_once),
        cmocka_unit_test(callbacks_that_never_block_do_not_starve_the_others),
        cmocka_unit_test(waiting_with_cancel_waits_for_what_runs_and_drops_the_rest),
        cmocka_unit_test(closing_work_lets_its_callbacks_run),
        cmocka_unit_test(work_may_close_itself_and_a_closed_one_is_refused),
        cmocka_unit_test(works_of_one_thread_take_turns),
        cmocka_unit_test(a_callback_may_run_long_if_there_is_another_thread),
        cmocka_unit_test(no_more_callbacks_run_at_once_than_the_maximum),
        cmocka_unit_test(the_minimum_is_started_and_raises_the_maximum),
        cmocka_unit_test(a_pools_stack_sizes_are_kept),
        cmocka_unit_test(what_was_asked_for_is_done_before_waiters_go_on),
        cmocka_unit_test(a_disassociated_callback_holds_up_its_group_only),
        cmocka_unit_test(closing_a_group_waits_for_its_callbacks),
        cmocka_unit_test(closing_a_group_with_cancel_tells_each_remaining_member_once),
        cmocka_unit_test(what_closed_itself_or_runs_once_is_not_told_of_the_cancel),
        cmocka_unit_test(a_closed_pools_threads_leave_properly),
        cmocka_unit_test(a_callback_that_ends_its_thread_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

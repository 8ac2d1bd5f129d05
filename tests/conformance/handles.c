/* Handles, access and identity: handles.md sections 1 to 4 and 10. Waits and objects are in
 * waits.c, names and APCs in names.c and apcs.c. */
#include "portico_test.h"

static HANDLE new_event(void)
{
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    assert_non_null(event);
    return event;
}

static BOOL is_set(HANDLE event)
{
    return WaitForSingleObject(event, 0) == WAIT_OBJECT_0;
}

static HANDLE duplicate(HANDLE source, DWORD access, BOOL inherit, DWORD options)
{
    HANDLE target = NULL;
    assert_win32(DuplicateHandle(GetCurrentProcess(), source, GetCurrentProcess(), &target, access,
                                 inherit, options));
    assert_non_null(target);
    return target;
}

static DWORD flags_of(HANDLE handle)
{
    DWORD flags = 0xdeadbeef;
    assert_win32(GetHandleInformation(handle, &flags));
    return flags;
}

static DWORD WINAPI return_parameter(LPVOID parameter)
{
    return (DWORD)(ULONG_PTR)parameter;
}

/* HND-001 */
static void values_are_small_multiples_of_four(void **state)
{
    HANDLE handles[5];
    (void)state;
    handles[0] = CreateEventA(NULL, FALSE, FALSE, NULL);
    handles[1] = CreateMutexA(NULL, FALSE, NULL);
    handles[2] = CreateSemaphoreA(NULL, 0, 1, NULL);
    handles[3] = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    handles[4] = duplicate(handles[0], 0, FALSE, DUPLICATE_SAME_ACCESS);
    for (int i = 0; i < 5; i++) {
        assert_non_null(handles[i]);
        assert_int_equal((ULONG_PTR)handles[i] & 3, 0);
        assert_true((LONG_PTR)handles[i] == (LONG)(LONG_PTR)handles[i]);
        for (int j = 0; j < i; j++)
            assert_ptr_not_equal(handles[i], handles[j]);
    }
    for (int i = 0; i < 5; i++)
        assert_win32(CloseHandle(handles[i]));
}

/* HND-002 */
static void the_low_two_bits_are_ignored(void **state)
{
    HANDLE event = new_event();
    (void)state;
    for (ULONG_PTR bits = 1; bits < 4; bits++) {
        HANDLE odd = (HANDLE)((ULONG_PTR)event + bits);
        assert_keeps_last_error(assert_int_equal(WaitForSingleObject(odd, 0), WAIT_TIMEOUT));
        assert_keeps_last_error(assert_win32(SetEvent(odd)));
        assert_keeps_last_error(assert_int_equal(WaitForSingleObject(odd, 0), WAIT_OBJECT_0));
        assert_win32(ResetEvent(odd));
    }
    assert_win32(CloseHandle(event));
    assert_fails(ERROR_INVALID_HANDLE, SetEvent((HANDLE)((ULONG_PTR)event + 1)));
}

/* HND-003 */
static void a_value_must_be_the_sign_extension_of_its_lower_half(void **state)
{
    HANDLE event = new_event();
    DWORD flags;
    (void)state;
    assert_fails(ERROR_INVALID_HANDLE, SetEvent((HANDLE)((ULONG_PTR)event + 0x100000000)));
    assert_fails(ERROR_INVALID_HANDLE, GetHandleInformation((HANDLE)(ULONG_PTR)0xFFFFFFFF, &flags));
    assert_int_equal(WaitForSingleObject((HANDLE)(ULONG_PTR)0xFFFFFFFF, 0), WAIT_FAILED);
    assert_int_equal(WaitForSingleObject((HANDLE)(ULONG_PTR)0x1FFFFFFFF, 0), WAIT_FAILED);
    assert_win32(SetEvent((HANDLE)(LONG_PTR)(LONG)(ULONG_PTR)event));
    assert_true(is_set(event));
    assert_win32(CloseHandle(event));
}

/* HND-005 */
static void pseudo_handles_are_constants(void **state)
{
    HANDLE thread;
    (void)state;
    assert_ptr_equal(GetCurrentProcess(), (HANDLE)(LONG_PTR)-1);
    assert_ptr_equal(GetCurrentThread(), (HANDLE)(LONG_PTR)-2);
    thread = duplicate(GetCurrentThread(), 0, FALSE, DUPLICATE_SAME_ACCESS);
    assert_ptr_not_equal(thread, GetCurrentThread());
    assert_int_equal(GetThreadId(thread), GetCurrentThreadId());
    assert_win32(CloseHandle(thread));
}

/* HND-009 */
static void closing_what_is_not_open_fails(void **state)
{
    HANDLE event = new_event();
    (void)state;
    assert_win32(CloseHandle(event));
    assert_fails(ERROR_INVALID_HANDLE, CloseHandle(event));
    assert_fails(ERROR_INVALID_HANDLE, CloseHandle(NULL));
    assert_fails(ERROR_INVALID_HANDLE, CloseHandle((HANDLE)(ULONG_PTR)0x7ffffff0));
    assert_fails(ERROR_INVALID_HANDLE, CloseHandle((HANDLE)&event));
}

/* HND-010 HND-018 */
static void an_object_lives_as_long_as_one_handle(void **state)
{
    HANDLE event = new_event();
    HANDLE other = duplicate(event, 0, FALSE, DUPLICATE_SAME_ACCESS);
    (void)state;
    assert_ptr_not_equal(event, other);
    assert_win32(SetEvent(event));
    assert_keeps_last_error(assert_win32(CloseHandle(event)));
    assert_true(is_set(other));
    assert_win32(CloseHandle(other));
}

/* HND-011 */
static void closing_a_pseudo_handle_does_nothing(void **state)
{
    (void)state;
    assert_win32(CloseHandle(GetCurrentProcess()));
    assert_win32(CloseHandle(INVALID_HANDLE_VALUE));
    assert_win32(CloseHandle(GetCurrentThread()));
    assert_int_equal(WaitForSingleObject(GetCurrentThread(), 0), WAIT_TIMEOUT);
    assert_int_equal(WaitForSingleObject(GetCurrentProcess(), 0), WAIT_TIMEOUT);
}

/* HND-012 */
static void a_protected_handle_does_not_close(void **state)
{
    HANDLE event = new_event();
    (void)state;
    assert_win32(SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE,
                                      HANDLE_FLAG_PROTECT_FROM_CLOSE));
    assert_fails(ERROR_INVALID_HANDLE, CloseHandle(event));
    assert_win32(SetEvent(event));
    assert_win32(SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
    assert_win32(CloseHandle(event));
}

/* HND-015 HND-063 */
static void closing_a_thread_handle_does_not_end_the_thread(void **state)
{
    DWORD code = 0;
    HANDLE thread = CreateThread(NULL, 0, return_parameter, (LPVOID)42, CREATE_SUSPENDED, NULL);
    HANDLE other = duplicate(thread, 0, FALSE, DUPLICATE_SAME_ACCESS);
    (void)state;
    assert_win32(CloseHandle(thread));
    assert_win32(GetExitCodeThread(other, &code));
    assert_int_equal(code, STILL_ACTIVE);
    assert_int_equal(WaitForSingleObject(other, 0), WAIT_TIMEOUT);
    assert_int_equal(ResumeThread(other), 1);
    assert_int_equal(WaitForSingleObject(other, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(other, 0), WAIT_OBJECT_0);
    assert_win32(GetExitCodeThread(other, &code));
    assert_int_equal(code, 42);
    assert_win32(CloseHandle(other));
}

/* HND-019 */
static void a_duplicated_pseudo_handle_is_real(void **state)
{
    HANDLE process =
        duplicate(GetCurrentProcess(), 0, FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE);
    HANDLE inherited = duplicate(GetCurrentProcess(), 0, TRUE, DUPLICATE_SAME_ACCESS);
    (void)state;
    assert_ptr_not_equal(process, GetCurrentProcess());
    assert_int_equal(flags_of(process), 0);
    assert_int_equal(flags_of(inherited), HANDLE_FLAG_INHERIT);
    assert_win32(CloseHandle(process));
    assert_win32(CloseHandle(inherited));
}

/* HND-020 */
static void duplicating_with_close_source_keeps_the_value(void **state)
{
    HANDLE lower = new_event(), event = new_event(), out;
    (void)state;
    assert_win32(CloseHandle(lower));
    out = duplicate(event, 0, TRUE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE);
    assert_ptr_equal(out, event);
    assert_int_equal(flags_of(out), HANDLE_FLAG_INHERIT);
    out = duplicate(event, 0, FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE);
    assert_ptr_equal(out, event);
    assert_int_equal(flags_of(out), 0);
    assert_win32(CloseHandle(event));
}

/* HND-021 */
static void a_protected_source_stays_open(void **state)
{
    HANDLE event = new_event(), out;
    (void)state;
    assert_win32(SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE,
                                      HANDLE_FLAG_PROTECT_FROM_CLOSE));
    out = duplicate(event, 0, FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE);
    assert_ptr_not_equal(out, event);
    assert_win32(SetEvent(event));
    assert_true(is_set(out));
    assert_win32(SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
    assert_win32(CloseHandle(event));
    assert_win32(CloseHandle(out));
}

/* HND-022 HND-025 */
static void a_failed_duplication_closes_the_source_all_the_same(void **state)
{
    HANDLE event = new_event(), out = event;
    (void)state;
    assert_fails(ERROR_ACCESS_DENIED,
                 DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &out, 0xFFFFFFFF,
                                 FALSE, DUPLICATE_CLOSE_SOURCE));
    assert_null(out);
    assert_fails(ERROR_INVALID_HANDLE, SetEvent(event));
}

/* HND-023 */
static void same_attributes_copies_the_flags(void **state)
{
    HANDLE event = new_event(), out;
    (void)state;
    assert_win32(SetHandleInformation(event, HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE,
                                      HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE));
    out = duplicate(event, 0, FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_SAME_ATTRIBUTES);
    assert_int_equal(flags_of(out), HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE);
    assert_win32(SetHandleInformation(out, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
    assert_win32(SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
    assert_win32(CloseHandle(out));
    assert_win32(CloseHandle(event));
    out =
        duplicate(GetCurrentProcess(), 0, TRUE, DUPLICATE_SAME_ACCESS | DUPLICATE_SAME_ATTRIBUTES);
    assert_int_equal(flags_of(out), 0);
    assert_win32(CloseHandle(out));
}

/* HND-024 */
static void duplicating_checks_its_handles(void **state)
{
    HANDLE event = new_event(), out = event;
    (void)state;
    assert_fails(ERROR_INVALID_HANDLE,
                 DuplicateHandle(GetCurrentProcess(), NULL, GetCurrentProcess(), &out, 0, FALSE,
                                 DUPLICATE_SAME_ACCESS));
    assert_null(out);
    assert_fails(ERROR_INVALID_HANDLE, DuplicateHandle(event, event, GetCurrentProcess(), &out, 0,
                                                       FALSE, DUPLICATE_SAME_ACCESS));
    assert_fails(ERROR_INVALID_HANDLE, DuplicateHandle(GetCurrentProcess(), event, event, &out, 0,
                                                       FALSE, DUPLICATE_SAME_ACCESS));
    assert_win32(
        DuplicateHandle(GetCurrentProcess(), event, NULL, NULL, 0, FALSE, DUPLICATE_CLOSE_SOURCE));
    assert_fails(ERROR_INVALID_HANDLE, SetEvent(event));
}

/* HND-025 HND-036 */
static void a_duplicate_with_less_access_is_refused_the_rest(void **state)
{
    HANDLE event = new_event();
    HANDLE wait_only = duplicate(event, SYNCHRONIZE, FALSE, 0);
    HANDLE set_only = duplicate(event, EVENT_MODIFY_STATE, FALSE, 0);
    HANDLE more = event;
    (void)state;
    assert_fails(ERROR_ACCESS_DENIED, SetEvent(wait_only));
    assert_int_equal(WaitForSingleObject(wait_only, 0), WAIT_TIMEOUT);
    assert_win32(SetEvent(set_only));
    SetLastError(LAST_ERROR_SENTINEL);
    assert_int_equal(WaitForSingleObject(set_only, 0), WAIT_FAILED);
    assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
    assert_fails(ERROR_ACCESS_DENIED,
                 DuplicateHandle(GetCurrentProcess(), wait_only, GetCurrentProcess(), &more,
                                 EVENT_ALL_ACCESS, FALSE, 0));
    assert_null(more);
    assert_win32(CloseHandle(event));
    assert_win32(CloseHandle(wait_only));
    assert_win32(CloseHandle(set_only));
}

/* HND-027 */
static void flags_belong_to_the_handle(void **state)
{
    HANDLE event = new_event();
    HANDLE other = duplicate(event, 0, FALSE, DUPLICATE_SAME_ACCESS);
    DWORD flags;
    (void)state;
    assert_int_equal(flags_of(event), 0);
    assert_win32(SetHandleInformation(event, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
    assert_int_equal(flags_of(event), HANDLE_FLAG_INHERIT);
    assert_int_equal(flags_of(other), 0);
    assert_win32(SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE, 3));
    assert_int_equal(flags_of(event), 3);
    assert_win32(SetHandleInformation(event, 3, 0));
    assert_int_equal(flags_of(event), 0);
    assert_win32(CloseHandle(other));
    assert_win32(CloseHandle(event));
    assert_fails(ERROR_INVALID_HANDLE, GetHandleInformation(event, &flags));
    assert_fails(ERROR_INVALID_HANDLE, SetHandleInformation(event, 1, 1));
}

/* HND-029 */
static void handles_compare_by_their_object(void **state)
{
    HANDLE event = new_event(), another = new_event();
    HANDLE same = duplicate(event, SYNCHRONIZE, FALSE, 0);
    HANDLE process = duplicate(GetCurrentProcess(), 0, FALSE, DUPLICATE_SAME_ACCESS);
    (void)state;
    assert_win32(CompareObjectHandles(event, same));
    assert_win32(CompareObjectHandles(GetCurrentProcess(), process));
    assert_fails(ERROR_NOT_SAME_OBJECT, CompareObjectHandles(event, another));
    assert_fails(ERROR_NOT_SAME_OBJECT,
                 CompareObjectHandles(GetCurrentProcess(), GetCurrentThread()));
    assert_fails(ERROR_INVALID_HANDLE, CompareObjectHandles(event, NULL));
    assert_fails(ERROR_INVALID_HANDLE, CompareObjectHandles(NULL, event));
    assert_win32(CloseHandle(event));
    assert_win32(CloseHandle(another));
    assert_win32(CloseHandle(same));
    assert_win32(CloseHandle(process));
}

/* HND-035 */
static void the_wrong_kind_of_object_is_an_invalid_handle(void **state)
{
    HANDLE event = new_event();
    HANDLE mutex = CreateMutexW(NULL, FALSE, NULL);
    DWORD value;
    char byte;
    (void)state;
    assert_fails(ERROR_INVALID_HANDLE, SetEvent(mutex));
    assert_fails(ERROR_INVALID_HANDLE, ResetEvent(mutex));
    assert_fails(ERROR_INVALID_HANDLE, PulseEvent(mutex));
    assert_fails(ERROR_INVALID_HANDLE, ReleaseMutex(event));
    assert_fails(ERROR_INVALID_HANDLE, ReleaseSemaphore(event, 1, NULL));
    assert_fails(ERROR_INVALID_HANDLE, GetExitCodeThread(event, &value));
    assert_fails(ERROR_INVALID_HANDLE, ReadFile(event, &byte, 1, &value, NULL));
    assert_fails(ERROR_INVALID_HANDLE, WriteFile(mutex, &byte, 1, &value, NULL));
    assert_fails(ERROR_INVALID_HANDLE, PostQueuedCompletionStatus(event, 0, 0, NULL));
    assert_fails(ERROR_INVALID_HANDLE, CancelIoEx(event, NULL));
    assert_int_equal(ResumeThread(event), (DWORD)-1);
    assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
    assert_win32(CloseHandle(event));
    assert_win32(CloseHandle(mutex));
}

static DWORD WINAPI fail_and_report_first_error(LPVOID parameter)
{
    DWORD first = GetLastError();
    (void)parameter;
    SetEvent(NULL);
    return first;
}

/* HND-088 */
static void the_last_error_is_per_thread(void **state)
{
    DWORD code = 0xdead;
    HANDLE thread;
    (void)state;
    SetLastError(LAST_ERROR_SENTINEL);
    thread = CreateThread(NULL, 0, fail_and_report_first_error, NULL, 0, NULL);
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(GetExitCodeThread(thread, &code));
    assert_int_equal(code, 0);
    assert_int_equal(GetLastError(), LAST_ERROR_SENTINEL);
    assert_win32(CloseHandle(thread));
}

/* HND-089 */
static void success_leaves_the_last_error_except_in_creators(void **state)
{
    HANDLE event, mutex, semaphore;
    (void)state;
    SetLastError(LAST_ERROR_SENTINEL);
    event = CreateEventW(NULL, TRUE, FALSE, NULL);
    assert_int_equal(GetLastError(), 0);
    SetLastError(LAST_ERROR_SENTINEL);
    mutex = CreateMutexW(NULL, FALSE, NULL);
    assert_int_equal(GetLastError(), 0);
    SetLastError(LAST_ERROR_SENTINEL);
    semaphore = CreateSemaphoreW(NULL, 1, 2, NULL);
    assert_int_equal(GetLastError(), 0);
    assert_keeps_last_error(assert_win32(SetEvent(event)));
    assert_keeps_last_error(assert_win32(ResetEvent(event)));
    assert_keeps_last_error(assert_int_equal(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0));
    assert_keeps_last_error(assert_win32(ReleaseMutex(mutex)));
    assert_keeps_last_error(assert_win32(ReleaseSemaphore(semaphore, 1, NULL)));
    assert_keeps_last_error(assert_win32(CloseHandle(event)));
    assert_keeps_last_error(assert_win32(CloseHandle(mutex)));
    assert_keeps_last_error(assert_win32(CloseHandle(semaphore)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_small_multiples_of_four),
        cmocka_unit_test(the_low_two_bits_are_ignored),
        cmocka_unit_test(a_value_must_be_the_sign_extension_of_its_lower_half),
        cmocka_unit_test(pseudo_handles_are_constants),
        cmocka_unit_test(closing_what_is_not_open_fails),
        cmocka_unit_test(an_object_lives_as_long_as_one_handle),
        cmocka_unit_test(closing_a_pseudo_handle_does_nothing),
        cmocka_unit_test(a_protected_handle_does_not_close),
        cmocka_unit_test(closing_a_thread_handle_does_not_end_the_thread),
        cmocka_unit_test(a_duplicated_pseudo_handle_is_real),
        cmocka_unit_test(duplicating_with_close_source_keeps_the_value),
        cmocka_unit_test(a_protected_source_stays_open),
        cmocka_unit_test(a_failed_duplication_closes_the_source_all_the_same),
        cmocka_unit_test(same_attributes_copies_the_flags),
        cmocka_unit_test(duplicating_checks_its_handles),
        cmocka_unit_test(a_duplicate_with_less_access_is_refused_the_rest),
        cmocka_unit_test(flags_belong_to_the_handle),
        cmocka_unit_test(handles_compare_by_their_object),
        cmocka_unit_test(the_wrong_kind_of_object_is_an_invalid_handle),
        cmocka_unit_test(the_last_error_is_per_thread),
        cmocka_unit_test(success_leaves_the_last_error_except_in_creators),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

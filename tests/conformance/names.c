/* Named objects: handles.md section 7. */
#include "portico_test.h"

/* HND-065 */
static void an_existing_name_gives_its_object(void **state)
{
    HANDLE first, second;
    LONG previous;
    (void)state;
    SetLastError(LAST_ERROR_SENTINEL);
    first = CreateSemaphoreW(NULL, 1, 5, u"portico test semaphore");
    assert_non_null(first);
    assert_int_equal(GetLastError(), 0);
    second = CreateSemaphoreW(NULL, 3, 9, u"portico test semaphore");
    assert_non_null(second);
    assert_int_equal(GetLastError(), ERROR_ALREADY_EXISTS);
    assert_win32(CompareObjectHandles(first, second));
    assert_win32(ReleaseSemaphore(second, 1, &previous));
    assert_int_equal(previous, 1);
    assert_win32(CloseHandle(first));
    assert_win32(CloseHandle(second));
}

/* HND-055 HND-065 */
static void an_existing_mutex_is_not_owned_by_its_second_creator(void **state)
{
    HANDLE first = CreateMutexA(NULL, FALSE, "portico test mutex");
    HANDLE second = CreateMutexA(NULL, TRUE, "portico test mutex");
    (void)state;
    assert_int_equal(GetLastError(), ERROR_ALREADY_EXISTS);
    assert_fails(ERROR_NOT_OWNER, ReleaseMutex(second));
    assert_win32(CloseHandle(first));
    assert_win32(CloseHandle(second));
}

/* HND-066 */
static void a_name_of_another_type_is_an_invalid_handle(void **state)
{
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, u"portico test kind");
    (void)state;
    assert_fails(ERROR_INVALID_HANDLE, CreateMutexW(NULL, FALSE, u"portico test kind"));
    assert_fails(ERROR_INVALID_HANDLE, CreateSemaphoreW(NULL, 0, 1, u"portico test kind"));
    assert_fails(ERROR_INVALID_HANDLE, OpenMutexW(MUTEX_ALL_ACCESS, FALSE, u"portico test kind"));
    assert_win32(CloseHandle(event));
}

/* HND-067 */
static void opening_needs_a_name_that_exists(void **state)
{
    (void)state;
    assert_fails(ERROR_FILE_NOT_FOUND, OpenEventW(EVENT_ALL_ACCESS, FALSE, u"portico no such"));
    assert_fails(ERROR_FILE_NOT_FOUND, OpenMutexA(MUTEX_ALL_ACCESS, FALSE, "portico no such"));
    assert_fails(ERROR_FILE_NOT_FOUND,
                 OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, "portico no such"));
    assert_fails(ERROR_INVALID_PARAMETER, OpenEventW(EVENT_ALL_ACCESS, FALSE, NULL));
    assert_fails(ERROR_INVALID_PARAMETER, OpenMutexA(MUTEX_ALL_ACCESS, FALSE, NULL));
    assert_fails(ERROR_INVALID_PARAMETER, OpenSemaphoreW(SEMAPHORE_ALL_ACCESS, FALSE, NULL));
}

/* HND-068 */
static void names_differ_by_case(void **state)
{
    HANDLE lower = CreateEventA(NULL, FALSE, FALSE, "portico test case");
    HANDLE upper = CreateEventA(NULL, FALSE, FALSE, "Portico Test Case");
    (void)state;
    assert_int_equal(GetLastError(), 0);
    assert_fails(ERROR_NOT_SAME_OBJECT, CompareObjectHandles(lower, upper));
    assert_win32(CloseHandle(lower));
    assert_win32(CloseHandle(upper));
}

/* HND-069 */
static void opening_with_no_access_is_denied(void **state)
{
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, "portico test access");
    (void)state;
    assert_fails(ERROR_ACCESS_DENIED, OpenEventA(0, FALSE, "portico test access"));
    assert_fails(ERROR_FILE_NOT_FOUND, OpenEventA(0, FALSE, "portico no such"));
    assert_win32(CloseHandle(event));
}

/* HND-036 */
static void an_opened_handle_grants_what_was_asked(void **state)
{
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, "portico test rights");
    HANDLE waiter = OpenEventA(SYNCHRONIZE, FALSE, "portico test rights");
    HANDLE mutex = CreateMutexA(NULL, FALSE, "portico test rights 2");
    HANDLE no_wait = OpenMutexA(GENERIC_READ | GENERIC_WRITE, FALSE, "portico test rights 2");
    (void)state;
    assert_non_null(waiter);
    assert_non_null(no_wait);
    assert_fails(ERROR_ACCESS_DENIED, SetEvent(waiter));
    assert_win32(SetEvent(event));
    assert_int_equal(WaitForSingleObject(waiter, 0), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(no_wait, 0), WAIT_FAILED);
    assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
    assert_win32(CloseHandle(event));
    assert_win32(CloseHandle(waiter));
    assert_win32(CloseHandle(mutex));
    assert_win32(CloseHandle(no_wait));
}

/* HND-070 */
static void a_name_goes_with_the_last_handle(void **state)
{
    HANDLE first = CreateEventA(NULL, FALSE, FALSE, "portico test life");
    HANDLE second = OpenEventA(EVENT_ALL_ACCESS, FALSE, "portico test life");
    (void)state;
    assert_win32(CloseHandle(first));
    first = OpenEventA(EVENT_ALL_ACCESS, FALSE, "portico test life");
    assert_non_null(first);
    assert_win32(CloseHandle(first));
    assert_win32(CloseHandle(second));
    assert_fails(ERROR_FILE_NOT_FOUND, OpenEventA(EVENT_ALL_ACCESS, FALSE, "portico test life"));
}

/* HND-071 */
static void local_and_global_are_prefixes(void **state)
{
    HANDLE plain = CreateEventA(NULL, FALSE, FALSE, "portico test prefix");
    HANDLE local = OpenEventA(EVENT_ALL_ACCESS, FALSE, "Local\\portico test prefix");
    HANDLE unnamed = CreateEventA(NULL, FALSE, FALSE, "");
    HANDLE another = CreateEventA(NULL, FALSE, FALSE, "");
    (void)state;
    assert_win32(CompareObjectHandles(plain, local));
    assert_fails(ERROR_NOT_SAME_OBJECT, CompareObjectHandles(unnamed, another));
    assert_fails(ERROR_PATH_NOT_FOUND, CreateEventA(NULL, FALSE, FALSE, "some\\path"));
    assert_fails(ERROR_PATH_NOT_FOUND, CreateEventA(NULL, FALSE, FALSE, "local\\lower case"));
    assert_win32(CloseHandle(plain));
    assert_win32(CloseHandle(local));
    assert_win32(CloseHandle(unnamed));
    assert_win32(CloseHandle(another));
}

/* HND-071 */
static void wide_and_narrow_names_are_the_same_names(void **state)
{
    HANDLE wide = CreateEventW(NULL, FALSE, FALSE, u"portico \u00e9v\u00e9nement");
    HANDLE narrow = OpenEventA(EVENT_ALL_ACCESS, FALSE, "portico \u00e9v\u00e9nement");
    (void)state;
    assert_non_null(narrow);
    assert_win32(CompareObjectHandles(wide, narrow));
    assert_win32(CloseHandle(wide));
    assert_win32(CloseHandle(narrow));
}

static DWORD WINAPI open_and_close_by_name(LPVOID unused)
{
    (void)unused;
    for (int i = 0; i < 5000; i++) {
        HANDLE event = CreateEventA(NULL, FALSE, FALSE, "portico test contest");
        if (!event || !SetEvent(event) || !CloseHandle(event))
            return GetLastError();
    }
    return 0;
}

/* HND-070 */
static void creating_races_with_the_last_close(void **state)
{
    HANDLE threads[3];
    DWORD code;
    (void)state;
    for (int i = 0; i < 3; i++)
        threads[i] = CreateThread(NULL, 0, open_and_close_by_name, NULL, 0, NULL);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(WaitForSingleObject(threads[i], TEST_DEADLINE_MS), WAIT_OBJECT_0);
        assert_win32(GetExitCodeThread(threads[i], &code));
        assert_int_equal(code, 0);
        assert_win32(CloseHandle(threads[i]));
    }
    assert_fails(ERROR_FILE_NOT_FOUND, OpenEventA(EVENT_ALL_ACCESS, FALSE, "portico test contest"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_existing_name_gives_its_object),
        cmocka_unit_test(an_existing_mutex_is_not_owned_by_its_second_creator),
        cmocka_unit_test(a_name_of_another_type_is_an_invalid_handle),
        cmocka_unit_test(opening_needs_a_name_that_exists),
        cmocka_unit_test(names_differ_by_case),
        cmocka_unit_test(opening_with_no_access_is_denied),
        cmocka_unit_test(an_opened_handle_grants_what_was_asked),
        cmocka_unit_test(a_name_goes_with_the_last_handle),
        cmocka_unit_test(local_and_global_are_prefixes),
        cmocka_unit_test(wide_and_narrow_names_are_the_same_names),
        cmocka_unit_test(creating_races_with_the_last_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Completion ports: ports.md. */
#include "portico_test.h"

static HANDLE new_port(DWORD concurrency)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, concurrency);
    assert_non_null(port);
    assert_ptr_not_equal(port, INVALID_HANDLE_VALUE);
    return port;
}

/* PORT-001 */
static void each_call_makes_a_new_empty_port(void **state)
{
    HANDLE first = new_port(0), second = new_port(0);
    DWORD bytes;
    ULONG_PTR key;
    LPOVERLAPPED overlapped;
    (void)state;
    assert_ptr_not_equal(first, second);
    assert_win32(PostQueuedCompletionStatus(first, 1, 2, NULL));
    assert_fails(WAIT_TIMEOUT, GetQueuedCompletionStatus(second, &bytes, &key, &overlapped, 0));
    assert_win32(GetQueuedCompletionStatus(first, &bytes, &key, &overlapped, 0));
    assert_int_equal(key, 2);
    assert_win32(CloseHandle(first));
    assert_win32(CloseHandle(second));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_makes_a_new_empty_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

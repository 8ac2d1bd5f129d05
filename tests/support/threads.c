#include "threads.h"

HANDLE test_new_event(BOOL manual, BOOL set)
{
    HANDLE event = CreateEventW(NULL, manual, set, NULL);
    assert_non_null(event);
    return event;
}

DWORD test_finish(HANDLE thread)
{
    DWORD code;
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(GetExitCodeThread(thread, &code));
    assert_win32(CloseHandle(thread));
    return code;
}

DWORD WINAPI test_wait_for_it(LPVOID handle)
{
    return WaitForSingleObject(handle, TEST_DEADLINE_MS);
}

HANDLE test_start_waiting(HANDLE event, DWORD *id)
{
    HANDLE thread = CreateThread(NULL, 0, test_wait_for_it, event, 0, id);
    assert_non_null(thread);
    return thread;
}

DWORD WINAPI test_return_it(LPVOID code)
{
    return (DWORD)(ULONG_PTR)code;
}

/* Waitable timers (handles.md), and small entry points that ready-made libraries ask for. */
#include <winsock2.h>
#include <ws2tcpip.h>

#include "portico_test.h"

#include <bcrypt.h>
#include <ntstatus.h>

static int ran;
static int64_t ran_with_due;

static VOID CALLBACK note(LPVOID argument, DWORD low, DWORD high)
{
    ran += *(int *)argument;
    ran_with_due = (int64_t)((uint64_t)high << 32 | low);
}

static HANDLE new_timer(BOOL manual)
{
    HANDLE timer = CreateWaitableTimerW(NULL, manual, NULL);
    assert_non_null(timer);
    return timer;
}

static BOOL set_timer(HANDLE timer, int64_t due, LONG period)
{
    LARGE_INTEGER time = {.QuadPart = due};
    return SetWaitableTimer(timer, &time, period, NULL, NULL, FALSE);
}

static DWORD poll_timer(HANDLE timer)
{
    return WaitForSingleObject(timer, 0);
}

/* HND-059 */
static void due_times_are_relative_absolute_or_past(void **state)
{
    HANDLE timer = new_timer(TRUE);
    FILETIME now;
    int64_t utc;
    (void)state;
    GetSystemTimeAsFileTime(&now);
    utc = (int64_t)((uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime);
    assert_win32(set_timer(timer, -36000000000, 0));
    assert_int_equal(poll_timer(timer), WAIT_TIMEOUT);
    assert_win32(set_timer(timer, 0, 0));
    assert_int_equal(poll_timer(timer), WAIT_OBJECT_0);
    assert_win32(set_timer(timer, utc + 36000000000, 0));
    assert_int_equal(poll_timer(timer), WAIT_TIMEOUT);
    assert_win32(set_timer(timer, utc - 10000000, 0));
    assert_int_equal(poll_timer(timer), WAIT_OBJECT_0);
    assert_win32(set_timer(timer, -10000, 0));
    assert_int_equal(WaitForSingleObject(timer, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(CloseHandle(timer));
}

/* HND-059 */
static void waking_the_system_is_not_supported(void **state)
{
    HANDLE timer = new_timer(TRUE);
    LARGE_INTEGER due = {.QuadPart = -36000000000};
    (void)state;
    assert_win32(SetWaitableTimer(timer, &due, 0, NULL, NULL, TRUE));
    assert_int_equal(GetLastError(), ERROR_NOT_SUPPORTED);
    assert_win32(CloseHandle(timer));
}

/* HND-060 */
static void a_manual_timer_stays_and_the_other_is_consumed(void **state)
{
    HANDLE manual = new_timer(TRUE), automatic = new_timer(FALSE);
    (void)state;
    assert_win32(set_timer(manual, 0, 0));
    assert_win32(set_timer(automatic, 0, 0));
    assert_int_equal(poll_timer(manual), WAIT_OBJECT_0);
    assert_int_equal(poll_timer(manual), WAIT_OBJECT_0);
    assert_int_equal(poll_timer(automatic), WAIT_OBJECT_0);
    assert_int_equal(poll_timer(automatic), WAIT_TIMEOUT);
    assert_win32(CancelWaitableTimer(manual));
    assert_int_equal(poll_timer(manual), WAIT_OBJECT_0);
    assert_win32(set_timer(manual, -36000000000, 0));
    assert_int_equal(poll_timer(manual), WAIT_TIMEOUT);
    assert_win32(CloseHandle(manual));
    assert_win32(CloseHandle(automatic));
}

/* HND-061 */
static void a_period_signals_again_and_again(void **state)
{
    HANDLE timer = new_timer(FALSE);
    (void)state;
    assert_fails(ERROR_INVALID_PARAMETER, set_timer(timer, 0, -1));
    assert_win32(set_timer(timer, 0, 1));
    for (int i = 0; i < 3; i++)
        assert_int_equal(WaitForSingleObject(timer, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(CloseHandle(timer));
}

/* HND-062 */
static void a_routine_runs_in_an_alertable_wait(void **state)
{
    HANDLE timer = new_timer(TRUE);
    LARGE_INTEGER past = {.QuadPart = 1}, later = {.QuadPart = -36000000000};
    int one = 1;
    (void)state;
    ran = 0;
    assert_win32(SetWaitableTimer(timer, &past, 0, note, &one, FALSE));
    assert_int_equal(ran, 0);
    assert_int_equal(SleepEx(TEST_DEADLINE_MS, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(ran, 1);
    assert_true(ran_with_due > 116444736000000000);
    assert_win32(SetWaitableTimer(timer, &past, 0, note, &one, FALSE));
    assert_win32(CancelWaitableTimer(timer));
    assert_int_equal(SleepEx(0, TRUE), 0);
    assert_win32(SetWaitableTimer(timer, &past, 0, note, &one, FALSE));
    assert_win32(SetWaitableTimer(timer, &later, 0, note, &one, FALSE));
    assert_int_equal(SleepEx(0, TRUE), 0);
    assert_int_equal(ran, 1);
    assert_win32(CloseHandle(timer));
}

static void wrong_timer_calls_are_refused(void **state)
{
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, L"not a timer"), timer = new_timer(TRUE);
    (void)state;
    assert_fails(ERROR_INVALID_HANDLE, set_timer(event, 0, 0));
    assert_fails(ERROR_INVALID_HANDLE, CancelWaitableTimer(event));
    assert_fails(ERROR_NOACCESS, SetWaitableTimer(timer, NULL, 0, NULL, NULL, FALSE));
    assert_fails(ERROR_INVALID_PARAMETER,
                 CreateWaitableTimerExW(NULL, NULL, 4, TIMER_ALL_ACCESS) != NULL);
    assert_fails(ERROR_INVALID_HANDLE, CreateWaitableTimerW(NULL, TRUE, L"not a timer") != NULL);
    assert_fails(ERROR_FILE_NOT_FOUND, OpenWaitableTimerA(SYNCHRONIZE, FALSE, "nobody") != NULL);
    assert_win32(CloseHandle(timer));
    assert_win32(CloseHandle(event));
}

/* SOCK-418 */
static void addresses_become_text(void **state)
{
    SOCKADDR_IN in4 = {.sin_family = AF_INET, .sin_port = htons(80)};
    SOCKADDR_IN6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(80), .sin6_scope_id = 2};
    char text[64];
    WCHAR wide[64];
    DWORD length = 5;
    (void)state;
    in4.sin_addr.s_addr = inet_addr("1.2.3.4");
    in6.sin6_addr.s6_addr[15] = 1;
    assert_int_equal(WSAAddressToStringA((SOCKADDR *)&in4, sizeof in4, NULL, text, &length), -1);
    assert_int_equal(WSAGetLastError(), WSAEFAULT);
    assert_int_equal(length, sizeof "1.2.3.4:80");
    assert_int_equal(WSAAddressToStringA((SOCKADDR *)&in4, sizeof in4, NULL, text, &length), 0);
    assert_string_equal(text, "1.2.3.4:80");
    length = 64;
    assert_int_equal(WSAAddressToStringA((SOCKADDR *)&in6, sizeof in6, NULL, text, &length), 0);
    assert_string_equal(text, "[::1%2]:80");
    in4.sin_port = 0;
    assert_int_equal(WSAAddressToStringW((SOCKADDR *)&in4, sizeof in4, NULL, wide, &length), 0);
    assert_int_equal(wcscmp(wide, L"1.2.3.4"), 0);
}

static int parse(const char *text, SOCKADDR_IN *address)
{
    char copy[64];
    INT length = sizeof *address;
    strcpy(copy, text);
    return WSAStringToAddressA(copy, AF_INET, NULL, (SOCKADDR *)address, &length);
}

/* SOCK-419 */
static void text_becomes_an_address(void **state)
{
    static const char *bad[] = {"1.2.3.4:0", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4.5", ""};
    SOCKADDR_IN in4;
    SOCKADDR_IN6 in6;
    WCHAR wide[] = L"[::1%2]:80";
    INT length = sizeof in6;
    (void)state;
    assert_int_equal(parse("1.2.3.4:80", &in4), 0);
    assert_int_equal(ntohs(in4.sin_port), 80);
    assert_int_equal(in4.sin_addr.s_addr, inet_addr("1.2.3.4"));
    assert_int_equal(parse("1.2.3.4:0x50", &in4), 0);
    assert_int_equal(ntohs(in4.sin_port), 80);
    assert_int_equal(parse("1.2.3.4:010", &in4), 0);
    assert_int_equal(ntohs(in4.sin_port), 8);
    for (size_t i = 0; i < ARRAYSIZE(bad); i++) {
        assert_int_equal(parse(bad[i], &in4), SOCKET_ERROR);
        assert_int_equal(WSAGetLastError(), WSAEINVAL);
    }
    assert_int_equal(WSAStringToAddressW(wide, AF_INET6, NULL, (SOCKADDR *)&in6, &length), 0);
    assert_int_equal(ntohs(in6.sin6_port), 80);
    assert_int_equal(in6.sin6_scope_id, 2);
}

static void version_conditions_compare(void **state)
{
    OSVERSIONINFOEXW wanted = {.dwOSVersionInfoSize = sizeof wanted, .dwMajorVersion = 6};
    ULONGLONG mask = VerSetConditionMask(0, VER_MAJORVERSION, VER_GREATER_EQUAL);
    (void)state;
    assert_win32(VerifyVersionInfoW(&wanted, VER_MAJORVERSION, mask));
    wanted.dwMajorVersion = 99;
    assert_fails(ERROR_OLD_WIN_VERSION, VerifyVersionInfoW(&wanted, VER_MAJORVERSION, mask));
    assert_fails(ERROR_INVALID_PARAMETER, VerifyVersionInfoW(&wanted, VER_MAJORVERSION, 0));
}

static void random_bytes_are_given(void **state)
{
    UCHAR one[32] = {0}, two[32] = {0};
    (void)state;
    assert_int_equal(BCryptGenRandom(NULL, one, sizeof one, 2), STATUS_SUCCESS);
    assert_int_equal(BCryptGenRandom(NULL, two, sizeof two, 2), STATUS_SUCCESS);
    assert_memory_not_equal(one, two, sizeof one);
    assert_int_equal(BCryptGenRandom(NULL, one, sizeof one, 0), STATUS_INVALID_HANDLE);
    assert_int_equal(BCryptGenRandom(NULL, NULL, 1, 2), STATUS_INVALID_PARAMETER);
}

static int start_winsock(void **state)
{
    WSADATA data;
    (void)state;
    return WSAStartup(MAKEWORD(2, 2), &data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(due_times_are_relative_absolute_or_past),
        cmocka_unit_test(waking_the_system_is_not_supported),
        cmocka_unit_test(a_manual_timer_stays_and_the_other_is_consumed),
        cmocka_unit_test(a_period_signals_again_and_again),
        cmocka_unit_test(a_routine_runs_in_an_alertable_wait),
        cmocka_unit_test(wrong_timer_calls_are_refused),
        cmocka_unit_test(addresses_become_text),
        cmocka_unit_test(text_becomes_an_address),
        cmocka_unit_test(version_conditions_compare),
        cmocka_unit_test(random_bytes_are_given),
    };
    return cmocka_run_group_tests(tests, start_winsock, NULL);
}

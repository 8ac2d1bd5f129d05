/* Time, system information, heaps, modules, console control and the C runtime's threads. The rows
 * are those of threads.md and handles.md; what has no row cites the Microsoft page's promise. */
#include "portico_test.h"

#include <errno.h>
#include <process.h>
#include <signal.h>
#include <time.h>

/* ---- time ---- */

/* "FileTimeToSystemTime function" */
static void file_times_become_calendar_dates_and_back(void **state)
{
    static const struct {
        ULONGLONG ticks;
        SYSTEMTIME st;
    } rows[] = {
        {0, {1601, 1, 1, 1, 0, 0, 0, 0}},
        {116444736000000000ULL, {1970, 1, 4, 1, 0, 0, 0, 0}},
        {125963423990000000ULL, {2000, 2, 2, 29, 23, 59, 59, 0}},
        {131643935999990000ULL, {2018, 3, 4, 1, 15, 59, 59, 999}},
        {132222815990000000ULL, {2019, 12, 2, 31, 15, 59, 59, 0}},
    };
    (void)state;
    for (size_t i = 0; i < ARRAYSIZE(rows); i++) {
        ULARGE_INTEGER ticks = {.QuadPart = rows[i].ticks};
        FILETIME ft = {ticks.u.LowPart, ticks.u.HighPart}, back;
        SYSTEMTIME st;
        assert_win32(FileTimeToSystemTime(&ft, &st));
        assert_int_equal(st.wYear, rows[i].st.wYear);
        assert_int_equal(st.wMonth, rows[i].st.wMonth);
        assert_int_equal(st.wDay, rows[i].st.wDay);
        assert_int_equal(st.wDayOfWeek, rows[i].st.wDayOfWeek);
        assert_int_equal(st.wHour, rows[i].st.wHour);
        assert_int_equal(st.wMinute, rows[i].st.wMinute);
        assert_int_equal(st.wSecond, rows[i].st.wSecond);
        assert_int_equal(st.wMilliseconds, rows[i].st.wMilliseconds);
        assert_win32(SystemTimeToFileTime(&st, &back));
        assert_int_equal(CompareFileTime(&ft, &back), 0);
    }
}

/* "SystemTimeToFileTime function" */
static void impossible_dates_are_refused(void **state)
{
    static const SYSTEMTIME rows[] = {
        {1600, 1, 0, 1, 0, 0, 0, 0},  {2001, 2, 0, 29, 0, 0, 0, 0},   {2000, 13, 0, 1, 0, 0, 0, 0},
        {2000, 1, 0, 0, 0, 0, 0, 0},  {2000, 1, 0, 1, 24, 0, 0, 0},   {2000, 1, 0, 1, 0, 60, 0, 0},
        {2000, 1, 0, 1, 0, 0, 60, 0}, {2000, 1, 0, 1, 0, 0, 0, 1000},
    };
    FILETIME ft = {0xFFFFFFFF, 0x80000000};
    SYSTEMTIME st;
    (void)state;
    for (size_t i = 0; i < ARRAYSIZE(rows); i++)
        assert_fails(ERROR_INVALID_PARAMETER, SystemTimeToFileTime(&rows[i], &ft));
    assert_fails(ERROR_INVALID_PARAMETER, SystemTimeToFileTime(NULL, &ft));
    assert_fails(ERROR_INVALID_PARAMETER, FileTimeToSystemTime(&ft, &st));
}

/* "SystemTimeToTzSpecificLocalTime function": central Europe, last Sundays of March and October */
static void a_zones_rules_decide_between_standard_and_daylight_time(void **state)
{
    static const TIME_ZONE_INFORMATION zone = {
        .Bias = -60,
        .StandardDate = {0, 10, 0, 5, 3, 0, 0, 0},
        .DaylightDate = {0, 3, 0, 5, 2, 0, 0, 0},
        .DaylightBias = -60,
    };
    static const struct {
        SYSTEMTIME utc;
        WORD day, hour;
    } rows[] = {
        {{2021, 1, 0, 15, 12, 0, 0, 0}, 15, 13},  {{2021, 7, 0, 15, 23, 0, 0, 0}, 16, 1},
        {{2021, 3, 0, 28, 0, 59, 59, 0}, 28, 1},  {{2021, 3, 0, 28, 1, 0, 0, 0}, 28, 3},
        {{2021, 10, 0, 31, 0, 59, 59, 0}, 31, 2}, {{2021, 10, 0, 31, 1, 0, 0, 0}, 31, 2},
    };
    SYSTEMTIME local, utc;
    (void)state;
    for (size_t i = 0; i < ARRAYSIZE(rows); i++) {
        assert_win32(SystemTimeToTzSpecificLocalTime(&zone, &rows[i].utc, &local));
        assert_int_equal(local.wDay, rows[i].day);
        assert_int_equal(local.wHour, rows[i].hour);
    }
    assert_win32(SystemTimeToTzSpecificLocalTime(&zone, &rows[1].utc, &local));
    assert_win32(TzSpecificLocalTimeToSystemTime(&zone, &local, &utc));
    assert_int_equal(utc.wHour, 23);
    assert_fails(ERROR_INVALID_PARAMETER, SystemTimeToTzSpecificLocalTime(&zone, NULL, &local));
}

/* "GetTimeZoneInformation function" */
static void the_machines_zone_comes_from_the_host(void **state)
{
    TIME_ZONE_INFORMATION zone;
    DWORD id;
    (void)state;
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    id = GetTimeZoneInformation(&zone);
    assert_true(id == TIME_ZONE_ID_STANDARD || id == TIME_ZONE_ID_DAYLIGHT);
    assert_int_equal(zone.Bias, -60);
    assert_int_equal(zone.StandardBias, 0);
    assert_int_equal(zone.DaylightBias, -60);
    assert_int_equal(zone.DaylightDate.wMonth, 3);
    assert_int_equal(zone.DaylightDate.wDay, 5);
    assert_int_equal(zone.DaylightDate.wHour, 2);
    assert_int_equal(zone.StandardDate.wMonth, 10);
    assert_int_equal(zone.StandardDate.wHour, 3);
    assert_int_equal(zone.DaylightName[0], 'C');
    setenv("TZ", "UTC0", 1);
    tzset();
    assert_int_equal(GetTimeZoneInformation(&zone), TIME_ZONE_ID_UNKNOWN);
    assert_int_equal(zone.Bias, 0);
    assert_int_equal(GetTimeZoneInformation(NULL), TIME_ZONE_ID_INVALID);
}

/* "QueryPerformanceCounter function", "GetTickCount64 function" */
static void clocks_go_forward_at_their_frequency(void **state)
{
    LARGE_INTEGER frequency, before, after;
    ULONGLONG tick = GetTickCount64();
    FILETIME first, second;
    (void)state;
    assert_win32(QueryPerformanceFrequency(&frequency));
    assert_int_equal(frequency.QuadPart, 10000000);
    assert_win32(QueryPerformanceCounter(&before));
    GetSystemTimeAsFileTime(&first);
    Sleep(2);
    assert_win32(QueryPerformanceCounter(&after));
    GetSystemTimePreciseAsFileTime(&second);
    assert_true(after.QuadPart - before.QuadPart >= 20000);
    assert_true(GetTickCount64() >= tick + 1);
    assert_int_equal(CompareFileTime(&first, &second), -1);
    assert_fails(ERROR_NOACCESS, QueryPerformanceCounter(NULL));
}

/* ---- the system ---- */

/* "GetSystemInfo function" */
static void system_info_counts_the_processors(void **state)
{
    SYSTEM_INFO info;
    (void)state;
    GetSystemInfo(&info);
    assert_int_equal(info.wProcessorArchitecture, PROCESSOR_ARCHITECTURE_AMD64);
    assert_int_equal(info.dwPageSize, 4096);
    assert_int_equal(info.dwAllocationGranularity, 65536);
    assert_true(info.dwNumberOfProcessors >= 1);
    assert_int_equal(__builtin_popcountll(info.dwActiveProcessorMask), info.dwNumberOfProcessors);
}

/* "GetVersionExW function", "GlobalMemoryStatusEx function" */
static void structure_sizes_are_checked(void **state)
{
    OSVERSIONINFOEXW version = {.dwOSVersionInfoSize = sizeof version};
    MEMORYSTATUSEX memory = {.dwLength = sizeof memory};
    (void)state;
    assert_win32(GetVersionExW((OSVERSIONINFOW *)&version));
    assert_int_equal(version.dwMajorVersion, 10);
    assert_int_equal(version.wProductType, VER_NT_WORKSTATION);
    version.dwOSVersionInfoSize = 3;
    assert_fails(ERROR_INSUFFICIENT_BUFFER, GetVersionExW((OSVERSIONINFOW *)&version));
    assert_win32(GlobalMemoryStatusEx(&memory));
    assert_true(memory.ullTotalPhys > memory.ullAvailPhys && memory.ullAvailPhys > 0);
    memory.dwLength = 1;
    assert_fails(ERROR_INVALID_PARAMETER, GlobalMemoryStatusEx(&memory));
}

/* "GetComputerNameExW function" */
static void a_name_that_does_not_fit_tells_its_size(void **state)
{
    char name[300];
    WCHAR wide[300];
    DWORD size = sizeof name, needed = 1;
    (void)state;
    assert_win32(GetComputerNameExA(ComputerNameDnsHostname, name, &size));
    assert_int_equal(size, strlen(name));
    assert_fails(ERROR_MORE_DATA, GetComputerNameExA(ComputerNameDnsHostname, name, &needed));
    assert_int_equal(needed, size + 1);
    needed = 300;
    assert_win32(GetComputerNameExW(ComputerNameDnsHostname, wide, &needed));
    assert_int_equal(needed, size);
    needed = 0;
    assert_fails(ERROR_BUFFER_OVERFLOW, GetComputerNameA(NULL, &needed));
    assert_fails(ERROR_INVALID_PARAMETER, GetComputerNameExA(ComputerNameMax, name, &size));
    assert_fails(ERROR_INVALID_PARAMETER, GetComputerNameA(name, NULL));
}

/* "GetLogicalProcessorInformation function" */
static void processor_information_covers_every_processor(void **state)
{
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION *entries;
    DWORD size = 0;
    ULONG_PTR cores = 0;
    (void)state;
    assert_fails(ERROR_INSUFFICIENT_BUFFER, GetLogicalProcessorInformation(NULL, &size));
    assert_int_equal(sizeof *entries, 32);
    assert_true(size >= 3 * sizeof *entries);
    entries = malloc(size);
    assert_win32(GetLogicalProcessorInformation(entries, &size));
    for (DWORD i = 0; i < size / sizeof *entries; i++) {
        if (entries[i].Relationship == RelationProcessorCore) {
            assert_int_equal(cores & entries[i].ProcessorMask, 0);
            cores |= entries[i].ProcessorMask;
        }
    }
    assert_true(cores & 1);
    free(entries);
}

/* ---- Interlocked ---- */

/* "Interlocked Variable Access" */
static void interlocked_functions_return_what_windows_returns(void **state)
{
    LONG value = 5;
    LONGLONG wide = 1LL << 40;
    long host = -1; /* 64 bits here, as programs pass it */
    PVOID pointer = NULL;
    (void)state;
    assert_int_equal(InterlockedIncrement(&value), 6);
    assert_int_equal(InterlockedDecrement(&value), 5);
    assert_int_equal(InterlockedExchangeAdd(&value, 10), 5);
    assert_int_equal(InterlockedAdd(&value, -5), 10);
    assert_int_equal(InterlockedExchange(&value, 7), 10);
    assert_int_equal(InterlockedCompareExchange(&value, 9, 8), 7);
    assert_int_equal(InterlockedCompareExchange(&value, 9, 7), 7);
    assert_int_equal(InterlockedOr(&value, 6), 9);
    assert_int_equal(InterlockedAnd(&value, 3), 15);
    assert_int_equal(InterlockedXor(&value, 1), 3);
    assert_int_equal(value, 2);
    assert_int_equal(InterlockedIncrement64(&wide), (1LL << 40) + 1);
    assert_int_equal(InterlockedCompareExchange64(&wide, 3, (1LL << 40) + 1), (1LL << 40) + 1);
    assert_int_equal(InterlockedIncrement(&host), 0);
    assert_int_equal(InterlockedDecrement(&host), -1);
    assert_int_equal(host, -1);
    assert_null(InterlockedExchangePointer(&pointer, &value));
    assert_ptr_equal(InterlockedCompareExchangePointer(&pointer, NULL, &value), &value);
    assert_null(pointer);
    assert_false(InterlockedBitTestAndSet(&value, 31));
    assert_true(InterlockedBitTestAndReset(&value, 31));
}

struct item {
    SLIST_ENTRY entry;
    int number;
};
static SLIST_HEADER slist;
enum { SLIST_ROUNDS = 20000 };

static DWORD WINAPI pop_and_push(void *arg)
{
    (void)arg;
    for (int i = 0; i < SLIST_ROUNDS; i++) {
        SLIST_ENTRY *entry = InterlockedPopEntrySList(&slist);
        if (entry)
            InterlockedPushEntrySList(&slist, entry);
    }
    return 0;
}

/* "Interlocked Singly Linked Lists" */
static void slist_is_a_stack_that_loses_nothing(void **state)
{
    static struct item items[4];
    HANDLE threads[3];
    int count = 0;
    (void)state;
    InitializeSListHead(&slist);
    assert_null(InterlockedPopEntrySList(&slist));
    assert_null(InterlockedPushEntrySList(&slist, &items[0].entry));
    assert_ptr_equal(InterlockedPushEntrySList(&slist, &items[1].entry), &items[0].entry);
    assert_int_equal(QueryDepthSList(&slist), 2);
    assert_ptr_equal(InterlockedPopEntrySList(&slist), &items[1].entry);
    for (int i = 1; i < 4; i++)
        InterlockedPushEntrySList(&slist, &items[i].entry);
    for (int i = 0; i < 3; i++)
        threads[i] = CreateThread(NULL, 0, pop_and_push, NULL, 0, NULL);
    assert_int_equal(WaitForMultipleObjects(3, threads, TRUE, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(QueryDepthSList(&slist), 4);
    for (SLIST_ENTRY *at = InterlockedFlushSList(&slist); at; at = at->Next)
        count++;
    assert_int_equal(count, 4);
    assert_int_equal(QueryDepthSList(&slist), 0);
    for (int i = 0; i < 3; i++)
        CloseHandle(threads[i]);
}

/* ---- heaps ---- */

/* "HeapAlloc function" */
static void a_block_knows_the_size_it_was_asked_for(void **state)
{
    HANDLE heap = GetProcessHeap();
    unsigned char *block = HeapAlloc(heap, HEAP_ZERO_MEMORY, 13);
    (void)state;
    assert_non_null(block);
    assert_int_equal((ULONG_PTR)block % MEMORY_ALLOCATION_ALIGNMENT, 0);
    assert_int_equal(HeapSize(heap, 0, block), 13);
    memset(block, 7, 13);
    block = HeapReAlloc(heap, HEAP_ZERO_MEMORY, block, 5000);
    assert_non_null(block);
    assert_int_equal(block[12], 7);
    assert_int_equal(block[13], 0);
    assert_int_equal(block[4999], 0);
    assert_int_equal(HeapSize(heap, 0, block), 5000);
    assert_true(HeapValidate(heap, 0, block));
    assert_win32(HeapFree(heap, 0, block));
    assert_win32(HeapFree(heap, 0, NULL));
    assert_null(HeapAlloc(heap, 0, (SIZE_T)-1));
}

/* "HeapCreate function" */
static void a_private_heap_keeps_its_limit_and_owns_its_blocks(void **state)
{
    HANDLE heap = HeapCreate(0, 0, 10000);
    void *block;
    (void)state;
    assert_non_null(heap);
    block = HeapAlloc(heap, 0, 6000);
    assert_non_null(block);
    assert_fails(ERROR_NOT_ENOUGH_MEMORY, HeapAlloc(heap, 0, 6000));
    assert_fails(ERROR_INVALID_PARAMETER, HeapFree(GetProcessHeap(), 0, block));
    assert_win32(HeapFree(heap, 0, block));
    block = HeapAlloc(heap, 0, 6000);
    assert_non_null(block);
    assert_win32(HeapDestroy(heap));
    assert_fails(ERROR_INVALID_HANDLE, HeapDestroy(heap));
    assert_fails(ERROR_INVALID_HANDLE, HeapAlloc(heap, 0, 1));
    assert_fails(ERROR_INVALID_HANDLE, HeapDestroy(GetProcessHeap()));
    assert_fails(ERROR_INVALID_PARAMETER, HeapCreate(0x80000000, 0, 0));
}

/* ---- modules ---- */

/* "GetProcAddress function", "GetModuleHandleW function" */
static void windows_own_dlls_are_always_there(void **state)
{
    static const char *names[] = {"kernel32", "KERNEL32.DLL", "C:\\Windows\\System32\\kernel32.dll",
                                  "kernelbase.dll"};
    (void)state;
    for (size_t i = 0; i < ARRAYSIZE(names); i++) {
        HMODULE module = GetModuleHandleA(names[i]);
        assert_non_null(module);
        assert_ptr_equal((void *)GetProcAddress(module, "CancelIoEx"), (void *)CancelIoEx);
        assert_fails(ERROR_PROC_NOT_FOUND, GetProcAddress(module, "NoSuchFunction"));
        assert_fails(ERROR_PROC_NOT_FOUND, GetProcAddress(module, (LPCSTR)17));
    }
    assert_non_null(GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "RtlNtStatusToDosError"));
    assert_fails(ERROR_MOD_NOT_FOUND, GetModuleHandleA("no-such-module"));
    assert_fails(ERROR_MOD_NOT_FOUND, LoadLibraryA("no-such-module"));
    assert_fails(ERROR_INVALID_PARAMETER, LoadLibraryExA("kernel32", NULL, 0x80000000));
    assert_fails(ERROR_INVALID_PARAMETER, LoadLibraryA(NULL));
    assert_fails(ERROR_MOD_NOT_FOUND, GetProcAddress((HMODULE)(ULONG_PTR)0x1230, "x"));
    assert_fails(ERROR_MOD_NOT_FOUND, FreeLibrary((HMODULE)(ULONG_PTR)0x1230));
    assert_fails(ERROR_MOD_NOT_FOUND, FreeLibrary(NULL));
}

/* "LoadLibraryW function" */
static void a_shared_object_is_loaded_by_its_dll_name(void **state)
{
    HMODULE module = LoadLibraryW(L"libm.so.6");
    (void)state;
    assert_non_null(module);
    assert_ptr_equal(LoadLibraryA("libm.so.6"), module);
    assert_ptr_equal(GetModuleHandleA("LIBM.so.6"), module);
    assert_non_null(GetProcAddress(module, "cos"));
    assert_win32(FreeLibrary(module));
    assert_non_null(GetModuleHandleA("libm.so.6"));
    assert_win32(FreeLibrary(module));
    assert_fails(ERROR_MOD_NOT_FOUND, FreeLibrary(module));
}

/* "GetModuleFileNameW function" */
static void the_programs_path_is_a_windows_path(void **state)
{
    char path[MAX_PATH], cut[4];
    WCHAR wide[MAX_PATH];
    DWORD length = GetModuleFileNameA(NULL, path, MAX_PATH);
    (void)state;
    assert_int_equal(length, strlen(path));
    assert_memory_equal(path, "C:\\", 3);
    assert_string_equal(strrchr(path, '\\') + 1, "kernel");
    assert_int_equal(GetModuleFileNameW(NULL, wide, MAX_PATH), length);
    SetLastError(0);
    assert_int_equal(GetModuleFileNameA(NULL, cut, sizeof cut), sizeof cut);
    assert_int_equal(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    assert_string_equal(cut, "C:\\");
    assert_fails(ERROR_MOD_NOT_FOUND, GetModuleFileNameA((HMODULE)(ULONG_PTR)0x1230, path, 9));
}

/* ---- console control ---- */

static LONG older_asked, newer_asked;

static BOOL WINAPI older_handler(DWORD event)
{
    if (event == CTRL_C_EVENT)
        InterlockedIncrement(&older_asked);
    return TRUE;
}

static BOOL WINAPI newer_handler(DWORD event)
{
    if (event == CTRL_C_EVENT)
        InterlockedIncrement(&newer_asked);
    return FALSE;
}

/* "SetConsoleCtrlHandler function" */
static void control_handlers_are_asked_newest_first_until_one_handles_it(void **state)
{
    (void)state;
    assert_win32(SetConsoleCtrlHandler(older_handler, TRUE));
    assert_win32(SetConsoleCtrlHandler(newer_handler, TRUE));
    assert_win32(GenerateConsoleCtrlEvent(CTRL_C_EVENT, GetCurrentProcessId()));
    wait_until(InterlockedAdd(&older_asked, 0) == 1);
    assert_int_equal(newer_asked, 1);
    assert_win32(SetConsoleCtrlHandler(newer_handler, FALSE));
    assert_win32(GenerateConsoleCtrlEvent(CTRL_C_EVENT, GetCurrentProcessId()));
    wait_until(InterlockedAdd(&older_asked, 0) == 2);
    assert_int_equal(newer_asked, 1);
    assert_fails(ERROR_INVALID_PARAMETER, SetConsoleCtrlHandler(newer_handler, FALSE));
    assert_fails(ERROR_INVALID_PARAMETER, GenerateConsoleCtrlEvent(77, 0));
    assert_win32(SetConsoleCtrlHandler(older_handler, FALSE));
}

/* "SetConsoleCtrlHandler function" */
static void ctrl_c_can_be_ignored(void **state)
{
    (void)state;
    assert_win32(SetConsoleCtrlHandler(NULL, TRUE));
    assert_int_equal(raise(SIGINT), 0);
    assert_win32(SetConsoleCtrlHandler(NULL, FALSE));
}

/* ---- the C runtime's threads ---- */

static unsigned WINAPI return_argument(void *arg)
{
    return (unsigned)(ULONG_PTR)arg;
}

static unsigned WINAPI end_with_argument(void *arg)
{
    _endthreadex((unsigned)(ULONG_PTR)arg);
}

/* THRD-006 */
static void beginthreadex_is_create_thread(void **state)
{
    unsigned id;
    DWORD code;
    HANDLE thread =
        (HANDLE)_beginthreadex(NULL, 0, return_argument, (void *)7, CREATE_SUSPENDED, &id);
    (void)state;
    assert_non_null(thread);
    assert_int_equal(GetThreadId(thread), id);
    assert_int_equal(WaitForSingleObject(thread, 0), WAIT_TIMEOUT);
    assert_int_equal(ResumeThread(thread), 1);
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(GetExitCodeThread(thread, &code));
    assert_int_equal(code, 7);
    assert_win32(CloseHandle(thread));
    thread = (HANDLE)_beginthreadex(NULL, 0, end_with_argument, (void *)8, 0, NULL);
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(GetExitCodeThread(thread, &code));
    assert_int_equal(code, 8);
    assert_win32(CloseHandle(thread));
    errno = 0;
    assert_int_equal(_beginthreadex(NULL, 0, NULL, NULL, 0, NULL), 0);
    assert_int_equal(errno, EINVAL);
}

static HANDLE begun_gate;

static void begun_routine(void *arg)
{
    WaitForSingleObject(begun_gate, INFINITE);
    if (arg)
        _endthread();
}

/* THRD-006 */
static void beginthread_closes_its_own_handle(void **state)
{
    DWORD flags;
    (void)state;
    for (int explicit_end = 0; explicit_end < 2; explicit_end++) {
        HANDLE thread, copy;
        begun_gate = CreateEventA(NULL, TRUE, FALSE, NULL);
        thread = (HANDLE)_beginthread(begun_routine, 0, (void *)(ULONG_PTR)explicit_end);
        assert_ptr_not_equal(thread, (HANDLE)(ULONG_PTR)-1);
        assert_win32(DuplicateHandle(GetCurrentProcess(), thread, GetCurrentProcess(), &copy, 0,
                                     FALSE, DUPLICATE_SAME_ACCESS));
        assert_win32(SetEvent(begun_gate));
        assert_int_equal(WaitForSingleObject(copy, TEST_DEADLINE_MS), WAIT_OBJECT_0);
        assert_fails(ERROR_INVALID_HANDLE, GetHandleInformation(thread, &flags));
        assert_win32(CloseHandle(copy));
        assert_win32(CloseHandle(begun_gate));
    }
    assert_int_equal(_beginthread(NULL, 0, NULL), (uintptr_t)-1);
}

/* ---- threads ---- */

/* THRD-018 THRD-019 */
static void thread_priorities_read_back_and_others_are_refused(void **state)
{
    static const int rows[] = {-2, -1, 1, 2, -15, 15, 0};
    HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, return_argument, NULL, CREATE_SUSPENDED, NULL);
    (void)state;
    for (size_t i = 0; i < ARRAYSIZE(rows); i++) {
        assert_win32(SetThreadPriority(thread, rows[i]));
        assert_int_equal(GetThreadPriority(thread), rows[i]);
    }
    assert_fails(ERROR_INVALID_PARAMETER, SetThreadPriority(thread, 3));
    assert_fails(ERROR_INVALID_PARAMETER, SetThreadPriority(thread, -16));
    assert_int_equal(GetThreadPriority(thread), 0);
    assert_int_equal(GetThreadPriority(NULL), THREAD_PRIORITY_ERROR_RETURN);
    ResumeThread(thread);
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(CloseHandle(thread));
}

/* THRD-020 */
static void affinity_stays_within_the_processes_mask(void **state)
{
    DWORD_PTR process, system, lowest;
    (void)state;
    assert_win32(GetProcessAffinityMask(GetCurrentProcess(), &process, &system));
    assert_int_equal(process & ~system, 0);
    lowest = process & -process;
    assert_int_equal(SetThreadAffinityMask(GetCurrentThread(), lowest), process);
    assert_int_equal((DWORD_PTR)1 << GetCurrentProcessorNumber(), lowest);
    assert_int_equal(SetThreadAffinityMask(GetCurrentThread(), process), lowest);
    assert_fails(ERROR_INVALID_PARAMETER, SetThreadAffinityMask(GetCurrentThread(), 0));
    if (~process)
        assert_fails(ERROR_INVALID_PARAMETER, SetThreadAffinityMask(GetCurrentThread(), ~process));
    assert_true(GetActiveProcessorCount(ALL_PROCESSOR_GROUPS) >= 1);
}

/* THRD-021 */
static void a_thread_has_a_description(void **state)
{
    PWSTR text;
    (void)state;
    assert_int_equal(GetThreadDescription(GetCurrentThread(), &text), 0);
    assert_int_equal(text[0], 0);
    LocalFree(text);
    assert_int_equal(SetThreadDescription(GetCurrentThread(), L"kernel test"), 0);
    assert_int_equal(GetThreadDescription(GetCurrentThread(), &text), 0);
    assert_int_equal(lstrcmpW(text, L"kernel test"), 0);
    LocalFree(text);
    assert_int_equal(SetThreadDescription(GetCurrentThread(), NULL), 0);
    assert_true(SetThreadDescription(NULL, L"x") < 0);
}

/* THRD-017 */
static void times_are_plausible(void **state)
{
    FILETIME created, ended, kernel, user, now;
    (void)state;
    assert_win32(GetThreadTimes(GetCurrentThread(), &created, &ended, &kernel, &user));
    GetSystemTimeAsFileTime(&now);
    assert_int_equal(CompareFileTime(&created, &now), -1);
    assert_win32(GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user));
    assert_fails(ERROR_NOACCESS, GetProcessTimes(GetCurrentProcess(), NULL, NULL, NULL, NULL));
    assert_fails(ERROR_INVALID_HANDLE, GetThreadTimes(NULL, &created, &ended, &kernel, &user));
}

static LONG fls_runs;
static DWORD fls_thread;
static DWORD fls_index;
static HANDLE fls_set, fls_go;

static VOID WINAPI fls_callback(PVOID value)
{
    InterlockedExchangeAdd(&fls_runs, (LONG)(LONG_PTR)value);
    fls_thread = GetCurrentThreadId();
}

static unsigned WINAPI set_fls(void *value)
{
    FlsSetValue(fls_index, value);
    SetEvent(fls_set);
    WaitForSingleObject(fls_go, INFINITE);
    return 0;
}

/* THRD-028 THRD-029 */
static void fls_callbacks_run_at_thread_end_and_when_the_index_is_freed(void **state)
{
    unsigned id;
    HANDLE thread;
    (void)state;
    fls_set = CreateEventA(NULL, FALSE, FALSE, NULL);
    fls_go = CreateEventA(NULL, FALSE, FALSE, NULL);
    fls_index = FlsAlloc(fls_callback);
    assert_int_not_equal(fls_index, FLS_OUT_OF_INDEXES);
    assert_null(FlsGetValue(fls_index));
    thread = (HANDLE)_beginthreadex(NULL, 0, set_fls, (void *)5, 0, &id);
    assert_win32(SetEvent(fls_go));
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(fls_runs, 5);
    assert_int_equal(fls_thread, id);
    assert_win32(CloseHandle(thread));
    assert_int_equal(WaitForSingleObject(fls_set, 0), WAIT_OBJECT_0);
    thread = (HANDLE)_beginthreadex(NULL, 0, set_fls, (void *)7, 0, NULL);
    assert_int_equal(WaitForSingleObject(fls_set, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(FlsFree(fls_index));
    assert_int_equal(fls_runs, 12);
    assert_int_equal(fls_thread, GetCurrentThreadId());
    assert_win32(SetEvent(fls_go));
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_int_equal(fls_runs, 12);
    assert_win32(CloseHandle(thread));
    assert_fails(ERROR_INVALID_PARAMETER, FlsFree(fls_index));
    assert_fails(ERROR_INVALID_PARAMETER, FlsSetValue(fls_index, NULL));
    assert_fails(ERROR_INVALID_PARAMETER, FlsGetValue(FLS_MAXIMUM_AVAILABLE));
    assert_win32(CloseHandle(fls_set));
    assert_win32(CloseHandle(fls_go));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_times_become_calendar_dates_and_back),
        cmocka_unit_test(impossible_dates_are_refused),
        cmocka_unit_test(a_zones_rules_decide_between_standard_and_daylight_time),
        cmocka_unit_test(the_machines_zone_comes_from_the_host),
        cmocka_unit_test(clocks_go_forward_at_their_frequency),
        cmocka_unit_test(system_info_counts_the_processors),
        cmocka_unit_test(structure_sizes_are_checked),
        cmocka_unit_test(a_name_that_does_not_fit_tells_its_size),
        cmocka_unit_test(processor_information_covers_every_processor),
        cmocka_unit_test(interlocked_functions_return_what_windows_returns),
        cmocka_unit_test(slist_is_a_stack_that_loses_nothing),
        cmocka_unit_test(a_block_knows_the_size_it_was_asked_for),
        cmocka_unit_test(a_private_heap_keeps_its_limit_and_owns_its_blocks),
        cmocka_unit_test(windows_own_dlls_are_always_there),
        cmocka_unit_test(a_shared_object_is_loaded_by_its_dll_name),
        cmocka_unit_test(the_programs_path_is_a_windows_path),
        cmocka_unit_test(control_handlers_are_asked_newest_first_until_one_handles_it),
        cmocka_unit_test(ctrl_c_can_be_ignored),
        cmocka_unit_test(beginthreadex_is_create_thread),
        cmocka_unit_test(beginthread_closes_its_own_handle),
        cmocka_unit_test(thread_priorities_read_back_and_others_are_refused),
        cmocka_unit_test(affinity_stays_within_the_processes_mask),
        cmocka_unit_test(a_thread_has_a_description),
        cmocka_unit_test(times_are_plausible),
        cmocka_unit_test(fls_callbacks_run_at_thread_end_and_when_the_index_is_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

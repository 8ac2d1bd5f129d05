/* Serial lines: timeouts, reading and writing (COMM-034 to COMM-058), on pty pairs. */
#include "serial.h"

#include <ntddser.h>
#include <ntstatus.h>
#include <winternl.h>

static struct serial line;

static int open_overlapped(void **state)
{
    (void)state;
    line = serial_open(FILE_FLAG_OVERLAPPED);
    return 0;
}

static int open_synchronous(void **state)
{
    (void)state;
    line = serial_open(0);
    return 0;
}

static int close_line(void **state)
{
    (void)state;
    serial_close(&line);
    return 0;
}

/* An overlapped call with an event of its own. */
struct call {
    OVERLAPPED overlapped;
    char buffer[64];
};

static void call_init(struct call *call)
{
    memset(call, 0, sizeof *call);
    call->overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
}

static void start_read(struct call *call, DWORD size)
{
    call_init(call);
    assert_fails(ERROR_IO_PENDING,
                 ReadFile(line.port, call->buffer, size, NULL, &call->overlapped));
}

/* How it ended: the Win32 error. */
static DWORD finish(struct call *call, DWORD *moved)
{
    DWORD error;
    assert_int_equal(WaitForSingleObject(call->overlapped.hEvent, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    error = GetOverlappedResult(line.port, &call->overlapped, moved, FALSE) ? 0 : GetLastError();
    CloseHandle(call->overlapped.hEvent);
    return error;
}

static BOOL is_pending(const struct call *call)
{
    return !HasOverlappedIoCompleted(&call->overlapped);
}

/* ---- rules of timeouts ---- */

/* COMM-034 */
static void without_timeouts_a_read_waits_for_all_its_bytes(void **state)
{
    struct call read;
    DWORD moved;
    (void)state;
    start_read(&read, 10);
    serial_send(&line, "abc", 3);
    assert_int_equal(WaitForSingleObject(read.overlapped.hEvent, 100), WAIT_TIMEOUT);
    assert_true(is_pending(&read));
    serial_send(&line, "defghij", 7);
    assert_int_equal(finish(&read, &moved), 0);
    assert_int_equal(moved, 10);
    assert_memory_equal(read.buffer, "abcdefghij", 10);
}

/* COMM-035 */
static void a_read_that_must_not_wait_takes_what_is_there(void **state)
{
    char buffer[16];
    DWORD moved = 99;
    (void)state;
    serial_set_timeouts(line.port, MAXDWORD, 0, 0);
    assert_win32(ReadFile(line.port, buffer, sizeof buffer, &moved, NULL));
    assert_int_equal(moved, 0);
    serial_send(&line, "xyz", 3);
    wait_until(serial_in_queue(line.port) == 3);
    assert_win32(ReadFile(line.port, buffer, sizeof buffer, &moved, NULL));
    assert_int_equal(moved, 3);
    assert_memory_equal(buffer, "xyz", 3);
}

/* COMM-036 */
static void a_read_waits_for_the_first_byte_only(void **state)
{
    struct call read;
    DWORD moved;
    (void)state;
    serial_set_timeouts(line.port, MAXDWORD, MAXDWORD, TEST_DEADLINE_MS * 2);
    start_read(&read, 10);
    serial_send(&line, "a", 1);
    assert_int_equal(finish(&read, &moved), 0);
    assert_int_equal(moved, 1);
    serial_send(&line, "bcd", 3);
    wait_until(serial_in_queue(line.port) == 3);
    call_init(&read);
    assert_win32(ReadFile(line.port, read.buffer, 10, NULL, &read.overlapped));
    assert_int_equal(finish(&read, &moved), 0);
    assert_int_equal(moved, 3);
}

/* COMM-036 */
static void a_read_for_the_first_byte_times_out_with_nothing(void **state)
{
    struct call read;
    unsigned long long begun = test__now_ms();
    DWORD moved;
    (void)state;
    serial_set_timeouts(line.port, MAXDWORD, MAXDWORD, 50);
    start_read(&read, 10);
    assert_int_equal(finish(&read, &moved), 0);
    assert_int_equal(moved, 0);
    assert_true(test__now_ms() - begun >= 49);
}

/* COMM-037 */
static void two_infinite_read_timeouts_are_refused(void **state)
{
    COMMTIMEOUTS timeouts = {.ReadIntervalTimeout = MAXDWORD, .ReadTotalTimeoutConstant = MAXDWORD},
                 now;
    (void)state;
    assert_fails(ERROR_INVALID_PARAMETER, SetCommTimeouts(line.port, &timeouts));
    assert_win32(GetCommTimeouts(line.port, &now));
    assert_int_equal(now.ReadIntervalTimeout, 0);
}

/* COMM-038 */
static void the_interval_begins_with_the_first_byte(void **state)
{
    struct call read;
    unsigned long long sent;
    DWORD moved;
    (void)state;
    serial_set_timeouts(line.port, 60, 0, 0);
    start_read(&read, 10);
    assert_int_equal(WaitForSingleObject(read.overlapped.hEvent, 150), WAIT_TIMEOUT);
    sent = test__now_ms();
    serial_send(&line, "ab", 2);
    assert_int_equal(finish(&read, &moved), 0);
    assert_int_equal(moved, 2);
    assert_true(test__now_ms() - sent >= 59);
    assert_int_equal(read.overlapped.Internal, STATUS_TIMEOUT);
}

/* COMM-039 COMM-043 */
static void the_total_timeout_ends_a_read_with_what_came(void **state)
{
    char buffer[10];
    unsigned long long begun = test__now_ms();
    DWORD moved = 0;
    (void)state;
    serial_set_timeouts(line.port, 0, 5, 50);
    serial_send(&line, "123456", 6);
    assert_win32(ReadFile(line.port, buffer, 10, &moved, NULL));
    assert_int_equal(moved, 6);
    assert_memory_equal(buffer, "123456", 6);
    assert_true(test__now_ms() - begun >= 99);
}

/* COMM-039 */
static void a_full_read_does_not_wait_for_its_timeout(void **state)
{
    struct call read;
    DWORD moved;
    (void)state;
    serial_set_timeouts(line.port, 0, 0, TEST_DEADLINE_MS * 2);
    start_read(&read, 4);
    serial_send(&line, "1234", 4);
    assert_int_equal(finish(&read, &moved), 0);
    assert_int_equal(moved, 4);
    assert_int_equal(read.overlapped.Internal, STATUS_SUCCESS);
}

/* COMM-040 */
static void interval_and_total_end_a_read_whichever_is_first(void **state)
{
    struct call read;
    DWORD moved;
    (void)state;
    serial_set_timeouts(line.port, 30, 0, TEST_DEADLINE_MS * 2); /* the interval */
    start_read(&read, 10);
    serial_send(&line, "x", 1);
    assert_int_equal(finish(&read, &moved), 0);
    assert_int_equal(moved, 1);
    serial_set_timeouts(line.port, TEST_DEADLINE_MS * 2, 0, 50); /* the total, byte or not */
    start_read(&read, 10);
    serial_send(&line, "y", 1);
    assert_int_equal(finish(&read, &moved), 0);
    assert_int_equal(moved, 1);
    start_read(&read, 10);
    assert_int_equal(finish(&read, &moved), 0);
    assert_int_equal(moved, 0);
}

/* COMM-041 */
static void a_synchronous_read_that_times_out_succeeds_with_nothing(void **state)
{
    char buffer[10];
    unsigned long long begun = test__now_ms();
    DWORD moved = 99;
    (void)state;
    serial_set_timeouts(line.port, 0, 0, 60);
    SetLastError(LAST_ERROR_SENTINEL);
    assert_win32(ReadFile(line.port, buffer, 10, &moved, NULL));
    assert_int_equal(moved, 0);
    assert_int_equal(GetLastError(), LAST_ERROR_SENTINEL);
    assert_true(test__now_ms() - begun >= 59);
}

/* COMM-042 */
static void a_read_that_times_out_gives_a_packet_of_success(void **state)
{
    HANDLE port = CreateIoCompletionPort(line.port, NULL, 7, 0);
    OVERLAPPED overlapped = {0}, *found;
    char buffer[10];
    ULONG_PTR key;
    DWORD moved;
    (void)state;
    serial_set_timeouts(line.port, 0, 0, 40);
    serial_send(&line, "ab", 2);
    assert_fails(ERROR_IO_PENDING, ReadFile(line.port, buffer, 10, NULL, &overlapped));
    assert_win32(GetQueuedCompletionStatus(port, &moved, &key, &found, TEST_DEADLINE_MS));
    assert_ptr_equal(found, &overlapped);
    assert_int_equal(moved, 2);
    assert_int_equal(key, 7);
    assert_int_equal(overlapped.Internal, STATUS_TIMEOUT);
    assert_win32(GetOverlappedResult(line.port, &overlapped, &moved, FALSE));
    assert_int_equal(moved, 2);
    CloseHandle(port);
}

static DWORD routine_error, routine_moved;

static VOID CALLBACK note_end(DWORD error, DWORD moved, LPOVERLAPPED overlapped)
{
    (void)overlapped;
    routine_error = error;
    routine_moved = moved;
}

/* COMM-042 */
static void a_routine_is_told_of_a_timeout_as_a_success(void **state)
{
    OVERLAPPED overlapped = {0};
    char buffer[10];
    (void)state;
    routine_error = routine_moved = 99;
    serial_set_timeouts(line.port, 0, 0, 40);
    serial_send(&line, "ab", 2);
    assert_win32(ReadFileEx(line.port, buffer, 10, &overlapped, note_end));
    assert_int_equal(SleepEx(TEST_DEADLINE_MS, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(routine_error, 0);
    assert_int_equal(routine_moved, 2);
}

/* ---- writes that are held ---- */

/* The other end sends XOFF. It has come when the byte behind it has. */
static void hold_output(void)
{
    DCB dcb = serial_usual_dcb();
    dcb.fOutX = TRUE;
    assert_win32(SetCommState(line.port, &dcb));
    serial_send(&line, "\x13.", 2);
    wait_until(serial_in_queue(line.port) == 1);
    assert_win32(PurgeComm(line.port, PURGE_RXCLEAR));
}

static void let_output_go(void)
{
    serial_send(&line, "\x11", 1);
}

static void set_write_timeouts(DWORD multiplier, DWORD constant)
{
    COMMTIMEOUTS timeouts = {.WriteTotalTimeoutMultiplier = multiplier,
                             .WriteTotalTimeoutConstant = constant};
    assert_win32(SetCommTimeouts(line.port, &timeouts));
}

/* COMM-044 */
static void a_held_write_times_out_with_what_was_sent(void **state)
{
    struct call write;
    DWORD moved = 99;
    (void)state;
    hold_output();
    set_write_timeouts(2, 50);
    call_init(&write);
    assert_fails(ERROR_IO_PENDING, WriteFile(line.port, "hello", 5, NULL, &write.overlapped));
    assert_int_equal(finish(&write, &moved), 0);
    assert_int_equal(moved, 0);
    assert_int_equal(write.overlapped.Internal, STATUS_TIMEOUT);
    let_output_go();
    set_write_timeouts(0, 0);
    call_init(&write);
    if (!WriteFile(line.port, "bye", 3, NULL, &write.overlapped))
        assert_int_equal(GetLastError(), ERROR_IO_PENDING);
    assert_int_equal(finish(&write, &moved), 0);
    serial_expect(&line, "bye", 3); /* nothing of the first */
}

/* COMM-045 */
static void without_timeouts_a_held_write_waits(void **state)
{
    struct call write;
    DWORD moved;
    (void)state;
    hold_output();
    call_init(&write);
    assert_fails(ERROR_IO_PENDING, WriteFile(line.port, "hello", 5, NULL, &write.overlapped));
    assert_int_equal(WaitForSingleObject(write.overlapped.hEvent, 150), WAIT_TIMEOUT);
    let_output_go();
    assert_int_equal(finish(&write, &moved), 0);
    assert_int_equal(moved, 5);
    serial_expect(&line, "hello", 5);
}

/* ---- timeouts and queues ---- */

/* COMM-046 */
static void a_pending_read_keeps_its_timeouts(void **state)
{
    struct call read;
    DWORD moved;
    (void)state;
    start_read(&read, 10);
    serial_set_timeouts(line.port, 0, 0, 1);
    assert_int_equal(WaitForSingleObject(read.overlapped.hEvent, 100), WAIT_TIMEOUT);
    serial_send(&line, "0123456789", 10);
    assert_int_equal(finish(&read, &moved), 0);
    assert_int_equal(moved, 10);
}

/* COMM-047 */
static void the_clock_of_a_queued_read_starts_at_its_turn(void **state)
{
    struct call first, second;
    unsigned long long begun = test__now_ms();
    DWORD moved;
    (void)state;
    serial_set_timeouts(line.port, 0, 0, 60);
    start_read(&first, 4);
    start_read(&second, 4);
    assert_int_equal(finish(&first, &moved), 0);
    assert_int_equal(finish(&second, &moved), 0);
    assert_true(test__now_ms() - begun >= 119);
}

/* COMM-048 */
static void timeouts_outlive_the_handle(void **state)
{
    COMMTIMEOUTS timeouts;
    (void)state;
    serial_set_timeouts(line.port, 1, 2, 3);
    assert_win32(CloseHandle(line.port));
    line.port = CreateFileA(line.name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_win32(GetCommTimeouts(line.port, &timeouts));
    assert_int_equal(timeouts.ReadIntervalTimeout, 1);
    assert_int_equal(timeouts.ReadTotalTimeoutMultiplier, 2);
    assert_int_equal(timeouts.ReadTotalTimeoutConstant, 3);
}

/* ---- reading and writing ---- */

/* COMM-049 */
static void an_overlapped_handle_needs_an_overlapped(void **state)
{
    char byte;
    DWORD moved = 99;
    (void)state;
    for (DWORD size = 0; size < 2; size++) {
        moved = 99;
        assert_fails(ERROR_INVALID_PARAMETER, WriteFile(line.port, "x", size, &moved, NULL));
        assert_int_equal(moved, 0);
        moved = 99;
        assert_fails(ERROR_INVALID_PARAMETER, ReadFile(line.port, &byte, size, &moved, NULL));
        assert_int_equal(moved, 0);
    }
}

/* COMM-051 */
static void offsets_are_checked_and_otherwise_ignored(void **state)
{
    static const struct {
        LONGLONG offset;
        BOOL read, write;
    } rows[] = {{-1, FALSE, TRUE},
                {0, TRUE, TRUE},
                {1 << 20, TRUE, TRUE},
                {-2, FALSE, FALSE},
                {-3, FALSE, FALSE}};
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    char byte = 'x';
    (void)state;
    for (size_t i = 0; i <= sizeof rows / sizeof rows[0]; i++) {
        BOOL none = i == sizeof rows / sizeof rows[0];
        LARGE_INTEGER offset = {.QuadPart = none ? 0 : rows[i].offset};
        for (int write = 0; write < 2; write++) {
            IO_STATUS_BLOCK iosb = {.Information = 0x1234};
            NTSTATUS status;
            iosb.Status = 0x5678;
            if (!write)
                serial_send(&line, "y", 1);
            status = write ? NtWriteFile(line.port, event, NULL, NULL, &iosb, &byte, 1,
                                         none ? NULL : &offset, NULL)
                           : NtReadFile(line.port, event, NULL, NULL, &iosb, &byte, 1,
                                        none ? NULL : &offset, NULL);
            if (none || !(write ? rows[i].write : rows[i].read)) {
                assert_int_equal(status, STATUS_INVALID_PARAMETER);
                assert_int_equal(iosb.Status, 0x5678);
                assert_int_equal(iosb.Information, 0x1234);
            } else {
                assert_true(status == STATUS_SUCCESS || status == STATUS_PENDING);
                WaitForSingleObject(event, TEST_DEADLINE_MS);
                assert_int_equal(iosb.Status, STATUS_SUCCESS);
                assert_int_equal(iosb.Information, 1);
            }
        }
    }
    CloseHandle(event);
}

/* COMM-052 */
static void a_transfer_of_nothing_ends_at_once(void **state)
{
    struct call pending, nothing;
    DWORD moved = 99;
    (void)state;
    start_read(&pending, 1);
    call_init(&nothing);
    assert_win32(ReadFile(line.port, nothing.buffer, 0, &moved, &nothing.overlapped));
    assert_int_equal(moved, 0);
    moved = 99;
    assert_win32(WriteFile(line.port, nothing.buffer, 0, &moved, &nothing.overlapped));
    assert_int_equal(moved, 0);
    assert_true(is_pending(&pending));
    serial_send(&line, "x", 1);
    assert_int_equal(finish(&pending, &moved), 0);
    CloseHandle(nothing.overlapped.hEvent);
}

/* COMM-053 */
static void a_pending_write_is_told_at_its_completion(void **state)
{
    struct call write;
    DWORD moved;
    (void)state;
    hold_output();
    call_init(&write);
    write.overlapped.InternalHigh = 0;
    assert_fails(ERROR_IO_PENDING, WriteFile(line.port, "abc", 3, NULL, &write.overlapped));
    assert_int_not_equal(write.overlapped.Internal, STATUS_SUCCESS);
    assert_int_equal(write.overlapped.InternalHigh, 0);
    assert_int_equal(serial_in_queue(line.port), 0);
    let_output_go();
    assert_int_equal(finish(&write, &moved), 0);
    assert_int_equal(write.overlapped.Internal, STATUS_SUCCESS);
    assert_int_equal(write.overlapped.InternalHigh, 3);
}

/* COMM-054 */
static void reads_through_a_port_are_served_in_order(void **state)
{
    HANDLE port = CreateIoCompletionPort(line.port, NULL, 1, 0);
    OVERLAPPED overlapped[8] = {0}, *found;
    char buffers[8][2];
    ULONG_PTR key;
    DWORD moved;
    (void)state;
    for (int i = 0; i < 8; i++)
        assert_fails(ERROR_IO_PENDING, ReadFile(line.port, buffers[i], 2, NULL, &overlapped[i]));
    serial_send(&line, "0a1b2c3d4e5f6g7h", 16);
    for (int i = 0; i < 8; i++) {
        assert_win32(GetQueuedCompletionStatus(port, &moved, &key, &found, TEST_DEADLINE_MS));
        assert_ptr_equal(found, &overlapped[i]);
        assert_int_equal(moved, 2);
        assert_int_equal(buffers[i][0], '0' + i);
        assert_int_equal(buffers[i][1], 'a' + i);
    }
    CloseHandle(port);
}

/* Bytes that came in so far. */
static DWORD received(void)
{
    SERIALPERF_STATS stats = {0};
    DWORD size;
    assert_win32(DeviceIoControl(line.port, IOCTL_SERIAL_GET_STATS, NULL, 0, &stats, sizeof stats,
                                 &size, NULL));
    return stats.ReceivedCount;
}

/* COMM-055 */
static void a_cancelled_read_tells_what_it_had(void **state)
{
    HANDLE port = CreateIoCompletionPort(line.port, NULL, 1, 0);
    OVERLAPPED overlapped = {0}, *found;
    char buffer[10];
    ULONG_PTR key;
    DWORD moved;
    (void)state;
    assert_fails(ERROR_IO_PENDING, ReadFile(line.port, buffer, 10, NULL, &overlapped));
    serial_send(&line, "abc", 3);
    wait_until(received() == 3);
    assert_win32(CancelIoEx(line.port, &overlapped));
    assert_fails(ERROR_OPERATION_ABORTED,
                 GetQueuedCompletionStatus(port, &moved, &key, &found, TEST_DEADLINE_MS));
    assert_ptr_equal(found, &overlapped);
    assert_int_equal(moved, 3);
    assert_memory_equal(buffer, "abc", 3);
    assert_int_equal(serial_in_queue(line.port), 0);
    CloseHandle(port);
}

/* COMM-056 */
static void a_flush_waits_until_everything_has_left(void **state)
{
    struct call write;
    COMSTAT stat;
    DWORD moved;
    (void)state;
    call_init(&write);
    if (!WriteFile(line.port, "hello", 5, NULL, &write.overlapped))
        assert_int_equal(GetLastError(), ERROR_IO_PENDING);
    assert_win32(FlushFileBuffers(line.port));
    assert_win32(ClearCommError(line.port, NULL, &stat));
    assert_int_equal(stat.cbOutQue, 0);
    assert_int_equal(finish(&write, &moved), 0);
    serial_expect(&line, "hello", 5);
}

static DWORD CALLBACK flush_line(void *port)
{
    return FlushFileBuffers(port) ? 0 : GetLastError();
}

/* COMM-056 */
static void a_flush_obeys_flow_control(void **state)
{
    struct call write;
    HANDLE thread;
    DWORD id, moved, code;
    (void)state;
    hold_output();
    call_init(&write);
    assert_fails(ERROR_IO_PENDING, WriteFile(line.port, "hello", 5, NULL, &write.overlapped));
    thread = CreateThread(NULL, 0, flush_line, line.port, 0, &id);
    wait_until_asleep(id);
    assert_int_equal(WaitForSingleObject(thread, 100), WAIT_TIMEOUT);
    let_output_go();
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(GetExitCodeThread(thread, &code));
    assert_int_equal(code, 0);
    assert_int_equal(finish(&write, &moved), 0);
    CloseHandle(thread);
}

/* COMM-057 */
static void a_read_and_a_write_do_not_wait_for_each_other(void **state)
{
    struct call read, write;
    DWORD moved;
    (void)state;
    start_read(&read, 2);
    call_init(&write);
    if (!WriteFile(line.port, "ping", 4, NULL, &write.overlapped))
        assert_int_equal(GetLastError(), ERROR_IO_PENDING);
    assert_int_equal(finish(&write, &moved), 0);
    serial_expect(&line, "ping", 4);
    assert_true(is_pending(&read));
    serial_send(&line, "ok", 2);
    assert_int_equal(finish(&read, &moved), 0);
}

static DWORD CALLBACK read_one_byte(void *port)
{
    char byte;
    DWORD moved = 0;
    return ReadFile(port, &byte, 1, &moved, NULL) && moved == 1 ? 0 : 1;
}

static DWORD CALLBACK write_one_byte(void *port)
{
    DWORD moved = 0;
    return WriteFile(port, "w", 1, &moved, NULL) && moved == 1 ? 0 : 1;
}

/* COMM-058 */
static void a_synchronous_handle_does_one_thing_at_a_time(void **state)
{
    HANDLE threads[2];
    DWORD id, code;
    (void)state;
    threads[0] = CreateThread(NULL, 0, read_one_byte, line.port, 0, &id);
    wait_until_asleep(id);
    threads[1] = CreateThread(NULL, 0, write_one_byte, line.port, 0, &id);
    wait_until_asleep(id);
    assert_int_equal(WaitForSingleObject(threads[1], 100), WAIT_TIMEOUT);
    serial_send(&line, "r", 1);
    assert_int_equal(WaitForMultipleObjects(2, threads, TRUE, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    serial_expect(&line, "w", 1);
    for (int i = 0; i < 2; i++) {
        assert_win32(GetExitCodeThread(threads[i], &code));
        assert_int_equal(code, 0);
        CloseHandle(threads[i]);
    }
}

/* A read larger than the input queue gets all its bytes. */
static void a_read_may_be_larger_than_the_input_queue(void **state)
{
    enum { SIZE = 100000 };
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    unsigned char *sent = malloc(SIZE), *got = malloc(SIZE);
    DWORD moved;
    (void)state;
    for (int i = 0; i < SIZE; i++)
        sent[i] = (unsigned char)(i * 7);
    assert_fails(ERROR_IO_PENDING, ReadFile(line.port, got, SIZE, NULL, &overlapped));
    serial_send(&line, sent, SIZE);
    assert_win32(GetOverlappedResult(line.port, &overlapped, &moved, TRUE));
    assert_int_equal(moved, SIZE);
    assert_memory_equal(got, sent, SIZE);
    CloseHandle(overlapped.hEvent);
    free(sent);
    free(got);
}

#define overlapped_test(f) cmocka_unit_test_setup_teardown(f, open_overlapped, close_line)
#define synchronous_test(f) cmocka_unit_test_setup_teardown(f, open_synchronous, close_line)

int main(void)
{
    const struct CMUnitTest tests[] = {
        overlapped_test(without_timeouts_a_read_waits_for_all_its_bytes),
        synchronous_test(a_read_that_must_not_wait_takes_what_is_there),
        overlapped_test(a_read_waits_for_the_first_byte_only),
        overlapped_test(a_read_for_the_first_byte_times_out_with_nothing),
        synchronous_test(two_infinite_read_timeouts_are_refused),
        overlapped_test(the_interval_begins_with_the_first_byte),
        synchronous_test(the_total_timeout_ends_a_read_with_what_came),
        overlapped_test(a_full_read_does_not_wait_for_its_timeout),
        overlapped_test(interval_and_total_end_a_read_whichever_is_first),
        synchronous_test(a_synchronous_read_that_times_out_succeeds_with_nothing),
        overlapped_test(a_read_that_times_out_gives_a_packet_of_success),
        overlapped_test(a_routine_is_told_of_a_timeout_as_a_success),
        overlapped_test(a_held_write_times_out_with_what_was_sent),
        overlapped_test(without_timeouts_a_held_write_waits),
        overlapped_test(a_pending_read_keeps_its_timeouts),
        overlapped_test(the_clock_of_a_queued_read_starts_at_its_turn),
        synchronous_test(timeouts_outlive_the_handle),
        overlapped_test(an_overlapped_handle_needs_an_overlapped),
        overlapped_test(offsets_are_checked_and_otherwise_ignored),
        overlapped_test(a_transfer_of_nothing_ends_at_once),
        overlapped_test(a_pending_write_is_told_at_its_completion),
        overlapped_test(reads_through_a_port_are_served_in_order),
        overlapped_test(a_cancelled_read_tells_what_it_had),
        overlapped_test(a_flush_waits_until_everything_has_left),
        overlapped_test(a_flush_obeys_flow_control),
        overlapped_test(a_read_and_a_write_do_not_wait_for_each_other),
        synchronous_test(a_synchronous_handle_does_one_thing_at_a_time),
        overlapped_test(a_read_may_be_larger_than_the_input_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

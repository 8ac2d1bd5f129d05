/* Serial lines: events, purging, sending out of turn, closing (COMM-010, COMM-011, COMM-059 to
 * COMM-079), on pty pairs. */
#include "serial.h"

#include <unistd.h>

static struct serial line;
static HANDLE port; /* the completion port, key 3 */

static int open_line(void **state)
{
    (void)state;
    line = serial_open(FILE_FLAG_OVERLAPPED);
    port = CreateIoCompletionPort(line.port, NULL, 3, 0);
    return port ? 0 : -1;
}

static int close_line(void **state)
{
    (void)state;
    serial_close(&line);
    CloseHandle(port);
    return 0;
}

/* Takes the packet of this call. Returns its Win32 error. */
static DWORD take_packet(const OVERLAPPED *expected, DWORD *moved)
{
    OVERLAPPED *found = NULL;
    ULONG_PTR key = 0;
    DWORD error =
        GetQueuedCompletionStatus(port, moved, &key, &found, TEST_DEADLINE_MS) ? 0 : GetLastError();
    assert_ptr_equal(found, expected);
    assert_int_equal(key, 3);
    return error;
}

static void assert_no_packet(void)
{
    OVERLAPPED *found = NULL;
    ULONG_PTR key;
    DWORD moved;
    assert_fails(WAIT_TIMEOUT, GetQueuedCompletionStatus(port, &moved, &key, &found, 0));
}

static void start_wait(OVERLAPPED *overlapped, DWORD *events)
{
    memset(overlapped, 0, sizeof *overlapped);
    *events = 0xdeadbeef;
    assert_fails(ERROR_IO_PENDING, WaitCommEvent(line.port, events, overlapped));
}

static void assert_waits_for(DWORD expected)
{
    OVERLAPPED overlapped = {0};
    DWORD events = 0, moved;
    if (!WaitCommEvent(line.port, &events, &overlapped))
        assert_int_equal(GetLastError(), ERROR_IO_PENDING);
    assert_int_equal(take_packet(&overlapped, &moved), 0);
    assert_int_equal(moved, sizeof(DWORD));
    assert_int_equal(events, expected);
}

static void start_write(OVERLAPPED *overlapped, const char *text)
{
    memset(overlapped, 0, sizeof *overlapped);
    if (!WriteFile(line.port, text, (DWORD)strlen(text), NULL, overlapped))
        assert_int_equal(GetLastError(), ERROR_IO_PENDING);
}

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

/* ---- masks and waits ---- */

/* COMM-059 */
static void the_mask_reads_back_and_unknown_events_are_refused(void **state)
{
    DWORD mask = 99;
    (void)state;
    assert_win32(GetCommMask(line.port, &mask));
    assert_int_equal(mask, 0);
    assert_win32(SetCommMask(line.port, 0x1fff));
    assert_win32(GetCommMask(line.port, &mask));
    assert_int_equal(mask, 0x1fff);
    assert_fails(ERROR_INVALID_PARAMETER, SetCommMask(line.port, 0x2000));
    assert_fails(ERROR_INVALID_PARAMETER, SetCommMask(line.port, 0xffffffff));
    assert_win32(GetCommMask(line.port, &mask));
    assert_int_equal(mask, 0x1fff);
}

/* COMM-060 COMM-066 */
static void a_byte_ends_the_wait(void **state)
{
    OVERLAPPED overlapped;
    DWORD events, moved;
    (void)state;
    assert_win32(SetCommMask(line.port, EV_RXCHAR));
    start_wait(&overlapped, &events);
    serial_send(&line, "x", 1);
    assert_int_equal(take_packet(&overlapped, &moved), 0);
    assert_int_equal(moved, 4);
    assert_int_equal(events, EV_RXCHAR);
    assert_int_equal(serial_in_queue(line.port), 1);
}

/* COMM-061 */
static void without_a_mask_there_is_nothing_to_wait_for(void **state)
{
    OVERLAPPED overlapped = {0};
    DWORD events;
    (void)state;
    assert_fails(ERROR_INVALID_PARAMETER, WaitCommEvent(line.port, &events, &overlapped));
    assert_win32(SetCommMask(line.port, EV_RXCHAR));
    assert_fails(ERROR_INVALID_PARAMETER, WaitCommEvent(line.port, &events, NULL));
    assert_fails(ERROR_NOACCESS, WaitCommEvent(line.port, NULL, &overlapped));
    assert_no_packet();
}

/* COMM-062 */
static void a_second_wait_is_refused(void **state)
{
    OVERLAPPED first, second = {0};
    DWORD events, others, moved;
    (void)state;
    assert_win32(SetCommMask(line.port, EV_RXCHAR));
    start_wait(&first, &events);
    assert_fails(ERROR_INVALID_PARAMETER, WaitCommEvent(line.port, &others, &second));
    assert_no_packet();
    serial_send(&line, "x", 1);
    assert_int_equal(take_packet(&first, &moved), 0);
    assert_int_equal(events, EV_RXCHAR);
}

/* COMM-063 */
static void setting_the_mask_ends_a_wait_with_nothing(void **state)
{
    static const DWORD masks[] = {EV_RXCHAR, EV_TXEMPTY, 0};
    OVERLAPPED overlapped;
    DWORD events, moved;
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_win32(SetCommMask(line.port, EV_RXCHAR));
        start_wait(&overlapped, &events);
        assert_win32(SetCommMask(line.port, masks[i]));
        assert_int_equal(take_packet(&overlapped, &moved), 0);
        assert_int_equal(moved, 4);
        assert_int_equal(events, 0);
    }
}

static DWORD CALLBACK wait_for_event(void *handle)
{
    DWORD events = 99;
    return WaitCommEvent(handle, &events, NULL) ? events : 0xffff;
}

/* COMM-063 */
static void setting_the_mask_ends_a_synchronous_wait_too(void **state)
{
    struct serial serial = serial_open(0);
    HANDLE thread;
    DWORD id, code;
    (void)state;
    assert_win32(SetCommMask(serial.port, EV_RXCHAR));
    thread = CreateThread(NULL, 0, wait_for_event, serial.port, 0, &id);
    wait_until_asleep(id);
    assert_win32(SetCommMask(serial.port, 0));
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    assert_win32(GetExitCodeThread(thread, &code));
    assert_int_equal(code, 0);
    CloseHandle(thread);
    serial_close(&serial);
}

/* COMM-064 */
static void events_are_kept_for_the_next_wait(void **state)
{
    OVERLAPPED write, overlapped;
    DWORD moved, events;
    (void)state;
    assert_win32(SetCommMask(line.port, EV_RXCHAR | EV_TXEMPTY));
    serial_send(&line, "abc", 3);
    wait_until(serial_in_queue(line.port) == 3);
    start_write(&write, "hello");
    assert_win32(FlushFileBuffers(line.port));
    assert_int_equal(take_packet(&write, &moved), 0);
    assert_waits_for(EV_RXCHAR | EV_TXEMPTY);
    start_wait(&overlapped, &events); /* each is told once */
    assert_win32(SetCommMask(line.port, 0));
    assert_int_equal(take_packet(&overlapped, &moved), 0);
    assert_int_equal(events, 0);
}

/* COMM-065 */
static void an_empty_output_queue_is_news_only_after_a_write(void **state)
{
    OVERLAPPED overlapped, write;
    DWORD events, moved;
    (void)state;
    assert_win32(SetCommMask(line.port, EV_TXEMPTY));
    start_wait(&overlapped, &events);
    assert_int_equal(WaitForSingleObject(line.port, 100), WAIT_TIMEOUT);
    assert_no_packet();
    start_write(&write, "x");
    assert_int_equal(take_packet(&write, &moved), 0);
    assert_int_equal(take_packet(&overlapped, &moved), 0);
    assert_int_equal(events, EV_TXEMPTY);
    start_write(&write, "y");
    assert_int_equal(take_packet(&write, &moved), 0);
    assert_win32(FlushFileBuffers(line.port));
    assert_waits_for(EV_TXEMPTY);
}

/* COMM-066 */
static void bytes_from_before_the_mask_are_no_event(void **state)
{
    OVERLAPPED overlapped;
    DWORD events, moved;
    (void)state;
    serial_send(&line, "old", 3);
    wait_until(serial_in_queue(line.port) == 3);
    assert_win32(SetCommMask(line.port, EV_RXCHAR));
    start_wait(&overlapped, &events);
    assert_int_equal(WaitForSingleObject(line.port, 100), WAIT_TIMEOUT);
    serial_send(&line, "new", 3);
    assert_int_equal(take_packet(&overlapped, &moved), 0);
    assert_int_equal(events, EV_RXCHAR);
}

/* COMM-024 COMM-067 */
static void the_event_character_is_an_event(void **state)
{
    DCB dcb = serial_usual_dcb();
    OVERLAPPED overlapped;
    DWORD events, moved;
    (void)state;
    dcb.EvtChar = '\n';
    assert_win32(SetCommState(line.port, &dcb));
    assert_win32(SetCommMask(line.port, EV_RXFLAG));
    start_wait(&overlapped, &events);
    serial_send(&line, "text", 4);
    wait_until(serial_in_queue(line.port) == 4);
    assert_no_packet();
    serial_send(&line, "\n", 1);
    assert_int_equal(take_packet(&overlapped, &moved), 0);
    assert_int_equal(events, EV_RXFLAG);
    assert_int_equal(serial_in_queue(line.port), 5);
}

/* COMM-024 */
static void nul_bytes_are_dropped_on_request_and_others_never(void **state)
{
    DCB dcb = serial_usual_dcb();
    (void)state;
    serial_send(&line, "\xff\0\xff\xff", 4);
    wait_until(serial_in_queue(line.port) == 4);
    assert_win32(PurgeComm(line.port, PURGE_RXCLEAR));
    dcb.fNull = TRUE;
    assert_win32(SetCommState(line.port, &dcb));
    serial_send(&line, "\xff\0a\0", 4);
    serial_send(&line, "\0\xff", 2);
    wait_until(serial_in_queue(line.port) == 3);
}

/* COMM-068 */
static void a_pty_accepts_events_of_lines_it_does_not_have(void **state)
{
    OVERLAPPED overlapped;
    DWORD events, moved;
    (void)state;
    assert_win32(SetCommMask(line.port, EV_CTS | EV_DSR | EV_RLSD | EV_RING));
    start_wait(&overlapped, &events);
    serial_send(&line, "x", 1);
    wait_until(serial_in_queue(line.port) == 1);
    assert_no_packet();
    assert_win32(CancelIoEx(line.port, &overlapped));
    assert_int_equal(take_packet(&overlapped, &moved), ERROR_OPERATION_ABORTED);
}

/* COMM-070 */
static void a_wait_can_be_cancelled(void **state)
{
    OVERLAPPED overlapped;
    DWORD events, moved;
    (void)state;
    assert_win32(SetCommMask(line.port, EV_RXCHAR));
    start_wait(&overlapped, &events);
    assert_win32(CancelIoEx(line.port, &overlapped));
    assert_int_equal(take_packet(&overlapped, &moved), ERROR_OPERATION_ABORTED);
    assert_int_equal(moved, 0);
    start_wait(&overlapped, &events); /* and there may be another */
    assert_win32(CancelIo(line.port));
    assert_int_equal(take_packet(&overlapped, &moved), ERROR_OPERATION_ABORTED);
}

/* COMM-071 COMM-074 */
static void purging_leaves_a_wait_alone(void **state)
{
    OVERLAPPED overlapped;
    DWORD events, moved;
    (void)state;
    assert_win32(SetCommMask(line.port, EV_RXCHAR));
    start_wait(&overlapped, &events);
    assert_win32(
        PurgeComm(line.port, PURGE_TXABORT | PURGE_RXABORT | PURGE_TXCLEAR | PURGE_RXCLEAR));
    assert_no_packet();
    serial_send(&line, "x", 1);
    assert_int_equal(take_packet(&overlapped, &moved), 0);
    assert_int_equal(events, EV_RXCHAR);
}

/* ---- control functions ---- */

/* COMM-072 COMM-079 */
static void a_fresh_line_has_nothing_to_tell(void **state)
{
    COMSTAT stat, none = {0};
    DWORD errors = 99, modem = 99;
    (void)state;
    assert_win32(ClearCommError(line.port, &errors, &stat));
    assert_int_equal(errors, 0);
    assert_memory_equal(&stat, &none, sizeof stat);
    assert_win32(ClearCommError(line.port, NULL, NULL));
    assert_win32(GetCommModemStatus(line.port, &modem));
    assert_int_equal(modem, 0);
    assert_fails(ERROR_NOACCESS, GetCommModemStatus(line.port, NULL));
}

/* COMM-073 */
static void what_waits_to_be_sent_is_counted(void **state)
{
    OVERLAPPED first, second;
    COMSTAT stat;
    DWORD moved;
    (void)state;
    hold_output();
    start_write(&first, "hello");
    start_write(&second, "you");
    assert_win32(ClearCommError(line.port, NULL, &stat));
    assert_int_equal(stat.cbOutQue, 8);
    serial_send(&line, "\x11", 1);
    assert_int_equal(take_packet(&first, &moved), 0);
    assert_int_equal(take_packet(&second, &moved), 0);
    assert_win32(ClearCommError(line.port, NULL, &stat));
    assert_int_equal(stat.cbOutQue, 0);
    serial_expect(&line, "helloyou", 8);
}

/* COMM-074 */
static void aborting_ends_what_pends(void **state)
{
    OVERLAPPED read = {0}, second = {0}, write;
    char buffer[8];
    DWORD moved;
    (void)state;
    hold_output();
    assert_fails(ERROR_IO_PENDING, ReadFile(line.port, buffer, 8, NULL, &read));
    assert_fails(ERROR_IO_PENDING, ReadFile(line.port, buffer, 8, NULL, &second));
    start_write(&write, "hello");
    assert_win32(PurgeComm(line.port, PURGE_RXABORT));
    assert_int_equal(take_packet(&read, &moved), ERROR_OPERATION_ABORTED);
    assert_int_equal(take_packet(&second, &moved), ERROR_OPERATION_ABORTED);
    assert_no_packet();
    assert_win32(PurgeComm(line.port, PURGE_TXABORT));
    assert_int_equal(take_packet(&write, &moved), ERROR_OPERATION_ABORTED);
    assert_int_equal(moved, 0);
}

/* COMM-074 */
static void clearing_empties_queues_and_ends_nothing(void **state)
{
    OVERLAPPED read = {0};
    char buffer[4];
    DWORD moved;
    (void)state;
    serial_send(&line, "gone", 4);
    wait_until(serial_in_queue(line.port) == 4);
    assert_win32(PurgeComm(line.port, PURGE_RXCLEAR | PURGE_TXCLEAR));
    assert_int_equal(serial_in_queue(line.port), 0);
    assert_fails(ERROR_IO_PENDING, ReadFile(line.port, buffer, 4, NULL, &read));
    assert_win32(PurgeComm(line.port, PURGE_RXCLEAR));
    assert_no_packet();
    serial_send(&line, "here", 4);
    assert_int_equal(take_packet(&read, &moved), 0);
    assert_memory_equal(buffer, "here", 4);
    assert_fails(ERROR_INVALID_PARAMETER, PurgeComm(line.port, 0));
    assert_fails(ERROR_INVALID_PARAMETER, PurgeComm(line.port, 0x10));
    assert_fails(ERROR_INVALID_PARAMETER, PurgeComm(line.port, 0x1f));
}

/* COMM-075 */
static void every_known_function_is_done_and_others_are_refused(void **state)
{
    static const DWORD known[] = {SETXOFF, SETXON, SETRTS,   CLRRTS,
                                  SETDTR,  CLRDTR, SETBREAK, CLRBREAK};
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        assert_win32(EscapeCommFunction(line.port, known[i]));
    assert_fails(ERROR_INVALID_PARAMETER, EscapeCommFunction(line.port, 0));
    assert_fails(ERROR_INVALID_PARAMETER, EscapeCommFunction(line.port, 10));
    assert_fails(ERROR_INVALID_HANDLE, EscapeCommFunction(port, SETDTR));
}

/* COMM-075 */
static void xoff_by_hand_holds_the_output(void **state)
{
    OVERLAPPED write;
    COMSTAT stat;
    DWORD moved;
    (void)state;
    assert_win32(EscapeCommFunction(line.port, SETXOFF));
    start_write(&write, "later");
    assert_int_equal(WaitForSingleObject(line.port, 50), WAIT_TIMEOUT);
    assert_no_packet();
    assert_win32(ClearCommError(line.port, NULL, &stat));
    assert_true(stat.fXoffHold);
    assert_win32(EscapeCommFunction(line.port, SETXON));
    assert_int_equal(take_packet(&write, &moved), 0);
    serial_expect(&line, "later", 5);
}

/* COMM-076 */
static void a_line_that_follows_a_handshake_is_not_set_by_hand(void **state)
{
    DCB dcb = serial_usual_dcb();
    (void)state;
    dcb.fRtsControl = RTS_CONTROL_HANDSHAKE;
    assert_win32(SetCommState(line.port, &dcb));
    assert_fails(ERROR_INVALID_PARAMETER, EscapeCommFunction(line.port, SETRTS));
    assert_fails(ERROR_INVALID_PARAMETER, EscapeCommFunction(line.port, CLRRTS));
    assert_win32(EscapeCommFunction(line.port, SETDTR));
}

/* COMM-077 */
static void writes_wait_for_the_end_of_a_break(void **state)
{
    OVERLAPPED write;
    DWORD moved;
    (void)state;
    assert_win32(SetCommBreak(line.port));
    start_write(&write, "later");
    assert_int_equal(WaitForSingleObject(line.port, 50), WAIT_TIMEOUT);
    assert_no_packet();
    assert_win32(ClearCommBreak(line.port));
    assert_int_equal(take_packet(&write, &moved), 0);
    serial_expect(&line, "later", 5);
}

/* COMM-078 */
static void a_character_goes_ahead_of_what_is_held(void **state)
{
    OVERLAPPED write;
    DWORD moved;
    (void)state;
    hold_output();
    start_write(&write, "later");
    assert_win32(TransmitCommChar(line.port, '!'));
    serial_expect(&line, "!", 1);
    assert_no_packet();
    serial_send(&line, "\x11", 1);
    assert_int_equal(take_packet(&write, &moved), 0);
    serial_expect(&line, "later", 5);
}

/* ---- ends ---- */

/* COMM-010 */
static void closing_ends_everything_once(void **state)
{
    OVERLAPPED calls[3] = {0}, *found;
    int ended[3] = {0};
    char buffer[8];
    ULONG_PTR key;
    DWORD events, moved;
    (void)state;
    hold_output();
    assert_win32(SetCommMask(line.port, EV_RXCHAR));
    assert_fails(ERROR_IO_PENDING, ReadFile(line.port, buffer, 8, NULL, &calls[0]));
    assert_fails(ERROR_IO_PENDING, WriteFile(line.port, "hello", 5, NULL, &calls[1]));
    assert_fails(ERROR_IO_PENDING, WaitCommEvent(line.port, &events, &calls[2]));
    assert_win32(CloseHandle(line.port));
    line.port = INVALID_HANDLE_VALUE;
    for (int i = 0; i < 3; i++) {
        assert_fails(ERROR_OPERATION_ABORTED,
                     GetQueuedCompletionStatus(port, &moved, &key, &found, TEST_DEADLINE_MS));
        assert_true(found >= calls && found < calls + 3);
        ended[found - calls]++;
    }
    assert_true(ended[0] == 1 && ended[1] == 1 && ended[2] == 1);
    assert_no_packet();
}

/* COMM-011 */
static void an_unplugged_device_ends_everything(void **state)
{
    OVERLAPPED read = {0}, wait = {0}, *found;
    char byte;
    ULONG_PTR key;
    DWORD events, moved;
    DCB dcb;
    (void)state;
    assert_win32(SetCommMask(line.port, EV_RXCHAR));
    assert_fails(ERROR_IO_PENDING, ReadFile(line.port, &byte, 1, NULL, &read));
    assert_fails(ERROR_IO_PENDING, WaitCommEvent(line.port, &events, &wait));
    close(line.wire);
    line.wire = -1;
    for (int i = 0; i < 2; i++) {
        assert_fails(ERROR_OPERATION_ABORTED,
                     GetQueuedCompletionStatus(port, &moved, &key, &found, TEST_DEADLINE_MS));
        assert_true(found == &read || found == &wait);
    }
    assert_fails(ERROR_GEN_FAILURE, ReadFile(line.port, &byte, 1, NULL, &read));
    assert_fails(ERROR_GEN_FAILURE, WriteFile(line.port, "x", 1, NULL, &read));
    assert_fails(ERROR_GEN_FAILURE, WaitCommEvent(line.port, &events, &wait));
    assert_fails(ERROR_GEN_FAILURE, GetCommState(line.port, &dcb));
    assert_fails(ERROR_GEN_FAILURE, SetCommMask(line.port, EV_RXCHAR));
    assert_no_packet();
}

enum { CALLS = 3000 };

static struct call {
    OVERLAPPED overlapped;
    DWORD events;
    char buffer[8];
    BOOL accepted;
    int ended;
} calls[CALLS];

static volatile LONG stop;

/* Bytes come and go, and everything that ends calls happens, again and again. */
static DWORD CALLBACK disturb(void *unused)
{
    char taken[64];
    (void)unused;
    for (unsigned i = 0; !InterlockedCompareExchange(&stop, 0, 0); i++) {
        if (write(line.wire, "abcdefg", 1 + i % 7) < 0 && read(line.wire, taken, sizeof taken) < 0)
            SwitchToThread();
        if (read(line.wire, taken, sizeof taken) < 0)
            SwitchToThread();
        if (i % 5 == 0)
            CancelIoEx(line.port, NULL);
        if (i % 7 == 0)
            PurgeComm(line.port, PURGE_RXABORT | PURGE_TXABORT);
        if (i % 11 == 0)
            SetCommMask(line.port, EV_RXCHAR | EV_TXEMPTY);
    }
    return 0;
}

static BOOL start_any(struct call *call, unsigned kind)
{
    if (kind % 3 == 0)
        return ReadFile(line.port, call->buffer, 1 + kind % 8, NULL, &call->overlapped);
    if (kind % 3 == 1)
        return WriteFile(line.port, "12345678", 1 + kind % 8, NULL, &call->overlapped);
    return WaitCommEvent(line.port, &call->events, &call->overlapped);
}

/* Counts a packet's call as ended; false: there is none. */
static BOOL count_packet(DWORD timeout_ms)
{
    OVERLAPPED *found = NULL;
    ULONG_PTR key;
    DWORD moved;
    GetQueuedCompletionStatus(port, &moved, &key, &found, timeout_ms);
    if (!found)
        return FALSE;
    calls[(struct call *)found - calls].ended++;
    return TRUE;
}

/* COMM-010 COMM-055 COMM-070 */
static void every_call_ends_once_whatever_ends_it(void **state)
{
    HANDLE thread;
    int open = 0;
    (void)state;
    memset(calls, 0, sizeof calls);
    stop = 0;
    serial_set_timeouts(line.port, 1, 0, 2);
    assert_win32(SetCommMask(line.port, EV_RXCHAR));
    thread = CreateThread(NULL, 0, disturb, NULL, 0, NULL);
    for (unsigned i = 0; i < CALLS; i++) {
        calls[i].accepted = start_any(&calls[i], i) || GetLastError() == ERROR_IO_PENDING;
        open += calls[i].accepted;
        while (open > 16 && count_packet(TEST_DEADLINE_MS))
            open--;
    }
    InterlockedExchange(&stop, 1);
    assert_int_equal(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    CloseHandle(thread);
    assert_win32(CloseHandle(line.port));
    line.port = INVALID_HANDLE_VALUE;
    for (; open > 0; open--)
        assert_true(count_packet(TEST_DEADLINE_MS));
    assert_no_packet();
    for (int i = 0; i < CALLS; i++)
        assert_int_equal(calls[i].ended, calls[i].accepted);
}

#define line_test(f) cmocka_unit_test_setup_teardown(f, open_line, close_line)

int main(void)
{
    const struct CMUnitTest tests[] = {
        line_test(the_mask_reads_back_and_unknown_events_are_refused),
        line_test(a_byte_ends_the_wait),
        line_test(without_a_mask_there_is_nothing_to_wait_for),
        line_test(a_second_wait_is_refused),
        line_test(setting_the_mask_ends_a_wait_with_nothing),
        line_test(setting_the_mask_ends_a_synchronous_wait_too),
        line_test(events_are_kept_for_the_next_wait),
        line_test(an_empty_output_queue_is_news_only_after_a_write),
        line_test(bytes_from_before_the_mask_are_no_event),
        line_test(the_event_character_is_an_event),
        line_test(nul_bytes_are_dropped_on_request_and_others_never),
        line_test(a_pty_accepts_events_of_lines_it_does_not_have),
        line_test(a_wait_can_be_cancelled),
        line_test(purging_leaves_a_wait_alone),
        line_test(a_fresh_line_has_nothing_to_tell),
        line_test(what_waits_to_be_sent_is_counted),
        line_test(aborting_ends_what_pends),
        line_test(clearing_empties_queues_and_ends_nothing),
        line_test(every_known_function_is_done_and_others_are_refused),
        line_test(xoff_by_hand_holds_the_output),
        line_test(a_line_that_follows_a_handshake_is_not_set_by_hand),
        line_test(writes_wait_for_the_end_of_a_break),
        line_test(a_character_goes_ahead_of_what_is_held),
        line_test(closing_ends_everything_once),
        line_test(an_unplugged_device_ends_everything),
        line_test(every_call_ends_once_whatever_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

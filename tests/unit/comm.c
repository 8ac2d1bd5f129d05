/* Serial lines from inside, on a device of the test's own: modem lines, errors, held output, breaks
 * and a slow sender, which no pty has. */
#include "serial.h"

#include "comm.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { FAKE_BYTES = 64 };

/* Everything is protected by the line's lock, but for the end of its life. */
struct fake {
    struct comm_driver driver;
    struct comm_signals signals;
    DCB dcb;
    uint32_t raised; /* enum comm_line */
    uint8_t coming[FAKE_BYTES], left[FAKE_BYTES], hardware[FAKE_BYTES];
    uint32_t coming_count, left_count, hardware_count;
    bool slow; /* what is written stays in the hardware until fake_send */
    bool in_break;
    bool destroyed;
};

static struct fake fake;
static struct comm *comm;
static HANDLE line, port;

static bool fake__is_held(void)
{
    return fake.dcb.fOutxCtsFlow && !(fake.signals.lines & MS_CTS_ON);
}

static NTSTATUS fake__configure(struct comm_driver *driver, const DCB *dcb)
{
    (void)driver;
    fake.dcb = *dcb;
    fake.raised = (dcb->fDtrControl == DTR_CONTROL_ENABLE ? COMM_DTR : 0) |
                  (dcb->fRtsControl == RTS_CONTROL_ENABLE ? COMM_RTS : 0);
    return STATUS_SUCCESS;
}

static void fake__current(struct comm_driver *driver, DCB *dcb)
{
    (void)driver;
    *dcb = serial_usual_dcb();
    dcb->BaudRate = 150;
}

static ssize_t fake__read(struct comm_driver *driver, void *buffer, size_t size)
{
    uint64_t woken;
    size_t count = fake.coming_count < size ? fake.coming_count : size;
    if (count == 0)
        return read(driver->fd, &woken, sizeof woken) == 123 ? 0 : -EAGAIN;
    memcpy(buffer, fake.coming, count);
    fake.coming_count -= (uint32_t)count;
    memmove(fake.coming, fake.coming + count, fake.coming_count);
    return (ssize_t)count;
}

static ssize_t fake__write(struct comm_driver *driver, const void *buffer, size_t size)
{
    uint32_t *count = fake.slow ? &fake.hardware_count : &fake.left_count;
    (void)driver;
    if (fake__is_held() || *count + size > FAKE_BYTES)
        return -EAGAIN;
    memcpy((fake.slow ? fake.hardware : fake.left) + *count, buffer, size);
    *count += (uint32_t)size;
    return (ssize_t)size;
}

static bool fake__send_ahead(struct comm_driver *driver, uint8_t byte)
{
    (void)driver;
    if (fake__is_held())
        return false;
    fake.left[fake.left_count++] = byte;
    return true;
}

static uint32_t fake__unsent(struct comm_driver *driver)
{
    (void)driver;
    return fake.hardware_count;
}

static void fake__look(struct comm_driver *driver, struct comm_signals *signals)
{
    (void)driver;
    *signals = fake.signals;
}

static NTSTATUS fake__set_lines(struct comm_driver *driver, uint32_t raise, uint32_t lower)
{
    (void)driver;
    fake.raised = (fake.raised | raise) & ~lower;
    return STATUS_SUCCESS;
}

static uint32_t fake__raised(struct comm_driver *driver)
{
    (void)driver;
    return fake.raised;
}

static NTSTATUS fake__set_break(struct comm_driver *driver, bool on)
{
    (void)driver;
    fake.in_break = on;
    return STATUS_SUCCESS;
}

static NTSTATUS fake__hold(struct comm_driver *driver, bool on)
{
    (void)driver, (void)on;
    return STATUS_SUCCESS;
}

static void fake__discard(struct comm_driver *driver, bool input, bool output)
{
    (void)driver;
    if (input)
        fake.coming_count = 0;
    if (output)
        fake.hardware_count = 0;
}

static void fake__release(struct comm_driver *driver)
{
    (void)driver;
}

static void fake__destroy(struct comm_driver *driver)
{
    close(driver->fd);
    __atomic_store_n(&fake.destroyed, true, __ATOMIC_RELEASE);
}

static const struct comm_driver_ops fake__ops = {
    .configure = fake__configure,
    .current = fake__current,
    .read = fake__read,
    .write = fake__write,
    .send_ahead = fake__send_ahead,
    .unsent = fake__unsent,
    .look = fake__look,
    .set_lines = fake__set_lines,
    .raised = fake__raised,
    .set_break = fake__set_break,
    .hold = fake__hold,
    .discard = fake__discard,
    .release = fake__release,
    .destroy = fake__destroy,
};

/* ---- the other end ---- */

/* Bytes come in, as a driver gives them. */
static void fake_receive(const void *bytes, size_t size)
{
    uint64_t one = 1;
    file_lock(&comm->file);
    assert_true(fake.coming_count + size <= FAKE_BYTES);
    memcpy(fake.coming + fake.coming_count, bytes, size);
    fake.coming_count += (uint32_t)size;
    file_unlock(&comm->file);
    assert_int_equal(write(fake.driver.fd, &one, sizeof one), sizeof one);
}

/* The hardware gets rid of so many bytes. */
static void fake_send(uint32_t count)
{
    file_lock(&comm->file);
    assert_true(count <= fake.hardware_count);
    memcpy(fake.left + fake.left_count, fake.hardware, count);
    fake.left_count += count;
    fake.hardware_count -= count;
    memmove(fake.hardware, fake.hardware + count, fake.hardware_count);
    file_unlock(&comm->file);
}

static void fake_set_lines(uint32_t lines)
{
    file_lock(&comm->file);
    fake.signals.cts += ((fake.signals.lines ^ lines) & MS_CTS_ON) != 0;
    fake.signals.dsr += ((fake.signals.lines ^ lines) & MS_DSR_ON) != 0;
    fake.signals.rlsd += ((fake.signals.lines ^ lines) & MS_RLSD_ON) != 0;
    fake.signals.ring += ((fake.signals.lines ^ lines) & MS_RING_ON) != 0;
    fake.signals.lines = lines;
    file_unlock(&comm->file);
}

static void fake_set_errors(struct comm_signals errors)
{
    file_lock(&comm->file);
    fake.signals.frame += errors.frame;
    fake.signals.overrun += errors.overrun;
    fake.signals.parity += errors.parity;
    fake.signals.breaks += errors.breaks;
    fake.signals.lost += errors.lost;
    file_unlock(&comm->file);
}

static void fake_change(bool *what, bool to)
{
    file_lock(&comm->file);
    *what = to;
    file_unlock(&comm->file);
}

static uint32_t fake_left(void)
{
    uint32_t count;
    file_lock(&comm->file);
    count = fake.left_count;
    file_unlock(&comm->file);
    return count;
}

static int open_line(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof fake);
    fake.driver = (struct comm_driver){.ops = &fake__ops,
                                       .fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
                                       .has_lines = true,
                                       .counts_errors = true,
                                       .identity = 0xfa4e};
    assert_int_equal(comm_create(&fake.driver, FILE_OVERLAPPED, &comm), STATUS_SUCCESS);
    assert_int_equal(handle_open_new(&comm->file.object, FILE_ALL_ACCESS, 0, &line),
                     STATUS_SUCCESS);
    port = CreateIoCompletionPort(line, NULL, 3, 0);
    return port ? 0 : -1;
}

static int close_line(void **state)
{
    DCB dcb = serial_usual_dcb();
    (void)state;
    assert_win32(SetCommState(line, &dcb)); /* the next opening finds it so */
    serial_set_timeouts(line, 0, 0, 0);
    assert_win32(CloseHandle(line));
    CloseHandle(port);
    wait_until(__atomic_load_n(&fake.destroyed, __ATOMIC_ACQUIRE));
    return 0;
}

/* ---- what the program sees ---- */

static DWORD take_packet(const OVERLAPPED *expected, DWORD *moved)
{
    OVERLAPPED *found = NULL;
    ULONG_PTR key = 0;
    DWORD error =
        GetQueuedCompletionStatus(port, moved, &key, &found, TEST_DEADLINE_MS) ? 0 : GetLastError();
    assert_ptr_equal(found, expected);
    return error;
}

static void assert_no_packet(void)
{
    OVERLAPPED *found = NULL;
    ULONG_PTR key;
    DWORD moved;
    assert_fails(WAIT_TIMEOUT, GetQueuedCompletionStatus(port, &moved, &key, &found, 0));
}

static void start_wait(DWORD mask, OVERLAPPED *overlapped, DWORD *events)
{
    memset(overlapped, 0, sizeof *overlapped);
    assert_win32(SetCommMask(line, mask));
    assert_fails(ERROR_IO_PENDING, WaitCommEvent(line, events, overlapped));
}

static void start_write(OVERLAPPED *overlapped, const char *text)
{
    memset(overlapped, 0, sizeof *overlapped);
    assert_fails(ERROR_IO_PENDING, WriteFile(line, text, (DWORD)strlen(text), NULL, overlapped));
}

static DWORD errors_of_line(void)
{
    DWORD errors;
    assert_win32(ClearCommError(line, &errors, NULL));
    return errors;
}

/* ---- modem lines ---- */

/* COMM-007 COMM-021 COMM-075 */
static void lines_follow_the_settings_and_the_program(void **state)
{
    DCB dcb = serial_usual_dcb();
    (void)state;
    assert_int_equal(fake.raised, COMM_DTR | COMM_RTS); /* as they are opened */
    assert_win32(EscapeCommFunction(line, CLRDTR));
    assert_int_equal(fake.raised, COMM_RTS);
    assert_win32(EscapeCommFunction(line, CLRRTS));
    assert_int_equal(fake.raised, 0);
    assert_win32(EscapeCommFunction(line, SETDTR));
    assert_win32(EscapeCommFunction(line, SETRTS));
    assert_int_equal(fake.raised, COMM_DTR | COMM_RTS);
    dcb.fDtrControl = DTR_CONTROL_DISABLE;
    dcb.fRtsControl = RTS_CONTROL_DISABLE;
    assert_win32(SetCommState(line, &dcb));
    assert_int_equal(fake.raised, 0);
}

/* COMM-079 */
static void the_modem_status_shows_the_lines(void **state)
{
    static const DWORD rows[] = {
        MS_CTS_ON, MS_DSR_ON, MS_RING_ON, MS_RLSD_ON, MS_CTS_ON | MS_DSR_ON | MS_RLSD_ON, 0};
    DWORD lines;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fake_set_lines(rows[i]);
        assert_win32(GetCommModemStatus(line, &lines));
        assert_int_equal(lines, rows[i]);
    }
}

/* COMM-068 */
static void a_change_of_a_line_ends_the_wait(void **state)
{
    static const struct {
        DWORD event, on;
    } rows[] = {
        {EV_CTS, MS_CTS_ON}, {EV_DSR, MS_DSR_ON}, {EV_RLSD, MS_RLSD_ON}, {EV_RING, MS_RING_ON}};
    OVERLAPPED overlapped;
    DWORD events, moved;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int on = 1; on >= 0; on--) {
            start_wait(rows[i].event, &overlapped, &events);
            fake_set_lines(on ? rows[i].on : 0);
            assert_int_equal(take_packet(&overlapped, &moved), 0);
            assert_int_equal(events, rows[i].event);
        }
}

/* COMM-064 COMM-068 */
static void a_short_pulse_is_not_lost(void **state)
{
    OVERLAPPED overlapped = {0};
    DWORD events, moved;
    (void)state;
    assert_win32(SetCommMask(line, EV_CTS | EV_DSR));
    fake_set_lines(MS_CTS_ON);
    fake_set_lines(0);
    assert_win32(WaitCommEvent(line, &events, &overlapped));
    assert_int_equal(take_packet(&overlapped, &moved), 0);
    assert_int_equal(events, EV_CTS);
}

/* ---- errors ---- */

/* COMM-069 COMM-072 */
static void errors_and_breaks_are_counted_and_told_once(void **state)
{
    static const struct {
        struct comm_signals errors;
        DWORD event, bits;
    } rows[] = {
        {{.frame = 1}, EV_ERR, CE_FRAME},     {{.overrun = 2}, EV_ERR, CE_OVERRUN},
        {{.parity = 1}, EV_ERR, CE_RXPARITY}, {{.lost = 1}, EV_ERR, CE_RXOVER},
        {{.breaks = 1}, EV_BREAK, CE_BREAK},
    };
    OVERLAPPED overlapped;
    DWORD events, moved;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start_wait(EV_ERR | EV_BREAK, &overlapped, &events);
        fake_set_errors(rows[i].errors);
        assert_int_equal(take_packet(&overlapped, &moved), 0);
        assert_int_equal(events, rows[i].event);
        assert_int_equal(errors_of_line(), rows[i].bits);
        assert_int_equal(errors_of_line(), 0);
    }
}

/* COMM-069 */
static void marks_are_errors_where_nobody_counts(void **state)
{
    DCB dcb = serial_usual_dcb();
    (void)state;
    fake_change(&fake.driver.counts_errors, false);
    fake_receive("\xff\0\0", 3);
    wait_until(errors_of_line() == CE_BREAK);
    assert_int_equal(serial_in_queue(line), 0); /* a break is no byte */
    fake_receive("\xff\0x", 3);
    wait_until(errors_of_line() == CE_FRAME);
    dcb.Parity = EVENPARITY;
    dcb.fParity = TRUE;
    assert_win32(SetCommState(line, &dcb));
    fake_receive("\xff\0x", 3);
    wait_until(errors_of_line() == CE_RXPARITY);
    assert_int_equal(serial_in_queue(line), 2);
}

/* COMM-024 */
static void bad_bytes_are_replaced_on_request(void **state)
{
    DCB dcb = serial_usual_dcb();
    OVERLAPPED overlapped = {0};
    char buffer[5];
    DWORD moved;
    (void)state;
    dcb.Parity = ODDPARITY;
    dcb.fParity = dcb.fErrorChar = TRUE;
    dcb.ErrorChar = '?';
    assert_win32(SetCommState(line, &dcb));
    assert_fails(ERROR_IO_PENDING, ReadFile(line, buffer, 5, NULL, &overlapped));
    fake_receive("a\xff", 2); /* the marks come in pieces */
    fake_receive("\0", 1);
    fake_receive("bc\xff\xff", 4);
    fake_receive("d", 1);
    assert_int_equal(take_packet(&overlapped, &moved), 0);
    assert_memory_equal(buffer,
                        "a?c\xff"
                        "d",
                        5);
}

/* COMM-025 */
static void an_error_ends_everything_until_it_is_cleared(void **state)
{
    DCB dcb = serial_usual_dcb();
    OVERLAPPED read = {0}, write, next = {0}, *found;
    char byte;
    ULONG_PTR key;
    DWORD moved;
    (void)state;
    dcb.fAbortOnError = TRUE;
    assert_win32(SetCommState(line, &dcb));
    fake_change(&fake.slow, true);
    assert_fails(ERROR_IO_PENDING, ReadFile(line, &byte, 1, NULL, &read));
    start_write(&write, "hello");
    fake_set_errors((struct comm_signals){.frame = 1});
    fake_receive("", 0);
    for (int i = 0; i < 2; i++) {
        assert_fails(ERROR_OPERATION_ABORTED,
                     GetQueuedCompletionStatus(port, &moved, &key, &found, TEST_DEADLINE_MS));
        assert_true(found == &read || found == &write);
    }
    assert_fails(ERROR_OPERATION_ABORTED, ReadFile(line, &byte, 1, NULL, &next));
    assert_fails(ERROR_OPERATION_ABORTED, WriteFile(line, "x", 1, NULL, &next));
    assert_int_equal(errors_of_line(), CE_FRAME);
    assert_fails(ERROR_IO_PENDING, ReadFile(line, &byte, 1, NULL, &next));
    fake_receive("y", 1);
    assert_int_equal(take_packet(&next, &moved), 0);
}

/* ---- output that is held, or slow ---- */

static void obey_cts(void)
{
    DCB dcb = serial_usual_dcb();
    dcb.fOutxCtsFlow = TRUE;
    assert_win32(SetCommState(line, &dcb));
}

/* COMM-044 COMM-073 */
static void a_write_that_cts_holds_times_out(void **state)
{
    COMMTIMEOUTS timeouts = {.WriteTotalTimeoutConstant = 50};
    OVERLAPPED write;
    COMSTAT stat;
    DWORD moved = 99;
    (void)state;
    obey_cts();
    assert_win32(SetCommTimeouts(line, &timeouts));
    start_write(&write, "hello");
    assert_win32(ClearCommError(line, NULL, &stat));
    assert_true(stat.fCtsHold);
    assert_int_equal(stat.cbOutQue, 5);
    assert_int_equal(take_packet(&write, &moved), 0);
    assert_int_equal(moved, 0);
    assert_int_equal(write.Internal, STATUS_TIMEOUT);
    fake_set_lines(MS_CTS_ON);
    assert_int_equal(fake_left(), 0);
}

/* COMM-045 */
static void a_write_goes_on_when_cts_is_back(void **state)
{
    OVERLAPPED write;
    DWORD moved;
    (void)state;
    obey_cts();
    start_write(&write, "hello");
    assert_int_equal(WaitForSingleObject(line, 50), WAIT_TIMEOUT);
    fake_set_lines(MS_CTS_ON);
    assert_int_equal(take_packet(&write, &moved), 0);
    assert_int_equal(moved, 5);
    assert_memory_equal(fake.left, "hello", 5);
}

/* COMM-050 COMM-073 */
static void a_slow_write_ends_when_its_last_byte_has_left(void **state)
{
    OVERLAPPED write;
    COMSTAT stat;
    DWORD moved;
    (void)state;
    fake_change(&fake.slow, true);
    start_write(&write, "seventeen bytes!!");
    assert_win32(ClearCommError(line, NULL, &stat));
    assert_int_equal(stat.cbOutQue, 17);
    fake_send(16);
    assert_int_equal(WaitForSingleObject(line, 100), WAIT_TIMEOUT);
    assert_no_packet();
    fake_send(1);
    assert_int_equal(take_packet(&write, &moved), 0);
    assert_int_equal(moved, 17);
}

/* COMM-044 COMM-074 */
static void what_has_not_left_is_taken_back_and_not_counted(void **state)
{
    COMMTIMEOUTS timeouts = {.WriteTotalTimeoutMultiplier = 20};
    OVERLAPPED write;
    DWORD moved;
    (void)state;
    fake_change(&fake.slow, true);
    start_write(&write, "hello");
    fake_send(2);
    assert_win32(CancelIoEx(line, &write));
    assert_int_equal(take_packet(&write, &moved), ERROR_OPERATION_ABORTED);
    assert_int_equal(moved, 2);
    assert_int_equal(fake.hardware_count, 0);
    start_write(&write, "hello");
    fake_send(3);
    assert_win32(PurgeComm(line, PURGE_TXABORT));
    assert_int_equal(take_packet(&write, &moved), ERROR_OPERATION_ABORTED);
    assert_int_equal(moved, 3);
    assert_win32(SetCommTimeouts(line, &timeouts));
    start_write(&write, "hello");
    fake_send(4);
    assert_int_equal(take_packet(&write, &moved), 0);
    assert_int_equal(moved, 4);
    assert_int_equal(write.Internal, STATUS_TIMEOUT);
}

/* COMM-056 COMM-065 */
static void a_flush_waits_for_the_hardware(void **state)
{
    OVERLAPPED overlapped, write;
    DWORD events, moved;
    (void)state;
    fake_change(&fake.slow, true);
    start_wait(EV_TXEMPTY, &overlapped, &events);
    start_write(&write, "ab");
    assert_int_equal(WaitForSingleObject(line, 50), WAIT_TIMEOUT);
    assert_no_packet();
    fake_send(2);
    assert_win32(FlushFileBuffers(line));
    assert_int_equal(fake_left(), 2);
    assert_int_equal(take_packet(&write, &moved), 0);
    assert_int_equal(take_packet(&overlapped, &moved), 0);
    assert_int_equal(events, EV_TXEMPTY);
}

/* COMM-078 */
static void only_one_character_can_wait_to_go_ahead(void **state)
{
    OVERLAPPED write;
    COMSTAT stat;
    DWORD moved;
    (void)state;
    obey_cts();
    start_write(&write, "later");
    assert_win32(TransmitCommChar(line, '!'));
    assert_win32(ClearCommError(line, NULL, &stat));
    assert_true(stat.fTxim);
    assert_fails(ERROR_INVALID_PARAMETER, TransmitCommChar(line, '?'));
    fake_set_lines(MS_CTS_ON);
    assert_int_equal(take_packet(&write, &moved), 0);
    assert_memory_equal(fake.left, "!later", 6);
    assert_win32(TransmitCommChar(line, '?'));
    assert_memory_equal(fake.left, "!later?", 7);
}

/* COMM-077 */
static void a_break_is_held_until_it_is_cleared(void **state)
{
    OVERLAPPED write;
    DWORD moved;
    (void)state;
    assert_win32(SetCommBreak(line));
    assert_true(fake.in_break);
    start_write(&write, "x");
    assert_int_equal(WaitForSingleObject(line, 50), WAIT_TIMEOUT);
    assert_int_equal(fake_left(), 0);
    assert_win32(ClearCommBreak(line));
    assert_false(fake.in_break);
    assert_int_equal(take_packet(&write, &moved), 0);
    assert_int_equal(moved, 1);
}

/* COMM-010 */
static void a_close_drops_what_nobody_takes(void **state)
{
    OVERLAPPED write;
    DWORD moved;
    (void)state;
    fake_change(&fake.slow, true);
    start_write(&write, "hello");
    assert_win32(CloseHandle(line));
    assert_int_equal(take_packet(&write, &moved), ERROR_OPERATION_ABORTED);
    wait_until(__atomic_load_n(&fake.destroyed, __ATOMIC_ACQUIRE));
    assert_int_equal(fake.hardware_count, 0);
    CloseHandle(port);
    open_line(state);
}

/* COMM-033 */
static void a_device_with_lines_says_so(void **state)
{
    COMMPROP properties;
    (void)state;
    assert_win32(GetCommProperties(line, &properties));
    assert_true(properties.dwProvCapabilities & PCF_DTRDSR);
    assert_true(properties.dwProvCapabilities & PCF_RTSCTS);
    assert_true(properties.dwProvCapabilities & PCF_RLSD);
}

#define line_test(f) cmocka_unit_test_setup_teardown(f, open_line, close_line)

int main(void)
{
    const struct CMUnitTest tests[] = {
        line_test(lines_follow_the_settings_and_the_program),
        line_test(the_modem_status_shows_the_lines),
        line_test(a_change_of_a_line_ends_the_wait),
        line_test(a_short_pulse_is_not_lost),
        line_test(errors_and_breaks_are_counted_and_told_once),
        line_test(marks_are_errors_where_nobody_counts),
        line_test(bad_bytes_are_replaced_on_request),
        line_test(an_error_ends_everything_until_it_is_cleared),
        line_test(a_write_that_cts_holds_times_out),
        line_test(a_write_goes_on_when_cts_is_back),
        line_test(a_slow_write_ends_when_its_last_byte_has_left),
        line_test(what_has_not_left_is_taken_back_and_not_counted),
        line_test(a_flush_waits_for_the_hardware),
        line_test(only_one_character_can_wait_to_go_ahead),
        line_test(a_break_is_held_until_it_is_cleared),
        line_test(a_close_drops_what_nobody_takes),
        line_test(a_device_with_lines_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

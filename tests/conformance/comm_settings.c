/* Serial lines: names, opening, settings, texts and control codes (COMM-001 to COMM-033, COMM-080
 * to COMM-082), on pty pairs. */
#include "serial.h"

#include <ntddser.h>
#include <sys/wait.h>
#include <unistd.h>

static HANDLE open_name(const char *name)
{
    return CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
}

static void assert_opens(const char *name)
{
    HANDLE port = open_name(name);
    assert_ptr_not_equal(port, INVALID_HANDLE_VALUE);
    assert_win32(CloseHandle(port));
}

static void assert_does_not_open(const char *name, DWORD error)
{
    SetLastError(LAST_ERROR_SENTINEL);
    assert_ptr_equal(open_name(name), INVALID_HANDLE_VALUE);
    assert_int_equal(GetLastError(), error);
}

static void map(const char *variable, const struct serial *serial)
{
    assert_win32(SetEnvironmentVariableA(variable, serial ? serial->path : NULL));
}

/* ---- names ---- */

/* COMM-001 */
static void ports_have_their_windows_names(void **state)
{
    static const char *const nine[] = {"COM9", "com9", "COM9:", "\\\\.\\COM9", "\\\\.\\com9"};
    struct serial serial = serial_make();
    (void)state;
    map("PORTICO_COM9", &serial);
    map("PORTICO_COM10", &serial);
    for (size_t i = 0; i < sizeof nine / sizeof nine[0]; i++)
        assert_opens(nine[i]);
    assert_opens("\\\\.\\COM10");
    assert_opens("\\\\.\\com10");
    assert_does_not_open("COM10", ERROR_FILE_NOT_FOUND); /* a file's name */
    map("PORTICO_COM9", NULL);
    map("PORTICO_COM10", NULL);
    serial_close(&serial);
}

/* COMM-002 */
static void ports_are_mapped_by_the_environment(void **state)
{
    struct serial serial = serial_make();
    HANDLE port;
    (void)state;
    assert_does_not_open("\\\\.\\COM255", ERROR_FILE_NOT_FOUND);
    assert_does_not_open("\\\\.\\COM0", ERROR_FILE_NOT_FOUND);
    assert_does_not_open("\\\\.\\COM99999999999", ERROR_FILE_NOT_FOUND);
    assert_does_not_open("\\\\.\\COM12x", ERROR_FILE_NOT_FOUND);
    assert_win32(SetEnvironmentVariableA("PORTICO_COM255", "/dev/there/is/none"));
    assert_does_not_open("\\\\.\\COM255", ERROR_FILE_NOT_FOUND);
    assert_win32(SetEnvironmentVariableA("PORTICO_COM255", "/dev/null"));
    assert_does_not_open("\\\\.\\COM255", ERROR_ACCESS_DENIED);
    map("PORTICO_COM255", &serial);
    assert_opens("\\\\.\\COM255");
    port = OpenCommPort(255, GENERIC_READ | GENERIC_WRITE, 0);
    assert_ptr_not_equal(port, INVALID_HANDLE_VALUE);
    assert_win32(CloseHandle(port));
    map("PORTICO_COM255", NULL);
    assert_opens(serial.path); /* a path as it is */
    serial_close(&serial);
}

/* COMM-003 COMM-005 */
static void share_modes_dispositions_and_templates_do_not_matter(void **state)
{
    struct serial serial = serial_make();
    HANDLE port, second;
    (void)state;
    for (DWORD disposition = CREATE_NEW; disposition <= OPEN_ALWAYS; disposition++) {
        port = CreateFileA(serial.name, GENERIC_READ | GENERIC_WRITE,
                           FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, disposition, 0,
                           GetCurrentProcess());
        assert_ptr_not_equal(port, INVALID_HANDLE_VALUE);
        second = CreateFileA(serial.name, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                             OPEN_EXISTING, 0, NULL);
        assert_ptr_equal(second, INVALID_HANDLE_VALUE); /* nothing is shared */
        assert_win32(CloseHandle(port));
    }
    serial_close(&serial);
}

/* COMM-004 */
static void a_port_is_open_once(void **state)
{
    struct serial serial = serial_open(0);
    int status;
    pid_t child;
    (void)state;
    assert_does_not_open(serial.name, ERROR_ACCESS_DENIED);
    assert_does_not_open(serial.path, ERROR_ACCESS_DENIED);
    child = fork();
    if (child == 0)
        _exit(open_name(serial.name) == INVALID_HANDLE_VALUE &&
                      GetLastError() == ERROR_ACCESS_DENIED
                  ? 0
                  : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_win32(CloseHandle(serial.port));
    for (int i = 0; i < 20; i++) /* and free again at once */
        assert_opens(serial.name);
    serial.port = INVALID_HANDLE_VALUE;
    serial_close(&serial);
}

/* COMM-006 COMM-012 */
static void settings_are_valid_at_first_and_outlive_the_handle(void **state)
{
    struct serial serial = serial_make();
    DCB dcb = {0}, again;
    HANDLE port = open_name(serial.name);
    (void)state;
    assert_win32(GetCommState(port, &dcb));
    assert_int_equal(dcb.DCBlength, sizeof dcb);
    assert_true(dcb.BaudRate > 0 && dcb.fBinary && dcb.ByteSize >= 5 && dcb.ByteSize <= 8);
    assert_win32(SetCommState(port, &dcb));
    dcb.BaudRate = 19200;
    dcb.ByteSize = 7;
    dcb.Parity = EVENPARITY;
    assert_win32(SetCommState(port, &dcb));
    assert_win32(CloseHandle(port));
    port = open_name(serial.name);
    assert_win32(GetCommState(port, &again));
    assert_memory_equal(&again, &dcb, sizeof dcb);
    assert_win32(CloseHandle(port));
    serial_close(&serial);
}

/* COMM-008 COMM-009 */
static void only_serial_lines_have_a_state(void **state)
{
    struct serial serial = serial_open(0);
    HANDLE file = CreateFileA(test_temp_path(), GENERIC_READ | GENERIC_WRITE, 0, NULL,
                              CREATE_ALWAYS, 0, NULL);
    HANDLE nul = open_name("NUL"), read_end, write_end;
    DCB dcb;
    (void)state;
    assert_int_equal(GetFileType(serial.port), FILE_TYPE_CHAR);
    assert_win32(CreatePipe(&read_end, &write_end, NULL, 0));
    assert_fails(ERROR_INVALID_FUNCTION, GetCommState(file, &dcb));
    assert_fails(ERROR_INVALID_FUNCTION, GetCommState(nul, &dcb));
    assert_fails(ERROR_INVALID_FUNCTION, GetCommState(read_end, &dcb));
    assert_fails(ERROR_INVALID_HANDLE, GetCommState(INVALID_HANDLE_VALUE, &dcb));
    assert_fails(ERROR_INVALID_HANDLE, GetCommState(NULL, &dcb));
    assert_fails(ERROR_NOACCESS, GetCommState(serial.port, NULL));
    CloseHandle(file);
    CloseHandle(nul);
    CloseHandle(read_end);
    CloseHandle(write_end);
    serial_close(&serial);
}

/* ---- the DCB ---- */

/* COMM-012 COMM-013 COMM-016 COMM-017 COMM-018 COMM-023 */
static void settings_read_back_as_they_were_set(void **state)
{
    static const struct {
        DWORD baud;
        BYTE size, parity, stop;
    } rows[] = {
        {9600, 8, NOPARITY, ONESTOPBIT},     {12345, 7, ODDPARITY, TWOSTOPBITS},
        {250000, 6, EVENPARITY, ONESTOPBIT}, {115200, 5, MARKPARITY, ONE5STOPBITS},
        {50, 8, SPACEPARITY, TWOSTOPBITS},
    };
    struct serial serial = serial_open(0);
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int check = 0; check < 2; check++) {
            DCB dcb = serial_usual_dcb(), now;
            dcb.BaudRate = rows[i].baud;
            dcb.ByteSize = rows[i].size;
            dcb.Parity = rows[i].parity;
            dcb.StopBits = rows[i].stop;
            dcb.fParity = check & 1;
            dcb.fOutX = dcb.fInX = dcb.fTXContinueOnXoff = check & 1;
            dcb.XonLim = 100;
            dcb.XoffLim = 200;
            dcb.fErrorChar = dcb.fNull = dcb.fAbortOnError = check & 1;
            dcb.ErrorChar = '?';
            dcb.EofChar = 26;
            dcb.EvtChar = '\n';
            dcb.DCBlength = 0;
            assert_win32(SetCommState(serial.port, &dcb));
            assert_win32(GetCommState(serial.port, &now));
            assert_int_equal(now.DCBlength, 28);
            dcb.DCBlength = 28;
            assert_memory_equal(&now, &dcb, sizeof dcb);
        }
    serial_close(&serial);
}

static DCB spoiled(int how)
{
    DCB dcb = serial_usual_dcb();
    switch (how) {
    case 0:
        dcb.ByteSize = 255;
        break;
    case 1:
        dcb.ByteSize = 4;
        break;
    case 2:
        dcb.ByteSize = 9;
        break;
    case 3:
        dcb.ByteSize = 5;
        dcb.StopBits = TWOSTOPBITS;
        break;
    case 4:
        dcb.StopBits = ONE5STOPBITS;
        break;
    case 5:
        dcb.BaudRate = 0;
        break;
    case 6:
        dcb.fBinary = FALSE;
        break;
    case 7:
        dcb.fOutX = TRUE;
        dcb.XoffChar = dcb.XonChar;
        break;
    case 8:
        dcb.Parity = 5;
        break;
    case 9:
        dcb.StopBits = 3;
        break;
    default:
        dcb.fDtrControl = 3;
        break;
    }
    return dcb;
}

/* COMM-014 COMM-015 COMM-018 COMM-019 COMM-020 */
static void nonsense_is_refused_and_changes_nothing(void **state)
{
    struct serial serial = serial_open(0);
    DCB before, now;
    DWORD errors;
    (void)state;
    assert_win32(GetCommState(serial.port, &before));
    for (int how = 0; how <= 10; how++) {
        DCB dcb = spoiled(how);
        assert_fails(ERROR_INVALID_PARAMETER, SetCommState(serial.port, &dcb));
        assert_win32(ClearCommError(serial.port, &errors, NULL));
        assert_int_equal(errors, 0);
        assert_win32(GetCommState(serial.port, &now));
        assert_memory_equal(&now, &before, sizeof now);
    }
    serial_close(&serial);
}

/* COMM-021 COMM-022 */
static void flow_control_that_cannot_be_done_is_refused(void **state)
{
    struct serial serial = serial_open(0);
    (void)state;
    for (int how = 0; how < 4; how++) {
        DCB dcb = serial_usual_dcb(), now;
        if (how == 0)
            dcb.fOutxDsrFlow = TRUE;
        if (how == 1)
            dcb.fDtrControl = DTR_CONTROL_HANDSHAKE;
        if (how == 2)
            dcb.fDsrSensitivity = TRUE;
        if (how == 3)
            dcb.fRtsControl = RTS_CONTROL_TOGGLE; /* a pty is no RS-485 line */
        assert_fails(ERROR_NOT_SUPPORTED, SetCommState(serial.port, &dcb));
        assert_win32(GetCommState(serial.port, &now));
        assert_int_equal(now.fRtsControl, RTS_CONTROL_ENABLE);
        assert_false(now.fOutxDsrFlow);
    }
    serial_close(&serial);
}

/* COMM-026 */
static void new_settings_flush_nothing(void **state)
{
    struct serial serial = serial_open(0);
    DCB dcb = serial_usual_dcb();
    char buffer[4];
    DWORD moved;
    (void)state;
    serial_send(&serial, "keep", 4);
    wait_until(serial_in_queue(serial.port) == 4);
    dcb.BaudRate = 1200;
    assert_win32(SetCommState(serial.port, &dcb));
    assert_int_equal(serial_in_queue(serial.port), 4);
    assert_win32(ReadFile(serial.port, buffer, 4, &moved, NULL));
    assert_memory_equal(buffer, "keep", 4);
    serial_close(&serial);
}

/* COMM-027 */
static void the_input_queue_grows_and_never_shrinks(void **state)
{
    struct serial serial = serial_open(0);
    COMMPROP properties;
    char *bytes = calloc(1, 9000), *got = malloc(9000);
    DWORD moved;
    (void)state;
    assert_win32(SetupComm(serial.port, 9000, 100));
    assert_win32(GetCommProperties(serial.port, &properties));
    assert_int_equal(properties.dwCurrentRxQueue, 9000);
    assert_int_equal(properties.dwCurrentTxQueue, 100);
    for (int i = 0; i < 9000; i++)
        bytes[i] = (char)i;
    serial_send(&serial, bytes, 9000);
    wait_until(serial_in_queue(serial.port) == 9000);
    assert_win32(SetupComm(serial.port, 16, 16));
    assert_win32(GetCommProperties(serial.port, &properties));
    assert_int_equal(properties.dwCurrentRxQueue, 9000);
    assert_win32(ReadFile(serial.port, got, 9000, &moved, NULL));
    assert_memory_equal(got, bytes, 9000);
    free(bytes);
    free(got);
    serial_close(&serial);
}

/* COMM-033 */
static void properties_are_honest(void **state)
{
    struct serial serial = serial_open(0);
    COMMPROP properties = {0};
    (void)state;
    assert_win32(GetCommProperties(serial.port, &properties));
    assert_int_equal(properties.wPacketLength, sizeof properties);
    assert_int_equal(properties.dwServiceMask, SP_SERIALCOMM);
    assert_int_equal(properties.dwMaxBaud, BAUD_USER);
    assert_true(properties.dwSettableBaud & BAUD_USER);
    assert_int_equal(properties.dwProvSubType, PST_RS232);
    assert_false(properties.dwProvCapabilities & (PCF_DTRDSR | PCF_RTSCTS | PCF_RLSD));
    assert_true(properties.dwProvCapabilities & PCF_TOTALTIMEOUTS);
    assert_true(properties.dwProvCapabilities & PCF_INTTIMEOUTS);
    serial_close(&serial);
}

/* ---- texts ---- */

/* COMM-028 */
static void a_text_changes_what_it_names(void **state)
{
    static const char *const texts[] = {
        "baud=9600 parity=e data=5 stop=1 xon=on odsr=off octs=off dtr=on rts=on idsr=on",
        "BAUD=9600 PARITY=E DATA=5 STOP=1 XON=ON ODSR=OFF OCTS=OFF DTR=ON RTS=ON IDSR=ON",
    };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        DCB dcb;
        memset(&dcb, 0, sizeof dcb);
        dcb.DCBlength = 0x1234;
        dcb.fOutxDsrFlow = dcb.fOutxCtsFlow = TRUE;
        assert_keeps_last_error(assert_win32(BuildCommDCBA(texts[i], &dcb)));
        assert_int_equal(dcb.DCBlength, 0x1234);
        assert_int_equal(dcb.BaudRate, 9600);
        assert_int_equal(dcb.Parity, EVENPARITY);
        assert_int_equal(dcb.ByteSize, 5);
        assert_int_equal(dcb.StopBits, ONESTOPBIT);
        assert_true(dcb.fInX && dcb.fOutX && dcb.fDsrSensitivity);
        assert_false(dcb.fOutxDsrFlow || dcb.fOutxCtsFlow);
        assert_int_equal(dcb.fDtrControl, DTR_CONTROL_ENABLE);
        assert_int_equal(dcb.fRtsControl, RTS_CONTROL_ENABLE);
        dcb.fOutxCtsFlow = TRUE;
        assert_win32(BuildCommDCBA("rts=hs", &dcb)); /* nothing else */
        assert_int_equal(dcb.fRtsControl, RTS_CONTROL_HANDSHAKE);
        assert_true(dcb.fOutxCtsFlow && dcb.fInX);
    }
}

/* COMM-028 */
static void a_wide_text_does_the_same(void **state)
{
    DCB dcb = serial_usual_dcb();
    COMMTIMEOUTS timeouts = {1, 2, 3, 4, 5};
    (void)state;
    assert_win32(BuildCommDCBW(L"baud=300 stop=2", &dcb));
    assert_int_equal(dcb.BaudRate, 300);
    assert_int_equal(dcb.StopBits, TWOSTOPBITS);
    assert_win32(BuildCommDCBAndTimeoutsW(L"to=off", &dcb, &timeouts));
    assert_int_equal(timeouts.WriteTotalTimeoutConstant, 0);
    assert_fails(ERROR_INVALID_PARAMETER, BuildCommDCBW(NULL, &dcb));
}

/* COMM-029 */
static void the_old_form_goes_by_place(void **state)
{
    static const struct {
        const char *text;
        DWORD baud;
    } rows[] = {
        {"11,n,8,1", 110},   {"15,n,8,1", 150},      {"30,n,8,1", 300},        {"60,n,8,1", 600},
        {"12,n,8,1", 1200},  {"24,n,8,1", 2400},     {"48,n,8,1", 4800},       {"96,N,8,1", 9600},
        {"19,n,8,1", 19200}, {"57600,n,8,1", 57600}, {"96 , N , 8 , 1", 9600}, {"96,N,8,1 ", 9600},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        DCB dcb = serial_usual_dcb();
        dcb.fInX = dcb.fOutX = dcb.fOutxCtsFlow = dcb.fOutxDsrFlow = TRUE;
        dcb.fRtsControl = RTS_CONTROL_HANDSHAKE;
        dcb.ByteSize = 5;
        assert_win32(BuildCommDCBA(rows[i].text, &dcb));
        assert_int_equal(dcb.BaudRate, rows[i].baud);
        assert_int_equal(dcb.ByteSize, 8);
        assert_int_equal(dcb.StopBits, ONESTOPBIT);
        assert_false(dcb.fInX || dcb.fOutX || dcb.fOutxCtsFlow || dcb.fOutxDsrFlow);
        assert_int_equal(dcb.fDtrControl, DTR_CONTROL_ENABLE);
        assert_int_equal(dcb.fRtsControl, RTS_CONTROL_ENABLE);
    }
}

/* COMM-029 */
static void the_old_form_ends_in_flow_control(void **state)
{
    DCB dcb = serial_usual_dcb();
    (void)state;
    assert_win32(BuildCommDCBA("96,e,7,2,x", &dcb));
    assert_true(dcb.fInX && dcb.fOutX);
    assert_false(dcb.fOutxCtsFlow || dcb.fOutxDsrFlow);
    assert_int_equal(dcb.Parity, EVENPARITY);
    assert_int_equal(dcb.StopBits, TWOSTOPBITS);
    assert_win32(BuildCommDCBA("96,m,7,1.5,P", &dcb));
    assert_false(dcb.fInX || dcb.fOutX);
    assert_true(dcb.fOutxCtsFlow && dcb.fOutxDsrFlow);
    assert_int_equal(dcb.fDtrControl, DTR_CONTROL_HANDSHAKE);
    assert_int_equal(dcb.fRtsControl, RTS_CONTROL_HANDSHAKE);
    assert_int_equal(dcb.StopBits, ONE5STOPBITS);
}

/* COMM-030 */
static void bad_texts_change_nothing(void **state)
{
    static const char *const texts[] = {
        " baud=9600",
        "baud= 9600",
        "data=4",
        "data=9",
        "parity=no",
        "stop=0",
        "stop=1.501",
        "stop=3",
        "to=foobar",
        "baud=9600,data=8",
        "96,N,8,1 to=on",
        "96,N,8,1,K",
        "96,NO,8,1",
        "COM0:96,N,8,1",
        "COM0:baud=9600",
        "COM254:baud=300",
        "COM",
        "COM1",
        "",
        "baud=-1",
        "96,N,8,1,x,",
        "96,,8,1",
        "baud=99999999999",
        "nothing=on",
        ",",
    };
    const DCB before = serial_usual_dcb();
    COMMTIMEOUTS timeouts = {1, 2, 3, 4, 5};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        DCB dcb = before;
        assert_fails(ERROR_INVALID_PARAMETER, BuildCommDCBA(texts[i], &dcb));
        assert_fails(ERROR_INVALID_PARAMETER, BuildCommDCBAndTimeoutsA(texts[i], &dcb, &timeouts));
        assert_memory_equal(&dcb, &before, sizeof dcb);
        assert_int_equal(timeouts.WriteTotalTimeoutConstant, 5);
    }
    assert_fails(ERROR_INVALID_PARAMETER, BuildCommDCBA(NULL, NULL));
}

/* COMM-031 */
static void a_text_may_begin_with_a_port(void **state)
{
    struct serial serial = serial_make();
    DCB dcb = serial_usual_dcb();
    COMMTIMEOUTS timeouts = {0};
    char name[16], text[64];
    (void)state;
    memcpy(name, serial.name + 4, sizeof name);
    name[sizeof name - 1] = 0;
    sprintf(text, "%s:baud=300", name);
    assert_win32(BuildCommDCBA(text, &dcb));
    assert_int_equal(dcb.BaudRate, 300);
    sprintf(text, "%s  :to=on", name);
    assert_win32(BuildCommDCBAndTimeoutsA(text, &dcb, &timeouts));
    assert_int_equal(timeouts.WriteTotalTimeoutConstant, 60000);
    sprintf(text, "%s:24,n,8,1", name);
    assert_win32(BuildCommDCBA(text, &dcb));
    assert_int_equal(dcb.BaudRate, 2400);
    sprintf(text, "%s  :    57600,S,6,2,x", name);
    assert_win32(BuildCommDCBA(text, &dcb));
    assert_int_equal(dcb.BaudRate, 57600);
    assert_int_equal(dcb.StopBits, TWOSTOPBITS);
    sprintf(text, "%s : xon=on data=7", name);
    assert_win32(BuildCommDCBA(text, &dcb));
    assert_int_equal(dcb.ByteSize, 7);
    assert_int_equal(dcb.StopBits, ONESTOPBIT); /* what the text does not say */
    serial_close(&serial);
}

/* COMM-032 */
static void a_text_switches_the_write_timeout(void **state)
{
    COMMTIMEOUTS timeouts = {1, 2, 3, 4, 5}, on = {.WriteTotalTimeoutConstant = 60000}, off = {0};
    const COMMTIMEOUTS before = timeouts;
    DCB dcb = serial_usual_dcb();
    (void)state;
    assert_win32(BuildCommDCBAndTimeoutsA("baud=300", &dcb, &timeouts));
    assert_memory_equal(&timeouts, &before, sizeof timeouts);
    assert_win32(BuildCommDCBAndTimeoutsA("to=on", &dcb, &timeouts));
    assert_memory_equal(&timeouts, &on, sizeof timeouts);
    assert_win32(BuildCommDCBAndTimeoutsA("to=off", &dcb, &timeouts));
    assert_memory_equal(&timeouts, &off, sizeof timeouts);
}

/* ---- control codes ---- */

static BOOL control(const struct serial *serial, DWORD code, void *in, DWORD in_size, void *out,
                    DWORD out_size)
{
    DWORD returned = 0x1234;
    BOOL done = DeviceIoControl(serial->port, code, in, in_size, out, out_size, &returned, NULL);
    assert_true(!done || returned == out_size);
    return done;
}

/* COMM-080 */
static void control_codes_do_what_the_functions_do(void **state)
{
    struct serial serial = serial_open(0);
    SERIAL_BAUD_RATE baud = {1200};
    SERIAL_LINE_CONTROL shape = {STOP_BITS_2, ODD_PARITY, 7};
    SERIAL_CHARS chars = {26, '?', 0, '\n', 1, 2};
    SERIAL_HANDFLOW flow = {.ControlHandShake = SERIAL_DTR_CONTROL | SERIAL_ERROR_ABORT,
                            .FlowReplace = SERIAL_AUTO_TRANSMIT | SERIAL_RTS_CONTROL,
                            .XonLimit = 10,
                            .XoffLimit = 20};
    SERIAL_TIMEOUTS timeouts = {0, 0, 3, 4, 5};
    DWORD number = EV_RXCHAR;
    COMMTIMEOUTS set;
    DCB dcb;
    (void)state;
    assert_win32(control(&serial, IOCTL_SERIAL_SET_BAUD_RATE, &baud, sizeof baud, NULL, 0));
    assert_win32(control(&serial, IOCTL_SERIAL_SET_LINE_CONTROL, &shape, sizeof shape, NULL, 0));
    assert_win32(control(&serial, IOCTL_SERIAL_SET_CHARS, &chars, sizeof chars, NULL, 0));
    assert_win32(control(&serial, IOCTL_SERIAL_SET_HANDFLOW, &flow, sizeof flow, NULL, 0));
    assert_win32(control(&serial, IOCTL_SERIAL_SET_TIMEOUTS, &timeouts, sizeof timeouts, NULL, 0));
    assert_win32(control(&serial, IOCTL_SERIAL_SET_WAIT_MASK, &number, sizeof number, NULL, 0));
    assert_win32(GetCommState(serial.port, &dcb));
    assert_int_equal(dcb.BaudRate, 1200);
    assert_true(dcb.StopBits == TWOSTOPBITS && dcb.Parity == ODDPARITY && dcb.ByteSize == 7);
    assert_true(dcb.EvtChar == '\n' && dcb.XonChar == 1 && dcb.XoffChar == 2);
    assert_true(dcb.fAbortOnError && dcb.fOutX && !dcb.fInX && dcb.XonLim == 10);
    assert_win32(GetCommTimeouts(serial.port, &set));
    assert_memory_equal(&set, &timeouts, sizeof set);
    assert_win32(GetCommMask(serial.port, &number));
    assert_int_equal(number, EV_RXCHAR);
    memset(&baud, 0, sizeof baud);
    memset(&flow, 0, sizeof flow);
    assert_win32(control(&serial, IOCTL_SERIAL_GET_BAUD_RATE, NULL, 0, &baud, sizeof baud));
    assert_int_equal(baud.BaudRate, 1200);
    assert_win32(control(&serial, IOCTL_SERIAL_GET_HANDFLOW, NULL, 0, &flow, sizeof flow));
    assert_int_equal(flow.ControlHandShake, SERIAL_DTR_CONTROL | SERIAL_ERROR_ABORT);
    assert_int_equal(flow.FlowReplace, SERIAL_AUTO_TRANSMIT | SERIAL_RTS_CONTROL);
    number = 99;
    assert_win32(control(&serial, IOCTL_SERIAL_CONFIG_SIZE, NULL, 0, &number, sizeof number));
    assert_int_equal(number, 0);
    serial_close(&serial);
}

/* COMM-080 */
static void control_codes_count_bytes(void **state)
{
    struct serial serial = serial_open(0);
    SERIALPERF_STATS stats;
    SERIAL_STATUS status;
    DWORD moved;
    (void)state;
    assert_win32(WriteFile(serial.port, "hello", 5, &moved, NULL));
    serial_send(&serial, "abc", 3);
    wait_until(serial_in_queue(serial.port) == 3);
    assert_win32(control(&serial, IOCTL_SERIAL_GET_STATS, NULL, 0, &stats, sizeof stats));
    assert_int_equal(stats.TransmittedCount, 5);
    assert_int_equal(stats.ReceivedCount, 3);
    assert_win32(control(&serial, IOCTL_SERIAL_GET_COMMSTATUS, NULL, 0, &status, sizeof status));
    assert_int_equal(status.AmountInInQueue, 3);
    assert_win32(control(&serial, IOCTL_SERIAL_CLEAR_STATS, NULL, 0, NULL, 0));
    assert_win32(control(&serial, IOCTL_SERIAL_GET_STATS, NULL, 0, &stats, sizeof stats));
    assert_int_equal(stats.ReceivedCount, 0);
    serial_close(&serial);
}

/* COMM-080 */
static void control_codes_complete_through_a_port(void **state)
{
    struct serial serial = serial_open(FILE_FLAG_OVERLAPPED);
    HANDLE port = CreateIoCompletionPort(serial.port, NULL, 5, 0);
    OVERLAPPED overlapped = {0}, waiting = {0}, *found;
    SERIAL_BAUD_RATE baud = {0};
    ULONG_PTR key;
    DWORD moved, events = 0;
    (void)state;
    assert_win32(DeviceIoControl(serial.port, IOCTL_SERIAL_GET_BAUD_RATE, NULL, 0, &baud,
                                 sizeof baud, &moved, &overlapped));
    assert_win32(GetQueuedCompletionStatus(port, &moved, &key, &found, TEST_DEADLINE_MS));
    assert_ptr_equal(found, &overlapped);
    assert_int_equal(moved, sizeof baud);
    assert_int_equal(baud.BaudRate, CBR_115200);
    assert_win32(SetCommMask(serial.port, EV_RXCHAR));
    assert_fails(ERROR_IO_PENDING, DeviceIoControl(serial.port, IOCTL_SERIAL_WAIT_ON_MASK, NULL, 0,
                                                   &events, sizeof events, NULL, &waiting));
    serial_send(&serial, "x", 1);
    assert_win32(GetQueuedCompletionStatus(port, &moved, &key, &found, TEST_DEADLINE_MS));
    assert_ptr_equal(found, &waiting);
    assert_int_equal(moved, sizeof events);
    assert_int_equal(events, EV_RXCHAR);
    CloseHandle(port);
    serial_close(&serial);
}

/* COMM-080 */
static void bad_control_codes_are_refused(void **state)
{
    struct serial serial = serial_open(0);
    HANDLE file = CreateFileA(test_temp_path(), GENERIC_READ, 0, NULL, CREATE_ALWAYS, 0, NULL);
    DWORD number = 0;
    (void)state;
    assert_fails(ERROR_INVALID_PARAMETER, control(&serial, 0x12345678, NULL, 0, NULL, 0));
    assert_fails(ERROR_INSUFFICIENT_BUFFER,
                 control(&serial, IOCTL_SERIAL_SET_BAUD_RATE, &number, 3, NULL, 0));
    assert_fails(ERROR_INSUFFICIENT_BUFFER,
                 control(&serial, IOCTL_SERIAL_GET_BAUD_RATE, NULL, 0, &number, 3));
    assert_fails(ERROR_NOACCESS, control(&serial, IOCTL_SERIAL_GET_BAUD_RATE, NULL, 0, NULL, 4));
    assert_fails(ERROR_NOACCESS,
                 control(&serial, IOCTL_SERIAL_SET_BAUD_RATE, (void *)8, 4, NULL, 0));
    assert_fails(ERROR_INVALID_PARAMETER,
                 control(&serial, IOCTL_SERIAL_SET_BAUD_RATE, &number, 4, NULL, 0));
    assert_fails(ERROR_INVALID_FUNCTION, DeviceIoControl(file, IOCTL_SERIAL_GET_BAUD_RATE, NULL, 0,
                                                         &number, 4, NULL, NULL));
    assert_fails(ERROR_INVALID_HANDLE, DeviceIoControl(NULL, 0, NULL, 0, NULL, 0, NULL, NULL));
    CloseHandle(file);
    serial_close(&serial);
}

/* ---- configurations and lists ---- */

/* COMM-081 */
static void configurations_wrap_the_dcb(void **state)
{
    struct serial serial = serial_open(0);
    COMMCONFIG config;
    DWORD size = 10;
    DCB dcb;
    (void)state;
    assert_fails(ERROR_INSUFFICIENT_BUFFER, GetCommConfig(serial.port, &config, &size));
    assert_int_equal(size, sizeof config);
    assert_win32(GetCommConfig(serial.port, &config, &size));
    assert_int_equal(config.dwSize, sizeof config);
    assert_int_equal(config.dcb.BaudRate, CBR_115200);
    config.dcb.BaudRate = 300;
    assert_fails(ERROR_INVALID_PARAMETER, SetCommConfig(serial.port, &config, 4));
    assert_win32(SetCommConfig(serial.port, &config, sizeof config));
    assert_win32(GetCommState(serial.port, &dcb));
    assert_int_equal(dcb.BaudRate, 300);
    memset(&config, 0, sizeof config);
    assert_win32(GetDefaultCommConfigA(serial.name + 4, &config, &size));
    assert_int_equal(config.dcb.BaudRate, 9600);
    assert_fails(ERROR_FILE_NOT_FOUND, GetDefaultCommConfigA("COM254", &config, &size));
    assert_fails(ERROR_FILE_NOT_FOUND, GetDefaultCommConfigW(L"printer", &config, &size));
    assert_fails(ERROR_CALL_NOT_IMPLEMENTED, CommConfigDialogA(serial.name + 4, NULL, &config));
    assert_fails(ERROR_CALL_NOT_IMPLEMENTED, CommConfigDialogW(L"COM1", NULL, &config));
    serial_close(&serial);
}

static BOOL lists(const char *names, const char *name)
{
    for (; *names; names += strlen(names) + 1)
        if (strcmp(names, name) == 0)
            return TRUE;
    return FALSE;
}

/* COMM-082 */
static void the_mapped_ports_are_listed(void **state)
{
    struct serial serial = serial_make();
    ULONG numbers[256], found = 0, number = (ULONG)atoi(serial.name + 7);
    char names[8192], target[128];
    wchar_t wide[128];
    BOOL there = FALSE;
    (void)state;
    assert_int_equal(GetCommPorts(NULL, 0, &found), ERROR_MORE_DATA);
    assert_true(found >= 1);
    assert_int_equal(GetCommPorts(numbers, 256, &found), ERROR_SUCCESS);
    for (ULONG i = 0; i < found; i++)
        there |= numbers[i] == number;
    assert_true(there);
    assert_int_equal(GetCommPorts(NULL, 4, &found), ERROR_INVALID_PARAMETER);
    assert_true(QueryDosDeviceA(NULL, names, sizeof names) > 0);
    assert_true(lists(names, serial.name + 4));
    assert_true(lists(names, "NUL"));
    assert_true(QueryDosDeviceA(serial.name + 4, target, sizeof target) > 0);
    assert_string_equal(target + strlen("\\Device\\"), serial.path + strlen("/dev/"));
    assert_int_equal(QueryDosDeviceW(L"nul", wide, 128), 14);
    assert_fails(ERROR_INSUFFICIENT_BUFFER, QueryDosDeviceA(serial.name + 4, target, 4));
    assert_fails(ERROR_FILE_NOT_FOUND, QueryDosDeviceA("COM254", target, sizeof target));
    serial_close(&serial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ports_have_their_windows_names),
        cmocka_unit_test(ports_are_mapped_by_the_environment),
        cmocka_unit_test(share_modes_dispositions_and_templates_do_not_matter),
        cmocka_unit_test(a_port_is_open_once),
        cmocka_unit_test(settings_are_valid_at_first_and_outlive_the_handle),
        cmocka_unit_test(only_serial_lines_have_a_state),
        cmocka_unit_test(settings_read_back_as_they_were_set),
        cmocka_unit_test(nonsense_is_refused_and_changes_nothing),
        cmocka_unit_test(flow_control_that_cannot_be_done_is_refused),
        cmocka_unit_test(new_settings_flush_nothing),
        cmocka_unit_test(the_input_queue_grows_and_never_shrinks),
        cmocka_unit_test(properties_are_honest),
        cmocka_unit_test(a_text_changes_what_it_names),
        cmocka_unit_test(a_wide_text_does_the_same),
        cmocka_unit_test(the_old_form_goes_by_place),
        cmocka_unit_test(the_old_form_ends_in_flow_control),
        cmocka_unit_test(bad_texts_change_nothing),
        cmocka_unit_test(a_text_may_begin_with_a_port),
        cmocka_unit_test(a_text_switches_the_write_timeout),
        cmocka_unit_test(control_codes_do_what_the_functions_do),
        cmocka_unit_test(control_codes_count_bytes),
        cmocka_unit_test(control_codes_complete_through_a_port),
        cmocka_unit_test(bad_control_codes_are_refused),
        cmocka_unit_test(configurations_wrap_the_dcb),
        cmocka_unit_test(the_mapped_ports_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

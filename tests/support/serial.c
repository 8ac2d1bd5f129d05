#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* posix_openpt */
#endif
#include "serial.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>

struct serial serial_make(void)
{
    static _Atomic unsigned next = 100;
    unsigned number = atomic_fetch_add(&next, 1);
    char variable[24];
    struct serial serial = {.port = INVALID_HANDLE_VALUE};
    serial.wire = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    assert_true(serial.wire >= 0);
    assert_int_equal(grantpt(serial.wire), 0);
    assert_int_equal(unlockpt(serial.wire), 0);
    assert_int_equal(ptsname_r(serial.wire, serial.path, sizeof serial.path), 0);
    sprintf(serial.name, "\\\\.\\COM%u", number);
    sprintf(variable, "PORTICO_COM%u", number);
    assert_win32(SetEnvironmentVariableA(variable, serial.path));
    return serial;
}

DCB serial_usual_dcb(void)
{
    return (DCB){.DCBlength = sizeof(DCB),
                 .BaudRate = CBR_115200,
                 .fBinary = TRUE,
                 .fDtrControl = DTR_CONTROL_ENABLE,
                 .fRtsControl = RTS_CONTROL_ENABLE,
                 .ByteSize = 8,
                 .Parity = NOPARITY,
                 .StopBits = ONESTOPBIT,
                 .XonChar = 0x11,
                 .XoffChar = 0x13};
}

HANDLE serial_open_port(const struct serial *serial, DWORD flags)
{
    DCB dcb = serial_usual_dcb();
    HANDLE port = CreateFileA(serial->name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                              flags, NULL);
    assert_ptr_not_equal(port, INVALID_HANDLE_VALUE);
    assert_win32(SetCommState(port, &dcb));
    serial_set_timeouts(port, 0, 0, 0);
    return port;
}

struct serial serial_open(DWORD flags)
{
    struct serial serial = serial_make();
    serial.port = serial_open_port(&serial, flags);
    return serial;
}

void serial_close(struct serial *serial)
{
    if (serial->port != INVALID_HANDLE_VALUE)
        assert_win32(CloseHandle(serial->port));
    close(serial->wire);
}

void serial_send(const struct serial *serial, const void *bytes, size_t size)
{
    size_t sent = 0;
    while (sent < size) {
        ssize_t count = -1;
        wait_until((count = write(serial->wire, (const char *)bytes + sent, size - sent)) > 0);
        sent += (size_t)count;
    }
}

void serial_expect(const struct serial *serial, const void *bytes, size_t size)
{
    char got[256];
    size_t have = 0;
    assert_true(size <= sizeof got);
    while (have < size) {
        ssize_t count = -1;
        wait_until((count = read(serial->wire, got + have, size - have)) > 0);
        have += (size_t)count;
    }
    assert_memory_equal(got, bytes, size);
}

void serial_set_timeouts(HANDLE port, DWORD interval, DWORD multiplier, DWORD constant)
{
    COMMTIMEOUTS timeouts = {.ReadIntervalTimeout = interval,
                             .ReadTotalTimeoutMultiplier = multiplier,
                             .ReadTotalTimeoutConstant = constant};
    assert_win32(SetCommTimeouts(port, &timeouts));
}

DWORD serial_in_queue(HANDLE port)
{
    COMSTAT stat;
    assert_win32(ClearCommError(port, NULL, &stat));
    return stat.cbInQue;
}

/* A serial line on a tty: a UART, a USB adapter or the slave side of a pty. Any speed is set with
 * BOTHER; what the line's thread polls is opened without blocking. A pty has neither modem lines
 * nor a shape of bytes: it takes every setting and passes all eight bits. */
#include "comm_driver.h"
#include "status.h"

#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum {
    MAJOR_CONSOLE = 4, /* minors below 64 are the screen's */
    MINOR_SERIAL = 64,
    MAJOR_DEV_TTY = 5,
    MAJOR_PTY_FIRST = 136,
    MAJOR_PTY_LAST = 143,
};

struct comm_tty {
    struct comm_driver driver;
    bool is_pty;
    struct comm_signals last; /* counted here if the device does not */
};

static struct comm_tty *tty__of(struct comm_driver *driver)
{
    return (struct comm_tty *)driver;
}

static NTSTATUS tty__control(struct comm_driver *driver, unsigned long code, void *argument)
{
    return ioctl(driver->fd, code, argument) < 0 ? status_from_errno(errno) : STATUS_SUCCESS;
}

/* ---- settings ---- */

static const struct {
    uint32_t bits;
    tcflag_t flag;
} tty__sizes[] = {{5, CS5}, {6, CS6}, {7, CS7}, {8, CS8}};

static tcflag_t tty__control_flags(const DCB *dcb)
{
    static const tcflag_t parities[] = {
        [NOPARITY] = 0,
        [ODDPARITY] = PARENB | PARODD,
        [EVENPARITY] = PARENB,
        [MARKPARITY] = PARENB | PARODD | CMSPAR,
        [SPACEPARITY] = PARENB | CMSPAR,
    };
    tcflag_t flags = CREAD | CLOCAL | HUPCL | BOTHER | BOTHER << IBSHIFT | parities[dcb->Parity];
    flags |= tty__sizes[dcb->ByteSize - 5].flag;
    if (dcb->StopBits != ONESTOPBIT)
        flags |= CSTOPB;
    if (dcb->fOutxCtsFlow || dcb->fRtsControl == RTS_CONTROL_HANDSHAKE)
        flags |= CRTSCTS;
    return flags;
}

static struct termios2 tty__termios(const DCB *dcb)
{
    struct termios2 termios = {
        .c_iflag = PARMRK,
        .c_cflag = tty__control_flags(dcb),
        .c_ispeed = dcb->BaudRate,
        .c_ospeed = dcb->BaudRate,
    };
    if (dcb->fParity && dcb->Parity != NOPARITY)
        termios.c_iflag |= INPCK;
    if (dcb->fOutX)
        termios.c_iflag |= IXON;
    if (dcb->fInX)
        termios.c_iflag |= IXOFF;
    termios.c_cc[VMIN] = 1; /* a read of nothing is then no end */
    termios.c_cc[VSTART] = (cc_t)dcb->XonChar;
    termios.c_cc[VSTOP] = (cc_t)dcb->XoffChar;
    return termios;
}

/* Has the device taken what was asked for? It may round the speed a little. */
static bool tty__took(const struct comm_tty *tty, const struct termios2 *asked)
{
    const tcflag_t shape = CSIZE | CSTOPB | PARENB | PARODD | CMSPAR | CRTSCTS;
    struct termios2 termios;
    int64_t difference;
    if (tty->is_pty)
        return true;
    if (ioctl(tty->driver.fd, TCGETS2, &termios) < 0)
        return false;
    difference = (int64_t)termios.c_ospeed - (int64_t)asked->c_ospeed;
    return (termios.c_cflag & shape) == (asked->c_cflag & shape) &&
           llabs(difference) * 100 <= (int64_t)asked->c_ospeed * 4;
}

/* RTS up while sending: only some devices do that. */
static NTSTATUS tty__set_toggle(struct comm_driver *driver, bool on)
{
    struct serial_rs485 rs485 = {.flags = on ? SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND : 0};
    struct serial_rs485 now = {0};
    bool known = ioctl(driver->fd, TIOCGRS485, &now) == 0;
    if (on == (known && (now.flags & SER_RS485_ENABLED)))
        return STATUS_SUCCESS;
    return ioctl(driver->fd, TIOCSRS485, &rs485) < 0 ? STATUS_NOT_SUPPORTED : STATUS_SUCCESS;
}

static NTSTATUS tty__set_lines(struct comm_driver *driver, uint32_t raise, uint32_t lower);

static void tty__configure_lines(struct comm_driver *driver, const DCB *dcb)
{
    uint32_t raise = 0, lower = 0;
    *(dcb->fDtrControl == DTR_CONTROL_DISABLE ? &lower : &raise) |= COMM_DTR;
    if (dcb->fRtsControl == RTS_CONTROL_DISABLE)
        lower |= COMM_RTS;
    else if (dcb->fRtsControl == RTS_CONTROL_ENABLE)
        raise |= COMM_RTS;
    tty__set_lines(driver, raise, lower);
}

static NTSTATUS tty__configure(struct comm_driver *driver, const DCB *dcb)
{
    struct termios2 termios = tty__termios(dcb), before;
    NTSTATUS status;
    if (ioctl(driver->fd, TCGETS2, &before) < 0)
        return STATUS_UNSUCCESSFUL;
    status = tty__set_toggle(driver, dcb->fRtsControl == RTS_CONTROL_TOGGLE);
    if (status != STATUS_SUCCESS)
        return status;
    if (ioctl(driver->fd, TCSETS2, &termios) < 0 || !tty__took(tty__of(driver), &termios)) {
        ioctl(driver->fd, TCSETS2, &before);
        return STATUS_INVALID_PARAMETER;
    }
    tty__configure_lines(driver, dcb);
    return STATUS_SUCCESS;
}

static BYTE tty__parity(tcflag_t flags)
{
    if (!(flags & PARENB))
        return NOPARITY;
    if (flags & CMSPAR)
        return flags & PARODD ? MARKPARITY : SPACEPARITY;
    return flags & PARODD ? ODDPARITY : EVENPARITY;
}

static void tty__current(struct comm_driver *driver, DCB *dcb)
{
    struct termios2 termios = {.c_cflag = CS8, .c_ospeed = 9600};
    ioctl(driver->fd, TCGETS2, &termios);
    *dcb = (DCB){
        .DCBlength = sizeof *dcb,
        .BaudRate = termios.c_ospeed ? termios.c_ospeed : 9600,
        .fBinary = 1,
        .fParity = (termios.c_iflag & INPCK) != 0,
        .fOutxCtsFlow = (termios.c_cflag & CRTSCTS) != 0,
        .fDtrControl = DTR_CONTROL_ENABLE,
        .fOutX = (termios.c_iflag & IXON) && termios.c_cc[VSTART] != termios.c_cc[VSTOP],
        .fRtsControl = termios.c_cflag & CRTSCTS ? RTS_CONTROL_HANDSHAKE : RTS_CONTROL_ENABLE,
        .XonLim = 2048,
        .XoffLim = 512,
        .Parity = tty__parity(termios.c_cflag),
        .XonChar = 0x11,
        .XoffChar = 0x13,
    };
    dcb->fInX = (termios.c_iflag & IXOFF) && dcb->fOutX;
    for (size_t i = 0; i < sizeof tty__sizes / sizeof tty__sizes[0]; i++)
        if ((termios.c_cflag & CSIZE) == tty__sizes[i].flag)
            dcb->ByteSize = (BYTE)tty__sizes[i].bits;
    if (termios.c_cflag & CSTOPB)
        dcb->StopBits = dcb->ByteSize == 5 ? ONE5STOPBITS : TWOSTOPBITS;
}

/* ---- bytes ---- */

static ssize_t tty__read(struct comm_driver *driver, void *buffer, size_t size)
{
    ssize_t count = read(driver->fd, buffer, size);
    return count < 0 ? -errno : count;
}

static ssize_t tty__write(struct comm_driver *driver, const void *buffer, size_t size)
{
    ssize_t count = write(driver->fd, buffer, size);
    return count < 0 ? -errno : count;
}

/* The kernel sends the stop character ahead of everything, whatever holds the rest. A NUL cannot be
 * one. */
static bool tty__send_ahead(struct comm_driver *driver, uint8_t byte)
{
    struct termios2 termios, other;
    bool sent;
    if (byte == 0)
        return write(driver->fd, &byte, 1) == 1;
    if (ioctl(driver->fd, TCGETS2, &termios) < 0)
        return false;
    other = termios;
    other.c_cc[VSTOP] = byte;
    if (ioctl(driver->fd, TCSETS2, &other) < 0)
        return false;
    sent = ioctl(driver->fd, TCXONC, TCIOFF) == 0;
    ioctl(driver->fd, TCSETS2, &termios);
    return sent;
}

static uint32_t tty__unsent(struct comm_driver *driver)
{
    int count = 0;
    return ioctl(driver->fd, TIOCOUTQ, &count) < 0 || count < 0 ? 0 : (uint32_t)count;
}

static void tty__discard(struct comm_driver *driver, bool input, bool output)
{
    if (input || output)
        ioctl(driver->fd, TCFLSH, input && output ? TCIOFLUSH : input ? TCIFLUSH : TCOFLUSH);
}

/* ---- lines ---- */

/* Counts a change that the device does not. */
static void tty__count(struct comm_signals *signals, uint32_t lines)
{
    uint32_t changed = signals->lines ^ lines;
    signals->cts += (changed & MS_CTS_ON) != 0;
    signals->dsr += (changed & MS_DSR_ON) != 0;
    signals->ring += (changed & MS_RING_ON) != 0;
    signals->rlsd += (changed & MS_RLSD_ON) != 0;
    signals->lines = lines;
}

static uint32_t tty__incoming(int lines)
{
    return (lines & TIOCM_CTS ? MS_CTS_ON : 0) | (lines & TIOCM_DSR ? MS_DSR_ON : 0) |
           (lines & TIOCM_RNG ? MS_RING_ON : 0) | (lines & TIOCM_CAR ? MS_RLSD_ON : 0);
}

static void tty__look(struct comm_driver *driver, struct comm_signals *signals)
{
    struct comm_tty *tty = tty__of(driver);
    struct serial_icounter_struct counts;
    int lines = 0;
    if (driver->has_lines && ioctl(driver->fd, TIOCMGET, &lines) == 0)
        tty__count(&tty->last, tty__incoming(lines));
    if (driver->counts_errors && ioctl(driver->fd, TIOCGICOUNT, &counts) == 0) {
        tty->last.cts = (uint32_t)counts.cts;
        tty->last.dsr = (uint32_t)counts.dsr;
        tty->last.ring = (uint32_t)counts.rng;
        tty->last.rlsd = (uint32_t)counts.dcd;
        tty->last.frame = (uint32_t)counts.frame;
        tty->last.overrun = (uint32_t)counts.overrun;
        tty->last.parity = (uint32_t)counts.parity;
        tty->last.breaks = (uint32_t)counts.brk;
        tty->last.lost = (uint32_t)counts.buf_overrun;
    }
    *signals = tty->last;
}

static int tty__outgoing(uint32_t lines)
{
    return (lines & COMM_DTR ? TIOCM_DTR : 0) | (lines & COMM_RTS ? TIOCM_RTS : 0);
}

/* Where there are none nobody is at their other end: that is no error. */
static NTSTATUS tty__set_lines(struct comm_driver *driver, uint32_t raise, uint32_t lower)
{
    int up = tty__outgoing(raise), down = tty__outgoing(lower);
    NTSTATUS status = STATUS_SUCCESS;
    if (!driver->has_lines)
        return STATUS_SUCCESS;
    if (up)
        status = tty__control(driver, TIOCMBIS, &up);
    if (down && status == STATUS_SUCCESS)
        status = tty__control(driver, TIOCMBIC, &down);
    return status;
}

static uint32_t tty__raised(struct comm_driver *driver)
{
    int lines = 0;
    if (driver->has_lines)
        ioctl(driver->fd, TIOCMGET, &lines);
    return (lines & TIOCM_DTR ? COMM_DTR : 0) | (lines & TIOCM_RTS ? COMM_RTS : 0);
}

static NTSTATUS tty__set_break(struct comm_driver *driver, bool on)
{
    return tty__control(driver, on ? TIOCSBRK : TIOCCBRK, NULL);
}

static NTSTATUS tty__hold(struct comm_driver *driver, bool on)
{
    return tty__control(driver, TCXONC, (void *)(uintptr_t)(on ? TCOOFF : TCOON));
}

/* ---- opening and closing ---- */

static void tty__release(struct comm_driver *driver)
{
    ioctl(driver->fd, TIOCNXCL, NULL);
    flock(driver->fd, LOCK_UN);
}

static void tty__destroy(struct comm_driver *driver)
{
    close(driver->fd);
    free(driver);
}

static const struct comm_driver_ops tty__ops = {
    .configure = tty__configure,
    .current = tty__current,
    .read = tty__read,
    .write = tty__write,
    .send_ahead = tty__send_ahead,
    .unsent = tty__unsent,
    .look = tty__look,
    .set_lines = tty__set_lines,
    .raised = tty__raised,
    .set_break = tty__set_break,
    .hold = tty__hold,
    .discard = tty__discard,
    .release = tty__release,
    .destroy = tty__destroy,
};

static bool tty__is_pty(const struct stat *st)
{
    return major(st->st_rdev) >= MAJOR_PTY_FIRST && major(st->st_rdev) <= MAJOR_PTY_LAST;
}

bool comm_tty_is_line(int fd)
{
    struct termios2 termios;
    struct stat st;
    pid_t session;
    if (fstat(fd, &st) < 0 || ioctl(fd, TCGETS2, &termios) < 0)
        return false;
    if (major(st.st_rdev) == MAJOR_DEV_TTY ||
        (major(st.st_rdev) == MAJOR_CONSOLE && minor(st.st_rdev) < MINOR_SERIAL))
        return false;
    return ioctl(fd, TIOCGSID, &session) < 0 || session != getsid(0);
}

/* Others' openings fail from now on: those of other programs by the tty itself, unless they are
 * root's, those of Portico's by the lock. */
static NTSTATUS tty__claim(int fd)
{
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return STATUS_ACCESS_DENIED;
    ioctl(fd, TIOCEXCL, NULL);
    return STATUS_SUCCESS;
}

NTSTATUS comm_tty_adopt(int fd, struct comm_driver **driver)
{
    struct comm_tty *tty = calloc(1, sizeof *tty);
    struct serial_icounter_struct counts;
    struct stat st;
    int lines, flags = fcntl(fd, F_GETFL);
    NTSTATUS status = tty ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    if (status == STATUS_SUCCESS && (fstat(fd, &st) < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK)))
        status = status_from_errno(errno);
    if (status == STATUS_SUCCESS)
        status = tty__claim(fd);
    if (status != STATUS_SUCCESS) {
        close(fd);
        free(tty);
        return status;
    }
    tty->driver = (struct comm_driver){
        .ops = &tty__ops,
        .fd = fd,
        .has_lines = ioctl(fd, TIOCMGET, &lines) == 0,
        .counts_errors = ioctl(fd, TIOCGICOUNT, &counts) == 0,
        .identity = st.st_rdev,
    };
    tty->is_pty = tty__is_pty(&st);
    *driver = &tty->driver;
    return STATUS_SUCCESS;
}

static NTSTATUS tty__open_error(int err)
{
    if (err == ENOENT || err == ENXIO || err == ENODEV || err == EIO)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    return err == EBUSY ? STATUS_ACCESS_DENIED : status_from_errno(err);
}

NTSTATUS comm_tty_open(const char *path, struct comm_driver **driver)
{
    struct termios2 termios;
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return tty__open_error(errno);
    if (ioctl(fd, TCGETS2, &termios) < 0) {
        NTSTATUS status = errno == EIO ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_ACCESS_DENIED;
        close(fd);
        return status;
    }
    return comm_tty_adopt(fd, driver);
}

/* Settings and state of a serial line: what commapi.h and the control codes both ask for. */
#include "comm.h"

enum {
    KNOWN_EVENTS = 0x1FFF,
    KNOWN_PURGES = PURGE_TXABORT | PURGE_RXABORT | PURGE_TXCLEAR | PURGE_RXCLEAR,
};

_Static_assert(sizeof(DCB) == 28, "Windows' layout");
_Static_assert(sizeof(COMSTAT) == 12, "Windows' layout");
_Static_assert(sizeof(COMMPROP) == 64, "Windows' layout");
_Static_assert(sizeof(COMMCONFIG) == 52, "Windows' layout");
_Static_assert(sizeof(COMMTIMEOUTS) == 20, "Windows' layout");

/* Takes the lock. STATUS_UNSUCCESSFUL: the device is gone, and there is no lock to give back. */
static NTSTATUS comm__enter(struct comm *comm)
{
    file_lock(&comm->file);
    if (!comm->gone)
        return STATUS_SUCCESS;
    file_unlock(&comm->file);
    return STATUS_UNSUCCESSFUL;
}

static NTSTATUS comm__leave(struct comm *comm, NTSTATUS status)
{
    file_unlock(&comm->file);
    return status;
}

/* ---- the DCB ---- */

static bool dcb__has_valid_shape(const DCB *dcb)
{
    if (dcb->ByteSize < 5 || dcb->ByteSize > 8 || dcb->Parity > SPACEPARITY ||
        dcb->StopBits > TWOSTOPBITS)
        return false;
    return dcb->StopBits == ONESTOPBIT || (dcb->StopBits == ONE5STOPBITS) == (dcb->ByteSize == 5);
}

/* What the kernel's line drivers cannot do is refused, not forgotten (COMM-021). */
static NTSTATUS dcb__check(const DCB *dcb)
{
    if (!dcb__has_valid_shape(dcb) || dcb->BaudRate == 0 || !dcb->fBinary ||
        dcb->fDtrControl > DTR_CONTROL_HANDSHAKE)
        return STATUS_INVALID_PARAMETER;
    if ((dcb->fOutX || dcb->fInX) && dcb->XonChar == dcb->XoffChar)
        return STATUS_INVALID_PARAMETER;
    if (dcb->fOutxDsrFlow || dcb->fDsrSensitivity || dcb->fDtrControl == DTR_CONTROL_HANDSHAKE)
        return STATUS_NOT_SUPPORTED;
    return STATUS_SUCCESS;
}

NTSTATUS comm_get_state(struct comm *comm, DCB *dcb)
{
    NTSTATUS status = comm__enter(comm);
    if (status != STATUS_SUCCESS)
        return status;
    *dcb = comm->dcb;
    return comm__leave(comm, STATUS_SUCCESS);
}

NTSTATUS comm_set_state(struct comm *comm, const DCB *dcb)
{
    DCB wanted = *dcb;
    NTSTATUS status = dcb__check(dcb);
    if (status == STATUS_SUCCESS)
        status = comm__enter(comm);
    if (status != STATUS_SUCCESS)
        return status;
    wanted.DCBlength = sizeof wanted;
    status = comm->driver->ops->configure(comm->driver, &wanted);
    if (status == STATUS_SUCCESS)
        comm->dcb = wanted;
    comm_wake(comm);
    return comm__leave(comm, status);
}

NTSTATUS comm_get_properties(struct comm *comm, COMMPROP *properties)
{
    const DWORD line_abilities = PCF_DTRDSR | PCF_RTSCTS | PCF_RLSD | PCF_PARITY_CHECK;
    NTSTATUS status = comm__enter(comm);
    if (status != STATUS_SUCCESS)
        return status;
    *properties = (COMMPROP){
        .wPacketLength = sizeof *properties,
        .wPacketVersion = 2,
        .dwServiceMask = SP_SERIALCOMM,
        .dwMaxBaud = BAUD_USER,
        .dwProvSubType = PST_RS232,
        .dwProvCapabilities = PCF_XONXOFF | PCF_SETXCHAR | PCF_TOTALTIMEOUTS | PCF_INTTIMEOUTS |
                              PCF_SPECIALCHARS | (comm->driver->has_lines ? line_abilities : 0),
        .dwSettableParams =
            SP_PARITY | SP_BAUD | SP_DATABITS | SP_STOPBITS | SP_HANDSHAKING | SP_PARITY_CHECK,
        .dwSettableBaud = BAUD_075 | BAUD_110 | BAUD_134_5 | BAUD_150 | BAUD_300 | BAUD_600 |
                          BAUD_1200 | BAUD_1800 | BAUD_2400 | BAUD_4800 | BAUD_7200 | BAUD_9600 |
                          BAUD_14400 | BAUD_19200 | BAUD_38400 | BAUD_56K | BAUD_57600 |
                          BAUD_115200 | BAUD_128K | BAUD_USER,
        .wSettableData = DATABITS_5 | DATABITS_6 | DATABITS_7 | DATABITS_8,
        .wSettableStopParity = STOPBITS_10 | STOPBITS_15 | STOPBITS_20 | PARITY_NONE | PARITY_ODD |
                               PARITY_EVEN | PARITY_MARK | PARITY_SPACE,
        .dwCurrentTxQueue = comm->output_size,
        .dwCurrentRxQueue = comm->input_size,
    };
    return comm__leave(comm, STATUS_SUCCESS);
}

/* ---- timeouts and queues ---- */

NTSTATUS comm_set_timeouts(struct comm *comm, const COMMTIMEOUTS *timeouts)
{
    NTSTATUS status;
    if (timeouts->ReadIntervalTimeout == MAXDWORD && timeouts->ReadTotalTimeoutConstant == MAXDWORD)
        return STATUS_INVALID_PARAMETER;
    status = comm__enter(comm);
    if (status != STATUS_SUCCESS)
        return status;
    comm->timeouts = *timeouts;
    return comm__leave(comm, STATUS_SUCCESS);
}

NTSTATUS comm_get_timeouts(struct comm *comm, COMMTIMEOUTS *timeouts)
{
    NTSTATUS status = comm__enter(comm);
    if (status != STATUS_SUCCESS)
        return status;
    *timeouts = comm->timeouts;
    return comm__leave(comm, STATUS_SUCCESS);
}

NTSTATUS comm_set_queues(struct comm *comm, DWORD in_bytes, DWORD out_bytes)
{
    NTSTATUS status = comm__enter(comm);
    if (status != STATUS_SUCCESS)
        return status;
    status = comm_grow_input(comm, in_bytes);
    if (status == STATUS_SUCCESS)
        comm->output_size = out_bytes;
    return comm__leave(comm, status);
}

/* ---- events, lines and errors ---- */

NTSTATUS comm_get_mask(struct comm *comm, DWORD *mask)
{
    NTSTATUS status = comm__enter(comm);
    if (status != STATUS_SUCCESS)
        return status;
    *mask = comm->mask;
    return comm__leave(comm, STATUS_SUCCESS);
}

NTSTATUS comm_change_mask(struct comm *comm, DWORD mask)
{
    NTSTATUS status = mask & ~(DWORD)KNOWN_EVENTS ? STATUS_INVALID_PARAMETER : comm__enter(comm);
    if (status != STATUS_SUCCESS)
        return status;
    comm_set_mask(comm, mask);
    return comm__leave(comm, STATUS_SUCCESS);
}

NTSTATUS comm_get_modem_status(struct comm *comm, DWORD *modem)
{
    NTSTATUS status = comm__enter(comm);
    if (status != STATUS_SUCCESS)
        return status;
    comm_progress(comm);
    *modem = comm->seen.lines;
    return comm__leave(comm, STATUS_SUCCESS);
}

NTSTATUS comm_clear_error(struct comm *comm, DWORD *errors, COMSTAT *stat)
{
    NTSTATUS status = comm__enter(comm);
    uint32_t unsent;
    if (status != STATUS_SUCCESS)
        return status;
    comm_progress(comm);
    unsent = comm_unsent(comm);
    if (errors)
        *errors = comm->errors;
    if (stat)
        *stat = (COMSTAT){
            .fCtsHold = comm->dcb.fOutxCtsFlow && comm->driver->has_lines && unsent > 0 &&
                        !(comm->seen.lines & MS_CTS_ON),
            .fXoffHold = comm->held,
            .fTxim = comm->immediate >= 0,
            .cbInQue = comm->input_count,
            .cbOutQue = unsent,
        };
    comm->errors = 0;
    comm->aborted = false;
    return comm__leave(comm, STATUS_SUCCESS);
}

NTSTATUS comm_purge(struct comm *comm, DWORD flags)
{
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    if (flags != 0 && !(flags & ~(DWORD)KNOWN_PURGES))
        status = comm__enter(comm);
    if (status != STATUS_SUCCESS)
        return status;
    comm_abort(comm, flags & PURGE_RXABORT, flags & PURGE_TXABORT);
    comm_discard(comm, flags & PURGE_RXCLEAR, flags & PURGE_TXCLEAR);
    return comm__leave(comm, STATUS_SUCCESS);
}

/* ---- sending out of turn ---- */

NTSTATUS comm_send_ahead(struct comm *comm, uint8_t byte)
{
    NTSTATUS status = comm__enter(comm);
    if (status != STATUS_SUCCESS)
        return status;
    if (comm->aborted)
        return comm__leave(comm, STATUS_CANCELLED);
    if (comm->immediate >= 0)
        return comm__leave(comm, STATUS_INVALID_PARAMETER);
    comm->immediate = byte;
    comm_progress(comm);
    comm_wake(comm);
    return comm__leave(comm, STATUS_SUCCESS);
}

/* A line that follows the handshake is not the program's to set. Caller holds file->lock. */
static NTSTATUS escape__line(struct comm *comm, enum comm_line line, bool up)
{
    bool hands_off = line == COMM_RTS && (comm->dcb.fRtsControl == RTS_CONTROL_HANDSHAKE ||
                                          comm->dcb.fRtsControl == RTS_CONTROL_TOGGLE);
    if (hands_off)
        return STATUS_INVALID_PARAMETER;
    return comm->driver->ops->set_lines(comm->driver, up ? line : 0, up ? 0 : line);
}

/* Caller holds file->lock. */
static NTSTATUS escape__break(struct comm *comm, bool on)
{
    NTSTATUS status = comm->driver->ops->set_break(comm->driver, on);
    if (status == STATUS_SUCCESS)
        comm->in_break = on;
    return status;
}

/* Caller holds file->lock. */
static NTSTATUS escape__hold(struct comm *comm, bool on)
{
    NTSTATUS status = comm->driver->ops->hold(comm->driver, on);
    if (status == STATUS_SUCCESS)
        comm->held = on;
    return status;
}

/* Caller holds file->lock. */
static NTSTATUS comm__escape(struct comm *comm, DWORD function)
{
    switch (function) {
    case SETXOFF:
    case SETXON:
        return escape__hold(comm, function == SETXOFF);
    case SETRTS:
    case CLRRTS:
        return escape__line(comm, COMM_RTS, function == SETRTS);
    case SETDTR:
    case CLRDTR:
        return escape__line(comm, COMM_DTR, function == SETDTR);
    case SETBREAK:
    case CLRBREAK:
        return escape__break(comm, function == SETBREAK);
    }
    return STATUS_INVALID_PARAMETER;
}

NTSTATUS comm_escape(struct comm *comm, DWORD function)
{
    NTSTATUS status = comm__enter(comm);
    if (status != STATUS_SUCCESS)
        return status;
    status = comm__escape(comm, function);
    comm_wake(comm);
    return comm__leave(comm, status);
}

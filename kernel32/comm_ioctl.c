/* The control codes of serial lines (ntddser.h): the functions of commapi.h, under their drivers'
 * names. */
#include "comm.h"

#include "transfer.h"

#include <ntddser.h>
#include <string.h>

/* The largest buffer a code has. */
union control_buffer {
    DWORD number;
    UCHAR byte;
    SERIAL_LINE_CONTROL line;
    SERIAL_CHARS chars;
    SERIAL_HANDFLOW flow;
    SERIAL_QUEUE_SIZE queues;
    SERIAL_STATUS status;
    SERIALPERF_STATS stats;
    COMMTIMEOUTS timeouts;
    COMMPROP properties;
};

struct control_row {
    DWORD code;
    DWORD function; /* of EscapeCommFunction, where `run` is that */
    uint32_t in_size, out_size;
    NTSTATUS (*run)(struct comm *comm, union control_buffer *buffer); /* NULL: WaitCommEvent */
};

_Static_assert(sizeof(SERIAL_TIMEOUTS) == sizeof(COMMTIMEOUTS), "the same under two names");
_Static_assert(sizeof(SERIAL_COMMPROP) == sizeof(COMMPROP), "the same under two names");

/* ---- parts of the DCB ---- */

static NTSTATUS control__set_baud(struct comm *comm, union control_buffer *buffer)
{
    DCB dcb;
    NTSTATUS status = comm_get_state(comm, &dcb);
    if (status != STATUS_SUCCESS)
        return status;
    dcb.BaudRate = buffer->number;
    return comm_set_state(comm, &dcb);
}

static NTSTATUS control__get_baud(struct comm *comm, union control_buffer *buffer)
{
    DCB dcb;
    NTSTATUS status = comm_get_state(comm, &dcb);
    if (status == STATUS_SUCCESS)
        buffer->number = dcb.BaudRate;
    return status;
}

static NTSTATUS control__set_line(struct comm *comm, union control_buffer *buffer)
{
    DCB dcb;
    NTSTATUS status = comm_get_state(comm, &dcb);
    if (status != STATUS_SUCCESS)
        return status;
    dcb.StopBits = buffer->line.StopBits;
    dcb.Parity = buffer->line.Parity;
    dcb.ByteSize = buffer->line.WordLength;
    return comm_set_state(comm, &dcb);
}

static NTSTATUS control__get_line(struct comm *comm, union control_buffer *buffer)
{
    DCB dcb;
    NTSTATUS status = comm_get_state(comm, &dcb);
    if (status == STATUS_SUCCESS)
        buffer->line = (SERIAL_LINE_CONTROL){dcb.StopBits, dcb.Parity, dcb.ByteSize};
    return status;
}

static NTSTATUS control__set_chars(struct comm *comm, union control_buffer *buffer)
{
    DCB dcb;
    NTSTATUS status = comm_get_state(comm, &dcb);
    if (status != STATUS_SUCCESS)
        return status;
    dcb.EofChar = (char)buffer->chars.EofChar;
    dcb.ErrorChar = (char)buffer->chars.ErrorChar;
    dcb.EvtChar = (char)buffer->chars.EventChar;
    dcb.XonChar = (char)buffer->chars.XonChar;
    dcb.XoffChar = (char)buffer->chars.XoffChar;
    return comm_set_state(comm, &dcb);
}

static NTSTATUS control__get_chars(struct comm *comm, union control_buffer *buffer)
{
    DCB dcb;
    NTSTATUS status = comm_get_state(comm, &dcb);
    if (status == STATUS_SUCCESS)
        buffer->chars = (SERIAL_CHARS){
            .EofChar = (UCHAR)dcb.EofChar,
            .ErrorChar = (UCHAR)dcb.ErrorChar,
            .EventChar = (UCHAR)dcb.EvtChar,
            .XonChar = (UCHAR)dcb.XonChar,
            .XoffChar = (UCHAR)dcb.XoffChar,
        };
    return status;
}

static NTSTATUS control__set_flow(struct comm *comm, union control_buffer *buffer)
{
    ULONG shake = buffer->flow.ControlHandShake, replace = buffer->flow.FlowReplace;
    DCB dcb;
    NTSTATUS status = comm_get_state(comm, &dcb);
    if (status != STATUS_SUCCESS)
        return status;
    if ((shake & SERIAL_CONTROL_INVALID) || (replace & SERIAL_FLOW_INVALID))
        return STATUS_INVALID_PARAMETER;
    if ((shake & SERIAL_DCD_HANDSHAKE) || (replace & SERIAL_BREAK_CHAR))
        return STATUS_NOT_SUPPORTED;
    dcb.fDtrControl = shake & SERIAL_DTR_MASK;
    dcb.fOutxCtsFlow = (shake & SERIAL_CTS_HANDSHAKE) != 0;
    dcb.fOutxDsrFlow = (shake & SERIAL_DSR_HANDSHAKE) != 0;
    dcb.fDsrSensitivity = (shake & SERIAL_DSR_SENSITIVITY) != 0;
    dcb.fAbortOnError = (shake & SERIAL_ERROR_ABORT) != 0;
    dcb.fOutX = (replace & SERIAL_AUTO_TRANSMIT) != 0;
    dcb.fInX = (replace & SERIAL_AUTO_RECEIVE) != 0;
    dcb.fErrorChar = (replace & SERIAL_ERROR_CHAR) != 0;
    dcb.fNull = (replace & SERIAL_NULL_STRIPPING) != 0;
    dcb.fRtsControl = (replace & SERIAL_RTS_MASK) / SERIAL_RTS_CONTROL;
    dcb.fTXContinueOnXoff = (replace & SERIAL_XOFF_CONTINUE) != 0;
    dcb.XonLim = (WORD)buffer->flow.XonLimit;
    dcb.XoffLim = (WORD)buffer->flow.XoffLimit;
    return comm_set_state(comm, &dcb);
}

static NTSTATUS control__get_flow(struct comm *comm, union control_buffer *buffer)
{
    DCB dcb;
    NTSTATUS status = comm_get_state(comm, &dcb);
    if (status == STATUS_SUCCESS)
        buffer->flow = (SERIAL_HANDFLOW){
            .ControlHandShake = dcb.fDtrControl | (dcb.fOutxCtsFlow ? SERIAL_CTS_HANDSHAKE : 0) |
                                (dcb.fAbortOnError ? SERIAL_ERROR_ABORT : 0),
            .FlowReplace =
                (dcb.fOutX ? SERIAL_AUTO_TRANSMIT : 0) | (dcb.fInX ? SERIAL_AUTO_RECEIVE : 0) |
                (dcb.fErrorChar ? SERIAL_ERROR_CHAR : 0) | (dcb.fNull ? SERIAL_NULL_STRIPPING : 0) |
                dcb.fRtsControl * SERIAL_RTS_CONTROL |
                (dcb.fTXContinueOnXoff ? SERIAL_XOFF_CONTINUE : 0),
            .XonLimit = dcb.XonLim,
            .XoffLimit = dcb.XoffLim,
        };
    return status;
}

/* ---- the rest ---- */

static NTSTATUS control__set_timeouts(struct comm *comm, union control_buffer *buffer)
{
    return comm_set_timeouts(comm, &buffer->timeouts);
}

static NTSTATUS control__get_timeouts(struct comm *comm, union control_buffer *buffer)
{
    return comm_get_timeouts(comm, &buffer->timeouts);
}

static NTSTATUS control__set_queues(struct comm *comm, union control_buffer *buffer)
{
    return comm_set_queues(comm, buffer->queues.InSize, buffer->queues.OutSize);
}

static NTSTATUS control__get_properties(struct comm *comm, union control_buffer *buffer)
{
    return comm_get_properties(comm, &buffer->properties);
}

static NTSTATUS control__set_mask(struct comm *comm, union control_buffer *buffer)
{
    return comm_change_mask(comm, buffer->number);
}

static NTSTATUS control__get_mask(struct comm *comm, union control_buffer *buffer)
{
    return comm_get_mask(comm, &buffer->number);
}

static NTSTATUS control__get_modem(struct comm *comm, union control_buffer *buffer)
{
    return comm_get_modem_status(comm, &buffer->number);
}

static NTSTATUS control__get_outgoing(struct comm *comm, union control_buffer *buffer)
{
    uint32_t raised;
    file_lock(&comm->file);
    raised = comm->driver->ops->raised(comm->driver);
    file_unlock(&comm->file);
    buffer->number =
        (raised & COMM_DTR ? SERIAL_DTR_STATE : 0) | (raised & COMM_RTS ? SERIAL_RTS_STATE : 0);
    return STATUS_SUCCESS;
}

/* CE_* as the driver numbers them. */
static ULONG control__errors(DWORD errors)
{
    return (errors & CE_BREAK ? SERIAL_ERROR_BREAK : 0) |
           (errors & CE_FRAME ? SERIAL_ERROR_FRAMING : 0) |
           (errors & CE_OVERRUN ? SERIAL_ERROR_OVERRUN : 0) |
           (errors & CE_RXOVER ? SERIAL_ERROR_QUEUEOVERRUN : 0) |
           (errors & CE_RXPARITY ? SERIAL_ERROR_PARITY : 0);
}

static NTSTATUS control__get_status(struct comm *comm, union control_buffer *buffer)
{
    COMSTAT stat;
    DWORD errors;
    NTSTATUS status = comm_clear_error(comm, &errors, &stat);
    if (status == STATUS_SUCCESS)
        buffer->status = (SERIAL_STATUS){
            .Errors = control__errors(errors),
            .HoldReasons = (stat.fCtsHold ? SERIAL_TX_WAITING_FOR_CTS : 0) |
                           (stat.fXoffHold ? SERIAL_TX_WAITING_FOR_XON : 0),
            .AmountInInQueue = stat.cbInQue,
            .AmountInOutQueue = stat.cbOutQue,
            .WaitForImmediate = (BOOLEAN)stat.fTxim,
        };
    return status;
}

static NTSTATUS control__purge(struct comm *comm, union control_buffer *buffer)
{
    return comm_purge(comm, buffer->number);
}

static NTSTATUS control__send_ahead(struct comm *comm, union control_buffer *buffer)
{
    return comm_send_ahead(comm, buffer->byte);
}

static NTSTATUS control__config_size(struct comm *comm, union control_buffer *buffer)
{
    (void)comm;
    buffer->number = 0;
    return STATUS_SUCCESS;
}

static NTSTATUS control__get_stats(struct comm *comm, union control_buffer *buffer)
{
    file_lock(&comm->file);
    comm_progress(comm);
    buffer->stats = comm->stats;
    file_unlock(&comm->file);
    return STATUS_SUCCESS;
}

static NTSTATUS control__clear_stats(struct comm *comm, union control_buffer *buffer)
{
    (void)buffer;
    file_lock(&comm->file);
    comm->stats = (SERIALPERF_STATS){0};
    file_unlock(&comm->file);
    return STATUS_SUCCESS;
}

static NTSTATUS control__escape(struct comm *comm, union control_buffer *buffer)
{
    return comm_escape(comm, buffer->number);
}

static const struct control_row control__rows[] = {
    {IOCTL_SERIAL_SET_BAUD_RATE, 0, sizeof(SERIAL_BAUD_RATE), 0, control__set_baud},
    {IOCTL_SERIAL_GET_BAUD_RATE, 0, 0, sizeof(SERIAL_BAUD_RATE), control__get_baud},
    {IOCTL_SERIAL_SET_LINE_CONTROL, 0, sizeof(SERIAL_LINE_CONTROL), 0, control__set_line},
    {IOCTL_SERIAL_GET_LINE_CONTROL, 0, 0, sizeof(SERIAL_LINE_CONTROL), control__get_line},
    {IOCTL_SERIAL_SET_CHARS, 0, sizeof(SERIAL_CHARS), 0, control__set_chars},
    {IOCTL_SERIAL_GET_CHARS, 0, 0, sizeof(SERIAL_CHARS), control__get_chars},
    {IOCTL_SERIAL_SET_HANDFLOW, 0, sizeof(SERIAL_HANDFLOW), 0, control__set_flow},
    {IOCTL_SERIAL_GET_HANDFLOW, 0, 0, sizeof(SERIAL_HANDFLOW), control__get_flow},
    {IOCTL_SERIAL_SET_TIMEOUTS, 0, sizeof(SERIAL_TIMEOUTS), 0, control__set_timeouts},
    {IOCTL_SERIAL_GET_TIMEOUTS, 0, 0, sizeof(SERIAL_TIMEOUTS), control__get_timeouts},
    {IOCTL_SERIAL_SET_QUEUE_SIZE, 0, sizeof(SERIAL_QUEUE_SIZE), 0, control__set_queues},
    {IOCTL_SERIAL_GET_PROPERTIES, 0, 0, sizeof(SERIAL_COMMPROP), control__get_properties},
    {IOCTL_SERIAL_SET_WAIT_MASK, 0, sizeof(ULONG), 0, control__set_mask},
    {IOCTL_SERIAL_GET_WAIT_MASK, 0, 0, sizeof(ULONG), control__get_mask},
    {IOCTL_SERIAL_GET_MODEMSTATUS, 0, 0, sizeof(ULONG), control__get_modem},
    {IOCTL_SERIAL_GET_DTRRTS, 0, 0, sizeof(ULONG), control__get_outgoing},
    {IOCTL_SERIAL_GET_COMMSTATUS, 0, 0, sizeof(SERIAL_STATUS), control__get_status},
    {IOCTL_SERIAL_PURGE, 0, sizeof(ULONG), 0, control__purge},
    {IOCTL_SERIAL_IMMEDIATE_CHAR, 0, sizeof(UCHAR), 0, control__send_ahead},
    {IOCTL_SERIAL_CONFIG_SIZE, 0, 0, sizeof(ULONG), control__config_size},
    {IOCTL_SERIAL_GET_STATS, 0, 0, sizeof(SERIALPERF_STATS), control__get_stats},
    {IOCTL_SERIAL_CLEAR_STATS, 0, 0, 0, control__clear_stats},
    {IOCTL_SERIAL_SET_DTR, SETDTR, 0, 0, control__escape},
    {IOCTL_SERIAL_CLR_DTR, CLRDTR, 0, 0, control__escape},
    {IOCTL_SERIAL_SET_RTS, SETRTS, 0, 0, control__escape},
    {IOCTL_SERIAL_CLR_RTS, CLRRTS, 0, 0, control__escape},
    {IOCTL_SERIAL_SET_XOFF, SETXOFF, 0, 0, control__escape},
    {IOCTL_SERIAL_SET_XON, SETXON, 0, 0, control__escape},
    {IOCTL_SERIAL_SET_BREAK_ON, SETBREAK, 0, 0, control__escape},
    {IOCTL_SERIAL_SET_BREAK_OFF, CLRBREAK, 0, 0, control__escape},
    {IOCTL_SERIAL_WAIT_ON_MASK, 0, 0, sizeof(ULONG), NULL},
};

static const struct control_row *control__find(DWORD code)
{
    for (size_t i = 0; i < sizeof control__rows / sizeof control__rows[0]; i++)
        if (control__rows[i].code == code)
            return &control__rows[i];
    return NULL;
}

static NTSTATUS control__check(const struct control_row *row, const struct device_control *control)
{
    if (!row)
        return STATUS_INVALID_PARAMETER;
    if (control->in_size < row->in_size || control->out_size < row->out_size)
        return STATUS_BUFFER_TOO_SMALL;
    if (!memory_is_readable(control->in, row->in_size) ||
        !memory_is_writable(control->out, row->out_size))
        return STATUS_ACCESS_VIOLATION;
    return STATUS_SUCCESS;
}

NTSTATUS comm_control(struct file *file, struct request *request,
                      const struct device_control *control)
{
    const struct control_row *row = control__find(control->code);
    struct comm *comm = list_entry(file, struct comm, file);
    union control_buffer buffer = {0};
    NTSTATUS status = control__check(row, control);
    if (status != STATUS_SUCCESS) {
        request_free(request);
        return status;
    }
    if (!row->run)
        return comm_wait(comm, request, control->out);
    if (row->in_size)
        memcpy(&buffer, control->in, row->in_size);
    else
        buffer.number = row->function;
    request_begin(request);
    request->status = row->run(comm, &buffer);
    if (request->status == STATUS_SUCCESS && row->out_size) {
        memcpy(control->out, &buffer, row->out_size);
        request->information = row->out_size;
    }
    return device_control_end(request);
}

/* What pipes are asked by control code: the calls of namedpipeapi.h in another form. */
#include "device.h"
#include "pipe.h"
#include "transfer.h"

#include <ntifs.h>
#include <stddef.h>

static uint32_t control__state(enum pipe_state state)
{
    switch (state) {
    case PIPE_LISTENING:
        return FILE_PIPE_LISTENING_STATE;
    case PIPE_CONNECTED:
        return FILE_PIPE_CONNECTED_STATE;
    case PIPE_CLOSING:
        return FILE_PIPE_CLOSING_STATE;
    case PIPE_DISCONNECTED:
        break;
    }
    return FILE_PIPE_DISCONNECTED_STATE;
}

static NTSTATUS control__peek(struct pipe_end *end, const struct device_control *control,
                              uint64_t *size)
{
    enum { HEAD = offsetof(FILE_PIPE_PEEK_BUFFER, Data) };
    FILE_PIPE_PEEK_BUFFER *answer = control->out;
    struct pipe_peek peek = {0};
    bool has_messages = end->pipe->kind.has_messages;
    NTSTATUS status;
    if (control->out_size < HEAD)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (!memory_is_writable(answer, control->out_size))
        return STATUS_ACCESS_VIOLATION;
    peek.size = control->out_size - HEAD;
    peek.buffer = peek.size ? answer->Data : NULL;
    status = pipe_end_peek(end, &peek);
    if (status != STATUS_SUCCESS)
        return status;
    answer->NamedPipeState = control__state(peek.state);
    answer->ReadDataAvailable = peek.available;
    answer->NumberOfMessages = peek.messages;
    answer->MessageLength = has_messages ? peek.copied + peek.left_in_message : 0;
    *size = HEAD + peek.copied;
    if (has_messages ? peek.left_in_message > 0 : peek.available > peek.copied)
        return STATUS_BUFFER_OVERFLOW;
    return STATUS_SUCCESS;
}

static NTSTATUS control__transceive(struct pipe_end *end, struct request *request,
                                    const struct device_control *control)
{
    struct iovec question = {.iov_base = (void *)control->in, .iov_len = control->in_size};
    struct iovec answer = {.iov_base = control->out, .iov_len = control->out_size};
    NTSTATUS status = STATUS_SUCCESS;
    if (!memory_is_readable(question.iov_base, question.iov_len))
        status = STATUS_INVALID_USER_BUFFER;
    else if (!memory_is_writable(answer.iov_base, answer.iov_len))
        status = STATUS_ACCESS_VIOLATION;
    if (status == STATUS_SUCCESS)
        return pipe_end_transact(end, request, &question, &answer);
    request_free(request);
    return status;
}

/* A code whose answer is there at once. */
static NTSTATUS control__now(struct pipe_end *end, const struct device_control *control,
                             uint64_t *size)
{
    switch (control->code) {
    case FSCTL_PIPE_DISCONNECT:
        return pipe_end_disconnect(end);
    case FSCTL_PIPE_PEEK:
        return control__peek(end, control, size);
    case FSCTL_PIPE_IMPERSONATE:
        return pipe_end_impersonate(end);
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}

NTSTATUS pipe_control(struct file *file, struct request *request,
                      const struct device_control *control)
{
    struct pipe_end *end = list_entry(file, struct pipe_end, file);
    uint64_t size = 0;
    NTSTATUS status;
    if (control->code == FSCTL_PIPE_LISTEN)
        return pipe_end_connect(end, request);
    if (control->code == FSCTL_PIPE_TRANSCEIVE)
        return control__transceive(end, request, control);
    status = control__now(end, control, &size);
    if (NT_ERROR(status)) {
        request_free(request);
        return status;
    }
    request_begin(request);
    request->status = status;
    request->information = size;
    return device_control_end(request);
}

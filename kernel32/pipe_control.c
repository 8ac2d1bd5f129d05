/* What the ends of named pipes are asked by control code. */
#include "device.h"
#include "pipe.h"
#include "pipe_codes.h"
#include "transfer.h"

#include <ntifs.h>
#include <stddef.h>
#include <winbase.h>

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
    return pipe_end_transact(end, request, &question, &answer);
}

NTSTATUS pipe_end_set_modes(struct pipe_end *end, uint32_t modes)
{
    if ((modes & PIPE_READMODE_MESSAGE) && !end->pipe->kind.has_messages)
        return STATUS_INVALID_PARAMETER;
    file_lock(&end->file);
    end->reads_messages = modes & PIPE_READMODE_MESSAGE;
    end->nowait = modes & PIPE_NOWAIT;
    file_unlock(&end->file);
    return STATUS_SUCCESS;
}

static NTSTATUS control__set_modes(struct pipe_end *end, const struct device_control *control)
{
    const uint32_t *modes = control->in;
    if (control->in_size < sizeof *modes)
        return STATUS_SUCCESS;
    if (!memory_is_readable(modes, sizeof *modes))
        return STATUS_ACCESS_VIOLATION;
    return pipe_end_set_modes(end, *modes);
}

static NTSTATUS control__facts(struct pipe_end *end, const struct device_control *control,
                               uint64_t *size)
{
    const struct pipe *pipe = end->pipe;
    struct pipe_facts *facts = control->out;
    if (control->out_size < sizeof *facts)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (!memory_is_writable(facts, sizeof *facts))
        return STATUS_ACCESS_VIOLATION;
    *facts = (struct pipe_facts){
        .max_instances = pipe->kind.max_instances,
        .quota_in = pipe->quota_in,
        .quota_out = pipe->quota_out,
        .is_server = end->is_server,
        .has_messages = pipe->kind.has_messages,
    };
    file_lock(&end->file);
    facts->modes =
        (end->reads_messages ? PIPE_READMODE_MESSAGE : 0u) | (end->nowait ? PIPE_NOWAIT : 0u);
    facts->server_pid = pipe->server_pid;
    facts->client_pid = pipe->client_pid;
    facts->is_disconnected = end->state == PIPE_DISCONNECTED;
    file_unlock(&end->file);
    *size = sizeof *facts;
    return STATUS_SUCCESS;
}

static NTSTATUS control__instances(struct pipe_end *end, const struct device_control *control,
                                   uint64_t *size)
{
    if (control->out_size < sizeof(uint32_t))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (!memory_is_writable(control->out, sizeof(uint32_t)))
        return STATUS_ACCESS_VIOLATION;
    *(uint32_t *)control->out = pipe_name_instances(end->pipe);
    *size = sizeof(uint32_t);
    return STATUS_SUCCESS;
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
    case PIPE_CODE_SET_MODES:
        return control__set_modes(end, control);
    case PIPE_CODE_FACTS:
        return control__facts(end, control, size);
    case PIPE_CODE_INSTANCES:
        return control__instances(end, control, size);
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
    return device_control_now(request, status, size);
}

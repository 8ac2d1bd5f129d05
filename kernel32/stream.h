/* Byte streams on a descriptor that may be shared with others: standard handles, anonymous pipes,
 * terminals. The descriptor stays in blocking mode, since that mode is shared too; each try is made
 * so that it cannot block. */
#ifndef PORTICO_STREAM_H
#define PORTICO_STREAM_H

#include "file.h"

enum stream_kind { STREAM_PIPE, STREAM_CHARACTER };

enum { STREAM_PIPE_BYTES = 4096 }; /* an anonymous pipe's buffer, if nobody said more */

/* An anonymous pipe's buffer was said to hold so much. */
void stream_set_pipe_bytes(struct file *file, uint32_t bytes);

/* Takes over the descriptor (closed if this fails). */
NTSTATUS stream_create(int fd, enum stream_kind kind, uint32_t flags, struct file **file);

#endif

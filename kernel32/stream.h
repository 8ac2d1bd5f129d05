/* Byte streams on a descriptor that may be shared with others: standard handles, anonymous pipes,
 * terminals. The descriptor stays in blocking mode, since that mode is shared too; each try is made
 * so that it cannot block. */
#ifndef PORTICO_STREAM_H
#define PORTICO_STREAM_H

#include "file.h"

enum stream_kind { STREAM_PIPE, STREAM_CHARACTER };

/* Takes over the descriptor (closed if this fails). */
NTSTATUS stream_create(int fd, enum stream_kind kind, uint32_t flags, struct file **file);

#endif

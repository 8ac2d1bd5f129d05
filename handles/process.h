/* The process object: what GetCurrentProcess() names. It is never signaled while we can look. */
#ifndef PORTICO_PROCESS_H
#define PORTICO_PROCESS_H

#include "object.h"

extern const struct object_ops process_ops;

/* The running process; the caller's reference is not counted. */
struct object *process_self(void);

#endif

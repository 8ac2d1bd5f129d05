/* The relay sees other processes end. A watch has a reference to the process until then, so that a
 * child is reaped whether or not somebody has a handle on it. */
#ifndef PORTICO_PROCESS_WATCH_H
#define PORTICO_PROCESS_WATCH_H

#include "heritage.h"
#include "process.h"

/* Begins to watch a process. Takes over its page and that one's descriptor (NULL and -1: none) if
 * it succeeds. False: no memory, no thread. */
bool process_watch(struct process *process, struct heritage *heritage, int heritage_fd);

#endif

/* The monitor: finds threads that block where Portico cannot see it (a raw system call, a foreign
 * lock, a page fault on a slow disk) while packets wait for them to give up their slot.
 *
 * A port registers when as many threads run as may get going, and others are parked. Only
 * while such ports exist does the monitor's thread look, every MONITOR_TICK_MS. A port is stuck if
 * packets wait, nothing was dequeued since the last look, and a thread that counts as active has
 * been in one and the same sleep both times: that thread's slot is given up for it. It counts again
 * when it comes back to Portico. */
#ifndef PORTICO_MONITOR_H
#define PORTICO_MONITOR_H

#include "port.h"

/* Threads of the port are parked while others run. Cheap if that is known already. Caller holds
 * port->lock. */
void monitor_watch(struct port *port);

/* There is nothing to look for. Caller holds port->lock, or the port is about to go. */
void monitor_forget(struct port *port);

/* In the child of a fork: there is no thread. */
void monitor_after_fork(void);

#endif

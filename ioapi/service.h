/* The engine's own threads: they take no signals and are invisible to the program. */
#ifndef PORTICO_SERVICE_H
#define PORTICO_SERVICE_H

#include <stdbool.h>

/* The priority of the constructors whose fork handlers take a lock. The handlers that were
 * registered last run first: the relay's, a later constructor's, takes the outermost lock. */
#define FORK_HANDLERS_FIRST 300

/* Starts a detached thread with all signals blocked; false if there is no thread to be had. */
bool service_start(const char *name, void *(*run)(void *), void *arg);

#endif

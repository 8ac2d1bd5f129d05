/* Ties the I/O manager to the object manager below it, once, when the library is loaded. */
#include "engine.h"
#include "file.h"
#include "monitor.h"
#include "port.h"
#include "reactor.h"
#include "transfer.h"
#include "thread.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static void ioapi__thread_exits(struct thread *thread)
{
    file_cancel_of_thread(thread);
    port_thread_exits(thread);
    request_memory_thread_exits(thread);
}

static void ioapi__after_fork(void)
{
    table_after_fork(&watch_table);
    reactor_after_fork();
    engine_after_fork();
    monitor_after_fork();
}

/* Windows has no SIGPIPE, and sendfile has no flag against it: unless the program set it up, a
 * write to a peer that is gone is only an error. */
static void ioapi__ignore_sigpipe(void)
{
    struct sigaction action;
    if (sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
}

/* Windows has no small limit on open handles: the descriptor limit goes as far up as it may. */
static void ioapi__raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* PORTICO_VERBOSE=1 says which engine runs, and what stood against the other. */
static void ioapi__report(void)
{
    const char *verbose = getenv("PORTICO_VERBOSE");
    const char *reason;
    if (!verbose || strcmp(verbose, "1") != 0)
        return;
    reason = engine_reason();
    fprintf(stderr, "portico: engine %s (%s)\n", engine_name(),
            *reason ? reason : "io_uring works here");
}

__attribute__((constructor(101))) static void ioapi__set_up(void)
{
    thread_hooks.block_begins = port_block_begins;
    thread_hooks.block_ends = port_block_ends;
    thread_hooks.exits = ioapi__thread_exits;
    thread_hooks.stopped = port_thread_stopped;
    memory_init();
    ioapi__ignore_sigpipe();
    ioapi__raise_descriptor_limit();
    pthread_atfork(NULL, NULL, ioapi__after_fork);
    ioapi__report();
}

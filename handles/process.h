/* The process object: the running process, which GetCurrentProcess() names and which is never
 * signaled while we can look, and others that were made or opened.
 *
 * Another process is known by its pidfd. Somebody watches that (kernel32's process_watch.c, with a
 * reference) and says process_end when it is over; from then on the object is signaled for ever and
 * keeps what is to be known of it. */
#ifndef PORTICO_PROCESS_H
#define PORTICO_PROCESS_H

#include "object.h"

#include <ntstatus.h>
#include <sys/types.h>

/* What is left of a process; file times. */
struct process_end {
    bool killed;
    uint32_t exit_code;
    int64_t ended, kernel, user;
};

struct process {
    struct object object;
    struct list all; /* among those that may still run, under the list's lock */
    uint32_t pid;
    _Atomic uint32_t exit_code; /* STILL_ACTIVE until the end */
    _Atomic uint32_t priority;  /* its priority class, 0: nobody set it here */
    int64_t created;            /* file time, 0: not known */
    struct lock lock;           /* protects the following; innermost */
    int pidfd;                  /* -1: it has ended */
    int gate;                   /* it begins when told here; -1: it has begun */
    struct thread *thread;      /* its first, a reference; NULL: it has ended, or was opened */
    bool terminated;            /* by this process, with `last_words` as its code */
    uint32_t last_words;
    struct process_end end;
};

extern const struct object_ops process_ops;

/* The running process; the caller's reference is not counted. */
struct object *process_self(void);

static inline struct process *process_of(struct object *object)
{
    return list_entry(object, struct process, object);
}

/* An object for another process, one reference; takes over the descriptor unless there is no memory
 * (NULL). */
struct process *process_create(pid_t pid, int pidfd);

/* The object of another process that may still run, with a reference; NULL: none. */
struct process *process_find(uint32_t pid);

/* The process is no more. Its descriptor is the caller's then. */
void process_end(struct process *process, const struct process_end *end);

/* STATUS_ACCESS_DENIED: not ours to kill, or it has ended. */
NTSTATUS process_terminate(struct process *process, uint32_t exit_code);

/* The object for the first thread of a process, with a reference; NULL: no memory. */
struct thread *process_make_thread(struct process *process);

/* Lets a process begin that was made suspended. */
void process_release(struct process *process);

/* In the child of a fork: no other process is known. */
void processes_after_fork(void);

#endif

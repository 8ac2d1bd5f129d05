/* Processes as dispatcher objects. */
#include "process.h"

#include "thread.h"
#include "wait.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <winnt.h>

static struct lock processes__lock; /* protects the list; innermost */
static struct list processes__all = {&processes__all, &processes__all};

static void process__destroy(struct object *object)
{
    struct process *process = process_of(object); /* never the running one: it is static */
    lock_acquire(&processes__lock);
    list_remove(&process->all);
    lock_release(&processes__lock);
    if (process->gate >= 0)
        close(process->gate);
    if (process->pidfd >= 0)
        close(process->pidfd);
    free(process);
}

const struct object_ops process_ops = {
    .name = "Process",
    .all_access = PROCESS_ALL_ACCESS,
    .generic_read = STANDARD_RIGHTS_READ | PROCESS_VM_READ | PROCESS_QUERY_INFORMATION,
    .generic_write = STANDARD_RIGHTS_WRITE | PROCESS_SET_INFORMATION | PROCESS_VM_WRITE,
    .generic_execute = STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE | PROCESS_TERMINATE,
    .is_signaled = object_flag_is_signaled,
    .acquire = object_flag_acquire,
    .try_acquire = object_flag_try_acquire,
    .destroy = process__destroy,
};

struct object *process_self(void)
{
    static struct process self = {
        .object = {.ops = &process_ops,
                   .refs = 1,
                   .waiters = {&self.object.waiters, &self.object.waiters}},
        .exit_code = (uint32_t)STATUS_PENDING,
        .pidfd = -1,
        .gate = -1,
    };
    return &self.object;
}

struct process *process_create(pid_t pid, int pidfd)
{
    struct process *process = calloc(1, sizeof *process);
    if (!process)
        return NULL;
    object_init(&process->object, &process_ops, 0);
    lock_init(&process->lock);
    process->pid = (uint32_t)pid;
    process->exit_code = (uint32_t)STATUS_PENDING; /* STILL_ACTIVE */
    process->pidfd = pidfd;
    process->gate = -1;
    lock_acquire(&processes__lock);
    list_append(&processes__all, &process->all);
    lock_release(&processes__lock);
    return process;
}

struct process *process_find(uint32_t pid)
{
    struct process *found = NULL;
    struct list *node;
    lock_acquire(&processes__lock);
    list_for_each (node, &processes__all) {
        struct process *process = list_entry(node, struct process, all);
        if (process->pid == pid && object_try_ref(&process->object)) {
            found = process;
            break;
        }
    }
    lock_release(&processes__lock);
    return found;
}

struct thread *process_make_thread(struct process *process)
{
    struct thread *thread = thread_create();
    if (!thread)
        return NULL;
    thread->is_running = false; /* no APC of ours reaches it */
    thread->id = process->pid;
    thread->suspended = process->gate >= 0 ? 1 : 0;
    object_ref(&process->object);
    thread->process = process;
    object_ref(&thread->object);
    process->thread = thread;
    return thread;
}

/* Takes over the reference. */
static void process__end_thread(struct thread *thread, uint32_t exit_code)
{
    atomic_store(&thread->exit_code, exit_code);
    object_set_signaled(&thread->object);
    object_unref(&thread->object);
}

void process_end(struct process *process, const struct process_end *end)
{
    struct thread *thread;
    lock_acquire(&processes__lock);
    list_remove(&process->all); /* its number may be another's soon */
    list_init(&process->all);
    lock_release(&processes__lock);
    lock_acquire(&process->lock);
    process->pidfd = -1;
    process->end = *end;
    if (process->terminated && end->killed)
        process->end.exit_code = process->last_words;
    thread = process->thread;
    process->thread = NULL;
    lock_release(&process->lock);
    atomic_store(&process->exit_code, process->end.exit_code);
    if (thread)
        process__end_thread(thread, process->end.exit_code);
    object_set_signaled(&process->object);
}

NTSTATUS process_terminate(struct process *process, uint32_t exit_code)
{
    NTSTATUS status = STATUS_ACCESS_DENIED;
    lock_acquire(&process->lock);
    if (process->pidfd >= 0) {
        if (!process->terminated)
            process->last_words = exit_code;
        if (syscall(SYS_pidfd_send_signal, process->pidfd, SIGKILL, NULL, 0) == 0) {
            process->terminated = true;
            status = STATUS_SUCCESS;
        }
    }
    lock_release(&process->lock);
    return status;
}

void process_release(struct process *process)
{
    int gate;
    lock_acquire(&process->lock);
    gate = process->gate;
    process->gate = -1;
    lock_release(&process->lock);
    if (gate < 0)
        return;
    send(gate, "", 1, MSG_NOSIGNAL);
    close(gate);
}

void processes_after_fork(void)
{
    lock_init(&processes__lock);
    list_init(&processes__all);
}

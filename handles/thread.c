/* The thread object: adopting, entering and leaving, APCs, the wake signal. */
#include "thread.h"

#include "futex.h"
#include "handle_table.h"
#include "mutex.h"
#include "names.h"
#include "process.h"
#include "std_handles.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <winnt.h>

_Thread_local struct thread *thread_current __attribute__((tls_model("initial-exec")));
struct thread_hooks thread_hooks;

static struct lock threads__lock; /* protects the list; innermost */
static struct list threads__all = {&threads__all, &threads__all};

static pthread_key_t thread__key; /* its destructor is the thread-exit hook */
static pthread_once_t thread__once = PTHREAD_ONCE_INIT;

static void thread__destroy(struct object *object)
{
    struct thread *thread = list_entry(object, struct thread, object);
    if (thread->process)
        object_unref(&thread->process->object);
    free(thread->description);
    free(thread);
}

const struct object_ops thread_ops = {
    .name = "Thread",
    .all_access = THREAD_ALL_ACCESS,
    .generic_read = STANDARD_RIGHTS_READ | THREAD_GET_CONTEXT | THREAD_QUERY_INFORMATION,
    .generic_write = STANDARD_RIGHTS_WRITE | THREAD_TERMINATE | THREAD_SUSPEND_RESUME |
                     THREAD_SET_CONTEXT | THREAD_SET_INFORMATION,
    .generic_execute = STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE,
    .is_signaled = object_flag_is_signaled,
    .acquire = object_flag_acquire,
    .try_acquire = object_flag_try_acquire,
    .destroy = thread__destroy,
};

int thread_wake_signal(void)
{
    return SIGRTMAX - 1;
}

static void thread__ignore_signal(int sig)
{
    (void)sig; /* its arrival is the message: the system call returns EINTR */
}

static void thread__at_exit(void *arg)
{
    (void)arg;
    thread_leave();
}

static pid_t thread__process; /* getpid() without the system call */

static void thread__after_fork(void)
{
    thread__process = getpid();
    stop_after_fork(thread_current);
    lock_init(&threads__lock);
    list_init(&threads__all);
    if (thread_current) {
        atomic_store(&thread_current->id, (uint32_t)syscall(SYS_gettid));
        list_append(&threads__all, &thread_current->all);
    }
    table_after_fork(&handle_table);
    names_after_fork();
    processes_after_fork();
    std_handles_after_fork();
}

static void thread__set_up(void)
{
    struct sigaction action = {.sa_handler = thread__ignore_signal};
    sigaction(thread_wake_signal(), &action, NULL);
    stop_set_up();
    pthread_key_create(&thread__key, thread__at_exit);
    thread__process = getpid();
    pthread_atfork(NULL, NULL, thread__after_fork);
}

struct thread *thread_create(void)
{
    struct thread *thread = calloc(1, sizeof *thread);
    if (!thread)
        return NULL;
    object_init(&thread->object, &thread_ops, 0);
    thread->exit_code = (uint32_t)STATUS_PENDING; /* STILL_ACTIVE */
    list_init(&thread->apcs);
    list_init(&thread->requests);
    list_init(&thread->mutexes);
    list_init(&thread->port_link);
    list_init(&thread->harvested);
    list_init(&thread->all);
    thread->is_running = true; /* it may be sent APCs before it starts */
    return thread;
}

void thread_enter(struct thread *thread)
{
    sigset_t wake;
    pthread_once(&thread__once, thread__set_up);
    sigemptyset(&wake);
    sigaddset(&wake, thread_wake_signal());
    pthread_sigmask(SIG_BLOCK, &wake, NULL);
    thread_current = thread;
    pthread_setspecific(thread__key, thread);
    if (!thread->is_service)
        stop_may_reach_me();
    atomic_store(&thread->id, (uint32_t)syscall(SYS_gettid));
    lock_acquire(&threads__lock);
    list_append(&threads__all, &thread->all);
    lock_release(&threads__lock);
    futex_wake(&thread->id, INT_MAX);
}

struct thread *thread_find(uint32_t id)
{
    struct thread *found = NULL;
    struct list *node;
    lock_acquire(&threads__lock);
    list_for_each (node, &threads__all) {
        struct thread *thread = list_entry(node, struct thread, all);
        if (atomic_load(&thread->id) == id && object_try_ref(&thread->object)) {
            found = thread;
            break;
        }
    }
    lock_release(&threads__lock);
    return found;
}

void thread_reset_float(void)
{
    const uint32_t sse_default = 0x1F80; /* all exceptions masked, round to nearest */
    __asm__ volatile("fninit\n\tldmxcsr %0" : : "m"(sse_default));
}

uint32_t thread_wait_for_id(struct thread *thread)
{
    while (atomic_load(&thread->id) == 0)
        futex_wait_until(&thread->id, 0, CLOCK_MONOTONIC, NULL);
    return atomic_load(&thread->id);
}

struct thread *thread_adopt(void)
{
    struct thread *thread = thread_create();
    if (!thread)
        abort(); /* not even a last error can be kept */
    thread_enter(thread);
    return thread;
}

static void thread__discard_apcs(struct thread *self)
{
    struct list dropped, *node, *after;
    list_init(&dropped);
    lock_acquire(&self->lock);
    self->is_running = false;
    list_for_each_safe (node, after, &self->apcs) {
        list_remove(node);
        list_append(&dropped, node);
    }
    lock_release(&self->lock);
    list_for_each_safe (node, after, &dropped) {
        struct apc *apc = list_entry(node, struct apc, link);
        apc->discard(apc);
    }
}

void thread_bury(struct thread *thread)
{
    thread_ends_unstopped(thread);
    if (thread_hooks.exits)
        thread_hooks.exits(thread);
    thread__discard_apcs(thread);
    mutex_abandon_all(thread);
    handle_put_store(thread);
    lock_acquire(&threads__lock);
    list_remove(&thread->all);
    lock_release(&threads__lock);
    atomic_store(&thread->exit_code, atomic_load(&thread->exit_code_wanted));
    object_set_signaled(&thread->object);
}

void thread_leave(void)
{
    struct thread *self = thread_current;
    if (!self)
        return;
    thread_bury(self);
    pthread_setspecific(thread__key, NULL);
    thread_current = NULL;
    object_unref(&self->object);
}

void thread_block_begin(struct thread *thread)
{
    if (thread->blocking++ == 0 && thread->port && thread_hooks.block_begins)
        thread_hooks.block_begins(thread);
}

void thread_block_end(struct thread *thread)
{
    if (--thread->blocking == 0 && thread->port && thread_hooks.block_ends)
        thread_hooks.block_ends(thread);
}

bool thread_queue_apc(struct thread *thread, struct apc *apc)
{
    bool queued;
    lock_acquire(&thread->lock);
    queued = thread->is_running;
    if (queued) {
        list_append(&thread->apcs, &apc->link);
        if (thread->waiter && waiter_claim(thread->waiter, WAITER_ALERTED))
            waiter_wake(thread->waiter);
    }
    lock_release(&thread->lock);
    return queued;
}

static struct apc *thread__next_apc(struct thread *self)
{
    struct apc *apc = NULL;
    lock_acquire(&self->lock);
    if (!list_is_empty(&self->apcs)) {
        apc = list_entry(self->apcs.next, struct apc, link);
        list_remove(&apc->link);
    }
    lock_release(&self->lock);
    return apc;
}

bool thread_run_apcs(struct thread *self)
{
    struct apc *apc = thread__next_apc(self);
    bool any = apc != NULL;
    for (; apc; apc = thread__next_apc(self))
        apc->run(apc);
    return any;
}

bool thread_has_apcs(struct thread *self)
{
    bool pending;
    lock_acquire(&self->lock);
    pending = !list_is_empty(&self->apcs);
    lock_release(&self->lock);
    return pending;
}

bool thread_begin_alertable(struct thread *self, struct waiter *waiter)
{
    bool none_pending;
    lock_acquire(&self->lock);
    none_pending = list_is_empty(&self->apcs);
    self->waiter = waiter;
    lock_release(&self->lock);
    return none_pending;
}

void thread_end_alertable(struct thread *self)
{
    lock_acquire(&self->lock);
    self->waiter = NULL;
    lock_release(&self->lock);
}

void thread_set_io_waiter(struct thread *self, struct waiter *waiter)
{
    lock_acquire(&self->lock);
    self->io_waiter = waiter;
    lock_release(&self->lock);
}

bool thread_cancel_io(struct thread *thread)
{
    bool cancelled;
    lock_acquire(&thread->lock);
    cancelled = thread->io_waiter && waiter_claim(thread->io_waiter, WAITER_CANCELLED);
    if (cancelled)
        waiter_wake(thread->io_waiter);
    lock_release(&thread->lock);
    return cancelled;
}

void thread_signal(pid_t tid, int sig)
{
    syscall(SYS_tgkill, thread__process, tid, sig);
}

void thread_interrupt(pid_t tid)
{
    thread_signal(tid, thread_wake_signal());
}

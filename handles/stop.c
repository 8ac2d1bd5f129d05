/* Suspending and resuming threads. The thread itself stops, in the signal's handler or at the end
 * of the section that deferred it; `suspended` is what it and the others tell each other by. */
#include "stop.h"

#include "futex.h"
#include "thread.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <winnt.h>

_Thread_local uint32_t stop_word __attribute__((tls_model("initial-exec"))) = STOP_NOT_WANTED;

static int stop__signal(void)
{
    return SIGRTMAX - 2;
}

/* A thread that was terminated comes no further than this. */
static void stop__rest_in_peace(void)
{
    sigset_t all;
    sigfillset(&all);
    for (;;)
        sigsuspend(&all);
}

/* Stays here until the count is zero. Takes no lock: it may be in a handler. */
static void stop__stay(struct thread *self)
{
    for (;;) {
        uint32_t word = atomic_load(&self->suspended);
        if ((word & SUSPEND_KILLED) && (word & SUSPEND_ENDED))
            stop__rest_in_peace();
        if ((word & SUSPEND_ENDED) || !(word & SUSPEND_COUNT))
            return;
        if (word & SUSPEND_STOPPED) {
            futex_wait_until(&self->suspended, word, CLOCK_MONOTONIC, NULL);
        } else if (atomic_compare_exchange_strong(&self->suspended, &word,
                                                  word | SUSPEND_STOPPED)) {
            futex_wake(&self->suspended, INT_MAX);
        }
    }
}

static void stop__want(void)
{
    __asm__ volatile("andl %1, %0" : "+m"(stop_word) : "i"(~STOP_NOT_WANTED) : "memory", "cc");
}

/* A sleep that others rely on ends early, so that the thread leaves it properly before it stops. */
static void stop__signaled(int sig)
{
    struct thread *self = thread_current;
    int err = errno;
    (void)sig;
    if (self && (stop_word & ~STOP_NOT_WANTED)) {
        stop__want();
        if (self->asleep && waiter_claim(self->asleep, WAITER_KICKED))
            thread_interrupt((pid_t)self->id);
    } else if (self) {
        stop_word = STOP_NOT_WANTED;
        stop__stay(self);
    }
    errno = err;
}

void stop_now(void)
{
    struct thread *self = thread_current;
    sigset_t all, before;
    int err = errno;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    stop_word = STOP_NOT_WANTED;
    if (self)
        stop__stay(self);
    /* A new suspension's signal is delivered here. */
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = err;
}

void stop_set_up(void)
{
    struct sigaction action = {.sa_handler = stop__signaled, .sa_flags = SA_RESTART};
#ifdef __SANITIZE_THREAD__
    action.sa_flags =
        0; /* it runs handlers late: after a sleep that must not start again by itself */
#endif
    sigfillset(&action.sa_mask);
    sigaction(stop__signal(), &action, NULL);
}

void stop_after_fork(struct thread *self)
{
    __asm__ volatile("orl %1, %0" : "+m"(stop_word) : "i"(STOP_NOT_WANTED) : "memory", "cc");
    if (!self)
        return;
    atomic_store(&self->suspended, 0);
    lock_init(&self->suspending);
    self->slot_given = false;
}

void stop_may_reach_me(void)
{
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, stop__signal());
    pthread_sigmask(SIG_UNBLOCK, &stop, NULL);
}

void thread_sleeps(struct thread *self, struct waiter *waiter)
{
    self->asleep = waiter;
    atomic_signal_fence(memory_order_seq_cst);
    if (waiter && stop_is_wanted())
        waiter_claim(waiter, WAITER_KICKED);
}

void thread_wait_until_resumed(struct thread *self)
{
    stop__stay(self);
}

void thread_ends_unstopped(struct thread *self)
{
    atomic_fetch_or(&self->suspended, SUSPEND_ENDED);
    futex_wake(&self->suspended, INT_MAX);
}

/* Counts one suspension more, and tells the thread of its first. Caller holds thread->suspending:
 * who tells is not stopped in between, and the thread is sure to hear of it. */
static uint32_t stop__count(struct thread *thread, uint32_t mark)
{
    uint32_t before = atomic_fetch_add(&thread->suspended, mark + 1) & SUSPEND_COUNT;
    if (before == 0 && thread != thread_self())
        thread_signal((pid_t)thread_wait_for_id(thread), stop__signal());
    return before;
}

/* One that was terminated is counted out. */
static NTSTATUS stop__begin(struct thread *thread, uint32_t *before)
{
    NTSTATUS status = STATUS_SUCCESS;
    uint32_t word;
    lock_acquire(&thread->suspending);
    word = atomic_load(&thread->suspended);
    if ((word & (SUSPEND_ENDED | SUSPEND_KILLED)) || thread->is_service)
        status = STATUS_ACCESS_DENIED;
    else if ((word & SUSPEND_COUNT) == MAXIMUM_SUSPEND_COUNT)
        status = STATUS_SUSPEND_COUNT_EXCEEDED;
    else
        *before = stop__count(thread, 0);
    lock_release(&thread->suspending);
    return status;
}

/* Until it has stopped, has been resumed or has ended. Holds no lock: the caller may be suspended
 * meanwhile. */
static NTSTATUS stop__await(struct thread *thread)
{
    for (;;) {
        uint32_t word = atomic_load(&thread->suspended);
        if (word & SUSPEND_ENDED)
            return STATUS_ACCESS_DENIED;
        if ((word & SUSPEND_STOPPED) || !(word & SUSPEND_COUNT))
            return STATUS_SUCCESS;
        futex_wait_until(&thread->suspended, word, CLOCK_MONOTONIC, NULL);
    }
}

/* A stopped thread does not run, so its port may run another. While `suspending` is held it stays
 * stopped. */
static void stop__give_slot(struct thread *thread)
{
    lock_acquire(&thread->suspending);
    if ((atomic_load(&thread->suspended) & SUSPEND_STOPPED) && !thread->slot_given &&
        thread_hooks.stopped)
        thread->slot_given = thread_hooks.stopped(thread);
    lock_release(&thread->suspending);
}

static NTSTATUS stop__self(struct thread *self)
{
    thread_block_begin(self);
    stop_defer();
    stop__want();
    stop_allow();
    thread_block_end(self);
    return STATUS_SUCCESS;
}

NTSTATUS thread_suspend(struct thread *thread, uint32_t *before)
{
    NTSTATUS status = stop__begin(thread, before);
    if (status != STATUS_SUCCESS)
        return status;
    if (thread == thread_self())
        return stop__self(thread);
    status = stop__await(thread);
    stop__give_slot(thread);
    return status;
}

/* Lets it go on. Caller holds thread->suspending. */
static void stop__end(struct thread *thread)
{
    if (thread->slot_given)
        thread_hooks.block_ends(thread);
    thread->slot_given = false;
    atomic_fetch_and(&thread->suspended, SUSPEND_ENDED | SUSPEND_KILLED);
    futex_wake(&thread->suspended, INT_MAX);
}

uint32_t thread_resume(struct thread *thread)
{
    uint32_t word, count;
    lock_acquire(&thread->suspending);
    word = atomic_load(&thread->suspended);
    count = word & (SUSPEND_ENDED | SUSPEND_KILLED) ? 0 : word & SUSPEND_COUNT;
    if (count == 1)
        stop__end(thread);
    else if (count > 1)
        atomic_fetch_sub(&thread->suspended, 1);
    lock_release(&thread->suspending);
    return count;
}

/* Is it blocked in a synchronous request? Then that is cancelled, which it must do itself. */
static bool stop__cancels_request(struct thread *thread)
{
    bool cancels;
    lock_acquire(&thread->lock);
    cancels = thread->io_waiter != NULL;
    if (cancels && waiter_claim(thread->io_waiter, WAITER_CANCELLED))
        waiter_wake(thread->io_waiter);
    lock_release(&thread->lock);
    return cancels;
}

/* From here on nobody else suspends or resumes it; of several who terminate it the first one's exit
 * code counts. */
static void stop__doom(struct thread *thread, uint32_t exit_code)
{
    lock_acquire(&thread->suspending);
    if (!(atomic_load(&thread->suspended) & (SUSPEND_ENDED | SUSPEND_KILLED))) {
        atomic_store(&thread->exit_code_wanted, exit_code);
        stop__count(thread, SUSPEND_KILLED);
    }
    lock_release(&thread->suspending);
}

/* Ends one that has stopped for good; whoever comes first does it. */
static void stop__finish(struct thread *thread)
{
    uint32_t word;
    lock_acquire(&thread->suspending);
    word = atomic_load(&thread->suspended);
    if ((word & SUSPEND_STOPPED) && !(word & SUSPEND_ENDED)) {
        if (stop__cancels_request(thread))
            stop__end(thread);
        else
            thread_bury(thread);
    }
    lock_release(&thread->suspending);
}

NTSTATUS thread_terminate(struct thread *thread, uint32_t exit_code)
{
    if (thread->is_service)
        return STATUS_ACCESS_DENIED;
    stop__doom(thread, exit_code);
    stop__await(thread);
    stop__finish(thread);
    return STATUS_SUCCESS;
}

void thread_die_if_killed(struct thread *self)
{
    if (!(atomic_load(&self->suspended) & SUSPEND_KILLED))
        return;
    thread_leave();
    stop__rest_in_peace();
}

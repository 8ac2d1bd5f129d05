/* Console control handlers. A signal only notes the event and wakes a service thread; that thread
 * gives each event a thread of its own, as Windows does, so that a handler may block. */
#include <consoleapi.h>

#include "futex.h"
#include "last_error.h"
#include "lock.h"
#include "service.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>
#include <winerror.h>

enum { HANDLERS_MAX = 64 };

struct control {
    int sig;
    DWORD event;
};
static const struct control controls[] = {
    {SIGINT, CTRL_C_EVENT},
    {SIGQUIT, CTRL_BREAK_EVENT},
    {SIGHUP, CTRL_CLOSE_EVENT},
    {SIGTERM, CTRL_CLOSE_EVENT},
};
enum { CONTROL_COUNT = sizeof controls / sizeof controls[0] };

static struct lock ctrl__lock; /* protects the four below */
static PHANDLER_ROUTINE ctrl__handlers[HANDLERS_MAX];
static unsigned ctrl__count;
static bool ctrl__service;
static bool ctrl__ignores_c;

static struct sigaction ctrl__before[CONTROL_COUNT]; /* while handlers are there */
static _Atomic uint32_t ctrl__pending;               /* one bit per control */

static void ctrl__on_signal(int sig)
{
    int err = errno;
    for (unsigned i = 0; i < CONTROL_COUNT; i++) {
        if (controls[i].sig == sig)
            atomic_fetch_or(&ctrl__pending, 1u << i);
    }
    futex_wake(&ctrl__pending, 1);
    errno = err;
}

/* What the signal would have done without us. */
static void ctrl__die(int sig)
{
    sigset_t set;
    signal(sig, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, sig);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    kill(getpid(), sig);
}

/* Asks the handlers, newest first. They may add and remove handlers: a copy is asked. */
static bool ctrl__ask(DWORD event)
{
    PHANDLER_ROUTINE handlers[HANDLERS_MAX];
    unsigned count;
    lock_acquire(&ctrl__lock);
    count = ctrl__count;
    for (unsigned i = 0; i < count; i++)
        handlers[i] = ctrl__handlers[i];
    lock_release(&ctrl__lock);
    while (count > 0) {
        if (handlers[--count](event))
            return true;
    }
    return false;
}

static void *ctrl__run_event(void *arg)
{
    const struct control *control = arg;
    sigset_t none;
    bool handled;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    handled = ctrl__ask(control->event);
    if (!handled || control->event == CTRL_CLOSE_EVENT)
        ctrl__die(control->sig);
    return NULL;
}

static void ctrl__dispatch(const struct control *control)
{
    pthread_t thread;
    if (control->event == CTRL_C_EVENT && ctrl__ignores_c)
        return;
    if (pthread_create(&thread, NULL, ctrl__run_event, (void *)control) == 0)
        pthread_detach(thread);
    else
        ctrl__die(control->sig);
}

static void *ctrl__serve(void *arg)
{
    (void)arg;
    for (;;) {
        uint32_t pending = atomic_exchange(&ctrl__pending, 0);
        for (unsigned i = 0; i < CONTROL_COUNT; i++) {
            if (pending & (1u << i))
                ctrl__dispatch(&controls[i]);
        }
        if (!pending)
            futex_wait_until(&ctrl__pending, 0, CLOCK_MONOTONIC, NULL);
    }
    return NULL;
}

/* Signals the program ignores (nohup) stay ignored. Caller holds ctrl__lock. */
static void ctrl__take_signals(void)
{
    struct sigaction action = {.sa_handler = ctrl__on_signal, .sa_flags = SA_RESTART};
    for (unsigned i = 0; i < CONTROL_COUNT; i++) {
        sigaction(controls[i].sig, NULL, &ctrl__before[i]);
        if (ctrl__before[i].sa_handler != SIG_IGN)
            sigaction(controls[i].sig, &action, NULL);
    }
}

/* Caller holds ctrl__lock. */
static void ctrl__give_signals_back(void)
{
    for (unsigned i = 0; i < CONTROL_COUNT; i++)
        sigaction(controls[i].sig, &ctrl__before[i], NULL);
}

/* Caller holds ctrl__lock. */
static NTSTATUS ctrl__add(PHANDLER_ROUTINE handler)
{
    if (ctrl__count == HANDLERS_MAX)
        return STATUS_NO_MEMORY;
    if (!ctrl__service && !(ctrl__service = service_start("portico-ctrl", ctrl__serve, NULL)))
        return STATUS_NO_MEMORY;
    ctrl__handlers[ctrl__count++] = handler;
    if (ctrl__count == 1)
        ctrl__take_signals();
    return STATUS_SUCCESS;
}

/* The newest registration of the handler goes. Caller holds ctrl__lock. */
static NTSTATUS ctrl__remove(PHANDLER_ROUTINE handler)
{
    unsigned at = ctrl__count;
    while (at > 0 && ctrl__handlers[at - 1] != handler)
        at--;
    if (at == 0)
        return STATUS_INVALID_PARAMETER;
    for (; at < ctrl__count; at++)
        ctrl__handlers[at - 1] = ctrl__handlers[at];
    ctrl__count--;
    if (ctrl__count == 0)
        ctrl__give_signals_back();
    return STATUS_SUCCESS;
}

/* Caller holds ctrl__lock. */
static void ctrl__ignore_c(bool ignore)
{
    ctrl__ignores_c = ignore;
    if (ctrl__count == 0)
        signal(SIGINT, ignore ? SIG_IGN : SIG_DFL);
}

BOOL WINAPI SetConsoleCtrlHandler(PHANDLER_ROUTINE HandlerRoutine, BOOL Add)
{
    NTSTATUS status = STATUS_SUCCESS;
    lock_acquire(&ctrl__lock);
    if (!HandlerRoutine)
        ctrl__ignore_c(Add);
    else
        status = Add ? ctrl__add(HandlerRoutine) : ctrl__remove(HandlerRoutine);
    lock_release(&ctrl__lock);
    return win32_result(status);
}

BOOL WINAPI GenerateConsoleCtrlEvent(DWORD dwCtrlEvent, DWORD dwProcessGroupId)
{
    if (dwCtrlEvent > CTRL_BREAK_EVENT || dwProcessGroupId > INT32_MAX)
        return fail_win32(ERROR_INVALID_PARAMETER);
    if (kill((pid_t)dwProcessGroupId, dwCtrlEvent == CTRL_C_EVENT ? SIGINT : SIGQUIT) < 0)
        return fail_status(status_from_errno(errno));
    return TRUE;
}

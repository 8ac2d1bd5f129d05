/* Starting programs. The child shares our memory until its program is there, while the calling
 * thread waits: so it can tell an error by storing it. One that is to begin later has a copy of
 * the memory instead, and waits at its gate. Either makes nothing but system calls, bare ones:
 * other threads may hold any lock, and the C library, or what a program or a sanitizer put before
 * it, would keep books in memory that is still the parent's. */
#include "spawn.h"

#include "status.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SPAWN_STACK_BYTES = 256 * 1024, SPAWN_FAILED = 127, KERNEL_SIGNALS = 64 };

/* Of functions that run in the child: nothing is put into them either. */
#define CHILD __attribute__((no_sanitize("thread", "address", "undefined")))

struct spawn_child {
    struct spawn *spawn;
    sigset_t mask; /* what the program begins with */
    int gate;      /* the child's end, -1: none */
    int error;     /* what failed, in the shared memory */
};

/* As the kernel has them. */
struct kernel_action {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

/* clone(), past what may stand before it. */
extern int bare_clone(int (*run)(void *), void *stack, int flags, void *arg,
                      ...) __asm__("__clone");

/* ---- in the child ---- */

static CHILD void spawn__set_action(int sig, void (*handler)(int))
{
    struct kernel_action action = {.handler = handler};
    syscall(SYS_rt_sigaction, sig, &action, NULL, sizeof action.mask);
}

/* Handlers are ours, and the memory with them; what is ignored stays ignored. */
static CHILD void spawn__reset_signals(void)
{
    for (int sig = 1; sig <= KERNEL_SIGNALS; sig++) {
        struct kernel_action action;
        if (syscall(SYS_rt_sigaction, sig, NULL, &action, sizeof action.mask) == 0 &&
            action.handler != SIG_IGN && action.handler != SIG_DFL)
            spawn__set_action(sig, SIG_DFL);
    }
}

static CHILD bool spawn__place_descriptors(const struct spawn *spawn)
{
    long moved[SPAWN_STANDARD];
    for (int i = 0; i < SPAWN_STANDARD; i++) {
        moved[i] = syscall(SYS_fcntl, spawn->standard[i], F_DUPFD_CLOEXEC, SPAWN_STANDARD);
        if (moved[i] < 0)
            return false;
    }
    for (int i = 0; i < SPAWN_STANDARD; i++) {
        if (syscall(SYS_dup3, moved[i], i, 0) < 0)
            return false;
        syscall(SYS_close, moved[i]);
    }
    for (uint32_t i = 0; i < spawn->kept_count; i++)
        syscall(SYS_fcntl, spawn->kept[i], F_SETFD, 0);
    return true;
}

/* While it waits at its gate the child must not keep pipes of ours open. */
static CHILD void spawn__close_others(const struct spawn_child *child)
{
    const struct spawn *spawn = child->spawn;
    int from = SPAWN_STANDARD;
    for (;;) {
        int next = child->gate >= from ? child->gate : INT_MAX;
        for (uint32_t i = 0; i < spawn->kept_count; i++) {
            if (spawn->kept[i] >= from && spawn->kept[i] < next)
                next = spawn->kept[i];
        }
        if (next > from)
            syscall(SYS_close_range, from, next == INT_MAX ? ~0u : (unsigned)next - 1, 0);
        if (next == INT_MAX)
            return;
        from = next + 1;
    }
}

static CHILD void spawn__wait_at_gate(const struct spawn_child *child)
{
    char word;
    long got;
    if (child->gate < 0)
        return;
    spawn__close_others(child);
    do {
        got = syscall(SYS_read, child->gate, &word, 1);
    } while (got < 0 && errno == EINTR);
    if (got != 1)
        syscall(SYS_exit_group, SPAWN_FAILED);
}

static CHILD int spawn__run(void *arg)
{
    struct spawn_child *child = arg;
    struct spawn *spawn = child->spawn;
    spawn__reset_signals();
    if (spawn->new_session)
        syscall(SYS_setsid);
    else if (spawn->new_group)
        syscall(SYS_setpgid, 0, 0);
    if (spawn->new_group) /* as on Windows: the group is deaf to CTRL+C */
        spawn__set_action(SIGINT, SIG_IGN);
    if (spawn->has_nice_value) /* as far as the host lets it */
        syscall(SYS_setpriority, PRIO_PROCESS, 0, spawn->nice_value);
    spawn->heritage->pid = (uint32_t)syscall(SYS_getpid);
    if ((!spawn->directory || syscall(SYS_chdir, spawn->directory) == 0) &&
        spawn__place_descriptors(spawn)) {
        spawn__wait_at_gate(child);
        syscall(SYS_rt_sigprocmask, SIG_SETMASK, &child->mask, NULL, KERNEL_SIGNALS / 8);
        syscall(SYS_execve, spawn->path, spawn->arguments, spawn->environment);
    }
    child->error = errno;
    spawn->heritage->exit_code = (uint32_t)STATUS_INVALID_IMAGE_FORMAT;
    spawn->heritage->exit_is_known = 1;
    syscall(SYS_exit_group, (int)(STATUS_INVALID_IMAGE_FORMAT & 0xFF));
    __builtin_unreachable();
}

/* ---- in the parent ---- */

static NTSTATUS spawn__status(const struct spawn *spawn, int err)
{
    struct stat st;
    switch (err) {
    case ENOEXEC:
    case EINVAL:
    case ELIBBAD:
        return STATUS_INVALID_IMAGE_FORMAT;
    case EACCES: /* nobody may execute it: then it is no program */
        return stat(spawn->path, &st) == 0 && !(st.st_mode & 0111) ? STATUS_INVALID_IMAGE_FORMAT
                                                                   : STATUS_ACCESS_DENIED;
    case E2BIG:
        return STATUS_NAME_TOO_LONG;
    case ETXTBSY:
        return STATUS_SHARING_VIOLATION;
    case EAGAIN:
    case ENOMEM:
        return STATUS_NO_MEMORY;
    default:
        return status_from_errno(err);
    }
}

void spawn_undo(int pidfd)
{
    syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
    syscall(SYS_waitid, P_PIDFD, pidfd, NULL, WEXITED | __WALL, NULL);
}

/* Signals wait meanwhile: a handler of the program's must not run in the child. */
static NTSTATUS spawn__clone(struct spawn_child *child, void *stack)
{
    struct spawn *spawn = child->spawn;
    /* No signal tells of a child that fails; the exec makes it SIGCHLD. */
    int flags = CLONE_PIDFD | (spawn->suspended ? 0 : CLONE_VM | CLONE_VFORK);
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    child->mask = before;
    for (int sig = SIGRTMIN; sig <= SIGRTMAX; sig++)
        sigdelset(&child->mask, sig); /* our threads block some for themselves */
    spawn->pid =
        bare_clone(spawn__run, (char *)stack + SPAWN_STACK_BYTES, flags, child, &spawn->pidfd);
    if (spawn->pid < 0)
        child->error = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (child->error == 0)
        return STATUS_SUCCESS;
    if (spawn->pid >= 0) {
        spawn_undo(spawn->pidfd);
        close(spawn->pidfd);
    }
    return spawn__status(spawn, child->error);
}

NTSTATUS spawn(struct spawn *spawn)
{
    struct spawn_child child = {.spawn = spawn, .gate = -1};
    int gate[2] = {-1, -1};
    NTSTATUS status = STATUS_NO_MEMORY;
    void *stack = mmap(NULL, SPAWN_STACK_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED)
        return STATUS_NO_MEMORY;
    if (!spawn->suspended || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, gate) == 0) {
        child.gate = gate[0];
        status = spawn__clone(&child, stack);
    }
    munmap(stack, SPAWN_STACK_BYTES);
    if (gate[0] >= 0)
        close(gate[0]);
    if (status != STATUS_SUCCESS && gate[1] >= 0)
        close(gate[1]);
    spawn->gate = gate[1];
    return status;
}

/* The ends of other processes. A child is reaped by its pidfd alone: the program's own children are
 * the program's, and no signal is touched. */
#include "process_watch.h"

#include "filetime.h"
#include "relay.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <winnt.h>

enum { EXIT_CODE_OF_ABORT = 3, EXIT_CODE_OF_KILL = 1 };

struct process_watcher {
    struct relay_source source;
    struct process *process;
    struct heritage *heritage;
    int heritage_fd; /* stays open until the child has had its time to open it: to the end */
};

/* What Windows' own processes end with in a like case. */
static uint32_t watch__code_of_signal(int sig)
{
    switch (sig) {
    case SIGSEGV:
    case SIGBUS:
        return (uint32_t)STATUS_ACCESS_VIOLATION;
    case SIGILL:
        return (uint32_t)STATUS_ILLEGAL_INSTRUCTION;
    case SIGFPE:
        return (uint32_t)STATUS_INTEGER_DIVIDE_BY_ZERO;
    case SIGTRAP:
        return (uint32_t)STATUS_BREAKPOINT;
    case SIGSYS:
        return (uint32_t)STATUS_INVALID_SYSTEM_SERVICE;
    case SIGINT:
    case SIGQUIT:
    case SIGHUP:
    case SIGTERM:
        return (uint32_t)STATUS_CONTROL_C_EXIT;
    case SIGABRT:
        return EXIT_CODE_OF_ABORT;
    default:
        return EXIT_CODE_OF_KILL;
    }
}

/* The whole code if the process has told it, else the host's part. */
static uint32_t watch__code_of_exit(const struct heritage *heritage, int status)
{
    uint32_t told = heritage ? heritage->exit_code : 0;
    if (heritage && heritage->exit_is_known && (told & 0xFF) == (uint32_t)status)
        return told;
    return (uint32_t)status;
}

/* How a process ended that is not ours to wait for, as newer hosts tell. */
static bool watch__ask_host(int pidfd, int *wait_status)
{
    struct {
        uint64_t mask, cgroup;
        uint32_t pid, tgid, ppid, ids[8];
        int32_t exit_code;
    } info = {.mask = 1 << 3};
    if (ioctl(pidfd, _IOWR(0xFF, 11, info), &info) < 0 || !(info.mask & 1 << 3))
        return false;
    *wait_status = info.exit_code;
    return true;
}

static int64_t watch__ticks(struct timeval time)
{
    return (int64_t)time.tv_sec * FILETIME_PER_SECOND + time.tv_usec * 10;
}

static void watch__learn(const struct process_watcher *watcher, struct process_end *end)
{
    siginfo_t info = {0};
    struct rusage usage = {0};
    struct timespec now;
    int status, sig = 0;
    if (syscall(SYS_waitid, P_PIDFD, watcher->source.fd, &info,
                WEXITED | __WALL | (watcher->heritage ? 0 : WNOWAIT), &usage) == 0) {
        status = info.si_status;
        sig = info.si_code == CLD_EXITED ? 0 : status;
    } else if (watch__ask_host(watcher->source.fd, &status)) {
        sig = WTERMSIG(status);
        status = WEXITSTATUS(status);
    } else {
        status = watcher->heritage ? (int)watcher->heritage->exit_code & 0xFF : 0;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    *end = (struct process_end){
        .killed = sig == SIGKILL,
        .exit_code =
            sig ? watch__code_of_signal(sig) : watch__code_of_exit(watcher->heritage, status),
        .ended = filetime_from_timespec(now),
        .kernel = watch__ticks(usage.ru_stime),
        .user = watch__ticks(usage.ru_utime),
    };
}

static void watch__ready(struct relay_source *source, uint32_t events)
{
    struct process_watcher *watcher = list_entry(source, struct process_watcher, source);
    struct process *process = watcher->process;
    struct process_end end;
    (void)events;
    watch__learn(watcher, &end);
    process_end(process, &end);
    relay_remove(source);
    if (watcher->heritage) {
        heritage_free(watcher->heritage);
        close(watcher->heritage_fd);
    }
    free(watcher);
    object_unref(&process->object);
}

bool process_watch(struct process *process, struct heritage *heritage, int heritage_fd)
{
    struct process_watcher *watcher = calloc(1, sizeof *watcher);
    if (!watcher)
        return false;
    *watcher = (struct process_watcher){
        .source = {.fd = process->pidfd, .ready = watch__ready},
        .process = process,
        .heritage = heritage,
        .heritage_fd = heritage_fd,
    };
    object_ref(&process->object);
    if (relay_add(&watcher->source, EPOLLIN))
        return true;
    object_unref(&process->object);
    free(watcher);
    return false;
}

/* CreateProcess and GetStartupInfo. What the caller gives is checked and copied as UTF-8, the
 * program found, its handles gathered, the program started; then it gets its objects and somebody
 * who watches it. */
#include <processthreadsapi.h>
#include <processenv.h>
#include <winbase.h>

#include "attribute_list.h"
#include "filetime.h"
#include "format.h"
#include "inheritance.h"
#include "last_error.h"
#include "path.h"
#include "priority_class.h"
#include "process_watch.h"
#include "program.h"
#include "transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    COMMAND_LINE_UNITS = 32767, /* with its NUL */
    ENVIRONMENT_UNITS = 16 * 1024 * 1024,
    PAGE_BYTES = 4096,
    PRIORITY_CLASSES = NORMAL_PRIORITY_CLASS | IDLE_PRIORITY_CLASS | HIGH_PRIORITY_CLASS |
                       REALTIME_PRIORITY_CLASS | BELOW_NORMAL_PRIORITY_CLASS |
                       ABOVE_NORMAL_PRIORITY_CLASS,
    OWN_CONSOLE = DETACHED_PROCESS | CREATE_NEW_CONSOLE | CREATE_NO_WINDOW,
};

/* One call. */
struct create {
    bool wide;
    const void *application, *line, *directory, *environment; /* as they were given */
    const STARTUPINFOW *start;                                /* both forms are laid out alike */
    PROCESS_INFORMATION *information;
    uint32_t flags, process_flags, thread_flags;
    bool inherits;

    char *name, *command, *home; /* the program's own, or NULL */
    char *path;                  /* of the program's file */
    char **arguments;
    char *block;    /* the environment's strings */
    char **entries; /* and where each begins */
    char page[64];  /* the entry that names the heritage */
    struct inheritance inheritance;
};

/* ---- texts of the program's ---- */

/* Units before the first `zeros` NULs in a row; -1: not all of it can be read, or too long. */
static int64_t text__length(const void *text, size_t unit, unsigned zeros, size_t most)
{
    const char *at = text;
    unsigned in_a_row = 0;
    for (size_t count = 0; count < most; count++, at += unit) {
        bool is_zero;
        if ((count == 0 || ((uintptr_t)at + unit - 1) % PAGE_BYTES < unit) &&
            !memory_is_readable(at, unit))
            return -1;
        is_zero = at[0] == 0 && (unit == 1 || at[1] == 0);
        in_a_row = is_zero ? in_a_row + 1 : 0;
        if (in_a_row == zeros)
            return (int64_t)(count + 1 - zeros);
        if (count == 0 && is_zero && zeros > 1) /* an empty block is one NUL, or two */
            return 0;
    }
    return -1;
}

static size_t create__unit(const struct create *create)
{
    return create->wide ? sizeof(WCHAR) : 1;
}

/* A copy as UTF-8; NULL stays NULL. */
static NTSTATUS create__copy(const struct create *create, const void *text, char **copy)
{
    *copy = NULL;
    if (!text)
        return STATUS_SUCCESS;
    if (text__length(text, create__unit(create), 1, ENVIRONMENT_UNITS) < 0)
        return STATUS_ACCESS_VIOLATION;
    *copy = create->wide ? path_text_from_wide(text) : strdup(text);
    return *copy ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static NTSTATUS create__copy_line(struct create *create)
{
    NTSTATUS status = create__copy(create, create->line, &create->command);
    if (status == STATUS_SUCCESS && create->line &&
        text__length(create->line, create__unit(create), 1, COMMAND_LINE_UNITS) < 0)
        status = STATUS_NAME_TOO_LONG;
    return status;
}

static NTSTATUS create__copy_texts(struct create *create)
{
    NTSTATUS status = create__copy(create, create->application, &create->name);
    if (status == STATUS_SUCCESS)
        status = create__copy_line(create);
    if (status == STATUS_SUCCESS)
        status = create__copy(create, create->directory, &create->home);
    return status;
}

/* ---- the environment ---- */

static void block__add_wide(struct text_buffer *block, const WCHAR *entry)
{
    for (; *entry; entry += lstrlenW(entry) + 1) {
        char *text = path_text_from_wide(entry);
        if (text)
            text_buffer_add(block, text, strlen(text) + 1);
        else
            block->failed = true;
        free(text);
    }
}

/* The caller's environment, or our own. */
static NTSTATUS create__copy_block(struct create *create)
{
    bool wide = create->flags & CREATE_UNICODE_ENVIRONMENT;
    struct text_buffer block = {0};
    int64_t length;
    if (!create->environment) {
        create->block = GetEnvironmentStringsA();
        return create->block ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    }
    length = text__length(create->environment, wide ? sizeof(WCHAR) : 1, 2, ENVIRONMENT_UNITS);
    if (length < 0)
        return STATUS_ACCESS_VIOLATION;
    if (length > 0 && wide)
        block__add_wide(&block, create->environment);
    else if (length > 0)
        text_buffer_add(&block, create->environment, (size_t)length + 1);
    text_buffer_add_char(&block, '\0');
    create->block = block.text;
    if (!block.failed)
        return STATUS_SUCCESS;
    text_buffer_free(&block);
    create->block = NULL;
    return STATUS_NO_MEMORY;
}

/* Where each entry begins; the one that names the heritage comes first. */
static NTSTATUS create__list_block(struct create *create)
{
    size_t count = 1, prefix = strlen(HERITAGE_VARIABLE);
    char *entry;
    for (entry = create->block; *entry; entry += strlen(entry) + 1)
        count++;
    create->entries = malloc((count + 1) * sizeof *create->entries);
    if (!create->entries)
        return STATUS_NO_MEMORY;
    create->entries[0] = create->page;
    count = 1;
    for (entry = create->block; *entry; entry += strlen(entry) + 1) {
        if (strncmp(entry, HERITAGE_VARIABLE, prefix) != 0 || entry[prefix] != '=')
            create->entries[count++] = entry;
    }
    create->entries[count] = NULL;
    return STATUS_SUCCESS;
}

static void create__name_page(struct create *create)
{
    const struct inheritance *in = &create->inheritance;
    if (in->heritage->fd >= 0)
        snprintf(create->page, sizeof create->page, HERITAGE_VARIABLE "=/proc/self/fd/%d",
                 in->heritage->fd);
    else
        snprintf(create->page, sizeof create->page, HERITAGE_VARIABLE "=/proc/%d/fd/%d", getpid(),
                 in->heritage_fd);
}

/* ---- checks ---- */

static NTSTATUS create__check_flags(const struct create *create)
{
    const uint32_t known = CREATE_SUSPENDED | OWN_CONSOLE | CREATE_NEW_PROCESS_GROUP |
                           CREATE_UNICODE_ENVIRONMENT | CREATE_SEPARATE_WOW_VDM |
                           CREATE_SHARED_WOW_VDM | INHERIT_PARENT_AFFINITY |
                           EXTENDED_STARTUPINFO_PRESENT | CREATE_BREAKAWAY_FROM_JOB |
                           CREATE_DEFAULT_ERROR_MODE | PRIORITY_CLASSES;
    const uint32_t both = DETACHED_PROCESS | CREATE_NEW_CONSOLE;
    if (create->flags & (DEBUG_PROCESS | DEBUG_ONLY_THIS_PROCESS))
        return STATUS_NOT_SUPPORTED;
    if ((create->flags & ~known) || (create->flags & both) == both)
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

/* The start-up information, and the attributes that may follow it. */
static NTSTATUS create__check_start(struct create *create)
{
    const STARTUPINFOEXW *extended = (const STARTUPINFOEXW *)create->start;
    struct inheritance *in = &create->inheritance;
    if (!create->start || !create->information || (!create->application && !create->line))
        return STATUS_INVALID_PARAMETER;
    if (!memory_is_readable(create->start, sizeof *create->start) ||
        !memory_is_writable(create->information, sizeof *create->information))
        return STATUS_ACCESS_VIOLATION;
    if (!(create->flags & EXTENDED_STARTUPINFO_PRESENT))
        return STATUS_SUCCESS;
    if (create->start->cb != sizeof *extended)
        return STATUS_INVALID_PARAMETER;
    if (!memory_is_readable(extended, sizeof *extended))
        return STATUS_ACCESS_VIOLATION;
    if (!extended->lpAttributeList)
        return STATUS_SUCCESS;
    return attribute_list_handles(extended->lpAttributeList, &in->listed, &in->listed_count);
}

/* The directory's host form takes the place of what was asked for. */
static NTSTATUS create__find_home(struct create *create)
{
    struct path path;
    struct stat st;
    NTSTATUS status;
    if (!create->home)
        return STATUS_SUCCESS;
    status = path_init_file(&path, create->home);
    if (status != STATUS_SUCCESS)
        return status == STATUS_NO_MEMORY ? status : STATUS_NOT_A_DIRECTORY;
    status = path_resolve(&path, true, &st);
    free(create->home);
    create->home = NULL;
    if (status == STATUS_SUCCESS && S_ISDIR(st.st_mode))
        create->home = strdup(path.text);
    else
        status = STATUS_NOT_A_DIRECTORY;
    path_free(&path);
    return status != STATUS_SUCCESS || create->home ? status : STATUS_NO_MEMORY;
}

static NTSTATUS create__find_program(struct create *create)
{
    NTSTATUS status = program_find(create->name, create->command, &create->path);
    if (status != STATUS_SUCCESS)
        return status;
    create->arguments = program_arguments(create->command ? create->command : create->name);
    return create->arguments ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/* ---- starting ---- */

static NTSTATUS create__gather(struct create *create)
{
    struct inheritance *in = &create->inheritance;
    const STARTUPINFOW *start = create->start;
    NTSTATUS status;
    in->inherits = create->inherits;
    in->uses_standard = start->dwFlags & STARTF_USESTDHANDLES;
    in->no_standard = !in->uses_standard && (create->flags & OWN_CONSOLE);
    in->standard[0] = start->hStdInput;
    in->standard[1] = start->hStdOutput;
    in->standard[2] = start->hStdError;
    status = inheritance_gather(in);
    if (status != STATUS_SUCCESS)
        return status;
    in->heritage->start = (struct heritage_start){
        start->dwX,           start->dwY,           start->dwXSize,         start->dwYSize,
        start->dwXCountChars, start->dwYCountChars, start->dwFillAttribute, start->dwFlags,
        start->wShowWindow,
    };
    create__name_page(create);
    return status;
}

/* Somebody who watches it, without whom it cannot stay. Takes over the process's page. */
static NTSTATUS create__watch(struct create *create, struct process *process, int pidfd)
{
    struct inheritance *in = &create->inheritance;
    if (process_watch(process, in->heritage, in->heritage_fd)) {
        in->heritage = NULL;
        return STATUS_SUCCESS;
    }
    spawn_undo(pidfd);
    process_end(process, &(struct process_end){.killed = true});
    close(pidfd);
    return STATUS_NO_MEMORY;
}

static NTSTATUS create__open_handles(const struct create *create, struct process *process,
                                     struct thread *thread)
{
    PROCESS_INFORMATION *out = create->information;
    HANDLE process_handle, thread_handle;
    NTSTATUS status =
        handle_open(&process->object, PROCESS_ALL_ACCESS, create->process_flags, &process_handle);
    if (status != STATUS_SUCCESS)
        return status;
    status = handle_open(&thread->object, THREAD_ALL_ACCESS, create->thread_flags, &thread_handle);
    if (status != STATUS_SUCCESS) {
        handle_close(process_handle);
        return status;
    }
    *out = (PROCESS_INFORMATION){process_handle, thread_handle, process->pid, process->pid};
    return STATUS_SUCCESS;
}

/* Objects and handles for what was started; without them it is ended. */
static NTSTATUS create__open(struct create *create, const struct spawn *spawned)
{
    struct process *process = process_create(spawned->pid, spawned->pidfd);
    struct thread *thread = NULL;
    NTSTATUS status = STATUS_NO_MEMORY;
    struct timespec now;
    if (!process) {
        spawn_undo(spawned->pidfd);
        close(spawned->pidfd);
        if (spawned->gate >= 0)
            close(spawned->gate);
        return STATUS_NO_MEMORY;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    process->created = filetime_from_timespec(now);
    process->priority = create->flags & PRIORITY_CLASSES;
    process->gate = spawned->gate;
    thread = process_make_thread(process);
    if (thread) {
        status = create__watch(create, process, spawned->pidfd);
        if (status == STATUS_SUCCESS)
            status = create__open_handles(create, process, thread);
        if (status != STATUS_SUCCESS)
            process_terminate(process, 0);
        object_unref(&thread->object);
    } else {
        spawn_undo(spawned->pidfd);
    }
    object_unref(&process->object);
    return status;
}

static NTSTATUS create__start(struct create *create)
{
    struct inheritance *in = &create->inheritance;
    struct spawn start = {
        .path = create->path,
        .arguments = create->arguments,
        .environment = create->entries,
        .directory = create->home,
        .standard = {in->standard_fd[0], in->standard_fd[1], in->standard_fd[2]},
        .kept = in->kept,
        .kept_count = in->kept_count,
        .new_session = create->flags & OWN_CONSOLE,
        .new_group = create->flags & CREATE_NEW_PROCESS_GROUP,
        .suspended = create->flags & CREATE_SUSPENDED,
        .heritage = in->heritage,
    };
    NTSTATUS status;
    start.has_nice_value = priority_class_nice(create->flags & PRIORITY_CLASSES, &start.nice_value);
    status = spawn(&start);
    if (status == STATUS_SUCCESS)
        status = create__open(create, &start);
    if (status == STATUS_SUCCESS)
        inheritance_begin(in);
    return status;
}

static NTSTATUS create__inherit_and_start(struct create *create)
{
    struct inheritance *in = &create->inheritance;
    NTSTATUS status = create__gather(create);
    if (status != STATUS_SUCCESS)
        return status;
    status = create__start(create);
    if (in->heritage) {
        heritage_free(in->heritage);
        close(in->heritage_fd);
    }
    inheritance_drop(in);
    return status;
}

static NTSTATUS create__run(struct create *create)
{
    static NTSTATUS (*const steps[])(struct create *) = {
        create__check_start, create__copy_texts,   create__copy_block,        create__list_block,
        create__find_home,   create__find_program, create__inherit_and_start,
    };
    NTSTATUS status = create__check_flags(create);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && status == STATUS_SUCCESS; i++)
        status = steps[i](create);
    return status;
}

static BOOL create__win32(struct create *create)
{
    NTSTATUS status = create__run(create);
    free(create->name);
    free(create->command);
    free(create->home);
    free(create->path);
    free(create->arguments);
    free(create->block);
    free(create->entries);
    return win32_result(status);
}

/* ---- entry points ---- */

static uint32_t create__handle_flags(const SECURITY_ATTRIBUTES *attributes)
{
    return memory_is_readable(attributes, sizeof *attributes) && attributes->bInheritHandle
               ? HANDLE_INHERIT
               : 0;
}

BOOL WINAPI CreateProcessA(LPCSTR lpApplicationName, LPSTR lpCommandLine,
                           LPSECURITY_ATTRIBUTES lpProcessAttributes,
                           LPSECURITY_ATTRIBUTES lpThreadAttributes, BOOL bInheritHandles,
                           DWORD dwCreationFlags, LPVOID lpEnvironment, LPCSTR lpCurrentDirectory,
                           LPSTARTUPINFOA lpStartupInfo, LPPROCESS_INFORMATION lpProcessInformation)
{
    struct create create = {
        .application = lpApplicationName,
        .line = lpCommandLine,
        .directory = lpCurrentDirectory,
        .environment = lpEnvironment,
        .start = (const STARTUPINFOW *)lpStartupInfo,
        .information = lpProcessInformation,
        .flags = dwCreationFlags,
        .process_flags = create__handle_flags(lpProcessAttributes),
        .thread_flags = create__handle_flags(lpThreadAttributes),
        .inherits = bInheritHandles != FALSE,
    };
    return create__win32(&create);
}

BOOL WINAPI CreateProcessW(LPCWSTR lpApplicationName, LPWSTR lpCommandLine,
                           LPSECURITY_ATTRIBUTES lpProcessAttributes,
                           LPSECURITY_ATTRIBUTES lpThreadAttributes, BOOL bInheritHandles,
                           DWORD dwCreationFlags, LPVOID lpEnvironment, LPCWSTR lpCurrentDirectory,
                           LPSTARTUPINFOW lpStartupInfo, LPPROCESS_INFORMATION lpProcessInformation)
{
    struct create create = {
        .wide = true,
        .application = lpApplicationName,
        .line = lpCommandLine,
        .directory = lpCurrentDirectory,
        .environment = lpEnvironment,
        .start = lpStartupInfo,
        .information = lpProcessInformation,
        .flags = dwCreationFlags,
        .process_flags = create__handle_flags(lpProcessAttributes),
        .thread_flags = create__handle_flags(lpThreadAttributes),
        .inherits = bInheritHandles != FALSE,
    };
    return create__win32(&create);
}

VOID WINAPI GetStartupInfoW(LPSTARTUPINFOW lpStartupInfo)
{
    const struct heritage *heritage = heritage_own();
    STARTUPINFOW info = {.cb = sizeof info};
    if (heritage) {
        info.dwX = heritage->start.x;
        info.dwY = heritage->start.y;
        info.dwXSize = heritage->start.width;
        info.dwYSize = heritage->start.height;
        info.dwXCountChars = heritage->start.columns;
        info.dwYCountChars = heritage->start.rows;
        info.dwFillAttribute = heritage->start.fill;
        info.dwFlags = heritage->start.flags;
        info.wShowWindow = (WORD)heritage->start.show;
    }
    if (info.dwFlags & STARTF_USESTDHANDLES) {
        info.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
        info.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
        info.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    }
    *lpStartupInfo = info;
}

VOID WINAPI GetStartupInfoA(LPSTARTUPINFOA lpStartupInfo)
{
    GetStartupInfoW((LPSTARTUPINFOW)lpStartupInfo); /* there are no texts in it */
}

/* Entry points of synchapi.h for one-time initialisation. The word is Windows': 0 not begun, 1 one
 * thread initialises and the others wait, 3 any number initialise and the first to complete wins,
 * context | 2 done. */
#include <synchapi.h>

#include "address_wait.h"
#include "last_error.h"

#include <limits.h>
#include <winerror.h>

enum { ONCE_NEW = 0, ONCE_SYNC = 1, ONCE_DONE = 2, ONCE_ASYNC = 3, ONCE_BITS = 3 };

static _Atomic uintptr_t *once__word(PINIT_ONCE once)
{
    return (_Atomic uintptr_t *)&once->Ptr;
}

static bool once__is_done(uintptr_t word)
{
    return (word & ONCE_BITS) == ONCE_DONE;
}

static void once__give_context(uintptr_t word, LPVOID *context)
{
    if (context)
        *context = (LPVOID)(word & ~(uintptr_t)ONCE_BITS);
}

/* Sleeps until the word may no longer say that a thread initialises. */
static void once__wait(PINIT_ONCE once)
{
    struct deadline never = deadline_from_ms(INFINITE);
    struct address_waiter waiter;
    address_wait_join(&waiter, once);
    if (atomic_load(once__word(once)) == ONCE_SYNC)
        address_wait_sleep(&waiter, &never);
    else
        address_wait_leave(&waiter);
}

/* STATUS_PENDING: the caller is to initialise. */
static NTSTATUS once__begin(PINIT_ONCE once, uintptr_t running, LPVOID *context)
{
    uintptr_t seen = ONCE_NEW;
    while (!atomic_compare_exchange_strong(once__word(once), &seen, running)) {
        if (once__is_done(seen)) {
            once__give_context(seen, context);
            return STATUS_SUCCESS;
        }
        if (seen != running)
            return STATUS_INVALID_PARAMETER;
        if (running == ONCE_ASYNC)
            break;
        once__wait(once);
        seen = ONCE_NEW;
    }
    return STATUS_PENDING;
}

static NTSTATUS once__complete(PINIT_ONCE once, uintptr_t running, uintptr_t outcome)
{
    uintptr_t seen = running;
    if (atomic_compare_exchange_strong(once__word(once), &seen, outcome)) {
        address_wake(once, UINT_MAX);
        return STATUS_SUCCESS;
    }
    return seen == ONCE_NEW || once__is_done(seen) ? STATUS_UNSUCCESSFUL : STATUS_INVALID_PARAMETER;
}

VOID WINAPI InitOnceInitialize(PINIT_ONCE InitOnce)
{
    InitOnce->Ptr = NULL;
}

BOOL WINAPI InitOnceBeginInitialize(LPINIT_ONCE lpInitOnce, DWORD dwFlags, PBOOL fPending,
                                    LPVOID *lpContext)
{
    NTSTATUS status;
    uintptr_t word;
    if (!lpInitOnce || !fPending || (dwFlags & ~(DWORD)(INIT_ONCE_CHECK_ONLY | INIT_ONCE_ASYNC)) ||
        dwFlags == (INIT_ONCE_CHECK_ONLY | INIT_ONCE_ASYNC))
        return fail_win32(ERROR_INVALID_PARAMETER);
    if (dwFlags & INIT_ONCE_CHECK_ONLY) {
        word = atomic_load(once__word(lpInitOnce));
        if (!once__is_done(word))
            return fail_win32(ERROR_GEN_FAILURE);
        once__give_context(word, lpContext);
        *fPending = FALSE;
        return TRUE;
    }
    status = once__begin(lpInitOnce, dwFlags & INIT_ONCE_ASYNC ? ONCE_ASYNC : ONCE_SYNC, lpContext);
    if (NT_SUCCESS(status))
        *fPending = status == STATUS_PENDING;
    return win32_result(status);
}

BOOL WINAPI InitOnceComplete(LPINIT_ONCE lpInitOnce, DWORD dwFlags, LPVOID lpContext)
{
    uintptr_t context = (uintptr_t)lpContext;
    bool failed = dwFlags & INIT_ONCE_INIT_FAILED;
    if (!lpInitOnce || (dwFlags & ~(DWORD)(INIT_ONCE_ASYNC | INIT_ONCE_INIT_FAILED)) ||
        dwFlags == (INIT_ONCE_ASYNC | INIT_ONCE_INIT_FAILED) || (context & ONCE_BITS) ||
        (failed && context))
        return fail_win32(ERROR_INVALID_PARAMETER);
    return win32_result(once__complete(lpInitOnce,
                                       dwFlags & INIT_ONCE_ASYNC ? ONCE_ASYNC : ONCE_SYNC,
                                       failed ? ONCE_NEW : context | ONCE_DONE));
}

BOOL WINAPI InitOnceExecuteOnce(PINIT_ONCE InitOnce, PINIT_ONCE_FN InitFn, PVOID Parameter,
                                LPVOID *Context)
{
    LPVOID context = Context ? *Context : NULL;
    NTSTATUS status;
    if (!InitOnce || !InitFn)
        return fail_win32(ERROR_INVALID_PARAMETER);
    status = once__begin(InitOnce, ONCE_SYNC, Context);
    if (status != STATUS_PENDING)
        return win32_result(status);
    if (!InitFn(InitOnce, Parameter, &context)) {
        once__complete(InitOnce, ONCE_SYNC, ONCE_NEW);
        return FALSE;
    }
    if ((uintptr_t)context & ONCE_BITS) {
        once__complete(InitOnce, ONCE_SYNC, ONCE_NEW);
        return fail_win32(ERROR_INVALID_PARAMETER);
    }
    status = once__complete(InitOnce, ONCE_SYNC, (uintptr_t)context | ONCE_DONE);
    if (status == STATUS_SUCCESS && Context)
        *Context = context;
    return win32_result(status);
}

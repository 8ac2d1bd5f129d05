/* Entry points of synchapi.h that need no kernel object: critical sections and SRW locks on their
 * own words, the rest over address_wait.h.
 *
 * A critical section's LockCount is Windows': bit 0 is clear while it is locked, bit 1 is clear
 * while a woken waiter is on its way, the bits above hold the complement of the waiters' number.
 * The free section has -1. */
#include <synchapi.h>

#include "address_wait.h"
#include "futex.h"
#include "last_error.h"
#include "stop.h"

#include <limits.h>
#include <string.h>
#include <winerror.h>

/* ---- critical sections ---- */

enum {
    CS_FREE = 1,       /* LockCount bit 0 */
    CS_NONE_WOKEN = 2, /* LockCount bit 1 */
    CS_WAITER = 4,     /* one waiter more is CS_WAITER less */
    CS_SPINS_MAX = 2000,
};

static _Atomic uint32_t *cs__word(CRITICAL_SECTION *cs)
{
    return (_Atomic uint32_t *)&cs->LockCount;
}

static HANDLE cs__self(void)
{
    return (HANDLE)(uintptr_t)thread_self()->id;
}

static HANDLE cs__owner(CRITICAL_SECTION *cs)
{
    return __atomic_load_n(&cs->OwningThread, __ATOMIC_RELAXED);
}

static void cs__own(CRITICAL_SECTION *cs, HANDLE self)
{
    cs->RecursionCount = 1;
    __atomic_store_n(&cs->OwningThread, self, __ATOMIC_RELAXED);
}

static bool cs__try(CRITICAL_SECTION *cs)
{
    uint32_t word = atomic_load_explicit(cs__word(cs), memory_order_relaxed);
    while (word & CS_FREE) {
        if (atomic_compare_exchange_weak_explicit(cs__word(cs), &word, word & ~(uint32_t)CS_FREE,
                                                  memory_order_acquire, memory_order_relaxed))
            return true;
    }
    return false;
}

static bool cs__spin(CRITICAL_SECTION *cs)
{
    ULONG_PTR spins = cs->SpinCount & 0x00FFFFFF;
    if (spins > CS_SPINS_MAX)
        spins = CS_SPINS_MAX;
    for (; spins > 0; spins--) {
        if (cs__try(cs))
            return true;
        YieldProcessor();
    }
    return false;
}

/* A waiter sleeps only on a word that says "locked, nobody woken": so whoever unlocks after that
 * wakes somebody. */
static void cs__wait(CRITICAL_SECTION *cs)
{
    _Atomic uint32_t *word = cs__word(cs);
    uint32_t seen = atomic_fetch_sub(word, CS_WAITER) - CS_WAITER;
    for (;;) {
        if (seen & CS_FREE) {
            uint32_t mine = ((seen & ~(uint32_t)CS_FREE) | CS_NONE_WOKEN) + CS_WAITER;
            if (atomic_compare_exchange_weak(word, &seen, mine))
                return;
            continue;
        }
        if (!(seen & CS_NONE_WOKEN)) {
            if (atomic_compare_exchange_weak(word, &seen, seen | CS_NONE_WOKEN))
                seen |= CS_NONE_WOKEN;
            continue;
        }
        futex_wait_until(word, seen, CLOCK_MONOTONIC, NULL);
        seen = atomic_load(word);
    }
}

VOID WINAPI EnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
{
    HANDLE self = cs__self();
    if (cs__owner(lpCriticalSection) == self) {
        lpCriticalSection->RecursionCount++;
        return;
    }
    if (!cs__try(lpCriticalSection) && !cs__spin(lpCriticalSection)) {
        thread_block_begin(thread_self());
        cs__wait(lpCriticalSection);
        thread_block_end(thread_self());
    }
    cs__own(lpCriticalSection, self);
}

BOOL WINAPI TryEnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
{
    HANDLE self = cs__self();
    if (cs__owner(lpCriticalSection) == self) {
        lpCriticalSection->RecursionCount++;
        return TRUE;
    }
    if (!cs__try(lpCriticalSection))
        return FALSE;
    cs__own(lpCriticalSection, self);
    return TRUE;
}

/* As on Windows the caller need not be the owner; leaving a section that nobody entered does
 * nothing. */
VOID WINAPI LeaveCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
{
    _Atomic uint32_t *word = cs__word(lpCriticalSection);
    uint32_t seen, freed;
    if (lpCriticalSection->RecursionCount <= 0 || --lpCriticalSection->RecursionCount > 0)
        return;
    __atomic_store_n(&lpCriticalSection->OwningThread, NULL, __ATOMIC_RELAXED);
    stop_defer(); /* not between the two: others would sleep on at a free section */
    seen = atomic_load_explicit(word, memory_order_relaxed);
    do {
        bool has_waiters = (seen | CS_FREE | CS_NONE_WOKEN) != UINT32_MAX;
        freed = seen | CS_FREE;
        if (has_waiters)
            freed &= ~(uint32_t)CS_NONE_WOKEN;
    } while (!atomic_compare_exchange_weak_explicit(word, &seen, freed, memory_order_release,
                                                    memory_order_relaxed));
    if ((seen & CS_NONE_WOKEN) && !(freed & CS_NONE_WOKEN))
        futex_wake(word, 1);
    stop_allow();
}

/* A debug record is never made, which CRITICAL_SECTION_NO_DEBUG_INFO asks for anyway. */
BOOL WINAPI InitializeCriticalSectionEx(LPCRITICAL_SECTION lpCriticalSection, DWORD dwSpinCount,
                                        DWORD Flags)
{
    const DWORD known = CRITICAL_SECTION_NO_DEBUG_INFO | RTL_CRITICAL_SECTION_FLAG_DYNAMIC_SPIN |
                        RTL_CRITICAL_SECTION_FLAG_STATIC_INIT |
                        RTL_CRITICAL_SECTION_FLAG_FORCE_DEBUG_INFO;
    if (!lpCriticalSection || (Flags & ~known))
        return fail_win32(ERROR_INVALID_PARAMETER);
    *lpCriticalSection = (CRITICAL_SECTION){
        .DebugInfo = (PRTL_CRITICAL_SECTION_DEBUG)(intptr_t)-1,
        .LockCount = -1,
        .SpinCount = dwSpinCount & 0x00FFFFFF,
    };
    return TRUE;
}

VOID WINAPI InitializeCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
{
    InitializeCriticalSectionEx(lpCriticalSection, 0, 0);
}

BOOL WINAPI InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION lpCriticalSection,
                                                  DWORD dwSpinCount)
{
    return InitializeCriticalSectionEx(lpCriticalSection, dwSpinCount, 0);
}

DWORD WINAPI SetCriticalSectionSpinCount(LPCRITICAL_SECTION lpCriticalSection, DWORD dwSpinCount)
{
    return (DWORD)__atomic_exchange_n(&lpCriticalSection->SpinCount,
                                      (ULONG_PTR)(dwSpinCount & 0x00FFFFFF), __ATOMIC_RELAXED);
}

VOID WINAPI DeleteCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
{
    memset(lpCriticalSection, 0, sizeof *lpCriticalSection);
    lpCriticalSection->LockCount = -1;
}

/* ---- slim reader/writer locks ----
 *
 * The word: bit 0 held exclusively, bits 1-15 the number of waiting writers, bits 16-30 the number
 * of holders that share it, bit 31 readers sleep. Readers and writers sleep on the same word under
 * different futex bits. A reader waits while a writer waits: writers are not starved. */

enum { SRW_EXCLUSIVE = 1, SRW_WRITER = 2, SRW_WRITERS = 0xFFFE, SRW_SHARE = 0x10000 };
#define SRW_SHARES 0x7FFF0000u
#define SRW_READERS_SLEEP 0x80000000u
enum { SRW_WAKES_WRITER = 1, SRW_WAKES_READERS = 2 };

static _Atomic uint32_t *srw__word(SRWLOCK *lock)
{
    return (_Atomic uint32_t *)&lock->Ptr;
}

static void srw__sleep(_Atomic uint32_t *word, uint32_t seen, uint32_t bits)
{
    syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, seen, NULL, NULL, bits);
}

static void srw__wake(_Atomic uint32_t *word, int count, uint32_t bits)
{
    syscall(SYS_futex, word, FUTEX_WAKE_BITSET_PRIVATE, count, NULL, NULL, bits);
}

/* Somebody has let go, and the word read `seen` afterwards: get the next going. */
static void srw__pass_on(_Atomic uint32_t *word, uint32_t seen)
{
    if (seen & (SRW_EXCLUSIVE | SRW_SHARES))
        return;
    if (seen & SRW_WRITERS) {
        srw__wake(word, 1, SRW_WAKES_WRITER);
    } else if (seen & SRW_READERS_SLEEP) {
        atomic_fetch_and(word, ~SRW_READERS_SLEEP);
        srw__wake(word, INT_MAX, SRW_WAKES_READERS);
    }
}

static bool srw__try_exclusive(_Atomic uint32_t *word)
{
    uint32_t seen = atomic_load_explicit(word, memory_order_relaxed);
    while (!(seen & (SRW_EXCLUSIVE | SRW_SHARES))) {
        if (atomic_compare_exchange_weak_explicit(word, &seen, seen | SRW_EXCLUSIVE,
                                                  memory_order_acquire, memory_order_relaxed))
            return true;
    }
    return false;
}

static void srw__wait_exclusive(_Atomic uint32_t *word)
{
    uint32_t seen = atomic_fetch_add(word, SRW_WRITER) + SRW_WRITER;
    for (;;) {
        if (seen & (SRW_EXCLUSIVE | SRW_SHARES)) {
            srw__sleep(word, seen, SRW_WAKES_WRITER);
            seen = atomic_load(word);
        } else if (atomic_compare_exchange_weak(word, &seen, (seen - SRW_WRITER) | SRW_EXCLUSIVE)) {
            return;
        }
    }
}

static bool srw__try_shared(_Atomic uint32_t *word)
{
    uint32_t seen = atomic_load_explicit(word, memory_order_relaxed);
    while (!(seen & (SRW_EXCLUSIVE | SRW_WRITERS)) && (seen & SRW_SHARES) != SRW_SHARES) {
        if (atomic_compare_exchange_weak_explicit(word, &seen, seen + SRW_SHARE,
                                                  memory_order_acquire, memory_order_relaxed))
            return true;
    }
    return false;
}

static void srw__wait_shared(_Atomic uint32_t *word)
{
    while (!srw__try_shared(word)) {
        uint32_t seen = atomic_load(word);
        if (!(seen & (SRW_EXCLUSIVE | SRW_WRITERS)))
            continue;
        if ((seen & SRW_READERS_SLEEP) ||
            atomic_compare_exchange_weak(word, &seen, seen | SRW_READERS_SLEEP))
            srw__sleep(word, seen | SRW_READERS_SLEEP, SRW_WAKES_READERS);
    }
}

VOID WINAPI InitializeSRWLock(PSRWLOCK SRWLock)
{
    SRWLock->Ptr = NULL;
}

VOID WINAPI AcquireSRWLockExclusive(PSRWLOCK SRWLock)
{
    if (srw__try_exclusive(srw__word(SRWLock)))
        return;
    thread_block_begin(thread_self());
    srw__wait_exclusive(srw__word(SRWLock));
    thread_block_end(thread_self());
}

VOID WINAPI AcquireSRWLockShared(PSRWLOCK SRWLock)
{
    if (srw__try_shared(srw__word(SRWLock)))
        return;
    thread_block_begin(thread_self());
    srw__wait_shared(srw__word(SRWLock));
    thread_block_end(thread_self());
}

BOOLEAN WINAPI TryAcquireSRWLockExclusive(PSRWLOCK SRWLock)
{
    return srw__try_exclusive(srw__word(SRWLock));
}

BOOLEAN WINAPI TryAcquireSRWLockShared(PSRWLOCK SRWLock)
{
    return srw__try_shared(srw__word(SRWLock));
}

VOID WINAPI ReleaseSRWLockExclusive(PSRWLOCK SRWLock)
{
    _Atomic uint32_t *word = srw__word(SRWLock);
    uint32_t before =
        atomic_fetch_and_explicit(word, ~(uint32_t)SRW_EXCLUSIVE, memory_order_release);
    if (before & ~(uint32_t)SRW_EXCLUSIVE)
        srw__pass_on(word, before & ~(uint32_t)SRW_EXCLUSIVE);
}

VOID WINAPI ReleaseSRWLockShared(PSRWLOCK SRWLock)
{
    _Atomic uint32_t *word = srw__word(SRWLock);
    uint32_t seen = atomic_load_explicit(word, memory_order_relaxed);
    do {
        if (!(seen & SRW_SHARES))
            return; /* nobody shares it */
    } while (!atomic_compare_exchange_weak_explicit(word, &seen, seen - SRW_SHARE,
                                                    memory_order_release, memory_order_relaxed));
    if (seen - SRW_SHARE)
        srw__pass_on(word, seen - SRW_SHARE);
}

/* ---- condition variables ----
 *
 * The variable's own word stays zero: its address is all that is needed, at any alignment. */

VOID WINAPI InitializeConditionVariable(PCONDITION_VARIABLE ConditionVariable)
{
    memset(ConditionVariable, 0, sizeof *ConditionVariable);
}

BOOL WINAPI SleepConditionVariableCS(PCONDITION_VARIABLE ConditionVariable,
                                     PCRITICAL_SECTION CriticalSection, DWORD dwMilliseconds)
{
    struct deadline deadline = deadline_from_ms(dwMilliseconds);
    struct address_waiter waiter;
    bool woken;
    address_wait_join(&waiter, ConditionVariable);
    LeaveCriticalSection(CriticalSection);
    woken = address_wait_sleep(&waiter, &deadline);
    EnterCriticalSection(CriticalSection);
    return woken ? TRUE : fail_win32(ERROR_TIMEOUT);
}

BOOL WINAPI SleepConditionVariableSRW(PCONDITION_VARIABLE ConditionVariable, PSRWLOCK SRWLock,
                                      DWORD dwMilliseconds, ULONG Flags)
{
    struct deadline deadline = deadline_from_ms(dwMilliseconds);
    struct address_waiter waiter;
    bool shared = Flags & CONDITION_VARIABLE_LOCKMODE_SHARED;
    bool woken;
    if (Flags & ~(ULONG)CONDITION_VARIABLE_LOCKMODE_SHARED)
        return fail_win32(ERROR_INVALID_PARAMETER);
    address_wait_join(&waiter, ConditionVariable);
    (shared ? ReleaseSRWLockShared : ReleaseSRWLockExclusive)(SRWLock);
    woken = address_wait_sleep(&waiter, &deadline);
    (shared ? AcquireSRWLockShared : AcquireSRWLockExclusive)(SRWLock);
    return woken ? TRUE : fail_win32(ERROR_TIMEOUT);
}

VOID WINAPI WakeConditionVariable(PCONDITION_VARIABLE ConditionVariable)
{
    address_wake(ConditionVariable, 1);
}

VOID WINAPI WakeAllConditionVariable(PCONDITION_VARIABLE ConditionVariable)
{
    address_wake(ConditionVariable, UINT_MAX);
}

/* ---- waiting on an address ---- */

/* One access, as wide as the value: others change it meanwhile. */
static bool address__holds(const volatile void *address, const void *value, SIZE_T size)
{
    union {
        uint8_t one;
        uint16_t two;
        uint32_t four;
        uint64_t eight;
    } now;
    switch (size) {
    case 1:
        now.one = __atomic_load_n((const volatile uint8_t *)address, __ATOMIC_ACQUIRE);
        break;
    case 2:
        now.two = __atomic_load_n((const volatile uint16_t *)address, __ATOMIC_ACQUIRE);
        break;
    case 4:
        now.four = __atomic_load_n((const volatile uint32_t *)address, __ATOMIC_ACQUIRE);
        break;
    default:
        now.eight = __atomic_load_n((const volatile uint64_t *)address, __ATOMIC_ACQUIRE);
        break;
    }
    return memcmp(&now, value, size) == 0;
}

BOOL WINAPI WaitOnAddress(volatile VOID *Address, PVOID CompareAddress, SIZE_T AddressSize,
                          DWORD dwMilliseconds)
{
    struct deadline deadline = deadline_from_ms(dwMilliseconds);
    struct address_waiter waiter;
    if (!Address || !CompareAddress ||
        (AddressSize != 1 && AddressSize != 2 && AddressSize != 4 && AddressSize != 8))
        return fail_win32(ERROR_INVALID_PARAMETER);
    address_wait_join(&waiter, Address);
    if (!address__holds(Address, CompareAddress, AddressSize)) {
        address_wait_leave(&waiter);
        return TRUE;
    }
    return address_wait_sleep(&waiter, &deadline) ? TRUE : fail_win32(ERROR_TIMEOUT);
}

VOID WINAPI WakeByAddressSingle(PVOID Address)
{
    address_wake(Address, 1);
}

VOID WINAPI WakeByAddressAll(PVOID Address)
{
    address_wake(Address, UINT_MAX);
}

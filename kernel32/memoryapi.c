/* Entry points of memoryapi.h. A reservation is a mapping without access plus one protection byte
 * per page (0: not committed); committing changes the access of its pages. */
#include <memoryapi.h>

#include "last_error.h"
#include "list.h"
#include "lock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <winerror.h>

enum { PAGE_BYTES = 4096, GRANULE_BYTES = 0x10000 };

struct reservation {
    struct list link;
    uintptr_t base;
    size_t pages;
    DWORD protect;       /* as asked for at first */
    uint8_t committed[]; /* PAGE_* of each page, 0 if it is only reserved */
};

static struct lock reservations__lock; /* protects the list and the rows; taken around the calls */
static struct list reservations = {&reservations, &reservations};

/* The host's access for a PAGE_* value; -1 if it is none we know. */
static int protect__to_host(DWORD protect)
{
    switch (protect & ~(DWORD)(PAGE_NOCACHE | PAGE_WRITECOMBINE)) {
    case PAGE_NOACCESS:
        return PROT_NONE;
    case PAGE_READONLY:
        return PROT_READ;
    case PAGE_READWRITE:
        return PROT_READ | PROT_WRITE;
    case PAGE_EXECUTE:
    case PAGE_EXECUTE_READ:
        return PROT_READ | PROT_EXEC;
    case PAGE_EXECUTE_READWRITE:
        return PROT_READ | PROT_WRITE | PROT_EXEC;
    default:
        return -1;
    }
}

static uintptr_t page__down(uintptr_t address)
{
    return address & ~(uintptr_t)(PAGE_BYTES - 1);
}

/* The reservation an address lies in, or NULL. Caller holds reservations__lock. */
static struct reservation *reservation__find(uintptr_t address)
{
    struct list *node;
    list_for_each (node, &reservations) {
        struct reservation *r = list_entry(node, struct reservation, link);
        if (address >= r->base && address < r->base + r->pages * PAGE_BYTES)
            return r;
    }
    return NULL;
}

/* A range given by a program, as whole pages of one reservation. */
struct range {
    struct reservation *in;
    size_t first, count; /* pages */
};

/* Caller holds reservations__lock. */
static NTSTATUS range__find(const void *address, size_t size, struct range *range)
{
    uintptr_t start = page__down((uintptr_t)address), last;
    if (size == 0 || (uintptr_t)address + size < (uintptr_t)address)
        return STATUS_INVALID_PARAMETER;
    last = page__down((uintptr_t)address + size - 1);
    range->in = reservation__find(start);
    if (!range->in || reservation__find(last) != range->in)
        return STATUS_CONFLICTING_ADDRESSES;
    range->first = (start - range->in->base) / PAGE_BYTES;
    range->count = (last - start) / PAGE_BYTES + 1;
    return STATUS_SUCCESS;
}

static void *range__address(const struct range *range)
{
    return (void *)(range->in->base + range->first * PAGE_BYTES);
}

/* Address space that begins at a multiple of 64 KiB: at `wanted`, or anywhere if that is 0. */
static NTSTATUS space__map(uintptr_t wanted, size_t size, uintptr_t *base)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    size_t slack = wanted ? 0 : GRANULE_BYTES;
    uintptr_t at, aligned;
    void *memory = mmap((void *)wanted, size + slack, PROT_NONE,
                        flags | (wanted ? MAP_FIXED_NOREPLACE : 0), -1, 0);
    if (memory == MAP_FAILED)
        return errno == EEXIST ? STATUS_CONFLICTING_ADDRESSES : STATUS_NO_MEMORY;
    at = (uintptr_t)memory;
    aligned = wanted ? at : (at + GRANULE_BYTES - 1) & ~(uintptr_t)(GRANULE_BYTES - 1);
    if (aligned > at)
        munmap(memory, aligned - at);
    if (at + slack > aligned)
        munmap((void *)(aligned + size), at + slack - aligned);
    *base = aligned;
    return STATUS_SUCCESS;
}

/* Caller holds reservations__lock. */
static NTSTATUS reservation__create(uintptr_t wanted, size_t size, DWORD protect,
                                    struct reservation **out)
{
    uintptr_t start = wanted & ~(uintptr_t)(GRANULE_BYTES - 1);
    size_t bytes = page__down(size + (wanted - start) + PAGE_BYTES - 1);
    struct reservation *r;
    NTSTATUS status;
    if (size > INT64_MAX / 2)
        return STATUS_NO_MEMORY;
    r = calloc(1, sizeof *r + bytes / PAGE_BYTES);
    if (!r)
        return STATUS_NO_MEMORY;
    status = space__map(start, bytes, &r->base);
    if (status != STATUS_SUCCESS) {
        free(r);
        return status;
    }
    r->pages = bytes / PAGE_BYTES;
    r->protect = protect;
    list_append(&reservations, &r->link);
    *out = r;
    return STATUS_SUCCESS;
}

/* Caller holds reservations__lock. */
static void reservation__release(struct reservation *r)
{
    munmap((void *)r->base, r->pages * PAGE_BYTES);
    list_remove(&r->link);
    free(r);
}

/* Caller holds reservations__lock. */
static NTSTATUS range__commit(const struct range *range, DWORD protect)
{
    if (mprotect(range__address(range), range->count * PAGE_BYTES, protect__to_host(protect)) < 0)
        return STATUS_NO_MEMORY;
    memset(range->in->committed + range->first, (int)(protect & 0xFF), range->count);
    return STATUS_SUCCESS;
}

/* Caller holds reservations__lock. */
static NTSTATUS memory__alloc(void **address, size_t size, DWORD type, DWORD protect)
{
    struct range range = {NULL, 0, 0};
    NTSTATUS status = STATUS_SUCCESS;
    bool made = (type & MEM_RESERVE) || !*address;
    if (made) {
        status = reservation__create((uintptr_t)*address, size, protect, &range.in);
        if (status != STATUS_SUCCESS)
            return status;
        range.count = range.in->pages;
    } else {
        status = range__find(*address, size, &range);
    }
    if (status == STATUS_SUCCESS && (type & MEM_COMMIT))
        status = range__commit(&range, protect);
    if (status == STATUS_SUCCESS && (type & MEM_RESET))
        madvise(range__address(&range), range.count * PAGE_BYTES, MADV_FREE);
    if (status == STATUS_SUCCESS)
        *address = range__address(&range);
    else if (made)
        reservation__release(range.in);
    return status;
}

LPVOID WINAPI VirtualAlloc(LPVOID lpAddress, SIZE_T dwSize, DWORD flAllocationType, DWORD flProtect)
{
    const DWORD known = MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_TOP_DOWN;
    NTSTATUS status;
    if (flAllocationType & MEM_LARGE_PAGES) {
        fail_win32(ERROR_PRIVILEGE_NOT_HELD);
        return NULL;
    }
    if (dwSize == 0 || (flAllocationType & ~known) || protect__to_host(flProtect) < 0 ||
        !(flAllocationType & (MEM_COMMIT | MEM_RESERVE | MEM_RESET)) ||
        ((flAllocationType & MEM_RESET) && (flAllocationType != MEM_RESET || !lpAddress))) {
        fail_win32(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    lock_acquire(&reservations__lock);
    status = memory__alloc(&lpAddress, dwSize, flAllocationType, flProtect);
    lock_release(&reservations__lock);
    if (status != STATUS_SUCCESS) {
        fail_status(status);
        return NULL;
    }
    return lpAddress;
}

/* Caller holds reservations__lock. */
static NTSTATUS memory__decommit(void *address, size_t size)
{
    struct range range;
    NTSTATUS status;
    if (size == 0) { /* all of it, from its beginning */
        struct reservation *r = reservation__find((uintptr_t)address);
        if (!r || r->base != (uintptr_t)address)
            return STATUS_CONFLICTING_ADDRESSES;
        size = r->pages * PAGE_BYTES;
    }
    status = range__find(address, size, &range);
    if (status != STATUS_SUCCESS)
        return status;
    if (mmap(range__address(&range), range.count * PAGE_BYTES, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
        return STATUS_NO_MEMORY;
    memset(range.in->committed + range.first, 0, range.count);
    return STATUS_SUCCESS;
}

BOOL WINAPI VirtualFree(LPVOID lpAddress, SIZE_T dwSize, DWORD dwFreeType)
{
    NTSTATUS status = STATUS_SUCCESS;
    struct reservation *r;
    if ((dwFreeType != MEM_RELEASE && dwFreeType != MEM_DECOMMIT) ||
        (dwFreeType == MEM_RELEASE && dwSize != 0))
        return fail_win32(ERROR_INVALID_PARAMETER);
    lock_acquire(&reservations__lock);
    if (dwFreeType == MEM_DECOMMIT) {
        status = memory__decommit(lpAddress, dwSize);
    } else {
        r = reservation__find((uintptr_t)lpAddress);
        if (r && r->base == (uintptr_t)lpAddress)
            reservation__release(r);
        else
            status = STATUS_CONFLICTING_ADDRESSES;
    }
    lock_release(&reservations__lock);
    return win32_result(status);
}

/* Caller holds reservations__lock. */
static NTSTATUS memory__protect(void *address, size_t size, DWORD protect, DWORD *old)
{
    struct range range;
    NTSTATUS status = range__find(address, size, &range);
    if (status != STATUS_SUCCESS)
        return status;
    if (memchr(range.in->committed + range.first, 0, range.count))
        return STATUS_CONFLICTING_ADDRESSES;
    *old = range.in->committed[range.first];
    return range__commit(&range, protect);
}

BOOL WINAPI VirtualProtect(LPVOID lpAddress, SIZE_T dwSize, DWORD flNewProtect,
                           PDWORD lpflOldProtect)
{
    NTSTATUS status;
    if (!lpflOldProtect)
        return fail_win32(ERROR_NOACCESS);
    if (protect__to_host(flNewProtect) < 0)
        return fail_win32(ERROR_INVALID_PARAMETER);
    lock_acquire(&reservations__lock);
    status = memory__protect(lpAddress, dwSize, flNewProtect, lpflOldProtect);
    lock_release(&reservations__lock);
    return win32_result(status);
}

/* ---- asking ---- */

/* The pages from `address` on that are alike. Caller holds reservations__lock. */
static void query__reservation(const struct reservation *r, uintptr_t address,
                               MEMORY_BASIC_INFORMATION *info)
{
    size_t first = (address - r->base) / PAGE_BYTES, last = first;
    while (last < r->pages && r->committed[last] == r->committed[first])
        last++;
    *info = (MEMORY_BASIC_INFORMATION){
        .BaseAddress = (PVOID)address,
        .AllocationBase = (PVOID)r->base,
        .AllocationProtect = r->protect,
        .RegionSize = (last - first) * PAGE_BYTES,
        .State = r->committed[first] ? MEM_COMMIT : MEM_RESERVE,
        .Protect = r->committed[first],
        .Type = MEM_PRIVATE,
    };
}

static DWORD protect__from_host(const char *access)
{
    bool writable = access[1] == 'w';
    if (access[2] == 'x')
        return writable ? PAGE_EXECUTE_READWRITE : PAGE_EXECUTE_READ;
    if (writable)
        return PAGE_READWRITE;
    return access[0] == 'r' ? PAGE_READONLY : PAGE_NOACCESS;
}

/* What the host maps at an address that no reservation has: a mapping, or the gap around it. */
static void query__host(uintptr_t address, MEMORY_BASIC_INFORMATION *info)
{
    uintptr_t start, end;
    char access[8], line[512], path[8];
    FILE *maps = fopen("/proc/self/maps", "re");
    *info = (MEMORY_BASIC_INFORMATION){.BaseAddress = (PVOID)address,
                                       .RegionSize = (uintptr_t)0x7FFFFFFFF000 - address,
                                       .State = MEM_FREE,
                                       .Protect = PAGE_NOACCESS};
    while (maps && fgets(line, sizeof line, maps)) {
        int fields = sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s %*s %*s %*s %7s", &start, &end,
                            access, path);
        if (fields < 3 || address >= end)
            continue;
        if (address < start) {
            info->RegionSize = start - address;
            break;
        }
        info->AllocationBase = (PVOID)start;
        info->AllocationProtect = info->Protect = protect__from_host(access);
        info->RegionSize = end - address;
        info->State = MEM_COMMIT;
        info->Type = fields < 4 || path[0] != '/' ? MEM_PRIVATE
                     : access[3] == 's'           ? MEM_MAPPED
                                                  : MEM_IMAGE;
        break;
    }
    if (maps)
        fclose(maps);
}

SIZE_T WINAPI VirtualQuery(LPCVOID lpAddress, PMEMORY_BASIC_INFORMATION lpBuffer, SIZE_T dwLength)
{
    uintptr_t address = page__down((uintptr_t)lpAddress);
    struct reservation *r;
    if (!lpBuffer || dwLength < sizeof *lpBuffer)
        return (SIZE_T)fail_win32(ERROR_BAD_LENGTH);
    if (address >= (uintptr_t)0x7FFFFFFFF000)
        return (SIZE_T)fail_win32(ERROR_INVALID_PARAMETER);
    lock_acquire(&reservations__lock);
    r = reservation__find(address);
    if (r)
        query__reservation(r, address, lpBuffer);
    lock_release(&reservations__lock);
    if (!r)
        query__host(address, lpBuffer);
    return sizeof *lpBuffer;
}

BOOL WINAPI VirtualLock(LPVOID lpAddress, SIZE_T dwSize)
{
    if (dwSize == 0)
        return fail_win32(ERROR_INVALID_PARAMETER);
    if (mlock(lpAddress, dwSize) == 0)
        return TRUE;
    return fail_win32(errno == ENOMEM && dwSize < SIZE_MAX / 2 ? ERROR_INVALID_ADDRESS
                                                               : ERROR_WORKING_SET_QUOTA);
}

BOOL WINAPI VirtualUnlock(LPVOID lpAddress, SIZE_T dwSize)
{
    return dwSize && munlock(lpAddress, dwSize) == 0 ? TRUE : fail_win32(ERROR_NOT_LOCKED);
}

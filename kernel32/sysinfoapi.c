/* Entry points of sysinfoapi.h. */
#include <sysinfoapi.h>
#include <timezoneapi.h>
#include <winbase.h>

#include "filetime.h"
#include "last_error.h"
#include "text.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <winerror.h>

/* ---- the machine ---- */

enum {
    ALLOCATION_GRANULARITY = 0x10000,
    VERSION_MAJOR = 10,
    VERSION_MINOR = 0,
    VERSION_BUILD = 19045,
};

VOID WINAPI GetSystemInfo(LPSYSTEM_INFO lpSystemInfo)
{
    cpu_set_t set;
    if (!lpSystemInfo)
        return;
    CPU_ZERO(&set);
    sched_getaffinity(getpid(), sizeof set, &set);
    memset(lpSystemInfo, 0, sizeof *lpSystemInfo);
    lpSystemInfo->wProcessorArchitecture = PROCESSOR_ARCHITECTURE_AMD64;
    lpSystemInfo->dwProcessorType = PROCESSOR_AMD_X8664;
    lpSystemInfo->wProcessorLevel = 6;
    lpSystemInfo->dwPageSize = (DWORD)sysconf(_SC_PAGESIZE);
    lpSystemInfo->dwAllocationGranularity = ALLOCATION_GRANULARITY;
    lpSystemInfo->lpMinimumApplicationAddress = (LPVOID)(uintptr_t)0x10000;
    lpSystemInfo->lpMaximumApplicationAddress = (LPVOID)(uintptr_t)0x7FFFFFFEFFFF;
    lpSystemInfo->dwNumberOfProcessors = (DWORD)CPU_COUNT(&set);
    for (int cpu = 0; cpu < 64; cpu++) {
        if (CPU_ISSET(cpu, &set))
            lpSystemInfo->dwActiveProcessorMask |= (DWORD_PTR)1 << cpu;
    }
}

VOID WINAPI GetNativeSystemInfo(LPSYSTEM_INFO lpSystemInfo)
{
    GetSystemInfo(lpSystemInfo);
}

/* One line of /proc/meminfo, in bytes; 0 if there is none of that name. */
static uint64_t memory__line(const char *info, const char *name)
{
    const char *at = strstr(info, name);
    return at ? strtoull(at + strlen(name), NULL, 10) * 1024 : 0;
}

BOOL WINAPI GlobalMemoryStatusEx(LPMEMORYSTATUSEX lpBuffer)
{
    char info[4096];
    size_t length;
    FILE *file;
    if (!lpBuffer || lpBuffer->dwLength != sizeof *lpBuffer)
        return fail_win32(ERROR_INVALID_PARAMETER);
    file = fopen("/proc/meminfo", "re");
    if (!file)
        return fail_win32(ERROR_NOT_SUPPORTED);
    length = fread(info, 1, sizeof info - 1, file);
    fclose(file);
    info[length] = '\0';
    lpBuffer->ullTotalPhys = memory__line(info, "MemTotal:");
    lpBuffer->ullAvailPhys = memory__line(info, "MemAvailable:");
    lpBuffer->ullTotalPageFile = lpBuffer->ullTotalPhys + memory__line(info, "SwapTotal:");
    lpBuffer->ullAvailPageFile = lpBuffer->ullAvailPhys + memory__line(info, "SwapFree:");
    lpBuffer->ullTotalVirtual = 0x7FFFFFFE0000;
    lpBuffer->ullAvailVirtual = lpBuffer->ullTotalVirtual - memory__line(info, "Committed_AS:");
    lpBuffer->ullAvailExtendedVirtual = 0;
    lpBuffer->dwMemoryLoad =
        lpBuffer->ullTotalPhys
            ? (DWORD)(100 - lpBuffer->ullAvailPhys * 100 / lpBuffer->ullTotalPhys)
            : 0;
    return TRUE;
}

/* ---- the clock ---- */

VOID WINAPI GetSystemTimePreciseAsFileTime(LPFILETIME lpSystemTimeAsFileTime)
{
    struct timespec now;
    int64_t ticks;
    clock_gettime(CLOCK_REALTIME, &now);
    ticks = filetime_from_timespec(now);
    lpSystemTimeAsFileTime->dwLowDateTime = (DWORD)ticks;
    lpSystemTimeAsFileTime->dwHighDateTime = (DWORD)(ticks >> 32);
}

VOID WINAPI GetSystemTimeAsFileTime(LPFILETIME lpSystemTimeAsFileTime)
{
    GetSystemTimePreciseAsFileTime(lpSystemTimeAsFileTime);
}

VOID WINAPI GetSystemTime(LPSYSTEMTIME lpSystemTime)
{
    FILETIME now;
    GetSystemTimePreciseAsFileTime(&now);
    FileTimeToSystemTime(&now, lpSystemTime);
}

VOID WINAPI GetLocalTime(LPSYSTEMTIME lpSystemTime)
{
    struct timespec now;
    struct tm tm;
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &tm);
    *lpSystemTime = (SYSTEMTIME){
        .wYear = (WORD)(tm.tm_year + 1900),
        .wMonth = (WORD)(tm.tm_mon + 1),
        .wDayOfWeek = (WORD)tm.tm_wday,
        .wDay = (WORD)tm.tm_mday,
        .wHour = (WORD)tm.tm_hour,
        .wMinute = (WORD)tm.tm_min,
        .wSecond = (WORD)(tm.tm_sec < 60 ? tm.tm_sec : 59),
        .wMilliseconds = (WORD)(now.tv_nsec / 1000000),
    };
}

ULONGLONG WINAPI GetTickCount64(VOID)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (ULONGLONG)now.tv_sec * 1000 + (ULONGLONG)now.tv_nsec / 1000000;
}

DWORD WINAPI GetTickCount(VOID)
{
    return (DWORD)GetTickCount64();
}

/* ---- the version ---- */

DWORD WINAPI GetVersion(VOID)
{
    return VERSION_MAJOR | VERSION_MINOR << 8 | (DWORD)VERSION_BUILD << 16;
}

/* The A and W structures have the same beginning and the same tail. */
static void version__fill(OSVERSIONINFOA *info)
{
    info->dwMajorVersion = VERSION_MAJOR;
    info->dwMinorVersion = VERSION_MINOR;
    info->dwBuildNumber = VERSION_BUILD;
    info->dwPlatformId = VER_PLATFORM_WIN32_NT;
}

BOOL WINAPI GetVersionExA(LPOSVERSIONINFOA lpVersionInformation)
{
    OSVERSIONINFOEXA *extended = (OSVERSIONINFOEXA *)lpVersionInformation;
    DWORD size = lpVersionInformation ? lpVersionInformation->dwOSVersionInfoSize : 0;
    if (size != sizeof *lpVersionInformation && size != sizeof *extended)
        return fail_win32(ERROR_INSUFFICIENT_BUFFER);
    memset(lpVersionInformation, 0, size);
    lpVersionInformation->dwOSVersionInfoSize = size;
    version__fill(lpVersionInformation);
    if (size == sizeof *extended)
        extended->wProductType = VER_NT_WORKSTATION;
    return TRUE;
}

BOOL WINAPI GetVersionExW(LPOSVERSIONINFOW lpVersionInformation)
{
    OSVERSIONINFOEXW *extended = (OSVERSIONINFOEXW *)lpVersionInformation;
    DWORD size = lpVersionInformation ? lpVersionInformation->dwOSVersionInfoSize : 0;
    if (size != sizeof *lpVersionInformation && size != sizeof *extended)
        return fail_win32(ERROR_INSUFFICIENT_BUFFER);
    memset(lpVersionInformation, 0, size);
    lpVersionInformation->dwOSVersionInfoSize = size;
    version__fill((OSVERSIONINFOA *)lpVersionInformation);
    if (size == sizeof *extended)
        extended->wProductType = VER_NT_WORKSTATION;
    return TRUE;
}

/* ---- the computer's name ---- */

enum { HOST_NAME_SIZE = 256, NETBIOS_LENGTH = 15 };

static bool name__get(COMPUTER_NAME_FORMAT type, char *name)
{
    char host[HOST_NAME_SIZE] = "";
    char *dot;
    gethostname(host, sizeof host - 1);
    dot = strchr(host, '.');
    switch (type) {
    case ComputerNameDnsFullyQualified:
    case ComputerNamePhysicalDnsFullyQualified:
        break;
    case ComputerNameDnsDomain:
    case ComputerNamePhysicalDnsDomain:
        memmove(host, dot ? dot + 1 : "", strlen(dot ? dot + 1 : "") + 1);
        break;
    case ComputerNameNetBIOS:
    case ComputerNamePhysicalNetBIOS:
        if (dot)
            *dot = '\0';
        host[NETBIOS_LENGTH] = '\0';
        for (char *c = host; *c; c++)
            *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
        break;
    case ComputerNameDnsHostname:
    case ComputerNamePhysicalDnsHostname:
        if (dot)
            *dot = '\0';
        break;
    default:
        return false;
    }
    memcpy(name, host, sizeof host);
    return true;
}

/* Is there room for `length` characters and a terminator? Tells the caller what it takes. */
static BOOL name__fits(DWORD *size, size_t length, bool has_buffer, DWORD error)
{
    if (!has_buffer || *size <= length) {
        *size = (DWORD)length + 1;
        return fail_win32(error);
    }
    *size = (DWORD)length;
    return TRUE;
}

static BOOL name__give_ansi(COMPUTER_NAME_FORMAT type, LPSTR out, LPDWORD size, DWORD error)
{
    char name[HOST_NAME_SIZE];
    if (!size || !name__get(type, name))
        return fail_win32(ERROR_INVALID_PARAMETER);
    if (!name__fits(size, strlen(name), out != NULL, error))
        return FALSE;
    memcpy(out, name, strlen(name) + 1);
    return TRUE;
}

static BOOL name__give_wide(COMPUTER_NAME_FORMAT type, LPWSTR out, LPDWORD size, DWORD error)
{
    char name[HOST_NAME_SIZE];
    WCHAR wide[HOST_NAME_SIZE];
    size_t length;
    if (!size || !name__get(type, name))
        return fail_win32(ERROR_INVALID_PARAMETER);
    length = text_wide_from_utf8(name, strlen(name), wide, HOST_NAME_SIZE - 1);
    wide[length] = 0;
    if (!name__fits(size, length, out != NULL, error))
        return FALSE;
    memcpy(out, wide, (length + 1) * sizeof *out);
    return TRUE;
}

BOOL WINAPI GetComputerNameExA(COMPUTER_NAME_FORMAT NameType, LPSTR lpBuffer, LPDWORD nSize)
{
    return name__give_ansi(NameType, lpBuffer, nSize, ERROR_MORE_DATA);
}

BOOL WINAPI GetComputerNameExW(COMPUTER_NAME_FORMAT NameType, LPWSTR lpBuffer, LPDWORD nSize)
{
    return name__give_wide(NameType, lpBuffer, nSize, ERROR_MORE_DATA);
}

BOOL WINAPI GetComputerNameA(LPSTR lpBuffer, LPDWORD nSize)
{
    return name__give_ansi(ComputerNameNetBIOS, lpBuffer, nSize, ERROR_BUFFER_OVERFLOW);
}

BOOL WINAPI GetComputerNameW(LPWSTR lpBuffer, LPDWORD nSize)
{
    return name__give_wide(ComputerNameNetBIOS, lpBuffer, nSize, ERROR_BUFFER_OVERFLOW);
}

/* ---- processors ---- */

static long processor__topology(int cpu, const char *what)
{
    char path[128];
    long value = -1;
    FILE *file;
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/%s", cpu, what);
    file = fopen(path, "re");
    if (file) {
        if (fscanf(file, "%ld", &value) != 1)
            value = -1;
        fclose(file);
    }
    return value;
}

/* Adds the processor to the entry of its kind and group, or makes that entry. */
static unsigned processor__add(SYSTEM_LOGICAL_PROCESSOR_INFORMATION *entries, long *groups,
                               unsigned count, LOGICAL_PROCESSOR_RELATIONSHIP kind, long group,
                               int cpu)
{
    unsigned i = 0;
    while (i < count && (entries[i].Relationship != kind || groups[i] != group))
        i++;
    if (i == count) {
        entries[i] = (SYSTEM_LOGICAL_PROCESSOR_INFORMATION){.Relationship = kind};
        groups[i] = group;
        count++;
    } else if (kind == RelationProcessorCore) {
        entries[i].ProcessorCore.Flags = 1; /* its processors share the core */
    }
    entries[i].ProcessorMask |= (ULONG_PTR)1 << cpu;
    return count;
}

BOOL WINAPI GetLogicalProcessorInformation(PSYSTEM_LOGICAL_PROCESSOR_INFORMATION Buffer,
                                           PDWORD ReturnedLength)
{
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION entries[64 * 2 + 1];
    long groups[64 * 2 + 1];
    unsigned count = 0;
    DWORD room;
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    if (!ReturnedLength)
        return fail_win32(ERROR_INVALID_PARAMETER);
    for (int cpu = 0; cpu < cpus && cpu < 64; cpu++) {
        long package = processor__topology(cpu, "physical_package_id");
        long core = processor__topology(cpu, "core_id");
        long whole = core < 0 ? cpu : (package + 1) * 65536 + core;
        count = processor__add(entries, groups, count, RelationProcessorCore, whole, cpu);
        count = processor__add(entries, groups, count, RelationProcessorPackage, package, cpu);
        count = processor__add(entries, groups, count, RelationNumaNode, 0, cpu);
    }
    room = *ReturnedLength;
    *ReturnedLength = (DWORD)(count * sizeof *entries);
    if (!Buffer || room < *ReturnedLength)
        return fail_win32(ERROR_INSUFFICIENT_BUFFER);
    memcpy(Buffer, entries, *ReturnedLength);
    return TRUE;
}

/* Asking whether the version that GetVersionEx reports meets conditions. */
#include <sysinfoapi.h>
#include <winbase.h>

#include "last_error.h"

#include <stdlib.h>
#include <string.h>
#include <winerror.h>

enum { CONDITION_BITS = 3, CONDITION_MASK = 7, TYPE_COUNT = 8 };

ULONGLONG WINAPI VerSetConditionMask(ULONGLONG ConditionMask, DWORD TypeMask, BYTE Condition)
{
    /* As on Windows one call sets one type: the highest that is named. */
    for (int type = TYPE_COUNT - 1; type >= 0; type--) {
        if (TypeMask & (1u << type))
            return ConditionMask | (ULONGLONG)(Condition & CONDITION_MASK)
                                       << (type * CONDITION_BITS);
    }
    return ConditionMask;
}

static bool version__meets(int64_t have, int64_t want, unsigned condition)
{
    switch (condition) {
    case VER_EQUAL:
        return have == want;
    case VER_GREATER:
        return have > want;
    case VER_GREATER_EQUAL:
        return have >= want;
    case VER_LESS:
        return have < want;
    default:
        return condition == VER_LESS_EQUAL && have <= want;
    }
}

/* The parts in the order in which they weigh, least first, and VER_* as given in `types`. */
static bool version__numbers_meet(const OSVERSIONINFOEXW *have, const OSVERSIONINFOEXW *want,
                                  DWORD types, ULONGLONG mask)
{
    const struct {
        int type;
        DWORD have, want;
    } parts[] = {
        {1, have->dwMajorVersion, want->dwMajorVersion},
        {0, have->dwMinorVersion, want->dwMinorVersion},
        {2, have->dwBuildNumber, want->dwBuildNumber},
        {5, have->wServicePackMajor, want->wServicePackMajor},
        {4, have->wServicePackMinor, want->wServicePackMinor},
    };
    int order = 0;
    int condition = -1;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (!(types & (1u << parts[i].type)))
            continue;
        if (condition < 0)
            condition = (int)(mask >> (parts[i].type * CONDITION_BITS) & CONDITION_MASK);
        if (order == 0)
            order = (parts[i].have > parts[i].want) - (parts[i].have < parts[i].want);
    }
    return condition < 0 || version__meets(order, 0, (unsigned)condition);
}

BOOL WINAPI VerifyVersionInfoW(LPOSVERSIONINFOEXW lpVersionInformation, DWORD dwTypeMask,
                               DWORDLONG dwlConditionMask)
{
    OSVERSIONINFOEXW have = {.dwOSVersionInfoSize = sizeof have};
    if (!lpVersionInformation || dwTypeMask == 0 || dwlConditionMask == 0 || dwTypeMask & ~0xBFu)
        return fail_win32(ERROR_INVALID_PARAMETER);
    GetVersionExW((LPOSVERSIONINFOW)&have);
    if (!version__numbers_meet(&have, lpVersionInformation, dwTypeMask, dwlConditionMask))
        return fail_win32(ERROR_OLD_WIN_VERSION);
    if (dwTypeMask & VER_PLATFORMID &&
        !version__meets(have.dwPlatformId, lpVersionInformation->dwPlatformId,
                        dwlConditionMask >> 9 & CONDITION_MASK))
        return fail_win32(ERROR_OLD_WIN_VERSION);
    if (dwTypeMask & VER_PRODUCT_TYPE &&
        !version__meets(have.wProductType, lpVersionInformation->wProductType,
                        dwlConditionMask >> 21 & CONDITION_MASK))
        return fail_win32(ERROR_OLD_WIN_VERSION);
    return TRUE;
}

/* The two structures differ in the text of the service pack only, which is not compared. */
BOOL WINAPI VerifyVersionInfoA(LPOSVERSIONINFOEXA lpVersionInformation, DWORD dwTypeMask,
                               DWORDLONG dwlConditionMask)
{
    OSVERSIONINFOEXW wide = {.dwOSVersionInfoSize = sizeof wide};
    const OSVERSIONINFOEXA *from = lpVersionInformation;
    if (!from)
        return fail_win32(ERROR_INVALID_PARAMETER);
    wide.dwMajorVersion = from->dwMajorVersion;
    wide.dwMinorVersion = from->dwMinorVersion;
    wide.dwBuildNumber = from->dwBuildNumber;
    wide.dwPlatformId = from->dwPlatformId;
    wide.wServicePackMajor = from->wServicePackMajor;
    wide.wServicePackMinor = from->wServicePackMinor;
    wide.wProductType = from->wProductType;
    return VerifyVersionInfoW(&wide, dwTypeMask, dwlConditionMask);
}

/* Calendar time and time zones. Source: Microsoft, "timezoneapi.h". */
#ifndef _TIMEZONEAPI_H_
#define _TIMEZONEAPI_H_

#include <minwinbase.h>
#include <minwindef.h>

PORTICO_BEGIN_DECLS

#define TIME_ZONE_ID_INVALID ((DWORD)0xFFFFFFFF)
#define TIME_ZONE_ID_UNKNOWN 0
#define TIME_ZONE_ID_STANDARD 1
#define TIME_ZONE_ID_DAYLIGHT 2

/* UTC = local time + Bias minutes. A date with wYear 0 means the wDay-th wDayOfWeek of wMonth, 5
 * the last. ("TIME_ZONE_INFORMATION structure") */
typedef struct _TIME_ZONE_INFORMATION {
    LONG Bias;
    WCHAR StandardName[32];
    SYSTEMTIME StandardDate;
    LONG StandardBias;
    WCHAR DaylightName[32];
    SYSTEMTIME DaylightDate;
    LONG DaylightBias;
} TIME_ZONE_INFORMATION, *PTIME_ZONE_INFORMATION, *LPTIME_ZONE_INFORMATION;

/* FALSE: ERROR_INVALID_PARAMETER (no such date or time; years are 1601 to 30827). wDayOfWeek is
 * computed, never read. ("FileTimeToSystemTime function") */
WINBASEAPI BOOL WINAPI FileTimeToSystemTime(const FILETIME *lpFileTime, LPSYSTEMTIME lpSystemTime);
WINBASEAPI BOOL WINAPI SystemTimeToFileTime(const SYSTEMTIME *lpSystemTime, LPFILETIME lpFileTime);

/* The machine's zone, by the host's zone data for this year. TIME_ZONE_ID_*.
 * ("GetTimeZoneInformation function") */
WINBASEAPI DWORD WINAPI GetTimeZoneInformation(LPTIME_ZONE_INFORMATION lpTimeZoneInformation);

/* UTC to the given zone (NULL: the machine's) and back. FALSE: ERROR_INVALID_PARAMETER.
 * ("SystemTimeToTzSpecificLocalTime function") */
WINBASEAPI BOOL WINAPI
SystemTimeToTzSpecificLocalTime(const TIME_ZONE_INFORMATION *lpTimeZoneInformation,
                                const SYSTEMTIME *lpUniversalTime, LPSYSTEMTIME lpLocalTime);
WINBASEAPI BOOL WINAPI
TzSpecificLocalTimeToSystemTime(const TIME_ZONE_INFORMATION *lpTimeZoneInformation,
                                const SYSTEMTIME *lpLocalTime, LPSYSTEMTIME lpUniversalTime);

/* File times: -1, 0 or 1; and to and from local time by the offset of today. FALSE:
 * ERROR_INVALID_PARAMETER. ("CompareFileTime function", "FileTimeToLocalFileTime function") */
WINBASEAPI LONG WINAPI CompareFileTime(const FILETIME *lpFileTime1, const FILETIME *lpFileTime2);
WINBASEAPI BOOL WINAPI FileTimeToLocalFileTime(const FILETIME *lpFileTime,
                                               LPFILETIME lpLocalFileTime);
WINBASEAPI BOOL WINAPI LocalFileTimeToFileTime(const FILETIME *lpLocalFileTime,
                                               LPFILETIME lpFileTime);

PORTICO_END_DECLS

#endif

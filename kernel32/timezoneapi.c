/* Entry points of timezoneapi.h. The arithmetic is in file-time ticks; a zone's rule is turned into
 * the tick at which it takes effect in a given year. */
#include <timezoneapi.h>

#include "filetime.h"
#include "last_error.h"
#include "text.h"

#include <string.h>
#include <winerror.h>

#define TICKS_PER_MINUTE ((int64_t)FILETIME_PER_SECOND * 60)
#define TICKS_PER_DAY ((int64_t)FILETIME_PER_SECOND * 86400)
enum { YEAR_MIN = 1601, YEAR_MAX = 30827, SECONDS_PER_DAY = 86400 };

/* ---- the calendar ---- */

/* Days since 1601-01-01. Years are counted from March, so that the leap day ends a year. */
static int64_t days__from_date(int64_t year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 584694;
}

static bool year__is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month__days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && year__is_leap(year));
}

static void date__from_days(int64_t days, SYSTEMTIME *st)
{
    int year = (int)(YEAR_MIN + days / 366), month = 1;
    while (days__from_date(year + 1, 1, 1) <= days)
        year++;
    days -= days__from_date(year, 1, 1);
    for (; days >= month__days(year, month); month++)
        days -= month__days(year, month);
    st->wYear = (WORD)year;
    st->wMonth = (WORD)month;
    st->wDay = (WORD)(days + 1);
}

static bool systemtime__is_valid(const SYSTEMTIME *st)
{
    return st->wYear >= YEAR_MIN && st->wYear <= YEAR_MAX && st->wMonth >= 1 && st->wMonth <= 12 &&
           st->wDay >= 1 && st->wDay <= month__days(st->wYear, st->wMonth) && st->wHour < 24 &&
           st->wMinute < 60 && st->wSecond < 60 && st->wMilliseconds < 1000;
}

static int64_t ticks__of_day(const SYSTEMTIME *st)
{
    return (((int64_t)st->wHour * 60 + st->wMinute) * 60 + st->wSecond) * FILETIME_PER_SECOND +
           st->wMilliseconds * (FILETIME_PER_SECOND / 1000);
}

static int64_t ticks__from_systemtime(const SYSTEMTIME *st)
{
    return days__from_date(st->wYear, st->wMonth, st->wDay) * TICKS_PER_DAY + ticks__of_day(st);
}

static bool ticks__to_systemtime(int64_t ticks, SYSTEMTIME *st)
{
    int64_t days = ticks / TICKS_PER_DAY;
    int64_t ms = ticks % TICKS_PER_DAY / (FILETIME_PER_SECOND / 1000);
    if (ticks < 0)
        return false;
    date__from_days(days, st);
    st->wDayOfWeek = (WORD)((days + 1) % 7); /* 1601 began with a Monday */
    st->wHour = (WORD)(ms / 3600000);
    st->wMinute = (WORD)(ms / 60000 % 60);
    st->wSecond = (WORD)(ms / 1000 % 60);
    st->wMilliseconds = (WORD)(ms % 1000);
    return true;
}

static int64_t ticks__from_filetime(const FILETIME *ft)
{
    return (int64_t)((uint64_t)ft->dwHighDateTime << 32 | ft->dwLowDateTime);
}

static void ticks__to_filetime(int64_t ticks, FILETIME *ft)
{
    ft->dwLowDateTime = (DWORD)ticks;
    ft->dwHighDateTime = (DWORD)(ticks >> 32);
}

BOOL WINAPI FileTimeToSystemTime(const FILETIME *lpFileTime, LPSYSTEMTIME lpSystemTime)
{
    if (!lpFileTime || !lpSystemTime ||
        !ticks__to_systemtime(ticks__from_filetime(lpFileTime), lpSystemTime))
        return fail_win32(ERROR_INVALID_PARAMETER);
    return TRUE;
}

BOOL WINAPI SystemTimeToFileTime(const SYSTEMTIME *lpSystemTime, LPFILETIME lpFileTime)
{
    if (!lpSystemTime || !lpFileTime || !systemtime__is_valid(lpSystemTime))
        return fail_win32(ERROR_INVALID_PARAMETER);
    ticks__to_filetime(ticks__from_systemtime(lpSystemTime), lpFileTime);
    return TRUE;
}

LONG WINAPI CompareFileTime(const FILETIME *lpFileTime1, const FILETIME *lpFileTime2)
{
    uint64_t first = (uint64_t)ticks__from_filetime(lpFileTime1);
    uint64_t second = (uint64_t)ticks__from_filetime(lpFileTime2);
    return (first > second) - (first < second);
}

/* ---- the machine's zone ---- */

/* Seconds east of UTC at a moment, and the zone's abbreviation then. */
static long host__offset(time_t at, struct tm *tm)
{
    localtime_r(&at, tm);
    return tm->tm_gmtoff;
}

/* The first second in (from, to] with another offset than `from`; the two ends differ. */
static time_t host__transition(time_t from, time_t to)
{
    struct tm tm;
    long before = host__offset(from, &tm);
    while (to - from > 1) {
        time_t middle = from + (to - from) / 2;
        if (host__offset(middle, &tm) == before)
            from = middle;
        else
            to = middle;
    }
    return to;
}

/* A moment of local time as a yearly rule: which weekday of which month at what time. */
static void rule__from_local(time_t local, SYSTEMTIME *rule)
{
    struct tm tm;
    gmtime_r(&local, &tm);
    memset(rule, 0, sizeof *rule);
    rule->wMonth = (WORD)(tm.tm_mon + 1);
    rule->wDayOfWeek = (WORD)tm.tm_wday;
    rule->wDay = (WORD)((tm.tm_mday - 1) / 7 + 1);
    if (tm.tm_mday + 7 > month__days(tm.tm_year + 1900, tm.tm_mon + 1))
        rule->wDay = 5;
    rule->wHour = (WORD)tm.tm_hour;
    rule->wMinute = (WORD)tm.tm_min;
    rule->wSecond = (WORD)tm.tm_sec;
}

static void zone__name(WCHAR *out, const char *name)
{
    size_t length = text_wide_from_utf8(name, strlen(name), out, 31);
    out[length < 31 ? length : 31] = 0;
}

/* One change of the clock at `at`: what it says about the zone. */
static void zone__learn(TIME_ZONE_INFORMATION *zone, time_t at)
{
    struct tm before, after;
    long offset_before = host__offset(at - 1, &before), offset_after = host__offset(at, &after);
    if (after.tm_isdst > 0 && before.tm_isdst == 0) {
        rule__from_local(at + offset_before, &zone->DaylightDate);
        zone__name(zone->DaylightName, after.tm_zone);
        zone->Bias = (LONG)(-offset_before / 60);
        zone->DaylightBias = (LONG)(-offset_after / 60) - zone->Bias;
    } else if (after.tm_isdst == 0 && before.tm_isdst > 0) {
        rule__from_local(at + offset_before, &zone->StandardDate);
        zone__name(zone->StandardName, after.tm_zone);
    }
}

DWORD WINAPI GetTimeZoneInformation(LPTIME_ZONE_INFORMATION lpTimeZoneInformation)
{
    TIME_ZONE_INFORMATION zone = {.Bias = 0};
    time_t now = time(NULL), day, new_year;
    struct tm tm, other;
    if (!lpTimeZoneInformation) {
        fail_win32(ERROR_INVALID_PARAMETER);
        return TIME_ZONE_ID_INVALID;
    }
    zone.Bias = (LONG)(-host__offset(now, &tm) / 60);
    zone__name(zone.StandardName, tm.tm_zone);
    zone__name(zone.DaylightName, tm.tm_zone);
    other = (struct tm){.tm_year = tm.tm_year, .tm_mday = 1};
    new_year = timegm(&other);
    for (day = new_year; day < new_year + 366 * (time_t)SECONDS_PER_DAY; day += SECONDS_PER_DAY) {
        if (host__offset(day, &other) != host__offset(day + SECONDS_PER_DAY, &other))
            zone__learn(&zone, host__transition(day, day + SECONDS_PER_DAY));
    }
    if (zone.StandardDate.wMonth == 0 || zone.DaylightDate.wMonth == 0) {
        memset(&zone.StandardDate, 0, sizeof zone.StandardDate);
        memset(&zone.DaylightDate, 0, sizeof zone.DaylightDate);
        zone.DaylightBias = 0;
        *lpTimeZoneInformation = zone;
        return TIME_ZONE_ID_UNKNOWN;
    }
    *lpTimeZoneInformation = zone;
    return tm.tm_isdst > 0 ? TIME_ZONE_ID_DAYLIGHT : TIME_ZONE_ID_STANDARD;
}

/* ---- other zones ---- */

/* The local tick at which a rule takes effect in a year. */
static int64_t rule__ticks(const SYSTEMTIME *rule, int year)
{
    int day = rule->wDay, first_weekday;
    if (rule->wYear == 0) {
        first_weekday = (int)((days__from_date(year, rule->wMonth, 1) + 1) % 7);
        day = 1 + (rule->wDayOfWeek + 7 - first_weekday) % 7 + (rule->wDay - 1) * 7;
        while (day > month__days(year, rule->wMonth))
            day -= 7;
    }
    return days__from_date(year, rule->wMonth, day) * TICKS_PER_DAY + ticks__of_day(rule);
}

static bool rule__is_valid(const SYSTEMTIME *rule)
{
    if (rule->wYear != 0)
        return systemtime__is_valid(rule);
    return rule->wMonth <= 12 && rule->wDay >= 1 && rule->wDay <= 5 && rule->wDayOfWeek < 7 &&
           rule->wHour < 24 && rule->wMinute < 60;
}

/* STATUS_INVALID_PARAMETER for a zone with only one, or impossible, dates. */
static NTSTATUS zone__check(const TIME_ZONE_INFORMATION *zone)
{
    if (zone->StandardDate.wMonth == 0 && zone->DaylightDate.wMonth == 0)
        return STATUS_SUCCESS;
    return zone->StandardDate.wMonth && zone->DaylightDate.wMonth &&
                   rule__is_valid(&zone->StandardDate) && rule__is_valid(&zone->DaylightDate)
               ? STATUS_SUCCESS
               : STATUS_INVALID_PARAMETER;
}

/* Minutes that UTC is ahead of the zone at `ticks`, which are UTC or, with `is_local`, the zone's
 * own; in the hour that happens twice daylight time wins. */
static LONG zone__bias(const TIME_ZONE_INFORMATION *zone, int64_t ticks, bool is_local)
{
    LONG standard = zone->Bias + zone->StandardBias, daylight = zone->Bias + zone->DaylightBias;
    int64_t starts, ends;
    SYSTEMTIME st;
    if (zone->StandardDate.wMonth == 0 ||
        !ticks__to_systemtime(is_local ? ticks : ticks - standard * TICKS_PER_MINUTE, &st))
        return standard;
    starts = rule__ticks(&zone->DaylightDate, st.wYear);
    ends = rule__ticks(&zone->StandardDate, st.wYear);
    if (!is_local) {
        starts += standard * TICKS_PER_MINUTE;
        ends += daylight * TICKS_PER_MINUTE;
    }
    if (starts < ends)
        return ticks >= starts && ticks < ends ? daylight : standard;
    return ticks >= ends && ticks < starts ? standard : daylight;
}

/* The way through both conversions: `sign` is -1 towards local time. */
static BOOL zone__convert(const TIME_ZONE_INFORMATION *zone, const SYSTEMTIME *from, SYSTEMTIME *to,
                          int sign)
{
    TIME_ZONE_INFORMATION own;
    int64_t ticks;
    if (!zone) {
        GetTimeZoneInformation(&own);
        zone = &own;
    }
    if (!from || !to || !systemtime__is_valid(from) || zone__check(zone) != STATUS_SUCCESS)
        return fail_win32(ERROR_INVALID_PARAMETER);
    ticks = ticks__from_systemtime(from);
    ticks += sign * zone__bias(zone, ticks, sign > 0) * TICKS_PER_MINUTE;
    return ticks__to_systemtime(ticks, to) ? TRUE : fail_win32(ERROR_INVALID_PARAMETER);
}

BOOL WINAPI SystemTimeToTzSpecificLocalTime(const TIME_ZONE_INFORMATION *lpTimeZoneInformation,
                                            const SYSTEMTIME *lpUniversalTime,
                                            LPSYSTEMTIME lpLocalTime)
{
    return zone__convert(lpTimeZoneInformation, lpUniversalTime, lpLocalTime, -1);
}

BOOL WINAPI TzSpecificLocalTimeToSystemTime(const TIME_ZONE_INFORMATION *lpTimeZoneInformation,
                                            const SYSTEMTIME *lpLocalTime,
                                            LPSYSTEMTIME lpUniversalTime)
{
    return zone__convert(lpTimeZoneInformation, lpLocalTime, lpUniversalTime, 1);
}

/* File times are moved by today's offset, whatever their own date. */
static BOOL filetime__move(const FILETIME *from, FILETIME *to, int sign)
{
    struct tm tm;
    if (!from || !to)
        return fail_win32(ERROR_INVALID_PARAMETER);
    ticks__to_filetime(ticks__from_filetime(from) +
                           sign * (int64_t)host__offset(time(NULL), &tm) * FILETIME_PER_SECOND,
                       to);
    return TRUE;
}

BOOL WINAPI FileTimeToLocalFileTime(const FILETIME *lpFileTime, LPFILETIME lpLocalFileTime)
{
    return filetime__move(lpFileTime, lpLocalFileTime, 1);
}

BOOL WINAPI LocalFileTimeToFileTime(const FILETIME *lpLocalFileTime, LPFILETIME lpFileTime)
{
    return filetime__move(lpLocalFileTime, lpFileTime, -1);
}

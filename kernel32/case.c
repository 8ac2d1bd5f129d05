/* Case by the host's Unicode tables, independent of the program's locale. */
#include "case.h"

#include <locale.h>
#include <pthread.h>
#include <wctype.h>

static locale_t case__locale; /* 0: only ASCII is known */
static pthread_once_t case__once = PTHREAD_ONCE_INIT;

static void case__set_up(void)
{
    case__locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

uint16_t case_upper(uint16_t c)
{
    wint_t upper;
    if (c < 0x80)
        return c >= 'a' && c <= 'z' ? (uint16_t)(c - 32) : c;
    pthread_once(&case__once, case__set_up);
    upper = case__locale ? towupper_l(c, case__locale) : c;
    return upper <= 0xFFFF ? (uint16_t)upper : c;
}

uint16_t case_lower(uint16_t c)
{
    wint_t lower;
    if (c < 0x80)
        return c >= 'A' && c <= 'Z' ? (uint16_t)(c + 32) : c;
    pthread_once(&case__once, case__set_up);
    lower = case__locale ? towlower_l(c, case__locale) : c;
    return lower <= 0xFFFF ? (uint16_t)lower : c;
}

int case_compare(const wchar_t *a, const wchar_t *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint16_t left = case_upper((uint16_t)a[i]), right = case_upper((uint16_t)b[i]);
        if (left != right)
            return left < right ? -1 : 1;
        if (left == 0)
            break;
    }
    return 0;
}

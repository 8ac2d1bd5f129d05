/* International names, by RFC 3492. Letters are put into lower case; composed and decomposed forms
 * of one letter stay different names. */
#include "idn.h"

#include <locale.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wctype.h>

enum {
    LABEL_POINTS_MAX = 63,
    FIRST_NON_ASCII = 0x80,
    DIGITS = 36,
    BIAS_START = 72,
    THRESHOLD_MIN = 1,
    THRESHOLD_MAX = 26,
    DAMP_FIRST = 700,
    SKEW = 38,
};

static locale_t idn__locale; /* 0: only ASCII has cases */
static pthread_once_t idn__once = PTHREAD_ONCE_INIT;

static void idn__set_up(void)
{
    idn__locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

static uint32_t idn__lower(uint32_t point)
{
    pthread_once(&idn__once, idn__set_up);
    if (point < FIRST_NON_ASCII || !idn__locale)
        return point >= 'A' && point <= 'Z' ? point + 32 : point;
    return (uint32_t)towlower_l(point, idn__locale);
}

bool idn_is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= FIRST_NON_ASCII)
            return false;
    return true;
}

/* The next code point of UTF-8 text; 0: it is none. */
static uint32_t idn__point(const char **text)
{
    const unsigned char *byte = (const unsigned char *)*text;
    uint32_t more = *byte < 0x80 ? 0 : *byte >= 0xF0 ? 3 : *byte >= 0xE0 ? 2 : 1;
    uint32_t point = more ? *byte & (0x3Fu >> more) : *byte;
    if (*byte >= 0x80 && (*byte < 0xC2 || *byte > 0xF4))
        return 0;
    for (byte++; more > 0; more--, byte++) {
        if ((*byte & 0xC0) != 0x80)
            return 0;
        point = point << 6 | (*byte & 0x3F);
    }
    *text = (const char *)byte;
    return point;
}

/* ---- one label ---- */

struct label {
    uint32_t points[LABEL_POINTS_MAX];
    uint32_t count;
    char *out, *end; /* where the encoded form goes on, and stops */
};

static bool label__put(struct label *label, char c)
{
    if (label->out == label->end)
        return false;
    *label->out++ = c;
    return true;
}

/* Where a digit of this place turns from the last one into one that others follow. */
static uint32_t label__threshold(uint32_t place, uint32_t bias)
{
    if (place <= bias + THRESHOLD_MIN)
        return THRESHOLD_MIN;
    return place >= bias + THRESHOLD_MAX ? THRESHOLD_MAX : place - bias;
}

/* A number in digits of varying base, the lowest first. */
static bool label__put_number(struct label *label, uint32_t number, uint32_t bias)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    uint32_t place = DIGITS, threshold;
    while (number >= (threshold = label__threshold(place, bias))) {
        uint32_t base = DIGITS - threshold;
        if (!label__put(label, digits[threshold + (number - threshold) % base]))
            return false;
        number = (number - threshold) / base;
        place += DIGITS;
    }
    return label__put(label, digits[number]);
}

static uint32_t label__adapt(uint32_t delta, uint32_t written, bool first)
{
    uint32_t bias = 0;
    delta = first ? delta / DAMP_FIRST : delta / 2;
    delta += delta / written;
    for (; delta > (DIGITS - THRESHOLD_MIN) * THRESHOLD_MAX / 2; bias += DIGITS)
        delta /= DIGITS - THRESHOLD_MIN;
    return bias + (DIGITS - THRESHOLD_MIN + 1) * delta / (delta + SKEW);
}

static uint32_t label__lowest_from(const struct label *label, uint32_t from)
{
    uint32_t lowest = UINT32_MAX;
    for (uint32_t i = 0; i < label->count; i++)
        if (label->points[i] >= from && label->points[i] < lowest)
            lowest = label->points[i];
    return lowest;
}

/* The ASCII letters, then for each other one, in rising order, how far it is from the last. */
static bool label__encode(struct label *label)
{
    uint32_t point = FIRST_NON_ASCII, delta = 0, bias = BIAS_START, basic = 0, written;
    for (uint32_t i = 0; i < label->count; i++)
        if (label->points[i] < FIRST_NON_ASCII && ++basic &&
            !label__put(label, (char)label->points[i]))
            return false;
    if (basic > 0 && !label__put(label, '-'))
        return false;
    for (written = basic; written < label->count; delta++, point++) {
        uint32_t next = label__lowest_from(label, point);
        delta += (next - point) * (written + 1);
        point = next;
        for (uint32_t i = 0; i < label->count; i++) {
            delta += label->points[i] < point;
            if (label->points[i] != point)
                continue;
            if (!label__put_number(label, delta, bias))
                return false;
            written++;
            bias = label__adapt(delta, written, written == basic + 1);
            delta = 0;
        }
    }
    return true;
}

/* Reads one label, up to a dot or the end. *ascii says whether it is all ASCII. */
static bool label__read(struct label *label, const char **name, bool *ascii)
{
    *ascii = true;
    for (label->count = 0; **name && **name != '.'; label->count++) {
        uint32_t point = idn__lower(idn__point(name));
        if (point == 0 || label->count == LABEL_POINTS_MAX)
            return false;
        label->points[label->count] = point;
        *ascii &= point < FIRST_NON_ASCII;
    }
    return true;
}

bool idn_encode(const char *name, char *out, size_t size)
{
    struct label label = {.out = out, .end = out + size - 1};
    for (;; name++) {
        bool ascii;
        if (!label__read(&label, &name, &ascii))
            return false;
        for (const char *mark = ascii ? "" : "xn--"; *mark; mark++)
            if (!label__put(&label, *mark))
                return false;
        for (uint32_t i = 0; ascii && i < label.count; i++)
            if (!label__put(&label, (char)label.points[i]))
                return false;
        if (!ascii && !label__encode(&label))
            return false;
        if (*name != '.')
            break;
        if (!label__put(&label, '.'))
            return false;
    }
    *label.out = '\0';
    return true;
}

/* The formatter behind every printf-like function. */
#include "format.h"

#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_buffer_add(struct text_buffer *buffer, const char *text, size_t length)
{
    if (buffer->failed)
        return;
    if (buffer->length + length + 1 > buffer->room) {
        size_t room = (buffer->length + length + 1) * 2;
        char *grown = realloc(buffer->text, room);
        if (!grown) {
            buffer->failed = true;
            return;
        }
        buffer->text = grown;
        buffer->room = room;
    }
    memcpy(buffer->text + buffer->length, text, length);
    buffer->length += length;
    buffer->text[buffer->length] = '\0';
}

void text_buffer_add_char(struct text_buffer *buffer, char c)
{
    text_buffer_add(buffer, &c, 1);
}

void text_buffer_free(struct text_buffer *buffer)
{
    free(buffer->text);
    *buffer = (struct text_buffer){0};
}

/* One conversion, taken apart. */
struct conversion {
    char flags[8];
    int width;     /* -1: none */
    int precision; /* -1: none */
    enum { SIZE_INT, SIZE_CHAR, SIZE_SHORT, SIZE_LONG, SIZE_64, SIZE_WIDE } size;
    char kind;
};

static uint64_t args__word(struct format_args *args)
{
    return args->array ? *args->array++ : va_arg(*args->list, uint64_t);
}

static double args__double(struct format_args *args)
{
    double value;
    if (!args->array)
        return va_arg(*args->list, double);
    memcpy(&value, args->array++, sizeof value);
    return value;
}

static int conversion__number(const char **at, struct format_args *args)
{
    int number = 0;
    if (**at == '*') {
        (*at)++;
        return (int)args__word(args);
    }
    for (; **at >= '0' && **at <= '9'; (*at)++)
        number = number < 100000 ? number * 10 + (**at - '0') : number;
    return number;
}

static void conversion__size(struct conversion *c, const char **at)
{
    static const struct {
        const char *text;
        int size;
    } sizes[] = {
        {"I64", SIZE_64},  {"I32", SIZE_INT}, {"I", SIZE_64},   {"ll", SIZE_64},
        {"hh", SIZE_CHAR}, {"h", SIZE_SHORT}, {"l", SIZE_LONG}, {"w", SIZE_WIDE},
        {"z", SIZE_64},    {"t", SIZE_64},    {"j", SIZE_64},   {"L", SIZE_LONG},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t length = strlen(sizes[i].text);
        if (strncmp(*at, sizes[i].text, length) == 0) {
            c->size = sizes[i].size;
            *at += length;
            return;
        }
    }
}

static void conversion__parse(struct conversion *c, const char **at, struct format_args *args)
{
    size_t flags = 0;
    *c = (struct conversion){.width = -1, .precision = -1, .size = SIZE_INT};
    for (; **at && strchr("-+ #0", **at); (*at)++) {
        if (flags < sizeof c->flags - 2 && !memchr(c->flags, **at, flags))
            c->flags[flags++] = **at;
    }
    if (**at == '*' || (**at >= '0' && **at <= '9'))
        c->width = conversion__number(at, args);
    if (c->width < -1) {
        c->width = -c->width;
        if (!strchr(c->flags, '-'))
            c->flags[flags++] = '-';
    }
    if (**at == '.') {
        (*at)++;
        c->precision = conversion__number(at, args);
        if (c->precision < 0)
            c->precision = -1;
    }
    conversion__size(c, at);
    c->kind = **at;
    if (**at)
        (*at)++;
}

/* The conversion as the host's snprintf wants it. */
static void conversion__host(const struct conversion *c, const char *kind, char *out, size_t size)
{
    char width[16] = "", precision[16] = "";
    if (c->width >= 0)
        snprintf(width, sizeof width, "%d", c->width);
    if (c->precision >= 0)
        snprintf(precision, sizeof precision, ".%d", c->precision);
    snprintf(out, size, "%%%s%s%s%s", c->flags, width, precision, kind);
}

static void pad(struct text_buffer *out, int count)
{
    while (count-- > 0 && !out->failed)
        text_buffer_add_char(out, ' ');
}

/* Text of `units` characters as Windows counts them, padded to the width. */
static void format__text(struct text_buffer *out, const struct conversion *c, const char *text,
                         size_t length, size_t units)
{
    int missing = c->width > (int)units ? c->width - (int)units : 0;
    bool left = strchr(c->flags, '-') != NULL;
    if (!left)
        pad(out, missing);
    text_buffer_add(out, text, length);
    if (left)
        pad(out, missing);
}

static void format__narrow(struct text_buffer *out, const struct conversion *c, const char *text)
{
    size_t length;
    if (!text)
        text = "(null)";
    length = c->precision >= 0 ? strnlen(text, (size_t)c->precision) : strlen(text);
    format__text(out, c, text, length, length);
}

static void format__wide(struct text_buffer *out, const struct conversion *c, const wchar_t *text)
{
    size_t units = 0, length;
    char *utf8;
    if (!text)
        text = L"(null)";
    while ((c->precision < 0 || units < (size_t)c->precision) && text[units])
        units++;
    length = text_utf8_from_wide(text, units, NULL, 0);
    utf8 = malloc(length + 1);
    if (!utf8) {
        out->failed = true;
        return;
    }
    text_utf8_from_wide(text, units, utf8, length);
    format__text(out, c, utf8, length, units);
    free(utf8);
}

/* %s and %S are opposites; a size says outright which text it is. */
static bool conversion__is_wide(const struct conversion *c, bool wide)
{
    if (c->size == SIZE_LONG || c->size == SIZE_WIDE)
        return true;
    if (c->size == SIZE_SHORT)
        return false;
    return (c->kind == 'S' || c->kind == 'C') ? !wide : wide;
}

static void format__string(struct text_buffer *out, const struct conversion *c, bool wide,
                           struct format_args *args)
{
    uint64_t word = args__word(args);
    struct conversion one = *c;
    if (c->kind == 's' || c->kind == 'S') {
        if (conversion__is_wide(c, wide))
            format__wide(out, c, (const wchar_t *)(uintptr_t)word);
        else
            format__narrow(out, c, (const char *)(uintptr_t)word);
    } else if (conversion__is_wide(c, wide) && (wchar_t)word) {
        wchar_t text[2] = {(wchar_t)word, 0};
        one.precision = 1;
        format__wide(out, &one, text);
    } else {
        char text = (char)word;
        format__text(out, &one, &text, 1, 1);
    }
}

static int64_t conversion__signed(const struct conversion *c, uint64_t word)
{
    switch (c->size) {
    case SIZE_64:
        return (int64_t)word;
    case SIZE_CHAR:
        return (signed char)word;
    case SIZE_SHORT:
        return (int16_t)word;
    default:
        return (int32_t)word;
    }
}

static uint64_t conversion__unsigned(const struct conversion *c, uint64_t word)
{
    switch (c->size) {
    case SIZE_64:
        return word;
    case SIZE_CHAR:
        return (uint8_t)word;
    case SIZE_SHORT:
        return (uint16_t)word;
    default:
        return (uint32_t)word;
    }
}

enum { DIGITS_MAX = 512 };

static void format__integer(struct text_buffer *out, const struct conversion *c, uint64_t word)
{
    char host[64], digits[DIGITS_MAX];
    const char kind[] = {'l', 'l', c->kind, '\0'};
    struct conversion bounded = *c;
    int length;
    if (bounded.precision > DIGITS_MAX / 2)
        bounded.precision = DIGITS_MAX / 2;
    if (bounded.width >= DIGITS_MAX)
        bounded.width = -1; /* format__text pads, with spaces only */
    conversion__host(&bounded, kind, host, sizeof host);
    if (c->kind == 'd' || c->kind == 'i')
        length = snprintf(digits, sizeof digits, host, (long long)conversion__signed(c, word));
    else
        length = snprintf(digits, sizeof digits, host,
                          (unsigned long long)conversion__unsigned(c, word));
    format__text(out, c, digits, (size_t)length, (size_t)length);
}

static void format__double(struct text_buffer *out, const struct conversion *c, double value)
{
    char host[64], digits[DIGITS_MAX * 2];
    const char kind[] = {c->kind, '\0'};
    struct conversion bounded = *c;
    int length;
    if (bounded.precision > DIGITS_MAX)
        bounded.precision = DIGITS_MAX;
    if (bounded.width > DIGITS_MAX)
        bounded.width = DIGITS_MAX;
    conversion__host(&bounded, kind, host, sizeof host);
    length = snprintf(digits, sizeof digits, host, value);
    if (length > 0)
        text_buffer_add(out, digits,
                        (size_t)length < sizeof digits ? (size_t)length : sizeof digits - 1);
}

void format_one(struct text_buffer *out, const char **format, bool wide, struct format_args *args)
{
    struct conversion c;
    char pointer[24];
    conversion__parse(&c, format, args);
    switch (c.kind) {
    case 'd':
    case 'i':
    case 'u':
    case 'x':
    case 'X':
    case 'o':
        format__integer(out, &c, args__word(args));
        break;
    case 'c':
    case 'C':
    case 's':
    case 'S':
        format__string(out, &c, wide, args);
        break;
    case 'p':
        snprintf(pointer, sizeof pointer, "%016llX", (unsigned long long)args__word(args));
        format__text(out, &c, pointer, strlen(pointer), strlen(pointer));
        break;
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
    case 'a':
    case 'A':
        format__double(out, &c, args__double(args));
        break;
    default:
        if (c.kind)
            text_buffer_add_char(out, c.kind); /* %% and what nobody knows */
        break;
    }
}

void format_all(struct text_buffer *out, const char *format, bool wide, struct format_args *args)
{
    text_buffer_add(out, "", 0);
    while (*format) {
        const char *percent = strchr(format, '%');
        size_t plain = percent ? (size_t)(percent - format) : strlen(format);
        text_buffer_add(out, format, plain);
        format += plain;
        if (*format) {
            format++;
            format_one(out, &format, wide, args);
        }
    }
}

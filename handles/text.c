/* UTF-16 to UTF-8 and back. */
#include "text.h"

#include <stdlib.h>
#include <string.h>

size_t text_wide_length(const wchar_t *wide)
{
    size_t length = 0;
    while (wide[length])
        length++;
    return length;
}

/* One character; *at moves past it. */
static uint32_t text__decode_wide(const wchar_t *wide, size_t count, size_t *at)
{
    uint32_t unit = (uint16_t)wide[(*at)++];
    if (unit >= 0xD800 && unit < 0xDC00 && *at < count) {
        uint32_t low = (uint16_t)wide[*at];
        if (low >= 0xDC00 && low < 0xE000) {
            (*at)++;
            return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        }
    }
    return unit;
}

static size_t text__encode_utf8(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

/* One character, or one byte that is none (given as U+FFFD); *at moves past it. */
static uint32_t text__decode_utf8(const unsigned char *text, size_t count, size_t *at)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = text[*at];
    size_t length = first < 0x80    ? 1
                    : first >= 0xF0 ? 4
                    : first >= 0xE0 ? 3
                    : first >= 0xC0 ? 2
                                    : 0;
    uint32_t c = length == 1 ? first : first & (0x7F >> length);
    if (length == 0 || first >= 0xF8 || *at + length > count) {
        (*at)++;
        return 0xFFFD;
    }
    for (size_t i = 1; i < length; i++) {
        if ((text[*at + i] & 0xC0) != 0x80) {
            (*at)++;
            return 0xFFFD;
        }
        c = c << 6 | (text[*at + i] & 0x3F);
    }
    if (length > 1 && (c < smallest[length] || c > 0x10FFFF)) {
        (*at)++;
        return 0xFFFD;
    }
    *at += length;
    return c;
}

size_t text_utf8_from_wide(const wchar_t *wide, size_t count, char *out, size_t size)
{
    size_t at = 0, filled = 0;
    while (at < count) {
        char bytes[4];
        size_t length = text__encode_utf8(text__decode_wide(wide, count, &at), bytes);
        if (out && filled + length <= size)
            memcpy(out + filled, bytes, length);
        filled += length;
    }
    return filled;
}

size_t text_wide_from_utf8(const char *utf8, size_t count, wchar_t *out, size_t size)
{
    size_t at = 0, filled = 0;
    while (at < count) {
        uint32_t c = text__decode_utf8((const unsigned char *)utf8, count, &at);
        if (c < 0x10000) {
            if (out && filled < size)
                out[filled] = (wchar_t)c;
            filled++;
        } else {
            if (out && filled + 1 < size) {
                out[filled] = (wchar_t)(0xD800 + ((c - 0x10000) >> 10));
                out[filled + 1] = (wchar_t)(0xDC00 + ((c - 0x10000) & 0x3FF));
            }
            filled += 2;
        }
    }
    return filled;
}

char *text_from_wide(const wchar_t *wide)
{
    size_t count = text_wide_length(wide);
    size_t size = text_utf8_from_wide(wide, count, NULL, 0);
    char *text = malloc(size + 1);
    if (!text)
        return NULL;
    text_utf8_from_wide(wide, count, text, size);
    text[size] = '\0';
    return text;
}

wchar_t *text_to_wide(const char *utf8)
{
    size_t count = strlen(utf8);
    size_t size = text_wide_from_utf8(utf8, count, NULL, 0);
    wchar_t *wide = malloc((size + 1) * sizeof *wide);
    if (!wide)
        return NULL;
    text_wide_from_utf8(utf8, count, wide, size);
    wide[size] = 0;
    return wide;
}

/* UTF-16, Windows' wide text, and UTF-8, everything else's. An unpaired surrogate becomes the three
 * bytes UTF-8 would give its number (WTF-8), so that it survives the way there and back. */
#ifndef PORTICO_TEXT_H
#define PORTICO_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* A new UTF-8 string, NULL if there is no memory. */
char *text_from_wide(const wchar_t *wide);

/* A new UTF-16 string. */
wchar_t *text_to_wide(const char *utf8);

/* Converts `count` units; returns how many the result has, stored as far as `size` allows. */
size_t text_utf8_from_wide(const wchar_t *wide, size_t count, char *out, size_t size);
size_t text_wide_from_utf8(const char *utf8, size_t count, wchar_t *out, size_t size);

size_t text_wide_length(const wchar_t *wide);

#endif

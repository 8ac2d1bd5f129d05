/* printf with Windows' conversions: %I64d, %ws, %S, %hs, 16-bit wide strings, 32-bit %l. What the
 * host's functions cannot read is formatted here; digits are made by the host's snprintf. */
#ifndef PORTICO_FORMAT_H
#define PORTICO_FORMAT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* UTF-8 text that grows; `failed` once there was no memory. Starts as {0}. */
struct text_buffer {
    char *text; /* terminated, or NULL while empty */
    size_t length;
    size_t room;
    bool failed;
};

void text_buffer_add(struct text_buffer *buffer, const char *text, size_t length);
void text_buffer_add_char(struct text_buffer *buffer, char c);
void text_buffer_free(struct text_buffer *buffer);

/* Where arguments come from: a variable argument list, or an array of 64-bit words. */
struct format_args {
    const uint64_t *array;
    va_list *list;
};

/* Formats one conversion; *format stands behind its '%' and is moved past it. `wide`: plain %s and
 * %c mean 16-bit text. */
void format_one(struct text_buffer *out, const char **format, bool wide, struct format_args *args);

/* Formats a whole template, which is UTF-8. */
void format_all(struct text_buffer *out, const char *format, bool wide, struct format_args *args);

#endif

/* FormatMessage (winbase.h): a template from the table of error texts or from the caller, with its
 * inserts filled in and its lines laid out. All in UTF-8; the ends convert. */
#include <winbase.h>

#include "format.h"
#include "last_error.h"
#include "messages.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INSERTS_MAX = 99 };

/* The caller's arguments, fetched in order and kept: %2 may stand before %1. */
struct inserts {
    va_list *list;
    const DWORD_PTR *array;
    unsigned fetched;
    uint64_t words[INSERTS_MAX + 1];
};

static uint64_t insert__get(struct inserts *inserts, unsigned number)
{
    if (inserts->array)
        return inserts->array[number - 1];
    for (; inserts->fetched < number; inserts->fetched++)
        inserts->words[inserts->fetched] = va_arg(*inserts->list, DWORD_PTR);
    return inserts->words[number - 1];
}

struct layout {
    struct text_buffer out;
    size_t line;    /* where the current line begins */
    unsigned width; /* 0: lines end where the template says; 255: only where %n says */
    bool wide;      /* plain %s inserts are 16-bit */
    bool ignore_inserts;
    struct inserts *inserts; /* NULL: there are none */
};

static void layout__newline(struct layout *layout)
{
    text_buffer_add(&layout->out, "\r\n", 2);
    layout->line = layout->out.length;
}

/* Breaks the line at its last space if it has become longer than the width. */
static void layout__wrap(struct layout *layout)
{
    struct text_buffer *out = &layout->out;
    size_t at = out->length;
    char rest[256];
    if (layout->width == 0 || layout->width == FORMAT_MESSAGE_MAX_WIDTH_MASK ||
        out->length - layout->line <= layout->width)
        return;
    while (at > layout->line && out->text[at - 1] != ' ')
        at--;
    if (at == layout->line || out->length - at >= sizeof rest)
        return;
    memcpy(rest, out->text + at, out->length - at);
    at = out->length - at;
    out->length -= at + 1; /* the space goes too */
    layout__newline(layout);
    text_buffer_add(out, rest, at);
}

/* One insert: its number has been read; an optional !format! follows. */
static bool layout__insert(struct layout *layout, const char **at, unsigned number)
{
    char conversion[64] = "s";
    const char *format = conversion;
    uint64_t words[3];
    unsigned stars = 0;
    if (**at == '!') {
        const char *end = strchr(*at + 1, '!');
        size_t length = end ? (size_t)(end - *at - 1) : 0;
        if (!end || length >= sizeof conversion)
            return false;
        memcpy(conversion, *at + 1, length);
        conversion[length] = '\0';
        *at = end + 1;
    }
    for (const char *c = conversion; *c; c++)
        stars += *c == '*';
    if (!layout->inserts || number + stars > INSERTS_MAX || stars > 2)
        return false;
    for (unsigned i = 0; i <= stars; i++)
        words[i] = insert__get(layout->inserts, number + i);
    format_one(&layout->out, &format, layout->wide, &(struct format_args){.array = words});
    return true;
}

/* What stands behind a percent sign; false: it cannot be formatted. *done: %0 ends the message. */
static bool layout__escape(struct layout *layout, const char **at, bool *done)
{
    char c = *(*at)++;
    unsigned number;
    if (c >= '1' && c <= '9') {
        if (layout->ignore_inserts) {
            text_buffer_add_char(&layout->out, '%');
            text_buffer_add_char(&layout->out, c);
            return true;
        }
        number = (unsigned)(c - '0');
        if (**at >= '0' && **at <= '9')
            number = number * 10 + (unsigned)(*(*at)++ - '0');
        return layout__insert(layout, at, number);
    }
    switch (c) {
    case '0':
        *done = true;
        break;
    case 'n':
        layout__newline(layout);
        break;
    case 'r':
        text_buffer_add_char(&layout->out, '\r');
        break;
    case 't':
        text_buffer_add_char(&layout->out, '\t');
        break;
    case '\0':
        return false;
    default:
        text_buffer_add_char(&layout->out, c);
        break;
    }
    return true;
}

/* A line end in the template: kept, or a space when lines are laid out anew. */
static void layout__template_newline(struct layout *layout)
{
    if (layout->width == 0)
        layout__newline(layout);
    else
        text_buffer_add_char(&layout->out, ' ');
}

static bool layout__run(struct layout *layout, const char *template)
{
    bool done = false;
    text_buffer_add(&layout->out, "", 0);
    while (*template && !done) {
        char c = *template ++;
        if (c == '%') {
            if (!layout__escape(layout, &template, &done))
                return false;
        } else if (c == '\r' || c == '\n') {
            if (c == '\r' && *template == '\n')
                template ++;
            layout__template_newline(layout);
        } else {
            text_buffer_add_char(&layout->out, c);
        }
        layout__wrap(layout);
    }
    return true;
}

/* ---- where the template comes from ---- */

static bool language__is_known(DWORD language)
{
    return PRIMARYLANGID(language) == LANG_NEUTRAL || PRIMARYLANGID(language) == LANG_ENGLISH;
}

/* The template, in a new string. ERROR_* or 0. */
static DWORD template__get(DWORD flags, LPCVOID source, bool wide, DWORD id, DWORD language,
                           char **text)
{
    const DWORD sources =
        FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_FROM_SYSTEM;
    const char *known;
    *text = NULL;
    if (!(flags & sources) ||
        ((flags & FORMAT_MESSAGE_FROM_STRING) && (flags & sources) != FORMAT_MESSAGE_FROM_STRING))
        return ERROR_INVALID_PARAMETER;
    if (flags & FORMAT_MESSAGE_FROM_STRING) {
        if (!source)
            return ERROR_INVALID_PARAMETER;
        *text = wide ? text_from_wide(source) : strdup(source);
        return *text ? 0 : ERROR_NOT_ENOUGH_MEMORY;
    }
    if (!language__is_known(language))
        return ERROR_RESOURCE_LANG_NOT_FOUND;
    if ((id & 0xFFFF0000) == 0x80070000)
        id &= 0xFFFF; /* an HRESULT around a Win32 error */
    known = flags & FORMAT_MESSAGE_FROM_SYSTEM ? message_text(id) : NULL;
    if (!known)
        return ERROR_MR_MID_NOT_FOUND;
    *text = malloc(strlen(known) + 3);
    if (!*text)
        return ERROR_NOT_ENOUGH_MEMORY;
    sprintf(*text, "%s\r\n", known);
    return 0;
}

/* Everything but the last step. ERROR_* or 0, and the text in `out`. */
static DWORD message__build(DWORD flags, LPCVOID source, bool wide, DWORD id, DWORD language,
                            va_list *arguments, struct text_buffer *out)
{
    const DWORD known = FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_IGNORE_INSERTS |
                        FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_FROM_HMODULE |
                        FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_ARGUMENT_ARRAY |
                        FORMAT_MESSAGE_MAX_WIDTH_MASK;
    struct inserts inserts = {.fetched = 0};
    struct layout layout = {
        .width = flags & FORMAT_MESSAGE_MAX_WIDTH_MASK,
        .wide = wide,
        .ignore_inserts = flags & FORMAT_MESSAGE_IGNORE_INSERTS,
        .inserts = arguments ? &inserts : NULL,
    };
    char *template;
    DWORD error;
    if (flags & ~known)
        return ERROR_INVALID_PARAMETER;
    if (flags & FORMAT_MESSAGE_ARGUMENT_ARRAY)
        inserts.array = (const DWORD_PTR *)arguments;
    else
        inserts.list = arguments;
    error = template__get(flags, source, wide, id, language, &template);
    if (error)
        return error;
    if (!layout__run(&layout, template))
        error = ERROR_INVALID_PARAMETER;
    else if (layout.out.failed)
        error = ERROR_NOT_ENOUGH_MEMORY;
    free(template);
    *out = layout.out;
    return error;
}

/* Where the result goes: the caller's buffer or, with ALLOCATE_BUFFER, a new one whose address the
 * caller's "buffer" takes. NULL with a last error. */
static void *message__buffer(DWORD flags, void *buffer, size_t needed, DWORD size, size_t unit)
{
    void *fresh;
    if (!(flags & FORMAT_MESSAGE_ALLOCATE_BUFFER)) {
        if (needed > size)
            fail_win32(ERROR_INSUFFICIENT_BUFFER);
        return needed > size ? NULL : buffer;
    }
    fresh = LocalAlloc(LMEM_FIXED, (needed > size ? needed : size) * unit);
    if (!fresh)
        fail_win32(ERROR_NOT_ENOUGH_MEMORY);
    *(void **)buffer = fresh;
    return fresh;
}

/* False with a last error for a missing buffer; clears what ALLOCATE_BUFFER is to fill. */
static bool message__check_buffer(DWORD flags, void *buffer)
{
    if (!buffer) {
        fail_win32(flags & FORMAT_MESSAGE_ALLOCATE_BUFFER ? ERROR_NOT_ENOUGH_MEMORY
                                                          : ERROR_INVALID_PARAMETER);
        return false;
    }
    if (flags & FORMAT_MESSAGE_ALLOCATE_BUFFER)
        *(void **)buffer = NULL;
    return true;
}

DWORD WINAPI FormatMessageA(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId,
                            LPSTR lpBuffer, DWORD nSize, va_list *Arguments)
{
    struct text_buffer out = {0};
    DWORD error, length = 0;
    char *to;
    if (!message__check_buffer(dwFlags, lpBuffer))
        return 0;
    error = message__build(dwFlags, lpSource, false, dwMessageId, dwLanguageId, Arguments, &out);
    if (error) {
        fail_win32(error);
    } else if ((to = message__buffer(dwFlags, lpBuffer, out.length + 1, nSize, sizeof *to))) {
        memcpy(to, out.text, out.length + 1);
        length = (DWORD)out.length;
    }
    text_buffer_free(&out);
    return length;
}

DWORD WINAPI FormatMessageW(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId,
                            LPWSTR lpBuffer, DWORD nSize, va_list *Arguments)
{
    struct text_buffer out = {0};
    DWORD error;
    size_t length = 0;
    WCHAR *to = NULL;
    if (!message__check_buffer(dwFlags, lpBuffer))
        return 0;
    error = message__build(dwFlags, lpSource, true, dwMessageId, dwLanguageId, Arguments, &out);
    if (error) {
        fail_win32(error);
    } else {
        length = text_wide_from_utf8(out.text, out.length, NULL, 0);
        to = message__buffer(dwFlags, lpBuffer, length + 1, nSize, sizeof *to);
    }
    if (to) {
        text_wide_from_utf8(out.text, out.length, to, length);
        to[length] = 0;
    }
    text_buffer_free(&out);
    return to ? (DWORD)length : 0;
}

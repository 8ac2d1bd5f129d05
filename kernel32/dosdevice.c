/* QueryDosDevice: the names that \\.\NAME opens. */
#include "comm.h"
#include "format.h"
#include "last_error.h"
#include "path.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *name, *target;
} device__rows[] = {
    {"CON", "\\Device\\ConDrv"},
    {"MAILSLOT", "\\Device\\MailSlot"},
    {"NUL", "\\Device\\Null"},
    {"PIPE", "\\Device\\NamedPipe"},
};

/* Adds a text with its NUL, and one more behind the last. */
static void device__add(struct text_buffer *list, const char *text)
{
    text_buffer_add(list, text, strlen(text) + 1);
}

static void device__list(struct text_buffer *list)
{
    uint32_t numbers[COMM_NUMBER_MAX], count = comm_numbers(numbers);
    for (size_t i = 0; i < sizeof device__rows / sizeof device__rows[0]; i++)
        device__add(list, device__rows[i].name);
    for (uint32_t i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "COM%u", numbers[i]);
        device__add(list, name);
    }
}

/* A serial line goes by its Linux path: \Device\ttyS0. */
static NTSTATUS device__target(const char *name, struct text_buffer *target)
{
    char *path;
    NTSTATUS status;
    for (size_t i = 0; i < sizeof device__rows / sizeof device__rows[0]; i++)
        if (strcasecmp(device__rows[i].name, name) == 0) {
            device__add(target, device__rows[i].target);
            return STATUS_SUCCESS;
        }
    status = comm_path(comm_number(name), &path);
    if (status != STATUS_SUCCESS)
        return status;
    text_buffer_add(target, "\\Device\\", 8);
    device__add(target, strncmp(path, "/dev/", 5) == 0 ? path + 5 : path);
    free(path);
    return STATUS_SUCCESS;
}

/* What the program is to get, with the NUL at its end. `name` NULL: the list. */
static NTSTATUS device__query(const char *name, struct text_buffer *answer)
{
    NTSTATUS status = STATUS_SUCCESS;
    if (name)
        status = device__target(name, answer);
    else
        device__list(answer);
    if (status == STATUS_SUCCESS)
        text_buffer_add_char(answer, '\0');
    return status == STATUS_SUCCESS && answer->failed ? STATUS_NO_MEMORY : status;
}

static DWORD device__copy_ansi(const struct text_buffer *answer, void *out, DWORD size)
{
    if (answer->length <= size)
        memcpy(out, answer->text, answer->length);
    return (DWORD)answer->length;
}

static DWORD device__copy_wide(const struct text_buffer *answer, void *out, DWORD size)
{
    return (DWORD)text_wide_from_utf8(answer->text, answer->length, out, size);
}

static DWORD device__win32(const char *name, void *out, DWORD size,
                           DWORD (*copy)(const struct text_buffer *, void *, DWORD))
{
    struct text_buffer answer = {0};
    NTSTATUS status = device__query(name, &answer);
    DWORD length = 0;
    if (status == STATUS_SUCCESS && (!out || size == 0))
        status = STATUS_BUFFER_TOO_SMALL;
    if (status == STATUS_SUCCESS) {
        length = copy(&answer, out, size);
        if (length > size)
            status = STATUS_BUFFER_TOO_SMALL;
    }
    text_buffer_free(&answer);
    if (status == STATUS_SUCCESS)
        return length;
    return (DWORD)fail_status(status);
}

DWORD WINAPI QueryDosDeviceA(LPCSTR lpDeviceName, LPSTR lpTargetPath, DWORD ucchMax)
{
    return device__win32(lpDeviceName, lpTargetPath, ucchMax, device__copy_ansi);
}

DWORD WINAPI QueryDosDeviceW(LPCWSTR lpDeviceName, LPWSTR lpTargetPath, DWORD ucchMax)
{
    char *name = lpDeviceName ? path_text_from_wide(lpDeviceName) : NULL;
    DWORD length;
    if (lpDeviceName && !name)
        return (DWORD)fail_status(STATUS_NO_MEMORY);
    length = device__win32(name, lpTargetPath, ucchMax, device__copy_wide);
    free(name);
    return length;
}

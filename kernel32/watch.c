/* The records of a watch: which events become one, how many are kept, and how they are laid out in
 * the program's buffer. */
#include "watch.h"

#include "facts.h"
#include "filetime.h"
#include "text.h"
#include "transfer.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winbase.h>

enum {
    NAME_EVENTS = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO,
    DATA_FILTERS = FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE,
    /* Linux tells of modes, owners and times with one event. */
    FACT_FILTERS = FILE_NOTIFY_CHANGE_ATTRIBUTES | FILE_NOTIFY_CHANGE_SECURITY |
                   FILE_NOTIFY_CHANGE_CREATION | FILE_NOTIFY_CHANGE_LAST_ACCESS |
                   FILE_NOTIFY_CHANGE_LAST_WRITE,
};

struct record {
    struct list link;
    uint32_t action;
    uint32_t name_bytes;
    wchar_t *name;
};

_Static_assert(offsetof(FILE_NOTIFY_INFORMATION, FileName) == 12, "Windows' layout");
_Static_assert(offsetof(FILE_NOTIFY_EXTENDED_INFORMATION, FileAttributes) == 56, "Windows' layout");
_Static_assert(offsetof(FILE_NOTIFY_EXTENDED_INFORMATION, FileId) == 64, "Windows' layout");
_Static_assert(offsetof(FILE_NOTIFY_EXTENDED_INFORMATION, FileName) == 84, "Windows' layout");

/* ---- filters ---- */

uint32_t watch_mask(uint32_t filter, bool subtree)
{
    uint32_t mask = 0;
    if (subtree || (filter & (FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME)))
        mask |= NAME_EVENTS;
    if (filter & DATA_FILTERS)
        mask |= IN_MODIFY;
    if (filter & FILE_NOTIFY_CHANGE_LAST_WRITE)
        mask |= IN_CLOSE_WRITE;
    if (filter & FACT_FILTERS)
        mask |= IN_ATTRIB;
    if (filter & FILE_NOTIFY_CHANGE_LAST_ACCESS)
        mask |= IN_ACCESS;
    return mask;
}

bool watch_wants(const struct watch *watch, uint32_t event_mask)
{
    bool is_directory = event_mask & IN_ISDIR;
    if (event_mask & NAME_EVENTS)
        return watch->filter &
               (is_directory ? FILE_NOTIFY_CHANGE_DIR_NAME : FILE_NOTIFY_CHANGE_FILE_NAME);
    if (is_directory && (event_mask & IN_ACCESS))
        return false; /* every listing would be one, our own too */
    return event_mask & watch_mask(watch->filter, false);
}

/* ---- keeping ---- */

static void record__free(struct record *record)
{
    list_remove(&record->link);
    free(record->name);
    free(record);
}

void watch_drop_records(struct watch *watch)
{
    struct list *node, *after;
    list_for_each_safe (node, after, &watch->records)
        record__free(list_entry(node, struct record, link));
    watch->size = 0;
}

void watch_lose(struct watch *watch)
{
    watch_drop_records(watch);
    watch->lost = true;
    watch_ripen(watch);
}

static uint32_t record__size(const struct record *record, enum watch_layout layout)
{
    uint32_t head = layout == WATCH_EXTENDED ? offsetof(FILE_NOTIFY_EXTENDED_INFORMATION, FileName)
                                             : offsetof(FILE_NOTIFY_INFORMATION, FileName);
    return head + record->name_bytes;
}

/* A record that another follows ends where that one can begin. */
static uint32_t record__stride(const struct record *record, enum watch_layout layout)
{
    uint32_t alignment = layout == WATCH_EXTENDED ? 8 : 4;
    return (record__size(record, layout) + alignment - 1) & ~(alignment - 1);
}

/* A file that is written to again and again is modified once. */
static bool record__repeats(const struct watch *watch, uint32_t action, const wchar_t *name,
                            size_t bytes)
{
    struct record *last = list_entry(watch->records.prev, struct record, link);
    return action == FILE_ACTION_MODIFIED && !list_is_empty(&watch->records) &&
           last->action == action && last->name_bytes == bytes &&
           memcmp(last->name, name, bytes) == 0;
}

static struct record *record__create(uint32_t action, wchar_t *name)
{
    struct record *record = malloc(sizeof *record);
    if (!record)
        return NULL;
    *record = (struct record){
        .action = action,
        .name = name,
        .name_bytes = (uint32_t)(text_wide_length(name) * sizeof *name),
    };
    return record;
}

void watch_record(struct watch *watch, uint32_t action, const char *path)
{
    wchar_t *name;
    struct record *record;
    if (watch->lost)
        return; /* the program will look for itself */
    name = text_to_wide(path);
    if (name && record__repeats(watch, action, name, text_wide_length(name) * sizeof *name)) {
        free(name);
        return;
    }
    record = name ? record__create(action, name) : NULL;
    if (!record || watch->size + record__size(record, WATCH_PLAIN) > watch->capacity) {
        free(name);
        free(record);
        watch_lose(watch);
        return;
    }
    watch->size += record__stride(record, WATCH_PLAIN);
    list_append(&watch->records, &record->link);
    watch_ripen(watch);
}

/* ---- giving out ---- */

/* Copies a name into a path on this system. False: it does not fit. */
static bool record__path(const struct watch *watch, const struct record *record, char *out,
                         size_t size)
{
    int base = snprintf(out, size, "/proc/self/fd/%d/", watch->disk->file.fd);
    size_t length = text_utf8_from_wide(record->name, record->name_bytes / sizeof *record->name,
                                        out + base, size - (size_t)base - 1);
    if (length >= size - (size_t)base)
        return false;
    out[(size_t)base + length] = '\0';
    for (char *c = out + base; *c; c++)
        if (*c == '\\')
            *c = '/';
    return true;
}

/* What the file is like now; zeros when it is gone (FILE-102). */
static void record__describe(const struct watch *watch, const struct record *record,
                             FILE_NOTIFY_EXTENDED_INFORMATION *out)
{
    char path[PATH_MAX];
    struct facts facts;
    struct stat st;
    if (!record__path(watch, record, path, sizeof path) || lstat(path, &st) < 0 ||
        facts_of_path(path, false, &facts) != STATUS_SUCCESS)
        return;
    out->CreationTime.QuadPart = facts.creation;
    out->LastAccessTime.QuadPart = facts.access;
    out->LastModificationTime.QuadPart = facts.write;
    out->LastChangeTime.QuadPart = filetime_from_timespec(st.st_ctim);
    out->AllocatedLength.QuadPart = (int64_t)st.st_blocks * 512;
    out->FileSize.QuadPart = S_ISDIR(st.st_mode) ? 0 : st.st_size;
    out->FileAttributes = facts.attributes;
    out->ReparsePointTag = facts.reparse_tag;
    out->FileId.QuadPart = (int64_t)facts.index;
    *strrchr(path, '/') = '\0';
    if (stat(path, &st) == 0)
        out->ParentFileId.QuadPart = (int64_t)st.st_ino;
}

static void record__store(const struct watch *watch, const struct record *record,
                          enum watch_layout layout, uint32_t next, unsigned char *out)
{
    FILE_NOTIFY_EXTENDED_INFORMATION extended = {
        .NextEntryOffset = next, .Action = record->action, .FileNameLength = record->name_bytes};
    FILE_NOTIFY_INFORMATION plain = {
        .NextEntryOffset = next, .Action = record->action, .FileNameLength = record->name_bytes};
    size_t head = record__size(record, layout) - record->name_bytes;
    if (layout == WATCH_EXTENDED)
        record__describe(watch, record, &extended);
    memcpy(out, layout == WATCH_EXTENDED ? (void *)&extended : (void *)&plain, head);
    memcpy(out + head, record->name, record->name_bytes);
}

static uint64_t watch__total(const struct watch *watch, enum watch_layout layout)
{
    uint64_t total = 0;
    const struct list *node;
    list_for_each (node, &watch->records) {
        const struct record *record = list_entry(node, struct record, link);
        bool is_last = node->next == &watch->records;
        total += is_last ? record__size(record, layout) : record__stride(record, layout);
    }
    return total;
}

static void watch__fill(const struct watch *watch, enum watch_layout layout, unsigned char *out)
{
    const struct list *node;
    list_for_each (node, &watch->records) {
        const struct record *record = list_entry(node, struct record, link);
        bool is_last = node->next == &watch->records;
        uint32_t next = is_last ? 0 : record__stride(record, layout);
        record__store(watch, record, layout, next, out);
        out += next;
    }
}

/* Caller holds watch_lock. */
static NTSTATUS watch__take(struct watch *watch, enum watch_layout layout, void *buffer,
                            uint32_t length, uint64_t *information)
{
    uint64_t total = watch__total(watch, layout);
    NTSTATUS status = STATUS_NOTIFY_ENUM_DIR;
    if (!watch->lost && total == 0)
        return watch->is_deleted ? STATUS_DELETE_PENDING : STATUS_PENDING;
    if (!watch->lost && total <= length && memory_is_writable(buffer, total)) {
        watch__fill(watch, layout, buffer);
        *information = total;
        status = STATUS_SUCCESS;
    }
    watch_drop_records(watch);
    watch->lost = false;
    return status;
}

NTSTATUS watch_take(struct watch *watch, enum watch_layout layout, void *buffer, uint32_t length,
                    uint64_t *information)
{
    NTSTATUS status;
    lock_acquire(&watch_lock);
    status = watch__take(watch, layout, buffer, length, information);
    lock_release(&watch_lock);
    return status;
}

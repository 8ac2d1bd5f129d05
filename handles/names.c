/* The table of named objects: few, so a list does. */
#include "names.h"

#include "handle_table.h"
#include "status.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <winnt.h>

struct entry {
    struct list link;
    struct object *object;
    char text[];
};

static struct lock names__lock; /* protects the list; outermost, held while handles are opened */
static struct list names__list = {&names__list, &names__list};

static NTSTATUS name__adopt(char *text, struct name *name)
{
    const char *rest = text;
    name->text = NULL;
    if (!text)
        return STATUS_NO_MEMORY;
    if (strncmp(rest, "Local\\", 6) == 0)
        rest += 6;
    else if (strncmp(rest, "Global\\", 7) == 0)
        rest += 7;
    if (strchr(rest, '\\')) {
        free(text);
        return STATUS_OBJECT_PATH_NOT_FOUND;
    }
    if (!*rest) {
        free(text);
        return STATUS_SUCCESS;
    }
    memmove(text, rest, strlen(rest) + 1);
    name->text = text;
    return STATUS_SUCCESS;
}

NTSTATUS name_from_ansi(const char *argument, struct name *name)
{
    name->text = NULL;
    return argument && *argument ? name__adopt(strdup(argument), name) : STATUS_SUCCESS;
}

NTSTATUS name_from_wide(const wchar_t *argument, struct name *name)
{
    name->text = NULL;
    return argument && *argument ? name__adopt(text_from_wide(argument), name) : STATUS_SUCCESS;
}

void name_free(struct name *name)
{
    free(name->text);
    name->text = NULL;
}

/* Caller holds names__lock. */
static struct object *name__find(const char *text)
{
    struct list *node;
    list_for_each (node, &names__list) {
        struct entry *entry = list_entry(node, struct entry, link);
        if (strcmp(entry->text, text) == 0)
            return entry->object;
    }
    return NULL;
}

/* Caller holds names__lock. */
static NTSTATUS name__enter(const char *text, struct object *object)
{
    struct entry *entry = malloc(sizeof *entry + strlen(text) + 1);
    if (!entry)
        return STATUS_NO_MEMORY;
    entry->object = object;
    object->named = true;
    strcpy(entry->text, text);
    list_append(&names__list, &entry->link);
    return STATUS_SUCCESS;
}

NTSTATUS name_create(const struct name *name, struct object *fresh, uint32_t access, uint32_t flags,
                     HANDLE *handle)
{
    struct object *found;
    NTSTATUS status;
    access = object_map_access(fresh->ops, access);
    if (!name->text)
        return handle_open_new(fresh, access, flags, handle);
    lock_acquire(&names__lock);
    found = name__find(name->text);
    if (found && found->ops != fresh->ops) {
        status = STATUS_OBJECT_TYPE_MISMATCH;
    } else if (found) {
        status = handle_open(found, access, flags, handle);
        if (status == STATUS_SUCCESS)
            status = STATUS_OBJECT_NAME_EXISTS;
    } else {
        status = name__enter(name->text, fresh);
        if (status == STATUS_SUCCESS)
            status = handle_open(fresh, access, flags, handle);
    }
    lock_release(&names__lock);
    if (NT_ERROR(status))
        name_forget(fresh);
    object_unref(fresh);
    return status;
}

NTSTATUS name_open(const struct name *name, const struct object_ops *ops, uint32_t access,
                   uint32_t flags, HANDLE *handle)
{
    struct object *found;
    NTSTATUS status = STATUS_OBJECT_NAME_NOT_FOUND;
    if (!name->text)
        return STATUS_INVALID_PARAMETER;
    lock_acquire(&names__lock);
    found = name__find(name->text);
    access = object_map_access(ops, access);
    if (found && found->ops != ops)
        status = STATUS_OBJECT_TYPE_MISMATCH;
    else if (found && (access == 0 || (access & ~ops->all_access)))
        status = STATUS_ACCESS_DENIED;
    else if (found)
        status = handle_open(found, access, flags, handle);
    lock_release(&names__lock);
    return status;
}

void name_forget(struct object *object)
{
    struct list *node, *after;
    if (!object->named)
        return;
    lock_acquire(&names__lock);
    if (atomic_load(&object->handles) == 0) {
        list_for_each_safe (node, after, &names__list) {
            struct entry *entry = list_entry(node, struct entry, link);
            if (entry->object == object) {
                list_remove(node);
                free(entry);
            }
        }
    }
    lock_release(&names__lock);
}

void names_after_fork(void)
{
    lock_init(&names__lock);
    list_init(&names__list);
}

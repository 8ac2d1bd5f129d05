/* Lists of addresses. */
#include "addrinfo.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <winerror.h>
#include <ws2tcpip.h>

/* How an entry of any form begins. */
struct addrinfo_entry {
    int flags, family, type, protocol;
    size_t address_length;
    void *canonical_name;
    void *address;
};

#define ASSERT_BEGINS_ALIKE(form)                                                              \
    _Static_assert(                                                                            \
        offsetof(form, ai_flags) == offsetof(struct addrinfo_entry, flags) &&                  \
            offsetof(form, ai_protocol) == offsetof(struct addrinfo_entry, protocol) &&        \
            offsetof(form, ai_addrlen) == offsetof(struct addrinfo_entry, address_length) &&   \
            offsetof(form, ai_canonname) == offsetof(struct addrinfo_entry, canonical_name) && \
            offsetof(form, ai_addr) == offsetof(struct addrinfo_entry, address),               \
        #form)
ASSERT_BEGINS_ALIKE(ADDRINFOA);
ASSERT_BEGINS_ALIKE(ADDRINFOW);
ASSERT_BEGINS_ALIKE(ADDRINFOEXW);

struct addrinfo_list {
    const struct addrinfo_form *form;
    void *first, **end;
};

static void **addrinfo__next(const struct addrinfo_form *form, void *entry)
{
    return (void **)((char *)entry + form->next);
}

static int addrinfo__append(void *context, const struct resolved *resolved)
{
    struct addrinfo_list *list = context;
    struct addrinfo_entry *entry = calloc(1, list->form->size);
    const char *name = resolved->canonical_name;
    if (!entry)
        return 0;
    *list->end = entry;
    list->end = addrinfo__next(list->form, entry);
    entry->flags = resolved->flags;
    entry->family = resolved->family;
    entry->type = resolved->type;
    entry->protocol = resolved->protocol;
    entry->address_length = resolved->address_length;
    entry->address = malloc(resolved->address_length);
    if (entry->address)
        memcpy(entry->address, resolved->address, resolved->address_length);
    if (name)
        entry->canonical_name = list->form->wide ? (void *)text_to_wide(name) : strdup(name);
    return entry->address && (!name || entry->canonical_name);
}

uint32_t addrinfo_look_up(const struct addrinfo_form *form, const char *node, const char *service,
                          const struct resolve_hints *hints, void **list)
{
    struct addrinfo_list found = {.form = form, .end = &found.first};
    uint32_t err = resolve_name(node, service, hints, addrinfo__append, &found);
    if (err) {
        addrinfo_free(form, found.first);
        found.first = NULL;
    }
    *list = found.first;
    return err;
}

void addrinfo_free(const struct addrinfo_form *form, void *list)
{
    while (list) {
        struct addrinfo_entry *entry = list;
        list = *addrinfo__next(form, entry);
        free(entry->address);
        free(entry->canonical_name);
        free(entry);
    }
}

bool addrinfo_narrow(const wchar_t *node, const wchar_t *service, char **narrow_node,
                     char **narrow_service)
{
    *narrow_node = node ? text_from_wide(node) : NULL;
    *narrow_service = service ? text_from_wide(service) : NULL;
    return (!node || *narrow_node) && (!service || *narrow_service);
}

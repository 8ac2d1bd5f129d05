/* Lists of addresses as getaddrinfo, GetAddrInfoW and GetAddrInfoExW give them: entries that begin
 * alike, and differ in how a name is written and in where the next one is. */
#ifndef PORTICO_ADDRINFO_H
#define PORTICO_ADDRINFO_H

#include "resolve.h"

#include <stdbool.h>

struct addrinfo_form {
    size_t size, next; /* of an entry; where its pointer to the next is */
    bool wide;
};

/* Looks up. *list becomes the first entry, NULL with an error. Returns the Winsock error. */
uint32_t addrinfo_look_up(const struct addrinfo_form *form, const char *node, const char *service,
                          const struct resolve_hints *hints, void **list);

void addrinfo_free(const struct addrinfo_form *form, void *list);

/* A name and a service, each NULL or UTF-16, in UTF-8; false: no memory. The caller frees both,
 * whatever this returns. */
bool addrinfo_narrow(const wchar_t *node, const wchar_t *service, char **narrow_node,
                     char **narrow_service);

#endif

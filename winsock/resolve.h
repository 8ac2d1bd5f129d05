/* Name resolution by the host, in Windows' types. */
#ifndef PORTICO_RESOLVE_H
#define PORTICO_RESOLVE_H

#include "status.h"

#include <stddef.h>
#include <stdint.h>

/* One result; `address` has Windows' family. */
struct resolved {
    int flags, family, type, protocol;
    size_t address_length;
    char address[128];
    const char *canonical_name; /* only during the call */
};

struct resolve_hints {
    int flags, family, type, protocol; /* Windows' numbers */
};

/* Calls `each` for every address; stops when it returns false. Returns the Winsock error. */
uint32_t resolve_name(const char *node, const char *service, const struct resolve_hints *hints,
                      int (*each)(void *context, const struct resolved *resolved), void *context);

/* The reverse. Returns the Winsock error. */
uint32_t resolve_address(const void *address, int length, char *node, uint32_t node_size,
                         char *service, uint32_t service_size, int flags);

/* The host's name; a Winsock error. */
uint32_t resolve_own_name(char *name, int size);

/* inet_pton and inet_ntop with Windows' families: 1, 0, or -1 for an unknown family; NULL with no
 * room or an unknown family. */
int resolve_text_to_address(int family, const char *text, void *address);
const char *resolve_address_to_text(int family, const void *address, char *text, size_t size);

#endif

/* The host's tables of services and protocols, and names in the old way. */
#ifndef PORTICO_NAME_TABLE_H
#define PORTICO_NAME_TABLE_H

#include <stddef.h>

/* One entry; the texts live in `room`. */
struct name_entry {
    char *name;
    char **aliases;
    char *protocol; /* of a service */
    int number;     /* a protocol's, or a port in network order */
};

/* False: there is none. By name, or (name NULL) by number; `protocol` NULL: any. */
int name_table_service(const char *name, int port, const char *protocol, struct name_entry *entry,
                       char *room, size_t size);
int name_table_protocol(const char *name, int number, struct name_entry *entry, char *room,
                        size_t size);

#endif

/* The host's tables. */
#include "name_table.h"

#include <netdb.h>

int name_table_service(const char *name, int port, const char *protocol, struct name_entry *entry,
                       char *room, size_t size)
{
    struct servent found, *result = NULL;
    int err = name ? getservbyname_r(name, protocol, &found, room, size, &result)
                   : getservbyport_r(port, protocol, &found, room, size, &result);
    if (err || !result)
        return 0;
    *entry = (struct name_entry){found.s_name, found.s_aliases, found.s_proto, found.s_port};
    return 1;
}

int name_table_protocol(const char *name, int number, struct name_entry *entry, char *room,
                        size_t size)
{
    struct protoent found, *result = NULL;
    int err = name ? getprotobyname_r(name, &found, room, size, &result)
                   : getprotobynumber_r(number, &found, room, size, &result);
    if (err || !result)
        return 0;
    *entry = (struct name_entry){found.p_name, found.p_aliases, NULL, found.p_proto};
    return 1;
}

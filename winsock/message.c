/* Control data beside a datagram. */
#include "message.h"

#include <netinet/in.h>
#include <string.h>

_Static_assert(sizeof(struct cmsghdr) == 16, "WSACMSGHDR is laid out alike");

/* A control message whose content both systems lay out alike. */
struct control_row {
    int windows_level, windows_type;
    int host_level, host_type;
};

static const struct control_row control__rows[] = {
    {W_IPPROTO_IP, W_IP_TTL, IPPROTO_IP, IP_TTL},
    {W_IPPROTO_IP, W_IP_TOS, IPPROTO_IP, IP_TOS},
    {W_IPPROTO_IPV6, W_IPV6_PKTINFO, IPPROTO_IPV6, IPV6_PKTINFO},
    {W_IPPROTO_IPV6, W_IPV6_HOPLIMIT, IPPROTO_IPV6, IPV6_HOPLIMIT},
    {W_IPPROTO_IPV6, W_IPV6_TCLASS, IPPROTO_IPV6, IPV6_TCLASS},
};

/* IN_PKTINFO; the host's has an address more, and the index first. */
struct windows_pktinfo {
    struct in_addr address;
    uint32_t index;
};

/* Appends a message; false: no room. */
static bool control__append(char *out, size_t room, size_t *used, int level, int type,
                            const void *data, size_t size)
{
    struct cmsghdr header = {.cmsg_len = CMSG_LEN(size), .cmsg_level = level, .cmsg_type = type};
    if (*used + CMSG_LEN(size) > room)
        return false;
    memcpy(out + *used, &header, sizeof header);
    memcpy(out + *used + sizeof header, data, size);
    *used += CMSG_SPACE(size);
    if (*used > room)
        *used = room;
    return true;
}

static bool control__one_from_host(const struct cmsghdr *header, char *out, size_t room,
                                   size_t *used)
{
    const void *data = CMSG_DATA(header);
    size_t size = header->cmsg_len - CMSG_LEN(0);
    if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
        struct in_pktinfo host;
        struct windows_pktinfo info;
        memcpy(&host, data, sizeof host);
        info.address = host.ipi_addr;
        info.index = (uint32_t)host.ipi_ifindex;
        return control__append(out, room, used, W_IPPROTO_IP, W_IP_PKTINFO, &info, sizeof info);
    }
    if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_TOS) {
        int tos = *(const unsigned char *)data; /* an int on Windows */
        return control__append(out, room, used, W_IPPROTO_IP, W_IP_TOS, &tos, sizeof tos);
    }
    for (size_t i = 0; i < sizeof control__rows / sizeof control__rows[0]; i++) {
        const struct control_row *row = &control__rows[i];
        if (row->host_level == header->cmsg_level && row->host_type == header->cmsg_type)
            return control__append(out, room, used, row->windows_level, row->windows_type, data,
                                   size);
    }
    return true; /* nothing Windows knows */
}

size_t message_control_from_host(struct msghdr *message, char *out, size_t room, bool *cut)
{
    size_t used = 0;
    *cut = message->msg_flags & MSG_CTRUNC;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
         header = CMSG_NXTHDR(message, header))
        *cut |= !control__one_from_host(header, out, room, &used);
    return used;
}

static bool control__one_to_host(const struct cmsghdr *header, const char *data, char *out,
                                 size_t room, size_t *used)
{
    size_t size = header->cmsg_len - CMSG_LEN(0);
    if (header->cmsg_level == W_IPPROTO_IP && header->cmsg_type == W_IP_PKTINFO) {
        struct windows_pktinfo info;
        struct in_pktinfo host = {0};
        if (size < sizeof info)
            return false;
        memcpy(&info, data, sizeof info);
        host.ipi_spec_dst = info.address;
        host.ipi_ifindex = (int)info.index;
        return control__append(out, room, used, IPPROTO_IP, IP_PKTINFO, &host, sizeof host);
    }
    for (size_t i = 0; i < sizeof control__rows / sizeof control__rows[0]; i++) {
        const struct control_row *row = &control__rows[i];
        if (row->windows_level == header->cmsg_level && row->windows_type == header->cmsg_type)
            return control__append(out, room, used, row->host_level, row->host_type, data, size);
    }
    return false;
}

size_t message_control_to_host(const char *in, size_t length, char *out, size_t room)
{
    size_t at = 0, used = 0;
    while (length - at >= sizeof(struct cmsghdr)) {
        struct cmsghdr header;
        memcpy(&header, in + at, sizeof header);
        if (header.cmsg_len < sizeof header || header.cmsg_len > length - at)
            return (size_t)-1;
        if (!control__one_to_host(&header, in + at + sizeof header, out, room, &used))
            return (size_t)-1;
        at += CMSG_ALIGN(header.cmsg_len);
        if (at > length)
            break;
    }
    return used;
}

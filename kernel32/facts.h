/* What is known about a file apart from its contents: attributes, times, size, identity.
 *
 * READONLY is the absence of write permission (of a directory: only remembered, for its entries may
 * still change). The attributes that Linux does not have are kept in the extended attribute
 * user.DOSATTRIB, as Samba and Wine keep them; where there are none of these they are lost. A file
 * that says nothing has ARCHIVE. A symbolic link is a reparse point. */
#ifndef PORTICO_FACTS_H
#define PORTICO_FACTS_H

#include <minwindef.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct facts {
    uint32_t attributes; /* FILE_ATTRIBUTE_*, never 0 */
    uint32_t reparse_tag;
    int64_t creation, access, write; /* file times */
    uint64_t size;
    uint64_t index;
    uint32_t volume;
    uint32_t links;
};

NTSTATUS facts_of_path(const char *path, bool follow, struct facts *facts);
NTSTATUS facts_of_descriptor(int fd, struct facts *facts);

/* The attributes alone. */
bool facts_are_readonly(const char *path, const struct stat *st);

/* Replaces the attributes; those that cannot be set are ignored. */
NTSTATUS facts_set_attributes(const char *path, uint32_t attributes);

/* Sets the last-access and last-write time; 0 and -1 leave one alone. */
NTSTATUS facts_set_times(int fd, int64_t access, int64_t write);

/* The name under which a descriptor's file can be reached by path. */
struct fd_path {
    char text[32];
};
struct fd_path fd_path_of(int fd);

static inline FILETIME facts_filetime(int64_t ticks)
{
    return (FILETIME){.dwLowDateTime = (DWORD)ticks, .dwHighDateTime = (DWORD)(ticks >> 32)};
}

static inline int64_t facts_ticks(const FILETIME *time)
{
    return (int64_t)((uint64_t)time->dwHighDateTime << 32 | time->dwLowDateTime);
}

#endif

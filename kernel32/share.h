/* Sharing: which opens of one file go together (FILE-032 to FILE-034). The table is the process's:
 * one entry per open file, keyed by device and inode, so hard links and spellings do not matter.
 * Other processes are not bound by it. */
#ifndef PORTICO_SHARE_H
#define PORTICO_SHARE_H

#include "list.h"

#include <minwindef.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct share_inode;

/* One open: lives in the file object. */
struct share {
    struct list link;
    struct share_inode *inode; /* NULL: not entered */
    uint32_t uses;             /* FILE_SHARE_* it needs others to allow */
    uint32_t allows;           /* FILE_SHARE_* it allows others */
};

/* Enters an open with these rights. STATUS_SHARING_VIOLATION, STATUS_DELETE_PENDING,
 * STATUS_NO_MEMORY. */
NTSTATUS share_enter(struct share *share, const struct stat *st, uint32_t access, uint32_t allows);

/* Ends it; with `remove` the file is to go. True: now, for this was the last open of it. */
bool share_leave(struct share *share, bool remove);

/* Is the file open at all? */
bool share_is_open(const struct stat *st);

#endif

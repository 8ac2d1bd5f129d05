/* Watching directories: what one handle records of the changes below its directory.
 *
 * All watches of the process share one inotify instance (watch_tree.c), because a user may have
 * only a hundred or so of these and a program may watch many directories. Its events are taken by a
 * thread of the library's, and by every call that asks for changes: what happened before the call
 * is known to it. An event becomes records of the watches that cover the place (watch.c); a watch
 * that has something new is *ripe*, and its file's pending calls are tried once the lock is free.
 *
 * Life. The first call on a directory handle starts its watch, under the file's lock; the close of
 * the handle stops it before anything else ends. In between filter, subtree and size stay as that
 * call gave them (FILE-092). watch_lock, taken under a file's lock, protects every watch.
 */
#ifndef PORTICO_WATCH_H
#define PORTICO_WATCH_H

#include "disk.h"

#include <sys/inotify.h>

struct watch_node;

struct watch {
    struct disk *disk; /* no reference: it stops the watch before it goes */
    uint32_t filter;   /* FILE_NOTIFY_CHANGE_* */
    bool subtree;
    bool lost;         /* changes went unrecorded */
    bool is_deleted;   /* the directory itself is gone */
    uint32_t capacity; /* bytes of records; 0: only that something changed is kept (FILE-093) */
    uint32_t size;     /* bytes the records take */
    struct list records;
    struct watch_node *root, *above; /* `above` notices the removal of the directory */
    struct list all;                 /* in the list of all watches */
    struct list ripe;
    struct list hit;
};

enum { WATCH_ALL_FILTERS = 0xFFF };

extern struct lock watch_lock;

/* ---- the handle's side (watch_tree.c) ---- */

/* Starts the watch of a directory, if it has none. STATUS_INSUFFICIENT_RESOURCES: a limit of
 * inotify's was reached. Caller holds file->lock. */
NTSTATUS watch_start(struct disk *disk, uint32_t filter, bool subtree, uint32_t capacity);
/* Caller holds file->lock, or the process ends. */
void watch_stop(struct disk *disk);

/* Records what has happened by now, and lets the calls that wait for it end. Caller holds no
 * lock. */
void watch_collect(void);

/* ---- records (watch.c) ---- */

enum watch_layout { WATCH_PLAIN = 1, WATCH_EXTENDED }; /* READ_DIRECTORY_NOTIFY_INFORMATION_CLASS */

/* Moves all records into the buffer. STATUS_PENDING: there are none. STATUS_NOTIFY_ENUM_DIR: some
 * were lost, or the buffer is too small for them. STATUS_DELETE_PENDING: the directory is gone. */
NTSTATUS watch_take(struct watch *watch, enum watch_layout layout, void *buffer, uint32_t length,
                    uint64_t *information);

/* What inotify is to report for a filter. */
uint32_t watch_mask(uint32_t filter, bool subtree);

/* Does the filter ask for this event? */
bool watch_wants(const struct watch *watch, uint32_t event_mask);

/* `path` is relative, with backslashes. Caller holds watch_lock, of this and the rest. */
void watch_record(struct watch *watch, uint32_t action, const char *path);
void watch_lose(struct watch *watch);
void watch_drop_records(struct watch *watch);

/* The watch has something new. */
void watch_ripen(struct watch *watch);

#endif

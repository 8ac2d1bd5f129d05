/* The sharing table. */
#include "share.h"

#include "lock.h"

#include <ntstatus.h>
#include <stdlib.h>
#include <winnt.h>

enum { SHARE_BUCKETS = 256 };

struct share_inode {
    struct share_inode *next;
    dev_t device;
    ino_t number;
    struct list opens;
    bool delete_pending;
};

static struct lock share__lock; /* protects the table and every entry; innermost */
static struct share_inode *share__buckets[SHARE_BUCKETS];

static struct share_inode **share__bucket(const struct stat *st)
{
    return &share__buckets[(st->st_ino ^ st->st_dev * 31) % SHARE_BUCKETS];
}

/* Caller holds share__lock. */
static struct share_inode *share__find(const struct stat *st)
{
    struct share_inode *inode = *share__bucket(st);
    while (inode && (inode->device != st->st_dev || inode->number != st->st_ino))
        inode = inode->next;
    return inode;
}

/* Caller holds share__lock. */
static struct share_inode *share__add(const struct stat *st)
{
    struct share_inode **bucket = share__bucket(st);
    struct share_inode *inode = calloc(1, sizeof *inode);
    if (!inode)
        return NULL;
    inode->device = st->st_dev;
    inode->number = st->st_ino;
    list_init(&inode->opens);
    inode->next = *bucket;
    *bucket = inode;
    return inode;
}

/* Caller holds share__lock. */
static void share__remove(struct share_inode *inode)
{
    struct stat key = {.st_dev = inode->device, .st_ino = inode->number};
    struct share_inode **link = share__bucket(&key);
    while (*link != inode)
        link = &(*link)->next;
    *link = inode->next;
    free(inode);
}

static uint32_t share__uses(uint32_t access)
{
    uint32_t uses = 0;
    if (access & (FILE_READ_DATA | FILE_EXECUTE))
        uses |= FILE_SHARE_READ;
    if (access & (FILE_WRITE_DATA | FILE_APPEND_DATA))
        uses |= FILE_SHARE_WRITE;
    if (access & DELETE)
        uses |= FILE_SHARE_DELETE;
    return uses;
}

/* Opens that use nothing are exempt both ways. Caller holds share__lock. */
static NTSTATUS share__check(const struct share_inode *inode, const struct share *share)
{
    struct list *node;
    if (inode->delete_pending)
        return STATUS_DELETE_PENDING;
    if (!share->uses)
        return STATUS_SUCCESS;
    list_for_each (node, &inode->opens) {
        const struct share *other = list_entry(node, struct share, link);
        if (other->uses && ((share->uses & ~other->allows) || (other->uses & ~share->allows)))
            return STATUS_SHARING_VIOLATION;
    }
    return STATUS_SUCCESS;
}

NTSTATUS share_enter(struct share *share, const struct stat *st, uint32_t access, uint32_t allows)
{
    struct share_inode *inode;
    NTSTATUS status = STATUS_NO_MEMORY;
    share->uses = share__uses(access);
    share->allows = allows;
    lock_acquire(&share__lock);
    inode = share__find(st);
    if (!inode)
        inode = share__add(st);
    if (inode)
        status = share__check(inode, share);
    if (status == STATUS_SUCCESS) {
        share->inode = inode;
        list_append(&inode->opens, &share->link);
    }
    lock_release(&share__lock);
    return status;
}

bool share_leave(struct share *share, bool remove)
{
    struct share_inode *inode = share->inode;
    bool now = false;
    if (!inode)
        return false;
    lock_acquire(&share__lock);
    list_remove(&share->link);
    share->inode = NULL;
    inode->delete_pending |= remove;
    if (list_is_empty(&inode->opens)) {
        now = inode->delete_pending;
        share__remove(inode);
    }
    lock_release(&share__lock);
    return now;
}

bool share_is_open(const struct stat *st)
{
    bool open;
    lock_acquire(&share__lock);
    open = share__find(st) != NULL;
    lock_release(&share__lock);
    return open;
}

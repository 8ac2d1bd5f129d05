/* From inotify's events to records. A node stands for one watched directory of one watch; what
 * inotify gives is a number for the directory, and all nodes of that number get the event. A watch
 * of a subtree has a node for each directory in it, symbolic links not followed, and keeps them in
 * the shape of the tree, for names are told relative to its top.
 *
 * The two halves of a rename are two events, which may have others between them. So a first half
 * looks ahead for its second, and waits a moment for it, before it counts as a move to elsewhere.
 *
 * A directory that appears is watched, then listed: what the listing finds is reported as added,
 * and when its own event comes later that one is dropped. Every static function here is called with
 * watch_lock held, unless it says otherwise. */
#include "watch.h"

#include "service.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <winbase.h>

enum {
    TREE_BUCKETS = 1024,
    TREE_EVENT_BYTES = 64 * 1024,
    TREE_HALF_MS = 10,      /* how long a rename's second half may lag behind */
    TREE_HALF_BYTES = 4096, /* and by how many bytes of other events */
    TREE_ALWAYS = IN_MOVE_SELF | IN_DELETE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK | IN_MASK_ADD,
};

struct watch_node {
    struct list by_number; /* in its bucket */
    struct list sibling;
    struct list children;
    struct watch_node *parent; /* NULL: the top, or the directory above it */
    struct watch *watch;
    int number; /* inotify's */
    char *name;
};

/* A name that a listing found before its event came. */
struct found {
    struct list link;
    struct watch *watch;
    int number;
    uint64_t until; /* in bytes of events handled: its own has come by then, or never will */
    char name[];
};

struct lock watch_lock;
static int tree__fd = -1;
static struct list tree__buckets[TREE_BUCKETS];
static struct list tree__watches, tree__ripe, tree__found;
/* Events read and not yet handled. */
static _Alignas(struct inotify_event) char tree__events[TREE_EVENT_BYTES];
static size_t tree__used, tree__taken;
static uint64_t tree__handled_total; /* bytes of events, ever */
/* The half that is being waited for, and since when. */
static uint32_t tree__half;
static int64_t tree__half_since_ms;

void watch_ripen(struct watch *watch)
{
    if (list_is_empty(&watch->ripe))
        list_append(&tree__ripe, &watch->ripe);
}

/* ---- nodes ---- */

static struct list *tree__bucket(int number)
{
    return &tree__buckets[(uint32_t)number % TREE_BUCKETS];
}

/* The watch's own node of a number, or (watch NULL) anybody's. */
static struct watch_node *node__find(int number, const struct watch *watch)
{
    struct list *bucket = tree__bucket(number), *link;
    list_for_each (link, bucket) {
        struct watch_node *node = list_entry(link, struct watch_node, by_number);
        if (node->number == number && (!watch || node->watch == watch))
            return node;
    }
    return NULL;
}

static struct watch_node *node__child(const struct watch_node *parent, const char *name)
{
    const struct list *link;
    list_for_each (link, &parent->children) {
        struct watch_node *node = list_entry(link, struct watch_node, sibling);
        if (strcmp(node->name, name) == 0)
            return node;
    }
    return NULL;
}

/* Writes `base`, the names from the top down and `last` (NULL: none), with separators in between.
 * False: too long. */
static bool node__join(const struct watch_node *node, const char *base, const char *separator,
                       const char *last, char *out, size_t size)
{
    size_t used;
    int added;
    if (!node->parent)
        snprintf(out, size, "%s", base);
    else if (!node__join(node->parent, base, separator, node->name, out, size))
        return false;
    used = strlen(out);
    if (!last)
        return true;
    added = snprintf(out + used, size - used, "%s%s", used > 0 ? separator : "", last);
    return used + (size_t)added < size;
}

/* The path by which the system reaches a node, or what is in it. */
static bool node__path(const struct watch_node *node, const char *last, char *out, size_t size)
{
    char base[48];
    snprintf(base, sizeof base, "/proc/self/fd/%d/.", node->watch->disk->file.fd);
    return node__join(node, base, "/", last, out, size);
}

/* Where the events that have happened by now end, in bytes handled. */
static uint64_t tree__end_of_events(void)
{
    int unread = 0;
    ioctl(tree__fd, FIONREAD, &unread);
    return tree__handled_total + (tree__used - tree__taken) + (uint64_t)unread;
}

/* The watch ends. */
static void tree__forget_found(const struct watch *watch)
{
    struct list *link, *after;
    list_for_each_safe (link, after, &tree__found) {
        struct found *found = list_entry(link, struct found, link);
        if (found->watch == watch) {
            list_remove(link);
            free(found);
        }
    }
}

/* The oldest come first. */
static void tree__expire_found(void)
{
    struct list *link, *after;
    list_for_each_safe (link, after, &tree__found) {
        struct found *found = list_entry(link, struct found, link);
        if (found->until > tree__handled_total)
            return;
        list_remove(link);
        free(found);
    }
}

static void node__free(struct watch_node *node)
{
    struct list *link, *after;
    if (!node)
        return;
    list_for_each_safe (link, after, &node->children)
        node__free(list_entry(link, struct watch_node, sibling));
    list_remove(&node->by_number);
    list_remove(&node->sibling);
    if (node->number >= 0 && !node__find(node->number, NULL))
        inotify_rm_watch(tree__fd, node->number);
    free(node->name);
    free(node);
}

static NTSTATUS node__status_from_errno(int err)
{
    return err == ENOSPC || err == ENOMEM || err == EMFILE || err == ENFILE
               ? STATUS_INSUFFICIENT_RESOURCES
               : status_from_errno(err);
}

/* Watches a directory for a node. `parent` NULL: the top or the one above it, as `path` says. */
static NTSTATUS node__create(struct watch *watch, struct watch_node *parent, const char *name,
                             const char *path, uint32_t mask, struct watch_node **result)
{
    struct watch_node *node = calloc(1, sizeof *node);
    *result = NULL;
    if (node)
        node->name = strdup(name);
    if (!node || !node->name) {
        free(node);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    node->watch = watch;
    node->parent = parent;
    list_init(&node->children);
    list_init(&node->sibling);
    list_init(&node->by_number);
    node->number = inotify_add_watch(tree__fd, path, mask | TREE_ALWAYS);
    if (node->number < 0) {
        int err = errno;
        node__free(node);
        return node__status_from_errno(err);
    }
    list_append(tree__bucket(node->number), &node->by_number);
    if (parent)
        list_append(&parent->children, &node->sibling);
    *result = node;
    return STATUS_SUCCESS;
}

/* ---- growing ---- */

static void tree__note_found(const struct watch_node *node, const char *name)
{
    size_t size = strlen(name) + 1;
    struct found *found = malloc(sizeof *found + size);
    if (!found)
        return; /* at worst it is told twice */
    found->watch = node->watch;
    found->number = node->number;
    found->until = tree__end_of_events();
    memcpy(found->name, name, size);
    list_append(&tree__found, &found->link);
}

/* Has a listing told of the name already? It is asked once. */
static bool tree__take_found(const struct watch_node *node, const char *name)
{
    struct list *link;
    list_for_each (link, &tree__found) {
        struct found *found = list_entry(link, struct found, link);
        if (found->watch == node->watch && found->number == node->number &&
            strcmp(found->name, name) == 0) {
            list_remove(link);
            free(found);
            return true;
        }
    }
    return false;
}

static void node__record(const struct watch_node *node, uint32_t action, const char *name)
{
    char path[PATH_MAX];
    if (node__join(node, "", "\\", name, path, sizeof path))
        watch_record(node->watch, action, path);
    else
        watch_lose(node->watch);
}

static bool node__is_directory(const struct watch_node *node, const struct dirent *entry)
{
    char path[PATH_MAX];
    struct stat st;
    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return node__path(node, entry->d_name, path, sizeof path) && lstat(path, &st) == 0 &&
           S_ISDIR(st.st_mode);
}

/* Adds a node for a directory in the node's. What cannot be watched because it went away, or may
 * not be read, is left out; only a limit is an error. */
static NTSTATUS node__adopt(struct watch_node *node, const char *name)
{
    char path[PATH_MAX];
    struct watch_node *child = node__child(node, name);
    uint32_t mask = watch_mask(node->watch->filter, true) | IN_DONT_FOLLOW;
    NTSTATUS status;
    if (child)
        return STATUS_SUCCESS;
    if (!node__path(node, name, path, sizeof path))
        return STATUS_INSUFFICIENT_RESOURCES;
    status = node__create(node->watch, node, name, path, mask, &child);
    return status == STATUS_INSUFFICIENT_RESOURCES ? status : STATUS_SUCCESS;
}

/* Lists one directory: directories get nodes, and with `tell` all names are reported. */
static NTSTATUS node__list(struct watch_node *node, bool tell)
{
    char path[PATH_MAX];
    NTSTATUS status = STATUS_SUCCESS;
    struct dirent *entry;
    DIR *directory = node__path(node, NULL, path, sizeof path) ? opendir(path) : NULL;
    if (!directory)
        return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? STATUS_INSUFFICIENT_RESOURCES
                                                                     : STATUS_SUCCESS;
    while (status == STATUS_SUCCESS && (entry = readdir(directory)) != NULL) {
        bool is_directory;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        is_directory = node__is_directory(node, entry);
        if (tell) {
            tree__note_found(node, entry->d_name);
            if (watch_wants(node->watch, IN_CREATE | (is_directory ? IN_ISDIR : 0)))
                node__record(node, FILE_ACTION_ADDED, entry->d_name);
        }
        if (is_directory)
            status = node__adopt(node, entry->d_name);
    }
    closedir(directory);
    return status;
}

/* The same for everything below. */
static NTSTATUS node__scan(struct watch_node *node, bool tell)
{
    NTSTATUS status = node__list(node, tell);
    struct list *link;
    for (link = node->children.next; status == STATUS_SUCCESS && link != &node->children;
         link = link->next)
        status = node__scan(list_entry(link, struct watch_node, sibling), tell);
    return status;
}

/* A directory appeared in a watched one. What cannot be watched is lost, and says so. */
static void node__grow(struct watch_node *node, const char *name, bool tell)
{
    struct watch_node *child;
    NTSTATUS status;
    if (!node->watch->subtree)
        return;
    status = node__adopt(node, name);
    child = node__child(node, name);
    if (status == STATUS_SUCCESS && child)
        status = node__scan(child, tell);
    if (status != STATUS_SUCCESS)
        watch_lose(node->watch);
}

/* ---- the top ---- */

/* Its removal is seen from above only: an open directory lives on without a name. */
static void watch__look_from_above(struct watch *watch)
{
    char path[48];
    node__free(watch->above);
    snprintf(path, sizeof path, "/proc/self/fd/%d/..", watch->disk->file.fd);
    node__create(watch, NULL, "", path, IN_DELETE, &watch->above);
}

static NTSTATUS watch__plant(struct watch *watch)
{
    char path[48];
    NTSTATUS status;
    snprintf(path, sizeof path, "/proc/self/fd/%d/.", watch->disk->file.fd);
    status = node__create(watch, NULL, "", path, watch_mask(watch->filter, watch->subtree),
                          &watch->root);
    if (status == STATUS_SUCCESS && watch->subtree)
        status = node__scan(watch->root, false);
    if (status == STATUS_SUCCESS)
        watch__look_from_above(watch);
    return status;
}

static void watch__uproot(struct watch *watch)
{
    node__free(watch->root);
    node__free(watch->above);
    watch->root = watch->above = NULL;
}

static void watch__check_top(struct watch *watch)
{
    struct stat st;
    if (fstat(watch->disk->file.fd, &st) == 0 && st.st_nlink > 0)
        return;
    watch->is_deleted = true;
    watch_ripen(watch);
}

/* ---- events ---- */

static void node__created(struct watch_node *node, const struct inotify_event *event)
{
    if (tree__take_found(node, event->name))
        return;
    if (watch_wants(node->watch, event->mask))
        node__record(node, FILE_ACTION_ADDED, event->name);
    if (event->mask & IN_ISDIR)
        node__grow(node, event->name, event->mask & IN_CREATE);
}

static void node__removed(struct watch_node *node, const struct inotify_event *event)
{
    tree__take_found(node, event->name);
    if (watch_wants(node->watch, event->mask))
        node__record(node, FILE_ACTION_REMOVED, event->name);
    if (event->mask & IN_ISDIR)
        node__free(node__child(node, event->name));
}

/* One directory's entry got another name. */
static void node__renamed(struct watch_node *node, const struct inotify_event *from,
                          const struct inotify_event *to)
{
    struct watch_node *child = from->mask & IN_ISDIR ? node__child(node, from->name) : NULL;
    char *name = child ? strdup(to->name) : NULL;
    if (watch_wants(node->watch, from->mask)) {
        node__record(node, FILE_ACTION_RENAMED_OLD_NAME, from->name);
        node__record(node, FILE_ACTION_RENAMED_NEW_NAME, to->name);
    }
    if (!child)
        return;
    if (node__child(node, to->name) != child)
        node__free(node__child(node, to->name)); /* an empty directory that it replaced */
    if (name) {
        free(child->name);
        child->name = name;
    } else {
        node__free(child);
        watch_lose(node->watch);
    }
}

static void node__about_itself(struct watch_node *node, const struct inotify_event *event)
{
    struct watch *watch = node->watch;
    if (event->mask & IN_IGNORED) {
        bool is_top = node == watch->root;
        node->number = -1; /* it is gone already */
        if (is_top)
            watch->root = NULL;
        else if (node == watch->above)
            watch->above = NULL;
        node__free(node);
        if (is_top) {
            watch->is_deleted = true;
            watch_ripen(watch);
        }
    } else if ((event->mask & IN_MOVE_SELF) && node == watch->root) {
        watch__look_from_above(watch);
    }
}

static void node__notice(struct watch_node *node, const struct inotify_event *event,
                         const struct inotify_event *second)
{
    if (node == node->watch->above) {
        if (event->mask & IN_ISDIR)
            watch__check_top(node->watch);
    } else if (event->len == 0) {
        node__about_itself(node, event);
    } else if (second && second->wd == event->wd) {
        node__renamed(node, event, second);
    } else if (event->mask & (IN_CREATE | IN_MOVED_TO)) {
        node__created(node, event);
    } else if (event->mask & (IN_DELETE | IN_MOVED_FROM)) {
        node__removed(node, event);
    } else if (watch_wants(node->watch, event->mask)) {
        node__record(node, FILE_ACTION_MODIFIED, event->name);
    }
}

/* Tells every watch that has a node of the event's number. What one of them does changes the
 * bucket, so they are listed first. */
static void tree__tell(const struct inotify_event *event, const struct inotify_event *second)
{
    struct list hits, *link, *after;
    list_init(&hits);
    list_for_each (link, tree__bucket(event->wd)) {
        struct watch_node *node = list_entry(link, struct watch_node, by_number);
        if (node->number == event->wd && list_is_empty(&node->watch->hit))
            list_append(&hits, &node->watch->hit);
    }
    list_for_each_safe (link, after, &hits) {
        struct watch *watch = list_entry(link, struct watch, hit);
        struct watch_node *node = node__find(event->wd, watch);
        list_remove(link);
        /* The directory above may be in the watch of another handle's, or be its own top. */
        if (node)
            node__notice(node, event, second);
    }
}

/* inotify's queue was too short: nobody knows what happened, nor which directories there are. */
static void tree__start_over(void)
{
    struct list *link;
    list_for_each (link, &tree__watches) {
        struct watch *watch = list_entry(link, struct watch, all);
        watch_lose(watch);
        if (watch->is_deleted)
            continue;
        watch__check_top(watch);
        watch__uproot(watch);
        watch__plant(watch);
    }
}

static const struct inotify_event *tree__event_at(size_t at)
{
    return at < tree__used ? (const struct inotify_event *)(tree__events + at) : NULL;
}

static size_t tree__event_end(size_t at)
{
    return at + sizeof(struct inotify_event) + tree__event_at(at)->len;
}

/* The second half of a rename, if it was read already. */
static struct inotify_event *tree__second_half(const struct inotify_event *first)
{
    for (size_t at = tree__taken; at < tree__used; at = tree__event_end(at)) {
        const struct inotify_event *event = tree__event_at(at);
        if ((event->mask & IN_MOVED_TO) && event->cookie == first->cookie)
            return (struct inotify_event *)(tree__events + at);
    }
    return NULL;
}

static int64_t tree__now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* May the second half of a rename still come? */
static bool tree__half_may_come(const struct inotify_event *first)
{
    if (tree__half != first->cookie) {
        tree__half = first->cookie;
        tree__half_since_ms = tree__now_ms();
    }
    return tree__now_ms() - tree__half_since_ms < TREE_HALF_MS;
}

/* Reads as much as there is room for. False: there was nothing. */
static bool tree__read(void)
{
    ssize_t got;
    if (tree__taken > 0) {
        tree__used -= tree__taken;
        memmove(tree__events, tree__events + tree__taken, tree__used);
        tree__taken = 0;
    }
    if (sizeof tree__events - tree__used < sizeof(struct inotify_event) + NAME_MAX + 1)
        return false;
    got = read(tree__fd, tree__events + tree__used, sizeof tree__events - tree__used);
    if (got <= 0)
        return false;
    tree__used += (size_t)got;
    return true;
}

static void tree__dispatch(const struct inotify_event *event, struct inotify_event *second)
{
    if (event->mask & IN_Q_OVERFLOW) {
        tree__start_over();
    } else if (event->mask != 0) {
        tree__tell(event, second);
        if (second && second->wd == event->wd)
            second->mask = 0; /* done with */
    }
}

/* Handles the events that were read, in order. False: the first waits for its other half. */
static bool tree__handle(void)
{
    while (tree__taken < tree__used) {
        const struct inotify_event *event = tree__event_at(tree__taken);
        struct inotify_event *second = NULL;
        size_t end = tree__event_end(tree__taken);
        if (event->mask & IN_MOVED_FROM) {
            second = tree__second_half(event);
            if (!second && tree__used - end < TREE_HALF_BYTES && tree__half_may_come(event))
                return false;
        }
        tree__dispatch(event, second);
        tree__handled_total += end - tree__taken;
        tree__taken = end;
        tree__expire_found();
    }
    return true;
}

/* Reads and handles one bufferful. False: all up to `end` is done. Caller holds no lock. */
static bool tree__advance(uint64_t end)
{
    struct pollfd poll_fd = {.events = POLLIN};
    bool got, settled, more = false;
    lock_acquire(&watch_lock);
    if (tree__fd >= 0 && tree__handled_total < end) {
        got = tree__read();
        settled = tree__handle();
        more = got || !settled;
        if (!got && !settled)
            poll_fd.fd = tree__fd;
        else
            poll_fd.events = 0;
    }
    lock_release(&watch_lock);
    if (more && poll_fd.events)
        poll(&poll_fd, 1, 1);
    return more;
}

/* ---- telling the files ---- */

/* Caller holds no lock. */
static void tree__pump(struct file *file)
{
    struct list *head = &file->queue[FILE_CONTROL];
    file_lock(file);
    while (!list_is_empty(head)) {
        struct request *request = list_entry(head->next, struct request, link);
        if (!request->ops->attempt(request))
            break;
        file_finish_request(file, request);
    }
    file_unlock(file);
}

/* The file of a watch that has something new, with a reference. Caller holds no lock. */
static bool tree__next_ripe(struct file **file)
{
    bool any;
    *file = NULL;
    lock_acquire(&watch_lock);
    any = tree__fd >= 0 && !list_is_empty(&tree__ripe);
    if (any) {
        struct watch *watch = list_entry(tree__ripe.next, struct watch, ripe);
        list_remove(&watch->ripe);
        if (object_try_ref(&watch->disk->file.object))
            *file = &watch->disk->file;
    }
    lock_release(&watch_lock);
    return any;
}

/* Caller holds no lock. */
static void tree__pump_ripe(void)
{
    struct file *file;
    while (tree__next_ripe(&file)) {
        if (!file)
            continue;
        tree__pump(file);
        file_unref(file);
    }
}

/* What comes while it is at work it leaves to the thread, or a busy disk would never let it go. */
void watch_collect(void)
{
    uint64_t end = 0;
    lock_acquire(&watch_lock);
    if (tree__fd >= 0)
        end = tree__end_of_events();
    lock_release(&watch_lock);
    while (tree__advance(end))
        tree__pump_ripe();
    tree__pump_ripe();
}

static void *tree__run(void *arg)
{
    struct pollfd poll_fd = {.fd = (int)(intptr_t)arg, .events = POLLIN};
    for (;;) {
        poll(&poll_fd, 1, -1);
        watch_collect();
    }
    return NULL;
}

/* ---- starting and stopping ---- */

/* The child of a fork has no handles, and shares the parent's queue of events: it leaves that
 * alone. What the watches held stays with the files that nobody can reach. */
static void tree__after_fork(void)
{
    if (tree__fd >= 0)
        close(tree__fd);
    tree__fd = -1;
    tree__used = tree__taken = 0;
    lock_init(&watch_lock);
}

static void tree__init_lists(void)
{
    for (int i = 0; i < TREE_BUCKETS; i++)
        list_init(&tree__buckets[i]);
    list_init(&tree__watches);
    list_init(&tree__ripe);
    list_init(&tree__found);
}

static NTSTATUS tree__start(void)
{
    static bool prepared;
    int fd;
    if (tree__fd >= 0)
        return STATUS_SUCCESS;
    if (!prepared && pthread_atfork(NULL, NULL, tree__after_fork) != 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    prepared = true;
    fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0) /* fs.inotify.max_user_instances is reached, or there is no descriptor */
        return STATUS_TOO_MANY_OPENED_FILES;
    tree__init_lists();
    if (!service_start("portico-watch", tree__run, (void *)(intptr_t)fd)) {
        close(fd);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    tree__fd = fd;
    return STATUS_SUCCESS;
}

static void watch__free(struct watch *watch)
{
    watch__uproot(watch);
    tree__forget_found(watch);
    watch_drop_records(watch);
    list_remove(&watch->all);
    list_remove(&watch->ripe);
    free(watch);
}

static NTSTATUS watch__start(struct disk *disk, uint32_t filter, bool subtree, uint32_t capacity)
{
    struct watch *watch;
    NTSTATUS status = tree__start();
    if (status != STATUS_SUCCESS)
        return status;
    watch = calloc(1, sizeof *watch);
    if (!watch)
        return STATUS_NO_MEMORY;
    watch->disk = disk;
    watch->filter = filter;
    watch->subtree = subtree;
    watch->capacity = capacity;
    list_init(&watch->records);
    list_init(&watch->ripe);
    list_init(&watch->hit);
    list_append(&tree__watches, &watch->all);
    status = watch__plant(watch);
    if (status == STATUS_SUCCESS)
        watch__check_top(watch);
    if (status == STATUS_SUCCESS)
        disk->watch = watch;
    else
        watch__free(watch);
    return status;
}

NTSTATUS watch_start(struct disk *disk, uint32_t filter, bool subtree, uint32_t capacity)
{
    NTSTATUS status = STATUS_SUCCESS;
    if (disk->watch)
        return status;
    lock_acquire(&watch_lock);
    status = watch__start(disk, filter, subtree, capacity);
    lock_release(&watch_lock);
    return status;
}

void watch_stop(struct disk *disk)
{
    if (!disk->watch)
        return;
    lock_acquire(&watch_lock);
    if (tree__fd >= 0)
        watch__free(disk->watch);
    disk->watch = NULL;
    lock_release(&watch_lock);
}

/* The room where processes meet, and its door. */
#include "rendezvous.h"

#include "lock.h"
#include "path.h"
#include "relay.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    MAGIC = 0x31435450,
    BACKLOG = 1024,
    FULL_HOUSE_MS = 10,
    PATIENCE_S = 10,     /* for an answer of another process */
    LEAF_BYTES = 200,    /* of a name's directory */
    LEAF_PLAIN = 170,    /* as much of it stays readable if it is too long */
    VISITORS_MAX = 256,  /* who have not said what they want */
    ENTER_ATTEMPTS = 64, /* at a directory that others keep removing */
};

static struct lock rendezvous__lock; /* protects the setting up */
static int rendezvous__room = -1;    /* the directory */
static int rendezvous__listener = -1;
static struct relay_source rendezvous__door;
static char rendezvous__self[32]; /* our socket's name, that of no other process ever */
static bool rendezvous__told;     /* of having no room or no door */
static rendezvous_receiver *rendezvous__receivers[RENDEZVOUS_KINDS];
static const char *const rendezvous__kinds[RENDEZVOUS_KINDS] = {"pipe", "mailslot"};

/* ---- the directory ---- */

static bool room__is_private(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 077) == 0;
}

static int room__open(const char *path, bool create)
{
    int fd;
    if (create)
        mkdir(path, 0700);
    fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && room__is_private(fd))
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* In the user's own runtime directory, else in memory: making a directory on a disk took 3 ms,
 * there it took 7 us. */
static int room__find(void)
{
    static const char *const shared[] = {"/dev/shm", "/tmp"};
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    char path[64];
    int above = runtime && *runtime == '/' ? room__open(runtime, false) : -1, fd = -1;
    if (above >= 0) {
        snprintf(path, sizeof path, "/proc/self/fd/%d/portico", above);
        fd = room__open(path, true);
        close(above);
    }
    for (size_t i = 0; fd < 0 && i < sizeof shared / sizeof shared[0]; i++) {
        snprintf(path, sizeof path, "%s/portico-%u", shared[i], (unsigned)geteuid());
        fd = room__open(path, true);
    }
    for (int kind = 0; fd >= 0 && kind < RENDEZVOUS_KINDS; kind++)
        mkdirat(fd, rendezvous__kinds[kind], 0700);
    return fd;
}

/* A socket's address by way of its directory: no path is too long. */
static struct sockaddr_un socket__address(int directory, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%.31s", directory, name);
    return address;
}

static int socket__listen(int room)
{
    struct sockaddr_un address = socket__address(room, rendezvous__self);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    unlinkat(room, rendezvous__self, 0);
    close(fd);
    return -1;
}

/* Connects to a socket in the directory; one that nobody listens at is removed. */
static int socket__connect(int directory, const char *entry)
{
    struct sockaddr_un address = socket__address(directory, entry);
    struct timeval patience = {.tv_sec = PATIENCE_S};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    if (errno == ECONNREFUSED)
        unlinkat(directory, entry, 0);
    close(fd);
    return -1;
}

/* Removes what crashed processes have left in the room. */
static void room__sweep(int room)
{
    int fd = openat(room, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), connection;
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;
    if (!directory && fd >= 0)
        close(fd);
    while (directory && (entry = readdir(directory)) != NULL) {
        connection = entry->d_type == DT_SOCK ? socket__connect(room, entry->d_name) : -1;
        if (connection >= 0)
            close(connection);
    }
    if (directory)
        closedir(directory);
}

/* No two processes do this at once: one may not take the other's socket for a dead one before it
 * listens. */
static int room__move_in(int room)
{
    int lock = openat(room, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;
    while (lock >= 0 && flock(lock, LOCK_EX) < 0 && errno == EINTR)
        continue;
    room__sweep(room);
    fd = socket__listen(room);
    if (lock >= 0)
        close(lock);
    return fd;
}

/* A directory and a socket's name below it, from the room. */
struct place {
    char directory[LEAF_BYTES + 16];
    char entry[LEAF_BYTES + 64];
};

static uint64_t name__hash(const struct rendezvous_name *name)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (uint32_t i = 0; i < name->length; i++)
        hash = (hash ^ name->text[i]) * 1099511628211u;
    return hash;
}

static bool name__is_plain(uint16_t unit)
{
    return (unit >= 'A' && unit <= 'Z') || (unit >= '0' && unit <= '9') || unit == '-' ||
           unit == '_';
}

/* What does not fit is told apart by a hash; the hello has the whole name. */
static struct place place__of(const struct rendezvous_name *name)
{
    struct place place;
    char leaf[LEAF_BYTES];
    size_t length = 0;
    for (uint32_t i = 0; i < name->length && length < LEAF_PLAIN; i++)
        length += (size_t)sprintf(leaf + length, name__is_plain(name->text[i]) ? "%c" : "%%%04X",
                                  name->text[i]);
    if (length >= LEAF_PLAIN)
        sprintf(leaf + length, "~%016llX", (unsigned long long)name__hash(name));
    snprintf(place.directory, sizeof place.directory, "%s/%s", rendezvous__kinds[name->kind], leaf);
    snprintf(place.entry, sizeof place.entry, "%s/%s", place.directory, rendezvous__self);
    return place;
}

bool rendezvous_fold(enum rendezvous_kind kind, const char *text, size_t max,
                     struct rendezvous_name *folded)
{
    size_t length = path_fold_name(text, (wchar_t *)folded->text, max);
    folded->kind = kind;
    folded->length = (uint32_t)length;
    return length > 0 && length <= max;
}

bool rendezvous_is_same(const struct rendezvous_name *one, const struct rendezvous_name *other)
{
    return one->length == other->length &&
           memcmp(one->text, other->text, one->length * sizeof *one->text) == 0;
}

/* ---- the door ---- */

/* Somebody who has not said all of his hello. The relay's alone, as are all others. */
struct visitor {
    struct relay_source source;
    struct list link; /* the one who came first is first */
    time_t since;
    uint32_t pid;
    size_t size;
    struct rendezvous_hello hello;
};

static struct list visitors__all = {&visitors__all, &visitors__all};
static uint32_t visitors__count;
static struct relay_source visitors__clock = {.fd = -1};

static void visitor__dismiss(struct visitor *visitor)
{
    list_remove(&visitor->link);
    visitors__count--;
    relay_remove(&visitor->source);
    free(visitor);
}

static time_t visitors__now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* Whoever has been silent for too long goes. */
static void visitors__tick(struct relay_source *source, uint32_t events)
{
    struct itimerspec next = {.it_value.tv_sec = PATIENCE_S};
    time_t now = visitors__now();
    struct list *node, *after;
    uint64_t ticks;
    (void)events;
    if (read(source->fd, &ticks, sizeof ticks) < 0)
        return;
    list_for_each_safe (node, after, &visitors__all) {
        struct visitor *visitor = list_entry(node, struct visitor, link);
        if (now - visitor->since >= PATIENCE_S)
            visitor__dismiss(visitor);
    }
    if (visitors__count)
        timerfd_settime(source->fd, 0, &next, NULL);
}

/* If there are too many, the one who came first goes. */
static void visitors__add(struct visitor *visitor)
{
    struct itimerspec next = {.it_value.tv_sec = PATIENCE_S};
    visitor->since = visitors__now();
    list_append(&visitors__all, &visitor->link);
    if (++visitors__count == 1)
        timerfd_settime(visitors__clock.fd, 0, &next, NULL);
    if (visitors__count > VISITORS_MAX)
        visitor__dismiss(list_entry(visitors__all.next, struct visitor, link));
}

static bool visitors__start_clock(void)
{
    if (visitors__clock.fd >= 0)
        return true;
    visitors__clock = (struct relay_source){
        .fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), .ready = visitors__tick};
    if (visitors__clock.fd >= 0 && relay_add(&visitors__clock, EPOLLIN))
        return true;
    if (visitors__clock.fd >= 0)
        close(visitors__clock.fd);
    visitors__clock.fd = -1;
    return false;
}

static bool peer__is_us(int fd, uint32_t *pid)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid != geteuid())
        return false;
    *pid = (uint32_t)peer.pid;
    return true;
}

static bool hello__is_sound(const struct rendezvous_hello *hello)
{
    return hello->magic == MAGIC && hello->name.kind < RENDEZVOUS_KINDS && hello->name.length > 0 &&
           hello->name.length <= RENDEZVOUS_NAME_UNITS && rendezvous__receivers[hello->name.kind];
}

static void visitor__ready(struct relay_source *source, uint32_t events)
{
    struct visitor *visitor = list_entry(source, struct visitor, source);
    ssize_t count = recv(source->fd, (char *)&visitor->hello + visitor->size,
                         sizeof visitor->hello - visitor->size, MSG_DONTWAIT);
    int fd;
    (void)events;
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    visitor->size += count > 0 ? (size_t)count : 0;
    if (count > 0 && visitor->size < sizeof visitor->hello)
        return;
    fd = count > 0 && hello__is_sound(&visitor->hello) ? fcntl(source->fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (fd >= 0)
        rendezvous__receivers[visitor->hello.name.kind](fd, visitor->pid, &visitor->hello);
    visitor__dismiss(visitor);
}

static void door__ready(struct relay_source *source, uint32_t events)
{
    int fd = accept4(source->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct visitor *visitor;
    (void)events;
    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
            poll(NULL, 0, FULL_HOUSE_MS); /* he stays at the door: no use in spinning */
        return;
    }
    visitor = calloc(1, sizeof *visitor);
    if (visitor) {
        visitor->source.fd = fd;
        visitor->source.ready = visitor__ready;
        if (peer__is_us(fd, &visitor->pid) && relay_add(&visitor->source, EPOLLIN)) {
            visitors__add(visitor);
            return;
        }
    }
    free(visitor);
    close(fd);
}

void rendezvous_serve(enum rendezvous_kind kind, rendezvous_receiver *receiver)
{
    rendezvous__receivers[kind] = receiver;
}

/* Caller holds rendezvous__lock. */
static bool rendezvous__open_door(void)
{
    uint32_t token = 0;
    if (rendezvous__listener >= 0)
        return true;
    if (getrandom(&token, sizeof token, GRND_NONBLOCK) < 0)
        token = (uint32_t)(uintptr_t)&token;
    snprintf(rendezvous__self, sizeof rendezvous__self, "%u-%08x", (unsigned)getpid(), token);
    rendezvous__listener = room__move_in(rendezvous__room);
    rendezvous__door = (struct relay_source){.fd = rendezvous__listener, .ready = door__ready};
    if (rendezvous__listener >= 0 && visitors__start_clock() &&
        relay_add(&rendezvous__door, EPOLLIN))
        return true;
    if (rendezvous__listener >= 0)
        close(rendezvous__listener);
    rendezvous__listener = -1;
    return false;
}

/* Caller holds rendezvous__lock. */
static void rendezvous__tell_of_failure(void)
{
    if (!rendezvous__told)
        fprintf(stderr,
                "portico: no directory of this user's alone in XDG_RUNTIME_DIR, /dev/shm or /tmp "
                "can be used (%s): named pipes and mailslots reach no other process\n",
                strerror(errno));
    rendezvous__told = true;
}

/* Is there a room, and may others knock? */
static bool rendezvous__is_open(bool door)
{
    bool open;
    lock_acquire(&rendezvous__lock);
    if (rendezvous__room < 0)
        rendezvous__room = room__find();
    open = rendezvous__room >= 0 && (!door || rendezvous__open_door());
    if (!open)
        rendezvous__tell_of_failure();
    lock_release(&rendezvous__lock);
    return open;
}

/* ---- names ---- */

/* Opens a name's directory and locks it. -1 with ENOENT: it was removed meanwhile. */
static int place__enter(const struct place *place)
{
    struct stat st;
    int fd;
    if (mkdirat(rendezvous__room, place->directory, 0700) < 0 && errno != EEXIST)
        return -1;
    fd = openat(rendezvous__room, place->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    while (flock(fd, LOCK_EX) < 0 && errno == EINTR)
        continue;
    if (fstat(fd, &st) == 0 && st.st_nlink > 0)
        return fd;
    close(fd);
    errno = ENOENT;
    return -1;
}

int rendezvous_enter(const struct rendezvous_name *name)
{
    struct place place;
    int fd = -1;
    if (!rendezvous__is_open(true))
        return -1;
    place = place__of(name);
    for (int i = 0; i < ENTER_ATTEMPTS && fd < 0; i++) {
        fd = place__enter(&place);
        if (fd < 0 && errno != ENOENT)
            break;
    }
    return fd;
}

void rendezvous_leave(int entered)
{
    if (entered >= 0)
        close(entered);
}

bool rendezvous_publish(const struct rendezvous_name *name)
{
    struct place place = place__of(name);
    for (int i = 0; i < ENTER_ATTEMPTS; i++) {
        if (linkat(rendezvous__room, rendezvous__self, rendezvous__room, place.entry, 0) == 0 ||
            errno == EEXIST)
            return true;
        if (errno != ENOENT || mkdirat(rendezvous__room, place.directory, 0700) < 0)
            return false;
    }
    return false;
}

/* Removes a name's directory if it is empty, unless somebody is about to use it. */
static void place__remove_directory(const struct place *place)
{
    int fd = openat(rendezvous__room, place->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        unlinkat(rendezvous__room, place->directory, AT_REMOVEDIR);
    close(fd);
}

void rendezvous_withdraw(const struct rendezvous_name *name)
{
    struct place place;
    if (rendezvous__room < 0)
        return;
    place = place__of(name);
    unlinkat(rendezvous__room, place.entry, 0);
    place__remove_directory(&place);
}

/* ---- visiting ---- */

static bool visit__one(int directory, const char *entry, const struct rendezvous_hello *hello,
                       bool (*visit)(int fd, uint32_t pid, void *arg), void *arg)
{
    uint32_t pid = 0;
    int fd = socket__connect(directory, entry);
    if (fd < 0)
        return true;
    if (peer__is_us(fd, &pid) && send(fd, hello, sizeof *hello, MSG_NOSIGNAL) == sizeof *hello)
        return visit(fd, pid, arg);
    close(fd);
    return true;
}

void rendezvous_visit(const struct rendezvous_hello *hello,
                      bool (*visit)(int fd, uint32_t pid, void *arg), void *arg)
{
    struct rendezvous_hello said = *hello;
    struct place place;
    struct dirent *entry;
    DIR *directory;
    int fd;
    if (!rendezvous__is_open(false))
        return;
    said.magic = MAGIC;
    place = place__of(&hello->name);
    fd = openat(rendezvous__room, place.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    directory = fd >= 0 ? fdopendir(fd) : NULL;
    if (!directory) {
        if (fd >= 0)
            close(fd);
        return;
    }
    while ((entry = readdir(directory)) != NULL)
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, rendezvous__self) != 0 &&
            !visit__one(fd, entry->d_name, &said, visit, arg))
            break;
    closedir(directory);
    place__remove_directory(&place); /* only dead ones may have been there */
}

/* ---- leaving ---- */

/* The child has no socket to be found at; the relay has closed the parent's. */
static void rendezvous__after_fork(void)
{
    lock_init(&rendezvous__lock);
    rendezvous__listener = -1;
    rendezvous__self[0] = '\0';
    list_init(&visitors__all);
    visitors__count = 0;
}

__attribute__((constructor)) static void rendezvous__set_up(void)
{
    pthread_atfork(NULL, NULL, rendezvous__after_fork);
}

/* Nobody can link to the socket any more; those links that are left are found dead. */
__attribute__((destructor)) static void rendezvous__tear_down(void)
{
    if (rendezvous__listener >= 0)
        unlinkat(rendezvous__room, rendezvous__self, 0);
}

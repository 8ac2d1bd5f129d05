/* Where the processes of one user find each other's named pipes and mailslots without a server.
 *
 * A directory that only this user can enter holds one directory a name, and in it one socket for
 * each process that has the name. All these are links to the one socket the process listens at: a
 * name costs no descriptor, and who connects says which name he means. A socket nobody listens at
 * was left by a process that crashed; whoever meets it removes it.
 *
 * Where there is no such directory the names are this process' own, and standard error is told so
 * once. */
#ifndef PORTICO_RENDEZVOUS_H
#define PORTICO_RENDEZVOUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RENDEZVOUS_NAME_UNITS = 256 };

enum rendezvous_kind { RENDEZVOUS_PIPE, RENDEZVOUS_MAILSLOT, RENDEZVOUS_KINDS };

/* A name as it is compared. */
struct rendezvous_name {
    uint32_t kind; /* enum rendezvous_kind */
    uint32_t length;
    uint16_t text[RENDEZVOUS_NAME_UNITS];
};

/* The name that a text stands for. False: it is empty, or longer than `max` units. */
bool rendezvous_fold(enum rendezvous_kind kind, const char *text, size_t max,
                     struct rendezvous_name *folded);
bool rendezvous_is_same(const struct rendezvous_name *one, const struct rendezvous_name *other);

/* What a visitor says first. `words` are the kind's own. */
struct rendezvous_hello {
    uint32_t magic;
    uint32_t words[3];
    struct rendezvous_name name;
};

/* Who answers the visitors of a kind, in the relay's thread. Takes over the descriptor, which does
 * not block. The hello's name has a possible length; nothing else was checked. */
typedef void rendezvous_receiver(int fd, uint32_t pid, const struct rendezvous_hello *hello);
void rendezvous_serve(enum rendezvous_kind kind, rendezvous_receiver *receiver);

/* Keeps the other processes from entering a name. The result goes to rendezvous_leave; -1: there is
 * nowhere to meet. */
int rendezvous_enter(const struct rendezvous_name *name);
void rendezvous_leave(int entered);

/* Lets the other processes find the name here, or no longer. Neither waits for anybody. */
bool rendezvous_publish(const struct rendezvous_name *name);
void rendezvous_withdraw(const struct rendezvous_name *name);

/* Calls `visit` with a connection to each other process that has the name, and who that is, until
 * it returns false. The hello has been said; `visit` takes over the descriptor, which blocks, but
 * not for ever. */
void rendezvous_visit(const struct rendezvous_hello *hello,
                      bool (*visit)(int fd, uint32_t pid, void *arg), void *arg);

#endif

/* Starting a program, as the host does it. */
#ifndef PORTICO_SPAWN_H
#define PORTICO_SPAWN_H

#include "heritage.h"

#include <minwindef.h>
#include <ntstatus.h>
#include <sys/types.h>

enum { SPAWN_STANDARD = 3 };

struct spawn {
    const char *path;
    char **arguments, **environment;
    const char *directory;        /* NULL: the current one */
    int standard[SPAWN_STANDARD]; /* what becomes descriptor 0, 1 and 2 */
    const int *kept;              /* others that the child has, under their numbers */
    uint32_t kept_count;
    bool new_session, new_group, suspended;
    int nice_value;
    bool has_nice_value;
    struct heritage *heritage;

    /* What came of it. */
    pid_t pid;
    int pidfd;
    int gate; /* of one made suspended: a byte lets it begin; -1 */
};

/* Either the program runs (or will, when it is let), or there is an error and no child. One that is
 * suspended fails later, with an exit code of STATUS_INVALID_IMAGE_FORMAT. */
NTSTATUS spawn(struct spawn *spawn);

/* Ends and reaps what nobody will watch; the descriptor stays the caller's. */
void spawn_undo(int pidfd);

#endif

/* Helper verbs for tests with several processes. */
#ifndef PORTICO_TEST_PROCESSES_H
#define PORTICO_TEST_PROCESSES_H

#include "portico_test.h"

#include <sys/types.h>

/* Set in a child: what it leaks as it exits is no failure. */
extern int test_is_child;

/* Runs `role` in another process; what it returns is the exit status. */
pid_t other_process(int (*role)(const char *name), const char *name);

/* Waits for its end: exit status 0, or a kill. */
void assert_exits_well(pid_t child);
void kill_process(pid_t child);

/* Connects to the parent's meeting place as any program could. */
SOCKET connect_to_parent(void);

/* What a visitor of Portico's says first. */
struct test_hello {
    unsigned magic, words[3], kind, length;
    unsigned short text[256];
};
enum { TEST_HELLO_PIPE, TEST_HELLO_MAILSLOT };
struct test_hello test_hello_of(unsigned kind, unsigned question, const char *name);

#endif

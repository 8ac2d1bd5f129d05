/* Making allocations and system calls fail: the switch of the fault-injection build. The linker
 * puts a wrapper before each function that is listed in faults.c (--wrap); it counts the calls and
 * lets the chosen one fail. */
#ifndef PORTICO_FAULTS_H
#define PORTICO_FAULTS_H

#include <stdbool.h>

enum fault_mode {
    FAULT_ONCE,   /* only that call */
    FAULT_MEMORY, /* that call and every allocation after it */
};

/* The `number`th call from now on fails (0: none does). */
void fault_arm(unsigned number, enum fault_mode mode);
void fault_disarm(void);

/* The function whose call failed; NULL: none has yet. */
const char *fault_hit(void);

/* Blocks of memory that are allocated now. */
long fault_live_blocks(void);

#endif

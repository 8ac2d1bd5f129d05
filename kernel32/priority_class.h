/* Priority classes as the host's nice values. */
#ifndef PORTICO_PRIORITY_CLASS_H
#define PORTICO_PRIORITY_CLASS_H

#include <minwindef.h>
#include <stdbool.h>

/* False: there is no such class. */
bool priority_class_nice(DWORD class, int *nice_value);

#endif

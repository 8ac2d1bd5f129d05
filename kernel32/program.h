/* From what CreateProcess is given to what the host executes: which file, which arguments. */
#ifndef PORTICO_PROGRAM_H
#define PORTICO_PROGRAM_H

#include <minwindef.h>
#include <ntstatus.h>

/* The program's file as an absolute Linux path, in a new string. `application` may be NULL: then
 * the command line begins with it. A name is tried as it is, then without `.exe` or with it. */
NTSTATUS program_find(const char *application, const char *line, char **path);

/* The arguments of a command line by the rules of Microsoft's C runtime: a new array that ends with
 * NULL, one block with its strings. NULL: no memory. */
char **program_arguments(const char *line);

#endif

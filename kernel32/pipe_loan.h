/* A loan: an end of a named pipe as the standard handle of a program that has only descriptors. The
 * program gets one end of a socket pair; what can be read at the lent end goes out there, and what
 * comes in is written to the other end. So messages lose their bounds.
 *
 * Life. The loan belongs to the relay once it has begun. It keeps the end open as the child's
 * handle would, until the child has closed its descriptors. */
#ifndef PORTICO_PIPE_LOAN_H
#define PORTICO_PIPE_LOAN_H

#include "pipe_link.h"

struct pipe_loan;

/* Prepares one; *fd is for the child. STATUS_NOT_SUPPORTED: not an end of a pipe both of whose ends
 * are in this process. */
NTSTATUS pipe_loan_create(struct file *file, struct pipe_loan **loan, int *fd);

bool pipe_loan_is_of(const struct pipe_loan *loan, const struct file *file);

/* The child is there; or it never will be. Either way the loan is no longer the caller's. */
void pipe_loan_begin(struct pipe_loan *loan);
void pipe_loan_drop(struct pipe_loan *loan);

#endif

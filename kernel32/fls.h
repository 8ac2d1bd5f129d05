/* Fiber-local storage: what the end of a thread must run. */
#ifndef PORTICO_FLS_H
#define PORTICO_FLS_H

/* Runs the callbacks of the calling thread's values, in index order; the values are gone then.
 * Before the thread object becomes signaled. */
void fls_thread_ends(void);

#endif

/* Settings of a serial line as text. */
#ifndef PORTICO_COMM_TEXT_H
#define PORTICO_COMM_TEXT_H

#include <ntstatus.h>
#include <winbase.h>

/* Fills in what the text names, as BuildCommDCBAndTimeouts does. STATUS_INVALID_PARAMETER: nothing
 * has changed. `timeouts` may be NULL. */
NTSTATUS comm_text_parse(const char *text, DCB *dcb, COMMTIMEOUTS *timeouts);

#endif

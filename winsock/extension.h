/* The extension functions that WSAIoctl hands out. */
#ifndef PORTICO_EXTENSION_H
#define PORTICO_EXTENSION_H

#include <winnt.h>

/* The function of a WSAID_* GUID, NULL if there is none. */
void *extension_find(const GUID *id);

#endif

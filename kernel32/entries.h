/* Directory entries: what deleting, moving and copying share. */
#ifndef PORTICO_ENTRIES_H
#define PORTICO_ENTRIES_H

#include "path.h"
#include "share.h"

/* Takes part in sharing as an open that is about to delete or rename, unless the entry is a
 * symbolic link. To be ended with share_leave. */
NTSTATUS entry_claim(struct share *share, const struct stat *st);

#endif

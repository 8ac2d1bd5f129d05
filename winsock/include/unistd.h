/* The host's <unistd.h> without gethostname, whose Winsock form has other types. */
#ifndef PORTICO_UNISTD_H
#define PORTICO_UNISTD_H

#define gethostname portico_host_gethostname
#include_next <unistd.h>
#undef gethostname

#endif

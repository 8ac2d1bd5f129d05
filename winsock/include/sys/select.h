/* The host's <sys/select.h> with the names that Winsock has for itself out of the way: nearly every
 * host header includes this one, and Winsock's fd_set and select differ. (Its timeval differs too:
 * winsock2.h gives its own another name.) */
#ifndef PORTICO_SYS_SELECT_H
#define PORTICO_SYS_SELECT_H

#pragma push_macro("FD_SETSIZE")
#undef FD_SETSIZE
#define fd_set portico_host_fd_set
#define select portico_host_select
#include_next <sys/select.h>
#undef select
#undef fd_set
#undef FD_SETSIZE
#undef FD_SET
#undef FD_CLR
#undef FD_ISSET
#undef FD_ZERO
#pragma pop_macro("FD_SETSIZE")

#endif

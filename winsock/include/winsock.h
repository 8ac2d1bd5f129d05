/* Windows Sockets 1.1: the same library, by its old header. */
#ifndef _WINSOCKAPI_
#include <winsock2.h>
#endif

/* The older name of minwindef.h. */
#ifndef _WINDEF_
#define _WINDEF_

#include <minwindef.h>

#endif

/* GUIDs: winnt.h has them. Source: Microsoft, "guiddef.h". */
#ifndef _GUIDDEF_H_
#define _GUIDDEF_H_

#include <winnt.h>

#endif

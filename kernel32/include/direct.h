/* Folders under Microsoft's names. Source: Microsoft, "Directory Control". */
#ifndef _INC_DIRECT
#define _INC_DIRECT

#include <sys/stat.h>
#include <unistd.h>

#define _chdir chdir
#define _getcwd getcwd
#define _mkdir(path) mkdir((path), 0777)
#define _rmdir rmdir

#endif

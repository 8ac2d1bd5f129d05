/* File descriptors under Microsoft's names: they are the host's. Source: Microsoft, "Low-Level
 * I/O".
 */
#ifndef _INC_IO
#define _INC_IO

#include <fcntl.h>
#include <unistd.h>

#define _access access
#define _chsize ftruncate
#define _close close
#define _commit fsync
#define _dup dup
#define _dup2 dup2
#define _isatty isatty
#define _lseek lseek
#define _lseeki64 lseek64
#define _open open
#define _read read
#define _telli64(fd) lseek64((fd), 0, SEEK_CUR)
#define _umask umask
#define _unlink unlink
#define _write write
#define _O_RDONLY O_RDONLY
#define _O_WRONLY O_WRONLY
#define _O_RDWR O_RDWR
#define _O_APPEND O_APPEND
#define _O_CREAT O_CREAT
#define _O_TRUNC O_TRUNC
#define _O_EXCL O_EXCL
#define _O_TEXT 0x4000
#define _O_BINARY 0x8000
#ifndef O_TEXT
#define O_TEXT _O_TEXT
#define O_BINARY 0
#endif

/* There is only one mode: nothing is translated. */
#define _setmode(fd, mode) ((void)(fd), (void)(mode), _O_BINARY)

#endif

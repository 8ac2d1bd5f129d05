/* The host's malloc.h and Microsoft's names. Source: Microsoft, "Memory Allocation". */
#include_next <malloc.h>
#ifndef PORTICO_MALLOC_H
#define PORTICO_MALLOC_H

#include <alloca.h>
#include <stdlib.h>

#define _alloca alloca
#define _malloca malloc
#define _freea free
#define _msize malloc_usable_size
#define _aligned_malloc(size, alignment) \
    aligned_alloc((alignment), ((size) + (alignment)-1) / (alignment) * (alignment))
#define _aligned_free free

#endif

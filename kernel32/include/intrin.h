/* Compiler intrinsics under Microsoft's names; the _Interlocked family comes with winnt.h. Source:
 * Microsoft, "Compiler intrinsics". */
#ifndef __INTRIN_H_
#define __INTRIN_H_

#include <winnt.h>
#include <x86intrin.h>

/* The position of the lowest or highest set bit; 0 if there is none. Macros, because the index is a
 * `DWORD *` here and an `unsigned long *` there. */
#define PORTICO_BIT_SCAN(index, mask, type, position) \
    __extension__({                                   \
        type portico_mask_ = (type)(mask);            \
        if (portico_mask_)                            \
            *(index) = (position);                    \
        (unsigned char)(portico_mask_ != 0);          \
    })
#define _BitScanForward(index, mask) \
    PORTICO_BIT_SCAN(index, mask, unsigned, (unsigned)__builtin_ctz(portico_mask_))
#define _BitScanReverse(index, mask) \
    PORTICO_BIT_SCAN(index, mask, unsigned, 31u - (unsigned)__builtin_clz(portico_mask_))
#define _BitScanForward64(index, mask) \
    PORTICO_BIT_SCAN(index, mask, unsigned long long, (unsigned)__builtin_ctzll(portico_mask_))
#define _BitScanReverse64(index, mask)                \
    PORTICO_BIT_SCAN(index, mask, unsigned long long, \
                     63u - (unsigned)__builtin_clzll(portico_mask_))

#define _ReadWriteBarrier() __asm__ __volatile__("" ::: "memory")
#define _ReadBarrier() _ReadWriteBarrier()
#define _WriteBarrier() _ReadWriteBarrier()
#define __faststorefence() __sync_synchronize()
#define __nop() __asm__ __volatile__("nop")

#endif

/* The Interlocked* functions, bit scans and list heads of winnt.h, inline. Every form is a full
 * barrier: the Acquire, Release and NoFence forms ask for less and get that too. The 32-bit forms
 * also take a `long *`, 64 bits wide here, and then change the whole of it.
 * ("Interlocked Variable Access", "Compiler intrinsics") */
#ifndef PORTICO_WINNT_INTERLOCKED_H
#define PORTICO_WINNT_INTERLOCKED_H

#include <winnt.h>

/* One set of operations for one width; `type` is what the program sees. */
#define PORTICO_INTERLOCKED(bits, type)                                                         \
    FORCEINLINE type InterlockedIncrement##bits(type volatile *p)                               \
    {                                                                                           \
        return __atomic_add_fetch(p, 1, __ATOMIC_SEQ_CST);                                      \
    }                                                                                           \
    FORCEINLINE type InterlockedDecrement##bits(type volatile *p)                               \
    {                                                                                           \
        return __atomic_sub_fetch(p, 1, __ATOMIC_SEQ_CST);                                      \
    }                                                                                           \
    FORCEINLINE type InterlockedAdd##bits(type volatile *p, type v)                             \
    {                                                                                           \
        return __atomic_add_fetch(p, v, __ATOMIC_SEQ_CST);                                      \
    }                                                                                           \
    FORCEINLINE type InterlockedExchangeAdd##bits(type volatile *p, type v)                     \
    {                                                                                           \
        return __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST);                                      \
    }                                                                                           \
    FORCEINLINE type InterlockedExchange##bits(type volatile *p, type v)                        \
    {                                                                                           \
        return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);                                     \
    }                                                                                           \
    FORCEINLINE type InterlockedAnd##bits(type volatile *p, type v)                             \
    {                                                                                           \
        return __atomic_fetch_and(p, v, __ATOMIC_SEQ_CST);                                      \
    }                                                                                           \
    FORCEINLINE type InterlockedOr##bits(type volatile *p, type v)                              \
    {                                                                                           \
        return __atomic_fetch_or(p, v, __ATOMIC_SEQ_CST);                                       \
    }                                                                                           \
    FORCEINLINE type InterlockedXor##bits(type volatile *p, type v)                             \
    {                                                                                           \
        return __atomic_fetch_xor(p, v, __ATOMIC_SEQ_CST);                                      \
    }                                                                                           \
    FORCEINLINE type InterlockedCompareExchange##bits(type volatile *p, type v, type comparand) \
    {                                                                                           \
        __atomic_compare_exchange_n(p, &comparand, v, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);   \
        return comparand;                                                                       \
    }

PORTICO_INTERLOCKED(, LONG)
PORTICO_INTERLOCKED(8, char)
PORTICO_INTERLOCKED(16, SHORT)
PORTICO_INTERLOCKED(64, LONGLONG)

FORCEINLINE PVOID InterlockedExchangePointer(PVOID volatile *p, PVOID v)
{
    return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);
}

FORCEINLINE PVOID InterlockedCompareExchangePointer(PVOID volatile *p, PVOID v, PVOID comparand)
{
    __atomic_compare_exchange_n(p, &comparand, v, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return comparand;
}

/* 1 if the bit was set before. Bit numbers beyond the word reach the words that follow it. */
FORCEINLINE BOOLEAN InterlockedBitTestAndSet(LONG volatile *base, LONG bit)
{
    LONG mask = (LONG)(1u << (bit & 31));
    return (InterlockedOr(base + (bit >> 5), mask) & mask) != 0;
}

FORCEINLINE BOOLEAN InterlockedBitTestAndReset(LONG volatile *base, LONG bit)
{
    LONG mask = (LONG)(1u << (bit & 31));
    return (InterlockedAnd(base + (bit >> 5), ~mask) & mask) != 0;
}

FORCEINLINE BOOLEAN InterlockedBitTestAndComplement(LONG volatile *base, LONG bit)
{
    LONG mask = (LONG)(1u << (bit & 31));
    return (InterlockedXor(base + (bit >> 5), mask) & mask) != 0;
}

FORCEINLINE BOOLEAN InterlockedBitTestAndSet64(LONGLONG volatile *base, LONGLONG bit)
{
    LONGLONG mask = (LONGLONG)(1ull << (bit & 63));
    return (InterlockedOr64(base + (bit >> 6), mask) & mask) != 0;
}

FORCEINLINE BOOLEAN InterlockedBitTestAndReset64(LONGLONG volatile *base, LONGLONG bit)
{
    LONGLONG mask = (LONGLONG)(1ull << (bit & 63));
    return (InterlockedAnd64(base + (bit >> 6), ~mask) & mask) != 0;
}

#ifdef __cplusplus
/* What C++ programs pass besides LONG and LONGLONG. */
#define PORTICO_INTERLOCKED_OVERLOADS(bits, type, as)                                              \
    static inline type InterlockedIncrement##bits(type volatile *p)                                \
    {                                                                                              \
        return (type)__atomic_add_fetch(p, 1, __ATOMIC_SEQ_CST);                                   \
    }                                                                                              \
    static inline type InterlockedDecrement##bits(type volatile *p)                                \
    {                                                                                              \
        return (type)__atomic_sub_fetch(p, 1, __ATOMIC_SEQ_CST);                                   \
    }                                                                                              \
    static inline type InterlockedAdd##bits(type volatile *p, as v)                                \
    {                                                                                              \
        return (type)__atomic_add_fetch(p, (type)v, __ATOMIC_SEQ_CST);                             \
    }                                                                                              \
    static inline type InterlockedExchangeAdd##bits(type volatile *p, as v)                        \
    {                                                                                              \
        return (type)__atomic_fetch_add(p, (type)v, __ATOMIC_SEQ_CST);                             \
    }                                                                                              \
    static inline type InterlockedExchange##bits(type volatile *p, as v)                           \
    {                                                                                              \
        return (type)__atomic_exchange_n(p, (type)v, __ATOMIC_SEQ_CST);                            \
    }                                                                                              \
    static inline type InterlockedAnd##bits(type volatile *p, as v)                                \
    {                                                                                              \
        return (type)__atomic_fetch_and(p, (type)v, __ATOMIC_SEQ_CST);                             \
    }                                                                                              \
    static inline type InterlockedOr##bits(type volatile *p, as v)                                 \
    {                                                                                              \
        return (type)__atomic_fetch_or(p, (type)v, __ATOMIC_SEQ_CST);                              \
    }                                                                                              \
    static inline type InterlockedXor##bits(type volatile *p, as v)                                \
    {                                                                                              \
        return (type)__atomic_fetch_xor(p, (type)v, __ATOMIC_SEQ_CST);                             \
    }                                                                                              \
    static inline type InterlockedCompareExchange##bits(type volatile *p, as v, as comparand)      \
    {                                                                                              \
        type expected = (type)comparand;                                                           \
        __atomic_compare_exchange_n(p, &expected, (type)v, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
        return expected;                                                                           \
    }
extern "C++" {
PORTICO_INTERLOCKED_OVERLOADS(, long, long)
PORTICO_INTERLOCKED_OVERLOADS(, unsigned int, unsigned int)
PORTICO_INTERLOCKED_OVERLOADS(, unsigned long, unsigned long)
PORTICO_INTERLOCKED_OVERLOADS(64, long, long)
PORTICO_INTERLOCKED_OVERLOADS(64, unsigned long, unsigned long)
PORTICO_INTERLOCKED_OVERLOADS(64, unsigned long long, unsigned long long)
}
#undef PORTICO_INTERLOCKED_OVERLOADS
#else
/* C has no overloads; the width of what `p` points to chooses. Parentheses around a name keep a
 * macro of that name from expanding: there the function is meant. */
#define PORTICO_BY_WIDTH(name, p, ...)                                                            \
    __builtin_choose_expr(sizeof(*(p)) == 8,                                                      \
                          (long)(name##64)((LONGLONG volatile *)(void volatile *)(p)__VA_ARGS__), \
                          (name)((LONG volatile *)(void volatile *)(p)__VA_ARGS__))
#define PORTICO_COMMA ,
#define PORTICO_64(p) ((LONGLONG volatile *)(void volatile *)(p))
#define InterlockedIncrement(p) PORTICO_BY_WIDTH(InterlockedIncrement, p, )
#define InterlockedDecrement(p) PORTICO_BY_WIDTH(InterlockedDecrement, p, )
#define InterlockedAdd(p, v) PORTICO_BY_WIDTH(InterlockedAdd, p, PORTICO_COMMA(v))
#define InterlockedExchangeAdd(p, v) PORTICO_BY_WIDTH(InterlockedExchangeAdd, p, PORTICO_COMMA(v))
#define InterlockedExchange(p, v) PORTICO_BY_WIDTH(InterlockedExchange, p, PORTICO_COMMA(v))
#define InterlockedAnd(p, v) PORTICO_BY_WIDTH(InterlockedAnd, p, PORTICO_COMMA(v))
#define InterlockedOr(p, v) PORTICO_BY_WIDTH(InterlockedOr, p, PORTICO_COMMA(v))
#define InterlockedXor(p, v) PORTICO_BY_WIDTH(InterlockedXor, p, PORTICO_COMMA(v))
#define InterlockedCompareExchange(p, v, c) \
    PORTICO_BY_WIDTH(InterlockedCompareExchange, p, PORTICO_COMMA(v) PORTICO_COMMA(c))
#define InterlockedIncrement64(p) (InterlockedIncrement64)(PORTICO_64(p))
#define InterlockedDecrement64(p) (InterlockedDecrement64)(PORTICO_64(p))
#define InterlockedAdd64(p, v) (InterlockedAdd64)(PORTICO_64(p), (v))
#define InterlockedExchangeAdd64(p, v) (InterlockedExchangeAdd64)(PORTICO_64(p), (v))
#define InterlockedExchange64(p, v) (InterlockedExchange64)(PORTICO_64(p), (v))
#define InterlockedAnd64(p, v) (InterlockedAnd64)(PORTICO_64(p), (v))
#define InterlockedOr64(p, v) (InterlockedOr64)(PORTICO_64(p), (v))
#define InterlockedXor64(p, v) (InterlockedXor64)(PORTICO_64(p), (v))
#define InterlockedCompareExchange64(p, v, c) \
    (InterlockedCompareExchange64)(PORTICO_64(p), (v), (c))
#define InterlockedExchangePointer(p, v) \
    (InterlockedExchangePointer)((PVOID volatile *)(void volatile *)(p), (PVOID)(v))
#define InterlockedCompareExchangePointer(p, v, c)                                          \
    (InterlockedCompareExchangePointer)((PVOID volatile *)(void volatile *)(p), (PVOID)(v), \
                                        (PVOID)(c))
#endif
#undef PORTICO_INTERLOCKED

#define InterlockedExchangeSubtract(p, v) InterlockedExchangeAdd((p), -(LONG)(v))

/* ---- the same under their other names ---- */
#define _InterlockedIncrement InterlockedIncrement
#define _InterlockedIncrement_acq InterlockedIncrement
#define _InterlockedIncrement_rel InterlockedIncrement
#define _InterlockedIncrement_nf InterlockedIncrement
#define InterlockedIncrementAcquire InterlockedIncrement
#define InterlockedIncrementRelease InterlockedIncrement
#define InterlockedIncrementNoFence InterlockedIncrement
#define _InterlockedIncrement8 InterlockedIncrement8
#define _InterlockedIncrement8_acq InterlockedIncrement8
#define _InterlockedIncrement8_rel InterlockedIncrement8
#define _InterlockedIncrement8_nf InterlockedIncrement8
#define _InterlockedIncrement16 InterlockedIncrement16
#define _InterlockedIncrement16_acq InterlockedIncrement16
#define _InterlockedIncrement16_rel InterlockedIncrement16
#define _InterlockedIncrement16_nf InterlockedIncrement16
#define InterlockedIncrementAcquire16 InterlockedIncrement16
#define InterlockedIncrementRelease16 InterlockedIncrement16
#define InterlockedIncrementNoFence16 InterlockedIncrement16
#define _InterlockedIncrement64 InterlockedIncrement64
#define _InterlockedIncrement64_acq InterlockedIncrement64
#define _InterlockedIncrement64_rel InterlockedIncrement64
#define _InterlockedIncrement64_nf InterlockedIncrement64
#define InterlockedIncrementAcquire64 InterlockedIncrement64
#define InterlockedIncrementRelease64 InterlockedIncrement64
#define InterlockedIncrementNoFence64 InterlockedIncrement64
#define _InterlockedDecrement InterlockedDecrement
#define _InterlockedDecrement_acq InterlockedDecrement
#define _InterlockedDecrement_rel InterlockedDecrement
#define _InterlockedDecrement_nf InterlockedDecrement
#define InterlockedDecrementAcquire InterlockedDecrement
#define InterlockedDecrementRelease InterlockedDecrement
#define InterlockedDecrementNoFence InterlockedDecrement
#define _InterlockedDecrement8 InterlockedDecrement8
#define _InterlockedDecrement8_acq InterlockedDecrement8
#define _InterlockedDecrement8_rel InterlockedDecrement8
#define _InterlockedDecrement8_nf InterlockedDecrement8
#define _InterlockedDecrement16 InterlockedDecrement16
#define _InterlockedDecrement16_acq InterlockedDecrement16
#define _InterlockedDecrement16_rel InterlockedDecrement16
#define _InterlockedDecrement16_nf InterlockedDecrement16
#define InterlockedDecrementAcquire16 InterlockedDecrement16
#define InterlockedDecrementRelease16 InterlockedDecrement16
#define InterlockedDecrementNoFence16 InterlockedDecrement16
#define _InterlockedDecrement64 InterlockedDecrement64
#define _InterlockedDecrement64_acq InterlockedDecrement64
#define _InterlockedDecrement64_rel InterlockedDecrement64
#define _InterlockedDecrement64_nf InterlockedDecrement64
#define InterlockedDecrementAcquire64 InterlockedDecrement64
#define InterlockedDecrementRelease64 InterlockedDecrement64
#define InterlockedDecrementNoFence64 InterlockedDecrement64
#define _InterlockedAdd InterlockedAdd
#define _InterlockedAdd_acq InterlockedAdd
#define _InterlockedAdd_rel InterlockedAdd
#define _InterlockedAdd_nf InterlockedAdd
#define InterlockedAddAcquire InterlockedAdd
#define InterlockedAddRelease InterlockedAdd
#define InterlockedAddNoFence InterlockedAdd
#define _InterlockedAdd8 InterlockedAdd8
#define _InterlockedAdd8_acq InterlockedAdd8
#define _InterlockedAdd8_rel InterlockedAdd8
#define _InterlockedAdd8_nf InterlockedAdd8
#define _InterlockedAdd16 InterlockedAdd16
#define _InterlockedAdd16_acq InterlockedAdd16
#define _InterlockedAdd16_rel InterlockedAdd16
#define _InterlockedAdd16_nf InterlockedAdd16
#define InterlockedAddAcquire16 InterlockedAdd16
#define InterlockedAddRelease16 InterlockedAdd16
#define InterlockedAddNoFence16 InterlockedAdd16
#define _InterlockedAdd64 InterlockedAdd64
#define _InterlockedAdd64_acq InterlockedAdd64
#define _InterlockedAdd64_rel InterlockedAdd64
#define _InterlockedAdd64_nf InterlockedAdd64
#define InterlockedAddAcquire64 InterlockedAdd64
#define InterlockedAddRelease64 InterlockedAdd64
#define InterlockedAddNoFence64 InterlockedAdd64
#define _InterlockedExchangeAdd InterlockedExchangeAdd
#define _InterlockedExchangeAdd_acq InterlockedExchangeAdd
#define _InterlockedExchangeAdd_rel InterlockedExchangeAdd
#define _InterlockedExchangeAdd_nf InterlockedExchangeAdd
#define InterlockedExchangeAddAcquire InterlockedExchangeAdd
#define InterlockedExchangeAddRelease InterlockedExchangeAdd
#define InterlockedExchangeAddNoFence InterlockedExchangeAdd
#define _InterlockedExchangeAdd8 InterlockedExchangeAdd8
#define _InterlockedExchangeAdd8_acq InterlockedExchangeAdd8
#define _InterlockedExchangeAdd8_rel InterlockedExchangeAdd8
#define _InterlockedExchangeAdd8_nf InterlockedExchangeAdd8
#define _InterlockedExchangeAdd16 InterlockedExchangeAdd16
#define _InterlockedExchangeAdd16_acq InterlockedExchangeAdd16
#define _InterlockedExchangeAdd16_rel InterlockedExchangeAdd16
#define _InterlockedExchangeAdd16_nf InterlockedExchangeAdd16
#define InterlockedExchangeAddAcquire16 InterlockedExchangeAdd16
#define InterlockedExchangeAddRelease16 InterlockedExchangeAdd16
#define InterlockedExchangeAddNoFence16 InterlockedExchangeAdd16
#define _InterlockedExchangeAdd64 InterlockedExchangeAdd64
#define _InterlockedExchangeAdd64_acq InterlockedExchangeAdd64
#define _InterlockedExchangeAdd64_rel InterlockedExchangeAdd64
#define _InterlockedExchangeAdd64_nf InterlockedExchangeAdd64
#define InterlockedExchangeAddAcquire64 InterlockedExchangeAdd64
#define InterlockedExchangeAddRelease64 InterlockedExchangeAdd64
#define InterlockedExchangeAddNoFence64 InterlockedExchangeAdd64
#define _InterlockedExchange InterlockedExchange
#define _InterlockedExchange_acq InterlockedExchange
#define _InterlockedExchange_rel InterlockedExchange
#define _InterlockedExchange_nf InterlockedExchange
#define InterlockedExchangeAcquire InterlockedExchange
#define InterlockedExchangeRelease InterlockedExchange
#define InterlockedExchangeNoFence InterlockedExchange
#define _InterlockedExchange8 InterlockedExchange8
#define _InterlockedExchange8_acq InterlockedExchange8
#define _InterlockedExchange8_rel InterlockedExchange8
#define _InterlockedExchange8_nf InterlockedExchange8
#define _InterlockedExchange16 InterlockedExchange16
#define _InterlockedExchange16_acq InterlockedExchange16
#define _InterlockedExchange16_rel InterlockedExchange16
#define _InterlockedExchange16_nf InterlockedExchange16
#define InterlockedExchangeAcquire16 InterlockedExchange16
#define InterlockedExchangeRelease16 InterlockedExchange16
#define InterlockedExchangeNoFence16 InterlockedExchange16
#define _InterlockedExchange64 InterlockedExchange64
#define _InterlockedExchange64_acq InterlockedExchange64
#define _InterlockedExchange64_rel InterlockedExchange64
#define _InterlockedExchange64_nf InterlockedExchange64
#define InterlockedExchangeAcquire64 InterlockedExchange64
#define InterlockedExchangeRelease64 InterlockedExchange64
#define InterlockedExchangeNoFence64 InterlockedExchange64
#define _InterlockedAnd InterlockedAnd
#define _InterlockedAnd_acq InterlockedAnd
#define _InterlockedAnd_rel InterlockedAnd
#define _InterlockedAnd_nf InterlockedAnd
#define InterlockedAndAcquire InterlockedAnd
#define InterlockedAndRelease InterlockedAnd
#define InterlockedAndNoFence InterlockedAnd
#define _InterlockedAnd8 InterlockedAnd8
#define _InterlockedAnd8_acq InterlockedAnd8
#define _InterlockedAnd8_rel InterlockedAnd8
#define _InterlockedAnd8_nf InterlockedAnd8
#define _InterlockedAnd16 InterlockedAnd16
#define _InterlockedAnd16_acq InterlockedAnd16
#define _InterlockedAnd16_rel InterlockedAnd16
#define _InterlockedAnd16_nf InterlockedAnd16
#define InterlockedAndAcquire16 InterlockedAnd16
#define InterlockedAndRelease16 InterlockedAnd16
#define InterlockedAndNoFence16 InterlockedAnd16
#define _InterlockedAnd64 InterlockedAnd64
#define _InterlockedAnd64_acq InterlockedAnd64
#define _InterlockedAnd64_rel InterlockedAnd64
#define _InterlockedAnd64_nf InterlockedAnd64
#define InterlockedAndAcquire64 InterlockedAnd64
#define InterlockedAndRelease64 InterlockedAnd64
#define InterlockedAndNoFence64 InterlockedAnd64
#define _InterlockedOr InterlockedOr
#define _InterlockedOr_acq InterlockedOr
#define _InterlockedOr_rel InterlockedOr
#define _InterlockedOr_nf InterlockedOr
#define InterlockedOrAcquire InterlockedOr
#define InterlockedOrRelease InterlockedOr
#define InterlockedOrNoFence InterlockedOr
#define _InterlockedOr8 InterlockedOr8
#define _InterlockedOr8_acq InterlockedOr8
#define _InterlockedOr8_rel InterlockedOr8
#define _InterlockedOr8_nf InterlockedOr8
#define _InterlockedOr16 InterlockedOr16
#define _InterlockedOr16_acq InterlockedOr16
#define _InterlockedOr16_rel InterlockedOr16
#define _InterlockedOr16_nf InterlockedOr16
#define InterlockedOrAcquire16 InterlockedOr16
#define InterlockedOrRelease16 InterlockedOr16
#define InterlockedOrNoFence16 InterlockedOr16
#define _InterlockedOr64 InterlockedOr64
#define _InterlockedOr64_acq InterlockedOr64
#define _InterlockedOr64_rel InterlockedOr64
#define _InterlockedOr64_nf InterlockedOr64
#define InterlockedOrAcquire64 InterlockedOr64
#define InterlockedOrRelease64 InterlockedOr64
#define InterlockedOrNoFence64 InterlockedOr64
#define _InterlockedXor InterlockedXor
#define _InterlockedXor_acq InterlockedXor
#define _InterlockedXor_rel InterlockedXor
#define _InterlockedXor_nf InterlockedXor
#define InterlockedXorAcquire InterlockedXor
#define InterlockedXorRelease InterlockedXor
#define InterlockedXorNoFence InterlockedXor
#define _InterlockedXor8 InterlockedXor8
#define _InterlockedXor8_acq InterlockedXor8
#define _InterlockedXor8_rel InterlockedXor8
#define _InterlockedXor8_nf InterlockedXor8
#define _InterlockedXor16 InterlockedXor16
#define _InterlockedXor16_acq InterlockedXor16
#define _InterlockedXor16_rel InterlockedXor16
#define _InterlockedXor16_nf InterlockedXor16
#define InterlockedXorAcquire16 InterlockedXor16
#define InterlockedXorRelease16 InterlockedXor16
#define InterlockedXorNoFence16 InterlockedXor16
#define _InterlockedXor64 InterlockedXor64
#define _InterlockedXor64_acq InterlockedXor64
#define _InterlockedXor64_rel InterlockedXor64
#define _InterlockedXor64_nf InterlockedXor64
#define InterlockedXorAcquire64 InterlockedXor64
#define InterlockedXorRelease64 InterlockedXor64
#define InterlockedXorNoFence64 InterlockedXor64
#define _InterlockedCompareExchange InterlockedCompareExchange
#define _InterlockedCompareExchange_acq InterlockedCompareExchange
#define _InterlockedCompareExchange_rel InterlockedCompareExchange
#define _InterlockedCompareExchange_nf InterlockedCompareExchange
#define InterlockedCompareExchangeAcquire InterlockedCompareExchange
#define InterlockedCompareExchangeRelease InterlockedCompareExchange
#define InterlockedCompareExchangeNoFence InterlockedCompareExchange
#define _InterlockedCompareExchange8 InterlockedCompareExchange8
#define _InterlockedCompareExchange8_acq InterlockedCompareExchange8
#define _InterlockedCompareExchange8_rel InterlockedCompareExchange8
#define _InterlockedCompareExchange8_nf InterlockedCompareExchange8
#define _InterlockedCompareExchange16 InterlockedCompareExchange16
#define _InterlockedCompareExchange16_acq InterlockedCompareExchange16
#define _InterlockedCompareExchange16_rel InterlockedCompareExchange16
#define _InterlockedCompareExchange16_nf InterlockedCompareExchange16
#define InterlockedCompareExchangeAcquire16 InterlockedCompareExchange16
#define InterlockedCompareExchangeRelease16 InterlockedCompareExchange16
#define InterlockedCompareExchangeNoFence16 InterlockedCompareExchange16
#define _InterlockedCompareExchange64 InterlockedCompareExchange64
#define _InterlockedCompareExchange64_acq InterlockedCompareExchange64
#define _InterlockedCompareExchange64_rel InterlockedCompareExchange64
#define _InterlockedCompareExchange64_nf InterlockedCompareExchange64
#define InterlockedCompareExchangeAcquire64 InterlockedCompareExchange64
#define InterlockedCompareExchangeRelease64 InterlockedCompareExchange64
#define InterlockedCompareExchangeNoFence64 InterlockedCompareExchange64
#define _InterlockedExchangePointer InterlockedExchangePointer
#define _InterlockedExchangePointer_acq InterlockedExchangePointer
#define _InterlockedExchangePointer_rel InterlockedExchangePointer
#define _InterlockedExchangePointer_nf InterlockedExchangePointer
#define InterlockedExchangePointerAcquire InterlockedExchangePointer
#define InterlockedExchangePointerRelease InterlockedExchangePointer
#define InterlockedExchangePointerNoFence InterlockedExchangePointer
#define _InterlockedCompareExchangePointer InterlockedCompareExchangePointer
#define _InterlockedCompareExchangePointer_acq InterlockedCompareExchangePointer
#define _InterlockedCompareExchangePointer_rel InterlockedCompareExchangePointer
#define _InterlockedCompareExchangePointer_nf InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerAcquire InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerRelease InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerNoFence InterlockedCompareExchangePointer
#define _interlockedbittestandset InterlockedBitTestAndSet
#define _interlockedbittestandset64 InterlockedBitTestAndSet64
#define _interlockedbittestandreset InterlockedBitTestAndReset
#define _interlockedbittestandreset64 InterlockedBitTestAndReset64

#endif

/* GetAddrInfoEx: a look-up that may go on by itself. A few threads of the engine's make those that
 * do; what is cancelled is reported at once, and its answer thrown away when it comes. */
#include <ws2tcpip.h>

#include "addrinfo.h"
#include "errand.h"
#include "event.h"
#include "socket.h"
#include "timeout.h"
#include "wsastatus.h"

#include <pthread.h>
#include <stdlib.h>

enum { LOOKUP_THREADS_MAX = 4 };

struct lookup {
    struct errand errand; /* one reference is the pool's, one the timeout's */
    struct list all;      /* in lookup__all until it is over */
    uint32_t id;
    char *node, *service;
    bool has_hints;
    struct resolve_hints hints;
    PADDRINFOEXW *result;
    OVERLAPPED *overlapped;
    struct event *event; /* a reference, or NULL */
    LPLOOKUPSERVICE_COMPLETION_ROUTINE routine;
    struct timeout timeout;
    bool over; /* reported */
};

static struct lock lookup__lock; /* protects all below, and a lookup's links and `over` */
static struct list lookup__all = {&lookup__all, &lookup__all};
static uint32_t lookup__ids;
static struct errand_pool lookup__pool =
    ERRAND_POOL(lookup__pool, "portico-lookup", LOOKUP_THREADS_MAX);

static void lookup__destroy(struct errand *errand)
{
    struct lookup *lookup = list_entry(errand, struct lookup, errand);
    if (lookup->event)
        object_unref(&lookup->event->object);
    free(lookup->node);
    free(lookup->service);
    free(lookup);
}

static void lookup__unref(struct lookup *lookup)
{
    errand_unref(&lookup->errand);
}

/* ---- looking up ---- */

static const struct addrinfo_form ex_list = {sizeof(ADDRINFOEXW), offsetof(ADDRINFOEXW, ai_next),
                                             true};

static uint32_t lookup__resolve(struct lookup *lookup, PADDRINFOEXW *found)
{
    return addrinfo_look_up(&ex_list, lookup->node, lookup->service,
                            lookup->has_hints ? &lookup->hints : NULL, (void **)found);
}

/* Tells the program, once; an answer nobody waits for any more is freed. */
static void lookup__report(struct lookup *lookup, uint32_t err, PADDRINFOEXW found)
{
    bool first;
    lock_acquire(&lookup__lock);
    first = !lookup->over;
    lookup->over = true;
    list_remove(&lookup->all);
    lock_release(&lookup__lock);
    if (!first) {
        FreeAddrInfoExW(found);
        return;
    }
    if (timeout_stop(&lookup->timeout))
        lookup__unref(lookup);
    *lookup->result = found;
    __atomic_store_n(&lookup->overlapped->Internal, err, __ATOMIC_RELEASE);
    if (lookup->event)
        event_set(lookup->event);
    if (lookup->routine)
        lookup->routine(err, 0, lookup->overlapped);
}

static void lookup__run(struct errand *errand)
{
    struct lookup *lookup = list_entry(errand, struct lookup, errand);
    PADDRINFOEXW found = NULL;
    uint32_t err = 0;
    bool over;
    lock_acquire(&lookup__lock);
    over = lookup->over;
    lock_release(&lookup__lock);
    if (!over) /* else it was cancelled before its turn came */
        err = lookup__resolve(lookup, &found);
    lookup__report(lookup, err, found);
}

static void lookup__timed_out(struct timeout *timeout)
{
    struct lookup *lookup = list_entry(timeout, struct lookup, timeout);
    lookup__report(lookup, WSAETIMEDOUT, NULL);
    lookup__unref(lookup);
}

/* ---- starting ---- */

/* Hands the lookup to a thread, unless its time is up already. False: there is none, and nothing
 * will be reported. */
static bool lookup__start(struct lookup *lookup, LPHANDLE handle)
{
    bool reported;
    lock_acquire(&lookup__lock);
    lookup->id = ++lookup__ids;
    if (!lookup->over)
        list_append(&lookup__all, &lookup->all);
    if (handle)
        *handle = (HANDLE)((uintptr_t)lookup->id << 2);
    lock_release(&lookup__lock);
    if (errand_start(&lookup__pool, &lookup->errand))
        return true;
    lock_acquire(&lookup__lock);
    list_remove(&lookup->all);
    reported = lookup->over;
    lookup->over = true;
    lock_release(&lookup__lock);
    if (reported)
        lookup__unref(lookup);
    return reported;
}

static uint32_t lookup__begin(struct lookup *lookup, const struct timeval *timeout, LPHANDLE handle)
{
    OVERLAPPED *overlapped = lookup->overlapped;
    struct object *event = NULL;
    if (overlapped->hEvent) {
        if (handle_get(overlapped->hEvent, &event_ops, EVENT_MODIFY_STATE, &event) !=
            STATUS_SUCCESS)
            return WSA_INVALID_HANDLE;
        lookup->event = event_of(event);
        event_reset(lookup->event);
    }
    overlapped->Internal = WSAEINPROGRESS;
    overlapped->Pointer = lookup->result;
    list_init(&lookup->timeout.link);
    lookup->timeout.fire = lookup__timed_out;
    if (timeout) {
        struct deadline deadline =
            deadline_from_ms((uint32_t)(timeout->tv_sec * 1000 + timeout->tv_usec / 1000));
        errand_ref(&lookup->errand);
        if (!timeout_start(&lookup->timeout, &deadline)) {
            lookup__unref(lookup);
            return WSA_NOT_ENOUGH_MEMORY;
        }
    }
    if (lookup__start(lookup, handle))
        return WSA_IO_PENDING;
    if (timeout_stop(&lookup->timeout))
        lookup__unref(lookup);
    return WSA_NOT_ENOUGH_MEMORY;
}

static struct lookup *lookup__make(PCWSTR name, PCWSTR service, const ADDRINFOEXW *hints,
                                   PADDRINFOEXW *result)
{
    struct lookup *lookup = calloc(1, sizeof *lookup);
    if (!lookup)
        return NULL;
    list_init(&lookup->all);
    lookup->errand.refs = 1;
    lookup->errand.run = lookup__run;
    lookup->errand.destroy = lookup__destroy;
    lookup->result = result;
    lookup->has_hints = hints != NULL;
    if (hints)
        lookup->hints = (struct resolve_hints){hints->ai_flags, hints->ai_family,
                                               hints->ai_socktype, hints->ai_protocol};
    if (addrinfo_narrow(name, service, &lookup->node, &lookup->service))
        return lookup;
    lookup__unref(lookup);
    return NULL;
}

INT WSAAPI GetAddrInfoExW(PCWSTR pName, PCWSTR pServiceName, DWORD dwNameSpace, LPGUID lpNspId,
                          const ADDRINFOEXW *hints, PADDRINFOEXW *ppResult, struct timeval *timeout,
                          LPOVERLAPPED lpOverlapped,
                          LPLOOKUPSERVICE_COMPLETION_ROUTINE lpCompletionRoutine, LPHANDLE lpHandle)
{
    struct lookup *lookup = NULL;
    uint32_t err = 0;
    bool pending = false;
    (void)lpNspId; /* there is one provider */
    if (!ppResult)
        err = WSAEFAULT;
    else if (atomic_load(&winsock_starts) == 0)
        err = WSANOTINITIALISED;
    else if ((dwNameSpace != NS_ALL && dwNameSpace != NS_DNS) ||
             (lpCompletionRoutine && (!lpOverlapped || lpOverlapped->hEvent)))
        err = WSAEINVAL;
    else if (!pName && !pServiceName)
        err = WSAHOST_NOT_FOUND;
    if (!err) {
        *ppResult = NULL;
        lookup = lookup__make(pName, pServiceName, hints, ppResult);
        err = lookup ? 0 : WSA_NOT_ENOUGH_MEMORY;
    }
    if (!err && lpOverlapped) {
        lookup->overlapped = lpOverlapped;
        lookup->routine = lpCompletionRoutine;
        err = lookup__begin(lookup, timeout, lpHandle);
        pending = err == WSA_IO_PENDING;
    } else if (!err) {
        err = lookup__resolve(lookup, ppResult);
    }
    if (lookup && !pending)
        lookup__unref(lookup);
    last_error_set(err);
    return (INT)err;
}

INT WSAAPI GetAddrInfoExCancel(LPHANDLE lpHandle)
{
    struct lookup *lookup = NULL;
    struct list *node;
    if (!lpHandle)
        return WSA_INVALID_HANDLE;
    lock_acquire(&lookup__lock);
    list_for_each (node, &lookup__all) {
        struct lookup *one = list_entry(node, struct lookup, all);
        if ((uintptr_t)*lpHandle == (uintptr_t)one->id << 2) {
            lookup = one;
            errand_ref(&lookup->errand);
            break;
        }
    }
    lock_release(&lookup__lock);
    if (!lookup)
        return WSA_INVALID_HANDLE;
    lookup__report(lookup, WSA_E_CANCELLED, NULL);
    lookup__unref(lookup);
    return 0;
}

INT WSAAPI GetAddrInfoExOverlappedResult(LPOVERLAPPED lpOverlapped)
{
    if (!lpOverlapped)
        return WSAEINVAL;
    return (INT)__atomic_load_n(&lpOverlapped->Internal, __ATOMIC_ACQUIRE);
}

VOID WSAAPI FreeAddrInfoExW(PADDRINFOEXW pAddrInfoEx)
{
    addrinfo_free(&ex_list, pAddrInfoEx);
}

/* In the child of a fork no lookup goes on. */
static void lookup__after_fork(void)
{
    lock_init(&lookup__lock);
    list_init(&lookup__all);
    errand_after_fork(&lookup__pool);
}

__attribute__((constructor)) static void lookup__set_up(void)
{
    pthread_atfork(NULL, NULL, lookup__after_fork);
}

/* Entry points of winsock2.h that wait for sockets: select, and the names Winsock has for events.
 */
#include <winsock2.h>

#include "event.h"
#include "network_events.h"
#include "socket_poll.h"
#include "wsastatus.h"

#include <stdlib.h>

enum { SELECT_READ, SELECT_WRITE, SELECT_EXCEPT, SELECT_SETS };

static const uint32_t select__interest[SELECT_SETS] = {
    [SELECT_READ] = READY_READ | READY_ACCEPT | READY_HUP | READY_RESET,
    [SELECT_WRITE] = READY_WRITE,
    [SELECT_EXCEPT] = READY_OOB | READY_CONNECT_FAILED,
};

static void select__release(struct poll_entry *entries, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        socket_unref(entries[i].socket);
    free(entries);
}

/* One entry for each member of each set, in order. */
static NTSTATUS select__gather(fd_set *const sets[SELECT_SETS], struct poll_entry *entries,
                               SOCKET *values)
{
    uint32_t filled = 0;
    for (int set = 0; set < SELECT_SETS; set++) {
        for (u_int i = 0; sets[set] && i < sets[set]->fd_count; i++) {
            NTSTATUS status = socket_get(sets[set]->fd_array[i], &entries[filled].socket);
            if (status != STATUS_SUCCESS) {
                select__release(entries, filled);
                return status;
            }
            values[filled] = sets[set]->fd_array[i];
            entries[filled++].wanted = select__interest[set];
        }
    }
    return STATUS_SUCCESS;
}

static bool select__contains(const SOCKET *sockets, u_int count, SOCKET s)
{
    for (u_int i = 0; i < count; i++)
        if (sockets[i] == s)
            return true;
    return false;
}

/* Is there something to tell of the entry in its set? That a socket was closed meanwhile counts as
 * readable, and is not told again as an exception (SOCK-305). */
static bool select__is_hit(const struct poll_entry *entry, int set)
{
    return entry->ready && !(set == SELECT_EXCEPT && (entry->ready & READY_CLOSED));
}

/* Leaves the ready members in the sets and returns how many that makes; SOCKET_ERROR if all there
 * is to tell is that one was closed of which only exceptions were wanted. `values` are the members
 * of all sets; one set may serve as two, and then holds the union (SOCK-295). */
static int select__scatter(fd_set *const sets[SELECT_SETS], const struct poll_entry *entries,
                           const SOCKET *values)
{
    u_int counts[SELECT_SETS];
    uint32_t at = 0;
    int total = 0;
    bool lost = false;
    for (int set = 0; set < SELECT_SETS; set++)
        counts[set] = sets[set] ? sets[set]->fd_count : 0;
    for (int set = 0; set < SELECT_SETS; set++)
        if (sets[set])
            sets[set]->fd_count = 0;
    for (int set = 0; set < SELECT_SETS; set++) {
        for (u_int i = 0; i < counts[set]; i++, at++) {
            lost |= (entries[at].ready & READY_CLOSED) != 0;
            if (!select__is_hit(&entries[at], set) ||
                select__contains(sets[set]->fd_array, sets[set]->fd_count, values[at]))
                continue;
            sets[set]->fd_array[sets[set]->fd_count++] = values[at];
            total++;
        }
    }
    return total == 0 && lost ? SOCKET_ERROR : total;
}

static struct deadline select__deadline(const struct timeval *timeout)
{
    int64_t ticks;
    if (!timeout)
        return deadline_from_ms(INFINITE);
    ticks = -((int64_t)timeout->tv_sec * 10000000 + (int64_t)timeout->tv_usec * 10);
    return deadline_from_nt(&ticks);
}

int WSAAPI select(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds,
                  const struct timeval *timeout)
{
    fd_set *const sets[SELECT_SETS] = {readfds, writefds, exceptfds};
    struct deadline deadline;
    struct poll_entry *entries;
    SOCKET *values;
    uint64_t count = 0;
    NTSTATUS status;
    int total;
    (void)nfds;
    if (atomic_load(&winsock_starts) == 0)
        return fail_wsa(STATUS_WSA(WSANOTINITIALISED));
    if (timeout && (timeout->tv_sec < 0 || timeout->tv_usec < 0))
        return fail_wsa(STATUS_WSA(WSAEINVAL));
    for (int set = 0; set < SELECT_SETS; set++)
        count += sets[set] ? sets[set]->fd_count : 0;
    if (count == 0)
        return fail_wsa(STATUS_WSA(WSAEINVAL));
    deadline = select__deadline(timeout);
    entries = calloc(count, sizeof *entries + sizeof *values);
    if (!entries)
        return fail_wsa(STATUS_INSUFFICIENT_RESOURCES);
    values = (SOCKET *)(entries + count);
    status = select__gather(sets, entries, values);
    if (status != STATUS_SUCCESS)
        return fail_wsa(status); /* gather has released what it took */
    poll_sockets(entries, (uint32_t)count, &deadline);
    total = select__scatter(sets, entries, values);
    select__release(entries, (uint32_t)count);
    last_error_set(total < 0 ? WSAENOTSOCK : 0);
    return total;
}

int WSAAPI __WSAFDIsSet(SOCKET fd, fd_set *set)
{
    return set && select__contains(set->fd_array, set->fd_count, fd);
}

/* ---- WSAPoll ---- */

/* What poll understands of a request; anything else is refused (SOCK-309). */
static const SHORT pollfd__known = POLLRDNORM | POLLRDBAND | POLLWRNORM;

static uint32_t pollfd__wanted(SHORT events)
{
    uint32_t wanted = READY_HUP | READY_RESET | READY_CONNECT_FAILED;
    wanted |= events & POLLRDNORM ? READY_READ | READY_ACCEPT : 0;
    wanted |= events & POLLRDBAND ? READY_OOB : 0;
    wanted |= events & POLLWRNORM ? READY_WRITE : 0;
    return wanted;
}

static SHORT pollfd__result(SHORT events, uint32_t ready)
{
    SHORT result = 0;
    if (ready & READY_CLOSED)
        return POLLNVAL;
    result |= ready & (READY_READ | READY_ACCEPT) ? POLLRDNORM : 0;
    result |= ready & READY_OOB ? POLLRDBAND : 0;
    result |= ready & READY_WRITE ? POLLWRNORM : 0;
    if (ready & (READY_HUP | READY_RESET | READY_CONNECT_FAILED))
        result |= POLLHUP;
    if (ready & (READY_RESET | READY_CONNECT_FAILED))
        result |= POLLERR;
    if (ready & READY_CONNECT_FAILED)
        result |= events & POLLWRNORM;
    return result;
}

/* Finds the sockets; returns how many there are, -1 if an event is asked for that cannot be. */
static int pollfd__gather(WSAPOLLFD *polls, ULONG count, struct poll_entry *entries)
{
    int sockets = 0;
    for (ULONG i = 0; i < count; i++) {
        polls[i].revents = 0;
        if (socket_get(polls[i].fd, &entries[i].socket) != STATUS_SUCCESS) {
            polls[i].revents = POLLNVAL;
            continue;
        }
        sockets++;
        entries[i].wanted = pollfd__wanted(polls[i].events);
        if (polls[i].events & ~pollfd__known)
            return -1;
    }
    return sockets;
}

static int pollfd__scatter(WSAPOLLFD *polls, ULONG count, const struct poll_entry *entries)
{
    int total = 0;
    for (ULONG i = 0; i < count; i++) {
        if (!entries[i].socket)
            continue;
        polls[i].revents = pollfd__result(polls[i].events, entries[i].ready);
        total += polls[i].revents != 0;
    }
    return total;
}

int WSAAPI WSAPoll(LPWSAPOLLFD fdArray, ULONG fds, INT timeout)
{
    struct deadline deadline = deadline_from_ms(timeout < 0 ? INFINITE : (DWORD)timeout);
    struct poll_entry *entries;
    uint32_t error = WSAENOTSOCK;
    int result = SOCKET_ERROR, sockets;
    if (atomic_load(&winsock_starts) == 0)
        return fail_wsa(STATUS_WSA(WSANOTINITIALISED));
    if (fds == 0)
        return fail_wsa(STATUS_WSA(WSAEINVAL));
    if (!fdArray)
        return fail_wsa(STATUS_ACCESS_VIOLATION);
    entries = calloc(fds, sizeof *entries);
    if (!entries)
        return fail_wsa(STATUS_INSUFFICIENT_RESOURCES);
    sockets = pollfd__gather(fdArray, fds, entries);
    if (sockets < 0) {
        error = WSAEINVAL;
    } else if (sockets > 0) {
        poll_sockets(entries, fds, &deadline);
        result = pollfd__scatter(fdArray, fds, entries);
        error = 0;
    }
    for (ULONG i = 0; i < fds; i++)
        if (entries[i].socket)
            socket_unref(entries[i].socket);
    free(entries);
    last_error_set(error);
    return result;
}

/* ---- network events ---- */

/* The event object behind a handle, with a reference; NULL for no handle. */
static NTSTATUS network__event(WSAEVENT handle, struct event **event)
{
    struct object *object;
    NTSTATUS status;
    *event = NULL;
    if (!handle)
        return STATUS_SUCCESS;
    status = handle_get(handle, &event_ops, EVENT_MODIFY_STATE, &object);
    if (status == STATUS_SUCCESS)
        *event = event_of(object);
    return status == STATUS_SUCCESS ? status : STATUS_WSA(WSAEINVAL);
}

int WSAAPI WSAEventSelect(SOCKET s, WSAEVENT hEventObject, LONG lNetworkEvents)
{
    struct socket *socket;
    struct event *event;
    NTSTATUS status = socket_get(s, &socket);
    if (status != STATUS_SUCCESS)
        return fail_wsa(status);
    status = network__event(lNetworkEvents ? hEventObject : NULL, &event);
    if (status == STATUS_SUCCESS && lNetworkEvents &&
        (!event || (lNetworkEvents & ~(LONG)FD_ALL_EVENTS)))
        status = STATUS_WSA(WSAEINVAL);
    if (status == STATUS_SUCCESS)
        status = network_events_select(socket, event, (uint32_t)lNetworkEvents);
    if (event)
        object_unref(&event->object);
    socket_unref(socket);
    return wsa_result(status);
}

int WSAAPI WSAEnumNetworkEvents(SOCKET s, WSAEVENT hEventObject, LPWSANETWORKEVENTS lpNetworkEvents)
{
    struct socket *socket;
    struct event *event = NULL;
    NTSTATUS status = socket_get(s, &socket);
    if (status != STATUS_SUCCESS)
        return fail_wsa(status);
    status = lpNetworkEvents ? network__event(hEventObject, &event) : STATUS_ACCESS_VIOLATION;
    if (status == STATUS_SUCCESS)
        lpNetworkEvents->lNetworkEvents =
            (LONG)network_events_take(socket, event, lpNetworkEvents->iErrorCode);
    if (event)
        object_unref(&event->object);
    socket_unref(socket);
    return wsa_result(status);
}

int WSAAPI WSAAsyncSelect(SOCKET s, HWND hWnd, u_int wMsg, LONG lEvent)
{
    struct socket *socket;
    NTSTATUS status = socket_get(s, &socket);
    (void)hWnd, (void)wMsg, (void)lEvent;
    if (status == STATUS_SUCCESS) {
        socket_unref(socket);
        status = STATUS_WSA(WSAEOPNOTSUPP); /* there are no windows to tell (SOCK-336) */
    }
    return wsa_result(status);
}

/* ---- events ---- */

WSAEVENT WSAAPI WSACreateEvent(void)
{
    struct event *event = event_create(true, false);
    HANDLE handle = NULL;
    NTSTATUS status =
        event ? handle_open_new(&event->object, EVENT_ALL_ACCESS, 0, &handle) : STATUS_NO_MEMORY;
    if (status != STATUS_SUCCESS)
        fail_status(status);
    return handle;
}

BOOL WSAAPI WSACloseEvent(WSAEVENT hEvent)
{
    return win32_result(handle_close(hEvent));
}

static BOOL event__do(WSAEVENT handle, void (*what)(struct event *))
{
    struct object *object;
    NTSTATUS status = handle_get(handle, &event_ops, EVENT_MODIFY_STATE, &object);
    if (status != STATUS_SUCCESS)
        return fail_status(status);
    what(event_of(object));
    object_unref(object);
    return TRUE;
}

BOOL WSAAPI WSASetEvent(WSAEVENT hEvent)
{
    return event__do(hEvent, event_set);
}

BOOL WSAAPI WSAResetEvent(WSAEVENT hEvent)
{
    return event__do(hEvent, event_reset);
}

static NTSTATUS event__get_all(const WSAEVENT *handles, DWORD count, struct object **objects)
{
    for (DWORD i = 0; i < count; i++) {
        NTSTATUS status = handle_get_any(handles[i], &objects[i], NULL);
        if (status == STATUS_SUCCESS && !object_is_waitable(objects[i])) {
            object_unref(objects[i]);
            status = STATUS_INVALID_HANDLE;
        }
        if (status != STATUS_SUCCESS) {
            while (i-- > 0)
                object_unref(objects[i]);
            return status;
        }
    }
    return STATUS_SUCCESS;
}

DWORD WSAAPI WSAWaitForMultipleEvents(DWORD cEvents, const WSAEVENT *lphEvents, BOOL fWaitAll,
                                      DWORD dwTimeout, BOOL fAlertable)
{
    struct deadline deadline = deadline_from_ms(dwTimeout);
    struct object *objects[WAIT_OBJECTS_MAX];
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    if (cEvents > 0 && cEvents <= WSA_MAXIMUM_WAIT_EVENTS && lphEvents)
        status = event__get_all(lphEvents, cEvents, objects);
    if (status == STATUS_SUCCESS) {
        status = wait_objects(objects, cEvents, fWaitAll, fAlertable, &deadline);
        for (DWORD i = 0; i < cEvents; i++)
            object_unref(objects[i]);
    }
    if (!NT_ERROR(status))
        return (DWORD)status;
    fail_status(status);
    return WSA_WAIT_FAILED;
}

/* Entry points of winsock2.h that wait for sockets: select, and the names Winsock has for events.
 */
#include <winsock2.h>

#include "event.h"
#include "socket_poll.h"
#include "wsastatus.h"

#include <stdlib.h>

enum { SELECT_SETS = 3 };

static const uint8_t select__interest[SELECT_SETS] = {POLL_READ, POLL_WRITE, POLL_EXCEPT};

static void select__release(struct poll_entry *entries, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        socket_unref(entries[i].socket);
    free(entries);
}

/* One entry for each member of each set, in order. */
static NTSTATUS select__gather(fd_set *const sets[SELECT_SETS], struct poll_entry *entries)
{
    uint32_t filled = 0;
    for (int set = 0; set < SELECT_SETS; set++) {
        for (u_int i = 0; sets[set] && i < sets[set]->fd_count; i++) {
            NTSTATUS status = socket_get(sets[set]->fd_array[i], &entries[filled].socket);
            if (status != STATUS_SUCCESS) {
                select__release(entries, filled);
                return status;
            }
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

/* Leaves the ready members in the sets; returns how many. */
static int select__scatter(fd_set *const sets[SELECT_SETS], const struct poll_entry *entries)
{
    uint32_t at = 0;
    int total = 0;
    for (int set = 0; set < SELECT_SETS; set++) {
        u_int kept = 0, members = sets[set] ? sets[set]->fd_count : 0;
        for (u_int i = 0; i < members; i++, at++) {
            SOCKET s = sets[set]->fd_array[i];
            if (entries[at].ready && !select__contains(sets[set]->fd_array, kept, s))
                sets[set]->fd_array[kept++] = s;
        }
        if (sets[set])
            sets[set]->fd_count = kept;
        total += (int)kept;
    }
    return total;
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
    entries = calloc(count, sizeof *entries);
    if (!entries)
        return fail_wsa(STATUS_INSUFFICIENT_RESOURCES);
    status = select__gather(sets, entries);
    if (status != STATUS_SUCCESS)
        return fail_wsa(status); /* gather has released what it took */
    poll_sockets(entries, (uint32_t)count, &deadline);
    total = select__scatter(sets, entries);
    select__release(entries, (uint32_t)count);
    last_error_set(0);
    return total;
}

int WSAAPI __WSAFDIsSet(SOCKET fd, fd_set *set)
{
    return set && select__contains(set->fd_array, set->fd_count, fd);
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

/* The standard handles. */
#include "std_handles.h"

#include "handle_table.h"

HANDLE (*std_handle_open)(int fd);

static struct lock std_handle__lock; /* protects the slots; outermost */
static HANDLE std_handle__slots[STD_HANDLE_COUNT];
static bool std_handle__opened[STD_HANDLE_COUNT];

static int std_handle__index(HANDLE id)
{
    return (int)(-10 - (intptr_t)id);
}

HANDLE std_handle_resolve(HANDLE h)
{
    int index = std_handle__index(h);
    if (!std_handle_is_id(h))
        return h;
    lock_acquire(&std_handle__lock);
    if (!std_handle__opened[index] && std_handle_open) {
        std_handle__slots[index] = std_handle_open(index);
        std_handle__opened[index] = true;
    }
    h = std_handle__slots[index];
    lock_release(&std_handle__lock);
    return h;
}

void std_handle_set(HANDLE id, HANDLE h)
{
    int index = std_handle__index(id);
    lock_acquire(&std_handle__lock);
    std_handle__slots[index] = h;
    std_handle__opened[index] = true;
    lock_release(&std_handle__lock);
}

NTSTATUS std_handle_close(HANDLE id)
{
    HANDLE h = std_handle_resolve(id);
    std_handle_set(id, NULL);
    return handle_close(h);
}

void std_handles_after_fork(void)
{
    lock_init(&std_handle__lock);
    for (int i = 0; i < STD_HANDLE_COUNT; i++)
        std_handle__opened[i] = false;
}

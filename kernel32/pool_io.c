/* Files whose completions are callbacks: I/O objects and BindIoCompletionCallback. The file is
 * bound to the pool's port. Its key is the function itself, or the I/O object's number with a
 * serial, so that a packet which comes after the object went away finds nothing. */
#include "pool_io.h"

#include "file.h"
#include "last_error.h"
#include "task.h"

#include <threadpoollegacyapiset.h>
#include <winbase.h>
#include <winerror.h>

enum { SERIAL_BITS = 29, SERIAL_SHIFT = 32 };

struct io {
    struct task task;
    uint32_t serial;
};

static _Atomic uint32_t io__serial;

static struct io *io__of(struct task *task)
{
    return list_entry(task, struct io, task);
}

static void io__call(struct task *task, PTP_CALLBACK_INSTANCE instance)
{
    const struct packet *packet = instance->packet;
    ((PTP_WIN32_IO_CALLBACK)task->callback)(instance, task->context, packet->context,
                                            status_to_routine(packet->status), packet->information,
                                            pool_pointer(task->id));
}

static const struct task_kind io__kind = {.call = io__call};
static const struct object_ops io__ops = {.name = "TpIo", .destroy = task_destroy};

static uintptr_t io__key(const struct io *io)
{
    return POOL_KEY_IO | (uintptr_t)io->serial << SERIAL_SHIFT | io->task.id;
}

static void io__deliver(const struct packet *packet)
{
    struct object *object = table_get(&pool_table, (uint32_t)packet->key, NULL);
    struct task *task;
    if (!object)
        return;
    task = list_entry(object, struct task, object);
    if (object->ops == &io__ops && io__key(io__of(task)) == packet->key)
        task_run_completion(task, packet);
    object_unref(object);
}

static void function__deliver(const struct packet *packet)
{
    uintptr_t address = packet->key & ~POOL_KEY_FUNCTION;
    ((LPOVERLAPPED_COMPLETION_ROUTINE)address)(status_to_routine(packet->status),
                                               (DWORD)packet->information, packet->context);
}

void pool_io_deliver(const struct packet *packet)
{
    if (packet->key & POOL_KEY_FUNCTION)
        function__deliver(packet);
    else
        io__deliver(packet);
}

/* Binds a file to a pool and sees to it that a thread is there for what completes. */
static NTSTATUS pool__bind(struct pool *pool, HANDLE handle, uintptr_t key)
{
    struct file *file;
    NTSTATUS status = file_get(handle, 0, &file);
    if (status != STATUS_SUCCESS)
        return status;
    status = file_bind(file, pool->port, key, false);
    file_unref(file);
    if (status == STATUS_SUCCESS)
        pool_feed(pool);
    return status;
}

/* ---- entry points ---- */

BOOL WINAPI BindIoCompletionCallback(HANDLE FileHandle, LPOVERLAPPED_COMPLETION_ROUTINE Function,
                                     ULONG Flags)
{
    struct pool *pool;
    if (!FileHandle)
        return fail_win32(ERROR_INVALID_HANDLE);
    if (!Function || Flags)
        return fail_win32(ERROR_INVALID_PARAMETER);
    pool = pool_default();
    if (!pool)
        return fail_win32(ERROR_NOT_ENOUGH_MEMORY);
    return win32_result(pool__bind(pool, FileHandle, POOL_KEY_FUNCTION | (uintptr_t)Function));
}

PTP_IO WINAPI CreateThreadpoolIo(HANDLE fl, PTP_WIN32_IO_CALLBACK pfnio, PVOID pv,
                                 PTP_CALLBACK_ENVIRON pcbe)
{
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    struct task *task = NULL;
    void *pointer = NULL;
    if (pfnio)
        task = task_create(sizeof(struct io), &io__ops, &io__kind, pcbe, &status);
    if (task) {
        task->callback = (void *)pfnio;
        task->context = pv;
        io__of(task)->serial = atomic_fetch_add(&io__serial, 1) & ((1u << SERIAL_BITS) - 1);
        object_ref(&task->object);
        pointer = task_publish(task);
        status = pointer ? pool__bind(task->pool, fl, io__key(io__of(task))) : STATUS_NO_MEMORY;
        if (status != STATUS_SUCCESS)
            task_close(task);
        object_unref(&task->object);
    }
    if (status == STATUS_SUCCESS)
        return pointer;
    fail_status(status);
    return NULL;
}

/* An object that is closed keeps its number while I/O is outstanding, for that only. */
static void io__expect(PTP_IO io, int delta)
{
    struct task *task = task_get(io, &io__ops);
    if (!task)
        return;
    task_expect(task, delta);
    object_unref(&task->object);
}

VOID WINAPI StartThreadpoolIo(PTP_IO pio)
{
    io__expect(pio, 1);
}

VOID WINAPI CancelThreadpoolIo(PTP_IO pio)
{
    io__expect(pio, -1);
}

VOID WINAPI WaitForThreadpoolIoCallbacks(PTP_IO pio, BOOL fCancelPendingCallbacks)
{
    task_wait_for_callbacks(pio, &io__ops, fCancelPendingCallbacks);
}

VOID WINAPI CloseThreadpoolIo(PTP_IO pio)
{
    task_close_pointer(pio, &io__ops);
}

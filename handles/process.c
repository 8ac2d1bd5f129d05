/* The running process as a dispatcher object. */
#include "process.h"

#include <winnt.h>

static bool process__is_signaled(struct object *object, struct thread *thread)
{
    (void)object;
    (void)thread;
    return false;
}

static NTSTATUS process__acquire(struct object *object, struct thread *thread)
{
    (void)object;
    (void)thread;
    return STATUS_WAIT_0;
}

static void process__destroy(struct object *object)
{
    (void)object; /* static, and never without a reference */
}

const struct object_ops process_ops = {
    .name = "Process",
    .all_access = PROCESS_ALL_ACCESS,
    .generic_read = STANDARD_RIGHTS_READ | PROCESS_VM_READ | PROCESS_QUERY_INFORMATION,
    .generic_write = STANDARD_RIGHTS_WRITE | PROCESS_SET_INFORMATION | PROCESS_VM_WRITE,
    .generic_execute = STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE | PROCESS_TERMINATE,
    .is_signaled = process__is_signaled,
    .acquire = process__acquire,
    .destroy = process__destroy,
};

struct object *process_self(void)
{
    static struct object self = {
        .ops = &process_ops, .refs = 1, .waiters = {&self.waiters, &self.waiters}};
    return &self;
}

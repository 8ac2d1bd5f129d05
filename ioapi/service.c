/* Starting the engine's threads. */
#include "service.h"

#include "thread.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum { SERVICE_STACK_BYTES = 256 * 1024 };

/* What a new thread gets. Its thread block is made beforehand: it cannot report a failure. */
struct service {
    struct thread *self;
    void *(*run)(void *);
    void *arg;
};

static struct service *service__create(void *(*run)(void *), void *arg)
{
    struct service *service = malloc(sizeof *service);
    struct thread *self = service ? thread_create() : NULL;
    if (!self) {
        free(service);
        return NULL;
    }
    self->is_service = true;
    *service = (struct service){self, run, arg};
    return service;
}

static void *service__run(void *arg)
{
    struct service service = *(struct service *)arg;
    free(arg);
    thread_enter(service.self);
    return service.run(service.arg);
}

bool service_start(const char *name, void *(*run)(void *), void *arg)
{
    struct service *service = service__create(run, arg);
    pthread_t thread;
    pthread_attr_t attributes;
    sigset_t all, before;
    int err;
    if (!service)
        return false;
    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, SERVICE_STACK_BYTES);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    err = pthread_create(&thread, &attributes, service__run, service);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (err) {
        object_unref(&service->self->object);
        free(service);
        return false;
    }
    pthread_setname_np(thread, name);
    return true;
}

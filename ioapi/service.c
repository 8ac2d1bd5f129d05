/* Starting the engine's threads. */
#include "service.h"

#include <pthread.h>
#include <signal.h>

enum { SERVICE_STACK_BYTES = 256 * 1024 };

bool service_start(const char *name, void *(*run)(void *), void *arg)
{
    pthread_t thread;
    pthread_attr_t attributes;
    sigset_t all, before;
    int err;
    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, SERVICE_STACK_BYTES);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    err = pthread_create(&thread, &attributes, run, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (err)
        return false;
    pthread_setname_np(thread, name);
    return true;
}

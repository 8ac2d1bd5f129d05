/* The epoll engine's file half: a bounded pool of threads that make plain system calls. */
#include "engine.h"

#include "file.h"
#include "service.h"

#include <pthread.h>
#include <stdio.h>

enum { POOL_THREADS_MAX = 8 };

static pthread_mutex_t pool__lock = PTHREAD_MUTEX_INITIALIZER; /* protects all below */
static pthread_cond_t pool__work = PTHREAD_COND_INITIALIZER;
static struct list pool__queue = {&pool__queue, &pool__queue};
static int pool__threads, pool__idle;

static void pool__execute(struct engine_request *request)
{
    NTSTATUS status;
    if (__atomic_load_n(&request->request.flags, __ATOMIC_RELAXED) & REQUEST_CANCELLED) {
        file_engine_done(&request->request, STATUS_CANCELLED, 0);
        return;
    }
    while (!engine_advance(request, engine_transfer_now(request, 0), &status))
        ;
    file_engine_done(&request->request, status,
                     NT_SUCCESS(status) ? request->request.information : 0);
}

static void *pool__run(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&pool__lock);
    for (;;) {
        struct list *node;
        while (list_is_empty(&pool__queue)) {
            pool__idle++;
            pthread_cond_wait(&pool__work, &pool__lock);
            pool__idle--;
        }
        node = pool__queue.next;
        list_remove(node);
        pthread_mutex_unlock(&pool__lock);
        pool__execute(list_entry(node, struct engine_request, engine_link));
        pthread_mutex_lock(&pool__lock);
    }
    return NULL;
}

static bool pool__start_up(char *reason, size_t size)
{
    (void)size;
    reason[0] = '\0';
    return true;
}

static void pool__start(struct request *base)
{
    struct engine_request *request = list_entry(base, struct engine_request, request);
    bool nobody;
    stop_defer();
    pthread_mutex_lock(&pool__lock);
    list_append(&pool__queue, &request->engine_link);
    if (pool__idle > 0)
        pthread_cond_signal(&pool__work);
    else if (pool__threads < POOL_THREADS_MAX && service_start("portico-file", pool__run, NULL))
        pool__threads++;
    nobody = pool__threads == 0;
    if (nobody)
        list_remove(&request->engine_link);
    pthread_mutex_unlock(&pool__lock);
    stop_allow();
    if (nobody)
        file_engine_done(base, STATUS_INSUFFICIENT_RESOURCES, 0);
}

static void pool__cancel(struct request *base)
{
    __atomic_fetch_or(&base->flags, REQUEST_CANCELLED, __ATOMIC_RELAXED);
}

static void pool__after_fork(void)
{
    pthread_mutex_init(&pool__lock, NULL);
    pthread_cond_init(&pool__work, NULL);
    list_init(&pool__queue);
    pool__threads = pool__idle = 0;
}

const struct engine engine_epoll = {
    .name = "epoll",
    .start_up = pool__start_up,
    .start = pool__start,
    .cancel = pool__cancel,
    .after_fork = pool__after_fork,
};

/* The heap of alarms and its thread. heap[1] is the earliest; the children of i are 2i and 2i + 1.
 */
#include "alarm.h"

#include "filetime.h"
#include "service.h"
#include "stop.h"

#include <pthread.h>
#include <stdlib.h>

enum { ALARMS_FIRST_CAPACITY = 64 };

static pthread_mutex_t alarms__mutex = PTHREAD_MUTEX_INITIALIZER; /* protects all below */
static pthread_cond_t alarms__changed;
static struct alarm **alarms__heap;
static uint32_t alarms__count, alarms__capacity;
static uint64_t alarms__order;
static bool alarms__running;

int64_t alarm_now(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return clock == CLOCK_REALTIME ? filetime_from_timespec(now)
                                   : now.tv_sec * FILETIME_PER_SECOND + now.tv_nsec / 100;
}

int64_t alarm_due_from_nt(int64_t time, int64_t *due_utc)
{
    int64_t now = alarm_now(CLOCK_MONOTONIC), utc = alarm_now(CLOCK_REALTIME);
    int64_t wait = time > 0 ? time - utc : 0;
    if (time < 0)
        wait = time < -INT64_MAX / 2 ? INT64_MAX / 2 : -time;
    if (wait < 0)
        wait = 0;
    if (due_utc)
        *due_utc = wait > INT64_MAX - utc ? INT64_MAX : utc + wait;
    return wait > INT64_MAX - now ? INT64_MAX : now + wait;
}

/* ---- the heap: the caller of each of these holds the lock ---- */

static bool alarm__is_before(const struct alarm *a, const struct alarm *b)
{
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void alarm__put(struct alarm *alarm, uint32_t place)
{
    alarms__heap[place] = alarm;
    alarm->place = place;
}

static void alarm__rise(struct alarm *alarm, uint32_t place)
{
    for (; place > 1 && alarm__is_before(alarm, alarms__heap[place / 2]); place /= 2)
        alarm__put(alarms__heap[place / 2], place);
    alarm__put(alarm, place);
}

static void alarm__sink(struct alarm *alarm, uint32_t place)
{
    for (;;) {
        uint32_t child = place * 2;
        if (child < alarms__count && alarm__is_before(alarms__heap[child + 1], alarms__heap[child]))
            child++;
        if (child > alarms__count || !alarm__is_before(alarms__heap[child], alarm))
            break;
        alarm__put(alarms__heap[child], place);
        place = child;
    }
    alarm__put(alarm, place);
}

static bool alarms__make_room(void)
{
    uint32_t capacity = alarms__capacity ? alarms__capacity * 2 : ALARMS_FIRST_CAPACITY;
    struct alarm **heap;
    if (alarms__count + 1 < alarms__capacity)
        return true;
    heap = realloc(alarms__heap, capacity * sizeof(struct alarm *));
    if (!heap)
        return false;
    alarms__heap = heap;
    alarms__capacity = capacity;
    return true;
}

void alarm_cancel(struct alarm *alarm)
{
    uint32_t place = alarm->place;
    struct alarm *last;
    if (!place)
        return;
    alarm->place = 0;
    last = alarms__heap[alarms__count--];
    if (last == alarm)
        return;
    alarm__sink(last, place);
    alarm__rise(last, last->place);
}

void alarms_ring_due(void)
{
    int64_t now = alarm_now(CLOCK_MONOTONIC);
    while (alarms__count > 0 && alarms__heap[1]->due <= now) {
        struct alarm *first = alarms__heap[1];
        alarm_cancel(first);
        first->ring(first, now);
    }
}

/* ---- the thread ---- */

static void *alarms__run(void *arg)
{
    pthread_mutex_lock(&alarms__mutex);
    for (;;) {
        alarms_ring_due();
        if (alarms__count == 0) {
            pthread_cond_wait(&alarms__changed, &alarms__mutex);
        } else {
            int64_t due = alarms__heap[1]->due;
            struct timespec at = {due / FILETIME_PER_SECOND, due % FILETIME_PER_SECOND * 100};
            pthread_cond_timedwait(&alarms__changed, &alarms__mutex, &at);
        }
    }
    return arg;
}

void alarms_lock(void)
{
    stop_defer();
    pthread_mutex_lock(&alarms__mutex);
}

void alarms_unlock(void)
{
    pthread_mutex_unlock(&alarms__mutex);
    stop_allow();
}

/* The child has neither the thread nor what the alarms were for. */
static void alarms__after_fork_in_child(void)
{
    for (uint32_t place = 1; place <= alarms__count; place++)
        alarms__heap[place]->place = 0;
    alarms__count = 0;
    alarms__running = false;
    alarms_unlock();
}

__attribute__((constructor(FORK_HANDLERS_FIRST))) static void alarms__set_up(void)
{
    pthread_atfork(alarms_lock, alarms_unlock, alarms__after_fork_in_child);
}

/* Caller holds the lock. */
static bool alarms__start(void)
{
    pthread_condattr_t attributes;
    if (alarms__running)
        return true;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&alarms__changed, &attributes);
    pthread_condattr_destroy(&attributes);
    alarms__running = service_start("portico-timers", alarms__run, NULL);
    return alarms__running;
}

bool alarm_set(struct alarm *alarm, int64_t due)
{
    alarm_cancel(alarm);
    if (!alarms__start() || !alarms__make_room())
        return false;
    alarm->due = due;
    alarm->order = alarms__order++;
    alarm__rise(alarm, ++alarms__count);
    if (alarm->place == 1)
        pthread_cond_signal(&alarms__changed);
    return true;
}

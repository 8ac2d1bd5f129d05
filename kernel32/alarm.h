/* Alarms: what is to happen at a time. The set alarms stand in a heap; one thread, started when the
 * first is set, sleeps until the earliest is due. Waitable timers, the pool's timers and the
 * time-outs of its waits are alarms.
 *
 * One lock protects all of them, and is held while an alarm rings: after alarm_cancel an alarm does
 * not ring any more. It is taken before any object's lock and before a pool's. */
#ifndef PORTICO_ALARM_H
#define PORTICO_ALARM_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct alarm {
    int64_t due;    /* 100 ns of the monotonic clock */
    uint64_t order; /* of two that are due together the one set first rings first */
    uint32_t place; /* in the heap; 0: not set */
    /* It is due, and no longer set. May set it again. Caller holds the alarms' lock. */
    void (*ring)(struct alarm *alarm, int64_t now);
};

void alarms_lock(void);
void alarms_unlock(void);

/* The time in units of 100 ns: a file time for CLOCK_REALTIME. */
int64_t alarm_now(clockid_t clock);

/* When something is due by both clocks, from an NT time: negative is relative, positive an absolute
 * file time, what is past is due now. `due_utc` may be NULL. */
int64_t alarm_due_from_nt(int64_t time, int64_t *due_utc);

/* The next time after `now` of something that happens every `period`; what passed unnoticed is not
 * made up for. */
static inline int64_t alarm_next_due(int64_t due, int64_t period, int64_t now)
{
    return due + ((now - due) / period + 1) * period;
}

/* Sets an alarm, anew if it is set. False: no memory, or no thread to be had; inside `ring` it
 * cannot fail. Caller holds the alarms' lock. */
bool alarm_set(struct alarm *alarm, int64_t due);

/* Caller holds the alarms' lock. */
void alarm_cancel(struct alarm *alarm);

static inline bool alarm_is_set(const struct alarm *alarm)
{
    return alarm->place != 0;
}

/* Rings what is due. Caller holds the alarms' lock. */
void alarms_ring_due(void);

#endif

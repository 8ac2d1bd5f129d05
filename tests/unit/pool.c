/* The thread pool from inside: its threads' number, and the heap of alarms. */
#include "portico_test.h"

#include "alarm.h"
#include "pool.h"

#include <stdatomic.h>

static _Atomic LONG ran;

static VOID CALLBACK count(PTP_CALLBACK_INSTANCE instance, PVOID context)
{
    (void)instance;
    (void)context;
    ran++;
}

static uint32_t threads_of(struct pool *pool)
{
    uint32_t threads;
    lock_acquire(&pool->lock);
    threads = pool->threads;
    lock_release(&pool->lock);
    return threads;
}

/* THRD-117 */
static void idle_threads_leave_and_new_ones_come(void **state)
{
    struct pool *pool = pool_default();
    (void)state;
    pool_idle_ms = 1;
    for (int round = 1; round <= 20; round++) {
        assert_win32(TrySubmitThreadpoolCallback(count, NULL, NULL));
        wait_until(ran == round);
        wait_until(threads_of(pool) == 0);
    }
    assert_true(pool_set_minimum(pool, 2));
    assert_int_equal(threads_of(pool), 2);
    pool_set_minimum(pool, 0);
    wait_until(threads_of(pool) == 0);
    pool_idle_ms = 20000;
}

/* A pool does not start more threads than it has processors for callbacks that do not block, but
 * one to spare. */
static void threads_are_not_started_for_every_callback(void **state)
{
    struct pool *pool = pool_default();
    (void)state;
    ran = 0;
    for (int i = 0; i < 10000; i++)
        assert_win32(TrySubmitThreadpoolCallback(count, NULL, NULL));
    wait_until(ran == 10000);
    assert_true(threads_of(pool) <= pool->port->maximum + 4);
}

enum { ALARMS = 1000 };

static int64_t rung[ALARMS];
static int rings;

static void note_ring(struct alarm *alarm, int64_t now)
{
    (void)now;
    rung[rings++] = alarm->due;
}

static void alarms_ring_in_order_whatever_was_cancelled(void **state)
{
    static struct alarm alarms[ALARMS];
    uint32_t random = 1;
    int cancelled = 0;
    (void)state;
    alarms_lock(); /* so that only this thread rings */
    for (int i = 0; i < ALARMS; i++) {
        random = random * 1664525 + 1013904223;
        alarms[i].ring = note_ring;
        assert_true(alarm_set(&alarms[i], random >> 20));
    }
    for (int i = 0; i < ALARMS; i += 3) {
        alarm_cancel(&alarms[i]);
        alarm_cancel(&alarms[i]);
        cancelled++;
    }
    for (int i = 1; i < ALARMS; i += 3)
        assert_true(alarm_set(&alarms[i], 5000 - alarms[i].due));
    alarms_ring_due();
    alarms_unlock();
    assert_int_equal(rings, ALARMS - cancelled);
    for (int i = 1; i < rings; i++)
        assert_true(rung[i - 1] <= rung[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_threads_leave_and_new_ones_come),
        cmocka_unit_test(threads_are_not_started_for_every_callback),
        cmocka_unit_test(alarms_ring_in_order_whatever_was_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The internal lock under contention, with the kernel's barrier and without. */
#include "portico_test.h"

#include "lock.h"

#include <pthread.h>
#include <sched.h>

enum { THREADS = 4, ROUNDS = 20000, LONG_SECTION_EVERY = 64 };

static struct lock lock;
static unsigned long counted; /* under the lock */

/* Now and then the section is so long that others give up spinning and sleep. */
static void *count(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < ROUNDS; i++) {
        lock_acquire(&lock);
        counted++;
        if (i % LONG_SECTION_EVERY == 0)
            sched_yield();
        lock_release(&lock);
    }
    return NULL;
}

/* A sleeper that nobody wakes would keep the test from ending. */
static void count_with_all_threads(void)
{
    pthread_t threads[THREADS];
    counted = 0;
    lock_init(&lock);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(counted, (unsigned long)THREADS * ROUNDS);
    assert_int_equal(atomic_load(&lock.word), 0);
}

static void threads_take_turns(void **state)
{
    (void)state;
    count_with_all_threads();
}

static void threads_take_turns_where_the_kernel_has_no_barrier(void **state)
{
    bool has_barrier = lock_has_barrier;
    (void)state;
    lock_has_barrier = false;
    count_with_all_threads();
    lock_has_barrier = has_barrier;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_take_turns),
        cmocka_unit_test(threads_take_turns_where_the_kernel_has_no_barrier),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The handle table from the inside: what lookups refuse, what a million handles weigh, and closes
 * that race with uses. */
#include "portico_test.h"

#include "event.h"
#include "handle_table.h"
#include "thread.h"

#include <malloc.h>
#include <pthread.h>

enum { MANY_HANDLES = 1000000, RACE_ROUNDS = 20000, RACE_USERS = 3, BYTES_PER_HANDLE_MAX = 20 };

static HANDLE open_event(void)
{
    struct event *event = event_create(true, false);
    HANDLE handle = NULL;
    assert_non_null(event);
    assert_int_equal(handle_open_new(&event->object, EVENT_ALL_ACCESS, 0, &handle), STATUS_SUCCESS);
    return handle;
}

static void assert_refused(HANDLE handle)
{
    struct object *object;
    assert_int_equal(handle_get_any(handle, &object, NULL), STATUS_INVALID_HANDLE);
    assert_null(object);
    assert_int_equal(handle_close(handle), STATUS_INVALID_HANDLE);
}

/* HND-009 HND-003 */
static void values_that_name_nothing_are_refused(void **state)
{
    HANDLE handle = open_event();
    uintptr_t value = (uintptr_t)handle;
    (void)state;
    assert_refused(NULL);
    assert_refused((HANDLE)(uintptr_t)0x7FFFFFFC);
    assert_refused((HANDLE)(uintptr_t)0xFFFFFFFF);
    assert_refused((HANDLE)(uintptr_t)0x1FFFFFFFF);
    assert_refused((HANDLE)(value + 0x100000000));
    assert_refused((HANDLE)(value | (uintptr_t)1 << 63));
    assert_refused((HANDLE)&handle);
    assert_refused((HANDLE)(intptr_t)-3);
    assert_int_equal(handle_close(handle), STATUS_SUCCESS);
    assert_refused(handle);
}

/* HND-002 */
static void the_low_two_bits_do_not_count(void **state)
{
    HANDLE handle = open_event();
    struct object *object, *same;
    (void)state;
    assert_int_equal(handle_get_any(handle, &object, NULL), STATUS_SUCCESS);
    for (uintptr_t bits = 1; bits < 4; bits++) {
        assert_int_equal(handle_get_any((HANDLE)((uintptr_t)handle + bits), &same, NULL),
                         STATUS_SUCCESS);
        assert_ptr_equal(same, object);
        object_unref(same);
    }
    object_unref(object);
    assert_int_equal(handle_close(handle), STATUS_SUCCESS);
}

/* HND-007 */
static void a_freed_value_is_given_out_first(void **state)
{
    HANDLE first = open_event(), second = open_event(), again;
    (void)state;
    assert_int_equal(handle_close(first), STATUS_SUCCESS);
    again = open_event();
    assert_ptr_equal(again, first);
    assert_int_equal(handle_close(again), STATUS_SUCCESS);
    assert_int_equal(handle_close(second), STATUS_SUCCESS);
}

static void a_lookup_keeps_its_object_through_the_close(void **state)
{
    HANDLE handle = open_event();
    struct object *object;
    (void)state;
    assert_int_equal(handle_get(handle, &event_ops, 0, &object), STATUS_SUCCESS);
    assert_int_equal(handle_close(handle), STATUS_SUCCESS);
    event_set(event_of(object));
    handle_put_store(thread_self());
    assert_int_equal(atomic_load(&object->refs), 1);
    assert_int_equal(atomic_load(&object->handles), 0);
    object_unref(object);
}

/* What is looked up again and again is looked up in the thread's store, also for other handles than
 * the last; a close is noticed there, and so is another object under the same value. */
static void a_store_gives_and_takes_references_and_follows_closes(void **state)
{
    HANDLE handles[] = {open_event(), open_event()}, again;
    struct object *objects[2], *object;
    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(handle_get(handles[i], &event_ops, 0, &objects[i]), STATUS_SUCCESS);
        for (int times = 0; times < 100; times++) {
            assert_int_equal(handle_get(handles[i], &event_ops, 0, &object), STATUS_SUCCESS);
            assert_ptr_equal(object, objects[i]);
            handle_put(handles[i], object);
        }
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(handle_close(handles[i]), STATUS_SUCCESS);
        assert_int_equal(handle_get(handles[i], &event_ops, 0, &object), STATUS_INVALID_HANDLE);
        assert_true(atomic_load(&objects[i]->refs) > 1);
    }
    again = open_event();
    assert_ptr_equal(again, handles[1]);
    assert_int_equal(handle_get(again, &event_ops, 0, &object), STATUS_SUCCESS);
    assert_ptr_not_equal(object, objects[1]);
    handle_put(again, object);
    handle_put_store(thread_self());
    for (int i = 0; i < 2; i++) {
        assert_int_equal(atomic_load(&objects[i]->refs), 1);
        object_unref(objects[i]);
    }
    assert_int_equal(handle_close(again), STATUS_SUCCESS);
}

/* The count above a slot's address is folded into the object before its 16 bits run over. */
static void references_balance_after_more_lookups_than_a_slot_counts(void **state)
{
    HANDLE handle = open_event();
    struct object *object;
    (void)state;
    for (int i = 0; i < 200000; i++) {
        assert_int_equal(handle_get(handle, &event_ops, 0, &object), STATUS_SUCCESS);
        object_unref(object);
    }
    assert_int_equal(handle_get(handle, &event_ops, 0, &object), STATUS_SUCCESS);
    assert_int_equal(handle_close(handle), STATUS_SUCCESS);
    handle_put_store(thread_self());
    assert_int_equal(atomic_load(&object->refs), 1);
    object_unref(object);
}

static void a_million_handles_stay_distinct_and_light(void **state)
{
    struct event *event = event_create(true, false);
    HANDLE *handles = malloc(MANY_HANDLES * sizeof *handles);
    size_t before, used;
    (void)state;
    before = mallinfo2().uordblks + mallinfo2().hblkhd;
    for (int i = 0; i < MANY_HANDLES; i++)
        if (handle_open(&event->object, EVENT_ALL_ACCESS, 0, &handles[i]) != STATUS_SUCCESS)
            fail_msg("handle %d could not be opened", i);
    used = mallinfo2().uordblks + mallinfo2().hblkhd - before;
    print_message("%d handles: %zu bytes each\n", MANY_HANDLES, used / MANY_HANDLES);
    assert_in_range(used / MANY_HANDLES, 0, BYTES_PER_HANDLE_MAX);
    assert_int_equal(atomic_load(&event->object.handles), MANY_HANDLES);
    for (int i = 0; i < MANY_HANDLES; i++) {
        struct object *object;
        if (handle_get(handles[i], &event_ops, 0, &object) != STATUS_SUCCESS)
            fail_msg("handle %d is not found", i);
        object_unref(object);
        if (handle_close(handles[i]) != STATUS_SUCCESS)
            fail_msg("handle %d does not close", i);
        if (handle_close(handles[i]) != STATUS_INVALID_HANDLE)
            fail_msg("handle %d closes twice", i);
    }
    handle_put_store(thread_self());
    assert_int_equal(atomic_load(&event->object.refs), 1);
    object_unref(&event->object);
    free(handles);
}

/* ---- closes racing with uses ---- */

static _Atomic uintptr_t race_handle;
static _Atomic int race_over;
static _Atomic int destroyed;
static _Atomic int race_broken;

static void witness_destroy(struct object *object)
{
    atomic_fetch_add(&destroyed, 1);
    memset(object, 0xEE, sizeof *object);
    free(object);
}

static const struct object_ops witness_ops = {.name = "Witness", .destroy = witness_destroy};

static void *use_the_handle(void *arg)
{
    (void)arg;
    while (!atomic_load(&race_over)) {
        struct object *object;
        HANDLE handle = (HANDLE)atomic_load(&race_handle);
        if (handle_get(handle, &witness_ops, 0, &object) != STATUS_SUCCESS)
            continue;
        if (object->ops != &witness_ops || atomic_load(&object->refs) == 0)
            atomic_store(&race_broken, 1);
        object_unref(object);
    }
    return NULL;
}

static void closes_that_race_with_uses_destroy_each_object_once(void **state)
{
    pthread_t users[RACE_USERS];
    (void)state;
    for (int i = 0; i < RACE_USERS; i++)
        assert_int_equal(pthread_create(&users[i], NULL, use_the_handle, NULL), 0);
    for (int i = 0; i < RACE_ROUNDS; i++) {
        struct object *object = calloc(1, sizeof *object);
        HANDLE handle;
        object_init(object, &witness_ops, 0);
        if (handle_open_new(object, 1, 0, &handle) != STATUS_SUCCESS)
            fail_msg("round %d: no handle", i);
        atomic_store(&race_handle, (uintptr_t)handle);
        if (i % 64 == 0)
            sched_yield();
        if (handle_close(handle) != STATUS_SUCCESS)
            fail_msg("round %d: not closed", i);
    }
    atomic_store(&race_over, 1);
    for (int i = 0; i < RACE_USERS; i++)
        pthread_join(users[i], NULL);
    assert_int_equal(atomic_load(&race_broken), 0);
    assert_int_equal(atomic_load(&destroyed), RACE_ROUNDS);
}

struct closer {
    pthread_t thread;
    HANDLE handle;
    pthread_barrier_t *barrier;
    int closed;
};

static void *close_at_the_barrier(void *arg)
{
    struct closer *closer = arg;
    pthread_barrier_wait(closer->barrier);
    closer->closed = handle_close(closer->handle) == STATUS_SUCCESS;
    return NULL;
}

static void of_two_closes_at_once_one_succeeds(void **state)
{
    pthread_barrier_t barrier;
    (void)state;
    pthread_barrier_init(&barrier, NULL, 2);
    for (int round = 0; round < 500; round++) {
        HANDLE handle = open_event();
        struct closer closers[2] = {{.handle = handle, .barrier = &barrier},
                                    {.handle = handle, .barrier = &barrier}};
        for (int i = 0; i < 2; i++)
            pthread_create(&closers[i].thread, NULL, close_at_the_barrier, &closers[i]);
        for (int i = 0; i < 2; i++)
            pthread_join(closers[i].thread, NULL);
        assert_int_equal(closers[0].closed + closers[1].closed, 1);
    }
    pthread_barrier_destroy(&barrier);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_that_name_nothing_are_refused),
        cmocka_unit_test(the_low_two_bits_do_not_count),
        cmocka_unit_test(a_freed_value_is_given_out_first),
        cmocka_unit_test(a_lookup_keeps_its_object_through_the_close),
        cmocka_unit_test(a_store_gives_and_takes_references_and_follows_closes),
        cmocka_unit_test(references_balance_after_more_lookups_than_a_slot_counts),
        cmocka_unit_test(a_million_handles_stay_distinct_and_light),
        cmocka_unit_test(closes_that_race_with_uses_destroy_each_object_once),
        cmocka_unit_test(of_two_closes_at_once_one_succeeds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_thread.c - parallel for and the ordered pipeline: every item once, in order, and nobody waits for the slow
 *
 * Built with SANITIZE=thread it also shows that there are no races.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "common/thread.h"

/* ---- parallel for */

struct count {
	atomic_int seen[5000];
	atomic_int busy[16];
	atomic_int wrong;
	int threads;
};

static void count_one(void *data, size_t i, int worker)
{
	struct count *c = data;
	if (worker < 0 || worker >= c->threads || atomic_fetch_add(&c->busy[worker], 1) != 0)
		atomic_fetch_add(&c->wrong, 1); /* scratch space of two at a time */
	atomic_fetch_add(&c->seen[i], 1);
	if (i % 97 == 0)
		sched_yield();
	atomic_fetch_sub(&c->busy[worker], 1);
}

static void every_iteration_once(void **state)
{
	(void)state;
	static const size_t n[] = { 0, 1, 2, 3, 16, 5000 };
	struct count *c = xmalloc(sizeof *c);
	for (int threads = 0; threads <= 16; threads++)
		for (size_t k = 0; k < sizeof n / sizeof *n; k++) {
			memset(c, 0, sizeof *c);
			c->threads = threads < 1 ? 1 : threads;
			parallel_for(threads, n[k], count_one, c);
			assert_int_equal(c->wrong, 0);
			for (size_t i = 0; i < 5000; i++)
				assert_int_equal(c->seen[i], i < n[k]);
		}
	free(c);
}

static void inner(void *data, size_t i, int worker)
{
	(void)i, (void)worker;
	atomic_fetch_add((atomic_int *)data, 1);
}

static void outer(void *data, size_t i, int worker)
{
	(void)i, (void)worker;
	parallel_for(3, 20, inner, data);
}

static void nests(void **state)
{
	(void)state;
	atomic_int sum = 0;
	for (int i = 0; i < 50; i++)
		parallel_for(4, 10, outer, &sum);
	assert_int_equal(sum, 50 * 10 * 20);
}

static void *many_times(void *data)
{
	for (int i = 0; i < 500; i++)
		parallel_for(4, 8, inner, data);
	return NULL;
}

static void from_several_threads(void **state)
{
	(void)state;
	atomic_int sum = 0;
	pthread_t t[4];
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, many_times, &sum);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(sum, 4 * 500 * 8);
}

/* Plain memory written by the iterations is visible afterwards, and used by one worker at a time in between. */
static void add_to_scratch(void *data, size_t i, int worker)
{
	((size_t *)data)[worker] += i;
}

static void scratch_is_private(void **state)
{
	(void)state;
	size_t scratch[8] = { 0 }, sum = 0;
	parallel_for(8, 100000, add_to_scratch, scratch);
	for (int i = 0; i < 8; i++)
		sum += scratch[i];
	assert_true(sum == (size_t)100000 * 99999 / 2);
}

/* ---- pipeline */

struct run {
	int n, given, written, dropped;
	int stop_after; /* write says stop at this one; -1: never */
	int depth_seen;
	atomic_int in_flight, worked;
	atomic_int busy[16];
	atomic_bool wrong;
	bool last_was_ready;
};

struct item {
	int number, result;
};

static void *give(void *data)
{
	struct run *r = data;
	if (r->given == r->n)
		return NULL;
	struct item *item = xcalloc(1, sizeof *item);
	item->number = r->given++;
	int flying = atomic_fetch_add(&r->in_flight, 1) + 1;
	if (flying > r->depth_seen)
		r->depth_seen = flying;
	return item;
}

static void square(void *data, void *p, int worker)
{
	struct run *r = data;
	struct item *item = p;
	if (worker < 0 || worker >= 16 || atomic_fetch_add(&r->busy[worker], 1) != 0)
		atomic_store(&r->wrong, true);
	if (item->number % 7 == 0)
		usleep((unsigned)(item->number * 37 % 500)); /* others overtake */
	item->result = item->number * item->number;
	atomic_fetch_add(&r->worked, 1);
	atomic_fetch_sub(&r->busy[worker], 1);
}

static int check_and_free(void *data, void *p, bool last_ready)
{
	struct run *r = data;
	struct item *item = p;
	if (item->number != r->written || item->result != item->number * item->number)
		atomic_store(&r->wrong, true);
	r->written++;
	r->last_was_ready = last_ready;
	atomic_fetch_sub(&r->in_flight, 1);
	free(item);
	return r->written - 1 == r->stop_after ? -1 : 0;
}

static void drop(void *data, void *p)
{
	struct run *r = data;
	r->dropped++;
	free(p);
}

static void order_and_depth(void **state)
{
	(void)state;
	static const int n[] = { 0, 1, 2, 500 };
	for (int threads = 0; threads <= 5; threads++)
		for (int depth = 0; depth < 4; depth++)
			for (size_t k = 0; k < sizeof n / sizeof *n; k++) {
				struct run r = { .n = n[k], .stop_after = -1 };
				struct pipeline p = { give, square, check_and_free, drop, &r, threads, depth };
				assert_int_equal(pipeline_run(&p), 0);
				assert_false(r.wrong);
				assert_int_equal(r.written, n[k]);
				assert_int_equal(r.dropped, 0);
				int most = depth ? depth : 2 * (threads < 1 ? 1 : threads);
				/* in_flight falls within write, a moment before the pipeline knows */
				assert_true(r.depth_seen <= most + 1);
				if (n[k])
					assert_true(r.last_was_ready);
			}
}

static void stopped_by_write(void **state)
{
	(void)state;
	static const int stop[] = { 0, 1, 50 };
	for (int threads = 0; threads <= 4; threads++)
		for (size_t k = 0; k < sizeof stop / sizeof *stop; k++) {
			struct run r = { .n = 1000, .stop_after = stop[k] };
			struct pipeline p = { give, square, check_and_free, drop, &r, threads, 0 };
			assert_int_equal(pipeline_run(&p), -1);
			assert_false(r.wrong);
			assert_int_equal(r.written, stop[k] + 1);
			assert_int_equal(r.given, r.written + r.dropped); /* nothing is lost */
			assert_true(r.dropped <= 2 * threads);
		}
}

/* ---- a slow input: each item is only given once the one before it was written */

struct slow {
	int pipe[2];
	int given, n, ready;
};

static void *give_slowly(void *data)
{
	struct slow *s = data;
	char c;
	if (s->given > 0 && read(s->pipe[0], &c, 1) != 1)
		abort();
	return s->given == s->n ? NULL : (s->given++, xstrdup("item"));
}

static void no_work(void *data, void *item, int worker)
{
	(void)data, (void)item, (void)worker;
}

static int write_and_tell(void *data, void *item, bool last_ready)
{
	struct slow *s = data;
	s->ready += last_ready;
	free(item);
	return write(s->pipe[1], "x", 1) == 1 ? 0 : -1;
}

static void finished_items_do_not_wait_for_a_slow_reader(void **state)
{
	(void)state;
	for (int threads = 1; threads <= 3; threads++) {
		struct slow s = { .n = 20 };
		assert_int_equal(pipe(s.pipe), 0);
		struct pipeline p = { give_slowly, no_work, write_and_tell, NULL, &s, threads, 0 };
		alarm(60); /* it would hang */
		assert_int_equal(pipeline_run(&p), 0);
		alarm(0);
		assert_int_equal(s.given, 20);
		assert_int_equal(s.ready, 20); /* each should be flushed: nothing was behind it */
		close(s.pipe[0]);
		close(s.pipe[1]);
	}
}

/* ---- one slow item holds the others back, and they come together */

struct burst {
	int given, written, not_last;
	atomic_int worked;
};

static void *give_burst(void *data)
{
	struct burst *b = data;
	return b->given == 8 ? NULL : (b->given++, xmalloc(1));
}

static void slow_first(void *data, void *item, int worker)
{
	(void)item, (void)worker;
	struct burst *b = data;
	/* The first to come waits for all the others. */
	if (atomic_fetch_add(&b->worked, 1) == 0)
		while (atomic_load(&b->worked) < 8)
			usleep(100);
}

static int write_burst(void *data, void *item, bool last_ready)
{
	struct burst *b = data;
	if (b->written == 0)
		usleep(20000); /* the last of the others may just be ending */
	b->written++;
	b->not_last += !last_ready;
	free(item);
	return 0;
}

static void last_ready_only_at_the_end_of_a_burst(void **state)
{
	(void)state;
	struct burst b = { 0 };
	struct pipeline p = { give_burst, slow_first, write_burst, NULL, &b, 2, 8 };
	assert_int_equal(pipeline_run(&p), 0);
	assert_int_equal(b.written, 8);
	assert_true(b.not_last >= 6); /* all but the last one, and perhaps the first */
}

/* ---- how many */

static void default_respects_affinity(void **state)
{
	(void)state;
	cpu_set_t all, one;
	assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
	int n = thread_default();
	assert_true(n >= 1 && n <= CPU_COUNT(&all));
	size_t cpu = 0;
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
	assert_int_equal(thread_default(), 1);
	assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
	assert_int_equal(thread_default(), n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_iteration_once),
		cmocka_unit_test(nests),
		cmocka_unit_test(from_several_threads),
		cmocka_unit_test(scratch_is_private),
		cmocka_unit_test(order_and_depth),
		cmocka_unit_test(stopped_by_write),
		cmocka_unit_test(finished_items_do_not_wait_for_a_slow_reader),
		cmocka_unit_test(last_ready_only_at_the_end_of_a_burst),
		cmocka_unit_test(default_respects_affinity),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* batches.c - see batches.h: a ring of batches */
#include "common/data/batches.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct slot {
	uint8_t *bytes;
	struct batch_row *origin;
	int made;
	int failed; /* the first row that failed; none: rows */
	struct err error;
};

struct batches {
	struct batches_config c;
	struct slot *slot; /* [prefetch]; batch `step` is in step % prefetch */
	pthread_t *thread;
	pthread_mutex_t lock;
	pthread_cond_t room; /* for the threads: a batch was given back, or stop */
	pthread_cond_t made; /* for batches_take: a batch is complete */
	uint64_t next_step;  /* the row that is taken next */
	int next_row;
	uint64_t out; /* the batch that is handed out next, or is out */
	bool stop;
	int workers;
};

static void *work(void *data)
{
	struct batches *b = data;

	pthread_mutex_lock(&b->lock);
	int worker = b->workers++;
	for (;;) {
		while (!b->stop && b->next_step - b->out >= (uint64_t)b->c.prefetch)
			pthread_cond_wait(&b->room, &b->lock);
		if (b->stop)
			break;
		uint64_t step = b->next_step;
		int row = b->next_row++;
		struct slot *s = &b->slot[step % (uint64_t)b->c.prefetch];
		struct err e = { 0 };
		if (b->next_row == b->c.rows) {
			b->next_row = 0;
			b->next_step++;
		}
		pthread_mutex_unlock(&b->lock);
		int rc = b->c.make(b->c.data, step, row, worker, s->bytes + (size_t)row * b->c.row_bytes,
				   &s->origin[row], &e);
		pthread_mutex_lock(&b->lock);
		if (rc && row < s->failed) {
			s->failed = row;
			s->error = e;
		}
		if (++s->made == b->c.rows && step == b->out)
			pthread_cond_signal(&b->made);
	}
	pthread_mutex_unlock(&b->lock);
	return NULL;
}

struct batches *batches_start(const struct batches_config *c, uint64_t step)
{
	struct batches *b = xcalloc(1, sizeof *b);

	b->c = *c;
	b->slot = xcalloc((size_t)c->prefetch, sizeof *b->slot);
	for (int i = 0; i < c->prefetch; i++) {
		b->slot[i].bytes = xaligned((size_t)c->rows * c->row_bytes);
		b->slot[i].origin = xcalloc((size_t)c->rows, sizeof *b->slot[i].origin);
		b->slot[i].failed = c->rows;
	}
	b->next_step = b->out = step;
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->room, NULL);
	pthread_cond_init(&b->made, NULL);
	b->thread = xcalloc((size_t)c->threads, sizeof *b->thread);
	for (int i = 0; i < c->threads; i++) {
		errno = pthread_create(&b->thread[i], NULL, work, b);
		if (errno)
			die_sys("cannot start a thread");
	}
	return b;
}

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int batches_take(struct batches *b, struct batch *batch, double *waited, struct err *e)
{
	double from = seconds();

	pthread_mutex_lock(&b->lock);
	struct slot *s = &b->slot[b->out % (uint64_t)b->c.prefetch];
	while (s->made < b->c.rows)
		pthread_cond_wait(&b->made, &b->lock);
	pthread_mutex_unlock(&b->lock);
	*waited = seconds() - from;
	*batch = (struct batch){ s->bytes, s->origin };
	if (s->failed == b->c.rows)
		return 0;
	if (e)
		*e = s->error;
	return -1;
}

void batches_done(struct batches *b)
{
	pthread_mutex_lock(&b->lock);
	struct slot *s = &b->slot[b->out % (uint64_t)b->c.prefetch];
	if (s->made < b->c.rows)
		BUG("batch %llu is given back before it was taken", (unsigned long long)b->out);
	s->made = 0;
	s->failed = b->c.rows;
	b->out++;
	pthread_cond_broadcast(&b->room);
	pthread_mutex_unlock(&b->lock);
}

void batches_free(struct batches *b)
{
	if (!b)
		return;
	pthread_mutex_lock(&b->lock);
	b->stop = true;
	pthread_cond_broadcast(&b->room);
	pthread_mutex_unlock(&b->lock);
	for (int i = 0; i < b->c.threads; i++)
		pthread_join(b->thread[i], NULL);
	for (int i = 0; i < b->c.prefetch; i++) {
		free(b->slot[i].bytes);
		free(b->slot[i].origin);
	}
	pthread_mutex_destroy(&b->lock);
	pthread_cond_destroy(&b->room);
	pthread_cond_destroy(&b->made);
	free(b->slot);
	free(b->thread);
	free(b);
}

size_t batches_bytes(const struct batches_config *c)
{
	return (size_t)c->prefetch * (size_t)c->rows * (c->row_bytes + sizeof(struct batch_row));
}

/*
 * thread.c - a parallel for on one pool, and an ordered pipeline
 */
#include "common/thread.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"

static pthread_t start_thread(void *(*fn)(void *), void *data)
{
	pthread_t t;
	errno = pthread_create(&t, NULL, fn, data);
	if (errno)
		die_sys("cannot start a thread");
	return t;
}

/* ---- how many */

static int affinity_count(void)
{
	for (int cpus = 1024; cpus <= 1 << 20; cpus *= 2) {
		cpu_set_t *set = CPU_ALLOC((size_t)cpus);
		size_t size = CPU_ALLOC_SIZE((size_t)cpus);
		if (!set)
			break;
		int rc = sched_getaffinity(0, size, set), n = rc == 0 ? CPU_COUNT_S(size, set) : 0;
		CPU_FREE(set);
		if (rc == 0)
			return n;
		if (errno != EINVAL) /* EINVAL: the kernel's mask is larger */
			break;
	}
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	return n > 0 ? (int)n : 1;
}

/* "QUOTA PERIOD" or "max PERIOD"; processors the quota is worth, rounded up; 0 for no limit. */
static int read_cpu_max(const char *path)
{
	FILE *f = fopen(path, "re");
	long long quota = 0, period = 0;
	if (!f)
		return 0;
	int n = fscanf(f, "%lld %lld", &quota, &period);
	fclose(f);
	if (n != 2 || quota <= 0 || period <= 0 || quota / period > 1 << 20)
		return 0;
	return (int)((quota + period - 1) / period);
}

/* The tightest cpu.max from this process's cgroup (version 2) up to the root; 0 for none. */
static int cgroup_quota(void)
{
	char line[2048], path[4096];
	int tightest = 0;
	FILE *f = fopen("/proc/self/cgroup", "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof line, f)) {
		if (strncmp(line, "0::", 3) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		for (char *group = line + 3;;) {
			snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", strcmp(group, "/") ? group : "");
			int n = read_cpu_max(path);
			if (n && (!tightest || n < tightest))
				tightest = n;
			char *slash = strrchr(group, '/');
			if (!slash)
				break;
			*slash = '\0';
		}
	}
	fclose(f);
	return tightest;
}

int thread_default(void)
{
	int n = affinity_count(), quota = cgroup_quota();
	if (quota && quota < n)
		n = quota;
	return n < 1 ? 1 : n;
}

/* ---- parallel for: helpers wait for jobs; who calls works on his own job, so that nesting cannot deadlock */

struct job {
	void (*fn)(void *data, size_t i, int worker);
	void *data;
	size_t n;
	atomic_size_t next;
	int threads; /* at most */
	int joined;  /* workers that took part so far, the caller included */
	int active;  /* helpers at work */
	pthread_cond_t done;
	struct job *later;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct job *jobs;
	int helpers;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER };

static void work_on(struct job *job, int worker)
{
	size_t i;
	while ((i = atomic_fetch_add_explicit(&job->next, 1, memory_order_relaxed)) < job->n)
		job->fn(job->data, i, worker);
}

/* A job that can use one more; pool.lock is held. */
static struct job *find_job(void)
{
	for (struct job *job = pool.jobs; job; job = job->later)
		if (job->joined < job->threads && atomic_load_explicit(&job->next, memory_order_relaxed) < job->n)
			return job;
	return NULL;
}

static void *helper(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&pool.lock);
	for (;;) {
		struct job *job = find_job();
		if (!job) {
			pthread_cond_wait(&pool.work, &pool.lock);
			continue;
		}
		int worker = job->joined++;
		job->active++;
		pthread_mutex_unlock(&pool.lock);
		work_on(job, worker);
		pthread_mutex_lock(&pool.lock);
		if (--job->active == 0)
			pthread_cond_signal(&job->done);
	}
	return NULL;
}

void parallel_for(int threads, size_t n, void (*fn)(void *data, size_t i, int worker), void *data)
{
	if ((size_t)(threads < 1 ? 1 : threads) > n)
		threads = (int)n;
	if (threads <= 1) {
		for (size_t i = 0; i < n; i++)
			fn(data, i, 0);
		return;
	}
	struct job job = { .fn = fn, .data = data, .n = n, .threads = threads, .joined = 1 };
	pthread_cond_init(&job.done, NULL);

	pthread_mutex_lock(&pool.lock);
	while (pool.helpers < threads - 1) {
		pthread_detach(start_thread(helper, NULL));
		pool.helpers++;
	}
	job.later = pool.jobs;
	pool.jobs = &job;
	for (int i = 1; i < threads; i++)
		pthread_cond_signal(&pool.work);
	pthread_mutex_unlock(&pool.lock);

	work_on(&job, 0);

	pthread_mutex_lock(&pool.lock);
	struct job **p = &pool.jobs;
	while (*p != &job)
		p = &(*p)->later;
	*p = job.later;
	while (job.active)
		pthread_cond_wait(&job.done, &pool.lock);
	pthread_mutex_unlock(&pool.lock);
	pthread_cond_destroy(&job.done);
}

/* ---- pipeline: a ring of `depth` items; 0 <= written <= taken <= read <= written + depth */

struct slot {
	void *item;
	bool done;
};

struct ring {
	const struct pipeline *p;
	size_t depth;
	struct slot *slot;
	/* Counts of items: handed out by read, given to a worker, given to write. */
	size_t read, taken, written;
	bool end;  /* read returned NULL */
	bool stop; /* write returned -1 */
	int workers;
	pthread_mutex_t lock;
	pthread_cond_t room;  /* for the reader: an item was written, or stop */
	pthread_cond_t work;  /* for the workers: an item was read, or the end, or stop */
	pthread_cond_t ready; /* for the writer: the item that is next is done, or the end */
};

static void *reader(void *data)
{
	struct ring *r = data;
	pthread_mutex_lock(&r->lock);
	for (;;) {
		while (r->read - r->written == r->depth && !r->stop)
			pthread_cond_wait(&r->room, &r->lock);
		if (r->stop)
			break;
		pthread_mutex_unlock(&r->lock);
		void *item = r->p->read(r->p->data);
		pthread_mutex_lock(&r->lock);
		if (!item)
			break;
		r->slot[r->read++ % r->depth] = (struct slot){ .item = item };
		pthread_cond_signal(&r->work);
	}
	r->end = true;
	pthread_cond_broadcast(&r->work);
	pthread_cond_signal(&r->ready);
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

static void *worker(void *data)
{
	struct ring *r = data;
	pthread_mutex_lock(&r->lock);
	int number = r->workers++;
	for (;;) {
		while (r->taken == r->read && !r->end && !r->stop)
			pthread_cond_wait(&r->work, &r->lock);
		if (r->taken == r->read || r->stop)
			break;
		size_t i = r->taken++;
		struct slot *s = &r->slot[i % r->depth];
		pthread_mutex_unlock(&r->lock);
		r->p->work(r->p->data, s->item, number);
		pthread_mutex_lock(&r->lock);
		s->done = true;
		if (i == r->written)
			pthread_cond_signal(&r->ready);
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* Runs in the calling thread until the last item is written or write says stop. */
static void writer(struct ring *r)
{
	pthread_mutex_lock(&r->lock);
	for (;;) {
		struct slot *s = &r->slot[r->written % r->depth];
		while (!(r->written < r->read && s->done) && !(r->end && r->written == r->read))
			pthread_cond_wait(&r->ready, &r->lock);
		if (r->written == r->read)
			break;
		void *item = s->item;
		bool last = !(r->written + 1 < r->read && r->slot[(r->written + 1) % r->depth].done);
		pthread_mutex_unlock(&r->lock);
		int rc = r->p->write(r->p->data, item, last);
		pthread_mutex_lock(&r->lock);
		r->written++;
		pthread_cond_signal(&r->room);
		if (rc < 0) {
			r->stop = true;
			pthread_cond_broadcast(&r->work);
			break;
		}
	}
	pthread_mutex_unlock(&r->lock);
}

static int in_turn(const struct pipeline *p)
{
	for (void *item; (item = p->read(p->data));) {
		p->work(p->data, item, 0);
		if (p->write(p->data, item, true) < 0)
			return -1;
	}
	return 0;
}

int pipeline_run(const struct pipeline *p)
{
	if (p->threads < 1)
		return in_turn(p);

	int threads = p->threads;
	struct ring r = {
		.p = p,
		.depth = p->depth < 1 ? 2 * (size_t)threads : (size_t)p->depth,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.room = PTHREAD_COND_INITIALIZER,
		.work = PTHREAD_COND_INITIALIZER,
		.ready = PTHREAD_COND_INITIALIZER,
	};
	r.slot = xcalloc(r.depth, sizeof *r.slot);
	pthread_t *thread = xcalloc((size_t)threads + 1, sizeof *thread);
	for (int i = 0; i < threads; i++)
		thread[i] = start_thread(worker, &r);
	thread[threads] = start_thread(reader, &r);
	writer(&r);
	for (int i = 0; i <= threads; i++)
		pthread_join(thread[i], NULL);
	if (p->drop)
		for (; r.written < r.read; r.written++)
			p->drop(p->data, r.slot[r.written % r.depth].item);
	free(thread);
	free(r.slot);
	return r.stop ? -1 : 0;
}

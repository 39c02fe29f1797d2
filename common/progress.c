/*
 * progress.c - a line for people while a program runs, a summary for everyone at its end
 */
#include "common/progress.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/num.h"

static double seconds(clockid_t id)
{
	struct timespec t;
	clock_gettime(id, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double clock_wall(void)
{
	return seconds(CLOCK_MONOTONIC);
}

double clock_cpu(void)
{
	return seconds(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t peak_memory(void)
{
	/* ru_maxrss also remembers the process that forked us; VmHWM is of this program alone. */
	char line[256];
	uint64_t kib = 0;
	FILE *f = fopen("/proc/self/status", "re");
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "VmHWM: %" SCNu64, &kib) == 1)
			break;
	if (f)
		fclose(f);
	struct rusage use;
	if (!kib && getrusage(RUSAGE_SELF, &use) == 0)
		kib = (uint64_t)use.ru_maxrss;
	return kib << 10;
}

/* ---- progress */

static struct {
	atomic_bool on;
	const char *what;
	uint64_t total;
	double begin;
	atomic_uint_fast64_t done;
	atomic_uint_fast64_t next_ms; /* since begin: not to be drawn before */
	pthread_mutex_t lock;	      /* of the terminal's line */
	bool shown;
} progress = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void to_terminal(const char *s, size_t len)
{
	ssize_t ignored = write(STDERR_FILENO, s, len);
	(void)ignored; /* only a picture for people */
}

static void clear_line(void)
{
	pthread_mutex_lock(&progress.lock);
	if (progress.shown)
		to_terminal("\r\033[K", 4);
	progress.shown = false;
	pthread_mutex_unlock(&progress.lock);
}

static void draw(uint64_t done, double elapsed)
{
	char line[256];
	double rate = (double)done / elapsed;
	size_t room = sizeof line;
	int n = snprintf(line, room, "\r%s: %" PRIu64, progress.what, done);
	if (progress.total)
		n += snprintf(line + n, room - (size_t)n, "/%" PRIu64 " (%d %%)", progress.total,
			      (int)(100 * (double)done / (double)progress.total));
	n += snprintf(line + n, room - (size_t)n, "  %.*f/s", rate < 10 ? 2 : 0, rate);
	if (progress.total > done && done) {
		uint64_t eta = (uint64_t)((double)(progress.total - done) / rate + 0.5);
		n += snprintf(line + n, room - (size_t)n, "  ETA %" PRIu64 ":%02d:%02d", eta / 3600,
			      (int)(eta / 60 % 60), (int)(eta % 60));
	}
	n += snprintf(line + n, room - (size_t)n, "\033[K");
	pthread_mutex_lock(&progress.lock);
	if (atomic_load(&progress.on)) {
		to_terminal(line, (size_t)n);
		progress.shown = true;
	}
	pthread_mutex_unlock(&progress.lock);
}

void progress_start(const char *what, uint64_t total, bool quiet)
{
	if (quiet || !isatty(STDERR_FILENO))
		return;
	if (strlen(what) > 60)
		BUG("'%s' is too long for a line of progress", what);
	progress.what = what;
	progress.total = total;
	progress.begin = clock_wall();
	atomic_store(&progress.done, 0);
	atomic_store(&progress.next_ms, 1000);
	err_before_message(clear_line);
	atomic_store(&progress.on, true);
}

void progress_add(uint64_t n)
{
	if (!atomic_load_explicit(&progress.on, memory_order_acquire))
		return;
	uint64_t done = atomic_fetch_add(&progress.done, n) + n;
	double elapsed = clock_wall() - progress.begin;
	uint_fast64_t now = (uint_fast64_t)(1000 * elapsed), due = atomic_load(&progress.next_ms);
	/* One of the threads that find it due draws. */
	if (now >= due && atomic_compare_exchange_strong(&progress.next_ms, &due, now + 100))
		draw(done, elapsed);
}

void progress_stop(void)
{
	atomic_store(&progress.on, false);
	clear_line();
}

/* ---- summary */

static double begin;

void summary_start(void)
{
	begin = clock_wall();
}

void summary_extra(struct summary *s, const char *name, double value)
{
	if (s->n_extra == (int)(sizeof s->extra / sizeof *s->extra))
		BUG("no room for '%s' in the summary", name);
	s->extra[s->n_extra].name = name;
	s->extra[s->n_extra++].value = value;
}

static void print_json(const struct summary *s, double wall, double cpu, uint64_t peak)
{
	struct buf b = { 0 };
	char text[NUM_SIZE];
	buf_printf(&b,
		   "{\"program\":\"%s\",\"version\":\"%s\",\"in\":%" PRIu64 ",\"out\":%" PRIu64 ",\"failed\":%" PRIu64,
		   err_program_name(), err_version(), s->in, s->out, s->failed);
	for (int i = 0; i < s->n_extra; i++)
		buf_printf(&b, ",\"%s\":%s", s->extra[i].name,
			   isfinite(s->extra[i].value) ? num_f64(text, s->extra[i].value) : "null");
	buf_printf(&b, ",\"wall_s\":%.3f,\"cpu_s\":%.3f,\"peak_bytes\":%" PRIu64 "}\n", wall, cpu, peak);
	fputs(b.data, stderr);
	buf_release(&b);
}

void summary_print(const struct summary *s, bool quiet, bool json)
{
	if (quiet)
		return;
	double wall = clock_wall() - begin, cpu = clock_cpu();
	uint64_t peak = peak_memory();
	if (json) {
		print_json(s, wall, cpu, peak);
		return;
	}
	struct buf b = { 0 };
	char text[NUM_SIZE];
	buf_printf(&b, "%" PRIu64 " in, %" PRIu64 " out, %" PRIu64 " failed", s->in, s->out, s->failed);
	for (int i = 0; i < s->n_extra; i++)
		buf_printf(&b, ", %s %s", num_f64(text, s->extra[i].value), s->extra[i].name);
	warn("%s; %.1f s, %.1f s CPU, %" PRIu64 " MiB peak", b.data, wall, cpu, (peak + (1 << 19)) >> 20);
	buf_release(&b);
}

/*
 * progress.h - a line for people while a program runs, a summary for everyone at its end; both on stderr
 */
#ifndef FRL_PROGRESS_H
#define FRL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * On a terminal only, after a second, at most ten times a second: "done/total  rate  ETA". total 0: unknown.
 * progress_add may be called by any thread.
 */
void progress_start(const char *what, uint64_t total, bool quiet);
void progress_add(uint64_t n);
void progress_stop(void);

/*
 * The closing summary, unless quiet: records in, out, failed; wall and CPU seconds; peak memory. Extra counts keep the
 * order they were added in.
 *	frl-detect: 295 in, 1012 out, 0 failed; 14.1 s, 27.9 s CPU, 210 MiB peak
 * With json one object: {"program":"frl-detect","in":295,...}.
 */
struct summary {
	uint64_t in, out, failed;
	struct {
		const char *name;
		double value;
	} extra[16];
	int n_extra;
};
/* Call at the start of main: the wall clock begins here. */
void summary_start(void);
void summary_extra(struct summary *s, const char *name, double value);
void summary_print(const struct summary *s, bool quiet, bool json);

/* Seconds of a monotonic clock; CPU seconds of this process; its peak resident set in bytes. */
double clock_wall(void);
double clock_cpu(void);
uint64_t peak_memory(void);

#endif

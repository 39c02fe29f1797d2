/* ranks_start.c - joining and leaving: apart from ranks.c, so that only programs that start ranks need MPI (ranks.h) */
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/nn/ranks_internal.h"
#include "common/thread.h"

enum { HOST = 64, VERSION = 64 };

static char host[HOST];

/* ---- what a launcher says */

static int number_in(const char *name)
{
	const char *text = getenv(name);
	char *end;
	long n = text ? strtol(text, &end, 10) : 0;

	return text && end != text && !*end && n > 0 && n <= INT_MAX ? (int)n : 0;
}

/* How many ranks a launcher promises, the innermost one first; *who: which one. 0: there is none. */
static int promised(const char **who)
{
	static const struct {
		const char *name, *who;
	} says[] = {
		{ "OMPI_COMM_WORLD_SIZE", "Open MPI's mpirun" },
		{ "PMI_SIZE", "MPICH's mpiexec" },
		{ "SLURM_STEP_NUM_TASKS", "srun" },
	};

	for (size_t i = 0; i < sizeof says / sizeof *says; i++) {
		int n = number_in(says[i].name);

		*who = says[i].who;
		if (n)
			return n;
	}
	return getenv("SLURM_STEP_ID") ? number_in("SLURM_NTASKS") : 0;
}

/* ---- the end */

static void at_die(void)
{
	if (!ranks.t)
		return;
	err_speaker(NULL);
	warn("rank %d of %d, on %s, ends the job", ranks.rank, ranks.size, host);
	ranks.t->abort(err_dying());
}

/* A rank that leaves early would be waited for. */
static void at_exit(int status, void *unused)
{
	(void)unused;
	if (!ranks.t)
		return;
	err_speaker(NULL);
	warn("rank %d of %d, on %s, leaves with status %d and ends the job", ranks.rank, ranks.size, host, status);
	ranks.t->abort(status ? status : EXIT_CODE_FAILED);
}

void ranks_stop(void)
{
	if (!ranks.t)
		return;
	ranks_sum_wait();
	ranks_barrier();
	ranks.t->stop();
	ranks.t = NULL;
}

/* ---- processors */

struct place {
	int node;
	cpu_set_t may; /* run there */
};

static int share_of(const struct place *all)
{
	const struct place *own = &all[ranks.rank];
	double share = 0;
	int n = thread_default(), quota = n < CPU_COUNT(&own->may) ? n / ranks.local_size : n;

	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		int who = 0;

		for (int r = 0; r < ranks.size; r++)
			who += all[r].node == own->node && CPU_ISSET(cpu, &all[r].may) ? 1 : 0;
		if (CPU_ISSET(cpu, &own->may))
			share += 1.0 / who;
	}
	/* A third thrice is a whole. */
	n = (int)(share + 1e-6);
	n = quota < n ? quota : n;
	return n < 1 ? 1 : n;
}

static void count_threads(void)
{
	struct place own = { .node = ranks.node }, *all = xcalloc((size_t)ranks.size, sizeof *all);

	if (sched_getaffinity(0, sizeof own.may, &own.may)) /* more processors than fit */
		for (size_t i = 0; i < CPU_SETSIZE; i++)
			CPU_SET(i, &own.may);
	ranks_gather(&own, sizeof own, all);
	ranks.threads = share_of(all);
	free(all);
}

int ranks_threads(void)
{
	return ranks.size > 1 ? ranks.threads : thread_default();
}

/* ---- the beginning */

static int same_version(struct err *e)
{
	char own[VERSION] = { 0 }, *all = xcalloc((size_t)ranks.size, VERSION);
	int rc = 0;

	snprintf(own, sizeof own, "%s", err_version());
	ranks_gather(own, VERSION, all);
	for (int r = 1; r < ranks.size && !rc; r++)
		if (memcmp(all, all + (size_t)r * VERSION, VERSION) != 0)
			rc = err_code(e, EXIT_CODE_FAILED, "rank %d is version %s, rank 0 is %s", r,
				      all + (size_t)r * VERSION, all);
	free(all);
	return rc;
}

int ranks_start(struct err *e)
{
	const char *who, *built_in = ranks_built_in();
	int n = promised(&who);

	if (n <= 1 && !getenv("PMIX_RANK"))
		return 0;
	if (n <= 1 && !built_in)
		return 0;
	if (!built_in)
		return err_code(e, EXIT_CODE_USAGE,
				"%s starts %d ranks, but MPI was not built in: each would train for itself\n"
				"hint: install an MPI (libopenmpi-dev), make clean, make",
				who, n);
	if (gethostname(host, sizeof host - 1))
		snprintf(host, sizeof host, "?");
	ranks_join(&ranks);
	if (n > 1 && ranks.size != n) {
		int size = ranks.size;

		ranks_stop();
		return err_code(e, EXIT_CODE_USAGE,
				"%s starts %d ranks, but %s, which was built in, finds %d\n"
				"hint: start it with %s's own mpirun; with srun, try --mpi=pmix",
				who, n, built_in, size, built_in);
	}
	err_at_die(at_die);
	on_exit(at_exit, NULL);
	if (ranks.rank)
		err_speaker(xasprintf("rank %d", ranks.rank));
	count_threads();
	return same_version(e);
}

struct seat {
	int node, threads;
	char host[HOST];
};

static bool alike(const struct seat *a, const struct seat *b)
{
	return a->node == b->node && a->threads == b->threads;
}

void ranks_tell(int threads)
{
	struct seat own = { .node = ranks.node, .threads = threads }, *all;
	struct buf text = { 0 };

	if (ranks.size == 1)
		return;
	all = xcalloc((size_t)ranks.size, sizeof *all);
	memcpy(own.host, host, HOST);
	ranks_gather(&own, sizeof own, all);
	for (int r = 0, next; ranks.rank == 0 && r < ranks.size; r = next) {
		for (next = r + 1; next < ranks.size && alike(&all[r], &all[next]);)
			next++;
		buf_printf(&text, "%s%d", r ? "; " : "", r);
		if (next > r + 1)
			buf_printf(&text, "-%d", next - 1);
		buf_printf(&text, " on %s, %d thread%s%s", all[r].host, all[r].threads, all[r].threads == 1 ? "" : "s",
			   next > r + 1 ? " each" : "");
	}
	if (ranks.rank == 0)
		warn("%d ranks: %.*s", ranks.size, (int)text.len, text.data);
	buf_release(&text);
	free(all);
}

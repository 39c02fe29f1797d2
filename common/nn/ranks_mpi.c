/*
 * ranks_mpi.c - bytes between ranks by MPI: the only file that knows it (ranks_internal.h)
 *
 * Every call is non-blocking and waited for by looking and sleeping. MPI's own waiting spins, and two ranks on two cores
 * have a thread that computes while another waits. One lock around each call: MPI_THREAD_SERIALIZED is enough. MPI's
 * errors end the job by themselves (MPI_ERRORS_ARE_FATAL, which is how it starts).
 */
#include <mpi.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/nn/ranks_internal.h"

static struct {
	pthread_mutex_t lock;
	MPI_Comm lane[RANKS_LANES];
	int size[RANKS_LANES], rank[RANKS_LANES];
} mpi = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* ---- waiting */

enum { YIELDS = 20, NAP = 20000, LONGEST_NAP = 1000000 /* ns */ };

static void done(MPI_Request *request)
{
	struct timespec nap = { 0, NAP };

	for (int i = 0;; i++) {
		int over;

		pthread_mutex_lock(&mpi.lock);
		MPI_Test(request, &over, MPI_STATUS_IGNORE);
		pthread_mutex_unlock(&mpi.lock);
		if (over)
			return;
		if (i < YIELDS) {
			sched_yield();
			continue;
		}
		nanosleep(&nap, NULL);
		if (nap.tv_nsec < LONGEST_NAP) /* so that it adds about an eighth to what was waited */
			nap.tv_nsec += nap.tv_nsec / 8;
	}
}

/* ---- the transport */

/* Lengths and places of the pieces, [2 * ranks]. */
static int *counts_of(enum ranks_lane lane, const int *at)
{
	int size = mpi.size[lane], *count = xcalloc(2 * (size_t)size, sizeof *count);

	for (int r = 0; r < size; r++) {
		count[r] = at[r + 1] - at[r];
		count[size + r] = at[r];
	}
	return count;
}

static void gather(enum ranks_lane lane, void *x, const int *at)
{
	int size = mpi.size[lane], *count = counts_of(lane, at);
	MPI_Request request;

	pthread_mutex_lock(&mpi.lock);
	MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_BYTE, x, count, count + size, MPI_BYTE, mpi.lane[lane], &request);
	pthread_mutex_unlock(&mpi.lock);
	done(&request);
	free(count);
}

static void exchange(enum ranks_lane lane, const void *x, const int *at, void *dst)
{
	int size = mpi.size[lane], me = mpi.rank[lane], own = at[me + 1] - at[me];
	int *count = counts_of(lane, at), *into = xcalloc(2 * (size_t)size, sizeof *into);
	MPI_Request request;

	for (int r = 0; r < size; r++) {
		into[r] = own;
		into[size + r] = r * own;
	}
	pthread_mutex_lock(&mpi.lock);
	MPI_Ialltoallv(x, count, count + size, MPI_BYTE, dst, into, into + size, MPI_BYTE, mpi.lane[lane], &request);
	pthread_mutex_unlock(&mpi.lock);
	done(&request);
	free(into);
	free(count);
}

static void broadcast(void *x, int bytes)
{
	MPI_Request request;

	pthread_mutex_lock(&mpi.lock);
	MPI_Ibcast(x, bytes, MPI_BYTE, 0, mpi.lane[RANKS_ALL], &request);
	pthread_mutex_unlock(&mpi.lock);
	done(&request);
}

static void use(enum ranks_lane lane, MPI_Comm comm)
{
	mpi.lane[lane] = comm;
	MPI_Comm_size(comm, &mpi.size[lane]);
	MPI_Comm_rank(comm, &mpi.rank[lane]);
}

static void norm_groups(int n)
{
	int me = mpi.rank[RANKS_ALL];
	MPI_Comm comm;

	pthread_mutex_lock(&mpi.lock);
	MPI_Comm_free(&mpi.lane[RANKS_NORM]);
	MPI_Comm_split(mpi.lane[RANKS_ALL], me / n, me, &comm);
	use(RANKS_NORM, comm);
	pthread_mutex_unlock(&mpi.lock);
}

/* Even while another thread waits inside MPI: the job ends here. What was said last is given time to reach the launcher. */
static void end_all(int status)
{
	struct timespec pause = { 0, 50 * 1000 * 1000 };

	nanosleep(&pause, NULL);
	pthread_mutex_trylock(&mpi.lock);
	MPI_Abort(MPI_COMM_WORLD, status);
}

static void stop(void)
{
	pthread_mutex_lock(&mpi.lock);
	MPI_Finalize();
	pthread_mutex_unlock(&mpi.lock);
}

static const struct ranks_transport transport = { gather, exchange, broadcast, norm_groups, end_all, stop };

/* ---- joining */

const char *ranks_built_in(void)
{
#if defined(OPEN_MPI)
	return "Open MPI";
#elif defined(MPICH_VERSION)
	return "MPICH";
#else
	return "MPI";
#endif
}

static void locate(struct ranks *r)
{
	MPI_Comm local;

	MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, r->rank, MPI_INFO_NULL, &local);
	MPI_Comm_rank(local, &r->local_rank);
	MPI_Comm_size(local, &r->local_size);
	r->node = r->rank;
	MPI_Bcast(&r->node, 1, MPI_INT, 0, local);
	MPI_Comm_free(&local);
}

void ranks_join(struct ranks *r)
{
	int have;

	/* What blocks (starting, ending) gives its processor away. */
	setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0);
	MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &have);
	r->threaded = have >= MPI_THREAD_SERIALIZED;
	MPI_Comm_rank(MPI_COMM_WORLD, &r->rank);
	MPI_Comm_size(MPI_COMM_WORLD, &r->size);
	locate(r);
	for (int lane = 0; lane < RANKS_LANES; lane++) {
		MPI_Comm comm;

		MPI_Comm_dup(MPI_COMM_WORLD, &comm);
		use((enum ranks_lane)lane, comm);
	}
	r->norm = r->size;
	r->t = &transport;
}

/*
 * bench_measure - runs a shell command and says what it cost
 *
 *	bench_measure COMMAND        wall seconds, CPU seconds (user and system, of all that it ran), peak resident MiB of
 *	                             its largest process, and CPU seconds that the rest of the machine used meanwhile
 *
 * One row of four numbers on standard output; the command's own output goes to standard error. Exit status: 1 when the
 * command failed (4, some records failed, is no failure).
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double wall(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* CPU seconds that all processors of the machine were busy since it started, or 0 where /proc/stat does not say. */
static double machine_busy(void)
{
	double user, nice, sys, idle, iowait, irq, softirq;
	FILE *f = fopen("/proc/stat", "r");
	int n;

	if (!f)
		return 0;
	n = fscanf(f, "cpu %lf %lf %lf %lf %lf %lf %lf", &user, &nice, &sys, &idle, &iowait, &irq, &softirq);
	fclose(f);
	return n == 7 ? (user + nice + sys + irq + softirq) / (double)sysconf(_SC_CLK_TCK) : 0;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

int main(int argc, char **argv)
{
	struct rusage use;
	double start, busy, cpu, others;
	int status;
	pid_t pid;

	if (argc != 2) {
		fprintf(stderr, "usage: bench_measure COMMAND\n");
		return 2;
	}
	busy = machine_busy();
	start = wall();
	pid = fork();
	if (pid == 0) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execl("/bin/sh", "sh", "-c", argv[1], (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0) {
		perror("bench_measure");
		return 1;
	}
	start = wall() - start;
	busy = machine_busy() - busy;
	getrusage(RUSAGE_CHILDREN, &use);
	cpu = seconds(use.ru_utime) + seconds(use.ru_stime);
	others = busy > cpu ? busy - cpu : 0;
	printf("%.3f\t%.3f\t%.1f\t%.3f\n", start, cpu, (double)use.ru_maxrss / 1024, others);
	return WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 4) ? 0 : 1;
}

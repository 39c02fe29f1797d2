/* test_checkpoint_faults.c - full disks, calls that fail, kill -9: the last checkpoint stays whole */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/nn/checkpoint.h"
#include "common/rng.h"
#include "tests/unit/support_checkpoint.h"
#include "tests/unit/support_child.h"

enum { SECOND = 1000000 }; /* now()'s unit */

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* A save in which no file may grow beyond so many bytes: what a full disk looks like. 0: it was saved. */
static int save_within(void *data)
{
	rlim_t bytes = *(rlim_t *)data;
	struct checkpoint_state state = { 0 };
	struct ckpt_net n;
	struct err e = { 0 };
	int rc;

	signal(SIGXFSZ, SIG_IGN);
	ckpt_start(&n, nn_train_cpu(), OPTIM_LARS);
	ckpt_fill(&n, 6);
	checkpoint_state_put_u64(&state, "seed", 42);
	if (setrlimit(RLIMIT_FSIZE, &(struct rlimit){ bytes, RLIM_INFINITY }))
		return 9;
	rc = checkpoint_save(ckpt_run, 6, &n.parts, &state, NULL, 0, &e);
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY }); /* standard error is a file, too */
	fprintf(stderr, "%s\n", e.msg);
	checkpoint_state_release(&state);
	ckpt_finish(&n);
	return rc ? e.code : 0;
}

static void full_disk(void **unused)
{
	struct child c;
	struct ckpt_net n;
	int failures = 0;

	(void)unused;
	ckpt_make_run(&n, (uint64_t[]){ 4, 5, 0 });
	ckpt_finish(&n);
	for (rlim_t bytes = 0; bytes < 8000; bytes = bytes * 3 / 2 + 1) {
		child_run(&c, save_within, &bytes);
		if (c.exit_code == 0)
			break;
		assert_int_equal(c.exit_code, EXIT_CODE_FAILED);
		assert_non_null(strstr(c.err, "File too large"));
		assert_non_null(strstr(c.err, "/.step-00000006.tmp/"));
		assert_int_equal(ckpt_check(NULL), 5);
		assert_int_equal(ckpt_entries(), 3);
		failures++;
	}
	assert_true(failures > 5);
	assert_int_equal(ckpt_check(NULL), 6);
}

/* The library of tests/support/faults.c, beside this program; a sanitizer is in its way. */
static bool faults_library(char path[300])
{
#if defined(__SANITIZE_ADDRESS__)
	(void)path;
	return false;
#else
	ssize_t len = readlink("/proc/self/exe", path, 280);
	char *slash;

	path[len > 0 ? len : 0] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return false;
	snprintf(slash, 20, "/faults.so");
	return access(path, R_OK) == 0;
#endif
}

/* The program again, with ARGUMENT, in which calls on the run's files fail: "CALL WHEN HOW" of faults.c. */
static pid_t start_with_fault(const char *fault, const char *argument, uint64_t step)
{
	char library[300], text[100], number[24];
	const char *mark = ckpt_path("mark");

	assert_true(faults_library(library));
	snprintf(text, sizeof text, "%s %s", fault, strrchr(ckpt_run, '/') + 1);
	snprintf(number, sizeof number, "%ju", (uintmax_t)step);
	unlink(mark);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setenv("FRL_FAULT", text, 1);
		setenv("FRL_FAULT_MARK", mark, 1);
		setenv("LD_PRELOAD", library, 1);
		execl("/proc/self/exe", "test_checkpoint_faults", argument, ckpt_run, number, NULL);
		_exit(99);
	}
	return child;
}

/* A step saved by it. Its exit status; *failed: a call did. */
static int save_with_fault(const char *fault, uint64_t step, bool *failed)
{
	pid_t child = start_with_fault(fault, "save", step);
	const char *mark = ckpt_path("mark");
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 99);
	*failed = access(mark, F_OK) == 0;
	unlink(mark);
	return WEXITSTATUS(status);
}

/* The main of that program: "save" once, or "again" and again until it is killed. */
static int save_step(const char *argument, const char *folder, const char *number)
{
	struct err e = { 0 };
	struct ckpt_net n;
	uint64_t step = strtoull(number, NULL, 10);
	int rc;

	snprintf(ckpt_run, sizeof ckpt_run, "%s", folder);
	ckpt_start(&n, nn_train_cpu(), OPTIM_LARS);
	ckpt_fill(&n, step);
	do
		rc = ckpt_try_save(&n, step, &e);
	while (!rc && !strcmp(argument, "again"));
	return rc ? EXIT_CODE_FAILED : EXIT_CODE_OK;
}

static bool can_fault(void)
{
	char library[300];

	if (faults_library(library))
		return true;
	print_message("SKIP: calls made to fail, under sanitizers or without faults.so\n");
	return false;
}

/* Every single write, sync, close and rename fails once: what is said is true, and the last checkpoint is whole. */
static void faults(void **unused)
{
	static const char *const calls[] = { "write", "fsync", "close", "rename" };
	struct ckpt_net n;
	uint64_t last = 5;
	char text[40];

	(void)unused;
	if (!can_fault())
		skip();
	ckpt_make_run(&n, (uint64_t[]){ 5, 0 });
	ckpt_finish(&n);
	for (size_t c = 0; c < 4; c++) {
		int failures = 0;
		bool failed = true;

		for (int i = 1; failed; i++) {
			snprintf(text, sizeof text, "%s %d EIO", calls[c], i);
			int rc = save_with_fault(text, last + 1, &failed);

			/* when `last` cannot be synced, it is replaced all the same */
			if (rc == EXIT_CODE_OK || ckpt_check(NULL) == last + 1)
				last++;
			assert_int_equal(ckpt_check(NULL), last);
			for (uint64_t step = last; step <= last + 1; step++) {
				snprintf(text, sizeof text, ".step-%08ju.tmp", (uintmax_t)step);
				assert_false(ckpt_exists(".last.tmp") || ckpt_exists(text));
			}
			assert_true(failed || rc == EXIT_CODE_OK);
			failures += rc != EXIT_CODE_OK;
		}
		if (failures < 4)
			fail_msg("%s: %d failures", calls[c], failures);
	}
	ckpt_prune(1, 0);
	assert_int_equal(ckpt_entries(), 2);
}

/* A step that is there is replaced where folders cannot change places (NFS): whole at any instant, too. */
static void no_exchange(void **unused)
{
	struct ckpt_net n;
	struct rng r;
	bool failed;
	int status;

	(void)unused;
	if (!can_fault())
		skip();
	ckpt_make_run(&n, (uint64_t[]){ 5, 6, 0 });
	ckpt_finish(&n);
	ckpt_write("step-00000006/DONE", "");
	int64_t start = now();
	assert_int_equal(save_with_fault("renameat2 1+ EINVAL", 6, &failed), EXIT_CODE_OK);
	int64_t window = 2 * (now() - start);
	assert_true(failed);
	assert_int_equal(ckpt_check(NULL), 6);
	assert_int_equal(ckpt_entries(), 3);
	assert_int_equal(save_with_fault("symlink 1+ EIO", 6, &failed), EXIT_CODE_FAILED);
	assert_int_equal(ckpt_check(NULL), 6);
	rng_init(&r, (uint64_t)now(), 0, 0, 0);
	for (start = now(); now() < start + SECOND;) {
		pid_t child = start_with_fault("renameat2 1+ EINVAL", "again", 6);

		for (int64_t until = now() + rng_below(&r, (uint32_t)window); now() < until;)
			assert_int_equal(ckpt_check(NULL), 6);
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(ckpt_check(NULL), 6);
	}
	unlink(ckpt_path("mark"));
	ckpt_make_run(&n, (uint64_t[]){ 7, 0 });
	ckpt_finish(&n);
	ckpt_prune(1, 0);
	assert_int_equal(ckpt_entries(), 2);
}

/* What stands in the way is named, and what is there stays. */
static void obstacles(void **unused)
{
	struct err e = { 0 };
	struct ckpt_net n;
	char folder[sizeof ckpt_run];

	(void)unused;
	ckpt_make_run(&n, (uint64_t[]){ 5, 0 });
	assert_int_equal(unlink(ckpt_path("last")), 0);
	assert_int_equal(mkdir(ckpt_path("last"), 0777), 0);
	assert_int_equal(ckpt_try_save(&n, 6, &e), -1);
	assert_non_null(strstr(e.msg, "cannot point"));
	assert_int_equal(e.code, EXIT_CODE_FAILED);
	assert_int_equal(ckpt_entries(), 3);
	assert_int_equal(rmdir(ckpt_path("last")), 0);
	ckpt_write("step-00000007", "a file");
	assert_int_equal(ckpt_try_save(&n, 7, &e), -1);
	assert_non_null(strstr(e.msg, "step-00000007.tmp'"));
	assert_int_equal(ckpt_entries(), 3);
	snprintf(folder, sizeof folder, "%s", ckpt_run);
	snprintf(ckpt_run, sizeof ckpt_run, "%.30s/step-00000007", folder);
	assert_int_equal(ckpt_try_save(&n, 8, &e), -1);
	assert_non_null(strstr(e.msg, ckpt_run));
	memcpy(ckpt_run, folder, sizeof ckpt_run);
	ckpt_fill(&n, 9);
	ckpt_save(&n, 9);
	assert_int_equal(ckpt_check(NULL), 9);
	ckpt_finish(&n);
}

/* Saves and prunes from the run's last step on until it is killed; some steps twice, to replace one. */
static _Noreturn void save_for_ever(uint64_t step)
{
	struct err e = { 0 };
	struct ckpt_net n;
	int rc;

	ckpt_start(&n, nn_train_cpu(), OPTIM_LARS);
	do {
		ckpt_fill(&n, ++step);
		rc = ckpt_try_save(&n, step, &e) || checkpoint_prune(ckpt_run, 2, 0, &e) ||
		     (step % 3 == 0 && ckpt_try_save(&n, step, &e));
	} while (!rc);
	print_message("%s\n", e.msg);
	_exit(1);
}

/*
 * Killed at any instant, again and again; before and after each kill, a reader finds a whole checkpoint, and never one
 * older than what it has seen.
 */
static void killed(void **unused)
{
	struct ckpt_net n;
	struct rng r;
	uint64_t seen = 1, first;
	int kills = 0, reads = 0, status;
	int64_t start = now(), window;

	(void)unused;
	ckpt_make_run(&n, (uint64_t[]){ 1, 0 });
	ckpt_finish(&n);
	window = 3 * (now() - start);
	rng_init(&r, (uint64_t)now(), 0, 0, 0);
	for (start = now(); now() < start + 3 * SECOND || (seen < 6 && now() < start + 60 * SECOND); kills++) {
		int64_t until = now() + rng_below(&r, (uint32_t)window);
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			save_for_ever(seen);
		}
		first = seen;
		while (now() < until) {
			uint64_t step = ckpt_check(NULL);
			assert_true(step >= seen);
			seen = step;
			reads++;
		}
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		uint64_t step = ckpt_check(NULL);
		assert_true(step >= seen);
		seen = step;
		if (seen == first && window < 10 * SECOND)
			window += window / 4; /* the disk has become slower */
	}
	print_message("%d kills, %d reads, %ju steps\n", kills, reads, (uintmax_t)seen);
	assert_true(kills > 5 && seen > 5);
	ckpt_prune(2, 0);
	assert_true(ckpt_entries() <= 4); /* two, perhaps one beyond `last`, and `last`: nothing half done */
}

int main(int argc, char **argv)
{
#define T(f) cmocka_unit_test_setup_teardown(f, ckpt_setup, ckpt_teardown)
	const struct CMUnitTest tests[] = { T(full_disk), T(faults), T(no_exchange), T(obstacles), T(killed) };

	if (argc == 4)
		return save_step(argv[1], argv[2], argv[3]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_io.c - files that appear whole or not at all, ends by signal, failed writes, slow and broken descriptors
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"
#include "tests/unit/support_child.h"

/* ---- a fresh directory a test */

static char dir[] = "/tmp/test_io.XXXXXX";

static int enter(void **state)
{
	(void)state;
	memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

/* Names in the current directory, apart from those two. */
static int entries(void)
{
	int n = 0;
	DIR *d = opendir(".");
	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static int leave(void **state)
{
	(void)state;
	pid_t pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-rf", dir, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
	return chdir("/");
}

static void assert_content(const char *path, const char *text)
{
	struct buf b = { 0 };
	struct err e = { 0 };
	assert_int_equal(io_slurp(path, 1 << 20, &b, &e), 0);
	assert_string_equal(b.data, text);
	buf_release(&b);
}

/* ---- files */

static void whole_or_not_at_all(void **state)
{
	(void)state;
	struct out o;
	struct err e = { 0 };
	assert_int_equal(out_open(&o, "x", true, &e), 0);
	assert_int_equal(out_write(&o, "hello ", 6, &e), 0);
	assert_int_equal(out_printf(&o, &e, "%s %d\n", "world", 1), 0);
	assert_int_equal(out_flush(&o, &e), 0);
	assert_int_equal(o.total, 14);
	assert_int_equal(access("x", F_OK), -1); /* not yet */
	assert_int_equal(entries(), 1);
	assert_int_equal(out_commit(&o, &e), 0);
	assert_int_equal(entries(), 1);
	assert_content("x", "hello world 1\n");
	out_abort(&o); /* harmless */
	assert_content("x", "hello world 1\n");

	assert_int_equal(out_open(&o, "x", false, &e), 0);
	assert_int_equal(out_write(&o, "other", 5, &e), 0);
	out_abort(&o);
	out_abort(&o);
	assert_content("x", "hello world 1\n");
	assert_int_equal(entries(), 1);
	o = (struct out){ 0 };
	out_abort(&o);
}

static void large_and_small_writes(void **state)
{
	(void)state;
	struct out o;
	struct err e = { 0 };
	struct buf want = { 0 }, got = { 0 };
	char block[100000];
	memset(block, 'b', sizeof block);
	assert_int_equal(out_open(&o, "x", true, &e), 0);
	for (size_t i = 0; i < 300; i++) {
		size_t len = i * 337 % sizeof block;
		block[0] = (char)('a' + i % 26);
		assert_int_equal(out_write(&o, block, len, &e), 0);
		buf_add(&want, block, len);
	}
	char *text = xmalloc(100001);
	memset(text, 'p', 100000);
	text[100000] = '\0';
	assert_int_equal(out_printf(&o, &e, "%s!", text), 0);
	buf_printf(&want, "%s!", text);
	free(text);
	assert_int_equal(o.total, want.len);
	assert_int_equal(out_commit(&o, &e), 0);
	assert_int_equal(io_slurp("x", 1 << 26, &got, &e), 0);
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.data, want.data, want.len);
	buf_release(&want);
	buf_release(&got);
}

static void replaces_what_a_link_names(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct stat st;
	assert_int_equal(mkdir("d", 0777), 0);
	assert_int_equal(io_write_file("d/x", "1", 1, &e), 0);
	assert_int_equal(chmod("d/x", 0640), 0);
	assert_int_equal(symlink("d/x", "link"), 0);
	assert_int_equal(io_write_file("link", "2", 1, &e), 0);
	assert_int_equal(lstat("link", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_content("d/x", "2");
	assert_int_equal(stat("d/x", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640); /* permissions stay */
}

static void same_name_twice(void **state)
{
	(void)state;
	struct out a, b;
	struct err e = { 0 };
	assert_int_equal(out_open(&a, "x", false, &e), 0);
	assert_int_equal(out_open(&b, "x", false, &e), 0);
	assert_int_equal(out_write(&a, "a", 1, &e), 0);
	assert_int_equal(out_write(&b, "b", 1, &e), 0);
	assert_int_equal(out_commit(&b, &e), 0);
	assert_content("x", "b");
	assert_int_equal(out_commit(&a, &e), 0);
	assert_content("x", "a");
	assert_int_equal(entries(), 1);
}

static void cannot_be_opened(void **state)
{
	(void)state;
	struct out o;
	struct err e = { 0 };
	assert_int_equal(out_open(&o, "no/such/folder/x", false, &e), -1);
	assert_string_equal(e.msg, "cannot write 'no/such/folder/x': No such file or directory");
	assert_int_equal(mkdir("d", 0777), 0);
	assert_int_equal(out_open(&o, "d", false, &e), -1);
	assert_string_equal(e.msg, "cannot write 'd': it is a directory");
	char longest[300];
	memset(longest, 'n', 299);
	longest[299] = '\0';
	assert_int_equal(out_open(&o, longest, false, &e), -1);
	assert_non_null(strstr(e.msg, "File name too long"));
	assert_int_equal(entries(), 1);
}

static void make_dirs(void **state)
{
	(void)state;
	struct err e = { 0 };
	assert_int_equal(io_make_dirs("a/b//c/", &e), 0);
	assert_int_equal(io_make_dirs("a/b/c", &e), 0);
	assert_int_equal(access("a/b/c", F_OK), 0);
	assert_int_equal(io_write_file("a/f", "", 0, &e), 0);
	assert_int_equal(io_make_dirs("a/f", &e), -1);
	assert_int_equal(io_make_dirs("a/f/g", &e), -1);
	assert_non_null(strstr(e.msg, "'a/f"));
	char path[300];
	snprintf(path, sizeof path, "%s/abs/olute", dir);
	assert_int_equal(io_make_dirs(path, &e), 0);
	assert_int_equal(access("abs/olute", F_OK), 0);
}

/* ---- slurp */

static void slurp_limits(void **state)
{
	(void)state;
	struct buf b = { 0 };
	struct err e = { 0 };
	assert_int_equal(io_write_file("ten", "0123456789", 10, &e), 0);
	assert_int_equal(io_slurp("ten", 10, &b, &e), 0);
	assert_string_equal(b.data, "0123456789");
	assert_int_equal(io_slurp("ten", 9, &b, &e), -1);
	assert_string_equal(e.msg, "'ten' is larger than 9 bytes");
	assert_int_equal(b.len, 0);
	assert_int_equal(io_write_file("none", "", 0, &e), 0);
	assert_int_equal(io_slurp("none", 0, &b, &e), 0);
	assert_int_equal(b.len, 0);
	assert_non_null(b.data);
	assert_int_equal(io_slurp("absent", 9, &b, &e), -1);
	assert_string_equal(e.msg, "cannot open 'absent': No such file or directory");
	assert_int_equal(e.code, EXIT_CODE_BAD_INPUT);
	/* A file whose size the system does not know before reading. */
	assert_int_equal(io_slurp("/proc/self/status", 1 << 20, &b, &e), 0);
	assert_non_null(strstr(b.data, "VmHWM"));
	assert_int_equal(io_slurp("/proc/self/status", 10, &b, &e), -1);
	buf_release(&b);
}

static void slurp_refuses(void **state)
{
	(void)state;
	struct buf b = { 0 };
	struct err e = { 0 };
	assert_int_equal(mkfifo("fifo", 0666), 0);
	alarm(10); /* a FIFO that is opened for reading would wait for a writer */
	assert_int_equal(io_slurp("fifo", 100, &b, &e), -1);
	assert_string_equal(e.msg, "cannot read 'fifo': it is a FIFO");
	alarm(0);
	assert_int_equal(io_slurp(".", 100, &b, &e), -1);
	assert_string_equal(e.msg, "cannot read '.': it is a directory");
	assert_int_equal(io_slurp("/dev/zero", 100, &b, &e), -1);
	assert_string_equal(e.msg, "cannot read '/dev/zero': it is a device");
	assert_int_equal(symlink("nowhere", "dangling"), 0);
	assert_int_equal(io_slurp("dangling", 100, &b, &e), -1);
	buf_release(&b);
}

/* ---- descriptors that interrupt, dribble, block and do not block */

struct dribble {
	int fd;
	int n;
};

static void *dribble(void *data)
{
	struct dribble *d = data;
	for (int i = 0; i < d->n; i++) {
		usleep(2000);
		if (write(d->fd, "x", 1) != 1)
			abort();
	}
	close(d->fd);
	return NULL;
}

static volatile sig_atomic_t alarms;

static void on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

static void interrupted_and_short_reads(void **state)
{
	(void)state;
	for (int nonblocking = 0; nonblocking < 2; nonblocking++) {
		int p[2];
		char data[200];
		pthread_t t;
		struct sigaction act = { .sa_handler = on_alarm }, old; /* no SA_RESTART */
		struct itimerval every = { { 0, 1000 }, { 0, 1000 } }, never = { 0 };
		sigset_t set, before;
		assert_int_equal(pipe(p), 0);
		if (nonblocking)
			fcntl(p[0], F_SETFL, O_NONBLOCK);
		struct dribble d = { p[1], 100 };
		sigemptyset(&set);
		sigaddset(&set, SIGALRM);
		pthread_sigmask(SIG_BLOCK, &set, &before);
		pthread_create(&t, NULL, dribble, &d);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
		sigaction(SIGALRM, &act, &old);
		alarms = 0;
		setitimer(ITIMER_REAL, &every, NULL);
		ssize_t n = io_read_full(p[0], data, sizeof data);
		setitimer(ITIMER_REAL, &never, NULL);
		sigaction(SIGALRM, &old, NULL);
		pthread_join(t, NULL);
		close(p[0]);
		assert_int_equal(n, 100);
		assert_true(alarms > 10);
	}
}

static void *drain(void *data)
{
	int fd = *(int *)data;
	char block[4096];
	size_t sum = 0;
	ssize_t n;
	while ((n = read(fd, block, sizeof block)) > 0) {
		sum += (size_t)n;
		usleep(500);
	}
	return (void *)sum;
}

/* A pipe takes 64 KiB at once: writing a megabyte is many short writes, on a non-blocking one many refusals. */
static void short_writes(void **state)
{
	(void)state;
	for (int nonblocking = 0; nonblocking < 2; nonblocking++) {
		int p[2];
		pthread_t t;
		void *sum;
		char *data = xcalloc(1, 1 << 20);
		assert_int_equal(pipe(p), 0);
		if (nonblocking)
			fcntl(p[1], F_SETFL, O_NONBLOCK);
		pthread_create(&t, NULL, drain, &p[0]);
		assert_int_equal(io_write_full(p[1], data, 1 << 20), 0);
		close(p[1]);
		pthread_join(t, &sum);
		close(p[0]);
		free(data);
		assert_int_equal((size_t)sum, 1 << 20);
	}
}

static void readable(void **state)
{
	(void)state;
	int p[2];
	assert_int_equal(pipe(p), 0);
	assert_false(io_readable(p[0]));
	assert_int_equal(write(p[1], "x", 1), 1);
	assert_true(io_readable(p[0]));
	char c;
	assert_int_equal(read(p[0], &c, 1), 1);
	assert_false(io_readable(p[0]));
	close(p[1]);
	assert_true(io_readable(p[0])); /* the end comes at once */
	close(p[0]);
	int fd = open("/etc/passwd", O_RDONLY);
	assert_true(io_readable(fd));
	close(fd);
}

static void reads_from_a_place(void **state)
{
	(void)state;
	struct err e = { 0 };
	char data[10];
	assert_int_equal(io_write_file("ten", "0123456789", 10, &e), 0);
	int fd = open("ten", O_RDONLY);
	assert_int_equal(io_pread_full(fd, data, 3, 4), 3);
	assert_memory_equal(data, "456", 3);
	assert_int_equal(io_pread_full(fd, data, 10, 4), 6); /* the end */
	assert_memory_equal(data, "456789", 6);
	assert_int_equal(io_pread_full(fd, data, 1, 10), 0);
	assert_int_equal(io_pread_full(fd, data, 1, INT64_MAX), -1);
	assert_int_equal(read(fd, data, 1), 1); /* its own place has not moved */
	assert_int_equal(data[0], '0');
	close(fd);
}

static void bad_descriptor(void **state)
{
	(void)state;
	char c;
	assert_int_equal(io_pread_full(-1, &c, 1, 0), -1);
	assert_int_equal(io_read_full(-1, &c, 1), -1);
	assert_int_equal(io_write_full(-1, &c, 1), -1);
}

/* ---- failing output */

static void full_disk(void **state)
{
	(void)state;
	struct out o;
	struct err e = { 0 };
	char block[70000] = { 0 };
	/* A device is written as it is and never replaced. */
	assert_int_equal(out_open(&o, "/dev/full", true, &e), 0);
	assert_int_equal(out_write(&o, "x", 1, &e), 0);
	assert_int_equal(out_write(&o, block, sizeof block, &e), -1);
	assert_string_equal(e.msg, "cannot write '/dev/full': No space left on device");
	assert_int_equal(e.code, EXIT_CODE_FAILED);
	assert_int_equal(out_write(&o, block, sizeof block, &e), -1); /* and stays failed */
	assert_int_equal(out_commit(&o, &e), -1);
	assert_int_equal(io_write_file("/dev/full", "x", 1, &e), -1);
	assert_int_equal(io_write_file("/dev/null", "x", 1, &e), 0);
	struct stat st;
	assert_int_equal(stat("/dev/full", &st), 0);
	assert_true(S_ISCHR(st.st_mode));
}

enum stdout_case { STDIO_FULL, OUT_FULL, OUT_CLOSED, STDIO_CLOSED, NOTHING_CLOSED, BOTH_GOOD };

static int use_stdout(void *data)
{
	enum stdout_case which = *(enum stdout_case *)data;
	struct out o;
	struct err e = { 0 };
	err_program("prog");
	if (which == STDIO_FULL || which == OUT_FULL) {
		int fd = open("/dev/full", O_WRONLY);
		dup2(fd, STDOUT_FILENO);
		close(fd);
	} else if (which != BOTH_GOOD) {
		close(STDOUT_FILENO);
	}
	io_catch_signals();
	if (which == STDIO_FULL || which == STDIO_CLOSED || which == BOTH_GOOD)
		printf("stdio\n");
	fflush(NULL);
	if (which == OUT_FULL || which == OUT_CLOSED || which == BOTH_GOOD) {
		if (out_open(&o, "-", false, &e) < 0 || out_write(&o, "out\n", 4, &e) < 0 || out_commit(&o, &e) < 0)
			die_err(&e);
	}
	/* A file opened now must not become descriptor 1. */
	int fd = open("/dev/null", O_RDONLY);
	if (fd <= 2)
		return 99;
	return io_finish(EXIT_CODE_SOME_FAILED);
}

static void standard_output_is_checked(void **state)
{
	(void)state;
	static const struct {
		enum stdout_case which;
		int code;
		const char *err;
	} t[] = {
		{ STDIO_FULL, 1, "prog: cannot write '<stdout>'" },
		{ OUT_FULL, 1, "prog: cannot write '<stdout>': No space left on device" },
		{ OUT_CLOSED, 1, "prog: cannot write '<stdout>': Bad file descriptor" },
		{ STDIO_CLOSED, 1, "prog: cannot write '<stdout>'" },
		{ NOTHING_CLOSED, 4, "" },
		{ BOTH_GOOD, 4, "" },
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct child c;
		enum stdout_case which = t[i].which;
		child_run(&c, use_stdout, &which);
		assert_int_equal(c.exit_code, t[i].code);
		assert_memory_equal(c.err, t[i].err, strlen(t[i].err));
		if (!*t[i].err)
			assert_string_equal(c.err, "");
		if (which == BOTH_GOOD)
			assert_string_equal(c.out, "stdio\nout\n");
	}
}

/* ---- ends */

enum end { END_EXIT, END_DIE, END_BUG, END_SIGNAL, END_PIPE, END_FORK };

struct ending {
	enum end how;
	int signal;
};

static int end_unfinished(void *data)
{
	static struct out o, finished; /* static: what an exit leaves behind is no leak */
	struct ending *end = data;
	struct err e = { 0 };
	int p[2];
	err_program("prog");
	io_catch_signals();
	if (out_open(&o, "x", false, &e) < 0 || out_write(&o, "half", 4, &e) < 0 || out_flush(&o, &e) < 0)
		return 99;
	if (out_open(&finished, "done", false, &e) < 0 || out_commit(&finished, &e) < 0)
		return 99;
	if (entries() != 2)
		return 98;
	switch (end->how) {
	case END_EXIT:
		return 3;
	case END_DIE:
		die(EXIT_CODE_BAD_INPUT, "no more");
	case END_BUG:
		BUG("number %d", 7);
	case END_SIGNAL:
		kill(getpid(), end->signal);
		pause();
		return 97;
	case END_PIPE:
		if (pipe(p) < 0)
			return 99;
		close(p[0]);
		io_write_full(p[1], "x", 1);
		return 97;
	case END_FORK:
		/* A child that ends must not take its parent's file along. */
		if (fork() == 0)
			exit(0);
		wait(NULL);
		return entries() == 2 ? out_commit(&o, &e) : 96;
	}
	return 95;
}

static void unfinished_files_go(void **state)
{
	(void)state;
	static const struct {
		struct ending end;
		int code, signal, left;
	} t[] = {
		{ { END_EXIT, 0 }, 3, 0, 1 },
		{ { END_DIE, 0 }, 3, 0, 1 },
		{ { END_BUG, 0 }, 1, 0, 1 },
		{ { END_SIGNAL, SIGTERM }, -1, SIGTERM, 1 },
		{ { END_SIGNAL, SIGINT }, -1, SIGINT, 1 },
		{ { END_SIGNAL, SIGHUP }, -1, SIGHUP, 1 },
		{ { END_SIGNAL, SIGXCPU }, -1, SIGXCPU, 1 },
		{ { END_PIPE, 0 }, -1, SIGPIPE, 1 },
		{ { END_FORK, 0 }, 0, 0, 2 },
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct child c;
		struct ending end = t[i].end;
		child_run(&c, end_unfinished, &end);
		assert_int_equal(c.exit_code, t[i].code);
		assert_int_equal(c.signal, t[i].signal);
		assert_int_equal(entries(), t[i].left);
		assert_int_equal(access("done", F_OK), 0);
		if (t[i].signal)
			assert_string_equal(c.err, ""); /* dies quietly */
	}
}

static int ignored_signal(void *unused)
{
	(void)unused;
	signal(SIGHUP, SIG_IGN); /* as nohup does */
	io_catch_signals();
	kill(getpid(), SIGHUP);
	return 5;
}

static void ignored_signals_stay_ignored(void **state)
{
	(void)state;
	struct child c;
	child_run(&c, ignored_signal, NULL);
	assert_int_equal(c.exit_code, 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whole_or_not_at_all),
		TEST(large_and_small_writes),
		TEST(replaces_what_a_link_names),
		TEST(same_name_twice),
		TEST(cannot_be_opened),
		TEST(make_dirs),
		TEST(slurp_limits),
		TEST(slurp_refuses),
		TEST(interrupted_and_short_reads),
		TEST(short_writes),
		TEST(readable),
		TEST(reads_from_a_place),
		TEST(bad_descriptor),
		TEST(full_disk),
		TEST(standard_output_is_checked),
		TEST(unfinished_files_go),
		TEST(ignored_signals_stay_ignored),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

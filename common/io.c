/*
 * io.c - checked reading and writing; files that appear whole or not at all
 */
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUT_SIZE ((size_t)64 << 10)

/* ---- descriptors */

/* Somebody else may have made our standard input or output non-blocking: wait, instead of failing. */
static bool wait_again(int fd, short events)
{
	if (errno == EINTR)
		return true;
	if (errno != EAGAIN)
		return false;
	struct pollfd p = { .fd = fd, .events = events };
	poll(&p, 1, -1);
	return true;
}

ssize_t io_read_full(int fd, void *data, size_t len)
{
	size_t done = 0;
	while (done < len) {
		ssize_t n = read(fd, (char *)data + done, len - done);
		if (n < 0) {
			if (wait_again(fd, POLLIN))
				continue;
			return -1;
		}
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

ssize_t io_pread_full(int fd, void *data, size_t len, uint64_t offset)
{
	size_t done = 0;
	if (offset > INT64_MAX - len) {
		errno = EINVAL;
		return -1;
	}
	while (done < len) {
		ssize_t n = pread(fd, (char *)data + done, len - done, (off_t)(offset + done));
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int io_write_full(int fd, const void *data, size_t len)
{
	size_t done = 0;
	while (done < len) {
		ssize_t n = write(fd, (const char *)data + done, len - done);
		if (n < 0) {
			if (wait_again(fd, POLLOUT))
				continue;
			return -1;
		}
		done += (size_t)n;
	}
	return 0;
}

bool io_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n;
	do
		n = poll(&p, 1, 0);
	while (n < 0 && errno == EINTR);
	return n != 0;
}

static const char *kind_of_file(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	default:
		return "a device";
	}
}

/* Opens a regular file, -1 for anything else; a FIFO or a device is not opened for its data. */
static int open_regular(const char *path, struct stat *st, struct err *e)
{
	if (stat(path, st) < 0)
		return err_sys(e, "cannot open '%s'", path);
	if (!S_ISREG(st->st_mode))
		return err_set(e, "cannot read '%s': it is %s", path, kind_of_file(st->st_mode));
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	/* The name may have changed hands in between. */
	if (fstat(fd, st) < 0 || !S_ISREG(st->st_mode)) {
		close(fd);
		return err_set(e, "cannot read '%s': it is %s", path, kind_of_file(st->st_mode));
	}
	return fd;
}

/* All of fd, at most max bytes; `expect` is what to make room for at first. */
static int slurp(int fd, const char *name, size_t expect, size_t max, struct buf *b, struct err *e)
{
	size_t step = expect < max ? expect : max;
	for (;;) {
		size_t left = max - b->len, want = step < left ? step : left;
		/* One byte more than allowed or expected, to see that there is no more. */
		char *p = buf_reserve(b, want + 1);
		if (!p)
			return err_set(e, "'%s' is larger than %zu bytes", name, b->max);
		ssize_t n = io_read_full(fd, p, want + 1);
		if (n < 0)
			return err_sys(e, "cannot read '%s'", name);
		if ((size_t)n <= want) {
			b->len += (size_t)n;
			b->data[b->len] = '\0';
			return 0;
		}
		if (want == left)
			return err_set(e, "'%s' is larger than %zu bytes", name, max);
		b->len += (size_t)n;
		step = b->len < OUT_SIZE ? OUT_SIZE : b->len;
	}
}

int io_slurp(const char *path, size_t max, struct buf *b, struct err *e)
{
	buf_reset(b);
	if (!path || !strcmp(path, "-"))
		return slurp(STDIN_FILENO, "<stdin>", OUT_SIZE - 1, max, b, e);
	struct stat st;
	int fd = open_regular(path, &st, e);
	if (fd < 0)
		return -1;
	int rc;
	if ((uint64_t)st.st_size > max)
		rc = err_set(e, "'%s' is larger than %zu bytes", path, max);
	else
		rc = slurp(fd, path, (size_t)st.st_size, max, b, e);
	close(fd);
	if (rc < 0)
		buf_reset(b);
	return rc;
}

int io_slurp_given(const char *path, size_t max, struct buf *b, struct err *e)
{
	struct stat st;
	if (!path || strncmp(path, "/dev/fd/", 8) != 0 || stat(path, &st) < 0 || !S_ISFIFO(st.st_mode))
		return io_slurp(path, max, b, e);
	buf_reset(b);
	int fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	int rc = slurp(fd, path, OUT_SIZE - 1, max, b, e);
	close(fd);
	if (rc < 0)
		buf_reset(b);
	return rc;
}

/* ---- unfinished files: removed when the process ends, whichever way */

#define MAX_GUARDED 64
#define GUARD_PATH 4096

enum { GUARD_FREE, GUARD_BUSY, GUARD_SET };

/* Fixed storage, since a signal handler reads it at any time; it never sees a half-written path as set. */
static struct {
	atomic_int state;
	pid_t owner; /* a forked child must not remove its parent's files */
	char path[GUARD_PATH];
} guarded[MAX_GUARDED];

static void remove_guarded(void)
{
	pid_t self = getpid();
	for (int i = 0; i < MAX_GUARDED; i++)
		if (atomic_load(&guarded[i].state) == GUARD_SET && guarded[i].owner == self)
			unlink(guarded[i].path);
}

void io_guard(const char *path)
{
	static atomic_flag registered = ATOMIC_FLAG_INIT;
	if (!atomic_flag_test_and_set(&registered)) {
		atexit(remove_guarded);
		err_at_die(remove_guarded);
	}
	size_t len = strlen(path);
	if (len >= GUARD_PATH)
		BUG("path of %zu bytes to guard", len);
	for (int i = 0; i < MAX_GUARDED; i++) {
		int expected = GUARD_FREE;
		if (!atomic_compare_exchange_strong(&guarded[i].state, &expected, GUARD_BUSY))
			continue;
		memcpy(guarded[i].path, path, len + 1);
		guarded[i].owner = getpid();
		atomic_store(&guarded[i].state, GUARD_SET);
		return;
	}
	BUG("more than %d unfinished files", MAX_GUARDED);
}

void io_unguard(const char *path)
{
	for (int i = 0; i < MAX_GUARDED; i++)
		if (atomic_load(&guarded[i].state) == GUARD_SET && !strcmp(guarded[i].path, path)) {
			atomic_store(&guarded[i].state, GUARD_FREE);
			return;
		}
}

/* ---- output */

static bool stdout_done; /* flushed, closed and found good already */

static int open_stdout(struct out *o, bool binary, struct err *e)
{
	if (fcntl(STDOUT_FILENO, F_GETFD) < 0)
		return err_sys(e, "cannot write standard output");
	if (binary && isatty(STDOUT_FILENO))
		return err_code(e, EXIT_CODE_USAGE,
				"binary data is not written to a terminal\nhint: send it to a file (> FILE) or a pipe");
	o->fd = STDOUT_FILENO;
	return 0;
}

/* A FIFO or device by name (/dev/full, /dev/stdout) cannot be replaced by a file: it is written as it is. */
static int open_special(struct out *o, const char *path, struct err *e)
{
	o->fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	if (o->fd < 0)
		return err_sys(e, "cannot write '%s'", path);
	o->path = xstrdup(path);
	return 0;
}

/* Guarded before it exists, so that no signal finds it without. */
static void create_temporary(struct out *o)
{
	o->fd = -1;
	errno = ENAMETOOLONG;
	if (strlen(o->tmp) >= GUARD_PATH)
		return;
	io_guard(o->tmp);
	o->fd = open(o->tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOCTTY | O_CLOEXEC, 0666);
	if (o->fd < 0) {
		int saved = errno;
		io_unguard(o->tmp);
		errno = saved;
	}
}

static int open_temporary(struct out *o, const char *path, const struct stat *old, struct err *e)
{
	/* Through a symbolic link its target is replaced, not the link. */
	char *real = old ? realpath(path, NULL) : NULL;
	o->path = real ? real : xstrdup(path);
	o->tmp = xasprintf("%s.tmp.%ld", o->path, (long)getpid());
	create_temporary(o);
	/* Left by a process of the same number that was killed, or in use by this one. */
	for (int i = 1; o->fd < 0 && errno == EEXIST && i < 100; i++) {
		free(o->tmp);
		o->tmp = xasprintf("%s.tmp.%ld-%d", o->path, (long)getpid(), i);
		create_temporary(o);
	}
	if (o->fd < 0) {
		err_sys(e, "cannot write '%s'", path);
		free(o->tmp); /* out_abort must not remove what is not ours */
		o->tmp = NULL;
		return -1;
	}
	if (old && fchmod(o->fd, old->st_mode & 0777) < 0)
		return err_sys(e, "cannot write '%s'", path);
	return 0;
}

bool out_same(const char *a, const char *b)
{
	return !strcmp(a ? a : "-", b ? b : "-");
}

int out_open(struct out *o, const char *path, bool binary, struct err *e)
{
	struct stat st;
	int rc;

	*o = (struct out){ .fd = -1 };
	if (!path || !strcmp(path, "-"))
		rc = open_stdout(o, binary, e);
	else if (stat(path, &st) < 0)
		rc = open_temporary(o, path, NULL, e);
	else if (S_ISREG(st.st_mode))
		rc = open_temporary(o, path, &st, e);
	else if (S_ISDIR(st.st_mode))
		rc = err_set(e, "cannot write '%s': it is a directory", path);
	else
		rc = open_special(o, path, e);
	if (rc < 0) {
		out_abort(o);
		return -1;
	}
	o->data = xmalloc(OUT_SIZE);
	return 0;
}

void out_attach(struct out *o, int fd, const char *name)
{
	*o = (struct out){ .fd = fd, .path = xstrdup(name), .data = xmalloc(OUT_SIZE) };
}

static const char *out_name(const struct out *o)
{
	return o->path ? o->path : "<stdout>";
}

static int write_now(struct out *o, const void *data, size_t len, struct err *e)
{
	if (o->failed)
		return err_code(e, EXIT_CODE_FAILED, "cannot write '%s': it failed before", out_name(o));
	if (io_write_full(o->fd, data, len) < 0) {
		o->failed = true;
		err_sys(e, "cannot write '%s'", out_name(o));
		if (e)
			e->code = EXIT_CODE_FAILED;
		return -1;
	}
	return 0;
}

int out_write(struct out *o, const void *data, size_t len, struct err *e)
{
	if (len > OUT_SIZE - o->len) {
		if (out_flush(o, e) < 0)
			return -1;
		if (len >= OUT_SIZE) {
			if (write_now(o, data, len, e) < 0)
				return -1;
			o->total += len;
			return 0;
		}
	}
	if (len)
		memcpy(o->data + o->len, data, len);
	o->len += len;
	o->total += len;
	return 0;
}

int out_printf(struct out *o, struct err *e, const char *fmt, ...)
{
	char small[512], *big = NULL;
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	if (n < 0)
		BUG("format '%s' cannot be printed", fmt);
	if ((size_t)n >= sizeof small) {
		big = xmalloc((size_t)n + 1);
		va_start(ap, fmt);
		vsnprintf(big, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	int rc = out_write(o, big ? big : small, (size_t)n, e);
	free(big);
	return rc;
}

int out_flush(struct out *o, struct err *e)
{
	size_t len = o->len;
	o->len = 0;
	return len || o->failed ? write_now(o, o->data, len, e) : 0;
}

int out_sync(struct out *o, struct err *e)
{
	if (out_flush(o, e))
		return -1;
	return fsync(o->fd) ? err_sys(e, "cannot write '%s'", o->path) : 0;
}

/*
 * Closes standard output, with the answer of the file system (NFS tells of a full disk only now). The number stays
 * taken, or the next file opened would receive what a library prints.
 */
static int close_stdout(void)
{
	int rc = 0, fd = dup(STDOUT_FILENO);
	if (fd >= 0 && close(fd) < 0)
		rc = -1;
	int saved = errno;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, STDOUT_FILENO);
		close(null);
	}
	errno = saved;
	return rc;
}

/* The rename itself is on disk once the folder is; not every file system can, so failure is no error. */
static void sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? xstrndup(path, slash == path ? 1 : (size_t)(slash - path)) : xstrdup(".");
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(folder);
}

static void out_free(struct out *o)
{
	free(o->path);
	free(o->tmp);
	free(o->data);
	*o = (struct out){ .fd = -1 };
}

int out_commit(struct out *o, struct err *e)
{
	if (out_flush(o, e) < 0) {
		out_abort(o);
		return -1;
	}
	bool ok = true;
	if (!o->path) {
		ok = close_stdout() == 0;
		stdout_done = ok;
	} else if (!o->tmp) {
		ok = close(o->fd) == 0;
		o->fd = -1;
	} else {
		ok = fsync(o->fd) == 0;
		int saved = errno;
		if (close(o->fd) < 0 && ok) {
			ok = false;
			saved = errno;
		}
		o->fd = -1;
		errno = saved;
		ok = ok && rename(o->tmp, o->path) == 0;
	}
	if (!ok) {
		err_sys(e, "cannot write '%s'", out_name(o));
		if (e)
			e->code = EXIT_CODE_FAILED;
		out_abort(o);
		return -1;
	}
	if (o->tmp) {
		io_unguard(o->tmp);
		sync_folder(o->path);
	}
	out_free(o);
	return 0;
}

void out_abort(struct out *o)
{
	if (!o->data && !o->path)
		return; /* zeroed, committed or aborted before */
	if (o->path && o->fd >= 0)
		close(o->fd);
	if (o->tmp) {
		unlink(o->tmp);
		io_unguard(o->tmp);
	}
	out_free(o);
}

int io_write_file(const char *path, const void *data, size_t len, struct err *e)
{
	struct out o;
	if (out_open(&o, path, false, e) < 0)
		return -1;
	if (out_write(&o, data, len, e) < 0) {
		out_abort(&o);
		return -1;
	}
	return out_commit(&o, e);
}

int io_make_dirs(const char *path, struct err *e)
{
	char *copy = xstrdup(path);
	int rc = 0;
	for (char *p = copy + (*copy == '/');; p++) {
		char c = *p;
		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (*copy && mkdir(copy, 0777) < 0 && errno != EEXIST) {
			rc = err_sys(e, "cannot make the directory '%s'", copy);
			break;
		}
		if (!c)
			break;
		*p = c;
	}
	struct stat st;
	if (!rc && stat(path, &st) == 0 && !S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		rc = err_sys(e, "cannot make the directory '%s'", path);
	}
	free(copy);
	return rc;
}

/* ---- ends */

/* SIGPIPE too: the closed pipe ends us as it would anyway, but without leaving a temporary file behind. */
static const int caught[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGXCPU, SIGXFSZ };

/* SA_RESETHAND has restored the default already; the signal raised here arrives when the handler returns. */
static void on_signal(int sig)
{
	remove_guarded();
	raise(sig);
}

void io_catch_signals(void)
{
	/* A file opened later must not become standard output because it was closed; opened so that its use fails. */
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
			die_sys("cannot open '/dev/null'");
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND }, old;
	sigfillset(&act.sa_mask);
	for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) {
		/* nohup and background jobs ignore some on purpose */
		if (sigaction(caught[i], NULL, &old) == 0 && old.sa_handler == SIG_IGN)
			continue;
		sigaction(caught[i], &act, NULL);
	}
}

int io_finish(int status)
{
	bool lost = ferror(stdout) != 0; /* an earlier write failed; its errno is gone */
	int errnum = 0;
	if (fflush(stdout) != 0) {
		lost = true;
		errnum = errno;
	}
	if (!stdout_done && close_stdout() < 0) {
		lost = true;
		errnum = errno;
	}
	stdout_done = true;
	if (!lost)
		return status;
	if (errnum)
		warn("cannot write '<stdout>': %s", strerror(errnum));
	else
		warn("cannot write '<stdout>'");
	return EXIT_CODE_FAILED;
}

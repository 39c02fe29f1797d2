/* mat.c - see mat.h: the parent's side */
#include "common/mat.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/mat_child.h"
#include "common/progress.h"
#include "common/thread.h"

/* AddressSanitizer's shadow memory alone is larger than any limit, and see mat_threads. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define ADDRESS_SANITIZED
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define ADDRESS_SANITIZED
#endif

static const struct mat_limits defaults = { .memory = 2ull << 30, .bytes = 1ull << 30, .seconds = 60 };

/* ---- decoding */

struct cursor {
	const uint8_t *at;
	uint64_t left;
};

/* The next len bytes and their padding, or NULL. */
static const void *take(struct cursor *c, uint64_t len)
{
	const uint8_t *p = c->at;
	uint64_t padded = (len + 7) & ~7ull;

	if (padded < len || padded > c->left)
		return NULL;
	c->at += padded;
	c->left -= padded;
	return p;
}

/* A text of len bytes whose last one, and only that, is NUL. */
static const char *take_text(struct cursor *c, uint64_t len)
{
	const char *p = len ? take(c, len) : NULL;

	return p && memchr(p, 0, len) == p + len - 1 ? p : NULL;
}

static int bad(struct err *e)
{
	return err_set(e, "the child process sent nonsense");
}

static void release_cells(struct mat *m)
{
	if (m->cell)
		for (uint64_t i = 0; i < m->count; i++)
			release_cells(&m->cell[i]);
	free(m->cell);
	m->cell = NULL;
}

static int decode(struct mat *m, struct cursor *c, int depth, struct err *e);

static int decode_cell(struct mat *m, struct cursor *c, int depth, struct err *e)
{
	/* An element takes a header and a padded name at least, which bounds what is allocated here. */
	if (depth >= MAT_DEPTH || m->count > c->left / (8 * (MAT_CHILD_WORDS + 1)))
		return bad(e);
	m->cell = xcalloc((size_t)m->count + 1, sizeof *m->cell);
	for (uint64_t i = 0; i < m->count; i++)
		if (decode(&m->cell[i], c, depth + 1, e))
			return -1;
	return 0;
}

static int decode_payload(struct mat *m, struct cursor *c, int depth, struct err *e)
{
	uint64_t n = 1;

	for (int i = 0; i < MAT_DIMS; i++)
		if (__builtin_mul_overflow(n, m->dims[i], &n))
			return bad(e);
	if (m->kind != MAT_TEXT && m->count != n && m->count != 0)
		return bad(e);
	switch (m->kind) {
	case MAT_F64:
		m->f64 = m->count <= c->left / 8 ? take(c, m->count * 8) : NULL;
		return m->f64 ? 0 : bad(e);
	case MAT_U8:
		m->u8 = take(c, m->count);
		return m->u8 ? 0 : bad(e);
	case MAT_TEXT:
		m->text = m->count < c->left ? take_text(c, m->count + 1) : NULL;
		return m->text ? 0 : bad(e);
	case MAT_CELL:
		return decode_cell(m, c, depth, e);
	case MAT_OTHER:
		return m->count ? bad(e) : 0;
	case MAT_KINDS:
		break;
	}
	return bad(e);
}

/* One variable or element. Kinds past MAT_KINDS are for mat_decode to look at. */
static int decode(struct mat *m, struct cursor *c, int depth, struct err *e)
{
	uint64_t word[MAT_CHILD_WORDS];
	const void *p = take(c, sizeof word);

	if (!p)
		return bad(e);
	memcpy(word, p, sizeof word);
	m->name = take_text(c, word[1]);
	if (!m->name)
		return bad(e);
	if (word[0] == MAT_CHILD_FAILED)
		return err_set(e, "%.300s", m->name);
	if (word[0] == MAT_CHILD_END && depth == 0) {
		m->kind = MAT_KINDS;
		return 0;
	}
	if (word[0] >= MAT_KINDS)
		return bad(e);
	m->kind = (enum mat_kind)word[0];
	memcpy(m->dims, word + 2, sizeof m->dims);
	m->count = word[2 + MAT_DIMS];
	return decode_payload(m, c, depth, e);
}

int mat_decode(struct mat_file *f, struct err *e)
{
	struct cursor c = { (const uint8_t *)f->bytes.data, f->bytes.len };

	for (;;) {
		struct mat *m;

		f->var = xrealloc_array(f->var, f->n + 1, sizeof *f->var);
		m = &f->var[f->n];
		memset(m, 0, sizeof *m);
		if (c.left == 0)
			return err_set(e, "reading it ended early");
		f->n++;
		if (decode(m, &c, 0, e))
			return -1;
		if (m->kind == MAT_KINDS) {
			f->n--;
			return c.left ? bad(e) : 0;
		}
	}
}

void mat_release(struct mat_file *f)
{
	for (size_t i = 0; i < f->n; i++)
		release_cells(&f->var[i]);
	free(f->var);
	buf_release(&f->bytes);
	*f = (struct mat_file){ 0 };
}

const struct mat *mat_find(const struct mat_file *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->var[i].name, name) == 0)
			return &f->var[i];
	return NULL;
}

bool mat_is_matrix(const struct mat *m, uint64_t rows, uint64_t cols)
{
	return m && (m->kind == MAT_F64 || m->kind == MAT_U8) && m->dims[0] == rows && m->dims[1] == cols &&
	       m->count == rows * cols;
}

double mat_number(const struct mat *m, uint64_t i)
{
	if (i >= m->count || (m->kind != MAT_F64 && m->kind != MAT_U8))
		BUG("element %llu of a variable of kind %d", (unsigned long long)i, (int)m->kind);
	return m->kind == MAT_U8 ? m->u8[i] : m->f64[i];
}

/* ---- the child process */

static void limit(__rlimit_resource_t what, uint64_t value)
{
	struct rlimit r = { value, value };

	/* A lower limit that is there already stays. */
	(void)setrlimit(what, &r);
}

static _Noreturn void run_child(int fd, const char *path, const char *const *names, const struct mat_limits *limits)
{
	static const int reset[] = { SIGINT, SIGTERM, SIGHUP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGXCPU, SIGPIPE };
	int null = open("/dev/null", O_RDWR);

	/* Our handlers would remove the parent's files; a sanitizer's would report what is foreseen here. */
	for (size_t i = 0; i < sizeof reset / sizeof *reset; i++)
		signal(reset[i], SIG_DFL);
	/* HDF5 and matio print; stdout is the parent's data. */
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		_exit(1);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_CPU, limits->seconds);
#ifndef ADDRESS_SANITIZED
	limit(RLIMIT_AS, limits->memory);
#endif
	mat_child(fd, path, names);
}

/* Collects what the child sends until it closes the pipe. The pipe alone carries data: the child's exit tells nothing. */
static int collect(int fd, struct buf *b, double deadline, struct err *e)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		double left = deadline - clock_wall();
		ssize_t n;
		void *to;
		int ready = left > 0 ? poll(&p, 1, (int)(left * 1000) + 1) : 0;

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready < 0)
			return err_sys(e, "poll");
		if (ready == 0)
			return err_set(e, "reading it takes too long");
		to = buf_reserve(b, 1 << 16);
		if (!to)
			return err_set(e, "its arrays are larger than %zu bytes", b->max);
		n = read(fd, to, 1 << 16);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "read");
		if (n == 0)
			return 0;
		b->len += (size_t)n;
	}
}

/* Why a child that sent no end mark is gone. */
static int child_error(int status, struct err *e)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
		return err_set(e, "reading it takes too long");
	if (WIFSIGNALED(status))
		return err_set(e, "damaged: reading it crashed (%s)", strsignal(WTERMSIG(status)));
	return err_set(e, "damaged, or larger than the memory limit");
}

static bool ended(const struct buf *b)
{
	uint64_t kind;
	size_t last = 8 * (MAT_CHILD_WORDS + 1);

	if (b->len < last || b->len % 8)
		return false;
	memcpy(&kind, b->data + b->len - last, sizeof kind);
	return kind == MAT_CHILD_END;
}

static int check_file(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st))
		return err_sys(e, "cannot open '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, "'%s' is not a regular file", path);
	if (access(path, R_OK))
		return err_sys(e, "cannot open '%s'", path);
	return 0;
}

static int read_through_child(struct mat_file *f, const char *path, const char *const *names,
			      const struct mat_limits *limits, struct err *e)
{
	int fd[2], status = 0, rc;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC))
		return err_sys(e, "pipe");
	pid = fork();
	if (pid < 0) {
		close(fd[0]);
		close(fd[1]);
		return err_sys(e, "fork");
	}
	if (pid == 0) {
		close(fd[0]);
		run_child(fd[1], path, names, limits);
	}
	close(fd[1]);
	rc = collect(fd[0], &f->bytes, clock_wall() + 4.0 * limits->seconds, e);
	close(fd[0]);
	if (rc)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (rc)
		return -1;
	if (status != 0 && !ended(&f->bytes))
		return child_error(status, e);
	return mat_decode(f, e);
}

int mat_read(struct mat_file *f, const char *path, const char *const *names, const struct mat_limits *limits,
	     struct err *e)
{
	struct mat_limits l = defaults;

	*f = (struct mat_file){ 0 };
	if (limits && limits->memory)
		l.memory = limits->memory;
	if (limits && limits->bytes)
		l.bytes = limits->bytes;
	if (limits && limits->seconds)
		l.seconds = limits->seconds;
	if (check_file(path, e))
		return -1;
	f->bytes.max = (size_t)l.bytes;
	if (read_through_child(f, path, names, &l, e))
		return err_prefix(e, "'%s'", path);
	return 0;
}

int mat_threads(void)
{
#ifdef ADDRESS_SANITIZED
	return 0;
#else
	return thread_default();
#endif
}

/*
 * err.c - messages, exit codes, death, and memory that is there or ends the process
 */
#include "common/err.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef FRL_VERSION
#define FRL_VERSION "unknown"
#endif
#ifndef FRL_REVISION
#define FRL_REVISION ""
#endif

#define MAX_AT_DIE 8

static const char *program = "frl", *speaker;
static int death_code;
static void (*at_die[MAX_AT_DIE])(void);
static int n_at_die;
static void (*before_message)(void);

/* ---- error values */

__attribute__((format(printf, 4, 0))) static int fill(struct err *e, int code, int errnum, const char *fmt, va_list ap)
{
	if (!e)
		return -1;
	e->code = code;
	int n = vsnprintf(e->msg, sizeof e->msg, fmt, ap);
	if (n < 0) {
		e->msg[0] = '\0';
		n = 0;
	}
	if (errnum && (size_t)n < sizeof e->msg - 1) {
		char text[128];
		snprintf(e->msg + n, sizeof e->msg - (size_t)n, ": %s", strerror_r(errnum, text, sizeof text));
	}
	return -1;
}

int err_set(struct err *e, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fill(e, EXIT_CODE_BAD_INPUT, 0, fmt, ap);
	va_end(ap);
	return -1;
}

int err_sys(struct err *e, const char *fmt, ...)
{
	int errnum = errno;
	va_list ap;
	va_start(ap, fmt);
	fill(e, errnum == ENOENT ? EXIT_CODE_BAD_INPUT : EXIT_CODE_FAILED, errnum, fmt, ap);
	va_end(ap);
	errno = errnum;
	return -1;
}

int err_code(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fill(e, code, 0, fmt, ap);
	va_end(ap);
	return -1;
}

int err_prefix(struct err *e, const char *fmt, ...)
{
	if (!e)
		return -1;
	char old[sizeof e->msg];
	memcpy(old, e->msg, sizeof old);
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(e->msg, sizeof e->msg, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof e->msg - 1)
		snprintf(e->msg + n, sizeof e->msg - (size_t)n, ": %s", old);
	return -1;
}

/* ---- messages */

void err_program(const char *name)
{
	program = name;
}

const char *err_program_name(void)
{
	return program;
}

void err_speaker(const char *who)
{
	speaker = who;
}

const char *err_version(void)
{
	return FRL_REVISION[0] ? FRL_VERSION " (" FRL_REVISION ")" : FRL_VERSION;
}

void err_before_message(void (*fn)(void))
{
	before_message = fn;
}

/* One write(2) per message, so that lines of several threads do not mix; a file name cannot send control codes. */
__attribute__((format(printf, 3, 0))) static void say(const char *prefix, int errnum, const char *fmt, va_list ap)
{
	char line[4096];
	size_t room = sizeof line - 1; /* the newline */
	bool named = speaker && prefix == program;
	size_t len = (size_t)snprintf(line, room, "%s: %s%s", prefix, named ? speaker : "", named ? ": " : "");
	if (len >= room)
		len = room - 1;
	int n = vsnprintf(line + len, room - len, fmt, ap);
	if (n > 0)
		len += (size_t)n < room - len ? (size_t)n : room - len - 1;
	if (errnum && len < room - 1) {
		char text[128];
		n = snprintf(line + len, room - len, ": %s", strerror_r(errnum, text, sizeof text));
		len += (size_t)n < room - len ? (size_t)n : room - len - 1;
	}
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)line[i] < 0x20 && line[i] != '\n' && line[i] != '\t') || line[i] == 0x7f)
			line[i] = '?';
	line[len++] = '\n';
	if (before_message)
		before_message();
	for (size_t done = 0; done < len;) {
		ssize_t w = write(STDERR_FILENO, line + done, len - done);
		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			break; /* nobody to tell */
		done += (size_t)w;
	}
}

void warn(const char *fmt, ...)
{
	int saved = errno;
	va_list ap;
	va_start(ap, fmt);
	say(program, 0, fmt, ap);
	va_end(ap);
	errno = saved;
}

void hint(const char *fmt, ...)
{
	int saved = errno;
	va_list ap;
	va_start(ap, fmt);
	say("hint", 0, fmt, ap);
	va_end(ap);
	errno = saved;
}

/* ---- death */

void err_at_die(void (*fn)(void))
{
	for (int i = 0; i < n_at_die; i++)
		if (at_die[i] == fn)
			return;
	if (n_at_die == MAX_AT_DIE)
		BUG("more than %d functions at die", MAX_AT_DIE);
	at_die[n_at_die++] = fn;
}

/*
 * The first thread that dies speaks and cleans up; others wait for the end, and dying again while dying ends it. _exit,
 * because other threads still run and destructors of libraries must not pull their data away.
 */
static void begin_death(int code)
{
	static atomic_flag dying = ATOMIC_FLAG_INIT;
	static _Thread_local int mine;

	if (mine)
		_exit(code);
	if (atomic_flag_test_and_set(&dying))
		for (;;)
			pause();
	mine = 1;
	death_code = code;
	fflush(stdout);
}

int err_dying(void)
{
	return death_code;
}

static _Noreturn void end_death(int code)
{
	for (int i = n_at_die; i-- > 0;)
		at_die[i]();
	_exit(code);
}

void die(int code, const char *fmt, ...)
{
	begin_death(code);
	va_list ap;
	va_start(ap, fmt);
	say(program, 0, fmt, ap);
	va_end(ap);
	end_death(code);
}

void die_sys(const char *fmt, ...)
{
	int errnum = errno;
	begin_death(EXIT_CODE_FAILED);
	va_list ap;
	va_start(ap, fmt);
	say(program, errnum, fmt, ap);
	va_end(ap);
	end_death(EXIT_CODE_FAILED);
}

void die_err(const struct err *e)
{
	die(e->code ? e->code : EXIT_CODE_FAILED, "%s", e->msg);
}

void quit(int status)
{
	exit(status);
}

void bug_at(const char *file, int line, const char *fmt, ...)
{
	char msg[1000];
	begin_death(EXIT_CODE_FAILED);
	va_list ap;
	va_start(ap, fmt);
	if (vsnprintf(msg, sizeof msg, fmt, ap) < 0)
		msg[0] = '\0';
	va_end(ap);
	warn("bug at %s:%d: %s", file, line, msg);
	end_death(EXIT_CODE_FAILED);
}

/* ---- memory */

static void *or_die(void *p, size_t size)
{
	if (!p)
		die(EXIT_CODE_FAILED, "out of memory (%zu bytes asked for)", size);
	return p;
}

void *xmalloc(size_t size)
{
	return or_die(malloc(size ? size : 1), size);
}

void *xcalloc(size_t count, size_t size)
{
	if (!count || !size)
		count = size = 1;
	void *p = calloc(count, size);
	if (!p)
		die(EXIT_CODE_FAILED, "out of memory (%zu times %zu bytes asked for)", count, size);
	return p;
}

void *xrealloc_array(void *p, size_t count, size_t size)
{
	if (!count || !size)
		count = size = 1;
	void *q = reallocarray(p, count, size);
	if (!q)
		die(EXIT_CODE_FAILED, "out of memory (%zu times %zu bytes asked for)", count, size);
	return q;
}

void *xaligned(size_t size)
{
	if (size > SIZE_MAX - 63)
		return or_die(NULL, size);
	return or_die(aligned_alloc(64, size ? (size + 63) & ~(size_t)63 : 64), size);
}

char *xstrdup(const char *s)
{
	return or_die(strdup(s), strlen(s) + 1);
}

char *xstrndup(const char *s, size_t n)
{
	return or_die(strndup(s, n), n);
}

char *xasprintf(const char *fmt, ...)
{
	char *s;
	va_list ap;
	va_start(ap, fmt);
	int n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return or_die(n < 0 ? NULL : s, 0);
}

void malloc_return_large(size_t bytes)
{
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, (int)bytes);
	mallopt(M_TRIM_THRESHOLD, (int)(4 * bytes));
	mallopt(M_ARENA_MAX, 2);
#else
	(void)bytes;
#endif
}

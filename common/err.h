/*
 * err.h - messages, exit codes, and the two ways to fail
 *
 * 1. Data (a file, a row, a picture, a reply) is allowed to be bad. The function returns -1 and fills a struct err that
 *    names the file and the record; the caller decides. Such a failure never ends the process by itself.
 * 2. The environment and the program are not: no memory, a broken invariant, a device error. die() and BUG() end the
 *    process at once.
 *
 * Messages read "frl-detect: cannot open 'x.tsv': No such file or directory": lower case, no full stop, the subject in
 * quotes, on stderr, perhaps followed by "hint: ...".
 */
#ifndef FRL_ERR_H
#define FRL_ERR_H

#include <stddef.h>

/* The exit status of every program; man pages carry the same table. EXIT_SUCCESS and EXIT_FAILURE are 0 and 1. */
enum exit_code {
	EXIT_CODE_OK = 0,
	EXIT_CODE_FAILED = 1,	   /* failed at run time */
	EXIT_CODE_USAGE = 2,	   /* bad arguments */
	EXIT_CODE_BAD_INPUT = 3,   /* the input as a whole cannot be used */
	EXIT_CODE_SOME_FAILED = 4, /* finished; some records failed */
	EXIT_CODE_TEMPORARY = 75,  /* try again later */
};

/*
 * What went wrong with data. Zero-initialise it; msg is always terminated, and truncated when too long. It may hold a
 * second line "hint: ...".
 */
struct err {
	int code; /* an exit_code that suits, should the whole program end because of it */
	char msg[1000];
};

#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/* Fills e (which may be NULL) with code EXIT_CODE_BAD_INPUT and returns -1, so that `return err_set(e, ...)` reads well. */
int err_set(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The same with ": " and strerror(errno) added, and code EXIT_CODE_FAILED unless the file just is not there. */
int err_sys(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The same as err_set with a chosen exit code. */
int err_code(struct err *e, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Puts "CONTEXT: " before the message that e holds already; returns -1. */
int err_prefix(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Sets the name that messages begin with ("frl-detect"); kept by pointer. Every main calls it first. */
void err_program(const char *name);
const char *err_program_name(void);
/* From now on this stands between the name and each message ("rank 1"); kept by pointer, NULL for nothing. */
void err_speaker(const char *who);
/* "0.1.0 (abcdef0)": version and revision of this build. */
const char *err_version(void);

/* Ends the process with a message. Standard output is flushed before, files not yet complete are removed (io.h). */
_Noreturn void die(int code, const char *fmt, ...) PRINTF_LIKE(2, 3);
_Noreturn void die_sys(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* die() with e's code and message. */
_Noreturn void die_err(const struct err *e);
/* exit(): the orderly end of --help and the like, after io_finish. */
_Noreturn void quit(int status);
/* Registers a function that runs at the start of die (MPI_Abort, removal of temporary files); at most 8. */
void err_at_die(void (*fn)(void));
/* For such a function: the status that the process ends with. */
int err_dying(void);

/* A message that ends nothing. `hint` tells what to try next, and follows the message it belongs to. */
void warn(const char *fmt, ...) PRINTF_LIKE(1, 2);
void hint(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* Registers a function that runs before each message (progress.c clears its line). */
void err_before_message(void (*fn)(void));

_Noreturn void bug_at(const char *file, int line, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* A broken invariant: our fault, never the input's. */
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)

/* Memory, or death. The products are checked for overflow. xrealloc_array(NULL, ...) allocates. */
void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *xrealloc_array(void *p, size_t count, size_t size) __attribute__((returns_nonnull));
/* 64-byte aligned, not zeroed, freed with free(). */
void *xaligned(size_t size) __attribute__((malloc, returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *s, size_t n) __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2) __attribute__((malloc, returns_nonnull));

/*
 * Blocks of `bytes` and more go back to the system when they are freed, instead of staying in heaps that grow and
 * fragment: for programs that handle one picture after the other and whose memory must not grow with their number.
 * Call it first in main.
 */
void malloc_return_large(size_t bytes);

#endif

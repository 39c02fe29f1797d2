/*
 * io.h - checked reading and writing; files that appear whole or not at all
 */
#ifndef FRL_IO_H
#define FRL_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/buf.h"
#include "common/err.h"

/* ---- descriptors: EINTR is retried, short counts are continued */

/* Bytes read (fewer than len only at the end), or -1 with errno. */
ssize_t io_read_full(int fd, void *data, size_t len);
/* The same from a place in a file; does not move the descriptor's own place. */
ssize_t io_pread_full(int fd, void *data, size_t len, uint64_t offset);
/* 0, or -1 with errno. EPIPE is an error value here; SIGPIPE keeps its default unless the program says otherwise. */
int io_write_full(int fd, const void *data, size_t len);
/* Is a read going to return at once (data or end)? Used to flush what is done while a slow pipe has nothing new. */
bool io_readable(int fd);

/*
 * Reads a regular file of at most max bytes into b (emptied first). NULL or "-" is standard input, which may be a pipe.
 * A directory, FIFO, socket or device by name is refused without being opened for data (a FIFO never blocks).
 */
int io_slurp(const char *path, size_t max, struct buf *b, struct err *e);
/* The same for a file that the user named on the command line: a pipe in /dev/fd is read as well, a shell's <(...). */
int io_slurp_given(const char *path, size_t max, struct buf *b, struct err *e);

/* ---- output: standard output, or a file under a temporary name until it is complete */

struct out {
	int fd;
	char *path; /* final name, NULL for standard output; owned */
	char *tmp;  /* the name it has until commit; owned */
	char *data; /* 64 KiB that wait to be written; owned */
	size_t len;
	uint64_t total; /* bytes accepted so far */
	bool failed;
};

/*
 * path NULL or "-": standard output (binary data to a terminal is refused with a hint). Otherwise a new file
 * PATH.tmp.PID in the same folder, removed if the process ends or dies on a signal before out_commit.
 */
int out_open(struct out *o, const char *path, bool binary, struct err *e);
/* Output to fd, which is open already and o's from now on; out_commit flushes and closes it. name is copied, for messages. */
void out_attach(struct out *o, int fd, const char *name);
int out_write(struct out *o, const void *data, size_t len, struct err *e);
int out_printf(struct out *o, struct err *e, const char *fmt, ...) PRINTF_LIKE(3, 4);
int out_flush(struct out *o, struct err *e);
/* And waits until the disk has it. */
int out_sync(struct out *o, struct err *e);
/* Flush, fsync, close, rename (standard output: flush and close, a failure of either is reported). Releases o. */
int out_commit(struct out *o, struct err *e);
/* Are both what out_open takes for the same place? NULL as for out_open. */
bool out_same(const char *a, const char *b);
/* Gives up: closes and removes the temporary file. Harmless after out_commit and on a zeroed struct. */
void out_abort(struct out *o);

/* Writes a whole small file atomically. */
int io_write_file(const char *path, const void *data, size_t len, struct err *e);
/* mkdir -p. */
int io_make_dirs(const char *path, struct err *e);

/* ---- ends */

/*
 * Installs handlers for SIGINT, SIGTERM and SIGHUP that remove unfinished files, restore the default and raise the signal
 * again, so that the shell sees 128+n. Every main calls it after err_program.
 */
void io_catch_signals(void);
/* Files to remove if the process dies; out_open uses them. At most 64 at a time; path is copied. */
void io_guard(const char *path);
void io_unguard(const char *path);
/*
 * The last act of every main: closes standard output and returns status, or EXIT_CODE_FAILED with a message when what
 * was written did not arrive (disk full, closed pipe).
 */
int io_finish(int status);

#endif

/* spool.c - see spool.h */
#include "subsample/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/io.h"

enum { CHUNK = 1 << 18 };

static const char *folder(void)
{
	const char *dir = getenv("TMPDIR");

	return dir && *dir ? dir : "/tmp";
}

int spool_open(struct err *e)
{
	char *path;
	int fd = open(folder(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	/* Not every file system has nameless files. */
	path = xasprintf("%s/frl-XXXXXX", folder());
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	else
		err_sys(e, "cannot make a file in '%s'", folder());
	free(path);
	return fd;
}

static int copy(int from, int to, const char *name, char *chunk, struct err *e)
{
	for (;;) {
		ssize_t n = read(from, chunk, CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "cannot read '%s'", name);
		if (n == 0)
			break;
		if (io_write_full(to, chunk, (size_t)n))
			return err_sys(e, "cannot write to a file in '%s'", folder());
	}
	return lseek(to, 0, SEEK_SET) < 0 ? err_sys(e, "seek") : 0;
}

int spool_copy(int fd, const char *name, struct err *e)
{
	int to = spool_open(e);
	char *chunk;

	if (to < 0)
		return -1;
	chunk = xmalloc(CHUNK);
	if (copy(fd, to, name, chunk, e)) {
		close(to);
		to = -1;
	}
	free(chunk);
	return to;
}

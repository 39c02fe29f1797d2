/* made.c - see made.h */
#include "eval/made.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CHUNK = 1 << 16 };

int made_open(struct out *out, const char *name, struct err *e)
{
	int fd = memfd_create("made", MFD_CLOEXEC), copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (copy < 0) {
		err_sys(e, "no memory for %s", name);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	out_attach(out, copy, name);
	return fd;
}

static int copy_to(int fd, const char *path, struct err *e)
{
	char chunk[CHUNK];
	struct out out;
	ssize_t n;
	int rc = 0;

	if (out_open(&out, path, false, e))
		return -1;
	while (!rc && (n = io_read_full(fd, chunk, sizeof chunk)) > 0)
		rc = out_write(&out, chunk, (size_t)n, e);
	if (!rc && n == 0)
		return out_commit(&out, e);
	out_abort(&out);
	return rc ? -1 : err_sys(e, "cannot read what '%s' is to hold", path);
}

int made_keep(int fd, const char *path, struct err *e)
{
	if (path && (lseek(fd, 0, SEEK_SET) < 0 || copy_to(fd, path, e)))
		return -1;
	return lseek(fd, 0, SEEK_SET) < 0 ? err_sys(e, "cannot read what was made") : 0;
}

char **made_paths(char *list, int *n)
{
	char **path = NULL, *at = list;

	for (*n = 0; at; ++*n) {
		path = xrealloc_array(path, (size_t)*n + 1, sizeof *path);
		path[*n] = strsep(&at, ",");
	}
	return path;
}

void made_columns(struct report *r, const struct past *p)
{
	if (!*r->init && p->init)
		r->init = p->init;
	if (!*r->fraction && p->fraction)
		r->fraction = p->fraction;
	if (!*r->run_seed && p->seed)
		r->run_seed = p->seed;
}

/* subset_input.c - the input of frl-subsample: manifest or record stream, file or pipe */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io.h"
#include "subsample/spool.h"
#include "subsample/subsample.h"

static const char magic[4] = "FRLR";

/* The first bytes of a pipe, which stay in it: tee(2) copies them into another. */
static ssize_t peek_pipe(int fd, char *first, size_t len)
{
	int p[2];
	ssize_t n;

	if (pipe2(p, O_CLOEXEC))
		return -1;
	do
		n = tee(fd, p[1], len, 0);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		n = io_read_full(p[0], first, (size_t)n);
	close(p[0]);
	close(p[1]);
	return n;
}

/* A writer may give a pipe its first bytes one by one, so look again until there are enough of them or no more. */
static bool begins_with_magic(const struct subset_input *in, mode_t mode)
{
	char first[sizeof magic] = { 0 };
	ssize_t n = -1;

	if (in->seekable)
		n = io_pread_full(in->fd, first, sizeof first, (uint64_t)in->start);
	else if (S_ISSOCK(mode))
		n = recv(in->fd, first, sizeof first, MSG_PEEK | MSG_WAITALL);
	else if (S_ISFIFO(mode))
		for (ssize_t last = 0; (n = peek_pipe(in->fd, first, sizeof first)) > 0; last = n)
			if (n == sizeof first || memcmp(first, magic, (size_t)n) != 0 || (n == last && usleep(1000)))
				break;
	return n == sizeof first && memcmp(first, magic, sizeof first) == 0;
}

int subset_input_open(struct subset_input *in, const char *path, struct err *e)
{
	struct stat st;
	bool is_stdin = strcmp(path, "-") == 0;

	*in = (struct subset_input){ .fd = STDIN_FILENO, .name = is_stdin ? "<stdin>" : path };
	if (!is_stdin && (in->fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC)) < 0)
		return err_sys(e, "cannot open '%s'", path);
	if (fstat(in->fd, &st))
		return err_sys(e, "cannot stat '%s'", in->name);
	if (S_ISDIR(st.st_mode))
		return err_set(e, "'%s' is a directory", in->name);
	in->seekable = S_ISREG(st.st_mode);
	in->start = in->seekable ? lseek(in->fd, 0, SEEK_CUR) : 0;
	in->records = begins_with_magic(in, st.st_mode);
	return 0;
}

int subset_input_spool(struct subset_input *in, struct err *e)
{
	int fd;

	if (in->seekable)
		return 0;
	fd = spool_copy(in->fd, in->name, e);
	if (fd < 0)
		return -1;
	subset_input_close(in);
	in->fd = fd;
	in->seekable = true;
	return 0;
}

int subset_input_rewind(const struct subset_input *in, struct err *e)
{
	return lseek(in->fd, in->start, SEEK_SET) < 0 ? err_sys(e, "cannot read '%s' again", in->name) : 0;
}

void subset_input_close(struct subset_input *in)
{
	if (in->fd > STDIN_FILENO)
		close(in->fd);
	in->fd = -1;
}

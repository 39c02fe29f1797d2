/*
 * get.c - frl-shard get: one picture out of a stream
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/num.h"
#include "tools/shard/picture.h"

static const struct opt_program program = {
	.name = "frl-shard get",
	.synopsis = "frl-shard get [OPTION]... N [FILE] > PICTURE",
	.purpose =
		"Writes record N, counted from 0, as a picture: a raw one as PNG, a JPEG or PNG as it is. From a file it is "
		"found by the index beside it (FILE.idx), which is made where it is missing.",
	.example = "frl-shard get 7 shard.bin > face.png",
};

/* By the index: only the record itself is read. */
static int from_file(struct buf *b, const char *path, uint64_t n, struct err *e)
{
	struct record_index x;
	struct record r;
	struct buf payload = { 0 };
	const char *extension;
	int rc = -1, fd;

	if (record_index_load(&x, path, e))
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err_sys(e, "cannot open '%s'", path);
	else if (!record_index_read(&x, fd, n, &r, &payload, e) &&
		 (rc = picture_encode(b, &extension, &r, (const uint8_t *)payload.data, 0, e)))
		err_prefix(e, "record %llu", (unsigned long long)n);
	if (rc && fd >= 0)
		err_prefix(e, "'%s'", path);
	if (fd >= 0)
		close(fd);
	buf_release(&payload);
	record_index_release(&x);
	return rc;
}

static int from_pipe(struct buf *b, struct streams *in, uint64_t n, struct err *e)
{
	const char *extension;
	int rc;

	while ((rc = streams_next(in, e)) == 1)
		if (in->index == n)
			return picture_encode(b, &extension, &in->r.head, in->r.payload, 0, e);
	return rc ? rc
		  : err_set(e, "no record %llu among %llu", (unsigned long long)n, (unsigned long long)in->records);
}

int shard_get(int argc, char **argv)
{
	const char *path = NULL;
	const struct opt options[] = {
		OPT_STR('o', "output", "PICTURE", &path, "write PICTURE (standard output without)"),
		OPT_END,
	};
	int first = opt_parse(&program, options, argc, argv);
	struct streams in = { 0 };
	struct buf b = { 0 };
	struct out o = { 0 };
	struct err e = { 0 };
	struct stat st;
	uint64_t n;

	if (argc - first < 1 || argc - first > 2 || num_parse_u64(argv[first], &n))
		opt_usage(&program, argc == first ? NULL : "a number and at most one file");
	const char *from = argc - first == 2 ? argv[first + 1] : "-";
	int rc;
	if (strcmp(from, "-") && !stat(from, &st) && S_ISREG(st.st_mode)) {
		rc = from_file(&b, from, n, &e);
	} else {
		streams_init(&in, &program, argc, argv, first + 1, false);
		rc = from_pipe(&b, &in, n, &e);
		streams_finish(&in);
	}
	if (rc || out_open(&o, path, true, &e) || out_write(&o, b.data, b.len, &e) || out_commit(&o, &e)) {
		out_abort(&o);
		die_err(&e);
	}
	buf_release(&b);
	return 0;
}

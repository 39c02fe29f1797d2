/*
 * import.c - frl-shard import: pictures, folders of them, webdataset archives and NumPy arrays become a stream
 */
#include "tools/shard/import.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/hash.h"
#include "common/record_image.h"
#include "tools/shard/tar.h"

static const struct opt_program program = {
	.name = "frl-shard import",
	.synopsis = "frl-shard import [OPTION]... FILE|DIR... > OUT",
	.purpose =
		"Makes a stream of JPEG and PNG files, of folders of them, of webdataset archives (.tar) and of NumPy arrays "
		"(.npy). What a file is, its contents say.",
	.example = "frl-shard import --rows faces.tsv faces/ > faces.bin\n"
		   "curl -s https://example.org/00000.tar | frl-shard import - > faces.bin",
};

enum { MAX_DEPTH = 64, MAX_PICTURE = 256 << 20, MAX_PROVENANCE = 1 << 20 };

/* ---- records and rows */

static int write_row(struct import *m, const struct item *it, const struct record *r, const char *why, struct err *e)
{
	char key[KEY_TEXT], status[200] = "ok";
	struct tsv_out *w = &m->row;
	bool sized = r && (r->kind != RECORD_TENSOR || record_is_image(r));

	if (!m->rows_path)
		return 0;
	if (why)
		snprintf(status, sizeof status, "bad:%s", why);
	key_format(key, it->key);
	tsv_out_str(w, it->id);
	tsv_out_raw(w, key);
	tsv_out_str(w, it->path);
	tsv_out_i64(w, it->face);
	tsv_out_i64(w, it->label);
	tsv_out_i64(w, sized ? r->dims[1] : 0);
	tsv_out_i64(w, sized ? r->dims[0] : 0);
	tsv_out_str(w, status);
	tsv_out_end(w);
	return tsv_out_write(w, &m->rows, e);
}

int import_failed(struct import *m, const struct item *it, const char *why, struct err *e)
{
	m->in++;
	m->failed++;
	if (!m->silent)
		warn("'%s': %s", it->path, why);
	return write_row(m, it, NULL, why, e);
}

int import_tensor(struct import *m, const struct item *it, struct record *r, const void *payload, struct err *e)
{
	r->key = it->key;
	r->face = it->face;
	r->label = it->label;
	m->in++;
	progress_add(1);
	return record_write(&m->w, r, payload, e) ? -1 : write_row(m, it, r, NULL, e);
}

int import_picture(struct import *m, const struct item *it, const void *data, size_t len, struct err *e)
{
	struct record r = { 0 };
	struct err why = { 0 };

	if (picture_to_record(&r, &m->pixels, data, len, m->raw, &why))
		return import_failed(m, it, why.msg, e);
	return import_tensor(m, it, &r, m->raw ? m->pixels.data : data, e);
}

/* ---- files and folders */

static int import_file(struct import *m, const char *path, struct err *e)
{
	struct item it = { .id = path, .path = path, .key = hash_key(path), .label = -1 };
	struct buf b = { 0 };
	struct err why = { 0 };
	int rc = io_slurp(path, MAX_PICTURE, &b, &why) ? import_failed(m, &it, why.msg, e)
						       : import_picture(m, &it, b.data, b.len, e);

	buf_release(&b);
	return rc;
}

static int is_candidate(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static bool named_like_picture(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && (!strcasecmp(dot, ".jpg") || !strcasecmp(dot, ".jpeg") || !strcasecmp(dot, ".png"));
}

/* In order of names, so that the same folder gives the same stream. */
static int import_dir(struct import *m, const char *dir, int depth, struct err *e)
{
	struct dirent **entry = NULL;
	int n = scandir(dir, &entry, is_candidate, alphasort), rc = 0;
	struct stat st;

	if (n < 0)
		return err_sys(e, "cannot read the folder '%s'", dir);
	for (int i = 0; i < n; i++) {
		char *path = xasprintf("%s%s%s", dir, dir[strlen(dir) - 1] == '/' ? "" : "/", entry[i]->d_name);
		if (!rc && !lstat(path, &st)) {
			if (S_ISDIR(st.st_mode) && depth < MAX_DEPTH)
				rc = import_dir(m, path, depth + 1, e);
			else if (!S_ISDIR(st.st_mode) && named_like_picture(path))
				rc = import_file(m, path, e);
		}
		free(path);
		free(entry[i]);
	}
	free(entry);
	return rc;
}

/* Archives and arrays are read as they come, from a pipe too. */
static int import_stream(struct import *m, const char *path, struct err *e)
{
	uint8_t head[TAR_BLOCK];
	struct item it = { .id = path, .path = path, .key = hash_key(path), .label = -1 };
	bool standard = !strcmp(path, "-");
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	ssize_t n = io_read_full(fd, head, sizeof head);
	if (n < 0)
		rc = err_sys(e, "cannot read '%s'", path);
	else if (n >= 6 && !memcmp(head, "\x93NUMPY", 6))
		rc = import_npy(m, fd, path, head, (size_t)n, e);
	else if (n == sizeof head && tar_sniff(head))
		rc = import_tar(m, fd, path, head, (size_t)n, e);
	else if (standard)
		rc = err_set(e, "standard input is neither an archive (tar) nor an array (npy)");
	else if (n >= 4 && image_sniff(head, (size_t)n) != IMAGE_UNKNOWN)
		rc = import_file(m, path, e);
	else
		rc = import_failed(m, &it, "neither a picture, nor an archive (tar), nor an array (npy)", e);
	if (!standard)
		close(fd);
	return rc;
}

static int import_path(struct import *m, const char *path, struct err *e)
{
	struct stat st;

	if (strcmp(path, "-") && !stat(path, &st) && S_ISDIR(st.st_mode))
		return import_dir(m, path, 0, e);
	return import_stream(m, path, e);
}

static int open_outputs(struct import *m, const char *path, int argc, char **argv, struct err *e)
{
	if (out_open(&m->out, path, true, e))
		return -1;
	m->w.out = &m->out;
	if (!m->rows_path)
		return 0;
	if (out_open(&m->rows, m->rows_path, false, e))
		return -1;
	tsv_out_pg(&m->row, m->no_pg, argc + 1, argv - 1);
	static const char *const columns[] = { "id", "key", "path", "face", "label", "width", "height", "status" };
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		tsv_out_raw(&m->row, columns[i]);
	tsv_out_end(&m->row);
	return tsv_out_write(&m->row, &m->rows, e);
}

int shard_import(int argc, char **argv)
{
	struct opt_common common = { 0 };
	struct import m = { 0 };
	const char *path = NULL;
	const struct opt options[] = {
		OPT_BOOL(0, "raw", &m.raw, "decode pictures into u8 tensors"),
		OPT_STR(0, "rows", "FILE", &m.rows_path, "write a manifest of what was read, failures included"),
		OPT_STR('o', "output", "FILE", &path, "write FILE (standard output without)"),
		OPT_QUIET(&common),
		OPT_JSON(&common),
		OPT_NO_PG(&common),
		OPT_END,
	};
	int first = opt_parse(&program, options, argc, argv);
	struct buf text = { 0 };
	struct summary sum = { 0 };
	struct err e = { 0 };

	if (first == argc)
		opt_usage(&program, isatty(STDIN_FILENO) ? NULL : "nothing to import ('-' is standard input)");
	m.no_pg = common.no_pg;
	m.provenance.max = MAX_PROVENANCE;
	progress_start("records", 0, common.quiet);
	int rc = open_outputs(&m, path, argc, argv, &e);
	for (int i = first; i < argc && !rc; i++)
		rc = import_path(&m, argv[i], &e);
	progress_stop();
	sum.out = m.w.count;
	if (!rc)
		rc = record_end(&m.w, provenance(&text, &m.provenance, common.no_pg, argc, argv), &e);
	if (!rc && m.rows_path)
		rc = out_commit(&m.rows, &e);
	if (!rc)
		rc = out_commit(&m.out, &e);
	out_abort(&m.rows);
	out_abort(&m.out);
	tsv_out_release(&m.row);
	buf_release(&m.pixels);
	buf_release(&m.provenance);
	buf_release(&text);
	if (rc)
		die_err(&e);
	sum.in = m.in;
	sum.failed = m.failed;
	summary_print(&sum, common.quiet, common.json);
	return m.failed ? EXIT_CODE_SOME_FAILED : 0;
}

/*
 * export.c - frl-shard export: a stream as a webdataset archive, a NumPy array, or a folder of pictures
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/json.h"
#include "common/record_image.h"
#include "common/tsv.h"
#include "tools/shard/npy.h"
#include "tools/shard/picture.h"
#include "tools/shard/tar.h"

static const struct opt_program program = {
	.name = "frl-shard export",
	.synopsis = "frl-shard export --to tar [OPTION]... [FILE]... > OUT.tar\n"
		    "frl-shard export --to npy [OPTION]... FILE... > OUT.npy\n"
		    "frl-shard export --to dir -o DIR [OPTION]... [FILE]... > MANIFEST",
	.purpose =
		"Converts streams. tar: a webdataset archive, NAME.png, .jpg or .npy and NAME.json for each record. npy: one "
		"array of records of one size. dir: a picture file for each record, and a manifest of them. Names are the "
		"key and the face number.",
	.example = "frl-shard export --to tar shard.bin > shard.tar",
};

enum format { TO_TAR, TO_NPY, TO_DIR };

struct export
{
	int format, jpeg;
	const char *path;
	struct out out;
	struct buf file, json;
	uint64_t last_key, repeats;
	uint32_t last_face;
	bool any;
	struct record first; /* npy: all others are like it */
	uint64_t n, done, failed;
};

/* KEY-FACE, and a running number where records of the same key and face follow each other (views of one face). */
static void name_of(struct export *x, const struct record *r, char *name, size_t size)
{
	char key[KEY_TEXT];

	x->repeats = x->any && r->key == x->last_key && r->face == x->last_face ? x->repeats + 1 : 0;
	x->any = true;
	x->last_key = r->key;
	x->last_face = r->face;
	key_format(key, r->key);
	if (x->repeats)
		snprintf(name, size, "%s-%u-%llu", key, r->face, (unsigned long long)x->repeats);
	else
		snprintf(name, size, "%s-%u", key, r->face);
}

/* The record as a file: a picture, or an array of one item's shape. */
static int file_of(struct export *x, const struct streams *in, const char **extension, struct err *e)
{
	const struct record *r = &in->r.head;

	buf_reset(&x->file);
	if (r->kind != RECORD_TENSOR || record_is_image(r))
		return picture_encode(&x->file, extension, r, in->r.payload, x->jpeg, e);
	if (x->format == TO_DIR)
		return err_set(e, "not a picture");
	/* The header wants a first dimension apart from the rest. */
	struct record item = *r;
	if (r->ndim == 0)
		return err_set(e, "a single number");
	item.ndim--;
	memmove(item.dims, r->dims + 1, sizeof *item.dims * (size_t)item.ndim);
	*extension = "npy";
	npy_header(&x->file, r->dims[0], &item);
	buf_add(&x->file, in->r.payload, r->bytes);
	return 0;
}

/* ---- tar */

static int add_to_tar(struct export *x, const struct streams *in, const char *name, const char *extension,
		      struct err *e)
{
	struct json_out w = { .b = &x->json };
	char member[80], key[KEY_TEXT];

	buf_reset(&x->json);
	key_format(key, in->r.head.key);
	json_open(&w, '{');
	json_key(&w, "key");
	json_put_str(&w, key);
	json_key(&w, "face");
	json_put_i64(&w, in->r.head.face);
	json_key(&w, "label");
	json_put_i64(&w, in->r.head.label);
	json_close(&w, '}');
	snprintf(member, sizeof member, "%s.%s", name, extension);
	if (tar_add(&x->out, member, x->file.data, x->file.len, e))
		return -1;
	snprintf(member, sizeof member, "%s.json", name);
	return tar_add(&x->out, member, x->json.data, x->json.len, e);
}

/* ---- a folder */

static int add_to_dir(struct export *x, const struct streams *in, const char *name, const char *extension,
		      struct err *e)
{
	const struct record *r = &in->r.head;
	char *path = xasprintf("%s/%s.%s", x->path, name, extension), key[KEY_TEXT], number[3][24];
	struct tsv_out w = { 0 };
	int rc = io_write_file(path, x->file.data, x->file.len, e);

	key_format(key, r->key);
	snprintf(number[0], sizeof number[0], "%u", r->face);
	snprintf(number[1], sizeof number[1], "%lld", (long long)r->label);
	tsv_out_raw(&w, key);
	tsv_out_str(&w, path);
	tsv_out_raw(&w, number[0]);
	tsv_out_raw(&w, number[1]);
	tsv_out_end(&w);
	if (!rc)
		rc = tsv_out_write(&w, &x->out, e);
	tsv_out_release(&w);
	free(path);
	return rc;
}

/* ---- an array: its header says how many, so the headers are read first */

static int count(struct export *x, const struct opt_program *p, int argc, char **argv, int first, struct err *e)
{
	struct streams in;
	int rc;

	for (int i = first; i < argc; i++) {
		struct stat st;
		if (!stat(argv[i], &st) && !S_ISREG(st.st_mode))
			return err_set(e, "'%s' is not a regular file: an array's header needs the number of records",
				       argv[i]);
	}
	if (first == argc)
		opt_usage(p, "an array is made from files: its header needs the number of records");
	streams_init(&in, p, argc, argv, first, true);
	while ((rc = streams_next(&in, e)) == 1) {
		const struct record *r = &in.r.head;
		if (!x->n++)
			x->first = *r;
		if (r->kind != RECORD_TENSOR || r->dtype != x->first.dtype || r->ndim != x->first.ndim ||
		    memcmp(r->dims, x->first.dims, sizeof r->dims)) {
			rc = err_set(e, "record %llu is not like the first: an array has one dtype and shape",
				     (unsigned long long)in.index);
			break;
		}
	}
	streams_finish(&in);
	if (!rc && !x->n)
		rc = err_set(e, "no records");
	return rc;
}

/* ---- the loop */

static int add(struct export *x, const struct streams *in, struct err *e)
{
	char name[64];
	const char *extension;
	struct err why = { 0 };

	if (x->format == TO_NPY) {
		/* A stream that changed since it was counted must not make a wrong array. */
		if (x->done == x->n || in->r.head.bytes != x->first.bytes)
			return err_set(e, "the stream changed while it was read");
		x->done++;
		return out_write(&x->out, in->r.payload, in->r.head.bytes, e);
	}
	name_of(x, &in->r.head, name, sizeof name);
	if (file_of(x, in, &extension, &why)) {
		warn("record %llu: %s", (unsigned long long)in->index, why.msg);
		x->failed++;
		return 0;
	}
	x->done++;
	return x->format == TO_TAR ? add_to_tar(x, in, name, extension, e) : add_to_dir(x, in, name, extension, e);
}

static int begin(struct export *x, const struct opt_common *common, int argc, char **argv, struct err *e)
{
	struct tsv_out w = { 0 };
	int rc;

	if (out_open(&x->out, x->format == TO_DIR ? NULL : x->path, x->format != TO_DIR, e))
		return -1;
	if (x->format == TO_NPY) {
		npy_header(&x->file, x->n, &x->first);
		return out_write(&x->out, x->file.data, x->file.len, e);
	}
	if (x->format == TO_TAR)
		return 0;
	tsv_out_pg(&w, common->no_pg, argc + 1, argv - 1);
	buf_add_str(&w.line, "key\tpath\tface\tlabel\n");
	rc = io_make_dirs(x->path, e) ? -1 : tsv_out_write(&w, &x->out, e);
	tsv_out_release(&w);
	return rc;
}

/* webdataset passes over members called __name__. */
static int end(struct export *x, const char *text, struct err *e)
{
	if (x->format == TO_TAR && text && tar_add(&x->out, "__provenance__", text, strlen(text), e))
		return -1;
	if (x->format == TO_TAR && tar_end(&x->out, e))
		return -1;
	if (x->format == TO_NPY && x->done < x->n) {
		x->failed += x->n - x->done;
		return err_set(
			e,
			"%llu records are damaged: an array cannot leave them out\nhint: frl-shard repair FILE first",
			(unsigned long long)(x->n - x->done));
	}
	return out_commit(&x->out, e);
}

int shard_export(int argc, char **argv)
{
	static const char *const formats[] = { "tar", "npy", "dir", NULL };
	struct opt_common common = { 0 };
	struct export x = { 0 };
	const struct opt options[] = {
		OPT_CHOICE(0, "to", "FORMAT", &x.format, formats, "what to make"),
		OPT_INT(0, "jpeg", "QUALITY", &x.jpeg, 0, 100, "raw pictures as JPEG of this quality (0: as PNG)"),
		OPT_STR('o', "output", "PATH", &x.path,
			"write this file (standard output without), or into this folder"),
		OPT_QUIET(&common),
		OPT_JSON(&common),
		OPT_NO_PG(&common),
		OPT_END,
	};
	int first = opt_parse(&program, options, argc, argv);
	struct streams in;
	struct buf text = { 0 };
	struct summary sum = { 0 };
	struct err e = { 0 };
	int rc = 0;

	if (x.format == TO_DIR && !x.path)
		opt_usage(&program, "no folder (-o)");
	if (x.format == TO_NPY)
		rc = count(&x, &program, argc, argv, first, &e);
	streams_init(&in, &program, argc, argv, first, false);
	if (!rc)
		rc = begin(&x, &common, argc, argv, &e);
	progress_start("records", x.n, common.quiet);
	while (!rc && (rc = streams_next(&in, &e)) == 1) {
		rc = add(&x, &in, &e);
		progress_add(1);
	}
	progress_stop();
	if (!rc)
		rc = end(&x, provenance(&text, &in.provenance, common.no_pg, argc, argv), &e);
	out_abort(&x.out);
	buf_release(&x.file);
	buf_release(&x.json);
	buf_release(&text);
	sum.in = in.records;
	sum.out = x.done;
	sum.failed = in.damage + x.failed;
	int status = streams_finish(&in);
	if (rc)
		die_err(&e);
	summary_print(&sum, common.quiet, common.json);
	return x.failed ? EXIT_CODE_SOME_FAILED : status;
}

/* frl-crop - cuts faces out of photos, as a record stream and a manifest of what was written; man frl-crop(1) */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/fail_ok.h"
#include "common/num.h"
#include "common/opt.h"
#include "common/progress.h"
#include "common/thread.h"
#include "crop/input.h"
#include "crop/output.h"

enum { MOST_WARNINGS = 20, MOST_SIDE = 8192, DEFAULT_SIZE = 256, ALIGNED_SIZE = 112 };

struct config {
	struct crop_options crop;
	struct output_names names;
	struct opt_common common;
	struct fail_ok fail_ok;
	int64_t max_errors;
	int64_t max_pixels;
};

struct run {
	struct config *config;
	struct input input;
	struct output output;
	int warnings;
	struct err e; /* why writing ended early */
	bool failed;
};

/* ---- options with a syntax of their own */

static int parse_size(void *data, const char *arg, struct err *e)
{
	struct crop_options *o = data;
	char *w = xstrdup(arg), *h = strchr(w, 'x');
	int64_t width = 0, height = 0;
	if (h)
		*h++ = '\0';
	int rc = num_parse_i64(w, &width) < 0 || num_parse_i64(h ? h : w, &height) < 0 ? -1 : 0;
	free(w);
	if (rc < 0 || width < 8 || height < 8 || width > MOST_SIDE || height > MOST_SIDE)
		return err_code(e, EXIT_CODE_USAGE, "a size is N or WxH, from 8 to %d, not '%s'", MOST_SIDE, arg);
	o->w = (int)width;
	o->h = (int)height;
	return 0;
}

/* ---- the pipeline's three steps */

static void *read_job(void *data)
{
	struct run *r = data;
	return crop_input_next(&r->input);
}

static void work_job(void *data, void *item, int worker)
{
	struct run *r = data;
	(void)worker;
	crop_job_work(item, &r->input.columns, &r->config->crop);
}

/* One line a photo that cannot be read or a row that makes no sense, and not a million of them. */
static void tell(struct run *r, const struct job *j)
{
	for (int i = 0; i < j->n; i++) {
		const struct face *f = &j->face[i];
		bool photo_failed = f->state == FACE_BAD && j->photo->tried && !j->photo->pixels;
		if (f->state != FACE_BAD || r->config->common.quiet || (photo_failed && j->photo->warned))
			continue;
		if (++r->warnings > MOST_WARNINGS)
			return;
		if (photo_failed)
			warn("'%s': %s", j->photo->path, f->why);
		else
			warn("'%s', line %llu: %s", j->photo->path, (unsigned long long)f->row.line, f->why);
		j->photo->warned = photo_failed;
		if (r->warnings == MOST_WARNINGS)
			hint("further failures are only in the manifest (-m)");
	}
}

static int write_job(void *data, void *item, bool last_ready)
{
	struct run *r = data;
	struct job *j = item;
	tell(r, j);
	int rc = crop_output_job(&r->output, j, last_ready, &r->e);
	progress_add((uint64_t)j->n);
	crop_job_free(j);
	if (rc == 0 && r->config->max_errors >= 0 && r->output.failed > (uint64_t)r->config->max_errors)
		rc = err_code(&r->e, EXIT_CODE_FAILED, "more than %lld rows failed", (long long)r->config->max_errors);
	r->failed = rc < 0;
	return rc;
}

static void drop_job(void *data, void *item)
{
	(void)data;
	crop_job_free(item);
}

/* ---- */

static const char *const sides[] = { "max", "mean", "sqrt", NULL };
static const char *const fills[] = { "zero", "edge", "reflect", NULL };
static const char *const filters[] = { "bilinear", "lanczos", NULL };
static const char *const boxes[] = { "auto", "det", "plain", NULL };

static const struct opt_program program = {
	.name = "frl-crop",
	.synopsis = "frl-crop [option ...] [manifest ...]",
	.purpose = "Cuts the faces of a manifest out of their photos and writes them as a record stream.",
	.example = "frl-detect photos/*.jpg | frl-crop -m faces.tsv > shard.bin",
};

static int parse(struct config *c, int argc, char **argv)
{
	struct crop_options *o = &c->crop;
	const struct opt options[] = {
		OPT_GROUP("Geometry"),
		OPT_FN(0, "size", "N", parse_size, o, "pixels of a crop's side, or WxH (256; 112 with --align)"),
		OPT_F64(0, "face", "N", &o->face, 1, MOST_SIDE, "pixels of the face's side S in the crop"),
		OPT_CHOICE(0, "side", "RULE", &o->side, sides,
			   "S of a box: the larger side, the mean, the root of the area"),
		OPT_F64(0, "shift", "F", &o->shift, -4, 4, "move the crop down by F times S"),
		OPT_F64(0, "margin", "F", &o->margin, -.45, 8,
			"show F of the crop's side more on every side, at the same size"),
		OPT_CHOICE(0, "fill", "WHAT", &o->fill, fills, "what lies outside the photo"),
		OPT_CHOICE(0, "filter", "NAME", &o->filter, filters, "resampling filter, widened where it reduces"),
		OPT_BOOL(0, "align", &o->align, "turn and scale five points onto the ArcFace template"),
		OPT_STR(0, "points", "LIST", &o->points,
			"the landmarks that --align takes; + means the middle of several"),
		OPT_STR(0, "centre", "X,Y,S", &o->centre, "columns to take centre and S from, instead of the box"),
		OPT_F64(0, "unit", "N", &o->unit, 1e-3, 1e6, "pixels that one unit of --centre's S stands for"),
		OPT_GROUP("Faces"),
		OPT_CHOICE(0, "box", "WHICH", &o->box, boxes,
			   "columns det_x1 .., or x1 ..; auto: det_ where there is one"),
		OPT_F64(0, "min-face", "N", &o->min_face, 0, 1e6, "leave out faces with S below N pixels"),
		OPT_F64(0, "min-score", "N", &o->min_score, 0, 1, "leave out faces that score below N"),
		OPT_BOOL(0, "largest", &o->largest, "of each photo the largest face only"),
		OPT_BOOL(0, "nearest-centre", &o->nearest, "of each photo the face nearest its middle only"),
		OPT_GROUP("Input and output"),
		OPT_STR(0, "root", "DIR", &o->root, "folder that relative paths start from"),
		OPT_I64(0, "max-pixels", "N", &c->max_pixels, 1, 1e10, "larger photos are refused"),
		OPT_STR('o', "output", "FILE", &c->names.stream, "write the stream to FILE instead of standard output"),
		OPT_BOOL(0, "append", &c->names.append, "add to the end of --output"),
		OPT_STR('m', "manifest", "FILE", &c->names.manifest, "write the manifest, a row for every row read"),
		OPT_INT(0, "jpeg", "Q", &o->jpeg, 0, 100, "JPEG records of quality Q; 0: raw ones"),
		OPT_STR(0, "label", "COLUMN", &o->label, "the records' label, a whole number"),
		OPT_FAIL_OK(&c->fail_ok),
		OPT_I64(0, "max-errors", "N", &c->max_errors, -1, 1e15, "give up when more rows failed; -1: never"),
		OPT_COMMON(&c->common),
		OPT_END,
	};
	int first = opt_parse(&program, options, argc, argv);
	o->limits.max_pixels = (uint64_t)c->max_pixels;
	return first;
}

/* Options that contradict each other, and defaults that depend on others. */
static void check(struct config *c)
{
	struct crop_options *o = &c->crop;
	const struct output_names *n = &c->names;
	if (o->align && o->centre)
		opt_usage(&program, "--align and --centre exclude each other");
	if (n->append && (!n->stream || !strcmp(n->stream, "-")))
		opt_usage(&program, "--append needs --output FILE");
	if (n->manifest && !strcmp(n->manifest, "-") && (!n->stream || !strcmp(n->stream, "-")))
		opt_usage(&program, "the stream and the manifest cannot both go to standard output");
	if (!o->w)
		o->w = o->h = o->align ? ALIGNED_SIZE : DEFAULT_SIZE;
}

/* The input's history and ours, for the manifest and the end record. */
static char *provenance(const struct config *c, const struct tsv *in, int argc, char **argv)
{
	struct tsv_out w = { 0 };
	if (!c->common.no_pg)
		tsv_out_comments(&w, &in->comments);
	tsv_out_pg(&w, c->common.no_pg, argc, argv);
	char *text = xstrdup(w.line.len ? w.line.data : "");
	tsv_out_release(&w);
	return text;
}

static int finish(struct run *r)
{
	const struct config *c = r->config;
	struct summary s = { .in = r->input.rows, .out = r->output.crops, .failed = r->output.failed };
	if (crop_output_commit(&r->output, &r->e) < 0)
		die_err(&r->e);
	summary_print(&s, c->common.quiet, c->common.json);
	return fail_ok_status(&c->fail_ok, s.failed, s.in);
}

static int crop_all(struct config *c, char *const *files, int n_files, int argc, char **argv)
{
	struct run r = { .config = c };
	if (crop_input_open(&r.input, &c->crop, files, n_files, &r.e) < 0)
		die_err(&r.e);
	char *text = provenance(c, &r.input.tsv, argc, argv);
	if (crop_output_open(&r.output, &c->names, &r.input, text, &r.e) < 0)
		die_err(&r.e);
	free(text);
	const struct pipeline p = {
		.read = read_job,
		.work = work_job,
		.write = write_job,
		.drop = drop_job,
		.data = &r,
		.threads = c->common.threads ? c->common.threads : thread_default(),
	};
	progress_start("faces", 0, c->common.quiet);
	pipeline_run(&p);
	progress_stop();
	if (r.failed || r.input.failed) {
		crop_output_abort(&r.output);
		die_err(r.failed ? &r.e : &r.input.e);
	}
	int status = finish(&r);
	crop_output_abort(&r.output);
	crop_input_release(&r.input);
	return status;
}

int main(int argc, char **argv)
{
	struct config c = {
		.crop = { .face = 190, .unit = 1, .points = "0,1,2,3,4", .limits = IMAGE_LIMITS_DEFAULT },
		.max_pixels = 40000000,
		.max_errors = -1,
	};
	malloc_return_large(4 << 20);
	err_program(program.name);
	io_catch_signals();
	summary_start();
	int first = parse(&c, argc, argv);
	check(&c);
	if (first == argc && isatty(STDIN_FILENO))
		opt_usage(&program, NULL);
	return io_finish(crop_all(&c, argv + first, argc - first, argc, argv));
}

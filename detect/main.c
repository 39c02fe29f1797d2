/* frl-detect: pictures in, a row per face out (frl-detect(1)) */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "common/fail_ok.h"
#include "common/io.h"
#include "common/nn/backend.h"
#include "common/nn/safetensors.h"
#include "common/num.h"
#include "common/opt.h"
#include "common/progress.h"
#include "common/thread.h"
#include "detect/find.h"
#include "detect/input.h"
#include "detect/results.h"
#include "detect/rows.h"
#include "detect/weights.h"

enum dtype_choice { DTYPE_CHOICE_F32, DTYPE_CHOICE_BF16, DTYPE_CHOICE_AUTO };
static const char *const dtype_choices[] = { "f32", "bf16", "auto", NULL };

struct config {
	struct find_config find;
	struct opt_common common;
	const char *weights, *device, *list, *root, *draw, *wider;
	int dtype;
	bool recursive;
	int64_t max_errors, max_pixels;
	struct fail_ok fail_ok;
};

/* One picture on its way through the pipeline. */
struct item {
	struct tsv_row row;
	bool pass;    /* not ok when it came: handed on untouched */
	char *path;   /* unescaped, as in the manifest */
	char *status; /* of a row without faces; NULL when there are faces */
	bool failed;
	struct find_result found;
};

struct detector {
	struct config *config;
	struct input *in;
	int path_col, status_col;
	struct rows rows;
	struct out out;
	struct find_scratch *scratch; /* one a thread */
	struct summary summary;
	struct err err; /* why the run ended early */
	bool stopped, read_failed;
};

/* ---- the pipeline's three steps */

static void item_free(void *data, void *p)
{
	struct item *it = p;

	(void)data;
	tsv_row_release(&it->row);
	free(it->path);
	free(it->status);
	find_result_release(&it->found);
	free(it);
}

static void *read_item(void *data)
{
	struct detector *d = data;
	struct item *it = xcalloc(1, sizeof *it);
	struct buf path = { 0 };
	int more = input_next(d->in, &it->row, &d->err);

	if (more <= 0) {
		d->read_failed = more < 0;
		free(it);
		return NULL;
	}
	it->pass = !tsv_ok(&it->row, d->status_col);
	it->path = xstrdup(tsv_get(&it->row, d->path_col, &path));
	buf_release(&path);
	return it;
}

static void fail(struct item *it, const struct err *e)
{
	it->status = xasprintf("bad:%s", e->msg);
	it->failed = true;
}

static void work_item(void *data, void *p, int worker)
{
	struct detector *d = data;
	const struct config *c = d->config;
	struct item *it = p;
	struct err e = { 0 };
	char *path;

	if (it->pass)
		return;
	path = c->root && it->path[0] != '/' ? xasprintf("%s/%s", c->root, it->path) : xstrdup(it->path);
	if (!*it->path)
		err_set(&e, "no path");
	if (!*it->path || find_faces(&c->find, path, &d->scratch[worker], &it->found, &e) < 0)
		fail(it, &e);
	else if (it->found.faces.n == 0)
		it->status = xstrdup("none:no-face");
	free(path);
	if (it->failed)
		return;
	if (c->wider && results_wider(c->wider, it->path, &it->found.faces, &e) < 0)
		fail(it, &e);
	else if (c->draw && results_draw(c->draw, it->path, &it->found.picture, it->found.info.w, it->found.info.h,
					 &it->found.faces, &e) < 0)
		fail(it, &e);
}

static void add_rows(struct detector *d, const struct item *it)
{
	const struct image_info *info = &it->found.info;

	if (it->pass) {
		rows_pass(&d->rows, &it->row);
		return;
	}
	if (it->status) {
		rows_status(&d->rows, &it->row, info->w, info->h, it->status);
		return;
	}
	for (size_t i = 0; i < it->found.faces.n; i++)
		rows_face(&d->rows, &it->row, info->w, info->h, i, &it->found.faces.item[i]);
	d->summary.out += it->found.faces.n;
}

static int write_item(void *data, void *p, bool last_ready)
{
	struct detector *d = data;
	struct item *it = p;
	int rc;

	add_rows(d, it);
	if (it->failed) {
		d->summary.failed++;
		if (!d->config->common.quiet)
			warn("%s: %s", it->path, it->status + strlen("bad:"));
	}
	d->summary.in += !it->pass;
	item_free(d, it);
	progress_add(1);
	rc = tsv_out_write(&d->rows.out, &d->out, &d->err);
	if (rc == 0 && last_ready)
		rc = out_flush(&d->out, &d->err);
	if (rc == 0 && d->config->max_errors >= 0 && d->summary.failed > (uint64_t)d->config->max_errors) {
		d->stopped = true;
		rc = err_code(&d->err, EXIT_CODE_FAILED, "more than %lld pictures failed",
			      (long long)d->config->max_errors);
	}
	return rc;
}

/* ---- options */

static int parse_pair(void *data, const char *arg, struct err *e)
{
	struct find_config *f = data;
	const char *comma = strchr(arg, ',');
	char *first = xstrndup(arg, comma ? (size_t)(comma - arg) : strlen(arg));
	int64_t a = 0, b = 0;
	bool bad = num_parse_i64(first, &a) < 0 || (comma && num_parse_i64(comma + 1, &b) < 0) || a < 1 || a > 65536 ||
		   b < 0 || b > 65536;

	free(first);
	if (bad)
		return err_set(e, "'%s' is not SHORT or SHORT,LONG in pixels", arg);
	f->resize_short = (int)a;
	f->resize_long = (int)b;
	return 0;
}

static int parse_scales(void *data, const char *arg, struct err *e)
{
	struct find_config *f = data;
	char *copy = xstrdup(arg), *save = NULL;
	int rc = 0;

	f->scales = 0;
	for (char *s = strtok_r(copy, ",", &save); s && rc == 0; s = strtok_r(NULL, ",", &save)) {
		float v;

		if (num_parse_f32(s, &v) < 0 || !(v >= 0.01f && v <= 100))
			rc = err_set(e, "'%s' is not a factor between 0.01 and 100", s);
		else if (f->scales == FIND_MAX_SCALES)
			rc = err_set(e, "more than %d scales", FIND_MAX_SCALES);
		else if (v < 1 || v > 1) /* the size itself is always worked at */
			f->scale[f->scales++] = v;
	}
	free(copy);
	return rc;
}

static const struct opt_program program = {
	.name = "frl-detect",
	.synopsis = "frl-detect [OPTION]... PICTURE|FOLDER...\nfrl-detect [OPTION]... < manifest.tsv",
	.purpose = "Find faces with RetinaFace: box, score and five landmarks, a row a face.",
	.example = "frl-detect photos/*.jpg | frl-crop -m faces.tsv > shard.bin",
};

static int parse_options(struct config *c, int argc, char **argv)
{
	struct find_config *f = &c->find;
	const struct opt options[] = {
		OPT_GROUP("Input"),
		OPT_BOOL('r', "recursive", &c->recursive, "enter folders"),
		OPT_STR(0, "list", "FILE", &c->list,
			"pictures from a list, a path a line, or from WIDER FACE's own lists"),
		OPT_STR(0, "root", "DIR", &c->root, "folder that relative paths begin at"),
		OPT_I64(0, "max-pixels", "N", &c->max_pixels, 1, 2e9,
			"a picture with more is not decoded; its row says so"),
		OPT_GROUP("Detection"),
		OPT_STR('w', "weights", "FILE", &c->weights,
			"the network, as frl-weights writes it (default: see man page)"),
		OPT_F32('t', "threshold", "N", &f->threshold, 0, 1, "keep faces that score above N"),
		OPT_F32(0, "nms", "N", &f->nms, 0, 1, "drop a face that overlaps a better one by more than N (IoU)"),
		OPT_INT(0, "max-faces", "N", &f->max_faces, 0, 1e6, "at most N faces a picture, the best; 0: all"),
		OPT_F32(0, "min-size", "N", &f->min_size, 0, 1e6, "drop faces with a side below N pixels"),
		OPT_FN(0, "resize", "SHORT,LONG", parse_pair, f,
		       "work at this short side, the long side at most LONG (WIDER: 1600,2150)"),
		OPT_FN(0, "scales", "LIST", parse_scales, f, "work at these multiples of the size too, e.g. 0.5,2"),
		OPT_STR(0, "device", "NAME", &c->device, "where to compute"),
		OPT_CHOICE(0, "dtype", "NAME", &c->dtype, dtype_choices,
			   "number format; auto: bf16 where it is faster"),
		OPT_GROUP("Further output"),
		OPT_STR(0, "draw", "DIR", &c->draw, "write annotated pictures to DIR"),
		OPT_STR(0, "wider", "DIR", &c->wider, "write WIDER FACE result files, DIR/EVENT/NAME.txt"),
		OPT_GROUP("Failures"),
		OPT_I64(0, "max-errors", "N", &c->max_errors, -1, 1e15,
			"stop when more than N pictures failed; -1: never"),
		OPT_FAIL_OK(&c->fail_ok),
		OPT_COMMON(&c->common),
		OPT_END,
	};

	return opt_parse(&program, options, argc, argv);
}

/* ---- the run */

static enum nn_dtype choose_dtype(const struct config *c, const struct nn_backend *b)
{
	if (c->dtype == DTYPE_CHOICE_BF16 && !b->fast_bf16 && !c->common.quiet)
		warn("this machine has no bf16 instructions: results are those of bf16, at the speed of f32");
	return c->dtype == DTYPE_CHOICE_BF16 || (c->dtype == DTYPE_CHOICE_AUTO && b->fast_bf16) ? NN_BF16 : NN_F32;
}

static struct retinaface *load_network(const struct config *c)
{
	const struct nn_backend *b;
	struct safetensors s = { 0 };
	struct retinaface *net;
	struct err e = { 0 };
	char *file;

	if (strcmp(c->device, "cpu") != 0) {
		warn("--device: '%s' is not there: this build computes on the cpu", c->device);
		exit(EXIT_CODE_USAGE);
	}
	b = nn_backend_cpu();
	file = weights_locate(c->weights, &e);
	if (!file) {
		warn("%s", e.msg);
		hint("./setup weights fetches a RetinaFace; frl-weights import reads others (see frl-detect(1))");
		exit(EXIT_CODE_BAD_INPUT);
	}
	if (safetensors_open(&s, file, &e) < 0) {
		warn("%s", e.msg);
		hint("weights are safetensors: frl-weights import %s > x.safetensors", file);
		exit(EXIT_CODE_BAD_INPUT);
	}
	net = retinaface_new(b, choose_dtype(c, b), &s, &e);
	if (!net)
		die(EXIT_CODE_BAD_INPUT, "%s: %s", file, e.msg);
	if (!c->common.quiet)
		fprintf(stderr, "%s: %s on %s (%s, %s)\n", err_program_name(), retinaface_name(net), b->name, b->isa,
			choose_dtype(c, b) == NN_BF16 ? "bf16" : "f32");
	safetensors_close(&s);
	free(file);
	return net;
}

static void summarise(struct detector *d, int threads)
{
	static const char *const part[] = { "decode_s", "network_s", "rest_s" };
	uint64_t hits, misses;

	for (int i = 0; i < 3; i++) {
		double sum = 0;

		for (int t = 0; t < threads; t++)
			sum += d->scratch[t].seconds[i];
		summary_extra(&d->summary, part[i], rint(sum * 1000) / 1000);
	}
	retinaface_cache_stats(d->config->find.net, &hits, &misses);
	summary_extra(&d->summary, "sizes", (double)misses);
	summary_print(&d->summary, d->config->common.quiet, d->config->common.json);
}

static int run(struct config *c, struct input *in, int argc, char **argv)
{
	int threads = c->common.threads ? c->common.threads : thread_default(), status = EXIT_CODE_OK;
	struct detector d = {
		.config = c, .in = in, .path_col = input_col(in, "path"), .status_col = input_col(in, "status")
	};
	struct pipeline p = { read_item, work_item, write_item, item_free, &d, threads, 0 };

	d.scratch = xcalloc((size_t)threads, sizeof *d.scratch);
	if (out_open(&d.out, NULL, false, &d.err) < 0 ||
	    rows_header(&d.rows, in, c->common.no_pg, argc, argv, &d.err) < 0 ||
	    tsv_out_write(&d.rows.out, &d.out, &d.err) < 0)
		die_err(&d.err);
	progress_start("pictures", input_total(in), c->common.quiet);
	if (pipeline_run(&p) < 0 || d.read_failed)
		status = d.err.code ? d.err.code : EXIT_CODE_FAILED;
	progress_stop();
	if (status)
		warn("%s", d.err.msg);
	if (out_commit(&d.out, &d.err) < 0 && !status) {
		warn("%s", d.err.msg);
		status = EXIT_CODE_FAILED;
	}
	summarise(&d, threads);
	if (!status)
		status = fail_ok_status(&c->fail_ok, d.summary.failed, d.summary.in);
	for (int i = 0; i < threads; i++)
		find_scratch_release(&d.scratch[i]);
	free(d.scratch);
	tsv_out_release(&d.rows.out);
	return status;
}

int main(int argc, char **argv)
{
	struct config c = {
		.find = { .threshold = .5f, .nms = .4f, .limits = IMAGE_LIMITS_DEFAULT },
		.device = "cpu",
		.max_errors = -1,
		.max_pixels = 40000000,
	};
	struct err e = { 0 };
	struct input *in;
	int first, status;

	malloc_return_large(256 << 10);
	err_program("frl-detect");
	io_catch_signals();
	summary_start();
	first = parse_options(&c, argc, argv);
	c.find.keep_picture = c.draw != NULL;
	c.find.limits.max_pixels = (uint64_t)c.max_pixels;
	if (first == argc && !c.list && isatty(STDIN_FILENO))
		opt_usage(&program, NULL);
	c.find.net = load_network(&c);
	in = input_open(argv + first, argc - first, c.list, c.recursive, &e);
	if (!in)
		die(EXIT_CODE_BAD_INPUT, "%s", e.msg);
	status = run(&c, in, argc, argv);
	input_close(in);
	retinaface_free(c.find.net);
	return io_finish(status);
}

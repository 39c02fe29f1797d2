/* frl-synth - faces with exact truth for all five tasks, from a 3D face model; man frl-synth(1) */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/le.h"
#include "common/opt.h"
#include "common/progress.h"
#include "common/thread.h"
#include "tools/synth/layout.h"
#include "tools/synth/scan_run.h"

enum {
	LEAST_SIZE = 16,
	MOST_SIZE = 2048,
	MOST_PER_IDENTITY = 1 << 24,
	DEFAULT_SIZE = 256,
	ALIGNED_SIZE = 112,
	PHOTO_SIZE = 320,
	PHOTO_QUALITY = 95
};

struct config {
	struct synth_scene scene;
	struct synth_names names;
	struct opt_common common;
	struct opt_list backgrounds;
	struct scan_run scan; /* --scan and what goes with it */
	const char *model, *root;
	int64_t n, identities, seed;
	int camera, units, per_identity, layout; /* -1: no layout, a stream */
};

struct run {
	struct config *config;
	struct synth_worker *worker; /* [threads] */
	struct synth_output output;
	struct synth_layout layout;
	uint64_t next, n;
	struct err e;
	bool failed;
};

/* ---- the pipeline's three steps */

static void *read_job(void *data)
{
	struct run *r = data;
	struct synth_job *j;

	if (r->next == r->n)
		return NULL;
	j = xcalloc(1, sizeof *j);
	j->number = r->next++;
	if (r->config->names.mesh || (r->config->layout >= 0 && synth_layout_set(r->config->layout)->mesh))
		j->truth.mesh = xrealloc_array(NULL, (size_t)r->config->scene.model.face_vertices,
					       3 * sizeof *j->truth.mesh);
	return j;
}

static void pack_mesh(struct synth_job *j, size_t vertices)
{
	size_t bytes = 12 * vertices;
	char *to = buf_reserve(&j->mesh, bytes);

	for (size_t i = 0; i < 3 * vertices; i++)
		le_putf32(to + 4 * i, j->truth.mesh[i]);
	j->mesh.len += bytes;
}

static void work_job(void *data, void *item, int number)
{
	struct run *r = data;
	struct synth_job *j = item;
	struct synth_worker *w = &r->worker[number];
	const struct image *m = &w->canvas.picture;
	int quality = r->config->names.jpeg;

	j->failed = synth_render(w, j->number, &j->truth, &j->e) < 0;
	if (j->failed)
		return;
	if (r->config->names.mesh)
		pack_mesh(j, (size_t)r->config->scene.model.face_vertices);
	if (quality) {
		j->failed = image_encode_jpeg(m, quality, &j->payload, &j->e) < 0;
		return;
	}
	for (int y = 0; y < m->h; y++)
		buf_add(&j->payload, image_at(m, 0, y), 3 * (size_t)m->w);
}

static void free_job(struct synth_job *j)
{
	buf_release(&j->payload);
	buf_release(&j->mesh);
	free(j->truth.mesh);
	free(j);
}

static int write_job(void *data, void *item, bool last_ready)
{
	struct run *r = data;
	struct synth_job *j = item;
	int rc = -1;

	if (j->failed)
		r->e = j->e;
	else if (r->config->layout >= 0)
		rc = synth_layout_job(&r->layout, j, &r->e);
	else
		rc = synth_output_job(&r->output, j, last_ready, &r->e);
	r->failed = rc < 0;
	progress_add(1);
	free_job(j);
	return rc;
}

static void drop_job(void *data, void *item)
{
	(void)data;
	free_job(item);
}

/* ---- */

static const char *const cameras[] = { "perspective", "weak", NULL };
static const char *const unit_sets[] = { "disfa", "bp4d", "all", NULL };

static const struct opt_program program = {
	.name = "frl-synth",
	.synopsis = "frl-synth --model DIR [option ...] > faces.bin\n"
		    "frl-synth --model DIR --layout SET --root DIR [option ...]\n"
		    "frl-synth --scan SCAN.obj [--poses FILE] [--points FILE] [option ...]",
	.purpose = "Draws faces with exact truth for all five tasks from a 3D face model; or a scan.",
	.example = "frl-synth --model ict/ -n 20000 --seed 1 -m truth.tsv --mesh mesh.bin > faces.bin",
};

static void parse(struct config *c, int argc, char **argv)
{
	struct synth_options *o = &c->scene.options;
	const struct opt options[] = {
		OPT_STR(0, "model", "DIR", &c->model, "the ICT face model's folder"),
		OPT_GROUP("What is drawn"),
		OPT_I64('n', "number", "N", &c->n, 1, 1e9, "pictures"),
		OPT_I64(0, "seed", "N", &c->seed, 0, 1e15, "every draw follows from it"),
		OPT_I64(0, "identities", "N", &c->identities, 0, 1e9, "persons; 0: as many as --per-identity gives"),
		OPT_INT(0, "per-identity", "N", &c->per_identity, 1, MOST_PER_IDENTITY, "pictures of each person"),
		OPT_I64(0, "first-identity", "N", &o->first_identity, 0, 1e9, "the first person's number"),
		OPT_F64(0, "shape-limit", "F", &o->shape_limit, .1, 6, "identity coefficients, N(0,1), stay within"),
		OPT_F64(0, "yaw", "DEG", &o->yaw, 0, 90, "uniform within plus and minus this"),
		OPT_F64(0, "pitch", "DEG", &o->pitch, 0, 90, "likewise"),
		OPT_F64(0, "roll", "DEG", &o->roll, 0, 180, "likewise"),
		OPT_F64(0, "expression", "P", &o->active, 0, 1, "share of faces in which a shape is active"),
		OPT_F64(0, "asymmetry", "F", &o->asymmetry, 0, 1, "by how much a shape's two sides differ"),
		OPT_CHOICE(0, "camera", "KIND", &c->camera, cameras, "perspective, or weak: scaled orthographic"),
		OPT_F64(0, "near", "CM", &o->near, 25, 1e4, "least distance of the camera"),
		OPT_F64(0, "far", "CM", &o->far, 25, 1e4, "largest distance of the camera"),
		OPT_F64(0, "occluder", "P", &o->occluder, 0, 1, "share of pictures with an occluder"),
		OPT_LIST(0, "backgrounds", "FILE", &c->backgrounds, "pictures, or streams of them, for backgrounds"),
		OPT_F64(0, "degrade", "F", &o->degrade, 0, 1, "blur, noise and JPEG: none to full strength"),
		OPT_GROUP("The picture"),
		OPT_INT(0, "size", "N", &c->scene.frame.size, LEAST_SIZE, MOST_SIZE, "pixels of its side"),
		OPT_F64(0, "face", "N", &c->scene.frame.face, 0, MOST_SIZE,
			"pixels of the box in it; 0: 190/256 of it"),
		OPT_F64(0, "spread", "F", &o->spread, 1, 8, "a face is up to F times larger or smaller, log-uniform"),
		OPT_F64(0, "jitter", "F", &o->jitter, 0, .5, "of the box's edges, in shares of its sides"),
		OPT_BOOL(0, "align", &c->scene.frame.align, "five points onto the ArcFace template"),
		OPT_INT(0, "samples", "N", &c->scene.samples, 1, 8, "rows and columns of samples in a pixel"),
		OPT_GROUP("A scan"),
		OPT_STR(0, "scan", "FILE", &c->scan.scan,
			"an OBJ file with materials and textures, instead of a model"),
		OPT_STR(0, "poses", "FILE", &c->scan.poses,
			"pitch and yaw of each picture; without: the usual fifteen"),
		OPT_LIST(0, "points", "FILE", &c->scan.points,
			 "its 68 points: vertices, x y z, or a frontal picture's row"),
		OPT_STR(0, "found", "FILE", &c->scan.found, "write the vertices of the points, for --points"),
		OPT_F64(0, "unit", "MM", &c->scan.unit, 1e-6, 1e6, "millimetres that a unit of the scan is"),
		OPT_STR(0, "id-prefix", "TEXT", &c->scan.prefix, "before PITCH_YAW.png in ids and paths"),
		OPT_GROUP("Output"),
		OPT_STR('o', "output", "FILE", &c->names.stream, "the pictures' stream"),
		OPT_STR('m', "manifest", "FILE", &c->names.manifest, "write the truth, a row for each picture"),
		OPT_STR(0, "mesh", "FILE", &c->names.mesh, "write the vertices, f32 records in pixels"),
		OPT_STR(0, "template", "FILE", &c->names.template,
			"write the mean face that --mesh is made of: triangles, points"),
		OPT_STR(0, "params", "FILE", &c->names.params, "write the numbers that were drawn"),
		OPT_CHOICE(0, "layout", "SET", &c->layout, synth_layout_names,
			   "write a folder as that set is published"),
		OPT_STR(0, "root", "DIR", &c->root, "the folder of --layout, or of a scan's pictures"),
		OPT_CHOICE(0, "units", "SET", &c->units, unit_sets, "action units that have columns"),
		OPT_INT(0, "jpeg", "Q", &c->names.jpeg, 0, 100, "JPEG records of quality Q; 0: raw ones"),
		OPT_COMMON(&c->common),
		OPT_END,
	};

	if (opt_parse(&program, options, argc, argv) < argc)
		opt_usage(&program, "no arguments are taken");
}

/* A head before a scanner: it looks ahead, nothing is before it, and its picture is clean. */
static void hold_still(struct synth_options *o)
{
	o->yaw = o->pitch = o->roll = o->occluder = o->degrade = o->jitter = 0;
	o->spread = 1;
}

/* A set has its own number of persons, and of pictures of each. */
static void check_persons(struct config *c, const struct synth_layout_set *set)
{
	if (set->each && c->per_identity > set->each)
		c->per_identity = set->each;
	if (set->persons && c->identities > set->persons)
		opt_usage(&program, "%s has %d persons", set->name, set->persons);
	if (set->persons && !c->identities)
		c->identities = c->n && set->each ? (c->n + set->each - 1) / set->each : set->persons;
	/* A set of so many persons has pictures of each. */
	if (set->persons && c->n) {
		c->per_identity = (int)((c->n + c->identities - 1) / c->identities);
		c->n = c->identities * c->per_identity;
	}
	if (set->each && c->per_identity > set->each)
		opt_usage(&program, "%s has %d of each person", set->name, set->each);
	if (set->persons && c->identities > set->persons)
		opt_usage(&program, "%s has %d persons", set->name, set->persons);
}

/* Photos, unless it is of scans, instead of crops. */
static void check_layout(struct config *c)
{
	const struct synth_layout_set *set = synth_layout_set(c->layout);
	struct synth_names *n = &c->names;
	struct synth_frame *f = &c->scene.frame;

	if (!c->root)
		opt_usage(&program, "--layout needs --root DIR");
	if (n->stream || n->manifest || n->mesh || n->params || n->template || f->align)
		opt_usage(&program, "--layout writes nothing but its folder");
	check_persons(c, set);
	if (set->still)
		hold_still(&c->scene.options);
	if (set->raw)
		n->jpeg = 0;
	else if (!n->jpeg)
		n->jpeg = PHOTO_QUALITY;
	if (!f->size)
		f->size = set->size ? set->size : PHOTO_SIZE;
	if (f->face == 0)
		f->face = f->size * (set->still ? .8 : .5);
}

/* At most one thing goes to standard output; the stream, if there is one, unless it has a name. */
static void check_outputs(const struct synth_names *n, bool stream, const char *found)
{
	const char *const name[] = {
		stream && !n->stream ? "-" : n->stream, n->manifest, n->mesh, n->params, n->template, found
	};
	int standard = 0;

	for (size_t i = 0; i < sizeof name / sizeof *name; i++)
		standard += name[i] && !strcmp(name[i], "-");
	if (standard > 1)
		opt_usage(
			&program,
			"only one of stream, manifest, meshes, parameters, template and points can go to standard output");
}

/* Nothing of the model's options. */
static void check_scan(struct config *c)
{
	struct synth_frame *f = &c->scene.frame;

	check_outputs(&c->names, !c->root, c->scan.found);
	if (c->model || c->layout >= 0 || c->names.params || c->names.template || f->align || c->n || c->identities)
		opt_usage(&program, "--scan does not go with a model, its persons and what is written of them");
	if (c->names.mesh && !c->scan.points.n)
		opt_usage(&program, "--mesh of a scan needs --points: the nose's tip");
	if (c->scan.found && !c->scan.points.n)
		opt_usage(&program, "--found needs --points");
	if (!f->size)
		f->size = DEFAULT_SIZE;
	if (f->face == 0)
		f->face = f->size * 190. / 256;
	c->scan.frame = *f;
	c->scan.samples = c->scene.samples;
	c->scan.root = c->root;
	c->scan.names = c->names;
	c->scan.quiet = c->common.quiet;
}

/* How many pictures, of how many persons. */
static void check_number(struct config *c)
{
	const struct synth_layout_set *set = c->layout >= 0 ? synth_layout_set(c->layout) : NULL;

	if (c->identities && c->n)
		c->per_identity = (int)fmin(MOST_PER_IDENTITY, (double)((c->n + c->identities - 1) / c->identities));
	else if (c->identities)
		c->n = c->identities * c->per_identity;
	else if (!c->n)
		c->n = c->per_identity;
	c->scene.options.per_identity = c->per_identity;
	if (set && c->n <= (set->least - 1) * (int64_t)c->per_identity)
		opt_usage(&program, "%s has at least %d persons\nhint: --identities, or a smaller --per-identity",
			  set->name, set->least);
}

static void check(struct config *c)
{
	struct synth_options *o = &c->scene.options;
	struct synth_frame *f = &c->scene.frame;

	if (c->scan.poses || c->scan.points.n || c->scan.found || c->scan.prefix)
		opt_usage(&program, "--poses, --points, --found and --id-prefix go with --scan");
	if (!c->model)
		opt_usage(&program, isatty(STDIN_FILENO) ? NULL : "--model DIR is needed");
	check_outputs(&c->names, true, NULL);
	if (c->layout >= 0)
		check_layout(c);
	else if (c->root)
		opt_usage(&program, "--root goes with --layout and --scan");
	if (o->near > o->far)
		opt_usage(&program, "--near is larger than --far");
	o->seed = (uint64_t)c->seed;
	o->weak = c->camera == 1 || (c->layout >= 0 && synth_layout_set(c->layout)->weak);
	c->names.units = (enum synth_units)c->units;
	if (!f->size)
		f->size = f->align ? ALIGNED_SIZE : DEFAULT_SIZE;
	if (f->face == 0)
		f->face = f->size * 190. / 256;
	check_number(c);
}

static void open_scene(struct synth_scene *s, const struct config *c, int threads)
{
	struct err e = { 0 };

	if (synth_model_load(&s->model, c->model, threads, &e) < 0 ||
	    synth_surface_init(&s->surface, &s->model, threads, &e) < 0)
		die_err(&e);
	synth_regions_init(&s->regions, &s->surface);
	if (synth_backdrop_open(&s->backdrop, &c->backgrounds, &e) < 0)
		die_err(&e);
}

static void open_output(struct run *r, int argc, char **argv)
{
	struct config *c = r->config;
	struct tsv_out pg = { 0 };
	int rc;

	tsv_out_pg(&pg, c->common.no_pg, argc, argv);
	if (c->layout >= 0)
		rc = synth_layout_open(&r->layout, synth_layout_set(c->layout), c->root, &c->scene, &r->e);
	else
		rc = synth_output_open(&r->output, &c->names, &c->scene, pg.line.len ? pg.line.data : "", &r->e);
	if (rc < 0)
		die_err(&r->e);
	tsv_out_release(&pg);
}

static int make_faces(struct config *c, int argc, char **argv)
{
	int threads = c->common.threads ? c->common.threads : thread_default();
	struct run r = { .config = c, .n = (uint64_t)c->n };
	struct summary sum = { 0 };
	const struct pipeline p = {
		.read = read_job,
		.work = work_job,
		.write = write_job,
		.drop = drop_job,
		.data = &r,
		.threads = threads,
	};

	open_scene(&c->scene, c, threads);
	open_output(&r, argc, argv);
	r.worker = xcalloc((size_t)threads, sizeof *r.worker);
	for (int i = 0; i < threads; i++)
		synth_worker_init(&r.worker[i], &c->scene);
	progress_start("faces", r.n, c->common.quiet);
	pipeline_run(&p);
	progress_stop();
	if (r.failed ||
	    (c->layout >= 0 ? synth_layout_commit(&r.layout, &r.e) : synth_output_commit(&r.output, &r.e)) < 0)
		die_err(&r.e);
	for (int i = 0; i < threads; i++)
		synth_worker_release(&r.worker[i]);
	free(r.worker);
	synth_output_abort(&r.output);
	synth_layout_release(&r.layout);
	synth_backdrop_close(&c->scene.backdrop);
	synth_regions_release(&c->scene.regions);
	synth_surface_release(&c->scene.surface);
	synth_model_release(&c->scene.model);
	sum.out = r.n;
	summary_print(&sum, c->common.quiet, c->common.json);
	return EXIT_CODE_OK;
}

static int draw_scan(struct config *c, int argc, char **argv)
{
	struct tsv_out pg = { 0 };
	struct summary sum = { 0 };
	struct err e = { 0 };
	int64_t n;

	tsv_out_pg(&pg, c->common.no_pg, argc, argv);
	c->scan.provenance = pg.line.len ? pg.line.data : "";
	n = scan_run(&c->scan, &e);
	tsv_out_release(&pg);
	if (n < 0)
		die_err(&e);
	sum.out = (uint64_t)n;
	summary_print(&sum, c->common.quiet, c->common.json);
	return EXIT_CODE_OK;
}

int main(int argc, char **argv)
{
	struct config c = {
		.scene = { .options = SYNTH_OPTIONS_DEFAULT, .samples = 2 },
		.scan = { .unit = 1 },
		.per_identity = 20,
		.layout = -1,
	};

	malloc_return_large(4 << 20);
	err_program(program.name);
	io_catch_signals();
	summary_start();
	parse(&c, argc, argv);
	if (c.scan.scan)
		check_scan(&c);
	else
		check(&c);
	return io_finish(c.scan.scan ? draw_scan(&c, argc, argv) : make_faces(&c, argc, argv));
}

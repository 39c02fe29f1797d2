/* scan_run.c - see scan_run.h */
#include "tools/synth/scan_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/io.h"
#include "common/le.h"
#include "common/poses.h"
#include "common/progress.h"
#include "common/tsv.h"
#include "tools/synth/scan.h"

/* Of the protocol: what counts lies within 95 mm of the nose's tip. */
static const double radius = 95;

/* The list that its author gives in part; pitches differ between sources. */
static const struct pose usual[] = {
	{ -15, -80 }, { -15, -40 }, { -15, 0 },	 { -15, 40 }, { -15, 80 }, { 20, -80 }, { 20, -40 }, { 20, 0 },
	{ 20, 40 },   { 20, 80 },   { 25, -80 }, { 25, -40 }, { 25, 0 },   { 25, 40 },	{ 25, 80 },
};

struct state {
	const struct scan_run *run;
	struct scan scan;
	struct poses poses;
	struct raster raster;
	struct image picture;
	struct buf bytes;
	int32_t *near; /* [nears]: of the mesh, besides the points */
	int nears;
	struct out stream, manifest, mesh;
	struct record_writer pictures, meshes;
	struct tsv_out row;
};

/* ---- poses */

static int find_poses(struct state *s, struct err *e)
{
	if (s->run->poses)
		return poses_read(&s->poses, s->run->poses, e);
	s->poses.n = sizeof usual / sizeof *usual;
	s->poses.pose = xrealloc_array(NULL, s->poses.n, sizeof *s->poses.pose);
	memcpy(s->poses.pose, usual, sizeof usual);
	return 0;
}

/* ---- the manifest */

static void heads(struct tsv_out *w, const char *const *name)
{
	for (; *name; name++)
		tsv_out_raw(w, *name);
}

static void write_head(struct state *s)
{
	static const char *const first[] = { "id", "path", "face", "width", "height", NULL },
				 *const box[] = { "x1", "y1", "x2", "y2", NULL },
				 *const last[] = { "pitch", "yaw", "t11",    "t12",    "t13", "t14",
						   "t21",   "t22", "t23",    "t24",    "t31", "t32",
						   "t33",   "t34", "points", "status", NULL };
	char name[16];

	buf_add_str(&s->row.line, s->run->provenance);
	heads(&s->row, first);
	if (s->scan.points) {
		heads(&s->row, box);
		for (int i = 0; i < 2 * SYNTH_LANDMARKS; i++) {
			snprintf(name, sizeof name, "lm%d%c", i / 2, "xy"[i % 2]);
			tsv_out_raw(&s->row, name);
		}
	}
	heads(&s->row, last);
	tsv_out_end(&s->row);
}

static void write_row(struct state *s, const struct scan_view *v, const char *id)
{
	static const char *const how[] = { "none", "given", "lifted" };
	struct tsv_out *w = &s->row;

	tsv_out_str(w, id);
	tsv_out_str(w, id);
	tsv_out_raw(w, "0");
	tsv_out_i64(w, s->run->frame.size);
	tsv_out_i64(w, s->run->frame.size);
	if (s->scan.points) {
		for (int k = 0; k < 4; k++)
			tsv_out_f32(w, (float)v->box[k]);
		for (int i = 0; i < 2 * SYNTH_LANDMARKS; i++)
			tsv_out_f32(w, v->xyz[3 * (size_t)s->scan.point[i / 2] + (size_t)(i % 2)]);
	}
	tsv_out_f64(w, v->pitch);
	tsv_out_f64(w, v->yaw);
	for (int i = 0; i < 12; i++)
		tsv_out_f64(w, v->t[i / 4][i % 4]);
	tsv_out_raw(w, how[s->scan.points]);
	tsv_out_raw(w, "ok");
	tsv_out_end(w);
}

/* ---- a pose */

static int write_png(struct state *s, const char *name, struct err *e)
{
	char *path = xasprintf("%s/%s", s->run->root, name);
	int rc;

	buf_reset(&s->bytes);
	rc = image_encode_png(&s->picture, &s->bytes, e) || io_write_file(path, s->bytes.data, s->bytes.len, e) ? -1
														: 0;
	free(path);
	return rc;
}

static int write_picture(struct state *s, uint64_t key, struct err *e)
{
	uint32_t side = (uint32_t)s->run->frame.size;
	struct record r = {
		.kind = s->run->names.jpeg ? RECORD_JPEG : RECORD_TENSOR,
		.dtype = RECORD_U8,
		.ndim = 3,
		.dims = { side, side, 3 },
		.key = key,
		.label = -1,
	};

	buf_reset(&s->bytes);
	if (s->run->names.jpeg) {
		if (image_encode_jpeg(&s->picture, s->run->names.jpeg, &s->bytes, e))
			return -1;
	} else {
		for (int y = 0; y < s->picture.h; y++)
			buf_add(&s->bytes, image_at(&s->picture, 0, y), 3 * (size_t)s->picture.w);
	}
	r.bytes = s->bytes.len;
	return record_write(&s->pictures, &r, s->bytes.data, e);
}

static void add_vertex(struct buf *b, const float *xyz)
{
	char *to = buf_reserve(b, 12);

	for (int k = 0; k < 3; k++)
		le_putf32(to + 4 * k, xyz[k]);
	b->len += 12;
}

/* The points, then what else is near the nose. */
static int write_mesh(struct state *s, const struct scan_view *v, uint64_t key, struct err *e)
{
	struct record r = {
		.kind = RECORD_TENSOR,
		.dtype = RECORD_F32,
		.ndim = 2,
		.dims = { (uint32_t)(SYNTH_LANDMARKS + s->nears), 3 },
		.key = key,
		.label = -1,
	};

	buf_reset(&s->bytes);
	for (int i = 0; i < SYNTH_LANDMARKS; i++)
		add_vertex(&s->bytes, v->xyz + 3 * (size_t)s->scan.point[i]);
	for (int i = 0; i < s->nears; i++)
		add_vertex(&s->bytes, v->xyz + 3 * (size_t)s->near[i]);
	r.bytes = s->bytes.len;
	return record_write(&s->meshes, &r, s->bytes.data, e);
}

static int do_pose(struct state *s, const struct pose *p, struct err *e)
{
	const struct synth_names *n = &s->run->names;
	struct scan_view v;
	char *pose = pose_name(p), *name = xasprintf("%s.png", pose), *id;
	uint64_t key;
	int rc = 0;

	id = xasprintf("%s%s", s->run->prefix ? s->run->prefix : "", name);
	key = hash_key(id);
	scan_look(&s->scan, &s->run->frame, p->pitch, p->yaw, &v);
	scan_draw(&s->scan, &v, &s->run->frame, s->run->samples, &s->raster, &s->picture);
	if (s->run->root)
		rc = write_png(s, name, e);
	if (!rc && s->pictures.out)
		rc = write_picture(s, key, e);
	if (!rc && n->mesh)
		rc = write_mesh(s, &v, key, e);
	if (!rc && n->manifest) {
		write_row(s, &v, id);
		rc = tsv_out_write(&s->row, &s->manifest, e);
	}
	scan_view_release(&v);
	free(id);
	free(name);
	free(pose);
	return rc;
}

/* ---- */

static int open_all(struct state *s, struct err *e)
{
	const struct scan_run *run = s->run;
	const struct synth_names *n = &run->names;

	if (run->root && io_make_dirs(run->root, e))
		return -1;
	if (n->stream || !run->root) {
		if (out_open(&s->stream, n->stream, true, e))
			return -1;
		s->pictures.out = &s->stream;
	}
	s->meshes.out = &s->mesh;
	if (n->mesh && out_open(&s->mesh, n->mesh, true, e))
		return -1;
	if (!n->manifest)
		return 0;
	if (out_open(&s->manifest, n->manifest, false, e))
		return -1;
	write_head(s);
	return tsv_out_write(&s->row, &s->manifest, e);
}

static int commit(struct state *s, struct err *e)
{
	const struct synth_names *n = &s->run->names;
	const char *provenance = *s->run->provenance ? s->run->provenance : NULL;

	if (n->mesh && (record_end(&s->meshes, provenance, e) || out_commit(&s->mesh, e)))
		return -1;
	if (n->manifest && out_commit(&s->manifest, e))
		return -1;
	return s->pictures.out && (record_end(&s->pictures, provenance, e) || out_commit(&s->stream, e)) ? -1 : 0;
}

/* A vertex a line, as --points reads them. */
static int write_found(const struct state *s, struct err *e)
{
	struct buf b = { 0 };
	int rc;

	if (s->scan.points == SCAN_POINTS_LIFTED)
		buf_add_str(&b, SCAN_LIFTED_LINE "\n");
	for (int i = 0; i < SYNTH_LANDMARKS; i++)
		buf_printf(&b, "%d\n", s->scan.point[i]);
	rc = io_write_file(s->run->found, b.data, b.len, e);
	buf_release(&b);
	return rc;
}

static int load(struct state *s, struct err *e)
{
	const struct scan_run *run = s->run;

	if (find_poses(s, e) || scan_load(&s->scan, run->scan, e))
		return -1;
	for (int i = 0; i < run->points.n; i++)
		if (scan_read_points(&s->scan, run->points.item[i], &run->frame, run->samples, e))
			return -1;
	if (run->found && write_found(s, e))
		return -1;
	if (run->names.mesh) {
		s->near = xrealloc_array(NULL, (size_t)s->scan.obj.vertices, sizeof *s->near);
		s->nears = scan_near(&s->scan, radius / run->unit, s->near);
	}
	return 0;
}

int64_t scan_run(const struct scan_run *run, struct err *e)
{
	struct state s = { .run = run };
	int64_t n;
	int rc = load(&s, e) || open_all(&s, e) ? -1 : 0;

	if (!rc)
		progress_start("pictures", s.poses.n, run->quiet);
	for (size_t i = 0; !rc && i < s.poses.n; i++) {
		rc = do_pose(&s, &s.poses.pose[i], e);
		progress_add(1);
	}
	progress_stop();
	n = rc || commit(&s, e) ? -1 : (int)s.poses.n;
	out_abort(&s.stream);
	out_abort(&s.manifest);
	out_abort(&s.mesh);
	tsv_out_release(&s.row);
	buf_release(&s.bytes);
	image_release(&s.picture);
	raster_release(&s.raster);
	scan_release(&s.scan);
	free(s.near);
	free(s.poses.pose);
	return n;
}

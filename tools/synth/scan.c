/* scan.c - see scan.h */
#include "tools/synth/scan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/io.h"
#include "tools/synth/bmp.h"

enum { OBJ_BYTES = 1 << 29, MTL_BYTES = 1 << 20, NOSE = 30, BACKGROUND = 128 };

static const struct obj_limits limits = { .max_vertices = 2000000, .max_triangles = 4000000, .textures = true };

/* ---- files */

/* A file beside another one, to be freed. */
static char *beside(const char *path, const char *name)
{
	const char *stroke = strrchr(path, '/');

	/* Never "-", which would be standard input. */
	return stroke ? xasprintf("%.*s/%s", (int)(stroke - path), path, name) : xasprintf("./%s", name);
}

static int read_texture(struct image *m, const char *path, struct err *e)
{
	const struct image_limits most = IMAGE_LIMITS_DEFAULT;
	struct buf b = { 0 };
	int rc = image_slurp(&b, path, &most, e);

	if (!rc && bmp_is(b.data, b.len))
		rc = bmp_decode(m, b.data, b.len, &most, e);
	else if (!rc)
		rc = image_decode(m, NULL, b.data, b.len, &most, e);
	buf_release(&b);
	return rc ? err_prefix(e, "texture '%s'", path) : 0;
}

static int read_textures(struct scan *s, const char *library, struct err *e)
{
	s->texture = xcalloc((size_t)s->mtl.n + 1, sizeof *s->texture);
	for (int i = 0; i < s->mtl.n; i++) {
		char *file;
		int rc;

		if (!*s->mtl.material[i].texture)
			continue;
		file = beside(library, s->mtl.material[i].texture);
		rc = read_texture(&s->texture[i], file, e);
		free(file);
		if (rc)
			return -1;
	}
	return 0;
}

static void match_materials(struct scan *s)
{
	s->material = xrealloc_array(NULL, (size_t)s->obj.names + 1, sizeof *s->material);
	for (int i = 0; i < s->obj.names; i++) {
		s->material[i] = -1;
		for (int k = 0; k < s->mtl.n && s->material[i] < 0; k++)
			if (!strcmp(s->obj.name[i], s->mtl.material[k].name))
				s->material[i] = k;
	}
}

static int read_library(struct scan *s, const char *path, struct err *e)
{
	struct buf b = { 0 };
	char *file;
	int rc;

	if (!s->obj.library)
		return 0;
	if (!mtl_is_inside(s->obj.library))
		return err_set(e, "'%s': its material library '%s' is not in its folder", path, s->obj.library);
	file = beside(path, s->obj.library);
	rc = io_slurp(file, MTL_BYTES, &b, e);
	if (!rc && mtl_parse(&s->mtl, b.data, b.len, e))
		rc = err_prefix(e, "'%s'", file);
	rc = rc || read_textures(s, file, e) ? -1 : 0;
	buf_release(&b);
	free(file);
	return rc;
}

/* Of the points, or of all vertices. */
static void find_middle(struct scan *s)
{
	int n = s->points ? SYNTH_LANDMARKS : s->obj.vertices;

	memset(s->middle, 0, sizeof s->middle);
	for (int i = 0; i < n; i++)
		for (int k = 0; k < 3; k++)
			s->middle[k] += (double)s->obj.vertex[3 * (size_t)(s->points ? s->point[i] : i) + (size_t)k] /
					n;
}

/* Numbers beyond it are no head's, and would not survive single precision. */
static int check_extent(const struct scan *s, struct err *e)
{
	if (!s->obj.triangles)
		return err_set(e, "no face in it");
	for (size_t i = 0; i < 3 * (size_t)s->obj.vertices; i++)
		if (!(fabsf(s->obj.vertex[i]) < 1e7F))
			return err_set(e, "vertex %zu is farther away than 10^7", i / 3 + 1);
	return 0;
}

int scan_load(struct scan *s, const char *path, struct err *e)
{
	struct buf b = { 0 };
	int rc = io_slurp_given(path, OBJ_BYTES, &b, e);

	*s = (struct scan){ 0 };
	if (!rc && (obj_parse(&s->obj, b.len ? b.data : "", b.len, &limits, e) || check_extent(s, e)))
		rc = err_prefix(e, "'%s'", path);
	buf_release(&b);
	rc = rc || read_library(s, path, e) ? -1 : 0;
	if (rc) {
		scan_release(s);
		return -1;
	}
	match_materials(s);
	find_middle(s);
	return 0;
}

void scan_release(struct scan *s)
{
	for (int i = 0; s->texture && i < s->mtl.n; i++)
		image_release(&s->texture[i]);
	free(s->texture);
	free(s->material);
	mtl_release(&s->mtl);
	obj_release(&s->obj);
	*s = (struct scan){ 0 };
}

void scan_set_points(struct scan *s, const int32_t point[SYNTH_LANDMARKS], enum scan_points how)
{
	memcpy(s->point, point, sizeof s->point);
	s->points = how;
	find_middle(s);
}

/* ---- where it is */

static void turn(const float r[3][3], const float v[3], const double middle[3], double q[3])
{
	for (int k = 0; k < 3; k++)
		q[k] = (double)r[k][0] * (v[0] - middle[0]) + (double)r[k][1] * (v[1] - middle[1]) +
		       (double)r[k][2] * (v[2] - middle[2]);
}

/* x1 y1 x2 y2 around what the turned scan's frame is chosen by, y down. */
static void turned_box(const struct scan *s, const float r[3][3], double box[4])
{
	int n = s->points ? SYNTH_LANDMARKS : s->obj.vertices;

	box[0] = box[1] = INFINITY;
	box[2] = box[3] = -INFINITY;
	for (int i = 0; i < n; i++) {
		double q[3];

		turn(r, s->obj.vertex + 3 * (size_t)(s->points ? s->point[i] : i), s->middle, q);
		q[1] = -q[1];
		for (int k = 0; k < 2; k++) {
			box[k] = fmin(box[k], q[k]);
			box[k + 2] = fmax(box[k + 2], q[k]);
		}
	}
	if (s->points)
		box[1] -= .2 * (box[3] - box[1]);
}

void scan_look(const struct scan *s, const struct synth_frame *f, double pitch, double yaw, struct scan_view *v)
{
	double box[4], pixels = s->points ? f->face : f->face * 4 / 3, scale;
	float r[3][3];

	*v = (struct scan_view){ .pitch = pitch, .yaw = yaw };
	synth_rotation(r, pitch, yaw, 0);
	turned_box(s, (const float(*)[3])r, box);
	scale = pixels / fmax(fmax(box[2] - box[0], box[3] - box[1]), 1e-9);
	for (int row = 0; row < 3; row++) {
		double sign = row == 1 ? -scale : scale, shift = 0;

		for (int k = 0; k < 3; k++) {
			v->t[row][k] = sign * (double)r[row][k];
			shift -= v->t[row][k] * s->middle[k];
		}
		if (row < 2)
			shift += f->size / 2. - scale * (box[row] + box[row + 2]) / 2;
		v->t[row][3] = shift;
	}
	for (int k = 0; k < 4; k++)
		v->box[k] = f->size / 2. + scale * (box[k] - (box[k % 2] + box[k % 2 + 2]) / 2);
	v->xyz = xrealloc_array(NULL, (size_t)s->obj.vertices, 3 * sizeof *v->xyz);
	for (int i = 0; i < s->obj.vertices; i++) {
		const float *p = s->obj.vertex + 3 * (size_t)i;

		for (int k = 0; k < 3; k++)
			v->xyz[3 * (size_t)i + (size_t)k] = (float)(v->t[k][0] * p[0] + v->t[k][1] * p[1] +
								    v->t[k][2] * p[2] + v->t[k][3]);
	}
}

void scan_view_release(struct scan_view *v)
{
	free(v->xyz);
	*v = (struct scan_view){ 0 };
}

/* ---- what it looks like */

static double clamp(double v, double least, double most)
{
	return v < least ? least : v > most ? most : v;
}

/* Between the four texels around it; beyond the edge, the edge. */
static void texel(const struct image *m, double u, double v, double rgb[3])
{
	double x = clamp(u * m->w - .5, 0, m->w - 1), y = clamp((1 - v) * m->h - .5, 0, m->h - 1);
	int x0 = (int)x, y0 = (int)y, x1 = x0 + 1 < m->w ? x0 + 1 : x0, y1 = y0 + 1 < m->h ? y0 + 1 : y0;
	double a = x - x0, b = y - y0;

	for (int k = 0; k < 3; k++)
		rgb[k] = (1 - b) * ((1 - a) * image_at(m, x0, y0)[k] + a * image_at(m, x1, y0)[k]) +
			 b * ((1 - a) * image_at(m, x0, y1)[k] + a * image_at(m, x1, y1)[k]);
}

/* The share of light that a plain triangle sends back: more where it faces the viewer. */
static double shade(const float *xyz, const int32_t t[3])
{
	double a[3], b[3], n[3], length;

	for (int k = 0; k < 3; k++) {
		a[k] = (double)xyz[3 * (size_t)t[1] + (size_t)k] - xyz[3 * (size_t)t[0] + (size_t)k];
		b[k] = (double)xyz[3 * (size_t)t[2] + (size_t)k] - xyz[3 * (size_t)t[0] + (size_t)k];
	}
	n[0] = a[1] * b[2] - a[2] * b[1];
	n[1] = a[2] * b[0] - a[0] * b[2];
	n[2] = a[0] * b[1] - a[1] * b[0];
	length = sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
	return length > 0 ? .3 + .7 * fabs(n[2]) / length : .3;
}

static void colour_of(const struct scan *s, const float *xyz, int32_t t, double x, double y, double rgb[3])
{
	static const float grey[3] = { .7F, .7F, .7F };
	int name = s->obj.material[t], material = name >= 0 ? s->material[name] : -1;
	const int32_t *corner = s->obj.corner[t];
	const float *plain = material >= 0 ? s->mtl.material[material].colour : grey;
	double light;
	float w[3];

	if (material >= 0 && s->texture[material].data && corner[0] >= 0 && corner[1] >= 0 && corner[2] >= 0) {
		double u[2] = { 0 };

		raster_weights(xyz, s->obj.triangle[t], (float)x, (float)y, w);
		for (int k = 0; k < 6; k++)
			u[k % 2] += (double)w[k / 2] * s->obj.place[2 * (size_t)corner[k / 2] + (size_t)(k % 2)];
		texel(&s->texture[material], u[0], u[1], rgb);
		return;
	}
	light = 255 * shade(xyz, s->obj.triangle[t]);
	for (int k = 0; k < 3; k++)
		rgb[k] = light * plain[k];
}

/* Fills r with the triangles, in samples; xyz is v's in samples, to be freed. */
static float *rasterise(const struct scan *s, const struct scan_view *v, const struct synth_frame *f, int samples,
			struct raster *r)
{
	size_t n = 3 * (size_t)s->obj.vertices;
	float *xyz = xrealloc_array(NULL, n, sizeof *xyz);

	for (size_t i = 0; i < n; i++)
		xyz[i] = v->xyz[i] * (i % 3 < 2 ? (float)samples : 1);
	raster_init(r, f->size * samples);
	raster_clear(r);
	raster_draw(r, xyz, (const int32_t(*)[3])s->obj.triangle, 0, s->obj.triangles, false);
	return xyz;
}

void scan_draw(const struct scan *s, const struct scan_view *v, const struct synth_frame *f, int samples,
	       struct raster *r, struct image *out)
{
	float *xyz = rasterise(s, v, f, samples, r);
	int n = samples * samples;

	image_resize(out, f->size, f->size);
	for (int i = 0; i < f->size * f->size; i++) {
		int px = i % f->size, py = i / f->size;
		double sum[3] = { 0 };

		for (int k = 0; k < n; k++) {
			int x = px * samples + k % samples, y = py * samples + k / samples;
			int32_t t = r->triangle[(size_t)y * (size_t)r->side + (size_t)x];
			double rgb[3] = { BACKGROUND, BACKGROUND, BACKGROUND };

			if (t >= 0)
				colour_of(s, xyz, t, x + .5, y + .5, rgb);
			for (int c = 0; c < 3; c++)
				sum[c] += rgb[c];
		}
		for (int c = 0; c < 3; c++)
			image_at(out, px, py)[c] = (uint8_t)lrint(clamp(sum[c] / n, 0, 255));
	}
	free(xyz);
}

/* ---- the sample nearest to a place that shows something, within a sixteenth of the picture */

static int32_t seen_near(const struct raster *r, double x, double y, double at[2])
{
	int reach = r->side / 16, cx = (int)floor(x), cy = (int)floor(y);
	double least = INFINITY;
	int32_t found = -1;

	for (int j = cy - reach; j <= cy + reach; j++)
		for (int i = cx - reach; i <= cx + reach; i++) {
			double dx = i + .5 - x, dy = j + .5 - y, d = dx * dx + dy * dy;
			int32_t t;

			if (i < 0 || j < 0 || i >= r->side || j >= r->side || d >= least)
				continue;
			t = r->triangle[(size_t)j * (size_t)r->side + (size_t)i];
			if (t < 0)
				continue;
			least = d;
			found = t;
			at[0] = i + .5;
			at[1] = j + .5;
		}
	return found;
}

int scan_lift(const struct scan *s, const struct synth_frame *f, int samples, const double (*xy)[2],
	      int32_t point[SYNTH_LANDMARKS], struct err *e)
{
	struct scan_view v;
	struct raster r = { 0 };
	float *xyz;
	int rc = 0;

	scan_look(s, f, 0, 0, &v);
	xyz = rasterise(s, &v, f, samples, &r);
	for (int i = 0; !rc && i < SYNTH_LANDMARKS; i++) {
		double at[2] = { 0 };
		double x = clamp(xy[i][0], -1e6, 1e6) * samples, y = clamp(xy[i][1], -1e6, 1e6) * samples;
		int32_t t = seen_near(&r, x, y, at);
		float w[3];

		if (t < 0) {
			rc = err_set(e, "point %d, at %g %g, lies beside the scan", i, xy[i][0], xy[i][1]);
			break;
		}
		raster_weights(xyz, s->obj.triangle[t], (float)at[0], (float)at[1], w);
		point[i] = s->obj.triangle[t][w[0] >= w[1] && w[0] >= w[2] ? 0 : w[1] >= w[2] ? 1 : 2];
	}
	free(xyz);
	raster_release(&r);
	scan_view_release(&v);
	return rc;
}

/* ---- */

int32_t scan_nearest(const struct scan *s, const double at[3])
{
	double least = INFINITY;
	int32_t found = 0;

	for (int32_t i = 0; i < s->obj.vertices; i++) {
		double sum = 0;

		for (int k = 0; k < 3; k++) {
			double d = s->obj.vertex[3 * (size_t)i + (size_t)k] - at[k];
			sum += d * d;
		}
		if (sum < least) {
			least = sum;
			found = i;
		}
	}
	return found;
}

int scan_near(const struct scan *s, double radius, int32_t *vertex)
{
	const float *nose = s->obj.vertex + 3 * (size_t)s->point[NOSE];
	int n = 0;

	for (int32_t i = 0; i < s->obj.vertices; i++) {
		const float *p = s->obj.vertex + 3 * (size_t)i;
		double sum = 0;
		bool point = false;

		for (int k = 0; k < 3; k++)
			sum += ((double)p[k] - nose[k]) * ((double)p[k] - nose[k]);
		if (sum > radius * radius)
			continue;
		for (int k = 0; k < SYNTH_LANDMARKS && !point; k++)
			point = s->point[k] == i;
		if (!point)
			vertex[n++] = i;
	}
	return n;
}

/* camera.c - see camera.h */
#include "tools/synth/camera.h"

#include <math.h>

#include "common/resample.h"
#include "tools/synth/vec.h"

/* Where a ray begins that has no camera to begin at, cm before the head. */
enum { FAR_AWAY = 100 };

void synth_rotation(float r[3][3], double pitch, double yaw, double roll)
{
	double degree = acos(-1) / 180, sx = sin(pitch * degree), cx = cos(pitch * degree), sy = sin(yaw * degree),
	       cy = cos(yaw * degree), sz = sin(roll * degree), cz = cos(roll * degree);
	double m[3][3] = {
		{ cy * cz, cy * sz, -sy },
		{ sx * sy * cz - cx * sz, sx * sy * sz + cx * cz, sx * cy },
		{ cx * sy * cz + sx * sz, cx * sy * sz - sx * cz, cx * cy },
	};

	for (int i = 0; i < 3; i++)
		for (int k = 0; k < 3; k++)
			r[i][k] = (float)m[i][k];
}

/* u of camera.h, and q.z. */
static void to_plane(const struct synth_camera *c, const float v[3], double u[3])
{
	double q[3];

	for (int k = 0; k < 3; k++)
		q[k] = (double)c->r[k][0] * v[0] + (double)c->r[k][1] * v[1] + (double)c->r[k][2] * v[2] - c->mean[k];
	if (isinf(c->distance)) {
		u[0] = q[0];
		u[1] = q[1];
	} else {
		double away = c->distance - q[2], shrink = c->distance / (away > 1 ? away : 1);

		u[0] = q[0] * shrink;
		u[1] = q[1] * shrink;
	}
	u[2] = q[2];
}

/* ---- the map into the picture */

static void box_of(double (*u)[2], const struct synth_picture *p, double box[4])
{
	double w, h;

	box[0] = box[1] = INFINITY;
	box[2] = box[3] = -INFINITY;
	for (int i = 0; i < SYNTH_LANDMARKS; i++)
		for (int k = 0; k < 2; k++) {
			box[k] = fmin(box[k], u[i][k]);
			box[k + 2] = fmax(box[k + 2], u[i][k]);
		}
	/* The points end at the brows: a fifth more for the forehead, as detectors see it. */
	box[1] -= .2 * (box[3] - box[1]);
	w = box[2] - box[0];
	h = box[3] - box[1];
	for (int k = 0; k < 4; k++)
		box[k] += p->jitter[k] * (k % 2 ? h : w);
}

/* frl-crop's map: the box's middle to the picture's, its larger side to `face` pixels. */
static void map_of_box(double a[6], const struct synth_frame *f, double zoom, const double box[4])
{
	double side = fmax(box[2] - box[0], box[3] - box[1]), scale = zoom * f->face / fmax(side, 1e-3);

	a[0] = a[4] = scale;
	a[1] = a[3] = 0;
	a[2] = f->size / 2. - scale * (box[0] + box[2]) / 2;
	a[5] = f->size / 2. - scale * (box[1] + box[3]) / 2;
}

/* The ArcFace template for 112 pixels (spec of insightface), onto which frl-crop --align puts the same five points. */
static void map_of_points(double a[6], const struct synth_frame *f, double (*u)[2])
{
	static const double template[5][2] = {
		{ 38.2946, 51.6963 }, { 73.5318, 51.5014 }, { 56.0252, 71.7366 },
		{ 41.5493, 92.3655 }, { 70.7299, 92.2041 },
	};
	static const int pair[5][2] = { { 36, 39 }, { 42, 45 }, { 30, 30 }, { 48, 48 }, { 54, 54 } };
	double from[5][2], to[5][2];

	for (int i = 0; i < 5; i++)
		for (int k = 0; k < 2; k++) {
			from[i][k] = (u[pair[i][0]][k] + u[pair[i][1]][k]) / 2;
			to[i][k] = template[i][k] * f -> size / 112;
		}
	if (similarity_fit(a, (const double(*)[2])from, (const double(*)[2])to, 5) < 0)
		a[0] = a[4] = 1, a[1] = a[3] = a[2] = a[5] = 0;
}

void synth_camera_look(struct synth_camera *c, const struct synth_frame *f, const struct synth_picture *p,
		       const struct synth_model *m, const float *v, double box[4])
{
	double u[SYNTH_LANDMARKS][2], plane[4], sum[3] = { 0 };

	*c = (struct synth_camera){ .distance = p->distance };
	synth_rotation(c->r, p->pitch, p->yaw, p->roll);
	for (int i = 0; i < m->face_vertices; i++)
		for (int k = 0; k < 3; k++)
			sum[k] += v[3 * (size_t)i + (size_t)k];
	for (int k = 0; k < 3; k++)
		c->mean[k] = (c->r[k][0] * sum[0] + c->r[k][1] * sum[1] + c->r[k][2] * sum[2]) / m->face_vertices;
	for (int i = 0; i < SYNTH_LANDMARKS; i++) {
		double q[3];

		to_plane(c, v + 3 * (size_t)m->landmark[i], q);
		u[i][0] = q[0];
		u[i][1] = -q[1];
	}
	box_of(u, p, plane);
	if (f->align)
		map_of_points(c->a, f, u);
	else
		map_of_box(c->a, f, p->zoom, plane);
	c->scale = sqrt(fabs(c->a[0] * c->a[4] - c->a[1] * c->a[3]));
	/* Under an alignment that turns, the box is the one around the turned one's middle, of the same sides. */
	for (int k = 0; k < 2; k++) {
		double middle = c->a[3 * k] * (plane[0] + plane[2]) / 2 + c->a[3 * k + 1] * (plane[1] + plane[3]) / 2 +
				c->a[3 * k + 2];
		double half = c->scale * (plane[k + 2] - plane[k]) / 2;

		box[k] = middle - half;
		box[k + 2] = middle + half;
	}
}

void synth_camera_project(const struct synth_camera *c, const float *v, int n, float *xyz)
{
	for (int i = 0; i < n; i++) {
		double u[3];

		to_plane(c, v + 3 * (size_t)i, u);
		xyz[3 * (size_t)i] = (float)(c->a[0] * u[0] - c->a[1] * u[1] + c->a[2]);
		xyz[3 * (size_t)i + 1] = (float)(c->a[3] * u[0] - c->a[4] * u[1] + c->a[5]);
		xyz[3 * (size_t)i + 2] = (float)(c->scale * u[2]);
	}
}

void synth_camera_ray(const struct synth_camera *c, double x, double y, float origin[3], float toward[3])
{
	double det = c->a[0] * c->a[4] - c->a[1] * c->a[3], dx = x - c->a[2], dy = y - c->a[5];
	double u = (c->a[4] * dx - c->a[1] * dy) / det, v = -(c->a[0] * dy - c->a[3] * dx) / det;
	bool weak = isinf(c->distance);
	float from[3] = { weak ? (float)u : 0, weak ? (float)v : 0, weak ? FAR_AWAY : (float)c->distance };
	float to[3] = { (float)u - from[0], (float)v - from[1], -from[2] };

	for (int k = 0; k < 3; k++)
		from[k] += (float)c->mean[k];
	vec_rotate_back(origin, (const float(*)[3])c->r, from);
	vec_rotate_back(toward, (const float(*)[3])c->r, to);
}

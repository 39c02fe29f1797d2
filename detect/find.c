/* find.c - see find.h */
#include "detect/find.h"

#include <math.h>

#include "common/progress.h"
#include "common/resample.h"

enum { KEEP = 4 << 20 };

/* What an unusually large picture needed goes back, so that memory is set by what is in flight. */
static void trim(struct find_scratch *s)
{
	retinaface_scratch_trim(&s->net);
	if (s->file.cap > KEEP)
		buf_release(&s->file);
	if (s->picture.room > KEEP)
		image_release(&s->picture);
}

void find_scratch_release(struct find_scratch *s)
{
	image_release(&s->picture);
	retinaface_scratch_release(&s->net);
	buf_release(&s->file);
}

void find_result_release(struct find_result *r)
{
	detections_release(&r->faces);
	image_release(&r->picture);
}

/* The factor of the reference's WIDER protocol: the short side to resize_short, unless the long side would pass resize_long. */
static double working_factor(const struct find_config *c, int w, int h)
{
	int shorter = w < h ? w : h, longer = w < h ? h : w;
	double f;

	if (!c->resize_short)
		return 1;
	f = (double)c->resize_short / shorter;
	if (c->resize_long && rint(f * longer) > c->resize_long)
		f = (double)c->resize_long / longer;
	return f;
}

static int scaled(int side, double factor)
{
	double s = rint(side * factor);

	return s < 1 ? 1 : s > 1 << 20 ? 1 << 20 : (int)s;
}

/* Moves detections [from, n) from a w x h picture to the frame of the full picture. */
static void to_frame(struct detections *d, size_t from, double fx, double fy)
{
	for (size_t i = from; i < d->n; i++) {
		struct detection *x = &d->item[i];

		x->x1 = (float)(x->x1 * fx);
		x->x2 = (float)(x->x2 * fx);
		x->y1 = (float)(x->y1 * fy);
		x->y2 = (float)(x->y2 * fy);
		for (int k = 0; k < 5; k++) {
			x->point[k][0] = (float)(x->point[k][0] * fx);
			x->point[k][1] = (float)(x->point[k][1] * fy);
		}
	}
}

/* Detects in m brought to w x h; results in the frame of info. */
static int detect_at(const struct find_config *c, const struct image *m, int w, int h, const struct image_info *info,
		     struct find_scratch *s, struct detections *d, struct err *e)
{
	struct image small = { 0 };
	const struct image *use = m;
	size_t from = d->n;
	double t;

	if ((uint64_t)w * (uint64_t)h > c->limits.max_pixels)
		return err_set(e, "too many pixels: %dx%d after resizing", w, h);
	if (w != m->w || h != m->h) {
		image_init(&small, w, h);
		resample_resize(&small, m, RESAMPLE_BILINEAR);
		use = &small;
	}
	t = clock_wall();
	retinaface_detect(c->net, use, c->threshold, &s->net, d);
	s->seconds[FIND_NETWORK] += clock_wall() - t;
	if (w != info->w || h != info->h)
		to_frame(d, from, (double)info->w / w, (double)info->h / h);
	image_release(&small);
	return 0;
}

/*
 * Reads and decodes. A JPEG may come at 1/2, 1/4 or 1/8 when the working size needs no more: the DCT's own scaling is an
 * antialiased reduction that costs less than none.
 */
static int read_picture(const struct find_config *c, const char *path, struct buf *file, struct image *m,
			struct image_info *info, struct err *e)
{
	struct image_limits limits = c->limits;

	if (image_slurp(file, path, &limits, e) < 0)
		return -1;
	if (c->resize_short && c->scales == 0 && image_probe(info, file->data, file->len, e) == 0) {
		double f = working_factor(c, info->w, info->h);
		int w = scaled(info->w, f), h = scaled(info->h, f);

		limits.min_short = w < h ? w : h;
		limits.min_long = w < h ? h : w;
	}
	return image_decode_again(m, info, file->data, file->len, &limits, e);
}

int find_faces(const struct find_config *c, const char *path, struct find_scratch *s, struct find_result *r,
	       struct err *e)
{
	double start = clock_wall(), network = s->seconds[FIND_NETWORK], factor, decoded;
	struct image *m = &s->picture;
	int rc;

	*r = (struct find_result){ 0 };
	if (read_picture(c, path, &s->file, m, &r->info, e) < 0)
		return -1;
	decoded = clock_wall();
	s->seconds[FIND_DECODE] += decoded - start;
	factor = working_factor(c, r->info.w, r->info.h);
	rc = detect_at(c, m, scaled(r->info.w, factor), scaled(r->info.h, factor), &r->info, s, &r->faces, e);
	for (int i = 0; i < c->scales && rc == 0; i++) {
		double f = factor * (double)c->scale[i];

		rc = detect_at(c, m, scaled(r->info.w, f), scaled(r->info.h, f), &r->info, s, &r->faces, e);
	}
	detections_nms(&r->faces, c->nms);
	detections_filter(&r->faces, c->min_size, (size_t)c->max_faces);
	if (rc == 0 && c->keep_picture) {
		r->picture = *m;
		*m = (struct image){ 0 };
	}
	trim(s);
	s->seconds[FIND_REST] += clock_wall() - decoded - (s->seconds[FIND_NETWORK] - network);
	return rc;
}

/*
 * simd_conv.h - direct convolution
 *
 * 1x1, stride 1: rows are one long run of pixels, read where they lie. Anything else: the kernel's rows are copied into
 * a ring of zero-padded rows (with stride 2 split into even and odd columns), so that every tap of every output pixel
 * is read at a constant pixel step and nothing is special at the edges.
 */
#ifndef FRL_SIMD_CONV_H
#define FRL_SIMD_CONV_H

/* Pixels of a 1x1 convolution are taken in chunks of about this many input bytes, which stay near while all output
 * channels pass over them. */
#define CHUNK_BYTES 65536

static int is_pointwise(const struct kern_conv *c)
{
	return c->kh == 1 && c->kw == 1 && c->stride == 1 && c->pad == 0;
}

/* Elements of one padded row, and of its even columns. */
static ptrdiff_t ring_plane(const struct kern_conv *c, int iw)
{
	return (ptrdiff_t)div_up(iw + 2 * c->pad, c->stride) * B;
}

static ptrdiff_t ring_row(const struct kern_conv *c, int iw)
{
	return ring_plane(c, iw) * c->stride;
}

static size_t direct_scratch(const struct kern_conv *c, int iw)
{
	size_t icb = (size_t)div_up(c->ic, B), taps = icb * (size_t)(c->kh * c->kw);
	size_t ring = is_pointwise(c) ? 0 : icb * (size_t)c->kh * (size_t)ring_row(c, iw) * sizeof(elem);

	return align_up(taps * sizeof(elem *)) + align_up((size_t)(iw + 2 * c->pad) * sizeof(int32_t)) + align_up(ring);
}

/* A row of iw pixels (zeros where src is NULL) into a padded row, for kernels kw wide. */
static void pad_row(elem *dst, const elem *src, int iw, int pad, int stride, ptrdiff_t plane, int kw)
{
	if (!src) {
		memset(dst, 0, (size_t)(plane * stride) * sizeof(*dst));
		return;
	}
	if (stride == 1) {
		memset(dst, 0, (size_t)(pad * B) * sizeof(*dst));
		memcpy(dst + pad * B, src, (size_t)(iw * B) * sizeof(*dst));
		memset(dst + (pad + iw) * B, 0, (size_t)(pad * B) * sizeof(*dst));
		return;
	}
	for (int q = 0; q < (int)(plane / B) * stride; q += kw == 1 ? stride : 1) {
		elem *d = dst + (q & 1) * plane + (ptrdiff_t)(q >> 1) * B;

		if (q < pad || q >= pad + iw)
			memset(d, 0, B * sizeof(*d));
		else
			memcpy(d, src + (ptrdiff_t)(q - pad) * B, B * sizeof(*d));
	}
}

/* Points r at block `b` on, output row y; pixels are counted from that row's first. */
static void run_to(struct run *r, const struct kern_conv *c, const void *p, const struct kern_io *io, int b, int nb,
		   int y, int oh, int ow)
{
	const struct packed *head = p;
	const float *bias = packed_bias(p), *slope = bias + (ptrdiff_t)head->oc_blocks * B;
	ptrdiff_t at = (ptrdiff_t)y * ow * B;

	r->wblk = (ptrdiff_t)head->ic_blocks * c->kh * c->kw * B * B;
	r->w = (const elem *)packed_weights(p, B) + b * r->wblk;
	r->bias = bias + b * B;
	r->slope = slope + b * B;
	for (int j = 0; j < NB_MAX; j++) {
		int k = j < nb ? b + j : b;

		r->dst[j] = (elem *)io->dst[k] + at;
		r->res[j] = io->res ? (const elem *)io->res[k] + at : NULL;
		r->up[j] = io->up ? (const elem *)io->up[k] + (int64_t)y * io->uh / oh * io->uw * B : NULL;
	}
}

static void run_init(struct run *r, const struct kern_conv *c, const elem **taps, const int32_t *xmap)
{
	int icb = div_up(c->ic, B);

	r->taps = taps;
	r->steps = icb * c->kh * c->kw;
	r->full = r->steps - c->kh * c->kw;
	r->nc = c->ic - (icb - 1) * B;
	r->xmap = xmap;
	r->round = c->dtype == KERN_BF16;
	r->ahead = 0;
}

/* n pixels of a 1x1 convolution from output pixel `at` of row y on; src[b] + off is the first's input, and `ahead` says
 * that it comes from afar. */
static void pointwise_run(const struct kern_conv *c, const void *p, const struct kern_io *io, const elem **taps,
			  const elem *const *src, ptrdiff_t off, int y, int oh, int ow, ptrdiff_t at, int n,
			  const int32_t *xmap, int ahead)
{
	int ocb = ((const struct packed *)p)->oc_blocks;
	struct run r;

	run_init(&r, c, taps, xmap);
	for (int b = 0; b < r.steps; b++)
		taps[b] = src[b] + off * B;
	for (int b = 0, nb; b < ocb; b += nb) {
		nb = group_size(ocb - b);
		run_to(&r, c, p, io, b, nb, y, oh, ow);
		for (int j = 0; j < NB_MAX; j++) {
			r.dst[j] += at * B;
			if (r.res[j])
				r.res[j] += at * B;
		}
		r.ahead = ahead && b == 0;
		run_pixels(&r, nb, n);
	}
}

static void pointwise(const struct kern_conv *c, const void *p, const struct kern_io *io, int y0, int y1)
{
	char *scratch = io->scratch;
	const elem **taps = carve(&scratch, (size_t)div_up(c->ic, B) * sizeof(*taps));
	int32_t *xmap = carve(&scratch, (size_t)io->iw * sizeof(*xmap));
	const elem *const *src = (const elem *const *)io->src;
	int w = io->iw, chunk = CHUNK_BYTES / (int)sizeof(elem) / c->ic / 28 * 28;

	if (chunk < 28)
		chunk = 28;
	if (io->up) { /* up has its own rows, so go by rows */
		make_xmap(xmap, io->uw, w);
		for (int y = y0; y < y1; y++)
			pointwise_run(c, p, io, taps, src, (ptrdiff_t)y * w, y, io->ih, w, 0, w, xmap, 1);
		return;
	}
	for (ptrdiff_t at = (ptrdiff_t)y0 * w, end = (ptrdiff_t)y1 * w; at < end; at += chunk)
		pointwise_run(c, p, io, taps, src, at, 0, io->ih, w, at, (int)(end - at < chunk ? end - at : chunk),
			      xmap, 1);
}

static void direct(const struct kern_conv *c, const void *p, const struct kern_io *io, int y0, int y1)
{
	int icb = div_up(c->ic, B), ocb = div_up(c->oc, B), kh = c->kh, kw = c->kw;
	int oh = kern_out(c, kh, io->ih), ow = kern_out(c, kw, io->iw);
	ptrdiff_t plane = ring_plane(c, io->iw), row = plane * c->stride;
	char *scratch = io->scratch;
	const elem **taps = carve(&scratch, (size_t)(icb * kh * kw) * sizeof(*taps));
	int32_t *xmap = carve(&scratch, (size_t)(io->iw + 2 * c->pad) * sizeof(*xmap));
	elem *ring = (elem *)scratch;
	int next = y0 * c->stride - c->pad; /* the first input row that is not in the ring */
	struct run r;

	if (io->up)
		make_xmap(xmap, io->uw, ow);
	run_init(&r, c, taps, xmap);
	for (int y = y0; y < y1; y++) {
		int top = y * c->stride - c->pad;

		for (next = next < top ? top : next; next < top + kh; next++)
			for (int b = 0; b < icb; b++)
				pad_row(ring + (b * kh + (next + c->pad) % kh) * row,
					next < 0 || next >= io->ih
						? NULL
						: (const elem *)io->src[b] + (ptrdiff_t)next * io->iw * B,
					io->iw, c->pad, c->stride, plane, kw);
		for (int b = 0, t = 0; b < icb; b++)
			for (int i = 0; i < kh; i++)
				for (int k = 0; k < kw; k++)
					taps[t++] = ring + (b * kh + (top + i + c->pad) % kh) * row +
						    (k % c->stride) * plane + (ptrdiff_t)(k / c->stride) * B;
		for (int b = 0, nb; b < ocb; b += nb) {
			nb = group_size(ocb - b);
			run_to(&r, c, p, io, b, nb, y, oh, ow);
			run_pixels(&r, nb, ow);
		}
	}
}

#endif

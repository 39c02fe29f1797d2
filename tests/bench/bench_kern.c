/*
 * bench_kern.c - how fast the kernels are: RetinaFace mobilenet0.25, layer by layer, with random weights, one thread
 *
 *	bench_kern [WIDTHxHEIGHT [f32|bf16 [SECONDS]]]		FRL_ISA chooses the set
 *
 * TSV: layer, shape, isa, dtype, milliseconds (median), GFLOP/s (of the direct form, so Winograd may pass the peak),
 * share of the FMA peak of this set and dtype as measured here. The row "net" is one forward pass, picture to heads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/err.h"
#include "common/nn/kern/kern.h"
#include "tests/bench/peak.h"

#define MAX_LAYERS 40
#define MAX_BLOCKS 64

enum kind { FIRST, PAIR, CONV };

struct layer {
	char name[16];
	enum kind kind;
	struct kern_conv a, b; /* b: the 1x1 of a pair */
	void *pa, *pb;
	const void *src[MAX_BLOCKS], *up[MAX_BLOCKS];
	void *dst[MAX_BLOCKS];
	struct kern_io io;
	int oh, ow;
	double flop;
};

/* The first layers run as chains of these lengths; the others alone. */
static int chains[4] = { 5 };

struct map {
	int c, h, w;
	void *blocks[MAX_BLOCKS];
};

static const struct kern *k;
static enum kern_dtype dtype;
static struct layer layers[MAX_LAYERS];
static int n_layers;
static struct kern_picture pic = { .mean = { 123, 117, 104 }, .scale = { 1, 1, 1 } };

static float *randoms(int n, float scale)
{
	static uint64_t s = 1;
	float *p = xrealloc_array(NULL, (size_t)n, sizeof(*p));

	for (int i = 0; i < n; i++) {
		s = s * 6364136223846793005u + 1442695040888963407u;
		p[i] = ((float)(s >> 40) / 16777216 - .5f) * scale;
	}
	return p;
}

static struct map map_new(int c, int h, int w)
{
	struct map m = { .c = c, .h = h, .w = w };
	size_t n = kern_block_bytes(k, dtype, h, w);
	char *p = xaligned(n * (size_t)kern_blocks(k, c));

	for (int b = 0; b < kern_blocks(k, c); b++)
		m.blocks[b] = p + (size_t)b * n;
	return m;
}

static void *pack(const struct kern_conv *c, int is_first, const float *slope)
{
	int n = c->oc * (c->depthwise ? 1 : c->ic) * c->kh * c->kw;
	float *w = randoms(n, is_first ? .01f : 3 / (float)(n / c->oc)), *bias = randoms(c->oc, .1f);
	void *p = xaligned(is_first ? kern_first_pack_size(k, c) : kern_pack_size(k, c));

	if (is_first)
		kern_first_pack(k, c, 1, w, bias, slope, p);
	else
		kern_pack(k, c, w, bias, slope, p);
	free(w);
	free(bias);
	return p;
}

/* src == NULL: the picture. Block `from` of dst on takes the first output block. */
static struct layer *add(const char *name, enum kind kind, const struct map *src, struct map *dst, int from, int oc,
			 int ks, int stride, int h, int w)
{
	struct layer *l = &layers[n_layers++];
	float *slope = randoms(4096, 1);

	for (int i = 0; i < 4096; i++)
		slope[i] = .1f;
	snprintf(l->name, sizeof(l->name), "%s", name);
	l->kind = kind;
	l->a = (struct kern_conv){ .ic = src ? src->c : 3,
				   .oc = kind == PAIR ? src->c : oc,
				   .kh = ks,
				   .kw = ks,
				   .stride = stride,
				   .pad = ks / 2,
				   .depthwise = kind == PAIR,
				   .dtype = dtype };
	l->pa = pack(&l->a, kind == FIRST, slope);
	l->oh = kern_out(&l->a, ks, h);
	l->ow = kern_out(&l->a, ks, w);
	l->flop = 2. * l->oh * l->ow * l->a.oc * (kind == PAIR ? 9 : l->a.ic * ks * ks);
	if (kind == PAIR) {
		l->b = (struct kern_conv){ .ic = src->c, .oc = oc, .kh = 1, .kw = 1, .stride = 1, .dtype = dtype };
		l->pb = pack(&l->b, 0, slope);
		l->flop += 2. * l->oh * l->ow * oc * src->c;
	}
	if (!dst->c)
		*dst = map_new(oc, l->oh, l->ow);
	if (src)
		memcpy(l->src, src->blocks, sizeof(l->src));
	memcpy(l->dst, dst->blocks + from, sizeof(l->dst) - (size_t)from * sizeof(void *));
	l->io = (struct kern_io){ .src = l->src, .dst = l->dst, .ih = h, .iw = w };
	free(slope);
	return l;
}

static struct map pair(const char *name, const struct map *src, int oc, int stride)
{
	struct map m = { 0 };

	add(name, PAIR, src, &m, 0, oc, 3, stride, src->h, src->w);
	return m;
}

static struct map conv(const char *name, const struct map *src, int oc, int ks, const struct map *up)
{
	struct map m = { 0 };
	struct layer *l = add(name, CONV, src, &m, 0, oc, ks, 1, src->h, src->w);

	if (up) {
		memcpy(l->up, up->blocks, sizeof(l->up));
		l->io.up = l->up;
		l->io.uh = up->h;
		l->io.uw = up->w;
	}
	return m;
}

static struct map slice(const struct map *m, int from, int c)
{
	struct map s = { .c = c, .h = m->h, .w = m->w };

	for (int b = 0; b < kern_blocks(k, c); b++)
		s.blocks[b] = m->blocks[from / k->block + b];
	return s;
}

static void ssh(int level, const struct map *src)
{
	char name[16];
	struct map cat = map_new(64, src->h, src->w), five = map_new(16, src->h, src->w), seven = five, out = cat, s;

	/* channels 0..31 of cat: conv3; 32..47: 5x5; 48..63: 7x7. `out` of 64 -> 48 is conv3 and the first of the 5x5. */
	memcpy(out.blocks + 32 / k->block, five.blocks, sizeof(void *) * (size_t)kern_blocks(k, 16));
	snprintf(name, sizeof(name), "ssh%d.48", level);
	add(name, CONV, src, &out, 0, 48, 3, 1, src->h, src->w);
	s = slice(&cat, 32, 32);
	seven = map_new(16, src->h, src->w);
	memcpy(s.blocks + 16 / k->block, seven.blocks, sizeof(void *) * (size_t)kern_blocks(k, 16));
	snprintf(name, sizeof(name), "ssh%d.32", level);
	add(name, CONV, &five, &s, 0, 32, 3, 1, src->h, src->w);
	s = slice(&cat, 48, 16);
	snprintf(name, sizeof(name), "ssh%d.16", level);
	add(name, CONV, &seven, &s, 0, 16, 3, 1, src->h, src->w);
	snprintf(name, sizeof(name), "heads%d", level);
	conv(name, &cat, 32, 1, NULL);
}

static void build(int w, int h)
{
	static const int plan[][2] = { { 16, 1 },  { 32, 2 },  { 32, 1 },  { 64, 2 },  { 64, 1 },
				       { 128, 2 }, { 128, 1 }, { 128, 1 }, { 128, 1 }, { 128, 1 },
				       { 128, 1 }, { 256, 2 }, { 256, 1 } };
	struct map x = { 0 }, c1 = x, c2 = x, o3, o2, m2, o1, m1;
	char name[16];
	uint8_t *rgb = xmalloc((size_t)w * (size_t)h * 3);

	for (int i = 0; i < w * h * 3; i++)
		rgb[i] = (uint8_t)((uint32_t)i * 2654435761u >> 13);
	pic.rgb = rgb;
	pic.pitch = (size_t)w * 3;
	add("first", FIRST, NULL, &x, 0, 8, 3, 2, h, w);
	for (int i = 0; i < 13; i++) {
		snprintf(name, sizeof(name), "pair%d", i + 1);
		x = pair(name, &x, plan[i][0], plan[i][1]);
		c1 = i == 4 ? x : c1;
		c2 = i == 10 ? x : c2;
	}
	o3 = conv("lateral3", &x, 64, 1, NULL);
	o2 = conv("lateral2", &c2, 64, 1, &o3);
	m2 = conv("merge2", &o2, 64, 3, NULL);
	o1 = conv("lateral1", &c1, 64, 1, &m2);
	m1 = conv("merge1", &o1, 64, 3, NULL);
	ssh(1, &m1);
	ssh(2, &m2);
	ssh(3, &o3);
}

static struct kern_link links[MAX_LAYERS];

static void make_scratch(void)
{
	size_t most = 0;
	void *p;

	for (int i = 0; i < n_layers; i++) {
		struct layer *l = &layers[i];
		size_t n = l->kind == FIRST  ? kern_first_scratch(k, &l->a, l->io.iw)
			   : l->kind == PAIR ? kern_dwpw_scratch(k, &l->a, &l->b, l->io.iw)
					     : kern_conv_scratch(k, &l->a, l->io.iw);

		most = n > most ? n : most;
	}
	for (int i = 0; i < n_layers; i++)
		links[i] = (struct kern_link){ layers[i].kind == FIRST	? KERN_LINK_FIRST
					       : layers[i].kind == PAIR ? KERN_LINK_DWPW
									: KERN_LINK_CONV,
					       &layers[i].a, layers[i].pa, &layers[i].b, layers[i].pb };
	for (int i = 0, j = 0; j < 4 && chains[j]; i += chains[j++]) {
		size_t n = kern_chain_scratch(k, links + i, chains[j], layers[i].io.iw);

		most = n > most ? n : most;
	}
	p = xaligned(most);
	for (int i = 0; i < n_layers; i++)
		layers[i].io.scratch = p;
}

static void run_layer(const struct layer *l, int y0, int y1)
{
	if (l->kind == FIRST)
		kern_first(k, &l->a, l->pa, &pic, &l->io, y0, y1);
	else if (l->kind == PAIR)
		kern_dwpw(k, &l->a, l->pa, &l->b, l->pb, &l->io, y0, y1);
	else
		kern_conv(k, &l->a, l->pa, &l->io, y0, y1);
}

static void net_pass(void)
{
	int i = 0;

	for (int j = 0; j < 4 && chains[j]; i += chains[j++]) {
		struct kern_io io = layers[i].io;

		memcpy(&io.dst, &layers[i + chains[j] - 1].io.dst, sizeof(io.dst));
		kern_chain(k, links + i, chains[j], &pic, &io, 0, layers[i + chains[j] - 1].oh);
	}
	for (; i < n_layers; i++)
		run_layer(&layers[i], 0, layers[i].oh);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof(*v), by_value);
	return v[n / 2];
}

int main(int argc, char **argv)
{
	int w = 640, h = 480, n = 0;
	double seconds = argc > 3 ? atof(argv[3]) : 2, start, top, total, flop = 0;
	static double times[MAX_LAYERS][4000], net[4000];
	const char *dt;

	err_program("bench_kern");
	k = kern_best();
	if (argc > 1 && sscanf(argv[1], "%dx%d", &w, &h) != 2)
		die(EXIT_CODE_USAGE, "'%s' is not WIDTHxHEIGHT", argv[1]);
	dtype = argc > 2 && !strcmp(argv[2], "bf16") ? KERN_BF16 : KERN_F32;
	dt = dtype == KERN_BF16 ? "bf16" : "f32";
	build(w, h);
	if (getenv("CHAINS"))
		sscanf(getenv("CHAINS"), "%d,%d,%d", &chains[0], &chains[1], &chains[2]);
	make_scratch();
	start = peak_now();
	while (n < 4000 && (n < 5 || peak_now() - start < seconds)) {
		double t = peak_now();

		for (int i = 0; i < n_layers; i++) {
			double u;

			run_layer(&layers[i], 0, layers[i].oh);
			u = peak_now();
			times[i][n] = u - t;
			t = u;
		}
		net_pass();
		net[n++] = peak_now() - t;
	}
	top = peak_gflops(k, dtype == KERN_BF16);
	printf("layer\tshape\tisa\tdtype\tms\tgflops\tshare\n");
	for (int i = 0; i < n_layers; i++) {
		struct layer *l = &layers[i];
		double t = median(times[i], n);

		printf("%s\t%d>%d/%d@%dx%d\t%s\t%s\t%.4f\t%.1f\t%.2f\n", l->name, l->a.ic,
		       l->kind == PAIR ? l->b.oc : l->a.oc, l->a.stride, l->ow, l->oh, k->name, dt, t * 1e3,
		       l->flop / t * 1e-9, l->flop / t * 1e-9 / top);
		flop += l->flop;
	}
	total = median(net, n);
	printf("net\t%dx%d\t%s\t%s\t%.4f\t%.1f\t%.2f\n", w, h, k->name, dt, total * 1e3, flop / total * 1e-9,
	       flop / total * 1e-9 / top);
	return 0;
}

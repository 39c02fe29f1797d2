/*
 * test_embedder.c - features of seeded ResNets against PyTorch in float64 (tests/golden/make_embed.py); files that are refused
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/io.h"
#include "common/model/embedder.h"
#include "common/model/resnet.h"
#include "common/num.h"
#include "tests/unit/support_golden.h"
#include "tests/unit/support_seeded.h"

enum { SIZE = 96, SAMPLES = 64, MOST = 2048 };

static const struct safetensors_meta input_plain[] = { { "frl.input.size", "96" } };
static const struct safetensors_meta input_bgr[] = {
	{ "frl.input.size", "96" },   { "frl.input.order", "bgr" }, { "frl.input.mean", "91.4953,103.8827,131.0912" },
	{ "frl.input.std", "1,1,1" }, { "frl.input.scale", "255" },
};

static const char *const ours = "module.base_net.";
static struct seeded weights[2];      /* of resnet18 and resnet50 */
static struct safetensors file[2][2]; /* the same as files, with input_plain and input_bgr */

/* The picture of make_embed.py. */
static void make_picture(struct image *m)
{
	image_init(m, 100, 80);
	for (int y = 0; y < 80; y++)
		for (int x = 0; x < 100; x++)
			for (int c = 0; c < 3; c++)
				image_at(m, x, y)[c] = (uint8_t)((5 * x + 3 * y + 40 * c + (x * y) / 9 +
								  31 * ((x / 8 + y / 8 + c) % 3)) %
								 256);
}

/* Opens a file of the tensors, with `prefix` instead of ours. */
static void open_as(struct safetensors *s, const struct seeded *w, const char *prefix,
		    const struct safetensors_meta *meta, size_t n_meta)
{
	char path[] = "/tmp/frl-test-XXXXXX";
	struct seeded renamed = { xcalloc(w->n, sizeof *w->item), w->n };
	struct err e = { 0 };
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	memcpy(renamed.item, w->item, w->n * sizeof *w->item);
	for (size_t i = 0; i < w->n; i++)
		renamed.item[i].name = strncmp(w->item[i].name, ours, strlen(ours)) == 0
					       ? xasprintf("%s%s", prefix, w->item[i].name + strlen(ours))
					       : xstrdup(w->item[i].name);
	if (seeded_write(&renamed, path, meta, n_meta, &e) || safetensors_open(s, path, &e))
		fail_msg("%s", e.msg);
	unlink(path);
	for (size_t i = 0; i < w->n; i++)
		free((char *)(uintptr_t)renamed.item[i].name);
	free(renamed.item);
}

static struct embedder *load(const struct safetensors *s, enum embedder_layer layer, int size)
{
	struct err e = { 0 };
	struct embedder *m = embedder_new(s, layer, size, &e);

	if (!m)
		fail_msg("%s", e.msg);
	return m;
}

static void run(const struct embedder *m, const struct image *picture, bool flip_sum, float *dst)
{
	struct embedder_scratch s = { 0 };

	embedder_run(m, picture, flip_sum, &s, dst);
	embedder_scratch_release(&s);
}

static double next(char **rest)
{
	double v;

	assert_int_equal(num_parse_f64(strsep(rest, "\t"), &v), 0);
	return v;
}

static struct embedder *loaded;
static int loaded_key = -1;

/* One line of features.tsv. */
static void check_line(char *line, const struct image *picture)
{
	static const char *const layers[] = { "layer1", "layer2", "layer3", "pooled", "head" };
	const char *arch = strsep(&line, "\t"), *layer = strsep(&line, "\t"), *what = strsep(&line, "\t");
	bool bgr = strcmp(what, "bgr") == 0;
	size_t n = (size_t)next(&line), l = 0;
	double norm = next(&line), square = 0, distance = 0, sampled = 0;
	float got[MOST];
	const struct embedder *m;
	int key;

	while (strcmp(layers[l], layer) != 0)
		l++;
	/* Loading takes longest. */
	key = (strcmp(arch, "resnet50") == 0 ? 16 : 0) + (bgr ? 8 : 0) + (int)l;
	if (key != loaded_key) {
		embedder_free(loaded);
		loaded = load(&file[key / 16][bgr], (enum embedder_layer)l, 0);
		loaded_key = key;
	}
	m = loaded;
	assert_string_equal(embedder_name(m), arch);
	assert_int_equal(embedder_features(m), n);
	run(m, picture, strcmp(what, "flip-sum") == 0, got);
	for (size_t i = 0; i < n; i++)
		square += (double)got[i] * (double)got[i];
	for (size_t j = 0; j < SAMPLES; j++) {
		double want = next(&line), d = (double)got[j * (n - 1) / (SAMPLES - 1)] - want;

		distance += d * d;
		sampled += want * want;
	}
	printf("%s %s %s: relative distance %.2g, of the norm %.2g\n", arch, layer, what, sqrt(distance / sampled),
	       fabs(sqrt(square) / norm - 1));
	assert_true(sqrt(distance / sampled) < 1e-5);
	assert_true(fabs(sqrt(square) / norm - 1) < 1e-5);
}

static void test_features(void **state)
{
	char *path = golden_path("embed/features.tsv"), *rest, *line;
	struct buf text = { 0 };
	struct err e = { 0 };
	struct image picture;
	int lines = 0;

	(void)state;
	make_picture(&picture);
	assert_int_equal(io_slurp(path, 1 << 20, &text, &e), 0);
	for (rest = text.data; (line = strsep(&rest, "\n")) != NULL && *line; lines++)
		check_line(line, &picture);
	assert_int_equal(lines, 7);
	embedder_free(loaded);
	buf_release(&text);
	image_release(&picture);
	free(path);
}

/* Names as torchvision has them instead of ours, a size given instead of the file's: the same bits. */
static void test_names_and_size(void **state)
{
	float want[512], got[512];
	struct image picture;
	struct safetensors s;
	struct embedder *m;

	(void)state;
	make_picture(&picture);
	m = load(&file[0][0], EMBEDDER_POOLED, 0);
	run(m, &picture, false, want);
	embedder_free(m);
	open_as(&s, &weights[0], "", NULL, 0);
	m = load(&s, EMBEDDER_POOLED, SIZE);
	run(m, &picture, false, got);
	assert_memory_equal(want, got, sizeof want);
	embedder_free(m);
	safetensors_close(&s);
	image_release(&picture);
}

static void check_refused(struct seeded *w, const struct safetensors_meta *meta, size_t n_meta,
			  enum embedder_layer layer, const char *why)
{
	struct safetensors s;
	struct err e = { 0 };

	open_as(&s, w, ours, meta, n_meta);
	assert_null(embedder_new(&s, layer, 0, &e));
	if (!strstr(e.msg, why))
		fail_msg("'%s' without '%s'", e.msg, why);
	safetensors_close(&s);
}

static void test_refused(void **state)
{
	const struct safetensors_meta task = { "frl.task", "au" }, size = { "frl.input.size", "96.5" };
	const struct safetensors_meta recognition = { "frl.task", "recognition" };
	struct seeded part = weights[0];
	struct safetensor last = part.item[part.n - 1], *item;
	const char *name;

	(void)state;
	check_refused(&part, &task, 1, EMBEDDER_POOLED, "'au'");
	check_refused(&part, &size, 1, EMBEDDER_POOLED, "frl.input.size");
	check_refused(&part, &recognition, 1, EMBEDDER_AUTO, "head.weight is missing");
	/* The head's last bias is not there; the head is not; one tensor of the backbone is not. */
	part.n -= 1;
	check_refused(&part, NULL, 0, EMBEDDER_HEAD, "projection_net.net.3.bias");
	part.n -= 7;
	check_refused(&part, NULL, 0, EMBEDDER_HEAD, "no projection head");
	part.n -= 1;
	check_refused(&part, NULL, 0, EMBEDDER_POOLED, "layer4.1.bn2.running_var");
	/* A block too many: another network. */
	item = xcalloc(part.n + 1, sizeof *item);
	memcpy(item, part.item, part.n * sizeof *item);
	part = (struct seeded){ item, part.n + 1 };
	item[part.n - 1] = last;
	item[part.n - 1].name = "module.base_net.layer2.2.conv1.weight";
	check_refused(&part, NULL, 0, EMBEDDER_POOLED, "deeper");
	/* A tensor of another shape. */
	part.n -= 1;
	name = item[0].name;
	assert_string_equal(name, "module.base_net.conv1.weight");
	item[0] = last;
	item[0].name = name;
	check_refused(&part, NULL, 0, EMBEDDER_POOLED, "conv1.weight");
	free(item);
	part = (struct seeded){ &last, 1 };
	check_refused(&part, NULL, 0, EMBEDDER_POOLED, "not the weights of a ResNet");
}

static int seed(void **state)
{
	struct err e = { 0 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		char *path = golden_path(i ? "embed/resnet50.tsv" : "embed/resnet18.tsv");

		if (seeded_load(&weights[i], path, 5, &e))
			fail_msg("%s", e.msg);
		free(path);
		open_as(&file[i][0], &weights[i], ours, input_plain, 1);
		if (i == 0)
			open_as(&file[i][1], &weights[i], ours, input_bgr, 5);
	}
	return 0;
}

static int release(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		seeded_release(&weights[i]);
		safetensors_close(&file[i][0]);
		safetensors_close(&file[i][1]);
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_features),
		cmocka_unit_test(test_names_and_size),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, seed, release);
}

/*
 * support_seeded.c - weights from a formula
 *
 *	h = FNV-1a-64 of the bytes "SEED:name"
 *	z = splitmix64 output for the state h + (i + 1) * 0x9E3779B97F4A7C15      (modulo 2^64)
 *	u = (z >> 40) * 2^-24                                                     (24 bits, in [0, 1))
 *
 *	role        value, computed in double and rounded once to float
 *	conv        (2u - 1) * sqrt(6 / fan_in)
 *	linear      (2u - 1) / sqrt(fan_in)
 *	bias        (2u - 1) * 0.1
 *	bn_weight   0.75 + 0.5 u
 *	bn_small    0.2 + 0.2 u      (the last batch norm of a residual block)
 *	bn_bias     0.2 u - 0.1
 *	bn_mean     0.2 u - 0.1
 *	bn_var      0.5 + u
 *	bn_var_px   16384 (0.5 + u)  (after a first convolution that reads raw pixels)
 *	bn_zero     0
 *	bn_one      1
 */
#include "tests/unit/support_seeded.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/num.h"

static uint64_t hash_name(uint64_t seed, const char *name)
{
	char prefix[32];
	uint64_t h = 0xCBF29CE484222325;

	snprintf(prefix, sizeof prefix, "%" PRIu64 ":", seed);
	for (const char *p = prefix; *p; p++)
		h = (h ^ (unsigned char)*p) * 0x100000001B3;
	for (const char *p = name; *p; p++)
		h = (h ^ (unsigned char)*p) * 0x100000001B3;
	return h;
}

static double unit(uint64_t hash, size_t i)
{
	uint64_t z = hash + ((uint64_t)i + 1) * 0x9E3779B97F4A7C15;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
	z = (z ^ z >> 27) * 0x94D049BB133111EB;
	z ^= z >> 31;
	return (double)(z >> 40) * 0x1p-24;
}

/* value = (scale * u + shift) * factor / divisor, each role with the operations of the definition and no others. */
int seeded_fill(float *dst, size_t n, uint64_t seed, const char *name, const char *role, int64_t fan_in)
{
	uint64_t hash = hash_name(seed, name);
	double fan = (double)fan_in;
	double scale = 0, shift = 0, factor = 1, divisor = 1;

	if (strcmp(role, "conv") == 0)
		scale = 2, shift = -1, factor = sqrt(6 / fan);
	else if (strcmp(role, "linear") == 0)
		scale = 2, shift = -1, divisor = sqrt(fan);
	else if (strcmp(role, "bias") == 0)
		scale = 2, shift = -1, factor = 0.1;
	else if (strcmp(role, "bn_weight") == 0)
		scale = 0.5, shift = 0.75;
	else if (strcmp(role, "bn_small") == 0)
		scale = 0.2, shift = 0.2;
	else if (strcmp(role, "bn_bias") == 0 || strcmp(role, "bn_mean") == 0)
		scale = 0.2, shift = -0.1;
	else if (strcmp(role, "bn_var") == 0)
		scale = 1, shift = 0.5;
	else if (strcmp(role, "bn_var_px") == 0)
		scale = 1, shift = 0.5, factor = 16384;
	else if (strcmp(role, "bn_one") == 0)
		shift = 1;
	else if (strcmp(role, "bn_zero") != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		dst[i] = (float)((scale * unit(hash, i) + shift) * factor / divisor);
	return 0;
}

static int parse_shape(struct shape *shape, char *text)
{
	char *part;

	*shape = (struct shape){ 0 };
	while ((part = strsep(&text, ",")) != NULL) {
		if (*part == '\0')
			continue;
		if (shape->n == SHAPE_MAX || num_parse_i64(part, &shape->dim[shape->n++]))
			return -1;
	}
	return shape_count(shape) < 0 ? -1 : 0;
}

static int add_line(struct seeded *s, char *line, uint64_t seed, struct err *e)
{
	char *name = strsep(&line, "\t"), *shape_field = strsep(&line, "\t"), *role = strsep(&line, "\t");
	struct safetensor t = { .dtype = DTYPE_F32 };
	int64_t fan_in = 1;
	float *data;

	if (!role || parse_shape(&t.shape, shape_field))
		return err_set(e, "not a name, a shape and a role");
	for (int i = 1; i < t.shape.n; i++)
		fan_in *= t.shape.dim[i];
	t.bytes = (size_t)shape_bytes(&t.shape, t.dtype);
	data = xmalloc(t.bytes + 1);
	if (seeded_fill(data, t.bytes / sizeof *data, seed, name, role, fan_in)) {
		free(data);
		return err_set(e, "unknown role '%s'", role);
	}
	t.name = xstrdup(name);
	t.data = data;
	s->item = xrealloc_array(s->item, s->n + 1, sizeof *s->item);
	s->item[s->n++] = t;
	return 0;
}

int seeded_load(struct seeded *s, const char *path, uint64_t seed, struct err *e)
{
	struct buf text = { 0 };
	char *rest, *line;
	int number = 0, rc = -1;

	*s = (struct seeded){ 0 };
	if (io_slurp(path, 16 << 20, &text, e))
		goto out;
	rest = text.data;
	while ((line = strsep(&rest, "\n")) != NULL) {
		number++;
		if (*line == '\0' || *line == '#')
			continue;
		if (add_line(s, line, seed, e)) {
			err_prefix(e, "%s, line %d", path, number);
			goto out;
		}
	}
	rc = 0;
out:
	buf_release(&text);
	if (rc)
		seeded_release(s);
	return rc;
}

void seeded_release(struct seeded *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free((void *)(uintptr_t)s->item[i].name);
		free((void *)(uintptr_t)s->item[i].data);
	}
	free(s->item);
	*s = (struct seeded){ 0 };
}

int seeded_write(const struct seeded *s, const char *path, const struct safetensors_meta *meta, size_t n_meta,
		 struct err *e)
{
	struct out o;

	if (out_open(&o, path, true, e))
		return -1;
	if (safetensors_write(&o, s->item, s->n, meta, n_meta, e)) {
		out_abort(&o);
		return -1;
	}
	return out_commit(&o, e);
}

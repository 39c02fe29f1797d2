/* input.c - see input.h */
#include "common/model/input.h"

#include <math.h>
#include <string.h>

#include "common/num.h"

const struct model_input model_input_swav = {
	.size = 224,
	.mean = { .485F, .456F, .406F },
	.std = { .228F, .224F, .225F },
	.scale = 1,
};

static int parse_numbers(const char *text, const char *key, float *v, int n, struct err *e)
{
	char word[NUM_SIZE];

	for (int i = 0; i < n; i++) {
		size_t len = strcspn(text, ",;");

		if (len == 0 || len >= sizeof word || (text[len] != 0) != (i + 1 < n))
			return err_set(e, "metadata %s: not %d numbers", key, n);
		memcpy(word, text, len);
		word[len] = 0;
		if (num_parse_f32(word, &v[i]) < 0 || !isfinite(v[i]))
			return err_set(e, "metadata %s: '%s' is not a number", key, word);
		text += len + 1;
	}
	return 0;
}

int model_meta_numbers(const struct safetensors *s, const char *key, float *v, int n, struct err *e)
{
	const char *text = safetensors_get_meta(s, key);

	return text ? parse_numbers(text, key, v, n, e) : 0;
}

int model_input_read(struct model_input *in, const struct safetensors *s, struct err *e)
{
	const char *order = safetensors_get_meta(s, "frl.input.order");
	float size = (float)in->size;

	if (order && strcmp(order, "bgr") != 0 && strcmp(order, "rgb") != 0)
		return err_set(e, "metadata frl.input.order: '%s' is neither bgr nor rgb", order);
	if (order)
		in->bgr = strcmp(order, "bgr") == 0;
	if (model_meta_numbers(s, "frl.input.mean", in->mean, 3, e) ||
	    model_meta_numbers(s, "frl.input.std", in->std, 3, e) ||
	    model_meta_numbers(s, "frl.input.scale", &in->scale, 1, e) ||
	    model_meta_numbers(s, "frl.input.size", &size, 1, e))
		return -1;
	if (!(in->scale > 0 && in->std[0] > 0 && in->std[1] > 0 && in->std[2] > 0))
		return err_set(e, "metadata frl.input.scale and frl.input.std must be above 0");
	if (!(size >= 0 && size <= MODEL_INPUT_MAX_SIZE && size == floorf(size)))
		return err_set(e, "metadata frl.input.size is no number of pixels up to %d", MODEL_INPUT_MAX_SIZE);
	in->size = (int)size;
	return 0;
}

struct nn_picture model_input_picture(const struct model_input *in, const struct image *m)
{
	struct nn_picture p = { .rgb = m->data, .pitch = m->stride, .w = m->w, .h = m->h };

	for (int i = 0; i < 3; i++) {
		int channel = in->bgr ? 2 - i : i;

		p.mean[i] = in->mean[channel] * 255 / in->scale;
		p.scale[i] = in->scale / 255 / in->std[channel];
	}
	return p;
}

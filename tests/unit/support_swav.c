/* support_swav.c - see support_swav.h */
#include "tests/unit/support_swav.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/support_seeded.h"

char *support_in_folder(const char *folder, const char *name)
{
	return xasprintf("%s/%s", folder, name);
}

void support_swav_weights(struct train_params *p, const char *folder, uint64_t seed)
{
	char path[] = "/tmp/frl-test-XXXXXX", *names = support_in_folder(folder, "NAMES.tsv");
	struct seeded w = { 0 };
	struct safetensors s = { 0 };
	struct err e = { 0 };
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	if (seeded_load(&w, names, seed, &e) || seeded_write(&w, path, NULL, 0, &e) || safetensors_open(&s, path, &e) ||
	    train_params_load(p, &s, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(p->n + 2 * p->n_running, w.n);
	for (size_t i = 0, k = 0; i < w.n; i++) /* PyTorch's order */
		if (!strstr(w.item[i].name, "running"))
			assert_string_equal(w.item[i].name, p->item[k++].name);
	safetensors_close(&s);
	seeded_release(&w);
	unlink(path);
	free(names);
}

void support_swav_view(float *dst, const uint8_t *rgb, int size)
{
	static const float mean[3] = { .485F, .456F, .406F }, std[3] = { .228F, .224F, .225F };

	for (int c = 0; c < 3; c++)
		for (int i = 0; i < size * size; i++)
			*dst++ = ((float)rgb[3 * i + c] / 255.0F - mean[c]) / std[c];
}

/* codes.c - see codes.h */
#include "tools/curate/codes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/curate/text.h"

static void need(struct codes *t, int frame)
{
	int cap = t->cap ? t->cap : 1024;

	while (cap <= frame)
		cap *= 2;
	if (cap > t->cap) {
		t->v = xrealloc_array(t->v, (size_t)cap * CODES_MAX_UNITS, sizeof *t->v);
		t->listed = xrealloc_array(t->listed, (size_t)cap, sizeof *t->listed);
		t->cap = cap;
	}
	for (; t->frames <= frame; t->frames++) {
		for (int k = 0; k < t->units; k++)
			t->v[(size_t)t->frames * (size_t)t->units + (size_t)k] = NAN;
		t->listed[t->frames] = false;
	}
}

int codes_read(struct codes *t, struct curate *c, const char *path, int k, int unknown, struct err *e)
{
	struct text text = { .fd = -1 };
	int rc;

	if (!curate_exists(c, path))
		return 0;
	rc = text_open(&text, curate_path(c, path), e);
	while (!rc && (rc = text_next(&text, e)) == 1) {
		char *f[3];
		double v[2];

		rc = 0;
		if (text_csv(text.line, f, 3) != 2 || text_numbers(f, 2, v) || v[0] != floor(v[0]) || v[0] < 0 ||
		    v[0] > CODES_MAX_FRAME || v[1] != floor(v[1]) || ((v[1] < 0 || v[1] > 5) && v[1] != unknown)) {
			rc = text_bad(&text, e, "not 'frame,intensity' with an intensity from 0 to 5");
			break;
		}
		need(t, (int)v[0]);
		t->listed[(int)v[0]] = true;
		t->v[(size_t)v[0] * (size_t)t->units + (size_t)k] = v[1] == unknown ? NAN : v[1];
	}
	text_close(&text);
	return rc ? -1 : 1;
}

void codes_reset(struct codes *t, int units)
{
	t->frames = 0;
	t->units = units;
}

void codes_release(struct codes *t)
{
	free(t->v);
	free(t->listed);
	*t = (struct codes){ 0 };
}

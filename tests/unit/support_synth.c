/* support_synth.c - see support_synth.h */
#include "tests/unit/support_synth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

void support_synth_open(struct synth_scene *s, const char *folder, int size, int samples)
{
	struct err e = { 0 };

	*s = (struct synth_scene){
		.options = SYNTH_OPTIONS_DEFAULT,
		.frame = { .size = size, .face = size * 190. / 256 },
		.samples = samples,
	};
	if (synth_model_load(&s->model, folder, 2, &e) < 0 || synth_surface_init(&s->surface, &s->model, 2, &e) < 0)
		fail_msg("%s", e.msg);
	synth_regions_init(&s->regions, &s->surface);
}

void support_synth_close(struct synth_scene *s)
{
	synth_regions_release(&s->regions);
	synth_surface_release(&s->surface);
	synth_model_release(&s->model);
}

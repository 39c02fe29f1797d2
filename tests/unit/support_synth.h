/*
 * support_synth.h - a scene of frl-synth for tests: the small mask of tests/golden/synth, or the ICT model where it is there
 */
#ifndef FRL_TESTS_SUPPORT_SYNTH_H
#define FRL_TESTS_SUPPORT_SYNTH_H

#include "tools/synth/render.h"

/* With the default distribution. A folder that cannot be read fails the test. */
void support_synth_open(struct synth_scene *s, const char *folder, int size, int samples);
void support_synth_close(struct synth_scene *s);

#endif

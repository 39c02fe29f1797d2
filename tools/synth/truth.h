/*
 * truth.h - the rows of the manifest (frl-manifest(5)) and of --params
 */
#ifndef FRL_SYNTH_TRUTH_H
#define FRL_SYNTH_TRUTH_H

#include "common/tsv.h"
#include "tools/synth/render.h"

/* Which action units have columns: those of DISFA, of BP4D, or all that are known. */
enum synth_units { SYNTH_UNITS_DISFA, SYNTH_UNITS_BP4D, SYNTH_UNITS_ALL };

void synth_truth_head(struct tsv_out *w, enum synth_units units);
void synth_truth_row(struct tsv_out *w, const struct synth_scene *s, const struct synth_truth *t,
		     enum synth_units units);

void synth_params_head(struct tsv_out *w, const struct synth_scene *s);
void synth_params_row(struct tsv_out *w, const struct synth_scene *s, const struct synth_truth *t);

#endif

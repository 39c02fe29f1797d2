/*
 * facs.h - from expression weights to action units, valence, arousal and class: stated tables (frl-synth(1))
 */
#ifndef FRL_SYNTH_FACS_H
#define FRL_SYNTH_FACS_H

#include "tools/synth/model.h"

enum synth_unit {
	SYNTH_AU01,
	SYNTH_AU02,
	SYNTH_AU04,
	SYNTH_AU05,
	SYNTH_AU06,
	SYNTH_AU07,
	SYNTH_AU09,
	SYNTH_AU10,
	SYNTH_AU12,
	SYNTH_AU14,
	SYNTH_AU15,
	SYNTH_AU17,
	SYNTH_AU20,
	SYNTH_AU24,
	SYNTH_AU25,
	SYNTH_AU26,
	SYNTH_AU43,
	SYNTH_UNITS,
};

enum { SYNTH_CLASSES = 8 }; /* AffectNet's: neutral happy sad surprise fear disgust anger contempt */

struct synth_labels {
	float unit[SYNTH_UNITS]; /* 0..5 */
	float valence, arousal;	 /* -1..1 */
	int expression;		 /* 0..7 */
};

/* The unit's number: 1, 2, 4, .. */
int synth_unit_number(enum synth_unit u);
/* weight [m->shapes]; shapes that the model has not are 0. */
void synth_labels(struct synth_labels *l, const struct synth_model *m, const float *weight);
/* The class of a place in the circumplex. */
int synth_class(double valence, double arousal);

#endif

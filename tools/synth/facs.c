/* facs.c - see facs.h; man frl-synth(1) prints the same tables */
#include "tools/synth/facs.h"

#include <math.h>
#include <string.h>

enum { SHAPES = 5 };

/*
 * A unit's intensity is 5 times the weighted sum, held within 0..1. A shape with two sides counts by its stronger one.
 * valence and arousal are sums over units, of these weights times intensity / 5.
 */
static const struct {
	int number;
	struct {
		const char *shape;
		float weight;
	} from[SHAPES];
	float valence, arousal;
} table[SYNTH_UNITS] = {
	[SYNTH_AU01] = { 1, { { "browInnerUp", 1 } }, -.1F, .2F },
	[SYNTH_AU02] = { 2, { { "browOuterUp", 1 } }, .1F, .45F },
	[SYNTH_AU04] = { 4, { { "browDown", 1 } }, -.45F, .25F },
	[SYNTH_AU05] = { 5, { { "eyeWide", 1 } }, 0, .55F },
	[SYNTH_AU06] = { 6, { { "cheekSquint", 1 } }, .3F, .1F },
	[SYNTH_AU07] = { 7, { { "eyeSquint", 1 } }, -.1F, .1F },
	[SYNTH_AU09] = { 9, { { "noseSneer", 1 } }, -.5F, .2F },
	[SYNTH_AU10] = { 10, { { "mouthUpperUp", 1 } }, -.25F, .1F },
	[SYNTH_AU12] = { 12, { { "mouthSmile", 1 } }, 1, .25F },
	[SYNTH_AU14] = { 14, { { "mouthDimple", 1 } }, -.2F, -.05F },
	[SYNTH_AU15] = { 15, { { "mouthFrown", 1 } }, -.7F, -.35F },
	[SYNTH_AU17] = { 17, { { "mouthShrugLower", 1 } }, -.3F, -.15F },
	[SYNTH_AU20] = { 20, { { "mouthStretch", 1 } }, -.3F, .35F },
	[SYNTH_AU24] = { 24, { { "mouthPress", 1 } }, -.2F, .05F },
	[SYNTH_AU25] = { 25,
			 { { "jawOpen", 1 },
			   { "mouthClose", -1 },
			   { "mouthLowerDown", 1 },
			   { "mouthUpperUp", 1 },
			   { "mouthFunnel", .5F } },
			 .05F,
			 .15F },
	[SYNTH_AU26] = { 26, { { "jawOpen", 1 } }, 0, .4F },
	[SYNTH_AU43] = { 43, { { "eyeBlink", 1 } }, 0, -.8F },
};

int synth_unit_number(enum synth_unit u)
{
	return table[u].number;
}

/* "jawOpen", or the stronger of "mouthSmile_L" and "mouthSmile_R". */
static float strength(const struct synth_model *m, const float *weight, const char *shape)
{
	size_t len = strlen(shape);
	float most = 0;

	for (int i = 0; i < m->shapes; i++)
		if (!strncmp(m->shape[i], shape, len) &&
		    (!m->shape[i][len] || !strcmp(m->shape[i] + len, "_L") || !strcmp(m->shape[i] + len, "_R")))
			most = fmaxf(most, weight[i]);
	return most;
}

static double held(double v, double least, double most)
{
	return v < least ? least : v > most ? most : v;
}

void synth_labels(struct synth_labels *l, const struct synth_model *m, const float *weight)
{
	double valence = 0, arousal = 0;

	for (int u = 0; u < SYNTH_UNITS; u++) {
		double sum = 0;

		for (int k = 0; k < SHAPES && table[u].from[k].shape; k++)
			sum += table[u].from[k].weight * strength(m, weight, table[u].from[k].shape);
		sum = held(sum, 0, 1);
		l->unit[u] = (float)(5 * sum);
		valence += table[u].valence * sum;
		arousal += table[u].arousal * sum;
	}
	l->valence = (float)held(valence, -1, 1);
	l->arousal = (float)held(arousal, -1, 1);
	l->expression = synth_class(l->valence, l->arousal);
}

int synth_class(double valence, double arousal)
{
	/* Sectors of the circumplex by the angle where they end, in degrees from valence 1 towards arousal 1. */
	static const struct {
		double end;
		int expression;
	} sector[] = {
		{ 55, 1 },  /* happy */
		{ 95, 3 },  /* surprise */
		{ 120, 4 }, /* fear */
		{ 145, 6 }, /* anger */
		{ 170, 5 }, /* disgust */
		{ 195, 7 }, /* contempt */
		{ 270, 2 }, /* sad */
		{ 315, 0 }, /* calm: neutral */
		{ 360, 1 }, /* content: happy */
	};
	double angle = atan2(arousal, valence) * 180 / acos(-1);
	size_t i = 0;

	if (hypot(valence, arousal) < .2)
		return 0;
	if (angle < 0)
		angle += 360;
	while (i + 1 < sizeof sector / sizeof *sector && angle >= sector[i].end)
		i++;
	return sector[i].expression;
}

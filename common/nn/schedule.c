/* schedule.c - see schedule.h */
#include "common/nn/schedule.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "common/num.h"

static const double MAX_LENGTH = 9007199254740992.0; /* 2^53: whole numbers up to it are exact */

/* ---- lengths */

int schedule_length_parse(struct schedule_length *l, const char *text, struct err *e)
{
	size_t len = strlen(text);
	char number[NUM_SIZE];
	double n;

	if (len >= sizeof number)
		return err_code(e, EXIT_CODE_USAGE, "'%.40s..' is too long for a length of time", text);
	memcpy(number, text, len + 1);
	bool steps = len > 0 && number[len - 1] == 's';
	if (steps)
		number[len - 1] = '\0';
	if (num_parse_f64(number, &n) || !(n >= 0 && n <= MAX_LENGTH))
		return err_code(e, EXIT_CODE_USAGE,
				"'%s' is no length of time: a number of epochs (10, 0.5), or of steps (400s)", text);
	if (steps && n != floor(n))
		return err_code(e, EXIT_CODE_USAGE, "'%s' is no whole number of steps", text);
	*l = (struct schedule_length){ fabs(n), steps }; /* "-0" is 0 */
	return 0;
}

uint64_t schedule_length_steps(const struct schedule_length *l, uint64_t per_epoch)
{
	double n = l->steps ? l->n : l->n * (double)per_epoch;

	return n < MAX_LENGTH ? (uint64_t)llround(n) : (uint64_t)MAX_LENGTH;
}

/* ---- the rate */

static const char *const names[] = { "cosine", "steps", "constant" };

int schedule_kind_parse(enum schedule_kind *kind, const char *text, struct err *e)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(names[i], text)) {
			*kind = (enum schedule_kind)i;
			return 0;
		}
	return err_code(e, EXIT_CODE_USAGE, "'%s' is no schedule: cosine, steps or constant", text);
}

const char *schedule_kind_name(enum schedule_kind kind)
{
	return names[kind];
}

/* NumPy's linspace, operation by operation. */
static double warm(const struct schedule *s, uint64_t step)
{
	if (s->warmup == 1)
		return s->start;
	if (step == s->warmup - 1)
		return s->base;
	return (double)step * ((s->base - s->start) / (double)(s->warmup - 1)) + s->start;
}

static double cosine(const struct schedule *s, uint64_t step)
{
	if (step >= s->total)
		return s->final;
	double t = (double)(step - s->warmup), all = (double)(s->total - s->warmup);

	return s->final + 0.5 * (s->base - s->final) * (1 + cos(M_PI * t / all));
}

double schedule_lr(const struct schedule *s, uint64_t step)
{
	double lr = s->base;

	if (step < s->warmup)
		return warm(s, step);
	if (s->kind == SCHEDULE_COSINE)
		return cosine(s, step);
	if (s->kind == SCHEDULE_STEPS)
		for (int i = 0; i < s->drops; i++)
			lr *= s->drop[i] <= step ? s->factor : 1;
	return lr;
}

int schedule_print(const struct schedule *s, struct out *o, struct err *e)
{
	char text[NUM_SIZE];

	if (out_printf(o, e, "step\tlr\n"))
		return -1;
	for (uint64_t step = 0; step < s->total; step++)
		if (out_printf(o, e, "%" PRIu64 "\t%s\n", step, num_f64(text, schedule_lr(s, step))))
			return -1;
	return 0;
}

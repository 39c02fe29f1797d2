/* plan.c - options as numbers, checked (options.h) */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/model/train_options.h"
#include "common/num.h"
#include "pretrain/options.h"

enum { MOST_PARTS = 16, MOST_COUNT = 64 };

/* The parts of text between separators, in a copy of it that the caller frees; -1: more than MOST_PARTS. */
static int split(const char *text, char between, char **copy, char *part[MOST_PARTS])
{
	char *at = *copy = xstrdup(text);
	int n = 0;

	for (; at && n < MOST_PARTS; n++) {
		part[n] = at;
		at = strchr(at, between);
		if (at)
			*at++ = '\0';
	}
	return at ? -1 : n;
}

/* "AxB", "A-B": two numbers. */
static int pair(char *text, char between, double v[2])
{
	char *second = strchr(text, between);

	if (!second)
		return -1;
	*second++ = '\0';
	return num_parse_f64(text, &v[0]) || num_parse_f64(second, &v[1]) ? -1 : 0;
}

static int bad(const char *option, const char *text, const char *what, struct err *e)
{
	return err_code(e, EXIT_CODE_USAGE, "option '--%s': '%s' is not %s", option, text, what);
}

static int crops(const struct options *o, struct plan *p, struct err *e)
{
	char *copy, *part[MOST_PARTS];
	int n = split(o->crops, ',', &copy, part), rc = n < 1 || n > SWAV_MAX_GROUPS ? -1 : 0;

	for (int i = 0; !rc && i < n; i++) {
		double v[2];

		if (pair(part[i], 'x', v) || v[0] != rint(v[0]) || v[1] != rint(v[1]) || v[0] < 1 ||
		    v[0] > MOST_COUNT || v[1] < 32 || v[1] > AUGMENT_LARGEST) {
			rc = -1;
			break;
		}
		p->group[i].count = (int)v[0];
		p->group[i].augment = (struct augment)AUGMENT_SWAV((int)v[1], 0, 1);
		p->views += p->group[i].count;
	}
	free(copy);
	p->groups = n;
	if (rc || p->views < 2)
		return bad("crops", o->crops, "a list of COUNTxPIXELS with two views or more, such as 2x224,6x96", e);
	return 0;
}

static int areas(const struct options *o, struct plan *p, struct err *e)
{
	char *copy, *part[MOST_PARTS];
	int n = split(o->area, ',', &copy, part), rc = n < 1 ? -1 : 0;

	for (int i = 0; !rc && i < n && i < p->groups; i++)
		rc = pair(part[i], '-', p->group[i].augment.area);
	free(copy);
	if (rc)
		return bad("crop-area", o->area, "a list of LEAST-MOST, such as 0.14-1,0.05-0.14", e);
	if (n != p->groups)
		return err_code(e, EXIT_CODE_USAGE, "option '--crop-area': '%s' for the views '%s': one for each size",
				o->area, o->crops);
	return 0;
}

static int colours(const struct options *o, struct plan *p, struct err *e)
{
	char *copy, *part[MOST_PARTS];
	int n = split(o->jitter, ',', &copy, part), rc = n == AUGMENT_COLOURS ? 0 : -1;

	for (int i = 0; !rc && i < n; i++)
		rc = num_parse_f64(part[i], &p->group[0].augment.jitter[i]);
	free(copy);
	if (rc)
		return bad("jitter", o->jitter, "four numbers, such as 0.8,0.8,0.8,0.2", e);
	for (int g = 0; g < p->groups; g++) {
		struct augment *a = &p->group[g].augment;

		memcpy(a->jitter, p->group[0].augment.jitter, sizeof a->jitter);
		a->jitter_p = o->jitter_p;
		a->grey_p = o->grey_p;
		a->blur_p = o->blur_p;
		a->flip_p = o->flip_p;
		if (augment_check(a, e))
			return err_prefix(e, "views of %d pixels", a->size);
	}
	return 0;
}

static int lengths(const struct options *o, struct plan *p, struct err *e)
{
	return train_option_length(&p->warmup, "warmup", o->warmup, e) ||
			       train_option_length(&p->freeze, "freeze-prototypes", o->freeze, e) ||
			       train_option_length(&p->queue_start, "queue-start", o->queue_start, e) ||
			       train_option_length(&p->save_every, "save-every", o->save_every, e) ||
			       train_option_length(&p->keep_every, "keep-every", o->keep_every, e) ||
			       train_option_length(&p->probe_every, "probe-every", o->probe_every, e) ||
			       train_option_drops(p->drop, &p->drops, o->drops, e)
		       ? -1
		       : 0;
}

int options_plan(const struct options *o, struct plan *p, struct err *e)
{
	*p = (struct plan){ 0 };
	if (train_option_width(o->width, e) || crops(o, p, e) || areas(o, p, e) || colours(o, p, e) || lengths(o, p, e))
		return -1;
	p->lr = o->lr > 0 ? o->lr : .3 * o->batch / 256;
	p->final_lr = o->final_lr < 0 ? p->lr / 1000 : o->final_lr;
	p->hidden = o->hidden ? o->hidden : resnet_features((enum resnet_arch)o->arch, o->width);
	p->queue = o->queue - o->queue % o->batch;
	if (o->queue && !p->queue)
		return err_code(e, EXIT_CODE_USAGE, "option '--queue': %d is less than the batch of %d", o->queue,
				o->batch);
	return 0;
}

void options_schedule(const struct options *o, const struct plan *p, uint64_t per_epoch, struct schedule *s)
{
	struct schedule_length epochs = { o->epochs, false };

	*s = (struct schedule){
		.kind = (enum schedule_kind)o->schedule,
		.start = o->start_lr,
		.base = p->lr,
		.final = p->final_lr,
		.warmup = schedule_length_steps(&p->warmup, per_epoch),
		.total = o->steps ? (uint64_t)o->steps : schedule_length_steps(&epochs, per_epoch),
		.drops = p->drops,
		.factor = o->drop_factor,
	};
	for (int i = 0; i < p->drops; i++)
		s->drop[i] = schedule_length_steps(&p->drop[i], per_epoch);
}

struct optim_config options_optim(const struct options *o)
{
	return train_option_optim(o->optimizer, o->momentum, o->decay);
}

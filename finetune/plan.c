/* plan.c - options as numbers, and the preset for people (options.h) */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/io.h"
#include "common/model/train_options.h"
#include "common/num.h"
#include "finetune/options.h"

/* Exactly n numbers with `mark` between them. */
static int numbers(const char *option, const char *text, const char *mark, double *v, int n, struct err *e)
{
	char *copy = xstrdup(text), *at = copy;
	int have = 0, rc = 0;

	for (char *part; !rc && (part = strsep(&at, mark)); have++)
		rc = have < n ? num_parse_f64(part, &v[have]) : -1;
	free(copy);
	return !rc && have == n
		       ? 0
		       : err_code(e, EXIT_CODE_USAGE, "option '--%s': '%s' is not %d numbers with '%s' between them",
				  option, text, n, mark);
}

/* The supplement gives a range of epochs; which end is which, and the middle, are ours. */
static double epochs_of(const struct task *task, double fraction)
{
	return task->preset.epochs[fraction > .1 ? 0 : fraction > .02 ? 1 : 2];
}

int options_plan(const struct options *o, double fraction, struct plan *p, struct err *e)
{
	*p = (struct plan){ .warp = o->task->preset.warp, .lr = o->lr, .fraction = fraction };
	p->optim = train_option_optim(o->optimizer, o->momentum, o->decay);
	p->warp.rotation = o->rotation;
	p->warp.translation = o->translation;
	p->warp.flip_p = o->flip_p;
	p->warp.blur_p = o->blur_p;
	p->warp.blur_taps[0] = 5;
	p->warp.blur_taps[1] = 10;
	p->epochs = o->epochs > 0 ? o->epochs : epochs_of(o->task, fraction);
	p->optim.beta1 = o->beta1;
	p->optim.beta2 = o->beta2;
	return train_option_width(o->width, e) || numbers("scale", o->scale, "-", p->warp.scale, 2, e) ||
			       numbers("jitter", o->jitter, ",", p->warp.jitter, AUGMENT_COLOURS, e) ||
			       train_option_length(&p->warmup, "warmup", o->warmup, e) ||
			       train_option_length(&p->save_every, "save-every", o->save_every, e) ||
			       train_option_drops(p->drop, &p->drops, o->drops, e)
		       ? -1
		       : 0;
}

void options_schedule(const struct options *o, const struct plan *p, uint64_t per_epoch, struct schedule *s)
{
	*s = (struct schedule){
		.kind = (enum schedule_kind)o->schedule,
		.base = p->lr,
		.final = o->final_lr,
		.warmup = schedule_length_steps(&p->warmup, per_epoch),
		.total = o->steps ? (uint64_t)o->steps : (uint64_t)rint(p->epochs * (double)per_epoch),
		.drops = p->drops,
		.factor = o->drop_factor,
	};
	for (int i = 0; i < p->drops; i++)
		s->drop[i] = schedule_length_steps(&p->drop[i], per_epoch);
	if (s->warmup > s->total)
		s->warmup = s->total;
}

/* ---- the preset for people */

struct source {
	const char *task; /* NULL: every one */
	const char *option;
	const char *text;
};

/* Where the values come from: the paper's supplement (1.2), or ours where it is silent. The first that fits counts. */
static const struct source sources[] = {
	{ "recognition", "size", "ours: the alignment of ArcFace, which the supplement follows" },
	{ "recognition", "embedding", "ours: not given" },
	{ "recognition", "sharpness", "ours: CosFace's own; not given" },
	{ "recognition", "margin", "supplement 1.2.1" },
	{ NULL, "size", "ours: the size of the crops; not given" },
	{ "mesh", "batch", "ours: not given" },
	{ "emotion", "lr", "ours: the other tasks'; the supplement prints 0.1, which diverges (paper-printed)" },
	{ NULL, "batch", "supplement 1.2" },
	{ NULL, "lr", "supplement 1.2" },
	{ NULL, "optimizer", "supplement 1.2" },
	{ NULL, "momentum", "supplement 1.2" },
	{ NULL, "beta1", "supplement 1.2" },
	{ NULL, "beta2", "supplement 1.2" },
	{ NULL, "weight-decay", "supplement 1.2; as L2 in the gradient, as PyTorch's Adam" },
	{ NULL, "rotation", "supplement 1.2" },
	{ NULL, "scale", "supplement 1.2" },
	{ NULL, "translation", "supplement 1.2" },
	{ NULL, "flip-p", "supplement 1.2 names the flip, 0.5 is ours" },
	{ NULL, "jitter", "supplement 1.2 names it, the strength is ours" },
	{ NULL, "blur-p", "supplement 1.2" },
	{ NULL, "schedule", "ours: none is printed" },
	{ NULL, "sigma", "ours: HRNet's" },
	{ "mesh", "channels", "ours: spiralnet_plus'; not given" },
	{ "mesh", "spiral", "ours: spiralnet_plus'; not given" },
	{ NULL, "classes", "ours: the supplement names seven" },
	{ NULL, "bn", "ours: not given" },
	{ NULL, "arch", "supplement 1" },
};

static const char *source_of(const struct options *o, const char *option)
{
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
		if (!strcmp(sources[i].option, option) && (!sources[i].task || !strcmp(sources[i].task, o->task->name)))
			return sources[i].text;
	return NULL;
}

int options_print_preset(const struct options *o, const struct opt *table, struct err *e)
{
	static const char *const shares[TASK_SHARES] = { "epochs, more than 10 % of the labels",
							 "epochs, more than 2 %, up to 10 %", "epochs, up to 2 %" };
	static const char *const range[TASK_SHARES] = { "supplement 1.2 gives the ends; which end is which is ours",
							"ours: between the ends",
							"supplement 1.2 gives the ends; which end is which is ours" };
	struct buf text = { 0 };
	struct out out;
	int rc;

	if (out_open(&out, NULL, false, e))
		return -1;
	rc = out_printf(&out, e, "option\tvalue\tsource\n");
	for (const struct opt *t = table; !rc && t->kind != OPT_KIND_END; t++) {
		const char *source = t->kind == OPT_KIND_GROUP ? NULL : source_of(o, t->name);

		if (!source)
			continue;
		buf_reset(&text);
		opt_text(t, &text);
		rc = out_printf(&out, e, "%s\t%s\t%s\n", t->name, text.data ? text.data : "", source);
	}
	for (int i = 0; !rc && i < TASK_SHARES; i++)
		rc = out_printf(&out, e, "%s\t%g\t%s\n", shares[i], o->task->preset.epochs[i], range[i]);
	buf_release(&text);
	return rc || out_commit(&out, e) ? -1 : 0;
}

/* sources.c - options from a preset, a checkpoint and the command line (options.h) */
#include <string.h>

#include "common/nn/checkpoint_run.h"
#include "pretrain/options.h"
#include "pretrain/presets.h"

/* Of those kept: may be another one when a run goes on. */
static bool may_change(const char *name)
{
	static const char *const list[] = {
		"data",
		"views",
		"epochs",
		"steps",
		"log",
		"save-every",
		"keep",
		"keep-every",
		"prefetch",
		"probe",
		"probe-every",
		"tensorboard",
		"checkpoint-activations",
	};

	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		if (!strcmp(name, list[i]))
			return true;
	return false;
}

static struct run_options kept_of(const struct opt *table)
{
	return (struct run_options){ &options_program, table, options_kept, may_change };
}

void options_save(const struct opt *table, struct checkpoint_state *s)
{
	struct run_options kept = kept_of(table);

	run_options_save(&kept, s);
}

static int read_sources(struct options *o, const struct opt *table, int argc, char **argv, struct checkpoint *c,
			struct err *e)
{
	int first;

	options_default(o);
	first = opt_parse(&options_program, table, argc, argv);
	if (first < argc)
		opt_usage(&options_program, "unexpected argument '%s'", argv[first]);
	if (!o->resume && !o->preset)
		return 0;
	if (o->resume && o->preset)
		opt_usage(&options_program, "--preset is for runs that begin: --resume has its options already");
	const char *resume = o->resume;
	int preset = o->preset;
	options_default(o); /* again: explicit values come last */
	struct run_options kept = kept_of(table);
	if (resume)
		return checkpoint_open(c, resume, e) || run_options_go_on(&kept, argc, argv, c, e) ? -1 : 0;
	preset_apply(preset, table);
	opt_parse(&options_program, table, argc, argv);
	return 0;
}

int options_read(struct options *o, const struct opt *table, int argc, char **argv, struct checkpoint *c, struct err *e)
{
	*c = (struct checkpoint){ 0 };
	if (read_sources(o, table, argc, argv, c, e))
		return -1;
	if (o->dtype == OPTIONS_AUTO)
		o->dtype = nn_train_cpu_bf16()->fast(nn_train_cpu_bf16()) ? OPTIONS_BF16 : OPTIONS_F32;
	return 0;
}

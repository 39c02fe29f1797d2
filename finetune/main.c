/* frl-finetune - the paper's five tasks on one backbone; man frl-finetune(1) */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/nn/checkpoint_run.h"
#include "common/nn/ranks.h"
#include "common/progress.h"
#include "common/stop.h"
#include "finetune/run.h"

static const struct task *task_of(int argc, char **argv)
{
	const struct task *task;

	if (argc < 2 || argv[1][0] == '-') {
		struct options o;

		options_default(&o, task_list[0]);
		opt_parse(&options_program, options_table(&o), argc, argv); /* --help, --version */
		opt_usage(&options_program,
			  argc < 2 ? NULL : "the task comes first: recognition, landmarks, au, emotion or mesh");
	}
	task = task_find(argv[1]);
	if (!task)
		opt_usage(&options_program, "there is no task '%s'", argv[1]);
	return task;
}

/* Options of one task are not those of another. */
static int same_task(const struct checkpoint *c, const struct task *task, struct err *e)
{
	const char *was;

	if (checkpoint_state_str(&c->state, "task", &was, e))
		return err_prefix(e, "'%s'", c->folder);
	return strcmp(was, task->name) ? err_set(e, "'%s': the run trains %.100s, not %s", c->folder, was, task->name)
				       : 0;
}

/* All sources of options: the task's preset, a checkpoint, the command line; the later wins. */
static int read_options(struct options *o, const struct opt *table, const struct task *task, int argc, char **argv,
			struct checkpoint *c, struct err *e)
{
	int first, preset;

	*c = (struct checkpoint){ 0 };
	options_default(o, task);
	first = opt_parse(&options_program, table, argc, argv);
	if (first < argc)
		opt_usage(&options_program, "unexpected argument '%s'", argv[first]);
	const struct run_options kept = { &options_program, table, options_kept, options_may_change };
	const char *resume = o->resume;
	preset = o->preset;
	options_default(o, task); /* again: what was typed comes last */
	o->preset = preset;
	if (preset == PRESET_PAPER_PRINTED && task == &task_emotion)
		o->lr = .1;
	if (resume)
		return checkpoint_open(c, resume, e) || same_task(c, task, e) ||
				       run_options_go_on(&kept, argc, argv, c, e)
			       ? -1
			       : 0;
	opt_parse(&options_program, table, argc, argv);
	return 0;
}

static int print_preset(const struct options *o, const struct opt *table, struct err *e)
{
	return ranks_rank() ? 0 : options_print_preset(o, table, e);
}

static int train(struct run *r, const struct options *o, const struct opt *table, const struct checkpoint *c,
		 bool quiet, struct err *e)
{
	uint64_t before;

	if (run_plan(r, o, table, e))
		return -1;
	if (!quiet)
		ranks_tell(r->threads);
	if (run_open(r, c, e))
		return -1;
	before = r->step;
	if (run_train(r, e) || run_close(r, e))
		return -1;
	struct summary s = { .in = r->data.labels.n, .out = r->step - before };
	summary_extra(&s, "steps", (double)r->step);
	summary_print(&s, o->common.quiet, o->common.json);
	return 0;
}

int main(int argc, char **argv)
{
	struct options o;
	struct checkpoint c;
	struct run r = { 0 };
	struct err e = { 0 };
	bool quiet;
	int stop;

	err_program(options_program.name);
	io_catch_signals();
	summary_start();
	const struct task *task = task_of(argc, argv);
	struct opt *table = options_table(&o);
	if (read_options(&o, table, task, argc - 1, argv + 1, &c, &e) || ranks_start(&e))
		die_err(&e);
	quiet = o.common.quiet;
	if (ranks_rank()) {
		o.common.quiet = true;
		o.common.json = false;
	}
	if (o.print_preset ? print_preset(&o, table, &e) : train(&r, &o, table, &c, quiet, &e))
		die_err(&e);
	stop = r.stop;
	run_release(&r);
	ranks_stop();
	checkpoint_close(&c);
	free(table);
	if (stop)
		stop_end(stop);
	return io_finish(EXIT_CODE_OK);
}

/* frl-pretrain - trains a ResNet by SwAV on pictures that nobody labelled; man frl-pretrain(1) */
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/io.h"
#include "common/nn/ranks.h"
#include "common/progress.h"
#include "pretrain/presets.h"
#include "pretrain/run.h"
#include "common/stop.h"

static int print_schedule(const struct run *r, struct err *e)
{
	struct out o;

	if (ranks_rank())
		return 0;
	if (out_open(&o, NULL, false, e))
		return -1;
	return schedule_print(&r->schedule, &o, e) || out_commit(&o, e) ? -1 : 0;
}

static int train(struct run *r, const struct checkpoint *c, struct err *e)
{
	const struct options *o = r->options;
	uint64_t before;

	if (run_open(r, c, e))
		return -1;
	before = r->step;
	if (run_train(r, e) || run_close(r, e))
		return -1;
	struct summary s = { .in = loader_samples(r->loader), .out = r->step - before };
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
	struct opt *table = options_table(&o);
	if (argc == 1 && isatty(STDIN_FILENO))
		opt_usage(&options_program, NULL);
	if (options_read(&o, table, argc, argv, &c, &e) || ranks_start(&e))
		die_err(&e);
	quiet = o.common.quiet;
	if (ranks_rank()) {
		o.common.quiet = true;
		o.common.json = false;
	}
	if (o.preset && !o.common.quiet)
		preset_print(o.preset, table);
	if (run_plan(&r, &o, table, &e))
		die_err(&e);
	if (!quiet)
		ranks_tell(r.threads);
	if (o.print_schedule ? print_schedule(&r, &e) : train(&r, &c, &e))
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

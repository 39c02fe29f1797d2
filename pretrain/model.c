/* model.c - see model.h */
#include "pretrain/model.h"

static struct swav_config network(const struct options *o, const struct plan *p)
{
	struct swav_config c = {
		.arch = (enum resnet_arch)o->arch,
		.width = o->width,
		.hidden = p->hidden,
		.features = o->features,
		.prototypes = o->prototypes,
		.batch = o->batch,
		.groups = p->groups,
		.slices = o->slices,
		.checkpoint = o->recompute,
		.dtype = o->dtype == OPTIONS_BF16 ? NN_BF16 : NN_F32,
	};

	for (int g = 0; g < p->groups; g++) {
		c.group[g].count = p->group[g].count;
		c.group[g].size = p->group[g].augment.size;
	}
	return c;
}

int model_init(struct model *m, const struct options *o, const struct plan *p, int threads, struct err *e)
{
	const struct swav_step_config c = {
		.net = network(o, p),
		.accumulate = o->accumulate,
		.temperature = o->temperature,
		.epsilon = o->epsilon,
		.iterations = o->iterations,
		.optim = options_optim(o),
	};

	*m = (struct model){ .plan = p, .threads = threads };
	m->step = swav_step_new(nn_train_cpu(), &c, e);
	if (!m->step)
		return -1;
	m->net = swav_step_net(m->step);
	m->loss = swav_step_loss(m->step);
	m->optim = swav_step_optim(m->step);
	for (int g = 0; g < p->groups; g++)
		m->view[g] = swav_step_view(m->step, g);
	return 0;
}

void model_release(struct model *m)
{
	swav_step_free(m->step);
	*m = (struct model){ 0 };
}

void model_step(struct model *m, const struct model_times *t, uint64_t step, double lr, struct log_row *row)
{
	struct swav_step_report report;
	int rows;

	if (m->plan->queue && step >= t->queue_start && !swav_loss_queue_data(m->loss, &rows))
		swav_loss_queue(m->loss, m->plan->queue);
	if (step % t->per_epoch == 0)
		swav_loss_epoch(m->loss);
	swav_step_take(m->step, lr, step < t->freeze, m->threads, &report);
	row->loss = report.swav.loss;
	row->norm = report.gradient_norm;
	row->entropy = (report.swav.entropy[0] + report.swav.entropy[1]) / 2;
	row->in_use = report.swav.in_use;
	row->spread = report.swav.spread;
}

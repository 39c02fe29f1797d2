/* model.c - see model.h */
#include "pretrain/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct swav_net *network(const struct options *o, const struct plan *p)
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
	return swav_net_new(nn_train_cpu(), &c);
}

void model_init(struct model *m, const struct options *o, const struct plan *p, int threads)
{
	const struct swav_loss_config loss = {
		.views = p->views,
		.batch = o->batch,
		.features = o->features,
		.prototypes = o->prototypes,
		.temperature = o->temperature,
		.epsilon = o->epsilon,
		.iterations = o->iterations,
	};
	const struct optim_config optim = options_optim(o);
	size_t rows = (size_t)p->views * (size_t)o->batch;

	*m = (struct model){ .options = o, .plan = p, .threads = threads };
	m->net = network(o, p);
	m->loss = swav_loss_new(nn_train_cpu(), &loss);
	m->prototypes = swav_net_prototypes(m->net);
	optim_init(&m->optim, &optim, swav_net_params(m->net));
	m->z = xcalloc(rows * (size_t)o->features, sizeof *m->z);
	m->dz = xcalloc(rows * (size_t)o->features, sizeof *m->dz);
	for (int g = 0; g < p->groups; g++)
		m->view[g] = swav_net_input(m->net, g).data;
}

void model_release(struct model *m)
{
	if (m->net)
		optim_release(&m->optim);
	swav_loss_free(m->loss);
	swav_net_free(m->net);
	free(m->z);
	free(m->dz);
	*m = (struct model){ 0 };
}

/* The root mean square distance of view 0's embeddings, as unit vectors, from their mean. */
static double spread(const struct model *m)
{
	size_t d = (size_t)m->options->features, n = (size_t)m->options->batch;
	double *mean = xcalloc(d, sizeof *mean), length = 0;

	for (size_t i = 0; i < n; i++) {
		const float *z = m->z + i * d;
		double norm = 0;

		for (size_t k = 0; k < d; k++)
			norm += (double)z[k] * z[k];
		norm = norm > 0 ? 1 / sqrt(norm) : 0;
		for (size_t k = 0; k < d; k++)
			mean[k] += z[k] * norm / (double)n;
	}
	for (size_t k = 0; k < d; k++)
		length += mean[k] * mean[k];
	free(mean);
	return length < 1 ? sqrt(1 - length) : 0;
}

void model_step(struct model *m, const struct model_times *t, uint64_t step, double lr, struct log_row *row)
{
	const struct options *o = m->options;
	struct train_params *p = swav_net_params(m->net);
	void *c = train_params_value(p, m->prototypes);
	struct swav_report report;
	int rows;

	if (m->plan->queue && step >= t->queue_start && !swav_loss_queue_data(m->loss, &rows))
		swav_loss_queue(m->loss, m->plan->queue);
	if (step % t->per_epoch == 0)
		swav_loss_epoch(m->loss);
	swav_normalise_prototypes(nn_train_cpu(), c, o->prototypes, o->features);
	train_params_zero_grad(p);
	swav_net_forward(m->net, true, m->threads, m->z);
	swav_loss_step(m->loss, m->z, c, m->dz, train_params_grad(p, m->prototypes), &report);
	swav_net_backward(m->net, m->threads, m->dz);
	row->loss = report.loss;
	row->norm = optim_gradient_norm(p, m->threads);
	row->entropy = (report.entropy[0] + report.entropy[1]) / 2;
	row->in_use = report.in_use;
	row->spread = spread(m);
	if (!isfinite(row->loss) || !isfinite(row->norm))
		return;
	m->optim.own[m->prototypes].frozen = step < t->freeze;
	optim_step(&m->optim, lr, m->threads);
}

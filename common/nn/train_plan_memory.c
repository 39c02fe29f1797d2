/* train_plan_memory.c - what a plan keeps, what it computes again, and where in one arena everything lies (train_net.h) */
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/nn/train_net_internal.h"

static void extend(struct place *p, int to)
{
	if (to > p->to)
		p->to = to;
}

/* ---- what backward reads, and what is computed again */

/* Backward of these reads what they read; */
static bool reads_input(const struct node *d)
{
	return d->kind == NODE_CONV || d->kind == NODE_TRANSPOSED || d->kind == NODE_LINEAR || d->kind == NODE_SPIRAL ||
	       d->kind == NODE_BN;
}

/* of these, what they made. */
static bool reads_output(const struct node *d)
{
	return (d->kind == NODE_BN && d->slope != 1) || d->kind == NODE_ACT || d->kind == NODE_L2NORM;
}

static bool is_output(const struct train_net *net, int i)
{
	return net->node[i].output || i == net->n - 1;
}

/* The part of the network between two marks that node i lies in; the input is part 0 by itself. */
static void find_parts(const struct train_plan *p, int *part)
{
	const struct train_net *net = p->net;
	enum train_mark least = p->keep == TRAIN_KEEP_COSTLY ? TRAIN_MARK_STAGE : TRAIN_MARK_BLOCK;

	part[0] = 0;
	for (int i = 1; i < net->n; i++)
		part[i] = i == 1 ? 1 : part[i - 1] + (net->node[i - 1].mark >= least);
}

/* Whether the plan wants value i kept whatever reads it. */
static bool worth_keeping(const struct train_plan *p, int i, const int *part)
{
	const struct node *d = &p->net->node[i];
	enum train_mark least = p->keep == TRAIN_KEEP_COSTLY ? TRAIN_MARK_STAGE : TRAIN_MARK_BLOCK;

	if (p->keep == TRAIN_KEEP_ALL || i == 0 || is_output(p->net, i) || d->mark >= least)
		return true;
	if (part[i] == part[p->net->n - 1]) /* backward begins here: it would be computed again at once */
		return true;
	return p->keep == TRAIN_KEEP_COSTLY && d->kind != NODE_BN;
}

/* step->again: values that backward wants and that are not kept. */
static void choose(struct train_plan *p, const int *part)
{
	const struct train_net *net = p->net;
	bool *keep = xcalloc((size_t)net->n, sizeof *keep), *wanted = xcalloc((size_t)net->n, sizeof *wanted);

	for (int i = 0; i < net->n; i++)
		keep[i] = worth_keeping(p, i, part);
	for (int i = net->n - 1; i > 0; i--) {
		const struct node *d = &net->node[i];

		wanted[i] |= reads_output(d);
		p->step[i].again = !keep[i] && wanted[i];
		for (int k = 0; node_input(d, k) != -1; k++) {
			int x = node_input(d, k);

			wanted[x] |= (k == 0 && reads_input(d)) || p->step[i].again;
			keep[x] |= part[x] != part[i];
		}
	}
	free(keep);
	free(wanted);
}

/* p->back: part by part, the last first: what is computed again in order, then the gradients the other way round. */
static void schedule(struct train_plan *p, const int *part)
{
	int n = p->net->n;

	p->back = xcalloc(2 * (size_t)n, sizeof *p->back);
	for (int last = n - 1, first; last > 0; last = first - 1) {
		first = last;
		while (first > 1 && part[first - 1] == part[last])
			first--;
		for (int i = first; i <= last; i++)
			if (p->step[i].again)
				p->back[p->n_back++] = (struct moment){ i, true };
		for (int i = last; i >= first; i--)
			p->back[p->n_back++] = (struct moment){ i, false };
	}
}

/* ---- how long values and gradients are needed */

/* Node i reads value x at moment t of the way back: where it was kept, or where it was put again. */
static void read_back(struct train_plan *p, int x, int t)
{
	extend(p->step[x].again ? &p->step[x].again_place : &p->step[x].value_place, t);
}

static void lifetimes_back(struct train_plan *p)
{
	const struct train_net *net = p->net;

	for (int b = 0; b < p->n_back; b++) {
		int i = p->back[b].node, t = net->n + 1 + b;
		const struct node *d = &net->node[i];
		struct step *s = &p->step[i];

		if (p->back[b].again) {
			s->again_place = (struct place){ s->value_place.bytes, 0, t, t };
			for (int k = 0; node_input(d, k) != -1; k++)
				read_back(p, node_input(d, k), t);
			continue;
		}
		if (reads_output(d))
			read_back(p, i, t);
		if (reads_input(d))
			read_back(p, d->x, t);
		s->grad_place.to = s->which_place.to = t;
		for (int k = 0; node_input(d, k) != -1; k++) {
			struct place *g = &p->step[node_input(d, k)].grad_place;

			if (g->from < 0)
				g->from = t;
		}
	}
}

static void lifetimes(struct train_plan *p)
{
	const struct train_net *net = p->net;

	for (int i = 0; i < net->n; i++) {
		struct step *s = &p->step[i];
		const struct node *d = &net->node[i];

		s->value_place.from = s->value_place.to = s->which_place.from = i;
		s->grad_place.from = is_output(net, i) ? net->n : -1;
		if (is_output(net, i))
			extend(&s->value_place, net->n);
		for (int k = 0; node_input(d, k) != -1; k++)
			extend(&p->step[node_input(d, k)].value_place, i);
	}
	lifetimes_back(p);
	for (int i = 0; i < net->n; i++) /* nobody reads it and it is no output: no gradient comes to it */
		if (p->step[i].grad_place.from < 0)
			p->step[i].grad_place.bytes = 0;
	/* The caller reads an input's gradient after the run. */
	p->step[0].grad_place.to = net->n + 1 + p->n_back;
}

/* ---- the arena */

static int larger_first(const void *a, const void *b)
{
	const struct place *x = *(struct place *const *)a, *y = *(struct place *const *)b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return x->from != y->from ? x->from - y->from : x->to - y->to;
}

/* The lowest place that no other one, needed at the same time, lies in: those placed before are [0, n). */
static void put(struct place *const *all, size_t n, struct place *p)
{
	bool moved = true;

	p->at = 0;
	while (moved) {
		moved = false;
		for (size_t i = 0; i < n; i++) {
			const struct place *q = all[i];
			if (q->to < p->from || p->to < q->from || q->at + q->bytes <= p->at ||
			    p->at + p->bytes <= q->at)
				continue;
			p->at = q->at + q->bytes;
			moved = true;
		}
	}
}

static void lay_out(struct train_plan *p)
{
	size_t n = 0, cap = 4 * (size_t)p->net->n;
	struct place **all = xcalloc(cap, sizeof *all);

	for (int i = 0; i < p->net->n; i++) {
		all[n++] = &p->step[i].value_place;
		all[n++] = &p->step[i].grad_place;
		all[n++] = &p->step[i].which_place;
		all[n++] = &p->step[i].again_place;
	}
	qsort(all, n, sizeof *all, larger_first);
	for (size_t i = 0; i < n && all[i]->bytes; i++) {
		put(all, i, all[i]);
		if (p->arena_bytes < all[i]->at + all[i]->bytes)
			p->arena_bytes = all[i]->at + all[i]->bytes;
	}
	free(all);
	p->arena = xaligned(p->arena_bytes + 64);
	memset(p->arena, 0, p->arena_bytes + 64);
	for (int i = 0; i < p->net->n; i++) {
		struct step *s = &p->step[i];

		s->value.data = p->arena + s->value_place.at;
		s->grad = s->value;
		s->grad.data = s->grad_place.bytes ? p->arena + s->grad_place.at : NULL;
		s->which = (uint8_t *)p->arena + s->which_place.at;
	}
}

void train_plan_arrange(struct train_plan *p)
{
	int *part = xcalloc((size_t)p->net->n, sizeof *part);

	find_parts(p, part);
	choose(p, part);
	schedule(p, part);
	lifetimes(p);
	lay_out(p);
	free(part);
}

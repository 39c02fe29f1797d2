/*
 * probe.h - what a network knows without having been told: k nearest neighbours on labelled pictures (RUN/probe.tsv)
 *
 * Features are the backbone's, pooled, in eval mode; a picture is judged by the labels of the k others of the largest cosine.
 * Beside them, once, the same by plain pixels.
 */
#ifndef FRL_PRETRAIN_PROBE_H
#define FRL_PRETRAIN_PROBE_H

#include "common/io.h"
#include "common/nn/train_net.h"
#include "pretrain/options.h"

enum { PROBE_MOST = 16, PROBE_K = 20 };

struct probe_set {
	char *path;
	int k;
	size_t n;
	float *picture; /* [n][3][size][size], normalised */
	int64_t *label;
};

/* Zeroed: no probe. */
struct probe {
	struct probe_set set[PROBE_MOST];
	int sets;
	int size, features, threads;
	struct train_net *net;
	struct train_plan *plan;
	struct out file;
};

/*
 * list: "FILE[:K],..", record streams of pictures with labels (those without one are left out), held in memory at the size of the
 * first views. params: the network's. Rows go to path; with `done` steps of a run that goes on, those of later steps are cut
 * off.
 */
int probe_open(struct probe *p, const char *list, const struct options *o, const struct plan *plan,
	       struct train_params *params, int threads, const char *path, uint64_t done, struct err *e);
/* After `step` steps: a row for each set; at step 0 also of plain pixels. */
int probe_step(struct probe *p, uint64_t step, uint64_t epoch, bool quiet, struct err *e);
int probe_close(struct probe *p, struct err *e);
/* Harmless on a zeroed struct. */
void probe_release(struct probe *p);

#endif

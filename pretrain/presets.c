/*
 * presets.c - see presets.h
 *
 * paper: the supplement's section 1.1; code: run.sh of the released code (eight GPUs of 128); swav-bs256: SwAV's own script
 * for four GPUs. What the supplement does not say is as in the code. small: what a pilot found to leave ln K within a hundred
 * steps; six small views, strong jitter or a high rate fall to a constant output there.
 */
#include "pretrain/presets.h"

#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "common/err.h"

enum { MOST = 32 };

#define SWAV_VIEWS \
	{ "crops", "2x224,6x96" }, { "crop-area", "0.14-1,0.05-0.14" }, { "jitter", "0.8,0.8,0.8,0.2" }, \
		{ "jitter-p", "0.8" }, { "grey-p", "0.2" }, { "blur-p", "0.5" }, \
	{ \
		"flip-p", "0.5" \
	}
#define SWAV_NET \
	{ "arch", "resnet50" }, { "hidden", "2048" }, { "feat-dim", "128" }, { "prototypes", "3000" }, \
		{ "temperature", "0.1" }, { "epsilon", "0.05" }, \
	{ \
		"sinkhorn-iterations", "3" \
	}
#define SWAV_OPTIM \
	{ "optimizer", "lars" }, { "momentum", "0.9" }, { "weight-decay", "1e-06" }, \
	{ \
		"schedule", "cosine" \
	}

const char *const preset_names[] = { "none", "paper", "code", "swav-bs256", "small", NULL };

/* As opt_text writes them: what is printed is compared with that. */
static const char *const presets[][MOST][2] = {
	{ { NULL } },
	{ SWAV_NET,
	  SWAV_VIEWS,
	  SWAV_OPTIM,
	  { "batch", "4096" },
	  { "epochs", "200" },
	  { "lr", "4.8" },
	  { "start-lr", "0" },
	  { "final-lr", "0.045" },
	  { "warmup", "10" },
	  { "freeze-prototypes", "313s" },
	  { "queue", "0" } },
	{ SWAV_NET,
	  SWAV_VIEWS,
	  SWAV_OPTIM,
	  { "batch", "1024" },
	  { "sync-bn", "8" },
	  { "epochs", "400" },
	  { "lr", "4.8" },
	  { "start-lr", "0.3" },
	  { "final-lr", "0.0048" },
	  { "warmup", "10" },
	  { "freeze-prototypes", "313s" },
	  { "queue", "0" } },
	{ SWAV_NET,
	  SWAV_VIEWS,
	  SWAV_OPTIM,
	  { "batch", "256" },
	  { "epochs", "200" },
	  { "lr", "0.6" },
	  { "start-lr", "0" },
	  { "final-lr", "0.0006" },
	  { "warmup", "0" },
	  { "freeze-prototypes", "5005s" },
	  { "queue", "3840" },
	  { "queue-start", "15" } },
	{ { "arch", "resnet18" },
	  { "hidden", "512" },
	  { "feat-dim", "128" },
	  { "prototypes", "300" },
	  { "temperature", "0.1" },
	  { "epsilon", "0.03" },
	  { "sinkhorn-iterations", "3" },
	  { "crops", "2x64" },
	  { "crop-area", "0.5-1" },
	  { "jitter", "0.4,0.4,0.4,0.1" },
	  { "jitter-p", "0.8" },
	  { "grey-p", "0.2" },
	  { "blur-p", "0.5" },
	  { "flip-p", "0.5" },
	  SWAV_OPTIM,
	  { "batch", "128" },
	  { "epochs", "60" },
	  { "lr", "0.6" },
	  { "start-lr", "0" },
	  { "final-lr", "0.006" },
	  { "warmup", "0" },
	  { "freeze-prototypes", "60s" },
	  { "queue", "0" } },
};

void preset_apply(int i, const struct opt *options)
{
	struct err e = { 0 };

	for (int k = 0; k < MOST && presets[i][k][0]; k++)
		if (opt_set(options, presets[i][k][0], presets[i][k][1], &e))
			BUG("preset %s: %s", preset_names[i], e.msg);
}

void preset_print(int i, const struct opt *options)
{
	struct buf b = { 0 };

	fprintf(stderr, "preset %s:\n", preset_names[i]);
	for (int k = 0; k < MOST && presets[i][k][0]; k++) {
		const struct opt *o = options;

		while (o->kind == OPT_KIND_GROUP || strcmp(o->name, presets[i][k][0]) != 0)
			o++;
		opt_text(o, &b);
		bool same = !strcmp(b.data, presets[i][k][1]);
		fprintf(stderr, "  --%s %s%s%s%s\n", o->name, b.data, same ? "" : " (given; the preset has ",
			same ? "" : presets[i][k][1], same ? "" : ")");
	}
	buf_release(&b);
}

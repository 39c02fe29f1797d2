/* options.c - see options.h: the table */
#include "pretrain/options.h"

#include <math.h>
#include <string.h>

#include "common/model/train_options.h"
#include "pretrain/presets.h"

const struct opt_program options_program = {
	.name = "frl-pretrain",
	.synopsis = "frl-pretrain --data FILE[,FILE ...] --out RUN [option ...]\n"
		    "frl-pretrain --resume RUN [option ...]",
	.purpose = "Trains a ResNet by SwAV on pictures that nobody labelled.",
	.example = "frl-pretrain --data faces.bin --preset small --out run\n"
		   "frl-pretrain --resume run\n"
		   "mpirun -n 2 frl-pretrain --data a.bin,b.bin --preset paper --out run",
};

static const char *const dtypes[] = { "f32", "bf16", "auto", NULL };

void options_default(struct options *o)
{
	*o = (struct options){
		.init = "random",
		.arch = RESNET50,
		.width = 1,
		.features = 128,
		.prototypes = 3000,
		.crops = "2x224,6x96",
		.area = "0.14-1,0.05-0.14",
		.jitter = "0.8,0.8,0.8,0.2",
		.jitter_p = .8,
		.grey_p = .2,
		.blur_p = .5,
		.flip_p = .5,
		.batch = 64,
		.slices = 16,
		.accumulate = 1,
		.temperature = .1,
		.epsilon = .05,
		.iterations = 3,
		.queue_start = "15",
		.freeze = "313s",
		.optimizer = OPTIM_LARS,
		.schedule = SCHEDULE_COSINE,
		.final_lr = -1,
		.drop_factor = .1,
		.momentum = .9,
		.decay = 1e-6,
		.warmup = "10",
		.drops = "",
		.epochs = 200,
		.probe_every = "1",
		.log = 10,
		.keep = 2,
		.save_every = "1",
		.keep_every = "0",
		.prefetch = 2,
	};
}

struct opt *options_table(struct options *o)
{
	const struct opt options[] = {
		OPT_GROUP("Input and output"),
		TRAIN_ROW_DATA(o),
		OPT_STR(0, "views", "FILE", &o->views, "or a stream of views made elsewhere, replayed in order"),
		OPT_STR(0, "dump-views", "FILE", &o->dump_views, "write the views that were trained on"),
		TRAIN_ROW_OUT(o),
		TRAIN_ROW_RESUME(o),
		OPT_STR(0, "init", "random|FILE", &o->init, "the backbone's weights at the start"),
		OPT_BOOL(0, "init-head", &o->init_head, "take head and prototypes from --init's file as well"),
		OPT_CHOICE(0, "preset", "NAME", &o->preset, preset_names, "set options that belong together"),
		OPT_BOOL(0, "print-schedule", &o->print_schedule, "write step and learning rate as TSV, and end"),
		OPT_GROUP("Network"),
		TRAIN_ROW_ARCH(o),
		TRAIN_ROW_WIDTH(o),
		OPT_INT(0, "hidden", "N", &o->hidden, 0, 1 << 16,
			"hidden layer of the projection head; 0: as wide as the backbone's features"),
		OPT_INT(0, "feat-dim", "N", &o->features, 1, 1 << 16, "dimensions of an embedding"),
		OPT_INT(0, "prototypes", "N", &o->prototypes, 2, 1 << 20, "K, the number of prototypes"),
		OPT_GROUP("Views"),
		OPT_STR(0, "crops", "LIST", &o->crops, "how many views of how many pixels, groups of one size each"),
		OPT_STR(0, "crop-area", "LIST", &o->area, "least and most area of each group's crops"),
		OPT_STR(0, "jitter", "B,C,S,H", &o->jitter, "brightness, contrast, saturation, hue"),
		OPT_F64(0, "jitter-p", "P", &o->jitter_p, 0, 1, "share of views with jitter"),
		OPT_F64(0, "grey-p", "P", &o->grey_p, 0, 1, "share of grey views"),
		OPT_F64(0, "blur-p", "P", &o->blur_p, 0, 1, "share of blurred views"),
		OPT_F64(0, "flip-p", "P", &o->flip_p, 0, 1, "share of mirrored views"),
		OPT_GROUP("Assignments"),
		OPT_INT(0, "batch", "N", &o->batch, 2, 1 << 20, "samples of a step, over all ranks"),
		OPT_INT(0, "accumulate", "N", &o->accumulate, 1, 1 << 16,
			"micro-batches that a rank computes its samples in, to need less memory"),
		OPT_INT(0, "sync-bn", "N", &o->sync_bn, 0, 1 << 16,
			"ranks that share batch norm's statistics; 0, or as many as there are: all"),
		OPT_F64(0, "temperature", "X", &o->temperature, 1e-3, 100, "of the predictions' softmax"),
		OPT_F64(0, "epsilon", "X", &o->epsilon, 1e-3, 100, "of Sinkhorn's regularisation"),
		OPT_INT(0, "sinkhorn-iterations", "N", &o->iterations, 0, 1000, "of Sinkhorn"),
		OPT_INT(0, "queue", "N", &o->queue, 0, 1 << 24,
			"earlier embeddings that Sinkhorn sees too, rounded down to whole batches; 0: none"),
		OPT_STR(0, "queue-start", "TIME", &o->queue_start, "when the queue begins to fill"),
		OPT_STR(0, "freeze-prototypes", "TIME", &o->freeze, "until then the prototypes stay as they are"),
		OPT_GROUP("Optimiser"),
		TRAIN_ROW_OPTIMIZER(o),
		OPT_F64(0, "lr", "X", &o->lr, 0, 1e6, "learning rate; 0: .3 for each 256 of the batch"),
		OPT_F64(0, "start-lr", "X", &o->start_lr, 0, 1e6, "where the warm-up starts"),
		OPT_F64(0, "final-lr", "X", &o->final_lr, -1, 1e6, "where the cosine ends; -1: a thousandth of --lr"),
		TRAIN_ROW_WARMUP(o),
		TRAIN_ROW_SCHEDULE(o),
		TRAIN_ROW_DROPS(o),
		TRAIN_ROW_DROP_FACTOR(o),
		TRAIN_ROW_MOMENTUM(o),
		OPT_F64(0, "weight-decay", "X", &o->decay, 0, 1, "L2 on the parameters"),
		OPT_F64(0, "epochs", "N", &o->epochs, 0, 1e6, "length of the run"),
		TRAIN_ROW_STEPS(o),
		OPT_GROUP("Looking at it, and saving"),
		TRAIN_ROW_LOG(o),
		OPT_STR(0, "probe", "FILE[:K],..", &o->probe,
			"labelled record streams: accuracy of the K (20) nearest neighbours"),
		OPT_STR(0, "probe-every", "TIME", &o->probe_every, "time between probes; 0: only at the end"),
		OPT_STR(0, "tensorboard", "DIR", &o->tensorboard, "write TensorBoard event files there too"),
		TRAIN_ROW_SAVE_EVERY(o),
		TRAIN_ROW_KEEP(o),
		OPT_STR(0, "keep-every", "TIME", &o->keep_every, "those at multiples of it stay as well; 0: none"),
		OPT_GROUP("Common"),
		OPT_I64(0, "seed", "N", &o->seed, 0, 9e15, "another seed, another start, order and views"),
		OPT_BOOL(0, "checkpoint-activations", &o->recompute,
			 "keep less of forward and compute it again: less memory, more time, the same bits"),
		OPT_CHOICE(0, "dtype", NULL, &o->dtype, dtypes,
			   "numbers of activations; auto: bf16 where the machine is fast in it"),
		TRAIN_ROW_SLICES(o),
		OPT_INT(0, "prefetch", "N", &o->prefetch, 1, 64, "batches of views made ahead"),
		OPT_THREADS(&o->common),
		OPT_QUIET(&o->common),
		OPT_JSON(&o->common),
		OPT_END,
	};
	struct opt *table = xmalloc(sizeof options);

	memcpy(table, options, sizeof options);
	return table;
}

static bool among(const char *name, const char *const *list)
{
	while (*list && strcmp(*list, name) != 0)
		list++;
	return *list != NULL;
}

bool options_kept(const char *name)
{
	static const char *const not_kept[] = { "dump-views", "out",   "resume", "preset", "print-schedule",
						"threads",    "quiet", "json",	 NULL };

	return !among(name, not_kept);
}

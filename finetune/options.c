/* options.c - see options.h: the table, and its defaults from the task's preset */
#include "finetune/options.h"

#include <string.h>

#include "common/model/train_options.h"

const struct opt_program options_program = {
	.name = "frl-finetune",
	.synopsis = "frl-finetune TASK --data FILE,.. --labels FILE --out RUN [option ...]\n"
		    "frl-finetune TASK --resume RUN [option ...]\n"
		    "frl-finetune TASK --print-preset",
	.purpose =
		"Trains a task (recognition, landmarks, au, emotion, mesh) on labelled pictures, from any of the paper's "
		"initialisations.",
	.example = "frl-finetune emotion --init run/last --data affectnet.bin --labels 2pct.tsv --out emo\n"
		   "frl-finetune emotion --resume emo",
};

static const char *const presets[] = { "paper", "paper-printed", NULL };
static const char *const compats[] = { "none", "hrnet", NULL };
static const char *const norms[] = { "sync", "local", "frozen", NULL };

void options_default(struct options *o, const struct task *task)
{
	const struct task_preset *p = &task->preset;

	*o = (struct options){
		.task = task,
		.init = "random",
		.fold = -1,
		.arch = RESNET50,
		.width = 1,
		.size = p->size,
		.classes = 8,
		.dims = 512,
		.sigma = 1,
		.margin = .35,
		.sharpness = 64,
		.channels = "32,32,32,64",
		.spiral = 9,
		.rotation = p->warp.rotation,
		.translation = p->warp.translation,
		.flip_p = p->warp.flip_p,
		.blur_p = p->warp.blur_p,
		.batch = p->batch,
		.slices = 16,
		.optimizer = p->optim.kind,
		.schedule = SCHEDULE_CONSTANT,
		.lr = p->lr,
		.backbone_lr = 1,
		.momentum = p->optim.momentum,
		.beta1 = p->optim.kind == OPTIM_ADAM ? p->optim.beta1 : .9,
		.beta2 = p->optim.kind == OPTIM_ADAM ? p->optim.beta2 : .999,
		.decay = p->optim.weight_decay,
		.drop_factor = .1,
		.warmup = "0s",
		.drops = "",
		.scale = p->warp.scale[0] < 1 ? "0.85-1.15" : "1-1",
		.jitter = p->warp.jitter[0] > 0 ? "0.4,0.4,0.4,0.1" : "0,0,0,0",
		.log = 10,
		.keep = 1,
		.save_every = "1",
		.prefetch = 2,
	};
}

struct opt *options_table(struct options *o)
{
	const struct opt options[] = {
		OPT_GROUP("Input and output"),
		TRAIN_ROW_DATA(o),
		OPT_STR(0, "labels", "FILE", &o->labels, "manifest with the task's columns, joined on id and face"),
		OPT_STR(0, "mesh", "FILE,..", &o->mesh,
			"mesh: record streams of vertices, joined on id and face, those held out too"),
		OPT_STR(0, "params", "FILE,..", &o->params, "mesh: or of coefficients of a linear model"),
		OPT_STR(0, "face-model", "FILE", &o->face_model, "mesh: that model (frl-weights import --bfm)"),
		OPT_STR(0, "template", "FILE", &o->template,
			"mesh: triangles and places, an OBJ or a face model; --face-model's if not given"),
		OPT_STR(0, "region", "FILE", &o->region, "mesh: only these vertices, a number a line"),
		OPT_STR(0, "points", "FILE", &o->points,
			"mesh: the vertices of the 68 points, instead of the template's"),
		OPT_INT(0, "fold", "N", &o->fold, -1, 1000, "leave rows of that fold out; -1: none"),
		OPT_F64(0, "fraction", "P", &o->fraction, 0, 1,
			"what share of all labels these are, for the epochs; 0: what frl-subsample noted in them, else 1"),
		OPT_F64(0, "val-fraction", "P", &o->val_fraction, 0, .9,
			"hold out that share of ids to choose RUN/best by"),
		OPT_STR(0, "val-data", "FILE,..", &o->val_data, "or choose it by these pictures"),
		OPT_STR(0, "val-labels", "FILE", &o->val_labels, "and these labels"),
		TRAIN_ROW_OUT(o),
		TRAIN_ROW_RESUME(o),
		OPT_STR(0, "init", "random|FILE|RUN", &o->init, "the backbone's weights at the start"),
		OPT_CHOICE(0, "preset", "NAME", &o->preset, presets, "the supplement's settings, or with its misprint"),
		OPT_BOOL(0, "print-preset", &o->print_preset,
			 "write the task's settings and their sources as TSV, and end"),
		OPT_GROUP("Network"),
		TRAIN_ROW_ARCH(o),
		TRAIN_ROW_WIDTH(o),
		OPT_INT(0, "size", "N", &o->size, 32, 1024, "pixels a side of the network's input"),
		OPT_INT(0, "classes", "N", &o->classes, 7, 8, "emotion: classes of expression, 8 with contempt"),
		OPT_INT(0, "embedding", "N", &o->dims, 2, 1 << 16, "recognition: dimensions of the embedding"),
		OPT_F64(0, "margin", "X", &o->margin, 0, 2, "recognition: CosFace's m"),
		OPT_F64(0, "sharpness", "X", &o->sharpness, 1e-3, 1e4, "recognition: CosFace's s"),
		OPT_F64(0, "sigma", "X", &o->sigma, .1, 100,
			"landmarks: of a point's Gaussian, in pixels of the heatmap"),
		OPT_CHOICE(0, "compat", NULL, &o->compat, compats,
			   "landmarks: places cut off to whole pixels as HRNet does"),
		OPT_STR(0, "channels", "N,..", &o->channels, "mesh: of the decoder's levels, from the finest on"),
		OPT_INT(0, "spiral", "N", &o->spiral, 1, FACE_MESH_LENGTH, "mesh: vertices of a spiral"),
		OPT_CHOICE(0, "bn", NULL, &o->bn, norms,
			   "batch norm's statistics: of all ranks' batches, of each one's, or those of --init"),
		OPT_BOOL(0, "freeze", &o->freeze, "train the head alone (linear probe)"),
		OPT_GROUP("Augmentation"),
		OPT_F64(0, "rotation", "DEGREES", &o->rotation, 0, 180, "turn by up to that much either way"),
		OPT_STR(0, "scale", "A-B", &o->scale, "scale by a factor between these"),
		OPT_F64(0, "translation", "P", &o->translation, 0, 1, "move by up to that share of the side"),
		OPT_F64(0, "flip-p", "P", &o->flip_p, 0, 1, "share of mirrored pictures"),
		OPT_STR(0, "jitter", "B,C,S,H", &o->jitter, "brightness, contrast, saturation, hue"),
		OPT_F64(0, "blur-p", "P", &o->blur_p, 0, 1, "share of blurred pictures, 5 to 11 pixels"),
		OPT_GROUP("Optimiser"),
		OPT_INT(0, "batch", "N", &o->batch, 1, 1 << 20, "samples of a step, over all ranks"),
		TRAIN_ROW_OPTIMIZER(o),
		OPT_F64(0, "lr", "X", &o->lr, 0, 1e6, "learning rate"),
		OPT_F64(0, "backbone-lr", "X", &o->backbone_lr, 0, 1e3, "the backbone's, as a factor on it"),
		TRAIN_ROW_SCHEDULE(o),
		TRAIN_ROW_WARMUP(o),
		TRAIN_ROW_DROPS(o),
		TRAIN_ROW_DROP_FACTOR(o),
		OPT_F64(0, "final-lr", "X", &o->final_lr, 0, 1e6, "where --schedule cosine ends"),
		TRAIN_ROW_MOMENTUM(o),
		OPT_F64(0, "beta1", "X", &o->beta1, 0, .99999, "of Adam"),
		OPT_F64(0, "beta2", "X", &o->beta2, 0, .99999, "of Adam"),
		OPT_F64(0, "weight-decay", "X", &o->decay, 0, 1, "L2 on the parameters, in the gradient"),
		OPT_F64(0, "epochs", "N", &o->epochs, 0, 1e6, "length of the run; 0: the preset's, by --fraction"),
		TRAIN_ROW_STEPS(o),
		OPT_GROUP("Looking at it, and saving"),
		OPT_STR(0, "dump-views", "FILE", &o->dump_views,
			"write the pictures that were trained on, with their labels drawn on"),
		TRAIN_ROW_LOG(o),
		TRAIN_ROW_SAVE_EVERY(o),
		TRAIN_ROW_KEEP(o),
		OPT_GROUP("Common"),
		OPT_I64(0, "seed", "N", &o->seed, 0, 9e15, "another seed, another start, order and augmentation"),
		TRAIN_ROW_SLICES(o),
		OPT_INT(0, "prefetch", "N", &o->prefetch, 1, 64, "batches made ahead"),
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
	static const char *const not_kept[] = { "dump-views", "out",   "resume", "print-preset",
						"threads",    "quiet", "json",	 NULL };

	return !among(name, not_kept);
}

bool options_may_change(const char *name)
{
	static const char *const may[] = { "data",	 "labels",     "val-data", "val-labels", "mesh",  "params",
					   "face-model", "template",   "region",   "epochs",	 "steps", "log",
					   "keep",	 "save-every", "prefetch", NULL };

	return among(name, may);
}

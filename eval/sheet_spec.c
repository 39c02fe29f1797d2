/* sheet_spec.c - the tables that frl-eval can fill: their columns where tables/paper.tsv has none, and what is said of them */
#include <string.h>

#include "eval/sheet.h"

static const struct sheet_metric metrics[] = {
	{ "icc", 3, false },	  { "acc", 3, false },		 { "rmse", 3, true },
	{ "sagr", 3, false },	  { "pcc", 3, false },		 { "ccc", 3, false },
	{ "nme", 2, true },	  { "nme-2d", 2, true },	 { "nme-3d", 2, true },
	{ "nme-dense", 2, true }, { "reconstruction", 2, true }, { "tar@1e-6", 4, false },
	{ "tar@1e-5", 4, false }, { "tar@1e-4", 4, false },	 { "tar@1e-3", 4, false },
	{ "tar@1e-2", 4, false }, { "tar@1e-1", 4, false },
};

const struct sheet_metric *sheet_metric(const char *name)
{
	for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++)
		if (strcmp(metrics[i].name, name) == 0)
			return &metrics[i];
	return NULL;
}

static const struct sheet_number verification[] = {
	{ "1:1", "tar@1e-6", "" },
	{ "1:1", "tar@1e-5", "" },
	{ "1:1", "tar@1e-4", "" },
	{ "1:1", "tar@1e-3", "" },
	{ "1:1", "tar@1e-2", "" },
	{ "1:1", "tar@1e-1", "" },
	{ 0 },
};

static const struct sheet_part_spec recognition[] = {
	{ "ijbb", "100%,10%,2%", verification },
	{ "ijbc", "100%,10%,2%", verification },
	{ 0 },
};

static const struct sheet_number of_300w[] = {
	{ "common", "nme", "outer-eye-corners" },
	{ "challenge", "nme", "outer-eye-corners" },
	{ "all", "nme", "outer-eye-corners" },
	{ 0 },
};
static const struct sheet_number of_wflw[] = {
	{ "all", "nme", "outer-eye-corners" },	      { "pose", "nme", "outer-eye-corners" },
	{ "expression", "nme", "outer-eye-corners" }, { "illumination", "nme", "outer-eye-corners" },
	{ "makeup", "nme", "outer-eye-corners" },     { "occlusion", "nme", "outer-eye-corners" },
	{ "blur", "nme", "outer-eye-corners" },	      { 0 },
};
static const struct sheet_number of_cofw[] = { { "all", "nme", "outer-eye-corners" }, { 0 } };
static const struct sheet_number of_aflw19[] = { { "all", "nme", "column:norm" },
						 { "frontal", "nme", "column:norm" },
						 { 0 } };

/* The shares of 300W, WFLW and AFLW-19 are those of the few-shot table, as others recollect them. */
static const struct sheet_part_spec landmarks[] = {
	{ "300w", "100%,10%,1.5%", of_300w },
	{ "wflw", "100%,10%,0.7%", of_wflw },
	{ "cofw", "100%,10%,2%", of_cofw },
	{ "aflw19", "100%,10%,1%", of_aflw19 },
	{ 0 },
};

static const struct sheet_number of_aflw2000[] = {
	{ "yaw-0-30", "nme-2d", "points-box" },	   { "yaw-30-60", "nme-2d", "points-box" },
	{ "yaw-60-90", "nme-2d", "points-box" },   { "yaw-mean", "nme-2d", "points-box" },
	{ "all", "nme-3d", "points-box" },	   { "all", "nme-dense", "points-box" },
	{ "all", "reconstruction", "similarity" }, { 0 },
};

static const struct sheet_part_spec mesh[] = { { "aflw2000", "100%,10%,2%", of_aflw2000 }, { 0 } };

static const char all_inits[] = "random,imagenet,vggface,ours";
static const char best_of_all[] = "unsupervised pre-training gives consistent gains on all tasks (abstract)";
static const char best_method[] =
	"ours is the best method (not said; the table is a comparison with the state of the art)";

static const char *const notes_table1[] = {
	"Shares differ by method: KJRE has 6 % of the labels, SSCFL 2 %.",
	"The paper prints .574 as the mean of ours, though its own row gives .576.",
	NULL,
};
static const char *const notes_table2[] = {
	"Shares differ by method: KJRE has 6 % of the labels, SSCFL 2 %.",
	"The supplement calls the set BU4D where it means BP4D.",
	NULL,
};
static const char *const notes_table3[] = {
	"The supplement's sentence is not true of every column of its own table: at 2 % vggface is best in four.",
	NULL,
};
static const char *const notes_recognition[] = {
	"Nobody who could be read prints the main text's numbers of this protocol.",
	NULL,
};
static const char *const notes_landmarks[] = {
	"In percent. The paper's numbers are those that others print of its main text, for unsupervised pre-training on VGG-Face.",
	"aflw19: divided by norm, HRNet's box_size where its lists are read; a board calls its 1.55 divided by the box's diagonal.",
	NULL,
};
static const char *const notes_mesh[] = {
	"In percent. The paper's number is the one that others print of its main text, for unsupervised pre-training on VGG-Face; "
	"that it is the reconstruction error is read from the board it stands on.",
	NULL,
};

const struct sheet_spec sheet_specs[] = {
	{ "table1", "Table 1: few-shot action unit intensities, DISFA, ICC", "au", NULL, NULL, best_method,
	  notes_table1 },
	{ "table2", "Table 2: few-shot action unit intensities, BP4D, ICC", "au", NULL, NULL, best_method,
	  notes_table2 },
	{ "table3", "Table 3: emotion recognition, AffectNet", "emotion", NULL, NULL,
	  "for all data regimes, our unsupervised models outperform the supervised baselines (supplement, 4.1)",
	  notes_table3 },
	{ "recognition", "Face recognition, trained on VGGFace2: IJB-B and IJB-C, 1:1", "recognition", recognition,
	  all_inits, best_of_all, notes_recognition },
	{ "landmarks", "Facial landmarks: 300W, WFLW, COFW, AFLW-19", "landmarks", landmarks, all_inits, best_of_all,
	  notes_landmarks },
	{ "mesh", "3D faces, trained on 300W-LP: AFLW2000-3D", "mesh", mesh, all_inits, best_of_all, notes_mesh },
	{ 0 },
};

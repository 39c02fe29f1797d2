/* layout_sets.c - see layout.h: the sets, in the layouts that frl-curate(1) reads */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tools/synth/layout.h"

/* A path or a line in the making. */
enum { LINE = 96 };

static unsigned sample(const struct synth_job *j)
{
	return j->truth.picture.sample;
}

/* Coders give whole numbers. */
static int code(const struct synth_job *j, enum synth_unit u)
{
	return (int)lrintf(j->truth.labels.unit[u]);
}

/* ---- DISFA */

enum { DISFA_PERSONS = 27, BP4D_PERSONS = 41, BP4D_TASKS = 8 };

static void add_disfa(struct synth_layout *l, const struct synth_job *j, struct buf *path)
{
	static const int number[DISFA_PERSONS] = { 1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 16,
						   17, 18, 21, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32 };
	static const enum synth_unit unit[] = {
		SYNTH_AU01, SYNTH_AU02, SYNTH_AU04, SYNTH_AU05, SYNTH_AU06, SYNTH_AU09,
		SYNTH_AU12, SYNTH_AU15, SYNTH_AU17, SYNTH_AU20, SYNTH_AU25, SYNTH_AU26
	};
	int person = number[synth_layout_person(l, j)];
	char file[LINE];

	buf_printf(path, "frames/SN%03d/%05u.jpg", person, sample(j) + 1);
	for (size_t i = 0; i < sizeof unit / sizeof *unit; i++) {
		snprintf(file, sizeof file, "ActionUnit_Labels/SN%03d/SN%03d_au%d.txt", person, person,
			 synth_unit_number(unit[i]));
		synth_layout_add(l, file, "%u,%d\n", sample(j) + 1, code(j, unit[i]));
	}
}

/* ---- BP4D: a person's pictures are shared among the tasks */

static void add_bp4d(struct synth_layout *l, const struct synth_job *j, struct buf *path)
{
	static const enum synth_unit unit[] = { SYNTH_AU06, SYNTH_AU10, SYNTH_AU12, SYNTH_AU14, SYNTH_AU17 };
	int person = (int)synth_layout_person(l, j), task = (int)(sample(j) % BP4D_TASKS) + 1;
	unsigned frame = sample(j) / BP4D_TASKS + 1;
	char who[LINE], file[LINE * 2];

	snprintf(who, sizeof who, "%c%03d", person < 23 ? 'F' : 'M', person < 23 ? person + 1 : person - 22);
	buf_printf(path, "%s/T%d/%04u.jpg", who, task, frame);
	for (size_t i = 0; i < sizeof unit / sizeof *unit; i++) {
		int number = synth_unit_number(unit[i]);

		snprintf(file, sizeof file, "AU Intensity Codes3.0/AU%02d/%s_T%d_AU%02d.csv", number, who, task,
			 number);
		synth_layout_add(l, file, "%u,%d\n", frame, code(j, unit[i]));
	}
}

/* ---- AffectNet, the first release's lists: every fifth person is in the validation set */

static void add_affectnet(struct synth_layout *l, const struct synth_job *j, struct buf *path)
{
	const struct synth_truth *t = &j->truth;
	uint64_t person = synth_layout_person(l, j);
	const char *list = person % 5 == 4 ? "Manually_Annotated_file_lists/validation.csv"
					   : "Manually_Annotated_file_lists/training.csv";
	char name[LINE];

	snprintf(name, sizeof name, "%llu/%06llu_%04u.jpg", (unsigned long long)(person / 50 + 1),
		 (unsigned long long)person, sample(j));
	buf_printf(path, "Manually_Annotated_Images/%s", name);
	if (synth_layout_new(l, list))
		synth_layout_add(
			l, list,
			"subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,"
			"valence,arousal\n");
	synth_layout_add(l, list, "%s,%.2f,%.2f,%.2f,%.2f,", name, t->box[0], t->box[1], t->box[2] - t->box[0],
			 t->box[3] - t->box[1]);
	for (int i = 0; i < SYNTH_LANDMARKS; i++)
		synth_layout_add(l, list, "%s%.3f;%.3f", i ? ";" : "", (double)t->landmark[i][0],
				 (double)t->landmark[i][1]);
	synth_layout_add(l, list, ",%d,%.6f,%.6f\n", t->labels.expression, (double)t->labels.valence,
			 (double)t->labels.arousal);
}

/* ---- 300W: persons in its six parts by turns; points count from 1 */

static const char *const folders_300w[] = {
	"afw", "helen/trainset", "lfpw/trainset", "helen/testset", "lfpw/testset", "ibug", NULL
};

static void add_300w(struct synth_layout *l, const struct synth_job *j, struct buf *path)
{
	static const int turn[] = { 1, 1, 1, 2, 2, 0, 3, 4, 5, 5 };
	uint64_t person = synth_layout_person(l, j);
	char stem[LINE], file[LINE * 2];

	snprintf(stem, sizeof stem, "%s/%06llu_%04u", folders_300w[turn[person % 10]], (unsigned long long)person,
		 sample(j));
	buf_printf(path, "%s.jpg", stem);
	snprintf(file, sizeof file, "%s.pts", stem);
	synth_layout_add(l, file, "version: 1\nn_points: 68\n{\n");
	for (int i = 0; i < SYNTH_LANDMARKS; i++)
		synth_layout_add(l, file, "%.3f %.3f\n", (double)j->truth.landmark[i][0] + 1,
				 (double)j->truth.landmark[i][1] + 1);
	synth_layout_add(l, file, "}\n");
}

/* ---- VGGFace2: every tenth person is in the test set */

static void add_vggface2(struct synth_layout *l, const struct synth_job *j, struct buf *path)
{
	const struct synth_truth *t = &j->truth;
	uint64_t person = synth_layout_person(l, j);
	const char *split = person % 10 == 9 ? "test" : "train";
	char name[LINE], box[LINE], points[LINE], list[LINE];
	float point[5][2];

	snprintf(name, sizeof name, "n%06llu/%04u_01", (unsigned long long)person + 1, sample(j) + 1);
	buf_printf(path, "%s/%s.jpg", split, name);
	snprintf(box, sizeof box, "bb_landmark/loose_bb_%s.csv", split);
	snprintf(points, sizeof points, "bb_landmark/loose_landmark_%s.csv", split);
	snprintf(list, sizeof list, "%s_list.txt", split);
	if (synth_layout_new(l, box)) {
		synth_layout_add(l, box, "NAME_ID,X,Y,W,H\n");
		synth_layout_add(l, points, "NAME_ID,P1X,P1Y,P2X,P2Y,P3X,P3Y,P4X,P4Y,P5X,P5Y\n");
	}
	synth_layout_add(l, list, "%s.jpg\n", name);
	synth_layout_add(l, box, "\"%s\",%ld,%ld,%ld,%ld\n", name, lrint(t->box[0]), lrint(t->box[1]),
			 lrint(t->box[2] - t->box[0]), lrint(t->box[3] - t->box[1]));
	synth_layout_points(j, point);
	synth_layout_add(l, points, "\"%s\"", name);
	for (int i = 0; i < 5; i++)
		synth_layout_add(l, points, ",%.3f,%.3f", (double)point[i][0], (double)point[i][1]);
	synth_layout_add(l, points, "\n");
}

/* ---- a manifest of photos from Flickr with the faces that a detector found */

static void add_flickr(struct synth_layout *l, const struct synth_job *j, struct buf *path)
{
	static const char list[] = "faces.tsv";
	unsigned long long number = l->pictures + 1;
	int size = l->scene->frame.size;
	float point[5][2];

	buf_printf(path, "photos/%010llu.jpg", number);
	if (synth_layout_new(l, list)) {
		synth_layout_add(l, list, "id\tpath\tlicence\towner\twidth\theight\tface\tx1\ty1\tx2\ty2\tscore");
		for (int i = 0; i < 5; i++)
			synth_layout_add(l, list, "\tlm%dx\tlm%dy", i, i);
		synth_layout_add(l, list, "\tstatus\n");
	}
	synth_layout_add(l, list, "%010llu\t%s\tcc-by\tsynth%llu\t%d\t%d\t0", number, path->data,
			 (unsigned long long)synth_layout_person(l, j), size, size);
	for (int k = 0; k < 4; k++)
		synth_layout_add(l, list, "\t%.3f", j->truth.box[k]);
	synth_layout_add(l, list, "\t0.99");
	synth_layout_points(j, point);
	for (int i = 0; i < 5; i++)
		synth_layout_add(l, list, "\t%.3f\t%.3f", (double)point[i][0], (double)point[i][1]);
	synth_layout_add(l, list, "\tok\n");
}

/* ---- IJB-B and IJB-C, as insightface lists them: two templates a person, of every other picture */

static void add_ijb(struct synth_layout *l, const char *set, const char *gallery, const struct synth_job *j,
		    struct buf *path)
{
	unsigned long long person = synth_layout_person(l, j), number = l->pictures + 1;
	unsigned long long template = 2 * person + sample(j) % 2 + 1;
	char faces[LINE], scores[LINE], owners[LINE];
	float point[5][2];

	buf_printf(path, "loose_crop/%llu.jpg", number);
	snprintf(faces, sizeof faces, "meta/%s_face_tid_mid.txt", set);
	snprintf(scores, sizeof scores, "meta/%s_name_5pts_score.txt", set);
	synth_layout_add(l, faces, "%llu.jpg %llu %llu\n", number, template, number);
	synth_layout_points(j, point);
	synth_layout_add(l, scores, "%llu.jpg", number);
	for (int i = 0; i < 5; i++)
		synth_layout_add(l, scores, " %.3f %.3f", (double)point[i][0], (double)point[i][1]);
	synth_layout_add(l, scores, " 0.99\n");
	/* 1:N: the first template of each person is the gallery, the second one a probe. */
	snprintf(owners, sizeof owners, "meta/%s_1N_%s.csv", set, sample(j) % 2 ? "probe_mixed" : gallery);
	if (synth_layout_new(l, owners))
		synth_layout_add(l, owners, "TEMPLATE_ID,SUBJECT_ID,FILENAME\n");
	synth_layout_add(l, owners, "%llu,%llu,%llu.jpg\n", template, person + 1, number);
}

/* Each person's two templates with each other, and with those of the next ten persons. */
static int finish_ijb(struct synth_layout *l, const char *set)
{
	uint64_t each = (uint64_t)l->scene->options.per_identity, persons = each > 1 ? l->pictures / each : 0;
	char pairs[LINE];

	snprintf(pairs, sizeof pairs, "meta/%s_template_pair_label.txt", set);
	for (uint64_t i = 0; i < persons; i++) {
		synth_layout_add(l, pairs, "%llu %llu 1\n", (unsigned long long)(2 * i + 1),
				 (unsigned long long)(2 * i + 2));
		for (uint64_t k = i + 1; k < persons && k <= i + 10; k++)
			synth_layout_add(l, pairs, "%llu %llu 0\n", (unsigned long long)(2 * i + 1),
					 (unsigned long long)(2 * k + 2));
	}
	return 0;
}

static void add_ijbb(struct synth_layout *l, const struct synth_job *j, struct buf *path)
{
	add_ijb(l, "ijbb", "gallery_S1", j, path);
}

static void add_ijbc(struct synth_layout *l, const struct synth_job *j, struct buf *path)
{
	add_ijb(l, "ijbc", "gallery_G1", j, path);
}

static int finish_ijbb(struct synth_layout *l, struct err *e)
{
	(void)e;
	return finish_ijb(l, "ijbb");
}

static int finish_ijbc(struct synth_layout *l, struct err *e)
{
	(void)e;
	return finish_ijb(l, "ijbc");
}

/* ---- */

static const char *const folders_vggface2[] = { "train", "test", "bb_landmark", NULL };

enum { FLORENCE_PERSONS = 53, FLORENCE_SCANS = 2, FLORENCE_SIZE = 512 };

static const struct synth_layout_set sets[] = {
	{ .name = "disfa", .persons = DISFA_PERSONS, .add = add_disfa },
	{ .name = "bp4d", .persons = BP4D_PERSONS, .add = add_bp4d },
	{ .name = "affectnet", .add = add_affectnet },
	{ .name = "300w", .folder = folders_300w, .add = add_300w },
	{ .name = "wflw", .start = synth_wflw_start, .add = synth_wflw_add, .mesh = true },
	{ .name = "vggface2", .folder = folders_vggface2, .add = add_vggface2 },
	{ .name = "flickr", .add = add_flickr },
	{ .name = "ijbb", .add = add_ijbb, .finish = finish_ijbb },
	{ .name = "ijbc", .add = add_ijbc, .finish = finish_ijbc },
	{ .name = "cofw",
	  .least = 4,
	  .start = synth_cofw_start,
	  .add = synth_cofw_add,
	  .finish = synth_cofw_finish,
	  .release = synth_cofw_release,
	  .mesh = true,
	  .raw = true },
	{ .name = "aflw19",
	  .least = 4,
	  .start = synth_aflw19_start,
	  .add = synth_aflw19_add,
	  .finish = synth_aflw19_finish,
	  .release = synth_aflw19_release,
	  .mesh = true },
	{ .name = "300w-lp",
	  .size = SYNTH_3D_SIZE,
	  .weak = true,
	  .start = synth_3d_start,
	  .add = synth_300w_lp_add,
	  .more = synth_300w_lp_more,
	  .finish = synth_3d_finish },
	{ .name = "aflw2000",
	  .size = SYNTH_3D_SIZE,
	  .weak = true,
	  .start = synth_3d_start,
	  .add = synth_aflw2000_add,
	  .more = synth_aflw2000_more,
	  .finish = synth_3d_finish },
	{ .name = "florence",
	  .persons = FLORENCE_PERSONS,
	  .each = FLORENCE_SCANS,
	  .size = FLORENCE_SIZE,
	  .start = synth_florence_start,
	  .add = synth_florence_add,
	  .more = synth_florence_more,
	  .finish = synth_florence_finish,
	  .release = synth_florence_release,
	  .mesh = true,
	  .weak = true,
	  .still = true,
	  .raw = true },
};

const char *const synth_layout_names[] = { "disfa",    "bp4d",	  "affectnet", "300w",	   "wflw",
					   "vggface2", "flickr",  "ijbb",      "ijbc",	   "cofw",
					   "aflw19",   "300w-lp", "aflw2000",  "florence", NULL };

const struct synth_layout_set *synth_layout_set(int i)
{
	return &sets[i];
}

/*
 * fuzz_curate.c - published lists as frl-curate reads them: the first byte chooses the dataset; what was written is read
 * again as a manifest. A form feed parts the list from a second one (VGGFace2's points, IJB's points and persons, ..).
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/curate/readers.h"
#include "tools/curate/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { FIRST, SECOND, NAMES, POINTS, OUT, FILES };

/* Where a reader looks for its list, and which of the files in memory it finds there. */
static const struct {
	const char *path;
	int file;
} places[] = {
	{ "bb_landmark/loose_bb_train.csv", FIRST },
	{ "bb_landmark/loose_landmark_train.csv", SECOND },
	{ "test_list.txt", FIRST },
	{ "IMDb-Face.csv", FIRST },
	{ "wider_face_split/wider_face_train_bbx_gt.txt", FIRST },
	{ "wider_face_split/wider_face_test_filelist.txt", FIRST },
	{ "WFLW_annotations/list_98pt_rect_attr_train_test/list_98pt_rect_attr_test.txt", FIRST },
	{ "pairs.txt", FIRST },
	{ "ibug/a.jpg", FIRST },
	{ "ibug/a.pts", FIRST },
	{ "labels/train/label.txt", FIRST },
	{ "lists/face_landmarks_300w_train.csv", FIRST },
	{ "lists/face_landmarks_aflw_test.csv", FIRST },
	{ "lists/face_landmarks_aflw_test_frontal.csv", SECOND },
	{ "meta/ijbb_face_tid_mid.txt", FIRST },
	{ "meta/ijbb_name_5pts_score.txt", SECOND },
	{ "meta/ijbb_1N_gallery_S1.csv", SECOND },
	{ "meta/ijbc_face_tid_mid.txt", NAMES },
	{ "meta/ijbc_name_5pts_score.txt", POINTS },
	{ "meta/ijbc_1N_gallery_G1.csv", FIRST },
	{ "meta/ijbc_1N_probe_mixed.csv", SECOND },
	{ "Manually_Annotated_file_lists/training.csv", FIRST },
	{ "Automatically_Annotated_file_lists/automatically_annotated.csv", FIRST },
	{ "new/val_set/images/0.jpg", FIRST },
	{ "new/val_set/annotations/0_exp.npy", FIRST },
	{ "new/val_set/annotations/0_val.npy", SECOND },
	{ "new/val_set/annotations/0_aro.npy", SECOND },
	{ "new/val_set/annotations/0_lnd.npy", FIRST },
	{ "ActionUnit_Labels/SN001/SN001_au1.txt", FIRST },
	{ "ActionUnit_Labels/SN001/SN001_au26.txt", SECOND },
	{ "AU Intensity Codes3.0/AU06/F001_T1_AU06.csv", FIRST },
	{ "AU Intensity Codes3.0/AU17/F001_T1_AU17.csv", SECOND },
	{ "scans/subject_01/Model/frontal1/obj/a.obj", FIRST },
	{ "scans/poses.tsv", FIRST },
};

static const struct {
	int (*read)(struct curate *c, struct err *e);
	const char *split;
	const char *under; /* a folder of its own, so that another form of the set is found */
} sets[] = {
	/* In this order: the seeds' first bytes. */
	{ read_vggface2, "train", "" },
	{ read_vggface2, "test", "" },
	{ read_imdb_face, NULL, "" },
	{ read_wider, "train", "" },
	{ read_wider, "test", "" },
	{ read_wflw, "test", "" },
	{ read_lfw, NULL, "" },
	{ read_300w, "challenge", "" },
	{ read_wider, "train", "/labels" },
	{ read_300w, "train", "/lists" },
	{ read_aflw19, "test", "/lists" },
	{ read_ijbb, NULL, "" },
	{ read_ijbc, NULL, "" },
	{ read_affectnet, "train", "" },
	{ read_affectnet, "automatic", "" },
	{ read_affectnet, "val", "/new" },
	{ read_disfa, NULL, "" },
	{ read_bp4d, "train", "" },
	{ read_florence, NULL, "/scans" },
};
enum { SETS = sizeof sets / sizeof *sets };

static char root[] = "/tmp/frl-fuzz-curate-XXXXXX";
static int fd[FILES];

static void check(int truth)
{
	if (!truth)
		abort();
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static void remove_root(void)
{
	nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Two faces of IJB-C, for its persons. */
static const char names[] = "1.jpg 3 1\n2.jpg 7 1\n";
static const char points[] = "1.jpg 1 2 3 4 5 6 7 8 9 10 .5\n2.jpg 1 2 3 4 5 6 7 8 9 10 .5\n";

static void set(int file, const uint8_t *data, size_t len)
{
	check(ftruncate(fd[file], 0) == 0 && pwrite(fd[file], data, len, 0) == (ssize_t)len);
}

/* A tree of links, once: the lists themselves are in memory. */
static void make_root(void)
{
	struct err e = { 0 };

	check(mkdtemp(root) != NULL);
	atexit(remove_root);
	for (int i = 0; i < FILES; i++)
		check((fd[i] = memfd_create("fuzz", 0)) >= 0);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		char *path = xasprintf("%s/%s", root, places[i].path), *slash = strrchr(path, '/');
		char target[32];

		*slash = 0;
		check(io_make_dirs(path, &e) == 0);
		*slash = '/';
		snprintf(target, sizeof target, "/proc/self/fd/%d", fd[places[i].file]);
		check(symlink(target, path) == 0);
		free(path);
	}
	set(NAMES, (const uint8_t *)names, sizeof names - 1);
	set(POINTS, (const uint8_t *)points, sizeof points - 1);
}

static void check_manifest(void)
{
	struct err e = { 0 };
	struct tsv t;
	int rc;

	lseek(fd[OUT], 0, SEEK_SET);
	check(tsv_open_fd(&t, fd[OUT], "out", &e) == 0);
	while ((rc = tsv_next(&t, &e)) > 0)
		check(*tsv_raw(&t.row, tsv_col(&t, "status")) && *tsv_raw(&t.row, tsv_col(&t, "path")));
	check(rc == 0);
	tsv_close(&t);
}

/* Fields of CSV and words stay inside of their line. */
static void check_fields(const uint8_t *data, size_t len)
{
	for (int csv = 0; csv < 2; csv++) {
		char *line = xstrndup((const char *)data, len), *f[5];
		size_t room = strlen(line);
		int n = csv ? text_csv(line, f, 5) : text_words(line, f, 5);

		for (int i = 0; i < n && i < 5; i++)
			check(f[i] >= line && f[i] + strlen(f[i]) <= line + room);
		free(line);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct curate c = { .reader = curate_readers, .id_prefix = "", .no_stat = true, .classes = CURATE_CLASSES };
	struct err e = { 0 };
	const uint8_t *second;
	char *folder;
	int rc;

	if (!fd[OUT])
		make_root();
	if (!len)
		return 0;
	const size_t which = data[0] % SETS;
	folder = xasprintf("%s%s", root, sets[which].under);
	c.root = folder;
	c.split = sets[which].split;
	data++;
	len--;
	check_fields(data, len);
	second = len ? memchr(data, '\f', len) : NULL;
	set(FIRST, data, second ? (size_t)(second - data) : len);
	set(SECOND, second ? second + 1 : data, second ? len - (size_t)(second + 1 - data) : 0);
	set(OUT, data, 0);
	lseek(fd[OUT], 0, SEEK_SET);
	out_attach(&c.out, dup(fd[OUT]), "out");
	rc = sets[which].read(&c, &e);
	check(rc == 0 || e.msg[0]);
	if (!rc) {
		check(out_commit(&c.out, &e) == 0);
		check_manifest();
	} else {
		out_abort(&c.out);
	}
	tsv_out_release(&c.rows);
	buf_release(&c.path);
	buf_release(&c.full);
	buf_release(&c.id);
	free(folder);
	return 0;
}

/*
 * florence.c - Florence 2D/3D (MICC): scans of 53 persons, subject_01/Model/frontal1/obj/110920150452.obj
 *
 * The tree is that of a dozen public programs that read the set (obj and vrml below each scan; sidel and sider in some).
 *
 * Scans are frontal1, frontal2, sideL and sideR, with OBJ and WRL; there are no landmarks, and no list of the poses that the
 * frontal scans are rendered at: sources part there, so that poses.tsv (columns pitch, yaw, in degrees) has to say them.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/poses.h"
#include "tools/curate/names.h"
#include "tools/curate/readers.h"

enum { DEPTH = 4, FRONTAL = 2 };

static const char *const scans[] = { "frontal1", "frontal2", "sideL", "sideR" };
static const char poses_file[] = "poses.tsv";

struct florence {
	struct names files; /* all of them, sorted */
	struct poses poses;
};

static bool ends_in(const char *s, const char *suffix)
{
	size_t n = strlen(s), k = strlen(suffix);

	return n >= k && strcasecmp(s + n - k, suffix) == 0;
}

static bool is_texture(const char *name)
{
	return names_picture(name) || ends_in(name, ".bmp");
}

/* Length of "subject_01", 0 for what lies elsewhere. */
static size_t subject_length(const char *path)
{
	size_t n = strlen("subject_"), digits = strspn(path + (strncmp(path, "subject_", n) ? 0 : n), "0123456789");

	return strncmp(path, "subject_", n) == 0 && digits && path[n + digits] == '/' ? n + digits : 0;
}

/* The first file in that folder or below: folders' names differ in case between copies. NULL: none. */
static const char *find(const struct florence *f, const char *folder, const char *suffix)
{
	size_t len = strlen(folder);

	for (size_t i = 0; i < f->files.n; i++) {
		const char *s = f->files.name[i];
		if (strncasecmp(s, folder, len) == 0 && (suffix ? ends_in(s, suffix) : is_texture(s)))
			return s;
	}
	return NULL;
}

static void write_common(struct curate *c, const char *path, const char *subject, const char *scan, const char *mesh,
			 const char *texture)
{
	row_begin(c, path);
	row_str(c, subject);
	row_str(c, scan);
	row_str(c, mesh ? mesh : "");
	row_str(c, texture ? texture : "");
}

static int write_renders(struct curate *c, const struct florence *f, const char *subject, const char *scan,
			 const char *mesh, const char *texture, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < f->poses.n; i++) {
		const struct pose *p = &f->poses.pose[i];
		char *name = pose_name(p), *path = xasprintf("renders/%s/%s/%s.png", subject, scan, name);

		write_common(c, path, subject, scan, mesh, texture);
		row_f64(c, p->pitch);
		row_f64(c, p->yaw);
		rc = row_end(c, NULL, e);
		free(name);
		free(path);
	}
	return rc;
}

static int write_scan(struct curate *c, const struct florence *f, const char *subject, size_t k, struct err *e)
{
	char *folder = xasprintf("%s/Model/%s/", subject, scans[k]), *beside = NULL;
	const char *mesh = find(f, folder, ".obj"), *texture = NULL;
	int rc;

	if (!mesh)
		mesh = find(f, folder, ".wrl");
	if (mesh) {
		beside = xstrndup(mesh, (size_t)(strrchr(mesh, '/') + 1 - mesh));
		texture = find(f, beside, NULL);
	}
	if (mesh && f->poses.n && k < FRONTAL) {
		rc = write_renders(c, f, subject, scans[k], mesh, texture, e);
	} else {
		folder[strlen(folder) - 1] = 0;
		write_common(c, mesh ? mesh : folder, subject, scans[k], mesh, texture);
		rc = row_end(c, mesh ? NULL : "none:no-scan", e);
	}
	free(beside);
	free(folder);
	return rc;
}

static int write_subjects(struct curate *c, const struct florence *f, struct err *e)
{
	char *last = xstrdup("");
	int rc = row_head(c, "subject scan mesh texture pitch yaw", 0, 0, e);

	for (size_t i = 0; !rc && i < f->files.n; i++) {
		const char *s = f->files.name[i];
		size_t n = subject_length(s);

		if (!n || (strncmp(last, s, n) == 0 && !last[n]))
			continue;
		free(last);
		last = xstrndup(s, n);
		for (size_t k = 0; !rc && k < sizeof scans / sizeof *scans; k++)
			rc = write_scan(c, f, last, k, e);
	}
	free(last);
	return rc;
}

int read_florence(struct curate *c, struct err *e)
{
	struct florence f = { 0 };
	int rc = names_folder(&f.files, c->root, "", "", DEPTH, e);
	bool any = false;

	for (size_t i = 0; i < f.files.n; i++)
		any = any || subject_length(f.files.name[i]);
	if (!rc && !any)
		rc = curate_absent(c, "subject_*/Model", e);
	names_sort(&f.files);
	if (!rc && curate_exists(c, poses_file))
		rc = poses_read(&f.poses, curate_path(c, poses_file), e);
	rc = rc || write_subjects(c, &f, e);
	names_release(&f.files);
	free(f.poses.pose);
	return rc ? -1 : 0;
}

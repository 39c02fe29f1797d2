/*
 * ijb.c - IJB-B and IJB-C, as cropped loosely and listed by insightface
 *
 * meta/S_face_tid_mid.txt: "name template media"; meta/S_name_5pts_score.txt: "name x1 y1 .. x5 y5 score", the same pictures
 * in the same order. frl-eval recognition reads the first and meta/S_template_pair_label.txt as they are.
 */
#include <stdlib.h>
#include <string.h>

#include "common/num.h"
#include "tools/curate/readers.h"
#include "tools/curate/text.h"

enum { POINTS = 5, NUMBERS = 2 * POINTS + 1, MEMBER = 3, FACE = NUMBERS + 1 };

static int write_face(struct curate *c, struct text *member, struct text *face, struct err *e)
{
	char *m[MEMBER + 1], *f[FACE + 1], *path;
	int64_t template, media;
	double v[NUMBERS];
	int rc;

	if (text_words(member->line, m, MEMBER) != MEMBER || strchr(m[0], '/') || num_parse_i64(m[1], &template) ||
	    num_parse_i64(m[2], &media))
		return text_bad(member, e, "not 'name template media'");
	if (text_words(face->line, f, FACE) != FACE || text_numbers(f + 1, NUMBERS, v))
		return text_bad(face, e, "not 'name x1 y1 .. x5 y5 score'");
	if (strcmp(m[0], f[0]) != 0)
		return text_bad(face, e, "not the picture that the list of templates has there");
	path = xasprintf("loose_crop/%s", m[0]);
	row_begin(c, path);
	row_i64(c, template);
	row_i64(c, media);
	row_f64(c, v[NUMBERS - 1]);
	row_numbers(c, v, 2 * POINTS);
	rc = row_end(c, NULL, e);
	free(path);
	return rc;
}

static int open_list(struct curate *c, struct text *t, const char *set, const char *list, struct err *e)
{
	char *path = xasprintf("meta/%s_%s.txt", set, list);
	int rc = curate_need(c, path, e) || text_open(t, curate_path(c, path), e) ? -1 : 0;

	free(path);
	return rc;
}

static int read_set(struct curate *c, const char *set, struct err *e)
{
	struct text member = { .fd = -1 }, face = { .fd = -1 };
	int more = 1, rc = open_list(c, &member, set, "face_tid_mid", e);

	rc = rc || open_list(c, &face, set, "name_5pts_score", e) || row_head(c, "template media score", POINTS, 2, e);
	while (!rc && more) {
		int other;

		more = text_next(&member, e);
		other = more < 0 ? -1 : text_next(&face, e);
		if (more < 0 || other < 0)
			rc = -1;
		else if (more != other)
			rc = text_bad(more ? &face : &member, e, "ends before the other list");
		else if (more)
			rc = write_face(c, &member, &face, e);
	}
	text_close(&member);
	text_close(&face);
	return rc ? -1 : 0;
}

int read_ijbb(struct curate *c, struct err *e)
{
	return read_set(c, "ijbb", e);
}

int read_ijbc(struct curate *c, struct err *e)
{
	return read_set(c, "ijbc", e);
}

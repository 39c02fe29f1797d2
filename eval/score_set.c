/* score_set.c - see score_set.h */
#include "eval/score_set.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/num.h"
#include "eval/lines.h"

static void add_score(struct score_set *s, int genuine, double v)
{
	size_t n = s->n[genuine];

	if ((n & (n - 1)) == 0)
		s->score[genuine] = xrealloc_array(s->score[genuine], n ? 2 * n : 1, sizeof **s->score);
	s->score[genuine][s->n[genuine]++] = v;
}

int score_set_read(struct score_set *s, const char *path, struct err *e)
{
	struct lines l;
	int rc = lines_open(&l, path, e);

	while (!rc && (rc = lines_next(&l, e)) > 0) {
		char *field[5];
		int n = lines_split(&l, " \t", field, 5);
		bool genuine;
		double v;

		if (n != 2 && n != 4 && n != 5)
			rc = lines_bad(&l, e, "not 2, 4 or 5 columns");
		else if (num_parse_f64(field[n - 1], &v))
			rc = lines_bad(&l, e, "the last column is no number");
		else if (n == 2 && strcmp(field[0], "1") && strcmp(field[0], "-1") && strcmp(field[0], "0"))
			rc = lines_bad(&l, e, "the label is neither 1 nor -1");
		else
			rc = 0;
		if (rc)
			break;
		genuine = n == 2 ? strcmp(field[0], "1") == 0 : strcmp(field[0], field[n == 4 ? 1 : 2]) == 0;
		if (isnan(v))
			s->missing++;
		else
			add_score(s, genuine, v);
	}
	lines_close(&l);
	if (!rc && (!s->n[0] || !s->n[1]))
		rc = err_set(e, "'%s': no %s scores", path, s->n[0] ? "genuine" : "impostor");
	for (int k = 0; k < 2; k++)
		roc_sort(s->score[k], s->n[k]);
	return rc;
}

void score_set_release(struct score_set *s)
{
	free(s->score[0]);
	free(s->score[1]);
	*s = (struct score_set){ 0 };
}

struct scores score_set_scores(const struct score_set *s)
{
	return (struct scores){ s->score[1], s->score[0], s->n[1], s->n[0] };
}

/* log.c - see log.h */
#include "pretrain/log.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "common/rows.h"

static const char header[] =
	"step\tepoch\tloss\tlr\timages_s\twaited_s\tgrad_norm\tentropy\tin_use\tspread\tmemory_mib\n";
int log_open(struct log *l, const char *path, uint64_t done, struct err *e)
{
	return rows_open(&l->file, path, header, done, e);
}

/* "1:02:03" */
static const char *duration(double seconds, char text[32])
{
	uint64_t s = seconds > 0 && seconds < 1e9 ? (uint64_t)seconds : 0;

	snprintf(text, 32, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, s / 3600, s / 60 % 60, s % 60);
	return text;
}

static void tell(struct log *l, const struct log_row *r)
{
	char left[32];
	double each = l->seconds / l->steps;

	fprintf(stderr,
		"epoch %" PRIu64 ", step %" PRIu64 " of %" PRIu64 ": loss %.4f (ln K %.3f), lr %.4g, %.1f images/s, "
		"%.0f %% waiting, gradient %.3g, entropy %.2f, %d of %d prototypes in this batch, spread %.3f, %.0f MiB, "
		"%s left\n",
		r->epoch, r->step, l->total, l->loss / l->steps, log(l->prototypes), r->lr, l->batch / each,
		100 * l->waited / l->seconds, r->norm, r->entropy, r->in_use, l->prototypes, r->spread, r->memory,
		duration((double)(l->total - r->step - 1) * each, left));
}

int log_add(struct log *l, const struct log_row *r, struct err *e)
{
	l->seconds += r->seconds;
	l->waited += r->waited;
	l->loss += r->loss;
	l->steps++;
	if ((r->step + 1) % (uint64_t)l->every == 0 || r->step + 1 == l->total) {
		if (!l->quiet)
			tell(l, r);
		l->seconds = l->waited = l->loss = 0;
		l->steps = 0;
	}
	if (out_printf(&l->file, e, "%" PRIu64 "\t%" PRIu64 "\t%.9g\t%.9g\t%.4g\t%.3g\t%.6g\t%.6g\t%d\t%.6g\t%.0f\n",
		       r->step, r->epoch, r->loss, r->lr, r->images, r->waited, r->norm, r->entropy, r->in_use,
		       r->spread, r->memory))
		return -1;
	return out_flush(&l->file, e);
}

int log_sync(struct log *l, struct err *e)
{
	return out_sync(&l->file, e);
}

int log_close(struct log *l, struct err *e)
{
	return out_commit(&l->file, e);
}

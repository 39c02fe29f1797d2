/* watch.c - see watch.h */
#include "pretrain/watch.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/*
 * A run that learns has a spread of .8 to .97 from its first step on (ResNet-18, preset small). Six small views, strong jitter and
 * SGD at .1 fall within fifty steps to .16 to .19, with assignments that are all alike and a gradient that vanishes: the rest is
 * what batch norm makes of noise. ALIKE lies between. CONSTANT is an output that is the same whatever the loss. LEAVING: no run
 * that learns stays so near ln K. STARVED: a share of the time.
 */
static const double ALIKE = .3, CONSTANT = .02, LEAVING = .03, STARVED = .3;

void watch_start(struct watch *w, int prototypes, bool quiet)
{
	*w = (struct watch){ .prototypes = prototypes };
	if (!quiet)
		fprintf(stderr,
			"a healthy start: a loss near ln K = %.3f (K = %d prototypes), or a little above, that leaves it within "
			"hundreds of steps;\nmany prototypes in use, of a batch at most one a picture; a spread well above %.2g\n",
			log(prototypes), prototypes, ALIKE);
}

static enum watch_state state_of(const struct watch *w)
{
	bool near = fabs(w->loss / w->steps - log(w->prototypes)) < LEAVING;
	double spread = w->spread / w->steps;

	if (!(spread > CONSTANT) || (near && spread < ALIKE))
		return WATCH_COLLAPSE;
	return near ? WATCH_PLATEAU : WATCH_WELL;
}

static void judge(struct watch *w, const struct log_row *r)
{
	enum watch_state was = w->state;

	w->state = state_of(w);
	if (w->state == WATCH_COLLAPSE && was != WATCH_COLLAPSE) {
		warn("step %" PRIu64
		     ": collapse: all pictures have nearly the same embedding (spread %.2g), the loss is %.3f "
		     "(ln K %.3f)",
		     r->step, w->spread / w->steps, w->loss / w->steps, log(w->prototypes));
		hint("a lower --lr, larger --crop-area, less --jitter, a smaller --epsilon, or --freeze-prototypes for longer; "
		     "--preset small begins gently");
	}
	if (w->state == WATCH_PLATEAU && was == WATCH_WELL)
		warn("step %" PRIu64
		     ": a plateau: the loss is near ln K (%.3f of %.3f), but embeddings differ (spread %.2g): not a "
		     "collapse, and it may leave it yet",
		     r->step, w->loss / w->steps, log(w->prototypes), w->spread / w->steps);
	if (w->state == WATCH_WELL && was != WATCH_WELL)
		warn("step %" PRIu64 ": the loss has left ln K: %.3f", r->step, w->loss / w->steps);
	bool starved = w->waited > STARVED * w->seconds;
	if (starved && !w->starved) {
		warn("step %" PRIu64 ": %.0f %% of the time goes by waiting for data", r->step,
		     100 * w->waited / w->seconds);
		hint("more --threads, raw pictures instead of JPEG, a faster disk, or fewer and smaller --crops");
	}
	w->starved = starved;
	w->steps = 0;
	w->loss = w->spread = w->seconds = w->waited = 0;
}

int watch_step(struct watch *w, const struct log_row *r, struct err *e)
{
	if (!isfinite(r->loss) || !isfinite(r->norm))
		return err_code(e, EXIT_CODE_FAILED,
				"step %" PRIu64 ": the loss is %g, the gradient's norm %g: not a number to go on with\n"
				"hint: the last checkpoint is as it was; a lower --lr or a longer --warmup may help",
				r->step, r->loss, r->norm);
	w->steps++;
	w->loss += r->loss;
	w->spread += r->spread;
	w->seconds += r->seconds;
	w->waited += r->waited;
	if (w->steps == WATCH_WINDOW)
		judge(w, r);
	return 0;
}

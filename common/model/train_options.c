/* train_options.c - see train_options.h */
#include "common/model/train_options.h"

#include <stdlib.h>
#include <string.h>

const char *const train_archs[] = { "resnet18", "resnet50", NULL };
const char *const train_optimizers[] = { "sgd", "lars", "adam", NULL };
const char *const train_schedules[] = { "cosine", "steps", "constant", NULL };

int train_option_width(int width, struct err *e)
{
	return width == 3 ? err_code(e, EXIT_CODE_USAGE, "option '--width': 1, 2 or 4") : 0;
}

int train_option_length(struct schedule_length *l, const char *option, const char *text, struct err *e)
{
	return schedule_length_parse(l, text, e) ? err_prefix(e, "option '--%s'", option) : 0;
}

int train_option_drops(struct schedule_length drop[SCHEDULE_MAX_DROPS], int *drops, const char *text, struct err *e)
{
	char *copy = xstrdup(text), *at = copy;
	int rc = 0;

	*drops = 0;
	for (char *part; !rc && *text && (part = strsep(&at, ","));)
		rc = *drops < SCHEDULE_MAX_DROPS
			     ? train_option_length(&drop[(*drops)++], "drops", part, e)
			     : err_code(e, EXIT_CODE_USAGE, "option '--drops': at most %d", SCHEDULE_MAX_DROPS);
	free(copy);
	return rc;
}

struct optim_config train_option_optim(int kind, double momentum, double decay)
{
	return (struct optim_config){
		.kind = (enum optim_kind)kind,
		.momentum = momentum,
		.weight_decay = decay,
		.trust = .001,
		.eps = 1e-8,
		.beta1 = .9,
		.beta2 = .999,
	};
}

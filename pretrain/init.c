/* init.c - see init.h */
#include "pretrain/init.h"

#include <stdlib.h>
#include <string.h>

#include "common/model/resnet_init.h"

int init_params(struct train_params *p, const char *path, bool whole, uint64_t seed, struct err *e)
{
	struct safetensors s = { 0 };
	char *file;
	int rc;

	train_params_start(p, seed);
	if (!strcmp(path, "random"))
		return 0;
	file = safetensors_path(path);
	rc = safetensors_open(&s, file, e);
	free(file);
	if (rc)
		return -1;
	rc = whole ? train_params_load(p, &s, e) : resnet_init(p, "module.base_net.", &s, e);
	safetensors_close(&s);
	return rc ? err_prefix(e, "'%s'", path) : 0;
}

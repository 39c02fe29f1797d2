/* params.c - see params.h */
#include "tools/curate/params.h"

#include "common/hash.h"
#include "tools/curate/mats.h"

static const char provenance[] =
	"300W-LP coefficients: 199 shape, 29 expression, pitch yaw roll (radians), tx ty tz, scale";

const char *const *params_names(const struct curate *c, const char *more, const char *names[5])
{
	int n = 0;

	names[n++] = "Pose_Para";
	if (more)
		names[n++] = more;
	if (c->params) {
		names[n++] = "Shape_Para";
		names[n++] = "Exp_Para";
	}
	names[n] = NULL;
	return names;
}

int params_read(const struct curate *c, const struct mat_file *f, double v[PARAMS], struct err *e)
{
	if (mats_numbers(f, "Pose_Para", 1, PARAMS_POSE, v + PARAMS_SHAPE + PARAMS_EXPRESSION, e))
		return -1;
	if (!c->params)
		return 0;
	return mats_numbers(f, "Shape_Para", PARAMS_SHAPE, 1, v, e) ||
			       mats_numbers(f, "Exp_Para", PARAMS_EXPRESSION, 1, v + PARAMS_SHAPE, e)
		       ? -1
		       : 0;
}

int params_write(struct curate *c, const double v[PARAMS], struct err *e)
{
	struct record r = { .kind = RECORD_TENSOR, .dtype = RECORD_F32, .ndim = 1, .dims = { PARAMS }, .label = -1 };
	float value[PARAMS];

	if (!c->params || !c->row_ok)
		return 0;
	for (int i = 0; i < PARAMS; i++)
		value[i] = (float)v[i];
	r.bytes = sizeof value;
	r.key = hash_key(c->id.data);
	return record_write(&c->params_writer, &r, value, e);
}

int params_open(struct curate *c, struct err *e)
{
	if (!c->params)
		return 0;
	c->params_writer = (struct record_writer){ &c->params_out, 0 };
	return out_open(&c->params_out, c->params, true, e);
}

int params_close(struct curate *c, struct err *e)
{
	if (!c->params)
		return 0;
	return record_end(&c->params_writer, provenance, e) || out_commit(&c->params_out, e) ? -1 : 0;
}

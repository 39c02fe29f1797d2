/* describe.c - a rule in words, for provenance */
#include "subsample/subsample.h"

void subsample_describe(const struct subsample *s, struct buf *b)
{
	const struct select_rule *r = &s->rule;

	buf_printf(b, "seed %llu", (unsigned long long)r->seed);
	if (s->all)
		buf_add_str(b, ", all");
	else if (r->by_count)
		buf_printf(b, ", %llu samples", (unsigned long long)r->count);
	else
		buf_printf(b, ", %llu/%llu of the samples", (unsigned long long)r->fraction.num,
			   (unsigned long long)r->fraction.den);
	if (r->per_group)
		buf_printf(b, " of each %s", s->per);
	for (int i = 0; i < s->where.n; i++)
		buf_printf(b, ", where %s", s->where.item[i]);
	if (s->every)
		buf_printf(b, ", every %lld. frame of each %s", (long long)s->every, s->subject);
	if (r->identity == SELECT_FLOOR)
		buf_printf(b, ", at least %llu/%llu of the identities kept", (unsigned long long)r->share.num,
			   (unsigned long long)r->share.den);
	if (r->identity == SELECT_FROM)
		buf_printf(b, ", from %llu/%llu of the identities", (unsigned long long)r->share.num,
			   (unsigned long long)r->share.den);
}

/* records.c - subsets of record streams: a sample is a record, its identity the label */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/hash.h"
#include "common/record.h"
#include "subsample/subsample.h"

/* The same group as a manifest's column with that number in it. */
static uint64_t label_key(int64_t label)
{
	char text[24];

	snprintf(text, sizeof text, "%lld", (long long)label);
	return hash_key(text);
}

static bool in_population(const struct subsample *s, const struct record *head)
{
	return s->where.n == 0 || head->label >= 0;
}

static int reader_open(struct record_reader *r, const struct subset_input *in, struct err *e)
{
	int fd = dup(in->fd);

	if (fd < 0)
		return err_sys(e, "dup");
	record_open_fd(r, fd, in->name);
	return 0;
}

struct taker {
	struct subsample *s;
	struct out out;
	struct record_writer writer;
};

static int take(struct taker *t, const struct record_reader *r, struct err *e)
{
	t->s->summary.out++;
	return record_copy(&t->writer, &r->head, r->payload, e);
}

static int end_output(struct taker *t, const struct record_reader *r, const struct buf *note, int rc, struct err *e)
{
	struct buf text = { 0 };

	if (!t->s->common.no_pg) {
		subsample_describe(t->s, &text);
		if (note && note->len)
			buf_printf(&text, "; %s", note->data);
	}
	if (!rc)
		rc = record_end(&t->writer, text.data, e);
	buf_release(&text);
	t->s->summary.failed += r->damage + (!r->closed && !r->torn);
	if (!r->closed && !r->torn)
		warn("'%s' does not end with an end record: it was cut short", r->name);
	if (!rc)
		return out_commit(&t->out, e);
	out_abort(&t->out);
	return -1;
}

static int stream(struct subsample *s, const struct subset_input *in, struct err *e)
{
	struct taker t = { .s = s, .writer.out = &t.out };
	struct record_reader r;
	uint64_t population = 0;
	int rc;

	if (out_open(&t.out, s->out, true, e) || reader_open(&r, in, e))
		return -1;
	while ((rc = record_next(&r, e)) > 0) {
		if (r.head.kind == RECORD_END)
			continue;
		s->summary.in++;
		progress_add(1);
		if (!in_population(s, &r.head))
			continue;
		population++;
		if (!s->all && !ratio_holds(s->rule.fraction, select_hash(s->rule.seed, r.head.key)))
			continue;
		if ((rc = take(&t, &r, e)) != 0)
			break;
	}
	summary_extra(&s->summary, "population", (double)population);
	rc = end_output(&t, &r, NULL, rc, e);
	record_close(&r);
	return rc;
}

/* Headers alone; damage is reported by the second pass. */
static int look(struct subsample *s, const struct subset_input *in, struct select *select, struct err *e)
{
	bool grouped = s->rule.identity != SELECT_BLIND || s->rule.per_group;
	struct record_reader r;
	int rc;

	if (reader_open(&r, in, e))
		return -1;
	r.silent = true;
	while ((rc = record_next(&r, e)) > 0) {
		if (r.head.kind == RECORD_END)
			continue;
		s->summary.in++;
		progress_add(1);
		if (!in_population(s, &r.head))
			rc = select_skip(select, e);
		else if (grouped && r.head.label < 0)
			rc = err_set(
				e,
				"'%s': the record at byte %llu has no label\nhint: --where label leaves such records out",
				in->name, (unsigned long long)r.offset);
		else
			rc = select_add(select, select_hash(s->rule.seed, r.head.key), r.head.face,
					grouped ? label_key(r.head.label) : 0, e);
		if (rc)
			break;
	}
	record_close(&r);
	return rc;
}

static int take_chosen(struct subsample *s, const struct subset_input *in, struct select *select,
		       const struct buf *note, struct err *e)
{
	struct taker t = { .s = s, .writer.out = &t.out };
	struct record_reader r;
	int rc;

	if (out_open(&t.out, s->out, true, e) || reader_open(&r, in, e))
		return -1;
	while ((rc = record_next(&r, e)) > 0) {
		int chosen = r.head.kind == RECORD_END ? 0 : select_next(select, e);

		rc = chosen > 0 ? take(&t, &r, e) : chosen;
		if (rc)
			break;
	}
	rc = end_output(&t, &r, note, rc, e);
	record_close(&r);
	return rc;
}

int subsample_records(struct subsample *s, struct subset_input *in, struct err *e)
{
	struct select *select;
	struct buf note = { 0 };
	int rc;

	if (s->every)
		return err_set(e, "'%s': --every needs a manifest, a record does not know its frame", in->name);
	for (int i = 0; i < s->where.n; i++)
		if (strcmp(s->where.item[i], "label") != 0)
			return err_set(e, "'%s': a record stream has no column '%s' but only label", in->name,
				       s->where.item[i]);
	if (s->streaming)
		return stream(s, in, e);
	select = select_new(&s->rule);
	rc = subset_input_spool(in, e) || look(s, in, select, e) || select_finish(select, &note, e) ||
			     subset_input_rewind(in, e) || take_chosen(s, in, select, &note, e)
		     ? -1
		     : 0;
	summary_extra(&s->summary, "population", (double)select_population(select));
	if (!rc && note.len && !s->common.quiet)
		warn("%s", note.data);
	buf_release(&note);
	select_free(select);
	return rc;
}

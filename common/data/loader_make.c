/* loader_make.c - the views of one sample: made of a picture, or replayed */
#include <string.h>

#include "common/data/loader_internal.h"
#include "common/data/order.h"

/* The place of a row of this rank among the samples of its epoch. */
static uint64_t place(const struct loader *l, uint64_t step, int row)
{
	const struct loader_config *c = &l->config;
	uint64_t first = (uint64_t)c->rank * (uint64_t)(c->batch / c->ranks);

	return step % l->steps * (uint64_t)c->batch + first + (uint64_t)row;
}

int loader_make(void *data, uint64_t step, int row, int worker, uint8_t *dst, struct batch_row *origin, struct err *e)
{
	struct loader *l = data;
	struct loader_scratch *s = &l->scratch[worker];
	struct source_picture p;
	struct order order;
	uint32_t view = 0;

	if (step / l->steps >> 20)
		return err_set(e, "more than 2^20 epochs");
	uint32_t epoch = (uint32_t)(step / l->steps);
	order_init(&order, l->samples, l->config.seed, epoch);
	uint64_t sample = order_at(&order, place(l, step, row));
	if (source_read(&l->source, sample, &s->room, &p, e))
		return -1;
	*origin = (struct batch_row){ p.key, p.face };
	for (int g = 0; g < l->config.groups; g++) {
		const struct augment *a = &l->config.group[g].augment;
		for (int i = 0; i < l->config.group[g].count; i++, view++, dst += loader_view_bytes(l, g)) {
			struct augment_draws d;
			augment_draw(&d, a, p.image.w, p.image.h, l->config.seed, epoch, sample, view);
			augment_apply(a, &d, &p.image, &s->augment, AUGMENT_BYTE_PLANES, dst);
		}
	}
	return 0;
}

/* Is the record what has to stand at this place? */
static int check_view(const struct source_picture *p, int view, int size, const struct batch_row *sample, struct err *e)
{
	if (p->label != view)
		return err_set(e, "labelled %lld, where view %d of a sample has its place", (long long)p->label, view);
	if (p->image.w != size || p->image.h != size)
		return err_set(e, "%dx%d pixels, where view %d of a sample has %d", p->image.w, p->image.h, view, size);
	if (view > 0 && p->key != sample->key)
		return err_set(e, "view %d of a sample has another key than its first", view);
	return 0;
}

int loader_replay(void *data, uint64_t step, int row, int worker, uint8_t *dst, struct batch_row *origin, struct err *e)
{
	struct loader *l = data;
	const struct planes_ops *ops = planes_ops();
	uint64_t record = place(l, step, row) * (uint64_t)l->views;
	struct source_picture p;
	int view = 0;

	for (int g = 0; g < l->config.groups; g++) {
		int size = l->config.group[g].augment.size;
		size_t plane = loader_view_bytes(l, g) / 3, n = (size_t)size;
		for (int i = 0; i < l->config.group[g].count; i++, view++, record++, dst += 3 * plane) {
			if (source_read(&l->source, record, &l->scratch[worker].room, &p, e))
				return -1;
			if (check_view(&p, view, size, origin, e))
				return err_prefix(e, "'%s': record %llu", l->source.file[0].path,
						  (unsigned long long)record);
			if (view == 0)
				*origin = (struct batch_row){ p.key, p.face };
			for (size_t y = 0; y < n; y++) {
				uint8_t *at = dst + y * n;
				ops->split(image_at(&p.image, 0, (int)y), n,
					   (uint8_t *const[3]){ at, at + plane, at + 2 * plane });
			}
		}
	}
	return 0;
}

#include "support_image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/hash.h"
#include "common/io.h"

void support_pattern(struct image *m, int w, int h)
{
	image_init(m, w, h);
	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++)
			for (int c = 0; c < 3; c++) {
				uint32_t n = (uint32_t)x * 73856093u ^ (uint32_t)y * 19349663u ^
					     (uint32_t)c * 83492791u;
				n = n * 2654435761u >> 24;
				image_at(m, x, y)[c] = (uint8_t)((n + (uint32_t)(x * 3 + y * 5 + c * 40) % 256) / 2);
			}
}

void support_slurp(struct buf *b, const char *path)
{
	struct err e = { 0 };
	if (io_slurp(path, 1 << 28, b, &e) < 0)
		fail_msg("%s", e.msg);
}

const char *support_shared(const char *name)
{
	static char path[4096];
	const char *top = getenv("FRL_SHARED");
	snprintf(path, sizeof path, "%s/%s", top ? top : "../shared", name);
	if (access(path, R_OK) == 0)
		return path;
	printf("SKIP: no %s\n", path);
	return NULL;
}

uint32_t support_crc(const struct image *m)
{
	uint32_t crc = 0;
	for (int y = 0; y < m->h; y++)
		crc = crc32_add(crc, image_at(m, 0, y), 3 * (size_t)m->w);
	return crc;
}

int support_difference(const struct image *a, const struct image *b)
{
	int most = 0;
	if (a->w != b->w || a->h != b->h)
		return 256;
	for (int y = 0; y < a->h; y++)
		for (int i = 0; i < 3 * a->w; i++) {
			int d = abs(image_at(a, 0, y)[i] - image_at(b, 0, y)[i]);
			most = d > most ? d : most;
		}
	return most;
}

size_t support_peak(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (size_t)u.ru_maxrss * 1024;
}

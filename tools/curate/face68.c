/* face68.c - see face68.h */
#include "tools/curate/face68.h"

#include <string.h>

void face68_box(const double *point, int n, int dims, double box[4])
{
	box[0] = box[2] = point[0];
	box[1] = box[3] = point[1];
	for (int i = 1; i < n; i++)
		for (int k = 0; k < 2; k++) {
			double v = point[i * dims + k];

			box[k] = v < box[k] ? v : box[k];
			box[k + 2] = v > box[k + 2] ? v : box[k + 2];
		}
}

/* The point on the other side of the face. */
static int opposite(int i)
{
	static const signed char inner[] = { 45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40, 54, 53, 52, 51,
					     50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65 };

	if (i < 17)
		return 16 - i;
	if (i < 27)
		return 43 - i;
	if (i < 31)
		return i;
	return i < 36 ? 66 - i : inner[i - 36];
}

void face68_mirror(double point[2 * FACE68], double sum)
{
	double from[2 * FACE68];

	memcpy(from, point, sizeof from);
	for (int i = 0; i < FACE68; i++) {
		point[2 * i] = sum - from[2 * opposite(i)];
		point[2 * i + 1] = from[2 * opposite(i) + 1];
	}
}

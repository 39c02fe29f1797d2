/* fuzz_wider.c - texts of the WIDER FACE benchmark: the first byte chooses result file, list or key */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/wider.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct wider_result result;
	struct wider_list list;
	struct buf key = { 0 };
	struct err e = { 0 };
	char *text;

	if (len == 0)
		return 0;
	text = xstrndup((const char *)data + 1, len - 1);
	switch (data[0] % 3) {
	case 0:
		if (wider_result_parse(&result, "fuzz", (const char *)data + 1, len - 1, &e) == 0)
			for (size_t i = 1; i < result.n; i++)
				if (result.face[i][4] > result.face[i - 1][4])
					abort();
		wider_result_release(&result);
		break;
	case 1:
		wider_list_parse(&list, "fuzz", (const char *)data + 1, len - 1, &e);
		wider_list_release(&list);
		break;
	default:
		/* A key is EVENT/NAME whatever came in. */
		if (wider_key(text, &key) &&
		    (!strchr(key.data, '/') || strchr(key.data, '/') != strrchr(key.data, '/')))
			abort();
		buf_release(&key);
	}
	free(text);
	return 0;
}

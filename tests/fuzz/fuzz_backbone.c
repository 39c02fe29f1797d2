/* fuzz_backbone.c - a file's tensors, a line each (name, tab, shape), taken for a ResNet's: names, checks, export as ONNX */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/io.h"
#include "common/num.h"
#include "tools/weights/onnx_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int add_line(struct weights *w, char *line, struct err *e)
{
	const char *name = strsep(&line, "\t");
	struct shape shape = { 0 };
	char *part;

	while (line && (part = strsep(&line, ",")) != NULL)
		if (*part && (shape.n == SHAPE_MAX || num_parse_i64(part, &shape.dim[shape.n++])))
			return -1;
	return shape_count(&shape) < 0 || !weights_add(w, name, DTYPE_F32, &shape, e) ? -1 : 0;
}

static void as_onnx(struct weights *w, const struct backbone *b, struct err *e)
{
	struct out o;

	out_attach(&o, open("/dev/null", O_WRONLY | O_CLOEXEC), "null");
	if (onnx_write(w, b, &o, e) || out_commit(&o, e))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = xstrndup((const char *)data, len), *rest = text, *line;
	struct err e = { 0 };
	struct backbone b;
	struct weights w;
	int rc = 0;

	weights_init(&w, 0);
	w.room = 128 << 20;
	while (rc == 0 && (line = strsep(&rest, "\n")) != NULL)
		rc = *line ? add_line(&w, line, &e) : 0;
	if (rc == 0 && weights_check_names(&w, &e) == 0 && backbone_export(&w, len & 1, &b, &e) == 0)
		as_onnx(&w, &b, &e);
	weights_release(&w);
	free(text);
	return 0;
}

/*
 * frl-weights - turns network weights of other programs into safetensors, shows and compares them
 */
#include "common/err.h"
#include "common/io.h"
#include "common/opt.h"
#include "common/progress.h"
#include "tools/weights/commands.h"

int main(int argc, char **argv)
{
	static const struct opt_program program = {
		.name = "frl-weights",
		.synopsis = "frl-weights COMMAND [OPTION]... FILE...",
		.purpose = "Turns network weights of other programs into safetensors, shows and compares them.",
		.example = "frl-weights import mobilenet0.25_Final.pth > retinaface.safetensors\n"
			   "frl-weights info retinaface.safetensors\n"
			   "frl-weights diff --atol 1e-6 a.safetensors b.safetensors",
	};
	static const struct opt_command commands[] = {
		{ "import", cmd_import, "PyTorch, ONNX or safetensors to safetensors" },
		{ "export", cmd_export, "a backbone for others: torchvision's names, or ONNX" },
		{ "info", cmd_info, "a row for each tensor, and the metadata" },
		{ "diff", cmd_diff, "how far two files of weights are apart" },
		{ 0 },
	};

	err_program("frl-weights");
	io_catch_signals();
	summary_start();
	return io_finish(opt_command(&program, commands, argc, argv));
}

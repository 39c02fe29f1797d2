/* frl-eval - scores predictions against the truth by each field's own protocol; man frl-eval(1) */
#include "common/err.h"
#include "common/io.h"
#include "common/opt.h"
#include "common/progress.h"
#include "eval/eval.h"

static const struct opt_program program = {
	.name = "frl-eval",
	.synopsis = "frl-eval TASK --truth FILE --pred FILE [option ...]\n"
		    "frl-eval embed --model WEIGHTS [option ...] [STREAM ...] > EMBEDDINGS\n"
		    "frl-eval predict --model RUN[,RUN ...] [option ...] [STREAM ...] > ROWS\n"
		    "frl-eval knn [option ...] EMBEDDINGS",
	.purpose = "Scores predictions against the truth by each field's own protocol.",
	.example = "frl-eval detection --truth ground_truth --pred results > ap.tsv",
};

static const struct opt_command commands[] = {
	{ "detection", eval_detection, "average precision by the WIDER FACE protocol" },
	{ "recognition", eval_recognition, "verification and identification by embeddings" },
	{ "scores", eval_scores, "error rates of verification score files" },
	{ "landmarks", eval_landmarks, "normalised mean error, failures, area under the error curve" },
	{ "au", eval_au, "action unit intensities: ICC, errors, correlation" },
	{ "emotion", eval_emotion, "valence and arousal: RMSE, SAGR, PCC, CCC; accuracy of the class" },
	{ "mesh", eval_mesh, "3D faces: landmarks by yaw, dense and reconstruction error" },
	{ "predict", eval_predict, "what models of tasks say of pictures, as rows" },
	{ "embed", eval_embed, "features of pictures by a network, for knn and recognition" },
	{ "knn", eval_knn, "labels by the nearest neighbours among embeddings, leave one out" },
	{ "compare", eval_compare, "two files of samples: difference, interval, p" },
	{ "table", eval_table, "numbers of many runs in a table of the paper, beside its own" },
	{ 0 },
};

int main(int argc, char **argv)
{
	err_program(program.name);
	io_catch_signals();
	summary_start();
	return io_finish(opt_command(&program, commands, argc, argv));
}

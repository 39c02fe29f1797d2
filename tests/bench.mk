# Speed of frl-eval and frl-subsample on data of full size (tests/bench/eval says which)

bench-eval: all $(BUILD)/tests/bench_measure
	tests/bench/eval $(PYTHON) $(BENCH_DIR)

.PHONY: bench-eval

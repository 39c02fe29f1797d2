# What tests beyond `make test` need: lint, fuzzing, benchmarks.

# Everything, as CI runs it. One total at the end.
check: all tests-build
	tests/run lint unit cli sanitize fuzz install

lint:
	tests/run lint

# ---- faults: a library to preload, with which command-line tests make calls fail

$(BUILD)/tests/faults.so: tests/support/faults.c $(BUILD)/probe.mk
	@mkdir -p $(@D)
	$(CC) -std=c17 -D_GNU_SOURCE $(WARN) -O1 -g -fPIC -shared -o $@ $< -ldl

unit-build: $(BUILD)/tests/faults.so

# ---- weights from a formula, as a file for command-line tests

$(BUILD)/tests/seeded: $(BUILD)/obj/tests/support/seeded.o $(BUILD)/obj/tests/unit/support_seeded.o $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PROBE_LIBS) -lm

unit-build: $(BUILD)/tests/seeded

# ---- ranks: a program that a test starts several times over

$(BUILD)/tests/ranks_check: $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/support/ranks_*.c)) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PROBE_LIBS) -lm

unit-build: $(BUILD)/tests/ranks_check

# ---- weights from a formula, as a file

$(BUILD)/tests/seeded_weights: $(BUILD)/obj/tests/support/seeded_weights.o $(BUILD)/obj/tests/unit/support_seeded.o $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PROBE_LIBS) -lm

unit-build: $(BUILD)/tests/seeded_weights

# ---- fuzzing: the library again, by clang with libFuzzer and the sanitizers, in build/fuzz

TIME ?= 60
ONLY ?= $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

fuzz: fuzz-build
	tests/fuzz/run $(TIME) $(ONLY)

fuzz-replay: fuzz-build
	tests/fuzz/run replay $(ONLY)

fuzz-build:
	+@$(MAKE) -s BUILD=build/fuzz CC=clang CFLAGS='-O1 -g' SANITIZE=fuzzer-no-link,address,undefined WARN=-w \
		$(ONLY:%=build/fuzz/fuzz_%)

# No target calls the kernels, which take clang minutes with the sanitizers.
ifeq ($(BUILD),build/fuzz)
build/fuzz/obj/common/nn/kern/%.o: SAN =
endif

build/fuzz/fuzz_%: build/fuzz/obj/tests/fuzz/fuzz_%.o $(PARTS) $(LIB)
	clang -fsanitize=fuzzer $(ALL_LDFLAGS) -o $@ $^ $(PROBE_LIBS) -lm

# ---- speed: PYTHON is an interpreter that has the peers' packages (tests/bench/README.md)

PYTHON ?= python3
BENCH := $(patsubst tests/bench/%.c,$(BUILD)/tests/%,$(wildcard tests/bench/bench_*.c))

bench: all $(BENCH)
	@tests/bench/run $(PYTHON)
	@tests/bench/swav $(PYTHON)

bench-swav: $(BUILD)/tests/bench_swav $(BUILD)/tests/bench_measure
	@tests/bench/swav $(PYTHON)

bench-tasks: $(BUILD)/tests/bench_tasks $(BUILD)/tests/bench_measure
	@tests/bench/tasks $(PYTHON)

$(BUILD)/tests/bench_%: $(BUILD)/obj/tests/bench/bench_%.o $(PARTS) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PROBE_LIBS) -lm

# ---- a run of frl-pretrain, killed again and again (tests/cli/torture.bats: three times)

RUN_KILLS ?= 50
torture-pretrain: all
	tests/torture/pretrain $(RUN_KILLS)

.PHONY: check lint fuzz fuzz-replay fuzz-build bench bench-swav bench-tasks torture-pretrain

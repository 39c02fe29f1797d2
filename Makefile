# frl: `make help` lists the targets. Knobs are in config.mk; libraries are found by build-aux/probe.

include config.mk
.DEFAULT_GOAL := all

.DEFAULT_GOAL := all

BUILD := build$(if $(SANITIZE),/sanitize)
export BUILD

VERSION := 0.1.0
REVISION := $(shell git rev-parse --short HEAD 2>/dev/null)

# ---- libraries: compiled and linked once, the answer kept until config or probe change

ifeq ($(filter clean help,$(MAKECMDGOALS)),)
# What of it was asked for may come from make's command line.
$(shell mkdir -p $(BUILD) && { echo '$(MPI)' | cmp -s - $(BUILD)/asked || echo '$(MPI)' >$(BUILD)/asked; })
$(BUILD)/probe.mk: build-aux/probe config.mk $(BUILD)/asked
	@mkdir -p $(@D)
	@CC='$(CC)' CFLAGS='$(CFLAGS)' MPI='$(MPI)' build-aux/probe $@
$(BUILD)/asked: ;
include $(BUILD)/probe.mk
endif

# ---- flags

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wconversion \
	$(if $(filter 1,$(DEVELOPER)),-Werror)
SAN := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all)
ALL_CFLAGS = -std=c17 -D_GNU_SOURCE -I. -I$(BUILD)/gen $(PROBE_CFLAGS) $(WARN) $(CFLAGS) $(SAN) -pthread -MMD -MP
ALL_LDFLAGS = $(LDFLAGS) $(SAN) -pthread -Wl,--as-needed

# ---- what is built from what: a folder x/ or tools/x/ is the program frl-x

STAGES := flickr-fetch detect crop subsample pretrain finetune eval
PROGRAM_DIRS := $(patsubst %/,%,$(dir $(wildcard $(addsuffix /main.c,$(STAGES) tools/*))))
PROGRAMS := $(foreach d,$(PROGRAM_DIRS),$(BUILD)/bin/frl-$(notdir $d))

# The oneDNN binding is one of two files, and so is what carries bytes between ranks: chosen by the probe.
CHOSEN := common/nn/dnnl_v%.c common/nn/ranks_mpi.c common/nn/ranks_none.c
LIB_SRC := $(filter-out $(CHOSEN),$(shell find common -name '*.c' | sort)) $(wildcard $(PROBE_DNNL_SRC) $(PROBE_RANKS_SRC))
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/obj/%.o)
LIB := $(BUILD)/lib/libfrl.a
# What the programs are made of apart from their main.c, so that tests and fuzz targets can call it.
PARTS_SRC := $(filter-out %/main.c,$(wildcard $(addsuffix /*.c,$(PROGRAM_DIRS))))
PARTS_PROTO := $(wildcard $(addsuffix /*.proto,$(PROGRAM_DIRS)))
PARTS_OBJ := $(PARTS_SRC:%.c=$(BUILD)/obj/%.o) $(PARTS_PROTO:%.proto=$(BUILD)/obj/gen/%.pb-c.o)
PARTS := $(BUILD)/lib/libparts.a

all: $(PROGRAMS)

$(LIB): $(LIB_OBJ)
	@mkdir -p $(@D)
	@rm -f $@
	@ar qcs $@ $^

$(PARTS): $(PARTS_OBJ)
	@mkdir -p $(@D)
	@rm -f $@
	@ar qcs $@ $^

# Protocol buffers: x/y.proto gives x/y.pb-c.h under gen/, which has to be there before the folder's sources are compiled.
$(BUILD)/gen/%.pb-c.c: %.proto
	@mkdir -p $(BUILD)/gen
	protoc-c --c_out=$(BUILD)/gen $<

$(BUILD)/obj/gen/%.pb-c.o: $(BUILD)/gen/%.pb-c.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -w -c -o $@ $<

$(PARTS_SRC:%.c=$(BUILD)/obj/%.o): | $(PARTS_PROTO:%.proto=$(BUILD)/gen/%.pb-c.c)

$(BUILD)/obj/%.o: %.c $(BUILD)/probe.mk
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ISA_CFLAGS) -c -o $@ $<

# One source per instruction set says so in its name; the dispatcher picks at run time.
AVX2 := -mavx2 -mfma -ffp-contract=off
AVX512 := $(AVX2) -mavx512f -mavx512bw -mavx512vl -mavx512dq -mprefer-vector-width=512
$(BUILD)/obj/%_avx2.o: ISA_CFLAGS = $(AVX2)
$(BUILD)/obj/%_avx512.o: ISA_CFLAGS = $(AVX512)
$(BUILD)/obj/%_avx512bf16.o: ISA_CFLAGS = $(AVX512) -mavx512bf16
# Products of two floats are exact in double: fused or not, the bits are the same.
$(BUILD)/obj/common/metrics/knn_%.o: ISA_CFLAGS += -ffp-contract=fast
# Plain loops that the compiler turns into vectors.
$(BUILD)/obj/common/data/planes_%.o $(BUILD)/obj/common/nn/train_vec_%.o: ISA_CFLAGS += -O3 -ffp-contract=off
$(addprefix $(BUILD)/obj/tools/synth/,raster.o degrade.o render.o model.o): ISA_CFLAGS += -O3 -ffp-contract=off
$(BUILD)/obj/common/nn/ranks_mpi.o: ISA_CFLAGS = $(PROBE_MPI_CFLAGS)
$(BUILD)/obj/common/err.o: ISA_CFLAGS = -DFRL_VERSION='"$(VERSION)"' -DFRL_REVISION='"$(REVISION)"'
# The revision is part of --version: its object follows it.
ifeq ($(filter clean help,$(MAKECMDGOALS)),)
$(shell mkdir -p $(BUILD) && { echo '$(REVISION)' | cmp -s - $(BUILD)/revision || echo '$(REVISION)' >$(BUILD)/revision; })
endif
$(BUILD)/obj/common/err.o: $(BUILD)/revision
$(BUILD)/revision: ;

define program_rule
$(BUILD)/bin/frl-$(notdir $1): $$(patsubst %.c,$(BUILD)/obj/%.o,$$(wildcard $1/*.c)) \
		$$(patsubst %.proto,$(BUILD)/obj/gen/%.pb-c.o,$$(wildcard $1/*.proto)) $$(LIB)
	@mkdir -p $$(@D)
	$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $$(PROBE_LIBS) -lm
endef
$(foreach d,$(PROGRAM_DIRS),$(eval $(call program_rule,$d)))

# ---- tests

UNIT := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
SUPPORT_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/unit/support_*.c tests/support/naive*.c))
$(BUILD)/tests/test_%: $(BUILD)/obj/tests/unit/test_%.o $(SUPPORT_OBJ) $(PARTS) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcmocka $(PROBE_LIBS) -lm
$(BUILD)/obj/tests/%.o: ALL_CFLAGS += -Wno-missing-prototypes

test: all tests-build
	tests/run unit cli

unit: unit-build
	tests/run unit

unit-build: $(UNIT)

# Whatever tests/run needs that is compiled; fragments add to it.
tests-build: unit-build

include $(wildcard tests/*.mk tables/*.mk)

# ---- the rest

install: all
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(DESTDIR)$(PREFIX)/share/man/man1' '$(DESTDIR)$(PREFIX)/share/man/man5' \
		'$(DESTDIR)$(PREFIX)/share/man/man7'
	$(if $(PROGRAMS),install -m 755 $(PROGRAMS) '$(DESTDIR)$(PREFIX)/bin')
	for s in 1 5 7; do for f in man/*.$$s; do [ ! -f "$$f" ] || \
		install -m 644 "$$f" '$(DESTDIR)$(PREFIX)/share/man/man'$$s; done; done

clean:
	rm -rf build

help:
	@echo 'make            the programs, in build/bin'
	@echo 'make test       unit tests and command-line tests (SANITIZE=address,undefined for a checked build)'
	@echo 'make check      everything: lint, tests, tests under sanitizers, fuzzing for 20 s a target, installation'
	@echo 'make bench      speed against the peers, as TSV'
	@echo 'make lint       style, complexity, man pages, scripts'
	@echo 'make fuzz       every fuzz target for TIME seconds (ONLY="png jpeg": these); fuzz-replay: the corpora only'
	@echo 'make install    PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)'
	@echo 'make fig1       FACES=faces.tsv: the histogram of face sizes'
	@echo 'make table3     DATA=DIR OURS=RUN/last ..: a table of the paper; tables SCALE=ci: all, on drawn faces'

.PHONY: all test unit unit-build tests-build install clean help
.SECONDARY:
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

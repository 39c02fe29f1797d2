# A cell (task, dataset, share of the labels, initialisation, seed of training) is the folder
#   $(OUT)/TASK/DATASET/FRACTIONpct/INIT/seedN/
#     command    a script, exactly what was run; `sh command DIR` runs it again, into DIR, and gives the value to every digit
#     log        what the programs said
#     run/       the model, frl-run(5); of cross-validation run/fold0 ..
#     pred.tsv   what it predicts of the test set        eval.tsv   its scores: the cell is done
# The tables' fragments say which cells there are, and what is done in one of each task.

# ---- the parts of a cell's name, while its recipe is expanded

part = $(word $(1),$(subst /, ,$*))
task = $(call part,1)
dataset = $(call part,2)
percent_here = $(patsubst %pct,%,$(call part,3))
init = $(call part,4)
seed = $(patsubst seed%,%,$(call part,5))

# Test sets of a training set that is none itself.
TESTS_vggface2 = ijbb ijbc
TESTS_300w-lp = aflw2000
tests_of = $(or $(TESTS_$(1)),$(1))

# cells TASK,DATASET,PERCENTAGES,INITS: their names. FRACTIONS='100 10' on the command line wins.
cells = $(foreach f,$(or $(FRACTIONS),$(3)),$(foreach i,$(4),$(foreach s,$(SEEDS),$(1)/$(2)/$(f)pct/$(i)/seed$(s))))

# ---- what scripts are made of

# Options behind a blank, or nothing.
lead = $(if $(strip $(1)), $(strip $(1)))
# The end of a line that goes on: make joins those with a backslash of their own.
continued := \$(if ,)
# Put before frl-finetune: LAUNCH='srun -n8'.
LAUNCH =
tags = --dataset $(1) --fraction $(percent_here)% --init $(call init_tag,$(init)) --run-seed $(seed) --scale $(SCALE)

define BEGIN
#!/bin/sh
# $*: from the top of the source tree; an argument is another folder for the results.
set -eu
PATH=$(abspath $(BUILD)/bin):$$PATH
sets=$(SETS)
cell=$${1:-$(OUT)/$*}
mkdir -p $$cell
endef

# Trains into $$run, or goes on with it. $(1): a further option.
define TRAIN
set -- --data $$sets/$(dataset)/train.bin --labels $$sets/$(dataset)/train-$(percent_here)pct-seed0.tsv $(continued)
		--init $(call init_path,$(init)) --seed $(seed)$(call lead,$(OPTIONS) $(1))
if [ -e $$run/last/optimizer.safetensors ]; then set -- --resume $$run; else rm -rf $$run && set -- "$$@" --out $$run; fi
$(strip $(LAUNCH) frl-finetune) $(task) "$$@" --threads $${THREADS:-0} --log 1000
endef

# The model stays, what only training further needs goes.
define END
rm -f $$cell/run*/last/optimizer.safetensors $$cell/run/fold*/last/optimizer.safetensors
endef

# What most tasks do: train, predict the test set, score. $(1): the test set; $(2): options of frl-eval.
define TRAIN_AND_SCORE
$(BEGIN)
run=$$cell/run
$(call TRAIN,)
frl-eval predict --model $$run/last --rows $$sets/$(1)/test.tsv --threads $${THREADS:-0} $(continued)
		-o $$cell/pred.tsv $$sets/$(1)/test.bin
frl-eval $(task) --truth $$sets/$(1)/test.tsv --pred $$cell/pred.tsv$(call lead,$(2)) $(continued)
		$(call tags,$(1)) -o $$cell/eval.tsv
$(END)
endef

# ---- the rule

# Threads of a cell: the processors, shared by as many cells as make runs at a time.
JOBS = $(or $(patsubst -j%,%,$(filter -j%,$(MAKEFLAGS))),1)
export THREADS = $(shell n=$$(($$(nproc) / $(JOBS))); echo $$((n > 0 ? n : 1)))

cell_files = $(addprefix $(SETS)/$(word 2,$(1))/train,.bin -$(word 3,$(1))-seed0.tsv) \
	$(foreach t,$(call tests_of,$(word 2,$(1))),$(SETS)/$(t)/test.bin $(SETS)/$(t)/test.tsv) \
	$(call init_file,$(word 4,$(1))) $(cell_files_$(word 1,$(1)))

$(OUT)/%/eval.tsv: $$(call cell_files,$$(subst /, ,$$*)) | $(OUT)/settings
	@$(HERE)/cell $(@D) \
		$(wordlist 1,2,$^) \
		$(wordlist 3,99,$^) <<'END'
	$(or $($(task)_$(dataset)),$($(task)))
	END

$(OUT)/settings: always
	@$(HERE)/settings $@ 'DATA=$(DATA)' 'CROP=$(CROP)' 'OPTIONS=$(or $(OPTIONS),preset)' 'IMAGENET=$(IMAGENET)' \
		'VGGFACE=$(VGGFACE)' 'OURS=$(OURS)' 'BFM=$(BFM)'
always:
.PHONY: always

# From a published dataset, in DATA/NAME as frl-curate(1) expects it, to what runs read. In $(OUT)/sets/NAME/:
#   rows.tsv            all that the dataset says                                        frl-curate
#   PART.rows           those of one part, train or test                                 split.awk
#   PART.faces          with the face's box, where the dataset has none                  frl-detect
#   PART.bin PART.tsv   the faces, and where they were in the picture                    frl-crop
#   PART-Npct-seed0.tsv the subset that all runs at N % share                            frl-subsample

SETS := $(OUT)/sets
ifeq ($(SCALE),ci)
DATA := $(OUT)/data
endif

# dataset part splits; ":" stands for a blank, no splits for all rows. These are the parts that the tables read.
PARTS = affectnet/train/train affectnet/test/val bp4d/train/train bp4d/test/val disfa/train disfa/test \
	300w/train/train 300w/test/common:challenge wflw/train/train wflw/test/test cofw/train/train cofw/test/test \
	aflw19/train/train aflw19/test/test vggface2/train/train ijbb/test ijbc/test \
	300w-lp/train aflw2000/test
splits = $(subst :, ,$(patsubst $(1)/%,%,$(filter $(1)/%,$(PARTS))))

# Frames of videos have no boxes; faces for recognition are aligned by their five points, 112 pixels a side.
DETECTED = disfa bp4d
ALIGNED = vggface2 ijbb ijbc
# Pictures that are in the dataset's .mat file.
UNPACKED = cofw

# Of annotated rows only; at 2 % of VGGFace2 a quarter of the identities stays (supplement 1.3).
affectnet_SUBSET = --where valence
vggface2_2_SUBSET = --min-identities 1/4

# Raw records take 196,608 bytes a face; CROP='--jpeg 95' about 20,000.
CROP =
# The share of pictures that may be missing or damaged before something must be wrong.
MAY_FAIL = 5%

pictures_of = $(if $(filter $(UNPACKED),$(1)),$(SETS)/$(1)/pictures,$(if $(filter florence,$(1)),$(SETS),$(DATA))/$(1))

# What makes a file is no prerequisite of it: a new revision of frl must not throw away months of training.
# A dataset that is absent: frl-curate says what it is, where it is had and how it should lie; we say what needs it.
$(SETS)/%/rows.tsv: $$(call source,$$*) | $(OUT)/settings
	@mkdir -p $(@D)
	frl-curate $* --root '$(DATA)/$*' $(if $(filter $(UNPACKED),$*),--pictures $(call pictures_of,$*)) $($*_CURATE) \
		--fail-ok $(MAY_FAIL) -o $@ || {
		rc=$$?
		echo 'frl: without $* in $(or $(DATA),DATA) there is no $(call needing,$*); the rest goes on' >&2
		exit $$rc
	}

$(SETS)/%.rows: $$(dir $(SETS)/%)rows.tsv
	@awk -v by=split -v values='$(call splits,$*)' -f $(HERE)/split.awk $< >$@.tmp
	$(if $(and $(TEST),$(filter test,$(*F))),[ $$(grep -vc '^#' $@.tmp) -le $$(($(TEST) + 1)) ] ||
		frl-subsample -q -n $(TEST) -o $@.tmp $@.tmp)
	mv $@.tmp $@

$(SETS)/%.faces: $(SETS)/%.rows | $(OUT)/settings
	@frl-detect $(DETECTOR) --root '$(DATA)/$(*D)' --fail-ok $(MAY_FAIL) <$< >$@.tmp
	mv $@.tmp $@

$(SETS)/%.bin $(SETS)/%.tsv: $(SETS)/%$$(if $$(filter $$(DETECTED),$$(*D)),.faces,.rows) | $(OUT)/settings
	@frl-crop --root '$(call pictures_of,$(*D))' $(if $(filter $(DETECTED),$(*D)),--largest) \
		$(if $(filter $(ALIGNED),$(*D)),--align) $(CROP) --fail-ok $(MAY_FAIL) -m $(SETS)/$*.tsv -o $(SETS)/$*.bin $<

# The name says all: affectnet/train-2pct-seed0. The seed of subsets is 0 whatever the run's.
percent = $(patsubst %pct,%,$(lastword $(subst -, ,$(1))))
whole_of = $(SETS)/$(patsubst %-$(lastword $(subst -, ,$(1))),%,$(1)).tsv
$(SETS)/%-seed0.tsv: $$(call whole_of,$$*)
	@frl-subsample -q -f $(call percent,$*)% $($(*D)_SUBSET) $($(*D)_$(call percent,$*)_SUBSET) --seed 0 -o $@ $<

# ---- SCALE=ci: the datasets themselves, in their published layouts, of so many pictures

ICT = ../shared/data/ict-face-model
SYNTH_OPTIONS =
300w-lp_SYNTH = --yaw 90
aflw2000_SYNTH = --yaw 90
# Some persons of the test set with each attribute.
wflw_SYNTH = --identities 80
SYNTH = affectnet:500 disfa:540 bp4d:1025 300w:300 wflw:400 cofw:300 aflw19:400 vggface2:440 ijbb:100 ijbc:100 300w-lp:240 \
	aflw2000:100 florence:4 flickr:100

ifeq ($(SCALE),ci)
source = $(OUT)/data/$(1).made
$(OUT)/data/%.made:
	@test -d '$(ICT)' || { echo 'frl: ICT=$(ICT): no face model there (ICT-FaceKit, frl-synth(1))' >&2; exit 3; }
	mkdir -p $(@D)
	rm -rf $(@D)/$* $(@D)/$*.tmp
	frl-synth -q --model '$(ICT)' --layout $* -n $(patsubst $*:%,%,$(filter $*:%,$(SYNTH))) $($*_SYNTH) $(SYNTH_OPTIONS) \
		--root $(@D)/$*.tmp
	mv $(@D)/$*.tmp $(@D)/$*
	touch $@
endif

# The paper's pre-training sets as record streams: faces of 256x256 with the labels dropped, in DATA/shards
#   make full-vgg-face small-vgg-face large-scale-face flickr-face DATA=/data
# DATA holds the published sets by frl-curate's names (DATA/vggface2, DATA/300w-lp, ..), and DATA/flickr-face what
# frl-flickr-fetch -d collected. Each step is a file, so that make goes on where it stopped:
#   photos.tsv  (curate)  ->  faces.tsv  (detect)  ->  .bin and crops.tsv  (crop)

ifeq ($(DATA),)
full-vgg-face small-vgg-face large-scale-face flickr-face:
	@echo 'frl: make $@ DATA=DIR (frl-curate --help names the sets)' >&2; exit 2
else

# A set that is absent ends its own target only.
ifneq ($(filter full-vgg-face small-vgg-face large-scale-face flickr-face,$(MAKECMDGOALS)),)
MAKEFLAGS += -k
endif

SHARDS = $(DATA)/shards
ON_PATH = PATH='$(abspath $(BUILD)/bin)':"$$PATH"

# Sets of one person a picture take the face nearest the middle; photos give all their faces.
CROP_OF_ONE = --nearest-centre
vggface2_CROP = $(CROP_OF_ONE)
300w-lp_CROP = $(CROP_OF_ONE)
imdb-face_CROP = $(CROP_OF_ONE)
affectnet_CROP = $(CROP_OF_ONE)

# Pictures that may fail before something must be wrong. IMDb-Face is a list of links: of its first 2,000 some 300 were dead in the
# week it came out, "over half" of all by 2020 (github.com/fwang91/IMDb-Face, issues 3 and 19); three quarters leaves room for what
# died since. Both can be given: make large-scale-face DATA=/data imdb-face_MAY_FAIL=90%
MAY_FAIL = 5%
imdb-face_MAY_FAIL = 75%

LARGE = vggface2 300w-lp imdb-face affectnet wider
LARGE_HERE = $(foreach s,$(LARGE),$(if $(wildcard $(DATA)/$(s)/.),$(s)))
LARGE_ABSENT = $(filter-out $(LARGE_HERE),$(LARGE))

# id (behind the set's name, so that pictures of two sets at the same path keep keys of their own) and path of each picture once.
# What the set says of it is left behind, and so is whether that could be read.
ONCE = awk -F '\t' -v OFS='\t' '!/^\#/ && !seen[$$1]++ { print $$1, $$2 }'

full-vgg-face: $(SHARDS)/vggface2.bin
	@$(call counted,full-vgg-face,$<)

small-vgg-face: $(SHARDS)/small-vgg-face.bin
	@$(call counted,small-vgg-face,$<)

large-scale-face: $(SHARDS)/large-scale-face.bin
	@$(call counted,large-scale-face,$<)

flickr-face: $(SHARDS)/flickr-face.bin
	@$(call counted,flickr-face,$<)

$(SHARDS)/small-vgg-face.bin: $(SHARDS)/vggface2.bin
	$(ON_PATH) frl-subsample -n $(or $(SMALL),1000000) -o $@ $<

$(SHARDS)/large-scale-face.bin: $(LARGE_HERE:%=$(SHARDS)/%.bin)
	@$(foreach s,$(LARGE_ABSENT),$(ON_PATH) frl-curate $(s) --root '$(DATA)/$(s)' >&2;) \
	test -n '$(LARGE_HERE)' || { echo 'frl: none of $(LARGE) is in $(DATA)' >&2; exit 3; }
	$(ON_PATH) frl-shard cat -o $@ $^

$(SHARDS)/flickr-face/photos.tsv: | $(SHARDS)/flickr-face
	@test -d '$(DATA)/flickr-face' || { \
		echo 'frl: no $(DATA)/flickr-face' >&2; \
		echo 'hint: frl-flickr-fetch -d $(DATA)/flickr-face --tags-default collects it' >&2; exit 3; }
	$(ON_PATH) frl-flickr-fetch -d '$(abspath $(DATA))/flickr-face' --manifest >$@.tmp
	mv $@.tmp $@

$(SHARDS)/%/photos.tsv: | $(SHARDS)/%
	$(ON_PATH) frl-curate $* --root '$(DATA)/$*' --id-prefix '$*/' --no-stat -o $@.all || [ $$? = 4 ]
	$(ONCE) $@.all >$@.tmp
	rm $@.all
	mv $@.tmp $@

$(SHARDS)/%/faces.tsv: $(SHARDS)/%/photos.tsv
	$(ON_PATH) frl-detect --root '$(DATA)/$*' --fail-ok $(or $($*_MAY_FAIL),$(MAY_FAIL)) <$< >$@.tmp
	mv $@.tmp $@

$(SHARDS)/%.bin: $(SHARDS)/%/faces.tsv
	$(ON_PATH) frl-crop --root '$(DATA)/$*' $($*_CROP) --fail-ok $(MAY_FAIL) -m $(SHARDS)/$*/crops.tsv -o $@ $<

$(patsubst %,$(SHARDS)/%,$(LARGE) flickr-face):
	mkdir -p $@

# Faces that we have, and that the paper says it had (tables/paper.tsv).
define counted
printf '%s: %s faces; the paper: %s\n' $(1) \
	"$$($(ON_PATH) frl-shard info $(2) | awk '$$1 == "records" { print $$2 }')" \
	"$$(awk -F '\t' '$$1 == "counts" && $$2 == "$(1)" && $$8 == "faces" { print $$11 }' tables/paper.tsv)"
endef

.PRECIOUS: $(SHARDS)/%/photos.tsv $(SHARDS)/%/faces.tsv $(SHARDS)/%.bin
endif

.PHONY: full-vgg-face small-vgg-face large-scale-face flickr-face

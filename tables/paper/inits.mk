# The four initialisations. IMAGENET and VGGFACE are files of frl-weights import, OURS is one too, or frl-pretrain's RUN/last.

INITS = random imagenet vggface ours
OURS =
IMAGENET =
VGGFACE =
imagenet_INIT = $(IMAGENET)
vggface_INIT = $(VGGFACE)
ours_INIT = $(OURS)

# What --init is given, and the file that a run depends on. One that is not there is asked for by name.
init_path = $(if $(filter random,$(1)),random,$($(1)_INIT))
init_file = $(if $(filter-out random,$(1)),$(or $(call init_there,$($(1)_INIT)),no-$(1)))
init_there = $(if $(1),$(or $(wildcard $(1)/model.safetensors),$(if $(or $(filter ci,$(SCALE)),$(call is_file,$(1))),$(1))))
is_file = $(if $(wildcard $(1)/.),,$(wildcard $(1)))

no_init = @echo "frl: $(1)='$($(1))': no weights there. $(2)" >&2; exit 3
no-imagenet: ; $(call no_init,IMAGENET,torchvision's ResNet-50: frl-weights import resnet50-11ad3fa6.pth)
no-vggface: ; $(call no_init,VGGFACE,VGGFace2's ResNet-50: frl-weights import resnet50_ft_dag.pth)
no-ours: ; $(call no_init,OURS,What frl-pretrain has learnt: RUN/last)
.PHONY: no-imagenet no-vggface no-ours

# The face model that 300W-LP's coefficients belong to.
BFM =
ifeq ($(SCALE),ci)
BFM := $(OUT)/init/bfm.safetensors
$(BFM): $(OUT)/data/300w-lp.made
	@mkdir -p $(@D)
	frl-weights import -q --bfm -o $@ $(OUT)/data/300w-lp/BFM.mat
endif
bfm_file = $(if $(or $(filter ci,$(SCALE)),$(wildcard $(BFM))),$(BFM),no-bfm)
no-bfm: ; $(call no_init,BFM,The Basel Face Model: frl-weights import --bfm)
.PHONY: no-bfm

# ---- SCALE=ci: stand-ins. ImageNet's and VGGFace2's are weights of a formula under torchvision's names (VGGFace2's authors have no
# ResNet-18), with each one's input; ours has 20 steps of frl-pretrain on the faces of a drawn Flickr.

ifeq ($(SCALE),ci)
IMAGENET := $(OUT)/init/imagenet.safetensors
VGGFACE := $(OUT)/init/vggface.safetensors
OURS := $(OUT)/init/ours.safetensors
SEEDED = $(BUILD)/tests/seeded_weights

$(OUT)/init/imagenet.safetensors $(OUT)/init/vggface.safetensors: $(OUT)/init/%.safetensors: tests/golden/embed/resnet18.tsv
	@mkdir -p $(@D)
	{ sed -n 's/^module.base_net\.//p' $<; printf 'fc.weight\t1000,512\tlinear\nfc.bias\t1000\tbias\n'; } >$@.names
	$(SEEDED) $@.names $(if $(filter imagenet,$*),1,2) >$@.seeded
	frl-weights import -q --name $* -o $@ $@.seeded
	rm $@.names $@.seeded

$(OUT)/init/flickr.bin: $(OUT)/data/flickr.made
	@mkdir -p $(@D)
	frl-crop --root $(OUT)/data/flickr -o $@ $(OUT)/data/flickr/faces.tsv

$(OUT)/init/ours.safetensors: $(OUT)/init/flickr.bin
	@rm -rf $(@D)/ours
	frl-pretrain --data $< --out $(@D)/ours --arch resnet18 --crops 2x64,2x32 --crop-area 0.14-1,0.05-0.14 \
		--prototypes 30 --batch 16 --steps 20 --warmup 0s --freeze-prototypes 2s --save-every 0 --threads $(THREADS) -q
	frl-weights export -q -o $@ $(@D)/ours/last
	rm -rf $(@D)/ours
endif

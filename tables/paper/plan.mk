# WHAT=plan: the cells of what is asked for, pictures to train on and to test with, hours, and what is missing.

# Faces of the training and of the test part, as published, for sets that are not read yet.
PUBLISHED = affectnet/train:287651 affectnet/test:3999 disfa/train:130815 disfa/test:130815 bp4d/train:75586 bp4d/test:71261 \
	300w/train:3148 300w/test:689 wflw/train:7500 wflw/test:2500 cofw/train:1345 cofw/test:507 \
	aflw19/train:20000 aflw19/test:4386 vggface2/train:3141890 ijbb/test:227630 ijbc/test:469375 \
	300w-lp/train:122450 aflw2000/test:2000
ifeq ($(SCALE),ci)
PUBLISHED = $(foreach s,$(SYNTH),$(subst :,/train:,$(s)) $(subst :,/test:,$(s)))
endif
# Pictures that a training run takes in a second, of 256 pixels and with ResNet-50; what it is here, a run's log.tsv says.
RATE = 5

plan_missing = $(foreach s,$(foreach t,$(ASKED),$($(t)_SETS)), \
	$(if $(or $(filter ci,$(SCALE)),$(wildcard $(DATA)/$(s)/.)),,dataset:$(s))) \
	$(foreach i,$(INITS),$(patsubst no-%,init:%,$(filter no-%,$(call init_file,$(i)))))

plan:
	@$(HERE)/plan '$(OUT)' '$(RATE)' '$(OPTIONS)' '$(TEST)' '$(PUBLISHED)' \
		'$(foreach s,vggface2 300w-lp,$(foreach t,$(TESTS_$(s)),$(s)=$(t)))' \
		$(foreach t,$(ASKED),table:$(t) $($(t)_CELLS)) $(sort $(plan_missing))

.PHONY: plan

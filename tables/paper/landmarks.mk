# Landmarks: 300W (68 points), WFLW (98), COFW (29) and AFLW-19 (19), from each initialisation. Shares of the labels are those of
# the main text and of its few-shot table, as others recollect them. NME as HRNet divides it.

TABLES += landmarks
landmarks_SETS = 300w wflw cofw aflw19
landmarks_TASK = landmarks
landmarks_INITS = $(INITS)
PRINTED_INITS_landmarks = random imagenet vggface ours
landmarks_CELLS = $(call cells,landmarks,300w,100 10 1.5,$(INITS)) $(call cells,landmarks,wflw,100 10 0.7,$(INITS)) \
	$(call cells,landmarks,cofw,100 10 2,$(INITS)) $(call cells,landmarks,aflw19,100 10 1,$(INITS))

landmarks_300w = $(call TRAIN_AND_SCORE,300w,--subset split)
landmarks_wflw = $(call TRAIN_AND_SCORE,wflw,$(addprefix --subset ,pose expression illumination makeup occlusion blur))
landmarks_cofw = $(call TRAIN_AND_SCORE,cofw,)
landmarks_aflw19 = $(call TRAIN_AND_SCORE,aflw19,--normaliser column:norm --subset frontal)

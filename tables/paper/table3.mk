# Table 3: emotion on AffectNet, with 100, 10 and 2 % of the labels, from each initialisation: accuracy of the class; RMSE, SAGR,
# PCC and CCC of valence and arousal. Scored on the validation set: the test labels were never released.

TABLES += table3
table3_SETS = affectnet
table3_TASK = emotion
table3_INITS = $(INITS)
PRINTED_INITS_table3 = random imagenet vggface ours
table3_CELLS = $(call cells,emotion,affectnet,100 10 2,$(INITS))

emotion = $(call TRAIN_AND_SCORE,affectnet,)
